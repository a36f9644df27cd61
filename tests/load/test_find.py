"""Paths to stacks: every file once, from wherever it comes, grouped by what it says and ordered by where it lies."""

from __future__ import annotations

import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import tracemalloc
import warnings
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.uid import generate_uid

from calcimeasure import Settings
from calcimeasure.errors import InputPathError, SeriesError
from calcimeasure.load import find, find_series, load_image, readers
from calcimeasure.load.bombs import LARGEST_MEMBER_BYTES
from calcimeasure.load.reading import HeaderReader
from calcimeasure.load.source import read_meta
from calcimeasure.model import Found, Radiograph, Volume
from tests.dicom_phantom import Header, duplicate_slice, set_tag, swap_orientation, write_series
from tests.dicom_writers import write_dicomdir, write_image, write_multiframe, write_radiograph, write_zip
from tests.phantoms import oblique_grid, straight_grid, uneven_grid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from calcimeasure.load.reading import Asked
    from calcimeasure.model import Stack
    from tests.dicom_phantom import Fault, Instance
    from tests.phantoms import Grid

GRID = oblique_grid((6, 8, 10), (2.5, 1.1, 1.2), (10.0, 20.0, 30.0), (12.0, -30.0, 400.0))


def hu_of(grid: Grid, seed: int = 1) -> np.ndarray:
    """Noise round 0 HU with a corner of air: no slice is like another."""
    hu = np.random.default_rng(seed).integers(-90, 90, grid.shape_kji).astype(np.int16)
    hu[:, 0] = -1000
    return hu


def write(folder: Path, *faults: Fault, grid: Grid = GRID, seed: int = 1, **header: object) -> list[Path]:
    """Write a series whose pixels depend on the seed and whose UIDs on its number."""
    shuffle_seed = header.pop("shuffle_seed", None)
    file_name = header.pop("file_name", "IM{:05d}.dcm")
    return write_series(
        folder, hu_of(grid, seed), grid, Header(**header), faults=faults, shuffle_seed=shuffle_seed, file_name=file_name
    )


def only(found: Found) -> Stack:
    (stack,) = found.series
    return stack


def sizes(found: Found) -> list[int]:
    return [len(stack.instances) for stack in found.series]


def loaded(stack: Stack) -> Volume:
    volume = load_image(stack)
    assert isinstance(volume, Volume)
    return volume


# Files and folders


def test_file_folder_and_several_of_both(tmp_path: Path) -> None:
    paths = write(tmp_path / "a")
    write(tmp_path / "b" / "c" / "d", series_number=2)
    assert sizes(find_series(paths[0])) == [1]
    assert sizes(find_series(str(paths[0]))) == [1]
    assert sizes(find_series(tmp_path)) == [6, 6]
    assert sizes(find_series([tmp_path / "a", str(tmp_path / "b")])) == [6, 6]
    assert find_series([]) == Found(())


def test_overlapping_paths_count_each_file_once(tmp_path: Path) -> None:
    paths = write(tmp_path / "a")
    linked, hard = tmp_path / "link", tmp_path / "hard.dcm"
    linked.symlink_to(tmp_path / "a", target_is_directory=True)
    hard.hardlink_to(paths[0])
    found = find_series([tmp_path / "a", paths[3], tmp_path, linked, hard, tmp_path / "a" / ".." / "a"])
    assert sizes(found) == [6]
    assert only(found).notices == ()
    assert found.other_file_count == 0


def test_loops_of_links_end(tmp_path: Path) -> None:
    write(tmp_path / "a" / "b")
    (tmp_path / "a" / "b" / "up").symlink_to(tmp_path / "a", target_is_directory=True)
    (tmp_path / "a" / "self").symlink_to(tmp_path / "a" / "self")
    (tmp_path / "a" / "first").symlink_to(tmp_path / "a" / "second")
    (tmp_path / "a" / "second").symlink_to(tmp_path / "a" / "first")
    found = find_series(tmp_path)
    assert sizes(found) == [6]
    assert {failure.reason for failure in found.unreadable} == {"unreadable_file"}
    assert {failure.relative_path.name for failure in found.unreadable} == {"self", "first", "second"}


def test_links_that_lead_out_are_named_and_followed_where_asked(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    write(inside / "a")
    paths = write(outside / "b", series_number=2)
    (inside / "folder").symlink_to(outside, target_is_directory=True)
    (inside / "file.dcm").symlink_to(paths[0])
    (inside / "again").symlink_to(inside / "a", target_is_directory=True)
    (inside / "b.dcm").symlink_to(tmp_path / "inside_too")
    found = find_series(inside)
    assert sizes(found) == [6]
    assert {failure.reason for failure in found.unreadable} == {"link_not_followed"}
    assert {failure.relative_path.name for failure in found.unreadable} == {"folder", "file.dcm", "b.dcm"}
    # Asked for: by the setting, or as a PATH.
    (inside / "b.dcm").unlink()
    assert sizes(find_series(inside, Settings(follow_links=True))) == [6, 6]
    assert find_series(inside, Settings(follow_links=True)).unreadable == ()
    assert (sizes(find_series([inside, outside])), find_series([inside, outside]).unreadable) == ([6, 6], ())
    assert sizes(find_series(inside / "folder")) == [6]
    assert sizes(find_series(inside / "file.dcm")) == [1]


def test_link_out_of_a_medium_is_named(tmp_path: Path) -> None:
    directory = write_dicomdir(tmp_path / "cd", write(tmp_path / "a"))
    image = next(path for path in (tmp_path / "cd").rglob("*") if path.is_file() and path != directory)
    image.rename(tmp_path / "elsewhere")
    image.symlink_to(tmp_path / "elsewhere")
    found = find_series(directory)
    assert (sizes(found), [one.reason for one in found.unreadable]) == ([5], ["link_not_followed"])
    assert sizes(find_series(directory, Settings(follow_links=True))) == [6]


def test_folders_of_any_depth(tmp_path: Path) -> None:
    """Deeper than Python calls itself, and as deep as a path can be written."""
    folder = tmp_path
    for _ in range(1500):
        folder /= "d"
        folder.mkdir()
    try:
        deep = write(tmp_path / "a")
        for path in deep:
            path.rename(folder / path.name)
        found = find_series(tmp_path)
        assert (sizes(found), found.unreadable) == ([6], ())
    finally:
        # Nor does the program that empties folders of tests go so deep.
        for path in folder.iterdir():
            path.unlink()
        while folder != tmp_path:
            folder.rmdir()
            folder = folder.parent


def test_link_to_nothing_is_told(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "gone.dcm").symlink_to(tmp_path / "nowhere")
    found = find_series(tmp_path)
    assert sizes(found) == [6]
    assert [failure.relative_path for failure in found.unreadable] == [Path("gone.dcm")]


@pytest.fixture
def short_path() -> Iterable[Path]:
    """A name of a socket is 107 bytes long at most."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def test_pipes_and_sockets_are_passed_over(short_path: Path) -> None:
    write(short_path / "a")
    os.mkfifo(short_path / "a" / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(short_path / "a" / "socket"))
        found = find_series(short_path)
        assert (sizes(found), found.unreadable, found.other_file_count) == ([6], (), 0)
        for name in ("pipe", "socket"):
            with pytest.raises(InputPathError, match=name):
                find_series(short_path / "a" / name)


def ends_soon(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command; one that waits for a pipe fails the test."""
    command = [sys.executable, "-m", "calcimeasure", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("option", ["--settings", "--record-map", "--key", "--bone-mask"])
@pytest.mark.parametrize("special", ["pipe", "/dev/zero"])
def test_pipes_and_devices_are_no_files_of_a_run(short_path: Path, option: str, special: str) -> None:
    write(short_path / "a")
    path = short_path / special
    if special == "pipe":
        os.mkfifo(path, 0o600)
    done = ends_soon("measure", str(short_path / "a"), "--out", str(short_path / "out"), option, str(path))
    assert done.returncode == 2, done.stderr
    assert str(path) in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("kind", ["IMAGE", "SERIES"])
def test_pipe_that_a_dicomdir_names_is_not_opened(tmp_path: Path, kind: str) -> None:
    directory = write_dicomdir(tmp_path, write(tmp_path / "a"))
    os.mkfifo(tmp_path / "PIPE")
    dataset = pydicom.dcmread(directory)
    record = pydicom.Dataset()
    record.DirectoryRecordType, record.ReferencedFileID = kind, "PIPE"
    dataset.DirectoryRecordSequence.append(record)
    dataset.save_as(directory)
    done = ends_soon("scan", str(directory))
    assert done.returncode == 0, done.stderr


def test_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputPathError, match="nowhere cannot be read: No such file"):
        find_series([tmp_path, tmp_path / "nowhere"])


def test_drive_that_numbers_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "a")
    write(tmp_path / "b" / "c", series_number=2)
    (tmp_path / "b" / "up").symlink_to(tmp_path, target_is_directory=True)
    stat = Path.stat

    def without_number(path: Path, **kwargs: bool) -> os.stat_result:
        values = list(stat(path, **kwargs))
        values[1] = 0
        return os.stat_result(values)

    monkeypatch.setattr(Path, "stat", without_number)
    found = find_series(tmp_path)
    assert sizes(found) == [6, 6]
    assert all(stack.notices == () for stack in found.series)


@pytest.mark.parametrize(
    "name",
    ["no extension", "IM.jpg", "ä ö 中文.dcm", "-rf", "a;b", "new\nline", "x" * 200, ".hidden", os.fsdecode(b"\xff")],
)
def test_any_file_name(tmp_path: Path, name: str) -> None:
    paths = write(tmp_path / "source")
    (tmp_path / "target").mkdir()
    for number, path in enumerate(paths):
        path.rename(tmp_path / "target" / f"{name}{number}")
    assert sizes(find_series(tmp_path / "target")) == [6]


def test_what_is_no_dicom_is_counted(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "empty").touch()
    (tmp_path / "notes.txt").write_text("x" * 5000)
    (tmp_path / "short").write_bytes(b"\x08")
    (tmp_path / "image.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 300)
    # Begins as a data set does, and is none.
    (tmp_path / "like").write_bytes(b"\x08\x00\x05\x00\x04\x00\x00\x00abcd" + b"\xff" * 200)
    found = find_series(tmp_path)
    assert (sizes(found), found.unreadable, found.other_file_count) == ([6], (), 5)


def test_what_claims_to_be_dicom_and_cannot_be_read_is_told(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "claim").write_bytes(b"\0" * 128 + b"DICM")
    (tmp_path / "claim2").write_bytes(b"\0" * 128 + b"DICM" + b"\xff" * 500)
    found = find_series(tmp_path)
    assert sizes(found) == [6]
    assert [failure.relative_path.name for failure in found.unreadable] == ["claim", "claim2"]
    for failure in found.unreadable:
        assert failure.reason == "unreadable_file"
        assert failure.message.startswith("A readable DICOM file expected, found: ")
        assert failure.relative_path.name in failure.message


def test_folder_that_fails_while_it_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "a")
    (tmp_path / "bad").mkdir()
    scandir = os.scandir

    def failing(folder: str) -> object:
        if str(folder).endswith("bad"):
            raise PermissionError(13, "Permission denied", str(folder))
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", failing)
    found = find_series(tmp_path)
    assert sizes(found) == [6]
    assert "Permission denied" in found.unreadable[0].message


def test_only_a_window_of_files_is_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path)
    held = []
    monkeypatch.setattr(readers, "_FILES_AT_A_TIME", 2)
    read = HeaderReader.read

    def counting(reader: HeaderReader, file: Asked) -> object:
        images = read(reader, file)
        held.append(images)
        return images

    listed = []
    files = find._files

    def listing(*arguments: object) -> Iterable[object]:
        for file in files(*arguments):
            listed.append(len(held))
            yield file

    monkeypatch.setattr(HeaderReader, "read", counting)
    monkeypatch.setattr(find, "_files", listing)
    assert sizes(find_series(tmp_path)) == [6]
    # Each file is looked for only when all of the windows before its own were read.
    assert all(already >= 2 * (number // 2) for number, already in enumerate(listed))


def test_memory_grows_by_little_for_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of 100,000 files fits: a header is dropped once its facts are taken."""
    one = write_image(tmp_path / "one", np.zeros((8, 10), dtype=np.uint16))
    dataset = pydicom.dcmread(one)
    dataset.add_new(0x00091010, "OB", b"\1" * 50_000)
    for number in range(300):
        dataset.SOPInstanceUID = f"1.2.{number}"
        dataset.ImagePositionPatient = [0, 0, number]
        dataset.save_as(tmp_path / f"{number}")
    one.unlink()
    monkeypatch.setattr(readers, "_FILES_AT_A_TIME", 30)
    tracemalloc.start()
    found = find_series(tmp_path)
    held_bytes, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sizes(found) == [300]
    assert held_bytes / 300 < 3_000
    assert peak_bytes < 50_000 * 30 * 2


# .zip


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_zip_is_read_in_place(tmp_path: Path, compression: int) -> None:
    write(tmp_path / "files" / "a" / "b")
    write(tmp_path / "files" / "c", series_number=2)
    (tmp_path / "files" / "notes.txt").write_text("no DICOM")
    archive = write_zip(tmp_path / "archive.ZIP", tmp_path / "files", compression)
    shutil.rmtree(tmp_path / "files")
    found = find_series(archive)
    assert sizes(found) == [6, 6]
    assert found.other_file_count == 1
    assert found.series[0].relative_path == Path("a/b/IM00000.dcm")
    assert np.array_equal(loaded(found.series[0]).attenuation_hu, hu_of(GRID))
    assert sorted(tmp_path.iterdir()) == [archive]


def test_names_in_a_zip_lead_nowhere(tmp_path: Path) -> None:
    paths = write(tmp_path / "files")
    archive = tmp_path / "in" / "archive.zip"
    archive.parent.mkdir()
    odd = ["../up.dcm", "/etc/absolute.dcm", "a/../../b.dcm", "C:\\windows.dcm", "plain", "./dot"]
    with zipfile.ZipFile(archive, "w") as packed:
        for name, path in zip(odd, paths, strict=True):
            packed.write(path, name)
    found = find_series(archive)
    stack = only(found)
    assert len(stack.instances) == 6
    for instance in stack.instances:
        assert not instance.relative_path.is_absolute()
        assert ".." not in instance.relative_path.parts
    assert loaded(stack).attenuation_hu.shape == (6, 8, 10)
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file() and path.suffix == ".zip") == [
        "archive.zip"
    ]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "File is not a zip file"),
        (b"PK\x03\x04" + b"\0" * 50, "File is not a zip file"),
        (b"x" * 500, "no archive that can be read: BadZipFile"),
    ],
)
def test_what_is_no_zip_is_a_mistake_in_the_command(tmp_path: Path, content: bytes, found: str) -> None:
    path = tmp_path / "broken.zip"
    path.write_bytes(content)
    with pytest.raises(InputPathError, match=found):
        find_series(path)


def test_encrypted_and_damaged_members_do_not_stop_the_others(tmp_path: Path) -> None:
    write(tmp_path / "files")
    archive = write_zip(tmp_path / "a.zip", tmp_path / "files")
    content = bytearray(archive.read_bytes())
    entries = [n for n in range(len(content)) if content[n : n + 4] == b"PK\x01\x02"]
    content[entries[0] + 8] |= 1  # encrypted
    content[entries[1] + 10] = 99  # packed in an unknown way
    with zipfile.ZipFile(archive) as packed:
        start = packed.infolist()[2].header_offset
    content[start + 60 : start + 90] = b"\xff" * 30  # its stream is broken
    archive.write_bytes(content)
    found = find_series(archive)
    assert sizes(found) == [3]
    assert [failure.relative_path.name for failure in found.unreadable] == [f"IM0000{n}.dcm" for n in range(3)]
    assert found.other_file_count == 0
    assert "encrypted" in found.unreadable[0].message


def test_bomb_in_a_zip_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    (path, *_) = write(tmp_path / "files")
    with (
        zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed,
        packed.open("bomb", "w", force_zip64=True) as file,
    ):
        header = path.read_bytes()[:-160]
        file.write(header + b"\x09\x00\x10\x10OB\0\0" + (2**31).to_bytes(4, "little"))
        for _ in range(300):
            file.write(bytes(2**20))
    assert archive.stat().st_size < 2**20
    tracemalloc.start()
    found = find_series(archive)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.series == ()
    assert "TooLargeError" in found.unreadable[0].message or "a member of" in found.unreadable[0].message
    assert peak_bytes < 20e6


def test_member_that_says_it_is_huge_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "files")
    archive = write_zip(tmp_path / "a.zip", tmp_path / "files", zipfile.ZIP_STORED)
    content = bytearray(archive.read_bytes())
    entry = content.index(b"PK\x01\x02")
    content[entry + 20 : entry + 28] = (0xFFFFFF00).to_bytes(4, "little") * 2
    archive.write_bytes(content)
    assert LARGEST_MEMBER_BYTES >= 0xFFFFFF00
    found = find_series(archive)
    assert sizes(found) == [5]
    assert "a member of 4294967040 bytes" in found.unreadable[0].message


# DICOMDIR


def test_dicomdir_names_the_files(tmp_path: Path) -> None:
    paths = write(tmp_path / "a") + write(tmp_path / "b", series_number=2)
    directory = write_dicomdir(tmp_path / "cd", paths)
    (tmp_path / "cd" / "not_named").write_bytes(paths[0].read_bytes())
    found = find_series(directory)
    assert sizes(found) == [6, 6]
    assert all(stack.notices == () for stack in found.series)
    assert found.series[0].relative_path == found.series[0].instances[0].path.relative_to(tmp_path / "cd")
    # In a folder it is one file among others, and no image.
    assert find_series(tmp_path / "cd").other_file_count == 1


def test_dicomdir_whose_files_are_partly_gone(tmp_path: Path) -> None:
    directory = write_dicomdir(tmp_path / "cd", write(tmp_path / "a"))
    named = [path for path in (tmp_path / "cd").rglob("*") if path.is_file() and path != directory]
    named[0].unlink()
    named[1].unlink()
    found = find_series(directory)
    assert sizes(found) == [4]
    assert {failure.path for failure in found.unreadable} == set(named[:2])
    assert all("No such file" in failure.message for failure in found.unreadable)


@pytest.mark.parametrize(
    "renamed",
    [
        lambda name: f"{name}.dcm",
        lambda name: f"{name}.DCM",
        lambda name: f"{name}.IMA",
        lambda name: f"{name};1",
        lambda name: f"{name}.;1",
        str.lower,
        str.upper,
        str.title,
        lambda name: f"{name.lower()}.dcm",
    ],
    ids=["dcm", "DCM", "IMA", "version", "point", "lower", "upper", "title", "lower dcm"],
)
def test_dicomdir_finds_files_that_were_renamed(tmp_path: Path, renamed: Callable[[str], str]) -> None:
    paths = write(tmp_path / "a")
    directory = write_dicomdir(tmp_path / "cd", paths)
    for path in list(directory.parent.rglob("*")):
        if path.is_file() and path != directory:
            path.rename(path.with_name(renamed(path.name.partition(".")[0])))
    found = find_series(directory)
    assert found.unreadable == ()
    assert np.array_equal(loaded(only(found)).attenuation_hu, hu_of(GRID))


def test_dicomdir_name_that_two_files_may_have_is_not_guessed(tmp_path: Path) -> None:
    directory = write_dicomdir(tmp_path / "cd", write(tmp_path / "a"))
    first = min(path for path in directory.parent.rglob("*") if path.is_file() and path != directory)
    bare = first.with_name(first.name.partition(".")[0])
    shutil.copy(first, bare.with_suffix(".one"))
    first.rename(bare.with_suffix(".two"))
    found = find_series(directory)
    assert [failure.reason for failure in found.unreadable] == ["unreadable_file"]


def test_dicomdir_of_a_cd_that_was_mounted_in_lower_case(tmp_path: Path) -> None:
    directory = write_dicomdir(tmp_path / "cd", write(tmp_path / "a"))
    for path in sorted((tmp_path / "cd").rglob("*"), key=lambda one: -len(one.parts)):
        path.rename(path.with_name(path.name.lower()))
    found = find_series(directory.with_name("dicomdir"))
    assert (sizes(found), found.unreadable) == ([6], ())


def test_directories_that_name_each_other_end(tmp_path: Path) -> None:
    directory = write_dicomdir(tmp_path, write(tmp_path / "a"))
    dataset = pydicom.dcmread(directory)
    for name in ("DICOMDIR", "NOT_THERE"):
        record = pydicom.Dataset()
        record.DirectoryRecordType, record.ReferencedFileID = "SERIES", name
        dataset.DirectoryRecordSequence.append(record)
    dataset.save_as(directory)
    found = find_series(directory)
    assert sizes(found) == [6]
    assert [failure.relative_path.name for failure in found.unreadable] == ["NOT_THERE"]


@pytest.mark.parametrize("name", [["..", "a", "IM00000.dcm"], ["/", "a"], ["A/B"], [".."], ["X" * 400], ["A\0B"]])
def test_dicomdir_leads_nowhere_else(tmp_path: Path, name: list[str]) -> None:
    directory = write_dicomdir(tmp_path / "cd", write(tmp_path / "a"))
    dataset = pydicom.dcmread(directory)
    image = next(record for record in dataset.DirectoryRecordSequence if "ReferencedFileID" in record)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image.ReferencedFileID = name
        dataset.save_as(directory)
    found = find_series(directory)
    assert sizes(found) == [5]
    assert all(failure.path is None or failure.path.is_relative_to(tmp_path / "cd") for failure in found.unreadable)


# Attributes that stand twice


def element(tag: int, vr: str, value: bytes, syntax: str = "explicit_le") -> bytes:
    """One short element."""
    value += b" " * (len(value) % 2)
    order = ">" if syntax == "explicit_be" else "<"
    head = struct.pack(f"{order}HH", tag >> 16, tag & 0xFFFF)
    if syntax == "implicit_le":
        return head + struct.pack("<L", len(value)) + value
    return head + vr.encode() + struct.pack(f"{order}H", len(value)) + value


def put_before(path: Path, tag: int, added: bytes, syntax: str = "explicit_le") -> None:
    """Put bytes before the first element with a tag."""
    order = ">" if syntax == "explicit_be" else "<"
    content = path.read_bytes()
    place = content.index(struct.pack(f"{order}HH", tag >> 16, tag & 0xFFFF), 132)
    path.write_bytes(content[:place] + added + content[place:])


def refused_as_repeated(path: Path, named: str) -> None:
    found = find_series(path)
    assert sum(sizes(found)) == 5
    (failure,) = found.unreadable
    assert failure.reason == "repeated_attribute"
    assert f"found {named} twice (" in failure.message


SYNTAXES_OF_HEADERS = ("implicit_le", "explicit_le", "explicit_be", "jpeg_ls", "rle")


@pytest.mark.parametrize("syntax", SYNTAXES_OF_HEADERS)
@pytest.mark.parametrize("before", [0x00280030, 0x7FE00010], ids=["side_by_side", "last"])
def test_spacing_twice_is_refused(tmp_path: Path, syntax: str, before: int) -> None:
    paths = write_series(tmp_path, hu_of(GRID), GRID, transfer_syntax=syntax)
    assert sizes(find_series(tmp_path)) == [6]
    put_before(paths[2], before, element(0x00280030, "DS", b"2\\2", syntax), syntax)
    refused_as_repeated(tmp_path, "PixelSpacing (0028,0030)")


@pytest.mark.parametrize("syntax", SYNTAXES_OF_HEADERS)
def test_spacing_once_more_behind_the_pixels_is_refused(tmp_path: Path, syntax: str) -> None:
    paths = write_series(tmp_path, hu_of(GRID), GRID, transfer_syntax=syntax)
    paths[2].write_bytes(paths[2].read_bytes() + element(0x00280030, "DS", b"2\\2", syntax))
    refused_as_repeated(tmp_path, "PixelSpacing (0028,0030)")


@pytest.mark.parametrize(
    ("tag", "vr", "value", "named"),
    [
        (0x00200032, "DS", b"0\\0\\0", "ImagePositionPatient (0020,0032)"),
        (0x00200037, "DS", b"1\\0\\0\\0\\1\\0", "ImageOrientationPatient (0020,0037)"),
        (0x00281053, "DS", b"1", "RescaleSlope (0028,1053)"),
        (0x00280010, "US", b"\x09\x00", "Rows (0028,0010)"),
        (0x00280103, "US", b"\x00\x00", "PixelRepresentation (0028,0103)"),
        (0x00100020, "LO", b"SOMEBODY ELSE", "PatientID (0010,0020)"),
        (0x0008103E, "LO", b"left", "SeriesDescription (0008,103E)"),
        (0x00080060, "CS", b"MR", "Modality (0008,0060)"),
        (0x00080005, "CS", b"ISO_IR 192", "SpecificCharacterSet (0008,0005)"),
        (0x00020010, "UI", b"1.2.840.10008.1.2\0", "TransferSyntaxUID (0002,0010)"),
    ],
)
def test_whatever_results_rest_on_is_refused_twice(tmp_path: Path, tag: int, vr: str, value: bytes, named: str) -> None:
    paths = write(tmp_path, series_description="right")
    put_before(paths[0], tag, element(tag, vr, value))
    refused_as_repeated(tmp_path, named)


def test_what_nothing_rests_on_may_stand_twice(tmp_path: Path) -> None:
    paths = write(tmp_path)
    for path in paths:
        put_before(path, 0x00280030, 2 * element(0x00271001, "LO", b"private"))
        put_before(path, 0x00280030, 2 * element(0x00240010, "LO", b"not read"))
    assert sizes(find_series(tmp_path)) == [6]
    assert find_series(tmp_path).unreadable == ()


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("syntax", ["implicit_le", "explicit_le", "deflated"])
@pytest.mark.parametrize("undefined_length", [True, False])
def test_spacing_twice_in_an_item_is_refused(tmp_path: Path, shared: bool, syntax: str, undefined_length: bool) -> None:
    def long(dataset: pydicom.Dataset) -> None:
        for name in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
            if name in dataset:
                dataset[name].is_undefined_length = undefined_length
            for group in dataset.get(name, ()):
                group.is_undefined_length_sequence_item = undefined_length
                for macro in group:
                    macro.is_undefined_length = undefined_length
                    for item in macro.value:
                        item.is_undefined_length_sequence_item = undefined_length
                        if "PixelSpacing" in item:
                            # Renamed in the bytes of the file: pydicom writes no attribute twice.
                            item.add_new(0x00280031, "DS", ["2", "2"])

    path = write_multiframe(tmp_path / "one", hu_of(GRID), GRID, shared=shared, syntax=syntax, edit=long)
    assert sizes(find_series(path)) == [6]
    content = path.read_bytes()
    if syntax == "deflated":
        with path.open("rb") as file:
            read_meta(file)
            start = file.tell()
        packed = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        data = zlib.decompress(content[start:], -zlib.MAX_WBITS).replace(b"(\x001\x00", b"(\x000\x00")
        path.write_bytes(content[:start] + packed.compress(data) + packed.flush())
    else:
        path.write_bytes(content.replace(b"(\x001\x00", b"(\x000\x00"))
    found = find_series(path)
    assert (found.series, [failure.reason for failure in found.unreadable]) == ((), ["repeated_attribute"])
    assert "PixelSpacing (0028,0030) twice" in found.unreadable[0].message


def test_two_items_where_a_frame_has_one_place_are_refused(tmp_path: Path) -> None:
    def second(dataset: pydicom.Dataset) -> None:
        measures = dataset.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence
        measures.append(pydicom.Dataset())
        measures[1].PixelSpacing = ["2", "2"]

    path = write_multiframe(tmp_path / "one", hu_of(GRID), GRID, edit=second)
    (failure,) = find_series(path).unreadable
    assert failure.reason == "repeated_attribute"
    assert "PixelMeasuresSequence (0028,9110) with 2 items" in failure.message


# Grouping


def same_series(*, change: Callable[[pydicom.Dataset], object], only_slices: Iterable[int] | None = None) -> Fault:
    def fault(instances: list[Instance]) -> list[Instance]:
        for k, instance in enumerate(instances):
            if only_slices is None or k in only_slices:
                change(instance.dataset)
        return instances

    return fault


def set_all(**values: object) -> Fault:
    def change(dataset: pydicom.Dataset) -> None:
        for keyword, value in values.items():
            setattr(dataset, keyword, value)

    return same_series(change=change)


def new_instances(seed: str) -> Fault:
    def change(dataset: pydicom.Dataset) -> None:
        dataset.SOPInstanceUID = generate_uid(entropy_srcs=[str(dataset.SOPInstanceUID), seed])
        dataset.InstanceNumber += 100

    return same_series(change=change)


@pytest.mark.parametrize(
    "other",
    [
        {"ConvolutionKernel": "Br69"},
        {"FrameOfReferenceUID": "1.2.3"},
        {"PixelSpacing": ["0.71", "0.6"]},
        {"ImageType": ["DERIVED", "SECONDARY", "MPR"]},
        {"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]},
        {"TemporalPositionIdentifier": 2},
        {"AcquisitionNumber": 2},
        {"EchoNumbers": 2},
        {"KVP": "80"},
        {"TriggerTime": "400"},
        {"AcquisitionTime": "101700"},
        {"AcquisitionDateTime": "20240115101700"},
        {"ContentTime": "101700"},
        {"ImageType": ["ORIGINAL", "PRIMARY", "AXIAL", "SECOND"]},
        {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.2.1"},
    ],
    ids=lambda other: "_".join(map(str, other)),
)
def test_two_grids_of_one_series_are_two_stacks(tmp_path: Path, other: dict[str, object]) -> None:
    write(tmp_path / "a", seed=1)
    write(tmp_path / "b", new_instances("other"), set_all(**other), seed=2)
    found = find_series(tmp_path)
    assert sizes(found) == [6, 6]
    assert [stack.stack_number for stack in found.series] == [1, 2]
    assert {stack.series_uid for stack in found.series} == {found.series[0].series_uid}
    for stack, seed in zip(found.series, (1, 2), strict=True):
        assert "split_series" in stack.notices
        if "LOCALIZER" not in stack.image_type:
            assert np.array_equal(loaded(stack).attenuation_hu, hu_of(GRID, seed))


def test_three_time_points(tmp_path: Path) -> None:
    for number in range(3):
        write(
            tmp_path / f"{number}", new_instances(f"{number}"), set_all(TemporalPositionIdentifier=number), seed=number
        )
    found = find_series(tmp_path)
    assert sizes(found) == [6, 6, 6]
    for number, stack in enumerate(sorted(found.series, key=lambda one: one.instances[0].split_keys)):
        assert np.array_equal(loaded(stack).attenuation_hu, hu_of(GRID, number))


def test_the_right_attribute_splits(tmp_path: Path) -> None:
    """Acquisition numbers that say nothing (a new one each slice) beside the times that tell two passes apart."""
    for number in range(2):
        each = [set_tag("AcquisitionNumber", 10 * number + k, k) for k in range(6)]
        write(tmp_path / f"{number}", new_instances(f"{number}"), set_all(TriggerTime=str(number)), *each, seed=number)
    assert sizes(find_series(tmp_path)) == [6, 6]


def test_acquisition_numbers_alone_split_nothing(tmp_path: Path) -> None:
    """Step and shoot: one, two or four slices with each turn of the gantry."""
    for slices in (1, 2, 3):
        folder = tmp_path / f"{slices}"
        write(folder, *(set_tag("AcquisitionNumber", 1 + k // slices, k) for k in range(6)))
        assert sizes(find_series(folder)) == [6]
        assert only(find_series(folder)).notices == ()


def axial(*positions_mm: float) -> Grid:
    return uneven_grid(positions_mm, (8, 10), (1.1, 1.2))


def test_acquisitions_that_lie_among_each_other_are_two_stacks(tmp_path: Path) -> None:
    """Slices of another breath between the slices of one are no stack, although no two lie at one position."""
    first, second = axial(*np.arange(0, 60, 5.0)), axial(*np.arange(21.3, 90, 5.0))
    write(tmp_path / "a", grid=first, seed=1)
    write(tmp_path / "b", new_instances("b"), set_all(AcquisitionNumber=2), grid=second, seed=2)
    found = find_series(tmp_path)
    assert sizes(found) == [12, 14]
    for stack, grid, seed in zip(found.series, (first, second), (1, 2), strict=True):
        volume = loaded(stack)
        assert volume.notices == ("split_series",)
        assert np.array_equal(volume.attenuation_hu, hu_of(grid, seed))


def test_acquisitions_one_behind_the_other_are_one_stack(tmp_path: Path) -> None:
    write(tmp_path / "a", grid=axial(*np.arange(0, 30, 5.0)))
    write(tmp_path / "b", new_instances("b"), set_all(AcquisitionNumber=2), grid=axial(*np.arange(30, 60, 3.0)))
    stack = only(find_series(tmp_path))
    assert loaded(stack).notices == ("uneven_spacing",)


def test_acquisitions_that_overlap_at_their_joint_are_two_stacks(tmp_path: Path) -> None:
    write(tmp_path / "a", grid=axial(*np.arange(0, 50, 5.0)))
    write(tmp_path / "b", new_instances("b"), set_all(AcquisitionNumber=2), grid=axial(*np.arange(40, 90, 5.0)))
    assert sizes(find_series(tmp_path)) == [10, 10]


def test_localizer_and_slices_in_one_series(tmp_path: Path) -> None:
    localizer = set_all(ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"], ImageOrientationPatient=[1, 0, 0, 0, 0, -1])
    write(tmp_path / "a", new_instances("a"), localizer, grid=straight_grid((1, 60, 10), (1, 1, 1)))
    write(tmp_path / "b")
    found = find_series(tmp_path)
    assert sorted(sizes(found)) == [1, 6]
    reasons = []
    for stack in found.series:
        try:
            loaded(stack)
        except SeriesError as error:
            reasons.append(error.reason)
    assert reasons == ["localizer"]


def test_slice_in_another_plane_is_a_stack_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, swap_orientation(0))
    found = find_series(tmp_path)
    assert sizes(found) == [1, 5]


def test_multi_frame_beside_single_frames(tmp_path: Path) -> None:
    write(tmp_path / "a")
    write_multiframe(tmp_path / "b", hu_of(GRID), GRID)
    found = find_series(tmp_path)
    assert sizes(found) == [6, 6]
    one, other = map(loaded, found.series)
    assert np.array_equal(one.attenuation_hu, other.attenuation_hu)
    assert np.array_equal(one.geometry.origins_lps_mm, other.geometry.origins_lps_mm)


def test_time_points_of_a_multi_frame_file(tmp_path: Path) -> None:
    grid = axial(*np.arange(5.0))
    hu = np.concatenate([hu_of(grid, 1), hu_of(grid, 2)])
    both = replace(grid, shape_kji=(10, 8, 10), origins_lps_mm=np.concatenate([grid.origins_lps_mm] * 2))

    def number_times(dataset: pydicom.Dataset) -> None:
        for number, item in enumerate(dataset.PerFrameFunctionalGroupsSequence):
            item.FrameContentSequence[0].TemporalPositionIndex = 1 + number // 5

    found = find_series(write_multiframe(tmp_path / "one", hu, both, edit=number_times))
    assert sizes(found) == [5, 5]
    for stack, seed in zip(found.series, (1, 2), strict=True):
        assert np.array_equal(loaded(stack).attenuation_hu, hu_of(grid, seed))


@pytest.mark.parametrize(
    ("keyword", "values"),
    [
        ("ImageOrientationPatient", lambda row: [format(v, ".6f") for v in row]),
        ("ImageOrientationPatient", lambda row: [format(v, ".4f") for v in row]),
        ("PixelSpacing", lambda row: [format(v * (1 + 3e-5), ".8f") for v in row]),
        ("ImageType", lambda row: [*row, "SLICE_7"]),
    ],
)
def test_rounding_of_single_slices_splits_nothing(
    tmp_path: Path, keyword: str, values: Callable[[list], list[str]]
) -> None:
    def change(dataset: pydicom.Dataset) -> None:
        setattr(dataset, keyword, values(list(dataset[keyword].value)))

    write(tmp_path, same_series(change=change, only_slices=(1, 2, 4)))
    stack = only(find_series(tmp_path))
    assert (len(stack.instances), stack.notices) == (6, ())


def test_patients_and_studies_are_kept_apart_by_their_uids(tmp_path: Path) -> None:
    for patient in ("P2", "P1"):
        for date in ("20240302", "20230101"):
            write(tmp_path / patient / date, patient_id=patient, study_date=date)
    found = find_series(tmp_path)
    assert [(stack.patient_id, str(stack.study_date)) for stack in found.series] == [
        ("P1", "2023-01-01"),
        ("P1", "2024-03-02"),
        ("P2", "2023-01-01"),
        ("P2", "2024-03-02"),
    ]


def test_series_without_uid_are_kept_apart_by_folder_and_number(tmp_path: Path) -> None:
    blank = set_all(SeriesInstanceUID="")
    write(tmp_path / "a", blank, series_number=1)
    write(tmp_path / "b", blank, series_number=1)
    write(tmp_path / "a", blank, series_number=2, file_name="second{}")
    found = find_series(tmp_path)
    assert sizes(found) == [6, 6, 6]
    assert all(stack.notices == ("no_series_uid",) for stack in found.series)
    archive = write_zip(tmp_path / "a.zip", tmp_path)
    assert sizes(find_series(archive)) == [6, 6, 6]


# Duplicates


@pytest.mark.parametrize("copies", [1, 3])
def test_copies_of_files_are_dropped(tmp_path: Path, copies: int) -> None:
    paths = write(tmp_path / "a")
    for number in range(copies):
        shutil.copytree(tmp_path / "a", tmp_path / f"copy{number}")
    stack = only(find_series(tmp_path))
    assert stack.notices == ("duplicate_dropped",)
    assert [instance.path for instance in stack.instances] == paths


def test_same_uid_at_other_positions_is_no_duplicate(tmp_path: Path) -> None:
    """Some programs that remove names write one UID into all."""
    write(tmp_path, set_all(SOPInstanceUID="1.2.3"))
    stack = only(find_series(tmp_path))
    assert (len(stack.instances), stack.notices) == (6, ())


def test_whole_stack_sent_twice_with_new_uids(tmp_path: Path) -> None:
    write(tmp_path / "a")
    write(tmp_path / "b", new_instances("again"))
    volume = loaded(only(find_series(tmp_path)))
    assert volume.notices == ("duplicate_dropped",)
    assert np.array_equal(volume.attenuation_hu, hu_of(GRID))


def test_radiographs_are_each_for_themselves_and_copies_dropped(tmp_path: Path) -> None:
    for number in range(3):
        write_radiograph(tmp_path / f"{number}", np.full((8, 9), number, dtype=np.uint16), InstanceNumber=number)
    shutil.copy(tmp_path / "1", tmp_path / "copy of 1")
    found = find_series(tmp_path)
    assert sizes(found) == [1, 1, 1]
    assert [stack.notices for stack in found.series] == [(), ("duplicate_dropped",), ()]
    assert all(isinstance(load_image(stack), Radiograph) for stack in found.series)


def test_radiographs_that_share_a_uid_and_nothing_else_are_two(tmp_path: Path) -> None:
    for number in range(2):
        values = np.full((8, 9), number, dtype=np.uint16)
        write_radiograph(tmp_path / f"{number}", values, SOPInstanceUID="1.2.3", InstanceNumber=number)
    found = find_series(tmp_path)
    assert sizes(found) == [1, 1]
    assert [load_image(stack).pixels.max() for stack in found.series] == [0, 1]


# Order


@pytest.mark.parametrize(
    "header",
    [
        {"shuffle_seed": 5},
        {"ascending": False},
        {"shuffle_seed": 2, "ascending": False},
        {"file_name": "{:d}/same"},
    ],
)
@pytest.mark.parametrize("numbers", ["right", "zero", "missing", "odd"])
def test_order_is_that_of_positions(tmp_path: Path, header: dict[str, object], numbers: str) -> None:
    faults = {
        "right": [],
        "zero": [set_all(InstanceNumber=0)],
        "missing": [same_series(change=lambda dataset: dataset.pop("InstanceNumber"))],
        "odd": [set_tag("InstanceNumber", value, k) for k, value in enumerate([7, 7, "", 1, 900, -3])],
    }
    write(tmp_path, *faults[numbers], **header)
    volume = loaded(only(find_series(tmp_path)))
    assert np.array_equal(volume.attenuation_hu, hu_of(GRID))
    assert volume.geometry.origins_lps_mm == pytest.approx(GRID.origins_lps_mm, abs=1e-6)


def test_without_positions_instance_numbers_order(tmp_path: Path) -> None:
    write(tmp_path, same_series(change=lambda dataset: dataset.pop("ImagePositionPatient")), shuffle_seed=4)
    stack = only(find_series(tmp_path))
    assert [instance.instance_number for instance in stack.instances] == [1, 2, 3, 4, 5, 6]


@pytest.fixture(scope="module")
def mixed_files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """One series of everything: two orientations, two time points, a localizer, a copy, instance numbers all 0."""
    folder = tmp_path_factory.mktemp("mixed")
    small = straight_grid((3, 4, 5), (2.0, 1.0, 1.0))
    zero = set_all(InstanceNumber=0)
    write(folder / "a", zero, swap_orientation(1), grid=small)
    write(folder / "b", new_instances("b"), zero, set_all(TemporalPositionIdentifier=2), grid=small, seed=2)
    write(folder / "c", new_instances("c"), zero, set_all(ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]), grid=small)
    write(folder / "d", duplicate_slice(1), zero, grid=small, series_number=2)
    write(folder / "e", set_all(SOPInstanceUID="1.2.3"), grid=small, series_number=3)
    return sorted(path for path in folder.rglob("*") if path.is_file())


def content(found: Found) -> list[object]:
    """What was found, told by what is in the files and not by their names."""

    def place(stack: Stack) -> Stack:
        instances = tuple(replace(one, path=Path(), root=Path()) for one in stack.instances)
        return replace(stack, instances=instances)

    return [place(stack) for stack in found.series]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(16)))
def test_any_order_of_files_gives_the_same(mixed_files: list[Path], tmp_path: Path, order: list[int]) -> None:
    assert len(mixed_files) == 16
    with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
        for number, source in zip(order, mixed_files, strict=True):
            Path(folder, f"{number:02d}").symlink_to(source)
        assert content(find_series(folder, Settings(follow_links=True))) == content(find_series(mixed_files))


def test_stack_numbers_follow_instance_numbers(tmp_path: Path) -> None:
    write(tmp_path / "z", set_all(ConvolutionKernel="A"), first_instance_number=1)
    write(tmp_path / "a", new_instances("b"), set_all(ConvolutionKernel="B"))
    found = find_series(tmp_path)
    assert [(stack.stack_number, stack.convolution_kernel) for stack in found.series] == [(1, "A"), (2, "B")]


def test_facts_are_those_of_the_first_instance(tmp_path: Path) -> None:
    write(tmp_path, *(set_tag("SliceThickness", f"{k + 1}", k) for k in range(6)), ascending=False)
    assert only(find_series(tmp_path)).slice_thickness_mm == 6


def test_header_facts(tmp_path: Path) -> None:
    write(
        tmp_path,
        patient_id="Größe^中文",
        series_description="L HAND",
        body_part="HAND",
        laterality="L",
        image_laterality="L",
        patient_position="FFP",
        kvp=80.0,
        kernel="Br59",
        slice_thickness_mm=3.75,
        contrast_agent="Iodine",
        study_date="20200229",
        series_number=9,
    )
    stack = only(find_series(tmp_path))
    assert (stack.patient_id, stack.description, stack.body_part) == ("Größe^中文", "L HAND", "HAND")
    assert (stack.laterality, stack.image_laterality, stack.patient_position) == ("L", "L", "FFP")
    assert (stack.kvp, stack.convolution_kernel, stack.slice_thickness_mm) == (80.0, "Br59", 3.75)
    assert (stack.contrast_agent, str(stack.study_date), stack.series_number) == (True, "2020-02-29", 9)
    assert stack.pixel_spacing_mm == (1.1, 1.2)


def code(value: str, scheme: str = "SCT", **modifiers: pydicom.Sequence) -> pydicom.Dataset:
    item = pydicom.Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, "in words"
    for keyword, items in modifiers.items():
        setattr(item, keyword, items)
    return item


def test_coded_regions_and_their_sides(tmp_path: Path) -> None:
    region = code("56459004", AnatomicRegionModifierSequence=pydicom.Sequence([code("7771000")]))
    structure = code(
        "T-12740", "SRT", PrimaryAnatomicStructureModifierSequence=pydicom.Sequence([code("G-A101", "SRT")])
    )
    write(
        tmp_path,
        set_tag("AnatomicRegionSequence", pydicom.Sequence([region])),
        set_tag("PrimaryAnatomicStructureSequence", pydicom.Sequence([structure])),
    )
    stack = only(find_series(tmp_path))
    assert stack.region_codes == ("56459004", "T-12740")
    assert stack.region_modifier_codes == ("7771000", "G-A101")


@pytest.mark.parametrize(
    ("agent", "expected"), [("", None), ("NONE", False), ("no", False), ("OMNIPAQUE 300", True), ("YES", True)]
)
def test_contrast_agent(tmp_path: Path, agent: str, expected: bool | None) -> None:
    write(tmp_path, contrast_agent=agent)
    assert only(find_series(tmp_path)).contrast_agent is expected


@pytest.mark.parametrize("date", ["2024.01.15", "20240115"])
def test_study_date_of_either_form(tmp_path: Path, date: str) -> None:
    write(tmp_path, set_tag("StudyDate", "20240115"))
    for path in tmp_path.iterdir():
        dataset = pydicom.dcmread(path)
        dataset.add_new(0x00080020, "LO", date)
        dataset.save_as(path)
    assert str(only(find_series(tmp_path)).study_date) == "2024-01-15"

"""Archives in a folder are read like the rest, within limits; what is not read of them is named."""

from __future__ import annotations

import bz2
import gzip
import io
import os
import tarfile
import time
import zipfile
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pytest

from calcimeasure import Settings, open_store
from calcimeasure.errors import InputPathError
from calcimeasure.load import archives, bombs, find_series, gunzip, load_image
from calcimeasure.load.archives import Contents, contents_of, is_archive_name, open_member
from calcimeasure.load.bombs import CutOffError, TooLargeError
from calcimeasure.load.gunzip import Gunzipped, Marks
from calcimeasure.model import Failure, State
from calcimeasure.store import file_url
from tests.dicom_phantom import set_tag
from tests.dicom_writers import write_multiframe, write_zip
from tests.load.test_source import peak_bytes
from tests.phantoms import straight_grid
from tests.tables import write_ct

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from calcimeasure.model import Found


def write_tar(path: Path, files: Sequence[Path], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:
        for file in files:
            archive.add(file, f"DICOM/{file.name}")
    return path


def zip_of(folder: Path, files: Sequence[Path]) -> Path:
    return write_zip(folder / "patient.zip", files[0].parent)


def gzips_of(folder: Path, files: Sequence[Path]) -> Path:
    for file in files:
        (folder / f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes()))
    return folder


def tar_of(folder: Path, files: Sequence[Path]) -> Path:
    return write_tar(folder / "patient.tar", files)


def tar_gz_of(folder: Path, files: Sequence[Path]) -> Path:
    return write_tar(folder / "patient.tar.gz", files, "w:gz")


def tgz_of(folder: Path, files: Sequence[Path]) -> Path:
    return write_tar(folder / "PATIENT.TGZ", [*reversed(files)], "w:gz")


ARCHIVES = [zip_of, gzips_of, tar_of, tar_gz_of, tgz_of]


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """The slices of a CT, outside of the folder that is searched."""
    return write_ct(tmp_path / "files", seed="archives", file_name="IM{:05d}.dcm")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    (folder / "below").mkdir(parents=True)
    return folder


def unread(found: Found) -> list[tuple[str, str]]:
    return [(one.relative_path.as_posix(), one.reason) for one in found.unreadable]


@pytest.mark.parametrize("pack", ARCHIVES)
def test_archives_in_a_folder_are_read_like_the_rest(
    folder: Path, files: list[Path], pack: Callable[[Path, Sequence[Path]], Path]
) -> None:
    path = pack(folder / "below", files)
    (stack,) = find_series(folder).series
    (plain,) = find_series(files[0].parent).series
    image, expected = load_image(stack), load_image(plain)
    assert np.array_equal(image.attenuation_hu, expected.attenuation_hu)
    assert stack.instances[0].relative_path.as_posix().startswith("below/")
    assert [one.relative_path.name for one in stack.instances] == [one.name for one in files]
    # As an argument of its own too.
    (again,) = find_series(path).series
    assert [one.sop_uid for one in again.instances] == [one.sop_uid for one in stack.instances]
    assert len(list((folder / "below").iterdir())) == (len(files) if pack is gzips_of else 1)


@pytest.mark.parametrize("pack", [zip_of, gzips_of, tar_gz_of])
def test_multiframe_file_in_an_archive(
    tmp_path: Path, folder: Path, pack: Callable[[Path, Sequence[Path]], Path]
) -> None:
    grid = straight_grid((5, 8, 9), (1.0, 1.0, 1.0))
    hu = np.random.default_rng(1).integers(-1000, 1000, grid.shape_kji)
    path = tmp_path / "files" / "one"
    write_multiframe(path, hu, grid)
    pack(folder, [path])
    (stack,) = find_series(folder).series
    assert np.array_equal(load_image(stack).attenuation_hu, hu)


def test_archive_is_counted_as_what_is_in_it(folder: Path, files: list[Path]) -> None:
    (files[0].parent / "notes.txt").write_text("no DICOM", encoding="utf-8")
    zip_of(folder, files)
    (folder / "log.gz").write_bytes(gzip.compress(b"no DICOM"))
    (folder / "liver.nii.gz").write_bytes(b"whatever it is")
    found = find_series(folder)
    assert (len(found.series), found.other_file_count, unread(found)) == (1, 3, [])


def test_patients_in_archives_without_series_uid_stay_apart(folder: Path, tmp_path: Path) -> None:
    """Each has a row of its own, in the tables and in the store."""
    uids = [
        set_tag(name, "1.2.3" if name == "StudyInstanceUID" else "")
        for name in ("StudyInstanceUID", "SeriesInstanceUID")
    ]
    for name in ("a", "b"):
        write_ct(tmp_path / name, seed=name, patient_id=name, faults=uids)
        write_zip(folder / f"{name}.zip", tmp_path / name)
    found = find_series(folder)
    assert [stack.patient_id for stack in found.series] == ["a", "b"]
    with open_store(file_url(tmp_path / "store.db")) as store:
        run = store.begin_run([folder], Settings(), "now")
        for stack in found.series:
            failure = Failure(State.FAILED, "missing_slice", "It is missing.", stack)
            assert store.record(run, failure, store.plan(stack, Settings()), Settings())
        assert [one.stack.patient_id for one in store.outcomes() if one.stack] == ["a", "b"]
        assert [len(find_series(store.files_of(number)).series) for number in (1, 2)] == [1, 1]


# What is not read is named


def test_damaged_archives_are_named_and_stop_nothing(folder: Path, files: list[Path], tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    (folder / "good").mkdir()
    tar_of(folder / "good", files)
    names = []
    for pack in (zip_of, tar_gz_of):
        path = pack(whole, files)
        names.append(f"cut_{path.name}")
        (folder / names[-1]).write_bytes(path.read_bytes()[:200])
    for name in ("empty.zip", "empty.tgz", "text.tar", "text.gz"):
        (folder / name).write_bytes(b"" if "empty" in name else b"no archive " * 100)
        names.append(name)
    found = find_series(folder)
    assert len(found.series) == 1
    assert unread(found) == sorted((name, "archive_not_read") for name in names)
    assert all("An archive that can be read whole expected, not read: " in one.message for one in found.unreadable)


@pytest.mark.parametrize("name", ["a.7z", "a.RAR", "a.tar.xz", "a.tar.bz2", "a.txz", "a.zst", "a.iso", "a.Z"])
def test_archive_of_another_format_is_named(folder: Path, files: list[Path], name: str) -> None:
    (folder / name).write_bytes(bz2.compress(files[0].read_bytes()))
    found = find_series(folder)
    assert unread(found) == [(name, "archive_not_read")]
    assert "an archive of a format that is not read" in found.unreadable[0].message
    with pytest.raises(InputPathError, match="format that is not read"):
        find_series(folder / name)


def test_encrypted_archive_has_one_row(folder: Path, files: list[Path]) -> None:
    path = zip_of(folder, files)
    content = bytearray(path.read_bytes())
    for entry in [n for n in range(len(content)) if content[n : n + 4] == b"PK\x01\x02"]:
        content[entry + 8] |= 1
    path.write_bytes(content)
    found = find_series(folder)
    assert unread(found) == [("patient.zip", "archive_not_read")]
    assert f"an encrypted archive ({len(files)} files)" in found.unreadable[0].message


@pytest.mark.parametrize("pack", [zip_of, tar_of, tar_gz_of])
def test_archive_in_an_archive_is_named(
    folder: Path, files: list[Path], pack: Callable[[Path, Sequence[Path]], Path]
) -> None:
    for number, name in enumerate(["inner.zip", "inner.tgz", "more.rar", "IM1.dcm.gz"]):
        (files[0].parent / name).write_bytes(bytes(number))
    (files[0].parent / "mask.nii.gz").write_bytes(b"no archive of images")
    path = pack(folder, sorted(files[0].parent.iterdir()))
    found = find_series(folder)
    assert len(found.series[0].instances) == len(files)
    assert unread(found) == [(path.name, "archive_not_read")]
    assert "4 archives in it (" in found.unreadable[0].message


def test_dicom_under_the_name_of_an_archive_is_dicom(folder: Path, files: list[Path]) -> None:
    for file in files:
        (folder / f"{file.name}.zip").write_bytes(file.read_bytes())
    found = find_series(folder)
    assert (len(found.series[0].instances), unread(found)) == (len(files), [])
    assert len(find_series(folder / f"{files[0].name}.zip").series) == 1


@pytest.mark.parametrize("name", ["IM1", "IM1.dcm", "1.2.840.5", "A.IMA"])
def test_archive_under_the_name_of_an_image_is_named(folder: Path, files: list[Path], name: str) -> None:
    (folder / "below" / name).write_bytes(gzip.compress(files[0].read_bytes()))
    (zip_of(folder, files)).rename(folder / name)
    found = find_series(folder)
    assert unread(found) == [(name, "archive_not_read"), (f"below/{name}", "archive_not_read")]
    assert "an archive whose name does not say so" in found.unreadable[0].message


@pytest.mark.parametrize("name", ["table.docx", "viewer.jar", "arrays.npz", "mask.nii.gz"])
def test_archive_of_another_program_is_no_archive_of_images(folder: Path, files: list[Path], name: str) -> None:
    zip_of(folder, files).rename(folder / name)
    found = find_series(folder)
    assert (found.series, unread(found), found.other_file_count) == ((), [], 1)


def test_names_that_several_members_have_are_named(folder: Path, files: list[Path]) -> None:
    with zipfile.ZipFile(folder / "a.zip", "w") as packed:
        packed.write(files[0], "same")
        with pytest.warns(UserWarning, match="Duplicate name"):
            packed.write(files[1], "same")
    with tarfile.open(folder / "a.tar", "w") as archive:
        archive.add(files[0], "same")
        archive.add(files[1], "same")
    found = find_series(folder)
    assert unread(found) == [("a.tar", "archive_not_read"), ("a.zip", "archive_not_read")]
    assert all("1 names that several files have (same)" in one.message for one in found.unreadable)


def test_what_a_tar_holds_besides_files_is_no_file(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as archive:
        for name, kind in [("folder", tarfile.DIRTYPE), ("link", tarfile.SYMTYPE), ("pipe", tarfile.FIFOTYPE)]:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        info = tarfile.TarInfo("../../up")
        info.size = 3
        archive.addfile(info, io.BytesIO(b"abc"))
    assert contents_of(path) == Contents(("../../up",))
    with open_member(path, "../../up") as file:
        assert (file.read(2), file.read(), file.seek(0), file.read()) == (b"ab", b"c", 0, b"abc")


def test_tar_that_ends_early_gives_what_it_has_and_says_so(folder: Path, files: list[Path]) -> None:
    path = tar_of(folder, files)
    whole = path.read_bytes()
    with tarfile.open(path) as archive:
        third = archive.getmembers()[2].offset
    for content, what in [
        (whole[:third], "it has no end mark and may be cut off"),
        (whole[: third - 100], "unexpected end of data"),
        (whole[:third] + b"\xff" * 1024, "no header of a file"),
    ]:
        path.write_bytes(content)
        os.utime(path, ns=(len(content), len(content)))
        contents = contents_of(path)
        assert contents is not None
        assert len(contents.members) == 2
        assert what in contents.unread[0]


def test_gzip_that_ends_early_is_no_image(folder: Path, files: list[Path]) -> None:
    """Also if all pixels are there: nobody knows what else was lost."""
    packed = gzip.compress(files[0].read_bytes())
    (folder / "IM1.dcm.gz").write_bytes(packed[:-20])
    (stack,) = find_series(folder).series or (None,)
    assert stack is None or load_fails(stack)


def load_fails(stack: object) -> bool:
    with pytest.raises(Exception, match="gzip stream"):
        load_image(stack)  # type: ignore[arg-type]
    return True


# Bombs


def test_gzip_bomb_is_refused_while_it_is_small(folder: Path, files: list[Path]) -> None:
    whole = files[0].read_bytes()
    start = whole.index(b"\x10\x00\x10\x00PN")
    bomb = whole[:start] + b"\x09\x00\x10\x10OB\0\0" + (150 << 20).to_bytes(4, "little")
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    pieces = [packer.compress(bomb), *(packer.compress(bytes(2**20)) for _ in range(150))]
    (folder / "bomb.dcm.gz").write_bytes(b"".join([*pieces, packer.compress(whole[start:]), packer.flush()]))

    def scan() -> None:
        found = find_series(folder)
        assert found.series == ()
        assert "bytes in a gzip file of" in found.unreadable[0].message

    assert peak_bytes(scan) < 2**24


def test_tar_bomb_is_refused_while_it_is_small(folder: Path) -> None:
    with tarfile.open(folder / "bomb.tar.gz", "w:gz", compresslevel=1) as archive:
        for name in ("one", "two"):
            info = tarfile.TarInfo(name)
            info.size = 60 << 20
            archive.addfile(info, io.BytesIO(bytes(info.size)))

    def scan() -> None:
        assert "bytes in a gzip file of" in find_series(folder).unreadable[0].message

    assert peak_bytes(scan) < 2**24


def test_members_that_lie_upon_each_other_are_a_bomb(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each entry of the table of contents names the same packed bytes: together they unpack to many times more."""
    monkeypatch.setattr(bombs, "ALWAYS_ALLOWED_BYTES", 1000)
    path = folder / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("0", bytes(100_000) + os.urandom(2000))
    whole = path.read_bytes()
    entry = whole.index(b"PK\x01\x02")
    end = whole.index(b"PK\x05\x06")
    table = b"".join(whole[entry:end][:-1] + str(n).encode() for n in range(9)) * 4
    path.write_bytes(
        whole[:entry]
        + table
        + whole[end : end + 8]
        + (36).to_bytes(2, "little") * 2
        + len(table).to_bytes(4, "little")
        + whole[end + 16 :]
    )
    with pytest.raises(TooLargeError, match="bytes in an archive of"):
        contents_of(path)


def test_archive_of_too_many_files_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_MEMBERS", 3)
    for name, is_read in [("three", True), ("four", False)]:
        (folder / name).mkdir()
        for number in range(4 if name == "four" else 3):
            (folder / name / str(number)).write_bytes(b"x")
        some = sorted((folder / name).iterdir())
        for path in (write_zip(folder / f"{name}.zip", folder / name), write_tar(folder / f"{name}.tar", some)):
            if is_read:
                assert len((contents_of(path) or Contents(())).members) == 3
            else:
                with pytest.raises(TooLargeError, match="files"):
                    contents_of(path)


def test_table_of_contents_that_fills_the_memory_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "LARGEST_CONTENTS_BYTES", 70_000)
    with zipfile.ZipFile(folder / "a.zip", "w") as packed:
        for number in range(1000):
            packed.writestr(f"{number:0100d}", b"")
    with pytest.raises(TooLargeError, match="a table of contents"):
        contents_of(folder / "a.zip")


def test_header_in_a_tar_that_fills_the_memory_is_refused(folder: Path) -> None:
    info = tarfile.TarInfo("x" * 2**20)
    with tarfile.open(folder / "a.tar", "w", format=tarfile.GNU_FORMAT) as archive:
        archive.addfile(info)
    with pytest.raises(TooLargeError, match="header of more than 65536 bytes"):
        contents_of(folder / "a.tar")


# gzip, back and forth

CONTENT = np.random.default_rng(2).integers(0, 3, 600_000).astype(np.uint8).tobytes()
PACKED = gzip.compress(CONTENT, 1)


def opened(path: Path, content: bytes) -> io.BufferedReader:
    path.write_bytes(content)
    return io.BufferedReader(Gunzipped(Marks(path, 2**30)))


@pytest.mark.parametrize("streams", [1, 7])
@pytest.mark.parametrize("zeros", [0, 1000])
def test_gzip_is_read_at_any_place_in_any_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, streams: int, zeros: int
) -> None:
    monkeypatch.setattr(gunzip, "_FIRST_INTERVAL", 2**16)
    monkeypatch.setattr(gunzip, "_PIECE_BYTES", 2**14)
    monkeypatch.setattr(gunzip, "_MOST_MARKS", 6)
    step = -(-len(CONTENT) // streams)
    packed = b"".join(gzip.compress(CONTENT[n : n + step], 1) for n in range(0, len(CONTENT), step)) + bytes(zeros)
    with opened(tmp_path / "a.gz", packed) as file:
        for start in np.random.default_rng(3).integers(0, len(CONTENT), 60).tolist():
            file.seek(start)
            assert file.read(5000) == CONTENT[start : start + 5000]
        assert file.seek(0, os.SEEK_END) == len(CONTENT)
        assert (file.read(), file.seek(-5, os.SEEK_CUR), file.read()) == (b"", len(CONTENT) - 5, CONTENT[-5:])
        file.seek(0)
        assert file.read() == CONTENT


@pytest.mark.parametrize("lost", [1, 8, 9, 1000])
def test_gzip_without_its_end_is_refused(tmp_path: Path, lost: int) -> None:
    with opened(tmp_path / "a.gz", PACKED[:-lost]) as file, pytest.raises(CutOffError):
        file.read()


def test_gzip_of_another_check_sum_is_refused(tmp_path: Path) -> None:
    packed = bytearray(PACKED)
    packed[-6] ^= 1
    with opened(tmp_path / "a.gz", packed) as file, pytest.raises(OSError, match="a broken gzip stream"):
        file.read()


def test_many_streams_with_nothing_in_them_take_no_time(tmp_path: Path) -> None:
    begun = time.monotonic()
    with (
        opened(tmp_path / "a.gz", gzip.compress(b"") * 200_000) as file,
        pytest.raises(TooLargeError, match="gzip streams for 0 bytes"),
    ):
        file.read(1)
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        *[(name, True) for name in ("a.zip", "A.ZIP", "IM1.dcm.gz", "a.tar", "a.tar.gz", "a.tgz", "a.7z", "a.tar.xz")],
        *[(name, False) for name in ("a.dcm", "zip", "a.nii.gz", "a.NII.GZ", "a.gz.dcm", "a.jar", "a.docx", "IM1")],
    ],
)
def test_name_of_an_archive(name: str, is_one: bool) -> None:
    assert is_archive_name(name) == is_one

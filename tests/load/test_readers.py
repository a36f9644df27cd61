"""A header costs no more time and memory than the headers of images do, wherever it is read: other files go on."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from pydicom import dcmread

from calcimeasure import Settings, find_series
from calcimeasure.errors import FileError, WorkerError
from calcimeasure.load import planes, readers
from calcimeasure.load.directory import listed_files
from calcimeasure.load.grids import acquisition_order
from calcimeasure.load.header import read_headers
from calcimeasure.load.limits import LARGEST, HeaderLimitError, HeaderLimits
from calcimeasure.load.reading import HeaderReader
from tests import patched
from tests.dicom_phantom import Header, write_series
from tests.dicom_writers import write_dicomdir, write_multiframe, write_zip
from tests.patched import environment
from tests.phantoms import straight_grid

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from calcimeasure.model import Found

GRID = straight_grid((5, 6, 7), (2.0, 1.0, 1.0))
NARROW = HeaderLimits(read_bytes=2**16, elements=400, frames=8, planes=4)
UNDEFINED = 0xFFFFFFFF
LONG_VRS = (b"OB", b"OW", b"SQ", b"UN")


def element(tag: int, vr: bytes, value: bytes, length: int | None = None) -> bytes:
    """An element in explicit little endian; its length may be a false one."""
    value += b" " * (len(value) % 2)
    length = len(value) if length is None else length
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr
    return head + (struct.pack("<HL", 0, length) if vr in LONG_VRS else struct.pack("<H", length)) + value


def item(content: bytes, length: int | None = None) -> bytes:
    return struct.pack("<HHL", 0xFFFE, 0xE000, len(content) if length is None else length) + content


META = bytes(128) + b"DICM" + element(0x00020010, b"UI", b"1.2.840.10008.1.2.1\0")
BEGINNING = META + element(0x00080016, b"UI", b"1.2.840.10008.5.1.4.1.1.2\0") + element(0x00080018, b"UI", b"1.2.3")
CT = element(0x00080060, b"CS", b"CT")
PIXELS = element(0x7FE00010, b"OW", b"\0\0")


def frames(count: int, spacings: Iterable[bytes]) -> bytes:
    """A multi-frame CT whose frames have spacings of their own."""
    macros = (element(0x00280030, b"DS", one) for one in spacings)
    groups = b"".join(item(element(0x00289110, b"SQ", item(one))) for one in macros)
    counted = element(0x00280008, b"IS", str(count).encode())
    return BEGINNING + CT + counted + element(0x52009230, b"SQ", groups) + PIXELS


HOSTILE = {
    "more elements than": BEGINNING + element(0x00110011, b"LO", b"") * 500,
    "more elements behind the pixels": BEGINNING + PIXELS + element(0x7FE10011, b"LO", b"") * 500,
    "frames": frames(9, [b"1\\1"] * 9),
    "planes": frames(6, [b"%d\\1" % number for number in range(1, 7)]),
    "a long text": BEGINNING + element(0x00100020, b"UN", b"", 4 * 10**9),
    "many character sets": META
    + element(0x00080005, b"CS", b"\\".join([b"ISO 2022 IR 87"] * 100))
    + BEGINNING[len(META) :],
    "nested items": BEGINNING + element(0x00091010, b"SQ", item(b"", UNDEFINED) * 10_000, UNDEFINED),
    "a value without an end": BEGINNING + element(0x00091010, b"OB", bytes(2**17), UNDEFINED),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_header_that_holds_too_much_is_refused(tmp_path: Path, what: str) -> None:
    path = tmp_path / "hostile.dcm"
    path.write_bytes(HOSTILE[what])
    with pytest.raises(FileError) as refused:
        read_headers(path, limits=NARROW)
    assert refused.value.reason == "header_limit"
    assert "hostile.dcm" in refused.value.message
    assert "expected" in refused.value.message


def test_member_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    # A private value that would be passed over in a file has to be unpacked in a .zip.
    (folder / "a.dcm").write_bytes(BEGINNING + element(0x00091010, b"OB", bytes(2**20)) + PIXELS)
    archive = write_zip(tmp_path / "a.zip", folder)
    assert len(read_headers(folder / "a.dcm", limits=NARROW)) == 1
    with pytest.raises(FileError, match="65536 bytes expected"):
        read_headers(archive, "a.dcm", NARROW)
    assert len(read_headers(archive, "a.dcm")) == 1


def test_file_meta_information_of_gigabytes_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "meta.dcm"
    path.write_bytes(bytes(128) + b"DICM" + element(0x00020102, b"OB", b"", 4 * 10**9))
    os.truncate(path, 2**32)
    with pytest.raises(FileError, match="more than 65536 bytes"):
        read_headers(path)
    # What is longer than usual is read all the same.
    longer = bytes(128) + b"DICM" + element(0x00020010, b"UI", b"1.2.840.10008.1.2.1\0")
    path.write_bytes(longer + element(0x00020102, b"OB", b"x" * 10_000) + BEGINNING[len(META) :] + PIXELS)
    assert len(read_headers(path)) == 1


def test_zeros_behind_a_header_that_is_cut_off_end_it(tmp_path: Path) -> None:
    path = tmp_path / "cut.dcm"
    path.write_bytes(BEGINNING + CT)
    os.truncate(path, 2**32)
    begun = time.process_time()
    (header,) = read_headers(path)
    assert time.process_time() - begun < 0.5
    assert header.pixel_offset == len(BEGINNING + CT)


def test_new_planes_are_compared_with_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To compare each of thousands of planes with all others would take hours."""
    for number in range(10):
        # Their sums are equal: a plane is compared with those that have nearly the same.
        spacings = [b"%.6f\\%.6f" % (one, 1 / one) for one in (1 + (20 * number + frame) / 100 for frame in range(20))]
        (tmp_path / f"{number}.dcm").write_bytes(frames(20, spacings))
    compared = []
    is_same = planes._is_same

    def counting(*arguments: object) -> bool:
        compared.append(1)
        return is_same(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(planes, "_MOST_COMPARED", 3)
    monkeypatch.setattr(planes, "_is_same", counting)
    assert len(find_series(tmp_path).series) == 200
    assert len(compared) < 3 * 200


# In processes


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is read in this process."""
    monkeypatch.setattr(readers, "_SECONDS_ALONE", (-2.0, -1.0))


def no_process() -> subprocess.Popen[bytes]:
    raise AssertionError("a process was started")


def write_three(folder: Path) -> Path:
    for name in ("a", "b", "c"):
        hu = np.full(GRID.shape_kji, 40, dtype=np.int16)
        write_series(folder / name, hu, GRID, Header(patient_id=name, series_number=ord(name)))
    return folder


def without_order(found: Found) -> object:
    return found.series, sorted(str(one.path) for one in found.unreadable), found.other_file_count


def test_processes_find_what_this_process_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_three(tmp_path / "in")
    write_multiframe(tmp_path / "in" / "frames.dcm", np.full(GRID.shape_kji, 40, dtype=np.int16), GRID)
    (tmp_path / "in" / "broken.dcm").write_bytes(BEGINNING[:150])
    (tmp_path / "in" / "notes.txt").write_text("no image")
    write_zip(tmp_path / "z.zip", tmp_path / "in" / "b")
    write_dicomdir(tmp_path / "in" / "c", sorted((tmp_path / "in" / "c").iterdir()))
    paths = [tmp_path / "in", tmp_path / "z.zip", tmp_path / "in" / "c" / "DICOMDIR"]
    with monkeypatch.context() as only_here:
        only_here.setattr(readers, "_new_process", no_process)
        here = find_series(paths)
    assert len(here.series) == 4
    monkeypatch.setattr(readers, "_SECONDS_ALONE", (-2.0, -1.0))
    monkeypatch.setattr(readers, "_FILES_AT_A_TIME", 4)
    monkeypatch.setattr(readers, "USUAL", NARROW)
    assert find_series(paths) == here


def write_described(folder: Path, numbers: Sequence[int]) -> None:
    """A series of which each image says something else of the series, the files in any order of instance numbers."""
    hu = np.full((len(numbers), 6, 7), 40, dtype=np.int16)
    paths = write_series(folder, hu, straight_grid(hu.shape, (2.0, 1.0, 1.0)))
    for path, number in zip(paths, numbers, strict=True):
        dataset = dcmread(path)
        dataset.InstanceNumber = number
        dataset.SeriesDescription = f"described by image {number}"
        dataset.save_as(path)


@pytest.mark.parametrize("numbers", [range(24, 0, -1), [7 * place % 25 for place in range(1, 25)], [3] * 24])
def test_series_is_described_by_its_first_image_whoever_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, numbers: Sequence[int]
) -> None:
    """Processes leave out what no image that comes later is asked for."""
    write_described(tmp_path, numbers)
    here = find_series(tmp_path)
    assert here.series[0].description == f"described by image {min(numbers)}"
    monkeypatch.setattr(readers, "_SECONDS_ALONE", (-2.0, -1.0))
    monkeypatch.setattr(readers, "_FILES_AT_A_TIME", 2)
    assert find_series(tmp_path, Settings(workers=2)) == here


def test_facts_are_left_out_of_images_behind_the_first_one_alone(tmp_path: Path) -> None:
    write_described(tmp_path, [4, 6, 2, 3])
    first, second, third, fourth = sorted(tmp_path.iterdir())
    reader = HeaderReader(LARGEST)

    def says(path: Path) -> str | None:
        (image,) = reader.read_whole((path, tmp_path, None))  # type: ignore[misc] # it can be read
        return image.facts().description if image.said is not None else None

    reader.begin(2)
    assert [says(path) for path in (first, second, third)] == ["described by image 4", None, "described by image 2"]
    reader.begin(3)
    assert says(fourth) is None
    reader.begin(1)  # the asking process adds these images before the others
    assert says(fourth) == "described by image 3"


def test_images_of_one_number_and_uid_are_ordered_by_path(tmp_path: Path) -> None:
    write_described(tmp_path, [1, 1])
    one, other = (replace(image, sop_uid="1.2") for image in find_series(tmp_path).series[0].instances)
    assert acquisition_order(one) < acquisition_order(other)
    assert acquisition_order(one) == acquisition_order(replace(one))
    assert acquisition_order(one) != acquisition_order(other)


@pytest.mark.usefixtures("at_once")
def test_process_that_fails_costs_its_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_three(tmp_path / "in")
    bad = {"busy.dcm": "of a core", "greedy.dcm": "of memory", "dead.dcm": "exit code 9", "deaf.dcm": "4 s expected"}
    for name in bad:
        (tmp_path / "in" / "b" / name).write_bytes(BEGINNING + CT + PIXELS)
    code = """
read = HeaderReader.read_whole
def broken(reader, asked):
    name = asked[0].name
    while name == "busy.dcm":
        pass
    if name == "greedy.dcm":
        hoard = b"x" * 400_000_000
        time.sleep(60)
    if name == "dead.dcm":
        os._exit(9)
    if name == "deaf.dcm":
        time.sleep(60)
    return read(reader, asked)
HeaderReader.read_whole = broken
"""
    for name, value in environment("calcimeasure.load.reader", code).items():
        monkeypatch.setenv(name, value)
    monkeypatch.syspath_prepend(str(Path(patched.__file__).parent))
    monkeypatch.setattr(readers, "MOST_SECONDS", 0.3)
    monkeypatch.setattr(readers, "MOST_SECONDS_OF_WAITING", 4.0)
    monkeypatch.setattr(readers, "MOST_BYTES", 3e8)
    found = find_series(tmp_path / "in")
    assert [len(stack.instances) for stack in found.series] == [5, 5, 5]
    assert {one.reason for one in found.unreadable} == {"header_limit"}
    assert {one.relative_path.name: one.message for one in found.unreadable}.keys() == bad.keys()
    for failure in found.unreadable:
        assert bad[failure.relative_path.name] in failure.message


@pytest.mark.usefixtures("at_once")
def test_process_that_cannot_start_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_three(tmp_path)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(WorkerError, match="A process that reads headers expected"):
        find_series(tmp_path)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(WorkerError, match="ended 3 times before it could begin"):
        find_series(tmp_path)


def test_a_few_files_start_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_three(tmp_path)
    monkeypatch.setattr(readers, "_new_process", no_process)
    assert len(find_series(tmp_path).series) == 3


def test_scripts_need_no_main_guard_and_no_module_of_the_folder_is_run(tmp_path: Path) -> None:
    """A script may call find_series at its top level, and the folder that it runs in may be that of somebody else."""
    write_three(tmp_path / "in")
    (tmp_path / "in" / "a" / "long.dcm").write_bytes(frames(300, [b"1\\1"] * 300))
    (tmp_path / "in" / "pydicom.py").write_text("raise SystemExit('a module of the folder was run')")
    script = tmp_path / "script.py"
    script.write_text("from calcimeasure import find_series\nprint(len(find_series('.').series))\n")
    done = subprocess.run([sys.executable, script], cwd=tmp_path / "in", capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("4\n", "")


def test_dicomdir_of_any_size_is_listed_within_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_three(tmp_path)
    path = write_dicomdir(tmp_path, sorted(tmp_path.rglob("*.dcm")))
    few = HeaderLimits(read_bytes=100, elements=1, frames=1, planes=1)
    with pytest.raises(HeaderLimitError):
        listed_files(path, few)
    monkeypatch.setattr(readers, "USUAL", few)
    with readers.Readers() as reading:
        assert reading.listed_files(path) == listed_files(path, LARGEST)


def test_one_worker_means_one_reader() -> None:
    with readers.Readers(Settings(workers=1).workers) as reading:
        assert len(reading._processes) == 1

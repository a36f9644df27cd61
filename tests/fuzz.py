"""Breaks DICOM files in seeded ways and loads them: ``python -m tests.fuzz files|codes|grids|doubled FIRST STOP``.

`files` breaks whole files, `codes` the codestreams in them alone. `grids` measures small stacks on odd grids. `doubled`
says an attribute twice, with two values, in every file of a series.

Each case writes its number before it runs and its outcome after, so that a case that ends the process is known. A case
that takes longer than LIMIT_SECONDS ends the process with its traceback.
"""

from __future__ import annotations

import faulthandler
import io
import random
import resource
import shutil
import struct
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from pydicom import dcmread
from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32

from calcimeasure.analysis.pipeline import analyze
from calcimeasure.errors import PixelError, SeriesError, UsageError
from calcimeasure.load import check_headers, find_series, load_image
from calcimeasure.load.pixels import stored_values
from calcimeasure.model import Volume
from calcimeasure.settings import Settings
from tests.dicom_phantom import Header, slice_dataset, write_series
from tests.dicom_writers import (
    ENCAPSULATED,
    SYNTAXES,
    describe_pixels,
    encode,
    group,
    save,
    set_pixels,
    write_dicomdir,
    write_image,
    write_multiframe,
    write_radiograph,
    write_zip,
)
from tests.phantoms import straight_grid

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydicom.dataset import Dataset

    from calcimeasure.model import Instance

LIMIT_SECONDS = 10.0
LIMIT_MB = 1500
"""Of the whole process: what a file of some kilobytes may take at most, with the interpreter."""

GRID = straight_grid((7, 20, 26), (2.5, 0.7, 0.6), (3.0, -20.0, 100.0))
PLACE_TOLERANCE_MM = 0.75
"""A position that is off by less is rounding to the loader: half a millimeter sideways, or a hundredth along."""

_KEYWORDS = """
    TransferSyntaxUID SOPClassUID SOPInstanceUID Modality ImageType SeriesInstanceUID StudyInstanceUID PatientID
    InstanceNumber AcquisitionNumber ImagePositionPatient ImageOrientationPatient PixelSpacing SliceThickness
    FrameOfReferenceUID SamplesPerPixel PhotometricInterpretation Rows Columns BitsAllocated BitsStored HighBit
    PixelRepresentation PixelPaddingValue RescaleIntercept RescaleSlope RescaleType NumberOfFrames PixelData
    SharedFunctionalGroupsSequence PerFrameFunctionalGroupsSequence SpecificCharacterSet ConvolutionKernel
    ModalityLUTSequence LUTDescriptor LUTData StudyDate KVP ExtendedOffsetTable ReferencedFileID
"""
_VR_NAMES = """
    AE AS AT CS DA DS DT FD FL IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM UC UI UL UN UR US UT UV XX
"""
_VRS = [name.encode() for name in _VR_NAMES.split()]
_TAGS = [
    struct.pack("<HH", tag >> 16, tag & 0xFFFF) for tag in map(tag_for_keyword, _KEYWORDS.split()) if tag is not None
]
_LONG_VRS = {vr.encode() for vr in EXPLICIT_VR_LENGTH_32}
_LENGTHS = [0, 1, 2, 3, 7, 8, 255, 256, 0x7FFF, 0xFFFE, 0xFFFF]
_ABSURD = [
    *[b"", b"NaN", b"inf", b"-inf", b"1e308", b"-1e308", b"1e-308", b"0", b"-0", b"-1", b"9" * 16, b"1_0", b"0x10"],
    *[b"\\\\\\\\\\", b"0\\0", b"1\\0\\0\\1\\0\\0", b"\xff" * 16, b"\0" * 16, b"\x01\x00", b"\x00\x80"],
    *[b" ", b"A" * 64, b"\x1b$B"],
]


# Ways to break a file


def flip_anywhere(content: bytearray, rng: random.Random) -> None:
    for _ in range(rng.choice([1, 1, 2, 4, 16])):
        content[rng.randrange(len(content))] = rng.choice([rng.randrange(256), 0, 0xFF])


def flip_bit(content: bytearray, rng: random.Random) -> None:
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)


def flip_header(content: bytearray, rng: random.Random) -> None:
    end = min(len(content), 1800)
    for _ in range(rng.choice([1, 2, 4])):
        content[rng.randrange(128, end)] = rng.choice([rng.randrange(256), 0, 0xFF, ord("\\"), ord("9"), ord("-")])


def truncate(content: bytearray, rng: random.Random) -> None:
    del content[rng.randrange(len(content)) :]


def delete_block(content: bytearray, rng: random.Random) -> None:
    start = rng.randrange(len(content))
    del content[start : start + rng.choice([1, 2, 8, 64, 500])]


def repeat_block(content: bytearray, rng: random.Random) -> None:
    start = rng.randrange(len(content))
    block = content[start : start + rng.choice([1, 8, 64, 500])]
    content[start:start] = block * rng.choice([1, 1, 20])


def overwrite_block(content: bytearray, rng: random.Random) -> None:
    start, length = rng.randrange(len(content)), rng.choice([2, 8, 64, 300])
    content[start : start + length] = rng.choice([b"\0", b"\xff", b"\xfe\xff\x00\xe0"]) * length


def swap_blocks(content: bytearray, rng: random.Random) -> None:
    length = rng.choice([4, 8, 100])
    one, other = (rng.randrange(max(len(content) - length, 1)) for _ in range(2))
    content[one : one + length], content[other : other + length] = (
        content[other : other + length],
        content[one : one + length],
    )


def _place_of_tag(content: bytearray, rng: random.Random) -> int:
    """Byte behind a random attribute's tag; where it has none, any."""
    places = [place for tag in rng.sample(_TAGS, 8) if (place := content.find(tag, 132)) >= 0]
    return (places[0] if places else rng.randrange(max(len(content) - 20, 1))) + 4


def change_tag(content: bytearray, rng: random.Random) -> None:
    place = _place_of_tag(content, rng) - 4
    content[place + 2 * rng.randrange(2)] ^= rng.choice([1, 2, 0x10, 0xFF])


def change_vr(content: bytearray, rng: random.Random) -> None:
    place = _place_of_tag(content, rng)
    content[place : place + 2] = rng.choice(_VRS)


def change_length(content: bytearray, rng: random.Random) -> None:
    place = _place_of_tag(content, rng) + rng.choice([0, 2, 4])
    length = rng.choice([*_LENGTHS, rng.randrange(65536)])
    content[place : place + 2] = struct.pack("<H", length)
    if rng.random() < 0.2:
        content[place + 2 : place + 4] = b"\xff\xff"


def change_value(content: bytearray, rng: random.Random) -> None:
    """Absurd, in the length that it had."""
    place = _place_of_tag(content, rng)
    length = int.from_bytes(content[place + 2 : place + 4], "little")
    if 0 < length <= 128:
        value = rng.choice(_ABSURD)
        filler = rng.choice([b" ", b"\0", b"9"])
        content[place + 4 : place + 4 + length] = value[:length].ljust(length, filler)


def _element(content: bytearray, tag_place: int) -> tuple[int, int] | None:
    """Bytes of a value, from and to; None where it is long, or its length is broken."""
    vr = bytes(content[tag_place + 4 : tag_place + 6])
    start, length_place = (tag_place + 8, tag_place + 6) if vr in _VRS else (tag_place + 8, tag_place + 4)
    if vr in _LONG_VRS:
        start, length_place = tag_place + 12, tag_place + 8
    length = int.from_bytes(content[length_place:start], "little")
    return (start, start + length) if 0 < length <= 128 and start + length <= len(content) else None


_NEXT_DIGITS = bytes.maketrans(b"0123456789", b"1234567890")


def _with_other_value(element: bytes, value_bytes: int) -> bytes:
    """An element with other digits in its value, or another first byte where it has none."""
    head, value = element[:-value_bytes], element[-value_bytes:]
    other = value.translate(_NEXT_DIGITS)
    return head + (other if other != value else bytes([value[0] ^ 1]) + value[1:])


def double_attribute(content: bytearray, rng: random.Random) -> None:
    """With the same value or another one, beside the first."""
    place = _place_of_tag(content, rng) - 4
    if (value := _element(content, place)) is not None:
        element = bytes(content[place : value[1]])
        again = rng.choice([element, _with_other_value(element, value[1] - value[0])])
        where = rng.choice([place, value[1]])
        content[where:where] = again


MUTATIONS = [
    *[flip_anywhere, flip_bit, flip_header, flip_header, truncate, delete_block, repeat_block, overwrite_block],
    *[swap_blocks, change_tag, change_tag, change_vr, change_length, change_length, *[change_value] * 3],
    *[double_attribute] * 2,
]


# What is broken


def _hu() -> np.ndarray:
    hu = np.full(GRID.shape_kji, -1000)
    hu[:, 4:-4, 5:-5] = 40
    return (hu + np.random.default_rng(1).integers(-20, 20, hu.shape)).astype(np.int16)


def _series(syntax: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        bits = {"jpeg_baseline": 8, "jpeg_extended": 12}.get(syntax, 16)
        for k in range(GRID.shape_kji[0]):
            dataset = slice_dataset(GRID, k, Header(pixel_padding_value=0))
            stored = np.clip(_hu()[k] + 1024, 0, 2**bits - 1).astype(np.uint8 if bits == 8 else np.uint16)
            describe_pixels(dataset, stored, bits)
            set_pixels(dataset, [stored], syntax, fragments=1 + k % 2)
            save(folder / f"{k}", dataset, syntax)
        return folder

    return write


def _multiframe(**options: object) -> Callable[[Path], Path]:
    return lambda folder: write_multiframe(folder / "one", _hu(), GRID, **options).parent  # type: ignore[arg-type]


def _radiograph(folder: Path) -> Path:
    def lut(dataset: Dataset) -> None:
        item = group(ModalityLUTType="OD")
        item.add_new(0x00283002, "US", [300, 0, 16])
        item.add_new(0x00283006, "OW", np.arange(300, dtype="<u2").tobytes())
        dataset.ModalityLUTSequence = [item]

    values = np.arange(20 * 26, dtype=np.uint16).reshape(20, 26)
    write_radiograph(folder / "lut", values, edit=lut, PhotometricInterpretation="MONOCHROME1")
    write_radiograph(folder / "rescale", values, RescaleSlope="2", RescaleIntercept="0", ImagerPixelSpacing=["1", "1"])
    return folder


def _zip(folder: Path) -> Path:
    with tempfile.TemporaryDirectory() as files:
        write_series(files, _hu(), GRID)
        return write_zip(folder / "archive.zip", Path(files))


def _dicomdir(folder: Path) -> Path:
    with tempfile.TemporaryDirectory() as files:
        return write_dicomdir(folder, write_series(files, _hu(), GRID))


BASES: dict[str, Callable[[Path], Path]] = {
    **{syntax: _series(syntax) for syntax in SYNTAXES},
    "enhanced": _multiframe(),
    "enhanced_own": _multiframe(shared=False, syntax="implicit_le"),
    "enhanced_jpeg_ls": _multiframe(syntax="jpeg_ls", table="empty", fragments=2),
    "enhanced_rle": _multiframe(syntax="rle"),
    "enhanced_extended": _multiframe(syntax="jpeg_2000", table="extended"),
    "legacy_deflated": _multiframe(kind="legacy", syntax="deflated"),
    "capture": _multiframe(kind="capture"),
    "radiograph": _radiograph,
    "zip": _zip,
    "dicomdir": _dicomdir,
}


@cache
def _base(name: str) -> tuple[dict[str, bytes], str]:
    """Contents of the files of a base by name, and the path to load."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).mkdir()
        argument = BASES[name](Path(folder) / name)
        files = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(Path(folder).rglob("*"))
            if path.is_file()
        }
        return files, argument.relative_to(folder).as_posix()


@cache
def _grid_of_base(name: str) -> np.ndarray:
    """Corners of every slice as they were, (k, 2, 3) LPS mm."""
    with tempfile.TemporaryDirectory() as folder:
        (image,) = [load_image(stack) for stack in find_series(_write(Path(folder), *_base(name))).series]
        assert isinstance(image, Volume)
        return _corners(image)


def _corners(volume: Volume) -> np.ndarray:
    count, rows, columns = volume.geometry.shape_kji
    ends = [[(k, 0, 0), (k, rows - 1, columns - 1)] for k in range(count)]
    return volume.geometry.to_lps_mm(ends)


def _write(folder: Path, files: dict[str, bytes], argument: str) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder / argument


# Cases


@dataclass(frozen=True, slots=True)
class Drawn:
    """An input that is written, the base that it was made of, and what was done to it."""

    path: Path
    base: str
    done: str


def draw_file(number: int, folder: Path) -> Drawn:
    """Break a file of a base."""
    rng = random.Random(number)  # noqa: S311 - cases are to be the same every time
    name = rng.choice(list(BASES))
    files, argument = _base(name)
    files = dict(files)
    broken = rng.choice(list(files))
    content = bytearray(files[broken])
    applied = rng.choices(MUTATIONS, k=rng.choice([1, 1, 1, 2, 3]))
    for mutation in applied:
        if len(content) > 200:
            mutation(content, rng)
    files[broken] = bytes(content)
    return Drawn(_write(folder, files, argument), name, "+".join(one.__name__ for one in applied))


def run_case(number: int, folder: Path) -> str:
    """Break a base, load it, and return what became of it; raises where that is a fault of the loader."""
    drawn = draw_file(number, folder)
    return f"{drawn.base} {drawn.done}: {' '.join(load(drawn.path, drawn.base))}"


_DOUBLED = """
    PixelSpacing ImagePositionPatient ImageOrientationPatient RescaleSlope RescaleIntercept Rows Columns BitsStored
    PixelRepresentation PhotometricInterpretation PatientID SeriesInstanceUID StudyInstanceUID
"""
"""Attributes that numbers, or whose numbers they are, rest on."""

_SHORT_HEAD_BYTES = 8
"""Of each of them: no VR of theirs has a length of four bytes behind it."""

_DOUBLED_BASES = [name for name in SYNTAXES if name not in {"deflated", "explicit_be"}]


def draw_doubled(number: int, folder: Path) -> Drawn:
    """Say an attribute twice, with two values, in every file of a series: beside the first, or at the end."""
    rng = random.Random(number)  # noqa: S311 - cases are to be the same every time
    name, keyword, at_end = rng.choice(_DOUBLED_BASES), rng.choice(_DOUBLED.split()), rng.random() < 0.3
    tag = tag_for_keyword(keyword)
    assert tag is not None
    files, argument = _base(name)
    doubled = {}
    for file, whole in files.items():
        raw = dcmread(io.BytesIO(whole), stop_before_pixels=True).get_item(tag)
        assert isinstance(raw, RawDataElement)
        start, stop = raw.value_tell, raw.value_tell + raw.length
        again = _with_other_value(whole[start - _SHORT_HEAD_BYTES : stop], raw.length)
        where = len(whole) if at_end else stop
        doubled[file] = whole[:where] + again + whole[where:]
    return Drawn(_write(folder, doubled, argument), name, f"{keyword}{' at the end' if at_end else ''}")


def run_doubled_case(number: int, folder: Path) -> str:
    """Load a series that says an attribute twice; raises where the series is accepted."""
    drawn = draw_doubled(number, folder)
    outcomes = load(drawn.path, drawn.base)
    if "loaded" in outcomes:
        raise AssertionError(f"{drawn.base} {drawn.done}: accepted with two values")
    return f"{drawn.base} {drawn.done}: {' '.join(outcomes)}"


def load(path: Path, name: str) -> list[str]:
    """Load what is under a path, and tell what became of each stack; raises where that is a fault of the loader."""
    try:
        found = find_series(path)
    except UsageError as error:
        return [type(error).__name__]
    outcomes = [failure.reason for failure in found.unreadable]
    for failure in found.unreadable:
        if failure.message.startswith("A header that can be understood expected"):
            raise AssertionError(f"caught at the last moment: {failure.message}")
    told = bool(found.unreadable or found.other_file_count) or len(found.series) != 1
    for stack in found.series:
        try:
            check_headers(stack, Settings())
            image = load_image(stack)
        except SeriesError as error:
            outcomes.append(error.reason)
        else:
            outcomes.append("loaded")
            if isinstance(image, Volume) and name in SYNTAXES and not told and not set(image.notices) - {"no_air"}:
                _compare_grids(image, name)
    return outcomes


def _compare_grids(volume: Volume, name: str) -> None:
    """Fail where a stack loads without a word on another grid than that of its unbroken files."""
    corners, expected = _corners(volume), _grid_of_base(name)
    if corners.shape != expected.shape or np.abs(corners - expected).max() > PLACE_TOLERANCE_MM:
        raise AssertionError(f"another grid without a notice: {corners.shape}, {expected.shape}")


@cache
def _coded(syntax: str) -> tuple[bytes, Instance, int, int]:
    """A file of one slice, its image, and where its codestream begins and ends."""
    bits = {"jpeg_baseline": 8, "jpeg_extended": 12}.get(syntax, 16)
    ramp = np.add.outer(np.arange(60) * 37, np.arange(70) * 3) + np.random.default_rng(1).integers(0, 9, (60, 70))
    stored = (ramp % 2**bits).astype(np.uint8 if bits == 8 else np.uint16)
    with tempfile.TemporaryDirectory() as folder:
        path = write_image(Path(folder, "one"), stored, syntax, bits_stored=bits)
        content = path.read_bytes()
        (stack,) = find_series(path).series
    code = encode(stored, syntax, bits)
    return content, stack.instances[0], content.index(code), content.index(code) + len(code)


def draw_code(number: int, folder: Path) -> Drawn:
    """Break a codestream."""
    rng = random.Random(number)  # noqa: S311 - cases are to be the same every time
    syntax = rng.choice(ENCAPSULATED)
    whole, _, start, stop = _coded(syntax)
    code = bytearray(whole[start:stop])
    end = len(code) if rng.random() < 0.4 else min(len(code), rng.choice([64, 160, 700]))
    for _ in range(rng.choice([1, 1, 2, 3, 8])):
        place = rng.randrange(end)
        code[place] = rng.choice([rng.randrange(256), 0, 0xFF, code[place] ^ 1 << rng.randrange(8)])
    if rng.random() < 0.2:
        middle = rng.randrange(len(code))
        code[middle:] = rng.choice([b"", bytes(len(code) - middle), code[: len(code) - middle]])
    # Of the same length, so that the items round it stay whole and the decoder sees it.
    code = code[: stop - start].ljust(stop - start, b"\0")
    if rng.random() < 0.5:
        code[-2:] = b"\xff\xd9"
    path = _write(folder, {"one": whole[:start] + code + whole[stop:]}, "one")
    return Drawn(path, syntax, "codestream")


def run_code_case(number: int, folder: Path) -> str:
    """Break a codestream and decode it; raises where that is a fault of the loader."""
    drawn = draw_code(number, folder)
    try:
        values = stored_values(replace(_coded(drawn.base)[1], path=drawn.path))
    except PixelError as error:
        return f"{drawn.base}: {error.reason}"
    if values.shape != (60, 70):
        raise AssertionError(f"{values.shape} values")
    return f"{drawn.base}: loaded"


_SPACINGS_MM = (0.3, 0.7, 1.0, 3.0, 0.02, 0.05, 0.1, 5.0, 8.0, 9.9)
_STEPS_MM = (*_SPACINGS_MM, 20.0, 50.0, 99.0)
_SIDES = (1, 2, 3, 5, 20, 40, 200)
_PLACES_MM = (1e6, 1e15, 1e30, 1e200, 1e308)


def draw_grid(number: int, folder: Path) -> Drawn:
    """Write a small stack on an odd grid."""
    rng = random.Random(number)  # noqa: S311 - cases are to be the same every time
    usual = rng.random() < 0.3

    def spacing_mm(odd: tuple[float, ...] = _SPACINGS_MM) -> float:
        return rng.choice(_SPACINGS_MM[:4]) if usual or rng.random() < 0.5 else rng.choice(odd)

    shape_kji = (rng.choice(_SIDES[:6]), rng.choice(_SIDES), rng.choice(_SIDES))
    step_mm, row_mm, column_mm = spacing_mm(_STEPS_MM), spacing_mm(), spacing_mm()
    start_mm = [rng.choice(_PLACES_MM if rng.random() < 0.05 else (0.0, -250.0, 900.0, -99e3)) for _ in range(3)]
    thickness_mm = rng.choice(["", "0", "1", "nan", "1e308", f"{step_mm}"])
    normal_axis = rng.randrange(3)
    hu = np.full(shape_kji, -1000)
    hu[:, shape_kji[1] // 8 : -shape_kji[1] // 8, shape_kji[2] // 8 : -shape_kji[2] // 8] = rng.choice(
        [-1000, 40, 3000]
    )
    k, j, i = (n // 3 for n in shape_kji)
    hu[k : 2 * k + 1, j : 2 * j + 1, i : 2 * i + 1] = rng.choice([300, 900, 3071, 40])
    hu = hu + np.random.default_rng(number).integers(-20, 20, shape_kji)
    folder.mkdir()
    _write_grid(folder, hu, start_mm, (step_mm, row_mm, column_mm), normal_axis, thickness_mm)
    return Drawn(folder, "grid", f"{shape_kji} {step_mm:g} {row_mm:g} {column_mm:g} at {start_mm}")


def run_grid_case(number: int, folder: Path) -> str:
    """Measure a small stack on an odd grid; raises where it is neither measured nor refused with a reason."""
    drawn = draw_grid(number, folder)
    outcomes = []
    for stack in find_series(drawn.path).series:
        try:
            report = analyze(stack)
        except SeriesError as error:
            outcomes.append(error.reason)
        else:
            outcomes.append(f"{len(report.lesions)} lesions")
    return f"{drawn.done}: {' '.join(outcomes)}"


_DIRECTIONS = ("0\\1\\0\\0\\0\\1", "0\\0\\1\\1\\0\\0", "1\\0\\0\\0\\1\\0")
"""Row and column so that slices lie along x, y and z."""


def _write_grid(
    folder: Path,
    hu: np.ndarray,
    start_mm: list[float],
    spacing_mm: tuple[float, float, float],
    normal_axis: int,
    thickness: str,
) -> None:
    """Write slices along one of the patient's axes, with numbers that pydicom does not write."""
    for slice_number in range(len(hu)):
        dataset = slice_dataset(GRID, 0, Header())
        dataset.SOPInstanceUID = f"{dataset.SeriesInstanceUID[:-3]}.{slice_number + 1}"
        place_mm = list(start_mm)
        place_mm[normal_axis] += slice_number * spacing_mm[0]
        stored = np.clip(hu[slice_number] + 1024, 0, 4095).astype(np.uint16)
        describe_pixels(dataset, stored, 16)
        set_pixels(dataset, [stored], "implicit_le", fragments=1)
        own = {
            "PixelSpacing": f"{spacing_mm[1]!r}\\{spacing_mm[2]!r}",
            "ImagePositionPatient": "\\".join(map(repr, place_mm)),
            "ImageOrientationPatient": _DIRECTIONS[normal_axis],
            "SliceThickness": thickness,
        }
        with warnings.catch_warnings():
            # pydicom warns of numbers of more than 16 characters, and of what is no number.
            warnings.simplefilter("ignore")
            for keyword, value in own.items():
                content = (value + " " * (len(value) % 2)).encode()
                dataset[keyword] = DataElement(tag_for_keyword(keyword), "UN", content)
            save(folder / f"{slice_number}", dataset, "implicit_le")


CASES = {"files": run_case, "codes": run_code_case, "grids": run_grid_case, "doubled": run_doubled_case}


def _peak_mb() -> float:
    """The most memory that this process had. Where a process was forked off another one, ru_maxrss tells that one's."""
    status = Path("/proc/self/status")
    if status.is_file():
        (line,) = (one for one in status.read_text().splitlines() if one.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(kind: str, first: int, stop: int) -> None:
    """Run cases, a line before and after each."""
    faulthandler.enable()
    warnings.simplefilter("error")
    folder = Path(tempfile.mkdtemp())
    try:
        for number in range(first, stop):
            print(f"case {number}", flush=True)  # noqa: T201 - read by the test
            case_folder = folder / f"{number}"
            faulthandler.dump_traceback_later(LIMIT_SECONDS, exit=True)
            begun = time.monotonic()
            outcome = CASES[kind](number, case_folder)
            faulthandler.cancel_dump_traceback_later()
            print(f"done {number} {time.monotonic() - begun:.2f} s {outcome}", flush=True)  # noqa: T201
            shutil.rmtree(case_folder)
        peak_mb = _peak_mb()
        print(f"peak {peak_mb:.0f} MB", flush=True)  # noqa: T201
        if peak_mb > LIMIT_MB:
            sys.exit(f"{peak_mb:.0f} MB were taken, at most {LIMIT_MB} are allowed")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))

"""Stored values of one image: equal to what was written, or refused before memory is taken."""

from __future__ import annotations

import dataclasses
import os
import struct
import tracemalloc
import warnings
import zipfile
from typing import TYPE_CHECKING, Any

import imagecodecs
import numpy as np
import pydicom
import pytest

from calcimeasure.errors import PixelError
from calcimeasure.load import find_series
from calcimeasure.load.pixels import decoded_image, padding_limits, stored_values
from calcimeasure.model import PixelFormat
from tests.dicom_phantom import truncate_file
from tests.dicom_writers import ENCAPSULATED, LOSSY, NATIVE, SYNTAXES, encode, encode_rle, write_image, write_zip

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from calcimeasure.model import Instance
    from tests.dicom_writers import Table

ROWS, COLUMNS = 21, 33


def image(bits_stored: int, signed: bool) -> NDArray[Any]:
    """Values over the whole range of the stored bits, both ends among them; odd in size."""
    low = -(2 ** (bits_stored - 1)) if signed else 0
    high = low + 2**bits_stored - 1
    size = 1 if bits_stored == 8 else 2 if bits_stored <= 16 else 4
    ramp = np.linspace(low, high, ROWS * COLUMNS).round().astype(np.int64)
    values = np.random.default_rng(bits_stored).permuted(ramp.reshape(ROWS, COLUMNS), axis=1)
    return values.astype(f"{'i' if signed else 'u'}{size}")


def instance_of(path: Path) -> Instance:
    (stack,) = find_series(path).series
    (instance,) = stack.instances
    return instance


def refusal(path_or_instance: Path | Instance) -> PixelError:
    instance = instance_of(path_or_instance) if hasattr(path_or_instance, "parent") else path_or_instance
    with pytest.raises(PixelError) as caught:
        stored_values(instance)
    message = caught.value.message
    assert message.startswith("Pixel data (7FE0,0010) that can be decoded expected, found ")
    assert instance.relative_path.name in message
    return caught.value


# Every transfer syntax


@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])
@pytest.mark.parametrize(
    ("syntax", "bits_stored"),
    [
        *((syntax, bits) for syntax in SYNTAXES if syntax not in LOSSY for bits in (8, 9, 10, 12, 13, 15, 16)),
        *((syntax, 32) for syntax in (*NATIVE, "rle")),
    ],
)
def test_decoded_values_are_those_that_were_written(
    tmp_path: Path, syntax: str, bits_stored: int, signed: bool
) -> None:
    values = image(bits_stored, signed)
    path = write_image(tmp_path / "image", values, syntax, bits_stored=bits_stored)
    decoded = stored_values(instance_of(path))
    assert np.array_equal(decoded, values)
    assert decoded.dtype.kind == values.dtype.kind
    if syntax in (*NATIVE, "rle"):
        assert np.array_equal(decoded, pydicom.dcmread(path).pixel_array)


@pytest.mark.parametrize("predictor", range(1, 8))
@pytest.mark.parametrize("bits_stored", [8, 12, 16])
def test_jpeg_lossless_with_any_predictor(tmp_path: Path, predictor: int, bits_stored: int) -> None:
    values = image(bits_stored, signed=False)
    path = write_image(tmp_path / "image", values, "jpeg_lossless", bits_stored=bits_stored, predictor=predictor)
    assert np.array_equal(stored_values(instance_of(path)), values)


@pytest.mark.parametrize(("syntax", "bits_stored"), [("jpeg_baseline", 8), ("jpeg_extended", 8), ("jpeg_extended", 12)])
@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])
def test_lossy_jpeg_is_near_what_was_written(tmp_path: Path, syntax: str, bits_stored: int, signed: bool) -> None:
    smooth = np.add.outer(np.arange(ROWS), np.arange(COLUMNS)) * 2 ** (bits_stored - 8)
    values = smooth.astype(np.uint8 if bits_stored == 8 else np.uint16)
    if signed:
        values = values.view(f"i{values.itemsize}")
    path = write_image(tmp_path / "image", values, syntax, bits_stored=bits_stored)
    decoded = stored_values(instance_of(path))
    assert decoded.dtype.kind == values.dtype.kind
    assert np.max(np.abs(decoded.astype(int) - values)) <= 2 ** (bits_stored - 8)


@pytest.mark.parametrize("near", [0, 2])
def test_jpeg_ls_with_a_loss_stays_within_it(tmp_path: Path, near: int) -> None:
    values = image(16, signed=False)

    def lossy(dataset: pydicom.Dataset) -> None:
        code = imagecodecs.jpegls_encode(values, near)
        dataset.PixelData = pydicom.encaps.encapsulate([bytes(code)])
        dataset["PixelData"].is_undefined_length = True

    path = write_image(tmp_path / "image", values, "jpeg_ls_near", edit=lossy)
    assert np.max(np.abs(stored_values(instance_of(path)).astype(int) - values)) <= near


@pytest.mark.parametrize("table", ["basic", "empty"])
@pytest.mark.parametrize("fragments", [1, 3])
@pytest.mark.parametrize("syntax", ["rle", "jpeg_2000", "jpeg_ls", "jpeg_lossless_sv1", "htj2k"])
def test_one_frame_in_fragments_with_and_without_offset_table(
    tmp_path: Path, syntax: str, fragments: int, table: Table
) -> None:
    values = image(16, signed=False)
    path = write_image(tmp_path / "image", values, syntax, fragments=fragments, table=table)
    assert np.array_equal(stored_values(instance_of(path)), values)


@pytest.mark.parametrize("syntax", ["explicit_le", "implicit_le", "explicit_be"])
def test_file_without_preamble(tmp_path: Path, syntax: str) -> None:
    values = image(16, signed=True)
    path = write_image(tmp_path / "image", values, syntax, preamble=False)
    assert np.array_equal(stored_values(instance_of(path)), values)


@pytest.mark.parametrize(("said", "true"), [("implicit_le", "explicit_le"), ("explicit_le", "implicit_le")])
def test_data_set_that_is_of_the_other_kind_than_its_file_says(tmp_path: Path, said: str, true: str) -> None:
    values = image(16, signed=False)
    meta, _ = parts(write_image(tmp_path / "said", values, said))
    path = write_image(tmp_path / "image", values, true)
    path.write_bytes(meta + parts(path)[1])
    assert np.array_equal(stored_values(instance_of(path)), values)


def parts(path: Path) -> tuple[bytes, bytes]:
    """Split a file into its meta information, whose length stands in its first element, and its data set."""
    whole = path.read_bytes()
    end = 144 + int.from_bytes(whole[140:144], "little")
    return whole[:end], whole[end:]


@pytest.mark.parametrize("syntax", ["explicit_le", "explicit_be", "deflated", "rle"])
def test_odd_length_is_padded_by_a_byte(tmp_path: Path, syntax: str) -> None:
    values = image(8, signed=False)
    assert values.size % 2 == 1
    assert np.array_equal(stored_values(instance_of(write_image(tmp_path / "image", values, syntax))), values)


@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])
@pytest.mark.parametrize("syntax", ["explicit_le", "explicit_be", "rle"])
def test_bits_above_bits_stored_are_garbage(tmp_path: Path, syntax: str, signed: bool) -> None:
    values = image(12, signed)
    path = write_image(tmp_path / "image", with_garbage(values), syntax, edit=says(12, signed))
    assert np.array_equal(stored_values(instance_of(path)), values)


def with_garbage(values: NDArray[Any]) -> NDArray[Any]:
    """Fill the four bits above 12 stored bits with anything."""
    garbage = (np.arange(values.size).reshape(values.shape) % 16 << 12).astype("u2")
    return ((values.view(np.uint16) & 0x0FFF) | garbage).view(values.dtype)


# The codestream against the header: one of the two is false where they read a value differently


def says(bits_stored: int, signed: bool) -> Callable[[pydicom.Dataset], None]:
    def edit(dataset: pydicom.Dataset) -> None:
        dataset.BitsStored, dataset.HighBit = bits_stored, bits_stored - 1
        dataset.PixelRepresentation = int(signed)

    return edit


CODED = ["jpeg_lossless", "jpeg_ls", "jpeg_2000", "htj2k"]


@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])
@pytest.mark.parametrize("syntax", CODED)
def test_codestream_with_values_above_bits_stored_is_refused(tmp_path: Path, syntax: str, signed: bool) -> None:
    path = write_image(tmp_path / "image", with_garbage(image(12, signed)), syntax, edit=says(12, signed))
    error = refusal(path)
    assert error.reason == "decode_failed"
    assert "a codestream of 16 " in error.message
    assert f"the header says 12 {'signed' if signed else 'unsigned'} bits" in error.message
    assert "(0028,0101)" in error.message


@pytest.mark.parametrize("signed", [False, True], ids=["signed code", "unsigned code"])
@pytest.mark.parametrize("bits_stored", [8, 12, 16])
@pytest.mark.parametrize("syntax", ["jpeg_2000", "jpeg_2000_any"])
def test_codestream_of_another_sign_than_its_header_is_refused(
    tmp_path: Path, syntax: str, bits_stored: int, signed: bool
) -> None:
    """Two's complement or a false header: the two differ by the whole range, and nothing tells which is true."""
    values = image(bits_stored, not signed)
    error = refusal(
        write_image(tmp_path / "image", values, syntax, bits_stored=bits_stored, edit=says(bits_stored, signed))
    )
    assert error.reason == "decode_failed"
    assert f"a codestream of {bits_stored} {'unsigned' if signed else 'signed'} bits" in error.message


@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])
@pytest.mark.parametrize(("coded_bits", "bits_stored"), [(12, 16), (16, 12)])
@pytest.mark.parametrize("syntax", CODED)
def test_contradiction_that_changes_no_value_is_decoded(
    tmp_path: Path, syntax: str, coded_bits: int, bits_stored: int, signed: bool
) -> None:
    values = np.abs(image(11, signed=True)) % 1024
    for edit in (says(bits_stored, signed), says(bits_stored, not signed)):
        coded = values.astype("i2" if signed else "u2")
        path = write_image(tmp_path / "image", coded, syntax, bits_stored=coded_bits, edit=edit)
        assert np.array_equal(stored_values(instance_of(path)), values)


def test_all_stored_bits_in_a_wider_codestream_with_a_sign(tmp_path: Path) -> None:
    values = image(12, signed=False)
    path = write_image(tmp_path / "image", values.astype(np.int16), "jpeg_2000", edit=says(12, False))
    assert np.array_equal(stored_values(instance_of(path)), values)


@pytest.mark.parametrize("syntax", ["jpeg_lossless", "jpeg_ls", "htj2k"])
def test_negative_values_may_fill_the_bits_of_the_codestream(tmp_path: Path, syntax: str) -> None:
    """Many encoders code all allocated bits: the sign is repeated above Bits Stored."""
    values = image(12, signed=True)
    path = write_image(tmp_path / "image", values, syntax, edit=says(12, True))
    assert np.array_equal(stored_values(instance_of(path)), values)


@pytest.mark.parametrize("syntax", ["jpeg_lossless", "jpeg_2000"])
def test_negative_values_of_a_narrow_codestream(tmp_path: Path, syntax: str) -> None:
    """JPEG 2000 knows the sign. In JPEG, 12 bits under a header of 16 may be two's complement or not."""
    values = image(12, signed=True)
    path = write_image(tmp_path / "image", values, syntax, bits_stored=12, edit=says(16, True))
    if syntax == "jpeg_2000":
        assert np.array_equal(stored_values(instance_of(path)), values)
    else:
        assert refusal(path).reason == "decode_failed"


def test_jpeg_2000_in_boxes_and_without_its_end(tmp_path: Path) -> None:
    values = image(16, signed=False)
    boxed = bytes(imagecodecs.jpeg2k_encode(values, 0, codecformat="jp2", reversible=True))
    more_boxes = boxed + b"\0\0\0\x30free" + bytes(40)
    for code in (boxed, more_boxes):
        path = encapsulated(tmp_path / "image", values, "jpeg_2000", item(b"") + item(code + b"\0" * (len(code) % 2)))
        assert np.array_equal(stored_values(instance_of(path)), values)
    bare = encode(values, "jpeg_2000", 16)
    cut = bare[:-2] + b"\0" * (len(bare) % 2)
    path = encapsulated(tmp_path / "image", values, "jpeg_2000", item(b"") + item(cut))
    assert "a codestream that is cut off" in refusal(path).message


def test_member_of_a_zip(tmp_path: Path) -> None:
    values = image(16, signed=False)
    for syntax in ("explicit_le", "deflated", "jpeg_2000", "rle"):
        write_image(tmp_path / "files" / syntax, values, syntax, edit=own_series(syntax))
    found = find_series(write_zip(tmp_path / "a.zip", tmp_path / "files"))
    assert len(found.series) == 4
    for stack in found.series:
        assert np.array_equal(stored_values(stack.instances[0]), values)


def own_series(name: str) -> Callable[[pydicom.Dataset], object]:
    def edit(dataset: pydicom.Dataset) -> None:
        dataset.SeriesInstanceUID = pydicom.uid.generate_uid(entropy_srcs=[name])

    return edit


# Sizes that do not agree


def set_values(**values: object) -> Callable[[pydicom.Dataset], object]:
    def edit(dataset: pydicom.Dataset) -> None:
        for keyword, value in values.items():
            if value is None:
                delattr(dataset, keyword)
            else:
                setattr(dataset, keyword, value)

    return edit


@pytest.mark.parametrize("syntax", [*NATIVE, *ENCAPSULATED])
@pytest.mark.parametrize(
    "size",
    [
        {"Rows": ROWS + 1},
        {"Rows": ROWS - 1},
        {"Columns": COLUMNS - 2},
        {"Rows": COLUMNS, "Columns": ROWS + 1},
        {"Rows": 65535, "Columns": 65535},
    ],
    ids=lambda size: "x".join(map(str, size.values())),
)
def test_declared_size_that_does_not_match_is_refused_before_memory_is_taken(
    tmp_path: Path, syntax: str, size: dict[str, int]
) -> None:
    bits_stored = 8 if syntax in LOSSY else 16
    path = write_image(tmp_path / "image", image(bits_stored, signed=False), syntax, edit=set_values(**size))
    instance = instance_of(path)
    tracemalloc.start()
    error = refusal(instance)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert error.reason == "decode_failed"
    assert peak_bytes < 20e6


def swapped(values: NDArray[Any]) -> Callable[[pydicom.Dataset], object]:
    return set_values(Rows=values.shape[1], Columns=values.shape[0])


@pytest.mark.parametrize("syntax", [name for name in ENCAPSULATED if name != "rle"])
def test_rows_and_columns_exchanged_are_seen_in_the_code(tmp_path: Path, syntax: str) -> None:
    values = image(8 if syntax in LOSSY else 16, signed=False)
    error = refusal(write_image(tmp_path / "image", values, syntax, edit=swapped(values)))
    assert f"an image of {ROWS} x {COLUMNS} where the header says {COLUMNS} x {ROWS}" in error.message


@pytest.mark.parametrize(
    "absurd",
    [
        {"Rows": 0},
        {"Columns": 0},
        {"BitsAllocated": 1},
        {"BitsAllocated": 12},
        {"BitsAllocated": 64},
        {"BitsStored": 0},
        {"BitsStored": 17},
        {"BitsStored": None},
        {"HighBit": 14},
        {"BitsStored": 12, "HighBit": 15},
        {"PixelRepresentation": 2},
        {"PixelRepresentation": None},
    ],
    ids=lambda absurd: "_".join(f"{keyword}{value}" for keyword, value in absurd.items()),
)
def test_format_that_tells_no_values_is_refused(tmp_path: Path, absurd: dict[str, int | None]) -> None:
    path = write_image(tmp_path / "image", image(16, signed=True), edit=set_values(**absurd))
    assert refusal(path).reason == "decode_failed"


def test_high_bit_may_be_missing(tmp_path: Path) -> None:
    values = image(12, signed=True)
    path = write_image(tmp_path / "image", values, bits_stored=12, edit=set_values(HighBit=None))
    assert np.array_equal(stored_values(instance_of(path)), values)


@pytest.mark.parametrize("length", [-2, -100])
def test_native_pixel_data_that_is_too_short_is_refused(tmp_path: Path, length: int) -> None:
    values = image(16, signed=False)
    native = values.tobytes()
    error = refusal(write_image(tmp_path / "image", values, edit=set_values(PixelData=native[:length])))
    assert (
        f"found {len(native) + length} bytes where {ROWS} x {COLUMNS} values of 16 bits need {len(native)}"
        in error.message
    )


@pytest.mark.parametrize("syntax", ["explicit_le", "implicit_le", "explicit_be", "deflated"])
@pytest.mark.parametrize("length", [2, 200, 512, 2048])
def test_padding_behind_the_values_is_a_notice(tmp_path: Path, syntax: str, length: int) -> None:
    values = image(16, signed=False)

    def pad(dataset: pydicom.Dataset) -> None:
        dataset["PixelData"].value = dataset.PixelData + bytes(length)

    decoded, notices = decoded_image(instance_of(write_image(tmp_path / "image", values, syntax, edit=pad)))
    assert np.array_equal(decoded, values)
    assert notices == ("excess_padding",)


@pytest.mark.parametrize(
    "excess",
    [bytes(2 * ROWS), bytes(4 * ROWS), b"\1\0" * 100, bytes(511) + b"\1", bytes(2**20 + 2)],
    ids=["one column", "two columns", "values", "a value at the end", "a megabyte"],
)
def test_bytes_that_may_be_values_are_no_padding(tmp_path: Path, excess: bytes) -> None:
    """An image with more columns than the header says would be skewed."""
    values = image(16, signed=False)
    error = refusal(write_image(tmp_path / "image", values, edit=set_values(PixelData=values.tobytes() + excess)))
    assert f"found {values.nbytes + len(excess)} bytes where" in error.message


def test_padding_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    values = image(16, signed=False)
    path = write_image(tmp_path / "image", values, edit=set_values(PixelData=values.tobytes() + bytes(200)))
    path.write_bytes(path.read_bytes()[:-10])
    assert refusal(path).reason == "decode_failed"


@pytest.mark.parametrize("syntax", ["explicit_le", "explicit_be", "jpeg_ls"])
def test_pixel_data_of_unknown_vr(tmp_path: Path, syntax: str) -> None:
    values = image(16, signed=False)
    path = write_image(tmp_path / "image", values, syntax)
    whole = path.read_bytes()
    tag = b"\x7f\xe0\x00\x10" if syntax == "explicit_be" else b"\xe0\x7f\x10\x00"
    at = whole.rindex(tag) + 4
    path.write_bytes(whole[:at] + b"UN" + whole[at + 2 :])
    assert np.array_equal(stored_values(instance_of(path)), values)


@pytest.mark.parametrize("stated", ["explicit_le", "implicit_le"])
@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])
@pytest.mark.parametrize("syntax", ["rle", "jpeg_lossless", "jpeg_ls", "jpeg_2000", "htj2k"])
def test_encapsulated_pixels_under_an_uncompressed_syntax(
    tmp_path: Path, syntax: str, signed: bool, stated: str
) -> None:
    values = image(16, signed)
    path = write_image(tmp_path / "image", values, syntax)
    dataset = pydicom.dcmread(path)
    if stated == "explicit_le":
        true, said = (SYNTAXES[name].encode() for name in (syntax, stated))
        path.write_bytes(
            path.read_bytes().replace(true + b"\0" * (len(true) % 2), said.ljust(len(true) + len(true) % 2, b"\0"))
        )
    else:
        meta, _ = parts(write_image(tmp_path / "other", values, stated))
        path.write_bytes(meta + parts(path)[1])
    assert dataset.SOPInstanceUID
    instance = instance_of(path)
    assert instance.pixel_format.transfer_syntax_uid == SYNTAXES[stated]
    decoded, notices = decoded_image(instance)
    assert np.array_equal(decoded, values)
    assert decoded.dtype.kind == values.dtype.kind
    assert notices == ("transfer_syntax_corrected",)


def test_encapsulated_bytes_of_no_known_code_are_refused(tmp_path: Path) -> None:
    values = image(16, signed=False)
    path = encapsulated(tmp_path / "image", values, "jpeg_ls", item(b"") + item(b"no code at all"))
    true, said = (SYNTAXES[name].encode() for name in ("jpeg_ls", "explicit_le"))
    path.write_bytes(path.read_bytes().replace(true, said.ljust(len(true), b"\0")))
    assert refusal(path).reason == "decode_failed"


@pytest.mark.parametrize("syntax", ["jpeg_lossless", "jpeg_ls", "jpeg_2000"])
def test_zeros_behind_a_codestream(tmp_path: Path, syntax: str) -> None:
    values = image(16, signed=False)
    code = encode(values, syntax, 16)
    padded = code + bytes(512 + len(code) % 2)
    path = encapsulated(tmp_path / "image", values, syntax, item(b"") + item(padded))
    assert np.array_equal(stored_values(instance_of(path)), values)


@pytest.mark.parametrize(
    ("uid", "reason"),
    [
        ("1.2.840.10008.1.2.4.100", "unsupported_transfer_syntax"),
        ("1.2.3.4", "unsupported_transfer_syntax"),
        ("1.2.840.113619.5.2", "unsupported_transfer_syntax"),
    ],
)
def test_unknown_transfer_syntax(tmp_path: Path, uid: str, reason: str) -> None:
    path = write_image(tmp_path / "image", image(16, signed=False))
    instance = instance_of(path)
    unknown = dataclasses.replace(instance.pixel_format, transfer_syntax_uid=uid)
    error = refusal(dataclasses.replace(instance, pixel_format=unknown))
    assert error.reason == reason
    assert uid in error.message


# Broken and cut off


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_file_cut_off_anywhere_is_refused(tmp_path: Path, syntax: str) -> None:
    """At every kind of place: in the last byte of the pixels, in the middle, in the item headers, behind the tag."""
    values = image(8 if syntax in LOSSY else 16, signed=False)
    path = write_image(tmp_path / "image", values, syntax)
    whole = path.read_bytes()
    instance = instance_of(path)
    assert stored_values(instance).shape == values.shape
    start = whole.index(b"\xe0\x7f\x10\x00") if b"\xe0\x7f\x10\x00" in whole else len(whole) // 2
    # The sequence delimiter at the end of encapsulated data holds no pixels.
    end = len(whole) - (8 if syntax in ENCAPSULATED else 0)
    for keep in {start + 2, start + 6, start + 11, start + 16, start + 21, start + 27, (start + end) // 2, end - 3}:
        path.write_bytes(whole[:keep])
        assert refusal(instance).reason in ("decode_failed", "no_pixels")


def test_only_the_delimiter_is_missing(tmp_path: Path) -> None:
    values = image(16, signed=False)
    path = write_image(tmp_path / "image", values, "jpeg_2000")
    path.write_bytes(path.read_bytes()[:-8])
    assert np.array_equal(stored_values(instance_of(path)), values)


@pytest.mark.parametrize("syntax", ["jpeg_baseline", "jpeg_lossless_sv1", "jpeg_ls", "jpeg_2000", "htj2k"])
def test_code_cut_off_inside_a_whole_fragment_is_refused(tmp_path: Path, syntax: str) -> None:
    """As after a transfer that lost the end: a decoder of JPEG would fill up what is missing with gray."""
    values = image(8 if syntax in LOSSY else 16, signed=False)
    code = encode(values, syntax, 8 * values.itemsize)

    def cut(dataset: pydicom.Dataset) -> None:
        dataset.PixelData = pydicom.encaps.encapsulate([code[: int(len(code) * 0.9)]])
        dataset["PixelData"].is_undefined_length = True

    assert refusal(write_image(tmp_path / "image", values, syntax, edit=cut)).reason == "decode_failed"


def encapsulated(path: Path, values: NDArray[Any], syntax: str, data: bytes) -> Path:
    def edit(dataset: pydicom.Dataset) -> None:
        dataset.PixelData = data
        dataset["PixelData"].is_undefined_length = True

    return write_image(path, values, syntax, edit=edit)


def item(value: bytes, tag: bytes = b"\xfe\xff\x00\xe0", length: int | None = None) -> bytes:
    return tag + struct.pack("<I", len(value) if length is None else length) + value


@pytest.mark.parametrize("syntax", ["rle", "jpeg_2000", "jpeg_lossless"])
@pytest.mark.parametrize(
    "items",
    [
        lambda _: item(b""),
        lambda _: item(b"") + item(b""),
        lambda code: item(b"\0" * 3) + item(code),
        lambda code: item(b"") + item(code, tag=b"\x08\x00\x18\x00"),
        lambda code: item(b"") + item(code, length=0xFFFFFFF0),
        lambda code: item(b"", length=0x7FFFFFFF) + item(code),
        lambda code: item(struct.pack("<2I", 0, len(code) + 8)) + item(code) + item(code),
    ],
    ids=["no_item", "empty_item", "odd_table", "other_tag", "huge_item", "huge_table", "two_frames"],
)
def test_items_that_make_no_frame_are_refused(tmp_path: Path, syntax: str, items: Callable[[bytes], bytes]) -> None:
    values = image(16, signed=False)
    data = items(encode(values, syntax, 16))
    assert refusal(encapsulated(tmp_path / "image", values, syntax, data)).reason == "decode_failed"


def rle_with(segments: int, *offsets: int) -> Callable[[bytes], bytes]:
    return lambda code: struct.pack("<16I", segments, *offsets, *[0] * (15 - len(offsets))) + code[64:]


@pytest.mark.parametrize(
    "broken",
    [
        lambda code: code[:40],
        rle_with(0, 64, 80),
        rle_with(1, 64),
        rle_with(3, 64, 80, 90),
        rle_with(15, *[64] * 15),
        rle_with(2, 64, 64),
        rle_with(2, 0, 200),
        rle_with(2, 64, 0xFFFFFFF0),
        rle_with(2, 0xFFFFFFF0, 64),
        lambda code: code[:64] + b"\x7f" * (len(code) - 64),
        lambda code: code[:64] + b"\x81\x00" * 5000,
        lambda code: code[:-40],
    ],
)
def test_broken_run_lengths_are_refused(tmp_path: Path, broken: Callable[[bytes], bytes]) -> None:
    """imagecodecs.dicomrle_decode reads and writes beyond its buffers on such data, and the process ends."""
    values = image(16, signed=False)
    data = item(b"") + item(broken(encode_rle(values)))
    assert refusal(encapsulated(tmp_path / "image", values, "rle", data)).reason == "decode_failed"


def test_code_of_three_components_is_refused(tmp_path: Path) -> None:
    color = np.zeros((ROWS, COLUMNS, 3), dtype=np.uint8)
    codes = {"jpeg_baseline": imagecodecs.jpeg8_encode(color), "jpeg_2000": imagecodecs.jpeg2k_encode(color, 0)}
    for syntax, code in codes.items():
        data = item(b"") + item(bytes(code) + b"\0" * (len(code) % 2))
        error = refusal(encapsulated(tmp_path / syntax, color[..., 0], syntax, data))
        assert f"an image of {ROWS} x {COLUMNS} x 3" in error.message


def with_size(code: bytes, syntax: str, rows: int, columns: int) -> bytes:
    """Let a codestream claim another size."""
    if syntax == "jpeg_2000":
        return code[:8] + struct.pack(">2I", columns, rows) + code[16:]
    start = next(n for n in range(len(code)) if code[n] == 0xFF and code[n + 1] in (0xC0, 0xC3, 0xF7))
    return code[: start + 5] + struct.pack(">2H", rows, columns) + code[start + 9 :]


@pytest.mark.parametrize("syntax", ["jpeg_baseline", "jpeg_lossless_sv1", "jpeg_ls", "jpeg_2000"])
def test_code_that_claims_to_be_huge_is_refused_before_memory_is_taken(tmp_path: Path, syntax: str) -> None:
    values = image(8 if syntax in LOSSY else 16, signed=False)
    code = with_size(encode(values, syntax, 8 * values.itemsize), syntax, 65535, 65535)
    # In a JPEG comment the header of a JPEG 2000 image of the right size: each syntax has its own place to look.
    decoy = b"\xff\x4f\xff\x51" + struct.pack(">2H8IH", 41, 0, COLUMNS, ROWS, 0, 0, COLUMNS, ROWS, 0, 0, 1)
    if syntax != "jpeg_2000":
        code = code[:2] + b"\xff\xfe" + struct.pack(">H", len(decoy) + 2) + decoy + code[2:]
    error = refusal(encapsulated(tmp_path / "image", values, syntax, item(b"") + item(code + b"\0" * (len(code) % 2))))
    assert "image of 65535 x 65535" in error.message


def test_jpeg_2000_of_countless_tiles_is_refused(tmp_path: Path) -> None:
    values = np.zeros((256, 256), dtype=np.uint16)
    code = encode(values, "jpeg_2000", 16)
    code = code[:24] + struct.pack(">2I", 1, 1) + code[32:]
    error = refusal(
        encapsulated(tmp_path / "image", values, "jpeg_2000", item(b"") + item(code + b"\0" * (len(code) % 2)))
    )
    assert "tiles of 1 x 1 in an image of 256 x 256" in error.message


def test_broken_deflate_stream_and_broken_member_are_refused(tmp_path: Path) -> None:
    values = image(16, signed=False)
    path = write_image(tmp_path / "files" / "image", values, "deflated")
    instance = instance_of(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:400] + bytes(byte ^ 0xFF for byte in whole[400:]))
    assert refusal(instance).reason in ("decode_failed", "file_changed")
    write_image(path, values)
    archive = write_zip(tmp_path / "a.zip", tmp_path / "files", zipfile.ZIP_STORED)
    instance = instance_of(archive)
    packed = archive.read_bytes()
    pixels = packed.index(values.tobytes())
    archive.write_bytes(packed[: pixels + 50] + b"\x55" + packed[pixels + 51 :])
    assert "BadZipFile: Bad CRC-32" in refusal(instance).message


# Changed between header and pixels


def test_file_that_was_removed_or_changed(tmp_path: Path) -> None:
    path = write_image(tmp_path / "image", image(16, signed=False))
    instance = instance_of(path)
    path.write_bytes(b"")
    assert refusal(instance).reason == "file_changed"
    path.unlink()
    error = refusal(instance)
    assert error.reason == "file_changed"
    assert "start again" in error.message


@pytest.mark.parametrize("syntax", ["explicit_le", "explicit_be", "jpeg_2000", "rle"])
def test_file_replaced_by_another_slice(tmp_path: Path, syntax: str) -> None:
    """Of the same layout to the byte: only its UID tells."""
    path = write_image(tmp_path / "image", image(16, signed=False), syntax)
    instance = instance_of(path)
    uid = pydicom.dcmread(path).SOPInstanceUID
    write_image(path, image(16, signed=False)[::-1], syntax, edit=set_values(SOPInstanceUID=uid[:-1] + "7"))
    error = refusal(instance)
    assert error.reason == "file_changed"
    assert uid in error.message


def test_file_replaced_by_another_of_other_size(tmp_path: Path) -> None:
    path = write_image(tmp_path / "image", image(16, signed=False))
    instance = instance_of(path)
    write_image(path, np.zeros((50, 60), dtype=np.uint16))
    assert refusal(instance).reason in ("decode_failed", "no_pixels")
    write_image(path, image(16, signed=False), edit=set_values(PatientComments="longer by this"))
    assert refusal(instance).reason == "no_pixels"


def test_uid_that_stands_in_the_meta_information_alone(tmp_path: Path) -> None:
    values = image(16, signed=False)
    path = write_image(tmp_path / "image", values)
    dataset = pydicom.dcmread(path)
    del dataset.SOPInstanceUID
    dataset.save_as(path)
    instance = instance_of(path)
    assert instance.sop_uid == dataset.file_meta.MediaStorageSOPInstanceUID
    assert np.array_equal(stored_values(instance), values)


def test_member_that_is_gone_from_its_zip(tmp_path: Path) -> None:
    write_image(tmp_path / "files" / "image", image(16, signed=False))
    archive = write_zip(tmp_path / "a.zip", tmp_path / "files")
    instance = instance_of(archive)
    (tmp_path / "files" / "image").rename(tmp_path / "files" / "other")
    write_zip(archive, tmp_path / "files")
    os.utime(archive, (0, 0))
    assert refusal(instance).reason == "file_changed"


def test_no_pixel_data(tmp_path: Path) -> None:
    path = write_image(tmp_path / "image", image(16, signed=False), edit=set_values(PixelData=None))
    error = refusal(path)
    assert error.reason == "no_pixels"
    assert error.path == path


def test_truncated_by_half(tmp_path: Path) -> None:
    path = write_image(tmp_path / "image", image(16, signed=False))
    instance = instance_of(path)
    truncate_file(path, 0.5)
    assert refusal(instance).reason == "decode_failed"


def test_nothing_is_written_to_the_warnings(tmp_path: Path) -> None:
    """Broken data is told by the error alone, whatever the libraries below would say of it."""
    path = write_image(tmp_path / "image", image(16, signed=False), "jpeg_2000", fragments=3, table="empty")
    instance = instance_of(path)
    path.write_bytes(path.read_bytes()[:-60])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        refusal(instance)
    assert caught == []


# Padding


@pytest.mark.parametrize(
    ("signed", "bits_stored", "value", "limit", "expected"),
    [
        (False, 16, 0, None, (0, 0)),
        (True, 16, 63536, None, (-2000, -2000)),
        (True, 16, 63536, 32768, (-32768, -2000)),
        (False, 16, 65535, 65000, (65000, 65535)),
        (True, 12, 63536, None, (-2000, -2000)),
        (False, 8, 255, None, (255, 255)),
        (True, 8, 0x80, None, (-128, -128)),
        (True, 32, 63536, None, (-2000, -2000)),
        (False, 16, 0xFFFFF830, None, (63536, 63536)),
    ],
)
def test_padding_is_read_as_the_values_are(
    signed: bool, bits_stored: int, value: int, limit: int | None, expected: tuple[int, int]
) -> None:
    allocated = 8 if bits_stored == 8 else 16 if bits_stored <= 16 else 32
    assert padding_limits(PixelFormat("", 1, 1, 1, allocated, bits_stored, signed, value, limit)) == expected


def test_no_padding() -> None:
    assert padding_limits(PixelFormat("", 1, 1, 1, 16, 16, signed=True)) is None

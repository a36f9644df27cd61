"""One decoded frame of stored values, whatever the transfer syntax."""

from __future__ import annotations

import os
import struct
import zipfile
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import numpy as np
from pydicom.encaps import get_frame

from calcimeasure.errors import PixelError
from calcimeasure.load.source import DEFLATED, inflate, open_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from calcimeasure.model import Instance, PixelFormat

_IMPLICIT_LITTLE: Final = "1.2.840.10008.1.2"
_EXPLICIT_LITTLE: Final = "1.2.840.10008.1.2.1"
_EXPLICIT_BIG: Final = "1.2.840.10008.1.2.2"
_NATIVE: Final = frozenset({_IMPLICIT_LITTLE, _EXPLICIT_LITTLE, _EXPLICIT_BIG, DEFLATED})
_RLE: Final = "1.2.840.10008.1.2.5"


def _codec(name: str) -> Callable[[bytes], NDArray[Any]]:
    def decode(frame: bytes) -> NDArray[Any]:
        # Late: importing the codecs costs 0.1 s that uncompressed series need not pay.
        import imagecodecs

        decoded: NDArray[Any] = getattr(imagecodecs, name)(frame)
        return decoded

    return decode


_CODECS: Final = {
    "1.2.840.10008.1.2.4.50": _codec("jpeg8_decode"),
    "1.2.840.10008.1.2.4.51": _codec("jpeg8_decode"),
    "1.2.840.10008.1.2.4.57": _codec("jpeg8_decode"),
    "1.2.840.10008.1.2.4.70": _codec("jpeg8_decode"),
    "1.2.840.10008.1.2.4.80": _codec("jpegls_decode"),
    "1.2.840.10008.1.2.4.81": _codec("jpegls_decode"),
    "1.2.840.10008.1.2.4.90": _codec("jpeg2k_decode"),
    "1.2.840.10008.1.2.4.91": _codec("jpeg2k_decode"),
    "1.2.840.10008.1.2.4.201": _codec("jpeg2k_decode"),
    "1.2.840.10008.1.2.4.202": _codec("jpeg2k_decode"),
    "1.2.840.10008.1.2.4.203": _codec("jpeg2k_decode"),
}
"""JPEG baseline and extended, JPEG lossless, JPEG-LS, JPEG 2000 and its high-throughput kind (PS3.5 section 10)."""


def stored_values(instance: Instance) -> NDArray[Any]:
    """Decode the stored values of an image.

    Parameters
    ----------
    instance
        One image, as its header describes it.

    Returns
    -------
    ndarray
        (rows, columns), signed or unsigned as Pixel Representation (0028,0103) says, the bits above Bits Stored cleared
        or filled with the sign.

    Raises
    ------
    PixelError
        There is no pixel data, it cannot be decoded, or it is not as large as the header says; memory is not taken
        before the sizes are known to agree.
    """
    pixel_format = instance.pixel_format
    syntax = pixel_format.transfer_syntax_uid
    if pixel_format.bits_allocated not in (8, 16, 32) or not pixel_format.rows or not pixel_format.columns:
        what = f"{pixel_format.rows} x {pixel_format.columns} values of {pixel_format.bits_allocated} bits"
        raise _error(instance, "decode_failed", f"found a header that says {what}. Export the file again")
    if syntax in _NATIVE:
        values = _native(instance)
    elif syntax == _RLE or syntax in _CODECS:
        values = _decoded(instance)
    else:
        what = f"found Transfer Syntax UID (0002,0010) {syntax}. Export it uncompressed"
        raise _error(instance, "unsupported_transfer_syntax", what)
    return _stored_bits(values, pixel_format)


def _error(instance: Instance, reason: str, what: str) -> PixelError:
    message = f"Pixel data (7FE0,0010) that can be decoded expected, {what} ({instance.relative_path.name})."
    return PixelError(reason, message, path=instance.path)


def _dtype(pixel_format: PixelFormat) -> np.dtype[Any]:
    order = ">" if pixel_format.transfer_syntax_uid == _EXPLICIT_BIG else "<"
    return np.dtype(f"{order}{'i' if pixel_format.signed else 'u'}{pixel_format.bits_allocated // 8}")


def _native(instance: Instance) -> NDArray[Any]:
    pixel_format = instance.pixel_format
    dtype = _dtype(pixel_format)
    expected = pixel_format.rows * pixel_format.columns * dtype.itemsize
    whole = expected * instance.frame_count
    data = b""
    with _open(instance) as file:
        declared = _seek_value(file, instance)
        # One byte more is allowed: values have an even length (PS3.5 section 7.1.1).
        if declared in (whole, whole + 1):
            file.seek(expected * instance.frame_index, os.SEEK_CUR)
            data = file.read(expected)
    if len(data) < expected:
        what = f"{pixel_format.rows} x {pixel_format.columns} values of {pixel_format.bits_allocated} bits"
        what += f" in {instance.frame_count} frames" if instance.frame_count > 1 else ""
        found = f"found {declared if declared not in (whole, whole + 1) else len(data)} bytes where {what} need {whole}"
        raise _error(instance, "decode_failed", f"{found}. Export the file again")
    return np.frombuffer(data, dtype=dtype).reshape(pixel_format.rows, pixel_format.columns)


def _decoded(instance: Instance) -> NDArray[Any]:
    pixel_format = instance.pixel_format
    expected = (pixel_format.rows, pixel_format.columns)
    try:
        with _open(instance) as file:
            _seek_value(file, instance)
            frame = get_frame(file, instance.frame_index, number_of_frames=instance.frame_count)
        if pixel_format.transfer_syntax_uid == _RLE:
            values = _run_lengths(frame, pixel_format)
        else:
            _refuse_other_size(_coded_shape(frame), instance)
            values = _CODECS[pixel_format.transfer_syntax_uid](frame)
    except PixelError:
        raise
    except Exception as error:
        # A codec can fail in any way on broken data; all of them mean that these pixels cannot be had.
        found = f"found {type(error).__name__}: {error}"
        raise _error(instance, "decode_failed", f"{found}. Export the file again") from error
    _refuse_other_size(values.shape, instance)
    return values.reshape(expected)


def _refuse_other_size(found: tuple[int, ...] | None, instance: Instance) -> None:
    expected = (instance.pixel_format.rows, instance.pixel_format.columns)
    if found != expected:
        what = f"an image of {' x '.join(map(str, found))}" if found else "no image"
        said = f"the header says {expected[0]} x {expected[1]}"
        raise _error(instance, "decode_failed", f"found {what} where {said}. Export the file again")


def _run_lengths(frame: bytes, pixel_format: PixelFormat) -> NDArray[Any]:
    """Decode RLE (PS3.5 annex G): one segment a byte of a value, 64 times unpacked at most."""
    import imagecodecs

    dtype = _dtype(pixel_format)
    values = np.frombuffer(imagecodecs.dicomrle_decode(frame, dtype=dtype), dtype=dtype)
    if values.size != pixel_format.rows * pixel_format.columns:
        raise ValueError(f"{values.size} values")
    return values.reshape(pixel_format.rows, pixel_format.columns)


def _coded_shape(frame: bytes) -> tuple[int, int] | None:
    """Read rows and columns from a codestream's own header: none is decoded that is larger than it should be."""
    size_of_2000 = frame[:4096].find(b"\xff\x4f\xff\x51")
    if size_of_2000 >= 0:  # JPEG 2000: SIZ follows SOC (ISO 15444-1, A.5.1)
        x_end, y_end, x_start, y_start = struct.unpack_from(">4I", frame, size_of_2000 + 8)
        return (y_end - y_start, x_end - x_start)
    place = 2
    while place + 9 <= len(frame):  # JPEG and JPEG-LS: a frame header among other segments (ISO 10918-1, B.2.2)
        marker, length = frame[place + 1], int.from_bytes(frame[place + 2 : place + 4], "big")
        if frame[place] != 0xFF:
            return None
        if marker == 0xF7 or (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)):
            rows, columns = struct.unpack_from(">2H", frame, place + 5)
            return (rows, columns)
        place += 1 if marker == 0xFF else 2 + length
    return None


def _stored_bits(values: NDArray[Any], pixel_format: PixelFormat) -> NDArray[Any]:
    """Clear what lies above Bits Stored (0028,0101), or fill it with the sign, as the type has one or not."""
    if pixel_format.signed and values.dtype.kind == "u":
        values = values.view(values.dtype.str.replace("u", "i"))
    unused = values.dtype.itemsize * 8 - pixel_format.bits_stored
    if unused <= 0 or pixel_format.bits_stored == 0:
        return values
    stored: NDArray[Any] = values << unused
    return stored >> unused


@contextmanager
def _open(instance: Instance) -> Iterator[BinaryIO]:
    try:
        with open_source(instance.path, instance.member) as file:
            yield inflate(file)[1] if instance.pixel_format.transfer_syntax_uid == DEFLATED else file
    except OSError as error:
        found = f"found {error.strerror or error}. The file was removed or changed: start again"
        raise _error(instance, "file_changed", found) from error
    except (EOFError, zipfile.BadZipFile, zlib.error) as error:
        found = f"found {type(error).__name__}: {error}. Pack the archive again"
        raise _error(instance, "decode_failed", found) from error


def _seek_value(file: BinaryIO, instance: Instance) -> int:
    """Go to the first byte of Pixel Data's value and return its declared length (PS3.5 section 7.1)."""
    file.seek(instance.pixel_offset)
    element = file.read(12)
    syntax = instance.pixel_format.transfer_syntax_uid
    order = ">" if syntax == _EXPLICIT_BIG else "<"
    if len(element) < 12 or struct.unpack(f"{order}HH", element[:4]) != (0x7FE0, 0x0010):
        raise _error(instance, "no_pixels", "found none. Export the file again, with its pixels")
    if syntax == _IMPLICIT_LITTLE:
        file.seek(-4, os.SEEK_CUR)
        return int(struct.unpack("<I", element[4:8])[0])
    return int(struct.unpack(f"{order}I", element[8:12])[0])

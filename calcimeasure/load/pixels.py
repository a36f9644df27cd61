"""One decoded frame of stored values, whatever the transfer syntax."""

from __future__ import annotations

import os
import struct
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

import numpy as np
import pydicom
from pydicom.encaps import generate_frames

from calcimeasure.errors import PixelError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from calcimeasure.model import Instance, PixelFormat

_IMPLICIT_LITTLE: Final = "1.2.840.10008.1.2"
_EXPLICIT_LITTLE: Final = "1.2.840.10008.1.2.1"
_EXPLICIT_BIG: Final = "1.2.840.10008.1.2.2"
_DEFLATED: Final = "1.2.840.10008.1.2.1.99"
_NATIVE: Final = frozenset({_IMPLICIT_LITTLE, _EXPLICIT_LITTLE, _EXPLICIT_BIG, _DEFLATED})


def _decoder(name: str) -> Callable[[bytes], NDArray[Any]]:
    def decode(frame: bytes) -> NDArray[Any]:
        # Late: importing the codecs costs 0.1 s that uncompressed series need not pay.
        import imagecodecs

        decoded: NDArray[Any] = getattr(imagecodecs, name)(frame)
        return decoded

    return decode


_DECODERS: Final = {
    "1.2.840.10008.1.2.4.50": _decoder("jpeg8_decode"),
    "1.2.840.10008.1.2.4.51": _decoder("jpeg_decode"),
    "1.2.840.10008.1.2.4.57": _decoder("ljpeg_decode"),
    "1.2.840.10008.1.2.4.70": _decoder("ljpeg_decode"),
    "1.2.840.10008.1.2.4.80": _decoder("jpegls_decode"),
    "1.2.840.10008.1.2.4.81": _decoder("jpegls_decode"),
    "1.2.840.10008.1.2.4.90": _decoder("jpeg2k_decode"),
    "1.2.840.10008.1.2.4.91": _decoder("jpeg2k_decode"),
    "1.2.840.10008.1.2.4.201": _decoder("htj2k_decode"),
    "1.2.840.10008.1.2.4.202": _decoder("htj2k_decode"),
    "1.2.840.10008.1.2.4.203": _decoder("htj2k_decode"),
}
"""JPEG baseline and extended, JPEG lossless, JPEG-LS, JPEG 2000, HTJ2K (PS3.5 section 10)."""

_RLE: Final = "1.2.840.10008.1.2.5"


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
        There is no pixel data, it cannot be decoded, or it is not as large as the header says.
    """
    pixel_format = instance.pixel_format
    if pixel_format.transfer_syntax_uid in _NATIVE:
        values = _native(instance)
    elif pixel_format.transfer_syntax_uid == _RLE or pixel_format.transfer_syntax_uid in _DECODERS:
        values = _decoded(instance)
    else:
        raise _error(
            instance,
            "unsupported_transfer_syntax",
            f"found Transfer Syntax UID (0002,0010) {pixel_format.transfer_syntax_uid}. Export it uncompressed",
        )
    return _stored_bits(values, pixel_format)


def _error(instance: Instance, reason: str, what: str) -> PixelError:
    message = f"Pixel data (7FE0,0010) that can be decoded expected, {what} ({instance.path.name})."
    return PixelError(reason, message, path=instance.path)


def _dtype(pixel_format: PixelFormat) -> np.dtype[Any]:
    order = ">" if pixel_format.transfer_syntax_uid == _EXPLICIT_BIG else "<"
    kind = "i" if pixel_format.signed else "u"
    return np.dtype(f"{order}{kind}{pixel_format.bits_allocated // 8}")


def _native(instance: Instance) -> NDArray[Any]:
    pixel_format = instance.pixel_format
    dtype = _dtype(pixel_format)
    expected = pixel_format.rows * pixel_format.columns * dtype.itemsize
    if instance.pixel_offset is None:
        data = _inflated(instance)
        declared = len(data)
    else:
        with _open(instance) as file:
            declared = _seek_value(file, instance)
            data = file.read(expected) if declared >= expected else b""
    # One byte more is allowed: values have an even length (PS3.5 section 7.1.1).
    if not expected or len(data) < expected or declared not in (expected, expected + 1):
        what = f"{pixel_format.rows} x {pixel_format.columns} values of {pixel_format.bits_allocated} bits"
        found = f"found {min(len(data), declared) or declared} bytes where {what} need {expected}"
        raise _error(instance, "decode_failed", f"{found}. Export the file again")
    return np.frombuffer(data, dtype=dtype, count=expected // dtype.itemsize).reshape(
        pixel_format.rows, pixel_format.columns
    )


def _decoded(instance: Instance) -> NDArray[Any]:
    pixel_format = instance.pixel_format
    with _open(instance) as file:
        _seek_value(file, instance)
        data = file.read()
    try:
        frame = next(generate_frames(data, number_of_frames=1))
        if pixel_format.transfer_syntax_uid == _RLE:
            import imagecodecs

            values = np.frombuffer(imagecodecs.dicomrle_decode(frame, dtype=_dtype(pixel_format)), _dtype(pixel_format))
            values = values.reshape(pixel_format.rows, pixel_format.columns)
        else:
            values = _DECODERS[pixel_format.transfer_syntax_uid](frame)
    except Exception as error:
        # A codec can fail in any way on broken data; all of them mean that these pixels cannot be had.
        raise _error(
            instance, "decode_failed", f"found {type(error).__name__}: {error}. Export the file again"
        ) from error
    if values.shape != (pixel_format.rows, pixel_format.columns):
        raise _error(
            instance,
            "decode_failed",
            f"found an image of {' x '.join(map(str, values.shape))} where the header says {pixel_format.rows} x "
            f"{pixel_format.columns}. Export the file again",
        )
    return values


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
        with instance.path.open("rb", buffering=0) as file:
            yield cast("BinaryIO", file)
    except OSError as error:
        raise _error(
            instance, "file_changed", f"found {error.strerror or error}. The file was removed or changed: start again"
        ) from error


def _seek_value(file: BinaryIO, instance: Instance) -> int:
    """Go to the first byte of Pixel Data's value and return its declared length (PS3.5 section 7.1)."""
    file.seek(instance.pixel_offset or 0)
    element = file.read(12)
    syntax = instance.pixel_format.transfer_syntax_uid
    order = ">" if syntax == _EXPLICIT_BIG else "<"
    if len(element) < 8 or struct.unpack(f"{order}HH", element[:4]) != (0x7FE0, 0x0010):
        raise _error(instance, "no_pixels", "found none. Export the file again, with its pixels")
    if syntax == _IMPLICIT_LITTLE:
        file.seek(-4, os.SEEK_CUR)
        return int(struct.unpack("<I", element[4:8])[0])
    return int(struct.unpack(f"{order}I", element[8:12])[0]) if len(element) == 12 else 0


def _inflated(instance: Instance) -> bytes:
    """Read Pixel Data from a file that is deflated as a whole (PS3.5 A.5)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(instance.path)
            return bytes(dataset["PixelData"].value)
    except KeyError as error:
        raise _error(instance, "no_pixels", "found none. Export the file again, with its pixels") from error
    except Exception as error:
        raise _error(instance, "decode_failed", f"found {type(error).__name__}: {error}. Export it again") from error

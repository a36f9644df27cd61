"""One decoded frame of stored values, from any transfer syntax."""

from __future__ import annotations

import hashlib
import itertools
import os
import struct
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import numpy as np

from calcimeasure.errors import PixelError
from calcimeasure.load.archives import changed_at
from calcimeasure.load.bombs import CutOffError
from calcimeasure.load.fragments import Fragment, ends_with_image, fragments_of_frames, read_fragments
from calcimeasure.load.source import DEFLATED, inflate, open_source, read_meta, unpacked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from calcimeasure.model import Instance, PixelFormat

_IMPLICIT: Final = "1.2.840.10008.1.2"
_EXPLICIT: Final = "1.2.840.10008.1.2.1"
_EXPLICIT_BIG: Final = "1.2.840.10008.1.2.2"
_AGAIN: Final = "Export the file again"
_NATIVE: Final = frozenset({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", _EXPLICIT_BIG, DEFLATED})
_RLE: Final = "1.2.840.10008.1.2.5"


def _codec(name: str) -> Callable[[bytes], NDArray[Any]]:
    def decode(frame: bytes) -> NDArray[Any]:
        # Imported at first use: loading the codecs takes 0.1 s, which the command line and uncompressed series save.
        import imagecodecs

        decoded: NDArray[Any] = getattr(imagecodecs, name)(frame)
        return decoded

    return decode


_jpeg, _jpeg_ls, _jpeg_2000 = _codec("jpeg8_decode"), _codec("jpegls_decode"), _codec("jpeg2k_decode")
_CODECS: Final = {
    "1.2.840.10008.1.2.4.50": _jpeg,
    "1.2.840.10008.1.2.4.51": _jpeg,
    "1.2.840.10008.1.2.4.57": _jpeg,
    "1.2.840.10008.1.2.4.70": _jpeg,
    "1.2.840.10008.1.2.4.80": _jpeg_ls,
    "1.2.840.10008.1.2.4.81": _jpeg_ls,
    "1.2.840.10008.1.2.4.90": _jpeg_2000,
    "1.2.840.10008.1.2.4.91": _jpeg_2000,
    "1.2.840.10008.1.2.4.201": _jpeg_2000,
    "1.2.840.10008.1.2.4.202": _jpeg_2000,
    "1.2.840.10008.1.2.4.203": _jpeg_2000,
}
"""JPEG baseline and extended, JPEG lossless, JPEG-LS, JPEG 2000 and High-Throughput JPEG 2000 (PS3.5 section 10)."""

_JPEG_2000: Final = frozenset(uid for uid, codec in _CODECS.items() if codec is _jpeg_2000)

_LARGEST_GROWTH: Final = 4
_ALWAYS_ALLOWED_BYTES: Final = 2**16
"""Largest size of a compressed frame: a multiple of its unpacked size, plus bytes for the headers of the codec. A
compressed frame is hardly ever larger than the unpacked one."""

_MOST_UNPACKED: Final = 64
"""Unpacked bytes for each byte of RLE: two bytes unpack to at most 128 (PS3.5 G.3.1)."""

_MOST_PADDING: Final = 2**20
"""Most bytes of padding behind the values: writers fill up blocks of a disk or a buffer."""

_SEARCHED_BYTES: Final = 2**20
_HASHED_BYTES: Final = 2**20

_MOST_TILES: Final = 4096
"""Most tiles of a JPEG 2000 image. Images from hospitals have one tile. The decoder takes memory for every tile before
it reads the first."""


_UNDEFINED_LENGTH: Final = 0xFFFFFFFF

_JPEG_SYNTAX: Final = "1.2.840.10008.1.2.4.70"
_JPEG_LS_SYNTAX: Final = "1.2.840.10008.1.2.4.80"
_JPEG_2000_SYNTAX: Final = "1.2.840.10008.1.2.4.90"
_MARKS: Final = (
    (b"\xff\x4f\xff\x51", _JPEG_2000_SYNTAX),
    (b"\0\0\0\x0cjP  ", _JPEG_2000_SYNTAX),
    (b"\xff\xd8\xff", _JPEG_SYNTAX),
)
"""First bytes of a codestream, and a transfer syntax whose codec reads it."""


def stored_values(instance: Instance) -> NDArray[Any]:
    """Decode the stored values of an image, as in `decoded_image`, whose notices are left out."""
    return decoded_image(instance)[0]


def decoded_image(instance: Instance) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Decode the stored values of an image.

    Parameters
    ----------
    instance
        One image, as its header describes it.

    Returns
    -------
    values : ndarray
        (rows, columns), signed or unsigned as Pixel Representation (0028,0103) says. The bits above Bits Stored are
        cleared or filled with the sign.
    notices : tuple of str
        excess_padding, transfer_syntax_corrected.

    Raises
    ------
    PixelError
        There is no pixel data, it cannot be decoded, or its size is not that of the header. Sizes are compared before
        memory is taken.
    """
    pixel_format = instance.pixel_format
    syntax = pixel_format.transfer_syntax_uid
    _refuse_unclear_format(instance)
    notices: tuple[str, ...] = ()
    if syntax in _NATIVE:
        values, notices = _native(instance)
    elif syntax == _RLE or syntax in _CODECS:
        values = _decoded(instance)
    else:
        what = f"found Transfer Syntax UID (0002,0010) {syntax}. Export it uncompressed"
        raise _error(instance, "unsupported_transfer_syntax", what)
    return _stored_bits(values, pixel_format), notices


def _refuse_unclear_format(instance: Instance) -> None:
    """Refuse a header that does not define the stored values. Nothing is guessed, and no memory is taken."""
    stored = instance.pixel_format
    high_bit = stored.bits_stored - 1 if stored.high_bit is None else stored.high_bit
    clear = (
        stored.rows
        and stored.columns
        and stored.bits_allocated in (8, 16, 32)
        and 0 < stored.bits_stored <= stored.bits_allocated
        and high_bit == stored.bits_stored - 1
        and stored.signed is not None
    )
    if not clear:
        what = (
            f"{stored.rows} x {stored.columns} values of {stored.bits_allocated} bits, {stored.bits_stored} of them "
            f"stored up to bit {high_bit}, {'signed' if stored.signed else 'unsigned'}"
        )
        what = what if stored.signed is not None else "no Pixel Representation (0028,0103)"
        raise _error(instance, "decode_failed", f"found a header that says {what}. {_AGAIN}")


def _error(instance: Instance, reason: str, what: str) -> PixelError:
    message = f"Pixel data (7FE0,0010) that can be decoded expected, {what} ({instance.relative_path.name})."
    return PixelError(reason, message, path=instance.path)


def _dtype(pixel_format: PixelFormat) -> np.dtype[Any]:
    order = ">" if pixel_format.transfer_syntax_uid == _EXPLICIT_BIG else "<"
    return np.dtype(f"{order}{'i' if pixel_format.signed else 'u'}{pixel_format.bits_allocated // 8}")


def _native(instance: Instance) -> tuple[NDArray[Any], tuple[str, ...]]:
    pixel_format = instance.pixel_format
    dtype = _dtype(pixel_format)
    expected = pixel_format.rows * pixel_format.columns * dtype.itemsize
    whole = expected * instance.frame_count
    data = b""
    with _open(instance) as file:
        declared = _seek_value(file, instance)
        start = file.tell()
        encapsulated = declared == _UNDEFINED_LENGTH and _syntax_of_fragments(file, instance)
        # One more byte is no padding to tell of: the length of a value is even (PS3.5 section 7.1.1).
        padded = not encapsulated and declared > whole + 1
        if declared in (whole, whole + 1) or (padded and _is_padding(file, start + whole, declared - whole, instance)):
            file.seek(start + expected * instance.frame_index)
            data = file.read(expected)
    if encapsulated:
        # A file that states an uncompressed syntax has no deflated data set here, and its bytes are little endian.
        stated = replace(instance, pixel_format=replace(pixel_format, transfer_syntax_uid=encapsulated))
        return _decoded(stated), ("transfer_syntax_corrected",)
    if len(data) < expected:
        what = f"{pixel_format.rows} x {pixel_format.columns} values of {pixel_format.bits_allocated} bits"
        what += f" in {instance.frame_count} frames" if instance.frame_count > 1 else ""
        found = f"found {declared if declared not in (whole, whole + 1) else len(data)} bytes where {what} need {whole}"
        raise _error(instance, "decode_failed", f"{found}. {_AGAIN}")
    values = np.frombuffer(data, dtype=dtype).reshape(pixel_format.rows, pixel_format.columns)
    return values, ("excess_padding",) if padded else ()


def _is_padding(file: BinaryIO, start: int, length: int, instance: Instance) -> bool:
    """Tell whether bytes behind the values are padding, which has to be accepted (PS3.5 section 8.1.1): all are zero.

    Zeros that are as long as whole columns may be those of an image with more columns than the header says. Such an
    image would be skewed.
    """
    column = instance.pixel_format.rows * instance.pixel_format.bits_allocated // 8
    if length % column == 0 or length > _MOST_PADDING:
        return False
    file.seek(start)
    padding = file.read(length)
    return len(padding) == length and not any(padding)


def _syntax_of_fragments(file: BinaryIO, instance: Instance) -> str | None:
    """Tell from the first fragment how encapsulated data under an uncompressed transfer syntax is encoded."""
    if instance.pixel_format.transfer_syntax_uid not in (_IMPLICIT, _EXPLICIT):
        return None
    start = file.tell()
    try:
        first = fragments_of_frames(file, instance.frame_count)[0]
        file.seek(first[0].start)
        head = file.read(min(first[0].length, 4096))
    except (ValueError, struct.error):
        return None
    finally:
        file.seek(start)
    syntax = next((syntax for mark, syntax in _MARKS if head.startswith(mark)), None)
    if syntax == _JPEG_SYNTAX:
        return _JPEG_LS_SYNTAX if b"\xff\xf7" in head else _JPEG_SYNTAX
    segments = instance.pixel_format.bits_allocated // 8
    is_rle = (
        len(head) >= 64 and struct.unpack_from("<2I", head) == (segments, 64) and not any(head[4 + 4 * segments : 64])
    )
    return syntax or (_RLE if is_rle else None)


def _decoded(instance: Instance) -> NDArray[Any]:
    pixel_format = instance.pixel_format
    syntax = pixel_format.transfer_syntax_uid
    size = pixel_format.rows * pixel_format.columns * pixel_format.bits_allocated // 8
    try:
        with _open(instance) as file:
            frames = _frames(file, instance)
            most_bytes = _LARGEST_GROWTH * size + _ALWAYS_ALLOWED_BYTES
            frame = read_fragments(file, frames[instance.frame_index], most_bytes)
        if syntax == _RLE:
            return _run_lengths(frame, pixel_format)
        code = _code_header(frame, syntax)
        _refuse_other_size(code.shape if code else None, instance)
        if not ends_with_image(_codestream(frame) if syntax in _JPEG_2000 else frame):
            # A decoder would invent the missing rows.
            raise ValueError("a codestream that is cut off")
        values = _CODECS[syntax](frame)
    except PixelError:
        raise
    except Exception as error:
        # A codec can fail in any way on broken data. Every failure means that the pixels cannot be decoded.
        raise _error(instance, "decode_failed", f"found {type(error).__name__}: {error}. {_AGAIN}") from error
    _refuse_other_size(values.shape, instance)
    return values if code is None else _agreed_values(values, code, instance)


def _frames(file: BinaryIO, instance: Instance) -> list[list[Fragment]]:
    """Find the fragments of each frame, once for all frames of a multi-frame file."""
    key = (instance.path, instance.member, instance.pixel_offset, instance.frame_count, changed_at(instance.path))
    frames = _last_frames.get(key)
    if frames is None:
        _seek_value(file, instance)
        frames = fragments_of_frames(file, instance.frame_count)
        if instance.frame_count > 1:
            _last_frames.clear()
            _last_frames[key] = frames
    return frames


_last_frames: dict[tuple[object, ...], list[list[Fragment]]] = {}
"""The fragments of the last multi-frame file. Threads that read the same file may each write the same entry."""


def _refuse_other_size(found: tuple[int, ...] | None, instance: Instance) -> None:
    expected = (instance.pixel_format.rows, instance.pixel_format.columns)
    if found != expected:
        what = f"an image of {' x '.join(map(str, found))}" if found else "no image"
        said = f"the header says {expected[0]} x {expected[1]}"
        raise _error(instance, "decode_failed", f"found {what} where {said}. {_AGAIN}")


def _run_lengths(frame: bytes, pixel_format: PixelFormat) -> NDArray[Any]:
    """Decode RLE (PS3.5 annex G): one segment for each byte of a value, the most significant first."""
    import imagecodecs  # at first use, as in `_codec`

    pixels = pixel_format.rows * pixel_format.columns
    count = pixel_format.bits_allocated // 8
    found, *offsets = struct.unpack_from("<16I", frame)
    limits = [*offsets[:count], len(frame)]
    lengths = [stop - start for start, stop in itertools.pairwise(limits)]
    if found != count or offsets[0] < 64 or min(lengths) * _MOST_UNPACKED < pixels:
        raise ValueError(f"{found} segments of {lengths} bytes, where {count} of {pixels} values belong")
    # Each segment is unpacked up to the size that it must have, and no further.
    segments = [
        imagecodecs.packbits_decode(frame[start:stop], out=pixels) for start, stop in itertools.pairwise(limits)
    ]
    if any(len(segment) != pixels for segment in segments):
        raise ValueError(f"{[len(segment) for segment in segments]} bytes where {pixels} belong in each segment")
    planes = np.stack([np.frombuffer(segment, dtype=np.uint8) for segment in reversed(segments)], axis=-1)
    return planes.view(_dtype(pixel_format)).reshape(pixel_format.rows, pixel_format.columns)


@dataclass(frozen=True, slots=True)
class _CodeHeader:
    """What a codestream says of itself: its shape; its bits per value; whether values are signed, None if unsaid."""

    shape: tuple[int, ...]
    bits: int
    signed: bool | None = None


def _code_header(frame: bytes, syntax: str) -> _CodeHeader | None:
    """Read the header of a codestream, so that no larger image than expected is decoded."""
    header = _header_of_jpeg_2000(frame) if syntax in _JPEG_2000 else _header_of_jpeg(frame)
    return header and replace(header, shape=header.shape[:2] if header.shape[2] == 1 else header.shape)


def _header_of_jpeg_2000(frame: bytes) -> _CodeHeader | None:
    """Read SIZ, which follows SOC, also inside the boxes of a JP2 file (ISO 15444-1, A.5.1)."""
    start = _start_of_codestream(frame)
    if start < 0 or len(frame) < start + 43:
        return None
    x_end, y_end, x_start, y_start, tile_width, tile_height = struct.unpack_from(">6I", frame, start + 8)
    rows, columns = y_end - y_start, x_end - x_start
    if not tile_width or not tile_height or -(-rows // tile_height) * -(-columns // tile_width) > _MOST_TILES:
        raise ValueError(f"tiles of {tile_height} x {tile_width} in an image of {rows} x {columns}")
    components = int.from_bytes(frame[start + 40 : start + 42], "big")
    # Ssiz of the first component: the number of bits less one, and the sign as the highest bit.
    depth = frame[start + 42]
    return _CodeHeader((rows, columns, components), (depth & 0x7F) + 1, bool(depth & 0x80))


def _start_of_codestream(frame: bytes) -> int:
    return frame[:4096].find(b"\xff\x4f\xff\x51")


def _codestream(frame: bytes) -> bytes:
    """Take the JPEG 2000 codestream out of the boxes of a JP2 file: other boxes may follow it (ISO 15444-1, I.4)."""
    start = _start_of_codestream(frame)
    if start < 8 or frame[start - 4 : start] != b"jp2c":
        return frame
    length = int.from_bytes(frame[start - 8 : start - 4], "big")
    return frame[: start - 8 + length] if length else frame


def _header_of_jpeg(frame: bytes) -> _CodeHeader | None:
    """Read the frame header of JPEG or JPEG-LS, which knows no sign (ISO 10918-1, B.2.2)."""
    place = 2
    while place + 10 <= len(frame):
        marker, length = frame[place + 1], int.from_bytes(frame[place + 2 : place + 4], "big")
        if frame[place] != 0xFF:
            return None
        if marker == 0xF7 or (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)):
            bits, rows, columns, components = struct.unpack_from(">B2HB", frame, place + 4)
            return _CodeHeader((rows, columns, components), bits)
        place += 1 if marker == 0xFF else 2 + length
    return None


def _agreed_values(values: NDArray[Any], code: _CodeHeader, instance: Instance) -> NDArray[Any]:
    """Read values as the header says; refuse them if the codestream gives them another meaning.

    Nothing tells which of the two is true. A header of more bits, or of another sign that no value needs, changes no
    value and is accepted.
    """
    stored = instance.pixel_format
    code_signed = stored.signed if code.signed is None else code.signed
    if (code.bits, code_signed) == (stored.bits_stored, stored.signed):
        return values
    coded = values.astype(np.int64)
    by_header = _twos_complement(coded, stored.bits_stored, bool(stored.signed))
    if code.signed is not None:
        agrees = np.array_equal(coded, by_header)
    elif code.bits >= stored.bits_stored:
        # Negative values of a codestream without a sign fill the bits of the codestream, or Bits Stored alone.
        agrees = bool(np.all((coded == by_header % 2**code.bits) | (coded == by_header % 2**stored.bits_stored)))
    else:
        agrees = not stored.signed or bool(np.all(coded < 2 ** (code.bits - 1)))
    if not agrees:
        sign = {None: "", True: "signed ", False: "unsigned "}
        what = f"found a codestream of {code.bits} {sign[code.signed]}bits where the header says {stored.bits_stored} "
        what += f"{sign[stored.signed]}bits (Bits Stored (0028,0101), Pixel Representation (0028,0103)), and values"
        raise _error(instance, "decode_failed", f"{what} that the two read differently. Export the file uncompressed")
    return by_header.astype(_dtype(stored))


def _twos_complement(values: NDArray[np.int64], bits: int, signed: bool) -> NDArray[np.int64]:
    """Read the lowest bits of each value, with or without a sign."""
    low: NDArray[np.int64] = values & (2**bits - 1)
    return low - ((low >> (bits - 1)) << bits) if signed else low


def _stored_bits(values: NDArray[Any], pixel_format: PixelFormat) -> NDArray[Any]:
    """Clear the bits above Bits Stored (0028,0101), or fill them with the sign if values are signed."""
    if pixel_format.signed and values.dtype.kind == "u":
        values = values.view(values.dtype.str.replace("u", "i"))
    unused = values.dtype.itemsize * 8 - pixel_format.bits_stored
    if unused <= 0:
        return values
    stored: NDArray[Any] = values << unused
    return stored >> unused


def padding_limits(pixel_format: PixelFormat) -> tuple[int, int] | None:
    """Return the lowest and highest stored value of pixels that were not imaged (PS3.3 C.7.5.1.1.2); None if not said.

    Pixel Padding Value and Range Limit (0028,0120), (0028,0121) are read like the values of the image: in a signed
    image 63536 stands for -2000.
    """
    if pixel_format.padding_value is None:
        return None
    limit = pixel_format.padding_value if pixel_format.padding_limit is None else pixel_format.padding_limit
    bits = np.array([pixel_format.padding_value & 0xFFFF, limit & 0xFFFF], dtype=np.uint16)
    first, last = _stored_bits(bits, pixel_format).tolist()
    return min(first, last), max(first, last)


def encoded_hash(instance: Instance) -> bytes:
    """Hash the bytes of a file from its pixel data on (SHA-256). Nothing is decoded.

    Raises
    ------
    PixelError
        The file was removed, or cannot be unpacked.
    """
    digest = hashlib.sha256()
    with _open(instance) as file:
        file.seek(instance.pixel_offset)
        while chunk := file.read(_HASHED_BYTES):
            digest.update(chunk)
    return digest.digest()


@contextmanager
def _open(instance: Instance) -> Iterator[BinaryIO]:
    deflated = instance.pixel_format.transfer_syntax_uid == DEFLATED
    try:
        if instance.frame_count > 1 and (deflated or instance.member is not None):
            yield BytesIO(unpacked(instance.path, instance.member, deflated, changed_at(instance.path)))
        else:
            with open_source(instance.path, instance.member) as file:
                if deflated:
                    read_meta(file)
                yield inflate(file) if deflated else file
    except CutOffError as error:
        raise _error(instance, "decode_failed", f"found {error}. {_AGAIN}") from error
    except OSError as error:
        found = f"found {error.strerror or error}. The file was removed or changed: start again"
        raise _error(instance, "file_changed", found) from error
    except (EOFError, zipfile.BadZipFile, zlib.error) as error:
        found = f"found {type(error).__name__}: {error}. Pack the archive again"
        raise _error(instance, "decode_failed", found) from error


def _seek_value(file: BinaryIO, instance: Instance) -> int:
    """Go to the first byte of the value of Pixel Data, and return its declared length (PS3.5 section 7.1)."""
    _refuse_other_file(file, instance)
    file.seek(instance.pixel_offset)
    element = file.read(12)
    order = ">" if instance.pixel_format.transfer_syntax_uid == _EXPLICIT_BIG else "<"
    if len(element) < 12 or struct.unpack(f"{order}HH", element[:4]) != (0x7FE0, 0x0010):
        raise _error(instance, "no_pixels", "found none. Export the file again, with its pixels")
    # The VR decides, and not the transfer syntax: pydicom also reads explicit VRs where implicit ones are stated.
    if element[4:8] not in (b"OB\0\0", b"OW\0\0", b"UN\0\0"):
        file.seek(-4, os.SEEK_CUR)
        return int(struct.unpack(f"{order}I", element[4:8])[0])
    return int(struct.unpack(f"{order}I", element[8:12])[0])


def _refuse_other_file(file: BinaryIO, instance: Instance) -> None:
    """Look for the UID of the image in its file: another slice may have been written in its place since."""
    if instance.frame_count > 1 or not instance.sop_uid.isascii() or isinstance(file, BytesIO):
        return
    file.seek(0)
    # The UID stands near the beginning, in the meta information (0002,0003) or as (0008,0018).
    if instance.sop_uid.encode() not in file.read(min(instance.pixel_offset, _SEARCHED_BYTES)):
        found = f"found no SOP Instance UID {instance.sop_uid} in its file any more. The file was changed: start again"
        raise _error(instance, "file_changed", found)

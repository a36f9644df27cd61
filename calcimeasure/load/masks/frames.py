"""The pixels of single frames of a DICOM SEG, from any transfer syntax."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from pydicom.filereader import dcmread

from calcimeasure.load.fragments import fragments_of_frames, read_fragments
from calcimeasure.load.masks.reading import is_deflated
from calcimeasure.load.pixels import stored_values
from calcimeasure.model import Instance, PixelFormat

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

_NATIVE_AND_RLE: Final = frozenset(
    {
        "1.2.840.10008.1.2",
        "1.2.840.10008.1.2.1",
        "1.2.840.10008.1.2.1.99",
        "1.2.840.10008.1.2.2",
        "1.2.840.10008.1.2.5",
    }
)
"""Transfer syntaxes that pydicom decodes by itself, with one bit for each pixel too."""

_DEFLATED_FRAMES: Final = "1.2.840.10008.1.2.8.1"
"""Deflated Image Frame Compression (PS3.5 A.4.13): each frame is a deflate stream of its own."""


def frames_of(path: Path, indices: Sequence[int]) -> Iterator[NDArray[Any]]:
    """Decode frames of a SEG.

    Parameters
    ----------
    path
        The file.
    indices
        The frames, from 0, ascending.

    Yields
    ------
    ndarray
        (rows, columns) of each frame.

    Raises
    ------
    PixelError, ValueError
        A frame cannot be decoded, or its transfer syntax is not known.
    """
    if is_deflated(path):
        # pydicom can read single frames from a file, but not from a deflated file.
        yield from _by_pydicom(dcmread(path, force=True), indices)
        return
    with path.open("rb") as file:
        header = dcmread(file, stop_before_pixels=True, force=True)
        pixel_offset = file.tell()
    syntax = str(header.file_meta.get("TransferSyntaxUID") or "1.2.840.10008.1.2")
    if syntax in _NATIVE_AND_RLE:
        yield from _by_pydicom(path, indices)
    elif syntax == _DEFLATED_FRAMES:
        yield from _inflated(path, header, pixel_offset, indices)
    else:
        for index in indices:
            yield stored_values(_instance(path, header, syntax, pixel_offset, index))


def _by_pydicom(source: Path | Dataset, indices: Sequence[int]) -> Iterator[NDArray[Any]]:
    from pydicom.pixels.utils import iter_pixels

    yield from iter_pixels(source, indices=list(indices))


def _inflated(path: Path, header: Dataset, pixel_offset: int, indices: Sequence[int]) -> Iterator[NDArray[Any]]:
    rows, columns, bits = int(header.Rows), int(header.Columns), int(header.BitsAllocated)
    if bits not in (1, 8, 16):
        raise ValueError(f"{bits} bits allocated (0028,0100)")
    count = rows * columns
    size = -(-count * bits // 8)
    with path.open("rb") as file:
        file.seek(pixel_offset + 12)  # after tag, VR and undefined length
        frames = fragments_of_frames(file, int(header.get("NumberOfFrames") or 1))
        for index in indices:
            frame = zlib.decompressobj(-zlib.MAX_WBITS).decompress(
                read_fragments(file, frames[index], 2 * size + 1024), size + 2
            )
            if len(frame) not in (size, size + 1):
                raise ValueError(f"{len(frame)} bytes in frame {index + 1}, {size} expected")
            if bits == 1:
                values = np.unpackbits(np.frombuffer(frame, np.uint8), count=count, bitorder="little")
            else:
                values = np.frombuffer(frame, f"<u{bits // 8}", count)
            yield values.reshape(rows, columns)


def _instance(path: Path, header: Dataset, syntax: str, pixel_offset: int, index: int) -> Instance:
    bits = int(header.BitsAllocated)
    pixel_format = PixelFormat(
        transfer_syntax_uid=syntax,
        rows=int(header.Rows),
        columns=int(header.Columns),
        samples_per_pixel=1,
        bits_allocated=bits,
        bits_stored=int(header.get("BitsStored") or bits),
        signed=bool(int(header.get("PixelRepresentation") or 0)),
    )
    return Instance(
        path=path,
        root=path.parent,
        sop_uid=str(header.get("SOPInstanceUID") or ""),
        instance_number=None,
        position_lps_mm=None,
        rescale_slope=None,
        rescale_intercept=None,
        pixel_format=pixel_format,
        pixel_offset=pixel_offset,
        frame_index=index,
        frame_count=int(header.get("NumberOfFrames") or 1),
    )

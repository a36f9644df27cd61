"""A label map: one frame for each slice, each pixel the number of its segment, compressed with RLE (PS3.5 Annex G)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.export.dicom.encode import element_start
from calcimeasure.export.dicom.frames import Frame, Frames

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO

    from numpy.typing import NDArray

    from calcimeasure.model import Lesion

_UNDEFINED = 0xFFFFFFFF
_MOST_REPEATED = 128


def labels_of(lesions: Sequence[Lesion]) -> Frames:
    """Give a frame for each slice in which a lesion has voxels. Its segment is 0: it holds all segments."""
    slices = Frames.of(lesions).slices
    return Frames(tuple(Frame(0, k) for k in slices), slices)


def write_labels(file: BinaryIO, frames: Frames, lesions: Sequence[Lesion], rows: int, columns: int) -> None:
    """Write the encapsulated pixel data: an empty offset table, and a fragment for each frame (PS3.5 section A.4)."""
    file.write(element_start(0x7FE00010, "OB", _UNDEFINED) + struct.pack("<HHI", 0xFFFE, 0xE000, 0))
    dtype = np.dtype(np.uint8 if len(lesions) < 256 else np.uint16)
    for k in frames.slices:
        labels = np.zeros((rows, columns), dtype=dtype)
        for number, lesion in enumerate(lesions, 1):
            outline = lesion.outline
            if outline.start_kji[0] <= k < outline.stop_kji[0]:
                mask = outline.mask_in((k, 0, 0), (k + 1, rows, columns))[0]
                labels[mask] = number
        fragment = run_lengths(labels)
        file.write(struct.pack("<HHI", 0xFFFE, 0xE000, len(fragment)) + fragment)
    file.write(struct.pack("<HHI", 0xFFFE, 0xE0DD, 0))


def run_lengths(labels: NDArray[np.uint8] | NDArray[np.uint16]) -> bytes:
    """Encode a frame: a segment for each byte of a pixel, the most significant first; each row by itself."""
    planes = labels.astype(labels.dtype.newbyteorder(">")).view(np.uint8).reshape(*labels.shape, -1)
    segments = [b"".join(map(_row, planes[..., plane])) for plane in range(planes.shape[-1])]
    segments = [one + b"\0" * (len(one) % 2) for one in segments]
    starts = np.cumsum([64, *(len(one) for one in segments[:-1])])
    header = struct.pack("<16I", len(segments), *starts, *[0] * (15 - len(segments)))
    return header + b"".join(segments)


def _row(row: NDArray[np.uint8]) -> bytes:
    """Encode a row as replicate runs: most of it is background. A single byte is a literal run of one."""
    changes = np.flatnonzero(row[1:] != row[:-1]) + 1
    runs = bytearray()
    for start, stop in zip([0, *changes.tolist()], [*changes.tolist(), len(row)], strict=True):
        length, value = stop - start, int(row[start])
        while length:
            count = min(length, _MOST_REPEATED)
            runs += bytes((257 - count, value)) if count > 1 else bytes((0, value))
            length -= count
    return bytes(runs)

"""The frames of a segmentation: which there are, and their bits, straight from the boxes of the outlines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

    from calcimeasure.model import Lesion, Outline


class Frame(NamedTuple):
    """A slice of a segment: `segment` counts from 0, `slice_index` is the slice of the stack."""

    segment: int
    slice_index: int


@dataclass(frozen=True, slots=True)
class Frames:
    """The frames of a segmentation, by segment and then by slice: only those that hold something.

    Parameters
    ----------
    frames
        In the order in which they are written.
    slices
        The slices that have frames, in ascending order.
    """

    frames: tuple[Frame, ...]
    slices: tuple[int, ...]

    @classmethod
    def of(cls, lesions: Sequence[Lesion]) -> Frames:
        """Find the slices in which each lesion has voxels."""
        frames = [
            Frame(segment, lesion.outline.start_kji[0] + int(k))
            for segment, lesion in enumerate(lesions)
            for k in np.flatnonzero(lesion.outline.mask().any(axis=(1, 2)))
        ]
        return cls(tuple(frames), tuple(sorted({one.slice_index for one in frames})))


def overlaps(lesions: Sequence[Lesion]) -> bool:
    """Tell whether two lesions share a voxel."""
    ordered = sorted((one.outline for one in lesions), key=lambda outline: outline.start_kji)
    for index, outline in enumerate(ordered):
        for other in ordered[index + 1 :]:
            if other.start_kji[0] >= outline.stop_kji[0]:
                break
            if _boxes_meet(outline, other) and outline.overlap(other):
                return True
    return False


def _boxes_meet(one: Outline, other: Outline) -> bool:
    return all(
        start < stop and other_start < other_stop
        for start, stop, other_start, other_stop in zip(
            one.start_kji, other.stop_kji, other.start_kji, one.stop_kji, strict=True
        )
    )


def write_bits(file: BinaryIO, frames: Frames, lesions: Sequence[Lesion], rows: int, columns: int) -> None:
    """Write the pixel data of BINARY: one bit for each pixel, the first in the lowest bit (PS3.5 section 8.1.1).

    Frames follow each other without padding bits between them. What holds nothing is a hole in the file, so that a
    frame costs what its box costs.

    Parameters
    ----------
    file
        At the first byte of the value; it is at the byte behind the value when done.
    frames, lesions
        What is written.
    rows, columns
        Size of a frame.
    """
    base, bit_count = file.tell(), len(frames.frames) * rows * columns
    last_index, last_byte = -1, 0
    for frame, strip, first_row in _strips(frames, lesions, columns):
        first_bit = frame * rows * columns + first_row * columns
        index, offset = divmod(first_bit, 8)
        packed = np.packbits(np.pad(strip.ravel(), (offset, 0)), bitorder="little")
        if index == last_index:  # frames whose pixels are no multiple of eight share a byte
            packed[0] |= last_byte
        file.seek(base + index)
        file.write(packed.tobytes())
        last_index, last_byte = index + len(packed) - 1, int(packed[-1])
    byte_count = -(-bit_count // 8)
    byte_count += byte_count % 2
    file.seek(base + byte_count)
    file.truncate()


def _strips(
    frames: Frames, lesions: Sequence[Lesion], columns: int
) -> Iterator[tuple[int, np.ndarray[tuple[int, int], np.dtype[np.bool_]], int]]:
    """Give, for each frame, its rows that hold something, and the first of these rows."""
    segment, mask = -1, np.zeros((0, 0, 0), dtype=np.bool_)
    for number, frame in enumerate(frames.frames):
        outline = lesions[frame.segment].outline
        if frame.segment != segment:
            segment, mask = frame.segment, outline.mask()
        of_slice = mask[frame.slice_index - outline.start_kji[0]]
        used = np.flatnonzero(of_slice.any(axis=1))
        first, stop = int(used[0]), int(used[-1]) + 1
        strip = np.zeros((stop - first, columns), dtype=np.bool_)
        strip[:, outline.start_kji[2] : outline.stop_kji[2]] = of_slice[first:stop]
        yield number, strip, outline.start_kji[1] + first

"""Places on a radiograph that look like the letters of a side marker: bright, even, sharp, and apart from all else.

Letters are parts above one of a few levels that lies near the half of their height, as at a sharp edge every level
gives the same part. Letters beside each other are one word. In a plate letters may be holes instead.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from calcimeasure.locate.marker_constants import MARKERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

Box = tuple[int, int, int, int]
"""First row and column, and the first ones beyond."""


@dataclass(frozen=True, slots=True, eq=False)
class Letters:
    """Parts that may be the letters of one word.

    Parameters
    ----------
    mask
        (rows, columns) the letters, cut at their border.
    start_ji
        Their first row and column on the image that was looked at.
    contrast
        How much brighter they are than their background, of the range.
    is_framed
        Whether they lie in a frame, a ring or a plate.
    others
        (n, 2) rows and columns of the middles of smaller letters close to them.
    """

    mask: NDArray[np.bool_]
    start_ji: tuple[int, int]
    contrast: float
    is_framed: bool
    others: NDArray[np.float64]

    @property
    def box(self) -> Box:
        """Where they lie."""
        (row, column), (rows, columns) = self.start_ji, self.mask.shape
        return row, column, row + rows, column + columns


@dataclass(frozen=True, slots=True, eq=False)
class _Level:
    """The parts above a level that are as small as letters: labels of all parts, and (n, 4) boxes by (n,) label."""

    value: float
    labels: NDArray[np.int32]
    wanted: NDArray[np.intp]
    boxes: NDArray[np.intp]


def letters_on(image: NDArray[np.float32]) -> list[Letters]:
    """Find what may be the letters of a side marker, of the highest contrast first.

    Parameters
    ----------
    image
        (rows, columns) about `MARKERS.longer_side_pixels` along the longer side.
    """
    low, high = np.quantile(image, MARKERS.range_quantiles)
    if high <= low:
        return []
    image = ((image - low) / (high - low)).astype(np.float32)
    found: list[Letters] = []
    frames: list[Box] = []
    for value in MARKERS.levels:
        level, holed = _level(image, value)
        for holes, box in holed:
            frames.append(box)
            found.extend(_holes_of(image, holes, box, value))
        if level is not None:
            found.extend(_words_on(image, level))
    kept: list[Letters] = []
    for one in sorted(found, key=lambda one: -one.contrast)[: MARKERS.most_candidates]:
        is_framed = one.is_framed or any(_frames(frame, one.box) for frame in frames)
        kept.append(Letters(one.mask, one.start_ji, one.contrast, is_framed, one.others))
    return kept


def _level(image: NDArray[np.float32], value: float) -> tuple[_Level | None, list[tuple[NDArray[np.bool_], Box]]]:
    """Find the parts above a level that are as small as letters, and the holes and boxes of frames or plates."""
    labels, _ = ndimage.label(image > value, np.ones((3, 3)))
    objects = ndimage.find_objects(labels)
    boxes = np.array([(rows.start, columns.start, rows.stop, columns.stop) for rows, columns in objects]).reshape(-1, 4)
    sizes = (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
    inner = (boxes[:, :2] > 0).all(axis=1) & (boxes[:, 2:] < image.shape).all(axis=1)
    least, most = MARKERS.heights
    holed = []
    for n in np.flatnonzero((sizes >= 1.5 * least) & (sizes <= MARKERS.frame_sizes[1] * most)):
        near = labels[objects[n]]
        filled = ndimage.binary_fill_holes(near == n + 1)
        if filled.mean() >= MARKERS.frame_solid:
            row, column, row_stop, column_stop = map(int, boxes[n])
            holed.append((filled & (near == 0), (row, column, row_stop, column_stop)))
    wanted = np.flatnonzero(inner & (sizes >= 4) & (sizes <= most))
    if not 0 < len(wanted) <= MARKERS.most_parts_of_level:
        return None, holed
    return _Level(value, labels, wanted + 1, boxes[wanted]), holed


def _words_on(image: NDArray[np.float32], level: _Level) -> Iterator[Letters]:
    """Join parts close to each other, and give each word; a letter with much smaller ones beside it is one, too."""
    low, high = level.boxes[:, :2], level.boxes[:, 2:]
    is_inside = (low[:, None] > low[None]).all(axis=2) & (high[:, None] < high[None]).all(axis=2)
    # What lies around another part is its frame, and no letter.
    letters = ~is_inside.any(axis=0)
    level = replace(level, wanted=level.wanted[letters], boxes=level.boxes[letters])
    sizes = (level.boxes[:, 2:] - level.boxes[:, :2]).max(axis=1)
    reach = MARKERS.gap * np.maximum(sizes[:, None], sizes[None])
    apart = np.maximum(level.boxes[:, None, :2] - level.boxes[None, :, 2:], 0)
    apart = np.maximum(apart, np.swapaxes(apart, 0, 1)).max(axis=2)
    first, second = np.nonzero(apart <= reach)
    ones = np.ones(len(first), dtype=np.int8)
    _, groups = connected_components(coo_array((ones, (first, second)), shape=apart.shape), directed=False)
    for group in range(int(groups.max()) + 1):
        members = np.flatnonzero(groups == group)
        if len(members) > MARKERS.most_parts:
            continue
        yield from _letters(image, level, members, np.empty((0, 2)))
        tallest = members[sizes[members].argmax()]
        others = members[members != tallest]
        if len(others) and (sizes[others] <= MARKERS.smaller * sizes[tallest]).all():
            middles = (level.boxes[others, :2] + level.boxes[others, 2:] - 1) / 2
            yield from _letters(image, level, np.array([tallest]), middles)


def _letters(
    image: NDArray[np.float32], level: _Level, members: NDArray[np.intp], others: NDArray[np.float64]
) -> Iterator[Letters]:
    """Give parts as letters if they are as large, as thin, as even and as sharp as letters."""
    low, high = level.boxes[members, :2].min(axis=0), level.boxes[members, 2:].max(axis=0)
    rows, columns = high - low
    if not _has_size_of_word(int(rows), int(columns)):
        return
    room = 5
    start = np.maximum(low - room, 0)
    near = tuple(slice(int(a), int(b)) for a, b in zip(start, high + room, strict=True))
    labels = level.labels[near]
    mask = np.isin(labels, level.wanted[members])
    elsewhere = (labels > 0) & ~mask
    inner = tuple(slice(int(a - s), int(b - s)) for a, b, s in zip(low, high, start, strict=True))
    yield from _if_letters(image[near], mask, elsewhere, level.value, (int(low[0]), int(low[1])), inner, others)


def _has_size_of_word(rows: int, columns: int) -> bool:
    size, least = max(rows, columns), min(rows, columns)
    return MARKERS.heights[0] <= size <= MARKERS.heights[1] and size <= MARKERS.most_oblong * least


def _if_letters(
    near: NDArray[np.float32],
    mask: NDArray[np.bool_],
    elsewhere: NDArray[np.bool_],
    value: float,
    start_ji: tuple[int, int],
    inner: tuple[slice, ...],
    others: NDArray[np.float64],
    is_framed: bool = False,
) -> Iterator[Letters]:
    """Give a mask as letters if its strokes are thin, and if it stands out from an even background."""
    cover = mask[inner].mean()
    size = max(mask[inner].shape)
    ring = ndimage.binary_dilation(mask, iterations=4) & ~ndimage.binary_dilation(mask, iterations=2) & ~elsewhere
    if not MARKERS.cover[0] <= cover <= MARKERS.cover[1] or ring.sum() < size:
        return
    if 2 * ndimage.distance_transform_edt(np.pad(mask, 1)).max() > max(MARKERS.most_stroke * size, 4):
        return
    below = float(np.median(near[ring]))
    contrast = float(np.quantile(near[mask], 0.7)) - below
    varies = 1.4826 * float(np.median(np.abs(near[ring] - below)))
    half = (value - below) / max(contrast, 1e-6)
    if contrast < MARKERS.least_contrast or contrast < MARKERS.least_over_noise * varies:
        return
    if MARKERS.half_height[0] <= half <= MARKERS.half_height[1]:
        yield Letters(mask[inner], start_ji, contrast, is_framed, others)


def _holes_of(image: NDArray[np.float32], holes: NDArray[np.bool_], box: Box, value: float) -> Iterator[Letters]:
    """Give the holes of a plate as letters."""
    rows, columns = (np.flatnonzero(holes.any(axis=axis)) for axis in (1, 0))
    if not len(rows) or MARKERS.least_plate * np.count_nonzero(holes) > holes.size:
        return
    inner = slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
    if not _has_size_of_word(*holes[inner].shape):
        return
    start = box[0] + inner[0].start, box[1] + inner[1].start
    near = -image[box[0] : box[2], box[1] : box[3]]
    yield from _if_letters(
        near, holes, (near > -value) & ~holes, -value, start, inner, np.empty((0, 2)), is_framed=True
    )


def _frames(frame: Box, letters: Box) -> bool:
    """Tell whether a box lies around letters, and is not much larger."""
    size = max(letters[2] - letters[0], letters[3] - letters[1])
    sides = frame[2] - frame[0], frame[3] - frame[1]
    least, most = MARKERS.frame_sizes
    within = frame[0] < letters[0] and frame[1] < letters[1] and frame[2] > letters[2] and frame[3] > letters[3]
    return within and max(sides) >= least * size and max(sides) <= most * size

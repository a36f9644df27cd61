"""The vertebral canal beside a lesion, and how much of it the lesion takes.

In an axial slice through the pedicles, vertebral body, pedicles and arch enclose the canal: it is a hole in bone, with
soft tissue in it and a vertebra in front of it. Between the pedicles of two vertebrae the ring is open to both sides,
at the intervertebral foramina. There the section of the nearest closed ring is continued along the line between both
rings. The lesion itself counts as soft tissue when bone is told, so that a mass in the canal does not make it smaller.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from calcimeasure.locate.canal_constants import CANAL
from calcimeasure.model import Canal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from calcimeasure.model import Outline, Volume


def judge_canal(volume: Volume, outline: Outline) -> tuple[Canal, float] | None:
    """Tell whether a lesion at the spine reaches the vertebral canal or an intervertebral foramen.

    Parameters
    ----------
    volume
        The stack.
    outline
        The lesion.

    Returns
    -------
    tuple of Canal and float, or None
        What it reaches, and the percentage of the canal's section that it takes, the largest over its slices. None
        where that cannot be told: slices that are not axial or too far apart, no closed ring near the lesion, or a
        lesion that goes on where the canal is not seen and does not reach it where it is.
    """
    field = _field_of(volume, outline)
    if field is None:
        return None
    path = _path(_tracks(field), field)
    if not path:
        return None
    own = np.flatnonzero(field.mass.any(axis=(1, 2)))
    sections = [_section_at(int(k), path, field) for k in own]
    seen = [one for one in sections if one is not None]
    if not seen:
        return None
    share = max(one.taken_share for one in seen)
    if share >= CANAL.least_share:
        return Canal.CANAL, 100 * share
    if len(seen) < len(sections):
        return None
    in_foramen_mm2 = max(one.in_foramen_mm2 for one in seen)
    return (Canal.FORAMEN if in_foramen_mm2 >= CANAL.least_foramen_mm2 else Canal.NONE), 100 * share


@dataclass(frozen=True, slots=True, eq=False)
class _Field:
    """The surroundings of a lesion.

    Parameters
    ----------
    hu
        (k, j, i) attenuation, blurred in the slices.
    mass
        (k, j, i) the lesion.
    positions_mm
        (k,) position of each slice along the normal.
    spacing_mm
        Distance of rows, and of columns.
    front
        (2,) unit vector to the patient's front, along rows and columns.
    """

    hu: NDArray[np.float32]
    mass: NDArray[np.bool_]
    positions_mm: NDArray[np.float64]
    spacing_mm: tuple[float, float]
    front: NDArray[np.float64]

    @property
    def pixel_mm2(self) -> float:
        """Area of a pixel."""
        return self.spacing_mm[0] * self.spacing_mm[1]

    def disk(self, radius_mm: float) -> NDArray[np.bool_]:
        """Give the pixels in a radius."""
        reach = [math.floor(radius_mm / mm) for mm in self.spacing_mm]
        j, i = np.ogrid[-reach[0] : reach[0] + 1, -reach[1] : reach[1] + 1]
        within: NDArray[np.bool_] = (j * self.spacing_mm[0]) ** 2 + (i * self.spacing_mm[1]) ** 2 <= radius_mm**2
        return within

    def along_front_mm(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(j, i) of each pixel: how far it lies to the patient's front, and how far to the side of that."""
        j, i = (np.arange(n) * mm for n, mm in zip(self.hu.shape[1:], self.spacing_mm, strict=True))
        to_front: NDArray[np.float64] = j[:, None] * self.front[0] + i[None, :] * self.front[1]
        to_side: NDArray[np.float64] = -j[:, None] * self.front[1] + i[None, :] * self.front[0]
        return to_front, to_side


@dataclass(frozen=True, slots=True, eq=False)
class _Ring:
    """A section of the canal in a slice where bone encloses it.

    Parameters
    ----------
    k
        The slice of the field.
    inside, bone
        (j, i) the section, and bone.
    """

    k: int
    inside: NDArray[np.bool_]
    bone: NDArray[np.bool_]

    @property
    def middle(self) -> NDArray[np.float64]:
        """(2,) row and column of its middle."""
        middle: NDArray[np.float64] = np.argwhere(self.inside).mean(axis=0)
        return middle


Track = list[_Ring]
"""Closed rings of neighboring slices."""


@dataclass(frozen=True, slots=True)
class _Section:
    """What a lesion takes in one slice: the share of the canal's section, and the area in foramina."""

    taken_share: float
    in_foramen_mm2: float


def _field_of(volume: Volume, outline: Outline) -> _Field | None:
    """Cut out the surroundings of a lesion; None where slices do not show the canal across."""
    geometry = volume.geometry
    if geometry.shape_kji[0] < 2 or abs(geometry.normal[2]) < math.cos(math.radians(CANAL.most_tilt_degrees)):
        return None
    spacing_mm = (geometry.row_spacing_mm, geometry.column_spacing_mm)
    positions_mm = geometry.positions_along_normal_mm
    first_mm, last_mm = positions_mm[outline.start_kji[0]], positions_mm[outline.stop_kji[0] - 1]
    near = np.flatnonzero((positions_mm >= first_mm - CANAL.reach_mm) & (positions_mm <= last_mm + CANAL.reach_mm))
    start, stop = [int(near[0])], [int(near[-1]) + 1]
    steps_mm = np.diff(positions_mm[near])
    if max(spacing_mm) > CANAL.most_pixel_mm or not steps_mm.size or steps_mm.max() > CANAL.most_step_mm:
        return None
    for axis, mm in zip((1, 2), spacing_mm, strict=True):
        margin = math.ceil(CANAL.around_mm / mm)
        start.append(max(outline.start_kji[axis] - margin, 0))
        stop.append(min(outline.stop_kji[axis] + margin, geometry.shape_kji[axis]))
    # Thin slices show nothing that every second or third does not; one of them lies in the middle of the lesion.
    every = max(1, int(CANAL.enough_step_mm / float(np.median(steps_mm))))
    middle = (outline.start_kji[0] + outline.stop_kji[0] - 1) // 2 - start[0]
    chosen = slice(middle % every, None, every)
    hu = volume.attenuation_hu[tuple(slice(a, b) for a, b in zip(start, stop, strict=True))][chosen]
    to_front = np.array([-geometry.column_direction[1], -geometry.row_direction[1]])
    return _Field(
        hu=ndimage.gaussian_filter(
            np.maximum(hu, -1000).astype(np.float32), (0, *(CANAL.blur_mm / mm for mm in spacing_mm))
        ),
        mass=outline.mask_in(start, stop)[chosen],
        positions_mm=positions_mm[near][chosen],
        spacing_mm=spacing_mm,
        front=to_front / np.linalg.norm(to_front),
    )


# The section in one slice


def _rings(k: int, field: _Field) -> Iterator[_Ring]:
    """Find the holes of a slice that may be the canal."""
    bone = _bone_of(k, field)
    # Padded: closing must not close against the border, and what lies around all bone is one piece.
    closed = ndimage.binary_closing(np.pad(bone, _PAD), field.disk(CANAL.gap_mm))
    around, _ = ndimage.label(~closed)
    filled = (around != around[0, 0])[_PAD:-_PAD, _PAD:-_PAD]
    holes = filled & ~closed[_PAD:-_PAD, _PAD:-_PAD] & ~bone
    if np.count_nonzero(holes) * field.pixel_mm2 < CANAL.area_mm2[0]:
        return
    labels, _ = ndimage.label(ndimage.binary_opening(holes, field.disk(CANAL.neck_mm)))
    for label, box in enumerate(ndimage.find_objects(labels), 1):
        if np.count_nonzero(labels[box] == label) * field.pixel_mm2 < CANAL.area_mm2[0] / 2:
            continue
        inside = ndimage.binary_dilation(labels == label, field.disk(CANAL.neck_mm)) & holes
        if _is_section(inside, k, filled, field):
            yield _Ring(k, _to_half_maximum(inside, k, bone, field), bone)


_PAD = 8
"""Pixels around a slice."""


def _bone_of(k: int, field: _Field) -> NDArray[np.bool_]:
    """Tell bone in a slice: what is dense, without the lesion and its blurred rim."""
    dense: NDArray[np.bool_] = (field.hu[k] >= CANAL.bone_hu) & ~field.mass[k]
    if not field.mass[k].any():
        return dense
    rim = ndimage.binary_dilation(field.mass[k], field.disk(CANAL.rim_mm))
    thick = ndimage.binary_opening(dense, field.disk(CANAL.thinnest_bone_mm))
    bone: NDArray[np.bool_] = dense & ~(rim & ~thick)
    return bone


def _is_section(inside: NDArray[np.bool_], k: int, filled: NDArray[np.bool_], field: _Field) -> bool:
    """Tell whether a hole has the size of the canal, soft tissue in it, and a vertebra in front of it."""
    area_mm2 = float(np.count_nonzero(inside)) * field.pixel_mm2
    if not CANAL.area_mm2[0] <= area_mm2 <= CANAL.area_mm2[1]:
        return False
    to_front, to_side = field.along_front_mm()
    if max(np.ptp(to_front[inside]), np.ptp(to_side[inside])) > CANAL.most_width_mm:
        return False
    content = inside & ~ndimage.binary_dilation(field.mass[k], field.disk(CANAL.rim_mm))
    if np.count_nonzero(content) * field.pixel_mm2 >= CANAL.least_content_mm2:
        low, high = CANAL.content_hu
        if not low <= float(np.median(field.hu[k][content])) <= high:
            return False
    near_mm, far_mm = (float(to_front[inside].max()) + mm for mm in CANAL.vertebra_mm)
    beside_mm = np.abs(to_side - to_side[inside].mean())
    ahead = (to_front >= near_mm) & (to_front <= far_mm) & (beside_mm <= CANAL.vertebra_half_width_mm)
    # At the border of the image what lies ahead is not seen.
    expected = (far_mm - near_mm) * 2 * CANAL.vertebra_half_width_mm / field.pixel_mm2
    return bool(np.count_nonzero(filled & ahead) >= CANAL.vertebra_share * expected)


def _to_half_maximum(inside: NDArray[np.bool_], k: int, bone: NDArray[np.bool_], field: _Field) -> NDArray[np.bool_]:
    """Move the border of a section to half way between its content and the bone around it, as edges of masses lie."""
    rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
    reach = _PAD + max(field.disk(CANAL.wall_mm).shape)
    box = tuple(slice(max(int(one[0]) - reach, 0), int(one[-1]) + reach + 1) for one in (rows, columns))
    own, mass = inside[box], field.mass[k][box]
    content = own & ~ndimage.binary_dilation(mass, field.disk(CANAL.rim_mm))
    content_hu = float(np.median(field.hu[k][box][content])) if content.any() else 0.0
    hu = np.where(own | mass, np.float32(content_hu), field.hu[k][box])
    wall_hu = ndimage.maximum_filter(hu, footprint=field.disk(CANAL.wall_mm))
    below = (hu < (content_hu + wall_hu) / 2) & ndimage.binary_dilation(own, field.disk(CANAL.wall_mm)) & ~mass
    wider = ndimage.binary_opening(own | (below & bone[box]), field.disk(CANAL.thinnest_bone_mm)) | own
    labels, _ = ndimage.label(wider)
    grown = np.zeros_like(inside)
    grown[box] = np.isin(labels, np.unique(labels[own])) & wider
    return grown


# From slice to slice


def _tracks(field: _Field) -> list[Track]:
    """Follow closed rings from slice to slice, as long as they overlap."""
    tracks: list[Track] = []
    for k in range(len(field.hu)):
        for ring in _rings(k, field):
            before = next((one for one in tracks if one[-1].k == k - 1 and _overlap(one[-1], ring)), None)
            if before is None:
                tracks.append([ring])
            else:
                before.append(ring)
    return [one for one in tracks if len(one) > 1 and _height_mm(one, field) >= CANAL.ring_mm]


def _overlap(one: _Ring, other: _Ring) -> bool:
    shared = np.count_nonzero(one.inside & other.inside)
    return bool(shared >= CANAL.same_share * min(np.count_nonzero(one.inside), np.count_nonzero(other.inside)))


def _height_mm(track: Track, field: _Field) -> float:
    """Height of a track, with half a step at each end."""
    first, last = track[0].k, track[-1].k
    high_mm = float(field.positions_mm[last] - field.positions_mm[first])
    return high_mm * (last - first + 1) / (last - first)


def _path(tracks: Sequence[Track], field: _Field) -> Track:
    """Join the tracks that lie above each other as the canal of one spine; begin with the highest one."""
    if not tracks:
        return []
    highest = max(tracks, key=lambda one: _height_mm(one, field))
    path = list(highest)
    by_distance = sorted(tracks, key=lambda one: abs(one[0].k - path[0].k))
    for track in by_distance:
        known = {ring.k for ring in path}
        if known.isdisjoint(ring.k for ring in track) and _continues(path, track, field):
            path = sorted([*path, *track], key=lambda ring: ring.k)
    return path


def _continues(path: Track, track: Track, field: _Field) -> bool:
    """Tell whether a track lies above or below the nearest ring of a path."""
    pairs = [(one, other) for one in path for other in (track[0], track[-1])]
    one, other = min(pairs, key=lambda pair: abs(pair[0].k - pair[1].k))
    away_mm = abs(float(field.positions_mm[one.k] - field.positions_mm[other.k]))
    shift_mm = float(np.linalg.norm((one.middle - other.middle) * field.spacing_mm))
    return shift_mm <= CANAL.shift_mm + CANAL.shift_per_mm * away_mm


def _section_at(k: int, path: Track, field: _Field) -> _Section | None:
    """Measure what the lesion takes in a slice; None where the canal is not known there."""
    ring = next((one for one in path if one.k == k), None)
    if ring is not None:
        return _Section(_taken_share(ring.inside, k, field), 0.0)
    below = max((one for one in path if one.k < k), key=lambda one: one.k, default=None)
    above = min((one for one in path if one.k > k), key=lambda one: one.k, default=None)
    at_mm = field.positions_mm[k]
    if below is None or above is None:
        end = below or above
        if end is None or abs(at_mm - field.positions_mm[end.k]) > CANAL.beyond_mm:
            return None
        return _Section(_taken_share(end.inside, k, field), 0.0)
    low_mm, high_mm = field.positions_mm[below.k], field.positions_mm[above.k]
    if high_mm - low_mm > CANAL.between_mm:
        return None
    part = float((at_mm - low_mm) / (high_mm - low_mm))
    middle = below.middle + part * (above.middle - below.middle)
    nearer = below if part <= 0.5 else above
    inside = _moved(nearer.inside, middle - nearer.middle)
    pedicles = _moved(below.bone, middle - below.middle) | _moved(above.bone, middle - above.middle)
    foramina = _beside(inside, field) & pedicles & ~_bone_of(k, field)
    in_foramen_mm2 = float(np.count_nonzero(foramina & field.mass[k])) * field.pixel_mm2
    return _Section(_taken_share(inside, k, field), in_foramen_mm2)


def _taken_share(inside: NDArray[np.bool_], k: int, field: _Field) -> float:
    whole = np.count_nonzero(inside)
    return float(np.count_nonzero(inside & field.mass[k]) / whole) if whole else 0.0


def _moved(mask: NDArray[np.bool_], by: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Shift a mask by rows and columns."""
    moved: NDArray[np.bool_] = ndimage.shift(mask.astype(np.float32), by, order=1) >= 0.5
    return moved


def _beside(inside: NDArray[np.bool_], field: _Field) -> NDArray[np.bool_]:
    """Give what lies to both sides of a section, as far as a foramen reaches."""
    if not inside.any():
        return inside
    to_front, to_side = field.along_front_mm()
    deep = (to_front >= to_front[inside].min()) & (to_front <= to_front[inside].max())
    low_mm, high_mm = float(to_side[inside].min()), float(to_side[inside].max())
    near = (to_side >= low_mm - CANAL.foramen_mm) & (to_side <= high_mm + CANAL.foramen_mm)
    beside: NDArray[np.bool_] = deep & near & ~((to_side >= low_mm) & (to_side <= high_mm))
    return beside

"""The midline of the body: a plane, because patients are rotated and do not lie in the middle of the table.

The midline is the plane whose two sides are most alike. Attenuation is clipped, so that gas in the bowel counts no more
than skin and muscle do, and compared with its mirror image for planes in every position and in directions up to
`most_askew_deg` away from the patient's left. What was not imaged takes no part. The best plane is a midline only
where the field shows both sides of the body, and where bones or limbs lie as far from it on one side as on the other: a
single limb is like its mirror image too, and has no midline.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import fft, ndimage

from calcimeasure.locate.constants import LOCATE
from calcimeasure.locate.grid import Grid, StackBox
from calcimeasure.model import NOT_IMAGED_HU, Midline

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from calcimeasure.model import Outline, Volume

_AROUND: Final = ((-1, 0), (1, 0), (0, -1), (0, 1))


@dataclass(frozen=True, slots=True)
class _Copy:
    """A coarse copy of the body in the patient's own axes.

    Parameters
    ----------
    clipped_hu, imaged, compared, body
        (z, y, x) float32: attenuation within `compared_hu`; 1 where it was imaged, may be compared, is body.
    bone_lps_mm
        (n, 3) points of bone.
    middle_lps_mm
        The middle of the box.
    step_mm
        Distance of the points.
    """

    clipped_hu: NDArray[np.float32]
    imaged: NDArray[np.float32]
    compared: NDArray[np.float32]
    body: NDArray[np.float32]
    bone_lps_mm: NDArray[np.float64]
    middle_lps_mm: NDArray[np.float64]
    step_mm: float


@dataclass(frozen=True, slots=True)
class _Mirror:
    """A plane, and the similarity of its two sides.

    The first row of its frame is its normal; the other two lie in the plane.
    """

    likeness: float
    offset_mm: float
    frame: NDArray[np.float64]
    share_in_view: float

    @property
    def normal(self) -> NDArray[np.float64]:
        """(3,) to the patient's left."""
        normal: NDArray[np.float64] = self.frame[0]
        return normal


def find_midline(volume: Volume, bodies: Sequence[Outline], bones: Sequence[Outline]) -> tuple[Midline | None, str]:
    """Find the body's midline plane.

    Parameters
    ----------
    volume
        The stack.
    bodies
        Each body in the field, largest first: a trunk and two arms are three. Bodies much smaller than the first take
        no part.
    bones
        What was judged to be bone. Masses take no part: they may lie anywhere.

    Returns
    -------
    Midline or None
        None where the field shows no midline.
    str
        Why it does or does not, in words.
    """
    copy = _coarse_copy(volume, bodies, bones)
    if copy is None:
        return None, "no midline: too little of a body is in view"
    best = _best_mirror(copy)
    if best.likeness < LOCATE.lowest_likeness:
        return None, f"no midline: both sides of the best plane are too little alike ({best.likeness:.2f})"
    if best.share_in_view < LOCATE.smallest_share_in_view:
        return None, f"no midline: one side of the body is cut off ({best.share_in_view:.0%} is seen on both)"
    if _share_cut_off(volume, _main_bodies(bodies), best.normal) > LOCATE.most_cut_off:
        return None, "no midline: the skin of one side is not in view"
    halves = _Halves.of(copy, best)
    sides = _two_sides(copy, best, halves)
    if sides is None:
        return None, "no midline: what is in view may be a single limb"
    uncertainty_mm = max(LOCATE.least_uncertainty_mm, _spread_mm(copy, best))
    return (
        Midline(
            normal=(float(best.normal[0]), float(best.normal[1]), float(best.normal[2])),
            offset_mm=best.offset_mm,
            uncertainty_mm=uncertainty_mm,
            quality=best.likeness,
            between_limbs=halves.is_two_limbs,
        ),
        f"midline of the body: {sides}, both sides alike to {best.likeness:.2f}, known to {uncertainty_mm:.0f} mm",
    )


def _coarse_copy(volume: Volume, bodies: Sequence[Outline], bones: Sequence[Outline]) -> _Copy | None:
    box = StackBox.of(volume.geometry)
    step_mm = box.step_mm(LOCATE.midline_step_mm, LOCATE.midline_points)
    # Points lie in the middle of cells that fill the field.
    axes_mm = [np.arange(low + step_mm / 2, max(high, low + step_mm), step_mm) for low, high in box.sides_mm]
    if min(map(len, axes_mm[:2])) < LOCATE.fewest_columns:
        return None
    grid = Grid.along(axes_mm, volume.geometry, order="zyx")
    points_lps_mm = grid.points_lps_mm
    hu = grid.attenuation_hu(volume)
    imaged = hu != NOT_IMAGED_HU
    body = grid.covered_by(_main_bodies(bodies))
    if np.count_nonzero(body) < LOCATE.fewest_body_points:
        return None
    bone = grid.covered_by(bones)
    # What lies outside of the bodies that are compared (table, clothes, arms) counts as air.
    clipped_hu = np.where(body, np.clip(hu, *LOCATE.compared_hu), LOCATE.compared_hu[0]).astype(np.float32)
    return _Copy(
        clipped_hu=clipped_hu,
        imaged=imaged.astype(np.float32),
        # A mass, contrast agent or metal on one side does not tell where the middle is.
        compared=(imaged & ~((hu >= LOCATE.compared_hu[1]) & ~bone)).astype(np.float32),
        body=body.astype(np.float32),
        bone_lps_mm=points_lps_mm[body & bone],
        middle_lps_mm=points_lps_mm.reshape(-1, 3)[[0, -1]].mean(axis=0),
        step_mm=step_mm,
    )


def _main_bodies(bodies: Sequence[Outline]) -> list[Outline]:
    """Choose the trunk, or both legs; arms are much smaller than a trunk."""
    sizes = [body.voxel_count for body in bodies]
    return [body for body, size in zip(bodies, sizes, strict=True) if size >= LOCATE.smallest_body * max(sizes)]


def _best_mirror(copy: _Copy) -> _Mirror:
    """Search for the best plane.

    First planes are turned about the long axis of the body, in a thinned copy. Then the best one is turned and tilted
    in smaller steps.
    """
    thin = _thinned(copy)
    coarse = np.deg2rad(np.arange(-LOCATE.most_askew_deg, LOCATE.most_askew_deg + 1, LOCATE.turn_step_deg))
    # Turning an image releases the interpreter's lock.
    with ThreadPoolExecutor() as pool:
        turn, askew = _angles(max(pool.map(lambda turn: _mirror(thin, turn, 0.0), coarse), key=_score).normal)
        best = _mirror(copy, turn, askew)
        for step in np.deg2rad(LOCATE.refining_steps_deg):
            turns = [(turn + a * step, askew + b * step) for a, b in _AROUND]
            around = list(pool.map(lambda one: _mirror(copy, *one), turns))
            scores = [_score(one) for one in (best, *around)]
            tops = (_top(scores[1], scores[0], scores[2]), _top(scores[3], scores[0], scores[4]))
            best = max((best, *around, _mirror(copy, turn + tops[0] * step, askew + tops[1] * step)), key=_score)
            turn, askew = _angles(best.normal)
    return best


def _thinned(copy: _Copy) -> _Copy:
    """Take every second section, row and column: enough to tell apart directions that differ by much."""
    every = (slice(None, None, 2),) * 3
    return replace(
        copy,
        clipped_hu=copy.clipped_hu[every],
        imaged=copy.imaged[every],
        compared=copy.compared[every],
        body=copy.body[every],
        step_mm=2 * copy.step_mm,
    )


def _score(mirror: _Mirror) -> float:
    """Rate a plane: the field should show both of its sides."""
    return mirror.likeness * min(1.0, mirror.share_in_view / LOCATE.smallest_share_in_view)


def _angles(normal: NDArray[np.float64]) -> tuple[float, float]:
    return float(np.arctan2(normal[1], normal[0])), float(np.arcsin(normal[2]))


def _frame(turn: float, askew: float) -> NDArray[np.float64]:
    """(3, 3) rows: the plane's normal (to the patient's left), and two directions in the plane."""
    normal = np.array([np.cos(turn) * np.cos(askew), np.sin(turn) * np.cos(askew), np.sin(askew)])
    back = np.array([-np.sin(turn), np.cos(turn), 0.0])
    return np.stack([normal, back, np.cross(normal, back)])


def _turned(
    image: NDArray[np.float32], frame: NDArray[np.float64], fill: float = 0.0, order: int = 1
) -> NDArray[np.float32]:
    """Turn a copy so that its last axis runs along the normal, about the middle of its box."""
    to_zyx = frame[::-1, ::-1].T  # what is (z, y, x) in the turned image, in the axes of the copy
    middle = (np.array(image.shape) - 1) / 2
    turned: NDArray[np.float32] = ndimage.affine_transform(
        image, to_zyx, offset=middle - to_zyx @ middle, order=order, mode="constant", cval=fill
    )
    return turned


def _mirror(copy: _Copy, turn: float, askew: float) -> _Mirror:
    """Find the best plane of one direction. Each line is correlated with its reverse, for all positions at once."""
    frame = _frame(turn, askew)
    hu, compared, imaged, body = _lines(copy, frame)
    likeness, share = mirror_likeness(hu, compared), _share_in_view(body, imaged)
    score = likeness * np.minimum(1.0, share / LOCATE.smallest_share_in_view)
    best = int(np.argmax(score))
    # A point and its mirror image have the indexes a and b with a + b = best.
    half = (best + _peak(score, best)) / 2
    middle = (hu.shape[2] - 1) / 2
    offset_mm = float(frame[0] @ copy.middle_lps_mm + (half - middle) * copy.step_mm)
    return _Mirror(float(likeness[best]), offset_mm, frame, float(share[best]))


def _lines(copy: _Copy, frame: NDArray[np.float64]) -> tuple[NDArray[np.float32], ...]:
    """Turn a copy: attenuation above its lowest, what may be compared, what was imaged, and the body."""
    compared = _turned(copy.compared, frame)
    hu = (_turned(copy.clipped_hu, frame, LOCATE.compared_hu[0]) - np.float32(LOCATE.compared_hu[0])) * compared
    # What was imaged, and what is body, is counted and not compared: the nearest points suffice.
    return hu, compared, _turned(copy.imaged, frame, order=0), _turned(copy.body, frame, order=0)


def mirror_likeness(hu: NDArray[np.float32], compared: NDArray[np.float32]) -> NDArray[np.float64]:
    """Correlate an image with its mirror image for every sum of two mirrored indexes, where both may be compared.

    Masked normalized cross-correlation (Padfield, IEEE TIP 2012;21:2706) in one dimension, summed over the lines.
    """
    pairs = np.maximum(_mirrored(compared, compared), 1.0)
    mean = _mirrored(hu, compared) / pairs
    variance = _mirrored(hu * hu, compared) / pairs - mean**2
    together = _mirrored(hu, hu) / pairs - mean**2
    enough = pairs >= LOCATE.fewest_pairs * pairs.max()
    return np.where(enough, together / np.maximum(variance, 1.0), -1.0)


def _share_in_view(body: NDArray[np.float32], imaged: NDArray[np.float32]) -> NDArray[np.float64]:
    """(n,) share of the body whose mirror image was imaged, for every sum of two mirrored indexes."""
    return _mirrored(body, imaged) / max(float(body.sum()), 1e-6)


def _mirrored(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float64]:
    """(2 n - 1,) sum over all lines and all pairs of indexes a + b = 0, 1, ... of first[a] * second[b]."""
    count = 2 * first.shape[2] - 1
    length = fft.next_fast_len(count, real=True)
    product_of_lines = fft.rfft(first, length, axis=2)
    product_of_lines *= product_of_lines if second is first else fft.rfft(second, length, axis=2)
    total: NDArray[np.float64] = fft.irfft(product_of_lines.sum(axis=(0, 1)), length)[:count]
    return total


def _peak(score: NDArray[np.float64], best: int) -> float:
    """Place the top of a peak between its samples, by the parabola through three of them."""
    if not 0 < best < len(score) - 1:
        return 0.0
    return _top(*map(float, score[best - 1 : best + 2]))


def _top(below: float, middle: float, above: float) -> float:
    bend = below - 2 * middle + above
    return 0.0 if bend >= 0 else float(np.clip((below - above) / (2 * bend), -0.5, 0.5))


@dataclass(frozen=True, slots=True)
class _Halves:
    """The extent of a body on both sides of a plane.

    Parameters
    ----------
    half_width_mm
        Extent of the body to one side in nine of ten slices, on the side with the smaller extent.
    wide_length_mm
        Length over which the body extends to both sides as far as a trunk does.
    is_two_limbs
        Whether air lies between two parts of the body.
    """

    half_width_mm: float
    wide_length_mm: float
    is_two_limbs: bool

    @classmethod
    def of(cls, copy: _Copy, mirror: _Mirror) -> _Halves:
        """Measure a body along the normal of a plane."""
        body: NDArray[np.bool_] = _turned(copy.body, mirror.frame) > 0.5
        seen: NDArray[np.bool_] = np.any(body, axis=1)
        slices: NDArray[np.bool_] = np.any(seen, axis=1)
        columns_mm = (np.arange(body.shape[2]) - _column_of(copy, mirror, body.shape[2])) * copy.step_mm
        reach_mm = [np.where(seen, way * columns_mm, -1e4).max(axis=1)[slices] for way in (-1, 1)]
        nearer_mm = np.min(reach_mm, axis=0)
        at_plane = seen[slices][:, np.abs(columns_mm) <= max(LOCATE.joined_sections_mm, copy.step_mm)].all(axis=1)
        return cls(
            half_width_mm=float(np.quantile(reach_mm, LOCATE.half_width_quantile, axis=1).min()),
            wide_length_mm=float(np.count_nonzero(nearer_mm >= LOCATE.midline_trunk_half_width_mm) * copy.step_mm),
            is_two_limbs=bool(np.mean(at_plane) < LOCATE.most_sections_joined),
        )


def _share_cut_off(volume: Volume, bodies: Iterable[Outline], normal: NDArray[np.float64]) -> float:
    """Share of the lines across a body that reach the end of what was imaged before the skin, on the side with more."""
    geometry = volume.geometry
    directions = (geometry.normal, geometry.column_direction, geometry.row_direction)
    axis = int(np.argmax([abs(float(direction @ normal)) for direction in directions]))
    cut, lines = np.zeros(2), 0
    for body in bodies:
        # Every fourth line gives the same share.
        thinned = tuple(slice(None) if one == axis else slice(None, None, 4) for one in range(3))
        mask = np.moveaxis(body.mask()[thinned], axis, 2)
        seen = mask.any(axis=2)
        first = np.argmax(mask, axis=2) + body.start_kji[axis]
        last = body.stop_kji[axis] - 1 - np.argmax(mask[..., ::-1], axis=2)
        others = [np.arange(body.start_kji[one], body.stop_kji[one], 4) for one in range(3) if one != axis]
        for way, beyond in enumerate((first - 1, last + 1)):
            inside = (beyond >= 0) & (beyond < geometry.shape_kji[axis])
            index = list(np.meshgrid(*others, indexing="ij"))
            index.insert(axis, np.where(inside, beyond, 0))
            imaged = inside & (volume.attenuation_hu[tuple(index)] != NOT_IMAGED_HU)
            cut[way] += np.count_nonzero(seen & ~imaged)
        lines += int(np.count_nonzero(seen))
    return float(cut.max()) / max(lines, 1)


def _column_of(copy: _Copy, mirror: _Mirror, count: int) -> float:
    """Index of a plane along its own normal, in a rotated copy with `count` columns."""
    return (count - 1) / 2 + (mirror.offset_mm - float(mirror.normal @ copy.middle_lps_mm)) / copy.step_mm


def _two_sides(copy: _Copy, mirror: _Mirror, halves: _Halves) -> str | None:
    """Say what lies on both sides of a plane; None where the body may be a single limb."""
    distance_mm = copy.bone_lps_mm @ mirror.normal - mirror.offset_mm
    along_mm = copy.bone_lps_mm @ mirror.frame[2]
    far = [way * distance_mm > LOCATE.far_from_midline_mm for way in (-1, 1)]
    counts = [int(np.count_nonzero(one)) for one in far]
    many = sum(counts) >= max(LOCATE.fewest_bone_points, LOCATE.least_bone_share * len(distance_mm))
    if many and max(counts) <= LOCATE.most_uneven_bone * min(counts):
        slabs = np.floor(along_mm / LOCATE.bone_slab_mm)
        on_both = np.intersect1d(slabs[far[0]], slabs[far[1]])
        throughout = len(on_both) >= LOCATE.slabs_with_bone * len(
            np.unique(np.floor(_along_mm(copy, mirror) / LOCATE.bone_slab_mm))
        )
        if halves.is_two_limbs:
            return "two limbs"
        if (
            halves.half_width_mm >= LOCATE.body_half_width_mm
            or halves.wide_length_mm >= LOCATE.trunk_length_mm
            or throughout
        ):
            return "bones on both sides"
    if halves.half_width_mm >= LOCATE.midline_trunk_half_width_mm:
        return f"a body of {2 * halves.half_width_mm:.0f} mm"
    return None


def _along_mm(copy: _Copy, mirror: _Mirror) -> NDArray[np.float64]:
    """(n,) positions of the slices that show the body, along the body."""
    used = np.flatnonzero(_turned(copy.body, mirror.frame).max(axis=(1, 2)) > 0.5)
    count = copy.body.shape[0]
    along: NDArray[np.float64] = mirror.frame[2] @ copy.middle_lps_mm + (used - (count - 1) / 2) * copy.step_mm
    return along


def _spread_mm(copy: _Copy, mirror: _Mirror) -> float:
    """Largest distance of the planes of single slabs of the body from the plane of the whole body."""
    hu, compared, imaged, body = _lines(copy, mirror.frame)
    whole = _column_of(copy, mirror, hu.shape[2])
    away = []
    for part in np.array_split(np.arange(hu.shape[0]), min(LOCATE.uncertainty_slabs, hu.shape[0])):
        if body[part].sum() < LOCATE.fewest_slab_points:
            continue
        likeness, share = mirror_likeness(hu[part], compared[part]), _share_in_view(body[part], imaged[part])
        score = likeness * np.minimum(1.0, share / LOCATE.smallest_share_in_view)
        near = np.arange(len(score))
        score = np.where(np.abs(near / 2 - whole) * copy.step_mm < LOCATE.farthest_slab_mm, score, -np.inf)
        best = int(np.argmax(score))
        away.append(abs((best + _peak(score, best)) / 2 - whole) * copy.step_mm)
    return float(max(away, default=2 * LOCATE.least_uncertainty_mm))

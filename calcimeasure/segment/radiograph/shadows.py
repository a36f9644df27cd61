"""The shadow of one mass on a radiograph, outlined by a network that was trained on such shadows.

The network outlines a mass on a square patch of any size. Patches of all sizes are taken around a place. Each shadow
that is found is outlined again on a patch around its own middle, with a size that fits the shadow. So the outline
depends neither on the marked place nor on the size of the first patch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from calcimeasure.edge import joining_distance
from calcimeasure.segment.radiograph.constants import RADIOGRAPH
from calcimeasure.segment.radiograph.network import CALCINOSIS, SHADOWS, SIDE, mass_shares

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from calcimeasure.segment.radiograph.scale import Pyramid

Sought = tuple[tuple[float, float], float]
"""Row and column of a mass's middle, in pixels of the radiograph, and its length in the unit of the pyramid's steps."""
MIDDLE = (SIDE - 1) / 2


@dataclass(frozen=True, eq=False)
class Shadow:
    """The shadow of one mass.

    Parameters
    ----------
    center
        Row and column of the patch's middle, in pixels of the radiograph.
    side
        Length of the patch's sides in the unit of the pyramid's steps.
    shares
        (SIDE, SIDE) probability that each pixel of the patch lies in the shadow.
    mask
        (SIDE, SIDE) the shadow: one connected part, or several that are one mass (`joining_distance`).
    """

    center: tuple[float, float]
    side: float
    shares: NDArray[np.float32]
    mask: NDArray[np.bool_]

    @property
    def pixel(self) -> float:
        """Length of a pixel of the patch in the unit of the pyramid's steps."""
        return self.side / SIDE

    @cached_property
    def length(self) -> float:
        """Longest extent, in the unit of the pyramid's steps."""
        return (longest_extent(np.argwhere(self.mask)) + 1) * self.pixel

    @cached_property
    def certainty(self) -> float:
        """Expected Dice coefficient of the mask with the true shadow, by the network's probabilities, 0..1."""
        shares = float(self.shares.sum())
        return 2 * float(self.shares[self.mask].sum()) / (shares + float(self.mask.sum()))

    def middle(self, pyramid: Pyramid) -> tuple[float, float]:
        """Row and column of the center of the shadow, in pixels of the radiograph."""
        away = (np.argwhere(self.mask).mean(axis=0) - MIDDLE) * self.pixel / pyramid.steps[0]
        return self.center[0] + float(away[0]), self.center[1] + float(away[1])

    def border(self, pyramid: Pyramid) -> NDArray[np.float64]:
        """(n, 2) rows and columns of the outermost pixels of the shadow, in pixels of the radiograph."""
        outermost = np.argwhere(self.mask & ~ndimage.binary_erosion(self.mask))
        return (self.center + (outermost - MIDDLE) * self.pixel / pyramid.steps[0]).astype(np.float64)

    def pixels_away(self, pyramid: Pyramid, point: tuple[float, float]) -> float:
        """Distance of a place (in pixels of the radiograph) from the shadow, in pixels of the patch; 0 inside."""
        away = (np.array(point) - self.center) * pyramid.steps[0] / self.pixel + MIDDLE
        within = np.clip(np.rint(away).astype(int), 0, SIDE - 1)
        beside = ndimage.distance_transform_edt(~self.mask)[tuple(within)]
        return float(beside + np.linalg.norm(away - np.clip(away, 0, SIDE - 1)))


def longest_extent(places: NDArray[np.intp] | NDArray[np.floating]) -> float:
    """Largest extent of (n, 2) places over a few directions."""
    angles = np.arange(RADIOGRAPH.extent_directions) * (np.pi / RADIOGRAPH.extent_directions)
    along = places @ np.stack([np.sin(angles), np.cos(angles)])
    return float(np.ptp(along, axis=0).max())


def pointed_at(pyramid: Pyramid, point: tuple[float, float], smallest: float, largest: float) -> Shadow | None:
    """Find the shadow of the mass at a place (in pixels of the radiograph), of any length between two limits.

    Both networks look for it. The outline of the one that is surer is taken.
    """
    count = math.ceil(math.log(largest / smallest) / math.log(RADIOGRAPH.first_step)) + 1
    sides = [smallest / RADIOGRAPH.first_fills * RADIOGRAPH.first_step**n for n in range(count)]
    there: list[Shadow] = []
    for weights in (SHADOWS, CALCINOSIS):
        sought: list[Sought] = []
        for one in _at_the_middle(pyramid, [point] * count, sides, weights):
            middle, length = one.middle(pyramid), one.length
            if not any(_is_same((middle, length), other, pyramid) for other in sought):
                sought.append((middle, length))
        there += [one for one in settled(pyramid, sought, is_there=True, weights=weights) if one is not None]
    return max(there, key=lambda one: one.certainty * _closeness(pyramid, one, point), default=None)


def seen_again(pyramid: Pyramid, shadows: Sequence[Shadow]) -> list[float]:
    """Give how certain the network of calcinosis is of a mass where the other network has outlined one; 0: of none."""
    sought = [(one.middle(pyramid), one.length) for one in shadows]
    found = settled(pyramid, sought, weights=CALCINOSIS)
    return [
        0.0 if again is None else again.certainty * _closeness(pyramid, again, one.middle(pyramid))
        for one, again in zip(shadows, found, strict=True)
    ]


def _is_same(one: Sought, other: Sought, pyramid: Pyramid) -> bool:
    """Tell whether two shadows that are sought are nearly of one place and length."""
    (middle, length), (other_middle, other_length) = one, other
    away = math.hypot(*(np.array(middle) - other_middle) * pyramid.steps[0])
    alike = RADIOGRAPH.alike * min(length, other_length)
    return away < alike and abs(length - other_length) < alike


def settled(
    pyramid: Pyramid, sought: Sequence[Sought], *, is_there: bool = False, weights: str = SHADOWS
) -> list[Shadow | None]:
    """Outline masses repeatedly, each time around the middle and for the size found before; None if there is no mass.

    Parameters
    ----------
    is_there
        Whether a reader says that there is a mass. Then only its outline is searched, not whether it exists. The
        patches become smaller in each round. An outline on a smaller patch is not used if it is much less certain,
        because a bright and uniform area without its surroundings has no visible edge.
    weights
        Those of the network that outlines (`mass_shares`).
    """
    found: list[Shadow | None] = [None] * len(sought)
    looked_for = dict(enumerate(sought))
    for fills in RADIOGRAPH.closer_fills if is_there else (RADIOGRAPH.fills,) * RADIOGRAPH.rounds:
        looks = seen_at(pyramid, list(looked_for.values()), fills=fills, is_there=is_there, weights=weights)
        for (n, (_, length)), one in zip(list(looked_for.items()), looks, strict=True):
            if is_there and (one is None or _is_less_sure(one, found[n])):
                del looked_for[n]
                continue
            found[n] = one
            if one is None:
                del looked_for[n]
            else:
                looked_for[n] = (
                    one.middle(pyramid),
                    min(max(one.length, length / RADIOGRAPH.grows), length * RADIOGRAPH.grows),
                )
    return found


def _is_less_sure(closer: Shadow, before: Shadow | None) -> bool:
    return before is not None and closer.certainty < before.certainty - RADIOGRAPH.less_sure


def seen_at(
    pyramid: Pyramid,
    sought: Sequence[Sought],
    *,
    fills: float = RADIOGRAPH.fills,
    is_there: bool = False,
    weights: str = SHADOWS,
) -> list[Shadow | None]:
    """Outline masses once, each on a patch of which it fills a given part: the largest part, with its pieces."""
    centers, sides = [where for where, _ in sought], [length / fills for _, length in sought]
    found: list[Shadow | None] = []
    all_shares = _shares(pyramid, centers, sides, is_there=is_there, weights=weights)
    for center, side, shares in zip(centers, sides, all_shares, strict=True):
        parts, _ = ndimage.label(shares > 0.5)
        sizes = np.bincount(parts.ravel())[1:]
        is_seen = sizes.size > 0 and sizes.max() >= RADIOGRAPH.fewest_pixels
        mask = _with_pieces(pyramid, center, side, parts, int(sizes.argmax()) + 1) if is_seen else None
        found.append(None if mask is None else Shadow(center, side, shares, mask))
    return found


def _with_pieces(
    pyramid: Pyramid, center: tuple[float, float], side: float, parts: NDArray[np.int32], part: int
) -> NDArray[np.bool_]:
    """(SIDE, SIDE) a connected part and those from which it is no farther than pieces of one mass are."""
    own: NDArray[np.bool_] = parts == part
    if parts.max() == 1:
        return own
    place = [one / factor for one, factor in zip(center, pyramid.factors[pyramid.coarse], strict=True)]
    steps = pyramid.steps[pyramid.coarse]
    reach = joining_distance(pyramid.copies[pyramid.coarse], steps, (place[0], place[1]), in_mm=pyramid.in_mm)
    near, _ = ndimage.label(ndimage.distance_transform_edt(parts == 0) <= reach / 2 / (side / SIDE))
    joined: NDArray[np.bool_] = (parts > 0) & (near == near[own][0])
    return joined


def drawn(pyramid: Pyramid, shadow: Shadow) -> tuple[NDArray[np.bool_], tuple[int, int]]:
    """(rows, columns) mask of a shadow in pixels of the radiograph, without holes, and the first pixel of its box."""
    shape = pyramid.copies[0].shape
    near = np.where(ndimage.binary_dilation(shadow.mask, iterations=2), shadow.shares, 0)
    near = np.clip(near, 1e-4, 1 - 1e-4)
    log_odds = np.log(near / (1 - near))
    start, weights = [], []
    for axis in range(2):
        half = shadow.side / 2 / pyramid.steps[0][axis]
        low = min(max(0, math.floor(shadow.center[axis] - half)), shape[axis] - 1)
        high = max(low + 1, min(shape[axis], math.ceil(shadow.center[axis] + half) + 1))
        start.append(low)
        at = (np.arange(low, high) - shadow.center[axis]) * pyramid.steps[0][axis] / shadow.pixel + MIDDLE
        weights.append(_linear_weights(at))
    # Beyond the patch all weights are 0, and so is the sum: that is outside.
    inside = weights[0] @ log_odds @ weights[1].T > 0
    return ndimage.binary_fill_holes(inside), (start[0], start[1])


def _linear_weights(at: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, SIDE) weights of the pixels of a patch in the values between them, along one axis; beyond it 0."""
    away = np.abs(at[:, None] - np.arange(SIDE))
    within = (at >= 0) & (at <= SIDE - 1)
    weights: NDArray[np.float64] = np.where(within[:, None], np.maximum(1 - away, 0), 0)
    return weights


def _closeness(pyramid: Pyramid, shadow: Shadow, point: tuple[float, float]) -> float:
    return math.exp(-shadow.pixels_away(pyramid, point) / RADIOGRAPH.close_pixels)


def _at_the_middle(
    pyramid: Pyramid, centers: Sequence[tuple[float, float]], sides: Sequence[float], weights: str
) -> list[Shadow]:
    """Outline masses on patches; the connected part nearest to the middle is kept, with its pieces."""
    found = []
    all_shares = _shares(pyramid, centers, sides, is_there=True, weights=weights)
    for center, side, shares in zip(centers, sides, all_shares, strict=True):
        parts, _ = ndimage.label(shares > 0.5)
        if parts.any():
            _, nearest = ndimage.distance_transform_edt(parts == 0, return_indices=True)
            part = int(parts[tuple(nearest[:, SIDE // 2, SIDE // 2])])
            found.append(Shadow(center, side, shares, _with_pieces(pyramid, center, side, parts, part)))
    return found


def _shares(
    pyramid: Pyramid, centers: Sequence[tuple[float, float]], sides: Sequence[float], *, is_there: bool, weights: str
) -> NDArray[np.float32]:
    """Return the network's probabilities on patches; if it is known that there is a mass, divided by their maximum."""
    patches = [patch_at(pyramid, center, side) for center, side in zip(centers, sides, strict=True)]
    if not patches:
        return np.empty((0, SIDE, SIDE), dtype=np.float32)
    shares = mass_shares(np.stack([as_seen(*patch) for patch in patches]), weights)
    # A patch with a single value shows no mass.
    shares[[bool(np.ptp(values) == 0) for values, _ in patches]] = 0
    if is_there:
        shares /= np.maximum(shares.max(axis=(1, 2), keepdims=True), RADIOGRAPH.least_share)
    return shares


def patch_at(
    pyramid: Pyramid, center: tuple[float, float], side: float
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """(SIDE, SIDE) attenuation, with the nearest pixel used beyond the image; and the mask of the image."""
    copy = pyramid.fitting(side / SIDE)
    within = np.ones((SIDE, SIDE), dtype=np.bool_)
    at = []
    for axis, away in enumerate(np.mgrid[:SIDE, :SIDE] - MIDDLE):
        place = center[axis] + away * (side / SIDE / pyramid.steps[0][axis])
        within &= (place > -0.5) & (place < pyramid.copies[0].shape[axis] - 0.5)
        at.append((place + 0.5) / pyramid.factors[copy][axis] - 0.5)
    values = ndimage.map_coordinates(pyramid.copies[copy], at, order=1, mode="nearest", output=np.float32)
    return values, within


def as_seen(values: NDArray[np.float32], within: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(SIDE, SIDE, CHANNELS) the input of the network, independent of unit and offset of attenuation.

    The channels are: attenuation divided by the range of the patch; attenuation divided by the standard deviation of
    the middle of the patch; and the mask of the image.
    """
    values = values.astype(np.float64)
    known = values[within] if within.any() else values
    low, high = np.quantile(known, RADIOGRAPH.patch_quantiles)
    spread = max(float(high - low) / 2, 1e-6)
    inner = values[SIDE // 4 : -SIDE // 4, SIDE // 4 : -SIDE // 4]
    most = RADIOGRAPH.patch_limit
    whole = np.clip((values - np.median(known)) / spread, -most, most)
    deviation = inner.std() + RADIOGRAPH.patch_even_share * spread
    middle = np.clip((values - inner.mean()) / deviation, -most, most)
    return np.stack([whole, middle, within], axis=-1).astype(np.float32)

"""The limbs on a radiograph: one, or two beside each other, which may touch.

Between two limbs runs a seam from one border of the image to the opposite one. Along the seam attenuation is as low as
beside the limbs, or nearly so where the limbs touch, and limbs lie on both sides of the seam. Within a single limb such
a seam ends: between fingers at the palm, between toes at the foot. Where limbs overlap no seam is low. What is shown
then looks like a pair: both sides mirror each other or are together as wide as long, their edges run along the seam,
and no bone lies along it. Such limbs cannot be told apart, and count as several.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import ndimage

from calcimeasure.locate.constants import LOCATE

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Limbs:
    """The limbs that a radiograph shows.

    Parameters
    ----------
    count
        1; 2; or 3 for more than two limbs, and for several limbs that cannot be told apart.
    axis
        Along which of (rows, columns) of the array two limbs lie beside each other; None unless there are two.
    seam
        (n,) first index along this axis that belongs to the second limb, for each index along the other axis; None
        unless there are two.
    margin
        Nearer to the seam than so many pixels nothing is said to lie in one of them.
    are_alike
        Whether two limbs look like mirror images of each other.
    is_doubtful
        Whether they may be two that overlap, or one that is alike on both sides.
    """

    count: int
    axis: int | None = None
    seam: NDArray[np.intp] | None = None
    margin: float = 0.0
    are_alike: bool = False
    is_doubtful: bool = False

    def holding(self, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> int | None:
        """Tell whether pixels (n,) lie in the first (0) or the second limb (1).

        None where they lie in both or near the seam between them, and where there are not two limbs.
        """
        if self.axis is None or self.seam is None:
            return None
        along, across = (rows, columns) if self.axis == 0 else (columns, rows)
        beyond = along - self.seam[across]
        if (beyond < -self.margin).all():
            return 0
        return 1 if (beyond > self.margin).all() else None


ONE_LIMB: Final = Limbs(1)


@dataclass(frozen=True, slots=True, eq=False)
class _Density:
    """A coarse copy of a radiograph.

    Parameters
    ----------
    above
        (rows, columns) how far a pixel lies above the lowest value of its row, and above the open beam: 0 to 1.
    body
        (rows, columns) whether a pixel lies clearly above the open beam, and was exposed.
    """

    above: NDArray[np.float32]
    body: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _Seam:
    """The lowest seam from the top to the bottom of a coarse copy, between its quarters.

    Parameters
    ----------
    columns
        (rows,) where it runs.
    share
        Number of rows where it lies low between two limbs, of these rows and those where it runs through a limb.
    length
        Part of all rows where it lies low between two limbs.
    balance
        What lies on the lighter side of it, of what lies on the heavier side.
    """

    columns: NDArray[np.intp]
    share: float
    length: float
    balance: float

    @property
    def is_low(self) -> bool:
        """Whether it lies low over as much as a seam between two limbs does; some between fingers do, too."""
        long_enough = self.share >= LOCATE.seam_share and self.length >= LOCATE.seam_length
        return long_enough and self.balance >= LOCATE.radiograph_smallest_limb


def limbs_on(pixels: NDArray[np.float32]) -> Limbs:
    """Find the limbs on a radiograph.

    Parameters
    ----------
    pixels
        (rows, columns), dense is bright.
    """
    factor = max(1, max(pixels.shape) // LOCATE.radiograph_limb_pixels)
    image = averaged(pixels, factor)
    if min(image.shape) < LOCATE.radiograph_fewest_columns or image.max() <= image.min():
        return ONE_LIMB
    found = []
    for axis, turned in ((1, image), (0, image.T)):
        density = _density(turned)
        seam = _lowest_seam(density)
        if seam is None:
            continue
        if _parts_limbs(density, seam):
            found.append((axis, seam, density))
        elif _may_part_a_pair(turned, density, seam):
            return Limbs(3, is_doubtful=True)
    if not found:
        return ONE_LIMB
    (axis, seam, density), *other = found
    if other or any(half.is_low for half in _seams_of_halves(density, seam)):
        return Limbs(3)
    at = _at_full_size(seam.columns, factor, pixels.shape[1 - axis])
    are_alike = _likeness(density.above) >= LOCATE.least_alike_limbs
    return Limbs(2, axis, at, LOCATE.beside_seam * pixels.shape[axis], are_alike)


def _parts_limbs(density: _Density, seam: _Seam) -> bool:
    """Tell whether a seam runs between two limbs: one that lies low in few rows does so only in what looks like two."""
    return seam.is_low and (seam.share >= LOCATE.sure_seam_share or _looks_like_a_pair(density))


def _may_part_a_pair(image: NDArray[np.float32], density: _Density, seam: _Seam) -> bool:
    """Tell whether two limbs may overlap along a seam that is not low.

    What is shown looks like two limbs beside each other. The seam is low along a part of it, or no bone lies along most
    of it, or bones that lie on each other are so many that they mirror each other. Along a single limb that is cut in
    its middle lies mostly a bone.
    """
    width = _width_of_length(density.body)
    if width < LOCATE.narrowest_pair or seam.balance < LOCATE.least_balance_of_pair:
        return False
    if not _runs_along_seam(image) or not _looks_like_a_pair(density):
        return False
    return (
        (seam.share >= LOCATE.doubtful_seam_share and _likeness(density.above) >= LOCATE.mirrored_limbs)
        or _height_along(image, density.body, seam.columns) <= LOCATE.most_along_seam
        or (width >= LOCATE.bent_pair and _likeness_of_bones(image, density.body) >= LOCATE.mirrored_bones)
    )


def _looks_like_a_pair(density: _Density) -> bool:
    """Tell whether what is shown mirrors itself, or is about as wide as long: a hand is neither."""
    return _width_of_length(density.body) >= LOCATE.wide_pair or _likeness(density.above) >= LOCATE.like_limbs


def _width_of_length(body: NDArray[np.bool_]) -> float:
    """Width of what is shown, across a seam, divided by its length along it; 0 where nothing is shown."""
    rows, columns = (np.flatnonzero(body.any(axis=axis)) for axis in (1, 0))
    return float((columns[-1] - columns[0] + 1) / (rows[-1] - rows[0] + 1)) if len(rows) else 0.0


def _runs_along_seam(image: NDArray[np.float32]) -> bool:
    """Tell whether limbs run along the rows of seams: much of what changes does so from column to column."""
    along, across = np.gradient(_limited(ndimage.gaussian_filter(image, 1.0)))
    changes = float((across**2).sum())
    return changes >= LOCATE.least_across * (changes + float((along**2).sum()))


def _limited(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Limit an image to the values between which structure is compared: markers and metal are brighter."""
    limited: NDArray[np.float32] = np.clip(image, *np.quantile(image, LOCATE.structure_quantiles))
    return limited


def _height_along(image: NDArray[np.float32], body: NDArray[np.bool_], seam: NDArray[np.intp]) -> float:
    """Median over the rows of how high the seam lies, of the lower one of the highest places on its two sides."""
    height = ndimage.gaussian_filter(np.maximum(image - np.quantile(image, LOCATE.exposed_quantiles[0]), 0), 1.0)
    columns = np.arange(image.shape[1])[None]
    left = np.where(columns < seam[:, None], height, 0).max(axis=1)
    right = np.where(columns > seam[:, None], height, 0).max(axis=1)
    lower = np.minimum(left, right)
    along = height[np.arange(len(seam)), seam]
    parts = np.divide(along, lower, out=np.full_like(along, np.inf), where=lower > 0)
    return float(np.median(parts[body.any(axis=1)]))


def _likeness_of_bones(image: NDArray[np.float32], body: NDArray[np.bool_]) -> float:
    """Correlate the edges in an image with those in its mirror image, at the place where they are most alike.

    The place lies near the middle of the limbs, and the mirror image may be moved along them.
    """
    rows, columns = (np.flatnonzero(body.any(axis=axis)) for axis in (1, 0))
    box = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    slow = max(2.0, LOCATE.bones_slower_than * min(box.shape))
    bones = ndimage.gaussian_filter(box, 1.0) - ndimage.gaussian_filter(box, slow)
    bones = _limited(bones)
    bones -= bones.mean()
    power = float((bones**2).sum())
    if power <= 0:
        return 0.0
    height, width = bones.shape
    double = 2 * height, 2 * width
    spectrum = np.fft.rfft2(bones, double) * np.conj(np.fft.rfft2(bones[:, ::-1], double))
    found = np.fft.fftshift(np.fft.irfft2(spectrum, double))
    along, across = round(LOCATE.bones_moved_along * height), 2 * round(LOCATE.farthest_from_middle * width)
    near = found[height - along : height + along + 1, max(0, width - across) : width + across + 1]
    return float(near.max()) / power


def averaged(image: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    """Average square blocks of pixels; incomplete blocks at the far ends are left out."""
    rows, columns = (n // factor * factor for n in image.shape)
    blocks = image[:rows, :columns].reshape(rows // factor, factor, columns // factor, factor)
    found: NDArray[np.float32] = blocks.mean(axis=(1, 3), dtype=np.float32)
    return found


def _density(image: NDArray[np.float32]) -> _Density:
    """Tell limbs from the open beam, whatever the window of the image: each row is compared with its own lowest value.

    The area behind the collimator, all white or all black, shows neither.
    """
    lowest, highest = float(image.min()), float(image.max())
    even = LOCATE.even_share * (highest - lowest)
    white, black = _at_border(image >= highest - even), _at_border(image <= lowest + even)
    white = ndimage.binary_dilation(white, iterations=LOCATE.collimator_rim) & (image > (lowest + highest) / 2)
    exposed = ~(white | black)
    if exposed.mean() < LOCATE.least_exposed:
        exposed = ~white
    if not exposed.any():
        return _Density(np.zeros_like(image), np.zeros(image.shape, dtype=np.bool_))
    smooth = ndimage.gaussian_filter(image, 1.0)
    air, least, most = np.quantile(smooth[exposed], LOCATE.exposed_quantiles)
    span = float(most - least)
    if span < LOCATE.least_span * float((image - smooth)[exposed].std()):
        return _Density(np.zeros_like(image), np.zeros(image.shape, dtype=np.bool_))
    base = np.where(exposed, smooth, np.inf).min(axis=1)
    base = np.where(np.isfinite(base), base, least)
    top = np.maximum(np.where(white, -np.inf, smooth).max(axis=1), base)
    height = np.maximum(top - base, LOCATE.least_height * span)
    above_air = np.clip((smooth - air) / span, 0, 1)
    above_air[black] = 0
    above = np.clip((smooth - base[:, None]) / height[:, None], 0, 1)
    above[black] = 0
    above = np.maximum(above, np.minimum(LOCATE.above_air_weight * above_air, 1))
    above[white] = 1
    above[white.all(axis=1)] = 0
    return _Density(above.astype(np.float32), (above_air >= LOCATE.body_above_air) & ~white)


def _at_border(flat: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Keep the large parts of a mask that reach the border of the image."""
    labels, count = ndimage.label(flat)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    reached = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    kept = np.zeros(count + 1, dtype=np.bool_)
    kept[reached] = sizes[reached] >= LOCATE.least_unexposed * flat.size
    kept[0] = False
    found: NDArray[np.bool_] = kept[labels]
    return found


def _lowest_seam(density: _Density) -> _Seam | None:
    """Find the lowest seam between the quarters of what an image shows; None where it shows nothing."""
    mass = np.where(density.body, density.above, 0)
    total = mass.sum(axis=0)
    if not total.any():
        return None
    low, high = np.searchsorted(np.cumsum(total) / total.sum(), LOCATE.seam_between)
    if high - low < LOCATE.seam_fewest_columns:
        return None
    between = density.above[:, low : high + 1]
    at = _centered(between, _lowest_path(between)) + low
    columns = np.arange(density.above.shape[1])
    left, right = columns[None] < at[:, None], columns[None] > at[:, None]
    both = np.minimum((density.body & left).mean(axis=1), (density.body & right).mean(axis=1)) >= LOCATE.limb_in_row
    through = density.above[np.arange(len(at)), at] > LOCATE.seam_low
    parted = both & ~through
    sides = float(mass[left].sum()), float(mass[right].sum())
    return _Seam(
        at,
        share=float(parted.sum() / max(np.count_nonzero(parted | through), 1)),
        length=float(parted.mean()),
        balance=min(sides) / max(*sides, 1e-6),
    )


def _lowest_path(cost: NDArray[np.float32]) -> NDArray[np.intp]:
    """(rows,) column of the path from the first to the last row with the lowest sum of cost and of moves sideways."""
    rows, columns = cost.shape
    moves = np.arange(-LOCATE.seam_steepest, LOCATE.seam_steepest + 1)
    price = (LOCATE.seam_bend * np.abs(moves)).astype(np.float32)[:, None]
    best = cost[0].copy()
    came = np.zeros((rows, columns), dtype=np.int8)
    reach = LOCATE.seam_steepest
    for row in range(1, rows):
        padded = np.pad(best, reach, constant_values=np.inf)
        options = np.stack([padded[reach + move : reach + move + columns] for move in moves]) + price
        chosen = options.argmin(axis=0)
        came[row] = moves[chosen]
        best = options[chosen, np.arange(columns)] + cost[row]
    path = np.empty(rows, dtype=np.intp)
    path[-1] = best.argmin()
    for row in range(rows - 1, 0, -1):
        path[row - 1] = path[row] + came[row, path[row]]
    return path


def _centered(above: NDArray[np.float32], path: NDArray[np.intp]) -> NDArray[np.intp]:
    """Move a path to the middle of the gap that it runs through."""
    columns = np.arange(above.shape[1])[None]
    blocked = above > LOCATE.seam_low / 2
    first = np.where(blocked & (columns < path[:, None]), columns, -1).max(axis=1) + 1
    last = np.where(blocked & (columns > path[:, None]), columns, above.shape[1]).min(axis=1) - 1
    is_gap = ~blocked[np.arange(len(path)), path]
    found: NDArray[np.intp] = np.where(is_gap, (first + last) // 2, path)
    return found


def _likeness(above: NDArray[np.float32]) -> float:
    """Correlate an image with its mirror image, at the place near its middle where both are most alike."""
    width, best = above.shape[1], 0.0
    for ends in range(round(LOCATE.mirror_ends[0] * width), round(LOCATE.mirror_ends[1] * width)):
        part = above[:, max(0, ends - width + 1) : min(width - 1, ends) + 1]
        if part.std() > 0:
            best = max(best, float(np.corrcoef(part.ravel(), part[:, ::-1].ravel())[0, 1]))
    return best


def _seams_of_halves(density: _Density, seam: _Seam) -> list[_Seam]:
    columns = np.arange(density.above.shape[1])
    second = columns[None] >= seam.columns[:, None]
    halves = (
        _lowest_seam(_Density(np.where(half, density.above, 0), density.body & half)) for half in (~second, second)
    )
    return [half for half in halves if half is not None]


def _at_full_size(columns: NDArray[np.intp], factor: int, length: int) -> NDArray[np.intp]:
    """Give the seam for each row of the image; rows beyond the last whole block follow the last one."""
    at: NDArray[np.intp] = np.repeat(columns * factor + factor // 2, factor)
    return np.pad(at, (0, max(0, length - len(at))), mode="edge")[:length]

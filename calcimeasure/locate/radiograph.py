"""The anatomy that a radiograph shows, and the place of a lesion on the radiograph.

Patient Orientation (0020,0020) gives the directions of the rows and columns of an image in the patient. View Position
(0018,5101) alone does not: it names the direction of the beam, not whether the image was flipped afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import ndimage

from calcimeasure.locate.constants import LOCATE
from calcimeasure.locate.midline import mirror_likeness
from calcimeasure.locate.ordered import ordered_in
from calcimeasure.locate.radiograph_limbs import Limbs, averaged, limbs_on
from calcimeasure.locate.radiograph_markers import Marker, markers_on
from calcimeasure.model import Laterality

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.locate.ordered import Ordered
    from calcimeasure.model import Outline, Stack

LEFT, RIGHT, UNKNOWN = Laterality.LEFT, Laterality.RIGHT, Laterality.UNKNOWN

PALM_UP: Final = "AP"
"""View Position of hands that lie on their backs: the beam enters through the palm."""


@dataclass(frozen=True, slots=True, eq=False)
class RadiographAnatomy:
    """The anatomy that a radiograph shows, as needed for sides.

    Parameters
    ----------
    ordered
        The side and the site that the header names.
    axis
        Along which of (rows, columns) of the array left and right run; None where Patient Orientation does not tell.
    toward
        The patient's side at the end of that axis.
    palm_up
        Whether the header says that hands lie on their backs.
    limbs
        The limbs that it shows.
    midline_index
        Where the midline of the body lies along the axis, or along the rows where there is no axis; None where it is
        not seen.
    shape_ji
        Of the image.
    markers
        The side markers that are burned in.
    unsure_markers
        What may be side markers, and is not read for sure.
    """

    ordered: Ordered
    axis: int | None
    toward: Laterality
    palm_up: bool
    limbs: Limbs
    midline_index: float | None
    shape_ji: tuple[int, int]
    markers: tuple[Marker, ...] = ()
    unsure_markers: tuple[Marker, ...] = ()

    @property
    def midline(self) -> None:
        """None: a projection shows a line, not the plane between both sides of the body."""
        return

    @property
    def begin(self) -> Laterality:
        """The patient's side at the begin of the axis."""
        return RIGHT if self.toward is LEFT else LEFT


@dataclass(frozen=True, slots=True, eq=False)
class RadiographPlace:
    """Where a lesion lies on a radiograph.

    Parameters
    ----------
    anatomy
        What the radiograph shows.
    across_index
        (n,) index of each of its pixels along the axis from side to side; None where there is no such axis.
    limb
        0 in the first of two limbs along the axis beside each other, 1 in the second one; None where it lies across
        the seam between them, and where there are not two.
    """

    anatomy: RadiographAnatomy
    across_index: NDArray[np.intp] | None
    limb: int | None


def radiograph_anatomy_of(stack: Stack, pixels: NDArray[np.float32], language: str = "") -> RadiographAnatomy:
    """Find what the sides and sites of the lesions of a radiograph depend on.

    Parameters
    ----------
    stack
        Its header.
    pixels
        (rows, columns), dense is bright.
    language
        The language of the site's side markers (`MeasureSettings.marker_language`); empty: not known.
    """
    projection = stack.projection
    axis, toward = _left_and_right(projection.patient_orientation if projection else ())
    limbs = limbs_on(pixels)
    markers = markers_on(pixels, limbs, language)
    return RadiographAnatomy(
        ordered=ordered_in(stack),
        axis=axis,
        toward=toward,
        palm_up=projection is not None and (projection.view_position or "").strip().upper() == PALM_UP,
        limbs=limbs,
        midline_index=_midline_index(pixels, 1 if axis is None else axis),
        shape_ji=(pixels.shape[0], pixels.shape[1]),
        markers=tuple(marker for marker in markers if marker.is_sure),
        unsure_markers=tuple(marker for marker in markers if not marker.is_sure),
    )


def place_on_radiograph(outline: Outline, anatomy: RadiographAnatomy) -> RadiographPlace:
    """Find where a lesion lies on a radiograph.

    Parameters
    ----------
    outline
        The lesion; of one slice.
    anatomy
        What the radiograph shows.
    """
    return RadiographPlace(
        anatomy=anatomy,
        across_index=None if anatomy.axis is None else _along(outline, anatomy.axis),
        limb=_limb_with(outline, anatomy.limbs),
    )


def _left_and_right(patient_orientation: tuple[str, ...]) -> tuple[int | None, Laterality]:
    """Read along which axis of the array left and right run, and to which side (PS3.3 C.7.6.1.1.1).

    The letter of the main direction stands first. Values that are no pair of different directions of a human (letters
    of animals, one value) tell nothing.
    """
    letters = [value.strip().upper() for value in patient_orientation]
    if len(letters) != 2 or not all(map(_is_direction, letters)):
        return None, UNKNOWN
    along_row, along_column = ([_KIND[letter] for letter in value] for value in letters)
    if along_row[0] == along_column[0]:
        return None, UNKNOWN
    # The first value is the way along a row, which is the second axis of the array.
    if along_column[0] == "side" and "side" not in along_row:
        return 0, _TO[letters[1][0]]
    if along_row[0] == "side" and "side" not in along_column:
        return 1, _TO[letters[0][0]]
    return None, UNKNOWN


def _is_direction(letters: str) -> bool:
    """Tell whether letters are a direction of a human: at least one, and at most one along each axis."""
    kinds = [_KIND.get(letter) for letter in letters]
    return bool(kinds) and None not in kinds and len(set(kinds)) == len(kinds)


_TO: Final = {"L": LEFT, "R": RIGHT}
_KIND: Final = {"R": "side", "L": "side", "A": "depth", "P": "depth", "H": "height", "F": "height"}


def _along(outline: Outline, axis: int) -> NDArray[np.intp]:
    """(n,) index of each of its pixels along an axis of the image."""
    return np.argwhere(outline.mask())[:, 1 + axis] + outline.start_kji[1 + axis]


def _limb_with(outline: Outline, limbs: Limbs) -> int | None:
    """Tell which of two limbs holds a whole lesion."""
    _, rows, columns = np.nonzero(outline.mask())
    return limbs.holding(rows + outline.start_kji[1], columns + outline.start_kji[2])


def _midline_index(pixels: NDArray[np.float32], axis: int) -> float | None:
    """Find where an image is most like its mirror image along an axis, near to its middle."""
    image = pixels if axis == 1 else pixels.T
    factor = max(1, image.shape[1] // LOCATE.radiograph_columns)
    image = averaged(image, factor)
    if min(image.shape) < LOCATE.radiograph_fewest_columns:
        return None
    count = image.shape[1]
    # Bones and organs are compared. That an image is brighter in its middle and ends at its borders says nothing.
    structure = image - ndimage.gaussian_filter(image, count / LOCATE.slow_changes_per_width)
    structure = ndimage.gaussian_filter(np.clip(structure, *np.quantile(structure, LOCATE.structure_quantiles)), 1.0)
    structure *= 100 / max(float(structure.std()), 1e-6)  # pixels have any unit
    likeness = mirror_likeness(structure[None].astype(np.float32), np.ones((1, *structure.shape), dtype=np.float32))
    middle = count - 1
    near = np.abs(np.arange(len(likeness)) - middle) <= 2 * LOCATE.farthest_from_middle * count
    best = int(np.argmax(np.where(near, likeness, -np.inf)))
    # The best place at the border of the searched range is no peak.
    if likeness[best] < LOCATE.radiograph_lowest_likeness or not (near[best - 1] and near[best + 1]):
        return None
    return float(best / 2 * factor + (factor - 1) / 2)

"""The size of a pixel of a radiograph in millimeters, from what a reader knows: a length, or where the object was.

Millimeters hold in one plane only, the plane of the object that they were found on: what lies nearer to the tube is
shown larger. A coin or a ruler has to lie at the depth of the mass.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from calcimeasure.errors import ReviewError
from calcimeasure.model import Projection

if TYPE_CHECKING:
    from calcimeasure.model import PointPx, Radiograph

SHORTEST_LINE_PX: Final = 20.0
"""An end of a line is wrong by one pixel at most: in a shorter line that is more than 5 % of the length."""

LENGTHS_MM: Final = (1.0, 1000.0)
"""Lengths that can be known on a radiograph: from a marker ball to the side of the largest film. A length beyond these
is in another unit."""

SPACINGS_MM: Final = (0.01, 2.0)
"""Pixels of detectors, plates and scanned films are 0.02 to 0.3 mm wide, those of reduced images are wider."""

DISTANCES_MM: Final = (500.0, 5000.0)
"""From the tube to the detector: a mammography unit has 650 mm, a film of the whole spine 3 m. A distance beyond these
is in another unit."""

WIDER_THAN_DETECTOR: Final = 1.05
"""A radiograph shows nothing smaller than it is. A spacing that exceeds the detector's by more than the error of a line
is a mistake."""


@dataclass(frozen=True, slots=True)
class KnownLength:
    """A length that a reader knows on the image, of a coin, a ruler or a marker ball: its ends and its millimeters."""

    ends_px: tuple[PointPx, PointPx]
    length_mm: float

    def __str__(self) -> str:
        return f"{self.length_mm:g} mm between {_place(self.ends_px[0])} and {_place(self.ends_px[1])}"


@dataclass(frozen=True, slots=True)
class KnownDistances:
    """Where the object was: how far the detector (0018,1110) and the object (0018,1111) are from the tube's focus."""

    source_to_detector_mm: float
    source_to_object_mm: float

    @property
    def magnification(self) -> float:
        """How many times larger the object is shown at the detector: ERMF (0018,1114)."""
        return self.source_to_detector_mm / self.source_to_object_mm

    def __str__(self) -> str:
        return (
            f"detector {self.source_to_detector_mm:g} mm and object {self.source_to_object_mm:g} mm from the tube, "
            f"{self.magnification:.4g} times as large"
        )


Calibration = KnownLength | KnownDistances


def column_spacing_mm(calibration: Calibration, radiograph: Radiograph) -> float:
    """Compute the distance between columns in the plane of what a reader knows.

    Parameters
    ----------
    calibration
        What the reader knows.
    radiograph
        As loaded.

    Raises
    ------
    ReviewError
        It is impossible: a line that is too short or leaves the image, another unit, an object behind the detector;
        or the header does not say the spacing at the detector.
    """
    if isinstance(calibration, KnownLength):
        return _of_length(calibration, radiograph)
    return _of_distances(calibration, radiograph)


def _of_length(known: KnownLength, radiograph: Radiograph) -> float:
    rows, columns = radiograph.pixels.shape
    for row, column in known.ends_px:
        if not (-0.5 <= row <= rows - 0.5 and -0.5 <= column <= columns - 0.5):
            raise ReviewError(
                f"A line on the image of {rows} x {columns} pixels expected, found an end at {_place((row, column))}. "
                "Draw it again."
            )
    _check("A length on the image", known.length_mm, LENGTHS_MM)
    (row, column), (other_row, other_column) = known.ends_px
    length_px = math.hypot((other_row - row) * radiograph.pixel_aspect, other_column - column)
    if length_px < SHORTEST_LINE_PX:
        raise ReviewError(
            f"A line of at least {SHORTEST_LINE_PX:g} pixels expected, found {length_px:.1f}: one pixel more or less "
            "would change all sizes. Draw it along something longer."
        )
    spacing_mm = known.length_mm / length_px
    detector_mm = _detector_column_mm(radiograph)
    if detector_mm is not None and spacing_mm > WIDER_THAN_DETECTOR * detector_mm:
        raise ReviewError(
            f"At most {detector_mm:g} mm between columns expected, as at the detector (Imager Pixel Spacing "
            f"(0018,1164)), found {spacing_mm:.4g} mm ({known}): a radiograph shows nothing smaller than it is. "
            "Check the length."
        )
    _check("A distance between columns", spacing_mm, SPACINGS_MM)
    return spacing_mm


def _of_distances(known: KnownDistances, radiograph: Radiograph) -> float:
    _check("A distance from tube to detector", known.source_to_detector_mm, DISTANCES_MM)
    if not 0 < known.source_to_object_mm <= known.source_to_detector_mm:
        raise ReviewError(
            f"An object between tube and detector ({known.source_to_detector_mm:g} mm) expected, found it "
            f"{known.source_to_object_mm:g} mm from the tube. Check both distances."
        )
    detector_mm = _detector_column_mm(radiograph)
    if detector_mm is None:
        raise ReviewError(
            "The spacing at the detector is needed with distances, and the header has none that holds for this image "
            "(Imager Pixel Spacing (0018,1164), not below Pixel Spacing). Draw a line of known length instead."
        )
    spacing_mm = detector_mm / known.magnification
    _check("A distance between columns", spacing_mm, SPACINGS_MM)
    return spacing_mm


def _detector_column_mm(radiograph: Radiograph) -> float | None:
    """Read the spacing at the detector; None where the header has none, or the image was reduced since."""
    projection = radiograph.stack.projection or Projection()
    detector_mm = projection.imager_pixel_spacing_mm or projection.nominal_scanned_pixel_spacing_mm
    pixel_mm = radiograph.stack.pixel_spacing_mm
    if detector_mm is None or min(detector_mm) <= 0:
        return None
    if pixel_mm is not None and pixel_mm[1] > WIDER_THAN_DETECTOR * detector_mm[1]:
        return None
    return detector_mm[1]


def _check(what: str, found_mm: float, allowed_mm: tuple[float, float]) -> None:
    low, high = allowed_mm
    if not low <= found_mm <= high:
        raise ReviewError(f"{what} from {low:g} to {high:g} mm expected, found {found_mm:g} mm. Is it in millimeters?")


def _place(point: PointPx) -> str:
    return f"row {point[0]:.1f}, column {point[1]:.1f}"

"""The pixel spacing of a radiograph in millimeters, from a length or from distances that a reader knows.

A spacing is valid in one plane only, the plane of the object from which it was found: objects nearer to the tube are
magnified more. A coin or a ruler must lie at the depth of the mass.
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
"""Shortest line in pixels. The error of an end is about one pixel; on a shorter line this exceeds 5 % of the length."""

LENGTHS_MM: Final = (1.0, 1000.0)
"""Range of known lengths on a radiograph: from a marker ball to the side of the largest film. A length outside of this
range is in another unit."""

SPACINGS_MM: Final = (0.01, 2.0)
"""Pixels of detectors, plates and scanned films are 0.02 to 0.3 mm wide, those of reduced images are wider."""

DISTANCES_MM: Final = (500.0, 5000.0)
"""Range of the distance from the tube to the detector: 650 mm in mammography, 3 m for the whole spine. A distance
outside of this range is in another unit."""

WIDER_THAN_DETECTOR: Final = 1.05
"""A radiograph never shows an object smaller than it is. So a spacing that exceeds the spacing at the detector by more
than the error of a line is a mistake."""


@dataclass(frozen=True, slots=True)
class KnownLength:
    """A known length on the image (of a coin, a ruler or a marker ball): its two ends and its length in millimeters."""

    ends_px: tuple[PointPx, PointPx]
    length_mm: float

    def __str__(self) -> str:
        return f"{self.length_mm:g} mm between {_place(self.ends_px[0])} and {_place(self.ends_px[1])}"


@dataclass(frozen=True, slots=True)
class KnownDistances:
    """The distances from the focus of the tube to the detector (0018,1110) and to the object (0018,1111)."""

    source_to_detector_mm: float
    source_to_object_mm: float

    @property
    def magnification(self) -> float:
        """The magnification of the object at the detector: ERMF (0018,1114)."""
        return self.source_to_detector_mm / self.source_to_object_mm

    def __str__(self) -> str:
        return (
            f"detector {self.source_to_detector_mm:g} mm and object {self.source_to_object_mm:g} mm from the tube, "
            f"{self.magnification:.4g} times as large"
        )


Calibration = KnownLength | KnownDistances


def column_spacing_mm(calibration: Calibration, radiograph: Radiograph) -> float:
    """Compute the distance between columns in the plane of the object that a reader knows.

    Parameters
    ----------
    calibration
        What the reader knows.
    radiograph
        The radiograph as loaded.

    Raises
    ------
    ReviewError
        The calibration is impossible: a line is too short or leaves the image, a length is in another unit, or the
        object lies behind the detector. Or the header does not have the spacing at the detector.
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
    """Read the spacing at the detector; None if the header has none, or if the image was reduced later."""
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

"""Whether sizes and values can be those of a body: units that are absurd are refused, odd ones are a notice."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from calcimeasure.errors import GeometryError, PixelError
from calcimeasure.load.constants import LOAD
from calcimeasure.load.kind import is_monoenergetic
from calcimeasure.load.refusal import refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from calcimeasure.geometry import Geometry
    from calcimeasure.model import Stack

_UNIT: Final = "The unit may not be mm: export the original series."


def refuse_implausible_pixels(stack: Stack) -> None:
    """Raise if pixels or the field are so small or large that they cannot be mm of a body.

    Raises
    ------
    GeometryError
        implausible_size.
    """
    pixel_mm = stack.pixel_spacing_mm or (1.0, 1.0)
    first = stack.instances[0].pixel_format
    if not (LOAD.pixel_mm[0] <= min(pixel_mm) and max(pixel_mm) <= LOAD.pixel_mm[1]):
        raise refusal(
            GeometryError,
            stack,
            "implausible_size",
            f"Pixels of {LOAD.pixel_mm[0]:g} to {LOAD.pixel_mm[1]:g} mm expected",
            f"{pixel_mm[0]:.4g} x {pixel_mm[1]:.4g} mm",
            "Pixel Spacing (0028,0030)",
            _UNIT,
        )
    _refuse_field(stack, (first.rows * pixel_mm[0], first.columns * pixel_mm[1]), "Pixel Spacing (0028,0030)")


def refuse_implausible_steps(stack: Stack, steps_mm: NDArray[np.float64]) -> None:
    """Raise if the steps between slices cannot be mm of a body.

    Raises
    ------
    GeometryError
        implausible_size.
    """
    if not steps_mm.size:
        return
    where = "Image Position (Patient) (0020,0032)"
    smallest, largest = float(steps_mm.min()), float(steps_mm.max())
    too_close = smallest > 0 and largest < LOAD.pixel_mm[0] and largest <= LOAD.even_steps_ratio * smallest
    if too_close or largest > LOAD.largest_step_mm:
        expected = f"Steps of {LOAD.pixel_mm[0]:g} to {LOAD.largest_step_mm:g} mm expected"
        found = f"{smallest if too_close else largest:.4g} mm"
        raise refusal(GeometryError, stack, "implausible_size", expected, found, where, _UNIT)
    if smallest > 0 and float(steps_mm.sum()) > LOAD.field_mm[1]:
        _refuse_field(stack, (float(steps_mm.sum()),), where)


def _refuse_field(stack: Stack, sides_mm: Sequence[float], where: str) -> None:
    if LOAD.field_mm[0] <= min(sides_mm) and max(sides_mm) <= LOAD.field_mm[1]:
        return
    expected = f"A field of {LOAD.field_mm[0]:g} to {LOAD.field_mm[1]:g} mm expected"
    found = f"{' x '.join(f'{side:.4g}' for side in sides_mm)} mm"
    raise refusal(GeometryError, stack, "implausible_size", expected, found, where, _UNIT)


def is_unusual_size(geometry: Geometry) -> bool:
    """Tell whether less than a finger or more than a body was imaged."""
    rows_mm = geometry.shape_kji[1] * geometry.row_spacing_mm
    columns_mm = geometry.shape_kji[2] * geometry.column_spacing_mm
    length_mm = float(geometry.slice_steps_mm.sum())
    return (
        min(rows_mm, columns_mm) < LOAD.usual_field_mm[0]
        or max(rows_mm, columns_mm, length_mm) > LOAD.usual_field_mm[1]
    )


# Hounsfield units


@dataclass(frozen=True, slots=True)
class TissueCount:
    """Number of values that were looked at, of those of the body among them, and of soft tissue among those."""

    values: int
    body: int
    soft: int


def count_tissue(attenuation_hu: NDArray[np.int16], imaged: NDArray[Any] | None) -> TissueCount:
    """Count what kinds of tissue a slice shows. Pixels that were not imaged are left out."""
    every = (slice(None, None, LOAD.counted_pixels),) * 2
    some = attenuation_hu[every] if imaged is None else attenuation_hu[every][imaged[every]]
    body = some > LOAD.dense_hu
    soft = (some >= LOAD.soft_tissue_hu[0]) & (some <= LOAD.soft_tissue_hu[1])
    return TissueCount(some.size, int(body.sum()), int(soft.sum()))


def lacks_soft_tissue(counts: Sequence[TissueCount]) -> bool:
    """Tell whether a stack shows no soft tissue, as if its scale were another than that of Hounsfield units."""
    body, soft = sum(one.body for one in counts), sum(one.soft for one in counts)
    return sum(one.values for one in counts) > 0 and soft <= LOAD.least_soft_tissue * body


def refuse_other_scale(stack: Stack, counts: Sequence[TissueCount]) -> None:
    """Raise if values are no Hounsfield units: not soft tissue beside other things, under a slope other than 1.

    The slope of CT is 1 but for extended scales. Under a false slope soft tissue has other values, or all has its.

    Raises
    ------
    PixelError
        not_hu.
    """
    slopes = sorted({instance.rescale_slope or 1.0 for instance in stack.instances})
    alone = all(one.soft == one.values for one in counts)
    is_other = any(abs(slope - 1) > LOAD.slope_tolerance for slope in slopes)
    if is_other and (alone or lacks_soft_tissue(counts)):
        found = "nothing else" if alone else "none"
        raise refusal(
            PixelError,
            stack,
            "not_hu",
            f"Soft tissue between {LOAD.soft_tissue_hu[0]} and {LOAD.soft_tissue_hu[1]} HU beside air or bone expected",
            f"{found} under a slope of {slopes[0]:.4g}" + (f" to {slopes[-1]:.4g}" if len(slopes) > 1 else ""),
            "Rescale Slope (0028,1053)",
            "Export the series in Hounsfield units.",
        )


# Devices whose values are near Hounsfield units, and no more

_X_RAY_3D: Final = "1.2.840.10008.5.1.4.1.1.13.1."
"""X-Ray 3D Angiographic and Craniofacial Image Storage, and tomosynthesis."""

_DEVICE_WORDS: Final = re.compile(
    r"""(?<![A-Z])(?:
    CBCT|CBVT|CONE[ _-]?BEAM|DYNA[ _-]?CT|XPERCT|3D[ _-]?RA
    |HR[ _-]?P?QCT|XTREME[ _-]?CT\w*|SCANCO
    |I-?CAT|NEWTOM|QR[ _]?SRL|ACCUITOMO|VERAVIEW\w*|PROMAX|VISO|PLANMED|PLANMECA|VERITY|ORTHOPHOS|GALILEOS|AXEOS
    |PAX[ _-]?I3D|VATECH|CS[ _]?[89]\d00|ONSIGHT|MORITA|CURVEBEAM|PEDCAT|LINEUP|HIRISE|MINICAT|XORAN
    |O-ARM|ZIEHM|CIOS|ARCADIS|LOOP-X|KONING
    )(?![A-Z])""",
    re.VERBOSE,
)
"""Names of devices and words of Image Type and description that mean cone-beam CT or HR-pQCT."""


def is_uncalibrated(stack: Stack, geometry: Geometry) -> bool:
    """Tell from the header whether a cone-beam device or HR-pQCT made the images.

    A device that is not named by any of these facts is not found: without the notice, values are not proved.
    """
    words = " ".join((stack.device or "", *stack.image_type[2:], stack.description or "")).upper()
    spacing_mm = geometry.slice_spacing_mm
    tiny = (
        spacing_mm is not None
        and max(geometry.row_spacing_mm, geometry.column_spacing_mm, spacing_mm) < LOAD.smallest_fan_beam_voxel_mm
    )
    # The photon energy of a virtual monoenergetic image is written as KVP by some.
    low = stack.kvp is not None and 0 < stack.kvp < LOAD.lowest_kvp and not is_monoenergetic(stack)
    return bool(_DEVICE_WORDS.search(words)) or stack.sop_class_uid.startswith(_X_RAY_3D) or tiny or low

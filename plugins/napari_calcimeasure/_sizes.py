"""The sizes of a lesion in words, in a stack and on a radiograph. No Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calcimeasure.review import Canal, SpacingSource

if TYPE_CHECKING:
    from calcimeasure import Measurements
    from calcimeasure.review import Axis, Preview, RadiographAxis, RadiographMeasurements

LESION_COLUMNS = ("No.", "Status", "Tissue", "Side", "Site", "Long x short mm", "mL", "HU", "Flags")
RADIOGRAPH_COLUMNS = ("No.", "Status", "Tissue", "Side", "Site", "Long x short", "Area", "Contrast", "Flags")
PENDING = "…"

SPACING_WORDS = {
    SpacingSource.PATIENT: "millimeters in the patient",
    SpacingSource.CALIBRATED: "millimeters as calibrated in the header",
    SpacingSource.MAGNIFICATION_CORRECTED: "millimeters of the detector, divided by the magnification in the header",
    SpacingSource.DETECTOR_PLANE: "millimeters at the detector: every size is an upper bound",
    SpacingSource.UNCERTAIN: "millimeters of an unknown plane",
    SpacingSource.READER: "millimeters as calibrated by a reader",
    SpacingSource.NONE: "no millimeters known: sizes in pixels (K calibrates)",
}


CANAL_WORDS = {
    Canal.NONE: "outside of the vertebral canal",
    Canal.FORAMEN: "in an intervertebral foramen, beside the canal",
    Canal.CANAL: "<b>in the vertebral canal</b>",
}


def spacing_words(source: SpacingSource) -> str:
    """Name the origin of the spacing of a radiograph."""
    return SPACING_WORDS[source]


def length_in_stack(_numbers: Measurements | Preview, axis: Axis) -> str:
    """Say the length of an axis."""
    return f"{axis.length_mm:.1f} mm"


def length_on_radiograph(numbers: RadiographMeasurements, axis: RadiographAxis) -> str:
    """Write the length of an axis: in mm if the spacing is known, else in pixels."""
    spacing_mm = numbers.column_spacing_mm
    if spacing_mm is None:
        return f"{axis.length_px:.0f} px"
    bound = "≤ " if _is_bound(numbers) else ""
    return f"{bound}{axis.length_px * spacing_mm:.1f} mm"


def _is_bound(numbers: RadiographMeasurements) -> bool:
    """Tell whether sizes are those at the detector, and so upper bounds: objects nearer to the tube are magnified."""
    return numbers.spacing_source is SpacingSource.DETECTOR_PLANE


def size_evidence_on_radiograph(numbers: RadiographMeasurements) -> list[str]:
    """Write the evidence for the sizes of a lesion on a radiograph."""
    words = f"<b>Size:</b> {SPACING_WORDS[numbers.spacing_source]}"
    first = numbers_on_radiograph(numbers)
    if numbers.column_spacing_mm is None:
        return [*first, words, *_whole_on_radiograph(numbers)]
    u95_mm = numbers.long_axis_u95_mm
    sure = "" if u95_mm is None else f"; long axis ± {u95_mm:.1f} mm"
    return [*first, f"{words}, {numbers.column_spacing_mm:.3g} mm a pixel{sure}", *_whole_on_radiograph(numbers)]


def _whole_on_radiograph(numbers: RadiographMeasurements) -> list[str]:
    """Write what is known of a mass as a whole; nothing for measurements without an envelope."""
    if numbers.envelope_px is None:
        return []
    if numbers.envelope_mm2 is None:
        size = f"{numbers.envelope_px:.0f} px"
    else:
        width = "" if numbers.envelope_u95_mm2 is None else f" ± {numbers.envelope_u95_mm2:.0f}"
        size = f"{numbers.envelope_mm2:.0f}{width} mm²"
    words = [f"<b>Whole:</b> {_pieces(numbers.parts)}, envelope {size}{_filled(numbers.fill_fraction)}"]
    if numbers.morphology is not None:
        words.append(f"looks {numbers.morphology} ({numbers.morphology_confidence or 0:.0%})")
    return ["; ".join(words)]


def _pieces(parts: int | None) -> str:
    return f"{parts} pieces" if parts and parts > 1 else "one piece"


def _filled(fill_fraction: float | None) -> str:
    return "" if fill_fraction is None else f", {fill_fraction:.0%} of it calcified"


def _with_half_width(value: float, half_width: float | None, unit: str, digits: int = 1) -> str:
    sure = "" if half_width is None else f" ± {half_width:.{digits}f}"
    return f"{value:.{digits}f}{sure} {unit}"


def _large_word(large: bool | None) -> str:
    return ", <b>large</b>" if large else ""


def numbers_in_stack(numbers: Measurements) -> list[str]:
    """Write the numbers that a decision signs, with units and half-widths of the 95 % interval."""
    bound = "≥ " if numbers.truncated else ""
    long_mm = _with_half_width(numbers.long_axis_mm, numbers.long_axis_u95_mm, "mm")
    lines = [f"<b>Axes:</b> long {bound}{long_mm}, short {bound}{numbers.short_axis_mm:.1f} mm"]
    if numbers.max_3d_diameter_mm is not None:
        across = _with_half_width(numbers.max_3d_diameter_mm, numbers.max_3d_diameter_u95_mm, "mm")
        lines.append(f"<b>3-D diameter:</b> {bound}{across}{_large_word(numbers.large)}")
    else:
        lines[0] += _large_word(numbers.large)
    if numbers.volume_ml is not None:
        volume = _with_half_width(numbers.volume_ml, numbers.volume_u95_ml, "mL", 2)
        lines.append(f"<b>Volume:</b> {bound}{volume}")
    elif numbers.area_mm2 is not None:
        lines.append(f"<b>Area:</b> {bound}{numbers.area_mm2:.0f} mm²")
    if numbers.extents_lps_mm is not None:
        right_left, front_back, up_down = numbers.extents_lps_mm
        lines.append(f"<b>Extents:</b> RL {right_left:.1f}, AP {front_back:.1f}, SI {up_down:.1f} mm")
    edge = "" if numbers.boundary_hu is None else f", edge {numbers.boundary_hu:.0f}"
    lines.append(f"<b>HU:</b> mean {numbers.mean_hu:.0f} (sd {numbers.sd_hu:.0f}), most {numbers.max_hu:.0f}{edge}")
    if numbers.parts is not None and numbers.parts > 1 and numbers.envelope_ml is None:
        lines.append(f"<b>Parts:</b> {numbers.parts}")
    return lines


def size_evidence_in_stack(numbers: Measurements) -> list[str]:
    """Write the numbers of a lesion, and what is known of it as a whole."""
    return [*numbers_in_stack(numbers), *whole_in_stack(numbers)]


def numbers_on_radiograph(numbers: RadiographMeasurements) -> list[str]:
    """Write the numbers that a decision signs: in mm with half-widths if the spacing is known, else in pixels."""
    size, area = sizes_on_radiograph(numbers)
    at_least = " (cut off: at least)" if numbers.truncated else ""
    lines = [f"<b>Axes:</b> {size}{at_least}{_large_word(numbers.large)}", f"<b>Area:</b> {area}{at_least}"]
    if numbers.mean_contrast is not None:
        lines.append(f"<b>Contrast:</b> {numbers.mean_contrast:.3g}")
    return lines


def whole_in_stack(numbers: Measurements) -> list[str]:
    """Write what is known of a mass as a whole; nothing for measurements without an envelope."""
    if numbers.envelope_ml is None:
        return []
    width = "" if numbers.envelope_u95_ml is None else f" ± {numbers.envelope_u95_ml:.1f}"
    envelope = f"envelope {numbers.envelope_ml:.1f}{width} mL{_filled(numbers.fill_fraction)}"
    words = [f"<b>Whole:</b> {_pieces(numbers.parts)}, {envelope}"]
    if numbers.morphology is not None:
        words.append(f"looks {numbers.morphology}{_judged_by(numbers)}")
    if numbers.fluid_level:
        words.append("fluid level")
    if numbers.skin_distance_mm is not None:
        near = (
            "reaches the skin" if numbers.skin_distance_mm == 0 else f"{numbers.skin_distance_mm:.1f} mm below the skin"
        )
        words.append(near)
    if numbers.canal is not None:
        words.append(f"{CANAL_WORDS[numbers.canal]}, {numbers.canal_narrowed_percent or 0:.0f} % of it taken")
    return ["; ".join(words)]


def _judged_by(numbers: Measurements) -> str:
    """Say how sure the program is of the morphology, or that a reader set it."""
    if numbers.morphology_confidence is None:
        return " (a reader)"
    return f" ({numbers.morphology_confidence:.0%})"


def sizes_in_stack(numbers: Measurements) -> tuple[str, str]:
    """Write axes and volume; for a single slice axes and area."""
    size = f"{numbers.long_axis_mm:.1f} x {numbers.short_axis_mm:.1f}"
    if numbers.volume_ml is not None:
        return size, f"{numbers.volume_ml:.2f}"
    if numbers.volume_voxels_ml is not None:
        return size, f"{numbers.volume_voxels_ml:.2f} voxels"
    return size, f"{numbers.area_mm2:.0f} mm²" if numbers.area_mm2 is not None else ""


def sizes_on_radiograph(numbers: RadiographMeasurements) -> tuple[str, str]:
    """Write axes and area: in mm if the spacing is known, else in pixels."""
    long_mm, short_mm, area_mm2 = numbers.long_axis_mm, numbers.short_axis_mm, numbers.area_mm2
    if long_mm is None or short_mm is None or area_mm2 is None:
        size = f"{numbers.long_axis.length_px:.0f} x {numbers.short_axis.length_px:.0f} px"
        return size, f"{numbers.area_px:.0f} px²"
    bound = "≤ " if _is_bound(numbers) else ""
    return f"{bound}{long_mm:.1f} x {short_mm:.1f} mm", f"{bound}{area_mm2:.0f} mm²"


def attenuation_in_stack(numbers: Measurements) -> str:
    """Say the mean attenuation in HU."""
    return f"{numbers.mean_hu:.0f}"


def contrast_on_radiograph(numbers: RadiographMeasurements) -> str:
    """Say the mean contrast."""
    return "" if numbers.mean_contrast is None else f"{numbers.mean_contrast:.3g}"


def first_sizes_in_stack(preview: Preview) -> tuple[str, str]:
    """Write axes and volume of an outline that is drawn and not yet measured."""
    volume = PENDING if preview.volume_voxels_ml is None else f"{preview.volume_voxels_ml:.1f} {PENDING}"
    return f"{preview.long_axis.length_mm:.1f} x {preview.short_axis.length_mm:.1f}", volume


def first_sizes_on_radiograph(preview: RadiographMeasurements) -> tuple[str, str]:
    """Write axes and area of an outline that is drawn and not yet measured."""
    size, area = sizes_on_radiograph(preview)
    return size, f"{area} {PENDING}"

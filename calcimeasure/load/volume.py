"""Series to Volume: a grid that can be trusted, in Hounsfield units, or a reason why not."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import numpy as np

from calcimeasure.errors import GeometryError, PixelError, SeriesError, UnsupportedError
from calcimeasure.geometry import Geometry
from calcimeasure.load.pixels import stored_values
from calcimeasure.model import NOT_IMAGED_HU, Instance, Series, Volume
from calcimeasure.settings import Settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CLASSIC_CT: Final = "1.2.840.10008.5.1.4.1.1.2"
_MULTIFRAME_CT: Final = frozenset(
    {
        "1.2.840.10008.5.1.4.1.1.2.1",  # Enhanced CT Image Storage
        "1.2.840.10008.5.1.4.1.1.2.2",  # Legacy Converted Enhanced CT Image Storage
        "1.2.840.10008.5.1.4.1.1.7.3",  # Multi-frame Grayscale Word Secondary Capture: CT where its modality says so
    }
)
_SECONDARY_CAPTURE: Final = "1.2.840.10008.5.1.4.1.1.7"
_OUTLINES: Final = frozenset({"SEG", "RTSTRUCT"})
_RADIOGRAPHS: Final = frozenset({"CR", "DX", "RG", "IO", "PX", "MG", "RF", "XA"})
_NO_IMAGES: Final = frozenset({"SR", "PR", "KO", "DOC", "RTPLAN", "RTRECORD", "RWV", "REG", "FID", "PLAN", "AU", "ECG"})
_DERIVED_WORDS: Final = frozenset(
    {
        "3D", "DIFFERENCE", "EFF_Z", "EFFECTIVE_Z", "IODINE", "MAXIMUM", "MAX_IP", "MINIMUM", "MINIP", "MIN_IP", "MIP",
        "PERFUSION", "PROJECTION", "RHO/Z", "SSD", "SUBTRACTED", "VNC", "VOLUME_RENDERED", "VRT", "ZEFF",
    }
)  # fmt: skip
"""Words of Image Type (0008,0008), value 3 on, for images whose values are not the attenuation of voxels."""

_BODY_HU: Final = (-900, 3000)
"""A padding value in this range may as well be a voxel of the body."""

_MISSING_SLICE_TOLERANCE: Final = 0.1
"""A step is a multiple of the step beside it when their ratio is within this of a whole number."""

_LARGEST_GAP_RATIO: Final = 3.5
"""From this ratio on a single step is a gap, whole multiple or not."""


def load_image(series: Series, settings: Settings | None = None) -> Volume:
    """Load a CT stack.

    Parameters
    ----------
    series
        One stack from `find_series`.
    settings
        Tolerances; the defaults where None.

    Returns
    -------
    Volume
        Attenuation in HU on the grid as acquired; what had to be corrected is in its notices.

    Raises
    ------
    UnsupportedError
        It is no image that this program measures.
    GeometryError
        Its slices are no grid that can be trusted.
    PixelError
        Its pixels cannot be decoded or are no Hounsfield units.
    """
    settings = settings or Settings()
    refuse_what_is_no_ct(series)
    geometry, geometry_notices = stack_geometry(series, settings)
    attenuation_hu, pixel_notices = _read_attenuation(series, geometry.shape_kji)
    return Volume(series, geometry, attenuation_hu, (*series.notices, *geometry_notices, *pixel_notices))


# What is measured at all


def refuse_what_is_no_ct(series: Series) -> None:
    """Raise where headers alone tell that a stack is no CT that can be measured.

    Raises
    ------
    UnsupportedError
        Another modality, a localizer, a secondary capture, a derived image, no image.
    PixelError
        A CT without Hounsfield units, without pixels or in color.
    GeometryError
        A multi-frame image.
    """
    reason = _unsupported_reason(series)
    if reason:
        found = f"{series.modality or 'no modality'}, Image Type {'/'.join(series.image_type) or 'empty'}"
        raise UnsupportedError(
            reason, f"A CT series of slices expected, found {found} ({_named(series)}).", series.series_uid
        )
    if series.frame_count > 1 or series.sop_class_uid in _MULTIFRAME_CT:
        raise _refusal(
            GeometryError,
            series,
            "multiframe",
            "Single-frame CT expected",
            f"{series.frame_count} frames in one file",
            "Number of Frames (0028,0008)",
            "This version does not read them: export the series as classic CT.",
        )
    samples = series.instances[0].pixel_format.samples_per_pixel
    if samples != 1:
        raise _refusal(
            PixelError,
            series,
            "color_image",
            "One sample per pixel expected",
            str(samples),
            "Samples per Pixel (0028,0002)",
            "Export the CT images, not a screen copy of them.",
        )
    if series.rescale_type not in (None, "HU"):
        raise _refusal(
            PixelError,
            series,
            "not_hu",
            "Hounsfield units expected",
            series.rescale_type,
            "Rescale Type (0028,1054)",
            "Export the series in Hounsfield units.",
        )
    for instance in series.instances:
        if not instance.rescale_slope or instance.rescale_intercept is None:
            raise _refusal(
                PixelError,
                series,
                "no_rescale",
                "Two numbers expected in every image",
                f"{instance.rescale_slope} and {instance.rescale_intercept} in {instance.path.name}",
                "Rescale Slope (0028,1053) and Intercept (0028,1052)",
                "Export the series again.",
            )


def _unsupported_reason(series: Series) -> str | None:
    if series.modality in _OUTLINES:
        return "segmentation"
    if series.modality in _NO_IMAGES:
        return "not_an_image"
    if series.modality in _RADIOGRAPHS:
        return "radiograph"
    if series.modality == "CT" and series.sop_class_uid in _MULTIFRAME_CT:
        return "derived_image" if _image_type_words(series) & _DERIVED_WORDS else None
    if series.sop_class_uid == _SECONDARY_CAPTURE or series.sop_class_uid.startswith(f"{_SECONDARY_CAPTURE}."):
        return "secondary_capture"
    if series.modality != "CT":
        return "modality"
    if not series.instances[0].pixel_format.rows:
        return "not_an_image"
    words = _image_type_words(series)
    if "LOCALIZER" in words:
        return "localizer"
    return "derived_image" if words & _DERIVED_WORDS else None


def _image_type_words(series: Series) -> set[str]:
    return {word for value in series.image_type[2:] for word in value.split()}


def _named(series: Series) -> str:
    return f"series {series.series_uid or 'without UID'}" + (
        f", stack {series.stack_number}" if series.stack_number > 1 else ""
    )


# The grid


def stack_geometry(series: Series, settings: Settings) -> tuple[Geometry, tuple[str, ...]]:
    """Place each slice of a stack in the patient, and refuse what is no grid that can be trusted.

    Order and spacing come from Image Position (Patient) along the slice normal; Slice Thickness, Slice Location and
    Instance Number place nothing.

    Returns
    -------
    geometry : Geometry
        With one origin per slice.
    notices : tuple of str
        sheared_stack, uneven_spacing, non_contiguous, single_slice.

    Raises
    ------
    GeometryError
        Orientation, spacing or a position is missing; slices are missing, doubled or shifted.
    """
    row_direction, column_direction = _directions(series, settings)
    row_spacing_mm, column_spacing_mm = _pixel_spacing_mm(series)
    origins_lps_mm = _origins_lps_mm(series)
    normal = np.cross(row_direction, column_direction)
    steps_mm = np.diff(origins_lps_mm @ normal)
    _refuse_doubled_positions(series, steps_mm, settings)
    _refuse_missing_slices(series, steps_mm, settings)
    total_shift_mm = _refuse_irregular_shift(series, origins_lps_mm, normal, settings)
    first = series.instances[0].pixel_format
    geometry = Geometry(
        shape_kji=(len(series.instances), first.rows, first.columns),
        row_direction=row_direction,
        column_direction=column_direction,
        row_spacing_mm=row_spacing_mm,
        column_spacing_mm=column_spacing_mm,
        origins_lps_mm=origins_lps_mm,
        frame_of_reference_uid=series.frame_of_reference_uid,
    )
    return geometry, _geometry_notices(series, geometry, total_shift_mm, settings)


def _geometry_notices(series: Series, geometry: Geometry, total_shift_mm: float, settings: Settings) -> tuple[str, ...]:
    spacing_mm, thickness_mm = geometry.slice_spacing_mm, series.slice_thickness_mm
    if spacing_mm is None:
        return ("single_slice",)
    sparse = (
        thickness_mm is not None and thickness_mm > 0 and spacing_mm > settings.non_contiguous_factor * thickness_mm
    )
    found = {
        "sheared_stack": total_shift_mm > settings.shift_tolerance_mm,
        "uneven_spacing": np.ptp(geometry.slice_steps_mm) > 2 * settings.spacing_tolerance_mm,
        "non_contiguous": sparse,
    }
    return tuple(notice for notice, holds in found.items() if holds)


def _directions(series: Series, settings: Settings) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    directions = np.array(series.row_column_directions or ())
    if directions.size == 6:
        row, column = directions[:3], directions[3:]
        lengths = np.linalg.norm(row), np.linalg.norm(column)
        deviation = float(np.max(np.abs([lengths[0] - 1, lengths[1] - 1, row @ column])))
        if deviation <= settings.direction_tolerance:
            row = row / lengths[0]
            column = column - (column @ row) * row
            return row, column / np.linalg.norm(column)
    raise _refusal(
        GeometryError,
        series,
        "no_orientation",
        "Two perpendicular unit vectors expected",
        f"{series.row_column_directions or 'none'}",
        "Image Orientation (Patient) (0020,0037)",
        "Export the original series.",
    )


def _pixel_spacing_mm(series: Series) -> tuple[float, float]:
    if series.pixel_spacing_mm is None or min(series.pixel_spacing_mm) <= 0:
        raise _refusal(
            GeometryError,
            series,
            "no_pixel_spacing",
            "Two positive numbers expected",
            f"{series.pixel_spacing_mm or 'none'}",
            "Pixel Spacing (0028,0030)",
            "Export the original series; no spacing is assumed.",
        )
    return series.pixel_spacing_mm


def _origins_lps_mm(series: Series) -> NDArray[np.float64]:
    for instance in series.instances:
        if instance.position_lps_mm is None:
            raise _refusal(
                GeometryError,
                series,
                "no_position",
                "Three numbers expected in every image",
                f"none in {instance.path.name}",
                "Image Position (Patient) (0020,0032)",
                "Export the original series.",
            )
    return np.array([instance.position_lps_mm for instance in series.instances])


def _refuse_doubled_positions(series: Series, steps_mm: NDArray[np.float64], settings: Settings) -> None:
    doubled = np.flatnonzero(steps_mm < settings.spacing_tolerance_mm)
    if doubled.size and doubled.size == steps_mm.size:
        raise _refusal(
            GeometryError,
            series,
            "one_position",
            "Slices side by side expected",
            f"{len(series.instances)} images at one position",
            "Image Position (Patient) (0020,0032)",
            "A time series or a monitoring scan is no volume.",
        )
    if doubled.size:
        raise _refusal(
            GeometryError,
            series,
            "duplicate_positions",
            "One image at each position expected",
            f"{doubled.size + 1 if doubled.size == 1 else doubled.size} images that share theirs, the first between "
            f"{_slices(series, int(doubled[0]))}",
            "Image Position (Patient) (0020,0032)",
            "Export each acquisition as a series of its own.",
        )


def _refuse_missing_slices(series: Series, steps_mm: NDArray[np.float64], settings: Settings) -> None:
    """Refuse a short run of steps that are a multiple of the steps beside them.

    A change of step that lasts is another way to scan, and taken; a run of one or two long steps is a hole.
    """
    if steps_mm.size < 2:
        return
    change = np.abs(np.diff(steps_mm)) > 2 * settings.spacing_tolerance_mm
    starts = np.concatenate([[0], np.flatnonzero(change) + 1])
    stops = np.append(starts[1:], steps_mm.size)
    run_mm = np.array([np.median(steps_mm[a:b]) for a, b in zip(starts, stops, strict=True)])
    for run, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        beside_mm = [run_mm[other] for other in (run - 1, run + 1) if 0 <= other < run_mm.size]
        at_an_end = run in (0, run_mm.size - 1)
        lasts = stop - start > (1 if at_an_end else 2)
        if beside_mm and not lasts and all(_is_gap(run_mm[run] / other) for other in beside_mm):
            raise _refusal(
                GeometryError,
                series,
                "missing_slice",
                f"Steps of {max(beside_mm):.2f} mm expected",
                f"{run_mm[run]:.2f} mm between {_slices(series, int(start))}",
                "Image Position (Patient) (0020,0032)",
                "Export the series again, complete; gaps are not interpolated.",
            )


def _is_gap(ratio: float) -> bool:
    return ratio >= _LARGEST_GAP_RATIO or (
        ratio >= 2 - _MISSING_SLICE_TOLERANCE and abs(ratio - round(ratio)) <= _MISSING_SLICE_TOLERANCE
    )


def _refuse_irregular_shift(
    series: Series, origins_lps_mm: NDArray[np.float64], normal: NDArray[np.float64], settings: Settings
) -> float:
    """Return how far the stack is shifted sideways from its first slice to its last, mm."""
    offsets = origins_lps_mm - origins_lps_mm[0]
    along_mm = offsets @ normal
    sideways_mm = offsets - np.outer(along_mm, normal)
    if along_mm[-1] <= 0:
        return 0.0
    straight_mm = np.outer(along_mm / along_mm[-1], sideways_mm[-1])
    deviation_mm = np.linalg.norm(sideways_mm - straight_mm, axis=1)
    worst = int(np.argmax(deviation_mm))
    if deviation_mm[worst] > settings.shift_tolerance_mm:
        raise _refusal(
            GeometryError,
            series,
            "irregular_shift",
            "Slices along a straight line expected",
            f"slice {worst + 1} {deviation_mm[worst]:.2f} mm beside it",
            "Image Position (Patient) (0020,0032)",
            "Export the original series.",
        )
    return float(np.linalg.norm(sideways_mm[-1]))


def _slices(series: Series, index: int) -> str:
    numbers = [instance.instance_number for instance in series.instances[index : index + 2]]
    return f"slices {index + 1} and {index + 2} (Instance Numbers {numbers[0]} and {numbers[1]})"


def _refusal(
    kind: type[SeriesError], series: Series, reason: str, expected: str, found: str, where: str, what_to_do: str
) -> SeriesError:
    return kind(reason, f"{expected}, found {found} ({where}, {_named(series)}). {what_to_do}", series.series_uid)


# Hounsfield units


def _read_attenuation(series: Series, shape_kji: tuple[int, int, int]) -> tuple[NDArray[np.int16], tuple[str, ...]]:
    """Read all slices into one array, several at a time: reading and most codecs do not hold the interpreter."""
    try:
        attenuation_hu = np.empty(shape_kji, dtype=np.int16)
    except MemoryError as error:
        raise SeriesError("out_of_memory", f"{shape_kji} voxels do not fit into memory ({_named(series)}).") from error
    with ThreadPoolExecutor(max_workers=min(os.cpu_count() or 1, 8)) as pool:
        slices = pool.map(_read_slice, series.instances, attenuation_hu)
        notices = set().union(*slices)
    return attenuation_hu, tuple(sorted(notices))


def _read_slice(instance: Instance, attenuation_hu: NDArray[np.int16]) -> set[str]:
    """Write one slice in HU into its place: stored value * slope + intercept (PS3.3 C.11.1.1.2)."""
    stored = stored_values(instance)
    slope, intercept = instance.rescale_slope or 1.0, instance.rescale_intercept or 0.0
    low, high = (float(limit) * slope + intercept for limit in (stored.min(), stored.max()))
    clipped = min(low, high) < -32767 or max(low, high) > 32767
    if slope == 1 and intercept == int(intercept) and not clipped:
        np.add(stored, int(intercept), out=attenuation_hu, dtype=np.int16, casting="unsafe")
    else:
        np.clip(np.rint(stored * slope + intercept), -32767, 32767, out=attenuation_hu, casting="unsafe")
    padded, ignored = _padded(stored, instance, slope, intercept)
    if padded is not None:
        attenuation_hu[padded] = NOT_IMAGED_HU
    return {notice for notice, holds in (("hu_clipped", clipped), ("padding_ignored", ignored)) if holds}


def _padded(
    stored: NDArray[np.generic], instance: Instance, slope: float, intercept: float
) -> tuple[NDArray[np.bool_] | None, bool]:
    """Find what Pixel Padding Value and Range Limit (0028,0120), (0028,0121) mark as not imaged (PS3.3 C.7.5.1.1.2)."""
    pixel_format = instance.pixel_format
    if pixel_format.padding_value is None:
        return None, False
    first = _as_stored(pixel_format.padding_value, stored.dtype)
    last = first if pixel_format.padding_limit is None else _as_stored(pixel_format.padding_limit, stored.dtype)
    low, high = min(first, last), max(first, last)
    padded: NDArray[np.bool_] = (stored >= low) & (stored <= high)  # type: ignore[operator]
    if not padded.any():
        return None, False
    in_body = any(_BODY_HU[0] <= value * slope + intercept <= _BODY_HU[1] for value in (low, high))
    return (None, True) if in_body else (padded, False)


def _as_stored(value: int, dtype: np.dtype[np.generic]) -> int:
    """Read 16 bits as the image's own values are read: 63536 stands for -2000 in a signed image."""
    return int(np.array(value & 0xFFFF, dtype=np.uint16).view(np.int16)) if dtype.kind == "i" else value & 0xFFFF

"""From a stack to a Volume: a reliable grid in Hounsfield units, or the reason why the stack is refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from calcimeasure.errors import GeometryError, PixelError
from calcimeasure.geometry import Geometry
from calcimeasure.load.constants import LOAD
from calcimeasure.load.kind import is_captured_ct, is_monoenergetic, is_named_projection
from calcimeasure.load.pixels import decoded_image, padding_limits, stored_values
from calcimeasure.load.plausible import (
    TissueCount,
    count_tissue,
    is_uncalibrated,
    is_unusual_size,
    lacks_soft_tissue,
    refuse_implausible_pixels,
    refuse_implausible_steps,
    refuse_other_scale,
)
from calcimeasure.load.reach import refuse_out_of_reach
from calcimeasure.load.refusal import refusal
from calcimeasure.load.source import unpacked
from calcimeasure.load.values import HOUNSFIELD
from calcimeasure.model import NOT_IMAGED_HU, Instance, Stack, Volume
from calcimeasure.model.thickness import imaged_thickness_mm
from calcimeasure.threads import thread_count

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.settings import Settings

_LARGEST_HU: Final = 32767


def load_volume(stack: Stack, settings: Settings) -> Volume:
    """Load a CT stack; see `calcimeasure.load_image`."""
    refuse_no_hounsfield_units(stack)
    stack, geometry, notices = checked_stack(stack, settings)
    attenuation_hu, pixel_notices = _read_attenuation(stack, geometry.shape_kji)
    found = {
        "monoenergetic": is_monoenergetic(stack),
        "projection_named": is_named_projection(stack),
        "secondary_capture_measured": is_captured_ct(stack),
    }
    by_header = tuple(notice for notice, holds in found.items() if holds)
    return Volume(stack, geometry, attenuation_hu, (*stack.notices, *notices, *by_header, *pixel_notices))


def checked_stack(
    stack: Stack, settings: Settings, *, read_pixels: bool = True
) -> tuple[Stack, Geometry, tuple[str, ...]]:
    """Drop copies of images, and place the others.

    Pixels are read only of images that share a position: images with equal pixels are one image that was sent twice.

    Parameters
    ----------
    stack
        As found.
    settings
        Tolerances.
    read_pixels
        False to tell copies by their headers alone: position, rescale and Instance Number are equal. Who only asks
        what would be measured must not wait for a decoder, or end with it.

    Returns
    -------
    stack : Stack
        Without the copies.
    geometry : Geometry
        With one origin per slice.
    notices : tuple of str
        duplicate_dropped, and the notices of `stack_geometry`.

    Raises
    ------
    GeometryError
        As in `stack_geometry`; also if images at one position have different pixels.
    PixelError
        The pixels of images at one position cannot be decoded, there are no rows, or the stack is larger than is
        allowed.
    """
    _refuse_no_matrix(stack)
    single = _without_twins(stack, settings, read_pixels)
    geometry, notices = stack_geometry(single, settings)
    _refuse_too_large(single, geometry.shape_kji, settings)
    dropped = ("duplicate_dropped",) if single is not stack and "duplicate_dropped" not in stack.notices else ()
    return single, geometry, (*dropped, *notices)


def _refuse_no_matrix(stack: Stack) -> None:
    pixel_format = stack.instances[0].pixel_format
    if not pixel_format.rows or not pixel_format.columns:
        raise refusal(
            PixelError,
            stack,
            "no_pixels",
            "An image expected",
            f"{pixel_format.rows} x {pixel_format.columns} in {stack.instances[0].relative_path.name}",
            "Rows (0028,0010), Columns (0028,0011)",
            "The file may be cut off: export it again.",
        )


def _refuse_too_large(stack: Stack, shape_kji: tuple[int, int, int], settings: Settings) -> None:
    needed_gb = 2 * shape_kji[0] * shape_kji[1] * shape_kji[2] / 1e9
    if needed_gb > settings.max_volume_gb:
        raise refusal(
            PixelError,
            stack,
            "out_of_memory",
            f"At most {settings.max_volume_gb:g} GB expected (settings.max_volume_gb)",
            f"{' x '.join(map(str, shape_kji))} voxels of {needed_gb:.2f} GB",
            "Rows (0028,0010), Columns (0028,0011)",
            "Raise the setting where the machine has the memory.",
        )


def _without_twins(stack: Stack, settings: Settings, read_pixels: bool) -> Stack:
    if stack.row_column_directions is None or any(one.position_lps_mm is None for one in stack.instances):
        return stack
    directions = np.array(stack.row_column_directions)
    normal = np.cross(directions[:3], directions[3:])
    kept = [stack.instances[0]]
    for one in stack.instances[1:]:
        # stack_geometry refuses images that still share a position after this.
        step_mm = float(np.dot(np.subtract(one.position_lps_mm, kept[-1].position_lps_mm), normal))  # type: ignore[arg-type]
        if step_mm >= settings.spacing_tolerance_mm or not _same_image(one, kept[-1], read_pixels):
            kept.append(one)
    return stack if len(kept) == len(stack.instances) else replace(stack, instances=tuple(kept))


def _same_image(one: Instance, other: Instance, read_pixels: bool) -> bool:
    return (
        one.position_lps_mm == other.position_lps_mm
        and (one.rescale_slope, one.rescale_intercept) == (other.rescale_slope, other.rescale_intercept)
        and (
            np.array_equal(stored_values(one), stored_values(other))
            if read_pixels
            else one.instance_number == other.instance_number
        )
    )


def refuse_no_hounsfield_units(stack: Stack) -> None:
    """Raise if the headers say that the values are no Hounsfield units.

    Raises
    ------
    PixelError
        The images are in color, in other units, or have no slope and intercept or a negative slope.
    """
    samples = stack.instances[0].pixel_format.samples_per_pixel
    if samples != 1:
        raise refusal(
            PixelError,
            stack,
            "color_image",
            "One sample per pixel expected",
            str(samples),
            "Samples per Pixel (0028,0002)",
            "Export the CT images, not a screen copy of them.",
        )
    if stack.rescale_type not in (None, HOUNSFIELD):
        raise refusal(
            PixelError,
            stack,
            "not_hu",
            "Hounsfield units expected",
            repr(stack.rescale_type),
            "Rescale Type (0028,1054)",
            "Export the series in Hounsfield units.",
        )
    for instance in stack.instances:
        if not instance.rescale_slope or instance.rescale_intercept is None:
            raise refusal(
                PixelError,
                stack,
                "no_rescale",
                "Two numbers expected in every image",
                f"{instance.rescale_slope} and {instance.rescale_intercept} in {instance.path.name}",
                "Rescale Slope (0028,1053) and Intercept (0028,1052)",
                "Export the series again.",
            )
        if instance.rescale_slope < 0:
            # Dense would be dark: air and bone can each look like the other.
            raise refusal(
                PixelError,
                stack,
                "not_hu",
                "A positive slope expected",
                f"{instance.rescale_slope:g} in {instance.path.name}",
                "Rescale Slope (0028,1053)",
                "Export the series in Hounsfield units.",
            )


# The grid


def stack_geometry(stack: Stack, settings: Settings) -> tuple[Geometry, tuple[str, ...]]:
    """Place each slice of a stack in the patient, and refuse an unreliable grid.

    Order and spacing come from Image Position (Patient) along the slice normal. Slice Thickness, Slice Location and
    Instance Number are not used for it.

    Returns
    -------
    geometry : Geometry
        With one origin per slice.
    notices : tuple of str
        sheared_stack, uneven_spacing, non_contiguous, gaps_unchecked, single_slice, unusual_size, hu_uncalibrated.

    Raises
    ------
    GeometryError
        Orientation, spacing or a position is missing, or cannot be of a body; slices are missing, doubled or
        shifted.
    """
    row_direction, column_direction = _directions(stack, settings)
    row_spacing_mm, column_spacing_mm = _pixel_spacing_mm(stack)
    refuse_implausible_pixels(stack)
    origins_lps_mm = _origins_lps_mm(stack)
    normal = np.cross(row_direction, column_direction)
    steps_mm = np.diff(origins_lps_mm @ normal)
    refuse_implausible_steps(stack, steps_mm)
    _refuse_unclear(stack)
    _refuse_doubled_positions(stack, steps_mm, settings)
    _refuse_missing_slices(stack, steps_mm, settings)
    total_shift_mm = _refuse_irregular_shift(stack, origins_lps_mm, normal, settings)
    first = stack.instances[0].pixel_format
    geometry = Geometry(
        shape_kji=(len(stack.instances), first.rows, first.columns),
        row_direction=row_direction,
        column_direction=column_direction,
        row_spacing_mm=row_spacing_mm,
        column_spacing_mm=column_spacing_mm,
        origins_lps_mm=origins_lps_mm,
        frame_of_reference_uid=stack.frame_of_reference_uid,
    )
    return geometry, _geometry_notices(stack, geometry, total_shift_mm, settings)


def _geometry_notices(stack: Stack, geometry: Geometry, total_shift_mm: float, settings: Settings) -> tuple[str, ...]:
    spacing_mm = geometry.slice_spacing_mm
    thickness_mm = imaged_thickness_mm(stack.slice_thickness_mm, geometry.slice_steps_mm)
    sparse = spacing_mm and thickness_mm and spacing_mm > settings.non_contiguous_factor * thickness_mm
    found = {
        "single_slice": spacing_mm is None,
        "sheared_stack": total_shift_mm > settings.shift_tolerance_mm,
        "uneven_spacing": spacing_mm and np.ptp(geometry.slice_steps_mm) > 2 * settings.spacing_tolerance_mm,
        "non_contiguous": sparse,
        "gaps_unchecked": spacing_mm and thickness_mm is None,
        "unusual_size": is_unusual_size(geometry),
        "hu_uncalibrated": is_uncalibrated(stack, geometry),
    }
    return tuple(notice for notice, holds in found.items() if holds)


def _directions(stack: Stack, settings: Settings) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    directions = np.array(stack.row_column_directions or ())
    if directions.size == 6:
        row, column = directions[:3], directions[3:]
        lengths = np.linalg.norm(row), np.linalg.norm(column)
        deviation = float(np.max(np.abs([lengths[0] - 1, lengths[1] - 1, row @ column])))
        if deviation <= settings.direction_tolerance:
            row = row / lengths[0]
            column = column - (column @ row) * row
            return row, column / np.linalg.norm(column)
    raise refusal(
        GeometryError,
        stack,
        "no_orientation",
        "Two perpendicular unit vectors expected",
        f"{stack.row_column_directions or 'none'}",
        "Image Orientation (Patient) (0020,0037)",
        "Export the original series.",
    )


def _pixel_spacing_mm(stack: Stack) -> tuple[float, float]:
    if stack.pixel_spacing_mm is None or min(stack.pixel_spacing_mm) <= 0:
        raise refusal(
            GeometryError,
            stack,
            "no_pixel_spacing",
            "Two positive numbers expected",
            f"{stack.pixel_spacing_mm or 'none'}",
            "Pixel Spacing (0028,0030)",
            "Export the original series; no spacing is assumed.",
        )
    return stack.pixel_spacing_mm


def _origins_lps_mm(stack: Stack) -> NDArray[np.float64]:
    for instance in stack.instances:
        if instance.position_lps_mm is None:
            raise refusal(
                GeometryError,
                stack,
                "no_position",
                "Three numbers expected in every image",
                f"none in {instance.path.name}",
                "Image Position (Patient) (0020,0032)",
                "Export the original series.",
            )
    origins_lps_mm = np.array([instance.position_lps_mm for instance in stack.instances])
    refuse_out_of_reach(stack, origins_lps_mm)
    return origins_lps_mm


def _refuse_unclear(stack: Stack) -> None:
    if stack.unclear is not None:
        raise refusal(
            GeometryError,
            stack,
            "mixed_acquisitions",
            "Slices of one acquisition and thickness expected",
            stack.unclear,
            "Image Position (Patient) (0020,0032)",
            "Export each acquisition or reconstruction as a series of its own.",
        )


def _refuse_doubled_positions(stack: Stack, steps_mm: NDArray[np.float64], settings: Settings) -> None:
    doubled = np.flatnonzero(steps_mm < settings.spacing_tolerance_mm)
    if doubled.size and doubled.size == steps_mm.size:
        raise refusal(
            GeometryError,
            stack,
            "one_position",
            "Slices side by side expected",
            f"{len(stack.instances)} images at one position",
            "Image Position (Patient) (0020,0032)",
            "A time series or a monitoring scan is no volume.",
        )
    if doubled.size:
        raise refusal(
            GeometryError,
            stack,
            "duplicate_positions",
            "One image at each position expected",
            f"{doubled.size + 1 if doubled.size == 1 else doubled.size} images that share theirs, the first between "
            f"{_slices(stack, int(doubled[0]))}",
            "Image Position (Patient) (0020,0032)",
            "Export each acquisition as a series of its own.",
        )


def _refuse_missing_slices(stack: Stack, steps_mm: NDArray[np.float64], settings: Settings) -> None:
    """Refuse one or two steps that are a multiple of the steps beside them: slices are missing there.

    More than two long steps (more than one at an end of the stack) are taken as a change of the protocol.
    """
    if steps_mm.size < 2:
        return
    larger_mm, smaller_mm = np.maximum(steps_mm[1:], steps_mm[:-1]), np.minimum(steps_mm[1:], steps_mm[:-1])
    change = larger_mm - smaller_mm > np.maximum(
        2 * settings.spacing_tolerance_mm, (LOAD.rounded_step_ratio - 1) * smaller_mm
    )
    starts = np.concatenate([[0], np.flatnonzero(change) + 1])
    stops = np.append(starts[1:], steps_mm.size)
    runs_mm = [steps_mm[start:stop] for start, stop in zip(starts, stops, strict=True)]
    for run, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        beside_mm = [runs_mm[other] for other in (run - 1, run + 1) if 0 <= other < len(runs_mm)]
        at_an_end = run in (0, len(runs_mm) - 1)
        lasts = stop - start > (1 if at_an_end else 2)
        if beside_mm and not lasts and all(_is_gap(runs_mm[run].mean(), other) for other in beside_mm):
            raise refusal(
                GeometryError,
                stack,
                "missing_slice",
                f"Steps of {max(other.mean() for other in beside_mm):.2f} mm expected",
                f"{steps_mm[start]:.2f} mm between {_slices(stack, int(start))}",
                "Image Position (Patient) (0020,0032)",
                "Export the series again, complete; gaps are not interpolated.",
            )


def _is_gap(step_mm: float, beside_mm: NDArray[np.float64]) -> bool:
    usual_mm = float(beside_mm.mean())
    count = round(step_mm / usual_mm)
    allowed_mm = LOAD.missing_slice_tolerance * usual_mm + float(np.ptp(beside_mm))
    return step_mm >= LOAD.largest_gap_ratio * usual_mm or (
        count >= 2 and abs(step_mm - count * usual_mm) <= allowed_mm
    )


def _refuse_irregular_shift(
    stack: Stack, origins_lps_mm: NDArray[np.float64], normal: NDArray[np.float64], settings: Settings
) -> float:
    """Refuse slices that are not on a straight line; give the sideways shift from the first slice to the last, mm."""
    offsets = origins_lps_mm - origins_lps_mm[0]
    along_mm = offsets @ normal
    sideways_mm = offsets - np.outer(along_mm, normal)
    if along_mm[-1] <= 0:
        return 0.0
    straight_mm = np.outer(along_mm / along_mm[-1], sideways_mm[-1])
    deviation_mm = np.linalg.norm(sideways_mm - straight_mm, axis=1)
    worst = int(np.argmax(deviation_mm))
    if deviation_mm[worst] > settings.shift_tolerance_mm:
        raise refusal(
            GeometryError,
            stack,
            "irregular_shift",
            "Slices along a straight line expected",
            f"slice {worst + 1} {deviation_mm[worst]:.2f} mm beside it",
            "Image Position (Patient) (0020,0032)",
            "Export the original series.",
        )
    return float(np.linalg.norm(sideways_mm[-1]))


def _slices(stack: Stack, index: int) -> str:
    numbers = [instance.instance_number for instance in stack.instances[index : index + 2]]
    return f"slices {index + 1} and {index + 2} (Instance Numbers {numbers[0]} and {numbers[1]})"


# Hounsfield units


@dataclass(frozen=True, slots=True)
class _SliceFacts:
    """What was found in the values of one slice: air, clipped values, padding that could not be told from the body."""

    air: bool
    clipped: bool
    padding_ignored: bool
    tissue: TissueCount
    of_pixels: tuple[str, ...]


def _read_attenuation(stack: Stack, shape_kji: tuple[int, int, int]) -> tuple[NDArray[np.int16], tuple[str, ...]]:
    """Read all slices into one array, several at a time in threads: reading and decoding release Python's lock."""
    try:
        # Decoding the first image checks the matrix of the header before memory is taken for all images.
        stored_values(stack.instances[0])
        attenuation_hu = np.empty(shape_kji, dtype=np.int16)
        with ThreadPoolExecutor(max_workers=min(thread_count(), 8)) as pool:
            facts = list(pool.map(_read_slice, stack.instances, attenuation_hu))
    finally:
        unpacked.cache_clear()
    tissue = [one.tissue for one in facts]
    refuse_other_scale(stack, tissue)
    found = {
        "hu_clipped": any(one.clipped for one in facts),
        "padding_ignored": any(one.padding_ignored for one in facts),
        "no_air": not any(one.air for one in facts),
        "no_soft_tissue": lacks_soft_tissue(tissue),
    }
    if found["no_air"]:
        _refuse_missing_intercept(stack, attenuation_hu)
    of_pixels = sorted({notice for one in facts for notice in one.of_pixels})
    return attenuation_hu, (*(notice for notice, holds in found.items() if holds), *of_pixels)


def _read_slice(instance: Instance, attenuation_hu: NDArray[np.int16]) -> _SliceFacts:
    """Write one slice in HU into its place: stored value * slope + intercept (PS3.3 C.11.1.1.2)."""
    stored, notices = decoded_image(instance)
    slope, intercept = instance.rescale_slope or 1.0, instance.rescale_intercept or 0.0
    ends = sorted(float(limit) * slope + intercept for limit in (stored.min(), stored.max()))
    clipped = ends[0] < -_LARGEST_HU or ends[1] > _LARGEST_HU
    if slope == 1 and intercept == int(intercept) and abs(intercept) <= _LARGEST_HU and not clipped:
        np.add(stored, int(intercept), out=attenuation_hu, dtype=np.int16, casting="unsafe")
    else:
        with np.errstate(over="ignore"):
            np.clip(
                np.rint(stored * slope + intercept), -_LARGEST_HU, _LARGEST_HU, out=attenuation_hu, casting="unsafe"
            )
    padded, ignored = _padded(stored, instance, slope, intercept)
    if padded is not None:
        attenuation_hu[padded] = NOT_IMAGED_HU
    air = _holds_air(attenuation_hu, ends[0] if padded is None else -np.inf)
    tissue = count_tissue(attenuation_hu, None if padded is None else ~padded)
    return _SliceFacts(air, clipped, ignored, tissue, notices)


def _holds_air(attenuation_hu: NDArray[np.int16], lowest_hu: float) -> bool:
    """Tell whether a slice has air. Every voxel is looked at only if the lowest value does not decide it."""
    if lowest_hu >= LOAD.air_hu[0]:
        return lowest_hu <= LOAD.air_hu[1]
    return bool(np.any((attenuation_hu >= LOAD.air_hu[0]) & (attenuation_hu <= LOAD.air_hu[1])))


def _refuse_missing_intercept(stack: Stack, attenuation_hu: NDArray[np.int16]) -> None:
    """Refuse stored values that are given as HU: no value below -500, and most values of tissue near 1000."""
    if stack.rescale_type == HOUNSFIELD or any(instance.rescale_intercept for instance in stack.instances):
        return
    imaged_hu = attenuation_hu[attenuation_hu > LOAD.air_hu[0]]
    tissue_hu = imaged_hu[imaged_hu > int(imaged_hu.min(initial=0)) + LOAD.background_hu]
    shifted = np.count_nonzero((tissue_hu >= LOAD.shifted_tissue_hu[0]) & (tissue_hu <= LOAD.shifted_tissue_hu[1]))
    if tissue_hu.size and shifted > tissue_hu.size / 2:
        raise refusal(
            PixelError,
            stack,
            "not_hu",
            "Air near -1000 HU and soft tissue near 0 HU expected",
            f"no air, and soft tissue near {float(np.median(tissue_hu)):.0f}, as without the intercept of -1024",
            "Rescale Intercept (0028,1052)",
            "Export the series again, with its intercept.",
        )


def _padded(
    stored: NDArray[Any], instance: Instance, slope: float, intercept: float
) -> tuple[NDArray[np.bool_] | None, bool]:
    """Find the pixels that were not imaged; tell whether padding was ignored because the body may have its value."""
    limits = padding_limits(instance.pixel_format)
    if limits is None:
        return None, False
    padded: NDArray[np.bool_] = (stored >= limits[0]) & (stored <= limits[1])
    if not padded.any():
        return None, False
    lowest_hu, highest_hu = sorted(limit * slope + intercept for limit in limits)
    in_body = highest_hu >= LOAD.body_hu[0] and lowest_hu <= LOAD.body_hu[1]
    return (None, True) if in_body else (padded, False)

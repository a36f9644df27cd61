"""The constants of loading: which files are one stack, where its voxels lie, and which voxels a mask holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from calcimeasure.settings.constants import Constants, constant


@dataclass(frozen=True, slots=True)
class LoadConstants(Constants):
    """What stacks, attenuation and masks are read with."""

    # Files of one stack
    spacing_rounding: float = constant(
        1e-4,
        "relative",
        "0.9765625 mm is often written as 0.97656: such spacings are equal. Over 512 columns the two differ by less "
        "than 0.05 pixel.",
    )
    fewest_scattered: int = constant(
        4,
        "slices",
        "So many slices of several series, side by side and evenly spaced, are taken as one stack that its UIDs "
        "scatter. Three levels of a bone density scan are none.",
    )
    largest_scattered_step_mm: float = constant(
        10.0,
        "mm",
        "Single slices that lie nearer to each other are of one place: no scanner takes thicker slices of bone and "
        "soft tissue.",
    )
    past_midnight_h: int = constant(
        6,
        "h",
        "Images of the next day belong to the study of the day before if they follow within these hours: no "
        "examination with CT or radiographs pauses for longer.",
    )

    # Attenuation and the places of slices
    air_hu: tuple[int, int] = constant(
        (-1200, -500),
        "HU",
        "If no voxel is in this range, no air is in view, and the scale cannot be checked. Values below it are "
        "padding.",
    )
    shifted_tissue_hu: tuple[int, int] = constant(
        (700, 1300), "HU", "If the intercept is missing, soft tissue is near 1024."
    )
    background_hu: int = constant(
        200,
        "HU",
        "If the intercept is missing, air is near 0: tissue lies higher than the lowest value by more than this.",
    )
    body_hu: tuple[int, int] = constant(
        (-900, 3000), "HU", "A padding value in this range can also be the value of a voxel in the body."
    )
    missing_slice_tolerance: float = constant(
        0.1,
        "of a step",
        "A part of the steps beside a step. The step counts as a multiple of them if it differs from the multiple by "
        "at most this part of one step, and by the rounding of those steps.",
    )
    rounded_step_ratio: float = constant(
        1.4,
        "",
        "Steps whose ratio is smaller are one rounded step: 0.33 mm in positions of one decimal gives 0.3 and 0.4 mm.",
    )
    largest_gap_ratio: float = constant(
        3.5, "", "From this ratio to the steps beside it on, a step is a gap, also if it is no whole multiple."
    )

    # Sizes and scales that a body can have
    pixel_mm: tuple[float, float] = constant(
        (0.015, 10.0),
        "mm",
        "Scanners of limbs have pixels down to 0.03 mm. A pixel of 10 mm shows no mass that is smaller than a fist.",
    )
    largest_step_mm: float = constant(
        200.0, "mm", "The largest step between slices. Stacks that are sparse on purpose have steps up to 30 mm."
    )
    even_steps_ratio: float = constant(
        1.1,
        "",
        "Steps whose ratio is smaller are one step: slices that are evenly too close, and not one slice several times.",
    )
    field_mm: tuple[float, float] = constant(
        (0.5, 3000.0),
        "mm",
        "The smallest and largest side of what was imaged: a crop of a few pixels has more, and nobody is longer.",
    )
    usual_field_mm: tuple[float, float] = constant(
        (8.0, 2200.0),
        "mm",
        "A finger is 15 mm wide, and a body with raised arms 2.2 m long. Outside of that the size is a notice.",
    )
    dense_hu: int = constant(-500, "HU", "What is neither air nor lung has more.")
    soft_tissue_hu: tuple[int, int] = constant(
        (-250, 350), "HU", "Fat, muscle and blood with contrast agent, with the noise of a thin slice."
    )
    least_soft_tissue: float = constant(
        0.05,
        "of the voxels above `dense_hu`",
        "The smallest part of soft tissue that is seen is 0.3, in a field on the spine. Under a false scale, soft "
        "tissue has the values of other things, and only their edges have values of soft tissue: 0.01.",
    )
    slope_tolerance: float = constant(0.01, "", "A slope that is nearer to 1 changes no value by more than the noise.")
    counted_pixels: int = constant(3, "pixels", "Each third row and column is enough to count the kinds of tissue.")
    lowest_kvp: float = constant(70.0, "kV", "Whole-body CT has 70 kV and more, HR-pQCT 60 to 68.")
    smallest_fan_beam_voxel_mm: float = constant(
        0.1, "mm", "The largest side of a voxel. Whole-body CT has slices of 0.2 mm or more."
    )
    least_captured_slices: int = constant(
        3,
        "slices",
        "Fewer secondary captures with a place are reference images, such as a survey with lines on it.",
    )
    captured_bits: int = constant(
        9, "bits", "The least that Bits Stored of captured CT is: the 8 bits of a screen copy are too few for HU."
    )

    # The spacing of radiographs
    equal_spacing: float = constant(
        1e-3, "relative", "Spacings that differ by less are equal but for rounding (PS3.3 section 10.7 compares them)."
    )

    # Masks on the grid of a stack
    grid_tolerance_mm: float = constant(
        0.1,
        "mm",
        "A voxel that lies nearer than this, and than `grid_tolerance_voxels`, to one of the stack is that voxel: "
        "headers round positions to 0.01 mm, spacings to 1e-6 of 500 pixels, and NIfTI keeps seven digits.",
    )
    grid_tolerance_voxels: float = constant(0.25, "voxels", "See `grid_tolerance_mm`.")
    plane_tolerance_mm: float = constant(
        0.5,
        "mm",
        "Points of a contour lie this near to one plane along the slices: writers round each number to 0.1 mm.",
    )
    same_plane_mm: float = constant(
        0.02, "mm", "Contours nearer than this lie in one plane: they are holes of each other, not neighbors."
    )
    parallel_tolerance: float = constant(
        0.001,
        "sine",
        "Planes are parallel where the sine of the angle between them is smaller: half a pixel at the far edge of a "
        "500 mm field.",
    )
    coarser: float = constant(1.5, "times", "From this ratio of spacings on planes are those of a coarser grid.")
    overhang_voxels: float = constant(
        1.0,
        "voxels",
        "A resampled mask may end this many of its own voxels before the stack does: rounding its size takes up to "
        "one.",
    )
    margin_voxels: float = constant(
        2.0,
        "voxels",
        "A resampled mask may go beyond the stack by this many voxels (the larger of both): one that goes further was "
        "made for another stack, and nothing in a NIfTI tells for which.",
    )
    no_difference: float = constant(
        1e-6, "voxels", "An index that differs by less over the whole of a slice does not differ."
    )
    half: float = constant(0.5, "of a voxel", "From this part of a voxel on it belongs to a fractional segment.")

    # Contours
    on_edge_pixels: float = constant(
        0.01, "pixels", "A pixel center this near to a contour lies on it: numbers rounded to 0.001 mm."
    )

    # Which values of a radiograph are dense
    looked_at_pixels: int = constant(
        200,
        "pixels",
        "Along the longer side of the copy on which air and bone are told apart.",
    )
    looked_at_quantiles: tuple[float, float] = constant(
        (0.005, 0.995), "of the pixels", "Between these quantiles lies the range of the values that are compared."
    )
    looked_at_width: int = constant(11, "pixels of the copy", "A structure that is narrower may be a bone.")
    dark_share: float = constant(0.25, "of the range", "What lies so near to the end of the range is dark, or bright.")
    border_majority: float = constant(
        0.3,
        "of the border",
        "By so much more of the border has to be bright than dark on an image that is turned. On 80 radiographs the "
        "dark part is the larger one by 0.3 on three in four, the bright one on one, with a white collimator.",
    )
    bone_majority: float = constant(
        0.1,
        "of what is narrow",
        "Narrow bright structures, less narrow dark ones, have to be fewer on an image that is turned: bones are "
        "bright.",
    )


LOAD: Final = LoadConstants()

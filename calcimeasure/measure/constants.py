"""The constants of measuring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from calcimeasure.settings.constants import Constants, constant


@dataclass(frozen=True, slots=True)
class MeasureConstants(Constants):
    """The constants for sizes and their half-widths."""

    # Sizes
    same_length_mm: float = constant(
        1e-9,
        "mm",
        "Lengths that differ by less differ in rounding only: the first of them is taken, on every machine.",
    )
    contour_smoothing_px: float = constant(
        0.7,
        "pixels",
        "Standard deviation by which the level is smoothed before its Laplacian is taken: without it noise would grow "
        "more than the error shrinks.",
    )
    cap_layers: int = constant(
        6, "contours", "Contours drawn between the last slice of a lesion and its tip, as those of a paraboloid."
    )

    # Gaps between slices
    thickness_mm: tuple[float, float] = constant(
        (0.02, 30.0),
        "mm",
        "No CT slice is thinner, and no slab of slices is thicker: a Slice Thickness outside of this range says "
        "nothing.",
    )
    one_step_ratio: float = constant(1.1, "", "Steps between slices whose ratio is smaller are one step.")
    assumed_overlap: float = constant(
        1.5,
        "of the smallest step",
        "The thickness that is assumed if the header tells none: slices of two protocols in one stack overlap so much.",
    )

    # Half-widths on CT: the standard deviation of a size that each source of error causes. One set of constants for all
    # lesions, checked on ellipsoids and lobulated masses of 8 to 150 mm in slices of 0.8 to 5 mm
    # (tests/bench/accuracy): the intervals contain the true size in 93 to 97.5 of 100 cases.
    width_95: float = constant(1.96, "standard deviations", "Half-width of a 95 % interval of a normal distribution.")
    long_axis_noise: float = constant(1.2, "", "Share of the noise of an edge point in the long axis.")
    long_axis_shrinkage: float = constant(2.3, "", "Share of the shrinkage of a tip in the long axis.")
    long_axis_pixel: float = constant(0.03, "", "Share of the pixel's size in the long axis.")
    diameter_noise: float = constant(0.5, "", "Share of the noise of an edge point in the diameter in space.")
    diameter_shrinkage: float = constant(1.55, "", "Share of the shrinkage of a tip in the diameter in space.")
    diameter_pixel: float = constant(0.15, "", "Share of the pixel's size in the diameter in space.")
    diameter_slices: float = constant(0.65, "", "Share of what the slices leave out at a tip in the diameter in space.")
    volume_plateau: float = constant(2.4, "", "Share of the standard error of the plateau in the volume.")
    volume_background: float = constant(
        1.0, "", "Share of the standard error of the surroundings in the volume of the rim."
    )
    volume_noise: float = constant(0.5, "", "Share of the summed noise of all voxels in the volume.")
    volume_slices: float = constant(0.22, "", "Share of one divided by the squared count of slices in the volume.")
    volume_no_plateau: float = constant(
        0.27, "", "Without a plateau: share of the blur, divided by the lesion's width, in the plateau."
    )
    volume_few_slices: float = constant(
        0.22,
        "",
        "Without a plateau: share of the squared slice spacing, divided by the lesion's width, in the plateau.",
    )

    # Radiographs
    ring_shares: tuple[float, float] = constant(
        (0.15, 0.45),
        "of the radius",
        "The local background is taken in a ring between these distances from the outline, as parts of the radius of a "
        "circle of its area.",
    )
    least_ring_px: tuple[float, float] = constant(
        (2.0, 5.0), "columns", "The distances of the ring are at least so many columns."
    )
    background_reach: float = constant(
        0.5,
        "of the radius",
        "How far a place of the ring counts, as the standard deviation of a Gaussian. Beside a bone the background is "
        "bone, on the other side of the mass it is not.",
    )
    samples_of_reach: int = constant(
        6, "pixels", "So many pixels of that reach are used along each axis: the background changes slowly."
    )
    ring_outliers: float = constant(
        0.05,
        "of the ring",
        "This share of the ring's values at either end is set to the value where it begins: letters, neighbors.",
    )
    least_edge_share: float = constant(
        0.7,
        "of the border",
        "An outline follows an edge where the image falls outward on this share of its border or more; by chance alone "
        "it falls on half of it.",
    )
    ring_truncate_sigmas: int = constant(
        6, "standard deviations", "To this distance the ring around a mass counts in the background of a place."
    )
    along_border_px: float = constant(
        3.0,
        "pixels",
        "What the outline follows is averaged along it with this standard deviation: noise of a single pixel must not "
        "move it.",
    )
    steepness_smoothing_px: float = constant(
        1.0, "pixels", "The image is smoothed so much before its steepness is measured: noise looks steep."
    )
    nearest_px: float = constant(
        0.1, "pixels", "The contour lies no nearer to the middle of a pixel than this part of the way to the next."
    )
    longest_foot: float = constant(
        0.25, "of the long axis", "The foot of an edge reaches no farther beyond the contour than this."
    )
    pixel_sd_px: float = constant(
        0.3, "pixels", "Standard deviation of where pixels, and the steps of an outline, put an end of an axis."
    )
    behind_sd_share: float = constant(
        0.065,
        "of the long axis",
        "How far what lies behind a mass bends its outline, as a standard deviation.",
    )
    foot_sd_share: float = constant(
        0.4,
        "of the way to the foot of the edge",
        "How far an end of an axis may be off, as a standard deviation: a rounded mass is thin at its border, and "
        "where it ends is not seen.",
    )


MEASURE: Final = MeasureConstants()

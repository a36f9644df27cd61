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

    # The envelope of a mass of several pieces
    envelope_radius_mm: float = constant(
        5.0,
        "mm",
        "Alpha of the alpha shape, as large as the distance at which pieces are joined to one mass: a ball of this "
        "radius does not pass between joined pieces.",
    )
    cubes: int = constant(
        700_000, "cubes", "A working grid of so many cubes shows the gaps between pieces: cubes of 1 mm in most masses."
    )
    cubes_of_whole: int = constant(
        10_000, "cubes", "So many cubes show whether a mass of one piece has clefts, holes or cavities at all."
    )
    smooth_fill: float = constant(
        0.95, "of the envelope", "A mass of one piece that fills less of its envelope is enclosed again on small cubes."
    )
    convex_fill: float = constant(
        0.99, "of the convex hull", "A mass that fills so much of its hull is its own envelope, within one percent."
    )
    same_distance_mm: float = constant(
        1e-4, "mm", "Distances between cubes that differ by less differ in rounding only."
    )
    cube_shifts: tuple[float, float, float] = constant(
        (0.13, 0.21, 0.34), "cubes", "How far the cubes lie off the middle of the mass along each axis."
    )
    smallest_cube_mm: float = constant(0.5, "mm", "Smaller cubes do not show more than the pixels do.")

    surface_share: float = constant(
        0.35,
        "of the top",
        "Where a mass has several pieces, the surface of a small grain for the envelope lies at this share of its own "
        "top. Blur lowers the top, so that a half of it would lie inside the grain.",
    )
    thick_share: float = constant(
        0.42,
        "of the top",
        "The same beside thick calcium: the top of noise is a little above a plateau, and blur moves a curved surface "
        "inward.",
    )
    thin_mm: tuple[float, float] = constant(
        (1.5, 3.0), "mm", "Calcium of less depth is thin, of more depth its top is not lowered; in between partly."
    )
    least_top_hu: float = constant(
        100.0, "HU", "A piece whose top is lower above its surroundings is compared with this: noise has tops too."
    )

    # What a mass looks like. Limits checked on masses of all seven kinds (tests/measure/test_morphology.py).
    softness: float = constant(
        0.05, "of the limit", "A feature that differs from its limit by this counts 0.73 or 0.27, at the limit 0.5."
    )
    least_scale: float = constant(0.5, "", "A limit near 0 is softened as if it were this.")
    grain_depth_mm: float = constant(
        1.9, "mm", "A tenth of the calcium lies deeper below its surface in lobules, and less deep in grains and nets."
    )
    many_grains: float = constant(8.0, "pieces", "Grains are more pieces than this, a net fewer.")
    hollow_fill: float = constant(
        0.35, "of the volume", "A shell is filled in its outer half by so much more than in its inner half."
    )
    whole_shell: float = constant(0.5, "of the calcium", "The largest piece of a shell holds at least this.")
    plate_flatness: float = constant(
        1.6, "", "Envelope volume divided by squared thickness and length: 0.5 in a ball, 1 in a rod, more in a plate."
    )
    plate_slenderness: float = constant(4.0, "", "A plate is so many times longer than thick.")
    plate_fill: float = constant(0.5, "of the envelope", "A plate is a continuous sheet: calcium fills so much of it.")
    net_fill: float = constant(0.6, "of the envelope", "The strands of a net fill less than this.")
    loculated_fill: float = constant(
        0.9, "of the envelope", "Septa and fluid take so much of the envelope that calcium fills less than this."
    )
    lobulated_convexity: float = constant(
        0.9, "of the convex hull", "Clefts between lobules take so much of the hull that the envelope fills less."
    )
    depth_percentile: int = constant(90, "%", "A tenth of the calcium lies deeper than this percentile.")
    hull_points: int = constant(1000, "points", "So many points of a surface show its hull.")
    hull_directions: int = constant(120, "directions", "Corners in so many directions span nearly the whole hull.")

    # Distance from the skin
    outside_air_hu: float = constant(
        -500.0, "HU", "Half way between air and soft tissue: the surface of the skin, below its blur with air."
    )
    open_air_hu: float = constant(-930.0, "HU", "Air at the end of the image is lower; lung is denser.")
    skin_pixel_mm: float = constant(4.0, "mm", "Air is searched on pixels of this size first.")
    skin_margin_mm: float = constant(40.0, "mm", "Air is searched in slices up to so far from the mass.")
    skin_lines: int = constant(5, "places", "The skin is searched toward so many of the nearest places with air.")
    skin_fan: int = constant(9, "lines", "Lines side by side in two directions toward each of these places.")
    skin_step_mm: float = constant(0.2, "mm", "Steps along a line from the mass to the air.")
    skin_reach_mm: float = constant(
        2.0, "mm", "A mass this near to the air reaches the skin: skin is 1 to 3 mm thick, and blurred with air."
    )

    # Fluid-calcium levels
    level_coarsest_mm: float = constant(
        4.0, "mm", "Slices farther apart do not show whether the surface in a chamber of 5 to 20 mm is flat."
    )
    level_fewest_points: int = constant(
        400, "points", "A surface of fewer points (a mass of some 5 mm) does not show whether a part of it is flat."
    )
    level_points: int = constant(2000, "points", "So many points of a surface show the shares of its directions.")
    level_first_points: int = constant(500, "points", "So many points show whether a part of a surface may be flat.")
    level_first_share: float = constant(
        0.05, "of the surface", "Where at most so much of it is turned upward, no more points are looked at."
    )
    level_crossings: int = constant(
        20_000, "points", "In larger masses the surface is looked at in some of the slices and of the rows."
    )
    level_reach_mm: float = constant(
        1.0, "mm", "Distance of the samples around a point of the surface from which its direction is computed."
    )
    level_directions: int = constant(
        700, "directions", "Directions that are compared: neighbors are about as far apart as a cone is wide."
    )
    level_cone_deg: float = constant(
        8.0, "degrees", "A part of the surface is turned in a direction that differs from its normal by less."
    )
    level_near_deg: float = constant(
        30.0, "degrees", "The direction of a level is searched up to this angle from the vertical."
    )
    level_tilt_deg: float = constant(10.0, "degrees", "A level lies within this angle of the horizontal.")
    level_share: float = constant(
        0.04, "of the surface", "At least this share of the surface of the calcium belongs to levels."
    )
    level_contrast: float = constant(
        2.2, "", "Levels have so many times the share of the surface that is turned in any other direction."
    )
    level_above_mm: tuple[float, float, float] = constant(
        (1.5, 2.0, 2.5), "mm", "Heights above a level at which fluid is expected, beyond the blur of the edge."
    )
    fluid_hu: tuple[float, float] = constant((0.0, 150.0), "HU", "Fluid above a level; fat and calcium are not.")
    fluid_noise_hu: float = constant(50.0, "HU", "The attenuation above a single point may differ by noise.")

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
    long_axis_pieces: float = constant(
        0.9,
        "of the blur",
        "Of a mass of several pieces, in the long axis. The axis ends in small pieces: blur moves their ends more than "
        "those of a wide lesion, a grain at the end may be too faint to be seen, and two other grains may be the ends.",
    )
    diameter_pieces: float = constant(0.7, "of the blur", "The same in the diameter in space.")
    slices_of_pieces: float = constant(
        0.2, "of the slice spacing", "The same in both: a grain may lie anywhere between the slices that show it."
    )
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

    envelope_edge: float = constant(
        1.0, "", "Share of the error of the edge of a piece in the position of the surface of the envelope."
    )
    envelope_pixel: float = constant(0.15, "", "Share of the pixel's size in that position.")
    envelope_slices: float = constant(0.1, "", "Share of the slice spacing in that position.")
    envelope_gaps: float = constant(0.04, "", "Share of the volume between the pieces in the volume of the envelope.")

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
    least_brightness: float = constant(
        0.4,
        "",
        "Calcium is counted where a mass is at least this part as bright as if it were as thick as it is wide. Between "
        "grains and inside of a shell it is darker, between the lobes of a mass it is not.",
    )
    foot_sd_share: float = constant(
        0.4,
        "of the way to the foot of the edge",
        "How far an end of an axis may be off, as a standard deviation: a rounded mass is thin at its border, and "
        "where it ends is not seen.",
    )


MEASURE: Final = MeasureConstants()

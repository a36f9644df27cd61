"""The constants of the edge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from calcimeasure.settings.constants import Constants, constant


@dataclass(frozen=True, slots=True)
class Sampling:
    """The voxels of a box that are used: all voxels of a small box, a sample of a large one.

    Parameters
    ----------
    enough_voxels
        All voxels are used in a box with at most this many.
    grain_mm
        Largest distance between the voxels that are used in a larger box.
    """

    enough_voxels: int
    grain_mm: float


@dataclass(frozen=True, slots=True)
class EdgeConstants(Constants):
    """The constants for the half-maximum edge of a lesion."""

    # The neighborhood of a lesion
    rim_mm: float = constant(
        3.0,
        "mm",
        "How far the blurred rim of a lesion reaches: three times the widest usual blur (sigma 0.9 mm) and a pixel.",
    )
    shell_mm: tuple[float, float] = constant(
        (3.5, 7.0), "mm", "Distances from the lesion between which its surroundings are taken."
    )
    depth_mm: float = constant(2.5, "mm", "A voxel shows the plateau from this depth on: blur does not reach it.")
    fewest_plateau_voxels: int = constant(
        30, "voxels", "Fewer deep voxels show the plateau less well than the sum of attenuation does."
    )
    fewest_shell_voxels: int = constant(
        50, "voxels", "Fewer voxels do not show the surroundings: then the tissue nearer to the lesion is taken."
    )
    air_hu: float = constant(
        -300.0, "HU", "Air, lung and what is blurred with them are below this value; fat is at -100 HU."
    )
    deep_share: float = constant(
        0.6, "of the largest depth", "Voxels of a thin lesion are deep from this share of its largest depth on."
    )
    fat_hu: float = constant(
        -100.0, "HU", "Soft tissue beside a cut is taken for no less dense than fat: what is below is mixed with air."
    )
    enough_values: int = constant(
        10_000, "values", "A median of so many values is as good as one of millions, and takes less time."
    )
    longest_slice_step_mm: float = constant(
        1.5,
        "mm",
        "In comparing distances a slice counts as no farther from its neighbor than this. Thick slices are blurred "
        "across: their neighbors belong to the rim, and a voxel is deep only where those above and below are inside.",
    )
    coarse_sampling: Sampling = constant(  # noqa: RUF009 - it makes a field
        Sampling(60_000, 1.6),
        "voxels, mm",
        "Enough to draw an outline by: plateau and surroundings are averages of thousands of voxels in any case.",
    )
    fine_sampling: Sampling = constant(  # noqa: RUF009 - it makes a field
        Sampling(2_000_000, 1.0),
        "voxels, mm",
        "Enough to measure by: the voxels that are used lie as close to each other as usual pixels.",
    )

    # Plateau and surroundings
    outlier_sds: float = constant(
        3, "standard deviations", "Surroundings farther from their median than this are left out as outliers."
    )
    cell_mm: float = constant(
        4.0, "mm", "Size of the cells in which a plateau and surroundings that are not even are averaged."
    )
    layers_mm: tuple[float, float] = constant(
        (4.25, 5.25),
        "mm",
        "Where plateau or surroundings are not even, the plateau counts to the first depth and the surroundings to the "
        "second distance: what is next to the rim.",
    )
    layer_mm: float = constant(
        1.75, "mm", "Thickness of the layers whose difference tells how much the rim may differ from them."
    )
    uneven_layers: float = constant(
        1.94,
        "",
        "Noise alone makes the mean square of eight differences exceed its expectation by this factor in 5 of 100 "
        "cases.",
    )
    fewest_in_a_cell: int = constant(8, "voxels", "A cell of fewer voxels does not tell whether all cells are even.")
    cell_sigma: float = constant(
        0.7, "cells", "Standard deviation by which the medians of a cell and of those beside it are averaged."
    )
    least_height: float = constant(
        0.1, "of the mean height", "Where not even, the plateau is at least so much above its surroundings."
    )
    weight_of_the_mean: float = constant(
        0.01, "voxels", "Where a cell and those beside it hold hardly any voxels, the average of all counts as so many."
    )
    uneven_cells: float = constant(
        6.0,
        "standard errors",
        "Cells are not even where a mean differs by more standard errors than this, and by more than `uneven_share`.",
    )
    uneven_share: float = constant(0.03, "of the contrast", "See `uneven_cells`.")
    below_tissue_hu: float = constant(
        60.0, "HU", "Beside air, what is below the surroundings by more than this is mixed with air, and is not noise."
    )

    # Blur
    near_edge_level: float = constant(
        0.25, "of the contrast", "Voxels inside whose level is lower than this lie on the edge: its steepness is taken."
    )
    steep_percentile: int = constant(
        75, "%", "The steeper quarter of the edge counts: a surface that is inclined to the slice looks flatter."
    )
    steepness: tuple[float, float] = constant(
        (0.05, 0.995), "of the contrast over two pixels", "Limits of the steepness of which the blur is computed."
    )
    enough_voxels_for_blur: int = constant(
        2_000_000, "voxels", "In a larger box some of its slices are enough to estimate the blur."
    )

    # The edge
    lowest_contrast_hu: float = constant(
        30.0,
        "HU",
        "A plateau that stands out from its surroundings by less than this has no edge.",
    )
    lowest_contrast_noise: float = constant(
        3, "standard deviations of the noise", "A plateau that stands out by less than this has no edge either."
    )
    enough_border_points: int = constant(
        10_000, "voxels", "The median attenuation of a border of more voxels is taken over some of them."
    )
    narrow_rim_sigmas: float = constant(
        2.0,
        "standard deviations of the blur",
        "Where plateau or surroundings are not even, the rim is summed to this distance on both sides: what is left "
        "out inside and outside is the same.",
    )
    narrowest_rim_mm: float = constant(
        1.6, "mm", "The narrow rim holds at least the slices beside the last slice of the lesion."
    )
    mostly_calcified: float = constant(
        0.25,
        "of the contrast",
        "Below the narrow rim a voxel with a level above this counts as calcified as a whole.",
    )
    smallest_cut: float = constant(
        0.02, "of the border", "A border with a larger share of dense voxels beyond it was cut there by a reader."
    )
    first_plateau_percentile: int = constant(
        90, "%", "Percentile of the attenuation inside of a lesion from which the search for its plateau begins."
    )
    plateau_rounds: int = constant(20, "rounds", "The search for a plateau ends after so many rounds.")
    plateau_change: float = constant(
        0.001, "of the plateau", "The search for a plateau ends where the plateau changes by less."
    )

    # A mass of several pieces. Checked on chambered and granular masses (tests/edge/test_pieces.py).
    between_pieces_hu: float = constant(
        45.0, "HU", "Septa and what lies between grains, where it is not seen: soft tissue."
    )
    tissue_sigma_mm: float = constant(
        1.5,
        "mm",
        "Standard deviation by which the tissue next to a voxel is averaged: what is next to a rim of 2 mm counts.",
    )
    weight_of_assumed: float = constant(
        0.005, "of the weight of all", "Weight of the soft tissue that is assumed: it counts where no tissue is seen."
    )
    least_noise_hu: float = constant(2.0, "HU", "Noise is taken for at least this much.")
    high_percentile_of_pieces: int = constant(
        75, "%", "Percentile of the attenuation inside of a mass with which the peaks of its pieces are compared."
    )
    lowest_piece_noise: float = constant(
        3.0, "standard deviations of the noise", "A piece has a peak of at least this height, too."
    )
    lowest_piece: float = constant(0.25, "of that attenuation", "A piece has a peak of at least this height.")
    flat_mm: float = constant(
        1.0,
        "mm",
        "Where the attenuation is the same so far along each axis, and in the slices above and below, it is that of a "
        "wide piece: blur reaches no farther.",
    )
    flat_range: float = constant(
        0.15, "of the highest", "There the highest and the lowest voxel differ by at most this part."
    )
    flat_noise: float = constant(
        1.5, "standard deviations of the noise", "They may differ by so much more: the range of so many voxels."
    )
    calcium_sigma_mm: float = constant(
        1.5, "mm", "Standard deviation by which the density next to a voxel is averaged, as `tissue_sigma_mm`."
    )
    weight_of_peak: float = constant(
        3.0, "flat voxels", "Weight of a peak in that average: a small piece has few voxels."
    )
    least_weight_beside: float = constant(
        1e-5, "voxels", "With less weight beside a voxel the average of the whole mass counts."
    )
    beside_peak_mm: float = constant(
        1.0, "mm", "Distance from a peak at which its fall tells how much blur lowered it; nearer is noise."
    )
    least_kept: float = constant(0.15, "of the density", "Blur leaves at least this of a peak that is seen at all.")
    density_sd_of_peak: float = constant(
        0.03, "of the density", "Standard deviation of what a peak tells that blur did not lower."
    )
    density_sd_of_lowered: float = constant(
        0.3, "of what blur took off the peak", "Pieces are no balls: error of what blur took off their peak."
    )
    narrow_sd: float = constant(
        0.035, "of the volume", "Standard deviation of the volume of pieces where no flat voxel shows their density."
    )
    lowered_sd: float = constant(
        0.25, "of what blur took off the peaks", "Standard deviation of the volume because pieces are no balls."
    )
    crowded_sd: float = constant(
        0.9, "", "Share of the difference that crowded peaks make in the standard deviation of the volume."
    )
    reach_sigmas: float = constant(
        2.5, "standard deviations of the blur", "Pieces are summed to this distance from half of their peak."
    )
    steep_percentile_of_pieces: int = constant(
        92, "%", "As `steep_percentile`, of pieces: more of their edges look flat, because others are near."
    )
    blur_of_pieces_mm: tuple[float, float] = constant(
        (0.6, 1.0),
        "mm",
        "Limits of the blur of a mass of pieces. Where all pieces are small their edges look steeper than an edge is "
        "that blur has flattened, and so would the blur look narrower than it is.",
    )
    blur_across: float = constant(
        0.6, "of the blur in the slice", "Blur across the slices that is not that of their thickness."
    )
    least_density_sd: float = constant(
        0.14, "of the density", "Pieces of one mass differ in their density by at least this standard deviation."
    )
    seen_sd_hu: float = constant(2.5, "HU", "How much surroundings differ from what is seen next to them.")
    share_of_unlike: float = constant(
        0.2, "", "Share of the standard deviation of the surroundings in that difference: fat beside fluid."
    )
    unseen_sd_hu: float = constant(7.5, "HU", "How much surroundings that are not seen differ from soft tissue.")
    thin_from_mm3: float = constant(
        1000.0, "mm3", "Of a smaller mass without a plateau the sum of attenuation tells the density better."
    )
    thin: float = constant(
        40.0,
        "cubed depths",
        "A mass that blur reaches everywhere is a sheet or a strand if its volume is more than this: a ball has 4.2, a "
        "spindle of three times its width 13.",
    )
    specks: float = constant(
        0.01, "of the mass", "A mask with less than this beside its largest piece is of one piece, with specks."
    )
    valley_mm: float = constant(1.8, "mm", "Half of the width of a valley that is narrow: septa are up to 3 mm wide.")
    valley_depth: float = constant(
        0.25, "of the contrast", "A narrow valley in a mass that is one piece is at least so deep."
    )
    porous_share: float = constant(
        0.01, "of the mass", "A mass of one piece with more narrow valleys than this is measured as several pieces."
    )

    # A radiograph
    least_share_of_beam: float = constant(
        1 / 4096,
        "of the open beam",
        "What arrives behind metal or lead is below one step of 12 bits, and has no logarithm.",
    )
    joined_mm: float = constant(5.0, "mm", "Pieces that are no farther apart are one mass, on a radiograph as on CT.")
    joined_share: float = constant(
        1 / 12,
        "of the width of the limb",
        "The same where millimeters are not known: 5 mm on a wrist of 60 mm. On a finger it is less, so that rather "
        "two lesions are told apart than two are made one.",
    )
    limb_samples: int = constant(500, "pixels", "So many along the longer side show how wide a limb is.")
    limb_quantiles: tuple[float, float] = constant(
        (0.005, 0.995), "of the pixels", "Between these quantiles lies the range of a radiograph's values."
    )
    limb_open_share: float = constant(
        0.08, "of the range", "Below it is the open beam: the share that `RADIOGRAPH.open_share` explains."
    )
    limb_directions: int = constant(12, "directions", "In so many directions the width of a limb is taken.")


EDGE: Final = EdgeConstants()

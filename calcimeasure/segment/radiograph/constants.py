"""The constants of finding, outlining and judging masses on a radiograph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from calcimeasure.settings.constants import Constants, constant


@dataclass(frozen=True, slots=True)
class Promise:
    """The weight of one quantity of a closed line, in choosing the lines that the network examines.

    Parameters
    ----------
    quantity
        The name of the quantity, as `calcimeasure.segment.radiograph.judge.promise` computes it.
    weight
        Log odds for a mass per unit.
    limits
        The quantity is clipped to this range; values beyond the range give no more information.
    is_logarithmic
        Whether the logarithm of the quantity is used.
    """

    quantity: str
    weight: float
    limits: tuple[float, float]
    is_logarithmic: bool = False


@dataclass(frozen=True, slots=True)
class RadiographConstants(Constants):
    """The constants for finding, outlining and judging shadows of masses."""

    # The part of a radiograph that shows the patient
    open_share: float = constant(
        0.08,
        "of the range of attenuation",
        "Below it is the open beam. A finger of 10 mm takes 0.2 from the logarithm of the beam, the densest that a "
        "detector still tells from lead 3.",
    )
    unexposed_share: float = constant(
        0.005,
        "of the image",
        "What is as bright as the brightest, as large as this and open to the border was not exposed.",
    )
    flat_share: float = constant(0.002, "of the range", "Two pixels that differ by less are equally bright.")
    step_share: float = constant(
        0.25,
        "of the range",
        "The rim of metal and of a burned-in letter falls by more than this within `step_pixels`, that of a mass does "
        "not.",
    )
    step_pixels: int = constant(2, "pixels", "See `step_share`.")
    flat_inside: float = constant(
        0.01,
        "of the range",
        "What varies by less inside, and ends in a step all around, is drawn or metal: on free films boxes and screws "
        "that were put in vary by 0.003 and less, masses by 0.03 and more.",
    )
    step_quantile: float = constant(0.2, "of its border", "All but so much of the border is a step, see `step_share`.")
    round_share: float = constant(
        0.95,
        "of both together",
        "An outline that shares more with the ellipse of its own moments is round: a hexagon has 0.92, a square 0.83.",
    )
    coarse_pixels: int = constant(
        900,
        "pixels",
        "Along the longer side of the coarse copy: steps of half a millimeter on an image of 43 cm, on which 3 mm are "
        "still six pixels.",
    )
    fewest_pixels_halved: int = constant(16, "pixels", "A copy with fewer rows or columns is not made coarser.")
    most_oblong: float = constant(
        1.5, "times", "Pixels that are longer than wide by this factor are halved along one side alone."
    )
    image_quantiles: tuple[float, float] = constant(
        (0.005, 0.995),
        "of the pixels",
        "Beyond these quantiles a value is no lowest and no highest attenuation: a few pixels are broken.",
    )

    # Places and closed lines
    size_step: float = constant(
        1.35,
        "",
        "Factor from one size to the next: lines are found between half and twice a size, so that neighbors overlap "
        "broadly.",
    )
    steps_per_radius: int = constant(
        6, "pixels", "Places are looked for on a copy on which the radius has at least about so many pixels."
    )
    truncate_sigmas: float = constant(
        3.0, "standard deviations", "To this distance neighbors count in the averages from which places are found."
    )
    most_at_a_size: int = constant(
        40, "places", "Places of one size, those that stand out most. Bones have about as many ends and joints."
    )
    rays: int = constant(96, "rays", "Rays that are sent out from a place; a line has a radius on each.")
    ray_steps: int = constant(48, "steps", "Radii along a ray among which the edge is looked for.")
    steepest: int = constant(4, "steps", "Steps along the ray that an edge may move from one ray to the next.")
    bend: float = constant(
        0.05, "of a ray with the usual fall", "What each step of a line from one ray to the next costs."
    )
    fall_sigma_steps: float = constant(1.5, "steps", "The fall along a ray is smoothed over so many steps.")
    weakest: float = constant(
        0.15, "of the rays", "On so many rays an edge may fall less than is taken for its strength."
    )
    edge_mm: float = constant(
        0.5, "mm", "An edge is judged by its fall within this distance; a mass of 3 mm is six times as wide."
    )
    line_reach: float = constant(
        1.9,
        "of the size",
        "A closed line runs between the size that is looked for divided by this factor and multiplied by it.",
    )
    samples_per_radius: int = constant(
        12, "samples", "Attenuation is taken on a copy so fine that a radius has at least about so many pixels."
    )
    profile_sigma_rays: float = constant(
        1.0,
        "rays",
        "Profiles are averaged over neighboring rays with this standard deviation before the edge is looked for.",
    )
    band_sigma_rays: float = constant(
        1.5, "rays", "Attenuation beside a line is averaged over neighboring rays with this standard deviation."
    )
    usual_fall_quantile: float = constant(
        0.35, "of the rays", "The steepest fall that so many rays do not reach is what is usual on a line."
    )
    edge_share: float = constant(
        0.2, "of the radius", "The distance within which an edge is judged is at most this part of the radius."
    )
    skin_mm: float = constant(4.0, "mm", "Beside the open beam a limb thickens as steeply as a mass.")
    longer_side_mm: float = constant(
        250.0,
        "mm",
        "The longer side of the image is taken for this length where there are no mm: only what is looked for depends "
        "on it, nothing measured.",
    )

    # Features of a line
    inner_radii: tuple[float, ...] = constant(
        (0.15, 0.3, 0.45, 0.6, 0.75), "of the radius", "Where attenuation inside of a line is taken."
    )
    outer_radii: tuple[float, ...] = constant(
        (1.2, 1.35, 1.5), "of the radius", "Where attenuation beyond a line is taken."
    )
    at_skin_mm: float = constant(
        1.5,
        "mm",
        "A line from which the open beam is no farther lies on the skin; a mass that bulges there has some skin over "
        "it.",
    )
    at_skin_steps: float = constant(
        1.5, "pixels of the coarse copy", "See `at_skin_mm`: no distance below this can be told on the coarse copy."
    )
    patient_quantiles: tuple[float, float] = constant(
        (0.02, 0.98), "of the pixels", "Between these quantiles lies the range of the attenuation of the patient."
    )
    beyond_quantile: float = constant(
        0.9,
        "of the rays",
        "On a line, what lies beyond is as dense as on the ray that so many rays do not exceed: a bone goes on at one "
        "place.",
    )
    closed_quantile: float = constant(
        0.15, "of the rays", "A line is as closed as its weakest rays: so many may fall less."
    )
    least_middle: float = constant(
        1e-3, "of the range", "Differences on a line are compared with a contrast of at least this size."
    )
    open_line: float = constant(
        0.35,
        "of what is usual on a line",
        "Where attenuation falls by less a line is open: a bone goes on there.",
    )
    most_skin: float = constant(
        0.25,
        "of its length",
        "A line, or the border of a shadow, that lies on the skin with more of its length encloses a piece of a limb.",
    )
    promise_weights: tuple[Promise, ...] = constant(
        (
            Promise("closed", 8.14, (0, 0.8)),
            Promise("sharpness of contrast", 1.46, (0.02, 0.5), is_logarithmic=True),
            Promise("sharpness", 2.05, (0.003, 0.1), is_logarithmic=True),
            Promise("rim", -2.57, (-1, 0.5)),
            Promise("beyond", -0.13, (0, 1)),
            Promise("uneven", -2.40, (0, 0.5)),
            Promise("level", -1.41, (0, 1)),
            Promise("diameter", 2.80, (3, 40), is_logarithmic=True),
            Promise("diameter", -1.81, (40, 160), is_logarithmic=True),
            Promise("not seen", -8.47, (0, 0.5)),
        ),
        "log odds",
        "Fitted by logistic regression (ridge 1) to lines on 534 projections of five limbs, 329 of them with a mass.",
    )
    least_contrast: float = constant(
        0.02, "of the range", "Sharpness is compared with a contrast of at least this size."
    )
    most_looked_at: int = constant(48, "lines", "Lines that the network looks at once, most promising first.")
    most_outlined: int = constant(12, "shadows", "Shadows that the network outlines, surest first.")
    same_place: float = constant(
        0.4, "of a radius", "Lines are of one thing if their middles are closer, and their sizes as `same_size` says."
    )
    same_size: float = constant(0.3, "logarithm of a radius", "See `same_place`.")

    # The input of the network
    patch_pixels: int = constant(64, "pixels", "Along a patch, as in teaching the network.")
    fills: float = constant(
        0.5, "of a patch", "Length of a mass on the patch that it is looked at again on, as in teaching the network."
    )
    patch_quantiles: tuple[float, float] = constant(
        (0.05, 0.95),
        "of the pixels",
        "Between these quantiles lies the range of the attenuation on a patch, as in teaching the network.",
    )
    patch_limit: int = constant(
        4, "", "Values of a patch are limited to this many ranges, or standard deviations, as in teaching the network."
    )
    patch_even_share: float = constant(
        0.1,
        "of the range",
        "Added to the standard deviation of the middle of a patch, so that an even middle is not all noise; as in "
        "teaching the network.",
    )
    rounds: int = constant(3, "rounds", "How often a shadow is outlined, each time from where it was found before.")
    closer_fills: tuple[float, ...] = constant(
        (0.3, 0.4, 0.5, 0.5),
        "of a patch",
        "Length of a mass on the patch in each round where a reader says that there is one: closer and closer.",
    )
    less_sure: float = constant(0.1, "", "A closer look whose certainty is lower by more than this is not taken.")
    first_fills: float = constant(
        0.4, "of a patch", "Length of a mass of the size that is looked for, on the first patches."
    )
    alike: float = constant(
        0.15, "of a length", "Shadows of first patches that differ by less in place and length are looked at once."
    )
    first_step: float = constant(1.6, "", "Factor from the size of one first patch to that of the next.")
    fewest_pixels: int = constant(4, "pixels", "Fewer pixels of a patch are no shadow.")
    grows: float = constant(
        1.7,
        "",
        "From one round to the next a mass is taken for longer, or shorter, by this factor at most: one wrong outline "
        "does not lead to the next.",
    )
    least_share: float = constant(
        0.02,
        "",
        "Where the highest probability on a patch is lower, the patch shows no mass, even where a reader points at it.",
    )
    close_pixels: float = constant(
        4.0, "pixels of a patch", "A place that a reader points at may lie about so far beside the mass."
    )
    extent_directions: int = constant(16, "directions", "Directions in which the extent of a shadow is taken.")

    # Judging
    base_log_odds: float = constant(
        -4.57 - 1.1,
        "log odds",
        "With the weights of shadow and sharpness: fitted by logistic regression to the shadows on 150 projections of "
        "the five limbs that the network was taught on; on four other limbs probabilities are right as often. Of what "
        "is seen of a line, its sharpness alone told what the network's certainty had not. The 1.1 leave a third of "
        "the odds, for what projections of CT do not show: on a radiograph of an ankle the network is as sure of the "
        "heel under the talus as of a mass.",
    )
    shadow_weight: float = constant(4.18, "", "Log odds for each unit of the logarithm of the certainty's odds.")
    usual_log_odds: float = constant(2.0, "log odds", "Of a certainty that speaks neither for nor against a mass.")
    certainties: tuple[float, float] = constant((0.5, 0.99), "", "Beyond these certainty tells no more.")
    sharp_weight: float = constant(1.48, "", "Log odds for each unit of the logarithm of sharpness.")
    sharpnesses: tuple[float, float] = constant((0.003, 0.1), "of the range", "Beyond these sharpness tells no more.")
    usual_sharpness: float = constant(0.02, "of the range", "It speaks neither for nor against a mass.")
    no_limb_log_odds: float = constant(
        -4.2,
        "log odds",
        "On public radiographs that are not said to show a limb nothing was a mass: of the surest shadows even less "
        "than every second is one.",
    )
    most_proposed: int = constant(
        8,
        "proposals",
        "The likeliest. A radiograph with more shows bones that were not among those the judgement was fitted to, such "
        "as teeth or a chest.",
    )

    fewest_proposed_pixels: int = constant(
        24, "pixels of the radiograph", "Smaller than about 5 x 5 pixels nothing is proposed: noise has such shapes."
    )

    smallest_proposed_mm: float = constant(
        2.0, "mm", "Nothing shorter is proposed where mm are known, however small masses are looked for."
    )

    # Growing from a place that a reader marks
    unsure: float = constant(0.6, "", "Below this certainty there is nothing that a reader can have pointed at.")
    beyond_painted: float = constant(
        1 / 3, "of its width", "An outline that goes farther beyond the region that a reader painted is not taken."
    )
    least_of_painted: float = constant(
        0.5, "of it", "An outline that holds less of the region that a reader painted is not taken."
    )
    beside_painted: float = constant(
        0.2,
        "of its width",
        "The surroundings of what a reader painted reach so far. Between a tenth and a third of 140 masses on real "
        "films were outlined equally well.",
    )
    skin_rim: float = constant(0.06, "of a radius", "So near to the open beam the skin is blurred.")
    below_skin: float = constant(
        0.3,
        "of a radius",
        "Tissue no farther from the open beam lies below the skin: nothing but soft tissue is there.",
    )
    least_at_skin: float = constant(
        0.08,
        "of its border",
        "An outline that lies on the skin with so much of its border may hold a piece of the limb.",
    )
    smoothed_flap: float = constant(0.06, "of a radius", "Grains of a mass are averaged before tissue is told from it.")
    dense_quantile: float = constant(0.9, "of the pixels", "What of an outline is as dense as this is surely mass.")
    bare_share: float = constant(
        0.3, "of the way to the mass", "Below this, what lies in an outline is soft tissue as it lies below the skin."
    )
    least_bare: float = constant(
        0.2,
        "of the outline",
        "Chosen on masses below the skin that were put into 15 free films: of right outlines less.",
    )
    closed_flap: float = constant(0.1, "of a radius", "Gaps between grains that are as narrow belong to the mass.")
    beside_pixels: float = constant(
        8.0, "of 64 pixels along a patch", "The place that a reader points at lies no farther outside of the mass."
    )

    # How well a border is seen
    grain_sigma: float = constant(0.7, "pixels of a patch", "Values are smoothed by this standard deviation.")
    fewest_painted: int = constant(12, "pixels of a patch", "Fewer pixels are not judged.")
    beside_border: float = constant(2.5, "pixels of a patch", "Within this distance a fall across a border is taken.")
    border_sigma: float = constant(1.5, "pixels of a patch", "Over this distance values beside a border are averaged.")
    least_beside: float = constant(0.02, "", "Weight of surroundings in the patient with which a border is judged.")
    fewest_border: int = constant(5, "pixels of a patch", "A shorter border is not judged.")

    # What stands out in a painted region
    steeper: float = constant(
        1.15,
        "times",
        "By so much steeper than at a painted region attenuation falls at an outline that is taken. With "
        "`open_border`: of 115 regions over 23 masses on free films 4 % became worse.",
    )
    closed_border: float = constant(0.3, "of the mean fall", "A border is closed whose weakest part falls by more.")
    open_border: float = constant(
        0.1, "of the mean fall at the outline", "A painted border is open where attenuation falls by less."
    )
    painted_level: float = constant(0.35, "of the density", "What is denser in a painted region belongs to the mass.")
    around_painted: float = constant(0.5, "of its width", "Width of the surroundings of a painted region.")
    inner_painted: float = constant(0.25, "of its width", "So far inside of its border a painted region is mass.")
    fewest_around: int = constant(20, "pixels of a patch", "Fewer pixels are no surroundings.")
    grain_share: float = constant(0.03, "of its width", "Grains of a painted mass are averaged over this distance.")
    painted_gap: int = constant(2, "pixels of a patch", "Half the width of gaps that are closed in a painted mass.")
    least_above_noise: float = constant(
        4.0, "", "Of the variation of the surroundings: what is less dense is not seen."
    )
    painted_fills: float = constant(0.7, "of a patch", "Length of a painted region on its patch at most.")
    little_weight: float = constant(
        0.02, "", "Surroundings of less weight leave their continuation to a wider average."
    )


RADIOGRAPH: Final = RadiographConstants()

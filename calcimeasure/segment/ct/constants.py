"""The constants for finding and judging dense components on CT."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from calcimeasure.settings.constants import Constants, constant


@dataclass(frozen=True, slots=True)
class Sign:
    """A feature with its weight in judging whether a part is a calcified mass.

    Parameters
    ----------
    name
        The name of the feature.
    weight
        Log odds for a calcified mass per unit of the sign.
    limits
        The feature is clipped to this range; values beyond the range give no more information.
    speaks_for, speaks_against
        The reason in words, with a placeholder for the value of the feature.
    origin
        Value of the feature that is evidence neither for nor against a mass.
    is_logarithmic
        True: the sign is the logarithm of the feature divided by `origin`. False: the sign is the feature minus
        `origin`.
    looked_weight
        Log odds per unit of the sign beside what the network says, for a part that it looked at.
    if_joined, if_free
        Factor of the sign for a part that continues into other parts, and for an isolated part.
    """

    name: str
    weight: float
    limits: tuple[float, float]
    speaks_for: str
    speaks_against: str
    origin: float = 0.0
    is_logarithmic: bool = False
    if_joined: float = 1.0
    if_free: float = 1.0
    looked_weight: float = 0.0


_ON_A_SHAFT: Final = (
    "{:.0%} of its surface lies on the side of a shaft (less what lies on other bone), where no bone lies"
)
SHAFT_SHARE: Final = Sign("shaft_share", 20.0, (0, 0.1), _ON_A_SHAFT, _ON_A_SHAFT, looked_weight=20.0)
"""The same for a part and for a solid of several pieces."""

SIGNS: Final = (
    Sign(
        "own_share",
        5.5,
        (0, 0.8),
        "{:.0%} of it lies away from other bone and from marrow",
        "only {:.0%} of it lies away from other bone and from marrow",
        looked_weight=0.84,
    ),
    Sign(
        "thickness_mm",
        4.25,
        # A thickness above 16 mm is no further evidence, because the heads of bones are as thick. An isolated mass can
        # be thin.
        (4, 16),
        "{:.0f} mm thick without a cavity, more than a cortex is",
        "{:.0f} mm thick, as a cortex may be",
        origin=12,
        is_logarithmic=True,
        if_joined=2.0,
        if_free=0.25,
        looked_weight=0.08,
    ),
    Sign(
        "core_hu",
        3.45,
        (200, 900),
        "its inside has {:.0f} HU, more than spongy bone has",
        "its inside has {:.0f} HU, as spongy bone has",
        origin=400,
        is_logarithmic=True,
        looked_weight=0.38,
    ),
    Sign(
        "rim",
        -4.2,
        (0.9, 1.8),
        "its rim has {:.2f} times the attenuation of its inside: no cortex",
        "its rim has {:.2f} times the attenuation of its inside, as a cortex round spongy bone has",
        origin=0.9,
        looked_weight=-2.96,
    ),
    Sign(
        "bridge",
        -4.25,
        (0.3, 1),
        "the widest way from it into another dense part is {:.0%} of its thickness",
        "the widest way from it into another dense part is {:.0%} of its thickness, as within a bone",
        looked_weight=-2.54,
    ),
    Sign(
        "neighbor_share",
        -3.0,
        (0, 0.4),
        "{:.0%} of its surface goes over into other dense parts",
        "{:.0%} of its surface goes over into other dense parts, as within a bone",
        looked_weight=-0.9,
    ),
    SHAFT_SHARE,
    Sign(
        "slenderness",
        -1.3,
        (1.4, 6.5),
        "it is compact (logarithm of volume over radius cubed {:.1f}, a ball has 1.4)",
        "it is long or flat for its thickness (logarithm of volume over radius cubed {:.1f}, a ball has 1.4)",
        origin=1.4,
        looked_weight=-0.86,
    ),
    Sign(
        "cut_share",
        -6.2,
        (0, 0.4),
        "{:.0%} of its surface is the end of the image",
        "it runs out of the image with {:.0%} of its surface, as bones do",
        looked_weight=-3.92,
    ),
    Sign(
        "spread",
        -5.0,
        (0, 0.4),
        "its inside is even (spread {:.2f} of its median)",
        "its inside is uneven (spread {:.2f} of its median), as trabeculae are",
        looked_weight=-7.17,
    ),
)

WHOLE_SIGNS: Final = (
    Sign(
        "high_hu",
        3.5,
        (250, 750),
        "the denser part of its inside has {:.0f} HU, more than spongy bone has",
        "the denser part of its inside has {:.0f} HU, as spongy bone has",
        origin=500,
        is_logarithmic=True,
        looked_weight=1.08,
    ),
    Sign(
        "core_hu",
        -2.6,
        (650, 1400),
        "its pieces have {:.0f} HU",
        "its pieces have {:.0f} HU, as the cortex of a bone has",
        origin=650,
        is_logarithmic=True,
        looked_weight=-2.35,
    ),
    Sign(
        "rim",
        -4.1,
        (0.8, 1.3),
        "its surface has {:.2f} times the attenuation of its inside: no cortex around it",
        "its surface has {:.2f} times the attenuation of its inside, as a cortex around spongy bone has",
        origin=0.8,
        looked_weight=-5.03,
    ),
    Sign(
        "piece_rim",
        -4.8,
        (0.9, 1.3),
        "the rims of its pieces have {:.2f} times the attenuation of their inside: no cortex around them",
        "the rims of its pieces have {:.2f} times the attenuation of their inside, as small bones have",
        origin=0.9,
        looked_weight=-8.82,
    ),
    Sign(
        "neighbor_share",
        -1.25,
        (0.02, 0.7),
        "{:.0%} of its surface lies on bone",
        "{:.0%} of its surface goes over into bone",
        origin=0.05,
        is_logarithmic=True,
        looked_weight=-0.32,
    ),
    SHAFT_SHARE,
    Sign(
        "cut_share",
        -5.5,
        (0, 0.4),
        "{:.0%} of its surface is the end of the image",
        "it runs out of the image with {:.0%} of its surface, as bones do",
        looked_weight=-2.05,
    ),
    Sign(
        "thickness_mm",
        2.5,
        (6, 24),
        "{:.0f} mm thick with its closed gaps",
        "{:.0f} mm thick with its closed gaps, as a small bone may be",
        origin=12,
        is_logarithmic=True,
        looked_weight=0.95,
    ),
    Sign(
        "fill",
        -2.4,
        (0.2, 0.9),
        "{:.0%} of it is dense",
        "{:.0%} of it is dense, as of a bone",
        origin=0.5,
    ),
    Sign(
        "slenderness",
        -0.7,
        (1.4, 6),
        "it is compact (logarithm of volume over radius cubed {:.1f}, a ball has 1.4)",
        "it is long or flat for its thickness (logarithm of volume over radius cubed {:.1f}, a ball has 1.4)",
        origin=1.4,
        looked_weight=-0.35,
    ),
)


@dataclass(frozen=True, slots=True)
class CtConstants(Constants):
    """The constants for thresholding a stack, dividing it into parts, judging and cutting."""

    # Components
    size_rounding: float = constant(
        1e-9, "of the size", "Sizes that differ by less differ in rounding only: such a component is not dropped."
    )

    # The coarse copy for judging
    finest_step_mm: float = constant(
        1.0, "mm", "Cortex is 1 to 8 mm thick and CT blurs by about 1 mm: finer steps show nothing more of it."
    )
    most_blocks: int = constant(
        16_000_000, "blocks", "A larger stack is judged on longer steps: a trunk of 500 mm on steps of 1.7 mm."
    )
    seen_finer_steps: float = constant(
        8.0,
        "steps",
        "On longer steps than `finest_step_mm` a free part of less thickness is seen again on these: of the blocks of "
        "a ball so thick more than a half lie at its border.",
    )
    most_finer: int = constant(
        1_000_000, "blocks", "A part whose box has more blocks of `finest_step_mm` is long, as the wall of a vessel is."
    )
    not_imaged_hu: int = constant(-1024, "HU", "What was not imaged counts as air.")

    # The body
    tissue_hu: int = constant(
        -250, "HU", "Fat, the lightest of tissues, is at -100 HU; foam, cloth and what is blurred with air are below."
    )
    soft_hu: int = constant(200, "HU", "Soft tissue is below; a body is mostly soft tissue, a metal part is not.")
    body_step_mm: float = constant(
        3.5, "mm", "Skin, couch shells and splints differ in thickness, which needs no finer steps."
    )
    core_depth_mm: float = constant(
        4.0, "mm", "Couch shells, blankets and splints are less than twice as thick, a finger is thicker."
    )
    core_reach_mm: float = constant(
        7.0, "mm", "Skin, pointed fingertips and what hangs on the body lie within this distance of a core."
    )
    smallest_core_mm3: float = constant(
        300.0, "mm3", "A fingertip 14 mm wide has a core of 6 mm: 10 mm of its length have this volume."
    )

    # Parts
    smallest_split_mm3: float = constant(
        60.0, "mm3", "Smaller components are noise and trabeculae, and are not divided into parts."
    )
    neck: float = constant(
        0.8,
        "of the thicker place",
        "Two places belong together where what joins them is at least so thick. A cortex that a mass lies on is thin "
        "beside the mass, a lobule is not much thicker than the way into it.",
    )
    depth_smoothing_mm: float = constant(
        1.0, "mm", "Depths are smoothed so much: not every roughness of a surface is a summit of its own."
    )
    depth_truncate_sigmas: float = constant(
        2.5, "standard deviations", "To this distance neighbors count where depth is smoothed."
    )
    fewest_around_hole: int = constant(8, "voxels", "A plane with fewer dense voxels encloses no marrow.")
    largest_hole_mm2: float = constant(
        1600.0,
        "mm2",
        "Marrow of the widest bone (a tibial head of 70 mm holds trabeculae that divide it), but not the inside of a "
        "pelvis or a skull.",
    )

    # Features
    own_mm: float = constant(
        4.0, "mm", "At this distance from marrow and from other parts nothing of a neighbor's cortex is left."
    )
    cortex_depth_mm: tuple[float, float] = constant(
        (0.8, 3.0), "mm", "Between these depths the cortex of a bone lies beneath its blurred surface."
    )
    metal_hu: int = constant(2800, "HU", "Metal reaches it; dental enamel does so in single voxels only.")
    fewest_own: int = constant(
        20, "blocks", "A part with fewer blocks away from neighbors and marrow is described by all of its blocks."
    )
    spread_percentiles: tuple[int, int, int] = constant(
        (16, 50, 84),
        "%",
        "Percentiles of attenuation that are taken for its middle, and for one standard deviation on both sides.",
    )
    rim_percentile: int = constant(
        75, "%", "Percentile of the attenuation just below the surface that is taken for the density of a cortex."
    )
    core_share: float = constant(
        0.5, "of the radius", "From this share of the depth of its middle on, or from `deep_mm`, a voxel is deep."
    )
    deep_mm: float = constant(5.0, "mm", "See `core_share`: blur and cortex do not reach so deep.")
    least_level_hu: float = constant(
        100.0, "HU", "Spread and rim are divided by the median of the inside, and by no less than this."
    )
    least_radius_mm: float = constant(0.5, "mm", "The radius that the volume is compared with is no smaller.")
    cavity_depth_mm: float = constant(2.0, "mm", "At this distance from its wall a cavity shows its own attenuation.")

    # Judging
    base_log_odds: float = constant(0.4, "log odds", "For a calcified mass where no sign speaks for or against it.")
    signs: tuple[Sign, ...] = constant(
        SIGNS,
        "log odds",
        "Fitted by logistic regression (ridge 0.2, bone counted twice) to masses painted into thirteen real series "
        "(nine limbs, a trunk, a head, a spine and a chest) and to the bones of these series; to check it, each series "
        "was left out once. Physics tells what a sign says; how much it says was fitted.",
    )
    says_nothing: float = constant(
        -0.1, "log odds", "A sign with less than this is told as one that speaks against a mass."
    )
    metal_confidence: float = constant(0.95, "", "Confidence in metal.")
    contrast_confidence: float = constant(0.7, "", "Confidence in contrast agent.")
    vessel_confidence: float = constant(0.6, "", "Confidence in calcification of the wall of a vessel.")
    least_contact: float = constant(
        0.02, "of the surface", "A part with less contact does not go on into marrow, another part or out of the image."
    )
    cut_at_middle: float = constant(
        0.24,
        "of the surface",
        "A ball that the end of the image cuts at its middle has this share of the faces of its blocks there: half "
        "of it is missing, and what is missing is bone or mass with even odds.",
    )
    whole_cut: float = constant(
        0.2,
        "of the surface",
        "The same for a mass of several pieces: its pieces alone look like bone, so more of it has to be seen.",
    )
    mostly: float = constant(0.5, "of the voxels", "More than this share lies outside the body, or on the circle.")
    undecided: float = constant(0.5, "", "Confidence in a part that is as likely one tissue as another.")
    highest_calcification_hu: int = constant(1500, "HU", "Calcinosis is seen up to it.")
    metal_share: float = constant(
        0.05,
        "of the voxels",
        "From this share on a part is metal: blur takes the rim of metal below its attenuation, and dental enamel "
        "reaches that of metal in single voxels only.",
    )
    largest_vessel_mm: float = constant(10.0, "mm", "Vascular calcification has a caliber below it.")
    long: float = constant(3.7, "", "Slenderness of a tube about 13 times as long as its radius.")
    fluid_hu: tuple[float, float] = constant((-20.0, 90.0), "HU", "Fluids lie between these values; fat is below them.")
    even_fluid_hu: float = constant(
        45.0, "HU", "A fluid is as even as the noise of a CT; trabeculae make marrow less even than this."
    )
    even: float = constant(0.05, "of the median", "The spread of contrast agent is below it.")
    even_rim: float = constant(1.1, "of the inside", "The rim of contrast agent is not denser than this.")
    thinnest_even_mm: float = constant(4.0, "mm", "In a thinner part blur hides whether it is even.")
    highest_contrast_hu: float = constant(600.0, "HU", "Contrast agent in vessels and organs is below it.")

    # Groups of parts
    wide_pass: float = constant(
        0.6,
        "of its own thickness",
        "What may be a mass belongs to the mass beside it where the way to it is at least so wide.",
    )
    circle_mm: float = constant(
        6.0, "mm", "Width of the bright rim that a body beyond the field of view leaves on the circle of the image."
    )
    held_share: float = constant(
        0.6, "of the voxels", "A part of which a bone mask holds this share is bone, unless it is `surely_a_mass`."
    )
    surely_a_mass: float = constant(0.9, "", "A part with this probability of a mass stays one against a bone mask.")
    mask_confidence: float = constant(0.98, "", "Confidence in bone that a bone mask holds.")

    # Masses of several pieces
    whole_base_log_odds: float = constant(
        0.25, "log odds", "For a mass of several pieces where no sign speaks for or against it."
    )
    whole_signs: tuple[Sign, ...] = constant(
        WHOLE_SIGNS,
        "log odds",
        "Fitted by logistic regression (ridge 0.3) to masses by formula (septa, lobules, grains, levels, nets, on a "
        "shaft and free) and to the solids of thirteen real series; to check it, each series was left out once. "
        "The weight of `shaft_share` came later: 57 of 123 masses and 5 of 1,036 solids of bone in free CT had any.",
    )
    sure_whole: float = constant(
        0.6,
        "",
        "A whole that touches bone or the end of the image, and that the network looked at, is taken for a mass, "
        "whatever its pieces look like, if it is one with this probability. One that it did not look at is none. More "
        "than even odds: what is parted from bone leaves more wholes to be judged.",
    )
    sure_free_whole: float = constant(0.5, "", "The same for a whole that touches neither.")
    smallest_whole_mm3: float = constant(
        800.0, "mm3", "A smaller solid is not judged as a whole: the signs were fitted to larger ones."
    )
    solid_step_mm: float = constant(
        2.0, "mm", "Gaps of the joining distance are two to three such steps wide: finer steps show no other pieces."
    )
    small_solid_mm3: float = constant(
        500.0,
        "mm3",
        "Smaller solids (a ball of 10 mm) are too small to be judged: they belong to the mass that they lie beside.",
    )
    local_fill_mm: float = constant(
        12.0,
        "mm",
        "The local fill is averaged over so much: two gaps of the joining distance and what lies between them.",
    )
    solid_rim: float = constant(1.25, "of the step", "To this depth a block is at the surface of a solid.")
    piece_rims: tuple[float, float] = constant(
        (0.8, 1.6),
        "of the inside",
        "The rim of a piece is limited to this range before the rims of all pieces are averaged.",
    )
    within_whole: float = constant(
        0.9,
        "of the volume",
        "Parts that look like porous bone and touch each other are pieces of a mass only if this share lies within it.",
    )
    one_part: float = constant(
        0.6, "of the volume", "A mass on its own that holds more than this of a whole is measured alone, as one piece."
    )
    thinnest_piece_mm: float = constant(
        5.0, "mm", "In a thinner piece blur hides whether it has a cortex: it counts as a piece without one."
    )
    whole_percentiles: tuple[int, int, int] = constant(
        (50, 75, 84),
        "%",
        "Percentiles of the dense blocks inside a solid: core_hu, what the rim is compared with, high_hu.",
    )
    lumpy_rim: float = constant(
        1.08,
        "of the inside",
        "Solids that touch are joined before they are judged if neither has a denser rim: a cortex.",
    )
    lumpy_hu: tuple[float, float] = constant(
        (430.0, 1100.0),
        "HU",
        "And if the denser part of the inside is between these: denser than spongy, less than solid, bone.",
    )
    lumpy_cut: float = constant(0.08, "of the surface", "And if neither runs out of the image.")
    shaft_hu: float = constant(
        900.0, "HU", "The cortex of a shaft is denser; most calcifications of this thickness are less dense."
    )
    shaft_marrow: float = constant(0.12, "of the surface", "A cortex that faces marrow with this share is hollow.")
    shaft_mm3: float = constant(1000.0, "mm3", "A smaller part may be the wall of a calcified lobule.")
    noise_step: int = constant(4, "slices and rows", "Noise is estimated from every nth slice and row.")
    soft_tissue_hu: float = constant(60.0, "HU", "Attenuation of muscle.")
    surely_not_noise: float = constant(
        6.0, "standard deviations", "Noise alone does not raise a block of soft tissue so far in ten million blocks."
    )

    # The network
    looked_base_log_odds: float = constant(1.12, "log odds", "The same for a part that the network looked at.")
    network_weight: float = constant(
        0.89,
        "",
        "Of the log odds of the network: below 1 it is less sure of unseen patients than of those it was taught.",
    )
    looked_whole_base_log_odds: float = constant(-1.09, "log odds", "The same for a solid that the network looked at.")
    whole_network_weight: float = constant(0.82, "", "The same for solids of several pieces.")
    view_side: int = constant(
        32, "pixels", "A view of the finer step is 64 mm wide: a vertebra; of the coarser, 160 mm: what it belongs to."
    )
    view_steps_mm: tuple[float, float] = constant(
        (2.0, 5.0), "mm", "Distances of the pixels of a view: a cortex is seen at the finer, a skeleton at the coarser."
    )
    view_windows_hu: tuple[tuple[int, int], tuple[int, int]] = constant(
        ((-150, 250), (150, 1200)), "HU", "Attenuation is shown to the network in two windows: soft tissue and calcium."
    )
    looked_at_mm: float = constant(
        8.0, "mm", "Parts whose box is shorter are not looked at: in views of 2 mm steps they are a few pixels."
    )
    decided_log_odds: float = constant(
        -6.0,
        "log odds",
        "With less by its signs alone a part is bone, and is not looked at: 16 of 100 large pieces of bone have more.",
    )
    alike_log_odds: float = constant(
        1.5, "log odds", "Solids that touch and that the network takes for masses with at least this are one solid."
    )
    bone_log_odds: float = constant(
        -1.0,
        "log odds",
        "What the signs take for bone and the network, too, with less than this, is no piece of a mass.",
    )
    network_rounding: float = constant(
        1e-3, "log odds", "Sums in another order differ in the seventh digit: what the network says is rounded."
    )

    # Shafts
    beyond_cortex_mm: float = constant(30.0, "mm", "Room around shafts in which what lies on them is looked for.")
    walled_by_shaft: float = constant(
        0.5, "of its surface", "An enclosed pocket with so much of a shaft around it is its marrow."
    )
    long_cavity: float = constant(
        1.8, "", "A marrow cavity is so many times longer than wide: a hollow of the skull or of the pelvis is not."
    )
    cavity_ends: tuple[float, float] = constant(
        (2.0, 98.0), "%", "Percentiles of the places along a cavity that are taken for its ends."
    )
    end_of_cavity_mm: float = constant(
        6.0, "mm", "So near to the end of a cavity the spongy bone of a joint begins to widen the bone."
    )
    even_cortex_mm: float = constant(16.0, "mm", "The cortex is about as thick as within one and a half times this.")
    cortex_step_mm: float = constant(0.5, "mm", "Thicknesses of a cortex are told apart in such steps: half a block.")
    least_on_shaft_mm: float = constant(
        5.0, "mm", "What lies on a cortex and is less thick is a ridge of it, where a muscle begins."
    )
    clear_of_shaft_mm: float = constant(
        8.0, "mm", "What rises so far from a cortex is no ridge of it, however thin: a plate, a shell, or a net."
    )
    least_on_shaft_mm3: float = constant(200.0, "mm3", "What has less volume is roughness of the cortex.")

    held_cortex: float = constant(
        0.2, "of its blocks", "A part that holds less cortex was divided from the bone at a neck, a better border."
    )

    # The fringe of a mass of several pieces
    fringe_mm: float = constant(
        4.0, "mm", "What lies on a bone so near to a mass of several pieces may be its own: two steps of the solids."
    )
    bony_pocket: float = constant(
        0.3,
        "of its blocks",
        "A pocket beside a mass of several pieces is marrow if bone alone encloses this share of it, in any plane.",
    )

    # The cut between a mass and bone
    room_mm: float = constant(8.0, "mm", "Room round a part when it is cut from what it lies on.")
    sure_mm: float = constant(
        1.5,
        "mm",
        "A voxel of a mass at this distance from bone and marrow is surely the mass's own; half its depth where it has "
        "less.",
    )
    steepness_sigma_mm: float = constant(
        0.6, "mm", "Attenuation is smoothed so much before its steepness is computed: noise is steep."
    )
    surely_cortex_pixels: float = constant(
        1.01,
        "pixels",
        "Dense voxels no farther from marrow than their neighbors in a row or a column are bone, however thin the "
        "cortex.",
    )
    contact_sigma_voxels: float = constant(
        1.2,
        "of the smallest spacing",
        "A mask is smoothed so much before its normals are computed: its voxels are steps.",
    )
    thickest_cortex_mm: float = constant(10.0, "mm", "Bone farther from its marrow is no cortex.")
    surely_cortex: float = constant(
        0.6, "of the cortex's thickness", "Dense voxels nearer to marrow than this are bone."
    )
    compared_hu: tuple[int, int] = constant(
        (-100, 2000),
        "HU",
        "Attenuation is limited to this range before its steepness is computed: air and metal are steep.",
    )
    cortex_percentile: int = constant(
        75, "%", "Percentile of the distances of bone from its marrow that is taken for the thickness of the cortex."
    )
    beside_mm: float = constant(8.0, "mm", "To this distance a cortex goes on as thick as it is beneath the part.")
    far_mm: float = constant(1000.0, "mm", "Distance to what is not there at all.")
    spur_mm: float = constant(
        1.5, "mm", "Half of the blurred surface of a bone, from 200 HU to its half-maximum, is thinner than this."
    )


CT: Final = CtConstants()

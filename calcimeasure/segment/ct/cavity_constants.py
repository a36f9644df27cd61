"""The constants for finding the cavity of the trunk, and for what lies in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from calcimeasure.settings.constants import Constants, constant


@dataclass(frozen=True, slots=True)
class CavityConstants(Constants):
    """The constants for finding the lungs, the spine and the wall of the trunk's cavity, and for judging by place.

    They come from the anatomy of adults. They were checked on five free CT of the trunk, never fitted.
    """

    # Lungs
    lung_hu: int = constant(-500, "HU", "Lung and air are below, at blocks of 3.5 mm too.")
    lung_median_hu: tuple[int, int] = constant(
        (-940, -550), "HU", "The median of a lung lies between these; gas in a bowel or beside the body is at -1000."
    )
    smallest_lung_mm3: float = constant(
        30_000.0, "mm3", "A smaller piece of lung shows too little of the chest to tell its wall."
    )
    chest_mm2: float = constant(2000.0, "mm2", "A slice with this area of lung goes through the chest.")

    # The spine
    spine_window_mm: float = constant(
        40.0, "mm", "Bone is averaged along the spine over a vertebra with its disk, so that disks leave no gaps."
    )
    spine_width_mm: float = constant(45.0, "mm", "Width of a vertebral body: the spine is the densest column of it.")
    spine_off_middle_mm: float = constant(
        60.0, "mm", "The spine lies no farther from the middle of the body; one arm in the field shifts the middle."
    )
    spine_half_mm: float = constant(32.0, "mm", "The middle of the bone within this distance is that of the spine.")
    spine_lean: float = constant(0.4, "mm per mm", "A spine leans sideways no more, in scoliosis too.")
    spine_before_middle_mm: tuple[float, float] = constant(
        (20.0, 30.0),
        "mm",
        "The spine lies behind the middle of the body, or before it by less than this: its bone, and its front.",
    )
    spine_core_mm: float = constant(10.0, "mm", "The front of a vertebra is found within this distance of its middle.")
    spine_fill: float = constant(0.3, "of the blocks", "So much bone along the window is a vertebra and no process.")
    least_spine_mm2: float = constant(
        250.0, "mm2", "Area of the last segments of the sacrum; below it the cavity is not followed."
    )
    least_spine_depth_mm: float = constant(10.0, "mm", "A coccyx is as deep from front to back.")
    vertebra_mm2: float = constant(
        1000.0,
        "mm2",
        "A vertebra with its arch has more; the shaft of a femur less: this is asked where no lung is seen.",
    )
    vertebra_depth_mm: float = constant(42.0, "mm", "Depth of a vertebra with its arch; asked with `vertebra_mm2`.")
    spine_at_middle_mm: float = constant(
        30.0,
        "mm",
        "Where no lung is seen the spine lies so near to the middle of the body: two thighs have none there.",
    )
    spine_step_mm: float = constant(
        8.0, "mm", "From slice to slice the front of the spine moves no more, beside its slope."
    )
    spine_slope: float = constant(2.0, "mm per mm", "The lower sacrum leans back so much, and no spine more.")
    spine_gap_mm: float = constant(24.0, "mm", "A vertebra that is not seen may be so high.")
    least_half_width_mm: float = constant(
        95.0, "mm", "A trunk reaches so far to both sides of its spine; a thigh, a head and a neck do not."
    )
    least_before_spine_mm: float = constant(55.0, "mm", "And so far forward, in thin patients too.")
    least_trunk_mm: float = constant(10.0, "mm", "A shorter piece of trunk shows no wall.")
    smooth_along_mm: float = constant(50.0, "mm", "The front of the spine is the median over so much of its length.")

    # The wall of the cavity
    before_spine_mm: float = constant(
        40.0, "mm", "Rays start from the point so far in front of the spine, which lies inside of every cavity."
    )
    rays: int = constant(48, "rays", "One every 7.5 degrees: 15 mm at the wall of a trunk of 240 mm.")
    ray_step_mm: float = constant(2.5, "mm", "The muscles of a belly are two such steps thick or more.")
    ray_mm: float = constant(280.0, "mm", "A ray is so long; the widest trunks that a scanner holds are not wider.")
    fat_hu: int = constant(-20, "HU", "Fat is below, muscle and organs are above.")
    skin_steps: int = constant(3, "steps", "Skin, thickened in scleroderma too, is thinner than so many steps.")
    around_dense_steps: int = constant(
        2, "steps", "The blurred border of a dense part is no muscle: a mass in fat is no wall."
    )
    fascia_window: tuple[float, int] = constant(
        (20.0, 5),
        "mm and rays",
        "The outside of the muscles is smoothed over so much, as a vessel in fat is no muscle.",
    )
    fascia_percentile: int = constant(60, "%", "The gap in the middle of the belly wall is skipped, a vessel is too.")
    dent_mm: float = constant(
        60.0, "mm", "The wall has no dents shorter than this along the body: such a dent is what lies against it."
    )
    fascia_error_mm: float = constant(5.0, "mm", "Two steps: bone that lies farther out than this is no wall.")
    bone_window_mm: float = constant(36.0, "mm", "The gaps between ribs are narrower.")
    bone_beneath_fascia_mm: tuple[float, float] = constant(
        (14.0, 30.0),
        "mm",
        "Ribs lie no deeper beside belly and chest; deeper bone belongs to the wall if it is joined to the spine.",
    )
    bone_from_center_mm: float = constant(20.0, "mm", "Bone nearer to the start of a ray is no wall.")
    bone_gap_mm: tuple[float, float] = constant(
        (12.0, 30.0),
        "mm",
        "Bones that follow each other on a ray are one wall: hip and pelvis, and in the chest shoulder blade and rib.",
    )
    lung_window: tuple[float, int] = constant(
        (80.0, 5), "mm and rays", "What is no lung between lungs no farther apart lies inside of the chest."
    )
    widest_gap_degrees: tuple[float, float] = constant(
        (150.0, 60.0),
        "degrees",
        "Between two places of the wall that are no farther apart the wall is the straight line: between the lungs "
        "behind the breastbone, and between two bones at the back, as in the notches of the pelvis.",
    )
    upper_mm: float = constant(
        50.0, "mm", "Above the middle of the lungs the cavity reaches no farther from the start of the rays than this."
    )
    wall_mm: tuple[float, float] = constant(
        (13.0, 22.0),
        "mm",
        "The muscles in front and at the sides are thicker than the first, and thinner than the second, length.",
    )
    back_wall_mm: tuple[float, float] = constant((32.0, 40.0), "mm", "The same for the muscles of the back.")
    back_sine: float = constant(0.15, "", "A ray with this sine of its angle or more runs to the back.")
    notch_sine: float = constant(
        0.3, "", "Behind a ray with this sine of its angle to the front, gaps between bones are closed."
    )
    beside_bone_mm: tuple[float, float] = constant(
        (6.0, 14.0),
        "mm",
        "Pleura and muscles inside of the ribs of a chest are thinner; diaphragm, psoas and iliacus than the second.",
    )
    least_wall_mm: tuple[float, float] = constant(
        (8.0, 15.0), "mm", "Fascia, muscle and bone together are no thinner than the first; surely than the second."
    )
    beside_lung_mm: float = constant(6.0, "mm", "A plaque of the pleura lies so near to lung.")
    spine_mm: tuple[float, float] = constant(
        (35.0, 50.0),
        "mm",
        "Spine, canal and foramina lie within the first distance of the middle plane, the psoas within the second.",
    )
    before_front_mm: tuple[float, float] = constant(
        (2.0, 6.0), "mm", "What lies behind the plane so far in front of the spine belongs to it, or may do so."
    )
    canal_mm: float = constant(
        35.0, "mm", "Behind the plane so far behind the front of the spine only ribs bound the cavity."
    )

    # The neck
    neck_mm: float = constant(130.0, "mm", "The organs of the neck reach no higher above the lungs.")
    airway_hu: int = constant(-400, "HU", "Air in a windpipe is below, where blocks of its wall are averaged in too.")
    airway_mm2: tuple[float, float] = constant((30.0, 900.0), "mm2", "Area of windpipe and larynx.")
    airway_beside_mm: float = constant(25.0, "mm", "The windpipe lies so near to the middle of the spine.")
    airway_before_mm: float = constant(60.0, "mm", "And so near in front of it.")
    beside_airway_mm: tuple[float, float] = constant(
        (32.0, 45.0),
        "mm",
        "Thyroid and cartilages lie nearer to the middle of the windpipe than the first; a goiter may reach farther.",
    )
    neck_skin_mm: float = constant(12.0, "mm", "What lies less deep behind the front of the neck may lie in the skin.")
    before_neck_spine_mm: float = constant(4.0, "mm", "What lies nearer to the front of the spine may belong to it.")

    # Judging by place
    most_points: int = constant(2000, "blocks", "So many points of a part tell where it lies.")
    surely_inside: float = constant(
        0.75, "of the blocks", "A part with this share surely inside lies in the cavity; a mass in the wall has half."
    )
    maybe_inside: float = constant(
        0.7, "of the blocks", "A mass with this share inside, or in the border zone, may lie in the cavity."
    )
    surely_outside: float = constant(
        0.3, "of the blocks", "A part with no more than this in cavity and border zone lies in soft tissue."
    )
    share_at_gas: float = constant(
        0.05, "of the blocks", "So much of what fills a bowel lies beside its gas; a stone or a fibroid lies at none."
    )
    place_confidence: float = constant(0.85, "", "Confidence in a part that lies in the cavity of the trunk.")
    even_inside: float = constant(
        0.08, "of the median", "The spread of contrast agent in bowel, bladder or vessel, with its mixing, is below it."
    )
    least_contrast_hu: float = constant(200.0, "HU", "Contrast agent that looks like a mass is above it.")
    long_content: float = constant(
        3.0, "", "Slenderness of what fills a bowel or a vessel for three times its width; stones are compact."
    )
    widest_stone_mm: float = constant(
        25.0, "mm", "An even stone is thinner; an even part of this thickness is a bladder, a bowel or a large vessel."
    )


CAVITY: Final = CavityConstants()

"""The constants of locating: from what a stack shows of the body to the side and the site of a lesion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from calcimeasure.model import BodySite
from calcimeasure.settings.constants import Constants, constant


@dataclass(frozen=True, slots=True)
class LocateConstants(Constants):
    """What midlines, trunks, limbs, sides and sites are found with."""

    # Points of a lesion
    lesion_points: int = constant(
        4000, "points", "So many voxels of a large lesion tell which share of it lies beyond a plane to 1 %."
    )

    # The midline of a body
    most_askew_deg: float = constant(
        27.0,
        "degrees",
        "Patients are turned on the table by up to some 20 degrees. In a patient turned much farther, it is a matter "
        "of definition which half of a section is the left one.",
    )
    midline_step_mm: float = constant(
        8.0, "mm", "Distance of the points that are compared: two sides of a body are no more alike than that."
    )
    midline_points: int = constant(
        60_000, "points", "A field that holds more points is compared at a wider distance, which bounds the time."
    )
    fewest_pairs: float = constant(
        0.1,
        "of the most pairs",
        "A plane counts only where at least this share of the largest number of pairs can be compared across it.",
    )
    compared_hu: tuple[float, float] = constant(
        (-200.0, 250.0),
        "HU",
        "Attenuation counts within these limits: below them air is like air, above them bone is like bone.",
    )
    smallest_body: float = constant(
        1 / 3,
        "of the largest body",
        "A body smaller than this part of the largest one takes no part: arms are much smaller than a trunk, the "
        "second leg is not.",
    )
    fewest_columns: int = constant(4, "points", "A field with fewer points along x or y is too small to be compared.")
    fewest_body_points: int = constant(50, "points", "A body with fewer points is too small to be compared.")
    lowest_likeness: float = constant(
        0.7, "", "Correlation of the body with its mirror image, below which the two sides are not of one body."
    )
    smallest_share_in_view: float = constant(
        0.85,
        "of the body",
        "This share of the body must have its mirror image in the field of view, or one side is cut off.",
    )
    most_cut_off: float = constant(
        0.2, "of the lines", "At most this share of the lines across a body may leave the field of view on one side."
    )
    far_from_midline_mm: float = constant(
        45.0,
        "mm",
        "Bones of a single limb lie nearer to its plane of symmetry than this (both condyles of a knee within 45 mm).",
    )
    fewest_bone_points: int = constant(
        8,
        "points",
        "At least so many points of bone lie far from the plane. Fewer may be masses that were taken for bone.",
    )
    least_bone_share: float = constant(
        0.15,
        "of the bone",
        "At least this share of the points of bone lies far from the plane. Less may be masses that were taken for "
        "bone.",
    )
    most_uneven_bone: float = constant(
        3.0, "times", "On one side of the plane at most so many times as many points of bone lie as on the other."
    )
    body_half_width_mm: float = constant(
        105.0, "mm", "A body that is narrower than this on one side must have bones on both sides, as a head has."
    )
    bone_slab_mm: float = constant(
        25.0, "mm", "Thickness of the slabs in which such a body must have bones on both sides."
    )
    slabs_with_bone: float = constant(
        0.7,
        "of the slabs",
        "Share of the slabs in which such a body must have bones on both sides: masses of a limb that were taken for "
        "bone lie in some slices only.",
    )
    midline_trunk_half_width_mm: float = constant(
        140.0,
        "mm",
        "A body that reaches so far to both sides is a trunk, also where the field shows no bone but the spine.",
    )
    trunk_length_mm: float = constant(
        150.0,
        "mm",
        "A whole body is as wide as a body with two sides (`midline_trunk_half_width_mm`) over at least this length.",
    )
    joined_sections_mm: float = constant(
        8.0,
        "mm",
        "Two limbs lie beside the plane where few sections of the body cover all points as near to it as this.",
    )
    most_sections_joined: float = constant(
        0.3,
        "of the sections",
        "Two limbs lie beside the plane where a smaller share of the sections than this joins them.",
    )
    least_uncertainty_mm: float = constant(
        4.0, "mm", "A midline is known no more exactly than half the distance of the points."
    )
    uncertainty_slabs: int = constant(
        4, "slabs", "The uncertainty of the midline is how far the planes of so many slabs of the body lie from it."
    )
    fewest_slab_points: int = constant(
        20, "points", "A slab with fewer points of the body takes no part in the uncertainty of the midline."
    )
    farthest_slab_mm: float = constant(
        60.0, "mm", "The plane of a slab is looked for no farther away from the midline than this."
    )
    turn_step_deg: float = constant(
        9.0, "degrees", "Step in which planes are first turned about the long axis of the body."
    )
    refining_steps_deg: tuple[float, float] = constant(
        (9.0, 5.0), "degrees", "Steps in which the best plane is then turned and tilted."
    )
    half_width_quantile: float = constant(
        0.1, "of the slices", "In so many slices a body may be narrower than what is taken for its half-width."
    )

    # The side of a lesion
    both_sides_mm: float = constant(
        280.0,
        "mm",
        "A body that extends this far from left to right is no single limb, and no half of a pelvis or a chest.",
    )
    leg_width_mm: float = constant(
        110.0,
        "mm",
        "Two limbs that are both at least this wide are legs, whatever the header calls them: few upper arms are "
        "wider.",
    )
    finger_mm: float = constant(
        30.0, "mm", "Two bodies of which one is thinner than this are fingers or toes of one limb."
    )
    across_share: float = constant(
        0.1, "of the lesion", "A lesion with at least this share on either side of the midline lies in the middle."
    )
    hint_mm: float = constant(20.0, "mm", "A lesion nearer than this to the scanner's x = 0 has no hint of a side.")
    sure_side_mm: float = constant(
        30.0, "mm", "So far beyond the uncertainty of the midline a lesion has its side with the highest confidence."
    )
    sure_across_share: float = constant(
        0.5,
        "of the lesion",
        "A lesion with this share on either side of the midline lies in the middle with the highest confidence.",
    )
    most_unlike_limbs: int = constant(
        4,
        "times",
        "Of two bodies the larger has at most this many times the voxels of the smaller, or they are not two limbs.",
    )
    least_confidence: float = constant(
        0.8, "", "Confidence in a side where a lesion is just far enough from the midline."
    )
    confidence_range: float = constant(
        0.19, "", "Added to `least_confidence` where the distance from the midline leaves no doubt."
    )
    bones_and_midline_confidence: float = constant(
        0.99, "", "Confidence in a side that named bones and the midline agree on."
    )
    bones_confidence: float = constant(
        0.9, "", "Confidence in a side that named bones tell, where the midline tells no side or is in doubt."
    )
    bones_and_order_confidence: float = constant(
        0.97, "", "Confidence in a side that named bones and the header agree on, where no midline is seen."
    )
    bones_alone_confidence: float = constant(0.92, "", "Confidence in a side that named bones alone tell.")
    tag_confidence: float = constant(0.95, "", "Confidence in a side that a tag or a code of the header names.")
    word_confidence: float = constant(0.9, "", "Confidence in a side that descriptions name.")
    tag_and_word_confidence: float = constant(0.98, "", "Confidence in a side that both tags and descriptions name.")

    # Limbs beside each other
    limb_step_mm: float = constant(
        4.0, "mm", "Distance of the points of a section: limbs with a narrower gap between them count as touching."
    )
    limb_points: int = constant(
        250_000, "points", "A field that holds more points is parted at a wider distance, which bounds time and memory."
    )
    smallest_limb_mm2: float = constant(
        800.0,
        "mm2",
        "A finger or toe has a section of at most 500 mm2; the part of another limb at the border of a field has more.",
    )
    near_section_mm: float = constant(
        60.0,
        "mm",
        "Where two limbs touch, the gap between them is taken to lie where it does in the nearest section that shows "
        "it. That section is no farther away than this.",
    )
    limb_gap_mm: float = constant(8.0, "mm", "A lesion lies at least so far from the gap between two limbs that touch.")
    limb_gap_share: float = constant(
        0.3,
        "of the distance",
        "A lesion lies by this part of the distance of the section that shows the gap farther from the gap.",
    )
    limb_gone_share: float = constant(
        0.4,
        "of its place",
        "Two limbs are compared with their places in a near section. A limb that covers less than this part of its "
        "place may have ended.",
    )
    limb_here_share: float = constant(
        0.5,
        "of its place",
        "A limb has ended where the other limb still covers more than this part of the place of the other one.",
    )
    sure_limb_share: float = constant(
        0.9, "of the lesion", "A lesion lies in a limb where more than this part of it does."
    )

    # Sections of a trunk
    section_step_mm: float = constant(
        9.0,
        "mm",
        "Distance of the points of the copy. The points that stand for bone (`trunk_bone_step_mm`) lie nearer to each "
        "other, so that those of one bone are neighbors in the copy.",
    )
    section_points: int = constant(
        250_000, "points", "A field that holds more points is copied at a wider distance, which bounds time and memory."
    )
    lung_hu: tuple[int, int] = constant(
        (-940, -500),
        "HU",
        "Attenuation of lung: air in the bowel, and air between an arm and the trunk, lies below; fat lies above.",
    )

    # Regions of a trunk
    lung_share: float = constant(
        0.1,
        "of the section",
        "A section goes through the chest where lung fills at least this part of it. Gas in the bowel fills less.",
    )
    lung_share_of_one_side: float = constant(
        0.1 / 3,
        "of the section",
        "A section goes through the chest where lung fills at least this part of it on either side. Gas in the bowel "
        "lies on one side.",
    )
    smallest_chest_mm: float = constant(
        60.0,
        "mm",
        "Lungs that reach over less of the length of the trunk than this may be gas in the bowel, and tell no region.",
    )
    parting_within_mm: float = constant(
        27.0,
        "mm",
        "The legs part where air runs through a section parallel to the midline, no farther from it than this. Over a "
        "whole body the midline may lie beside the middle of the legs.",
    )
    pelvis_height_mm: float = constant(
        190.0, "mm", "The pelvis reaches so far above where the legs part: up to the iliac crests."
    )
    abdomen_height_mm: float = constant(
        180.0,
        "mm",
        "The abdomen reaches so far above the pelvis, or below the lungs, where the field does not show its other end.",
    )
    pelvic_bone_beside_mm: tuple[float, float] = constant(
        (40.0, 170.0),
        "mm",
        "Hip bones lie so far from the midline: what lies nearer is spine or sacrum, what lies farther is an arm.",
    )
    pelvic_bone_mm2: float = constant(
        500.0,
        "mm2",
        "A section of the pelvis has at least this much bone on either side; a section through ribs has less.",
    )
    below_lungs_mm: float = constant(
        45.0, "mm", "Ribs lie beside the midline so far below the lungs: bone there is not taken for the pelvis."
    )
    trunk_half_width_mm: float = constant(
        105.0, "mm", "A section that reaches so far to both sides is one of a trunk; a head and a neck are narrower."
    )

    # Bone of the trunk, and limbs beside it
    trunk_bone_step_mm: float = constant(
        5.0, "mm", "Distance of the points that stand for bone: the thinnest bone of an arm is wider."
    )
    deep_mm: float = constant(
        50.0, "mm", "Bone that lies deeper below the skin than this is of the trunk: no bone of an arm does."
    )
    at_lung_mm: float = constant(
        22.0,
        "mm",
        "Bone no farther from a lung is of the trunk: ribs lie on the lung. An arm that lies on the chest has its own "
        "soft tissue and the chest wall between its bone and the lung.",
    )
    inner_mm: float = constant(
        42.0,
        "mm",
        "Bone that lies deeper below the skin than this is of the trunk where it lies neither at a side nor at the "
        "front.",
    )
    inner_sideways_share: float = constant(
        0.6,
        "of the way to the skin",
        "Such bone lies, on the way from the middle of the section to the skin, no farther to the side than this part.",
    )
    inner_backward_share: float = constant(
        -0.3,
        "of the way to the skin",
        "Such bone lies, on the way from the middle of the section to the skin, at least this far to the back "
        "(negative: to the front).",
    )
    back_share: float = constant(
        0.2,
        "of the way to the skin",
        "Bone at any depth is of the trunk where it lies farther to the back than this part of the way from the "
        "middle of the section to the skin: no arm lies behind the trunk.",
    )
    back_sideways_share: float = constant(
        0.5,
        "of the way to the skin",
        "Bone at the back of the trunk lies no farther to the side than this part of the way to the skin.",
    )
    spine_half_width_mm: float = constant(
        30.0,
        "mm",
        "Bone in the back half of the trunk, no farther from the midline than this, is of the spine: vertebrae are as "
        "wide.",
    )
    limb_bone_mm: float = constant(
        45.0,
        "mm",
        "A lesion farther from any bone than this lies in the trunk: nothing in a limb lies so far from a bone.",
    )
    joined_mm: float = constant(
        60.0,
        "mm",
        "A bone is of the trunk where bone that is joined to it within this distance is: ribs and hip bones reach "
        "into places where an arm may lie. A limb that is followed is joined to bone of the trunk within this "
        "distance of its upper end.",
    )
    clear_mm: float = constant(
        15.0,
        "mm",
        "An arm that is followed stays farther from the midline than this and the midline's uncertainty together.",
    )
    followed_mm: float = constant(
        80.0, "mm", "Less of a limb than this, along the body, does not show where it comes from."
    )
    trunk_lesion_points: int = constant(400, "points", "So many points of a lesion tell which bone is nearest to it.")

    # Sites in a trunk
    spine_mm: float = constant(
        20.0,
        "mm",
        "A lesion lies at the spine where it is no farther from bone of the spine than this: the muscles along the "
        "spine are as thick.",
    )
    spine_beside_mm: float = constant(
        45.0, "mm", "A lesion lies at the spine where its middle is no farther from the midline than this."
    )
    near_bone_mm: float = constant(
        45.0,
        "mm",
        "A lesion no farther from a bone than this lies at a shoulder or a hip: masses of these joints lie in the "
        "muscles and bursae round them.",
    )
    hip_beside_mm: float = constant(60.0, "mm", "A hip joint, and bone of it, lies at least so far from the midline.")
    hip_height_mm: tuple[float, float] = constant(
        (-20.0, 130.0), "mm", "The hip joint with the trochanters lies between these heights above where the legs part."
    )
    thigh_length_mm: float = constant(
        220.0,
        "mm",
        "A lesion lies in the thigh down to so far below where the legs part: farther down the knee may be near.",
    )
    shoulder_height_mm: float = constant(
        100.0, "mm", "The shoulder reaches from so far below the upper end of the lungs."
    )
    shoulder_beside_mm: float = constant(125.0, "mm", "Bone of the shoulder lies at least so far from the midline.")
    shoulder_above_mm: float = constant(40.0, "mm", "The shoulder reaches to so far above the upper end of the lungs.")
    head_beside_mm: float = constant(
        110.0,
        "mm",
        "A lesion above the lungs lies in head or neck where it is no farther from the midline than this: shoulders "
        "are.",
    )
    level_margin_mm: float = constant(
        40.0,
        "mm",
        "Nearer than this to an end of the lungs the level of the spine is not told: lungs end at different vertebrae.",
    )

    # Bones that another program named
    named_bone_step_mm: float = constant(
        4.0, "mm", "Distance of the points that stand for bones: a bone of a finger is wider."
    )
    named_bone_farthest_mm: float = constant(
        40.0,
        "mm",
        "A lesion is judged by bones no farther away than this: the soft tissue of a forearm or a hip is as thick.",
    )
    unnamed_mm: float = constant(
        8.0,
        "mm",
        "A bone without a name that lies nearer than all named bones, by more than this, may be that of another limb.",
    )
    cut_bone_mm: float = constant(
        12.0,
        "mm",
        "An end of a bone that lies nearer than this to the border of the field may be where the bone is cut off.",
    )
    named_bone_lesion_points: int = constant(
        300, "points", "So many points of a lesion ask for the bones near to them."
    )
    named_bone_neighbors: int = constant(12, "points", "Each point of a lesion asks so many nearest points of bones.")
    sure_bone_share: float = constant(
        0.95, "of the points", "At least this share of the points of bones that have a side must be of one side."
    )
    around_joint_mm: float = constant(
        60.0,
        "mm",
        "A joint is looked for among the bones no farther away than this: farther than any distance of `joints`.",
    )
    vertebra_mm: float = constant(
        25.0, "mm", "A lesion farther from a vertebra or the sacrum than this lies in the trunk, but not at the spine."
    )
    joints: tuple[tuple[str, str, BodySite, float], ...] = constant(
        (
            ("humerus", "scapula", BodySite.SHOULDER, 55.0),
            ("humerus", "clavicula", BodySite.SHOULDER, 55.0),
            ("humerus", "ulna", BodySite.ELBOW, 40.0),
            ("humerus", "radius", BodySite.ELBOW, 40.0),
            ("radius", "carpal", BodySite.HAND_WRIST, 30.0),
            ("ulna", "carpal", BodySite.HAND_WRIST, 30.0),
            ("femur", "hip", BodySite.HIP, 55.0),
            ("femur", "patella", BodySite.KNEE, 55.0),
            ("femur", "tibia", BodySite.KNEE, 55.0),
            ("tibia", "patella", BodySite.KNEE, 45.0),
            ("fibula", "femur", BodySite.KNEE, 50.0),
            ("tibia", "tarsal", BodySite.ANKLE_FOOT, 40.0),
            ("fibula", "tarsal", BodySite.ANKLE_FOOT, 40.0),
        ),
        "mm",
        "Two bones with a joint between them, the site of the joint, and how near to a lesion both bones must lie for "
        "that site. The greater trochanter lies 50 mm from the hip bone.",
    )
    bone_ends_mm: tuple[tuple[str, float], ...] = constant(
        (
            ("humerus", 70.0),
            ("ulna", 60.0),
            ("radius", 60.0),
            ("femur", 90.0),
            ("tibia", 70.0),
            ("fibula", 70.0),
        ),
        "mm",
        "The region of a joint reaches so far from the end of a long bone: of a femur from its head to below the "
        "trochanters.",
    )

    # The midline and the limbs of a radiograph
    radiograph_columns: int = constant(
        160,
        "columns",
        "A radiograph is compared with its mirror image in about so many columns: ribs and hips are wider than one of "
        "them.",
    )
    radiograph_fewest_columns: int = constant(
        16,
        "columns",
        "An image with fewer coarse rows or columns than this is too small to be compared with its mirror image.",
    )
    radiograph_lowest_likeness: float = constant(
        0.55,
        "",
        "Correlation of the radiograph of a trunk with its mirror image, without the slow changes of density, below "
        "which no midline is seen. Heart and gas differ from side to side (a chest reaches 0.74); one side alone is "
        "less alike.",
    )
    farthest_from_middle: float = constant(
        0.15,
        "of the width",
        "The midline of the body may lie so far beside the middle of the image, as part of the image's width.",
    )
    radiograph_limb_pixels: int = constant(
        200, "pixels", "Limbs are looked for on a copy with about so many pixels along its longer side: 2 mm show."
    )
    even_share: float = constant(0.004, "of the range", "Pixels that differ by less are equally white, or black.")
    least_unexposed: float = constant(
        0.005, "of the image", "What is all white or all black and as large as this at the border was not exposed."
    )
    collimator_rim: int = constant(3, "coarse pixels", "The blurred edge of what was not exposed is so wide.")
    least_exposed: float = constant(
        0.02, "of the image", "If less is left without what is all black, the open beam is all black, and counts."
    )
    exposed_quantiles: tuple[float, float, float] = constant(
        (0.03, 0.02, 0.95),
        "of the exposed pixels",
        "The value of the open beam, and the lowest and highest value of the range of what was exposed.",
    )
    least_span: float = constant(
        3.0, "standard deviations of noise", "An image with a smaller range shows noise alone."
    )
    least_height: float = constant(
        0.35, "of the range", "A row is taken for as high as this at least: a row of the open beam shows no limb."
    )
    above_air_weight: float = constant(
        1.2,
        "",
        "A pixel lies as high above the lowest value of its row as this times its height above the open beam, or "
        "higher: soft tissue between two bones is low in its row, and no gap between limbs.",
    )
    body_above_air: float = constant(0.3, "of the range", "A pixel as high above the open beam as this shows a limb.")
    limb_in_row: float = constant(
        0.05, "of the width", "A limb lies on one side of a seam in a row if it is as wide as this there."
    )
    seam_between: tuple[float, float] = constant(
        (0.25, 0.75), "of what the image shows", "A seam between two limbs has a quarter of all on each side, or more."
    )
    seam_fewest_columns: int = constant(3, "coarse pixels", "A narrower image has no room for a seam.")
    seam_steepest: int = constant(2, "coarse pixels", "A seam moves sideways by at most so many pixels in a row.")
    seam_bend: float = constant(0.03, "of the height", "What each step sideways costs a seam.")
    seam_low: float = constant(
        0.3,
        "of the height of a row",
        "A seam that lies higher runs through a limb. The edges of two feet or thighs that touch are lower.",
    )
    seam_share: float = constant(
        0.4, "of the rows", "A seam that lies low in as many rows parts two limbs, if what is shown looks like a pair."
    )
    sure_seam_share: float = constant(
        0.55,
        "of the rows",
        "A seam that lies low in as many rows parts two limbs, however they look: gaps between fingers that are spread "
        "reach 0.41 on generated films.",
    )
    seam_length: float = constant(0.25, "of all rows", "A seam parts two limbs over at least this length.")
    beside_seam: float = constant(
        0.01, "of the width", "What lies nearer to the seam between two limbs than this may lie in either."
    )
    doubtful_seam_share: float = constant(
        0.2, "of the rows", "A seam of this share may part two limbs that lie on each other."
    )
    mirrored_limbs: float = constant(
        0.86,
        "",
        "Correlation of an image with its mirror image from which on a doubtful seam may lie between two limbs: a hand "
        "that mirrors itself has fingers as far apart.",
    )
    like_limbs: float = constant(
        0.77,
        "",
        "Correlation of an image with its mirror image from which on it looks like a pair: of single hands at most "
        "0.76.",
    )
    wide_pair: float = constant(
        0.92, "of the length", "What is as wide looks like a pair, however unlike its halves are: one hand is narrower."
    )
    narrowest_pair: float = constant(
        0.65,
        "of the length",
        "Two limbs that overlap are no narrower: two feet with an overlap of 30 % of their width are 0.7 of their "
        "length.",
    )
    least_balance_of_pair: float = constant(
        0.4, "of the heavier side", "Two limbs that overlap show as much on the lighter side of the seam at least."
    )
    least_across: float = constant(
        0.4,
        "of the squared changes of density",
        "From column to column, where limbs run along the seam: 0.41 or more on generated pairs. Where a seam cuts "
        "across a limb it is below 0.25, but for bent elbows.",
    )
    most_along_seam: float = constant(
        0.63,
        "of the lower side",
        "Median height of a seam between two limbs that overlap, of the lower one of the highest places on its sides: "
        "above this a bone lies along it. Single feet have 0.64 or more.",
    )
    bent_pair: float = constant(
        1.5, "of the length", "Two bent elbows that overlap are as wide: bones lie along the seam between them."
    )
    mirrored_bones: float = constant(
        0.33,
        "",
        "Correlation of the edges of bones with their mirror image from which on two bent limbs may overlap. These "
        "constants were chosen together on films composed of freely licensed ones.",
    )
    bones_slower_than: float = constant(
        0.06, "of the shorter side", "Changes of density that are slower than this part of the limbs are no edges."
    )
    bones_moved_along: float = constant(
        0.1, "of the length", "One limb of a pair may lie so much farther along than the other one."
    )
    least_alike_limbs: float = constant(
        0.5,
        "",
        "Correlation of an image of two limbs with its mirror image below which they are no pair: only two limbs of a "
        "pair are told apart by Patient Orientation.",
    )
    mirror_ends: tuple[float, float] = constant(
        (0.7, 1.3), "of the width", "Sum of the first and the last column of what is compared with its mirror image."
    )
    radiograph_smallest_limb: float = constant(
        1 / 3, "of the larger limb", "The smaller of two limbs shows at least this part of what the larger one shows."
    )
    slow_changes_per_width: int = constant(
        12,
        "of the width",
        "Changes of density that are slower than this part of the width are no structure: that an image is brighter "
        "in its middle says nothing.",
    )
    structure_quantiles: tuple[float, float] = constant(
        (0.02, 0.98),
        "of the pixels",
        "Structure is limited to these quantiles before it is compared: markers and metal are brighter.",
    )

    # The side of a lesion on a radiograph
    least_from_midline: float = constant(
        0.06,
        "of the width",
        "A lesion no farther from the midline than this part of the image's width has no side: the midline is not "
        "known more exactly.",
    )
    said_place_confidence: float = constant(
        0.95, "", "Confidence in the side of the place on a radiograph, where the header names the same side."
    )
    marker_confidence: float = constant(
        0.9, "", "Confidence in the side of a burned-in marker, where the header names none."
    )
    said_and_marker_confidence: float = constant(
        0.97, "", "Confidence in the side that the header and a burned-in marker name."
    )
    place_confidence: float = constant(
        0.9, "", "Confidence in the side of the place on a radiograph, where the header names no side."
    )


LOCATE: Final = LocateConstants()

"""Body sites by what is known of each of them: sets that the side and the site of a lesion are judged by."""

from __future__ import annotations

from typing import Final

from calcimeasure.model import BodySite

TRUNK_SITES: Final = frozenset(
    {
        BodySite.HEAD_NECK,
        BodySite.CHEST,
        BodySite.ABDOMEN,
        BodySite.PELVIS,
        BodySite.SPINE,
        BodySite.SHOULDER,
        BodySite.HIP,
    }
)
"""Parts of the trunk, and the two joints that join it so broadly that they lie in the same field."""

LIMB_SITES: Final = frozenset(
    {
        BodySite.HAND_WRIST,
        BodySite.FOREARM,
        BodySite.ELBOW,
        BodySite.UPPER_ARM,
        BodySite.THIGH,
        BodySite.KNEE,
        BodySite.LOWER_LEG,
        BodySite.ANKLE_FOOT,
    }
)
"""An image of one of these shows nothing of the trunk."""

MIDLINE_SITES: Final = frozenset(
    {BodySite.SPINE, BodySite.CHEST, BodySite.ABDOMEN, BodySite.PELVIS, BodySite.HEAD_NECK}
)
"""Only here can a lesion lie in the middle of the body."""

UNPAIRED_SITES: Final = MIDLINE_SITES - {BodySite.PELVIS}
"""An order for one of these names no side. An order for the pelvis may: a buttock has a side."""

ARM_SITES: Final = frozenset({BodySite.HAND_WRIST, BodySite.FOREARM, BodySite.ELBOW})
"""These may lie on either side of the body, and across it."""

LEG_SITES: Final = frozenset(
    {BodySite.PELVIS, BodySite.HIP, BodySite.THIGH, BodySite.KNEE, BodySite.LOWER_LEG, BodySite.ANKLE_FOOT}
)
"""An image of one of these that shows two limbs shows two legs, which do not lie across the body."""

BENT_SITES: Final = frozenset({BodySite.KNEE, BodySite.LOWER_LEG, BodySite.ANKLE_FOOT})
"""A bent limb has bones on both sides of a plane between its two parts, and no air at that plane."""

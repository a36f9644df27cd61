"""Codes of SNOMED CT for what a lesion is and where it lies (PS3.16; a code is its value, scheme and meaning)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydicom.dataset import Dataset

from calcimeasure.model import BodySite, Laterality

if TYPE_CHECKING:
    from calcimeasure.model import Site

Code = tuple[str, str, str]
"""Code Value (0008,0100), Coding Scheme Designator (0008,0102), Code Meaning (0008,0104)."""

MORPHOLOGICALLY_ABNORMAL: Final[Code] = ("49755003", "SCT", "Morphologically Abnormal Structure")
CALCIFICATION: Final[Code] = ("18115005", "SCT", "Pathologic calcification, calcified structure")
"""DICOM has no code for calcinosis."""

GROUP: Final[Code] = ("125007", "DCM", "Measurement Group")
TRACKING_IDENTIFIER: Final[Code] = ("112039", "DCM", "Tracking Identifier")
TRACKING_UID: Final[Code] = ("112040", "DCM", "Tracking Unique Identifier")
FINDING_SITE: Final[Code] = ("363698007", "SCT", "Finding Site")
LATERALITY: Final[Code] = ("272741003", "SCT", "Laterality")
UNKNOWN: Final[Code] = ("261665006", "SCT", "Unknown")
MEDIAN: Final[Code] = ("130290", "DCM", "Median")
DERIVATION: Final[Code] = ("121401", "DCM", "Derivation")
UNCERTAINTY: Final[Code] = ("371884006", "SCT", "+/-, range of measurement uncertainty")

SCHEME: Final = "99CALCIMEASURE"
"""Coding Scheme Designator of what the standard has no code for (PS3.16 section 8.2)."""

TRACK_UID: Final[Code] = ("track_uid", SCHEME, "Track Unique Identifier")
"""Of a mass over several dates; the Tracking Unique Identifier is that of the lesion of one date."""

SIDES: Final[dict[Laterality, Code]] = {
    Laterality.RIGHT: ("24028007", "SCT", "Right"),
    Laterality.LEFT: ("7771000", "SCT", "Left"),
}
"""CID 244. It has no code for the midline: a mass there, or of an unknown side, has no laterality."""

REGIONS: Final[dict[BodySite, Code]] = {
    BodySite.HAND_WRIST: ("85562004", "SCT", "Hand"),
    BodySite.FOREARM: ("14975008", "SCT", "Forearm"),
    BodySite.ELBOW: ("16953009", "SCT", "Elbow joint"),
    BodySite.UPPER_ARM: ("40983000", "SCT", "Upper arm"),
    BodySite.SHOULDER: ("16982005", "SCT", "Shoulder"),
    BodySite.CHEST: ("816094009", "SCT", "Chest"),
    BodySite.SPINE: ("421060004", "SCT", "Spine"),
    BodySite.PELVIS: ("816092008", "SCT", "Pelvis"),
    BodySite.HIP: ("29836001", "SCT", "Hip"),
    BodySite.THIGH: ("68367000", "SCT", "Thigh"),
    BodySite.KNEE: ("72696002", "SCT", "Knee"),
    BodySite.LOWER_LEG: ("30021000", "SCT", "Lower leg"),
    BodySite.ANKLE_FOOT: ("56459004", "SCT", "Foot"),
    BodySite.HEAD_NECK: ("774007", "SCT", "Head and Neck"),
    BodySite.ABDOMEN: ("818981001", "SCT", "Abdomen"),
}
"""CID 4031 and 4; an unknown site has no code."""

_LEVELS: Final[dict[str, Code]] = {
    "cervical": ("122494005", "SCT", "Cervical spine"),
    "thoracic": ("122495006", "SCT", "Thoracic spine"),
    "lumbar": ("122496007", "SCT", "Lumbar spine"),
    "sacral": ("54735007", "SCT", "Sacrum"),
}
"""Parts of the spine, by the detail of a site (`calcimeasure.model.Site.detail`)."""


def side_of(laterality: Laterality) -> Code:
    """Give the code of a side, also of the midline and of an unknown side."""
    return {**SIDES, Laterality.MIDLINE: MEDIAN}.get(laterality, UNKNOWN)


def region_of(site: Site | None) -> Code | None:
    """Give the code of a site, of the part of the spine where a level is known; None for an unknown site."""
    if site is None:
        return None
    if site.body_site is BodySite.SPINE and site.detail:
        return _LEVELS.get(site.detail, REGIONS[BodySite.SPINE])
    return REGIONS.get(site.body_site)


def code_item(code: Code) -> Dataset:
    """Make the item of a code sequence (PS3.3 section 8.8)."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code
    return item

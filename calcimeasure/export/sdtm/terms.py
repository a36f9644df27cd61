"""Controlled terms of CDISC for lesions: tests, units, methods, locations, sides, and names of qualifiers.

Terms are those of the SDTM Controlled Terminology. Its codelists of tests are extensible: a test that they lack has a
name of this program, and no NCI code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from calcimeasure.model import BodySite, Laterality

if TYPE_CHECKING:
    from calcimeasure.model import Lesion, Site


@dataclass(frozen=True, slots=True)
class Assessment:
    """A test of TR.

    Parameters
    ----------
    code, name
        TRTESTCD and TRTEST.
    number
        The column of lesions.csv that it holds.
    unit
        TRORRESU and TRSTRESU: each test has one, so that no millimeters and pixels meet in a test.
    nci
        NCI code of the controlled term; empty: an extension of the codelist.
    half_width
        The number with the half-width of its 95 % interval.
    grows_with_the_mass
        Whether the value is a lower bound where the mass is cut off.
    """

    code: str
    name: str
    number: str
    unit: str
    nci: str = ""
    half_width: str = ""
    grows_with_the_mass: bool = True


TESTS: Final = (
    Assessment("LDIAM", "Longest Diameter", "long_axis_mm", "mm", "C96684", "long_axis_u95_mm"),
    Assessment("LPERP", "Longest Perpendicular", "short_axis_mm", "mm", "C96685"),
    Assessment("MAX3DDIA", "Maximum 3D Diameter", "max_3d_diameter_mm", "mm", "", "max_3d_diameter_u95_mm"),
    Assessment("VOLUME", "Volume", "volume_ml", "mL", "C74720", "volume_u95_ml"),
    Assessment("ENVVOL", "Volume of Envelope", "envelope_ml", "mL", "", "envelope_u95_ml"),
    Assessment("AREA", "Area", "area_mm2", "mm2", "C25244"),
    Assessment("ENVAREA", "Area of Envelope", "envelope_mm2", "mm2", "", "envelope_u95_mm2"),
    Assessment("RADIODEN", "Radiodensity", "mean_hu", "Hounsfield Unit", "C96627", grows_with_the_mass=False),
)
"""Tests of a mass whose millimeters are known."""

TESTS_ON_IMAGE: Final = (
    Assessment("LDIAMPX", "Longest Diameter on Image", "long_axis_px", "PIXEL", "", "long_axis_u95_px"),
    Assessment("LPERPPX", "Longest Perpendicular on Image", "short_axis_px", "PIXEL"),
    Assessment("AREAPX", "Area on Image", "area_px", "PIXEL"),
    Assessment("ENVARPX", "Area of Envelope on Image", "envelope_px", "PIXEL", "", "envelope_u95_px"),
)
"""Tests of a mass on a radiograph without millimeters."""

SUM: Final = Assessment("SUMDIAM", "Sum of Diameter", "", "mm", "C96631")
"""Sum of the long axes of all masses of a study, where each has one in millimeters."""

QUALIFIERS: Final[dict[str, tuple[str, str]]] = {
    "TUSIDE": ("Side of the Body", "laterality: RIGHT, LEFT, MIDLINE, UNKNOWN"),
    "TUSIDSRC": ("Source of Side", "laterality_source"),
    "TUSIDCNF": ("Confidence of Side", "laterality_confidence, 0 to 1"),
    "TUSIDCFL": ("Sources of Side Disagree", "Y where laterality_conflict is true"),
    "TULOCDTL": ("Location Detail", "site_detail"),
    "TULOCSRC": ("Source of Location", "site_source"),
    "TUMORPH": ("Morphology", "morphology"),
    "TUPARTS": ("Number of Parts", "parts"),
    "TUPAIR": ("Pair Number in Imaging Study", "pair_number: the same on both masses of a symmetric pair"),
    "TUIMGSTD": ("Imaging Study", "study_uid"),
    "TUDTSHFT": ("Date Is Shifted", "Y where dates_shifted is true"),
    "TUREVIEW": ("Review Status", "status: ACCEPTED or PROPOSED"),
    "TUREADER": ("Reader", "who accepted the mass: a pseudonym, the name with --identified"),
    "TUALGTYP": ("Origin of Outline", "algorithm_type"),
    "TUSWVER": ("Software Version", "software_version"),
    "TUSETHSH": ("Hash of Settings", "settings_hash"),
    "TRU95": ("Half-Width of 95 Percent Interval", "in the unit of the result"),
    "TRLOWER": ("Result Is a Lower Bound", "Y where the mass is cut off at the edge of the image"),
    "TRMMSRC": ("Source of Millimeters", "spacing_source of a radiograph; DETECTOR_PLANE: an upper bound"),
}
"""Label and meaning of each supplemental qualifier."""

_PLACES: Final[dict[BodySite, str]] = {
    BodySite.HAND_WRIST: "HAND",
    BodySite.FOREARM: "FOREARM",
    BodySite.ELBOW: "ELBOW JOINT",
    BodySite.UPPER_ARM: "ARM",
    BodySite.SHOULDER: "SHOULDER",
    BodySite.CHEST: "THORAX",
    BodySite.SPINE: "VERTEBRAL COLUMN",
    BodySite.PELVIS: "PELVIS",
    BodySite.HIP: "HIP",
    BodySite.THIGH: "THIGH",
    BodySite.KNEE: "KNEE JOINT",
    BodySite.LOWER_LEG: "LEG",
    BodySite.ANKLE_FOOT: "FOOT",
    BodySite.HEAD_NECK: "HEAD AND NECK",
    BodySite.ABDOMEN: "ABDOMINAL REGION",
}
"""Terms of C74456. In that list ARM ends at the elbow, and LEG lies between knee and ankle."""

_LEVELS: Final[dict[str, str]] = {
    "cervical": "CERVICAL SPINE",
    "thoracic": "THORACIC SPINE",
    "lumbar": "LUMBAR SPINE",
    "sacral": "SACRUM",
}

_SIDES: Final[dict[Laterality, str]] = {Laterality.RIGHT: "RIGHT", Laterality.LEFT: "LEFT"}


def tests_of(lesion: Lesion) -> tuple[Assessment, ...]:
    """Choose the tests of a lesion: those in pixels only where its millimeters are not known."""
    return TESTS_ON_IMAGE if lesion.measurements.long_axis_mm is None else TESTS


def location_of(site: Site | None) -> str:
    """Give TULOC; empty for an unknown site."""
    if site is None:
        return ""
    if site.body_site is BodySite.SPINE and site.detail:
        return _LEVELS.get(site.detail, _PLACES[BodySite.SPINE])
    return _PLACES.get(site.body_site, "")


def side_of(lesion: Lesion) -> str:
    """Give TULAT; empty for the midline and an unknown side, for which the codelist has no term."""
    return _SIDES.get(lesion.side.laterality, "") if lesion.side else ""


def method_of(lesion: Lesion) -> str:
    """Give TUMETHOD and TRMETHOD: a lesion with a place in space lies on CT."""
    return "X-RAY" if lesion.measurements.place_lps_mm is None else "CT SCAN"

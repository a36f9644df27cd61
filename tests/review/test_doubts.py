"""What speaks against a decision: a side against strong evidence, an unknown side or site."""

from dataclasses import replace

import pytest

from calcimeasure.analysis.lesion import assess
from calcimeasure.model import BodySite, Laterality, Lesion, Side, SideSource, Site, SiteSource
from calcimeasure.review import doubt_about_accepting, doubt_about_side
from tests.review.desks import FIRST, SETTINGS, box, two_cuboids

LEFT, RIGHT, MIDDLE, UNKNOWN = Laterality.LEFT, Laterality.RIGHT, Laterality.MIDLINE, Laterality.UNKNOWN
HIP = Site(BodySite.HIP, SiteSource.READER)


@pytest.fixture(scope="module")
def lesion() -> Lesion:
    return replace(assess(two_cuboids(), box(FIRST), 1, SETTINGS), side=None, site=None)


def at(distance_mm: float) -> Side:
    return Side(RIGHT, SideSource.READER, distance_to_midline_mm=distance_mm)


@pytest.mark.parametrize(
    ("side", "named", "doubt"),
    [
        (at(-146.0), LEFT, "it lies 146 mm right of the midline"),
        (at(-146.0), MIDDLE, "it lies 146 mm right of the midline"),
        (at(146.0), RIGHT, "it lies 146 mm left of the midline"),
        (at(-146.0), RIGHT, None),
        (at(-146.0), UNKNOWN, None),  # not to know is never wrong
        (at(-29.0), LEFT, None),
        (Side(RIGHT, SideSource.DICOM_TAG, 0.95), LEFT, "dicom tag says right (95%)"),
        (Side(RIGHT, SideSource.DICOM_TAG, 0.95), MIDDLE, None),
        (Side(RIGHT, SideSource.DICOM_TAG, 0.95, conflict=True), LEFT, None),
        (Side(RIGHT, SideSource.DICOM_TAG, 0.8), LEFT, None),
        (Side(RIGHT, SideSource.READER), LEFT, None),
        (None, LEFT, None),
    ],
)
def test_a_side_is_doubted_against_strong_evidence_alone(
    lesion: Lesion, side: Side | None, named: Laterality, doubt: str | None
) -> None:
    assert doubt_about_side(replace(lesion, side=side), named) == doubt


def test_what_is_unknown_is_told_before_a_lesion_is_accepted(lesion: Lesion) -> None:
    everything = "unknown: side (R, L, M) and site (S)"
    assert doubt_about_accepting(None) == doubt_about_accepting(lesion) == everything
    nowhere = replace(lesion, side=Side(UNKNOWN, SideSource.NONE), site=Site(BodySite.UNKNOWN, SiteSource.NONE))
    assert doubt_about_accepting(nowhere) == everything
    assert doubt_about_accepting(replace(lesion, site=HIP)) == "unknown: side (R, L, M)"
    assert doubt_about_accepting(replace(lesion, side=at(0.0))) == "unknown: site (S)"
    assert doubt_about_accepting(replace(lesion, site=HIP, side=at(0.0))) is None

"""What was ordered: the site comes from coded parts, then from words; from neither where they name several parts."""

import pytest

from calcimeasure.locate.ordered import ordered_in, shows_limb
from calcimeasure.locate.words import SaidSide
from calcimeasure.model import BodySite, Laterality, Site, SiteSource
from tests.model.test_model import ct_series

LEFT, RIGHT = Laterality.LEFT, Laterality.RIGHT
TAG, WORDS, NONE = SiteSource.DICOM_TAG, SiteSource.DESCRIPTION, SiteSource.NONE


@pytest.mark.parametrize(
    ("facts", "site"),
    [
        ({"body_part": "HAND"}, Site(BodySite.HAND_WRIST, TAG)),
        ({"body_part": "LSPINE"}, Site(BodySite.SPINE, TAG, "lumbar")),
        ({"body_part": "SPINE", "description": "CT HWS"}, Site(BodySite.SPINE, TAG, "cervical")),
        ({"body_part": "SPINE", "description": "CT HWS BWS"}, Site(BodySite.SPINE, TAG)),
        ({"body_part": "HIP", "description": "Ellenbogen li"}, Site(BodySite.HIP, TAG)),
        ({"description": "Ellenbogen li"}, Site(BodySite.ELBOW, WORDS)),
        ({"protocol_name": "genou droit"}, Site(BodySite.KNEE, WORDS)),
        ({"study_description": "CT KNEE", "description": "1.0 Br60"}, Site(BodySite.KNEE, WORDS)),
        ({"body_part": "WHOLEBODY"}, Site(BodySite.UNKNOWN, NONE)),
        ({"description": "CT thorax abdomen"}, Site(BodySite.UNKNOWN, NONE)),
        ({}, Site(BodySite.UNKNOWN, NONE)),
    ],
)
def test_site(facts: dict[str, str], site: Site) -> None:
    assert ordered_in(ct_series(**facts)).site == site


@pytest.mark.parametrize(
    ("facts", "sides", "contradictory", "both"),
    [
        ({}, set(), False, False),
        ({"image_laterality": "L"}, {LEFT}, False, False),
        ({"image_laterality": "L", "description": "Knie li"}, {LEFT}, False, False),
        ({"image_laterality": "L", "description": "Knie re"}, {LEFT, RIGHT}, True, False),
        ({"image_laterality": "L", "laterality": "R"}, set(), True, False),
        ({"image_laterality": "B"}, set(), False, True),
        ({"image_laterality": "R", "description": "knees bilateral"}, {RIGHT}, False, True),
    ],
)
def test_sides(facts: dict[str, str], sides: set[Laterality], contradictory: bool, both: bool) -> None:
    found = ordered_in(ct_series(**facts))
    assert found.sides == sides
    assert (found.is_contradictory, found.names_both_sides) == (contradictory, both)


def test_tags_and_descriptions_are_kept_apart() -> None:
    found = ordered_in(ct_series(description="Knie re", image_laterality="L", body_part="HIP"))
    assert (found.coded_side.side, found.worded_side.side) == (SaidSide.LEFT, SaidSide.RIGHT)
    assert (found.coded_sites.sites, found.worded_sites.sites) == ({BodySite.HIP}, {BodySite.KNEE})


@pytest.mark.parametrize(
    ("facts", "level"),
    [
        ({"body_part": "SPINE", "description": "CT HWS"}, "cervical"),
        ({"body_part": "LSPINE", "description": "CT HWS"}, None),
        ({"body_part": "SPINE"}, None),
    ],
)
def test_detail_is_told_where_those_that_name_one_agree(facts: dict[str, str], level: str | None) -> None:
    assert ordered_in(ct_series(**facts)).detail(BodySite.SPINE) == level


@pytest.mark.parametrize(
    ("facts", "limb"),
    [
        ({"body_part": "HAND"}, True),
        ({"body_part": "LEG"}, True),
        ({"body_part": "EXTREMITY"}, True),
        ({"description": "knee and lower leg ap"}, True),
        ({"body_part": "EXTREMITY", "description": "CHEST"}, False),
        ({"body_part": "HAND", "description": "chest"}, False),
        ({"body_part": "SHOULDER"}, False),
        ({"body_part": "CHEST"}, False),
        ({}, False),
    ],
)
def test_limb_is_said_where_nothing_else_is(facts: dict[str, str], limb: bool) -> None:
    assert shows_limb(ct_series(**facts)) is limb

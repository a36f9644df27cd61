"""The body site comes from the coded body part, then from words; and from neither where they name several."""

import numpy as np
import pytest

from calcimeasure.locate.site import shows_limb, site_of
from calcimeasure.locate.view import look
from calcimeasure.locate.words import SaidSide
from calcimeasure.model import BodySite, Outline, Site, SiteSource
from tests.phantoms import straight_grid
from tests.test_model import ct_series, volume_of

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
    assert site_of(ct_series(**facts)) == site


def test_look_gathers_what_headers_say() -> None:
    volume = volume_of(np.full((4, 20, 20), 40), straight_grid((4, 20, 20), (5.0, 5.0, 5.0)))
    object.__setattr__(volume, "series", ct_series(description="Knie re", image_laterality="R", body_part="KNEE"))
    body = Outline.from_mask(np.ones((4, 20, 20), dtype=bool))
    view = look(volume, [body], [])
    assert view.midline is None
    assert view.midline_why.startswith("no midline")
    assert (view.tags.side, view.words.side) == (SaidSide.RIGHT, SaidSide.RIGHT)
    assert view.site == Site(BodySite.KNEE, TAG)
    assert view.bodies == (body,)


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

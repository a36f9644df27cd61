"""A part that the end of the image cuts is no more certain than what is seen of it allows."""

import numpy as np
import pytest

from calcimeasure.model import Proposal, Tissue
from calcimeasure.segment import propose
from calcimeasure.settings import Settings
from tests.phantoms import Ellipsoid
from tests.tissue_scenes import SPACING_MM, base_log_odds, scene

SETTINGS = Settings()
RADIUS_MM = 12.0
SLICES = 40
END_MM = SLICES * SPACING_MM[0] / 2
"""The end of the image above its middle."""


def ball(beyond: float, slices: int = SLICES) -> Proposal:
    """Propose a ball of which a share of the diameter lies beyond the end of the image."""
    middle_mm = slices * SPACING_MM[0] / 2 - RADIUS_MM + 2 * RADIUS_MM * beyond
    volume = scene([Ellipsoid((20.0, 10.0, middle_mm), (RADIUS_MM,) * 3, 600.0)], (slices, 130, 150))
    (part,) = propose(volume, SETTINGS).parts
    return part


def test_ball_that_is_seen_whole_has_nothing_missing() -> None:
    part = ball(-0.2)
    assert part.tissue is Tissue.CALCIFIED_MASS
    assert "missing" not in {one.name for one in part.evidence}


def test_ball_that_is_cut_a_little_is_a_mass_and_less_certain() -> None:
    part = ball(0.1)
    assert part.tissue is Tissue.CALCIFIED_MASS
    assert 0.5 <= part.tissue_confidence < ball(-0.2).tissue_confidence


@pytest.mark.parametrize("beyond", [0.5, 0.7])
def test_ball_that_is_missing_by_half_is_kept_for_a_reader(beyond: float) -> None:
    part = ball(beyond)
    assert part.tissue is Tissue.UNKNOWN
    assert part.tissue_confidence <= 0.5


def test_what_is_missing_adds_up_with_the_other_evidence() -> None:
    part = ball(0.3)
    log_odds = base_log_odds(part) + sum(one.log_odds for one in part.evidence)
    assert part.tissue_confidence == pytest.approx(1 / (1 + np.exp(-log_odds)))
    assert {one.name: one.log_odds for one in part.evidence}["missing"] < 0


def test_lone_slice_calls_nothing_a_mass_and_keeps_it() -> None:
    assert ball(0.5, slices=1).tissue is Tissue.UNKNOWN

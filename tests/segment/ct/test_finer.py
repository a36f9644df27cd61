"""A stack so large that it is judged on long steps loses no small mass that a smaller stack shows."""

from dataclasses import replace

import pytest

from calcimeasure.model import Tissue, Volume
from calcimeasure.segment import propose
from calcimeasure.segment.ct import coarse
from calcimeasure.settings import Settings
from tests.masses import volume_of
from tests.phantoms import Ellipsoid, EllipticCylinder, render, straight_grid

LIMB = EllipticCylinder((0.0, 0.0, 0.0), (70.0, 60.0), 400.0, 45.0)


def ball_in_limb(diameter_mm: float, hu: float) -> Volume:
    grid = straight_grid((50, 150, 150), (1.25, 1.0, 1.0))
    ball = Ellipsoid((3.3, 20.2, 1.7), (diameter_mm / 2,) * 3, hu)
    return volume_of(render([LIMB, ball], grid, noise_sd_hu=12.0, seed=1), grid)


@pytest.mark.parametrize(("diameter_mm", "hu"), [(6.0, 700.0), (8.0, 700.0), (8.0, 400.0), (12.0, 700.0)])
@pytest.mark.parametrize("steps", [2, 3])
def test_free_ball_in_a_large_stack_is_judged_as_in_a_small_one(
    diameter_mm: float, hu: float, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    volume = ball_in_limb(diameter_mm, hu)
    (small,) = propose(volume, Settings()).parts
    few = volume.attenuation_hu.size // steps**3
    monkeypatch.setattr(coarse, "CT", replace(coarse.CT, most_blocks=few))
    assert coarse.coarse_copy(volume).factor_kji[1:] == (steps, steps)
    (large,) = propose(volume, Settings()).parts
    assert small.tissue is large.tissue is Tissue.CALCIFIED_MASS
    assert large.tissue_confidence == pytest.approx(small.tissue_confidence, abs=0.15)
    assert large.outline == small.outline

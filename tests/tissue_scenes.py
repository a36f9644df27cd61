"""What else is dense in a CT, by formula: hollow and small calcifications, contrast agent, metal, couch and splint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.segment.ct.constants import CT
from tests.model.test_model import volume_of
from tests.phantoms import Capsule, Ellipsoid, EllipticCylinder, LongBone, Slab, cylinder, render, straight_grid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from calcimeasure.model import Proposal, Volume
    from tests.phantoms import Grid, Paintable

SOFT_HU = 40.0
SPACING_MM = (2.5, 0.9, 0.8)


def scene(
    shapes: Sequence[Paintable],
    shape_kji: tuple[int, int, int] = (40, 130, 150),
    *,
    grid: Grid | None = None,
    body: bool = True,
    seed: int = 0,
) -> Volume:
    """Image shapes in a body (an elliptic cylinder in air), which runs out of the image at both ends."""
    grid = grid or straight_grid(shape_kji, SPACING_MM)
    trunk = [EllipticCylinder((0.0, 0.0, 0.0), (52.0, 48.0), 400.0, SOFT_HU)] if body else []
    hu = render([*trunk, *shapes], grid, blur_sigma_mm=0.7, noise_sd_hu=15.0, seed=seed, dtype=np.float32)
    return volume_of(np.rint(hu), grid)


def shaft(x_mm: float = -20.0, radius_mm: float = 12.0, cortex_mm: float = 4.0) -> LongBone:
    return LongBone((x_mm, 0.0, -300.0), (x_mm, 0.0, 300.0), radius_mm, cortex_mm)


def ring(radius_mm: float = 12.0, wall_mm: float = 4.0) -> list[Paintable]:
    """A hollow calcification round fluid."""
    place = (20.0, 10.0, 0.0)
    return [
        Ellipsoid(place, (radius_mm, radius_mm, radius_mm), 800.0),
        Ellipsoid(place, (radius_mm - wall_mm,) * 3, 20.0),
    ]


def finger(mass: bool = True) -> list[Paintable]:
    """A finger end of 15 mm with its phalanx and a calcification of 7 x 5 x 4 mm in the pulp."""
    shapes: list[Paintable] = [
        Capsule((0.0, 0.0, -60.0), (0.0, 0.0, 15.0), 7.5, SOFT_HU),
        LongBone((0.0, 1.5, -60.0), (0.0, 1.5, 8.0), 3.5, 1.2, marrow_hu=250.0),
    ]
    return [*shapes, Ellipsoid((0.0, -1.0, 16.0), (3.5, 2.5, 2.0), 700.0)] if mass else shapes


def vessel(hu: float = 350.0) -> EllipticCylinder:
    """A vessel full of contrast agent, across the slices and out of none."""
    return cylinder((20.0, -10.0, -45.0), (26.0, 12.0, 45.0), 4.0, hu)


def splint() -> Slab:
    return Slab((0.0, 53.5, 0.0), (45.0, 2.5, 300.0), 500.0)


def couch() -> list[Paintable]:
    return [Slab((0.0, 55.0, 0.0), (55.0, 1.0, 300.0), 800.0)]


def prosthesis() -> list[Paintable]:
    """A stem of metal in a shaft."""
    return [shaft(-10.0, 15.0, 4.0), cylinder((-10.0, 0.0, -20.0), (-10.0, 0.0, 300.0), 9.0, 6000.0)]


def base_log_odds(part: Proposal) -> float:
    """What the evidence for a part is added to: the network changes what the signs say beside it."""
    looked_at = "surroundings" in {one.name for one in part.evidence}
    return CT.looked_base_log_odds if looked_at else CT.base_log_odds

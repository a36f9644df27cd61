"""What lies on a shaft is parted from its cortex, and what belongs to the bone is not: shapes by formula."""

from __future__ import annotations

import numpy as np
import pytest

from calcimeasure.segment.ct.shaft import parted_from_shafts, shares_on_sides, sides_of_shafts
from calcimeasure.segment.ct.split import Parts, split

SPACING_MM = (1.5, 1.0, 1.0)
SHAPE = (48, 60, 70)
OUTER_MM, WALL_MM = 13.0, 4.0
Z, Y, X = (n * mm for n, mm in zip(np.ogrid[: SHAPE[0], : SHAPE[1], : SHAPE[2]], SPACING_MM, strict=True))
FROM_AXIS_MM = np.hypot(Y - 30, X - 24) + 0 * Z
CORTEX = (FROM_AXIS_MM <= OUTER_MM) & (FROM_AXIS_MM > OUTER_MM - WALL_MM)


def ball(x_mm: float, radius_mm: float, z_mm: float = 36.0) -> np.ndarray:
    return (Z - z_mm) ** 2 + (Y - 30) ** 2 + (X - x_mm) ** 2 <= radius_mm**2


def parted(dense: np.ndarray, fat: np.ndarray | None = None) -> tuple[Parts, Parts]:
    """Divide, and part from the shaft every part that holds cortex."""
    hu = np.where(dense, 900, -60 if fat is None else np.where(fat, -60, 40)).astype(np.int16)
    parts = split(dense, SPACING_MM)
    shafts = np.zeros(int(parts.labels.max()) + 1, dtype=bool)
    shafts[np.unique(parts.labels[CORTEX & dense & (X < 15)])] = True
    shafts[0] = False
    return parts, parted_from_shafts(hu, parts, shafts, np.ones(len(shafts), dtype=bool), SPACING_MM)


@pytest.mark.parametrize(("x_mm", "radius_mm"), [(38.0, 9.0), (40.0, 11.0)])
def test_what_lies_on_a_shaft_gets_a_label_of_its_own(x_mm: float, radius_mm: float) -> None:
    mass = ball(x_mm, radius_mm) & (FROM_AXIS_MM > OUTER_MM)
    before, after = parted(CORTEX | mass)
    assert np.array_equal(after.labels > 0, CORTEX | mass)
    clear = mass & (FROM_AXIS_MM > OUTER_MM + 1.0)
    own = np.unique(after.labels[clear])
    assert len(own) == 1
    assert not np.any(CORTEX & (after.labels == own[0]))
    beneath = CORTEX & ball(x_mm, radius_mm + 3)
    assert set(np.unique(after.labels[beneath])) <= set(np.unique(after.labels[CORTEX & (X < 24)]))
    # Its depth is that from the cortex, too: what was as deep as mass and cortex together is not any more.
    assert after.depth_mm[clear].max() <= before.depth_mm[mass].max()


def test_part_that_is_a_mass_by_itself_is_left_as_it_is() -> None:
    mass = ball(38.0, 9.0) & (FROM_AXIS_MM > OUTER_MM)
    hu = np.where(CORTEX | mass, 900, -60).astype(np.int16)
    parts = split(CORTEX | mass, SPACING_MM)
    shafts = np.zeros(int(parts.labels.max()) + 1, dtype=bool)
    shafts[np.unique(parts.labels[CORTEX & (X < 15)])] = True
    able = np.ones(len(shafts), dtype=bool)
    able[np.unique(parts.labels[mass])] = False
    assert parted_from_shafts(hu, parts, shafts, able, SPACING_MM) is parts


def test_ridge_of_a_cortex_stays_with_it() -> None:
    ridge = (np.abs(Y - 30) < 4) & (X > 24) & (FROM_AXIS_MM > OUTER_MM) & (FROM_AXIS_MM < OUTER_MM + 3.5)
    before, after = parted(CORTEX | ridge)
    assert after is before


@pytest.mark.parametrize(("rises_mm", "is_parted"), [(6.0, False), (12.0, True)])
def test_thin_thing_is_parted_where_it_rises_farther_than_a_ridge(rises_mm: float, *, is_parted: bool) -> None:
    height_mm = FROM_AXIS_MM - OUTER_MM
    plate = (np.abs(Y - 30.5) < 2) & (np.abs(Z - 36) < 16) & (X > 24) & (height_mm > 0) & (height_mm < rises_mm)
    before, after = parted(CORTEX | plate)
    assert (after is not before) == is_parted
    if is_parted:
        assert not np.any(CORTEX & (after.labels == after.labels[24, 30, 47]))


def test_sides_of_a_shaft_end_before_its_marrow_does() -> None:
    # The image ends below: there the shaft goes on. Above, a closed end follows.
    tube = (CORTEX & (Z < 54)) | ((FROM_AXIS_MM <= OUTER_MM) & (Z >= 54) & (Z < 60))
    parts = split(tube, SPACING_MM)
    hu = np.where(tube, 900, -60).astype(np.int16)
    shafts = np.array([False, *(np.any(CORTEX & (parts.labels == n)) for n in range(1, int(parts.labels.max()) + 1))])
    sides = sides_of_shafts(hu, parts, shafts, SPACING_MM)
    assert np.array_equal(sides & (Z < 44), CORTEX & (Z < 44))
    assert not np.any(sides & (Z > 49))
    assert not sides_of_shafts(hu, parts, np.zeros_like(shafts), SPACING_MM).any()


def test_what_follows_at_the_end_of_a_cavity_stays_bone() -> None:
    shaft = CORTEX & (Z >= 40)
    joint = (FROM_AXIS_MM <= OUTER_MM + 6) & (Z < 40) & (Z > 18)
    before, after = parted(shaft | joint)
    assert after is before


def test_wide_hollow_is_no_marrow() -> None:
    away = np.abs(X - 24) + 0 * Y + 0 * Z
    shell = CORTEX & (np.abs(Z - 36) < 8) | ((FROM_AXIS_MM < OUTER_MM) & (np.abs(np.abs(Z - 36) - 9) < 2)) & (away > -1)
    before, after = parted(shell | (ball(40, 11) & (FROM_AXIS_MM > OUTER_MM)))
    assert after is before


def test_without_shaft_nothing_is_parted() -> None:
    parts = split(ball(40, 11), SPACING_MM)
    shafts = np.zeros(int(parts.labels.max()) + 1, dtype=bool)
    hu = np.full(SHAPE, 50, dtype=np.int16)
    assert parted_from_shafts(hu, parts, shafts, np.ones(len(shafts), dtype=bool), SPACING_MM) is parts


def test_share_of_a_surface_on_the_side_of_a_shaft() -> None:
    labels = np.zeros((4, 6, 8), dtype=np.int32)
    labels[:, :3] = 1
    labels[1:3, 3:5, 2:5] = 2
    sides = labels == 1
    sides[:, :, :3] = False
    # In mm: the block is 3 x 2 x 3, and 2 of its 3 columns face sides.
    on_mm2 = 3 * 2
    all_mm2 = 2 * (2 * 3) + 2 * (3 * 3) + 2 * (3 * 2)
    assert shares_on_sides(labels, sides, SPACING_MM)[2] == pytest.approx(on_mm2 / all_mm2)
    assert shares_on_sides(labels, sides, SPACING_MM)[0] == 0

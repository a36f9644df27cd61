"""Dense pieces that belong together are one mass, and those that do not stay apart: scenes by formula."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import ndimage

from calcimeasure.analysis.pipeline import refined_outline
from calcimeasure.measure import measure
from calcimeasure.model import Proposal, Tissue
from calcimeasure.segment import propose, propose_at
from calcimeasure.segment.ct.constants import CT
from calcimeasure.settings import Settings
from tests.model.test_model import volume_of
from tests.phantoms import straight_grid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from calcimeasure.model import Volume

SETTINGS = Settings()
Point = tuple[float, float, float]


def limb(pieces: Sequence[tuple[Point, float]], *, spacing_mm: Point = (1.0, 0.8, 0.8), hu: float = 600.0) -> Volume:
    """Image balls (middle in z, y, x; radius) of calcium in a limb of 40 mm radius with a shaft on one side."""
    shape = tuple(int(n / mm) for n, mm in zip((70.0, 100.0, 100.0), spacing_mm, strict=True))
    z, y, x = (
        ((np.arange(n) - (n - 1) / 2) * mm).reshape([-1 if axis == one else 1 for one in range(3)])
        for axis, (n, mm) in enumerate(zip(shape, spacing_mm, strict=True))
    )
    image = np.broadcast_to(np.where(np.hypot(y, x) < 40, 50.0, -1000.0), shape).copy()
    shaft = np.hypot(y, x + 25)
    image[:] = np.where(shaft < 12, np.where(shaft < 7, -40.0, 1150.0), image)
    for (at_z, at_y, at_x), radius_mm in pieces:
        from_mm = np.sqrt((z - at_z) ** 2 + (y - at_y) ** 2 + (x - at_x) ** 2)
        share = np.clip((radius_mm - from_mm) / 0.8 + 0.5, 0, 1)
        image += share * np.maximum(hu - image, 0)
    image = ndimage.gaussian_filter(image, [0.5 / spacing_mm[0], *(0.7 / mm for mm in spacing_mm[1:])])
    image += np.random.default_rng(0).normal(0, 12, shape)
    return volume_of(np.rint(image), straight_grid(shape, spacing_mm))  # type: ignore[arg-type]


def lattice(center: Point, size_mm: float, pitch_mm: float, radius_mm: float) -> list[tuple[Point, float]]:
    """Return balls on a lattice within a ball."""
    count = int(size_mm / 2 / pitch_mm)
    steps = np.arange(-count, count + 1) * pitch_mm
    points = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    inside = points[np.linalg.norm(points, axis=1) <= size_mm / 2] + center
    return [((float(a), float(b), float(c)), radius_mm) for a, b, c in inside]


def masses(volume: Volume, settings: Settings = SETTINGS) -> list[Proposal]:
    return [part for part in propose(volume, settings).parts if part.tissue is Tissue.CALCIFIED_MASS]


def test_cloud_that_lies_on_the_side_of_a_shaft_is_a_mass_and_the_shaft_stays_bone() -> None:
    pieces = lattice((0.0, 0.0, -2.0), 24.0, 6.0, 2.6)
    assert min(x - radius for (_, _, x), radius in pieces) < -13  # the surface of the shaft
    volume = limb(pieces)
    (mass,) = masses(volume)
    bone = next(part for part in propose(volume, SETTINGS).parts if part.tissue is Tissue.BONE)
    bare = next(part for part in propose(limb([]), SETTINGS).parts if part.tissue is Tissue.BONE)
    assert bone.outline.voxel_count == pytest.approx(bare.outline.voxel_count, rel=0.02)
    calcified_mm3 = len(pieces) * 4 / 3 * np.pi * 2.6**3
    assert mass.outline.voxel_count * 0.64 > 0.8 * calcified_mm3
    assert "shaft_share" in {one.name for one in mass.evidence}


def pieces_of(mask: np.ndarray) -> int:
    return int(ndimage.label(mask, np.ones((3, 3, 3)))[1])


LOBULES = lattice((0.0, 0.0, 12.0), 28.0, 9.5, 3.6)
GRAINS = lattice((0.0, 0.0, 12.0), 27.0, 5.2, 1.6)
"""Gaps of 2 mm; a grain of 17 mm3 is below the smallest component."""


@pytest.mark.parametrize("spacing_mm", [(1.0, 0.8, 0.8), (2.0, 0.7, 0.7)])
@pytest.mark.parametrize("pieces", [LOBULES, GRAINS], ids=["lobules", "grains"])
def test_pieces_near_each_other_are_one_mass(pieces: list[tuple[Point, float]], spacing_mm: Point) -> None:
    volume = limb(pieces, spacing_mm=spacing_mm, hu=900.0)
    proposals = propose(volume, SETTINGS)
    (mass,) = (part for part in proposals.parts if part.tissue is not Tissue.BONE)
    assert mass.tissue is Tissue.CALCIFIED_MASS
    assert pieces_of(mass.outline.mask()) > 1
    dense = volume.attenuation_hu >= SETTINGS.threshold_hu
    dense[:, :, : int(45 / spacing_mm[2])] = False  # the shaft
    assert mass.outline.voxel_count >= 0.97 * np.count_nonzero(dense)


def test_without_a_joining_distance_pieces_stay_apart() -> None:
    assert len(masses(limb(LOBULES), Settings(joining_distance_mm=0))) > 10


def test_no_piece_is_lost_at_the_edge_and_in_the_numbers() -> None:
    volume = limb(LOBULES)
    (mass,) = masses(volume)
    outline = refined_outline(volume, mass, SETTINGS)
    assert pieces_of(outline.mask()) == len(LOBULES)
    numbers = measure(volume, outline, SETTINGS)
    true_ml = len(LOBULES) * 4 / 3 * np.pi * 3.6**3 / 1000
    assert numbers.volume_ml == pytest.approx(true_ml, rel=0.08)
    assert numbers.max_3d_diameter is not None
    assert numbers.max_3d_diameter.length_mm == pytest.approx(2 * 9.5 * np.sqrt(2) + 7.2, abs=1.5)


def test_faint_piece_is_not_lost_at_the_edge() -> None:
    bright, faint = ((0.0, 0.0, 10.0), 6.0), ((0.0, 0.0, 22.0), 4.0)
    dense, light = limb([bright], hu=1200.0), limb([faint], hu=400.0)
    volume = volume_of(
        np.maximum(dense.attenuation_hu, light.attenuation_hu),
        straight_grid(dense.attenuation_hu.shape, (1.0, 0.8, 0.8)),
    )
    one, other = (
        part for part in propose(volume, Settings(joining_distance_mm=0)).parts if part.tissue is not Tissue.BONE
    )
    both = Proposal(one.outline.union(other.outline), Tissue.CALCIFIED_MASS, 0.9)
    assert pieces_of(refined_outline(volume, both, SETTINGS).mask()) == 2


def test_two_masses_15_mm_apart_stay_two() -> None:
    # 15 mm between the surfaces of the nearest balls.
    volume = limb([*lattice((-21.0, 0.0, 12.0), 20.0, 9.5, 3.6), *lattice((20.2, 0.0, 12.0), 20.0, 9.5, 3.6)])
    assert len(masses(volume)) == 2


def test_scattered_deposits_are_never_one_large_mass() -> None:
    # Balls of 4 mm, 10 mm between their surfaces.
    volume = limb(lattice((0.0, 0.0, 12.0), 44.0, 14.0, 2.0))
    for part in propose(volume, SETTINGS).parts:
        if part.tissue is not Tissue.BONE:
            assert max(part.outline.shape_kji) < 12


def test_spongy_bone_with_its_cortex_is_no_mass() -> None:
    """A porous ball with a cortex is the end of a bone, however porous its inside is."""
    rng = np.random.default_rng(1)
    volume = limb([((0.0, 0.0, 12.0), 15.0)], hu=700.0)
    grid = straight_grid(volume.attenuation_hu.shape, (1.0, 0.8, 0.8))
    at = np.stack(np.indices(volume.attenuation_hu.shape), axis=-1)
    from_mm = np.linalg.norm(volume.geometry.to_lps_mm(at) - (12.0, 0.0, 0.0), axis=-1)
    pores = ndimage.gaussian_filter(rng.standard_normal(from_mm.shape), 1.2)
    inside = from_mm < 12.5
    spongy = 180 + 110 * pores / pores.std()
    assert masses(volume_of(np.where(inside, spongy, volume.attenuation_hu), grid)) == []


def test_air_parts_the_deposits_of_two_fingers() -> None:
    """Two fingers of 14 mm with 3 mm of air between them; a granular deposit fills the end of each."""
    shape, spacing_mm = (60, 60, 80), (0.7, 0.5, 0.5)
    grid = straight_grid(shape, spacing_mm)
    x, y, z = np.moveaxis(volume_of(np.zeros(shape), grid).geometry.to_lps_mm(np.stack(np.indices(shape), -1)), -1, 0)
    fingers = [np.hypot(x - side * 8.5, y) for side in (-1, 1)]
    hu = np.where(np.minimum(*fingers) < 7, 50.0, -1000.0)
    hu[(np.minimum(*fingers) < 3) & (z < -6)] = 1000.0
    for side in (-1, 1):
        for (at_z, at_y, at_x), radius_mm in lattice((5.0, 0.0, side * 7.6), 11.0, 4.0, 1.4):
            hu[np.sqrt((x - at_x) ** 2 + (y - at_y) ** 2 + (z - at_z) ** 2) < radius_mm] = 700.0
    hu = ndimage.gaussian_filter(hu, 1.0) + np.random.default_rng(2).normal(0, 10, shape)
    for part in propose(volume_of(np.rint(hu), grid), SETTINGS).parts:
        if part.tissue is not Tissue.BONE:
            columns = np.flatnonzero(part.outline.mask().any(axis=(0, 1))) + part.outline.start_kji[2]
            assert (columns < 40).all() or (columns >= 40).all()


@pytest.mark.parametrize("spacing_mm", [(1.0, 1.0, 1.0), (1.0, 0.9, 0.8)])
def test_reader_can_point_at_a_thin_plate_with_air_on_both_sides(spacing_mm: Point) -> None:
    hu = np.full((40, 90, 90), -1000.0)
    hu[:, 10:80, 10:80] = 40.0
    hu[12:28, 30:60, 30:60] = -850.0
    plate = np.zeros(hu.shape, dtype=bool)
    plate[20:22, 40:49, 40:49] = True
    hu[plate] = 700.0
    volume = volume_of(hu, straight_grid(hu.shape, spacing_mm))
    found = propose_at(volume, np.array([[20, 44, 44]]), SETTINGS)
    assert found.tissue is Tissue.CALCIFIED_MASS
    assert found.outline.start_kji == (20, 40, 40)
    assert found.outline.mask().sum() == plate.sum()


def test_whole_is_explained_by_its_own_signs() -> None:
    (mass,) = masses(limb(LOBULES, hu=900.0))
    assert {"surroundings", "piece_rim", "high_hu"} <= {one.name for one in mass.evidence}
    assert mass.tissue_confidence >= CT.sure_whole


def grown_against_shaft() -> list[tuple[Point, float]]:
    """Balls with gaps of 1 to 3 mm in five rows, of which the first lies against the shaft."""
    return [
        ((z, y, -25 + 12 + 2.5 + x), 3.0) for z in (-16, -8, 0, 8, 16) for y in (-8, 0, 8) for x in (0.0, 8.0, 16.0)
    ]


@pytest.mark.parametrize("spacing_mm", [(1.0, 0.8, 0.8), (2.0, 0.7, 0.7)])
def test_pieces_that_lie_against_a_shaft_belong_to_the_mass_and_the_cortex_does_not(spacing_mm: Point) -> None:
    pieces = grown_against_shaft()
    with_mass, without = limb(pieces, spacing_mm=spacing_mm), limb([], spacing_mm=spacing_mm)
    (mass,) = masses(with_mass)
    found = np.zeros(with_mass.attenuation_hu.shape, dtype=np.bool_)
    found[mass.outline.box] = mass.outline.mask()
    added = (with_mass.attenuation_hu >= SETTINGS.threshold_hu) & (without.attenuation_hu < SETTINGS.threshold_hu)
    assert np.count_nonzero(found & added) >= 0.9 * np.count_nonzero(added)
    assert np.count_nonzero(found & (without.attenuation_hu >= 600)) <= 0.02 * np.count_nonzero(found)

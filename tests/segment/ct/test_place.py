"""What is dense inside the cavity of the trunk is no mass; what lies in its wall, in a limb or at the spine is one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calcimeasure.model import Evidence, Tissue
from calcimeasure.segment.ct.coarse import Coarse
from calcimeasure.segment.ct.judge import Judgement
from calcimeasure.segment.ct.place import Places, find_places, judge_by_place
from calcimeasure.settings import MeasureSettings
from tests.model.test_model import volume_of
from tests.phantoms import Grid
from tests.trunks import ORGANS, SOFT, STEP_MM, PaintedTrunk, painted_trunk

AXES = {
    "axial": ((2, 1, 0), (1, 1, 1)),
    "feet first": ((2, 1, 0), (-1, 1, -1)),
    "coronal": ((1, 2, 0), (1, -1, 1)),
    "sagittal": ((0, 2, 1), (-1, -1, 1)),
}
"""Axis of the patient (x, y, z) along slices, rows and columns, and whether it runs with it."""

MASS = Judgement(Tissue.CALCIFIED_MASS, 0.9, 0.9, (Evidence("core_hu", 700.0, 1.0, "dense"),))


def as_acquired(upright: np.ndarray, plane: str) -> np.ndarray:
    """Turn an upright array (z, y, x) into slices, rows and columns."""
    order, ways = AXES[plane]
    turned = upright.transpose([2 - axis for axis in order])
    return np.ascontiguousarray(turned[tuple(slice(None, None, way) for way in ways)])


def geometry(shape: tuple[int, ...], plane: str) -> object:
    order, ways = AXES[plane]
    normal, column, row = (np.eye(3)[axis] * way for axis, way in zip(order, ways, strict=True))
    origins = np.arange(shape[0])[:, None] * STEP_MM * normal
    assert np.allclose(np.cross(row, column), normal)
    grid = Grid(shape, row, column, STEP_MM, STEP_MM, origins)
    return volume_of(np.zeros(shape), grid).geometry


def placed(trunk: PaintedTrunk, deposit: np.ndarray, plane: str = "axial", judgement: Judgement = MASS) -> Judgement:
    """Judge a deposit in a trunk by its place."""
    hu = as_acquired(np.where(deposit, 600, trunk.hu).astype(np.int16), plane)
    bone, deposit = (as_acquired(one, plane) for one in (trunk.bone & ~deposit, deposit))
    places = places_of(hu, bone, deposit, plane)
    return judge_by_place(judgement, np.argwhere(deposit), places, MeasureSettings())


def places_of(hu: np.ndarray, bone: np.ndarray, dense: np.ndarray, plane: str = "axial") -> Places:
    body = (hu > -500) | (np.abs(hu + 850) < 60)
    coarse = Coarse(hu, (1, 1, 1), (STEP_MM,) * 3)
    groups = np.where(bone, 1, np.where(dense, 3, 0)).astype(np.int32)
    return find_places(coarse, geometry(hu.shape, plane), body.astype(np.uint8), groups, np.zeros_like(bone))


@pytest.fixture(scope="module")
def trunk() -> PaintedTrunk:
    return painted_trunk()


@pytest.mark.parametrize("radius_mm", [6, 14, 22])
@pytest.mark.parametrize("organ", ORGANS)
def test_deposit_in_an_organ_is_no_mass_at_any_size(trunk: PaintedTrunk, organ: str, radius_mm: float) -> None:
    found = placed(trunk, trunk.ball(ORGANS[organ], radius_mm))
    assert found.tissue in (Tissue.OTHER_CALCIFICATION, Tissue.UNKNOWN)
    if radius_mm < 22:
        assert found.tissue is Tissue.OTHER_CALCIFICATION


@pytest.mark.parametrize("radius_mm", [6, 14, 22])
@pytest.mark.parametrize("place", SOFT)
def test_mass_in_soft_tissue_of_the_trunk_stays_a_mass(trunk: PaintedTrunk, place: str, radius_mm: float) -> None:
    deposit = trunk.ball(SOFT[place], radius_mm) & (trunk.hu > -300)
    assert placed(trunk, deposit) is MASS


@pytest.mark.parametrize("plane", AXES)
def test_plane_of_the_scan_changes_nothing(trunk: PaintedTrunk, plane: str) -> None:
    kidney, buttock = (trunk.ball(place, 10) for place in (ORGANS["kidney"], SOFT["buttock"]))
    assert placed(trunk, kidney, plane).tissue is Tissue.OTHER_CALCIFICATION
    assert placed(trunk, buttock, plane) is MASS


@pytest.mark.parametrize("fat_mm", [4.0, 45.0])
def test_thin_and_fat_patients_have_the_same_cavity(fat_mm: float) -> None:
    trunk = painted_trunk(min(fat_mm, 35.0))
    assert placed(trunk, trunk.ball(ORGANS["bowel"], 14)).tissue is Tissue.OTHER_CALCIFICATION
    assert placed(trunk, trunk.ball((-30, -92, 130), 8)) is MASS


def test_arm_beside_the_trunk_lies_outside() -> None:
    trunk = painted_trunk(4.0, arm=True)
    assert placed(trunk, trunk.ball((-178, 10, 150), 14)) is MASS
    assert placed(trunk, trunk.ball(ORGANS["liver"], 14)).tissue is Tissue.OTHER_CALCIFICATION


def test_plaque_at_the_wall_of_the_chest_is_no_mass(trunk: PaintedTrunk) -> None:
    plaque = trunk.ball((-68, -4, 270), 62) & ~trunk.ball((-68, -4, 270), 52) & (trunk.x < -105) & (trunk.hu < -300)
    assert placed(trunk, plaque).tissue in (Tissue.OTHER_CALCIFICATION, Tissue.UNKNOWN)


def test_evidence_tells_where_it_lies(trunk: PaintedTrunk) -> None:
    first, *others = placed(trunk, trunk.ball(ORGANS["heart"], 14)).evidence
    assert first.name == "place"
    assert first.sentence.startswith("it lies inside the chest, ")
    assert first.log_odds == 0
    assert tuple(others) == MASS.evidence


def test_what_is_no_mass_by_its_look_stays_what_it_is(trunk: PaintedTrunk) -> None:
    metal = Judgement(Tissue.METAL, 0.95, 0.1, ())
    assert placed(trunk, trunk.ball(ORGANS["bowel"], 14), judgement=metal) is metal


def test_part_that_may_be_a_mass_is_no_mass_in_an_organ(trunk: PaintedTrunk) -> None:
    doubtful = Judgement(Tissue.UNKNOWN, 0.3, 0.3, ())
    assert placed(trunk, trunk.ball(ORGANS["bowel"], 14), judgement=doubtful).tissue is Tissue.OTHER_CALCIFICATION
    assert placed(trunk, trunk.ball(SOFT["buttock"], 14), judgement=doubtful) is doubtful


@pytest.mark.parametrize(
    ("core_hu", "spread", "thickness_mm", "slenderness", "tissue"),
    [
        (400.0, 0.03, 45.0, 1.6, Tissue.CONTRAST),
        (500.0, 0.04, 17.0, 3.4, Tissue.CONTRAST),
        (400.0, 0.2, 45.0, 1.6, Tissue.OTHER_CALCIFICATION),
        (900.0, 0.03, 45.0, 1.6, Tissue.OTHER_CALCIFICATION),
        (400.0, 0.03, 12.0, 1.6, Tissue.OTHER_CALCIFICATION),
    ],
    ids=["bladder", "bowel", "fibroid", "too dense", "stone"],
)
def test_wide_and_even_as_a_fluid_is_contrast_in_the_cavity_alone(
    trunk: PaintedTrunk, core_hu: float, spread: float, thickness_mm: float, slenderness: float, tissue: Tissue
) -> None:
    values = {"core_hu": core_hu, "spread": spread, "thickness_mm": thickness_mm, "rim": 1.0}
    values["slenderness"] = slenderness
    even = Judgement(
        Tissue.CALCIFIED_MASS, 0.8, 0.8, tuple(Evidence(name, value, 0.0, "") for name, value in values.items())
    )
    assert placed(trunk, trunk.ball(ORGANS["bladder"], 22), judgement=even).tissue is tissue
    assert placed(trunk, trunk.ball(SOFT["buttock"], 22), judgement=even) is even


EVEN = Judgement(
    Tissue.CONTRAST, 0.7, 0.8, (Evidence("contrast", 0.03, 0.0, ""), Evidence("slenderness", 1.5, 0.0, ""))
)
"""As even as a fluid, in a scan with contrast agent."""


def test_even_mass_in_soft_tissue_is_no_contrast_agent(trunk: PaintedTrunk) -> None:
    found = placed(trunk, trunk.ball(SOFT["buttock"], 14), judgement=EVEN)
    assert (found.tissue, found.confidence) == (Tissue.CALCIFIED_MASS, 0.8)
    assert placed(trunk, trunk.ball(ORGANS["bladder"], 14), judgement=EVEN) is EVEN


def test_vessel_full_of_contrast_agent_in_soft_tissue_stays_contrast(trunk: PaintedTrunk) -> None:
    tube = replace(EVEN, evidence=(Evidence("slenderness", 4.5, 0.0, ""),))
    assert placed(trunk, trunk.ball(SOFT["groin"], 6), judgement=tube) is tube


def test_what_lies_beside_gas_in_the_belly_fills_a_bowel(trunk: PaintedTrunk) -> None:
    content = trunk.ball((40, -30, 130), 20)
    bowel = PaintedTrunk(trunk.hu.copy(), trunk.bone, trunk.z, trunk.y, trunk.x)
    bowel.hu[content & (trunk.y < -36)] = -990
    assert placed(bowel, content & (trunk.y >= -36)).tissue is Tissue.CONTRAST
    assert placed(trunk, content).tissue is Tissue.OTHER_CALCIFICATION


# Where there is no cavity


def cylinders(
    *places_mm: tuple[float, float, float, float], shape: tuple[int, int, int] = (70, 66, 110)
) -> tuple[np.ndarray, np.ndarray]:
    """Paint limbs along z: x, y, radius of the limb, radius of its bone; air elsewhere."""
    y, x = (np.arange(n)[:, None] * STEP_MM - n * STEP_MM / 2 for n in shape[1:])
    hu, bone = np.full(shape, -1000, dtype=np.int16), np.zeros(shape, dtype=np.bool_)
    for at_x, at_y, limb_mm, bone_mm in places_mm:
        away = np.hypot(x.T - at_x, y - at_y)
        hu[:, away <= limb_mm] = 50
        hu[:, away <= bone_mm] = 800
        bone[:, away <= bone_mm] = True
    return hu, bone


@pytest.mark.parametrize(
    "limbs",
    [
        [(0, 0, 85, 16)],
        [(0, 0, 115, 18)],
        [(-92, 0, 96, 17), (92, 0, 96, 17)],
        [(0, 10, 70, 30)],
        [(-40, 0, 9, 5), (-15, 0, 9, 5), (10, 0, 9, 5)],
    ],
    ids=["thigh", "large thigh", "joined thighs", "head or neck", "fingers"],
)
def test_limb_has_no_cavity(limbs: list[tuple[float, float, float, float]]) -> None:
    hu, bone = cylinders(*limbs)
    assert places_of(hu, bone, bone).cavity is None


def test_air_between_two_thighs_is_no_lung() -> None:
    hu, bone = cylinders((-92, -10, 96, 17), (92, -10, 96, 17))
    hu[:, 40:52, 45:65] = -960
    hu[:, 52:56, 40:70] = 50
    assert places_of(hu, bone, bone).cavity is None


def test_oblique_stack_without_axes_of_its_own_has_no_places() -> None:
    diagonal = np.array([[1, 1, 0], [1, -1, 0], [0, 0, 1]]) / np.sqrt([[2], [2], [1]])
    normal = np.cross(diagonal[0], diagonal[2])
    grid = Grid((4, 5, 6), diagonal[0], diagonal[2], 1.0, 1.0, np.arange(4)[:, None] * normal)
    hu = np.zeros(grid.shape_kji, dtype=np.int16)
    places = find_places(
        Coarse(hu, (1, 1, 1), (1.0, 1.0, 1.0)),
        volume_of(hu, grid).geometry,
        hu.astype(np.uint8),
        hu.astype(np.int32),
        hu > 0,
    )
    assert places.cavity is None
    assert judge_by_place(MASS, np.zeros((1, 3), dtype=np.intp), places, MeasureSettings()) is MASS

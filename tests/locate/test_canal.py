"""The vertebral canal: its section by formula, and what a mass takes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from calcimeasure.analysis.lesion import assess, with_canal
from calcimeasure.geometry import Geometry
from calcimeasure.load import find_series, load_image
from calcimeasure.locate.canal import judge_canal
from calcimeasure.model import BodySite, Canal, Outline, Site, SiteSource, Tissue, Volume
from calcimeasure.settings import Settings
from tests.conftest import PROJECT
from tests.locate.spines import HALF_DEPTH_MM, HALF_WIDTH_MM, RING_MM, Spine

if TYPE_CHECKING:
    from numpy.typing import NDArray

SPINE = Spine()
Z, Y, X = SPINE.places_mm()
INSIDE = (Y / HALF_DEPTH_MM) ** 2 + (X / HALF_WIDTH_MM) ** 2 <= 1
IN_RING, IN_GAP = (Z >= 4) & (Z < 12), (Z >= RING_MM + 2) & (Z < RING_MM + 12)
AT_SPINE = Site(BodySite.SPINE, SiteSource.GEOMETRY)
REAL = PROJECT.parent / "shared" / "dicom" / "real_anatomy" / "ct"


def imaged(mass: NDArray[np.bool_], spine: Spine = SPINE) -> tuple[Volume, Outline]:
    return spine.volume(mass), Outline.from_mask(spine.voxels(mass))


HALF = INSIDE & (X < 0)
BALL = (Y - 2) ** 2 + (X - 3) ** 2 + (Z - 8) ** 2 <= 16.0
TO_BOTH_SIDES = (np.abs(X) < 19) & (np.abs(Y) < 3)


@pytest.mark.parametrize(
    ("mass", "percent"),
    [
        pytest.param(HALF & IN_RING, 50.0, id="half, in a ring"),
        pytest.param(HALF & IN_GAP, 50.0, id="half, between two rings"),
        pytest.param(INSIDE & IN_RING, 100.0, id="all"),
        # A disk of 4 mm in an ellipse of 8 and 11 mm.
        pytest.param(BALL, 100 * 16 / 88, id="a ball, at its widest slice"),
    ],
)
def test_share_of_the_canal_that_a_mass_takes(mass: NDArray[np.bool_], percent: float) -> None:
    judged = judge_canal(*imaged(mass))
    assert judged is not None
    assert judged[0] is Canal.CANAL
    assert judged[1] == pytest.approx(percent, abs=3.0)


def test_mass_through_a_foramen_into_the_canal() -> None:
    mass = TO_BOTH_SIDES & (X > 5) & IN_GAP
    taken = np.count_nonzero(mass & INSIDE & (Z[10] == Z)) / np.count_nonzero(INSIDE)
    judged = judge_canal(*imaged(mass))
    assert judged is not None
    assert judged[0] is Canal.CANAL
    assert judged[1] == pytest.approx(100 * taken, abs=3.0)


@pytest.mark.parametrize(
    ("mass", "canal"),
    [
        pytest.param((np.abs(X - 15) < 3) & (np.abs(Y + 2) < 5) & IN_GAP, Canal.FORAMEN, id="between two pedicles"),
        pytest.param((np.abs(X - 12) < 6) & (Y > 20) & (Y < 32) & (Z > 2) & (Z < 26), Canal.NONE, id="behind the arch"),
        pytest.param((np.abs(X - 30) < 5) & (np.abs(Y) < 5) & (Z > 2) & (Z < 26), Canal.NONE, id="beside the spine"),
    ],
)
def test_mass_outside_of_the_canal(mass: NDArray[np.bool_], canal: Canal) -> None:
    judged = judge_canal(*imaged(mass))
    assert judged is not None
    assert judged[0] is canal
    assert judged[1] < 2.0


def turned(volume: Volume, outline: Outline, quarter: int) -> tuple[Volume, Outline]:
    """Lay the patient on the table otherwise, turned in quarters around the axis of the body: the image turns."""
    geometry, mask = volume.geometry, outline.mask_in((0, 0, 0), volume.geometry.shape_kji)
    hu, mask = (np.ascontiguousarray(np.rot90(one, quarter, axes=(1, 2))) for one in (volume.attenuation_hu, mask))
    row, column = np.array(geometry.row_direction), np.array(geometry.column_direction)
    for _ in range(quarter):
        row, column = column, -row
    made = Geometry(
        shape_kji=hu.shape,
        row_direction=row,
        column_direction=column,
        row_spacing_mm=geometry.row_spacing_mm,
        column_spacing_mm=geometry.column_spacing_mm,
        origins_lps_mm=geometry.origins_lps_mm,
        frame_of_reference_uid=geometry.frame_of_reference_uid,
    )
    return replace(volume, attenuation_hu=hu, geometry=made), Outline.from_mask(mask)


@pytest.mark.parametrize("quarter", [1, 2])
def test_front_is_the_patients_in_any_orientation_of_the_slices(quarter: int) -> None:
    judged = judge_canal(*turned(*imaged(HALF & IN_RING), quarter))
    assert judged is not None
    assert judged[1] == pytest.approx(50.0, abs=3.0)
    # What lies in front of the hole is no vertebra if front and back are exchanged.
    volume, outline = imaged(HALF & IN_RING)
    hu = np.ascontiguousarray(volume.attenuation_hu[:, ::-1])
    upside_down = Outline.from_mask(outline.mask_in((0, 0, 0), hu.shape)[:, ::-1])
    assert judge_canal(replace(volume, attenuation_hu=hu), upside_down) is None


@pytest.mark.parametrize(
    "spine",
    [
        pytest.param(replace(SPINE, shape_kji=(7, 96, 96), spacing_mm=(6.0, 0.8, 0.8)), id="slices 6 mm apart"),
        pytest.param(replace(SPINE, shape_kji=(23, 48, 48), spacing_mm=(2.0, 1.6, 1.6)), id="wide pixels"),
        pytest.param(replace(SPINE, shape_kji=(1, 96, 96)), id="a lone slice"),
    ],
)
def test_coarse_images_are_not_judged(spine: Spine) -> None:
    _, y, x = spine.places_mm()
    mass = np.broadcast_to((np.abs(y) < 5) & (np.abs(x) < 6), (spine.shape_kji[0], y.shape[1], x.shape[2]))
    assert judge_canal(*imaged(mass, spine)) is None


def test_soft_tissue_without_a_vertebra_is_not_judged() -> None:
    volume, outline = imaged(HALF & IN_RING)
    hu = np.where(outline.mask_in((0, 0, 0), volume.geometry.shape_kji), 900, 40).astype(np.int16)
    assert judge_canal(replace(volume, attenuation_hu=hu), outline) is None


def test_a_mass_that_goes_on_where_the_canal_is_not_seen_is_judged_only_where_it_reaches_it() -> None:
    # The upper vertebra is taken away: beyond 12 mm above the last ring nothing is known.
    bare = np.broadcast_to(np.where(Z > RING_MM, 1.0, 0.0), (len(Z), Y.shape[1], X.shape[2])) > 0
    beside = (np.abs(X - 30) < 5) & (np.abs(Y) < 5) & (Z > 2) & (Z < 40)
    for mass, expected in ((beside, None), (beside | (INSIDE & IN_RING & (X > 0)), Canal.CANAL)):
        volume, outline = imaged(mass)
        hu = volume.attenuation_hu.copy()
        hu[SPINE.voxels(bare) & ~outline.mask_in((0, 0, 0), hu.shape)] = 40
        judged = judge_canal(replace(volume, attenuation_hu=hu), outline)
        assert (None if judged is None else judged[0]) is expected


def test_only_what_may_be_a_mass_at_the_spine_is_judged() -> None:
    volume, outline = imaged(HALF & IN_RING)
    lesion = replace(assess(volume, outline, 1, Settings()), tissue=Tissue.UNKNOWN)
    assert lesion.measurements.canal is None  # no anatomy: its site is not known
    there = with_canal(volume, replace(lesion, site=AT_SPINE))
    assert there.measurements.canal is Canal.CANAL
    assert there.measurements.canal_narrowed_percent == pytest.approx(50.0, abs=3.0)
    for other in (
        replace(there, site=Site(BodySite.HIP, SiteSource.READER)),
        replace(there, tissue=Tissue.OTHER_CALCIFICATION),
    ):
        numbers = with_canal(volume, other).measurements
        assert (numbers.canal, numbers.canal_narrowed_percent) == (None, None)


@pytest.mark.skipif(not REAL.is_dir(), reason="real anatomy beside the project is not there")
@pytest.mark.parametrize(
    ("folder", "slice_index", "row", "column", "between_mm2"),
    [
        # A thoracic, a lumbar and the second cervical vertebra: the middle of the canal, and usual areas of adults.
        ("abdomen_costal_bra", 7, 349, 256, (130, 280)),
        ("abdomen_facets", 16, 326, 254, (200, 450)),
        ("neck_jaw", 8, 306, 273, (300, 600)),
    ],
)
def test_canal_of_real_vertebrae(
    folder: str, slice_index: int, row: int, column: int, between_mm2: tuple[float, float]
) -> None:
    (series,) = find_series(REAL / folder).series
    volume = load_image(series, Settings())
    assert isinstance(volume, Volume)
    geometry = volume.geometry
    j, i = np.ogrid[: geometry.shape_kji[1], : geometry.shape_kji[2]]
    away_mm = np.hypot((j - row) * geometry.row_spacing_mm, (i - column) * geometry.column_spacing_mm)
    mask = np.zeros(geometry.shape_kji, dtype=bool)
    mask[slice_index] = away_mm <= 3.0
    mass_mm2 = np.count_nonzero(mask) * geometry.pixel_area_mm2
    hu = np.where(mask, 900, volume.attenuation_hu).astype(np.int16)
    judged = judge_canal(replace(volume, attenuation_hu=hu), Outline.from_mask(mask))
    assert judged is not None
    assert judged[0] is Canal.CANAL
    low_mm2, high_mm2 = between_mm2
    assert low_mm2 <= mass_mm2 / judged[1] * 100 <= high_mm2

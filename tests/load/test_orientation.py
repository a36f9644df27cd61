"""One object, written in every way that a scanner can: the same lesions at the same place with the same sizes."""

from __future__ import annotations

import itertools
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from calcimeasure.analysis.pipeline import analyze
from calcimeasure.load import find_series, load_image
from calcimeasure.model import Volume
from calcimeasure.settings import Settings
from tests.dicom_phantom import Header, write_series
from tests.dicom_writers import write_multiframe
from tests.phantoms import Ellipsoid, Grid, oblique_grid, render, straight_grid, tilted_grid, uneven_grid

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from calcimeasure.model import Report

BACKGROUND_HU, MASS_HU = 40.0, 640.0
SETTINGS = Settings(threshold_hu=(BACKGROUND_HU + MASS_HU) / 2)

MASSES = (
    Ellipsoid((14.0, 3.0, -6.0), (9.0, 5.0, 6.5), MASS_HU, (20.0, -10.0, 30.0)),
    Ellipsoid((-12.0, -8.0, 9.0), (4.5, 6.0, 5.0), MASS_HU),
    Ellipsoid((-6.0, 11.0, -11.0), (4.4, 3.8, 5.6), MASS_HU, (0.0, 35.0, 0.0)),
)
"""Largest first; no two are alike, and no plane is one of symmetry."""

CENTER = (1.5, -0.7, 0.4)
GRID = straight_grid((32, 44, 60), (1.35, 1.0, 0.95), CENTER)

CENTROID_TOLERANCE_MM = 0.15
"""A fifth of a voxel: what the raster makes of a center."""

SIZE_TOLERANCE = 0.1
"""Of the volume: half way between mass and background, blur and raster make the small masses smaller."""


@cache
def hu_on_grid() -> NDArray[np.int16]:
    return render(MASSES, GRID, background_hu=BACKGROUND_HU)


def written_along(axes: tuple[int, int, int], signs: tuple[int, int, int]) -> tuple[NDArray[np.int16], Grid]:
    """Turn array and grid so that slices, rows and columns follow these axes of the patient (z, y, x) in these ways."""
    hu = hu_on_grid().transpose(axes)
    hu = np.flip(hu, [position for position, sign in enumerate(signs) if sign < 0])
    units = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    spacings_mm = (GRID.slice_spacing_mm, GRID.row_spacing_mm, GRID.column_spacing_mm)
    ways = [sign * units[axis] for axis, sign in zip(axes, signs, strict=True)]
    steps_mm = [spacings_mm[axis] for axis in axes]
    # The voxel that comes first lies at the far end of each axis that runs backwards.
    last = np.array(GRID.shape_kji) - 1
    first = [last[axis] if sign < 0 else 0 for axis, sign in zip(axes, signs, strict=True)]
    corner = [0, 0, 0]
    for axis, index in zip(axes, first, strict=True):
        corner[axis] = int(index)
    origin = GRID.positions_lps_mm(np.array(corner))
    origins = origin + np.outer(np.arange(hu.shape[0]) * steps_mm[0], ways[0])
    grid = Grid(hu.shape, ways[2], ways[1], steps_mm[1], steps_mm[2], origins)
    return np.ascontiguousarray(hu), grid


def report_of(path: Path) -> Report:
    (stack,) = find_series(path).series
    return analyze(stack, SETTINGS)


def assert_lesions_are_the_masses(report: Report) -> None:
    assert len(report.lesions) == len(MASSES)
    for lesion, mass in zip(report.lesions, MASSES, strict=True):
        assert lesion.measurements.centroid_lps_mm == pytest.approx(mass.center_lps_mm, abs=CENTROID_TOLERANCE_MM)
        true_ml = 4 / 3 * np.pi * np.prod(mass.semi_axes_mm) / 1000
        assert lesion.measurements.volume_voxels_ml == pytest.approx(true_ml, rel=SIZE_TOLERANCE)
        assert lesion.measurements.max_3d_diameter is not None
        assert lesion.measurements.max_3d_diameter.length_mm == pytest.approx(2 * max(mass.semi_axes_mm), abs=0.8)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Report:
    report = report_of(write_multiframe(tmp_path_factory.mktemp("plain") / "one", hu_on_grid(), GRID))
    assert_lesions_are_the_masses(report)
    return report


def dense_voxels(path: Path) -> NDArray[np.float64]:
    """(n, 4) LPS mm and HU of every voxel above the threshold, in an order that depends on nothing else."""
    (stack,) = find_series(path).series
    volume = load_image(stack)
    assert isinstance(volume, Volume)
    dense = np.argwhere(volume.attenuation_hu >= SETTINGS.threshold_hu)
    return sorted_rows(volume.geometry.to_lps_mm(dense), volume.attenuation_hu[tuple(dense.T)])


@cache
def dense_voxels_of_plain() -> NDArray[np.float64]:
    """By the phantom's own grid."""
    dense = np.argwhere(hu_on_grid() >= SETTINGS.threshold_hu)
    return sorted_rows(GRID.positions_lps_mm(dense), hu_on_grid()[tuple(dense.T)])


def sorted_rows(places_lps_mm: NDArray[np.float64], hu: NDArray[np.int16]) -> NDArray[np.float64]:
    rows = np.column_stack([places_lps_mm, hu])
    return rows[np.lexsort(np.round(places_lps_mm, 3).T)]


ORDERS = list(itertools.permutations(range(3)))
SIGNS = list(itertools.product((1, -1), repeat=3))


@pytest.mark.parametrize("signs", SIGNS, ids=lambda signs: "".join("-+"[sign > 0] for sign in signs))
@pytest.mark.parametrize("axes", ORDERS, ids=lambda axes: "".join("zyx"[axis] for axis in axes))
def test_any_axis_order_and_sign(
    tmp_path: Path, plain: Report, axes: tuple[int, int, int], signs: tuple[int, int, int]
) -> None:
    """The voxels are the same ones, so that their places are too; edges below the voxel are sought slice by slice."""
    hu, grid = written_along(axes, signs)
    path = write_multiframe(tmp_path / "one", hu, grid, Header(slice_thickness_mm=1.35))
    assert dense_voxels(path) == pytest.approx(dense_voxels_of_plain(), abs=1e-6)
    report = report_of(path)
    assert_lesions_are_the_masses(report)
    for lesion, same in zip(report.lesions, plain.lesions, strict=True):
        found, expected = lesion.measurements, same.measurements
        assert found.centroid_lps_mm == pytest.approx(expected.centroid_lps_mm, abs=0.05)
        assert found.volume_voxels_ml == pytest.approx(expected.volume_voxels_ml, rel=0.02)
        assert found.volume_mesh_ml == pytest.approx(expected.volume_mesh_ml, rel=0.02)
        assert found.extents_lps_mm == pytest.approx(expected.extents_lps_mm, abs=0.5)
        assert found.max_3d_diameter is not None
        assert expected.max_3d_diameter is not None
        assert found.max_3d_diameter.length_mm == pytest.approx(expected.max_3d_diameter.length_mm, abs=0.5)


POSITIONS = {
    "HFS": (0.0, 0.0, 0.0),
    "HFP": (0.0, 0.0, 180.0),
    "HFDR": (0.0, 0.0, 90.0),
    "HFDL": (0.0, 0.0, -90.0),
    "FFS": (0.0, 180.0, 0.0),
    "FFP": (180.0, 0.0, 0.0),
    "FFDR": (180.0, 0.0, 90.0),
    "FFDL": (180.0, 0.0, -90.0),
    "oblique": (10.0, 20.0, 30.0),
    "coronal": (-90.0, 0.0, 0.0),
    "sagittal": (-90.0, 0.0, 90.0),
    "steep": (52.0, -38.0, 110.0),
}


@pytest.mark.parametrize("position", POSITIONS)
def test_any_position_of_the_patient_and_any_plane(tmp_path: Path, position: str) -> None:
    grid = oblique_grid((42, 56, 60), (1.3, 0.95, 0.95), POSITIONS[position], CENTER)
    header = Header(patient_position=position if len(position) < 5 else "HFS")
    hu = render(MASSES, grid, background_hu=BACKGROUND_HU)
    assert_lesions_are_the_masses(report_of(write_multiframe(tmp_path / "one", hu, grid, header)))


def test_tag_of_the_position_changes_nothing_but_where_down_is(tmp_path: Path) -> None:
    reports = []
    for position in ("HFS", "FFP", None):
        path = write_multiframe(tmp_path / f"{position}", hu_on_grid(), GRID, Header(patient_position=position))
        lesions = report_of(path).lesions
        assert {lesion.measurements.fluid_level for lesion in lesions} <= (
            {None} if position is None else {False, None}
        )
        reports.append([replace(lesion.measurements, fluid_level=None) for lesion in lesions])
    assert reports[0] == reports[1] == reports[2]


# Stacks that are no rectangular boxes

EGG = Ellipsoid((2.0, -3.0, 1.0), (15.0, 11.0, 13.0), MASS_HU, (0.0, 0.0, 25.0))
EGG_ML = 4 / 3 * np.pi * np.prod(EGG.semi_axes_mm) / 1000
IN_PLANE = ((84, 92), (0.5, 0.5))


def tilted(tilt_deg: float) -> Grid:
    return tilted_grid((50, *IN_PLANE[0]), (1.0, *IN_PLANE[1]), tilt_deg, EGG.center_lps_mm)


def uneven(*steps_mm: float) -> Grid:
    z_mm = np.cumsum([0.0, *steps_mm])
    grid = uneven_grid(list(z_mm - z_mm[-1] / 2 + EGG.center_lps_mm[2]), *IN_PLANE)
    shift = np.array([*EGG.center_lps_mm[:2], 0.0])
    return replace(grid, origins_lps_mm=grid.origins_lps_mm + shift)


STRAIGHT = uneven(*[1.0] * 40)
ODD_STACKS = {
    "tilt_18": tilted(18.5),
    "tilt_-28": tilted(-28.0),
    "two_spacings": uneven(*[1.0] * 18, *[1.5] * 14),
    "three_spacings": uneven(*[1.5] * 12, 0.4, *[1.0] * 10, *[0.8] * 14),
    "creeping": uneven(*np.linspace(0.7, 1.4, 38)),
}


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return egg_on(STRAIGHT, tmp_path_factory.mktemp("straight"))


def egg_on(grid: Grid, folder: Path) -> Report:
    hu = render([EGG], grid, background_hu=BACKGROUND_HU, slice_thickness_mm=1.0)
    write_series(folder, hu, grid, Header(slice_thickness_mm=1.5))
    report = report_of(folder)
    assert len(report.lesions) == 1
    return report


@pytest.mark.parametrize("stack", ODD_STACKS)
def test_sheared_and_uneven_stacks_measure_as_straight_ones(tmp_path: Path, straight: Report, stack: str) -> None:
    report = egg_on(ODD_STACKS[stack], tmp_path)
    assert set(report.notices) & {"sheared_stack", "uneven_spacing"}
    found, expected = report.lesions[0].measurements, straight.lesions[0].measurements
    assert found.volume_mesh_ml == pytest.approx(expected.volume_mesh_ml, rel=0.005)
    assert found.volume_voxels_ml == pytest.approx(expected.volume_voxels_ml, rel=0.005)
    assert found.volume_voxels_ml == pytest.approx(EGG_ML, rel=0.01)
    assert found.max_3d_diameter is not None
    assert expected.max_3d_diameter is not None
    assert found.max_3d_diameter.length_mm == pytest.approx(expected.max_3d_diameter.length_mm, abs=0.5)
    assert found.max_3d_diameter.length_mm == pytest.approx(30.0, abs=0.5)
    assert found.centroid_lps_mm == pytest.approx(EGG.center_lps_mm, abs=0.1)
    if stack.startswith("tilt"):
        return
    assert found.long_axis.length_mm == pytest.approx(expected.long_axis.length_mm, abs=0.5)
    assert found.short_axis.length_mm == pytest.approx(expected.short_axis.length_mm, abs=0.5)

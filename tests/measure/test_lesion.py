"""One outline to all of its numbers: what is given when, what is truncated, and phantoms with known sizes."""

import dataclasses
import math

import numpy as np
import pytest

from calcimeasure.measure import measure
from calcimeasure.model import NOT_IMAGED_HU, Measurements, Outline, Volume
from calcimeasure.segment import find_components
from calcimeasure.settings import Settings
from tests.model.test_model import volume_of
from tests.phantoms import Ellipsoid, Grid, oblique_grid, render, straight_grid, tilted_grid, truth, uneven_grid

SPACING_MM = (2.5, 0.7, 0.9)
Index = tuple[int, int, int]

NEED_A_THICKNESS = {"extents_lps_mm", "volume_mesh_ml", "volume_voxels_ml", "surface_area_mm2", "sphericity"}
NEED_NO_GAPS = NEED_A_THICKNESS - {"extents_lps_mm"} | {
    "max_3d_diameter",
    "max_3d_diameter_u95_mm",
    "volume_ml",
    "volume_u95_ml",
}
MAY_BE_NONE = NEED_A_THICKNESS | NEED_NO_GAPS | {"area_mm2"}


def measure_mask(
    mask: np.ndarray,
    grid: Grid,
    *,
    hu: np.ndarray | None = None,
    settings: Settings | None = None,
    slice_thickness_mm: float | None = None,
) -> Measurements:
    volume = volume_of(np.where(mask, 400, 40) if hu is None else hu, grid)
    stack = dataclasses.replace(volume.stack, slice_thickness_mm=slice_thickness_mm)
    return measure(dataclasses.replace(volume, stack=stack), Outline.from_mask(mask), settings or Settings())


def missing(measurements: Measurements) -> set[str]:
    return {name for name in MAY_BE_NONE if getattr(measurements, name) is None}


def lesion_in(shape_kji: Index, *corners: Index) -> np.ndarray:
    mask = np.zeros(shape_kji, dtype=bool)
    mask[tuple(slice(min(ends), max(ends) + 1) for ends in zip(*corners, strict=True))] = True
    return mask


# What is given


def test_stack_gives_all_but_the_area() -> None:
    mask = lesion_in((6, 7, 8), (2, 2, 2), (3, 4, 5))
    found = measure_mask(mask, oblique_grid(mask.shape, SPACING_MM, (20.0, -35.0, 50.0)))
    assert missing(found) == {"area_mm2"}
    assert found.long_axis_slice == 2
    assert found.volume_voxels_ml == pytest.approx(24 * math.prod(SPACING_MM) / 1000)


def test_slice_alone_gives_an_area_and_nothing_that_needs_a_thickness() -> None:
    mask = lesion_in((1, 7, 8), (0, 2, 2), (0, 4, 5))
    found = measure_mask(mask, oblique_grid(mask.shape, SPACING_MM, (20.0, -35.0, 50.0)))
    assert missing(found) == NEED_A_THICKNESS | NEED_NO_GAPS
    assert found.area_mm2 == pytest.approx(12 * 0.63)


def test_slices_that_leave_gaps_give_no_volume_and_no_diameter() -> None:
    mask = lesion_in((6, 7, 8), (2, 2, 2), (3, 4, 5))
    grid = oblique_grid(mask.shape, SPACING_MM, (20.0, -35.0, 50.0))
    with_gaps = measure_mask(mask, grid, slice_thickness_mm=1.6)
    assert missing(with_gaps) == NEED_NO_GAPS | {"area_mm2"}
    assert "non_contiguous" in with_gaps.notices
    without = measure_mask(mask, grid, slice_thickness_mm=1.7)
    assert "non_contiguous" not in without.notices
    assert without.long_axis == with_gaps.long_axis


@pytest.mark.parametrize(("first", "gaps"), [(2, False), (3, False), (4, True), (5, True), (6, True), (7, False)])
def test_gaps_count_where_the_lesion_lies(first: int, gaps: bool) -> None:
    # Slices of 1 mm, but for a gap between the sixth and the seventh; the lesion fills two slices and has a neighbor
    # on each side.
    z_mm = np.array([0.0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12])
    mask = lesion_in((11, 7, 8), (first, 2, 2), (first + 1, 4, 5))
    found = measure_mask(mask, uneven_grid(z_mm, (7, 8), (0.7, 0.9)), slice_thickness_mm=1.0)
    assert ("non_contiguous" in found.notices) is gaps
    assert (found.volume_ml is None) is gaps


def test_attenuation_is_that_inside_the_outline_alone() -> None:
    mask = np.random.default_rng(8).random((4, 6, 7)) < 0.4
    hu = np.random.default_rng(9).integers(-1000, 3000, mask.shape)
    found = measure_mask(mask, straight_grid(mask.shape, SPACING_MM), hu=hu)
    inside = hu[mask]
    assert (found.mean_hu, found.median_hu, found.sd_hu, found.max_hu) == pytest.approx(
        (inside.mean(), np.median(inside), inside.std(), inside.max())
    )


# Large


@pytest.mark.parametrize("rotation_deg", [(0.0, 0.0, 0.0), (20.0, -35.0, 50.0), (5.0, 7.0, 11.0)])
@pytest.mark.parametrize(("slices", "thickness_mm"), [(12, 1.0), (12, 0.5), (1, None)])
def test_mass_of_just_the_large_size_is_large(
    slices: int, thickness_mm: float | None, rotation_deg: tuple[float, float, float]
) -> None:
    grid = oblique_grid((slices, 40, 40), (1.0, 1.0, 1.0), rotation_deg, (10.0, 20.0, -300.0))
    middle = slices // 2
    mask = lesion_in(grid.shape_kji, (max(middle - 3, 0), 15, 5), (min(middle + 3, slices - 1), 24, 24))
    found = measure_mask(mask, grid, slice_thickness_mm=thickness_mm)
    size_mm = (found.max_3d_diameter or found.long_axis).length_mm
    assert (found.max_3d_diameter is None) == (thickness_mm != 1.0)
    for limit_mm, large in ((size_mm - 0.001, True), (size_mm, True), (size_mm + 0.001, False)):
        settings = Settings(large_diameter_mm=limit_mm)
        assert measure_mask(mask, grid, settings=settings, slice_thickness_mm=thickness_mm).large is large


def test_across_the_slices_a_mass_is_large_where_its_diameter_is_known() -> None:
    mask = lesion_in((16, 25, 25), (2, 8, 8), (13, 16, 16))
    grid = straight_grid(mask.shape, (2.5, 0.7, 0.9))
    assert measure_mask(mask, grid).large is True
    assert measure_mask(mask, grid, slice_thickness_mm=1.0).large is False


# Truncated

SHAPE: Index = (6, 7, 8)
MIDDLE: tuple[Index, Index] = ((2, 3, 3), (3, 3, 4))


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_lesion_at_a_face_of_the_stack_is_truncated(axis: int, last: bool) -> None:
    grid = oblique_grid(SHAPE, SPACING_MM, (20.0, -35.0, 50.0))
    for distance, truncated in ((0, True), (1, False)):
        corner = list(MIDDLE[1 if last else 0])
        corner[axis] = SHAPE[axis] - 1 - distance if last else distance
        assert measure_mask(lesion_in(SHAPE, *MIDDLE, tuple(corner)), grid).truncated is truncated


def test_slice_alone_is_truncated_at_its_own_edges_only() -> None:
    grid = straight_grid((1, 7, 8), SPACING_MM)
    assert not measure_mask(lesion_in((1, 7, 8), (0, 1, 1), (0, 5, 6)), grid).truncated
    assert measure_mask(lesion_in((1, 7, 8), (0, 1, 0), (0, 5, 6)), grid).truncated
    assert measure_mask(lesion_in((1, 7, 8), (0, 1, 1), (0, 6, 6)), grid).truncated


@pytest.mark.parametrize(
    ("not_imaged", "truncated"),
    [
        ((2, 2, 3), True),
        ((3, 4, 4), True),
        ((2, 3, 2), True),
        ((3, 3, 5), True),
        ((2, 2, 2), False),
        ((2, 1, 3), False),
        ((2, 3, 6), False),
    ],
)
@pytest.mark.parametrize("slices", [6, 1])
def test_lesion_beside_what_was_not_imaged_is_truncated(not_imaged: Index, truncated: bool, slices: int) -> None:
    mask, hu = lesion_in(SHAPE, *MIDDLE), np.full(SHAPE, 40)
    hu[not_imaged] = NOT_IMAGED_HU
    if slices == 1:
        k = not_imaged[0]
        mask, hu = lesion_in((1, *SHAPE[1:]), *((0, j, i) for _, j, i in MIDDLE)), hu[k : k + 1]
    assert measure_mask(mask, straight_grid(mask.shape, SPACING_MM), hu=hu).truncated is truncated


def test_lesion_whose_bay_was_not_imaged_is_truncated_only_where_it_reaches_there() -> None:
    mask = lesion_in(SHAPE, (2, 1, 1), (2, 5, 6))
    hu = np.full(SHAPE, 40)
    mask[2, 2:5, 2:6] = False
    hu[2, 3, 3:5] = NOT_IMAGED_HU
    assert not measure_mask(mask, straight_grid(SHAPE, SPACING_MM), hu=hu).truncated
    hu[2, 3, 5] = NOT_IMAGED_HU
    assert measure_mask(mask, straight_grid(SHAPE, SPACING_MM), hu=hu).truncated


# Phantoms with known sizes

MASSES = {
    "ball": Ellipsoid((1.3, -0.6, 0.8), (14.0, 14.0, 14.0), 700.0),
    "long": Ellipsoid((-0.7, 1.1, 0.4), (22.0, 11.0, 9.0), 1200.0, (15.0, 40.0, -25.0)),
    "flat": Ellipsoid((0.2, 0.9, -1.4), (17.0, 8.0, 15.0), 450.0, (60.0, 10.0, 30.0)),
}


def phantom_grid(kind: str, slice_spacing_mm: float) -> Grid:
    slices = math.ceil(54 / slice_spacing_mm)
    size, spacing_mm = (slices, 72, 68), (slice_spacing_mm, 0.75, 0.8)
    if kind == "oblique":
        return oblique_grid(size, spacing_mm, (20.0, -35.0, 50.0))
    if kind == "tilted":
        return tilted_grid(size, spacing_mm, 18.0)
    if kind == "uneven":
        steps = np.where(np.arange(slices - 1) % 3 == 0, 0.6, 1.0) * slice_spacing_mm
        z_mm = np.concatenate([[0.0], np.cumsum(steps)])
        return uneven_grid(z_mm - z_mm[-1] / 2, size[1:], spacing_mm[1:])
    return straight_grid(size, spacing_mm)


@pytest.mark.parametrize("slice_spacing_mm", [1.5, 3.0])
@pytest.mark.parametrize("kind", ["straight", "oblique", "tilted", "uneven"])
@pytest.mark.parametrize("name", MASSES)
def test_ellipsoid_cut_half_way_to_its_surroundings_has_its_true_sizes(
    name: str, kind: str, slice_spacing_mm: float
) -> None:
    mass, grid = MASSES[name], phantom_grid(kind, slice_spacing_mm)
    true = truth(mass, grid)
    volume = volume_of(render([mass], grid, background_hu=40.0, blur_sigma_mm=0.6), grid)
    (outline,) = find_components(volume, Settings(threshold_hu=(mass.hu + 40) / 2)).outlines
    found = measure(volume, outline, Settings())

    pixel_mm = 0.8
    assert found.volume_voxels_ml == pytest.approx(true.volume_ml, rel=0.03)
    assert found.volume_mesh_ml == pytest.approx(true.volume_ml, rel=0.05)
    assert found.long_axis.length_mm == pytest.approx(true.long_axis_mm, abs=pixel_mm)
    assert found.short_axis.length_mm == pytest.approx(true.short_axis_mm, abs=2 * pixel_mm)
    # Between the slices the surface is known to half a slice at each end.
    reach_mm = pixel_mm + slice_spacing_mm
    assert found.max_3d_diameter is not None
    assert found.max_3d_diameter.length_mm == pytest.approx(true.max_3d_diameter_mm, abs=reach_mm)
    assert found.extents_lps_mm == pytest.approx(
        (true.extent_rl_mm, true.extent_ap_mm, true.extent_si_mm), abs=reach_mm
    )
    assert math.dist(found.centroid_lps_mm, true.centroid_lps_mm) < 0.2
    assert found.large
    assert not found.truncated
    assert found.max_hu == pytest.approx(mass.hu, abs=1)


@pytest.mark.parametrize("slice_spacing_mm", [1.5, 3.0])
def test_measurements_do_not_depend_on_where_the_patient_lies(slice_spacing_mm: float) -> None:
    mask = np.random.default_rng(10).random((5, 12, 11)) < 0.5
    hu = np.random.default_rng(11).integers(200, 1500, mask.shape)
    spacing_mm = (slice_spacing_mm, 0.7, 0.9)
    first, second = (
        measure_mask(mask, oblique_grid(mask.shape, spacing_mm, rotation_deg, center), hu=hu)
        for rotation_deg, center in (((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)), ((70.0, -20.0, 130.0), (-90.0, 212.0, 1400.0)))
    )
    for field in dataclasses.fields(Measurements):
        here, there = getattr(first, field.name), getattr(second, field.name)
        if field.name in ("long_axis", "short_axis", "max_3d_diameter"):
            here, there = here.length_mm, there.length_mm
        words = (
            "notices",
            "long_axis_sop_uid",
            "long_axis_instance_number",
            "morphology",
            "morphology_source",
            "fluid_level",
            "skin_distance_mm",
            "canal",
            "canal_narrowed_percent",
        )
        if field.name in words:
            assert there == here
        elif field.name not in ("centroid_lps_mm", "extents_lps_mm", "area_mm2", "touches_bone", "bone_contact_mm2"):
            assert there == pytest.approx(here, rel=1e-6), field.name


def test_volume_is_left_as_it_was() -> None:
    mask = lesion_in(SHAPE, *MIDDLE)
    volume: Volume = volume_of(np.where(mask, 400, 40), straight_grid(SHAPE, SPACING_MM))
    before = volume.attenuation_hu.copy()
    first = measure(volume, Outline.from_mask(mask), Settings())
    assert measure(volume, Outline.from_mask(mask), Settings()) == first
    np.testing.assert_array_equal(volume.attenuation_hu, before)

"""What the field of a stack shows is found once for all its lesions, and each lesion has one place in it."""

import numpy as np
import pytest

from calcimeasure.analysis import lesion
from calcimeasure.analysis.lesion import assess
from calcimeasure.locate import bones, place
from calcimeasure.locate.anatomy import Anatomy, anatomy_of
from calcimeasure.locate.body import Body, body_with
from calcimeasure.locate.place import place_of
from calcimeasure.locate.trunk import Part
from calcimeasure.locate.words import SaidSide
from calcimeasure.model import BodySite, NamedBones, Outline, Site, SiteSource
from calcimeasure.settings import Settings
from tests import bodies
from tests.locate.test_side import AXIAL, mass
from tests.model.test_model import ct_series, volume_of
from tests.phantoms import straight_grid
from tests.test_geometry import geometry_of


def test_anatomy_gathers_what_headers_say() -> None:
    volume = volume_of(np.full((4, 20, 20), 40), straight_grid((4, 20, 20), (5.0, 5.0, 5.0)))
    object.__setattr__(volume, "stack", ct_series(description="Knie re", image_laterality="R", body_part="KNEE"))
    body = Outline.from_mask(np.ones((4, 20, 20), dtype=bool))
    anatomy = anatomy_of(volume, [body], [])
    assert anatomy.midline is None
    assert anatomy.midline_why.startswith("no midline")
    assert (anatomy.ordered.coded_side.side, anatomy.ordered.worded_side.side) == (SaidSide.RIGHT, SaidSide.RIGHT)
    assert anatomy.ordered.site == Site(BodySite.KNEE, SiteSource.DICOM_TAG)
    assert [one.outline for one in anatomy.bodies] == [body]
    assert anatomy.geometry is volume.geometry


def test_body_lies_where_its_voxels_do() -> None:
    grid = straight_grid((12, 60, 80), (2.0, 1.0, 0.5))
    mask = np.zeros(grid.shape_kji, dtype=bool)
    mask[2:10, 8:48, 16:64] = True
    body = Body(Outline.from_mask(mask), geometry_of(grid))
    x_mm = grid.positions_lps_mm(np.argwhere(mask))[:, 0]
    assert body.middle_x_mm == pytest.approx(x_mm.mean(), abs=1.0)
    assert body.extent_x_mm == pytest.approx(np.ptp(x_mm), abs=2.0)
    assert body.width_mm == pytest.approx(np.sqrt(4 / np.pi * 40 * 48 * 0.5))


def test_lesion_lies_in_the_body_that_holds_most_of_it() -> None:
    shape = (6, 20, 40)
    geometry = geometry_of(straight_grid(shape, (1.0, 1.0, 1.0)))
    halves = [np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)]
    halves[0][:, :, :18], halves[1][:, :, 22:] = True, True
    found = [Body(Outline.from_mask(half), geometry) for half in halves]

    def lying(first: int, last: int) -> int | None:
        mask = np.zeros(shape, dtype=bool)
        mask[2:4, 5:9, first:last] = True
        return body_with(Outline.from_mask(mask), found)

    assert [lying(2, 8), lying(30, 36), lying(10, 24), lying(16, 30), lying(19, 21)] == [0, 1, 0, 1, None]


GRID = bodies.grid_of(*AXIAL, size_mm=(520.0, 280.0, 120.0), step_mm=6.0)
TRUNK = bodies.Body(bodies.TRUNK, (bodies.Ball((70, -30, 0), 12), bodies.Ball((-60, 10, 20), 12)))


def named_bones() -> NamedBones:
    labels = np.zeros(GRID.shape_kji, dtype=np.uint8)
    for number, outline in enumerate(TRUNK.outlines(GRID)[1], 1):
        labels[outline.box][outline.mask()] = number
    names = dict.fromkeys(range(1, labels.max() + 1), "hip_left")
    return NamedBones(labels, names, {})


def seen(with_bones: bool) -> Anatomy:
    return anatomy_of(TRUNK.volume(GRID), *TRUNK.outlines(GRID), named_bones() if with_bones else None)


def test_place_holds_what_side_and_site_rest_on() -> None:
    anatomy = seen(with_bones=True)
    found = place_of(mass(TRUNK, GRID), anatomy)
    assert found.points_lps_mm.mean(axis=0) == pytest.approx((70, -30, 0), abs=3)
    assert found.body == 0
    assert found.in_trunk is not None
    assert found.in_trunk.part is Part.TRUNK
    assert found.in_trunk.middle_lps_mm == pytest.approx(found.points_lps_mm.mean(axis=0))
    assert found.limb is None
    assert found.bones is not None
    assert "hip_left" in found.bones.words
    assert place_of(mass(TRUNK, GRID), seen(with_bones=False)).bones is None


def test_place_of_a_lesion_is_found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    anatomy, asked = seen(with_bones=True), []
    names = ("outline_points", "body_with", "bones_near", "place_in_trunk")
    for name in names:
        real = getattr(place, name)
        monkeypatch.setattr(place, name, lambda *given, name=name, real=real: (asked.append(name), real(*given))[1])
    assert not any(hasattr(module, name) for module in (lesion, bones) for name in ("outline_points", "body_with"))
    found = assess(TRUNK.volume(GRID), mass(TRUNK, GRID), 1, Settings(), anatomy=anatomy)
    assert found.side is not None
    assert found.site is not None
    assert sorted(asked) == sorted(names)

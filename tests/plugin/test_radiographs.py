"""Radiographs on the display of the plugin: rows, letters and lines, in millimeters only where somebody knows them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from napari.components import ViewerModel

from calcimeasure.model import Projection, Radiograph, SpacingSource, Status, Tissue
from calcimeasure.store import Store
from napari_calcimeasure._rows import columns_of, evidence, lesion_cells
from napari_calcimeasure._ruler import Ruler
from napari_calcimeasure._screen import PLANES, Screen
from napari_calcimeasure._session import ShownSession
from tests.plugin.desks import begin, measure_drafts, store_with
from tests.radiographs import radiograph_of, radiograph_series
from tests.review.test_radiographs import (
    ASPECT,
    LARGE,
    LARGE_AT,
    LINE,
    SHAPE,
    SMALL,
    SMALL_AT,
    film,
    index,
    numbers,
    paint,
    shadow,
)

LETTERS = ("middle_left", "middle_right", "top_center", "bottom_center")


@pytest.fixture(scope="module")
def image() -> Radiograph:
    return film()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "calcimeasure.db"


@pytest.fixture
def opened(file: Path, image: Radiograph) -> Iterator[tuple[Store, int]]:
    with store_with(file, image, [shadow(LARGE, LARGE_AT, 20)], Tissue.CALCIFIED_MASS) as opened:
        yield opened


@pytest.fixture
def session(opened: tuple[Store, int], image: Radiograph) -> ShownSession:
    return begin(*opened, image)


def test_rows_say_pixels_where_nobody_knows_millimeters(session: ShownSession) -> None:
    paint(session, shadow(SMALL, SMALL_AT), 2)
    measure_drafts(session)
    seen = numbers(session, 2)
    assert lesion_cells(session, 2)[5:8] == (
        f"50 x {seen.short_axis.length_px:.0f} px",
        f"{seen.area_px:.0f} px²",
        f"{seen.mean_contrast:.3g}",
    )
    session.calibrate(LINE)
    assert lesion_cells(session, 1)[5].endswith(" mm")


def test_a_row_says_that_a_lesion_was_grown(session: ShownSession) -> None:
    session.take_grown(session.growing(None, index(SMALL_AT))())
    session.decide(2, Status.ACCEPTED)
    assert "pointed at" in lesion_cells(session, 2)[8]


def test_the_display_has_the_unit_that_is_known(session: ShownSession) -> None:
    session.calibrate(LINE)
    assert session.display.unit == "mm"
    assert session.display.scale == pytest.approx((1.0, 0.25, 0.2))
    assert session.undo()
    assert session.display.unit == "pixel"


def test_large_masses_show_axes_and_area_before_the_rest(tmp_path: Path) -> None:
    mass = shadow((360, 200), (190.0, 200.0))
    image = radiograph_of(np.full(SHAPE, 7.0), (0.25, 0.2), SpacingSource.CALIBRATED)
    with store_with(tmp_path / "a.db", image, [], Tissue.CALCIFIED_MASS) as opened:
        session = begin(*opened, image)
        paint(session, mass, 1)
        assert session.drafts[1].measured is None
        size, area = lesion_cells(session, 1)[5:7]
        assert [float(one) for one in size.removesuffix(" mm").split(" x ")] == pytest.approx([72, 40], abs=0.6)
        assert area == f"{mass.voxel_count * 0.05:.0f} mm² …"


def test_layers_axes_and_words_follow_the_millimeters(session: ShownSession) -> None:
    viewer = ViewerModel()
    screen = Screen(viewer, session)
    session.select(1)
    long_px = numbers(session, 1).long_axis.length_px
    assert screen.axis_ends is not None
    assert screen.axis_ends[1][0] == f"{long_px:.0f} px"
    assert {str(unit) for unit in viewer.layers.units or ()} == {"pixel"}
    facts = viewer.canvas.overlays["calcimeasure_facts"]
    assert "no millimeters known" in facts.text
    lesion = session.lesion(1)
    assert "sizes in pixels" in evidence(lesion)
    assert columns_of(session)[5:8] == ("Long x short", "Area", "Contrast")

    session.calibrate(LINE)
    assert screen.rescale()
    assert not screen.rescale()
    assert {str(unit) for unit in viewer.layers.units or ()} == {"millimeter"}
    assert all(tuple(layer.scale) == pytest.approx((1.0, 0.25, 0.2)) for layer in viewer.layers)
    (long_axis, _), (words, _) = screen.axis_ends
    assert words == f"{0.2 * long_px:.1f} mm"
    # The line itself is as long on the screen as it is said to be.
    ends = long_axis * screen.labels.scale
    assert np.linalg.norm(ends[1] - ends[0]) == pytest.approx(0.2 * long_px, rel=1e-6)
    assert "calibrated by a reader" in facts.text
    assert "0.2 mm a pixel" in evidence(session.lesion(1))


def test_the_next_radiograph_brings_its_own_millimeters_and_sides(tmp_path: Path, session: ShownSession) -> None:
    viewer = ViewerModel()
    screen = Screen(viewer, session)
    layers = list(viewer.layers)
    wider = np.zeros((200, 500), dtype=np.float32)
    other = radiograph_of(
        wider, (0.5, 0.4), SpacingSource.PATIENT, radiograph_series(Projection(patient_orientation=("L", "F")))
    )
    with store_with(tmp_path / "b.db", other, [], Tissue.CALCIFIED_MASS) as opened:
        assert screen.show(begin(*opened, other))
        assert list(viewer.layers) == layers
        for layer in layers:
            assert tuple(layer.scale) == pytest.approx((1.0, 0.5, 0.4))
            assert [str(unit) for unit in layer.units] == ["millimeter"] * 3
        assert [viewer.canvas.overlays[f"calcimeasure_{place}"].text for place in LETTERS[:2]] == ["R", "L"]
        assert viewer.dims.range[2].stop == pytest.approx(499 * 0.4)
        screen.window("Full")
        assert screen.image.contrast_limits == [0.0, 1.0]
    assert screen.show(session)
    assert [str(unit) for unit in screen.labels.units] == ["pixel"] * 3
    assert tuple(screen.image.scale) == pytest.approx((1.0, ASPECT, 1.0))


def test_a_radiograph_has_one_plane_and_no_slab(session: ShownSession) -> None:
    viewer = ViewerModel()
    screen = Screen(viewer, session)
    order = viewer.dims.order
    for plane in PLANES:
        screen.plane(plane)
    screen.set_slab(True)
    assert viewer.dims.order == order
    assert not screen.slab
    shown = [viewer.canvas.overlays[f"calcimeasure_{place}"] for place in LETTERS]
    assert [one.text for one in shown] == ["R", "L", "S", "I"]
    screen.window("Full")
    full = screen.image.contrast_limits
    screen.window("Bone")
    assert full[1] - full[0] > screen.image.contrast_limits[1] - screen.image.contrast_limits[0]


@pytest.mark.parametrize("said", [(), ("L",), ("R", "L"), ("LE", "V")])
def test_no_letter_is_invented(tmp_path: Path, said: tuple[str, ...]) -> None:
    image = film(Projection(patient_orientation=said))
    with store_with(tmp_path / "a.db", image, [], Tissue.CALCIFIED_MASS) as opened:
        viewer = ViewerModel()
        Screen(viewer, begin(*opened, image))
        shown = [viewer.canvas.overlays[f"calcimeasure_{place}"] for place in LETTERS]
        assert [(one.text, one.visible) for one in shown] == [("", False)] * 4
        assert "no letters" in viewer.canvas.overlays["calcimeasure_facts"].text


def test_sizes_at_the_detector_are_upper_bounds(tmp_path: Path, image: Radiograph) -> None:
    image = Radiograph(image.stack, image.pixels, (0.25, 0.2), SpacingSource.DETECTOR_PLANE)
    with store_with(tmp_path / "a.db", image, [shadow(SMALL, SMALL_AT)], Tissue.CALCIFIED_MASS) as opened:
        session = begin(*opened, image)
        seen = numbers(session, 1)
        assert lesion_cells(session, 1)[5] == f"≤ {seen.long_axis_mm:.1f} x {seen.short_axis_mm:.1f} mm"
        assert "upper bound" in evidence(session.lesion(1))


def test_the_ruler_gives_rows_and_columns_and_goes_away(session: ShownSession) -> None:
    viewer = ViewerModel()
    screen = Screen(viewer, session)
    display = session.display
    ruler = Ruler(viewer, display, display.to_world((0, 20, 10)).tolist(), "known length")
    ruler.follow(display.to_world((0, 25, 110)).tolist())
    assert np.allclose(ruler.ends_px, [(20, 10), (25, 110)])
    assert viewer.layers.selection.active is screen.labels
    ruler.close()
    ruler.close()
    assert "known length" not in viewer.layers

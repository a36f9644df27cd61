"""What the layers and overlays of a review show, on a viewer without a window."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from napari.components import ViewerModel

from calcimeasure.model import Laterality, Outline, Status, Tissue, Volume
from calcimeasure.store import Store
from napari_calcimeasure._kinds import WINDOWS_HU
from napari_calcimeasure._marks import marks_of
from napari_calcimeasure._palette import COLORS, color_of, style_of
from napari_calcimeasure._rows import evidence, lesion_cells, lesion_order
from napari_calcimeasure._screen import PLANES, Screen
from napari_calcimeasure._session import ShownSession
from tests.model.test_model import volume_of
from tests.phantoms import oblique_grid
from tests.plugin.desks import FIRST, SECOND, SHAPE, begin, box, measure_drafts, store_with, two_cuboids
from tests.radiographs import radiograph_of

if TYPE_CHECKING:
    from napari.layers import Labels

LETTERS = ("middle_left", "middle_right", "top_center", "bottom_center")


@pytest.fixture(scope="module")
def volume() -> Volume:
    return two_cuboids()


@pytest.fixture
def opened(tmp_path: Path, volume: Volume) -> Iterator[tuple[Store, int]]:
    with store_with(tmp_path / "a.db", volume, [box(FIRST), box(SECOND)], Tissue.CALCIFIED_MASS) as opened:
        yield opened


@pytest.fixture
def session(opened: tuple[Store, int], volume: Volume) -> ShownSession:
    return begin(*opened, volume)


@pytest.fixture
def viewer() -> ViewerModel:
    return ViewerModel()


def letters(viewer: ViewerModel) -> list[str]:
    return [viewer.canvas.overlays[f"calcimeasure_{place}"].text for place in LETTERS]


def test_letters_follow_the_plane(viewer: ViewerModel, session: ShownSession) -> None:
    screen = Screen(viewer, session)
    assert letters(viewer) == ["R", "L", "A", "P"]
    screen.plane("Coronal")
    assert letters(viewer) == ["R", "L", "S", "I"]
    screen.plane("Sagittal")
    assert letters(viewer) == ["A", "P", "S", "I"]
    viewer.dims.order = (0, 2, 1)  # whatever else somebody turns it to
    assert letters(viewer) == ["A", "P", "R", "L"]


def test_three_dimensions_are_never_mirrored(viewer: ViewerModel, session: ShownSession) -> None:
    screen = Screen(viewer, session)
    depth = {}
    for name in PLANES:
        screen.plane(name)
        depth[name] = str(viewer.scene.camera.orientation[0])
    assert depth == {"Axial": "towards", "Coronal": "away", "Sagittal": "towards"}


def test_going_to_a_lesion_shows_the_slice_of_its_long_axis_and_its_middle(
    viewer: ViewerModel, session: ShownSession
) -> None:
    screen = Screen(viewer, session)
    session.select(2)
    screen.go_to(2)
    lesion = session.lesions[2].lesion
    k = lesion.measurements.long_axis_slice
    at_kji = session.display.to_index_kji(viewer.dims.point)
    assert at_kji[0] == pytest.approx(k)
    assert np.abs(at_kji[1:] - (30.5, 32.5)).max() <= 0.5 + 1e-6
    assert viewer.scene.camera.center[1:] == pytest.approx(session.display.to_world((k, 30.5, 32.5))[1:])
    seen_mm = min(viewer.canvas.size) / viewer.scene.camera.zoom
    assert seen_mm > 1.5 * 5.4


def test_axes_are_drawn_with_their_lengths(viewer: ViewerModel, session: ShownSession) -> None:
    screen = Screen(viewer, session)
    assert screen.axis_ends is None
    session.select(1)
    numbers = session.lesions[1].lesion.measurements
    assert screen.axis_ends is not None
    ends, words = screen.axis_ends
    assert words == [f"{numbers.long_axis.length_mm:.1f} mm", f"{numbers.short_axis.length_mm:.1f} mm"]
    lengths_mm = [np.linalg.norm(np.diff(line, axis=0) * session.display.scale) for line in ends]
    assert lengths_mm == pytest.approx([numbers.long_axis.length_mm, numbers.short_axis.length_mm])


def test_outlines_have_the_color_of_their_status(viewer: ViewerModel, session: ShownSession) -> None:
    screen = Screen(viewer, session)
    session.decide(2, Status.ACCEPTED)
    for number, status in ((1, Status.PROPOSED), (2, Status.ACCEPTED)):
        screen.go_to(number)
        shown = {line.color for line in marks_of(screen, lambda one: (color_of(one), style_of(one))).lines}
        assert COLORS[status] in shown


def test_windows_and_slab(viewer: ViewerModel, session: ShownSession) -> None:
    screen = Screen(viewer, session)
    for name, limits in WINDOWS_HU.items():
        screen.window(name)
        assert tuple(screen.image.contrast_limits) == limits
    screen.set_slab(True)
    assert screen.image.projection_mode == "max"
    assert viewer.dims.thickness == (10.0, 10.0, 10.0)
    screen.set_slab(False)
    assert screen.image.projection_mode == "none"
    assert viewer.dims.thickness == (0.0, 0.0, 0.0)


def test_other_layers_stay_as_they_are(viewer: ViewerModel, session: ShownSession) -> None:
    notes = viewer.add_labels(np.zeros((5, 8, 8), dtype=np.uint8), name="my notes")
    points = viewer.add_points(np.zeros((1, 4)), name="of four dimensions")
    overlays, scale_bar = set(viewer.canvas.overlays), viewer.canvas.overlays.scale_bar.visible
    screen = Screen(viewer, session)
    screen.plane("Coronal")
    session.select(1)
    screen.go_to(1)
    screen.name_lesions()
    assert letters(viewer) == ["R", "L", "S", "I"]
    screen.close()
    assert list(viewer.layers) == [notes, points]
    assert set(viewer.canvas.overlays) == overlays
    assert viewer.canvas.overlays.scale_bar.visible == scale_bar
    assert not notes.data.any()


def test_an_image_that_is_open_already_is_used_and_stays(viewer: ViewerModel, session: ShownSession) -> None:
    from napari_calcimeasure._convert import image_layer

    data, settings, _ = image_layer(session.image)
    mine = viewer.add_image(data, **settings)
    screen = Screen(viewer, session)
    assert screen.image is mine
    screen.close()
    assert list(viewer.layers) == [mine]


def test_painting_on_the_layer_is_painting_in_the_session(viewer: ViewerModel, session: ShownSession) -> None:
    screen = Screen(viewer, session)
    labels: Labels = screen.labels
    labels.selected_label, labels.brush_size, labels.n_edit_dimensions = 1, 3, 2
    labels.paint(tuple(session.display.to_shown((5, 24, 10))), 1)
    assert session.compare()
    assert session.outline(1).voxel_count > box(FIRST).voxel_count
    # The voxels of another lesion are protected.
    labels.paint(tuple(session.display.to_shown((5, 30, 32))), 1)
    session.compare()
    assert 2 not in session.drafts


def test_layers_of_an_oblique_stack_lie_where_their_image_lies(tmp_path: Path, viewer: ViewerModel) -> None:
    hu = np.full(SHAPE, 40)
    hu[FIRST] = 800
    volume = volume_of(hu, oblique_grid(SHAPE, (2.0, 0.7, 0.9), (80.0, 10.0, 15.0)))
    with store_with(tmp_path / "a.db", volume, [box(FIRST)], Tissue.CALCIFIED_MASS) as opened:
        screen = Screen(viewer, begin(*opened, volume))
        assert tuple(viewer.dims.order) == PLANES["Coronal"]  # as it was acquired
        dense = screen.image.data > 400
        assert np.array_equal(screen.labels.data > 0, dense)
        assert tuple(screen.labels.scale) == tuple(screen.image.scale)
        assert np.array_equal(screen.labels.affine.affine_matrix, np.eye(4))


def test_the_next_stack_is_shown_on_the_layers_of_the_one_before_and_nothing_of_that_one_stays(
    tmp_path: Path, viewer: ViewerModel, session: ShownSession
) -> None:
    screen = Screen(viewer, session)
    layers = list(viewer.layers)
    labels: Labels = screen.labels
    labels.selected_label, labels.mode = 2, "erase"
    labels.paint(tuple(session.display.to_shown((5, 30, 32))), 0)
    screen.set_slab(True)
    screen.show_outlines(False)
    before = session.labels.copy()
    hu = np.full((7, 50, 30), 40)
    hu[2:5, 10:20, 8:22] = 800
    outline = Outline.from_mask(hu > 400)
    volume = volume_of(hu, oblique_grid(hu.shape, (3.0, 0.5, 0.6), (80.0, 10.0, 15.0)))
    with store_with(tmp_path / "b.db", volume, [outline], Tissue.CALCIFIED_MASS) as opened:
        second = begin(*opened, volume)
        assert screen.show(second)
        assert list(viewer.layers) == layers == list(screen.layers)
        alone = ViewerModel()
        fresh = Screen(alone, begin(*opened, volume))
        assert np.array_equal(screen.image.data, fresh.image.data)
        assert np.array_equal(labels.data, fresh.labels.data)
        assert np.shares_memory(labels.data, second.labels)
        for one, other in zip(screen.layers, fresh.layers, strict=True):
            for name in ("name", "visible", "editable", "mode", "units", "axis_labels"):
                assert getattr(one, name) == getattr(other, name)
            assert tuple(one.scale) == tuple(other.scale)
            assert tuple(one.translate) == tuple(other.translate)
        assert (labels.selected_label, labels.brush_size) == (fresh.labels.selected_label, fresh.labels.brush_size)
        assert (screen.slab, screen.image.projection_mode) == (False, "none")
        assert (viewer.dims.order, viewer.dims.range) == (alone.dims.order, alone.dims.range)
        assert letters(viewer) == letters(alone)
        labels.undo()
        assert np.array_equal(labels.data, fresh.labels.data)
        second.select(1)
        screen.go_to(1)
        fresh.go_to(1)
        screen.name_lesions()
        assert viewer.dims.point == pytest.approx(alone.dims.point)
        assert viewer.canvas.overlays["calcimeasure_facts"].text == alone.canvas.overlays["calcimeasure_facts"].text
        assert labels.features["lesion"].tolist() == ["", "1 proposed calcified_mass"]
    assert np.array_equal(session.labels, before)


def test_a_film_is_shown_on_the_layers_of_ct_and_ct_on_those_of_a_film_as_on_new_ones(
    tmp_path: Path, session: ShownSession, opened: tuple[Store, int], volume: Volume
) -> None:
    film = radiograph_of(np.linspace(0, 900, 1200, dtype=np.float32).reshape(30, 40))
    screen = Screen(ViewerModel(), session)
    layers = screen.layers
    with store_with(tmp_path / "c.db", film, [], Tissue.CALCIFIED_MASS) as of_radiograph:
        for shown, image in ((begin(*of_radiograph, film), film), (begin(*opened, volume), volume)):
            assert screen.show(shown)
            fresh = Screen(ViewerModel(), shown)
            for one in (screen, fresh):
                one.window("Full")
            assert screen.layers == layers
            for old, new in zip(screen.layers, fresh.layers, strict=True):
                assert old.units == new.units
                assert old.scale.tolist() == new.scale.tolist()
                assert old.translate.tolist() == new.translate.tolist()
            assert screen.image.data.dtype == fresh.image.data.dtype
            assert screen.image.contrast_limits == fresh.image.contrast_limits
            assert screen.viewer.dims.range == fresh.viewer.dims.range
            assert screen.viewer.dims.order == fresh.viewer.dims.order
            texts = [one.viewer.canvas.overlays["calcimeasure_facts"].text for one in (screen, fresh)]
            assert texts[0].splitlines()[-1] == texts[1].splitlines()[-1]
            assert screen.image.metadata["calcimeasure"] is image


def test_a_stack_is_not_shown_on_layers_of_a_reader(
    viewer: ViewerModel, session: ShownSession, opened: tuple[Store, int], volume: Volume
) -> None:
    from napari_calcimeasure._convert import image_layer

    data, settings, _ = image_layer(volume)
    viewer.add_image(data, **settings)
    on_the_readers = Screen(viewer, session)
    again = begin(*opened, volume)
    assert not on_the_readers.show(again)
    on_the_readers.close()
    screen = Screen(ViewerModel(), session)
    screen.viewer.layers.remove(screen.labels)
    assert not screen.show(again)


def test_labels_that_a_script_replaced_come_back(viewer: ViewerModel, session: ShownSession) -> None:
    screen = Screen(viewer, session)
    screen.labels.data = np.ones(SHAPE, dtype=np.uint16)
    screen.guard_data()
    assert np.shares_memory(screen.labels.data, session.labels)
    assert not session.compare()


# What the tables say


def test_rows_say_the_numbers_and_where_they_are_waited_for(session: ShownSession) -> None:
    numbers = session.lesions[1].lesion.measurements
    cells = lesion_cells(session, 1)
    assert cells[0] == "1"
    assert cells[5] == f"{numbers.long_axis.length_mm:.1f} x {numbers.short_axis.length_mm:.1f}"
    assert cells[6] == f"{numbers.volume_ml:.2f}"
    session.labels[5, 22:24, 10:12] = 1
    session.compare()
    assert "…" in lesion_cells(session, 1)[5]
    assert "not kept yet" in lesion_cells(session, 1)[8]
    measure_drafts(session)
    assert "…" not in "".join(lesion_cells(session, 1))
    session.labels[5:7, 2:6, 2:6] = 3
    session.compare()
    assert lesion_cells(session, 3)[1] == "drawn"


def test_rows_do_not_move_when_their_lesion_is_decided(session: ShownSession) -> None:
    before = lesion_order(session)
    session.decide(before[0], Status.REJECTED)
    assert lesion_order(session) == before == [1, 2]


def test_evidence_is_said_and_cannot_inject_markup(session: ShownSession) -> None:
    assert "not judged" in evidence(session.lesion(1))
    session.reader = "<b>A & B</b>"
    session.set_side(1, Laterality.LEFT)
    said = evidence(session.lesion(1))
    assert "Side: left" in said
    assert "&lt;b>A &amp; B" in said

"""Outlines that tools offer, by mouse and keys on the real window: dashed until Enter keeps them."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from calcimeasure.model import Status
from napari_calcimeasure._palette import NEW_COLOR
from napari_calcimeasure.panel.glass import Glass
from tests.gui.small import MASS, small_folder
from tests.gui.window import CTRL, NO_KEY, SHIFT, Reader
from tests.review.desks import FIRST, SECOND, SHAPE, box

IN_FIRST, IN_SECOND = (5, 16, 15), (5, 31, 33)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The large cuboid was measured, the small one was not found."""
    return small_folder(tmp_path_factory.mktemp("measured"), [(MASS,)])


@pytest.fixture
def reader(make_napari_viewer: Callable[..., object], measured: Path, tmp_path: Path) -> Iterator[Reader]:
    folder = Path(shutil.copytree(measured, tmp_path / "out"))
    reader = Reader(make_napari_viewer(show=True))
    reader.open(folder)
    reader.panel.controller.screen.go_to_slice(5)
    reader.viewer.reset_view()
    reader.pause()
    yield reader
    reader.forget()


def offered(reader: Reader) -> np.ndarray | None:
    outline = reader.panel.controller.offering._outline
    return None if outline is None else outline.mask_in((0, 0, 0), SHAPE)


def whole(where: tuple[slice, ...]) -> np.ndarray:
    return box(where).mask_in((0, 0, 0), SHAPE)


def is_drawn(reader: Reader) -> bool:
    """Whether the line of an offer is over the image; no layer holds it that could be moved, renamed or deleted."""
    reader.pause(0.1)
    assert len(reader.viewer.layers) == 2
    (glass,) = reader.panel.window().findChildren(Glass)
    shown = [line.points for line in glass._marks.lines if line.color == NEW_COLOR]
    offered = [line.points for line in reader.panel.controller.offering.lines()]
    return bool(offered) and all(any(np.array_equal(one, other) for other in shown) for one in offered)


def point_at(reader: Reader, place: tuple[int, int, int]) -> None:
    reader.key(Qt.Key.Key_G)
    reader.click(reader.place(place))
    reader.wait(lambda: reader.panel.controller.offering.is_offered)


def test_one_click_offers_a_mass_and_enter_keeps_it(reader: Reader) -> None:
    point_at(reader, IN_SECOND)
    assert np.array_equal(offered(reader), whole(SECOND))
    reader.wait(lambda: is_drawn(reader))
    assert list(reader.session.lesions) == [1]
    assert not reader.session.drafts
    # A click adds, Shift and a click take away.
    reader.click(reader.place(IN_FIRST))
    reader.wait(lambda: np.array_equal(offered(reader), whole(FIRST) | whole(SECOND)))
    QTest.mouseClick(reader.canvas, Qt.MouseButton.LeftButton, SHIFT, reader.place(IN_FIRST))
    reader.wait(lambda: np.array_equal(offered(reader), whole(SECOND)))
    # What is offered can be shaped before it is kept.
    QTest.keyClicks(reader.canvas, ".")
    reader.wait(lambda: np.count_nonzero(offered(reader)) > np.count_nonzero(whole(SECOND)))
    QTest.keyClicks(reader.canvas, ",")
    reader.wait(lambda: np.count_nonzero(offered(reader)) <= np.count_nonzero(whole(SECOND)))
    reader.key(Qt.Key.Key_Return)
    assert not is_drawn(reader)
    assert reader.session.selected == 2
    reader.settle()
    assert reader.session.lesion(2).status is Status.PROPOSED
    reader.key(Qt.Key.Key_Z, CTRL)
    assert not reader.session.drafts
    assert not (reader.session.labels == 2).any()
    reader.close()


def test_esc_and_a_decision_leave_what_is_offered(reader: Reader) -> None:
    for leave in (Qt.Key.Key_Escape, Qt.Key.Key_Up):
        point_at(reader, IN_SECOND)
        reader.key(leave)
        assert offered(reader) is None
        assert not is_drawn(reader)
        reader.click(reader.place(IN_FIRST))  # a click means what it always means
        assert reader.session.selected == 1
    assert not reader.session.drafts
    reader.close()


def test_the_brush_paints_only_what_is_dense_and_erases_all(reader: Reader) -> None:
    QTest.keyClicks(reader.canvas, "0")
    reader.key(Qt.Key.Key_N)
    reader.drag([reader.place((5, 31, column)) for column in (20, 25, 28, 31, 34, 37, 40)])
    reader.wait(lambda: (reader.session.labels == 2).any())
    reader.pause(0.3)
    painted = reader.session.labels == 2
    assert not (painted & ~whole(SECOND)).any()
    assert np.count_nonzero(painted) > 6
    reader.close()


def test_two_points_divide_a_lesion_and_another_click_joins_it(reader: Reader) -> None:
    reader.key(Qt.Key.Key_D, SHIFT)
    reader.click(reader.place((5, 16, 10)))
    QTest.mouseClick(reader.canvas, Qt.MouseButton.LeftButton, NO_KEY, reader.place((5, 16, 20)))
    reader.wait(lambda: len(reader.session.lesions) == 2)
    columns = [np.flatnonzero(reader.session.outline(n).mask().any(axis=(0, 1))) for n in (1, 2)]
    assert sum(len(one) for one in columns) == 14  # without a neck halfway between the clicks
    assert min(len(one) for one in columns) >= 6
    reader.key(Qt.Key.Key_J)
    chosen = reader.session.selected
    other = next(n for n in (1, 2) if n != chosen)
    start = reader.session.outline(other).start_kji
    reader.click(reader.place((5, 16, start[2] + 3)))
    reader.wait(lambda: len(reader.session.lesions) == 1)
    assert reader.session.outline(1) == box(FIRST)
    reader.close()


def test_slices_between_drawn_ones_are_filled(reader: Reader) -> None:
    session = reader.session
    session.select(None)
    session.labels[3, 28:34, 30:36] = session.labels[7, 28:34, 30:36] = 2
    session.compare()
    session.select(2)
    reader.pause()
    reader.key(Qt.Key.Key_I)
    reader.wait(lambda: reader.panel.controller.offering.is_offered)
    reader.key(Qt.Key.Key_Return)
    assert np.flatnonzero((session.labels == 2).any(axis=(1, 2))).tolist() == [3, 4, 5, 6, 7]
    reader.close()


def test_the_line_lies_halfway_between_the_pixels_of_the_border_in_each_plane(reader: Reader) -> None:
    point_at(reader, IN_SECOND)
    display = reader.session.display
    start, stop = np.array([part.start for part in SECOND]), np.array([part.stop for part in SECOND])
    corners = display.to_world(np.array([start - 0.5, stop - 0.5]))
    for plane in ("Axial", "Coronal", "Sagittal"):
        reader.panel.controller.screen.plane(plane)
        middle = display.to_world((start + stop - 1) / 2)
        reader.viewer.dims.set_point(range(3), middle)
        shown = list(reader.viewer.dims.displayed)
        (line,) = reader.panel.controller.offering.lines()
        assert line.points.min(axis=0) == pytest.approx(corners[:, shown].min(axis=0))
        assert line.points.max(axis=0) == pytest.approx(corners[:, shown].max(axis=0))
    reader.viewer.dims.set_point(range(3), display.to_world((0, 0, 0)))
    assert reader.panel.controller.offering.lines() == ()

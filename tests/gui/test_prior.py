"""The earlier date beside the image on the real window: linked by the motion that the store keeps, and by no other."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QWidget

from napari_calcimeasure._prior import DIFFERENCE_MARGIN_MM, DIFFERENCE_OPACITY, MORE_RGB
from tests.gui.two_dates import SHIFT_KJI, SPACING_MM, note_follow, two_dates
from tests.gui.window import NO_KEY, Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from napari_calcimeasure._prior import Difference
    from napari_calcimeasure.panel.prior import Prior
    from napari_calcimeasure.panel.prior_view import PriorView


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return two_dates(tmp_path_factory.mktemp("two"))


@pytest.fixture(scope="module")
def followed(measured: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = Path(shutil.copytree(measured.parent, tmp_path_factory.mktemp("followed") / "two")) / "out"
    note_follow(out)
    return out


@pytest.fixture
def reader(make_napari_viewer: Callable[..., object]) -> Iterator[Reader]:
    reader = Reader(make_napari_viewer(show=True))
    yield reader
    reader.forget()


def begin(reader: Reader, folder: Path, tmp_path: Path) -> Prior:
    """Open the later date of a copy of a folder, with the earlier one beside."""
    reader.open(Path(shutil.copytree(folder, tmp_path / "out")))
    reader.panel.controller.stacks.go_to(2)
    reader.wait(lambda: reader.panel.controller.stacks.shown == 2)
    reader.key(Qt.Key.Key_7)
    prior = reader.panel.controller.prior
    reader.wait(lambda: prior.side is not None)
    reader.pause(0.1)
    return prior


def view_of(prior: Prior) -> PriorView:
    assert prior.dock is not None
    return prior.dock.view


def prior_world(prior: Prior, index_kji: tuple[float, ...]) -> np.ndarray:
    assert prior.side is not None
    return prior.side.display.to_world(index_kji)


def test_both_dates_follow_each_other(reader: Reader, followed: Path, tmp_path: Path) -> None:
    prior = begin(reader, followed, tmp_path)
    reader.click_row(1)
    reader.pause(0.1)
    view, screen = view_of(prior), reader.panel.controller.screen
    assert "Prior 2024-01-15, 366 days earlier (1 of 1)" in prior.dock.words
    assert "Linked by the motion of the whole body (bone on bone 96 %, tissue 0.97)" in prior.dock.words
    # The slice: on the screen slices are numbered from the head, which is at the last one of the stack.
    k = screen.slice_k
    assert view.plane.step == 11 - (k - SHIFT_KJI[0])
    assert 1 in [one.number for one in view.plane.outlines]
    screen.scroll(1)
    reader.pause(0.1)
    assert screen.slice_k == k - 1
    assert view.plane.step == 11 - (k - 1 - SHIFT_KJI[0])
    # The gray scale, and the plane.
    dark = view.plane.gray.min()
    reader.key(Qt.Key.Key_F3)  # soft tissue: muscle is gray, and not nearly black
    reader.pause(0.1)
    assert view.plane.gray.min() > dark
    reader.key(Qt.Key.Key_F7)  # coronal
    reader.pause(0.1)
    assert view.plane.steps == 40
    j = screen.session.display.to_index_kji(screen.viewer.dims.point[-3:])[1]
    assert view.plane.step == round(j) - SHIFT_KJI[1]
    reader.key(Qt.Key.Key_F6)
    reader.click_row(1)
    reader.pause(0.1)
    check_crosshair(reader, prior)
    check_wheel(reader, prior)
    # Nothing of a patient stays: the first date has no earlier one.
    reader.panel.controller.stacks.go_to(1)
    assert view.plane is None  # nor while the other date is loaded
    reader.wait(lambda: reader.panel.controller.stacks.shown == 1)
    reader.wait(lambda: "No earlier date" in prior.dock.words)
    assert view.plane is None
    reader.key(Qt.Key.Key_7)
    assert prior.dock is None
    for left in ("calcimeasure_prior_glass", "calcimeasure_difference"):
        assert reader.canvas.findChild(QWidget, left) is None


def check_crosshair(reader: Reader, prior: Prior) -> None:
    """The mouse points at one place of the body on both."""
    view, screen = view_of(prior), reader.panel.controller.screen
    k = screen.slice_k
    reader.move(reader.place((k, 20, 15)))
    assert view.cross is not None
    assert not view.cross.is_off
    meant = prior_world(prior, (k - SHIFT_KJI[0], 20 - SHIFT_KJI[1], 15 - SHIFT_KJI[2]))
    pixel = 1.0 / screen.viewer.scene.camera.zoom
    assert view.cross.at == pytest.approx(meant[1:], abs=2 * pixel)
    # The same from the earlier date: where the mouse is there, the crosshair is on the image.
    at = view.place_of(*prior_world(prior, (k - 2, 12, 16))[1:])
    QTest.mouseMove(view, QPoint(round(at.x()), round(at.y())))
    reader.pause(0.1)
    lines = prior.glass.marks.lines
    assert len(lines) == 4
    middle = np.mean([line.points.mean(axis=0) for line in lines], axis=0)
    assert middle == pytest.approx(reader.session.display.to_world((k, 16, 13))[1:], abs=2 * pixel)


def check_wheel(reader: Reader, prior: Prior) -> None:
    """The wheel over the earlier date scrolls it alone, until the image moves."""
    view, screen = view_of(prior), reader.panel.controller.screen
    step, k = view.plane.step, screen.slice_k
    middle = QPointF(view.rect().center())
    none, begun = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
    wheel = QWheelEvent(middle, view.mapToGlobal(middle), QPoint(), QPoint(0, 240), none, NO_KEY, begun, False)
    QApplication.sendEvent(view, wheel)
    assert (view.plane.step, screen.slice_k) == (step - 2, k)
    reader.move(reader.place((k, 20, 15)))
    assert view.cross is not None
    assert view.cross.is_off, "the place lies on another slice than the one that is shown"
    screen.scroll(1)
    reader.pause(0.1)
    assert view.plane.step == step + 1


def test_the_difference_is_shown_around_the_lesion_and_said_to_be_for_display(
    reader: Reader, followed: Path, tmp_path: Path
) -> None:
    prior = begin(reader, followed, tmp_path)
    screen, difference = reader.panel.controller.screen, reader.panel.controller.prior_difference
    reader.click_row(2)  # new: muscle before
    reader.pause(0.1)
    reader.key(Qt.Key.Key_9)
    shown = difference.pane.difference
    middle = around(reader, shown, slice(4, 8), slice(31, 35))[1, 1]
    assert tuple(middle[:3]) == MORE_RGB
    assert middle[3] == round(255 * DIFFERENCE_OPACITY)
    (name,) = difference.pane.marks.names
    assert "resampled for display only" in name.words
    begun = time.perf_counter()
    prior.side.difference(screen)
    assert time.perf_counter() - begun < 0.2
    reader.click_row(1)  # the same at both dates
    reader.pause(0.1)
    shown = difference.pane.difference
    assert around(reader, shown, slice(10, 23), slice(8, 20))[..., 3].max() == 0
    rows = shown.rgba.shape[0] - 10
    assert rows <= 2 * (DIFFERENCE_MARGIN_MM / SPACING_MM[1] + 1), "the box of the lesion alone is subtracted"
    reader.session.select(None)
    reader.pause(0.1)
    assert difference.pane.difference is None
    reader.key(Qt.Key.Key_9)
    assert difference.pane is None


def around(reader: Reader, shown: Difference, rows: slice, columns: slice) -> np.ndarray:
    """Cut the voxels of the image out of the difference."""
    first = np.rint(reader.session.display.to_index_kji((0, *shown.first))[1:] + 0.5).astype(int)
    here = [slice(one.start - at, one.stop - at) for one, at in zip((rows, columns), first, strict=True)]
    return shown.rgba[tuple(here)]


def test_without_a_motion_nothing_is_linked_and_the_panel_says_why(
    reader: Reader, measured: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prior = begin(reader, measured, tmp_path)

    def said() -> str:
        reader.click_row(1)
        reader.move(reader.place((4, 20, 15)))
        view = view_of(prior)
        assert view.plane is not None, "the image of the earlier date is shown all the same"
        assert view.cross is None
        step = view.plane.step
        reader.panel.controller.screen.scroll(2)
        reader.pause(0.1)
        assert view.plane.step == step
        return prior.dock.words

    def begin_again() -> None:
        reader.key(Qt.Key.Key_7)
        reader.key(Qt.Key.Key_7)
        reader.wait(lambda: prior.side is not None)

    words = said()
    assert "were not compared. Run calcimeasure follow" in words
    reader.key(Qt.Key.Key_9)
    assert reader.panel.controller.prior_difference.pane.difference is None
    note_follow(reader.folder, images=measured.parent / "images", carries=False)
    begin_again()
    assert "laid no bone of this date on the other one" in said()
    note_follow(reader.folder, images=measured.parent / "images")
    with monkeypatch.context() as patch:
        patch.setattr("calcimeasure.review.prior.ALGORITHM", -1)
        begin_again()
        assert "other images, or by another version" in said()

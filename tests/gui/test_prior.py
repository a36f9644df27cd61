"""The earlier date beside the image on the real window: linked by the motion that the store keeps, and by no other."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QWidget

from tests.gui.two_dates import SHIFT_KJI, note_follow, two_dates
from tests.gui.window import NO_KEY, Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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


def test_the_prior_shows_the_place_and_follows_slices_and_window(
    reader: Reader, followed: Path, tmp_path: Path
) -> None:
    prior = begin(reader, followed, tmp_path)
    reader.click_row(1)
    reader.pause(0.1)
    view, screen = view_of(prior), reader.panel.controller.screen
    assert view.plane is not None
    assert prior.dock is not None
    assert "Prior 2024-01-15, 366 days earlier (1 of 1)" in prior.dock.words
    assert "Linked by the motion of the whole body (bone on bone 96 %, tissue 0.97)" in prior.dock.words
    k = screen.slice_k
    # Slices are numbered from the head on the screen, the head is at the last one of the stack.
    assert view.plane.step == 11 - (k - SHIFT_KJI[0])
    assert [one.number for one in view.plane.outlines] == [1]
    QTest.keyClick(reader.canvas, Qt.Key.Key_6)
    screen.scroll(1)
    reader.pause(0.1)
    assert screen.slice_k == k - 1
    assert view.plane.step == 11 - (k - 1 - SHIFT_KJI[0])
    dark = view.plane.gray.min()
    reader.key(Qt.Key.Key_F3)  # soft tissue: muscle is gray, and not nearly black
    reader.pause(0.1)
    assert view.plane.gray.min() > dark
    reader.key(Qt.Key.Key_F7)  # coronal
    reader.pause(0.1)
    assert view.plane.steps == 40
    j = screen.session.display.to_index_kji(screen.viewer.dims.point[-3:])[1]
    assert view.plane.step == round(j) - SHIFT_KJI[1]


def test_the_crosshair_points_at_one_place_of_the_body_in_both(reader: Reader, followed: Path, tmp_path: Path) -> None:
    prior = begin(reader, followed, tmp_path)
    reader.click_row(1)
    reader.pause(0.1)
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
    crossed = prior._glass._cross
    assert len(crossed.lines) == 4
    middle = np.mean([line.points.mean(axis=0) for line in crossed.lines], axis=0)
    assert middle == pytest.approx(reader.session.display.to_world((k, 16, 13))[1:], abs=2 * pixel)


def test_the_wheel_over_the_prior_scrolls_it_alone(reader: Reader, followed: Path, tmp_path: Path) -> None:
    prior = begin(reader, followed, tmp_path)
    reader.click_row(1)
    reader.pause(0.1)
    view, screen = view_of(prior), reader.panel.controller.screen
    step, k = view.plane.step, screen.slice_k
    middle = QPointF(view.rect().center())
    down = QPoint(0, 2 * 120)
    wheel = QWheelEvent(
        middle,
        view.mapToGlobal(middle),
        QPoint(),
        down,
        Qt.MouseButton.NoButton,
        NO_KEY,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view, wheel)
    assert (view.plane.step, screen.slice_k) == (step - 2, k)
    reader.move(reader.place((k, 20, 15)))
    assert view.cross is not None
    assert view.cross.is_off, "the place lies on another slice than the one that is shown"
    screen.scroll(1)
    reader.pause(0.1)
    assert view.plane.step == step + 1


@pytest.mark.parametrize("carries", [None, False])
def test_without_a_motion_nothing_is_linked_and_the_panel_says_why(
    reader: Reader, measured: Path, tmp_path: Path, carries: bool | None
) -> None:
    out = Path(shutil.copytree(measured.parent, tmp_path / "two")) / "out"
    if carries is not None:
        note_follow(out, carries=carries)
    prior = begin(reader, out, tmp_path)
    reader.click_row(1)
    view = view_of(prior)
    reader.move(reader.place((4, 20, 15)))
    assert view.plane is not None, "the image of the earlier date is shown all the same"
    assert view.cross is None
    said = prior.dock.words
    assert ("were not compared" if carries is None else "laid no bone") in said
    assert ("calcimeasure follow" if carries is None else "The wheel") in said
    step = view.plane.step
    reader.panel.controller.screen.scroll(2)
    reader.pause(0.1)
    assert view.plane.step == step


def test_motions_of_other_images_are_none(
    reader: Reader, followed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("calcimeasure.review.prior.ALGORITHM", -1)
    prior = begin(reader, followed, tmp_path)
    assert "other images, or by another version" in prior.dock.words
    reader.move(reader.place((4, 20, 15)))
    assert view_of(prior).cross is None


def test_nothing_of_a_patient_stays_and_a_patient_without_an_earlier_date_is_told(
    reader: Reader, followed: Path, tmp_path: Path
) -> None:
    prior = begin(reader, followed, tmp_path)
    reader.panel.controller.stacks.go_to(1)
    reader.wait(lambda: reader.panel.controller.stacks.shown == 1)
    reader.pause(0.3)
    assert view_of(prior).plane is None
    assert "No earlier date" in prior.dock.words
    reader.key(Qt.Key.Key_7)
    assert prior.dock is None
    assert reader.canvas.findChild(QWidget, "calcimeasure_prior_glass") is None

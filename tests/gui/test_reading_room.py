"""The window as a reading room: the place of the image, the mouse, lines of one pixel, by mouse and keys."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from napari.utils.notifications import Notification, NotificationSeverity, notification_manager
from numpy.typing import NDArray
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QMouseEvent, QWheelEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QDialog, QDockWidget, QMainWindow, QWidget

from calcimeasure.model import Status
from napari_calcimeasure._palette import COLORS
from napari_calcimeasure.panel.drawer import Drawer
from napari_calcimeasure.panel.glass import Glass
from napari_calcimeasure.panel.overview import Picture
from napari_calcimeasure.panel.planes import PlaneView
from napari_calcimeasure.panel.surfaces import SurfacePicture
from tests.gui.small import TWO_MASSES, small_folder
from tests.gui.window import CTRL, NO_KEY, SHIFT, Reader

SCREEN = (1280, 800)
WRAPPED = int(Qt.TextFlag.TextWordWrap.value)
RIGHT, MIDDLE, LEFT = Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.LeftButton


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_folder(tmp_path_factory.mktemp("measured"), [TWO_MASSES] * 2)


@pytest.fixture
def reader(make_napari_viewer: Callable[..., object], measured: Path, tmp_path: Path) -> Iterator[Reader]:
    reader = Reader(make_napari_viewer(show=True))
    reader.open(Path(shutil.copytree(measured, tmp_path / "out")))
    yield reader
    reader.forget()


def wheel(reader: Reader, notches: int, modifier: Qt.KeyboardModifier = NO_KEY, at: QPoint | None = None) -> None:
    place = QPointF(at if at is not None else reader.canvas.rect().center())
    event = QWheelEvent(
        place,
        QPointF(reader.canvas.mapToGlobal(place.toPoint())),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        modifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(reader.canvas, event)
    reader.pause()


def drag(reader: Reader, button: Qt.MouseButton, places: Sequence[QPoint]) -> None:
    QTest.mousePress(reader.canvas, button, NO_KEY, places[0])
    for place in places[1:]:
        reader.move(place, button)
    QTest.mouseRelease(reader.canvas, button, NO_KEY, places[-1])
    reader.pause()


def facts(reader: Reader) -> str:
    return str(reader.viewer.canvas.overlays["calcimeasure_facts"].text)


def picture(reader: Reader) -> NDArray[np.uint8]:
    """The canvas as it is on the screen, (rows, columns, 3)."""
    reader.pause(0.2)
    image = reader.panel.window().grab().toImage()
    image = image.convertToFormat(image.Format.Format_RGB888)
    bits = image.constBits()
    if not isinstance(bits, memoryview):  # PyQt6 gives a pointer without a size, PySide6 the memory
        bits.setsize(image.sizeInBytes())
    whole = np.frombuffer(bytes(bits), np.uint8).reshape(image.height(), image.bytesPerLine())
    corner = reader.canvas.mapTo(reader.panel.window(), QPoint(0, 0))
    pixels = whole[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)
    return pixels[corner.y() :, corner.x() :][: reader.canvas.height(), : reader.canvas.width()]


def test_the_image_has_the_window_and_one_key_brings_napari_back(reader: Reader) -> None:
    window = reader.panel.window()
    assert isinstance(window, QMainWindow)
    room = reader.panel.controller.room
    room.fold()
    window.resize(*SCREEN)
    reader.pause(0.2)
    assert (window.width(), window.height()) == SCREEN
    docks = [one for one in window.findChildren(QDockWidget) if one.isVisible()]
    assert len(docks) == 1
    assert docks[0].isAncestorOf(reader.panel)
    assert not window.menuBar().isVisible()
    assert 340 <= reader.panel.width() <= 380
    # By pixels: what is neither header, panel nor slider. The corners of the canvas show the image, or its background.
    canvas = reader.canvas.rect()
    assert canvas.width() * canvas.height() >= 0.6 * SCREEN[0] * SCREEN[1]
    assert picture(reader).shape[:2] == (canvas.height(), canvas.width())
    at = reader.canvas.mapTo(window, canvas.center())
    assert window.childAt(at) is reader.canvas

    reader.key(Qt.Key.Key_F11)
    assert window.menuBar().isVisible()
    assert len([one for one in window.findChildren(QDockWidget) if one.isVisible()]) > 1
    reader.key(Qt.Key.Key_F11)
    assert not window.menuBar().isVisible()


def test_the_header_says_whose_image_it_is_and_the_worklist_comes_by_a_key(reader: Reader) -> None:
    assert reader.panel.header.isVisible()
    for word in ("SMALL-1", "2024-01-11", "CT"):
        assert word in reader.panel.header.words
    (drawer,) = reader.panel.window().findChildren(Drawer)
    assert not drawer.isVisible()
    reader.key(Qt.Key.Key_P)
    assert drawer.isVisible()
    table = reader.panel.worklist.table
    QTest.mouseClick(table.viewport(), LEFT, NO_KEY, table.visualItemRect(table.item(1, 0)).center())
    reader.wait(lambda: reader.panel.controller.session is not None and reader.session.stack_id == 2)
    assert not drawer.isVisible()
    assert "SMALL-2" in reader.panel.header.words


def test_the_mouse_reads_also_with_a_tool_in_hand(reader: Reader) -> None:
    viewer, screen = reader.viewer, reader.panel.controller.screen
    middle = reader.canvas.rect().center()
    for key in (Qt.Key.Key_6, Qt.Key.Key_2):
        reader.key(key)
        mode, k = screen.labels.mode, viewer.dims.current_step[0]
        wheel(reader, -1)
        assert viewer.dims.current_step[0] == k + 1  # toward the feet, as the slider runs
        assert f"image {k + 2} of 12" in facts(reader)
        wheel(reader, 2)
        assert viewer.dims.current_step[0] == k - 1
        wheel(reader, -1)

        zoom, at = viewer.scene.camera.zoom, middle + QPoint(60, 40)
        below = screen.world_at(at.x(), at.y())
        wheel(reader, 2, CTRL, at)
        assert viewer.scene.camera.zoom == pytest.approx(zoom * 1.44)
        assert screen.world_at(at.x(), at.y()) == pytest.approx(below)

        center = np.array(viewer.scene.camera.center[1:])
        drag(reader, MIDDLE, [middle, middle + QPoint(20, 10), middle + QPoint(50, 30)])
        moved = (center - np.array(viewer.scene.camera.center[1:])) * viewer.scene.camera.zoom
        assert moved == pytest.approx((30, 50))

        low, high = screen.image.contrast_limits
        drag(reader, RIGHT, [middle, middle + QPoint(100, 0)])
        wider = screen.image.contrast_limits[1] - screen.image.contrast_limits[0]
        assert wider == pytest.approx((high - low) * 1.25)
        drag(reader, RIGHT, [middle, middle + QPoint(0, -100)])
        now_low, now_high = screen.image.contrast_limits
        assert (now_low + now_high) / 2 == pytest.approx((low + high) / 2 - wider / 4)
        assert f"W {now_high - now_low:.0f}  L {(now_low + now_high) / 2:.0f}" in facts(reader)
        reader.key(Qt.Key.Key_F4)

        QTest.mouseDClick(reader.canvas, LEFT, NO_KEY, QPoint(30, 200))
        reader.pause()
        fitted = viewer.scene.camera.zoom
        viewer.reset_view()
        assert viewer.scene.camera.zoom == pytest.approx(fitted)
        assert screen.labels.mode == mode
    assert not reader.session.drafts or mode == "paint"


def test_naparis_mouse_comes_back_by_a_setting(reader: Reader) -> None:
    reader.panel.controller.options.mouse = "napari"
    step, zoom = reader.viewer.dims.current_step, reader.viewer.scene.camera.zoom
    wheel(reader, 2)
    reader.panel.controller.options.mouse = "reading"
    assert reader.viewer.dims.current_step == step
    assert reader.viewer.scene.camera.zoom != zoom


def test_window_and_plane_stay_from_stack_to_stack(reader: Reader) -> None:
    screen = reader.panel.controller.screen
    reader.key(Qt.Key.Key_F7)
    reader.key(Qt.Key.Key_F2)
    middle = reader.canvas.rect().center()
    drag(reader, RIGHT, [middle, middle + QPoint(40, 20)])
    limits, order = tuple(screen.image.contrast_limits), reader.viewer.dims.order
    assert limits != (-450.0, 1050.0)
    reader.key(Qt.Key.Key_PageDown)
    reader.wait(lambda: reader.panel.controller.session is not None and reader.session.stack_id == 2)
    assert tuple(screen.image.contrast_limits) == pytest.approx(limits)
    assert reader.viewer.dims.order == order
    assert str(screen.image.interpolation2d) == "linear"


def test_value_and_position_under_the_mouse_are_said(reader: Reader) -> None:
    (glass,) = reader.panel.window().findChildren(Glass)
    k = reader.panel.controller.screen.slice_k
    reader.move(reader.place((k, 15, 15)))
    assert glass.said.startswith("800 HU   ")
    x, y, z = reader.session.image.geometry.to_lps_mm((k, 15.0, 15.0))
    for letter, value in (("L" if x >= 0 else "R", x), ("P" if y >= 0 else "A", y), ("S" if z >= 0 else "I", z)):
        (said,) = [float(glass.said.split(f"{letter} ")[1].split()[0])]
        assert said == pytest.approx(abs(value), abs=1.0)  # half a voxel
    assert "row 16, column 16" in glass.said
    # Another slice, and another stack, come under a mouse that does not move.
    before = glass.said
    wheel(reader, 12)
    assert glass.said != before
    assert f"{abs(reader.session.image.geometry.to_lps_mm((11, 15, 15))[2]):.1f} mm" in glass.said
    last = glass.said
    reader.pause(1.0)  # the next stack is loaded ahead: no veil takes the mouse from the canvas
    reader.key(Qt.Key.Key_PageDown)
    reader.wait(lambda: reader.panel.controller.session is not None and reader.session.stack_id == 2)
    reader.pause(0.1)
    assert glass.said
    assert glass.said != last


def test_outlines_are_lines_of_one_pixel_whose_style_is_the_decision(reader: Reader) -> None:
    def along_the_upper_edge() -> tuple[int, int]:
        """The thickness of the line in pixels, and how much of its way is drawn."""
        screen, k = reader.panel.controller.screen, reader.panel.controller.screen.slice_k
        shown = picture(reader).astype(int)
        color = np.array([int(COLORS[reader.session.lesion(1).status][at : at + 2], 16) for at in (1, 3, 5)])
        is_line = np.abs(shown - color).sum(axis=2) < 120
        x0, y0 = screen.on_canvas(reader.session.display.to_world((k, 9.5, 11)))
        x1, _ = screen.on_canvas(reader.session.display.to_world((k, 9.5, 18)))
        strip = is_line[round(y0) - 8 : round(y0) + 9, round(x0) : round(x1)]
        return int(strip.sum(axis=0).max()), round(100 * strip.any(axis=0).mean())

    voxel_px = 0.7 * reader.viewer.scene.camera.zoom
    assert voxel_px > 4
    thick, dashed = along_the_upper_edge()
    assert thick <= 2  # antialiased: its color is in one row of pixels, or in two
    assert 30 < dashed < 85
    reader.key(Qt.Key.Key_A)  # the next lesion is shown
    reader.click_row(1)
    thick, solid = along_the_upper_edge()
    assert thick <= 2
    assert solid >= 97  # an antialiased pixel at a corner of a voxel may be too faint to count
    reader.key(Qt.Key.Key_X)
    reader.click_row(1)
    thick, dotted = along_the_upper_edge()
    assert dotted < dashed
    assert reader.session.lesion(1).status is Status.REJECTED


def test_a_caliper_measures_what_it_lies_on_and_goes_with_its_slice(reader: Reader) -> None:
    caliper, k = reader.panel.controller.caliper, reader.panel.controller.screen.slice_k
    reader.viewer.reset_view()
    ends = [(k, 5, 5), (k, 35, 35)]
    reader.key(Qt.Key.Key_E)
    for end in ends:
        reader.click(reader.place(end))
    true_mm = float(np.hypot(30 * 0.7, 30 * 0.9))
    assert float(caliper.words.split()[0]) == pytest.approx(true_mm, abs=0.4)
    assert caliper.words.endswith(" mm")
    wheel(reader, -1)
    reader.pause(0.1)
    assert caliper.words == ""
    assert not reader.session.drafts


def test_three_planes_are_linked_by_a_crosshair(reader: Reader) -> None:
    def at() -> list[int]:
        return [round(one) for one in reader.session.display.to_index_kji(reader.viewer.dims.point).tolist()]

    reader.key(Qt.Key.Key_F12)
    reader.pause(0.1)
    coronal, sagittal = reader.panel.window().findChildren(PlaneView)
    assert (coronal.axis, sagittal.axis) == (1, 2)
    assert [coronal.plane.gray.shape, sagittal.plane.gray.shape] == [(12, 44), (12, 40)]
    assert (coronal.plane.letters, sagittal.plane.letters) == (("S", "I", "R", "L"), ("S", "I", "A", "P"))
    assert {number for number, _ in coronal.plane.outlines} == {1}
    shown = reader.session.display.to_shown((7, 12, 30))
    QTest.mouseClick(coronal, LEFT, NO_KEY, coronal.place_of(shown[0], shown[2]).toPoint())
    reader.pause(0.1)
    assert (at()[0], at()[2]) == (7, 30)
    reader.viewer.reset_view()
    reader.click(reader.place((7, 5, 5)))  # on the canvas: the planes follow
    reader.pause(0.1)
    assert at() == [7, 5, 5]
    assert sagittal.plane.cross == pytest.approx((reader.session.display.to_shown((7, 5, 5))[0], 5.0))
    reader.key(Qt.Key.Key_N)
    reader.drag([reader.place((7, 5, 5 + right)) for right in (0, 2, 4)])
    reader.pause(0.2)
    assert {number for number, _ in sagittal.plane.outlines} == {reader.session.next_number - 1}  # what is painted
    reader.key(Qt.Key.Key_F12)
    reader.pause()
    assert not reader.panel.window().findChildren(PlaneView)


def test_the_brush_paints_and_erases_in_each_of_the_planes(reader: Reader) -> None:
    reader.key(Qt.Key.Key_F12)
    reader.pause(0.1)
    coronal, sagittal = reader.panel.window().findChildren(PlaneView)
    reader.key(Qt.Key.Key_N)
    display, screen = reader.session.display, reader.panel.controller.screen
    number = reader.session.next_number
    # The coronal plane: slices are 3 mm apart, columns 0.9 mm, the brush is as wide as on the canvas.
    row = int(coronal.plane.gray.shape[0] // 2)
    through = screen.whole_step(1)
    is_free = screen.labels.data.take(through, axis=1) == 0  # the lesion that is there is not painted over
    begin, end = (coronal.place_of(row, column).toPoint() for column in (3, 9))
    QTest.mousePress(coronal, LEFT, NO_KEY, begin)
    drag_to(coronal, end)
    QTest.mouseRelease(coronal, LEFT, NO_KEY, end)
    reader.pause(0.2)
    painted = np.argwhere(screen.labels.data == number)
    assert set(painted[:, 1]) == {through}
    radius_mm = screen.labels.brush_size / 2 * min(display.scale[1:])
    rows, columns = np.mgrid[: screen.labels.data.shape[0], : screen.labels.data.shape[2]]
    left_mm, right_mm = (coronal.at(place)[1] * display.scale[2] for place in (begin, end))
    beside_mm = columns * display.scale[2] - np.clip(columns * display.scale[2], left_mm, right_mm)
    away_mm = np.hypot((rows - coronal.at(begin)[0]) * display.scale[0], beside_mm)
    expected = {(at, column) for at, column in np.argwhere((away_mm <= radius_mm) & is_free).tolist()}
    assert {(at, column) for at, _, column in painted.tolist()} == expected
    assert len(expected) > 6
    reader.key(Qt.Key.Key_1)
    middle = coronal.place_of(row, 6).toPoint()
    QTest.mouseClick(coronal, LEFT, NO_KEY, middle)
    reader.pause(0.2)
    assert screen.labels.data[row, through, 6] == 0
    assert 0 < np.count_nonzero(screen.labels.data == number) < len(painted)
    # A lesion that is there is neither painted over nor erased; undo gives back what was erased.
    others = screen.labels.data == 1
    at = np.argwhere(others)[0]
    reader.key(Qt.Key.Key_2)
    screen.viewer.dims.set_current_step(screen.viewer.dims.ndim - 1, int(at[2]))
    reader.pause(0.1)
    QTest.mouseClick(sagittal, LEFT, NO_KEY, sagittal.place_of(at[0], at[1]).toPoint())
    reader.pause(0.2)
    assert np.array_equal(screen.labels.data == 1, others)
    assert set(np.argwhere(screen.labels.data == number)[:, 2]) > {int(at[2])}
    reader.key(Qt.Key.Key_Z, CTRL)
    reader.key(Qt.Key.Key_Z, CTRL)
    assert np.array_equal(np.argwhere(screen.labels.data == number), painted)


def drag_to(widget: QWidget, place: QPoint) -> None:
    """Move the mouse with the left button down; QTest moves it with no button down."""
    at, on_screen = QPointF(place), QPointF(widget.mapToGlobal(place))
    QApplication.sendEvent(widget, QMouseEvent(QEvent.Type.MouseMove, at, on_screen, LEFT, LEFT, NO_KEY))


def test_a_click_on_a_dot_of_the_overview_goes_there(reader: Reader) -> None:
    reader.wait(lambda: reader.panel.window().findChildren(Picture))
    (overview,) = reader.panel.window().findChildren(Picture)
    assert sorted(overview.dots) == [1, 2]
    assert reader.session.selected == 1
    x, y, _ = overview.dots[2]
    QTest.mouseClick(overview, LEFT, NO_KEY, QPoint(round(x), round(y)))
    assert reader.session.selected == 2
    reader.key(Qt.Key.Key_Y)
    reader.pause()
    assert not reader.panel.window().findChildren(Picture)


def test_surfaces_turn_with_the_mouse_and_a_click_goes_to_the_lesion(reader: Reader) -> None:
    reader.key(Qt.Key.Key_F12, SHIFT)
    assert reader.panel.controller.surfaces.is_on
    (picture,) = reader.panel.findChildren(SurfacePicture)
    reader.wait(lambda: picture.view is not None)
    reader.pause(0.1)
    assert picture.seen_from == "A"
    assert set(np.unique(picture.view.labels)) == {0, 1, 2}
    assert reader.session.selected == 1
    side = len(picture.view.labels)
    row, column = np.argwhere(picture.view.labels == 2).mean(axis=0) / side
    there = QPoint(round(column * picture.width()), round(row * picture.height()))
    assert picture.width() == picture.height()
    QTest.mouseClick(picture, LEFT, NO_KEY, there)
    assert reader.session.selected == 2
    QTest.mousePress(picture, LEFT, NO_KEY, QPoint(100, 100))
    drag_to(picture, QPoint(200, 100))
    drag_to(picture, QPoint(280, 100))
    assert len(picture.view.labels) < side  # the coarse copy, while it is turned
    QTest.mouseRelease(picture, LEFT, NO_KEY, QPoint(280, 100))
    assert len(picture.view.labels) == side
    assert (picture.azimuth, picture.seen_from) == (90, "L")
    reader.key(Qt.Key.Key_N)
    reader.drag([reader.place((7, 34, 5 + right)) for right in (0, 2, 4)])
    reader.wait(lambda: 3 in picture.view.labels)  # what is painted
    reader.key(Qt.Key.Key_F12, SHIFT)
    assert not reader.panel.controller.surfaces.is_on


def test_all_numbers_that_are_signed_are_shown_with_their_units(reader: Reader) -> None:
    numbers, said = reader.session.lesion(1).measurements, reader.panel.evidence.text()
    for word in (
        f"long {numbers.long_axis_mm:.1f} ± {numbers.long_axis_u95_mm:.1f} mm",
        f"{numbers.max_3d_diameter_mm:.1f} ± {numbers.max_3d_diameter_u95_mm:.1f} mm",
        f"{numbers.volume_ml:.2f} ± {numbers.volume_u95_ml:.2f} mL",
        f"mean {numbers.mean_hu:.0f}",
    ):
        assert word in said


def test_what_a_radiograph_does_not_have_is_said_and_does_not_reach_the_next_ct(
    make_napari_viewer: Callable[..., object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reader = Reader(make_napari_viewer(show=True))
    reader.open(small_folder(tmp_path, [TWO_MASSES], film=True))
    reader.panel.worklist.show_every_stack()
    (film,) = [task.stack_id for task in reader.panel.controller.desk.tasks if task.facts.modality != "CT"]
    ct, order = reader.session.stack_id, reader.viewer.dims.order
    reader.panel.controller.stacks.go_to(film)
    reader.wait(lambda: reader.panel.controller.session is not None and reader.session.stack_id == film)
    for key in (Qt.Key.Key_F7, Qt.Key.Key_F12):
        reader.key(key)
        assert "A radiograph has one plane" in capsys.readouterr().out
    reader.pause(0.2)
    assert not any(one.isVisible() for one in reader.panel.window().findChildren(PlaneView))
    reader.panel.controller.stacks.go_to(ct)
    reader.wait(lambda: reader.panel.controller.session is not None and reader.session.stack_id == ct)
    reader.pause(0.2)
    assert reader.viewer.dims.order == order
    assert all(one.isVisible() for one in reader.panel.window().findChildren(PlaneView))
    reader.forget()


def test_a_message_is_shown_whole_however_long_it_is(reader: Reader) -> None:
    def messages() -> list[QDialog]:
        every = reader.panel.window().findChildren(QDialog)
        return [one for one in every if type(one).__name__ == "NapariQtNotification" and one.isVisible()]

    words = "Something dense expected where you point, found at most 93 HU within 2 mm: " * 3
    notification_manager.notification_ready(Notification(words, NotificationSeverity.INFO))  # as `show_info` does
    reader.wait(lambda: messages() and all(one.property("expanded") for one in messages()))
    reader.pause(0.3)
    (message,) = messages()
    label = message.message
    assert label.height() >= label.fontMetrics().boundingRect(0, 0, label.width(), 10_000, WRAPPED, words).height()
    assert message.timer.interval() > 10_000
    message.close()


def test_stacks_in_millimeters_and_in_pixels_alternate_without_a_warning(
    make_napari_viewer: Callable[..., object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reader = Reader(make_napari_viewer(show=True))
    reader.open(small_folder(tmp_path, [TWO_MASSES], film=True))
    reader.panel.worklist.show_every_stack()
    told: list[str] = []
    for step in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown) * 2:
        before = reader.session.stack_id
        reader.key(step)
        if reader.panel.controller.stacks.wanted == before:
            reader.key(Qt.Key.Key_PageUp if step == Qt.Key.Key_PageDown else Qt.Key.Key_PageDown)
        reader.wait(
            lambda before=before: reader.panel.controller.session is not None and reader.session.stack_id != before
        )
        told.append(str(reader.session.display.unit))
        reader.pause(0.1)
    assert set(told) == {"mm", "pixel"}
    assert "nconsistent" not in "".join(capsys.readouterr())
    reader.forget()

"""The review by mouse and keys on the real window; what it left is asked of the store and of lesions.csv."""

import csv
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QInputDialog, QMenu, QPushButton
from typer.testing import CliRunner

from calcimeasure import sample_folder
from calcimeasure.cli import app
from calcimeasure.measure.radiograph import measure_on_radiograph
from calcimeasure.review import Desk
from calcimeasure.segment import grow_on_radiograph
from napari_calcimeasure._rows import TASK_COLUMNS
from tests.dicom_phantom import Header, write_series
from tests.gui.window import NO_KEY, Reader
from tests.phantoms import straight_grid
from tests.review.test_desk import quiet

HIPS, HAND, FILM = 1, 2, 3
"""Numbers of the stacks of the sample, measured one after another."""

MASS = (0, 281, 39)
"""The middle of the larger mass on the radiograph."""

STATE_COLUMN = TASK_COLUMNS.index("State")
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
STATE = "SELECT lesion_number, status FROM current_lesions WHERE stack_id = {} ORDER BY lesion_number"


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("measured")
    images = folder / "images"
    shutil.copytree(sample_folder(), images)
    done = CliRunner().invoke(app, ["measure", str(images), "--out", str(folder / "out"), "--workers", "1"])
    assert done.exit_code == 0, done.output
    return folder / "out"


@pytest.fixture
def folder(measured: Path, tmp_path: Path) -> Path:
    shutil.copytree(measured, tmp_path / "out")
    return tmp_path / "out"


@pytest.fixture
def reader(make_napari_viewer: Callable[..., object], folder: Path) -> Iterator[Reader]:
    reader = Reader(make_napari_viewer(show=True))
    reader.open(folder)
    yield reader
    reader.forget()


def test_keys_decide_and_the_tables_follow(reader: Reader) -> None:
    ((masses,),) = reader.ask("SELECT count(*) FROM current_lesions WHERE tissue = 'calcified_mass'")
    assert isinstance(masses, int)
    assert masses > 5
    assert reader.session.selected == 1
    reader.key(Qt.Key.Key_A)
    assert reader.ask(STATE.format(HIPS))[0] == (1, "accepted")
    assert reader.session.selected == 2  # the next undecided one
    reader.key(Qt.Key.Key_X)
    assert reader.session.selected == 3
    reader.key(Qt.Key.Key_Up)
    reader.key(Qt.Key.Key_L)
    reader.key(Qt.Key.Key_L)  # against the evidence: the same key again
    reader.key(Qt.Key.Key_H, SHIFT)
    reader.key(Qt.Key.Key_Down)
    reader.key(Qt.Key.Key_O)
    reader.key(Qt.Key.Key_A, CTRL)
    assert reader.ask(STATE.format(HIPS)) == [
        (1, "accepted"),
        (2, "rejected"),
        (3, "proposed"),
        (4, "proposed"),
        (5, "proposed"),
        (6, "proposed"),
        (7, "proposed"),
    ]
    said = (
        "SELECT laterality, laterality_source, site, site_source, reader FROM current_lesions WHERE lesion_number = 2"
    )
    assert reader.ask(said + f" AND stack_id = {HIPS}") == [("left", "reader", "hip", "reader", "A. Reader")]
    reader.close()
    # Of all stacks: one is rejected now, and one is no mass.
    assert sorted(row["status"] for row in reader.rows()) == ["accepted", *["proposed"] * (masses - 3)]


def test_the_partner_of_a_pair_goes_when_it_is_rejected(reader: Reader) -> None:
    reader.click_row(4)
    reader.wait(lambda: "Pair with</b> lesion 6" in reader.panel.evidence.text())
    reader.click_row(6)
    reader.key(Qt.Key.Key_X)
    reader.click_row(4)
    reader.wait(lambda: "Pair with" not in reader.panel.evidence.text())
    reader.key(Qt.Key.Key_Z, CTRL)
    reader.click_row(4)
    reader.wait(lambda: "Pair with</b> lesion 6" in reader.panel.evidence.text())


def test_brush_undo_and_redo(reader: Reader) -> None:
    lesion = reader.session.lesions[1].lesion
    before = reader.ask("SELECT count(*) FROM lesion_revisions")
    k, row = lesion.measurements.long_axis_slice, lesion.outline.start_kji[1]
    column = (lesion.outline.start_kji[2] + lesion.outline.stop_kji[2]) / 2
    reader.key(Qt.Key.Key_2)
    reader.drag([reader.place((k, row - up, column)) for up in (2, 4, 6, 8, 10, 12)])
    reader.settle()
    assert reader.session.drafts.keys() == {1}
    reader.key(Qt.Key.Key_Z, CTRL)
    assert not reader.session.drafts
    reader.key(Qt.Key.Key_Z, CTRL | SHIFT)
    reader.settle()
    assert reader.ask("SELECT count(*) FROM lesion_revisions") == before
    seen = reader.session.lesion(1).measurements

    reader.key(Qt.Key.Key_Down)  # leaves the lesion
    kept = "SELECT algorithm_type, volume_voxels_ml, long_axis_mm FROM current_lesions WHERE lesion_number = 1"
    (now,) = reader.ask(f"{kept} AND stack_id = {HIPS}")
    assert now == ("manual", pytest.approx(seen.volume_voxels_ml), pytest.approx(seen.long_axis.length_mm))
    assert seen.volume_voxels_ml > lesion.measurements.volume_voxels_ml
    reader.close()
    drawn = [row for row in reader.rows() if row["algorithm_type"] == "manual"]
    assert [float(row["volume_voxels_ml"]) for row in drawn] == [pytest.approx(seen.volume_voxels_ml, abs=0.001)]


def test_polygon_draws_a_new_lesion_on_any_plane(reader: Reader) -> None:
    before = reader.session.next_number
    reader.key(Qt.Key.Key_N)
    reader.key(Qt.Key.Key_3)
    k, row, column = (int(one) for one in reader.session.display.to_index_kji(reader.viewer.dims.point))
    free = (k, row - 40, column)
    corners = [(0, 0), (0, 12), (12, 12), (12, 0)]
    for down, right in corners:
        reader.click(reader.place((free[0], free[1] + down, free[2] + right)))
    QTest.mouseDClick(
        reader.canvas, Qt.MouseButton.LeftButton, NO_KEY, reader.place((free[0], free[1] + 6, free[2] - 3))
    )
    reader.settle()
    assert reader.session.drafts.keys() == {before}
    reader.wait(lambda: not reader.session.needs_anatomy)  # side and site of what was drawn
    reader.settle()
    reader.key(Qt.Key.Key_Up)
    (drawn,) = reader.ask(
        f"SELECT status, algorithm_type, laterality IS NOT NULL, site FROM current_lesions "
        f"WHERE lesion_number = {before} AND stack_id = {HIPS}"
    )
    assert drawn == ("proposed", "manual", 1, "pelvis")
    reader.key(Qt.Key.Key_Z, CTRL)
    reader.key(Qt.Key.Key_Up)
    assert reader.ask(f"SELECT count(*) FROM current_lesions WHERE stack_id = {HIPS}") == [(before - 1,)]


def test_clicks_go_there_and_buttons_and_menus_decide(reader: Reader) -> None:
    reader.click_row(4)
    assert reader.session.selected == 4
    k = reader.session.display.to_index_kji(reader.viewer.dims.point)[0]
    assert round(k) == reader.session.lesions[4].lesion.measurements.long_axis_slice
    buttons = reader.panel.window().findChildren(QPushButton)
    accept = next(one for one in buttons if one.text() == "Accept  A")
    QTest.mouseClick(accept, Qt.MouseButton.LeftButton)
    assert (4, "accepted") in reader.ask(STATE.format(HIPS))
    assert reader.session.selected == 5  # the next undecided one
    reader.key(Qt.Key.Key_Up)  # the keyboard is still the canvas's
    reader.key(Qt.Key.Key_U)
    assert (4, "proposed") in reader.ask(STATE.format(HIPS))

    reader.key(Qt.Key.Key_S)
    menu = next(one for one in reader.panel.findChildren(QMenu) if one.isVisible())
    QTest.keyClick(menu, Qt.Key.Key_T)
    reader.pause()
    assert reader.ask(f"SELECT site FROM current_lesions WHERE lesion_number = 4 AND stack_id = {HIPS}") == [("thigh",)]

    reader.key(Qt.Key.Key_F)
    menu = next(one for one in reader.panel.findChildren(QMenu) if one.isVisible())
    QTest.keyClick(menu, Qt.Key.Key_G)
    reader.pause()
    looks = f"SELECT morphology, morphology_source FROM current_lesions WHERE lesion_number = 4 AND stack_id = {HIPS}"
    (before,) = reader.ask(looks.replace("current_lesions", "lesion_revisions") + " AND revision_number = 1")
    assert reader.ask(looks) == [("granular", "reader")]
    assert "looks granular (a reader)" in reader.panel.evidence.text()
    reader.key(Qt.Key.Key_Z, CTRL)
    assert reader.ask(looks) == [before]
    assert before[1] == "image"

    outline = reader.session.lesions[3].lesion.outline
    reader.panel.controller.screen.go_to(3)
    middle = [(a + b - 1) / 2 for a, b in zip(outline.start_kji, outline.stop_kji, strict=True)]
    reader.click(reader.place(middle))
    assert reader.session.selected == 3


def test_keys_of_another_layer_decide_nothing_and_the_panel_takes_away_what_it_added(reader: Reader) -> None:
    viewer = reader.viewer
    mine = viewer.add_points([[0, 0, 0]], name="mine")  # becomes the active layer
    reader.key(Qt.Key.Key_X)
    reader.key(Qt.Key.Key_A)
    assert {status for _, status in reader.ask(STATE.format(HIPS))} == {"proposed"}
    viewer.layers.selection.active = reader.panel.controller.screen.labels
    reader.key(Qt.Key.Key_A)

    window = reader.panel.window()
    reader.panel.controller.room.fold()
    assert not window.menuBar().isVisible()
    viewer.window.remove_dock_widget(reader.panel)
    assert window.menuBar().isVisible()  # the key that would bring it back is gone with the panel
    reader.pause()
    assert list(viewer.layers) == [mine]
    assert not [name for name in viewer.canvas.overlays if name.startswith("calcimeasure")]
    assert not viewer.keymap
    assert any(row["status"] == "accepted" for row in reader.rows())
    reader.key(Qt.Key.Key_X)
    assert reader.ask(STATE.format(HIPS))[0] == (1, "accepted")


def test_what_is_erased_is_kept_when_the_window_closes(reader: Reader) -> None:
    lesion = reader.session.lesions[1].lesion
    middle = [(a + b) / 2 for a, b in zip(lesion.outline.start_kji, lesion.outline.stop_kji, strict=True)]
    k = lesion.measurements.long_axis_slice
    reader.key(Qt.Key.Key_1)
    reader.drag([reader.place((k, middle[1], middle[2] + right)) for right in (0, 3, 6)])
    reader.close()  # at once
    now = f"SELECT made_by, volume_voxels_ml FROM lesion_revisions WHERE made_by IS NOT NULL AND stack_id = {HIPS}"
    ((by, volume_ml),) = reader.ask(now)
    assert by == "A. Reader"
    assert volume_ml < lesion.measurements.volume_voxels_ml
    assert [float(row["volume_voxels_ml"]) for row in reader.rows() if row["algorithm_type"] == "manual"] == [
        pytest.approx(volume_ml, abs=0.001)
    ]


def test_next_stack_close_and_open_again(
    reader: Reader, folder: Path, make_napari_viewer: Callable[..., object]
) -> None:
    reader.key(Qt.Key.Key_A)
    for stack in (FILM, HAND):
        reader.key(Qt.Key.Key_PageDown)
        reader.wait(
            lambda stack=stack: reader.panel.controller.session is not None and reader.session.stack_id == stack
        )
    reader.key(Qt.Key.Key_A)
    reader.key(Qt.Key.Key_Down)
    reader.key(Qt.Key.Key_A)
    assert [status for _, status in reader.ask(STATE.format(HAND))] == ["accepted", "accepted"]
    reader.close()
    assert [row["status"] for row in reader.rows()].count("accepted") == 3

    again = Reader(make_napari_viewer(show=True))
    again.open(folder, "B. Reader")
    assert again.session.stack_id == HIPS  # the first that is not done
    states = [
        again.panel.worklist.table.item(row, STATE_COLUMN).text()
        for row in range(again.panel.worklist.table.rowCount())
    ]
    assert states == ["in review by A. Reader", "to review"]
    assert again.session.selected == 2  # the first that is not decided
    again.panel.worklist.filter.setCurrentText("All")
    assert again.panel.worklist.table.rowCount() == 3
    again.forget()


def test_the_next_ct_comes_onto_the_same_layers_and_what_was_drawn_stays_with_its_stack(reader: Reader) -> None:
    layers = list(reader.viewer.layers)
    lesion = reader.session.lesions[1].lesion
    k, row = lesion.measurements.long_axis_slice, lesion.outline.start_kji[1]
    column = (lesion.outline.start_kji[2] + lesion.outline.stop_kji[2]) / 2
    reader.key(Qt.Key.Key_2)
    reader.drag([reader.place((k, row - up, column)) for up in (2, 4, 6)])
    reader.key(Qt.Key.Key_H)
    reader.key(Qt.Key.Key_P)
    worklist = reader.panel.worklist.table
    middle = worklist.visualItemRect(worklist.item(worklist.rowCount() - 1, 0)).center()
    QTest.mouseClick(worklist.viewport(), Qt.MouseButton.LeftButton, NO_KEY, middle)
    reader.wait(lambda: reader.panel.controller.session is not None and reader.session.stack_id != HIPS)
    assert reader.session.stack_id == HAND
    assert list(reader.viewer.layers) == layers
    assert (reader.panel.controller.screen.labels.mode, reader.panel.controller.screen.labels.visible) == (
        "pan_zoom",
        True,
    )
    assert reader.session.shown == {reader.session.selected}
    reader.panel.controller.screen.labels.undo()  # napari's own: it knows nothing of the stack before
    reader.key(Qt.Key.Key_Z, CTRL)
    assert not reader.session.compare()
    assert not reader.session.drafts

    reader.key(Qt.Key.Key_A, CTRL)  # what was shown is one lesion
    assert sorted(status for _, status in reader.ask(STATE.format(HAND))) == ["accepted", "proposed"]
    drawn = (
        "SELECT lesion_number, algorithm_type FROM current_lesions WHERE algorithm_type = 'manual' AND stack_id = {}"
    )
    assert reader.ask(drawn.format(HIPS)) == [(1, "manual")]
    assert reader.ask(drawn.format(HAND)) == []
    reader.close()
    rows = [(row["algorithm_type"], row["status"]) for row in reader.rows()]
    assert (rows.count(("manual", "proposed")), rows.count(("automatic", "accepted"))) == (1, 1)


def test_a_lesion_is_divided_by_two_clicks_and_joined_by_one(reader: Reader) -> None:
    reader.click_row(1)
    lesion, number = reader.session.lesions[1].lesion, reader.session.next_number
    (before,) = reader.ask(f"SELECT outline_hash FROM current_lesions WHERE lesion_number = 1 AND stack_id = {HIPS}")
    start, stop, k = lesion.outline.start_kji, lesion.outline.stop_kji, lesion.measurements.long_axis_slice
    column = start[2] + (stop[2] - start[2]) // 3 - 0.5
    reader.key(Qt.Key.Key_D)
    reader.click(reader.place((k, start[1] - 3, column)))
    assert reader.viewer.layers["cut"].visible
    reader.click(reader.place((k, stop[1] + 3, column)))
    assert "cut" not in reader.viewer.layers
    # Both parts are measured in the background.
    reader.wait(lambda: not reader.viewer.canvas.overlays["calcimeasure_hint"].visible)
    reader.wait(lambda: number in reader.session.lesions)
    parts = (
        "SELECT lesion_number, status, algorithm_type, reader, stop_i - start_i FROM current_lesions "
        f"JOIN outlines USING (outline_hash) WHERE stack_id = {HIPS} AND why = 'split of lesion 1' ORDER BY 1"
    )
    (large, small) = reader.ask(parts)
    assert large[:4] == (1, "proposed", "manual", "A. Reader")
    assert small[:4] == (number, "proposed", "manual", "A. Reader")
    assert (small[4], large[4] + small[4]) == ((stop[2] - start[2]) // 3, stop[2] - start[2])

    there = f"SELECT lesion_number FROM current_lesions WHERE stack_id = {HIPS} ORDER BY 1"
    reader.key(Qt.Key.Key_Z, CTRL)
    assert reader.ask(there) == [(one,) for one in range(1, number)]
    reader.key(Qt.Key.Key_Z, CTRL | SHIFT)
    assert reader.ask(there)[-1] == (number,)

    buttons = reader.panel.window().findChildren(QPushButton)
    QTest.mouseClick(next(one for one in buttons if one.text() == "Join  J"), Qt.MouseButton.LeftButton)
    part = np.argwhere(reader.session.labels[k] == number)
    reader.click(reader.place((k, *part[len(part) // 2])))
    reader.wait(lambda: number not in reader.session.lesions)
    assert reader.ask(there) == [(one,) for one in range(1, number)]
    joined = f"SELECT outline_hash, why FROM current_lesions WHERE lesion_number = 1 AND stack_id = {HIPS}"
    assert reader.ask(joined) == [(*before, f"merged with lesion {number}")]
    assert reader.ask("SELECT lesion_number, why FROM lesion_revisions WHERE is_withdrawn ORDER BY 2") == [
        (number, "merged into lesion 1"),
        (number, "undone: as before it was there"),
    ]
    # The newer part is joined with the older one: this one is left, and selected.
    reader.key(Qt.Key.Key_Z, CTRL)
    reader.click_row(number)
    reader.key(Qt.Key.Key_J)
    other = np.argwhere(reader.session.labels[k] == 1)
    reader.click(reader.place((k, *other[len(other) // 2])))
    reader.wait(lambda: number not in reader.session.lesions)
    assert reader.session.selected == 1
    assert reader.ask(joined) == [(*before, f"merged with lesion {number}")]
    reader.key(Qt.Key.Key_D)
    reader.key(Qt.Key.Key_Escape)  # left again
    reader.click(reader.place((k, *part[len(part) // 2])))
    assert reader.ask(joined)[0][1] == f"merged with lesion {number}"
    reader.close()
    rows = [(row["lesion_number"], row["algorithm_type"]) for row in reader.rows() if row["algorithm_type"] == "manual"]
    assert rows == [("1", "manual")]


def test_stacks_in_which_nothing_was_found_are_gone_through_and_seen(
    make_napari_viewer: Callable[..., object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = np.full((6, 48, 48), -1000, dtype=np.int16)
    empty[:, 8:40, 8:40] = 40
    for number in (1, 2):
        header = Header(seed=f"nothing {number}", patient_id=f"NOTHING-{number}", series_number=number)
        write_series(tmp_path / "images" / str(number), empty, straight_grid(empty.shape, (2.0, 0.8, 0.8)), header)
    out = tmp_path / "out"
    CliRunner().invoke(app, ["measure", str(tmp_path / "images"), "--out", str(out), "--workers", "1"])
    reader = Reader(make_napari_viewer(show=True))
    reader.open(out)
    reader.panel.worklist.filter.setCurrentText("Nothing found")
    worklist = reader.panel.worklist.table
    assert [worklist.item(row, STATE_COLUMN).text() for row in range(worklist.rowCount())] == ["nothing found"] * 2
    reader.key(Qt.Key.Key_V)
    reader.wait(lambda: reader.panel.controller.session is not None and reader.session.stack_id == 2)  # it goes on
    seen = "SELECT stack_id, reader, is_withdrawn, looked_at IS NOT NULL FROM looks ORDER BY look_id"
    assert reader.ask(seen) == [(1, "A. Reader", 0, 1)]
    reader.key(Qt.Key.Key_P)
    button = next(one for one in reader.panel.window().findChildren(QPushButton) if one.text() == "Seen  V")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    reader.pause()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)  # this is the last one: it is taken back
    assert reader.ask(seen)[1:] == [(2, "A. Reader", 0, 1), (2, "A. Reader", 1, 1)]
    reader.panel.worklist.filter.setCurrentText("All")
    assert [worklist.item(row, STATE_COLUMN).text() for row in range(2)] == ["seen by A. Reader", "nothing found"]

    reader.session.labels[2, 20:30, 20:30] = 1
    reader.key(Qt.Key.Key_V)  # there is a lesion to decide about by now
    assert "decided one by one" in capsys.readouterr().out
    assert len(reader.ask(seen)) == 3
    reader.close()
    with (out / "studies.csv").open(encoding="utf-8", newline="") as file:
        states = [(row["masses"], row["review_state"], row["readers"]) for row in csv.DictReader(file)]
    assert sorted(states) == [("0", "none", ""), ("1", "none", "A. Reader")]
    reader.forget()


def test_a_layer_of_the_review_that_is_removed_closes_the_stack_and_loses_nothing(reader: Reader) -> None:
    lesion = reader.session.lesions[1].lesion
    row, column = lesion.outline.start_kji[1], (lesion.outline.start_kji[2] + lesion.outline.stop_kji[2]) / 2
    reader.key(Qt.Key.Key_2)
    reader.drag([reader.place((lesion.measurements.long_axis_slice, row - up, column)) for up in (1, 3, 5)])
    reader.viewer.layers.remove("lesions")
    reader.pause()
    assert reader.panel.controller.session is None
    assert len(reader.ask("SELECT 1 FROM lesion_revisions WHERE made_by IS NOT NULL")) == 1
    reader.key(Qt.Key.Key_PageDown)
    reader.wait(lambda: reader.panel.controller.session is not None)
    assert len(reader.viewer.layers) == 2  # and nothing of the stack before


def test_the_name_is_asked_once(
    make_napari_viewer: Callable[..., object], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: asked.append(1) or ("C. Reader", True))
    reader = Reader(make_napari_viewer(show=True))
    reader.panel.controller.reader = ""
    reader.open(folder, "")
    reader.key(Qt.Key.Key_A)
    reader.key(Qt.Key.Key_Down)
    reader.key(Qt.Key.Key_A)
    assert asked == [1]
    assert reader.ask("SELECT DISTINCT reader FROM current_lesions WHERE reader IS NOT NULL") == [("C. Reader",)]
    reader.forget()


def test_bone_is_shown_and_taken_over(reader: Reader) -> None:
    reader.key(Qt.Key.Key_F10)
    reader.wait(lambda: "bone" in reader.viewer.layers)
    layer = reader.viewer.layers["bone"]
    assert not layer.editable
    k = round(reader.session.display.to_index_kji(reader.viewer.dims.point)[0])
    reader.viewer.reset_view()
    pieces = np.zeros(reader.session.display.shape_kji, dtype=np.uint16)
    reader.session.display.shown(pieces)[:] = layer.data
    place = np.argwhere(pieces[k])[0]
    reader.click(reader.place((k, *place)))
    reader.key(Qt.Key.Key_T)
    reader.wait(lambda: len(reader.session.lesions) == 8)
    assert reader.ask(
        f"SELECT status, tissue, algorithm_type FROM current_lesions WHERE lesion_number = 8 AND stack_id = {HIPS}"
    ) == [("accepted", "calcified_mass", "semiautomatic")]


def test_a_stack_whose_images_are_gone_is_said_and_the_others_go_on(
    make_napari_viewer: Callable[..., object], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(folder / "private" / "calcimeasure.db")) as connection, connection:
        connection.execute("UPDATE files SET path = path || '.gone' WHERE stack_id = ?", (HIPS,))
    reader = Reader(make_napari_viewer(show=True))
    reader.panel.open_desk(Desk(folder, quiet), "A. Reader")
    reader.wait(lambda: "Loading" not in reader.panel.worklist.progress.text())
    assert reader.panel.controller.session is None
    assert "no longer there" in capsys.readouterr().out
    reader.key(Qt.Key.Key_PageDown)
    reader.wait(lambda: reader.panel.controller.session is not None)
    assert reader.session.stack_id == FILM
    reader.forget()


def test_an_image_that_was_opened_by_hand_is_measured_reviewed_and_kept_and_no_other_is(
    make_napari_viewer: Callable[..., object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    viewer = make_napari_viewer(show=True)
    foreign = viewer.add_image(np.full((4, 20, 20), 900, dtype=np.int16), name="foreign")
    reader = Reader(viewer)
    reader.panel.controller.by_hand.measure_open()
    assert "has no geometry" in capsys.readouterr().out
    assert reader.panel.controller.desk is None
    (layer,) = viewer.open_sample("calcimeasure", "hand")
    reader.panel.controller.reader = "D. Reader"
    reader.panel.controller.by_hand.measure_open()
    reader.wait(lambda: reader.panel.controller.session is not None)
    reader.key(Qt.Key.Key_A)
    reader.panel.controller.by_hand.save_as(tmp_path / "kept")
    reader.folder = tmp_path / "kept"
    reader.key(Qt.Key.Key_Down)
    reader.key(Qt.Key.Key_X)
    assert [status for _, status in reader.ask(STATE.format(1))] == ["accepted", "rejected"]
    reader.panel.close_review()
    assert list(viewer.layers) == [foreign, layer]
    assert [row["status"] for row in reader.rows()] == ["accepted"]
    reader.forget()


def test_a_radiograph_is_outlined_by_a_click_calibrated_undone_and_accepted(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader.key(Qt.Key.Key_G)  # on CT, and left with its stack
    assert reader.viewer.canvas.overlays["calcimeasure_hint"].visible
    reader.key(Qt.Key.Key_PageDown)
    reader.wait(lambda: reader.panel.controller.session is not None and reader.session.stack_id == FILM)
    proposed = len(reader.session.lesions)
    there = int(reader.session.labels[MASS])
    assert there > 0
    reader.click_row(there)
    assert reader.session.selected == there
    reader.key(Qt.Key.Key_X)

    reader.viewer.reset_view()
    reader.key(Qt.Key.Key_G)
    reader.click(reader.place(MASS))
    reader.wait(lambda: reader.session.next_number > proposed + 1)
    reader.wait(lambda: not reader.session.needs_anatomy)  # side and site are known before it is accepted
    reader.settle()
    reader.key(Qt.Key.Key_A)
    rows = (
        "SELECT status, algorithm_type, spacing_source, laterality, column_spacing_mm, long_axis_mm "
        f"FROM current_lesions WHERE stack_id = {FILM} ORDER BY lesion_number"
    )
    *others, grown = reader.ask(rows)
    assert grown[:5] == ("accepted", "semiautomatic", "magnification_corrected", "right", 0.5)
    image, settings = reader.session.image, reader.session.settings
    expected = measure_on_radiograph(image, grow_on_radiograph(image, MASS[1:], settings), settings)
    assert grown[5] == pytest.approx(expected.long_axis_mm, rel=0.05)
    assert [row[0] for row in others] == ["rejected" if n == there else "proposed" for n in range(1, proposed + 1)]

    asked: list[str] = []
    monkeypatch.setattr(QInputDialog, "getDouble", lambda *words: asked.append(words[2]) or (40.0, True))
    reader.key(Qt.Key.Key_K)
    menu = next(one for one in reader.panel.findChildren(QMenu) if one.isVisible())
    QTest.keyClick(menu, Qt.Key.Key_L)
    reader.pause()
    reader.viewer.reset_view()
    for end in ((0, 150, 60), (0, 150, 160)):
        reader.click(reader.place(end))
    assert len(asked) == 1
    assert "known length" not in reader.viewer.layers
    calibrated = reader.ask(rows)
    assert [row[2] for row in calibrated] == ["reader"] * (proposed + 1)
    # 100 pixels, clicked on a canvas that shows three of its own for one of them.
    assert [row[4] for row in calibrated] == [pytest.approx(0.4, rel=0.01)] * (proposed + 1)
    assert [float(one) for one in reader.viewer.layers["lesions"].scale[1:]] == [pytest.approx(0.4, rel=0.01)] * 2
    reader.key(Qt.Key.Key_Z, CTRL)
    assert [row[2] for row in reader.ask(rows)] == ["magnification_corrected"] * (proposed + 1)
    reader.key(Qt.Key.Key_Z, CTRL | SHIFT)
    assert reader.ask(rows) == calibrated

    reader.close()
    (written,) = [row for row in reader.rows() if row["algorithm_type"] == "semiautomatic"]
    assert (written["modality"], written["status"], written["spacing_source"]) == ("DX", "accepted", "reader")
    assert float(written["long_axis_mm"]) == pytest.approx(calibrated[-1][5], abs=0.06)

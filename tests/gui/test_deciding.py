"""Decisions that a table would lose, or that evidence speaks against, by mouse and keys on the real window."""

import csv
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QInputDialog

from calcimeasure.model import Lesion, Status, Tissue
from calcimeasure.review import Desk
from napari_calcimeasure.panel.lines import DoubtLine, ReaderLine
from tests.gui.small import MASS, on_the_right, small_folder
from tests.gui.window import CTRL, SHIFT, Reader
from tests.review.test_desk import quiet, review

LESIONS = "SELECT lesion_number, status, tissue FROM current_lesions WHERE stack_id = {} ORDER BY lesion_number"
PLACES = "SELECT lesion_number, status, laterality FROM current_lesions WHERE stack_id = {} ORDER BY lesion_number"


def large_one_placed(lesion: Lesion) -> Lesion:
    placed = on_the_right(lesion)
    return placed if lesion.number == 1 else replace(placed, side=None)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stack with a lesion that may be a mass and one that is bone; a stack with a mass of unknown side."""
    stacks = [(Tissue.UNKNOWN, Tissue.BONE), (MASS, MASS)]
    return small_folder(tmp_path_factory.mktemp("measured"), stacks, large_one_placed)


@pytest.fixture
def reader(make_napari_viewer: Callable[..., object], measured: Path, tmp_path: Path) -> Iterator[Reader]:
    folder = Path(shutil.copytree(measured, tmp_path / "out"))
    reader = Reader(make_napari_viewer(show=True))
    reader.open(folder)
    yield reader
    reader.forget()


def doubt(reader: Reader) -> str:
    (line,) = reader.panel.findChildren(DoubtLine)
    return line.text() if line.isVisible() else ""


def test_what_is_accepted_is_in_the_table_and_bone_is_not_accepted(
    reader: Reader, capsys: pytest.CaptureFixture[str]
) -> None:
    key = reader.key
    key(Qt.Key.Key_A)
    assert reader.ask(LESIONS.format(1))[0] == (1, "accepted", "calcified_mass")
    assert "now it is a calcified mass" in capsys.readouterr().out
    key(Qt.Key.Key_Z, CTRL)
    assert reader.ask(LESIONS.format(1))[0] == (1, "proposed", "unknown")  # one step
    key(Qt.Key.Key_A)

    key(Qt.Key.Key_Down)
    key(Qt.Key.Key_A)
    assert reader.ask(LESIONS.format(1))[1] == (2, "proposed", "bone")
    assert "T makes it a calcified mass and accepts it, X rejects it" in capsys.readouterr().out
    key(Qt.Key.Key_Up)
    key(Qt.Key.Key_B)
    assert reader.ask(LESIONS.format(1))[0] == (1, "proposed", "bone")
    assert "no table of masses has it" in capsys.readouterr().out
    key(Qt.Key.Key_T)
    reader.close()
    assert [(row["lesion_number"], row["status"]) for row in reader.rows() if row["status"] != "proposed"] == [
        ("1", "accepted")
    ]
    with (reader.folder / "studies.csv").open(encoding="utf-8", newline="") as file:
        assert sorted((row["masses"], row["review_state"]) for row in csv.DictReader(file)) == [
            ("1", "done"),
            ("2", "none"),
        ]


def test_a_side_against_strong_evidence_and_an_unknown_side_need_the_same_key_again(reader: Reader) -> None:
    key = reader.key
    key(Qt.Key.Key_PageDown)
    reader.wait(lambda: reader.panel.controller.session is not None and reader.session.stack_id == 2)
    before = reader.ask(PLACES.format(2))
    key(Qt.Key.Key_L)
    assert doubt(reader) == "Lesion 1: it lies 146 mm right of the midline. The same key again keeps it."
    key(Qt.Key.Key_F2)  # another key: the doubt is forgotten
    assert not doubt(reader)
    key(Qt.Key.Key_L)
    reader.press_button("Right  R")  # what the evidence says needs no second press
    assert not doubt(reader)
    key(Qt.Key.Key_L)
    assert reader.ask(PLACES.format(2)) == before
    key(Qt.Key.Key_L)
    assert not doubt(reader)
    assert reader.ask(PLACES.format(2))[0] == (1, "proposed", "left")
    key(Qt.Key.Key_A)

    key(Qt.Key.Key_Down)
    key(Qt.Key.Key_A)
    key(Qt.Key.Key_A, CTRL)
    assert doubt(reader) == "Lesions with unknown side or site: 2. The same key again keeps it."
    key(Qt.Key.Key_A)
    assert doubt(reader) == "Lesion 2: unknown: side (R, L, M). The same key again keeps it."
    assert reader.ask(PLACES.format(2)) == [(1, "accepted", "left"), (2, "proposed", None)]
    key(Qt.Key.Key_A)
    assert [row[1] for row in reader.ask(PLACES.format(2))] == ["accepted", "accepted"]


def test_a_doubt_is_about_the_lesion_that_it_was_asked_about(reader: Reader) -> None:
    reader.key(Qt.Key.Key_PageDown)
    reader.wait(lambda: reader.panel.controller.session is not None and reader.session.stack_id == 2)
    reader.key(Qt.Key.Key_Down)
    reader.key(Qt.Key.Key_A)
    assert doubt(reader).startswith("Lesion 2: ")
    reader.panel.controller.screen.go_to_slice(5)
    reader.viewer.reset_view()
    reader.pause()
    reader.click(reader.place((5, 16, 15)))
    assert reader.session.selected == 1
    assert not doubt(reader)
    reader.click_row(2)
    reader.key(Qt.Key.Key_A)
    assert doubt(reader).startswith("Lesion 2: ")
    assert reader.ask(PLACES.format(2))[1][1] == "proposed"


def test_nobody_is_asked_for_a_name_while_drawing(
    make_napari_viewer: Callable[..., object], measured: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: asked.append("") or ("A. Reader", True))
    reader = Reader(make_napari_viewer(show=True))
    reader.open(Path(shutil.copytree(measured, tmp_path / "out")), "")
    controller = reader.panel.controller
    reader.key(Qt.Key.Key_N)
    reader.drag([reader.place((5, 30, 8 + right)) for right in (0, 2, 4)])
    reader.settle()
    options = SimpleNamespace(keep_after_s=0.0, reader="", mouse="reading", window="Calcium")
    monkeypatch.setattr(controller, "options", options)
    controller._clock.setInterval(20)
    reader.pause(0.3)
    assert not asked
    assert reader.session.drafts
    reader.key(Qt.Key.Key_Up)  # leaves what was drawn
    assert asked == [""]
    assert not reader.session.drafts
    reader.forget()


def test_what_is_drawn_is_proposed_until_it_is_accepted(reader: Reader) -> None:
    number = reader.session.next_number
    reader.key(Qt.Key.Key_N)
    reader.drag([reader.place((5, 30, 8 + right)) for right in (0, 2, 4)])
    reader.settle()
    reader.key(Qt.Key.Key_Up)
    assert reader.ask(LESIONS.format(1))[number - 1] == (number, "proposed", None)


def test_who_reads_is_on_the_screen_and_a_name_of_an_earlier_day_is_only_suggested(
    make_napari_viewer: Callable[..., object], measured: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    suggested: list[str] = []

    def get_text(_: object, __: str, ___: str, ____: object, text: str) -> tuple[str, bool]:
        suggested.append(text)
        return f"Reader {len(suggested)}", True

    monkeypatch.setattr(QInputDialog, "getText", get_text)
    reader = Reader(make_napari_viewer(show=True))
    reader.panel.controller.options.reader = "Somebody of yesterday"
    reader.open(Path(shutil.copytree(measured, tmp_path / "out")), "")
    (line,) = reader.panel.window().findChildren(ReaderLine)
    assert line.isVisible()
    assert line.text() == "Reader: nobody yet"
    reader.key(Qt.Key.Key_A)
    assert suggested == ["Somebody of yesterday"]
    assert line.text() == "Reader: Reader 1"
    reader.press_button("Reader…")
    reader.key(Qt.Key.Key_X)
    assert line.text() == "Reader: Reader 2"
    signed = "SELECT made_by, status FROM lesion_revisions WHERE made_by IS NOT NULL ORDER BY revision_number"
    assert reader.ask(signed) == [("Reader 1", "accepted"), ("Reader 2", "rejected")]
    reader.forget()


def test_undo_goes_to_what_it_changes_and_says_what_it_was(reader: Reader, capsys: pytest.CaptureFixture[str]) -> None:
    key = reader.key
    key(Qt.Key.Key_Z, CTRL)
    assert "Nothing to undo." in capsys.readouterr().out
    key(Qt.Key.Key_A)
    key(Qt.Key.Key_Down)
    key(Qt.Key.Key_Z, CTRL)
    assert reader.session.selected == 1
    assert "Undone: lesion 1, accepted as calcified_mass." in capsys.readouterr().out
    key(Qt.Key.Key_Z, CTRL | SHIFT)
    assert "Done again: lesion 1, accepted as calcified_mass." in capsys.readouterr().out
    assert reader.ask(LESIONS.format(1))[0][1] == "accepted"

    key(Qt.Key.Key_N)
    k = reader.panel.controller.screen.slice_k
    reader.drag([reader.place((k, 30, 8 + right)) for right in (0, 2, 4)])
    reader.pause(0.2)
    reader.click_row(reader.session.next_number - 1)
    assert reader.panel.evidence.text()
    for _ in range(3):
        key(Qt.Key.Key_Right)
    assert reader.panel.controller.screen.slice_k != k
    capsys.readouterr()
    key(Qt.Key.Key_Z, CTRL)
    assert reader.panel.controller.screen.slice_k == k
    assert ", drawing." in capsys.readouterr().out
    assert not reader.session.drafts
    assert reader.panel.evidence.text() == ""


def test_the_name_of_a_patient_does_not_stay_over_other_images(reader: Reader) -> None:
    overlays = reader.viewer.canvas.overlays
    assert "SMALL-1" in overlays["calcimeasure_facts"].text
    reader.viewer.layers.remove("lesions")
    reader.pause()
    assert not [name for name in overlays if name.startswith("calcimeasure_") and overlays[name].visible]
    reader.key(Qt.Key.Key_PageDown)
    reader.wait(lambda: reader.panel.controller.session is not None)
    assert overlays["calcimeasure_facts"].visible
    assert "SMALL-2" in overlays["calcimeasure_facts"].text


def test_a_conflict_asks_beside_the_lesion_with_three_named_buttons(reader: Reader) -> None:
    def reject(number: int) -> None:
        other = Desk(reader.folder, quiet)
        review(other, 1).decide(number, Status.REJECTED)
        other.close()

    reject(1)
    lesion = reader.canvas.mapToGlobal(reader.place((5.5, 15.5, 14.5)))
    for button, status in (("Leave it open", "rejected"), ("Keep theirs", "rejected")):
        asked = reader.answer(button)
        reader.key(Qt.Key.Key_A)
        assert [one.buttons for one in asked] == [["Put mine on top", "Keep theirs", "Leave it open"]]
        assert "rejected" in asked[0].words
        assert "A. Reader" in asked[0].words
        assert (asked[0].at - lesion).manhattanLength() < 100
        assert reader.ask(LESIONS.format(1))[0][1] == status
    reader.key(Qt.Key.Key_A)  # theirs is known now
    assert reader.ask(LESIONS.format(1))[0][1] == "accepted"
    reject(1)
    reader.answer("Put mine on top")
    reader.key(Qt.Key.Key_R)
    assert reader.ask(PLACES.format(1))[0] == (1, "rejected", "right")

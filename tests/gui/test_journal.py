"""A program that is killed while a reader paints: nothing older than two seconds is lost, on the real window."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from calcimeasure.review import LeftBehind
from tests.gui.small import TWO_MASSES, small_folder
from tests.gui.window import NO_KEY, Reader


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_folder(tmp_path_factory.mktemp("measured"), [TWO_MASSES, TWO_MASSES])


@pytest.fixture
def reader(make_napari_viewer: Callable[..., object], measured: Path, tmp_path: Path) -> Iterator[Reader]:
    folder = Path(shutil.copytree(measured, tmp_path / "out"))
    reader = Reader(make_napari_viewer(show=True))
    reader.open(folder)
    yield reader
    reader.forget()


def as_a_kill_leaves_it(folder: Path, copy: Path) -> Path:
    """Copy a folder that is written to: a temporary file of a table may be renamed or gone before its turn comes."""

    def copy_what_is_there(source: str, target: str) -> None:
        with suppress(FileNotFoundError):
            shutil.copy2(source, target)

    return Path(shutil.copytree(folder, copy, copy_function=copy_what_is_there))


def test_what_was_painted_before_a_kill_is_there_at_the_next_start_and_so_is_the_place(
    reader: Reader, tmp_path: Path, make_napari_viewer: Callable[..., object], capsys: pytest.CaptureFixture[str]
) -> None:
    reader.key(Qt.Key.Key_PageDown)
    reader.wait(lambda: reader.panel.controller.stacks.shown == 2)
    reader.key(Qt.Key.Key_Down)
    assert reader.session.selected == 2
    selected_at = time.monotonic()
    reader.key(Qt.Key.Key_2)
    k = reader.panel.controller.screen.slice_k
    # A long stroke: the button stays down, and the folder is copied as a kill leaves it.
    QTest.mousePress(reader.canvas, Qt.MouseButton.LeftButton, NO_KEY, reader.place((k, 30, 33)))
    left, painted = [], []
    for n in range(10):
        begun = time.monotonic()
        while time.monotonic() - begun < 0.3:
            place = (k, 20 + n, 33 + 3 * np.sin(40 * time.monotonic()))
            QTest.mouseMove(reader.canvas, reader.place(place))
            reader.pause(0.02)
        painted.append((time.monotonic(), int(np.count_nonzero(reader.session.labels == 2))))
        left.append((time.monotonic(), as_a_kill_leaves_it(reader.folder, tmp_path / f"killed {n}")))
    QTest.mouseRelease(reader.canvas, Qt.MouseButton.LeftButton, NO_KEY, reader.place((k, 30, 33)))
    reader.close()
    # The journal is two seconds late at most: before that it may know the place before the last step.
    old_enough_for_the_place = [(at, folder) for at, folder in left if at - selected_at >= 2.0]
    assert len(old_enough_for_the_place) >= 2
    # The lock of a copy is held by nobody, like that of a process that was killed.
    for at, folder in old_enough_for_the_place:
        found = LeftBehind.newest(folder / "private")
        assert found is not None
        assert (found.place.stack_id, found.place.selected) == (2, 2)
        old_enough = [count for when, count in painted if when <= at - 2.0]
        kept = sum(0 if one.outline is None else one.outline.voxel_count for one in found.place.unsaved)
        assert kept >= max(old_enough, default=0)

    again = Reader(make_napari_viewer(show=True))
    capsys.readouterr()
    again.open(left[-1][1])
    again.wait(lambda: again.panel.controller.stacks.shown == 2)
    said = capsys.readouterr().out
    assert "goes on where you were" in said
    assert "not yet kept is back: lesion 2" in said
    assert again.session.selected == 2
    assert 2 in again.session.drafts
    again.settle()
    again.close()
    assert again.ask("SELECT count(*) FROM current_lesions WHERE stack_id = 2 AND reader = 'A. Reader'") == [(1,)]
    assert list((again.folder / "private" / "journal").iterdir()) == []
    again.forget()


def test_a_journal_that_is_left_behind_gets_nothing_of_the_next_review(
    reader: Reader, measured: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journals = reader.folder / "private" / "journal"
    reader.wait(lambda: list(journals.glob("*.json")))
    # Something cannot be saved, and the window closes all the same.
    monkeypatch.setattr(reader.panel.controller, "keep_everything", lambda: False)
    reader.panel.close_review()
    monkeypatch.undo()
    left = LeftBehind.newest(reader.folder / "private")
    assert left is not None
    before = left.file.read_bytes()

    reader.open(Path(shutil.copytree(measured, tmp_path / "another")))
    reader.key(Qt.Key.Key_PageDown)
    reader.wait(lambda: reader.panel.controller.stacks.shown == 2)
    reader.wait(lambda: list((reader.folder / "private" / "journal").glob("*.json")))
    reader.pause(1.2)  # longer than from one entry to the next
    assert left.file.read_bytes() == before

"""Links with the earlier date on the real window: by keys and clicks, undone, refused, and read by follow."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from typer.testing import CliRunner

from calcimeasure.cli import app
from calcimeasure.model import Laterality, Status
from calcimeasure.review import Desk, ReadingWish
from calcimeasure.store import current_links, open_store
from calcimeasure.store.connect import file_url
from tests.gui.two_dates import note_follow, two_dates
from tests.gui.window import NO_KEY, SHIFT, Reader
from tests.review.test_desk import quiet
from tests.review.test_linking import links_between, session_of
from tests.tables import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from calcimeasure.store import LesionLink
    from napari_calcimeasure.panel.prior import Prior


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = two_dates(tmp_path_factory.mktemp("two"))
    note_follow(out)
    return out


@pytest.fixture
def reader(make_napari_viewer: Callable[..., object]) -> Iterator[Reader]:
    reader = Reader(make_napari_viewer(show=True))
    yield reader
    reader.forget()


def begin(reader: Reader, out: Path, wish: ReadingWish | None = None) -> Prior:
    reader.folder = out
    reader.panel.open_desk(Desk(out, quiet, wish=wish or ReadingWish()), "Dr A")
    reader.wait(lambda: reader.panel.controller.session is not None)
    reader.panel.controller.stacks.go_to(2)
    reader.wait(lambda: reader.panel.controller.stacks.shown == 2)
    reader.key(Qt.Key.Key_7)
    prior = reader.panel.controller.prior
    reader.wait(lambda: prior.side is not None)
    reader.pause(0.1)
    return prior


def holding(reader: Reader) -> list[LesionLink]:
    store = reader.panel.controller.desk.store
    return current_links(store.links_between((1, 2)))


def by_reader(reader: Reader) -> list[LesionLink]:
    return [one for one in holding(reader) if one.reader is not None]


def test_what_waits_is_gone_through_linked_undone_and_read_by_follow(
    reader: Reader, followed: Path, tmp_path: Path
) -> None:
    out = Path(shutil.copytree(followed, tmp_path / "out"))
    prior = begin(reader, out)
    links = reader.panel.controller.prior_links
    assert "Waiting for a link: 2 (proposed as new), earlier 2 (proposed as gone)." in prior.dock.words
    assert prior.dock.view.words == {1: "1 (now 1)", 2: "2"}
    reader.key(Qt.Key.Key_O, SHIFT)
    assert reader.session.selected == 2
    reader.key(Qt.Key.Key_J, SHIFT)  # no lesion of the earlier date is chosen
    assert by_reader(reader) == []
    reader.key(Qt.Key.Key_O, SHIFT)
    assert links.picked == 2
    assert reader.session.selected == 2, "the lesion in hand stays"
    assert 2 in [one.number for one in prior.dock.view.plane.outlines], "its slice is shown"
    middle = prior.dock.view.place_of(*prior.side.middle_of(2)[1:])
    assert abs(middle.x() - prior.dock.view.width() / 2) < 2, "in the middle"
    reader.key(Qt.Key.Key_J, SHIFT)
    (linked,) = by_reader(reader)
    assert (linked.state, linked.reader, linked.is_withdrawn) == ("matched", "Dr A", False)
    assert "Lesion 2: matched with lesion 2 of the earlier date (by a reader)." in prior.dock.words
    assert "Nothing waits for a link here." in prior.dock.words
    reader.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert by_reader(reader) == []
    assert "Waiting for a link" in prior.dock.words
    reader.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | SHIFT)
    assert len(by_reader(reader)) == 1
    reader.panel.close_review()
    done = CliRunner().invoke(app, ["follow", str(out)])
    assert done.exit_code == 0, done.output
    assert [row["state"] for row in read(out / "changes.csv") if row["source"] == "reader"] == ["matched"]


def test_a_click_chooses_a_lesion_of_the_earlier_date_and_keys_take_links_back(
    reader: Reader, followed: Path, tmp_path: Path
) -> None:
    prior = begin(reader, Path(shutil.copytree(followed, tmp_path / "out")))
    links, view = reader.panel.controller.prior_links, prior.dock.view
    reader.click_row(1)
    reader.pause(0.1)
    middle = view.place_of(*prior.side.middle_of(1)[1:])
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, NO_KEY, QPoint(round(middle.x()), round(middle.y())))
    assert links.picked == 1
    reader.key(Qt.Key.Key_X, SHIFT)  # the program had matched them
    assert [(one.prior, one.state) for one in by_reader(reader)] == [(None, "undecided")]
    assert view.words == {1: "1", 2: "2"}
    reader.key(Qt.Key.Key_Down, SHIFT)
    assert links.picked == 2
    reader.key(Qt.Key.Key_V, SHIFT)
    assert {(one.prior is None, one.state) for one in by_reader(reader)} == {(True, "undecided"), (False, "gone")}
    assert reader.session.lesions[1].lesion.status is Status.PROPOSED, "X with Shift rejects nothing"
    # Left is never linked with right.
    reader.session.set_side(2, Laterality.LEFT)
    reader.click_row(2)
    before, said = by_reader(reader), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("napari_calcimeasure.panel.controller.show_error", said.append)
        reader.key(Qt.Key.Key_J, SHIFT)
    assert by_reader(reader) == before
    assert "a mass on the left is never linked with one on the right" in said[0]


def test_another_reading_shows_the_image_and_no_link(reader: Reader, followed: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(followed, tmp_path / "out"))
    clinical = Desk(out, quiet)
    session = session_of(clinical, "Dr First")
    links_between(clinical, session).join(2, 2)
    clinical.close()
    prior = begin(reader, out, ReadingWish("two", "Dr A"))
    said = prior.dock.words
    assert "Links are kept in the clinical reading alone" in said
    for word in ("First", "matched", "Waiting", "proposed"):
        assert word not in said
    assert prior.dock.view.words == {1: "1", 2: "2"}
    reader.key(Qt.Key.Key_Down, SHIFT)
    reader.key(Qt.Key.Key_J, SHIFT)
    reader.key(Qt.Key.Key_O, SHIFT)
    reader.panel.close_review()
    with open_store(file_url(out / "private" / "calcimeasure.db")) as store:
        assert [one.reader for one in store.links_between((1, 2)) if one.reader] == ["Dr First"]

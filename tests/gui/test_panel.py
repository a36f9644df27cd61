"""The panel shows every action of the table, and the sheet of keys opens by its key."""

from collections.abc import Callable, Iterator

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QCheckBox, QLabel, QMenu, QPushButton

from napari_calcimeasure.actions import ACTIONS, Group, Shown, actions_of
from napari_calcimeasure.panel.drawer import Drawer
from napari_calcimeasure.panel.sheet import KeySheet
from tests.gui.window import Reader


@pytest.fixture
def reader(make_napari_viewer: Callable[..., object]) -> Iterator[Reader]:
    reader = Reader(make_napari_viewer(show=True))
    yield reader
    reader.forget()


def test_every_action_has_its_button_or_its_box_with_words_and_key(reader: Reader) -> None:
    window = reader.panel.window()
    for kind, places in ((QPushButton, (Shown.BUTTON, Shown.HEADER)), (QCheckBox, (Shown.CHECK_BOX,))):
        widgets = [
            one
            for part in (reader.panel, reader.panel.header, window.findChild(Drawer))
            for one in part.findChildren(kind)
            if one.text()
        ]
        found = {(one.text(), one.toolTip()) for one in widgets}
        with_key = kind is QPushButton
        assert found == {
            (
                f"{one.text}  {one.label}" if one.keys and with_key else one.text,
                f"{one.words} ({one.label})" if one.keys else one.words,
            )
            for one in ACTIONS
            if one.shown in places
        }
        assert {one.focusPolicy() for one in widgets} == {Qt.FocusPolicy.NoFocus}


def test_menus_show_their_group(reader: Reader) -> None:
    widgets = reader.panel.controller.widgets
    for box, name, group in (
        (widgets.decide, "choose site", Group.SITE),
        (widgets.decide, "choose morphology", Group.MORPHOLOGY),
        (widgets.draw, "calibrate", Group.CALIBRATE),
    ):
        box.show_menu(name, group)
        menu = box.findChildren(QMenu)[-1]
        lines = [one.text() for one in menu.actions()]
        assert len(lines) == len(actions_of(group)) > 2
        for line, action in zip(lines, actions_of(group), strict=True):
            assert line.startswith("&")
            assert action.text in line.replace("&", "")
            assert action.label in line
        menu.close()


def test_the_sheet_of_keys_opens_by_its_key_and_takes_none_from_the_viewer(reader: Reader) -> None:
    window = reader.panel.window()
    window.activateWindow()  # Qt gives shortcuts to the active window alone
    reader.wait(window.isActiveWindow)
    reader.key(Qt.Key.Key_Question)  # as it comes from the keyboard, where Shift makes it
    (sheet,) = reader.panel.findChildren(KeySheet)
    assert sheet.isVisible()
    assert not sheet.isModal()
    text = "".join(label.text() for label in sheet.findChildren(QLabel))
    assert text.count("<b>") == sum(bool(action.keys) for action in ACTIONS)
    # Nothing of it is cut: each column has the height that its words need, and the sheet has room for the columns.
    labels = sheet.findChildren(QLabel)
    assert all(label.height() >= label.heightForWidth(label.width()) for label in labels)
    assert sheet.width() >= sum(label.width() for label in labels)
    assert sheet.height() >= max(label.height() for label in labels)
    reader.panel.close_review()
    assert not sheet.isVisible()


def test_the_window_closes_while_the_sheet_of_keys_is_open(reader: Reader) -> None:
    reader.panel.show_keys()
    reader.close()
    reader.panel.close_review()  # as the command does when the window is gone

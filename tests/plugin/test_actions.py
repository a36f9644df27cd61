"""The table of actions: every key is bound once, and told wherever keys are told."""

import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from html import escape

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.utils.key_bindings import coerce_keybinding

from napari_calcimeasure._keys import CLOSED, OF_THE_WINDOW, bind_layers, bind_viewer, calls_by_key
from napari_calcimeasure.actions import ACTIONS, BY_NAME, Action, Group, Shown, button_rows, keys_table, label_of
from napari_calcimeasure.allowed import COMING, NOT_NOW, State
from napari_calcimeasure.panel.sheet import COLUMNS, sheet_columns

WITH_KEYS = [action for action in ACTIONS if action.keys]
OPEN = State(has_desk=True, has_layers=True, has_stack=True, has_outlines=True, has_lesion=True)


def named(action: Action) -> str:
    return action.name


def test_no_name_and_no_key_stands_twice() -> None:
    assert len(BY_NAME) == len(ACTIONS)
    keys = Counter(coerce_keybinding(key) for action in ACTIONS for key in action.keys if key not in OF_THE_WINDOW)
    assert [str(key) for key, count in keys.items() if count > 1] == []
    assert sum(keys.values()) + len(OF_THE_WINDOW) == sum(len(action.keys) for action in ACTIONS) > 50


def test_every_key_is_bound_on_the_viewer_and_on_the_layers_and_calls_its_action() -> None:
    viewer = ViewerModel()
    layer = viewer.add_labels(np.eye(4, dtype=np.uint8))
    called: list[str] = []
    unbind = bind_viewer(viewer, lambda: (layer,), calls_by_key(called.append))
    bind_layers([layer], calls_by_key(called.append))
    bound = [action for action in WITH_KEYS if action.name != "brush size"]
    for action in bound:
        for key in {*action.keys} - {*OF_THE_WINDOW}:
            called.clear()
            viewer.keymap[coerce_keybinding(key)](viewer)
            layer.keymap[coerce_keybinding(key)](layer)
            assert called == [action.name, action.name]
    assert (
        len(viewer.keymap)
        == len(layer.keymap)
        == sum(len(one.keys) for one in bound) - len(OF_THE_WINDOW) + len(CLOSED)
    )
    unbind()
    assert not viewer.keymap


def test_keys_on_the_viewer_count_while_no_other_layer_is_active() -> None:
    viewer = ViewerModel()
    called: list[str] = []
    bind_viewer(viewer, tuple, calls_by_key(called.append))
    reject = viewer.keymap[coerce_keybinding("X")]
    viewer.add_points([[0, 0]])
    reject(viewer)
    assert called == []
    viewer.layers.selection.active = None
    reject(viewer)
    assert called == ["reject"]


@pytest.mark.parametrize("action", ACTIONS, ids=named)
def test_every_action_calls_one_thing_and_is_shown_somewhere(action: Action) -> None:
    calls = [action.act is not None, action.switch is not None, action.name == "brush size"]
    assert calls.count(True) == 1
    assert (action.switch is not None) == (action.shown is Shown.CHECK_BOX)
    assert action.keys or action.shown is not Shown.SHEET  # else nothing would show it
    assert action.text
    assert action.words
    assert "|" not in action.text + action.words + action.label


def test_keys_are_written_as_on_keyboards() -> None:
    keys = ("Control-Shift-Z", "PageDown", "Delete", "Escape", "A", "[")
    assert [label_of(key) for key in keys] == ["Ctrl+Shift+Z", "PgDn", "Del", "Esc", "A", "["]


def test_a_row_of_buttons_fills_its_grid() -> None:
    for group in Group:
        for row in button_rows(group):
            assert len(row) in (1, 2, 3, 4)


def test_the_table_in_markdown_tells_every_key() -> None:
    head, line, *rows = keys_table().splitlines()
    assert head == "| About | Key | Action | What it does |"
    assert line.count("---") == 4
    told = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert sorted(cells[1] for cells in told) == sorted(
        " ".join(f"`{part}`" for part in action.label.split(" ")) for action in WITH_KEYS
    )
    assert {(cells[2], cells[3]) for cells in told} == {(action.text, action.words) for action in WITH_KEYS}


def test_the_sheet_tells_every_key() -> None:
    columns = sheet_columns()
    assert 1 < len(columns) <= COLUMNS
    text = "".join(columns)
    for action in WITH_KEYS:
        words = action.text if action.group is Group.SITE else action.meaning  # sites in pairs, by their names
        assert re.search(f"<b>{re.escape(escape(action.label))}</b></td><td[^>]*>{re.escape(escape(words))}<", text)
    assert text.count("<b>") == len(WITH_KEYS)


def test_the_table_needs_no_window() -> None:
    code = (
        "import sys; from napari_calcimeasure.actions import keys_table; keys_table(); "
        "sys.exit(len({'napari', 'qtpy', 'PyQt6', 'vispy'} & {*sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""
    assert done.returncode == 0


# When an action is allowed


def allowed_in(state: State) -> set[str]:
    return {action.name for action in ACTIONS if action.refusal(state) is None}


ALWAYS = {
    "recover review",
    "napari",
    "worklist",
    "previous stack",
    "next stack",
    "open results",
    "change reader",
    "measure open",
    "choose site",
    "choose morphology",
    "show bone",
    "show rejected",
    "leave pointing",
    "keys",
    "brush size",
    *(action.name for action in ACTIONS if action.group is Group.CALIBRATE),
}
ON_LAYERS = {"slab", "hide outlines", *(f"window {name}" for name in ("Bone", "Soft tissue", "Calcium", "Full"))}


def test_without_a_review_nothing_is_decided_drawn_or_saved() -> None:
    assert allowed_in(State()) == ALWAYS
    assert allowed_in(State(has_desk=True)) == ALWAYS | {"save review"}


def test_layers_of_a_stack_that_was_closed_can_be_looked_at() -> None:
    assert allowed_in(State(has_layers=True)) == ALWAYS | ON_LAYERS


def test_on_ct_everything_is_allowed_but_what_radiographs_need() -> None:
    assert {*BY_NAME} - allowed_in(OPEN) == {"calibrate"}


def test_what_decides_about_a_lesion_needs_one() -> None:
    without = State(has_desk=True, has_layers=True, has_stack=True)
    needs = {
        *("accept", "reject", "undecide", "delete", "divide", "join", "take over", "calibrate"),
        *("divide between points", "unsure", "note", "long axis", "copy picture"),
        *(name for name in BY_NAME if name.startswith(("side ", "tissue ", "site ", "morphology ", "shape "))),
    }
    assert {*BY_NAME} - allowed_in(without) == needs
    assert BY_NAME["accept"].refusal(without) == "Choose a lesion first: click on it, or press the down key."
    assert BY_NAME["take over"].refusal(State(has_stack=True, has_bone=True)) is None


def test_while_a_stack_is_coming_the_reader_can_look_and_go_on_and_nothing_else() -> None:
    coming = replace(OPEN, is_coming=True, is_radiograph=True, has_bone=True)
    assert allowed_in(coming) == ALWAYS | ON_LAYERS | {"save review"}
    assert BY_NAME["accept"].refusal(coming) == BY_NAME["take over"].refusal(coming) == COMING
    assert BY_NAME["divide"].refusal(coming) == BY_NAME["grow"].refusal(coming) == COMING


@pytest.mark.parametrize(
    ("name", "state", "said"),
    [
        ("calibrate", OPEN, "Radiographs are calibrated"),
        ("calibrate", State(has_stack=True, is_radiograph=True), "Outline a mass first"),
        ("save review", State(), "There is no review yet"),
    ],
)
def test_a_refusal_says_what_to_do(name: str, state: State, said: str) -> None:
    assert (BY_NAME[name].refusal(state) or "").startswith(said)


def test_where_there_is_nothing_to_act_on_nothing_is_said() -> None:
    silent = {action.name for action in ACTIONS if action.refusal(State()) == NOT_NOW}
    assert {"accept", "undo", "grow", "window Bone", "plane Axial", "seen"} <= silent

"""What vispy deletes when a layer is removed is deleted in the context of OpenGL of the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtGui import QOpenGLContext
from vispy.gloo.glir import GlirParser

from napari_calcimeasure._programs import mend_deletion
from napari_calcimeasure.panel.canvas import canvas_in

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest
    from pytestqt.qtbot import QtBot


def test_a_removed_layer_is_deleted_in_the_context_of_the_canvas(
    make_napari_viewer: Callable[..., Any], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer = make_napari_viewer(show=True)
    layer = viewer.add_image(np.zeros((20, 20), dtype=np.int16))
    qtbot.wait(200)  # a frame: after it, the context in which Qt puts its windows together is current
    mend_deletion()
    canvas = canvas_in(viewer.window._qt_window)
    assert canvas is not None
    deleted_in: list[QOpenGLContext | None] = []
    parse = GlirParser.parse

    def watched(parser: GlirParser, commands: list[tuple[Any, ...]]) -> None:
        if any(command[0] == "DELETE" for command in commands):
            deleted_in.append(QOpenGLContext.currentContext())
        parse(parser, commands)

    monkeypatch.setattr(GlirParser, "parse", watched)
    viewer.layers.remove(layer)
    assert deleted_in
    assert all(context == canvas.context() for context in deleted_in)

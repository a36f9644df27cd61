"""Two faults of vispy (0.17 has them), on which napari draws: each ended the program, and is closed here. No Qt.

vispy remembers the number of the program of OpenGL that is in use, and still does so when it has deleted that program.
OpenGL gives the number to the next program, which vispy then takes for the one in use. The next frame is drawn by a
program that is gone: a segmentation fault. It came when the round cursor of the brush was removed with its layer.

When a layer is removed, napari lets vispy delete what belongs to it at once (`GLContext.finish`), outside of drawing.
vispy deletes it in the context of OpenGL that is current at that moment: after a frame this is the one in which Qt puts
its windows together, not the one of the canvas. The next frame could end in a segmentation fault.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from vispy.gloo.context import GLContext
from vispy.gloo.glir import GlirProgram

_delete = GlirProgram.delete
_finish = GLContext.finish


def mend_deletion() -> None:
    """Let vispy put a program of OpenGL out of use before it is deleted, and delete in the context of the canvas."""
    GlirProgram.delete = _release_and_delete
    GLContext.finish = _finish_in_own_context


def _release_and_delete(program: Any) -> None:  # noqa: ANN401 - vispy has no types
    program.deactivate()
    _delete(program)


def _finish_in_own_context(context: Any) -> None:  # noqa: ANN401 - vispy has no types
    with suppress(RuntimeError):  # the canvas is gone
        context.shared.ref._vispy_set_current()
    _finish(context)

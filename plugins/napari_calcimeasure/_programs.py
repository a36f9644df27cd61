"""A fault of vispy (0.17 has it), on which napari draws: it ended the program, and is closed here. No Qt.

vispy remembers the number of the program of OpenGL that is in use, and still does so when it has deleted that program.
OpenGL gives the number to the next program, which vispy then takes for the one in use. The next frame is drawn by a
program that is gone: a segmentation fault. It came when the round cursor of the brush was removed with its layer.
"""

from __future__ import annotations

from typing import Any

from vispy.gloo.glir import GlirProgram

_as_it_was = GlirProgram.delete


def release_programs_before_deletion() -> None:
    """Let vispy put a program of OpenGL out of use before it is deleted."""
    GlirProgram.delete = _release_and_delete


def _release_and_delete(program: Any) -> None:  # noqa: ANN401 - vispy has no types
    program.deactivate()
    _as_it_was(program)

"""The application that `calcimeasure review DIR` starts: napari with the worklist of a folder."""

from __future__ import annotations

import gc
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from typing import TYPE_CHECKING

from calcimeasure.review import Desk, ReadingWish, first_open, open_stack

if TYPE_CHECKING:
    from pathlib import Path

if find_spec("napari") is None:
    # `main` imports napari late. A package without the extra `gui` has to say so before a folder is opened.
    raise ModuleNotFoundError("No module named 'napari'", name="napari")


def main(folder: Path, wish: ReadingWish = ReadingWish()) -> None:  # noqa: B008 - it is frozen
    """Open a folder of results for review, and return when the window is closed.

    Parameters
    ----------
    folder
        DIR of `calcimeasure measure`.
    wish
        Who reads, which is asked for once if not given, and which reading.

    Raises
    ------
    UsageError
        The folder is not a folder of results, or its store cannot be opened.
    ReviewError
        The reading cannot be begun or continued as it is asked for.
    """
    # The folder is opened before any window, so that its errors are printed on the command line.
    desk = Desk(folder, lambda line: print(line, file=sys.stderr), wish=wish)  # noqa: T201 - the command line
    first = first_open(desk.tasks)
    with ThreadPoolExecutor(1) as meanwhile:
        # The first stack is loaded while the window opens: each takes seconds.
        loads = [] if first is None else [meanwhile.submit(open_stack, desk.store, desk.settings, first.stack_id)]
        try:
            # A window has a million permanent objects. The garbage collection of Python takes 0.3 s for them each time
            # and would interrupt a stroke. So it is off while the window opens, and the objects are then excluded from
            # it.
            gc.disable()
            import napari

            viewer = napari.Viewer(title="calcimeasure review")
            _, panel = viewer.window.add_plugin_dock_widget("calcimeasure", "Review")
            panel.controller.room.fold()
            panel.window().showMaximized()
            gc.freeze()
            gc.enable()
            # The future is removed from the list: otherwise it would keep the first stack (300 MB and more) in memory.
            panel.open_desk(desk, wish.reader, (lambda: loads.pop().result()) if loads else None)
            napari.run()
            panel.close_review()
        finally:
            gc.enable()
            desk.close()

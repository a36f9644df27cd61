"""Take the pictures of the review window that README and documentation show, from the samples as they were measured.

``xvfb-run -s "-screen 0 1920x1080x24" python -m tests.gui.pictures results`` writes them to docs/images; `results` is
what `make demo` makes.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import napari
import numpy as np
from PIL import Image
from qtpy.QtCore import Qt

from napari_calcimeasure.panel.sheet import KeySheet
from tests.gui.window import Reader

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from qtpy.QtWidgets import QWidget

    from calcimeasure.model import StackFacts

IMAGES = Path(__file__).parents[2] / "docs" / "images"
SIZES = {"": (1280, 800), "-1600": (1600, 1000), "-1920": (1920, 1080)}
GRAYS, COLORS = 96, 150
"""Sizes of the two parts of the palette of a picture: noise in the images would make more of them large files."""

HARDLY_COLORED = 6
"""Up to this difference between its red, green and blue a pixel is gray."""


def main(results: Path) -> None:
    """Take every picture.

    Parameters
    ----------
    results
        Folder of results of the samples; it is not changed.
    """
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(results, Path(folder) / "results")
        reader = Reader(napari.Viewer())
        reader.panel.controller.room.fold()
        reader.open(Path(folder) / "results")
        reader.panel.worklist.show_every_stack()
        for end, size in SIZES.items():
            reader.panel.window().resize(*size)
            reader.pause(0.5)
            _show(reader, lambda stack: stack.modality == "CT" and "Hips" in stack.description, lesion=4)
            _take(reader.panel.window(), f"review{end}")
            _show(reader, lambda stack: stack.modality != "CT", lesion=1)
            _take(reader.panel.window(), f"radiograph{end}")
        reader.panel.window().resize(*SIZES[""])
        reader.key(Qt.Key.Key_A)
        reader.key(Qt.Key.Key_Up)
        reader.pause(0.5)
        _take(reader.panel.window(), "accepted")
        reader.panel.show_keys()
        reader.pause(0.5)
        _take(reader.panel.findChildren(KeySheet)[0], "keys")
        reader.forget()


def _show(reader: Reader, is_wanted: Callable[[StackFacts], bool], lesion: int) -> None:
    desk = reader.panel.controller.desk
    assert desk is not None
    stack_id = next(task.stack_id for task in desk.tasks if is_wanted(task.facts))
    reader.panel.controller.stacks.go_to(stack_id)
    reader.wait(lambda: reader.panel.controller.session is not None and reader.session.stack_id == stack_id)
    reader.panel.controller.deciding.go_to(lesion)
    reader.pause(1.5)  # what belongs to the lesion, and the projection in the corner, come from the background


def _take(widget: QWidget, name: str) -> None:
    image = widget.grab().toImage()
    image = image.convertToFormat(image.Format.Format_RGB888)
    bits = image.constBits()
    if not isinstance(bits, memoryview):  # PyQt6 gives a pointer without a size, PySide6 the memory
        bits.setsize(image.sizeInBytes())
    whole = np.frombuffer(bytes(bits), np.uint8).reshape(image.height(), image.bytesPerLine())
    rgb = whole[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)
    with_palette(rgb).save(IMAGES / f"{name}.png", optimize=True)


def with_palette(rgb: NDArray[np.uint8]) -> Image.Image:
    """Reduce a picture to a palette that keeps the colors of thin lines, and few grays.

    Parameters
    ----------
    rgb
        (rows, columns, 3) picture.
    """
    is_gray = np.ptp(rgb.astype(int), axis=2) <= HARDLY_COLORED
    index = np.rint(rgb.mean(axis=2) * (GRAYS - 1) / 255).astype(np.uint8)
    palette = np.zeros((256, 3), np.uint8)
    palette[:GRAYS] = np.rint(np.linspace(0, 255, GRAYS))[:, None]
    colored = Image.fromarray(np.ascontiguousarray(rgb[~is_gray])[None]).quantize(COLORS, dither=Image.Dither.NONE)
    own = np.array(colored.getpalette(), np.uint8).reshape(-1, 3)
    palette[GRAYS : GRAYS + len(own)] = own
    index[~is_gray] = np.asarray(colored)[0] + GRAYS
    picture = Image.fromarray(index)
    picture.putpalette(palette.tobytes())
    return picture


if __name__ == "__main__":
    main(Path(sys.argv[1]))

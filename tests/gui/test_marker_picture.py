"""The reader sees the side marker that the side of a lesion rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import imagecodecs
import numpy as np
from qtpy.QtGui import QImage

from calcimeasure.review import marker_picture
from tests.gui.window import Reader
from tests.marked_film import marked_film

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def shown(reader: Reader) -> np.ndarray:
    """(rows, columns) gray, as the evidence is drawn on the screen."""
    image = reader.panel.evidence.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    bits = np.frombuffer(image.constBits().asstring(image.sizeInBytes()), dtype=np.uint8)
    return bits.reshape(image.height(), image.bytesPerLine())[:, : image.width()]


def test_the_marker_stands_beside_the_evidence_for_a_side_that_it_gives(
    make_napari_viewer: Callable[..., object], tmp_path: Path
) -> None:
    reader = Reader(make_napari_viewer(show=True))
    reader.open(marked_film(tmp_path))
    reader.click_row(1)
    png = marker_picture(reader.session, 1)
    assert png is not None
    picture = imagecodecs.png_decode(png)
    seen = np.lib.stride_tricks.sliding_window_view(shown(reader), picture.shape)
    # Each row of the picture lies below the other on the screen, at one place.
    away = min(np.abs(row.astype(int) - picture).mean(axis=(1, 2)).min() for row in seen[:, :40])
    assert away < 2
    reader.click_row(2)
    assert marker_picture(reader.session, 2) is None
    assert "<img" not in reader.panel.evidence.text()
    reader.close()

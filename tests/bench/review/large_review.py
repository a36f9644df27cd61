"""Two series of 512 x 512 x 600 with 20 lesions each, and a reader who goes through them against the clock.

Run as a program it does what `calcimeasure review DIR` does, and writes what it took as JSON: a process of its own,
since its start and its memory are measured too.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil

from tests.dicom_phantom import Header, write_series
from tests.phantoms import straight_grid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tests.gui.window import Reader

SHAPE = (600, 512, 512)
SPACING_MM = (0.8, 0.78125, 0.78125)
LESIONS = 20
HALF_MM = (5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 12.0, 14.0, 17.0, 30.0)
"""Of each side, from head to feet; the last one is wider than 5 cm."""


def write_large_series(folder: Path) -> None:
    """Write both series (630 MB) unless they are there."""
    done = folder / "done"
    if done.exists():
        return
    for number in (1, 2):
        header = Header(
            seed=f"large review {number}",
            patient_id=f"BENCH-{number}",
            series_number=number,
            series_description="Large review",
            body_part="PELVIS",
        )
        write_series(folder / f"series{number}", large_volume(number), straight_grid(SHAPE, SPACING_MM), header)
    done.touch()


def large_volume(seed: int) -> NDArray[np.int16]:
    """Paint a body with two femora and twenty ellipsoids of 1 to 6 cm, with noise."""
    rng = np.random.default_rng(seed)
    y_mm, x_mm = ((np.arange(n) - (n - 1) / 2) * SPACING_MM[1] for n in SHAPE[1:])
    z_mm = (np.arange(SHAPE[0]) - (SHAPE[0] - 1) / 2) * SPACING_MM[0]
    slice_hu = np.full(SHAPE[1:], -1000, dtype=np.int16)
    slice_hu[(x_mm[None] / 180) ** 2 + (y_mm[:, None] / 130) ** 2 <= 1] = 45
    for sign in (-1, 1):
        from_axis_mm = np.hypot(x_mm[None] - sign * 80, y_mm[:, None])
        slice_hu[from_axis_mm <= 16] = 1200
        slice_hu[from_axis_mm <= 10] = 60
    hu = np.repeat(slice_hu[None], SHAPE[0], axis=0)
    top_mm = z_mm[0] + 20
    for half_mm in HALF_MM:
        middle_mm = top_mm + half_mm
        top_mm += 2 * half_mm + 12
        for sign in (-1, 1):
            center, axes = (middle_mm, 65.0, sign * 85.0), (half_mm, 0.7 * half_mm, half_mm)
            box = tuple(
                slice(*np.searchsorted(along, (c - a, c + a)))
                for along, c, a in zip((z_mm, y_mm, x_mm), center, axes, strict=True)
            )
            away = [
                ((along[part] - c) / a) ** 2
                for along, part, c, a in zip((z_mm, y_mm, x_mm), box, center, axes, strict=True)
            ]
            hu[box][away[0][:, None, None] + away[1][:, None] + away[2] <= 1] = 700
    for k in range(SHAPE[0]):
        hu[k] += rng.normal(0, 15, SHAPE[1:]).astype(np.int16)
    return hu


def review(folder: str, begun: float) -> dict[str, float]:
    """Start the command in this process, and read as a reader does."""
    import napari

    took: dict[str, float] = {}

    def instead_of_waiting() -> None:
        from qtpy.QtWidgets import QApplication

        viewer = napari.current_viewer()
        (panel,) = [one for one in viewer.window.dock_widgets.values() if type(one).__name__ == "ReviewPanel"]
        while panel.controller.session is None:
            QApplication.processEvents()
            time.sleep(0.005)
        QApplication.processEvents()
        took["start"] = time.time() - begun
        from tests.gui.window import Reader  # with pytest and more: no part of the start

        took.update(read(Reader(viewer)))

    napari.run = instead_of_waiting
    from calcimeasure.cli import app

    app(["review", folder, "--reader", "Bench"], standalone_mode=False)
    return took


def read(reader: Reader) -> dict[str, float]:
    """Go to lesions, draw on them, and go to the next stack; gives the seconds (median, worst) and bytes."""
    from qtpy.QtCore import Qt

    took: dict[str, float] = {}
    process = psutil.Process()
    controller = reader.panel.controller
    reader.wait(lambda: controller.stacks._prefetched is not None)
    reader.pause(1.0)

    numbers = sorted(reader.session.lesions)
    assert len(numbers) == LESIONS, numbers
    going = [_seconds(lambda: (controller.deciding.go_to(number), reader.pause())) for number in numbers[1:]]  # noqa: B023
    took["going_median"], took["going_worst"] = float(np.median(going)), max(going)

    reader.key(Qt.Key.Key_2)
    small = [
        number for number in numbers if reader.session.lesions[number].lesion.measurements.long_axis.length_mm < 45
    ]
    strokes = [_stroke(reader, number, whole=True) for number in small[::3]]
    took["numbers_median"], took["numbers_worst"] = float(np.median(strokes)), max(strokes)
    large = next(number for number in numbers if number not in small)
    took["large_at_once"] = _stroke(reader, large, whole=False)
    begun = time.perf_counter()
    reader.wait(lambda: reader.session.drafts[large].measured is not None)
    took["large_rest"] = took["large_at_once"] + time.perf_counter() - begun
    took["memory"] = process.memory_info().rss

    before = reader.session
    reader.session.save_all()
    reader.pause(2.0)
    reader.key(Qt.Key.Key_F12)
    reader.pause(0.5)
    planes = [_seconds(lambda: (reader.viewer.dims.set_current_step(0, at), reader.pause())) for at in range(200, 220)]  # noqa: B023
    took["planes_median"], took["planes_worst"] = float(np.median(planes)), max(planes)
    reader.key(Qt.Key.Key_F12)
    reader.pause(0.5)
    begun = time.perf_counter()
    reader.key(Qt.Key.Key_PageDown)
    reader.wait(lambda: controller.session is not None and controller.session is not before)
    reader.pause()
    took["next_stack"] = time.perf_counter() - begun
    return took


def _stroke(reader: Reader, number: int, whole: bool) -> float:
    """Draw at the edge of a lesion, and wait for its numbers; gives the seconds from when the button comes up."""
    from qtpy.QtCore import Qt
    from qtpy.QtTest import QTest

    reader.panel.controller.deciding.go_to(number)
    reader.pause(0.3)
    lesion = reader.session.lesions[number].lesion
    k = lesion.measurements.long_axis_slice
    row, column = lesion.outline.start_kji[1], (lesion.outline.start_kji[2] + lesion.outline.stop_kji[2]) / 2
    places = [reader.place((k, row + 1 - up, column)) for up in (0, 1, 2, 3)]
    button, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QTest.mousePress(reader.canvas, button, none, places[0])
    for place in places[1:]:
        QTest.mouseMove(reader.canvas, place)
        reader.pause(0.02)
    QTest.mouseRelease(reader.canvas, button, none, places[-1])
    begun = time.perf_counter()

    def has_numbers() -> bool:
        draft = reader.session.drafts.get(number)
        return draft is not None and (draft.measured is not None if whole else draft.preview is not None)

    reader.wait(has_numbers)
    return time.perf_counter() - begun


def _seconds(act: object) -> float:
    begun = time.perf_counter()
    act()  # type: ignore[operator]
    return time.perf_counter() - begun


def napari_alone() -> dict[str, float]:
    """Memory of napari with a small volume and labels in it."""
    import napari
    from qtpy.QtWidgets import QApplication

    viewer = napari.Viewer()
    viewer.window.resize(1500, 950)
    viewer.add_image(np.zeros((4, 512, 512), dtype=np.int16))
    viewer.add_labels(np.zeros((4, 512, 512), dtype=np.uint16))
    for _ in range(50):
        QApplication.processEvents()
    memory = psutil.Process().memory_info().rss
    viewer.close()
    return {"memory": memory}


if __name__ == "__main__":
    result = napari_alone() if sys.argv[1] == "alone" else review(sys.argv[1], float(sys.argv[2]))
    Path(sys.argv[3]).write_text(json.dumps(result), encoding="utf-8")

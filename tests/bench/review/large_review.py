"""Three series of 512 x 512 x 600 with masses and a radiograph, and a reader who goes through them against the clock.

Run as a program it does what `calcimeasure review DIR` does, and writes what it took as JSON: a process of its own,
since its start and its memory are measured too. Each step has two figures: seconds of the clock, and seconds of the
processors that the process had meanwhile (name with `_cpu`), which say what a step takes where other programs run.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import psutil

from tests.dicom_phantom import Header, hand_radiograph_header, write_series
from tests.dicom_writers import describe_pixels, save, set_pixels
from tests.phantoms import straight_grid

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from qtpy.QtCore import Qt

    from tests.gui.window import Reader

SHAPE = (600, 512, 512)
SPACING_MM = (0.8, 0.78125, 0.78125)
FILM_SHAPE = (3000, 2400)
PATIENTS = {1: 1, 2: 2, 3: 4}
"""Number of the patient of each series: the radiograph is of patient 3, so that a CT follows it in the worklist."""
HALF_MM = (5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 12.0, 14.0, 17.0, 30.0)
"""Of each side, from head to feet. The last one is 60 mm long: up to there the numbers follow a stroke at once."""
LONGEST_MM = 61.0


def write_large_series(folder: Path) -> None:
    """Write the series and the radiograph (960 MB) unless they are there."""
    done = folder / "done"
    if done.exists():
        return
    write_film(folder / "film" / "1.dcm")
    for number, patient in PATIENTS.items():
        header = Header(
            seed=f"large review {number}",
            patient_id=f"BENCH-{patient}",
            series_number=number,
            series_description="Large review",
            body_part="PELVIS",
        )
        write_series(folder / f"series{number}", large_volume(number), straight_grid(SHAPE, SPACING_MM), header)
    done.touch()


def write_film(path: Path) -> None:
    """Write a radiograph: a limb with a bone and a shadow, with noise."""
    rng = np.random.default_rng(7)
    rows, columns = np.mgrid[: FILM_SHAPE[0], : FILM_SHAPE[1]]
    stored = np.full(FILM_SHAPE, 300.0)
    stored[np.abs(columns - 1200) < 700] = 1200
    stored[np.abs(columns - 1200) < 180] = 2200
    stored[np.hypot(rows - 1500, columns - 1650) < 130] += 900
    stored += rng.normal(0, 15, FILM_SHAPE)
    header = hand_radiograph_header()
    header.PatientID = "BENCH-3"
    pixels = stored.astype(np.uint16)
    describe_pixels(header, pixels)
    set_pixels(header, [pixels], "explicit_le")
    path.parent.mkdir(parents=True)
    save(path, header, "explicit_le")


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
    failed: list[Exception] = []

    def instead_of_waiting() -> None:
        from qtpy.QtWidgets import QApplication

        viewer = napari.current_viewer()
        (panel,) = [one for one in viewer.window.dock_widgets.values() if type(one).__name__ == "ReviewPanel"]
        while panel.controller.session is None:
            QApplication.processEvents()
            time.sleep(0.005)
        QApplication.processEvents()
        took["start"], took["start_cpu"] = time.time() - begun, time.process_time()
        from tests.gui.window import Reader  # with pytest and more: no part of the start

        try:
            took.update(read(Reader(viewer)))
        except Exception as error:  # noqa: BLE001 - the command would turn it into a line without a traceback
            failed.append(error)

    napari.run = instead_of_waiting
    from calcimeasure.cli import app

    app(["review", folder, "--reader", "Bench"], standalone_mode=False)
    if failed:
        raise failed[0]
    return took


def read(reader: Reader) -> dict[str, float]:
    """Go to lesions, draw on them, and go from stack to stack; gives the seconds (median, worst) and bytes."""
    from qtpy.QtCore import Qt

    took: dict[str, float] = {}
    controller = reader.panel.controller
    controller.widgets.worklist.show_every_stack()
    _wait_for_the_next(reader)
    numbers = sorted(reader.session.lesions)
    steps = [_took(lambda number=number: _go_to(reader, number)) for number in numbers[1:]]
    took |= _worst("going", steps)

    reader.key(Qt.Key.Key_2)
    length_mm = {one: reader.session.lesions[one].lesion.measurements.long_axis.length_mm for one in numbers}
    assert max(length_mm.values()) < LONGEST_MM, length_mm
    for name, chosen in (
        ("numbers", [one for one in numbers if length_mm[one] < 45]),
        ("numbers_large", [one for one in numbers if length_mm[one] >= 45]),
    ):
        took |= _worst(name, [_stroke(reader, number) for number in chosen[::2]])
    took["memory"] = psutil.Process().memory_info().rss

    reader.session.save_all()
    reader.pause(2.0)
    reader.key(Qt.Key.Key_F12)
    reader.pause(0.5)
    dims = reader.viewer.dims
    steps = [_took(lambda at=at: (dims.set_current_step(0, at), reader.pause())) for at in range(200, 220)]
    took["planes"], took["planes_cpu"] = (float(np.median(part)) for part in zip(*steps, strict=True))
    reader.key(Qt.Key.Key_F12)
    # Twice, because the first radiograph of a review brings what later ones find.
    for name, key in (
        ("next_ct", Qt.Key.Key_PageDown),
        ("first_film", Qt.Key.Key_PageDown),
        ("first_ct_after_film", Qt.Key.Key_PageDown),
        ("", Qt.Key.Key_PageUp),
        ("", Qt.Key.Key_PageUp),
        ("film_after_ct", Qt.Key.Key_PageDown),
        ("ct_after_film", Qt.Key.Key_PageDown),
    ):
        _wait_for_the_next(reader)
        step = _took(lambda key=key: _go_beside(reader, key))
        if name:
            took[name], took[f"{name}_cpu"] = step
    _wait_for_the_next(reader)
    assert controller.session is not None
    return took


def _wait_for_the_next(reader: Reader) -> None:
    """Wait until the next stack is loaded ahead, and all work in the background is done."""
    stacks = reader.panel.controller.stacks
    if stacks._worklist.beside(stacks.shown, 1) is not None:
        reader.wait(lambda: stacks._prefetched is not None)
    reader.pause(1.0)


def _go_to(reader: Reader, number: int) -> None:
    reader.panel.controller.deciding.go_to(number)
    reader.pause()


def _go_beside(reader: Reader, key: Qt.Key) -> None:
    """Go to the next stack, and wait for its first frame."""
    before = reader.session
    reader.key(key)
    reader.wait(lambda: reader.panel.controller.session not in (None, before))


def _stroke(reader: Reader, number: int) -> tuple[float, float]:
    """Draw at the edge of a lesion, and wait for all its numbers; gives the seconds from when the button comes up."""
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

    def end() -> None:
        QTest.mouseRelease(reader.canvas, button, none, places[-1])
        drafts = reader.session.drafts
        reader.wait(lambda: number in drafts and drafts[number].measured is not None)

    return _took(end)


def _took(act: Callable[[], object]) -> tuple[float, float]:
    """Give the seconds of the clock, and of the processors, that something takes."""
    begun, begun_cpu = time.perf_counter(), time.process_time()
    act()
    return time.perf_counter() - begun, time.process_time() - begun_cpu


def _worst(name: str, steps: list[tuple[float, float]]) -> dict[str, float]:
    return {name: max(wall for wall, _ in steps), f"{name}_cpu": max(cpu for _, cpu in steps)}


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

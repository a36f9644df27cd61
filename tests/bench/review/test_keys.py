"""40 studies with 160 lesions: how many keys a reader needs, on the real window."""

import time
from pathlib import Path

import napari
from pytest_benchmark.fixture import BenchmarkFixture
from qtpy.QtCore import Qt

from tests.bench.conftest import BarTable
from tests.gui.small import MASS, small_folder
from tests.gui.window import Reader

STUDIES, LESIONS = 40, 4
STATES = "SELECT status, count(*) FROM current_lesions GROUP BY status"


def test_keys(benchmark: BenchmarkFixture, bars: BarTable, tmp_path: Path) -> None:
    folder = small_folder(tmp_path, [(MASS,) * LESIONS] * STUDIES)
    reader = Reader(napari.Viewer())
    reader.open(folder)
    keys, took_s = benchmark.pedantic(accept_all, args=(reader,), rounds=1)
    reader.panel.close_review()
    assert reader.ask(STATES) == [("accepted", STUDIES * LESIONS)]
    reader.close()
    bars.note("time for all, without reading", took_s, "s")
    bars.check("keys for 40 studies with 160 lesions", keys, 200, "keys")


def accept_all(reader: Reader) -> tuple[int, float]:
    """Press A while a lesion of the study is undecided, then Space for the next study; gives keys and seconds."""
    begun, keys = time.perf_counter(), 0
    while True:
        while any(reader.session.is_open(number) for number in reader.session.lesions):
            reader.key(Qt.Key.Key_A)
            keys += 1
        before = reader.session.stack_id
        if before == STUDIES:
            return keys, time.perf_counter() - begun
        reader.key(Qt.Key.Key_Space)
        keys += 1
        reader.wait(lambda: reader.panel.controller.session is not None and reader.session.stack_id != before)  # noqa: B023

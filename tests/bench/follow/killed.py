"""A batch of 200 patients, killed half way, goes on behind the last pair: ``python -m tests.bench.follow.killed``.

Each patient has a limb with a mass at two dates. `measure` and `follow` are the commands of a user, in processes of
their own; `follow` ends by SIGKILL when half of the pairs are stored. The tables of the second run are compared with
those of a folder that nobody interrupted. CALCIMEASURE_BENCH_PATIENTS=20 takes fewer.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from tests.bench.conftest import BarTable
from tests.dicom_phantom import Header, write_series
from tests.phantoms import render
from tests.study.test_follow import FIELD, LIMB, SMALL

PATIENTS = int(os.environ.get("CALCIMEASURE_BENCH_PATIENTS") or 200)
GROWTH = {"20240115": 1.0, "20250115": 1.3 ** (1 / 3)}
TABLES = ("changes.csv", "responses.csv")


def write_patients(images: Path) -> None:
    """Write a series of each patient and date; the mass grows by 30 %."""
    for patient in range(PATIENTS):
        for date, scale in GROWTH.items():
            mass = replace(SMALL, semi_axes_mm=tuple(scale * mm for mm in SMALL.semi_axes_mm))
            hu = render([*LIMB, mass], FIELD, blur_sigma_mm=1.2, noise_sd_hu=12.0, seed=patient, background_hu=-1000.0)
            header = Header(seed=f"{patient} {date}", patient_id=f"BENCH-{patient}", study_date=date)
            write_series(images / f"{patient}" / date, hu, FIELD, header)


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "calcimeasure", *map(str, arguments)]


def ran(*arguments: object) -> float:
    """Run a command to its end; gives the seconds of the clock."""
    begun = time.perf_counter()
    subprocess.run(command(*arguments), check=True, capture_output=True)
    return time.perf_counter() - begun


def pairs_in(out: Path) -> int:
    """Count the pairs of stacks whose motion is stored."""
    with sqlite3.connect(f"file:{out / 'private' / 'calcimeasure.db'}?mode=ro", uri=True) as store:
        counted: tuple[int] = store.execute("SELECT count(*) FROM registrations").fetchone()
    return counted[0]


def killed_half_way(out: Path) -> int:
    """Start `follow`, kill it when half of the pairs are stored; gives how many are."""
    with subprocess.Popen(command("follow", out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        while run.poll() is None and pairs_in(out) < PATIENTS // 2:
            time.sleep(0.1)
        run.send_signal(signal.SIGKILL)
    return pairs_in(out)


def main() -> int:
    """Print the table and write it to results/bench/follow-killed.csv; 1 if a bar is missed."""
    bars = BarTable("follow-killed")
    with tempfile.TemporaryDirectory() as place:
        images, out, whole = (Path(place, name) for name in ("images", "out", "whole"))
        write_patients(images)
        bars.note("measuring both dates", ran("measure", images, "--out", out, "--no-report"), "s")
        shutil.copytree(out, whole)
        unbroken_s = ran("follow", whole)
        bars.note(f"{PATIENTS} patients without a break", unbroken_s, "s")
        bars.note("pairs stored at the kill", killed_half_way(out), "pairs")
        rest_s = ran("follow", out)
        bars.note("the rest after the kill", rest_s, "s")
        differ = sum((out / name).read_bytes() != (whole / name).read_bytes() for name in TABLES)
        missed = False
        try:
            bars.check("tables that differ from those without a break", differ, 0, "tables")
            bars.check("pairs compared twice or never", abs(pairs_in(out) - PATIENTS), 0, "pairs")
            bars.check("the rest, of the whole", rest_s / unbroken_s, 0.75, "")
        except AssertionError:
            missed = True
    bars.write()
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())

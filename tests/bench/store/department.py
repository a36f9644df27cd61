"""The store of a department that has measured for years, filled in one go; and what it costs to ask it.

python -m tests.bench.store.department URL FOLDER prints the figures of one process as JSON.
"""

from __future__ import annotations

import json
import random
import sys
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import ndimage
from sqlalchemy import insert

from calcimeasure.export import Pseudonyms, write_tables
from calcimeasure.model import Outline, Report, Revision, StackFacts, Status
from calcimeasure.settings import Settings, settings_hash
from calcimeasure.store import chain, open_store, records
from calcimeasure.store.connect import WRITES, connect
from calcimeasure.store.schema import files, lesion_revisions, outcomes, outlines, stacks
from calcimeasure.study import linked_studies

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from calcimeasure.model import Lesion, Stack

LESIONS_A_STACK = 5
REVISIONS_A_LESION = 2
STACKS_A_PATIENT = 7
STACKS_AT_ONCE = 500
MADE_AT = datetime(2026, 1, 1, tzinfo=UTC)


def fill(url: str, report: Report, count: int) -> None:
    """Make a store of so many stacks, as runs and readers would have."""
    shapes = outline_shapes()
    settings = Settings()
    with open_store(url) as store:
        run_id = store.begin_run([Path("/images")], settings, report.software_version)
    engine = connect(url)
    numbers = iter(range(1, count + 1))
    while some := list(islice(numbers, STACKS_AT_ONCE)):
        with engine.execution_options(**WRITES).begin() as connection:
            _insert(connection, some, report, shapes, run_id)
    with engine.execution_options(**WRITES).begin() as connection:
        chain.seal_rows(connection)
    with engine.begin() as connection:
        # As the server does by itself after a while: it plans by what it counted.
        connection.exec_driver_sql("ANALYZE")
    engine.dispose()


def _insert(connection: Connection, numbers: list[int], report: Report, shapes: list[Outline], run_id: int) -> None:
    rows: dict[Any, list[dict[str, Any]]] = {
        table: [] for table in (stacks, outcomes, files, outlines, lesion_revisions)
    }
    for number in numbers:
        stack = series_of(number, report.stack)
        facts = records.facts_row(StackFacts.of(stack, report.geometry))
        key = {name: facts.pop(name) for name in ("study_uid", "series_uid", "stack_number")}
        rows[stacks].append({"stack_id": number, "folder": "", "is_gone": False, **key})
        rows[outcomes].append(
            {
                **facts,
                "stack_id": number,
                "run_id": run_id,
                "made_at": records.naive_utc(MADE_AT),
                "state": "measured",
                "seconds": 3.0,
                "settings_hash": settings_hash(Settings()),
                "software_version": report.software_version,
                "content_hash": records.content_hash(stack),
            }
        )
        rows[files] += records.file_rows(number, stack)
        for revision in revisions_of(number, report.lesions[0], shapes):
            if revision.number == 1:
                rows[outlines].append(records.outline_row(revision.lesion.outline))
            rows[lesion_revisions].append(records.revision_row(revision, number, run_id))
    for table, of_table in rows.items():
        connection.execute(insert(table), of_table)


def series_of(number: int, stack: Stack) -> Stack:
    patient = number // STACKS_A_PATIENT
    return replace(
        stack,
        patient_id=f"P{patient:05d}",
        study_uid=f"1.2.3.{patient}",
        series_uid=f"1.2.3.{patient}.{number}",
        study_date=date(2015, 1, 1) + timedelta(days=patient),
        series_number=number,
    )


def revisions_of(stack: int, lesion: Lesion, shapes: list[Outline]) -> Iterator[Revision]:
    choose = random.Random(stack)  # noqa: S311 - no secret
    for number in range(1, LESIONS_A_STACK + 1):
        shape = choose.choice(shapes)
        k, j, i = (choose.randrange(300) for _ in range(3))
        stop = tuple(start + length for start, length in zip((k, j, i), shape.shape_kji, strict=True))
        measured = replace(
            lesion,
            tracking_uid=f"2.25.{stack}{number:04d}",
            number=number,
            outline=Outline((k, j, i), (stop[0], stop[1], stop[2]), shape.bits),
        )
        yield Revision(measured, 1, MADE_AT, "measured")
        for revision_number in range(2, REVISIONS_A_LESION + 1):
            decided = replace(measured, status=Status.ACCEPTED, reader="Dr A", reviewed_at=MADE_AT)
            yield Revision(decided, revision_number, MADE_AT, "accepted", "Dr A", revision_number - 1, edit_uid="e")


def outline_shapes() -> list[Outline]:
    """Lumps of 5 to 50 voxels across, most of them small."""
    rng = np.random.default_rng(1)
    shapes = []
    for radius in np.geomspace(2.5, 25, 60):
        half = int(radius) + 2
        grid = np.stack(np.meshgrid(*[np.arange(-half, half + 1)] * 3, indexing="ij"))
        rough = ndimage.gaussian_filter(rng.normal(size=grid.shape[1:]), 2) * radius
        shapes.append(Outline.from_mask(np.linalg.norm(grid, axis=0) + rough < radius))
    return shapes


def memory_mb(name: str) -> float:
    """What the system says of this process alone; its resource usage would begin with its parent's."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split(f"{name}:")[1].split()[0]) * 1024 / 1e6


def ask(url: str, folder: Path) -> dict[str, float]:
    """Open the worklist, then write the tables; memory is what the tables take above what was there before."""
    begun = time.perf_counter()
    with open_store(url) as store:
        counts, facts = store.worklist(), store.measured_stacks()
        worklist_s = time.perf_counter() - begun
        assert len(counts) == len(facts)
        assert sum(lesions for lesions, _ in counts.values()) == LESIONS_A_STACK * len(facts)
        del counts, facts
    (folder / "private").mkdir(exist_ok=True)
    before_mb = memory_mb("VmRSS")
    with open_store(url) as store:
        begun, begun_s = time.perf_counter(), time.process_time()
        write_tables(linked_studies(store.outcomes()), folder, naming=Pseudonyms(bytes(32)))
        tables_s = time.perf_counter() - begun
        used_s = time.process_time() - begun_s
    peak_mb = memory_mb("VmHWM")
    return {
        "worklist_s": worklist_s,
        "tables_s": tables_s,
        "tables_cpu_s": used_s,
        "memory_mb": max(0.0, peak_mb - before_mb),
        "peak_mb": peak_mb,
    }


if __name__ == "__main__":
    print(json.dumps(ask(sys.argv[1], Path(sys.argv[2]))))  # noqa: T201 - what it is run for

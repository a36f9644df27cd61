"""A stack with lesions in a store, as a reader finds it; and plain questions to what the reader left."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.analysis.lesion import assess
from calcimeasure.model import Outline, Report, Tissue, Volume
from calcimeasure.review import Answer, OpenedStack, Session
from calcimeasure.settings import Settings, settings_hash
from calcimeasure.store import Store, file_url, open_store
from tests.model.test_model import volume_of
from tests.phantoms import straight_grid

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from calcimeasure.model import Image

SETTINGS = Settings()
SHAPE = (12, 40, 44)
FIRST = (slice(3, 9), slice(10, 22), slice(8, 22))
SECOND = (slice(4, 8), slice(28, 34), slice(30, 36))


def box(where: Sequence[slice]) -> Outline:
    mask = np.zeros(SHAPE, dtype=bool)
    mask[tuple(where)] = True
    return Outline.from_mask(mask)


def two_cuboids() -> Volume:
    """Two cuboids of 800 HU in 40 HU, on voxels of 2.0 x 0.7 x 0.9 mm."""
    hu = np.full(SHAPE, 40)
    hu[FIRST] = hu[SECOND] = 800
    return volume_of(hu, straight_grid(SHAPE, (2.0, 0.7, 0.9)))


@contextmanager
def store_with(file: Path, volume: Image, outlines: Sequence[Outline], tissue: Tissue) -> Iterator[tuple[Store, int]]:
    """Open a store in which a run measured a stack or a radiograph."""
    lesions = [
        replace(assess(volume, outline, number, SETTINGS), tissue=tissue) for number, outline in enumerate(outlines, 1)
    ]
    with open_store(file_url(file)) as store:
        plan = store.plan(volume.stack, SETTINGS)
        run_id = store.begin_run([], SETTINGS, "test")
        geometry = volume.geometry if isinstance(volume, Volume) else None
        report = Report(volume.stack, geometry, tuple(lesions), settings_hash(SETTINGS), "test")
        assert store.record(run_id, report, plan, SETTINGS)
        stack_id = store.find_stack(volume.stack)
        assert stack_id is not None
        yield store, stack_id


def begin(store: Store, stack_id: int, volume: Image, reader: str = "A. Reader", answer: bool = True) -> Session:
    """Begin a review; every conflict gets the same answer, mine or theirs."""
    stack = OpenedStack(stack_id, volume, store.histories(stack_id))
    return Session(store, SETTINGS, stack, reader, lambda: reader, lambda _: Answer.MINE if answer else Answer.THEIRS)


def ask(file: Path, question: str) -> list[tuple[object, ...]]:
    """Ask the store by plain SQL."""
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(question).fetchall()


def measure_drafts(session: Session) -> None:
    """Do what the window does in the background."""
    while (job := session.next_job()) is not None:
        session.take(job, job.work())

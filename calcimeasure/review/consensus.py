"""A consensus: a reading that begins with what two other readings accepted.

A mass that both accepted begins with the outline of the first reading, a mass that one of them accepted with that of
this one. Nothing is decided: each mass is proposed, and notes on it say what each reading has.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from calcimeasure.model import Revision, Status
from calcimeasure.model.agreement import ReadLesion
from calcimeasure.review.worklist import TaskState, tasks_of
from calcimeasure.store import Remark, RemarkKind
from calcimeasure.study.agreement import paired

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from calcimeasure.model import Lesion
    from calcimeasure.model.agreement import ReadPair
    from calcimeasure.store import Reading, Store


def begin_consensus(store: Store, reading: Reading) -> None:
    """Begin a consensus in each stack that both of its readings have read to the end, and in which it has not begun.

    Parameters
    ----------
    store
        The store of a folder, of any reading.
    reading
        The consensus; it is in the store.
    """
    of_consensus = store.of_reading(reading.name)
    bases = [store.of_reading(name) for name in reading.bases]
    both = set.intersection(*(_read_to_the_end(one) for one in bases))
    for stack_id in sorted(both - (of_consensus.begun_stacks() or set())):
        begins = list(_beginning([one.lesions_of(stack_id) for one in bases], reading.bases))
        revisions = [revision for revision, _ in begins]
        of_consensus.begin_stack_with(stack_id, revisions, [remark for _, some in begins for remark in some])


def _read_to_the_end(store: Store) -> set[int]:
    return {task.stack_id for task in tasks_of(store) if task.state in (TaskState.DONE, TaskState.SEEN)}


def _beginning(
    lesions: Sequence[Sequence[Lesion]], names: Sequence[str]
) -> Iterator[tuple[Revision, Sequence[Remark]]]:
    """Give the lesions with which a consensus begins in a stack, each with the notes on it."""
    accepted = [[ReadLesion(one) for one in some if one.is_mass and one.status is Status.ACCEPTED] for some in lesions]
    now = datetime.now(UTC)
    taken: list[Lesion] = []
    for pair in paired(accepted[0], accepted[1]):
        chosen = pair.first or pair.second
        assert chosen is not None  # noqa: S101 - one reading has it
        lesion = replace(chosen.lesion, number=len(taken) + 1, status=Status.PROPOSED, reader=None, reviewed_at=None)
        # No voxel is in two lesions, and no Tracking UID is given twice: what is left out is in its own reading still.
        if any(one.tracking_uid == lesion.tracking_uid or one.outline.overlap(lesion.outline) for one in taken):
            continue
        taken.append(lesion)
        remarks = [
            Remark(lesion.tracking_uid, RemarkKind.NOTE, f"reading {name}", now, _said(pair, place, lesions[place]))
            for place, name in enumerate(names)
        ]
        yield Revision(lesion, 1, now, f"begun with {' and '.join(names)}"), remarks


def _said(pair: ReadPair, place: int, every: Sequence[Lesion]) -> str:
    """Say what a reading has of a mass."""
    own = pair.first if place == 0 else pair.second
    if own is None:
        other = pair.second if place == 0 else pair.first
        rejected = [
            one
            for one in every
            if one.status is Status.REJECTED and other is not None and one.outline.overlap(other.lesion.outline)
        ]
        return "rejected" if rejected else "no mass here"
    lesion = own.lesion
    axis_mm, axis_px = lesion.measurements.long_axis_mm, lesion.measurements.long_axis_px
    parts = [
        "accepted",
        f"long axis {axis_mm:.1f} mm" if axis_mm is not None else f"long axis {axis_px:.1f} px" if axis_px else "",
        "" if lesion.side is None else str(lesion.side.laterality),
        "" if lesion.site is None else str(lesion.site.body_site).replace("_", " "),
        "" if pair.dice is None else f"Dice of both {pair.dice:.2f}",
    ]
    return ", ".join(filter(None, parts))

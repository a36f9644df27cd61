"""Queries: outcomes and revisions for the tables, and the data of the worklist."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, select

from calcimeasure.model import Outcome, Person, State, Status, Tissue, Who, name_alone, names_among
from calcimeasure.store import records
from calcimeasure.store.begun import told_stacks
from calcimeasure.store.readings import CLINICAL, ReadingRows
from calcimeasure.store.revisions import histories_of, lesions_of
from calcimeasure.store.schema import (
    all_stacks,
    current_stacks,
    files,
    remarks,
    seen_stacks,
    thumbnails,
    unreadable_files,
)
from calcimeasure.store.used_settings import of_older_algorithms

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from sqlalchemy import Connection, Select, Table

    from calcimeasure.model import Lesion, Revision, StackFacts

_STACKS_AT_ONCE = 100
"""Number of stacks whose lesions are held in memory at the same time."""


def every_outcome(connection: Connection, reading: ReadingRows = CLINICAL) -> Iterator[Outcome]:
    """Yield the outcome of every stack and file: stacks by patient, study, series and number, then files.

    A lesion that was measured with an older algorithm number than the present one has the notice older_algorithm, and
    so has a stack whose notices are known. Of another reading than the clinical one, measured stacks that it has not
    read are left out (`told_stacks`).
    """
    older = of_older_algorithms(connection)
    persons = persons_of(connection)
    told = told_stacks(connection, reading)
    every_stack = _in_order(current_stacks).execution_options(yield_per=_STACKS_AT_ONCE)
    for page in connection.execute(every_stack).mappings().partitions():
        lesions = lesions_of(connection, [row["stack_id"] for row in page], reading)
        for row in page:
            if told is not None and row["state"] == State.MEASURED and row["stack_id"] not in told:
                continue
            who = _who(row, persons)
            of_stack = [_with_its_algorithm(lesion, older) for lesion in lesions.get(row["stack_id"], ())]
            of_stack = [_with_conflict(lesion, who) for lesion in of_stack]
            outcome = _of_person(records.outcome_of(row, of_stack), who)
            if outcome.state is State.MEASURED and outcome.notices is not None and row["settings_hash"] in older:
                outcome = replace(outcome, notices=(*outcome.notices, "older_algorithm"))
            yield outcome
    broken = select(unreadable_files).where(~unreadable_files.c.is_gone).order_by(unreadable_files.c.path)
    for row in connection.execute(broken).mappings():
        yield Outcome(State(row["state"]), row["path"], None, row["reason"], row["message"])


def _with_its_algorithm(lesion: Lesion, older: Collection[str]) -> Lesion:
    """Add a notice to a lesion that was measured with an older algorithm number."""
    if lesion.settings_hash not in older:
        return lesion
    return replace(lesion, notices=(*lesion.notices, "older_algorithm"))


def _of_person(outcome: Outcome, who: Who) -> Outcome:
    """Say whose a stack is, and add the notice if another person has the same Patient ID."""
    told = outcome.notices
    if who.conflict and told is not None and "patient_conflict" not in told:
        told = (*told, "patient_conflict")
    return replace(outcome, stack=outcome.stack and replace(outcome.stack, person=who.text), notices=told)


def _with_conflict(lesion: Lesion, who: Who) -> Lesion:
    """Add a notice to a lesion of a person whose Patient ID another person has too, in this run or another."""
    if not who.conflict or "patient_conflict" in lesion.notices:
        return lesion
    return replace(lesion, notices=(*lesion.notices, "patient_conflict"))


def _who(row: Mapping[Any, Any], persons: Mapping[int, Who]) -> Who:
    """Give who is imaged; of a stack that came in the meantime by its Patient ID alone."""
    return persons.get(row["stack_id"]) or Who(name_alone(row["patient_id"], row["study_uid"]))


def persons_of(connection: Connection) -> dict[int, Who]:
    """Name who is imaged in each stack, among all persons in the store. Rows of schema 3 have the Patient ID alone."""
    said = select(all_stacks.c.stack_id, all_stacks.c.patient_id, all_stacks.c.person, all_stacks.c.study_uid).order_by(
        all_stacks.c.stack_id
    )
    people = {
        row.stack_id: (Person.of_text(row.person) if row.person else Person.with_id(row.patient_id), row.study_uid)
        for row in connection.execute(said)
    }
    names = names_among(people.values())
    return {stack_id: names[one] for stack_id, one in people.items()}


def every_revision(connection: Connection, reading: ReadingRows = CLINICAL) -> Iterator[tuple[StackFacts, Revision]]:
    """Give every revision of every lesion of every stack, also of stacks that no longer exist."""
    persons = persons_of(connection)
    every_stack = _in_order(all_stacks).execution_options(yield_per=_STACKS_AT_ONCE)
    for page in connection.execute(every_stack).mappings().partitions():
        histories = histories_of(connection, [row["stack_id"] for row in page], reading)
        for row in page:
            facts = replace(records.facts_of(row), person=_who(row, persons).text)
            for history in histories.get(row["stack_id"], {}).values():
                yield from ((facts, revision) for revision in history)


def measured_stacks(connection: Connection) -> dict[int, StackFacts]:
    """Give the facts of every stack that was measured, by its number, in the order of `every_outcome`."""
    measured = _in_order(current_stacks).where(current_stacks.c.state == State.MEASURED)
    persons = persons_of(connection)
    return {
        row["stack_id"]: replace(records.facts_of(row), person=_who(row, persons).text)
        for row in connection.execute(measured).mappings()
    }


def worklist(connection: Connection, reading: ReadingRows = CLINICAL) -> dict[int, tuple[int, int]]:
    """Count for each stack the lesions that a reader must decide, and those of them that are decided."""
    current_lesions = reading.current
    asked = current_lesions.c.tissue.is_(None) | current_lesions.c.tissue.in_([Tissue.CALCIFIED_MASS, Tissue.UNKNOWN])
    decided = case((current_lesions.c.status == Status.PROPOSED, 0), else_=1)
    counts = (
        select(current_lesions.c.stack_id, func.count(), func.sum(decided))
        .where(asked)
        .group_by(current_lesions.c.stack_id)
    )
    return {stack_id: (lesions, done) for stack_id, lesions, done in connection.execute(counts)}


@dataclass(frozen=True, slots=True)
class MassFacts:
    """What the masses of a stack are, of those that nobody has rejected.

    Parameters
    ----------
    largest_mm, largest_px
        The longest long axis; None if no mass has one in this unit.
    sites
        Their body sites, in alphabetical order, without the unknown one.
    undecided
        Tracking UIDs of those that no reader has decided.
    """

    largest_mm: float | None = None
    largest_px: float | None = None
    sites: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()


def masses(connection: Connection, reading: ReadingRows = CLINICAL) -> dict[int, MassFacts]:
    """Describe for each stack the lesions that are masses, or may be masses."""
    columns = reading.current.c
    asked = columns.tissue.is_(None) | columns.tissue.in_([Tissue.CALCIFIED_MASS, Tissue.UNKNOWN])
    wanted = select(
        columns.stack_id, columns.tracking_uid, columns.status, columns.site, columns.long_axis_mm, columns.long_axis_px
    ).where(asked, columns.status != Status.REJECTED)
    rows: dict[int, list[Any]] = defaultdict(list)
    for row in connection.execute(wanted):
        rows[row.stack_id].append(row)
    return {
        stack_id: MassFacts(
            largest_mm=max((one.long_axis_mm for one in some if one.long_axis_mm is not None), default=None),
            largest_px=max((one.long_axis_px for one in some if one.long_axis_px is not None), default=None),
            sites=tuple(sorted({one.site for one in some if one.site is not None} - {"unknown"})),
            undecided=tuple(one.tracking_uid for one in some if one.status == Status.PROPOSED),
        )
        for stack_id, some in rows.items()
    }


def newest_rows(connection: Connection, reading: ReadingRows = CLINICAL) -> tuple[int, int, int]:
    """Give the numbers of the newest revision, remark and look: they change whenever a reader does anything."""
    every = (
        select(func.max(reading.revisions.c.revision_id)),
        select(func.max(remarks.c.remark_id)).where(reading.is_own(remarks)),
        select(func.max(seen_stacks.c.look_id)).where(reading.is_own(seen_stacks)),
    )
    revision, remark, look = (connection.execute(one).scalar() or 0 for one in every)
    return revision, remark, look


def readers(connection: Connection, reading: ReadingRows = CLINICAL) -> dict[int, tuple[str, ...]]:
    """Give for each stack the names of the readers who decided about its lesions."""
    current_lesions = reading.current
    named = select(current_lesions.c.stack_id, current_lesions.c.reader).distinct()
    named = named.where(current_lesions.c.reader.is_not(None)).order_by(current_lesions.c.reader)
    found: dict[int, list[str]] = defaultdict(list)
    for stack_id, reader in connection.execute(named):
        found[stack_id].append(reader)
    return {stack_id: tuple(names) for stack_id, names in found.items()}


def thumbnail(connection: Connection, lesion: Lesion) -> bytes | None:
    """Give the picture of a lesion with its current outline; None if no picture was drawn."""
    key = {"tracking_uid": lesion.tracking_uid, "outline_hash": records.outline_hash(lesion.outline)}
    return connection.execute(select(thumbnails.c.png).filter_by(**key)).scalar_one_or_none()


def files_of(connection: Connection, stack_id: int) -> list[Path]:
    """List the files of a stack in slice order."""
    every = select(files.c.path).where(files.c.stack_id == stack_id).order_by(files.c.slice_number)
    return [Path(path) for path in dict.fromkeys(connection.execute(every).scalars())]


def _in_order(view: Table) -> Select[Any]:
    """Select stacks by patient, study, series and number, so that those of one study follow each other.

    A study without a UID is identified by patient and date.
    """
    names = ("study_uid", "study_date", "series_uid", "folder", "stack_number")
    return select(view).order_by(func.coalesce(view.c.patient_id, ""), *(view.c[name] for name in names))

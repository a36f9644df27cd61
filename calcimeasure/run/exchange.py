"""Lesions of a folder in the formats of others than DICOM: datasets of a trial (SDTM), resources of FHIR."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from calcimeasure.errors import OutputError
from calcimeasure.export.fhir.bundle import write_bundle
from calcimeasure.export.sdtm.datasets import DEFAULT_STUDY_ID, datasets_of
from calcimeasure.export.sdtm.rules import problems_of
from calcimeasure.export.sdtm.write import write_dataset
from calcimeasure.model import Status
from calcimeasure.model.follow import LinkState
from calcimeasure.results import audit_of
from calcimeasure.run.order import folder_of, goal_of, naming_of, opened
from calcimeasure.store import current_links
from calcimeasure.study import linked_studies

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from calcimeasure.run.order import Order
    from calcimeasure.run.progress import Say
    from calcimeasure.store import Store


def write_trial_data_of(
    folder: Path, order: Order, study_id: str | None, changes: Mapping[str, object], say: Say
) -> Sequence[Path]:
    """Write the masses of a folder as the datasets TU and TR of SDTM.

    Parameters
    ----------
    folder
        A folder written by ``calcimeasure measure``.
    order
        Which masses (accepted ones if it names no status), where to (a folder), with which names, for whom.
    study_id
        STUDYID; None: that of this program, which is said.
    changes
        Settings that differ from those of the folder's last run.
    say
        Takes lines that a person has to know at once.

    Returns
    -------
    sequence of Path
        The files. They are written without a mass too, so that no earlier one says what is no longer true.

    Raises
    ------
    InputPathError
        The folder was not written by ``calcimeasure measure``.
    KeyFileError
        The key cannot be used, or is another one than that of the folder's pseudonyms.
    OutputError
        Rejected masses were ordered, a dataset would break a rule of the standard, a file cannot be written, or an
        identified one would lie in a folder that may leave.
    """
    status = status_of(order, "sdtm")
    with opened(folder, changes, say, order.reading) as (store, settings):
        naming = naming_of(store, settings, folder, order, say)
        named = study_id or DEFAULT_STUDY_ID
        datasets = datasets_of(linked_studies(store.outcomes()), naming, status, named, tracks_of(store))
        problems = problems_of(datasets)
        if problems:
            raise OutputError(
                f"Datasets that keep to the rules of SDTM expected, found {len(problems)} problems; the first: "
                f"{problems[0]}. Nothing was written."
            )
        if not datasets[0].rows:
            say(f"No mass of {folder} has the status {status}: the datasets have no records.")
        if study_id is None:
            say(f"STUDYID is {named}: --study-id names the trial.")
        goal = folder_of(folder, order, "sdtm")
        audit = audit_of(store, "export sdtm", order.recipient)
        return [path for one in datasets for path in write_dataset(one, goal, naming, named, audit)]


def write_resources_of(folder: Path, order: Order, changes: Mapping[str, object], say: Say) -> Path:
    """Write the masses of a folder as a Bundle of FHIR.

    Parameters
    ----------
    folder, changes, say
        As in `write_trial_data_of`.
    order
        Which masses (accepted ones if it names no status), where to (a file), with which names, for whom.

    Returns
    -------
    Path
        The file. It is written without a mass too, so that no earlier one says what is no longer true.

    Raises
    ------
    InputPathError, KeyFileError
        As in `write_trial_data_of`.
    OutputError
        Rejected masses were ordered, the file cannot be written, or an identified one would lie in a folder that may
        leave.
    """
    status = status_of(order, "fhir")
    with opened(folder, changes, say, order.reading) as (store, settings):
        naming = naming_of(store, settings, folder, order, say)
        path = goal_of(folder, order, "fhir.json")
        audit = audit_of(store, "export fhir", order.recipient)
        count = write_bundle(linked_studies(store.outcomes()), path, naming, status, audit)
        if not count:
            say(f"No mass of {folder} has the status {status}: the Bundle has no entry.")
    return path


def tracks_of(store: Store) -> dict[str, str]:
    """Give for each lesion that was followed from date to date the lesion of the same mass on its first date.

    Returns
    -------
    dict
        Tracking UIDs. A mass that was matched one to one has one track; what merged, split or was regrouped has a track
        for each of its lesions.
    """
    measured = store.measured_stacks()
    days = {stack_id: facts.study_date or date.max for stack_id, facts in measured.items()}
    parents: dict[str, str] = {}
    born: dict[str, date] = {}

    def first(uid: str) -> str:
        while uid in parents:
            uid = parents[uid]
        return uid

    for stacks, links in store.every_link().items():
        persons = {measured[one].person if one in measured else None for one in stacks}
        if len(persons) > 1:  # the headers have told otherwise since whose they are
            continue
        for one in current_links(links):
            if one.state is not LinkState.MATCHED or one.prior is None or one.current is None:
                continue
            for end, stack_id in ((one.prior[0], stacks[0]), (one.current[0], stacks[1])):
                born.setdefault(end, days.get(stack_id, date.max))
            ends = sorted({first(one.prior[0]), first(one.current[0])}, key=born.__getitem__)
            if len(ends) == 2:
                parents[ends[1]] = ends[0]
    return {uid: first(uid) for uid in born}


def status_of(order: Order, kind: str) -> Status:
    """Give the status of the masses that leave.

    Raises
    ------
    OutputError
        Rejected ones were ordered.
    """
    status = Status(order.status) if order.status else Status.ACCEPTED
    if status is Status.REJECTED:
        raise OutputError(
            f"--status accepted or --status proposed expected for --format {kind}, found --status rejected: what is no "
            "finding does not leave as one."
        )
    return status

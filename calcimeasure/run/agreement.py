"""How far readings agree: the readings of one folder or of two, compared in pairs; tables and a page are written."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from itertools import combinations, takewhile
from typing import TYPE_CHECKING

from calcimeasure.errors import InputPathError
from calcimeasure.export.agreement import AgreementRow, PairRow, write_agreement
from calcimeasure.model import Status
from calcimeasure.model.agreement import PairedStack, ReadLesion
from calcimeasure.report.agreement import write_agreement_page
from calcimeasure.results import audit_of, pseudonyms_of, store_that_is_there
from calcimeasure.review.readings import PROGRAM
from calcimeasure.review.worklist import read_to_the_end
from calcimeasure.settings import change_settings
from calcimeasure.store import CLINICAL_READING
from calcimeasure.study.agreement import agreement_of, paired

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from calcimeasure.model import Lesion, StackFacts
    from calcimeasure.run.progress import Say
    from calcimeasure.store import Reading, Store

OTHER = "other:"
"""What stands before the name of a reading of the second folder."""

Key = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class AgreementOrder:
    """What is to be compared.

    Parameters
    ----------
    readings
        The readings, in pairs each with each; none: every reading that has read a stack, and the program. Of two
        folders: one of the first, and one of the second; none: the clinical ones.
    other
        The second folder; None: the readings of one folder are compared.
    """

    readings: tuple[str, ...] = ()
    other: Path | None = None


@dataclass(frozen=True, slots=True)
class AgreementDone:
    """What was written, and how many pairs of readings, and stacks of them, were compared."""

    paths: tuple[Path, ...]
    pairs: int
    stacks: int


@dataclass(frozen=True, slots=True)
class _ReadStack:
    """A stack that a reading has read to the end: its masses, and all lesions about which it said something."""

    facts: StackFacts
    masses: tuple[ReadLesion, ...]
    judged: tuple[ReadLesion, ...]


@dataclass(frozen=True, slots=True)
class _Reading:
    """A reading: its name in the tables, its stacks, and whether it began blank; None for the program."""

    name: str
    stacks: Mapping[Key, _ReadStack]
    is_blank: bool | None


def compare_readings(folder: Path, order: AgreementOrder, say: Say) -> AgreementDone:
    """Compare readings, and write agreement.csv, agreement_pairs.csv and agreement.html into a folder.

    Parameters
    ----------
    folder
        A folder written by ``calcimeasure measure``.
    order
        Which readings.
    say
        Takes lines that a person has to know at once.

    Raises
    ------
    InputPathError
        A folder was not written by ``calcimeasure measure``, or other readings are named than can be compared.
    StoreError
        There is no reading of a name, or a row of a store was changed by something else than this program.
    KeyFileError
        The key of the pseudonyms cannot be used.
    OutputError
        A table cannot be written.
    """
    with ExitStack() as opened:
        store, settings = opened.enter_context(store_that_is_there(folder, say))
        naming = pseudonyms_of(store, change_settings(settings, {"record_map": ""}), folder, say)
        if order.other is None:
            readings = _of_one_folder(_checked(store), order.readings, say)
        else:
            other, _ = opened.enter_context(store_that_is_there(order.other, say))
            readings = _of_two_folders(_checked(store), _checked(other), order.readings, say)
        rows: list[AgreementRow] = []
        pairs: list[PairRow] = []
        compared: dict[Key, str] = {}
        count = 0
        for first, second in combinations(readings, 2):
            stacks = _paired(first, second, say)
            if not stacks:
                say(f"No stack was read to the end in {first.name} and in {second.name}: nothing is compared.")
                continue
            count += 1
            compared |= {_key(one.stack): one.patient for one in stacks}
            rows += [AgreementRow(first.name, second.name, one) for one in agreement_of(stacks)]
            pairs += [
                PairRow(first.name, second.name, one.stack, one.is_blank, pair) for one in stacks for pair in one.pairs
            ]
        audit = audit_of(store, "agreement")
        write_agreement(rows, pairs, folder, naming, audit)
        page = folder / "agreement.html"
        write_agreement_page(page, rows, pairs, len(compared), len({*compared.values()}), audit)
    names = ("agreement.csv", "agreement_pairs.csv", "agreement.html")
    return AgreementDone(tuple(folder / name for name in names), count, len(compared))


def _checked(store: Store) -> Store:
    """Compare the rows of all readings with the chain of the store, as before any other table is written."""
    store.of_reading(store.every_reading()[-1].name).check()
    return store


def _of_one_folder(store: Store, names: Sequence[str], say: Say) -> list[_Reading]:
    chosen = list(dict.fromkeys(names)) or [*(one.name for one in store.every_reading()), PROGRAM]
    if len(chosen) < 2:
        raise InputPathError(
            f"Two or more readings expected, found --readings {' '.join(names)}: name another one, or {PROGRAM}."
        )
    found = [_program(store) if name == PROGRAM else _reading(store, name, say) for name in chosen]
    # Nobody asked for a reading by name that nobody read.
    return [one for one in found if names or one.stacks]


def _of_two_folders(store: Store, other: Store, names: Sequence[str], say: Say) -> list[_Reading]:
    first, *more = names or (CLINICAL_READING, CLINICAL_READING)
    if len(more) != 1:
        raise InputPathError(
            f"One reading of each folder expected, found --readings {' '.join(names)}: name two, in the order of the "
            "folders."
        )
    return [_reading(store, first, say), _reading(other, more[0], say, OTHER)]


def _reading(store: Store, name: str, say: Say, before: str = "") -> _Reading:
    """Read the masses of a reading in the stacks that it has read to the end."""
    of_reading = store.of_reading(name)
    known = {one.name: one for one in store.every_reading()}
    tasks, others = read_to_the_end(of_reading)
    if others:
        say(f"Stacks that {name} has read on other images than the present ones, which are not compared: {others}.")
    stacks = {}
    for task in tasks:
        proposed = _proposed(store, known, name, task.stack_id)
        judged = tuple(
            _read(one, proposed.get(one.tracking_uid))
            for one in of_reading.lesions_of(task.stack_id)
            if one.is_decided or one.reader is not None
        )
        masses = tuple(one for one in judged if one.lesion.is_mass and one.lesion.status is Status.ACCEPTED)
        stacks[_key(task.facts)] = _ReadStack(task.facts, masses, judged)
    return _Reading(f"{before}{name}", stacks, known[name].is_blank)


def _proposed(store: Store, known: Mapping[str, Reading], name: str, stack_id: int) -> dict[str, Lesion]:
    """Give by Tracking UID what the readers of a reading saw of the program before one of them said anything.

    The clinical reading is measured again between two decisions, so each lesion is judged by its own history. A
    consensus begins with what readers drew: what the program proposed is in the readings with which it began.
    """
    if known[name].bases:
        first, second = (_proposed(store, known, base, stack_id) for base in known[name].bases)
        return second | first
    histories = store.of_reading(name).histories(stack_id)
    before = {uid: list(takewhile(lambda one: one.reader is None, one)) for uid, one in histories.items()}
    return {uid: revisions[-1].lesion for uid, revisions in before.items() if revisions}


def _read(lesion: Lesion, proposed: Lesion | None) -> ReadLesion:
    is_redrawn = proposed is None or proposed.outline != lesion.outline
    return ReadLesion(lesion, is_redrawn, not is_redrawn and proposed is not None and _said(lesion) == _said(proposed))


def _said(lesion: Lesion) -> tuple[object, ...]:
    return (lesion.tissue, lesion.side and lesion.side.laterality, lesion.site and lesion.site.body_site)


def _program(store: Store) -> _Reading:
    """Read what the program proposed as masses, before any reader decided: it has read every stack."""
    stacks = {}
    for stack_id, facts in store.measured_stacks().items():
        judged = tuple(ReadLesion(one, is_unchanged=True) for one in store.proposals_of(stack_id))
        masses = tuple(one for one in judged if one.lesion.is_mass)
        stacks[_key(facts)] = _ReadStack(facts, masses, judged)
    return _Reading(PROGRAM, stacks, None)


def _paired(first: _Reading, second: _Reading, say: Say) -> list[PairedStack]:
    is_blank = all(one.is_blank for one in (first, second) if one.is_blank is not None)
    found, others = [], 0
    for key, one in first.stacks.items():
        other = second.stacks.get(key)
        if other is None:
            continue
        if not _same_grid(one.facts, other.facts):
            others += 1
            continue
        patient = one.facts.person or one.facts.patient_id or one.facts.study_uid
        judged = paired(one.judged, other.judged)
        found.append(PairedStack(patient, one.facts, is_blank, paired(one.masses, other.masses), judged))
    if others:
        say(f"Stacks with other images in {second.name} than in {first.name}, which are not compared: {others}.")
    return found


def _same_grid(one: StackFacts, other: StackFacts) -> bool:
    """Tell whether two folders measured a stack on the same voxels: outlines are compared by them."""

    def grid(facts: StackFacts) -> tuple[object, ...]:
        return (facts.image_count, facts.row_spacing_mm, facts.column_spacing_mm, facts.slice_spacing_mm)

    return grid(one) == grid(other)


def _key(facts: StackFacts) -> Key:
    return (facts.study_uid, facts.series_uid or facts.path, facts.stack_number)

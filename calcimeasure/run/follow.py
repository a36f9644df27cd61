"""Masses followed from date to date: stacks compared, links kept in the store, changes.csv and responses.csv written.

The links of two stacks are stored as soon as they are found: a run that was killed goes on behind them, and a run that
finds nothing new computes nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from itertools import pairwise, product
from typing import TYPE_CHECKING

from calcimeasure.errors import InputPathError, SeriesError
from calcimeasure.export.changes import write_changes
from calcimeasure.fault import fault_report
from calcimeasure.load import load_image
from calcimeasure.model.follow import LinkSource, LinkState
from calcimeasure.report.files import remove_report
from calcimeasure.report.follow_page import FOLLOW_PAGE, write_follow_page
from calcimeasure.results import audit_of, pseudonyms_of, series_of, store_that_is_there
from calcimeasure.run.events import read_events
from calcimeasure.run.follow_masses import masses_of, masses_on_films
from calcimeasure.run.follow_once import each_once
from calcimeasure.run.follow_rows import Dates, rows_of
from calcimeasure.run.follow_stacks import patients_of
from calcimeasure.run.withheld import withheld
from calcimeasure.settings import change_settings
from calcimeasure.settings.algorithm import ALGORITHM, FINGERPRINT
from calcimeasure.store import LesionLink, StoredMotion

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from calcimeasure.export.changes import ChangeRow, ResponseRow
    from calcimeasure.export.pseudonym import Naming
    from calcimeasure.model import Lesion, StackFacts, Volume
    from calcimeasure.run.events import Event
    from calcimeasure.run.follow_rows import Mass
    from calcimeasure.run.follow_stacks import FollowDate, FollowStack
    from calcimeasure.run.progress import Say
    from calcimeasure.settings import Settings
    from calcimeasure.store import StackPair, Store
    from calcimeasure.study.follow.dates import Compared, Kept


@dataclass(frozen=True, slots=True)
class FollowOrder:
    """What is to be followed.

    Parameters
    ----------
    comparison
        baseline: each date with the first; previous: each date with the one before.
    patient
        The key of one patient, as in the tables, or the Patient ID; None for all.
    events
        A file of events; None for none.
    images
        Whether images may be read; else links in the store alone count.
    """

    comparison: str = "baseline"
    patient: str | None = None
    events: Path | None = None
    images: bool = True


@dataclass(frozen=True, slots=True)
class FollowDone:
    """What was written: the tables, patients with two dates, rows of changes.csv, and those that are undecided."""

    changes: Path
    responses: Path
    patients: int
    rows: int
    undecided: int


def follow_folder(folder: Path, order: FollowOrder, say: Say) -> FollowDone:
    """Follow the masses of every patient of a folder, and write changes.csv, responses.csv and follow.html.

    Parameters
    ----------
    folder
        A folder written by ``calcimeasure measure``.
    order
        What is to be followed.
    say
        Takes lines that a person has to know at once.

    Raises
    ------
    InputPathError
        The folder was not written by ``calcimeasure measure``, the events cannot be read, or no patient has the key.
    KeyFileError
        The key of the pseudonyms cannot be used.
    OutputError
        A table cannot be written.
    """
    events = read_events(order.events) if order.events else []
    with store_that_is_there(folder, say) as (store, settings):
        naming = pseudonyms_of(store, change_settings(settings, {"record_map": ""}), folder, say)
        changes: list[ChangeRow] = []
        responses: list[ResponseRow] = []
        patients = 0
        for by_date in patients_of(store, naming, order.patient):
            patients += 1
            facts = next(iter(by_date.values())).stacks[0].facts
            of_patient = _events_of(facts, events, naming)
            dates = _followed(store, settings, by_date, order, say)
            new_changes, new_responses = rows_of(dates, order.comparison, of_patient, naming)
            changes += new_changes
            responses += new_responses
        # No page of former tables may stay beside these, whatever happens to it.
        remove_report(folder / FOLLOW_PAGE)
        audit = audit_of(store, "follow")
        write_changes(changes, responses, folder, naming, audit)
        write_follow_page(changes, responses, folder / FOLLOW_PAGE, naming, audit)
        _tell_of_unknown(events, store, naming, say)
    undecided = sum(row.state is LinkState.UNDECIDED for row in changes)
    return FollowDone(folder / "changes.csv", folder / "responses.csv", patients, len(changes), undecided)


def _tell_of_unknown(events: Sequence[Event], store: Store, naming: Naming, say: Say) -> None:
    """Say how many events name nobody of the folder: a key with a fault would else remove no mass, and nobody knew."""
    known = {key for facts in store.measured_stacks().values() for key in (naming.patient_key(facts), facts.patient_id)}
    count = sum(one.patient_key not in known for one in events)
    if count:
        say(f"--events: {count} of {len(events)} name a patient_key that nobody of this folder has. They do not count.")


def _events_of(facts: StackFacts, events: Sequence[Event], naming: Naming) -> list[Event]:
    names = {naming.patient_key(facts), facts.patient_id}
    return [one for one in events if one.patient_key in names]


def _followed(
    store: Store, settings: Settings, by_date: dict[date, FollowDate], order: FollowOrder, say: Say
) -> list[Dates]:
    """Compare the dates of a patient."""
    days = list(by_date)
    pairs = [(days[0], day) for day in days[1:]] if order.comparison == "baseline" else list(pairwise(days))
    found = []
    for prior, current in pairs:
        two = by_date[prior], by_date[current]
        masses: list[Mass] = []
        for one, other in product(two[0].stacks, two[1].stacks):
            masses += _between(store, settings, one, other, order, say)
        found.append(Dates(two[0].stacks[0].facts, two[1].stacks[0].facts, tuple(each_once(masses, *two))))
    return found


def _between(
    store: Store, settings: Settings, prior: FollowStack, current: FollowStack, order: FollowOrder, say: Say
) -> list[Mass]:
    """Give the masses of two stacks: as stored, if nothing changed since, else found now."""
    if "CT" not in (prior.facts.modality, current.facts.modality):
        return masses_on_films(prior, current, store.links_between((prior.stack_id, current.stack_id)))
    if prior.facts.modality != current.facts.modality or not (prior.masses or current.masses):
        return []
    stacks: StackPair = (prior.stack_id, current.stack_id)
    key = hashlib.sha256(f"{ALGORITHM} {FINGERPRINT} {prior.key} {current.key}".encode()).hexdigest()[:24]
    links = store.links_between(stacks)
    if not any(one.made_from == key for one in links if one.source is LinkSource.PROGRAM):
        missing = _find_links(store, settings, (prior, current), key, say) if order.images else "images_missing"
        if missing is not None:
            links = [one for one in links if one.source is LinkSource.READER]
            return masses_of(prior, current, links, missing)
        links = store.links_between(stacks)
    return masses_of(prior, current, links, None)


def _find_links(
    store: Store, settings: Settings, stacks: tuple[FollowStack, FollowStack], key: str, say: Say
) -> str | None:
    """Compare the images of two stacks, and store what was found; else a key of CHANGE_REASONS."""
    from calcimeasure.study.follow.dates import Day, compare

    pair = (stacks[0].stack_id, stacks[1].stack_id)
    prior, current = stacks
    volumes = []
    for one in stacks:
        try:
            image = load_image(series_of(store, one.stack_id, settings), settings)
        except (InputPathError, SeriesError) as error:
            say(f"{one.facts.path} is not compared: {withheld(str(error))}")
            return "images_missing"
        if image.geometry is None or image.shape_kji[0] < 2:
            return "not_compared"
        volumes.append(image)
    days = [Day(image, one.masses, one.others, one.shows_midline) for image, one in zip(volumes, stacks, strict=True)]
    try:
        images = _key_of(volumes)
        kept = _kept(store.motions_between(pair), images, prior)
        found = compare(days[0], days[1], settings, kept)
    except Exception as error:  # noqa: BLE001 - a fault in one pair must not cost the other patients
        say(f"{prior.facts.path} and {current.facts.path} are not compared: {fault_report(error)}")
        return "not_compared"
    store.note_motions(_new_motions(pair, found, kept, images, prior))
    links: list[LesionLink] = []
    for mass in found.masses:
        ends = _chain(mass.prior, mass.current)
        for n, (ours, theirs) in enumerate(ends):
            links.append(
                LesionLink(
                    stacks=pair,
                    prior=_end(ours, prior),
                    current=_end(theirs, current),
                    state=mass.state,
                    source=LinkSource.PROGRAM,
                    confidence=mass.confidence,
                    made_from=key,
                    change=None if n else mass.change,
                    before=None if n else mass.before,
                    after=None if n else mass.after,
                )
            )
    store.note_links(links)
    return None


def _key_of(volumes: Sequence[Volume]) -> str:
    """Name what a motion is found from: both images, and the algorithm."""
    from calcimeasure.study.follow.images import images_key

    return images_key(volumes, f"{ALGORITHM} {FINGERPRINT}")


def _kept(motions: Sequence[StoredMotion], images: str, prior: FollowStack) -> Kept:
    """Choose the motions that still hold: of the whole on the same images, of a lesion also with the same outline."""
    from calcimeasure.study.follow.dates import Kept

    held = {one.prior_tracking_uid: one.motion for one in motions if one.made_from == _made_from(one, images, prior)}
    return Kept(held.pop(None, None), {uid: motion for uid, motion in held.items() if uid})


def _made_from(one: StoredMotion, images: str, prior: FollowStack) -> str:
    uid = one.prior_tracking_uid
    return images if uid is None else f"{images}:{prior.revisions.get(uid, 0)}"


def _new_motions(pair: StackPair, found: Compared, kept: Kept, images: str, prior: FollowStack) -> list[StoredMotion]:
    """Give the motions that are not kept yet."""
    motions = [StoredMotion(pair, found.whole, "")] if found.whole and found.whole != kept.whole else []
    motions += [
        StoredMotion(pair, motion, "", uid) for uid, motion in found.local.items() if motion != kept.local.get(uid)
    ]
    return [replace(one, made_from=_made_from(one, images, prior)) for one in motions]


def _end(lesion: Lesion | None, stack: FollowStack) -> tuple[str, int] | None:
    return None if lesion is None else (lesion.tracking_uid, stack.revisions[lesion.tracking_uid])


def _chain(ones: Sequence[Lesion], others: Sequence[Lesion]) -> list[tuple[Lesion | None, Lesion | None]]:
    """Give pairs that hold a group together: the first of one date with all of the other."""
    if not ones or not others:
        return [*((one, None) for one in ones), *((None, other) for other in others)]
    return [*((ones[0], other) for other in others), *((one, others[0]) for one in ones[1:])]

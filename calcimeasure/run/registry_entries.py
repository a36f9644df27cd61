"""What a registry gets of a folder: studies, accepted lesions, and what it got before and is there no longer."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from calcimeasure.export import Identified
from calcimeasure.export.lesions import LesionRow, lesion_rows
from calcimeasure.export.pseudonym import person_of
from calcimeasure.export.redcap.events import event_of
from calcimeasure.export.redcap.fields import LESIONS, STUDIES
from calcimeasure.export.redcap.records import ACCEPTED, Entry, Writer, status_of
from calcimeasure.model import Outcome, State, Status, Study
from calcimeasure.run.record_map import RecordMapTally
from calcimeasure.store import RegistryForm
from calcimeasure.study import linked_studies

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from calcimeasure.export import Naming
    from calcimeasure.export.redcap.events import EventRule
    from calcimeasure.model import Lesion, StackFacts
    from calcimeasure.store import Store

    Given = dict[RegistryForm, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a registry gets.

    Parameters
    ----------
    entries
        By record, form, event and date.
    given
        The instances that were given before, in a project with events or without, as the order says.
    left
        Why patients or studies are left out, in sentences.
    """

    entries: Sequence[Entry]
    given: Given
    left: Sequence[str]


def gather(store: Store, naming: Naming, rules: Sequence[EventRule]) -> Gathered:
    """Gather what a registry gets.

    Parameters
    ----------
    store
        The store of the folder.
    naming
        How patients, dates and UIDs are named. A patient has the registry's id where the record map names one; with a
        record map a patient whom it does not name is left out, so that no record of another name is made.
    rules
        Which study belongs to which event; none for a project without events.
    """
    given = {form: store.instances_of(form) for form in store.registry_forms() if bool(form.event) == bool(rules)}
    key = "identified" if isinstance(naming, Identified) else store.recall("key_fingerprint") or ""
    given_uids = frozenset(uid for uids in given.values() for uid in uids)
    gathering = _Gathering(Writer.of(naming, key), store.record_ids(), rules, given, given_uids)
    tally = RecordMapTally(gathering.record_ids)
    for study in linked_studies(tally.counting(store.outcomes())):
        gathering.take(study)
    gathering.take_withdrawn(store)
    left = [*tally.lines("they are left out"), *gathering.lines()]
    return Gathered(gathering.in_order(), given, left)


@dataclass(slots=True)
class _Gathering:
    """Collects entries while studies pass."""

    writer: Writer
    record_ids: Mapping[str, str]
    rules: Sequence[EventRule]
    given: Given
    given_uids: frozenset[str]
    entries: list[Entry] = field(default_factory=list)
    left: Counter[str] = field(default_factory=Counter)
    _there: set[tuple[RegistryForm, str]] = field(default_factory=set)
    _lesions: dict[str, tuple[StackFacts, Lesion]] = field(default_factory=dict)
    _studies: dict[str, Study] = field(default_factory=dict)

    def take(self, study: Study) -> None:
        """Take a study, and what belongs into a registry of its lesions."""
        if study.stack is None:
            return
        self._keep_what_was_given(study)
        record_id = self._record_of(study.stack)
        if record_id is None:
            # With a record map the tally says it.
            self.left["no patient"] += not self.record_ids
            return
        event = event_of(self.rules, self._shown(record_id, study.stack))
        if event is None:
            self.left["no event"] += 1
            return
        self._add(
            RegistryForm(record_id, STUDIES, event), self._key_of(study, record_id, event), self.writer.study(study)
        )
        lesions = RegistryForm(record_id, LESIONS, event)
        for row in _with_one_primary(list(self._rows(study))):
            uid = row.lesion.tracking_uid
            if status_of(row.lesion) == ACCEPTED or uid in self.given.get(lesions, {}):
                self._add(lesions, uid, self.writer.lesion(row))

    def take_withdrawn(self, store: Store) -> None:
        """Take what was given an instance and is no longer there."""
        gone = [(form, uid) for form, uids in self.given.items() for uid in uids if (form, uid) not in self._there]
        if any(uid not in self._lesions and uid not in self._studies for _, uid in gone):
            self._look_into_the_past(store)
        for form, uid in gone:
            if form.instrument == LESIONS and uid in self._lesions:
                stack, lesion = self._lesions[uid]
                cells = self.writer.withdrawn_lesion(stack, lesion)
            elif form.instrument == STUDIES and uid in self._studies:
                study = self._studies[uid]
                first = study.outcomes[0].stack
                if first is None:
                    continue
                stack, cells = first, self.writer.withdrawn_study(study)
            else:
                continue
            # Instances of other names of the patient (identified, another record map) are not for this registry.
            if self._record_of(stack) == form.record_id:
                self._add(form, uid, cells)

    def in_order(self) -> list[Entry]:
        """Give the entries by record, form, event and date; those of one date as they came."""
        dates = {LESIONS: "cm_study_date", STUDIES: "cm_st_study_date"}
        return sorted(
            self.entries, key=lambda one: (one.record_id, one.form, one.event, one.cells.get(dates[one.form], ""))
        )

    def lines(self) -> Iterator[str]:
        """Say what was left out."""
        said = {
            "no patient": "Studies without a PatientID, which no record can hold: {}. They are left out.",
            "no event": "Studies that no row of --redcap-events takes: {}. They are left out.",
        }
        return (said[why].format(count) for why, count in self.left.items() if count)

    def _add(self, form: RegistryForm, uid: str, cells: Mapping[str, str]) -> None:
        self._there.add((form, uid))
        self.entries.append(Entry(form.record_id, form.event, form.instrument, uid, cells))

    def _record_of(self, stack: StackFacts) -> str | None:
        person = person_of(stack)
        if self.record_ids:
            return None if person is None else self.record_ids.get(person)
        return self.writer.naming.patient_key(stack)

    def _shown(self, record_id: str, stack: StackFacts) -> Mapping[str, str]:
        """Give the values by which a row of --redcap-events names a study."""
        day = self.writer.naming.study_date(stack)
        uid = self.writer.naming.uid(stack.study_uid)
        return {"record_id": record_id, "study_date": day.isoformat() if day else "", "study_uid": uid or ""}

    def _key_of(self, study: Study, record_id: str, event: str) -> str:
        """Give the UID of a study; images of another date with the same UID have the date behind it."""
        assert study.stack is not None  # noqa: S101 - asked before
        uid = study.stack.study_uid
        if (RegistryForm(record_id, STUDIES, event), uid) not in self._there:
            return uid
        return f"{uid} {study.stack.study_date or ''}".strip()

    def _rows(self, study: Study) -> Iterator[LesionRow]:
        for outcome in study.outcomes:
            yield from lesion_rows(study, outcome, tuple(Status), all_tissues=True)

    def _keep_what_was_given(self, study: Study) -> None:
        """Keep the lesions and studies that have an instance somewhere: they may have moved to another event."""
        given = self.given_uids
        if not given:
            return
        if study.stack is not None and study.stack.study_uid in given:
            self._studies.setdefault(study.stack.study_uid, study)
        for row in self._rows(study):
            if row.lesion.tracking_uid in given:
                self._lesions[row.lesion.tracking_uid] = row.stack, row.lesion

    def _look_into_the_past(self, store: Store) -> None:
        """Find what no longer exists among all revisions of all lesions."""
        given = self.given_uids
        for stack, revision in store.revisions():
            uid = revision.lesion.tracking_uid
            if uid in given and uid not in self._lesions:
                self._lesions[uid] = stack, revision.lesion
            if stack.study_uid in given and stack.study_uid not in self._studies:
                self._studies[stack.study_uid] = Study((Outcome(State.SKIPPED, stack.path, stack),), {})


def _with_one_primary(rows: Sequence[LesionRow]) -> Iterator[LesionRow]:
    """Make one accepted lesion of each mass the primary one, where readers have accepted others than the primary."""
    accepted = [row for row in rows if status_of(row.lesion) == ACCEPTED and row.links]
    first: dict[int, LesionRow] = {}
    for row in sorted(accepted, key=_preference):
        assert row.links is not None  # noqa: S101 - asked above
        first.setdefault(row.links.study_lesion_number, row)
    for row in rows:
        if row.links is None or status_of(row.lesion) != ACCEPTED:
            yield row
        else:
            is_first = first[row.links.study_lesion_number] is row
            yield row if row.links.primary is is_first else replace(row, links=replace(row.links, primary=is_first))


def _preference(row: LesionRow) -> tuple[object, ...]:
    """Order lesions of one mass as `calcimeasure.study` does: the primary one, CT, thin slices, large."""
    primary = row.links is not None and row.links.primary
    is_projection = row.lesion.measurements.place_lps_mm is None
    return not primary, is_projection, row.stack.slice_spacing_mm or math.inf, -row.lesion.measurements.size

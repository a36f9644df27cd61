"""Records written into a registry over its API, after a look at what would change."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from calcimeasure.errors import RegistryError
from calcimeasure.export import Identified
from calcimeasure.export.redcap.events import read_events
from calcimeasure.export.redcap.fields import FORMS, INSTRUMENT
from calcimeasure.export.redcap.plan import counted, differences, plan, row_of
from calcimeasure.export.redcap.records import table
from calcimeasure.export.redcap.set_up import columns_of, refuse_unless_repeating
from calcimeasure.registry.project import open_project
from calcimeasure.run.order import naming_of, opened
from calcimeasure.run.redcap import refuse_other_status, refuse_what_redcap_refuses
from calcimeasure.run.registry_entries import gather
from calcimeasure.store import Export, RegistryForm

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from calcimeasure.export.redcap.plan import Planned
    from calcimeasure.registry.address import RegistryAddress, Token
    from calcimeasure.registry.project import Project, ProjectFacts
    from calcimeasure.run.progress import Say
    from calcimeasure.run.redcap import RegistryOrder
    from calcimeasure.run.registry_entries import Gathered
    from calcimeasure.store import Store

_FORM_NAMES: Final = tuple(form.name for form in FORMS)
_PSEUDONYM: Final = re.compile(r"P-[A-Z2-7]{16}")
"""A record that has the pseudonym of a patient, for want of an id of the registry."""


@dataclass(frozen=True, slots=True)
class PushOrder:
    """What is to be written into which registry.

    Parameters
    ----------
    wanted
        Which records, with which names, for whom; no file is written.
    address, token, ca
        The API, the secret of the project, and the authorities of certificates that are trusted.
    write
        Whether to write; else only what would change is said.
    """

    wanted: RegistryOrder
    address: RegistryAddress
    token: Token
    ca: Path | None = None
    write: bool = False


@dataclass(frozen=True, slots=True)
class Pushed:
    """What would change, or has changed.

    Parameters
    ----------
    lines
        What is new, differs and stays.
    left
        What was left out and why, in sentences.
    differences
        Cells that the registry does not have as they were sent.
    """

    lines: Sequence[str]
    left: Sequence[str]
    differences: Sequence[str] = ()


def push_redcap_of(folder: Path, wanted: PushOrder, changes: Mapping[str, object], say: Say) -> Pushed:
    """Write the accepted lesions and the studies of a folder into a project of REDCap.

    Parameters
    ----------
    folder
        A folder written by ``calcimeasure measure``.
    wanted
        What is to be written.
    changes
        Settings that differ from those of the folder's last run.
    say
        Takes lines that a person has to know at once.

    Raises
    ------
    InputPathError
        The folder was not written by ``calcimeasure measure``, or the file of events cannot be used.
    KeyFileError
        The key cannot be used, or is another one than that of the folder's pseudonyms.
    OutputError
        Another status than accepted was ordered, or REDCap would refuse the records.
    RegistryError
        The registry cannot be reached or refuses, is not set up for the records, or has records that were made with
        another key.
    """
    order = wanted.wanted.order
    refuse_other_status(order)
    rules = read_events(wanted.wanted.events) if wanted.wanted.events else ()
    with opened(folder, changes, say) as (store, settings):
        naming = naming_of(store, settings, folder, order, say)
        gathered = gather(store, naming, rules)
        key = "identified" if isinstance(naming, Identified) else store.recall("key_fingerprint") or ""
        with open_project(wanted.address, wanted.token, wanted.ca) as project:
            return _Push(store, wanted, project, project.facts(), key).run(gathered, longitudinal=bool(rules))


@dataclass(frozen=True, slots=True)
class _Push:
    """One push: to one project, with one key."""

    store: Store
    wanted: PushOrder
    project: Project
    facts: ProjectFacts
    key: str

    def run(self, gathered: Gathered, *, longitudinal: bool) -> Pushed:
        columns, lacking = self._set_up(gathered, longitudinal)
        record_ids = list(dict.fromkeys(entry.record_id for entry in gathered.entries))
        self._refuse_another_key(record_ids)
        rows = self.project.records(record_ids, _FORM_NAMES)
        self._refuse_rows_of_another_key(rows)
        given = {(form.record_id, form.event, form.instrument): uids for form, uids in gathered.given.items()}
        planned = plan(gathered.entries, rows, self.facts.record_field, columns, given)
        numbered = [(one.entry, one.instance) for one in planned]
        refuse_what_redcap_refuses(
            *table(self.facts.record_field, numbered, longitudinal=longitudinal), longitudinal=longitudinal
        )
        lines = [*counted(planned), *self._remarks(planned, given, lacking)]
        changing = [one for one in planned if one.differing]
        if not self.wanted.write:
            return Pushed([*lines, "Dry run: nothing was written. --write writes."], gathered.left)
        if not changing:
            return Pushed([*lines, "Nothing to write: the registry has all of it."], gathered.left)
        return self._write(changing, columns, lines, gathered.left)

    def _set_up(self, gathered: Gathered, longitudinal: bool) -> tuple[frozenset[str], tuple[str, ...]]:
        """Refuse a project that cannot take the records."""
        if longitudinal != self.facts.is_longitudinal:
            found = "one with events" if self.facts.is_longitudinal else "one without"
            wanted = "with events (--redcap-events was given)" if longitudinal else "without events"
            hint = (
                "Leave --redcap-events out"
                if longitudinal
                else "Say with --redcap-events to which event each study belongs"
            )
            raise RegistryError(f"A project {wanted} expected, found {found}. {hint}.")
        columns = columns_of(self.facts.fields)
        refuse_unless_repeating(self.facts.repeating, sorted({entry.event for entry in gathered.entries} or {""}))
        return columns

    @property
    def _place(self) -> str:
        return f"{self.wanted.address.url} project {self.facts.project_id}"

    def _key_hash(self) -> str:
        return hashlib.sha256(f"{self._place}\0{self.key}".encode()).hexdigest()

    def _name_of_key(self) -> str:
        return f"registry_key {hashlib.sha256(self._place.encode()).hexdigest()[:16]}"

    def _refuse_another_key(self, record_ids: Sequence[str]) -> None:
        """Refuse a push with another key than the last one, of this folder or of another one."""
        last = self.store.recall(self._name_of_key())
        if last is not None and last != self._key_hash():
            raise RegistryError(_another_key("the last push from this folder"))
        if any(map(_PSEUDONYM.fullmatch, record_ids)):
            for row in self.project.cells(["cm_key", "cm_st_key"]):
                keys = {row.get("cm_key", ""), row.get("cm_st_key", "")} - {"", self.key}
                if keys and _PSEUDONYM.fullmatch(row.get(self.facts.record_field, "")):
                    raise RegistryError(_another_key("patients in this project"))

    def _refuse_rows_of_another_key(self, rows: Sequence[Mapping[str, str]]) -> None:
        for row in rows:
            if {row.get(form.key_field, "") for form in FORMS} - {"", self.key}:
                raise RegistryError(_another_key("the record of a patient in this project"))

    def _remarks(
        self,
        planned: Sequence[Planned],
        given: Mapping[tuple[str, str, str], Mapping[str, int]],
        lacking: Sequence[str],
    ) -> list[str]:
        remarks = []
        if lacking:
            remarks.append(
                f"Fields that the project lacks and that are left out: {', '.join(lacking)}. Bring it up to date: "
                "export with --merge-into its data dictionary."
            )
        moved = sum(
            given.get((one.entry.record_id, one.entry.event, one.entry.form), {}).get(one.entry.uid, one.instance)
            != one.instance
            for one in planned
        )
        if moved:
            remarks.append(
                f"Instances that the registry has under another number than this folder gave them: {moved}. Push them; "
                "do not import import.csv of this folder into this project."
            )
        return remarks

    def _write(
        self, changing: Sequence[Planned], columns: frozenset[str], lines: Sequence[str], left: Sequence[str]
    ) -> Pushed:
        # What is kept comes first: a push that breaks off goes on with the same instances and the same key.
        self.store.remember(self._name_of_key(), self._key_hash())
        for form, instances in _instances(changing).items():
            self.store.keep_instances(form, instances)
        record_field, longitudinal = self.facts.record_field, self.facts.is_longitudinal
        rows = [row_of(one, record_field, columns, longitudinal=longitudinal) for one in changing]
        digest = hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()
        order = self.wanted.wanted.order
        self.store.note_export(
            Export(
                what="push redcap",
                destination=self._place,
                is_identified=order.identified,
                recipient=order.recipient,
                key_fingerprint=None if order.identified else self.store.recall("key_fingerprint"),
                row_count=len(rows),
                content_hash=digest,
            )
        )
        for name in _FORM_NAMES:
            self.project.write([row for row in rows if row[INSTRUMENT] == name])
        records = list(dict.fromkeys(row[record_field] for row in rows))
        found = differences(rows, self.project.records(records, _FORM_NAMES), record_field)
        written = (
            f"Written and read back: {len(rows)} instances in {len(records)} records; cells that differ: {len(found)}."
        )
        return Pushed([*lines, written], left, found)


def _another_key(what: str) -> str:
    return (
        f"The same key for pseudonyms as before expected, found that {what} had another one: the same patients and "
        "lesions would come in again under other names. Use that key (--key FILE), or a project of its own."
    )


def _instances(planned: Sequence[Planned]) -> dict[RegistryForm, dict[str, int]]:
    forms: dict[RegistryForm, dict[str, int]] = {}
    for one in planned:
        form = RegistryForm(one.entry.record_id, one.entry.form, one.entry.event)
        forms.setdefault(form, {})[one.entry.uid] = one.instance
    return forms

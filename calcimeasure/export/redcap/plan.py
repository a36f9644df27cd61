"""What a registry has to get: which instances are new, which differ, which stay, compared with what it has."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from calcimeasure.export.redcap.fields import EVENT, FORM_BY_NAME, FORMS, INSTANCE, INSTRUMENT
from calcimeasure.export.redcap.records import ACCEPTED, CURRENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from calcimeasure.export.redcap.records import Entry

    Row = Mapping[str, str]
    Place = tuple[str, str, str]
    """Record, event and form."""


@dataclass(frozen=True, slots=True)
class Planned:
    """An entry with its instance in the registry.

    Parameters
    ----------
    entry, instance
        What is written, and where.
    there
        The row that the registry has; None if the instance is new.
    differing
        Names of the cells that differ; of a new one all.
    """

    entry: Entry
    instance: int
    there: Row | None
    differing: tuple[str, ...]


def plan(
    entries: Iterable[Entry],
    rows: Iterable[Row],
    record_field: str,
    columns: frozenset[str],
    given: Mapping[Place, Mapping[str, int]],
) -> list[Planned]:
    """Plan what a registry gets.

    An instance that the registry has is found by its UID. A new one gets the instance that was given before, if it is
    free, else the next free one. What is no longer an accepted lesion and was never in the registry does not come in.

    Parameters
    ----------
    entries
        What it is to hold.
    rows
        What its records hold, of all forms.
    record_field
        The field that names records.
    columns
        The fields of the forms that the project has.
    given
        Instances that were given before, by UID, in each form of a record.
    """
    there, taken = _there(rows, record_field)
    before = {_place(*place): uids for place, uids in given.items()}
    planned, new = [], []
    for entry in entries:
        place = _place(entry.record_id, entry.event, entry.form)
        form = FORM_BY_NAME[entry.form]
        row = there.get((*place, *(entry.cells[key] for key in form.keys)))
        if row is not None:
            differing = tuple(
                name for name in form.columns if name in columns and row.get(name, "") != entry.cells[name]
            )
            planned.append(Planned(entry, int(row[INSTANCE]), row, differing))
        elif _is_current(entry):
            new.append((place, entry))
    for place, entry in new:
        uids = before.get(place, {})
        instance = uids.get(entry.uid)
        if instance is None or instance in taken[place]:
            instance = max((*taken[place], *uids.values()), default=0) + 1
        taken[place].add(instance)
        names = tuple(name for name in FORM_BY_NAME[entry.form].columns if name in columns)
        planned.append(Planned(entry, instance, None, names))
    return planned


def _there(rows: Iterable[Row], record_field: str) -> tuple[dict[tuple[str, ...], Row], dict[Place, set[int]]]:
    """Find the instances of the forms by their UIDs, and which instances are in use."""
    there: dict[tuple[str, ...], Row] = {}
    taken: dict[Place, set[int]] = defaultdict(set)
    for row in rows:
        form = FORM_BY_NAME.get(row.get(INSTRUMENT, ""))
        if form is None or not row.get(INSTANCE):
            continue
        place = _place(row[record_field], row.get(EVENT, ""), form.name)
        taken[place].add(int(row[INSTANCE]))
        keys = tuple(row.get(key, "") for key in form.keys)
        if keys[0]:
            there.setdefault((*place, *keys), row)
    return there, taken


def _place(record_id: str, event: str, form: str) -> Place:
    """Name a form of a record; REDCap takes records whose ids differ in upper and lower case alone for one."""
    return record_id.casefold(), event, form


def _is_current(entry: Entry) -> bool:
    return entry.cells.get("cm_status") == ACCEPTED or entry.cells.get("cm_st_status") == CURRENT


def row_of(planned: Planned, record_field: str, columns: frozenset[str], *, longitudinal: bool) -> dict[str, str]:
    """Make the row that is sent: the fields that the project has."""
    entry = planned.entry
    keys = {record_field: entry.record_id, **({EVENT: entry.event} if longitudinal else {})}
    keys |= {INSTRUMENT: entry.form, INSTANCE: str(planned.instance)}
    return keys | {name: entry.cells[name] for name in FORM_BY_NAME[entry.form].columns if name in columns}


def differences(sent: Sequence[Row], rows: Iterable[Row], record_field: str) -> list[str]:
    """Compare what was sent with what the registry has now, cell by cell; no value is named."""
    found = {_name(row, record_field): row for row in rows}
    said = []
    for one in sent:
        name = _name(one, record_field)
        row = found.get(name)
        where = f"record {one[record_field]}, {name[2]}, instance {name[3]}"
        if row is None:
            said.append(f"{where}: sent, and not there.")
        else:
            said += [
                f"{where}: {cell} differs from what was sent."
                for cell in one
                if cell != record_field and one[cell] != row.get(cell, "")
            ]
    return said


def _name(row: Row, record_field: str) -> tuple[str, str, str, str]:
    return (*_place(row.get(record_field, ""), row.get(EVENT, ""), row.get(INSTRUMENT, "")), row.get(INSTANCE, ""))


def counted(planned: Sequence[Planned]) -> list[str]:
    """Say how many instances of each form are new, differ and stay, and which cells differ."""
    lines = []
    for form in FORMS:
        own = [one for one in planned if one.entry.form == form.name]
        new = sum(one.there is None for one in own)
        changed = [one for one in own if one.there is not None and one.differing]
        lines.append(f"{form.name}: {new} new, {len(changed)} changed, {len(own) - new - len(changed)} unchanged.")
        cells = Counter(name for one in changed for name in one.differing)
        if cells:
            lines.append(
                "  Cells that differ: " + ", ".join(f"{name} {count}" for name, count in sorted(cells.items()))
            )
    return lines

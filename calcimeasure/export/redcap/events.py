"""Events of a longitudinal project, and which study belongs to which."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from calcimeasure.errors import InputPathError
from calcimeasure.export.given import read_rows
from calcimeasure.export.redcap.fields import EVENT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from calcimeasure.export.given import Row

_UNIQUE_NAME: Final = re.compile(r"[a-z0-9_]{1,18}_arm_[1-9][0-9]*[a-z]?")
"""What REDCap makes of the name of an event: at most 18 characters of it, its arm, and a letter if two are alike."""

_KEYS: Final = ("record_id", "patient_key", "study_date", "study_uid")


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a project.

    Parameters
    ----------
    unique_name
        As REDCap names it: ``baseline_arm_1``.
    """

    unique_name: str

    @property
    def arm(self) -> int:
        """The number of its arm."""
        return int(re.findall(r"_arm_([0-9]+)", self.unique_name)[-1])

    @property
    def label(self) -> str:
        """A name for a person from which REDCap makes the same unique name."""
        return self.unique_name.rpartition("_arm_")[0].replace("_", " ").capitalize()


CLASSIC: Final = Event("event_1_arm_1")
"""The one event of a project without events, as project files name it."""


@dataclass(frozen=True, slots=True)
class EventRule:
    """Which studies belong to an event: those that have all these values.

    Parameters
    ----------
    event
        The event.
    wanted
        Values by the name of the column: record_id (or patient_key), study_date, study_uid, as studies.csv has them.
    """

    event: Event
    wanted: Mapping[str, str]

    def takes(self, study: Mapping[str, str]) -> bool:
        """Tell whether a study has all values."""
        return all(study.get(name, "") == value for name, value in self.wanted.items())


def is_unique_event_name(name: str) -> bool:
    """Tell whether REDCap could have made a name of an event."""
    return _UNIQUE_NAME.fullmatch(name) is not None


def events_of(rules: Sequence[EventRule]) -> tuple[Event, ...]:
    """Give each event once, in the order of the file."""
    return tuple(dict.fromkeys(rule.event for rule in rules))


def event_of(rules: Sequence[EventRule], study: Mapping[str, str]) -> str | None:
    """Give the event of a study: of the first row that fits; empty without rows, None if no row fits."""
    if not rules:
        return ""
    return next((rule.event.unique_name for rule in rules if rule.takes(study)), None)


def read_events(path: Path) -> tuple[EventRule, ...]:
    """Read which study belongs to which event.

    Parameters
    ----------
    path
        CSV with the column redcap_event_name and any of record_id (or patient_key), study_date, study_uid, as
        studies.csv has them: that file with one more column will do. Other columns are ignored, an empty cell takes any
        study.

    Raises
    ------
    InputPathError
        The file cannot be read, has no such column or no row, or names what cannot be an event.
    """
    where = f"--redcap-events {path}"
    rows = read_rows(path, where, InputPathError)
    if not rows or EVENT not in rows[0].cells:
        raise InputPathError(
            f"{where}: a column {EVENT} and at least one row expected, found the columns "
            f"{', '.join(rows[0].cells) if rows else 'of no row'}."
        )
    return tuple(_rule(row, where) for row in rows)


def _rule(row: Row, where: str) -> EventRule:
    name = row.cell(EVENT)
    if not is_unique_event_name(name):
        raise InputPathError(
            f"{where}: line {row.line}: the unique name of an event expected (baseline_arm_1), found {name!r}. REDCap "
            "shows it where events are defined."
        )
    wanted = {key: row.cell(key) for key in _KEYS}
    if wanted["record_id"] and wanted["patient_key"] and wanted["record_id"] != wanted["patient_key"]:
        raise InputPathError(
            f"{where}: line {row.line}: record_id and patient_key name two patients. Leave one of them out."
        )
    wanted["record_id"] = wanted["record_id"] or wanted["patient_key"]
    del wanted["patient_key"]
    return EventRule(Event(name), {key: value for key, value in wanted.items() if value})

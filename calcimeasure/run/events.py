"""What happened to a patient between two dates: operations and drainage, by which masses leave the responses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from calcimeasure.errors import InputPathError
from calcimeasure.export.given import read_rows
from calcimeasure.model import BodySite, Laterality

if TYPE_CHECKING:
    from pathlib import Path

    from calcimeasure.export.given import Row


class EventKind(StrEnum):
    """What happened."""

    SURGERY = "surgery"
    DRAINAGE = "drainage"
    EXTRUSION = "extrusion"
    INFECTION = "infection"
    TREATMENT_START = "treatment_start"
    TREATMENT_STOP = "treatment_stop"

    @property
    def removes(self) -> bool:
        """Whether calcium was taken away: that is no effect of a treatment."""
        return self in (EventKind.SURGERY, EventKind.DRAINAGE, EventKind.EXTRUSION)


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a patient; site, laterality and tracking_uid say which mass it was, empty where they do not."""

    patient_key: str
    day: date
    kind: EventKind
    site: str = ""
    laterality: str = ""
    tracking_uid: str = ""


def read_events(path: Path) -> list[Event]:
    """Read events.

    Parameters
    ----------
    path
        CSV with the columns patient_key, date and event, and if wanted site, laterality and tracking_uid.

    Raises
    ------
    InputPathError
        The file cannot be read, or a line lacks a value or has one that is not known.
    """
    rows = read_rows(path, f"--events {path}", InputPathError)
    return [_event(path, row) for row in rows]


def _event(path: Path, row: Row) -> Event:
    told = {name: row.cell(name) for name in ("patient_key", "date", "event")}
    others = {name: row.cell(name) for name in ("site", "laterality", "tracking_uid")}
    try:
        if not told["patient_key"]:
            raise ValueError("patient_key is empty")
        for name, words in (("site", BodySite), ("laterality", Laterality)):
            if others[name] and others[name] not in list(words):
                raise ValueError(f"{others[name]} is no {name} of lesions.csv ({', '.join(words)})")
        event = Event(told["patient_key"], date.fromisoformat(told["date"]), EventKind(told["event"]), **others)
        if event.kind.removes and not (event.site or event.tracking_uid):
            raise ValueError(f"{event.kind} needs a site or a tracking_uid: which mass was it")
    except ValueError as error:
        raise InputPathError(
            f"--events {path}, line {row.line}: patient_key, date (2026-03-01) and event (one of "
            f"{', '.join(EventKind)}) are expected, {error}. Correct the line."
        ) from error
    return event

"""What a lesion and a study are in a registry: the cells of an instance of their form.

Only an accepted mass has values. What is no longer one keeps its instance, what names it, and its status; every other
cell is blank or says "unknown", so that no sum counts it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from calcimeasure.export.columns import cell_of
from calcimeasure.export.lesions import LesionRow
from calcimeasure.export.redcap.fields import (
    EVENT,
    FORMS,
    INSTANCE,
    INSTRUMENT,
    LESION_FORM,
    STUDY_FORM,
    YES_OR_NO,
    FieldKind,
    all_fields,
)
from calcimeasure.model import ReviewState, Status, review_state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from calcimeasure.export.pseudonym import Naming
    from calcimeasure.export.redcap.fields import Field, Form
    from calcimeasure.model import Lesion, StackFacts, Study

    Cells = dict[str, str]

ACCEPTED, WITHDRAWN, CURRENT = "accepted", "withdrawn", "current"
_COMPLETE, _UNVERIFIED, _INCOMPLETE = "2", "1", "0"

_AFTER_REVIEW = frozenset({"masses", "large_masses", "largest_mm", "total_volume_ml", "sites", "symmetric"})
"""Columns of studies.csv that are known when no lesion waits for a reader."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A lesion or a study as a registry has it, before its instance is known.

    Parameters
    ----------
    record_id, event, form
        Where it belongs; the event is empty in a project without events.
    uid
        Of the lesion or study in the store, by which its instance is kept.
    cells
        By the names of the columns of its form.
    """

    record_id: str
    event: str
    form: str
    uid: str
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes the cells of lesions and studies.

    Parameters
    ----------
    naming
        How patients, dates and UIDs are named.
    key
        Names the key of the pseudonyms; ``identified`` without one.
    written
        Writes the cell of each column, by the name of its field.
    """

    naming: Naming
    key: str
    written: Mapping[str, Callable[[Any], str]]

    @classmethod
    def of(cls, naming: Naming, key: str) -> Self:
        """Choose once how each cell is written."""
        columns = {field.name: field.column for field in all_fields() if field.column is not None}
        return cls(naming, key, {name: cell_of(column, naming) for name, column in columns.items()})

    def lesion(self, row: LesionRow) -> Cells:
        """Write the cells of a lesion: all of them for an accepted mass."""
        status = status_of(row.lesion)
        cells = self._cells(LESION_FORM, row, lambda field: field.stays or status == ACCEPTED)
        return cells | {"cm_status": status, LESION_FORM.complete: _COMPLETE if status == ACCEPTED else _INCOMPLETE}

    def withdrawn_lesion(self, stack: StackFacts, lesion: Lesion) -> Cells:
        """Write the cells of a lesion that is no longer there."""
        cells = self._cells(LESION_FORM, LesionRow(stack, lesion), lambda field: field.stays)
        return cells | {"cm_status": WITHDRAWN, LESION_FORM.complete: _INCOMPLETE}

    def study(self, study: Study) -> Cells:
        """Write the cells of a study; masses are counted when readers have decided about all."""
        waits = any(lesion.may_be_mass and not lesion.is_decided for lesion in study.lesions)
        cells = self._cells(
            STUDY_FORM, study, lambda field: not (waits and field.column and field.column.name in _AFTER_REVIEW)
        )
        return cells | {"cm_st_status": CURRENT, STUDY_FORM.complete: _completeness(study, waits)}

    def withdrawn_study(self, study: Study) -> Cells:
        """Write the cells of a study that a record or event no longer has."""
        cells = self._cells(STUDY_FORM, study, lambda field: field.stays)
        return cells | {"cm_st_status": WITHDRAWN, STUDY_FORM.complete: _INCOMPLETE}

    def _cells(self, form: Form, row: Any, has_value: Callable[[Field], bool]) -> Cells:  # noqa: ANN401 - as columns take it
        cells = {field.name: self._text(field, row) if has_value(field) else field.blank for field in form.fields}
        return cells | {form.key_field: self.key}

    def _text(self, field: Field, row: Any) -> str:  # noqa: ANN401
        write = self.written.get(field.name)
        if write is None:
            return field.blank
        return _as_field(field, _one_line(write(row))) or field.blank


def _one_line(text: str) -> str:
    """Leave out what REDCap would change: characters that are not seen, and blanks around a text."""
    if text.isprintable():
        return text.strip()
    return "".join(letter if letter.isprintable() else " " for letter in text).strip()


def _as_field(field: Field, text: str) -> str:
    """Write a cell of a table as REDCap wants it: codes for yes and no, times without T and Z."""
    if field.choices == YES_OR_NO:
        return {"true": "1", "false": "0"}.get(text, "")
    if field.kind is FieldKind.DATE:
        return text[:10]
    if field.kind is FieldKind.DATETIME:
        return text.replace("T", " ").removesuffix("Z") if "T" in text else ""
    return text


def status_of(lesion: Lesion) -> str:
    """Give the status of a lesion in a registry."""
    if lesion.status is Status.ACCEPTED:
        return ACCEPTED if lesion.is_mass else "other_tissue"
    return str(lesion.status)


def _completeness(study: Study, waits: bool) -> str:
    if not study.measured or waits:
        return _INCOMPLETE
    return _COMPLETE if review_state(study.lesions) is ReviewState.DONE else _UNVERIFIED


def table(
    record_field: str, numbered: Iterable[tuple[Entry, int]], *, longitudinal: bool
) -> tuple[Sequence[str], list[list[str]]]:
    """Make import.csv: its header and its rows, with the instance of each.

    Parameters
    ----------
    record_field
        The field of the project that names records.
    numbered
        What is written, with its instance.
    longitudinal
        Whether the project has events.
    """
    event = [EVENT] if longitudinal else []
    fields = [name for form in FORMS for name in form.columns]
    header = [record_field, *event, INSTRUMENT, INSTANCE, *fields]
    rows = [
        [
            entry.record_id,
            *([entry.event] if longitudinal else []),
            entry.form,
            str(instance),
            *(entry.cells.get(name, "") for name in fields),
        ]
        for entry, instance in numbered
    ]
    return header, rows

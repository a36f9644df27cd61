"""The fields of the two forms of a registry, each defined once; dictionaries, project files and records follow.

Every field of lesions.csv and studies.csv is one of a form, with the prefix ``cm_``, so that it collides with no field
of a registry. Rules: REDCap's "Data Dictionary Tutorial" and its help on the Data Import Tool.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from calcimeasure.export.lesions import LESION_COLUMNS
from calcimeasure.export.studies import STUDY_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from calcimeasure.export.columns import Column

LESIONS: Final = "cm_lesions"
"""The unique name of the form of lesions."""

STUDIES: Final = "cm_studies"
"""The unique name of the form of studies."""

PREFIX: Final = "cm_"
"""Every field and every form of this program begins with it."""

LONGEST_NAME: Final = 26
"""Characters of the name of a field that REDCap advises at most: statistics programs cut longer ones."""

UNKNOWN: Final = "unknown"
"""The code of a choice that is not known or not applicable. A blank would not replace what a registry has."""

EVENT: Final = "redcap_event_name"
INSTRUMENT: Final = "redcap_repeat_instrument"
INSTANCE: Final = "redcap_repeat_instance"
"""Columns of records that say to which event, form and instance a row belongs."""

COMPLETE: Final = ("0", "1", "2")
"""Codes of the status of a form: incomplete, unverified, complete."""


class FieldKind(StrEnum):
    """The kind of a field's value: text, or text that REDCap validates, or one of some choices."""

    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    DATE = "date_ymd"
    DATETIME = "datetime_seconds_ymd"
    CHOICE = "choice"

    @property
    def validation(self) -> str:
        """The validation type of the data dictionary; empty for plain text and choices."""
        return "" if self in (FieldKind.TEXT, FieldKind.CHOICE) else str(self)


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice of a field: the code that is stored, and what a person reads."""

    code: str
    label: str


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form.

    Parameters
    ----------
    name, form, label, kind
        Its unique name, the unique name of its form, what a person reads (with the unit), the kind of its value.
    note
        What it means.
    section
        The header above it, if a section of the form begins with it.
    choices
        For a choice: all of them, with one for what is not known.
    identifier
        Whether its value can identify a patient: REDCap leaves such fields out of exports without identity.
    column
        The column of lesions.csv or studies.csv with the value; None: the field is of the registry alone.
    stays
        Whether a lesion keeps its value when it is no longer an accepted mass: what names it and its images.
    """

    name: str
    form: str
    label: str
    kind: FieldKind
    note: str = ""
    section: str = ""
    choices: tuple[Choice, ...] = ()
    identifier: bool = False
    column: Column[Any] | None = None
    stays: bool = False

    @property
    def blank(self) -> str:
        """What stands for a value that is not known."""
        return UNKNOWN if self.kind is FieldKind.CHOICE else ""


@dataclass(frozen=True, slots=True)
class Form:
    """A repeating form.

    Parameters
    ----------
    name, label
        Its unique name, and what a person reads.
    fields
        In their order.
    keys
        The fields whose values tell an instance of a record from others: the UID as it leaves, of a study also its date
        (one UID can have been given to images of two dates).
    key_field
        The field with the key that made the UIDs.
    custom_label
        What REDCap shows beside each instance.
    """

    name: str
    label: str
    fields: tuple[Field, ...]
    keys: tuple[str, ...]
    key_field: str
    custom_label: str

    @property
    def complete(self) -> str:
        """The name of the field with the status of an instance."""
        return f"{self.name}_complete"

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of all fields, that of the status last."""
        return (*(one.name for one in self.fields), self.complete)


_UNITS: Final[Mapping[str, str]] = {"[hnsf'U]": "HU", "{pixels}": "px"}
"""Units of UCUM as a person reads them; others are read as they are."""

_SHORT: Final[Mapping[str, str]] = {"long_axis_instance_number": "long_axis_instance"}
"""Names of columns that are too long with the prefix."""

_WORDS: Final[Mapping[str, str]] = {
    "u95": "95 % half-width",
    "hu": "attenuation",
    "px": "in pixels",
    "sop": "slice",
    "uid": "UID",
    "lps": "(LPS)",
    "kvp": "Tube voltage",
    "rl": "right-left",
    "ap": "anterior-posterior",
    "si": "superior-inferior",
    "ct": "CT",
}
"""Parts of names of columns as a person reads them."""

_IDENTIFIERS: Final = frozenset(
    {"study_date", "study_uid", "series_uid", "tracking_uid", "long_axis_sop_uid", "reader", "readers"}
)

_STAYING: Final = frozenset(
    {
        *("study_date", "dates_shifted", "study_uid", "series_uid", "series_number", "stack_number", "modality"),
        *("view_position", "lesion_number", "tracking_uid"),
    }
)

_SECTIONS: Final[Mapping[str, str]] = {
    "study_date": "Study and image",
    "status": "Decision",
    "tissue": "Tissue, side and site",
    "large": "Measurements",
    "spacing_source": "Image and software",
    "stacks_measured": "What was measured",
    "masses": "Masses",
    "review_state": "Review",
}
"""Headers of sections, by the column with which each begins."""

YES_OR_NO: Final = (Choice("1", "Yes"), Choice("0", "No"), Choice(UNKNOWN, "Not known or not applicable"))
_STATUSES: Final = (
    Choice("accepted", "Accepted by a reader"),
    Choice("proposed", "No longer accepted: a reader decides again"),
    Choice("rejected", "Rejected by a reader"),
    Choice("other_tissue", "No calcified mass, as a reader decided"),
    Choice("withdrawn", "No longer there: merged, split or taken back"),
    Choice(UNKNOWN, "Not known"),
)
_STUDY_STATUSES: Final = (
    Choice("current", "As the images are now"),
    Choice("withdrawn", "No longer among the images"),
    Choice(UNKNOWN, "Not known"),
)
_KINDS: Final[Mapping[str, FieldKind]] = {
    "number": FieldKind.NUMBER,
    "integer": FieldKind.INTEGER,
    "date": FieldKind.DATE,
    "string": FieldKind.TEXT,
}
_KEY_NOTE: Final = "Which key made pseudonyms and UIDs (not the key itself); identified: the values of the headers."


def _label(name: str, unit: str) -> str:
    shown = _UNITS.get(unit, unit)
    parts = name.split("_")
    # The unit stands in parentheses, so its word at the end of the name is left out.
    if unit and len(parts) > 1 and parts[-1] in ("mm", "mm2", "ml", "px", "percent"):
        parts.pop()
    words = " ".join(_WORDS.get(part, part) for part in parts)
    return f"{words[0].upper()}{words[1:]}" + (f" ({shown})" if shown else "")


def _choices(column: Column[Any]) -> tuple[Choice, ...]:
    if column.kind == "boolean":
        return YES_OR_NO
    words = [str(word) for word in column.words or ()]
    unknown = [] if UNKNOWN in words else [UNKNOWN]
    return tuple(
        Choice(word, "Not known or not applicable" if word == UNKNOWN else word.replace("_", " ").capitalize())
        for word in (*words, *unknown)
    )


def _field(column: Column[Any], form: str, prefix: str) -> Field:
    choices = _choices(column) if column.kind == "boolean" or column.words else ()
    return Field(
        prefix + _SHORT.get(column.name, column.name),
        form,
        _label(column.name, column.unit),
        FieldKind.CHOICE if choices else _KINDS[column.kind],
        column.description,
        _SECTIONS.get(column.name, ""),
        choices,
        column.name in _IDENTIFIERS,
        column,
        column.name in _STAYING,
    )


def _own(name: str, form: str, label: str, note: str, choices: tuple[Choice, ...] = ()) -> Field:
    """Make a field of the registry alone."""
    return Field(name, form, label, FieldKind.CHOICE if choices else FieldKind.TEXT, note, choices=choices, stays=True)


def _lesion_fields() -> Iterable[Field]:
    for column in LESION_COLUMNS:
        if column.name == "patient_key":
            continue  # names the record
        if column.name == "status":
            yield Field(
                "cm_status", LESIONS, "Status", FieldKind.CHOICE, column.description, "Decision", _STATUSES, stays=True
            )
        elif column.name == "reviewed_at":
            on = "Day of the review, shifted as the dates of the patient are."
            yield Field("cm_reviewed_on", LESIONS, "Reviewed on", FieldKind.DATE, on, identifier=True, column=column)
            at = "Time of the review, UTC; empty in what leaves with pseudonyms."
            yield Field(
                "cm_reviewed_at", LESIONS, "Reviewed at (UTC)", FieldKind.DATETIME, at, identifier=True, column=column
            )
        else:
            yield _field(column, LESIONS, PREFIX)
    yield _own("cm_key", LESIONS, "Key", _KEY_NOTE)


def _study_fields() -> Iterable[Field]:
    for column in STUDY_COLUMNS:
        if column.name == "patient_key":
            continue
        yield _field(column, STUDIES, "cm_st_")
    yield _own("cm_st_status", STUDIES, "Status", "Whether the images of the study are still there.", _STUDY_STATUSES)
    yield _own("cm_st_key", STUDIES, "Key", _KEY_NOTE)


LESION_FORM: Final = Form(
    LESIONS,
    "Calcified masses",
    tuple(_lesion_fields()),
    ("cm_tracking_uid",),
    "cm_key",
    "[cm_study_date] [cm_laterality] [cm_site] [cm_long_axis_mm] mm",
)
STUDY_FORM: Final = Form(
    STUDIES,
    "Imaging studies",
    tuple(_study_fields()),
    ("cm_st_study_uid", "cm_st_study_date"),
    "cm_st_key",
    "[cm_st_study_date] [cm_st_modalities]",
)

FORMS: Final = (LESION_FORM, STUDY_FORM)
"""Both forms, in the order of the columns of import.csv."""

FORM_BY_NAME: Final[Mapping[str, Form]] = {form.name: form for form in FORMS}


def all_fields(forms: Sequence[Form] = FORMS) -> tuple[Field, ...]:
    """Give the fields of forms, in their order."""
    return tuple(field for form in forms for field in form.fields)

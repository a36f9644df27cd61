"""The data dictionary: a row of 18 columns for each field, as REDCap reads it from a CSV."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

from calcimeasure.export.redcap.fields import FieldKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from calcimeasure.export.redcap.fields import Field, Form

DICTIONARY_COLUMNS: Final = (
    "Variable / Field Name",
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
    "Field Note",
    "Text Validation Type OR Show Slider Number",
    "Text Validation Min",
    "Text Validation Max",
    "Identifier?",
    "Branching Logic (Show field only if...)",
    "Required Field?",
    "Custom Alignment",
    "Question Number (surveys only)",
    "Matrix Group Name",
    "Matrix Ranking?",
    "Field Annotation",
)
"""Headers of the columns, in their order."""

API_COLUMNS: Final = (
    "field_name",
    "form_name",
    "section_header",
    "field_type",
    "field_label",
    "select_choices_or_calculations",
    "field_note",
    "text_validation_type_or_show_slider_number",
    "text_validation_min",
    "text_validation_max",
    "identifier",
    "branching_logic",
    "required_field",
    "custom_alignment",
    "question_number",
    "matrix_group_name",
    "matrix_ranking",
    "field_annotation",
)
"""The same columns as the API names them."""

READ_ONLY: Final = "@READONLY"
"""The action tag of every field: what was measured is corrected in a review, not in a form."""

Entry = dict[str, str]
"""A row of a dictionary, by the names of `API_COLUMNS`."""


def entry_of(field: Field) -> Entry:
    """Make the row of a field."""
    filled = {
        "field_name": field.name,
        "form_name": field.form,
        "section_header": field.section,
        "field_type": "dropdown" if field.kind is FieldKind.CHOICE else "text",
        "field_label": field.label,
        "select_choices_or_calculations": choices_text(field),
        "field_note": field.note,
        "text_validation_type_or_show_slider_number": field.kind.validation,
        "identifier": "y" if field.identifier else "",
        "field_annotation": READ_ONLY,
    }
    return {name: filled.get(name, "") for name in API_COLUMNS}


def choices_text(field: Field) -> str:
    """Write the choices of a field as the importer of a CSV wants them: ``code, label | code, label``."""
    return " | ".join(f"{one.code}, {one.label}" for one in field.choices)


def entries_of(forms: Iterable[Form]) -> list[Entry]:
    """Make the rows of forms."""
    return [entry_of(field) for form in forms for field in form.fields]


def row_text(entry: Mapping[str, str], delimiter: str = ",", line_end: str = "\r\n") -> str:
    """Write a row of a dictionary, with its end of line."""
    return csv_line([entry[name] for name in API_COLUMNS], delimiter, line_end)


def dictionary_text(entries: Iterable[Mapping[str, str]]) -> str:
    """Write a dictionary with its header."""
    return csv_line(DICTIONARY_COLUMNS) + "".join(map(row_text, entries))


def csv_line(cells: Sequence[str], delimiter: str = ",", line_end: str = "\r\n") -> str:
    """Write a line of CSV (RFC 4180)."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=line_end).writerow(cells)
    return text.getvalue()

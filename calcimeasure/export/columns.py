"""The columns of a table, and how a row is written as CSV.

RFC 4180, UTF-8, a point as decimal mark. An empty cell means "not known" or "not
applicable".
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from calcimeasure.export.atomic import open_atomic

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from enum import StrEnum
    from pathlib import Path

    from calcimeasure.export.pseudonym import Naming
    from calcimeasure.model.numbers import Number

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """One column of a table.

    Parameters
    ----------
    name, kind, description
        The name of the column, its Frictionless type and its meaning.
    value
        Gives the value of a row; None for a documented column that this version leaves empty.
    unit
        The unit in UCUM; empty for a column without a unit.
    decimals
        Number of decimals that are written.
    words
        The only values allowed.
    named
        Gives a value that identifies a patient or an image, as in the header or as a pseudonym. The column is empty if
        the table is written without names.
    required
        Whether each row has a value.
    number
        The measured number that the column holds; None for any other column.
    """

    name: str
    kind: str
    description: str
    value: Callable[[Row], object] | None = None
    unit: str = ""
    decimals: int = 0
    words: type[StrEnum] | tuple[str, ...] | None = None
    named: Callable[[Naming, Row], object] | None = None
    required: bool = False
    number: Number | None = None


def study_columns() -> tuple[Column[Any], ...]:
    """Make the columns for patient, date and study, for rows that have a stack."""
    return (
        Column(
            "patient_key",
            "string",
            "Pseudonym of the patient; the registry's id where --record-map names one; PatientID with --identified.",
            named=lambda naming, row: naming.patient_key(row.stack),
        ),
        Column(
            "study_date",
            "date",
            "Date of the study, shifted by the same days for all of a patient's unless identified.",
            named=lambda naming, row: naming.study_date(row.stack),
        ),
        Column("dates_shifted", "boolean", "Whether dates are shifted.", named=lambda naming, _: naming.dates_shifted),
        Column(
            "study_uid",
            "string",
            "StudyInstanceUID, or what replaces it.",
            named=lambda naming, row: naming.uid(row.stack.study_uid),
        ),
    )


@dataclass(frozen=True, slots=True)
class Leaving:
    """A table that is complete and about to get its name: what the audit of exports keeps of it.

    Parameters
    ----------
    path
        The file that it becomes.
    row_count
        Number of rows, without the header.
    content_hash
        SHA-256 of the file, in hexadecimal digits.
    is_identified
        Whether it names patients and images as their headers do.
    """

    path: Path
    row_count: int
    content_hash: str
    is_identified: bool

    @classmethod
    def of(cls, file: Path, path: Path, row_count: int, is_identified: bool) -> Self:
        """Describe a file that is complete under another name yet."""
        with file.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        return cls(path, row_count, digest, is_identified)


Audit = Callable[[Leaving], object]
"""Keeps that a table leaves. If it raises, the table is not written."""


@contextmanager
def open_table(
    columns: Sequence[Column[Row]], path: Path, naming: Naming | None, audit: Audit | None = None
) -> Iterator[Callable[[Row], object]]:
    """Open a table and write its header.

    Parameters
    ----------
    columns
        The columns of the table.
    path
        The file; it is written atomically.
    naming
        How patients, dates and UIDs are named; None leaves the columns with them empty. Others than the owner of the
        file cannot read an identified table.
    audit
        Called before the file gets its name.

    Yields
    ------
    callable
        Writes a row.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    is_identified = naming is not None and not naming.dates_shifted
    row_count = 0

    def keep(file: Path) -> None:
        if audit is not None:
            audit(Leaving.of(file, path, row_count, is_identified))

    with open_atomic(path, only_for_owner=is_identified, before_it_is_there=keep) as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([column.name for column in columns])
        cells = [cell_of(column, naming) for column in columns]

        def write(row: Row) -> None:
            nonlocal row_count
            writer.writerow([cell(row) for cell in cells])
            row_count += 1

        yield write


_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
"""Line breaks, tabs and other control characters. Spaces are kept: names of folders can have two in a row."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""A spreadsheet interprets a cell that begins with one of these as a formula (ASCII and full width)."""


def cell_of(column: Column[Row], naming: Naming | None) -> Callable[[Row], str]:
    """Choose, once for each table, the function that writes the cells of a column."""
    value, named = column.value, column.named
    if value is None and named is not None and naming is not None:
        value = partial(named, naming)
    if value is None:
        return lambda _: ""
    text = _number_text(column.decimals) if column.kind == "number" else _TEXTS[column.kind]
    if column.words is not None:
        text = str

    def cell(row: Row) -> str:
        found = value(row)
        return "" if found is None else text(found)

    return cell


def _number_text(decimals: int) -> Callable[[Any], str]:
    form = f".{decimals}f"

    def text(number: float) -> str:
        written = format(number, form)
        # No negative zero.
        return written[1:] if written[0] == "-" and not written.strip("-0.") else written

    return text


def harmless(text: str) -> str:
    """Keep text from a header on one line, and prevent a spreadsheet from running the text as a formula."""
    line = text if text.isprintable() else _CONTROLS.sub(" ", text)
    return f"'{line}" if line.lstrip().startswith(_FORMULA_STARTS) else line


def _moment_text(time: date) -> str:
    """Write a time in UTC, or a day: a pseudonymous table has days alone (`Pseudonyms.moment`)."""
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if isinstance(time, datetime) else time.isoformat()


_TEXTS: dict[str, Callable[[Any], str]] = {
    "boolean": lambda truth: "true" if truth else "false",
    "date": date.isoformat,
    "datetime": _moment_text,
    "integer": str,
    "string": lambda text: harmless(str(text)),
}
"""How values of each Frictionless type are written; numbers depend on their column."""

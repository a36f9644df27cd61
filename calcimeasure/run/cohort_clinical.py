"""The clinical table, the denominator of a cohort: a row for each patient. All that is wrong is refused at once."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from calcimeasure.errors import InputPathError
from calcimeasure.export.given import number_of, other_separator, ragged, read_rows
from calcimeasure.model import BodySite, Laterality
from calcimeasure.model.cohort import (
    ANSWERS,
    CLINICAL_COLUMNS,
    NUMBERS,
    RECORD_ID,
    REPORTED_SITES,
    WORDS,
    Patient,
    Place,
    Source,
    Treatment,
)
from calcimeasure.one_line import one_line
from calcimeasure.run.cohort_dictionary import known_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from calcimeasure.export.given import Row
    from calcimeasure.model.cohort import Dictionary

_ANSWERS: Final = {"yes": True, "no": False}
_LONGEST_SHOWN: Final = 40


@dataclass(frozen=True, slots=True)
class Clinical:
    """The clinical table: its patients, the columns that it has by their names here, and what is wrong with it."""

    patients: tuple[Patient, ...]
    columns: frozenset[str]
    problems: tuple[str, ...] = ()


@dataclass(slots=True)
class _Reading:
    """Reads rows, and gathers what is wrong with them."""

    dictionary: Dictionary
    columns: frozenset[str]
    problems: list[str] = field(default_factory=list)

    def patient(self, row: Row) -> Patient:
        number, cells = row.line, {name: self._cell(row, name) for name in self.columns}
        if not cells[RECORD_ID]:
            self._refuse(number, RECORD_ID, "it is empty")
        if one_line(cells[RECORD_ID]) != cells[RECORD_ID]:
            self._refuse(number, RECORD_ID, f"{_shown(cells[RECORD_ID])} holds a character that no screen shows")
        if cells.get("source") == "":
            # Whether the patient is in the denominator is never guessed.
            self._refuse(number, "source", f"it is empty, one of {', '.join(Source)} is expected")
        words = {
            name: self._word(number, name, cells[name]) for name in WORDS if cells.get(name) and name != "treatments"
        }
        answers = {name: self._word(number, name, cells[name]) for name in ANSWERS if cells.get(name)}
        numbers = {name: self._number(number, name, cells[name]) for name in NUMBERS if cells.get(name)}
        source = words.pop("source", Source.COHORT)
        return Patient(
            cells[RECORD_ID],
            Source(source) if source in list(Source) else Source.COHORT,
            {name: word for name, word in words.items() if word},
            {name: _ANSWERS[word] for name, word in answers.items() if word in _ANSWERS},
            {name: found for name, found in numbers.items() if found is not None},
            self._treatments(number, cells.get("treatments", "")),
            self._places(number, cells.get(REPORTED_SITES, "")),
        )

    def _cell(self, row: Row, name: str) -> str:
        cell = row.cell(self.dictionary.column(name))
        return "" if cell in self.dictionary.missing else cell

    def _refuse(self, number: int, name: str, why: str) -> None:
        self.problems.append(f"line {number}, {self.dictionary.column(name)}: {why}")

    def _word(self, number: int, name: str, cell: str) -> str:
        """Translate a word; empty if it is not known."""
        word = self.dictionary.words.get(name, {}).get(cell, cell)
        known = known_words(name, self.dictionary.words)
        if word in known:
            return word
        self._refuse(number, name, f"{_shown(cell)} is none of {', '.join(sorted(known))}")
        return ""

    def _number(self, number: int, name: str, cell: str) -> float | None:
        _, most = NUMBERS[name]
        found = number_of(cell)
        if found is not None and 0.0 <= found <= most:
            return found
        self._refuse(number, name, f"{_shown(cell)} is no number from 0 to {most:g}")
        return None

    def _treatments(self, number: int, cell: str) -> tuple[str, ...] | None:
        parts = [one for one in (part.strip() for part in cell.split(self.dictionary.separator)) if one]
        if not parts:
            return None
        given = dict.fromkeys(self._word(number, "treatments", one) for one in parts)
        given.pop("", None)
        if Treatment.NONE in given and len(given) > 1:
            self._refuse(number, "treatments", "none stands beside a treatment")
        return tuple(one for one in given if one != Treatment.NONE)

    def _places(self, number: int, cell: str) -> tuple[Place, ...] | None:
        """Read sites, each alone or with its side: elbow:left."""
        found = []
        for part in filter(None, (one.strip() for one in cell.split(self.dictionary.separator))):
            site, _, side = part.partition(":")
            if site not in list(BodySite) or (side and side not in list(Laterality)):
                expected = f"a site ({', '.join(BodySite)}), alone or with its side: elbow:left"
                self._refuse(number, REPORTED_SITES, f"{_shown(part)} is not {expected}")
                continue
            found.append(Place(BodySite(site), Laterality(side or "unknown")))
        return tuple(found) or None


def read_clinical(path: Path, dictionary: Dictionary) -> Clinical:
    """Read the clinical table.

    Parameters
    ----------
    path
        CSV with a row for each patient.
    dictionary
        How the table names columns and words.

    Returns
    -------
    Clinical
        Lines that cannot be taken, and the same patient twice, are among its problems (`refuse`).

    Raises
    ------
    InputPathError
        The file cannot be read, or has no row, no record_id, or no commas between its columns.
    """
    where = f"--clinical {path}"
    rows = read_rows(path, where, InputPathError)
    if not rows:
        raise InputPathError(f"{where}: a row for each patient is expected, found none.")
    if separator := other_separator(rows):
        raise InputPathError(f"{where}: {separator}. Save it as CSV with commas.")
    header = tuple(rows[0].cells)
    named = {name: dictionary.column(name) for name in CLINICAL_COLUMNS}
    columns = frozenset(name for name, its in named.items() if its in header)
    if RECORD_ID not in columns:
        found = ", ".join(map(_shown, header))
        raise InputPathError(
            f"{where}: the column {named[RECORD_ID]} is expected, found {found}. Name it "
            "in the dictionary ([columns] record_id)."
        )
    reading = _Reading(dictionary, columns)
    reading.problems += [*ragged(rows), *_almost(header, frozenset(named.values()))]
    lacking = [its for name, its in named.items() if name in dictionary.columns and name not in columns]
    reading.problems += [f"the dictionary names the column {one}, and the table has none" for one in lacking]
    patients = tuple(map(reading.patient, rows))
    reading.problems += _twice(rows, named[RECORD_ID])
    return Clinical(patients, columns, tuple(reading.problems))


def refuse(path: Path, clinical: Clinical, strangers: Mapping[str, int]) -> None:
    """Refuse a clinical table with which something is wrong; all of it is named.

    Parameters
    ----------
    path, clinical
        The table.
    strangers
        Patients of the folder who are not in it, with the number of their studies.

    Raises
    ------
    InputPathError
        Something is wrong.
    """
    problems = list(clinical.problems)
    if strangers:
        told = ", ".join(f"{key} (studies: {count})" for key, count in sorted(strangers.items()))
        problems.append(f"patients of the folder who are not in the table: {told}")
    if problems:
        raise InputPathError(
            f"--clinical {path}: {'; '.join(problems)}. Correct the lines or name their words in the dictionary, and "
            "add a row for each patient of the folder (record_id is patient_key of lesions.csv); nothing was written."
        )


def _almost(header: Sequence[str], known: frozenset[str]) -> Iterator[str]:
    """Name columns that a known one would be if upper and lower case did not matter: they would not be read."""
    by_fold = {one.casefold(): one for one in known}
    for one in header:
        its = by_fold.get(one.casefold())
        if its is not None and one not in known:
            yield f"the column {its} is expected, found {_shown(one)}"


def _twice(rows: Sequence[Row], name: str) -> list[str]:
    """Name patients who stand twice; an id that is spelled with other codes for the same letters is the same one."""
    lines: dict[str, list[str]] = {}
    for row in rows:
        if record_id := unicodedata.normalize("NFC", row.cell(name)):
            lines.setdefault(record_id, []).append(str(row.line))
    return [f"lines {', '.join(some)}, {name}: the same patient" for some in lines.values() if len(some) > 1]


def _shown(text: str) -> str:
    text = one_line(text)
    return repr(text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}...")

"""Patients whom the record map does not hold: a registry would not find them under its own ids."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from calcimeasure.export.columns import Column, open_table
from calcimeasure.model import name_alone, names_nobody

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from calcimeasure.model import Outcome, StackFacts

UNMAPPED_FILE: Final = "not_in_record_map.csv"
"""In the folder private: the table names patients."""

_MOST_IN_LOG: Final = 20


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A patient whom the record map does not hold.

    Parameters
    ----------
    patient_id
        PatientID; None for all studies without one, or with one that names nobody (0, ANONYMOUS).
    study_count
        Number of studies.
    looks_like
        An id of the map that differs in leading zeros, spaces, punctuation or case alone, or in nothing: then several
        persons have it, and the map cannot tell which is meant. None if there is none.
    """

    patient_id: str | None
    study_count: int
    looks_like: str | None = None


_COLUMNS: Final[tuple[Column[Unmapped], ...]] = (
    Column("patient_id", "string", "PatientID.", lambda row: row.patient_id),
    Column("studies", "integer", "Studies.", lambda row: row.study_count),
    Column("looks_like", "string", "Id of the map that may be meant.", lambda row: row.looks_like),
)


class RecordMapTally:
    """Counts the patients whom the record map holds, and those whom it does not hold, while outcomes pass.

    Parameters
    ----------
    record_ids
        The registry's id for each PatientID; empty if there is no record map.
    """

    def __init__(self, record_ids: Mapping[str, str]) -> None:
        self._record_ids = record_ids
        self._mapped: set[str] = set()
        self._studies: dict[tuple[str | None, str | None], set[str]] = defaultdict(set)

    def counting(self, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        """Pass outcomes on, and note their patients."""
        for outcome in outcomes:
            if self._record_ids and outcome.stack is not None:
                self._note(outcome.stack)
            yield outcome

    def _note(self, stack: StackFacts) -> None:
        patient_id = (stack.patient_id or "").strip() or None
        # The name by which the tables ask the map: persons who share a PatientID have one each.
        person = stack.person or name_alone(stack.patient_id, stack.study_uid)
        if person is not None and person in self._record_ids:
            self._mapped.add(person)
        elif person is None or names_nobody(patient_id):
            self._studies[None, None].add(stack.study_uid)
        else:
            self._studies[person, patient_id].add(stack.study_uid)

    def unmapped(self) -> list[Unmapped]:
        """Give the patients whom the map does not hold, by id; studies without an id come first."""
        alike = Counter(map(_plain, self._record_ids))
        # An id is named only if it alone is alike: of two, nobody knows which is meant.
        unmapped = {patient_id for _, patient_id in self._studies}
        named = {_plain(one): one for one in self._record_ids if alike[_plain(one)] == 1 and one not in unmapped}
        return [
            Unmapped(patient_id, len(studies), patient_id and named.get(_plain(patient_id)))
            for (_, patient_id), studies in sorted(self._studies.items(), key=lambda item: item[0][0] or "")
        ]

    def lines(self, outcome: str = "they have pseudonyms") -> list[str]:
        """Say how many patients the map does not hold, and what becomes of them, and name none of them."""
        unmapped = self.unmapped()
        patients = [one for one in unmapped if one.patient_id is not None]
        alike = sum(one.looks_like is not None for one in patients)
        lines = []
        if patients:
            total = len(patients) + len(self._mapped)
            some = f" Alike to an id of the map but for zeros, spaces, signs or case: {alike}." if alike else ""
            lines.append(
                f"Patients without a record_id in the record map: {len(patients)} of {total} "
                f"(private/{UNMAPPED_FILE} names them); {outcome}.{some}"
            )
        lines += [
            f"Studies whose PatientID names nobody, so that no record map can hold them: {one.study_count}."
            for one in unmapped
            if one.patient_id is None
        ]
        return lines

    def log_lines(self) -> list[str]:
        """Say the same for the log, which lies in the folder private, with the first of the patients."""
        named = [
            f"record map: it lacks PatientID {one.patient_id}"
            + (f"; {one.looks_like} looks like it" if one.looks_like else "")
            for one in self.unmapped()
            if one.patient_id is not None
        ]
        return [*self.lines(), *named[:_MOST_IN_LOG]]

    def write(self, private: Path) -> None:
        """Write the table of the patients whom the map does not hold; none if there is no map.

        Raises
        ------
        OutputError
            The table cannot be written.
        """
        if self._record_ids:
            _write(self.unmapped(), private / UNMAPPED_FILE)


def _write(rows: Sequence[Unmapped], path: Path) -> None:
    with open_table(_COLUMNS, path, None) as write:
        for row in rows:
            write(row)


def _plain(patient_id: str) -> str:
    """Leave out what a spreadsheet or a person changes in an id: leading zeros, ".0", spaces, signs, case."""
    text = re.sub(r"\.0+$", "", unicodedata.normalize("NFKC", patient_id).strip().casefold())
    letters = "".join(letter for letter in text if letter.isalnum())
    return letters.lstrip("0") or letters

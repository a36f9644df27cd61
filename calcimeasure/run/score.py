"""Scores of films: a reader's grades of regions, and the table of the user, become scores and their changes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Final

from calcimeasure.errors import InputPathError, OutputError
from calcimeasure.export.given import number_of, other_separator, ragged, read_rows
from calcimeasure.export.scores import write_scores
from calcimeasure.model import Laterality
from calcimeasure.model.score import FilmReading, RegionReading, ScoreVerdict
from calcimeasure.one_line import one_line
from calcimeasure.run.score_table import read_score_table
from calcimeasure.study.score.grade import HANDS, score_of
from calcimeasure.study.score.progress import changes_of
from calcimeasure.study.score.readers import agreement_of_scores

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from calcimeasure.export.given import Row
    from calcimeasure.model.score import ScoreTable

_REQUIRED: Final = ("patient_key", "date", "reader", "region")
_Film = tuple[str, date, str]


@dataclass(frozen=True, slots=True)
class ScoreDone:
    """What was written: the tables, readings, those without a score, and changes that are progression."""

    paths: tuple[Path, ...]
    readings: int
    without_score: int
    progressions: int


def score_readings(readings: Path, table: Path, out: Path) -> ScoreDone:
    """Score readings of films.

    Parameters
    ----------
    readings
        CSV with a row for each region: patient_key, date, reader, laterality, region, coverage_percent, density.
    table
        The table of the score.
    out
        The folder for scores.csv, score_changes.csv and score_agreement.csv.

    Raises
    ------
    InputPathError
        A file cannot be read or holds what is not known; everything that is wrong is named at once.
    OutputError
        A table cannot be written.
    """
    rules = read_score_table(table)
    films = read_films(readings, rules)
    first = _first_days(films)
    scores = [score_of(rules, one, (one.day - first[one.patient_key, one.reader]).days) for one in films]
    changes = changes_of(scores, rules.changes)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"--out {out} cannot be made: {error.strerror or error}.") from error
    return ScoreDone(
        tuple(write_scores(scores, changes, agreement_of_scores(rules, films, scores), out)),
        len(scores),
        sum(one.score is None for one in scores),
        sum(one.verdict is ScoreVerdict.PROGRESSION for one in changes),
    )


def _first_days(films: Sequence[FilmReading]) -> dict[tuple[str, str], date]:
    first: dict[tuple[str, str], date] = {}
    for one in films:
        key = (one.patient_key, one.reader)
        first[key] = min(first.get(key, one.day), one.day)
    return first


@dataclass(slots=True)
class _Reading:
    """Reads rows, and gathers what is wrong with them."""

    table: ScoreTable
    problems: list[str] = field(default_factory=list)
    seen: dict[tuple[_Film, str, Laterality], int] = field(default_factory=dict)

    def row(self, row: Row) -> tuple[_Film, RegionReading] | None:
        """Take a row; None if it cannot be taken."""
        number, cells = row.line, {name: row.cell(name) for name in row.cells}
        before = len(self.problems)
        for name in _REQUIRED:
            if not cells.get(name):
                self._refuse(number, name, "it is empty")
        day, hand = self._day(number, cells.get("date", "")), self._hand(number, cells.get("laterality", ""))
        region = cells.get("region", "")
        if region and region not in [one.name for one in self.table.regions]:
            self._refuse(
                number, "region", f"{_shown(region)} is none of {', '.join(one.name for one in self.table.regions)}"
            )
        reading = RegionReading(
            region,
            hand,
            self._percent(number, cells.get("coverage_percent", "")),
            self._grade(number, cells.get("density", "")),
        )
        if len(self.problems) > before or day is None:
            return None
        film = (cells["patient_key"], day, cells["reader"])
        other = self.seen.setdefault((film, region, hand), number)
        if other != number:
            self._refuse(number, "region", f"line {other} rates the same region")
        return film, reading

    def _refuse(self, number: int, name: str, why: str) -> None:
        self.problems.append(f"line {number}, {name}: {why}")

    def _day(self, number: int, cell: str) -> date | None:
        try:
            return date.fromisoformat(cell) if cell else None
        except ValueError:
            self._refuse(number, "date", f"{_shown(cell)} is no date (2026-03-01)")
            return None

    def _hand(self, number: int, cell: str) -> Laterality:
        expected = HANDS if self.table.both_hands else (Laterality.UNKNOWN,)
        if cell in [str(one) for one in HANDS] and self.table.both_hands:
            return Laterality(cell)
        if cell or self.table.both_hands:
            said = "right or left" if self.table.both_hands else "nothing, because the table has both_hands = false,"
            self._refuse(number, "laterality", f"{said} is expected, found {_shown(cell)}")
        return expected[0]

    def _percent(self, number: int, cell: str) -> float | None:
        if not cell:
            return None
        found = number_of(cell)
        if found is None or not 0.0 <= found <= 100.0:
            self._refuse(number, "coverage_percent", f"{_shown(cell)} is no number from 0 to 100")
        return found

    def _grade(self, number: int, cell: str) -> str | None:
        if cell and cell not in self.table.density:
            self._refuse(number, "density", f"{_shown(cell)} is none of {', '.join(self.table.density)}")
        return cell or None


def read_films(path: Path, table: ScoreTable) -> list[FilmReading]:
    """Read the readings, by patient, date and reader.

    Raises
    ------
    InputPathError
        The file cannot be read, lacks a column or has no row, or rows hold what is not known, or rate a region twice.
    """
    rows = read_rows(path, f"{path}", InputPathError)
    if not rows:
        raise InputPathError(f"{path}: a row for each region is expected, found none.")
    if separator := other_separator(rows):
        raise InputPathError(f"{path}: {separator}. Save it as CSV with commas.")
    needed = (*_REQUIRED, "coverage_percent", *(("laterality",) if table.both_hands else ()))
    if lacking := [one for one in needed if one not in rows[0].cells]:
        raise InputPathError(
            f"{path}: the columns {', '.join(needed)} are expected, {', '.join(lacking)} missing, found "
            f"{', '.join(map(_shown, rows[0].cells))}. Name them so."
        )
    reading = _Reading(table, ragged(rows))
    taken = list(map(reading.row, rows))
    if reading.problems:
        raise InputPathError(f"{path}: {'; '.join(reading.problems)}. Correct them; nothing was written.")
    films: dict[_Film, list[RegionReading]] = defaultdict(list)
    for film, region in filter(None, taken):
        films[film].append(region)
    return [FilmReading(*film, tuple(regions)) for film, regions in sorted(films.items())]


def _shown(text: str) -> str:
    return repr(one_line(text)[:40])

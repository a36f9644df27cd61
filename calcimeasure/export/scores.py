"""scores.csv: a row for each reading; score_changes.csv: for each later one; score_agreement.csv: for two readers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from calcimeasure.export.columns import Column
from calcimeasure.export.described import write_described
from calcimeasure.model.score import NotJudged, ScoreVerdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from calcimeasure.model.score import Score, ScoreAgreement, ScoreChange


def _shared() -> tuple[Column[Any], ...]:
    return (
        Column("patient_key", "string", "As in the readings.", lambda row: row.patient_key, required=True),
        Column("reader", "string", "As in the readings.", lambda row: row.reader, required=True),
        Column("table", "string", "Name of the table of the score.", lambda row: row.table, required=True),
        Column(
            "days",
            "integer",
            "Since the first reading of the patient by this reader.",
            lambda row: row.days,
            required=True,
        ),
    )


def _number(name: str, description: str, value: Callable[[Any], object], unit: str = "") -> Column[Any]:
    return Column(name, "number", description, value, unit=unit, decimals=2)


SCORE_COLUMNS: Final[tuple[Column[Score], ...]] = (
    *_shared(),
    Column("regions", "integer", "Regions that were rated.", lambda row: row.rated, required=True),
    Column("missing", "integer", "Regions of the table that were not.", lambda row: row.missing, required=True),
    _number("score", "The score; empty if a region is missing.", lambda row: row.score),
    _number("score_low", "As if the missing regions had the fewest points.", lambda row: row.lower),
    _number("score_high", "As if they had the most points.", lambda row: row.upper),
)
"""Columns of scores.csv."""

SCORE_CHANGE_COLUMNS: Final[tuple[Column[ScoreChange], ...]] = (
    *_shared(),
    _number("first_score", "The first score.", lambda row: row.first),
    _number("score", "The score of this reading.", lambda row: row.current),
    _number(
        "change_percent",
        "Change in percent of the first score; a year where the table says so.",
        lambda row: row.percent,
        "%",
    ),
    Column(
        "verdict", "string", "By the limits of the table.", lambda row: row.verdict, words=ScoreVerdict, required=True
    ),
    Column("reason", "string", "Why it is not evaluable.", lambda row: row.reason, words=NotJudged),
)
"""Columns of score_changes.csv."""


def _figure(name: str, description: str, value: Callable[[Any], object]) -> Column[Any]:
    return Column(name, "number", description, value, decimals=4)


SCORE_AGREEMENT_COLUMNS: Final[tuple[Column[ScoreAgreement], ...]] = (
    Column("first_reader", "string", "The first reader.", lambda row: row.first, required=True),
    Column("second_reader", "string", "The second reader.", lambda row: row.second, required=True),
    Column(
        "quantity",
        "string",
        "The score of a film, or the grade of a region.",
        lambda row: row.quantity,
        words=("score", "coverage", "density"),
        required=True,
    ),
    Column("statistic", "string", "As in agreement.csv.", lambda row: row.statistic, required=True),
    _figure("value", "Its value, of a score in points; empty where it is not defined.", lambda row: row.value),
    _figure("low", "Lower end of its 95 % interval, by a bootstrap over patients.", lambda row: row.low),
    _figure("high", "Upper end of it.", lambda row: row.high),
    Column("count", "integer", "Films, or regions, that both readers rated.", lambda row: row.count, required=True),
    Column("patients", "integer", "Their patients.", lambda row: row.patients, required=True),
)
"""Columns of score_agreement.csv."""


def write_scores(
    scores: Iterable[Score], changes: Iterable[ScoreChange], agreement: Iterable[ScoreAgreement], folder: Path
) -> list[Path]:
    """Write all tables with their schemas. They have days and no dates.

    Raises
    ------
    OutputError
        A file cannot be written; every file that was written is complete.
    """
    tables: tuple[tuple[str, Sequence[Column[Any]], Iterable[Any]], ...] = (
        ("scores", SCORE_COLUMNS, scores),
        ("score_changes", SCORE_CHANGE_COLUMNS, changes),
        ("score_agreement", SCORE_AGREEMENT_COLUMNS, agreement),
    )
    return [write_described(columns, rows, folder / f"{name}.csv") for name, columns, rows in tables]

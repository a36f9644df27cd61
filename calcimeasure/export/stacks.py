"""private/series.csv: a row for each stack, and for each file that cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calcimeasure.export.columns import Column, open_table
from calcimeasure.model import Outcome, ReviewState, State, review_state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path


def _of_stack(attribute: str) -> Callable[[Outcome], object]:
    """Read a fact of the stack; a file that cannot be read has no stack."""
    return lambda outcome: outcome.stack and getattr(outcome.stack, attribute)


SERIES_COLUMNS: tuple[Column[Outcome], ...] = (
    Column("patient_id", "string", "PatientID.", _of_stack("patient_id")),
    Column("study_date", "date", "Date of the study.", _of_stack("study_date")),
    Column("study_uid", "string", "StudyInstanceUID.", _of_stack("study_uid")),
    Column("series_uid", "string", "SeriesInstanceUID.", _of_stack("series_uid")),
    Column("stack_number", "integer", "Stack (grid) of the series.", _of_stack("stack_number")),
    Column("modality", "string", "Modality.", _of_stack("modality")),
    Column("description", "string", "SeriesDescription.", _of_stack("description")),
    Column(
        "path",
        "string",
        "The stack's first file in slice order, relative to the PATH that held it.",
        lambda outcome: outcome.path,
    ),
    Column("instances", "integer", "Images.", _of_stack("image_count")),
    Column("state", "string", "What became of it.", lambda outcome: outcome.state, words=State, required=True),
    Column("reason", "string", "A code (README).", lambda outcome: outcome.reason),
    Column("message", "string", "For a person.", lambda outcome: outcome.message),
    Column(
        "lesions",
        "integer",
        "Calcified masses that no reader has rejected.",
        lambda outcome: len(outcome.masses) if outcome.state is State.MEASURED else None,
    ),
    Column(
        "review_state",
        "string",
        "How much of it readers have accepted or rejected.",
        lambda outcome: review_state(outcome.lesions) if outcome.state is State.MEASURED else None,
        words=ReviewState,
    ),
    Column("seconds", "number", "Time it took.", lambda outcome: outcome.seconds, unit="s", decimals=3),
    Column(
        "notices",
        "string",
        "Codes of what was corrected, or of what a user must know, also where nothing was found; separated by ;.",
        lambda outcome: ";".join(outcome.notices or ()),
    ),
)
"""Columns of private/series.csv."""


def write_series(outcomes: Iterable[Outcome], folder: Path) -> None:
    """Write private/series.csv alone, as a run does while it measures.

    Parameters
    ----------
    outcomes
        Of every stack and file; their order is kept.
    folder
        The output folder, with its folder "private".

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    with open_table(SERIES_COLUMNS, folder / "private" / "series.csv", None) as write:
        for outcome in outcomes:
            write(outcome)

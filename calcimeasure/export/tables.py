"""All tables of an output folder, written in one pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calcimeasure.export.atomic import write_atomic
from calcimeasure.export.columns import open_table
from calcimeasure.export.lesions import LESION_COLUMNS, lesion_rows
from calcimeasure.export.schema import table_schema
from calcimeasure.export.stacks import SERIES_COLUMNS
from calcimeasure.export.studies import STUDY_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from calcimeasure.export.pseudonym import Naming
    from calcimeasure.model import Study


def write_tables(studies: Iterable[Study], folder: Path, *, naming: Naming | None, all_tissues: bool = False) -> None:
    """Write lesions.csv, studies.csv, their schemas and private/series.csv.

    Parameters
    ----------
    studies
        With their links (`calcimeasure.study.linked_studies`); one at a time is held in memory.
    folder
        The output folder, with its folder "private".
    naming
        How patients, dates and UIDs are named in lesions.csv and studies.csv; None leaves these columns empty.
        series.csv, which stays in the folder "private", has the values of the headers.
    all_tissues
        Write every lesion that no reader has rejected into lesions.csv, not only calcified masses.

    Raises
    ------
    OutputError
        A file cannot be written; every file that was written is complete.
    """
    with (
        open_table(LESION_COLUMNS, folder / "lesions.csv", naming) as write_lesion,
        open_table(STUDY_COLUMNS, folder / "studies.csv", naming) as write_study,
        open_table(SERIES_COLUMNS, folder / "private" / "series.csv", None) as write_stack,
    ):
        for study in studies:
            for outcome in study.outcomes:
                write_stack(outcome)
                for row in lesion_rows(study, outcome, all_tissues=all_tissues):
                    write_lesion(row)
            if study.stack is not None:
                write_study(study)
    write_atomic(folder / "lesions.schema.json", table_schema(LESION_COLUMNS, ["tracking_uid"]))
    write_atomic(folder / "studies.schema.json", table_schema(STUDY_COLUMNS))

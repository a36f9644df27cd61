"""All tables of an output folder, written in one pass."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from calcimeasure.export.atomic import write_atomic
from calcimeasure.export.columns import open_table
from calcimeasure.export.lesions import LESION_COLUMNS, lesion_rows
from calcimeasure.export.pseudonym import Identified
from calcimeasure.export.schema import table_schema
from calcimeasure.export.stacks import SERIES_COLUMNS
from calcimeasure.export.studies import STUDY_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from calcimeasure.export.columns import Audit
    from calcimeasure.export.pseudonym import Naming
    from calcimeasure.model import Study


def write_tables(
    studies: Iterable[Study],
    folder: Path,
    *,
    naming: Naming | None,
    all_tissues: bool = False,
    identified: Path | None = None,
    audit: Audit | None = None,
) -> None:
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
    identified
        A folder for a second pair of lesions.csv and studies.csv, with the names of the headers; None for no such pair.
    audit
        Called before lesions.csv and studies.csv get their names.

    Raises
    ------
    OutputError
        A file cannot be written; every file that was written is complete.
    """
    with ExitStack() as opened:
        writers = [opened.enter_context(_open_pair(folder, naming, all_tissues, audit))]
        if identified is not None:
            writers.append(opened.enter_context(_open_pair(identified, Identified(), all_tissues, audit)))
        write_stack = opened.enter_context(open_table(SERIES_COLUMNS, folder / "private" / "series.csv", None))
        for study in studies:
            for outcome in study.outcomes:
                write_stack(outcome)
            for write in writers:
                write(study)


def write_identified_tables(
    studies: Iterable[Study], folder: Path, *, all_tissues: bool = False, audit: Audit | None = None
) -> None:
    """Write lesions.csv, studies.csv and their schemas with the names of the headers.

    Parameters
    ----------
    studies, all_tissues, audit
        As in `write_tables`.
    folder
        A folder that does not leave.

    Raises
    ------
    OutputError
        A file cannot be written; every file that was written is complete.
    """
    with _open_pair(folder, Identified(), all_tissues, audit) as write:
        for study in studies:
            write(study)


@contextmanager
def _open_pair(
    folder: Path, naming: Naming | None, all_tissues: bool, audit: Audit | None
) -> Iterator[Callable[[Study], object]]:
    """Open lesions.csv and studies.csv, and write their schemas when both are written."""
    with (
        open_table(LESION_COLUMNS, folder / "lesions.csv", naming, audit) as write_lesion,
        open_table(STUDY_COLUMNS, folder / "studies.csv", naming, audit) as write_study,
    ):

        def write(study: Study) -> None:
            for outcome in study.outcomes:
                for row in lesion_rows(study, outcome, all_tissues=all_tissues):
                    write_lesion(row)
            if study.stack is not None:
                write_study(study)

        yield write
    has_times = isinstance(naming, Identified)
    write_atomic(folder / "lesions.schema.json", table_schema(LESION_COLUMNS, ["tracking_uid"], has_times=has_times))
    write_atomic(folder / "studies.schema.json", table_schema(STUDY_COLUMNS, has_times=has_times))

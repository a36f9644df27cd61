"""The commands about many patients: a cohort, and scores of films. They are registered with the others.

The annotations are read when the program starts, so they must not be strings.
"""

from pathlib import Path
from typing import Annotated

import typer

from calcimeasure.cli.command import EXIT_ALL_MEASURED, command
from calcimeasure.cli.commands import app
from calcimeasure.cli.options import FolderArgument, StoreOption
from calcimeasure.cli.screen import say, show_line


@command(app)
def cohort(
    *,
    folder: FolderArgument,
    clinical: Annotated[
        Path,
        typer.Option("--clinical", metavar="FILE.csv", help="A row for each patient: record_id and what is known."),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR2", help="Folder for the tables and the report.")],
    dictionary: Annotated[
        Path | None,
        typer.Option(
            "--dictionary",
            metavar="FILE.toml",
            help="The registry's own columns and words, and the associations to test.",
        ),
    ] = None,
    accepted: Annotated[
        bool, typer.Option("--accepted", help="Only masses that a reader accepted count; what is open is not known.")
    ] = False,
    store: StoreOption = None,
) -> int:
    """Tell a cohort: who has a large mass, where, associations and outcomes (cohort.csv, cohort.html, ...)."""
    if store:
        from calcimeasure.agreed import agree

        agree(store)
    from calcimeasure.run.cohort import CohortOrder, cohort_folder

    done = cohort_folder(folder, CohortOrder(clinical, out, dictionary, accepted), say)
    for path in done.paths:
        show_line(f"Written: {path}")
    show_line(f"Patients: {done.patients}, of them with a large mass: {done.cases}, followed: {done.followed}.")
    if done.untested:
        show_line(f"Associations that could not be tested: {done.untested} (not_tested in associations.csv).")
    return EXIT_ALL_MEASURED


@command(app)
def score(
    readings: Annotated[
        Path,
        typer.Argument(
            metavar="READINGS.csv",
            readable=False,
            help="A row for each region: patient_key, date, reader, laterality, region, coverage_percent, density.",
        ),
    ],
    table: Annotated[
        Path,
        typer.Option(
            "--table", metavar="FILE.toml", help="Your regions, weights, grades and limits; none is built in."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR2", help="Folder for the tables.")],
) -> int:
    """Score films from a reader's grades of regions, by a table of your own."""
    from calcimeasure.run.score import score_readings

    done = score_readings(readings, table, out)
    for path in done.paths:
        show_line(f"Written: {path}")
    show_line(f"Readings: {done.readings}, without a score because a region is missing: {done.without_score}.")
    return EXIT_ALL_MEASURED

"""lesions.csv of measured stacks that are not in a store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calcimeasure.export.lesions import write_lesions
from calcimeasure.model import Outcome
from calcimeasure.study import linked_studies

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from calcimeasure.export.pseudonym import Naming
    from calcimeasure.model import Report


def write_csv(reports: Iterable[Report], path: Path, *, naming: Naming | None = None) -> None:
    """Write lesions.csv of reports that are not in a store.

    Parameters
    ----------
    reports
        Reports of measured stacks; those of one study must follow each other. Their order is kept.
    path
        The file; it is written atomically.
    naming
        How patients, dates and UIDs are named; None leaves these columns empty.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    write_lesions(linked_studies(map(Outcome.of, reports)), path, naming=naming)

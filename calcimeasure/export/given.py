"""Tables that a user gives: the map of record ids, events."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from calcimeasure.input_files import refuse_special_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def read_rows(path: Path, where: str, error: Callable[[str], Exception]) -> list[dict[str, str | None]]:
    """Read the rows of a CSV file.

    Parameters
    ----------
    path
        The file, in UTF-8 with or without a byte order mark.
    where
        The option and the file, as messages name them.
    error
        Makes the error that is raised where the file cannot be read.

    Returns
    -------
    list of dict
        The cells by the names of their columns; None where a row is short.
    """
    try:
        refuse_special_file(path)
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as cause:
        said = getattr(cause, "strerror", None) or cause
        raise error(f"{where} cannot be read: {said}. A CSV in UTF-8 is expected.") from cause


def ragged(rows: list[dict[str, str | None]]) -> list[str]:
    """Name the lines that have more or fewer cells than the header: their values may stand in the wrong column.

    Parameters
    ----------
    rows
        As `read_rows` gives them.
    """
    # The reader keeps further cells under the name None, and fills missing ones with None.
    more = [number for number, row in enumerate(rows, 2) if None in list(row)]
    fewer = [number for number, row in enumerate(rows, 2) if None in row.values()]
    told = [(more, "more"), (fewer, "fewer")]
    return [
        f"line{'s' * (len(some) > 1)} {', '.join(map(str, some))}: {word} cells than the header"
        for some, word in told
        if some
    ]

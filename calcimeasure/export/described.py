"""A table with the schema that describes it beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from calcimeasure.export.atomic import write_atomic
from calcimeasure.export.columns import open_table
from calcimeasure.export.schema import table_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from calcimeasure.export.columns import Audit, Column
    from calcimeasure.export.pseudonym import Naming

Row = TypeVar("Row")


def write_described(
    columns: Sequence[Column[Row]],
    rows: Iterable[Row],
    path: Path,
    naming: Naming | None = None,
    audit: Audit | None = None,
    primary_key: Sequence[str] = (),
) -> Path:
    """Write NAME.csv, and NAME.schema.json beside it.

    Parameters
    ----------
    columns, rows
        The columns, and the rows in their order.
    path
        The table.
    naming
        How patients, dates and UIDs are named; None leaves the columns with them empty.
    audit
        Called before the table gets its name.
    primary_key
        The columns whose values together identify a row; empty if there are none.

    Returns
    -------
    Path
        The table.

    Raises
    ------
    OutputError
        A file cannot be written; a file that was written is complete.
    """
    with open_table(columns, path, naming, audit) as write:
        for row in rows:
            write(row)
    write_atomic(path.with_suffix(".schema.json"), table_schema(columns, primary_key))
    return path

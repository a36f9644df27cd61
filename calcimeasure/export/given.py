"""Tables that a user gives: the map of record ids, events, clinical rows, readings of films."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from calcimeasure.input_files import refuse_special_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_OTHER_SEPARATORS: Final = {";": "semicolons", "\t": "tabs"}


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table.

    Parameters
    ----------
    line
        The line of the file on which the row begins; the first line is 1.
    cells
        The cells by the names of all columns; empty where the row is short.
    surplus
        How many cells the row has more than the header; negative where it has fewer.
    """

    line: int
    cells: Mapping[str, str]
    surplus: int = 0

    def cell(self, name: str) -> str:
        """Give a cell without the spaces round it; empty if the table has no such column."""
        return self.cells.get(name, "").strip()


def read_rows(path: Path, where: str, error: Callable[[str], Exception]) -> list[Row]:
    """Read the rows of a CSV file (RFC 4180, commas). Empty lines are no rows.

    Parameters
    ----------
    path
        The file, in UTF-8 with or without a byte order mark.
    where
        The option and the file, as messages name them.
    error
        Makes the error that is raised where the file cannot be read: also where a quotation mark is not closed or a
        cell holds a line break (rows would be lost), or a column stands twice.

    Returns
    -------
    list of Row
        The names of the columns are without the spaces round them.
    """
    try:
        refuse_special_file(path)
        with path.open(encoding="utf-8-sig", newline="") as file:
            records = list(_records(csv.reader(file, strict=True)))
    except (OSError, UnicodeDecodeError, csv.Error) as cause:
        said = getattr(cause, "strerror", None) or cause
        raise error(f"{where} cannot be read: {said}. A CSV in UTF-8 is expected.") from cause
    if not records:
        return []
    (_, header), *others = records
    names = [one.strip() for one in header]
    if problems := [*_of_header(names), *_broken(records)]:
        raise error(f"{where}: {'; '.join(problems)}. Correct the file.")
    return [
        Row(line, dict(zip(names, [*cells, *[""] * len(names)], strict=False)), len(cells) - len(names))
        for line, cells in others
    ]


def _records(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Give each record that is no empty line, with the line on which it begins."""
    begins = 1
    try:
        for cells in reader:
            if cells:
                yield begins, cells
            begins = reader.line_num + 1  # type: ignore[attr-defined] # the type of a csv reader has no public name
    except csv.Error as cause:
        raise csv.Error(f"line {begins}: {cause} (is a quotation mark not closed?)") from cause


def _of_header(names: Sequence[str]) -> Iterator[str]:
    for name in dict.fromkeys(names):
        if name and names.count(name) > 1:
            yield f"each column once is expected, found {name} {names.count(name)} times"


def _broken(records: Sequence[tuple[int, list[str]]]) -> Iterator[str]:
    """Name rows with a line break in a cell: a stray quotation mark that a later one closes makes such a cell."""
    if lines := [str(line) for line, cells in records if any("\n" in one or "\r" in one for one in cells)]:
        yield (
            f"line{'s' * (len(lines) > 1)} {', '.join(lines)}: no cell with a line break is expected, a quotation mark "
            "opens one that ends on a later line"
        )


def other_separator(rows: Sequence[Row]) -> str | None:
    """Name what stands between the columns if these are no commas: the header is then a single name."""
    names = list(rows[0].cells) if rows else []
    signs = [word for sign, word in _OTHER_SEPARATORS.items() if len(names) == 1 and sign in names[0]]
    return f"commas between the columns are expected, found {signs[0]}" if signs else None


def ragged(rows: Sequence[Row]) -> list[str]:
    """Name the lines that have more or fewer cells than the header: their values may stand in the wrong column.

    Parameters
    ----------
    rows
        As `read_rows` gives them.
    """
    told = (
        ([one.line for one in rows if one.surplus > 0], "more"),
        ([one.line for one in rows if one.surplus < 0], "fewer"),
    )
    return [
        f"line{'s' * (len(some) > 1)} {', '.join(map(str, some))}: {word} cells than the header"
        for some, word in told
        if some
    ]


def number_of(cell: str) -> float | None:
    """Read a decimal number; None if it is none. What Python alone takes for a number (1_000, nan, inf) is none.

    Examples
    --------
    >>> number_of("59.5"), number_of("5_9")
    (59.5, None)
    """
    return float(cell) if _NUMBER.fullmatch(cell) else None

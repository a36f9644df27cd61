"""The meaning of the columns of a table: as a Frictionless Table Schema for programs, as Markdown for people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from calcimeasure.export.columns import Column


def table_schema(columns: Sequence[Column[Any]], primary_key: Sequence[str] = (), *, has_times: bool = False) -> str:
    """Describe a table as a Frictionless Table Schema (JSON).

    Parameters
    ----------
    columns
        Of the table.
    primary_key
        The columns whose values together identify a row; empty if there are none.
    has_times
        Whether columns with times have them, as in identified tables, or days alone.
    """
    schema: dict[str, object] = {"fields": [_field(column, has_times) for column in columns], "missingValues": [""]}
    if primary_key:
        schema["primaryKey"] = list(primary_key)
    return json.dumps(schema, indent=2) + "\n"


def markdown_table(columns: Sequence[Column[Any]]) -> str:
    """Describe a table as a table in Markdown.

    Parameters
    ----------
    columns
        Of the table.

    Returns
    -------
    str
        A row for each column: name, type, unit, meaning, the codes of the quantity, and the kinds of image that have
        the column. An item is left out if no column of the table has it.
    """
    heads = ("column", "type", "unit", "meaning", "code", "images")
    rows = [_cells(column) for column in columns]
    used = [index for index in range(len(heads)) if any(row[index] for row in rows)]
    lines = [heads, ("---",) * len(heads), *rows]
    return "".join(f"| {' | '.join(line[index] for index in used)} |\n" for line in lines)


def _field(column: Column[Any], has_times: bool) -> dict[str, object]:
    kind = "date" if column.kind == "datetime" and not has_times else column.kind
    field: dict[str, object] = {"name": column.name, "type": kind, "description": column.description}
    if column.unit:
        field["unit"] = column.unit
    if kind == "boolean":
        field |= {"trueValues": ["true"], "falseValues": ["false"]}
    if kind == "datetime":
        field["format"] = "%Y-%m-%dT%H:%M:%SZ"
    constraints: dict[str, object] = {"required": True} if column.required else {}
    if column.words:
        constraints["enum"] = [str(word) for word in column.words]
    if constraints:
        field["constraints"] = constraints
    return field


def _cells(column: Column[Any]) -> tuple[str, ...]:
    meaning = column.description
    if column.words:
        meaning += f" One of {', '.join(f'`{word}`' for word in column.words)}."
    plural = "" if column.decimals == 1 else "s"
    kinds = {"number": f"number, {column.decimals} decimal{plural}", "datetime": "date, datetime where identified"}
    kind = kinds.get(column.kind, column.kind)
    unit = f"`{column.unit}`" if column.unit else ""
    number = column.number
    codes = ", ".join(map(str, number.codes)) if number else ""
    images = number.images if number else ""
    return tuple(text.replace("|", r"\|") for text in (f"`{column.name}`", kind, unit, meaning, codes, images))

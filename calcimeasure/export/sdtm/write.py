"""Datasets as files: CSV, and Dataset-JSON 1.1 of CDISC, which has types, labels and lengths too."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from calcimeasure.export.atomic import open_atomic
from calcimeasure.export.columns import Column, Leaving, harmless, open_table
from calcimeasure.export.sdtm.variables import NUMBER
from calcimeasure.version import software_version

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from calcimeasure.export.columns import Audit
    from calcimeasure.export.pseudonym import Naming
    from calcimeasure.export.sdtm.variables import Dataset, Variable


def write_dataset(dataset: Dataset, folder: Path, naming: Naming, study_id: str, audit: Audit) -> tuple[Path, Path]:
    """Write a dataset as CSV and as Dataset-JSON.

    Parameters
    ----------
    dataset
        The dataset.
    folder
        The folder; files have the name of the dataset in lower case.
    naming
        With what patients and dates were named: others than the owner cannot read identified files.
    study_id
        STUDYID.
    audit
        Called before each file gets its name.

    Raises
    ------
    OutputError
        A file cannot be written; every file that was written is complete.
    """
    table, text = (folder / f"{dataset.name.lower()}.{ending}" for ending in ("csv", "json"))
    with open_table([*map(_column, dataset.variables)], table, naming, audit) as write:
        for row in dataset.rows:
            write(row)
    is_identified = not naming.dates_shifted

    def keep(file: Path) -> None:
        audit(Leaving.of(file, text, len(dataset.rows), is_identified))

    with open_atomic(text, only_for_owner=is_identified, before_it_is_there=keep) as stream:
        json.dump(dataset_json(dataset, study_id), stream, ensure_ascii=False, separators=(",", ":"))
        stream.write("\n")
    return table, text


def _column(variable: Variable) -> Column[Mapping[str, str]]:
    """Make the column of a variable; its values are text already, and a number is no formula of a spreadsheet."""
    return Column(variable.name, "integer", variable.label, partial(_cell, variable.name))


def _cell(name: str, row: Mapping[str, str]) -> str:
    value = row.get(name, "")
    return value if NUMBER.fullmatch(value) else harmless(value)


def dataset_json(dataset: Dataset, study_id: str) -> dict[str, object]:
    """Make the Dataset-JSON 1.1 of a dataset.

    Parameters
    ----------
    dataset
        The dataset.
    study_id
        STUDYID.
    """
    return {
        "datasetJSONCreationDateTime": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "datasetJSONVersion": "1.1.0",
        "originator": "calcimeasure",
        "sourceSystem": {"name": "calcimeasure", "version": software_version()},
        "studyOID": study_id,
        "itemGroupOID": f"IG.{dataset.name}",
        "records": len(dataset.rows),
        "name": dataset.name,
        "label": dataset.label,
        "columns": [_described(dataset, one) for one in dataset.variables],
        "rows": [[_value(one, row.get(one.name, "")) for one in dataset.variables] for row in dataset.rows],
    }


def _described(dataset: Dataset, variable: Variable) -> dict[str, object]:
    described: dict[str, object] = {
        "itemOID": f"IT.{dataset.name}.{variable.name}",
        "name": variable.name,
        "label": variable.label,
        "dataType": _type(variable),
    }
    if not variable.is_number:
        described["length"] = max((len(row.get(variable.name, "")) for row in dataset.rows), default=0) or 1
    return described


def _type(variable: Variable) -> str:
    if not variable.is_number:
        return "string"
    return "double" if variable.name.endswith("STRESN") else "integer"


def _value(variable: Variable, value: str) -> str | int | float | None:
    if not variable.is_number:
        return value
    if not value:
        return None
    return float(value) if _type(variable) == "double" else int(value)

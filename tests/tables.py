"""Writes a small CT to measure, and reads the tables of a run."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import numpy as np

from tests.dicom_phantom import Header, write_series
from tests.phantoms import straight_grid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.dicom_phantom import Fault


def write_ct(
    folder: Path,
    *,
    file_name: str = "IM{:05d}.dcm",
    faults: Sequence[Fault] = (),
    transfer_syntax: str = "explicit_le",
    **header: object,
) -> list[Path]:
    """Write a CT of six slices with two masses, 384 and 80 mm3, in a body surrounded by air."""
    hu = np.full((6, 24, 24), -1000, dtype=np.int16)
    hu[:, 1:23, 1:23] = 40
    hu[1:5, 3:9, 3:11] = 700
    hu[2:4, 17:21, 17:22] = 400  # 10 mm from the other: nearer pieces are one mass
    grid = straight_grid(hu.shape, (2.0, 1.0, 1.0))
    return write_series(
        folder, hu, grid, Header(**header), faults=faults, file_name=file_name, transfer_syntax=transfer_syntax
    )


def read(path: Path) -> list[dict[str, str]]:
    """Rows as the csv module reads them."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, columns: Sequence[str], rows: Sequence[dict[str, str]]) -> None:
    """All rows at once, so that a run that is interrupted here leaves whole ones."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    with unfinished.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    unfinished.replace(path)


def header_of(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return next(csv.reader(file))


def problems(out: Path, table: str) -> list[str]:
    """What frictionless finds wrong with a table by its schema."""
    from frictionless import Resource, Schema

    schema = Schema.from_descriptor(json.loads((out / f"{table}.schema.json").read_text(encoding="utf-8")))
    report = Resource(path=f"{table}.csv", basepath=str(out), schema=schema).validate()
    return [kind for (kind,) in report.flatten(["type"])]

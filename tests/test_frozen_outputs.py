"""What the program says about the samples is what it said when tests/frozen was written.

Where it says something else on purpose (the algorithm number rises), look at what differs and write the folder anew::

    python -m tests.frozen_outputs write tests/frozen --input sample_dicom --explained 1
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.conftest import PROJECT
from tests.frozen_outputs import PICTURES, differences, write_all

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FROZEN = PROJECT / "tests" / "frozen"
TOLERANCE = 1e-6
"""Relative: the last bits of a number depend on the machine's linear algebra."""


def test_outputs_of_the_samples_are_the_frozen_ones(tmp_path: Path) -> None:
    write_all(tmp_path, {"sample_dicom": [PROJECT / "sample_dicom"]}, explained=1)
    assert list(differences(FROZEN, tmp_path, TOLERANCE, PICTURES)) == []


@pytest.fixture
def other(tmp_path: Path) -> Path:
    return shutil.copytree(FROZEN, tmp_path / "other")


def changed(file: Path, change: Callable[[list[str]], list[str]]) -> None:
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(change(lines)), encoding="utf-8", newline="\n")


def test_equal_outputs_have_no_difference(other: Path) -> None:
    assert list(differences(FROZEN, other)) == []


def test_changed_number_is_told_with_its_row_and_column(other: Path) -> None:
    table = other / "sample_dicom" / "store" / "lesion_revisions.jsonl"
    first = json.loads(table.read_text(encoding="utf-8").splitlines()[0])
    moved = {**first, "long_axis_px": first["long_axis_px"] * (1 + 1e-5)}
    changed(table, lambda lines: [json.dumps(moved) + "\n", *lines[1:]])
    (told,) = differences(FROZEN, other, TOLERANCE)
    assert f"lesion_revisions.jsonl: row 1 (tracking_uid {first['tracking_uid']}), long_axis_px: " in told
    assert list(differences(FROZEN, other, 1e-4)) == []
    assert list(differences(FROZEN, other, left_out=["long_axis_px"])) == []


def test_rows_in_another_order_differ(other: Path) -> None:
    changed(other / "sample_dicom" / "identified" / "lesions.csv", lambda lines: [lines[0], *reversed(lines[1:])])
    assert any("row 2" in told and "tracking_uid" in told for told in differences(FROZEN, other, TOLERANCE))


def test_row_that_is_missing_is_told(other: Path) -> None:
    table = other / "sample_dicom" / "identified" / "lesions.csv"
    last = table.read_text(encoding="utf-8").splitlines()[-1]
    changed(table, lambda lines: lines[:-1])
    told = list(differences(FROZEN, other, TOLERANCE))
    assert "12 and 11 rows" in told[0]
    assert "only in the first" in told[1]
    assert last.split(",")[3] in told[1]


def test_column_that_is_new_or_elsewhere_is_told(other: Path) -> None:
    table = other / "sample_dicom" / "identified" / "series.csv"
    changed(table, lambda lines: [f"{line.rstrip()},new\n" for line in lines])
    (told,) = differences(FROZEN, other)
    assert told.endswith("series.csv: one alone has the columns new")
    shutil.copy(FROZEN / "sample_dicom" / "identified" / "series.csv", table)
    changed(table, lambda lines: [",".join(reversed(line.rstrip().split(","))) + "\n" for line in lines])
    (told,) = differences(FROZEN, other)
    assert "order of columns" in told


def test_file_that_is_missing_is_told(other: Path) -> None:
    (other / "sample_dicom" / "scan.jsonl").unlink()
    (told,) = differences(FROZEN, other)
    assert "scan.jsonl: only in" in told


def test_nothing_is_not_equal_to_nothing(tmp_path: Path) -> None:
    (told,) = differences(tmp_path, tmp_path)
    assert "no file in common" in told

"""A project's own dictionary with the forms added: its bytes stay, and no other field is taken as one of ours."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

from calcimeasure.errors import InputPathError
from calcimeasure.export.redcap.dictionary import DICTIONARY_COLUMNS, dictionary_text, entries_of
from calcimeasure.export.redcap.fields import FORMS, all_fields
from calcimeasure.export.redcap.merge import merged, read_dictionary

if TYPE_CHECKING:
    from pathlib import Path

THEIRS = [
    ["record_id", "baseline", "", "text", "Record"],
    ["score", "baseline", "", "slider", 'a "b"\nc', "low | high"],
]


def file_of(folder: Path, rows: list[list[str]], delimiter: str = ",", line_end: str = "\r\n") -> Path:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=line_end)
    writer.writerows([DICTIONARY_COLUMNS, *((row + [""] * 18)[:18] for row in rows)])
    path = folder / "theirs.csv"
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\r\n", "\n"])
def test_rows_of_theirs_stay_and_ours_follow_as_the_file_is_written(
    tmp_path: Path, delimiter: str, line_end: str
) -> None:
    path = file_of(tmp_path, THEIRS, delimiter, line_end)
    before = path.read_text(encoding="utf-8")
    after = merged(read_dictionary(path), FORMS, "x").text
    with path.open(newline="", encoding="utf-8") as file:
        before = file.read()
    assert after.startswith(before)
    rows = list(csv.reader(io.StringIO(after, newline=""), delimiter=delimiter))
    assert [row[0] for row in rows[3:]] == [field.name for field in all_fields()]
    assert after.count("\r\n") == (after.count("\n") - before.count('b""\nc') if line_end == "\r\n" else 0)


def test_a_form_that_is_there_gets_what_it_lacks_behind_its_last_field(tmp_path: Path) -> None:
    ours = [list(entry.values()) for entry in entries_of(FORMS)]
    without = [row for row in ours if row[0] != "cm_sphericity"]
    path = file_of(tmp_path, [THEIRS[0], *without, ["last", "end", "", "text", "Last"]])
    result = merged(read_dictionary(path), FORMS, "x")
    assert result.added == ("cm_sphericity",)
    names = [row[0] for row in csv.reader(io.StringIO(result.text, newline=""))]
    assert names[names.index("cm_key") + 1] == "cm_sphericity"
    assert names[-1] == "last"


def test_merging_twice_adds_nothing(tmp_path: Path) -> None:
    first = merged(read_dictionary(file_of(tmp_path, THEIRS)), FORMS, "x").text
    path = tmp_path / "merged.csv"
    path.write_text(first, encoding="utf-8", newline="")
    again = merged(read_dictionary(path), FORMS, "x")
    assert (again.text, again.added) == (first, ())


def test_labels_and_choices_that_a_registry_added_stay(tmp_path: Path) -> None:
    ours = [list(entry.values()) for entry in entries_of(FORMS)]
    for row in ours:
        if row[0] == "cm_site":
            row[4], row[5], row[3] = "Körperregion", row[5] + " | toe, Toe", "radio"
    path = file_of(tmp_path, [THEIRS[0], *ours])
    assert merged(read_dictionary(path), FORMS, "x").added == ()


@pytest.mark.parametrize(
    "row",
    [
        ["cm_site", "baseline", "", "dropdown", "Site", "hip, Hip"],
        ["cm_volume_ml", "cm_lesions", "", "text", "Volume", "", "", "number_2dp"],
        ["cm_site", "cm_lesions", "", "dropdown", "Site", "hip, Hip"],
        ["cm_site", "cm_lesions", "", "text", "Site"],
    ],
    ids=["another form", "another validation", "fewer choices", "another type"],
)
def test_another_field_of_the_same_name_is_refused(tmp_path: Path, row: list[str]) -> None:
    with pytest.raises(InputPathError, match=f"choices are there already: {row[0]}"):
        merged(read_dictionary(file_of(tmp_path, [*THEIRS, row])), FORMS, "x")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "data dictionary expected"),
        (b"a,b\n1,2\n", "data dictionary expected"),
        (dictionary_text([]).encode(), "found no field"),
        (dictionary_text([]).encode() + b"record_id,baseline\n", "18 cells expected, found 2"),
        (dictionary_text([]).encode() + b"\xff", "cannot be read"),
    ],
    ids=["empty", "another table", "no field", "cells", "Latin-1"],
)
def test_file_that_is_no_dictionary_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "theirs.csv"
    path.write_bytes(content)
    with pytest.raises(InputPathError, match=said):
        read_dictionary(path)

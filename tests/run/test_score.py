"""`calcimeasure score`: readings and a table become scores, and what cannot be taken is refused at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from calcimeasure.cli import app
from calcimeasure.errors import InputPathError
from calcimeasure.run.score_table import read_score_table
from tests.conftest import PROJECT
from tests.tables import problems, read

if TYPE_CHECKING:
    from pathlib import Path

PAGE = (PROJECT / "docs" / "how-to" / "score.md").read_text(encoding="utf-8")
(EXAMPLE,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
(READINGS,) = re.findall(r"```\n(patient_key.*?)```", PAGE, re.DOTALL)


def score(folder: Path, readings: str, table: str = EXAMPLE) -> tuple[int, str]:
    (folder / "readings.csv").write_text(readings, encoding="utf-8")
    (folder / "table.toml").write_text(table, encoding="utf-8")
    told = ["score", str(folder / "readings.csv"), "--table", str(folder / "table.toml"), "--out", str(folder / "out")]
    done = CliRunner().invoke(app, told)
    return done.exit_code, done.output


def test_the_example_of_the_documentation(tmp_path: Path) -> None:
    later = READINGS.replace("2024-01-15", "2025-01-14").replace("thumb,10,faint", "thumb,10,dense").split("\n", 1)[1]
    other = "R-0001,2024-01-15,second,right,thumb,10,faint\n"
    code, said = score(tmp_path, READINGS + later + later.replace("R-0001", "R-0002") + other)
    assert code == 0, said
    assert "Readings: 4, without a score because a region is missing: 1." in said
    out = tmp_path / "out"
    for name in ("scores", "score_changes", "score_agreement"):
        assert problems(out, name) == [], name
    figures = read(out / "score_agreement.csv")
    assert {(row["first_reader"], row["second_reader"]) for row in figures} == {("first", "second")}
    (same,) = (row for row in figures if (row["quantity"], row["statistic"]) == ("density", "same"))
    assert (same["value"], same["count"], same["low"]) == ("1.0000", "1", "")
    scores = {(row["patient_key"], row["reader"], row["days"]): row for row in read(out / "scores.csv")}
    first, second = scores["R-0001", "first", "0"], scores["R-0001", "second", "0"]
    assert (first["score"], first["score_low"], first["table"]) == ("15.00", "15.00", "example")
    assert (second["score"], second["missing"], second["score_high"]) == ("", "3", "31.00")
    (change,) = read(out / "score_changes.csv")
    assert (change["days"], change["first_score"], change["score"]) == ("365", "15.00", "17.00")
    assert (change["change_percent"], change["verdict"]) == ("13.34", "stable")
    assert "2024" not in (out / "scores.csv").read_text(encoding="utf-8")


def test_all_that_is_wrong_with_readings_is_refused_at_once(tmp_path: Path) -> None:
    code, said = score(
        tmp_path,
        "patient_key,date,reader,laterality,region,coverage_percent,density\n"
        "R1,2024-13-01,first,both,nose,200,bright\n"
        "R1,2024-01-15,first,right,thumb,10,faint\n"
        "R1,2024-01-15,first,right,thumb,12,faint\n"
        ",2024-01-15,,left,thumb,much,\n",
    )
    assert code == 2
    for expected in (
        "line 2, date: '2024-13-01' is no date",
        "line 2, laterality: right or left is expected, found 'both'",
        "line 2, region: 'nose' is none of thumb, fingers",
        "line 2, coverage_percent: '200'",
        "line 2, density: 'bright' is none of faint, dense",
        "line 4, region: line 3 rates the same region",
        "line 5, patient_key: it is empty",
        "line 5, reader: it is empty",
        "line 5, coverage_percent: 'much'",
    ):
        assert expected in said
    assert not (tmp_path / "out").exists()
    assert score(tmp_path, "patient_key\n")[0] == 2


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("coverage_percent", "coverage", "coverage_percent missing, found 'patient_key', 'date'"),
        ("laterality", "side", "laterality missing"),
        ("patient_key,date", "patient,day", "patient_key, date missing"),
    ],
)
def test_a_column_that_is_missing_is_named_once(tmp_path: Path, before: str, after: str, expected: str) -> None:
    code, said = score(tmp_path, READINGS.replace(before, after))
    assert (code, said.count("missing, found")) == (2, 1)
    assert expected in said


def test_readings_without_commas_are_refused_once(tmp_path: Path) -> None:
    code, said = score(tmp_path, READINGS.replace(",", ";"))
    assert code == 2
    assert "commas between the columns are expected, found semicolons" in said
    assert "line 2" not in said


def test_lines_and_numbers_are_those_of_the_file(tmp_path: Path) -> None:
    head, first, *_ = READINGS.splitlines()
    code, said = score(tmp_path, f"{head}\n\n{first.replace(',10,', ',1_0,')}\n")
    assert code == 2
    assert "line 3, coverage_percent: '1_0' is no number from 0 to 100" in said


def test_a_table_of_one_hand_has_no_sides(tmp_path: Path) -> None:
    table = EXAMPLE.replace("both_hands = true", "both_hands = false")
    readings = READINGS.replace(",right,", ",,")
    code, said = score(tmp_path, readings, table)
    assert code == 2
    assert "line 4, laterality: nothing, because the table has both_hands = false, is expected" in said
    head, *rows = readings.splitlines()
    assert score(tmp_path, "\n".join([head, *rows[:2]]) + "\n", table)[0] == 0
    (row,) = read(tmp_path / "out" / "scores.csv")
    assert (row["score"], row["regions"], row["missing"]) == ("13.00", "2", "0")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ('name = "example"', "", "name: a text is expected"),
        ('"product"', '"mean"', "combine: one of product, sum"),
        ("both_hands = true", "both_hands = 1", "both_hands: true or false"),
        ('name = "fingers"', 'name = "thumb"', "region thumb is there twice"),
        ("weight = 2.0", "weight = -1", "weight of fingers: a number"),
        ("weight = 2.0", "", "regions 2: name and weight are expected"),
        ("from_percent = 0", "from_percent = 1", "coverage: from_percent begins at 0"),
        ("from_percent = 5", "from_percent = 50", "coverage: from_percent begins at 0 and rises"),
        ("faint = 1", "faint = true", "density faint: a number"),
        ("faint = 1\ndense = 3", "", "density: a table of points"),
        ("per_year = true", "per_years = true", "change: per_years is none of"),
        ("per_year = true", "per_year = 1", "change.per_year: true or false"),
        ("progression_percent = 25\n", "", "change.progression_percent: a number"),
        (
            "improvement_percent = -25",
            "improvement_percent = 25",
            "change.improvement_percent: a number from .* to 0 is",
        ),
        ('name = "example"', 'name = "example"\nunit = "points"', "unit is no part of a table"),
        ('name = "example"', "name", "cannot be read"),
    ],
)
def test_a_table_that_is_not_whole_is_refused(tmp_path: Path, before: str, after: str, expected: str) -> None:
    assert before in EXAMPLE
    (tmp_path / "table.toml").write_text(EXAMPLE.replace(before, after), encoding="utf-8")
    with pytest.raises(InputPathError, match=expected):
        read_score_table(tmp_path / "table.toml")


def test_nothing_is_named_after_a_published_score() -> None:
    texts = [path.read_text(encoding="utf-8") for path in (PROJECT / "calcimeasure").rglob("*.py")]
    assert [one for one in (*texts, PAGE) if "SCTC" in one.upper()] == []
    assert 'name = "example"' in EXAMPLE

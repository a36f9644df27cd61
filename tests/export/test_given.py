"""Tables that a user gives: no row is lost or read under a wrong name without a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from calcimeasure.errors import InputPathError, KeyFileError
from calcimeasure.export.given import Row, number_of, other_separator, ragged, read_rows
from calcimeasure.export.pseudonym import read_record_map
from calcimeasure.run.events import read_events

if TYPE_CHECKING:
    from pathlib import Path


def rows(folder: Path, text: str) -> list[Row]:
    path = folder / "given.csv"
    path.write_text(text, encoding="utf-8", newline="")
    return read_rows(path, "--given", InputPathError)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('a,b\n1,x\n2,"y\n3,z\n4,z\n', "--given cannot be read: line 3: unexpected end of data"),
        ('a,b\n1,"y\n2,z\n3,y"\n4,z\n', "--given: line 2: no cell with a line break is expected"),
        ('a,b\n1,"y\n"\n2,z\n3,"y\r"\n', "--given: lines 2, 5: no cell with a line break is expected"),
        ('a,b\n1,"y"z\n', "line 2: .*expected after"),
        ("a,b,a\n1,2,3\n", "--given: each column once is expected, found a 2 times"),
        ("a,b, a\n1,2,3\n", "--given: each column once is expected, found a 2 times"),
    ],
)
def test_a_table_whose_rows_or_columns_are_not_certain_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(InputPathError, match=expected):
        rows(tmp_path, text)


def test_a_row_has_the_line_of_the_file(tmp_path: Path) -> None:
    found = rows(tmp_path, '\ufeff\n a ,b,,\n\n1," x",,\n\n\n2\n3,4,5,6,7\n')
    assert [(one.line, one.surplus) for one in found] == [(4, 0), (7, -3), (8, 1)]
    assert (found[0].cell("a"), found[0].cell("b"), found[0].cells["b"], found[1].cell("b")) == ("1", "x", " x", "")
    assert found[0].cell("none") == ""
    assert ragged(found) == ["line 8: more cells than the header", "line 7: fewer cells than the header"]
    assert rows(tmp_path, "") == rows(tmp_path, "a,b\n") == []


def test_other_separators_are_named(tmp_path: Path) -> None:
    assert other_separator(rows(tmp_path, "a;b\n1;2\n")) == "commas between the columns are expected, found semicolons"
    assert other_separator(rows(tmp_path, "a\tb\n1\t2\n")) == "commas between the columns are expected, found tabs"
    assert other_separator(rows(tmp_path, "a\n1;2\n")) is None
    assert other_separator(rows(tmp_path, "a;b,c\n1,2\n")) is None
    assert other_separator([]) is None


def test_a_number_is_a_decimal_number() -> None:
    assert [number_of(one) for one in ("59", "-3.5", ".5", "1e3", "+2.")] == [59.0, -3.5, 0.5, 1000.0, 2.0]
    assert [number_of(one) for one in ("5_9", "nan", "inf", "", "1,5", "٣", "0x1")] == [None] * 7


def test_other_readers_name_the_line_and_lose_no_row(tmp_path: Path) -> None:
    (tmp_path / "map.csv").write_text("patient_id,record_id\n1,2\n\n3,\n", encoding="utf-8")
    with pytest.raises(KeyFileError, match="line 4 lacks one"):
        read_record_map(tmp_path / "map.csv")
    (tmp_path / "map.csv").write_text('patient_id,record_id\n1,"A\n2,B\n', encoding="utf-8")
    with pytest.raises(KeyFileError, match="line 2: unexpected end of data"):
        read_record_map(tmp_path / "map.csv")
    (tmp_path / "events.csv").write_text("patient_key,date,event\n\nA,soon,surgery\n", encoding="utf-8")
    with pytest.raises(InputPathError, match="line 3: "):
        read_events(tmp_path / "events.csv")

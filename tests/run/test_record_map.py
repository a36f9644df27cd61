"""Who is not in the record map: counted on the terminal, named in the folder private alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from calcimeasure.model import Outcome, StackFacts, State
from calcimeasure.run.record_map import UNMAPPED_FILE, RecordMapTally, Unmapped
from tests.cli.test_cli import run
from tests.tables import read, write_ct

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def outcome(patient_id: str | None, study_uid: str) -> Outcome:
    return Outcome(State.MEASURED, "1.dcm", StackFacts(study_uid, "1.2", 1, "CT", "/in", "1.dcm", 1, patient_id))


def tally_of(record_ids: Mapping[str, str], *outcomes: Outcome) -> RecordMapTally:
    tally = RecordMapTally(record_ids)
    assert tuple(tally.counting(outcomes)) == outcomes
    return tally


@pytest.mark.parametrize(
    ("patient_id", "in_map", "looks_like"),
    [
        ("0012345", "12345", "12345"),
        ("12345", "0012345", "0012345"),
        ("12345", "12345.0", "12345.0"),
        ("ab-12 3", "AB123", "AB123"),
        ("12345", "12346", None),
        ("000", "00", None),
    ],
)
def test_id_that_a_spreadsheet_changed_is_recognized(patient_id: str, in_map: str, looks_like: str | None) -> None:
    (unmapped,) = tally_of({in_map: "R1"}, outcome(patient_id, "1")).unmapped()
    assert unmapped == Unmapped(patient_id, 1, looks_like)


def test_of_two_ids_that_are_alike_none_is_named() -> None:
    (unmapped,) = tally_of({"12345": "R1", "012345": "R2"}, outcome("0012345", "1")).unmapped()
    assert unmapped.looks_like is None


def test_patients_and_their_studies_are_counted_once() -> None:
    nobody = Outcome(State.FAILED, "broken.dcm", reason="unreadable_file")
    tally = tally_of(
        {"A": "R1", "Z": "R9"},
        *(outcome("A", "1"), outcome(" B ", "2"), outcome("B", "2"), outcome("B", "3"), outcome("C", "4")),
        *(outcome(None, "5"), outcome(" ", "6"), nobody),
    )
    assert tally.unmapped() == [Unmapped(None, 2), Unmapped("B", 2), Unmapped("C", 1)]
    first, second = tally.lines()
    assert first.startswith("Patients without a record_id in the record map: 2 of 3 (")
    assert second == "Studies without a PatientID, which no record map can hold: 2."


def test_without_a_map_nobody_is_missing_from_it(tmp_path: Path) -> None:
    tally = tally_of({}, outcome("A", "1"), outcome(None, "2"))
    tally.write(tmp_path)
    assert (tally.lines(), tally.log_lines(), list(tmp_path.iterdir())) == ([], [], [])


def test_who_is_not_in_the_map_is_named_in_private_alone(tmp_path: Path) -> None:
    write_ct(tmp_path / "in" / "a", seed="a", patient_id="0012345")
    write_ct(tmp_path / "in" / "b", seed="b", patient_id="777")
    (tmp_path / "map.csv").write_text("patient_id,record_id\n12345,R001\n777,R002\n", encoding="utf-8")
    out = tmp_path / "out"
    result = run("measure", tmp_path / "in", "--out", out, "--record-map", tmp_path / "map.csv")
    assert result.exit_code == 0
    assert "Patients without a record_id in the record map: 1 of 2 (" in result.stdout
    assert "1 of them look like one of its ids" in result.stdout
    assert read(out / "private" / UNMAPPED_FILE) == [{"patient_id": "0012345", "studies": "1", "looks_like": "12345"}]
    log = (out / "private/log.txt").read_text(encoding="utf-8")
    assert "it lacks PatientID 0012345; 12345 looks like it" in log
    may_leave = [path for path in out.iterdir() if path.is_file()]
    assert len(may_leave) == 4
    assert "12345" not in result.output + "".join(path.read_text(encoding="utf-8") for path in may_leave)
    # The map is mended: nobody is missing any more, and the table says so.
    (tmp_path / "map.csv").write_text("patient_id,record_id\n0012345,R001\n", encoding="utf-8")
    result = run("measure", tmp_path / "in", "--out", out, "--record-map", tmp_path / "map.csv")
    assert "record map" not in result.stdout
    assert read(out / "private" / UNMAPPED_FILE) == []
    assert {row["patient_key"] for row in read(out / "studies.csv")} == {"R001", "R002"}

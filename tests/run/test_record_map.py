"""Who is not in the record map: counted on the terminal, named in the folder private alone."""

from __future__ import annotations

from dataclasses import replace
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
        ("0A0", "00A", None),
    ],
)
def test_id_that_a_spreadsheet_changed_is_recognized(patient_id: str, in_map: str, looks_like: str | None) -> None:
    (unmapped,) = tally_of({in_map: "R1"}, outcome(patient_id, "1")).unmapped()
    assert unmapped == Unmapped(patient_id, 1, looks_like)


def test_of_two_ids_that_are_alike_none_is_named() -> None:
    (unmapped,) = tally_of({"12345": "R1", "012345": "R2"}, outcome("0012345", "1")).unmapped()
    assert unmapped.looks_like is None


def test_an_id_of_several_persons_has_no_record_id() -> None:
    """The map names a PatientID, and nobody knows which of the persons is meant."""
    one, other = outcome("12345", "1"), outcome("A", "2")
    shared = replace(one, stack=one.stack and replace(one.stack, person="12345\x1fHOSP A\x1f\x1f"))
    tally = tally_of({"12345": "R1", "A": "R2"}, shared, other)
    assert tally.unmapped() == [Unmapped("12345", 1)]
    assert tally.lines()[0].startswith("Patients without a record_id in the record map: 1 of 2 (")


def test_patients_and_their_studies_are_counted_once() -> None:
    nobody = Outcome(State.FAILED, "broken.dcm", reason="unreadable_file")
    tally = tally_of(
        {"A": "R1", "Z": "R9"},
        *(outcome("A", "1"), outcome(" B ", "2"), outcome("B", "2"), outcome("B", "3"), outcome("C", "4")),
        *(outcome(None, "5"), outcome(" ", "6"), outcome("ANONYMOUS", "7"), nobody),
    )
    assert tally.unmapped() == [Unmapped(None, 3), Unmapped("B", 2), Unmapped("C", 1)]
    first, second = tally.lines()
    assert first.startswith("Patients without a record_id in the record map: 2 of 3 (")
    assert second == "Studies whose PatientID names nobody, so that no record map can hold them: 3."


def test_persons_who_share_an_id_of_the_map_are_not_in_it() -> None:
    """The tables give the registry's id to neither of them."""
    one, other = outcome("A", "1"), outcome("A", "2")
    assert one.stack is not None
    assert other.stack is not None
    shared = (
        replace(one, stack=replace(one.stack, person="A 1950")),
        replace(other, stack=replace(other.stack, person="A 1960")),
    )
    assert tally_of({"A": "R1"}, *shared).unmapped() == [Unmapped("A", 1)] * 2


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
    assert "Alike to an id of the map but for zeros, spaces, signs or case: 1." in result.stdout
    assert read(out / "private" / UNMAPPED_FILE) == [{"patient_id": "0012345", "studies": "1", "looks_like": "12345"}]
    log = (out / "private/log.txt").read_text(encoding="utf-8")
    assert "it lacks PatientID 0012345; 12345 looks like it" in log
    may_leave = [path for path in out.iterdir() if path.is_file()]
    assert {path.name for path in may_leave} >= {"lesions.csv", "studies.csv", "report.html"}
    assert "12345" not in result.output + "".join(path.read_text(encoding="utf-8") for path in may_leave)
    # The map is mended: nobody is missing any more, and the table says so.
    (tmp_path / "map.csv").write_text("patient_id,record_id\n0012345,R001\n", encoding="utf-8")
    result = run("measure", tmp_path / "in", "--out", out, "--record-map", tmp_path / "map.csv")
    assert "record map" not in result.stdout
    assert read(out / "private" / UNMAPPED_FILE) == []
    assert {row["patient_key"] for row in read(out / "studies.csv")} == {"R001", "R002"}

"""Masses of a folder in the formats of others: by the command, with what the store keeps of it."""

from __future__ import annotations

import csv
import json
import sqlite3
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from calcimeasure import cli, review
from calcimeasure.model import Status
from calcimeasure.model.follow import LinkSource, LinkState
from calcimeasure.results import store_that_is_there
from calcimeasure.run.exchange import tracks_of
from calcimeasure.store import LesionLink
from tests.tables import read, write_ct

if TYPE_CHECKING:
    from pathlib import Path

SDTM = ("tu", "tr", "supptu", "supptr", "relrec")


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(cli.app, [str(one) for one in arguments], prog_name="calcimeasure")
    return result.exit_code, " ".join(result.output.split())


def decide(out: Path, status: Status) -> None:
    """A reader decides about all masses."""
    with store_that_is_there(out, print) as (store, settings):
        for stack_id in store.measured_stacks():
            newest = [history[-1] for history in store.histories(stack_id).values()]
            edits = [
                review.decide(one, status, review.Signature("CNRY Reader")) for one in newest if one.lesion.is_mass
            ]
            store.append(stack_id, edits, settings)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A CT with two masses that no reader has decided about."""
    write_ct(tmp_path / "images", patient_id="CNRY-Mueller", seed="CNRY")
    assert run("measure", tmp_path / "images", "--out", tmp_path / "out", "--set", "min_volume_mm3=20")[0] == 0
    return tmp_path / "out"


def exports(out: Path) -> list[tuple[str, str | None, int]]:
    with sqlite3.connect(out / "private" / "calcimeasure.db") as database:
        return database.execute("SELECT what, recipient, row_count FROM exports ORDER BY export_id").fetchall()


def test_data_of_a_trial_are_written_for_what_a_reader_accepted(out: Path) -> None:
    code, said = run("export", out, "--format", "sdtm")
    assert (code, "No mass of" in said, "STUDYID is CALCIMEASURE: --study-id names the trial." in said) == (
        0,
        True,
        True,
    )
    assert read(out / "sdtm" / "tu.csv") == []
    decide(out, Status.ACCEPTED)
    code, said = run("export", out, "--format", "sdtm", "--study-id", "TRIAL-1", "--for", "the trial")
    assert (code, "STUDYID" in said) == (0, False), said
    assert {path.name for path in (out / "sdtm").iterdir()} == {
        f"{name}.{ending}" for name in SDTM for ending in ("csv", "json")
    }
    rows = read(out / "sdtm" / "tu.csv")
    assert [row["STUDYID"] for row in rows] == ["TRIAL-1"] * 2
    lesions = {row["tracking_uid"]: row for row in read(out / "lesions.csv")}
    for row in rows:
        lesion = lesions[row["TULNKID"]]
        assert (row["USUBJID"], row["TUDTC"]) == (lesion["patient_key"], lesion["study_date"])
        results = {one["TRTESTCD"]: one for one in read(out / "sdtm" / "tr.csv") if one["TRLNKID"] == row["TULNKID"]}
        assert results["VOLUME"]["TRSTRESC"] == lesion["volume_ml"]
        assert results["LDIAM"]["TRSTRESC"] == lesion["long_axis_mm"]
        assert results["RADIODEN"]["TRSTRESC"] == lesion["mean_hu"]
    kept = exports(out)[-10:]
    assert kept[0] == ("export sdtm: tu.csv", "the trial", 2)
    assert {what.split(": ")[1] for what, _, _ in kept} == {path.name for path in (out / "sdtm").iterdir()}
    decide(out, Status.REJECTED)
    assert run("export", out, "--format", "sdtm")[0] == 0
    assert {name: len(read(out / "sdtm" / f"{name}.csv")) for name in SDTM} == dict.fromkeys(SDTM, 0)


def test_proposed_masses_leave_when_they_are_asked_for_and_rejected_ones_never(out: Path) -> None:
    assert run("export", out, "--format", "sdtm", "--status", "proposed")[0] == 0
    with (out / "sdtm" / "supptu.csv").open(encoding="utf-8", newline="") as file:
        assert {row["QVAL"] for row in csv.DictReader(file) if row["QNAM"] == "TUREVIEW"} == {"PROPOSED"}
    code, said = run("export", out, "--format", "sdtm", "--status", "rejected")
    assert (code, "--status accepted or --status proposed expected" in said) == (2, True)


def test_identified_data_stay_in_private_or_leave_the_folder(out: Path, tmp_path: Path) -> None:
    decide(out, Status.ACCEPTED)
    assert run("export", out, "--format", "sdtm", "--identified")[0] == 0
    goal = out / "private" / "identified" / "sdtm"
    assert {row["USUBJID"] for row in read(goal / "tu.csv")} == {"CNRY-Mueller"}
    assert {path.stat().st_mode & 0o077 for path in [goal, *goal.iterdir()]} == {0}
    assert not (out / "sdtm").exists()
    code, said = run("export", out, "--format", "sdtm", "--identified", "--to", out / "sdtm")
    assert (code, "outside of" in said) == (2, True)
    assert run("export", out, "--format", "sdtm", "--identified", "--to", tmp_path / "elsewhere")[0] == 0
    assert read(tmp_path / "elsewhere" / "tr.csv") == read(goal / "tr.csv")


def test_a_track_goes_from_the_first_date_to_the_last(out: Path, tmp_path: Path) -> None:
    """Found as 2 to 3, 1 to 3 and 1 to 2; a link that was taken back and what split are no tracks."""
    for number in (1, 2):
        write_ct(
            tmp_path / "images" / f"s{number}",
            patient_id="CNRY-Mueller",
            seed=f"later {number}",
            study_date=f"2024{number + 1:02d}15",
        )
    assert run("measure", tmp_path / "images", "--out", out, "--set", "min_volume_mm3=20")[0] == 0
    with store_that_is_there(out, print) as (store, _):
        days = {facts.study_date: stack_id for stack_id, facts in store.measured_stacks().items()}
        stacks = [days[day] for day in sorted(days)]
        uids = [[one.tracking_uid for one in store.lesions_of(stack_id)] for stack_id in stacks]

        def link(a: int, b: int, which: int, state: LinkState = LinkState.MATCHED, gone: bool = False) -> LesionLink:
            ends = ((uids[a][which], 1), (uids[b][which], 1))
            return LesionLink(
                (stacks[a], stacks[b]), *ends, state, LinkSource.READER, 1.0, reader="A", is_withdrawn=gone
            )

        store.note_links([link(1, 2, 0), link(0, 2, 0), link(0, 1, 0), link(0, 1, 1, LinkState.SPLIT)])
        store.note_links([link(1, 2, 1), link(1, 2, 1, gone=True)])
        first = uids[0][0]
        assert tracks_of(store) == {first: first, uids[1][0]: first, uids[2][0]: first}
    decide(out, Status.ACCEPTED)
    assert run("export", out, "--format", "sdtm")[0] == 0
    rows = read(out / "sdtm" / "tu.csv")
    assert len(rows) == 6 - 2, "one mass on three dates, the other one three times"


def test_the_identifier_of_a_trial_belongs_to_its_data(out: Path) -> None:
    code, said = run("export", out, "--format", "csv", "--study-id", "TRIAL-1")
    assert (code, "--study-id is an option of --format sdtm" in said) == (2, True)
    code, said = run("export", out, "--format", "sdtm", "--with-images")
    assert (code, "are options of --format seg and sr" in said) == (2, True)


def test_resources_are_written_for_what_a_reader_accepted(out: Path, tmp_path: Path) -> None:
    code, said = run("export", out, "--format", "fhir")
    assert (code, "No mass of" in said) == (0, True)
    assert json.loads((out / "fhir.json").read_text(encoding="utf-8")) == {
        "resourceType": "Bundle",
        "type": "collection",
    }
    decide(out, Status.ACCEPTED)
    assert run("export", out, "--format", "fhir", "--for", "a clinic")[0] == 0
    entries = [one["resource"] for one in json.loads((out / "fhir.json").read_text(encoding="utf-8"))["entry"]]
    lesions = read(out / "lesions.csv")
    tracked = [one["identifier"][1]["value"] for one in entries if one["resourceType"] == "BodyStructure"]
    assert tracked == [f"urn:oid:{row['tracking_uid']}" for row in lesions]
    volumes = [
        one["valueQuantity"]["value"]
        for one in entries
        if one["resourceType"] == "Observation" and one["code"]["coding"][0]["display"] == "Volume"
    ]
    assert volumes == [float(row["volume_ml"]) for row in lesions]
    assert exports(out)[-1] == ("export fhir: fhir.json", "a clinic", 2)
    assert run("export", out, "--format", "fhir", "--identified")[0] == 0
    assert "CNRY-Mueller" in (out / "private" / "identified" / "fhir.json").read_text(encoding="utf-8")
    assert "CNRY" not in (out / "fhir.json").read_text(encoding="utf-8")
    code, said = run("export", out, "--format", "fhir", "--identified", "--to", out / "named.json")
    assert (code, "outside of" in said) == (2, True)
    code, said = run("export", out, "--format", "fhir", "--status", "rejected")
    assert (code, "--status accepted or --status proposed expected for --format fhir" in said) == (2, True)
    assert run("export", out, "--format", "fhir", "--to", tmp_path / "here.json")[0] == 0
    assert (tmp_path / "here.json").read_bytes() == (out / "fhir.json").read_bytes()

"""The files of a registry and the push into it, end to end: a store of real reviews, and a small REDCap."""

from __future__ import annotations

import csv
import io
import re
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from calcimeasure import review
from calcimeasure.cli import app
from calcimeasure.export.redcap.dictionary import DICTIONARY_COLUMNS
from calcimeasure.export.redcap.fields import FORMS, all_fields
from calcimeasure.model import Status
from calcimeasure.settings import Settings
from calcimeasure.store import Store, file_url, open_store
from tests.redcap_server import TOKEN, FakeProject, serving, written
from tests.tables import header_of, read

if TYPE_CHECKING:
    from collections.abc import Iterator

STORE = Path(__file__).parents[1] / "stores" / "schema6" / "sqlite"
KEY = "5a" * 32


class Folder:
    """A folder of results with one accepted lesion, its key and the token of a project."""

    def __init__(self, parent: Path, source: Path = STORE) -> None:
        self.path, self.key, self.token = parent / "results", parent / "pseudonyms.key", parent / "token"
        parent.mkdir(exist_ok=True)
        shutil.copytree(source, self.path)
        for file, text in ((self.key, KEY), (self.token, TOKEN)):
            file.write_text(f"{text}\n", encoding="ascii")
            file.chmod(0o600)

    @property
    def records(self) -> Path:
        return self.path / "redcap" / "import.csv"

    def export(self, *options: object, exit_code: int = 1) -> str:
        """Export; the exit code is 1, for the record map lacks one of the three patients."""
        command = ["export", self.path, "--format", "redcap", "--key", self.key, *options]
        result = CliRunner().invoke(app, [str(one) for one in command], prog_name="calcimeasure")
        assert result.exit_code == exit_code, result.output
        assert TOKEN.casefold() not in result.output.casefold()
        return result.output

    def push(self, url: str, *options: object, exit_code: int = 1) -> str:
        return self.export("--push", url, "--token-file", self.token, *options, exit_code=exit_code)

    def decide(self, status: Status, number: int = 0) -> None:
        """Have a reader decide about a lesion."""
        with open_store(file_url(self.path / "private" / "calcimeasure.db"), None) as store:
            stacks = [one for one in range(1, 9) if store.histories(one)]
            histories = [(stack, history) for stack in stacks for history in store.histories(stack).values()]
            accepted = [one for one in histories if not one[1][-1].withdrawn and one[1][-1].lesion.is_mass]
            stack, history = accepted[number]
            by = review.Signature("Dr C", datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC))
            store.append(stack, [review.decide(history[-1], status, by)], Settings())


@pytest.fixture
def without_map(monkeypatch: pytest.MonkeyPatch) -> None:
    """No patient has an id of the registry, so that all have pseudonyms."""
    monkeypatch.setattr(Store, "record_ids", lambda _: {})


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the store and the tables of today, made once: the steps to them take longer than an export."""
    folder = Folder(tmp_path_factory.mktemp("redcap") / "upgraded")
    result = CliRunner().invoke(app, ["export", str(folder.path), "--format", "csv", "--key", str(folder.key)])
    assert result.exit_code == 0, result.output
    return folder.path


@pytest.fixture
def folder(tmp_path: Path, upgraded: Path) -> Folder:
    return Folder(tmp_path / "first", upgraded)


@pytest.fixture
def other_folder(tmp_path: Path, upgraded: Path) -> Folder:
    """A folder of the same images and key, with a store of its own."""
    return Folder(tmp_path / "other", upgraded)


@pytest.fixture
def new_project(folder: Folder) -> FakeProject:
    folder.export()
    return FakeProject.of_xml((folder.path / "redcap" / "project.xml").read_text(encoding="utf-8"))


@pytest.fixture
def served(new_project: FakeProject) -> Iterator[str]:
    with serving(new_project) as url:
        yield url


def repeating(project: FakeProject) -> dict:
    return {key: cells for key, cells in project.cells.items() if key[2]}


# Files


def test_import_has_accepted_lesions_and_all_studies(folder: Folder) -> None:
    said = folder.export()
    assert "Patients without a record_id in the record map: 1 of 3" in said
    assert "they are left out" in said
    (lesion,) = [cells for key, cells in written(folder.records).items() if key[2] == "cm_lesions"]
    (row,) = [row for row in read(folder.path / "lesions.csv") if row["status"] == "accepted"]
    for field in all_fields([FORMS[0]]):
        if field.column is None or field.column.name == "reviewed_at":
            continue
        expected = {"true": "1", "false": "0"}.get(row.get(field.column.name, ""), row.get(field.column.name, ""))
        assert lesion.get(field.name, "") == (expected or field.blank), field.name
    assert lesion["cm_reviewed_on"] == row["reviewed_at"][:10]
    assert "cm_reviewed_at" not in lesion
    assert lesion["cm_lesions_complete"] == "2"
    studies = {key[0]: cells for key, cells in written(folder.records).items() if key[2] == "cm_studies"}
    assert {one["cm_studies_complete"] for one in studies.values()} == {"2", "0"}
    assert studies["R-0001"]["cm_st_masses"] == "1"
    assert "cm_st_masses" not in studies["R-0003; «Ä»"], "one lesion waits for a reader"


def test_all_files_are_there_and_no_bare_dictionary(folder: Folder) -> None:
    folder.export()
    there = {path.name for path in (folder.path / "redcap").iterdir()}
    assert there == {"project.xml", "cm_lesions.zip", "cm_studies.zip", "import.csv", "HOWTO.txt"}


def test_every_column_but_the_keys_has_the_prefix(folder: Folder) -> None:
    folder.export()
    header = header_of(folder.records)
    assert header[:3] == ["record_id", "redcap_repeat_instrument", "redcap_repeat_instance"]
    assert all(name.startswith("cm_") for name in header[3:])


def test_identified_records_have_times_and_lie_where_nothing_leaves(folder: Folder) -> None:
    folder.export("--identified")
    assert not (folder.path / "redcap").exists()
    path = folder.path / "private" / "identified" / "redcap" / "import.csv"
    assert path.stat().st_mode & 0o077 == 0
    (lesion,) = [cells for key, cells in written(path).items() if key[2] == "cm_lesions"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", lesion["cm_reviewed_at"])
    assert lesion["cm_dates_shifted"] == "0"
    assert lesion["cm_key"] == "identified"


@pytest.mark.usefixtures("without_map")
def test_without_a_record_map_nothing_of_identified_records_comes_into_those_with_pseudonyms(folder: Folder) -> None:
    folder.export("--identified", exit_code=0)
    folder.export(exit_code=0)
    assert {key[0][:2] for key in written(folder.records)} == {"P-"}
    assert "CALCI" not in folder.records.read_text(encoding="utf-8")


def test_an_instance_is_given_once_and_nothing_withdrawn_is_lost(folder: Folder) -> None:
    folder.export()
    before = folder.records.read_bytes()
    folder.export()
    assert folder.records.read_bytes() == before
    folder.decide(Status.REJECTED)
    folder.export()
    (key, lesion), *_ = written(folder.records).items()
    assert key == ("R-0001", "", "cm_lesions", "1")
    assert lesion["cm_status"] == "rejected"
    assert lesion["cm_lesions_complete"] == "0"
    assert lesion["cm_laterality"] == "unknown"
    assert lesion["cm_tracking_uid"]
    assert "cm_volume_ml" not in lesion
    folder.decide(Status.ACCEPTED)
    folder.export()
    assert next(iter(written(folder.records))) == key
    assert next(iter(written(folder.records).values()))["cm_status"] == "accepted"


def test_lesion_that_is_no_longer_there_is_withdrawn(folder: Folder) -> None:
    folder.export()
    with open_store(file_url(folder.path / "private" / "calcimeasure.db"), None) as store:
        (stack, history), *_ = [
            (stack, history)
            for stack in range(1, 9)
            for history in store.histories(stack).values()
            if history[-1].lesion.status is Status.ACCEPTED and not history[-1].withdrawn
        ]
        by = review.Signature("Dr C", datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC))
        store.append(stack, [review.undo(history, 0, by)], Settings())
    folder.export()
    assert next(iter(written(folder.records).values()))["cm_status"] == "withdrawn"


def test_export_is_kept_in_the_audit(folder: Folder) -> None:
    folder.export("--for", "the registry")
    with closing(sqlite3.connect(folder.path / "private" / "calcimeasure.db")) as connection:
        (row,) = connection.execute("SELECT what, recipient, row_count FROM exports WHERE what LIKE 'export redcap%'")
    assert row == ("export redcap: import.csv", "the registry", 3)


# Existing projects


def test_forms_are_added_to_a_dictionary_byte_for_byte(folder: Folder, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs.csv"
    quoted = ",".join(f'"{name}"' for name in DICTIONARY_COLUMNS)
    lines = [
        f"\ufeff{quoted}\n",
        "study_id,baseline,,text,Study ID,,,,,,,,,,,,,\n",
        'skin_score,baseline,,text,"mRSS\n(0-51)",,,number_1dp,0,51,,"[study_id] <> """"",y,,,,,',
    ]
    theirs.write_text("".join(lines), encoding="utf-8", newline="")
    folder.export("--merge-into", theirs)
    merged = (folder.path / "redcap" / "merged_dictionary.csv").read_text(encoding="utf-8")
    assert merged.startswith("".join(lines))
    rows = list(csv.reader(io.StringIO(merged, newline="")))
    assert len(rows) == 3 + len(all_fields())
    assert {len(row) for row in rows} == {18}
    assert header_of(folder.records)[0] == "study_id"


def test_instrument_zips_and_records_go_into_an_existing_project(folder: Folder) -> None:
    theirs = Path(folder.path.parent / "theirs.csv")
    header = "Variable / Field Name,Form Name" + ",x" * 16
    theirs.write_text(f"{header}\nstudy_id,baseline,,text,Study ID{',' * 13}\n", encoding="utf-8")
    folder.export("--merge-into", theirs)
    project = FakeProject.existing()
    for form in FORMS:
        project.upload_instrument((folder.path / "redcap" / f"{form.name}.zip").read_bytes())
        project.repeating.add(("", form.name))
    project.import_csv(folder.records.read_text(encoding="utf-8"))
    assert repeating(project) == written(folder.records)
    assert project.cells["R-0001", "", "", ""] == {"skin_score": "17"}


def test_new_project_takes_the_records_cell_by_cell(folder: Folder, new_project: FakeProject) -> None:
    assert new_project.repeating == {("", "cm_lesions"), ("", "cm_studies")}
    new_project.import_csv(folder.records.read_text(encoding="utf-8"))
    assert repeating(new_project) == written(folder.records)
    new_project.import_csv(folder.records.read_text(encoding="utf-8"))
    assert repeating(new_project) == written(folder.records)


def test_linkml_redcap_reads_the_records_and_writes_them_again(folder: Folder) -> None:
    """Each row is an instance of a repeating form to it; what it makes of them again is equal cell by cell."""
    record = pytest.importorskip("linkml_redcap.record", reason="linkml-redcap needs Python 3.12 or older")
    folder.export()
    rows = read(folder.records)
    grouped = record.group_flat_records(rows, drop_empty=True)
    assert [one["record_id"] for one in grouped] == ["R-0001", "R-0003; «Ä»"]
    assert [len(one["repeated_elements"]) for one in grouped] == [2, 1]
    again = record.ungroup_records(grouped, template=dict.fromkeys(rows[0], ""))
    instances = [{name: str(text) for name, text in row.items()} for row in again if row["redcap_repeat_instrument"]]
    assert instances == rows


def test_longitudinal_project_takes_studies_by_their_events(folder: Folder, tmp_path: Path) -> None:
    events = tmp_path / "events.csv"
    events.write_text("record_id,redcap_event_name\nR-0001,baseline_arm_1\n,month_6_arm_1\n", encoding="utf-8")
    folder.export("--redcap-events", events)
    project = FakeProject.of_xml((folder.path / "redcap" / "project.xml").read_text(encoding="utf-8"))
    assert project.events == ["baseline_arm_1", "month_6_arm_1"]
    project.import_csv(folder.records.read_text(encoding="utf-8"))
    assert repeating(project) == written(folder.records)
    assert {key[:2] for key in repeating(project)} == {
        ("R-0001", "baseline_arm_1"),
        ("R-0003; «Ä»", "month_6_arm_1"),
    }
    with serving(project) as url:
        assert "has all of it" in folder.push(url, "--redcap-events", events, "--write")
        assert "A project without events expected, found one with events." in folder.push(url, exit_code=2)
    # A study that comes to another event is withdrawn from the one that it had.
    events.write_text("redcap_event_name\nmonth_6_arm_1\n", encoding="utf-8")
    folder.export("--redcap-events", events)
    statuses = {key[1:3]: cells["cm_status"] for key, cells in written(folder.records).items() if "cm_status" in cells}
    assert statuses == {
        ("baseline_arm_1", "cm_lesions"): "withdrawn",
        ("month_6_arm_1", "cm_lesions"): "accepted",
    }


def test_study_without_an_event_is_left_out_and_said(folder: Folder, tmp_path: Path) -> None:
    events = tmp_path / "events.csv"
    events.write_text("record_id,redcap_event_name\nR-0001,baseline_arm_1\n", encoding="utf-8")
    assert "Studies that no row of --redcap-events takes: 1." in folder.export("--redcap-events", events)


# Push


def test_push_looks_first_then_writes_and_reads_back_cell_by_cell(
    folder: Folder, new_project: FakeProject, served: str
) -> None:
    said = folder.push(served)
    assert "cm_lesions: 1 new, 0 changed, 0 unchanged." in said
    assert "Dry run: nothing was written" in said
    assert new_project.imports == 0
    assert new_project.cells == {}
    said = folder.push(served, "--write")
    assert "Written and read back: 3 instances in 2 records; cells that differ: 0." in said
    assert repeating(new_project) == written(folder.records)


def test_second_push_changes_nothing(folder: Folder, new_project: FakeProject, served: str) -> None:
    folder.push(served, "--write")
    imports, cells = new_project.imports, dict(new_project.cells)
    said = folder.push(served, "--write")
    assert "cm_lesions: 0 new, 0 changed, 1 unchanged." in said
    assert "Nothing to write" in said
    assert (new_project.imports, new_project.cells) == (imports, cells)


def test_what_was_withdrawn_is_changed_in_place(folder: Folder, new_project: FakeProject, served: str) -> None:
    folder.push(served, "--write")
    folder.decide(Status.REJECTED)
    said = folder.push(served, "--write")
    assert "cm_lesions: 0 new, 1 changed, 0 unchanged." in said
    cells = new_project.cells["R-0001", "", "cm_lesions", "1"]
    assert cells["cm_status"] == "rejected"
    assert "cm_volume_ml" not in cells, "a blank replaces what was there"


def test_instances_are_found_by_tracking_uid_in_the_registry(
    folder: Folder, other_folder: Folder, new_project: FakeProject, served: str
) -> None:
    folder.push(served, "--write")
    first = new_project.cells.pop(("R-0001", "", "cm_lesions", "1"))
    new_project.cells["R-0001", "", "cm_lesions", "1"] = {"cm_tracking_uid": "2.25.1", "cm_key": first["cm_key"]}
    new_project.cells["R-0001", "", "cm_lesions", "5"] = first
    said = other_folder.push(served, "--write")
    assert "cm_lesions: 0 new, 0 changed, 1 unchanged." in said
    said = folder.push(served)
    assert "under another number than this folder gave them: 1." in said


def test_new_instance_takes_no_number_that_the_registry_has(
    folder: Folder, new_project: FakeProject, served: str
) -> None:
    new_project.cells["R-0001", "", "cm_lesions", "1"] = {"cm_tracking_uid": "2.25.1"}
    folder.push(served, "--write")
    assert new_project.cells["R-0001", "", "cm_lesions", "1"] == {"cm_tracking_uid": "2.25.1"}
    assert new_project.cells["R-0001", "", "cm_lesions", "2"]["cm_status"] == "accepted"
    assert "Nothing to write" in folder.push(served, "--write")


def test_push_with_another_key_is_refused(
    folder: Folder, other_folder: Folder, new_project: FakeProject, served: str
) -> None:
    folder.push(served, "--write")
    assert "had another one" in folder.push(served, "--identified", exit_code=2)
    new_project.cells["R-0001", "", "cm_lesions", "1"]["cm_key"] = "0" * 16
    assert "the record of a patient in this project had another one" in other_folder.push(served, exit_code=2)


def test_pseudonyms_of_another_key_in_the_project_are_refused(
    folder: Folder, new_project: FakeProject, served: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Store, "record_ids", lambda _: {})
    folder.push(served, exit_code=0)
    new_project.cells["P-ABCDEFGHIJKLMNOP", "", "cm_studies", "1"] = {"cm_st_key": "0" * 16}
    assert "patients in this project had another one" in folder.push(served, exit_code=2)


def test_cell_that_the_registry_changed_is_told(folder: Folder, new_project: FakeProject, served: str) -> None:
    new_project.spoil = {"cm_volume_ml": "99"}
    said = folder.push(served, "--write")
    assert "cells that differ: 1." in said
    assert "record R-0001, cm_lesions, instance 1: cm_volume_ml differs from what was sent." in said


def test_project_without_the_forms_or_with_others_is_refused(
    folder: Folder, new_project: FakeProject, served: str
) -> None:
    new_project.fields["cm_site"]["select_choices_or_calculations"] = "1, Hand"
    assert "others of the same name" in folder.push(served, exit_code=2)
    new_project.repeating.clear()
    new_project.fields["cm_site"]["field_type"] = "text"
    for name in [name for name in new_project.fields if name.startswith("cm_")]:
        del new_project.fields[name]
    assert "A project with the forms of calcimeasure expected" in folder.push(served, exit_code=2)


def test_form_that_does_not_repeat_is_refused(folder: Folder, new_project: FakeProject, served: str) -> None:
    new_project.repeating.discard(("", "cm_studies"))
    assert "these do not repeat: cm_studies" in folder.push(served, exit_code=2)


def test_field_that_a_project_lacks_is_left_out_and_said(folder: Folder, new_project: FakeProject, served: str) -> None:
    del new_project.fields["cm_sphericity"]
    said = folder.push(served, "--write")
    assert "Fields that the project lacks and that are left out: cm_sphericity." in said
    assert "cells that differ: 0." in said


def test_nothing_of_the_token_is_said_sent_in_an_address_or_stored(
    folder: Folder, new_project: FakeProject, served: str
) -> None:
    folder.push(served, "--write")
    wrong = folder.token.parent / "wrong"
    wrong.write_text("f" * 32, encoding="ascii")
    said = folder.export("--push", served, "--token-file", wrong, exit_code=2)
    assert "You do not have permissions to use the API" in said
    assert "f" * 32 not in said
    for request in new_project.requests:
        assert [name for name, value in request.items() if TOKEN in value] in (["token"], [])
    for path in folder.path.rglob("*"):
        assert not path.is_file() or TOKEN.encode().lower() not in path.read_bytes().lower(), path


def test_token_is_not_sent_to_another_address(folder: Folder, new_project: FakeProject) -> None:
    with serving(new_project, redirect=True) as url:
        folder.push(url, exit_code=2)
    assert len(new_project.requests) == 1


def test_registry_that_cannot_be_reached_is_said(folder: Folder) -> None:
    with serving(FakeProject.existing()) as url:
        pass
    assert "cannot be reached" in folder.push(url, exit_code=2)


def test_export_uses_no_image(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("calcimeasure.load.load_image", refuse)
    folder.export()

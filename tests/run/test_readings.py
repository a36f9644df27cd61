"""Exports of a reading: its decisions alone, named by the folder and in the audit of what left."""

from __future__ import annotations

import csv
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from calcimeasure.cli import app
from calcimeasure.model import Status
from tests.gui.small import TWO_MASSES, small_folder
from tests.review.test_readings import desk_of, session_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose clinical reading rejected the first mass, and whose reading A accepted it."""
    folder = small_folder(tmp_path_factory.mktemp("measured"), [TWO_MASSES])
    for name, status in (("clinical", Status.REJECTED), ("A", Status.ACCEPTED)):
        desk = desk_of(folder, name, "Dr A")
        session_of(desk).decide(1, status)
        desk.write_tables()
        desk.close()
    return folder


def export(folder: Path, *options: str, exit_code: int = 0) -> str:
    done = CliRunner().invoke(app, ["export", str(folder), *options])
    assert done.exit_code == exit_code, done.output
    return " ".join(done.output.split())


def statuses(path: Path) -> list[tuple[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["lesion_number"], row["status"]) for row in csv.DictReader(file)]


def test_tables_are_those_of_the_clinical_reading_unless_another_one_is_named(folder: Path) -> None:
    export(folder, "--format", "csv")
    before = (folder / "lesions.csv").read_bytes()
    assert statuses(folder / "lesions.csv") == [("2", "proposed")]
    export(folder, "--format", "csv", "--reading", "A")
    assert statuses(folder / "readings" / "A" / "lesions.csv") == [("1", "accepted"), ("2", "proposed")]
    assert (folder / "lesions.csv").read_bytes() == before


def test_the_revisions_of_a_reading_are_its_own(folder: Path, tmp_path: Path) -> None:
    to = tmp_path / "revisions.csv"
    export(folder, "--format", "revisions", "--reading", "A", "--to", str(to))
    with to.open(encoding="utf-8", newline="") as file:
        rows = [(row["lesion_number"], row["revision_number"], row["status"]) for row in csv.DictReader(file)]
    assert rows == [("1", "1", "proposed"), ("1", "2", "accepted"), ("2", "1", "proposed")]


@pytest.mark.parametrize("kind", ["html", "fhir", "sdtm"])
def test_other_formats_have_a_folder_of_the_reading(folder: Path, kind: str) -> None:
    export(folder, "--format", kind, "--reading", "A")
    written = {"html": "report.html", "fhir": "fhir.json", "sdtm": "sdtm"}[kind]
    assert (folder / "readings" / "A" / written).exists()
    assert not (folder / "fhir.json").exists()


def test_what_left_names_its_reading(folder: Path) -> None:
    export(folder, "--format", "csv", "--reading", "A")
    with closing(sqlite3.connect(folder / "private" / "calcimeasure.db")) as connection:
        rows = connection.execute(
            "SELECT readings.name FROM exports LEFT JOIN readings USING (reading_id) ORDER BY export_id DESC LIMIT 1"
        ).fetchall()
    assert rows == [("A",)]


@pytest.mark.parametrize("kind", ["seg", "sr", "redcap"])
def test_archives_and_registries_get_the_clinical_reading_alone(folder: Path, kind: str) -> None:
    said = export(folder, "--format", kind, "--reading", "A", exit_code=2)
    assert "archives and registries hold what the clinical reading decided" in said


def test_a_reading_that_is_not_there_is_refused(folder: Path) -> None:
    assert "found 'B'" in export(folder, "--format", "csv", "--reading", "B", exit_code=2)
    assert not (folder / "readings" / "B").exists()


def test_nothing_is_told_of_a_stack_that_a_reading_has_not_read(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "out")
    desk = desk_of(copy, "blank", "Dr D", blank=True)
    nothing = "No calcified mass was found"
    left_out = "Stacks that blank has not read, or read on other images, which are left out: 1."
    page = copy / "readings" / "blank" / "report.html"
    assert left_out in export(copy, "--format", "html", "--reading", "blank")
    assert nothing not in page.read_text(encoding="utf-8")
    session_of(desk).note_seen()
    assert left_out not in export(copy, "--format", "html", "--reading", "blank")
    assert nothing in page.read_text(encoding="utf-8")
    desk.close()

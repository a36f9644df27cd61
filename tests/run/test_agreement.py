"""`calcimeasure agreement` over the readings of a folder, and over two folders."""

from __future__ import annotations

import csv
import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import frictionless
import numpy as np
import pytest
from typer.testing import CliRunner

from calcimeasure import find_series
from calcimeasure.cli import app
from calcimeasure.errors import InputPathError, StoreError
from calcimeasure.model import AlgorithmType, Laterality, Outline, Report, Status
from calcimeasure.review import Desk, ReadingWish, Signature, add, redraw
from calcimeasure.run.agreement import AgreementOrder, compare_readings
from calcimeasure.settings import change_settings, settings_hash
from tests.gui.small import TWO_MASSES, small_folder
from tests.review.test_readings import desk_of

if TYPE_CHECKING:
    from calcimeasure.review import Session

PATIENTS = 6


def quiet(_: str) -> None:
    """Say nothing."""


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_folder(tmp_path_factory.mktemp("measured"), [TWO_MASSES] * PATIENTS)


def sessions(desk: Desk) -> list[Session]:
    from calcimeasure.review import Answer, Session, open_stack

    reader = desk.reading.reader or "Dr C"
    return [
        Session(
            desk.store,
            desk.settings,
            open_stack(desk.store, desk.settings, task.stack_id),
            reader,
            lambda: reader,
            lambda _: Answer.MINE,
        )
        for task in desk.tasks
    ]


def read(folder: Path, name: str, *, lower: bool = False, left: int = 0, rejects: bool = False) -> None:
    """Read every stack: accept both masses; draw the first one a slice shorter, say left, or reject the second."""
    desk = desk_of(folder, name, None if name == "clinical" else f"Dr {name}")
    for session in sessions(desk) if lower else ():
        outline = session.lesions[1].lesion.outline
        drawn = Outline.from_mask(outline.mask()[:-1], outline.start_kji)
        by = Signature(session.reader)
        new = redraw(session.lesions[1], drawn, AlgorithmType.MANUAL, session.image, desk.settings, by)
        desk.store.append(session.stack_id, [new], desk.settings)
    for number, session in enumerate(sessions(desk)):
        if number < left:
            session.set_side(1, Laterality.LEFT)
        session.decide(1, Status.ACCEPTED)
        session.decide(2, Status.REJECTED if rejects and number == 0 else Status.ACCEPTED)
    desk.close()


@pytest.fixture(scope="module")
def folder(measured: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the readings clinical (in work), A (as proposed), and B (drawn, sides, one rejected)."""
    folder = Path(shutil.copytree(measured, tmp_path_factory.mktemp("read") / "out"))
    read(folder, "A")
    read(folder, "B", lower=True, left=2, rejects=True)
    return folder


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def tables(folder: Path) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    done = compare_readings(folder, AgreementOrder(), quiet)
    assert done.pairs == 3
    assert done.stacks == PATIENTS
    return rows_of(folder / "agreement.csv"), rows_of(folder / "agreement_pairs.csv")


Tables = tuple[list[dict[str, str]], list[dict[str, str]]]


def cell(rows: list[dict[str, str]], second: str, selection: str, quantity: str, statistic: str) -> dict[str, str]:
    (one,) = (
        row
        for row in rows
        if (row["first_reading"], row["second_reading"], row["selection"], row["quantity"], row["statistic"])
        == ("A", second, selection, quantity, statistic)
    )
    return one


def test_readings_are_compared_in_pairs_and_with_the_program(tables: Tables) -> None:
    rows, pairs = tables
    compared = list(dict.fromkeys((row["first_reading"], row["second_reading"]) for row in rows))
    assert compared == [("A", "B"), ("A", "program"), ("B", "program")]
    assert len([row for row in pairs if row["second_reading"] == "B"]) == 2 * PATIENTS


def test_the_share_that_was_accepted_unchanged_comes_first(tables: Tables) -> None:
    rows, _ = tables
    assert [row["statistic"] for row in rows[:3]] == ["unchanged_first", "unchanged_second", "unchanged_both"]
    # B drew the first mass of each stack, and rejected one of the second masses.
    assert [(row["value"], row["masses"]) for row in rows[:3]] == [
        ("1.0000", "12"),
        (f"{5 / 11:.4f}", "11"),
        (f"{5 / 11:.4f}", "11"),
    ]


def test_detection_and_words(tables: Tables) -> None:
    rows, _ = tables
    assert cell(rows, "B", "all", "detection", "positive_agreement")["value"] == f"{22 / 23:.4f}"
    assert cell(rows, "program", "all", "detection", "positive_agreement")["value"] == "1.0000"
    assert cell(rows, "B", "all", "laterality", "same")["value"] == f"{9 / 11:.4f}"
    # B rejected one of twelve, of which A says throughout that they are masses.
    tissue = cell(rows, "B", "all", "tissue", "same")
    assert (tissue["value"], tissue["masses"]) == (f"{11 / 12:.4f}", "12")
    assert cell(rows, "B", "all", "tissue", "kappa")["value"] == "0.0000"
    assert cell(rows, "B", "redrawn", "tissue", "kappa")["value"] == ""
    assert cell(rows, "B", "blank", "outline", "dice")["masses"] == "0"


def test_outlines_that_no_reader_drew_are_left_out_of_the_redrawn_ones(tables: Tables) -> None:
    rows, pairs = tables
    every, redrawn = (cell(rows, "B", name, "outline", "dice") for name in ("all", "redrawn"))
    # Six slices, of which the second reading has five: 2 x 5 / 11; five masses as proposed.
    assert redrawn["masses"] == "6"
    assert float(redrawn["value"]) == pytest.approx(10 / 11, abs=1e-4)
    assert float(every["value"]) == pytest.approx((6 * 10 / 11 + 5) / 11, abs=1e-4)
    assert {row["redrawn"] for row in pairs if row["second_reading"] == "B" and row["first_lesion_number"] == "1"} == {
        "true"
    }


def test_figures_are_those_of_the_pairs(tables: Tables) -> None:
    """Every number of the table of figures is computed again from the table of masses."""
    rows, pairs = tables
    of_pair = [row for row in pairs if row["second_reading"] == "B"]
    both = [
        (float(row["first_volume_ml"]), float(row["second_volume_ml"]))
        for row in of_pair
        if row["first_volume_ml"] and row["second_volume_ml"]
    ]
    assert len(both) == 11
    difference = np.array([other - one for one, other in both])
    bias = cell(rows, "B", "all", "volume_ml", "bias")
    assert bias["on_logarithm"] == "false"
    assert float(bias["value"]) == pytest.approx(difference.mean(), abs=2e-4)
    assert float(bias["low"]) <= float(bias["value"]) <= float(bias["high"])
    within = cell(rows, "B", "all", "volume_ml", "within_sd")
    assert float(within["value"]) == pytest.approx((difference**2).mean() ** 0.5 / 2**0.5, abs=2e-4)


@pytest.mark.parametrize("name", ["agreement", "agreement_pairs"])
def test_tables_keep_to_their_schemas(folder: Path, tables: Tables, name: str) -> None:
    assert tables
    schema = json.loads((folder / f"{name}.schema.json").read_text(encoding="utf-8"))
    report = frictionless.validate(
        f"{name}.csv", schema=frictionless.Schema.from_descriptor(schema), basepath=str(folder)
    )
    assert report.valid, report.flatten(["message"])


def test_the_tables_name_no_patient(folder: Path, tables: Tables) -> None:
    assert tables
    text = "".join((folder / f"{name}.csv").read_text(encoding="utf-8") for name in ("agreement", "agreement_pairs"))
    assert "SMALL" not in text
    assert "Dr A" not in text


def test_a_stack_that_one_reading_has_not_finished_is_not_compared(folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "out"))
    desk = desk_of(copy, "C", "Dr C")
    first, second = sessions(desk)[:2]
    for number in (1, 2):
        first.decide(number, Status.ACCEPTED)
    second.decide(1, Status.ACCEPTED)
    desk.close()
    assert compare_readings(copy, AgreementOrder(("A", "C")), quiet).stacks == 1
    with pytest.raises(StoreError, match="found 'D'"):
        compare_readings(copy, AgreementOrder(("A", "D")), quiet)
    with pytest.raises(InputPathError, match="Two or more readings expected"):
        compare_readings(copy, AgreementOrder(("A", "A")), quiet)


def test_a_lesion_is_redrawn_if_its_reader_drew_it(tmp_path: Path) -> None:
    """Not if the program measured it again, with another outline, between two decisions of the clinical reading."""
    folder = small_folder(tmp_path, [TWO_MASSES])
    desk = desk_of(folder, "clinical")
    sessions(desk)[0].decide(1, Status.ACCEPTED)
    store = desk.store
    (found,) = find_series(tmp_path / "images").series
    first, second = store.lesions_of(1)
    shorter = Outline.from_mask(second.outline.mask()[:-1], second.outline.start_kji)
    settings = change_settings(desk.settings, {"min_volume_mm3": 3})
    again = Report(found, None, (first, replace(second, outline=shorter)), settings_hash(settings), "test")
    run_id = store.begin_run([], settings, "test")
    assert store.record(run_id, again, store.plan(found, settings, remeasure_reviewed=True), settings)
    sessions(desk)[0].decide(2, Status.ACCEPTED)
    desk.close()
    read(folder, "A")
    both = Desk(folder, quiet, wish=ReadingWish("both", bases=("clinical", "A")))
    for number in (1, 2):
        sessions(both)[0].decide(number, Status.ACCEPTED)
    both.close()
    compare_readings(folder, AgreementOrder(("clinical", "A", "both")), quiet)
    pairs = rows_of(folder / "agreement_pairs.csv")
    assert len(pairs) == 3 * 2
    assert {row["redrawn"] for row in pairs} == {"false"}
    assert {row[f"{place}_unchanged"] for row in pairs for place in ("first", "second")} == {"true"}


def test_readings_that_began_blank_are_figures_of_their_own(measured: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(measured, tmp_path / "out"))
    clinical = desk_of(folder, "clinical")
    proposed = {task.stack_id: clinical.store.lesions_of(task.stack_id)[0].outline for task in clinical.tasks}
    clinical.close()
    for name in ("A", "B"):
        desk = desk_of(folder, name, f"Dr {name}", blank=True)
        for session in sessions(desk):
            by = Signature(session.reader)
            drawn = add(proposed[session.stack_id], AlgorithmType.MANUAL, {}, session.image, desk.settings, by)
            desk.store.append(session.stack_id, [drawn], desk.settings)
        for session in sessions(desk):
            session.decide(1, Status.ACCEPTED)
        desk.close()
    compare_readings(folder, AgreementOrder(), quiet)
    rows = rows_of(folder / "agreement.csv")
    blank = cell(rows, "B", "blank", "volume_ml", "icc_2_1")
    assert (blank["masses"], blank["patients"]) == (str(PATIENTS), str(PATIENTS))
    assert cell(rows, "B", "all", "accepted", "unchanged_first")["value"] == "0.0000"
    # The program beside a reading that did not see its proposals.
    assert cell(rows, "program", "blank", "detection", "positive_agreement")["value"] == f"{12 / 18:.4f}"


def test_two_folders_of_the_same_images(measured: Path, tmp_path: Path) -> None:
    one, other = (Path(shutil.copytree(measured, tmp_path / name)) for name in ("one", "other"))
    read(one, "clinical")
    read(other, "clinical", lower=True)
    assert compare_readings(one, AgreementOrder((), other), quiet).stacks == PATIENTS
    rows = rows_of(one / "agreement.csv")
    assert {(row["first_reading"], row["second_reading"]) for row in rows} == {("clinical", "other:clinical")}
    with pytest.raises(InputPathError, match="One reading of each folder expected"):
        compare_readings(one, AgreementOrder(("clinical",), other), quiet)


def test_the_command_takes_several_readings_after_one_name(folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "out"))
    done = CliRunner().invoke(app, ["agreement", str(copy), "--readings", "A", "B"])
    assert done.exit_code == 0, done.output
    assert "Pairs of readings compared: 1, on stacks: 6." in done.output
    again = CliRunner().invoke(app, ["agreement", str(copy), "--readings=A", "B", "--debug"])
    assert again.output == done.output
    assert CliRunner().invoke(app, ["agreement", str(copy), "--readings", "A"]).exit_code == 2
    nobody = CliRunner().invoke(app, ["agreement", str(copy), "--readings", "clinical", "A"])
    assert nobody.exit_code == 3, nobody.output


def test_a_store_whose_readings_were_changed_from_outside_is_refused(folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "out"))
    with closing(sqlite3.connect(copy / "private" / "calcimeasure.db")) as connection:
        connection.execute("DROP TRIGGER reading_revisions_refuses_update")
        connection.execute("UPDATE reading_revisions SET volume_ml = 2 * volume_ml WHERE made_by = 'Dr A'")
        (trigger,) = connection.execute(
            "SELECT replace(sql, 'remarks', 'reading_revisions') FROM sqlite_master "
            "WHERE name = 'remarks_refuses_update'"
        ).fetchone()
        connection.execute(trigger)
        connection.commit()
    with pytest.raises(StoreError, match=r"reading_revisions .* has changed since it was stored"):
        compare_readings(copy, AgreementOrder(("A", "B")), quiet)

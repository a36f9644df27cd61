"""`calcimeasure follow`: tables of two dates from a store, and what events and missing images do."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import imagecodecs
import numpy as np
import pytest
from pydicom import dcmread
from typer.testing import CliRunner

from calcimeasure import review
from calcimeasure.analysis.lesion import assess
from calcimeasure.cli import app
from calcimeasure.load import content_of, find_series, load_image
from calcimeasure.model import Report, Status, Tissue, Volume
from calcimeasure.results import prepare, store_of, store_that_is_there
from calcimeasure.settings import Settings, change_settings, format_settings, settings_hash
from tests.dicom_phantom import Header, write_series
from tests.phantoms import render
from tests.study.test_follow import FAR, FIELD, LIMB, SMALL, outline_of
from tests.tables import problems, read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pydicom.dataset import Dataset

    from tests.phantoms import Ellipsoid

GROWN = replace(SMALL, semi_axes_mm=tuple(1.3 ** (1 / 3) * mm for mm in SMALL.semi_axes_mm))
DATES = {"20240115": (SMALL,), "20240715": (GROWN,), "20250115": (GROWN, FAR)}


def write_date(folder: Path, date: str, masses: tuple[Ellipsoid, ...]) -> None:
    hu = render([*LIMB, *masses], FIELD, blur_sigma_mm=1.2, noise_sd_hu=12.0, seed=int(date), background_hu=-1000.0)
    write_series(folder, hu, FIELD, Header(seed=date, study_date=date))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as measure writes it, with the masses alone as lesions."""
    parent = tmp_path_factory.mktemp("dates")
    out = parent / "results"
    prepare(out, print)
    settings = change_settings(Settings(), {"key": str(parent / "pseudonyms.key")})
    (out / "private" / "settings.toml").write_text(format_settings(settings), encoding="utf-8")
    with store_of(out, settings, print) as store:
        run_id = store.begin_run([parent], settings, "1")
        for date, masses in DATES.items():
            write_date(parent / date, date, masses)
            (stack,) = find_series(parent / date).series
            volume = load_image(stack, settings)
            assert isinstance(volume, Volume)
            lesions = tuple(
                replace(assess(volume, outline_of(one, FIELD), n, settings), tissue=Tissue.CALCIFIED_MASS)
                for n, one in enumerate(masses, 1)
            )
            report = Report(
                stack, volume.geometry, lesions, settings_hash(settings), "1", contents=content_of(stack, settings)
            )
            assert store.record(run_id, report, store.plan(stack, settings), settings)
    return out


def follow(results: Path, *options: object) -> str:
    done = CliRunner().invoke(app, ["follow", str(results), *map(str, options)])
    assert done.exit_code == 0, done.output
    return done.output


def test_each_date_is_compared_with_the_first(results: Path) -> None:
    said = follow(results)
    assert "(rows: 3, patients: 1)" in said
    first, second, new = read(results / "changes.csv")
    assert [row["state"] for row in (first, second, new)] == ["matched", "matched", "new"]
    assert [row["days"] for row in (first, second)] == ["182", "366"]
    assert first["track_uid"] == second["track_uid"] == first["prior_tracking_uids"]
    assert first["change_source"] == "paired"
    assert float(first["change_percent"]) == pytest.approx(30, abs=6)
    assert first["verdict"] == second["verdict"] == new["verdict"] == "grown"
    one, other = read(results / "responses.csv")
    assert (one["interval"], one["percent"]) == ("progression", "progression")
    assert (other["new_masses"], other["diameters"]) == ("1", "progression")
    assert problems(results, "changes") == problems(results, "responses") == []


def test_what_is_stored_is_not_compared_again(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    follow(results)
    before = (results / "changes.csv").read_text(encoding="utf-8")
    monkeypatch.setattr("calcimeasure.run.follow.load_image", lambda *_: pytest.fail("an image was read"))
    follow(results)
    follow(results, "--no-images")
    assert (results / "changes.csv").read_text(encoding="utf-8") == before


def test_without_images_and_links_nothing_is_said(results: Path) -> None:
    said = follow(results, "--comparison", "previous", "--no-images")
    rows = read(results / "changes.csv")
    assert "Rows with the state undecided, of which the program does not know: " in said
    unknown = [row for row in rows if row["days"] == "184"]
    assert {row["state"] for row in unknown} == {"undecided"}
    assert {row["verdict"] for row in unknown} == {"not_assessable"}
    assert {row["notices"] for row in unknown} == {"images_missing"}
    assert {row["interval"] for row in read(results / "responses.csv")[1:]} == {"not_evaluable"}


def test_a_fault_in_one_pair_costs_no_other(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("calcimeasure.study.follow.dates.compare", broken)
    monkeypatch.setattr("calcimeasure.run.follow.FINGERPRINT", "other")
    said = follow(results)
    assert "are not compared" in said
    assert {row["state"] for row in read(results / "changes.csv")} == {"undecided"}


def test_what_was_operated_leaves_all_responses(results: Path, tmp_path: Path) -> None:
    follow(results)
    uid = read(results / "changes.csv")[0]["prior_tracking_uids"]
    key = read(results / "changes.csv")[0]["patient_key"]
    events = tmp_path / "events.csv"
    events.write_text(f"patient_key,date,event,tracking_uid\n{key},2024-03-01,surgery,{uid}\n", encoding="utf-8")
    follow(results, "--events", events)
    assert [row["state"] for row in read(results / "changes.csv")] == ["removed", "removed", "new"]
    first, _ = read(results / "responses.csv")
    assert (first["masses"], first["removed_masses"], first["interval"]) == ("0", "1", "not_evaluable")


@pytest.mark.parametrize(
    "line",
    [
        "P1,2024-13-01,surgery,elbow,",
        "P1,2024-03-01,operation,elbow,",
        ",2024-03-01,surgery,elbow,",
        "P1,2024-03-01,surgery,elbows,",
        "P1,2024-03-01,surgery,elbow,L",
        "P1,2024-03-01,surgery,,left",
    ],
)
def test_a_broken_event_is_refused(results: Path, tmp_path: Path, line: str) -> None:
    events = tmp_path / "events.csv"
    events.write_text(f"patient_key,date,event,site,laterality\n{line}\n", encoding="utf-8")
    done = CliRunner().invoke(app, ["follow", str(results), "--events", str(events)])
    assert done.exit_code == 2
    assert "line 2" in done.output


def test_one_patient(results: Path) -> None:
    follow(results, "--patient", "CALCI-PHANTOM")
    done = CliRunner().invoke(app, ["follow", str(results), "--patient", "nobody"])
    assert done.exit_code == 2


@pytest.mark.external
def test_objects_have_the_track_and_the_time_point_of_the_tables(
    results: Path, tmp_path: Path, external_program: Callable[[str], Path]
) -> None:
    """As changes.csv has them, also after a reader's decision; no date of a header leaves."""
    follow(results)
    rows = read(results / "changes.csv")
    decided, out = tmp_path / "decided", tmp_path / "out"
    shutil.copytree(results, decided)
    with store_that_is_there(decided, print) as (store, settings):
        for stack_id in store.measured_stacks():
            newest = [history[-1] for history in store.histories(stack_id).values()]
            edits = [review.decide(one, Status.ACCEPTED, review.Signature("Dr A")) for one in newest]
            store.append(stack_id, edits, settings)
    command = ["export", str(decided), "--format", "sr", "--with-images", "--to", str(out)]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    found = {}
    for path in out.glob("*_sr.dcm"):
        report = dcmread(path)
        (group, *_) = groups = list(report.ContentSequence[-1].ContentSequence)
        tracks = {texts(one)["112040"]: texts(one)["track_uid"] for one in groups}
        found[report.ClinicalTrialTimePointID] = (report.LongitudinalTemporalOffsetFromEvent, tracks)
        assert report.ClinicalTrialTimePointDescription == texts(group)["C2348792"]
    assert {order: days for order, (days, _) in found.items()} == {"1": 0, "2": 182, "3": 366}
    for row in rows:
        order = "2" if row["days"] == "182" else "3"
        for uid in row["current_tracking_uids"].split(";"):
            assert found[order][1][uid] == row["track_uid"]
    for path in out.glob("*_1.dcm"):
        segmentation = dcmread(path)
        _, tracks = found[segmentation.ClinicalTrialTimePointID]
        for item in segmentation.SegmentSequence:
            assert item.SegmentDescription.startswith(f"track_uid={tracks[item.TrackingUID]}; time point ")
    every = [*out.glob("*.dcm"), next((out / "images").rglob("*.dcm"))]
    for path in every:
        assert not any(date.encode() in path.read_bytes() for date in DATES)
        checked = subprocess.run([external_program("dciodvfy"), path], capture_output=True, text=True, check=False)
        assert "Error" not in checked.stderr


def texts(group: Dataset) -> dict[str, str]:
    """What stands in the texts and UIDs of a group, by their codes."""
    items = (one for one in group.ContentSequence if one.ValueType in ("TEXT", "UIDREF"))
    return {
        one.ConceptNameCodeSequence[0].CodeValue: one.TextValue if one.ValueType == "TEXT" else one.UID for one in items
    }


def test_a_change_is_explained_by_its_motion_both_edges_and_a_picture(results: Path) -> None:
    follow(results)
    track = read(results / "changes.csv")[0]["track_uid"]
    done = CliRunner().invoke(app, ["explain", str(results), "--track", track])
    assert done.exit_code == 0, done.output
    for told in ("matched", "of the whole body", "bone on bone", "earlier: plateau", "paired change +", "grown"):
        assert told in done.output
    pictures = sorted((results / "private").glob(f"{track}.change-*.png"))
    assert len(pictures) == 2  # the first date with each of the others
    rgb = imagecodecs.png_decode(pictures[0].read_bytes()).astype(int)
    third = rgb.shape[1] // 3
    colored = rgb[:, 2 * third :]
    came, went = (np.count_nonzero(colored[..., n] - colored[..., 2 - n] > 60) for n in (0, 2))
    assert came > 4 * went


@pytest.mark.parametrize("options", [[], ["--track", "2.25.1", "--lesion", "2.25.1"], ["--track", "2.25.1"]])
def test_what_cannot_be_explained_is_refused(results: Path, options: list[str]) -> None:
    done = CliRunner().invoke(app, ["explain", str(results), *options])
    assert done.exit_code == 2
    assert "Either --lesion or --track expected" in done.output or "no lesion 2.25.1" in done.output

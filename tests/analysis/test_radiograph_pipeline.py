"""Radiographs from file to table: measured beside CT, kept, explained, drawn, and never with an invented millimeter."""

from __future__ import annotations

import csv
import pickle
from typing import TYPE_CHECKING

import imagecodecs
import numpy as np
import pytest
from typer.testing import CliRunner

from calcimeasure import review
from calcimeasure.analysis import kinds, pipeline
from calcimeasure.analysis.picture import SIDE_PIXELS
from calcimeasure.analysis.pipeline import analyze, verdict_from_headers
from calcimeasure.cli import app
from calcimeasure.export import Identified, write_tables
from calcimeasure.load import find_series, load_image
from calcimeasure.model import (
    Evidence,
    Laterality,
    Measurements,
    Outcome,
    Outline,
    Proposal,
    Proposals,
    Radiograph,
    RadiographMeasurements,
    Report,
    SideSource,
    SpacingSource,
    Status,
    Tissue,
)
from calcimeasure.review import KnownLength
from calcimeasure.settings import Settings
from calcimeasure.store import Todo, file_url, open_store
from calcimeasure.study import linked_studies
from tests.dicom_writers import write_radiograph
from tests.radiographs import ellipse
from tests.tables import write_ct

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SETTINGS = Settings()
PIXELS, OUTLINE = ellipse((150, 90), 30, shape=(220, 260), middle=(110, 120))
BONE = Outline.from_mask(np.ones((1, 200, 20), dtype=bool), (0, 10, 230))
SMALL = Outline.from_mask(np.ones((1, 12, 15), dtype=bool), (0, 190, 20))
TAGS = {
    "ImagerPixelSpacing": ["0.2", "0.2"],
    "Laterality": "L",
    "BodyPartExamined": "KNEE",
    "ViewPosition": "AP",
    "PatientOrientation": ["L", "F"],
}


@pytest.fixture(autouse=True)
def proposals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three proposals wherever a film lies: what finds them is tested elsewhere."""

    def propose_on_radiograph(radiograph: Radiograph, settings: Settings, *, limb: bool) -> Proposals:
        assert isinstance(settings, Settings)
        assert limb == (radiograph.stack.body_part == TAGS["BodyPartExamined"])
        assert radiograph.pixels.shape == PIXELS.shape
        mass = Proposal(OUTLINE, Tissue.CALCIFIED_MASS, 0.7, (Evidence("edge", 0.9, 1.5, "its edge is even"),))
        unsure = Proposal(SMALL, Tissue.UNKNOWN, 0.3)
        body = Outline.from_mask(np.ones((1, *PIXELS.shape), dtype=bool))
        return Proposals((mass, Proposal(BONE, Tissue.BONE, 0.9), unsure), bodies=(body,))

    monkeypatch.setattr(kinds, "propose_on_radiograph", propose_on_radiograph)
    # Worker processes would find what is there.
    here = lambda tasks, *_: ((key, pipeline.analyze_or_fail(*task)) for key, task in tasks)  # noqa: E731
    monkeypatch.setattr("calcimeasure.run.processes.measure_in_processes", here)


def write(path: Path, **tags: object) -> Path:
    return write_radiograph(path, PIXELS.astype(np.uint16), **TAGS | tags)


def report_of(path: Path, **settings: object) -> Report:
    (stack,) = find_series(path).series
    assert verdict_from_headers(stack, SETTINGS) is None
    return analyze(stack, Settings(**settings))


def lesion_rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "lesions.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


# A report


def test_a_radiograph_is_measured(tmp_path: Path) -> None:
    report = report_of(write(tmp_path / "film"))
    mass, unsure = report.lesions
    assert (report.geometry, report.midline) == (None, None)
    assert [lesion.tissue for lesion in report.lesions] == [Tissue.CALCIFIED_MASS, Tissue.UNKNOWN]
    assert {lesion.status for lesion in report.lesions} == {Status.PROPOSED}
    assert [lesion.number for lesion in report.lesions] == [1, 2]
    numbers = mass.measurements
    assert isinstance(numbers, RadiographMeasurements)
    assert numbers.long_axis_mm == pytest.approx(30.0, abs=0.1)
    assert numbers.short_axis_mm == pytest.approx(18.0, abs=0.1)
    assert (numbers.spacing_source, numbers.large) == (SpacingSource.DETECTOR_PLANE, True)
    assert numbers.long_axis_sop_uid == report.stack.instances[0].sop_uid
    assert mass.notices == ("detector_plane",)
    assert mass.side is not None
    assert (mass.side.laterality, mass.side.source) == (Laterality.LEFT, SideSource.DICOM_TAG)
    assert mass.site is not None
    assert mass.site.body_site == "knee"
    assert unsure.measurements.large is False


def test_without_a_spacing_there_are_no_millimeters(tmp_path: Path) -> None:
    for name, tags in {"none": {}, "uncertain": {"PixelSpacing": ["0.2", "0.2"]}}.items():
        path = write(tmp_path / name, ImagerPixelSpacing=None, **tags)
        for lesion in report_of(path).lesions:
            numbers = lesion.measurements
            assert isinstance(numbers, RadiographMeasurements)
            assert (numbers.long_axis_mm, numbers.area_mm2, numbers.column_spacing_mm) == (None, None, None)
            assert numbers.spacing_source == name
            assert lesion.notices[0] == "no_spacing"
    allowed = report_of(tmp_path / "uncertain", allow_uncertain_spacing=True).lesions[0]
    assert allowed.measurements.long_axis_mm == pytest.approx(30.0, abs=0.1)
    assert "uncertain_spacing" in allowed.notices


def test_its_report_survives_pickling(tmp_path: Path) -> None:
    report = report_of(write(tmp_path / "film"))
    assert pickle.loads(pickle.dumps(report)).lesions == report.lesions  # noqa: S301


def test_its_pictures_show_the_outline_and_both_axes(tmp_path: Path) -> None:
    report = report_of(write(tmp_path / "film", ImagerPixelSpacing=["0.4", "0.2"]))
    picture = imagecodecs.png_decode(report.thumbnails[0])
    assert picture.shape == (SIDE_PIXELS, SIDE_PIXELS, 3)
    ends = {}
    for name, color in {"outline": (255, 210, 0), "long": (0, 220, 255), "short": (255, 90, 200)}.items():
        found = np.argwhere(np.all(picture == color, axis=-1))
        assert len(found) > 20, name
        ends[name] = found
    # Rows are twice as far apart: what is an ellipse of 30 degrees in pixels is longer than broad on the picture too.
    numbers = report.lesions[0].measurements
    assert isinstance(numbers, RadiographMeasurements)
    (row, column), (other_row, other_column) = numbers.long_axis.ends_px
    slope = abs(other_row - row) * 2 / abs(other_column - column)
    drawn = np.ptp(ends["long"], axis=0)
    assert drawn[0] / drawn[1] == pytest.approx(slope, rel=0.15)


# A folder of both, its store and its tables


@pytest.fixture
def both(tmp_path: Path) -> Path:
    write_ct(tmp_path / "in" / "ct", seed="film pipeline")
    write(tmp_path / "in" / "film")
    return tmp_path / "in"


def test_ct_and_radiographs_in_one_folder(both: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = run("measure", both, "--out", out)
    assert "Stacks measured: 2." in said
    assert "30.0 x 18.0" in said
    rows = {row["modality"]: row for row in lesion_rows(out)}
    film, ct = rows["DX"], rows["CT"]
    assert set(rows) == {"DX", "CT"}
    assert float(film["long_axis_mm"]) == pytest.approx(30.0, abs=0.1)
    assert float(film["long_axis_px"]) == pytest.approx(150.0, abs=0.5)
    assert float(film["short_axis_px"]) == pytest.approx(90.0, abs=0.5)
    assert float(film["area_px"]) == pytest.approx(np.pi / 4 * 150 * 90, rel=0.01)
    assert float(film["area_mm2"]) == pytest.approx(0.04 * float(film["area_px"]), abs=0.01)
    assert float(film["mean_contrast"]) == pytest.approx(390, rel=0.05)
    assert (film["view_position"], film["spacing_source"], film["large"]) == ("AP", "detector_plane", "true")
    assert (film["row_spacing_mm"], film["column_spacing_mm"]) == ("0.200000", "0.200000")
    assert (film["laterality"], film["site"], film["notices"]) == ("left", "knee", "detector_plane")
    of_ct_alone = [name for name in film if name.endswith(("_hu", "_ml", "_lps_mm")) or name.startswith("extent_")]
    assert len(of_ct_alone) > 12
    assert {film[name] for name in (*of_ct_alone, "max_3d_diameter_mm", "slice_spacing_mm", "touches_bone")} == {""}
    assert {ct[name] for name in ("long_axis_px", "short_axis_px", "area_px", "mean_contrast", "view_position")} == {""}
    assert ct["spacing_source"] == "patient"
    assert "unchanged" in run("measure", both, "--out", out)


def test_without_millimeters_the_tables_have_pixels(tmp_path: Path) -> None:
    write(tmp_path / "in" / "film", ImagerPixelSpacing=None)
    said = run("measure", tmp_path / "in", "--out", tmp_path / "out")
    assert "150 x 90 px" in said
    (row,) = lesion_rows(tmp_path / "out")
    assert float(row["long_axis_px"]) == pytest.approx(150.0, abs=0.5)
    in_mm = [name for name in row if name.endswith(("_mm", "_mm2"))]
    assert len(in_mm) > 15
    assert {row[name] for name in (*in_mm, "large")} == {""}
    assert (row["spacing_source"], row["notices"]) == ("none", "no_spacing")
    with (tmp_path / "out" / "studies.csv").open(encoding="utf-8") as file:
        (study,) = csv.DictReader(file)
    assert (study["masses"], study["large_masses"], study["largest_mm"]) == ("1", "0", "")
    assert study["total_volume_ml"] == ""


def test_explained(both: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run("measure", both, "--out", out)
    (uid,) = (row["tracking_uid"] for row in lesion_rows(out) if row["modality"] == "DX")
    said = run("explain", out, "--lesion", uid)
    assert "0.2000 x 0.2000 mm, rows x columns (detector_plane)" in said
    assert " px +- " in said
    assert " = 30." in said
    assert "calcified_mass, confidence 0.70" in said
    assert "its edge is even" in said
    assert "from dicom_tag" in said
    assert "upper bound" in said
    assert (out / "private" / f"{uid}.png").stat().st_size > 1000


# The store


def outcomes_kept(report: Report, folder: Path) -> Iterator[Outcome]:
    with open_store(file_url(folder / "store.db")) as store:
        keep = store.plan(report.stack, SETTINGS)
        assert keep.todo is Todo.MEASURE
        assert store.record(store.begin_run([folder], SETTINGS, "1"), report, keep, SETTINGS)
    with open_store(file_url(folder / "store.db")) as store:
        yield from store.outcomes()


@pytest.mark.parametrize("spacing", [["0.31", "0.17"], None])
def test_the_store_gives_back_what_it_was_given(tmp_path: Path, spacing: list[str] | None) -> None:
    report = report_of(write(tmp_path / "film", ImagerPixelSpacing=spacing))
    (kept,) = outcomes_kept(report, tmp_path)
    assert kept == Outcome.of(report)
    assert kept.stack is not None
    assert (kept.stack.view_position, kept.stack.patient_orientation) == ("AP", "L\\F")


def test_a_header_that_gives_other_millimeters_is_measured_again(tmp_path: Path) -> None:
    report = report_of(write(tmp_path / "film"))
    list(outcomes_kept(report, tmp_path))
    with open_store(file_url(tmp_path / "store.db")) as store:
        assert store.plan(report.stack, SETTINGS).todo is Todo.UNCHANGED
        (corrected,) = find_series(write(tmp_path / "film", ImagerPixelSpacing=["0.1", "0.1"])).series
        assert store.plan(corrected, SETTINGS).todo is Todo.MEASURE


def test_a_calibration_is_kept_and_survives_measuring_again(tmp_path: Path) -> None:
    path = write(tmp_path / "film", ImagerPixelSpacing=None)
    report = report_of(path)
    list(outcomes_kept(report, tmp_path))
    radiograph = load_image(report.stack)
    assert isinstance(radiograph, Radiograph)
    coin = KnownLength(((5.0, 5.0), (5.0, 105.0)), 25.0)
    with open_store(file_url(tmp_path / "store.db")) as store:
        (stack_id,) = store.measured_stacks()
        newest = {uid: history[-1] for uid, history in store.histories(stack_id).items()}
        revisions = review.calibrate(newest, coin, radiograph, SETTINGS, review.Signature("Dr A"))
        store.append(stack_id, revisions, SETTINGS)
    with open_store(file_url(tmp_path / "store.db")) as store:
        (outcome,) = store.outcomes()
        assert store.plan(report.stack, SETTINGS).todo is Todo.UNCHANGED
        other = Settings(large_diameter_mm=10)
        assert store.plan(report.stack, other).todo is Todo.REVIEWED
        plan = store.plan(report.stack, other, remeasure_reviewed=True)
        again = analyze(report.stack, other, plan.earlier, plan.next_number)
    for lesions in (outcome.lesions, again.lesions):
        assert [lesion.measurements.long_axis_mm for lesion in lesions] == pytest.approx(
            [0.25 * lesion.measurements.long_axis.length_px for lesion in report.lesions]
        )
        assert {lesion.measurements.spacing_source for lesion in lesions} == {SpacingSource.READER}
        assert {lesion.reader for lesion in lesions} == {"Dr A"}
    assert [lesion.tracking_uid for lesion in again.lesions] == [lesion.tracking_uid for lesion in report.lesions]
    (tmp_path / "private").mkdir()
    write_tables(linked_studies([outcome]), tmp_path, naming=Identified())
    (row,) = lesion_rows(tmp_path)
    assert (row["spacing_source"], row["column_spacing_mm"], row["large"]) == ("reader", "0.250000", "true")


def test_ct_measurements_are_as_before(both: Path) -> None:
    (stack,) = find_series(both / "ct").series
    for lesion in analyze(stack, SETTINGS).lesions:
        assert isinstance(lesion.measurements, Measurements)
        assert lesion.measurements.largest_mm == lesion.measurements.max_3d_diameter_mm

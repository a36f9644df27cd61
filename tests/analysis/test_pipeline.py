"""A series to its report, end to end on phantoms with known sizes, and what becomes of faults."""

import csv
import dataclasses
import math
import pickle
import re
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest

from calcimeasure.analysis import pipeline
from calcimeasure.analysis.pipeline import analyze, analyze_or_fail, verdict_from_headers
from calcimeasure.codes import FAILED_REASONS, NOTICES, SKIPPED_REASONS
from calcimeasure.errors import FileError, GeometryError, PixelError, SeriesError, UnsupportedError
from calcimeasure.load import find_series
from calcimeasure.model import Failure, Lesion, Report, Stack, State, Tissue
from calcimeasure.settings import Settings, settings_hash
from tests.conftest import PROJECT
from tests.dicom_phantom import Header, drop_tag, set_tag, truncate_file, write_series
from tests.dicom_writers import write_radiograph
from tests.model.test_model import ct_series
from tests.phantoms import straight_grid

SAMPLES = PROJECT / "sample_dicom"


# Known sizes

BLOOMING_MM = 3.0
"""What a fixed 200 HU threshold adds to a caliper at most: below half of a dense mass it lies beyond the true edge, by
about twice the blur (0.5 to 0.85 mm) at each end. Across the slices their spacing comes on top."""


@cache
def report_of(folder: Path) -> Report:
    (stack,) = find_series(folder).series
    return analyze(stack)


def truth_of(path: Path, column: str) -> list[tuple[str, dict[str, float]]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [
            (row[column], {name: float(value) for name, value in row.items() if _is_number(value)})
            for row in csv.DictReader(file)
        ]


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdigit()


def check_lesion(report: Report, true: dict[str, float]) -> Lesion:
    """Find the mass at its true place, as a component of its own, and compare its sizes."""
    place = (true["x_lps_mm"], true["y_lps_mm"], true["z_lps_mm"])
    away_mm = [math.dist(lesion.measurements.centroid_lps_mm, place) for lesion in report.lesions]
    lesion = report.lesions[int(np.argmin(away_mm))]
    found = lesion.measurements
    # Of a few voxels of 3 mm slices the middle is known to a quarter of a slice.
    assert min(away_mm) < 0.8
    assert found.max_3d_diameter is not None
    assert found.volume_ml is not None
    spacing_mm = true["slice_spacing_mm"]
    assert report.geometry.slice_spacing_mm == pytest.approx(spacing_mm, abs=0.001)
    # Masses of a few voxels do not show their plateau.
    is_small = true["max_3d_diameter_mm"] < 20
    assert found.volume_ml == pytest.approx(true["volume_ml"], rel=0.2 if is_small else 0.015)
    assert found.long_axis.length_mm == pytest.approx(true["long_axis_mm"], abs=1.2 if is_small else 0.5)
    assert found.short_axis.length_mm == pytest.approx(true["short_axis_mm"], abs=1.2 if is_small else 0.5)
    assert found.max_3d_diameter.length_mm == pytest.approx(
        true["max_3d_diameter_mm"], abs=1.7 if is_small else 0.2 + 0.2 * spacing_mm
    )
    for volume_ml in (found.volume_voxels_ml, found.volume_mesh_ml):
        assert abs(ball_mm(volume_ml) - ball_mm(true["volume_ml"])) < (1.5 if is_small else 0.8)
    assert found.large == (found.max_3d_diameter.length_mm >= 20)
    # Partial volume at the rim only makes it fainter.
    assert 200 < found.mean_hu < true["hu"]
    assert not found.truncated
    return lesion


def ball_mm(volume_ml: float | None) -> float:
    """Diameter of the ball of that volume."""
    assert volume_ml is not None
    return (6000 * volume_ml / math.pi) ** (1 / 3)


def test_the_samples_show_masses_of_many_pieces_as_one_lesion_each() -> None:
    """Chambers with levels behind the left hip, and grains behind the right one."""
    report = report_of(SAMPLES / "bilateral_hips")
    with (SAMPLES / "truth.csv").open(encoding="utf-8", newline="") as file:
        looks = {row["look"]: row for row in csv.DictReader(file) if row["look"] != "smooth"}
    assert looks.keys() == {"loculated", "granular"}
    for look, row in looks.items():
        true = {name: float(value) for name, value in row.items() if _is_number(value)}
        place = (true["x_lps_mm"], true["y_lps_mm"], true["z_lps_mm"])
        close_by = [one for one in report.lesions if math.dist(one.measurements.centroid_lps_mm, place) < 20]
        (lesion,) = close_by
        found = lesion.measurements
        assert lesion.tissue is Tissue.CALCIFIED_MASS
        assert lesion.side is not None
        assert lesion.side.laterality.value == row["side"]
        assert found.morphology == look
        assert found.fluid_level is (row["fluid_level"] == "True")
        for name in ("volume_ml", "envelope_ml"):
            assert abs(getattr(found, name) - true[name]) <= getattr(found, name.replace("_ml", "_u95_ml")), name
        assert abs(found.long_axis.length_mm - true["long_axis_mm"]) <= found.long_axis_u95_mm
        assert abs(found.max_3d_diameter.length_mm - true["max_3d_diameter_mm"]) <= found.max_3d_diameter_u95_mm
        assert found.long_axis.length_mm == pytest.approx(true["long_axis_mm"], rel=0.02)
        assert found.max_3d_diameter.length_mm == pytest.approx(true["max_3d_diameter_mm"], rel=0.06)
        assert found.large


@pytest.mark.parametrize("name", ["bilateral_hips", "hand"])
def test_masses_of_the_samples_have_their_true_sizes(name: str) -> None:
    report = report_of(SAMPLES / name)
    rows = [true for stack, true in truth_of(SAMPLES / "truth.csv", "series") if stack == name and true["pieces"] == 1]
    assert len({check_lesion(report, true).number for true in rows}) == len(rows) >= 2
    for true in rows:
        lesion = check_lesion(report, true)
        extents_mm = [true[f"extent_{axis}_mm"] for axis in ("rl", "ap", "si")]
        assert lesion.measurements.extents_lps_mm == pytest.approx(extents_mm, abs=BLOOMING_MM)
        k = lesion.measurements.long_axis_slice
        z_mm = float(report.geometry.origins_lps_mm[k, 2])
        # The longest section is a flat maximum: blooming may move it by a slice or two.
        assert z_mm == pytest.approx(true["long_axis_z_lps_mm"], abs=2.5 * true["slice_spacing_mm"])


@pytest.mark.shared
@pytest.mark.parametrize("case", ["thin", "thick", "offset", "tilt", "small"])
def test_masses_of_the_phantoms_have_their_true_sizes(shared_phantoms: Path, case: str) -> None:
    report = report_of(shared_phantoms / case)
    rows = [true for stack, true in truth_of(shared_phantoms / "truth.csv", "case") if stack == case]
    assert len({check_lesion(report, true).number for true in rows}) == len(rows) >= 3
    assert ("sheared_stack" in report.notices) == (case == "tilt")


# The report


def test_report_says_what_was_measured_and_with_what() -> None:
    (stack,) = find_series(SAMPLES / "hand").series
    report = report_of(SAMPLES / "hand")
    assert report.stack == stack
    assert report.geometry.shape_kji == (196, 108, 176)
    assert report.geometry.frame_of_reference_uid == stack.frame_of_reference_uid
    assert report.settings_hash == settings_hash(Settings())
    assert report.software_version == version("calcimeasure")
    assert [lesion.number for lesion in report.lesions] == list(range(1, len(report.lesions) + 1))
    volumes_ml = [lesion.measurements.volume_ml for lesion in report.lesions]
    assert volumes_ml == sorted(volumes_ml, reverse=True)
    assert len({lesion.tracking_uid for lesion in report.lesions}) == len(report.lesions)
    assert set(report.notices) <= NOTICES.keys()


def test_measuring_again_gives_the_same() -> None:
    again = analyze(find_series(SAMPLES / "hand").series[0], Settings())
    assert again.lesions == report_of(SAMPLES / "hand").lesions


def written(folder: Path, **changes: object) -> Stack:
    """Write ten slices with two blocks, of 48 and of 6 voxels, and find them."""
    grid = straight_grid((10, 30, 40), (2.0, 0.8, 0.9), (12.0, -30.0, 500.0))
    hu = np.full(grid.shape_kji, -1000)
    hu[:, 5:25, 5:35] = 40
    hu[3:7, 8:12, 10:13] = 700
    hu[5:6, 18:20, 20:23] = 500
    write_series(folder, hu, grid, **changes)  # type: ignore[arg-type]
    (stack,) = find_series(folder).series
    return stack


@pytest.mark.parametrize(("smallest_mm3", "lesions", "notices"), [(8, 2, ()), (31, 1, ("specks_dropped",))])
def test_dropped_components_are_a_notice(
    tmp_path: Path, smallest_mm3: float, lesions: int, notices: tuple[str, ...]
) -> None:
    settings = Settings(min_volume_mm3=smallest_mm3)
    report = analyze(written(tmp_path), settings)
    assert report.notices == notices
    expected = (*notices, "plateau_from_sum")
    assert [lesion.notices for lesion in report.lesions] == [expected] * lesions
    assert report.settings_hash == settings_hash(settings) != settings_hash(Settings())


def test_stack_without_anything_dense_is_measured_and_has_no_lesion(tmp_path: Path) -> None:
    report = analyze(written(tmp_path), Settings(threshold_hu=800))
    assert (report.lesions, report.notices) == ((), ())


def test_volumes_are_what_was_written(tmp_path: Path) -> None:
    first, second = analyze(written(tmp_path), Settings(min_volume_mm3=1)).lesions
    for lesion, voxels, hu in ((first, 48, 700), (second, 6, 500)):
        assert lesion.measurements.volume_voxels_ml == pytest.approx(voxels * 2.0 * 0.8 * 0.9 / 1000)
        assert (lesion.measurements.mean_hu, lesion.measurements.sd_hu) == (hu, 0)


# Faults are values


def raising(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> NoReturn:
        raise error

    monkeypatch.setattr(pipeline, "load_image", fail)


@pytest.mark.parametrize(
    ("kind", "reason", "state"),
    [
        (UnsupportedError, "localizer", State.SKIPPED),
        (GeometryError, "missing_slice", State.FAILED),
        (PixelError, "not_hu", State.FAILED),
        (FileError, "unreadable_file", State.FAILED),
        (SeriesError, "no_pixels", State.FAILED),
    ],
)
def test_refused_stack_is_a_failure_with_the_errors_own_words(
    kind: type[SeriesError], reason: str, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    raising(kind(reason, "One expected, found two.", "1.2.3"), monkeypatch)
    failure = analyze_or_fail(ct_series(), Settings())
    assert isinstance(failure, Failure)
    assert failure.seconds >= 0
    assert dataclasses.replace(failure, seconds=0.0) == Failure(state, reason, "One expected, found two.", ct_series())
    with pytest.raises(kind, match="One expected, found two"):
        analyze(ct_series())


def test_stack_that_memory_does_not_hold_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    raising(MemoryError("9 GB"), monkeypatch)
    failure = analyze_or_fail(ct_series(), Settings())
    assert isinstance(failure, Failure)
    assert (failure.state, failure.reason, failure.stack) == (State.FAILED, "out_of_memory", ct_series())
    assert failure.traceback is None
    assert "1.2.3 does not fit into memory" in failure.message


@pytest.mark.parametrize("error", [ValueError("of no use"), RecursionError("too deep"), OSError(5, "broken disk")])
def test_fault_of_the_program_is_a_failure_with_its_traceback(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    raising(error, monkeypatch)
    failure = analyze_or_fail(ct_series(), Settings())
    assert isinstance(failure, Failure)
    assert (failure.state, failure.reason, failure.stack) == (State.FAILED, "internal_error", ct_series())
    assert re.search(rf"{type(error).__name__} at calcimeasure/analysis/pipeline\.py:\d+", failure.message)
    for value in (str(error), "1.2.3"):
        assert value not in failure.message, "the message may be sent to anybody"
    assert failure.traceback is not None
    assert failure.traceback.startswith("Traceback (most recent call last):")
    assert "in fail\n" in failure.traceback, "it leads to where the fault is"


def test_interrupt_is_not_taken_for_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    raising(KeyboardInterrupt(), monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        analyze_or_fail(ct_series(), Settings())


def test_stack_that_can_be_measured_is_a_report_with_its_time(tmp_path: Path) -> None:
    stack = written(tmp_path)
    report = analyze_or_fail(stack, Settings())
    assert isinstance(report, Report)
    assert report.lesions == analyze(stack).lesions
    assert 0 < report.seconds < 30


# What headers alone tell


@pytest.mark.parametrize(
    ("tags", "state", "reason"),
    [
        ({"NumberOfFrames": 12}, State.SKIPPED, "cine"),
        ({"PhotometricInterpretation": "RGB"}, State.FAILED, "color_image"),
    ],
)
def test_verdict_on_a_radiograph_from_its_header(
    tmp_path: Path, tags: dict[str, object], state: State, reason: str
) -> None:
    (stack,) = find_series(write_radiograph(tmp_path / "image", np.ones((9, 8), dtype=np.uint16), **tags)).series
    verdict = verdict_from_headers(stack, Settings())
    assert verdict is not None
    assert (verdict.state, verdict.reason) == (state, reason)
    assert reason in (SKIPPED_REASONS if state is State.SKIPPED else FAILED_REASONS)
    assert dataclasses.replace(analyze_or_fail(stack, Settings()), seconds=0.0) == verdict


@pytest.mark.parametrize(
    ("changes", "state", "reason"),
    [
        ({"header": Header(image_type=("ORIGINAL", "PRIMARY", "LOCALIZER"))}, State.SKIPPED, "localizer"),
        ({"header": Header(modality="MR")}, State.SKIPPED, "modality"),
        ({"faults": [drop_tag("PixelSpacing")]}, State.FAILED, "no_pixel_spacing"),
        ({"faults": [lambda instances: instances[:4] + instances[5:]]}, State.FAILED, "missing_slice"),
        ({"faults": [set_tag("RescaleType", "US")]}, State.FAILED, "not_hu"),
    ],
)
def test_verdict_from_headers_is_that_of_measuring(
    tmp_path: Path, changes: dict[str, object], state: State, reason: str
) -> None:
    stack = written(tmp_path, **changes)
    verdict = verdict_from_headers(stack, Settings())
    assert verdict is not None
    assert (verdict.state, verdict.reason) == (state, reason)
    assert reason in (SKIPPED_REASONS if state is State.SKIPPED else FAILED_REASONS)
    failure = analyze_or_fail(stack, Settings())
    assert dataclasses.replace(failure, seconds=0.0) == verdict


def test_verdict_asks_headers_alone(tmp_path: Path) -> None:
    stack = written(tmp_path)
    for path in tmp_path.glob("*.dcm"):
        truncate_file(path, 0.7)
    assert verdict_from_headers(stack, Settings()) is None
    failure = analyze_or_fail(stack, Settings())
    assert isinstance(failure, Failure)
    assert failure.reason in ("decode_failed", "file_changed")


# Out of a worker


def test_report_survives_pickling() -> None:
    report = report_of(SAMPLES / "hand")
    again = pickle.loads(pickle.dumps(report))  # noqa: S301
    for field in dataclasses.fields(Report):
        if field.name != "geometry":
            assert getattr(again, field.name) == getattr(report, field.name)
    np.testing.assert_array_equal(again.geometry.origins_lps_mm, report.geometry.origins_lps_mm)
    assert len(pickle.dumps(report)) < 1_000_000, "no array of the stack's size goes with it"


def test_failure_survives_pickling(monkeypatch: pytest.MonkeyPatch) -> None:
    raising(ValueError("of no use"), monkeypatch)
    failure = analyze_or_fail(ct_series(), Settings())
    assert pickle.loads(pickle.dumps(failure)) == failure  # noqa: S301

"""Reports: the values of lesions.csv, the ends of axes, observers, and what follows what."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from calcimeasure.errors import OutputError
from calcimeasure.export import Identified, Pseudonyms
from calcimeasure.export.dicom.sr import Predecessor, numbered
from calcimeasure.model import Axis, Measurements, RadiographMeasurements, SpacingSource, Status
from calcimeasure.model.follow import TimePoint
from tests.export.dicom.reports import RING, ct_source, film_source, made, read_back, written
from tests.export.dicom.sr_templates import problems

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydicom.dataset import Dataset

    from calcimeasure.export.dicom.source import Source

NAMES = Pseudonyms(bytes(range(32)))


@pytest.fixture(scope="module")
def ct(tmp_path_factory: pytest.TempPathFactory) -> Source:
    return ct_source(tmp_path_factory.mktemp("ct"), patient_id="CNRY-Mueller", seed="CNRY")


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Source:
    spacing = {"ImagerPixelSpacing": [0.2, 0.2], "EstimatedRadiographicMagnificationFactor": "1.1"}
    return film_source(tmp_path_factory.mktemp("film"), **spacing)


def dated(source: Source) -> Source:
    """The second of two compared dates, 182 days after the first, which shows the first lesion too."""
    return replace(source, time_point=TimePoint(2, 182), tracks={source.lesions[0].tracking_uid: "1.2.77"})


def groups_of(report: Dataset) -> list[Dataset]:
    return list(report.ContentSequence[-1].ContentSequence)


def items(group: Dataset, code: str) -> list[Dataset]:
    return [one for one in group.ContentSequence if one.ConceptNameCodeSequence[0].CodeValue == code]


def number_of(item: Dataset) -> tuple[float, str]:
    (value,) = item.MeasuredValueSequence
    return float(value.NumericValue), value.MeasurementUnitsCodeSequence[0].CodeValue


def test_reports_are_as_the_templates_say(ct: Source, film: Source) -> None:
    for source in (ct, film):
        for naming in (Identified(), NAMES):
            segmentation, (report,) = made(source, naming)
            assert problems(read_back(report), read_back(segmentation)) == []
            proposed = [replace(one, status=Status.PROPOSED, reader=None) for one in source.lesions]
            segmentation, (report,) = made(replace(source, lesions=tuple(proposed)), naming)
            assert problems(read_back(report), read_back(segmentation)) == []
            assert report.is_preliminary


def test_values_are_those_of_the_table(ct: Source) -> None:
    _, (report,) = made(ct)
    for lesion, group in zip(ct.lesions, groups_of(read_back(report)), strict=True):
        numbers = lesion.measurements
        assert isinstance(numbers, Measurements)
        expected = {
            "103339001": (numbers.long_axis_mm, numbers.long_axis_u95_mm, "mm", 2),
            "103340004": (numbers.short_axis_mm, None, "mm", 2),
            "L0JK": (numbers.max_3d_diameter_mm, numbers.max_3d_diameter_u95_mm, "mm", 2),
            "118565006": (numbers.volume_ml, numbers.volume_u95_ml, "mL", 4),
            "RNU0": (numbers.volume_mesh_ml, None, "mL", 4),
            "YEKZ": (numbers.volume_voxels_ml, None, "mL", 4),
        }
        for code, (value, half_width, unit, decimals) in expected.items():
            (item,) = items(group, code)
            assert value is not None
            assert number_of(item) == (round(value, decimals), unit)
            children = [one for one in item.get("ContentSequence", ()) if one.ValueType == "NUM"]
            assert [number_of(one) for one in children] == (
                [] if half_width is None else [(round(half_width, decimals), unit)]
            )
        statistics = [number_of(item)[0] for item in items(group, "112031")]
        found = (numbers.mean_hu, numbers.median_hu, numbers.sd_hu, numbers.max_hu)
        assert statistics == [round(one, 1) for one in found]


def test_ends_of_axes_lie_on_their_slice(ct: Source) -> None:
    """A corner of the image is (0, 0), the center of its first pixel (0.5, 0.5); column before row."""
    _, (report,) = made(ct)
    assert ct.geometry is not None
    for lesion, group in zip(ct.lesions, groups_of(read_back(report)), strict=True):
        numbers = lesion.measurements
        assert isinstance(numbers, Measurements)
        for code, axis in (("103339001", numbers.long_axis), ("103340004", numbers.short_axis)):
            line = items(group, code)[0].ContentSequence[0]
            columns_rows = np.array(line.GraphicData).reshape(2, 2) - 0.5
            index = [(numbers.long_axis_slice, row, column) for column, row in columns_rows]
            assert np.allclose(ct.geometry.to_lps_mm(index), axis.ends_lps_mm, atol=1e-4)
            (image,) = line.ContentSequence
            assert image.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == numbers.long_axis_sop_uid


def test_a_line_of_text_says_what_it_is(ct: Source, film: Source) -> None:
    first = items(groups_of(read_back(made(ct)[1][0]))[0], "121106")[0].TextValue
    numbers = ct.lesions[0].measurements
    assert isinstance(numbers, Measurements)
    assert numbers.volume_ml is not None
    assert first.startswith(f"1: {numbers.volume_ml:.2f}"[:6])
    assert "mL (95 %: +/- " in first
    assert items(groups_of(read_back(made(film)[1][0]))[0], "121106")[0].TextValue.startswith("1: right hand wrist, ")
    truncated = replace(ct.lesions[0], status=Status.PROPOSED, measurements=replace(numbers, truncated=True))
    _, (report,) = made(replace(ct, lesions=(truncated,)))
    text = items(groups_of(read_back(report))[0], "121106")[0].TextValue
    assert text.startswith("1: at least ")
    assert text.endswith(", not reviewed")


def test_a_region_of_a_radiograph_is_one_line_or_a_segment(film: Source) -> None:
    segmentation, (report,) = made(film)
    disk, ring, squares = groups_of(read_back(report))
    (line,) = items(disk, "111030")
    columns, rows = np.array(line.GraphicData).reshape(-1, 2).T
    area = abs(np.sum(rows[:-1] * columns[1:] - rows[1:] * columns[:-1])) / 2
    numbers = film.lesions[0].measurements
    assert isinstance(numbers, RadiographMeasurements)
    assert area == film.lesions[0].outline.voxel_count
    for place, group in ((2, ring), (3, squares)):
        (frame,) = items(group, "121214")
        reference = frame.ReferencedSOPSequence[0]
        assert reference.ReferencedSOPInstanceUID == segmentation.dataset.SOPInstanceUID
        assert reference.ReferencedFrameNumber == place
        (of_frame,) = read_back(segmentation).PerFrameFunctionalGroupsSequence[place - 1].SegmentIdentificationSequence
        assert of_frame.ReferencedSegmentNumber == place
        assert items(group, "121233")[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID == film.images[0].sop_uid
    assert report.segmentation_uid == segmentation.dataset.SOPInstanceUID
    alone = replace(film, lesions=film.lesions[:1])
    assert made(alone)[1][0].segmentation_uid is None


def test_without_a_spacing_a_radiograph_is_in_pixels_alone(tmp_path: Path) -> None:
    source = film_source(tmp_path, [RING])
    _, (report,) = made(source)
    (group,) = groups_of(read_back(report))
    numbers = source.lesions[0].measurements
    assert isinstance(numbers, RadiographMeasurements)
    assert numbers.spacing_source is SpacingSource.NONE
    assert number_of(items(group, "103339001")[0]) == (round(numbers.long_axis_px, 2), "{pixels}")
    assert number_of(items(group, "42798000")[0]) == (round(numbers.area_px, 1), "{pixels}")
    assert b"millimeter" not in written(report)
    assert items(group, "121106")[0].TextValue.endswith(" pixels") or "pixels (95 %" in written(report).decode(
        "latin-1"
    )


def test_who_observed(ct: Source) -> None:
    """The program always; the reader of each lesion that was accepted, by name if identified."""
    lesions = (ct.lesions[0], replace(ct.lesions[1], reader="Müller^Anna"))
    for naming, names in (
        (Identified(), ["Dr A", "Müller^Anna"]),
        (NAMES, [NAMES.reader("Dr A"), NAMES.reader("Müller^Anna")]),
    ):
        report = read_back(made(replace(ct, lesions=lesions), naming)[1][0])
        assert report.ContentSequence[1].ConceptCodeSequence[0].CodeMeaning == "Device"
        assert [str(items(group, "121008")[0].PersonName) for group in groups_of(report)] == names
        assert (report.PreliminaryFlag, report.CompletionFlag, report.VerificationFlag) == (
            "FINAL",
            "COMPLETE",
            "UNVERIFIED",
        )
    assert len(set(names)) == 2
    assert not any("Anna" in name or "Dr A" in name for name in names)


def test_nothing_identifies_a_patient_by_default(ct: Source) -> None:
    lesions = tuple(replace(one, reader="CNRY Reader") for one in ct.lesions)
    source = replace(ct, lesions=lesions)
    known = {ct.stack.study_uid, ct.stack.series_uid, *(one.sop_uid for one in ct.images)}
    known |= {one.tracking_uid for one in lesions}
    named, nameless = (written(made(source, naming)[1][0]).decode("latin-1") for naming in (Identified(), NAMES))
    assert "CNRY" in named
    assert all(uid in named for uid in (ct.stack.study_uid, ct.stack.series_uid))
    assert "CNRY" not in nameless
    assert not [uid for uid in known if uid in nameless]
    assert "20260301" not in nameless


def test_a_compared_date_has_its_time_point_and_each_lesion_its_track(ct: Source, film: Source) -> None:
    """TID 1502 as PS3.16 has it; without a comparison nothing of it is there, and the UIDs of lesions stay."""
    for source in (ct, film):
        for naming in (Identified(), NAMES):
            segmentation, (report,) = made(dated(source), naming)
            read = read_back(report)
            assert problems(read, read_back(segmentation)) == []
            for lesion, group in zip(source.lesions, groups_of(read), strict=True):
                assert naming.uid(lesion.tracking_uid) == items(group, "112040")[0].UID
                is_first = lesion is source.lesions[0]
                assert naming.uid("1.2.77" if is_first else lesion.tracking_uid) == items(group, "track_uid")[0].UID
                assert items(group, "C2348792")[0].TextValue == "day 182"
                assert items(group, "126070")[0].TextValue == "2"
                assert number_of(items(group, "126073")[0]) == (2, "1")
                (offset,) = items(group, "128740")
                assert number_of(offset) == (182, "d")
                assert offset.ContentSequence[0].ConceptCodeSequence[0].CodeValue == "121079"
            alone = written(made(source, naming)[1][0])
            assert not [word for word in (b"C2348792", b"126073", b"128740", b"track_uid") if word in alone]


def test_lesions_without_axes_have_a_report_of_their_own(ct: Source) -> None:
    numbers = ct.lesions[1].measurements
    assert isinstance(numbers, Measurements)
    flat = replace(numbers, short_axis=Axis(0.0, (numbers.short_axis.ends_lps_mm[0],) * 2))
    lesions = (ct.lesions[0], replace(ct.lesions[1], measurements=flat))
    segmentation, reports = made(replace(ct, lesions=lesions))
    drawn, other = map(read_back, reports)
    assert [problems(one, read_back(segmentation)) for one in (drawn, other)] == [[], []]
    (group,) = groups_of(other)
    assert items(group, "112039")[0].TextValue == "calcimeasure 2"
    assert items(group, "121191")[0].ReferencedSOPSequence[0].ReferencedSegmentNumber == 2
    assert drawn.SeriesInstanceUID != other.SeriesInstanceUID


def test_a_later_report_names_the_one_that_it_replaces(ct: Source) -> None:
    _, (first,) = made(ct)
    before = Predecessor(first.dataset.SeriesInstanceUID, first.dataset.SOPInstanceUID)
    second = read_back(numbered(first, 2, before))
    assert second.InstanceNumber == 2
    (study,) = second.PredecessorDocumentsSequence
    (series,) = study.ReferencedSeriesSequence
    assert (study.StudyInstanceUID, series.SeriesInstanceUID) == (second.StudyInstanceUID, second.SeriesInstanceUID)
    assert series.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == first.dataset.SOPInstanceUID
    assert second.SOPInstanceUID != first.dataset.SOPInstanceUID
    assert "PredecessorDocumentsSequence" not in read_back(first)


def test_the_same_lesions_give_the_same_report(ct: Source) -> None:
    assert written(made(ct)[1][0]) == written(made(ct)[1][0])
    other = replace(ct, lesions=(ct.lesions[0],))
    assert made(other)[1][0].content_hash != made(ct)[1][0].content_hash


def test_rejected_or_mixed_lesions_are_in_no_report(ct: Source) -> None:
    mixed = (ct.lesions[0], replace(ct.lesions[1], status=Status.PROPOSED))
    rejected = tuple(replace(one, status=Status.REJECTED) for one in ct.lesions)
    for lesions in (mixed, rejected):
        with pytest.raises(OutputError, match="all accepted or all proposed expected"):
            made(replace(ct, lesions=lesions))


# Other readers


@pytest.fixture(scope="module")
def files(ct: Source, film: Source, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("files")
    found = {}
    for name, source in (("ct", ct), ("film", film), ("dated", dated(ct))):
        for kind, naming in (("identified", Identified()), ("nameless", NAMES)):
            path = folder / f"{name} {kind}.dcm"
            path.write_bytes(written(made(source, naming)[1][0]))
            found[f"{name} {kind}"] = path
    return found


@pytest.mark.external
def test_dciodvfy_finds_no_error_and_dsrdump_prints(
    files: dict[str, Path], external_program: Callable[[str], Path]
) -> None:
    for path in files.values():
        checked = subprocess.run([external_program("dciodvfy"), path], capture_output=True, text=True, check=False)
        assert [line for line in checked.stderr.splitlines() if line.startswith("Error")] == []
        printed = subprocess.run([external_program("dsrdump"), path], capture_output=True, text=True, check=False)
        assert printed.returncode == 0
        assert printed.stdout.count('"Measurement Group"') in (2, 3)


def test_highdicom_reads_the_values(ct: Source, files: dict[str, Path]) -> None:
    highdicom = pytest.importorskip("highdicom")
    report = highdicom.sr.srread(files["ct identified"])
    groups = report.content.get_volumetric_roi_measurement_groups()
    for lesion, group in zip(ct.lesions, groups, strict=True):
        assert group.tracking_uid == lesion.tracking_uid
        values = {one.name.value: one.value for one in group.get_measurements()}
        numbers = lesion.measurements
        assert isinstance(numbers, Measurements)
        assert values["103339001"] == round(numbers.long_axis_mm, 2)
        assert values["YEKZ"] == round(numbers.volume_voxels_ml or 0, 4)
    for group in highdicom.sr.srread(files["dated identified"]).content.get_volumetric_roi_measurement_groups():
        told = group[0].ContentSequence
        context = {one.name.value: one.value for one in told if one.value_type.value in ("TEXT", "NUM", "UIDREF")}
        assert (context["C2348792"], context["126073"], context["128740"]) == ("day 182", 2, 182)
    film = highdicom.sr.srread(files["film identified"])
    assert len(film.content.get_planar_roi_measurement_groups()) == 3


@pytest.mark.parametrize("kind", ["ct identified", "dated identified"])
def test_dcmqi_reads_the_values(ct: Source, files: dict[str, Path], kind: str, tmp_path: Path) -> None:
    pytest.importorskip("dcmqi")
    out = tmp_path / "read.json"
    program = Path(sys.executable).parent / "tid1500reader"
    command = [program, "--inputDICOM", files[kind], "--outputMetadata", out]
    subprocess.run(command, capture_output=True, check=True)
    groups = json.loads(out.read_text(encoding="utf-8"))["Measurements"]
    for lesion, group in zip(ct.lesions, groups, strict=True):
        numbers = lesion.measurements
        assert isinstance(numbers, Measurements)
        values = {
            one["quantity"]["CodeValue"]: float(one["value"]) for one in group["measurementItems"] if one["value"]
        }
        assert values["103339001"] == round(numbers.long_axis_mm, 2)
        assert values["118565006"] == round(numbers.volume_ml or 0, 4)
        assert group["TrackingUniqueIdentifier"] == lesion.tracking_uid

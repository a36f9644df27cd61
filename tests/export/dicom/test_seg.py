"""Segmentations as other programs read them: places, volumes, references, and what is refused."""

import itertools
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import highdicom
import numpy as np
import pytest
import SimpleITK as sitk
from pydicom import config, dcmread
from pydicom.uid import RLELossless

from calcimeasure.errors import OutputError
from calcimeasure.export import Identified, Pseudonyms
from calcimeasure.export.dicom.frames import overlaps
from calcimeasure.export.dicom.labelmap import run_lengths
from calcimeasure.export.dicom.seg import LABELMAP, MOST_FRAMES, segmentation_of
from calcimeasure.export.dicom.values import content_uid, decimal
from calcimeasure.model import AlgorithmType, BodySite, Laterality, Side, SideSource, Site, SiteSource, Status
from calcimeasure.model.follow import TimePoint
from tests.conftest import PROJECT
from tests.dicom_phantom import set_tag
from tests.dicom_writers import write_multiframe
from tests.phantoms import Grid, oblique_grid, straight_grid, tilted_grid, uneven_grid
from tests.segmentations import (
    balls,
    found_in,
    frames_by_segment,
    lesion_of,
    points_of,
    source_of,
    true_centroid,
    written,
)

SHAPE = (9, 15, 13)
SPACING = (2.5, 0.683594, 0.7)
EVEN = {
    "straight": straight_grid(SHAPE, SPACING),
    "oblique": oblique_grid(SHAPE, SPACING, (20.0, 35.0, -50.0)),
    "sagittal": oblique_grid(SHAPE, SPACING, (0.0, 90.0, 0.0)),
    "third of a millimeter": straight_grid(SHAPE, (1.0, 1 / 3, 1 / 3), (1 / 3, 100 / 7, -1000 / 9)),
}
NOT_EVEN = {
    "tilted": tilted_grid(SHAPE, SPACING, 20.0),
    "uneven": uneven_grid([0, 1, 2, 3.5, 5, 6.5, 9, 11.5, 14], (15, 13), (0.7, 0.6)),
}


@pytest.mark.parametrize("grid", [*EVEN.values(), *NOT_EVEN.values()], ids=[*EVEN, *NOT_EVEN])
def test_pydicom_finds_every_voxel_in_its_place(tmp_path: Path, grid: Grid) -> None:
    masks = balls(SHAPE, 3)
    source = source_of(tmp_path / "ct", grid, masks)
    dataset = dcmread(written(source, tmp_path / "seg.dcm"))
    assert source.geometry is not None
    for number, mask in enumerate(masks, 1):
        points = points_of(dataset, number)
        assert len(points) == mask.sum()
        assert np.abs(points.mean(axis=0) - true_centroid(mask, source.geometry)).max() < 0.001
        assert np.abs(np.sort(points, axis=0) - np.sort(source.geometry.to_lps_mm(np.argwhere(mask)), axis=0)).max() < (
            0.001
        )
        assert len(frames_by_segment(dataset)[number]) == mask.any(axis=(1, 2)).sum()


@pytest.mark.parametrize("grid", EVEN.values(), ids=EVEN)
def test_highdicom_reads_centroid_and_volume(tmp_path: Path, grid: Grid) -> None:
    masks = balls(SHAPE, 2)
    source = source_of(tmp_path / "ct", grid, masks)
    volume = highdicom.seg.segread(written(source, tmp_path / "seg.dcm")).get_volume(skip_overlap_checks=True)
    assert source.geometry is not None
    for index, mask in enumerate(masks):
        found = np.argwhere(volume.array[..., index])
        centroid = (np.c_[found, np.ones(len(found))] @ volume.affine.T)[:, :3].mean(axis=0)
        assert np.abs(centroid - true_centroid(mask, source.geometry)).max() < 0.001
        expected = mask.sum() * float(np.mean(source.geometry.voxel_volumes_mm3))
        assert len(found) * np.prod(volume.spacing) == pytest.approx(expected, rel=1e-6)


def test_every_order_of_the_axes_is_kept(tmp_path: Path) -> None:
    masks = balls(SHAPE, 1)
    for number, (order, signs) in enumerate(
        itertools.product(itertools.permutations(range(3), 2), itertools.product((1.0, -1.0), repeat=3))
    ):
        row, column = np.zeros(3), np.zeros(3)
        row[order[0]], column[order[1]] = signs[:2]
        normal = np.cross(row, column)
        origins = np.array([7.0, -3.0, 11.0]) + np.outer(np.arange(SHAPE[0]) * SPACING[0] * signs[2], normal)
        grid = Grid(SHAPE, row, column, *SPACING[1:], origins)
        source = source_of(tmp_path / str(number), grid, masks)
        dataset = dcmread(written(source, tmp_path / "seg.dcm"))
        assert source.geometry is not None
        points = points_of(dataset, 1)
        assert np.abs(points.mean(axis=0) - true_centroid(masks[0], source.geometry)).max() < 0.001


@pytest.mark.parametrize("name", EVEN)
def test_dcmqi_reads_centroid_and_volume(tmp_path: Path, name: str) -> None:
    masks = balls(SHAPE, 2)
    source = source_of(tmp_path / "ct", EVEN[name], masks)
    path, out = written(source, tmp_path / "seg.dcm"), tmp_path / "itk"
    out.mkdir()
    program = Path(sys.executable).with_name("segimage2itkimage")
    command = [program, "--inputDICOM", path, "--outputDirectory", out, "--outputType", "nrrd"]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    assert source.geometry is not None
    for number, mask in enumerate(masks, 1):
        image = sitk.ReadImage(str(out / f"{number}.nrrd"))
        found = np.argwhere(sitk.GetArrayFromImage(image))
        centroid = np.mean([image.TransformIndexToPhysicalPoint(tuple(map(int, one[::-1]))) for one in found], axis=0)
        assert np.abs(centroid - true_centroid(mask, source.geometry)).max() < 0.001
        expected = mask.sum() * float(np.mean(source.geometry.voxel_volumes_mm3))
        assert len(found) * np.prod(image.GetSpacing()) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("name", "word"), [("tilted", "Tilted"), ("uneven", "Uneven")])
def test_stacks_that_others_shift_say_so(tmp_path: Path, name: str, word: str) -> None:
    source = source_of(tmp_path / "ct", NOT_EVEN[name], balls(SHAPE, 1))
    made = segmentation_of(source, Identified())
    assert made.dataset.ContentDescription.startswith(word)
    assert any(remark.startswith(word) for remark in made.remarks)
    assert len(made.dataset.ContentDescription) <= 64


def test_uneven_stacks_have_no_single_spacing(tmp_path: Path) -> None:
    for name, grid in {**EVEN, **NOT_EVEN}.items():
        dataset = segmentation_of(source_of(tmp_path / name, grid, balls(SHAPE, 1)), Identified()).dataset
        measures = dataset.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
        assert ("SpacingBetweenSlices" in measures) == (name != "uneven")


@pytest.mark.external
@pytest.mark.parametrize("kind", ["binary", "pseudonyms", "compared"])
@pytest.mark.parametrize("grid", [EVEN["oblique"], *NOT_EVEN.values()], ids=["oblique", *NOT_EVEN])
def test_objects_are_valid(tmp_path: Path, grid: Grid, kind: str, external_program: Callable[[str], Path]) -> None:
    dciodvfy = external_program("dciodvfy")
    source = source_of(tmp_path / "ct", grid, balls(SHAPE, 3))
    naming = Identified() if kind == "binary" else Pseudonyms(b"k" * 32)
    if kind == "compared":
        source = replace(source, time_point=TimePoint(1, 0))
    with (tmp_path / "seg.dcm").open("wb") as file:
        segmentation_of(source, naming).write(file)
    done = subprocess.run([dciodvfy, tmp_path / "seg.dcm"], check=False, capture_output=True, text=True, timeout=60)
    assert "Error" not in done.stderr + done.stdout, done.stderr


@pytest.mark.external
@pytest.mark.parametrize("name", ["bilateral_hips", "hand", "hand_radiograph"])
def test_objects_of_the_samples_are_valid(tmp_path: Path, name: str, external_program: Callable[[str], Path]) -> None:
    check_is_valid(PROJECT / "sample_dicom" / name, tmp_path / "seg.dcm", external_program("dciodvfy"))


@pytest.mark.external
@pytest.mark.shared
@pytest.mark.parametrize("name", ["offset", "onbone", "small", "thick", "thin", "tilt"])
def test_objects_of_the_phantoms_are_valid(
    tmp_path: Path, name: str, shared_phantoms: Path, external_program: Callable[[str], Path]
) -> None:
    check_is_valid(shared_phantoms / name, tmp_path / "seg.dcm", external_program("dciodvfy"))


def check_is_valid(folder: Path, path: Path, dciodvfy: Path) -> None:
    source = found_in(folder, [])
    pixels = source.stack.instances[0].pixel_format
    shape = (len(source.images), pixels.rows, pixels.columns)
    boxes = np.zeros((2, *shape), dtype=np.bool_)
    boxes[0, :2, 10:20, 15:40] = boxes[1, -3:, 12:33, 16:17] = True
    lesions = tuple(lesion_of(mask, number) for number, mask in enumerate(boxes, 1))
    written(replace(source, lesions=lesions), path)
    done = subprocess.run([dciodvfy, path], check=False, capture_output=True, text=True, timeout=60)
    assert "Error" not in done.stderr + done.stdout, done.stderr
    dataset = dcmread(path)
    assert np.array_equal(dataset.pixel_array.reshape(-1, *shape[1:]).sum(), boxes.sum())


# Frames and bits


def test_overlapping_lesions_keep_all_their_voxels(tmp_path: Path) -> None:
    whole = np.ones(SHAPE, dtype=np.bool_)
    part = np.zeros(SHAPE, dtype=np.bool_)
    part[2:5, 3:7, 4:9] = True
    source = source_of(tmp_path / "ct", EVEN["straight"], [whole, part, part])
    dataset = dcmread(written(source, tmp_path / "seg.dcm"))
    assert dataset.SegmentsOverlap == "YES"
    assert [len(points_of(dataset, number)) for number in (1, 2, 3)] == [whole.sum(), part.sum(), part.sum()]


@pytest.mark.parametrize("rows", range(9, 17))
def test_frames_that_end_within_a_byte_follow_each_other(tmp_path: Path, rows: int) -> None:
    shape = (4, rows, 11)
    rng = np.random.default_rng(rows)
    masks = [rng.random(shape) < share for share in (0.5, 0.02, 1.0)]
    source = source_of(tmp_path / "ct", straight_grid(shape, SPACING), masks)
    frames = frames_by_segment(dcmread(written(source, tmp_path / "seg.dcm")))
    for number, mask in enumerate(masks, 1):
        assert np.array_equal(np.stack([frame for _, frame in frames[number]]), mask[mask.any(axis=(1, 2))])


def test_slices_without_a_voxel_have_no_frame(tmp_path: Path) -> None:
    mask = np.zeros(SHAPE, dtype=np.bool_)
    mask[1, 4, 5] = mask[7, 4, 5] = True
    dataset = dcmread(written(source_of(tmp_path / "ct", EVEN["straight"], [mask]), tmp_path / "seg.dcm"))
    assert dataset.NumberOfFrames == 2
    assert [tuple(group.FrameContentSequence[0].DimensionIndexValues) for group in (
        dataset.PerFrameFunctionalGroupsSequence
    )] == [(1, 1), (1, 2)]  # fmt: skip


def test_overlap_is_found_by_voxels() -> None:
    one, other = np.zeros((2, *SHAPE), dtype=np.bool_)
    one[0:4, 0:4, 0:4], other[0:4, 3:8, 3:8] = True, True
    one[:, 3, 3] = False
    assert not overlaps([lesion_of(one, 1), lesion_of(other, 2)])
    one[3, 3, 3] = True
    assert overlaps([lesion_of(one, 1), lesion_of(other, 2)])


def test_many_frames_are_said(tmp_path: Path) -> None:
    masks = [np.ones(SHAPE, dtype=np.bool_)] * (MOST_FRAMES // SHAPE[0] + 1)
    source = source_of(tmp_path / "ct", EVEN["straight"], masks)
    said = " ".join(segmentation_of(source, Identified()).remarks)
    assert f"{len(masks) * SHAPE[0]} frames" in said
    assert segmentation_of(replace(source, lesions=source.lesions[:2]), Identified()).remarks == ()


# Label maps


@pytest.mark.parametrize("count", [3, 260])
def test_label_map_holds_every_segment(tmp_path: Path, count: int) -> None:
    labels = np.arange(np.prod(SHAPE)).reshape(SHAPE) % (count + 50)
    masks = [labels == number for number in range(1, count + 1)]
    source = source_of(tmp_path / "ct", EVEN["oblique"], masks)
    path = written(source, tmp_path / "seg.dcm", segmentation_type=LABELMAP)
    dataset = dcmread(path)
    assert dataset.file_meta.TransferSyntaxUID == RLELossless
    assert dataset.SegmentationType == "LABELMAP"
    expected = np.where(labels <= count, labels, 0)
    assert np.array_equal(dataset.pixel_array, expected[expected.any(axis=(1, 2))])
    assert np.array_equal(highdicom.seg.segread(path).pixel_array, dataset.pixel_array)
    positions = [group.PlanePositionSequence[0].ImagePositionPatient for group in (
        dataset.PerFrameFunctionalGroupsSequence
    )]  # fmt: skip
    assert source.geometry is not None
    assert np.allclose(np.array(positions, dtype=float), source.geometry.origins_lps_mm, atol=1e-6)


def test_label_map_of_lesions_that_overlap_is_refused(tmp_path: Path) -> None:
    source = source_of(tmp_path / "ct", EVEN["straight"], [np.ones(SHAPE, dtype=np.bool_)] * 2)
    with pytest.raises(OutputError, match="do not overlap expected"):
        segmentation_of(source, Identified(), segmentation_type=LABELMAP)


def test_run_lengths_of_a_blank_frame_are_short() -> None:
    assert len(run_lengths(np.zeros((512, 512), dtype=np.uint8))) == 64 + 512 * 8


# Segments


def test_segment_says_what_a_lesion_is(tmp_path: Path) -> None:
    source = source_of(tmp_path / "ct", EVEN["straight"], balls(SHAPE, 1))
    (item,) = segmentation_of(source, Identified()).dataset.SegmentSequence
    assert item.SegmentLabel == "1 left hip"
    assert item.SegmentedPropertyCategoryCodeSequence[0].CodeValue == "49755003"
    assert item.SegmentedPropertyTypeCodeSequence[0].CodeValue == "18115005"
    assert item.AnatomicRegionSequence[0].CodeValue == "29836001"
    assert item.AnatomicRegionSequence[0].AnatomicRegionModifierSequence[0].CodeValue == "7771000"
    assert (item.SegmentAlgorithmType, item.SegmentAlgorithmName) == ("AUTOMATIC", "calcimeasure 0")
    assert (item.TrackingID, item.TrackingUID) == ("calcimeasure 1", "1.2.3.1")


def test_a_compared_date_has_its_time_point_and_its_tracks(tmp_path: Path) -> None:
    """The module of the study stands in objects without identity alone: an archive's study has its own."""
    source = source_of(tmp_path / "ct", EVEN["straight"], balls(SHAPE, 2))
    first, second = source.lesions
    compared = replace(source, time_point=TimePoint(2, 182), tracks={first.tracking_uid: "1.2.77"})
    for naming in (Identified(), Pseudonyms(b"k" * 32)):
        made = segmentation_of(compared, naming).dataset
        assert [item.TrackingUID for item in made.SegmentSequence] == [
            naming.uid(one.tracking_uid) for one in source.lesions
        ]
        assert [item.SegmentDescription for item in made.SegmentSequence] == [
            f"track_uid={naming.uid(uid)}; time point 2, day 182" for uid in ("1.2.77", second.tracking_uid)
        ]
        assert ("ClinicalTrialTimePointID" in made) is naming.dates_shifted
        before = segmentation_of(source, naming).dataset
        assert "ClinicalTrialTimePointID" not in before
        assert not [item for item in before.SegmentSequence if "SegmentDescription" in item]
    assert (made.ClinicalTrialTimePointID, made.ClinicalTrialTimePointDescription) == ("2", "day 182")
    assert (made.LongitudinalTemporalOffsetFromEvent, made.LongitudinalTemporalEventType) == (182.0, "BASELINE")
    assert made.LongitudinalTemporalInformationModified == "MODIFIED"


def test_unknown_side_and_site_have_no_code_and_no_word(tmp_path: Path) -> None:
    source = source_of(tmp_path / "ct", EVEN["straight"], [])
    mask = balls(SHAPE, 1)[0]
    unknown = lesion_of(mask, 7, algorithm_type=AlgorithmType.MANUAL)
    unknown = replace(
        unknown,
        side=Side(Laterality.UNKNOWN, SideSource.NONE),
        site=Site(BodySite.UNKNOWN, SiteSource.NONE),
    )
    midline = replace(unknown, number=8, side=Side(Laterality.MIDLINE, SideSource.READER))
    midline = replace(midline, site=Site(BodySite.SPINE, SiteSource.READER, "lumbar"))
    made = segmentation_of(replace(source, lesions=(unknown, midline)), Identified())
    first, second = made.dataset.SegmentSequence
    assert first.SegmentLabel == "7"
    assert "AnatomicRegionSequence" not in first
    assert "SegmentAlgorithmName" not in first
    assert second.SegmentLabel == "8 midline spine"
    assert second.AnatomicRegionSequence[0].CodeMeaning == "Lumbar spine"
    assert "AnatomicRegionModifierSequence" not in second.AnatomicRegionSequence[0]


def test_status_has_its_color(tmp_path: Path) -> None:
    source = source_of(tmp_path / "ct", EVEN["straight"], [])
    colors = set()
    for status in Status:
        lesions = (lesion_of(balls(SHAPE, 1)[0], 1, status=status),)
        (item,) = segmentation_of(replace(source, lesions=lesions), Identified()).dataset.SegmentSequence
        colors.add(tuple(item.RecommendedDisplayCIELabValue))
    assert len(colors) == 3


# Names and references


def test_every_frame_names_its_image(tmp_path: Path) -> None:
    source = source_of(tmp_path / "ct", EVEN["straight"], balls(SHAPE, 2))
    dataset = dcmread(written(source, tmp_path / "seg.dcm"))
    images = {one.SOPInstanceUID: one for one in map(dcmread, (tmp_path / "ct").glob("*.dcm"))}
    used = set()
    for group in dataset.PerFrameFunctionalGroupsSequence:
        uid = group.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
        assert images[uid].ImagePositionPatient == group.PlanePositionSequence[0].ImagePositionPatient
        used.add(uid)
    (series,) = dataset.ReferencedSeriesSequence
    assert {one.ReferencedSOPInstanceUID for one in series.ReferencedInstanceSequence} == used


def test_uids_follow_from_the_content(tmp_path: Path) -> None:
    source = source_of(tmp_path / "ct", EVEN["straight"], balls(SHAPE, 2))
    same = segmentation_of(source, Identified()).dataset
    assert same.SOPInstanceUID == segmentation_of(source, Identified()).dataset.SOPInstanceUID
    fewer = segmentation_of(replace(source, lesions=source.lesions[:1]), Identified()).dataset
    other = segmentation_of(source, Pseudonyms(b"k" * 32)).dataset
    assert len({one.SOPInstanceUID for one in (same, fewer, other)}) == 3
    assert same.SeriesInstanceUID == fewer.SeriesInstanceUID != other.SeriesInstanceUID


def test_values_that_are_too_long_are_cut_and_said(tmp_path: Path) -> None:
    faults = [set_tag("StudyID", "STUDY-" + "9" * 20), set_tag("PatientSex", "female")]
    with config.disable_value_validation():
        source = source_of(tmp_path / "ct", EVEN["straight"], balls(SHAPE, 1), faults)
    made = segmentation_of(source, Identified())
    assert made.dataset.StudyID == "STUDY-" + "9" * 10
    assert made.dataset.PatientSex == ""
    assert any("StudyID (0020,0010) has 26 characters" in remark for remark in made.remarks)


@pytest.mark.parametrize("keyword", ["FrameOfReferenceUID", "StudyInstanceUID"])
def test_empty_uids_are_refused(tmp_path: Path, keyword: str) -> None:
    source = source_of(tmp_path / "ct", EVEN["straight"], balls(SHAPE, 1), [set_tag(keyword, "")])
    with pytest.raises(OutputError, match=rf"{keyword} \([0-9a-fA-F]{{4}},[0-9a-fA-F]{{4}}\), found none"):
        segmentation_of(source, Identified())


def test_uids_that_are_not_valid_are_refused(tmp_path: Path) -> None:
    source = source_of(tmp_path / "ct", EVEN["straight"], balls(SHAPE, 1))
    images = tuple(replace(one, sop_uid="1.2..3") for one in source.images)
    with pytest.raises(OutputError, match=r"SOPInstanceUID \(0008,0018\), found '1.2..3'"):
        segmentation_of(replace(source, images=images), Identified())


def test_patient_id_that_would_be_cut_is_refused(tmp_path: Path) -> None:
    with config.disable_value_validation():
        source = source_of(tmp_path / "ct", EVEN["straight"], balls(SHAPE, 1), [set_tag("PatientID", "9" * 65)])
    with pytest.raises(OutputError, match="found 65"):
        segmentation_of(source, Identified())


@pytest.mark.parametrize("value", [1 / 3, -1000 / 9, 1e-17, 123456789.123456789, -0.0, 0.68359375])
def test_decimal_fits_and_is_close(value: float) -> None:
    text = decimal(value)
    assert len(text) <= 16
    assert float(text) == pytest.approx(value, rel=1e-8, abs=1e-12)


def test_content_uid_tells_parts_apart() -> None:
    assert content_uid("ab", "c") != content_uid("a", "bc")
    assert len(content_uid(b"x")) <= 64


def test_frames_of_one_file_are_named_by_their_number(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    grid = straight_grid((5, 16, 16), SPACING)
    hu = rng.integers(0, 2000, grid.shape_kji).astype(np.int16)
    write_multiframe(tmp_path / "ct.dcm", hu, grid, order=(3, 0, 4, 1, 2))
    mask = np.zeros((5, 16, 16), dtype=np.bool_)
    mask[1:4, 3:6, 3:6] = True
    source = found_in(tmp_path / "ct.dcm", [lesion_of(mask, 1)])
    dataset = dcmread(written(source, tmp_path / "seg.dcm"))
    groups = dataset.PerFrameFunctionalGroupsSequence
    references = [group.DerivationImageSequence[0].SourceImageSequence[0] for group in groups]
    image = dcmread(tmp_path / "ct.dcm")
    assert {one.ReferencedSOPInstanceUID for one in references} == {image.SOPInstanceUID}
    of_image = image.PerFrameFunctionalGroupsSequence
    for reference, group in zip(references, groups, strict=True):
        frame = of_image[int(reference.ReferencedFrameNumber) - 1]
        expected = np.array(frame.PlanePositionSequence[0].ImagePositionPatient, dtype=float)
        assert np.allclose(np.array(group.PlanePositionSequence[0].ImagePositionPatient, dtype=float), expected)
    assert len(dataset.ReferencedSeriesSequence[0].ReferencedInstanceSequence) == 1

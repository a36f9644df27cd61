"""Series that real scanners wrote, from public collections: each loads with the right grid or has its reason."""

from __future__ import annotations

import math
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from calcimeasure.analysis.lesion import assess
from calcimeasure.analysis.pipeline import analyze, verdict_from_headers
from calcimeasure.errors import SeriesError
from calcimeasure.load import find_series, load_image
from calcimeasure.locate.radiograph import radiograph_anatomy_of
from calcimeasure.model import (
    NOT_IMAGED_HU,
    Laterality,
    Outline,
    Radiograph,
    RadiographMeasurements,
    SideSource,
    SpacingSource,
    State,
    Status,
    Volume,
)
from calcimeasure.settings import Settings
from tests.conftest import SHARED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from calcimeasure.model import Found, Stack

pytestmark = pytest.mark.shared

LIMBS = ("STS_008", "STS_010", "STS_012", "STS_025", "STS_028", "STS_049")
LIMB_SLICES = dict(zip(LIMBS, (51, 59, 53, 47, 68, 92), strict=True))
PANIMG = "ct_loader_failures/panimg"


@cache
def found_in(folder: str) -> Found:
    return find_series(SHARED / "dicom" / folder)


@cache
def image_of(stack: Stack) -> Volume | Radiograph | SeriesError:
    try:
        return load_image(stack)
    except SeriesError as error:
        return error


def outcome(stack: Stack) -> str:
    image = image_of(stack)
    return image.reason if isinstance(image, SeriesError) else "loaded"


def volume_of(stack: Stack) -> Volume:
    image = image_of(stack)
    assert isinstance(image, Volume), image
    return image


def volumes_in(folder: str) -> list[Volume]:
    return [volume_of(stack) for stack in found_in(folder).series if outcome(stack) == "loaded"]


def volume_in(folder: str) -> Volume:
    (volume,) = volumes_in(folder)
    return volume


# What each folder holds: modality, images in the stack, what becomes of it

LIMB = {f"ct_limb/{limb}": [("CT", LIMB_SLICES[limb], "loaded"), ("RTSTRUCT", 1, "segmentation")] for limb in LIMBS}
EXPECTED: dict[str, list[tuple[str, int, str]]] = {
    **LIMB,
    "mixed_flat": [
        *(("CT", slices, "loaded") for slices in (59, 48, 51)),
        *(("MR", slices, "modality") for slices in (59, 35, 47)),
        *(("PT", slices, "modality") for slices in (59, 48, 51)),
        *[("RTSTRUCT", 1, "segmentation")] * 9,
    ],
    "ct_head_tilt": [("CT", 28, "loaded")],
    "ct_head_phantom": [
        ("CT", 28, "loaded"),
        ("CT", 1, "localizer"),
        *(("CT", images, "secondary_capture") for images in (3, 1, 1, 1)),
    ],
    "ct_lumbar_spine_mixed": [
        ("CT", 1, "localizer"),
        ("CT", 1, "localizer"),
        ("CT", 1, "loaded"),
        ("CT", 38, "loaded"),
    ],
    "ct_abdomen_arms_j2k": [("CT", 20, "loaded")],
    "ct_loader_failures/dicom2nifti/gantrytilting": [("CT", 4, "loaded")],
    "ct_loader_failures/dicom2nifti/notavolume": [("CT", 4, "one_position")],
    "ct_loader_failures/dicom2nifti/sliceincrement/001": [("CT", 4, "missing_slice")],
    "ct_loader_failures/dicom2nifti/sliceincrement/002": [("CT", 4, "missing_slice")],
    "ct_loader_failures/dicom_numpy_dupe_positions": [("CT", 11, "missing_slice")],
    f"{PANIMG}/dicom_enhanced": [("CT", 7, "loaded"), ("CT", 7, "loaded")],
    f"{PANIMG}/dicom_4d": [("CT", 4, "loaded")] * 19,
    f"{PANIMG}/dicom_4d_enhanced": [("CT", 4, "loaded")] * 19,
    f"{PANIMG}/dicom_slope": [("CT", 2, "loaded")],
    f"{PANIMG}/dicom_intercept": [("CT", 2, "loaded")],
    # Rescale Type is US, unspecified: no Hounsfield units.
    "ct_seg/dcmqi_segmentations": [
        *[("CT", 3, "not_hu")] * 4,
        ("CT", 3, "loaded"),
        *[("SEG", 1, "segmentation")] * 3,
    ],
    "ct_seg/rt_utils": [
        ("CT", 2, "loaded"),
        *[("CT", 1, "not_hu")] * 3,
        *[("RTSTRUCT", 1, "segmentation")] * 2,
    ],
    "phantom/ibsi_1_ct_radiomics_phantom": [("CT", 60, "loaded"), ("RTSTRUCT", 1, "segmentation")],
    "phantom/ibsi_1_digital_phantom": [("MR", 1, "modality"), ("SEG", 1, "segmentation")],
    "phantom/ibsi_2_digital_phantom": [("CT", 64, "loaded"), ("CT", 64, "loaded")],
    "single_odd/fo-dicom": [
        ("CT", 1, "loaded"),
        ("CT", 1, "loaded"),
        ("CT", 1, "localizer"),
        *[("CT", 1, "secondary_capture")] * 2,
        ("SC", 1, "modality"),
    ],
    "single_odd/pydicom_data": [
        ("CT", 1, "loaded"),
        ("CT", 1, "loaded"),
        ("CT", 1, "loaded"),
        ("CT", 2, "derived_image"),
    ],
    "xray": [*[("CR", 1, "loaded")] * 3, ("DX", 1, "loaded")],
}


def counts(rows: Sequence[tuple[str, int, str]]) -> Counter[tuple[str, int, str]]:
    return Counter(
        (modality, images, "secondary_capture" if modality == "SC" else why) for modality, images, why in rows
    )


@pytest.mark.usefixtures("shared_dicom")
@pytest.mark.parametrize("folder", EXPECTED)
def test_every_stack_has_its_outcome(folder: str) -> None:
    found = found_in(folder)
    rows = [(stack.modality, len(stack.instances), outcome(stack)) for stack in found.series]
    assert counts(rows) == counts(EXPECTED[folder])
    unreadable = [failure.relative_path.name for failure in found.unreadable]
    # The first two have an attribute twice that is read: Acquisition Time, Media Storage SOP Class UID.
    broken = ["FreezePattern.dcm", "GH1376.dcm", "GH177_D_CLUNIE_CT1_IVRLE_BigEndian_undefined_length.dcm"]
    assert unreadable == (broken if folder == "single_odd/fo-dicom" else [])


@pytest.mark.usefixtures("shared_dicom")
@pytest.mark.parametrize("folder", EXPECTED)
def test_scan_says_of_every_stack_what_loading_says(folder: str) -> None:
    for stack in found_in(folder).series:
        verdict = verdict_from_headers(stack, Settings())
        if stack.projection is None:
            assert (verdict.reason if verdict else "loaded") == outcome(stack)


@pytest.mark.usefixtures("shared_dicom")
def test_all_as_one_path() -> None:
    """Series of several folders share their UIDs here; still each has its row, and nothing stops."""
    found = found_in(".")
    assert len(found.series) > 100
    assert [failure.state for failure in found.unreadable] == [State.FAILED] * 3
    outcomes = Counter(outcome(stack) for stack in found.series)
    assert outcomes["internal_error"] == 0
    assert outcomes["loaded"] > 60
    stacks = [
        (stack.study_uid, stack.series_uid, str(stack.relative_path.parent), stack.stack_number)
        for stack in found.series
    ]
    assert len(set(stacks)) == len(stacks)


# Grids against an independent reading


def datasets(volume: Volume) -> list[pydicom.Dataset]:
    return [pydicom.dcmread(instance.path) for instance in volume.stack.instances]


REGULAR = [
    *(f"ct_limb/{limb}" for limb in LIMBS),
    "ct_abdomen_arms_j2k",
    "ct_head_phantom",
    "phantom/ibsi_1_ct_radiomics_phantom",
    "phantom/ibsi_2_digital_phantom/dicom/orientation",
    "phantom/ibsi_2_digital_phantom/dicom/sphere",
    "ct_seg/dcmqi_segmentations/ct-3slice",
    "ct_seg/rt_utils/mock_data",
]


@pytest.mark.usefixtures("shared_dicom")
@pytest.mark.parametrize("folder", REGULAR)
def test_regular_volume_is_that_of_simpleitk(folder: str) -> None:
    volume = volume_in(folder)
    image = sitk.ReadImage([str(instance.path) for instance in volume.stack.instances])
    expected = sitk.GetArrayFromImage(image)
    imaged = volume.attenuation_hu != NOT_IMAGED_HU
    assert np.array_equal(volume.attenuation_hu[imaged], expected[imaged].astype(np.int16))
    geometry = volume.geometry
    spacing = (geometry.column_spacing_mm, geometry.row_spacing_mm, geometry.slice_spacing_mm)
    assert image.GetSpacing() == pytest.approx(spacing, abs=1e-4)
    assert image.GetOrigin() == pytest.approx(tuple(geometry.origins_lps_mm[0]), abs=1e-4)
    frame = np.stack([geometry.row_direction, geometry.column_direction, geometry.normal], axis=-1)
    assert np.reshape(image.GetDirection(), (3, 3)) == pytest.approx(frame, abs=1e-4)
    k, j, i = (length - 1 for length in geometry.shape_kji)
    corner = geometry.to_lps_mm([k, j, i])
    assert image.TransformIndexToPhysicalPoint((i, j, k)) == pytest.approx(tuple(corner), abs=1e-2)


@pytest.mark.usefixtures("shared_dicom")
@pytest.mark.parametrize(
    "folder",
    [
        *REGULAR,
        "ct_head_tilt",
        "ct_loader_failures/dicom2nifti/gantrytilting",
        f"{PANIMG}/dicom_slope",
        f"{PANIMG}/dicom_intercept",
    ],
)
def test_every_slice_is_where_its_header_says_and_holds_what_its_pixels_say(folder: str) -> None:
    volume = volume_in(folder)
    for k, dataset in enumerate(datasets(volume)):
        assert volume.geometry.origins_lps_mm[k] == pytest.approx(list(map(float, dataset.ImagePositionPatient)))
        assert (volume.geometry.row_spacing_mm, volume.geometry.column_spacing_mm) == pytest.approx(
            list(map(float, dataset.PixelSpacing)), rel=1e-4
        )
        if dataset.file_meta.TransferSyntaxUID.is_compressed:
            continue
        hu = dataset.pixel_array * float(dataset.RescaleSlope) + float(dataset.RescaleIntercept)
        imaged = volume.attenuation_hu[k] != NOT_IMAGED_HU
        assert np.array_equal(volume.attenuation_hu[k][imaged], np.rint(hu)[imaged])
    assert np.all(volume.geometry.slice_steps_mm > 0)


@pytest.mark.usefixtures("shared_dicom")
@pytest.mark.parametrize(
    ("limb", "position"),
    [
        ("STS_008", "HFS"),
        ("STS_010", "FFS"),
        ("STS_012", "HFS"),
        ("STS_025", "FFS"),
        ("STS_028", "FFS"),
        ("STS_049", "FFS"),
    ],
)
def test_feet_first_is_in_the_directions_already(limb: str, position: str) -> None:
    volume = volume_in(f"ct_limb/{limb}")
    assert datasets(volume)[0].PatientPosition == position == volume.stack.patient_position
    assert volume.geometry.row_direction == pytest.approx([1, 0, 0])
    assert volume.geometry.column_direction == pytest.approx([0, 1, 0])
    assert volume.geometry.slice_spacing_mm == pytest.approx(3.27)
    assert volume.notices == ()


@pytest.mark.usefixtures("shared_dicom")
def test_head_with_gantry_tilt_and_three_spacings() -> None:
    volume = volume_in("ct_head_tilt")
    assert volume.notices == ("sheared_stack", "uneven_spacing")
    way = np.diff(volume.geometry.origins_lps_mm, axis=0)
    along = way @ volume.geometry.normal
    tilts_deg = np.degrees(np.arctan2(np.linalg.norm(way - np.outer(along, volume.geometry.normal), axis=1), along))
    assert tilts_deg == pytest.approx(np.full(27, 18.5), abs=0.01)
    assert volume.geometry.slice_steps_mm == pytest.approx([*[4.0] * 13, 1.08, *[7.0] * 13], abs=0.005)
    assert datasets(volume)[0].PixelPaddingValue == -1500
    assert (volume.attenuation_hu == NOT_IMAGED_HU).any()
    assert volume.attenuation_hu[volume.attenuation_hu != NOT_IMAGED_HU].min() > -1500


@pytest.mark.usefixtures("shared_dicom")
def test_tilt_without_a_tag() -> None:
    volume = volume_in("ct_loader_failures/dicom2nifti/gantrytilting")
    # The headers have no thickness, and all values are below -770 HU.
    assert volume.notices == ("sheared_stack", "gaps_unchecked", "no_soft_tissue")
    assert volume.geometry.slice_steps_mm == pytest.approx(np.full(3, 5 * math.cos(math.radians(14))), abs=1e-3)


@pytest.mark.usefixtures("shared_dicom")
def test_dicomdir_names_what_its_folder_holds() -> None:
    """By way of further directories, one for each study and series."""
    from_folder = found_in("ct_head_phantom")
    from_directory = found_in("ct_head_phantom/dcm_qa_ct_Philips/DICOMDIR")
    gone = {failure.relative_path.as_posix() for failure in from_directory.unreadable}
    assert gone == {"S21610/DIRFILE", "S21570/S2020/DIRFILE", "S21570/S2030/DIRFILE"}
    files = [
        {instance.path for stack in found.series for instance in stack.instances}
        for found in (from_folder, from_directory)
    ]
    assert files[0] == files[1]
    assert [outcome(stack) for stack in from_directory.series] == [outcome(stack) for stack in from_folder.series]


@pytest.mark.usefixtures("shared_dicom")
def test_two_orientations_and_localizers_in_one_series() -> None:
    found = found_in("ct_lumbar_spine_mixed")
    assert all("split_series" in stack.notices for stack in found.series)
    single, sagittal = volumes_in("ct_lumbar_spine_mixed")
    assert single.geometry.shape_kji[0] == 1
    assert abs(sagittal.geometry.normal[0]) > 0.99
    assert sagittal.geometry.slice_spacing_mm == pytest.approx(3.0, abs=0.01)
    assert abs(float(single.geometry.normal @ sagittal.geometry.normal)) < 0.1


@pytest.mark.usefixtures("shared_dicom")
def test_spacing_comes_from_positions_and_not_from_thickness() -> None:
    volume = volume_in("ct_abdomen_arms_j2k")
    assert volume.stack.slice_thickness_mm == 3.0
    assert volume.geometry.slice_spacing_mm == pytest.approx(2.0)
    assert volume.notices == ("no_series_uid",)


@pytest.mark.usefixtures("shared_dicom")
@pytest.mark.parametrize(
    ("folder", "message"),
    [
        (
            "ct_loader_failures/dicom2nifti/sliceincrement/001",
            "Steps of 5.00 mm expected, found 10.00 mm between slices 3 and 4",
        ),
        ("ct_loader_failures/dicom2nifti/sliceincrement/002", "Steps of 0.75 mm expected, found 1.50 mm"),
        ("ct_loader_failures/dicom2nifti/notavolume", "found 4 images at one position"),
    ],
)
def test_refusals_say_what_was_found(folder: str, message: str) -> None:
    (stack,) = found_in(folder).series
    assert message in str(image_of(stack))


def assert_twins(one: Volume, other: Volume) -> None:
    assert np.array_equal(one.attenuation_hu, other.attenuation_hu)
    assert np.array_equal(one.geometry.origins_lps_mm, other.geometry.origins_lps_mm)
    for name in ("row_direction", "column_direction", "row_spacing_mm", "column_spacing_mm"):
        assert np.array_equal(getattr(one.geometry, name), getattr(other.geometry, name))


@pytest.mark.usefixtures("shared_dicom")
def test_classic_and_multi_frame_twins() -> None:
    classic, enhanced = volumes_in(f"{PANIMG}/dicom_enhanced")
    assert_twins(classic, enhanced)
    assert classic.geometry.shape_kji == (7, 512, 512)
    assert classic.geometry.slice_spacing_mm == pytest.approx(4.0)
    assert {classic.stack.stack_number, enhanced.stack.stack_number} == {1, 2}


@pytest.mark.usefixtures("shared_dicom")
def test_classic_and_multi_frame_time_points() -> None:
    classic, enhanced = (volumes_in(f"{PANIMG}/{folder}") for folder in ("dicom_4d", "dicom_4d_enhanced"))
    by_uid = {volume.stack.series_uid: volume for volume in enhanced}
    for volume in classic:
        assert_twins(volume, by_uid[volume.stack.series_uid])


@pytest.mark.usefixtures("shared_dicom")
def test_jpeg_2000_twin_of_raw_pixels(shared_dicom: Path) -> None:
    """One image in both syntaxes under one UID: one is dropped, and either gives the same."""
    folder = shared_dicom / "single_odd/pydicom_data"
    volumes = [volume_of(find_series(folder / name).series[0]) for name in ("693_J2KR.dcm", "693_UNCR.dcm")]
    assert_twins(*volumes)
    both = [stack for stack in found_in("single_odd/pydicom_data").series if "duplicate_dropped" in stack.notices]
    assert len(both) == 1


@pytest.mark.usefixtures("shared_dicom")
@pytest.mark.parametrize(
    "name", ["single_odd/fo-dicom/D_CLUNIE_CT1_RLE_FRAGS.dcm", "single_odd/pydicom_data/bad_sequence.dcm"]
)
def test_odd_encodings_are_what_simpleitk_reads(shared_dicom: Path, name: str) -> None:
    volume = volume_of(find_series(shared_dicom / name).series[0])
    expected = sitk.GetArrayFromImage(sitk.ReadImage(shared_dicom / name))
    imaged = volume.attenuation_hu != NOT_IMAGED_HU
    assert np.array_equal(volume.attenuation_hu[imaged], expected.reshape(volume.attenuation_hu.shape)[imaged])


# Radiographs


def radiograph(name: str) -> Radiograph:
    (stack,) = find_series(SHARED / "dicom" / "xray" / name).series
    image = image_of(stack)
    assert isinstance(image, Radiograph)
    return image


@pytest.mark.usefixtures("shared_dicom")
@pytest.mark.parametrize(
    ("name", "spacing_mm", "source"),
    [
        ("pydicom_data/RG3_J2KR.dcm", None, SpacingSource.NONE),
        ("fo-dicom/CR-ModalitySequenceLUT.dcm", (0.15, 0.15), SpacingSource.DETECTOR_PLANE),
        ("fo-dicom/CR-MONO1-10-chest", None, SpacingSource.NONE),
        ("highdicom/dx_image.dcm", (1.2, 1.2012), SpacingSource.DETECTOR_PLANE),
    ],
)
def test_spacing_of_radiographs(name: str, spacing_mm: tuple[float, float] | None, source: SpacingSource) -> None:
    image = radiograph(name)
    assert image.spacing_source is source
    assert image.spacing_mm == (None if spacing_mm is None else pytest.approx(spacing_mm, abs=1e-4))


@pytest.mark.usefixtures("shared_dicom")
def test_side_tags_of_radiographs_are_kept() -> None:
    ankle, dog = radiograph("pydicom_data/RG3_J2KR.dcm").stack, radiograph("highdicom/dx_image.dcm").stack
    assert ankle.projection is not None
    assert (ankle.laterality, ankle.projection.patient_orientation) == ("R", ("R", "F"))
    assert dog.image_laterality == "L"


@pytest.mark.usefixtures("shared_dicom")
@pytest.mark.parametrize(
    ("name", "dense_at", "thin_at", "notices"),
    [
        ("pydicom_data/RG3_J2KR.dcm", (0.3, 0.48), (0.5, 0.67), ()),
        ("fo-dicom/CR-MONO1-10-chest", (0.6, 0.47), (0.5, 0.27), ()),
        ("fo-dicom/CR-ModalitySequenceLUT.dcm", (0.53, 0.5), (0.2, 0.5), ()),
        ("highdicom/dx_image.dcm", (0.31, 0.6), (0.05, 0.9), ()),
    ],
)
def test_dense_is_bright(
    name: str, dense_at: tuple[float, float], thin_at: tuple[float, float], notices: tuple[str, ...]
) -> None:
    """Shaft and air, mediastinum and lung, jaw and film, spine and air."""
    image = radiograph(name)

    def around(place: tuple[float, float]) -> float:
        j, i = (int(part * length) for part, length in zip(place, image.pixels.shape, strict=True))
        return float(np.median(image.pixels[j - 3 : j + 4, i - 3 : i + 4]))

    assert around(dense_at) > around(thin_at) + 0.1 * float(np.ptp(image.pixels))
    assert image.notices == notices


XRAY = {
    # Tagged right, with a mirrored R burned in: a reader is asked.
    "pydicom_data/RG3_J2KR.dcm": (SpacingSource.NONE, {Laterality.UNKNOWN}, {SideSource.NONE}, "lower_leg"),
    "fo-dicom/CR-MONO1-10-chest": (SpacingSource.NONE, {Laterality.UNKNOWN}, {SideSource.NONE}, "chest"),
    "fo-dicom/CR-ModalitySequenceLUT.dcm": (
        SpacingSource.DETECTOR_PLANE,
        {Laterality.UNKNOWN},
        {SideSource.NONE},
        "unknown",
    ),
    # A thorax, said to be left by its tag: what lies on its right or in its middle is not.
    "highdicom/dx_image.dcm": (
        SpacingSource.DETECTOR_PLANE,
        {Laterality.LEFT, Laterality.UNKNOWN},
        {SideSource.DICOM_TAG, SideSource.NONE},
        "chest",
    ),
}


@pytest.mark.usefixtures("shared_dicom")
@pytest.mark.parametrize("name", XRAY)
def test_radiographs_are_measured(name: str) -> None:
    source, sides, sources, site = XRAY[name]
    report = analyze(radiograph(name).stack)
    # One that is certain to be there, whatever is proposed.
    image = radiograph(name)
    middle = tuple(length // 2 for length in image.pixels.shape)
    drawn = Outline.from_mask(np.ones((1, 30, 20), dtype=bool), (0, *middle))
    anatomy = radiograph_anatomy_of(image.stack, image.pixels)
    for lesion in (*report.lesions, assess(image, drawn, 1, Settings(), anatomy=anatomy)):
        numbers = lesion.measurements
        assert isinstance(numbers, RadiographMeasurements)
        assert (numbers.spacing_source, lesion.status) == (source, Status.PROPOSED)
        in_mm = (numbers.long_axis_mm, numbers.short_axis_mm, numbers.area_mm2, numbers.large)
        assert (in_mm == (None,) * 4) == (source is SpacingSource.NONE)
        assert ("no_spacing" in lesion.notices) == (source is SpacingSource.NONE)
        assert ("detector_plane" in lesion.notices) == (source is SpacingSource.DETECTOR_PLANE)
        assert lesion.side is not None
        assert lesion.side.laterality in sides
        assert lesion.side.source in sources
        assert lesion.side.evidence
        assert lesion.site is not None
        assert lesion.site.body_site == site

"""A CT stack: Hounsfield units slice by slice, and a grid that can be trusted or a reason why not."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pydicom
import pytest

from calcimeasure.analysis.pipeline import analyze
from calcimeasure.codes import NOTICES, REASONS
from calcimeasure.errors import GeometryError, PixelError, SeriesError, UnsupportedError
from calcimeasure.load import check_headers, find_series, load_image
from calcimeasure.load.volume import stack_geometry
from calcimeasure.measure import measure
from calcimeasure.model import NOT_IMAGED_HU, Volume
from calcimeasure.segment import find_components
from calcimeasure.settings import Settings
from tests.dicom_phantom import (
    Header,
    drop_tag,
    duplicate_slice,
    missing_slice,
    move_slice,
    set_tag,
    truncate_file,
    write_series,
)
from tests.dicom_writers import MULTIFRAME, group, write_image, write_multiframe
from tests.phantoms import oblique_grid, straight_grid, tilted_grid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from calcimeasure.model import Stack
    from tests.dicom_phantom import Fault
    from tests.dicom_writers import Edit
    from tests.phantoms import Grid

GRID = oblique_grid((7, 20, 26), (2.5, 0.7, 0.6), (10.0, 20.0, 30.0), (12.0, -30.0, 400.0))
SETTINGS = Settings()


def body_hu(grid: Grid, seed: int = 3) -> NDArray[np.int16]:
    """A block of soft tissue with a dense mass in air; no slice is like another."""
    hu = np.full(grid.shape_kji, -1000)
    hu[:, 4:-4, 5:-5] = 40
    hu[1:-1, 8:12, 9:14] = 700
    return (hu + np.random.default_rng(seed).integers(-20, 20, hu.shape)).astype(np.int16)


def write(
    folder: Path,
    header: Header | None = None,
    *faults: Fault,
    grid: Grid = GRID,
    hu: NDArray[np.int16] | None = None,
    syntax: str = "explicit_le",
) -> Path:
    write_series(folder, body_hu(grid) if hu is None else hu, grid, header, faults=faults, transfer_syntax=syntax)
    return folder


def load(path: Path, settings: Settings = SETTINGS) -> Volume:
    (stack,) = find_series(path, settings).series
    volume = load_image(stack, settings)
    assert isinstance(volume, Volume)
    assert set(volume.notices) <= set(NOTICES)
    assert len(set(volume.notices)) == len(volume.notices)
    assert not volume.attenuation_hu.flags.writeable
    check_headers(stack, settings)
    return volume


def refusal(path: Path, reason: str, by_header: bool = True) -> SeriesError:
    """Load what has to be refused; where headers tell, `check_headers` has to say the same."""
    (stack,) = find_series(path).series
    with pytest.raises(SeriesError) as caught:
        load_image(stack)
    assert caught.value.reason == reason
    assert reason in REASONS
    if by_header:
        with pytest.raises(SeriesError) as by_header_alone:
            check_headers(stack, SETTINGS)
        assert by_header_alone.value.reason == reason
    return caught.value


def has_four_parts(error: SeriesError) -> bool:
    """Expected, found, where (a tag and the series or file), what to do."""
    parts = r".+ expected.*, found .+ \(.*\([0-9A-F]{4},[0-9A-F]{4}\).*, series [\d.]+.*\)\. [A-Z].+\.$"
    return re.match(parts, error.message) is not None


# Hounsfield units


@pytest.mark.parametrize("syntax", ["explicit_le", "implicit_le", "explicit_be", "deflated", "rle", "jpeg_ls"])
def test_voxels_are_those_that_were_written(tmp_path: Path, syntax: str) -> None:
    volume = load(write(tmp_path, syntax=syntax))
    assert np.array_equal(volume.attenuation_hu, body_hu(GRID))
    assert volume.attenuation_hu.dtype == np.int16
    assert volume.geometry.origins_lps_mm == pytest.approx(GRID.origins_lps_mm, abs=1e-6)
    assert volume.notices == ()


@pytest.mark.parametrize("signed", [0, 1])
def test_rescale_is_that_of_each_slice(tmp_path: Path, signed: int) -> None:
    slopes, intercepts = [1, 2, 0.5, 1, 1.001, 1, 0.25], [-1024, -1000, 0, -1024.5, 12, 0, -3000]
    faults = [set_tag("RescaleSlope", str(slope), k) for k, slope in enumerate(slopes)]
    faults += [set_tag("RescaleIntercept", str(intercept), k) for k, intercept in enumerate(intercepts)]
    header = Header(pixel_representation=signed, rescale_intercept=0.0 if signed else -1024.0)
    volume = load(write(tmp_path, header, *faults))
    stored = body_hu(GRID).astype(float) - header.rescale_intercept
    expected = stored * np.reshape(slopes, (7, 1, 1)) + np.reshape(intercepts, (7, 1, 1))
    assert np.array_equal(volume.attenuation_hu, np.rint(expected))


@pytest.mark.parametrize(
    ("stored", "slope", "intercept", "expected"),
    [
        (65535, "1", "-1024", 32767),
        (40000, "1", "-40000", 0),
        (100_000, "1", "-100040", -40),
        (-100_000, "1", "99000", -1000),
        (2**31 - 1, "1", "-2147483000", 647),
        (1000, "1", "1e6", 32767),
        (1000, "1", "-1000.5", 0),
    ],
)
def test_any_slope_and_intercept(tmp_path: Path, stored: int, slope: str, intercept: str, expected: int) -> None:
    """Also beyond 16 bits: the sum is what counts, and what lies outside is set to the limit with a notice."""

    def edit(dataset: pydicom.Dataset) -> None:
        dataset.RescaleSlope, dataset.RescaleIntercept = slope, intercept

    values = np.full((20, 26), stored, dtype=np.int32 if abs(stored) > 65535 or stored < 0 else np.uint16)
    volume = load(write_image(tmp_path / "image", values, edit=edit))
    assert np.unique(volume.attenuation_hu).tolist() == [expected]
    assert ("hu_clipped" in volume.notices) == (abs(expected) == 32767)


@pytest.mark.parametrize(
    ("header", "pad"),
    [
        (Header(pixel_padding_value=0), -1024),
        (Header(pixel_padding_value=-2000, pixel_representation=1, rescale_intercept=0.0), -2000),
        (Header(pixel_padding_value=-1024, pixel_representation=1, rescale_intercept=-1024.0), -2048),
        (Header(pixel_padding_value=65535), 64511),
    ],
)
def test_padding_is_not_imaged(tmp_path: Path, header: Header, pad: int) -> None:
    hu = body_hu(GRID).astype(int)
    hu[:, :2] = pad
    volume = load(write(tmp_path, header, hu=hu))
    assert (volume.attenuation_hu[:, :2] == NOT_IMAGED_HU).all()
    assert np.array_equal(volume.attenuation_hu[:, 2:], hu[:, 2:])
    assert "padding_ignored" not in volume.notices


def unsigned_tag(keyword: str, value: int) -> Fault:
    """Write an attribute as US, whatever its image is."""

    def fault(instances: list) -> list:
        for one in instances:
            one.dataset.add_new(pydicom.datadict.tag_for_keyword(keyword), "US", value)
        return instances

    return fault


def test_padding_written_without_sign_in_a_signed_image(tmp_path: Path) -> None:
    hu = body_hu(GRID)
    hu[:, :2] = -2000
    header = Header(pixel_representation=1, rescale_intercept=0.0)
    volume = load(write(tmp_path, header, unsigned_tag("PixelPaddingValue", 63536), hu=hu))
    assert (volume.attenuation_hu[:, :2] == NOT_IMAGED_HU).all()
    assert (volume.attenuation_hu[:, 2:] != NOT_IMAGED_HU).all()


def test_padding_is_a_range(tmp_path: Path) -> None:
    hu = body_hu(GRID)
    hu[:, 0], hu[:, 1], hu[:, 2] = -3024, -2000, -1500
    header = Header(pixel_padding_value=-3024, pixel_representation=1, rescale_intercept=0.0)
    volume = load(write(tmp_path, header, unsigned_tag("PixelPaddingRangeLimit", 65536 - 1800), hu=hu))
    assert (volume.attenuation_hu[:, :2] == NOT_IMAGED_HU).all()
    assert (volume.attenuation_hu[:, 2] == -1500).all()


@pytest.mark.parametrize(
    "tags",
    [
        {"PixelPaddingValue": 1064},
        {"PixelPaddingValue": 0, "PixelPaddingRangeLimit": 1064},
        {"PixelPaddingValue": 0, "PixelPaddingRangeLimit": 65535},
    ],
    ids=["in", "into", "across"],
)
def test_padding_among_the_values_of_the_body_is_ignored(tmp_path: Path, tags: dict[str, int]) -> None:
    faults = [unsigned_tag(keyword, value) for keyword, value in tags.items()]
    volume = load(write(tmp_path, None, *faults))
    assert np.array_equal(volume.attenuation_hu, body_hu(GRID))
    assert "padding_ignored" in volume.notices


@pytest.mark.parametrize("rescale_type", [None, "HU", ""])
def test_rescale_type_may_be_missing(tmp_path: Path, rescale_type: str | None) -> None:
    fault = drop_tag("RescaleType") if rescale_type is None else set_tag("RescaleType", rescale_type)
    assert load(write(tmp_path, None, fault)).notices == ()


@pytest.mark.parametrize(
    "words", ["Houndsfield Unit", "HOUNSFIELD", "Hounsfield Units", "hounsfield_unit", "Hounsfeild", "hu", "H.U."]
)
def test_rescale_type_in_other_words_is_hounsfield(tmp_path: Path, words: str) -> None:
    (stack,) = find_series(write(tmp_path, None, set_tag("RescaleType", words), set_tag("RescaleType", "HU", 3))).series
    assert stack.rescale_type == "HU"
    assert load_image(stack).notices == ()


@pytest.mark.parametrize("rescale_type", ["US", "ED", "Z_EFF", "MGML", "HU_MOD", "HU*100", "Houndsfield Unit 40keV"])
def test_other_rescale_type_is_refused(tmp_path: Path, rescale_type: str) -> None:
    error = refusal(write(tmp_path, None, set_tag("RescaleType", rescale_type)), "not_hu")
    assert rescale_type in error.message
    assert has_four_parts(error)


def test_slices_of_another_unit_are_a_stack_of_their_own(tmp_path: Path) -> None:
    faults = [drop_tag("RescaleType", 0), set_tag("RescaleType", "Z_EFF", 5), set_tag("RescaleType", "Z_EFF", 6)]
    hounsfield, other = find_series(write(tmp_path, None, *faults)).series
    assert isinstance(load_image(hounsfield), Volume)
    assert len(hounsfield.instances) == 5
    with pytest.raises(PixelError, match="Z_EFF"):
        load_image(other)


@pytest.mark.parametrize(
    "fault", [drop_tag("RescaleSlope"), drop_tag("RescaleIntercept", 3), set_tag("RescaleSlope", "0", 2)]
)
def test_missing_rescale_is_refused(tmp_path: Path, fault: Fault) -> None:
    assert has_four_parts(refusal(write(tmp_path, None, fault), "no_rescale"))


def without_intercept(hu: NDArray[np.int16], **header: object) -> tuple[Header, NDArray[np.int16]]:
    """Stored values passed off as HU: air near 0, soft tissue near 1024."""
    return Header(rescale_intercept=0.0, **header), (hu + 1024).clip(0)


@pytest.mark.parametrize("rescale_type", [drop_tag("RescaleType"), set_tag("RescaleType", "")])
def test_lost_intercept_is_refused(tmp_path: Path, rescale_type: Fault) -> None:
    header, hu = without_intercept(body_hu(GRID))
    error = refusal(write(tmp_path, header, rescale_type, hu=hu), "not_hu", by_header=False)
    assert re.search(r"soft tissue near 106\d,", error.message)
    assert has_four_parts(error)


def test_lost_intercept_is_seen_beside_padding(tmp_path: Path) -> None:
    """-2000 round the field of view is no air."""
    header, hu = without_intercept(body_hu(GRID), pixel_representation=1)
    hu[:, 0] = -2000
    refusal(write(tmp_path, header, drop_tag("RescaleType"), hu=hu), "not_hu", by_header=False)


def test_no_air(tmp_path: Path) -> None:
    hu = np.maximum(body_hu(GRID), 0)
    assert load(write(tmp_path, hu=hu)).notices == ("no_air",)


def test_padding_is_no_air(tmp_path: Path) -> None:
    hu = np.maximum(body_hu(GRID), 0)
    hu[:, 0] = -1024
    assert load(write(tmp_path, Header(pixel_padding_value=0), hu=hu)).notices == ("no_air",)


@pytest.mark.parametrize("word", ["MONO", "VMI", "MONOENERGETIC", "GSI_MONO"])
def test_monoenergetic_is_a_notice(tmp_path: Path, word: str) -> None:
    header = Header(image_type=("DERIVED", "PRIMARY", "AXIAL", word))
    assert load(write(tmp_path, header)).notices == ("monoenergetic",)


# What is no volume

CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
PR, SEG, SR = (f"1.2.840.10008.5.1.4.1.1.{end}" for end in ("11.1", "66.4", "88.33"))


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (Header(image_type=("ORIGINAL", "PRIMARY", "LOCALIZER")), "localizer"),
        (Header(image_type=("ORIGINAL", "PRIMARY", "LOCALIZER", "CT_SOM5 TOP")), "localizer"),
        *(
            (Header(image_type=("DERIVED", "SECONDARY", *words)), "derived_image")
            for words in [
                ("MIP",),
                ("AXIAL", "MINIP"),
                ("MPR", "CSA MIP"),
                ("AXIAL", "VNC"),
                ("AXIAL", "MAT_SPECIFIC"),
                ("AXIAL", "EFF_ATOMIC_NUM"),
                ("PERFUSION", "RCBF"),
                ("VOLUME", "SUBTRACTION"),
                ("VOLUME", "MAXIMUM"),
            ]
        ),
        (Header(modality="MR"), "modality"),
        (Header(modality="PT"), "modality"),
        (Header(modality="US"), "modality"),
        (Header(modality="", sop_class_uid="1.2.840.10008.5.1.4.1.1.4"), "modality"),
        (Header(modality="SEG", sop_class_uid=SEG), "segmentation"),
        (Header(modality="RTSTRUCT"), "segmentation"),
        (Header(modality="SR", sop_class_uid=SR), "not_an_image"),
        (Header(modality="PR", sop_class_uid=PR), "not_an_image"),
        (Header(modality="KO"), "not_an_image"),
        (Header(modality="OT", sop_class_uid=CAPTURE), "secondary_capture"),
        (Header(modality="OT", sop_class_uid=f"{CAPTURE}.4", image_type=("DERIVED", "SECONDARY")), "secondary_capture"),
        (Header(sop_class_uid=CAPTURE, image_type=("DERIVED", "SECONDARY", "MIP")), "derived_image"),
    ],
    ids=lambda value: "" if isinstance(value, Header) else value,
)
def test_what_is_no_ct_is_skipped_with_its_reason(tmp_path: Path, header: Header, reason: str) -> None:
    error = refusal(write(tmp_path, header), reason)
    assert isinstance(error, UnsupportedError)
    assert (header.modality or "no modality") in error.message


@pytest.mark.parametrize(
    "image_type", [("DERIVED", "SECONDARY", "AXIAL"), ("DERIVED", "PRIMARY", "MPR"), ("ORIGINAL", "PRIMARY"), ()]
)
def test_reformats_and_images_without_a_type_are_measured(tmp_path: Path, image_type: tuple[str, ...]) -> None:
    assert load(write(tmp_path, Header(image_type=image_type))).notices == ()


@pytest.mark.parametrize("sop_class_uid", [CAPTURE, f"{CAPTURE}.2"])
def test_ct_saved_as_secondary_capture_is_measured_with_a_notice(tmp_path: Path, sop_class_uid: str) -> None:
    volume = load(write(tmp_path, Header(sop_class_uid=sop_class_uid, image_type=("DERIVED", "SECONDARY"))))
    assert volume.notices == ("secondary_capture_measured",)
    assert np.array_equal(volume.attenuation_hu, body_hu(GRID))


@pytest.mark.parametrize(
    "keyword",
    ["ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "RescaleSlope", "RescaleIntercept"],
)
def test_secondary_capture_without_place_or_scale_is_skipped(tmp_path: Path, keyword: str) -> None:
    path = write(tmp_path, Header(sop_class_uid=CAPTURE), drop_tag(keyword))
    refusal(path, "secondary_capture")


@pytest.mark.parametrize("word", ["REF_SURVIEW", "LOCALIZER"])
def test_captured_survey_is_skipped(tmp_path: Path, word: str) -> None:
    header = Header(sop_class_uid=CAPTURE, image_type=("DERIVED", "SECONDARY", word))
    refusal(write(tmp_path, header), "secondary_capture")


def test_single_capture_is_skipped(tmp_path: Path) -> None:
    grid = straight_grid((1, 20, 26), (2.5, 0.7, 0.6))
    refusal(write(tmp_path, Header(sop_class_uid=CAPTURE), grid=grid, hu=body_hu(GRID)[3:4]), "secondary_capture")


def test_screen_shot_of_8_bits_is_skipped(tmp_path: Path) -> None:
    path = write_image(
        tmp_path / "image", np.zeros((20, 26), np.uint8), edit=lambda one: setattr(one, "SOPClassUID", CAPTURE)
    )
    refusal(path, "secondary_capture")


@pytest.mark.parametrize("length", [2, 512])
def test_padding_is_a_notice_of_the_volume(tmp_path: Path, length: int) -> None:
    def pad(dataset: pydicom.Dataset) -> None:
        dataset["PixelData"].value = dataset.PixelData + bytes(length)

    path = write_multiframe(tmp_path / "image", body_hu(GRID), GRID, edit=pad)
    assert load(path).notices == ("excess_padding",)
    assert np.array_equal(load(path).attenuation_hu, body_hu(GRID))


REFORMATTED = ("DERIVED", "SECONDARY", "REFORMATTED", "AVERAGE")
BY_DESCRIPTION = [
    "MIP 20mm AX",
    "thin mip",
    "AX MIPs",
    "COR_MIP_10",
    "20MIP",
    "MinIP 5 mm",
    "Min IP",
    "MAX-IP",
    "Hals t-MIP",
    "RaySum",
    "Maximum Intensity Projection",
    "Maximumintensit\u00e4tsprojektion",
    "Projection d'intensit\u00e9 maximale",
    "Proyecci\u00f3n de m\u00e1xima intensidad",
    "Proiezione di massima intensit\u00e0",
    "Volume rendering",
]
NO_PROJECTION = [
    "AX thin for MIP",
    "1 mm no MIP",
    "MIP source",
    "ohne MIP",
    "w/o MIP",
    "Lumipuls",
    "Ship 3",
    "MPR cor 3 mm average",
    "high intensity trauma",
    "VRIES 1.0",
]


@pytest.mark.parametrize("description", BY_DESCRIPTION)
@pytest.mark.parametrize("keyword", ["SeriesDescription", "DerivationDescription"])
def test_projection_that_words_name_is_skipped(tmp_path: Path, keyword: str, description: str) -> None:
    faults = (set_tag("SpecificCharacterSet", "ISO_IR 192"), set_tag(keyword, description))
    error = refusal(write(tmp_path, Header(image_type=REFORMATTED), *faults), "derived_image")
    where = {"SeriesDescription": "(0008,103E)", "DerivationDescription": "(0008,2111)"}[keyword]
    assert where in error.message
    assert error.message.endswith(". Measure the series that it was computed from.")
    assert description not in error.message


@pytest.mark.parametrize("description", NO_PROJECTION)
def test_words_that_name_no_projection(tmp_path: Path, description: str) -> None:
    path = write(tmp_path, Header(image_type=REFORMATTED), set_tag("SeriesDescription", description))
    assert load(path).notices == ()


def test_original_with_the_name_of_a_projection_is_a_notice(tmp_path: Path) -> None:
    assert load(write(tmp_path, None, set_tag("SeriesDescription", "MIP 20mm AX"))).notices == ("projection_named",)
    assert "projection_named" in NOTICES


@pytest.mark.parametrize("word", ["MIPS", "SLAB MIP", "MIP_20", "MAXIP", "TMIP", "RAYSUM"])
def test_other_words_of_image_type(tmp_path: Path, word: str) -> None:
    refusal(write(tmp_path, Header(image_type=("DERIVED", "SECONDARY", "AXIAL", word))), "derived_image")


@pytest.mark.parametrize(
    ("keyword", "value", "skipped"),
    [
        ("VolumetricProperties", "VOLUME", False),
        ("VolumetricProperties", "SAMPLED", True),
        ("VolumetricProperties", "DISTORTED", True),
        ("VolumetricProperties", "MIXED", True),
        ("VolumeBasedCalculationTechnique", "NONE", False),
        ("VolumeBasedCalculationTechnique", "MPR", False),
        ("VolumeBasedCalculationTechnique", "MAX_IP", True),
        ("VolumeBasedCalculationTechnique", "MIN_IP", True),
        ("VolumeBasedCalculationTechnique", "CURVED_MPR", True),
        ("VolumeBasedCalculationTechnique", "VOLUME_RENDER", True),
    ],
)
@pytest.mark.parametrize("multi_frame", [False, True], ids=["single", "multi"])
def test_projection_by_its_volumetric_properties(
    tmp_path: Path, keyword: str, value: str, skipped: bool, multi_frame: bool
) -> None:
    if multi_frame:
        path = write_multiframe(
            tmp_path / "image", body_hu(GRID), GRID, edit=lambda dataset: setattr(dataset, keyword, value)
        )
    else:
        path = write(tmp_path, None, set_tag(keyword, value))
    if skipped:
        assert "(0008,9206)" in refusal(path, "derived_image").message
    else:
        assert load(path).notices == ()


def test_frames_that_are_no_voxels_are_a_stack_of_their_own(tmp_path: Path) -> None:
    def two_kinds(dataset: pydicom.Dataset) -> None:
        for frame in dataset.PerFrameFunctionalGroupsSequence[4:]:
            (item,) = frame.CTImageFrameTypeSequence = [pydicom.Dataset()]
            item.FrameType = ["ORIGINAL", "PRIMARY", "AXIAL"]
            item.VolumetricProperties = "SAMPLED"

    path = write_multiframe(tmp_path / "image", body_hu(GRID), GRID, shared=True, edit=two_kinds)
    sizes = {stack.volume_words: len(stack.instances) for stack in find_series(path).series}
    assert sizes == {frozenset(): 4, frozenset({"SAMPLED"}): 3}


def test_overlapping_thick_slices_are_no_projection(tmp_path: Path) -> None:
    assert load(write(tmp_path, Header(slice_thickness_mm=20.0, image_type=REFORMATTED))).notices == ()


def test_object_without_rows_is_no_image(tmp_path: Path) -> None:
    header = Header(sop_class_uid="1.2.840.10008.5.1.4.1.1.104.1")
    refusal(write(tmp_path, header, drop_tag("Rows"), drop_tag("Columns")), "not_an_image")


def test_ct_that_ends_in_its_header_is_a_failure_and_not_another_object(tmp_path: Path) -> None:
    """A slice that was cut off is missing: it must not look as if it were a report."""
    error = refusal(write(tmp_path, None, drop_tag("Rows"), drop_tag("Columns")), "no_pixels")
    assert not isinstance(error, UnsupportedError)
    assert has_four_parts(error)


def test_ct_image_that_has_lost_its_modality_is_a_ct(tmp_path: Path) -> None:
    """So that its slice is not missed without a word, or its stack passed over."""
    assert load(write(tmp_path / "all", Header(modality=""))).notices == ()
    found = find_series(write(tmp_path / "one", None, set_tag("Modality", "", 6)))
    assert [len(stack.instances) for stack in found.series] == [6, 1]
    assert all("split_series" in stack.notices for stack in found.series)


def test_color_is_refused(tmp_path: Path) -> None:
    assert has_four_parts(refusal(write(tmp_path, None, set_tag("SamplesPerPixel", 3)), "color_image"))


def test_stack_larger_than_allowed_is_refused_before_its_pixels_are_read(tmp_path: Path) -> None:
    (stack,) = find_series(write(tmp_path)).series
    small = Settings(max_volume_gb=2 * 7 * 20 * 26 / 1e9 - 1e-9)
    for read in (load_image, check_headers):
        with pytest.raises(PixelError) as caught:
            read(stack, small)
        assert caught.value.reason == "out_of_memory"
        assert has_four_parts(caught.value)
    load_image(stack, replace(small, max_volume_gb=small.max_volume_gb + 2e-9))


# The grid


def test_missing_slice_is_refused_with_its_place(tmp_path: Path) -> None:
    error = refusal(write(tmp_path, None, missing_slice(4)), "missing_slice")
    assert isinstance(error, GeometryError)
    assert "Steps of 2.50 mm expected, found 5.00 mm between slices 4 and 5 (Instance Numbers 4 and 6)" in error.message
    assert has_four_parts(error)


@pytest.fixture(scope="module")
def slice_series(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """A series of one slice, to be placed."""
    path = write_image(tmp_path_factory.mktemp("slice") / "image", np.zeros((20, 26), dtype=np.uint16))
    (stack,) = find_series(path).series
    return stack


def placed(stack: Stack, positions_mm: Sequence[float], thickness_mm: float | None = None) -> Stack:
    """Put copies of a slice at these positions."""
    (one,) = stack.instances
    instances = tuple(
        replace(one, position_lps_mm=(-7.5, -6.65, float(z)), instance_number=number, sop_uid=f"1.2.{number}")
        for number, z in enumerate(positions_mm, 1)
    )
    return replace(stack, instances=instances, slice_thickness_mm=thickness_mm)


def refuse_by_header(stack: Stack, reason: str) -> SeriesError:
    with pytest.raises(GeometryError) as caught:
        check_headers(stack, SETTINGS)
    assert caught.value.reason == reason
    assert has_four_parts(caught.value)
    return caught.value


def sums(*steps_mm: float) -> list[float]:
    return [float(position) for position in np.cumsum([0.0, *steps_mm])]


def step_names(steps_mm: object) -> str:
    return "-".join(f"{step:g}" for step in steps_mm) if isinstance(steps_mm, list) else ""


EVEN = [5.0] * 6


@pytest.mark.parametrize(
    "steps_mm",
    [
        [10, *EVEN],
        [*EVEN, 10],
        [*EVEN, 10, *EVEN],
        [*EVEN, 15, *EVEN],
        [*EVEN, 10, 5, 10, *EVEN],
        [*EVEN, 10, 10, *EVEN],
        [*EVEN, 40, *EVEN],
        [*EVEN, 18, *EVEN],
        [5, 10],
        [10, 5],
        [5, 10, 5, 10, 5, 10],
        [10, 5, 10, 5, 10, 5],
        [5, 10, 5],
        [*EVEN, 20, *[10] * 6],
    ],
    ids=step_names,
)
def test_gap_of_whole_steps_is_refused(slice_series: Stack, steps_mm: list[float]) -> None:
    refuse_by_header(placed(slice_series, sums(*steps_mm)), "missing_slice")


@pytest.mark.parametrize("decimals", [1, 2, 6])
@pytest.mark.parametrize("spacing_mm", [0.625, 1.25, 0.75, 0.33, 3.27, 0.9765625])
@pytest.mark.parametrize("lost", [1, 2])
def test_missing_slice_is_seen_in_rounded_positions(
    slice_series: Stack, spacing_mm: float, decimals: int, lost: int
) -> None:
    """Written with one decimal, 0.625 mm are steps of 0.6 and 0.7, and a gap of 1.25 is one of 1.2 or 1.3."""
    positions = np.round(np.arange(40) * spacing_mm, decimals)
    check_headers(placed(slice_series, positions), SETTINGS)
    for start in range(4, 34):
        refuse_by_header(placed(slice_series, np.delete(positions, range(start, start + lost))), "missing_slice")


@pytest.mark.parametrize(
    ("steps_mm", "notices"),
    [
        ([*EVEN, 8, *EVEN], ("uneven_spacing",)),
        ([*EVEN, *[10.0] * 6], ("uneven_spacing",)),
        ([*[10.0] * 6, *EVEN], ("uneven_spacing",)),
        ([*EVEN, *[10.0] * 3, *EVEN], ("uneven_spacing",)),
        ([*EVEN, 10, 10], ("uneven_spacing",)),
        ([*[4.0] * 5, 1.08, *[7.0] * 5], ("uneven_spacing",)),
        ([*EVEN, 2.5, *EVEN], ("uneven_spacing",)),
        ([*EVEN, 12.5, *EVEN], ("uneven_spacing",)),
        ([*np.linspace(2, 4, 9)], ("uneven_spacing",)),
        ([5, 5.02, 4.99, 5.01], ()),
        ([5, 7], ("uneven_spacing",)),
        ([5], ()),
        ([*EVEN, 1.0, *EVEN], ("uneven_spacing",)),
    ],
    ids=step_names,
)
def test_uneven_steps_are_taken_with_a_notice(
    slice_series: Stack, steps_mm: list[float], notices: tuple[str, ...]
) -> None:
    geometry, found = stack_geometry(placed(slice_series, sums(*steps_mm), max(steps_mm)), SETTINGS)
    assert found == notices
    assert geometry.slice_steps_mm == pytest.approx(steps_mm, abs=1e-9)


@pytest.mark.parametrize("same_uid", [True, False])
def test_slice_that_is_there_twice_is_dropped(tmp_path: Path, same_uid: bool) -> None:
    volume = load(write(tmp_path, None, duplicate_slice(3, same_uid=same_uid)))
    assert volume.notices == ("duplicate_dropped",)
    assert len(volume.stack.instances) == 7
    assert np.array_equal(volume.attenuation_hu, body_hu(GRID))


def other_pixels(k: int) -> Fault:
    def fault(instances: list) -> list:
        instances[k].stored = instances[k].stored + 1
        return instances

    return fault


def test_same_position_and_other_pixels_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, None, duplicate_slice(3), other_pixels(3))
    error = refusal(path, "duplicate_positions", by_header=False)
    assert "2 images that share theirs, the first between slices 4 and 5 (Instance Numbers 4 and 4)" in error.message
    assert has_four_parts(error)


def test_headers_alone_decode_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What only tells what would be measured does not wait for a decoder, and does not end with it."""

    def decode(_: object) -> None:
        raise AssertionError("pixels were read")

    (copied,) = find_series(write(tmp_path / "copy", None, duplicate_slice(3), other_pixels(3))).series
    (other,) = find_series(write(tmp_path / "other", None, duplicate_slice(3), set_tag("InstanceNumber", 99, 3))).series
    monkeypatch.setattr("calcimeasure.load.volume.stored_values", decode)
    check_headers(copied, SETTINGS)
    with pytest.raises(GeometryError, match="2 images that share theirs"):
        check_headers(other, SETTINGS)


def test_same_position_and_pixels_with_another_rescale_is_refused(tmp_path: Path) -> None:
    refusal(write(tmp_path, None, duplicate_slice(3), set_tag("RescaleIntercept", "-1000", 3)), "duplicate_positions")


def test_all_at_one_position_is_refused(tmp_path: Path) -> None:
    grid = straight_grid((4, 20, 26), (2.5, 0.7, 0.6))
    place = [format(value, ".6f") for value in grid.origins_lps_mm[0]]
    error = refusal(write(tmp_path, None, set_tag("ImagePositionPatient", place), grid=grid), "one_position")
    assert "4 images at one position" in error.message
    assert has_four_parts(error)


def replace_bytes(path: Path, old: bytes, new: bytes) -> None:
    content = path.read_bytes()
    assert old in content
    assert len(old) == len(new)
    path.write_bytes(content.replace(old, new))


@pytest.mark.parametrize(
    ("keyword", "reason"),
    [
        ("ImagePositionPatient", "no_position"),
        ("ImageOrientationPatient", "no_orientation"),
        ("PixelSpacing", "no_pixel_spacing"),
    ],
)
def test_grid_without_a_place_or_a_size_is_refused(tmp_path: Path, keyword: str, reason: str) -> None:
    assert has_four_parts(refusal(write(tmp_path / "missing", None, drop_tag(keyword)), reason))
    assert has_four_parts(refusal(write(tmp_path / "empty", None, set_tag(keyword, "")), reason))


def test_one_slice_without_a_position_is_named(tmp_path: Path) -> None:
    error = refusal(write(tmp_path, None, drop_tag("ImagePositionPatient", 4)), "no_position")
    assert "none in IM00004.dcm" in error.message


@pytest.mark.parametrize(
    "spacing", ["0\\0.6 ", "0.7\\0", "-.7\\.6", "NaN\\.6", "Inf\\.6", "0.7", "0,7\\,6", "a\\b", "1_0\\.6", "7\\6\\5"]
)
def test_pixel_spacing_that_is_no_size_is_refused(tmp_path: Path, spacing: str) -> None:
    write(tmp_path, None, set_tag("PixelSpacing", ["1.11111", "2.22222"]))
    for path in tmp_path.iterdir():
        replace_bytes(path, b"1.11111\\2.22222", spacing.ljust(15).encode())
    refusal(tmp_path, "no_pixel_spacing")


@pytest.mark.parametrize("position", ["NaN", "Inf", "1e999", "x", ""])
def test_position_that_is_no_number_is_refused(tmp_path: Path, position: str) -> None:
    write(tmp_path, None, set_tag("ImagePositionPatient", ["111111", "222222", "333333"], 2))
    replace_bytes(tmp_path / "IM00002.dcm", b"222222", position.ljust(6).encode())
    assert "none in IM00002.dcm" in refusal(tmp_path, "no_position").message


@pytest.mark.parametrize(
    "directions",
    [
        [1, 0, 0, 0, 2, 0],
        [0, 0, 0, 0, 0, 0],
        [1, 0, 0, 1, 0, 0],
        [1, 0, 0, 0.01, 1, 0],
        [0.99, 0, 0, 0, 1, 0],
        [1, 0, 0],
    ],
)
def test_directions_that_are_no_perpendicular_unit_vectors_are_refused(tmp_path: Path, directions: list[float]) -> None:
    error = refusal(write(tmp_path, None, set_tag("ImageOrientationPatient", directions)), "no_orientation")
    assert has_four_parts(error)


def test_directions_are_made_exact_within_their_rounding(tmp_path: Path) -> None:
    rounded = [format(value, ".3f") for value in (*GRID.row_direction, *GRID.column_direction)]
    geometry = load(write(tmp_path, None, set_tag("ImageOrientationPatient", rounded))).geometry
    frame = np.stack([geometry.row_direction, geometry.column_direction, geometry.normal])
    assert frame @ frame.T == pytest.approx(np.eye(3), abs=1e-12)
    assert geometry.row_direction == pytest.approx(GRID.row_direction, abs=1e-3)


@pytest.mark.parametrize("k", [0, 3, 6])
@pytest.mark.parametrize("by_mm", [(3.0, 0.0), (0.0, -1.0), (0.8, 0.8)])
def test_slice_beside_the_line_of_its_stack_is_refused(tmp_path: Path, k: int, by_mm: tuple[float, float]) -> None:
    by_lps_mm = by_mm[0] * GRID.row_direction + by_mm[1] * GRID.column_direction
    error = refusal(write(tmp_path, None, move_slice(k, tuple(by_lps_mm))), "irregular_shift")
    assert has_four_parts(error)


def test_shift_of_rounding_is_taken(tmp_path: Path) -> None:
    by_lps_mm = tuple(0.3 * GRID.row_direction)
    assert load(write(tmp_path, None, move_slice(3, by_lps_mm))).notices == ()


@pytest.mark.parametrize("tilt_deg", [-24.0, 5.0, 18.5])
def test_tilted_stack_keeps_its_origins(tmp_path: Path, tilt_deg: float) -> None:
    grid = tilted_grid((7, 20, 26), (2.5, 0.7, 0.6), tilt_deg)
    volume = load(write(tmp_path, grid=grid))
    assert volume.notices == ("sheared_stack",)
    assert volume.geometry.origins_lps_mm == pytest.approx(grid.origins_lps_mm, abs=1e-6)
    step = 2.5 * np.cos(np.deg2rad(tilt_deg))
    assert volume.geometry.slice_steps_mm == pytest.approx(np.full(6, step), abs=1e-4)
    assert np.array_equal(volume.attenuation_hu, body_hu(grid))


@pytest.mark.parametrize(
    ("thickness_mm", "sparse"), [(1.0, True), (1.6, True), (1.7, False), (2.5, False), (5.0, False)]
)
def test_gaps_between_slices_empty_what_needs_them_filled(tmp_path: Path, thickness_mm: float, sparse: bool) -> None:
    hu = body_hu(GRID)
    path = write(tmp_path, Header(slice_thickness_mm=thickness_mm), hu=hu)
    assert load(path).notices == (("non_contiguous",) if sparse else ())
    (stack,) = find_series(path).series
    (lesion,) = analyze(stack, Settings(min_volume_mm3=5)).lesions
    for value in (lesion.measurements.volume_mesh_ml, lesion.measurements.volume_voxels_ml):
        assert (value is None) == sparse
    assert (lesion.measurements.max_3d_diameter is None) == sparse
    assert lesion.measurements.long_axis.length_mm > 3


@pytest.mark.parametrize("thickness", ["", "0", "-1", "x"])
def test_slice_thickness_that_says_nothing(tmp_path: Path, thickness: str) -> None:
    assert load(write(tmp_path, None, set_tag("SliceThickness", "2.2222"))).notices == ()
    for path in tmp_path.iterdir():
        replace_bytes(path, b"2.2222", thickness.ljust(6).encode())
    assert load(tmp_path).notices == ("gaps_unchecked",)


@pytest.mark.parametrize("thickness", ["", "0", "-1", "0.002", "1000", "x"])
def test_gaps_are_seen_by_other_slices_where_the_thickness_says_nothing(tmp_path: Path, thickness: str) -> None:
    """Slices of 2.5 mm, and three steps of 9 mm through the mass: what lies between was not imaged."""
    steps = (2.5, 9.0, 9.0, 9.0, 2.5, 2.5)
    moved = [set_tag("ImagePositionPatient", [10.0, 20.0, z], k) for k, z in enumerate(sums(*steps))]
    grid = straight_grid((7, 20, 26), (2.5, 0.7, 0.6))
    write(tmp_path, None, *moved, set_tag("SliceThickness", "2.2222"), grid=grid)
    for path in tmp_path.iterdir():
        replace_bytes(path, b"2.2222", thickness.ljust(6).encode())
    (stack,) = find_series(tmp_path).series
    (lesion,) = analyze(stack, Settings(min_volume_mm3=5)).lesions
    assert "non_contiguous" in lesion.notices
    assert lesion.measurements.volume_ml is None
    assert "gaps_unchecked" not in lesion.notices


# Sizes and values that no body has


@pytest.mark.parametrize(
    "spacing",
    [(1e-30, 1e-30), (0.001, 0.001), (0.01, 0.01), (0.6, 0.001), (20.0, 20.0), (0.7, 20.0), (1000.0, 1000.0)],
)
def test_pixels_that_no_anatomy_fits_are_refused(tmp_path: Path, spacing: tuple[float, float]) -> None:
    error = refusal(write(tmp_path, None, set_tag("PixelSpacing", list(spacing))), "implausible_size")
    assert has_four_parts(error)
    assert "(0028,0030)" in error.message


@pytest.mark.parametrize(
    ("spacing_mm", "reason"), [(0.02, "field"), (0.05, None), (0.11, None), (0.3, None), (0.5, None)]
)
def test_small_field(tmp_path: Path, spacing_mm: float, reason: str | None) -> None:
    """20 x 26 pixels: 0.4 mm is refused, 1 to 6 mm are a notice, 10 mm is a finger."""
    path = write(tmp_path, None, set_tag("PixelSpacing", [spacing_mm, spacing_mm]))
    if reason:
        assert "A field of 0.5 to 3000 mm expected, found 0.4 x 0.52 mm" in refusal(path, "implausible_size").message
    else:
        assert load(path).notices == (("unusual_size",) if spacing_mm < 0.4 else ())


@pytest.mark.parametrize(
    ("step_mm", "reason"),
    [
        (0.002, "implausible_size"),
        (250.0, "implausible_size"),
        (10000.0, "implausible_size"),
        (1e6, "implausible_place"),
        (1e300, "implausible_place"),
    ],
)
def test_steps_that_no_anatomy_fits_are_refused(slice_series: Stack, step_mm: float, reason: str) -> None:
    stack = placed(slice_series, [k * step_mm for k in range(7)])
    assert "(0020,0032)" in refuse_by_header(stack, reason).message


@pytest.mark.parametrize(
    ("step_mm", "count", "outcome"), [(60.0, 30, None), (60.0, 40, "notice"), (99.0, 40, "refused")]
)
def test_longer_than_a_body(slice_series: Stack, step_mm: float, count: int, outcome: str | None) -> None:
    stack = placed(slice_series, [k * step_mm for k in range(count)], thickness_mm=30.0)
    if outcome == "refused":
        refuse_by_header(stack, "implausible_size")
    else:
        _, notices = stack_geometry(stack, SETTINGS)
        assert ("unusual_size" in notices) == (outcome == "notice")


def rescaled(slope: float, intercept: float) -> Fault:
    """Give all slices another slope and intercept. Their stored values stay."""

    def fault(instances: list) -> list:
        for instance in instances:
            instance.dataset.RescaleSlope, instance.dataset.RescaleIntercept = str(slope), str(intercept)
        return instances

    return fault


@pytest.mark.parametrize("rescale_type", ["HU", ""])
@pytest.mark.parametrize(("slope", "intercept"), [(10, -1024), (2, -1024), (0.001, -1024), (0.001, 0), (1e30, -1024)])
def test_slope_that_gives_no_hounsfield_units_is_refused(
    tmp_path: Path, slope: float, intercept: float, rescale_type: str
) -> None:
    path = write(tmp_path, None, rescaled(slope, intercept), set_tag("RescaleType", rescale_type))
    error = refusal(path, "not_hu", by_header=False)
    assert has_four_parts(error)
    assert "(0028,1053)" in error.message


@pytest.mark.parametrize(("slope", "intercept"), [(-1, -1024), (-1, 1024), (-1e30, 0)])
def test_negative_slope_is_refused(tmp_path: Path, slope: float, intercept: float) -> None:
    assert has_four_parts(refusal(write(tmp_path, None, rescaled(slope, intercept)), "not_hu"))


@pytest.mark.parametrize("header", [Header(rescale_slope=10, rescale_intercept=-10240), Header(rescale_slope=0.5)])
def test_other_slope_that_gives_hounsfield_units_is_taken(tmp_path: Path, header: Header) -> None:
    """An extended scale has a slope of 10, so that metal has a value too."""
    volume = load(write(tmp_path, header))
    assert volume.notices == ()
    assert volume.attenuation_hu == pytest.approx(body_hu(GRID), abs=5)


def test_false_intercept_is_a_notice(tmp_path: Path) -> None:
    assert "no_soft_tissue" in load(write(tmp_path, None, rescaled(1, -2048))).notices


def test_finger_and_spine_fields_are_taken(tmp_path: Path) -> None:
    """A spine field has no air: a notice as before, and no refusal."""
    assert load(write(tmp_path / "finger", None, set_tag("PixelSpacing", [0.75, 0.6]))).notices == ()
    spine = np.where(body_hu(GRID) < -500, 60, body_hu(GRID)).astype(np.int16)
    assert load(write(tmp_path / "spine", hu=spine)).notices == ("no_air",)
    scaled = Header(rescale_slope=2.0)
    assert load(write(tmp_path / "scaled", scaled, hu=spine)).notices == ("no_air",)


@pytest.mark.parametrize(
    ("tags", "uncalibrated"),
    [
        ({"Manufacturer": "SCANCO Medical AG"}, True),
        ({"ManufacturerModelName": "XtremeCT II"}, True),
        ({"ManufacturerModelName": "i-CAT"}, True),
        ({"ManufacturerModelName": "NewTom VGi"}, True),
        ({"Manufacturer": "Planmed Oy", "ManufacturerModelName": "Verity"}, True),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "AXIAL", "CBCT"]}, True),
        ({"ImageType": ["DERIVED", "SECONDARY", "DYNACT"]}, True),
        ({"SeriesDescription": "Cone beam hand"}, True),
        ({"KVP": "60"}, True),
        ({"KVP": "60", "ImageType": ["DERIVED", "PRIMARY", "AXIAL", "MONOENERGETIC"]}, False),
        ({"KVP": "70"}, False),
        ({"KVP": ""}, False),
        ({"Manufacturer": "SIEMENS", "ManufacturerModelName": "SOMATOM Definition AS+"}, False),
        ({"Manufacturer": "GE MEDICAL SYSTEMS", "ManufacturerModelName": "LightSpeed VCT"}, False),
        ({"Manufacturer": "Philips", "ManufacturerModelName": "iCT 256"}, False),
        ({"Manufacturer": "TOSHIBA", "ManufacturerModelName": "Aquilion ONE"}, False),
    ],
    ids=str,
)
def test_devices_without_calibrated_values(tmp_path: Path, tags: dict[str, object], uncalibrated: bool) -> None:
    notices = load(write(tmp_path, None, *(set_tag(keyword, value) for keyword, value in tags.items()))).notices
    assert ("hu_uncalibrated" in notices) == uncalibrated


def test_voxels_finer_than_those_of_whole_body_ct(tmp_path: Path) -> None:
    grid = straight_grid((5, 40, 52), (0.082, 0.082, 0.082))
    assert "hu_uncalibrated" in load(write(tmp_path / "fine", grid=grid)).notices
    assert (
        "hu_uncalibrated"
        not in load(write(tmp_path / "thick", Header(), set_tag("PixelSpacing", [0.11, 0.11]))).notices
    )


def test_single_slice(tmp_path: Path) -> None:
    grid = straight_grid((1, 20, 26), (2.5, 0.7, 0.6))
    hu = body_hu(GRID)[3:4]
    path = write(tmp_path, grid=grid, hu=hu)
    volume = load(path)
    assert volume.notices == ("single_slice",)
    assert volume.geometry.slice_spacing_mm is None
    settings = Settings(min_volume_mm3=5)
    (outline,) = find_components(volume, settings).outlines
    numbers = measure(volume, outline, settings)
    assert numbers.volume_mesh_ml is None
    assert numbers.area_mm2 == pytest.approx(20 * 0.42)


@pytest.mark.parametrize("tag", ["SliceLocation", "InstanceNumber", "SliceThickness"])
def test_other_tags_place_nothing(tmp_path: Path, tag: str) -> None:
    wrong = [set_tag(tag, 50 - 7 * k if k % 2 else 3, k) for k in range(7)]
    volume = load(write(tmp_path, None, *wrong))
    assert np.array_equal(volume.attenuation_hu, body_hu(GRID))
    assert volume.geometry.origins_lps_mm == pytest.approx(GRID.origins_lps_mm, abs=1e-6)


# Multi-frame


def same_volumes(one: Volume, other: Volume) -> None:
    assert np.array_equal(one.attenuation_hu, other.attenuation_hu)
    for name in ("row_direction", "column_direction", "origins_lps_mm", "row_spacing_mm", "column_spacing_mm"):
        assert np.array_equal(getattr(one.geometry, name), getattr(other.geometry, name))
    assert one.notices == other.notices


HEADER = Header(patient_id="Größe", series_description="Hüfte links", kernel="Br59", kvp=80.0, slice_thickness_mm=2.2)


@pytest.mark.parametrize("shared", [True, False], ids=["shared", "own"])
@pytest.mark.parametrize("kind", MULTIFRAME)
@pytest.mark.parametrize(
    ("syntax", "table", "fragments"),
    [
        ("explicit_le", "basic", 1),
        ("implicit_le", "basic", 1),
        ("explicit_be", "basic", 1),
        ("deflated", "basic", 1),
        ("rle", "basic", 1),
        ("rle", "empty", 1),
        ("rle", "basic", 2),
        ("jpeg_ls", "empty", 1),
        ("jpeg_ls", "empty", 3),
        ("jpeg_ls", "extended", 1),
        ("jpeg_2000", "basic", 2),
        ("jpeg_lossless", "empty", 2),
        ("htj2k", "extended", 1),
    ],
)
def test_multi_frame_is_the_volume_of_its_classic_twin(
    tmp_path: Path, kind: str, syntax: str, table: str, fragments: int, shared: bool
) -> None:
    hu = body_hu(GRID)
    classic = load(write(tmp_path / "classic", HEADER, hu=hu))
    path = write_multiframe(
        tmp_path / "one", hu, GRID, HEADER, kind=kind, syntax=syntax, shared=shared, table=table, fragments=fragments
    )
    volume = load(path)
    same_volumes(volume, classic)
    for fact in ("patient_id", "description", "slice_thickness_mm", "frame_of_reference_uid", "study_uid"):
        assert getattr(volume.stack, fact) == getattr(classic.stack, fact)
    if kind != "capture":
        assert (volume.stack.kvp, volume.stack.convolution_kernel) == (80.0, "Br59")


def test_frames_in_any_order(tmp_path: Path) -> None:
    hu = body_hu(GRID)
    classic = load(write(tmp_path / "classic", hu=hu))
    path = write_multiframe(tmp_path / "one", hu, GRID, order=[3, 0, 6, 1, 5, 2, 4])
    same_volumes(load(path), classic)


def test_nearest_attribute_counts(tmp_path: Path) -> None:
    """A rescale of a frame's own is that of this frame alone; at the top level it is that of none that has one."""

    def edit(dataset: pydicom.Dataset) -> None:
        dataset.RescaleSlope, dataset.RescaleIntercept = 7, 7
        own = dataset.PerFrameFunctionalGroupsSequence[2]
        own.PixelValueTransformationSequence = [group(RescaleSlope=2, RescaleIntercept=-1000, RescaleType="HU")]

    hu = body_hu(GRID)
    volume = load(write_multiframe(tmp_path / "one", hu, GRID, edit=edit))
    expected = hu.copy()
    expected[2] = (hu[2] + 1024) * 2 - 1000
    assert np.array_equal(volume.attenuation_hu, expected)


def lose_frame(dataset: pydicom.Dataset) -> None:
    dataset.PerFrameFunctionalGroupsSequence = list(dataset.PerFrameFunctionalGroupsSequence)[:-1]


@pytest.mark.parametrize("edit", [lose_frame, lambda dataset: setattr(dataset, "NumberOfFrames", 5)])
@pytest.mark.parametrize("syntax", ["explicit_le", "jpeg_ls"])
def test_number_of_frames_that_does_not_match_is_unreadable(tmp_path: Path, syntax: str, edit: Edit) -> None:
    found = find_series(write_multiframe(tmp_path / "one", body_hu(GRID), GRID, syntax=syntax, edit=edit))
    assert found.series == ()
    assert [failure.reason for failure in found.unreadable] == ["unreadable_file"]
    assert "frames (0028,0008)" in found.unreadable[0].message


@pytest.mark.parametrize("syntax", ["explicit_le", "jpeg_ls", "rle"])
@pytest.mark.parametrize("kind", ["enhanced", "capture"])
def test_frames_without_a_place_of_their_own_are_never_taken_for_one_slice(
    tmp_path: Path, syntax: str, kind: str
) -> None:
    def flat(dataset: pydicom.Dataset) -> None:
        own, common = dataset.PerFrameFunctionalGroupsSequence[0], dataset.SharedFunctionalGroupsSequence[0]
        for macro in (*own, *common):
            dataset.update(macro.value[0])
        del dataset.PerFrameFunctionalGroupsSequence, dataset.SharedFunctionalGroupsSequence

    path = write_multiframe(tmp_path / "one", body_hu(GRID), GRID, kind=kind, syntax=syntax, edit=flat)
    refusal(path, "secondary_capture" if kind == "capture" else "no_position")


@pytest.mark.parametrize("syntax", ["jpeg_ls", "rle"])
def test_frames_that_are_fewer_than_their_groups_are_refused(tmp_path: Path, syntax: str) -> None:
    def lose_pixels(dataset: pydicom.Dataset) -> None:
        frames = list(pydicom.encaps.generate_frames(dataset.PixelData, number_of_frames=7))
        dataset.PixelData = pydicom.encaps.encapsulate(frames[:-1])
        dataset["PixelData"].is_undefined_length = True

    path = write_multiframe(tmp_path / "one", body_hu(GRID), GRID, syntax=syntax, edit=lose_pixels)
    refusal(path, "decode_failed", by_header=False)


def test_offsets_that_lie_are_not_followed(tmp_path: Path) -> None:
    """With one fragment for each frame there is nothing to ask an offset table for."""

    def lie(dataset: pydicom.Dataset) -> None:
        data = bytearray(dataset.PixelData)
        data[8:12], data[12:16] = data[12:16], data[8:12]
        dataset.PixelData = bytes(data)
        dataset["PixelData"].is_undefined_length = True

    hu = body_hu(GRID)
    volume = load(write_multiframe(tmp_path / "one", hu, GRID, syntax="jpeg_ls", edit=lie))
    assert np.array_equal(volume.attenuation_hu, hu)


def test_offsets_between_fragments_are_refused(tmp_path: Path) -> None:
    def lie(dataset: pydicom.Dataset) -> None:
        data = bytearray(dataset.PixelData)
        data[12] ^= 4
        dataset.PixelData = bytes(data)
        dataset["PixelData"].is_undefined_length = True

    path = write_multiframe(tmp_path / "one", body_hu(GRID), GRID, syntax="jpeg_ls", fragments=2, edit=lie)
    assert "nothing tells which belong to which of 7 frames" in refusal(path, "decode_failed", by_header=False).message


# One bad file


def test_file_that_breaks_while_it_is_decoded_fails_its_series(tmp_path: Path) -> None:
    write(tmp_path)
    (stack,) = find_series(tmp_path).series
    truncate_file(tmp_path / "IM00005.dcm", 0.9)
    with pytest.raises(PixelError) as caught:
        load_image(stack)
    assert caught.value.path == tmp_path / "IM00005.dcm"

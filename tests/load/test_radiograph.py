"""A projection: dense is bright, and millimeters only where they are known (PS3.3 section 10.7)."""

from __future__ import annotations

import itertools
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pydicom
import pytest

from calcimeasure.analysis.pipeline import analyze
from calcimeasure.errors import PixelError, SeriesError, UnsupportedError
from calcimeasure.load import find_series, load_image
from calcimeasure.model import Radiograph, SpacingSource, Tissue
from calcimeasure.settings import Settings
from tests.conftest import SHARED
from tests.dicom_writers import LOSSY, SYNTAXES, group, write_image, write_radiograph

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

VALUES = np.random.default_rng(2).permutation(np.arange(100, 100 + 8 * 11)).reshape(8, 11).astype(np.uint16)


def load(path: Path, **changes: object) -> Radiograph:
    (stack,) = find_series(path).series
    image = load_image(stack, Settings(**changes))
    assert isinstance(image, Radiograph)
    assert image.pixels.dtype == np.float32
    assert not image.pixels.flags.writeable
    return image


def refusal(path: Path) -> SeriesError:
    (stack,) = find_series(path).series
    with pytest.raises(SeriesError) as caught:
        load_image(stack)
    return caught.value


def ranks(values: NDArray[np.generic]) -> NDArray[np.intp]:
    return np.argsort(np.argsort(values, axis=None)).reshape(values.shape)


# Millimeters: the rows of the table, each with spacings that differ between rows and columns

PIXEL, SMALLER, LARGER = ["0.2", "0.15"], ["0.21", "0.16"], ["0.18", "0.14"]
ALMOST = ["0.20001", "0.15001"]
MM = (0.2, 0.15)
S = SpacingSource


@pytest.mark.parametrize(
    ("tags", "spacing_mm", "source"),
    [
        ({"PixelSpacing": PIXEL, "PixelSpacingCalibrationType": "GEOMETRY"}, MM, S.CALIBRATED),
        ({"PixelSpacing": PIXEL, "PixelSpacingCalibrationType": "FIDUCIAL"}, MM, S.CALIBRATED),
        (
            {"PixelSpacing": PIXEL, "ImagerPixelSpacing": LARGER, "PixelSpacingCalibrationType": "FIDUCIAL"},
            MM,
            S.CALIBRATED,
        ),
        ({"PixelSpacing": PIXEL, "PixelSpacingCalibrationType": "OTHER"}, None, S.UNCERTAIN),
        ({"PixelSpacing": PIXEL, "ImagerPixelSpacing": LARGER}, None, S.UNCERTAIN),
        ({"PixelSpacing": PIXEL, "ImagerPixelSpacing": ["0.2", "0.14"]}, None, S.UNCERTAIN),
        ({"PixelSpacing": PIXEL, "ImagerPixelSpacing": ["0.21", "0.14"]}, None, S.UNCERTAIN),
        ({"PixelSpacing": PIXEL, "ImagerPixelSpacing": SMALLER}, MM, S.CALIBRATED),
        ({"PixelSpacing": PIXEL, "ImagerPixelSpacing": ["0.2", "0.16"]}, MM, S.CALIBRATED),
        (
            {"ImagerPixelSpacing": PIXEL, "EstimatedRadiographicMagnificationFactor": "1.25"},
            (0.16, 0.12),
            S.MAGNIFICATION_CORRECTED,
        ),
        (
            {"ImagerPixelSpacing": PIXEL, "PixelSpacing": PIXEL, "EstimatedRadiographicMagnificationFactor": "1.25"},
            (0.16, 0.12),
            S.MAGNIFICATION_CORRECTED,
        ),
        (
            {"ImagerPixelSpacing": PIXEL, "PixelSpacing": SMALLER, "EstimatedRadiographicMagnificationFactor": "1.25"},
            None,
            S.UNCERTAIN,
        ),
        ({"ImagerPixelSpacing": PIXEL, "EstimatedRadiographicMagnificationFactor": "1"}, MM, S.DETECTOR_PLANE),
        ({"ImagerPixelSpacing": PIXEL, "EstimatedRadiographicMagnificationFactor": "0.8"}, MM, S.DETECTOR_PLANE),
        ({"ImagerPixelSpacing": PIXEL}, MM, S.DETECTOR_PLANE),
        ({"ImagerPixelSpacing": PIXEL, "PixelSpacing": PIXEL}, MM, S.DETECTOR_PLANE),
        ({"ImagerPixelSpacing": PIXEL, "PixelSpacing": ALMOST}, MM, S.DETECTOR_PLANE),
        ({"ImagerPixelSpacing": PIXEL, "PixelSpacing": ["0", "0"]}, MM, S.DETECTOR_PLANE),
        ({"NominalScannedPixelSpacing": PIXEL}, MM, S.DETECTOR_PLANE),
        ({"NominalScannedPixelSpacing": PIXEL, "PixelSpacing": PIXEL}, MM, S.DETECTOR_PLANE),
        ({"NominalScannedPixelSpacing": LARGER, "PixelSpacing": PIXEL}, None, S.UNCERTAIN),
        ({"NominalScannedPixelSpacing": SMALLER, "PixelSpacing": PIXEL}, MM, S.CALIBRATED),
        (
            {"NominalScannedPixelSpacing": PIXEL, "EstimatedRadiographicMagnificationFactor": "1.25"},
            MM,
            S.DETECTOR_PLANE,
        ),
        ({"PixelSpacing": PIXEL}, None, S.UNCERTAIN),
        ({}, None, S.NONE),
        ({"PixelSpacing": ["0", "0.15"]}, None, S.NONE),
        ({"PixelSpacing": ["-0.2", "-0.15"]}, None, S.NONE),
        ({"ImagerPixelSpacing": ["0", "0"]}, None, S.NONE),
        ({"ImagerPixelSpacing": ["0.2"]}, None, S.NONE),
    ],
    ids=lambda value: "_".join(value) if isinstance(value, dict) else "",
)
def test_spacing_and_how_it_is_known(
    tmp_path: Path, tags: dict[str, object], spacing_mm: tuple[float, float] | None, source: SpacingSource
) -> None:
    path = write_radiograph(tmp_path / "image", VALUES, **tags)
    image = load(path)
    assert image.spacing_source is source
    assert image.spacing_mm == (None if spacing_mm is None else pytest.approx(spacing_mm))
    allowed = load(path, allow_uncertain_spacing=True)
    assert allowed.spacing_source is source
    assert allowed.spacing_mm == (pixel_spacing_mm(tags) if source is S.UNCERTAIN else image.spacing_mm)


def pixel_spacing_mm(tags: dict[str, object]) -> tuple[float, ...]:
    return tuple(float(value) for value in tags["PixelSpacing"])  # type: ignore[attr-defined]


# Dense is bright


@pytest.mark.parametrize("syntax", [name for name in SYNTAXES if name not in LOSSY])
@pytest.mark.parametrize(("photometric", "sign"), [("MONOCHROME1", -1), ("MONOCHROME2", 1)])
def test_higher_is_denser(tmp_path: Path, syntax: str, photometric: str, sign: int) -> None:
    path = write_radiograph(tmp_path / "image", VALUES, syntax=syntax, PhotometricInterpretation=photometric)
    pixels = load(path).pixels
    assert np.array_equal(ranks(pixels), ranks(sign * VALUES.astype(int)))
    assert (pixels.min(), pixels.max()) == (100, 187)


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("slope", [2.5, -1.0])
def test_rescale_comes_before_the_turn(tmp_path: Path, photometric: str, slope: float) -> None:
    path = write_radiograph(
        tmp_path / "image",
        VALUES,
        PhotometricInterpretation=photometric,
        RescaleSlope=str(slope),
        RescaleIntercept="-40",
    )
    expected = VALUES * slope - 40
    if photometric == "MONOCHROME1":
        expected = expected.max() + expected.min() - expected
    assert load(path).pixels == pytest.approx(expected)


def lut(entries: NDArray[np.integer], first: int, bits: int = 16, vr: str = "US") -> Callable[[pydicom.Dataset], None]:
    def edit(dataset: pydicom.Dataset) -> None:
        item = group(ModalityLUTType="OD")
        item.add_new(0x00283002, vr, [len(entries) % 65536, first, bits])
        item.add_new(0x00283006, "OW", entries.astype("<u2").tobytes())
        dataset.ModalityLUTSequence = [item]

    return edit


@pytest.mark.parametrize(("photometric", "sign"), [("MONOCHROME1", -1), ("MONOCHROME2", 1)])
def test_modality_lut(tmp_path: Path, photometric: str, sign: int) -> None:
    """Below its first value a table gives its first entry, above its last the last (PS3.3 C.11.1.1.1)."""
    entries = (np.arange(50) ** 2 + 7)[::-1]
    path = write_radiograph(
        tmp_path / "image", VALUES, PhotometricInterpretation=photometric, edit=lut(entries, first=120)
    )
    expected = entries[np.clip(VALUES.astype(int) - 120, 0, 49)]
    pixels = load(path).pixels
    if sign == 1:
        assert np.array_equal(pixels, expected)
    assert np.array_equal(pixels, expected if sign == 1 else expected.max() + expected.min() - expected)


def test_modality_lut_of_eight_bit_values_and_of_signed_ones(tmp_path: Path) -> None:
    entries = np.arange(1000) * 3
    eight = (VALUES - 100).astype(np.uint8)
    path = write_radiograph(tmp_path / "eight", eight, edit=lut(entries, first=0))
    assert np.array_equal(load(path).pixels, eight.astype(int) * 3)
    signed = VALUES.astype(np.int16) - 150
    path = write_radiograph(tmp_path / "signed", signed, edit=lut(entries, first=-50, vr="SS"))
    assert np.array_equal(load(path).pixels, (signed.astype(int) + 50) * 3)


@pytest.mark.parametrize(
    "edit",
    [
        lut(np.arange(50), first=0, bits=12),
        lut(np.arange(50), first=0, bits=0),
        lambda dataset: setattr(dataset, "ModalityLUTSequence", [group(ModalityLUTType="OD")]),
        lambda dataset: setattr(
            dataset, "ModalityLUTSequence", [group(LUTDescriptor=[4000, 0, 16], LUTData=b"\1\0" * 10)]
        ),
        lambda dataset: dataset.update({0x00281052: pydicom.DataElement(0x00281052, "DS", "")}),
    ],
    ids=["12_bits", "0_bits", "empty", "short", "no_intercept"],
)
def test_broken_modality_transform_is_refused(tmp_path: Path, edit: Callable[[pydicom.Dataset], object]) -> None:
    error = refusal(write_radiograph(tmp_path / "image", VALUES, RescaleSlope="1", edit=edit))
    assert error.reason == "decode_failed"
    assert "Modality LUT (0028,3000)" in error.message


@pytest.mark.parametrize("slope", ["1e300", "-1e308", "1e38"])
def test_values_beyond_all_bounds_are_refused(tmp_path: Path, slope: str) -> None:
    path = write_radiograph(tmp_path / "image", VALUES, RescaleSlope=slope, RescaleIntercept="0")
    assert refusal(path).reason == "decode_failed"


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize(
    ("signed", "padding", "limit", "padded"),
    [
        (False, 0, None, [0]),
        (False, 65535, None, [65535]),
        (False, 0, 20, [0, 7, 20]),
        (True, 63536, None, [-2000]),
        (True, -2000, None, [-2000]),
    ],
)
def test_padding_is_as_dark_as_the_darkest(
    tmp_path: Path, photometric: str, signed: bool, padding: int, limit: int | None, padded: list[int]
) -> None:
    values = VALUES.astype(np.int16) if signed else VALUES.copy()
    values[0, : len(padded)] = padded

    def edit(dataset: pydicom.Dataset) -> None:
        dataset.add_new(0x00280120, "SS" if padding < 0 else "US", padding)
        if limit is not None:
            dataset.add_new(0x00280121, "US", limit)

    pixels = load(write_radiograph(tmp_path / "image", values, PhotometricInterpretation=photometric, edit=edit)).pixels
    imaged = np.ones(values.shape, dtype=bool)
    imaged[0, : len(padded)] = False
    assert (pixels[~imaged] == pixels[imaged].min()).all()
    sign = 1 if photometric == "MONOCHROME2" else -1
    assert np.array_equal(ranks(pixels[imaged]), ranks(sign * values[imaged].astype(int)))
    assert (pixels.min(), pixels.max()) == (values[imaged].min(), values[imaged].max())


def test_image_of_nothing_but_padding(tmp_path: Path) -> None:
    edit = lambda dataset: dataset.add_new(0x00280120, "US", 0)  # noqa: E731
    assert not load(write_radiograph(tmp_path / "image", np.zeros((4, 5), np.uint16), edit=edit)).pixels.any()


@pytest.mark.parametrize(
    ("photometric", "shape", "disagrees"),
    [
        ("MONOCHROME2", "IDENTITY", False),
        ("MONOCHROME2", "INVERSE", True),
        ("MONOCHROME1", "IDENTITY", True),
        ("MONOCHROME1", "INVERSE", False),
        ("MONOCHROME1", None, False),
    ],
)
def test_presentation_shape_is_told_and_not_used(
    tmp_path: Path, photometric: str, shape: str | None, disagrees: bool
) -> None:
    tags = {"PhotometricInterpretation": photometric}
    plain = load(write_radiograph(tmp_path / "plain", VALUES, **tags))
    image = load(write_radiograph(tmp_path / "image", VALUES, **tags, PresentationLUTShape=shape))
    assert image.notices == (("presentation_lut_disagrees",) if disagrees else ())
    assert np.array_equal(image.pixels, plain.pixels)


def _limb() -> np.ndarray:
    """A limb with a bone in open beam, dense is bright."""
    j, i = np.mgrid[:220, :180]
    flesh = 900 * np.sqrt(np.clip(1 - ((j - 110) / 150) ** 2 - ((i - 90) / 50) ** 2, 0, 1))
    bone = 500.0 * (np.abs(np.abs(i - 90) - 20) < 4) * (flesh > 0)
    return (300 + flesh + bone).astype(np.uint16)


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("dense_is_high", [True, False])
def test_polarity_is_looked_at_where_the_header_contradicts_itself(
    tmp_path: Path, photometric: str, sign: int, dense_is_high: bool
) -> None:
    stored = _limb() if dense_is_high else (4000 - _limb()).astype(np.uint16)
    tags = {"PhotometricInterpretation": photometric, "PixelIntensityRelationshipSign": sign}
    image = load(write_radiograph(tmp_path / "image", stored, **tags))
    shown_right = dense_is_high == (photometric == "MONOCHROME2")
    contradictory = sign == (1 if photometric == "MONOCHROME2" else -1)
    said = ("polarity_contradicts",) if shown_right else ("polarity_turned",)
    assert image.notices == (said if contradictory else ())
    if shown_right or contradictory:
        assert image.pixels[110, 70] > image.pixels[110, 90] > image.pixels[0, 0]
    assert image.is_inverted == (not dense_is_high if contradictory else photometric == "MONOCHROME1")


def test_polarity_that_cannot_be_seen_is_a_notice(tmp_path: Path) -> None:
    tags = {"PhotometricInterpretation": "MONOCHROME2", "PixelIntensityRelationshipSign": 1}
    image = load(write_radiograph(tmp_path / "image", VALUES, **tags))
    assert image.notices == ("polarity_contradicts",)


@pytest.mark.shared
def test_the_public_case_of_a_raw_film(tmp_path: Path) -> None:
    script = SHARED / "cases" / "13_raw_film_dense_is_dark.py"
    if not script.exists():
        pytest.skip("there is no ../shared/cases beside the project")
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True)
    (stack,) = find_series(tmp_path).series
    report = analyze(stack, Settings())
    assert "polarity_turned" in report.notices
    large = max(report.lesions, key=lambda lesion: lesion.outline.voxel_count)
    assert large.tissue is Tissue.CALCIFIED_MASS
    assert large.measurements.long_axis_mm == pytest.approx(35.8, abs=1.0)


# What is a radiograph, and what none


@pytest.mark.parametrize(
    ("modality", "tags"),
    [
        *itertools.product(["CR", "DX", "RG", "IO", "PX", "MG", "RF", "XA"], [{}]),
        ("OT", {"ConversionType": "DF"}),
    ],
)
def test_modalities_of_projections(tmp_path: Path, modality: str, tags: dict[str, object]) -> None:
    assert load(write_radiograph(tmp_path / "image", VALUES, modality=modality, **tags)).pixels.shape == VALUES.shape


@pytest.mark.parametrize("conversion", [None, "WSD", "DV"])
def test_other_secondary_capture_is_none(tmp_path: Path, conversion: str | None) -> None:
    path = write_radiograph(tmp_path / "image", VALUES, modality="OT", ConversionType=conversion)
    assert refusal(path).reason == "secondary_capture"


def test_cine_is_skipped(tmp_path: Path) -> None:
    error = refusal(write_radiograph(tmp_path / "image", VALUES, modality="XA", NumberOfFrames=12))
    assert isinstance(error, UnsupportedError)
    assert error.reason == "cine"
    assert "12 frames (Number of Frames (0028,0008)" in error.message


@pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL", "PALETTE COLOR", None])
def test_color_is_refused(tmp_path: Path, photometric: str | None) -> None:
    error = refusal(write_radiograph(tmp_path / "image", VALUES, PhotometricInterpretation=photometric))
    assert error.reason == "color_image"
    assert "(0028,0004)" in error.message


def test_facts_for_later_steps_are_kept(tmp_path: Path) -> None:
    path = write_radiograph(
        tmp_path / "image",
        VALUES,
        ImageLaterality="R",
        Laterality="R",
        ViewPosition="AP",
        PatientOrientation=["R", "F"],
        BodyPartExamined="ANKLE",
        PixelIntensityRelationship="LIN",
    )
    stack = load(path).stack
    assert stack.projection is not None
    assert (stack.image_laterality, stack.laterality, stack.body_part) == ("R", "R", "ANKLE")
    assert stack.projection.patient_orientation == ("R", "F")
    assert (stack.projection.view_position, stack.projection.pixel_intensity_relationship) == ("AP", "LIN")


def test_file_whose_header_is_lost(tmp_path: Path) -> None:
    path = write_radiograph(tmp_path / "image", VALUES)
    (stack,) = find_series(path).series
    whole, offset = path.read_bytes(), stack.instances[0].pixel_offset
    path.write_bytes(b"\0" * offset + whole[offset:])
    with pytest.raises(PixelError) as caught:
        load_image(stack)
    assert caught.value.reason == "file_changed"


@pytest.mark.parametrize("rows", [0, 9])
def test_size_that_does_not_match(tmp_path: Path, rows: int) -> None:
    assert refusal(write_radiograph(tmp_path / "image", VALUES, Rows=rows)).reason in ("decode_failed", "not_an_image")


def test_ct_is_no_radiograph(tmp_path: Path) -> None:
    (stack,) = find_series(write_image(tmp_path / "image", VALUES)).series
    assert stack.projection is None

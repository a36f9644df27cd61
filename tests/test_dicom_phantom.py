from __future__ import annotations

import csv
import math
import subprocess
from dataclasses import asdict, fields, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import imagecodecs
import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from pydicom.encaps import get_frame
from scipy import ndimage

from tests.dicom_phantom import (
    HAND_RADIOGRAPH,
    TRANSFER_SYNTAXES,
    Fault,
    Header,
    Phantom,
    TruthRow,
    bench_phantom,
    declared_size,
    drop_tag,
    duplicate_slice,
    hand_of_radiograph,
    hand_radiograph,
    hand_radiograph_header,
    hand_shadows,
    missing_slice,
    mixed_matrix,
    move_slice,
    render_phantom,
    sample_phantoms,
    samples_readme,
    set_tag,
    stored_values,
    swap_orientation,
    truncate_file,
    truth_rows,
    write_phantom_series,
    write_series,
    write_truth,
)
from tests.phantoms import (
    Ellipsoid,
    Lobulated,
    oblique_grid,
    render,
    section_axes,
    section_ellipses,
    shadow_axes,
    straight_grid,
    tilted_grid,
)

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLE_DICOM = Path(__file__).parents[1] / "sample_dicom"
GRID = oblique_grid((5, 24, 31), (2.5, 0.7, 0.6), (10.0, 20.0, 30.0), (12.0, -30.0, 400.0))
STORED = {
    "unsigned_16": Header(),
    "signed_16": Header(pixel_representation=1, rescale_intercept=0.0),
    "unsigned_12": Header(bits_stored=12),
    "signed_13_slope_2": Header(bits_stored=13, pixel_representation=1, rescale_slope=2.0, rescale_intercept=6.0),
}


@cache
def noisy_hu() -> np.ndarray:
    hu = np.random.default_rng(5).integers(-500, 1000, GRID.shape_kji) * 2
    return hu.astype(np.int16)


def decoded_by_pydicom(path: Path) -> np.ndarray:
    """HU of a file; JPEG and JPEG-LS by imagecodecs, as pydicom alone decodes neither."""
    dataset = pydicom.dcmread(path)
    syntax = dataset.file_meta.TransferSyntaxUID
    if syntax in (TRANSFER_SYNTAXES["jpeg_ls"], TRANSFER_SYNTAXES["jpeg_2000"], TRANSFER_SYNTAXES["jpeg_lossless_sv1"]):
        stored = imagecodecs.imread(get_frame(dataset.PixelData, 0), codec=[syntax_codec(str(syntax))])
        if dataset.PixelRepresentation and stored.dtype.kind == "u":
            unused = 16 - dataset.BitsStored
            stored = (stored << unused).astype(np.uint16).view(np.int16) >> unused
    else:
        stored = dataset.pixel_array
    return stored * float(dataset.RescaleSlope) + float(dataset.RescaleIntercept)


def syntax_codec(syntax: str) -> str:
    return {
        TRANSFER_SYNTAXES["jpeg_ls"]: "jpegls",
        TRANSFER_SYNTAXES["jpeg_2000"]: "jpeg2k",
        TRANSFER_SYNTAXES["jpeg_lossless_sv1"]: "ljpeg",
    }[syntax]


@pytest.mark.parametrize("stored", STORED)
@pytest.mark.parametrize("transfer_syntax", TRANSFER_SYNTAXES)
def test_written_pixels_are_read_back_by_two_readers(tmp_path: Path, transfer_syntax: str, stored: str) -> None:
    header = STORED[stored]
    if transfer_syntax == "jpeg_ls" and header.bits_stored != 16:
        with pytest.raises(ValueError, match="16 bits stored expected"):
            write_series(tmp_path, noisy_hu(), GRID, header, transfer_syntax=transfer_syntax)
        return

    paths = write_series(tmp_path, noisy_hu(), GRID, header, transfer_syntax=transfer_syntax)

    assert pydicom.dcmread(paths[0]).file_meta.TransferSyntaxUID == TRANSFER_SYNTAXES[transfer_syntax]
    for path, slice_hu in zip(paths, noisy_hu(), strict=True):
        assert np.array_equal(decoded_by_pydicom(path), slice_hu)
        assert np.array_equal(sitk.GetArrayFromImage(sitk.ReadImage(path))[0], slice_hu)


def test_geometry_is_read_back_by_simpleitk(tmp_path: Path) -> None:
    paths = write_series(tmp_path, noisy_hu(), GRID)

    image = sitk.ReadImage([str(path) for path in paths])

    assert image.GetSpacing() == pytest.approx((0.6, 0.7, 2.5), abs=1e-5)
    assert image.GetOrigin() == pytest.approx(tuple(GRID.origins_lps_mm[0]), abs=1e-5)
    corner = image.TransformIndexToPhysicalPoint((30, 23, 4))
    assert corner == pytest.approx(tuple(GRID.positions_lps_mm(np.array([4, 23, 30]))), abs=1e-4)


def test_tilted_series_keeps_the_position_of_each_slice(tmp_path: Path) -> None:
    grid = tilted_grid((4, 24, 31), (2.5, 0.7, 0.6), 20.0)

    paths = write_series(tmp_path, noisy_hu()[:4], grid)

    positions = [pydicom.dcmread(path).ImagePositionPatient for path in paths]
    assert np.array(positions, dtype=float) == pytest.approx(grid.origins_lps_mm, abs=1e-6)


def test_values_beyond_the_stored_bits_are_clipped(tmp_path: Path) -> None:
    hu = np.full(GRID.shape_kji, 4000)
    hu[:, 0] = -2000

    path = write_series(tmp_path, hu, GRID, Header(bits_stored=12))[0]

    assert (decoded_by_pydicom(path)[0] == -1024).all()
    assert (decoded_by_pydicom(path)[1] == 4095 - 1024).all()


def test_header_facts_are_written(tmp_path: Path) -> None:
    header = Header(
        patient_id="P7",
        patient_name="Case^Seven",
        series_number=9,
        series_description="L HAND",
        body_part="HAND",
        laterality="L",
        image_laterality="L",
        patient_position="FFP",
        kvp=80.0,
        kernel="Br59",
        slice_thickness_mm=3.75,
        contrast_agent="Iodine",
        image_type=("DERIVED", "SECONDARY", "MPR"),
        pixel_padding_value=0,
        study_date="20200229",
    )

    dataset = pydicom.dcmread(write_series(tmp_path, noisy_hu(), GRID, header)[0])

    assert (dataset.PatientID, dataset.PatientName, dataset.StudyDate) == ("P7", "Case^Seven", "20200229")
    assert (dataset.SeriesNumber, dataset.SeriesDescription) == (9, "L HAND")
    assert (dataset.BodyPartExamined, dataset.Laterality, dataset.ImageLaterality) == ("HAND", "L", "L")
    assert (dataset.PatientPosition, dataset.KVP, dataset.ConvolutionKernel) == ("FFP", 80, "Br59")
    assert (dataset.SliceThickness, dataset.ContrastBolusAgent) == (3.75, "Iodine")
    assert list(dataset.ImageType) == ["DERIVED", "SECONDARY", "MPR"]
    assert dataset.PixelPaddingValue == 0


def test_the_same_seed_gives_the_same_files_and_another_gives_other_uids(tmp_path: Path) -> None:
    first = write_series(tmp_path / "first", noisy_hu(), GRID, Header(seed="one"))
    again = write_series(tmp_path / "again", noisy_hu(), GRID, Header(seed="one"))
    other = write_series(tmp_path / "other", noisy_hu(), GRID, Header(seed="two"))

    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID"):
        assert pydicom.dcmread(first[0])[keyword].value != pydicom.dcmread(other[0])[keyword].value


def test_two_series_of_a_study_share_study_and_frame_of_reference(tmp_path: Path) -> None:
    paths = [write_series(tmp_path / str(n), noisy_hu(), GRID, replace(Header(), series_number=n))[0] for n in (1, 2)]

    one, two = (pydicom.dcmread(path) for path in paths)

    assert one.StudyInstanceUID == two.StudyInstanceUID
    assert one.FrameOfReferenceUID == two.FrameOfReferenceUID
    assert one.SeriesInstanceUID != two.SeriesInstanceUID
    assert one.SOPInstanceUID != two.SOPInstanceUID


def test_shuffled_names_and_descending_numbers_leave_the_paths_in_slice_order(tmp_path: Path) -> None:
    paths = write_series(tmp_path, noisy_hu(), GRID, Header(ascending=False), shuffle_seed=3, file_name="part/{:03d}")

    assert paths != sorted(paths)
    assert sorted(path.relative_to(tmp_path).as_posix() for path in paths) == [f"part/00{n}" for n in range(5)]
    assert [pydicom.dcmread(path).InstanceNumber for path in paths] == [5, 4, 3, 2, 1]
    assert np.array_equal(decoded_by_pydicom(paths[2]), noisy_hu()[2])


# --------------------------------------------------------------------------------------------------------------- faults


def read_with(tmp_path: Path, fault: Fault, transfer_syntax: str = "explicit_le") -> list[pydicom.FileDataset]:
    paths = write_series(tmp_path, noisy_hu(), GRID, transfer_syntax=transfer_syntax, faults=[fault])
    return [pydicom.dcmread(path) for path in paths]


def test_missing_slice(tmp_path: Path) -> None:
    datasets = read_with(tmp_path, missing_slice(2))

    assert [dataset.InstanceNumber for dataset in datasets] == [1, 2, 4, 5]


@pytest.mark.parametrize("same_uid", [True, False])
def test_duplicate_slice(tmp_path: Path, same_uid: bool) -> None:
    datasets = read_with(tmp_path, duplicate_slice(2, same_uid=same_uid))

    assert len(datasets) == 6
    assert datasets[5].ImagePositionPatient == datasets[2].ImagePositionPatient
    assert datasets[5].PixelData == datasets[2].PixelData
    assert (datasets[5].SOPInstanceUID == datasets[2].SOPInstanceUID) is same_uid


def test_drop_tag(tmp_path: Path) -> None:
    datasets = read_with(tmp_path, drop_tag("PixelSpacing", 1))

    assert ["PixelSpacing" in dataset for dataset in datasets] == [True, False, True, True, True]


def test_drop_and_set_tag_in_all(tmp_path: Path) -> None:
    assert not any("KVP" in dataset for dataset in read_with(tmp_path, drop_tag("KVP")))
    assert all(dataset.KVP == 140 for dataset in read_with(tmp_path, set_tag("KVP", 140)))


def test_swap_orientation(tmp_path: Path) -> None:
    datasets = read_with(tmp_path, swap_orientation(3))

    right, wrong = list(datasets[0].ImageOrientationPatient), list(datasets[3].ImageOrientationPatient)
    assert wrong == right[3:] + right[:3]


def test_move_slice(tmp_path: Path) -> None:
    datasets = read_with(tmp_path, move_slice(3, (0.0, 0.0, 1.5)))

    moved = np.array(datasets[3].ImagePositionPatient, dtype=float) - GRID.origins_lps_mm[3]
    assert moved == pytest.approx([0.0, 0.0, 1.5], abs=1e-6)


@pytest.mark.parametrize("transfer_syntax", ["explicit_le", "jpeg_ls"])
def test_mixed_matrix(tmp_path: Path, transfer_syntax: str) -> None:
    read_with(tmp_path, mixed_matrix(3), transfer_syntax)

    shapes = [decoded_by_pydicom(path).shape for path in sorted(tmp_path.iterdir())]
    assert shapes == [(24, 31), (24, 31), (24, 31), (12, 31), (24, 31)]


def test_declared_size(tmp_path: Path) -> None:
    datasets = read_with(tmp_path, declared_size(1, rows=60_000, columns=60_000))

    assert (datasets[1].Rows, datasets[1].Columns, len(datasets[1].PixelData)) == (60_000, 60_000, 24 * 31 * 2)
    assert (datasets[0].Rows, datasets[0].Columns) == (24, 31)


def test_truncate_file(tmp_path: Path) -> None:
    path = write_series(tmp_path, noisy_hu(), GRID)[0]
    length = path.stat().st_size

    truncate_file(path, 0.8)

    assert path.stat().st_size == int(0.8 * length)


@pytest.mark.external
@pytest.mark.parametrize("transfer_syntax", ["explicit_le", "implicit_le", "jpeg_ls", "rle"])
def test_files_are_valid_ct_objects(
    tmp_path: Path, transfer_syntax: str, external_program: Callable[[str], Path]
) -> None:
    dciodvfy = external_program("dciodvfy")
    header = Header(body_part="HAND", laterality="R", contrast_agent="Iodine", pixel_padding_value=0)
    plain = write_series(tmp_path / "plain", noisy_hu(), GRID, transfer_syntax=transfer_syntax)[0]
    full = write_series(tmp_path / "full", noisy_hu(), GRID, header, transfer_syntax=transfer_syntax)[0]

    for path in (plain, full, *SAMPLE_DICOM.glob("*/IM00000.dcm")):
        checked = subprocess.run([dciodvfy, "-new", path], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr
        assert "Error" not in checked.stderr


# ---------------------------------------------------------------------------------------------------------- with truth


def test_phantom_series_returns_the_truth_and_the_sides(tmp_path: Path) -> None:
    grid = straight_grid((12, 40, 60), (2.0, 1.0, 1.0))
    masses = [Ellipsoid((12.0, 0.0, 0.0), (6.0, 5.0, 7.0), 800.0), Ellipsoid((-3.0, 0.0, 0.0), (4.0, 4.0, 4.0), 500.0)]

    rows = write_phantom_series(tmp_path / "two", masses, grid, midline_x_mm=-8.0, noise_sd_hu=0.0)
    mirrored = write_phantom_series(tmp_path / "three", masses, grid, midline_x_mm=0.0, noise_sd_hu=0.0)

    assert [row.side for row in rows] == ["left", "left"]
    assert [row.side for row in mirrored] == ["left", "right"]
    assert (rows[0].series, rows[0].mass, rows[0].max_3d_diameter_mm) == ("two", 1, 14.0)
    middle = decoded_by_pydicom(tmp_path / "two" / "IM00006.dcm")
    assert middle[20, 42] == 800


def test_truth_table_is_read_back(tmp_path: Path) -> None:
    rows = truth_rows(sample_phantoms()[1])
    write_truth(tmp_path / "truth.csv", rows)

    assert read_truth(tmp_path / "truth.csv") == rows


def test_bench_masses_are_of_two_to_ten_centimeters_and_lie_in_the_image() -> None:
    phantom = bench_phantom()

    rows = truth_rows(phantom)

    assert phantom.grid.shape_kji == (500, 512, 512)
    assert sorted({row.max_3d_diameter_mm for row in rows}) == [20.0, 28.0, 36.0, 50.0, 70.0, 100.0]
    assert [row.side for row in rows] == ["left", "right"] * 6
    z_mm = phantom.grid.positions_along_normal_mm
    assert all(z_mm[0] < row.z_lps_mm - row.extent_si_mm / 2 for row in rows)
    assert all(row.z_lps_mm + row.extent_si_mm / 2 < z_mm[-1] for row in rows)


# -------------------------------------------------------------------------------------------------------------- samples


def read_truth(path: Path) -> list[TruthRow]:
    with path.open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    types = {"series": str, "mass": int, "side": str, "pieces": int, "look": str, "fluid_level": "True".__eq__}
    return [
        TruthRow(**{field.name: types.get(field.name, float)(row[field.name]) for field in fields(TruthRow)})
        for row in table
    ]


@pytest.fixture(params=sample_phantoms(), ids=lambda phantom: phantom.name)
def sample(request: pytest.FixtureRequest) -> Phantom:
    return request.param


def test_sample_on_disk_equals_a_fresh_writing(sample: Phantom) -> None:
    fresh_hu = render_phantom(sample)

    paths = sorted((SAMPLE_DICOM / sample.name).glob("*.dcm"))

    assert len(paths) == sample.grid.shape_kji[0]
    for k, path in enumerate(paths):
        expected_hu = stored_values(fresh_hu[k], sample.header) + sample.header.rescale_intercept
        # The last bit of a rendered value may depend on the machine, more may not.
        assert np.abs(decoded_by_pydicom(path) - expected_hu).max() <= 1


def test_sample_headers_equal_a_fresh_writing(sample: Phantom, tmp_path: Path) -> None:
    empty_hu = np.zeros(sample.grid.shape_kji, dtype=np.int16)
    fresh = write_series(tmp_path, empty_hu, sample.grid, sample.header, transfer_syntax="jpeg_ls")

    for path in fresh:
        expected = pydicom.dcmread(path, stop_before_pixels=True)
        assert pydicom.dcmread(SAMPLE_DICOM / sample.name / path.name, stop_before_pixels=True) == expected


def test_sample_truth_and_readme_equal_the_formulas() -> None:
    rows = [row for phantom in sample_phantoms() for row in truth_rows(phantom)]

    on_disk = read_truth(SAMPLE_DICOM / "truth.csv")

    assert [(row.series, row.mass, row.side) for row in on_disk] == [(row.series, row.mass, row.side) for row in rows]
    for row, expected in zip(on_disk, rows, strict=True):
        assert numbers_of(row) == pytest.approx(numbers_of(expected), abs=2e-3)
    assert (SAMPLE_DICOM / "README.md").read_text(encoding="utf-8") == samples_readme(on_disk, hand_shadows())


def test_sample_radiograph_equals_a_fresh_writing() -> None:
    on_disk = pydicom.dcmread(SAMPLE_DICOM / HAND_RADIOGRAPH / "IM00000.dcm")
    decoded = decoded_by_pydicom(Path(str(on_disk.filename)))
    assert np.abs(decoded - hand_radiograph().astype(int)).max() <= 1
    del on_disk[0x7FE00010]
    assert on_disk == hand_radiograph_header()


def test_sample_radiograph_shows_its_masses_where_and_as_large_as_it_is_said() -> None:
    """A mass takes as much from the beam as the rays spend in it: painted alone, its shadow is what is not air."""
    phantom, grid = hand_of_radiograph()
    for (mass, _), true in zip(phantom.masses, hand_shadows(), strict=True):
        alone = render([mass], grid, blur_sigma_mm=0.1, in_plane_samples=2, dtype=np.float32)
        shadow = (alone + 1000).sum(axis=0) > 40
        rows, columns = np.nonzero(shadow)
        middle = ((rows.min() + rows.max()) / 2, (columns.min() + columns.max()) / 2)
        assert middle == pytest.approx((true.row, true.column), abs=1.0)
        assert np.count_nonzero(shadow) * 0.25 == pytest.approx(true.area_mm2, rel=0.05, abs=7)
        away = np.stack([rows, columns], axis=-1) * 0.5
        farthest = max(float(np.linalg.norm(away - one, axis=1).max()) for one in away[::7])
        assert farthest == pytest.approx(true.long_axis_mm, abs=0.8)


def test_shadow_of_a_ball_and_of_a_turned_ellipsoid() -> None:
    across_y = oblique_grid((3, 8, 8), (1.0, 1.0, 1.0), (-90.0, 0.0, 0.0))
    assert shadow_axes(Ellipsoid((3.0, 9.0, 1.0), (5.0, 5.0, 5.0), 900.0), across_y) == pytest.approx(
        (10.0, 10.0, math.pi * 25), rel=2e-3
    )
    # Turned by 90 degrees about x its longest axis lies along the rays.
    lying = Ellipsoid((0.0, 0.0, 0.0), (2.0, 3.0, 7.0), 900.0, (90.0, 0.0, 0.0))
    assert shadow_axes(lying, across_y) == pytest.approx((6.0, 4.0, math.pi * 6), rel=2e-3)


def numbers_of(row: TruthRow) -> dict[str, float]:
    return {name: value for name, value in asdict(row).items() if isinstance(value, float)}


def test_the_hips_show_chambers_with_levels_and_grains_beside_smooth_masses() -> None:
    rows = [row for row in read_truth(SAMPLE_DICOM / "truth.csv") if row.series == "bilateral_hips"]
    assert [(row.look, row.side) for row in rows if row.pieces > 1] == [("loculated", "left"), ("granular", "right")]
    assert [row.fluid_level for row in rows if row.pieces > 1] == [True, False]
    assert sum(row.look == "smooth" for row in rows) == 5


def test_samples_are_small_and_say_that_they_are_invented() -> None:
    files = [path for path in SAMPLE_DICOM.rglob("*") if path.is_file()]

    assert sum(path.stat().st_size for path in files) < 12e6
    patients = {pydicom.dcmread(path, stop_before_pixels=True).PatientID for path in files if path.suffix == ".dcm"}
    assert patients == {"CALCI-SAMPLE-1", "CALCI-SAMPLE-2"}


def test_no_section_of_a_lobulated_sample_falls_apart(sample: Phantom) -> None:
    lobulated = [mass for mass, _ in sample.masses if isinstance(mass, Lobulated)]

    assert lobulated
    for mass in lobulated:
        k = section_axes(mass, sample.grid)[2]
        ellipses = section_ellipses(mass, sample.grid, k)
        assert ellipses is not None
        assert pieces(*ellipses) == 1


def pieces(centers: np.ndarray, matrices: np.ndarray) -> int:
    """Count the connected pieces of a union of ellipses on a fine lattice."""
    half = np.sqrt(np.diagonal(matrices, axis1=1, axis2=2))
    low, high = (centers - half).min(axis=0), (centers + half).max(axis=0)
    lattice = np.stack(np.meshgrid(*(np.linspace(low[d], high[d], 300) for d in range(2)), indexing="ij"), axis=-1)
    away = lattice[..., None, :] - centers
    inside = (np.einsum("...nd,nde,...ne->...n", away, np.linalg.inv(matrices), away) < 1).any(axis=-1)
    return int(ndimage.label(inside)[1])

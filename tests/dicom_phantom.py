"""Writes phantoms as DICOM: CT Image Storage in the common transfer syntaxes, with faults on request, and the samples.

``python -m tests.dicom_phantom FOLDER`` writes the sample series with their true sizes. Every UID and pixel follows
from seeds: writing again gives the same files.
"""

from __future__ import annotations

import copy
import csv
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import imagecodecs
import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
    generate_uid,
)
from pydicom.valuerep import format_number_as_ds

from tests import conglomerates
from tests.conglomerates import Conglomerate, envelope_ml, granular, loculated
from tests.phantoms import (
    Capsule,
    Ellipsoid,
    EllipticCylinder,
    Grid,
    Lobulated,
    LongBone,
    Slab,
    oblique_grid,
    render,
    shadow_axes,
    straight_grid,
    truth,
    volume_and_centroid,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pydicom.uid import UID

    from tests.phantoms import Mass, Paintable

Side: TypeAlias = Literal["left", "right", "midline", "unknown"]

TRANSFER_SYNTAXES: dict[str, UID] = {
    "implicit_le": ImplicitVRLittleEndian,
    "explicit_le": ExplicitVRLittleEndian,
    "explicit_be": ExplicitVRBigEndian,
    "deflated": DeflatedExplicitVRLittleEndian,
    "rle": RLELossless,
    "jpeg_ls": JPEGLSLossless,
    "jpeg_2000": JPEG2000Lossless,
    "jpeg_lossless_sv1": JPEGLosslessSV1,
}


# -------------------------------------------------------------------------------------------------------------- writing


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What the header says, apart from what the grid gives. None leaves the attribute out, "" leaves it empty."""

    seed: str = "phantom"
    """UIDs follow from it, with the patient, study and series facts below."""
    patient_id: str = "CALCI-PHANTOM"
    patient_name: str = "Phantom^Calci"
    patient_birth_date: str = "19600101"
    patient_sex: str = "F"
    study_uid: str | None = None
    series_uid: str | None = None
    frame_of_reference_uid: str | None = None
    study_date: str = "20240115"
    study_time: str = "101500"
    study_description: str | None = "Phantom"
    series_number: int = 1
    series_description: str | None = "Phantom"
    modality: str = "CT"
    sop_class_uid: str = CTImageStorage
    image_type: tuple[str, ...] = ("ORIGINAL", "PRIMARY", "AXIAL")
    body_part: str | None = None
    laterality: str | None = ""
    """Type 2C: empty where unknown, a valid file has none (None) where the body part is unpaired."""
    image_laterality: str | None = None
    patient_position: str | None = "HFS"
    kvp: float | None = 120.0
    kernel: str | None = "B30f"
    slice_thickness_mm: float | None = None
    """None: the median slice spacing; the tag is then what a careful scanner writes."""
    contrast_agent: str | None = None
    first_instance_number: int = 1
    ascending: bool = True
    """False numbers the instances against the normal."""
    rescale_slope: float = 1.0
    rescale_intercept: float = -1024.0
    bits_stored: int = 16
    pixel_representation: Literal[0, 1] = 0
    pixel_padding_value: int | None = None


@dataclass(slots=True)
class Instance:
    """A file about to be written: faults change the header, the stored pixels, or both."""

    dataset: Dataset
    stored: NDArray[Any]


Fault: TypeAlias = Callable[[list[Instance]], list[Instance]]


def write_series(
    folder: Path | str,
    hu: NDArray[Any],
    grid: Grid,
    header: Header | None = None,
    *,
    transfer_syntax: str = "explicit_le",
    faults: Sequence[Fault] = (),
    shuffle_seed: int | None = None,
    file_name: str = "IM{:05d}.dcm",
) -> list[Path]:
    """Write a (k, j, i) HU array as one file per slice and return the paths in slice order.

    Parameters
    ----------
    folder
        Made where missing.
    hu
        Rounded to the stored values that slope and intercept give, and clipped to what the stored bits hold.
    grid
        Positions and spacings.
    header
        Everything else.
    transfer_syntax
        A key of TRANSFER_SYNTAXES. JPEG-LS is written with 16 bits only.
    faults
        Applied in order before encoding.
    shuffle_seed
        Numbers the files in random order, so that names say nothing about the place of a slice.
    file_name
        Pattern that takes the file's number; may hold subfolders.
    """
    header = header or Header()
    instances = [_instance(hu[k], grid, k, header) for k in range(grid.shape_kji[0])]
    for fault in faults:
        instances = fault(instances)
    numbers = list(range(len(instances)))
    if shuffle_seed is not None:
        random.Random(shuffle_seed).shuffle(numbers)  # noqa: S311 (file names are no secret)
    paths = [Path(folder) / file_name.format(number) for number in numbers]
    for instance, path in zip(instances, paths, strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        _save(instance, path, transfer_syntax)
    return paths


def stored_values(hu: NDArray[Any], header: Header) -> NDArray[Any]:
    """Return the integers that a file stores for these HU."""
    signed = header.pixel_representation == 1
    low = -(2 ** (header.bits_stored - 1)) if signed else 0
    scaled = np.rint((np.asarray(hu, dtype=np.float64) - header.rescale_intercept) / header.rescale_slope)
    return np.clip(scaled, low, low + 2**header.bits_stored - 1).astype(np.int16 if signed else np.uint16)


def slice_dataset(grid: Grid, k: int, header: Header) -> Dataset:
    """Return the header of slice k, without pixels."""
    dataset = Dataset()
    _patient_and_study(dataset, header)
    _series(dataset, grid, header)
    _plane(dataset, grid, k, header)
    _pixel_description(dataset, grid, header)
    return dataset


def _instance(slice_hu: NDArray[Any], grid: Grid, k: int, header: Header) -> Instance:
    return Instance(slice_dataset(grid, k, header), stored_values(slice_hu, header))


def _patient_and_study(dataset: Dataset, header: Header) -> None:
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientName = header.patient_name
    dataset.PatientID = header.patient_id
    dataset.PatientBirthDate = header.patient_birth_date
    dataset.PatientSex = header.patient_sex
    dataset.StudyInstanceUID = header.study_uid or _uid(header, "study")
    dataset.StudyDate = header.study_date
    dataset.StudyTime = header.study_time
    dataset.AccessionNumber = ""
    dataset.ReferringPhysicianName = ""
    dataset.StudyID = "1"
    _set(dataset, StudyDescription=header.study_description)


def _series(dataset: Dataset, grid: Grid, header: Header) -> None:
    dataset.SOPClassUID = header.sop_class_uid
    dataset.Modality = header.modality
    dataset.SeriesInstanceUID = header.series_uid or _uid(header, "series", header.series_number)
    dataset.SeriesNumber = header.series_number
    dataset.SeriesDate = header.study_date
    dataset.SeriesTime = header.study_time
    dataset.FrameOfReferenceUID = header.frame_of_reference_uid or _uid(header, "frame of reference")
    dataset.PositionReferenceIndicator = ""
    dataset.Manufacturer = "Phantom"
    dataset.ImageType = list(header.image_type)
    dataset.AcquisitionNumber = 1
    dataset.KVP = "" if header.kvp is None else _ds(header.kvp)
    thickness_mm = grid.slice_spacing_mm if header.slice_thickness_mm is None else header.slice_thickness_mm
    dataset.SliceThickness = _ds(thickness_mm)
    _set(
        dataset,
        SeriesDescription=header.series_description,
        BodyPartExamined=header.body_part,
        Laterality=header.laterality,
        ImageLaterality=header.image_laterality,
        PatientPosition=header.patient_position,
        ConvolutionKernel=header.kernel,
        ContrastBolusAgent=header.contrast_agent,
    )


def _plane(dataset: Dataset, grid: Grid, k: int, header: Header) -> None:
    order = k if header.ascending else grid.shape_kji[0] - 1 - k
    dataset.InstanceNumber = header.first_instance_number + order
    dataset.SOPInstanceUID = _uid(header, "instance", header.series_number, k)
    dataset.ContentDate = header.study_date
    dataset.ContentTime = header.study_time
    dataset.ImagePositionPatient = [_ds(float(value)) for value in grid.origins_lps_mm[k]]
    dataset.ImageOrientationPatient = [_ds(float(v)) for v in (*grid.row_direction, *grid.column_direction)]
    dataset.PixelSpacing = [_ds(grid.row_spacing_mm), _ds(grid.column_spacing_mm)]


def _pixel_description(dataset: Dataset, grid: Grid, header: Header) -> None:
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows, dataset.Columns = grid.shape_kji[1:]
    dataset.BitsAllocated = 16
    dataset.BitsStored = header.bits_stored
    dataset.HighBit = header.bits_stored - 1
    dataset.PixelRepresentation = header.pixel_representation
    if header.pixel_padding_value is not None:
        dataset.add_new(0x00280120, "SS" if header.pixel_representation else "US", header.pixel_padding_value)
    dataset.RescaleIntercept = _ds(header.rescale_intercept)
    dataset.RescaleSlope = _ds(header.rescale_slope)
    dataset.RescaleType = "HU"


def _set(dataset: Dataset, **values: str | None) -> None:
    for keyword, value in values.items():
        if value is not None:
            setattr(dataset, keyword, value)


def _ds(value: float) -> str:
    return str(format_number_as_ds(float(value)))


def _uid(header: Header, *parts: object) -> str:
    facts = (header.seed, header.patient_id, header.study_date, header.study_time, *parts)
    return generate_uid(entropy_srcs=[str(fact) for fact in facts])


def _save(instance: Instance, path: Path, transfer_syntax: str) -> None:
    dataset, syntax = instance.dataset, TRANSFER_SYNTAXES[transfer_syntax]
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.file_meta.MediaStorageSOPClassUID = dataset.get("SOPClassUID", CTImageStorage)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.get("SOPInstanceUID", generate_uid())
    if syntax.is_compressed and syntax != DeflatedExplicitVRLittleEndian:
        code = _encode(instance.stored, transfer_syntax, int(dataset.BitsStored))
        dataset.add_new(0x7FE00010, "OB", encapsulate([code]))
        dataset["PixelData"].is_undefined_length = True
    else:
        order = ">" if syntax == ExplicitVRBigEndian else "<"
        native = np.ascontiguousarray(instance.stored, dtype=instance.stored.dtype.newbyteorder(order))
        dataset.add_new(0x7FE00010, "OW", native.tobytes())
    dataset.save_as(
        path,
        implicit_vr=syntax.is_implicit_VR,
        little_endian=syntax.is_little_endian,
        enforce_file_format=True,
    )


def _encode(stored: NDArray[Any], transfer_syntax: str, bits_stored: int) -> bytes:
    if transfer_syntax == "rle":
        return _encode_rle(stored)
    if transfer_syntax == "jpeg_2000":
        return bytes(
            imagecodecs.jpeg2k_encode(stored, 0, codecformat="j2k", reversible=True, bitspersample=bits_stored)
        )
    # The other two know no sign: two's complement, cut to the stored bits.
    unsigned = stored.view(np.uint16) & np.uint16(2**bits_stored - 1)
    if transfer_syntax == "jpeg_lossless_sv1":
        return bytes(imagecodecs.ljpeg_encode(unsigned, bitspersample=bits_stored))
    if bits_stored != 16:
        raise ValueError(
            f"16 bits stored expected for JPEG-LS, found {bits_stored}: its encoder writes no other depth."
        )
    return bytes(imagecodecs.jpegls_encode(unsigned))


def _encode_rle(stored: NDArray[Any]) -> bytes:
    """PS3.5 Annex G: a segment for the high bytes, one for the low bytes, each row packed by itself."""
    high_and_low = np.ascontiguousarray(stored, dtype=stored.dtype.newbyteorder(">")).view(np.uint8)
    segments = []
    for start in (0, 1):
        plane = np.ascontiguousarray(high_and_low[:, start::2])
        segment = b"".join(bytes(imagecodecs.packbits_encode(row.tobytes())) for row in plane)
        segments.append(segment + b"\0" * (len(segment) % 2))
    offsets = [2, 64, 64 + len(segments[0])] + [0] * 13
    return np.array(offsets, dtype="<u4").tobytes() + b"".join(segments)


# --------------------------------------------------------------------------------------------------------------- faults


def missing_slice(k: int) -> Fault:
    """Leave slice k out."""
    return lambda instances: instances[:k] + instances[k + 1 :]


def duplicate_slice(k: int, *, same_uid: bool = False) -> Fault:
    """Write slice k twice: as the same instance in two files, or as another instance at the same place."""

    def fault(instances: list[Instance]) -> list[Instance]:
        second = Instance(copy.deepcopy(instances[k].dataset), instances[k].stored)
        if not same_uid:
            second.dataset.SOPInstanceUID = generate_uid(entropy_srcs=[second.dataset.SOPInstanceUID, "again"])
        return [*instances, second]

    return fault


def drop_tag(keyword: str, k: int | None = None) -> Fault:
    """Leave an attribute out, of slice k or of all."""

    def fault(instances: list[Instance]) -> list[Instance]:
        for instance in _chosen(instances, k):
            delattr(instance.dataset, keyword)
        return instances

    return fault


def set_tag(keyword: str, value: object, k: int | None = None) -> Fault:
    """Give an attribute another value, in slice k or in all."""

    def fault(instances: list[Instance]) -> list[Instance]:
        for instance in _chosen(instances, k):
            setattr(instance.dataset, keyword, value)
        return instances

    return fault


def swap_orientation(k: int) -> Fault:
    """Exchange row and column direction in the header of slice k."""

    def fault(instances: list[Instance]) -> list[Instance]:
        orientation = list(instances[k].dataset.ImageOrientationPatient)
        instances[k].dataset.ImageOrientationPatient = orientation[3:] + orientation[:3]
        return instances

    return fault


def move_slice(k: int, by_lps_mm: tuple[float, float, float]) -> Fault:
    """Say that slice k lies elsewhere."""

    def fault(instances: list[Instance]) -> list[Instance]:
        position = [float(v) + by for v, by in zip(instances[k].dataset.ImagePositionPatient, by_lps_mm, strict=True)]
        instances[k].dataset.ImagePositionPatient = [_ds(value) for value in position]
        return instances

    return fault


def mixed_matrix(k: int) -> Fault:
    """Cut slice k to half its rows; its header says so."""

    def fault(instances: list[Instance]) -> list[Instance]:
        instances[k].stored = instances[k].stored[: len(instances[k].stored) // 2]
        instances[k].dataset.Rows = len(instances[k].stored)
        return instances

    return fault


def declared_size(k: int, *, rows: int | None = None, columns: int | None = None) -> Fault:
    """Let the header of slice k declare another size than its pixels have."""

    def fault(instances: list[Instance]) -> list[Instance]:
        dataset = instances[k].dataset
        dataset.Rows = dataset.Rows if rows is None else rows
        dataset.Columns = dataset.Columns if columns is None else columns
        return instances

    return fault


def truncate_file(path: Path, keep: float = 0.5) -> None:
    """Cut a written file to a part of its length."""
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])


def _chosen(instances: list[Instance], k: int | None) -> list[Instance]:
    return instances if k is None else [instances[k]]


# ---------------------------------------------------------------------------------------------------------- with truth


@dataclass(frozen=True, slots=True)
class TruthRow:
    """A row of truth.csv."""

    series: str
    mass: int
    side: Side
    x_lps_mm: float
    y_lps_mm: float
    z_lps_mm: float
    volume_ml: float
    max_3d_diameter_mm: float
    long_axis_mm: float
    short_axis_mm: float
    extent_rl_mm: float
    extent_ap_mm: float
    extent_si_mm: float
    hu: float
    slice_spacing_mm: float
    long_axis_z_lps_mm: float
    pieces: int
    envelope_ml: float
    fluid_level: bool
    look: str


@dataclass(frozen=True, slots=True)
class Phantom:
    """A series to render and write: masses are painted after everything else."""

    name: str
    grid: Grid
    surroundings: tuple[Paintable, ...]
    masses: tuple[tuple[Mass | Conglomerate, Side], ...]
    header: Header
    blur_sigma_mm: float = 0.7
    noise_sd_hu: float = 15.0
    seed: int = 1


def render_phantom(phantom: Phantom) -> NDArray[np.int16]:
    """Return the phantom's (k, j, i) HU."""
    shapes = [*phantom.surroundings, *(mass for mass, _ in phantom.masses)]
    return render(
        shapes,
        phantom.grid,
        blur_sigma_mm=phantom.blur_sigma_mm,
        noise_sd_hu=phantom.noise_sd_hu,
        seed=phantom.seed,
        slice_thickness_mm=phantom.header.slice_thickness_mm,
    )


def truth_rows(phantom: Phantom) -> list[TruthRow]:
    """Return the true sizes, in the order of the masses."""
    return [_truth_row(phantom, number, side, mass) for number, (mass, side) in enumerate(phantom.masses, start=1)]


def _truth_row(phantom: Phantom, number: int, side: Side, mass: Mass | Conglomerate) -> TruthRow:
    is_one = not isinstance(mass, Conglomerate)
    true = truth(mass, phantom.grid) if is_one else conglomerates.truth(mass, phantom.grid)
    x, y, z = true.centroid_lps_mm
    middle = [true.long_axis_k, (phantom.grid.shape_kji[1] - 1) / 2, (phantom.grid.shape_kji[2] - 1) / 2]
    return TruthRow(
        series=phantom.name,
        mass=number,
        side=side,
        x_lps_mm=round(x, 2),
        y_lps_mm=round(y, 2),
        z_lps_mm=round(z, 2),
        volume_ml=round(true.volume_ml, 4),
        max_3d_diameter_mm=round(true.max_3d_diameter_mm, 3),
        long_axis_mm=round(true.long_axis_mm, 3),
        short_axis_mm=round(true.short_axis_mm, 3),
        extent_rl_mm=round(true.extent_rl_mm, 3),
        extent_ap_mm=round(true.extent_ap_mm, 3),
        extent_si_mm=round(true.extent_si_mm, 3),
        hu=round(true.hu, 2),
        slice_spacing_mm=round(phantom.grid.slice_spacing_mm, 4),
        long_axis_z_lps_mm=round(float(phantom.grid.positions_lps_mm(np.array(middle))[2]), 3),
        pieces=1 if is_one else len(mass.pieces),
        # An ellipsoid has no hollow that a ball could not reach.
        envelope_ml=round(true.volume_ml if isinstance(mass, Ellipsoid) else envelope_ml(mass, true.volume_ml), 3),
        fluid_level=not is_one and bool(mass.fluid),
        look="smooth" if is_one else mass.look,
    )


def write_phantom(
    folder: Path | str,
    phantom: Phantom,
    *,
    transfer_syntax: str = "explicit_le",
    faults: Sequence[Fault] = (),
    shuffle_seed: int | None = None,
) -> list[TruthRow]:
    """Render the phantom, write it as `write_series` does, and return the true sizes."""
    write_series(
        folder,
        render_phantom(phantom),
        phantom.grid,
        phantom.header,
        transfer_syntax=transfer_syntax,
        faults=faults,
        shuffle_seed=shuffle_seed,
    )
    return truth_rows(phantom)


def write_phantom_series(
    folder: Path | str,
    masses: Sequence[Mass],
    grid: Grid,
    *,
    surroundings: Sequence[Paintable] = (),
    header: Header | None = None,
    midline_x_mm: float = 0.0,
    blur_sigma_mm: float = 0.7,
    noise_sd_hu: float = 15.0,
    seed: int = 1,
    transfer_syntax: str = "explicit_le",
    faults: Sequence[Fault] = (),
    shuffle_seed: int | None = None,
) -> list[TruthRow]:
    """Render masses over their surroundings, write the series and return the true sizes; sides by the midline's x."""
    sided = tuple((mass, _side_of(mass, midline_x_mm)) for mass in masses)
    phantom = Phantom(
        name=Path(folder).name,
        grid=grid,
        surroundings=tuple(surroundings),
        masses=sided,
        header=header or Header(),
        blur_sigma_mm=blur_sigma_mm,
        noise_sd_hu=noise_sd_hu,
        seed=seed,
    )
    return write_phantom(folder, phantom, transfer_syntax=transfer_syntax, faults=faults, shuffle_seed=shuffle_seed)


def _side_of(mass: Mass, midline_x_mm: float) -> Side:
    return "left" if volume_and_centroid(mass)[1][0] > midline_x_mm else "right"


def write_truth(path: Path | str, rows: Sequence[TruthRow]) -> None:
    """Write truth.csv."""
    names = [field.name for field in fields(TruthRow)]
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([getattr(row, name) for name in names] for row in rows)


# -------------------------------------------------------------------------------------------------------------- samples


def bilateral_hips() -> Phantom:
    """Both hips, feet first, beside the table's center: four masses on the patient's left, three on the right.

    Two are of many pieces: chambers with fluid-calcium levels behind the left hip, grains behind the right one.
    """
    midline_x_mm = 9.0
    couch = Slab((0.0, 131.0, 0.0), (205.0, 7.0, 400.0), -150.0), Slab((0.0, 131.0, 0.0), (203.0, 5.0, 400.0), -850.0)
    skin = EllipticCylinder((midline_x_mm, 0.0, 0.0), (176.0, 120.0), 400.0, -95.0)
    muscle = EllipticCylinder((midline_x_mm, 0.0, 0.0), (162.0, 104.0), 400.0, 50.0)
    bones = [part for sign in (-1, 1) for part in _proximal_femur(midline_x_mm, sign)]
    return Phantom(
        name="bilateral_hips",
        grid=straight_grid((62, 290, 420), (3.0, 0.9, 0.9), (0.0, 7.0, 0.0)),
        surroundings=(*couch, skin, muscle, *bones),
        masses=(
            (
                Lobulated(
                    (
                        Ellipsoid((106.0, 62.0, -46.0), (22.0, 17.0, 30.0), 620.0, (12.0, -8.0, 30.0)),
                        Ellipsoid((92.0, 58.0, -16.0), (19.0, 16.0, 26.0), 620.0, (-20.0, 15.0, 0.0)),
                        Ellipsoid((114.0, 50.0, -29.0), (14.0, 13.0, 16.0), 620.0),
                    ),
                    620.0,
                ),
                "left",
            ),
            (Ellipsoid((63.0, -58.0, -52.0), (21.0, 13.0, 16.0), 1250.0, (0.0, 25.0, -35.0)), "left"),
            (Ellipsoid((152.0, 16.0, 44.0), (8.0, 11.0, 13.5), 380.0, (10.0, 0.0, 20.0)), "left"),
            (
                Lobulated(
                    (
                        Ellipsoid((-92.0, 58.0, 6.0), (21.0, 16.0, 22.0), 900.0, (0.0, 20.0, -25.0)),
                        Ellipsoid((-73.0, 66.0, -7.0), (15.0, 13.0, 17.0), 900.0),
                    ),
                    900.0,
                ),
                "right",
            ),
            (Ellipsoid((-138.0, -12.0, -40.0), (9.5, 17.0, 12.0), 720.0, (30.0, 0.0, 10.0)), "right"),
            (loculated((75.0, 62.0, 55.0), (21.0, 16.0, 22.0), chamber_mm=12.5, septum_mm=1.6, seed=1), "left"),
            (granular((-60.0, 62.0, 60.0), (20.0, 15.0, 17.0), radius_mm=(1.5, 3.8), gap_mm=1.8, seed=3), "right"),
        ),
        header=Header(
            seed="sample bilateral_hips",
            patient_id="CALCI-SAMPLE-1",
            patient_name="Sample^One",
            study_description="CT hips",
            series_number=2,
            series_description="Hips 3.0 B30f",
            body_part="PELVIS",
            laterality=None,
            patient_position="FFS",
            slice_thickness_mm=3.0,
            ascending=False,
        ),
        blur_sigma_mm=0.7,
        noise_sd_hu=12.0,
        seed=101,
    )


def _proximal_femur(midline_x_mm: float, sign: int) -> tuple[Paintable, ...]:
    """Shaft, trochanter, neck and head: all cortex first, then all marrow, so that the inside is one space."""

    def at(x_mm: float, y_mm: float, z_mm: float) -> tuple[float, float, float]:
        return midline_x_mm + sign * x_mm, y_mm, z_mm

    shaft = LongBone(at(88.0, 2.0, -400.0), at(104.0, 6.0, 14.0), 14.5, 5.0, 1300.0, 60.0).parts()
    neck = LongBone(at(102.0, 4.0, 18.0), at(70.0, -4.0, 52.0), 14.0, 2.2, 900.0, 60.0).parts()
    trochanter = (
        Ellipsoid(at(108.0, 8.0, 26.0), (16.0, 17.0, 20.0), 900.0),
        Ellipsoid(at(108.0, 8.0, 26.0), (13.5, 14.5, 17.5), 60.0),
    )
    head = (
        Ellipsoid(at(64.0, -6.0, 58.0), (23.5, 23.5, 23.5), 900.0),
        Ellipsoid(at(64.0, -6.0, 58.0), (21.3, 21.3, 21.3), 60.0),
    )
    parts = (shaft, neck, trochanter, head)
    return tuple(cortex for cortex, _ in parts) + tuple(marrow for _, marrow in parts)


_FLESH_OF_LARGE_MASS = Ellipsoid((13.0, -17.0, -26.0), (18.0, 15.0, 19.0), 45.0)


def hand() -> Phantom:
    """A right hand over the head of a prone patient: both in-plane directions are negative."""
    center_x_mm = 31.0

    def at(x_mm: float, y_mm: float, z_mm: float) -> tuple[float, float, float]:
        return center_x_mm + x_mm, y_mm, z_mm

    flesh: list[Paintable] = []
    bones: list[LongBone] = []
    # Metacarpal base x and head x, z of head, lengths of the phalanges; from the little finger to the index.
    rays = (
        (-27.0, -36.0, 4.0, (28.0, 17.0, 14.0)),
        (-15.0, -19.0, 9.0, (35.0, 23.0, 16.0)),
        (-4.0, -1.0, 13.0, (38.0, 25.0, 16.0)),
        (7.0, 17.0, 11.0, (35.0, 21.0, 15.0)),
    )
    for base_x_mm, head_x_mm, head_z_mm, lengths_mm in rays:
        bones.append(LongBone(at(base_x_mm, 0.0, -42.0), at(head_x_mm, 0.0, head_z_mm), 4.2, 1.5, 1100.0, 90.0))
        z_mm = head_z_mm
        for length_mm in lengths_mm:
            start, end = at(head_x_mm, 0.0, z_mm + 9.5), at(head_x_mm, 0.0, z_mm + length_mm)
            bones.append(LongBone(start, end, 3.6, 1.3, 1100.0, 90.0))
            z_mm += length_mm
        flesh.append(Capsule(at(head_x_mm, 0.0, head_z_mm), at(head_x_mm, 0.0, z_mm + 4.0), 8.0, 45.0))
        flesh.append(Capsule(at(base_x_mm, 0.0, -50.0), at(head_x_mm, 0.0, head_z_mm), 13.0, 45.0))
    for start, end in (
        (at(20.0, -4.0, -42.0), at(37.0, -8.0, -18.0)),
        (at(41.0, -8.5, -9.0), at(49.0, -10.0, 10.0)),
        (at(51.0, -10.5, 19.0), at(55.0, -11.0, 32.0)),
    ):
        bones.append(LongBone(start, end, 4.4, 1.5, 1100.0, 90.0))
    flesh.append(Capsule(at(20.0, -4.0, -42.0), at(37.0, -8.0, -14.0), 13.0, 45.0))
    flesh.append(Capsule(at(37.0, -8.0, -14.0), at(56.0, -11.0, 38.0), 9.5, 45.0))
    flesh.append(EllipticCylinder(at(-6.0, 0.0, -145.0), (31.0, 20.0), 95.0, 45.0))
    bones.append(LongBone(at(4.0, 0.0, -300.0), at(4.0, 0.0, -84.0), 10.0, 2.2, 1200.0, 90.0))
    bones.append(LongBone(at(-23.0, 2.0, -300.0), at(-23.0, 2.0, -86.0), 6.5, 2.0, 1200.0, 90.0))
    carpals = [
        (Ellipsoid(at(x, 0.0, z), (5.2, 6.5, 5.2), 900.0), Ellipsoid(at(x, 0.0, z), (3.9, 5.2, 3.9), 110.0))
        for x, z in ((-24, -64), (-12, -65), (1, -65), (14, -64), (-21, -52), (-8, -53), (5, -53), (18, -52))
    ]
    shells = [bone.parts() for bone in bones] + carpals
    small = Ellipsoid(at(17.0, -2.2, 92.0), (3.2, 2.9, 4.0), 650.0, (15.0, 10.0, 0.0))
    flesh.append(Ellipsoid(small.center_lps_mm, (7.6, 6.4, 8.4), 45.0))
    large = Lobulated(
        (
            Ellipsoid(at(-21.0, -20.5, -30.0), (10.0, 6.5, 9.0), 820.0, (0.0, 15.0, 10.0)),
            Ellipsoid(at(-14.0, -19.5, -21.0), (7.5, 6.0, 7.0), 820.0),
        ),
        820.0,
    )
    flesh.append(_FLESH_OF_LARGE_MASS)
    board = Slab((0.0, -40.0, 0.0), (70.0, 3.0, 300.0), -500.0)
    return Phantom(
        name="hand",
        # Turned by 180 degrees about z: a prone patient is shown with the table below.
        grid=oblique_grid((196, 108, 176), (1.0, 0.7, 0.7), (0.0, 0.0, 180.0), (center_x_mm + 6.0, -12.0, 11.0)),
        surroundings=(board, *flesh, *(cortex for cortex, _ in shells), *(marrow for _, marrow in shells)),
        masses=((large, "right"), (small, "right")),
        header=Header(
            seed="sample hand",
            patient_id="CALCI-SAMPLE-2",
            patient_name="Sample^Two",
            study_date="20240220",
            study_description="CT right hand",
            series_number=3,
            series_description="R HAND 1.0 B30f",
            body_part="HAND",
            laterality="R",
            patient_position="HFP",
            slice_thickness_mm=1.0,
        ),
        blur_sigma_mm=0.6,
        noise_sd_hu=13.0,
        seed=102,
    )


def sample_phantoms() -> tuple[Phantom, ...]:
    """Return the sample series."""
    return bilateral_hips(), hand()


def write_samples(folder: Path | str) -> list[TruthRow]:
    """Write the sample series, truth.csv and README.md."""
    rows: list[TruthRow] = []
    for phantom in sample_phantoms():
        for old in (Path(folder) / phantom.name).glob("*.dcm"):
            old.unlink()
        rows += write_phantom(Path(folder) / phantom.name, phantom, transfer_syntax="jpeg_ls")
    write_truth(Path(folder) / "truth.csv", rows)
    shadows = write_hand_radiograph(Path(folder) / HAND_RADIOGRAPH)
    (Path(folder) / "README.md").write_text(samples_readme(rows, shadows), encoding="utf-8")
    return rows


def samples_readme(rows: Sequence[TruthRow], shadows: Sequence[Shadow]) -> str:
    """Return the text of sample_dicom/README.md."""
    lines = [
        f"| {row.series} | {row.mass} | {_look(row)} | {row.side} "
        f"| {row.x_lps_mm:.1f}, {row.y_lps_mm:.1f}, {row.z_lps_mm:.1f} "
        f"| {row.volume_ml:.3f} | {row.envelope_ml:.2f} | {row.max_3d_diameter_mm:.1f} "
        f"| {row.long_axis_mm:.1f} | {row.short_axis_mm:.1f} | {row.hu:.0f} |"
        for row in rows
    ]
    films = [
        f"| {HAND_RADIOGRAPH} | {number} | right | {one.long_axis_mm:.1f} | {one.short_axis_mm:.1f} "
        f"| {one.area_mm2:.0f} | {one.row:.0f}, {one.column:.0f} |"
        for number, one in enumerate(shadows, 1)
    ]
    return README.format(table="\n".join(lines), films="\n".join(films))


def _look(row: TruthRow) -> str:
    if row.pieces == 1:
        return row.look
    return f"{row.look}, {row.pieces} {'chambers with levels' if row.fluid_level else 'grains'}"


README = """\
# Sample series

Two CT series and a radiograph (JPEG-LS lossless) that `tests/dicom_phantom.py` computes from ellipsoids and cylinders.
Nothing in them comes from a patient: names, IDs and dates are invented. Write them again with

    make sample-dicom

which gives the same files. `truth.csv` holds the first table below with more digits and more columns.

- `bilateral_hips`: both hips, 3 mm slices, feet first, the body 9 mm beside the table's center. Fat, muscle, two femora
  with cortex and marrow, a couch. No mass touches a bone or another mass. Five masses are smooth. Two are as the
  disease grows them: behind the left hip chambers with septa of 1.6 mm between them, in each a fluid-calcium level (the
  patient lies on the back); behind the right hip a cloud of grains of 3 to 7.6 mm.
- `hand`: a right hand held over the head of a prone patient, 1 mm slices, both in-plane directions negative. The header
  says R; the position in the image alone does not tell the side.
- `hand_radiograph`: the same hand with other masses, seen from its palm by parallel rays. 0.55 mm at the detector and a
  magnification of 1.1, so that a pixel is 0.5 mm in the patient; MONOCHROME1, values that are no intensities (LOG).

| series | mass | look | side | center LPS mm | volume mL | envelope mL | max 3D mm | long mm | short mm | HU |
|---|---|---|---|---|---|---|---|---|---|---|
{table}

Center, volume and 3D diameter are those of the calcium, the diameter from one piece to another. Long and short axis
belong to its largest section at an acquired slice position: the longest caliper, and in that slice the longest distance
between two outline points on a line perpendicular to it. HU is the mean of the calcium. The envelope is the volume
inside the surface that encloses all pieces, by the rule of docs/explanation/numbers.md on cubes of 0.35 mm. Ellipsoids
are exact by formula, smooth masses that are unions of ellipsoids within 0.01 mm and 0.01 %, masses of many pieces
within 0.05 mm and 0.05 %, envelopes within 0.5 %.

| radiograph | mass | side | long axis mm | short axis mm | area mm2 | row, column |
|---|---|---|---|---|---|---|
{films}

These are the sizes of the masses' shadows, thin rims included; row and column are the middle of the shadow's box.
"""


# ----------------------------------------------------------------------------------------------------------- radiograph

HAND_RADIOGRAPH = "hand_radiograph"
_RADIOGRAPH_MM, _MAGNIFICATION = 0.5, 1.1
_WATER_PER_MM = 0.02
"""Attenuation of water for photons of 60 keV."""


@dataclass(frozen=True, slots=True)
class Shadow:
    """True size and place of a mass on a radiograph."""

    long_axis_mm: float
    short_axis_mm: float
    area_mm2: float
    row: float
    column: float


def hand_of_radiograph() -> tuple[Phantom, Grid]:
    """Return the hand, with a mass beside the fifth metacarpal, and layers of 1.5 mm across the rays."""
    with_board = hand()
    small, _ = with_board.masses[1]
    large = Lobulated(
        (
            Ellipsoid((-21.0, 0.0, -22.0), (11.0, 9.0, 13.0), 820.0, (0.0, 20.0, 0.0)),
            Ellipsoid((-17.0, 1.0, -32.0), (10.0, 8.0, 10.0), 820.0),
        ),
        820.0,
    )
    # Without the board, and without the flesh round the mass that lies elsewhere on the CT.
    body = (part for part in with_board.surroundings[1:] if part != _FLESH_OF_LARGE_MASS)
    flesh = Ellipsoid((-16.0, 0.0, -26.0), (22.0, 14.0, 30.0), 45.0)
    phantom = replace(
        with_board,
        name=HAND_RADIOGRAPH,
        surroundings=(flesh, *body),
        masses=((large, "right"), (small, "right")),
    )
    # Rows run along x and columns to the wrist: slices follow each other to the back of the body.
    center_lps_mm = (33.0, -3.0, 15.0)
    return phantom, oblique_grid(
        (32, 400, 290), (1.5, _RADIOGRAPH_MM, _RADIOGRAPH_MM), (-90.0, 0.0, 0.0), center_lps_mm
    )


def hand_radiograph() -> NDArray[np.uint16]:
    """Return the stored values: 12 bits, low where dense."""
    phantom, grid = hand_of_radiograph()
    shapes = (*phantom.surroundings, *(mass for mass, _ in phantom.masses))
    hu = render(shapes, grid, blur_sigma_mm=0.3, in_plane_samples=2, dtype=np.float32)
    attenuation = (hu + 1000).sum(axis=0) / 1000 * _WATER_PER_MM * grid.slice_spacing_mm
    noise = np.random.default_rng(phantom.seed).normal(0, 8, attenuation.shape)
    return np.clip(np.rint(4000 - 1800 * attenuation + noise), 0, 4095).astype(np.uint16)


def hand_shadows() -> list[Shadow]:
    """Return the true sizes of the masses on the radiograph."""
    phantom, grid = hand_of_radiograph()
    shadows = []
    for mass, _ in phantom.masses:
        low, high = mass.bounds_lps_mm()
        x_mm, _, z_mm = (low + high) / 2 - grid.origins_lps_mm[0]
        shadows.append(Shadow(*shadow_axes(mass, grid), row=-z_mm / _RADIOGRAPH_MM, column=x_mm / _RADIOGRAPH_MM))
    return shadows


def write_hand_radiograph(folder: Path) -> list[Shadow]:
    """Write the radiograph, and return the true sizes."""
    folder.mkdir(parents=True, exist_ok=True)
    instance = Instance(hand_radiograph_header(), hand_radiograph())
    _save(instance, folder / "IM00000.dcm", "jpeg_ls")
    return hand_shadows()


def hand_radiograph_header() -> Dataset:
    """Return the header of the radiograph: that of an image that a device has prepared for showing."""
    phantom, grid = hand_of_radiograph()
    header = replace(
        phantom.header,
        seed="sample hand_radiograph",
        study_date="20240221",
        study_description="X-ray right hand",
        series_number=1,
        series_description="R HAND AP",
        modality="DX",
        sop_class_uid=DigitalXRayImageStorageForPresentation,
        image_type=("ORIGINAL", "PRIMARY"),
        image_laterality="R",
        kvp=52.0,
        bits_stored=16,
    )
    dataset = slice_dataset(grid, 0, header)
    for keyword in (
        *("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness", "FrameOfReferenceUID"),
        *("PositionReferenceIndicator", "ConvolutionKernel", "PatientPosition", "Laterality", "RescaleType"),
    ):
        if keyword in dataset:
            del dataset[keyword]
    dataset.PhotometricInterpretation = "MONOCHROME1"
    dataset.PresentationLUTShape = "INVERSE"
    dataset.PixelIntensityRelationship = "LOG"
    dataset.PixelIntensityRelationshipSign = 1
    dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = "0", "1", "US"
    dataset.ImagerPixelSpacing = [_ds(_RADIOGRAPH_MM * _MAGNIFICATION)] * 2
    dataset.EstimatedRadiographicMagnificationFactor = _ds(_MAGNIFICATION)
    dataset.ViewPosition = "AP"
    # The thumb of a right hand points to the right, its wrist to the head: as in the anatomical position.
    dataset.PatientOrientation = ["R", "H"]
    dataset.BurnedInAnnotation = "NO"
    dataset.WindowCenter, dataset.WindowWidth = "3000", "2200"
    dataset.LossyImageCompression = "00"
    dataset.PresentationIntentType = "FOR PRESENTATION"
    dataset.DetectorType = dataset.PositionerType = ""
    dataset.AcquisitionContextSequence = []
    region = Dataset()
    region.CodeValue, region.CodingSchemeDesignator, region.CodeMeaning = "85562004", "SCT", "Hand"
    dataset.AnatomicRegionSequence = [region]
    return dataset


# ------------------------------------------------------------------------------------------------------------ benchmark


def bench_phantom() -> Phantom:
    """Return 500 x 512 x 512 voxels with two femora and twelve masses of 2 to 10 cm, too far apart to be one."""
    bones = [
        part
        for sign in (-1, 1)
        for part in LongBone((sign * 80.0, 0.0, -400.0), (sign * 92.0, 4.0, 400.0), 15.0, 6.0).parts()
    ]
    half_lengths_mm = (10.0, 14.0, 18.0, 25.0, 35.0, 50.0)
    masses: list[tuple[Mass, Side]] = []
    z_mm, half_gap_mm = -200.0, 8.0
    for number, half_mm in enumerate(half_lengths_mm):
        z_mm += half_mm + half_gap_mm
        for sign, side, y_mm in ((1, "left", 58.0), (-1, "right", -58.0)):
            axes_mm = (min(0.6 * half_mm, 24.0), min(0.5 * half_mm, 22.0), half_mm)
            center = (sign * (80.0 + 5.0 * (number % 3)), y_mm, z_mm)
            masses.append((Ellipsoid(center, axes_mm, 350.0 + 160.0 * number, (0.0, 0.0, sign * 20.0)), side))
        z_mm += half_mm + half_gap_mm
    return Phantom(
        name="bench",
        grid=straight_grid((500, 512, 512), (0.8, 0.78125, 0.78125)),
        surroundings=(
            Slab((0.0, 132.0, 0.0), (190.0, 8.0, 400.0), -300.0),
            EllipticCylinder((0.0, 0.0, 0.0), (175.0, 120.0), 400.0, 45.0),
            *bones,
        ),
        masses=tuple(masses),
        header=Header(seed="bench", patient_id="CALCI-BENCH", slice_thickness_mm=0.8),
        noise_sd_hu=18.0,
        seed=500,
    )


def write_bench_series(folder: Path | str) -> list[TruthRow]:
    """Write the uncompressed benchmark series (263 MB) unless the folder is complete; return the true sizes."""
    phantom, done = bench_phantom(), Path(folder) / "truth.csv"
    if not done.exists():
        write_phantom(Path(folder), phantom)
        write_truth(done, truth_rows(phantom))
    return truth_rows(phantom)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.dicom_phantom FOLDER")
    write_samples(sys.argv[1])

"""Writes what `dicom_phantom.write_series` does not: any transfer syntax, multi-frame files, radiographs, archives."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import imagecodecs
import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.uid import (
    JPEG2000,
    UID,
    ComputedRadiographyImageStorage,
    DigitalXRayImageStorageForPresentation,
    EnhancedCTImageStorage,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLSNearLossless,
    LegacyConvertedEnhancedCTImageStorage,
    MediaStorageDirectoryStorage,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    SecondaryCaptureImageStorage,
    generate_uid,
)

from tests.dicom_phantom import TRANSFER_SYNTAXES, Header, slice_dataset, stored_values
from tests.phantoms import straight_grid

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from tests.phantoms import Grid

Edit: TypeAlias = Callable[[Dataset], object]
Table: TypeAlias = Literal["basic", "empty", "extended"]

SYNTAXES: dict[str, UID] = {
    **TRANSFER_SYNTAXES,
    "jpeg_baseline": JPEGBaseline8Bit,
    "jpeg_extended": JPEGExtended12Bit,
    "jpeg_lossless": JPEGLossless,
    "jpeg_ls_near": JPEGLSNearLossless,
    "jpeg_2000_any": JPEG2000,
    "htj2k": UID("1.2.840.10008.1.2.4.203"),
    "htj2k_lossless": HTJ2KLossless,
    "htj2k_rpcl": HTJ2KLosslessRPCL,
}
NATIVE = ("implicit_le", "explicit_le", "explicit_be", "deflated")
LOSSY = ("jpeg_baseline", "jpeg_extended")
ENCAPSULATED = tuple(name for name in SYNTAXES if name not in NATIVE)


# ------------------------------------------------------------------------------------------------------------- encoding


def encode(stored: NDArray[Any], syntax: str, bits_stored: int, predictor: int = 1) -> bytes:
    """Encode one frame of integers."""
    if syntax == "rle":
        return encode_rle(stored)
    if syntax.startswith("htj2k"):
        return bytes(imagecodecs.htj2k_encode(stored))
    if syntax.startswith("jpeg_2000"):
        return bytes(
            imagecodecs.jpeg2k_encode(stored, 0, codecformat="j2k", reversible=True, bitspersample=bits_stored)
        )
    # The others know no sign: two's complement, cut to the stored bits.
    whole = stored.view(f"u{stored.itemsize}")
    unsigned = whole & np.array(2**bits_stored - 1, dtype=whole.dtype)
    if syntax.startswith("jpeg_ls"):
        return bytes(imagecodecs.jpegls_encode(unsigned))
    narrow = unsigned.astype(np.uint8) if bits_stored <= 8 else unsigned.astype(np.uint16)
    if syntax in LOSSY:
        return bytes(imagecodecs.jpeg8_encode(narrow, 98, bitspersample=bits_stored))
    return bytes(imagecodecs.jpeg8_encode(narrow, lossless=True, predictor=predictor, bitspersample=bits_stored))


def encode_rle(stored: NDArray[Any]) -> bytes:
    """PS3.5 annex G: a segment for each byte of a value, the most significant first; each row packed by itself."""
    size = stored.itemsize
    planes = np.ascontiguousarray(stored, dtype=stored.dtype.newbyteorder(">")).view(np.uint8)
    segments = []
    for first in range(size):
        rows = np.ascontiguousarray(planes[:, first::size])
        segment = b"".join(bytes(imagecodecs.packbits_encode(row.tobytes())) for row in rows)
        segments.append(segment + b"\0" * (len(segment) % 2))
    starts = 64 + np.cumsum([0, *(len(segment) for segment in segments[:-1])])
    return np.array([size, *starts, *[0] * (15 - size)], dtype="<u4").tobytes() + b"".join(segments)


def set_pixels(
    dataset: Dataset,
    frames: Sequence[NDArray[Any]],
    syntax: str,
    *,
    table: Table = "basic",
    fragments: int = 1,
    predictor: int = 1,
) -> None:
    """Put frames into a data set as its transfer syntax wants them."""
    if syntax in NATIVE:
        order = ">" if syntax == "explicit_be" else "<"
        native = b"".join(np.asarray(one, dtype=one.dtype.newbyteorder(order)).tobytes() for one in frames)
        dataset.add_new(0x7FE00010, "OB" if frames[0].itemsize == 1 else "OW", native + b"\0" * (len(native) % 2))
        return
    codes = [encode(one, syntax, int(dataset.BitsStored), predictor) for one in frames]
    if table == "extended":
        value, dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths = encapsulate_extended(codes)
    else:
        value = encapsulate(codes, fragments_per_frame=fragments, has_bot=table == "basic")
    dataset.add_new(0x7FE00010, "OB", value)
    dataset["PixelData"].is_undefined_length = True


def save(path: Path, dataset: Dataset, syntax: str, *, preamble: bool = True) -> Path:
    """Write a data set; without preamble it begins with its first element, as old files do."""
    uid = SYNTAXES[syntax]
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = uid
    dataset.file_meta.MediaStorageSOPClassUID = dataset.get("SOPClassUID", SecondaryCaptureImageStorage)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.get("SOPInstanceUID", generate_uid())
    if not preamble:
        del dataset.file_meta
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(
        path,
        implicit_vr=uid.is_implicit_VR,
        little_endian=uid.is_little_endian,
        enforce_file_format=preamble,
    )
    return path


# --------------------------------------------------------------------------------------------------------- single frame


def write_image(
    path: Path,
    stored: NDArray[Any],
    syntax: str = "explicit_le",
    *,
    bits_stored: int | None = None,
    edit: Edit | None = None,
    preamble: bool = True,
    table: Table = "basic",
    fragments: int = 1,
    predictor: int = 1,
) -> Path:
    """Write one CT slice of exactly these stored values; the edit may change the header last."""
    grid = straight_grid((1, *stored.shape), (2.0, 0.7, 0.6))
    dataset = slice_dataset(grid, 0, Header())
    describe_pixels(dataset, stored, bits_stored)
    set_pixels(dataset, [stored], syntax, table=table, fragments=fragments, predictor=predictor)
    if edit is not None:
        edit(dataset)
    return save(path, dataset, syntax, preamble=preamble)


def describe_pixels(dataset: Dataset, stored: NDArray[Any], bits_stored: int | None = None) -> None:
    dataset.Rows, dataset.Columns = stored.shape
    dataset.BitsAllocated = stored.itemsize * 8
    dataset.BitsStored = bits_stored or stored.itemsize * 8
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(stored.dtype.kind == "i")


# ---------------------------------------------------------------------------------------------------------- multi-frame


MULTIFRAME = {
    "enhanced": EnhancedCTImageStorage,
    "legacy": LegacyConvertedEnhancedCTImageStorage,
    "capture": MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
}


def write_multiframe(
    path: Path,
    hu: NDArray[Any],
    grid: Grid,
    header: Header | None = None,
    *,
    kind: str = "enhanced",
    syntax: str = "explicit_le",
    shared: bool = True,
    order: Sequence[int] | None = None,
    table: Table = "basic",
    fragments: int = 1,
    edit: Edit | None = None,
) -> Path:
    """Write a (k, j, i) HU array as one multi-frame file: the twin of `write_series`.

    Parameters
    ----------
    kind
        A key of MULTIFRAME.
    shared
        True puts what all frames have in common into the shared functional groups, False into each frame's own.
    order
        Slices in the order of the frames.
    edit
        May change the data set last, before it is written.
    """
    header = header or Header()
    slices = list(range(grid.shape_kji[0])) if order is None else list(order)
    dataset = slice_dataset(grid, slices[0], header)
    common = _common_groups(dataset, kind)
    own = [_own_groups(slice_dataset(grid, k, header), number) for number, k in enumerate(slices, 1)]
    for item in own if not shared else ():
        item.update(common)
    dataset.SharedFunctionalGroupsSequence = [common if shared else Dataset()]
    dataset.PerFrameFunctionalGroupsSequence = own
    dataset.SOPClassUID = MULTIFRAME[kind]
    dataset.SOPInstanceUID = generate_uid(entropy_srcs=[dataset.SeriesInstanceUID, kind, syntax])
    dataset.InstanceNumber = 1
    dataset.NumberOfFrames = len(slices)
    for keyword in _PER_FRAME:
        dataset.pop(keyword, None)
    stored = stored_values(hu, header)
    set_pixels(dataset, [stored[k] for k in slices], syntax, table=table, fragments=fragments)
    if edit is not None:
        edit(dataset)
    return save(path, dataset, syntax)


_PER_FRAME = (
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
    "SliceThickness",
    "RescaleIntercept",
    "RescaleSlope",
    "RescaleType",
    "KVP",
    "ConvolutionKernel",
    "AcquisitionNumber",
)


def group(**values: object) -> Dataset:
    """Return an item with these attributes."""
    item = Dataset()
    for keyword, value in values.items():
        setattr(item, keyword, value)
    return item


def _common_groups(dataset: Dataset, kind: str) -> Dataset:
    rescale = {keyword: dataset[keyword].value for keyword in ("RescaleIntercept", "RescaleSlope", "RescaleType")}
    common = group(
        PixelMeasuresSequence=[group(PixelSpacing=dataset.PixelSpacing, SliceThickness=dataset.SliceThickness)],
        PlaneOrientationSequence=[group(ImageOrientationPatient=dataset.ImageOrientationPatient)],
        PixelValueTransformationSequence=[group(**rescale)],
    )
    if kind == "enhanced":
        common.CTImageFrameTypeSequence = [group(FrameType=dataset.ImageType)]
        common.CTReconstructionSequence = [group(ConvolutionKernel=dataset.ConvolutionKernel)]
        common.CTXRayDetailsSequence = [group(KVP=dataset.KVP)]
    elif kind == "legacy":
        unassigned = group(ConvolutionKernel=dataset.ConvolutionKernel, KVP=dataset.KVP)
        common.UnassignedSharedConvertedAttributesSequence = [unassigned]
    return common


def _own_groups(dataset: Dataset, number: int) -> Dataset:
    content = group(FrameAcquisitionNumber=dataset.AcquisitionNumber, StackID="1", InStackPositionNumber=number)
    return group(
        FrameContentSequence=[content],
        PlanePositionSequence=[group(ImagePositionPatient=dataset.ImagePositionPatient)],
    )


# ---------------------------------------------------------------------------------------------------------- radiographs


def write_radiograph(
    path: Path,
    stored: NDArray[Any],
    *,
    modality: str = "DX",
    syntax: str = "explicit_le",
    bits_stored: int | None = None,
    edit: Edit | None = None,
    **attributes: object,
) -> Path:
    """Write a projection without any spacing; keyword attributes are set, None removes one."""
    dataset = slice_dataset(straight_grid((1, *stored.shape), (1.0, 1.0, 1.0)), 0, Header(series_number=7))
    for keyword in _OF_SLICES:
        dataset.pop(keyword, None)
    dataset.Modality = modality
    dataset.SOPClassUID = _PROJECTIONS.get(modality, SecondaryCaptureImageStorage)
    dataset.SOPInstanceUID = generate_uid(entropy_srcs=[str(path)])
    dataset.ImageType = ["ORIGINAL", "PRIMARY"]
    describe_pixels(dataset, stored, bits_stored)
    for keyword, value in attributes.items():
        if value is None:
            dataset.pop(keyword, None)
        else:
            setattr(dataset, keyword, value)
    set_pixels(dataset, [stored], syntax)
    if edit is not None:
        edit(dataset)
    return save(path, dataset, syntax)


_PROJECTIONS = {"DX": DigitalXRayImageStorageForPresentation, "CR": ComputedRadiographyImageStorage}
_OF_SLICES = (
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
    "SliceThickness",
    "RescaleIntercept",
    "RescaleSlope",
    "RescaleType",
    "FrameOfReferenceUID",
    "ConvolutionKernel",
    "KVP",
)


# ------------------------------------------------------------------------------------------------------------- archives


def write_zip(path: Path, folder: Path, compression: int = zipfile.ZIP_DEFLATED) -> Path:
    """Pack a folder with its subfolders."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder).as_posix())
    return path


def write_dicomdir(folder: Path, paths: Sequence[Path]) -> Path:
    """Copy files into a folder as a CD holds them, and return its DICOMDIR: a flat one, of image records alone."""
    records = []
    for number, path in enumerate(paths):
        name = ["DICOM", f"S{number // 100:05d}", f"I{number:05d}"]
        target = folder.joinpath(*name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
        records.append(group(DirectoryRecordType="IMAGE", ReferencedFileID=name))
    dataset = group(FileSetID="", SOPClassUID=MediaStorageDirectoryStorage, DirectoryRecordSequence=records)
    save(folder / "DICOMDIR", dataset, "explicit_le")
    return folder / "DICOMDIR"

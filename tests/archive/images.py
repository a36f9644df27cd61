"""Small images for archives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

if TYPE_CHECKING:
    from pathlib import Path


def write_images(
    folder: Path, count: int, *, patient_id: str, study: str, series: str, columns: int = 16
) -> list[Path]:
    """Write a series of CT."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    pixels = np.random.default_rng(5).integers(0, 2000, (columns, columns)).astype("<i2")
    for k in range(count):
        image = Dataset()
        image.file_meta = FileMetaDataset()
        image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        image.file_meta.MediaStorageSOPClassUID = image.SOPClassUID = CTImageStorage
        image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID = f"{series}.{k + 1}"
        image.PatientID, image.PatientName = patient_id, "Test^Person"
        image.StudyInstanceUID, image.SeriesInstanceUID = study, series
        image.StudyDate, image.Modality, image.InstanceNumber = "20260304", "CT", k + 1
        image.Rows = image.Columns = columns
        image.BitsAllocated = image.BitsStored = 16
        image.HighBit, image.PixelRepresentation, image.SamplesPerPixel = 15, 1, 1
        image.PhotometricInterpretation = "MONOCHROME2"
        image.ImagePositionPatient = [0, 0, k]
        image.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        image.PixelSpacing = [1, 1]
        image.PixelData = np.roll(pixels, k).tobytes()
        files.append(folder / f"{k}.dcm")
        image.save_as(files[-1], enforce_file_format=True)
    return files

"""The images that the stores of this folder were measured on: python -m tests.stores.images writes images.zip anew."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.dicom_phantom import Header, missing_slice, write_series
from tests.dicom_writers import write_radiograph, write_zip
from tests.phantoms import straight_grid
from tests.radiographs import ellipse

IMAGES = Path(__file__).parent / "images.zip"

SHAPE_KJI = (6, 24, 24)


def write_images(folder: Path) -> None:
    """Three patients: a hand with two masses, one without any, a radiograph; and what cannot be measured or read."""
    grid = straight_grid(SHAPE_KJI, (2.0, 1.0, 1.0))
    empty = np.full(SHAPE_KJI, -1000, dtype=np.int16)
    empty[:, 1:23, 1:23] = 40
    masses = empty.copy()
    masses[1:5, 3:9, 3:11] = 700  # 384 mm3
    masses[2:4, 14:18, 14:19] = 400  # 80 mm3
    hand = Header(seed="stores", patient_id="CALCI-1", body_part="HAND", laterality="L")
    write_series(folder / "masses", masses, grid, _described(hand, 1, "two masses"))
    write_series(folder / "gap", masses, grid, _described(hand, 2, "a slice is missing"), faults=[missing_slice(2)])
    other = Header(seed="stores, nothing", patient_id="CALCI-2", body_part="KNEE", laterality="R")
    write_series(folder / "nothing", empty, grid, _described(other, 1, "nothing"))
    (folder / "broken.dcm").write_bytes(b"\0" * 128 + b"DICM" + b"\xff" * 40)
    pixels, _ = ellipse((30, 20))
    write_radiograph(
        folder / "film" / "DX.dcm",
        pixels.astype(np.uint16),
        PatientID="CALCI-3",
        StudyInstanceUID="2.25.31",
        SeriesInstanceUID="2.25.32",
        SOPInstanceUID="2.25.33",
        SeriesDescription="a radiograph",
        BodyPartExamined="HAND",
        ImageLaterality="R",
        ViewPosition="PA",
    )


def _described(header: Header, series_number: int, description: str) -> Header:
    return replace(header, series_number=series_number, series_description=description)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_images(Path(folder))
        write_zip(IMAGES, Path(folder))


if __name__ == "__main__":
    main()

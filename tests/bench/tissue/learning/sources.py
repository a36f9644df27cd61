"""The free CT that was taught on, where it comes from, and the check that no image of a bench is among it."""

from __future__ import annotations

import argparse
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom

from calcimeasure.errors import SeriesError
from calcimeasure.load import find_series, load_image
from calcimeasure.model import Volume
from tests.bench.tissue.learning.scenes import Stack


@dataclass(frozen=True, slots=True)
class Source:
    """Images of one patient.

    Parameters
    ----------
    folder
        The folder of its DICOM files below the folder that is given.
    repository, license
        Where the files were published, and under which license.
    anatomy
        What is left out together.
    weight
        How often it is chosen.
    between_mm
        Positions along the patient that are taken; None for all.
    """

    folder: str
    repository: str
    license: str
    anatomy: str
    weight: float
    between_mm: tuple[float, float] | None = None


STS, TCGA, PDA = "theibsi/data_sets", "xcist/phantoms-voxelized", "xcist/phantoms-voxelized"
CC3, CC4 = "CC BY 3.0", "CC BY 4.0"
SOURCES = (
    Source("STS_004", STS, CC3, "thigh", 1.0),
    Source("STS_005", STS, CC3, "shoulder", 1.5),
    Source("STS_006", STS, CC3, "thigh", 0.8),
    Source("STS_007", STS, CC3, "pelvis", 1.5),
    Source("STS_009", STS, CC3, "thigh", 0.8),
    # Without the slices of real_anatomy/ct/abdomen_facets and abdomen_costal_bra, and 12 mm around them.
    Source("TCGA-09-2043", TCGA, CC3, "abdomen", 1.0, (1050.0, 1175.0)),
    Source("TCGA-09-2043", TCGA, CC3, "abdomen", 1.3, (1274.0, 1430.0)),
    Source("TCGA-09-2043", TCGA, CC3, "abdomen", 0.4, (1490.0, 1540.0)),
    Source("C3N-00249", PDA, CC3, "chest", 2.0),
    Source("A0001_2", "huyenbui117/lung_CT", CC4, "chest", 1.5),
    Source("CRLM-1004", "oncoray/mirp", CC4, "abdomen", 1.2),
    Source("CRLM-1006", "oncoray/mirp", CC4, "abdomen", 1.2),
    Source("andrei", "FNNDSC/data", CC3, "chest", 2.2),
    Source("taichi", "mapconcierge/taichi2018Jan_ctscan", "CC0", "pelvis", 1.2),
)
LONE_SLICES = ("A027284", "A046441", "A048383", "A058062", "A062055", "A072894")
"""Patients of SaltyJoke/Image-Registration (COVID-19-NY-SBU, CC BY 4.0) that no bench has."""


def stacks_of(folder: Path, source: Source) -> list[Stack]:
    """Read the stacks of a source, of lone slices or of more than four; one frame of reference is taken for granted."""
    found = []
    for stack in find_series(folder / source.folder).series:
        try:
            volume = load_image(stack)
        except SeriesError:
            continue
        if not isinstance(volume, Volume) or (volume.geometry.shape_kji[0] <= 4 and source.anatomy != "lone"):
            continue
        hu, along_mm = np.maximum(volume.attenuation_hu, -1024), volume.geometry.origins_lps_mm[:, 2]
        if source.between_mm is not None:
            hu = hu[(along_mm >= source.between_mm[0]) & (along_mm <= source.between_mm[1])]
        found.append(Stack(hu.astype(np.int16), volume.geometry.spacing_kji_mm))
    return found


def hashes_of(folder: Path) -> set[str]:
    """SHA-256 of the pixels of each image of a folder."""
    found = set()
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        try:
            found.add(hashlib.sha256(pydicom.dcmread(path).pixel_array.tobytes()).hexdigest())
        except Exception:  # noqa: BLE001, S112 - what is no image is none of a bench either
            continue
    return found


def main() -> None:
    """Fail if an image of a folder that was taught on is one of a folder that judges."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("taught", type=Path)
    parser.add_argument("judging", type=Path)
    given = parser.parse_args()
    shared = hashes_of(given.taught) & hashes_of(given.judging)
    if shared:
        raise SystemExit(f"{len(shared)} images are taught on and judge.")


if __name__ == "__main__":
    main()

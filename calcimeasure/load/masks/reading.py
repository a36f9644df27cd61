"""Reading of untrusted files: limits, and errors that name the file."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Final

from pydicom.sequence import Sequence as DicomSequence

from calcimeasure.errors import UsageError
from calcimeasure.load.masks.records import MaskError
from calcimeasure.load.source import DEFLATED, inflate, read_meta

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydicom.dataset import Dataset

FARTHEST_MM: Final = 1e6
"""A position farther than this from the origin cannot lie in a patient."""

LARGEST_SIDE: Final = 2**15 - 1
LARGEST_MASK_VOXELS: Final = 2**32
"""Largest number of voxels of a mask. The largest CT seen has a tenth of this number."""

VOXELS_AT_A_TIME: Final = 2**23
"""Voxels of an image file that are converted at once: what is computed of them takes memory, too."""

LARGEST_STRUCTURE_SET_BYTES: Final = 2**31


@contextmanager
def refusing_broken(path: Path, expected: str) -> Iterator[None]:
    """Convert any exception of a parser into an error that names the file."""
    try:
        with warnings.catch_warnings():
            # Warnings of pydicom and nibabel about formal faults are ignored: each value is checked before its use.
            warnings.simplefilter("ignore")
            yield
    except UsageError:
        raise
    except Exception as error:
        found = f"{type(error).__name__}: {error}"[:300]
        raise MaskError(f"{expected} expected, found {found} ({path}). Write the file again.", path) from error


def is_deflated(path: Path) -> bool:
    """Tell whether a DICOM file is deflated (PS3.5 A.5)."""
    with path.open("rb") as file:
        return str(read_meta(file).get("TransferSyntaxUID")) == DEFLATED


def refuse_bomb(file: BinaryIO, path: Path) -> None:
    """Refuse a deflated file that exceeds the limits of `load.source` when it is inflated; pydicom has no limit."""
    if read_meta(file).get("TransferSyntaxUID") == DEFLATED:
        inflate(file)
    elif path.stat().st_size > LARGEST_MASK_VOXELS:
        raise ValueError(f"a file of {path.stat().st_size} bytes, at most {LARGEST_MASK_VOXELS} are read")


def items_of(dataset: Dataset, keyword: str) -> list[Dataset]:
    """Give the items of a sequence; empty if the header has no such sequence."""
    sequence = dataset.get(keyword)
    return list(sequence) if isinstance(sequence, DicomSequence) else []

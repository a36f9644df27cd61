"""What is known of outlines that other programs made: files, the names in them, and the labels on a stack."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from calcimeasure.model import Laterality


class MaskError(UsageError):
    """A mask file is broken, or is meant for a stack that it does not fit.

    Parameters
    ----------
    message
        Expected, found, where, what to do: for a person.
    path
        The file.
    series_uid
        The series that it does not fit; None where the file itself is at fault.
    """

    def __init__(self, message: str, path: Path | None = None, series_uid: str | None = None) -> None:
        # All go to the base, so that the error survives pickling on its way out of a worker.
        super().__init__(message, path, series_uid)
        self.message = message
        self.path = path
        self.series_uid = series_uid

    def __str__(self) -> str:
        return self.message


class MaskKind(StrEnum):
    """What a mask file is."""

    SEG = "SEG"
    RTSTRUCT = "RTSTRUCT"
    NIFTI = "NIfTI"


@dataclass(frozen=True, slots=True)
class MaskClass:
    """Something outlined in a file: a segment, an ROI, a label.

    Parameters
    ----------
    number
        Segment Number (0062,0004), ROI Number (3006,0022) or the value of its voxels; None where every voxel that is
        not zero belongs to it.
    text
        What the file calls it.
    """

    number: int | None
    text: str


@dataclass(frozen=True, slots=True)
class NiftiGrid:
    """Where the voxels of a NIfTI lie.

    Parameters
    ----------
    shape
        Along the file's own three axes.
    affine_lps
        Rows of the 4 x 4 matrix from index to LPS mm: the header's sform, where there is none its qform, with x and y
        turned from RAS+ (NIfTI-1, methods 3 and 2).
    """

    shape: tuple[int, int, int]
    affine_lps: tuple[tuple[float, ...], ...]

    @property
    def origin_lps_mm(self) -> NDArray[np.float64]:
        """(3,) center of the first voxel."""
        return np.array(self.affine_lps)[:3, 3]

    @property
    def steps_lps_mm(self) -> NDArray[np.float64]:
        """(3, 3) one row for the step along each of the file's axes."""
        return np.array(self.affine_lps)[:3, :3].T


@dataclass(frozen=True, slots=True)
class MaskFile:
    """A file of outlines, from its header; of an RTSTRUCT what lies in one frame of reference.

    Parameters
    ----------
    path
        The file.
    kind
        What it is.
    classes
        What is outlined in it, in the file's order.
    frame_of_reference_uid
        (0020,0052); None where it tells none, as every NIfTI.
    series_uids, instance_uids
        What it was drawn on, as it says; empty where it does not.
    grid
        Of a NIfTI.
    """

    path: Path
    kind: MaskKind
    classes: tuple[MaskClass, ...]
    frame_of_reference_uid: str | None = None
    series_uids: frozenset[str] = frozenset()
    instance_uids: frozenset[str] = field(default=frozenset(), repr=False)
    grid: NiftiGrid | None = None


@dataclass(frozen=True, slots=True)
class MaskFiles:
    """What lies under a path, from headers; asked again for each series without opening a file.

    Parameters
    ----------
    path
        The file or folder.
    files
        By path.
    other_file_count
        Files that are no masks.
    """

    path: Path
    files: tuple[MaskFile, ...]
    other_file_count: int = 0


@dataclass(frozen=True, slots=True)
class NamedMask:
    """A label of `BoneMasks`.

    Parameters
    ----------
    label
        Value of its voxels, from 1.
    name
        Of a bone TotalSegmentator's: humerus_left, vertebrae_L3, rib_left_4, sacrum, ...; else as in the file.
    laterality
        Where the name tells it; None where it does not.
    paths
        The files it comes from.
    """

    label: int
    name: str
    laterality: Laterality | None
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A mask file that was not taken for a stack, and why."""

    path: Path
    message: str


@dataclass(frozen=True, slots=True, eq=False)
class BoneMasks:
    """What was outlined on one stack.

    Parameters
    ----------
    labels
        (k, j, i) uint8, uint16 from 256 classes on; 0 where nothing is outlined. Kept read-only.
    classes
        The labels that have voxels, ascending.
    resampled
        Whether some were outlined on another grid and taken by nearest neighbor: good enough to judge tissue with,
        not to measure.
    remarks
        What was corrected or has to be known, in sentences.
    passed_over
        Files that hold nothing for this stack.
    """

    labels: NDArray[np.uint8] | NDArray[np.uint16]
    classes: tuple[NamedMask, ...] = ()
    resampled: bool = False
    remarks: tuple[str, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()

    def __post_init__(self) -> None:
        self.labels.flags.writeable = False

    def __reduce__(self) -> tuple[type[BoneMasks], tuple[object, ...]]:
        # A pickle does not keep that an array is read-only: made anew from its fields, it is.
        return type(self), tuple(getattr(self, one.name) for one in fields(self))

    @property
    def names(self) -> dict[int, str]:
        """Label to name."""
        return {one.label: one.name for one in self.classes}

    @property
    def sides(self) -> dict[int, Laterality]:
        """Label to side, where the name tells it."""
        return {one.label: one.laterality for one in self.classes if one.laterality is not None}

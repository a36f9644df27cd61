"""Records of outlines that other programs made: files, the names in them, and the labels on a stack."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from calcimeasure.model import AlgorithmType, Laterality


class MaskError(UsageError):
    """A mask file is broken, or is meant for a stack that it does not fit.

    Parameters
    ----------
    message
        Text for a person: what was expected, what was found, where, what to do.
    path
        The file.
    series_uid
        The series that the file does not fit; None if the file itself is broken.
    """

    def __init__(self, message: str, path: Path | None = None, series_uid: str | None = None) -> None:
        # All arguments go to the base class, so that the error can be pickled and sent from a worker process.
        super().__init__(message, path, series_uid)
        self.message = message
        self.path = path
        self.series_uid = series_uid

    def __str__(self) -> str:
        return self.message


class MaskKind(StrEnum):
    """The format of a mask file."""

    SEG = "SEG"
    RTSTRUCT = "RTSTRUCT"
    NIFTI = "NIfTI"
    NRRD = "NRRD"
    META_IMAGE = "MetaImage"


@dataclass(frozen=True, slots=True)
class MaskClass:
    """One outlined structure in a file: a segment, an ROI, a label.

    Parameters
    ----------
    number
        Segment Number (0062,0004), ROI Number (3006,0022) or the value of its voxels; None if every voxel that is not
        zero belongs to the structure.
    text
        Its name in the file.
    layer
        The layer of an image file with several voxels at each place (`.seg.nrrd` with overlapping segments).
    tracking_uid
        Tracking UID (0062,0021) of a segment.
    algorithm_type
        How it was outlined, as the file says: Segment Algorithm Type (0062,0008), ROI Generation Algorithm (3006,0036).
    is_anatomy
        Whether its code says that it is a part of the body (bone, organ), or a finding; None if no code says so.
    """

    number: int | None
    text: str
    layer: int = 0
    tracking_uid: str | None = None
    algorithm_type: AlgorithmType | None = None
    is_anatomy: bool | None = None


@dataclass(frozen=True, slots=True)
class ImageGrid:
    """The positions of the voxels of an image file (NIfTI, NRRD, MetaImage).

    Parameters
    ----------
    shape
        Number of voxels along the three axes of the file.
    affine_lps
        Rows of the 4 x 4 matrix from index to LPS mm. For NIfTI the sform of the header or, without an sform, the qform
        (NIfTI-1, methods 3 and 2); the signs of x and y are changed from RAS+ to LPS.
    """

    shape: tuple[int, int, int]
    affine_lps: tuple[tuple[float, ...], ...]

    @property
    def origin_lps_mm(self) -> NDArray[np.float64]:
        """(3,) center of the first voxel."""
        return np.array(self.affine_lps)[:3, 3]

    @property
    def steps_lps_mm(self) -> NDArray[np.float64]:
        """(3, 3) step in mm along each axis of the file, one row for each axis."""
        return np.array(self.affine_lps)[:3, :3].T


@dataclass(frozen=True, slots=True)
class MaskFile:
    """A file of outlines, from its header; for an RTSTRUCT only the regions in one frame of reference.

    Parameters
    ----------
    path
        The file.
    kind
        Its format.
    classes
        The outlined structures, in the order of the file.
    frame_of_reference_uid
        (0020,0052); None if the file has none, as every image file.
    series_uids, instance_uids
        The series and images that the file references as the ones it was drawn on; empty if it references none.
    grid
        The grid of an image file; None for DICOM.
    patient_id
        Patient ID (0010,0020); None if the file has none.
    author
        Who drew it: Content Creator's Name (0070,0084) of a SEG, Operators' Name (0008,1070) of an RTSTRUCT; None if
        the file has none.
    """

    path: Path
    kind: MaskKind
    classes: tuple[MaskClass, ...]
    frame_of_reference_uid: str | None = None
    series_uids: frozenset[str] = frozenset()
    instance_uids: frozenset[str] = field(default=frozenset(), repr=False)
    grid: ImageGrid | None = None
    patient_id: str | None = None
    author: str | None = None


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A mask file that was not used, and the reason.

    Parameters
    ----------
    path, message
        The file; what was expected, what was found, what to do.
    is_nameless
        Whether it lies on the stack, and no class in it has the name of a bone.
    """

    path: Path
    message: str
    is_nameless: bool = False


@dataclass(frozen=True, slots=True)
class MaskFiles:
    """The masks under a path, from their headers. They are read once and used for each stack.

    Parameters
    ----------
    path
        The file or folder.
    files
        The mask files, sorted by path.
    other_file_count
        Number of files that are not masks.
    broken
        Files of a folder that claim to be masks and cannot be read: nothing tells which stack they were made for.
    """

    path: Path
    files: tuple[MaskFile, ...]
    other_file_count: int = 0
    broken: tuple[PassedOver, ...] = ()


@dataclass(frozen=True, slots=True)
class NamedMask:
    """A label of `BoneMasks`.

    Parameters
    ----------
    label
        Value of its voxels, from 1.
    name
        For a bone TotalSegmentator's name: humerus_left, vertebrae_L3, rib_left_4, sacrum, ...; else the name in the
        file.
    laterality
        The side in the name; None if the name has no side.
    paths
        The files that contain the structure.
    """

    label: int
    name: str
    laterality: Laterality | None
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True, eq=False)
class BoneMasks:
    """The outlined structures on one stack.

    Parameters
    ----------
    labels
        (k, j, i) uint8, uint16 from 256 classes on; 0 where nothing is outlined. Kept read-only.
    classes
        The labels that have voxels, ascending.
    resampled
        Whether some structures were outlined on another grid and resampled by nearest neighbor: accurate enough for
        judging tissue, not for measuring.
    remarks
        Corrections and other facts that a user must know, in sentences.
    passed_over
        Files that were not used for this stack.
    unknown_names
        Names of classes in files of this stack that seem to mean a bone, and none that is known: they were not used.
    """

    labels: NDArray[np.uint8] | NDArray[np.uint16]
    classes: tuple[NamedMask, ...] = ()
    resampled: bool = False
    remarks: tuple[str, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
    unknown_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.labels.flags.writeable = False

    def __reduce__(self) -> tuple[type[BoneMasks], tuple[object, ...]]:
        # A pickle does not keep arrays read-only. The record is made again from its fields, which makes them read-only.
        return type(self), tuple(getattr(self, one.name) for one in fields(self))

    @property
    def names(self) -> dict[int, str]:
        """The name for each label."""
        return {one.label: one.name for one in self.classes}

    @property
    def sides(self) -> dict[int, Laterality]:
        """The side for each label whose name has a side."""
        return {one.label: one.laterality for one in self.classes if one.laterality is not None}

"""What objects are made from: a stack with its lesions, its images and the header of its first one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydicom.dataset import Dataset

    from calcimeasure.geometry import Geometry
    from calcimeasure.model import Lesion, Stack, StackFacts
    from calcimeasure.model.follow import TimePoint


@dataclass(frozen=True, slots=True)
class SourceImage:
    """An image that an object refers to.

    Parameters
    ----------
    sop_class_uid, sop_uid, series_uid, study_uid
        As its own header has them; a stack can be joined from several series.
    frame_number
        From 1, in a multi-frame file; None for a file of one image.
    """

    sop_class_uid: str
    sop_uid: str
    series_uid: str
    study_uid: str
    frame_number: int | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A stack with the lesions that leave.

    Parameters
    ----------
    facts
        The stack as the store has it; it names the patient.
    stack
        The stack as its headers have it now, without copies of images.
    geometry
        Where its voxels lie; None for a radiograph.
    images
        An image for each slice, in the order of the slices.
    header
        The header of the file of the first image, without pixels.
    lesions
        In the order of their numbers.
    notices
        Codes of `calcimeasure.codes.NOTICES` about the geometry.
    time_point
        Its date among the compared dates of the patient; None if it was not compared with another date.
    tracks
        The track of masses that other dates show, by Tracking UID, as in changes.csv.
    """

    facts: StackFacts
    stack: Stack
    geometry: Geometry | None
    images: tuple[SourceImage, ...]
    header: Dataset
    lesions: tuple[Lesion, ...]
    notices: tuple[str, ...] = ()
    time_point: TimePoint | None = None
    tracks: Mapping[str, str] = field(default_factory=dict)

    def track_of(self, lesion: Lesion) -> str:
        """Give the track of a lesion; one that no other date shows has a track of its own."""
        return self.tracks.get(lesion.tracking_uid, lesion.tracking_uid)

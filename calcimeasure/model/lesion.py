"""A finding, where it lies, and its revisions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.model.vocabulary import AlgorithmType, ReviewState, Status, Tissue

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from numpy.typing import NDArray

    from calcimeasure.model.measurements import Measurements, RadiographMeasurements
    from calcimeasure.model.outline import Outline
    from calcimeasure.model.points import PointLps
    from calcimeasure.model.vocabulary import BodySite, Laterality, SideSource, SiteSource


@dataclass(frozen=True, slots=True)
class Midline:
    """The plane between the right and the left side of the body.

    Parameters
    ----------
    normal
        Unit vector to the patient's left, LPS.
    offset_mm
        Points p of the plane have normal . p = offset_mm.
    uncertainty_mm
        The possible distance between this plane and the true plane.
    quality
        0 to 1: the similarity of both sides.
    between_limbs
        Whether the plane lies between two limbs and no trunk is imaged.
    """

    normal: PointLps
    offset_mm: float
    uncertainty_mm: float
    quality: float
    between_limbs: bool = False

    def distance_mm(self, points_lps_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """(...,) signed distance of (..., 3) points, positive to the patient's left."""
        distance_mm: NDArray[np.float64] = points_lps_mm @ np.array(self.normal) - self.offset_mm
        return distance_mm


@dataclass(frozen=True, slots=True)
class Side:
    """The side of the body, with the evidence for it."""

    laterality: Laterality
    source: SideSource
    confidence: float | None = None
    conflict: bool = False
    hint: Laterality | None = None
    distance_to_midline_mm: float | None = None
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """The region of the body, with the evidence for it."""

    body_site: BodySite
    source: SiteSource
    detail: str | None = None
    evidence: str = field(default="", compare=False)


OUTLINE_IMPORTED = "outline_imported"
"""The notice on an outline that was imported from a file of another program."""


@dataclass(frozen=True, slots=True)
class Lesion:
    """A finding: its outline, its numbers, and what is known and decided about it.

    `tissue`, `side` and `site` are None until they have been judged. `settings_hash` and `software_version` name the
    settings and the version that computed the numbers. The outline of a lesion on a radiograph is a mask of one slice.
    """

    tracking_uid: str
    number: int
    outline: Outline
    measurements: Measurements | RadiographMeasurements
    notices: tuple[str, ...] = ()
    tissue: Tissue | None = None
    tissue_confidence: float | None = None
    side: Side | None = None
    site: Site | None = None
    status: Status = Status.PROPOSED
    algorithm_type: AlgorithmType = AlgorithmType.AUTOMATIC
    reader: str | None = None
    reviewed_at: datetime | None = None
    settings_hash: str = ""
    software_version: str = ""

    @property
    def is_mass(self) -> bool:
        """Whether the lesion counts as a calcified mass: its tissue is calcified mass, or is not judged yet."""
        return self.tissue in (None, Tissue.CALCIFIED_MASS)

    @property
    def may_be_mass(self) -> bool:
        """Whether a reader must decide: the lesion counts as a mass or may be a mass, and no reader has rejected it."""
        return (self.is_mass or self.tissue is Tissue.UNKNOWN) and self.status is not Status.REJECTED

    @property
    def is_drawn(self) -> bool:
        """Whether the outline is not one that the program proposed: a reader drew it, or it was imported."""
        return self.algorithm_type is not AlgorithmType.AUTOMATIC or OUTLINE_IMPORTED in self.notices

    @property
    def is_decided(self) -> bool:
        """Whether a reader has accepted or rejected the lesion."""
        return self.status is not Status.PROPOSED


@dataclass(frozen=True, slots=True)
class Revision:
    """A lesion as it was at one time. Every change appends a revision; revisions are never changed or removed.

    Parameters
    ----------
    lesion
        The complete lesion: outline, numbers, judgements, decisions.
    number
        From 1, without gaps, for each lesion.
    made_at
        Date and time, UTC.
    why
        What was done, in words.
    reader
        The person who made the change; None if the program made it.
    base_number
        The revision from which this one was made; None for the first one. Two revisions with the same base are a
        conflict.
    withdrawn
        The lesion no longer exists: it was merged into another lesion, split, taken back, or not found again.
    edit_uid
        Identifies the edit. All revisions of one edit have the same UID (a merge changes several lesions).
    """

    lesion: Lesion
    number: int
    made_at: datetime
    why: str
    reader: str | None = None
    base_number: int | None = None
    withdrawn: bool = False
    edit_uid: str | None = None


def largest_first(lesion: Lesion) -> tuple[object, ...]:
    """Order lesions by size (volume; without a volume, area or length); lesions of equal size by their position."""
    return (-lesion.measurements.size, lesion.outline.start_kji)


def review_state(lesions: Iterable[Lesion]) -> ReviewState:
    """Tell how many of some lesions readers have decided; lesions that need no decision (bone) are not counted."""
    decided = [one.is_decided for one in lesions if one.is_mass or one.tissue is Tissue.UNKNOWN]
    if not any(decided):
        return ReviewState.NONE
    return ReviewState.DONE if all(decided) else ReviewState.PARTIAL

"""What became of a stack: its report, and what tables and the store keep of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from calcimeasure.model.vocabulary import State, Status

if TYPE_CHECKING:
    from datetime import date

    from calcimeasure.geometry import Geometry
    from calcimeasure.model.lesion import Lesion, Midline
    from calcimeasure.model.stack import Failure, Series


@dataclass(frozen=True, slots=True)
class StackFacts:
    r"""What tables and the store keep of a stack: what its headers say and how its grid is spaced, not its files.

    Parameters
    ----------
    root, path
        The PATH argument that held it, and its first file in slice order below that.
    row_spacing_mm, column_spacing_mm, slice_spacing_mm
        None where the stack was not loaded, and for a radiograph: each of its lesions has the spacing
        (`RadiographMeasurements`).
    midline
        The body's, where it is seen.
    view_position, patient_orientation
        Of a radiograph: View Position (0018,5101), and the letters of rows and columns (0020,0020), separated by \.
    """

    study_uid: str
    series_uid: str
    stack_number: int
    modality: str
    root: str
    path: str
    image_count: int
    patient_id: str | None = None
    study_date: date | None = None
    series_number: int | None = None
    description: str | None = None
    slice_thickness_mm: float | None = None
    kvp: float | None = None
    convolution_kernel: str | None = None
    contrast_agent: bool | None = None
    frame_of_reference_uid: str | None = None
    row_spacing_mm: float | None = None
    column_spacing_mm: float | None = None
    slice_spacing_mm: float | None = None
    midline: Midline | None = None
    view_position: str | None = None
    patient_orientation: str | None = None

    @classmethod
    def of(cls, series: Series, geometry: Geometry | None = None, midline: Midline | None = None) -> Self:
        """Take the facts of a series, and of its grid and its body's midline where it was loaded."""
        first = series.instances[0]
        return cls(
            study_uid=series.study_uid,
            series_uid=series.series_uid,
            stack_number=series.stack_number,
            modality=series.modality,
            root=str(first.root.absolute()),
            path=series.relative_path.as_posix(),
            image_count=len(series.instances),
            patient_id=series.patient_id,
            study_date=series.study_date,
            series_number=series.series_number,
            description=series.description,
            slice_thickness_mm=series.slice_thickness_mm,
            kvp=series.kvp,
            convolution_kernel=series.convolution_kernel,
            contrast_agent=series.contrast_agent,
            frame_of_reference_uid=series.frame_of_reference_uid,
            row_spacing_mm=geometry.row_spacing_mm if geometry else None,
            column_spacing_mm=geometry.column_spacing_mm if geometry else None,
            slice_spacing_mm=geometry.slice_spacing_mm if geometry else None,
            midline=midline,
            view_position=series.projection.view_position if series.projection else None,
            patient_orientation="\\".join(series.projection.patient_orientation) or None if series.projection else None,
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a stack, or of a file that cannot be read, and what is now known of it.

    Parameters
    ----------
    state, reason, message
        As in `Failure`; reason and message are empty where it was measured.
    path
        The first file, relative to the PATH argument that held it.
    stack
        None for a file that cannot be read.
    lesions
        The current ones, of whatever tissue and status.
    seconds
        What measuring it took.
    """

    state: State
    path: str
    stack: StackFacts | None = None
    reason: str | None = None
    message: str | None = None
    lesions: tuple[Lesion, ...] = ()
    seconds: float = 0.0

    @property
    def masses(self) -> tuple[Lesion, ...]:
        """The calcified masses that no reader has rejected."""
        return tuple(one for one in self.lesions if one.is_mass and one.status is not Status.REJECTED)

    @classmethod
    def of(cls, result: Report | Failure) -> Self:
        """Take what became of a stack from what measuring it gave."""
        if isinstance(result, Report):
            stack = StackFacts.of(result.series, result.geometry, result.midline)
            return cls(State.MEASURED, stack.path, stack, lesions=result.lesions, seconds=result.seconds)
        return cls(
            state=result.state,
            path=result.relative_path.as_posix(),
            stack=StackFacts.of(result.series) if result.series else None,
            reason=result.reason,
            message=result.message,
            seconds=result.seconds,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """A measured stack: its lesions, largest first, what was measured with, and a picture (PNG) of each lesion.

    `geometry` is None for a radiograph, of which only the spacing is known, if that.
    """

    series: Series
    geometry: Geometry | None
    lesions: tuple[Lesion, ...]
    settings_hash: str
    software_version: str
    notices: tuple[str, ...] = ()
    seconds: float = 0.0
    thumbnails: tuple[bytes, ...] = ()
    midline: Midline | None = None

"""The result of a stack: its report, and the facts that tables and the store keep."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from calcimeasure.model.vocabulary import State, Status

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from calcimeasure.geometry import Geometry
    from calcimeasure.model.lesion import Lesion, Midline
    from calcimeasure.model.stack import Failure, Stack


@dataclass(frozen=True, slots=True)
class StackFacts:
    r"""The facts that tables and the store keep of a stack: from its headers and its grid, without its list of files.

    Parameters
    ----------
    root, path
        The PATH argument under which the stack was found, and its first file in slice order, relative to that PATH.
    row_spacing_mm, column_spacing_mm, slice_spacing_mm
        None if the stack was not loaded, and for a radiograph: each lesion of a radiograph holds the spacing
        (`RadiographMeasurements`).
    midline
        The midline of the body; None if the stack does not show it.
    person
        Who is imaged, as pseudonyms take it (`calcimeasure.model.Who`): the Patient ID if one person has it. None if
        the header has none, or in records that were not compared with others.
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
    person: str | None = None

    @classmethod
    def of(cls, stack: Stack, geometry: Geometry | None = None, midline: Midline | None = None) -> Self:
        """Take the facts of a stack; if the stack was loaded, also those of its grid and of the body's midline."""
        first = stack.instances[0]
        return cls(
            study_uid=stack.study_uid,
            series_uid=stack.series_uid,
            stack_number=stack.stack_number,
            modality=stack.modality,
            root=str(first.root.absolute()),
            path=stack.relative_path.as_posix(),
            image_count=len(stack.instances),
            patient_id=stack.patient_id,
            study_date=stack.study_date,
            series_number=stack.series_number,
            description=stack.description,
            slice_thickness_mm=stack.slice_thickness_mm,
            kvp=stack.kvp,
            convolution_kernel=stack.convolution_kernel,
            contrast_agent=stack.contrast_agent,
            frame_of_reference_uid=stack.frame_of_reference_uid,
            row_spacing_mm=geometry.row_spacing_mm if geometry else None,
            column_spacing_mm=geometry.column_spacing_mm if geometry else None,
            slice_spacing_mm=geometry.slice_spacing_mm if geometry else None,
            midline=midline,
            view_position=stack.projection.view_position if stack.projection else None,
            patient_orientation="\\".join(stack.projection.patient_orientation) or None if stack.projection else None,
            person=stack.person_name,
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a stack, or of a file that cannot be read, with its current lesions.

    Parameters
    ----------
    state, reason, message
        As in `Failure`; reason and message are empty if the stack was measured.
    path
        The first file, relative to the PATH argument under which it was found.
    stack
        None for a file that cannot be read.
    lesions
        The current lesions, of any tissue and status.
    seconds
        Time that measuring took.
    notices
        Keys of `calcimeasure.codes.NOTICES`: what was corrected on the stack, or what a user must know about it. They
        are told also where no lesion was found. None if they are not known: a store of schema 3 has them of lesions
        only.
    """

    state: State
    path: str
    stack: StackFacts | None = None
    reason: str | None = None
    message: str | None = None
    lesions: tuple[Lesion, ...] = ()
    seconds: float = 0.0
    notices: tuple[str, ...] | None = ()

    @property
    def masses(self) -> tuple[Lesion, ...]:
        """The calcified masses that no reader has rejected."""
        return tuple(one for one in self.lesions if one.is_mass and one.status is not Status.REJECTED)

    @classmethod
    def of(cls, result: Report | Failure) -> Self:
        """Make the outcome of a stack from its report or failure."""
        if isinstance(result, Report):
            stack = StackFacts.of(result.stack, result.geometry, result.midline)
            return cls(
                State.MEASURED,
                stack.path,
                stack,
                lesions=result.lesions,
                seconds=result.seconds,
                notices=notices_of(result),
            )
        return cls(
            state=result.state,
            path=result.relative_path.as_posix(),
            stack=StackFacts.of(result.stack) if result.stack else None,
            reason=result.reason,
            message=result.message,
            seconds=result.seconds,
            notices=notices_of(result),
        )


@dataclass(frozen=True, slots=True)
class MaskUse:
    """What became, for one stack, of the masks that other programs made.

    Parameters
    ----------
    taken
        The files that were taken.
    not_taken
        Why files were not taken, in sentences.
    remarks
        What a user must know of the masks that were taken, in sentences.
    """

    taken: tuple[Path, ...] = ()
    not_taken: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """What the files of a stack hold beside their headers.

    Parameters
    ----------
    pixel_hash
        Hash of the encoded pixel data of its images.
    mask_hash
        Hash of the files of bone masks that belong to it; None where the settings name no masks, and for a radiograph.
    """

    pixel_hash: str
    mask_hash: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """A measured stack: its lesions, largest first, the settings and version used, and a picture (PNG) of each lesion.

    `geometry` is None for a radiograph: at most the spacing of a radiograph is known. `overview` is a picture (PNG) of
    the whole stack; None on a radiograph, and where nothing was found.
    """

    stack: Stack
    geometry: Geometry | None
    lesions: tuple[Lesion, ...]
    settings_hash: str
    software_version: str
    notices: tuple[str, ...] = ()
    seconds: float = 0.0
    thumbnails: tuple[bytes, ...] = ()
    overview: bytes | None = None
    midline: Midline | None = None
    masks: MaskUse = field(default_factory=MaskUse)
    contents: Content | None = None


_TWO_IMAGES = "two_images_of_one_uid"


def notices_of(result: Report | Failure) -> tuple[str, ...]:
    """Give the notices of a stack, each once: of a stack that was not measured, those of its headers."""
    if isinstance(result, Report):
        return tuple(dict.fromkeys(result.notices))
    # The headers alone took two images for copies.
    untrue = {"duplicate_dropped"} if result.reason == _TWO_IMAGES else set()
    return tuple(one for one in dict.fromkeys(result.stack.notices if result.stack else ()) if one not in untrue)

"""The stacks of a folder whose lesions leave as DICOM objects, with the headers of their images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from calcimeasure.errors import InputPathError, SeriesError, StoreError
from calcimeasure.export.dicom.source import Source, SourceImage
from calcimeasure.export.dicom.values import text_of
from calcimeasure.load.volume import checked_stack
from calcimeasure.load.whole_header import read_whole_header
from calcimeasure.model import State
from calcimeasure.results import series_of
from calcimeasure.settings import parse_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from calcimeasure.geometry import Geometry
    from calcimeasure.model import Lesion, Stack, StackFacts, Status
    from calcimeasure.store import Store


@dataclass(frozen=True, slots=True)
class NotThere:
    """A stack whose lesions cannot leave as objects: its images are missing, or have changed.

    Parameters
    ----------
    facts
        The stack.
    message
        Text for a person: what was expected, what was found, where, what to do.
    """

    facts: StackFacts
    message: str


def sources_of(store: Store, status: Status, all_tissues: bool = False) -> Iterator[Source | NotThere]:
    """Find the images of every stack that has lesions to export, and read their headers.

    Parameters
    ----------
    store
        The store of a folder.
    status
        Only lesions with this status.
    all_tissues
        Whether lesions leave that are no calcified masses.

    Yields
    ------
    Source or NotThere
        One stack at a time. Stacks without such lesions are passed over.
    """
    stacks = store.measured_stacks()
    measured = (one for one in store.outcomes() if one.state is State.MEASURED)
    for (stack_id, facts), outcome in zip(stacks.items(), measured, strict=False):
        if outcome.stack is None or (facts.series_uid, facts.path, facts.stack_number) != (
            outcome.stack.series_uid,
            outcome.stack.path,
            outcome.stack.stack_number,
        ):
            raise StoreError(f"The store {store.place} was changed by another run meanwhile: export again.")
        chosen = (one for one in outcome.lesions if one.status is status and (all_tissues or one.is_mass))
        lesions = tuple(sorted(chosen, key=lambda one: one.number))
        if lesions:
            yield _source_of(store, stack_id, facts, lesions)


def _source_of(store: Store, stack_id: int, facts: StackFacts, lesions: tuple[Lesion, ...]) -> Source | NotThere:
    settings = parse_settings(store.settings_toml(lesions[0].settings_hash), where=store.place)
    geometry: Geometry | None = None
    notices: tuple[str, ...] = ()
    try:
        stack = series_of(store, stack_id, settings)
        if stack.projection is None:
            stack, geometry, notices = checked_stack(stack, settings)
        header = read_whole_header(stack.instances[0])
        return Source(facts, stack, geometry, images_of(stack), header, lesions, notices)
    except (InputPathError, SeriesError) as error:
        return NotThere(facts, str(error))


def images_of(stack: Stack) -> tuple[SourceImage, ...]:
    """Give an image for each slice of a stack. A stack that was joined has its series UIDs from its own headers."""
    images = []
    for one in stack.instances:
        series_uid, study_uid = stack.series_uid, stack.study_uid
        if stack.joined_series:
            header = read_whole_header(one)
            series_uid, study_uid = text_of(header, "SeriesInstanceUID"), text_of(header, "StudyInstanceUID")
        frame_number = one.frame_index + 1 if one.frame_count > 1 else None
        images.append(SourceImage(stack.sop_class_uid, one.sop_uid, series_uid, study_uid, frame_number))
    return tuple(images)

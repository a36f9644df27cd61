"""Which object of DICOM follows which: the instance number of a new one, and the one that it replaces."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from calcimeasure.errors import StoreError
from calcimeasure.export.dicom.seg import segmentation_of
from calcimeasure.model import Status
from calcimeasure.store import ObjectKind, ObjectLine, WrittenObject

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from calcimeasure.export import Naming
    from calcimeasure.export.dicom.seg import Segmentation
    from calcimeasure.export.dicom.source import Source
    from calcimeasure.store import Store

PROPOSED = "proposed"
"""First word of the part of lesions that no reader has accepted: their objects have a line of their own."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What is known of an object before it is written.

    Parameters
    ----------
    line
        The objects that it follows.
    instance_number
        Instance Number (0020,0013).
    before
        The object that it replaces; None: none.
    content_hash
        Hash of its content.
    """

    line: ObjectLine
    instance_number: int
    before: WrittenObject | None
    content_hash: str

    def written(self, dataset: Dataset, is_preliminary: bool, segmentation_uid: str | None = None) -> WrittenObject:
        """Make the record of the object."""
        return WrittenObject(
            line=self.line,
            study_uid=dataset.StudyInstanceUID,
            series_uid=dataset.SeriesInstanceUID,
            sop_instance_uid=dataset.SOPInstanceUID,
            instance_number=self.instance_number,
            content_hash=self.content_hash,
            is_preliminary=is_preliminary,
            predecessor_uid=self.before.sop_instance_uid if self.before else None,
            segmentation_uid=segmentation_uid,
            written_at=datetime.now(UTC),
        )


def line_of(store: Store, source: Source, naming: Naming, kind: ObjectKind, part: str = "") -> ObjectLine:
    """Name the line of the objects of a stack.

    Parameters
    ----------
    store
        The store that has the stack.
    source
        The stack; its lesions have one status.
    naming
        The names in the object: with each key and with real names it has a line of its own.
    kind
        SEG or SR.
    part
        Which of the lesions the object holds; empty: all.

    Raises
    ------
    StoreError
        The store no longer has the stack.
    """
    stack_id = store.find_stack(source.stack)
    if stack_id is None:
        raise StoreError(f"The store {store.place} was changed by another run meanwhile: export again.")
    words = [word for word in (PROPOSED if is_proposed(source) else "", part) if word]
    fingerprint = (store.recall("key_fingerprint") or "") if naming.dates_shifted else ""
    return ObjectLine(stack_id, kind, " ".join(words), fingerprint)


def is_proposed(source: Source) -> bool:
    """Tell whether no reader has accepted the lesions."""
    return any(one.status is not Status.ACCEPTED for one in source.lesions)


def turn_in(store: Store, line: ObjectLine, content_hash: str) -> Turn:
    """Give the turn of an object: that of the newest one of its line if it has the same content, else the next.

    The first object of accepted lesions replaces the newest one of proposed lesions.
    """
    earlier = store.objects_of(line)
    proposed = line.part.startswith(PROPOSED)
    drafts = [] if proposed else store.objects_of(_with_part(line, f"{PROPOSED} {line.part}".strip()))
    if earlier and earlier[-1].content_hash == content_hash:
        same = earlier[-1]
        before = next((one for one in (*earlier, *drafts) if one.sop_instance_uid == same.predecessor_uid), None)
        return Turn(line, same.instance_number, before, content_hash)
    before = earlier[-1] if earlier else drafts[-1] if drafts else None
    return Turn(line, len(earlier) + 1, before, content_hash)


def numbered_segmentation(
    store: Store, source: Source, naming: Naming, segmentation_type: str
) -> tuple[Segmentation, Turn]:
    """Make the segmentation of a stack with its instance number, and give its turn."""
    first = segmentation_of(source, naming, segmentation_type=segmentation_type)
    turn = turn_in(store, line_of(store, source, naming, ObjectKind.SEG), first.dataset.SOPInstanceUID)
    if turn.instance_number == 1:
        return first, turn
    again = segmentation_of(source, naming, instance_number=turn.instance_number, segmentation_type=segmentation_type)
    return again, turn


def _with_part(line: ObjectLine, part: str) -> ObjectLine:
    return ObjectLine(line.stack_id, line.kind, part, line.key_fingerprint)

"""Items of the content tree of a structured report (PS3.3 section C.17.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from calcimeasure.export.dicom.codes import Code, code_item

if TYPE_CHECKING:
    from collections.abc import Iterable

    from calcimeasure.export.dicom.source import SourceImage

CONTAINS: Final = "CONTAINS"
CONTEXT: Final = "HAS OBS CONTEXT"
MODIFIER: Final = "HAS CONCEPT MOD"
PROPERTY: Final = "HAS PROPERTIES"
INFERRED: Final = "INFERRED FROM"
SELECTED: Final = "SELECTED FROM"

_LONGEST_UC: Final = 1024
"""Most characters of a text, so that every reader shows it whole."""


def container(name: Code, children: Iterable[Dataset], *, template: str = "", relation: str = CONTAINS) -> Dataset:
    """Make a container; `template` is its template of PS3.16 ("1411")."""
    item = _item(relation, "CONTAINER", name)
    item.ContinuityOfContent = "SEPARATE"
    if template:
        of_template = Dataset()
        of_template.MappingResource, of_template.TemplateIdentifier = "DCMR", template
        item.ContentTemplateSequence = Sequence([of_template])
    return _with_children(item, children)


def text_item(name: Code, value: str, *, relation: str = CONTAINS) -> Dataset:
    """Make a text."""
    item = _item(relation, "TEXT", name)
    item.TextValue = value[:_LONGEST_UC]
    return item


def person_item(name: Code, value: str, *, relation: str = CONTEXT) -> Dataset:
    """Make the name of a person."""
    item = _item(relation, "PNAME", name)
    item.PersonName = value
    return item


def uid_item(name: Code, value: str, *, relation: str = CONTEXT) -> Dataset:
    """Make a reference to a UID."""
    item = _item(relation, "UIDREF", name)
    item.UID = value
    return item


def code_value(name: Code, value: Code, children: Iterable[Dataset] = (), *, relation: str = CONTAINS) -> Dataset:
    """Make a coded value."""
    item = _item(relation, "CODE", name)
    item.ConceptCodeSequence = Sequence([code_item(value)])
    return _with_children(item, children)


def number_item(
    name: Code, value: str, unit: Code, children: Iterable[Dataset] = (), *, relation: str = CONTAINS
) -> Dataset:
    """Make a number (PS3.3 section C.18.1) from its text as a DS. One without a value is refused by some readers."""
    item = _item(relation, "NUM", name)
    measured = Dataset()
    measured.MeasurementUnitsCodeSequence = Sequence([code_item(unit)])
    measured.NumericValue = value
    item.MeasuredValueSequence = Sequence([measured])
    return _with_children(item, children)


def image_item(
    name: Code | None,
    image: SourceImage,
    *,
    segment_number: int | None = None,
    frame_number: int | None = None,
    relation: str = CONTAINS,
) -> Dataset:
    """Make a reference to an image, or to a segment of a segmentation."""
    item = _item(relation, "IMAGE", name)
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = image.sop_class_uid, image.sop_uid
    frame = frame_number or image.frame_number
    if frame is not None:
        reference.ReferencedFrameNumber = str(frame)
    if segment_number is not None:
        reference.ReferencedSegmentNumber = segment_number
    item.ReferencedSOPSequence = Sequence([reference])
    return item


def line_item(name: Code, points: Iterable[tuple[float, float]], image: SourceImage, *, relation: str) -> Dataset:
    """Make a line on an image (PS3.3 section C.18.6).

    Parameters
    ----------
    name
        What the line is.
    points
        Row and column as indexes, where 0 is the center of the first pixel. The item has column and row, where 0 is the
        corner of the first pixel. A line that ends where it begins encloses a region.
    image
        The image.
    relation
        How its parent relates to it.
    """
    item = _item(relation, "SCOORD", name)
    item.GraphicType = "POLYLINE"
    item.GraphicData = [value + 0.5 for row, column in points for value in (column, row)]
    return _with_children(item, [image_item(None, image, relation=SELECTED)])


def _item(relation: str, value_type: str, name: Code | None) -> Dataset:
    item = Dataset()
    item.RelationshipType, item.ValueType = relation, value_type
    if name is not None:
        item.ConceptNameCodeSequence = Sequence([code_item(name)])
    return item


def _with_children(item: Dataset, children: Iterable[Dataset]) -> Dataset:
    content = list(children)
    if content:
        item.ContentSequence = Sequence(content)
    return item

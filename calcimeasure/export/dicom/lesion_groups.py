"""The measurement group of a lesion (PS3.16, TID 1411 and TID 1410): everything about it in one group.

Viewers put together what has the same Tracking UID, and take the first lines of a group for its axes. All groups of a
report have the same items in the same order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from calcimeasure.export.dicom.border import single_border
from calcimeasure.export.dicom.codes import (
    CALCIFICATION,
    FINDING_SITE,
    GROUP,
    LATERALITY,
    SIDES,
    TRACK_UID,
    TRACKING_IDENTIFIER,
    TRACKING_UID,
    UNKNOWN,
    region_of,
    side_of,
)
from calcimeasure.export.dicom.content import (
    CONTAINS,
    CONTEXT,
    INFERRED,
    MODIFIER,
    code_value,
    container,
    image_item,
    line_item,
    number_item,
    person_item,
    text_item,
    uid_item,
)
from calcimeasure.export.dicom.header import PROGRAM, valid_name
from calcimeasure.export.dicom.quantities import (
    LONG_AXIS,
    SHORT_AXIS,
    UNITS,
    certainty_items,
    quantities_of,
    quantity_item,
)
from calcimeasure.model import BodySite, Laterality, SpacingSource, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydicom.dataset import Dataset

    from calcimeasure.export.dicom.codes import Code
    from calcimeasure.export.dicom.source import Source, SourceImage
    from calcimeasure.export.pseudonym import Naming
    from calcimeasure.model import Lesion

VIEWER_TOOL: Final = "Cornerstone3DTools@^0.1.0:Bidirectional"
"""Begin of a Tracking Identifier that viewers draw as two axes which a person can edit (OHIF)."""

OBSERVER_TYPE: Final[Code] = ("121005", "DCM", "Observer Type")

_PERSON: Final[Code] = ("121006", "DCM", "Person")
_PERSON_NAME: Final[Code] = ("121008", "DCM", "Person Observer Name")
_COMMENT: Final[Code] = ("121106", "DCM", "Comment")
_FINDING: Final[Code] = ("121071", "DCM", "Finding")
_REFERENCED_SEGMENT: Final[Code] = ("121191", "DCM", "Referenced Segment")
_REFERENCED_FRAME: Final[Code] = ("121214", "DCM", "Referenced Segmentation Frame")
_SOURCE_SERIES: Final[Code] = ("121232", "DCM", "Source series for segmentation")
_SOURCE_IMAGE: Final[Code] = ("121233", "DCM", "Source image for segmentation")
_IMAGE_REGION: Final[Code] = ("111030", "DCM", "Image Region")
_SOURCE: Final[Code] = ("260753009", "SCT", "Source")
_ALGORITHM_NAME: Final[Code] = ("111001", "DCM", "Algorithm Name")
_ALGORITHM_VERSION: Final[Code] = ("111003", "DCM", "Algorithm Version")
_ALGORITHM_PARAMETERS: Final[Code] = ("111002", "DCM", "Algorithm Parameters")
_TIME_POINT: Final[Code] = ("C2348792", "UMLS", "Time Point")
_TIME_POINT_ORDER: Final[Code] = ("126073", "DCM", "Time Point Order")
_SUBJECT_TIME_POINT: Final[Code] = ("126070", "DCM", "Subject Time Point Identifier")
_OFFSET: Final[Code] = ("128740", "DCM", "Longitudinal Temporal Offset from Event")
_EVENT_TYPE: Final[Code] = ("128741", "DCM", "Longitudinal Temporal Event Type")
_BASELINE: Final[Code] = ("121079", "DCM", "Baseline")
_DAYS: Final[Code] = ("d", "UCUM", "day")


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment that a group refers to.

    Parameters
    ----------
    segmentation
        The object.
    number
        Segment Number (0062,0004) in it.
    frame_number
        From 1: the only frame of the segment, on a radiograph; None if it has several, or shares one with others.
    """

    segmentation: SourceImage
    number: int
    frame_number: int | None = None


@dataclass(frozen=True, slots=True)
class GroupContext:
    """What all groups of a report share.

    Parameters
    ----------
    source
        The stack.
    naming
        The names of readers, lesions and images.
    images
        The image of each slice that is referred to, with its UIDs as they leave.
    segments
        The segment of each lesion, by its Tracking UID.
    has_axes
        Whether the lesions of the report have axes that can be drawn.
    items
        The names of the numbers and confidences of which all groups have an item: those that all lesions have.
    """

    source: Source
    naming: Naming
    images: Mapping[int, SourceImage]
    segments: Mapping[str, Segment]
    has_axes: bool
    items: frozenset[str]


def has_axes(lesion: Lesion) -> bool:
    """Tell whether both axes of a lesion can be drawn: an axis without a length has no direction."""
    numbers = lesion.measurements
    lengths = (numbers.long_axis_px or numbers.long_axis_mm, numbers.short_axis_px or numbers.short_axis_mm)
    return all(lengths)


def needs_segment(lesion: Lesion) -> bool:
    """Tell whether the group of a lesion refers to a segment: on a radiograph only where one line is not enough."""
    return _is_in_stack(lesion) or single_border(lesion.outline) is None


def _is_in_stack(lesion: Lesion) -> bool:
    """Tell whether a lesion lies in a stack of slices: it has no lengths in pixels."""
    return lesion.measurements.long_axis_px is None


def group_of(lesion: Lesion, context: GroupContext) -> Dataset:
    """Make the measurement group of a lesion: TID 1411 in a stack of slices, TID 1410 on a radiograph."""
    is_stack = _is_in_stack(lesion)
    identifier = f"{PROGRAM} {lesion.number}"
    items = [
        text_item(
            TRACKING_IDENTIFIER,
            f"{VIEWER_TOOL}:{identifier}" if context.has_axes else identifier,
            relation=CONTEXT,
        ),
        uid_item(TRACKING_UID, context.naming.uid(lesion.tracking_uid) or ""),
        *_reader_items(lesion, context.naming),
        text_item(_COMMENT, described(lesion)),
        code_value(_FINDING, CALCIFICATION),
        *(_segment_items(lesion, context) if is_stack else _region_items(lesion, context)),
        _site_item(lesion),
        *_algorithm_items(lesion),
        *_time_point_items(lesion, context),
        *_number_items(lesion, context),
        _side_item(lesion),
        *certainty_items(lesion, context.items),
    ]
    return container(GROUP, items, template="1411" if is_stack else "1410")


def described(lesion: Lesion) -> str:
    """Say in a line which lesion it is and how large, as in ``3: left pelvis, 81.2 mL (95 %: +/- 0.9)``."""
    side, site, numbers = lesion.side, lesion.site, lesion.measurements
    words = []
    if side is not None and side.laterality is not Laterality.UNKNOWN:
        words.append(str(side.laterality))
    if site is not None and site.body_site is not BodySite.UNKNOWN:
        words.append(site.body_site.replace("_", " "))
    parts = [" ".join(words)] if words else []
    least = "at least " if numbers.truncated else ""
    parts.append(least + _size(lesion))
    if numbers.spacing_source is SpacingSource.DETECTOR_PLANE:
        parts.append("measured at the detector")
    if lesion.status is not Status.ACCEPTED:
        parts.append("not reviewed")
    return f"{lesion.number}: {', '.join(parts)}"


def _size(lesion: Lesion) -> str:
    numbers = lesion.measurements
    if numbers.volume_ml is not None:
        return _with_interval(numbers.volume_ml, numbers.volume_u95_ml, "mL")
    if numbers.long_axis_px is not None and numbers.long_axis_mm is None:
        return _with_interval(numbers.long_axis_px, numbers.long_axis_u95_px, "pixels")
    return _with_interval(numbers.long_axis_mm or 0.0, numbers.long_axis_u95_mm, "mm")


def _with_interval(value: float, half_width: float | None, unit: str) -> str:
    """Write a value with as many decimals as its half-width tells.

    Examples
    --------
    >>> _with_interval(81.2345, 0.91, "mL"), _with_interval(0.1234, None, "mL"), _with_interval(7.57, 1.96, "mm")
    ('81.2 mL (95 %: +/- 0.9)', '0.12 mL', '7.6 mm (95 %: +/- 2.0)')
    """
    if not half_width:
        return f"{value:.2f} {unit}"
    # Two digits of a half-width that begins with 1 to 3, else one: the rule of the Particle Data Group.
    exponent = math.floor(math.log10(half_width))
    decimals = min(max((half_width < 3.55 * 10.0**exponent) - exponent, 0), 4)
    return f"{value:.{decimals}f} {unit} (95 %: +/- {half_width:.{decimals}f})"


def _reader_items(lesion: Lesion, naming: Naming) -> list[Dataset]:
    """Name the reader of a lesion that was accepted (TID 1003); of any other the program alone is the observer."""
    if lesion.status is not Status.ACCEPTED or not lesion.reader:
        return []
    name = valid_name(naming.reader(lesion.reader))
    return [code_value(OBSERVER_TYPE, _PERSON, relation=CONTEXT), person_item(_PERSON_NAME, name)]


def _segment_items(lesion: Lesion, context: GroupContext) -> list[Dataset]:
    segment = context.segments[lesion.tracking_uid]
    series = dict.fromkeys(one.series_uid for one in context.images.values())
    return [
        image_item(_REFERENCED_SEGMENT, segment.segmentation, segment_number=segment.number),
        *(uid_item(_SOURCE_SERIES, uid, relation=CONTAINS) for uid in series),
    ]


def _region_items(lesion: Lesion, context: GroupContext) -> list[Dataset]:
    (image,) = context.images.values()
    border = single_border(lesion.outline)
    if border is not None:
        return [line_item(_IMAGE_REGION, border, image, relation=CONTAINS)]
    segment = context.segments[lesion.tracking_uid]
    return [
        image_item(
            _REFERENCED_FRAME,
            segment.segmentation,
            # A reference to a frame names no segment (PS3.3 section C.18.4).
            segment_number=segment.number if segment.frame_number is None else None,
            frame_number=segment.frame_number,
        ),
        image_item(_SOURCE_IMAGE, image),
    ]


def _site_item(lesion: Lesion) -> Dataset:
    side = SIDES.get(lesion.side.laterality) if lesion.side else None
    modifier = [] if side is None else [code_value(LATERALITY, side, relation=MODIFIER)]
    return code_value(FINDING_SITE, region_of(lesion.site) or UNKNOWN, modifier, relation=MODIFIER)


def _side_item(lesion: Lesion) -> Dataset:
    """Say the side, also where it is the midline or not known, which a modifier of the site cannot say."""
    laterality = lesion.side.laterality if lesion.side else Laterality.UNKNOWN
    return code_value(LATERALITY, side_of(laterality))


def _algorithm_items(lesion: Lesion) -> list[Dataset]:
    """Name what measured the lesion, and with which settings (TID 4019)."""
    parameters = f"settings_hash={lesion.settings_hash}; outline={lesion.algorithm_type}"
    return [
        text_item(_ALGORITHM_NAME, PROGRAM, relation=MODIFIER),
        text_item(_ALGORITHM_VERSION, lesion.software_version or "unknown", relation=MODIFIER),
        text_item(_ALGORITHM_PARAMETERS, parameters, relation=MODIFIER),
    ]


def _time_point_items(lesion: Lesion, context: GroupContext) -> list[Dataset]:
    """Tell which of the compared dates it is, and which track (TID 1502); nothing if no dates were compared."""
    point = context.source.time_point
    if point is None:
        return []
    event = code_value(_EVENT_TYPE, _BASELINE, relation=MODIFIER)
    return [
        text_item(_TIME_POINT, point.words, relation=CONTEXT),
        number_item(_TIME_POINT_ORDER, str(point.order), UNITS[""], relation=CONTEXT),
        text_item(_SUBJECT_TIME_POINT, str(point.order), relation=CONTEXT),
        number_item(_OFFSET, str(point.days), _DAYS, [event], relation=CONTEXT),
        uid_item(TRACK_UID, context.naming.uid(context.source.track_of(lesion)) or ""),
    ]


def _number_items(lesion: Lesion, context: GroupContext) -> list[Dataset]:
    axes = _axis_points(lesion, context.source) if context.has_axes else {}
    image = context.images[lesion.measurements.long_axis_slice]
    return [
        quantity_item(
            lesion,
            quantity,
            [line_item(_SOURCE, axes[quantity.concept], image, relation=INFERRED)] if quantity.concept in axes else [],
        )
        for quantity in quantities_of(lesion)
        if quantity.name in context.items
    ]


def _axis_points(lesion: Lesion, source: Source) -> dict[Code, list[tuple[float, float]]]:
    """Give the ends of both axes as row and column of the image that they lie on."""
    numbers, points = lesion.measurements, {}
    for concept, axis in ((LONG_AXIS, numbers.long_axis), (SHORT_AXIS, numbers.short_axis)):
        if axis.ends_px is not None:
            points[concept] = [(float(row), float(column)) for row, column in axis.ends_px]
        elif axis.ends_lps_mm is not None and source.geometry is not None:
            indexes = source.geometry.to_index_kji(axis.ends_lps_mm)
            points[concept] = [(float(row), float(column)) for _, row, column in indexes]
    return points

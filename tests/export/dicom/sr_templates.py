"""Checks the content tree of a report by PS3.16 TID 1500, 1410 and 1411, as this program fills them.

dciodvfy takes reports whose groups have no Tracking UID or no segment; viewers do not. Nothing here is used to write.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydicom.dataset import Dataset

Step = tuple[str, str, str]
"""Relationship, value type and code of an item."""

ROOT: list[Step] = [
    ("HAS CONCEPT MOD", "CODE", "121049"),
    ("HAS OBS CONTEXT", "CODE", "121005"),
    ("HAS OBS CONTEXT", "UIDREF", "121012"),
    ("HAS OBS CONTEXT", "TEXT", "121013"),
    ("HAS OBS CONTEXT", "TEXT", "121014"),
    ("HAS OBS CONTEXT", "TEXT", "121015"),
    ("HAS OBS CONTEXT", "TEXT", "121016"),
    ("HAS CONCEPT MOD", "CODE", "121058"),
    ("CONTAINS", "CONTAINER", "111028"),
    ("CONTAINS", "CONTAINER", "126010"),
]
TRACKING: list[Step] = [("HAS OBS CONTEXT", "TEXT", "112039"), ("HAS OBS CONTEXT", "UIDREF", "112040")]
PERSON: list[Step] = [("HAS OBS CONTEXT", "CODE", "121005"), ("HAS OBS CONTEXT", "PNAME", "121008")]
TEXT: list[Step] = [("CONTAINS", "TEXT", "121106"), ("CONTAINS", "CODE", "121071")]
SEGMENT: list[Step] = [("CONTAINS", "IMAGE", "121191"), ("CONTAINS", "UIDREF", "121232")]
LINE: list[Step] = [("CONTAINS", "SCOORD", "111030")]
FRAME: list[Step] = [("CONTAINS", "IMAGE", "121214"), ("CONTAINS", "IMAGE", "121233")]
SITE: list[Step] = [
    ("HAS CONCEPT MOD", "CODE", "363698007"),
    ("HAS CONCEPT MOD", "TEXT", "111001"),
    ("HAS CONCEPT MOD", "TEXT", "111003"),
    ("HAS CONCEPT MOD", "TEXT", "111002"),
]
TIME: list[Step] = [
    ("HAS OBS CONTEXT", "TEXT", "C2348792"),
    ("HAS OBS CONTEXT", "NUM", "126073"),
    ("HAS OBS CONTEXT", "TEXT", "126070"),
    ("HAS OBS CONTEXT", "NUM", "128740"),
    ("HAS OBS CONTEXT", "UIDREF", "track_uid"),
]
"""TID 1502, and the track; together, or none of them."""
SIDE: list[Step] = [("CONTAINS", "CODE", "272741003")]
CERTAINTIES = ("111012", "laterality_cert")
CONTEXT = ("126073", "128740")
UNITS = {
    "103339001": {"mm", "{pixels}"},
    "103340004": {"mm", "{pixels}"},
    "L0JK": {"mm"},
    "118565006": {"mL"},
    "RNU0": {"mL"},
    "YEKZ": {"mL"},
    "envelope_volume": {"mL"},
    "42798000": {"mm2", "{pixels}"},
    "envelope_area": {"mm2", "{pixels}"},
    "112031": {"[hnsf'U]"},
    "111012": {"1"},
    "laterality_cert": {"1"},
    "126073": {"1"},
    "128740": {"d"},
}
"""The units of each number, and their order in a group."""
MEANINGS = {"103339001": "Long Axis", "103340004": "Short Axis"}
VIEWER = re.compile(r"Cornerstone3DTools@\^0\.1\.0:Bidirectional:calcimeasure [1-9][0-9]*")
DATABASE = re.compile(r"calcimeasure [1-9][0-9]*")
UID = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))+")
DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def problems(report: Dataset, segmentation: Dataset | None = None) -> list[str]:
    """What is wrong with a report, and with what it says of a segmentation."""
    found = list(_of_document(report))
    if [_step(item) for item in _children(report)] != ROOT:
        return [*found, "root: other items or another order than TID 1500 expected"]
    groups = _children(_child(report, "126010"))
    library = _children(_child(report, "111028"))
    found += list(_of_library(library))
    if not groups:
        found.append("imaging measurements: no group")
    for place, group in enumerate(groups, 1):
        found += [f"group {place}: {said}" for said in _of_group(group, report)]
    found += list(_of_groups(groups))
    found += list(_of_references(report))
    if segmentation is not None:
        found += list(_of_segments(groups, segmentation))
    return found


def _of_document(report: Dataset) -> Iterator[str]:
    expected = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.34",
        "Modality": "SR",
        "ValueType": "CONTAINER",
        "CompletionFlag": "COMPLETE",
        "VerificationFlag": "UNVERIFIED",
    }
    for keyword, value in expected.items():
        if report.get(keyword) != value:
            yield f"{keyword}: {value} expected, found {report.get(keyword)}"
    if report.get("PreliminaryFlag") not in ("FINAL", "PRELIMINARY"):
        yield "PreliminaryFlag: FINAL or PRELIMINARY expected"
    if _template(report) != "1500" or _code(report) != "126000":
        yield "root: TID 1500, Imaging Measurement Report expected"
    is_preliminary = report.get("PreliminaryFlag") == "PRELIMINARY"
    if is_preliminary and "not reviewed" not in report.get("SeriesDescription", ""):
        yield "preliminary: 'not reviewed' expected in the description"
    if is_preliminary and any(item.ValueType == "PNAME" for item in _every(report)):
        yield "preliminary: no person expected as an observer"


def _of_library(library: Sequence[Dataset]) -> Iterator[str]:
    images = [image for group in library for image in _children(group)]
    if not images or any(image.ValueType != "IMAGE" for image in images):
        yield "image library: images expected in a group"


def _of_group(group: Dataset, report: Dataset) -> Iterator[str]:
    steps = [_step(item) for item in _children(group)]
    template = _template(group)
    if _code(group) != "125007" or template not in ("1410", "1411"):
        yield "TID 1410 or TID 1411, Measurement Group expected"
    missing = [code for code in ("112039", "112040", "121071", "363698007") if code not in [step[2] for step in steps]]
    if missing:
        yield f"items {', '.join(missing)} are missing"
        return
    order = _expected(steps, template, report)
    if steps != order:
        yield "other items or another order than the template expected"
        return
    yield from _of_tracking(group, report)
    yield from _of_region(group)
    yield from _of_numbers(group)
    yield from _of_side(group)


def _expected(steps: Sequence[Step], template: str, report: Dataset) -> list[Step]:
    """The items of a group: its own region and numbers, in the order of the template."""
    names = [step[2] for step in steps]
    region = SEGMENT[:1] + SEGMENT[1:] * max(names.count("121232"), 1)
    if template == "1410":
        region = FRAME if "121214" in names else LINE
    person = [] if report.get("PreliminaryFlag") == "PRELIMINARY" else PERSON
    place = {code: rank for rank, code in enumerate(UNITS)}
    of_numbers = (step[2] for step in steps if step[1] == "NUM" and step[2] not in CONTEXT)
    codes = sorted(of_numbers, key=lambda code: place.get(code, len(place)))
    time = TIME if any(code in names for code in ("C2348792", "track_uid", *CONTEXT)) else []
    numbers = [("CONTAINS", "NUM", code) for code in codes if code not in CERTAINTIES]
    certainties = [("CONTAINS", "NUM", code) for code in codes if code in CERTAINTIES]
    return [*TRACKING, *person, *TEXT, *region, *SITE, *time, *numbers, *SIDE, *certainties]


def _of_tracking(group: Dataset, report: Dataset) -> Iterator[str]:
    identifier = _child(group, "112039").TextValue
    are_drawn = "without axes" not in report.SeriesDescription
    if not (VIEWER if are_drawn else DATABASE).fullmatch(identifier):
        yield f"tracking identifier {identifier} is none that a viewer takes"
    uid = _child(group, "112040").UID
    if len(uid) > 64 or not UID.fullmatch(uid):
        yield f"tracking UID {uid} is not valid"
    if ("not reviewed" in _child(group, "121106").TextValue) != (report.get("PreliminaryFlag") == "PRELIMINARY"):
        yield "the text says 'not reviewed' in preliminary reports, and in no other"


def _of_region(group: Dataset) -> Iterator[str]:
    names = [_code(item) for item in _children(group)]
    for code in ("121191", "121214"):
        if code in names:
            reference = _child(group, code).ReferencedSOPSequence[0]
            if _segment_number(reference) is None:
                yield "the number of the segment is missing, or of its frame on a radiograph"
            if not str(reference.ReferencedSOPClassUID).startswith("1.2.840.10008.5.1.4.1.1.66."):
                yield "the segment is in no segmentation"
    if "111030" in names:
        data = _child(group, "111030").GraphicData
        if _child(group, "111030").GraphicType != "POLYLINE" or len(data) < 8 or data[:2] != data[-2:]:
            yield "a closed line expected as image region"


def _of_numbers(group: Dataset) -> Iterator[str]:
    numbers = [item for item in _children(group) if item.ValueType == "NUM"]
    for number in numbers:
        yield from (f"{_meaning(number)}: {said}" for said in _of_number(number))
    derived = Counter(_derivation(item) for item in numbers if _code(item) == "112031")
    if None in derived or any(count > 1 for count in derived.values()):
        yield "each attenuation needs a derivation of its own"
    lengths = {_unit(item) for item in numbers if _code(item) in MEANINGS and _unit(item)}
    areas = {_unit(item) for item in numbers if _code(item) in ("42798000", "envelope_area") and _unit(item)}
    if len(lengths | areas) > 1 and "{pixels}" in lengths | areas:
        yield "pixels and millimeters are mixed"


def _of_number(number: Dataset) -> Iterator[str]:
    code, unit = _code(number), _unit(number)
    if unit is None:
        yield "no value"
    else:
        if unit not in UNITS[code]:
            yield f"unit {unit} is wrong"
        if not DECIMAL.fullmatch(str(number.MeasuredValueSequence[0].NumericValue.original_string)):
            yield "no decimal number"
    if code in MEANINGS:
        yield from _of_axis(number)
    yield from _of_uncertainty(number)


def _of_axis(number: Dataset) -> Iterator[str]:
    if _meaning(number) != MEANINGS[_code(number)]:
        yield "viewers look for another meaning"
    lines = [item for item in _children(number) if item.ValueType == "SCOORD"]
    if len(lines) > 1:
        yield "more than one line"
    for line in lines:
        images = _children(line)
        if line.RelationshipType != "INFERRED FROM" or line.GraphicType != "POLYLINE" or len(line.GraphicData) != 4:
            yield "a line of two points expected from which it is inferred"
        if [image.RelationshipType for image in images] != ["SELECTED FROM"]:
            yield "the image of the line is missing"


def _of_uncertainty(number: Dataset) -> Iterator[str]:
    children = [item for item in _children(number) if _code(item) == "371884006"]
    if len(children) > 1:
        yield "more than one uncertainty"
    for child in children:
        if child.RelationshipType != "HAS PROPERTIES" or _unit(child) != _unit(number):
            yield "an uncertainty in the unit of its number expected"


def _of_side(group: Dataset) -> Iterator[str]:
    modifiers = [_value(item) for item in _children(_child(group, "363698007"))]
    said = _value(_child(group, "272741003"))
    if modifiers not in ([], [said]) or (not modifiers and said in ("24028007", "7771000")):
        yield "site and laterality name different sides"


def _of_groups(groups: Sequence[Dataset]) -> Iterator[str]:
    """Unique Tracking UIDs, the order of segments, the same items, axes that are drawn in all groups or in none."""
    uids = [item.UID for group in groups for item in _children(group) if _code(item) == "112040"]
    if len(set(uids)) < len(uids):
        yield "groups share a tracking UID"
    numbers = [
        _segment_number(item.ReferencedSOPSequence[0])
        for group in groups
        for item in _children(group)
        if _code(item) in ("121191", "121214")
    ]
    if None not in numbers and numbers != sorted(numbers):
        yield "groups are not in the order of the segments"
    shapes = {tuple(_step(item) for item in _children(group) if item.ValueType == "NUM") for group in groups}
    if len(shapes) > 1:
        yield "groups have different numbers"
    drawn = {
        tuple(_code(item) for item in _children(group) if any(one.ValueType == "SCOORD" for one in _children(item)))
        for group in groups
    }
    if not drawn <= {("103339001", "103340004")} and not drawn <= {()}:
        yield "both axes with their lines expected in all groups, or in none"


def _of_references(report: Dataset) -> Iterator[str]:
    known = {
        one.ReferencedSOPInstanceUID
        for keyword in ("CurrentRequestedProcedureEvidenceSequence", "PertinentOtherEvidenceSequence")
        for study in report.get(keyword, ())
        for series in study.ReferencedSeriesSequence
        for one in series.ReferencedSOPSequence
    }
    for item in _every(report):
        for reference in item.get("ReferencedSOPSequence", ()):
            if reference.ReferencedSOPInstanceUID not in known:
                yield f"{item.ValueType} refers to an instance that is not among the evidence"


def _of_segments(groups: Sequence[Dataset], segmentation: Dataset) -> Iterator[str]:
    tracking = {item.SegmentNumber: item.TrackingUID for item in segmentation.SegmentSequence}
    for group in groups:
        uids = [item.UID for item in _children(group) if _code(item) == "112040"]
        for item in _children(group):
            if _code(item) not in ("121191", "121214"):
                continue
            reference = item.ReferencedSOPSequence[0]
            if reference.ReferencedSOPInstanceUID != segmentation.SOPInstanceUID:
                yield "a group refers to another segmentation"
            if tracking.get(_segment_number(reference)) not in uids:
                yield "a group and its segment have different tracking UIDs"


def _segment_number(reference: Dataset) -> int | None:
    """A frame is named instead on a radiograph, where each segment has one: both have the same number."""
    found = [
        reference[keyword].value
        for keyword in ("ReferencedSegmentNumber", "ReferencedFrameNumber")
        if keyword in reference
    ]
    return int(found[0]) if len(found) == 1 else None


def _every(item: Dataset) -> Iterator[Dataset]:
    for child in _children(item):
        yield child
        yield from _every(child)


def _children(item: Dataset) -> list[Dataset]:
    return list(item.get("ContentSequence", ()))


def _child(item: Dataset, code: str) -> Dataset:
    return next(child for child in _children(item) if _code(child) == code)


def _step(item: Dataset) -> Step:
    return (str(item.get("RelationshipType")), str(item.ValueType), _code(item))


def _code(item: Dataset) -> str:
    return str(item.ConceptNameCodeSequence[0].CodeValue) if item.get("ConceptNameCodeSequence") else ""


def _meaning(item: Dataset) -> str:
    return str(item.ConceptNameCodeSequence[0].CodeMeaning)


def _value(item: Dataset) -> str:
    return str(item.ConceptCodeSequence[0].CodeValue)


def _template(item: Dataset) -> str:
    return str(item.ContentTemplateSequence[0].TemplateIdentifier) if item.get("ContentTemplateSequence") else ""


def _unit(number: Dataset) -> str | None:
    values = number.get("MeasuredValueSequence")
    return str(values[0].MeasurementUnitsCodeSequence[0].CodeValue) if values else None


def _derivation(number: Dataset) -> str | None:
    return next((_value(item) for item in _children(number) if _code(item) == "121401"), None)

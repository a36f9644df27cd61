"""The checker of templates: it takes the reports that are written, and rejects each of many broken ones."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

import pytest

from tests.export.dicom.reports import ct_source, film_source, made, read_back
from tests.export.dicom.sr_templates import problems

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydicom.dataset import Dataset

Pair = tuple["Dataset", "Dataset"]


@pytest.fixture(scope="module")
def ct(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    segmentation, (report,) = made(ct_source(tmp_path_factory.mktemp("ct")))
    return read_back(report), read_back(segmentation)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    segmentation, (report,) = made(film_source(tmp_path_factory.mktemp("film")))
    return read_back(report), read_back(segmentation)


def groups(report: Dataset) -> list[Dataset]:
    return report.ContentSequence[-1].ContentSequence


def item(report: Dataset, code: str, group: int = 0) -> Dataset:
    return next(one for one in groups(report)[group].ContentSequence if _code(one) == code)


def remove(report: Dataset, code: str, group: int = 0) -> None:
    groups(report)[group].ContentSequence.remove(item(report, code, group))


def _code(one: Dataset) -> str:
    return str(one.ConceptNameCodeSequence[0].CodeValue)


def unit(number: Dataset, value: str) -> None:
    number.MeasuredValueSequence[0].MeasurementUnitsCodeSequence[0].CodeValue = value


def swap(items: list[Dataset], one: int, other: int) -> None:
    items[one], items[other] = items[other], items[one]


def share_uid(report: Dataset) -> None:
    item(report, "112040", 1).UID = item(report, "112040").UID


def drop_from_all(report: Dataset, code: str) -> None:
    for group in range(2):
        remove(report, code, group)


def preliminary(report: Dataset) -> None:
    report.PreliminaryFlag = "PRELIMINARY"
    report.SeriesDescription += ", not reviewed"


BROKEN: dict[str, Callable[[Dataset], object]] = {
    "no tracking UID": lambda report: remove(report, "112040"),
    "no tracking identifier": lambda report: remove(report, "112039"),
    "no segment": lambda report: remove(report, "121191"),
    "no source series": lambda report: remove(report, "121232"),
    "no finding": lambda report: remove(report, "121071"),
    "no finding site": lambda report: remove(report, "363698007"),
    "no reader of an accepted lesion": lambda report: remove(report, "121008"),
    "no algorithm": lambda report: remove(report, "111002"),
    "a wrong unit": lambda report: unit(item(report, "118565006"), "mm"),
    "an uncertainty in another unit": lambda report: unit(item(report, "118565006").ContentSequence[0], "mm3"),
    "two uncertainties": lambda report: item(report, "118565006").ContentSequence.append(
        deepcopy(item(report, "118565006").ContentSequence[0])
    ),
    "an uncertainty that is contained": lambda report: setattr(
        item(report, "118565006").ContentSequence[0], "RelationshipType", "CONTAINS"
    ),
    "axes in the wrong order": lambda report: swap(groups(report)[0].ContentSequence, 12, 13),
    "items in the wrong order": lambda report: swap(groups(report)[0].ContentSequence, 0, 1),
    "groups in the wrong order": lambda report: swap(groups(report), 0, 1),
    "a shared tracking UID": share_uid,
    "a tracking UID that is none": lambda report: setattr(item(report, "112040"), "UID", ""),
    "an identifier that no viewer takes": lambda report: setattr(item(report, "112039"), "TextValue", "lesion 1"),
    "another meaning of an axis": lambda report: setattr(
        item(report, "103339001").ConceptNameCodeSequence[0], "CodeMeaning", "Long axis"
    ),
    "an axis without a line": lambda report: item(report, "103340004").ContentSequence.pop(0),
    "a line without an image": lambda report: delattr(item(report, "103339001").ContentSequence[0], "ContentSequence"),
    "a line of three points": lambda report: setattr(
        item(report, "103339001").ContentSequence[0], "GraphicData", [1.0] * 6
    ),
    "an attenuation without a derivation": lambda report: delattr(item(report, "112031"), "ContentSequence"),
    "a number without a value": lambda report: setattr(item(report, "RNU0"), "MeasuredValueSequence", []),
    "numbers of one group alone": lambda report: remove(report, "L0JK", 1),
    "another side in the site": lambda report: setattr(
        item(report, "272741003").ConceptCodeSequence[0], "CodeValue", "24028007"
    ),
    "the segment of another lesion": lambda report: setattr(
        item(report, "121191").ReferencedSOPSequence[0], "ReferencedSegmentNumber", 2
    ),
    "a segment that is not named": lambda report: delattr(
        item(report, "121191").ReferencedSOPSequence[0], "ReferencedSegmentNumber"
    ),
    "a segmentation that is not among the evidence": lambda report: setattr(
        item(report, "121191").ReferencedSOPSequence[0], "ReferencedSOPInstanceUID", "1.2.3"
    ),
    "another template": lambda report: setattr(
        groups(report)[0].ContentTemplateSequence[0], "TemplateIdentifier", "1501"
    ),
    "a root without a template": lambda report: delattr(report, "ContentTemplateSequence"),
    "no device": lambda report: report.ContentSequence.pop(1),
    "no image library": lambda report: report.ContentSequence.pop(-2),
    "an empty image library": lambda report: delattr(report.ContentSequence[-2].ContentSequence[0], "ContentSequence"),
    "no group": lambda report: groups(report).clear(),
    "a verified report": lambda report: setattr(report, "VerificationFlag", "VERIFIED"),
    "a partial report": lambda report: setattr(report, "CompletionFlag", "PARTIAL"),
    "no preliminary flag": lambda report: delattr(report, "PreliminaryFlag"),
    "a preliminary report with a person": preliminary,
    "no side": lambda report: drop_from_all(report, "272741003"),
    "axes of one group alone": lambda report: [remove(report, code, 1) for code in ("103339001", "103340004")],
}
BROKEN_FILM: dict[str, Callable[[Dataset], object]] = {
    "no region": lambda report: remove(report, "111030"),
    "an open line": lambda report: setattr(
        item(report, "111030"), "GraphicData", item(report, "111030").GraphicData[:-2]
    ),
    "a multipoint": lambda report: setattr(item(report, "111030"), "GraphicType", "MULTIPOINT"),
    "no frame": lambda report: delattr(item(report, "121214", 1).ReferencedSOPSequence[0], "ReferencedFrameNumber"),
    "no source image": lambda report: remove(report, "121233", 1),
    "millimeters beside pixels": lambda report: unit(item(report, "42798000"), "mm2"),
}


def test_reports_as_they_are_written_are_taken(ct: Pair, film: Pair) -> None:
    assert problems(*ct) == []
    assert problems(*film) == []


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_report_is_rejected(ct: Pair, name: str) -> None:
    report = deepcopy(ct[0])
    BROKEN[name](report)
    assert problems(report, ct[1]) != []


@pytest.mark.parametrize("name", BROKEN_FILM)
def test_a_broken_report_of_a_radiograph_is_rejected(film: Pair, name: str) -> None:
    report = deepcopy(film[0])
    BROKEN_FILM[name](report)
    assert problems(report, film[1]) != []

"""The report tells what the tables tell, in numbers that stand there, and loads and identifies nothing."""

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from calcimeasure.analysis.indexed_png import encode
from calcimeasure.analysis.lesion import assess
from calcimeasure.analysis.pipeline import analyze
from calcimeasure.export import Identified, Leaving, Pseudonyms, write_tables
from calcimeasure.export.lesions import WRITTEN_STATUSES
from calcimeasure.load import find_series
from calcimeasure.model import (
    BodySite,
    Failure,
    Laterality,
    Lesion,
    Outcome,
    Report,
    Side,
    SideSource,
    Site,
    SiteSource,
    StackFacts,
    State,
    Status,
    Study,
    Tissue,
)
from calcimeasure.report import write as writing
from calcimeasure.report.page import About
from calcimeasure.report.view import Viewer
from calcimeasure.report.write import open_report
from calcimeasure.settings import Settings
from calcimeasure.study import linked_studies
from tests.radiographs import ellipse, radiograph_of, radiograph_series
from tests.report.reading import NUMBER, Element, read_page
from tests.tables import read, write_ct

NAMES = Pseudonyms(bytes(32))
PNG = encode(np.zeros((40, 40), np.uint8), 4, (), {"mm": 0.5, "letters": "RA"})


class Drawn:
    """Pictures of everything, but of lesions without one."""

    def __init__(self, overview: bytes | None = None, without: Sequence[str] = ()) -> None:
        self._overview, self._without = overview, without

    def thumbnail(self, lesion: Lesion) -> bytes | None:
        return None if lesion.tracking_uid in self._without else PNG

    def overview(self, _stack: StackFacts) -> bytes | None:
        return self._overview


@pytest.fixture(scope="module")
def ct(tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = tmp_path_factory.mktemp("ct")
    write_ct(folder, seed="report", series_description="Müller left hip")
    return analyze(find_series(folder).series[0])


@pytest.fixture(scope="module")
def film() -> Report:
    """A radiograph of another patient, without millimeters."""
    pixels, outline = ellipse((60.0, 40.0), noise=2.0)
    stack = radiograph_series(study_uid="1.2.7", series_uid="1.2.7.1", person_name="another")
    radiograph = radiograph_of(pixels, stack=stack)
    mass = placed(assess(radiograph, outline, 1, Settings()), Laterality.RIGHT, BodySite.HAND_WRIST)
    return Report(radiograph.stack, None, (mass,), "0123456789ab", "test")


def placed(lesion: Lesion, laterality: Laterality, body_site: BodySite = BodySite.HIP, **changes: object) -> Lesion:
    side = Side(laterality, SideSource.BODY_MIDLINE, 0.9)
    return replace(
        lesion, side=side, site=Site(body_site, SiteSource.GEOMETRY), tissue=Tissue.CALCIFIED_MASS, **changes
    )


def with_lesions(report: Report, *lesions: Lesion) -> Report:
    return replace(report, lesions=tuple(replace(one, number=n) for n, one in enumerate(lesions, 1)))


def studies_of(*results: Report | Failure) -> Iterator[Study]:
    return linked_studies(map(Outcome.of, results))


def report_of(
    out: Path, *results: Report | Failure, pictures: Drawn | None = None, status: Status | None = None
) -> Element:
    """Write the report and the tables of some results, and read the report."""
    (out / "private").mkdir(parents=True, exist_ok=True)
    statuses = WRITTEN_STATUSES if status is None else (status,)
    viewer = Viewer(NAMES, pictures or Drawn(), statuses)
    with open_report(out / "report.html", viewer, About(False, Settings(), status and str(status))) as add:
        for study in studies_of(*results):
            add(study)
    write_tables(studies_of(*results), out, naming=NAMES)
    return read_page(out / "report.html")


@pytest.fixture
def both(ct: Report) -> Report:
    """A stack with a mass on each side."""
    first, second = ct.lesions
    return with_lesions(ct, placed(first, Laterality.RIGHT), placed(second, Laterality.LEFT))


def cells_of(out: Path) -> set[str]:
    """Every number in a cell of the tables."""
    rows = [*read(out / "lesions.csv"), *read(out / "studies.csv")]
    return {number for row in rows for cell in row.values() for number in NUMBER.findall(cell)}


def test_every_number_is_found_again_in_the_tables(tmp_path: Path, both: Report, film: Report) -> None:
    page = report_of(tmp_path, both, film)
    cells = cells_of(tmp_path)
    patients = page.of_class("patient")
    assert len(patients) == 2
    said = [row for body in page.every("tbody")[:-1] for row in body.every("tr")]  # the last table is that of settings
    said += [one for patient in patients for one in patient.of_class("n")]
    said += [one for patient in patients for one in patient.every("figcaption") if one.attributes.get("translate")]
    numbers = {number for one in said for number in NUMBER.findall(one.text)}
    assert len(numbers) > 20
    assert numbers - cells == set()


def test_every_lesion_of_the_table_has_a_row_and_a_picture(tmp_path: Path, both: Report, film: Report) -> None:
    page = report_of(tmp_path, both, film)
    rows = read(tmp_path / "lesions.csv")
    findings = [row for table in page.of_class("findings") for row in table.every("tbody")[0].every("tr")]
    assert len(findings) == len(rows) == len(page.of_class("card"))
    for row, finding in zip(rows, findings, strict=True):
        if row["long_axis_mm"]:
            assert f"{row['long_axis_mm']} × {row['short_axis_mm']}" in finding.text
            assert f"{row['volume_ml']} ± {row['volume_u95_ml']}" in finding.text
        else:
            assert f"{row['long_axis_px']} × {row['short_axis_px']}" in finding.text
        for name in ("laterality_confidence", "mean_hu", "parts", "morphology", "status"):
            assert row[name] in finding.text, name


def test_key_sentences_say_counts_places_and_the_review(tmp_path: Path, both: Report) -> None:
    text = report_of(tmp_path, both).of_class("sentences")[0].text
    (row,) = read(tmp_path / "studies.csv")
    assert f"2 calcified masses, {row['large_masses']} of them large" in text
    assert f"total calcified volume {row['total_volume_ml']} mL" in text
    assert "Where: hip (1 right and 1 left)." in text
    assert "No reader has decided" in text


def test_lower_bounds_conflicts_and_unknown_sides_are_said(tmp_path: Path, both: Report) -> None:
    first, second = both.lesions
    assert first.side is not None
    conflict = Side(Laterality.UNKNOWN, SideSource.NONE, None, True, Laterality.LEFT)
    cut = replace(first, side=conflict, measurements=replace(first.measurements, truncated=True))
    page = report_of(tmp_path, with_lesions(both, cut, second))
    remarks = page.of_class("remarks")[0].text
    assert "Mass 1 reaches the edge of what was imaged: its sizes are lower bounds." in remarks
    assert "Mass 1 has sources of its side that disagree. Weak evidence says left." in remarks
    assert "Not on the map: hip, side not known: 1" in page.of_class("mapped")[0].text
    assert [one.text for one in page.of_class("map")[0].of_class("dot")] == ["2"]


def test_what_was_not_measured_is_said_with_its_reason(tmp_path: Path, both: Report) -> None:
    other = replace(both.stack, study_uid="1.2.3", series_uid="1.2.3.4")
    failure = Failure(State.FAILED, "missing_slice", "Müller's slice 7 of 1.2.3.4 is missing", other)
    page = report_of(tmp_path, both, failure)
    text = page.every("main")[0].text
    assert "missing_slice" in text
    assert "slices are missing" in text
    assert "Müller" not in text
    assert "Nothing was measured." in text
    rows = [[cell.text for cell in row.every("td")] for row in page.every("tr") if "missing_slice" in row.text]
    assert [[cell.strip() for cell in row[:4]] for row in rows] == [["failed", "CT", "missing_slice", "1"]]


def test_a_file_that_cannot_be_read_is_counted(tmp_path: Path, both: Report) -> None:
    broken = Failure(State.FAILED, "unreadable_file", "cannot be read", path=tmp_path / "Müller.dcm", root=tmp_path)
    page = report_of(tmp_path, both, broken)
    assert "unreadable_file" in page.text
    assert "Müller" not in page.text


def test_page_loads_nothing_and_runs_only_its_own(tmp_path: Path, both: Report) -> None:
    page = report_of(tmp_path, both)
    (policy,) = (
        one.attributes["content"]
        for one in page.every("meta")
        if one.attributes.get("http-equiv") == "Content-Security-Policy"
    )
    for kind in ("style", "script"):
        (element,) = page.every(kind)
        digest = base64.b64encode(hashlib.sha256(element.text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; img-src data:;")
    for one in page.every():
        assert not {name for name in one.attributes if name == "style" or name.startswith("on")}, one.attributes
        for name in ("src", "href", "xlink:href", "action", "data"):
            assert one.attributes.get(name, "#").startswith(("#", "data:image/png;base64,")), one.attributes


def test_page_names_no_patient(tmp_path: Path, both: Report) -> None:
    report_of(tmp_path, both)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    stack = both.stack
    assert NAMES.patient_key(StackFacts.of(stack)) is not None
    for secret in (stack.patient_id, stack.study_uid, stack.series_uid, stack.description, "Müller", "IM0000"):
        assert secret
        assert secret not in text


def test_text_of_a_reader_runs_nothing(tmp_path: Path, both: Report) -> None:
    first, second = both.lesions
    assert first.site is not None
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    read_ = replace(
        first,
        site=replace(first.site, detail=evil),
        reader=evil,
        reviewed_at=datetime(2026, 1, 1, tzinfo=UTC),
        status=Status.ACCEPTED,
    )
    page = report_of(tmp_path, with_lesions(both, read_, second))
    assert len(page.every("script")) == 1
    assert not page.every("img")
    assert evil in page.of_class("findings")[0].text


def test_lesion_without_a_picture_of_its_outline_is_said_to_have_none(tmp_path: Path, both: Report) -> None:
    page = report_of(tmp_path, both, pictures=Drawn(without=[both.lesions[0].tracking_uid]))
    cards = page.of_class("card")
    assert "No picture: none was drawn of the present outline." in cards[0].text
    assert not cards[0].every("image")
    assert cards[1].every("image")


def test_overview_numbers_every_mass_where_it_lies(tmp_path: Path, both: Report) -> None:
    affine = [[2.0, 0, 0, 50], [0, 0, -2.0, 60]]
    png = encode(np.zeros((120, 100), np.uint8), 4, (), {"mm": 0.5, "letters": "RS", "affine": affine})
    page = report_of(tmp_path, both, pictures=Drawn(png))
    (shown,) = page.of_class("overview")
    dots = shown.of_class("dot")
    assert [one.text.strip() for one in dots] == ["1", "2"]
    for dot, lesion in zip(dots, both.lesions, strict=True):
        x, _, z = lesion.measurements.centroid_lps_mm
        at = dot.of_class("at")[0].attributes
        assert float(at["cx"]) == pytest.approx(2 * x + 50.5, abs=0.06)
        assert float(at["cy"]) == pytest.approx(-2 * z + 60.5, abs=0.06)


def test_radiograph_of_an_earlier_version_has_no_picture(tmp_path: Path, film: Report) -> None:
    class Older(Drawn):
        def thumbnail(self, _lesion: Lesion) -> bytes | None:
            return re.sub(rb"calcimeasure\0", b"earlier text\0", PNG)

    page = report_of(tmp_path, film, pictures=Older())
    assert not page.of_class("card")[0].every("image")


def test_only_lesions_with_a_status_are_shown_and_counted(tmp_path: Path, both: Report) -> None:
    first, second = both.lesions
    accepted = replace(first, status=Status.ACCEPTED, reader="A. Reader", reviewed_at=datetime(2026, 1, 1, tzinfo=UTC))
    page = report_of(tmp_path, with_lesions(both, accepted, second), status=Status.ACCEPTED)
    assert "Only masses with the status accepted" in " ".join(page.text.split())
    assert len(page.of_class("card")) == 1
    assert "1 calcified mass," in page.of_class("sentences")[0].text


def test_many_studies_are_an_index_and_pages(tmp_path: Path, both: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MOST_STUDIES", 5)
    monkeypatch.setattr(writing, "STUDIES_A_PAGE", 3)

    def study(number: int) -> Report:
        stack = replace(both.stack, study_uid=f"1.2.{number}", series_uid=f"1.2.{number}.1", person_name=f"P{number}")
        return replace(both, stack=stack)

    index = report_of(tmp_path, *map(study, range(7)))
    pages = sorted((tmp_path / "report_pages").iterdir())
    assert [one.name for one in pages] == ["page-001.html", "page-002.html", "page-003.html"]
    links = [one.attributes["href"] for one in index.every("td") for one in one.every("a")]
    assert len(links) == 7
    for link in links:
        name, _, anchor = link.partition("#")
        read_page(tmp_path / name).with_id(anchor)
    assert not index.of_class("patient")
    assert read_page(pages[0]).every("nav")[0].every("a")[0].attributes["href"] == "../report.html"
    # A report with fewer studies leaves no page of the earlier one.
    report_of(tmp_path, *map(study, range(2)))
    assert not (tmp_path / "report_pages").exists()


def test_files_are_told_to_the_audit_and_identified_ones_are_for_their_owner(tmp_path: Path, both: Report) -> None:
    left: list[Leaving] = []
    path = tmp_path / "report.html"
    viewer = Viewer(Identified(), Drawn(), WRITTEN_STATUSES)
    with open_report(path, viewer, About(True, Settings()), left.append) as add:
        for study in studies_of(both):
            add(study)
    assert [(one.path, one.row_count, one.is_identified) for one in left] == [(path, 2, True)]
    assert left[0].content_hash == hashlib.sha256(path.read_bytes()).hexdigest()
    assert path.stat().st_mode & 0o077 == 0
    assert "names patients" in read_page(path).of_class("warning")[0].text


def test_without_any_study_there_is_a_report(tmp_path: Path) -> None:
    page = report_of(tmp_path)
    assert "Masses 0 Large masses 0" in " ".join(page.of_class("summary")[0].text.split())

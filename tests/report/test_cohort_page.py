"""cohort.html tells what the tables beside it tell, loads nothing and names nobody."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING

import pytest

from calcimeasure.export.cohort import write_cohort
from calcimeasure.model import BodySite
from calcimeasure.model.cohort import (
    PUBLISHED_PERCENT,
    Cohort,
    Condition,
    Findings,
    Member,
    Patient,
    Question,
)
from calcimeasure.report.cohort_figures import interval_bar, odds_bar, site_map
from calcimeasure.report.cohort_page import AboutCohort, p_words, words, write_cohort_page
from calcimeasure.study.cohort.flow import Tally
from calcimeasure.study.cohort.groups import GROUPS
from calcimeasure.study.cohort.proportion import wilson
from calcimeasure.study.cohort.tell import tell
from tests.report.reading import NUMBER, Element, read_page
from tests.study.cohort_629 import cohort_with_follow_up
from tests.tables import problems, read

if TYPE_CHECKING:
    from pathlib import Path

    from calcimeasure.export import Leaving

TABLES = ("flow", "cohort", "associations", "outcomes", "body_map", "sizes")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("told")
    cohort = cohort_with_follow_up(folder)
    write_cohort(cohort, folder)
    write_cohort_page(cohort, AboutCohort(20.0), folder / "cohort.html")
    return folder


@pytest.fixture(scope="module")
def page(told: Path) -> Element:
    return read_page(told / "cohort.html")


def test_tables_are_valid_by_their_schemas(told: Path) -> None:
    for table in TABLES:
        assert problems(told, table) == [], table


def test_every_percentage_is_found_again_in_the_tables(told: Path, page: Element) -> None:
    rows = [row for table in ("cohort", "outcomes", "body_map") for row in read(told / f"{table}.csv")]
    percents = {row["percent"] for row in rows} | {row.get("published_percent", "") for row in rows}
    said = re.findall(r"(\d+(?:\.\d+)?) %", "".join(one.text for one in page.every("tbody")))
    said += re.findall(r"(\d+(?:\.\d+)?) %", page.of_class("shares")[0].attributes["aria-label"])
    said += [one.text for one in page.of_class("shares")[0].every("text")]
    assert len(said) > 80
    assert set(said) - percents == set()
    for row in rows:
        if row["percent"]:
            share = int(row["n"]) / int(row["N"])
            low, high = wilson(int(row["n"]), int(row["N"])) or (0, 0)
            told_ends = row["percent"], row["percent_low"], row["percent_high"]
            assert told_ends == tuple(f"{100 * one:.1f}" for one in (share, low, high))


def test_every_number_is_found_again_in_the_tables(told: Path, page: Element) -> None:
    cells = {
        number
        for table in TABLES
        for row in read(told / f"{table}.csv")
        for cell in row.values()
        for number in NUMBER.findall(cell)
    }
    elements = [
        *page.every("tbody"),
        *page.of_class("summary")[0].every("dd"),
        *page.of_class("shares")[0].every("text"),
    ]
    elements += page.of_class("flow")[0].every("text")
    # p values are rounded, and the scale of the odds ratios is the axis of a figure.
    p_values = {
        p_words(row[name]).removeprefix("< ")
        for row in read(told / "associations.csv")
        for name in ("p", "p_holm")
        if row[name]
    }
    numbers = {number for one in elements for number in NUMBER.findall(one.text)}
    assert len(numbers) > 150
    assert numbers - cells - p_values == set()


def test_a_published_share_stands_beside_each_site(page: Element) -> None:
    (table,) = (one for one in page.every("table") if "Published" in one.text)
    told = {
        row.every("th")[0].text.strip(): row.every("td")[-1].text.strip() for row in table.every("tbody")[0].every("tr")
    }
    assert told == {"hand/wrist": "52", "shoulder": "29", "elbow": "29", "spine": "25", "hip": "20"}


def test_page_loads_nothing_and_runs_nothing(page: Element) -> None:
    (policy,) = (
        one.attributes["content"]
        for one in page.every("meta")
        if one.attributes.get("http-equiv") == "Content-Security-Policy"
    )
    (style,) = page.every("style")
    digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "script-src" not in policy
    assert page.every("script") == []


def test_nobody_is_named(told: Path) -> None:
    written = "".join(path.read_text(encoding="utf-8") for path in told.iterdir() if path.name != "clinical.csv")
    assert not re.search(r"\b(?:C\d\d|R\d{4}|PC\d\d)\b", written)


def test_addresses_point_at_a_part_of_the_page(page: Element) -> None:
    names = [one.attributes["id"] for one in page.every() if "id" in one.attributes]
    assert len(names) == len(set(names))
    for one in page.every("a"):
        assert one.attributes["href"].removeprefix("#") in names
    for one in page.every():
        assert one.attributes.get("aria-labelledby", names[0]) in names


def test_what_cannot_be_told_is_said(tmp_path: Path) -> None:
    question = Question("<b>vessels</b>", Condition("severe_vascular"), Condition("large_mass"))
    cohort = tell([Member(Patient("1"), Findings(False))], Tally(), {"record_id"}, [question])
    text = read_page(write_cohort_page(cohort, AboutCohort(20.0, accepted_alone=True), tmp_path / "c.html")).text
    assert "<b>vessels</b>" in text
    assert "not tested: the column is missing" in text
    assert "Only masses that a reader accepted count." in text
    assert "No case has a site that is known." in text
    nothing = Cohort(cohort.flow, cohort.rows, (), (), ())
    assert (
        "The dictionary asks none."
        in read_page(write_cohort_page(nothing, AboutCohort(20.0), tmp_path / "c.html")).text
    )


def test_a_group_of_nobody_is_not_a_group_of_whom_nothing_is_known(tmp_path: Path) -> None:
    page = read_page(
        write_cohort_page(tell([Member(Patient("1"), Findings(False))], Tally(), ()), AboutCohort(20.0), tmp_path / "c")
    )
    (line,) = (one for one in page.every("tr") if one.every("th")[0].text.strip() == "sex")
    assert [one.text.strip() for one in line.every("td")] == [
        *["the column is missing; missing 1"] * 2,
        *["nobody"] * 3,
    ]
    assert "not known %" not in page.of_class("shares")[0].attributes["aria-label"]
    assert "hip no case, published 20 %" in page.of_class("shares")[0].attributes["aria-label"]
    shares = [{"site": "hip", "percent": "", "published_percent": "20", "missing": "2"}]
    assert "hip not known, published 20 %" in site_map(shares)


def test_that_the_page_leaves_is_kept(tmp_path: Path) -> None:
    kept: list[Leaving] = []
    write_cohort_page(tell([], Tally(), ()), AboutCohort(20.0), tmp_path / "c.html", kept.append)
    assert [(one.path.name, one.is_identified) for one in kept] == [("c.html", False)]


def test_every_group_has_words() -> None:
    assert [one for one in GROUPS if "_" in words(one).replace("hand_wrist", "")] == []
    assert words("cases_treated:sodium_thiosulfate") == "treated: sodium thiosulfate"
    assert words("outcome:partial_improvement") == "outcome: partial improvement"


@pytest.mark.parametrize(
    ("p", "said"), [("0.0391234500", "0.0391"), ("0.0000000001", "< 0.0001"), ("1.0000000000", "1.0000")]
)
def test_p_values(p: str, said: str) -> None:
    assert p_words(p) == said


def test_figures_of_what_is_not_known_are_empty() -> None:
    assert interval_bar("", "", "") == ""
    assert odds_bar("", "", "") == ""
    assert "circle" in odds_bar("0.500", "", "")


def test_a_disc_is_as_large_as_its_share() -> None:
    shares = [{"site": "spine", "percent": "25.0", "published_percent": "100"}]
    drawn = site_map(shares)
    radius, ring = (float(one) for one in re.findall(r' r="([\d.]+)"', drawn))
    assert ring == pytest.approx(2 * radius)
    assert drawn.count("<circle") == 2
    assert site_map([{"site": "hip", "percent": "25.0", "published_percent": ""}]).count("<circle") == 2


def test_the_published_shares_are_those_of_the_abstract() -> None:
    assert PUBLISHED_PERCENT == {
        BodySite.HAND_WRIST: 52,
        BodySite.SHOULDER: 29,
        BodySite.ELBOW: 29,
        BodySite.SPINE: 25,
        BodySite.HIP: 20,
    }

"""follow.html shows what changes.csv and responses.csv tell, loads nothing and names nobody."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from calcimeasure.export import Identified, Pseudonyms
from calcimeasure.report.follow_figures import Course, Point, courses, waterfall
from calcimeasure.report.follow_page import follow_page, write_follow_page
from tests.report.follow_rows import PATIENTS, rows
from tests.report.reading import read_page

if TYPE_CHECKING:
    from pathlib import Path


def test_every_patient_has_a_timeline_a_line_and_a_bar(tmp_path: Path) -> None:
    page = read_page(write_follow_page(*rows(), tmp_path / "follow.html", Identified(), None))
    fall, spider, *timelines = (one.attributes["aria-label"] for one in page.of_class("plot"))
    # 4 of 20 mL at 366 days and 6 of 20 at 731; the change of the fourth patient is not known.
    assert fall == "Change of the summed volume at the last date: <b>P-ONE</b> +30.0 %; P-THREE +0.5 %; P-TWO -25.0 %"
    assert "<b>P-ONE</b>: 0 %, 20 %, 30 %" in spider
    assert "P-FOUR" not in spider
    assert len(timelines) == len(PATIENTS)
    assert timelines[0] == "Volume of each mass over days: mass 1: 8 mL, 12 mL, 14 mL; mass 2: 12 mL, 12 mL, 12 mL"
    assert [one.attributes["class"] for one in page.of_class("fall")] == [
        "fall progression",
        "fall stable",
        "fall response",
    ]
    assert "is not known: 1." in page.text
    heads = [one.text.strip() for one in page.every("th") if one.attributes.get("scope") == "row"]
    assert heads == ["366", "731", "200", "90", "300"]


def test_page_loads_nothing_and_names_nobody() -> None:
    changes, responses = rows()
    text = follow_page(changes, responses, Pseudonyms(b"k" * 32))
    assert not [name for name in ("P-ONE", "P-TWO", "P-THREE") if name in text]
    assert not re.search(r"https?:|<script|<img|<link", text)
    assert "<b>P-ONE" not in follow_page(changes, responses, Identified())
    assert "2024" not in text


def test_without_a_known_change_and_against_the_date_before_the_page_says_so() -> None:
    changes, responses = rows()
    unknown = [replace(one, not_evaluable=1, comparison="previous") for one in responses]
    text = follow_page(changes, unknown, Identified())
    assert "No patient has a change of all masses that is known." in text
    assert "need <code>follow --comparison baseline</code>" in text
    assert follow_page([], [], Identified()).count("<svg") == 0


def test_places_follow_from_values() -> None:
    drawn = str(courses([Course("a", (Point(0, 0.0), Point(100, 10.0, 2.0)))], "x", "mL"))
    (x0, y0), (x1, y1) = ((float(a), float(b)) for a, b in re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', drawn))
    assert (x0, y0) == (48.0, 206.0)
    assert x1 == pytest.approx(548.0)
    assert y0 - y1 == pytest.approx((206 - 14) * 10 / (1.06 * 12), abs=0.1)
    assert waterfall([], "x") == ""

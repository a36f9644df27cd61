"""The page of the agreement of readings: it has the figures of the table, loads nothing, and plots every mass."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from calcimeasure.export.agreement import AgreementRow, PairRow
from calcimeasure.model import StackFacts
from calcimeasure.model.agreement import Selection
from calcimeasure.report.agreement import write_agreement_page
from calcimeasure.study.agreement import agreement_of
from tests.review.desks import two_cuboids
from tests.study.agreement.test_pairs import stacks

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("A", "<B> & co")


@pytest.fixture(scope="module")
def rows() -> tuple[list[AgreementRow], list[PairRow]]:
    volume = two_cuboids()
    compared = [replace(one, stack=StackFacts.of(volume.stack, volume.geometry)) for one in stacks(volume, 6)]
    pairs = [PairRow(*NAMES, one.stack, one.is_blank, pair) for one in compared for pair in one.pairs]
    return [AgreementRow(*NAMES, one) for one in agreement_of(compared)], pairs


@pytest.fixture(scope="module")
def page(rows: tuple[list[AgreementRow], list[PairRow]], tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("page") / "agreement.html"
    write_agreement_page(path, *rows, stacks=6, patients=5)
    return path.read_text(encoding="utf-8")


class Cells(HTMLParser):
    """The cells of the tables, a list a row: the text of each, its interval behind a space."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self._is_open = False

    def handle_starttag(self, tag: str, _: object) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self._is_open = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._is_open = False

    def handle_data(self, data: str) -> None:
        if self._is_open:
            self.rows[-1][-1] = f"{self.rows[-1][-1]} {data}".strip()


def test_every_figure_is_that_of_the_table(page: str, rows: tuple[list[AgreementRow], list[PairRow]]) -> None:
    found = Cells()
    found.feed(page)
    icc = [row[5] for row in found.rows if row[0] == "volume_ml"]
    expected = []
    for selection in (Selection.ALL, Selection.REDRAWN):
        (one,) = (
            row.statistic
            for row in rows[0]
            if (row.statistic.selection, row.statistic.quantity, row.statistic.name)
            == (selection, "volume_ml", "icc_2_1")
        )
        assert one.value is not None
        assert one.low is not None
        assert one.high is not None
        expected.append(f"{one.value:.3f} {one.low:.3f} to {one.high:.3f}")
    assert icc == expected
    (dice,) = (row for row in found.rows if row[0] == "Outlines: mean Dice")
    assert dice[1].startswith("0.900 ")
    assert dice[2].startswith("0.800 ")
    assert dice[3] == ""


def test_the_share_accepted_as_proposed_stands_first(page: str) -> None:
    sentences = re.findall(r"<li>(.*?)</li>", page)
    assert sentences[:2] == [
        "A accepted 66.7 % of 18 masses as the program proposed.",
        "&lt;B&gt; &amp; co accepted 50.0 % of 12 masses as the program proposed.",
    ]
    assert sentences[2].startswith("In 50.0 % of the 12 masses of both, neither reading changed the proposal")
    assert page.index(sentences[0]) < page.index("<table>")


def test_the_page_loads_nothing_and_runs_nothing(page: str) -> None:
    assert "default-src 'none'" in unescape(page)
    assert not re.search(r"<(script|link|img|iframe)\b|\bsrc=|url\(|https?://", page)
    assert "<B>" not in page


def test_a_plot_has_a_dot_for_each_mass_of_both_readings(page: str) -> None:
    plots = re.findall(r'<svg class="differences".*?</svg>', page, re.DOTALL)
    assert plots
    for plot in plots:
        assert plot.count("<circle") == 12
        assert plot.count('class="redrawn"') == 6
        assert "nan" not in plot
        assert 'role="img" aria-label=' in plot


def test_a_selection_without_a_mass_says_so(page: str) -> None:
    assert "Readings that began blank: no mass of both readings." in page


def test_a_page_without_any_pair_is_written(tmp_path: Path) -> None:
    write_agreement_page(tmp_path / "agreement.html", [], [], stacks=0, patients=0)
    assert "Agreement of readings" in (tmp_path / "agreement.html").read_text(encoding="utf-8")

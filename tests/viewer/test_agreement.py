"""agreement.html in a browser: it asks for nothing, and is accessible in light and dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from calcimeasure.export.agreement import AgreementRow, PairRow
from calcimeasure.report.agreement import write_agreement_page
from calcimeasure.study.agreement import agreement_of
from tests.conftest import PROJECT
from tests.review.desks import two_cuboids
from tests.study.agreement.test_pairs import stacks
from tests.viewer.program import AXE, browser_and, unpacked
from tests.viewer.test_report import Opened

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_of_agreement_is_accessible(tmp_path: Path, scheme: str) -> None:
    program = browser_and()
    compared = stacks(two_cuboids(), 6)
    names = (("A", "B"), ("A", "program"))
    rows = [AgreementRow(*one, figure) for one in names for figure in agreement_of(compared)]
    pairs = [PairRow(*one, each.stack, False, pair) for one in names for each in compared for pair in each.pairs]
    path = tmp_path / "agreement.html"
    write_agreement_page(path, rows, pairs, stacks=6, patients=6)
    axe = unpacked(AXE, PROJECT / "build" / "viewer") / "axe.min.js"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        opened = Opened(browser, path, color_scheme=scheme, bypass_csp=True)
        assert (opened.said, opened.asked) == ([], [])
        opened.page.evaluate(axe.read_text(encoding="utf-8"))
        found = opened.page.evaluate("axe.run().then(found => found.violations)")
        browser.close()
    assert [(one["id"], [node["html"][:200] for node in one["nodes"][:3]]) for one in found] == []

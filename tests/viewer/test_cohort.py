"""cohort.html in a browser: it asks for nothing, is accessible, and prints."""

from __future__ import annotations

import unicodedata
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright
from pypdf import PdfReader

from calcimeasure.report.cohort_page import AboutCohort, write_cohort_page
from tests.conftest import PROJECT
from tests.study.cohort_629 import cohort_with_follow_up
from tests.viewer.program import AXE, browser_and, unpacked
from tests.viewer.test_report import Opened, squeezed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cohort")
    return write_cohort_page(cohort_with_follow_up(folder), AboutCohort(20.0), folder / "cohort.html")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = browser_and()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            yield started
        finally:
            started.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_is_accessible_and_asks_for_nothing(browser: Browser, told: Path, scheme: str) -> None:
    axe = unpacked(AXE, PROJECT / "build" / "viewer") / "axe.min.js"
    quiet = Opened(browser, told, color_scheme=scheme)
    assert (quiet.said, quiet.asked) == ([], [])
    quiet.page.close()
    opened = Opened(browser, told, color_scheme=scheme, bypass_csp=True)
    opened.page.evaluate(axe.read_text(encoding="utf-8"))
    found = opened.page.evaluate("axe.run().then(found => found.violations)")
    assert [(one["id"], [node["html"][:200] for node in one["nodes"][:3]]) for one in found] == []
    opened.page.close()


def test_print_has_every_row(browser: Browser, told: Path) -> None:
    opened = Opened(browser, told)
    heads = opened.page.locator("tbody th").all_inner_texts()
    pdf = opened.page.pdf(prefer_css_page_size=True, print_background=True)
    # A font may set "ffi" as one sign.
    texts = [unicodedata.normalize("NFKC", page.extract_text()) for page in PdfReader(BytesIO(pdf)).pages]
    printed = squeezed("".join(texts))
    assert len(heads) > 60
    assert [one for one in heads if squeezed(one) not in printed] == []
    opened.page.close()

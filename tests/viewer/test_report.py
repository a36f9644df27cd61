"""report.html in a browser: it asks for nothing, sorts, prints every lesion, and its pages are accessible."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import sync_playwright
from pypdf import PdfReader

from calcimeasure.export import Pseudonyms
from calcimeasure.export.lesions import WRITTEN_STATUSES
from calcimeasure.report.page import About
from calcimeasure.report.view import Viewer
from calcimeasure.report.write import open_report
from calcimeasure.settings import Settings
from tests.conftest import PROJECT
from tests.report.many import LESIONS_A_STUDY, NoisyPictures, many_studies
from tests.viewer.program import AXE, browser_and, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

FEW, MANY = 6, 200


@dataclass(frozen=True)
class Written:
    """A browser, and a report of few and one of many studies."""

    browser: Browser
    few: Path
    many: Path


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Written]:
    program = browser_and()
    few, many = (write(tmp_path_factory.mktemp("report"), count) for count in (FEW, MANY))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            yield Written(browser, few, many)
        finally:
            browser.close()


def write(folder: Path, count: int) -> Path:
    path = folder / "report.html"
    viewer = Viewer(Pseudonyms(bytes(32)), NoisyPictures(), WRITTEN_STATUSES)
    with open_report(path, viewer, About(False, Settings())) as add:
        for study in many_studies(count):
            add(study)
    return path


class Opened:
    """A page with what it asked for and what it said."""

    def __init__(self, browser: Browser, path: Path, **options: Any) -> None:  # noqa: ANN401 - as Playwright has them
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page: Page = browser.new_page(viewport={"width": 1280, "height": 800}, **options)
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self._note(request.url))
        self._own = path.as_uri()
        self.page.goto(self._own)

    def _note(self, address: str) -> None:
        if address.partition("#")[0] != self._own and not address.startswith("data:"):
            self.asked.append(address)


@pytest.mark.parametrize("language", ["en-US", "de-DE", "fr-FR"])
def test_page_says_nothing_asks_for_nothing_and_has_points(written: Written, language: str) -> None:
    opened = Opened(written.browser, written.few, locale=language)
    assert (opened.said, opened.asked) == ([], [])
    volumes = opened.page.locator(".findings tbody").first.inner_text()
    assert re.search(r"\d\.\d{4}", volumes)
    assert not re.search(r"\d,\d", volumes)
    assert opened.page.locator("html").get_attribute("lang") == "en"
    assert opened.page.locator(".findings tbody:not([translate=no])").count() == 0
    opened.page.close()


def test_tables_sort_by_mouse_and_by_keyboard(written: Written) -> None:
    opened = Opened(written.browser, written.few)
    page = opened.page
    head = page.locator("#content table.sortable").first.locator("th", has_text="Volume")

    def volumes() -> list[float]:
        texts = page.locator("#content table.sortable").first.locator("tbody tr td:nth-child(7)").all_inner_texts()
        return [float(text) for text in texts]

    before = volumes()
    head.locator("button").click()
    assert volumes() == sorted(before)
    assert head.get_attribute("aria-sort") == "ascending"
    head.locator("button").focus()
    page.keyboard.press("Enter")
    assert volumes() == sorted(before, reverse=True)
    assert head.get_attribute("aria-sort") == "descending"
    assert "descending" in page.locator("#sorted").inner_text()
    assert opened.said == []
    page.close()


def test_keyboard_reaches_the_content_and_a_patient(written: Written) -> None:
    opened = Opened(written.browser, written.few)
    page = opened.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.locator("tbody a").nth(2).focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('#p3s1').getBoundingClientRect().top < 400")
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_is_accessible(written: Written, scheme: str) -> None:
    axe = unpacked(AXE, PROJECT / "build" / "viewer") / "axe.min.js"
    opened = Opened(written.browser, written.few, color_scheme=scheme, bypass_csp=True)
    opened.page.add_style_tag(content=".patient { content-visibility: visible !important }")
    opened.page.evaluate(axe.read_text(encoding="utf-8"))
    found = opened.page.evaluate("axe.run().then(found => found.violations)")
    assert [(one["id"], [node["html"][:200] for node in one["nodes"][:3]]) for one in found] == []
    opened.page.close()


def test_print_has_every_lesion(written: Written) -> None:
    opened = Opened(written.browser, written.few, color_scheme="dark")
    pdf = opened.page.pdf(prefer_css_page_size=True, print_background=True)
    pages = PdfReader(BytesIO(pdf)).pages
    assert len(pages) >= FEW
    printed = squeezed("".join(page.extract_text() for page in pages))
    captions = opened.page.locator(".card figcaption").all_inner_texts()
    assert len(captions) == FEW * LESIONS_A_STUDY
    assert [one for one in captions if squeezed(one) not in printed] == []
    assert sum(len(page.images) for page in pages) >= FEW * LESIONS_A_STUDY
    opened.page.emulate_media(media="print")
    shown = opened.page.locator(".findings tbody tr:visible").count()
    assert shown == FEW * LESIONS_A_STUDY
    assert opened.page.locator(".card image").count() == FEW * LESIONS_A_STUDY
    assert opened.page.locator(".card:visible").count() == FEW * LESIONS_A_STUDY
    background = opened.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert background == "rgb(255, 255, 255)"
    opened.page.close()


def squeezed(text: str) -> str:
    """A text without its spaces and ends of lines, which a print may set elsewhere."""
    return "".join(text.split())


def test_two_hundred_studies_open_at_once(written: Written) -> None:
    begun = time.monotonic()
    opened = Opened(written.browser, written.many)
    took = time.monotonic() - begun
    assert opened.page.locator("section.patient").count() == MANY
    assert opened.page.locator(".card").count() == MANY * LESIONS_A_STUDY
    assert (opened.said, opened.asked) == ([], [])
    assert written.many.stat().st_size <= 15e6
    # The bar of 1 s is asked of a quiet machine (tests/bench/report): tests of others may run beside this one.
    assert took < 20
    opened.page.close()


def test_without_script_the_report_is_complete(written: Written) -> None:
    opened = Opened(written.browser, written.few, java_script_enabled=False)
    assert opened.page.locator(".findings tbody tr").count() == FEW * LESIONS_A_STUDY
    assert opened.page.locator("thead button").count() == 0
    opened.page.close()

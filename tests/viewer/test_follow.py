"""follow.html in a browser: it asks for nothing and is accessible."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from calcimeasure.export import Identified
from calcimeasure.report.follow_page import write_follow_page
from tests.conftest import PROJECT
from tests.report.follow_rows import rows
from tests.viewer.program import AXE, browser_and, unpacked
from tests.viewer.test_report import Opened

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_is_accessible_and_asks_for_nothing(tmp_path: Path, scheme: str) -> None:
    page = write_follow_page(*rows(), tmp_path / "follow.html", Identified(), None)
    axe = unpacked(AXE, PROJECT / "build" / "viewer") / "axe.min.js"
    program = browser_and()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            quiet = Opened(browser, page, color_scheme=scheme)
            assert (quiet.said, quiet.asked) == ([], [])
            opened = Opened(browser, page, color_scheme=scheme, bypass_csp=True)
            opened.page.evaluate(axe.read_text(encoding="utf-8"))
            found = opened.page.evaluate("axe.run().then(found => found.violations)")
            assert [(one["id"], [node["html"][:200] for node in one["nodes"][:3]]) for one in found] == []
        finally:
            browser.close()

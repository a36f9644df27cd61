"""The viewer in a browser: a study is opened, an object in it is opened as a person would, and its state is read."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import sync_playwright

from tests.conftest import PROJECT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Locator, Page

FAILED = PROJECT / "build" / "viewer" / "failed.png"

_SECONDS = 150
"""For one step: the pages are drawn without a graphics card."""

_IS_DRAWN = """() => {
    const viewports = window.cornerstone?.getRenderingEngines()?.flatMap(one => one.getViewports()) ?? [];
    return viewports.length > 0 && viewports.every(one => one.viewportStatus === 'rendered');
}"""

# The viewer shows the statistics of segments when it has time for them: they are asked for as its panel asks for them.
_SEGMENTS = """async () => {
    const statistics = window.cornerstoneTools.utilities.segmentation.getStatistics;
    const found = [];
    for (const one of window.services.segmentationService.getSegmentations()) {
        const segments = Object.values(one.segments).filter(Boolean);
        const segmentIndices = segments.map(segment => segment.segmentIndex);
        const numbers = await statistics({segmentationId: one.segmentationId, segmentIndices, mode: 'individual'});
        for (const segment of segments) {
            const of = name => (numbers?.[segment.segmentIndex]?.array ?? []).find(each => each.name === name)?.value;
            found.push({label: segment.label, count: of('count'), mean_hu: of('mean')});
        }
    }
    return found;
}"""

_AXES = """() => window.services.measurementService.getMeasurements().map(one => ({
    label: one.label,
    tool: one.toolName,
    points: one.points,
    image: one.SOPInstanceUID,
    statistics: Object.values(one.data ?? {})[0]}))"""


class Viewer:
    """A page of the viewer that shows a study."""

    def __init__(self, page: Page, address: str, site: str) -> None:
        self.page, self.other_requests = page, list[str]()
        page.on("request", lambda request: self._note(request.url, site))
        # The viewer offers a tour to newcomers, over everything, some time after the image: it is left when it comes.
        tour = page.locator(".shepherd-modal-is-visible")
        page.add_locator_handler(tour, lambda _: self._leave(tour))
        page.goto(address, timeout=_SECONDS * 1000)
        # What is opened before the image is drawn is not opened at all.
        self._when(_IS_DRAWN, bool)

    def _leave(self, tour: Locator) -> None:
        """Press the key that ends the tour until it has ended: while it opens it hears no key."""
        for _ in range(25):
            self.page.keyboard.press("Escape")
            self.page.wait_for_timeout(200)
            if not tour.is_visible():
                return

    def _note(self, address: str, site: str) -> None:
        if not address.startswith((f"{site}/", "blob:", "data:")):
            self.other_requests.append(address)

    def open(self, text: str) -> None:
        """Open the object whose row in the list of the study has a text."""
        row = self.page.get_by_text(text).first
        row.wait_for(timeout=_SECONDS * 1000)
        row.dblclick(timeout=_SECONDS * 1000)

    def segments(self) -> list[dict[str, Any]]:
        """Give the segments, when their statistics are there."""
        return self._when(_SEGMENTS, lambda found: bool(found) and all(one["count"] for one in found))

    def axes(self, count: int) -> list[dict[str, Any]]:
        """Give the measurements, when there are as many."""
        return self._when(_AXES, lambda found: len(found) >= count)

    def _when(self, script: str, is_there: Callable[[Any], bool]) -> Any:  # noqa: ANN401 - JSON
        end = time.monotonic() + _SECONDS
        while not is_there(found := self.page.evaluate(script)):
            if time.monotonic() > end:
                self.page.screenshot(path=FAILED)
                pytest.fail(f"waited in vain, found {found}; the page is in {FAILED}")
            self.page.wait_for_timeout(500)
        return found


@contextmanager
def opened(browser: Path, site: str, mode: str, study_uid: str) -> Iterator[Viewer]:
    """Open a study in a mode of the viewer, in a browser of its own."""
    with sync_playwright() as playwright:
        program = playwright.chromium.launch(
            executable_path=browser,
            args=["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"],
        )
        try:
            page = program.new_page(viewport={"width": 1280, "height": 800})
            yield Viewer(page, f"{site}/{mode}?StudyInstanceUIDs={study_uid}", site)
        finally:
            program.close()

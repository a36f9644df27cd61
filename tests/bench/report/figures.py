"""The report of many studies: time to write it, its size, and the time until a browser shows it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from calcimeasure.export import Pseudonyms
from calcimeasure.export.lesions import WRITTEN_STATUSES
from calcimeasure.report.page import About
from calcimeasure.report.view import Viewer
from calcimeasure.report.write import open_report
from calcimeasure.settings import Settings
from tests.report.many import LESIONS_A_STUDY, NoisyPictures, many_studies

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Figures:
    """What the report of some studies takes; `open_s` is None without a browser."""

    studies: int
    lesions: int
    write_s: float
    write_cpu_s: float
    largest_page_mb: float
    total_mb: float
    open_s: float | None


def write_many(folder: Path, count: int) -> Path:
    """Write the report of so many studies."""
    path = folder / "report.html"
    viewer = Viewer(Pseudonyms(bytes(32)), NoisyPictures(), WRITTEN_STATUSES)
    studies = list(many_studies(count))
    begun = time.monotonic(), time.process_time()
    with open_report(path, viewer, About(False, Settings())) as add:
        for study in studies:
            add(study)
    _took[path] = time.monotonic() - begun[0], time.process_time() - begun[1]
    return path


_took: dict[Path, tuple[float, float]] = {}


def figures_of(folder: Path, count: int) -> Figures:
    """Write the report of so many studies, and open it."""
    path = write_many(folder, count)
    sizes_mb = [page.stat().st_size / 1e6 for page in (path, *folder.glob("report_pages/*.html"))]
    wall, cpu = _took[path]
    return Figures(
        studies=count,
        lesions=count * LESIONS_A_STUDY,
        write_s=round(wall, 3),
        write_cpu_s=round(cpu, 3),
        largest_page_mb=round(max(sizes_mb), 2),
        total_mb=round(sum(sizes_mb), 2),
        open_s=seconds_to_open(path),
    )


def seconds_to_open(path: Path) -> float | None:
    """Time until a browser has loaded and drawn a page; None where there is no browser."""
    try:
        from playwright.sync_api import sync_playwright

        from tests.viewer.program import find_browser
    except ImportError:
        return None
    browser = find_browser()
    if browser is None:
        return None
    with sync_playwright() as playwright:
        program = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        try:
            page = program.new_page(viewport={"width": 1280, "height": 800})
            page.goto("about:blank")
            begun = time.monotonic()
            page.goto(path.as_uri(), wait_until="load")
            page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
            return round(time.monotonic() - begun, 3)
        finally:
            program.close()

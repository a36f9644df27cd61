"""The files of the report, written patient by patient: a page, or an index and pages where there are many studies."""

from __future__ import annotations

import tempfile
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING, Final

from calcimeasure.export.atomic import open_atomic_bytes
from calcimeasure.export.columns import Leaving
from calcimeasure.report.files import pages_folder, remove_pages
from calcimeasure.report.page import Line, Totals, page_bottom, page_top, patient_section
from calcimeasure.report.view import NotMeasured, StudyView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from calcimeasure.export.columns import Audit
    from calcimeasure.model import Study
    from calcimeasure.report.page import About
    from calcimeasure.report.view import Viewer

MOST_STUDIES: Final = 250
"""More studies do not stand on one page: a browser takes seconds to open it."""

STUDIES_A_PAGE: Final = 200


@contextmanager
def open_report(
    path: Path, viewer: Viewer, about: About, audit: Audit | None = None
) -> Iterator[Callable[[Study], object]]:
    """Open a report; it is written when all studies are there.

    Parameters
    ----------
    path
        The file, ``report.html``. Above 250 studies it becomes an index, and pages of 200 studies lie in a folder
        beside it (``report_pages``).
    viewer
        Makes what is shown of a study.
    about
        What holds for all pages.
    audit
        Called before a file gets its name.

    Yields
    ------
    callable
        Takes a study with its links; studies of one patient follow each other. One patient at a time is held in memory.

    Raises
    ------
    OutputError
        A file cannot be written; every file that was written is complete.
    """
    with tempfile.TemporaryFile() as sections:
        content = _Content(viewer, sections)
        yield content.add
        content.end()
        _write(path, content, about, audit)


@dataclass(frozen=True, slots=True)
class _Section:
    """The section of a patient: where it lies in the temporary file, and its studies."""

    anchor: str
    start: int
    end: int
    lines: tuple[Line, ...]
    counts: Totals


class _Content:
    """The sections of the patients so far."""

    def __init__(self, viewer: Viewer, sections: IO[bytes]) -> None:
        self._viewer, self.file = viewer, sections
        self.sections: list[_Section] = []
        self.without_study: list[NotMeasured] = []
        self._patient: str = ""
        self._studies: list[StudyView] = []

    def add(self, study: Study) -> None:
        """Take a study; when it is another patient's, the section of the one before is written."""
        view = self._viewer.view(study)
        if study.stack is None:
            self.without_study += view.not_measured
            return
        patient = view.cells["patient_key"]
        # Who has no key is not known to be the patient of another study.
        if not patient or patient != self._patient:
            self.end()
        self._patient = patient
        self._studies.append(view)

    def end(self) -> None:
        """Write the section of the patient whose studies are there."""
        studies = sorted(self._studies, key=lambda one: one.cells["study_date"])
        self._studies = []
        if not studies:
            return
        anchor, start = f"p{len(self.sections) + 1}", self.file.tell()
        self.file.write(patient_section(self._patient, anchor, studies).encode("utf-8", "backslashreplace"))
        lines = tuple(Line(dict(one.cells), f"#{anchor}s{number}") for number, one in enumerate(studies, 1))
        self.sections.append(_Section(anchor, start, self.file.tell(), lines, _counted(studies)))

    def copy(self, section: _Section, to: IO[bytes]) -> None:
        """Copy a section into a page."""
        self.file.seek(section.start)
        to.write(self.file.read(section.end - section.start))


def _counted(studies: Sequence[StudyView]) -> Totals:
    masses = [one for study in studies for one in study.masses]
    return Totals(
        patients=1,
        studies=len(studies),
        stacks_measured=sum(len(study.stacks) for study in studies),
        masses=len(masses),
        large_masses=sum(one.cells["large"] == "true" for one in masses),
        sizes_mm=[one.size_mm for one in masses if one.size_mm is not None],
        volumes_ml=[one.volume_ml for one in masses if one.volume_ml is not None],
        not_measured=[one for study in studies for one in study.not_measured],
    )


def _added(totals: Sequence[Totals], more: Sequence[NotMeasured] = ()) -> Totals:
    not_measured = Counter[tuple[str, str, str]]()
    for one in (*(reason for each in totals for reason in each.not_measured), *more):
        not_measured[(one.state, one.reason, one.modality)] += one.count
    return Totals(
        patients=sum(one.patients for one in totals),
        studies=sum(one.studies for one in totals),
        stacks_measured=sum(one.stacks_measured for one in totals),
        masses=sum(one.masses for one in totals),
        large_masses=sum(one.large_masses for one in totals),
        sizes_mm=[size_mm for one in totals for size_mm in one.sizes_mm],
        volumes_ml=[volume_ml for one in totals for volume_ml in one.volumes_ml],
        not_measured=[NotMeasured(*key, count) for key, count in sorted(not_measured.items())],
    )


def _write(path: Path, content: _Content, about: About, audit: Audit | None) -> None:
    sections = content.sections
    totals = _added([one.counts for one in sections], content.without_study)
    folder = pages_folder(path)
    if totals.studies <= MOST_STUDIES:
        lines = [line for one in sections for line in one.lines]
        _write_page(path, content, sections, (page_top(about, lines, totals), about), audit)
        remove_pages(folder)
        return
    folder.mkdir(exist_ok=True)
    lines, names = [], set()
    pages = _pages(sections)
    for number, on_page in enumerate(pages, 1):
        name = f"page-{number:03d}.html"
        names.add(name)
        of_page = [line for one in on_page for line in one.lines]
        lines += [replace(line, address=f"{folder.name}/{name}{line.address}") for line in of_page]
        title = f"page {number} of {len(pages)}"
        top = page_top(about, of_page, _added([one.counts for one in on_page]), title, f"../{path.name}")
        _write_page(folder / name, content, on_page, (top, about), audit)
    _write_page(path, content, [], (page_top(about, lines, totals), about), audit)
    remove_pages(folder, names)


def _pages(sections: Sequence[_Section]) -> list[list[_Section]]:
    """Share sections among pages of at most 200 studies; a patient stays on one page."""
    pages: list[list[_Section]] = [[]]
    count = 0
    for one in sections:
        if pages[-1] and count + len(one.lines) > STUDIES_A_PAGE:
            pages.append([])
            count = 0
        pages[-1].append(one)
        count += len(one.lines)
    return pages


def _write_page(
    path: Path, content: _Content, sections: Sequence[_Section], ends: tuple[str, About], audit: Audit | None
) -> None:
    top, about = ends

    def keep(file: Path) -> None:
        if audit is not None:
            masses = sum(one.counts.masses for one in sections)
            audit(Leaving.of(file, path, masses, about.is_identified))

    with open_atomic_bytes(path, only_for_owner=about.is_identified, before_it_is_there=keep) as file:
        file.write(top.encode("utf-8", "backslashreplace"))
        for one in sections:
            content.copy(one, file)
        file.write(page_bottom(about).encode("utf-8", "backslashreplace"))

"""The pages as HTML, from templates that lie in the package. A page loads nothing (its content security policy)."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from calcimeasure.codes import NOTICES
from calcimeasure.export.lesions import LESION_COLUMNS
from calcimeasure.model import BodySite, Laterality
from calcimeasure.report import sentences, words
from calcimeasure.report.body_map import Marked, body_map, body_symbol
from calcimeasure.report.distribution import histogram
from calcimeasure.report.html import environment_of, policy_of, text_of
from calcimeasure.report.pictures import overview, picture
from calcimeasure.report.table import table_of
from calcimeasure.settings import MeasureSettings
from calcimeasure.settings.algorithm import ALGORITHM
from calcimeasure.version import software_version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Environment
    from markupsafe import Markup

    from calcimeasure.report.view import Finding, NotMeasured, StackView, StudyView

DEFINED: Final = (
    "long_axis_mm",
    "short_axis_mm",
    "max_3d_diameter_mm",
    "volume_ml",
    "volume_u95_ml",
    "area_mm2",
    "mean_hu",
    "parts",
    "morphology",
    "laterality_source",
    "laterality_confidence",
    "site_source",
    "pair_number",
    "large",
    "truncated",
    "status",
)
"""The columns of lesions.csv that the report defines, in this order."""

_UNITS: Final = {"[hnsf'U]": "HU", "mm2": "mm²"}
"""Units of UCUM as a person writes them."""


@dataclass(frozen=True, slots=True)
class Line:
    """A study in the list at the beginning: its cells of studies.csv, and the address of its section."""

    cells: dict[str, str]
    address: str


@dataclass(frozen=True, slots=True)
class Totals:
    """What the whole report is about.

    Parameters
    ----------
    patients, studies, stacks_measured, masses, large_masses
        How many there are.
    sizes_mm, volumes_ml
        Of the masses; those that are known.
    not_measured
        By reason.
    """

    patients: int
    studies: int
    stacks_measured: int
    masses: int
    large_masses: int
    sizes_mm: Sequence[float]
    volumes_ml: Sequence[float]
    not_measured: Sequence[NotMeasured]


@dataclass(frozen=True, slots=True)
class About:
    """What holds for all pages.

    Parameters
    ----------
    is_identified
        Whether patients and images are named as in their headers.
    settings
        The settings of the folder.
    status
        The status of all lesions that are shown; None: all that no reader has rejected.
    """

    is_identified: bool
    settings: MeasureSettings
    status: str | None = None


def patient_section(name: str, anchor: str, studies: Sequence[StudyView]) -> str:
    """Write the section of a patient.

    Parameters
    ----------
    name
        The patient's key; empty if there is none.
    anchor
        The name of the section in addresses; those of its studies end with s1, s2, ...
    studies
        In the order in which they are shown.
    """
    return _environment().get_template("patient.html").render(name=name, anchor=anchor, studies=studies)


def page_top(about: About, lines: Sequence[Line], totals: Totals, title: str = "", back: str = "") -> str:
    """Write what stands before the sections.

    Parameters
    ----------
    about, lines, totals
        What the pages are about, the studies of this page (of an index: all), and what is counted.
    title
        Which part of the report this page is; empty if it is all of it, or its index.
    back
        The address of the index; empty on a page that is complete or the index itself.
    """
    return (
        _environment()
        .get_template("top.html")
        .render(
            about=about,
            lines=lines,
            totals=totals,
            title=title,
            back=back,
            style=text_of("report.css"),
            policy=_policy(),
        )
    )


def page_bottom(about: About) -> str:
    """Write what stands behind the sections."""
    return (
        _environment()
        .get_template("bottom.html")
        .render(
            about=about,
            definitions=sorted(
                (one for one in LESION_COLUMNS if one.name in DEFINED), key=lambda one: DEFINED.index(one.name)
            ),
            units=_UNITS,
            settings=_settings(about.settings),
            algorithm=ALGORITHM,
            version=software_version(),
            script=text_of("report.js"),
        )
    )


def _settings(settings: MeasureSettings) -> list[tuple[str, str, str]]:
    """Give the settings that change a number: name, value, unit. A path is only said to be set."""
    found = []
    for field in dataclasses.fields(MeasureSettings):
        value = getattr(settings, field.name)
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if field.metadata.get("is_path"):
            text = "set" if value else "not set"
        text = text or "not set"
        found.append((field.name, text, field.metadata["unit"]))
    return found


@cache
def _environment() -> Environment:
    return environment_of(_FUNCTIONS)


@cache
def _policy() -> str:
    return policy_of(text_of("report.css"), text_of("report.js"))


def _map_of(study: StudyView) -> Markup:
    marked = [(one, _marked(one)) for one in study.masses]
    shown = [mass for _, mass in marked if mass.place is not None]
    label = f"Map of the body from the front, the patient's right on the left: {len(shown)} masses"
    return body_map(shown, label)


def _without_place(study: StudyView) -> list[Markup]:
    return sentences.without_place([one for one in study.masses if _marked(one).place is None])


def _marked(finding: Finding) -> Marked:
    cells = finding.cells
    return Marked(
        finding.number,
        Laterality(cells["laterality"] or "unknown"),
        BodySite(cells["site"] or "unknown"),
        cells["site_detail"],
        cells["large"] == "true",
    )


def _overview_of(stack: StackView) -> Markup | None:
    places = [(one.number, one.place_lps_mm) for one in stack.findings if one.number and one.place_lps_mm is not None]
    if stack.overview is None or not places:
        return None
    label = f"{stack.title}: brightest values along the lines of sight, with {len(places)} numbered masses"
    return overview(stack.overview, label, places)


def _picture_of(finding: Finding) -> Markup | None:
    if finding.picture is None:
        return None
    name = f"mass {finding.number}" if finding.number else f"finding {finding.cells['lesion_number']}"
    label = f"Picture of {name}, {sentences.place_words(finding)}: outline, long axis and short axis"
    return picture(finding.picture, label)


def _distributions(totals: Totals) -> list[Markup]:
    drawn = (
        histogram(totals.sizes_mm, "Largest dimension", "mm", 2),
        histogram(totals.volumes_ml, "Calcified volume", "mL", 4),
    )
    return [one for one in drawn if one]


_FUNCTIONS: Final[dict[str, Any]] = {
    "body_symbol": body_symbol,
    "distributions": _distributions,
    "figure": words.figure,
    "key_sentences": sentences.key_sentences,
    "map_of": _map_of,
    "notice_texts": NOTICES,
    "overview_of": _overview_of,
    "picture_of": _picture_of,
    "place_words": sentences.place_words,
    "remarks": sentences.remarks,
    "site_words": words.site_words,
    "table_of": table_of,
    "tissue_words": words.tissue_words,
    "without_place": _without_place,
}

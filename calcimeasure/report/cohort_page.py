"""cohort.html: a cohort as a page that loads nothing. Counts and percentages are the cells of the tables beside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from calcimeasure.export.cohort import (
    ASSOCIATION_COLUMNS,
    BODY_MAP_COLUMNS,
    COHORT_COLUMNS,
    FLOW_COLUMNS,
    site_shares,
)
from calcimeasure.export.columns import cell_of
from calcimeasure.report.body_map import body_symbol
from calcimeasure.report.cohort_figures import flow_chart, interval_bar, odds_bar, site_map, steps_of
from calcimeasure.report.distribution import histogram
from calcimeasure.report.html import environment_of, policy_of, text_of, write_page
from calcimeasure.report.words import site_words
from calcimeasure.version import software_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from jinja2 import Environment

    from calcimeasure.export.columns import Audit, Column
    from calcimeasure.model.cohort import Cohort
    from calcimeasure.report.cohort_figures import Cells

_WORDS: Final = {
    "cohort": "the cohort",
    "cohort_alive": "living patients of the cohort",
    "cohort_deceased": "deceased patients of the cohort",
    "cohort_without": "cohort without a large mass",
    "cases": "all cases",
    "cases_cohort": "cases of the cohort",
    "cases_literature": "cases of the literature",
    "cases_operated": "operated",
    "cases_not_operated": "not operated",
    "cases_treated": "treated",
    "cases_untreated": "not treated",
    "large_mass": "large mass, of those of whom it is known",
    "large_mass_lower_bound": "large mass, of all (lower bound)",
    "large_mass_upper_bound": "large or not known, of all (upper bound)",
    "any_mass": "mass of any size, of those of whom it is known",
    "large_mass_and_alive": "alive with a large mass, of all",
    "large_mass_and_deceased": "deceased with a large mass, of all",
    "symmetric": "symmetric, of those of whom it is known",
    "symmetric_lower_bound": "symmetric, of all (lower bound)",
    "symmetric_upper_bound": "symmetric or not known, of all (upper bound)",
    "several_sites": "several sites",
    "ulcer_fistula": "ulcer or fistula",
    "severe_vascular": "severe vascular disease",
    "age_years": "age, years",
    "disease_duration_years": "duration of the disease, years",
    "largest_mm": "largest mass, mm",
    "cases_measured": "cases of the cohort, measured",
    "cases_reported": "cases of the cohort, reported",
    "without_image": "without image",
    "small_masses": "small masses alone",
    "no_large_mass_stack_failed": "no large mass, a stack failed",
    "follow_days": "days between the dates",
    "follow_change_percent": "change of the volume, %",
    "follow_response": "follow",
    "anti_rna_polymerase_iii": "anti-RNA polymerase III",
    "no_variation": "all are alike",
    "column_missing": "the column is missing",
}


def words(text: str) -> str:
    """Write a group, an item or a code for a person."""
    if text in _WORDS:
        return _WORDS[text]
    head, colon, tail = text.partition(":")
    if head == "site":
        return site_words(tail)
    if text.startswith("cases_") and not colon:
        return f"cases: {site_words(text.removeprefix('cases_'))}"
    if colon:
        return f"{words(head)}: {words(tail)}"
    return text.replace("_", " ")


_P_DECIMALS: Final = 4


def p_words(p: str) -> str:
    """Write a p value of associations.csv for a person."""
    least = 10.0**-_P_DECIMALS
    return f"< {least:.{_P_DECIMALS}f}" if float(p) < least else f"{float(p):.{_P_DECIMALS}f}"


@dataclass(frozen=True, slots=True)
class AboutCohort:
    """What the page says beside the numbers: from which size on a mass is large, and whose decision counts."""

    large_diameter_mm: float
    accepted_alone: bool = False


@dataclass(frozen=True, slots=True)
class _Tables:
    """The tables as their files have them."""

    flow: list[Cells]
    rows: list[Cells]
    associations: list[Cells]
    outcomes: list[Cells]
    sites: list[Cells]

    @classmethod
    def of(cls, cohort: Cohort) -> _Tables:
        return cls(
            _cells(FLOW_COLUMNS, cohort.flow),
            _cells(COHORT_COLUMNS, cohort.rows),
            _cells(ASSOCIATION_COLUMNS, cohort.associations),
            _cells(COHORT_COLUMNS, cohort.outcomes),
            _cells(BODY_MAP_COLUMNS, site_shares(cohort)),
        )

    def row(self, group: str, item: str) -> Cells | None:
        """Give a row of cohort.csv."""
        return next((one for one in self.rows if (one["group"], one["item"]) == (group, item)), None)

    def count(self, step: str) -> str:
        """Give the count of a step of flow.csv."""
        return next(one["n"] for one in self.flow if one["step"] == step)

    def large(self) -> list[Cells]:
        """Give the rows that tell who has a large mass."""
        return [one for one in self.rows if one["item"].startswith(("large_mass", "any_mass"))]

    def across(
        self, groups: Sequence[str], strobe: str, rows: Sequence[Cells] | None = None
    ) -> list[list[Cells | None]]:
        """Give rows of several groups beside each other, an item a line; what no group has is left out."""
        some = [one for one in (self.rows if rows is None else rows) if one["strobe"] == strobe]
        some = [one for one in some if not one["item"].startswith(("large_mass", "any_mass", "site:"))]
        by_place = {(one["group"], one["item"]): one for one in some}
        items = dict.fromkeys(one["item"] for one in some if one["group"] in groups)
        return [[by_place.get((group, item)) for group in groups] for item in items]

    def groups(self, names: Iterable[str]) -> list[str]:
        """Give those of some groups that have rows."""
        there = {one["group"] for one in self.rows}
        return [one for one in names if one in there]


def _cells(columns: Sequence[Column[Any]], rows: Iterable[Any]) -> list[Cells]:
    cells = [(column.name, cell_of(column, None)) for column in columns]
    return [{name: cell(row) for name, cell in cells} for row in rows]


def cohort_page(cohort: Cohort, about: AboutCohort) -> str:
    """Write the page.

    Parameters
    ----------
    cohort
        What is told.
    about
        What is said beside the numbers.
    """
    tables = _Tables.of(cohort)
    style = text_of("report.css") + text_of("cohort.css")
    return (
        _environment()
        .get_template("cohort.html")
        .render(
            tables=tables,
            about=about,
            chart=flow_chart(steps_of(tables.flow, _WORDS), "Flow of the patients; the table below has its numbers"),
            sizes=histogram([size_mm for size_mm, _ in cohort.sizes], "Largest mass of each case", "mm", 2),
            sites=[one for one in tables.sites if one["n"] != "0" or one["published_percent"]],
            by_site=tables.groups(dict.fromkeys(one["group"] for one in tables.rows if _is_of_site(one["group"]))),
            outcome_groups=list(dict.fromkeys(one["group"] for one in tables.outcomes)),
            style=style,
            policy=policy_of(style),
            version=software_version(),
        )
    )


def _is_of_site(group: str) -> bool:
    return group.startswith("cases_") and group not in ("cases_cohort", "cases_literature")


@cache
def _environment() -> Environment:
    return environment_of(
        {
            "body_symbol": body_symbol,
            "p_words": p_words,
            "interval_bar": interval_bar,
            "odds_bar": odds_bar,
            "site_map": site_map,
            "words": words,
        }
    )


def write_cohort_page(cohort: Cohort, about: AboutCohort, path: Path, audit: Audit | None = None) -> Path:
    """Write the page into a file.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    return write_page(cohort_page(cohort, about), path, len(cohort.rows), audit)

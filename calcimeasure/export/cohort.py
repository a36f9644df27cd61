"""flow.csv, cohort.csv, associations.csv and outcomes.csv, and the tables behind the figures of the report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from calcimeasure.export.columns import Column
from calcimeasure.export.described import write_described
from calcimeasure.model.cohort import PUBLISHED_PERCENT, Association, CohortRow, FlowRow, Method, NotTested

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from calcimeasure.export.columns import Audit
    from calcimeasure.model import BodySite
    from calcimeasure.model.cohort import Cohort


def _text(name: str, description: str, value: Callable[[Any], object], *, required: bool = False) -> Column[Any]:
    return Column(name, "string", description, value, required=required)


def _count(name: str, description: str, value: Callable[[Any], object], *, required: bool = False) -> Column[Any]:
    return Column(name, "integer", description, value, required=required)


def _number(
    name: str, description: str, value: Callable[[Any], object], unit: str = "", decimals: int = 2
) -> Column[Any]:
    return Column(name, "number", description, value, unit=unit, decimals=decimals)


def _of_quantity(name: str, description: str) -> Column[CohortRow]:
    return _number(name, description, lambda row: getattr(row.quantity, name) if row.quantity else None)


def _percent(name: str, description: str, value: Callable[[Any], object]) -> Column[Any]:
    return _number(name, description, value, "%", 1)


def _end(place: int) -> Callable[[CohortRow], float | None]:
    return lambda row: 100.0 * row.interval[place] if row.interval else None


_STROBE: Final = _text(
    "strobe", "Item of the STROBE statement for cohort and cross-sectional studies.", lambda row: row.strobe
)

FLOW_COLUMNS: Final[tuple[Column[FlowRow], ...]] = (
    _text("step", "The step.", lambda row: row.step, required=True),
    _text("unit", "What is counted.", lambda row: row.unit, required=True),
    _count("n", "How many.", lambda row: row.count, required=True),
    _text("parent", "The step that they are a part of.", lambda row: row.parent),
    _text("reason", "Why they were not measured, or why a size is not known (codes).", lambda row: row.reason),
    _STROBE,
    _text("note", "What else has to be known.", lambda row: row.note),
)
"""Columns of flow.csv."""

COHORT_COLUMNS: Final[tuple[Column[CohortRow], ...]] = (
    _text("group", "Among whom.", lambda row: row.group, required=True),
    _text("item", "What they have, or what was measured.", lambda row: row.item, required=True),
    _count("n", "How many have it; empty for a quantity.", lambda row: row.count),
    _count("N", "Of how many: those of whom it is known; in bounds all.", lambda row: row.total, required=True),
    _count("missing", "Members of the group of whom it is not known.", lambda row: row.missing, required=True),
    _percent("percent", "n of N.", lambda row: row.percent),
    _percent("percent_low", "Lower end of its 95 % interval (Wilson).", _end(0)),
    _percent("percent_high", "Upper end of it.", _end(1)),
    _of_quantity("median", "Median of a quantity."),
    _of_quantity("q1", "Its lower quartile (linear interpolation)."),
    _of_quantity("q3", "Its upper quartile."),
    _of_quantity("mean", "Its mean."),
    _of_quantity("sd", "Its standard deviation (n - 1)."),
    _of_quantity("minimum", "Its smallest value."),
    _of_quantity("maximum", "Its largest value."),
    _text("unit", "The unit of the quantity (UCUM).", lambda row: row.unit),
    Column("method", "string", "How the row was made.", lambda row: row.method, words=Method, required=True),
    _STROBE,
    _text("note", "What else has to be known.", lambda row: row.note),
)
"""Columns of cohort.csv and of outcomes.csv."""

ASSOCIATION_COLUMNS: Final[tuple[Column[Association], ...]] = (
    _text("name", "Name of the association in the dictionary.", lambda row: row.question.name, required=True),
    _text("group", "Among whom.", lambda row: row.question.group, required=True),
    _text("exposure", "The exposure.", lambda row: row.question.exposure.text, required=True),
    _text("outcome", "The outcome.", lambda row: row.question.outcome.text, required=True),
    _count("exposed_with", "Exposed, with the outcome.", lambda row: row.table[0], required=True),
    _count("exposed_without", "Exposed, without the outcome.", lambda row: row.table[1], required=True),
    _count("unexposed_with", "Not exposed, with the outcome.", lambda row: row.table[2], required=True),
    _count("unexposed_without", "Not exposed, without the outcome.", lambda row: row.table[3], required=True),
    _count("N", "All four.", lambda row: row.total, required=True),
    _count("missing", "Members of the group of whom one of both is not known.", lambda row: row.missing, required=True),
    _number(
        "odds_ratio",
        "Conditional maximum likelihood estimate; empty where it was not tested, or is not finite.",
        lambda row: row.odds_ratio,
        decimals=3,
    ),
    _number("odds_ratio_low", "Lower end of its exact 95 % interval.", lambda row: row.low, decimals=3),
    _number("odds_ratio_high", "Upper end of it; empty where it is not bounded.", lambda row: row.high, decimals=3),
    _number("p", "Fisher's exact test, two-sided.", lambda row: row.p, decimals=10),
    _number("p_holm", "The same, adjusted for all rows that were tested (Holm).", lambda row: row.p_holm, decimals=10),
    Column(
        "not_tested", "string", "Why it was not tested; empty if it was.", lambda row: row.not_tested, words=NotTested
    ),
    _text("strobe", "Item of the STROBE statement.", lambda _: "16a"),
)
"""Columns of associations.csv."""


@dataclass(frozen=True, slots=True)
class SiteShare:
    """The share of the cases with a large mass at a site, beside the published one."""

    body_site: BodySite
    row: CohortRow


BODY_MAP_COLUMNS: Final[tuple[Column[SiteShare], ...]] = (
    _text("site", "Region of the body.", lambda one: one.body_site, required=True),
    _count("n", "Cases with a large mass there.", lambda one: one.row.count, required=True),
    _count("N", "Cases of whom it is known.", lambda one: one.row.total, required=True),
    _count("missing", "Cases of whom it is not known.", lambda one: one.row.missing, required=True),
    _percent("percent", "n of N.", lambda one: one.row.percent),
    _percent("percent_low", "Lower end of its 95 % interval (Wilson).", lambda one: _end(0)(one.row)),
    _percent("percent_high", "Upper end of it.", lambda one: _end(1)(one.row)),
    _number(
        "published_percent",
        "Of 56 patients (doi 10.1016/j.semarthrit.2020.03.009).",
        lambda one: PUBLISHED_PERCENT.get(one.body_site),
        unit="%",
        decimals=0,
    ),
)
"""Columns of body_map.csv."""

SIZE_COLUMNS: Final[tuple[Column[tuple[float, bool]], ...]] = (
    _number("largest_mm", "Largest dimension of the largest mass of a case; smallest first.", lambda one: one[0], "mm"),
    Column(
        "source",
        "string",
        "Measured on images, or reported by the clinical table.",
        lambda one: "reported" if one[1] else "measured",
        words=("measured", "reported"),
        required=True,
    ),
)
"""Columns of sizes.csv."""


def site_shares(cohort: Cohort) -> list[SiteShare]:
    """Give the shares of all cases by site, largest first."""
    from calcimeasure.model import BodySite

    rows = [one for one in cohort.rows if one.group == "cases" and one.item.startswith("site:")]
    shares = [SiteShare(BodySite(one.item.removeprefix("site:")), one) for one in rows]
    return sorted(shares, key=lambda one: -(one.row.percent or 0.0))


def write_cohort(cohort: Cohort, folder: Path, audit: Audit | None = None) -> list[Path]:
    """Write the tables of a cohort with their schemas. None of them names a patient.

    Parameters
    ----------
    cohort
        What is written.
    folder
        Where to.
    audit
        Called before each table gets its name.

    Returns
    -------
    list of Path
        The tables.

    Raises
    ------
    OutputError
        A file cannot be written; every file that was written is complete.
    """
    tables: tuple[tuple[str, Sequence[str], Sequence[Column[Any]], Iterable[Any]], ...] = (
        ("flow", (), FLOW_COLUMNS, cohort.flow),
        ("cohort", ("group", "item"), COHORT_COLUMNS, cohort.rows),
        ("associations", ("name",), ASSOCIATION_COLUMNS, cohort.associations),
        ("outcomes", ("group", "item"), COHORT_COLUMNS, cohort.outcomes),
        ("body_map", ("site",), BODY_MAP_COLUMNS, site_shares(cohort)),
        ("sizes", (), SIZE_COLUMNS, cohort.sizes),
    )
    return [
        write_described(columns, rows, folder / f"{name}.csv", None, audit, key) for name, key, columns, rows in tables
    ]

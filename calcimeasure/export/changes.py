"""changes.csv: a row for each mass at two dates; responses.csv: a row for each patient and comparison."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from calcimeasure.export.columns import Column
from calcimeasure.export.described import write_described
from calcimeasure.model import BodySite, Laterality
from calcimeasure.model.follow import ChangeSource, LinkSource, LinkState, Response, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from calcimeasure.export.columns import Audit
    from calcimeasure.export.pseudonym import Naming
    from calcimeasure.model import StackFacts
    from calcimeasure.model.follow import Sizes

COMPARISONS = ("baseline", "previous")


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A mass at two dates.

    Parameters
    ----------
    stack, current_stack
        The stacks of the prior and of the current date.
    comparison
        With which date is compared.
    track_uid
        Tracking UID of the earliest lesion of the mass.
    prior_uids, current_uids
        Tracking UIDs of its lesions at both dates.
    days
        From the prior to the current date.
    percent, percent_u95, ml_year, ml_year_u95, doubling_days
        The change in percent, a year, and as doubling time; None where it is not known.
    """

    stack: StackFacts
    current_stack: StackFacts
    comparison: str
    track_uid: str
    prior_uids: tuple[str, ...]
    current_uids: tuple[str, ...]
    days: int
    state: LinkState
    source: LinkSource
    confidence: float
    laterality: Laterality | None
    site: BodySite | None
    before: Sizes
    after: Sizes
    paired_ml: float | None = None
    change_ml: float | None = None
    u95_ml: float | None = None
    change_source: ChangeSource | None = None
    percent: float | None = None
    percent_u95: float | None = None
    ml_year: float | None = None
    ml_year_u95: float | None = None
    doubling_days: float | None = None
    density_percent: float | None = None
    density_u95_percent: float | None = None
    verdict: Verdict = Verdict.NOT_ASSESSABLE
    reason: str | None = None
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ResponseRow:
    """A patient at two dates: three responses side by side, and what they rest on."""

    stack: StackFacts
    current_stack: StackFacts
    comparison: str
    days: int
    masses: int
    new: int
    gone: int
    removed: int
    not_evaluable: int
    undecided: int
    new_ml: float
    prior_ml: float
    change_ml: float
    u95_ml: float
    targets: int
    diameters_mm: float | None
    baseline_diameters_mm: float | None
    interval: Response
    percent: Response
    diameters: Response
    regions: str


def _dates() -> tuple[Column[Any], ...]:
    return (
        Column(
            "patient_key",
            "string",
            "Pseudonym of the patient, as in lesions.csv.",
            named=lambda naming, row: naming.patient_key(row.stack),
        ),
        Column(
            "prior_date",
            "date",
            "Date of the prior study, shifted as in lesions.csv.",
            named=lambda naming, row: naming.study_date(row.stack),
        ),
        Column(
            "current_date",
            "date",
            "Date of the current study, shifted by the same days.",
            named=lambda naming, row: naming.study_date(row.current_stack),
        ),
        Column("dates_shifted", "boolean", "Whether dates are shifted.", named=lambda naming, _: naming.dates_shifted),
        Column("days", "integer", "Days from the prior to the current date.", lambda row: row.days, required=True),
        Column(
            "comparison",
            "string",
            "With the first date, or with the date before.",
            lambda row: row.comparison,
            words=COMPARISONS,
            required=True,
        ),
    )


def _number(
    name: str, description: str, value: Callable[[Any], object], unit: str, decimals: int = 2
) -> Column[ChangeRow]:
    return Column(name, "number", description, value, unit=unit, decimals=decimals)


def _uids(naming: Naming, uids: tuple[str, ...]) -> str:
    return ";".join(naming.uid(uid) or "" for uid in uids)


CHANGE_COLUMNS: tuple[Column[ChangeRow], ...] = (
    *_dates(),
    Column(
        "track_uid",
        "string",
        "The mass over all dates: Tracking UID of its earliest lesion, or what replaces it.",
        named=lambda naming, row: naming.uid(row.track_uid),
        required=True,
    ),
    Column(
        "prior_tracking_uids",
        "string",
        "Its lesions at the prior date, separated by ;.",
        named=lambda naming, row: _uids(naming, row.prior_uids),
    ),
    Column(
        "current_tracking_uids",
        "string",
        "Its lesions at the current date, separated by ;.",
        named=lambda naming, row: _uids(naming, row.current_uids),
    ),
    Column("state", "string", "What became of the mass.", lambda row: row.state, words=LinkState, required=True),
    Column("source", "string", "Who linked it.", lambda row: row.source, words=LinkSource, required=True),
    Column("confidence", "number", "Confidence of the state, 0..1.", lambda row: row.confidence, decimals=2),
    Column("laterality", "string", "Side of the body.", lambda row: row.laterality, words=Laterality),
    Column("site", "string", "Region of the body.", lambda row: row.site, words=BodySite),
    _number("prior_volume_ml", "Volume at the prior date, measured now.", lambda row: row.before.volume_ml, "mL", 4),
    _number("prior_volume_u95_ml", "Half-width of it.", lambda row: row.before.volume_u95_ml, "mL", 4),
    _number("current_volume_ml", "Volume at the current date, measured now.", lambda row: row.after.volume_ml, "mL", 4),
    _number("current_volume_u95_ml", "Half-width of it.", lambda row: row.after.volume_u95_ml, "mL", 4),
    _number("paired_change_ml", "Change inside both outlines.", lambda row: row.paired_ml, "mL", 4),
    _number("change_ml", "Change of the volume.", lambda row: row.change_ml, "mL", 4),
    _number("change_u95_ml", "Half-width of its 95 % interval, between two dates.", lambda row: row.u95_ml, "mL", 4),
    Column(
        "change_source",
        "string",
        "Both images laid on each other, or two volumes.",
        lambda row: row.change_source,
        words=ChangeSource,
    ),
    _number("change_percent", "Change in percent of the prior volume.", lambda row: row.percent, "%", 1),
    _number("change_percent_u95", "Half-width of it.", lambda row: row.percent_u95, "%", 1),
    _number("change_ml_year", "Change a year, from 30 days on.", lambda row: row.ml_year, "mL/a", 4),
    _number("change_ml_year_u95", "Half-width of it.", lambda row: row.ml_year_u95, "mL/a", 4),
    _number(
        "doubling_days",
        "Days in which the volume doubles (negative: halves), where the change is beyond its error.",
        lambda row: row.doubling_days,
        "d",
        0,
    ),
    _number(
        "prior_diameter_mm",
        "Largest diameter at the prior date, without what one outline alone holds and what did not change.",
        lambda row: row.before.diameter_mm,
        "mm",
    ),
    _number(
        "current_diameter_mm",
        "Largest diameter at the current date, by the same rule.",
        lambda row: row.after.diameter_mm,
        "mm",
    ),
    _number("prior_mean_hu", "Mean attenuation at the prior date.", lambda row: row.before.mean_hu, "[hnsf'U]", 1),
    _number("current_mean_hu", "Mean attenuation at the current date.", lambda row: row.after.mean_hu, "[hnsf'U]", 1),
    _number(
        "density_change_percent",
        "Change of the density of the calcium, at the same kVp and kernel.",
        lambda row: row.density_percent,
        "%",
        1,
    ),
    _number("density_change_u95_percent", "Half-width of it.", lambda row: row.density_u95_percent, "%", 1),
    Column("verdict", "string", "What the change is.", lambda row: row.verdict, words=Verdict, required=True),
    Column("reason", "string", "Why it is not assessable (codes).", lambda row: row.reason),
    Column("notices", "string", "Codes, separated by ;.", lambda row: ";".join(row.notices)),
)
"""Columns of changes.csv."""


def _count(name: str, description: str, value: Callable[[Any], object]) -> Column[ResponseRow]:
    return Column(name, "integer", description, value, required=True)


def _response(name: str, description: str, value: Callable[[Any], object]) -> Column[ResponseRow]:
    return Column(name, "string", description, value, words=Response, required=True)


RESPONSE_COLUMNS: tuple[Column[ResponseRow], ...] = (
    *_dates(),
    _count("masses", "Masses of both dates, removed ones left out.", lambda row: row.masses),
    _count("new_masses", "Masses that are new.", lambda row: row.new),
    _count("gone_masses", "Masses that are gone.", lambda row: row.gone),
    _count(
        "removed_masses",
        "Masses that were operated, drained or extruded: they count in nothing.",
        lambda row: row.removed,
    ),
    _count("not_evaluable_masses", "Masses of which no change is known.", lambda row: row.not_evaluable),
    _count("undecided_masses", "Masses of which the program does not know.", lambda row: row.undecided),
    Column("new_volume_ml", "number", "Volume of the new masses.", lambda row: row.new_ml, unit="mL", decimals=4),
    Column(
        "prior_volume_ml",
        "number",
        "Prior volume of all masses whose change is known.",
        lambda row: row.prior_ml,
        unit="mL",
        decimals=4,
    ),
    Column("change_ml", "number", "Change of this volume.", lambda row: row.change_ml, unit="mL", decimals=4),
    Column(
        "change_u95_ml", "number", "Half-width of its 95 % interval.", lambda row: row.u95_ml, unit="mL", decimals=4
    ),
    _count("target_masses", "Targets of the response by diameters.", lambda row: row.targets),
    Column(
        "baseline_diameters_mm",
        "number",
        "Sum of their diameters at the first date.",
        lambda row: row.baseline_diameters_mm,
        unit="mm",
        decimals=2,
    ),
    Column(
        "diameters_mm",
        "number",
        "Sum of their diameters at the current date.",
        lambda row: row.diameters_mm,
        unit="mm",
        decimals=2,
    ),
    _response("interval", "By the 95 % interval of the summed volume.", lambda row: row.interval),
    _response(
        "percent",
        "By 25 % a year of the summed volume, from 180 days on; validated for hand scores of films only.",
        lambda row: row.percent,
    ),
    _response(
        "diameters",
        "By the sum of diameters from the first date on, whatever the comparison.",
        lambda row: row.diameters,
    ),
    Column(
        "regions",
        "string",
        "For each region, separated by ;: site, new masses, new volume in mL, masses not evaluable, separated by :.",
        lambda row: row.regions,
    ),
)
"""Columns of responses.csv."""


def write_changes(
    changes: Iterable[ChangeRow],
    responses: Iterable[ResponseRow],
    folder: Path,
    naming: Naming,
    audit: Audit | None = None,
) -> None:
    """Write changes.csv and responses.csv with their schemas.

    Parameters
    ----------
    changes, responses
        The rows, in their order.
    folder
        Where to.
    naming
        How patients, dates and UIDs are named.
    audit
        Called before each table gets its name.

    Raises
    ------
    OutputError
        A file cannot be written; every file that was written is complete.
    """
    write_described(CHANGE_COLUMNS, changes, folder / "changes.csv", naming, audit)
    write_described(RESPONSE_COLUMNS, responses, folder / "responses.csv", naming, audit)

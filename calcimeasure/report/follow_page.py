"""follow.html: the masses of each patient over the dates, and the change of all patients, as a page."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from calcimeasure.model.follow import Response
from calcimeasure.report.follow_figures import Bar, Course, Point, courses, waterfall
from calcimeasure.report.html import environment_of, policy_of, text_of, write_page
from calcimeasure.version import software_version

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jinja2 import Environment
    from markupsafe import Markup

    from calcimeasure.export.changes import ChangeRow, ResponseRow
    from calcimeasure.export.columns import Audit
    from calcimeasure.export.pseudonym import Naming
    from calcimeasure.model import StackFacts

FOLLOW_PAGE = "follow.html"


@dataclass(frozen=True, slots=True)
class _Patient:
    """A patient of the page: the name, the timeline, and rows of responses.csv."""

    name: str
    timeline: Markup
    rows: tuple[ResponseRow, ...]


def follow_page(changes: Sequence[ChangeRow], responses: Sequence[ResponseRow], naming: Naming) -> str:
    """Write the page.

    Parameters
    ----------
    changes, responses
        The rows of changes.csv and responses.csv. Those of one patient follow each other, the first date first.
    naming
        How patients are named in the tables.
    """
    by_patient: dict[str, list[ResponseRow]] = defaultdict(list)
    for row in responses:
        by_patient[naming.patient_key(row.stack) or ""].append(row)
    masses: dict[str, list[ChangeRow]] = defaultdict(list)
    for one in changes:
        masses[naming.patient_key(one.stack) or ""].append(one)
    patients = [_Patient(name, _timeline(masses[name]), tuple(rows)) for name, rows in by_patient.items()]
    is_baseline = all(row.comparison == "baseline" for row in responses)
    last = [(name, rows[-1]) for name, rows in by_patient.items()]
    bars = [_bar(name, row) for name, row in last if _is_known(row)]
    lines = [_course(name, rows) for name, rows in by_patient.items()] if is_baseline else []
    style = text_of("report.css") + text_of("follow.css")
    return (
        _environment()
        .get_template("follow.html")
        .render(
            patients=patients,
            spider=courses(lines, "Change of the summed volume", "%"),
            fall=waterfall(bars, "Change of the summed volume at the last date"),
            unknown=len(last) - len(bars),
            is_baseline=is_baseline,
            percent_of=_percent,
            u95_of=_u95,
            style=style,
            policy=policy_of(style),
            version=software_version(),
        )
    )


def _is_known(row: ResponseRow) -> bool:
    return row.prior_ml > 0 and row.not_evaluable == 0


def _percent(row: ResponseRow) -> float | None:
    return 100 * row.change_ml / row.prior_ml if _is_known(row) else None


def _u95(row: ResponseRow) -> float | None:
    return 100 * row.u95_ml / row.prior_ml if _is_known(row) else None


def _bar(name: str, row: ResponseRow) -> Bar:
    response = row.interval if row.interval in (Response.PROGRESSION, Response.RESPONSE) else Response.STABLE
    return Bar(name, _percent(row) or 0.0, _u95(row) or 0.0, str(response))


def _course(name: str, rows: Sequence[ResponseRow]) -> Course:
    known = [Point(row.days, _percent(row) or 0.0) for row in rows if _is_known(row)]
    return Course(name, (Point(0, 0.0), *known) if known else ())


def _timeline(rows: Sequence[ChangeRow]) -> Markup:
    """Draw the volume of each mass: at the first date as measured, then with its change."""
    dates = [day for row in rows if (day := row.stack.study_date) is not None]
    if not dates:
        return courses([], "", "")
    first = min(dates)

    def day_of(stack: StackFacts) -> int:
        return (stack.study_date - first).days if stack.study_date else 0

    points: dict[str, dict[int, Point]] = defaultdict(dict)
    for row in rows:
        before = row.before.volume_ml or 0.0
        if row.prior_uids and row.before.volume_ml is not None:
            points[row.track_uid].setdefault(day_of(row.stack), Point(day_of(row.stack), before))
        if row.change_ml is not None:
            at = day_of(row.current_stack)
            points[row.track_uid][at] = Point(at, before + row.change_ml, row.u95_ml)
    lines = [
        Course(f"mass {number}", tuple(of_mass[at] for at in sorted(of_mass)))
        for number, of_mass in enumerate(points.values(), 1)
    ]
    return courses(lines, "Volume of each mass", "mL")


@cache
def _environment() -> Environment:
    return environment_of({})


def write_follow_page(
    changes: Sequence[ChangeRow], responses: Sequence[ResponseRow], path: Path, naming: Naming, audit: Audit | None
) -> Path:
    """Write the page into a file.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    return write_page(follow_page(changes, responses, naming), path, len(responses), audit)

"""Rows of three patients over two and three dates, made by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from calcimeasure.export.changes import ChangeRow, ResponseRow
from calcimeasure.model import BodySite, Laterality, StackFacts
from calcimeasure.model.follow import LinkSource, LinkState, Response, Sizes

FIRST = date(2024, 1, 1)
FACTS = StackFacts("1.2", "1.2.3", 1, "CT", "/in", "a.dcm", 10)
STABLE, GREW, SHRANK, UNKNOWN = Response.STABLE, Response.PROGRESSION, Response.RESPONSE, Response.NOT_EVALUABLE
PATIENTS = {
    "<b>P-ONE</b>": ((366, 4.0, 0.5, 0), (731, 6.0, 0.6, 0)),
    "P-TWO": ((200, -5.0, 0.4, 0),),
    "P-THREE": ((90, 0.1, 0.3, 0),),
    "P-FOUR": ((300, 1.0, 0.3, 1),),
}


def facts_of(name: str, day: date) -> StackFacts:
    return replace(FACTS, patient_id=name, study_date=day)


def _response(change_ml: float, u95_ml: float, unknown: int) -> Response:
    if unknown:
        return UNKNOWN
    return GREW if change_ml - u95_ml > 0 else SHRANK if change_ml + u95_ml < 0 else STABLE


def rows() -> tuple[list[ChangeRow], list[ResponseRow]]:
    """Each patient has two masses of 8 and 12 mL at the first date; the first of them changes."""
    changes, responses = [], []
    for patient, (name, dates) in enumerate(PATIENTS.items()):
        for days, change_ml, u95_ml, unknown in dates:
            ends = facts_of(name, FIRST), facts_of(name, date.fromordinal(FIRST.toordinal() + days))
            for number, before_ml in enumerate((8.0, 12.0)):
                changed, width = (change_ml, u95_ml) if number == 0 else (0.0, 0.2)
                uid = f"2.25.{patient}{number}"
                changes.append(
                    ChangeRow(
                        *ends, "baseline", uid, (uid,), (uid,), days, LinkState.MATCHED, LinkSource.PROGRAM, 1.0,
                        Laterality.LEFT, BodySite.ELBOW, Sizes(before_ml, 0.2), Sizes(before_ml + changed, 0.2),
                        change_ml=changed, u95_ml=width,
                    )
                )  # fmt: skip
            response = _response(change_ml, u95_ml, unknown)
            responses.append(
                ResponseRow(
                    *ends, "baseline", days, 2, 0, 0, 0, unknown, unknown, 0.0, 20.0, change_ml, u95_ml, 0, None, None,
                    response, UNKNOWN, UNKNOWN, "elbow:0:0.0000:0",
                )
            )  # fmt: skip
    return changes, responses

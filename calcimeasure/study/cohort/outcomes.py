"""The rows of outcomes.csv: what became of the cases, by operation and treatment."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from calcimeasure.model.cohort import Condition
from calcimeasure.model.follow import Response
from calcimeasure.study.cohort.describe import Describer, quantity_row
from calcimeasure.study.cohort.groups import answer, group_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from calcimeasure.model.cohort import CohortRow, Member

_GROUPS: Final = ("cases", "cases_operated", "cases_not_operated", "cases_treated", "cases_untreated")
_NOT_FOLLOWED: Final = "missing: no two dates compared by follow"
_NOT_EVALUABLE: Final = f"{_NOT_FOLLOWED}, or not evaluable"
_EVALUABLE: Final = (Response.RESPONSE, Response.STABLE, Response.PROGRESSION)


def outcomes(members: Sequence[Member], columns: Collection[str]) -> list[CohortRow]:
    """Tell what became of the cases, as the clinical table says it and as `follow` measured it.

    Parameters
    ----------
    members
        All patients.
    columns
        The columns that the clinical table has.

    Returns
    -------
    list of CohortRow
        For all cases, those who were operated or not, treated or not, and those of each treatment: a patient with
        several treatments is in the group of each.
    """
    tell = Describer(members, columns)
    cases = group_of("cases", members)
    given = sorted({one for case in cases for one in case.patient.treatments or ()})
    groups = {name: group_of(name, members) for name in _GROUPS}
    groups |= {
        f"cases_treated:{name}": [one for one in cases if answer(one, Condition("treatments", (name,)))]
        for name in given
    }
    rows = [_given(tell, cases, name) for name in given]
    return [
        *rows,
        *(row for name, some in groups.items() if some or name == "cases" for row in _rows(tell, name, some)),
    ]


def _given(tell: Describer, cases: Sequence[Member], name: str) -> CohortRow:
    answers = [answer(one, Condition("treatments", (name,))) for one in cases]
    return tell.share("cases", f"treatments:{name}", answers, "15", "treatments")


def _rows(tell: Describer, group: str, members: Sequence[Member]) -> Iterator[CohortRow]:
    yield from tell.words(group, "outcome", members, "15")
    followed = [one.follow_up for one in members]
    responses = [None if one is None or one.response not in _EVALUABLE else one.response for one in followed]
    not_evaluable = sum(one is not None and one.response not in _EVALUABLE for one in followed)
    for response in _EVALUABLE:
        answers = [None if one is None else one == response for one in responses]
        row = tell.share(group, f"follow_response:{response}", answers, "15")
        yield replace(row, note=f"{_NOT_EVALUABLE}: {not_evaluable}")
    known = [one for one in followed if one is not None]
    days = [float(one.days) for one in known]
    yield quantity_row(group, "follow_days", (days, len(members)), "d", "15", _NOT_FOLLOWED)
    changes = [one.change_percent for one in known if one.change_percent is not None]
    yield quantity_row(group, "follow_change_percent", (changes, len(members)), "%", "15", _NOT_EVALUABLE)

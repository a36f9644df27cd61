"""Associations that were fixed before they were computed: tables of two by two, Fisher's test, Holm."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from calcimeasure.model.cohort import Association, NotTested
from calcimeasure.study.cohort.groups import answer, column_of, group_of
from calcimeasure.study.cohort.odds import fisher, holm

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from calcimeasure.model.cohort import Member, Question


def associate(questions: Sequence[Question], members: Sequence[Member], columns: Collection[str]) -> list[Association]:
    """Answer questions, all of them: also one that cannot be tested has a row.

    Parameters
    ----------
    questions
        As the dictionary asks them.
    members
        All patients.
    columns
        The columns that the clinical table has.
    """
    found = [_associate(one, members, columns) for one in questions]
    adjusted = iter(holm([one.p for one in found if one.p is not None]))
    return [one if one.p is None else replace(one, p_holm=next(adjusted)) for one in found]


def _associate(question: Question, members: Sequence[Member], columns: Collection[str]) -> Association:
    group = group_of(question.group, members)
    needed = {column_of(one.item) for one in (question.exposure, question.outcome)} - {None}
    if not needed <= set(columns):
        return Association(question, (0, 0, 0, 0), len(group), NotTested.COLUMN_MISSING)
    answers = [(answer(one, question.exposure), answer(one, question.outcome)) for one in group]
    known = [one for one in answers if None not in one]
    counts = (
        known.count((True, True)),
        known.count((True, False)),
        known.count((False, True)),
        known.count((False, False)),
    )
    missing = len(answers) - len(known)
    result = fisher(counts)
    if result is None:
        return Association(question, counts, missing, NotTested.NO_VARIATION)
    return Association(question, counts, missing, None, result.ratio, result.low, result.high, result.p)

"""Everything that is told of a cohort."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from calcimeasure.model.cohort import Cohort
from calcimeasure.study.cohort.associations import associate
from calcimeasure.study.cohort.describe import describe
from calcimeasure.study.cohort.findings import sizes_of
from calcimeasure.study.cohort.flow import flow
from calcimeasure.study.cohort.outcomes import outcomes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from calcimeasure.model.cohort import CohortRow, Member, Question
    from calcimeasure.study.cohort.flow import Tally

SMALL_CELL: Final = 5
"""Below this count of patients a row has a note that it can point at a person."""


def tell(
    members: Sequence[Member], tally: Tally, columns: Collection[str], questions: Sequence[Question] = ()
) -> Cohort:
    """Tell a cohort.

    Parameters
    ----------
    members
        All patients of the clinical table.
    tally
        The studies and stacks of the store.
    columns
        The columns that the clinical table has.
    questions
        The associations, as they were fixed before.
    """
    return Cohort(
        tuple(flow(members, tally)),
        _with_notes(describe(members, columns)),
        tuple(associate(questions, members, columns)),
        _with_notes(outcomes(members, columns)),
        tuple(sizes_of(members)),
    )


def _with_notes(rows: Iterable[CohortRow]) -> tuple[CohortRow, ...]:
    """Say of each row of a few patients that it is one."""
    return tuple(
        replace(one, note="; ".join(filter(None, (one.note, f"fewer than {SMALL_CELL} patients"))))
        if _is_small(one)
        else one
        for one in rows
    )


def _is_small(row: CohortRow) -> bool:
    return any(0 < count < SMALL_CELL for count in (row.count or 0, row.total))

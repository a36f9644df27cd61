"""Everything that is told of a cohort."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calcimeasure.model.cohort import Cohort
from calcimeasure.study.cohort.associations import associate
from calcimeasure.study.cohort.describe import describe
from calcimeasure.study.cohort.findings import sizes_of
from calcimeasure.study.cohort.flow import flow
from calcimeasure.study.cohort.outcomes import outcomes

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from calcimeasure.model.cohort import Member, Question
    from calcimeasure.study.cohort.flow import Tally


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
        tuple(describe(members, columns)),
        tuple(associate(questions, members, columns)),
        tuple(outcomes(members, columns)),
        tuple(sizes_of(members)),
    )

"""The rows of cohort.csv: who the patients are, who has a large mass, where, and with which complications."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from calcimeasure.model.cohort import ANSWERS, NUMBERS, WORDS, CohortRow, Condition, Member, Method
from calcimeasure.study.cohort.groups import SITES, answer, group_of
from calcimeasure.study.cohort.proportion import wilson
from calcimeasure.study.cohort.quantity import quantity_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from calcimeasure.study.cohort.groups import Answer

COLUMN_MISSING: Final = "column_missing"
_DESCRIBED: Final = ("cohort", "cohort_without", "cases", "cases_cohort", "cases_literature")
_CASES: Final = ("cases", "cases_cohort", "cases_literature")
_WHO: Final = ("sex", "subset", "antibody", "vital_status")
_AGES: Final = ("age_years", "disease_duration_years")
COMPLICATIONS: Final = ("ulcer_fistula", "infection", "nerve_compression", "surgery")


class Describer:
    """Makes rows of groups.

    Parameters
    ----------
    members
        All patients.
    columns
        The columns that the clinical table has.
    """

    def __init__(self, members: Sequence[Member], columns: Collection[str]) -> None:
        self.members, self.columns = members, columns

    def of(self, group: str) -> list[Member]:
        """Give the members of a group."""
        return group_of(group, self.members)

    def share(
        self, group: str, item: str, answers: Sequence[Answer], strobe: str, column: str | None = None
    ) -> CohortRow:
        """Make the row of a share: those who have the item, of those of whom it is known."""
        known = [one for one in answers if one is not None]
        note = COLUMN_MISSING if column is not None and column not in self.columns else ""
        return _share(group, item, (sum(known), len(known)), len(answers) - len(known), strobe, note=note)

    def bounds(self, group: str, item: str, answers: Sequence[Answer], strobe: str) -> Iterator[CohortRow]:
        """Make the rows of a share among those of whom it is known, and of its bounds among all."""
        yield self.share(group, item, answers, strobe)
        yes, unknown = sum(one is True for one in answers), sum(one is None for one in answers)
        for method, count, note in (
            (Method.LOWER_BOUND, yes, "unknown ones count as without"),
            (Method.UPPER_BOUND, yes + unknown, "unknown ones count as with"),
        ):
            yield _share(group, f"{item}_{method}", (count, len(answers)), unknown, strobe, method, note)

    def words(self, group: str, column: str, members: Sequence[Member], strobe: str) -> Iterator[CohortRow]:
        """Make a row for each word of a column that any patient has."""
        there = {one.patient.words[column] for one in self.members if column in one.patient.words}
        order = [str(word) for word in WORDS[column]]
        for word in sorted(there, key=lambda one: (order.index(one) if one in order else len(order), one)):
            answers = [answer(one, Condition(column, (word,))) for one in members]
            yield self.share(group, f"{column}:{word}", answers, strobe, column)
        if not there:
            yield self.share(group, column, [None] * len(members), strobe, column)

    def number(self, group: str, column: str, members: Sequence[Member], strobe: str) -> CohortRow:
        """Make the row of a number."""
        values = [one.patient.numbers[column] for one in members if column in one.patient.numbers]
        note = "" if column in self.columns else COLUMN_MISSING
        return quantity_row(group, column, (values, len(members)), NUMBERS[column][0], strobe, note)


def quantity_row(
    group: str, item: str, values: tuple[Sequence[float], int], unit: str, strobe: str, note: str = ""
) -> CohortRow:
    """Make the row of a number: its values, and the size of the group."""
    known, size = values
    return CohortRow(
        group,
        item,
        None,
        len(known),
        size - len(known),
        Method.QUANTITY,
        quantity=quantity_of(known),
        unit=unit,
        strobe=strobe,
        note=note,
    )


def _share(
    group: str,
    item: str,
    share: tuple[int, int],
    missing: int,
    strobe: str,
    method: Method = Method.SHARE,
    note: str = "",
) -> CohortRow:
    count, total = share
    return CohortRow(group, item, count, total, missing, method, wilson(count, total), strobe=strobe, note=note)


def describe(members: Sequence[Member], columns: Collection[str]) -> list[CohortRow]:
    """Describe a cohort.

    Parameters
    ----------
    members
        All patients of the clinical table.
    columns
        The columns that the clinical table has, by their names here.

    Returns
    -------
    list of CohortRow
        Shares of the cohort with a large mass, then characteristics, then distribution and complications of the cases.
    """
    tell = Describer(members, columns)
    return [
        *_with_large_mass(tell),
        *(row for group in _DESCRIBED for row in _characteristics(tell, group)),
        *(row for group in _CASES for row in _distribution(tell, group)),
        *(row for group in _CASES for row in _complications(tell, group)),
        *(row for site in SITES if tell.of(f"cases_{site}") for row in _complications(tell, f"cases_{site}")),
    ]


def _with_large_mass(tell: Describer) -> Iterator[CohortRow]:
    for group in ("cohort", "cohort_alive", "cohort_deceased"):
        if group == "cohort" or tell.of(group):
            yield from tell.bounds(group, "large_mass", [one.findings.large for one in tell.of(group)], "15")
    cohort = tell.of("cohort")
    yield tell.share("cohort", "any_mass", [one.findings.any_mass for one in cohort], "15")
    if "vital_status" not in tell.columns:
        return
    for status in ("alive", "deceased"):
        answers = [_both(one.findings.large, answer(one, Condition("vital_status", (status,)))) for one in cohort]
        note = f"{status} patients with a large mass, of all patients: no share of those who are {status}"
        share = (answers.count(True), len(cohort))
        missing = answers.count(None)
        yield _share("cohort", f"large_mass_and_{status}", share, missing, "15", Method.LOWER_BOUND, note)


def _both(one: Answer, other: Answer) -> Answer:
    """Tell whether both hold: no as soon as one does not, else not known as soon as one is not known."""
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def _characteristics(tell: Describer, group: str) -> Iterator[CohortRow]:
    members = tell.of(group)
    for column in _WHO:
        yield from tell.words(group, column, members, "14a")
    answers = [answer(one, Condition(ANSWERS[0])) for one in members]
    yield tell.share(group, ANSWERS[0], answers, "14a", ANSWERS[0])
    for column in _AGES:
        yield tell.number(group, column, members, "14a")


def _distribution(tell: Describer, group: str) -> Iterator[CohortRow]:
    members = tell.of(group)
    sizes_mm = [one.findings.largest_mm for one in members if one.findings.largest_mm is not None]
    reported = sum(one.findings.reported for one in members)
    note = f"largest mass of each patient; reported and not measured: {reported}"
    yield quantity_row(group, "largest_mm", (sizes_mm, len(members)), "mm", "15", note)
    for site in SITES:
        yield tell.share(group, f"site:{site}", [answer(one, Condition(f"site:{site}")) for one in members], "15")
    yield tell.share(group, "several_sites", [answer(one, Condition("several_sites")) for one in members], "15")
    yield from tell.bounds(group, "symmetric", [answer(one, Condition("symmetric")) for one in members], "15")


def _complications(tell: Describer, group: str) -> Iterator[CohortRow]:
    members = tell.of(group)
    for column in COMPLICATIONS:
        yield tell.share(group, column, [answer(one, Condition(column)) for one in members], "15", column)

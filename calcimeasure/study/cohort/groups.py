"""Groups of patients, and what a patient has or does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from calcimeasure.model import BodySite
from calcimeasure.model.cohort import ANSWERS, NUMBERS, WORDS, Condition, Member, Source, VitalStatus
from calcimeasure.study.cohort.findings import has_several_sites, has_site, is_symmetric

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Answer = bool | None
"""Yes, no, or not known."""


def _lives(member: Member, status: VitalStatus) -> bool:
    return member.patient.words.get("vital_status") == status


def _is_of_cohort(member: Member) -> bool:
    return member.patient.source is Source.COHORT


_GROUPS: Final[Mapping[str, Callable[[Member], bool]]] = {
    "cohort": _is_of_cohort,
    "cohort_alive": lambda one: _is_of_cohort(one) and _lives(one, VitalStatus.ALIVE),
    "cohort_deceased": lambda one: _is_of_cohort(one) and _lives(one, VitalStatus.DECEASED),
    "cohort_without": lambda one: _is_of_cohort(one) and one.findings.large is False,
    "cases": lambda one: one.is_case,
    "cases_cohort": lambda one: one.is_case and _is_of_cohort(one),
    "cases_literature": lambda one: one.is_case and not _is_of_cohort(one),
    "cases_operated": lambda one: one.is_case and one.patient.answers.get("surgery") is True,
    "cases_not_operated": lambda one: one.is_case and one.patient.answers.get("surgery") is False,
    "cases_treated": lambda one: one.is_case and bool(one.patient.treatments),
    "cases_untreated": lambda one: one.is_case and one.patient.treatments == (),
}

SITES: Final = tuple(one for one in BodySite if one is not BodySite.UNKNOWN)

GROUPS: Final = (*_GROUPS, *(f"cases_{site}" for site in SITES))
"""The names of all groups but those of a treatment."""


def group_of(name: str, members: Sequence[Member]) -> list[Member]:
    """Give the members of a group (`GROUPS`): of cases_SITE those with a large mass there."""
    if name in _GROUPS:
        return [one for one in members if _GROUPS[name](one)]
    site = BodySite(name.removeprefix("cases_"))
    return [one for one in members if one.is_case and has_site(one, site) is True]


_SEEN: Final[Mapping[str, Callable[[Member], Answer]]] = {
    "large_mass": lambda one: one.findings.large,
    "several_sites": has_several_sites,
    "symmetric": is_symmetric,
}

OF_CASES: Final = ("several_sites", "symmetric")
"""Items that only a patient with a large mass can have, as a site: not known of whom it is not known."""


def is_item(item: str) -> bool:
    """Tell whether a condition can be about an item."""
    site = item.removeprefix("site:")
    return item in (*_SEEN, *ANSWERS, *WORDS, "age_years", "disease_duration_years") or (site != item and site in SITES)


def column_of(item: str) -> str | None:
    """Name the column of the clinical table that an item needs; None if the images tell it."""
    return item if item in (*ANSWERS, *WORDS, *NUMBERS) else None


def answer(member: Member, condition: Condition) -> Answer:
    """Tell whether a patient meets a condition; None if that is not known."""
    item, patient = condition.item, member.patient
    if (item in OF_CASES or item.startswith("site:")) and member.findings.large is None:
        return None
    if item in _SEEN:
        return _SEEN[item](member)
    if item.startswith("site:"):
        return has_site(member, BodySite(item.removeprefix("site:")))
    if item in ANSWERS:
        return patient.answers.get(item)
    if item in NUMBERS:
        number = patient.numbers.get(item)
        return None if number is None or condition.at_least is None else number >= condition.at_least
    return _has_word(member, condition)


def _has_word(member: Member, condition: Condition) -> Answer:
    if condition.item == "treatments":
        given = member.patient.treatments
        return None if given is None else any(word in given for word in condition.words)
    word = member.patient.source if condition.item == "source" else member.patient.words.get(condition.item)
    return None if word is None else word in condition.words

"""The rows of flow.csv: from the patients of the clinical table to what was measured, and why not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from calcimeasure.model import State
from calcimeasure.model.cohort import FlowRow, LeftOut, Source, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from calcimeasure.model import Study
    from calcimeasure.model.cohort import Member


@dataclass(slots=True)
class Tally:
    """Counts studies and stacks while they pass.

    Parameters
    ----------
    studies
        Studies of patients of the clinical table.
    without_patient
        Studies whose header names no patient: nobody knows whose they are.
    unreadable
        Files that belong to no study.
    stacks
        By state and reason.
    """

    studies: int = 0
    without_patient: int = 0
    unreadable: int = 0
    stacks: Counter[tuple[State, str]] = field(default_factory=Counter)

    def take(self, study: Study, *, has_patient: bool) -> None:
        """Count a study."""
        if study.stack is None:
            self.unreadable += len(study.outcomes)
        elif not has_patient:
            self.without_patient += 1
        else:
            self.studies += 1
            self.stacks.update((one.state, one.reason or "") for one in study.outcomes)


def flow(members: Sequence[Member], tally: Tally) -> list[FlowRow]:
    """Make the flow. The steps with one parent that share a unit and stand below each other add up to it.

    Parameters
    ----------
    members
        All patients of the clinical table.
    tally
        What the store holds.
    """
    return [*_patients(members), *_cases(members), *_images(tally), *_masses(members)]


def _patients(members: Sequence[Member]) -> Iterator[FlowRow]:
    cohort = [one for one in members if one.patient.source is Source.COHORT]
    literature = [one for one in members if one.patient.source is Source.LITERATURE]
    yield FlowRow("patients", "patients", len(members), note="rows of the clinical table")
    yield FlowRow("cohort", "patients", len(cohort), "patients", note="the denominator")
    yield FlowRow("literature", "patients", len(literature), "patients", note="cases alone, no part of the denominator")
    for step, large, strobe in (
        ("literature_large_mass", True, "15"),
        ("literature_no_large_mass", False, "15"),
        ("literature_not_known", None, "13b"),
    ):
        count = sum(one.findings.large is large for one in literature)
        yield FlowRow(step, "patients", count, "literature", strobe=strobe)
    seen = [one for one in cohort if one.findings.unmeasured is not Unknown.NO_IMAGE]
    yield FlowRow("without_image", "patients", len(cohort) - len(seen), "cohort", Unknown.NO_IMAGE, "13b")
    yield FlowRow("with_image", "patients", len(seen), "cohort")
    measured = [one for one in seen if one.findings.unmeasured is None]
    for reason in (Unknown.FAILED, Unknown.SKIPPED):
        count = sum(one.findings.unmeasured is reason for one in seen)
        yield FlowRow("not_measured", "patients", count, "with_image", reason, "13b")
    yield FlowRow("measured", "patients", len(measured), "with_image")
    without = [one for one in measured if one.findings.large is False]
    with_failed = sum(one.findings.has_failed_stack for one in without)
    yield FlowRow(
        "no_large_mass_stack_failed", "patients", with_failed, "measured", Unknown.FAILED, "13b",
        note="without a large mass in what was measured; another stack failed",
    )  # fmt: skip
    whole = [one.findings.any_mass for one in without if not one.findings.has_failed_stack]
    yield FlowRow("without_mass", "patients", whole.count(False), "measured")
    yield FlowRow("small_masses", "patients", whole.count(True), "measured")
    yield FlowRow("small_masses", "patients", whole.count(None), "measured", Unknown.UNDECIDED, "13b")
    for reason in (Unknown.NO_MILLIMETERS, Unknown.TRUNCATED, Unknown.UNDECIDED):
        count = sum(one.findings.unknown is reason for one in measured)
        yield FlowRow("size_not_known", "patients", count, "measured", reason, "13b")
    yield FlowRow("measured_large_mass", "patients", sum(one.is_case for one in measured), "measured", strobe="15")


def _cases(members: Sequence[Member]) -> Iterator[FlowRow]:
    cases = [one for one in members if one.is_case]
    yield FlowRow("cases", "cases", len(cases), note="patients with a large mass", strobe="15")
    cohort = [one for one in cases if one.patient.source is Source.COHORT]
    for step, some in (
        ("cases_measured", [one for one in cohort if not one.findings.reported]),
        ("cases_reported", [one for one in cohort if one.findings.reported]),
        ("cases_literature", [one for one in cases if one.patient.source is Source.LITERATURE]),
    ):
        yield FlowRow(step, "cases", len(some), "cases", strobe="15")


def _images(tally: Tally) -> Iterator[FlowRow]:
    yield FlowRow("studies", "studies", tally.studies)
    yield FlowRow(
        "studies_without_patient", "studies", tally.without_patient, reason=LeftOut.NO_PATIENT, strobe="13b",
        note="the header names nobody; left out",
    )  # fmt: skip
    yield FlowRow(
        "files_unreadable", "files", tally.unreadable, reason=LeftOut.UNREADABLE, strobe="13b", note="left out"
    )
    yield FlowRow("stacks", "stacks", tally.stacks.total())
    for state in (State.MEASURED, State.SKIPPED, State.FAILED):
        some = {reason: count for (its, reason), count in sorted(tally.stacks.items()) if its is state}
        for reason, count in some.items() or ((("", 0)),):
            yield FlowRow(f"stacks_{state}", "stacks", count, "stacks", reason, "13b" if reason else "13a")


def _masses(members: Sequence[Member]) -> Iterator[FlowRow]:
    masses = [mass for one in members for mass in one.findings.masses]
    yield FlowRow("masses", "masses", len(masses), note="each once in a study; no reader has rejected it", strobe="15")
    for step, count in (
        ("masses_large", sum(one.large is True for one in masses)),
        ("masses_not_large", sum(one.large is False for one in masses)),
    ):
        yield FlowRow(step, "masses", count, "masses", strobe="15")
    for reason in (Unknown.NO_MILLIMETERS, Unknown.TRUNCATED, Unknown.UNDECIDED):
        count = sum(one.unknown is reason for one in masses)
        yield FlowRow("masses_size_not_known", "masses", count, "masses", reason, "15")
    accepted = sum(one.accepted for one in masses if one.large)
    yield FlowRow("large_masses_accepted", "masses", accepted, "masses_large", strobe="15")
    rest = sum(not one.accepted for one in masses if one.large)
    yield FlowRow("large_masses_proposed", "masses", rest, "masses_large", strobe="15", note="no reader has decided")

"""A cohort as its published abstract tells it, and the rules by which patients are counted."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from scipy.stats import hypergeom
from statsmodels.stats.contingency_tables import Table2x2
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

from calcimeasure.export import Pseudonyms
from calcimeasure.export.cohort import write_cohort
from calcimeasure.model import BodySite, Laterality, State, Status, Tissue
from calcimeasure.model.cohort import (
    NOT_IMAGED,
    Cohort,
    CohortRow,
    Condition,
    Findings,
    FollowUp,
    Member,
    NotTested,
    Patient,
    Place,
    Question,
    Source,
    Unknown,
)
from calcimeasure.report.cohort_page import AboutCohort, write_cohort_page
from calcimeasure.run.cohort import gather
from calcimeasure.run.cohort_clinical import Clinical
from calcimeasure.study import linked_studies
from calcimeasure.study.cohort.associations import associate
from calcimeasure.study.cohort.findings import (
    Seen,
    findings_of,
    has_several_sites,
    has_site,
    is_symmetric,
    with_reported,
)
from calcimeasure.study.cohort.flow import Tally, flow
from calcimeasure.study.cohort.groups import answer
from calcimeasure.study.cohort.odds import fisher, holm
from calcimeasure.study.cohort.proportion import wilson
from calcimeasure.study.cohort.quantity import quantity_of
from calcimeasure.study.cohort.tell import tell
from tests.study import cohort_629
from tests.study.cohort_629 import lesion, outcome

if TYPE_CHECKING:
    from pathlib import Path

    from calcimeasure.model import Lesion

NAMES = Pseudonyms(bytes(32))
SUBSET = Question("diffuse", Condition("subset", ("diffuse",)), Condition("large_mass"))


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    return cohort_629.cohort_with_follow_up(tmp_path_factory.mktemp("clinical"))


def row(cohort: Cohort, group: str, item: str) -> CohortRow:
    (found,) = (one for one in (*cohort.rows, *cohort.outcomes) if (one.group, one.item) == (group, item))
    return found


@pytest.mark.parametrize(
    ("group", "item", "counts", "percent"),
    [
        ("cohort", "large_mass_and_alive", (19, 629, 5), 3.0),
        ("cohort", "large_mass_lower_bound", (26, 629, 45), 4.1),
        ("cohort", "large_mass_upper_bound", (71, 629, 45), 11.3),
        ("cohort", "large_mass", (26, 584, 45), 4.5),
        ("cohort", "any_mass", (86, 584, 45), 14.7),
        ("cases", "treatments:colchicine", (28, 56, 0), 50.0),
        ("cohort_alive", "large_mass_lower_bound", (19, 560, 5), 3.4),
        ("cohort_deceased", "large_mass_lower_bound", (7, 69, 40), 10.1),
        ("cases", "subset:diffuse", (25, 56, 0), 44.6),
        ("cases", "site:hand_wrist", (29, 56, 0), 51.8),
        ("cases", "site:shoulder", (16, 56, 0), 28.6),
        ("cases", "site:elbow", (16, 56, 0), 28.6),
        ("cases", "site:hip", (11, 56, 0), 19.6),
        ("cases", "site:spine", (14, 56, 0), 25.0),
        ("cases", "several_sites", (30, 56, 0), 53.6),
        ("cases", "ulcer_fistula", (18, 56, 0), 32.1),
        ("cases", "infection", (13, 56, 0), 23.2),
        ("cases_spine", "nerve_compression", (4, 10, 4), 40.0),
        ("cases_operated", "outcome:partial_improvement", (7, 7, 0), 100.0),
        ("cases_not_operated", "outcome:partial_improvement", (0, 49, 0), 0.0),
    ],
)
def test_shares_of_the_abstract(
    cohort: Cohort, group: str, item: str, counts: tuple[int, int, int], percent: float
) -> None:
    found = row(cohort, group, item)
    assert (found.count, found.total, found.missing) == counts
    assert found.percent == pytest.approx(percent, abs=0.05)


def test_three_percent_has_its_interval(cohort: Cohort) -> None:
    low, high = row(cohort, "cohort", "large_mass_and_alive").interval or (0, 0)
    assert (round(100 * low, 1), round(100 * high, 1)) == (1.9, 4.7)


def test_numbers_of_the_abstract(cohort: Cohort) -> None:
    size = row(cohort, "cases", "largest_mm").quantity
    age = row(cohort, "cases", "age_years").quantity
    years = row(cohort, "cases", "disease_duration_years").quantity
    assert size is not None
    assert age is not None
    assert years is not None
    assert (size.minimum, size.maximum) == (pytest.approx(20), pytest.approx(155))
    assert (age.mean, age.sd) == (pytest.approx(59.0, abs=0.05), pytest.approx(11.4, abs=0.05))
    assert (years.median, years.q1, years.q3) == (7, 5, 10)


def test_children_of_a_step_add_up_to_it(cohort: Cohort) -> None:
    counts = {one.step: 0 for one in cohort.flow}
    for one in cohort.flow:
        counts[one.step] += one.count
    for parent in {one.parent for one in cohort.flow} - {""}:
        assert sum(one.count for one in cohort.flow if one.parent == parent) == counts[parent], parent
    assert {name: counts[name] for name in ("patients", "cohort", "literature", "without_image", "not_measured")} == {
        "patients": 659,
        "cohort": 629,
        "literature": 30,
        "without_image": 40,
        "not_measured": 5,
    }
    assert (counts["measured_large_mass"], counts["cases"], counts["small_masses"]) == (26, 56, 60)


def test_a_side_that_is_not_known_leaves_the_denominator_and_moves_the_bounds(cohort: Cohort) -> None:
    known, lower, upper = (
        row(cohort, "cases", name) for name in ("symmetric", "symmetric_lower_bound", "symmetric_upper_bound")
    )
    assert known.missing == lower.missing == upper.missing > 0
    assert known.total + known.missing == lower.total == upper.total == 56
    assert known.count == lower.count
    assert upper.count == (known.count or 0) + known.missing


def test_association_of_the_cohort(cohort: Cohort) -> None:
    found, vessels, untested, of_cases = cohort.associations
    assert sum(found.table) + found.missing == 629
    assert found.table[0] + found.table[2] == 26
    assert (untested.not_tested, of_cases.total) == (NotTested.COLUMN_MISSING, 56)
    p_values = [one.p or 0.0 for one in (found, vessels, of_cases)]
    adjusted = [one.p_holm for one in (found, vessels, of_cases)]
    assert adjusted == pytest.approx(multipletests(p_values, method="holm")[1], abs=1e-9)


def test_a_study_without_patient_and_a_file_without_study_are_counted_and_left_out() -> None:
    nobody = replace(outcome("", ()), stack=None)
    without_id = outcome("P1", ())
    assert without_id.stack is not None
    without_id = replace(without_id, stack=replace(without_id.stack, patient_id=None, person=None))
    gathered = gather(linked_studies([without_id, nobody]), Clinical((Patient("R1"),), frozenset()), NAMES)
    assert (gathered.tally.without_patient, gathered.tally.unreadable, gathered.tally.studies) == (1, 1, 0)
    assert gathered.findings == {}


def test_two_patient_ids_of_one_record_are_one_patient() -> None:
    """A patient of two hospitals: a small mass in one, a large one in the other."""
    naming = Pseudonyms(bytes(32), {"P1": "R1", "P2": "R1"})
    studies = linked_studies([outcome("P1", (SMALL,)), outcome("P2", (LARGE,))])
    gathered = gather(studies, Clinical((Patient("R1"),), frozenset()), naming)
    assert (gathered.findings["R1"].large, len(gathered.findings["R1"].masses)) == (True, 2)


def test_a_row_of_a_few_patients_has_a_note(cohort: Cohort) -> None:
    noted = {(one.group, one.item) for one in cohort.rows if one.note.endswith("fewer than 5 patients")}
    assert noted == {
        (one.group, one.item) for one in cohort.rows if one.count in (1, 2, 3, 4) or one.total in (1, 2, 3, 4)
    }
    assert ("cases_spine", "nerve_compression") in noted
    assert ("cases", "infection") not in noted


def test_all_of_it_takes_seconds(tmp_path: Path) -> None:
    begun = time.process_time()
    cohort = cohort_629.cohort_with_follow_up(tmp_path)
    write_cohort(cohort, tmp_path)
    write_cohort_page(cohort, AboutCohort(20.0), tmp_path / "cohort.html")
    assert time.process_time() - begun < 10


# What one patient is


def findings(*masses: Lesion, accepted_alone: bool = False, **state: State) -> Findings:
    seen = [Seen.of(one) for one in linked_studies([outcome("P1", masses, **state)])]
    return findings_of(seen, accepted_alone=accepted_alone)


def member(*places: Place) -> Member:
    return Member(Patient("1"), Findings(True, places=places))


LARGE = lesion(1, 30.0, BodySite.HIP, Laterality.LEFT)
SMALL = lesion(2, 10.0, BodySite.HIP, Laterality.RIGHT)


def changed(mass: Lesion, **changes: object) -> Lesion:
    return replace(mass, measurements=replace(mass.measurements, **changes))


def test_a_case_has_any_large_mass() -> None:
    assert findings(LARGE, SMALL).large is True
    assert findings(LARGE, SMALL).places == (Place(BodySite.HIP, Laterality.LEFT),)
    assert findings(SMALL).large is False
    assert findings().large is False


def test_what_was_not_measured_is_no_patient_without_a_mass() -> None:
    assert findings_of([]) == NOT_IMAGED
    assert findings(state=State.FAILED) == Findings(None, Unknown.FAILED, unmeasured=Unknown.FAILED)
    assert findings(state=State.SKIPPED).unknown is Unknown.SKIPPED


def test_a_size_without_millimeters_or_cut_off_is_not_known() -> None:
    assert findings(changed(SMALL, large=None)).unknown is Unknown.NO_MILLIMETERS
    assert findings(changed(SMALL, truncated=True)).unknown is Unknown.TRUNCATED
    assert findings(changed(LARGE, truncated=True)).large is True
    assert findings(LARGE, changed(SMALL, truncated=True)).unknown is None


def test_only_what_a_reader_accepted_counts_if_so_ordered() -> None:
    open_one = lesion(1, 30.0, BodySite.HIP, Laterality.LEFT, status=Status.PROPOSED)
    assert findings(LARGE, accepted_alone=True).large is True
    assert findings(open_one, accepted_alone=True).unknown is Unknown.UNDECIDED
    assert findings(open_one).large is True
    rejected = lesion(1, 30.0, BodySite.HIP, Laterality.LEFT, status=Status.REJECTED)
    assert findings(rejected).large is False


def test_the_clinical_row_counts_where_nothing_was_measured() -> None:
    patient = Patient("1", numbers={"reported_largest_mm": 55.0}, reported=(Place(BodySite.SPINE),))
    reported = with_reported(patient, NOT_IMAGED, 20.0)
    assert (reported.large, reported.largest_mm, reported.reported) == (True, 55.0, True)
    assert reported.unmeasured is Unknown.NO_IMAGE
    assert with_reported(patient, findings(SMALL), 20.0).large is False
    assert with_reported(Patient("1", numbers={"reported_largest_mm": 19.0}), NOT_IMAGED, 20.0).large is False


def test_a_site_that_is_not_known_leaves_open_what_it_could_be() -> None:
    assert has_site(member(Place(BodySite.HIP)), BodySite.SPINE) is False
    assert has_site(member(Place(BodySite.HIP), Place()), BodySite.SPINE) is None
    assert has_site(member(Place(BodySite.HIP), Place()), BodySite.HIP) is True


@pytest.mark.parametrize(
    ("sides", "symmetric"),
    [
        ("left right", True),
        ("left right unknown", True),
        ("left", False),
        ("left unknown", None),
        ("midline", False),
    ],
)
def test_symmetric(sides: str, symmetric: bool | None) -> None:
    assert is_symmetric(member(*(Place(BodySite.HIP, Laterality(one)) for one in sides.split()))) is symmetric


def test_both_sides_at_two_sites_are_not_symmetric() -> None:
    one, other = Place(BodySite.HIP, Laterality.LEFT), Place(BodySite.ELBOW, Laterality.RIGHT)
    assert is_symmetric(member(one, other)) is False


# What is not known of a patient


@pytest.mark.parametrize("item", ["symmetric", "several_sites", "site:hip"])
def test_who_was_not_measured_is_not_without(item: str) -> None:
    assert answer(Member(Patient("1"), NOT_IMAGED), Condition(item)) is None
    assert answer(Member(Patient("1"), Findings(False)), Condition(item)) is False
    some = [
        Member(Patient(str(number), words={"subset": subset}), told)
        for number, (subset, told) in enumerate([("diffuse", NOT_IMAGED), ("limited", NOT_IMAGED), ("diffuse", CASE)])
    ]
    (found,) = associate([Question("q", SUBSET.exposure, Condition(item))], some, {"subset"})
    assert (found.total, found.missing) == (1, 2)


CASE = Findings(True, places=(Place(BodySite.HIP, Laterality.LEFT), Place(BodySite.HIP, Laterality.RIGHT)))


@pytest.mark.parametrize("accepted_alone", [False, True])
def test_a_large_lesion_whose_tissue_a_reader_must_judge_leaves_it_open(*, accepted_alone: bool) -> None:
    waiting = replace(changed(LARGE), number=3, tissue=Tissue.UNKNOWN, status=Status.PROPOSED)
    seen = findings(waiting, accepted_alone=accepted_alone)
    assert (seen.large, seen.unknown, seen.any_mass, seen.masses) == (None, Unknown.UNDECIDED, None, ())
    assert findings(replace(waiting, status=Status.REJECTED), accepted_alone=accepted_alone).large is False
    assert findings(LARGE, waiting, accepted_alone=accepted_alone).large is True
    assert findings(LARGE, waiting, accepted_alone=accepted_alone).maybe == (Place(BodySite.HIP, Laterality.LEFT),)
    for changes in ({"large": None}, {"large": False, "truncated": True}):
        assert findings(changed(waiting, **changes), accepted_alone=accepted_alone).large is None
    small = findings(changed(waiting, large=False), accepted_alone=accepted_alone)
    assert (small.large, small.any_mass) == (False, None)
    bone = replace(waiting, tissue=Tissue.BONE)
    assert findings(bone, accepted_alone=accepted_alone).any_mass is False


def case_with(place: Place, *maybe: Place) -> Member:
    return Member(Patient("1"), Findings(True, places=(place,), maybe=maybe))


def test_a_mass_of_unknown_size_leaves_open_what_it_could_change() -> None:
    left, right = Place(BodySite.HIP, Laterality.LEFT), Place(BodySite.HIP, Laterality.RIGHT)
    elbow = Place(BodySite.ELBOW, Laterality.RIGHT)
    one = case_with(left, elbow)
    assert (has_site(one, BodySite.HIP), has_site(one, BodySite.ELBOW), has_site(one, BodySite.SPINE)) == (
        True,
        None,
        False,
    )
    assert (has_several_sites(one), is_symmetric(one)) == (None, False)
    same = case_with(left, right)
    assert (has_site(same, BodySite.HIP), has_several_sites(same), is_symmetric(same)) == (True, False, None)
    nowhere = case_with(left, Place())
    assert (has_site(nowhere, BodySite.SPINE), has_several_sites(nowhere), is_symmetric(nowhere)) == (None, None, None)
    both = Member(Patient("1"), Findings(True, places=(left, right, elbow), maybe=(Place(),)))
    assert (has_site(both, BodySite.HIP), has_several_sites(both), is_symmetric(both)) == (True, True, True)


def test_masses_of_unknown_size_are_in_the_findings_of_a_case() -> None:
    other = changed(SMALL, truncated=True)
    assert findings(LARGE, other).maybe == (Place(BodySite.HIP, Laterality.RIGHT),)
    waits = lesion(2, 30.0, BodySite.HIP, Laterality.RIGHT, status=Status.PROPOSED)
    assert findings(LARGE, waits, accepted_alone=True).maybe == (Place(BodySite.HIP, Laterality.RIGHT),)
    assert findings(LARGE, SMALL).maybe == ()


def test_a_mass_of_any_size_is_one_that_counts() -> None:
    waits = replace(SMALL, status=Status.PROPOSED)
    assert findings(waits).any_mass is True
    assert findings(waits, accepted_alone=True).any_mass is None
    assert findings(SMALL, waits, accepted_alone=True).any_mass is True
    assert findings(accepted_alone=True).any_mass is False
    assert findings_of([]).any_mass is None
    patient = Patient("1", numbers={"reported_largest_mm": 0.0})
    assert with_reported(patient, NOT_IMAGED, 20.0).any_mass is False


def counted(*some: Findings) -> dict[tuple[str, str], int]:
    rows = flow([Member(Patient(str(number)), one) for number, one in enumerate(some)], Tally())
    for parent in {one.parent for one in rows} - {"", "studies", "stacks"}:
        assert sum(one.count for one in rows if one.parent == parent) == sum(
            one.count for one in rows if one.step == parent
        )
    return {(one.step, str(one.reason)): one.count for one in rows if one.count}


def test_the_flow_says_what_no_reader_accepted() -> None:
    waits = replace(SMALL, status=Status.PROPOSED)
    open_one = replace(LARGE, status=Status.PROPOSED)
    steps = counted(
        findings(waits, accepted_alone=True),
        findings(open_one, accepted_alone=True),
        findings(changed(SMALL, large=None), accepted_alone=True),
    )
    assert steps["small_masses", "undecided"] == 1
    assert ("small_masses", "") not in steps
    assert (steps["masses_size_not_known", "undecided"], steps["masses_size_not_known", "no_millimeters"]) == (1, 1)


def test_a_patient_with_a_stack_that_failed_has_a_row_of_the_flow() -> None:
    failed = outcome("P1", (), State.FAILED, "missing_slice", study=2)
    seen = [Seen.of(one) for one in linked_studies([outcome("P1", (SMALL,)), failed])]
    large = [Seen.of(one) for one in linked_studies([outcome("P1", (LARGE,)), failed])]
    steps = counted(findings_of(seen), findings_of(large), findings(SMALL))
    assert steps["no_large_mass_stack_failed", "failed"] == 1
    assert (steps["small_masses", ""], steps["measured_large_mass", ""]) == (1, 1)


def test_who_lives_with_a_large_mass_is_missing_only_where_it_could_be() -> None:
    words = ({"vital_status": "alive"}, {"vital_status": "deceased"}, {})
    some = [
        Member(Patient(f"{large}{told}", words=told), Findings(large))
        for large in (True, False, None)
        for told in words
    ]
    for status in ("alive", "deceased"):
        found = row(tell(some, Tally(), {"vital_status"}), "cohort", f"large_mass_and_{status}")
        # By hand: a case whose status is not known, and two of unknown findings who are not known to be of the other.
        assert (found.count, found.total, found.missing) == (1, 9, 3)


# Statistics: a second oracle for each


@pytest.mark.parametrize("counts", [(0, 12), (12, 12), (19, 629), (25, 56), (1, 1), (317, 629)])
def test_wilson(counts: tuple[int, int]) -> None:
    assert wilson(*counts) == pytest.approx(proportion_confint(*counts, method="wilson"), abs=1e-9)


def test_nobody_has_no_interval() -> None:
    assert wilson(0, 0) is None
    assert quantity_of([]) is None
    assert quantity_of([3.0]).sd is None  # type: ignore[union-attr]


@pytest.mark.parametrize("table", [(3, 1, 1, 3), (2, 10, 15, 3), (11, 150, 15, 408), (1, 0, 0, 1), (7, 3, 2, 9)])
def test_fisher_is_the_sum_of_tables_that_are_no_more_likely(table: tuple[int, int, int, int]) -> None:
    a, b, c, _ = table
    law = hypergeom(sum(table), a + b, a + c)
    chances = [float(law.pmf(k)) for k in range(min(a + b, a + c) + 1)]
    truth = math.fsum(one for one in chances if one <= float(law.pmf(a)) * (1 + 1e-7))
    found = fisher(table)
    assert found is not None
    assert found.p == pytest.approx(truth, abs=1e-9)


@pytest.mark.parametrize(
    ("table", "ratio", "interval"),
    [  # as fisher.test of R gives them for the examples of its manual, within the tolerance of its search
        ((3, 1, 1, 3), 6.408309, (0.2117329, 621.9337505)),
        ((2, 10, 15, 3), 0.04693661, (0.003325764, 0.363182271)),
    ],
)
def test_odds_ratio_is_that_of_r(table: tuple[int, int, int, int], ratio: float, interval: tuple[float, float]) -> None:
    found = fisher(table)
    assert found is not None
    assert found.ratio == pytest.approx(ratio, rel=1e-4)
    assert (found.low, found.high) == (pytest.approx(interval[0], rel=1e-2), pytest.approx(interval[1], rel=1e-2))


@pytest.mark.parametrize("table", [(3, 1, 1, 3), (2, 10, 15, 3), (11, 150, 15, 408), (7, 3, 2, 9)])
def test_exact_interval_holds_what_fisher_does_not_reject(table: tuple[int, int, int, int]) -> None:
    """At each end of the interval the one-sided exact test has a p value of 2.5 %."""
    from scipy.stats import nchypergeom_fisher

    a, b, c, d = table
    found = fisher(table)
    assert found is not None
    assert found.high is not None
    at_low = nchypergeom_fisher(sum(table), a + b, a + c, found.low)
    at_high = nchypergeom_fisher(sum(table), a + b, a + c, found.high)
    assert float(at_low.sf(a - 1)) == pytest.approx(0.025, abs=1e-9)
    assert float(at_high.cdf(a)) == pytest.approx(0.025, abs=1e-9)
    # The sample odds ratio lies in it, too.
    assert found.low < Table2x2([[a, b], [c, d]]).oddsratio < found.high


def test_a_table_that_holds_nothing_is_not_tested() -> None:
    assert fisher((3, 0, 4, 0)) is None
    assert fisher((0, 0, 4, 2)) is None


def test_holm_is_that_of_statsmodels() -> None:
    p_values = [0.01, 0.04, 0.03, 0.005, 0.9, 0.04]
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1], abs=1e-9)


def test_quantity_is_that_of_statsmodels() -> None:
    values = [2.0, 3.5, 3.5, 9.0, 155.0, 20.0]
    found = quantity_of(values)
    oracle = DescrStatsW(values, ddof=1)
    assert found is not None
    assert (found.mean, found.sd) == (pytest.approx(oracle.mean, abs=1e-9), pytest.approx(oracle.std, abs=1e-9))
    assert (found.q1, found.median, found.q3) == (3.5, 6.25, 17.25)  # by hand


def people(*told: tuple[str | None, bool | None]) -> list[Member]:
    return [
        Member(Patient(str(number), words={"subset": subset} if subset else {}), Findings(large))
        for number, (subset, large) in enumerate(told)
    ]


def test_who_is_not_known_is_in_no_table() -> None:
    some = people(("diffuse", True), ("diffuse", False), ("limited", False), (None, True), ("diffuse", None))
    (found,) = associate([SUBSET], some, {"subset"})
    assert (found.table, found.missing, found.total) == ((1, 1, 0, 1), 2, 3)


def test_a_column_that_is_missing_is_not_tested_and_costs_no_other() -> None:
    some = people(("diffuse", True), ("limited", False), ("limited", True), ("diffuse", False))
    other = Question("vessels", Condition("severe_vascular"), Condition("large_mass"))
    first, second = associate([other, SUBSET], some, {"subset"})
    assert (first.not_tested, first.p, first.missing) == (NotTested.COLUMN_MISSING, None, 4)
    assert second.p == second.p_holm == 1.0
    (same,) = associate([SUBSET], people(("diffuse", True), ("limited", True)), {"subset"})
    assert same.not_tested is NotTested.NO_VARIATION


def test_outcomes_by_treatment_and_with_the_change_of_follow() -> None:
    case = Findings(True, places=(Place(BodySite.HIP),))
    members = [
        Member(Patient("1", treatments=("colchicine",)), case, FollowUp(400, "progression", 30.0)),
        Member(Patient("2", treatments=("colchicine", "other")), case, FollowUp(200, "not_evaluable")),
        Member(Patient("3", treatments=()), case),
        Member(Patient("4", Source.LITERATURE), case),
    ]
    told = tell(members, Tally(), {"treatments"})
    assert row(told, "cases_treated:colchicine", "follow_days").total == 2
    assert row(told, "cases_treated:other", "follow_days").total == 1
    assert row(told, "cases_untreated", "follow_days").missing == 1
    change = row(told, "cases", "follow_change_percent")
    assert (change.total, change.missing) == (1, 3)
    share = row(told, "cases", "follow_response:progression")
    assert (share.count, share.total, share.missing) == (1, 1, 3)
    said = "missing: no two dates compared by follow, or not evaluable"
    assert (share.note, change.note) == (f"{said}: 1; fewer than 5 patients", f"{said}; fewer than 5 patients")
    assert not [one for one in told.outcomes if one.item == "follow_response:not_evaluable"]
    assert row(told, "cases", "outcome").note == "column_missing"

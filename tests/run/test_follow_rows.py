"""The sums of diameters that a response is judged by, over several dates."""

import math
from dataclasses import replace

import pytest

from calcimeasure.export.changes import ChangeRow
from calcimeasure.model import BodySite, Lesion, StackFacts
from calcimeasure.model.follow import LinkSource, LinkState, Response, Sizes, Verdict
from calcimeasure.run.follow_rows import Mass, regions_of, target_sums
from calcimeasure.store.links import LesionLink
from calcimeasure.study.follow.response import by_diameters
from tests.study import test_links as balls

STACK = StackFacts("1.2", "1.2.3", 1, "CT", "/in", "a.dcm", 10)


def row(name: str, before_mm: float, after_mm: float, state: LinkState = LinkState.MATCHED) -> ChangeRow:
    """A mass of the first date at a later one."""
    sizes = Sizes(diameter_mm=before_mm), Sizes(diameter_mm=after_mm)
    return ChangeRow(
        STACK, STACK, "baseline", name, (name,), (name,), 100, state, LinkSource.PROGRAM, 1.0, None, None, *sizes
    )


def test_a_target_that_is_removed_later_leaves_the_sums_of_all_dates() -> None:
    first = [row("a", 50, 30), row("b", 50, 50)]
    second = [row("a", 50, 40), row("b", 50, 50, LinkState.REMOVED)]
    count, sums_mm, has_new = target_sums([first, second])
    assert (count, sums_mm, has_new) == (1, [50, 30, 40], False)
    # From its nadir the mass that is left has grown by a third: with the removed one in it the nadir would be 50.
    assert by_diameters(sums_mm, has_new=has_new) is Response.PROGRESSION


def test_a_target_that_is_not_found_leaves_no_sum() -> None:
    _, sums_mm, _ = target_sums([[row("a", 50, 30), row("b", 20, 0, LinkState.NOT_IMAGED)]])
    assert sums_mm == [pytest.approx(70), None]


def test_diameters_on_ct_and_on_a_radiograph_are_not_compared() -> None:
    on_ct = row("a", 50, 30)
    film = StackFacts("1.2", "1.2.4", 1, "DX", "/in", "b.dcm", 1)
    _, sums_mm, _ = target_sums([[on_ct], [replace(on_ct, current_stack=film)]])
    assert sums_mm == [50, 30, None]


@pytest.mark.parametrize(("comparison", "sums_mm"), [("baseline", [50, 40, 34]), ("previous", [50, 40, 24])])
def test_what_two_diameters_of_a_comparison_differ_by_is_added_to_the_known_one(
    comparison: str, sums_mm: list[float]
) -> None:
    """The second comparison measured the first date by 44 mm: by its common rule, not by that of the first one."""
    dates = [[replace(row("a", *sizes), comparison=comparison)] for sizes in ((50, 40), (44, 28))]
    assert target_sums(dates)[1] == sums_mm


def test_each_region_tells_its_new_masses_their_volume_and_what_is_not_evaluable() -> None:
    """A mass that was removed counts nowhere; one without a change or a verdict is not evaluable."""
    stable = replace(row("a", 20, 20), site=BodySite.ELBOW, change_ml=0.1, verdict=Verdict.STABLE)
    new = [
        replace(stable, state=LinkState.NEW, after=Sizes(volume_ml=ml), change_ml=ml, verdict=Verdict.GROWN)
        for ml in (0.5, 0.25)
    ]
    unsure = replace(stable, site=BodySite.KNEE, verdict=Verdict.NOT_ASSESSABLE)
    missing = replace(row("b", 20, 0, LinkState.NOT_IMAGED), site=BodySite.KNEE)
    removed = replace(row("c", 20, 0, LinkState.REMOVED), site=BodySite.HIP)
    assert regions_of([stable, *new, unsure, missing, removed]) == "elbow:2:0.7500:0;knee:0:0.0000:2"


def ball(number: int, diameter_mm: float, settings_hash: str) -> Lesion:
    lesion = balls.lesion(balls.Mass((1.0, 0.0, 0.0), diameter_mm), number)
    return replace(lesion, measurements=replace(lesion.measurements, volume_u95_ml=0.1), settings_hash=settings_hash)


@pytest.mark.parametrize(("hashes", "reason"), [(("a", "a"), None), (("a", "b"), "algorithm_differs")])
def test_a_link_of_a_reader_compares_volumes_of_one_algorithm_alone(
    hashes: tuple[str, str], reason: str | None
) -> None:
    """Balls of 20 and 30 mm; their images are not at hand."""
    prior, current = (ball(number, *given) for number, given in enumerate(zip((20.0, 30.0), hashes, strict=True)))
    linked = LesionLink(
        (1, 2), (prior.tracking_uid, 1), (current.tracking_uid, 1), LinkState.MATCHED, LinkSource.READER, 1.0
    )
    mass = Mass.of((STACK, STACK), [prior], [current], [linked], "images_missing")
    assert (mass.state, mass.source, mass.reason) == (LinkState.MATCHED, LinkSource.READER, reason)
    assert (mass.change is None) == (reason is not None)
    if mass.change:
        assert mass.change.change_ml == pytest.approx(math.pi / 6000 * (30**3 - 20**3))

"""Two dates: motions, links and changes by formula."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from calcimeasure.edge import find_edge
from calcimeasure.measure import measure
from calcimeasure.model import BodySite, Laterality, Outline, Side, SideSource, Site, SiteSource, SpacingSource
from calcimeasure.model.follow import Change, ChangeSource, LinkState, Verdict
from calcimeasure.settings import Settings
from calcimeasure.study.follow.bone import BoneFactor, bone_factor
from calcimeasure.study.follow.common import common_outlines
from calcimeasure.study.follow.constants import FOLLOW
from calcimeasure.study.follow.dates import Day, compare
from calcimeasure.study.follow.films import are_in_one_scale, linked_films
from calcimeasure.study.follow.look import look_at
from calcimeasure.study.follow.matching import match, placed
from calcimeasure.study.follow.motion import Fit, Registration, moved
from calcimeasure.study.follow.paired import Dated, paired_change
from calcimeasure.study.follow.response import (
    MassChange,
    Response,
    by_diameters,
    by_interval,
    by_percent,
    targets,
    total,
)
from calcimeasure.study.follow.verdict import doubling_days, judge, per_year, volumes_u95_ml
from tests.model.test_model import volume_of
from tests.phantoms import Ellipsoid, Grid, Slab, render, straight_grid
from tests.study.test_links import Mass, lesion, stack

SETTINGS = Settings()
STILL = np.eye(4)
GRID = straight_grid((24, 44, 48), (2.0, 1.0, 0.9))
BALL = Ellipsoid((0.5, -1.0, 0.3), (9.0, 8.0, 10.0), 700.0)
BALL_ML = 4 / 3 * math.pi * 9 * 8 * 10 / 1000


@cache
def dated(
    *shapes: object, seed: int, grid: Grid = GRID, outline: Outline | None = None, mass: Ellipsoid = BALL
) -> Dated:
    hu = render(shapes, grid, blur_sigma_mm=0.7, noise_sd_hu=15.0, seed=seed, background_hu=40.0, dtype=np.float32)  # type: ignore[arg-type]
    volume = volume_of(np.rint(hu), grid)
    outline = outline or outline_of(mass, grid)
    edge = find_edge(volume, outline, SETTINGS)
    return Dated(volume, outline, edge, edge.calcified_mm3 / 1000)


def outline_of(mass: Ellipsoid, grid: Grid = GRID) -> Outline:
    points = grid.positions_lps_mm(np.moveaxis(np.indices(grid.shape_kji), 0, -1))
    return Outline.from_mask(mass.safe_distance_mm(points) < 0)


# Paired change


@pytest.mark.parametrize("share", [0.88, 1.0, 1.12])
def test_paired_change_is_that_of_the_volume(share: float) -> None:
    later = replace(BALL, semi_axes_mm=tuple(share ** (1 / 3) * mm for mm in BALL.semi_axes_mm))
    found = paired_change(dated(BALL, seed=1), dated(later, seed=2, mass=later), STILL)
    assert found is not None
    assert found.change_ml == pytest.approx((share - 1) * BALL_ML, abs=0.015 * BALL_ML)
    assert found.density_ratio == pytest.approx(1.0, abs=0.01)


def test_a_mass_that_only_became_less_dense_has_not_shrunk() -> None:
    fainter = replace(BALL, hu=40 + 0.9 * (BALL.hu - 40))
    found = paired_change(dated(BALL, seed=1), dated(fainter, seed=2), STILL)
    assert found is not None
    assert found.density_ratio == pytest.approx(0.9, abs=0.01)
    assert abs(found.change_ml) < 0.015 * BALL_ML


def test_bone_that_one_outline_ran_along_cancels_out() -> None:
    bone = Slab((12.0, -1.0, 0.0), (3.0, 60.0, 60.0), 1100.0)
    mask = outline_of(BALL).mask_in((0, 0, 0), GRID.shape_kji)
    points = GRID.positions_lps_mm(np.moveaxis(np.indices(GRID.shape_kji), 0, -1))
    near = np.linalg.norm(points - np.array(BALL.center_lps_mm), axis=-1) < 15
    leaking = Outline.from_mask(mask | (near & (bone.safe_distance_mm(points) < -1)))
    found = paired_change(dated(BALL, bone, seed=1), dated(BALL, bone, seed=2, outline=leaking), STILL)
    assert found is not None
    assert abs(found.change_ml) < 0.03 * BALL_ML


def test_outlines_by_a_common_rule_hold_no_bone_that_one_date_alone_ran_along() -> None:
    """The mass grew by 30 % and the later outline ran along bone: the diameters differ by what the mass grew alone."""
    later = replace(BALL, semi_axes_mm=tuple(1.3 ** (1 / 3) * mm for mm in BALL.semi_axes_mm))
    bone = Slab((14.0, -1.0, 0.0), (3.0, 60.0, 60.0), 1100.0)
    mask = outline_of(later).mask_in((0, 0, 0), GRID.shape_kji)
    points = GRID.positions_lps_mm(np.moveaxis(np.indices(GRID.shape_kji), 0, -1))
    near = np.linalg.norm(points - np.array(BALL.center_lps_mm), axis=-1) < 20
    leaking = Outline.from_mask(mask | (near & (bone.safe_distance_mm(points) < -1)))
    before, after = dated(BALL, bone, seed=1), dated(later, bone, seed=2, outline=leaking)
    paired = paired_change(before, after, STILL)
    assert paired is not None
    outlines = common_outlines(before, after, paired)
    ones, others = (
        measure(one.volume, outline, SETTINGS).largest_mm
        for one, outline in zip((before, after), outlines, strict=True)
    )
    assert measure(after.volume, leaking, SETTINGS).largest_mm > others + 4
    assert others - ones == pytest.approx((1.3 ** (1 / 3) - 1) * 20, abs=1.0)


def test_thick_slices_and_a_shift_of_soft_tissue_change_nothing() -> None:
    thick = straight_grid((12, 44, 48), (4.0, 1.0, 0.9))
    there = replace(BALL, center_lps_mm=(2.0, 0.5, 0.3))
    found = paired_change(
        dated(BALL, seed=1), dated(there, seed=2, grid=thick, outline=outline_of(there, thick)), STILL
    )
    assert found is not None
    assert abs(found.change_ml) < 0.03 * BALL_ML
    assert found.turned_mm == pytest.approx(math.hypot(1.5, 1.5), abs=0.5)


def test_a_mass_that_grows_into_fat_grows_by_what_it_grew() -> None:
    # The edge has its surroundings next to the mass, in fat; what is subtracted is zero where muscle lies.
    fat = Ellipsoid(BALL.center_lps_mm, (13.0, 12.0, 14.0), -95.0)
    later = replace(BALL, semi_axes_mm=tuple(1.12 ** (1 / 3) * mm for mm in BALL.semi_axes_mm))
    found = paired_change(dated(fat, BALL, seed=1), dated(fat, later, seed=2, mass=later), STILL)
    assert found is not None
    assert found.change_ml == pytest.approx(0.12 * BALL_ML, abs=0.015 * BALL_ML)


def test_bone_that_a_mass_came_nearer_to_is_no_change() -> None:
    bones = [Slab((x, -1.0, 0.0), (3.0, 60.0, 60.0), 1100.0) for x in (14.5, 13.0)]
    found = paired_change(dated(BALL, bones[0], seed=1), dated(BALL, bones[1], seed=2), STILL)
    assert found is not None
    assert abs(found.change_ml) < 0.03 * BALL_ML


def test_a_mass_outside_of_the_other_field_gives_no_paired_change() -> None:
    move = np.eye(4)
    move[:3, 3] = (40.0, 0.0, 0.0)
    assert paired_change(dated(BALL, seed=1), dated(BALL, seed=2), move) is None


# Motions and links

LIMB = (
    Ellipsoid((0.0, 0.0, 0.0), (34.0, 30.0, 400.0), 50.0),
    Ellipsoid((-14.0, 8.0, 0.0), (9.0, 12.0, 60.0), -90.0),
    Ellipsoid((6.0, 4.0, -8.0), (9.0, 7.0, 45.0), 900.0, (6.0, -8.0, 0.0)),
    Ellipsoid((8.0, -2.0, 26.0), (13.0, 8.0, 9.0), 800.0, (0.0, 20.0, 30.0)),
    Ellipsoid((-12.0, -8.0, -10.0), (3.5, 4.5, 40.0), 850.0),
)
FIELD = straight_grid((30, 42, 46), (3.0, 2.0, 2.0))
SMALL = Ellipsoid((-10.0, 12.0, 12.0), (6.0, 6.0, 7.0), 600.0)


@cache
def seen(*masses: Ellipsoid, seed: int, move_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> tuple[object, ...]:
    """A look at a limb that lies elsewhere, and its masses there."""
    there = [replace(one, center_lps_mm=tuple(np.add(one.center_lps_mm, move_mm))) for one in (*LIMB, *masses)]
    hu = render(there, FIELD, blur_sigma_mm=1.2, noise_sd_hu=15.0, seed=seed, background_hu=-1000.0, dtype=np.float32)
    volume = volume_of(np.rint(hu), FIELD)
    outlines = [outline_of(one, FIELD) for one in there[len(LIMB) :]]
    return look_at(volume, outlines), [placed(one, volume.geometry) for one in outlines]


def test_a_limb_that_lies_elsewhere_is_laid_on_itself_and_its_mass_is_linked() -> None:
    move_mm = (6.0, -4.0, 7.5)
    (prior, ones), (current, others) = seen(SMALL, seed=1), seen(SMALL, seed=2, move_mm=move_mm)
    middles = tuple(np.array([one.middle_lps_mm for one in some]) for some in (ones, others))  # type: ignore[attr-defined]
    fits = Registration(prior, current, middles).whole()  # type: ignore[arg-type]
    assert fits[0].carries
    point = np.array(SMALL.center_lps_mm)
    assert moved(fits[0].matrix, point) == pytest.approx(point + move_mm, abs=0.7)
    (linked,) = match((prior, current), ones, others, [fits[0]], fits[0])  # type: ignore[arg-type]
    assert (linked.state, linked.prior, linked.current) == (LinkState.MATCHED, (0,), (0,))


CARRIES = Fit(STILL, 0.95, 0.97, 900)
FAR = replace(SMALL, center_lps_mm=(-14.0, 10.0, -22.0))


def test_what_is_gone_and_what_is_new_is_said_after_a_look_at_the_other_image() -> None:
    (prior, ones), (current, others) = seen(SMALL, seed=1), seen(FAR, seed=2)
    found = match((prior, current), ones, others, [CARRIES], CARRIES)  # type: ignore[arg-type]
    assert [one.state for one in found] == [LinkState.GONE, LinkState.NEW]


def test_dense_tissue_without_an_outline_is_not_found_and_not_gone() -> None:
    (prior, ones), (current, _) = seen(SMALL, seed=1), seen(SMALL, seed=2)
    current = replace(current, masses=np.zeros_like(current.masses))  # type: ignore[type-var, attr-defined]
    (found,) = match((prior, current), ones, [], [CARRIES], CARRIES)  # type: ignore[arg-type]
    assert found.state is LinkState.NOT_FOUND
    (before,) = match((current, prior), [], ones, [], CARRIES)  # type: ignore[arg-type]
    assert before.state is LinkState.NOT_FOUND_BEFORE


def test_a_place_outside_of_the_field_was_not_imaged() -> None:
    (prior, ones), (current, _) = seen(SMALL, seed=1), seen(seed=2)
    imaged = current.imaged.copy()  # type: ignore[attr-defined]
    imaged[imaged.shape[0] // 2 :] = False
    half = replace(current, imaged=imaged)  # type: ignore[type-var]
    (found,) = match((prior, half), ones, [], [CARRIES], CARRIES)  # type: ignore[arg-type]
    assert found.state is LinkState.NOT_IMAGED


def test_nothing_is_said_where_the_motion_does_not_carry() -> None:
    (prior, ones), (current, others) = seen(SMALL, seed=1), seen(SMALL, seed=2)
    doubtful = replace(CARRIES, bone_share=FOLLOW.bone_share - 0.01)
    for fit in (doubtful, None):
        found = match((prior, current), ones, others, [fit], None)  # type: ignore[arg-type]
        assert {one.state for one in found} == {LinkState.UNDECIDED}


def test_left_is_never_linked_with_right() -> None:
    (prior, ones), (current, others) = seen(SMALL, seed=1), seen(SMALL, seed=2)
    left, right = (
        replace(some[0], laterality=side) for some, side in ((ones, Laterality.LEFT), (others, Laterality.RIGHT))
    )  # type: ignore[index, type-var]
    found = match((prior, current), [left], [right], [CARRIES], CARRIES)  # type: ignore[arg-type]
    assert not any(one.prior and one.current for one in found)


def test_two_halves_of_a_mass_are_merged_or_split() -> None:
    low, high = (replace(SMALL, center_lps_mm=(-10.0, 12.0, z), semi_axes_mm=(6.0, 6.0, 5.0)) for z in (7.0, 18.0))
    both = replace(SMALL, center_lps_mm=(-10.0, 12.0, 12.5), semi_axes_mm=(6.5, 6.5, 11.0))
    (two, ones), (one, whole) = seen(low, high, seed=1), seen(both, seed=2)
    (merged,) = match((two, one), ones, whole, [CARRIES] * 2, CARRIES)  # type: ignore[arg-type]
    (split,) = match((one, two), whole, ones, [CARRIES], CARRIES)  # type: ignore[arg-type]
    assert (merged.state, split.state) == (LinkState.MERGED, LinkState.SPLIT)


# Verdicts


@pytest.mark.parametrize(
    ("change_ml", "u95_ml", "verdict", "reason"),
    [
        (1.0, 0.4, Verdict.GROWN, None),
        (-1.0, 0.4, Verdict.SHRUNK, None),
        (0.3, 0.5, Verdict.STABLE, None),
        (2.2, 2.5, Verdict.NOT_ASSESSABLE, "too_uncertain"),
        (0.05, 0.04, Verdict.STABLE, None),  # beyond 0, and within what repeats differ by
    ],
)
def test_verdict(change_ml: float, u95_ml: float, verdict: Verdict, reason: str | None) -> None:
    judged = judge(Change(change_ml, u95_ml, ChangeSource.PAIRED), 10.0)
    assert (judged.verdict, judged.reason) == (verdict, reason)


def test_without_a_change_or_with_a_reason_nothing_is_said() -> None:
    assert judge(None, 10.0).reason == "not_compared"
    assert judge(Change(5.0, 0.1, ChangeSource.PAIRED), 10.0, "truncated").verdict is Verdict.NOT_ASSESSABLE


def test_rates() -> None:
    assert per_year(1.0, 29) is None
    assert per_year(1.0, 73) == pytest.approx(365.25 / 73)
    assert doubling_days(Change(10.0, 1.0, ChangeSource.PAIRED), 10.0, 100) == pytest.approx(100)
    assert doubling_days(Change(-5.0, 1.0, ChangeSource.PAIRED), 10.0, 100) == pytest.approx(-100)
    assert doubling_days(Change(0.5, 1.0, ChangeSource.PAIRED), 10.0, 100) is None
    assert volumes_u95_ml(3.0, 4.0) == pytest.approx(5.0 * FOLLOW.repeat_fault)


# Responses

MATCHED, NEW = LinkState.MATCHED, LinkState.NEW


def test_the_interval_is_that_of_the_summed_volume_and_not_of_any_mass() -> None:
    many = [MassChange(MATCHED, 10.0, 10.4, 0.4, 0.5) for _ in range(9)]
    summed = total(many)
    assert (summed.change_ml, summed.u95_ml) == (pytest.approx(3.6), pytest.approx(1.5))
    assert by_interval(summed) is Response.PROGRESSION
    assert by_interval(total(many[:1])) is Response.STABLE
    assert by_interval(total([MassChange(MATCHED, 10.0, 8.0, -2.0, 0.5)])) is Response.RESPONSE


def test_a_new_mass_is_progression_and_one_that_is_not_known_makes_it_not_evaluable() -> None:
    known, new = MassChange(MATCHED, 10.0, 5.0, -5.0, 0.5), MassChange(NEW, None, 1.0, 1.0, 0.1)
    missing = MassChange(LinkState.NOT_IMAGED, 4.0)
    assert by_interval(total([known, new])) is by_percent(total([known, new]), 400) is Response.PROGRESSION
    assert by_interval(total([known, missing])) is by_percent(total([known, missing]), 400) is Response.NOT_EVALUABLE
    removed = replace(missing, state=LinkState.REMOVED)
    assert by_interval(total([known, removed])) is Response.RESPONSE


def test_percent_is_that_of_a_year_from_half_a_year_on() -> None:
    summed = total([MassChange(MATCHED, 10.0, 11.5, 1.5, 0.1)])
    assert by_percent(summed, 179) is Response.NOT_EVALUABLE
    assert by_percent(summed, 183) is Response.PROGRESSION  # 30 % a year
    assert by_percent(summed, 365) is Response.STABLE


def test_diameters_count_from_the_baseline_and_from_the_nadir() -> None:
    assert targets([30.0, 9.9, None, 12.0, 40.0, 11.0, 10.0, 10.5]) == [0, 3, 4, 5, 7]
    assert by_diameters([100.0, 71.0], has_new=False) is Response.STABLE
    assert by_diameters([100.0, 70.0], has_new=False) is Response.RESPONSE
    assert by_diameters([100.0, 50.0, 61.0], has_new=False) is Response.PROGRESSION
    assert by_diameters([20.0, 10.0, 14.0], has_new=False) is Response.RESPONSE  # 40 %, and 4 mm alone
    assert by_diameters([100.0, None], has_new=False) is Response.NOT_EVALUABLE
    assert by_diameters([100.0, 50.0], has_new=True) is Response.PROGRESSION


# Radiographs


def film(side: Laterality, site: BodySite, view: str | None = "PA", number: int = 1) -> tuple[object, object]:
    facts = stack("film", modality="DX", view_position=view).stack
    of_film = lesion(Mass((10.0, 0.0, 0.0)), number)
    return facts, replace(of_film, side=Side(side, SideSource.DICOM_TAG), site=Site(site, SiteSource.DICOM_TAG))


def test_radiographs_are_linked_where_nothing_else_could_be_meant() -> None:
    left, right = (film(side, BodySite.HAND_WRIST) for side in (Laterality.LEFT, Laterality.RIGHT))
    ((one, other, state),) = linked_films([left], [left])  # type: ignore[list-item]
    assert (one, other, state) == (left, left, LinkState.MATCHED)
    for others in ([right], [left, left], [film(Laterality.LEFT, BodySite.HAND_WRIST, "LATERAL")], []):
        found = linked_films([left], others)  # type: ignore[list-item, arg-type]
        assert {state for *_, state in found} == {LinkState.UNDECIDED}
    unknown = film(Laterality.UNKNOWN, BodySite.HAND_WRIST)
    assert {state for *_, state in linked_films([unknown], [unknown])} == {LinkState.UNDECIDED}  # type: ignore[list-item]


def test_radiographs_are_compared_in_millimeters_of_one_origin() -> None:
    one = film(Laterality.LEFT, BodySite.HAND_WRIST)
    assert are_in_one_scale(one, one)  # type: ignore[arg-type]
    assert one[1].measurements.spacing_source is SpacingSource.PATIENT  # type: ignore[attr-defined]


# Another tube voltage


def test_bone_tells_what_another_tube_voltage_does() -> None:
    """Bone of the limb times 1.4 above soft tissue, as 80 kVp makes of 120 kVp; the same bone, the same factor of 1."""
    (prior, ones), (current, _) = seen(SMALL, seed=1), seen(SMALL, seed=2)
    middle = ones[0].middle_lps_mm  # type: ignore[index]
    same = bone_factor((prior, current), STILL, middle)  # type: ignore[arg-type]
    denser = replace(current, hu=np.where(current.hu > 50, 50 + 1.4 * (current.hu - 50), current.hu))  # type: ignore[type-var, attr-defined]
    other = bone_factor((prior, denser), STILL, middle)  # type: ignore[arg-type]
    assert same is not None
    assert other is not None
    assert same.ratio == pytest.approx(1.0, abs=0.02)
    assert other.ratio == pytest.approx(1.4, abs=0.03)
    assert 0.02 < other.spread < 0.08


def test_without_bone_nothing_tells_it() -> None:
    (prior, ones), _ = seen(SMALL, seed=1), None
    soft = replace(prior, hu=np.minimum(prior.hu, 100))  # type: ignore[type-var, attr-defined]
    assert bone_factor((soft, soft), STILL, ones[0].middle_lps_mm) is None  # type: ignore[index, arg-type]


def test_bone_at_another_tube_voltage_cancels_out_by_its_factor() -> None:
    """An outline ran along bone, and the mass lost density: 1.4 times as dense bone is no growth by its factor."""
    bone = Slab((12.0, -1.0, 0.0), (3.0, 60.0, 60.0), 700.0)
    mask = outline_of(BALL).mask_in((0, 0, 0), GRID.shape_kji)
    points = GRID.positions_lps_mm(np.moveaxis(np.indices(GRID.shape_kji), 0, -1))
    near = np.linalg.norm(points - np.array(BALL.center_lps_mm), axis=-1) < 15
    leaking = Outline.from_mask(mask | (near & (bone.safe_distance_mm(points) < -1)))
    denser, fainter = replace(bone, hu=40 + 1.4 * 660), replace(BALL, hu=40 + 1.4 * 0.75 * 660)
    before, after = dated(BALL, bone, seed=1), dated(fainter, denser, seed=2, outline=leaking)
    with_factor = paired_change(before, after, STILL, BoneFactor(1.4, 0.03))
    without = paired_change(before, after, STILL)
    assert with_factor is not None
    assert without is not None
    assert abs(with_factor.change_ml) < 0.03 * BALL_ML < abs(without.change_ml)
    assert with_factor.bone_ml > 0.1


# Two stacks


def day(seed: int, outlined: Ellipsoid = SMALL, **facts: object) -> Day:
    """A limb with a small mass, and what a reader outlined."""
    hu = render((*LIMB, SMALL), FIELD, blur_sigma_mm=1.2, noise_sd_hu=15.0, seed=seed, background_hu=-1000.0)
    volume = volume_of(np.rint(hu), FIELD)
    volume = replace(volume, stack=replace(volume.stack, **facts))  # type: ignore[arg-type]
    outline = outline_of(outlined, FIELD)
    numbers = measure(volume, outline, SETTINGS)
    return Day(volume, (replace(lesion(Mass((1.0, 0.0, 0.0)), seed), outline=outline, measurements=numbers),))


def change_of(prior: Day, current: Day) -> Change:
    (followed,) = compare(prior, current, SETTINGS).masses
    assert followed.change is not None
    return followed.change


def test_contrast_agent_at_one_date_is_told_and_widens_the_interval() -> None:
    alike = change_of(day(1), day(2))
    differs = change_of(day(1), day(2, contrast_agent=True))
    assert "contrast_differs" not in alike.notices
    assert "contrast_differs" in differs.notices
    assert differs.change_ml == alike.change_ml
    assert differs.u95_ml > alike.u95_ml


def test_an_outline_that_disagrees_with_the_images_is_told() -> None:
    """Both images show one mass. At the second date its outline holds the middle of it alone."""
    assert "volumes_disagree" not in change_of(day(1), day(2)).notices
    middle = replace(SMALL, semi_axes_mm=(2.0, 2.0, 3.0))
    assert "volumes_disagree" in change_of(day(1), day(2, middle)).notices

"""One mass on several projections is counted once; two masses never are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calcimeasure.model import (
    BodySite,
    Laterality,
    Lesion,
    Outcome,
    Outline,
    Projection,
    Site,
    SpacingSource,
    StackFacts,
    State,
    Status,
    Tissue,
    link_key,
)
from calcimeasure.study import link
from tests.radiographs import radiograph_lesion, radiograph_of, radiograph_series
from tests.study.test_links import Mass, stack

LEFT, RIGHT, UNKNOWN = Laterality.LEFT, Laterality.RIGHT, Laterality.UNKNOWN
KNEE, HAND = BodySite.KNEE, BodySite.HAND_WRIST
FRONTAL, LATERAL = ("L", "F"), ("A", "F")


def mass(
    height: int,
    width: int,
    *,
    side: Laterality = LEFT,
    site: BodySite = KNEE,
    number: int = 1,
    tissue: Tissue = Tissue.CALCIFIED_MASS,
    row: int = 20,
    spacing_mm: float | None = 0.5,
) -> Lesion:
    """Rows and columns of half a millimeter."""
    spacing = None if spacing_mm is None else (spacing_mm, spacing_mm)
    film = radiograph_of(np.zeros((300, 300)), spacing, SpacingSource.CALIBRATED if spacing else SpacingSource.NONE)
    outline = Outline.from_mask(np.ones((1, height, width), dtype=bool), (0, row, 30))
    return radiograph_lesion(film, outline, number=number, laterality=side, site=site, tissue=tissue)


def film(name: str, orientation: tuple[str, ...], *lesions: Lesion) -> Outcome:
    series = radiograph_series(Projection(patient_orientation=orientation), series_uid=f"1.2.{name}", study_uid="1.2")
    return Outcome(State.MEASURED, name, replace(StackFacts.of(series), path=name), lesions=lesions)


def numbers(*outcomes: Outcome) -> list[list[int]]:
    found = link(outcomes)
    return [
        [found[link_key(one.stack, lesion)].study_lesion_number for lesion in one.masses]
        for one in outcomes
        if one.stack
    ]


def test_frontal_and_lateral_view_of_one_mass() -> None:
    """It is 40 mm high on both, and as broad and as deep as it is."""
    frontal, lateral = film("a", FRONTAL, mass(80, 30)), film("b", LATERAL, mass(84, 120))
    assert numbers(frontal, lateral) == [[1], [1]]
    found = link((frontal, lateral))
    of_lateral = lateral.stack and found[link_key(lateral.stack, lateral.lesions[0])]
    assert of_lateral
    assert of_lateral.primary, "the lateral view shows it longest"
    assert [one.primary for one in found.values()].count(True) == 1
    assert all(one.pair_number is None for one in found.values())


def test_the_axis_that_both_show_may_run_either_way() -> None:
    upright, lying = film("a", FRONTAL, mass(80, 30)), film("b", ("F", "P"), mass(50, 78))
    assert numbers(upright, lying) == [[1], [1]]


@pytest.mark.parametrize(
    "other",
    [
        film("b", LATERAL, mass(120, 30)),
        film("b", LATERAL, mass(80, 30, side=RIGHT)),
        film("b", LATERAL, mass(80, 30, side=UNKNOWN)),
        film("b", LATERAL, mass(80, 30, site=HAND)),
        film("b", LATERAL, mass(80, 30, site=BodySite.UNKNOWN)),
        film("b", LATERAL, mass(80, 30, spacing_mm=None)),
        film("b", LATERAL, mass(80, 30, row=0)),
        film("b", ("A", "R"), mass(80, 30)),
        film("b", (), mass(80, 30)),
        film("b", ("AF", "FP"), mass(80, 30)),
    ],
    ids=["height", "side", "no_side", "site", "no_site", "no_mm", "cut_off", "other_axes", "no_axes", "oblique"],
)
def test_one_difference_and_they_are_two(other: Outcome) -> None:
    first = film("a", FRONTAL, mass(80, 30))
    if other.stack and other.stack.patient_orientation == "A\\R":
        first = film("a", ("F", "H"), mass(80, 30))
    assert len({number for each in numbers(first, other) for number in each}) == 2


@pytest.mark.parametrize("tissue", [Tissue.CALCIFIED_MASS, Tissue.UNKNOWN])
def test_with_two_candidates_on_a_view_none_is_joined(tissue: Tissue) -> None:
    one = mass(80, 30)
    second = mass(81, 50, number=2, tissue=tissue)
    found = numbers(film("a", FRONTAL, one, second), film("b", LATERAL, mass(80, 40)))
    assert len({number for each in found for number in each}) == sum(map(len, found))


def test_what_a_reader_rejected_or_judged_bone_is_no_candidate() -> None:
    one = mass(80, 30)
    rejected = replace(mass(81, 50, number=2), status=Status.REJECTED)
    bone = mass(79, 20, number=3, tissue=Tissue.BONE)
    assert numbers(film("a", FRONTAL, one, rejected, bone), film("b", LATERAL, mass(80, 40))) == [[1], [1]]


def test_both_hands_on_each_view() -> None:
    """Each side has one candidate on each view; and the two of a frontal view are a pair."""
    frontal = film("a", FRONTAL, mass(80, 30, site=HAND), mass(76, 40, site=HAND, side=RIGHT, number=2, row=150))
    lateral = film("b", LATERAL, mass(82, 50, site=HAND), mass(74, 60, site=HAND, side=RIGHT, number=2, row=150))
    ours, theirs = numbers(frontal, lateral)
    assert ours == theirs
    assert len(set(ours)) == 2
    assert {one.pair_number for one in link((frontal, lateral)).values()} == {1}


@pytest.mark.parametrize(
    ("height", "width", "joined"), [(80, 30, True), (84, 31, True), (80, 36, False), (95, 30, False)]
)
def test_two_images_of_one_view_have_to_agree_in_both_directions(height: int, width: int, joined: bool) -> None:
    found = numbers(film("a", FRONTAL, mass(80, 30)), film("b", FRONTAL, mass(height, width)))
    assert (found[0] == found[1]) is joined


def test_two_masses_of_one_image_are_never_one() -> None:
    one, other = mass(80, 30), mass(80, 30, number=2, row=150, side=RIGHT)
    assert numbers(film("a", FRONTAL, one, other)) == [[1, 2]]


def test_different_fingers() -> None:
    def of_finger(name: str) -> Lesion:
        return replace(mass(80, 30, site=HAND), site=Site(HAND, mass(1, 1).site.source, name))  # type: ignore[union-attr]

    thumb, index = film("a", FRONTAL, of_finger("thumb")), film("b", LATERAL, of_finger("index_finger"))
    assert numbers(thumb, index) == [[1], [2]]
    assert numbers(thumb, film("b", LATERAL, of_finger("thumb"))) == [[1], [1]]


# CT beside a radiograph


def slices(height_mm: float, site: BodySite = KNEE, **changes: object) -> Outcome:
    outcome = stack("ct", Mass((150, 0, 0), 40, LEFT, site=site), frame_of_reference_uid=None)
    (lesion,) = outcome.lesions
    measured = replace(lesion.measurements, extents_lps_mm=(15.0, 60.0, height_mm), **changes)
    return replace(outcome, lesions=(replace(lesion, measurements=measured),))


def test_a_mass_on_ct_and_on_a_radiograph() -> None:
    ct, view = slices(40.0), film("b", LATERAL, mass(84, 126))
    assert numbers(ct, view) == [[1], [1]]
    found = link((view, ct))
    assert [found[link_key(one.stack, one.masses[0])].primary for one in (ct, view) if one.stack] == [True, False]


@pytest.mark.parametrize(
    ("ct", "view"),
    [
        (slices(40.0), film("b", LATERAL, mass(84, 60))),
        (slices(40.0, HAND), film("b", LATERAL, mass(84, 126, site=HAND))),
        (slices(40.0, truncated=True), film("b", LATERAL, mass(84, 126))),
    ],
    ids=["depth", "raised_hand", "cut_off"],
)
def test_a_ct_and_a_radiograph_that_show_two(ct: Outcome, view: Outcome) -> None:
    assert numbers(ct, view) == [[1], [2]]


def test_two_cts_without_a_common_frame_are_not_compared_so() -> None:
    one, other = slices(40.0), slices(40.0)
    assert other.stack is not None
    other = replace(other, stack=replace(other.stack, series_uid="1.2.other", path="other"))
    assert numbers(one, other) == [[1], [2]]

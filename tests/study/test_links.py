"""One mass in several series is counted once; the two of a pair are found, and others are not."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from calcimeasure.model import (
    Axis,
    BodySite,
    Laterality,
    Lesion,
    Links,
    Measurements,
    Midline,
    Outcome,
    Outline,
    Side,
    SideSource,
    Site,
    SiteSource,
    StackFacts,
    State,
    Status,
    Tissue,
    link_key,
)
from calcimeasure.study import link

LEFT, RIGHT = Laterality.LEFT, Laterality.RIGHT
MIDLINE = Midline((1.0, 0.0, 0.0), 0.0, 5.0, 0.95)
VOXEL = Outline((0, 0, 0), (1, 1, 1), b"\x80")


@dataclass(frozen=True)
class Mass:
    """A ball somewhere."""

    place_mm: tuple[float, float, float]
    diameter_mm: float = 30.0
    side: Laterality | None = None
    source: SideSource = SideSource.BODY_MIDLINE
    site: BodySite = BodySite.UNKNOWN


def lesion(mass: Mass, number: int) -> Lesion:
    side = mass.side or (LEFT if mass.place_mm[0] > 0 else RIGHT)
    axis = Axis(mass.diameter_mm, ((0, 0, 0), (0, 0, 0)))
    numbers = Measurements(
        axis, axis, 0, mass.place_mm, False, 500, 500, 50, 900, axis, volume_ml=np.pi / 6000 * mass.diameter_mm**3
    )
    return Lesion(
        f"2.25.{number}",
        number,
        VOXEL,
        numbers,
        tissue=Tissue.CALCIFIED_MASS,
        side=Side(side, mass.source),
        site=Site(mass.site, SiteSource.DICOM_TAG),
    )


def stack(name: str, *masses: Mass, **facts: object) -> Outcome:
    known = {"frame_of_reference_uid": "1.9", "midline": MIDLINE, "slice_spacing_mm": 2.0, "modality": "CT"}
    place = {"root": "/in", "path": f"{name}.dcm", "image_count": 10}
    of_stack = StackFacts("1.2", f"1.2.{name}", 1, **(place | known | facts))
    lesions = tuple(lesion(mass, number) for number, mass in enumerate(masses, 1))
    return Outcome(State.MEASURED, of_stack.path, of_stack, lesions=lesions)


def links(*stacks: Outcome) -> list[list[Links | None]]:
    found = link(stacks)
    return [[found.get(link_key(one.stack, mass)) for mass in one.lesions] for one in stacks if one.stack]


def numbers(*stacks: Outcome) -> list[list[int | None]]:
    return [[one and one.study_lesion_number for one in masses] for masses in links(*stacks)]


def pairs(*stacks: Outcome) -> list[list[int | None]]:
    return [[one and one.pair_number for one in masses] for masses in links(*stacks)]


SHOULDER, HIP = Mass((150, 0, 200), 40), Mass((-90, 10, -300), 55)


# The same mass


def test_mass_in_three_series_is_one_and_the_thinnest_slices_show_it_best() -> None:
    def moved(mass: Mass, by_mm: float, times: float) -> Mass:
        x, y, z = mass.place_mm
        return replace(mass, place_mm=(x + by_mm, y, z), diameter_mm=mass.diameter_mm * times)

    thick = stack("a", moved(SHOULDER, 3, 1.05), moved(HIP, 3, 0.95), slice_spacing_mm=5.0)
    thin = stack("b", HIP, SHOULDER, slice_spacing_mm=1.0)
    sharp = stack("c", moved(SHOULDER, -2, 1.0), slice_spacing_mm=2.0)
    assert numbers(thick, thin, sharp) == [[2, 1], [1, 2], [2]]
    assert [[one.primary for one in masses if one] for masses in links(thick, thin, sharp)] == [
        [False, False],
        [True, True],
        [False],
    ]


def test_radiograph_never_shows_a_mass_best() -> None:
    film = stack("a", SHOULDER, modality="DX", slice_spacing_mm=None)
    slices = stack("b", SHOULDER, slice_spacing_mm=7.0)
    assert [[one.primary for one in masses if one] for masses in links(film, slices)] == [[False], [True]]


@pytest.mark.parametrize("frame", [None, "", "1.10"])
def test_other_frame_of_reference_is_another_place(frame: str | None) -> None:
    other = stack("b", SHOULDER, frame_of_reference_uid=frame)
    assert numbers(stack("a", SHOULDER), other) == [[1], [2]]
    nameless = stack("a", SHOULDER, frame_of_reference_uid=frame)
    if not frame:
        assert numbers(nameless, other) == [[1], [2]]


@pytest.mark.parametrize("diameter_mm", [6.0, 10.0, 14.9])
def test_masses_15_mm_apart_are_two(diameter_mm: float) -> None:
    one, other = Mass((50, 0, 0), diameter_mm), Mass((50, 15, 0), diameter_mm)
    assert numbers(stack("a", one), stack("b", other)) == [[1], [2]]
    assert numbers(stack("a", one, other), stack("b", other, one)) == [[1, 2], [2, 1]]


def test_speck_beside_a_mass_is_not_the_mass() -> None:
    assert numbers(stack("a", SHOULDER), stack("b", replace(SHOULDER, diameter_mm=15))) == [[1], [2]]


def test_part_of_a_series_is_at_most_one_of_anothers() -> None:
    whole, halves = stack("a", SHOULDER), stack("b", SHOULDER, replace(SHOULDER, place_mm=(152, 0, 200)))
    assert numbers(whole, halves) == [[1], [1, 2]]


def test_what_is_rejected_or_no_mass_has_no_number() -> None:
    outcome = stack("a", SHOULDER, HIP, HIP)
    first, second, third = outcome.lesions
    lesions = (replace(first, status=Status.REJECTED), second, replace(third, tissue=Tissue.UNKNOWN))
    assert numbers(replace(outcome, lesions=lesions)) == [[None, 1, None]]


@pytest.mark.parametrize("seed", range(5))
def test_random_masses_are_found_again_in_every_series(seed: int) -> None:
    rng = np.random.default_rng(seed)
    masses: list[Mass] = []
    while len(masses) < 8:
        new = Mass(tuple(rng.uniform(-200, 200, 3)), rng.uniform(8, 60))
        if all(
            np.linalg.norm(np.subtract(new.place_mm, one.place_mm)) > (new.diameter_mm + one.diameter_mm) / 2 + 15
            for one in masses
        ):
            masses.append(new)
    series = []
    for name in "abc":
        shift = rng.normal(size=3)
        shift *= 3 / np.linalg.norm(shift)
        order = rng.permutation(8)
        moved = [
            replace(
                masses[n],
                place_mm=tuple(np.add(masses[n].place_mm, shift)),
                diameter_mm=masses[n].diameter_mm * rng.uniform(0.93, 1.07),
            )
            for n in order
        ]
        series.append((order, stack(name, *moved)))
    found = numbers(*(one for _, one in series))
    by_mass = [
        {int(n): number for n, number in zip(order, row, strict=True)}
        for (order, _), row in zip(series, found, strict=True)
    ]
    assert by_mass[0] == by_mass[1] == by_mass[2]
    assert len(set(by_mass[0].values())) == 8


# Pairs


def test_mirrored_masses_are_a_pair() -> None:
    left, right = Mass((80, 10, 0), 40), Mass((-85, 20, 10), 45)
    assert pairs(stack("a", left, Mass((100, 0, 150)), right)) == [[1, None, 1]]


def test_pair_is_mirrored_in_the_bodys_own_plane() -> None:
    askew = Midline((np.cos(0.3), np.sin(0.3), 0.0), 40.0, 4.0, 0.9)
    normal = np.array(askew.normal)
    left = np.array((40.0, 0, 0)) + 90 * normal
    right = left - 2 * float(askew.distance_mm(left)) * normal
    one, other = Mass(tuple(left), side=LEFT), Mass(tuple(right), side=RIGHT)
    assert pairs(stack("a", one, other, midline=askew)) == [[1, 1]]
    assert pairs(stack("a", one, other, midline=None)) == [[None, None]]


@pytest.mark.parametrize(
    "other",
    [
        Mass((-80, 10, 120), 40),
        Mass((-80, 10, 0), 12),
        Mass((-80, 10, 0), 40, side=Laterality.UNKNOWN),
        Mass((-80, 10, 0), 40, site=BodySite.THIGH),
        Mass((20, 10, 0), 40),
    ],
    ids=["far from the mirror image", "much smaller", "side not known", "another site", "same side"],
)
def test_what_is_no_pair(other: Mass) -> None:
    assert pairs(stack("a", Mass((80, 10, 0), 40, site=BodySite.HIP), other)) == [[None, None]]


def test_pair_of_several_series_is_one_pair() -> None:
    left, right = Mass((80, 10, 0), 40), Mass((-85, 20, 10), 45)
    assert pairs(stack("a", left, right), stack("b", right, left)) == [[1, 1], [1, 1]]


def test_limbs_that_were_imaged_one_by_one_are_paired_by_their_site() -> None:
    def hand(name: str, side: Laterality, *diameters_mm: float) -> Outcome:
        masses = [
            Mass((0, 0, 50.0 * n), d, side, SideSource.DICOM_TAG, BodySite.HAND_WRIST)
            for n, d in enumerate(diameters_mm)
        ]
        return stack(name, *masses, frame_of_reference_uid=f"1.{name}", midline=None)

    assert pairs(hand("a", LEFT, 10, 25), hand("b", RIGHT, 30)) == [[None, 1], [1]]
    assert pairs(hand("a", LEFT, 10), hand("b", LEFT, 30)) == [[None], [None]]


def test_pair_may_lie_on_either_side_of_the_border_of_a_site_that_place_told() -> None:
    outcome = stack("a", Mass((80, 10, 0), 40, site=BodySite.HIP), Mass((-80, 10, 0), 40, site=BodySite.THIGH))
    first, second = outcome.lesions
    by_place = replace(second, site=Site(BodySite.THIGH, SiteSource.GEOMETRY))
    assert pairs(replace(outcome, lesions=(first, by_place))) == [[1, 1]]


def test_what_named_bones_give_a_side_beside_a_midline_is_paired_by_its_mirror_image_alone() -> None:
    outcome = stack(
        "a",
        Mass((80, 10, 0), 40, LEFT, SideSource.BONE_LABELS, BodySite.HIP),
        Mass((-80, 10, 150), 40, RIGHT, SideSource.BONE_LABELS, BodySite.HIP),
    )
    assert pairs(outcome) == [[1, 1]]
    lesions = tuple(
        replace(one, side=replace(one.side, distance_to_midline_mm=one.measurements.centroid_lps_mm[0]))
        for one in outcome.lesions
        if one.side
    )
    assert pairs(replace(outcome, lesions=lesions)) == [[None, None]]


def test_pairs_of_random_bodies() -> None:
    rng = np.random.default_rng(11)
    true = false = found = 0
    for _ in range(200):
        masses, truth = [], set()
        for _ in range(rng.integers(1, 5)):
            place = np.array([rng.uniform(25, 180), rng.uniform(-90, 90), rng.uniform(-150, 150)])
            diameter = rng.uniform(20, 90)
            masses.append(Mass(tuple(place * (rng.choice((-1, 1)), 1, 1)), diameter))
            if rng.random() < 0.5:
                jitter = rng.normal(size=3)
                jitter *= 15 * rng.uniform(0, 1) / np.linalg.norm(jitter)
                mirrored = np.array(masses[-1].place_mm) * (-1, 1, 1) + jitter
                truth.add(frozenset((len(masses) - 1, len(masses))))
                masses.append(Mass(tuple(mirrored), diameter * rng.uniform(0.7, 1.4)))
        (row,) = pairs(stack("a", *masses))
        by_number: dict[int, set[int]] = {}
        for index, number in enumerate(row):
            if number is not None:
                by_number.setdefault(number, set()).add(index)
        said = {frozenset(pair) for pair in by_number.values()}
        true, found, false = true + len(truth), found + len(said & truth), false + len(said - truth)
    assert found >= 0.95 * true
    assert false <= 0.02 * (found + false), (true, found, false)

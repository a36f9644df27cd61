"""Masses of two readings, matched by overlap, one to one; and every figure of a few pairs by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from calcimeasure.analysis.lesion import assess
from calcimeasure.model import (
    BodySite,
    Laterality,
    Outline,
    Side,
    SideSource,
    Site,
    SiteSource,
    StackFacts,
    Status,
    Tissue,
)
from calcimeasure.model.agreement import NUMBERS, PairedStack, ReadLesion, Selection, Statistic
from calcimeasure.settings import Settings
from calcimeasure.study.agreement import agreement_of, paired
from calcimeasure.study.agreement.pairs import dice
from tests.review.desks import SHAPE, two_cuboids

if TYPE_CHECKING:
    from calcimeasure.model import Lesion, Volume

SETTINGS = Settings()


@pytest.fixture(scope="module")
def volume() -> Volume:
    return two_cuboids()


def box(start: tuple[int, int, int], shape: tuple[int, int, int]) -> Outline:
    mask = np.zeros(SHAPE, dtype=bool)
    mask[tuple(slice(a, a + n) for a, n in zip(start, shape, strict=True))] = True
    return Outline.from_mask(mask)


def read(
    volume: Volume, outline: Outline, number: int = 1, side: Laterality = Laterality.LEFT, **words: bool
) -> ReadLesion:
    lesion: Lesion = replace(
        assess(volume, outline, number, SETTINGS),
        tissue=Tissue.CALCIFIED_MASS,
        side=Side(side, SideSource.READER, None),
        site=Site(BodySite.HIP, SiteSource.READER),
    )
    return ReadLesion(lesion, **words)


def test_dice_of_boxes_by_hand() -> None:
    one, other = box((3, 10, 8), (2, 4, 5)), box((4, 12, 8), (2, 4, 5))
    assert dice(one, other) == pytest.approx(2 * (1 * 2 * 5) / 80)
    assert dice(one, one) == 1.0
    assert dice(one, box((8, 30, 30), (1, 1, 1))) == 0.0


def test_masses_are_matched_so_that_the_overlap_of_all_is_largest(volume: Volume) -> None:
    # The first of A overlaps both of B, more with the second; but the second of A overlaps that one alone.
    ones = [read(volume, box((3, 10, 8), (2, 4, 8)), 1), read(volume, box((3, 10, 16), (2, 4, 8)), 2)]
    others = [read(volume, box((3, 10, 5), (2, 4, 6)), 1), read(volume, box((3, 10, 11), (2, 4, 10)), 2)]
    pairs = paired(ones, others)
    numbers = [(pair.first and pair.first.lesion.number, pair.second and pair.second.lesion.number) for pair in pairs]
    assert numbers == [(1, 1), (2, 2)]
    assert [pair.dice for pair in pairs] == pytest.approx([2 * 3 / 14, 2 * 5 / 18])


def test_what_one_reading_has_alone_is_in_no_pair(volume: Volume) -> None:
    one, far = read(volume, box((3, 10, 8), (2, 4, 8))), read(volume, box((8, 30, 30), (2, 3, 3)), 2)
    assert [(pair.first is one, pair.second is far) for pair in paired([one], [far])] == [(True, False), (False, True)]
    touching = read(volume, box((3, 10, 15), (2, 4, 20)), 3)  # Dice 0.07: a neighbor
    assert [pair.dice for pair in paired([one], [touching])] == [None, None]
    assert paired([], []) == ()
    assert [pair.second for pair in paired([], [far])] == [far]


def stacks(volume: Volume, count: int, *, blank: bool = False) -> list[PairedStack]:
    """Stacks of as many patients: two masses that both readings have, and one that the first has alone.

    The second reading draws the first mass a slice lower, and leaves the second as it is.
    """
    facts = StackFacts.of(volume.stack, volume.geometry)
    found = []
    for number in range(count):
        first = [
            read(volume, box((3, 10, 8), (2, 4 + number, 8)), 1, is_unchanged=True),
            read(volume, box((3, 28, 30), (2, 4, 3 + number)), 2, is_unchanged=True),
            read(volume, box((8, 2, 2), (2, 3, 3)), 3, Laterality.RIGHT, is_unchanged=False, is_redrawn=True),
        ]
        second = [
            read(volume, box((3, 10, 8), (3, 4 + number, 8)), 1, is_redrawn=True),
            read(volume, box((3, 28, 30), (2, 4, 3 + number)), 2, Laterality.RIGHT, is_unchanged=True),
        ]
        # The first reading rejects a further one, of which the second one says that it is another tissue.
        further = read(volume, box((8, 2, 30), (2, 3, 3)), 4).lesion
        rejected = ReadLesion(replace(further, status=Status.REJECTED))
        another = ReadLesion(replace(further, tissue=Tissue.OTHER_CALCIFICATION))
        judged = paired([*first, rejected], [*second, another])
        found.append(PairedStack(f"p{number}", facts, blank, paired(first, second), judged))
    return found


def figure(found: list[Statistic], selection: Selection, quantity: str, name: str) -> Statistic:
    (one,) = (
        one for one in found if (one.selection, one.quantity, one.name) == (selection, quantity, name) and one.count
    )
    return one


def test_the_figures_of_a_few_pairs(volume: Volume) -> None:
    found = agreement_of(stacks(volume, 6))
    shares = [(one.name, one.value, one.count) for one in found[:3]]
    assert shares == [
        ("unchanged_first", pytest.approx(12 / 18), 18),
        ("unchanged_second", pytest.approx(6 / 12), 12),
        ("unchanged_both", pytest.approx(6 / 12), 12),
    ]
    detection = figure(found, Selection.ALL, "detection", "positive_agreement")
    assert (detection.value, detection.count, detection.patients) == (pytest.approx(24 / 30), 18, 6)
    assert (detection.low, detection.high) == (pytest.approx(0.8), pytest.approx(0.8))
    outlines = figure(found, Selection.ALL, "outline", "dice")
    assert outlines.value == pytest.approx((0.8 + 1.0) / 2)
    assert figure(found, Selection.REDRAWN, "outline", "dice").value == pytest.approx(0.8)
    side = figure(found, Selection.ALL, "laterality", "same")
    assert side.value == pytest.approx(0.5)
    tissue = figure(found, Selection.ALL, "tissue", "same")
    assert (tissue.value, tissue.count) == (pytest.approx(2 / 3), 18)
    assert figure(found, Selection.REDRAWN, "tissue", "kappa").value is None, "one word throughout"
    volume_bias = figure(found, Selection.REDRAWN, "volume_ml", "bias")
    pairs = [pair.values("volume_ml") for stack in stacks(volume, 6) for pair in stack.pairs if pair.is_redrawn]
    differences = [other - one for both in pairs if both is not None for one, other in [both]]
    assert volume_bias.value == pytest.approx(float(np.mean(differences)), abs=1e-9)
    assert (volume_bias.unit, volume_bias.on_logarithm, volume_bias.count) == ("mL", False, 6)


def test_where_the_program_agrees_with_itself_the_figures_of_redrawn_masses_tell_it(volume: Volume) -> None:
    found = agreement_of(stacks(volume, 6))
    every = figure(found, Selection.ALL, "volume_ml", "icc_2_1").value
    redrawn = figure(found, Selection.REDRAWN, "volume_ml", "icc_2_1").value
    assert every is not None
    assert redrawn is not None
    assert redrawn < every


def test_blank_readings_are_a_selection_of_their_own(volume: Volume) -> None:
    mixed = [*stacks(volume, 5), *(replace(one, patient=f"b{one.patient}") for one in stacks(volume, 6, blank=True))]
    found = agreement_of(mixed)
    assert figure(found, Selection.BLANK, "outline", "dice").count == 12
    assert figure(found, Selection.ALL, "outline", "dice").count == 22
    assert not [one for one in agreement_of(stacks(volume, 3)) if one.selection is Selection.BLANK and one.count]


def test_readings_without_a_mass_have_no_figure(volume: Volume) -> None:
    facts = StackFacts.of(volume.stack, volume.geometry)
    found = agreement_of([PairedStack("p", facts, False, ())])
    assert all(one.value is one.low is one.high is None and one.count == 0 for one in found)
    assert agreement_of([])


def test_radiographs_are_no_ct(volume: Volume) -> None:
    radiographs = [replace(one, stack=replace(one.stack, modality="DX")) for one in stacks(volume, 5)]
    found = agreement_of(radiographs)
    assert {one.images for one in found if one.quantity == "long_axis_mm"} == {"radiograph"}


def test_the_numbers_are_columns_of_the_table_of_lesions() -> None:
    assert [one.name for one in NUMBERS][:4] == ["long_axis_mm", "short_axis_mm", "max_3d_diameter_mm", "volume_ml"]
    assert all(one.in_table for one in NUMBERS)
    assert len(NUMBERS) == 8

"""The earlier date of a stack: which one, by which motion, and the difference of both by formula."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pytest

from calcimeasure.model import StackFacts
from calcimeasure.model.follow import Motion
from calcimeasure.review.difference import difference_hu
from calcimeasure.review.prior import Known, Motions, earlier_dates, index_in_current, index_in_prior, motions_of, moved
from calcimeasure.settings.algorithm import ALGORITHM, FINGERPRINT
from calcimeasure.store import StoredMotion
from calcimeasure.study.follow.constants import FOLLOW
from calcimeasure.study.follow.images import images_key
from tests.model.test_model import volume_of
from tests.phantoms import straight_grid

if TYPE_CHECKING:
    from calcimeasure.store import Store

TURNED = ((0.0, -1.0, 0.0, 5.0), (1.0, 0.0, 0.0, -2.0), (0.0, 0.0, 1.0, 4.0), (0.0, 0.0, 0.0, 1.0))
"""A quarter turn about the long axis, and a shift."""

WHOLE = Motion(TURNED, 0.9, 0.9, False, True)
LOCAL = replace(WHOLE, is_local=True)


def volumes(scale: float = 1.0) -> tuple:
    prior, current = straight_grid((6, 20, 24), (3.0, 1.0, 0.8)), straight_grid((9, 30, 20), (2.0, 0.7, 1.1))
    hu = [scale * np.arange(np.prod(one.shape_kji)).reshape(one.shape_kji) % 700 for one in (prior, current)]
    return tuple(volume_of(np.rint(one), grid) for one, grid in zip(hu, (prior, current), strict=True))


def test_an_index_leads_to_the_same_place_and_back() -> None:
    images = volumes()
    index = np.array([[4.0, 15.0, 9.0], [3.0, 12.0, 11.0]])
    there = index_in_prior(images, WHOLE, index)
    assert index_in_current(images, WHOLE, there) == pytest.approx(index)
    x, y, z = images[0].geometry.to_lps_mm(there)[0]
    assert images[1].geometry.to_lps_mm(index)[0] == pytest.approx((5 - y, x - 2, z + 4))


def test_the_motion_of_a_lesion_holds_in_its_neighborhood_alone() -> None:
    near, far = np.zeros(3), np.array([0.0, 0.0, 500.0])
    motions = Motions(Known.MOTION, None, {"1": (LOCAL, near), "2": (replace(LOCAL, bone_share=0.8), far)})
    beyond_lesion = np.array([0.0, 0.0, FOLLOW.nearest_mm + 1])
    assert motions.at(near) is LOCAL
    assert motions.at(beyond_lesion) is None
    assert motions.at(beyond_lesion, ["1"]) is LOCAL, "what is linked moves with it, as far as it was compared"
    assert motions.at(np.array([0.0, 0.0, FOLLOW.near_mm + 1]), ["1"]) is None
    whole = Motions(Known.MOTION, WHOLE, motions.local)
    assert whole.at(far) is WHOLE
    assert whole.at(near, ["1"]) is LOCAL
    assert Motions(Known.NOTHING).at(near) is None


def test_motions_hold_for_their_images_alone_and_only_if_they_carry() -> None:
    images = volumes()
    key = images_key(images, f"{ALGORITHM} {FINGERPRINT}")
    assert motions_of([], images, {}).known is Known.NOTHING
    assert motions_of([StoredMotion((1, 2), WHOLE, key)], images, {}).whole == WHOLE
    assert motions_of([StoredMotion((1, 2), WHOLE, "other")], images, {}).known is Known.OTHER_IMAGES
    assert motions_of([StoredMotion((1, 2), WHOLE, key)], volumes(2.0), {}).known is Known.OTHER_IMAGES
    lame = replace(WHOLE, carries=False)
    found = motions_of([StoredMotion((1, 2), WHOLE, key), StoredMotion((1, 2), lame, key)], images, {})
    assert (found.known, found.whole) == (Known.NONE_CARRIES, None), "the newest one counts"
    # That of a lesion which the reading does not show is not used.
    local = StoredMotion((1, 2), LOCAL, f"{key}:1", "2.25.1")
    hidden = motions_of([StoredMotion((1, 2), lame, key), local], images, {}, is_blinded=True)
    assert (hidden.known, dict(hidden.local)) == (Known.NONE_CARRIES, {})
    assert "does not show" in hidden.words


def test_the_difference_is_that_of_the_places_by_formula() -> None:
    prior, current = volumes()
    slope = np.fromfunction(lambda k, j, i: 5 * k + 3 * j + 2 * i, prior.shape_kji)
    prior = replace(prior, attenuation_hu=slope.astype(prior.attenuation_hu.dtype))
    index = np.moveaxis(np.indices(current.shape_kji), 0, -1)
    there = index_in_prior((prior, current), WHOLE, index)
    found = difference_hu((prior, current), WHOLE, index)
    inside = np.all((there >= 0) & (there <= np.array(prior.shape_kji) - 1), axis=-1)
    assert inside.any()
    meant = current.attenuation_hu - there @ np.array([5.0, 3.0, 2.0])
    assert found[inside] == pytest.approx(meant[inside], abs=1e-3)
    outside = np.any((there < -0.51) | (there > np.array(prior.shape_kji) - 0.49), axis=-1)
    assert outside.any()
    assert np.isnan(found[outside]).all(), "nothing is known where the earlier date has no image"


def test_a_slice_of_a_large_mass_is_subtracted_in_time() -> None:
    grid = straight_grid((40, 320, 320), (1.0, 0.7, 0.7))
    images = (volume_of(np.zeros(grid.shape_kji), grid),) * 2
    index = np.moveaxis(np.indices((1, 300, 300)), 0, -1)
    begun = time.process_time()
    difference_hu(images, WHOLE, index)
    assert time.process_time() - begun < 0.2


class Stacks:
    """A store with the facts of stacks, of which some were compared."""

    def __init__(
        self, stacks: dict[int, StackFacts], compared: tuple[int, ...] = (), linked: tuple[int, ...] = ()
    ) -> None:
        self.stacks, self.compared, self.linked = stacks, compared, linked

    def measured_stacks(self) -> dict[int, StackFacts]:
        return self.stacks

    def begun_stacks(self) -> None:
        return None

    def motions_between(self, pair: tuple[int, int]) -> list[int]:
        return [1] if pair[0] in self.compared else []

    def links_between(self, pair: tuple[int, int]) -> list[int]:
        return [1] if pair[0] in self.linked else []


def test_each_earlier_date_has_one_stack_of_the_same_kind_and_person() -> None:
    ct = StackFacts("s", "s.1", 1, "CT", "/in", "a", 100, study_date=date(2025, 1, 1), person="P", slice_spacing_mm=1.0)
    stacks = {
        1: ct,
        2: replace(ct, study_date=date(2024, 1, 1), slice_spacing_mm=5.0),
        3: replace(ct, study_date=date(2024, 1, 1), slice_spacing_mm=2.0),
        4: replace(ct, study_date=date(2023, 1, 1)),
        5: replace(ct, study_date=date(2024, 6, 1), person="Q"),
        6: replace(ct, study_date=date(2024, 6, 1), modality="DX"),
        7: replace(ct, study_date=date(2026, 1, 1)),
        8: replace(ct, study_date=None),
    }

    def chosen(store: object, *, is_blinded: bool = False) -> list[tuple[int, int]]:
        return [(one.stack_id, one.days) for one in earlier_dates(store, 1, is_blinded=is_blinded)]  # type: ignore[arg-type]

    assert chosen(Stacks(stacks)) == [(3, 366), (4, 731)]
    assert chosen(Stacks(stacks, compared=(2,))) == [(2, 366), (4, 731)], "what was compared comes first"
    assert chosen(Stacks(stacks, linked=(2,))) == [(2, 366), (4, 731)]
    assert chosen(Stacks(stacks, linked=(2,)), is_blinded=True) == [(3, 366), (4, 731)]
    store: Store = Stacks(stacks)  # type: ignore[assignment]
    assert earlier_dates(store, 8) == earlier_dates(store, 4) == ()


def test_a_motion_leads_back() -> None:
    points = np.array([[1.0, 2.0, 3.0], [-4.0, 0.5, 9.0]])
    assert moved(WHOLE, moved(WHOLE, points), back=True) == pytest.approx(points)

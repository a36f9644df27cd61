"""What a reader marks stays in the body and keeps to what was painted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from calcimeasure.model import Outline
from calcimeasure.segment.radiograph.marked import kept_pyramid_of, kept_to_painted, within_skin, without_skin_flap
from tests.radiographs import radiograph_of

SHAPE = (80, 120)
STEPS = (0.5, 0.25)
"""Rows are twice as far apart as columns."""


def box(rows: slice, columns: slice) -> np.ndarray:
    mask = np.zeros(SHAPE, dtype=bool)
    mask[rows, columns] = True
    return mask


PAINTED = box(slice(20, 40), slice(30, 70))
"""10 x 10 mm: a third of its width is 3.3 mm, 6 rows or 13 columns."""


@pytest.mark.parametrize(
    ("rows", "columns", "is_taken"),
    [
        ((20, 40), (30, 70), True),
        ((16, 44), (21, 79), True),
        ((12, 46), (30, 70), False),
        ((20, 48), (30, 70), False),
        ((20, 40), (15, 70), False),
        ((20, 40), (30, 85), False),
        ((20, 40), (30, 51), True),
        ((20, 40), (30, 48), False),
        ((60, 70), (30, 70), False),
    ],
)
def test_an_outline_that_leaves_what_was_painted_is_not_taken(
    rows: tuple[int, int], columns: tuple[int, int], is_taken: bool
) -> None:
    found = Outline.from_mask(box(slice(*rows), slice(*columns))[None])
    even = kept_pyramid_of(radiograph_of(np.zeros(SHAPE), STEPS))
    assert kept_to_painted(found, PAINTED, even) == (found if is_taken else Outline.from_mask(PAINTED[None]))


def test_an_outline_that_leaves_out_what_is_as_dense_is_not_taken() -> None:
    found = Outline.from_mask(box(slice(20, 40), slice(30, 52))[None])
    for stop, is_taken in ((52, True), (56, True), (62, False)):
        pixels = 100.0 + 500 * box(slice(20, 40), slice(30, stop))
        kept = kept_to_painted(found, PAINTED, kept_pyramid_of(radiograph_of(pixels, STEPS)))
        assert (kept == found) == is_taken


def test_an_outline_does_not_reach_into_the_open_beam() -> None:
    pixels = np.full((120, 160), 100, dtype=np.float32)
    pixels[:, 60:] = 900
    pixels[40:80, 70:110] = 1500
    image = radiograph_of(pixels)
    pyramid = kept_pyramid_of(image)
    assert kept_pyramid_of(replace(image)) is pyramid
    assert kept_pyramid_of(image.calibrated(0.2)) is not pyramid
    inside = Outline.from_mask(np.ones((1, 20, 20), dtype=bool), (0, 50, 80))
    assert within_skin(inside, pyramid) is inside
    across = within_skin(Outline.from_mask(np.ones((1, 20, 60), dtype=bool), (0, 50, 40)), pyramid)
    assert across is not None
    assert (across.start_kji[2], across.stop_kji[2]) == (60, 100)
    assert within_skin(Outline.from_mask(np.ones((1, 20, 30), dtype=bool), (0, 50, 10)), pyramid) is None


def test_a_fingertip_with_a_mass_in_it_is_not_taken_for_the_mass() -> None:
    rows, columns = np.indices((160, 200), dtype=np.float32)
    tip = np.hypot(rows - 80, columns - 110) < 60
    tip |= (np.abs(rows - 80) < 60) & (columns > 110)
    mass = np.hypot((rows - 80) / 1.4, columns - 100) < 24
    pixels = 100.0 + 400 * tip + 600 * mass + np.random.default_rng(3).normal(0, 5, tip.shape)
    pyramid = kept_pyramid_of(radiograph_of(pixels))
    whole = Outline.from_mask((tip & (columns < 140))[None])
    kept = without_skin_flap(whole, pyramid).mask_in((0, 0, 0), (1, 160, 200))[0]
    assert 2 * np.count_nonzero(kept & mass) / (np.count_nonzero(kept) + np.count_nonzero(mass)) > 0.93
    right = Outline.from_mask(mass[None])
    assert without_skin_flap(right, pyramid) is right


def test_an_even_mass_that_bulges_at_the_skin_keeps_its_outline() -> None:
    rows, columns = np.indices((160, 200), dtype=np.float32)
    limb = columns > 60
    mass = (np.hypot(rows - 80, columns - 85) < 24) & limb
    pyramid = kept_pyramid_of(radiograph_of(100.0 + 400 * limb + 300 * mass))
    outline = Outline.from_mask(mass[None])
    assert without_skin_flap(outline, pyramid) is outline

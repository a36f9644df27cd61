"""Specks, and what is drawn or metal, are no masses."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from calcimeasure.model import Outline
from calcimeasure.segment.radiograph.artifacts import is_drawn, is_speck
from calcimeasure.segment.radiograph.scale import pyramid_of
from tests.radiographs import radiograph_of

SHAPE = (120, 160)


def film(mask: np.ndarray, height: float, *, blur: float = 0.0, grain: float = 0.0) -> np.ndarray:
    """A limb with something in it."""
    rng = np.random.default_rng(1)
    columns = np.indices(SHAPE, dtype=np.float32)[1]
    limb = 400 * np.sqrt(np.maximum(1 - ((columns - 80) / 70) ** 2, 0)) + rng.normal(0, 4, SHAPE)
    inside = ndimage.gaussian_filter(mask.astype(float), blur) if blur else mask.astype(float)
    texture = 1 + grain * ndimage.gaussian_filter(rng.normal(size=SHAPE), 2) * 7
    return np.where(mask & (grain == 0) & (blur == 0), height, limb + height * inside * texture)


def box(rows: slice, columns: slice) -> np.ndarray:
    mask = np.zeros(SHAPE, dtype=bool)
    mask[rows, columns] = True
    return mask


def test_a_box_is_drawn_and_a_mass_is_not() -> None:
    place = box(slice(40, 70), slice(60, 110))
    outline = Outline.from_mask(place[None])
    assert is_drawn(outline, pyramid_of(radiograph_of(film(place, 900))))
    assert not is_drawn(outline, pyramid_of(radiograph_of(film(place, 500, blur=4.0))))
    assert not is_drawn(outline, pyramid_of(radiograph_of(film(place, 500, blur=0.7, grain=0.3))))
    assert not is_drawn(outline, pyramid_of(radiograph_of(np.full(SHAPE, 7.0))))


@pytest.mark.parametrize(
    ("rows", "columns", "spacing_mm", "speck"),
    [(5, 4, None, True), (5, 5, None, False), (12, 12, 0.1, True), (21, 12, 0.1, False), (12, 12, None, False)],
)
def test_specks_are_small_in_pixels_or_in_millimeters(
    rows: int, columns: int, spacing_mm: float | None, speck: bool
) -> None:
    outline = Outline.from_mask(box(slice(40, 40 + rows), slice(60, 60 + columns))[None])
    spacing = None if spacing_mm is None else (spacing_mm, spacing_mm)
    assert is_speck(outline, pyramid_of(radiograph_of(np.zeros(SHAPE), spacing))) == speck

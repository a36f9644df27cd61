"""Specks, and what is drawn or metal, are no masses."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from calcimeasure.model import Outline
from calcimeasure.segment.radiograph.artifacts import is_drawn, is_round, is_speck
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


def ellipse(height: float, width: float, turned_deg: float = 0.0) -> np.ndarray:
    rows, columns = np.indices(SHAPE) - np.array([60, 80])[:, None, None]
    turn = np.deg2rad(turned_deg)
    along, across = rows * np.cos(turn) + columns * np.sin(turn), columns * np.cos(turn) - rows * np.sin(turn)
    return (along / height) ** 2 + (across / width) ** 2 < 1


@pytest.mark.parametrize(("height", "width", "turned_deg"), [(5, 5, 0), (12, 12, 0), (25, 12, 0), (25, 12, 30)])
def test_an_ellipse_is_round(height: float, width: float, turned_deg: float) -> None:
    assert is_round(Outline.from_mask(ellipse(height, width, turned_deg)[None]))


@pytest.mark.parametrize(
    "mask",
    [
        box(slice(40, 70), slice(60, 110)),
        box(slice(40, 70), slice(60, 90)),
        box(slice(40, 44), slice(60, 110)),
        box(slice(40, 41), slice(60, 61)),
        ellipse(20, 20) & ~ellipse(12, 12),
        ellipse(20, 20) & (np.indices(SHAPE)[1] < 80),
        box(slice(40, 70), slice(60, 66)) | box(slice(64, 70), slice(60, 80)),
    ],
    ids=["box", "square", "line", "pixel", "ring", "half", "letter L"],
)
def test_what_is_drawn_is_not_round(mask: np.ndarray) -> None:
    assert not is_round(Outline.from_mask(mask[None]))

"""The border of an outline: its area by the shoelace formula, and outlines that have no single border."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage

from calcimeasure.export.dicom import border
from calcimeasure.export.dicom.border import single_border
from calcimeasure.model import Outline

if TYPE_CHECKING:
    from numpy.typing import NDArray


def area(points: list[tuple[float, float]]) -> float:
    rows, columns = np.array(points).T
    return float(abs(np.sum(rows[:-1] * columns[1:] - rows[1:] * columns[:-1])) / 2)


def test_one_pixel_is_a_square_around_its_center() -> None:
    points = single_border(Outline.from_mask(np.ones((1, 1, 1), dtype=bool), (0, 3, 5)))
    assert points == [(2.5, 4.5), (2.5, 5.5), (3.5, 5.5), (3.5, 4.5), (2.5, 4.5)]


@given(arrays(bool, st.tuples(st.integers(1, 6), st.integers(1, 6))))
def test_a_border_encloses_the_pixels_and_is_there_for_one_part_without_a_hole(mask: NDArray[np.bool_]) -> None:
    if not mask.any():
        return
    outline = Outline.from_mask(mask[None], (0, 7, 2))
    _, parts = ndimage.label(mask, np.ones((3, 3)))
    _, outside = ndimage.label(~np.pad(mask, 1))
    points = single_border(outline)
    assert (points is not None) == (parts == 1 and outside == 1)
    if points is not None:
        assert points[0] == points[-1]
        assert area(points) == pytest.approx(mask.sum())
        steps = np.diff(np.array(points), axis=0) != 0
        assert (steps.sum(axis=1) == 1).all()  # along an axis
        assert (steps[1:] != steps[:-1]).all()  # corners alone


def test_a_border_with_more_points_than_an_item_can_hold_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    outline = Outline.from_mask(np.eye(5, dtype=bool)[None])
    assert len(single_border(outline) or ()) == 21
    monkeypatch.setattr(border, "MOST_POINTS", 20)
    assert single_border(outline) is None

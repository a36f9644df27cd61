"""The highest and the lowest value of windows, against SciPy's filters."""

import numpy as np
import pytest
from scipy import ndimage

from calcimeasure.edge.windows import highest_in, lowest_in


@pytest.mark.parametrize("widths", [(1, 1, 1), (3, 3, 3), (1, 5, 7), (3, 9, 11)])
@pytest.mark.parametrize("shape", [(9, 13, 17), (3, 2, 5), (1, 7, 9)])
def test_windows_are_those_of_filters_also_where_they_are_wider_than_the_box(
    widths: tuple[int, int, int], shape: tuple[int, int, int]
) -> None:
    values = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    highest, lowest = highest_in(values, widths), lowest_in(values, widths)
    assert highest.dtype == values.dtype
    np.testing.assert_array_equal(highest, ndimage.maximum_filter(values, widths))
    np.testing.assert_array_equal(lowest, ndimage.minimum_filter(values, widths))
    np.testing.assert_array_equal(lowest_in(highest, widths), ndimage.grey_closing(values, size=widths))


def test_windows_of_a_mask() -> None:
    mask = np.random.default_rng(1).random((6, 9, 11)) > 0.9
    grown = highest_in(mask, (3, 3, 5))
    assert grown.dtype == np.bool_
    np.testing.assert_array_equal(grown, ndimage.maximum_filter(mask, (3, 3, 5)))
    np.testing.assert_array_equal(lowest_in(~mask, (3, 3, 5)), ~grown)

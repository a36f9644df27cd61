"""Hounsfield units: against the standard library's own statistics."""

import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from calcimeasure.measure.attenuation import Attenuation, attenuation


def test_by_hand() -> None:
    found = attenuation(np.array([200, 300, 300, 800], dtype=np.int16))
    assert found == Attenuation(mean_hu=400.0, median_hu=300.0, sd_hu=pytest.approx(55000**0.5), max_hu=800.0)


def test_lone_voxel_has_no_spread() -> None:
    assert attenuation(np.array([437], dtype=np.int16)) == Attenuation(437.0, 437.0, 0.0, 437.0)


@given(arrays(np.int16, st.integers(1, 60), elements=st.integers(-32768, 32767)))
@hypothesis_settings(deadline=None)
def test_is_what_the_standard_library_says(inside_hu: np.ndarray) -> None:
    values = inside_hu.tolist()
    found = attenuation(inside_hu)
    assert found.mean_hu == pytest.approx(statistics.fmean(values), abs=1e-9)
    assert found.median_hu == statistics.median(values)
    assert found.sd_hu == pytest.approx(statistics.pstdev(values), rel=1e-9, abs=1e-9)
    assert found.max_hu == max(values)
    assert {type(value) for value in (found.mean_hu, found.median_hu, found.sd_hu, found.max_hu)} == {float}


def test_sum_of_many_voxels_does_not_overflow() -> None:
    found = attenuation(np.repeat(np.array([32767, 32765], dtype=np.int16), 200_000))
    assert (found.mean_hu, found.median_hu, found.sd_hu) == (32766.0, 32766.0, 1.0)

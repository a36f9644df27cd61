"""Features of dense parts on a grid whose steps differ."""

import edt
import numpy as np
import pytest
from numpy.typing import NDArray

from calcimeasure.model import Tissue
from calcimeasure.segment.ct.features import Features, features_of
from calcimeasure.segment.ct.judge import judge
from calcimeasure.segment.ct.split import Parts
from calcimeasure.settings import Settings

SPACING_MM = (2.0, 1.0, 1.0)
MARROW_HU, CORTEX_HU = 60, 1300
SHAPE_KJI = (150, 40, 40)


def cylinder(radius_mm: float, begin: int, end: int) -> NDArray[np.bool_]:
    _, j, i = np.indices(SHAPE_KJI)
    found = np.hypot(j - 19.5, i - 19.5) < radius_mm
    found[:begin] = found[end:] = False
    return found


def features_of_shell(inner: NDArray[np.bool_], outer: NDArray[np.bool_]) -> Features:
    shell = outer & ~inner
    depth_mm = edt.edt(shell, anisotropy=SPACING_MM, black_border=False)
    hu = np.where(shell, CORTEX_HU, MARROW_HU).astype(np.int16)
    (found,) = features_of(hu, Parts(shell.astype(np.int32), depth_mm, inner), SPACING_MM)
    return found


@pytest.mark.parametrize(
    ("begin", "end", "is_closed"), [(0, 150, False), (20, 150, True), (20, 130, True)], ids=["through", "one", "closed"]
)
def test_cavity_of_a_tube_that_leaves_the_image_at_both_ends_is_not_closed(
    begin: int, end: int, is_closed: bool
) -> None:
    inner = cylinder(9, begin + 4 if begin else 0, end - 4 if end < 150 else 150)
    found = features_of_shell(inner, cylinder(14, begin, end))
    assert found.cut_share < 0.02  # less than a part that goes on beyond the image has
    assert (found.cavity_hu is not None) == is_closed
    assert judge(found, Settings()).tissue is (Tissue.UNKNOWN if is_closed else Tissue.BONE)

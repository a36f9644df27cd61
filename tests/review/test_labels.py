"""What is painted becomes outlines, and outlines become labels."""

import numpy as np

from calcimeasure.model import Outline
from calcimeasure.review.labels import draw_outlines

SHAPE = (4, 5, 6)


def test_outlines_come_back_from_labels() -> None:
    mask = np.zeros(SHAPE, dtype=bool)
    mask[1:3, 1:4, 2:5] = True
    inner = np.zeros(SHAPE, dtype=bool)
    inner[1, 2, 3] = True
    labels = draw_outlines([(3, Outline.from_mask(mask)), (9, Outline.from_mask(inner))], (0, 0, 0), SHAPE)
    assert np.array_equal(labels == 9, inner)
    assert np.array_equal(labels == 3, mask & ~inner)
    part = draw_outlines([(3, Outline.from_mask(mask))], (2, 0, 3), (4, 5, 6))
    assert np.array_equal(part == 3, mask[2:4, :, 3:6])

"""What is painted becomes outlines, and outlines become labels."""

import numpy as np
import pytest

from calcimeasure.model import Outline
from calcimeasure.review.labels import LabelImage, changed_outline, draw_outlines

SHAPE = (4, 5, 6)


def outline_of(*where: tuple[int, int, int]) -> Outline:
    mask = np.zeros(SHAPE, dtype=bool)
    mask[tuple(np.transpose(where))] = True
    return Outline.from_mask(mask)


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


@pytest.mark.parametrize("shape", [SHAPE, (4, 5, 7)])  # rows of slices with and without four voxels in a word
def test_what_is_painted_is_found_once(shape: tuple[int, int, int]) -> None:
    image = LabelImage(shape)
    assert image.painted(press=1) is None
    image.labels[1, 2, 3] = image.labels[3, 4, 5] = 8
    stroke = image.painted(press=1)
    assert stroke is not None
    assert np.transpose(np.unravel_index(stroke.where, shape)).tolist() == [[1, 2, 3], [3, 4, 5]]
    assert (stroke.before.tolist(), stroke.after.tolist(), stroke.press) == ([0, 0], [8, 8], 1)
    image.take_as_known(stroke)
    assert image.painted(press=1) is None


def test_what_is_drawn_by_the_program_was_not_painted() -> None:
    image = LabelImage(SHAPE)
    image.draw_all([(1, outline_of((0, 0, 0), (3, 4, 5))), (2, outline_of((0, 0, 0)))])
    assert image.painted(press=1) is None
    assert (image.labels[0, 0, 0], image.labels[3, 4, 5]) == (2, 1)
    image.draw_box((0, 0, 0), (2, 2, 2), [(1, outline_of((0, 0, 0), (3, 4, 5)))])
    assert (image.labels[0, 0, 0], image.labels[3, 4, 5]) == (1, 1)
    image.draw_all([])
    assert not image.labels.any()
    assert image.painted(press=1) is None


def test_a_stroke_is_painted_again_where_nothing_else_was_painted_since() -> None:
    image = LabelImage(SHAPE)
    image.labels[1, 1, 1:4] = 2
    stroke = image.painted(press=1)
    assert stroke is not None
    image.labels[1, 1, 2] = 5
    image.paint_again(stroke, forward=False)
    assert image.labels[1, 1, 1:4].tolist() == [0, 5, 0]
    image.paint_again(stroke, forward=True)
    assert image.labels[1, 1, 1:4].tolist() == [2, 5, 2]


def test_what_was_grown_takes_free_voxels_and_those_of_its_own_lesion() -> None:
    image = LabelImage(SHAPE)
    before = outline_of((1, 1, 0), (1, 1, 1))
    image.draw_all([(1, before), (2, outline_of((1, 1, 3)))])
    grown = outline_of((1, 1, 1), (1, 1, 2), (1, 1, 3))
    assert image.most_under(grown) == 0  # a third of it on each
    assert image.most_under(outline_of((1, 1, 1), (1, 1, 2))) == 1  # half of it
    assert not image.is_free_for(1, outline_of((1, 1, 3)))
    assert image.is_free_for(2, outline_of((1, 1, 3)))
    image.paint(1, grown, before)
    assert image.labels[1, 1].tolist() == [0, 1, 1, 2, 0, 0]
    image.erase(outline_of((1, 1, 2), (1, 1, 3)))
    assert image.labels[1, 1].tolist() == [0, 1, 0, 0, 0, 0]


def test_a_label_that_is_renamed_was_not_painted() -> None:
    image = LabelImage(SHAPE)
    image.labels[1, 1, 1] = 57
    stroke = image.painted(press=1)
    assert stroke is not None
    image.take_as_known(stroke)
    image.rename(57, 3, outline_of((1, 1, 1)))
    assert image.labels[1, 1, 1] == 3
    assert image.painted(press=1) is None


NOTHING = np.zeros((0, 3), dtype=np.intp)


def test_an_outline_gains_and_loses_voxels() -> None:
    outline = outline_of((1, 1, 1), (1, 1, 2))
    changed = changed_outline(outline, np.array([[3, 4, 5]]), np.array([[1, 1, 1], [0, 0, 0]]))
    assert changed == outline_of((1, 1, 2), (3, 4, 5))
    assert changed_outline(None, np.array([[3, 4, 5]]), NOTHING) == outline_of((3, 4, 5))
    assert changed_outline(outline, NOTHING, np.array([[1, 1, 1], [1, 1, 2]])) is None
    assert changed_outline(None, NOTHING, NOTHING) is None


def test_a_brush_that_is_limited_paints_only_where_it_may_and_erases_everywhere() -> None:
    image = LabelImage((1, 2, 4))
    image.draw_all([(1, Outline.from_mask(np.array([[[True, True, False, False], [False] * 4]])))])
    able = np.array([0, 0, 1, 0, 1, 1, 0, 0], dtype=bool)
    image.labels[0, 0, 0] = 0  # erased where it may not paint
    image.labels[0, 0, 2:] = 2
    image.labels[0, 0, 1] = 2  # over another lesion
    stroke = image.painted(1)
    assert stroke is not None
    kept = image.limited(stroke, lambda where: able[where])
    assert kept is not None
    assert image.labels[0].tolist() == [[0, 1, 2, 0], [0, 0, 0, 0]]
    assert (kept.where.tolist(), kept.after.tolist()) == ([0, 2], [0, 2])
    image.take_as_known(kept)
    image.labels[0, 1, 3] = 2
    stroke = image.painted(2)
    assert stroke is not None
    assert image.limited(stroke, lambda where: able[where]) is None
    assert image.painted(3) is None

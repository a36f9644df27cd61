import numpy as np
from numpy.typing import NDArray

from calcimeasure.segment.ct.boxes import boxes_apart
from calcimeasure.segment.ct.components import find_components
from calcimeasure.segment.ct.features import features_of
from calcimeasure.segment.ct.split import split
from calcimeasure.settings import MeasureSettings
from tests.masses import volume_of
from tests.phantoms import straight_grid

SPACING_MM = (3.0, 1.0, 0.7)
SHAPE = (60, 90, 110)
BALLS = ((15, 20, 20), (40, 70, 25), (18, 25, 75), (20, 60, 95))
RADIUS_MM = 10.0


def balls(*centers: tuple[int, int, int]) -> NDArray[np.bool_]:
    """Balls with a hole in their middle."""
    places = np.stack(np.indices(SHAPE), axis=-1)
    away_mm = np.min([np.linalg.norm((places - center) * SPACING_MM, axis=-1) for center in centers], axis=0)
    return (away_mm < RADIUS_MM) & (away_mm > 4)


def test_boxes_hold_all_of_a_mask_with_room_and_do_not_overlap() -> None:
    mask = balls(*BALLS)
    boxes = boxes_apart(mask, SPACING_MM, reach_mm=6.0)
    assert len(boxes) == len(BALLS)
    held = np.zeros(SHAPE, dtype=np.intp)
    for box in boxes:
        held[box] += 1
        inner = np.argwhere(mask[box])
        for axis, mm in enumerate(SPACING_MM):
            low, high = inner[:, axis].min() + box[axis].start, inner[:, axis].max() + box[axis].start
            assert box[axis].start == 0 or (low - box[axis].start) * mm >= 6
            assert box[axis].stop == SHAPE[axis] or (box[axis].stop - 1 - high) * mm >= 6
    assert held.max() == 1
    assert held[mask].all()


def test_pieces_whose_boxes_would_overlap_share_a_box() -> None:
    mask = np.zeros(SHAPE, dtype=np.bool_)
    mask[30, 10, 10:100] = mask[30, 10:80, 50] = True
    mask[31, 74:80, 61] = True  # apart from the first piece, within its box
    mask[5, 60:70, 10:20] = True
    assert len(boxes_apart(mask, SPACING_MM, reach_mm=3.0)) == 2


def test_an_empty_mask_has_no_boxes() -> None:
    assert boxes_apart(np.zeros(SHAPE, dtype=np.bool_), SPACING_MM, reach_mm=3.0) == []


def test_parts_far_apart_are_what_each_is_alone() -> None:
    hu = np.random.default_rng(0).integers(300, 900, SHAPE).astype(np.int16)
    together = split(balls(*BALLS), SPACING_MM)
    features = features_of(hu, together, SPACING_MM)
    alone = [split(balls(center), SPACING_MM) for center in BALLS]
    assert np.array_equal(together.depth_mm, np.max([one.depth_mm for one in alone], axis=0))
    assert np.array_equal(together.marrow, np.any([one.marrow for one in alone], axis=0))
    assert together.marrow.any()
    expected = [one for parts in alone for one in features_of(hu, parts, SPACING_MM)]
    assert sorted(features, key=repr) == sorted(expected, key=repr)


def test_components_far_apart_are_found_where_they_lie() -> None:
    hu = np.where(balls(*BALLS), 500, 40).astype(np.int16)
    hu[50, 80, 90] = 500  # a speck
    volume = volume_of(hu, straight_grid(SHAPE, SPACING_MM))
    found = find_components(volume, MeasureSettings())
    assert found.dropped_count == 1
    mask = np.zeros(SHAPE, dtype=np.bool_)
    for outline in found.outlines:
        mask[outline.box] |= outline.mask()
    assert len(found.outlines) == len(BALLS)
    assert np.array_equal(mask, balls(*BALLS))

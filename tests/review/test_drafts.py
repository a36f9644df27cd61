"""Drafts: what is painted and not kept, which of them is measured next, and whose numbers are taken."""

import numpy as np
import pytest

from calcimeasure.analysis.kinds import LARGE_MM, LARGE_PX
from calcimeasure.model import AlgorithmType, Outline, Revision, SpacingSource, Volume
from calcimeasure.review import Signature, add, redraw
from calcimeasure.review.drafts import Drafts, Job, first_numbers, measuring
from tests.radiographs import radiograph_of
from tests.review.desks import FIRST, SECOND, SETTINGS, box, two_cuboids

ONE, OTHER = box(FIRST), box(SECOND)
BY = Signature("A. Reader")


@pytest.fixture(scope="module")
def volume() -> Volume:
    return two_cuboids()


@pytest.fixture(scope="module")
def kept(volume: Volume) -> Revision:
    return add(ONE, AlgorithmType.MANUAL, {}, volume, SETTINGS, BY)


def test_an_outline_that_is_painted_back_is_no_draft(volume: Volume) -> None:
    drafts = Drafts()
    drafts.paint(1, OTHER, ONE, volume)
    assert drafts.by_label[1].outline == OTHER
    begun = drafts.by_label[1].begun
    drafts.paint(1, None, ONE, volume)
    assert (drafts.by_label[1].outline, drafts.by_label[1].begun) == (None, begun)
    drafts.paint(1, ONE, ONE, volume)
    assert not drafts.by_label


def test_the_draft_that_is_looked_at_is_measured_first_and_each_once(volume: Volume) -> None:
    drafts = Drafts()
    for label in (1, 2, 3):
        drafts.paint(label, ONE, None, volume)
    drafts.paint(4, None, ONE, volume)  # erased: nothing to measure
    order = []
    while (found := drafts.next_to_measure(2)) is not None:
        order.append(found[0])
        drafts.note_measuring(found[0])
    assert order == [2, 1, 3]
    drafts.forget_numbers([3])
    assert drafts.next_to_measure(2) == (3, ONE)


def test_numbers_of_an_outline_that_was_painted_on_since_are_not_taken(volume: Volume, kept: Revision) -> None:
    drafts = Drafts()
    drafts.paint(1, OTHER, ONE, volume)
    found = drafts.next_to_measure(None)
    assert found is not None
    job = Job(*found, lambda: kept)
    drafts.note_measuring(1)
    drafts.paint(1, ONE.union(OTHER), ONE, volume)
    assert not drafts.take(job, kept)
    assert drafts.by_label[1].measured is None
    found = drafts.next_to_measure(None)
    assert found is not None
    assert drafts.take(Job(*found, lambda: kept), kept)
    assert drafts.by_label[1].measured is kept
    assert drafts.next_to_measure(None) is None


def test_what_a_tool_grew_is_semiautomatic_until_it_is_painted_on(volume: Volume) -> None:
    drafts = Drafts()
    drafts.paint(1, OTHER, None, volume)
    assert drafts.is_rough(1)
    drafts.note_grown(OTHER)
    assert not drafts.is_rough(1)
    assert drafts.drawn_by(OTHER) is AlgorithmType.SEMIAUTOMATIC
    assert drafts.drawn_by(OTHER.union(ONE)) is AlgorithmType.MANUAL
    assert not drafts.is_rough(2)


def test_a_draft_is_as_old_as_its_first_stroke(volume: Volume) -> None:
    drafts = Drafts()
    drafts.paint(1, OTHER, None, volume)
    assert drafts.begun_before(1, 0.0)
    assert not drafts.begun_before(1, 1000.0)
    assert not drafts.begun_before(2, 0.0)


def test_large_masses_alone_have_numbers_at_once(volume: Volume) -> None:
    assert first_numbers(ONE, volume) is None
    rows = int(LARGE_PX) + 1
    film = radiograph_of(np.zeros((400, 400)), (0.1, 0.1), SpacingSource.CALIBRATED)
    long = Outline.from_mask(np.ones((1, rows, 3), dtype=bool))
    assert first_numbers(long, film) is not None
    assert first_numbers(Outline.from_mask(np.ones((1, rows - 1, 3), dtype=bool)), film) is None
    assert LARGE_MM < 0.9 * 60
    column = Outline.from_mask(np.ones((1, 1, 60), dtype=bool))
    assert first_numbers(column, volume) is not None


def test_a_recipe_gives_a_new_lesion_or_the_next_revision_of_one(volume: Volume, kept: Revision) -> None:
    newest = {kept.lesion.tracking_uid: kept}
    manual = AlgorithmType.MANUAL
    new = measuring(OTHER, manual, None, newest, volume, SETTINGS, BY, None)()
    assert (new.number, new.lesion.number, new.lesion.outline) == (1, 2, OTHER)
    drawn = measuring(OTHER, manual, kept, newest, volume, SETTINGS, BY, None)()
    assert drawn == redraw(kept, OTHER, manual, volume, SETTINGS, BY)

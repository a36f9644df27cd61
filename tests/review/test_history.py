"""Steps are undone from the last one on, and done again in their order; strokes of one press are one step."""

import numpy as np

from calcimeasure.review.history import STEPS, Decision, History, Stroke

SHAPE = (2, 3, 4)


def stroke(where: list[int], before: list[int], after: list[int], press: int) -> Stroke:
    return Stroke(np.array(where), np.array(before, np.uint16), np.array(after, np.uint16), press)


def decision(number: int) -> Decision:
    return Decision({"1.2": number - 1}, {"1.2": number})


def test_nothing_is_undone_or_done_again_where_nothing_was_done() -> None:
    history = History()
    assert history.next(forward=False) is None
    assert history.next(forward=True) is None


def test_steps_go_to_and_fro() -> None:
    history, first, second = History(), decision(1), decision(2)
    history.add(first)
    history.add(second)
    assert history.next(forward=False) is second
    history.move(second, forward=False)
    assert history.next(forward=True) is second
    assert history.next(forward=False) is first
    history.move(second, forward=True)
    assert history.next(forward=False) is second


def test_what_was_undone_cannot_be_done_again_after_a_new_step() -> None:
    history = History()
    history.add(decision(1))
    history.move(history.next(forward=False), forward=False)
    history.add(decision(1))
    assert history.next(forward=True) is None


def test_strokes_of_one_press_are_one_step_with_what_was_there_first_and_last() -> None:
    history = History()
    history.add(stroke([3, 5], [0, 2], [1, 1], press=1))
    history.add(stroke([1, 5], [0, 1], [1, 0], press=1))
    whole = history.next(forward=False)
    assert isinstance(whole, Stroke)
    assert (whole.where.tolist(), whole.before.tolist(), whole.after.tolist()) == ([1, 3, 5], [0, 0, 2], [1, 1, 0])
    history.move(whole, forward=False)
    assert history.next(forward=False) is None


def test_another_press_and_a_decision_begin_a_new_step() -> None:
    history, first = History(), stroke([3], [0], [1], press=1)
    history.add(first)
    history.add(decision(1))
    history.add(stroke([4], [0], [1], press=1))
    history.add(stroke([5], [0], [1], press=2))
    for _ in range(3):
        step = history.next(forward=False)
        assert step is not None
        assert step is not first
        history.move(step, forward=False)
    assert history.next(forward=False) is first


def test_a_step_is_not_moved_after_the_history_was_cleared() -> None:
    history, step = History(), decision(1)
    history.add(step)
    history.clear()
    history.move(step, forward=False)
    assert history.next(forward=True) is None


def test_the_oldest_steps_are_forgotten() -> None:
    history = History()
    for number in range(1, STEPS + 11):
        history.add(decision(number))
    undone = 0
    while (step := history.next(forward=False)) is not None:
        history.move(step, forward=False)
        undone += 1
    assert undone == STEPS
    assert history.next(forward=True).after == {"1.2": 11}


def test_a_stroke_says_what_each_lesion_gained_and_lost() -> None:
    """Flat index 17 of (2, 3, 4) is slice 1, row 1, column 1."""
    painted = stroke([2, 17], [0, 9], [4, 4], press=1)
    assert painted.labels == [4, 9]
    found = {label: (gained.tolist(), lost.tolist()) for label, gained, lost in painted.voxels(SHAPE)}
    assert found == {4: ([[0, 0, 2], [1, 1, 1]], []), 9: ([], [[1, 1, 1]])}


def test_a_lesion_that_is_kept_under_another_number_is_renamed_in_every_stroke() -> None:
    history = History()
    history.add(stroke([2], [0], [57], press=1))
    history.add(stroke([2], [57], [0], press=2))
    history.move(history.next(forward=False), forward=False)
    history.rename(57, 3)
    assert history.next(forward=False).labels == history.next(forward=True).labels == [3]

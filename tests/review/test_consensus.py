"""A consensus begins with what two readings accepted, decides nothing, and says what each of them has."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from calcimeasure.errors import ReviewError
from calcimeasure.model import AlgorithmType, Laterality, Outline, Status
from calcimeasure.review import Desk, ReadingWish, Signature, TaskState, redraw
from calcimeasure.run.agreement import AgreementOrder, compare_readings
from calcimeasure.store import ReadingKind
from tests.gui.small import TWO_MASSES, small_folder
from tests.review.test_desk import quiet
from tests.review.test_readings import desk_of, session_of


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stack that A read as proposed; B drew the first mass, says left, and rejected the second."""
    folder = small_folder(tmp_path_factory.mktemp("measured"), [TWO_MASSES])
    first = desk_of(folder, "A", "Dr A")
    session = session_of(first)
    for number in (1, 2):
        session.decide(number, Status.ACCEPTED)
    first.close()
    second = desk_of(folder, "B", "Dr B")
    session = session_of(second)
    outline = session.lesions[1].lesion.outline
    drawn = Outline.from_mask(outline.mask()[:-1], outline.start_kji)
    new = redraw(session.lesions[1], drawn, AlgorithmType.MANUAL, session.image, second.settings, Signature("Dr B"))
    second.store.append(1, [new], second.settings)
    session = session_of(second)
    session.set_side(1, Laterality.LEFT)
    session.decide(1, Status.ACCEPTED)
    session.decide(2, Status.REJECTED)
    second.close()
    return folder


@pytest.fixture
def folder(read: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(read, tmp_path / "out"))


def consensus(folder: Path, name: str = "both", *bases: str) -> Desk:
    return Desk(folder, quiet, wish=ReadingWish(name, bases=bases or ("A", "B")))


def test_a_consensus_begins_with_what_one_of_both_accepted(folder: Path) -> None:
    desk = consensus(folder)
    assert (desk.reading.kind, desk.reading.bases, desk.reading.is_blinded) == (
        ReadingKind.CONSENSUS,
        ("A", "B"),
        False,
    )
    session = session_of(desk)
    assert [one.lesion.status for one in session.lesions.values()] == [Status.PROPOSED] * 2
    assert [one.lesion.reader for one in session.lesions.values()] == [None, None]
    assert [len(history) for history in desk.store.histories(1).values()] == [1, 1]
    first = desk.store.of_reading("A").lesions_of(1)
    assert [one.lesion.outline for one in session.lesions.values()] == [one.outline for one in first]
    said = {
        number: [(one.reader, one.said) for one in session.remarks.notes(session.lesions[number].lesion.tracking_uid)]
        for number in (1, 2)
    }
    axis = first[0].measurements.long_axis_mm
    assert said[1][0] == ("reading A", f"accepted, long axis {axis:.1f} mm, right, hip, Dice of both 0.91")
    assert said[1][1][1].endswith("left, hip, Dice of both 0.91")
    assert said[2][1] == ("reading B", "rejected")
    desk.close()


def test_a_consensus_is_decided_and_compared_like_any_reading(folder: Path) -> None:
    desk = consensus(folder)
    session = session_of(desk)
    session.decide(1, Status.ACCEPTED)
    session.decide(2, Status.REJECTED)
    assert [(task.state, task.readers) for task in desk.tasks] == [(TaskState.DONE, ("Dr C",))]
    for name in ("A", "B"):
        assert desk.store.of_reading(name).current_remarks() == {}
    desk.close()
    again = consensus(folder)
    assert [one.status for one in again.store.lesions_of(1)] == [Status.ACCEPTED, Status.REJECTED]
    again.close()
    assert compare_readings(folder, AgreementOrder(("both", "A")), quiet).stacks == 1


def test_a_stack_that_one_of_both_has_not_finished_is_not_in_the_worklist(folder: Path) -> None:
    third = desk_of(folder, "C", "Dr C")
    session = session_of(third)
    session.decide(1, Status.ACCEPTED)
    third.close()
    desk = consensus(folder, "both", "A", "C")
    assert desk.tasks == ()
    desk.close()
    third = desk_of(folder, "C", "Dr C")
    session_of(third).decide(2, Status.ACCEPTED)
    third.close()
    desk = consensus(folder, "both", "A", "C")
    assert [task.state for task in desk.tasks] == [TaskState.TO_REVIEW]
    desk.close()


@pytest.mark.parametrize(
    ("name", "bases", "said"),
    [
        ("both", ("A", "A"), "A consensus of two readings"),
        ("both", ("A", "D"), "clinical, A, B"),
        ("both", ("A",), "A consensus of two readings"),
        ("A", ("A", "B"), "'A' is no consensus"),
    ],
)
def test_what_is_no_consensus_of_two_readings_is_refused(
    folder: Path, name: str, bases: tuple[str, ...], said: str
) -> None:
    with pytest.raises(ReviewError, match=said):
        Desk(folder, quiet, wish=ReadingWish(name, bases=bases))

"""A consensus begins with what two readings accepted, decides nothing, and says what each of them has."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from calcimeasure.errors import ReviewError
from calcimeasure.model import AlgorithmType, Laterality, Outline, Status
from calcimeasure.review import Desk, ReadingWish, Signature, TaskState, redraw
from calcimeasure.run.agreement import AgreementOrder, compare_readings
from calcimeasure.store import ReadingKind
from tests.gui.small import TWO_MASSES, measure_fewer_images, small_folder
from tests.review.test_desk import quiet
from tests.review.test_readings import desk_of, session_of

if TYPE_CHECKING:
    from calcimeasure.model import Lesion


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


SLICES = 6
"""The first mass has six slices."""


def drawn(folder: Path, name: str, outlines: dict[int, Outline], rejects: tuple[int, ...] = ()) -> None:
    """Draw some masses anew in a reading, reject some, and accept the others."""
    desk = desk_of(folder, name, f"Dr {name}")
    session = session_of(desk)
    by = Signature(session.reader)
    for number, outline in outlines.items():
        new = redraw(session.lesions[number], outline, AlgorithmType.MANUAL, session.image, desk.settings, by)
        desk.store.append(1, [new], desk.settings)
    session = session_of(desk)
    for number in (1, 2):
        session.decide(number, Status.REJECTED if number in rejects else Status.ACCEPTED)
    desk.close()


def proposed(folder: Path) -> tuple[Outline, Outline]:
    desk = desk_of(folder, "clinical")
    first, second = (one.outline for one in desk.store.lesions_of(1))
    desk.close()
    return first, second


def merged(folder: Path, name: str) -> None:
    """Merge both masses in a reading, and accept the mass."""
    desk = desk_of(folder, name, f"Dr {name}")
    session = session_of(desk)
    session.merge(1, 2)
    session.decide(1, Status.ACCEPTED)
    desk.close()


def shown(folder: Path, *bases: str) -> list[tuple[Lesion, list[str]]]:
    """Give the masses with which a consensus begins, each with what the first and the second reading have."""
    desk = consensus(folder, f"of {' '.join(bases)}", *bases)
    session = session_of(desk)
    every = [one.lesion for one in session.lesions.values()]
    assert len({one.tracking_uid for one in every}) == len(every)
    assert not any(one.outline.overlap(other.outline) for one in every for other in every if one is not other)
    desk.close()
    return [(one, [note.said for note in session.remarks.notes(one.tracking_uid)]) for one in every]


def test_a_mass_that_another_one_touches_is_not_lost(folder: Path) -> None:
    """C drew the first mass up to a voxel of the second one, which C rejected."""
    first, second = proposed(folder)
    touched = Outline.from_mask(np.ones((1, 1, 1), dtype=np.bool_), second.start_kji)
    drawn(folder, "C", {1: first.union(touched)}, rejects=(2,))
    (one, _), (other, said) = shown(folder, "C", "A")
    assert (one.outline, other.outline.voxel_count) == (first.union(touched), second.voxel_count - 1)
    whole = second_mass(folder)
    assert said == ["rejected", f"accepted, {axis_of(whole)}, right, hip; shown without the part that another mass has"]
    assert other.measurements != whole.measurements


def second_mass(folder: Path) -> Lesion:
    """Give the second mass as it was proposed."""
    desk = desk_of(folder, "clinical")
    second = desk.store.lesions_of(1)[1]
    desk.close()
    return second


def axis_of(lesion: Lesion) -> str:
    return f"long axis {lesion.measurements.long_axis_mm:.1f} mm"


def test_two_halves_of_one_proposal_are_two_masses(folder: Path) -> None:
    first, second = proposed(folder)
    half = SLICES // 2
    lower = Outline.from_mask(first.mask()[:half], first.start_kji)
    k, j, i = first.start_kji
    upper = Outline.from_mask(first.mask()[half:], (k + half, j, i))
    drawn(folder, "C", {1: lower})
    drawn(folder, "D", {1: upper})
    found = shown(folder, "C", "D")
    assert [one.outline for one, _ in found] == [lower, second, upper]
    assert found[0][1][1].startswith("drew this mass beside it, long axis")
    assert found[2][1][0].startswith("drew this mass beside it, long axis")
    assert not any("no mass here" in text for _, said in found for text in said)


def test_a_mass_inside_a_larger_one_of_the_other_reading_is_named(folder: Path) -> None:
    merged(folder, "C")
    ((whole, said),) = shown(folder, "C", "A")
    assert whole.outline == Outline.union(*proposed(folder))
    assert said[1].endswith(f"; has a further mass here, {axis_of(second_mass(folder))}, right, hip")
    found = shown(folder, "A", "C")
    assert [one.outline for one, _ in found] == list(proposed(folder))
    assert found[1][1][1].startswith("in part of a larger mass, long axis")


def test_a_mass_that_cannot_be_measured_waits_for_its_images(folder: Path) -> None:
    merged(folder, "C")
    images = desk_of(folder, "clinical")
    paths = images.store.files_of(1)
    images.close()
    heard: list[str] = []
    wish = ReadingWish("of C A", bases=("C", "A"))
    moved = [path.rename(path.with_suffix(".away")) for path in paths]
    try:
        desk = Desk(folder, heard.append, wish=wish)
        assert desk.tasks == ()
        assert "the images cannot be opened: 1." in heard[-1]
        desk.close()
    finally:
        for path, there in zip(moved, paths, strict=True):
            path.rename(there)
    assert len(shown(folder, "C", "A")) == 1


def test_outlines_on_other_images_are_neither_begun_with_nor_compared(folder: Path, read: Path) -> None:
    measure_fewer_images(folder, read.parent / "images")
    desk = consensus(folder)
    assert desk.tasks == ()
    desk.close()
    heard: list[str] = []
    assert compare_readings(folder, AgreementOrder(("A", "B")), heard.append).stacks == 0
    other = "has read on other images than the present ones, which are not compared: 1."
    assert [f"Stacks that {name} {other}" for name in ("A", "B")] == heard[:2]


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

"""Links of lesions with an earlier date, as a reader says them: rows that are appended, and read by follow."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from calcimeasure.cli import app
from calcimeasure.errors import ReviewError
from calcimeasure.model import Laterality, Status
from calcimeasure.model.follow import LinkSource, LinkState
from calcimeasure.review import (
    Answer,
    Desk,
    Links,
    ReadingWish,
    Session,
    links_of,
    open_prior,
    open_stack,
)
from calcimeasure.review.linking import CURRENT, PRIOR, WAITS, pairs_that_wait, rows_back, rows_of_link, rows_of_parting
from calcimeasure.run.exchange import tracks_of
from calcimeasure.run.follow_masses import masses_of
from calcimeasure.run.follow_stacks import stack_of
from calcimeasure.store import LesionLink, current_links
from tests.gui.two_dates import note_follow, two_dates
from tests.review.test_desk import quiet
from tests.tables import read

if TYPE_CHECKING:
    from collections.abc import Iterator

PAIR = (1, 2)
A, B, C, D = (("2.25.1", 1), ("2.25.2", 1), ("2.25.3", 1), ("2.25.4", 2))
PROGRAM, READER = LinkSource.PROGRAM, LinkSource.READER


def by_program(prior: tuple[str, int] | None, current: tuple[str, int] | None, state: LinkState) -> LesionLink:
    return LesionLink(PAIR, prior, current, state, PROGRAM, 1.0, "key")


def told(links: list[LesionLink]) -> set[tuple[str | None, str | None, LinkState, LinkSource]]:
    return {(one.prior and one.prior[0], one.current and one.current[0], one.state, one.source) for one in links}


# Rows


def test_what_a_reader_links_belongs_to_the_mass_that_is_linked_already() -> None:
    links = [by_program(A, C, LinkState.MATCHED), by_program(B, None, LinkState.GONE)]
    links += rows_of_link(links, PAIR, (B, C), "Dr A")
    merged = {("2.25.1", "2.25.3", LinkState.MERGED, READER), ("2.25.2", "2.25.3", LinkState.MERGED, READER)}
    assert told(current_links(links)) == merged
    assert {one.reader for one in current_links(links)} == {"Dr A"}
    with pytest.raises(ReviewError, match="linked already"):
        rows_of_link(links, PAIR, (B, C), "Dr A")


def test_a_link_of_the_program_that_is_taken_back_leaves_both_undecided() -> None:
    links = [by_program(A, C, LinkState.MATCHED)]
    links += rows_of_parting(links, PAIR, C, CURRENT, "Dr A")
    assert told(current_links(links)) == {(None, "2.25.3", LinkState.UNDECIDED, READER)}
    # The program, which finds the same again, does not link them again.
    links.append(LesionLink(PAIR, A, C, LinkState.MATCHED, PROGRAM, 1.0, "later"))
    assert told(current_links(links)) == {(None, "2.25.3", LinkState.UNDECIDED, READER)}
    # The reader may.
    links += rows_of_link(links, PAIR, (A, C), "Dr A")
    assert told(current_links(links)) == {("2.25.1", "2.25.3", LinkState.MATCHED, READER)}


def test_a_part_that_leaves_a_mass_takes_no_other_part_with_it() -> None:
    links = [by_program(A, C, LinkState.SPLIT), by_program(A, D, LinkState.SPLIT)]
    links += rows_of_parting(links, PAIR, D, CURRENT, "Dr A")
    rest = {("2.25.1", "2.25.3", LinkState.MATCHED, READER), (None, "2.25.4", LinkState.UNDECIDED, READER)}
    assert told(current_links(links)) == rest


def test_a_link_of_a_reader_that_is_taken_back_is_a_withdrawn_row_and_the_program_holds_again() -> None:
    links = [by_program(None, C, LinkState.NEW), by_program(A, None, LinkState.GONE)]
    links += rows_of_link(links, PAIR, (A, C), "Dr A")
    rows = rows_of_parting(links, PAIR, C, CURRENT, "Dr B")
    assert [(one.is_withdrawn, one.reader, one.prior, one.current) for one in rows] == [(True, "Dr B", A, C)]
    assert told(current_links([*links, *rows])) == told(links[:2])
    with pytest.raises(ReviewError, match="Nothing links"):
        rows_of_parting([*links, *rows], PAIR, C, CURRENT, "Dr B")


@pytest.mark.parametrize("word", ["link", "part"])
def test_undo_brings_back_what_held(word: str) -> None:
    links = [by_program(A, C, LinkState.SPLIT), by_program(A, D, LinkState.SPLIT), by_program(B, None, LinkState.GONE)]
    rows = rows_of_link(links, PAIR, (B, C), "A") if word == "link" else rows_of_parting(links, PAIR, D, CURRENT, "A")
    after = [*links, *rows]
    assert told(current_links(after)) != told(links)
    back = [*after, *rows_back(rows, links)]
    assert told(current_links(back)) == told(links)
    again = [*back, *rows_back(rows_back(rows, links), after)]
    assert told(current_links(again)) == told(current_links(after))


# In a folder


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = two_dates(tmp_path_factory.mktemp("two"))
    note_follow(out)
    return out


@pytest.fixture
def desk(measured: Path, tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(Path(shutil.copytree(measured, tmp_path / "out")), quiet)
    yield desk
    desk.close()


def session_of(desk: Desk, reader: str = "Dr A", stack_id: int = 2) -> Session:
    stack = open_stack(desk.store, desk.settings, stack_id)
    return Session(desk.store, desk.settings, stack, reader, lambda: reader, lambda _: Answer.MINE)


def links_between(desk: Desk, session: Session) -> Links:
    opened = open_prior(desk, (session.stack_id, session.image), 0)
    assert opened is not None
    links = links_of(desk, session, opened)
    assert links is not None
    return links


def test_what_waits_is_what_the_program_does_not_link(desk: Desk) -> None:
    session = session_of(desk)
    links = links_between(desk, session)
    assert [(one.date, one.number, one.why) for one in links.waiting] == [
        (CURRENT, 2, WAITS[LinkState.NEW]),
        (PRIOR, 2, WAITS[LinkState.GONE]),
    ]
    assert pairs_that_wait(desk) == [PAIR]
    assert links.say_alone(2, CURRENT) == "Lesion 2 is new since 2024-01-15."
    assert [(one.date, one.number) for one in links.waiting] == [(PRIOR, 2)]
    links.say_alone(2, PRIOR)
    assert links.waiting == ()
    assert pairs_that_wait(desk) == []
    with pytest.raises(ReviewError, match="take the link back first"):
        links.say_alone(1, CURRENT)
    # A mass that is drawn, or proposed, later waits: nothing was said of it.
    session.decide(1, Status.REJECTED)
    links.read()
    assert [(one.date, one.number) for one in links.waiting] == []
    assert session.undo()
    assert desk.store.verify().findings == ()


def test_links_undo_like_decisions_and_every_word_stays_a_row(desk: Desk) -> None:
    session = session_of(desk)
    links = links_between(desk, session)
    session.decide(2, Status.ACCEPTED)
    assert links.join(2, 2) == "Lesion 2 is linked with lesion 2 of 2024-01-15."
    assert links.linked_with(2, CURRENT) == links.linked_with(2, PRIOR) == (2,)
    last = desk.store.links_between(PAIR)[-1]
    assert (last.reader, last.source, last.prior[1], last.current[1]) == ("Dr A", READER, 1, 2)
    told_step = session.step_told(forward=False)
    assert (told_step.numbers, told_step.words) == ((2,), "linked with lesion 2 of 2024-01-15")
    assert session.undo()
    assert links.linked_with(2, CURRENT) == ()
    assert session.undo(), "the decision before it is undone next"
    assert session.lesions[2].lesion.status is Status.PROPOSED
    assert session.redo()
    assert session.redo()
    assert links.linked_with(2, CURRENT) == (2,)
    rows = [one for one in desk.store.links_between(PAIR) if one.source is READER]
    assert [one.is_withdrawn for one in rows] == [False, True, False]


def test_a_link_of_stacks_that_follow_did_not_compare_says_so(tmp_path: Path) -> None:
    desk = Desk(two_dates(tmp_path), quiet)
    links = links_between(desk, session_of(desk))
    assert "follow reads this only where it compares them" in links.join(1, 1)
    assert "follow reads this only where it compares them" in links.say_alone(2, CURRENT)
    desk.close()


def test_undo_takes_back_no_word_of_somebody_else(desk: Desk) -> None:
    session = session_of(desk)
    links = links_between(desk, session)
    session.decide(1, Status.ACCEPTED)
    links.join(2, 2)
    other = links_between(desk, session_of(desk, "Dr B"))
    other.part(2, CURRENT)
    with pytest.raises(ReviewError, match="Somebody else"):
        session.undo()
    assert desk.store.links_between(PAIR)[-1].reader == "Dr B"
    assert session.undo(), "the decision before it can be undone"
    assert session.lesions[1].lesion.status is Status.PROPOSED


def test_left_is_never_linked_with_right(measured: Path, tmp_path: Path) -> None:
    desk = Desk(Path(shutil.copytree(measured, tmp_path / "out")), quiet)
    session = session_of(desk)
    session.set_side(2, Laterality.LEFT)
    links = links_between(desk, session)
    before = len(desk.store.links_between(PAIR))
    with pytest.raises(ReviewError, match="on the left is never linked with one on the right"):
        links.join(2, 2)
    # Neither by way of a third one whose side is unknown.
    session.set_side(2, Laterality.UNKNOWN)
    links.join(2, 2)
    session.set_side(1, Laterality.LEFT)
    with pytest.raises(ReviewError, match="on the left"):
        links.join(1, 2)
    assert len(desk.store.links_between(PAIR)) == before + 1
    desk.close()


def test_left_is_not_linked_with_right_by_way_of_two_others(desk: Desk) -> None:
    session, prior = session_of(desk), session_of(desk, stack_id=1)
    session.set_side(1, Laterality.UNKNOWN)
    session.set_side(2, Laterality.LEFT)
    prior.set_side(2, Laterality.UNKNOWN)
    links = links_between(desk, session)
    links.join(1, 2)  # lesion 1 is linked with lesion 1 on the right, too
    with pytest.raises(ReviewError, match="on the left is never linked with one on the right"):
        links.join(2, 2)


def test_link_with_a_lesion_that_is_rejected_says_nothing_of_the_other_one(desk: Desk) -> None:
    session = session_of(desk)
    links = links_between(desk, session)
    links.join(2, 2)
    assert pairs_that_wait(desk) == []

    session.decide(2, Status.REJECTED)

    links.read()
    assert [(one.date, one.number, one.why) for one in links.waiting] == [(PRIOR, 2, WAITS[LinkState.GONE])]
    assert pairs_that_wait(desk) == [PAIR]
    facts = desk.store.measured_stacks()
    stacks = [stack_of(desk.store, number, facts[number]) for number in PAIR]
    uid = links.revisions[PRIOR][2].lesion.tracking_uid
    (mass,) = [
        one
        for one in masses_of(stacks[0], stacks[1], desk.store.links_between(PAIR), None)
        if uid in [lesion.tracking_uid for lesion in one.prior]
    ]
    assert (mass.state, mass.source) == (LinkState.GONE, PROGRAM)
    session.undo()
    links.read()
    assert links.linked_with(2, PRIOR) == (2,)


def test_stacks_that_turned_out_to_be_of_two_persons_have_nothing_that_waits(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = desk.store.measured_stacks()
    two_persons = {number: replace(one, person=f"{one.person} {number}") for number, one in facts.items()}
    monkeypatch.setattr(desk.store, "measured_stacks", lambda: two_persons)
    assert pairs_that_wait(desk) == []
    assert tracks_of(desk.store) == {}


def test_another_reading_sees_and_says_no_link(measured: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(measured, tmp_path / "out"))
    clinical = Desk(folder, quiet)
    session = session_of(clinical)
    links_between(clinical, session).join(2, 2)
    session.decide(1, Status.ACCEPTED)
    clinical.close()
    for name, blank in (("two", False), ("blank", True)):
        desk = Desk(folder, quiet, wish=ReadingWish(name, "Dr B", blank))
        session = session_of(desk, "Dr B")
        opened = open_prior(desk, (2, session.image), 0)
        assert opened is not None
        assert opened.links == ()
        assert dict(opened.motions.local) == {}
        assert opened.motions.whole is not None, "the motion of the body follows no decision"
        assert links_of(desk, session, opened) is None
        assert pairs_that_wait(desk) == [], "what waits for a link is what other readers and the program said"
        assert [one.status for one in opened.lesions.values()] == ([] if blank else [Status.PROPOSED] * 2)
        desk.close()


def test_follow_reads_what_a_reader_linked_also_after_measuring_again(measured: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(measured, tmp_path / "out"))
    desk = Desk(out, quiet)
    session = session_of(desk)
    links_between(desk, session).join(2, 2)
    for one in (session, session_of(desk, stack_id=1)):
        for number in (1, 2):
            one.decide(number, Status.ACCEPTED)
    desk.close()

    def follow() -> list[dict[str, str]]:
        done = CliRunner().invoke(app, ["follow", str(out)])
        assert done.exit_code == 0, done.output
        return read(out / "changes.csv")

    (linked,) = [row for row in follow() if row["source"] == "reader"]
    assert (linked["state"], linked["confidence"]) == ("matched", "1.00")
    assert (linked["change_source"], linked["notices"]) == ("volumes", "motion_uncertain")
    images, options = measured.parent / "images", ("--no-report", "--set", "threshold_hu=300", "--remeasure-reviewed")
    again = CliRunner().invoke(app, ["measure", str(images), "--out", str(out), *options])
    assert again.exit_code == 0, again.output
    assert "measured before and are unchanged" not in again.output
    kept = [row for row in follow() if row["source"] == "reader"]
    assert [row["prior_tracking_uids"] for row in kept] == [linked["prior_tracking_uids"]]

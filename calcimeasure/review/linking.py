"""Links of lesions with those of an earlier date, as a reader says them; and the lesions that wait for a word.

`calcimeasure follow` reads what is said here the next time. Each word is a row of the store that is never changed: a
link is taken back by a row of its own, by undo, too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from calcimeasure.errors import ReviewError
from calcimeasure.model import Laterality, StackFacts, Status
from calcimeasure.model.follow import LinkSource, LinkState
from calcimeasure.review.history import Act
from calcimeasure.store import CLINICAL_READING, LesionLink, current_links, groups_of_links, links_on
from calcimeasure.study.follow.films import linked_films

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from calcimeasure.model import Lesion, Revision
    from calcimeasure.review.desk import Desk
    from calcimeasure.review.prior import OpenedPrior
    from calcimeasure.review.session import Session
    from calcimeasure.store import StackPair


class WhichDate(IntEnum):
    """The date of a lesion."""

    PRIOR = 0
    CURRENT = 1


PRIOR, CURRENT = WhichDate

WAITS: Final = {
    LinkState.UNDECIDED: "not sure",
    LinkState.NEW: "proposed as new",
    LinkState.GONE: "proposed as gone",
    LinkState.NOT_FOUND: "dense tissue at its place, without an outline",
    LinkState.NOT_FOUND_BEFORE: "dense tissue at its place, without an outline",
}
"""What the program says of a lesion that waits for a reader."""

_ALONE = (LinkState.GONE, LinkState.NEW)

End = tuple[str, int]
"""Tracking UID and revision number of a lesion."""


# Rows


def rows_of_link(links: Sequence[LesionLink], pair: StackPair, ends: tuple[End, End], reader: str) -> list[LesionLink]:
    """Link two lesions.

    Parameters
    ----------
    links
        Every row between both stacks, oldest first.
    pair
        The stacks.
    ends
        The prior and the current lesion.
    reader
        Who says so.

    Returns
    -------
    list of LesionLink
        The rows to append. What is linked with one of both lesions already belongs to the same mass, and is said by the
        reader, too: else the word about one lesion would take the links of the program with it.

    Raises
    ------
    ReviewError
        They are linked already.
    """
    uids = ends[0][0], ends[1][0]
    group = [
        one
        for priors, currents, some in groups_of_links(current_links(links))
        if uids[0] in priors or uids[1] in currents
        for one in some
    ]
    kept = [one for one in group if _is_linked(one)]
    if any(_uids(one) == uids for one in kept):
        raise ReviewError("They are linked already.")
    count = [len({end[0] for one in kept if (end := _end(one, n))} | {uids[n]}) for n in (PRIOR, CURRENT)]
    state = LinkState.of_linked(count[0], count[1])
    alone = [one for one in group if one.source is LinkSource.READER and not (one.prior and one.current)]
    again = [(one.prior, one.current) for one in kept if one.source is LinkSource.PROGRAM]
    return [
        *(replace(one, is_withdrawn=True, reader=reader) for one in alone),
        *(_said(pair, each, state, reader) for each in [*again, ends]),
    ]


def rows_of_parting(
    links: Sequence[LesionLink], pair: StackPair, end: End, date: WhichDate, reader: str
) -> list[LesionLink]:
    """Take back what links a lesion, or what a reader said of it alone.

    Parameters
    ----------
    links, pair, reader
        As in `rows_of_link`.
    end, date
        The lesion, and at which date it is.

    Returns
    -------
    list of LesionLink
        The rows to append: what readers said of it is withdrawn. Where the program links it, the lesion is undecided
        instead, and the rest of its mass stays linked by the reader.

    Raises
    ------
    ReviewError
        Nothing links it.
    """
    uid = end[0]
    group = [one for *uids, some in groups_of_links(current_links(links)) if uid in uids[date] for one in some]
    touching = [one for one in group if (there := _end(one, date)) and there[0] == uid]
    by_reader = [one for one in touching if one.source is LinkSource.READER]
    by_program = [
        one
        for one in current_links([one for one in links if one.source is LinkSource.PROGRAM])
        if _is_linked(one) and (there := _end(one, date)) and there[0] == uid
    ]
    if not by_reader and not any(_is_linked(one) for one in touching):
        raise ReviewError("Nothing links this lesion with the other date.")
    rows = [replace(one, is_withdrawn=True, reader=reader) for one in by_reader]
    if by_program:
        rest = [one for one in group if one.source is LinkSource.PROGRAM and _is_linked(one) and one not in touching]
        count = [len({there[0] for one in rest if (there := _end(one, n))}) for n in (PRIOR, CURRENT)]
        state = LinkState.of_linked(count[0], count[1])
        rows += [_said(pair, (one.prior, one.current), state, reader) for one in rest]
        rows.append(_said(pair, _alone(end, date), LinkState.UNDECIDED, reader))
    return rows


def rows_of_alone(
    links: Sequence[LesionLink], pair: StackPair, end: End, date: WhichDate, reader: str
) -> list[LesionLink]:
    """Say that the other date shows no mass at the place of a lesion: it is gone, or new.

    Raises
    ------
    ReviewError
        It is linked.
    """
    touching = [one for one in current_links(links) if (there := _end(one, date)) and there[0] == end[0]]
    if any(_is_linked(one) for one in touching):
        raise ReviewError("This lesion is linked with the other date: take the link back first (Shift+X).")
    return [_said(pair, _alone(end, date), _ALONE[date], reader)]


def rows_back(rows: Iterable[LesionLink], before: Sequence[LesionLink]) -> list[LesionLink]:
    """Give the rows that bring back what held before some rows were appended."""
    back = []
    for row in rows:
        was = _newest(before, row)
        back.append(replace(row, is_withdrawn=True) if was is None or was.is_withdrawn else was)
    return back


def _newest(links: Iterable[LesionLink], row: LesionLink) -> LesionLink | None:
    """Give the last word of readers about the same lesions."""
    same = [one for one in links if one.source is LinkSource.READER and _uids(one) == _uids(row)]
    return same[-1] if same else None


def _said(pair: StackPair, ends: tuple[End | None, End | None], state: LinkState, reader: str) -> LesionLink:
    return LesionLink(pair, ends[0], ends[1], state, LinkSource.READER, 1.0, reader=reader)


def _alone(end: End, date: WhichDate) -> tuple[End | None, End | None]:
    return (end, None) if date == PRIOR else (None, end)


def _end(link: LesionLink, date: WhichDate) -> End | None:
    return (link.prior, link.current)[date]


def _uids(link: LesionLink) -> tuple[str | None, str | None]:
    return link.prior and link.prior[0], link.current and link.current[0]


def _is_linked(link: LesionLink) -> bool:
    return link.prior is not None and link.current is not None and link.state.is_linked


# A stack and an earlier date


@dataclass(frozen=True, slots=True)
class Waiting:
    """A lesion that waits for a reader's word about the other date: of which date it is, its number, and why."""

    date: WhichDate
    number: int
    why: str


class Links:
    """The links between the stack under review and an earlier date, as a reader changes them.

    Parameters
    ----------
    session
        The stack under review, of the clinical reading.
    opened
        The earlier date.
    """

    def __init__(self, session: Session, opened: OpenedPrior) -> None:
        self._session, self._opened = session, opened
        self._prior = _masses(opened.revisions.values())
        self.pair: StackPair = (opened.date.stack_id, session.stack_id)
        self.read()

    def read(self) -> None:
        """Read what is linked now; on radiographs, what the program links is found and not stored."""
        self.revisions: tuple[Mapping[int, Revision], Mapping[int, Revision]] = (
            self._prior,
            _masses(self._session.lesions.values()),
        )
        uids = [{one.lesion.tracking_uid for one in some.values()} for some in self.revisions]
        self._links = links_on(self._session.store.links_between(self.pair), *uids)
        if self._opened.date.facts.modality != "CT":
            self._links += self._on_films()
        self.holding = tuple(current_links(self._links))

    def _on_films(self) -> list[LesionLink]:
        facts = (self._opened.date.facts, StackFacts.of(self._session.image.stack))
        said = {end[0] for one in current_links(self._links) for end in (one.prior, one.current) if end}
        films = [
            [(of_date, one.lesion) for one in revisions.values() if one.lesion.tracking_uid not in said]
            for of_date, revisions in zip(facts, self.revisions, strict=True)
        ]
        numbers = {one.lesion.tracking_uid: one.number for some in self.revisions for one in some.values()}
        found = []
        for *both, state in linked_films(films[0], films[1]):
            ends = [film and (film[1].tracking_uid, numbers[film[1].tracking_uid]) for film in both]
            found.append(LesionLink(self.pair, ends[0], ends[1], state, LinkSource.PROGRAM, 0.0, "films"))
        return found

    # What holds

    @property
    def is_compared(self) -> bool:
        """Whether the program, or a reader, has said anything about these two dates."""
        return bool(self._links)

    def linked_with(self, number: int, date: WhichDate) -> tuple[int, ...]:
        """Give the numbers of the lesions of the other date that are one mass with a lesion."""
        revision = self.revisions[date].get(number)
        if revision is None:
            return ()
        other = CURRENT if date == PRIOR else PRIOR
        others = {one.lesion.tracking_uid: number for number, one in self.revisions[other].items()}
        linked = [one for one in self.holding if _is_linked(one)]
        uids = [_uids(one) for one in linked if _uids(one)[date] == revision.lesion.tracking_uid]
        return tuple(sorted({others[uid] for each in uids if (uid := each[other]) in others}))

    def said_of(self, number: int, date: WhichDate) -> tuple[LinkState, LinkSource] | None:
        """Give what is said of a lesion, and who says it; None where nothing is."""
        revision = self.revisions[date].get(number)
        uid = None if revision is None else revision.lesion.tracking_uid
        said = [one for one in self.holding if uid is not None and _uids(one)[date] == uid]
        # A link says more than a word about one date alone.
        said.sort(key=lambda one: not _is_linked(one))
        return (said[0].state, said[0].source) if said else None

    @property
    def waiting(self) -> tuple[Waiting, ...]:
        """The masses of both dates that wait for a reader's word, those of the stack under review first."""
        if not self.is_compared:
            return ()
        found = []
        for date in (CURRENT, PRIOR):
            for number in self.revisions[date]:
                state, source = self.said_of(number, date) or (LinkState.UNDECIDED, LinkSource.PROGRAM)
                if _waits(state, source):
                    found.append(Waiting(date, number, WAITS[state]))
        return tuple(found)

    # What a reader says

    def join(self, current: int, prior: int) -> str:
        """Link a lesion with one of the earlier date; give what was done in words.

        Raises
        ------
        ReviewError
            They lie on different sides, one of them is no mass, or they are linked already.
        """
        self._begin()
        ends = self._end_of(prior, PRIOR), self._end_of(current, CURRENT)
        self._refuse_other_side(prior, current)
        rows = rows_of_link(self._links, self.pair, ends, self._session.signed)
        words = f"linked with lesion {prior} of {self._day}"
        self._say(rows, current, words)
        return f"Lesion {current} is {words}.{self._not_compared}"

    def part(self, number: int, date: WhichDate) -> str:
        """Take back what links a lesion, or what a reader said of it; give what was done in words."""
        self._begin()
        rows = rows_of_parting(self._links, self.pair, self._end_of(number, date), date, self._session.signed)
        self._say(rows, number, f"link with {self._day} taken back" if date == CURRENT else "link taken back")
        return f"{self._name(number, date)} is no longer linked."

    def say_alone(self, number: int, date: WhichDate) -> str:
        """Say that the other date has no such mass: it is new, or gone; give what was done in words."""
        self._begin()
        rows = rows_of_alone(self._links, self.pair, self._end_of(number, date), date, self._session.signed)
        words = "gone" if date == PRIOR else f"new since {self._day}"
        self._say(rows, number, words)
        return f"{self._name(number, date)} is {words}.{self._not_compared}"

    @property
    def _day(self) -> str:
        return self._opened.date.day.isoformat()

    @property
    def _not_compared(self) -> str:
        """Say when `calcimeasure follow` may not read what was said: it compares some stacks of a date alone."""
        is_compared = any(one.source is LinkSource.PROGRAM for one in self._links)
        if is_compared or self._opened.date.facts.modality != "CT":
            return ""
        return (
            " These two stacks were not compared: calcimeasure follow reads this only where it compares them (each "
            "date with the first one, or with the date before by --comparison previous, on the thinnest slices)."
        )

    def _name(self, number: int, date: WhichDate) -> str:
        return f"Lesion {number}" if date == CURRENT else f"Lesion {number} of {self._day}"

    def _begin(self) -> None:
        """Save what is drawn: a link is about what is in the store."""
        self._session.save_all()
        newest = [history[-1] for history in self._session.store.histories(self.pair[0]).values()]
        self._prior = _masses(one for one in newest if not one.withdrawn)
        self.read()

    def _end_of(self, number: int, date: WhichDate) -> End:
        revision = self.revisions[date].get(number)
        if revision is None:
            where = "" if date == CURRENT else f" of {self._day}"
            raise ReviewError(
                f"A calcified mass expected, found lesion {number}{where}, which is none or is rejected: only masses "
                "are followed from date to date. Accept it first (A)."
            )
        return revision.lesion.tracking_uid, revision.number

    def _refuse_other_side(self, prior: int, current: int) -> None:
        """Refuse to link a left lesion with a right one, also by way of all that they are linked with."""
        both = [{one.lesion.tracking_uid: one.lesion for one in some.values()} for some in self.revisions]
        ends = self.revisions[PRIOR][prior].lesion, self.revisions[CURRENT][current].lesion
        mass = {one.tracking_uid for one in ends}
        for priors, currents, _ in groups_of_links(one for one in self.holding if _is_linked(one)):
            if (priors | currents) & {one.tracking_uid for one in ends}:
                mass |= priors | currents
        sides = {_side(lesion) for some in both for uid, lesion in some.items() if uid in mass}
        if {Laterality.LEFT, Laterality.RIGHT} <= sides:
            there, here = map(_side, ends)
            raise ReviewError(
                f"Two masses of one side expected, found lesion {current} ({here}) and lesion {prior} of {self._day} "
                f"({there}): a mass on the left is never linked with one on the right. Correct the side that is wrong "
                "(R, L), and link them then."
            )

    def _say(self, rows: Sequence[LesionLink], number: int, words: str) -> None:
        """Append rows, as one step for undo."""
        rows = list({_uids(one): one for one in rows}.values())  # the last word about the same lesions counts
        back = rows_back(rows, self._links)

        def append(some: Sequence[LesionLink], expected: Sequence[LesionLink]) -> None:
            store = self._session.store
            there = store.links_between(self.pair)
            if any(_newest(there, one) != one for one in expected):
                raise ReviewError("Somebody else has linked these lesions otherwise meanwhile: look at both dates.")
            store.note_links(some)
            self.read()

        append(rows, ())
        self._session.note_act(Act((number,), words, lambda: append(back, rows), lambda: append(rows, back)))


def _masses(revisions: Iterable[Revision]) -> dict[int, Revision]:
    """Choose the masses that are followed, by number."""
    held = [one for one in revisions if _is_mass(one.lesion)]
    return {one.lesion.number: one for one in sorted(held, key=lambda one: one.lesion.number)}


def _is_mass(lesion: Lesion) -> bool:
    return lesion.is_mass and lesion.status is not Status.REJECTED


def _side(lesion: Lesion) -> Laterality:
    return lesion.side.laterality if lesion.side else Laterality.UNKNOWN


def links_of(desk: Desk, session: Session, opened: OpenedPrior) -> Links | None:
    """Give the links of a stack with an earlier date; None in a reading that is not the clinical one.

    Links have no reading: those of the clinical one would tell another reading what other readers decided.
    """
    return Links(session, opened) if keeps_links(desk) else None


def keeps_links(desk: Desk) -> bool:
    """Tell whether a reading shows and keeps links: they are those of the clinical one."""
    return desk.reading.name == CLINICAL_READING


def pairs_that_wait(desk: Desk) -> list[StackPair]:
    """Give the pairs of stacks that were compared and have a mass that waits for a reader's word.

    Masses that were drawn since are not looked at: nothing was said of them. Another reading than the clinical one has
    none, and neither have stacks that turned out to be of two persons.
    """
    if not keeps_links(desk):
        return []
    store = desk.store
    persons = {number: facts.person for number, facts in store.measured_stacks().items()}
    found = []
    for pair, links in store.every_link().items():
        is_of_one = bool(persons.get(pair[0])) and persons.get(pair[0]) == persons.get(pair[1])
        # What is of one lesion that is no mass any more can hide that the other one waits.
        if is_of_one and any(one.source is LinkSource.READER or _waits(one.state, one.source) for one in links):
            uids = [{one.tracking_uid for one in store.lesions_of(number) if _is_mass(one)} for number in pair]
            waiting = [one for one in current_links(links_on(links, *uids)) if _waits(one.state, one.source)]
            if any(end and end[0] in uids[n] for one in waiting for n, end in enumerate((one.prior, one.current))):
                found.append(pair)
    return found


def _waits(state: LinkState, source: LinkSource) -> bool:
    """Tell whether what is said of a lesion waits for a reader's word."""
    is_settled = source is LinkSource.READER and state is not LinkState.UNDECIDED
    return state in WAITS and not is_settled

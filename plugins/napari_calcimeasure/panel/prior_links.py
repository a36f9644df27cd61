"""Links of lesions with those of the earlier date beside the image, by a reader's keys."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from napari.utils.notifications import show_info

from calcimeasure.review import WhichDate, keeps_links, links_of, pairs_that_wait
from napari_calcimeasure.panel.deciding import lesion_in_hand

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from calcimeasure.review import Links, OpenedPrior, Waiting
    from napari_calcimeasure.panel.controller import Controller

PRIOR, CURRENT = WhichDate

NOT_CLINICAL = "Links are kept in the clinical reading alone, and shown in no other one: this is another reading."
NO_PRIOR = "Show the earlier date first (7): links are made between both images."
NO_PICK = "Choose a lesion of the earlier date first: click on it, or press Shift and the down key."
NOTHING_WAITS = "No lesion waits for a link in any stack that was compared."


class PriorLinks:
    """What a reader says about the lesions of two dates.

    Attributes
    ----------
    picked
        The number of the lesion of the earlier date that is chosen; None for none.
    """

    def __init__(self, review: Controller) -> None:
        self._review = review
        self._links: Links | None = None
        self.picked: int | None = None
        self._at: tuple[int, int] | None = None
        self._comes_to_waiting = False

    def begin(self, opened: OpenedPrior) -> None:
        """Read the links with the earlier date that was just opened."""
        review = self._review
        self.picked = None
        if review.desk is not None and review.session is not None:
            self._links = links_of(review.desk, review.session, opened)
        self.tell()
        comes, self._comes_to_waiting = self._comes_to_waiting, False
        if comes and self._links is not None and self._links.waiting:
            self._show(self._links.waiting[0])

    def end(self) -> None:
        """Forget the earlier date."""
        self._links = self.picked = self._at = None

    def read(self) -> None:
        """Show what became of the lesions: a decision or a link changed them."""
        side = self._review.prior.side
        if self._links is None or side is None:
            return
        self._links.read()
        side.link(self._links.holding)
        self.tell()

    def tell(self) -> None:
        """Say which lesions are linked, and which wait for a link."""
        side, dock = self._review.prior.side, self._review.prior.dock
        if side is None or dock is None:
            return
        links = self._links
        names = {number: _name(number, links) for number in side.opened.lesions}
        dock.view.name(names, self.picked)
        if links is None:
            dock.tell_links(NOT_CLINICAL)
            return
        lines = [_selected_words(self._review, links), _waiting_words(links)]
        if self.picked is not None:
            lines.insert(1, f"Chosen at the earlier date: lesion {self.picked}.")
        dock.tell_links("\n".join(filter(None, lines)))

    # Choosing a lesion of the earlier date

    def pick(self, number: int | None) -> None:
        """Choose a lesion of the earlier date; None for none."""
        self.picked = number
        self.tell()

    def pick_beside(self, step: int) -> None:
        """Choose and show the next or previous lesion of the earlier date."""
        side = self._review.prior.side
        if side is None:
            show_info(NO_PRIOR)
            return
        numbers = [*side.opened.lesions]
        if not numbers:
            show_info("The earlier date has no lesion.")
            return
        place = numbers.index(self.picked) + step if self.picked in numbers else (0 if step > 0 else -1)
        self._show_prior(numbers[place % len(numbers)])

    def _show_prior(self, number: int) -> None:
        self.pick(number)
        self._review.prior.show_lesion(number)

    # What a reader says

    def join(self) -> None:
        """Link the lesion with the chosen one of the earlier date."""
        picked = self.picked
        if self._links is not None and picked is None:
            show_info(NO_PICK)
        elif picked is not None:
            self._of_lesion(lambda links, number: links.join(number, picked))

    def part(self) -> None:
        """Take back what links the lesion; of the chosen one of the earlier date, where the lesion has no link."""
        picked, number = self.picked, self._number
        is_free = self._links is None or number is None or not self._links.linked_with(number, CURRENT)
        if picked is not None and is_free:
            self._do(lambda links: links.part(picked, PRIOR))
        else:
            self._of_lesion(lambda links, number: links.part(number, CURRENT))

    def say_alone(self) -> None:
        """Say that the lesion is new; or that the chosen one of the earlier date is gone."""
        picked = self.picked
        if picked is not None:
            self._do(lambda links: links.say_alone(picked, PRIOR))
        else:
            self._of_lesion(lambda links, number: links.say_alone(number, CURRENT))

    @property
    def _number(self) -> int | None:
        session = self._review.session
        return None if session is None else lesion_in_hand(session)

    def _of_lesion(self, act: Callable[[Links, int], str]) -> None:
        number = self._number
        if number is None:
            show_info("Choose a lesion first: click on it, or press the down key.")
        else:
            self._do(lambda links: act(links, number))

    def _do(self, act: Callable[[Links], str]) -> None:
        links = self._links
        if links is None:
            show_info(NO_PRIOR if self._review.prior.side is None else NOT_CLINICAL)
        else:
            self._review.guarded(lambda: show_info(act(links)))

    # What waits

    def go_to_waiting(self) -> None:
        """Go to the next lesion that waits for a link: of both dates that are shown, else of the next pair of dates."""
        review = self._review
        if not review.prior.is_on:
            review.prior.toggle()
        waiting = self._links.waiting if self._links is not None else ()
        keys = [(one.date, one.number) for one in waiting]
        place = keys.index(self._at) + 1 if self._at in keys else 0
        if place < len(waiting):
            self._show(waiting[place])
        else:
            self._go_to_next_pair(waiting)

    def _show(self, one: Waiting) -> None:
        self._at = (one.date, one.number)
        if one.date == CURRENT:
            self.pick(None)
            self._review.deciding.go_to(one.number)
        else:
            self._show_prior(one.number)
        where = "" if one.date == CURRENT else " of the earlier date"
        show_info(f"Lesion {one.number}{where} waits for a link: {one.why}.")

    def _go_to_next_pair(self, here: Sequence[Waiting]) -> None:
        review, desk = self._review, self._review.desk
        shown = review.stacks.shown
        if desk is None or shown is None:
            return
        if not keeps_links(desk):
            show_info(NOT_CLINICAL)
            return
        pair = None if self._links is None else self._links.pair

        def take(pairs: Sequence[tuple[int, int]]) -> None:
            if desk is not review.desk or shown != review.stacks.shown:
                return
            others = [one for one in pairs if one != pair]
            # Those of later stacks first, then again from the beginning.
            others.sort(key=lambda one: (one[1] < shown, one[1], one[0]))
            if others:
                self._go_to_pair(others[0])
            elif here:
                self._show(here[0])
            else:
                show_info(NOTHING_WAITS)

        review.background.run(partial(pairs_that_wait, desk), take)

    def _go_to_pair(self, pair: tuple[int, int]) -> None:
        review = self._review
        review.prior.wanted, self._comes_to_waiting = pair[0], True
        if pair[1] == review.stacks.shown:
            review.prior.begin()
        else:
            review.stacks.go_to(pair[1])


def _name(number: int, links: Links | None) -> str:
    """Name a lesion of the earlier date by its number, and by that of today."""
    now = () if links is None else links.linked_with(number, PRIOR)
    return f"{number} (now {', '.join(map(str, now))})" if now else str(number)


def _selected_words(review: Controller, links: Links) -> str:
    session = review.session
    number = None if session is None else session.selected
    if number is None:
        return ""
    before = links.linked_with(number, CURRENT)
    said = links.said_of(number, CURRENT)
    if said is None:
        return f"Lesion {number}: nothing is said about the earlier date."
    state, source = said
    by = "by a reader" if str(source) == "reader" else "by the program"
    if before:
        return f"Lesion {number}: {state} with lesion {', '.join(map(str, before))} of the earlier date ({by})."
    return f"Lesion {number}: {str(state).replace('_', ' ')} ({by})."


def _waiting_words(links: Links) -> str:
    waiting = links.waiting
    if not waiting:
        return "Nothing waits for a link here." if links.is_compared else ""
    told = [f"{'earlier ' if one.date == PRIOR else ''}{one.number} ({one.why})" for one in waiting]
    return f"Waiting for a link: {', '.join(told)}."

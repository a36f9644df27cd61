"""The review of one stack: painting, decisions, undo and saving. The session is the only mutable object of the review.

A reader paints on labels (`labels`). A painted outline is a draft (`drafts`) until the reader leaves the lesion; then
it is saved. A decision is in the store when its function returns. Both can be undone (`history`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from calcimeasure.analysis.kinds import kind_of
from calcimeasure.analysis.pipeline import refined_outline
from calcimeasure.errors import ConflictError, ReviewError
from calcimeasure.model import AlgorithmType, Status, Tissue
from calcimeasure.review import edits
from calcimeasure.review.conflict import Answer, Conflict
from calcimeasure.review.cut import CuttingLine, CuttingPlane, parts_of
from calcimeasure.review.drafts import Drafts, Edit, Job, measuring
from calcimeasure.review.growing import growing
from calcimeasure.review.history import Act, Decision, History, StepTold, Stroke
from calcimeasure.review.labels import LabelImage, changed_outline
from calcimeasure.review.listeners import Listeners
from calcimeasure.review.remarking import Remarks
from calcimeasure.review.revisions import Revisions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from calcimeasure.analysis.kinds import AnyAnatomy
    from calcimeasure.model import BodySite, Image, Laterality, Lesion, Morphology, Outline, Proposal, Revision
    from calcimeasure.review.calibration import Calibration
    from calcimeasure.review.cut import Cut
    from calcimeasure.review.drafts import Draft
    from calcimeasure.review.edits import Signature
    from calcimeasure.review.labels import Able
    from calcimeasure.review.worklist import OpenedStack
    from calcimeasure.settings import Settings
    from calcimeasure.store import Store

UNSIGNED: Final = "(not signed)"
"""Name of the reader in a draft that was measured before the reader gave a name. Such a revision is never saved."""


class Session:
    """The lesions of one stack under review.

    Parameters
    ----------
    store, settings
        The store for decisions, and the settings for measuring.
    stack
        The opened stack.
    reader
        The name of the reader; empty if not known yet.
    ask_name
        Asks for the name of the reader when the first edit must be signed; raises a ReviewError if no name is given.
    ask
        Asks which change is valid if another person changed a lesion first.

    Attributes
    ----------
    changed
        Listeners that are called with the kind of change: "labels", "lesions", "numbers" or "selected".
    selected
        The number of the selected lesion; None if no lesion is selected.
    shown
        Numbers of the lesions that were selected in this session.
    able
        Tells which voxels the brush may paint, by their flat indexes; None for all.
    remarks
        Notes of readers, and their wish for a second reader.
    press
        Count of presses of the mouse button. Everything painted during one press is one step for undo.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        stack: OpenedStack,
        reader: str,
        ask_name: Callable[[], str],
        ask: Callable[[Conflict], Answer],
    ) -> None:
        self.store, self.settings = store, settings
        self.stack_id, self.image = stack.stack_id, stack.image
        self.reader, self._ask_name, self._ask = reader, ask_name, ask
        self.changed = Listeners()
        self.selected: int | None = None
        self.shown: set[int] = set()
        self.shows_rejected = False
        self.press = 0
        self.able: Able | None = None
        self._revisions = Revisions(stack.histories)
        self._drafts = Drafts()
        self._history = History()
        self._label_image = LabelImage(self.image.shape_kji)
        self.remarks = Remarks(store, stack.stack_id, lambda: self._signature().reader)
        self._anatomy: AnyAnatomy | None = None
        self._without_side: set[str] = set()
        self._unsettled: set[int] = set()
        self._label_image.draw_first(self._drawn())

    # The current state

    @property
    def labels(self) -> NDArray[np.uint16]:
        """(k, j, i) labels to paint on: the number of a lesion is the label of its voxels."""
        return self._label_image.labels

    @property
    def lesions(self) -> dict[int, Revision]:
        """The newest revision of every lesion that is not withdrawn, by number."""
        return self._revisions.lesions

    @property
    def drafts(self) -> dict[int, Draft]:
        """The outlines that are painted and not yet saved, by label."""
        return self._drafts.by_label

    @property
    def is_radiograph(self) -> bool:
        """Whether it is no stack: what is grown and calibrated is a radiograph."""
        return kind_of(self.image).radiograph(self.image) is not None

    @property
    def calibrated(self) -> Image:
        """The image; a radiograph has the spacing that a reader measured on it."""
        return kind_of(self.image).calibrated(self.image, (one.lesion for one in self.lesions.values()))

    def lesion(self, number: int) -> Lesion | None:
        """Give a lesion as shown: with the numbers of its draft, if the draft is measured."""
        draft, current = self.drafts.get(number), self.lesions.get(number)
        if draft is not None and draft.measured is not None:
            return draft.measured.lesion
        return None if current is None else current.lesion

    def outline(self, number: int) -> Outline | None:
        """Give the outline of a lesion as shown: that of its draft, if there is one."""
        return self.drafts[number].outline if number in self.drafts else self._kept_outline(number)

    def _kept_outline(self, number: int) -> Outline | None:
        current = self.lesions.get(number)
        return None if current is None else current.lesion.outline

    def is_visible(self, number: int) -> bool:
        """Tell whether a lesion is drawn: a rejected one only if it is selected, or if rejected ones are shown."""
        return not self._is_rejected(number) or self.shows_rejected or number in self.drafts or number == self.selected

    def _is_rejected(self, number: int) -> bool:
        current = self.lesions.get(number)
        return current is not None and current.lesion.status is Status.REJECTED

    @property
    def next_number(self) -> int:
        """The number that a new lesion will have."""
        return max(self._revisions.next_number, max(self.drafts, default=0) + 1)

    # Selecting and showing

    def select(self, number: int | None) -> None:
        """Select a lesion; the draft of the lesion selected before is saved."""
        self.compare()
        before, self.selected = self.selected, number
        try:
            for label in [label for label in sorted(self.drafts) if label != number]:
                self.save(label)
        finally:
            for one in {before, number}:
                if one is not None and self._is_rejected(one):
                    self._draw_again(one)
            if number in self.lesions:
                self.shown.add(number)
            self.changed.emit("selected")

    def show_rejected(self, shows: bool) -> None:
        """Show or hide rejected lesions."""
        if shows == self.shows_rejected:
            return
        self.compare()
        self.shows_rejected = shows
        self._label_image.draw_all(self._drawn())
        self.changed.emit("labels")

    def note_seen(self, is_withdrawn: bool = False) -> None:
        """Store that the reader has looked through the whole stack, or revoke this."""
        self.store.note_seen(self.stack_id, self._signature().reader, is_withdrawn)

    # Remarks, and what is left to decide

    def toggle_unsure(self, number: int) -> bool:
        """Mark a lesion for a second reader, or take this back; its draft is saved first. True if it is marked now."""
        self._keep_drafts_of((number,))
        is_unsure = self.remarks.toggle_unsure(self.lesions[number].lesion.tracking_uid)
        self.changed.emit("lesions")
        return is_unsure

    def note(self, number: int, said: str) -> None:
        """Append a note about a lesion; its draft is saved first."""
        self._keep_drafts_of((number,))
        self.remarks.note(self.lesions[number].lesion.tracking_uid, said)
        self.changed.emit("lesions")

    @property
    def signed(self) -> str:
        """The name of the reader, who is asked for it if it is not known; raises a ReviewError if there is none."""
        return self._signature().reader

    def note_act(self, act: Act) -> None:
        """Record what a reader said beside the revisions, as one step for undo."""
        self._history.add(act)
        self.changed.emit("lesions")

    def is_open(self, number: int) -> bool:
        """Tell whether a lesion waits for the decision of this reader: one who is unsure has left it to another one."""
        current = self.lesions.get(number)
        if current is None:
            return False
        is_asked = current.lesion.may_be_mass and not current.lesion.is_decided
        return is_asked and self.reader not in self.remarks.unsure_readers(current.lesion.tracking_uid)

    # Painting

    def compare(self) -> bool:
        """Find the voxels painted since the last comparison, and assign them to lesions; True if there were any."""
        stroke = self._label_image.painted(self.press)
        if stroke is not None and self.able is not None:
            stroke = self._label_image.limited(stroke, self.able)
        if stroke is None:
            return False
        self._history.add(stroke)
        self._account(stroke)
        return True

    def _account(self, stroke: Stroke) -> None:
        """Add changed voxels to the lesions that have gained them; remove them from those that have lost them."""
        image = self.calibrated
        for label, added_kji, removed_kji in stroke.voxels(self.image.shape_kji):
            outline = changed_outline(self.outline(label), added_kji, removed_kji)
            self._drafts.paint(label, outline, self._kept_outline(label), image)
        self._label_image.take_as_known(stroke)
        self.changed.emit("numbers")

    # Growing

    def is_rough(self, label: int) -> bool:
        """Tell whether a lesion was painted and not yet saved: such a region can be the seed for growing."""
        self.compare()
        return self._drafts.is_rough(label)

    def growing(self, label: int | None, place_kji: Sequence[float] | None = None) -> Callable[[], Outline]:
        """Make a function that grows the outline of a mass; it may run in a thread. Pass its result to `take_grown`.

        Parameters
        ----------
        label
            The label whose painted voxels are the rough region, if no place is given.
        place_kji
            Index of a voxel in the mass.

        Raises
        ------
        ReviewError
            The image is not a radiograph, or nothing is painted.
        """
        self.compare()
        return growing(self.calibrated, None if label is None else self.outline(label), place_kji, self.settings)

    def take_grown(self, outline: Outline, label: int | None = None) -> int:
        """Draw a grown outline as one stroke that can be undone; voxels of other lesions do not change.

        Parameters
        ----------
        outline
            The grown outline.
        label
            The lesion that gets the outline. For None, the lesion that has most of its voxels, else a new lesion.

        Returns
        -------
        int
            The label of the lesion.

        Raises
        ------
        ReviewError
            All voxels of the outline belong to other lesions.
        """
        self.compare()
        if label is None:
            label = self._label_image.most_under(outline) or self.next_number
        if not self._label_image.is_free_for(label, outline):
            other = self.labels[outline.box][outline.mask()].max()
            raise ReviewError(f"What was grown lies in lesion {other}: choose that one, or erase it.")
        self.press += 1
        self._label_image.paint(label, outline, self.outline(label))
        self.compare()
        self.press += 1
        grown = self.outline(label)
        if grown is not None:
            self._drafts.note_grown(grown)
        self.changed.emit("labels")
        self.select(label)
        return label

    # Measuring, which may run in another thread

    def next_job(self) -> Job | None:
        """Give the next draft to be measured; the selected lesion comes first."""
        found = self._drafts.next_to_measure(self.selected)
        if found is None:
            return None
        label, outline = found
        # The name of the reader is asked for when the draft is saved, not while the reader draws.
        job = Job(label, outline, self._measuring(label, outline, edits.Signature(self.reader or UNSIGNED)))
        self._drafts.note_measuring(label)
        return job

    def take(self, job: Job, measured: Revision) -> None:
        """Store the numbers of a draft, unless the draft was painted on since."""
        if self._drafts.take(job, measured):
            self.changed.emit("numbers")

    def _measuring(self, label: int, outline: Outline, by: Signature) -> Callable[[], Revision]:
        drawn, current = self._drafts.drawn_by(outline), self.lesions.get(label)
        newest = self._revisions.newest
        return measuring(outline, drawn, current, newest, self.image, self.settings, by, self._anatomy)

    @property
    def needs_anatomy(self) -> bool:
        """Whether there are drawn lesions whose side and site cannot be judged without a survey of the stack."""
        is_new = any(label not in self.lesions for label in self.drafts)
        return self._anatomy is None and (bool(self._without_side) or is_new)

    def take_anatomy(self, anatomy: AnyAnatomy) -> None:
        """Judge side and site of what was drawn, now that it is known what is in the field."""
        self.compare()
        self._anatomy = anatomy
        self._drafts.forget_numbers([label for label in self.drafts if label not in self.lesions])
        for uid in sorted(self._without_side):
            newest = self._revisions.newest[uid]
            if newest.withdrawn or newest.lesion.side is not None:
                continue

            def make(uid: str = uid) -> list[Revision]:
                current, by = self._revisions.newest[uid], self._signature()
                outline, drawn = current.lesion.outline, current.lesion.algorithm_type
                return [edits.redraw(current, outline, drawn, self.image, self.settings, by, anatomy)]

            self._append(make, ())
        self._without_side.clear()
        self.changed.emit("lesions")

    # Saving

    def save(self, label: int) -> None:
        """Save the draft of a lesion.

        Raises
        ------
        ReviewError
            No reader signs the draft; it stays a draft.
        StoreError
            The draft cannot be written; it stays a draft.
        """
        draft = self.drafts.get(label)
        if draft is None:
            return
        if draft.outline is None:
            self._keep_erased(label)
            return
        if label not in self.lesions:
            # The new lesion with the next number is saved first, so that labels and numbers stay equal.
            coming = self._revisions.next_number
            if coming != label and coming in self.drafts and coming not in self.lesions:
                self.save(coming)
        outline = draft.outline

        def make() -> list[Revision]:
            ready, by = self.drafts[label].measured, self._signature()
            if ready is not None and ready.reader == self.reader and self._revisions.is_next(ready):
                return [ready]
            return [self._measuring(label, outline, by)()]

        appended = self._append(make, (label,))
        if appended:
            self._drafts.drop(label)
            kept = appended[0].lesion
            if kept.side is None:
                self._without_side.add(kept.tracking_uid)
            if kept.number != label:
                self._rename(label, kept.number)
            self.shown.add(kept.number)
            self.changed.emit("lesions")

    def save_all(self, older_than_s: float = 0.0) -> None:
        """Save every draft that was begun at least `older_than_s` ago."""
        self.compare()
        for label in sorted(self.drafts):
            if self._is_due(label, older_than_s):
                self.save(label)

    def save_measured(self, older_than_s: float) -> None:
        """Save the measured drafts that were begun at least `older_than_s` ago; this takes almost no time."""
        for label, draft in sorted(self.drafts.items()):
            if draft.measured is not None and self._is_due(label, older_than_s):
                self.save(label)

    def _is_due(self, label: int, older_than_s: float) -> bool:
        """Tell whether a draft is to be saved; an open conflict is not asked about while the reader draws."""
        if older_than_s > 0 and label in self._unsettled:
            return False
        return self._drafts.begun_before(label, older_than_s)

    def _keep_erased(self, label: int) -> None:
        if label in self.lesions:
            self._append(lambda: [self._removal(label)], (label,))
        self._drafts.drop(label)
        self._draw_again(label)
        self.changed.emit("lesions")

    def _removal(self, number: int) -> Revision:
        history = self._revisions.history(self.lesions[number].lesion.tracking_uid)
        return edits.remove(history, self._signature())

    def _signature(self) -> Signature:
        if not self.reader:
            self.reader = self._ask_name()
        return edits.Signature(self.reader)

    def _append(self, make: Callable[[], Sequence[Revision]], labels: Iterable[int]) -> Sequence[Revision]:
        """Append revisions. If another person changed a lesion first, ask the reader, and make the revisions again.

        Parameters
        ----------
        make
            Makes the revisions from the current lesions.
        labels
            The drafts that are dropped if the reader accepts the other person's change.

        Returns
        -------
        sequence of Revision
            The appended revisions; empty if the reader accepts the other person's change.

        Raises
        ------
        ReviewError
            The reader leaves the conflict open; nothing is stored, and drafts stay drafts.
        """
        revisions = make()
        try:
            self.store.append(self.stack_id, revisions, self.settings)
        except ConflictError as conflict:
            numbers = tuple(one.lesion.number for one in revisions)
            answer = self._ask(Conflict(numbers, str(conflict)))
            if answer is Answer.LATER:
                self._unsettled.update(label for label in labels if label in self.drafts)
                listed = ", ".join(map(str, numbers))
                raise ReviewError(
                    f"Lesion {listed}: somebody else changed it, and nothing of yours is kept yet."
                ) from None
            self._unsettled.difference_update(numbers)
            self._read_again()
            if answer is Answer.THEIRS:
                for label in labels:
                    self._drafts.drop(label)
                self._label_image.draw_all(self._drawn())
                self.changed.emit("lesions")
                return ()
            # The lesions may have changed: if a lesion no longer exists, this raises.
            revisions = make()
            self.store.append(self.stack_id, revisions, self.settings)
        self._revisions.append(revisions)
        return revisions

    def _read_again(self) -> None:
        self._revisions = Revisions(self.store.histories(self.stack_id))
        self._drafts.forget_numbers(list(self.drafts))
        self._history.clear()
        self._label_image.draw_all(self._drawn())

    # Deciding

    def decide(self, number: int, status: Status) -> None:
        """Accept or reject a lesion, or revoke the decision.

        Raises
        ------
        ReviewError
            A lesion that is judged to be no mass would be accepted.
        """
        self._edit([number], lambda current, by: edits.decide(current, status, by))

    @property
    def open_and_shown(self) -> list[int]:
        """Numbers of the masses, and of the lesions that may be masses, that were shown and are not decided."""
        shown = {number: one.lesion for number, one in self.lesions.items() if number in self.shown}
        return [number for number, one in shown.items() if one.may_be_mass and not one.is_decided]

    def accept_shown(self) -> int:
        """Accept all masses that were shown in this session and are not decided; return their number."""
        chosen = [number for number in self.open_and_shown if self.lesions[number].lesion.is_mass]
        if chosen:
            self._edit(chosen, lambda current, by: edits.decide(current, Status.ACCEPTED, by))
        return len(chosen)

    def set_tissue(self, number: int, tissue: Tissue) -> None:
        """Set the tissue of a lesion."""
        self._edit([number], lambda current, by: edits.set_tissue(current, tissue, by, self.image))

    def set_side(self, number: int, laterality: Laterality) -> None:
        """Set the side of a lesion."""
        self._edit([number], lambda current, by: edits.set_side(current, laterality, by))

    def set_site(self, number: int, site: BodySite) -> None:
        """Set the body site of a lesion."""
        self._edit([number], lambda current, by: edits.set_site(current, site, by, image=self.image))

    def set_morphology(self, number: int, morphology: Morphology) -> None:
        """Set what a mass looks like."""
        self._edit([number], lambda current, by: edits.set_morphology(current, morphology, by))

    def take_over(self, number: int) -> None:
        """Set the tissue of a lesion to calcified mass, and accept the lesion."""
        self._edit(
            [number],
            lambda current, by: edits.set_tissue(current, Tissue.CALCIFIED_MASS, by, self.image),
            lambda current, by: edits.decide(current, Status.ACCEPTED, by),
        )

    def delete(self, number: int) -> None:
        """Remove a lesion: a lesion that a reader drew is withdrawn, a proposed lesion is rejected."""
        self.compare()
        if number not in self.lesions:  # drawn and not yet saved
            outline = self.outline(number)
            if outline is not None:
                self._label_image.erase(outline)
            self.compare()
            self.changed.emit("labels")
            return
        self._edit([number], lambda _, __: self._removal(number))

    def add(self, proposal: Proposal) -> int | None:
        """Make an accepted mass of a proposal that was judged to be another tissue; return its number."""
        self.compare()
        outline = refined_outline(self.image, proposal, self.settings)

        def make() -> list[Revision]:
            newest, drawn = self._revisions.newest, AlgorithmType.SEMIAUTOMATIC
            return [edits.add(outline, drawn, newest, self.image, self.settings, self._signature(), self._anatomy)]

        before = self._revisions.numbers
        appended = self._append(make, ())
        if not appended:
            return None
        uid, number = appended[0].lesion.tracking_uid, appended[0].lesion.number
        tissue = Tissue.CALCIFIED_MASS
        self._append(lambda: [edits.set_tissue(self.lesions[number], tissue, self._signature())], ())
        self._append(lambda: [edits.decide(self.lesions[number], Status.ACCEPTED, self._signature())], ())
        self._decided([uid], before)
        self._draw_again(number)
        self.changed.emit("lesions")
        return number

    def split(self, number: int, cut: Cut) -> None:
        """Divide a lesion along a cut at once (`splitting`)."""
        edit = self.splitting(number, cut)
        self.take_edit(edit, edit.work())

    def splitting(self, number: int, cut: Cut | Sequence[Outline]) -> Edit:
        """Begin to divide a lesion; the larger part keeps the identity of the lesion.

        Parameters
        ----------
        number
            The number of the lesion; its draft is saved first.
        cut
            The cut, which extends through the whole lesion and through all slices; or the parts.

        Returns
        -------
        Edit
            Its `work` measures and may run in another thread; pass the result to `take_edit`.

        Raises
        ------
        ReviewError
            There is no such lesion, or all of its voxels lie on one side of the cut.
        """
        self._keep_drafts_of((number,))
        outline = self.lesions[number].lesion.outline
        parts = parts_of(outline, cut, self.image) if isinstance(cut, CuttingLine | CuttingPlane) else list(cut)
        if len(parts) < 2:
            raise ReviewError(f"A line between two parts of lesion {number} expected: all of it lies on one side.")

        def make() -> Sequence[Revision]:
            current, newest = self.lesions.get(number), self._revisions.newest
            if current is None or current.lesion.outline != outline:
                raise ReviewError(f"Lesion {number} was drawn anew by somebody else: look at it, and divide it again.")
            return edits.split(current, parts, newest, self.image, self.settings, self._signature(), self._anatomy)

        return self._edit_of((number,), make)

    def merge(self, *numbers: int) -> None:
        """Merge lesions at once (`merging`)."""
        edit = self.merging(*numbers)
        self.take_edit(edit, edit.work())

    def merging(self, *numbers: int) -> Edit:
        """Begin to merge lesions: the oldest one gets the voxels of all, the others are withdrawn; it is selected.

        Raises
        ------
        ReviewError
            The numbers are not those of at least two different lesions, or one is rejected.
        """
        self._keep_drafts_of(numbers)

        def make() -> Sequence[Revision]:
            there = [self.lesions[one] for one in numbers if one in self.lesions]
            return edits.merge(there, self.image, self.settings, self._signature(), self._anatomy)

        return self._edit_of(numbers, make)

    def _edit_of(self, numbers: Sequence[int], make: Callable[[], Sequence[Revision]]) -> Edit:
        self._signature()  # a name is asked for here, and not in another thread
        return Edit(tuple(numbers), self._revisions.numbers, make)

    def take_edit(self, edit: Edit, revisions: Sequence[Revision]) -> None:
        """Append what an edit measured; if a lesion has changed since, the edit is made again."""
        ready = [revisions] if self._revisions.numbers == edit.numbers_then else []
        self._append_as_one(lambda: ready.pop() if ready else edit.work(), edit.numbers)
        if self.selected in edit.numbers and self.selected not in self.lesions:
            self.select(min(edit.numbers))

    def calibrate(self, calibration: Calibration | None) -> None:
        """Calibrate the radiograph, for all its lesions in one edit; None removes the calibration."""
        radiograph = kind_of(self.image).radiograph(self.image)
        if radiograph is None:
            raise ReviewError("A radiograph expected, found CT, whose millimeters its header says.")
        self.save_all()
        before = {one.lesion.tracking_uid: one.number for one in self.lesions.values()}

        def make() -> Sequence[Revision]:
            return edits.calibrate(self._revisions.newest, calibration, radiograph, self.settings, self._signature())

        if self._append(make, ()):
            self._decided(before, before)
            self.changed.emit("lesions")

    def _keep_drafts_of(self, numbers: Iterable[int]) -> None:
        """Save the drafts of lesions that are about to be changed; refuse if one of the lesions does not exist."""
        self.compare()
        for number in numbers:
            self.save(number)
        gone = [number for number in numbers if number not in self.lesions]
        if gone:
            raise ReviewError(f"A lesion expected, found none with number {gone[0]}: choose one that is there.")

    def _append_as_one(self, make: Callable[[], Sequence[Revision]], numbers: Sequence[int]) -> None:
        """Append an edit of several lesions, which is one step for undo, and draw all of them again."""
        before = self._revisions.numbers
        appended = self._append(make, numbers)
        if not appended:
            return
        self._decided([one.lesion.tracking_uid for one in appended], before)
        changed = [one.lesion.number for one in appended]
        self.shown.update(changed)
        for number in changed:
            self._draw_again(number)
        self.changed.emit("lesions")

    def _edit(self, numbers: Sequence[int], *steps: Callable[[Revision, Signature], Revision]) -> None:
        """Decide about lesions as shown: their drafts are saved first."""
        self.compare()
        for number in numbers:
            self.save(number)
        numbers = [number for number in numbers if number in self.lesions]
        if not numbers:
            return
        uids = [self.lesions[number].lesion.tracking_uid for number in numbers]
        before = self._revisions.numbers
        for step in steps:

            def make(step: Callable[[Revision, Signature], Revision] = step) -> list[Revision]:
                by = self._signature()
                return [step(self._revisions.newest[uid], by) for uid in uids]

            if not self._append(make, numbers):
                return
        self._decided(uids, before)
        for number in numbers:
            self._draw_again(number)
        self.changed.emit("lesions")

    # Undo and redo, across slices, tools and decisions

    def undo(self) -> bool:
        """Undo the last stroke or decision; False if there is none."""
        return self._step(forward=False)

    def redo(self) -> bool:
        """Redo the step that was undone last; False if there is none."""
        return self._step(forward=True)

    def step_told(self, forward: bool) -> StepTold | None:
        """Say what `undo` or, with `forward`, `redo` is about to change; None if there is nothing."""
        self.compare()
        step = self._history.next(forward)
        if step is None:
            return None
        if isinstance(step, Stroke):
            rows, columns = self.image.shape_kji[1:]
            return StepTold(tuple(step.labels), "drawing", tuple(np.unique(step.where // (rows * columns)).tolist()))
        if isinstance(step, Act):
            return StepTold(step.numbers, step.words)
        revisions = [self._revisions.history(uid)[number - 1] for uid, number in step.after.items()]
        return StepTold(tuple(one.lesion.number for one in revisions), revisions[0].why)

    def _decided(self, uids: Iterable[str], before: Mapping[str, int]) -> None:
        """Record an edit of lesions as one step for undo."""
        after = self._revisions.numbers
        uids = tuple(uids)
        self._history.add(Decision({uid: before.get(uid, 0) for uid in uids}, {uid: after[uid] for uid in uids}))

    def _step(self, forward: bool) -> bool:
        self.compare()
        step = self._history.next(forward)
        if step is None:
            return False
        if isinstance(step, Stroke):
            self._paint_again(step, forward)
        elif isinstance(step, Act):
            try:
                (step.redo if forward else step.undo)()
            except ReviewError:
                self._history.forget(step)  # else no step before it could be undone
                raise
            self.changed.emit("lesions")
        else:
            self._decide_again(step.after if forward else step.before)
        self._history.move(step, forward)
        self.press += 1
        return True

    def _paint_again(self, stroke: Stroke, forward: bool) -> None:
        touched = stroke.labels
        if self.selected not in touched:
            self.select(touched[-1])
        self._label_image.paint_again(stroke, forward)
        painted = self._label_image.painted(self.press)
        if painted is not None:
            self._account(painted)
        self._leave_what_is_gone()
        self.changed.emit("labels")

    def _leave_what_is_gone(self) -> None:
        """Select nothing, if the selected lesion no longer exists."""
        if self.selected is not None and self.selected not in {*self.lesions, *self.drafts}:
            self.select(None)

    def _decide_again(self, goal: Mapping[str, int]) -> None:
        numbers = [self._revisions.newest[uid].lesion.number for uid in goal]
        for number in numbers:
            self.save(number)

        def make() -> list[Revision]:
            by = self._signature()
            return [edits.undo(self._revisions.history(uid), number, by) for uid, number in goal.items()]

        self._append(make, numbers)
        for number in numbers:
            self._draw_again(number)
        self._leave_what_is_gone()
        self.changed.emit("lesions")

    # Drawing

    def _draw_again(self, number: int) -> None:
        """Draw the labels in the box of a lesion again: the lesion, and other lesions that share voxels with it."""
        boxes = [one.lesion.outline for one in self._revisions.newest.values() if one.lesion.number == number]
        own = self.outline(number)
        boxes += [own] if own is not None else []
        for box in boxes:
            self._label_image.draw_box(box.start_kji, box.stop_kji, self._drawn())
        self.changed.emit("labels")

    def _drawn(self) -> list[tuple[int, Outline]]:
        """List the outlines that are drawn; smaller ones come last and are drawn on top."""
        numbers = {*self.lesions, *self.drafts}
        seen = [(number, self.outline(number)) for number in numbers if self.is_visible(number)]
        outlines = [(number, outline) for number, outline in seen if outline is not None]
        return sorted(outlines, key=lambda one: (-one[1].voxel_count, one[0]))

    def _rename(self, label: int, number: int) -> None:
        """Give the voxels of a lesion its number as label, if they were painted with another label."""
        outline = self.outline(number)
        if outline is not None:
            self._label_image.rename(label, number, outline)
        self._history.rename(label, number)
        if self.selected == label:
            self.selected = number
        self.changed.emit("labels")

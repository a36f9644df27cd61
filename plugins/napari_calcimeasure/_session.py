"""The review of one stack: what is painted, decided, undone and kept. The one object here that changes. No Qt.

Labels are what napari paints on; the number of a lesion is its label. What was painted is found by comparing them with
what they were, and only the voxels that changed are given to a lesion or taken from it: voxels that two outlines share
stay in both. A decision is in the store when the function returns; outlines are drafts until the reader leaves the
lesion.
"""

from __future__ import annotations

import mmap
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from psygnal import Signal

from calcimeasure import review
from calcimeasure.analysis.inherit import as_calibrated
from calcimeasure.analysis.pipeline import refined_outline
from calcimeasure.errors import ConflictError, ReviewError
from calcimeasure.measure.radiograph import preview_on_film
from calcimeasure.model import AlgorithmType, Outline, Radiograph, Status, Tissue
from calcimeasure.segment import grow_on_film
from napari_calcimeasure._convert import display_of, draw_outlines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from calcimeasure import Settings
    from calcimeasure.analysis.calibration import Calibration
    from calcimeasure.locate.film import FilmView
    from calcimeasure.locate.laterality import View
    from calcimeasure.model import BodySite, FilmMeasurements, Image, Laterality, Lesion, Proposal, Revision
    from calcimeasure.review import Preview, Signature
    from calcimeasure.store import Store
    from napari_calcimeasure._convert import Display
    from napari_calcimeasure._stack import Stack

AT_ONCE_MM = 50.0
"""Masses beyond this show axes and volume of their voxels at once, and all the rest when it is measured."""

AT_ONCE_PX = 300
"""And on radiographs masses that are longer than this: their edges take a second."""

UNSIGNED = "(not signed)"
"""Stands where a draft was measured before anybody signed; it is never kept so."""

STEPS = 200
"""So many steps can be undone; what was kept can be undone for good by its revisions."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A lesion as it is painted and not yet kept.

    Parameters
    ----------
    outline
        None where it was erased wholly.
    preview
        Of a large one, until it is measured.
    measured
        What will be appended, when it is measured.
    begun
        When it was first painted on (`time.monotonic`).
    """

    outline: Outline | None
    begun: float
    preview: Preview | FilmMeasurements | None = None
    measured: Revision | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """A draft to be measured: `work` may run in another thread, its result belongs to `Session.take`."""

    label: int
    outline: Outline
    work: Callable[[], Revision]


@dataclass(frozen=True, slots=True, eq=False)
class _Stroke:
    """Voxels that were painted: where (flat index, ascending), and their labels before and after."""

    where: NDArray[np.int64]
    before: NDArray[np.uint16]
    after: NDArray[np.uint16]
    press: int

    def then(self, later: _Stroke) -> _Stroke:
        """Put what was painted while the button stayed down together: it is one step to undo."""
        where = np.union1d(self.where, later.where)
        before, after = np.zeros(len(where), np.uint16), np.zeros(len(where), np.uint16)
        for stroke in (later, self):
            before[np.searchsorted(where, stroke.where)] = stroke.before
        for stroke in (self, later):
            after[np.searchsorted(where, stroke.where)] = stroke.after
        return _Stroke(where, before, after, self.press)


@dataclass(frozen=True, slots=True)
class _Edit:
    """Decisions: the revision of each lesion (by Tracking UID) before and after; 0 is before it was there."""

    before: Mapping[str, int]
    after: Mapping[str, int]


class Session:
    """The lesions of one stack under review.

    Parameters
    ----------
    store, settings
        Where decisions go, and what to measure with.
    stack
        The opened stack.
    reader
        Who reads; empty where that is not known yet.
    ask_name
        Asks for the reader's name when the first thing has to be signed, and raises a ReviewError where nobody signs.
    ask
        Puts a question; True is yes.

    Attributes
    ----------
    press
        Counts how often the mouse button went down: what is painted while it stays down is one step to undo.
    """

    changed = Signal(str)
    """What changed: "labels", "lesions", "numbers" or "selected"."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        stack: Stack,
        reader: str,
        ask_name: Callable[[], str],
        ask: Callable[[str], bool],
    ) -> None:
        self.store, self.settings = store, settings
        self.stack_id, self.image = stack.stack_id, stack.image
        self._display = display_of(stack.image)
        self.reader, self._ask_name, self._ask = reader, ask_name, ask
        self._histories = {uid: list(history) for uid, history in stack.histories.items()}
        self.labels = _zeros(self.display.shape_kji)
        self._known = _zeros(self.display.shape_kji)
        self.drafts: dict[int, Draft] = {}
        self.selected: int | None = None
        self.shown: set[int] = set()
        self.shows_rejected = False
        self._done: list[_Stroke | _Edit] = []
        self._undone: list[_Stroke | _Edit] = []
        self.press = 0
        self._view: View | FilmView | None = None
        self._added: set[str] = set()
        self._grown: set[Outline] = set()
        self._measuring: set[int] = set()
        self._last_appended: list[Revision] = []
        self._draw_on_nothing()

    # What is there

    @property
    def lesions(self) -> dict[int, Revision]:
        """The newest revision of every lesion that is there, by number."""
        newest = (history[-1] for history in self._histories.values())
        return {one.lesion.number: one for one in newest if not one.withdrawn}

    @property
    def is_radiograph(self) -> bool:
        """Whether it is no stack: what is grown and calibrated is a radiograph."""
        return isinstance(self.image, Radiograph)

    @property
    def calibrated(self) -> Image:
        """The image; a radiograph with the millimeters that a reader found on it."""
        if isinstance(self.image, Radiograph):
            return as_calibrated(self.image, self._current)
        return self.image

    @property
    def _current(self) -> list[Lesion]:
        return [one.lesion for one in self.lesions.values()]

    @property
    def display(self) -> Display:
        """How the image is shown: a radiograph in the millimeters that are known now."""
        return display_of(self.calibrated) if isinstance(self.image, Radiograph) else self._display

    def lesion(self, number: int) -> Lesion | None:
        """Give a lesion as it is seen: with the numbers of its draft where those are there."""
        draft, current = self.drafts.get(number), self.lesions.get(number)
        if draft is not None and draft.measured is not None:
            return draft.measured.lesion
        return None if current is None else current.lesion

    def outline(self, number: int) -> Outline | None:
        """Give an outline as it is seen."""
        if number in self.drafts:
            return self.drafts[number].outline
        current = self.lesions.get(number)
        return None if current is None else current.lesion.outline

    def is_visible(self, number: int) -> bool:
        """Tell whether a lesion is drawn: a rejected one leaves its place free, unless it is selected or asked for."""
        current = self.lesions.get(number)
        return (
            current is None
            or current.lesion.status is not Status.REJECTED
            or self.shows_rejected
            or number in self.drafts
            or number == self.selected
        )

    @property
    def next_number(self) -> int:
        """The number that a new lesion will have."""
        used = (history[-1].lesion.number for history in self._histories.values())
        return max((0, *used, *self.drafts)) + 1

    # Looking

    def select(self, number: int | None) -> None:
        """Go to a lesion; what was drawn on the one that is left is kept."""
        self.compare()
        before, self.selected = self.selected, number
        try:
            for label in [label for label in sorted(self.drafts) if label != number]:
                self.save(label)
        finally:
            for one in {before, number} - {None}:
                current = self.lesions.get(one)
                if current is not None and current.lesion.status is Status.REJECTED:
                    self._draw_again(one)
            if number in self.lesions:
                self.shown.add(number)
            self.changed.emit("selected")

    def show_rejected(self, shows: bool) -> None:
        """Draw rejected lesions too, or not."""
        if shows == self.shows_rejected:
            return
        self.compare()
        self.shows_rejected = shows
        self._draw_all()
        self.changed.emit("labels")

    # Painting

    def compare(self) -> bool:
        """Find out what was painted since the last time, and whose it is; True where there was something."""
        stroke = self._painted()
        if stroke is None:
            return False
        last = self._done[-1] if self._done else None
        if isinstance(last, _Stroke) and last.press == self.press:
            self._done[-1] = last.then(stroke)
        else:
            self._remember(stroke)
        self._undone.clear()
        self._account(stroke)
        return True

    def _painted(self) -> _Stroke | None:
        rows, columns = self.labels.shape[1:]
        now, was = (_in_words(labels) for labels in (self.labels, self._known))
        changed = [k for k in range(len(now)) if not np.array_equal(now[k], was[k])]
        if not changed:
            return None
        found = [np.flatnonzero(self.labels[k] != self._known[k]) + k * rows * columns for k in changed]
        where = np.concatenate(found)
        return _Stroke(where, self._known.ravel()[where], self.labels.ravel()[where], self.press)

    def _account(self, stroke: _Stroke) -> None:
        """Give the voxels that changed to the lesions that have them now, and take them from those that had them."""
        shape = self.labels.shape
        kji = np.stack(np.unravel_index(stroke.where, shape), axis=1)
        for label in sorted({*np.unique(stroke.before).tolist(), *np.unique(stroke.after).tolist()} - {0}):
            added, removed = kji[stroke.after == label], kji[stroke.before == label]
            outline = _changed(self.outline(label), added, removed)
            current = self.lesions.get(label)
            kept = None if current is None else current.lesion.outline
            self._measuring.discard(label)
            if outline == kept:  # undone, or drawn and erased again
                self.drafts.pop(label, None)
                continue
            begun = self.drafts[label].begun if label in self.drafts else time.monotonic()
            self.drafts[label] = Draft(outline, begun, self._preview(outline))
        self._known.ravel()[stroke.where] = self.labels.ravel()[stroke.where]
        self.changed.emit("numbers")

    def _preview(self, outline: Outline | None) -> Preview | FilmMeasurements | None:
        if outline is None:
            return None
        if isinstance(self.image, Radiograph):
            if max(outline.shape_kji) <= AT_ONCE_PX:
                return None
            return preview_on_film(as_calibrated(self.image, self._current), outline)
        spacing_mm = self.image.geometry.spacing_kji_mm
        extent_mm = max(n * step for n, step in zip(outline.shape_kji, spacing_mm, strict=True))
        return review.preview(self.image, outline) if extent_mm > AT_ONCE_MM else None

    # Growing, on radiographs

    def is_rough(self, label: int) -> bool:
        """Tell whether a lesion was painted and not yet kept: a region to grow an outline from."""
        self.compare()
        draft = self.drafts.get(label)
        return draft is not None and draft.outline is not None and draft.outline not in self._grown

    def growing(self, label: int | None, place_kji: Sequence[float] | None = None) -> Callable[[], Outline]:
        """Make what grows the outline of a mass; it may run in another thread, its result belongs to `take_grown`.

        Parameters
        ----------
        label
            Whose painted voxels are a rough region to begin with, where no place is given.
        place_kji
            Index of a voxel in the mass.

        Raises
        ------
        ReviewError
            It is no radiograph, or nothing is painted.
        """
        image, settings = self.calibrated, self.settings
        if not isinstance(image, Radiograph):
            raise ReviewError("A radiograph expected to grow an outline on, found CT: draw it with the brush (2).")
        if place_kji is not None:
            row, column = (round(float(one)) for one in place_kji[1:])
            return lambda: grow_on_film(image, (row, column), settings)
        self.compare()
        rough = None if label is None else self.outline(label)
        if rough is None:
            raise ReviewError("A place or a region in a mass expected, found neither. Click on a mass, or paint on it.")
        region = rough.mask_in((0, 0, 0), image.shape_kji)[0]
        return lambda: grow_on_film(image, region, settings)

    def take_grown(self, outline: Outline, label: int | None = None) -> int:
        """Draw what was grown, as one stroke that can be undone; voxels of other lesions stay theirs.

        Parameters
        ----------
        outline
            As it was grown.
        label
            The lesion that gets it; of None the one that it mostly lies on, else a new one.

        Returns
        -------
        int
            Its label.

        Raises
        ------
        ReviewError
            Nothing of it is free.
        """
        self.compare()
        labels, inside = self.labels[outline.box], outline.mask()
        if label is None:
            label = self._mostly(labels[inside]) or self.next_number
        if not np.isin(labels[inside], (0, label)).any():
            raise ReviewError(f"What was grown lies in lesion {labels[inside].max()}: choose that one, or erase it.")
        self.press += 1
        own = self.outline(label)
        if own is not None:
            before = self.labels[own.box]
            before[before == label] = 0
        labels[inside & (labels == 0)] = label
        self.compare()
        self.press += 1
        grown = self.outline(label)
        if grown is not None:
            self._grown.add(grown)
        self.changed.emit("labels")
        self.select(label)
        return label

    def _mostly(self, labels: NDArray[np.uint16]) -> int:
        """Find the lesion that has most of some voxels; 0 where none has half of them."""
        counts = np.bincount(labels)
        counts[0] = 0
        most = int(np.argmax(counts))
        return most if 2 * counts[most] >= len(labels) else 0

    # Measuring, which may be done in another thread

    def next_job(self) -> Job | None:
        """Give the next draft that has to be measured; the one that is selected first."""
        waiting = [
            label
            for label, draft in self.drafts.items()
            if draft.outline is not None and draft.measured is None and label not in self._measuring
        ]
        if not waiting:
            return None
        label = self.selected if self.selected in waiting else min(waiting)
        outline = self.drafts[label].outline
        assert outline is not None  # noqa: S101 - chosen so above
        # Who signs is asked when it is kept, not while somebody draws.
        job = Job(label, outline, self._measuring_of(label, outline, review.Signature(self.reader or UNSIGNED)))
        self._measuring.add(label)
        return job

    def take(self, job: Job, measured: Revision) -> None:
        """Take the numbers of a draft, unless it was painted on since."""
        draft = self.drafts.get(job.label)
        if draft is not None and draft.outline is job.outline:
            self.drafts[job.label] = replace(draft, measured=measured)
            self._measuring.discard(job.label)
            self.changed.emit("numbers")

    def _measuring_of(self, label: int, outline: Outline, by: Signature) -> Callable[[], Revision]:
        """Make what measures a draft: a recipe of values, so that it does not matter what happens meanwhile."""
        image, settings = self.image, self.settings
        current, newest, view = self.lesions.get(label), self._newest, self._view
        drawn = AlgorithmType.SEMIAUTOMATIC if outline in self._grown else AlgorithmType.MANUAL
        if current is not None:
            return lambda: review.redraw(current, outline, drawn, image, settings, by, view)
        return lambda: review.add(outline, drawn, newest, image, settings, by, view)

    @property
    def needs_view(self) -> bool:
        """Whether something was drawn whose side and site cannot be judged without a survey of the stack."""
        return self._view is None and (bool(self._added) or any(label not in self.lesions for label in self.drafts))

    def take_view(self, view: View | FilmView) -> None:
        """Judge side and site of what was drawn, now that it is known what is in the field."""
        self.compare()
        self._view = view
        new = [label for label in self.drafts if label not in self.lesions]
        self.drafts |= {label: replace(self.drafts[label], measured=None) for label in new}
        self._measuring.difference_update(new)
        for uid in sorted(self._added):
            current = self._newest[uid]
            if current.withdrawn or current.lesion.side is not None:
                continue

            def make(uid: str = uid) -> list[Revision]:
                current, by = self._newest[uid], self._signature()
                outline, drawn = current.lesion.outline, current.lesion.algorithm_type
                return [review.redraw(current, outline, drawn, self.image, self.settings, by, view)]

            self._append(make, ())
        self._added.clear()
        self.changed.emit("lesions")

    # Keeping

    def save(self, label: int) -> None:
        """Keep what was drawn on a lesion.

        Raises
        ------
        ReviewError
            Nobody signs it; it stays a draft.
        StoreError
            It cannot be written; it stays a draft.
        """
        draft = self.drafts.get(label)
        if draft is None:
            return
        if draft.outline is None:
            self._erased(label)
            return
        if label not in self.lesions:
            # The lesion that has the next number goes first: a number once given is never taken by another.
            coming = max((history[-1].lesion.number for history in self._histories.values()), default=0) + 1
            if coming != label and coming in self.drafts and coming not in self.lesions:
                self.save(coming)
        outline = draft.outline

        def make() -> list[Revision]:
            ready, by = self.drafts[label].measured, self._signature()
            return [ready if ready is not None and self._fits(ready) else self._measuring_of(label, outline, by)()]

        if self._append(make, (label,)):
            self.drafts.pop(label, None)
            if self._last_appended[0].lesion.side is None:
                self._added.add(self._last_appended[0].lesion.tracking_uid)
            number = self._last_appended[0].lesion.number
            if number != label:
                self._rename(label, number)
            self.shown.add(number)
            self.changed.emit("lesions")

    def save_all(self, older_than_s: float = 0.0) -> None:
        """Keep every draft that was begun so long ago."""
        self.compare()
        for label in sorted(self.drafts):
            if label in self.drafts and time.monotonic() - self.drafts[label].begun >= older_than_s:
                self.save(label)

    def save_measured(self, older_than_s: float) -> None:
        """Keep those drafts that are measured and were begun so long ago: it costs no time."""
        for label, draft in sorted(self.drafts.items()):
            if draft.measured is not None and time.monotonic() - draft.begun >= older_than_s:
                self.save(label)

    def discard(self) -> None:
        """Forget every draft."""
        self.compare()
        self.drafts.clear()
        self._done.clear()
        self._undone.clear()
        self._draw_all()
        self.changed.emit("lesions")

    def _erased(self, label: int) -> None:
        """Keep that a lesion was erased: what a reader drew is withdrawn, what was proposed is rejected as it was."""
        if label in self.lesions:
            self._append(lambda: [self._removal(label)], (label,))
        self.drafts.pop(label, None)
        self._draw_again(label)
        self.changed.emit("lesions")

    def _removal(self, number: int) -> Revision:
        current = self.lesions[number]
        history = self._histories[current.lesion.tracking_uid]
        if history[0].reader is None:
            return review.decide(current, Status.REJECTED, self._signature())
        return review.undo(history, 0, self._signature())

    def _fits(self, ready: Revision) -> bool:
        """Tell whether nothing happened to the lesion since its draft was measured."""
        lesion = ready.lesion
        known = self._newest.get(lesion.tracking_uid)
        if ready.reader != self.reader or ready.base_number != (known.number if known else None):
            return False
        return (
            known is not None
            or lesion.number == max((one.lesion.number for one in self._newest.values()), default=0) + 1
        )

    @property
    def _newest(self) -> dict[str, Revision]:
        return {uid: history[-1] for uid, history in self._histories.items()}

    def _signature(self) -> Signature:
        if not self.reader:
            self.reader = self._ask_name()
        return review.Signature(self.reader)

    def _append(self, make: Callable[[], Sequence[Revision]], labels: Iterable[int]) -> bool:
        """Append revisions; where somebody else was faster, ask, and make them again of what is there now."""
        revisions = make()
        try:
            self.store.append(self.stack_id, revisions, self.settings)
        except ConflictError as conflict:
            self._read_again()
            mine = self._ask(f"{conflict}\n\nPut your change on top of it? (No: theirs stays, yours is dropped.)")
            if not mine:
                for label in labels:
                    self.drafts.pop(label, None)
                self._draw_all()
                self.changed.emit("lesions")
                return False
            # What is there now may be something else: a lesion that is gone raises here.
            revisions = make()
            self.store.append(self.stack_id, revisions, self.settings)
        for one in revisions:
            self._histories.setdefault(one.lesion.tracking_uid, []).append(one)
        self._last_appended = list(revisions)
        return True

    def _read_again(self) -> None:
        self._histories = {uid: list(history) for uid, history in self.store.histories(self.stack_id).items()}
        self.drafts = {label: replace(draft, measured=None) for label, draft in self.drafts.items()}
        self._measuring.clear()
        self._done.clear()
        self._undone.clear()
        self._draw_all()

    # Deciding

    def decide(self, number: int, status: Status) -> None:
        """Accept or reject a lesion, or take either back."""
        self._edit([number], lambda current, by: review.decide(current, status, by))

    def accept_shown(self) -> int:
        """Accept all lesions that were shown in this session and are not decided; gives how many."""
        chosen = [
            number
            for number, one in self.lesions.items()
            if number in self.shown and not one.lesion.is_decided and one.lesion.is_mass
        ]
        if chosen:
            self._edit(chosen, lambda current, by: review.decide(current, Status.ACCEPTED, by))
        return len(chosen)

    def set_tissue(self, number: int, tissue: Tissue) -> None:
        """Say what a lesion is."""
        self._edit([number], lambda current, by: review.set_tissue(current, tissue, by))

    def set_side(self, number: int, laterality: Laterality) -> None:
        """Say the side of a lesion."""
        self._edit([number], lambda current, by: review.set_side(current, laterality, by))

    def set_site(self, number: int, site: BodySite) -> None:
        """Say the body site of a lesion."""
        self._edit([number], lambda current, by: review.set_site(current, site, by))

    def take_over(self, number: int) -> None:
        """Say that a lesion is a calcified mass, and accept it."""
        self._edit(
            [number],
            lambda current, by: review.set_tissue(current, Tissue.CALCIFIED_MASS, by),
            lambda current, by: review.decide(current, Status.ACCEPTED, by),
        )

    def delete(self, number: int) -> None:
        """Take a lesion away: what a reader drew is withdrawn, what was proposed is rejected."""
        self.compare()
        if number not in self.lesions:  # drawn and not yet kept
            outline = self.outline(number)
            if outline is not None:
                self.labels[outline.box][outline.mask()] = 0
            self.compare()
            self.changed.emit("labels")
            return
        self._edit([number], lambda _, __: self._removal(number))

    def add(self, proposal: Proposal) -> int | None:
        """Make an accepted mass of a proposal that was judged to be something else; gives its number."""
        self.compare()
        image = self.image
        outline = refined_outline(image, proposal, self.settings)

        def make() -> list[Revision]:
            by = self._signature()
            drawn, view = AlgorithmType.SEMIAUTOMATIC, self._view
            return [review.add(outline, drawn, self._newest, image, self.settings, by, view)]

        before = {uid: one.number for uid, one in self._newest.items()}
        if not self._append(make, ()):
            return None
        added = self._last_appended[0].lesion
        tissue = Tissue.CALCIFIED_MASS
        self._append(lambda: [review.set_tissue(self.lesions[added.number], tissue, self._signature())], ())
        uid = added.tracking_uid
        self._remember(_Edit({uid: before.get(uid, 0)}, {uid: self._newest[uid].number}))
        self._draw_again(added.number)
        self.changed.emit("lesions")
        return added.number

    def split(self, number: int, line: tuple[Sequence[float], Sequence[float]], across: int) -> None:
        """Divide a lesion by a line that was drawn on what is shown: its larger part stays the lesion.

        Parameters
        ----------
        number
            The lesion; what was drawn on it is kept first.
        line
            World positions of two points; the cut goes through both, all the way and through all slices.
        across
            The world axis that was looked along: the cut stands upright on what is shown.

        Raises
        ------
        ReviewError
            There is no such lesion, or no voxel of it on one side of the line.
        """
        (number,) = self._kept((number,))
        outline = self.lesions[number].lesion.outline
        inside = outline.mask()
        start, stop = (np.asarray(end, dtype=np.float64)[-3:] for end in line)
        world = self.display.to_world(np.argwhere(inside) + outline.start_kji)
        is_beyond = (world - start) @ np.cross(stop - start, np.eye(3)[across]) > 0
        if is_beyond.all() or not is_beyond.any():
            raise ReviewError(f"A line between two parts of lesion {number} expected: all of it lies on one side.")
        masks = np.zeros((2, *inside.shape), dtype=np.bool_)
        masks[0][inside], masks[1][inside] = is_beyond, ~is_beyond
        parts = [Outline.from_mask(mask, outline.start_kji) for mask in masks]

        def make() -> Sequence[Revision]:
            current = self.lesions.get(number)
            if current is None or current.lesion.outline != outline:
                raise ReviewError(f"Lesion {number} was drawn anew by somebody else: look at it, and divide it again.")
            return review.split(current, parts, self._newest, self.image, self.settings, self._signature(), self._view)

        self._append_as_one(make, (number,))

    def merge(self, number: int, other: int) -> None:
        """Make one lesion of two: the first one is both of them from now on, the other one is withdrawn.

        Raises
        ------
        ReviewError
            They are not two lesions.
        """
        numbers = self._kept((number, other))

        def make() -> Sequence[Revision]:
            pair = [self.lesions[one] for one in numbers if one in self.lesions]
            return review.merge(pair, self.image, self.settings, self._signature(), self._view)

        self._append_as_one(make, numbers)

    def _kept(self, numbers: Sequence[int]) -> tuple[int, ...]:
        """Keep what was drawn on lesions that are about to be changed; gives those that are there."""
        self.compare()
        for number in numbers:
            self.save(number)
        gone = [number for number in numbers if number not in self.lesions]
        if gone:
            raise ReviewError(f"A lesion expected, found none with number {gone[0]}: choose one that is there.")
        return tuple(numbers)

    def _append_as_one(self, make: Callable[[], Sequence[Revision]], numbers: Sequence[int]) -> None:
        """Append an edit of several lesions, which is one step to undo, and draw all of them anew."""
        before = {uid: one.number for uid, one in self._newest.items()}
        if not self._append(make, numbers):
            return
        after = {one.lesion.tracking_uid: one.number for one in self._last_appended}
        self._remember(_Edit({uid: before.get(uid, 0) for uid in after}, after))
        changed = [one.lesion.number for one in self._last_appended]
        self.shown.update(changed)
        for number in changed:
            self._draw_again(number)
        self.changed.emit("lesions")

    def calibrate(self, calibration: Calibration | None) -> None:
        """Say what a pixel of the radiograph is in millimeters, for all its lesions in one edit; None takes it back."""
        image = self.image
        if not isinstance(image, Radiograph):
            raise ReviewError("A radiograph expected, found CT, whose millimeters its header says.")
        self.save_all()
        before = {one.lesion.tracking_uid: one.number for one in self.lesions.values()}

        def make() -> Sequence[Revision]:
            return review.calibrate(self._newest, calibration, image, self.settings, self._signature())

        if self._append(make, ()):
            self._remember(_Edit(before, {uid: self._newest[uid].number for uid in before}))
            self.changed.emit("lesions")

    def _edit(self, numbers: Sequence[int], *steps: Callable[[Revision, Signature], Revision]) -> None:
        """Decide about lesions as they are seen: what was drawn on them is kept first."""
        self.compare()
        for number in numbers:
            self.save(number)
        numbers = [number for number in numbers if number in self.lesions]
        if not numbers:
            return
        uids = [self.lesions[number].lesion.tracking_uid for number in numbers]
        before = {uid: self._newest[uid].number for uid in uids}
        for step in steps:

            def make(step: Callable[[Revision, Signature], Revision] = step) -> list[Revision]:
                by = self._signature()
                return [step(self._newest[uid], by) for uid in uids]

            if not self._append(make, numbers):
                return
        self._remember(_Edit(before, {uid: self._newest[uid].number for uid in uids}))
        for number in numbers:
            self._draw_again(number)
        self.changed.emit("lesions")

    def note_look(self, is_withdrawn: bool = False) -> None:
        """Keep that the reader looked through the stack as a whole, or takes that back."""
        self.store.note_seen(self.stack_id, self._signature().reader, is_withdrawn)

    # Undo and redo, over slices, tools and decisions

    def undo(self) -> bool:
        """Undo the last stroke or decision; False where there is none."""
        self.compare()
        return self._step_back(self._done, self._undone, forward=False)

    def redo(self) -> bool:
        """Do again what was undone last; False where there is nothing."""
        self.compare()
        return self._step_back(self._undone, self._done, forward=True)

    def _remember(self, step: _Stroke | _Edit) -> None:
        self._done = [*self._done[-STEPS + 1 :], step]
        self._undone.clear()

    def _step_back(self, source: list[_Stroke | _Edit], other: list[_Stroke | _Edit], forward: bool) -> bool:
        if not source:
            return False
        step = source[-1]
        if isinstance(step, _Stroke):
            self._paint_again(step, forward)
        else:
            self._decide_again(step.after if forward else step.before)
        # A conflict empties both lists.
        if source and source[-1] is step:
            source.pop()
            other.append(step)
        self.press += 1
        return True

    def _paint_again(self, stroke: _Stroke, forward: bool) -> None:
        old, new = (stroke.before, stroke.after) if forward else (stroke.after, stroke.before)
        touched = sorted({*np.unique(old).tolist(), *np.unique(new).tolist()} - {0})
        if self.selected not in touched:
            self.select(touched[-1])
        flat = self.labels.ravel()
        where = flat[stroke.where] == old
        flat[stroke.where[where]] = new[where]
        painted = self._painted()
        if painted is not None:
            self._account(painted)
        self.changed.emit("labels")

    def _decide_again(self, goal: Mapping[str, int]) -> None:
        numbers = [self._newest[uid].lesion.number for uid in goal]
        for number in numbers:
            self.save(number)

        def make() -> list[Revision]:
            by = self._signature()
            return [review.undo(self._histories[uid], number, by) for uid, number in goal.items()]

        self._append(make, numbers)
        for number in numbers:
            self._draw_again(number)
        if self.selected is not None and self.selected not in {*self.lesions, *self.drafts}:
            self.select(None)  # it is not there any more
        self.changed.emit("lesions")

    # Drawing

    def _draw_all(self) -> None:
        """Draw every lesion anew. Only voxels of lesions are written: the rest of a large stack takes no memory."""
        for labels in (self.labels, self._known):
            for one in labels:
                if _in_words(one).any():
                    one[one != 0] = 0
        self._draw_on_nothing()

    def _draw_on_nothing(self) -> None:
        for number, outline in self._drawn():
            inside = outline.mask()
            for labels in (self.labels, self._known):
                labels[outline.box][inside] = number

    def _draw_again(self, number: int) -> None:
        """Draw the place of a lesion anew: of it, and of what lies under it."""
        boxes = [one.lesion.outline for one in self._newest.values() if one.lesion.number == number]
        own = self.outline(number)
        boxes += [own] if own is not None else []
        for box in boxes:
            self._draw(box.start_kji, box.stop_kji)
        self.changed.emit("labels")

    def _draw(self, start_kji: Sequence[int], stop_kji: Sequence[int]) -> None:
        box = tuple(slice(a, b) for a, b in zip(start_kji, stop_kji, strict=True))
        self.labels[box] = draw_outlines(self._drawn(), start_kji, stop_kji)
        self._known[box] = self.labels[box]

    def _drawn(self) -> list[tuple[int, Outline]]:
        """List what is drawn, the smaller on top."""
        numbers = {*self.lesions, *self.drafts}
        seen = [(number, self.outline(number)) for number in numbers if self.is_visible(number)]
        outlines = [(number, outline) for number, outline in seen if outline is not None]
        return sorted(outlines, key=lambda one: (-one[1].voxel_count, one[0]))

    def _rename(self, label: int, number: int) -> None:
        """Give a lesion's voxels its number, where they were painted with another label."""
        outline = self.outline(number)
        if outline is not None:
            inside = self.labels[outline.box]
            inside[inside == label] = number
            self._known[outline.box] = inside
        for step in (*self._done, *self._undone):
            if isinstance(step, _Stroke):
                step.before[step.before == label] = number
                step.after[step.after == label] = number
        if self.selected == label:
            self.selected = number
        self.changed.emit("labels")


def _zeros(shape_kji: tuple[int, int, int]) -> NDArray[np.uint16]:
    """Make labels that take memory where something is written only, a few rows at a time.

    NumPy's own zeros come in pages of 2 MB where the system has those, four slices for one voxel.
    """
    if not hasattr(mmap, "MAP_PRIVATE"):
        return np.zeros(shape_kji, dtype=np.uint16)
    own = mmap.mmap(-1, 2 * int(np.prod(shape_kji)), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    return np.frombuffer(own, dtype=np.uint16).reshape(shape_kji)


def _in_words(labels: NDArray[np.uint16]) -> NDArray[np.uint16] | NDArray[np.uint64]:
    """View slices of labels as what is compared fastest: four voxels at once, where they can be taken so."""
    flat = labels.reshape(*labels.shape[:-2], -1)
    return flat.view(np.uint64) if flat.shape[-1] % 4 == 0 else flat


def _changed(outline: Outline | None, added_kji: NDArray[np.intp], removed_kji: NDArray[np.intp]) -> Outline | None:
    """Add voxels to an outline and take others away; None where nothing stays."""
    corners = [added_kji.min(axis=0), added_kji.max(axis=0) + 1] if len(added_kji) else []
    if outline is not None:
        corners += [np.array(outline.start_kji), np.array(outline.stop_kji)]
    if not corners:
        return None
    start, stop = np.min(corners, axis=0), np.max(corners, axis=0)
    mask = np.zeros(stop - start, dtype=np.bool_) if outline is None else outline.mask_in(start.tolist(), stop.tolist())
    inside = removed_kji[np.all((removed_kji >= start) & (removed_kji < stop), axis=1)] - start
    mask[tuple(inside.T)] = False
    mask[tuple((added_kji - start).T)] = True
    return Outline.from_mask(mask, (int(start[0]), int(start[1]), int(start[2]))) if mask.any() else None

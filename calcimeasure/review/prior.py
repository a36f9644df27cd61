"""The earlier date of a stack beside its review: its image, its lesions, and what leads from one date to the other.

Motions are those that `calcimeasure follow` found and the store keeps. None is found here: where none holds, places of
one date say nothing about places of the other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

import numpy as np

from calcimeasure.analysis.kinds import kind_of
from calcimeasure.errors import ReviewError
from calcimeasure.review.worklist import open_stack
from calcimeasure.settings.algorithm import ALGORITHM, FINGERPRINT
from calcimeasure.store import CLINICAL_READING, current_links
from calcimeasure.study.follow.constants import FOLLOW
from calcimeasure.study.follow.images import images_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from numpy.typing import ArrayLike, NDArray

    from calcimeasure.model import Image, Lesion, Revision, StackFacts, Volume
    from calcimeasure.model.follow import Motion
    from calcimeasure.review.desk import Desk
    from calcimeasure.store import LesionLink, Store, StoredMotion


class Known(Enum):
    """What the store knows of the motion between two stacks."""

    MOTION = "a motion"
    NOTHING = "not compared"
    NONE_CARRIES = "no motion that carries"
    OTHER_IMAGES = "motions of other images"
    FILM = "a projection"


UNKNOWN_WORDS: Final = {
    Known.NOTHING: (
        "Not linked: these two stacks were not compared. Run calcimeasure follow DIR: it compares each date with the "
        "first one (--comparison previous: with the date before), on the thinnest slices of a date."
    ),
    Known.NONE_CARRIES: (
        "Not linked: calcimeasure follow laid no bone of this date on the other one. The wheel over the prior goes "
        "through its slices."
    ),
    Known.OTHER_IMAGES: (
        "Not linked: calcimeasure follow ran on other images, or by another version. Run calcimeasure follow DIR again."
    ),
    Known.FILM: "Not linked: a projection has no motion that leads to another one.",
}
"""Why there is no crosshair, and what to do."""

BLINDED_WORDS: Final = (
    "Not linked: the whole body has no motion that carries, and motions of single lesions follow decisions of other "
    "readers, which this reading does not show."
)


@dataclass(frozen=True, slots=True)
class PriorDate:
    """An earlier date of a stack.

    Parameters
    ----------
    stack_id, facts
        The stack that shows it.
    days
        Days from this date to that of the stack under review.
    """

    stack_id: int
    facts: StackFacts
    days: int

    @property
    def day(self) -> date:
        """The date."""
        assert self.facts.study_date is not None  # noqa: S101 - dates without one are none
        return self.facts.study_date


@dataclass(frozen=True, slots=True, eq=False)
class Motions:
    """The motions between two stacks that hold, prior to current.

    Parameters
    ----------
    known
        What the store knows.
    whole
        The motion of the whole body; None unless it carries.
    local
        By Tracking UID of prior lesions: the motion of the neighborhood of each, and its middle at the current date.
    is_blinded
        Whether motions of single lesions are not shown.
    """

    known: Known
    whole: Motion | None = None
    local: Mapping[str, tuple[Motion, NDArray[np.float64]]] = field(default_factory=dict)
    is_blinded: bool = False

    @property
    def words(self) -> str:
        """Why nothing is linked, and what to do; empty where something is."""
        if self.known is Known.NONE_CARRIES and self.is_blinded:
            return BLINDED_WORDS
        return UNKNOWN_WORDS.get(self.known, "")

    def at(self, place_lps_mm: NDArray[np.float64], uids: Iterable[str] = ()) -> Motion | None:
        """Choose the motion at a place of the current date.

        Parameters
        ----------
        place_lps_mm
            The place, (3,).
        uids
            Tracking UIDs of the prior lesions that the selected lesion is linked with: their motion comes first.

        Returns
        -------
        Motion or None
            That of a lesion holds in its neighborhood alone; None where no motion holds.
        """
        for uid in uids:
            if uid in self.local and _away_mm(self.local[uid][1], place_lps_mm) <= FOLLOW.near_mm:
                return self.local[uid][0]
        if self.whole is not None:
            return self.whole
        away_mm, uid = min(((_away_mm(one[1], place_lps_mm), uid) for uid, one in self.local.items()), default=(0, ""))
        return self.local[uid][0] if uid and away_mm <= FOLLOW.nearest_mm else None


@dataclass(frozen=True, slots=True, eq=False)
class OpenedPrior:
    """An earlier date that is shown beside a stack.

    Parameters
    ----------
    dates
        Every earlier date, the nearest first.
    place
        Which of them.
    image, revisions
        The image, and the lesions in it that this reading has not rejected, by number.
    motions
        What leads from it to the stack under review.
    links
        The links between both that hold; none in a reading that is not the clinical one.
    """

    dates: tuple[PriorDate, ...]
    place: int
    image: Image
    revisions: Mapping[int, Revision]
    motions: Motions
    links: tuple[LesionLink, ...] = ()

    @property
    def date(self) -> PriorDate:
        """The date that is shown."""
        return self.dates[self.place]

    @property
    def lesions(self) -> dict[int, Lesion]:
        """The lesions, by number."""
        return {number: one.lesion for number, one in self.revisions.items()}

    def partners(self, tracking_uid: str) -> tuple[str, ...]:
        """Give the Tracking UIDs of the prior lesions that are linked with a lesion of the current date."""
        pairs = [(one.prior[0], one.current[0]) for one in self.links if one.prior and one.current]
        return tuple(prior for prior, current in pairs if current == tracking_uid)

    @property
    def words(self) -> str:
        """Which date it is."""
        one, count = self.date, len(self.dates)
        days = f"{one.days} day{'s' if one.days != 1 else ''} earlier"
        return f"Prior {one.day.isoformat()}, {days} ({self.place + 1} of {count})"


def earlier_dates(store: Store, stack_id: int, *, is_blinded: bool = False) -> tuple[PriorDate, ...]:
    """Give the earlier dates of the patient of a stack, the nearest first, each with one stack of the same kind.

    Parameters
    ----------
    store
        The store, for a reading: stacks in which the reading has not begun are left out.
    stack_id
        The stack under review.
    is_blinded
        Whether links, which readers of the clinical reading make, choose no stack.

    Returns
    -------
    tuple of PriorDate
        Of each date the stack that was compared with the one under review, else the radiograph with the same view, or
        the CT with the thinnest slices. Empty where the header says neither date nor person.
    """
    stacks, begun = store.measured_stacks(), store.begun_stacks()
    own = stacks.get(stack_id)
    if own is None or not own.person or own.study_date is None:
        return ()
    by_day: dict[date, list[tuple[tuple[object, ...], int]]] = {}
    for number, facts in stacks.items():
        is_earlier = facts.study_date is not None and facts.study_date < own.study_date
        is_read = begun is None or number in begun
        if facts.person == own.person and is_earlier and is_read and _is_alike(facts, own):
            assert facts.study_date is not None  # noqa: S101 - it is earlier
            pair = (number, stack_id)
            is_compared = bool(store.motions_between(pair) or (not is_blinded and store.links_between(pair)))
            rank = (not is_compared, *_rank(facts, own), number)
            by_day.setdefault(facts.study_date, []).append((rank, number))
    best = [min(some)[1] for _, some in sorted(by_day.items(), reverse=True)]
    return tuple(
        PriorDate(number, stacks[number], (own.study_date - day).days)
        for number in best
        if (day := stacks[number].study_date)
    )


def _is_alike(one: StackFacts, other: StackFacts) -> bool:
    return (one.modality == "CT") is (other.modality == "CT")


def _rank(facts: StackFacts, own: StackFacts) -> tuple[bool, float, int]:
    has_view = facts.view_position == own.view_position and facts.description == own.description
    return not has_view, facts.slice_spacing_mm or math.inf, -facts.image_count


def open_prior(desk: Desk, current: tuple[int, Image], place: int, wanted: int | None = None) -> OpenedPrior | None:
    """Load an earlier date.

    Parameters
    ----------
    desk
        The folder and the reading: lesions are those of this reading alone.
    current
        Number and image of the stack under review.
    place
        Which earlier date, 0 for the nearest; beyond the first date of the patient the nearest one follows again.
    wanted
        The number of a stack whose date is shown instead, if it stands for an earlier date.

    Returns
    -------
    OpenedPrior or None
        None if there is no earlier date.

    Raises
    ------
    InputPathError, SeriesError, ReviewError
        The stack of this date cannot be opened.
    """
    stack_id, image = current
    is_blinded = desk.reading.name != CLINICAL_READING
    dates = earlier_dates(desk.store, stack_id, is_blinded=is_blinded)
    if not dates:
        return None
    place = next((n for n, one in enumerate(dates) if one.stack_id == wanted), place % len(dates))
    opened = open_stack(desk.store, desk.settings, dates[place].stack_id)
    newest = [history[-1] for history in opened.histories.values()]
    shown = {one.lesion.number: one for one in newest if not one.withdrawn and one.lesion.may_be_mass}
    stored = desk.store.motions_between((opened.stack_id, stack_id))
    of_reading = {one.lesion.tracking_uid: one.lesion for one in shown.values()}
    motions = motions_of(stored, (opened.image, image), {} if is_blinded else of_reading, is_blinded=is_blinded)
    links = () if is_blinded else tuple(current_links(desk.store.links_between((opened.stack_id, stack_id))))
    return OpenedPrior(dates, place, opened.image, dict(sorted(shown.items())), motions, links)


def motions_of(
    stored: Sequence[StoredMotion],
    images: tuple[Image, Image],
    lesions: Mapping[str, Lesion],
    *,
    is_blinded: bool = False,
) -> Motions:
    """Choose the motions between two stacks that hold.

    Parameters
    ----------
    stored
        What the store keeps, oldest first.
    images
        The prior and the current image.
    lesions
        The prior lesions whose own motions may be shown, by Tracking UID.
    is_blinded
        Whether they are none because a reading shows nothing of other readers.

    Returns
    -------
    Motions
        Those of these very images, by the present algorithm, that carry.
    """
    if not all(map(_volume_of, images)):
        return Motions(Known.FILM)
    volumes = volumes_of(images)
    if not stored:
        return Motions(Known.NOTHING)
    key = images_key(volumes, f"{ALGORITHM} {FINGERPRINT}")
    held = {one.prior_tracking_uid: one.motion for one in stored if one.made_from.split(":")[0] == key}
    if not held:
        return Motions(Known.OTHER_IMAGES)
    whole = held.pop(None, None)
    whole = whole if whole is not None and whole.carries else None
    local = {
        uid: (motion, moved(motion, _middle_lps_mm(volumes[0], lesions[uid])))
        for uid, motion in held.items()
        if uid is not None and uid in lesions and motion.carries
    }
    known = Known.MOTION if whole is not None or local else Known.NONE_CARRIES
    return Motions(known, whole, local, is_blinded)


def moved(motion: Motion, points_lps_mm: ArrayLike, *, back: bool = False) -> NDArray[np.float64]:
    """Move (..., 3) points from the prior to the current date, or back."""
    matrix = np.array(motion.matrix)
    if back:
        matrix = np.linalg.inv(matrix)
    there: NDArray[np.float64] = np.asarray(points_lps_mm, dtype=np.float64) @ matrix[:3, :3].T + matrix[:3, 3]
    return there


def volumes_of(images: tuple[Image, Image]) -> tuple[Volume, Volume]:
    """Give the prior and the current image as CT volumes.

    Raises
    ------
    ReviewError
        One of them is a radiograph: no motion leads from it or to it.
    """
    prior, current = map(_volume_of, images)
    if prior is None or current is None:
        raise ReviewError("A motion needs two CT stacks, and one of these images is a radiograph.")
    return prior, current


def _volume_of(image: Image) -> Volume | None:
    return kind_of(image).volume(image)


def index_in_prior(images: tuple[Image, Image], motion: Motion, index_kji: ArrayLike) -> NDArray[np.float64]:
    """Give the (..., 3) indexes in the prior image of indexes in the current one."""
    prior, current = volumes_of(images)
    return prior.geometry.to_index_kji(moved(motion, current.geometry.to_lps_mm(index_kji), back=True))


def index_in_current(images: tuple[Image, Image], motion: Motion, index_kji: ArrayLike) -> NDArray[np.float64]:
    """Give the (..., 3) indexes in the current image of indexes in the prior one."""
    prior, current = volumes_of(images)
    return current.geometry.to_index_kji(moved(motion, prior.geometry.to_lps_mm(index_kji)))


def place_lps_mm(image: Image, index_kji: ArrayLike) -> NDArray[np.float64] | None:
    """Give the place in the patient of an index; None on a radiograph."""
    volume = _volume_of(image)
    return None if volume is None else volume.geometry.to_lps_mm(index_kji)


def _middle_lps_mm(volume: Volume, lesion: Lesion) -> NDArray[np.float64]:
    start, stop = np.array(lesion.outline.start_kji), np.array(lesion.outline.stop_kji)
    return volume.geometry.to_lps_mm((start + stop - 1) / 2)


def _away_mm(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(one - other))

"""The stacks of each date of a patient, and which of their lesions are one mass that several of them show."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from calcimeasure.errors import InputPathError
from calcimeasure.model import Outcome, State, Status, link_key
from calcimeasure.study import link

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from calcimeasure.export.pseudonym import Naming
    from calcimeasure.model import Lesion, StackFacts
    from calcimeasure.store import Store


@dataclass(frozen=True, slots=True)
class FollowStack:
    """A stack of a date.

    Parameters
    ----------
    stack_id, facts
        Which stack.
    masses, others
        Its masses that no reader has rejected, and further lesions that may be masses.
    revisions
        The number of the newest revision of each lesion, by Tracking UID.
    """

    stack_id: int
    facts: StackFacts
    masses: tuple[Lesion, ...]
    others: tuple[Lesion, ...]
    revisions: Mapping[str, int]

    @property
    def key(self) -> str:
        """What is compared: outlines and decisions."""
        return ";".join(
            f"{one.tracking_uid}:{self.revisions[one.tracking_uid]}" for one in (*self.masses, *self.others)
        )

    @property
    def shows_midline(self) -> bool:
        """Whether left and right are told by the body itself."""
        return self.facts.midline is not None and not self.facts.midline.between_limbs


@dataclass(frozen=True, slots=True)
class FollowDate:
    """The stacks of a date.

    Parameters
    ----------
    stacks
        Those that are compared, the best first.
    same
        By Tracking UID: those of all lesions of this date that are the same mass, the primary one first.
    """

    stacks: tuple[FollowStack, ...]
    same: Mapping[str, tuple[str, ...]]

    def is_primary(self, lesion: Lesion) -> bool:
        """Tell whether no other series of the date shows the mass better."""
        return self.same_as(lesion)[0] == lesion.tracking_uid

    def same_as(self, lesion: Lesion) -> tuple[str, ...]:
        """Give the Tracking UIDs of a mass in all series of the date, the primary one first."""
        return self.same.get(lesion.tracking_uid, (lesion.tracking_uid,))


def patients_of(store: Store, naming: Naming, wanted: str | None) -> Iterator[dict[date, FollowDate]]:
    """Yield the dates of each patient with two or more dates, the first date first.

    Parameters
    ----------
    store
        The store of the folder.
    naming
        The keys of patients in the tables.
    wanted
        The key of one patient, as in the tables, or the Patient ID; None for all.

    Raises
    ------
    InputPathError
        No patient has the key.
    """
    by_person: dict[str, dict[date, list[tuple[int, StackFacts]]]] = defaultdict(lambda: defaultdict(list))
    names: dict[str, set[str | None]] = defaultdict(set)
    for stack_id, facts in store.measured_stacks().items():
        if facts.person and facts.study_date:
            by_person[facts.person][facts.study_date].append((stack_id, facts))
            names[facts.person] |= {naming.patient_key(facts), facts.patient_id}
    if wanted is not None and not any(wanted in some for some in names.values()):
        raise InputPathError(f"No patient with the key {wanted}: see patient_key in lesions.csv.")
    for person, by_date in by_person.items():
        if len(by_date) > 1 and (wanted is None or wanted in names[person]):
            dates = {day: date_of(_stacks(store, by_date[day])) for day in sorted(by_date)}
            yield {day: one for day, one in dates.items() if one.stacks}


def _stacks(store: Store, stacks: Sequence[tuple[int, StackFacts]]) -> list[FollowStack]:
    """Give radiographs, and CT with a distance of slices: a single slice shows no volume."""
    return [stack_of(store, *one) for one in stacks if one[1].modality != "CT" or one[1].slice_spacing_mm]


def stack_of(store: Store, stack_id: int, facts: StackFacts) -> FollowStack:
    """Give a stack with its current lesions."""
    newest = [history[-1] for history in store.histories(stack_id).values()]
    held = [one for one in newest if not one.withdrawn and one.lesion.status is not Status.REJECTED]
    masses = tuple(one.lesion for one in held if one.lesion.is_mass)
    others = tuple(one.lesion for one in held if one.lesion.may_be_mass and not one.lesion.is_mass)
    return FollowStack(stack_id, facts, masses, others, {one.lesion.tracking_uid: one.number for one in newest})


def date_of(stacks: Sequence[FollowStack]) -> FollowDate:
    """Choose the stacks of a date, and link the masses that several of them show.

    Parameters
    ----------
    stacks
        All stacks of the date.

    Returns
    -------
    FollowDate
        Every radiograph; of each frame of reference the CT stack with the thinnest slices, and those that show a mass
        that no thinner one shows. Masses are linked as those of a study are (`calcimeasure.study.link`), also where
        the series of a date belong to several studies.
    """
    same = _same(stacks)
    films = [one for one in stacks if one.facts.modality != "CT"]
    kept: list[FollowStack] = []
    frames: set[str] = set()
    shown: set[str] = set()
    for one in sorted((one for one in stacks if one.facts.modality == "CT"), key=_thinnest_first):
        frame = one.facts.frame_of_reference_uid or one.facts.series_uid
        of_stack = {same[mass.tracking_uid][0] for mass in one.masses}
        if frame not in frames or of_stack - shown:
            kept.append(one)
            frames.add(frame)
            shown |= of_stack
    return FollowDate((*kept, *films), same)


def _thinnest_first(stack: FollowStack) -> tuple[float, int, int]:
    return (stack.facts.slice_spacing_mm or math.inf, -stack.facts.image_count, stack.stack_id)


def _same(stacks: Sequence[FollowStack]) -> dict[str, tuple[str, ...]]:
    """Give the Tracking UIDs of each mass in all stacks of a date, by that of each of its lesions."""
    outcomes = [
        Outcome(State.MEASURED, one.facts.path, one.facts, lesions=(*one.masses, *one.others)) for one in stacks
    ]
    links = link(outcomes)
    groups: dict[int, list[tuple[bool, str]]] = defaultdict(list)
    for one in stacks:
        for mass in one.masses:
            of_mass = links[link_key(one.facts, mass)]
            groups[of_mass.study_lesion_number].append((not of_mass.primary, mass.tracking_uid))
    named = [tuple(uid for _, uid in sorted(group)) for group in groups.values()]
    return {uid: group for group in named for uid in group}

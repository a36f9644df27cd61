"""Which outlines of a file are new lesions, and which are revisions of lesions that are there. Nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from calcimeasure.imports.records import Order, Verdict
from calcimeasure.load.masks import bone_name, is_organ

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from calcimeasure.load.masks import MaskClass
    from calcimeasure.model import Outline, Revision

SAME_LESION_OVERLAP: Final = 0.5
"""Intersection over union from which an outline may be one of a lesion that is there: above a half, at most one of
several lesions without common voxels can overlap it so much."""


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done with an outline.

    Parameters
    ----------
    one, outline
        The structure of the file, and its outline; None if it has no voxel.
    verdict
        What is to be done.
    known
        The newest revision of the lesion that it is, or that it overlaps.
    overlap
        Intersection over union with that lesion.
    message
        Why, where the verdict does not say it.
    """

    one: MaskClass
    outline: Outline | None
    verdict: Verdict
    known: Revision | None = None
    overlap: float | None = None
    message: str = ""


def compare(
    drawn: Sequence[tuple[MaskClass, Outline | None]], newest: Mapping[str, Revision], order: Order
) -> tuple[Step, ...]:
    """Decide about each outline of a file on one stack.

    Parameters
    ----------
    drawn
        From `calcimeasure.load.masks.read_outlines`.
    newest
        The newest revision of every lesion that the stack ever had, including withdrawn ones, by Tracking UID.
    order
        Which outlines are wanted, and whether those that overlap a lesion are revisions of it.

    Returns
    -------
    tuple of Step
        In the order of `drawn`. The same Tracking UID makes a revision; so does, where the order says it, the largest
        overlap of a lesion from `SAME_LESION_OVERLAP` on. A lesion gets one revision at most.
    """
    steps: dict[int, Step] = {}
    taken: set[str] = set()
    free: list[int] = []
    for place, (one, outline) in enumerate(drawn):
        step = _without_comparing(one, outline, order) or _by_name(one, outline, newest)
        if step is None:
            free.append(place)
            continue
        if step.known is not None:
            taken.add(step.known.lesion.tracking_uid)
        steps[place] = step
    steps |= _by_overlap({place: drawn[place] for place in free}, newest, taken, order)
    return _each_once([steps[place] for place in range(len(drawn))])


def _without_comparing(one: MaskClass, outline: Outline | None, order: Order) -> Step | None:
    if order.segments and one.text not in order.segments:
        return Step(one, outline, Verdict.LEFT_OUT)
    if not order.segments and _is_anatomy(one):
        return Step(one, outline, Verdict.ANATOMY)
    return Step(one, None, Verdict.EMPTY) if outline is None else None


def _is_anatomy(one: MaskClass) -> bool:
    """Tell whether a structure is a bone or an organ: by its code, else by its name.

    A lesion of an earlier export has the name of its site in its label ("3 left hip"), and a Tracking UID.
    """
    if one.is_anatomy is not None:
        return one.is_anatomy
    return one.tracking_uid is None and (bone_name(one.text) is not None or is_organ(one.text))


def _by_name(one: MaskClass, outline: Outline | None, newest: Mapping[str, Revision]) -> Step | None:
    known = newest.get(one.tracking_uid or "")
    if known is None or outline is None:
        return None
    is_same = known.lesion.outline == outline and not known.withdrawn
    return Step(one, outline, Verdict.UNCHANGED if is_same else Verdict.REVISION, known, _overlap(outline, known))


def _by_overlap(
    drawn: Mapping[int, tuple[MaskClass, Outline | None]],
    newest: Mapping[str, Revision],
    taken: Iterable[str],
    order: Order,
) -> dict[int, Step]:
    there = {uid: known for uid, known in newest.items() if not known.withdrawn}
    overlaps = {
        (place, uid): _overlap(outline, known)
        for place, (_, outline) in drawn.items()
        if outline is not None
        for uid, known in there.items()
    }
    steps: dict[int, Step] = {}
    used = set(taken)
    for (place, uid), overlap in sorted(overlaps.items(), key=lambda pair: (-pair[1], pair[0])):
        if overlap < SAME_LESION_OVERLAP:
            break
        if place in steps:
            continue
        (one, outline), known = drawn[place], there[uid]
        if uid in used and known.lesion.outline != outline:
            why = f"another outline of the file is that of lesion {known.lesion.number}, which this one overlaps too"
            steps[place] = Step(one, outline, Verdict.REFUSED, known, overlap, why)
            continue
        used.add(uid)
        revision = Verdict.REVISION if order.as_revision else Verdict.OFFERED
        verdict = Verdict.UNCHANGED if known.lesion.outline == outline else revision
        steps[place] = Step(one, outline, verdict, known, overlap)
    return {place: steps.get(place) or Step(one, outline, Verdict.NEW) for place, (one, outline) in drawn.items()}


def _overlap(outline: Outline, known: Revision) -> float:
    other = known.lesion.outline
    boxes = zip(outline.start_kji, outline.stop_kji, other.start_kji, other.stop_kji, strict=True)
    if any(stop <= other_start or other_stop <= start for start, stop, other_start, other_stop in boxes):
        return 0.0
    shared = outline.overlap(other)
    return shared / (outline.voxel_count + other.voxel_count - shared)


def _each_once(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Refuse a second new lesion with the same outline or the same Tracking UID, and a second revision of a lesion."""
    told: list[Step] = []
    seen: set[object] = set()
    for step in steps:
        keys: set[object] = set()
        if step.verdict is Verdict.NEW:
            keys = {one for one in (step.outline, step.one.tracking_uid) if one is not None}
        elif step.verdict is Verdict.REVISION and step.known is not None:
            keys = {step.known.lesion.tracking_uid}
        if keys & seen:
            why = "an outline before it in the file has the same voxels or the same Tracking UID"
            told.append(Step(step.one, step.outline, Verdict.REFUSED, step.known, step.overlap, why))
        else:
            told.append(step)
            seen |= keys
    return tuple(told)

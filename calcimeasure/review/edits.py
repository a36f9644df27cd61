"""Decisions of a reader, as new revisions of lesions. Pure: nothing is stored here, and no revision is ever changed.

Each function takes the current lesions and returns the revisions to be appended. `calcimeasure.store` refuses them if
another person has changed a lesion in the meantime. Numbers are never edited: an outline that a reader drew is measured
like any other outline.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from calcimeasure.analysis.inherit import with_morphology
from calcimeasure.analysis.kinds import kind_of
from calcimeasure.analysis.lesion import assess, assess_again, tracking_uid, with_canal
from calcimeasure.errors import ReviewError
from calcimeasure.model import (
    AlgorithmType,
    BodySite,
    Laterality,
    Revision,
    Side,
    SideSource,
    Site,
    SiteSource,
    Status,
    Tissue,
)
from calcimeasure.review.calibration import column_spacing_mm

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from calcimeasure.analysis.kinds import AnyAnatomy
    from calcimeasure.model import Image, Lesion, Morphology, Outline, Radiograph
    from calcimeasure.review.calibration import Calibration
    from calcimeasure.settings import Settings


def _now() -> datetime:
    return datetime.now(UTC)


def _new_edit_uid() -> str:
    return str(uuid.uuid4())


@dataclass(frozen=True, slots=True)
class Signature:
    """The person who makes an edit, and the time.

    Parameters
    ----------
    reader
        The name of the reader; it is written into the tables.
    made_at
        Date and time, UTC.
    edit_uid
        Common UID of the revisions of one edit.
    """

    reader: str
    made_at: datetime = field(default_factory=_now)
    edit_uid: str = field(default_factory=_new_edit_uid)

    def __post_init__(self) -> None:
        if not self.reader.strip():
            raise ReviewError("An edit needs the name of its reader, found an empty one: review DIR --reader NAME.")


def decide(current: Revision, status: Status, by: Signature) -> Revision:
    """Accept or reject a lesion, or revoke this decision (`Status.PROPOSED`).

    To accept a lesion means that it is a calcified mass: one whose tissue is unknown becomes a calcified mass.

    Raises
    ------
    ReviewError
        A lesion that is judged to be no mass would be accepted: no table would have it.
    """
    lesion = replace(current.lesion, status=status)
    if status is not Status.ACCEPTED or lesion.is_mass:
        return _next(current, lesion, by, str(status))
    if lesion.tissue is not Tissue.UNKNOWN:
        word = str(lesion.tissue).replace("_", " ")
        raise ReviewError(
            f"A mass expected to be accepted, found lesion {lesion.number}, which is {word}: no table of masses has "
            "it. T makes it a calcified mass and accepts it, X rejects it."
        )
    mass = replace(lesion, tissue=Tissue.CALCIFIED_MASS, tissue_confidence=None)
    return _next(current, mass, by, f"{status} as {Tissue.CALCIFIED_MASS}")


def set_tissue(current: Revision, tissue: Tissue, by: Signature, image: Image | None = None) -> Revision:
    """Set the tissue of a lesion. The confidence was that of the program's own judgement and is removed.

    A lesion that is no mass any more is no longer accepted: to accept a lesion means that it is a calcified mass. With
    its image, the vertebral canal is judged for this tissue.
    """
    lesion = replace(current.lesion, tissue=tissue, tissue_confidence=None)
    lesion = _accepted_as_mass(lesion)
    return _next(current, lesion if image is None else with_canal(image, lesion), by, f"tissue: {tissue}")


def set_side(current: Revision, laterality: Laterality, by: Signature) -> Revision:
    """Set the side of a lesion. Its measured distance from the midline stays; a conflict of sources is settled."""
    before = current.lesion.side
    side = Side(
        laterality,
        SideSource.READER,
        distance_to_midline_mm=before.distance_to_midline_mm if before else None,
        evidence=f"set by {by.reader}",
    )
    return _next(current, replace(current.lesion, side=side), by, f"side: {laterality}")


def set_site(
    current: Revision, body_site: BodySite, by: Signature, detail: str | None = None, image: Image | None = None
) -> Revision:
    """Set the body site of a lesion. With its image, the vertebral canal is judged for this site."""
    lesion = replace(current.lesion, site=Site(body_site, SiteSource.READER, detail))
    if image is not None:
        lesion = with_canal(image, lesion)
    return _next(current, lesion, by, f"site: {body_site}")


def set_morphology(current: Revision, morphology: Morphology, by: Signature) -> Revision:
    """Set what a mass looks like. The confidence was that of the program's own judgement and is removed."""
    lesion = replace(current.lesion, measurements=with_morphology(current.lesion.measurements, morphology))
    return _next(current, lesion, by, f"morphology: {morphology}")


def redraw(
    current: Revision,
    outline: Outline,
    drawn: AlgorithmType,
    image: Image,
    settings: Settings,
    by: Signature,
    anatomy: AnyAnatomy | None = None,
) -> Revision:
    """Give a lesion a new outline and measure the lesion again.

    Parameters
    ----------
    current
        The current revision of the lesion.
    outline
        The outline that the reader drew.
    drawn
        MANUAL if the reader drew any voxel, SEMIAUTOMATIC if a tool grew the outline from a hint of the reader.
    image
        The CT volume or the radiograph.
    settings
        The settings for measuring.
    by
        The reader and the time.
    anatomy
        The anatomy that the image shows (`calcimeasure.analysis.pipeline.survey`). With the anatomy, side and site are
        judged again unless a reader set them. Without it they stay unchanged.

    Raises
    ------
    ReviewError
        The outline leaves the image, or `drawn` is AUTOMATIC.
    """
    _check_outline(outline, drawn, image)
    image = _as_calibrated(image, [current])
    lesion = _measured(current.lesion, outline, drawn, image, settings, anatomy)
    return _next(current, lesion, by, f"outline: {drawn}")


def add(
    outline: Outline,
    drawn: AlgorithmType,
    newest: Mapping[str, Revision],
    image: Image,
    settings: Settings,
    by: Signature,
    anatomy: AnyAnatomy | None = None,
) -> Revision:
    """Make a new lesion of an outline that a reader drew. The lesion is proposed: to draw it decides nothing.

    Parameters
    ----------
    newest
        The newest revision of every lesion that the stack ever had, including withdrawn ones, by Tracking UID.
    anatomy
        The anatomy that the image shows; without it side and site stay unknown.

    Raises
    ------
    ReviewError
        The outline leaves the image, or there is already a lesion with this outline.
    """
    _check_outline(outline, drawn, image)
    image = _as_calibrated(image, newest.values())
    assessed = assess(image, outline, _next_number(newest), settings, anatomy=anatomy)
    lesion = replace(assessed, algorithm_type=drawn)
    return _first(lesion, newest, by, f"added: {drawn}")


def split(
    current: Revision,
    parts: Sequence[Outline],
    newest: Mapping[str, Revision],
    image: Image,
    settings: Settings,
    by: Signature,
    anatomy: AnyAnatomy | None = None,
) -> tuple[Revision, ...]:
    """Divide a lesion: the largest part keeps the identity of the lesion, each other part becomes a new lesion.

    Each part has what readers decided about the lesion; its morphology is judged anew.

    Parameters
    ----------
    parts
        At least two, without a voxel in common.
    newest
        As in `add`.
    anatomy
        As in `redraw`.

    Raises
    ------
    ReviewError
        Fewer than two parts, or parts that overlap or leave the image.
    """
    if len(parts) < 2:
        raise ReviewError(f"A split needs at least two parts, found {len(parts)}. Draw the line between them first.")
    for index, part in enumerate(parts):
        _check_outline(part, AlgorithmType.MANUAL, image)
        if any(part.overlap(other) for other in parts[:index]):
            raise ReviewError(f"Parts of a split may share no voxel, part {index + 1} overlaps another. Draw it again.")
    image = _as_calibrated(image, [current])
    largest, *others = sorted(parts, key=lambda part: -part.voxel_count)
    why = f"split of lesion {current.lesion.number}"
    whole = _without_morphology(current.lesion)
    stays = _measured(whole, largest, AlgorithmType.MANUAL, image, settings, anatomy)
    revisions = [_next(current, stays, by, why)]
    known = dict(newest)
    for part in others:
        uid = tracking_uid(image.stack, part)
        number = known[uid].lesion.number if uid in known else _next_number(known)
        origin = replace(whole, tracking_uid=uid, number=number)
        revision = _first(_measured(origin, part, AlgorithmType.MANUAL, image, settings, anatomy), known, by, why)
        known[uid] = revision
        revisions.append(revision)
    return tuple(revisions)


def merge(
    currents: Sequence[Revision],
    image: Image,
    settings: Settings,
    by: Signature,
    anatomy: AnyAnatomy | None = None,
) -> tuple[Revision, ...]:
    """Merge lesions: the oldest one (lowest number) gets the voxels of all of them, the others are withdrawn.

    What readers decided about any of them holds for the whole; where they differ, that of the older one counts. The
    morphology is judged anew.

    Parameters
    ----------
    currents
        The current revisions of the lesions.
    anatomy
        As in `redraw`.

    Returns
    -------
    tuple of Revision
        That of the merged lesion comes first.

    Raises
    ------
    ReviewError
        Fewer than two lesions, the same lesion twice, or a rejected one: what is no mass is not a piece of one.
    """
    if len({current.lesion.tracking_uid for current in currents}) < max(2, len(currents)):
        raise ReviewError(f"A merge needs at least two lesions, each once, found {len(currents)}.")
    rejected = [current.lesion.number for current in currents if current.lesion.status is Status.REJECTED]
    if rejected:
        raise ReviewError(f"Lesion {rejected[0]} is rejected: take that back (U) before it is joined with another one.")
    image = _as_calibrated(image, currents)
    first, *others = sorted(currents, key=lambda current: current.lesion.number)
    outline = first.lesion.outline.union(*(other.lesion.outline for other in others))
    origin = _decided_together([current.lesion for current in (first, *others)])
    merged = _measured(origin, outline, AlgorithmType.MANUAL, image, settings, anatomy)
    if anatomy is None and len({current.lesion.side and current.lesion.side.laterality for current in currents}) > 1:
        merged = _without_side(merged)
    numbers = ", ".join(str(other.lesion.number) for other in others)
    withdrawn = (
        replace(_next(other, other.lesion, by, f"merged into lesion {first.lesion.number}"), withdrawn=True)
        for other in others
    )
    return (_next(first, merged, by, f"merged with lesion {numbers}"), *withdrawn)


def calibrate(
    newest: Mapping[str, Revision],
    calibration: Calibration | None,
    radiograph: Radiograph,
    settings: Settings,
    by: Signature,
) -> tuple[Revision, ...]:
    """Set the pixel spacing of a radiograph: all its lesions get millimeters, also lesions that are drawn later.

    Parameters
    ----------
    newest
        As in `add`, for every lesion of the radiograph.
    calibration
        The calibration; None removes an earlier calibration from all lesions of the radiograph.
    radiograph
        The radiograph as loaded, with the spacing in its header.
    settings
        The settings for measuring.
    by
        The reader and the time; all revisions belong to one edit.

    Raises
    ------
    ReviewError
        The calibration is impossible (`calcimeasure.review.calibration`), or there is no lesion; a calibration is
        stored only with lesions.
    """
    there = [current for current in newest.values() if not current.withdrawn]
    if not there:
        raise ReviewError(
            f"A lesion to keep the calibration expected, found none on radiograph {radiograph.stack.series_uid}. Draw "
            "one first."
        )
    if calibration is not None:
        radiograph = radiograph.calibrated(column_spacing_mm(calibration, radiograph))
    why = "calibration taken back" if calibration is None else f"calibrated: {calibration}"
    return tuple(_next(one, assess_again(radiograph, one.lesion, settings), by, why) for one in there)


def outside(lesion: Lesion, others: Sequence[Outline], image: Image, settings: Settings) -> Lesion | None:
    """Take the voxels of other outlines from a lesion and measure the rest; None if nothing is left.

    What readers decided about the lesion stays. A morphology that they set was that of the whole lesion, and does not.

    Parameters
    ----------
    lesion
        The lesion.
    others
        Outlines of the same stack.
    image, settings
        As in `redraw`.
    """
    whole = lesion.outline
    mask = whole.mask()
    for one in others:
        mask &= ~one.mask_in(whole.start_kji, whole.stop_kji)
    if not mask.any():
        return None
    image = kind_of(image).calibrated(image, [lesion])
    rest = type(whole).from_mask(mask, whole.start_kji)
    return _measured(_without_morphology(lesion), rest, AlgorithmType.MANUAL, image, settings, None)


def undo(history: Sequence[Revision], number: int, by: Signature) -> Revision:
    """Return a lesion to an earlier revision, even if other persons made the later revisions.

    Parameters
    ----------
    history
        All revisions of the lesion, oldest first.
    number
        The number of the revision to return to; 0 is the time before the lesion existed.

    Raises
    ------
    ReviewError
        There is no such revision, or it is the newest.
    """
    current = history[-1]
    if not 0 <= number < current.number:
        raise ReviewError(
            f"Lesion {current.lesion.number} can go back to revision 0 to {current.number - 1}, found {number}."
        )
    goal = history[number - 1] if number else replace(current, withdrawn=True)
    why = f"undone: as in revision {number}" if number else "undone: as before it was there"
    # The lesion is restored completely, including the reader and the time of the review.
    return _revision(current, goal.lesion, by, why, withdrawn=goal.withdrawn)


def remove(history: Sequence[Revision], by: Signature) -> Revision:
    """Remove a lesion: a lesion that a reader drew is withdrawn, a proposed lesion is rejected.

    Parameters
    ----------
    history
        All revisions of the lesion, oldest first.
    by
        The reader and the time.
    """
    if history[0].reader is None:
        return decide(history[-1], Status.REJECTED, by)
    return undo(history, 0, by)


def _next(current: Revision, lesion: Lesion, by: Signature, why: str) -> Revision:
    """Make the next revision of an existing lesion."""
    if current.withdrawn:
        raise ReviewError(f"Lesion {current.lesion.number} is no longer there ({current.why}): undo that first.")
    return _revision(current, _signed(lesion, by), by, why)


def _first(lesion: Lesion, newest: Mapping[str, Revision], by: Signature, why: str) -> Revision:
    """Make the first revision of a lesion. If a withdrawn lesion has the same outline, it is restored instead."""
    known = newest.get(lesion.tracking_uid)
    if known is not None and not known.withdrawn:
        raise ReviewError(f"This outline is that of lesion {known.lesion.number}, which is there.")
    number = known.lesion.number if known else lesion.number
    return _revision(known, _signed(replace(lesion, number=number), by), by, why)


def _signed(lesion: Lesion, by: Signature) -> Lesion:
    return replace(lesion, reader=by.reader, reviewed_at=by.made_at)


def _revision(base: Revision | None, lesion: Lesion, by: Signature, why: str, withdrawn: bool = False) -> Revision:
    return Revision(
        lesion=lesion,
        number=base.number + 1 if base else 1,
        base_number=base.number if base else None,
        made_at=by.made_at,
        why=why,
        reader=by.reader,
        withdrawn=withdrawn,
        edit_uid=by.edit_uid,
    )


def _as_calibrated(image: Image, known: Iterable[Revision]) -> Image:
    """Give a radiograph the spacing that a reader measured on it."""
    return kind_of(image).calibrated(image, (one.lesion for one in known if not one.withdrawn))


def _measured(
    lesion: Lesion,
    outline: Outline,
    drawn: AlgorithmType,
    image: Image,
    settings: Settings,
    anatomy: AnyAnatomy | None,
) -> Lesion:
    measured = assess_again(image, replace(lesion, outline=outline, algorithm_type=drawn), settings, anatomy)
    return measured if anatomy is not None or _stays_on_its_side(lesion, outline) else _without_side(measured)


def _decided_together(lesions: Sequence[Lesion]) -> Lesion:
    """Give the first of some lesions what readers decided about any of them; what they decided first counts."""
    first = lesions[0]
    accepted = any(one.status is Status.ACCEPTED for one in lesions)
    # What is accepted is a mass.
    told = [one for one in lesions if one.is_mass or not accepted] or lesions
    tissue = next((one for one in told if one.tissue is not None and one.tissue_confidence is None), told[0])
    side = next((one.side for one in lesions if one.side and one.side.source is SideSource.READER), first.side)
    site = next((one.site for one in lesions if one.site and one.site.source is SiteSource.READER), first.site)
    together = replace(
        _without_morphology(first),
        status=Status.ACCEPTED if accepted else first.status,
        tissue=tissue.tissue,
        tissue_confidence=tissue.tissue_confidence,
        side=side,
        site=site,
    )
    return _accepted_as_mass(together)


def _accepted_as_mass(lesion: Lesion) -> Lesion:
    """Let an accepted lesion be a mass: of unknown tissue it becomes one, of another tissue it is proposed again."""
    if lesion.status is not Status.ACCEPTED or lesion.is_mass:
        return lesion
    if lesion.tissue is Tissue.UNKNOWN:
        return replace(lesion, tissue=Tissue.CALCIFIED_MASS, tissue_confidence=None)
    return replace(lesion, status=Status.PROPOSED)


def _without_morphology(lesion: Lesion) -> Lesion:
    """Take away the morphology that a reader set: it was that of another outline."""
    numbers = lesion.measurements
    return replace(lesion, measurements=replace(numbers, morphology=None, morphology_source=None))


def _stays_on_its_side(lesion: Lesion, outline: Outline) -> bool:
    """Tell whether the side that was judged for the old outline is valid for a new outline."""
    if lesion.side is not None and lesion.side.laterality is Laterality.MIDLINE:
        return outline == lesion.outline
    return 2 * outline.overlap(lesion.outline) >= outline.voxel_count


def _without_side(lesion: Lesion) -> Lesion:
    """Remove a side that was judged for another outline. A side that a reader set stays."""
    side = lesion.side
    if side is None or side.source is SideSource.READER or side.laterality is Laterality.UNKNOWN:
        return lesion
    evidence = "drawn anew, and its side was not judged again"
    return replace(lesion, side=Side(Laterality.UNKNOWN, SideSource.NONE, hint=side.laterality, evidence=evidence))


def _next_number(newest: Mapping[str, Revision]) -> int:
    return max((revision.lesion.number for revision in newest.values()), default=0) + 1


def _check_outline(outline: Outline, drawn: AlgorithmType, image: Image) -> None:
    if drawn is AlgorithmType.AUTOMATIC:
        raise ReviewError("An outline from a reader is manual or semiautomatic, found automatic.")
    shape = image.shape_kji
    if any(a < 0 or b > n for a, b, n in zip(outline.start_kji, outline.stop_kji, shape, strict=True)):
        raise ReviewError(
            f"An outline inside the image of {shape} voxels expected, found {outline.start_kji} to {outline.stop_kji}."
        )

"""A consensus: a reading that begins with what two other readings accepted.

A mass that both accepted begins with the outline of the first reading, a mass that one of them accepted with that of
this one. Nothing is decided: each mass is proposed, and notes on it say what each reading has.

No voxel is in two masses and no Tracking UID is given twice. So a mass begins without the voxels that a mass before it
has, and one whose Tracking UID is taken gets a new one. A mass of which nothing is left is named in a note.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from calcimeasure.errors import InputPathError, SeriesError
from calcimeasure.model import Revision, Status
from calcimeasure.model.agreement import ReadLesion
from calcimeasure.review.edits import outside
from calcimeasure.review.worklist import open_stack, read_to_the_end
from calcimeasure.store import Remark, RemarkKind
from calcimeasure.study.agreement import paired
from calcimeasure.uid import made_uid

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from calcimeasure.model import Lesion, Outline
    from calcimeasure.model.agreement import ReadPair
    from calcimeasure.settings import Settings
    from calcimeasure.store import Reading, Store

    Rest = Callable[[Lesion, Sequence[Outline]], Lesion | None]


def begin_consensus(store: Store, reading: Reading, settings: Settings, say: Callable[[str], object]) -> None:
    """Begin a consensus in each stack that both of its readings have read to the end, and in which it has not begun.

    It does not begin where a reading of both has drawn on other images than the present ones.

    Parameters
    ----------
    store
        The store of a folder, of any reading.
    reading
        The consensus; it is in the store.
    settings
        The settings for measuring what is left of a mass that a mass before it overlaps.
    say
        Is told how many stacks wait for their images: such a mass cannot be measured without them.
    """
    of_consensus = store.of_reading(reading.name)
    bases = [store.of_reading(name) for name in reading.bases]
    both = set.intersection(*({task.stack_id for task in read_to_the_end(one)[0]} for one in bases))
    without_images = 0
    for stack_id in sorted(both - (of_consensus.begun_stacks() or set())):
        try:
            masses = _masses([one.lesions_of(stack_id) for one in bases], partial(_rest, bases[0], settings, stack_id))
        except (InputPathError, SeriesError):
            without_images += 1
        else:
            of_consensus.begin_stack_with(stack_id, *_rows(masses, reading.bases))
    if without_images:
        say(
            f"Stacks in which {reading.name} has not begun, because masses of {' and '.join(reading.bases)} overlap "
            f"there and the images cannot be opened: {without_images}."
        )


def _rest(base: Store, settings: Settings, stack_id: int, lesion: Lesion, others: Sequence[Outline]) -> Lesion | None:
    return outside(lesion, others, open_stack(base, settings, stack_id).image, settings)


@dataclass(frozen=True, slots=True)
class _Mass:
    """A mass with which a consensus begins, and what each reading has of it."""

    lesion: Lesion
    said: tuple[list[str], list[str]]


def _masses(lesions: Sequence[Sequence[Lesion]], rest: Rest) -> list[_Mass]:
    """Give the masses with which a consensus begins in a stack; `rest` gives a mass without the voxels of others."""
    accepted = [[ReadLesion(one) for one in some if one.is_mass and one.status is Status.ACCEPTED] for some in lesions]
    taken: list[_Mass] = []
    for pair in paired(accepted[0], accepted[1]):
        chosen = pair.first or pair.second
        assert chosen is not None  # noqa: S101 - one reading has it
        lesion = replace(chosen.lesion, number=len(taken) + 1, status=Status.PROPOSED, reader=None, reviewed_at=None)
        said = ([_said(pair, 0, lesions[0])], [_said(pair, 1, lesions[1])])
        common = {index: one.lesion.outline.overlap(lesion.outline) for index, one in enumerate(taken)}
        there = [index for index, voxels in common.items() if voxels]
        left = rest(lesion, [taken[index].lesion.outline for index in there]) if there else lesion
        if left is None:
            _note_further(taken[max(there, key=common.__getitem__)], pair)
            continue
        if there:
            said[0 if pair.first else 1].append("shown without the part that another mass has")
        if any(one.lesion.tracking_uid == left.tracking_uid for one in taken):
            left = replace(left, tracking_uid=_new_uid(left))
        taken.append(_Mass(left, said))
    return taken


def _rows(masses: Sequence[_Mass], names: Sequence[str]) -> tuple[list[Revision], list[Remark]]:
    now = datetime.now(UTC)
    revisions = [Revision(one.lesion, 1, now, f"begun with {' and '.join(names)}") for one in masses]
    remarks = [
        Remark(one.lesion.tracking_uid, RemarkKind.NOTE, f"reading {name}", now, "; ".join(said))
        for one in masses
        for name, said in zip(names, one.said, strict=True)
    ]
    return revisions, remarks


def _note_further(mass: _Mass, pair: ReadPair) -> None:
    """Note on a mass that a reading has another one here, of which the mass has every voxel."""
    for said, own in zip(mass.said, (pair.first, pair.second), strict=True):
        if own is not None:
            said.append(f"has a further mass here, {_described(own.lesion)}")


def _new_uid(lesion: Lesion) -> str:
    """Make a Tracking UID for a mass that has that of another mass."""
    outline = lesion.outline
    parts = (lesion.tracking_uid.encode(), repr((outline.start_kji, outline.stop_kji)).encode(), outline.bits)
    return made_uid(hashlib.sha256(b"\0".join(parts)).digest())


def _said(pair: ReadPair, place: int, every: Sequence[Lesion]) -> str:
    """Say what a reading has of a mass."""
    own, other = (pair.first, pair.second) if place == 0 else (pair.second, pair.first)
    if own is not None:
        of_both = "" if pair.dice is None else f", Dice of both {pair.dice:.2f}"
        return f"accepted, {_described(own.lesion)}{of_both}"
    assert other is not None  # noqa: S101 - one reading has it
    return _instead(other.lesion, every)


def _instead(mass: Lesion, every: Sequence[Lesion]) -> str:
    """Say what a reading has, among all of its lesions, at a mass of the other reading that is none of its own."""
    shared = [
        (one.outline.overlap(mass.outline), one.status is Status.ACCEPTED, index)
        for index, one in enumerate(every)
        if one.is_decided
    ]
    common, is_accepted, index = max(shared, default=(0, False, 0))
    if not common:
        same = [one for one in every if one.status is Status.ACCEPTED and one.tracking_uid == mass.tracking_uid]
        return f"drew this mass beside it, {_described(same[0])}" if same else "no mass here"
    if not is_accepted:
        return "rejected"
    is_within = 2 * common >= mass.outline.voxel_count
    return f"{'in part of a larger mass' if is_within else 'another mass at its rim'}, {_described(every[index])}"


def _described(lesion: Lesion) -> str:
    axis_mm, axis_px = lesion.measurements.long_axis_mm, lesion.measurements.long_axis_px
    parts = [
        f"long axis {axis_mm:.1f} mm" if axis_mm is not None else f"long axis {axis_px:.1f} px" if axis_px else "",
        "" if lesion.side is None else str(lesion.side.laterality),
        "" if lesion.site is None else str(lesion.site.body_site).replace("_", " "),
    ]
    return ", ".join(filter(None, parts))

"""A consensus: a reading that begins with what two other readings accepted.

A mass that both accepted begins with the outline of the first reading, a mass that one of them accepted with that of
this one. Nothing is decided: each mass is proposed, and notes on it say what each reading has.

No voxel is in two masses and no Tracking UID is given twice. So a mass begins without the voxels that a mass before it
has, and one whose Tracking UID is taken gets a new one. A mass of which nothing is left is named in a note.

Where one of both readings changed later, the consensus begins anew as long as nobody decided in it. After that no
lesion changes: a mass that came is added, and notes say what the readings have now.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from itertools import count
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
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from calcimeasure.model import Lesion, Outline
    from calcimeasure.model.agreement import ReadPair
    from calcimeasure.settings import Settings
    from calcimeasure.store import Reading, Store

    Histories = Mapping[str, Sequence[Revision]]
    Said = tuple[list[str], list[str]]
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
    begun, older = of_consensus.begun_at().keys(), _older(of_consensus, bases, reading.bases)
    without_images = renewed = 0
    for stack_id in sorted(both - (begun - older)):
        try:
            masses = _masses([one.lesions_of(stack_id) for one in bases], _rest_in(bases[0], settings, stack_id))
        except (InputPathError, SeriesError):
            without_images += 1
            continue
        revisions, remarks = _renewed(of_consensus, stack_id, masses, reading.bases)
        if revisions or remarks or stack_id not in begun:
            of_consensus.begin_stack_with(stack_id, revisions, remarks)
            renewed += stack_id in begun
    names = " and ".join(reading.bases)
    if renewed:
        say(
            f"Stacks in which {names} changed since {reading.name} began there: {renewed}. Where nobody has decided, "
            "it begins anew; elsewhere masses that came are added, and notes say what is otherwise now."
        )
    if without_images:
        say(
            f"Stacks in which {reading.name} has not begun, because masses of {names} overlap there and the images "
            f"cannot be opened: {without_images}."
        )


def _older(of_consensus: Store, bases: Sequence[Store], names: Sequence[str]) -> set[int]:
    """Give the stacks in which a reading of both changed after the consensus began, or was last compared with it."""
    since = of_consensus.begun_at()
    for stack_id, remarks in of_consensus.current_remarks().items():
        compared = [one.made_at for one in remarks if one.reader in map(_signature, names)]
        since[stack_id] = max([since[stack_id], *compared])
    changed = [one.changed_at() for one in bases]
    return {stack_id for stack_id, at in since.items() if any(one.get(stack_id, at) > at for one in changed)}


def _signature(name: str) -> str:
    return f"reading {name}"


def _rest_in(base: Store, settings: Settings, stack_id: int) -> Rest:
    """Make a function that measures what is left of a mass; the images are opened once, and only for this."""
    image = cache(lambda: open_stack(base, settings, stack_id).image)
    return lambda lesion, others: outside(lesion, others, image(), settings)


@dataclass(frozen=True, slots=True)
class _Mass:
    """A mass with which a consensus begins, what both readings have there, and what is said of each in a note."""

    lesion: Lesion
    pair: ReadPair
    said: Said


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
            _note_further(taken[max(there, key=common.__getitem__)].said, pair)
            continue
        if there:
            said[0 if pair.first else 1].append("shown without the part that another mass has")
        if any(one.lesion.tracking_uid == left.tracking_uid for one in taken):
            left = replace(left, tracking_uid=_new_uid(left))
        taken.append(_Mass(left, pair, said))
    return taken


def _renewed(
    of_consensus: Store, stack_id: int, masses: Sequence[_Mass], names: Sequence[str]
) -> tuple[list[Revision], list[Remark]]:
    """Give the revisions and notes with which a consensus begins in a stack, or those that it lacks."""
    now = datetime.now(UTC)
    histories = of_consensus.histories(stack_id)
    if any(one.reader is not None for history in histories.values() for one in history):
        revisions, said = _added(histories, masses)
    else:
        revisions, said = _begun_anew(histories, masses), {one.lesion.tracking_uid: one.said for one in masses}
    why = f"begun with {' and '.join(names)}"
    known = {(one.tracking_uid, one.reader): one.said for one in of_consensus.current_remarks().get(stack_id, ())}
    remarks = [
        Remark(uid, RemarkKind.NOTE, _signature(name), now, "; ".join(parts))
        for uid, of_both in said.items()
        for name, parts in zip(names, of_both, strict=True)
        if parts and known.get((uid, _signature(name))) != "; ".join(parts)
    ]
    return [replace(one, made_at=now, why=why) for one in revisions], remarks


def _begun_anew(histories: Histories, masses: Sequence[_Mass]) -> list[Revision]:
    """Make the revisions with which nothing but the masses is left in a stack in which nobody decided."""
    number = _next_number(histories)
    revisions = []
    for one in masses:
        last = histories[one.lesion.tracking_uid][-1] if one.lesion.tracking_uid in histories else None
        if last is None:
            revisions.append(_revision(replace(one.lesion, number=next(number))))
        elif last.withdrawn or last.lesion != replace(one.lesion, number=last.lesion.number):
            revisions.append(_revision(replace(one.lesion, number=last.lesion.number), last))
    there = {one.lesion.tracking_uid for one in masses}
    gone = [one[-1] for uid, one in histories.items() if uid not in there and not one[-1].withdrawn]
    return revisions + [replace(_revision(last.lesion, last), withdrawn=True) for last in gone]


def _added(histories: Histories, masses: Sequence[_Mass]) -> tuple[list[Revision], dict[str, Said]]:
    """Make revisions of the masses that came to a stack in which somebody decided; and say what each reading has."""
    number = _next_number(histories)
    there = {uid: one[-1].lesion for uid, one in histories.items() if not one[-1].withdrawn}
    of_masses = {one.lesion.tracking_uid: one for one in masses}
    # What a reader of the consensus drew was in none of both.
    begun = [uid for uid in there if histories[uid][0].reader is None]
    said: dict[str, Said] = {
        uid: of_masses[uid].said if uid in of_masses else (["no longer has this mass"], ["no longer has this mass"])
        for uid in begun
    }
    revisions = []
    for uid, mass in of_masses.items():
        if uid in histories:
            continue
        common = {other: lesion.outline.overlap(mass.lesion.outline) for other, lesion in there.items()}
        most = max(common, key=common.__getitem__, default=None)
        if most is not None and common[most]:
            _note_further(said.setdefault(most, ([], [])), mass.pair)
        else:
            revisions.append(_revision(replace(mass.lesion, number=next(number))))
            said[uid] = mass.said
    return revisions, said


def _next_number(histories: Histories) -> Iterator[int]:
    return count(max((one[0].lesion.number for one in histories.values()), default=0) + 1)


def _revision(lesion: Lesion, last: Revision | None = None) -> Revision:
    base = None if last is None else last.number
    return Revision(lesion, (base or 0) + 1, datetime.now(UTC), "", base_number=base)


def _note_further(said: Said, pair: ReadPair) -> None:
    """Note on a mass that a reading has another one here, of which the mass has every voxel."""
    for parts, own in zip(said, (pair.first, pair.second), strict=True):
        if own is not None:
            parts.append(f"has a further mass here, {_described(own.lesion)}")


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

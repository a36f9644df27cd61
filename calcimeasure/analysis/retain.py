"""Which outlines are kept when a stack is measured again, and what readers decided about pieces of a mass.

A run may take for one mass what were several lesions before. Where a reader decided about one of them, the pieces stay
as they are, and nothing is proposed that overlaps them: only a reader joins them. What a reader rejected is never
taken into a mass.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from calcimeasure.analysis.constants import ANALYSIS
from calcimeasure.analysis.inherit import inherit
from calcimeasure.edge.connected import label_pieces
from calcimeasure.model import Outline, Status

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from calcimeasure.model import Lesion

MAY_BE_ONE_MASS = "may_be_one_mass"
"""The notice on pieces that stay apart because a reader decided about one of them."""


@dataclass(frozen=True, slots=True)
class Retained:
    """The lesions of a stack that is measured again.

    Parameters
    ----------
    stay
        Found lesions, as measured now. The one that takes over the identity of an earlier lesion has its number and the
        decisions of readers (`inherit`); the others are new and have the number 0.
    cut
        Found lesions without what a reader decided about: their outline is new, and must be measured. Those that take
        over no identity have the number 0.
    keep
        Earlier lesions that keep their outline, and must be measured on it.
    """

    stay: tuple[Lesion, ...] = ()
    cut: tuple[Lesion, ...] = ()
    keep: tuple[Lesion, ...] = ()


@dataclass(frozen=True, slots=True)
class _Fate:
    """What becomes of a found lesion.

    Parameters
    ----------
    outline
        Its outline; None if nothing of it is proposed.
    pieces
        Indices of earlier lesions that stay in its place.
    apart
        Indices of earlier lesions that are not taken into it: it cannot take over their identity.
    may_be_one
        Whether its pieces, and its rest, may be one mass.
    """

    outline: Outline | None
    pieces: frozenset[int] = frozenset()
    apart: frozenset[int] = frozenset()
    may_be_one: bool = False


def retain(found: Sequence[Lesion], earlier: Sequence[Lesion], smallest: int = 1) -> Retained:
    """Decide which outlines are kept when a stack is measured again.

    An outline that a reader drew is kept. A decided lesion that is found again takes the new outline. A decided lesion
    that is not found again is kept. A found lesion of which a decided lesion is but a piece is not proposed: its pieces
    stay, with the notice may_be_one_mass; what no piece touches is proposed by itself.

    Parameters
    ----------
    found
        The lesions as proposed and measured now, largest first, not yet numbered.
    earlier
        The current lesions of the stack.
    smallest
        Voxels of the smallest lesion that is proposed: what is left of a found lesion is not proposed if it has fewer.

    Returns
    -------
    Retained
        Where a found lesion holds several earlier ones, it takes over the identity of the oldest; else that of the one
        it overlaps most.
    """
    overlaps = _Overlaps.count(found, earlier)
    fates = [_fate(new, overlaps, smallest) for new in range(len(found))]
    decided = {old for old, lesion in enumerate(earlier) if lesion.reader is not None}
    keep = {old for old, lesion in enumerate(earlier) if lesion.is_drawn}
    keep |= {old for fate in fates for old in fate.pieces}
    heirs = _heirs(overlaps, fates, keep)
    keep |= decided - set(heirs.values())
    noted = {old for fate in fates if fate.may_be_one for old in fate.pieces if not _is_rejected(earlier[old])}
    stay, cut = [], []
    for new, (lesion, fate) in enumerate(zip(found, fates, strict=True)):
        if fate.outline is None:
            continue
        one = inherit(lesion, earlier[heirs[new]]) if new in heirs else lesion
        if fate.outline == lesion.outline:
            stay.append(one)
        else:
            cut.append(_with_notice(replace(one, outline=fate.outline), fate.may_be_one))
    kept = tuple(_with_notice(earlier[old], old in noted) for old in sorted(keep))
    return Retained(tuple(stay), tuple(cut), kept)


@dataclass(frozen=True, slots=True)
class _Overlaps:
    """Found and earlier lesions, and for each found one the voxels that it shares with earlier ones, if any."""

    found: Sequence[Lesion]
    earlier: Sequence[Lesion]
    counts: Sequence[Mapping[int, int]]

    @classmethod
    def count(cls, found: Sequence[Lesion], earlier: Sequence[Lesion]) -> Self:
        """Count the shared voxels."""
        shared = [[lesion.outline.overlap(other.outline) for other in earlier] for lesion in found]
        return cls(found, earlier, [{old: count for old, count in enumerate(row) if count} for row in shared])

    def of(self, new: int) -> Mapping[int, int]:
        """Give the voxels that a found lesion shares with earlier ones."""
        return self.counts[new]

    def is_mostly(self, new: int, old: int) -> bool:
        """Tell whether most of a found lesion is an earlier one."""
        return self.of(new)[old] >= ANALYSIS.same_share * self.found[new].outline.voxel_count

    def holds(self, new: int, old: int) -> bool:
        """Tell whether an earlier lesion lies in a found one for the most part."""
        return self.of(new)[old] > ANALYSIS.same_share * self.earlier[old].outline.voxel_count


def _fate(new: int, overlaps: _Overlaps, smallest: int) -> _Fate:
    """Decide what becomes of a found lesion."""
    earlier, outline = overlaps.earlier, overlaps.found[new].outline
    decided = {old for old in overlaps.of(new) if earlier[old].reader is not None}
    apart = {old for old in decided if _lies_beside(new, old, overlaps)}
    own = decided - apart
    beside = {old for old in overlaps.of(new) if old not in decided and overlaps.holds(new, old)}
    untouched = _pieces_without(outline, [earlier[old].outline for old in own])
    if not _is_whole_of_pieces(outline, [earlier[old] for old in own], beside | apart, untouched):
        left = _without(outline, [earlier[old].outline for old in apart], smallest) if apart else outline
        return _Fate(left, apart=frozenset(apart))
    # Outlines that a reader drew end where the reader ended them: nothing of a found lesion is proposed beside them.
    drawn = {old for old in own if earlier[old].is_drawn}
    pieces = frozenset(own | beside)
    rest = None if drawn else _rest(outline, [earlier[old].outline for old in pieces | apart], smallest)
    others = {old for old in pieces if not _is_rejected(earlier[old])}
    is_more = rest is not None or _is_much(untouched, outline)
    may_be_one = len(others) + is_more > 1 and (is_more or not others <= drawn)
    return _Fate(rest, pieces, frozenset(apart), may_be_one)


def _lies_beside(new: int, old: int, overlaps: _Overlaps) -> bool:
    """Tell whether a decided lesion, which no reader drew, is not to be taken into a found one: rejected, or beside."""
    lesion = overlaps.earlier[old]
    if lesion.is_drawn or overlaps.is_mostly(new, old):
        return False
    return _is_rejected(lesion) or not overlaps.holds(new, old)


def _is_whole_of_pieces(
    outline: Outline, own: Sequence[Lesion], others: Collection[int], untouched: Outline | None
) -> bool:
    """Tell whether decided lesions are but pieces of a found one, or one that a reader drew is in its place."""
    if len(own) > 1 or any(lesion.is_drawn for lesion in own):
        return True
    return bool(own) and (bool(others) or _is_much(untouched, outline))


def _is_rejected(lesion: Lesion) -> bool:
    return lesion.status is Status.REJECTED


def _is_much(part: Outline | None, whole: Outline) -> bool:
    return part is not None and part.voxel_count > ANALYSIS.other_pieces_share * whole.voxel_count


def _pieces_without(outline: Outline, others: Iterable[Outline]) -> Outline | None:
    """Keep the pieces (26 neighbors) of an outline that share no voxel with others; None if there are none."""
    mask = outline.mask()
    pieces = label_pieces(mask)
    touched = np.zeros(int(pieces.max()) + 1, dtype=np.bool_)
    for other in others:
        touched[pieces[other.mask_in(outline.start_kji, outline.stop_kji)]] = True
    left = mask & ~touched[pieces]
    return Outline.from_mask(left, outline.start_kji) if left.any() else None


def _rest(outline: Outline, others: Iterable[Outline], smallest: int) -> Outline | None:
    """Keep the pieces that no other outline touches, if they are more than a speck together."""
    left = _pieces_without(outline, others)
    return None if left is None or left.voxel_count < smallest else left


def _without(outline: Outline, others: Sequence[Outline], smallest: int) -> Outline | None:
    """Take others out of an outline, with the rims of its pieces that are mostly others; None if a speck is left."""
    mask = outline.mask()
    taken = np.zeros_like(mask)
    for other in others:
        taken |= other.mask_in(outline.start_kji, outline.stop_kji)
    pieces = label_pieces(mask)
    count = int(pieces.max()) + 1
    gone = np.bincount(pieces[taken & mask], minlength=count) >= (
        ANALYSIS.same_share * np.bincount(pieces[mask], minlength=count)
    )
    left = mask & ~taken & ~gone[pieces]
    return Outline.from_mask(left, outline.start_kji) if np.count_nonzero(left) >= smallest else None


def _heirs(overlaps: _Overlaps, fates: Sequence[_Fate], keep: Collection[int]) -> dict[int, int]:
    """Give found lesions the earlier lesions whose identity they take over, the largest overlap first.

    A found lesion that holds several earlier ones is their join: it takes over the oldest.
    """
    counts = {
        (new, old): count
        for new, fate in enumerate(fates)
        if fate.outline is not None and not fate.pieces
        for old, count in overlaps.of(new).items()
        if old not in keep and old not in fate.apart
    }
    heirs: dict[int, int] = {}
    for new, old in sorted(counts, key=lambda pair: (-counts[pair], pair)):
        if new not in heirs and old not in heirs.values():
            joined = [one for at, one in counts if at == new and overlaps.holds(new, one)]
            free = [one for one in joined if one not in heirs.values()]
            heirs[new] = min(free, key=lambda one: overlaps.earlier[one].number) if len(free) > 1 else old
    return heirs


def _with_notice(lesion: Lesion, may_be_one: bool) -> Lesion:
    """Give a lesion the notice that it may be one mass with others, or take it away."""
    others = tuple(one for one in lesion.notices if one != MAY_BE_ONE_MASS)
    return replace(lesion, notices=(*others, MAY_BE_ONE_MASS) if may_be_one else others)

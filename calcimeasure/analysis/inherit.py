"""What a lesion keeps when its stack is measured again: its Tracking UID, its number, and the decisions of readers.

The pixel spacing that a reader measured on a radiograph is stored with each of its lesions. Lesions that are drawn
later get the same spacing.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from calcimeasure.model import AlgorithmType, SideSource, SiteSource

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from calcimeasure.model import Lesion, Radiograph


def inherit(lesion: Lesion, earlier: Lesion) -> Lesion:
    """Give a lesion that was measured again the identity of the earlier lesion and the decisions of readers about it.

    Parameters
    ----------
    lesion
        The lesion as measured now.
    earlier
        The same lesion before.

    Returns
    -------
    Lesion
        The lesion with the Tracking UID, number, status and reader of the earlier lesion. Tissue, side and site are
        also kept if a reader set them.
    """
    kept = replace(
        lesion,
        tracking_uid=earlier.tracking_uid,
        number=earlier.number,
        status=earlier.status,
        reader=earlier.reader,
        reviewed_at=earlier.reviewed_at,
    )
    if earlier.tissue is not None and earlier.tissue_confidence is None:
        kept = replace(kept, tissue=earlier.tissue, tissue_confidence=None)
    if earlier.side is not None and earlier.side.source is SideSource.READER:
        kept = replace(kept, side=earlier.side)
    if earlier.site is not None and earlier.site.source is SiteSource.READER:
        kept = replace(kept, site=earlier.site)
    return kept


def as_calibrated(radiograph: Radiograph, lesions: Iterable[Lesion]) -> Radiograph:
    """Give a radiograph the spacing that a reader measured, as stored with its lesions; unchanged if there is none."""
    for lesion in lesions:
        spacing_mm = lesion.measurements.reader_spacing_mm
        if spacing_mm is not None:
            return radiograph.calibrated(spacing_mm)
    return radiograph


def divide(found: Iterable[Lesion], earlier: Sequence[Lesion]) -> tuple[list[Lesion], list[Lesion]]:
    """Decide which outlines are kept when a stack is measured again.

    Parameters
    ----------
    found
        The lesions as proposed and measured now, largest first, not yet numbered.
    earlier
        The current lesions of the stack.

    Returns
    -------
    list of Lesion
        The lesions of `found` that are kept. The one that overlaps an earlier lesion most takes over its identity
        (`inherit`); the others are new and have the number 0.
    list of Lesion
        Earlier lesions that keep their outline and must be measured on it: lesions that a reader drew, and decided
        lesions that are not found again as exactly one lesion. Lesions of `found` at their place are dropped.
    """
    found = list(found)
    overlaps = _overlaps(found, earlier)
    reviewed_in = _reviewed_in(overlaps, earlier)
    keep = _drawn_or_merged(reviewed_in, earlier)
    dropped = {new for new, olds in reviewed_in.items() if olds & keep}
    heirs = _heirs(overlaps, dropped, keep)
    decided = {old for old, lesion in enumerate(earlier) if lesion.reader is not None}
    keep |= decided - set(heirs.values())
    stay = [
        inherit(lesion, earlier[heirs[new]]) if new in heirs else lesion
        for new, lesion in enumerate(found)
        if new not in dropped
    ]
    return stay, [earlier[old] for old in sorted(keep)]


def _overlaps(found: Sequence[Lesion], earlier: Sequence[Lesion]) -> dict[tuple[int, int], int]:
    """Count the voxels that a new and an earlier lesion share, by their indices; only those that share some."""
    return {
        (new, old): count
        for new, lesion in enumerate(found)
        for old, other in enumerate(earlier)
        if (count := lesion.outline.overlap(other.outline))
    }


def _reviewed_in(overlaps: Iterable[tuple[int, int]], earlier: Sequence[Lesion]) -> dict[int, set[int]]:
    """Give the decided earlier lesions that each new lesion overlaps."""
    reviewed_in: dict[int, set[int]] = defaultdict(set)
    for new, old in overlaps:
        if earlier[old].reader is not None:
            reviewed_in[new].add(old)
    return reviewed_in


def _drawn_or_merged(reviewed_in: dict[int, set[int]], earlier: Sequence[Lesion]) -> set[int]:
    """Find the earlier lesions that a reader drew, and decided ones of which a new lesion overlaps more than one."""
    drawn = {old for old, lesion in enumerate(earlier) if lesion.algorithm_type is not AlgorithmType.AUTOMATIC}
    return drawn | {old for olds in reviewed_in.values() if len(olds) > 1 for old in olds}


def _heirs(overlaps: dict[tuple[int, int], int], dropped: set[int], keep: set[int]) -> dict[int, int]:
    """Give new lesions the earlier lesions whose identity they take over, the largest overlap first."""
    heirs: dict[int, int] = {}
    for new, old in sorted(overlaps, key=lambda pair: (-overlaps[pair], pair)):
        if new not in dropped and new not in heirs and old not in heirs.values() and old not in keep:
            heirs[new] = old
    return heirs

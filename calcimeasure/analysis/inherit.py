"""What a lesion keeps when its stack is measured again: its Tracking UID, its number, and what readers decided.

What a reader found a pixel of a radiograph to be is kept by its lesions: each has it, and those drawn later get it.
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
    """Let a lesion that was measured again be the one that it was, with what a reader decided about it.

    Parameters
    ----------
    lesion
        As measured now.
    earlier
        As it was.

    Returns
    -------
    Lesion
        With the earlier one's Tracking UID, number, status and reader; tissue, side and site are the earlier one's
        where a reader set them.
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
    """Give a radiograph the spacing that a reader found on it, which each of its lesions has; without one as it is."""
    for lesion in lesions:
        spacing_mm = lesion.measurements.reader_spacing_mm
        if spacing_mm is not None:
            return radiograph.calibrated(spacing_mm)
    return radiograph


def divide(found: Iterable[Lesion], earlier: Sequence[Lesion]) -> tuple[list[Lesion], list[Lesion]]:
    """Tell which outlines stay when a stack is measured again.

    Parameters
    ----------
    found
        Lesions as proposed and measured now, largest first, not yet numbered.
    earlier
        The current lesions of the stack.

    Returns
    -------
    list of Lesion
        Of `found`, those that stay: what overlaps an earlier lesion most is that lesion (`inherit`), the others are new
        and keep the number 0.
    list of Lesion
        Earlier lesions that keep their outline and have to be measured on it: those that a reader drew, and those that
        a reader decided and that are not found again as one lesion each. What was found in their place is dropped.
    """
    found = list(found)
    overlaps = {
        (new, old): count
        for new, lesion in enumerate(found)
        for old, other in enumerate(earlier)
        if (count := lesion.outline.overlap(other.outline))
    }
    reviewed_in: dict[int, set[int]] = defaultdict(set)
    for new, old in overlaps:
        if earlier[old].reader is not None:
            reviewed_in[new].add(old)
    keep = {old for old, lesion in enumerate(earlier) if lesion.algorithm_type is not AlgorithmType.AUTOMATIC}
    keep |= {old for olds in reviewed_in.values() if len(olds) > 1 for old in olds}
    dropped = {new for new, olds in reviewed_in.items() if olds & keep}
    heirs: dict[int, int] = {}
    for new, old in sorted(overlaps, key=lambda pair: (-overlaps[pair], pair)):
        if new not in dropped and new not in heirs and old not in heirs.values() and old not in keep:
            heirs[new] = old
    decided = {old for old, lesion in enumerate(earlier) if lesion.reader is not None}
    keep |= decided - set(heirs.values())
    stay = [
        inherit(lesion, earlier[heirs[new]]) if new in heirs else lesion
        for new, lesion in enumerate(found)
        if new not in dropped
    ]
    return stay, [earlier[old] for old in sorted(keep)]

"""Labels that a reader paints on: the number of a lesion is the label of its voxels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from calcimeasure.model import Outline


def draw_outlines(
    outlines: Iterable[tuple[int, Outline]], start_kji: Sequence[int], stop_kji: Sequence[int]
) -> NDArray[np.uint16]:
    """Draw numbered outlines into a box of labels, later ones over earlier ones."""
    labels = np.zeros([b - a for a, b in zip(start_kji, stop_kji, strict=True)], dtype=np.uint16)
    for number, outline in outlines:
        low = [max(a, b) for a, b in zip(outline.start_kji, start_kji, strict=True)]
        high = [min(a, b) for a, b in zip(outline.stop_kji, stop_kji, strict=True)]
        if all(a < b for a, b in zip(low, high, strict=True)):
            here = tuple(slice(a - s, b - s) for a, b, s in zip(low, high, start_kji, strict=True))
            labels[here][outline.mask_in(low, high)] = number
    return labels

"""Which parts the network looks at, and what it says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from calcimeasure.segment.ct.constants import CT
from calcimeasure.segment.ct.network import log_odds
from calcimeasure.segment.ct.views import views_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from calcimeasure.segment.ct.views import Around, Labeled


def look(stack: Around, parts: Labeled, undecided: Sequence[int], *, whole: bool) -> dict[int, float]:
    """Look at parts that are long enough.

    Parameters
    ----------
    stack, parts
        The stack and the parts, or solids, in it.
    undecided
        The labels of the parts that their signs do not decide.
    whole
        Whether they are solids of several pieces.

    Returns
    -------
    dict
        The log odds for a calcified mass by label, for the parts that were looked at.
    """
    boxes = ndimage.find_objects(parts.labels)
    long = [
        label
        for label in undecided
        if (box := boxes[label - 1]) is not None
        and max((one.stop - one.start) * mm for one, mm in zip(box, parts.spacing_mm, strict=True)) >= CT.looked_at_mm
    ]
    if not long:
        return {}
    numbers = np.array(long, dtype=np.intp)
    said = log_odds(*views_of(stack, parts, numbers), whole=whole)
    return {label: float(one) for label, one in zip(long, said, strict=True)}

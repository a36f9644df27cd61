"""Lesions of two readings in one stack, matched by overlap, one to one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.model.agreement import ReadPair
from calcimeasure.study.agreement.constants import AGREEMENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from calcimeasure.model import Outline
    from calcimeasure.model.agreement import ReadLesion


def dice(one: Outline, other: Outline) -> float:
    """Compute Dice's coefficient of two outlines of one stack (2 x common voxels / voxels of both; 0 to 1)."""
    if any(
        a >= b or c >= d
        for a, b, c, d in zip(one.start_kji, other.stop_kji, other.start_kji, one.stop_kji, strict=True)
    ):
        return 0.0
    return 2.0 * one.overlap(other) / (one.voxel_count + other.voxel_count)


def paired(ones: Sequence[ReadLesion], others: Sequence[ReadLesion]) -> tuple[ReadPair, ...]:
    """Match the lesions of two readings of one stack, so that the sum of Dice is largest, each lesion at most once.

    Parameters
    ----------
    ones, others
        The lesions of the first and of the second reading.

    Returns
    -------
    tuple
        Matched lesions in the order of the first reading, then those of the second that the first does not have.
    """
    overlaps = np.array([[dice(a.lesion.outline, b.lesion.outline) for b in others] for a in ones]).reshape(
        len(ones), len(others)
    )
    overlaps[overlaps < AGREEMENT.least_dice] = 0.0
    partners: dict[int, int] = {}
    if overlaps.size:
        # Imported here: the commands that compare no readings begin without the time to load SciPy.
        from scipy.optimize import linear_sum_assignment

        rows, columns = linear_sum_assignment(-overlaps)
        partners = {int(i): int(j) for i, j in zip(rows, columns, strict=True) if overlaps[i, j] > 0}
    found = [
        ReadPair(one, others[partners[i]], float(overlaps[i, partners[i]])) if i in partners else ReadPair(one, None)
        for i, one in enumerate(ones)
    ]
    alone = sorted({*range(len(others))} - {*partners.values()})
    return (*found, *(ReadPair(None, others[j]) for j in alone))

"""Small parts of a large stack, seen on steps as short as those of a small stack.

A large stack is judged on long steps, so that its copy fits into memory. Blocks at the border of a part hold soft
tissue, too. A small part consists of such blocks mostly: it looks uneven, and its rim and its inside cannot be told.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from calcimeasure.segment.ct.coarse import means_of, shortest_steps
from calcimeasure.segment.ct.constants import CT
from calcimeasure.segment.ct.features import features_of
from calcimeasure.segment.ct.judge import joined
from calcimeasure.segment.ct.look import look
from calcimeasure.segment.ct.split import split
from calcimeasure.segment.ct.views import Labeled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from calcimeasure.model import Volume
    from calcimeasure.segment.ct.boxes import Box
    from calcimeasure.segment.ct.coarse import Coarse
    from calcimeasure.segment.ct.features import Features
    from calcimeasure.segment.ct.views import Around
    from calcimeasure.settings import MeasureSettings

_ROOM = 2
"""Blocks beside a part that are seen again with it."""


@dataclass(frozen=True, slots=True)
class Finer:
    """A part on shorter steps: its features, and what the network says of it (None if it did not look)."""

    features: Features
    said: float | None


def seen_finer(
    volume: Volume,
    coarse: Coarse,
    stack: Around,
    labels: NDArray[np.int32],
    box: Box,
    features: Sequence[Features],
    settings: MeasureSettings,
) -> dict[int, Finer]:
    """See small free parts of a stack again where its copy has longer steps than that of a small stack.

    Parameters
    ----------
    volume, coarse, stack
        The stack, its copy, and its copies for the network.
    labels, box
        (k, j, i) the parts, in a box of the copy.
    features
        Their features; the first one is for label 1.
    settings
        `threshold_hu`.

    Returns
    -------
    dict
        Of each label that was seen again. A part that falls into several parts is described by the one that holds most
        of it.
    """
    steps = shortest_steps(volume.geometry)
    if steps == coarse.factor_kji:
        return {}
    found = {}
    for n, (one, inner) in enumerate(zip(features, ndimage.find_objects(labels), strict=True), 1):
        if joined(one) or one.thickness_mm >= CT.seen_finer_steps * max(coarse.spacing_mm):
            continue
        voxels = _voxels_around(inner, box, coarse.factor_kji, steps, volume.geometry.shape_kji)
        if math.prod(part.stop - part.start for part in voxels) > CT.most_finer * math.prod(steps):
            continue
        own = labels[np.ix_(*_blocks_under(voxels, box, coarse.factor_kji, steps))] == n
        again = _seen(volume, stack, own, voxels, steps, settings)
        if again is not None:
            kept = replace(again.features, shaft_share=one.shaft_share, circle_share=one.circle_share)
            found[n] = replace(again, features=kept)
    return found


def _voxels_around(
    inner: Box, box: Box, factor_kji: tuple[int, int, int], steps: tuple[int, int, int], shape_kji: tuple[int, int, int]
) -> Box:
    """Box of voxels around a part, with some room; it begins and ends with whole steps."""
    k, j, i = (
        slice(
            max(0, (outer.start + part.start - _ROOM) * factor) // step * step,
            min(n, -(-(outer.start + part.stop + _ROOM) * factor // step) * step),
        )
        for outer, part, factor, step, n in zip(box, inner, factor_kji, steps, shape_kji, strict=True)
    )
    return k, j, i


def _blocks_under(
    voxels: Box, box: Box, factor_kji: tuple[int, int, int], steps: tuple[int, int, int]
) -> list[NDArray[np.intp]]:
    """Index, in a box of the copy, of the block that holds the middle of each step; outermost blocks hold no part."""
    middles = (np.arange(part.start, part.stop, step) + step // 2 for part, step in zip(voxels, steps, strict=True))
    return [
        np.clip(middle // factor - outer.start, 0, outer.stop - outer.start - 1)
        for middle, factor, outer in zip(middles, factor_kji, box, strict=True)
    ]


def _seen(
    volume: Volume,
    stack: Around,
    own: NDArray[np.bool_],
    voxels: Box,
    steps: tuple[int, int, int],
    settings: MeasureSettings,
) -> Finer | None:
    """See one part; None if nothing of it is dense on the shorter steps."""
    voxel_mm = volume.geometry.spacing_kji_mm
    attenuation_hu = means_of(volume.attenuation_hu[voxels], steps)
    spacing_mm = (steps[0] * voxel_mm[0], steps[1] * voxel_mm[1], steps[2] * voxel_mm[2])
    parts = split(attenuation_hu >= settings.threshold_hu, spacing_mm)
    held = np.bincount(parts.labels[own], minlength=1)
    held[0] = 0
    if not held.any():
        return None
    label = int(held.argmax())
    k, j, i = (part.start * mm for part, mm in zip(voxels, voxel_mm, strict=True))
    said = look(stack, Labeled(parts.labels, parts.depth_mm, spacing_mm, (k, j, i)), [label], whole=False)
    return Finer(features_of(attenuation_hu, parts, spacing_mm)[label - 1], said.get(label))

"""The outlines of two dates by a common rule: what did not change belongs to both of them, or to none.

An outline may run along bone at one date and not at the other. Its diameter then differs by centimeters, though nothing
changed. What is in one outline alone belongs to the mass if calcium came or went there, by more than half of the
plateau, which is where an edge lies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.model import Outline
from calcimeasure.study.follow.constants import FOLLOW
from calcimeasure.study.follow.motion import inverse, moved

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.geometry import Geometry
    from calcimeasure.study.follow.paired import Dated, Paired


def common_outlines(prior: Dated, current: Dated, paired: Paired) -> tuple[Outline, Outline]:
    """Take out of each outline what the other one does not hold and what did not change.

    Parameters
    ----------
    prior, current
        The mass at both dates.
    paired
        Both images laid on each other.

    Returns
    -------
    tuple of Outline
        Of the prior and the current date, each in its own voxels; one of which nothing is left stays as it is.
    """
    both = paired.prior_mask & paired.current_mask
    went, came = (sign * paired.difference > FOLLOW.came_share for sign in (-1, 1))
    kept = both | (paired.prior_mask & went), both | (paired.current_mask & came)
    fixed = (prior if paired.is_forward else current).volume.geometry
    to_fixed = (None, inverse(paired.matrix)) if paired.is_forward else (paired.matrix, None)
    ends = zip((prior, current), kept, to_fixed, strict=True)
    ours, theirs = (_within(one, keep, (fixed, paired.start_kji), motion) for one, keep, motion in ends)
    return ours, theirs


def _within(
    one: Dated,
    keep: NDArray[np.bool_],
    frame: tuple[Geometry, NDArray[np.intp]],
    motion: NDArray[np.float64] | None,
) -> Outline:
    """Give the part of an outline that lies in a box of voxels; the box lies elsewhere by a motion."""
    geometry, start = frame
    mask = one.outline.mask()
    index = np.argwhere(mask)
    points = one.volume.geometry.to_lps_mm((index + np.array(one.outline.start_kji)).astype(np.float64))
    places = np.rint(geometry.to_index_kji(points if motion is None else moved(motion, points))).astype(np.intp) - start
    inside = np.all((places >= 0) & (places < keep.shape), axis=1)
    is_kept = inside & keep[tuple(np.where(inside[:, None], places, 0).T)]
    if is_kept.all() or not is_kept.any():
        return one.outline
    part = np.zeros_like(mask)
    part[tuple(index[is_kept].T)] = True
    return Outline.from_mask(part, one.outline.start_kji)

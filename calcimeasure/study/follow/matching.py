"""Which lesions of two dates are one mass, and what became of the others.

Whole lesions are compared: the outline of a prior lesion is moved to the current date, first with the body and then
with the mass itself, because soft tissue shifts. Before a lesion is said to be gone or new, the other image is looked
at: dense tissue at its place was not found, and a place outside of the field was not imaged.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from calcimeasure.model import Laterality
from calcimeasure.model.follow import LinkState
from calcimeasure.study.follow.constants import FOLLOW
from calcimeasure.study.follow.motion import inverse, moved

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from calcimeasure.geometry import Geometry
    from calcimeasure.model import Outline
    from calcimeasure.study.follow.look import Look
    from calcimeasure.study.follow.motion import Fit


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A lesion at one date.

    Parameters
    ----------
    points_lps_mm
        (n, 3) middles of its voxels, at most `FOLLOW.most_points`.
    core_lps_mm
        (m, 3) those of them that lie deepest.
    laterality
        Its side.
    """

    points_lps_mm: NDArray[np.float64]
    core_lps_mm: NDArray[np.float64]
    laterality: Laterality = Laterality.UNKNOWN

    @property
    def middle_lps_mm(self) -> NDArray[np.float64]:
        """(3,) mean of the points."""
        middle: NDArray[np.float64] = self.points_lps_mm.mean(axis=0)
        return middle


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """Lesions of two dates that are one mass, or a lesion of one date.

    Parameters
    ----------
    prior, current
        Indexes of the lesions.
    state
        What became of the mass.
    fit
        The motion of the mass itself; None where none carries.
    body
        The motion of the bone near it; None where none carries.
    confidence
        0 to 1: how much of the lesions lies on each other, or how sure it is that nothing is there.
    """

    prior: tuple[int, ...]
    current: tuple[int, ...]
    state: LinkState
    fit: Fit | None
    confidence: float
    body: Fit | None = None


def placed(outline: Outline, geometry: Geometry, laterality: Laterality = Laterality.UNKNOWN) -> Placed:
    """Give the points of a lesion."""
    mask = outline.mask()
    depth = ndimage.distance_transform_edt(np.pad(mask, 1), geometry.spacing_kji_mm)[1:-1, 1:-1, 1:-1][mask]
    index = np.argwhere(mask) + np.array(outline.start_kji)
    some = np.arange(0, len(index), max(1, -(-len(index) // FOLLOW.most_points)))
    points = geometry.to_lps_mm(index[some].astype(np.float64))
    return Placed(points, points[depth[some] >= np.median(depth)], laterality)


def match(
    looks: tuple[Look, Look],
    prior: Sequence[Placed],
    current: Sequence[Placed],
    fits: Sequence[Fit | None],
    whole: Fit | None,
) -> list[Match]:
    """Link the lesions of two dates.

    Parameters
    ----------
    looks
        The prior and the current stack.
    prior, current
        The lesions.
    fits
        The motion of each prior lesion; None, or one that does not carry, leaves the lesion undecided.
    whole
        The motion of the whole body, if it carries.

    Returns
    -------
    list of Match
        Every lesion in exactly one of them.
    """
    carrying = [fit if fit is not None and fit.carries else None for fit in fits]
    own = [fit and _with_mass(looks, one, fit) for one, fit in zip(prior, carrying, strict=True)]
    shares = _shares(prior, current, own)
    joined = shares >= FOLLOW.linked_share
    doubtful = (shares >= FOLLOW.apart_share) & ~joined
    groups = _groups(joined | doubtful)
    found = []
    for ones, others in groups:
        if ones and others:
            found.append(replace(_linked(ones, others, shares, doubtful, own), body=carrying[ones[0]]))
        elif ones:
            found.append(_looked_for(looks, ones[0], prior[ones[0]], fits[ones[0]]))
        else:
            one = current[others[0]]
            found.append(_looked_for_before(looks, others[0], one, _motion_back(one, prior, fits, whole)))
    return found


def _shares(prior: Sequence[Placed], current: Sequence[Placed], own: Sequence[Fit | None]) -> NDArray[np.float64]:
    """(prior, current) the larger share of either lesion that lies on the other; 0 across the sides of the body."""
    shares = np.zeros((len(prior), len(current)))
    trees = [cKDTree(one.points_lps_mm) for one in current]
    for i, (one, fit) in enumerate(zip(prior, own, strict=True)):
        if fit is None:
            continue
        there = moved(fit.matrix, one.points_lps_mm)
        tree = cKDTree(there)
        for j, other in enumerate(current):
            if not _may_be_one_side(one.laterality, other.laterality):
                continue
            away, _ = trees[j].query(there, distance_upper_bound=FOLLOW.linked_mm)
            back, _ = tree.query(other.points_lps_mm, distance_upper_bound=FOLLOW.linked_mm)
            shares[i, j] = max(float(np.isfinite(away).mean()), float(np.isfinite(back).mean()))
    return shares


def _may_be_one_side(one: Laterality, other: Laterality) -> bool:
    return {one, other} != {Laterality.LEFT, Laterality.RIGHT}


def _groups(joined: NDArray[np.bool_]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Give the prior and the current lesions of each connected group."""
    count, others = joined.shape
    graph = np.zeros((count + others, count + others), dtype=np.bool_)
    graph[:count, count:] = joined
    if not len(graph):
        return []
    number, labels = connected_components(graph, directed=False)
    members = [np.flatnonzero(labels == n) for n in range(number)]
    return [
        (tuple(int(n) for n in one if n < count), tuple(int(n) - count for n in one if n >= count)) for one in members
    ]


def _linked(
    ones: tuple[int, ...],
    others: tuple[int, ...],
    shares: NDArray[np.float64],
    doubtful: NDArray[np.bool_],
    own: Sequence[Fit | None],
) -> Match:
    here = np.ix_(ones, others)
    if doubtful[here].any():
        return Match(ones, others, LinkState.UNDECIDED, own[ones[0]], 0.0)
    state = LinkState.of_linked(len(ones), len(others))
    used = shares[here]
    return Match(ones, others, state, own[ones[0]], float(used[used > 0].min()))


def _motion_back(one: Placed, prior: Sequence[Placed], fits: Sequence[Fit | None], whole: Fit | None) -> Fit | None:
    """Give the motion at a lesion of the current stack: that of the whole, or of a prior lesion near its place."""
    if whole is not None and whole.carries:
        return whole
    near = [
        (float(np.linalg.norm(moved(fit.matrix, other.middle_lps_mm) - one.middle_lps_mm)), n)
        for n, (other, fit) in enumerate(zip(prior, fits, strict=True))
        if fit is not None and fit.carries
    ]
    away_mm, n = min(near, default=(np.inf, 0))
    return fits[n] if away_mm <= FOLLOW.nearest_mm else None


def _looked_for(looks: tuple[Look, Look], index: int, one: Placed, fit: Fit | None) -> Match:
    if fit is None or not fit.carries:
        return Match((index,), (), LinkState.UNDECIDED, None, 0.0)
    state, confidence = _there(looks[0], looks[1], one, fit.matrix)
    states = {"dense": LinkState.NOT_FOUND, "outside": LinkState.NOT_IMAGED, "nothing": LinkState.GONE}
    return Match((index,), (), states[state], fit, confidence)


def _looked_for_before(looks: tuple[Look, Look], index: int, one: Placed, fit: Fit | None) -> Match:
    if fit is None or not fit.carries:
        return Match((), (index,), LinkState.UNDECIDED, None, 0.0)
    state, confidence = _there(looks[1], looks[0], one, inverse(fit.matrix))
    states = {
        "dense": LinkState.NOT_FOUND_BEFORE,
        "outside": LinkState.NOT_IMAGED_BEFORE,
        "nothing": LinkState.NEW,
    }
    return Match((), (index,), states[state], fit, confidence)


def _there(here: Look, other: Look, one: Placed, matrix: NDArray[np.float64]) -> tuple[str, float]:
    """Look at the place of a lesion in the other image: dense, outside of the field, or nothing there."""
    points = moved(matrix, one.points_lps_mm)
    around = np.concatenate([points + step for step in FOLLOW.look_around_mm * np.array([*np.eye(3), *-np.eye(3)])])
    imaged = float(other.is_imaged(around).mean())
    if imaged < FOLLOW.imaged_share:
        return "outside", 1 - imaged
    core, back = moved(matrix, one.core_lps_mm), inverse(matrix)
    dense = 0.0
    for step in product((-1.0, 0.0, 1.0), repeat=3):
        shift = FOLLOW.look_around_mm * np.array(step)
        at = core + shift
        # Bone, which is dense at both dates, is no mass.
        was = one.core_lps_mm + back[:3, :3] @ shift
        is_bone = (here.hu_at(was) >= FOLLOW.dense_hu) & here.is_used(was)
        is_dense = (other.hu_at(at) >= FOLLOW.dense_hu) & ~is_bone
        dense = max(dense, float(is_dense.mean()))
    return ("dense", dense) if dense > FOLLOW.dense_share else ("nothing", 1 - dense)


def _with_mass(looks: tuple[Look, Look], one: Placed, fit: Fit) -> Fit:
    """Move a lesion on to where it and the tissue next to it are most alike: soft tissue shifts against bone."""
    prior, current = looks
    low, high = one.points_lps_mm.min(axis=0) - FOLLOW.next_to_mm, one.points_lps_mm.max(axis=0) + FOLLOW.next_to_mm
    step_mm = max(prior.step_mm, float(np.cbrt(np.prod(high - low) / FOLLOW.most_points)))
    ticks = [np.arange(a, b, step_mm) for a, b in zip(low, high, strict=True)]
    points = np.stack(np.meshgrid(*ticks, indexing="ij"), axis=-1).reshape(-1, 3)
    away, _ = cKDTree(one.points_lps_mm).query(points, distance_upper_bound=FOLLOW.next_to_mm)
    near = np.isfinite(away)
    # Bone beside the mass stays where it is.
    near &= ~((prior.hu_at(points) >= FOLLOW.bone_hu) & (away > prior.step_mm * 1.5))
    points = points[near & prior.is_imaged(points)]
    ours = np.clip(prior.hu_at(points), *FOLLOW.mass_window_hu)
    there = moved(fit.matrix, points)

    def alike(shift: NDArray[np.float64]) -> float:
        theirs = np.clip(current.hu_at(there + shift), *FOLLOW.mass_window_hu)
        spread = float(ours.std() * theirs.std())
        together = float(np.mean((ours - ours.mean()) * (theirs - theirs.mean()))) / spread if spread > 0 else -1.0
        return together - FOLLOW.shift_penalty * float(np.linalg.norm(shift))

    if len(points) < FOLLOW.fewest_points // 4:
        return fit
    best = np.zeros(3)
    for steps_mm in FOLLOW.shift_steps_mm:
        tried = [best + np.array(step) for step in product(steps_mm, repeat=3)]
        best = max([best, *tried], key=alike)
    matrix = fit.matrix.copy()
    matrix[:3, 3] += best
    return replace(fit, matrix=matrix)

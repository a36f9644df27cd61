"""Masses of several pieces: what belongs together is found and judged as a whole.

A mass of pseudotumoral calcinosis is lobulated, parted by septa, granular or a net. Piece by piece it looks like spongy
bone, or its pieces are too small to be judged. As a whole it does not: spongy bone has a cortex around it, is hardly
denser than the threshold, and continues into other bone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cc3d
import numpy as np
from scipy import ndimage
from skimage.segmentation import expand_labels

from calcimeasure.model import Tissue
from calcimeasure.segment.ct.boxes import box_around, boxes_apart
from calcimeasure.segment.ct.constants import CT
from calcimeasure.segment.ct.judge import is_undecided_whole, judge_whole
from calcimeasure.segment.ct.look import look
from calcimeasure.segment.ct.near import within
from calcimeasure.segment.ct.solids import (
    are_lumpy,
    merged,
    on_solids,
    reach_of,
    share_dense,
    solids_of,
    whole_features,
)
from calcimeasure.segment.ct.views import Labeled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.segment.ct.judge import Judgement
    from calcimeasure.segment.ct.solids import Scene, Solids, Spacing, WholeFeatures
    from calcimeasure.settings import MeasureSettings


@dataclass(frozen=True, slots=True, eq=False)
class Wholes:
    """Masses of several pieces.

    Parameters
    ----------
    labels
        (k, j, i) int32 on the blocks of the scene: the number of the mass, from 1 on, with its closed gaps.
    judgements
        The judgement of each mass; the first is for number 1.
    """

    labels: NDArray[np.int32]
    judgements: tuple[Judgement, ...] = ()


def find_wholes(scene: Scene, judgements: list[Judgement], settings: MeasureSettings) -> Wholes:
    """Find the masses of several pieces.

    Dense pieces at most `joining_distance_mm` apart belong together. Bone and air part them. Where their local fill
    falls below `least_fill` they are a chain, which is cut.

    Parameters
    ----------
    scene
        The parts as judged one by one.
    judgements
        The judgement of each part; the first is for label 1.
    settings
        `threshold_hu`, `joining_distance_mm`, `least_fill`, `mass_probability`.

    Returns
    -------
    Wholes
        The masses that consist of more than one part, or of a part and smaller pieces.
    """
    none = Wholes(np.zeros(scene.parts.labels.shape, dtype=np.int32))
    if settings.joining_distance_mm <= 0:
        return none
    solids = solids_of(scene, settings)
    features = whole_features(scene, solids)
    solids, features = _merged(scene, solids, features, are_lumpy(features))
    looked = _looked_at(scene, solids, features)
    alike = np.array([False, *(looked.get(n, -math.inf) >= CT.alike_log_odds for n in range(1, len(features) + 1))])
    once = solids
    solids, features = _merged(scene, solids, features, alike)
    if solids is not once:
        looked = _looked_at(scene, solids, features)
    judged = [judge_whole(one, settings, looked=looked.get(n)) for n, one in enumerate(features, 1)]
    judged = _piece_by_piece(scene, solids, judgements, judged)
    masses = np.array([False, *(one.tissue is Tissue.CALCIFIED_MASS for one in judged)])
    if not masses.any():
        return none
    small = np.array([False, *(one.volume_mm3 < CT.small_solid_mm3 for one in features)]) & ~masses
    clusters = _clusters(solids, masses, small, settings)
    return _several(scene, solids, clusters, judged, features)


def _merged(
    scene: Scene, solids: Solids, features: list[WholeFeatures], able: NDArray[np.bool_]
) -> tuple[Solids, list[WholeFeatures]]:
    """Join solids that touch each other, and describe them anew."""
    joined = merged(solids, able)
    return (solids, features) if joined is solids else (joined, whole_features(scene, joined))


def _looked_at(scene: Scene, solids: Solids, features: list[WholeFeatures]) -> dict[int, float]:
    """Let the network look at the solids that their signs leave open."""
    labeled = Labeled(solids.labels, solids.depth_mm, solids.spacing_mm, scene.labeled.corner_mm)
    undecided = [n for n, one in enumerate(features, 1) if is_undecided_whole(one)]
    return look(scene.stack, labeled, undecided, whole=True)


def _piece_by_piece(
    scene: Scene, solids: Solids, judgements: list[Judgement], judged: list[Judgement]
) -> list[Judgement]:
    """Give a solid the judgement of its largest part where most of it is a mass piece by piece, whatever its shape."""
    alone = np.array([False, *(one is Tissue.CALCIFIED_MASS for one in scene.tissues)])
    if not alone.any():
        return judged
    at = np.flatnonzero(solids.dense)
    label, part = solids.labels.ravel()[on_solids(at, solids.dense.shape, solids)], scene.parts.labels.ravel()[at]
    dense = np.bincount(label, minlength=len(judged) + 1)
    mass = np.bincount(label[alone[part]], minlength=len(judged) + 1)
    found = list(judged)
    for n in np.flatnonzero(2 * mass[1:] > dense[1:]) + 1:
        if judged[n - 1].tissue is not Tissue.CALCIFIED_MASS:
            parts = np.bincount(part[(label == n) & alone[part]])
            found[n - 1] = judgements[int(parts.argmax()) - 1]
    return found


def _clusters(
    solids: Solids, masses: NDArray[np.bool_], small: NDArray[np.bool_], settings: MeasureSettings
) -> NDArray[np.int32]:
    """Label what lies at most the joining distance apart: solids judged to be masses, and small pieces beside them."""
    own = masses[solids.labels]
    members = own | small[solids.labels]
    beyond = solids.bone | ((solids.labels > 0) & ~members)
    reach_mm = reach_of(settings)
    near = np.zeros(members.shape, dtype=np.bool_)
    for box in boxes_apart(members, solids.spacing_mm, reach_mm):
        near[box] = within(members[box], solids.spacing_mm, reach_mm)
    near &= ~(beyond | solids.air)
    clusters: NDArray[np.int32] = cc3d.connected_components(near, connectivity=6).astype(np.int32)
    led = _led(clusters, own)[clusters]
    if not led.any():  # each block of a thin mass in air holds air, too
        return np.zeros_like(clusters)
    # The local fill depends on the blocks around.
    k, j, i = (math.ceil(CT.local_fill_mm / mm) + 1 for mm in solids.spacing_mm)
    box = box_around(led, (k, j, i))
    full = _is_full(share_dense(solids)[box], near[box], solids.spacing_mm, settings)
    parted = _without_chains(np.where(led, clusters, 0)[box], own[box], full, solids.spacing_mm, settings)
    found = np.zeros_like(clusters)
    found[box] = np.where(members[box] & _led(parted, own[box])[parted], parted, 0)
    return found


def _led(clusters: NDArray[np.int32], own: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(label,) whether a cluster holds a solid that was judged to be a mass."""
    led = np.zeros(int(clusters.max(initial=0)) + 1, dtype=np.bool_)
    led[clusters[own]] = True
    led[0] = False
    return led


def _is_full(
    share: NDArray[np.float32], near: NDArray[np.bool_], spacing_mm: Spacing, settings: MeasureSettings
) -> NDArray[np.bool_]:
    """Find where the local fill is at least `least_fill`.

    The local fill is the dense share of the blocks within the joining distance of a piece, over `CT.local_fill_mm`.
    """
    widths = [max(1, round(CT.local_fill_mm / mm)) for mm in spacing_mm]
    full = np.zeros(near.shape, dtype=np.bool_)
    for box in boxes_apart(near, spacing_mm, CT.local_fill_mm):
        dense = ndimage.uniform_filter(share[box], widths)
        around = ndimage.uniform_filter(near[box].astype(np.float32), widths)
        full[box] = near[box] & (dense >= settings.least_fill * around)
    return full


def _without_chains(
    clusters: NDArray[np.int32],
    own: NDArray[np.bool_],
    full: NDArray[np.bool_],
    spacing_mm: Spacing,
    settings: MeasureSettings,
) -> NDArray[np.int32]:
    """Cut clusters whose masses are connected only through blocks that are not full enough."""
    full = full & (clusters > 0)
    parted: NDArray[np.int32] = cc3d.connected_components(full, connectivity=6).astype(np.int32)
    blocks = np.bincount(parted[own], minlength=int(parted.max(initial=0)) + 1)
    large = blocks * np.prod(spacing_mm) >= CT.smallest_whole_mm3
    large[0] = False
    cluster_of = np.zeros(len(large), dtype=np.int32)
    cluster_of[parted] = clusters
    several = np.flatnonzero(np.bincount(cluster_of[large], minlength=1) > 1)
    if not several.size:
        return clusters
    cut = np.isin(clusters, several)
    kept = np.where(cut & large[parted], parted, 0)
    reached = expand_labels(kept, settings.joining_distance_mm, spacing=spacing_mm)
    own_clusters = np.where(cut, 0, clusters)
    return np.where(cut & (reached > 0), reached + int(clusters.max()), own_clusters).astype(np.int32)


def _several(
    scene: Scene, solids: Solids, clusters: NDArray[np.int32], judged: list[Judgement], features: list[WholeFeatures]
) -> Wholes:
    """Keep the clusters that consist of more than one piece; each has the judgement of its largest solid."""
    at = np.flatnonzero(solids.dense)
    cluster = clusters.ravel()[on_solids(at, scene.parts.labels.shape, solids)]
    part = scene.parts.labels.ravel()[at]
    inside = cluster > 0
    parts = int(part.max(initial=0)) + 1
    pairs = np.unique(cluster[inside].astype(np.int64) * parts + part[inside])
    # Smaller pieces have no part of their own: where there are any, there are several.
    pieces = np.bincount(pairs // parts, np.where(pairs % parts == 0, 2, 1), int(clusters.max(initial=0)) + 1)
    number = np.zeros(len(pieces), dtype=np.int32)
    found = []
    for n in np.flatnonzero(pieces > 1):
        members = np.unique(solids.labels[clusters == n])
        masses = [label for label in members if label and judged[label - 1].tissue is Tissue.CALCIFIED_MASS]
        largest = max(masses, key=lambda label: features[label - 1].volume_mm3)
        found.append(judged[largest - 1])
        number[n] = len(found)
    labels = number[clusters]
    for axis, step in enumerate(solids.factor_kji):
        labels = labels.repeat(step, axis=axis) if step > 1 else labels
    k, j, i = scene.parts.labels.shape
    return Wholes(np.ascontiguousarray(labels[:k, :j, :i]), tuple(found))

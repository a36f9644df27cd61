"""From a CT volume to proposals: dense components with their tissue, divided where different tissues meet.

Tissue is judged on a coarse copy. The proposals are outlines on the original voxels of the stack.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import cc3d
import edt
import numpy as np
from scipy import ndimage
from scipy.cluster.hierarchy import DisjointSet

from calcimeasure.model import Evidence, Outline, Proposal, Proposals, Tissue
from calcimeasure.segment.ct.body import find_body
from calcimeasure.segment.ct.boxes import box_around, boxes_apart
from calcimeasure.segment.ct.coarse import BONE_GROUP, OUTSIDE_GROUP, coarse_copy
from calcimeasure.segment.ct.components import find_components
from calcimeasure.segment.ct.constants import CT
from calcimeasure.segment.ct.cut import contact_mm2, cut
from calcimeasure.segment.ct.features import features_of
from calcimeasure.segment.ct.finer import seen_finer
from calcimeasure.segment.ct.fringe import with_fringe
from calcimeasure.segment.ct.gather import Area, gather
from calcimeasure.segment.ct.judge import Judgement, is_bone, is_undecided, judge
from calcimeasure.segment.ct.look import look
from calcimeasure.segment.ct.place import NOWHERE, find_places, judge_by_place
from calcimeasure.segment.ct.shaft import parted_from_shafts, shafts_among, shares_on_sides, sides_of_shafts
from calcimeasure.segment.ct.solids import Scene, more_than_noise
from calcimeasure.segment.ct.split import Parts, find_marrow, passes, split
from calcimeasure.segment.ct.views import Labeled, around
from calcimeasure.segment.ct.whole import Wholes, find_wholes
from calcimeasure.threads import thread_count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from calcimeasure.model import Volume
    from calcimeasure.segment.ct.boxes import Box
    from calcimeasure.segment.ct.coarse import Coarse
    from calcimeasure.segment.ct.features import Features
    from calcimeasure.segment.ct.finer import Finer
    from calcimeasure.segment.ct.place import Places
    from calcimeasure.segment.ct.views import Around
    from calcimeasure.settings import MeasureSettings

Blocks = TypeVar("Blocks", bound=np.generic)

WORTH_CUTTING = (Tissue.CALCIFIED_MASS, Tissue.UNKNOWN)
"""Tissues that are cut from bone; other tissues stay in one piece with the bone."""


@dataclass(frozen=True, slots=True, eq=False)
class _Judged:
    """The coarse copy with its groups.

    Parameters
    ----------
    groups
        (k, j, i) int32: 0 (not dense), `BONE_GROUP`, or the number of a group.
    wholes
        (k, j, i) int32: the number of the group that is a mass of several pieces, in its pieces and the gaps between
        them; 0 elsewhere.
    judgements
        The judgement of each group except bone, by number.
    bone_confidence
        Mean confidence of the parts judged to be bone.
    places
        What tells the place of a part.
    notices
        Notices about the mask of bones.
    """

    coarse: Coarse
    body: NDArray[np.uint8]
    groups: NDArray[np.int32]
    marrow: NDArray[np.bool_]
    wholes: NDArray[np.int32]
    judgements: dict[int, Judgement]
    boxes: dict[int, Box]
    bone_confidence: float
    places: Places
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """Parts, judged one by one.

    Parameters
    ----------
    parts, features, judgements
        The first feature and judgement are for label 1.
    labeled
        The parts, and where the box lies in the stack.
    said
        What the network says of a part, by label.
    """

    parts: Parts
    features: list[Features]
    labeled: Labeled
    said: dict[int, float]
    judgements: list[Judgement]

    @property
    def tissues(self) -> list[Tissue]:
        """The tissue of each part; the first is for label 1."""
        return [one.tissue for one in self.judgements]

    @property
    def shafts(self) -> NDArray[np.bool_]:
        """(label,) whether a part is the cortex of a shaft, from label 0 on."""
        return shafts_among(self.features, self.tissues)


def propose(
    volume: Volume,
    settings: MeasureSettings,
    bones: NDArray[np.bool_] | None = None,
    meant_kji: NDArray[np.intp] | None = None,
) -> Proposals:
    """Find dense components, divide them where different tissues meet, and judge the tissue of each piece.

    Parameters
    ----------
    volume
        The stack.
    settings
        `threshold_hu`, `min_volume_mm3`, `mass_probability`, `review_probability`, `joining_distance_mm`, `least_fill`.
    bones
        (k, j, i), true where another program outlined bone. A part inside this mask is bone, unless its features are
        those of a certain mass.
    meant_kji
        (n, 3) indexes of voxels that a reader says to lie in a calcified mass: what holds them is one, whatever its
        signs say. None if no reader has pointed at anything.

    Returns
    -------
    Proposals
        Calcified masses, with all pieces of each, and all other dense pieces, largest first.
    """
    components = find_components(volume, settings)
    if not components.outlines:
        return Proposals((), components.dropped_count)
    judged = _judge_copy(volume, settings, bones, meant_kji)

    def pieces(outline: Outline) -> list[tuple[int, Proposal]]:
        return _pieces(volume, outline, judged, settings)

    with ThreadPoolExecutor(thread_count()) as pool:
        found = [piece for some in pool.map(pieces, components.outlines) for piece in some]
    parts, taken_in = gather(volume, found, _areas(volume, judged), settings.threshold_hu)
    return Proposals(
        parts=tuple(sorted(parts, key=_largest_first)),
        dropped_count=components.dropped_count - taken_in,
        bodies=_bodies(judged, volume.geometry.shape_kji),
        notices=judged.notices,
    )


def _areas(volume: Volume, judged: _Judged) -> list[Area]:
    """Draw the masses of several pieces on the voxels of the stack, with the gaps between their pieces."""
    areas: list[Area] = []
    if not judged.wholes.any():
        return areas
    for number, blocks in _boxes(judged.wholes, box_around(judged.wholes > 0)).items():
        k, j, i = (
            slice(part.start * factor, min(part.stop * factor, n))
            for part, factor, n in zip(blocks, judged.coarse.factor_kji, volume.geometry.shape_kji, strict=True)
        )
        areas.append(Area(number, (k, j, i), _upsampled(judged.wholes, (k, j, i), judged.coarse) == number))
    return areas


def _largest_first(part: Proposal) -> tuple[int, tuple[int, int, int]]:
    return (-part.outline.voxel_count, part.outline.start_kji)


def _bodies(judged: _Judged, shape_kji: tuple[int, int, int]) -> tuple[Outline, ...]:
    """Draw each body on the voxels of the stack: every voxel has the label of its block."""
    count = int(judged.body.max(initial=0))
    return tuple(
        _on_voxels(judged.body == number, judged.coarse.factor_kji, shape_kji) for number in range(1, count + 1)
    )


def _on_voxels(blocks: NDArray[np.bool_], factor_kji: tuple[int, int, int], shape_kji: tuple[int, int, int]) -> Outline:
    used = Outline.from_mask(blocks)
    k, j, i = (block * factor for block, factor in zip(used.start_kji, factor_kji, strict=True))
    # The last block of a line may be incomplete.
    stop = [min(block * factor, n) for block, factor, n in zip(used.stop_kji, factor_kji, shape_kji, strict=True)]
    mask, bits = used.mask(), bytearray()
    for first in range(0, len(mask), 8):  # eight blocks fill whole bytes, and a body has many voxels
        voxels = mask[first : first + 8]
        for axis in (2, 1, 0):
            voxels = voxels.repeat(factor_kji[axis], axis=axis) if factor_kji[axis] > 1 else voxels
        slices = stop[0] - k - first * factor_kji[0]
        bits += np.packbits(voxels[:slices, : stop[1] - j, : stop[2] - i]).tobytes()
    return Outline((k, j, i), (stop[0], stop[1], stop[2]), bytes(bits))


def _judge_copy(
    volume: Volume,
    settings: MeasureSettings,
    bones: NDArray[np.bool_] | None,
    meant_kji: NDArray[np.intp] | None = None,
) -> _Judged:
    """Split and judge on a coarse copy, within the box of the dense voxels."""
    coarse = coarse_copy(volume)
    body = find_body(coarse)
    dense, outside, loose = _dense_parts(coarse, body, settings)
    loose = more_than_noise(coarse.attenuation_hu, loose)
    groups = np.zeros(dense.shape, dtype=np.int32)
    groups[outside] = OUTSIDE_GROUP
    marrow, wholes = np.zeros(dense.shape, dtype=np.bool_), np.zeros(dense.shape, dtype=np.int32)
    if not (dense.any() or loose.any()):
        return _Judged(coarse, body, groups, marrow, wholes, {}, {}, 0.0, NOWHERE)
    box = box_around(dense | loose)
    stack = around(coarse.attenuation_hu, coarse.spacing_mm)
    given = bool(volume.stack.contrast_agent)
    seen = _seen(coarse, stack, split(dense[box], coarse.spacing_mm), box, settings, given)
    parted = _parted(coarse.attenuation_hu[box], seen)
    if parted is not seen.parts:
        seen = _still_shafts(seen, _seen(coarse, stack, parted, box, settings, given))
    sides = sides_of_shafts(coarse.attenuation_hu[box], seen.parts, seen.shafts, coarse.spacing_mm)
    seen = _on_sides(seen, sides, settings, given)
    seen = _with_finer(
        seen, seen_finer(volume, coarse, stack, seen.parts.labels, box, seen.features, settings), settings, given
    )
    parts, features, said, judgements = seen.parts, seen.features, seen.said, seen.judgements
    notices: tuple[str, ...] = ()
    able = np.ones(parts.labels.shape, dtype=np.bool_)
    if bones is not None:
        outlined = _on_blocks(bones, coarse)[box]
        judgements, notices = _by_mask(judgements, parts, outlined)
        able = ~outlined
    meant = _labels_at(meant_kji, parts.labels, box, coarse)
    judgements = [_MEANT if n in meant else one for n, one in enumerate(judgements, 1)]
    tissues = [judgement.tissue for judgement in judgements]
    bony = [n not in meant and is_bone(one.tissue, said.get(n)) for n, one in enumerate(judgements, 1)]
    scene = Scene(
        coarse.attenuation_hu[box], able, loose[box], parts, features, tissues, sides, bony, seen.labeled, stack
    )
    joined = find_wholes(scene, judgements, settings)
    joined, whole_of, judgements = _in_wholes(scene, judgements, joined)
    number, grouped = _hold_together(parts, features, judgements, whole_of)
    groups[box] = np.maximum(groups[box], number[parts.labels])
    if joined.judgements:
        wholes[box] = _numbered(joined, number, whole_of, grouped)
        # Small pieces and fringes have no part of their own.
        own = (wholes[box] > 0) & (np.where(groups[box] == 0, loose[box], groups[box] == BONE_GROUP))
        groups[box][own] = wholes[box][own]
    marrow[box] = _marrow(parts, groups[box], wholes[box], coarse.spacing_mm)
    bone = [judgement.confidence for judgement in judgements if judgement.tissue is Tissue.BONE]
    sure = float(np.mean(bone)) if bone else 0.0
    boxes = _boxes(groups, box)
    places = find_places(coarse, volume.geometry, body, groups, marrow)
    placed = {n: judge_by_place(grouped[n], _blocks_of(n, groups, box), places, settings) for n, box in boxes.items()}
    placed |= dict.fromkeys({int(number[label]) for label in meant} - {BONE_GROUP, OUTSIDE_GROUP}, _MEANT)
    return _Judged(coarse, body, groups, marrow, wholes, grouped | placed, boxes, sure, places, notices)


def _seen(
    coarse: Coarse, stack: Around, parts: Parts, box: Box, settings: MeasureSettings, contrast_agent: bool
) -> _Seen:
    """Judge parts one by one."""
    features = _placed(features_of(coarse.attenuation_hu[box], parts, coarse.spacing_mm), parts, box, coarse)
    k, j, i = (part.start * mm for part, mm in zip(box, coarse.spacing_mm, strict=True))
    labeled = Labeled(parts.labels, parts.depth_mm, coarse.spacing_mm, (k, j, i))
    said = look(stack, labeled, range(1, len(features) + 1), whole=False)
    judgements = [_judged(one, said.get(n), settings, contrast_agent) for n, one in enumerate(features, 1)]
    return _Seen(parts, features, labeled, said, judgements)


def _judged(features: Features, said: float | None, settings: MeasureSettings, contrast_agent: bool) -> Judgement:
    """Judge a part; what the network said of it counts where its signs leave open what it is."""
    looked = said if is_undecided(features, contrast_agent=contrast_agent) else None
    return judge(features, settings, contrast_agent=contrast_agent, looked=looked)


def _still_shafts(before: _Seen, seen: _Seen) -> _Seen:
    """Keep shafts what they were judged to be before they were parted from what lies on them.

    What is given back to a shaft makes it less even and less thin, which is no evidence against bone.
    """
    judgements, said = list(seen.judgements), dict(seen.said)
    for label in np.flatnonzero(before.shafts).tolist():
        now = int(np.bincount(seen.parts.labels[before.parts.labels == label]).argmax())
        judgements[now - 1] = before.judgements[label - 1]
        if label in before.said:
            said[now] = before.said[label]
    return replace(seen, said=said, judgements=judgements)


def _on_sides(seen: _Seen, sides: NDArray[np.bool_], settings: MeasureSettings, contrast_agent: bool) -> _Seen:
    """Judge anew the parts that lie on the sides of shafts."""
    if not sides.any():
        return seen
    shares = shares_on_sides(seen.parts.labels, sides, seen.labeled.spacing_mm)
    features, judgements = list(seen.features), list(seen.judgements)
    for n in np.flatnonzero((shares > 0) & ~seen.shafts).tolist():
        before = features[n - 1]
        # A part of the cortex faces marrow, and a part of a joint other bone.
        share = shares[n] - (before.neighbor_share - shares[n]) - before.marrow_share
        if share <= 0:
            continue
        features[n - 1] = replace(before, shaft_share=float(share))
        judgements[n - 1] = _judged(features[n - 1], seen.said.get(n), settings, contrast_agent)
    return replace(seen, features=features, judgements=judgements)


def _with_finer(seen: _Seen, finer: Mapping[int, Finer], settings: MeasureSettings, contrast_agent: bool) -> _Seen:
    """Judge anew the parts that were seen on shorter steps."""
    features, judgements, said = list(seen.features), list(seen.judgements), dict(seen.said)
    for n, one in finer.items():
        features[n - 1] = one.features
        judgements[n - 1] = _judged(one.features, one.said, settings, contrast_agent)
        if one.said is not None:
            said[n] = one.said
    return replace(seen, features=features, said=said, judgements=judgements)


def _parted(attenuation_hu: NDArray[np.int16], seen: _Seen) -> Parts:
    """Part what lies on shafts from them. What is a mass as it is was divided from bone at a neck, a better border."""
    able = np.array([False, *(one is not Tissue.CALCIFIED_MASS for one in seen.tissues)])
    return parted_from_shafts(attenuation_hu, seen.parts, seen.shafts, able, seen.labeled.spacing_mm)


_MEANT = Judgement(Tissue.CALCIFIED_MASS, 1.0, 1.0, ())
"""Of a part that a reader points at."""


def _labels_at(
    places_kji: NDArray[np.intp] | None, labels: NDArray[np.int32], box: Box, coarse: Coarse
) -> frozenset[int]:
    """List the labels of the blocks that hold places of the stack; where a block has none, those of its neighbors."""
    if places_kji is None:
        return frozenset()
    blocks = places_kji // coarse.factor_kji - [part.start for part in box]
    found: set[int] = set()
    for block in blocks:
        for reach in (0, 1):
            near = labels[tuple(slice(max(0, n - reach), max(0, n + reach + 1)) for n in block.tolist())]
            if near.any():
                found.add(int(np.bincount(near[near > 0]).argmax()))
                break
    return frozenset(found)


def _marrow(
    parts: Parts, groups: NDArray[np.int32], wholes: NDArray[np.int32], spacing_mm: tuple[float, float, float]
) -> NDArray[np.bool_]:
    """Find marrow: what dense voxels enclose.

    Gaps of a mass of several pieces are enclosed, too: beside such a mass, marrow is what bone alone encloses in
    some planes at least.
    """
    if not wholes.any():
        return parts.marrow
    enclosed = parts.marrow & (wholes == 0)
    in_bone = find_marrow(groups == BONE_GROUP, spacing_mm)
    pockets = cc3d.connected_components(enclosed, connectivity=6)
    voxels = np.bincount(pockets.ravel())
    bony = np.bincount(pockets[in_bone], minlength=len(voxels)) >= CT.bony_pocket * voxels
    k, j, i = (math.ceil(CT.room_mm / mm) for mm in spacing_mm)
    near = box_around(wholes > 0, (k, j, i))
    marrow: NDArray[np.bool_] = enclosed.copy()
    marrow[near] &= (in_bone | bony[pockets])[near]
    return marrow


def _blocks_of(number: int, groups: NDArray[np.int32], box: Box) -> NDArray[np.intp]:
    """(n, 3) the blocks of a group."""
    blocks: NDArray[np.intp] = np.argwhere(groups[box] == number) + [part.start for part in box]
    return blocks


def _in_wholes(
    scene: Scene, judgements: list[Judgement], joined: Wholes
) -> tuple[Wholes, NDArray[np.intp], list[Judgement]]:
    """Find the mass of several pieces to which each part belongs, and give the part the judgement of that mass.

    Returns
    -------
    joined, whole_of, judgements
        The masses without those that a bone reaches into and those of one part. For each label, from 0 on: the number
        of the mass that holds most of it, 0 if none does. And the judgements.
    """
    count, wholes = len(judgements) + 1, len(joined.judgements) + 1
    if wholes == 1:
        return joined, np.zeros(count, dtype=np.intp), judgements
    at = np.flatnonzero(scene.parts.labels)
    pairs = scene.parts.labels.ravel()[at].astype(np.int64) * wholes + joined.labels.ravel()[at]
    voxels = np.bincount(pairs, minlength=count * wholes).reshape(count, wholes)
    whole_of = voxels.argmax(axis=1)
    whole_of[[False, *(one is Tissue.METAL for one in scene.tissues)]] = 0
    bony = np.array([False, *scene.surely_bone])
    beyond = _continues_in_bone(scene, whole_of, ~bony)
    # A small mass is not judged as a whole: what touches bone of any kind stays bone.
    small = np.bincount(joined.labels.ravel(), minlength=wholes) * math.prod(scene.spacing_mm) < CT.smallest_whole_mm3
    beyond |= small[whole_of] & _continues_in_bone(scene, whole_of, np.ones(count, dtype=np.bool_))
    loose = np.bincount(joined.labels[scene.loose], minlength=wholes) > 0
    dropped = voxels[beyond].sum(axis=0) > (1 - CT.within_whole) * voxels.sum(axis=0)
    # Specks beside a single part may be trabeculae of the bone that it lies on.
    held = np.bincount(whole_of, minlength=wholes)
    dropped |= (held == 1) | ((held == 0) & ~loose)
    # Where one part is a mass on its own and most of the whole, what lies beside it may be bone: it stays alone.
    alone = np.array([False, *(one is Tissue.CALCIFIED_MASS for one in scene.tissues)])
    largest = np.where(alone[:, None], voxels, 0).max(axis=0)
    dropped |= largest > CT.one_part * voxels.sum(axis=0)
    dropped[0] = False
    whole_of[beyond | dropped[whole_of]] = 0
    judged = [
        joined.judgements[whole - 1] if whole else judgement
        for whole, judgement in zip(whole_of[1:], judgements, strict=True)
    ]
    kept = np.where(dropped[joined.labels], np.int32(0), joined.labels)
    return replace(joined, labels=with_fringe(scene, kept, beyond)), whole_of, judged


def _continues_in_bone(scene: Scene, whole_of: NDArray[np.intp], counted: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Find the parts of bone that touch each other and lie mostly outside a mass: no part of these belongs to it.

    Shafts do not count, nor do labels that are not `counted`: the pieces of a mass on a bone touch it.
    """
    parts, features, tissues = scene.parts, scene.features, [Tissue.OUTSIDE, *scene.tissues]
    bone = np.array([tissue is Tissue.BONE for tissue in tissues])
    shaft = shafts_among(features, scene.tissues)
    porous = bone & ~shaft & counted
    together = DisjointSet(range(len(tissues)))
    ones, others, _ = passes(parts.labels, parts.depth_mm)
    able = porous[ones] & porous[others]
    for one, other in zip(ones[able].tolist(), others[able].tolist(), strict=True):
        together.merge(one, other)
    root = np.array([together[label] for label in range(len(tissues))])
    volumes_mm3 = np.array([0.0, *(one.volume_mm3 for one in features)])
    whole_mm3 = np.bincount(root, volumes_mm3, len(root))
    inside_mm3 = np.bincount(root, volumes_mm3 * (whole_of > 0), len(root))
    beyond: NDArray[np.bool_] = porous & (inside_mm3 < CT.within_whole * whole_mm3)[root]
    return beyond


def _numbered(
    joined: Wholes, number: NDArray[np.int32], whole_of: NDArray[np.intp], grouped: dict[int, Judgement]
) -> NDArray[np.int32]:
    """Give the masses of several pieces the numbers of their groups; a mass without any part is a new group."""
    groups = np.zeros(len(joined.judgements) + 1, dtype=np.int32)
    for label in np.flatnonzero(whole_of):
        groups[whole_of[label]] = number[label]
    for whole in np.flatnonzero(groups[1:] == 0) + 1:
        groups[whole] = max(OUTSIDE_GROUP, *grouped, 0) + 1
        grouped[int(groups[whole])] = joined.judgements[whole - 1]
    return groups[joined.labels]


def _on_blocks(bones: NDArray[np.bool_], coarse: Coarse) -> NDArray[np.bool_]:
    """Sample a mask of bones at the middle voxel of each block."""
    index = [
        np.minimum(np.arange(count) * factor + factor // 2, n - 1)
        for count, factor, n in zip(coarse.attenuation_hu.shape, coarse.factor_kji, bones.shape, strict=True)
    ]
    return bones[np.ix_(*index)]


def _by_mask(
    judgements: list[Judgement], parts: Parts, outlined: NDArray[np.bool_]
) -> tuple[list[Judgement], tuple[str, ...]]:
    """Judge parts inside a bone mask to be bone, except parts with the features of a certain mass."""
    label = parts.labels.ravel()
    voxels = np.maximum(np.bincount(label, minlength=len(judgements) + 1), 1)
    shares = np.bincount(label, weights=outlined.ravel(), minlength=len(judgements) + 1) / voxels
    ruled, overruled = [], False
    for judgement, share in zip(judgements, shares[1:], strict=True):
        if share < CT.held_share:
            ruled.append(judgement)
            continue
        held = Evidence("mask_share", float(share), 0.0, f"a bone mask holds {share:.0%} of it")
        evidence = (*judgement.evidence, held)
        if judgement.mass_probability >= CT.surely_a_mass:
            overruled = True
            ruled.append(replace(judgement, evidence=evidence))
        else:
            ruled.append(Judgement(Tissue.BONE, CT.mask_confidence, judgement.mass_probability, evidence))
    return ruled, ("bone_mask_overruled",) if overruled else ()


def _dense_parts(
    coarse: Coarse, body: NDArray[np.uint8], settings: MeasureSettings
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Find the dense voxels in the body, those outside, and those in the body of components that are too small."""
    dense = coarse.attenuation_hu >= settings.threshold_hu
    inside, outside, small = (np.zeros(dense.shape, dtype=np.bool_) for _ in range(3))
    for box in boxes_apart(dense, coarse.spacing_mm, 0.0):
        labels = cc3d.connected_components(dense[box], connectivity=26)
        at = np.nonzero(dense[box])
        label = labels[at]
        voxels = np.bincount(label, minlength=1)
        beyond = 2 * np.bincount(label[body[box][at] == 0], minlength=len(voxels)) > voxels
        counted = voxels >= max(2, round(CT.smallest_split_mm3 / coarse.block_mm3))
        inside[box][at] = (counted & ~beyond)[label]
        outside[box][at] = (counted & beyond)[label]
        small[box][at] = (~counted & ~beyond)[label]
    return inside, outside, small


def _boxes(groups: NDArray[np.int32], within: Box) -> dict[int, Box]:
    """Find the box of each group; none lies beyond another box."""
    boxes = {}
    for n, inner in enumerate(ndimage.find_objects(groups[within]), 1):
        if inner is not None and n > OUTSIDE_GROUP:
            k, j, i = (slice(a.start + b.start, a.start + b.stop) for a, b in zip(within, inner, strict=True))
            boxes[n] = (k, j, i)
    return boxes


def _placed(features: list[Features], parts: Parts, box: Box, coarse: Coarse) -> list[Features]:
    """Add to the features which parts lie at the circle of the field of view."""
    on_circle = _on_circle(coarse)
    if on_circle is None:
        return features
    label = parts.labels.ravel()
    voxels = np.maximum(np.bincount(label, minlength=len(features) + 1), 1)
    flat = np.broadcast_to(on_circle[box[1:]], parts.labels.shape).ravel()
    circle = np.bincount(label[flat], minlength=len(features) + 1) / voxels
    return [replace(one, circle_share=float(circle[n])) for n, one in enumerate(features, 1)]


def _on_circle(coarse: Coarse) -> NDArray[np.bool_] | None:
    """Find the rim of the circular field of view of the scanner; None if the image shows no circle."""
    hu, (_, row_mm, column_mm) = coarse.attenuation_hu, coarse.spacing_mm
    corners = hu[:, [0, 0, -1, -1], [0, -1, 0, -1]]
    height_mm, width_mm = hu.shape[1] * row_mm, hu.shape[2] * column_mm
    if np.ptp(corners) > 0 or abs(height_mm - width_mm) > max(row_mm, column_mm):
        return None
    rows_mm = (np.arange(hu.shape[1]) + 0.5) * row_mm - height_mm / 2
    columns_mm = (np.arange(hu.shape[2]) + 0.5) * column_mm - width_mm / 2
    rim: NDArray[np.bool_] = np.hypot(rows_mm[:, None], columns_mm) > width_mm / 2 - CT.circle_mm
    return rim


def _hold_together(
    parts: Parts, features: list[Features], judgements: list[Judgement], whole_of: NDArray[np.intp]
) -> tuple[NDArray[np.int32], dict[int, Judgement]]:
    """Group parts: masses that touch become one, and a possible mass is joined to the mass from which it protrudes.

    Parts of one mass of several pieces are one group, whether they touch or not.

    Returns
    -------
    number, judgements
        The group of each label, and the judgement of each group except bone: that of its largest part.
    """
    tissue = [Tissue.OUTSIDE, *(one.tissue for one in judgements)]
    together, beside_metal = _joined(parts, features, tissue)
    _merge_wholes(together, whole_of)
    number = np.where([one is Tissue.BONE for one in tissue], np.int32(BONE_GROUP), np.int32(0))
    grouped: dict[int, Judgement] = {}
    for n, labels in enumerate(_members(together, tissue), OUTSIDE_GROUP + 1):
        number[labels] = n
        masses = [label for label in labels if tissue[label] is Tissue.CALCIFIED_MASS] or labels
        largest = max(masses, key=lambda label: features[label - 1].volume_mm3)
        grouped[n] = judgements[largest - 1]
        if largest in beside_metal:
            # Streak artifacts beside metal are also dense, thick and without a cortex.
            grouped[n] = replace(grouped[n], tissue=Tissue.UNKNOWN, confidence=CT.undecided)
    return number, grouped


def _merge_wholes(together: DisjointSet, whole_of: NDArray[np.intp]) -> None:
    """Join the labels of the parts of each mass of several pieces."""
    for whole in np.unique(whole_of[whole_of > 0]):
        first, *others = np.flatnonzero(whole_of == whole).tolist()
        for other in others:
            together.merge(first, other)


def _members(together: DisjointSet, tissue: list[Tissue]) -> list[list[int]]:
    """List the labels of each group except bone, in the order of their first labels."""
    members: dict[int, list[int]] = {}
    for label, one in enumerate(tissue):
        if label and one is not Tissue.BONE:
            members.setdefault(together[label], []).append(label)
    return list(members.values())


def _joined(parts: Parts, features: list[Features], tissue: list[Tissue]) -> tuple[DisjointSet, set[int]]:
    """Join the labels of parts that belong to one mass; also find the masses that touch metal."""
    together, beside_metal = DisjointSet(range(len(tissue))), set()
    is_mass = np.array([one is Tissue.CALCIFIED_MASS for one in tissue])
    ones, others, heights = passes(parts.labels, parts.depth_mm)
    able = is_mass[ones] | is_mass[others]
    for one, other, height_mm in zip(ones[able], others[able], heights[able], strict=True):
        for a, b in ((int(one), int(other)), (int(other), int(one))):
            if not is_mass[b]:
                continue
            wide = height_mm >= CT.wide_pass * features[a - 1].thickness_mm / 2
            if is_mass[a] or (tissue[a] is Tissue.UNKNOWN and wide):
                together.merge(a, b)
            elif tissue[a] is Tissue.METAL:
                beside_metal.add(b)
    return together, beside_metal


def _pieces(volume: Volume, outline: Outline, judged: _Judged, settings: MeasureSettings) -> list[tuple[int, Proposal]]:
    """Divide a component where its groups meet; each piece comes with the number of its group, 0 if it has none."""
    mask = outline.mask()
    counts = _groups_in(mask, outline.box, judged)
    counts[0] = 0
    if not counts.any():
        return [(0, _alone(volume, outline, mask, judged, settings))]
    worth = _worth_cutting(outline, counts, judged)
    if not worth or np.count_nonzero(counts) == 1:
        largest = int(counts.argmax())
        return [(largest, _whole(outline, largest, judged))]
    smallest = settings.min_volume_mm3 / float(np.median(volume.geometry.voxel_sizes))
    rest = mask
    found = _cut_from(rest, volume, outline, worth, judged, smallest)
    if np.count_nonzero(rest) >= smallest:
        counts[worth] = 0
        group = int(counts.argmax()) or BONE_GROUP
        found.append((group, _whole(Outline.from_mask(rest, outline.start_kji), group, judged)))
    return found


def _worth_cutting(outline: Outline, counts: NDArray[np.int64], judged: _Judged) -> list[int]:
    """List the groups in a component that are cut from it, calcified masses first."""
    coarse_box = _coarse_box(outline.box, judged.coarse)
    numbers = [n for n, box in judged.boxes.items() if _overlap(box, coarse_box) and n < len(counts) and counts[n]]
    worth = [n for n in numbers if judged.judgements[n].tissue in WORTH_CUTTING]
    return sorted(worth, key=lambda n: judged.judgements[n].tissue is not Tissue.CALCIFIED_MASS)


def _cut_from(
    rest: NDArray[np.bool_], volume: Volume, outline: Outline, numbers: list[int], judged: _Judged, smallest: float
) -> list[tuple[int, Proposal]]:
    """Cut groups of at least a number of voxels from a component, in turn; `rest` keeps what no group took."""
    found: list[tuple[int, Proposal]] = []
    for n in numbers:
        piece, start, contact = _cut_out(volume, rest, outline, n, judged)
        if piece is None or np.count_nonzero(piece) < smallest:
            continue
        box = tuple(slice(a, a + length) for a, length in zip(start, piece.shape, strict=True))
        rest[box] &= ~piece
        stack_start = tuple(a + b for a, b in zip(start, outline.start_kji, strict=True))
        own = Outline.from_mask(piece, (stack_start[0], stack_start[1], stack_start[2]))
        found.append((n, _proposal(own, judged.judgements[n], contact)))
    return found


def _whole(outline: Outline, group: int, judged: _Judged) -> Proposal:
    if group == BONE_GROUP:
        return Proposal(outline, Tissue.BONE, judged.bone_confidence)
    if group == OUTSIDE_GROUP:
        return Proposal(outline, Tissue.OUTSIDE, 1.0)
    return _proposal(outline, judged.judgements[group])


def _groups_in(mask: NDArray[np.bool_], box: Box, judged: _Judged) -> NDArray[np.int64]:
    """Count the blocks of each group in a component, by the first voxel of each block; in a small one all voxels."""
    factor = judged.coarse.factor_kji
    first = [-part.start % n for part, n in zip(box, factor, strict=True)]
    sampled = mask[tuple(slice(a, None, n) for a, n in zip(first, factor, strict=True))]
    blocks = tuple(
        slice((part.start + a) // n, (part.start + a) // n + length)
        for part, a, n, length in zip(box, first, factor, sampled.shape, strict=True)
    )
    counts = np.bincount(judged.groups[blocks][sampled], minlength=1)
    if counts[1:].any():
        return counts
    return np.bincount(_upsampled(judged.groups, box, judged.coarse)[mask], minlength=1)


def _proposal(outline: Outline, judgement: Judgement, contact_mm2: float = 0.0) -> Proposal:
    return Proposal(outline, judgement.tissue, judgement.confidence, judgement.evidence, contact_mm2)


def _cut_out(
    volume: Volume, mask: NDArray[np.bool_], outline: Outline, number: int, judged: _Judged
) -> tuple[NDArray[np.bool_] | None, tuple[int, int, int], float]:
    """Cut a group from its component.

    Returns
    -------
    piece, start, contact_mm2
        The voxels of the group, their first index in the box of the component, and the contact area with bone.
    """
    geometry = volume.geometry
    spacing_mm = geometry.spacing_kji_mm
    low, high = [], []
    for part, factor, mm, whole in zip(
        judged.boxes[number], judged.coarse.factor_kji, spacing_mm, outline.box, strict=True
    ):
        room = int(np.ceil(CT.room_mm / mm))
        low.append(max(part.start * factor - room, whole.start))
        high.append(min(part.stop * factor + room, whole.stop))
    box = (slice(low[0], high[0]), slice(low[1], high[1]), slice(low[2], high[2]))
    start = tuple(part.start - whole.start for part, whole in zip(box, outline.box, strict=True))
    inner = tuple(slice(a, a + part.stop - part.start) for a, part in zip(start, box, strict=True))
    here = mask[inner]
    groups = _upsampled(judged.groups, box, judged.coarse)
    marrow = _upsampled(judged.marrow, box, judged.coarse)
    own = groups == number
    divided = cut(volume.attenuation_hu[box], here, own, (groups > 0) & ~own, marrow, spacing_mm)
    labels = cc3d.connected_components(divided, connectivity=26)
    counts = np.bincount(labels[own], minlength=int(labels.max()) + 1)
    counts[0] = 0
    if not counts.any():
        return None, (0, 0, 0), 0.0
    if judged.wholes[judged.boxes[number]].max(initial=0) and np.any(judged.wholes == number):
        # All pieces of a mass that are mostly its own.
        piece = (2 * counts > np.bincount(labels.ravel(), minlength=len(counts)))[labels] & divided
    else:
        piece = labels == int(counts.argmax())
    contact = contact_mm2(piece, here & ~piece & (groups != 0), spacing_mm)
    return piece, (start[0], start[1], start[2]), contact


def _alone(
    volume: Volume, outline: Outline, mask: NDArray[np.bool_], judged: _Judged, settings: MeasureSettings
) -> Proposal:
    """Judge a component on its own voxels if it is too small for the coarse copy."""
    geometry = volume.geometry
    spacing_mm = geometry.spacing_kji_mm
    around = [(min(1, a), min(1, n - b)) for a, b, n in zip(
        outline.start_kji, outline.stop_kji, geometry.shape_kji, strict=True)]  # fmt: skip
    roomy = np.pad(mask, around)
    box = tuple(
        slice(a - room[0], b + room[1]) for a, b, room in zip(outline.start_kji, outline.stop_kji, around, strict=True)
    )
    depth_mm = edt.edt(roomy, anisotropy=spacing_mm, black_border=False)
    depth_mm = np.minimum(depth_mm, np.float32(max(n * mm for n, mm in zip(mask.shape, spacing_mm, strict=True))))
    parts = Parts(roomy.astype(np.int32), depth_mm, find_marrow(roomy, spacing_mm))
    (features,) = features_of(volume.attenuation_hu[box], parts, spacing_mm)
    body = _upsampled(judged.body, outline.box, judged.coarse)
    features = replace(features, outside_share=float(np.mean(body[mask] == 0)))
    judgement = judge(features, settings, contrast_agent=bool(volume.stack.contrast_agent))
    blocks = (np.argwhere(mask) + outline.start_kji) // judged.coarse.factor_kji
    return _proposal(outline, judge_by_place(judgement, blocks, judged.places, settings))


def _coarse_box(box: Box, coarse: Coarse) -> Box:
    k, j, i = (
        slice(part.start // factor, -(-part.stop // factor))
        for part, factor in zip(box, coarse.factor_kji, strict=True)
    )
    return k, j, i


def _overlap(one: Box, other: Box) -> bool:
    return all(a.start < b.stop and b.start < a.stop for a, b in zip(one, other, strict=True))


def _upsampled(array: NDArray[Blocks], box: Box, coarse: Coarse) -> NDArray[Blocks]:
    """Repeat each block of a box of the coarse copy on the voxels of the stack."""
    coarse_box = _coarse_box(box, coarse)
    found = array[coarse_box]
    for axis, factor in enumerate(coarse.factor_kji):
        found = found.repeat(factor, axis=axis) if factor > 1 else found
    inner = tuple(
        slice(part.start - rough.start * factor, part.stop - rough.start * factor)
        for part, rough, factor in zip(box, coarse_box, coarse.factor_kji, strict=True)
    )
    return found[inner]

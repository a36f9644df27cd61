"""The pieces of a mass are gathered into one proposal, at full resolution."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.edge.connected import count_pieces
from calcimeasure.model import Outline, Proposal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from calcimeasure.model import Volume

Box = tuple[slice, slice, slice]


@dataclass(frozen=True, slots=True, eq=False)
class Area:
    """Where the pieces of one mass lie.

    Parameters
    ----------
    number
        The number of its group.
    box, inside
        A box of the stack, and (k, j, i) of the box: the pieces and the gaps between them.
    """

    number: int
    box: Box
    inside: NDArray[np.bool_]


def gather(
    volume: Volume, found: Sequence[tuple[int, Proposal]], areas: Sequence[Area], threshold_hu: float
) -> tuple[list[Proposal], int]:
    """Make one proposal of all pieces of a mass, with the specks between them that are too small to be components.

    Parameters
    ----------
    volume
        The stack.
    found
        Each piece with the number of its group.
    areas
        The masses of several pieces.
    threshold_hu
        A voxel at or above it is calcified.

    Returns
    -------
    list of Proposal, int
        The proposals: one for each area that has a piece, and all other pieces as they were. And the number of specks
        that were taken in.
    """
    numbers = {area.number for area in areas}
    gathered = [piece for number, piece in found if number not in numbers]
    taken_in = 0
    for area in areas:
        members = [piece for number, piece in found if number == area.number]
        if not members:
            continue
        specks = _specks(volume, found, area, threshold_hu)
        taken_in += count_pieces(specks) if specks.any() else 0
        gathered.append(_one_of(members, specks, area))
    return gathered, taken_in


def _one_of(members: Sequence[Proposal], specks: NDArray[np.bool_], area: Area) -> Proposal:
    """Make one proposal of the pieces of a mass and its specks, with the tissue of the first piece."""
    outlines = [piece.outline for piece in members]
    if specks.any():
        outlines.append(Outline.from_mask(specks, _start(area.box)))
    first = members[0]
    contact_mm2 = math.fsum(piece.bone_contact_mm2 for piece in members)
    return Proposal(_union(outlines), first.tissue, first.tissue_confidence, first.evidence, contact_mm2)


def _specks(
    volume: Volume, found: Sequence[tuple[int, Proposal]], area: Area, threshold_hu: float
) -> NDArray[np.bool_]:
    """Find the dense voxels of an area that no piece has."""
    specks: NDArray[np.bool_] = (volume.attenuation_hu[area.box] >= math.ceil(threshold_hu)) & area.inside
    for _, piece in found:
        _draw(specks, _start(area.box), piece.outline, value=False)
    return specks


def _union(outlines: Sequence[Outline]) -> Outline:
    """Join outlines; each is drawn in its own box only, because a mass may have hundreds of pieces."""
    start = [min(one.start_kji[axis] for one in outlines) for axis in range(3)]
    stop = [max(one.stop_kji[axis] for one in outlines) for axis in range(3)]
    mask = np.zeros([b - a for a, b in zip(start, stop, strict=True)], dtype=np.bool_)
    origin = (start[0], start[1], start[2])
    for one in outlines:
        _draw(mask, origin, one, value=True)
    return Outline.from_mask(mask, origin)


def _draw(mask: NDArray[np.bool_], start_kji: tuple[int, int, int], outline: Outline, *, value: bool) -> None:
    """Set the voxels of an outline in a mask that begins at an index of the stack."""
    low = [max(a, b) for a, b in zip(outline.start_kji, start_kji, strict=True)]
    high = [min(a, b + n) for a, b, n in zip(outline.stop_kji, start_kji, mask.shape, strict=True)]
    if any(a >= b for a, b in zip(low, high, strict=True)):
        return
    here = tuple(slice(a - s, b - s) for a, b, s in zip(low, high, start_kji, strict=True))
    mask[here][outline.mask_in(low, high)] = value


def _start(box: Box) -> tuple[int, int, int]:
    return (box[0].start, box[1].start, box[2].start)

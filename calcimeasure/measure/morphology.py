"""What a mass looks like: solid, lobulated, loculated, granular, net, shell or plate.

Each word is a rule on a few features of the calcium and of its envelope. A feature counts gradually around its limit:
at the limit half. The value of a rule is the lowest of its features. The word is that of the rule with the highest
value, and the confidence is this value divided by the sum of all seven.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import edt
import numpy as np

from calcimeasure.edge.connected import label_pieces
from calcimeasure.measure.constants import MEASURE
from calcimeasure.model import Morphology

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.measure.envelope import Envelope
    from calcimeasure.measure.hull import Hull


@dataclass(frozen=True, slots=True)
class Features:
    """The features of a mass.

    Parameters
    ----------
    parts
        Number of pieces.
    largest_share
        Share of the calcium in its largest piece.
    fill, rim_fill, core_fill
        Share of calcium in the envelope, in the outer half of its depth and in the inner half.
    deep_mm
        Depth of the calcium: a tenth of it lies deeper below the surface of the calcium.
    flatness
        Volume of the envelope divided by its squared thickness and its length: 0.5 for a ball, 1 for a rod, more for a
        plate. The thickness is the diameter of the largest ball in the envelope.
    slenderness
        Length of the envelope divided by its thickness.
    convexity
        Volume of the envelope divided by that of its convex hull.
    has_level
        Whether a fluid-calcium level is seen.
    """

    parts: int
    largest_share: float
    fill: float
    rim_fill: float
    core_fill: float
    deep_mm: float
    flatness: float
    slenderness: float
    convexity: float
    has_level: bool


def features_of_convex(thickness_mm: float, length_mm: float, volume_mm3: float, *, has_level: bool) -> Features:
    """Give the features of a mass of one piece that fills its convex hull.

    Parameters
    ----------
    thickness_mm, length_mm
        Smallest and largest extent in any direction.
    volume_mm3
        Volume of the mass.
    has_level
        Whether a fluid-calcium level is seen.
    """
    return Features(
        parts=1,
        largest_share=1.0,
        fill=1.0,
        rim_fill=1.0,
        core_fill=1.0,
        deep_mm=thickness_mm / 2,
        flatness=volume_mm3 / (thickness_mm**2 * length_mm),
        slenderness=length_mm / thickness_mm,
        convexity=1.0,
        has_level=has_level,
    )


def features_of(envelope: Envelope, hull: Hull, length_mm: float, parts: int, *, has_level: bool) -> Features:
    """Compute the features of a mass.

    Parameters
    ----------
    envelope, hull
        The envelope of the mass, and its convex hull.
    length_mm
        Largest distance between two points of its surface.
    parts
        Number of its pieces.
    has_level
        Whether a fluid-calcium level is seen.
    """
    calcified, enclosed, cube_mm = envelope.calcified, envelope.enclosed, envelope.cube_mm
    depth_mm = _depth_mm(enclosed, cube_mm)
    deepest_mm = max(float(depth_mm.max()), cube_mm / 2)
    core = depth_mm > deepest_mm / 2
    thickness_mm = 2 * deepest_mm
    is_filled = parts == 1 and envelope.added_mm3 <= (1 - MEASURE.smooth_fill) * envelope.volume_mm3
    return Features(
        parts=parts,
        largest_share=1.0 if parts == 1 else _largest_share(calcified),
        fill=1 - envelope.added_mm3 / envelope.volume_mm3,
        rim_fill=_share(calcified, enclosed & ~core),
        core_fill=_share(calcified, core),
        # The calcium of a filled envelope is as deep as the envelope.
        deep_mm=deepest_mm if is_filled else _usual_depth_mm(calcified, cube_mm),
        flatness=envelope.volume_mm3 / (thickness_mm**2 * length_mm),
        slenderness=length_mm / thickness_mm,
        # Points in a plane have no hull, and no clefts.
        convexity=1.0 if math.isinf(hull.volume_mm3) else min(envelope.volume_mm3 / hull.volume_mm3, 1.0),
        has_level=has_level,
    )


def morphology_of(features: Features) -> tuple[Morphology, float]:
    """Name the look of a mass, with a confidence from 0 to 1."""
    thin = _above(-features.deep_mm, -MEASURE.grain_depth_mm)
    many = _above(math.log(features.parts), math.log(MEASURE.many_grains))
    hollow = min(
        _above(features.rim_fill - features.core_fill, MEASURE.hollow_fill),
        _above(features.largest_share, MEASURE.whole_shell),
    )
    flat = min(
        _above(features.flatness, MEASURE.plate_flatness),
        _above(features.slenderness, MEASURE.plate_slenderness),
        _above(features.fill, MEASURE.plate_fill),
    )
    open_ = _above(-features.fill, -MEASURE.net_fill)
    split = 1.0 if features.has_level else _above(-features.fill, -MEASURE.loculated_fill)
    knobby = _above(-features.convexity, -MEASURE.lobulated_convexity)
    compact = min(1 - hollow, 1 - flat)
    rules = {
        Morphology.SOLID: min(compact, 1 - split, 1 - knobby),
        Morphology.LOBULATED: min(compact, 1 - split, knobby),
        Morphology.LOCULATED: min(compact, split, 1 - min(thin, max(many, open_))),
        Morphology.GRANULAR: min(compact, split, thin, many),
        Morphology.NET: min(compact, split, thin, 1 - many, open_),
        Morphology.SHELL: hollow,
        Morphology.PLATE: min(flat, 1 - hollow),
    }
    word = max(rules, key=lambda one: rules[one])
    return word, rules[word] / sum(rules.values())


def _above(value: float, limit: float) -> float:
    """Tell how far a feature is above its limit: 0 far below, 0.5 at the limit, 1 far above."""
    scale = max(abs(limit), MEASURE.least_scale) * MEASURE.softness
    return 1 / (1 + math.exp(-max(min((value - limit) / scale, 50.0), -50.0)))


def _depth_mm(mask: NDArray[np.bool_], cube_mm: float) -> NDArray[np.float32]:
    """Distance of each cube inside a mask from the surface of the mask: half a cube for the outermost cubes."""
    depth_mm: NDArray[np.float32] = edt.edt(
        mask.view(np.uint8), anisotropy=(cube_mm,) * 3, black_border=False, parallel=1
    )
    return np.where(mask, depth_mm - np.float32(cube_mm / 2), np.float32(0))


def _share(part: NDArray[np.bool_], whole: NDArray[np.bool_]) -> float:
    count = int(np.count_nonzero(whole))
    return int(np.count_nonzero(part & whole)) / count if count else 0.0


def _largest_share(calcified: NDArray[np.bool_]) -> float:
    labels = label_pieces(calcified)
    counts = np.bincount(labels.ravel())[1:]
    return float(counts.max() / counts.sum()) if counts.size else 1.0


def _usual_depth_mm(calcified: NDArray[np.bool_], cube_mm: float) -> float:
    return float(np.percentile(_depth_mm(calcified, cube_mm)[calcified], MEASURE.depth_percentile))

"""The numbers of a mass on a radiograph as a whole, across the gaps between its pieces.

The envelope is, as on CT (`calcimeasure.measure.envelope`), an alpha shape, here of the outline's pixels: their closing
with a disk whose radius is the distance up to which pieces are one mass. Gaps that the line encloses belong to it.

What a mass looks like is named by the rules of CT (`calcimeasure.measure.morphology`). A projection shows no depth, so
calcium is counted where the image is nearly as bright as it would be if the mass were as thick as it is wide.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import edt
import numpy as np
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError

from calcimeasure.edge.connected import count_pieces, label_pieces
from calcimeasure.measure.constants import MEASURE
from calcimeasure.measure.morphology import Features, morphology_of
from calcimeasure.model import MorphologySource

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.model import RadiographMeasurements


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """What a radiograph shows of a mass, in units of the column spacing.

    Parameters
    ----------
    mask
        (rows, columns) the outline.
    contrast
        (rows, columns) what the image is above the local background; NaN where there is none.
    aspect
        Row spacing.
    joining_px
        The distance up to which pieces are one mass.
    edge_sd_px
        Standard deviation of the position of the outline across its border.
    """

    mask: NDArray[np.bool_]
    contrast: NDArray[np.float32]
    aspect: float
    joining_px: float
    edge_sd_px: float


def with_whole(numbers: RadiographMeasurements, shown: Shown) -> RadiographMeasurements:
    """Add the pieces of a mass, its envelope with a half-width, its share of the envelope, and what it looks like."""
    parts = count_pieces(shown.mask[None])
    enclosed = enclosed_by(shown.mask, shown.aspect, shown.joining_px)
    envelope_px = float(np.count_nonzero(enclosed)) * shown.aspect
    word, confidence = morphology_of(_features(shown, enclosed))
    return replace(
        numbers,
        parts=parts,
        envelope_px=envelope_px,
        envelope_u95_px=_envelope_u95_px(shown, enclosed, numbers.area_px),
        fill_fraction=min(numbers.area_px / envelope_px, 1.0),
        morphology=word,
        morphology_confidence=confidence,
        morphology_source=MorphologySource.IMAGE,
    )


def enclosed_by(mask: NDArray[np.bool_], aspect: float, radius_px: float) -> NDArray[np.bool_]:
    """Enclose the pieces of a mask: its closing with a disk, without holes.

    Parameters
    ----------
    mask
        (rows, columns)
    aspect
        Row spacing in units of the column spacing.
    radius_px
        Radius of the disk, in units of the column spacing.
    """
    room = (math.ceil(radius_px / aspect) + 1, math.ceil(radius_px) + 1)
    roomy = np.pad(mask, [(one, one) for one in room])
    radius_px += MEASURE.same_distance_mm
    near = edt.edt(~roomy, anisotropy=(aspect, 1.0), black_border=False, parallel=1) <= radius_px
    closed = edt.edt(near, anisotropy=(aspect, 1.0), black_border=False, parallel=1) > radius_px
    inner = closed[room[0] : -room[0], room[1] : -room[1]] | mask
    found: NDArray[np.bool_] = ndimage.binary_fill_holes(inner)
    return found


def _envelope_u95_px(shown: Shown, enclosed: NDArray[np.bool_], area_px: float) -> float:
    """Half-width of the 95 % interval of the area of the envelope.

    An error of the border moves the line; the wider the gaps are, the more it rests on single pieces; and what lies
    behind a mass bends its outline in both directions.
    """
    envelope_px = float(np.count_nonzero(enclosed)) * shown.aspect
    return MEASURE.width_95 * math.sqrt(
        (shown.edge_sd_px * _perimeter_px(enclosed, shown.aspect)) ** 2
        + (MEASURE.envelope_gaps * max(envelope_px - area_px, 0.0)) ** 2
        + (math.sqrt(2) * MEASURE.behind_sd_share * envelope_px) ** 2
    )


def _perimeter_px(enclosed: NDArray[np.bool_], aspect: float) -> float:
    """Estimate the length of a border: pi / 4 of the sides of its pixels, in the mean over all directions."""
    padded = np.pad(enclosed, 1)
    down, along = (int(np.count_nonzero(np.diff(padded, axis=axis))) for axis in (0, 1))
    return math.pi / 4 * (down + along * aspect)


def _features(shown: Shown, enclosed: NDArray[np.bool_]) -> Features:
    """Give the features of a mass, with lengths in 5ths of the joining distance: in mm where mm are known."""
    unit_px = shown.joining_px / MEASURE.envelope_radius_mm
    depth_px = _depth_px(enclosed, shown.aspect)
    deepest_px = max(float(depth_px.max()), 0.5)
    calcified = _calcified(shown, depth_px, deepest_px)
    core = depth_px > deepest_px / 2
    length_px = _length_px(enclosed, shown.aspect)
    slenderness = length_px / (2 * deepest_px)
    labels = label_pieces(calcified[None])
    counts = np.bincount(labels.ravel())[1:]
    filled = _share(calcified, enclosed)
    return Features(
        parts=len(counts),
        largest_share=float(counts.max() / counts.sum()),
        fill=filled,
        rim_fill=_share(calcified, enclosed & ~core),
        core_fill=_share(calcified, core),
        deep_mm=_usual_depth_px(calcified, shown.aspect) / unit_px
        if filled < MEASURE.smooth_fill
        else deepest_px / unit_px,
        # How thick a mass is along the beam is not seen: one that is long and thin may be a plate.
        flatness=2 * MEASURE.plate_flatness,
        slenderness=slenderness,
        convexity=_convexity(enclosed, shown.aspect),
        has_level=False,
    )


def _calcified(shown: Shown, depth_px: NDArray[np.float32], deepest_px: float) -> NDArray[np.bool_]:
    """Find where a mass is nearly as bright as if it were as thick as it is wide; all of it where nothing is."""
    known = shown.mask & np.isfinite(shown.contrast)
    if not known.any():
        return shown.mask
    inward = np.clip(depth_px / deepest_px, 0, 1)
    thickness = np.sqrt(np.maximum(1 - (1 - inward) ** 2, 0))
    top = float(np.percentile(shown.contrast[known], MEASURE.depth_percentile))
    found: NDArray[np.bool_] = known & (shown.contrast >= MEASURE.least_brightness * top * thickness)
    return found if top > 0 and found.any() else shown.mask


def _depth_px(mask: NDArray[np.bool_], aspect: float) -> NDArray[np.float32]:
    """Distance of each pixel inside a mask from its border: half a pixel for the outermost pixels."""
    depth_px = edt.edt(np.pad(mask, 1), anisotropy=(aspect, 1.0), black_border=False, parallel=1)[1:-1, 1:-1]
    return np.where(mask, depth_px - np.float32(0.5 * min(aspect, 1.0)), np.float32(0))


def _usual_depth_px(calcified: NDArray[np.bool_], aspect: float) -> float:
    return float(np.percentile(_depth_px(calcified, aspect)[calcified], MEASURE.depth_percentile))


def _share(part: NDArray[np.bool_], whole: NDArray[np.bool_]) -> float:
    count = int(np.count_nonzero(whole))
    return int(np.count_nonzero(part & whole)) / count if count else 0.0


def _length_px(mask: NDArray[np.bool_], aspect: float) -> float:
    """Largest extent over a few directions."""
    places = np.argwhere(mask) * (aspect, 1.0)
    angles = np.arange(16) * (math.pi / 16)
    return float(np.ptp(places @ np.stack([np.sin(angles), np.cos(angles)]), axis=0).max()) + 1


def _convexity(enclosed: NDArray[np.bool_], aspect: float) -> float:
    """Area of the envelope divided by that of its convex hull; 1 for pixels in a line, which have no clefts."""
    border = np.argwhere(enclosed & ~ndimage.binary_erosion(enclosed))
    corners = (border[:, None] + np.array([(-0.5, -0.5), (-0.5, 0.5), (0.5, -0.5), (0.5, 0.5)])).reshape(-1, 2)
    try:
        hull = ConvexHull(corners * (aspect, 1.0))
    except QhullError:
        return 1.0
    # In two dimensions the volume of a hull is its area.
    return min(float(np.count_nonzero(enclosed)) * aspect / float(hull.volume), 1.0)

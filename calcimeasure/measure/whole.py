"""The numbers of a mass as a whole, across the gaps between its pieces."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.edge.connected import piece_sizes
from calcimeasure.measure.constants import MEASURE
from calcimeasure.measure.envelope import calcified_volume_mm3, envelope_of
from calcimeasure.measure.hull import hull_of
from calcimeasure.measure.level import fluid_level
from calcimeasure.measure.morphology import features_of, features_of_convex, morphology_of
from calcimeasure.measure.pieces import level_of_pieces
from calcimeasure.measure.skin import skin_distance_mm
from calcimeasure.measure.uncertainty import envelope_u95_mm3
from calcimeasure.model import MorphologySource

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.edge import Edge
    from calcimeasure.measure.hull import Hull
    from calcimeasure.measure.morphology import Features
    from calcimeasure.model import Measurements, Outline, Volume


def with_whole(
    numbers: Measurements,
    volume: Volume,
    outline: Outline,
    edge: Edge,
    border_lps_mm: NDArray[np.float64] | None,
) -> Measurements:
    """Add the numbers of the whole: pieces, envelope, look, fluid-calcium level and distance from the skin.

    Parameters
    ----------
    numbers
        The other numbers. Slices without gaps have given it a 3-D diameter; only then it has an envelope.
    volume, outline
        The stack and the mass.
    edge
        The edge of the mass.
    border_lps_mm
        (n, 3) points of its surface; None for a single slice.
    """
    parts = len(piece_sizes(outline))
    numbers = replace(numbers, parts=parts, sphericity=numbers.sphericity if parts == 1 else None)
    if border_lps_mm is not None:
        numbers = replace(numbers, skin_distance_mm=skin_distance_mm(volume, outline, border_lps_mm))
    if numbers.max_3d_diameter is None or border_lps_mm is None:
        return numbers
    seen = _seen(numbers, volume, outline, edge, border_lps_mm)
    volume_ml, envelope_ml = numbers.volume_ml, seen.volume_mm3 / 1000
    word, confidence = morphology_of(seen.features)
    return replace(
        numbers,
        envelope_ml=envelope_ml,
        envelope_u95_ml=None if seen.u95_mm3 is None else seen.u95_mm3 / 1000,
        fill_fraction=None if volume_ml is None else min(volume_ml / envelope_ml, 1.0),
        morphology=word,
        morphology_confidence=confidence,
        morphology_source=MorphologySource.IMAGE,
        fluid_level=seen.has_level,
    )


@dataclass(frozen=True, slots=True)
class _Seen:
    """The envelope of a mass, its fluid-calcium level, and the features of its look."""

    volume_mm3: float
    u95_mm3: float | None
    has_level: bool | None
    features: Features


def _seen(
    numbers: Measurements, volume: Volume, outline: Outline, edge: Edge, border_lps_mm: NDArray[np.float64]
) -> _Seen:
    parts, geometry = numbers.parts or 1, volume.geometry
    has_edge = bool(edge.inside.any())
    level = edge.level if has_edge else _level_of_outline(outline, edge)
    # Along the axes of the stack: how the patient lies in it changes nothing.
    axes = np.stack([geometry.normal, geometry.column_direction, geometry.row_direction], axis=1)
    hull = hull_of(border_lps_mm @ axes)
    calcified_mm3 = calcified_volume_mm3(level, edge.start_kji, geometry)
    if parts == 1 and calcified_mm3 >= MEASURE.convex_fill * hull.volume_mm3:
        return _seen_convex(numbers, volume, edge, hull, calcified_mm3)
    has_level = fluid_level(volume, edge) if has_edge else None
    envelope = envelope_of(level, edge.start_kji, geometry, MEASURE.cubes_of_whole)
    if parts > 1 or envelope.added_mm3 > (1 - MEASURE.smooth_fill) * envelope.volume_mm3:
        level = level_of_pieces(volume, outline, edge) if has_edge else level
        envelope = envelope_of(level, edge.start_kji, geometry, MEASURE.cubes)
    u95_mm3 = envelope_u95_mm3(edge, geometry, envelope.area_mm2, envelope.added_mm3) if has_edge else None
    features = features_of(envelope, hull, numbers.largest_mm, parts, has_level=bool(has_level))
    return _Seen(envelope.volume_mm3, u95_mm3, has_level, features)


def _seen_convex(numbers: Measurements, volume: Volume, edge: Edge, hull: Hull, calcified_mm3: float) -> _Seen:
    """Describe a convex mass: its envelope lies between the calcium and its convex hull, and here they are the same."""
    has_edge = bool(edge.inside.any())
    has_level = fluid_level(volume, edge) if has_edge else None
    u95_mm3 = envelope_u95_mm3(edge, volume.geometry, hull.area_mm2, added_mm3=0.0) if has_edge else None
    features = features_of_convex(hull.thickness_mm, numbers.largest_mm, calcified_mm3, has_level=bool(has_level))
    return _Seen(calcified_mm3, u95_mm3, has_level, features)


def _level_of_outline(outline: Outline, edge: Edge) -> NDArray[np.float32]:
    stop = [first + length for first, length in zip(edge.start_kji, edge.level.shape, strict=True)]
    return np.where(outline.mask_in(edge.start_kji, stop), np.float32(0.5), np.float32(-0.5))

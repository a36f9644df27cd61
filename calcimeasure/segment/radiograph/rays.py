"""Candidates for masses: closed lines around places, across which attenuation decreases outward everywhere.

Rays start from a place; on each ray the attenuation decreases at the edge of the mass. The closed line with the largest
total decrease is chosen. The decrease on a ray is limited to the usual decrease on that line, so that one strong edge
(a cortex that crosses) cannot compensate for a line that is open elsewhere. The line is found by dynamic programming
over the rays (as for masses on mammograms, Timp and Karssemeijer, Med Phys 2004;31:958).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from calcimeasure.segment.radiograph.constants import RADIOGRAPH

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.segment.radiograph.scale import Pyramid


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """Closed lines around n places.

    Parameters
    ----------
    centers
        (n, 2) row and column, in pixels of the radiograph.
    radii
        (n, rays) in mm, or in pixels if millimeters are not known.
    """

    centers: NDArray[np.float64]
    radii: NDArray[np.float64]


def directions(count: int = RADIOGRAPH.rays) -> NDArray[np.float64]:
    """(rays, 2) unit vectors, down and across."""
    angle = np.arange(count) * (2 * np.pi / count)
    return np.stack([np.sin(angle), np.cos(angle)], axis=-1)


def sampled(
    pyramid: Pyramid, centers: NDArray[np.float64], radii: NDArray[np.float64], step: NDArray[np.float64]
) -> NDArray[np.float32]:
    """(n, rays, k) attenuation at radii (n, rays or 1, k) around centers, each on a copy no coarser than step (n,).

    Beyond the image the value of the nearest pixel is used.
    """
    rays = radii.shape[1] if radii.shape[1] > 1 else RADIOGRAPH.rays
    toward = directions(rays)
    values = np.empty((len(centers), rays, radii.shape[2]), dtype=np.float32)
    copies = np.array([pyramid.fitting(one) for one in step], dtype=int)
    for copy in np.unique(copies):
        here = np.flatnonzero(copies == copy)
        at = []
        for axis in range(2):
            pixels = centers[here, axis, None, None] + radii[here] * toward[:, axis, None] / pyramid.steps[0][axis]
            at.append((pixels + 0.5) / pyramid.factors[copy][axis] - 0.5)
        values[here] = ndimage.map_coordinates(pyramid.copies[copy], at, order=1, mode="nearest", output=np.float32)
    return values


def shown_at(pyramid: Pyramid, centers: NDArray[np.float64], radii: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(n, rays, k) whether the radiograph shows the patient at radii (n, rays or 1, k) around centers."""
    return true_at(pyramid, pyramid.field.patient, centers, radii)


def true_at(
    pyramid: Pyramid, mask: NDArray[np.bool_], centers: NDArray[np.float64], radii: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """(n, rays, k) whether a mask of the coarse copy is true at radii (n, rays or 1, k) around centers.

    Beyond the image the value is False.
    """
    toward = directions(radii.shape[1] if radii.shape[1] > 1 else RADIOGRAPH.rays)
    away = toward / np.array(pyramid.steps[0])
    rows = centers[:, 0, None, None] + radii * away[:, 0, None]
    columns = centers[:, 1, None, None] + radii * away[:, 1, None]
    return _true_in(pyramid, mask, rows, columns)


def true_in(pyramid: Pyramid, mask: NDArray[np.bool_], places: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(...) whether a mask of the coarse copy is true at places (..., 2), in pixels of the radiograph.

    Beyond the image the value is False.
    """
    return _true_in(pyramid, mask, places[..., 0].copy(), places[..., 1].copy())


def _true_in(
    pyramid: Pyramid, mask: NDArray[np.bool_], rows: NDArray[np.float64], columns: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Take the value of a mask at rows and columns, which are overwritten: the places are millions."""
    bordered = np.pad(mask, 1)
    index = np.zeros(rows.shape, dtype=np.int32)
    for axis, at in enumerate((rows, columns)):
        at += 0.5
        at /= pyramid.factors[pyramid.coarse][axis]
        np.floor(at, out=at)
        np.clip(at, -1, mask.shape[axis], out=at)
        index *= bordered.shape[axis]
        index += at.astype(np.int32) + 1
    found: NDArray[np.bool_] = bordered.ravel()[index]
    return found


def trace(
    pyramid: Pyramid, centers: NDArray[np.float64], sizes: NDArray[np.float64], *, reach: float = RADIOGRAPH.line_reach
) -> Edges:
    """Find the closed line around each center whose radius is near a size.

    Parameters
    ----------
    centers
        (n, 2) row and column, in pixels of the radiograph.
    sizes
        (n,) expected radius; lines run between size / reach and size * reach.
    """
    radii = sizes[:, None, None] * np.geomspace(1 / reach, reach, RADIOGRAPH.ray_steps)
    profiles = sampled(pyramid, centers, radii, sizes / RADIOGRAPH.samples_per_radius)
    line = _best_line(_gain(profiles, shown_at(pyramid, centers, radii)))
    found = np.take_along_axis(np.broadcast_to(radii, profiles.shape), line[..., None], axis=2)[..., 0]
    return Edges(centers, found)


def traced_again(pyramid: Pyramid, edges: Edges) -> Edges:
    """Find lines again around their own centers, so that they do not depend on the starting places."""
    centers, radii = recentered(pyramid, edges)
    return trace(pyramid, centers, np.maximum(radii, np.median(edges.radii, axis=1) / 2))


def recentered(pyramid: Pyramid, edges: Edges) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(n, 2) centers of the areas inside lines, in pixels of the radiograph, and (n,) radii of discs of equal area."""
    corners = edges.radii[..., None] * directions(edges.radii.shape[1])
    others = np.roll(corners, -1, axis=1)
    cross = corners[..., 0] * others[..., 1] - corners[..., 1] * others[..., 0]
    twice = np.maximum(np.abs(cross.sum(axis=1)), 1e-12) * np.sign(cross.sum(axis=1) + 1e-300)
    moved = ((corners + others) * cross[..., None]).sum(axis=1) / (3 * twice[:, None])
    return edges.centers + moved / pyramid.steps[0], np.sqrt(np.abs(twice) / (2 * np.pi))


def strengths(pyramid: Pyramid, edges: Edges, width: NDArray[np.float64], margin: float) -> NDArray[np.float64]:
    """(n,) decrease of attenuation across a line, within a width (n,) on either side, on nearly all rays; at least 0.

    A ray that leaves the patient within a margin outside the line is not used, because skin is an edge of the same
    sharpness. The fewer rays are left, the lower is the weight of the line.
    """
    inside, outside = bands(pyramid, edges, width)
    shown = shown_at(pyramid, edges.centers, edges.radii[..., None] + margin)[..., 0]
    share = shown.mean(axis=1)
    falls = np.where(shown, inside - outside, np.nan)
    falls[share == 0] = 0
    strength: NDArray[np.float64] = np.maximum(np.nanquantile(falls, RADIOGRAPH.weakest, axis=1), 0) * share**2
    return strength


def bands(
    pyramid: Pyramid, edges: Edges, width: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(n, rays) attenuation just inside and just outside of lines, over a width (n,) and a few rays."""
    offsets = np.array([-1.0, -2 / 3, -1 / 3, 1 / 3, 2 / 3, 1.0])
    radii = np.maximum(edges.radii[..., None] + width[:, None, None] * offsets, 0)
    values = sampled(pyramid, edges.centers, radii, width / 2)
    values = ndimage.gaussian_filter1d(values, RADIOGRAPH.band_sigma_rays, axis=1, mode="wrap").astype(np.float64)
    return values[..., :3].mean(axis=-1), values[..., 3:].mean(axis=-1)


def _gain(profiles: NDArray[np.float32], shown: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(n, rays, k) how steeply profiles fall outward, limited by the usual steepest fall of the rays."""
    smooth = ndimage.gaussian_filter1d(profiles, RADIOGRAPH.profile_sigma_rays, axis=1, mode="wrap")
    fall = -ndimage.gaussian_filter1d(smooth, RADIOGRAPH.fall_sigma_steps, axis=2, order=1, mode="nearest") * shown
    steepest = np.maximum(fall.max(axis=2), 0)
    usual = np.quantile(steepest, RADIOGRAPH.usual_fall_quantile, axis=1).astype(np.float32) + np.float32(1e-12)
    gain: NDArray[np.float32] = fall / (np.abs(fall) + usual[:, None, None])
    return gain


def _best_line(gain: NDArray[np.float32]) -> NDArray[np.intp]:
    """(n, rays) index of the radius on each ray, for the closed line with the largest sum of gains minus bends.

    The path goes around the rays twice, and its middle part is used. This part does not depend on the start of the
    path.
    """
    n, rays, steps = gain.shape
    moves = np.arange(-RADIOGRAPH.steepest, RADIOGRAPH.steepest + 1)
    cost = (RADIOGRAPH.bend * np.abs(moves)).astype(np.float32)
    best = gain[:, 0].copy()
    came = np.empty((2 * rays, n, steps), dtype=np.int8)
    padded = np.empty((n, steps + 2 * RADIOGRAPH.steepest), dtype=np.float32)
    for at in range(1, 2 * rays):
        padded.fill(-np.inf)
        padded[:, RADIOGRAPH.steepest : -RADIOGRAPH.steepest] = best
        options = np.stack([padded[:, k : k + steps] - cost[k] for k in range(len(moves))])
        chosen = options.argmax(axis=0)
        came[at] = moves[chosen]
        best = np.take_along_axis(options, chosen[None], axis=0)[0] + gain[:, at % rays]
    line = np.empty((2 * rays, n), dtype=np.intp)
    line[-1] = best.argmax(axis=1)
    for at in range(2 * rays - 1, 0, -1):
        line[at - 1] = line[at] + np.take_along_axis(came[at], line[at][:, None], axis=1)[:, 0]
    half = rays // 2
    middle = line[half : half + rays].T
    return np.roll(middle, half, axis=1)

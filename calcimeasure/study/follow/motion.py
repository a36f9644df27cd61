"""How a body moved between two dates: one motion where bone fits as a whole, else a motion for each lesion."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np
import small_gicp
from scipy.spatial import cKDTree

from calcimeasure.study.follow.beginnings import Correlator, climbed, distinct, every_rotation, step_for
from calcimeasure.study.follow.constants import FOLLOW
from calcimeasure.threads import thread_count

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from calcimeasure.model.follow import Motion
    from calcimeasure.study.follow.beginnings import Beginning
    from calcimeasure.study.follow.look import Look


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A motion with its quality.

    Parameters
    ----------
    matrix
        (4, 4): LPS mm of the prior stack to those of the current one.
    bone_share
        Share of the surface of bone in both fields that comes to lie on bone: the lower one of both directions.
    similarity
        Correlation of all tissue near the lesions, without them.
    points
        Number of points of bone that were compared.
    is_local
        Whether it is that of the neighborhood of a lesion: a small part of a body fits in more places than the whole.
    """

    matrix: NDArray[np.float64]
    bone_share: float
    similarity: float
    points: int
    is_local: bool = False

    @classmethod
    def of(cls, motion: Motion) -> Self:
        """Make a fit of a motion that was found before."""
        points = FOLLOW.fewest_points if motion.carries else 0
        return cls(np.array(motion.matrix), motion.bone_share, motion.similarity, points, motion.is_local)

    @property
    def carries(self) -> bool:
        """Whether bone and tissue say that the motion is right."""
        least = FOLLOW.least_similar_near if self.is_local else FOLLOW.least_similar
        return self.points >= FOLLOW.fewest_points and self.bone_share >= FOLLOW.bone_share and self.similarity >= least

    @property
    def score(self) -> float:
        """How good the motion is, to choose among several."""
        return self.bone_share + self.similarity


def inverse(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the motion from the current stack to the prior one."""
    return np.asarray(np.linalg.inv(matrix), dtype=np.float64)


def moved(matrix: NDArray[np.float64], points_lps_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Move (..., 3) points."""
    there: NDArray[np.float64] = points_lps_mm @ matrix[:3, :3].T + matrix[:3, 3]
    return there


class Registration:
    """Finds motions between two stacks.

    Parameters
    ----------
    prior, current
        The two stacks.
    lesions_lps_mm
        Middles of the lesions of the prior stack, then those of the current one; similarity is judged near them.
    """

    def __init__(
        self, prior: Look, current: Look, lesions_lps_mm: tuple[NDArray[np.float64], NDArray[np.float64]]
    ) -> None:
        self.prior, self.current = prior, current
        self._lesions = lesions_lps_mm
        self._clouds = [_thinned(look.bone_lps_mm) for look in (prior, current)]
        self._trees = [cKDTree(look.bone_lps_mm) if len(look.bone_lps_mm) else None for look in (prior, current)]
        self._target = _prepared(current.bone_lps_mm)

    def whole(self) -> tuple[Fit, ...]:
        """Find motions of the whole body, the best first: as it lies, else turned; none where nothing is alike."""
        step_mm = step_for(self.prior, self.current)
        correlator = Correlator(self.prior, self.current, step_mm)
        fits = self._fits(correlator.best([np.eye(3)]), self._clouds[0])
        if fits and fits[0].carries:
            return fits
        rough = Correlator(self.prior, self.current, FOLLOW.rough_start * step_mm)
        turned = distinct(rough.best(every_rotation()), FOLLOW.rough_starts)
        for degrees in (FOLLOW.climb_degrees, FOLLOW.climb_degrees / 2):
            turned = [climbed(rough, one, degrees) for one in turned]
        turned = distinct(sorted(turned, key=lambda one: -one.similarity), 2 * FOLLOW.starts)
        return _ranked([*fits, *self._fits(turned, self._clouds[0])])

    def near(self, middle_lps_mm: NDArray[np.float64], whole: Sequence[Fit]) -> Fit | None:
        """Find the motion of the neighborhood of a lesion of the prior stack.

        Parameters
        ----------
        middle_lps_mm
            Middle of the lesion.
        whole
            Motions of the whole body.
        """
        correlator = Correlator(self.prior, self.current, FOLLOW.start_mm, middle_lps_mm)
        rotations = [one.matrix[:3, :3] for one in whole[: FOLLOW.starts]] or [np.eye(3)]
        begun = [climbed(correlator, one, FOLLOW.bend_degrees) for one in correlator.best(rotations)]
        begun = [climbed(correlator, one, FOLLOW.climb_degrees / 2) for one in distinct(begun, FOLLOW.starts)]
        fits: list[Fit] = []
        for reach_mm in (FOLLOW.near_mm, FOLLOW.nearest_mm):
            cloud = _within(self._clouds[0], middle_lps_mm, reach_mm)
            fits += self._fits(begun, cloud, (middle_lps_mm, reach_mm))
            if fits and _ranked(fits)[0].carries:
                break
        return next(iter(_ranked(fits)), None)

    def similarity(self, matrix: NDArray[np.float64], middle_lps_mm: NDArray[np.float64] | None = None) -> float:
        """Compare all tissue near the lesions (or near one), without the masses, under a motion: -1 to 1."""
        middles = self._middles(matrix) if middle_lps_mm is None else middle_lps_mm[None]
        values = [_values_near(self.prior, self.current, matrix, one) for one in middles]
        ours, theirs = (np.concatenate([pair[n] for pair in values]) for n in (0, 1)) if values else ([], [])
        return _correlation(np.asarray(ours), np.asarray(theirs))

    def mirrored_similarity(self) -> float:
        """Tell how alike the current body is to the mirror image of the prior one."""
        mirrored = _mirrored(self.prior)
        lesions = (self._lesions[0] * [-1.0, 1.0, 1.0], self._lesions[1])
        found = Registration(mirrored, self.current, lesions).whole()
        return max((one.similarity for one in found), default=-1.0)

    def _middles(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        back = inverse(matrix)
        return np.concatenate([self._lesions[0], moved(back, self._lesions[1])])

    def _fits(
        self,
        beginnings: Sequence[Beginning],
        cloud: NDArray[np.float64],
        near: tuple[NDArray[np.float64], float] | None = None,
    ) -> tuple[Fit, ...]:
        return _ranked([self._judged(self._laid_on_bone(one.matrix, cloud), cloud, near) for one in beginnings])

    def _laid_on_bone(self, matrix: NDArray[np.float64], cloud: NDArray[np.float64]) -> NDArray[np.float64]:
        """Lay bone on bone by generalized ICP (Segal et al., Robotics: Science and Systems 2009)."""
        if self._target is None or len(cloud) < FOLLOW.fewest_points // 4:
            return matrix
        source = _prepared(cloud)
        if source is None:
            return matrix
        for reach_mm in FOLLOW.surface_reach_mm:
            result = small_gicp.align(
                self._target[0],
                source[0],
                self._target[1],
                init_T_target_source=matrix,
                registration_type="GICP",
                max_correspondence_distance=reach_mm,
                num_threads=thread_count(),
                max_iterations=40,
            )
            matrix = np.array(result.T_target_source, dtype=np.float64)
        return matrix

    def _judged(
        self,
        matrix: NDArray[np.float64],
        cloud: NDArray[np.float64],
        near: tuple[NDArray[np.float64], float] | None,
    ) -> Fit:
        there = moved(matrix, cloud)
        there = there[self.current.is_used(there)]
        back = moved(inverse(matrix), self._clouds[1])
        kept = self.prior.is_used(back)
        if near is not None:
            kept &= np.linalg.norm(back - near[0], axis=1) <= near[1]
        shares = [_share_on(there, self._trees[1]), _share_on(back[kept], self._trees[0])]
        similarity = self.similarity(matrix, near[0] if near else None)
        return Fit(matrix, min(shares), similarity, len(there), near is not None)


def _ranked(fits: Iterable[Fit]) -> tuple[Fit, ...]:
    return tuple(sorted(fits, key=lambda fit: (not fit.carries, -fit.score)))


def _thinned(points_lps_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Take one point in each cell."""
    if not len(points_lps_mm):
        return points_lps_mm
    cells = np.floor(points_lps_mm / FOLLOW.surface_step_mm).astype(np.int64)
    _, first = np.unique(cells, axis=0, return_index=True)
    return points_lps_mm[first]


def _prepared(points_lps_mm: NDArray[np.float64]) -> tuple[small_gicp.PointCloud, small_gicp.KdTree] | None:
    if len(points_lps_mm) < FOLLOW.fewest_points // 4:
        return None
    cloud, tree = small_gicp.preprocess_points(
        points_lps_mm, downsampling_resolution=FOLLOW.surface_step_mm, num_neighbors=12, num_threads=thread_count()
    )
    return cloud, tree


def _within(points: NDArray[np.float64], middle: NDArray[np.float64], reach_mm: float) -> NDArray[np.float64]:
    near: NDArray[np.float64] = points[np.linalg.norm(points - middle, axis=1) <= reach_mm]
    return near


def _share_on(points: NDArray[np.float64], tree: cKDTree | None) -> float:
    if tree is None or not len(points):
        return 0.0
    away_mm, _ = tree.query(points, distance_upper_bound=FOLLOW.on_bone_mm, workers=thread_count())
    return float(np.mean(np.isfinite(away_mm)))


def _values_near(
    prior: Look, current: Look, matrix: NDArray[np.float64], middle_lps_mm: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Attenuation of both stacks at the cubes near a point that both show, without masses."""
    reach = FOLLOW.tissue_mm / prior.step_mm
    at = prior.index_zyx(middle_lps_mm)
    low = np.maximum(np.floor(at - reach), 0).astype(int)
    high = np.minimum(np.ceil(at + reach) + 1, prior.hu.shape).astype(int)
    if np.any(low >= high):
        return np.empty(0, np.float32), np.empty(0, np.float32)
    index = np.stack(np.meshgrid(*(np.arange(a, b) for a, b in zip(low, high, strict=True)), indexing="ij"), axis=-1)
    points = prior.points_lps_mm(index.reshape(-1, 3))
    points = points[np.linalg.norm(points - middle_lps_mm, axis=1) <= FOLLOW.tissue_mm]
    there = moved(matrix, points)
    both = prior.is_used(points) & current.is_used(there)
    return prior.hu_at(points[both]), current.hu_at(there[both])


def _correlation(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> float:
    if len(ours) < FOLLOW.fewest_points:
        return -1.0
    a, b = (np.clip(one, *FOLLOW.tissue_window_hu).astype(np.float64) for one in (ours, theirs))
    a, b = a - a.mean(), b - b.mean()
    spread = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / spread if spread > 0 else -1.0


def _mirrored(look: Look) -> Look:
    """Mirror a body from left to right."""
    last = look.origin_lps_mm[0] + look.step_mm * (look.hu.shape[2] - 1)
    origin = np.array([-last, look.origin_lps_mm[1], look.origin_lps_mm[2]])
    return replace(
        look,
        origin_lps_mm=origin,
        hu=np.ascontiguousarray(look.hu[:, :, ::-1]),
        imaged=np.ascontiguousarray(look.imaged[:, :, ::-1]),
        masses=np.ascontiguousarray(look.masses[:, :, ::-1]),
        bone_lps_mm=look.bone_lps_mm * [-1.0, 1.0, 1.0],
    )

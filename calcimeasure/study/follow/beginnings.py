"""Where to begin: the shifts at which two bodies, one of them turned, are most alike.

Alikeness is the normalized cross-correlation of what both fields show, for all shifts at once (Padfield, IEEE Trans
Image Process 2012;21(5):2706, doi 10.1109/TIP.2011.2181402).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import fft, ndimage
from scipy.spatial.transform import Rotation

from calcimeasure.study.follow.constants import FOLLOW
from calcimeasure.threads import thread_count

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from calcimeasure.study.follow.look import Look


@dataclass(frozen=True, slots=True, eq=False)
class Beginning:
    """A motion to begin with: (4, 4) from the prior to the current stack, LPS mm, and how alike the bodies are."""

    matrix: NDArray[np.float64]
    similarity: float


@dataclass(frozen=True, slots=True, eq=False)
class _Cubes:
    """What is correlated: (z, y, x) values from 0 to 1, and weights: 0 where nothing is known."""

    values: NDArray[np.float32]
    known: NDArray[np.float32]
    origin_lps_mm: NDArray[np.float64]


class Correlator:
    """Finds beginnings on one current stack; its spectra are computed once.

    Parameters
    ----------
    prior, current
        The two stacks.
    step_mm
        Distance of the cubes that are compared.
    near_lps_mm
        A point of the prior stack: only what lies within `FOLLOW.near_mm` of it is laid on the current stack. The whole
        body where None.
    """

    def __init__(
        self, prior: Look, current: Look, step_mm: float, near_lps_mm: NDArray[np.float64] | None = None
    ) -> None:
        self.step_mm = step_mm
        self._prior, self._current = (_cubes_of(look, step_mm) for look in (prior, current))
        corner = (np.array(self._prior.values.shape)[::-1] - 1) * step_mm / 2
        self._middle = self._prior.origin_lps_mm + corner if near_lps_mm is None else near_lps_mm
        self._reach_mm = float(np.linalg.norm(corner)) if near_lps_mm is None else FOLLOW.near_mm
        self._moving = 2 * math.ceil(self._reach_mm / step_mm) + 1
        self._shape = tuple(fft.next_fast_len(n + self._moving, real=True) for n in self._current.values.shape)
        values, known = self._current.values * self._current.known, self._current.known
        self._spectra = tuple(self._forward(one) for one in (values, values * self._current.values, known))

    def best(self, rotations: Iterable[NDArray[np.float64]]) -> list[Beginning]:
        """Give the best shift for each of some (3, 3) rotations, the most alike first."""
        found = [self._best_shift(rotation) for rotation in rotations]
        return sorted((one for one in found if one is not None), key=lambda one: -one.similarity)

    def _forward(self, values: NDArray[np.float32]) -> NDArray[np.complex64]:
        spectrum: NDArray[np.complex64] = fft.rfftn(values, self._shape, workers=thread_count())
        return spectrum

    def _back(self, spectrum: NDArray[np.complex64]) -> NDArray[np.float32]:
        values: NDArray[np.float32] = fft.irfftn(spectrum, self._shape, workers=thread_count())
        return values

    def _best_shift(self, rotation: NDArray[np.float64]) -> Beginning | None:
        turned = self._turned(rotation)
        values = turned.values * turned.known
        moving, squares, known = (np.conj(self._forward(one)) for one in (values, values * turned.values, turned.known))
        fixed, fixed_squares, fixed_known = self._spectra
        common = np.maximum(self._back(fixed_known * known), 1e-3)
        fixed_sum, moving_sum = self._back(fixed * known), self._back(fixed_known * moving)
        product = self._back(fixed * moving) - fixed_sum * moving_sum / common
        spread = self._back(fixed_squares * known) - fixed_sum**2 / common
        moving_spread = self._back(fixed_known * squares) - moving_sum**2 / common
        least = FOLLOW.least_common * min(float(turned.known.sum()), float(self._current.known.sum()))
        flat = np.maximum(spread, 0) * np.maximum(moving_spread, 0)
        usable = (common >= max(least, 8)) & (flat > (1e-3 * common) ** 2)
        if not usable.any():
            return None
        alike = np.where(usable, product / np.sqrt(np.maximum(flat, 1e-12)), -1.0)
        at = np.unravel_index(int(alike.argmax()), alike.shape)
        shift = np.array([n if n <= size - self._moving else n - size for n, size in zip(at, self._shape, strict=True)])
        # A cube of the turned body lies where the cube of the current body is that is `shift` cubes farther on.
        move = self._current.origin_lps_mm - turned.origin_lps_mm + shift[::-1] * self.step_mm
        matrix = np.eye(4)
        matrix[:3, :3] = rotation
        matrix[:3, 3] = self._middle - rotation @ self._middle + move
        return Beginning(matrix, float(alike[at]))

    def _turned(self, rotation: NDArray[np.float64]) -> _Cubes:
        """Turn the prior body about its middle."""
        half = (self._moving - 1) / 2
        # Index of the cubes from an index of the turned ones: turned back, both in the order z, y, x.
        backward = rotation.T[::-1, ::-1]
        middle = ((self._middle - self._prior.origin_lps_mm) / self.step_mm)[::-1]
        offset = middle - backward @ np.full(3, half)
        values, known = (
            ndimage.affine_transform(one, backward, offset, output_shape=(self._moving,) * 3, order=1, cval=0.0)
            for one in (self._prior.values, self._prior.known)
        )
        axis_mm = (np.arange(self._moving) - half) * self.step_mm
        away2 = axis_mm[:, None, None] ** 2 + axis_mm[:, None] ** 2 + axis_mm**2
        known = ((known > 0.5) & (away2 <= self._reach_mm**2)).astype(np.float32)
        return _Cubes(values, known, self._middle - half * self.step_mm)


def _windowed(hu: NDArray[np.float32]) -> NDArray[np.float32]:
    low, high = FOLLOW.start_window_hu
    values: NDArray[np.float32] = (np.clip(hu, low, high) - np.float32(low)) / np.float32(high - low)
    return values


def _cubes_of(look: Look, step_mm: float) -> _Cubes:
    factor = step_mm / look.step_mm
    shape = tuple(max(1, math.floor((n - 1) / factor) + 1) for n in look.hu.shape)
    values, known = (
        ndimage.affine_transform(one, np.full(3, factor), 0.0, output_shape=shape, order=1, output=np.float32)
        for one in (ndimage.uniform_filter(_windowed(look.hu), round(factor)), look.used.astype(np.float32))
    )
    return _Cubes(values, (known > 0.5).astype(np.float32), look.origin_lps_mm)


def step_for(*looks: Look) -> float:
    """Give the step on which bodies are correlated."""
    mm3 = max(float(np.count_nonzero(look.imaged)) * look.step_mm**3 for look in looks)
    return max(FOLLOW.start_mm, math.cbrt(mm3 / FOLLOW.most_start_cubes))


def climbed(correlator: Correlator, begin: Beginning, degrees: float) -> Beginning:
    """Turn a beginning about one axis, if the bodies become more alike by that."""
    turned = (turn @ begin.matrix[:3, :3] for turn in rotations_about(degrees)[1:])
    return max([begin, *correlator.best(turned)], key=lambda one: one.similarity)


def distinct(beginnings: Iterable[Beginning], count: int) -> list[Beginning]:
    """Give the first ones that are turned by more than `FOLLOW.distinct_degrees` against each other."""
    kept: list[Beginning] = []
    for one in beginnings:
        turned = (Rotation.from_matrix(one.matrix[:3, :3] @ other.matrix[:3, :3].T).magnitude() for other in kept)
        if all(math.degrees(angle) > FOLLOW.distinct_degrees for angle in turned):
            kept.append(one)
        if len(kept) == count:
            break
    return kept


def rotations_about(degrees: float) -> list[NDArray[np.float64]]:
    """Give no turn, and a turn in each direction about each axis."""
    turns = [Rotation.from_rotvec(sign * degrees * axis, degrees=True) for axis in np.eye(3) for sign in (-1, 1)]
    return [np.eye(3), *(one.as_matrix() for one in turns)]


def every_rotation() -> list[NDArray[np.float64]]:
    """Give turns in steps of 30 degrees about a long axis that lies along any axis of the scanner, or between two."""
    steps = (-1, 0, 1)
    axes = [
        np.array([x, y, z], dtype=np.float64) for x in steps for y in steps for z in steps if (x, y, z) != (0, 0, 0)
    ]
    about_z = [Rotation.from_euler("z", degrees, degrees=True).as_matrix() for degrees in range(0, 360, 30)]
    return [_to_axis(axis / np.linalg.norm(axis)) @ turn for axis in axes for turn in about_z]


def _to_axis(axis: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn z to an axis, by the shortest way."""
    across = np.cross([0.0, 0.0, 1.0], axis)
    if not across.any():
        return np.eye(3) if axis[2] > 0 else np.diag([1.0, -1.0, -1.0])
    angle = math.acos(float(np.clip(axis[2], -1, 1)))
    turn: NDArray[np.float64] = Rotation.from_rotvec(across / np.linalg.norm(across) * angle).as_matrix()
    return turn

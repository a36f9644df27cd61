"""Masses of the kinds of tests/bench/conglomerate, put into real stacks on which nothing was taught."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.model import Tissue, Volume
from calcimeasure.segment import propose
from tests.bench.conglomerate.masses import FINE_MM, KINDS, Case, Kind, _envelope, _filled
from tests.bench.tissue.learning.masses import Mass
from tests.bench.tissue.learning.scenes import Stack, put, volume_from

if TYPE_CHECKING:
    from calcimeasure.model import Proposals
    from calcimeasure.settings import Settings


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of a mass: what holds most of it, how sure that is, and how much of the mass it holds."""

    kind: Kind
    place: str
    size_mm: float
    tissue: Tissue | None
    confidence: float
    held: float
    pieces: int

    @property
    def as_one(self) -> bool:
        return self.tissue is Tissue.CALCIFIED_MASS and self.pieces == 1 and self.held > 0.5


def mass_of(kind: Kind, seed: int, size_mm: float) -> Mass:
    """A mass of tests/bench/conglomerate without its limb."""
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    case = Case(
        kind, seed, size_mm, 1.0, 0.8, float(rng.uniform(0.7, 3.0)),
        float(math.exp(rng.uniform(math.log(0.08), math.log(0.6)))),
        float(rng.uniform(5, min(20, size_mm / 2.5))), False,
    )  # fmt: skip
    axis_mm = np.arange(-size_mm / 2 - 4, size_mm / 2 + 4, FINE_MM, dtype=np.float32)
    inside_mm, _ = _envelope(rng, size_mm, axis_mm)
    envelope = inside_mm < 0
    hu, calcified = _filled(case, rng, envelope, inside_mm)
    filled = calcified if kind not in ("levels", "shells") else envelope
    return Mass("solid", size_mm, hu, filled, calcified, FINE_MM)


def try_one(name: str, volume: Volume, seed: int, kind: Kind, place: str, settings: Settings) -> Tried | None:
    """Put a mass into a stack and look for it; None where the stack has no room for it."""
    rng = np.random.default_rng([seed, zlib.crc32(name.encode()), KINDS.index(kind)])
    size_mm = float(math.exp(rng.uniform(math.log(24), math.log(90))))
    hu = np.maximum(volume.attenuation_hu, -1024).astype(np.int16)
    stack, truth, done = put(rng, Stack(hu, volume.geometry.spacing_kji_mm), [(mass_of(kind, seed, size_mm), place)])
    if not done or done[0].volume_mm3 < 400:
        return None
    return judged(kind, place, size_mm, truth > 0, propose(volume_from(stack), settings))


def judged(kind: Kind, place: str, size_mm: float, truth: np.ndarray, proposals: Proposals) -> Tried:
    """Find what holds most of a mass."""
    total, found = int(truth.sum()), []
    for part in proposals.parts:
        low, high = part.outline.start_kji, part.outline.stop_kji
        here = truth[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
        shared = int(np.count_nonzero(here & part.outline.mask()))
        if shared:
            found.append((shared, part))
    masses = [(n, part) for n, part in found if part.tissue is Tissue.CALCIFIED_MASS and n > 0.1 * total]
    some = masses or found
    if not some:
        return Tried(kind, place, size_mm, None, 0.0, 0.0, 0)
    n, best = max(some, key=lambda pair: pair[0])
    return Tried(kind, place, size_mm, best.tissue, best.tissue_confidence, n / total, len(masses))

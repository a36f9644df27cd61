"""What the judgement of tissue is held to: the suite counts it on few masses, the bench on many."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from calcimeasure.analysis.pipeline import refined_outline
from calcimeasure.measure import measure
from calcimeasure.model import Tissue
from calcimeasure.segment import propose
from calcimeasure.segment.ct.coarse import coarse_copy
from calcimeasure.segment.ct.features import Features, features_of
from calcimeasure.segment.ct.split import split
from calcimeasure.settings import Settings
from tests.conftest import SHARED
from tests.inserted_masses import Anatomy, Inserted, Texture, insert, real_volumes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from calcimeasure.model import Proposal, Proposals, Volume

TEXTURES: tuple[Texture, ...] = ("solid", "cobblestone", "level")
FREE_FOUND, ON_BONE_FOUND = 0.98, 0.90
VOLUME, LONG_AXIS = 0.10, 0.05
"""Median errors, as parts of the true sizes."""
LARGE_MM, SMALL_MM = 20.0, 10.0
FALSE_SMALL_PER_SERIES = 1 / 3

LIMBS = ("ct_limb", "mixed_flat")
OTHERS = ("ct_abdomen_arms_j2k", "ct_head_tilt", "ct_lumbar_spine_mixed", "phantom/ibsi_1_ct_radiomics_phantom")
"""A trunk with arms, a head, a spine and a chest."""

Figure = tuple[str, float, float, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an inserted mass; errors are parts of the true size, None where it was not found."""

    on_bone: bool
    size_mm: float
    probability: float
    found: bool
    as_one: bool
    volume_error: float | None = None
    long_axis_error: float | None = None


def limb_volumes() -> dict[str, Volume]:
    return {name: volume for folder in LIMBS for name, volume in real_volumes(SHARED / "dicom" / folder).items()}


def other_volumes() -> dict[str, Volume]:
    return {name: volume for folder in OTHERS for name, volume in real_volumes(SHARED / "dicom" / folder).items()}


def inserted_into(where: Anatomy, name: str, seed: int, **how: object) -> Inserted | None:
    """Insert a mass that no other image gets for this seed."""
    texture = TEXTURES[seed % len(TEXTURES)]
    return insert(where, zlib.crc32(name.encode()) + seed, texture=texture, **how)  # type: ignore[arg-type]


def outcome(one: Inserted, settings: Settings | None = None) -> Outcome:
    """Propose, find the mass among the proposals, and measure it as the pipeline does."""
    settings = settings or Settings()
    return outcome_among(one, propose(one.volume, settings), settings)


def outcome_among(one: Inserted, proposals: Proposals, settings: Settings) -> Outcome:
    true = one.share > 0.5
    shares = [(_overlap(one, true, part), part) for part in proposals.parts]
    masses = [
        (share, part) for share, part in shares if share > 0.1 * true.sum() and part.tissue is Tissue.CALCIFIED_MASS
    ]
    if not masses:
        share, best = max(shares, key=lambda pair: pair[0])
        return Outcome(one.on_bone, one.long_axis_mm, mass_probability(best) if share else 0.0, False, False)
    share, best = max(masses, key=lambda pair: pair[0])
    as_one = len(masses) == 1 and share > 0.5 * true.sum() and share > 0.5 * np.count_nonzero(best.outline.mask())
    numbers = measure(one.volume, refined_outline(one.volume, best, settings), settings)
    # Slices that leave gaps have no volume.
    volume_error = None if numbers.volume_ml is None else numbers.volume_ml / one.volume_ml - 1
    return Outcome(
        one.on_bone,
        one.long_axis_mm,
        mass_probability(best),
        True,
        bool(as_one),
        volume_error,
        numbers.long_axis.length_mm / one.long_axis_mm - 1,
    )


def _overlap(one: Inserted, true: np.ndarray, part: Proposal) -> int:
    """Voxels of the true mass in a proposal."""
    shared = [
        (max(a, m), min(a + n, b))
        for a, n, m, b in zip(one.start_kji, true.shape, part.outline.start_kji, part.outline.stop_kji, strict=True)
    ]
    if any(low >= high for low, high in shared):
        return 0
    in_truth = tuple(slice(low - a, high - a) for (low, high), a in zip(shared, one.start_kji, strict=True))
    in_part = tuple(slice(low - a, high - a) for (low, high), a in zip(shared, part.outline.start_kji, strict=True))
    return int(np.count_nonzero(true[in_truth] & part.outline.mask()[in_part]))


def mass_probability(part: Proposal) -> float:
    """Return how likely a proposal is said to be a calcified mass."""
    if part.tissue in (Tissue.CALCIFIED_MASS, Tissue.UNKNOWN):
        return part.tissue_confidence
    return 1 - part.tissue_confidence if part.tissue is Tissue.BONE else 0.0


def false_masses_mm(volume: Volume, proposals: Proposals | None = None) -> list[float]:
    """Largest diameters of what is called a calcified mass in an image without any."""
    settings = Settings()
    found = []
    for part in (proposals or propose(volume, settings)).parts:
        if part.tissue is Tissue.CALCIFIED_MASS:
            diameter = measure(volume, refined_outline(volume, part, settings), settings).max_3d_diameter
            found.append(diameter.length_mm if diameter else 0.0)
    return found


def figures(name: str, outcomes: Sequence[Outcome]) -> list[Figure]:
    """Bars on large masses; what has to be large enough is counted by what is missing."""
    made: list[Figure] = []
    for on_bone, wanted in ((False, FREE_FOUND), (True, ON_BONE_FOUND)):
        large = [one for one in outcomes if one.on_bone == on_bone and one.size_mm >= LARGE_MM]
        if not large:
            continue
        where = f"{name}, {'on bone' if on_bone else 'free'}"
        missed = 100 * (1 - np.mean([one.as_one for one in large]))
        made.append((f"{where} ({len(large)}): not found as one", missed, 100 * (1 - wanted) + 1e-9, "%"))
        volumes = [abs(one.volume_error) for one in large if one.volume_error is not None]
        axes = [abs(one.long_axis_error) for one in large if one.long_axis_error is not None]
        made.append((f"{where}: volume, median", 100 * float(np.median(volumes)), 100 * VOLUME, "%"))
        made.append((f"{where}: long axis, median", 100 * float(np.median(axes)), 100 * LONG_AXIS, "%"))
    return made


def labeled_parts(volume: Volume, one: Inserted | None = None) -> list[tuple[Features, bool]]:
    """Return features of the parts of an image: of its bones where no mass was inserted, else of the mass."""
    coarse = coarse_copy(volume)
    parts = split(coarse.attenuation_hu >= Settings().threshold_hu, coarse.spacing_mm)
    features = features_of(coarse.attenuation_hu, parts, coarse.spacing_mm)
    thick = [n for n, part in enumerate(features, 1) if part.thickness_mm >= 5]
    if one is None:
        return [(features[n - 1], False) for n in thick]
    true = np.zeros(volume.attenuation_hu.shape, dtype=bool)
    true[one.box] = ndimage.maximum_filter(one.share, 3) > 0.3
    k, j, i = coarse.factor_kji
    held = np.bincount(parts.labels.ravel(), weights=true[::k, ::j, ::i].ravel(), minlength=len(features) + 1)
    voxels = np.bincount(parts.labels.ravel(), minlength=len(features) + 1)
    return [(features[n - 1], True) for n in thick if held[n] > 0.5 * voxels[n] and held[n] > 0.3 * held[1:].sum()]

"""Studies as a department has them, made without images: for the tests of the pages and for the benchmark."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from calcimeasure.analysis.indexed_png import encode
from calcimeasure.analysis.lesion import assess
from calcimeasure.analysis.overview import GRAYS as OVERVIEW_GRAYS
from calcimeasure.analysis.picture import GRAYS, SIDE_PIXELS
from calcimeasure.model import (
    BodySite,
    Laterality,
    Outcome,
    Outline,
    Side,
    SideSource,
    Site,
    SiteSource,
    StackFacts,
    State,
    Tissue,
)
from calcimeasure.settings import Settings
from calcimeasure.study import linked_studies
from tests.model.test_model import volume_of
from tests.phantoms import straight_grid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from calcimeasure.model import Lesion, Study

LESIONS_A_STUDY = 5
_KINDS = 20
"""Pictures that differ: each is as large as that of a real CT, whose noise does not compress."""


class NoisyPictures:
    """Pictures with the noise of a CT of the body: 20 HU in a window of 1500 HU, at a pixel of 0.7 mm."""

    def __init__(self, seed: int = 1) -> None:
        noise = np.random.default_rng(seed)
        self._lesions = [
            encode(_noisy(noise, (SIDE_PIXELS, SIDE_PIXELS), GRAYS), GRAYS, (), _LESION) for _ in range(_KINDS)
        ]
        self._stacks = [
            encode(_noisy(noise, (200, 320), OVERVIEW_GRAYS), OVERVIEW_GRAYS, (), _STACK) for _ in range(_KINDS)
        ]

    def thumbnail(self, lesion: Lesion, /) -> bytes | None:
        return self._lesions[int(lesion.tracking_uid.removeprefix("2.25.")) % _KINDS]

    def overview(self, stack: StackFacts, /) -> bytes | None:
        return self._stacks[int(stack.study_uid.removeprefix("1.2.")) % _KINDS]


_LESION = {"mm": 0.35, "letters": "RA"}
_STACK = {"mm": 1.4, "letters": "RS", "affine": [[0.7, 0, 0, 160], [0, 0, -0.7, 100]]}


def _noisy(noise: np.random.Generator, shape: tuple[int, int], grays: int) -> np.ndarray:
    # An image of 0.7 mm pixels, seen at 0.35 mm: every other pixel of the picture is interpolated.
    own = noise.normal(0.25, 20 / 1500, (shape[0] // 2, shape[1] // 2))
    own[own.shape[0] // 3 : own.shape[0] // 2, own.shape[1] // 3 : own.shape[1] // 2] += 0.4
    values = ndimage.zoom(own, 2, order=1)
    return np.clip(values * grays, 0, grays - 1).astype(np.uint8)


def many_studies(count: int, seed: int = 1) -> Iterator[Study]:
    """Make studies with five masses each, of a patient each, as the store gives them."""
    return linked_studies(_outcomes(count, seed))


def _outcomes(count: int, seed: int) -> Iterator[Outcome]:
    chance = random.Random(seed)  # noqa: S311 - no secret
    lesion = _a_lesion()
    sites = [one for one in BodySite if one is not BodySite.UNKNOWN]
    sides = (Laterality.RIGHT, Laterality.LEFT, Laterality.UNKNOWN)
    for number in range(count):
        facts = StackFacts(
            study_uid=f"1.2.{number}",
            series_uid=f"1.2.{number}.1",
            stack_number=1,
            modality="CT",
            root="/images",
            path=f"{number}/IM0.dcm",
            image_count=100,
            patient_id=f"P{number:05d}",
            person=f"P{number:05d}",
            study_date=date(2020, 1, 1) + timedelta(days=number),
            series_number=3,
            frame_of_reference_uid=f"1.2.{number}.9",
            row_spacing_mm=0.7,
            column_spacing_mm=0.7,
            slice_spacing_mm=1.0,
        )
        yield Outcome(
            State.MEASURED,
            facts.path,
            facts,
            lesions=tuple(
                _lesion(lesion, n, f"2.25.{number}{n}", (chance.choice(sides), chance.choice(sites)), chance)
                for n in range(1, LESIONS_A_STUDY + 1)
            ),
        )


def _a_lesion() -> Lesion:
    hu = np.full((9, 30, 40), 40)
    mask = np.zeros(hu.shape, dtype=bool)
    mask[2:6, 8:20, 8:30] = True
    hu[mask] = 800
    return assess(volume_of(hu, straight_grid(hu.shape, (2.0, 0.7, 0.9))), Outline.from_mask(mask), 1, Settings())


def _lesion(lesion: Lesion, number: int, uid: str, where: tuple[Laterality, BodySite], chance: random.Random) -> Lesion:
    numbers = lesion.measurements
    factor = 10 ** chance.uniform(-1, 1)
    box, away = lesion.outline, 40 * number  # apart from the others, so that each is a mass
    start, stop = ((k, j, i + away) for k, j, i in (box.start_kji, box.stop_kji))
    measurements = replace(
        numbers,
        volume_ml=(numbers.volume_ml or 1.0) * factor**3,
        long_axis=replace(numbers.long_axis, length_mm=numbers.long_axis.length_mm * factor),
        max_3d_diameter=replace(numbers.max_3d_diameter, length_mm=numbers.long_axis.length_mm * factor * 1.1),
        centroid_lps_mm=(chance.uniform(-150, 150), 0.0, chance.uniform(-90, 90)),
        truncated=chance.random() < 0.1,
    )
    return replace(
        lesion,
        tracking_uid=uid,
        number=number,
        outline=replace(box, start_kji=start, stop_kji=stop),
        measurements=measurements,
        tissue=Tissue.CALCIFIED_MASS,
        tissue_confidence=0.9,
        side=Side(where[0], SideSource.BODY_MIDLINE, 0.9),
        site=Site(where[1], SiteSource.GEOMETRY),
    )

"""What is a calcified mass and what is not: on real CT with inserted masses, and on scenes by formula."""

from __future__ import annotations

import csv
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from calcimeasure.analysis.explain import explain_judgements
from calcimeasure.analysis.lesion import assess
from calcimeasure.analysis.pipeline import analyze, refined_outline
from calcimeasure.load import find_series, load_image
from calcimeasure.model import Outline, Proposal, Proposals, Tissue
from calcimeasure.segment import propose
from calcimeasure.settings import Settings
from tests.inserted_masses import anatomy
from tests.model.test_model import volume_of
from tests.phantoms import Ellipsoid, oblique_grid, straight_grid, tilted_grid
from tests.tissue_bars import (
    FALSE_SMALL_PER_SERIES,
    LARGE_MM,
    SMALL_MM,
    false_masses_mm,
    figures,
    inserted_into,
    limb_volumes,
    outcome,
)
from tests.tissue_scenes import base_log_odds, couch, finger, prosthesis, ring, scene, shaft, splint, vessel

if TYPE_CHECKING:
    from pathlib import Path

    from calcimeasure.model import Volume

SETTINGS = Settings()
ON_SHAFT = Ellipsoid((2.0, 3.0, 1.0), (14.0, 11.0, 16.0), 750.0, (10.0, 20.0, 30.0))
"""It overlaps the cortex of `shaft()` by about 2 mm."""
FREE = Ellipsoid((20.0, 10.0, 0.0), (12.0, 9.0, 14.0), 600.0, (10.0, 20.0, 30.0))


def of(tissue: Tissue, proposals: Proposals) -> list[Proposal]:
    return [part for part in proposals.parts if part.tissue is tissue]


def masses(volume: Volume) -> list[Proposal]:
    return of(Tissue.CALCIFIED_MASS, propose(volume, SETTINGS))


# Real CT


@pytest.mark.shared
@pytest.mark.usefixtures("shared_dicom")
def test_masses_inserted_into_real_limbs_are_found() -> None:
    outcomes = []
    for name, volume in list(limb_volumes().items())[::2]:
        where = anatomy(volume)
        for seed, on_bone in ((0, True), (1, True), (3, True), (2, False)):
            one = inserted_into(where, name, seed, on_bone=on_bone, size_mm=(LARGE_MM, 80.0))
            if one is not None:
                outcomes.append(outcome(one))
    assert len(outcomes) > 12
    for what, figure, at_most, unit in figures("limbs", outcomes):
        assert figure <= at_most, (what, figure, unit)


@pytest.mark.shared
@pytest.mark.usefixtures("shared_dicom")
def test_bones_of_real_limbs_are_no_masses() -> None:
    false_mm = {name: false_masses_mm(volume) for name, volume in limb_volumes().items()}
    assert [name for name, found in false_mm.items() if max(found, default=0) >= LARGE_MM] == []
    small = sum(mm >= SMALL_MM for found in false_mm.values() for mm in found)
    assert small <= FALSE_SMALL_PER_SERIES * len(false_mm)


@pytest.mark.shared
@pytest.mark.parametrize("case", ["thin", "thick", "offset", "tilt", "onbone", "small"])
def test_masses_of_the_phantoms_and_no_others_are_found(shared_phantoms: Path, case: str) -> None:
    with (shared_phantoms / "truth.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["case"] == case]
    (stack,) = find_series(shared_phantoms / case).series
    volume = load_image(stack)
    found = masses(volume)
    assert len(found) == len(rows)
    for row in rows:
        place = np.array([float(row[f"{axis}_lps_mm"]) for axis in "xyz"])
        away_mm = [np.linalg.norm(centroid(volume, part) - place) for part in found]
        assert min(away_mm) < 2
        touches = found[int(np.argmin(away_mm))].touches_bone
        assert touches == (row["touches_bone"].lower() == "true")


def centroid(volume: Volume, part: Proposal) -> np.ndarray:
    index = np.argwhere(part.outline.mask()).mean(axis=0) + part.outline.start_kji
    return volume.geometry.to_lps_mm(index)


# By formula


def test_free_mass_is_one_and_does_not_touch_bone() -> None:
    (mass,) = masses(scene([shaft(), FREE]))
    assert not mass.touches_bone
    assert mass.tissue_confidence > 0.9
    assert {one.name for one in mass.evidence} >= {"own_share", "rim", "core_hu"}


def test_shaft_is_bone_and_keeps_nothing_of_the_mass_on_it() -> None:
    volume = scene([ON_SHAFT, shaft()])
    (mass,) = masses(volume)
    (bone,) = of(Tissue.BONE, propose(volume, SETTINGS))
    assert mass.touches_bone
    # The mass less what the shaft takes of it.
    inside = ellipsoid_without_shaft_mm3(volume)
    outline = refined_outline(volume, mass, SETTINGS)
    voxels_mm3 = np.count_nonzero(outline.mask()) * float(volume.geometry.voxel_volumes_mm3[0])
    assert voxels_mm3 == pytest.approx(inside, rel=0.08)
    assert not np.any(overlap(volume, mass, bone))


def ellipsoid_without_shaft_mm3(volume: Volume) -> float:
    index = np.stack(np.indices(volume.geometry.shape_kji), axis=-1)
    points = volume.geometry.to_lps_mm(index)
    held = (ON_SHAFT.safe_distance_mm(points) < 0) & (np.hypot(points[..., 0] + 20, points[..., 1]) > 12)
    return float(np.count_nonzero(held) * volume.geometry.voxel_volumes_mm3[0])


def overlap(volume: Volume, one: Proposal, other: Proposal) -> np.ndarray:
    masks = []
    for part in (one, other):
        mask = np.zeros(volume.geometry.shape_kji, dtype=bool)
        mask[part.outline.box] = part.outline.mask()
        masks.append(mask)
    return masks[0] & masks[1]


def test_two_masses_on_one_bone_are_two() -> None:
    above, below = (replace(ON_SHAFT, center_lps_mm=(2.0, 3.0, z), semi_axes_mm=(12, 10, 11)) for z in (-18.0, 18.0))
    assert len(masses(scene([above, below, shaft()]))) == 2


def test_lobulated_mass_is_one() -> None:
    lobes = [replace(FREE, center_lps_mm=(x, y, 0.0), semi_axes_mm=(10.0, 9.0, 9.0)) for x, y in ((12, 10), (26, 6))]
    assert len(masses(scene([shaft(), *lobes]))) == 1


@pytest.mark.parametrize(
    "grid",
    [
        oblique_grid((60, 110, 120), (2.0, 1.0, 1.0), (90.0, 0.0, 0.0)),
        oblique_grid((60, 110, 120), (2.0, 1.0, 1.0), (25.0, -35.0, 130.0), (3.0, -2.0, 5.0)),
        tilted_grid((45, 130, 140), (2.5, 0.9, 0.9), 20.0),
    ],
    ids=["coronal", "oblique", "tilted"],
)
def test_judgement_does_not_depend_on_how_the_patient_was_scanned(grid: object) -> None:
    (mass,) = masses(scene([ON_SHAFT, shaft()], grid=grid))  # type: ignore[arg-type]
    assert mass.touches_bone


def test_hollow_calcification_is_not_called_bone() -> None:
    proposals = propose(scene([shaft(), *ring()]), SETTINGS)
    kept = of(Tissue.CALCIFIED_MASS, proposals) + of(Tissue.UNKNOWN, proposals)
    assert len(kept) == 1


def test_calcification_in_a_fingertip_is_found() -> None:
    grid = oblique_grid((60, 80, 80), (0.8, 0.4, 0.4), (0.0, 0.0, 0.0), (0.0, 0.0, 8.0))
    assert len(masses(scene(finger(), grid=grid, body=False))) == 1
    assert masses(scene(finger(mass=False), grid=grid, body=False)) == []


def test_vessel_full_of_contrast_agent_is_no_mass() -> None:
    proposals = propose(scene([shaft(), vessel()]), SETTINGS)
    assert len(of(Tissue.CONTRAST, proposals)) == 1
    assert of(Tissue.CALCIFIED_MASS, proposals) == []


def test_even_thing_is_contrast_agent_only_where_some_was_given() -> None:
    volume = scene([shaft(), replace(FREE, hu=400.0)])
    assert len(masses(volume)) == 1
    given = replace(volume, stack=replace(volume.stack, contrast_agent=True))
    assert [part.tissue for part in propose(given, SETTINGS).parts if part.tissue is not Tissue.BONE] == [
        Tissue.CONTRAST
    ]


@pytest.mark.parametrize("beside", [couch(), [splint()]], ids=["couch", "splint"])
def test_what_lies_outside_the_body_is_outside(beside: list[object]) -> None:
    proposals = propose(scene([*beside, shaft(), FREE]), SETTINGS)  # type: ignore[list-item]
    assert len(of(Tissue.OUTSIDE, proposals)) == 1
    assert len(of(Tissue.CALCIFIED_MASS, proposals)) == 1


def test_metal_is_no_mass() -> None:
    assert masses(scene(prosthesis())) == []


# What comes out


def test_parts_share_no_voxel_and_are_ordered_by_size() -> None:
    volume = scene([ON_SHAFT, shaft(), FREE])
    parts = propose(volume, SETTINGS).parts
    count = np.zeros(volume.geometry.shape_kji, dtype=int)
    for part in parts:
        count[part.outline.box] += part.outline.mask()
    assert count.max() == 1
    sizes = [np.count_nonzero(part.outline.mask()) for part in parts]
    assert sizes == sorted(sizes, reverse=True)


def test_proposing_again_gives_the_same() -> None:
    volume = scene([ON_SHAFT, shaft()])
    assert propose(volume, SETTINGS) == propose(volume, SETTINGS)


def test_log_odds_of_the_evidence_add_up() -> None:
    (mass,) = masses(scene([shaft(), FREE]))
    log_odds = base_log_odds(mass) + sum(one.log_odds for one in mass.evidence)
    assert mass.tissue_confidence == pytest.approx(1 / (1 + np.exp(-log_odds)))


def test_image_without_anything_dense_has_no_proposals() -> None:
    assert propose(scene([]), SETTINGS) == Proposals(())


@pytest.mark.shared
def test_report_holds_what_may_be_calcified_and_no_bone(shared_phantoms: Path) -> None:
    (stack,) = find_series(shared_phantoms / "onbone").series
    lesions = analyze(stack).lesions
    assert [lesion.tissue for lesion in lesions] == [Tissue.CALCIFIED_MASS] * 2
    for lesion in lesions:
        assert lesion.measurements.touches_bone
        assert (lesion.measurements.bone_contact_mm2 or 0) > 100
        assert 0.5 <= (lesion.tissue_confidence or 0) <= 1


# In words


def test_tissue_is_explained_by_its_signs_strongest_first() -> None:
    volume = scene([ON_SHAFT, shaft()])
    (mass,) = masses(volume)
    lesion = assess(volume, mass.outline, 1, SETTINGS, mass)
    lines = explain_judgements(volume, lesion, SETTINGS).tissue
    assert lines[1] == f"  calcified_mass, confidence {mass.tissue_confidence:.2f}"
    assert lines[2] == f"  touches bone over {mass.bone_contact_mm2:.0f} mm2"
    strengths = [abs(float(line.split()[0])) for line in lines[3:]]
    assert len(strengths) == len(mass.evidence)
    assert strengths == sorted(strengths, reverse=True)


def test_outline_where_nothing_is_dense_is_the_readers_alone() -> None:
    volume = scene([shaft()])
    soft = np.zeros(volume.geometry.shape_kji, dtype=bool)
    soft[18:22, 60:70, 100:110] = True
    lesion = assess(volume, Outline.from_mask(soft), 1, SETTINGS)
    assert (lesion.tissue, lesion.measurements.touches_bone) == (None, None)
    assert "reader" in explain_judgements(volume, lesion, SETTINGS).tissue[1]


@pytest.mark.parametrize("spacing_mm", [(5.0, 0.9, 0.9), (1.0, 0.4, 0.5), (0.6, 0.45, 0.45)])
def test_bodies_lie_on_the_voxels_of_the_stack(spacing_mm: tuple[float, float, float]) -> None:
    shape = tuple(int(n / mm) for n, mm in zip((37.0, 90.0, 110.0), spacing_mm, strict=True))
    grid = straight_grid(shape, spacing_mm)  # type: ignore[arg-type]
    x, y = np.moveaxis(grid.positions_lps_mm(np.stack(np.indices(shape), axis=-1))[..., :2], -1, 0)
    limbs = [np.hypot(x - 28, y) < 22, np.hypot(x + 30, y) < 18]
    hu = np.where(limbs[0] | limbs[1], 40, -1000)
    hu[np.hypot(x - 28, y) < 6] = 900
    bodies = propose(volume_of(hu, grid), Settings()).bodies
    assert len(bodies) == 2
    for body, limb in zip(bodies, limbs, strict=True):
        found = np.zeros(shape, dtype=bool)
        found[body.box] = body.mask()
        share = np.count_nonzero(found & limb) / np.count_nonzero(found | limb)
        assert share > 0.8

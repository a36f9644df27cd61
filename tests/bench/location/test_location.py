"""Side, site and symmetry: phantoms in every position, real limbs, descriptions, one mass in several series, pairs.

Every run draws other bodies and masses: the seed stands in the table, and CALCIMEASURE_BENCH_SEED repeats it.
"""

from __future__ import annotations

import csv
import os
import secrets
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from calcimeasure import find_series
from calcimeasure.analysis.pipeline import analyze
from calcimeasure.locate.anatomy import Anatomy, anatomy_of
from calcimeasure.locate.words import SaidSide, SideEvidence, side_in_text
from calcimeasure.model import Laterality, Outline, Side, Stack, Tissue, Volume
from calcimeasure.segment import propose
from calcimeasure.settings import Settings
from tests import bodies
from tests.bodies import ARMS, COUCH, LEGS, ONE_LEG, ORIENTATIONS, TRUNK, Ball, Body, Limb, Pose, Tube, grid_of
from tests.conftest import SHARED
from tests.dicom_phantom import Header, write_series
from tests.inserted_masses import Inserted, anatomy, insert, real_volumes
from tests.locate.test_side import located_at, mass, side_at
from tests.model.test_model import ct_series
from tests.study.test_links import Mass, numbers, pairs, stack

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from tests.bench.conftest import BarTable
    from tests.phantoms import Grid

LEFT, RIGHT, UNKNOWN = Laterality.LEFT, Laterality.RIGHT, Laterality.UNKNOWN

POSITIONS: dict[str, tuple[bodies.Vector, bodies.Vector]] = {
    "HFS": ((1, 0, 0), (0, 1, 0)),
    "HFP": ((-1, 0, 0), (0, -1, 0)),
    "FFS": ((-1, 0, 0), (0, 1, 0)),
    "FFP": ((1, 0, 0), (0, -1, 0)),
    "HFDR": ((0, -1, 0), (1, 0, 0)),
    "HFDL": ((0, 1, 0), (-1, 0, 0)),
    "FFDR": ((0, 1, 0), (1, 0, 0)),
    "FFDL": ((0, -1, 0), (-1, 0, 0)),
}
"""Patient Position (0018,5100), and how rows and columns run then on the scanner's own images."""

FIELDS: dict[str, tuple[tuple[Tube, ...], tuple[Limb, ...], bool]] = {
    "trunk": ((COUCH, *TRUNK), (), True),
    "one arm": ((COUCH, *TRUNK, *ARMS["left"]), (), True),
    "other arm": ((*TRUNK, *ARMS["right"]), (), True),
    "both arms": ((COUCH, *TRUNK, *ARMS["left"], *ARMS["right"]), (), True),
    "legs": ((COUCH, *LEGS), (), True),
    "one leg": ((COUCH, *ONE_LEG), (), False),
}
"""What is in the field, and whether the body's midline is."""

BODIES_PER_FIELD = 24
MASSES = 4

LIMBS = ("ct_limb", "mixed_flat")
LIMB_SIDES = {
    "STS_008": LEFT,
    "STS_010": LEFT,
    "STS_012": RIGHT,
    "STS_025": RIGHT,
    "STS_028": LEFT,
    "STS_049": RIGHT,
    "STS_001": LEFT,
    "STS_002": LEFT,
    "STS_003": RIGHT,
}
"""As the clinical record says."""

OWN_LIMB = {"STS_049": (0.0, 0.6), "STS_010": (0.2, 1.0), "STS_001": (0.25, 1.0)}
"""Which part of the columns shows no other limb, where not all do."""

MASSES_PER_LIMB = 5


@dataclass(slots=True)
class Count:
    """How many sides were said, and how many of them wrongly."""

    all: int = 0
    wrong: int = 0
    unknown: int = 0

    def add(self, found: Laterality, truth: Laterality) -> None:
        self.all += 1
        self.unknown += found is UNKNOWN
        self.wrong += found not in (truth, UNKNOWN)


@pytest.fixture(scope="module")
def seed(bars: BarTable) -> int:
    seed = int(os.environ.get("CALCIMEASURE_BENCH_SEED") or secrets.randbelow(10**6))
    bars.note(f"CALCIMEASURE_BENCH_SEED={seed}", 0, "")
    return seed


def masses_in(rng: np.random.Generator, legs: bool) -> tuple[Ball, ...]:
    """Masses of 6 to 50 mm on both sides, none in the middle."""
    beside = rng.uniform(*((45, 140) if legs else (25, 125)), MASSES) * rng.choice((-1, 1), MASSES)
    return tuple(Ball((x, rng.uniform(-55, 45), rng.uniform(-60, 60)), rng.uniform(3, 25)) for x in beside)


def located(body: Body, grid: Grid, stack: Stack | None = None) -> list[tuple[Ball, Side]]:
    """The side of each mass that is in the field, by what a careful outline of body and bone shows."""
    volume = body.volume(grid, seed=1)
    object.__setattr__(volume, "stack", stack or ct_series())
    seen = anatomy_of(volume, *body.outlines(grid))
    found = []
    for number, ball in enumerate(body.masses):
        try:
            outline = mass(body, grid, number)
        except ValueError:  # outside of the field, or between its voxels
            continue
        found.append((ball, located_at(outline, seen)[0]))
    return found


def phantoms(field: str, seed: int) -> tuple[Count, Count]:
    """Count sides of bodies in whole fields, and in fields that cut them off."""
    rng = np.random.default_rng([seed, sum(field.encode())])
    tubes, limbs, _ = FIELDS[field]
    whole, cropped = Count(), Count()
    for number in range(BODIES_PER_FIELD):
        pose = Pose(rng.uniform(-20, 20), rng.uniform(-8, 8), (rng.uniform(-60, 60), rng.uniform(-20, 20), 0))
        body = Body(tubes, masses_in(rng, field == "legs"), pose, limbs)
        row, column = ORIENTATIONS[(number + seed) % len(ORIENTATIONS)]
        for ball, side in located(body, grid_of(row, column, (760.0, 420.0, 170.0), 7.0)):
            whole.add(side.laterality, LEFT if ball.center_mm[0] > 0 else RIGHT)
        if number % 3 == 0:
            width = rng.uniform(160, 300)
            grid = grid_of(row, column, (width, 300.0, 150.0), 6.0, (rng.uniform(-120, 120) + pose.beside_mm[0], 0, 0))
            for ball, side in located(body, grid):
                cropped.add(side.laterality, LEFT if ball.center_mm[0] > 0 else RIGHT)
    return whole, cropped


@pytest.mark.parametrize("field", FIELDS)
def test_phantoms(benchmark: BenchmarkFixture, bars: BarTable, seed: int, field: str) -> None:
    whole, cropped = benchmark.pedantic(phantoms, args=(field, seed), rounds=1)
    what = f"phantoms, {field}"
    figures = [
        (f"{what}: wrong sides of {whole.all}", whole.wrong, 0, ""),
        (f"{what}, cropped: wrong sides of {cropped.all}", cropped.wrong, 0, ""),
    ]
    if FIELDS[field][2]:
        figures.append((f"{what}: unknown", 100 * whole.unknown / whole.all, 5, "%"))
    else:
        figures.append((f"{what}: said without a midline", whole.all - whole.unknown, 0, ""))
    bars.note(f"{what}, cropped: unknown", 100 * cropped.unknown / max(cropped.all, 1), "%")
    bars.check_all(figures)


def arms(seed: int) -> tuple[Count, Count]:
    """Count sides in arms of whole bodies: those that stay on their side, and those that are folded or raised."""
    rng = np.random.default_rng([seed, 7])
    straight, crossed = Count(), Count()
    grid = grid_of((1, 0, 0), (0, 1, 0), (680.0, 520.0, 1180.0), 10.0, (0, 0, -90))
    for number in range(8):
        way = (bodies.HANGING, bodies.ON_BELLY, bodies.FOLDED, bodies.RAISED)[number % 4]
        moved = tuple(tuple(np.add(place, rng.uniform(-8, 8, 3))) for place in way)
        below = bodies.FOLDED_BELOW if way is bodies.FOLDED else moved
        limbs = (*bodies.arm(1, *moved), *bodies.arm(-1, *below))
        places = []
        for limb in limbs[: len(moved) - 1]:
            at = np.add(limb.start_mm, rng.uniform(0.2, 1.0) * np.subtract(limb.end_mm, limb.start_mm))
            places.append(Ball(tuple(np.add(at, (0, -limb.radius_mm * 0.55, 0))), rng.uniform(8, 11)))
        pose = Pose(rng.uniform(-15, 15), rng.uniform(-4, 4), (rng.uniform(-20, 20), 0, 0))
        body = Body(bodies.whole_body(), tuple(places), pose, limbs)
        count = straight if number % 4 < 2 else crossed
        for _, side in located(body, grid):
            count.add(side.laterality, LEFT)
    return straight, crossed


def test_arms_of_whole_bodies(benchmark: BenchmarkFixture, bars: BarTable, seed: int) -> None:
    straight, crossed = benchmark.pedantic(arms, args=(seed,), rounds=1)
    bars.note(
        "arms beside the trunk or on their side of the belly: unknown", 100 * straight.unknown / straight.all, "%"
    )
    bars.note("arms folded or raised: unknown", 100 * crossed.unknown / crossed.all, "%")
    bars.check_all(
        [
            (f"arms on their own side: wrong sides of {straight.all}", straight.wrong, 0, ""),
            (f"arms folded or raised: wrong sides of {crossed.all}", crossed.wrong, 0, ""),
        ]
    )


def positions(folder: Path, seed: int) -> Count:
    """Write, find, load, propose and locate a body in every patient position."""
    rng = np.random.default_rng([seed, 11])
    count = Count()
    for name, (row, column) in POSITIONS.items():
        pose = Pose(rng.uniform(-20, 20), 0, (rng.uniform(-60, 60), 0, 0))
        places = [(rng.uniform(40, 115) * side, rng.uniform(-50, 0), rng.uniform(-35, 35)) for side in (-1, 1)]
        body = Body((COUCH, *TRUNK), tuple(Ball(place, rng.uniform(9, 15)) for place in places), pose)
        grid = grid_of(row, column, (520.0, 340.0, 120.0), 3.0)
        hu = np.clip(body.attenuation_hu(grid, seed=seed), -1024, 3000).astype(np.int16)
        write_series(folder / name, hu, grid, Header(seed=f"{name}{seed}", patient_position=name))
        (stack,) = find_series(folder / name).series
        report = analyze(stack)
        masses = [one for one in report.lesions if one.tissue is Tissue.CALCIFIED_MASS]
        for ball in body.masses:
            place = pose.to_lps_mm(np.array(ball.center_mm))
            near = [one for one in masses if np.linalg.norm(one.measurements.centroid_lps_mm - place) < ball.radius_mm]
            assert len(near) == 1, f"{name}: {len(near)} masses at {place}"
            assert near[0].side is not None
            count.add(near[0].side.laterality, LEFT if ball.center_mm[0] > 0 else RIGHT)
    return count


def test_patient_positions(benchmark: BenchmarkFixture, bars: BarTable, seed: int, tmp_path: Path) -> None:
    count = benchmark.pedantic(positions, args=(tmp_path, seed), rounds=1)
    bars.check_all(
        [
            (f"files of 8 patient positions: wrong sides of {count.all}", count.wrong, 0, ""),
            ("files of 8 patient positions: unknown", 100 * count.unknown / count.all, 5, "%"),
        ]
    )


def shared_phantoms(folder: Path) -> Count:
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as lines:
        truth = list(csv.DictReader(lines))
    count = Count()
    for case in sorted({row["case"] for row in truth}):
        (stack,) = find_series(folder / case).series
        report = analyze(stack)
        for row in (one for one in truth if one["case"] == case):
            place = [float(row[f"{axis}_lps_mm"]) for axis in "xyz"]
            away = [np.linalg.norm(np.subtract(one.measurements.centroid_lps_mm, place)) for one in report.lesions]
            nearest = report.lesions[int(np.argmin(away))]
            found = nearest.side.laterality if nearest.side and min(away) < 5 else UNKNOWN
            count.add(found, Laterality(row["laterality"]))
    return count


def test_shared_phantoms(benchmark: BenchmarkFixture, bars: BarTable) -> None:
    folder = SHARED / "phantoms"
    if not folder.is_dir():
        pytest.skip("there is no ../shared/phantoms beside the project")
    count = benchmark.pedantic(shared_phantoms, args=(folder,), rounds=1)
    bars.check(f"shared phantoms: not the side of truth.csv, of {count.all}", count.wrong + count.unknown, 0, "")


def limb_volumes() -> dict[str, Volume]:
    return {name: volume for folder in LIMBS for name, volume in real_volumes(SHARED / "dicom" / folder).items()}


def saying(side: Laterality) -> dict[str, dict[str, SideEvidence]]:
    """A tag, and a description, that name a side."""
    words = {LEFT: "CT Bein links", RIGHT: "CT jambe droite"}[side]
    return {
        "tag": {"coded_side": SideEvidence(SaidSide(str(side)), ("Laterality",))},
        "description": {"worded_side": side_in_text(words)},
    }


def saying_so(seen: Anatomy, said: dict[str, SideEvidence]) -> Anatomy:
    return replace(seen, ordered=replace(seen.ordered, **said))


def in_limb(one: Inserted, seen: Anatomy, name: str, how: dict[str, Count]) -> None:
    """Ask for the side of an inserted mass with nothing, with the right word, and with the wrong one."""
    outline = Outline.from_mask(one.share > 0.5, one.start_kji)
    truth = LIMB_SIDES[name]
    other = LEFT if truth is RIGHT else RIGHT
    plain = side_at(outline, seen)
    how["as it is"].add(plain.laterality, truth)
    # A hint is none where the limb lies in the middle of the table.
    how["hint"].add(plain.hint or UNKNOWN, truth)
    for word, said in saying(truth).items():
        how[word].add(side_at(outline, saying_so(seen, said)).laterality, truth)
    for said in saying(other).values():
        how["opposite"].add(side_at(outline, saying_so(seen, said)).laterality, truth)


def _in_own_limb(one: Inserted, patient: str) -> bool:
    """Leave out what lies in the part of the other limb that some fields show, for which the record has no side."""
    box = np.array(one.start_kji) + np.array(one.share.shape) / 2
    column = box[2] / one.volume.geometry.shape_kji[2]
    low, high = OWN_LIMB.get(patient, (0.0, 1.0))
    return low <= column <= high


def limbs(seed: int) -> dict[str, Count]:
    how = {name: Count() for name in ("as it is", "hint", "tag", "description", "opposite")}
    for name, volume in limb_volumes().items():
        patient = name.split("/")[0]
        if patient not in LIMB_SIDES:
            continue
        where = anatomy(volume)
        for number in range(MASSES_PER_LIMB):
            one = insert(where, seed + number, on_bone=number % 2 == 0)
            if one is None:
                continue
            proposals = propose(one.volume, Settings())
            skeleton = [part.outline for part in proposals.parts if part.tissue is Tissue.BONE]
            if not _in_own_limb(one, patient):
                continue
            in_limb(one, anatomy_of(one.volume, proposals.bodies, skeleton), patient, how)
    return how


def test_real_limbs(benchmark: BenchmarkFixture, bars: BarTable, seed: int) -> None:
    if not (SHARED / "dicom").is_dir():
        pytest.skip("there is no ../shared/dicom beside the project")
    how = benchmark.pedantic(limbs, args=(seed,), rounds=1)
    plain = how["as it is"]
    bars.note("real limbs as they are: without a hint", how["hint"].unknown, "")
    bars.check_all(
        [
            (f"real limbs as they are: a side said, of {plain.all}", plain.all - plain.unknown, 0, ""),
            (f"real limbs as they are: wrong hints of {how['hint'].all}", how["hint"].wrong, 0, ""),
            *(
                (f"real limbs, {word}: not right, of {how[word].all}", how[word].wrong + how[word].unknown, 0, "")
                for word in ("tag", "description")
            ),
            (f"real limbs, the opposite word: wrong sides of {how['opposite'].all}", how["opposite"].wrong, 0, ""),
        ]
    )


def descriptions() -> tuple[int, int, int, int]:
    """Count descriptions, traps, wrong sides, and sides that are missed."""
    with (Path(__file__).parents[2] / "locate" / "descriptions.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    wrong = missed = 0
    for row in rows:
        found = side_in_text(row["text"]).laterality
        truth = Laterality(row["side"]) if row["side"] in ("left", "right") else UNKNOWN
        wrong += found not in (truth, UNKNOWN)
        missed += found is UNKNOWN is not truth and not row["may_miss"]
    return len(rows), sum(row["trap"] == "yes" for row in rows), wrong, missed


def test_descriptions(benchmark: BenchmarkFixture, bars: BarTable) -> None:
    count, traps, wrong, missed = benchmark.pedantic(descriptions, rounds=1)
    bars.note("descriptions: sides missed", missed, "")
    bars.check_all(
        [
            (f"{count} descriptions: 200 wanted, missing", max(0, 200 - count), 0, ""),
            (f"{traps} of them traps: a third wanted, missing", max(0, count / 3 - traps), 0, ""),
            ("descriptions: wrong sides", wrong, 0, ""),
        ]
    )


STUDIES = 200


def scattered(rng: np.random.Generator, count: int) -> list[Mass]:
    """Masses of 8 to 80 mm of which none touches another."""
    found: list[Mass] = []
    while len(found) < count:
        new = Mass(tuple(rng.uniform((-180, -90, -250), (180, 90, 250))), float(np.exp(rng.uniform(2.1, 4.4))))
        gaps = (
            np.linalg.norm(np.subtract(new.place_mm, one.place_mm)) - (new.diameter_mm + one.diameter_mm) / 2
            for one in found
        )
        if all(gap > 3 for gap in gaps):
            found.append(new)
    return found


def seen_again(one: Mass, shift_mm: np.ndarray, rng: np.random.Generator) -> Mass:
    """A mass in another series: shifted, and measured a little otherwise."""
    blur = rng.normal(0, 0.6, 3)
    grown = one.diameter_mm * rng.uniform(0.93, 1.07) + rng.normal(0, 0.3)
    return replace(one, place_mm=tuple(np.add(one.place_mm, shift_mm + blur)), diameter_mm=grown)


def three_series(seed: int) -> tuple[int, int, int]:
    """Count masses, those that are not one in three series, and false unions; one in ten is missed by a series."""
    rng = np.random.default_rng([seed, 3])
    masses = lost = joined = 0
    for _ in range(STUDIES):
        truth = scattered(rng, int(rng.integers(1, 9)))
        stack, orders = [], []
        for name, spacing_mm in zip("abc", (1.0, 3.0, 5.0), strict=True):
            shift = rng.normal(size=3)
            shift *= (0 if name == "a" else 3) / np.linalg.norm(shift)
            order = [int(n) for n in rng.permutation(len(truth)) if rng.random() > 0.1]
            orders.append(order)
            found = (seen_again(truth[n], shift, rng) for n in order)
            stack.append(stack(name, *found, slice_spacing_mm=spacing_mm))
        by_number: dict[int, set[int]] = {}
        of_mass: dict[int, set[int]] = {}
        for order, row in zip(orders, numbers(*stack), strict=True):
            for n, number in zip(order, row, strict=True):
                assert number is not None
                by_number.setdefault(number, set()).add(n)
                of_mass.setdefault(n, set()).add(number)
        masses += len(of_mass)
        lost += sum(len(found) > 1 for found in of_mass.values())
        joined += sum(len(found) > 1 for found in by_number.values())
    return masses, lost, joined


def side_by_side(seed: int) -> tuple[int, int]:
    """Count pairs of different masses 15 mm apart, each in one series, and those that are joined."""
    rng = np.random.default_rng([seed, 4])
    joined = 0
    for _ in range(STUDIES):
        size = float(rng.uniform(4, 15))
        way = rng.normal(size=3)
        first = Mass(tuple(rng.uniform(-100, 100, 3)), size)
        second = replace(
            first,
            place_mm=tuple(np.add(first.place_mm, 15 * way / np.linalg.norm(way))),
            diameter_mm=size * rng.uniform(0.8, 1.2),
        )
        joined += len({one for row in numbers(stack("a", first), stack("b", second)) for one in row}) == 1
    return STUDIES, joined


def test_one_mass_in_three_series(benchmark: BenchmarkFixture, bars: BarTable, seed: int) -> None:
    masses, lost, joined = benchmark.pedantic(three_series, args=(seed,), rounds=1)
    tried, together = side_by_side(seed)
    bars.check_all(
        [
            (f"three series: not one mass, of {masses}", 100 * lost / masses, 2, "%"),
            ("three series: different masses joined", joined, 0, ""),
            (f"15 mm apart: joined, of {tried}", together, 0, ""),
        ]
    )


def mirrored(seed: int) -> tuple[int, int, int]:
    """Count pairs, those found, and false ones."""
    rng = np.random.default_rng([seed, 5])
    true = found = false = 0
    for _ in range(STUDIES):
        masses: list[Mass] = []
        truth: set[frozenset[int]] = set()
        for one in scattered(rng, int(rng.integers(1, 9))):
            if abs(one.place_mm[0]) < 20 or len(masses) >= 8:
                continue
            masses.append(one)
            if rng.random() < 0.5:
                jitter = rng.normal(size=3)
                jitter *= 15 / np.linalg.norm(jitter)
                place = tuple(np.multiply(one.place_mm, (-1, 1, 1)) + jitter)
                masses.append(Mass(place, one.diameter_mm * rng.uniform(0.75, 1.3)))
                truth.add(frozenset((len(masses) - 2, len(masses) - 1)))
        (row,) = pairs(stack("a", *masses))
        members: dict[int, set[int]] = {}
        for index, number in enumerate(row):
            if number is not None:
                members.setdefault(number, set()).add(index)
        said = {frozenset(one) for one in members.values()}
        true, found, false = true + len(truth), found + len(said & truth), false + len(said - truth)
    return true, found, false


def test_pairs(benchmark: BenchmarkFixture, bars: BarTable, seed: int) -> None:
    true, found, false = benchmark.pedantic(mirrored, args=(seed,), rounds=1)
    bars.check_all(
        [
            (f"pairs: not found, of {true}", 100 * (1 - found / true), 5, "%"),
            (f"pairs: false ones, of {found + false}", 100 * false / (found + false), 2, "%"),
        ]
    )


def test_time(benchmark: BenchmarkFixture, bars: BarTable, bench_series: Path) -> None:
    (stack,) = find_series(bench_series).series
    from calcimeasure import load_image

    volume = load_image(stack)
    assert isinstance(volume, Volume)
    proposals = propose(volume, Settings())
    skeleton = [part.outline for part in proposals.parts if part.tissue is Tissue.BONE]
    masses = [part.outline for part in proposals.parts if part.tissue is Tissue.CALCIFIED_MASS]

    def locate() -> float:
        begun = time.perf_counter()
        seen = anatomy_of(volume, proposals.bodies, skeleton)
        for one in masses:
            located_at(one, seen)
        return time.perf_counter() - begun

    locate()
    benchmark.pedantic(locate, rounds=5)
    bars.check(f"side and site of {len(masses)} masses in 500 slices", benchmark.stats["min"], 0.3, "s")

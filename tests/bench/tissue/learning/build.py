"""Write the scenes that are taught on: python -m tests.bench.tissue.learning.build FOLDER SCENES."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tests.bench.tissue.learning.masses import KINDS, Mass, grow
from tests.bench.tissue.learning.scenes import PLACES, Found, Put, Stack, find, piece_of, put, slice_of
from tests.bench.tissue.learning.sources import LONE_SLICES, SOURCES, Source, stacks_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

SCENES, MASSES_OF_A_KIND = 420, 12
ODDS_OF_PLACES = (0.22, 0.28, 0.25, 0.1, 0.15)


def library() -> list[Mass]:
    """Masses of all kinds, 10 to 120 mm long."""
    grown = []
    for kind, name in enumerate(KINDS):
        for n in range(MASSES_OF_A_KIND):
            rng = np.random.default_rng([5, kind, n])
            grown.append(grow(rng, name, 10 * math.exp((n + rng.random()) / MASSES_OF_A_KIND * math.log(12))))
    return grown


def masses_for(rng: np.random.Generator, grown: list[Mass]) -> list[tuple[Mass, str]]:
    """One to three masses with their places, the largest first."""
    some = [
        (grown[rng.integers(len(grown))].turned(rng), str(rng.choice(PLACES, p=ODDS_OF_PLACES)))
        for _ in range(int(rng.integers(1, 4)))
    ]
    return sorted(some, key=lambda one: -one[0].size_mm)


def write_scene(path: Path, number: int, stacks: list[tuple[Source, Stack]], grown: list[Mass]) -> None:
    """Make a scene and write the candidates in it."""
    rng = np.random.default_rng([11, number])
    mode = rng.choice(["lone", "stack", "clean"], p=[0.2, 0.62, 0.18])
    odds = np.array([source.weight for source, _ in stacks])
    source, whole = stacks[rng.choice(len(stacks), p=odds / odds.sum())]
    stack = slice_of(rng, whole) if mode == "lone" and len(whole.hu) > 1 else piece_of(rng, whole)
    truth: NDArray[np.uint8] = np.zeros(stack.hu.shape, dtype=np.uint8)
    done: list[Put] = []
    if mode == "stack" or (mode == "lone" and rng.random() < 0.6):
        stack, truth, done = put(rng, stack, masses_for(rng, grown))
    arrays: dict[str, object] = {"patient": source.folder, "anatomy": source.anatomy, "lone": mode == "lone"}
    arrays["done"] = np.array([(p.number, KINDS.index(p.kind), PLACES.index(p.place), p.size_mm) for p in done])
    for prefix, found in zip("pw", find(stack, truth), strict=True):
        arrays |= {} if found is None else _arrays(prefix, found)
    np.savez_compressed(path, **arrays)


def _arrays(prefix: str, found: Found) -> dict[str, object]:
    names = ("features", "mass_share", "number", "held", "seen", "plain", "extent_mm")
    return {f"{prefix}own": np.packbits(found.own, axis=-1)} | {prefix + one: getattr(found, one) for one in names}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("scenes", type=Path)
    given = parser.parse_args()
    given.scenes.mkdir(parents=True, exist_ok=True)
    lone = [
        Source(f"lone/{patient}", "SaltyJoke/Image-Registration", "CC BY 4.0", "lone", 0.3) for patient in LONE_SLICES
    ]
    stacks = [(source, stack) for source in (*SOURCES, *lone) for stack in stacks_of(given.folder, source)]
    grown = library()
    for number in range(SCENES):
        path = given.scenes / f"{number:04}.npz"
        if not path.exists():
            write_scene(path, number, stacks, grown)


if __name__ == "__main__":
    main()

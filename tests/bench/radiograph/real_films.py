"""How masses are told from bone on real films, without a mass and with one put in.

``python -m tests.bench.radiograph.real_films [--films N] [--seed S]`` prints the table and writes it to
results/bench/real_films.csv. --films takes so many films in place of all, drawn by --seed; the seed also draws the
masses. --public counts what is found on the public films of ../shared/dicom/real_anatomy instead, into
results/bench/public_films.csv. They show no mass of soft tissue, and nothing is taught or fitted to them. --left-out
takes the films of people of whom the network of calcinosis was taught nothing.

The films are those of ../shared/films_free. Each is judged as it is, with a mass free of bone, and with one over bone
(`calcified`). Their files say nothing of millimeters: as the program does, the longer side is taken for 250 mm. Each
film is judged as one of a limb: the program calls nothing a mass on others. Several films may show one person, whereas
the intervals take films as independent.
"""

from __future__ import annotations

import argparse
import contextlib
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

from calcimeasure.errors import PixelError
from calcimeasure.load import find_series, load_image
from calcimeasure.locate.ordered import shows_limb
from calcimeasure.model import Radiograph
from calcimeasure.segment.radiograph.constants import RADIOGRAPH
from calcimeasure.study.cohort.proportion import wilson
from tests.bench.conftest import BarTable
from tests.bench.radiograph.calcified import KINDS, calcified
from tests.bench.radiograph.learning.real_films import LEFT_OUT, person_of
from tests.bench.radiograph.test_radiograph import BANDS, dice, long_axis_mm, proposed
from tests.conftest import SHARED
from tests.projections import radiograph_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.phantoms import Array

FOLDER: Final = SHARED / "films_free"
NOT_USED: Final = ("hip-scfe", "segond", "normal-hip")
"""Films that are drawn on, and one that shows calcifications of the pelvis: a mass that is found there may be true."""
PUBLIC: Final = SHARED / "dicom" / "real_anatomy"
"""Films of hand, wrist, elbow, shoulder, pelvis, knee, ankle, foot and skull without a mass (SOURCES.md)."""
LONG_MM = (5.0, 40.0)
"""Between these the length of a mass is drawn."""
SMALL_MM, LARGE_MM = 5.0, 10.0
"""Masses from here on are counted where they are proposed, and where they are called a mass."""
SAME_DICE = 0.5
FALSE_OF_150, FALSE_SURE, UNKNOWN_A_FILM, SURE = 3, 0, 1.0, 0.9
PROPOSED, CALLED, RIGHT = {False: 0.8, True: 0.65}, {False: 0.6, True: 0.4}, 0.9
"""Bars: of masses free of bone, and of masses over bone; of what is called a mass."""
COUNTED_BELOW = 60
"""Of fewer cases a count is given and no rate."""


@dataclass(frozen=True, slots=True)
class Said:
    """A proposal: how likely it is said to be a mass, whether it is called one, and its Dice with the true one."""

    sure: float
    is_mass: bool
    dice: float

    @property
    def right(self) -> bool:
        return self.dice > SAME_DICE


@dataclass(frozen=True, slots=True)
class Judged:
    """What a film gave.

    Parameters
    ----------
    over_bone, long_mm
        Of the mass that was put in; None and 0 without one.
    said
        All proposals.
    """

    film: str
    over_bone: bool | None
    long_mm: float
    said: tuple[Said, ...]


def film_paths(count: int | None, seed: int, *, left_out: bool = False) -> list[Path]:
    """All films that are judged, or so many of them in an order that the seed draws; those that were not taught on."""
    paths = [path for path in sorted(FOLDER.rglob("*.jpg")) if not any(word in path.stem for word in NOT_USED)]
    if not paths:
        raise SystemExit(f"Films in {FOLDER} expected, found none. Put the public films there.")
    if left_out:
        paths = [path for path in paths if person_of(path.stem) in LEFT_OUT]
    return paths if count is None else [paths[n] for n in np.random.default_rng(seed).permutation(len(paths))[:count]]


def judge(path: Path, seed: int) -> list[Judged]:
    """Judge a film as it is, with a mass free of bone, and with one over bone, where it has room for them."""
    pixels = radiograph_of(np.asarray(Image.open(path).convert("L"), dtype=np.float32), None, bits=8).pixels
    mm = RADIOGRAPH.longer_side_mm / max(pixels.shape)
    judged = [Judged(path.stem, None, 0.0, said_of(pixels, np.zeros(pixels.shape, dtype=bool)))]
    for over_bone in (False, True):
        rng = np.random.default_rng([seed, over_bone, *path.stem.encode()])
        kind = str(rng.choice(KINDS))
        made = calcified(pixels, rng, kind=kind, pixels_per_mm=1 / mm, long_mm=LONG_MM, over_bone=over_bone)
        if made is not None:
            long_mm = long_axis_mm(made.truth, (mm, mm))
            judged.append(Judged(path.stem, over_bone, long_mm, said_of(made.pixels, made.truth)))
    return judged


def judge_public() -> tuple[list[Judged], list[Judged]]:
    """Judge all public films as films of limbs; and give those among them whose headers say so."""
    every, limbs = [], []
    for stack in (one for folder in ("xray", "xray_cc_by_nc_sa") for one in find_series(PUBLIC / folder).series):
        with contextlib.suppress(PixelError):  # a picture in colors
            image = load_image(stack)
            assert isinstance(image, Radiograph)
            said = tuple(Said(part.sure, part.is_mass, 0.0) for part in proposed(image))
            every.append(Judged(stack.series_uid, None, 0.0, said))
            limbs += every[-1:] if shows_limb(stack) else []
    if not every:
        raise SystemExit(f"Films in {PUBLIC} expected, found none. Put the public DICOM there.")
    return every, limbs


def said_of(pixels: Array, truth: Array) -> tuple[Said, ...]:
    found = proposed(radiograph_of(pixels, None, bits=8))
    return tuple(Said(part.sure, part.is_mass, dice(part.mask, truth)) for part in found)


class Table:
    """Every figure beside its bar."""

    def __init__(self, name: str) -> None:
        self.bars = BarTable(name)

    def share(self, what: str, right: Sequence[bool], least: float) -> None:
        """Write down a share: a count of few cases, and a rate with its interval of more."""
        if not right:
            self.bars.note(f"{what}: no case", float("nan"), "")
            return
        count, total = sum(right), len(right)
        low, high = (100 * end for end in wilson(count, total) or (0.0, 1.0))
        with contextlib.suppress(AssertionError):  # it stands in the table as missed
            if total < COUNTED_BELOW:
                self.bars.check_at_least(f"{what}, count", count, least * total, f"of {total}")
            else:
                name = f"{what} (n = {total}, 95 % interval {low:.0f} to {high:.0f} %)"
                self.bars.check_at_least(name, 100 * count / total, 100 * least, "%")

    def at_most(self, what: str, figure: float, limit: float, unit: str) -> None:
        with contextlib.suppress(AssertionError):  # it stands in the table as missed
            self.bars.check(what, figure, limit, unit)

    def note_empty(self, films: Sequence[Judged], of: str = "films") -> None:
        """Write down what was said of films without a mass."""
        masses = [one.sure for film in films for one in film.said if one.is_mass]
        unknown = sum(not one.is_mass for film in films for one in film.said)
        touched = sum(any(one.is_mass for one in film.said) for film in films)
        name = f"without a mass ({len(films)} {of})"
        self.at_most(f"{name}: false calcified_mass", len(masses), FALSE_OF_150 * len(films) / 150, "")
        if len(films) < COUNTED_BELOW:
            self.bars.note(f"{name}: films with a false calcified_mass, count", touched, f"of {len(films)}")
        else:
            low, high = (100 * end for end in wilson(touched, len(films)) or (0.0, 1.0))
            name_of_rate = f"{name}: films with a false calcified_mass (95 % interval {low:.0f} to {high:.0f} %)"
            self.bars.note(name_of_rate, 100 * touched / len(films), "%")
        sure = sum(one >= SURE for one in masses)
        self.at_most(f"{name}: false calcified_mass at {SURE} or more", sure, FALSE_SURE, "")
        self.at_most(f"{name}: unknown a film", unknown / max(1, len(films)), UNKNOWN_A_FILM, "")

    def note_masses(self, films: Sequence[Judged], *, over_bone: bool) -> None:
        """Write down what became of masses."""
        place = "over bone" if over_bone else "free of bone"
        self.bars.note(f"{place}: films that have room for one", sum(one.over_bone is over_bone for one in films), "")
        small, large = ([one for one in films if one.over_bone is over_bone and one.long_mm >= least]
                        for least in (SMALL_MM, LARGE_MM))  # fmt: skip
        found = [any(one.right for one in film.said) for film in small]
        self.share(f"{place}, {SMALL_MM:g} mm or more: proposed as one", found, PROPOSED[over_bone])
        called = [any(one.right and one.is_mass for one in film.said) for film in large]
        self.share(f"{place}, {LARGE_MM:g} mm or more: called calcified_mass", called, CALLED[over_bone])

    def note_said(self, films: Sequence[Judged]) -> None:
        """Write down how often proposals of all films are right, those that are called a mass and those of a band."""
        said = [one for film in films for one in film.said]
        self.share("called calcified_mass on all films: right", [one.right for one in said if one.is_mass], RIGHT)
        for low, high in pairwise(BANDS):
            band = [one for one in said if low <= one.sure < high]
            if not band:
                continue
            name, right = f"confidence {low:.2f} to {min(high, 1):.2f}", sum(one.right for one in band)
            self.bars.note(f"{name}: said, mean", 100 * float(np.mean([one.sure for one in band])), "%")
            if len(band) < COUNTED_BELOW:
                self.bars.note(f"{name}: right, count", right, f"of {len(band)}")
            else:
                ends = [100 * end for end in wilson(right, len(band)) or (0.0, 1.0)]
                name = f"{name}: right (n = {len(band)}, 95 % interval {ends[0]:.0f} to {ends[1]:.0f} %)"
                self.bars.note(name, 100 * right / len(band), "%")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.radiograph.real_films", description=__doc__)
    parser.add_argument("--films", type=int, help="so many films in place of all")
    parser.add_argument("--seed", type=int, default=1, help="draws films and masses")
    parser.add_argument("--public", action="store_true", help="the public films without a mass instead")
    parser.add_argument(
        "--left-out", action="store_true", help="films that the network of calcinosis was not taught on"
    )
    chosen = parser.parse_args()
    if chosen.public:
        table = Table("public_films")
        for films, of in zip(judge_public(), ("films", "films said to show a limb"), strict=True):
            table.note_empty(films, of)
        table.bars.write()
        return
    judged = [
        one
        for path in film_paths(chosen.films, chosen.seed, left_out=chosen.left_out)
        for one in judge(path, chosen.seed)
    ]
    table = Table("real_films")
    table.note_empty([one for one in judged if one.over_bone is None])
    for over_bone in (False, True):
        table.note_masses(judged, over_bone=over_bone)
    table.note_said(judged)
    table.bars.write()


if __name__ == "__main__":
    main()

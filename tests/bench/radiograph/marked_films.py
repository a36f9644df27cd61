"""How well a click, or a rough region, outlines calcinosis that was put into real films.

``python -m tests.bench.radiograph.marked_films [--films N] [--seed S]`` prints the table and writes it to
results/bench/marked_films.csv. --films takes so many films in place of all, drawn by --seed; the seed also draws the
masses and the clicks.

The films are those of ../shared/films_free. Each gets a mass free of bone, one over bone and one below the skin
(`calcified`). Of every second film only a part around the mass is taken, as a reader cuts a film. The truth is drawn as
a reader draws: gaps that are narrow for the mass belong to it. What lies beyond the skin is told on the film without
the mass.
"""

from __future__ import annotations

import argparse
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image
from scipy import ndimage

from calcimeasure.errors import ReviewError
from calcimeasure.segment.radiograph.constants import RADIOGRAPH
from calcimeasure.segment.radiograph.propose import grow_on_radiograph
from calcimeasure.settings import Settings
from tests.bench.conftest import BarTable
from tests.bench.radiograph.calcified import KINDS, bone_on, calcified
from tests.bench.radiograph.real_films import film_paths
from tests.bench.radiograph.test_radiograph import clicked, dice, drawn
from tests.projections import radiograph_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tests.phantoms import Array

LONG_MM = (5.0, 40.0)
"""Between these the length of a mass is drawn, of 250 mm along the longer side of a film."""
PLACES: Final[dict[str, dict[str, bool | None]]] = {
    "free of bone": {"over_bone": False},
    "over bone": {"over_bone": True},
    "below the skin": {"over_bone": None, "below_skin": True},
}
CLICKS = 10
SMALLEST_PIXELS = 150
"""Area of a mass at least."""
CUT = (1.5, 4.0)
"""Of the length of a mass: so far beyond it a film is cut."""
BRIDGED = 0.06
"""Of the length of a mass: gaps up to twice this belong to it."""
BEYOND_PIXELS = 3
"""What lies no farther beyond the skin is blur."""
ROUGH = 0.2
"""Of the width of a mass: so far a rough region errs."""
WORSE = 0.01
"""A Dice that is lower by less is no worse."""
MEDIAN_DICE, LEAST_DICE = 0.85, 0.7


@dataclass(frozen=True, slots=True, eq=False)
class Marked:
    """A film with a mass to be marked.

    Parameters
    ----------
    place
        One of `PLACES`.
    pixels, truth, outside
        (rows, columns) of the film with the mass, its outline, and what lies beyond the skin.
    """

    name: str
    kind: str
    place: str
    pixels: Array
    truth: Array
    outside: Array


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What marking a mass gave: the Dice of each click, how many cross the skin; of rough regions before and after."""

    place: str
    kind: str
    clicks: tuple[float, ...]
    crossing: int
    rough: dict[str, tuple[float, float]]
    rough_crossing: int


def marked_films(paths: Sequence[Path], seed: int) -> Iterator[Marked]:
    """Put masses into films."""
    for number, path in enumerate(paths):
        film = radiograph_of(np.asarray(Image.open(path).convert("L"), dtype=np.float32), None, bits=8).pixels
        per_mm = max(film.shape) / RADIOGRAPH.longer_side_mm
        outside = ~ndimage.binary_dilation(bone_on(film)[0], iterations=3 + BEYOND_PIXELS)
        for place, how in PLACES.items():
            rng = np.random.default_rng([seed, *place.encode(), *path.stem.encode()])
            kind = str(rng.choice(KINDS))
            made = calcified(film, rng, kind=kind, pixels_per_mm=per_mm, long_mm=LONG_MM, **how)
            if made is None or np.count_nonzero(made.truth) < SMALLEST_PIXELS:
                continue
            part = around(made.truth, rng) if number % 2 else (slice(None), slice(None))
            truth = as_drawn(made.truth[part]) & ~outside[part]
            yield Marked(path.stem, kind, place, np.rint(made.pixels[part]), truth, outside[part])


def around(truth: Array, rng: np.random.Generator) -> tuple[slice, slice]:
    """A part of a film around a mass, that has it somewhere near its middle."""
    rows, columns = (np.flatnonzero(truth.any(axis=axis)) for axis in (1, 0))
    length = max(np.ptp(rows), np.ptp(columns))
    room = np.rint(length * rng.uniform(*CUT, size=4)).astype(int)
    return (
        slice(max(0, rows[0] - room[0]), rows[-1] + room[1]),
        slice(max(0, columns[0] - room[2]), columns[-1] + room[3]),
    )


def as_drawn(truth: Array) -> Array:
    """(rows, columns) an outline with its narrow gaps, without holes."""
    rows, columns = (np.flatnonzero(truth.any(axis=axis)) for axis in (1, 0))
    reach = max(1, round(BRIDGED * max(np.ptp(rows), np.ptp(columns))))
    padded = np.pad(truth, reach + 1)
    near = ndimage.distance_transform_edt(~padded) <= reach
    closed = ndimage.distance_transform_edt(near) > reach
    return ndimage.binary_fill_holes(closed | padded)[reach + 1 : -reach - 1, reach + 1 : -reach - 1]


def rough_regions(truth: Array, rng: np.random.Generator) -> dict[str, Array]:
    """Regions as readers paint them: too large, too small, aside, and around it all."""
    away = ndimage.distance_transform_edt(~truth) - ndimage.distance_transform_edt(truth)
    width = -2 * float(away.min())
    reach = max(1.0, ROUGH * width)
    angle = rng.uniform(0, 2 * np.pi)
    aside = np.rint(reach * np.array([np.sin(angle), np.cos(angle)])).astype(int)
    smooth = ndimage.gaussian_filter(truth.astype(np.float32), reach) > 0.4
    regions = {
        "too large": away <= reach,
        "too small": away <= -0.5 * reach,
        "aside": ndimage.shift(truth.astype(np.uint8), aside, order=0) > 0,
        "around it": smooth,
        "right": truth,
    }
    return {name: region for name, region in regions.items() if region.any()}


def crosses(found: Array, outside: Array) -> bool:
    return bool((found & outside).any())


def results_of(film: Marked, seed: int, grow: Callable[..., Array] = clicked) -> Result:
    rng = np.random.default_rng([seed, *film.name.encode(), *film.place.encode()])
    image = radiograph_of(film.pixels, None, bits=8)
    inside = np.argwhere(film.truth)
    found = [grow(image, inside[n]) for n in rng.integers(len(inside), size=CLICKS)]
    rough, rough_crossing = {}, 0
    for name, region in rough_regions(film.truth, rng).items():
        after = from_region(image, region)
        rough[name] = dice(region, film.truth), dice(after, film.truth)
        rough_crossing += crosses(after & ~region, film.outside)
    return Result(
        film.place,
        film.kind,
        tuple(dice(one, film.truth) for one in found),
        sum(crosses(one, film.outside) for one in found),
        rough,
        rough_crossing,
    )


def from_region(image: object, region: Array) -> Array:
    try:
        return drawn(grow_on_radiograph(image, region, Settings()), image)
    except ReviewError:
        return np.zeros(region.shape, dtype=bool)


def write_table(results: Sequence[Result]) -> None:
    """Print every figure beside its bar, and write it."""
    bars = BarTable("marked_films")
    for place in (*PLACES, "all"):
        here = [one for one in results if place in (one.place, "all")]
        if not here:
            continue
        clicks = np.concatenate([one.clicks for one in here])
        name = f"{place} ({len(here)} masses)"
        with contextlib.suppress(AssertionError):  # it stands in the table as missed
            bars.check_at_least(f"{name}: Dice of a click, median", float(np.median(clicks)), MEDIAN_DICE, "")
        worst = [min(one.clicks) for one in here]
        with contextlib.suppress(AssertionError):  # it stands in the table as missed
            bars.check_at_least(f"{name}: worst click of a mass, median", float(np.median(worst)), LEAST_DICE, "")
        bars.note(
            f"{name}: clicks with a Dice of {LEAST_DICE} or more", 100 * float(np.mean(clicks >= LEAST_DICE)), "%"
        )
        with contextlib.suppress(AssertionError):  # it stands in the table as missed
            bars.check(
                f"{name}: clicks that cross the skin, of {len(clicks)}", sum(one.crossing for one in here), 0, ""
            )
        for region in sorted({region for one in here for region in one.rough}):
            both = np.array([one.rough[region] for one in here if region in one.rough])
            bars.note(f"{name}: region {region}, Dice before, mean", float(both[:, 0].mean()), "")
            bars.note(f"{name}: region {region}, Dice after, mean", float(both[:, 1].mean()), "")
            worse = 100 * float(np.mean(both[:, 1] < both[:, 0] - WORSE))
            with contextlib.suppress(AssertionError):  # it stands in the table as missed
                bars.check(f"{name}: region {region}, worse after", worse, 0, "%")
    bars.write()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.radiograph.marked_films", description=__doc__)
    parser.add_argument("--films", type=int, help="so many films in place of all")
    parser.add_argument("--seed", type=int, default=1, help="draws films, masses and clicks")
    parser.add_argument(
        "--left-out", action="store_true", help="films that the network of calcinosis was not taught on"
    )
    chosen = parser.parse_args()
    films = marked_films(film_paths(chosen.films, chosen.seed, left_out=chosen.left_out), chosen.seed)
    write_table([results_of(film, chosen.seed) for film in films])


if __name__ == "__main__":
    main()

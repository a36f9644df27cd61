"""Real films without calcinosis as backgrounds, by the person whom they show, and patches of them with calcinosis.

The films are those of ../shared/films_free (licenses in its SOURCES.tsv). Their pixel values are taken for attenuation
as the program takes them. All that a film shows is no mass: bones, joints, skin, letters.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image
from scipy import ndimage

from calcimeasure.segment.radiograph.network import SIDE
from calcimeasure.segment.radiograph.places import find_places
from calcimeasure.segment.radiograph.scale import Pyramid, pyramid_of
from calcimeasure.segment.radiograph.shadows import as_seen, patch_at
from tests.bench.radiograph.learning.calcinosis import deposit
from tests.bench.radiograph.learning.scenes import Lobes, around, exposed, uneven
from tests.conftest import SHARED
from tests.projections import radiograph_of

if TYPE_CHECKING:
    from calcimeasure.model import Radiograph
    from tests.phantoms import Array

NOT_USED: Final = ("hip-scfe", "segond")
"""Films that are drawn on."""
PEOPLE: Final = (
    "ankle-pediatric", "ankle", "cervical", "elbow", "foot", "hand", "knee-pediatric", "knee", "patella",
    "pediatric-pelvis", "pelvis", "shoulder-hill", "shoulder", "wrist-pediatric", "wrist", "femoral-neck", "normal-hip",
)  # fmt: skip
"""Several views may be of one person: those whose name holds the same word, the first that fits."""
LEFT_OUT: Final = (
    "foot", "wrist-pediatric", "knee", "ankle-pediatric", "shoulder-hill", "normal-hip", "IMG0003301", "IMG0003309",
)  # fmt: skip
"""People whom nothing is taught of: the judgement is fitted to their films."""
FILM_MM: Final = 250.0
"""The longer side of a film, as the program takes it where nothing is known."""


@dataclass(frozen=True, slots=True, eq=False)
class Film:
    """A real film without a mass.

    Parameters
    ----------
    name, person
        Of its file, and whom it shows.
    image
        The film.
    pyramid
        Its copies.
    """

    name: str
    person: str
    image: Radiograph
    pyramid: Pyramid

    @property
    def is_left_out(self) -> bool:
        """Whether nothing is taught of it."""
        return self.person in LEFT_OUT

    @property
    def mm(self) -> float:
        """Pixels in a millimeter, as the program takes it."""
        return max(self.image.pixels.shape) / FILM_MM


def person_of(name: str) -> str:
    """Give the person whom a film shows, by the name of its file."""
    return next((word for word in PEOPLE if word in name), name)


@cache
def real_films() -> tuple[Film, ...]:
    """All films that may be taught on."""
    paths = [path for path in sorted((SHARED / "films_free").rglob("*.jpg"))
             if not any(word in path.stem for word in NOT_USED)]  # fmt: skip
    films = []
    for path in paths:
        image = radiograph_of(np.asarray(Image.open(path).convert("L"), dtype=np.float32), None, bits=8)
        films.append(Film(path.stem, person_of(path.stem), image, pyramid_of(image)))
    return tuple(films)


def looked_at(film: Film) -> list[tuple[tuple[float, float], float]]:
    """Middles and lengths of what the program looks at on a film: its bones, joints and edges."""
    places = find_places(film.pyramid, 2 * film.mm, FILM_MM / 2 * film.mm)
    return [
        ((float(row), float(column)), 2 * float(radius))
        for (row, column), radius in zip(places.centers, places.radii, strict=True)
    ]


def added(values: Array, more: Array, top: float, rng: np.random.Generator) -> Array:
    """Add attenuation to a film whose values end at a window: cut there, or bent toward it as displays are."""
    if rng.random() < 0.5:
        return np.minimum(values + more, top)
    share = np.clip(values / top, 0.0, 0.995)
    return top * (1 - (1 - share) * np.exp(-more / top / np.maximum(1 - share, 0.25)))


def film_scene(
    rng: np.random.Generator, film: Film, places: list[tuple[tuple[float, float], float]]
) -> tuple[Array, Array] | None:
    """(SIDE, SIDE, CHANNELS) input of the network, and (SIDE, SIDE) the mass in it; of half there is none."""
    is_empty = rng.random() < 0.5
    pyramid = film.pyramid
    at_bone = is_empty or rng.random() < 0.5
    again = rng.random() < 0.65
    fills = rng.uniform(0.3, 0.68) if again else around(rng, 0.12, 1.3)
    if at_bone:
        center, length = places[rng.integers(len(places))]
        length = length * around(rng, 0.75, 1.33)
        if not is_empty:
            length = around(rng, 3, 60) * film.mm
    else:
        inside = np.argwhere(pyramid.field.patient)
        row, column = (inside[rng.integers(len(inside))] + 0.5) * pyramid.factors[pyramid.coarse]
        center, length = (float(row), float(column)), around(rng, 3, 60) * film.mm
    side = length / fills
    off = rng.normal(0, 0.06 * side, 2)
    values, within = patch_at(pyramid, (center[0] + off[0], center[1] + off[1]), max(side, 8.0))
    values = values.astype(np.float64)
    shadow = np.zeros((SIDE, SIDE), dtype=bool)
    if not is_empty:
        pixel = max(side, 8.0) / SIDE
        made = _mass(rng, fills * SIDE, rng.uniform(0.5, 1.0) / pixel, again=again)
        if made is None:
            return None
        density, shadow = made
        low, high = np.quantile(film.pyramid.copies[film.pyramid.coarse][pyramid.field.patient], (0.1, 0.98))
        strong = around(rng, 0.12, 0.9) * (high - low) * min(1.0, (length / film.mm / 8) ** 0.3)
        more = strong * density
        if rng.random() < 0.6:
            more = more * (1 + rng.uniform(0, 0.1) * rng.standard_normal(more.shape))
        before = values
        values = added(values, more, max(255.0, float(values.max())), rng)
        noise = float((before - ndimage.gaussian_filter(before, 1.5)).std())
        if not within.all() or (values - before)[shadow].mean() < max(0.03 * (high - low), 0.7 * noise):
            return None
    if rng.random() < 0.2:
        spread = max(float(np.ptp(values)), 1.0)
        values = exposed(rng, 2 * values / spread).astype(np.float64)
    return as_seen(values.astype(np.float32), within), shadow


def _mass(rng: np.random.Generator, length: float, blur: float, *, again: bool) -> tuple[Array, Array] | None:
    """(SIDE, SIDE) density and outline of a mass; in the middle of the patch, or so that it covers the middle."""
    if rng.random() < 0.2:
        lobes = Lobes(rng, length)
        across, down = (0.0, 0.0) if again else lobes.a_place(rng)
        path = lobes.path(-across, -down)
        if path.max() <= 0:
            return None
        return ndimage.gaussian_filter(uneven(rng, path) / path.max(), max(blur, 0.3)), path > 0
    made = deposit(rng, length, blur)
    if made is None:
        return None
    places = np.argwhere(made.shadow)
    middle = places.mean(axis=0) + rng.normal(0, 2, 2) if again else places[rng.integers(len(places))]
    density, shadow = np.zeros((SIDE, SIDE)), np.zeros((SIDE, SIDE), dtype=bool)
    start = np.rint((SIDE - 1) / 2 - middle).astype(int)
    size = made.density.shape[0]
    into = tuple(slice(max(0, s), max(0, min(SIDE, s + size))) for s in start)
    of = tuple(slice(part.start - s, part.stop - s) for part, s in zip(into, start, strict=True))
    density[into], shadow[into] = made.density[of], made.shadow[of]
    return (density, shadow) if shadow.any() else None

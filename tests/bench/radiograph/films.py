"""Radiographs of one limb or two, composed of real ones, with tags, letters and markers: written as DICOM files.

The real ones are those of ../shared/films_free. Each may be mirrored (then it shows the other side), turned a little
and cut; of two limbs the second one is a mirror image of the same or of another film of that part.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image
from scipy import ndimage

from tests.bench.radiograph.learning.words import drawn, font
from tests.conftest import SHARED
from tests.dicom_writers import write_radiograph

if TYPE_CHECKING:
    from pathlib import Path

    from tests.phantoms import Array

FOLDER: Final = SHARED / "films_free"
PARTS: Final = {"ankle": "ANKLE", "elbow": "ELBOW", "foot": "FOOT", "hand": "HAND", "knee": "KNEE", "wrist": "WRIST"}
PALM_PARTS: Final = ("ELBOW", "HAND", "WRIST")
"""Of these letters of two limbs say nothing."""
NOT_USED: Final = ("segond", "elbow-oblique", "hand-lateral", "wrist-lateral")
"""No normal limb, or a marker of its own so near to the limb that it stays, whatever side the film is given."""
PIXELS: Final = 700
"""Along the longer side of a real film."""
MARKER_FONTS: Final = (
    "LiberationMono-Bold.ttf",
    "DejaVuSansCondensed-Bold.ttf",
    "DejaVuSerif.ttf",
    "OpenSans-Bold.ttf",
)
"""Other fonts than those that markers are compared with."""
MARKERS: Final = {"R": ("R", "R", "RT", "Dx", "re"), "L": ("L", "L", "LT", "Sin", "li")}
OTHER: Final = {"R": "L", "L": "R", None: None}
MODES: Final = ("plain", "plain", "letters", "letters", "marker", "marker", "marker against tag", "mirrored marker")


@dataclass(frozen=True, slots=True)
class Case:
    """A film as it was written.

    Parameters
    ----------
    name
        Of what kind it is.
    path
        Its file.
    sides
        The true side of each limb, R or L.
    middles
        Row and column of the middle of each limb: there a lesion is asked for.
    must_be_open
        Whether no side may be said at all.
    """

    name: str
    path: Path
    sides: tuple[str, ...]
    middles: tuple[tuple[int, int], ...]
    must_be_open: bool


@cache
def real_films() -> dict[str, tuple[Array, ...]]:
    """Limbs of each part: (rows, columns), 0 is air and 1 the densest."""
    found: dict[str, list[Array]] = {}
    for path in sorted(FOLDER.rglob("*.jpg")):
        part = next((value for key, value in PARTS.items() if f"-{key}" in path.stem), None)
        if part is None or any(word in path.stem for word in NOT_USED):
            continue
        image = Image.open(path).convert("L")
        image.thumbnail((PIXELS, PIXELS))
        values = np.asarray(image, dtype=np.float32)
        air = float(np.quantile(values, 0.03))
        values = np.clip(values - air, 0, None) / (float(values.max()) - air)
        # Burned-in markers and other things beside the limb are left out.
        labels, _ = ndimage.label(ndimage.gaussian_filter(values, 2) > 0.1)
        largest = labels == 1 + int(np.bincount(labels.ravel())[1:].argmax())
        found.setdefault(part, []).append(np.where(ndimage.binary_dilation(largest, iterations=4), values, 0))
    return {part: tuple(films) for part, films in found.items()}


def limb(image: Array, rng: np.random.Generator) -> Array:
    """Turn and cut a limb."""
    turned = ndimage.rotate(image, rng.uniform(-6, 6), order=1)
    rows, columns = (np.flatnonzero((turned > 0.12).any(axis=axis)) for axis in (1, 0))
    cut = turned[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    first = round(rng.uniform(0, 0.15) * len(cut))
    return cut[first : len(cut) - round(rng.uniform(0, 0.15) * len(cut))]


def beside_each_other(one: Array, other: Array, rng: np.random.Generator, apart: float) -> tuple[Array, int]:
    """Lay two limbs beside each other; apart is of the narrower one's width, negative where they overlap."""
    other = ndimage.zoom(other, len(one) / len(other), order=1)
    gap = round(apart * min(one.shape[1], other.shape[1]))
    first = np.pad(one, ((0, 0), (0, gap + other.shape[1])))
    second = np.pad(other, ((0, 0), (one.shape[1] + gap, 0)))
    rows, columns = (min(a, b) for a, b in zip(first.shape, second.shape, strict=True))
    film = first[:rows, :columns] + second[:rows, :columns] * rng.uniform(0.9, 1.1)
    return film, one.shape[1] + gap // 2


def middle_of(film: Array, low: int, high: int) -> tuple[int, int]:
    """A dense place of a limb between two columns, away from its sides."""
    rows = slice(len(film) // 3, 2 * len(film) // 3)
    smooth = ndimage.gaussian_filter(film[rows, low:high], 6)
    row, column = np.unravel_index(int(smooth.argmax()), smooth.shape)
    return int(row) + rows.start, int(column) + low


def with_marker(film: Array, text: str, columns: tuple[int, int], rng: np.random.Generator, mirrored: bool) -> Array:
    """Burn a marker into the emptiest place between two columns."""
    faces = [face for name in MARKER_FONTS if (face := font(name)) is not None]
    height = int(rng.integers(24, 40))
    letters = drawn(text, faces[int(rng.integers(len(faces)))]).astype(np.float32)
    scale = height / letters.shape[0]
    letters = ndimage.zoom(ndimage.gaussian_filter(letters, 0.4 / scale), scale, order=1)
    letters = letters[:, ::-1] if mirrored else letters
    size = np.array(letters.shape) + 8
    low, high = columns
    if high - low <= size[1] or len(film) <= size[0]:
        return film
    crowded = ndimage.uniform_filter(film, size)[size[0] // 2 : -size[0] // 2, low + size[1] // 2 : high - size[1] // 2]
    row, column = np.unravel_index(int(crowded.argmin()), crowded.shape)
    film = film.copy()
    near = film[row + 4 : row + 4 + letters.shape[0], low + column + 4 : low + column + 4 + letters.shape[1]]
    near += letters[: near.shape[0], : near.shape[1]] * rng.uniform(0.4, 1.2)
    return film


def write_case(folder: Path, n: int, rng: np.random.Generator) -> Case:
    """Write a film of one limb or two, in turn."""
    part = tuple(PARTS.values())[int(rng.integers(len(PARTS)))]
    films = real_films()[part]
    mode = MODES[n // 2 % len(MODES)]
    side = "RL"[int(rng.integers(2))]
    one = limb(films[int(rng.integers(len(films)))], rng)
    one = one[:, ::-1] if rng.random() < 0.5 else one
    if n % 2:
        return _single(folder / f"{n}.dcm", part, mode, side, one, rng)
    other = limb(films[int(rng.integers(len(films)))], rng)[:, ::-1]
    return _pair(folder / f"{n}.dcm", part, mode, side, (one, other), rng)


def _single(path: Path, part: str, mode: str, side: str, one: Array, rng: np.random.Generator) -> Case:
    film = np.pad(one, ((0, 0), tuple(rng.integers(60, 160, 2))))
    middle = middle_of(film, 0, film.shape[1])
    tag: str | None = side if rng.random() < 0.7 else None
    if mode == "marker against tag":
        tag = OTHER[side]
    if "marker" in mode:
        text = MARKERS[side][int(rng.integers(len(MARKERS[side])))]
        film = with_marker(film, text, (0, film.shape[1]), rng, mode == "mirrored marker")
    if mode == "plain" and tag is None:
        tag = "B" if rng.random() < 0.3 else None
    letters = ["L", "F"] if mode == "letters" else None
    _write(path, film, part, rng, tag, letters)
    return Case(f"one limb, {mode}", path, (side,), (middle,), must_be_open=False)


def _pair(path: Path, part: str, mode: str, side: str, limbs: tuple[Array, Array], rng: np.random.Generator) -> Case:
    film, seam = beside_each_other(*limbs, rng, rng.uniform(-0.05, 0.25))
    low, high = rng.integers(30, 120, 2)
    film = np.pad(film, ((0, 0), (low, high)))
    seam += int(low)
    middles = middle_of(film, 0, seam), middle_of(film, seam, film.shape[1])
    sides = side, str(OTHER[side])
    is_palm = part in PALM_PARTS
    tag = (None, "R", "L", "B")[int(rng.integers(4))]
    letters = None
    if mode in ("letters", "marker against tag"):
        # Letters that stay with the limb, or, of hands, such as those who think of the image write them.
        toward = sides[1] if not is_palm or rng.random() < 0.5 else sides[0]
        letters = [toward, "F"]
    if "marker" in mode:
        which = int(rng.integers(2))
        columns = (0, seam) if which == 0 else (seam, film.shape[1])
        text = MARKERS[sides[which]][int(rng.integers(len(MARKERS["R"])))]
        film = with_marker(film, text, columns, rng, mode == "mirrored marker")
    _write(path, film, part, rng, tag, letters)
    name = f"two {'hands or arms' if is_palm else 'feet or legs'}, {mode}"
    return Case(name, path, sides, middles, must_be_open=is_palm and "marker" not in mode)


def _write(
    path: Path, film: Array, part: str, rng: np.random.Generator, tag: str | None, letters: list[str] | None
) -> None:
    noisy = 200 + 3500 * film / max(1.0, float(film.max())) + rng.normal(0, rng.uniform(2, 20), film.shape)
    write_radiograph(
        path,
        np.clip(noisy, 0, 4095).astype(np.uint16),
        bits_stored=12,
        BodyPartExamined=part,
        ImageLaterality=tag,
        PatientOrientation=letters,
        ViewPosition="PA" if part in PALM_PARTS else "AP",
        StudyDescription=None,
        SeriesDescription=None,
        Laterality=None,
    )

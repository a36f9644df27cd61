"""Scenes to teach on: a piece of a real stack, made-up masses put into it, and what the program finds in it.

A mass replaces soft tissue and never bone; it has the blur and the noise of the stack. What is found is labeled by the
share of it that is mass.
"""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

import cc3d
import edt
import numpy as np
from scipy import ndimage

from calcimeasure.segment.ct.body import find_body
from calcimeasure.segment.ct.boxes import box_around
from calcimeasure.segment.ct.coarse import coarse_copy
from calcimeasure.segment.ct.features import features_of
from calcimeasure.segment.ct.judge import is_bone, judge
from calcimeasure.segment.ct.look import look
from calcimeasure.segment.ct.shaft import shafts_among, sides_of_shafts
from calcimeasure.segment.ct.solids import Scene, are_lumpy, merged, more_than_noise, solids_of, whole_features
from calcimeasure.segment.ct.split import split
from calcimeasure.segment.ct.tissue import _dense_parts, _placed
from calcimeasure.segment.ct.views import Around, Labeled, around, views_of
from calcimeasure.settings import Settings
from tests.model.test_model import volume_of
from tests.phantoms import straight_grid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.model import Volume
    from tests.bench.tissue.learning.masses import Mass

BONE_HU = 180
SMALLEST_MM = 6.0
"""Parts whose box is shorter are not taught on."""
PLACES = ("free", "bone", "joint", "skin", "border")


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """A piece of a real stack.

    Parameters
    ----------
    hu, spacing_mm
        (k, j, i)
    """

    hu: NDArray[np.int16]
    spacing_mm: tuple[float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Put:
    """A mass in a stack: its number in the truth, its kind, where it was put, and how much of it is calcified."""

    number: int
    kind: str
    place: str
    size_mm: float
    volume_mm3: float


def piece_of(rng: np.random.Generator, whole: Stack) -> Stack:
    """Cut, thicken, scale and mirror a stack at random: other bones, other scanners, other borders."""
    hu, spacing = whole.hu, list(whole.spacing_mm)
    thicker = int(rng.integers(1, 1 + max(1, min(4, int(3.2 / spacing[0])))))
    if thicker > 1 and len(hu) > 8 * thicker:
        first = int(rng.integers(0, len(hu) % thicker + 1))
        hu = hu[first : first + (len(hu) - first) // thicker * thicker]
        spacing[0] *= thicker
    else:
        thicker = 1
    wide_mm = rng.uniform(120, 260) if rng.random() < 0.8 else 420.0
    deep_mm = rng.uniform(60, 180) if rng.random() < 0.85 else rng.uniform(10, 50)
    some = hu[::thicker, ::6, ::6] > BONE_HU
    at = np.argwhere(some)
    middle = at[rng.integers(len(at))] * (thicker, 6, 6) if len(at) else np.array(hu.shape) // 2
    cut = []
    for n, m, mm, length_mm in zip(hu.shape, middle, whole.spacing_mm, (deep_mm, wide_mm, wide_mm), strict=True):
        length = max(4, int(length_mm / mm))
        first = int(np.clip(m - length * rng.uniform(0.2, 0.8), 0, max(0, n - length)))
        cut.append(slice(first // thicker * thicker if mm is whole.spacing_mm[0] else first, first + length))
    hu = hu[tuple(cut)]
    if thicker > 1:
        hu = hu[: len(hu) // thicker * thicker].reshape(-1, thicker, *hu.shape[1:]).mean(axis=1)
    if rng.random() < 0.35:
        scale = rng.choice([rng.uniform(0.35, 0.85), rng.uniform(0.85, 1.2)])
        spacing = [mm * scale for mm in spacing]
    mirror = tuple(slice(None, None, int(one)) for one in (1, *rng.choice([-1, 1], 2)))
    return Stack(np.ascontiguousarray(hu[mirror].astype(np.int16)), (spacing[0], spacing[1], spacing[2]))


def slice_of(rng: np.random.Generator, whole: Stack) -> Stack:
    """One slice of a stack: axial, or a reformat with square pixels."""
    hu = whole.hu
    axis = int(rng.choice([0, 1, 2], p=[0.5, 0.3, 0.2]))
    dense = np.count_nonzero(hu[:, ::4, ::4] > BONE_HU, axis=tuple({0, 1, 2} - {axis})).astype(float)
    at = int(rng.choice(len(dense), p=dense / dense.sum())) * (4 if axis else 1)
    image = hu.take(min(at, hu.shape[axis] - 1), axis).astype(np.float32)
    across = [mm for n, mm in enumerate(whole.spacing_mm) if n != axis]
    pixel = min(across)
    if axis:
        image = ndimage.zoom(image, [mm / pixel for mm in across], order=1)
    return Stack(image.astype(np.int16)[None], (1.0, pixel, pixel))


def put(
    rng: np.random.Generator, stack: Stack, masses: list[tuple[Mass, str]]
) -> tuple[Stack, NDArray[np.uint8], list[Put]]:
    """Put masses into a stack where there is room; return it, the number of the mass of each voxel, and the masses."""
    hu = stack.hu.astype(np.float32)
    truth = np.zeros(hu.shape, dtype=np.uint8)
    skip = tuple(max(1, round(3.0 / mm)) for mm in stack.spacing_mm)
    step = tuple(n * mm for n, mm in zip(skip, stack.spacing_mm, strict=True))
    few = stack.hu[:: skip[0], :: skip[1], :: skip[2]]
    bone = cc3d.dust(few > BONE_HU, threshold=8, connectivity=26)
    closed = np.stack([ndimage.binary_fill_holes(ndimage.binary_closing(one, iterations=1)) | one for one in bone])
    if closed.mean() < 0.3:
        bone = closed
    body = cc3d.largest_k(few > -250, k=1, connectivity=6).astype(bool)
    from_bone = edt.edt(~bone, anisotropy=step, black_border=False) if bone.any() else np.full(few.shape, 99.0)
    from_air = edt.edt(body, anisotropy=step, black_border=True)
    from_skin = edt.edt(body, anisotropy=step, black_border=False)
    much = ndimage.uniform_filter(bone.astype(np.float32), [max(1, round(45 / mm)) for mm in step])
    taken = np.full(few.shape, 1e9)
    sd = _noise(stack.hu)
    done: list[Put] = []
    grid = np.stack(np.meshgrid(*(np.arange(n) * mm for n, mm in zip(few.shape, step, strict=True)), indexing="ij"), -1)
    for mass, place in masses:
        half = mass.size_mm / 2
        room = taken > half + 14
        away = rng.uniform(0.15, 0.7) * half
        able = (
            body
            & room
            & {
                "free": (from_bone > half + 6) & (from_skin > min(0.5 * half, 14)),
                "bone": np.abs(from_bone - away) < 4,
                "joint": (from_bone < 0.7 * half + 3) & (much > 0.18) & (much < 0.75),
                "skin": (from_skin < 0.6 * half + 4) & (from_bone > 3),
                "border": (from_air < 0.5 * half + 4) & (from_skin > 3) & (from_bone > 1),
            }[place]
        )
        index = np.flatnonzero(able)
        if not index.size:
            continue
        middle = np.array(np.unravel_index(index[rng.integers(index.size)], few.shape)) * skip
        number = len(done) + 1
        volume = _paint(rng, hu, truth, stack, mass, middle, number, sd)
        if volume < 60:
            truth[truth == number] = 0
            continue
        done.append(Put(number, mass.kind, place, mass.size_mm, volume))
        away_mm = np.linalg.norm(grid - middle * stack.spacing_mm, axis=-1) - half
        taken = np.minimum(taken, away_mm)
    return Stack(np.rint(np.clip(hu, -1024, 32000)).astype(np.int16), stack.spacing_mm), truth, done


def _noise(hu: NDArray[np.int16]) -> float:
    some = hu[:: max(1, len(hu) // 20)].astype(np.float32)
    bends = some[:, :, 2:] - 2 * some[:, :, 1:-1] + some[:, :, :-2]
    soft = (some[:, :, 1:-1] > -30) & (some[:, :, 1:-1] < 120)
    return max(4.0, 1.4826 * float(np.median(np.abs(bends[soft]))) / math.sqrt(6)) if soft.any() else 12.0


def _paint(
    rng: np.random.Generator, hu: NDArray[np.float32], truth: NDArray[np.uint8], stack: Stack, mass: Mass,
    middle: NDArray[np.intp], number: int, sd: float,
) -> float:  # fmt: skip
    """Blur a mass as the stack is and mix it in; return the volume of what is calcified, in mm3."""
    spacing = np.array(stack.spacing_mm)
    shape = np.array(mass.filled.shape)
    half = np.ceil(shape * mass.step_mm / 2 / spacing).astype(int) + 2
    low, high = np.maximum(middle - half, 0), np.minimum(middle + half + 1, hu.shape)
    box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    psf = rng.uniform(0.45, 0.8) * max(1.0, spacing[1] / 0.9)
    sigma = [0.35 * psf / mass.step_mm, psf / mass.step_mm, psf / mass.step_mm]
    width = max(1, round(float(spacing[0] if len(hu) > 1 else 2.0) / mass.step_mm))
    at = np.meshgrid(
        *((np.arange(a, b) - m) * mm / mass.step_mm + (n - 1) / 2
          for a, b, m, mm, n in zip(low, high, middle, spacing, shape, strict=True)),
        indexing="ij",
    )  # fmt: skip

    def imaged(fine: NDArray) -> NDArray[np.float32]:
        fine = ndimage.gaussian_filter(np.pad(fine.astype(np.float32), 3), sigma)
        fine = ndimage.uniform_filter1d(fine, width, axis=0)
        return ndimage.map_coordinates(fine, [one + 3 for one in at], order=1, output=np.float32)

    covered, value = imaged(mass.filled), imaged(np.where(mass.filled, mass.value_hu, 0))
    calcified = imaged(mass.calcified)
    before = hu[box].copy()
    bone = stack.hu[box] > BONE_HU
    bone = cc3d.dust(bone, threshold=12, connectivity=26)
    bone = np.stack([ndimage.binary_fill_holes(ndimage.binary_closing(one, iterations=2)) | one for one in bone])
    if bone.mean() > 0.6:
        return 0.0
    air = ndimage.gaussian_filter(before, [0, 1, 1]) < -350
    covered, value, calcified = (np.where(bone | air, 0, one) for one in (covered, value, calcified))
    mixed = before * (1 - covered) + value
    mixed += covered * rng.normal(0, sd, before.shape)
    near = ndimage.binary_dilation(bone, iterations=1) & (before > 90)
    hu[box] = np.where(near, np.maximum(before, mixed), mixed)
    truth[box][(hu[box] > 150) & (hu[box] - before > 60) & (calcified > 0.1)] = number
    return float(calcified.sum() * spacing.prod())


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Candidates of one stack: parts or solids.

    Parameters
    ----------
    features
        (n, features) as in `Features` or `WholeFeatures`; what is not there is nan.
    mass_share, number
        (n,) the share of the candidate's dense voxels that is mass, and the mass that most of them belong to.
    held
        (n,) the share of that mass's dense voxels that the candidate holds.
    seen, own
        What the network looks at.
    plain
        (n,) whether another tissue is proved, whatever the signs say.
    extent_mm
        (n,) the longest side of its box.
    """

    features: NDArray[np.float32]
    mass_share: NDArray[np.float32]
    number: NDArray[np.int32]
    held: NDArray[np.float32]
    seen: NDArray[np.int16]
    own: NDArray[np.bool_]
    plain: NDArray[np.bool_]
    extent_mm: NDArray[np.float32]


def volume_from(stack: Stack) -> Volume:
    return volume_of(stack.hu, straight_grid(stack.hu.shape, stack.spacing_mm))


def find(stack: Stack, truth: NDArray[np.uint8], *, parted: bool = False) -> tuple[Found | None, Found | None]:
    """Find and describe the parts and the solids of a stack as `segment.ct.tissue` does.

    Parameters
    ----------
    stack, truth
        The stack, and the number of the mass of each voxel.
    parted
        Whether what the present network takes for bone is left out of the solids, as it is where it judges. A network
        that is taught first has none before it.
    """
    settings = Settings()
    volume = volume_from(stack)
    coarse = coarse_copy(volume)
    body = find_body(coarse)
    dense, _, loose = _dense_parts(coarse, body, settings)
    loose = more_than_noise(coarse.attenuation_hu, loose)
    if not (dense.any() or loose.any()):
        return None, None
    box = box_around(dense | loose)
    factor = coarse.factor_kji
    mass = _most(truth, factor)[box]
    parts = split(dense[box], coarse.spacing_mm)
    features = _placed(features_of(coarse.attenuation_hu[box], parts, coarse.spacing_mm), parts, box, coarse)
    judgements = [judge(one, settings) for one in features]
    corner = tuple(part.start * mm for part, mm in zip(box, coarse.spacing_mm, strict=True))
    labeled, looked_at = (
        Labeled(parts.labels, parts.depth_mm, coarse.spacing_mm, corner),
        around(coarse.attenuation_hu, coarse.spacing_mm),
    )
    found = None
    if features:
        plain = np.array([one.evidence[0].name == one.tissue.value for one in judgements])
        found = _found(looked_at, labeled, mass, parts.labels > 0, features, plain)
    said = look(looked_at, labeled, range(1, len(features) + 1), whole=False) if parted else {}
    bony = [is_bone(one.tissue, said.get(n)) for n, one in enumerate(judgements, 1)]
    hu, tissues = coarse.attenuation_hu[box], [one.tissue for one in judgements]
    sides = sides_of_shafts(hu, parts, shafts_among(features, tissues), coarse.spacing_mm)
    scene = Scene(hu, np.ones(parts.labels.shape, dtype=bool), loose[box], parts, features, tissues, sides, bony,
                  labeled, looked_at)  # fmt: skip
    solids = solids_of(scene, settings)
    described = whole_features(scene, solids)
    joined = merged(solids, are_lumpy(described))
    if joined is not solids:
        solids, described = joined, whole_features(scene, joined)
    if not described:
        return found, None
    f = solids.factor_kji
    up = solids.labels
    for axis, n in enumerate(f):
        up = up.repeat(n, axis=axis)
    up = up[tuple(slice(0, n) for n in solids.dense.shape)]
    whole = Labeled(solids.labels, solids.depth_mm, solids.spacing_mm, corner)
    plain = np.zeros(len(described), dtype=bool)
    return found, _found(looked_at, whole, mass, solids.dense, described, plain, up)


def _most(truth: NDArray[np.uint8], factor: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Sample the truth at the middle voxel of each block."""
    index = [np.minimum(np.arange(-(-n // f)) * f + f // 2, n - 1) for n, f in zip(truth.shape, factor, strict=True)]
    return truth[np.ix_(*index)]


def _found(
    stack: Around, labeled: Labeled, mass: NDArray[np.uint8], dense: NDArray[np.bool_], features: list,
    plain: NDArray[np.bool_], fine_labels: NDArray[np.int32] | None = None,
) -> Found:  # fmt: skip
    fine = labeled.labels if fine_labels is None else fine_labels
    count = len(features) + 1
    at = np.flatnonzero(dense)
    label, number = fine.ravel()[at], mass.ravel()[at]
    masses = int(mass.max(initial=0)) + 1
    table = np.bincount(label.astype(np.int64) * masses + number, minlength=count * masses).reshape(count, masses)
    total = np.maximum(table.sum(axis=1), 1)
    most = table[:, 1:].argmax(axis=1) + 1 if masses > 1 else np.zeros(count, dtype=np.intp)
    inside = table[:, 1:].sum(axis=1) / total if masses > 1 else np.zeros(count)
    held = table[np.arange(count), most] / np.maximum(table.sum(axis=0)[most], 1) if masses > 1 else np.zeros(count)
    boxes = ndimage.find_objects(labeled.labels, max_label=len(features))
    extent = np.array([
        0.0 if one is None else max((p.stop - p.start) * mm for p, mm in zip(one, labeled.spacing_mm, strict=True))
        for one in boxes
    ])  # fmt: skip
    wanted = np.flatnonzero(extent >= SMALLEST_MM) + 1
    seen, own = views_of(stack, labeled, wanted)
    rows = np.array([[np.nan if v is None else v for v in astuple(features[n - 1])] for n in wanted], dtype=np.float32)
    shares = inside[wanted].astype(np.float32), most[wanted].astype(np.int32), held[wanted].astype(np.float32)
    return Found(rows, *shares, seen, own, plain[wanted - 1], extent[wanted - 1].astype(np.float32))  # fmt: skip

"""Masks made elsewhere, on grids of every kind; the truth of each is an array or a polygon written by hand."""

from __future__ import annotations

import gzip
import itertools
import math
import pickle
import random
import struct
import subprocess
import sys
import zlib
from dataclasses import FrozenInstanceError, dataclass, replace
from typing import TYPE_CHECKING, Any

import nibabel
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.pixels import pack_bits
from pydicom.uid import DeflatedExplicitVRLittleEndian

from calcimeasure.errors import InputPathError, UsageError
from calcimeasure.load import find_series
from calcimeasure.load.masks import (
    BoneMasks,
    DrawnOutlines,
    MaskError,
    MaskFiles,
    MaskKind,
    bone_name,
    fill_polygons,
    find_masks,
    read_masks,
    read_outlines,
    seems_to_mean_a_bone,
)
from calcimeasure.load.volume import checked_stack
from calcimeasure.model import Laterality
from calcimeasure.settings import Settings
from tests.dicom_phantom import Header, write_series
from tests.mask_writers import SegKind, affine_ras, reorder, write_nifti, write_seg, write_structure_set
from tests.phantoms import Grid, oblique_grid, rotation_matrix, straight_grid, tilted_grid, uneven_grid

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from calcimeasure.geometry import Geometry
    from calcimeasure.model import Stack

Fields = float | tuple[float, ...]
SHAPE = (6, 14, 11)
SPACING = (2.5, 0.7, 0.9)
LEFT, RIGHT = Laterality.LEFT, Laterality.RIGHT


@dataclass(frozen=True)
class Outlined:
    grid: Grid
    paths: list[Path]
    stack: Stack
    geometry: Geometry

    def drawn(self, path: Path) -> DrawnOutlines:
        (file,) = find_masks(path).files
        return read_outlines(file, self.stack, self.geometry)

    def masks(self, path: Path) -> list[tuple[str, NDArray[np.bool_]]]:
        """Each outline by itself, in the order of the file."""
        every = self.drawn(path).outlines
        shape = self.geometry.shape_kji
        return [(one.text, outline.mask_in((0, 0, 0), shape)) for one, outline in every if outline is not None]

    def read(self, path: Path | MaskFiles) -> BoneMasks:
        masks = path if isinstance(path, MaskFiles) else find_masks(path)
        return read_masks(masks, self.stack, self.geometry)

    def uid(self, k: int) -> str:
        return self.stack.instances[k].sop_uid

    def polygon(self, k: float, column_row: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
        """Points of slice k (or between two: along the normal from the one below), given in pixels."""
        below = int(k)
        index = np.array([(below, row, column) for column, row in column_row], dtype=float)
        points = self.grid.positions_lps_mm(index)
        offset = (k - below) * self.grid.slice_spacing_mm * self.grid.normal
        return np.asarray(points + offset)


def stack(folder: Path, grid: Grid, **header: Any) -> Outlined:  # noqa: ANN401 - what Header takes
    paths = write_series(folder, np.zeros(grid.shape_kji), grid, Header(**header), shuffle_seed=3)
    stack, geometry, _ = checked_stack(find_series(folder).series[0], Settings())
    return Outlined(grid, paths, stack, geometry)


GRIDS: dict[str, Callable[[], Grid]] = {
    "straight": lambda: straight_grid(SHAPE, SPACING, (12.0, -30.0, 100.0)),
    "oblique": lambda: oblique_grid(SHAPE, SPACING, (21.0, -13.0, 34.0), (-80.0, 5.0, 7.0)),
    "prone": lambda: oblique_grid(SHAPE, SPACING, (0.0, 0.0, 180.0), (40.0, 5.0, -300.0)),
    "downward": lambda: oblique_grid(SHAPE, SPACING, (180.0, 0.0, 0.0), (40.0, 5.0, -300.0)),
    "coronal": lambda: oblique_grid(SHAPE, SPACING, (-90.0, 0.0, 0.0), (3.0, 0.0, 0.0)),
    "sheared": lambda: tilted_grid(SHAPE, SPACING, 18.0, (5.0, 6.0, 7.0)),
}


@pytest.fixture(params=list(GRIDS))
def any_stack(request: pytest.FixtureRequest, tmp_path: Path) -> Outlined:
    return stack(tmp_path / "ct", GRIDS[request.param](), patient_position="FFS")


@pytest.fixture
def oblique(tmp_path: Path) -> Outlined:
    return stack(tmp_path / "ct", GRIDS["oblique"]())


@pytest.fixture
def straight(tmp_path: Path) -> Outlined:
    return stack(tmp_path / "ct", GRIDS["straight"]())


def shape_of_no_symmetry(value: int = 1) -> NDArray[np.uint8]:
    labels = np.zeros(SHAPE, dtype=np.uint8)
    labels[1:5, 2:9, 3] = value
    labels[1, 2, 3:8] = value
    labels[4:6, 10:13, 5:7] = value
    return labels


def names_of(masks: BoneMasks) -> list[str]:
    return sorted(masks.names.values())


def mask_of(masks: BoneMasks, name: str) -> NDArray[np.bool_]:
    labels = [label for label, one in masks.names.items() if one == name]
    assert len(labels) == 1
    return masks.labels == labels[0]


def only_reason(masks: BoneMasks) -> str:
    assert not masks.classes
    assert not masks.labels.any()
    assert len(masks.passed_over) == 1
    return masks.passed_over[0].message


# -------------------------------------------------------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("text", "name", "side"),
    [
        ("humerus_left", "humerus_left", LEFT),
        ("vertebrae_L3", "vertebrae_L3", None),
        ("vertebrae_l3", "vertebrae_L3", None),
        ("vertebrae_S1", "vertebrae_S1", None),
        ("L3 vertebra", None, None),
        ("vertebra T12", "vertebrae_T12", None),
        ("hip_right", "hip_right", RIGHT),
        ("rib_left_4", "rib_left_4", LEFT),
        ("left rib 12", "rib_left_12", LEFT),
        ("rib_left_13", None, None),
        ("rib_4", None, None),
        ("sacrum", "sacrum", None),
        ("skull", "skull", None),
        ("skull_left", None, None),
        ("Right Clavicle", "clavicula_right", RIGHT),
        ("patella", "patella", None),
        ("phalanges_hand", "phalanges_hand", None),
        ("tibia_left", "tibia_left", LEFT),
        ("liver", None, None),
        ("kidney_left", None, None),
        ("costal_cartilages", None, None),
        ("femur_left_right", None, None),
        ("femur_l", None, None),
        ("femurleft", None, None),
        ("", None, None),
    ],
)
def test_a_bone_is_named_by_its_words_and_its_side_by_a_word(
    text: str, name: str | None, side: Laterality | None
) -> None:
    assert bone_name(text) == (None if name is None else (name, side))


def test_every_bone_of_totalsegmentator_has_its_own_name() -> None:
    both = ("humerus", "scapula", "clavicula", "femur", "hip")
    total = [f"{bone}_{side}" for bone in both for side in ("left", "right")]
    total += [f"rib_{side}_{number}" for side in ("left", "right") for number in range(1, 13)]
    total += [
        f"vertebrae_{letter}{n}" for letter, count in (("C", 7), ("T", 12), ("L", 5)) for n in range(1, count + 1)
    ]
    total += ["vertebrae_S1", "sacrum", "skull", "sternum"]
    limbs = ["patella", "tibia", "fibula", "tarsal", "metatarsal", "phalanges_feet"]
    limbs += ["ulna", "radius", "carpal", "metacarpal", "phalanges_hand"]
    assert len(total) == 62
    for name in total + limbs:
        assert (bone_name(name) or ("", None))[0] == name


# -------------------------------------------------------------------------------------------------------------- NIfTI


@pytest.mark.parametrize("axes", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("signs", list(itertools.product((1, -1), repeat=3)))
def test_a_nifti_of_any_axis_order_and_sign_comes_to_the_same_voxels(
    tmp_path_factory: pytest.TempPathFactory, oblique_once: Outlined, axes: tuple[int, ...], signs: tuple[int, ...]
) -> None:
    labels = shape_of_no_symmetry()
    path = tmp_path_factory.mktemp("nifti") / "femur_left.nii"
    write_nifti(path, *reorder(labels, affine_ras(oblique_once.grid), axes, signs))
    masks = oblique_once.read(path)
    assert names_of(masks) == ["femur_left"]
    assert not masks.resampled
    np.testing.assert_array_equal(mask_of(masks, "femur_left"), labels != 0)


@pytest.fixture(scope="module")
def oblique_once(tmp_path_factory: pytest.TempPathFactory) -> Outlined:
    return stack(tmp_path_factory.mktemp("ct"), GRIDS["oblique"]())


def test_a_nifti_lies_where_its_affine_says_on_every_grid(any_stack: Outlined, tmp_path: Path) -> None:
    labels = shape_of_no_symmetry()
    path = tmp_path / "tibia.nii.gz"
    write_nifti(path, *reorder(labels, affine_ras(any_stack.grid), (2, 1, 0), (-1, 1, 1)))
    masks = any_stack.read(path)
    assert not masks.resampled
    assert masks.remarks == ()
    np.testing.assert_array_equal(mask_of(masks, "tibia"), labels != 0)


def test_one_voxel_by_hand(tmp_path: Path) -> None:
    # LPS (+5, -3, +20) is RAS (-5, +3, +20): 5 mm to the patient's left.
    found = stack(tmp_path / "ct", straight_grid((5, 7, 11), (10.0, 3.0, 5.0), (0.0, 0.0, 0.0)))
    data = np.zeros((11, 7, 5), dtype=np.uint8)
    data[4, 4, 4] = 1
    affine = np.array([[5.0, 0, 0, -25.0], [0, 3.0, 0, -9.0], [0, 0, 10.0, -20.0], [0, 0, 0, 1]])
    masks = found.read(write_nifti(tmp_path / "sternum.nii", data, affine))
    assert np.argwhere(masks.labels).tolist() == [[4, 2, 6]]
    np.testing.assert_allclose(found.geometry.to_lps_mm([4, 2, 6]), (5.0, -3.0, 20.0))


def test_an_affine_is_trusted_and_a_mirrored_one_gives_mirrored_labels(straight: Outlined, tmp_path: Path) -> None:
    labels = shape_of_no_symmetry()
    affine = affine_ras(straight.grid)
    _, mirrored = reorder(labels, affine, (0, 1, 2), (1, 1, -1))
    masks = straight.read(write_nifti(tmp_path / "femur_left.nii", labels, mirrored))
    np.testing.assert_array_equal(masks.labels != 0, labels[:, :, ::-1] != 0)
    assert masks.sides == {1: LEFT}


def test_labels_in_one_file_are_named_by_the_table_in_its_header(oblique: Outlined, tmp_path: Path) -> None:
    labels = shape_of_no_symmetry(76)
    labels[0, 0, :3] = 5
    labels[0, 1, :3] = 29
    names = {5: "liver", 29: "vertebrae_L3", 76: "femur_right", 91: "skull", 300: "sacrum"}
    path = write_nifti(
        tmp_path / "segmentations.nii.gz", *reorder(labels, affine_ras(oblique.grid), (2, 1, 0), (1, 1, 1)), names
    )
    masks = oblique.read(path)
    assert names_of(masks) == ["femur_right", "vertebrae_L3"]
    assert [one.laterality for one in masks.classes] == [None, RIGHT]
    assert masks.labels.dtype == np.uint8
    np.testing.assert_array_equal(mask_of(masks, "femur_right"), labels == 76)
    np.testing.assert_array_equal(mask_of(masks, "vertebrae_L3"), labels == 29)
    assert not masks.labels[labels == 5].any()
    assert sorted(name for name, _ in oblique.masks(path)) == ["femur_right", "liver", "vertebrae_L3"]


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.uint16, np.float32, np.float64, np.int8])
def test_labels_of_any_type_of_number(oblique: Outlined, tmp_path: Path, dtype: type) -> None:
    labels = shape_of_no_symmetry(76).astype(dtype)
    path = write_nifti(tmp_path / "all.nii", labels, affine_ras(oblique.grid), {76: "femur_right"})
    np.testing.assert_array_equal(mask_of(oblique.read(path), "femur_right"), labels == 76)


def test_one_file_per_class_in_a_folder_with_others_passed_over(oblique: Outlined, tmp_path: Path) -> None:
    affine = affine_ras(oblique.grid)
    first, second = np.zeros(SHAPE, np.uint8), np.zeros(SHAPE, np.uint8)
    first[1:3], second[2:5] = 1, 255
    write_nifti(tmp_path / "m" / "femur_left.nii.gz", first, affine)
    write_nifti(tmp_path / "m" / "hip_left.nii.gz", second, affine)
    write_nifti(tmp_path / "m" / "liver.nii.gz", first, affine)
    write_nifti(tmp_path / "m" / "sacrum.nii.gz", np.zeros(SHAPE, np.uint8), affine)
    (tmp_path / "m" / "statistics.json").write_text("{}")
    (tmp_path / "m" / "._hip_left.nii.gz").write_bytes(b"\0\5\x16\7")
    found = find_masks(tmp_path / "m")
    assert [one.path.name for one in found.files] == [
        "femur_left.nii.gz", "hip_left.nii.gz", "liver.nii.gz", "sacrum.nii.gz"
    ]  # fmt: skip
    assert found.other_file_count == 1
    masks = oblique.read(found)
    # The slice that both claim stays the first one's.
    np.testing.assert_array_equal(mask_of(masks, "femur_left"), first != 0)
    np.testing.assert_array_equal(mask_of(masks, "hip_left"), (second != 0) & (first == 0))
    assert masks.remarks == (f"{SHAPE[1] * SHAPE[2]} voxels are in two classes: the first one has them.",)
    assert [(one.path.name, one.message[:14]) for one in masks.passed_over] == [("liver.nii.gz", "Names of bones")]
    assert names_of(masks) == ["femur_left", "hip_left"]


def test_probabilities_are_cut_at_half(oblique: Outlined, tmp_path: Path) -> None:
    fractions = np.linspace(0, 1, math.prod(SHAPE), dtype=np.float32).reshape(SHAPE)
    path = write_nifti(tmp_path / "skull.nii", fractions, affine_ras(oblique.grid))
    np.testing.assert_array_equal(oblique.read(path).labels != 0, fractions >= 0.5)


def test_scaled_values_are_scaled(oblique: Outlined, tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(shape_of_no_symmetry(38), affine_ras(oblique.grid))
    image.header.set_slope_inter(2.0, 0.0)
    table = '<CaretExtension><LabelTable><Label Key="76">femur_right</Label></LabelTable></CaretExtension>'
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension(0, table.encode()))
    nibabel.save(image, tmp_path / "all.nii")
    stored = bytearray((tmp_path / "all.nii").read_bytes())
    stored[112:120] = struct.pack("<ff", 2.0, 0.0)
    (tmp_path / "all.nii").write_bytes(stored)
    expected = np.asarray(nibabel.load(tmp_path / "all.nii").dataobj) == 76
    np.testing.assert_array_equal(oblique.read(tmp_path / "all.nii").labels != 0, expected)
    assert expected.any()


def test_values_without_names_are_no_bones(oblique: Outlined, tmp_path: Path) -> None:
    labels = shape_of_no_symmetry()
    labels[labels != 0] = np.arange(np.count_nonzero(labels)) % 3 + 1
    affine = affine_ras(oblique.grid)
    assert "found all" in only_reason(oblique.read(write_nifti(tmp_path / "all.nii", labels, affine)))
    with pytest.raises(MaskError, match="the values 1, 3 in a mask of one class"):
        oblique.read(write_nifti(tmp_path / "skull.nii", labels, affine))


def test_two_niftis_of_one_bone_are_refused(oblique: Outlined, tmp_path: Path) -> None:
    for name in ("phase1", "phase2"):
        write_nifti(tmp_path / "m" / name / "femur_left.nii", shape_of_no_symmetry(), affine_ras(oblique.grid))
    with pytest.raises(MaskError, match=r"One NIfTI with femur_left expected for the stack, found 2 .*does not tell"):
        oblique.read(tmp_path / "m")


def test_a_folder_with_the_masks_of_two_series_gives_each_its_own(tmp_path: Path) -> None:
    one = stack(tmp_path / "one", GRIDS["straight"](), seed="one")
    other = stack(tmp_path / "other", straight_grid(SHAPE, SPACING, (12.0, -30.0, 200.0)), seed="other")
    write_nifti(tmp_path / "m" / "1" / "femur_left.nii", shape_of_no_symmetry(), affine_ras(one.grid))
    write_nifti(tmp_path / "m" / "2" / "femur_left.nii", shape_of_no_symmetry()[::-1], affine_ras(other.grid))
    masks = find_masks(tmp_path / "m")
    np.testing.assert_array_equal(one.read(masks).labels, shape_of_no_symmetry())
    np.testing.assert_array_equal(other.read(masks).labels, shape_of_no_symmetry()[::-1])
    assert [entry.path.parent.name for entry in one.read(masks).passed_over] == ["2"]


def test_a_stack_without_masks_is_told_without_opening_a_file(oblique: Outlined, tmp_path: Path) -> None:
    far = oblique_grid(SHAPE, SPACING, (21.0, -13.0, 34.0), (500.0, 0.0, 0.0))
    path = write_nifti(tmp_path / "femur_left.nii", shape_of_no_symmetry(), affine_ras(far))
    masks = find_masks(path)
    path.unlink()
    reason = only_reason(oblique.read(masks))
    assert "6 x 14 x 11 voxels that do not cover the stack" in reason
    assert "Resample the mask to the series." in reason


def test_a_file_removed_since_is_a_clear_error(oblique: Outlined, tmp_path: Path) -> None:
    path = write_nifti(tmp_path / "femur_left.nii", shape_of_no_symmetry(), affine_ras(oblique.grid))
    masks = find_masks(path)
    path.unlink()
    with pytest.raises(MaskError, match="FileNotFoundError"):
        oblique.read(masks)


# ---------------------------------------------------------------------------------------------------- resampled NIfTI


def ball_on(grid: Grid, center_lps_mm: Sequence[float], radius_mm: float) -> NDArray[np.uint8]:
    positions = grid.positions_lps_mm(np.stack(np.mgrid[tuple(slice(n) for n in grid.shape_kji)], axis=-1))
    return (np.linalg.norm(positions - center_lps_mm, axis=-1) <= radius_mm).astype(np.uint8)


def finer(rotation: tuple[float, float, float], shape: tuple[int, int, int], shift: float = 0.0) -> Grid:
    return oblique_grid(shape, (1.5, 1.5, 1.5), rotation, (shift, 0.0, 0.0))


@pytest.mark.parametrize("rotation", [(0.0, 0.0, 0.0), (21.0, -13.0, 34.0)])
def test_a_resampled_mask_that_covers_the_stack_is_taken_by_nearest_neighbor(
    tmp_path: Path, rotation: tuple[float, float, float]
) -> None:
    # 12 slices of 3 mm, 40 x 30 pixels of 0.8 x 1.2 mm: 36 x 32 x 36 mm, as 24 x 21 x 24 voxels of 1.5 mm.
    found = stack(tmp_path / "ct", oblique_grid((12, 40, 30), (3.0, 0.8, 1.2), rotation))
    resampled = finer(rotation, (24, 21, 24))
    center = rotation_matrix(rotation) @ (3.0, -2.0, 4.0)
    path = tmp_path / "all.nii.gz"
    stored = reorder(ball_on(resampled, center, 9.0), affine_ras(resampled), (2, 1, 0), (-1, -1, 1))
    write_nifti(path, *stored, {1: "humerus_right"})
    masks = found.read(path)
    assert masks.resampled
    assert "another grid than the stack" in masks.remarks[0]
    # Half a diagonal of 1.5 mm voxels beside the surface at most.
    assert mask_of(masks, "humerus_right")[ball_on(found.grid, center, 9.0 - 1.3) != 0].all()
    assert not masks.labels[ball_on(found.grid, center, 9.0 + 1.3) == 0].any()
    with pytest.raises(MaskError, match="never resampled"):
        found.drawn(path)


@pytest.mark.parametrize(
    ("shape", "shift", "reason"),
    [
        ((24, 21, 20), 0.0, "do not cover"),
        ((24, 21, 24), 6.0, "do not cover"),
        ((60, 21, 24), 0.0, "go beyond the stack: they were made for another"),
        ((24, 21, 80), 0.0, "go beyond"),
    ],
)
def test_a_resampled_mask_of_another_extent_is_not_taken(
    tmp_path: Path, shape: tuple[int, int, int], shift: float, reason: str
) -> None:
    found = stack(tmp_path / "ct", straight_grid((12, 40, 30), (3.0, 0.8, 1.2)))
    resampled = finer((0.0, 0.0, 0.0), shape, shift)
    path = write_nifti(tmp_path / "skull.nii", np.ones(shape, np.uint8), affine_ras(resampled))
    assert reason in only_reason(found.read(path))


def test_many_classes_on_another_grid_are_put_together_before(tmp_path: Path) -> None:
    found = stack(tmp_path / "ct", straight_grid((12, 40, 30), (3.0, 0.8, 1.2)))
    resampled = finer((0.0, 0.0, 0.0), (24, 21, 24))
    for number, name in enumerate(("femur_left", "femur_right", "patella")):
        data = np.zeros((24, 21, 24), np.uint8)
        data[8 * number : 8 * number + 8] = 1
        write_nifti(tmp_path / "m" / f"{name}.nii", data, affine_ras(resampled))
    masks = found.read(tmp_path / "m")
    assert names_of(masks) == ["femur_left", "femur_right", "patella"]
    np.testing.assert_array_equal(masks.labels[:, 0, 0], np.repeat((1, 2, 3), 4))
    assert masks.labels.all()


def test_an_uneven_stack_takes_an_even_mask_as_a_resampled_one(tmp_path: Path) -> None:
    found = stack(tmp_path / "ct", uneven_grid([0, 2, 4, 6, 11, 16, 21], (14, 11), (0.7, 0.9)))
    even = uneven_grid(list(np.arange(0, 22, 1.0)), (14, 11), (0.7, 0.9))
    data = np.zeros((22, 14, 11), np.uint8)
    data[5:12] = 1
    masks = found.read(write_nifti(tmp_path / "skull.nii", data, affine_ras(even)))
    assert masks.resampled
    assert masks.labels[:, 3, 3].tolist() == [0, 0, 0, 1, 1, 0, 0]


def test_a_tilted_stack_takes_a_mask_straightened_by_other_programs(tmp_path: Path) -> None:
    # dicom2nifti and dcm2niix resample a tilted stack to the box that holds it.
    found = stack(tmp_path / "ct", tilted_grid((12, 40, 30), (3.0, 0.8, 1.2), 25.0))
    slices, rows, columns = found.grid.shape_kji
    ends = np.array([(k, j, i) for k in (0, slices - 1) for j in (0, rows - 1) for i in (0, columns - 1)], float)
    corners = found.grid.positions_lps_mm(ends)
    low, high = corners.min(axis=0), corners.max(axis=0)
    shape = np.ceil((high - low)[::-1]).astype(int) + 1
    box = straight_grid((int(shape[0]), int(shape[1]), int(shape[2])), (1.0, 1.0, 1.0), (low + high) / 2)
    center = (1.0, 2.0, -3.0)
    path = write_nifti(tmp_path / "patella.nii", ball_on(box, center, 9.0), affine_ras(box))
    masks = found.read(path)
    assert masks.resampled
    assert masks.labels[ball_on(found.grid, center, 9.0 - 0.87) != 0].all()
    assert not masks.labels[ball_on(found.grid, center, 9.0 + 0.87) == 0].any()


def test_what_is_the_stacks_own_is_taken_before_what_is_resampled(tmp_path: Path) -> None:
    found = stack(tmp_path / "ct", straight_grid((12, 40, 30), (3.0, 0.8, 1.2)))
    resampled = finer((0.0, 0.0, 0.0), (24, 21, 24))
    write_nifti(tmp_path / "m" / "coarse" / "skull.nii", np.ones((24, 21, 24), np.uint8), affine_ras(resampled))
    own = np.zeros((12, 40, 30), np.uint8)
    own[3] = 1
    write_nifti(tmp_path / "m" / "own" / "skull.nii", own, affine_ras(found.grid))
    masks = found.read(tmp_path / "m")
    np.testing.assert_array_equal(masks.labels, own)
    assert "made elsewhere" in masks.passed_over[0].message


def test_a_single_slice_takes_a_mask_in_its_plane_only(tmp_path: Path) -> None:
    found = stack(tmp_path / "ct", straight_grid((1, 14, 11), SPACING), slice_thickness_mm=2.5)
    affine = np.diag([-1.0, -1.0, 1.0, 1.0]) @ np.array(
        [[0.9, 0, 0, -4.5], [0, 0.7, 0, -4.55], [0, 0, 2.5, 0], [0, 0, 0, 1]]
    )
    data = np.zeros((11, 14, 1), np.uint8)
    data[2, 3] = 1
    masks = found.read(write_nifti(tmp_path / "skull.nii", data, affine))
    assert np.argwhere(masks.labels).tolist() == [[0, 3, 2]]
    affine[2, 3] = 40.0
    assert "do not cover" in only_reason(found.read(write_nifti(tmp_path / "skull.nii", data, affine)))


# ---------------------------------------------------------------------------------------------------------------- SEG


def two_bones() -> dict[str, NDArray[np.uint8]]:
    first, second = shape_of_no_symmetry(), np.zeros(SHAPE, np.uint8)
    second[2:4, 0:2, 8:10] = 1
    return {"femur_left": first, "liver": 1 - first - second, "vertebrae_L4": second}


@pytest.mark.parametrize("kind", ["BINARY", "FRACTIONAL", "LABELMAP"])
@pytest.mark.parametrize("omit_empty_frames", [True, False])
def test_a_seg_comes_to_its_voxels_on_every_grid(
    any_stack: Outlined, tmp_path: Path, kind: SegKind, omit_empty_frames: bool
) -> None:
    bones = two_bones()
    path = write_seg(
        tmp_path / "seg.dcm",
        any_stack.paths,
        bones,
        kind=kind,
        omit_empty_frames=omit_empty_frames,
        shuffle_seed=5,
    )
    masks = any_stack.read(path)
    assert names_of(masks) == ["femur_left", "vertebrae_L4"]
    assert not masks.resampled
    for name in masks.names.values():
        np.testing.assert_array_equal(mask_of(masks, name), bones[name] != 0)
    assert masks.remarks == masks.passed_over == ()


def test_a_fractional_seg_is_cut_at_half(oblique: Outlined, tmp_path: Path) -> None:
    fractions = np.linspace(0, 1, math.prod(SHAPE)).reshape(SHAPE)
    path = write_seg(tmp_path / "seg.dcm", oblique.paths, {"skull": fractions}, kind="FRACTIONAL")
    np.testing.assert_array_equal(oblique.read(path).labels != 0, np.around(fractions * 255) >= 127.5)


def test_frames_may_run_another_way_than_the_stack(oblique: Outlined, tmp_path: Path) -> None:
    # Drawn on the same pixels, stored from right to left and from bottom to top.
    bones = two_bones()
    path = write_seg(tmp_path / "seg.dcm", oblique.paths, bones)
    seg = dcmread(path)
    frames = seg.pixel_array.reshape(-1, *SHAPE[1:])
    directions = np.array(
        [float(v) for v in seg.SharedFunctionalGroupsSequence[0].PlaneOrientationSequence[0][0x200037].value]
    )
    for group in seg.PerFrameFunctionalGroupsSequence:
        corner = np.array([float(v) for v in group.PlanePositionSequence[0].ImagePositionPatient])
        corner = corner + directions[:3] * SPACING[2] * (SHAPE[2] - 1) + directions[3:] * SPACING[1] * (SHAPE[1] - 1)
        group.PlanePositionSequence[0].ImagePositionPatient = [f"{v:.10g}" for v in corner]
    seg.SharedFunctionalGroupsSequence[0].PlaneOrientationSequence[0].ImageOrientationPatient = [
        f"{-v:.10g}" for v in directions
    ]
    seg.PixelData = pack_bits(np.ascontiguousarray(frames[:, ::-1, ::-1]))
    seg.save_as(path)
    masks = oblique.read(path)
    assert not masks.resampled
    np.testing.assert_array_equal(mask_of(masks, "femur_left"), bones["femur_left"] != 0)


def test_frames_may_have_rows_where_the_stack_has_columns(oblique: Outlined, tmp_path: Path) -> None:
    bones = two_bones()
    path = write_seg(tmp_path / "seg.dcm", oblique.paths, bones)
    seg = dcmread(path)
    frames = seg.pixel_array.reshape(-1, *SHAPE[1:])
    shared = seg.SharedFunctionalGroupsSequence[0]
    directions = [float(value) for value in shared.PlaneOrientationSequence[0].ImageOrientationPatient]
    shared.PlaneOrientationSequence[0].ImageOrientationPatient = [
        f"{value:.10g}" for value in (*directions[3:], *directions[:3])
    ]
    shared.PixelMeasuresSequence[0].PixelSpacing = [SPACING[2], SPACING[1]]
    seg.Rows, seg.Columns = SHAPE[2], SHAPE[1]
    seg.PixelData = pack_bits(np.ascontiguousarray(frames.transpose(0, 2, 1)))
    seg.save_as(path)
    masks = oblique.read(path)
    assert not masks.resampled
    np.testing.assert_array_equal(mask_of(masks, "femur_left"), bones["femur_left"] != 0)


def test_a_seg_of_more_slices_and_a_larger_field_gives_its_part(tmp_path: Path) -> None:
    whole = stack(tmp_path / "whole", GRIDS["oblique"]())
    grid = whole.grid
    part = Grid(
        (3, 8, 6),
        grid.row_direction,
        grid.column_direction,
        grid.row_spacing_mm,
        grid.column_spacing_mm,
        grid.positions_lps_mm(np.array([(k, 4.0, 2.0) for k in (2, 3, 4)])),
    )
    found = stack(tmp_path / "part", part, series_number=2)
    path = write_seg(tmp_path / "seg.dcm", whole.paths, two_bones())
    masks = found.read(path)
    assert not masks.resampled
    np.testing.assert_array_equal(mask_of(masks, "femur_left"), shape_of_no_symmetry()[2:5, 4:12, 2:8] != 0)
    assert masks.remarks == ("seg.dcm lies in the same frame of reference, and references none of the images.",)


def test_a_seg_of_a_finer_series_in_the_same_frame_of_reference_is_resampled(tmp_path: Path) -> None:
    thin = stack(tmp_path / "thin", straight_grid((30, 48, 40), (1.0, 0.5, 0.75)))
    thick = stack(tmp_path / "thick", straight_grid((10, 30, 36), (3.0, 0.8, 0.8)), series_number=2)
    other = stack(tmp_path / "other", straight_grid((10, 30, 36), (3.0, 0.8, 0.8)), seed="another patient")
    center = (2.0, -3.0, 1.0)
    path = write_seg(tmp_path / "seg.dcm", thin.paths, {"patella": ball_on(thin.grid, center, 8.0)}, shuffle_seed=1)
    masks = thick.read(path)
    assert masks.resampled
    assert len(masks.remarks) == 2
    assert masks.labels[ball_on(thick.grid, center, 7.3) != 0].all()
    assert not masks.labels[ball_on(thick.grid, center, 8.7) == 0].any()
    assert "frame of reference" in only_reason(other.read(path))
    with pytest.raises(MaskError, match="never resampled"):
        thick.drawn(path)


def test_a_thick_seg_fills_the_thin_slices_near_its_planes(tmp_path: Path) -> None:
    thick = stack(tmp_path / "thick", straight_grid((10, 30, 36), (3.0, 0.8, 0.8)))
    thin = stack(tmp_path / "thin", straight_grid((28, 30, 36), (1.0, 0.8, 0.8)), series_number=2)
    mask = np.zeros((10, 30, 36), np.uint8)
    mask[4] = 1
    masks = thin.read(write_seg(tmp_path / "seg.dcm", thick.paths, {"patella": mask}))
    # The plane at -1.5 mm stands for -3 to 0 mm; thin slices lie at whole and half: -2.5, -1.5, -0.5.
    filled = np.flatnonzero(masks.labels.any(axis=(1, 2)))
    np.testing.assert_allclose(thin.geometry.positions_along_normal_mm[filled], [-2.5, -1.5, -0.5])


@pytest.mark.parametrize(
    ("grid", "reason"),
    [
        (lambda: oblique_grid(SHAPE, SPACING, (-90.0, 0.0, 0.0), (12.0, -30.0, 100.0)), "along the slices"),
        (lambda: straight_grid((6, 40, 11), SPACING, (12.0, -30.0, 100.0)), "cover the stack"),
    ],
)
def test_a_stack_that_another_seg_of_its_frame_of_reference_does_not_fit_goes_without(
    straight: Outlined, tmp_path: Path, grid: Callable[[], Grid], reason: str
) -> None:
    other = stack(tmp_path / "other", grid(), series_number=2)
    path = write_seg(tmp_path / "seg.dcm", straight.paths, two_bones())
    # Pixels beside its own, so that it is no part of the same grid.
    seg = dcmread(path)
    seg.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].PixelSpacing = [0.69, 0.89]
    seg.save_as(path)
    assert reason in only_reason(other.read(path))


def test_a_seg_that_references_the_series_and_does_not_fit_is_refused(straight: Outlined, tmp_path: Path) -> None:
    path = write_seg(tmp_path / "seg.dcm", straight.paths, two_bones())
    seg = dcmread(path)
    shared = seg.SharedFunctionalGroupsSequence[0]
    shared.PlaneOrientationSequence[0].ImageOrientationPatient = [1, 0, 0, 0, 0, -1]
    seg.save_as(path)
    with pytest.raises(MaskError, match=r"Frames along the slices .* found Image Orientation .*seg\.dcm") as caught:
        straight.read(path)
    assert caught.value.series_uid == straight.stack.series_uid
    assert caught.value.path == path


def test_a_seg_in_another_frame_of_reference_than_its_images_is_refused(straight: Outlined, tmp_path: Path) -> None:
    path = write_seg(tmp_path / "seg.dcm", straight.paths, two_bones(), FrameOfReferenceUID="1.2.3")
    with pytest.raises(MaskError, match=r"found 1\.2\.3 in a SEG that references images of the series"):
        straight.read(path)


def test_a_seg_of_no_bones_says_so_and_can_be_read_all_the_same(straight: Outlined, tmp_path: Path) -> None:
    tumor = {"tumor": shape_of_no_symmetry(), "tumor 2, left": np.roll(shape_of_no_symmetry(), 1, axis=2)}
    path = write_seg(tmp_path / "seg.dcm", straight.paths, tumor)
    assert "found tumor, tumor 2, left" in only_reason(straight.read(path))
    for (name, mask), (expected_name, expected) in zip(straight.masks(path), tumor.items(), strict=True):
        assert name == expected_name
        np.testing.assert_array_equal(mask, expected)


def test_two_segments_of_one_name_are_two_unless_they_are_bones(straight: Outlined, tmp_path: Path) -> None:
    seg_path = write_seg(
        tmp_path / "seg.dcm", straight.paths, {"a": shape_of_no_symmetry(), "b": two_bones()["vertebrae_L4"]}
    )
    for name, count in (("mass", 2), ("patella", 1)):
        seg = dcmread(seg_path)
        for segment in seg.SegmentSequence:
            segment.SegmentLabel = name
        seg.save_as(tmp_path / "twin.dcm")
        path = tmp_path / "twin.dcm"
        found = straight.read(path).classes if name == "patella" else straight.masks(path)
        assert len(found) == count


def test_more_than_255_classes_take_two_bytes(straight: Outlined, tmp_path: Path) -> None:
    labels = np.arange(math.prod(SHAPE), dtype=np.int16).reshape(SHAPE) % 301
    names = {number: f"class {number}" for number in range(1, 301)}
    path = write_nifti(tmp_path / "all.nii", labels, affine_ras(straight.grid), names)
    masks = straight.masks(path)
    assert [name for name, _ in masks] == list(names.values())
    np.testing.assert_array_equal(sum(number * mask for number, (_, mask) in enumerate(masks, 1)), labels)


# ----------------------------------------------------------------------------------------------------------- RTSTRUCT


RECTANGLE = [(1.6, 2.4), (8.4, 2.4), (8.4, 11.6), (1.6, 11.6)]
HOLE = [(3.5, 4.5), (6.5, 4.5), (6.5, 9.5), (3.5, 9.5)]
ISLAND = [(4.6, 5.6), (5.4, 5.6), (5.4, 6.4), (4.6, 6.4)]


def test_contours_are_filled_with_holes_and_islands_on_every_grid(any_stack: Outlined, tmp_path: Path) -> None:
    drawn = [(any_stack.polygon(2, one), any_stack.uid(2)) for one in (RECTANGLE, HOLE, ISLAND)]
    drawn.append((any_stack.polygon(4, HOLE), any_stack.uid(4)))
    references = [any_stack.uid(k) for k in range(6)]
    path = tmp_path / "rs.dcm"
    write_structure_set(path, any_stack.paths[0], {"femur_right": drawn}, references=references)
    expected = np.zeros(SHAPE, dtype=bool)
    expected[2, 3:12, 2:9] = True
    expected[2, 5:10, 4:7] = False
    expected[2, 6, 5] = True
    expected[4, 5:10, 4:7] = True
    masks = any_stack.read(path)
    np.testing.assert_array_equal(mask_of(masks, "femur_right"), expected)
    assert masks.sides == {1: RIGHT}
    assert masks.remarks == masks.passed_over == ()


@pytest.mark.parametrize(("k", "expected"), [(2.3, 2), (2.7, 3), (-0.4, 0), (-0.9, None), (5.4, 5), (5.9, None)])
def test_a_contour_between_slices_belongs_to_the_nearest_within_half_a_step(
    oblique: Outlined, tmp_path: Path, k: float, expected: int | None
) -> None:
    offset = oblique.grid.slice_spacing_mm * oblique.grid.normal * k
    points = oblique.polygon(0, RECTANGLE) + offset
    path = write_structure_set(
        tmp_path / "rs.dcm", oblique.paths[0], {"skull": [(points, None)]}, references=[oblique.uid(0)]
    )
    masks = oblique.read(path)
    assert np.unique(np.nonzero(masks.labels)[0]).tolist() == ([] if expected is None else [expected])
    assert ("1 contours in rs.dcm lie beside the stack's slices." in masks.remarks) == (expected is None)


def test_between_sheared_slices_a_contour_moves_along_the_normal(tmp_path: Path) -> None:
    found = stack(tmp_path / "ct", tilted_grid(SHAPE, SPACING, 30.0))
    points = found.polygon(2.4, [(3.6, 4.6), (6.4, 4.6), (6.4, 8.4), (3.6, 8.4)])
    path = write_structure_set(
        tmp_path / "rs.dcm", found.paths[0], {"skull": [(points, None)]}, references=[found.uid(0)]
    )
    expected = np.zeros(SHAPE, dtype=bool)
    expected[2, 5:9, 4:7] = True
    np.testing.assert_array_equal(found.read(path).labels != 0, expected)


def test_of_contours_in_planes_closer_than_the_slices_the_nearest_counts(straight: Outlined, tmp_path: Path) -> None:
    # Drawn on slices of half the step: exclusive or of neighbors would leave nothing.
    drawn = [(straight.polygon(k, RECTANGLE if k == 2 else HOLE), None) for k in (1.6, 2, 2.4, 3.1, 3.3)]
    path = write_structure_set(tmp_path / "rs.dcm", straight.paths[0], {"skull": drawn}, references=[straight.uid(0)])
    masks = straight.read(path)
    assert masks.labels[2].sum() == 9 * 7
    assert masks.labels[3].sum() == 5 * 3


def test_a_contour_from_pixel_to_pixel_round_a_mask_gives_the_mask(straight: Outlined, tmp_path: Path) -> None:
    # As OpenCV and rt_utils draw it: through the centers of the outermost pixels, also round the hole.
    outer = [(2, 3), (8, 3), (8, 7), (5, 10), (2, 10)]
    hole = [(3, 5), (4, 4), (5, 4), (6, 5), (6, 6), (5, 7), (4, 7), (3, 6)]
    drawn = [(straight.polygon(1, one) + 1e-5, straight.uid(1)) for one in (outer, hole)]
    path = write_structure_set(tmp_path / "rs.dcm", straight.paths[0], {"skull": drawn}, references=[straight.uid(1)])
    rows = [".......", ".......", ".......",
            "..#######..", "..#######..", "..##..###..", "..##..###..", "..#######..", "..######...", "..#####....",
            "..####....."]  # fmt: skip
    expected = np.zeros(SHAPE[1:], dtype=bool)
    for j, row in enumerate(rows):
        expected[j, [i for i, letter in enumerate(row) if letter == "#"]] = True
    np.testing.assert_array_equal(straight.read(path).labels[1] != 0, expected)


def test_what_has_no_inside_is_counted(straight: Outlined, tmp_path: Path) -> None:
    drawn = [(straight.polygon(1, RECTANGLE), None)]
    path = write_structure_set(
        tmp_path / "rs.dcm", straight.paths[0], {"skull": drawn}, references=[straight.uid(1)], kind="OPEN_PLANAR"
    )
    masks = straight.read(path)
    assert masks.remarks == ("1 contours in rs.dcm of type OPEN_PLANAR have no inside.",)
    assert not masks.labels.any()


def test_contours_across_the_slices_are_refused(straight: Outlined, tmp_path: Path) -> None:
    points = np.array(straight.polygon(1, RECTANGLE))
    points[2:, 2] += 3.0
    path = write_structure_set(
        tmp_path / "rs.dcm", straight.paths[0], {"skull": [(points, None)]}, references=[straight.uid(1)]
    )
    with pytest.raises(MaskError, match=r"in the plane of the slices expected, found one that goes through 3\.00 mm"):
        straight.read(path)


def test_coordinates_win_over_references_in_the_same_frame_of_reference(straight: Outlined, tmp_path: Path) -> None:
    drawn = [(straight.polygon(1, RECTANGLE), straight.uid(4))]
    path = write_structure_set(tmp_path / "rs.dcm", straight.paths[0], {"skull": drawn}, references=[straight.uid(1)])
    masks = straight.read(path)
    assert np.flatnonzero(mask_of(masks, "skull").any(axis=(1, 2))).tolist() == [1]
    assert masks.remarks == (
        "Contours in rs.dcm lie beside the images that they reference (the first -7.50 mm beside slice 5): their "
        "coordinates were taken, in the same frame of reference.",
    )


def test_contours_elsewhere_than_the_image_they_reference_are_refused_in_another_frame_of_reference(
    straight: Outlined, tmp_path: Path
) -> None:
    drawn = [(straight.polygon(1, RECTANGLE), straight.uid(4))]
    path = write_structure_set(
        tmp_path / "rs.dcm",
        straight.paths[0],
        {"skull": drawn},
        references=[straight.uid(1)],
        frame_of_reference_uid="1.2.3",
    )
    with pytest.raises(MaskError, match=r"A contour in slice 5, which it references, expected, found one -7\.50 mm"):
        straight.read(path)


def test_the_images_tell_the_series_where_the_frame_of_reference_is_made_up(straight: Outlined, tmp_path: Path) -> None:
    # As rt_utils writes it, and TotalSegmentator with it.
    drawn = [(straight.polygon(1, RECTANGLE), straight.uid(1))]
    made_up = {"frame_of_reference_uid": "1.2.3"}
    path = tmp_path / "rs.dcm"
    write_structure_set(path, straight.paths[0], {"skull": drawn}, references=[straight.uid(1)], **made_up)
    assert straight.read(path).labels.sum() == 9 * 7
    write_structure_set(path, straight.paths[0], {"skull": drawn}, references=["1.9"], **made_up)
    assert "found frame of reference 1.2.3" in only_reason(straight.read(path))


def test_the_frame_of_reference_tells_the_series_where_no_image_is_named(straight: Outlined, tmp_path: Path) -> None:
    drawn = [(straight.polygon(1, RECTANGLE), None)]
    path = write_structure_set(tmp_path / "rs.dcm", straight.paths[0], {"skull": drawn})
    masks = straight.read(path)
    assert masks.labels.sum() == 9 * 7
    assert "references none of the images" in masks.remarks[0]
    other = replace(straight, stack=replace(straight.stack, frame_of_reference_uid=None))
    assert "Frame of reference none" in only_reason(other.read(path))


def test_regions_of_another_frame_of_reference_in_the_same_file_are_not_the_stacks(
    straight: Outlined, tmp_path: Path
) -> None:
    drawn = [(straight.polygon(1, RECTANGLE), None)]
    path = write_structure_set(tmp_path / "rs.dcm", straight.paths[0], {"skull": drawn, "sacrum": drawn})
    dataset = dcmread(path)
    dataset.StructureSetROISequence[0].ReferencedFrameOfReferenceUID = "1.2.3"
    dataset.save_as(path)
    masks = straight.read(path)
    assert names_of(masks) == ["sacrum"]
    assert "found frame of reference 1.2.3" in masks.passed_over[0].message


def test_all_kinds_together_agree(straight: Outlined, tmp_path: Path) -> None:
    expected = np.zeros(SHAPE, dtype=np.uint8)
    expected[2, 3:12, 2:9] = 1
    drawn = [(straight.polygon(2, RECTANGLE), straight.uid(2))]
    folder = tmp_path / "m"
    folder.mkdir()
    write_structure_set(folder / "rs.dcm", straight.paths[0], {"hip right": drawn}, references=[straight.uid(2)])
    write_seg(folder / "seg.dcm", straight.paths, {"Right hip": expected})
    write_nifti(folder / "hip_right.nii.gz", expected, affine_ras(straight.grid))
    found = find_masks(folder)
    assert {one.kind for one in found.files} == {MaskKind.SEG, MaskKind.RTSTRUCT, MaskKind.NIFTI}
    masks = straight.read(found)
    np.testing.assert_array_equal(masks.labels, expected)
    assert [(one.name, len(one.paths)) for one in masks.classes] == [("hip_right", 3)]


def test_masks_beside_the_images_of_their_series(straight: Outlined) -> None:
    folder = straight.paths[0].parent
    write_seg(folder / "seg.dcm", straight.paths, two_bones())
    found = find_masks(folder)
    assert [one.path.name for one in found.files] == ["seg.dcm"]
    assert found.other_file_count == SHAPE[0]


def test_the_area_of_a_circle_is_filled() -> None:
    angle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    circle = np.stack([100.3 + 80.2 * np.cos(angle), 97.8 + 80.2 * np.sin(angle)], axis=1)
    assert fill_polygons([circle], (200, 200)).sum() == pytest.approx(np.pi * 80.2**2, rel=1e-3)


def test_a_sliver_between_pixel_centers_has_no_pixel() -> None:
    sliver = np.array([(2.2, 1.0), (2.8, 1.0), (2.8, 5.0), (2.2, 5.0)])
    assert not fill_polygons([sliver], (7, 9)).any()
    # A hole whose edges lie a fraction of a pixel inside those of the whole.
    ring = [np.array([(a, a), (b, a), (b, b), (a, b)]) for a, b in ((1.2, 6.8), (1.4, 6.6))]
    assert not fill_polygons(ring, (9, 9)).any()


def test_a_polygon_beyond_the_image_fills_what_is_in_it() -> None:
    square = np.array([(-5.5, -5.5), (3.5, -5.5), (3.5, 50.5), (-5.5, 50.5)])
    filled = fill_polygons([square], (7, 9))
    assert filled[:, :4].all()
    assert not filled[:, 4:].any()
    assert not fill_polygons([square - 100], (7, 9)).any()
    assert fill_polygons([np.array([(-9.0, -9.0), (99.0, -9.0), (99.0, 99.0), (-9.0, 99.0)])], (7, 9)).all()


def test_a_polygon_of_one_or_two_points_has_no_inside_but_the_centers_on_it() -> None:
    assert fill_polygons([np.array([(2.0, 3.0)])], (7, 9)).sum() == 0
    line = np.array([(2.0, 3.0), (4.0, 3.0)])
    assert np.argwhere(fill_polygons([line], (7, 9))).tolist() == [[3, 2], [3, 3], [3, 4]]


# ------------------------------------------------------------------------------------------------------ hostile input


def nifti_with(path: Path, grid: Grid, **fields: Fields) -> Path:
    image = nibabel.Nifti1Image(shape_of_no_symmetry(), affine_ras(grid))
    nibabel.save(image, path)
    stored = bytearray(path.read_bytes())
    places = {"dim": (40, "<8h"), "vox_offset": (108, "<f"), "codes": (252, "<2h"), "sform_x": (280, "<4f")}
    for name, values in fields.items():
        place, form = places[name]
        struct.pack_into(form, stored, place, *(values if isinstance(values, tuple) else (values,)))
    path.write_bytes(stored)
    return path


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"codes": (0, 0)}, "nothing tells where it lies"),
        ({"dim": (4, 6, 14, 11, 2, 1, 1, 1)}, "a shape of 6 x 14 x 11 x 2"),
        ({"dim": (3, 32767, 32767, 32767, 1, 1, 1, 1)}, "35181150961663 voxels, at most"),
        ({"dim": (3, 6, 0, 11, 1, 1, 1, 1)}, "three axes expected"),
        ({"vox_offset": 1e9}, "a header of 1e\\+09 bytes"),
        ({"vox_offset": math.nan}, "a header of nan bytes"),
        ({"sform_x": (math.nan, 0.0, 0.0, 1.0)}, "an affine that places no voxels|nothing tells|ValueError|LinAlg"),
        ({"sform_x": (0.0, 0.0, 0.0, 1.0)}, "an affine that places no voxels"),
    ],
)
def test_a_nifti_that_cannot_be_placed_is_refused(
    straight: Outlined, tmp_path: Path, fields: dict[str, Fields], found: str
) -> None:
    path = nifti_with(tmp_path / "skull.nii", straight.grid, **fields)
    with pytest.raises(MaskError, match=found) as caught:
        find_masks(path)
    assert caught.value.path == path
    assert "Write the file again." in str(caught.value)


def test_sform_and_qform_that_mirror_each_other_are_refused(straight: Outlined, tmp_path: Path) -> None:
    affine = affine_ras(straight.grid)
    image = nibabel.Nifti1Image(shape_of_no_symmetry(), affine)
    image.set_sform(affine, 1)
    image.set_qform(affine @ np.diag([1.0, 1.0, -1.0, 1.0]), 1)
    nibabel.save(image, tmp_path / "skull.nii")
    with pytest.raises(MaskError, match="nothing tells left from right"):
        find_masks(tmp_path / "skull.nii")


@pytest.mark.parametrize(
    ("table", "found"),
    [
        ('<!DOCTYPE x [<!ENTITY a "b">]><C><LabelTable><Label Key="1">&a;</Label></LabelTable></C>', "entities"),
        ('<CaretExtension><LabelTable><Label Key="1">', "ParseError"),
        ('<CaretExtension><LabelTable><Label Key="one">skull</Label></LabelTable></CaretExtension>', "ValueError"),
        ('<C><LabelTable><Label Key="999999999999">skull</Label></LabelTable></C>', "labels beyond 0 to 65535"),
        ('<C><LabelTable><Label Key="-3">skull</Label></LabelTable></C>', "labels beyond 0 to 65535"),
        ('<C><LabelTable><Label Key="1">a</Label><Label Key="1">b</Label></LabelTable></C>', "names one value twice"),
    ],
)  # fmt: skip
def test_a_broken_table_of_names_is_refused(straight: Outlined, tmp_path: Path, table: str, found: str) -> None:
    path = write_nifti(tmp_path / "all.nii.gz", shape_of_no_symmetry(), affine_ras(straight.grid), table=table)
    with pytest.raises(MaskError, match=found):
        find_masks(path)


def test_a_bomb_in_the_header_is_not_unpacked(straight: Outlined, tmp_path: Path) -> None:
    plain = nifti_with(tmp_path / "plain.nii", straight.grid, vox_offset=2e9).read_bytes()
    path = tmp_path / "skull.nii.gz"
    path.write_bytes(gzip.compress(plain[:352] + bytes(2**22)))
    with pytest.raises(MaskError, match=r"a header of 2e\+09 bytes"):
        find_masks(path)


@pytest.mark.parametrize("name", ["skull.nii", "skull.nii.gz", "seg.dcm", "rs.dcm"])
@pytest.mark.parametrize("keep", [0.03, 0.5, 0.97])
def test_a_file_cut_off_is_a_clear_error_or_none(straight: Outlined, tmp_path: Path, name: str, keep: float) -> None:
    path = tmp_path / name
    write_any(path, straight)
    stored = path.read_bytes()
    path.write_bytes(stored[: int(len(stored) * keep)])
    with pytest.raises(MaskError, match=name):
        straight.read(path)


def write_any(path: Path, found: Outlined) -> Path:
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 2, SHAPE).astype(np.uint8)
    if path.name.startswith("seg"):
        return write_seg(path, found.paths, {"skull": noise, "liver": noise})
    if path.name.startswith("rs"):
        drawn = [(found.polygon(k, RECTANGLE), found.uid(k)) for k in range(6)]
        return write_structure_set(path, found.paths[0], {"skull": drawn}, references=[found.uid(1)])
    return write_nifti(path, noise, affine_ras(found.grid), {1: "skull"})


@pytest.mark.parametrize("name", ["skull.nii", "skull.nii.gz", "seg.dcm", "rs.dcm"])
def test_broken_bytes_never_crash(straight: Outlined, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    whole = write_any(path, straight).read_bytes()
    errors = 0
    for seed in range(40):
        chance = random.Random(seed)  # noqa: S311 (no secret)
        stored = bytearray(whole)
        for _ in range(chance.choice((1, 3, 20))):
            # Most of what matters stands at the beginning.
            place = chance.randrange(len(stored) if chance.random() < 0.5 else min(600, len(stored)))
            stored[place] = chance.randrange(256)
        path.write_bytes(stored)
        try:
            masks = straight.read(path)
        except UsageError:
            errors += 1
        else:
            assert masks.labels.shape == SHAPE
    assert errors


def test_a_file_of_several_kinds_is_no_mask(straight: Outlined, tmp_path: Path) -> None:
    path = write_any(tmp_path / "rs.dcm", straight)
    uid = b"1.2.840.10008.5.1.4.1.1.481.3"
    path.write_bytes(path.read_bytes().replace(uid, uid.replace(b"10008.5", b"10008\\5"), 1))
    with pytest.raises(MaskError, match="found none among 1 files"):
        find_masks(path)


def test_a_deflated_bomb_is_refused_before_it_is_unpacked(straight: Outlined, tmp_path: Path) -> None:
    path = write_seg(tmp_path / "seg.dcm", straight.paths, two_bones())
    seg = dcmread(path)
    seg.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    seg.save_as(path, implicit_vr=False, little_endian=True)
    assert len(straight.read(path).classes) == 2
    stored = path.read_bytes()
    meta_end = 144 + dcmread(path).file_meta.FileMetaInformationGroupLength
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    body = packer.compress(zlib.decompress(stored[meta_end:], -zlib.MAX_WBITS)) + packer.compress(bytes(2**27))
    path.write_bytes(stored[:meta_end] + body + packer.flush())
    with pytest.raises(MaskError, match="TooLargeError"):
        find_masks(path)


def test_a_path_that_is_not_there_and_a_folder_without_masks(tmp_path: Path) -> None:
    with pytest.raises(InputPathError, match="does not exist"):
        find_masks(tmp_path / "nowhere")
    (tmp_path / "notes.txt").write_text("no mask")
    with pytest.raises(MaskError, match="found none among 1 files"):
        find_masks(tmp_path)


# ------------------------------------------------------------------------------------------------------------ records


def test_records_are_frozen_and_survive_pickling(straight: Outlined, tmp_path: Path) -> None:
    path = write_nifti(tmp_path / "femur_left.nii", shape_of_no_symmetry(), affine_ras(straight.grid))
    found = find_masks(path)
    assert pickle.loads(pickle.dumps(found)) == found  # noqa: S301 (our own)
    masks = pickle.loads(pickle.dumps(straight.read(found)))  # noqa: S301
    assert masks.names == {1: "femur_left"}
    with pytest.raises(ValueError, match="read-only"):
        masks.labels[0, 0, 0] = 1
    with pytest.raises(FrozenInstanceError):
        masks.resampled = True
    error = pickle.loads(pickle.dumps(MaskError("what", path, "1.2")))  # noqa: S301
    assert (str(error), error.path, error.series_uid) == ("what", path, "1.2")


def test_importing_it_loads_no_library_for_masks() -> None:
    code = "import sys, calcimeasure.load.masks; assert not {'nibabel', 'highdicom', 'xml.etree'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


# --------------------------------------------------------------------------------------------------------- real files


def real_stack(folder: Path) -> Outlined:
    first = next(one for one in find_series(folder).series if one.modality == "CT")
    stack, geometry, _ = checked_stack(first, Settings())
    grid = Grid(
        geometry.shape_kji,
        geometry.row_direction,
        geometry.column_direction,
        geometry.row_spacing_mm,
        geometry.column_spacing_mm,
        geometry.origins_lps_mm,
    )
    return Outlined(grid, [], stack, geometry)


@pytest.mark.shared
@pytest.mark.parametrize("number", ["008", "010", "012", "025", "028", "049"])
def test_rtstruct_and_nifti_of_one_tumor_agree(shared_dicom: Path, number: str) -> None:
    folder = shared_dicom / "ct_limb" / f"STS_{number}"
    found = real_stack(folder)
    ((name, contours),) = found.masks(folder / "dicom")
    ((other_name, voxels),) = found.masks(folder / "nifti")
    assert (name, other_name) == ("GTV_Mass_CT", "CT_mask")
    assert 2 * np.count_nonzero(contours & voxels) / (contours.sum() + voxels.sum()) > 0.999
    assert voxels.sum() > 5000
    assert "found GTV_Mass_CT" in only_reason(found.read(folder / "dicom"))


@pytest.mark.shared
@pytest.mark.parametrize("name", ["24x38x3", "23x38x3"])
@pytest.mark.parametrize("images", ["image", "multiframe"])
def test_dcmqi_seg_agrees_with_its_nrrd(shared_dicom: Path, name: str, images: str) -> None:
    import SimpleITK as sitk

    folder = shared_dicom / "ct_seg" / "dcmqi_segmentations" / name
    found = real_stack(folder / images)
    expected = sitk.GetArrayFromImage(sitk.ReadImage(folder / "nrrd" / "label.nrrd"))
    ((segment, mask),) = found.masks(folder / "seg")
    np.testing.assert_array_equal(mask, expected != 0)
    assert segment == "Liver"
    assert "found Liver" in only_reason(found.read(folder / "seg"))


@pytest.mark.shared
def test_dcmqi_liver_belongs_to_its_own_series_only(shared_dicom: Path) -> None:
    folder = shared_dicom / "ct_seg" / "dcmqi_segmentations"
    masks = find_masks(folder / "liver.dcm")
    own, other = real_stack(folder / "ct-3slice"), real_stack(folder / "24x38x3" / "image")
    ((_, liver),) = own.masks(folder / "liver.dcm")
    assert liver.sum(axis=(1, 2)).tolist() == [36233, 35645, 35220]
    assert "Names of bones expected" in only_reason(own.read(masks))
    with pytest.raises(MaskError, match="Frame of reference"):
        other.drawn(folder / "liver.dcm")


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "count", "outside"),
    [("rt.dcm", 1, 0), ("invalid_reference_rt.dcm", 4, 4), ("non_existent_reference_rt.dcm", 4, 4)],
)
def test_structure_sets_of_rt_utils(shared_dicom: Path, name: str, count: int, outside: int) -> None:
    folder = shared_dicom / "ct_seg" / "rt_utils"
    found = real_stack(folder / "mock_data")
    drawn = found.drawn(folder / "mock_data" / name)
    assert sum(outline is not None for _, outline in drawn.outlines) == count
    assert any(f"{outside} contours in {name} lie beside" in one for one in drawn.remarks) == (outside > 0)
    oblique = real_stack(folder / "oriented_data")
    with pytest.raises(MaskError, match="frame of reference"):
        oblique.drawn(folder / "mock_data" / name)


# What was not taken, and why


def test_broken_files_of_a_folder_stop_nothing_and_are_named(straight: Outlined, tmp_path: Path) -> None:
    bone = np.zeros(SHAPE, dtype=np.uint8)
    bone[1:3, 2:5, 2:5] = 1
    good = write_nifti(tmp_path / "femur_left.nii.gz", bone, affine_ras(straight.grid))
    (tmp_path / "liver.nii.gz").write_bytes(b"")
    (tmp_path / "tibia_left.nii.gz").write_bytes(good.read_bytes()[:40])
    nibabel.save(nibabel.Nifti1Image(np.zeros((2, 2, 2, 3), np.uint8), np.eye(4)), tmp_path / "four.nii")
    (tmp_path / "seg.dcm").write_bytes(broken_seg(straight, tmp_path))
    masks = find_masks(tmp_path)
    assert [one.path.name for one in masks.broken] == ["four.nii", "liver.nii.gz", "seg.dcm", "tibia_left.nii.gz"]
    assert all(one.path.name in one.message and "expected, found" in one.message for one in masks.broken)
    assert straight.read(masks).names == {1: "femur_left"}
    for one in masks.broken:
        with pytest.raises(MaskError, match=one.path.name):
            find_masks(one.path)


def broken_seg(outlined: Outlined, folder: Path) -> bytes:
    """The bytes of a SEG that ends within its header."""
    path = write_seg(folder.parent / "whole.dcm", outlined.paths, {"femur_left": np.ones(SHAPE, dtype=bool)})
    return path.read_bytes()[:1200]


def test_folder_with_broken_masks_alone_is_a_folder_of_masks(tmp_path: Path) -> None:
    (tmp_path / "liver.nii.gz").write_bytes(b"")
    masks = find_masks(tmp_path)
    assert (masks.files, len(masks.broken)) == ((), 1)


@pytest.mark.parametrize(
    ("text", "seems"),
    [
        *[(name, True) for name in ("Femur_L", "L-Tibia", "Femoral Head R", "Bones", "rib 4", "left sternum")],
        *[(name, False) for name in ("femur_left", "liver", "hand", "vertebrae_L3", "ribeye", "", "Clavicle right")],
    ],
)
def test_name_that_seems_to_mean_a_bone(text: str, seems: bool) -> None:
    assert seems_to_mean_a_bone(text) == seems


def test_names_that_seem_to_mean_bones_are_told_also_beside_others_that_were_taken(
    straight: Outlined, tmp_path: Path
) -> None:
    left, right = np.zeros(SHAPE, dtype=bool), np.zeros(SHAPE, dtype=bool)
    left[1:3, 2:5, 2:5], right[1:3, 8:10, 2:5] = True, True
    write_seg(tmp_path / "seg.dcm", straight.paths, {"femur_left": left, "Femur_R": right, "liver": right})
    masks = straight.read(tmp_path)
    assert (masks.names, masks.unknown_names) == ({1: "femur_left"}, ("Femur_R",))

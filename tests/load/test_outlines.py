"""Outlines of files, each by itself, equal to the voxel; the truth is an array written by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from calcimeasure.load import find_series
from calcimeasure.load.masks import MaskError, find_masks, read_outlines
from calcimeasure.load.volume import checked_stack
from calcimeasure.model import AlgorithmType
from calcimeasure.settings import Settings
from tests.dicom_phantom import Header, write_series
from tests.mask_writers import (
    DEFLATED_FRAMES,
    affine_ras,
    encode_frames,
    reorder,
    write_meta_image,
    write_mitk,
    write_nifti,
    write_nrrd,
    write_ohif_seg,
    write_seg,
    write_slicer,
    write_structure_set,
)
from tests.phantoms import oblique_grid, tilted_grid, uneven_grid

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from calcimeasure.geometry import Geometry
    from calcimeasure.load.masks import DrawnOutlines
    from calcimeasure.model import Stack
    from tests.phantoms import Grid

SHAPE = (6, 14, 11)
SPACING = (2.5, 0.7, 0.9)
Masks = dict[str, "NDArray[np.uint8]"]


class Drawing:
    """A stack of CT to draw on."""

    def __init__(self, folder: Path, grid: Grid) -> None:
        self.folder, self.grid = folder, grid
        self.images = write_series(folder / "ct", np.zeros(grid.shape_kji), grid, Header(), shuffle_seed=3)
        found: tuple[Stack, Geometry, Any] = checked_stack(find_series(folder / "ct").series[0], Settings())
        self.stack, self.geometry, _ = found
        self.affine_ras = affine_ras(grid)
        self.affine_lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ self.affine_ras

    def read(self, path: Path) -> DrawnOutlines:
        (file,) = find_masks(path).files
        return read_outlines(file, self.stack, self.geometry)

    def masks(self, path: Path) -> Masks:
        return masks_of(self.read(path))

    def refusal(self, path: Path) -> str:
        with pytest.raises(MaskError) as refused:
            self.read(path)
        return str(refused.value)


def masks_of(drawn: DrawnOutlines) -> Masks:
    return {
        one.text: outline.mask_in((0, 0, 0), SHAPE).astype(np.uint8)
        for one, outline in drawn.outlines
        if outline is not None
    }


@pytest.fixture(scope="module")
def oblique(tmp_path_factory: pytest.TempPathFactory) -> Drawing:
    grid = oblique_grid(SHAPE, SPACING, (21.0, -13.0, 34.0), (-80.0, 5.0, 7.0))
    return Drawing(tmp_path_factory.mktemp("oblique"), grid)


def blocks(*, overlapping: bool = False) -> Masks:
    """Three shapes without symmetry; the second may overlap the first, and the third both."""
    a, b, c = (np.zeros(SHAPE, dtype=np.uint8) for _ in range(3))
    a[1:4, 2:8, 3:5] = 1
    a[1, 2, 3:8] = 1
    b[3:6, 8 - 2 * overlapping : 13, 4:7] = 1
    b[2:3, 10:12, 8:10] = 1
    c[0:1, 1, 1:3] = 1
    if overlapping:
        c[2:4, 6:10, 3:6] = 1
    return {"first": a, "second": b, "thïrd": c}


def assert_equal(found: Masks, expected: Masks) -> None:
    assert list(found) == list(expected)
    for name, mask in expected.items():
        np.testing.assert_array_equal(found[name], mask, err_msg=name)


# SEG


def plain(path: Path) -> Path:
    return path


def saved_as(syntax: str) -> Callable[[Path], Path]:
    def save(path: Path) -> Path:
        seg = dcmread(path)
        seg.file_meta.TransferSyntaxUID = syntax
        seg.save_as(path, implicit_vr=syntax == ImplicitVRLittleEndian, little_endian=True)
        return path

    return save


def encoded(syntax: str) -> Callable[[Path], Path]:
    return lambda path: encode_frames(path, syntax)


RLE, JPEG_LS, JPEG_2000 = "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90"
ENCODINGS: dict[str, tuple[Any, Callable[[Path], Path]]] = {
    "binary": ("BINARY", saved_as(ExplicitVRLittleEndian)),
    "binary implicit": ("BINARY", saved_as(ImplicitVRLittleEndian)),
    "binary deflated": ("BINARY", saved_as(DeflatedExplicitVRLittleEndian)),
    "binary deflated frames": ("BINARY", encoded(DEFLATED_FRAMES)),
    "fractional": ("FRACTIONAL", plain),
    "fractional RLE": ("FRACTIONAL", encoded(RLE)),
    "fractional JPEG-LS": ("FRACTIONAL", encoded(JPEG_LS)),
    "fractional JPEG 2000": ("FRACTIONAL", encoded(JPEG_2000)),
    "fractional deflated": ("FRACTIONAL", saved_as(DeflatedExplicitVRLittleEndian)),
    "label map": ("LABELMAP", plain),
    "label map RLE": ("LABELMAP", encoded(RLE)),
    "label map JPEG-LS": ("LABELMAP", encoded(JPEG_LS)),
    "label map JPEG 2000": ("LABELMAP", encoded(JPEG_2000)),
    "label map deflated frames": ("LABELMAP", encoded(DEFLATED_FRAMES)),
}


@pytest.mark.parametrize("name", list(ENCODINGS))
def test_a_seg_of_any_encoding_gives_its_voxels(oblique: Drawing, tmp_path: Path, name: str) -> None:
    kind, encode = ENCODINGS[name]
    expected = blocks(overlapping=kind != "LABELMAP")
    path = encode(write_seg(tmp_path / "seg.dcm", oblique.images, expected, kind=kind, shuffle_seed=5))
    assert_equal(oblique.masks(path), expected)


@pytest.mark.parametrize(
    "grid",
    [tilted_grid(SHAPE, SPACING, 18.0, (5.0, 6.0, 7.0)), uneven_grid((0, 2, 4.5, 6, 9, 11), SHAPE[1:], (0.7, 0.9))],
    ids=["tilted", "uneven"],
)
def test_a_seg_on_a_tilted_or_uneven_stack(tmp_path: Path, grid: Grid) -> None:
    drawing = Drawing(tmp_path, grid)
    path = write_seg(tmp_path / "seg.dcm", drawing.images, blocks(overlapping=True))
    assert_equal(drawing.masks(path), blocks(overlapping=True))


def test_a_seg_as_ohif_writes_it(oblique: Drawing, tmp_path: Path) -> None:
    path = write_ohif_seg(tmp_path / "seg.dcm", oblique.images, blocks(overlapping=True))
    assert_equal(oblique.masks(path), blocks(overlapping=True))
    (file,) = find_masks(path).files
    assert file.author == "Reader1"
    assert {(one.algorithm_type, one.is_anatomy) for one in file.classes} == {(AlgorithmType.SEMIAUTOMATIC, None)}


def test_fractions_count_from_a_half_on(oblique: Drawing, tmp_path: Path) -> None:
    part = blocks()["first"] * 0.5
    part[1, 2, 3] = 0.45
    found = oblique.masks(write_seg(tmp_path / "seg.dcm", oblique.images, {"first": part}, kind="FRACTIONAL"))
    np.testing.assert_array_equal(found["first"], part >= 0.5)


def test_a_seg_says_who_drew_what_and_how(oblique: Drawing, tmp_path: Path) -> None:
    path = write_seg(tmp_path / "seg.dcm", oblique.images, blocks(), ContentCreatorName="Doe^Jane^A.")
    seg = dcmread(path)
    seg.SegmentSequence[0].TrackingUID = "1.2.3"
    seg.SegmentSequence[1].SegmentAlgorithmType = "AUTOMATIC"
    seg.SegmentSequence[2].SegmentAlgorithmType = "SEMIAUTOMATIC"
    seg.SegmentSequence[2].SegmentedPropertyCategoryCodeSequence[0].CodeValue = "49755003"
    seg.save_as(path)
    (file,) = find_masks(path).files
    assert file.author == "Doe, Jane A."
    assert file.patient_id == oblique.stack.patient_id
    assert [one.tracking_uid for one in file.classes] == ["1.2.3", None, None]
    assert [one.algorithm_type for one in file.classes] == [
        AlgorithmType.MANUAL,
        AlgorithmType.AUTOMATIC,
        AlgorithmType.SEMIAUTOMATIC,
    ]
    assert [one.is_anatomy for one in file.classes] == [True, True, False]


def test_a_seg_on_other_pixels_or_in_another_frame_of_reference_is_refused(oblique: Drawing, tmp_path: Path) -> None:
    path = write_seg(tmp_path / "seg.dcm", oblique.images, blocks())
    seg = dcmread(path)
    seg.FrameOfReferenceUID = "1.2.3"
    seg.save_as(tmp_path / "frame.dcm")
    assert "Frame of reference" in oblique.refusal(tmp_path / "frame.dcm")
    seg = dcmread(path)
    measures = seg.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    measures.PixelSpacing = [0.7, 0.8]
    seg.save_as(tmp_path / "spacing.dcm")
    assert "never resampled" in oblique.refusal(tmp_path / "spacing.dcm")


def test_pixels_beside_the_stack_are_not_lost_in_silence(oblique: Drawing, tmp_path: Path) -> None:
    path = write_seg(tmp_path / "seg.dcm", oblique.images, blocks())
    seg = dcmread(path)
    aside = oblique.geometry.row_direction * oblique.geometry.column_spacing_mm * 9
    for groups in seg.PerFrameFunctionalGroupsSequence:
        plane = groups.PlanePositionSequence[0]
        plane.ImagePositionPatient = [f"{value:.9g}" for value in np.array(plane.ImagePositionPatient, float) + aside]
    seg.save_as(path)
    assert "pixels of a frame outside" in oblique.refusal(path)


# Image files


def slicer(drawing: Drawing, path: Path, masks: Masks, **how: Any) -> Path:  # noqa: ANN401 - what the writer takes
    return write_slicer(path, masks, drawing.affine_lps, **how)


@pytest.mark.parametrize("space", ["left-posterior-superior", "right-anterior-superior", "left-anterior-superior"])
@pytest.mark.parametrize("overlapping", [False, True])
@pytest.mark.parametrize("crop", [None, (slice(0, 6), slice(1, 14), slice(1, 10))])
def test_slicer_segments(oblique: Drawing, tmp_path: Path, space: str, overlapping: bool, crop: Any) -> None:  # noqa: ANN401
    expected = blocks(overlapping=overlapping)
    path = slicer(oblique, tmp_path / "Segmentation.seg.nrrd", expected, space=space, crop=crop)
    assert_equal(oblique.masks(path), expected)


def test_old_files_of_slicer_have_a_layer_for_each_segment(oblique: Drawing, tmp_path: Path) -> None:
    expected = blocks(overlapping=True)
    texts = {f"Segment{number}_Name": name for number, name in enumerate(expected)}
    layers = [one.transpose(2, 1, 0) for one in expected.values()]
    path = write_nrrd(tmp_path / "old.seg.nrrd", layers, oblique.affine_lps[:, [2, 1, 0, 3]], texts=texts)
    assert_equal(oblique.masks(path), expected)


def test_mitk_groups_of_labels(oblique: Drawing, tmp_path: Path) -> None:
    a, b, c = blocks(overlapping=True).items()
    groups = [{1: a}, {3: b}, {4: c, 5: ("nothing", np.zeros(SHAPE))}]
    drawn = oblique.read(write_mitk(tmp_path / "seg.nrrd", groups, oblique.affine_lps))
    assert_equal(masks_of(drawn), blocks(overlapping=True))
    assert [one.text for one, outline in drawn.outlines if outline is None] == ["nothing"]


def numbered(masks: Masks) -> NDArray[np.uint8]:
    return np.sum([mask * number for number, mask in enumerate(masks.values(), 1)], axis=0).astype(np.uint8)


def test_values_without_names_are_outlines_of_their_own(oblique: Drawing, tmp_path: Path) -> None:
    labels = numbered(blocks())
    expected = {f"drawn {number}": mask for number, mask in enumerate(blocks().values(), 1)}
    assert_equal(oblique.masks(write_meta_image(tmp_path / "drawn.mha", labels, oblique.affine_lps)), expected)
    # ITK-SNAP: the axes of the file run as it likes.
    stored, affine = reorder(labels, oblique.affine_ras, (2, 0, 1), (-1, 1, -1))
    assert_equal(oblique.masks(write_nifti(tmp_path / "drawn.nii.gz", stored, affine)), expected)
    one = {"drawn": blocks()["first"]}
    assert_equal(oblique.masks(write_meta_image(tmp_path / "drawn.mha", one["drawn"] * 7, oblique.affine_lps)), one)


def test_a_cropped_nifti_with_names(oblique: Drawing, tmp_path: Path) -> None:
    labels = numbered(blocks())[:, 1:, 1:]
    affine = oblique.affine_ras.copy()
    affine[:3, 3] += affine[:3, 1] + affine[:3, 2]
    names = dict(enumerate(blocks(), 1))
    assert_equal(oblique.masks(write_nifti(tmp_path / "a.nii.gz", labels, affine, names)), blocks())


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda affine: affine @ np.diag([1, 1.1, 1, 1]), "voxels of 2.5 x 0.77 x 0.9 mm"),
        (lambda affine: affine + shifted(0.35), "which is index"),
        (lambda affine: turned(affine, 3.0), "axes up to 3.00 degrees"),
    ],
    ids=["spacing", "origin", "direction"],
)
def test_another_grid_is_refused_with_what_differs(
    oblique: Drawing, tmp_path: Path, change: Callable[[Any], Any], found: str
) -> None:
    path = write_slicer(tmp_path / "other.seg.nrrd", blocks(), change(oblique.affine_lps))
    told = oblique.refusal(path)
    assert found in told
    assert "the stack: 2.5 x 0.7 x 0.9" in told
    assert "never resampled" in told


def shifted(mm: float) -> NDArray[np.float64]:
    move = np.zeros((4, 4))
    move[:3, 3] = mm
    return move


def turned(affine: NDArray[np.float64], degrees: float) -> NDArray[np.float64]:
    """Turn rows and columns round the normal."""
    steps = np.linalg.norm(affine[:3, :3], axis=0)
    k, j, i = (affine[:3, axis] / steps[axis] for axis in range(3))
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    result = affine.copy()
    result[:3, :3] = np.stack([k, j * cosine + i * sine, i * cosine - j * sine], axis=1) * steps
    return result


def test_voxels_beside_the_stack_are_refused(oblique: Drawing, tmp_path: Path) -> None:
    affine = oblique.affine_lps.copy()
    affine[:3, 3] += 4 * affine[:3, 2]
    path = write_slicer(tmp_path / "aside.seg.nrrd", {"first": np.ones(SHAPE, np.uint8)}, affine)
    assert f"found {6 * 14 * 4} voxels outside" in oblique.refusal(path)


def test_bones_of_slicer_are_bone_masks_too(oblique: Drawing, tmp_path: Path) -> None:
    from calcimeasure.load.masks import read_masks

    path = write_slicer(tmp_path / "bones.seg.nrrd", {"Femur left": blocks()["first"]}, oblique.affine_lps)
    masks = read_masks(find_masks(path), oblique.stack, oblique.geometry)
    assert masks.names == {1: "femur_left"}
    np.testing.assert_array_equal(masks.labels, blocks()["first"])


# RTSTRUCT


def polygon(drawing: Drawing, k: int) -> NDArray[np.float64]:
    corners = [(k, 2.6, 1.6), (k, 2.6, 8.4), (k, 11.4, 8.4), (k, 11.4, 1.6)]
    return np.asarray(drawing.geometry.to_lps_mm(np.array(corners)))


@pytest.mark.parametrize("own_frame", [True, False])
def test_where_contours_and_references_disagree(oblique: Drawing, tmp_path: Path, own_frame: bool) -> None:
    uids = [one.sop_uid for one in oblique.stack.instances]
    # As one viewer writes them: the references run the other way.
    contours = [(polygon(oblique, k), uids[len(uids) - 1 - k]) for k in range(1, 4)]
    path = write_structure_set(
        tmp_path / "rs.dcm",
        oblique.images[0],
        {"drawn": contours},
        references=uids,
        frame_of_reference_uid=None if own_frame else "1.2.3",
    )
    if not own_frame:
        assert "which it references, expected" in oblique.refusal(path)
        return
    drawn = oblique.read(path)
    expected = np.zeros(SHAPE, np.uint8)
    expected[1:4, 3:12, 2:9] = 1
    assert_equal(masks_of(drawn), {"drawn": expected})
    assert drawn.notices == ("references_disagree",)
    assert len(drawn.remarks) == 1


def test_overlapping_regions_keep_all_their_voxels(oblique: Drawing, tmp_path: Path) -> None:
    uids = [one.sop_uid for one in oblique.stack.instances]
    regions = {
        "a": [(polygon(oblique, 1), uids[1])],
        "b": [(polygon(oblique, 1), uids[1]), (polygon(oblique, 2), uids[2])],
    }
    path = write_structure_set(tmp_path / "rs.dcm", oblique.images[0], regions, references=uids)
    drawn = oblique.read(path)
    assert [outline.voxel_count for _, outline in drawn.outlines if outline] == [63, 126]
    assert drawn.notices == ()


def test_contours_between_slices_are_not_moved(oblique: Drawing, tmp_path: Path) -> None:
    between = polygon(oblique, 1) + oblique.geometry.normal * 1.1
    path = write_structure_set(tmp_path / "rs.dcm", oblique.images[0], {"a": [(between, None)]}, references=[])
    assert "Contours in the planes of the slices expected, found one 1.10 mm beside slice 2" in oblique.refusal(path)


def test_contours_of_another_frame_without_references_are_refused(oblique: Drawing, tmp_path: Path) -> None:
    uids = [one.sop_uid for one in oblique.stack.instances]
    path = write_structure_set(
        tmp_path / "rs.dcm",
        oblique.images[0],
        {"a": [(polygon(oblique, 1), None)]},
        references=uids,
        frame_of_reference_uid="1.2.3",
    )
    assert "contours that reference their images, expected" in oblique.refusal(path)


# Hostile input


@pytest.fixture(scope="module")
def whole_files(oblique: Drawing, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("whole")
    slicer(oblique, folder / "a.seg.nrrd", blocks(overlapping=True))
    write_mitk(folder / "b.nrrd", [{1: ("a", blocks()["first"])}], oblique.affine_lps)
    write_meta_image(folder / "c.mha", numbered(blocks()), oblique.affine_lps)
    encode_frames(write_seg(folder / "d.dcm", oblique.images, blocks(), kind="LABELMAP"), JPEG_LS)
    encode_frames(write_seg(folder / "e.dcm", oblique.images, blocks()), DEFLATED_FRAMES)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_broken_bytes_are_refused_or_read(
    oblique: Drawing, whole_files: dict[str, bytes], tmp_path: Path, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(whole_files)))
    content = bytearray(whole_files[name])
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=6)):
        content[place] = data.draw(st.integers(0, 255))
    path = tmp_path / name
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        for file in find_masks(path).files:
            read_outlines(file, oblique.stack, oblique.geometry)
    except MaskError:
        pass


@pytest.mark.parametrize(
    ("name", "old", "new", "found"),
    [
        ("a.seg.nrrd", b"space: left-posterior-superior", b"space dimension: 3", "nothing tells left from right"),
        ("a.seg.nrrd", b"space: left-posterior-superior", b"space: scanner-xyz", "nothing tells left from right"),
        ("a.seg.nrrd", b"encoding: gzip", b"encoding: gzip\ndata file: /etc/passwd", "voxels in another file"),
        ("a.seg.nrrd", b"sizes: 3 11 14 6", b"sizes: 3 11000 14000 6", "at most"),
        ("a.seg.nrrd", b"Segment1_Layer:=1", b"Segment1_Layer:=9", "labels of layer 10"),
        ("a.seg.nrrd", b"Segment0_LabelValue:=1", b"Segment0_LabelValue:=x", "ValueError"),
        ("b.nrrd", b'[{"labels"', b'[{"labels', "JSON"),
        ("c.mha", b"ElementDataFile = LOCAL", b"ElementDataFile = other.raw", "voxels in another file"),
        ("c.mha", b"Offset = ", b"Comment = ", "nothing tells where it lies"),
    ],
)
def test_what_would_be_filled_in_is_refused(
    oblique: Drawing, whole_files: dict[str, bytes], tmp_path: Path, name: str, old: bytes, new: bytes, found: str
) -> None:
    assert old in whole_files[name]
    (tmp_path / name).write_bytes(whole_files[name].replace(old, new, 1))
    assert found in oblique.refusal(tmp_path / name)

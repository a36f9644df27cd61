"""The nouns: frozen, read-only, comparable, small, and where a file is told to lie."""

import dataclasses
import inspect
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from calcimeasure import model
from calcimeasure.model import (
    Failure,
    Instance,
    Lesion,
    Outcome,
    Outline,
    PixelFormat,
    Radiograph,
    SpacingSource,
    Stack,
    State,
    Status,
    Tissue,
    Volume,
    review_state,
)
from tests.phantoms import Grid, straight_grid
from tests.test_geometry import geometry_of

NOUNS = [
    noun
    for _, noun in inspect.getmembers(model, dataclasses.is_dataclass)
    if noun.__module__.startswith(f"{model.__name__}.")
]
WITH_ARRAYS = {"Volume", "Radiograph", "Report", "NamedBones"}
"""Report holds the geometry's."""

MASKS = arrays(bool, array_shapes(min_dims=3, max_dims=3, max_side=7)).filter(np.any)


def instance(**changes: Any) -> Instance:  # noqa: ANN401
    """Return an image of a made-up series."""
    facts: dict[str, Any] = {
        "path": Path("in/a/IM1.dcm"),
        "root": Path("in"),
        "sop_uid": "1.2.3.1",
        "instance_number": 1,
        "position_lps_mm": (0.0, 0.0, 0.0),
        "rescale_slope": 1.0,
        "rescale_intercept": -1024.0,
        "pixel_format": PixelFormat("1.2.840.10008.1.2.1", 4, 5, 1, 16, 16, signed=False),
        "pixel_offset": 0,
    }
    return Instance(**facts | changes)


def ct_series(**changes: Any) -> Stack:  # noqa: ANN401
    """Return a made-up series; what it says is told by nothing but these facts."""
    facts: dict[str, Any] = {
        "series_uid": "1.2.3",
        "study_uid": "1.2",
        "stack_number": 1,
        "modality": "CT",
        "sop_class_uid": "1.2.840.10008.5.1.4.1.1.2",
        "instances": (instance(sop_uid="1.2.3.1"), instance(sop_uid="1.2.3.2")),
    }
    return Stack(**facts | changes)


def volume_of(hu: np.ndarray, grid: Grid, *notices: str) -> Volume:
    """Return (k, j, i) Hounsfield units as if they had been loaded."""
    images = tuple(instance(sop_uid=f"1.2.3.{k}", instance_number=k) for k in range(1, len(hu) + 1))
    return Volume(ct_series(instances=images), geometry_of(grid), np.array(hu, dtype=np.int16), notices)


# All of them


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: noun.__name__)
def test_noun_is_frozen(noun: type) -> None:
    made = noun.__new__(noun)
    assert "__dict__" not in dir(made)
    for field in dataclasses.fields(noun):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(made, field.name, None)


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: noun.__name__)
def test_noun_compares_by_identity_where_it_holds_arrays(noun: type) -> None:
    assert (noun.__eq__ is object.__eq__) == (noun.__name__ in WITH_ARRAYS)
    assert noun.__hash__ is not None


# Images


def make_volume() -> tuple[Volume, str]:
    return volume_of(np.arange(24).reshape(2, 3, 4), straight_grid((2, 3, 4), (3.0, 0.8, 0.6)), "a"), "attenuation_hu"


def make_radiograph() -> tuple[Radiograph, str]:
    pixels = np.arange(12, dtype=np.float32).reshape(3, 4)
    return Radiograph(ct_series(modality="DX"), pixels, (0.2, 0.1), SpacingSource.PATIENT, ("a",)), "pixels"


@pytest.mark.parametrize("pickled", [False, True])
@pytest.mark.parametrize("make", [make_volume, make_radiograph])
def test_pixels_are_read_only(make: Any, pickled: bool) -> None:  # noqa: ANN401
    image, name = make()
    before = getattr(image, name).copy()
    again = pickle.loads(pickle.dumps(image)) if pickled else image  # noqa: S301
    with pytest.raises(ValueError, match="read-only"):
        getattr(again, name)[0] = 7
    np.testing.assert_array_equal(getattr(again, name), before)
    assert (again.stack, again.notices) == (image.stack, ("a",))


def test_voxels_have_the_shape_of_the_geometry() -> None:
    with pytest.raises(ValueError, match=r"\(2, 3, 4\) expected, found \(2, 4, 3\)"):
        volume_of(np.zeros((2, 4, 3)), straight_grid((2, 3, 4), (3.0, 0.8, 0.6)))


# Outlines


def test_outline_by_hand() -> None:
    mask = np.zeros((4, 5, 6), dtype=bool)
    mask[2, 1, 2:5] = True
    mask[3, 3, 4] = True
    outline = Outline.from_mask(mask, (10, 20, 30))
    assert (outline.start_kji, outline.stop_kji) == ((12, 21, 32), (14, 24, 35))
    assert outline.shape_kji == (2, 3, 3)
    assert outline.box == (slice(12, 14), slice(21, 24), slice(32, 35))
    # 111 000 000, 000 000 001 and six bits that fill the last byte.
    assert outline.bits == bytes([0b11100000, 0b00000000, 0b01000000])


@given(MASKS, st.tuples(*[st.integers(0, 500)] * 3))
@settings(deadline=None, max_examples=100)
def test_outline_gives_back_the_mask(mask: np.ndarray, start_kji: tuple[int, int, int]) -> None:
    outline = Outline.from_mask(mask, start_kji)
    cropped = outline.mask()
    assert cropped.dtype == bool
    assert cropped.shape == outline.shape_kji
    for axis in range(3):
        sides = np.moveaxis(cropped, axis, 0)
        assert sides[0].any(), "the mask touches each face of its box"
        assert sides[-1].any(), "the mask touches each face of its box"
    again = np.zeros_like(mask)
    again[tuple(slice(part.start - at, part.stop - at) for part, at in zip(outline.box, start_kji, strict=True))] = (
        cropped
    )
    np.testing.assert_array_equal(again, mask)
    assert len(outline.bits) == -(-cropped.size // 8), "eight voxels a byte"


def test_mask_of_an_outline_is_a_copy() -> None:
    outline = Outline.from_mask(np.ones((1, 2, 3), dtype=bool))
    outline.mask()[:] = False
    assert outline.mask().all()


def test_outlines_compare_by_what_they_hold() -> None:
    mask = np.random.default_rng(2).random((4, 5, 6)) < 0.4
    mask[0, 0, 0] = mask[-1, -1, -1] = True
    outline = Outline.from_mask(mask, (1, 2, 3))
    assert pickle.loads(pickle.dumps(outline)) == outline  # noqa: S301
    other_order = Outline.from_mask(np.asfortranarray(mask), (1, 2, 3))
    padded = Outline.from_mask(np.pad(mask, 1), (0, 1, 2))
    assert {outline, other_order, padded} == {outline}
    mask[1, 1, 1] ^= True
    assert Outline.from_mask(mask, (1, 2, 3)) != outline
    assert "bits" not in repr(outline)


def test_box_is_of_plain_whole_numbers_whatever_the_start_is() -> None:
    outline = Outline.from_mask(np.ones((1, 2, 3), dtype=bool), tuple(np.array([4, 5, 6])))
    assert {type(index) for index in outline.start_kji + outline.stop_kji} == {int}


def test_empty_mask_is_no_outline() -> None:
    with pytest.raises(ValueError, match="empty"):
        Outline.from_mask(np.zeros((2, 3, 4), dtype=bool))


# Where files are told to lie

IN_ZIP = {"path": Path("/in/x.zip"), "root": Path("/in"), "member": "../../a/./IM1"}


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"path": Path("/in/a/IM1"), "root": Path("/in")}, "a/IM1"),
        ({"path": Path("/in/a/IM1"), "root": Path("/elsewhere")}, "IM1"),
        (IN_ZIP, "x.zip/a/IM1"),
        (IN_ZIP | {"member": "/a/IM1"}, "x.zip/a/IM1"),
        (IN_ZIP | {"root": Path("/in/x.zip")}, "a/IM1"),
    ],
)
def test_file_is_told_relative_to_the_path_that_held_it(facts: dict[str, Any], told: str) -> None:
    stack = ct_series(instances=(instance(**facts), instance()))
    assert stack.instances[0].relative_path == Path(told)
    assert stack.relative_path == Path(told)
    assert Failure(State.FAILED, "no_pixels", "", stack, path=Path("/other")).relative_path == Path(told)
    assert Failure(State.FAILED, "unreadable_file", "", **facts).relative_path == Path(told)


@pytest.mark.parametrize(("path", "told"), [(Path("/in/IM1"), "IM1"), (None, ".")])
def test_failure_without_a_root_tells_no_folder(path: Path | None, told: str) -> None:
    assert Failure(State.FAILED, "unreadable_file", "", path=path).relative_path == Path(told)


# Outlines together


@given(st.lists(MASKS, min_size=2, max_size=3), st.lists(st.tuples(*[st.integers(0, 3)] * 3), min_size=3, max_size=3))
@settings(deadline=None)
def test_union_and_overlap_are_those_of_the_voxels(masks: list[np.ndarray], starts: list[tuple[int, int, int]]) -> None:
    outlines = [Outline.from_mask(mask, start) for mask, start in zip(masks, starts, strict=False)]
    voxels = [{tuple(place + one.start_kji) for place in np.argwhere(one.mask())} for one in outlines]
    first, second = outlines[:2]
    assert first.overlap(second) == second.overlap(first) == len(voxels[0] & voxels[1])
    together = first.union(*outlines[1:])
    assert {tuple(place + together.start_kji) for place in np.argwhere(together.mask())} == set.union(*voxels)


@given(MASKS, st.tuples(*[st.integers(0, 3)] * 3), st.tuples(*[st.tuples(st.integers(0, 9), st.integers(1, 6))] * 3))
@settings(deadline=None)
def test_mask_in_another_box_is_that_of_the_stack(
    mask: np.ndarray, start: tuple[int, int, int], box: tuple[tuple[int, int], ...]
) -> None:
    outline = Outline.from_mask(mask, start)
    stack = np.zeros((20, 20, 20), dtype=bool)
    stack[outline.box] = outline.mask()
    first, stop = [a for a, _ in box], [a + length for a, length in box]
    expected = stack[tuple(slice(a, b) for a, b in zip(first, stop, strict=True))]
    np.testing.assert_array_equal(outline.mask_in(first, stop), expected)
    assert outline.voxel_count == np.count_nonzero(mask)


# How much is decided


def lesion_of(tissue: Tissue | None, status: Status) -> Lesion:
    outline = Outline((0, 0, 0), (1, 1, 1), b"\x80")
    return Lesion("2.25.1", 1, outline, None, tissue=tissue, status=status)  # type: ignore[arg-type]


PROPOSED, ACCEPTED, REJECTED = Status


@pytest.mark.parametrize(
    ("lesions", "state"),
    [
        ([], "none"),
        ([(None, PROPOSED)], "none"),
        ([(None, ACCEPTED)], "done"),
        ([(Tissue.CALCIFIED_MASS, REJECTED), (Tissue.UNKNOWN, PROPOSED)], "partial"),
        ([(Tissue.CALCIFIED_MASS, REJECTED), (Tissue.BONE, PROPOSED)], "done"),
        ([(Tissue.BONE, PROPOSED)], "none"),
    ],
)
def test_review_state_counts_what_readers_are_asked_about(
    lesions: list[tuple[Tissue | None, Status]], state: str
) -> None:
    assert review_state(lesion_of(*one) for one in lesions) == state


@pytest.mark.parametrize(
    ("tissue", "status", "counts"),
    [
        (None, PROPOSED, True),
        (Tissue.CALCIFIED_MASS, ACCEPTED, True),
        (Tissue.CALCIFIED_MASS, REJECTED, False),
        (Tissue.UNKNOWN, ACCEPTED, False),
        (Tissue.BONE, PROPOSED, False),
    ],
)
def test_masses_are_calcified_and_not_rejected(tissue: Tissue | None, status: Status, counts: bool) -> None:
    outcome = Outcome(State.MEASURED, "a.dcm", lesions=(lesion_of(tissue, status),))
    assert bool(outcome.masses) == counts

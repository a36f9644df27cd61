"""Equal names are no proof of equal pixels: what was measured is told from what its files hold."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pydicom
import pytest
from typer.testing import CliRunner

from calcimeasure import Settings, find_series, load, load_image, review
from calcimeasure.analysis import pipeline
from calcimeasure.cli import app
from calcimeasure.errors import InputPathError, PixelError
from calcimeasure.load.content import content_of
from calcimeasure.model import Report, Status
from calcimeasure.results import series_of, store_that_is_there
from tests.mask_writers import affine_ras, write_nifti
from tests.phantoms import straight_grid
from tests.tables import read, write_ct

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from calcimeasure.store import Store

LONG_AGO_NS = 10**18


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stacks are measured in this process, which takes no second to start."""
    measure = lambda tasks, *_: ((key, pipeline.analyze_or_fail(*task)) for key, task in tasks)  # noqa: E731
    monkeypatch.setattr("calcimeasure.run.processes.measure_in_processes", measure)
    monkeypatch.setattr("calcimeasure.run.processes.load_ahead", lambda: None)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    write_ct(tmp_path / "in", seed="contents")
    settle(tmp_path / "in")
    return tmp_path / "in"


def settle(folder: Path) -> None:
    """Have files that were written long ago."""
    for path in folder.rglob("*.dcm"):
        os.utime(path, ns=(LONG_AGO_NS, LONG_AGO_NS))


def send_again(folder: Path) -> None:
    """Send the series with other pixels and the same names: the large mass loses a third."""
    for path in sorted(folder.rglob("*.dcm")):
        dataset = pydicom.dcmread(path)
        pixels = dataset.pixel_array.copy()
        pixels[3:5, 3:11] = pixels[2, 12]
        dataset.PixelData = pixels.tobytes()
        dataset.save_as(path)


def measure(images: Path, *options: str) -> str:
    """Run the command; give what it said of the stacks."""
    out = images.parent / "out"
    done = CliRunner().invoke(
        app, ["measure", str(images), "--out", str(out), "--key", str(out / ".." / "key"), *options]
    )
    assert done.exit_code in (0, 1), done.output
    return done.output


def volumes(images: Path) -> list[float]:
    return [float(row["volume_ml"]) for row in read(images.parent / "out" / "lesions.csv")]


def with_store(images: Path, function: Callable[[Store], object]) -> None:
    with store_that_is_there(images.parent / "out", print) as (store, _):
        function(store)


def refuse_to_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def contents(*_: object) -> None:
        raise AssertionError("files were read")

    monkeypatch.setattr(load, "content_of", contents)


def test_other_pixels_under_the_same_names_are_measured(images: Path) -> None:
    measure(images)
    before = volumes(images)
    send_again(images)
    assert "Stacks measured: 1." in measure(images)
    assert volumes(images)[0] < 0.9 * before[0]


def test_files_of_the_same_path_size_and_time_are_not_read(images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measure(images)
    before = volumes(images)
    with monkeypatch.context() as unread:
        refuse_to_read(unread)
        assert "unchanged: 1." in measure(images)
    send_again(images)
    settle(images)
    with monkeypatch.context() as unread:
        refuse_to_read(unread)
        assert "unchanged: 1." in measure(images)
    assert volumes(images) == before
    assert "Stacks measured: 1." in measure(images, "--verify")
    assert volumes(images)[0] < 0.9 * before[0]


def test_files_that_only_have_another_time_are_unchanged_and_read_once(
    images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure(images)
    for path in images.iterdir():
        os.utime(path, ns=(LONG_AGO_NS + 10**9, LONG_AGO_NS + 10**9))
    assert "unchanged: 1." in measure(images)
    refuse_to_read(monkeypatch)
    assert "unchanged: 1." in measure(images)


def test_files_that_were_written_just_before_are_read_again(tmp_path: Path) -> None:
    """A file system may keep times to two seconds: a file that is written twice in that time looks the same."""
    write_ct(tmp_path / "in", seed="contents")
    measure(tmp_path / "in")
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "in").iterdir()}
    send_again(tmp_path / "in")
    for path, time_ns in times.items():
        os.utime(path, ns=(time_ns, time_ns))
    assert "Stacks measured: 1." in measure(tmp_path / "in")


def accept_all(store: Store) -> None:
    for history in store.histories(1).values():
        store.append(1, [review.decide(history[-1], Status.ACCEPTED, review.Signature("Dr A"))], Settings())


def test_no_decision_is_lost_when_pixels_change(images: Path) -> None:
    measure(images)
    with_store(images, accept_all)
    send_again(images)
    assert "left alone" in measure(images)
    before = volumes(images)
    assert "Stacks measured: 1." in measure(images, "--remeasure-reviewed")
    assert volumes(images)[0] < 0.9 * before[0]
    assert {row["status"] for row in read(images.parent / "out" / "lesions.csv")} == {"accepted"}


def test_a_look_counts_for_the_same_pixels_alone(images: Path) -> None:
    measure(images)
    with_store(images, lambda store: store.note_seen(1, "Dr A"))
    kept = images.parent / "kept"
    shutil.copytree(images, kept)
    send_again(images)
    measure(images)
    with_store(images, lambda store: check_seen(store, {}))
    for path in kept.iterdir():
        shutil.copyfile(path, images / path.name)
    measure(images)
    with_store(images, lambda store: check_seen(store, {1: ("Dr A",)}))


def check_seen(store: Store, expected: dict[int, tuple[str, ...]]) -> None:
    assert store.seen_by() == expected


def test_what_an_older_store_does_not_know_is_filled_and_loses_nothing(
    images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def as_before(*task: object) -> Report:
        return replace(analyze_or_fail(*task), contents=None)  # type: ignore[arg-type]

    analyze_or_fail = pipeline.analyze_or_fail
    with monkeypatch.context() as older:
        older.setattr(pipeline, "analyze_or_fail", as_before)
        measure(images)
    with_store(images, lambda store: store.note_seen(1, "Dr A"))
    for path in images.iterdir():
        os.utime(path, ns=(LONG_AGO_NS + 10**9, LONG_AGO_NS + 10**9))
    assert "unchanged: 1." in measure(images)
    with_store(images, lambda store: check_seen(store, {1: ("Dr A",)}))
    send_again(images)
    assert "Stacks measured: 1." in measure(images)
    with_store(images, lambda store: check_seen(store, {}))


def test_another_mask_under_the_same_name_is_measured(images: Path) -> None:
    masks = images.parent / "masks"
    masks.mkdir()
    bone = np.zeros((6, 24, 24), dtype=np.uint8)
    bone[2:4, 14:18, 14:19] = 1
    other = np.roll(bone, -3, axis=2)
    grid = affine_ras(straight_grid(bone.shape, (2.0, 1.0, 1.0)))
    write_nifti(masks / "femur_left.nii.gz", bone, grid)
    options = ("--bone-mask", str(masks))
    assert "Stacks measured: 1." in measure(images, *options)
    assert "unchanged: 1." in measure(images, *options)
    write_nifti(masks / "femur_left.nii.gz", other, grid)
    assert "Stacks measured: 1." in measure(images, *options)
    # What belongs to no stack changes nothing.
    far = affine_ras(straight_grid(bone.shape, (2.0, 1.0, 1.0), (500.0, 500.0, 500.0)))
    write_nifti(masks / "femur_right.nii.gz", bone, far)
    assert "unchanged: 1." in measure(images, *options)


@pytest.mark.parametrize("name", ["a", "z"])
def test_two_images_of_one_uid_are_refused_wherever_they_lie(images: Path, name: str) -> None:
    shutil.copytree(images, images / name)
    (stack,) = find_series(images).series
    assert stack.notices == ("duplicate_dropped",)
    assert load_image(stack).notices == load_image(find_series(images / name).series[0]).notices + stack.notices
    send_again(images / name)
    (stack,) = find_series(images).series
    with pytest.raises(PixelError, match="found two with different pixels") as refused:
        load_image(stack)
    assert refused.value.reason == "two_images_of_one_uid"
    output = measure(images)
    assert "two_images_of_one_uid" in output
    assert "duplicate_dropped" not in output


def test_copies_may_be_encoded_in_another_way(images: Path) -> None:
    write_ct(images / "rle", seed="contents", transfer_syntax="rle")
    (stack,) = find_series(images).series
    assert len(stack.instances) == 6
    load_image(stack)


def test_hash_is_of_pixels_and_of_no_copy_of_them(images: Path) -> None:
    (alone,) = find_series(images).series
    before = content_of(alone, Settings())
    shutil.copytree(images, images / "copy")
    (copied,) = find_series(images).series
    assert content_of(copied, Settings()) == before
    send_again(images / "copy")
    assert content_of(copied, Settings()) != before
    for path in images.glob("*.dcm"):
        dataset = pydicom.dcmread(path)
        dataset.PatientName = "Other^Name"
        dataset.save_as(path)
    assert content_of(find_series(sorted(images.glob("*.dcm"))).series[0], Settings()) == before


def test_images_with_other_pixels_are_not_those_that_were_measured(images: Path) -> None:
    """A reader is not shown old outlines on other pixels."""
    measure(images)
    with_store(images, lambda store: series_of(store, 1, Settings()))
    send_again(images)
    with pytest.raises(InputPathError, match="no longer as they were measured"):
        with_store(images, lambda store: series_of(store, 1, Settings()))
    measure(images)
    with_store(images, lambda store: series_of(store, 1, Settings()))

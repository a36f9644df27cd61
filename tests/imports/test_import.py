"""Outlines drawn elsewhere become lesions: which, measured how, by whom; and what is refused."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from pydicom import dcmread
from typer.testing import CliRunner

from calcimeasure import cli, review
from calcimeasure.imports import Imported, Order, Verdict, import_into
from calcimeasure.load import find_series
from calcimeasure.model import OUTLINE_IMPORTED, AlgorithmType, Revision, Status
from calcimeasure.review import Signature
from calcimeasure.store import open_store
from tests.mask_writers import write_nifti, write_seg, write_slicer, write_structure_set
from tests.tables import read, write_ct

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from click.testing import Result
    from numpy.typing import NDArray

SHAPE = (6, 24, 24)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments], prog_name="calcimeasure")


def box(k: slice, j: slice, i: slice) -> NDArray[np.uint8]:
    mask = np.zeros(SHAPE, dtype=np.uint8)
    mask[k, j, i] = 1
    return mask


LARGE = box(slice(1, 5), slice(3, 9), slice(3, 11))
"""The larger of the masses that `write_ct` writes, 384 mm3."""

APART = box(slice(1, 3), slice(12, 15), slice(12, 14))
"""Where there is no mass."""


class Folder:
    """A folder of results, and the images of its stack."""

    def __init__(self, folder: Path, images: Path) -> None:
        self.folder, self.images = folder, images
        self.sources = [one.path for one in find_series(images).series[0].instances]
        header = dcmread(self.sources[0])
        self.affine_lps = np.eye(4)[:, [2, 1, 0, 3]] * [2.0, 1.0, 1.0, 1.0]
        self.affine_lps[:3, 3] = header.ImagePositionPatient
        self.affine_ras = np.diag([-1.0, -1.0, 1.0, 1.0]) @ self.affine_lps

    def take(self, *paths: Path, reader: str | None = "B. Other", **order: Any) -> Imported:  # noqa: ANN401
        return import_into(self.folder, paths, Order(reader=reader, **order), {}, lambda _: None)

    def histories(self) -> dict[int, list[Revision]]:
        with open_store(f"sqlite:///{self.folder / 'private' / 'calcimeasure.db'}") as store:
            (stack_id,) = store.measured_stacks()
            return {history[-1].lesion.number: history for history in store.histories(stack_id).values()}

    def append(self, *revisions: Revision) -> None:
        from calcimeasure.settings import Settings

        with open_store(f"sqlite:///{self.folder / 'private' / 'calcimeasure.db'}") as store:
            (stack_id,) = store.measured_stacks()
            store.append(stack_id, revisions, Settings())

    def rows(self) -> list[dict[str, str]]:
        return read(self.folder / "lesions.csv")

    def seg(self, path: Path, masks: dict[str, NDArray[np.uint8]], **changes: object) -> Path:
        return write_seg(path, self.sources, masks, finding=True, **changes)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    folder = tmp_path_factory.mktemp("measured")
    write_ct(folder / "images", seed="imports", patient_id="P1")
    assert run("measure", folder / "images", "--out", folder / "out", "--key", folder / "key").exit_code == 0
    return Folder(folder / "out", folder / "images")


@pytest.fixture
def results(measured: Folder, tmp_path: Path) -> Folder:
    shutil.copytree(measured.folder, tmp_path / "out")
    return Folder(tmp_path / "out", measured.images)


def told(imported: Imported) -> list[tuple[str, Verdict, int | None]]:
    return [(one.text, one.verdict, one.lesion.number if one.lesion else None) for one in imported.outlines]


def test_a_new_outline_is_a_proposed_lesion_measured_like_any_other(results: Folder, tmp_path: Path) -> None:
    path = results.seg(tmp_path / "seg.dcm", {"deposit": APART}, ContentCreatorName="Doe^Jane")
    imported = results.take(path, reader=None)
    assert told(imported) == [("deposit", Verdict.NEW, 3)]
    (first,) = results.histories()[3]
    lesion = first.lesion
    assert (lesion.reader, first.reader, first.why) == ("Doe, Jane", "Doe, Jane", "imported from SEG: manual")
    assert (lesion.status, lesion.algorithm_type) == (Status.PROPOSED, AlgorithmType.MANUAL)
    assert OUTLINE_IMPORTED in lesion.notices
    np.testing.assert_array_equal(lesion.outline.mask_in((0, 0, 0), SHAPE), APART)
    row = next(row for row in results.rows() if row["lesion_number"] == "3")
    assert float(row["volume_voxels_ml"]) == pytest.approx(0.024)
    assert row["algorithm_type"] == "manual"
    assert row["laterality"] != ""


def test_the_same_outline_drawn_in_the_review_has_the_same_numbers(results: Folder, tmp_path: Path) -> None:
    results.take(results.seg(tmp_path / "seg.dcm", {"a": APART}))
    imported = results.histories()[3][0].lesion
    from calcimeasure import load_image
    from calcimeasure.model import Outline
    from calcimeasure.settings import Settings

    image = load_image(find_series(results.images).series[0])
    outline = Outline.from_mask(APART.astype(bool))
    by = Signature("B. Other")
    drawn = review.add(
        outline, AlgorithmType.MANUAL, {}, image, Settings(), by, review.survey(image, Settings()).anatomy
    )
    assert imported.measurements == drawn.lesion.measurements
    assert (imported.side, imported.site) == (drawn.lesion.side, drawn.lesion.site)
    assert imported.tracking_uid == drawn.lesion.tracking_uid


def test_a_dry_run_stores_nothing(results: Folder, tmp_path: Path) -> None:
    before = results.histories(), (results.folder / "lesions.csv").stat().st_mtime_ns
    imported = results.take(results.seg(tmp_path / "seg.dcm", {"a": APART, "b": LARGE}), dry_run=True)
    assert [verdict for _, verdict, _ in told(imported)] == [Verdict.NEW, Verdict.UNCHANGED]
    assert (results.histories(), (results.folder / "lesions.csv").stat().st_mtime_ns) == before


def grown() -> NDArray[np.uint8]:
    """The large mass with a row more, and with one slice less."""
    return box(slice(1, 4), slice(3, 10), slice(3, 11))


def test_an_overlapping_outline_is_offered_and_taken_on_request(results: Folder, tmp_path: Path) -> None:
    path = results.seg(tmp_path / "seg.dcm", {"drawn anew": grown()})
    offered = results.take(path)
    assert told(offered) == [("drawn anew", Verdict.OFFERED, 1)]
    assert offered.outlines[0].overlap == pytest.approx(144 / (192 + 168 - 144))
    assert len(results.histories()[1]) == 1

    assert told(results.take(path, as_revision=True)) == [("drawn anew", Verdict.REVISION, 1)]
    old, new = results.histories()[1]
    assert (new.lesion.tracking_uid, new.base_number) == (old.lesion.tracking_uid, old.number)
    assert new.lesion.measurements.volume_voxels_ml == pytest.approx(0.336)
    assert told(results.take(path, as_revision=True)) == [("drawn anew", Verdict.UNCHANGED, 1)]

    # It can be taken back as in the review.
    results.append(review.undo([old, new], 1, Signature("A. Reader")))
    assert results.histories()[1][-1].lesion == old.lesion


def test_a_smaller_overlap_is_another_lesion(results: Folder, tmp_path: Path) -> None:
    part = box(slice(1, 3), slice(3, 8), slice(3, 11))  # 80 of 192 voxels
    imported = results.take(results.seg(tmp_path / "seg.dcm", {"part": part}), as_revision=True)
    assert told(imported) == [("part", Verdict.NEW, 3)]


def with_tracking(path: Path, *uids: str, kind: str = "MANUAL") -> Path:
    seg = dcmread(path)
    for segment, uid in zip(seg.SegmentSequence, uids, strict=True):
        segment.TrackingUID, segment.TrackingID = uid, "a lesion"
        segment.SegmentAlgorithmType = kind
    seg.save_as(path)
    return path


def test_the_same_tracking_uid_is_a_new_revision_that_keeps_decisions(results: Folder, tmp_path: Path) -> None:
    first = results.histories()[1][0]
    accepted = review.decide(first, Status.ACCEPTED, Signature("A. Reader"))
    results.append(accepted)
    path = with_tracking(
        results.seg(tmp_path / "seg.dcm", {"a": APART}), first.lesion.tracking_uid, kind="SEMIAUTOMATIC"
    )
    assert told(results.take(path)) == [("a", Verdict.REVISION, 1)]
    newest = results.histories()[1][-1].lesion
    assert (newest.status, newest.algorithm_type) == (Status.ACCEPTED, AlgorithmType.SEMIAUTOMATIC)
    assert newest.reader == "B. Other"
    np.testing.assert_array_equal(newest.outline.mask_in((0, 0, 0), SHAPE), APART)


def test_a_lesion_that_was_withdrawn_comes_back_by_its_tracking_uid(results: Folder, tmp_path: Path) -> None:
    first = results.histories()[2][0]
    results.append(review.undo([first], 0, Signature("A. Reader")))
    path = with_tracking(results.seg(tmp_path / "seg.dcm", {"a": APART}), first.lesion.tracking_uid)
    assert told(results.take(path)) == [("a", Verdict.REVISION, 2)]
    assert [one.withdrawn for one in results.histories()[2]] == [False, True, False]


def test_a_new_lesion_keeps_the_tracking_uid_of_its_file(results: Folder, tmp_path: Path) -> None:
    path = with_tracking(results.seg(tmp_path / "seg.dcm", {"a": APART}), "1.2.826.0.1.7")
    results.take(path)
    assert results.histories()[3][0].lesion.tracking_uid == "1.2.826.0.1.7"
    moved = with_tracking(results.seg(tmp_path / "seg.dcm", {"a": np.roll(APART, 3, axis=2)}), "1.2.826.0.1.7")
    assert told(results.take(moved)) == [("a", Verdict.REVISION, 3)]


def test_an_automatic_outline_stays_when_the_stack_is_measured_again(results: Folder, tmp_path: Path) -> None:
    path = results.seg(tmp_path / "seg.dcm", {"by a network": grown()})
    results.take(with_tracking(path, results.histories()[1][0].lesion.tracking_uid, kind="AUTOMATIC"))
    assert results.histories()[1][-1].lesion.algorithm_type is AlgorithmType.AUTOMATIC
    again = run("measure", results.images, "--out", results.folder, "--remeasure-reviewed", "--set", "threshold_hu=190")
    assert again.exit_code == 0, again.output
    newest = results.histories()[1][-1]
    assert newest.reader is None or newest.number == 2
    np.testing.assert_array_equal(newest.lesion.outline.mask_in((0, 0, 0), SHAPE), grown())
    assert OUTLINE_IMPORTED in newest.lesion.notices


def test_bones_and_organs_are_listed_and_not_imported(results: Folder, tmp_path: Path) -> None:
    masks = {"femur_left": APART, "Liver": np.roll(APART, 4, axis=2), "3 left hip": np.roll(APART, 4, axis=1)}
    path = write_slicer(tmp_path / "seg.seg.nrrd", masks, results.affine_lps)
    imported = results.take(path)
    assert [verdict for _, verdict, _ in told(imported)] == [Verdict.ANATOMY, Verdict.ANATOMY, Verdict.NEW]
    chosen = results.take(path, segments=("femur_left",))
    assert [verdict for _, verdict, _ in told(chosen)] == [Verdict.NEW, Verdict.LEFT_OUT, Verdict.LEFT_OUT]


def test_segments_with_the_code_of_anatomy_are_not_imported(results: Folder, tmp_path: Path) -> None:
    path = write_seg(tmp_path / "seg.dcm", results.sources, {"whatever": APART})  # category: anatomical structure
    assert told(results.take(path)) == [("whatever", Verdict.ANATOMY, None)]
    path = results.seg(tmp_path / "seg.dcm", {"hip_left": APART})
    assert told(results.take(path)) == [("hip_left", Verdict.NEW, 3)]


def test_overlapping_outlines_of_one_file(results: Folder, tmp_path: Path) -> None:
    whole = box(slice(1, 5), slice(3, 9), slice(3, 12))
    path = results.seg(tmp_path / "seg.dcm", {"a": grown(), "b": whole, "c": APART, "d": APART})
    imported = results.take(path, as_revision=True)
    assert [verdict for _, verdict, _ in told(imported)] == [
        Verdict.REFUSED,
        Verdict.REVISION,
        Verdict.NEW,
        Verdict.REFUSED,
    ]
    assert "another outline of the file is that of lesion 1" in imported.outlines[0].message
    assert len(results.histories()) == 3


def test_who_drew_it_must_be_known(results: Folder, tmp_path: Path) -> None:
    path = results.seg(tmp_path / "seg.dcm", {"a": APART})
    imported = results.take(path, reader=None)
    assert told(imported) == [("a", Verdict.REFUSED, None)]
    assert "--reader NAME" in imported.outlines[0].message
    assert told(results.take(path)) == [("a", Verdict.NEW, 3)]


def test_files_of_other_patients_and_frames_of_reference_are_refused(results: Folder, tmp_path: Path) -> None:
    other = results.seg(tmp_path / "patient.dcm", {"a": APART}, PatientID="P2")
    frame = results.seg(tmp_path / "frame.dcm", {"a": APART}, FrameOfReferenceUID="1.2.3")
    imported = results.take(other, frame)
    assert [verdict for _, verdict, _ in told(imported)] == [Verdict.REFUSED, Verdict.REFUSED]
    messages = " ".join(one.message for one in imported.outlines)
    assert "another Patient ID" in messages
    assert "P1" not in messages
    assert "Frame of reference" in messages
    assert len(results.histories()) == 2


def test_a_file_of_a_series_that_is_not_measured_is_refused(results: Folder, tmp_path: Path) -> None:
    write_ct(tmp_path / "other", seed="another", patient_id="P1")
    elsewhere = [one.path for one in find_series(tmp_path / "other").series[0].instances]
    path = write_seg(tmp_path / "seg.dcm", elsewhere, {"a": APART}, finding=True)
    (row,) = results.take(path).outlines
    assert "A file that references a measured stack expected" in row.message


def test_image_files_find_their_stack_by_their_voxels(results: Folder, tmp_path: Path) -> None:
    crop = (slice(1, 4), slice(10, 20), slice(11, 16))
    slicer = write_slicer(
        tmp_path / "a.seg.nrrd", {"a": APART}, results.affine_lps, crop=crop, space="right-anterior-superior"
    )
    snap = write_nifti(tmp_path / "b.nii.gz", np.roll(APART, 5, axis=2) * 4, results.affine_ras)
    imported = results.take(slicer, snap)
    assert told(imported) == [("a", Verdict.NEW, 3), ("b", Verdict.NEW, 4)]
    np.testing.assert_array_equal(results.histories()[3][0].lesion.outline.mask_in((0, 0, 0), SHAPE), APART)
    affine = results.affine_lps.copy()
    affine[:3, 3] += [0.4, 0, 0]
    (row,) = results.take(write_slicer(tmp_path / "c.seg.nrrd", {"c": APART}, affine)).outlines
    assert "index 0.00, 0.00, 0.40 of the stack" in row.message
    affine = results.affine_lps * [1, 0.5, 0.5, 1]
    (row,) = results.take(write_slicer(tmp_path / "d.seg.nrrd", {"d": APART}, affine)).outlines
    assert "voxels of 2 x 0.5 x 0.5 mm (slice, row, column; the stack: 2 x 1 x 1)" in row.message


def test_two_stacks_with_one_grid_need_the_name_of_the_series(tmp_path: Path) -> None:
    for seed in ("one", "two"):
        write_ct(tmp_path / "images" / seed, seed=seed, patient_id=seed)
    out = tmp_path / "out"
    assert run("measure", tmp_path / "images", "--out", out, "--key", tmp_path / "key").exit_code == 0
    results = Folder(out, tmp_path / "images" / "one")
    path = write_slicer(tmp_path / "a.seg.nrrd", {"a": APART}, results.affine_lps)
    (row,) = results.take(path).outlines
    assert "One measured stack expected" in row.message
    assert "--series UID" in row.message
    shown = {row["series_uid"] for row in read(out / "lesions.csv")}
    assert len(shown) == 2
    for uid in shown:  # as the tables have it
        assert results.take(path, series_uid=uid).count(Verdict.NEW) == 1


def test_contours_beside_the_images_they_reference_get_a_notice(results: Folder, tmp_path: Path) -> None:
    uids = [dcmread(path).SOPInstanceUID for path in results.sources]
    corners = np.array([(11.6, 11.6), (11.6, 14.4), (13.4, 14.4), (13.4, 11.6)])
    first = dcmread(results.sources[0])
    x, y, z = map(float, first.ImagePositionPatient)
    contours = [
        (np.column_stack([corners[:, 0] + x, corners[:, 1] + y, np.full(4, z + 2.0 * k)]), uids[5 - k]) for k in (1, 2)
    ]
    path = write_structure_set(tmp_path / "rs.dcm", results.sources[0], {"drawn": contours}, references=uids)
    imported = results.take(path)
    assert told(imported) == [("drawn", Verdict.NEW, 3)]
    (lesion,) = [one.lesion for one in results.histories()[3]]
    assert "references_disagree" in lesion.notices
    np.testing.assert_array_equal(lesion.outline.mask_in((0, 0, 0), SHAPE), APART)
    assert "references_disagree" in next(row["notices"] for row in results.rows() if row["lesion_number"] == "3")


def test_missing_images_are_a_clear_refusal(results: Folder, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(results.images, moved)
    out = tmp_path / "out2"
    assert run("measure", moved, "--out", out, "--key", tmp_path / "key").exit_code == 0
    path = results.seg(tmp_path / "seg.dcm", {"a": APART})
    shutil.rmtree(moved)
    done = run("import", out, path, "--reader", "B. Other")
    assert done.exit_code == 1
    assert "The images are no longer there" in done.output


# The command


@pytest.mark.parametrize(
    ("mask", "options", "code", "said"),
    [
        (APART, (), 0, "new lesion: 1."),
        (APART, ("--dry-run",), 0, "Nothing was stored"),
        (LARGE, (), 0, "unchanged: 1."),
        (grown(), (), 1, "--as-revision takes the offered outlines"),
        (grown(), ("--as-revision",), 0, "new revision: 1."),
        (APART, ("--segment", "other"), 3, "not chosen: 1."),
    ],
)
def test_the_command_says_what_became_of_each_outline(
    results: Folder, tmp_path: Path, mask: NDArray[np.uint8], options: Sequence[str], code: int, said: str
) -> None:
    path = results.seg(tmp_path / "seg.dcm", {"drawn": mask})
    done = run("import", results.folder, path, "--reader", "B. Other", *options)
    assert done.exit_code == code, done.output
    assert said in done.output
    assert "seg.dcm" in done.output


def test_the_command_refuses_what_is_no_file_and_what_is_no_outline(results: Folder, tmp_path: Path) -> None:
    done = run("import", results.folder, tmp_path / "none")
    assert done.exit_code == 2
    (tmp_path / "note.txt").write_text("no outline")
    done = run("import", results.folder, tmp_path / "note.txt")
    assert done.exit_code == 1
    assert "A DICOM SEG, an RTSTRUCT" in done.output
    done = run("import", tmp_path, tmp_path / "note.txt")
    assert done.exit_code == 2
    assert "was not written by measure" in done.output


def test_one_broken_file_does_not_stop_the_others(results: Folder, tmp_path: Path) -> None:
    good = results.seg(tmp_path / "good.dcm", {"a": APART})
    (tmp_path / "bad.dcm").write_bytes(good.read_bytes()[:3000])
    imported = results.take(tmp_path / "bad.dcm", good)
    assert imported.count(Verdict.NEW) == 1
    assert imported.count(Verdict.REFUSED) == 1


def test_records_are_frozen() -> None:
    with pytest.raises(AttributeError):
        Order().dry_run = True  # type: ignore[misc]
    assert replace(Order(), as_revision=True).as_revision


# Segmentations that the program wrote


@pytest.mark.parametrize("options", [(), ("--segmentation-type", "labelmap")], ids=["binary", "label map"])
def test_exported_outlines_are_the_same_lesions_when_they_are_imported(
    results: Folder, tmp_path: Path, options: Sequence[str]
) -> None:
    before = results.histories()
    done = run("export", results.folder, "--format", "seg", "--status", "proposed", "--identified", *options)
    assert done.exit_code == 0, done.output
    segs = sorted((results.folder / "private" / "identified").rglob("*.dcm"))
    assert segs
    imported = results.take(*segs, reader=None)
    assert [(verdict, number) for _, verdict, number in told(imported)] == [
        (Verdict.UNCHANGED, 1),
        (Verdict.UNCHANGED, 2),
    ]
    assert results.histories() == before
    # A voxel is added elsewhere: the same lesion, with a new revision.
    seg = dcmread(segs[0])
    if not options:
        frames = np.unpackbits(np.frombuffer(seg.PixelData, np.uint8), bitorder="little")
        frames[0] = 1
        seg.PixelData = np.packbits(frames, bitorder="little").tobytes()
        seg.ContentCreatorName = "Doe^Jane"
        seg.save_as(tmp_path / "changed.dcm")
        changed = results.take(tmp_path / "changed.dcm", reader=None)
        assert [verdict for _, verdict, _ in told(changed)] == [Verdict.REVISION, Verdict.UNCHANGED]
        newest = results.histories()[1][-1]
        assert newest.lesion.outline.voxel_count == before[1][-1].lesion.outline.voxel_count + 1
        assert (newest.reader, newest.lesion.tracking_uid) == ("Doe, Jane", before[1][-1].lesion.tracking_uid)


def test_exported_outlines_of_a_radiograph_are_the_same_lesions(tmp_path: Path) -> None:
    from tests.conftest import PROJECT

    out = tmp_path / "out"
    (film,) = (PROJECT / "sample_dicom").rglob("*radiograph*")
    assert run("measure", film, "--out", out, "--key", tmp_path / "key").exit_code == 0
    assert run("export", out, "--format", "seg", "--status", "proposed", "--identified").exit_code == 0
    segs = sorted((out / "private" / "identified").rglob("*.dcm"))
    imported = import_into(out, segs, Order(), {}, lambda _: None)
    assert imported.outlines
    assert {one.verdict for one in imported.outlines} == {Verdict.UNCHANGED}

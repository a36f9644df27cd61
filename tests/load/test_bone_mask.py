"""Bones that another program outlined: what they hold is bone, where it looks like bone."""

from pathlib import Path

import numpy as np
import pytest

from calcimeasure.load import NO_BONES, bones_of, find_series, load_image
from calcimeasure.model import Volume
from calcimeasure.settings import Settings
from tests.cli.test_cli import run
from tests.dicom_phantom import Header, write_series
from tests.mask_writers import affine_ras, write_nifti, write_seg
from tests.phantoms import Grid, straight_grid
from tests.tables import read

GRID = straight_grid((24, 90, 110), (2.5, 0.9, 0.9))
SLICE, ROW, COLUMN = np.indices(GRID.shape_kji)
Y_MM, X_MM, Z_MM = (ROW - 45) * 0.9, (COLUMN - 55) * 0.9, (SLICE - 12) * 2.5
BONE = ((X_MM + 20) / 8) ** 2 + (Y_MM / 8) ** 2 + (Z_MM / 18) ** 2 < 1
MASS = (X_MM - 22) ** 2 + (Y_MM + 4) ** 2 + Z_MM**2 < 11**2


@pytest.fixture
def ct(tmp_path: Path) -> Path:
    """A limb with a bone that looks like a mass (even throughout, without a cortex), and a mass beside it."""
    hu = np.full(GRID.shape_kji, -1000)
    hu[np.hypot(X_MM, Y_MM) < 38] = 40
    hu[BONE] = 320
    hu[MASS] = 800
    hu = hu + np.random.default_rng(1).normal(0, 10, hu.shape)
    write_series(tmp_path / "in", hu.astype(np.int16), GRID, Header(seed="mask"))
    return tmp_path / "in"


def masks(folder: Path, grid: Grid = GRID, **named: np.ndarray) -> Path:
    """Write masks as TotalSegmentator does: a file each."""
    folder.mkdir()
    for name, mask in named.items():
        write_nifti(folder / f"{name}.nii.gz", mask.astype(np.uint8), affine_ras(grid))
    return folder


def lesions(ct: Path, out: Path, *options: object) -> list[dict[str, str]]:
    assert run("measure", ct, "--out", out, *options).exit_code == 0
    return read(out / "lesions.csv")


def test_bone_of_a_mask_is_bone(ct: Path, tmp_path: Path) -> None:
    assert len(lesions(ct, tmp_path / "without")) == 2
    (lesion,) = lesions(ct, tmp_path / "out", "--bone-mask", masks(tmp_path / "masks", femur_left=BONE))
    assert float(lesion["volume_ml"]) == pytest.approx(4 / 3 * np.pi * 11**3 / 1000, rel=0.03)
    assert "bone_mask" not in lesion["notices"]
    assert (lesion["laterality"], lesion["laterality_source"]) == ("left", "bone_labels")


def test_mask_of_dicom_seg_is_read_too(ct: Path, tmp_path: Path) -> None:
    seg = write_seg(tmp_path / "bones.dcm", sorted(ct.iterdir()), {"femur_left": BONE})
    (lesion,) = lesions(ct, tmp_path / "out", "--bone-mask", seg)
    assert "bone_mask" not in lesion["notices"]


def test_mask_that_swallows_a_mass_is_overruled(ct: Path, tmp_path: Path) -> None:
    (lesion,) = lesions(ct, tmp_path / "out", "--bone-mask", masks(tmp_path / "masks", femur_left=BONE | MASS))
    assert "bone_mask_overruled" in lesion["notices"].split(";")
    assert float(lesion["volume_ml"]) == pytest.approx(4 / 3 * np.pi * 11**3 / 1000, rel=0.03)


def test_stack_without_a_mask_says_so(ct: Path, tmp_path: Path) -> None:
    other = straight_grid((10, 40, 40), (1.0, 1.0, 1.0), (900.0, 0.0, 0.0))
    folder = masks(tmp_path / "masks", other, femur_left=np.ones(other.shape_kji))
    found = lesions(ct, tmp_path / "out", "--bone-mask", folder)
    assert all("bone_mask_missing" in row["notices"].split(";") for row in found)
    assert found


def test_broken_mask_fails_its_stack_or_the_command_and_is_said(ct: Path, tmp_path: Path) -> None:
    result = run("measure", ct, "--out", tmp_path / "out", "--bone-mask", tmp_path / "none")
    assert result.exit_code == 2
    assert str(tmp_path / "none") in result.stderr
    folder = masks(tmp_path / "masks", femur_left=BONE)
    path = folder / "femur_left.nii.gz"
    path.write_bytes(path.read_bytes()[:-200])
    result = run("measure", ct, "--out", tmp_path / "out", "--bone-mask", folder)
    assert result.exit_code == 1
    assert "femur_left.nii.gz" in result.stderr


def test_masks_are_part_of_what_was_measured_with(ct: Path, tmp_path: Path) -> None:
    folder = masks(tmp_path / "masks", femur_left=BONE)
    out = tmp_path / "out"
    lesions(ct, out)
    run("measure", ct, "--out", out, "--bone-mask", folder)
    assert "unchanged" in run("measure", ct, "--out", out, "--bone-mask", folder).stderr
    (row,) = read(out / "lesions.csv")
    said = run("explain", out, "--lesion", row["tracking_uid"])
    assert said.exit_code == 0
    assert "calcified_mass" in said.stdout
    assert "because       the nearest named bone is femur_left" in said.stdout


def test_no_mask_named_is_no_mask(ct: Path) -> None:
    (stack,) = find_series(ct).series
    volume = load_image(stack, Settings())
    assert isinstance(volume, Volume)
    assert bones_of(volume, Settings()) is NO_BONES


def lines_of(ct: Path, folder: Path, masks: Path) -> tuple[str, str, dict[str, str]]:
    """The terminal and the log of a run without failures, and the row of its only stack."""
    result = run("measure", ct, "--out", folder / "out", "--bone-mask", masks)
    assert result.exit_code == 0
    (row,) = read(folder / "out/private/series.csv")
    log = (folder / "out/private/log.txt").read_text(encoding="utf-8")
    return result.stdout + result.stderr, log, row


@pytest.mark.parametrize("others", [{}, {"femur_left": BONE}])
def test_broken_mask_of_nobody_is_told_and_stops_nothing(
    ct: Path, tmp_path: Path, others: dict[str, np.ndarray]
) -> None:
    folder = masks(tmp_path / "masks", **others)
    (folder / "liver.nii.gz").write_bytes(b"")
    shown, log, row = lines_of(ct, tmp_path, folder)
    assert (row["state"], row["lesions"]) == ("measured", "1" if others else "2")
    assert "bone_mask_unread" in row["notices"].split(";")
    for text in (shown, log):
        assert "Bone mask passed over. A NIfTI that can be read expected, found" in text
        assert "liver.nii.gz" in text


def test_broken_mask_beside_those_of_another_stack_is_no_notice_of_this_one(ct: Path, tmp_path: Path) -> None:
    folder = tmp_path / "all"
    folder.mkdir()
    masks(folder / "own", femur_left=BONE)
    (masks(folder / "other") / "femur_left.nii.gz").write_bytes(b"")
    _, log, row = lines_of(ct, tmp_path, folder)
    assert "bone_mask_unread" not in row["notices"]
    assert "other/femur_left.nii.gz" in log


def test_why_a_mask_was_not_taken_is_told(ct: Path, tmp_path: Path) -> None:
    folder = masks(tmp_path / "masks", liver=MASS)
    write_seg(folder / "seg.dcm", sorted(ct.iterdir()), {"Femur_L": BONE})
    shown, log, row = lines_of(ct, tmp_path, folder)
    assert "bone_mask_missing" in row["notices"].split(";")
    for text in (shown, log):
        assert "Names of bones expected (femur_left, vertebrae_L3, ...), found Femur_L, which was not taken." in text
    assert "Bone masks that no stack of this run took: 1, first seg.dcm" in shown
    assert f"Bone mask that no stack of this run took: {folder / 'seg.dcm'}" in log


def test_masks_of_another_stack_are_told_where_a_stack_has_none(ct: Path, tmp_path: Path) -> None:
    other = straight_grid((10, 40, 40), (1.0, 1.0, 1.0), (900.0, 0.0, 0.0))
    folder = masks(tmp_path / "masks", other, **{name: np.ones(other.shape_kji) for name in ("ulna_left", "hip_left")})
    shown, log, _ = lines_of(ct, tmp_path, folder)
    for text in (shown, log):
        assert "hip_left.nii.gz, ulna_left.nii.gz: The grid of the stack expected" in text
    assert "Bone masks that no stack of this run took: 2, first hip_left.nii.gz" in shown


def test_masks_that_were_taken_are_not_told(ct: Path, tmp_path: Path) -> None:
    shown, log, row = lines_of(ct, tmp_path, masks(tmp_path / "masks", femur_left=BONE, liver=MASS))
    assert "mask" not in row["notices"]
    for text in (shown, log):
        assert "took" not in text
        assert "expected" not in text

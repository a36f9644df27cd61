import csv
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
from click.testing import Result
from typer.testing import CliRunner

from calcimeasure import Settings, cli, find_series, load_image
from calcimeasure.analysis.explain import explain_size
from calcimeasure.analysis.pipeline import analyze
from tests.dicom_phantom import write_phantom_series
from tests.marked_film import marked_film
from tests.phantoms import Ellipsoid, straight_grid
from tests.tables import write_ct

BALL = Ellipsoid((2.0, -1.0, 0.5), (11.0, 11.0, 11.0), 900.0)
SPECK = Ellipsoid((25.0, 20.0, 0.5), (3.0, 3.0, 3.0), 700.0)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments], prog_name="calcimeasure")


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output folder with a ball of 22 mm and one of 6 mm, 860 and 660 HU above their surroundings."""
    folder = tmp_path_factory.mktemp("explain")
    grid = straight_grid((24, 90, 100), (2.0, 0.8, 0.8))
    write_phantom_series(
        folder / "in" / "ct",
        [BALL, SPECK],
        grid,
        surroundings=[Ellipsoid((0.0, 0.0, 0.0), (60.0, 60.0, 90.0), 40.0)],
        blur_sigma_mm=0.7,
        noise_sd_hu=12.0,
        seed=3,
    )
    assert run("measure", folder / "in", "--out", folder / "out", "--set", "large_diameter_mm=15").exit_code == 0
    return folder / "out"


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "lesions.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def number(text: str, name: str) -> float:
    found = re.search(rf"^  {name} +(-?[0-9.]+) ", text, re.MULTILINE)
    assert found is not None, text
    return float(found[1])


def test_edge_is_explained_by_what_the_phantom_is_made_of(measured: Path) -> None:
    result = run("explain", measured, "--lesion", rows(measured)[0]["tracking_uid"])
    assert (result.exit_code, result.stderr) == (0, "")
    assert number(result.stdout, "plateau") == pytest.approx(900, abs=3)
    assert number(result.stdout, "surroundings") == pytest.approx(40, abs=2)
    assert number(result.stdout, "edge") == pytest.approx(470, abs=3)
    assert number(result.stdout, "noise") == pytest.approx(12, rel=0.15)
    assert number(result.stdout, "blur") == pytest.approx(0.7, rel=0.2)


def test_profile_falls_from_plateau_to_surroundings(measured: Path) -> None:
    said = run("explain", measured, "--lesion", rows(measured)[0]["tracking_uid"]).stdout
    profile = [float(hu) for hu in re.findall(r"to +-?[0-9.]+ mm +(-?[0-9]+) HU", said)]
    assert len(profile) >= 10
    assert profile[0] < 150
    assert profile[-1] > 850
    assert profile[3:] == sorted(profile[3:])


def test_sizes_are_those_of_the_table(measured: Path) -> None:
    for row in rows(measured):
        said = run("explain", measured, "--lesion", row["tracking_uid"]).stdout
        for name, column in (
            ("long axis", "long_axis_mm"),
            ("short axis", "short_axis_mm"),
            ("3-D diameter", "max_3d_diameter_mm"),
            ("volume", "volume_ml"),
            ("envelope", "envelope_ml"),
        ):
            assert number(said, name) == pytest.approx(float(row[column]), abs=0.006)
        assert f"+- {float(row['long_axis_u95_mm']):.2f} (95 %)" in said
        assert f"  looks        {row['morphology']}, confidence {float(row['morphology_confidence']):.2f}" in said
        for notice in row["notices"].split(";"):
            assert f"  {notice}: " in said


def test_plateau_that_was_solved_for_is_said(measured: Path) -> None:
    ball, speck = (run("explain", measured, "--lesion", row["tracking_uid"]).stdout for row in rows(measured))
    assert "solved for" in speck
    assert "solved for" not in ball


def test_tissue_side_and_site_are_explained_and_the_lesion_is_drawn(measured: Path) -> None:
    uid = uid_of(measured)
    said = run("explain", measured, "--lesion", uid).stdout
    assert "Tissue\n  calcified_mass, confidence" in said
    assert re.search(r"^ +[+-][0-9.]+  ", said, re.MULTILINE)
    assert "Side and site\n  side          " in said
    assert "  because       no midline" in said
    assert "  site          " in said
    picture = measured / "private" / f"{uid}.png"
    assert str(picture) in said
    assert imagecodecs.png_decode(picture.read_bytes()).shape == (512, 512, 3)


def test_what_the_network_looked_at_is_drawn_where_it_looked(measured: Path) -> None:
    looked = 0
    for row in rows(measured):
        said = run("explain", measured, "--lesion", row["tracking_uid"]).stdout
        picture = measured / "private" / f"{row['tracking_uid']}.surroundings.png"
        assert picture.exists() == (str(picture) in said) == ("the network takes it" in said)
        looked += picture.exists()
    assert looked


def test_lesion_that_is_not_there(measured: Path) -> None:
    result = run("explain", measured, "--lesion", "2.25.1")
    assert result.exit_code == 2
    assert "has no lesion 2.25.1" in result.stderr


def test_folder_that_was_not_measured(tmp_path: Path) -> None:
    result = run("explain", tmp_path, "--lesion", "2.25.1")
    assert result.exit_code == 2
    assert "was not written by measure" in result.stderr


def test_images_that_are_no_longer_there(measured: Path, tmp_path: Path) -> None:
    result = run(
        "explain", without_images(measured, tmp_path, lambda path: path.unlink()), "--lesion", uid_of(measured)
    )
    assert result.exit_code == 2
    assert "are no longer there" in result.stderr


def test_images_that_were_changed_since(measured: Path, tmp_path: Path) -> None:
    def shift(path: Path) -> None:
        dataset = pydicom.dcmread(path)
        dataset.ImagePositionPatient[0] += 1
        dataset.save_as(path)

    result = run("explain", without_images(measured, tmp_path, shift), "--lesion", uid_of(measured))
    assert result.exit_code == 2
    assert "no longer as they were measured" in result.stderr


def uid_of(out: Path) -> str:
    return rows(out)[0]["tracking_uid"]


def without_images(measured: Path, tmp_path: Path, spoil: Callable[[Path], None]) -> Path:
    """Copy images and results, measure the copy and spoil its images."""
    images = shutil.copytree(measured.parent / "in", tmp_path / "in")
    out = tmp_path / "out"
    assert run("measure", images, "--out", out).exit_code == 0
    for path in images.rglob("*.dcm"):
        spoil(path)
    return out


@pytest.mark.parametrize("notices", [(), ("no_edge",)])
def test_heading_of_notices_stands_above_notices_only(tmp_path: Path, notices: tuple[str, ...]) -> None:
    (stack,) = find_series(write_ct(tmp_path)[0].parent).series
    lesion = replace(analyze(stack).lesions[0], notices=notices)
    lines = explain_size(load_image(stack), lesion, Settings())
    assert ("Notices" in lines) == bool(notices)
    assert lines[-1] != ""


def test_lesion_is_found_by_its_uid_of_any_table(measured: Path) -> None:
    with (measured / "private" / "tracking_uids.csv").open(encoding="utf-8", newline="") as file:
        names = {row["new"]: row["old"] for row in csv.DictReader(file)}
    new = rows(measured)[0]["tracking_uid"]
    told = [run("explain", measured, "--lesion", uid) for uid in (new, names[new])]
    assert [one.exit_code for one in told] == [0, 0]
    assert told[0].stdout == told[1].stdout.replace(names[new], new)
    assert new in told[0].stdout
    assert names[new] not in told[0].stdout


def test_lesion_is_found_by_the_numbers_of_the_printed_table(measured: Path, tmp_path: Path) -> None:
    by_uid = run("explain", measured, "--lesion", uid_of(measured)).stdout
    assert by_uid.startswith("Stack 1, ct/")
    assert run("explain", measured, "--stack", 1, "--lesion", 1).stdout == by_uid
    assert run("explain", measured, "--lesion", 1).stdout == by_uid  # of the only stack
    write_ct(tmp_path / "two" / "a", seed="a")
    write_ct(tmp_path / "two" / "b", seed="b")
    printed = run("measure", tmp_path / "two", "--out", tmp_path / "out").stdout
    for stack, lesion, axis in re.findall(r"^ (\d) \w+ +(\d) unknown unknown +(\S+) x", printed, re.MULTILINE):
        said = run("explain", tmp_path / "out", "--stack", stack, "--lesion", lesion).stdout
        assert said.startswith(f"Stack {stack}, ")
        assert number(said, "long axis") == pytest.approx(float(axis), abs=0.051)
    assert len(re.findall("unknown unknown", printed)) == 4
    for arguments, message in (
        (["--lesion", "1"], "--stack N expected beside --lesion 1, found none"),
        (["--stack", "3", "--lesion", "1"], "--stack from 1 to 2 expected"),
        (["--stack", "0", "--lesion", "1"], "--stack from 1 to 2 expected"),
        (["--stack", "2", "--lesion", "9"], "has no lesion 9 in stack 2"),
    ):
        result = run("explain", tmp_path / "out", *arguments)
        assert (result.exit_code, message in " ".join(result.stderr.split())) == (2, True), result.stderr


def test_the_marker_that_a_side_rests_on_is_drawn_where_nothing_leaves(tmp_path: Path) -> None:
    out = marked_film(tmp_path)
    result = run("explain", out, "--lesion", "1")
    (picture,) = tmp_path.rglob("*.markers.png")
    assert picture.parent == out / "private"
    assert str(picture) in result.stdout.replace("\n", "")
    # The letter and half of its longer side around it, bright on dark: an R has its stem on the left.
    drawn = imagecodecs.png_decode(picture.read_bytes())
    assert drawn.shape[0] == 72
    bright = np.argwhere(drawn > 128)
    assert bright.min(axis=0)[1] == pytest.approx(drawn.shape[1] / 4, abs=6)
    assert (drawn[20:52] > 128).sum(axis=0).argmax() < drawn.shape[1] / 2
    run("explain", out, "--lesion", "2")
    assert len(list(tmp_path.rglob("*.markers.png"))) == 1

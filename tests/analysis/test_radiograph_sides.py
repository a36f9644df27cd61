"""Sides of lesions on radiographs, from the files to the report: what the film shows is found on the film."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from calcimeasure.analysis.pipeline import analyze
from calcimeasure.load import find_series
from calcimeasure.model import Laterality
from tests.conftest import SHARED
from tests.dicom_writers import write_radiograph

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from calcimeasure.model import Side

LEFT, RIGHT, UNKNOWN = Laterality.LEFT, Laterality.RIGHT, Laterality.UNKNOWN
ROWS, COLUMNS = 400, 420


def shadow(row: float, column: float, rows: float, columns: float, height: float) -> NDArray[np.float64]:
    """The shadow of an ellipsoid."""
    j, i = np.mgrid[:ROWS, :COLUMNS]
    depth = 1 - ((j - row) / rows) ** 2 - ((i - column) / columns) ** 2
    return height * np.sqrt(np.clip(depth, 0, 1))


def limb(column: float, mass_row: float) -> NDArray[np.float64]:
    """A limb with a shaft of bone and a mass beside the shaft."""
    i = np.mgrid[:ROWS, :COLUMNS][1]
    bone = 200.0 * ((np.abs(i - column + 30) < 9) & (np.abs(i - column + 30) > 4))
    return shadow(200, column, 320, 80, 500) + bone + shadow(mass_row, column + 20, 26, 22, 800)


def sides(folder: Path, pixels: NDArray[np.float64], **tags: object) -> list[Side]:
    """Measure a film; sides of the lesions, from the first to the last column."""
    noise = np.random.default_rng(2).normal(0, 6, pixels.shape)
    stored = np.clip(300 + pixels + noise, 0, 4095).astype(np.uint16)
    facts = {"ImagerPixelSpacing": [0.4, 0.4], "ViewPosition": "", "BodyPartExamined": "HAND"} | tags
    write_radiograph(folder, stored, bits_stored=12, **facts)
    (stack,) = find_series(folder).series
    found = sorted(analyze(stack).lesions, key=lambda lesion: lesion.outline.start_kji[2])
    assert all(lesion.side is not None for lesion in found)
    return [lesion.side for lesion in found if lesion.side is not None]


PAIR = limb(110, 150) + limb(310, 250)


@pytest.mark.parametrize("letters", [["L", "F"], ["R", "F"], None])
def test_both_hands_on_one_film_that_is_tagged_right(tmp_path: Path, letters: list[str] | None) -> None:
    found = sides(tmp_path / "film", PAIR, Laterality="R", PatientOrientation=letters)
    assert len(found) >= 2
    assert {(one.laterality, one.conflict, one.hint) for one in found} == {(UNKNOWN, True, None)}


def test_both_feet_have_the_sides_of_patient_orientation(tmp_path: Path) -> None:
    found = sides(tmp_path / "film", PAIR, Laterality="R", PatientOrientation=["L", "F"], BodyPartExamined="FOOT")
    assert [found[0].laterality, found[-1].laterality] == [RIGHT, LEFT]
    assert [found[0].conflict, found[-1].conflict] == [False, True]


def test_one_hand_has_the_side_of_its_tag(tmp_path: Path) -> None:
    found = sides(tmp_path / "film", limb(210, 200), Laterality="R", PatientOrientation=["L", "F"])
    assert {one.laterality for one in found} == {RIGHT}


@pytest.mark.shared
def test_the_public_case_of_both_hands(tmp_path: Path) -> None:
    script = SHARED / "cases" / "12_both_hands_film_tagged_right.py"
    if not script.exists():
        pytest.skip("there is no ../shared/cases beside the project")
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True)
    (stack,) = find_series(tmp_path).series
    found = [lesion.side for lesion in analyze(stack).lesions]
    assert found
    assert all(side is not None and side.laterality is UNKNOWN and side.conflict for side in found)

"""What a user installs: the wheel has the size, files and description that it should, and measures its own samples."""

import csv
import os
import subprocess
import sys
import zipfile
from email import message_from_string
from email.message import Message
from pathlib import Path

import pytest

from tests.conftest import PROJECT

LARGEST_BYTES = 6_000_000
"""With the weights of the networks for radiographs and for CT. Without weights it was 4 MB at most."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=PROJECT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def test_it_is_small(wheel: Path) -> None:
    assert wheel.stat().st_size <= LARGEST_BYTES


def test_it_ships_types_weights_and_samples(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "calcimeasure/py.typed",
        "calcimeasure/report/templates/report.css",
        "calcimeasure/report/templates/report.js",
        "calcimeasure/report/templates/patient.html",
        "calcimeasure/locate/marker_words.npz",
        "calcimeasure/segment/ct/part_network.npz",
        "calcimeasure/segment/radiograph/calcinosis_network.npz",
        "calcimeasure/segment/radiograph/shadow_network.npz",
        "calcimeasure/sample_dicom/truth.csv",
        "calcimeasure/sample_dicom/hand_radiograph/IM00000.dcm",
        "napari_calcimeasure/py.typed",
        "napari_calcimeasure/napari.yaml",
    } <= names
    assert not {name for name in names if name.startswith(("tests/", "docs/"))}


def test_users_are_offered_no_extra_of_developers(wheel: Path) -> None:
    metadata = _metadata(wheel)
    assert set(metadata.get_all("Provides-Extra", [])) == {"cluster", "gui", "pacs", "postgres", "redcap"}
    assert {"radiograph", "review"} <= set(metadata["Keywords"].split(","))
    assert "radiograph" in metadata["Summary"]
    assert "review" in metadata["Summary"]


def test_its_description_has_no_link_into_a_checkout(wheel: Path) -> None:
    description = _metadata(wheel).get_payload()
    assert isinstance(description, str)
    assert "# calcimeasure" in description
    assert "](docs/" not in description
    assert "](sample_dicom/" not in description


def test_it_measures_its_samples_where_nothing_else_is(wheel: Path, tmp_path: Path) -> None:
    installed = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(installed)
    command = [sys.executable, "-m", "calcimeasure", "measure", "--sample", "--out", "results", "--workers", "1"]
    done = subprocess.run(
        command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(installed)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    with (tmp_path / "results" / "lesions.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert sorted(row["modality"] for row in rows) == ["CT", "CT", "DX", "DX"]
    # sample_dicom/README.md: the masses of the hand are 3.554 and 0.155 mL.
    assert [float(row["volume_ml"]) for row in rows if row["modality"] == "CT"] == [
        pytest.approx(3.554, rel=0.01),
        pytest.approx(0.155, rel=0.1),
    ]


def _metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as files:
        (name,) = (one for one in files.namelist() if one.endswith(".dist-info/METADATA"))
        return message_from_string(files.read(name).decode())

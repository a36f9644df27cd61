"""napari finds the plugin by its manifest, opens DICOM through it, and offers the samples."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from napari.components import ViewerModel
from npe2 import PluginManager

from calcimeasure import UsageError, sample_folder
from calcimeasure.model import Radiograph, Volume
from napari_calcimeasure._convert import image_of
from napari_calcimeasure._reader import get_reader
from napari_calcimeasure._sample import bilateral_hips

NPE2 = Path(sys.executable).with_name("npe2")


@pytest.fixture
def viewer() -> ViewerModel:
    PluginManager.instance().discover()
    return ViewerModel()


def test_the_manifest_is_valid_and_every_command_can_be_imported() -> None:
    done = subprocess.run([NPE2, "validate", "--imports", "calcimeasure"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "valid" in done.stdout


def test_a_folder_opens_with_its_geometry(viewer: ViewerModel) -> None:
    (layer,) = viewer.open(str(sample_folder() / "hand"), plugin="calcimeasure")
    volume = image_of(layer)
    assert isinstance(volume, Volume)
    assert layer.units == viewer.layers[0].units
    assert [f"{unit:~}" for unit in layer.units] == ["mm", "mm", "mm"]
    assert layer.axis_labels == ("I", "P", "L")
    assert tuple(layer.scale) == volume.geometry.spacing_kji_mm
    assert layer.data.shape == volume.geometry.shape_kji
    # Both in-plane directions of this series run against the display: it is turned round, and nothing is copied.
    assert np.shares_memory(layer.data, volume.attenuation_hu)
    assert layer.data[0, 0, 0] == volume.attenuation_hu[-1, -1, -1]


@pytest.mark.parametrize(
    ("name", "kind"), [("bilateral_hips", Volume), ("hand", Volume), ("hand_radiograph", Radiograph)]
)
def test_samples_open(viewer: ViewerModel, name: str, kind: type) -> None:
    (layer,) = viewer.open_sample("calcimeasure", name)
    assert isinstance(image_of(layer), kind)


def test_what_is_no_dicom_is_left_to_others(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no image")
    assert get_reader(str(tmp_path)) is None
    assert get_reader(str(tmp_path / "missing")) is None


@pytest.mark.shared
def test_radiographs_open_as_one_slice(shared_dicom: Path, viewer: ViewerModel) -> None:
    layers = viewer.open(str(shared_dicom / "xray"), plugin="calcimeasure")
    images = [image_of(layer) for layer in layers]
    films = [(layer, one) for layer, one in zip(layers, images, strict=True) if isinstance(one, Radiograph)]
    assert films
    for layer, image in films:
        assert layer.data.shape == (1, *image.pixels.shape)


@pytest.mark.shared
def test_a_tilted_stack_opens_as_it_was_acquired(shared_dicom: Path, viewer: ViewerModel) -> None:
    (layer, *_) = viewer.open(str(shared_dicom / "ct_head_tilt"), plugin="calcimeasure")
    volume = image_of(layer)
    assert isinstance(volume, Volume)
    assert layer.data.size == volume.attenuation_hu.size
    assert np.array_equal(layer.affine.affine_matrix, np.eye(4))


def test_a_sample_that_was_not_installed_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("napari_calcimeasure._sample.sample_folder", lambda: tmp_path)
    with pytest.raises(UsageError, match="source distribution"):
        bilateral_hips()

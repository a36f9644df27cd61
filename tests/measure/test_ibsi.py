"""Reference values of the Image Biomarker Standardisation Initiative (IBSI reference manual 0.0.11, chapter 5).

Consensus values with their tolerances, of the digital phantom and of the CT phantom in configuration A (as acquired).
"""

from pathlib import Path

import nibabel
import numpy as np
import pytest

from calcimeasure.geometry import Geometry
from calcimeasure.measure import measure
from calcimeasure.model import Measurements, Outline, Volume
from calcimeasure.settings import Settings
from tests.model.test_model import ct_series

pytestmark = pytest.mark.shared

FOLDERS = {
    "digital": "phantom/ibsi_1_digital_phantom/nifti",
    "ct": "phantom/ibsi_1_ct_radiomics_phantom/nifti",
}
MASKS = {"digital": "mask/mask.nii.gz", "ct": "mask.nii.gz"}
VALUES = {
    "digital": {
        "RNU0 volume (mesh)": (556, 4),
        "YEKZ volume (voxels)": (592, 4),
        "C0JK surface area": (388, 3),
        "QCFX sphericity": (0.843, 0.005),
        "L0JK maximum 3D diameter": (13.1, 0.1),
    },
    "ct": {
        "RNU0 volume (mesh)": (358_000, 5_000),
        "YEKZ volume (voxels)": (359_000, 5_000),
        "C0JK surface area": (35_700, 300),
        "QCFX sphericity": (0.683, 0.001),
        "L0JK maximum 3D diameter": (125, 1),
    },
}


def measure_nifti(path: Path) -> Measurements:
    """Measure what a NIfTI mask holds: its array is (i, j, k), its affine maps to RAS mm."""
    nifti = nibabel.load(path)
    mask = np.asanyarray(nifti.dataobj).transpose(2, 1, 0) == 1
    to_lps_mm = np.diag([-1.0, -1.0, 1.0, 1.0]) @ nifti.affine
    edges_mm, spacing_mm = to_lps_mm[:3, :3], np.linalg.norm(to_lps_mm[:3, :3], axis=0)
    geometry = Geometry(
        shape_kji=mask.shape,
        row_direction=edges_mm[:, 0] / spacing_mm[0],
        column_direction=edges_mm[:, 1] / spacing_mm[1],
        row_spacing_mm=float(spacing_mm[1]),
        column_spacing_mm=float(spacing_mm[0]),
        origins_lps_mm=to_lps_mm[:3, 3] + np.outer(np.arange(len(mask)), edges_mm[:, 2]),
    )
    # As flat as the phantom's own values: nothing stands out, and the mask's own border is measured.
    volume = Volume(ct_series(), geometry, np.where(mask, 6, 1).astype(np.int16))
    found = measure(volume, Outline.from_mask(mask), Settings())
    assert found.notices == ("no_edge",)
    return found


@pytest.fixture(scope="module", params=VALUES)
def phantom(request: pytest.FixtureRequest, shared_dicom: Path) -> tuple[str, Measurements]:
    return request.param, measure_nifti(shared_dicom / FOLDERS[request.param] / MASKS[request.param])


@pytest.mark.parametrize("code", VALUES["digital"])
def test_value_is_that_of_the_consensus(phantom: tuple[str, Measurements], code: str) -> None:
    name, found = phantom
    assert found.max_3d_diameter is not None
    assert found.volume_mesh_ml is not None
    assert found.volume_voxels_ml is not None
    value = {
        "RNU0": found.volume_mesh_ml * 1000,
        "YEKZ": found.volume_voxels_ml * 1000,
        "C0JK": found.surface_area_mm2,
        "QCFX": found.sphericity,
        "L0JK": found.max_3d_diameter.length_mm,
    }[code[:4]]
    expected, tolerance = VALUES[name][code]
    assert value == pytest.approx(expected, abs=tolerance)


def test_attenuation_of_the_digital_phantom_is_that_of_the_consensus(shared_dicom: Path) -> None:
    folder = shared_dicom / FOLDERS["digital"]
    image, mask = (
        np.asanyarray(nibabel.load(folder / name).dataobj).transpose(2, 1, 0)
        for name in ("image/phantom.nii.gz", MASKS["digital"])
    )
    grid = Geometry(mask.shape, [1, 0, 0], [0, 1, 0], 2.0, 2.0, np.outer(np.arange(len(mask)), (0, 0, 2.0)))
    volume = Volume(ct_series(), grid, image.astype(np.int16))
    found = measure(volume, Outline.from_mask(mask == 1), Settings())
    # Q4LE mean, ECT3 variance, Y12H median, 84IY maximum.
    assert found.mean_hu == pytest.approx(2.15, abs=0.005)
    assert found.sd_hu**2 == pytest.approx(3.05, abs=0.005)
    assert (found.median_hu, found.max_hu) == (1.0, 6.0)

"""An archive for the tests of this room, and images that it holds."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.archive.images import write_images
from tests.archive.orthanc import PLUGIN, PROGRAM, Orthanc, orthanc_running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def require_orthanc() -> None:
    if shutil.which(PROGRAM) and PLUGIN.exists():
        return
    reason = "Orthanc with its DICOMweb plugin is not installed: apt-get install orthanc orthanc-dicomweb"
    if os.environ.get("CALCIMEASURE_REQUIRE_EXTERNAL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def running_orthanc() -> Iterator[Orthanc]:
    require_orthanc()
    with orthanc_running() as one:
        yield one


@pytest.fixture
def orthanc(running_orthanc: Orthanc) -> Orthanc:
    """An archive that holds nothing."""
    running_orthanc.clear()
    return running_orthanc


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two series of a study of patient 17, one of 20 and one of 4 images, and a study of another patient."""
    folder = tmp_path_factory.mktemp("images")
    return [
        *write_images(folder / "a", 20, patient_id="17", study="1.2.3.1", series="1.2.3.1.1"),
        *write_images(folder / "b", 4, patient_id="17", study="1.2.3.1", series="1.2.3.1.2"),
        *write_images(folder / "c", 3, patient_id="17B", study="1.2.3.2", series="1.2.3.2.1"),
    ]

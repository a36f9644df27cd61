"""What writing tables loads."""

import subprocess
import sys

import pytest

import calcimeasure.export


@pytest.mark.parametrize("name", calcimeasure.export.__all__)
def test_public_name_is_there(name: str) -> None:
    assert hasattr(calcimeasure.export, name)


def test_writing_tables_loads_nothing_that_judges_images() -> None:
    heavy = ("scipy", "scipy.ndimage", "edt", "skimage", "cc3d", "pydicom", "calcimeasure.locate")
    code = f"import sys, calcimeasure.export; print(*[name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == []

"""The sample images that come with the package."""

from __future__ import annotations

from pathlib import Path

from calcimeasure.errors import InputPathError


def sample_folder() -> Path:
    """Return the folder of the samples: inside the installed package, or next to the package in a source checkout.

    Raises
    ------
    InputPathError
        The package was installed without samples.
    """
    package = Path(__file__).parent
    for folder in (package / "sample_dicom", package.parent / "sample_dicom"):
        if (folder / "truth.csv").is_file():
            return folder
    raise InputPathError(
        f"The samples are not where they belong, {package / 'sample_dicom'}: install calcimeasure again."
    )

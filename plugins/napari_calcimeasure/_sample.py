"""The samples of the package as napari's sample data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from calcimeasure import UsageError, sample_folder
from napari_calcimeasure._reader import read

if TYPE_CHECKING:
    LayerData = tuple[Any, dict[str, Any], str]


def bilateral_hips() -> list[LayerData]:
    """Give both hips of a phantom, with masses on both sides.

    Raises
    ------
    UsageError
        The package was installed from a wheel, which has no room for them.
    """
    folder = sample_folder() / "bilateral_hips"
    if not folder.is_dir():
        raise UsageError(
            f"Both hips expected in {folder.parent}, found none: an installed package holds the hand and its "
            "radiograph alone. Open sample_dicom/bilateral_hips of the source distribution instead."
        )
    return read(str(folder))


def hand() -> list[LayerData]:
    """Give the right hand of a phantom, held over the head."""
    return read(str(sample_folder() / "hand"))


def hand_radiograph() -> list[LayerData]:
    """Give a radiograph of that hand, with other masses."""
    return read(str(sample_folder() / "hand_radiograph"))

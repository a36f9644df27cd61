"""The samples of the package as napari's sample data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from calcimeasure import sample_folder
from napari_calcimeasure._reader import read

if TYPE_CHECKING:
    LayerData = tuple[Any, dict[str, Any], str]


def bilateral_hips() -> list[LayerData]:
    """Give both hips of a phantom, with masses on both sides."""
    return read(str(sample_folder() / "bilateral_hips"))


def hand() -> list[LayerData]:
    """Give the right hand of a phantom, held over the head."""
    return read(str(sample_folder() / "hand"))


def hand_radiograph() -> list[LayerData]:
    """Give a radiograph of that hand, with other masses."""
    return read(str(sample_folder() / "hand_radiograph"))

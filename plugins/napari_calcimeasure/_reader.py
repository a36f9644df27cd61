"""From DICOM folders and files to layers of napari, through calcimeasure.load."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari.utils.notifications import show_warning

from calcimeasure import CalcimeasureError, SeriesError, find_series, load_image
from napari_calcimeasure._convert import image_layer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    LayerData = tuple[Any, dict[str, Any], str]


def get_reader(path: str | Sequence[str]) -> Callable[[str | Sequence[str]], list[LayerData]] | None:
    """Give the function that reads these files, or None if calcimeasure can load none of them."""
    try:
        found = find_series(_paths(path))
    except CalcimeasureError:
        return None
    return read if found.series else None


def read(path: str | Sequence[str]) -> list[LayerData]:
    """Read every stack under some paths; a stack that cannot be shown is reported, and does not stop the others.

    Returns
    -------
    list of (data, settings, "image")
        With scale, translate, axes and units, and the image that is measured as metadata.

    Raises
    ------
    SeriesError
        None of the stacks can be shown.
    """
    layers, last = [], None
    for stack in find_series(_paths(path)).series:
        try:
            layers.append(image_layer(load_image(stack)))
        except SeriesError as error:
            last = error
            show_warning(f"{stack.relative_path}: {error}")
    if not layers and last is not None:
        raise last
    return layers


def _paths(path: str | Sequence[str]) -> list[Path]:
    return [Path(path)] if isinstance(path, str) else [Path(one) for one in path]

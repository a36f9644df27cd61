"""Conversion of images and points between calcimeasure and napari, without Qt and without a viewer.

World axes are (I, P, L): toward the patient's feet, back and left, in mm. Axial (0, 1, 2), coronal (1, 0, 2) and
sagittal (2, 0, 1) views then have the patient's left on the viewer's right, and head or front at the top. An array is
shown as a NumPy view with exchanged and reversed axes. No voxel is moved, and painting writes into the array.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_calcimeasure._kinds import kind_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from calcimeasure.review import Axis, Cut, Image, RadiographAxis
    from napari_calcimeasure._display import Display

AXIS_LABELS = ("I", "P", "L")
METADATA_KEY = "calcimeasure"
"""Key of the image in the metadata of a layer. A layer without an image is never measured."""


def display_of(image: Image) -> Display:
    """Choose the position of an image on the screen."""
    return kind_of(image).display(image)


def pixels_kji(image: Image) -> NDArray[Any]:
    """(k, j, i) of an image; a radiograph is one slice."""
    return kind_of(image).pixels_kji(image)


def image_layer(image: Image) -> tuple[NDArray[Any], dict[str, Any], str]:
    """Make the layer data of napari for an image: the array, the settings, and the image as metadata."""
    display = display_of(image)
    pixels = pixels_kji(image)
    limits = kind_of(image).limits(image)
    stack = image.stack
    name = " ".join(filter(None, (stack.modality, str(stack.series_number or ""), stack.description)))
    return (
        display.shown(pixels),
        layer_settings(display)
        | {
            "name": name or "image",
            "colormap": "gray",
            "contrast_limits": limits,
            "metadata": {METADATA_KEY: image},
        },
        "image",
    )


def layer_settings(display: Display) -> dict[str, Any]:
    """Give the settings of napari for the position of a layer of a stack."""
    return {
        "scale": display.scale,
        "translate": display.translate,
        "units": (display.unit,) * 3,
        "axis_labels": AXIS_LABELS,
    }


def image_of(layer: Any) -> Image | None:  # noqa: ANN401 - any layer of napari
    """Find the image that a layer shows; None for a layer of another reader, which has no geometry for measuring.

    A layer shows an image only if its data are the array of that image.
    """
    image: Image | None = layer.metadata.get(METADATA_KEY) if getattr(layer, "metadata", None) else None
    if image is None or not np.shares_memory(layer.data, pixels_kji(image)):
        return None
    return image


def axis_shown(image: Image, display: Display, axis: Axis | RadiographAxis) -> NDArray[np.float64]:
    """(2, 3) ends of an axis as indexes of the array that is shown."""
    ends = display.to_shown(kind_of(image).ends_kji(image, axis))
    # Both ends lie on one slice. A rounding error would move them off that slice, and they would not be shown.
    ends[:, display.slice_axis] = np.rint(ends[:, display.slice_axis])
    return ends


def cut_through(image: Image, display: Display, ends_world: Sequence[Sequence[float]], across: int) -> Cut:
    """Make the cut for a line on the screen: it contains the line and the direction of view.

    Parameters
    ----------
    image, display
        The image, and its position on the screen.
    ends_world
        World positions of two points of the line.
    across
        The world axis along the direction of view.

    Returns
    -------
    Cut
        A plane in the patient; on a radiograph a line in pixels. The part beyond the cut lies in the direction of the
        line, turned by 90 degrees about the direction of view.
    """
    ends_kji = display.to_index_kji([end[-3:] for end in ends_world])
    return kind_of(image).cut(image, display, ends_kji, across)

"""Growing of the outline of a mass on a radiograph, from a pixel or a region that a reader marks. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calcimeasure.analysis.kinds import kind_of
from calcimeasure.errors import ReviewError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from calcimeasure.model import Image, Outline
    from calcimeasure.settings import Settings


def growing(
    image: Image, rough: Outline | None, place_kji: Sequence[float] | None, settings: Settings
) -> Callable[[], Outline]:
    """Make a function that grows the outline of a mass; the function may run in another thread.

    Parameters
    ----------
    image
        The radiograph.
    rough
        A region that was painted on the mass; ignored if a place is given.
    place_kji
        Index of a pixel in the mass.
    settings
        The settings for proposing.

    Raises
    ------
    ReviewError
        The image is not a radiograph, or neither a place nor a region is given.
    """
    grow = kind_of(image).grow
    if grow is None:
        raise ReviewError("A radiograph expected to grow an outline on, found CT: draw it with the brush (2).")
    if place_kji is not None:
        row, column = (round(float(one)) for one in place_kji[1:])
        return lambda: grow(image, (row, column), settings)
    if rough is None:
        raise ReviewError("A place or a region in a mass expected, found neither. Click on a mass, or paint on it.")
    region = rough.mask_in((0, 0, 0), image.shape_kji)[0]
    return lambda: grow(image, region, settings)

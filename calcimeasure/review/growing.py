"""Growing of the outline of a mass, from a voxel or a region that a reader marks. Pure functions."""

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
        The CT volume or the radiograph.
    rough
        A region that was painted on the mass; ignored if a place is given.
    place_kji
        Index of a voxel in the mass.
    settings
        The settings for proposing.

    Raises
    ------
    ReviewError
        Neither a place nor a region is given.
    """
    grow = kind_of(image).grow
    if place_kji is not None:
        k, j, i = (round(float(one)) for one in place_kji)
        return lambda: grow(image, (k, j, i), settings)
    if rough is None:
        raise ReviewError("A place or a region in a mass expected, found neither. Click on a mass, or paint on it.")
    return lambda: grow(image, rough, settings)

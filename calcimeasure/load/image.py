"""From a stack to its image: a CT volume or a radiograph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calcimeasure.load.content import refuse_other_copies
from calcimeasure.load.kind import refuse_unsupported
from calcimeasure.load.packed import refuse_too_much_from_little
from calcimeasure.load.radiograph import load_radiograph, refuse_no_gray_projection
from calcimeasure.load.volume import checked_stack, load_volume, refuse_no_hounsfield_units
from calcimeasure.settings import Settings

if TYPE_CHECKING:
    from calcimeasure.model import Radiograph, Stack, Volume


def load_image(stack: Stack, settings: Settings | None = None) -> Volume | Radiograph:
    """Load a CT stack or a radiograph.

    Parameters
    ----------
    stack
        One stack from `find_series`.
    settings
        Tolerances; the defaults where None.

    Returns
    -------
    Volume or Radiograph
        Attenuation in HU on the grid as acquired, or a projection on which dense is bright. Its notices name what was
        corrected.

    Raises
    ------
    UnsupportedError
        The stack is not an image that can be loaded.
    GeometryError
        The slices are no grid that can be trusted.
    PixelError
        The pixels cannot be decoded, or are no Hounsfield units; or two different images have one UID.
    """
    settings = settings or Settings()
    refuse_unsupported(stack)
    refuse_too_much_from_little(stack, settings)
    refuse_other_copies(stack)
    if stack.projection is not None:
        return load_radiograph(stack, settings)
    return load_volume(stack, settings)


def check_headers(stack: Stack, settings: Settings) -> None:
    """Raise what `load_image` would raise, as far as it follows from the headers. No pixels are read.

    Raises
    ------
    SeriesError
        As `load_image`.
    """
    refuse_unsupported(stack)
    refuse_too_much_from_little(stack, settings)
    if stack.projection is not None:
        refuse_no_gray_projection(stack)
    else:
        refuse_no_hounsfield_units(stack)
        checked_stack(stack, settings, read_pixels=False)

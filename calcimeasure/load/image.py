"""From a series to its image, a CT stack or a radiograph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calcimeasure.load.kind import refuse_unsupported
from calcimeasure.load.radiograph import load_radiograph, refuse_no_gray_projection
from calcimeasure.load.volume import checked_stack, load_volume, refuse_no_hounsfield_units
from calcimeasure.settings import Settings

if TYPE_CHECKING:
    from calcimeasure.model import Radiograph, Series, Volume


def load_image(series: Series, settings: Settings | None = None) -> Volume | Radiograph:
    """Load a CT stack or a radiograph.

    Parameters
    ----------
    series
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
        The series is no image that can be loaded.
    GeometryError
        The slices are no grid that can be trusted.
    PixelError
        The pixels cannot be decoded, or are no Hounsfield units.
    """
    settings = settings or Settings()
    refuse_unsupported(series)
    if series.projection is not None:
        return load_radiograph(series, settings)
    return load_volume(series, settings)


def check_headers(series: Series, settings: Settings) -> None:
    """Raise what `load_image` would raise, as far as it follows from the headers.

    Raises
    ------
    SeriesError
        As `load_image`.
    """
    refuse_unsupported(series)
    if series.projection is not None:
        refuse_no_gray_projection(series)
    else:
        refuse_no_hounsfield_units(series)
        checked_stack(series, settings)

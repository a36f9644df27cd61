"""From a stack to a Radiograph: dense tissue is bright, and sizes have millimeters only if the spacing is known."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from pydicom.pixels.processing import apply_modality_lut

from calcimeasure.errors import PixelError, UnsupportedError
from calcimeasure.load.constants import LOAD
from calcimeasure.load.header import read_headers
from calcimeasure.load.pixels import decoded_image, padding_limits
from calcimeasure.model import Projection, Radiograph, SpacingSource, Stack
from calcimeasure.model.image import TURNED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.model import Instance
    from calcimeasure.settings import Settings

_SHAPE_OF: Final = {"MONOCHROME1": "INVERSE", "MONOCHROME2": "IDENTITY"}
"""Presentation LUT Shape (2050,0020) that belongs to each Photometric Interpretation (PS3.3 C.8.11.3.1.2)."""


def load_radiograph(stack: Stack, settings: Settings) -> Radiograph:
    """Load a radiograph.

    The Modality LUT is applied to the pixel values. If Photometric Interpretation is MONOCHROME1, the values are
    inverted, so that a higher value is always denser. If Pixel Intensity Relationship Sign (0028,1041) contradicts it,
    the image itself is looked at, and the outcome is a notice. Window and presentation are not applied. A padded pixel
    gets the lowest value.

    Raises
    ------
    UnsupportedError
        The image is a cine.
    PixelError
        The pixels cannot be decoded, or are in color.
    """
    refuse_no_gray_projection(stack)
    projection = stack.projection or Projection()
    (image,) = stack.instances
    stored, of_pixels = decoded_image(image)
    pixels = _modality_values(stored, image)
    limits = padding_limits(image.pixel_format)
    padded = np.zeros(stored.shape, dtype=bool) if limits is None else (stored >= limits[0]) & (stored <= limits[1])
    imaged = pixels if padded.all() else pixels[~padded]
    lowest, highest = imaged.min(), imaged.max()
    polarity = _polarity(pixels, projection)
    if (projection.photometric_interpretation == "MONOCHROME1") != (TURNED in polarity):
        pixels = lowest + highest - pixels
    pixels[padded] = lowest
    spacing_mm, source = radiograph_spacing(stack, settings)
    shape = projection.presentation_lut_shape
    disagrees = shape is not None and shape != _SHAPE_OF.get(projection.photometric_interpretation or "")
    notices = (*stack.notices, *(("presentation_lut_disagrees",) if disagrees else ()), *polarity, *of_pixels)
    return Radiograph(stack, pixels, spacing_mm, source, notices)


def _polarity(pixels: NDArray[np.float32], projection: Projection) -> tuple[str, ...]:
    """Look which values are dense where the header contradicts itself, and say so; no notice where it does not."""
    if not projection.contradicts_itself:
        return ()
    shown = -pixels if projection.photometric_interpretation == "MONOCHROME1" else pixels
    return (TURNED,) if _looks_turned(shown) else ("polarity_contradicts",)


def _looks_turned(pixels: NDArray[np.float32]) -> bool:
    """Tell whether air is bright and bone is dark on an image that should show the opposite.

    The open beam, or what was not exposed, lies at the border of nearly every radiograph and is dark; bones are narrow
    and brighter than what surrounds them. Both must be the other way round.
    """
    # Writing tables imports this module, and needs no SciPy.
    from scipy import ndimage

    factor = max(1, max(pixels.shape) // LOAD.looked_at_pixels)
    small = pixels[::factor, ::factor].astype(np.float64)
    small = ndimage.gaussian_filter(small, 1.0)
    low, high = np.quantile(small, LOAD.looked_at_quantiles)
    if high <= low or min(small.shape) < LOAD.looked_at_width:
        return False
    small = np.clip((small - low) / (high - low), 0, 1)
    border = np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])
    darker = float(np.mean(border < LOAD.dark_share) - np.mean(border > 1 - LOAD.dark_share))
    size = (LOAD.looked_at_width, LOAD.looked_at_width)
    bright = float((small - ndimage.grey_opening(small, size)).sum())
    dark = float((ndimage.grey_closing(small, size) - small).sum())
    narrow = (bright - dark) / max(bright + dark, 1e-9)
    return darker <= -LOAD.border_majority and narrow < LOAD.bone_majority


def refuse_no_gray_projection(stack: Stack) -> None:
    """Raise if the header of a radiograph says that it is not one gray projection.

    Raises
    ------
    UnsupportedError
        The image is a cine.
    PixelError
        The image is in color.
    """
    projection = stack.projection or Projection()
    if projection.number_of_frames > 1:
        found = f"{projection.number_of_frames} frames (Number of Frames (0028,0008), series {stack.series_uid})"
        raise UnsupportedError("cine", f"One projection expected, found {found}.", stack.series_uid)
    if projection.photometric_interpretation not in _SHAPE_OF:
        name = stack.instances[0].path.name
        found = f"{projection.photometric_interpretation!r} (Photometric Interpretation (0028,0004), {name})"
        raise PixelError(
            "color_image", f"A gray image expected, found {found}. Export the original image.", stack.series_uid
        )


def _modality_values(stored: NDArray[Any], image: Instance) -> NDArray[np.float32]:
    """Apply the Modality LUT, or slope and intercept (PS3.3 C.11.1)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            (header,) = read_headers(image.path, image.member)
            values = np.array(apply_modality_lut(stored.astype(np.int64), header.dataset), dtype=np.float32)
        if not np.isfinite(values).all():
            raise ValueError("values that are no finite numbers")
    except Exception as error:
        # The file was changed since its header was read, or its table is broken. pydicom checks neither.
        found = f"found {type(error).__name__}: {error} ({image.relative_path.name}). Export the file again."
        message = f"A Modality LUT (0028,3000) or rescale (0028,1053) that can be applied expected, {found}"
        raise PixelError("decode_failed", message, path=image.path) from error
    return values


def radiograph_spacing(stack: Stack, settings: Settings) -> tuple[tuple[float, float] | None, SpacingSource]:
    """Give the pixel spacing of a radiograph, and its origin (PS3.3 sections 10.7.1.1 to 10.7.1.3).

    Returns
    -------
    spacing_mm : tuple of float or None
        Between rows and between columns, mm; None if no spacing is known, and for an uncertain spacing unless
        settings.allow_uncertain_spacing.
    source : SpacingSource
        calibrated: Pixel Spacing that was calibrated (its Calibration Type is GEOMETRY or FIDUCIAL) or is smaller than
        the spacing at the detector, as an object nearer to the tube looks; magnification_corrected: the spacing at the
        detector divided by the Estimated Radiographic Magnification Factor; detector_plane: the spacing at the
        detector or of the scanned film, which makes every size an upper bound; uncertain: Pixel Spacing alone, or
        larger than the spacing at the detector; none.
    """
    projection = stack.projection or Projection()
    pixel = _positive(stack.pixel_spacing_mm)
    detector = _positive(projection.imager_pixel_spacing_mm) or _positive(projection.nominal_scanned_pixel_spacing_mm)
    uncertain = (pixel if settings.allow_uncertain_spacing else None, SpacingSource.UNCERTAIN)
    if pixel and projection.calibration_type in ("GEOMETRY", "FIDUCIAL"):
        return pixel, SpacingSource.CALIBRATED
    if detector is None:
        return uncertain if pixel else (None, SpacingSource.NONE)
    if pixel:
        ratios = (pixel[0] / detector[0], pixel[1] / detector[1])
        if max(ratios) > 1 + LOAD.equal_spacing:
            return uncertain
        if min(ratios) < 1 - LOAD.equal_spacing:
            return pixel, SpacingSource.CALIBRATED
    return _at_detector(detector, projection)


def _at_detector(detector_mm: tuple[float, float], projection: Projection) -> tuple[tuple[float, float], SpacingSource]:
    """Correct the spacing at the detector for magnification, if the header has an estimate."""
    magnification = projection.magnification
    if _positive(projection.imager_pixel_spacing_mm) and magnification is not None and magnification > 1:
        corrected_mm = (detector_mm[0] / magnification, detector_mm[1] / magnification)
        return corrected_mm, SpacingSource.MAGNIFICATION_CORRECTED
    return detector_mm, SpacingSource.DETECTOR_PLANE


def _positive(spacing_mm: tuple[float, float] | None) -> tuple[float, float] | None:
    return spacing_mm if spacing_mm is not None and min(spacing_mm) > 0 else None

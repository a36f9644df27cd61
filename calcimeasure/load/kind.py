"""The kind of object that a series is, from its header: CT, a radiograph, or an object that is not measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from calcimeasure.errors import UnsupportedError

if TYPE_CHECKING:
    from calcimeasure.model import Series

_MULTIFRAME_CAPTURE: Final = "1.2.840.10008.5.1.4.1.1.7.3"
"""Multi-frame Grayscale Word Secondary Capture: it is converted CT if its frames have positions."""

_SECONDARY_CAPTURE: Final = "1.2.840.10008.5.1.4.1.1.7"
_CT_STORAGE: Final = "1.2.840.10008.5.1.4.1.1.2"
_OUTLINES: Final = frozenset({"SEG", "RTSTRUCT"})
_NO_IMAGES: Final = frozenset(
    "AU DOC ECG EPS FID HD KO PLAN PR REG RESP RTPLAN RTRECORD RWV SR".split()  # noqa: SIM905 - a list of words
)
_DERIVED_WORDS: Final = frozenset(
    """3D DIFFERENCE DIVISION EFF_ATOMIC_NUM EFF_Z EFFECTIVE_Z ELECTRON_DENSITY IODINE MAT_FRACTIONAL MAT_MODIFIED
    MAT_REMOVED MAT_SPECIFIC MAT_VALUE_BASED MAXIMUM MAX_IP MINIMUM MINIP MIN_IP MIP MULTIPLICATION PERFUSION PROJECTION
    QUANTITY RHO/Z SSD STD_DEVIATION SUBTRACTED SUBTRACTION VNC VOLUME_RENDERED VRT ZEFF""".split()  # noqa: SIM905 - a list of words
)
"""Words of Image Type (0008,0008), from value 3 on, that mark images whose values are not the attenuation of voxels.
The words of multi-energy CT stand in PS3.3 C.8.2.1.1.1, those of multi-frame images in C.8.16.1.4; scanners write the
others."""

_MONOENERGETIC_WORDS: Final = frozenset({"GSI_MONO", "MONO", "MONOE", "MONOENERGETIC", "MONO_E", "MONO_PLUS", "VMI"})


def refuse_unsupported(series: Series) -> None:
    """Raise if a series is no image that can be loaded.

    Raises
    ------
    UnsupportedError
        The series has another modality than CT and radiographs, is a localizer, a secondary capture or a derived image,
        or is no image.
    """
    reason = _unsupported_reason(series)
    if reason:
        found = f"{series.modality or 'no modality'}, Image Type {'/'.join(series.image_type) or 'empty'}"
        name = f"series {series.series_uid or 'without UID'}"
        raise UnsupportedError(reason, f"A CT or a radiograph expected, found {found} ({name}).", series.series_uid)


def is_monoenergetic(series: Series) -> bool:
    """Tell whether a CT was computed for one photon energy. Its Hounsfield units hold for that energy only."""
    return bool(_image_type_words(series) & _MONOENERGETIC_WORDS)


def _unsupported_reason(series: Series) -> str | None:
    if series.modality in _OUTLINES:
        return "segmentation"
    if series.modality in _NO_IMAGES or (not series.instances[0].pixel_format.rows and not _is_ct_storage(series)):
        return "not_an_image"
    if series.projection is not None:
        return None
    is_derived = not _image_type_words(series).isdisjoint(_DERIVED_WORDS)
    if series.sop_class_uid == _MULTIFRAME_CAPTURE and series.instances[0].position_lps_mm is not None:
        return "derived_image" if is_derived else None
    if _is_class(series, _SECONDARY_CAPTURE):
        return "secondary_capture"
    # A header that is cut off may lack the modality. That is no other modality: the slice must not be skipped silently.
    if series.modality != "CT" and (series.modality or not _is_ct_storage(series)):
        return "modality"
    if "LOCALIZER" in _image_type_words(series):
        return "localizer"
    return "derived_image" if is_derived else None


def _is_ct_storage(series: Series) -> bool:
    return _is_class(series, _CT_STORAGE)


def _is_class(series: Series, sop_class_uid: str) -> bool:
    """Tell whether a series is of a SOP class or of one below it."""
    return f"{series.sop_class_uid}.".startswith(f"{sop_class_uid}.")


def _image_type_words(series: Series) -> set[str]:
    return {word for value in series.image_type[2:] for word in value.split()}

"""The kind of object that a series is, from its header: CT, a radiograph, or an object that is not measured."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from calcimeasure.errors import UnsupportedError
from calcimeasure.known_values import known_modality
from calcimeasure.load.constants import LOAD
from calcimeasure.load.header import NOT_THE_VOLUME

if TYPE_CHECKING:
    from calcimeasure.model import Instance, Stack

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


_PROJECTION_WORDS: Final = re.compile(
    r"""(?<![^\W\d_])(?:
    (?:T|CSA|THIN|THICK|SLAB|SLIDING|AX|COR|SAG)?[ _-]?(?:MIN|MAX|M)[ _-]?IPS?
    |RAY[ _-]?SUM
    |VRT
    |(?:VOLUME|SURFACE)[ _-]RENDER\w*
    |SHADED[ _-]SURFACE\w*
    )(?![^\W\d_])""",
    re.VERBOSE,
)
"""Words in which a person or a scanner names a projection or a rendering, in capital letters without accents."""

_PROJECTION_STEM: Final = re.compile(r"PRO(?:JE|YEC|IEZ)")
_INTENSITY_STEM: Final = "INTENSI"
"""Maximum intensity projection, written out in any of English, German, French, Spanish, Italian, Portuguese, Dutch."""

_OF_ITS_SOURCE: Final = frozenset(
    """BASE BEFORE FOR FUER FUR NO NON NOT OHNE PARA PER POUR PRE QUELLE RAW SANS SENZA SIN SOURCE SOURCES SRC VOOR
    WITHOUT WO ZONDER""".split()  # noqa: SIM905 - a list of words
)
"""Words beside the name of a projection with which it names the slices that the projection is computed from."""


def refuse_unsupported(stack: Stack) -> None:
    """Raise if a series is no image that can be loaded.

    Raises
    ------
    UnsupportedError
        The series has another modality than CT and radiographs, is a localizer, a secondary capture or a derived image,
        or is no image.
    """
    reason = _unsupported_reason(stack)
    if reason:
        found = f"{known_modality(stack.modality) or 'no modality'}, Image Type {'/'.join(stack.image_type)!r}"
        name = f"series {stack.series_uid or 'without UID'}"
        what_to_do = ""
        if reason == "derived_image" and _is_voxels_by_image_type(stack):
            found += f", and a projection in {_where_projection_is_told(stack)}"
            what_to_do = " Measure the series that it was computed from."
        message = f"A CT or a radiograph expected, found {found} ({name}).{what_to_do}"
        raise UnsupportedError(reason, message, stack.series_uid)


def is_measured(facts: Stack, image: Instance) -> bool:
    """Tell whether a series with this image is one that can be loaded, as `refuse_unsupported` has it."""
    return _unsupported_reason(replace(facts, instances=(image,))) is None


def is_monoenergetic(stack: Stack) -> bool:
    """Tell whether a CT was computed for one photon energy. Its Hounsfield units hold for that energy only."""
    return bool(_image_type_words(stack) & _MONOENERGETIC_WORDS)


def is_named_projection(stack: Stack) -> bool:
    """Tell whether an original image has the name of a projection in Series Description (0008,103E).

    Image Type and description contradict each other: a person has to look.
    """
    return stack.image_type[:1] == ("ORIGINAL",) and _names_projection(stack.description)


def is_captured_ct(stack: Stack) -> bool:
    """Tell whether slices of CT were saved as secondary captures: with their place, their spacing and their scale."""
    return (
        _is_class(stack, _SECONDARY_CAPTURE)
        and not _is_class(stack, _MULTIFRAME_CAPTURE)
        and stack.modality == "CT"
        and len(stack.instances) >= LOAD.least_captured_slices
        and not any("SURVIEW" in word or "LOCALIZER" in word for word in stack.image_type)
        and _has_place_and_spacing(stack)
        and _has_scale(stack.instances[0])
    )


def _has_place_and_spacing(stack: Stack) -> bool:
    return (
        stack.row_column_directions is not None
        and stack.pixel_spacing_mm is not None
        and stack.instances[0].position_lps_mm is not None
    )


def _has_scale(image: Instance) -> bool:
    """Tell whether an image says how its numbers become Hounsfield units, and has bits for them."""
    return (
        bool(image.rescale_slope)
        and image.rescale_intercept is not None
        and image.pixel_format.bits_stored >= LOAD.captured_bits
        and image.pixel_format.samples_per_pixel == 1
    )


def _unsupported_reason(stack: Stack) -> str | None:
    if stack.modality in _OUTLINES:
        return "segmentation"
    if stack.modality in _NO_IMAGES or (not stack.instances[0].pixel_format.rows and not _is_ct_storage(stack)):
        return "not_an_image"
    return None if stack.projection is not None else _reason_of_slices(stack)


def _reason_of_slices(stack: Stack) -> str | None:
    is_derived = not _is_voxels_by_image_type(stack) or _where_projection_is_told(stack) is not None
    if stack.sop_class_uid == _MULTIFRAME_CAPTURE and stack.instances[0].position_lps_mm is not None:
        return "derived_image" if is_derived else None
    if _is_class(stack, _SECONDARY_CAPTURE) and not is_captured_ct(stack):
        return "secondary_capture"
    # A header that is cut off may lack the modality. That is no other modality: the slice must not be skipped silently.
    if stack.modality != "CT" and (stack.modality or not _is_ct_storage(stack)):
        return "modality"
    if "LOCALIZER" in _image_type_words(stack):
        return "localizer"
    return "derived_image" if is_derived else None


def _is_voxels_by_image_type(stack: Stack) -> bool:
    return _image_type_words(stack).isdisjoint(_DERIVED_WORDS) and not _names_projection(" ".join(stack.image_type[2:]))


def _where_projection_is_told(stack: Stack) -> str | None:
    """Name the attribute, other than Image Type, that says that pixels are no voxels; None if none does."""
    if not stack.volume_words.isdisjoint(NOT_THE_VOLUME):
        return "Volumetric Properties (0008,9206) or Volume Based Calculation Technique (0008,9207)"
    if _names_projection(stack.derivation):
        return "Derivation Description (0008,2111)"
    if _names_projection(stack.description) and not is_named_projection(stack):
        return "Series Description (0008,103E)"
    return None


def _names_projection(text: str | None) -> bool:
    decomposed = unicodedata.normalize("NFKD", (text or "").upper())
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter)).replace("W/O", "WITHOUT")
    found = _PROJECTION_WORDS.search(plain)
    if found is None:
        return _INTENSITY_STEM in plain and _PROJECTION_STEM.search(plain) is not None
    before, after = re.findall(r"\w+", plain[: found.start()]), re.findall(r"\w+", plain[found.end() :])
    return _OF_ITS_SOURCE.isdisjoint((*before[-2:], *after[:1]))


def _is_ct_storage(stack: Stack) -> bool:
    return _is_class(stack, _CT_STORAGE)


def _is_class(stack: Stack, sop_class_uid: str) -> bool:
    """Tell whether a series is of a SOP class or of one below it."""
    return f"{stack.sop_class_uid}.".startswith(f"{sop_class_uid}.")


def _image_type_words(stack: Stack) -> set[str]:
    return {word for value in stack.image_type[2:] for word in value.split()}

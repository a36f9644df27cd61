"""Images: a CT volume, a radiograph, and the bones that another program outlined on a volume."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, ClassVar, Final, Literal, Self

from calcimeasure.model.stack import Projection
from calcimeasure.model.vocabulary import ImageKind, SpacingSource

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from calcimeasure.geometry import Geometry
    from calcimeasure.model.stack import Stack
    from calcimeasure.model.vocabulary import Laterality

TURNED: Final = "polarity_turned"
"""Notice of a radiograph that was inverted although Photometric Interpretation says otherwise, or the opposite."""

NOT_IMAGED_HU = -32768
"""Value of `Volume.attenuation_hu` in voxels that the scanner did not reconstruct (Pixel Padding Value)."""


@dataclass(frozen=True, slots=True, eq=False)
class Volume:
    """A CT stack as acquired.

    Parameters
    ----------
    stack
        The stack that the volume was read from.
    geometry
        The position of each voxel in the patient.
    attenuation_hu
        (k, j, i) int16; `NOT_IMAGED_HU` where nothing was reconstructed. Kept read-only.
    notices
        Keys of `calcimeasure.codes.NOTICES`.
    """

    kind: ClassVar[Literal[ImageKind.CT_STACK]] = ImageKind.CT_STACK

    stack: Stack
    geometry: Geometry
    attenuation_hu: NDArray[np.int16]
    notices: tuple[str, ...] = ()

    @property
    def shape_kji(self) -> tuple[int, int, int]:
        """Slices, rows, columns."""
        return self.geometry.shape_kji

    def __post_init__(self) -> None:
        if self.attenuation_hu.shape != self.geometry.shape_kji:
            raise ValueError(f"Voxels of shape {self.geometry.shape_kji} expected, found {self.attenuation_hu.shape}.")
        self.attenuation_hu.flags.writeable = False

    def __reduce__(self) -> tuple[type[Volume], tuple[object, ...]]:
        # A pickle does not keep arrays read-only. The record is made again from its fields, which makes them read-only.
        return type(self), tuple(getattr(self, one.name) for one in fields(self))


@dataclass(frozen=True, slots=True, eq=False)
class NamedBones:
    """Bones that another program outlined on a stack.

    Parameters
    ----------
    labels
        (k, j, i) integers; 0 outside of bone. Kept read-only.
    names
        TotalSegmentator's name for each label: humerus_left, vertebrae_L3, rib_left_4, sacrum, ...
    sides
        The side for each label of a bone that has a side.
    """

    labels: NDArray[np.uint8] | NDArray[np.uint16]
    names: Mapping[int, str]
    sides: Mapping[int, Laterality]

    @property
    def mask(self) -> NDArray[np.bool_]:
        """(k, j, i), true inside any of the bones."""
        return self.labels > 0


@dataclass(frozen=True, slots=True, eq=False)
class Radiograph:
    """A radiograph (projection); dense tissue is bright.

    Parameters
    ----------
    stack
        The stack that the radiograph was read from.
    pixels
        (rows, columns) float32 after the Modality LUT; a higher value is denser. Kept read-only.
    spacing_mm
        Between rows and between columns; None if the spacing is not known in millimeters.
    spacing_source
        The origin of the spacing (PS3.3 section 10.7).
    notices
        Keys of `calcimeasure.codes.NOTICES`.
    """

    kind: ClassVar[Literal[ImageKind.RADIOGRAPH]] = ImageKind.RADIOGRAPH

    stack: Stack
    pixels: NDArray[np.float32]
    spacing_mm: tuple[float, float] | None
    spacing_source: SpacingSource
    notices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.pixels.flags.writeable = False

    def __reduce__(self) -> tuple[type[Radiograph], tuple[object, ...]]:
        return type(self), tuple(getattr(self, one.name) for one in fields(self))

    @property
    def shape_kji(self) -> tuple[int, int, int]:
        """Shape of the masks of its lesions: one slice."""
        rows, columns = self.pixels.shape
        return (1, rows, columns)

    @property
    def geometry(self) -> None:
        """None: a projection has no grid in the patient."""
        return

    @property
    def is_inverted(self) -> bool:
        """Whether the loader inverted the stored values, so that dense is bright."""
        projection = self.stack.projection
        by_header = projection is not None and projection.photometric_interpretation == "MONOCHROME1"
        return by_header != (TURNED in self.notices)

    def calibrated(self, column_spacing_mm: float) -> Self:
        """Return the radiograph with the spacing that a reader found; the ratio of row to column spacing is kept."""
        spacing_mm = (column_spacing_mm * self.pixel_aspect, column_spacing_mm)
        return replace(self, spacing_mm=spacing_mm, spacing_source=SpacingSource.READER)

    @property
    def pixel_aspect(self) -> float:
        """Distance between rows divided by the distance between columns; this ratio is known even without millimeters.

        The ratio is computed from the spacing. If the spacing is not known, the ratio comes from any other spacing or
        from the Pixel Aspect Ratio (0028,0034) in the header. It is 1 if the header has neither (PS3.3 C.7.6.3.1.7).
        """
        projection = self.stack.projection or Projection()
        for ratio in (
            self.spacing_mm,
            self.stack.pixel_spacing_mm,
            projection.imager_pixel_spacing_mm,
            projection.nominal_scanned_pixel_spacing_mm,
            projection.pixel_aspect_ratio,
        ):
            if ratio is not None and min(ratio) > 0:
                return ratio[0] / ratio[1]
        return 1.0


Image = Volume | Radiograph
"""An image on which lesions are found, drawn and measured."""

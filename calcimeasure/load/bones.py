"""The bones that another program outlined, for one stack."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from calcimeasure.errors import SeriesError
from calcimeasure.load.masks import MaskError, find_masks, read_masks
from calcimeasure.model import NamedBones

if TYPE_CHECKING:
    from calcimeasure.load.masks import MaskFiles
    from calcimeasure.model import Image
    from calcimeasure.settings import Settings


def find_bone_masks(settings: Settings) -> MaskFiles | None:
    """Read the headers of the masks in the settings, once for all stacks; None if the settings name no masks.

    Raises
    ------
    UsageError
        No file there is a mask, or a mask cannot be read.
    """
    return _mask_files(settings.bone_mask) if settings.bone_mask else None


def bones_of(image: Image, settings: Settings) -> tuple[NamedBones | None, tuple[str, ...]]:
    """Read which bones of a stack another program outlined.

    Parameters
    ----------
    image
        The image. For a radiograph there are no bones: masks need a grid in the patient, and a projection has none.
    settings
        `bone_mask`: the path of the masks.

    Returns
    -------
    NamedBones or None
        None if the settings name no mask, or if no mask belongs to this stack.
    tuple of str
        Keys of `calcimeasure.codes.NOTICES`.

    Raises
    ------
    SeriesError
        A mask for this stack is broken or does not fit (reason bone_mask_unusable).
    """
    geometry = image.geometry
    if geometry is None or (files := find_bone_masks(settings)) is None:
        return None, ()
    try:
        masks = read_masks(files, image.stack, geometry)
    except MaskError as error:
        raise SeriesError("bone_mask_unusable", str(error), image.stack.series_uid, error.path) from error
    if not masks.classes:
        return None, ("bone_mask_missing",)
    return NamedBones(masks.labels, masks.names, masks.sides), ("bone_mask_resampled",) if masks.resampled else ()


@lru_cache(maxsize=4)
def _mask_files(path: str) -> MaskFiles:
    return find_masks(path)

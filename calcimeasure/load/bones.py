"""The bones that another program outlined, for one stack."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from calcimeasure.errors import SeriesError
from calcimeasure.model import MaskUse, NamedBones

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from calcimeasure.geometry import Geometry
    from calcimeasure.load.masks import BoneMasks, MaskFiles, PassedOver
    from calcimeasure.model import Image, Stack
    from calcimeasure.settings import Settings

_MOST_REMARKS: Final = 5
"""Reasons why masks were not taken that are told of one stack: a folder may hold the masks of a thousand patients."""


@dataclass(frozen=True, slots=True)
class OutlinedBones:
    """The bones of a stack that another program outlined.

    Parameters
    ----------
    named
        None if the settings name no mask, or if no mask belongs to this stack.
    notices
        Keys of `calcimeasure.codes.NOTICES`.
    use
        What became of the masks.
    """

    named: NamedBones | None = None
    notices: tuple[str, ...] = ()
    use: MaskUse = field(default_factory=MaskUse)


NO_BONES: Final = OutlinedBones()
"""The settings name no masks, or the image is a radiograph."""


def find_bone_masks(settings: Settings) -> MaskFiles | None:
    """Read the headers of the masks in the settings, once for all stacks; None if the settings name no masks.

    Raises
    ------
    UsageError
        No file there is a mask, or the file that the settings name cannot be read.
    """
    return _mask_files(settings.bone_mask) if settings.bone_mask else None


def bones_of(image: Image, settings: Settings) -> OutlinedBones:
    """Read which bones of a stack another program outlined.

    Parameters
    ----------
    image
        The image. For a radiograph there are no bones: masks need a grid in the patient, and a projection has none.
    settings
        `bone_mask`: the path of the masks.

    Raises
    ------
    SeriesError
        A mask for this stack is broken or does not fit (reason bone_mask_unusable).
    """
    geometry = image.geometry
    if geometry is None or (files := find_bone_masks(settings)) is None:
        return NO_BONES
    from calcimeasure.load.masks import MaskError, read_masks

    try:
        masks = read_masks(files, image.stack, geometry)
    except MaskError as error:
        raise SeriesError("bone_mask_unusable", str(error), image.stack.series_uid, error.path) from error
    taken = tuple(sorted({path for one in masks.classes for path in one.paths}))
    notices = {
        "bone_mask_missing": not masks.classes,
        "bone_mask_resampled": masks.resampled,
        "bone_mask_unread": _is_broken_beside(files.broken, taken),
    }
    return OutlinedBones(
        NamedBones(masks.labels, masks.names, masks.sides) if masks.classes else None,
        tuple(notice for notice, holds in notices.items() if holds),
        MaskUse(taken, (*_names(masks), *_reasons(_elsewhere(masks))), masks.remarks),
    )


def mask_paths(stack: Stack, geometry: Geometry, settings: Settings) -> tuple[Path, ...]:
    """List the files of masks that belong to a stack, from their headers; none if one of them does not fit."""
    files = find_bone_masks(settings)
    if files is None:
        return ()
    from calcimeasure.load.masks import MaskError, belonging_masks

    try:
        return tuple({file.path for file in belonging_masks(files, stack, geometry)})
    except MaskError:
        return ()


def _is_broken_beside(broken: Iterable[PassedOver], taken: Iterable[Path]) -> bool:
    """Tell whether a broken file may be of a stack: one beside its masks or, if it has none, any."""
    folders = {path.parent for path in taken}
    return any(not folders or one.path.parent in folders for one in broken)


def _names(masks: BoneMasks) -> tuple[str, ...]:
    """Say which names were not taken: those that seem to mean a bone; if no mask was taken, all names."""
    if masks.unknown_names:
        return (
            f"Names of bones expected (femur_left, vertebrae_L3, ...), found {_some(masks.unknown_names)}, which was "
            "not taken. Name the classes as TotalSegmentator does.",
        )
    nameless = [] if masks.classes else [one for one in masks.passed_over if one.is_nameless]
    return (f"{_some([one.path.name for one in nameless])}: {nameless[0].message}",) if nameless else ()


def _elsewhere(masks: BoneMasks) -> tuple[PassedOver, ...]:
    """Give the files that do not fit a stack for which no mask was taken. Otherwise they are masks of other stacks."""
    return () if masks.classes else tuple(one for one in masks.passed_over if not one.is_nameless)


def _reasons(passed_over: Iterable[PassedOver]) -> tuple[str, ...]:
    """Give each reason once, with the files that it holds for."""
    names: dict[str, list[str]] = defaultdict(list)
    for one in passed_over:
        names[one.message].append(one.path.name)
    lines = [f"{_some(files)}: {message}" for message, files in names.items()]
    rest = len(lines) - _MOST_REMARKS
    return (*lines[:_MOST_REMARKS], *((f"... and {rest} more reasons for other masks.",) if rest > 0 else ()))


def _some(names: list[str] | tuple[str, ...]) -> str:
    rest = len(names) - _MOST_REMARKS
    return ", ".join(names[:_MOST_REMARKS]) + (f" and {rest} more" if rest > 0 else "")


@lru_cache(maxsize=4)
def _mask_files(path: str) -> MaskFiles:
    from calcimeasure.load.masks import find_masks  # few runs have masks

    return find_masks(path)

"""What files hold beside their headers, as hashes: equal names are no proof of equal pixels and masks."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import numpy as np

from calcimeasure.errors import PixelError, SeriesError
from calcimeasure.load.bones import mask_paths
from calcimeasure.load.pixels import encoded_hash, stored_values
from calcimeasure.load.source import unpacked
from calcimeasure.load.volume import checked_stack
from calcimeasure.model import Content
from calcimeasure.threads import thread_count

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from calcimeasure.model import Instance, Stack
    from calcimeasure.settings import Settings

_LENGTH: Final = 32
_MOST_THREADS: Final = 8


def content_of(stack: Stack, settings: Settings) -> Content:
    """Read what the files of a stack hold beside their headers; nothing is decoded.

    Parameters
    ----------
    stack
        One stack from `calcimeasure.load.find_series`.
    settings
        `bone_mask`: the path of the masks.

    Returns
    -------
    Content
        The hash of the encoded pixel data of all images in slice order, and that of the files of bone masks that belong
        to the stack.

    Raises
    ------
    PixelError
        A file cannot be read.
    UsageError
        No file at the path of the masks is one.
    """
    return Content(pixel_hash(stack), _mask_hash(stack, settings))


def pixel_hash(stack: Stack) -> str:
    """Hash the encoded pixel data of all images of a stack, in slice order; nothing is decoded.

    Raises
    ------
    PixelError
        A file cannot be read.
    """
    every = {_file_of(one): one for image in stack.instances for one in (image, *image.copies)}
    try:
        with ThreadPoolExecutor(max_workers=min(thread_count(), _MOST_THREADS)) as pool:
            hashes = dict(zip(every, pool.map(encoded_hash, every.values()), strict=True))
    finally:
        unpacked.cache_clear()
    digest = hashlib.sha256()
    for image in stack.instances:
        # True copies change nothing.
        for one in sorted({hashes[_file_of(one)] for one in (image, *image.copies)}):
            digest.update(one)
    return digest.hexdigest()[:_LENGTH]


def _file_of(image: Instance) -> tuple[Path, str | None]:
    return image.path, image.member


def _mask_hash(stack: Stack, settings: Settings) -> str | None:
    """Hash the files of masks that belong to a stack; None where the settings name no masks, or for a radiograph."""
    if not settings.bone_mask or stack.projection is not None:
        return None
    paths: Iterable[Path] = ()
    with suppress(SeriesError):  # a stack without a grid is refused, whatever its masks are
        paths = mask_paths(stack, checked_stack(stack, settings, read_pixels=False)[1], settings)
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.name.encode("utf-8", "surrogateescape"))
        with suppress(OSError), path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:_LENGTH]


def refuse_other_copies(stack: Stack) -> None:
    """Refuse a stack with two different images of one name: nothing tells which of them is the right one.

    Raises
    ------
    PixelError
        Reason ``two_images_of_one_uid``; or the pixels of one cannot be decoded.
    """
    for image in stack.instances:
        for copy in image.copies:
            if not _is_same(image, copy):
                raise PixelError(
                    "two_images_of_one_uid",
                    f"One image of each UID expected, found two with different pixels: {image.relative_path} and "
                    f"{copy.relative_path} (SOP Instance UID (0008,0018), series {stack.series_uid or 'without UID'}). "
                    "Keep the right one in the folder, or give the other one UIDs of its own.",
                    stack.series_uid,
                )


def _is_same(image: Instance, copy: Instance) -> bool:
    """Tell whether the pixels of two files are equal, however they are encoded."""
    if encoded_hash(image) == encoded_hash(copy) and image.pixel_format == copy.pixel_format:
        return True
    shapes = [(one.pixel_format.rows, one.pixel_format.columns) for one in (image, copy)]
    return shapes[0] == shapes[1] and np.array_equal(stored_values(image), stored_values(copy))

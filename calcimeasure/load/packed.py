"""Images that would take far more memory than their files: refused before a byte of their pixels is read."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from calcimeasure.errors import PixelError
from calcimeasure.load.bombs import ALWAYS_ALLOWED_BYTES, LARGEST_RATIO

if TYPE_CHECKING:
    from pathlib import Path

    from calcimeasure.model import Instance, Stack
    from calcimeasure.settings import Settings

_NOT_PACKED: Final = frozenset({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"})
"""Transfer syntaxes of pixels as they are: a file is as large as its pixels."""

_BYTES_A_VOXEL: Final = 2


def refuse_too_much_from_little(stack: Stack, settings: Settings) -> None:
    """Refuse a stack one image of which is too large, or whose pixels are packed as only a bomb is.

    Codecs pack an empty image to a thousandth, so that some kilobytes can state gigabytes. CT is packed to a half.

    Raises
    ------
    PixelError
        Reason ``out_of_memory``.
    """
    largest = max(stack.instances, key=_stated_bytes)
    largest_gb = largest.pixel_format.rows * largest.pixel_format.columns * _BYTES_A_VOXEL / 1e9
    if largest_gb > settings.max_volume_gb:
        raise _refusal(
            stack,
            f"Images of at most {settings.max_volume_gb:g} GB expected (settings.max_volume_gb)",
            f"{_size(largest)} of {largest_gb:.2f} GB in {largest.path.name}",
        )
    packed = [one for one in stack.instances if _is_packed(one)]
    stated_bytes = sum(map(_stated_bytes, packed))
    if stated_bytes <= ALWAYS_ALLOWED_BYTES:
        return
    file_bytes = sum(map(_bytes_on_disk, {one.path for one in packed}))
    if stated_bytes > LARGEST_RATIO * file_bytes:
        raise _refusal(
            stack,
            f"Pixels of at most {LARGEST_RATIO} times the size of their files expected",
            f"{len(packed)} images of up to {_size(largest)}, {stated_bytes / 1e9:.2f} GB packed in {file_bytes} bytes",
        )


def _is_packed(image: Instance) -> bool:
    return image.member is not None or image.pixel_format.transfer_syntax_uid not in _NOT_PACKED


def _stated_bytes(image: Instance) -> int:
    pixel_format = image.pixel_format
    bytes_a_value = max(1, pixel_format.bits_allocated // 8)
    return pixel_format.rows * pixel_format.columns * pixel_format.samples_per_pixel * bytes_a_value


def _bytes_on_disk(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_size
    return ALWAYS_ALLOWED_BYTES  # a file that is gone is told where it is read


def _size(image: Instance) -> str:
    return f"{image.pixel_format.rows} x {image.pixel_format.columns} pixels"


def _refusal(stack: Stack, expected: str, found: str) -> PixelError:
    return PixelError(
        "out_of_memory",
        f"{expected}, found {found} (Rows (0028,0010), Columns (0028,0011), series "
        f"{stack.series_uid or 'without UID'}). Export the original images.",
        stack.series_uid,
    )

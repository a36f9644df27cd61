"""What files say of their images, as small records that a process can send to another one."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar, cast

from calcimeasure.errors import FileError
from calcimeasure.load.archives import hides_an_archive
from calcimeasure.load.header import (
    Header,
    beyond_limits,
    grid_key,
    instance,
    notices_of_numbers,
    plane,
    read_headers,
    series_facts,
    series_key,
    taken_at,
)
from calcimeasure.model import Instance, PixelFormat, Stack

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from calcimeasure.load.header import GridKey
    from calcimeasure.load.limits import HeaderLimits
    from calcimeasure.load.planes import Plane

Asked: TypeAlias = "tuple[Path, Path, str | None]"
"""A file, the PATH argument under which it was found, and the member where the file is a .zip."""

Read: TypeAlias = "list[ReadImage] | FileError"
"""What a file says of its images: none if it is no DICOM object; or why it cannot be read."""

_Value = TypeVar("_Value")

ARCHIVE_EXPECTED: Final = (
    "An archive that can be read whole expected, not read: {found} ({name}). Unpack it, and name the folder with what "
    "was in it."
)
"""Message of a failure with reason ``archive_not_read``."""

_USUAL_HEADER_BYTES: Final = 2**14


@dataclass(frozen=True, slots=True)
class ReadImage:
    """What the header of one image says.

    Parameters
    ----------
    series_key, grid_key
        Images whose keys are equal may be of one series, and on one grid.
    plane
        Directions and spacing.
    taken
        When it was taken; None if its header does not say it.
    image
        The facts of the image alone.
    notices
        Keys of `calcimeasure.codes.NOTICES`.
    said
        The facts of its series; or the header that says them, because they are needed of few images.
    """

    series_key: tuple[str, ...]
    grid_key: GridKey
    plane: Plane
    taken: datetime | None
    image: Instance
    notices: tuple[str, ...]
    said: Stack | Header

    def facts(self) -> Stack:
        """Give the facts that the images of a grid share."""
        return self.said if isinstance(self.said, Stack) else series_facts(self.said)


class HeaderReader:
    """Reads files one after the other. Pixel formats and keys that many images share are in memory once.

    Parameters
    ----------
    limits
        What the header of a file may hold.
    """

    def __init__(self, limits: HeaderLimits) -> None:
        self._limits = limits
        self._formats: dict[PixelFormat, PixelFormat] = {}
        self._last: dict[str, object] = {}

    def read(self, asked: Asked) -> Read:
        """Read what a file says of its images."""
        path, root, member = asked
        try:
            headers = read_headers(path, member, self._limits)
        except FileError as error:
            return error
        if not headers and member is None and hides_an_archive(path):
            message = ARCHIVE_EXPECTED.format(found="an archive whose name does not say so", name=path.name)
            return FileError("archive_not_read", message, path=path)
        try:
            return [self._image(header, root) for header in headers]
        except Exception as error:  # noqa: BLE001 - one odd header must not stop the other files
            return _not_understood(path, member, error)

    def read_whole(self, asked: Asked) -> Read:
        """Read a file with the facts of each image in the place of its header, so that nothing is left to parse."""
        images = self.read(asked)
        if isinstance(images, FileError):
            return images
        try:
            return self._whole(images)
        except Exception as error:  # noqa: BLE001 - see above
            return _not_understood(asked[0], asked[2], error)

    def _image(self, header: Header, root: Path) -> ReadImage:
        image = instance(header, root, self._formats)
        return ReadImage(
            series_key=self._shared("series", series_key(header)),
            grid_key=self._shared("grid", grid_key(header)),
            plane=plane(header),
            taken=taken_at(header),
            image=image,
            notices=notices_of_numbers(header, image),
            said=header,
        )

    def _whole(self, images: list[ReadImage]) -> list[ReadImage]:
        # Of the frames of one grid only the facts of the first one are asked for.
        first: dict[tuple[object, ...], Stack] = {}
        whole = []
        for one in images:
            key = (one.series_key, one.grid_key, one.plane)
            if key not in first:
                first[key] = self._shared("facts", one.facts())
            image = replace(one.image, split_keys=self._shared("split_keys", one.image.split_keys))
            whole.append(replace(one, image=image, said=first[key]))
        return whole

    def _shared(self, name: str, value: _Value) -> _Value:
        """Give the value of the image before, if it is equal, so that both are in memory once."""
        if self._last.get(name) != value:
            self._last[name] = value
        return cast("_Value", self._last[name])


def _not_understood(path: Path, member: str | None, error: Exception) -> FileError:
    if isinstance(error, MemoryError):
        return beyond_limits(path, member, "it takes more memory than a header needs")
    found = f"{type(error).__name__}: {error} ({path.name})"
    message = f"A header that can be understood expected, found {found}. Export the file again."
    return FileError("unreadable_file", message, path=path)


def bring_near(asked: Asked) -> None:
    """Have the system read the beginning of a file ahead. On a network drive most of the time goes into waiting."""
    path, _, member = asked
    if member is None:
        with suppress(OSError), path.open("rb", buffering=0) as opened:
            opened.read(_USUAL_HEADER_BYTES)

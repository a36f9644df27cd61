"""What files say of their images, as small records that a process can send to another one."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
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

_MOST_FACTS_KEPT: Final = 256
"""Grids of which a process knows the facts: files of one series mostly follow each other."""

_PATH_OF_WHO_ASKS: Final = Path()
"""Stands for the paths of a file that another process has asked about. To send them takes as long as their image."""


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
        The facts of its series; or the header that says them, because they are needed of few images; None if they
        are not needed.
    """

    series_key: tuple[str, ...]
    grid_key: GridKey
    plane: Plane
    taken: datetime | None
    image: Instance
    notices: tuple[str, ...]
    said: Stack | Header | None

    def facts(self) -> Stack:
        """Give the facts that the images of a grid share.

        Raises
        ------
        ValueError
            They were taken for not needed.
        """
        if self.said is None:
            raise ValueError("An image that is not the first one of its grid expected to be asked for no facts.")
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
        self._first_of_grids: dict[tuple[object, ...], tuple[float, str]] = {}
        self._window = 0

    def begin(self, window: int) -> None:
        """Begin to read some files for another process (`read_whole`).

        Parameters
        ----------
        window
            Its number. Images of a window with a lower number are added before those that were read so far.
        """
        if window < self._window:
            self._first_of_grids.clear()
        self._window = window

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
        """Read a file for another process, with nothing left to parse.

        That process adds the images in the order in which they are read here, perhaps others between them. It asks for
        facts of the first image of a grid, and of each one that comes before the first one so far by instance number
        and UID. So facts are left out of an image that comes behind one that was read here before.
        """
        images = self.read(asked)
        if isinstance(images, FileError):
            return images
        try:
            return [self._whole(one) for one in images]
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

    def _whole(self, one: ReadImage) -> ReadImage:
        image = replace(
            one.image,
            path=_PATH_OF_WHO_ASKS,
            root=_PATH_OF_WHO_ASKS,
            split_keys=self._shared("split_keys", one.image.split_keys),
        )
        return replace(one, image=image, said=one.facts() if self._may_be_first(one) else None)

    def _may_be_first(self, one: ReadImage) -> bool:
        """Tell whether an image may be the first one of its grid among those that were read so far."""
        grid = (one.series_key, one.grid_key, one.plane)
        number = one.image.instance_number
        order = (math.inf if number is None else number, one.image.sop_uid)
        first = self._first_of_grids.get(grid)
        if first is not None and first < order:
            return False
        if first is None and len(self._first_of_grids) >= _MOST_FACTS_KEPT:
            self._first_of_grids.clear()
        self._first_of_grids[grid] = order
        return True

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

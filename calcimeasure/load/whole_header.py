"""The complete header of one image, for objects that refer to it: all attributes but the pixels."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from pydicom import dcmread

from calcimeasure.errors import FileError
from calcimeasure.load.source import open_source

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

    from calcimeasure.model import Instance


def read_whole_header(image: Instance) -> FileDataset:
    """Read the header of the file of an image that `calcimeasure.load.find_series` has found.

    `find_series` has read the same header within limits (`calcimeasure.load.limits`).

    Returns
    -------
    FileDataset
        With its file meta information, as the file has it: values are neither checked nor corrected. A multi-frame file
        has one header for all frames.

    Raises
    ------
    FileError
        The file was removed or changed since it was found.
    """
    try:
        with open_source(image.path, image.member) as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of values that break the standard; each is checked where it is used
            return dcmread(file, stop_before_pixels=True, force=True)
    except Exception as error:  # a parser can fail in any way on broken bytes
        what = f"{type(error).__name__} ({image.relative_path.name})"
        message = f"The header of an image that was found expected, found {what}. Bring the file back."
        raise FileError("file_changed", message, path=image.path) from error

"""The reasons for the numbers of a lesion in a folder, from its images and the settings used for measuring."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from calcimeasure.analysis.explain import explain_judgements, explain_size
from calcimeasure.analysis.picture import draw
from calcimeasure.errors import InputPathError, OutputError
from calcimeasure.load import bones_of, load_image
from calcimeasure.results import find_lesion, series_of, store_that_is_there
from calcimeasure.settings import change_settings, parse_settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from calcimeasure.run.progress import Say


@dataclass(frozen=True, slots=True)
class Explanation:
    """The explanation of the size, tissue, side and site of a lesion.

    Parameters
    ----------
    parts
        Lines, a group for each part.
    picture
        A PNG: the outline, the long and the short axis on the image of the long axis.
    picture_path
        The path for the picture.
    """

    parts: Sequence[Sequence[str]]
    picture: bytes
    picture_path: Path

    def write_picture(self) -> Path:
        """Write the picture to its path, and return the path.

        Raises
        ------
        OutputError
            The picture cannot be written.
        """
        try:
            self.picture_path.write_bytes(self.picture)
        except OSError as error:
            raise OutputError(f"{self.picture_path} cannot be written: {error.strerror or error}.") from error
        return self.picture_path


def explain_lesion(folder: Path, tracking_uid: str, picture_pixels: int, say: Say) -> Explanation:
    """Explain a lesion.

    Parameters
    ----------
    folder
        A folder written by ``calcimeasure measure``.
    tracking_uid
        The Tracking UID of the lesion, as pseudonymous or as identified tables have it.
    picture_pixels
        Width and height of the picture.
    say
        Takes lines that a person has to know at once.

    Raises
    ------
    InputPathError
        The folder was not written by ``calcimeasure measure``, has no such lesion, or its images have changed.
    KeyFileError
        The Tracking UID is none of the store, and the key of the pseudonyms cannot be used.
    """
    with store_that_is_there(folder, say) as (store, present):
        known = find_lesion(store, present, folder, tracking_uid, say)
        if known is None:
            raise InputPathError(f"{folder} has no lesion {tracking_uid}: see tracking_uid in lesions.csv.")
        stack_id, lesion = known[0], replace(known[1], tracking_uid=tracking_uid)  # as it was asked for
        settings = parse_settings(store.settings_toml(lesion.settings_hash), where=store.place)
        if settings.bone_mask:  # the masks can have been moved: their path is not what a number depends on
            settings = change_settings(settings, {"bone_mask": present.bone_mask or settings.bone_mask})
        stack = series_of(store, stack_id, settings)
    image = load_image(stack, settings)
    bones = bones_of(image, settings).named
    return Explanation(
        parts=(explain_size(image, lesion, settings), *explain_judgements(image, lesion, settings, bones)),
        picture=draw(image, lesion, picture_pixels),
        picture_path=folder / "private" / f"{tracking_uid}.png",
    )

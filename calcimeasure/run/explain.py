"""The reasons for the numbers of a lesion in a folder, from its images and the settings used for measuring."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from calcimeasure.analysis.explain import explain_judgements, explain_size
from calcimeasure.analysis.picture import draw, draw_surroundings
from calcimeasure.errors import InputPathError, OutputError
from calcimeasure.load import bones_of, load_image
from calcimeasure.results import find_lesion, series_of, store_that_is_there
from calcimeasure.settings import change_settings, parse_settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from calcimeasure.run.progress import Say

_PICTURE_GRAYS = 250


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
    surroundings
        A PNG: what the network looked at. None if it did not look at the lesion.
    """

    parts: Sequence[Sequence[str]]
    picture: bytes
    picture_path: Path
    surroundings: bytes | None = None

    def write_pictures(self) -> tuple[Path, Path | None]:
        """Write the pictures of the lesion and of its surroundings, and return their paths.

        Raises
        ------
        OutputError
            A picture cannot be written.
        """
        _write(self.picture_path, self.picture)
        if self.surroundings is None:
            return self.picture_path, None
        path = self.picture_path.with_suffix(".surroundings.png")
        _write(path, self.surroundings)
        return self.picture_path, path


def _write(path: Path, picture: bytes) -> None:
    try:
        path.write_bytes(picture)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}.") from error


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
    judged = explain_judgements(image, lesion, settings, bones)
    return Explanation(
        parts=(explain_size(image, lesion, settings), judged.tissue, judged.place),
        picture=draw(image, lesion, picture_pixels, _PICTURE_GRAYS),
        picture_path=folder / "private" / f"{tracking_uid}.png",
        surroundings=None if judged.looked_at is None else draw_surroundings(image, judged.looked_at),
    )

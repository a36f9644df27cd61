"""Why a lesion of a folder has its numbers: from its images, and the settings that it was measured with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from calcimeasure.analysis.explain import explain_judgements, explain_size
from calcimeasure.analysis.picture import draw
from calcimeasure.errors import InputPathError, OutputError
from calcimeasure.load import bones_of, load_image
from calcimeasure.results import series_of, store_that_is_there
from calcimeasure.settings import parse_settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from calcimeasure.run.progress import Say


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a lesion has its size, its tissue, its side and its site.

    Parameters
    ----------
    parts
        Lines, a group for each part.
    picture
        A PNG: the outline, the long and the short axis on the image of the long axis.
    picture_path
        Where the picture belongs.
    """

    parts: Sequence[Sequence[str]]
    picture: bytes
    picture_path: Path

    def write_picture(self) -> Path:
        """Write the picture where it belongs, and give that path.

        Raises
        ------
        OutputError
            It cannot be written.
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
        As measure wrote it.
    tracking_uid
        Of the lesion.
    picture_pixels
        Width and height of the picture.
    say
        Takes lines that a person has to know at once.

    Raises
    ------
    InputPathError
        The folder was not written by measure or has no such lesion, or its images are no longer as they were.
    """
    with store_that_is_there(folder, say) as (store, _):
        known = store.find_lesion(tracking_uid)
        if known is None:
            raise InputPathError(f"{folder} has no lesion {tracking_uid}: see tracking_uid in lesions.csv.")
        stack_id, lesion = known
        settings = parse_settings(store.settings_toml(lesion.settings_hash), where=store.place)
        stack = series_of(store, stack_id, settings)
    image = load_image(stack, settings)
    bones, _ = bones_of(image, settings)
    return Explanation(
        parts=(explain_size(image, lesion, settings), *explain_judgements(image, lesion, settings, bones)),
        picture=draw(image, lesion, picture_pixels),
        picture_path=folder / "private" / f"{tracking_uid}.png",
    )

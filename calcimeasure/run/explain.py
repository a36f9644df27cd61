"""The reasons for the numbers of a lesion in a folder, from its images and the settings used for measuring."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from calcimeasure.analysis.explain import explain_judgements, explain_size
from calcimeasure.analysis.picture import draw, draw_markers, draw_surroundings
from calcimeasure.errors import InputPathError, KeyFileError, OutputError
from calcimeasure.load import bones_of, load_image
from calcimeasure.results import find_lesion, pseudonyms_of, series_of, store_that_is_there
from calcimeasure.settings import change_settings, parse_settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from calcimeasure.model import Lesion, StackFacts
    from calcimeasure.run.progress import Say
    from calcimeasure.settings import Settings
    from calcimeasure.store import Store

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
    markers
        A PNG: the side markers that the evidence for its side names. None if it names none.
    """

    parts: Sequence[Sequence[str]]
    picture: bytes
    picture_path: Path
    surroundings: bytes | None = None
    markers: bytes | None = None

    def write_pictures(self) -> tuple[Path, Path | None, Path | None]:
        """Write the pictures of the lesion, of its surroundings and of the side markers, and return their paths.

        Raises
        ------
        OutputError
            A picture cannot be written.
        """
        _write(self.picture_path, self.picture)
        return (
            self.picture_path,
            self._written(".surroundings.png", self.surroundings),
            self._written(".markers.png", self.markers),
        )

    def _written(self, end: str, picture: bytes | None) -> Path | None:
        if picture is None:
            return None
        path = self.picture_path.with_suffix(end)
        _write(path, picture)
        return path


def _write(path: Path, picture: bytes) -> None:
    try:
        path.write_bytes(picture)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}.") from error


@dataclass(frozen=True, slots=True)
class Asked:
    """Which lesion is to be explained.

    Parameters
    ----------
    lesion
        Its Tracking UID, as pseudonymous or as identified tables have it, or its number in its stack.
    stack
        With a number: which of the measured stacks of the folder, from 1, in the order of the tables. None: the only
        one.
    """

    lesion: str
    stack: int | None = None

    @property
    def number(self) -> int | None:
        """The number of the lesion in its stack; None: it is named by its Tracking UID, which has points."""
        return int(self.lesion) if self.lesion.isascii() and self.lesion.isdigit() else None


def explain_lesion(folder: Path, asked: Asked, picture_pixels: int, say: Say) -> Explanation:
    """Explain a lesion.

    Parameters
    ----------
    folder
        A folder written by ``calcimeasure measure``.
    asked
        Which lesion.
    picture_pixels
        Width and height of the picture.
    say
        Takes lines that a person has to know at once.

    Raises
    ------
    InputPathError
        The folder was not written by ``calcimeasure measure``, has no such stack or lesion, or its images have changed.
    KeyFileError
        A Tracking UID is none of the store, and the key of the pseudonyms cannot be used.
    """
    with store_that_is_there(folder, say) as (store, present):
        stacks = store.measured_stacks()
        stack_id, lesion = _found(store, present, folder, asked, tuple(stacks), say)
        settings = parse_settings(store.settings_toml(lesion.settings_hash), where=store.place)
        if settings.bone_mask:  # the masks can have been moved: their path is not what a number depends on
            settings = change_settings(settings, {"bone_mask": present.bone_mask or settings.bone_mask})
        stack = series_of(store, stack_id, settings)
    image = load_image(stack, settings)
    bones = bones_of(image, settings).named
    judged = explain_judgements(image, lesion, settings, bones)
    return Explanation(
        parts=([*_stack_lines(stacks, stack_id), *explain_size(image, lesion, settings)], judged.tissue, judged.place),
        picture=draw(image, lesion, picture_pixels, _PICTURE_GRAYS),
        picture_path=folder / "private" / f"{lesion.tracking_uid}.png",
        surroundings=None if judged.looked_at is None else draw_surroundings(image, judged.looked_at),
        markers=draw_markers(image, lesion),
    )


def _found(
    store: Store, present: Settings, folder: Path, asked: Asked, stacks: Sequence[int], say: Say
) -> tuple[int, Lesion]:
    """Find the lesion, with the Tracking UID by which it was asked for or that stands in tables that may leave."""
    if asked.number is None:
        known = find_lesion(store, present, folder, asked.lesion, say)
        if known is None:
            raise InputPathError(f"{folder} has no lesion {asked.lesion}: see tracking_uid in lesions.csv.")
        return known[0], replace(known[1], tracking_uid=asked.lesion)
    position = _position(asked, folder, len(stacks))
    stack_id = stacks[position - 1]
    found = next((one for one in store.lesions_of(stack_id) if one.number == asked.number), None)
    if found is None:
        raise InputPathError(
            f"{folder} has no lesion {asked.number} in stack {position}: see the table that measure prints, or "
            "lesion_number in lesions.csv."
        )
    with suppress(KeyFileError):  # a number says which lesion it is without the key
        if store.recall("key_fingerprint") is not None:
            pseudonyms = pseudonyms_of(store, change_settings(present, {"record_map": ""}), folder, say)
            found = replace(found, tracking_uid=pseudonyms.uid(found.tracking_uid) or found.tracking_uid)
    return stack_id, found


def _position(asked: Asked, folder: Path, count: int) -> int:
    """Give the position of the stack among the measured ones."""
    position = 1 if asked.stack is None and count == 1 else asked.stack
    if position is None:
        raise InputPathError(
            f"--stack N expected beside --lesion {asked.lesion}, found none: {folder} has {count} measured stacks. The "
            "table that measure prints has their numbers."
        )
    if not 1 <= position <= count:
        raise InputPathError(f"--stack from 1 to {count} expected (the measured stacks of {folder}), found {position}.")
    return position


def _stack_lines(stacks: Mapping[int, StackFacts], stack_id: int) -> list[str]:
    """Name the stack of a lesion; one that is measured no longer has no number."""
    facts = stacks.get(stack_id)
    return [] if facts is None else [f"Stack {[*stacks].index(stack_id) + 1}, {facts.path}"]

"""Folders of reviews of images that were opened by hand and that nobody saved: they stay until somebody saves them."""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from calcimeasure.agreed import own_folder
from calcimeasure.errors import KeyFileError
from calcimeasure.export import write_atomic
from calcimeasure.results import prepare, store_of
from calcimeasure.settings import Settings, format_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

PREFIX: Final = "unsaved-"


def recovery_folder() -> Path:
    """Give the folder of reviews that were not saved; only its owner may read it, for it names patients.

    Raises
    ------
    KeyFileError
        The user has no home folder.
    """
    return own_folder() / "unsaved"


def new_unsaved_folder() -> Path:
    """Make a folder of results for images that were opened by hand, without images.

    A user without a home folder gets it among the temporary files of the machine.
    """
    try:
        above: Path | None = recovery_folder()
        recovery_folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    except (KeyFileError, OSError):
        above = None
    begun = f"{datetime.now(UTC):%Y%m%dT%H%M%S}"
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{begun}-", dir=above))
    private = prepare(folder, lambda _: None)
    settings = Settings()
    write_atomic(private / "settings.toml", format_settings(settings))
    with store_of(folder, settings, lambda _: None):
        return folder


def unsaved_folders() -> Sequence[Path]:
    """List the folders of reviews that were not saved, the newest first."""
    try:
        there = sorted(recovery_folder().glob(f"{PREFIX}*/private/calcimeasure.db"), reverse=True)
    except KeyFileError:
        return ()
    return tuple(one.parent.parent for one in there)


def begun_at(folder: Path) -> datetime:
    """Give the time in UTC at which a review that was not saved was begun: its name says it."""
    stamp = folder.name.removeprefix(PREFIX).split("-")[0]
    return datetime.strptime(stamp, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)


def remove_unsaved(folder: Path) -> None:
    """Remove the folder of a review that somebody saved elsewhere, or in which nobody did anything."""
    shutil.rmtree(folder, ignore_errors=True)

"""The databases that the user of this machine has named: only those are opened because a folder of results says so.

A folder from somebody else may name any database that this user can reach.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from calcimeasure.errors import KeyFileError, StoreError
from calcimeasure.settings import without_password
from calcimeasure.store import absolute_url

if TYPE_CHECKING:
    from collections.abc import Iterator


def own_folder() -> Path:
    """Give the folder of the program's own files of this user.

    Raises
    ------
    KeyFileError
        The user has no home folder.
    """
    folder = typer.get_app_dir("calcimeasure")
    if folder.startswith("~"):
        raise KeyFileError(
            "A home folder expected for the key of pseudonyms, found none: set HOME, or name the key (--key FILE)."
        )
    return Path(folder)


def agree(url: str) -> None:
    """Note that the user has named a database as a store. Where the user has no folder, nothing is noted."""
    name = _name(url)
    with suppress(OSError, KeyFileError):
        if name not in _agreed():
            own_folder().mkdir(mode=0o700, parents=True, exist_ok=True)
            with _file().open("a", encoding="utf-8") as file:
                file.write(f"{name}\n")


def refuse_unless_agreed(settings_file: Path, url: str) -> None:
    """Refuse a database that the settings of a folder name, unless the user of this machine has named it too.

    Raises
    ------
    StoreError
        The user has not named it.
    """
    if url and _name(url) not in _agreed():
        raise StoreError(
            f"{settings_file} names the database {_name(url)} as its store, and no command of this user has named it: "
            "a folder from somebody else could name any database. If it is the right one, say so once: --store URL."
        )


def _name(url: str) -> str:
    """Give a URL without its password."""
    return without_password(absolute_url(url))


def _agreed() -> set[str]:
    return set(_lines())


def _lines() -> Iterator[str]:
    with suppress(OSError, KeyFileError, UnicodeDecodeError):
        yield from _file().read_text(encoding="utf-8").splitlines()


def _file() -> Path:
    return own_folder() / "stores.txt"

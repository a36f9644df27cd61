"""The store of a folder compared with its chain, and copied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calcimeasure.errors import KeyFileError
from calcimeasure.results import store_that_is_there, use_key_of
from calcimeasure.settings import change_settings

if TYPE_CHECKING:
    from pathlib import Path

    from calcimeasure.run.progress import Say
    from calcimeasure.settings import Settings
    from calcimeasure.store import Store, Verified


def verify_folder(folder: Path, key: Path | None, say: Say) -> Verified:
    """Compare every row of the store of a folder with its chain.

    Parameters
    ----------
    folder
        A folder written by ``calcimeasure measure``.
    key
        The key for pseudonyms; None: where the store says that it lies. Without the key the chain is not verified.
    say
        Takes lines that a person has to know at once.

    Raises
    ------
    InputPathError
        The folder was not written by ``calcimeasure measure``.
    StoreError
        The store cannot be opened.
    """
    with store_that_is_there(folder, say) as (store, settings):
        _use_key(store, settings, folder, key, say)
        return store.verify()


def back_up_folder(folder: Path, to: Path, key: Path | None, say: Say) -> Verified:
    """Copy the store of a folder into a file, and compare the copy with its chain.

    Parameters
    ----------
    folder, key, say
        As in `verify_folder`.
    to
        The file; what belongs beside it is written beside it.

    Raises
    ------
    InputPathError
        As in `verify_folder`.
    StoreError
        The store is a database of PostgreSQL, or is damaged, or the file exists or cannot be written.
    """
    with store_that_is_there(folder, say) as (store, settings):
        _use_key(store, settings, folder, key, say)
        return store.backup(to)


def _use_key(store: Store, settings: Settings, folder: Path, key: Path | None, say: Say) -> None:
    chosen = change_settings(settings, {"key": str(key.absolute())} if key else {})
    try:
        use_key_of(store, chosen, folder, say, may_make=False)
    except KeyFileError as error:
        if key:
            raise
        say(f"The store is not verified, only compared with what it says of itself. {error}")

"""The folder of results: what lies in it, and how its store and its names are opened."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from calcimeasure.agreed import agree, own_folder, refuse_unless_agreed
from calcimeasure.errors import InputPathError, KeyFileError, OutputError
from calcimeasure.export import Identified, Pseudonyms, chain_key, fingerprint, read_or_make_key, read_record_map
from calcimeasure.load import find_series
from calcimeasure.settings import change_settings, load_settings
from calcimeasure.store import BESIDE_STORE, absolute_url, file_url, open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from calcimeasure.export import Naming
    from calcimeasure.model import Stack
    from calcimeasure.settings import Settings
    from calcimeasure.store import Store


def prepare(out: Path) -> Path:
    """Make the folder of results, and its private folder that only its owner may read.

    Returns
    -------
    Path
        The private folder.

    Raises
    ------
    OutputError
        One of them cannot be made or written.
    """
    private = out / "private"
    try:
        out.mkdir(parents=True, exist_ok=True)
        private.mkdir(mode=0o700, exist_ok=True)
        private.chmod(0o700)
    except OSError as error:
        raise OutputError(f"--out {out} cannot be made: {error.strerror or error}.") from error
    for folder in (out, private):
        if not os.access(folder, os.W_OK | os.X_OK):
            raise OutputError(f"--out {out} cannot be written: no permission for {folder}.")
    return private


def with_the_store_of(folder: Path, settings: Settings) -> Settings:
    """Give settings the store that a folder has: another store does not have what was measured and decided.

    Raises
    ------
    OutputError
        The settings name another store.
    """
    settings = change_settings(settings, {"store": absolute_url(settings.store)}) if settings.store else settings
    if settings.store:
        agree(settings.store)
    file = folder / "private" / "settings.toml"
    if not file.is_file():
        return settings
    before = load_settings(file).store
    if settings.store and settings.store != before:
        own = "another database" if before else "a file in its folder private"
        raise OutputError(
            f"{folder} has another store ({own}): what was decided would be left behind. Leave --store out, or name "
            "another --out."
        )
    if not settings.store:
        refuse_unless_agreed(file, before)
    return change_settings(settings, {"store": before})


@contextmanager
def store_of(folder: Path, settings: Settings, say: Callable[[str], object], make: bool = True) -> Iterator[Store]:
    """Open the store of a folder: a file in its folder "private", or the database that the settings name.

    Parameters
    ----------
    folder, settings, say
        The folder, its settings, and what takes lines that a person has to know at once.
    make
        Whether to make the store if the folder has none yet, which measure alone does.
    """
    private = folder / "private"
    file = private / "calcimeasure.db"
    url, place = (settings.store, None) if settings.store else (file_url(file), str(file))
    with open_store(url, place, make, beside_store=private / BESIDE_STORE) as store:
        if not store.shared:
            say(f"The store {store.place} lies where one process alone can write it (network share).")
        yield store


@contextmanager
def store_that_is_there(folder: Path, say: Callable[[str], object]) -> Iterator[tuple[Store, Settings]]:
    """Open the store of a folder that measure wrote, with the settings of its last run.

    Raises
    ------
    InputPathError
        No run of measure wrote this folder.
    StoreError
        Its store cannot be opened.
    """
    private = folder / "private"
    if not (private / "settings.toml").is_file():
        raise InputPathError(f"{folder} was not written by measure: {private / 'settings.toml'} is missing.")
    settings = load_settings(private / "settings.toml")
    if not settings.store and not (private / "calcimeasure.db").is_file():
        raise InputPathError(f"{private / 'calcimeasure.db'} is missing: run measure on {folder} first.")
    refuse_unless_agreed(private / "settings.toml", settings.store)
    with store_of(folder, settings, say, make=False) as store:
        yield store, settings


def naming_of(store: Store, settings: Settings, folder: Path, say: Callable[[str], object]) -> Naming:
    """Choose how tables name patients and images. Every run uses the key of the first run.

    Raises
    ------
    KeyFileError
        The key cannot be used, or the pseudonyms of the folder were made with another key.
    """
    ids = read_record_map(Path(settings.record_map)) if settings.record_map else {}
    key = use_key_of(store, settings, folder, say)
    if ids:
        store.remember_record_ids(ids)
    return Identified() if settings.identified else Pseudonyms(key, store.record_ids())


def use_key_of(
    store: Store, settings: Settings, folder: Path, say: Callable[[str], object], may_make: bool = True
) -> bytes:
    """Give the key for pseudonyms, and have the store use it for its chain.

    Parameters
    ----------
    store, settings, folder, say
        The store of a folder, and what takes lines that a person has to know at once.
    may_make
        Whether to make a key if the folder never had one.

    Raises
    ------
    KeyFileError
        The key cannot be used, or the pseudonyms of the folder were made with another key.
    """
    known, place = store.recall("key_fingerprint"), store.recall("key_place")
    path = Path(settings.key or place or own_folder() / "pseudonyms.key")
    key, is_new = read_or_make_key(path, folder, may_make=may_make and known is None)
    if known is not None and known != fingerprint(key):
        raise KeyFileError(
            f"The pseudonyms in {folder} were made with another key than {path} (fingerprint {known} expected, found "
            f"{fingerprint(key)}): patients would get other names. Use that key (--key FILE), or another --out."
        )
    if is_new:
        say(f"Made a key for pseudonyms: {path}. Keep it: only with it a patient has the same pseudonym again.")
    store.use_key(chain_key(key))
    if known is None:
        store.remember("key_fingerprint", fingerprint(key))
    if place != str(path.absolute()):
        store.remember("key_place", str(path.absolute()))
    return key


def series_of(store: Store, stack_id: int, settings: Settings) -> Stack:
    """Find the images of a stack in the place where they were measured.

    Raises
    ------
    InputPathError
        They are no longer there, or no longer those that were measured.
    """
    try:
        found = find_series(store.files_of(stack_id), settings)
    except InputPathError as error:
        raise InputPathError(f"The images are no longer there. {error}") from error
    for stack in found.series:
        if store.is_content(stack_id, stack):
            return stack
    raise InputPathError(
        "The images are no longer as they were measured: files of the stack are missing or have changed. Bring them "
        "back, or run measure on them again."
    )

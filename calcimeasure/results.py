"""The folder of results: what lies in it, and how its store and its names are opened."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from calcimeasure.agreed import agree, own_folder, refuse_unless_agreed
from calcimeasure.errors import InputPathError, KeyFileError, OutputError, SeriesError
from calcimeasure.export import (
    Pseudonyms,
    chain_key,
    fingerprint,
    read_or_make_key,
    read_record_map,
    write_tables,
    write_tracking_uids,
)
from calcimeasure.export.lesions import WRITTEN_STATUSES
from calcimeasure.report import overview_of, remove_report
from calcimeasure.settings import change_settings, load_settings, without_password
from calcimeasure.store import BESIDE_STORE, Export, absolute_url, file_url, open_store
from calcimeasure.study import linked_studies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from calcimeasure.export import Audit, Leaving, Naming
    from calcimeasure.model import Lesion, Outcome, Stack, StackFacts, Status, Study
    from calcimeasure.settings import Settings
    from calcimeasure.store import Store

REPORT = "report.html"
"""The report in a folder of results."""


def prepare(out: Path, say: Callable[[str], object]) -> Path:
    """Make the folder of results, and its private folder that only its owner may read.

    Parameters
    ----------
    out
        The folder of results.
    say
        Takes lines that a person has to know at once.

    Returns
    -------
    Path
        The private folder.

    Raises
    ------
    OutputError
        One of them cannot be made or written, or the private folder is a link.
    """
    private = out / "private"
    try:
        out.mkdir(parents=True, exist_ok=True)
        _refuse_link(private)
        private.mkdir(mode=0o700, exist_ok=True)
        mode = _keep_from_others(private)
    except OSError as error:
        raise OutputError(f"--out {out} cannot be made: {error.strerror or error}.") from error
    for folder in (out, private):
        if not os.access(folder, os.W_OK | os.X_OK):
            raise OutputError(f"--out {out} cannot be written: no permission for {folder}.")
    if mode & 0o077:
        say(
            f"The file system of {private} keeps no permissions (mode {mode:o} instead of 700): whoever can read {out} "
            "can read the names of patients in it. Restrict access to it in another way, or name another --out."
        )
    return private


def _keep_from_others(folder: Path) -> int:
    """Let only the owner of a folder into it, and return the mode that its file system keeps."""
    try:
        folder.chmod(0o700)
    except PermissionError:
        # Some file systems without permissions refuse to set them; a folder of another user is refused here too.
        if os.name != "posix" or folder.stat().st_uid != os.geteuid():
            raise
    return stat.S_IMODE(folder.stat().st_mode)


def _refuse_link(folder: Path) -> None:
    """Refuse a folder that is a link: whoever made it would choose where the names of patients are written.

    Raises
    ------
    OutputError
        It is a link.
    """
    if folder.is_symlink():
        raise OutputError(f"A folder expected at {folder}, found a link to {folder.readlink()}. Remove the link.")


def identified_folder(folder: Path) -> Path:
    """Make the folder for identified tables, below the private folder of a folder of results.

    Raises
    ------
    OutputError
        It cannot be made, or it or the private folder is a link.
    """
    identified = folder / "private" / "identified"
    try:
        for one in (identified.parent, identified):
            _refuse_link(one)
        identified.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{identified} cannot be made: {error.strerror or error}.") from error
    return identified


def with_the_store_of(folder: Path, settings: Settings) -> Settings:
    """Give settings the store that a folder has: another store does not have what was measured and decided.

    A password in the URL of the settings is kept for the connection.

    Raises
    ------
    OutputError
        The settings name another store.
    StoreError
        The folder names a database that the user of this machine has not named.
    """
    if settings.store:
        settings = change_settings(settings, {"store": absolute_url(settings.store)})
        agree(settings.store)
    file = folder / "private" / "settings.toml"
    if not file.is_file():
        return settings
    before = load_settings(file).store
    if not settings.store:
        refuse_unless_agreed(file, before)
        return change_settings(settings, {"store": before})
    if without_password(settings.store) != without_password(absolute_url(before)):
        own = "another database" if before else "a file in its folder private"
        raise OutputError(
            f"{folder} has another store ({own}): what was decided would be left behind. Leave --store out, or name "
            "another --out."
        )
    return settings


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
    OutputError
        Its private folder is a link.
    StoreError
        Its store cannot be opened.
    """
    private = folder / "private"
    _refuse_link(private)
    if not (private / "settings.toml").is_file():
        raise InputPathError(f"{folder} was not written by measure: {private / 'settings.toml'} is missing.")
    settings = load_settings(private / "settings.toml")
    if not settings.store and not (private / "calcimeasure.db").is_file():
        raise InputPathError(f"{private / 'calcimeasure.db'} is missing: run measure on {folder} first.")
    refuse_unless_agreed(private / "settings.toml", settings.store)
    with store_of(folder, settings, say, make=False) as store:
        yield store, settings


def pseudonyms_of(store: Store, settings: Settings, folder: Path, say: Callable[[str], object]) -> Pseudonyms:
    """Give the names for patients and images in tables that may leave. Every run uses the key of the first run.

    Raises
    ------
    KeyFileError
        The key cannot be used, or the pseudonyms of the folder were made with another key.
    """
    ids = read_record_map(Path(settings.record_map)) if settings.record_map else {}
    key = use_key_of(store, settings, folder, say)
    if ids:
        store.remember_record_ids(ids)
    return Pseudonyms(key, store.record_ids())


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


def write_tables_of(
    store: Store,
    settings: Settings,
    folder: Path,
    pseudonyms: Pseudonyms,
    counting: Callable[[Iterator[Outcome]], Iterator[Outcome]] = iter,
    audit: Audit | None = None,
) -> None:
    """Write all tables of a folder from its store.

    Parameters
    ----------
    store, settings
        Of the folder; with `settings.identified` identified tables are written too, into private/identified.
    folder
        The folder of results.
    pseudonyms
        The names in the tables that may leave.
    counting
        Passes outcomes on as they are written.
    audit
        Called before lesions.csv and studies.csv get their names.

    Raises
    ------
    OutputError
        A file cannot be written; every file that was written is complete.
    """
    identified = identified_folder(folder) if settings.identified else None
    studies = linked_studies(counting(store.outcomes()))
    write_tables(
        studies, folder, naming=pseudonyms, all_tissues=settings.all_tissues, identified=identified, audit=audit
    )
    write_tracking_uids(store.tracking_uids(), folder, naming=pseudonyms)
    if not settings.report:
        remove_report(folder / REPORT)
        return
    # After the tables, which no fault of the report may cost. A report of earlier tables would contradict them.
    try:
        with report_of(store, settings, folder, ReportOrder(folder / REPORT, pseudonyms)) as add:
            for study in linked_studies(store.outcomes()):
                add(study)
    except BaseException:
        remove_report(folder / REPORT)
        raise


@dataclass(frozen=True, slots=True)
class ReportOrder:
    """Which report is to be written: the file, the names in it, the statuses of its lesions, and its audit.

    Parameters
    ----------
    status
        Only lesions with this status; None: all that no reader has rejected.
    """

    path: Path
    naming: Naming
    status: Status | None = None
    audit: Audit | None = None


def report_of(
    store: Store, settings: Settings, folder: Path, order: ReportOrder
) -> AbstractContextManager[Callable[[Study], object]]:
    """Open the report of a folder: it takes every study of the store, and is written at the end.

    Parameters
    ----------
    store, settings, folder
        A folder of results, with its store and its settings.
    order
        Which report.
    """
    # Templates are loaded only where a report is written.
    from calcimeasure.report.page import About
    from calcimeasure.report.view import Viewer
    from calcimeasure.report.write import open_report

    statuses = WRITTEN_STATUSES if order.status is None else (order.status,)
    viewer = Viewer(order.naming, _Pictures(store, folder), statuses, settings.all_tissues)
    is_identified = not order.naming.dates_shifted
    about = About(is_identified, settings, None if order.status is None else str(order.status))
    return open_report(order.path, viewer, about, order.audit)


@dataclass(frozen=True, slots=True)
class _Pictures:
    """The pictures of a folder: of lesions in its store, of stacks in its private folder."""

    store: Store
    folder: Path

    def thumbnail(self, lesion: Lesion) -> bytes | None:
        return self.store.thumbnail(lesion)

    def overview(self, stack: StackFacts) -> bytes | None:
        return overview_of(self.folder, stack)


def audit_of(store: Store, what: str, recipient: str | None = None, identified_alone: bool = False) -> Audit:
    """Give the function that keeps in a store which tables leave.

    Parameters
    ----------
    store
        The store that they are made from.
    what
        The kind of export.
    recipient
        For whom they are; None if that was not said.
    identified_alone
        Whether tables with pseudonyms are not kept: those of a run are made again and again.
    """

    def keep(table: Leaving) -> None:
        if identified_alone and not table.is_identified:
            return
        store.note_export(
            Export(
                what=f"{what}: {table.path.name}",
                destination=str(table.path.absolute()),
                is_identified=table.is_identified,
                recipient=recipient,
                key_fingerprint=None if table.is_identified else store.recall("key_fingerprint"),
                row_count=table.row_count,
                content_hash=table.content_hash,
            )
        )

    return keep


def find_lesion(
    store: Store, settings: Settings, folder: Path, tracking_uid: str, say: Callable[[str], object]
) -> tuple[int, Lesion] | None:
    """Find a current lesion by its Tracking UID, as identified or as pseudonymous tables have it.

    Returns
    -------
    tuple or None
        The number of its stack, and the lesion; None if there is none.

    Raises
    ------
    KeyFileError
        The UID is not one of the store, and the key with which tables replace those cannot be used.
    """
    found = store.find_lesion(tracking_uid)
    if found is not None or store.recall("key_fingerprint") is None:
        return found
    pseudonyms = pseudonyms_of(store, change_settings(settings, {"record_map": ""}), folder, say)
    own = next((one for one in store.tracking_uids() if pseudonyms.uid(one) == tracking_uid), None)
    return None if own is None else store.find_lesion(own)


def series_of(store: Store, stack_id: int, settings: Settings) -> Stack:
    """Find the images of a stack in the place where they were measured.

    Raises
    ------
    InputPathError
        They are no longer there, or no longer those that were measured.
    """
    from calcimeasure.load import find_series

    try:
        found = find_series(store.files_of(stack_id), settings)
    except InputPathError as error:
        raise InputPathError(f"The images are no longer there. {error}") from error
    for stack in found.series:
        if store.is_content(stack_id, stack) and _has_its_pixels(store, stack_id, stack):
            return stack
    raise InputPathError(
        "The images are no longer as they were measured: files of the stack are missing or have changed. Bring them "
        "back, or run measure on them again."
    )


def _has_its_pixels(store: Store, stack_id: int, stack: Stack) -> bool:
    """Tell whether the files of a stack hold the pixels that were measured."""
    if store.is_as_read(stack):
        return True
    from calcimeasure.load import pixel_hash

    try:
        return store.has_pixels(stack_id, pixel_hash(stack))
    except SeriesError:
        return False

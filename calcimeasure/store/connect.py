"""The database of a store: SQLite in a file, or PostgreSQL; its engine, its errors, and the lock of a file."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, NoSuchModuleError, OperationalError

from calcimeasure.errors import RecordError, StoreError
from calcimeasure.settings import without_password

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, Engine

WRITES = {"writes": True}
"""Execution options of a connection that writes. It waits for other writers before it reads, so that no other process
changes the data between its reading and its writing."""

_WAIT_SECONDS = 60

_NETWORK_FILE_SYSTEMS = (
    *("nfs", "cifs", "smb", "9p", "sshfs", "davfs", "rclone", "afs", "ceph", "gluster", "lustre", "beegfs", "gpfs"),
    *("vboxsf", "prl_fs", "vmhgfs"),
)

_FULL = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_FSYNC,
    sqlite3.SQLITE_IOERR_SHMSIZE,
    "53100",  # PostgreSQL: disk_full
}
_NO_STORE = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}
_BUSY = {sqlite3.SQLITE_BUSY}
_TOO_LARGE = {"54000"}  # PostgreSQL: program_limit_exceeded, of a text that is too long for an index
_RESTARTS = {"57P01", "57P02", "57P03"}  # PostgreSQL: admin_shutdown, crash_shutdown, cannot_connect_now
_ADVICE = (
    (_FULL, "Make room there and run again: nothing that was stored is lost."),
    (_NO_STORE, "It is no store of calcimeasure, or it is damaged: bring it back from a backup, or name another."),
    (_BUSY, f"Another process has been writing to it for {_WAIT_SECONDS} s: wait for it and run again."),
)


def file_url(file: Path) -> URL:
    """Make the URL of a store in a file; the name of the file may have any characters."""
    return URL.create("sqlite", database=str(file.absolute()))


def absolute_url(url: str) -> str:
    """Give the URL of a store by which it is found from any working directory."""
    with suppress(ArgumentError):
        parsed = _parsed(url)
        file = parsed.database or ""
        if parsed.get_backend_name() == "sqlite" and file and not file.startswith((":memory:", "file:")):
            return parsed.set(database=str(Path(file).absolute())).render_as_string(hide_password=False)
    return url


def connect(url: str | URL) -> Engine:
    """Make an engine for a store.

    Parameters
    ----------
    url
        SQLAlchemy's database URL: SQLite or PostgreSQL.

    Raises
    ------
    StoreError
        The kind of database is not supported, or its driver is not installed.
    """
    try:
        parsed = _parsed(url)
        backend = parsed.get_backend_name()
        if backend == "sqlite":
            return _sqlite(parsed)
        if backend != "postgresql":
            raise ArgumentError(f"there are no triggers for {backend} that keep revisions from being changed")
        return create_engine(parsed, pool_pre_ping=True)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise StoreError(
            f"--store {_shown(url)} cannot be opened: {error}. Expected sqlite:///FILE or "
            "postgresql+psycopg://USER@HOST/DATABASE (pip install 'calcimeasure[postgres]')."
        ) from error


@contextmanager
def store_errors(place: str) -> Iterator[None]:
    """Convert an error of a database into one sentence that names the store."""
    try:
        yield
    except OverflowError as error:  # of the driver of SQLite, for an integer of more than 64 bits
        raise RecordError(f"The store {place} cannot hold a record: {error}.") from error
    except (DBAPIError, sqlite3.Error) as error:
        cause = getattr(error, "orig", error)
        said = " ".join(str(cause).split())
        code = getattr(cause, "sqlite_errorcode", None) or getattr(cause, "sqlstate", None)
        if isinstance(error, DataError) or code in _TOO_LARGE:
            raise RecordError(f"The store {place} cannot hold a record: {said}.") from error
        advice = next((advice for codes, advice in _ADVICE if code in codes), "")
        raise StoreError(f"The store {place} cannot be used: {said}. {advice}".rstrip()) from error


def _shown(url: str | URL) -> str:
    """Show a URL without its password; of what is no URL nobody knows where a password is."""
    text = url if isinstance(url, str) else url.render_as_string(hide_password=False)
    return without_password(text) if "://" in text else "(not shown: it may hold a password)"


def server_is_gone(error: BaseException | None) -> bool:
    """Tell whether a server of PostgreSQL ended a connection, or takes none: it is stopped, or starts."""
    if not isinstance(error, DBAPIError) or isinstance(error.orig, sqlite3.Error):
        return False
    state = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or state in _RESTARTS or (state is None and isinstance(error, OperationalError))


def _parsed(url: str | URL) -> URL:
    """Parse a URL; errors of SQLAlchemy would show parts of a password that has characters of the URL's own syntax."""
    if isinstance(url, str) and url.partition("?")[0].count("@") > 1 and not url.startswith("sqlite"):
        raise ArgumentError("it has more than one @: write %40 for an @ in the name or the password")
    try:
        return make_url(url)
    except (ArgumentError, ValueError) as error:
        raise ArgumentError(
            "it is no URL of a database (in name and password write %40, %3A, %2F, %3F and %23 for @, :, /, ? and #)"
        ) from error


def _sqlite(url: URL) -> Engine:
    engine = create_engine(url, connect_args={"timeout": _WAIT_SECONDS})

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: object) -> None:
        # By default the driver begins a transaction at the first write: two writers could then change data that both
        # have read.
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
        # A file from somebody else: its schema calls no function that does more than compute, and its pages are
        # checked as they are read.
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
        connection.execute("PRAGMA mmap_size = 0")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def set_journal(engine: Engine, file: Path) -> bool:
    """Choose the journal of an SQLite file: a write-ahead log, with which several processes may read and write at once.

    Returns
    -------
    bool
        False if there is no write-ahead log; then only one process may write. The reason is that the file lies on a
        network share (the log needs shared memory, which works on one machine only), or that SQLite refuses the log.
    """
    wanted = "delete" if _is_on_network(file) else "wal"
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        (found,) = cursor.execute(f"PRAGMA journal_mode = {wanted}").fetchone()
        if found != "wal":
            cursor.execute("PRAGMA journal_mode = delete")
        cursor.close()
    finally:
        connection.close()
    return bool(found == "wal")


def _is_on_network(file: Path, mounts: Path = Path("/proc/mounts")) -> bool:
    """Tell whether a file lies on a network share, according to the list of mounted file systems."""
    place = file.resolve().parent
    if str(place).startswith("\\\\"):
        return True
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    kinds = {Path(point.replace("\\040", " ")): kind for _, point, kind, *_ in map(str.split, lines)}
    mounted = next((folder for folder in (place, *place.parents) if folder in kinds), None)
    return mounted is not None and kinds[mounted].removeprefix("fuse.").startswith(_NETWORK_FILE_SYSTEMS)


def lock(file: Path) -> Callable[[], None]:
    """Lock a store that only one process may write, so that this process is its only writer.

    Parameters
    ----------
    file
        The store.

    Returns
    -------
    callable
        Releases the lock.

    Raises
    ------
    StoreError
        Another process holds the lock.
    """
    lock_file = file.with_name(f"{file.name}.writer")
    mine = {"host": socket.gethostname(), "process": os.getpid()}
    while True:
        try:
            with lock_file.open("x", encoding="utf-8") as opened:
                json.dump(mine, opened)
        except FileExistsError:
            holder = _holder(lock_file)
            if holder["host"] == mine["host"] and not _runs(holder["process"]):
                _take_away(lock_file, holder)
                continue
            raise StoreError(
                f"Process {holder['process']} on {holder['host']} writes to the store {file}, which one alone may do "
                f"here (network share). Wait for it; if it no longer runs, remove {lock_file}."
            ) from None
        return lambda: lock_file.unlink(missing_ok=True)


def _take_away(lock_file: Path, holder: dict[str, object]) -> None:
    """Remove the lock of a process that ended, but not the lock that another process has made in the meantime."""
    aside = lock_file.with_name(f"{lock_file.name}.{os.getpid()}")
    with suppress(FileNotFoundError):
        lock_file.rename(aside)
        if _holder(aside) == holder:
            aside.unlink()
        else:
            aside.rename(lock_file)


def _holder(lock_file: Path) -> dict[str, object]:
    try:
        holder = json.loads(lock_file.read_text(encoding="utf-8"))
        return {"host": str(holder["host"]), "process": int(holder["process"])}
    except (OSError, ValueError, KeyError, TypeError):
        return {"host": "unknown", "process": 0}


def _runs(process: object) -> bool:
    if os.name != "posix":  # on Windows os.kill would end the process
        return True
    try:
        os.kill(int(str(process)), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True

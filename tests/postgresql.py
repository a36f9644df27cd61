"""Empty stores for tests, in SQLite and on a PostgreSQL server that is started for them.

Without PostgreSQL tests are skipped with the reason, or fail where CI requires it.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from functools import cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRAM_USER = "postgres"
_NUMBERS = count(1)


STORES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.external))
"""Parameters of a fixture that `empty_store` makes a URL of."""


def empty_store(kind: str, folder: Path) -> str:
    """URL of an empty store: SQLite in a file, or PostgreSQL."""
    return f"sqlite:///{folder / 'store.db'}" if kind == "sqlite" else empty_database()


def empty_database(name: str | None = None) -> str:
    """URL of a database of its own; one of that name goes."""
    name = name or f"calcimeasure_{next(_NUMBERS)}"
    with psycopg.connect(host=str(server()), user=PROGRAM_USER, dbname="postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")  # type: ignore[call-overload]
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
    return f"postgresql+psycopg://{PROGRAM_USER}@/{name}?host={server()}"


def stop_server() -> Callable[[], None]:
    """Stop the server as an update of its machine does; gives what starts it again."""
    folder = server()
    pg_ctl = [programs() / "pg_ctl", "--pgdata", folder / "cluster", "--silent", "--wait"]
    _run(*pg_ctl, "--mode", "fast", "stop")
    return lambda: _run(*pg_ctl, "--log", folder / "log.txt", "--options", _options(folder), "start")


def _options(folder: Path) -> str:
    return f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"


@cache
def server() -> Path:
    """Folder of the socket of a server that nobody else reaches; it ends with the tests."""
    folder_of_programs = programs()
    # The server refuses to run as root, and its user cannot look into the folders of pytest.
    folder = Path(tempfile.mkdtemp(prefix="calcimeasure-postgresql-"))
    cluster = folder / "cluster"
    if os.geteuid() == 0:
        shutil.chown(folder, PROGRAM_USER)
    pg_ctl = [folder_of_programs / "pg_ctl", "--pgdata", cluster, "--silent", "--wait"]

    def stop() -> None:
        if (cluster / "postmaster.pid").exists():
            _run(*pg_ctl, "--mode", "immediate", "stop")
        shutil.rmtree(folder)

    atexit.register(stop)
    # In the order of a language, for tests of order. What is lost with the machine does not matter here.
    in_english = ["--encoding", "UTF8", "--locale", "C.UTF-8", "--locale-provider", "icu", "--icu-locale", "en-US"]
    _run(
        folder_of_programs / "initdb",
        "--pgdata",
        cluster,
        "--username",
        PROGRAM_USER,
        "--auth",
        "trust",
        "--no-sync",
        *in_english,
    )
    _run(*pg_ctl, "--log", folder / "log.txt", "--options", _options(folder), "start")
    return folder


def restored(dump: Path) -> str:
    """URL of a database with what `pg_dump --inserts` wrote as plain statements."""
    url = empty_database()
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute(dump.read_text(encoding="utf-8"))  # type: ignore[call-overload]
    return url


def plain_sql(url: str) -> Callable[[str], list[tuple[object, ...]]]:
    """Ask a store as anybody would, without any of the program."""
    if url.startswith("sqlite:///"):
        import sqlite3

        def ask(statement: str) -> list[tuple[object, ...]]:
            connection = sqlite3.connect(url.removeprefix("sqlite:///"))
            try:
                with connection:
                    return connection.execute(statement).fetchall()
            finally:
                connection.close()
    else:

        def ask(statement: str) -> list[tuple[object, ...]]:
            with psycopg.connect(url.replace("+psycopg", "")) as connection:
                cursor = connection.execute(statement)  # type: ignore[call-overload]
                return cursor.fetchall() if cursor.description else []

    return ask


def programs() -> Path:
    on_path = shutil.which("initdb")
    if on_path is not None:
        return Path(on_path).parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if debian:
        return debian[-1].parent
    reason = "PostgreSQL (initdb) is not installed: apt-get install postgresql"
    if os.environ.get("CALCIMEASURE_REQUIRE_EXTERNAL") == "1":
        pytest.fail(f"{reason}, and CALCIMEASURE_REQUIRE_EXTERNAL=1 requires it")
    pytest.skip(reason)


def _run(*command: object) -> None:
    as_user = ["runuser", "-u", PROGRAM_USER, "--"] if os.geteuid() == 0 else []
    # A server that inherits a pipe keeps it open.
    with tempfile.TemporaryFile() as said:
        done = subprocess.run([*as_user, *map(str, command)], stdout=said, stderr=said, cwd="/", check=False)
        said.seek(0)
        assert done.returncode == 0, said.read().decode(errors="replace")

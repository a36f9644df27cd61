"""Writes a store by the code of an earlier commit: python -m tests.stores.write CHECKOUT; see README.md beside this."""

from __future__ import annotations

import csv
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from tests.postgresql import PROGRAM_USER, empty_database, plain_sql, programs, server
from tests.stores.images import IMAGES

HERE = Path(__file__).parent
ROOT = Path("/data/calcinosis")
"""Where the stores say that their images, results and key lie, on whatever machine they were written."""
RECORDS = {"CALCI-1": "R-0001", "CALCI-3": "R-0003; «Ä»"}


def write_stores(checkout: Path) -> None:
    """Write the SQLite file and the dump of PostgreSQL, each with the tables that this version made of it."""
    for kind in ("sqlite", "postgresql"):
        shutil.rmtree(ROOT, ignore_errors=True)
        ROOT.mkdir(parents=True)
        shutil.copy(IMAGES, ROOT)
        (ROOT / "pseudonyms.key").write_text("5a" * 32 + "\n", encoding="ascii")
        (ROOT / "pseudonyms.key").chmod(0o600)
        with (ROOT / "records.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("patient_id", "record_id"), *RECORDS.items()])
        version = _write_store(checkout, kind)
        goal = HERE / f"schema{version}" / kind
        shutil.rmtree(goal, ignore_errors=True)
        goal.parent.mkdir(exist_ok=True)
        left_out = shutil.ignore_patterns("log.txt", "*.json", "*.db-*", "report.html", "overviews")
        shutil.copytree(ROOT / "results", goal, ignore=left_out)
    shutil.rmtree(ROOT)


def _write_store(checkout: Path, kind: str) -> int:
    results = ROOT / "results"
    file = results / "private" / "calcimeasure.db"
    url, options, environment = f"sqlite:///{file}", [], {"PYTHONPATH": str(checkout)}
    if kind == "postgresql":
        # The address of the server is in no URL, and so in no store.
        database = empty_database("calcinosis")
        url = f"postgresql+psycopg://{PROGRAM_USER}@/calcinosis"
        options, environment = ["--store", url], environment | {"PGHOST": str(server())}

    def run(*arguments: object, exit_codes: tuple[int, ...] = (0,)) -> None:
        command = [sys.executable, *map(str, arguments)]
        done = subprocess.run(command, env=os.environ | environment, cwd=checkout, check=False)
        assert done.returncode in exit_codes, done.returncode

    def calcimeasure(*arguments: object) -> None:
        run("-m", "calcimeasure", *arguments, exit_codes=(0, 1))  # 1: a slice is missing

    measure = ["measure", ROOT / "images.zip", "--out", results, "--key", ROOT / "pseudonyms.key", *options]
    measure += ["--record-map", ROOT / "records.csv", "--all-tissues"]
    calcimeasure(*measure)
    run(HERE / "readers.py", url, results / "private" / "settings.toml", "first")
    # The smaller mass is not found again.
    calcimeasure(*measure, "--set", "min_volume_mm3=100", "--remeasure-reviewed")
    run(HERE / "readers.py", url, results / "private" / "settings.toml", "again")
    calcimeasure("export", results, "--format", "csv")
    identified = ROOT / "identified"  # outside of the results: those that an export names may not lie among them
    identified.mkdir()
    for kind_of_table, name in (("csv", "identified.csv"), ("revisions", "all.csv")):
        calcimeasure("export", results, "--format", kind_of_table, "--identified", "--to", identified / name)
        shutil.copy(identified / name, results / "private" / name)
    if kind == "postgresql":
        _dump(results / "private" / "calcimeasure.sql")
        return _version_of(database)
    _shrink(file)
    return _version_of(url)


def _shrink(file: Path) -> None:
    """Leave out empty pages: the tables stay as they are."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = delete")
        connection.execute("PRAGMA page_size = 1024")
        connection.execute("VACUUM")


def _dump(file: Path) -> None:
    """Dump a database so that any server of any version can take it: no owner, and nothing but plain statements."""
    host = ["--host", str(server()), "--username", PROGRAM_USER]
    pg_dump = shutil.which("pg_dump") or programs() / "pg_dump"
    command = [pg_dump, *host, "--no-owner", "--no-privileges", "--inserts", "calcinosis"]
    dump = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    of_this_server = ("--", "SET ", "\\", "SELECT pg_catalog.set_config")
    lines = [line for line in dump.splitlines() if not line.startswith(of_this_server)]
    file.write_text("\n".join(lines).strip() + "\n", encoding="utf-8")


def _version_of(url: str) -> int:
    ((version,),) = plain_sql(url)("SELECT value FROM about WHERE name = 'schema_version'")
    return int(str(version))


if __name__ == "__main__":
    write_stores(Path(sys.argv[1]).absolute())

"""Damage to the file of a store, and what comes of it: the tables as they were, a refusal, or others without a word."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from typer.testing import CliRunner

from calcimeasure.cli import app
from calcimeasure.store import BESIDE_STORE

if TYPE_CHECKING:
    from collections.abc import Callable

WRITTEN = Path(__file__).parents[1] / "stores" / "schema3" / "sqlite"
"""Measured twice, read by two readers: every table of a store has rows."""

TABLES = ("lesions.csv", "studies.csv", "private/series.csv")


@dataclass(frozen=True)
class Found:
    """What came of a damaged store. Where its rows are as they were, it is not verified."""

    tables_are_others: bool
    rows_are_others: bool
    export_refused: bool
    verify_refused: bool

    @property
    def is_silent(self) -> bool:
        """Whether other tables, or other rows, went unnoticed."""
        return (self.tables_are_others and not self.export_refused) or (
            self.rows_are_others and not self.verify_refused
        )


class Folder:
    """A folder of results whose store is damaged again and again."""

    def __init__(self, parent: Path) -> None:
        self.path = parent / "results"
        shutil.copytree(WRITTEN, self.path)
        self.key = parent / "pseudonyms.key"
        self.key.write_text("5a" * 32 + "\n", encoding="ascii")
        self.key.chmod(0o600)
        self.file = self.path / "private" / "calcimeasure.db"
        assert self.run("export", "--format", "csv") == 0  # migrated, and sealed
        assert self.run("verify") == 0
        with closing(sqlite3.connect(self.file)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.whole, self.tables, self.rows = self.file.read_bytes(), self.read_tables(), self.read_rows()
        self.beside = (self.path / "private" / BESIDE_STORE).read_bytes()

    def run(self, command: str, *arguments: str) -> int:
        """Call the command line; gives its exit code."""
        call = [command, str(self.path), *arguments, "--key", str(self.key)]
        return CliRunner().invoke(app, call).exit_code

    def read_tables(self) -> list[bytes]:
        """The tables as they are."""
        return [(self.path / name).read_bytes() for name in TABLES]

    def read_rows(self) -> dict[str, list[str]] | None:
        """Every row of every table; None if SQLite cannot read them."""
        try:
            with closing(sqlite3.connect(self.file)) as connection:
                connection.text_factory = bytes
                names = connection.execute(
                    "SELECT CAST(name AS TEXT) FROM sqlite_master WHERE type = 'table' ORDER BY 1"
                )
                return {
                    name.decode(): [
                        row
                        for row in sorted(map(repr, connection.execute(f'SELECT * FROM "{name.decode()}" NOT INDEXED')))
                        if not row.startswith("(b'key_place'")  # every command with --key writes it anew
                    ]
                    for (name,) in names.fetchall()
                }
        except (sqlite3.Error, ValueError):
            return None

    def with_damage(self, damage: Callable[[Path], object]) -> Found:
        """Damage the whole store, export its tables and verify it."""
        for left in self.file.parent.glob("calcimeasure.db*"):
            left.unlink()
        self.file.write_bytes(self.whole)
        (self.path / "private" / BESIDE_STORE).write_bytes(self.beside)
        damage(self.file)
        rows = self.read_rows()
        for name, content in zip(TABLES, self.tables, strict=True):
            (self.path / name).write_bytes(content)
        exported = self.run("export", "--format", "csv")
        tables = self.read_tables()
        # Rows that nobody can read are no other rows.
        rows_are_others = rows is not None and rows != self.rows
        return Found(
            tables_are_others=tables != self.tables,
            rows_are_others=rows_are_others,
            export_refused=exported != 0,
            verify_refused=rows_are_others and self.run("verify") != 0,
        )


# Kinds of damage, each of a random place


def flip_a_bit(file: Path, choose: random.Random) -> None:
    """One bit, as a memory or a disk loses it."""
    content = bytearray(file.read_bytes())
    content[choose.randrange(len(content))] ^= 1 << choose.randrange(8)
    file.write_bytes(content)


def overwrite(file: Path, choose: random.Random) -> None:
    """Some bytes."""
    content = bytearray(file.read_bytes())
    start, length = choose.randrange(len(content)), choose.randint(1, 64)
    content[start : start + length] = choose.randbytes(len(content[start : start + length]))
    file.write_bytes(content)


def zero_a_sector(file: Path, choose: random.Random) -> None:
    """A sector of a disk that reads as zeros."""
    content = bytearray(file.read_bytes())
    start = 512 * choose.randrange(len(content) // 512)
    content[start : start + 512] = bytes(512)
    file.write_bytes(content)


def swap_pages(file: Path, choose: random.Random) -> None:
    """Two pages that were written in each other's place."""
    content = bytearray(file.read_bytes())
    one, other = (1024 * page for page in choose.sample(range(1, len(content) // 1024), 2))
    content[one : one + 1024], content[other : other + 1024] = (
        content[other : other + 1024],
        content[one : one + 1024],
    )
    file.write_bytes(content)


def cut_off(file: Path, choose: random.Random) -> None:
    """The end of the file is missing."""
    content = file.read_bytes()
    file.write_bytes(content[: choose.randrange(len(content))])


def lose_a_row(file: Path, choose: random.Random) -> None:
    """A row that another program removed, with the guards taken away and put back."""
    with closing(sqlite3.connect(file)) as connection, connection:
        guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in guards:
            connection.execute(f"DROP TRIGGER {name}")
        table = choose.choice(_filled(connection))
        (rowid,) = choose.choice(connection.execute(f"SELECT rowid FROM {table}").fetchall())
        connection.execute(f"DELETE FROM {table} WHERE rowid = ?", (rowid,))
        for _, sql in guards:
            connection.execute(sql)


def change_a_cell(file: Path, choose: random.Random) -> None:
    """A value that another program changed, with the guards taken away and put back."""
    with closing(sqlite3.connect(file)) as connection, connection:
        guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in guards:
            connection.execute(f"DROP TRIGGER {name}")
        table = choose.choice(_filled(connection))
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        (rowid,) = choose.choice(connection.execute(f"SELECT rowid FROM {table}").fetchall())
        changed = f"UPDATE OR IGNORE {table} SET {choose.choice(columns)} = ? WHERE rowid = ?"
        connection.execute(changed, (choose.randrange(1, 9), rowid))
        for _, sql in guards:
            connection.execute(sql)


def _filled(connection: sqlite3.Connection) -> list[str]:
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    return [name for name in names if connection.execute(f"SELECT 1 FROM {name}").fetchone()]


KINDS: tuple[Callable[[Path, random.Random], None], ...] = (
    flip_a_bit,
    overwrite,
    zero_a_sector,
    swap_pages,
    cut_off,
    lose_a_row,
    change_a_cell,
)


def damage_number(number: int) -> Callable[[Path], None]:
    """Give a damage by its number: half of them single bits, which are the hardest to find."""
    choose = random.Random(number)  # noqa: S311 - no secret
    kind = flip_a_bit if number % 2 else choose.choice(KINDS)
    return lambda file: kind(file, choose)

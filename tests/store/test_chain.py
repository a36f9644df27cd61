"""The chain of a store: every row has its entry, and whatever was changed, lost or added is found."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from calcimeasure import find_series
from calcimeasure.analysis.pipeline import analyze
from calcimeasure.errors import StoreError
from calcimeasure.settings import Settings
from calcimeasure.store import Store, file_url, open_store, records, schema, units
from calcimeasure.store.chain import Entry, mac_of
from tests.postgresql import STORES, empty_store, plain_sql
from tests.store_runs import write_at_once
from tests.tables import write_ct

if TYPE_CHECKING:
    from collections.abc import Iterator

    from calcimeasure.model import Report

KEY, OTHER_KEY = bytes(range(32)), bytes(32)
SETTINGS = Settings()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = tmp_path_factory.mktemp("ct")
    write_ct(folder, seed="chain")
    return analyze(find_series(folder).series[0], SETTINGS)


@pytest.fixture(scope="module")
def filled(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a row in most of its tables, and what lies beside it."""
    file = tmp_path_factory.mktemp("filled") / "store.db"
    with opened(file) as store:
        fill(store, report)
    return file


@pytest.fixture
def file(filled: Path, tmp_path: Path) -> Path:
    for path in filled.parent.iterdir():
        shutil.copy(path, tmp_path)
    return tmp_path / filled.name


@pytest.fixture(params=STORES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return empty_store(request.param, tmp_path)


def fill(store: Store, report: Report) -> None:
    store.use_key(KEY)
    store.remember_record_ids({"P1": "R1"})
    run_id = store.begin_run([Path("/images")], SETTINGS, "1")
    assert store.record(run_id, report, store.plan(report.stack, SETTINGS), SETTINGS)
    (stack_id,) = store.measured_stacks()
    store.note_seen(stack_id, "Dr A")
    store.end_run(run_id)


def opened(file: Path, make: bool = True) -> Iterator[Store]:  # type: ignore[misc] # a context manager
    return open_store(file_url(file), str(file), make, file.with_name("store.json"))


def change(file: Path, *statements: str) -> None:
    """Change a file as somebody who takes away its guards, and puts them back."""
    with closing(sqlite3.connect(file)) as connection, connection:
        guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in guards:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
        for _, sql in guards:
            connection.execute(sql)


def verified(file: Path, key: bytes | None = KEY) -> tuple[str, ...]:
    with opened(file) as store:
        if key:
            store.use_key(key)
        return store.verify().findings


def test_every_row_has_its_entry_in_either_database(url: str, report: Report) -> None:
    with open_store(url) as store:
        fill(store, report)
        found = store.verify()
        assert found.findings == ()
        assert found.is_whole
        ask = plain_sql(url)
        entries = dict(ask("SELECT table_name, count(DISTINCT row_id) FROM chain GROUP BY table_name"))
        more_than_one = {"about": 2, "lesion_revisions": 2, "outlines": 2, "thumbnails": 2}
        one = ("chain", "files", "looks", "outcomes", "readings", "record_ids", "runs", "settings_used", "stacks")
        assert entries == more_than_one | dict.fromkeys(one, 1)
        # What is stored again as it is has no new entry.
        before = found.entries
        store.remember_record_ids({"P1": "R1"})
        assert store.verify().entries == before


def test_an_edit_that_is_refused_leaves_no_entry(file: Path, report: Report) -> None:
    with opened(file) as store:
        before = store.verify().entries
        with pytest.raises(ValueError, match="file that cannot be read"):
            store.record(1, replace(analyze(report.stack), stack=None), store.plan(report.stack, SETTINGS), SETTINGS)
        store.note_seen(1, "Dr B")
        assert store.verify().entries == before + 1
        assert store.verify().findings == ()


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE lesion_revisions SET status = 'accepted' WHERE revision_id = 1", "lesion_revisions 1 has changed"),
        ("UPDATE outcomes SET seconds = seconds + 1", "outcomes 1 has changed"),
        ("UPDATE stacks SET is_gone = 1", "stacks 1 has changed"),
        ("UPDATE files SET path = '/elsewhere' WHERE slice_number = 3", "files 1 has changed"),
        ("UPDATE record_ids SET record_id = 'R2'", "record_ids P1 has changed"),
        ("UPDATE runs SET ended_at = NULL", "runs 1 has changed"),
        ("DELETE FROM lesion_revisions WHERE revision_id = 2", "lesion_revisions 2 is lost"),
        ("DELETE FROM looks", "looks 1 is lost"),
        ("DELETE FROM files WHERE slice_number = 3", "files 1 has changed"),
        ("DELETE FROM thumbnails", "is lost"),
        (
            "INSERT INTO looks SELECT 2, stack_id, content_hash, 'Dr B', looked_at, 0, NULL, NULL FROM looks",
            "looks 2 was not",
        ),
        ("INSERT INTO record_ids VALUES ('P2', 'R1')", "record_ids P2 was not stored by this program"),
        ("DELETE FROM chain WHERE entry = 3", "chain: entries 3 to 3 are lost"),
        ("UPDATE chain SET mac = 'x' WHERE entry = 7", "chain: entry 7 (of "),
        ("UPDATE chain SET row_id = '9' WHERE table_name = 'looks'", "looks 1 was not stored by this program"),
    ],
)
def test_what_was_changed_lost_or_added_is_found(file: Path, statement: str, said: str) -> None:
    change(file, statement)
    assert any(said in finding for finding in verified(file)), verified(file)


def test_rows_that_tables_are_written_from_are_compared_before(file: Path) -> None:
    change(file, "UPDATE lesion_revisions SET status = 'accepted' WHERE revision_id = 1")
    with (
        opened(file) as store,
        pytest.raises(StoreError, match=r"lesion_revisions 1 has changed since .*verify lists what is wrong"),
    ):
        next(store.outcomes())


def test_entries_for_a_changed_row_cannot_be_made_without_the_key(file: Path) -> None:
    """Somebody changes a decision, and makes all entries anew from there as they can without the key."""
    change(file, "UPDATE lesion_revisions SET status = 'accepted' WHERE revision_id = 1")
    with opened(file) as store:
        connection_hashes = store._reads(lambda connection: dict(units.hashes(connection, "lesion_revisions", [1])))
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute("SELECT entry, table_name, row_id, row_hash, is_keyed FROM chain ORDER BY entry")
        entries = [Entry(*row[:4], bool(row[4])) for row in rows]
    statements, before = [], ""
    for entry in entries:
        is_changed = (entry.table, entry.row_id) == ("lesion_revisions", "1")
        forged = replace(entry, row_hash=connection_hashes["1"] if is_changed else entry.row_hash)
        before = mac_of(forged, before, OTHER_KEY)
        values = f"row_hash = '{forged.row_hash}', mac = '{before}'"
        statements.append(f"UPDATE chain SET {values} WHERE entry = {entry.number}")
    change(file, *statements)
    file.with_name("store.json").unlink()
    assert verified(file, None) == ()
    with pytest.raises(StoreError, match="was made with another key"):
        verified(file)


def test_entries_without_the_key_are_told(file: Path) -> None:
    with opened(file) as store:
        store.note_seen(1, "Dr B")
        store.use_key(KEY)
        found = store.verify()
        assert (found.findings, found.entries_without_key, found.is_whole) == ((), 1, False)


def test_without_the_key_a_store_is_not_verified(file: Path) -> None:
    with opened(file) as store:
        assert not store.verify().is_whole
        with pytest.raises(StoreError, match=r"made with another key .*use that key"):
            store.use_key(OTHER_KEY)


def test_what_was_stored_before_the_key_is_sealed_once(tmp_path: Path) -> None:
    with open_store(file_url(tmp_path / "store.db")) as store:
        store.remember("a", "b")
        for _ in range(2):
            store.use_key(KEY)
        assert store.verify().is_whole
    keyed = plain_sql(f"sqlite:///{tmp_path / 'store.db'}")("SELECT table_name FROM chain WHERE is_keyed")
    assert keyed == [("chain",)]


def test_the_hash_of_a_row_stays_as_it_is(tmp_path: Path) -> None:
    """Other hashes in a later version would tell of damage in every store."""
    with open_store(file_url(tmp_path / "store.db")) as store:
        store.remember_record_ids({"Ä\0\ud801": "R 1"})
    ask = plain_sql(f"sqlite:///{tmp_path / 'store.db'}")
    assert ask("SELECT row_hash FROM chain WHERE table_name = 'record_ids'") == [("27dda8faf4194408258db6f0354ba36c",)]


@pytest.mark.parametrize("kind", STORES)
def test_writers_at_once_keep_one_chain(kind: str, tmp_path: Path, report: Report) -> None:
    url = empty_store(kind, tmp_path)
    with open_store(url) as store:
        run_id = store.begin_run([tmp_path], SETTINGS, "1")
        assert store.record(run_id, report, store.plan(report.stack, SETTINGS), SETTINGS)
    write_at_once(url, ["Dr A", "Dr B"], edits=40)
    with open_store(url) as store:
        assert store.verify().findings == ()
        assert store.verify().entries > 80


# Beside the store


def test_what_lies_beside_a_store_is_its_last_entry(file: Path) -> None:
    found = json.loads(file.with_name("store.json").read_text())
    ask = plain_sql(f"sqlite:///{file}")
    assert ask("SELECT max(entry) FROM chain") == [(found["entry"],)]
    assert ask(f"SELECT mac FROM chain WHERE entry = {found['entry']}") == [(found["mac"],)]
    assert ask("SELECT value FROM about WHERE name = 'store_id'") == [(found["store_id"],)]


def test_an_older_copy_is_refused(file: Path) -> None:
    before = file.read_bytes()
    with opened(file) as store:
        store.note_seen(1, "Dr B")
    file.write_bytes(before)
    with pytest.raises(StoreError, match=r"has lost rows: the folder knows entry \d+ of its chain"), opened(file):
        pass


def test_another_store_is_refused(file: Path, tmp_path: Path) -> None:
    with open_store(file_url(tmp_path / "other.db")):
        pass
    (tmp_path / "other.db").replace(file)
    with pytest.raises(StoreError, match="is another store than that of this folder"), opened(file):
        pass


@pytest.mark.parametrize("make", [True, False])
def test_a_store_that_a_folder_knows_is_never_made_anew(file: Path, make: bool) -> None:
    file.unlink()
    with pytest.raises(StoreError, match="is missing: a file expected that measure wrote"), opened(file, make):
        pass
    assert not file.exists()
    file.touch()
    with pytest.raises(StoreError, match="is empty: a store expected that measure made"), opened(file, make):
        pass


def test_what_lies_beside_a_store_has_to_be_readable(file: Path) -> None:
    file.with_name("store.json").write_text("{}")
    with pytest.raises(StoreError, match="does not say which store belongs to this folder"), opened(file):
        pass


# A file from somebody else


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "CREATE TRIGGER x AFTER INSERT ON runs BEGIN DELETE FROM files; END",
            "has triggers that calcimeasure did not",
        ),
        ("DROP TRIGGER looks_refuses_update", "trigger looks_refuses_update is not the one"),
        ("DROP VIEW current_lesions", "view current_lesions is not the one"),
    ],
)
def test_other_triggers_and_views_are_refused(file: Path, statement: str, said: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(statement)
        if "VIEW" in statement:
            connection.execute("CREATE VIEW current_lesions AS SELECT * FROM lesion_revisions")
    with pytest.raises(StoreError, match=said), opened(file) as store:
        next(store.outcomes())


def test_views_of_somebody_are_left_alone(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE VIEW my_masses AS SELECT * FROM current_lesions")
    assert verified(file) == ()


@pytest.mark.parametrize(
    "row",
    [
        {"packed_bits": b"not packed"},
        {"packed_bits": records.zlib.compress(bytes(50_000_000))},
        {"packed_bits": records.zlib.compress(b"")},
        {"stop_k": 2**31 - 1, "stop_j": 2**31 - 1, "stop_i": 2**31 - 1},
        {"stop_k": -5},
    ],
    ids=["no stream", "bomb", "short", "box of all", "box of none"],
)
def test_an_outline_is_unpacked_within_limits(report: Report, row: dict[str, object]) -> None:
    whole = records.outline_row(report.lesions[0].outline)
    with pytest.raises(StoreError, match="An outline in the store is damaged"):
        records.outline_of(whole | row)


# Backup


def test_a_backup_is_a_whole_store(file: Path, tmp_path: Path) -> None:
    with opened(file) as store:
        store.use_key(KEY)
        assert store.backup(tmp_path / "copy.db").is_whole
        before = list(store.outcomes())
        store.note_seen(1, "Dr B")
    assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("copy.db*")} == {0o600}
    with pytest.raises(StoreError, match=r"copy\.db exists already"), opened(file) as store:
        store.backup(tmp_path / "copy.db")
    # Brought back with what lies beside it.
    shutil.copy(tmp_path / "copy.db", file)
    shutil.copy(tmp_path / "copy.db.store.json", file.with_name("store.json"))
    assert verified(file) == ()
    with opened(file) as store:
        assert list(store.outcomes()) == before


def test_no_backup_of_a_damaged_store_is_written(file: Path, tmp_path: Path) -> None:
    change(file, "UPDATE lesion_revisions SET status = 'accepted' WHERE revision_id = 1")
    with pytest.raises(StoreError, match=r"is damaged .* no backup was written"), opened(file) as store:
        store.backup(tmp_path / "copy.db")
    assert not list(tmp_path.glob("*copy*"))


@pytest.mark.external
def test_a_database_of_postgresql_is_backed_up_by_its_own_tools(tmp_path: Path) -> None:
    with (
        open_store(empty_store("postgresql", tmp_path)) as store,
        pytest.raises(StoreError, match=r"pg_dump --format custom"),
    ):
        store.backup(tmp_path / "copy.db")


def test_tables_of_the_chain_are_those_of_the_schema() -> None:
    assert units.KEYS.keys() | {"chain"} == set(schema.metadata.tables)


def test_lost_row_whose_number_is_given_again_is_found(file: Path) -> None:
    with opened(file) as store:
        store.use_key(KEY)
        store.note_seen(*store.measured_stacks(), "Dr B")
    change(file, "DELETE FROM looks WHERE look_id = (SELECT max(look_id) FROM looks)")
    with opened(file) as store:
        store.use_key(KEY)
        store.note_seen(*store.measured_stacks(), "Dr C")
        assert any("looks" in one and "another has its number" in one for one in store.verify().findings)

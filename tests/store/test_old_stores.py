"""Stores that earlier versions wrote (tests/stores): they open, give the same tables, and can be reviewed."""

from __future__ import annotations

import csv
import re
import shutil
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from typer.testing import CliRunner

from calcimeasure import review
from calcimeasure.agreed import agree
from calcimeasure.cli import app
from calcimeasure.errors import ConflictError
from calcimeasure.export import Pseudonyms
from calcimeasure.load import find_series, load_image
from calcimeasure.model import (
    AlgorithmType,
    Laterality,
    Measurements,
    Outline,
    Radiograph,
    RadiographMeasurements,
    Status,
    Volume,
)
from calcimeasure.results import series_of, store_that_is_there
from calcimeasure.settings import parse_settings
from calcimeasure.settings.algorithm import ALGORITHM, algorithm_of
from calcimeasure.store import migrate, open_store
from calcimeasure.store.schema import SCHEMA_VERSION
from tests.postgresql import empty_store, plain_sql, restored
from tests.stores.images import IMAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from calcimeasure.model import Image, Lesion, Revision
    from calcimeasure.settings import Settings
    from calcimeasure.store import Store

STORES = Path(__file__).parents[1] / "stores"
SCHEMAS = sorted(int(folder.name.removeprefix("schema")) for folder in STORES.glob("schema*"))
OLD_STORES = [
    pytest.param((schema, kind), marks=[pytest.mark.external] if kind == "postgresql" else [], id=f"{kind} {schema}")
    for schema in SCHEMAS
    for kind in ("sqlite", "postgresql")
]
SECOND_READER = "Dr B; Ärztin"


class Folder:
    """A copy of what an earlier version wrote, with its store where this machine can open it."""

    def __init__(self, parent: Path, schema: int, kind: str) -> None:
        self.schema = schema
        self.written = STORES / f"schema{schema}" / kind
        self.path = parent / "results"
        shutil.copytree(self.written, self.path)
        self.key = parent / "pseudonyms.key"
        self.key.write_text("5a" * 32 + "\n", encoding="ascii")
        self.key.chmod(0o600)
        if kind == "sqlite":
            self.url = f"sqlite:///{self.path / 'private' / 'calcimeasure.db'}"
        else:
            self.url = restored(self.path / "private" / "calcimeasure.sql")
            settings = self.path / "private" / "settings.toml"
            text = settings.read_text(encoding="utf-8").replace("postgresql+psycopg://postgres@/calcinosis", self.url)
            settings.write_text(text, encoding="utf-8")
            agree(self.url)

    @property
    def added_notice(self) -> str:
        """The notice of all lesions in the store, if they were measured with an older algorithm number than now."""
        text = (self.written / "private" / "settings.toml").read_text(encoding="utf-8")
        return "older_algorithm" if algorithm_of(text) < ALGORITHM else ""

    def run(self, *arguments: object) -> str:
        """Call the command line; gives what it said."""
        done = CliRunner().invoke(app, [*map(str, arguments), "--key", str(self.key)])
        assert done.exit_code in (0, 1), done.output  # 1: a series misses a slice
        return done.output

    def lesions_then(self) -> Path:
        """Write lesions.csv of then with Tracking UIDs replaced, and with shifted days for times.

        Versions with schema 4 and later wrote it so.
        """
        if self.schema >= 4:
            return self.written / "lesions.csv"
        rows, identified = rows_of(self.written / "lesions.csv"), rows_of(self.written / "private" / "identified.csv")
        uids = Pseudonyms(bytes.fromhex(self.key.read_text(encoding="ascii")))
        for row, named in zip(rows, identified, strict=True):
            row["tracking_uid"] = uids.uid(row["tracking_uid"]) or ""
            if row["reviewed_at"]:
                shift = date.fromisoformat(named["study_date"]) - date.fromisoformat(row["study_date"])
                row["reviewed_at"] = (date.fromisoformat(row["reviewed_at"][:10]) - shift).isoformat()
        path = self.path / "then.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        return path

    @contextmanager
    def open(self) -> Iterator[tuple[Store, Settings]]:
        """Open the store where the images lie now."""
        with store_that_is_there(self.path, print) as (store, settings):
            found = find_series(IMAGES, settings)
            store.note_found(store.begin_run([IMAGES], settings, "now"), found.series, found.unreadable, [IMAGES])
            yield store, settings


@pytest.fixture(params=OLD_STORES)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    return Folder(tmp_path, *request.param)


@pytest.fixture(params=OLD_STORES[2:])
def folder_with_radiograph(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    return Folder(tmp_path, *request.param)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def assert_same_table(now: Path, then: Path, added_notice: str = "") -> None:
    """The columns of then are there with the cells of then, in the order of then; what was added since is empty.

    Each row of lesions and of measured stacks has the added notice behind those of then; studies count it.
    """
    written, expected = rows_of(now), rows_of(then)
    if added_notice:
        for row in expected:
            if row.get("stack_notices"):
                row["stack_notices"] = str(int(row["stack_notices"]) + int(row["stacks_measured"]))
            elif "notices" in row and row.get("state", "measured") == "measured":
                row["notices"] = ";".join(filter(None, (row["notices"], added_notice)))
    names = list(expected[0])
    assert [name for name in written[0] if name in names] == names
    assert [{name: row[name] for name in names} for row in written] == expected
    assert not any(value for row in written for name, value in row.items() if name not in names)


def lesions_of(store: Store, description: str) -> tuple[Lesion, ...]:
    # As a list: one that is not read to its end leaves its cursor open.
    found = list(store.outcomes())
    return next(one.lesions for one in found if one.stack and one.stack.description == description)


def stack_of(store: Store, description: str) -> int:
    return next(one for one, facts in store.measured_stacks().items() if facts.description == description)


def image_of(store: Store, settings: Settings, stack_id: int) -> Image:
    return load_image(series_of(store, stack_id, settings), settings)


def test_every_schema_has_its_stores() -> None:
    # The stores of a schema are written when nothing more is added to it.
    assert SCHEMAS in (list(range(1, SCHEMA_VERSION)), list(range(1, SCHEMA_VERSION + 1)))
    for schema in SCHEMAS:
        for kind in ("sqlite", "postgresql"):
            assert (STORES / f"schema{schema}" / kind / "lesions.csv").is_file()


@pytest.mark.parametrize("schema", SCHEMAS)
def test_files_are_of_the_schema_that_they_are_named_after(schema: int, tmp_path: Path) -> None:
    file = shutil.copy(STORES / f"schema{schema}" / "sqlite" / "private" / "calcimeasure.db", tmp_path)
    assert plain_sql(f"sqlite:///{file}")("SELECT value FROM about WHERE name = 'schema_version'") == [(str(schema),)]
    dump = (STORES / f"schema{schema}" / "postgresql" / "private" / "calcimeasure.sql").read_text(encoding="utf-8")
    assert f"INSERT INTO public.about VALUES ('schema_version', '{schema}');" in dump


def test_an_old_store_gives_the_tables_that_it_gave_then(folder: Folder) -> None:
    private = folder.path / "private"
    for table in ("lesions.csv", "studies.csv", "private/series.csv", "private/identified.csv", "private/all.csv"):
        (folder.path / table).unlink()
    folder.run("export", folder.path, "--format", "csv")
    folder.run("export", folder.path, "--format", "csv", "--identified")
    folder.run("export", folder.path, "--format", "revisions", "--identified")
    then = folder.written / "private"
    assert_same_table(private / "identified" / "lesions.csv", then / "identified.csv", folder.added_notice)
    assert_same_table(private / "identified" / "revisions.csv", then / "all.csv")
    assert_same_table(folder.path / "lesions.csv", folder.lesions_then(), folder.added_notice)
    for table in ("studies.csv", "private/series.csv"):
        assert_same_table(folder.path / table, folder.written / table, folder.added_notice)


def test_an_old_store_keeps_what_it_held(folder: Folder) -> None:
    ask = plain_sql(folder.url)
    names = [column for column in columns_of(folder.url)["lesion_revisions"] if column != "packed_bits"]
    statement = f"SELECT {', '.join(names)} FROM lesion_revisions ORDER BY revision_id"
    before = ask(statement), ask("SELECT settings_hash, settings_toml FROM settings_used ORDER BY settings_hash")
    with open_store(folder.url) as store:
        after = ask(statement), ask("SELECT settings_hash, settings_toml FROM settings_used ORDER BY settings_hash")
        assert after == before
        assert ask("SELECT value FROM about WHERE name = 'schema_version'") == [(str(SCHEMA_VERSION),)]
        lesions = [lesion for outcome in store.outcomes() for lesion in outcome.lesions]
        assert lesions
        for lesion in lesions:
            settings = parse_settings(store.settings_toml(lesion.settings_hash), "the store")
            assert settings.min_volume_mm3 == 100


def test_an_old_store_can_be_reviewed(folder: Folder) -> None:
    with folder.open() as (store, settings):
        stack_id = stack_of(store, "two masses")
        volume = image_of(store, settings, stack_id)
        assert isinstance(volume, Volume)
        uid = lesions_of(store, "two masses")[0].tracking_uid

        def history() -> list[Revision]:
            return store.histories(stack_id)[uid]

        base = history()[-1]
        mask = base.lesion.outline.mask()
        mask[0] = False
        drawn = Outline.from_mask(mask, base.lesion.outline.start_kji)
        by = review.Signature("Dr C")
        store.append(stack_id, [review.redraw(base, drawn, AlgorithmType.MANUAL, volume, settings, by)], settings)
        measured = history()[-1].lesion.measurements
        assert isinstance(measured, Measurements)
        assert measured.volume_voxels_ml == pytest.approx(mask.sum() * 2 / 1000)
        other = review.Signature("Dr D")
        with pytest.raises(ConflictError, match="Lesion 1 was changed by Dr C"):
            store.append(stack_id, [review.decide(base, Status.REJECTED, other)], settings)
        store.append(stack_id, [review.set_side(history()[-1], Laterality.LEFT, other)], settings)
        assert [one.reader for one in history()[:5]] == [None, "Dr A", SECOND_READER, "Dr A", SECOND_READER]
        store.append(stack_id, [review.undo(history(), base.number, other)], settings)
        assert history()[-1].lesion == base.lesion
        assert history()[-1].number == base.number + 3
    folder.run("export", folder.path, "--format", "csv")
    assert_same_table(folder.path / "lesions.csv", folder.lesions_then(), folder.added_notice)


def test_edits_before_can_be_undone_by_a_reader_now(folder: Folder) -> None:
    with folder.open() as (store, settings):
        stack_id = stack_of(store, "two masses")
        histories = {history[0].lesion.number: history for history in store.histories(stack_id).values()}
        by = review.Signature("Dr C")
        assert histories[2][-1].withdrawn
        again = [review.undo(histories[2], 1, by), review.undo(histories[1], 1, by)]
        store.append(stack_id, again, settings)
        lesions = lesions_of(store, "two masses")
        assert {1, 2} <= {lesion.number for lesion in lesions}
        first = histories[1][0].lesion
        assert lesions[0] == replace(first, notices=tuple(filter(None, (*first.notices, folder.added_notice))))


def column_spacing_mm(lesion: Lesion) -> float | None:
    assert isinstance(lesion.measurements, RadiographMeasurements)
    return lesion.measurements.column_spacing_mm


def test_a_radiograph_in_an_old_store_can_be_reviewed(folder_with_radiograph: Folder) -> None:
    with folder_with_radiograph.open() as (store, settings):
        stack_id = stack_of(store, "a radiograph")
        radiograph = image_of(store, settings, stack_id)
        assert isinstance(radiograph, Radiograph)
        histories = store.histories(stack_id)
        newest = {uid: history[-1] for uid, history in histories.items()}
        box = Outline.from_mask(np.ones((1, 8, 12), dtype=bool), (0, 2, 2))
        by = review.Signature("Dr C")
        added = review.add(box, AlgorithmType.MANUAL, newest, radiograph, settings, by)
        store.append(stack_id, [added], settings)
        (old,) = newest.values()
        assert added.lesion.number == 2
        assert [column_spacing_mm(one.lesion) for one in (old, added)] == [0.25, 0.25]
        store.append(stack_id, review.calibrate(newest, None, radiograph, settings, by), settings)
        assert column_spacing_mm(store.histories(stack_id)[old.lesion.tracking_uid][-1].lesion) is None


def test_who_has_seen_a_stack_is_kept(folder: Folder) -> None:
    with folder.open() as (store, _):
        stack_id = stack_of(store, "nothing")
        before = ("Dr A",) if folder.schema >= 3 else ()
        assert store.seen_by().get(stack_id, ()) == before
        store.note_seen(stack_id, "Dr C")
        assert store.seen_by()[stack_id] == (*before, "Dr C")
        if before:
            store.note_seen(stack_id, "Dr A", is_withdrawn=True)
            assert store.seen_by()[stack_id] == ("Dr C",)


def test_a_run_leaves_alone_what_readers_decided_before(folder: Folder) -> None:
    with open_store(folder.url) as store:
        before = store.histories(stack_of(store, "two masses"))
    said = folder.run("measure", IMAGES, "--out", folder.path, "--set", "threshold_hu=210", "--workers", "1")
    assert re.search(r"masses\S*: left alone, a reader has decided about it", " ".join(said.split()))
    with open_store(folder.url) as store:
        assert store.histories(stack_of(store, "two masses")) == before


# Migrated, and made anew


@pytest.mark.parametrize("old_store", OLD_STORES)
def test_a_migrated_store_is_built_like_a_new_one(old_store: tuple[int, str], tmp_path: Path) -> None:
    """But for the order of columns: a database puts those that are added at the end."""
    schema, kind = old_store
    old = Folder(tmp_path, schema, kind)
    new = empty_store(kind, tmp_path)
    for url in (old.url, new):
        with open_store(url):
            pass
    parts = SQLITE_PARTS if kind == "sqlite" else POSTGRESQL_PARTS
    for part, statement in parts.items():
        found, expected = (sorted(map(without_layout, plain_sql(url)(statement))) for url in (old.url, new))
        assert found == expected, part
        assert expected, part


def test_steps_know_nothing_of_the_tables_of_today() -> None:
    source = Path(migrate.__file__).read_text(encoding="utf-8")
    imported = re.findall(r"^ *(?:from|import) (\S+)", source, re.MULTILINE)
    assert not [name for name in imported if name.startswith("calcimeasure")]
    assert list(migrate.STEPS) == list(range(1, SCHEMA_VERSION))


def without_layout(row: tuple[object, ...]) -> str:
    return repr(tuple(" ".join(cell.split()) if isinstance(cell, str) else cell for cell in row))


def columns_of(url: str) -> dict[str, list[str]]:
    statement = (
        "SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table'"
        if url.startswith("sqlite")
        else "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
    )
    columns: dict[str, list[str]] = {}
    for table, column in plain_sql(url)(statement):
        columns.setdefault(str(table), []).append(str(column))
    return columns


SQLITE_PARTS = {
    "columns": """
        SELECT m.type, m.name, c.name, c.type, c."notnull", c.dflt_value, c.pk
        FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type IN ('table', 'view')
    """,
    "foreign keys": """
        SELECT m.name, k."table", k."from", k."to", k.on_update, k.on_delete
        FROM sqlite_master AS m, pragma_foreign_key_list(m.name) AS k WHERE m.type = 'table'
    """,
    "indexes": """
        SELECT m.name, i."unique", i.origin, i.partial,
            (SELECT group_concat(name) FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)),
            CASE i.origin WHEN 'c' THEN i.name END
        FROM sqlite_master AS m, pragma_index_list(m.name) AS i WHERE m.type = 'table'
    """,
    "triggers and views": "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE type IN ('trigger', 'view')",
}
POSTGRESQL_PARTS = {
    "columns": """
        SELECT table_name, column_name, data_type, collation_name, is_nullable, column_default, character_maximum_length
        FROM information_schema.columns WHERE table_schema = 'public'
    """,
    "tables": """
        SELECT relname, relkind, obj_description(oid, 'pg_class')
        FROM pg_class WHERE relnamespace = 'public'::regnamespace
    """,
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    """,
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "triggers": "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "functions": "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    "views": """
        SELECT viewname, substring(definition FROM ' FROM .*') FROM pg_views WHERE schemaname = 'public'
    """,
}

"""Rows about what readers remark, what DICOM objects were written, and the instances of a registry."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from calcimeasure import find_series
from calcimeasure.analysis.pipeline import analyze
from calcimeasure.errors import ConflictError
from calcimeasure.settings import Settings
from calcimeasure.store import (
    ObjectKind,
    ObjectLine,
    RegistryForm,
    Remark,
    RemarkKind,
    Store,
    WrittenObject,
    open_store,
)
from tests.postgresql import STORES, empty_store, plain_sql
from tests.tables import write_ct

if TYPE_CHECKING:
    from collections.abc import Iterator

    from calcimeasure.model import Report

SETTINGS = Settings()
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = tmp_path_factory.mktemp("ct")
    write_ct(folder, seed="rows")
    return analyze(find_series(folder).series[0], SETTINGS)


@pytest.fixture(params=STORES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return empty_store(request.param, tmp_path)


@pytest.fixture
def store(url: str, report: Report) -> Iterator[Store]:
    """A store with one stack, which has the number 1."""
    with open_store(url) as store:
        run_id = store.begin_run([Path("/images")], SETTINGS, "1")
        assert store.record(run_id, report, store.plan(report.stack, SETTINGS), SETTINGS)
        yield store


def test_a_remark_is_kept_and_the_newest_of_a_reader_holds(store: Store) -> None:
    first = Remark("1.2", RemarkKind.NOTE, "Dr A; «Ä»", NOON, "compare with 2024")
    again = replace(first, said="compare with 2023", made_at=NOON.replace(hour=13))
    unsure = Remark("1.2", RemarkKind.UNSURE, "Dr A; «Ä»", NOON)
    other = Remark("1.2", RemarkKind.UNSURE, "Dr B", NOON)
    sure = replace(other, is_withdrawn=True, made_at=NOON.replace(hour=14))
    said = [first, again, unsure, other, sure]
    for remark in said:
        store.note_remark(1, remark)
    assert store.remarks_of(1) == said
    assert store.current_remarks() == {1: [again, unsure]}
    assert store.verify().findings == ()


def written(store: Store, line: ObjectLine, uid: str, state: str) -> WrittenObject:
    """The object that follows those of its line."""
    before = store.objects_of(line)
    return WrittenObject(
        line=line,
        study_uid="1.2.1",
        series_uid="1.2.2",
        sop_instance_uid=uid,
        instance_number=len(before) + 1,
        content_hash=state,
        is_preliminary=False,
        predecessor_uid=before[-1].sop_instance_uid if before else None,
        segmentation_uid="1.2.9" if line.kind is ObjectKind.SR else None,
        written_at=NOON,
    )


def test_objects_of_a_line_follow_each_other(store: Store) -> None:
    line = ObjectLine(1, ObjectKind.SR, "", "abc")
    others = replace(line, kind=ObjectKind.SEG), replace(line, part="flat"), replace(line, key_fingerprint="")
    for place, one in enumerate((line, *others)):
        store.note_object(written(store, one, f"1.{place}", "first"))
    second = written(store, line, "1.9", "second")
    assert (second.instance_number, second.predecessor_uid) == (2, "1.0")
    store.note_object(second)
    store.note_object(second)  # exported again as it is
    assert [one.sop_instance_uid for one in store.objects_of(line)] == ["1.0", "1.9"]
    assert store.objects_of(line)[1] == second
    assert [one.sop_instance_uid for one in store.every_object()] == ["1.0", "1.1", "1.2", "1.3", "1.9"]
    assert store.verify().findings == ()


def test_two_exports_at_once_do_not_write_the_same_instance_number(store: Store) -> None:
    line = ObjectLine(1, ObjectKind.SEG, "", "")
    mine, theirs = written(store, line, "1.1", "mine"), written(store, line, "1.2", "theirs")
    store.note_object(theirs)
    with pytest.raises(ConflictError, match=r"Another export has written SEG of stack 1 .* number 2 is the next"):
        store.note_object(mine)
    assert store.objects_of(line) == [theirs]


def test_what_an_archive_has_taken_is_kept_once(store: Store) -> None:
    for uid in ("1.1", "1.2", "1.1"):
        store.note_sent(uid, "https://archive.example/dicom-web")
    assert store.sent_to("https://archive.example/dicom-web") == ["1.1", "1.2"]
    assert store.sent_to("elsewhere") == []


def test_an_instance_of_the_registry_is_given_once_and_kept(store: Store) -> None:
    form, other = RegistryForm("0012345", "cm_lesions"), RegistryForm("12345", "cm_lesions")
    assert store.give_instances(form, ["1.1", "1.2"]) == {"1.1": 1, "1.2": 2}
    assert store.give_instances(other, ["1.2"]) == {"1.2": 1}
    # Lesion 1.1 is not exported this time, and its instance is given to no other.
    assert store.give_instances(form, ["1.3", "1.2", "1.3"]) == {"1.3": 3, "1.2": 2}
    assert store.instances_of(form) == {"1.1": 1, "1.2": 2, "1.3": 3}
    assert store.give_instances(replace(form, event="follow_up_arm_1"), ["1.3"]) == {"1.3": 1}
    assert store.registry_forms() == [form, other, replace(form, event="follow_up_arm_1")]
    assert store.verify().findings == ()


def test_instances_that_a_registry_has_are_kept_where_none_was_given(store: Store) -> None:
    form = RegistryForm("1", "cm_lesions")
    store.give_instances(form, ["1.1"])
    store.keep_instances(form, {"1.1": 4, "1.2": 7, "1.3": 1})
    assert store.instances_of(form) == {"1.1": 1, "1.2": 7}, "what was given stays, and no instance is given twice"
    assert store.give_instances(form, ["1.3"]) == {"1.3": 8}
    assert store.verify().findings == ()


@pytest.mark.parametrize("table", ["remarks", "dicom_objects", "sent_objects", "registry_instances"])
def test_the_database_refuses_to_change_or_remove_them(url: str, store: Store, table: str) -> None:
    store.note_remark(1, Remark("1.2", RemarkKind.UNSURE, "Dr A", NOON))
    store.note_object(written(store, ObjectLine(1, ObjectKind.SEG, "", ""), "1.1", "a"))
    store.note_sent("1.1", "archive")
    store.give_instances(RegistryForm("1", "cm_lesions"), ["1.1"])
    ask = plain_sql(url)
    ((key,),) = ask(
        f"SELECT column_name FROM information_schema.columns WHERE table_name = '{table}' AND ordinal_position = 1"
        if url.startswith("postgresql")
        else f"SELECT name FROM pragma_table_info('{table}') WHERE pk = 1"
    )
    for statement in (f"UPDATE {table} SET {key} = 7", f"DELETE FROM {table}"):
        with pytest.raises(Exception, match="append-only"):
            ask(statement)

"""What a registry gets, compared with what it has: instances, numbers, and what does not come in."""

from __future__ import annotations

import pytest

from calcimeasure.export.redcap.fields import LESION_FORM
from calcimeasure.export.redcap.plan import counted, differences, plan, row_of
from calcimeasure.export.redcap.records import Entry

COLUMNS = frozenset(LESION_FORM.columns)
PLACE = ("R-1", "", "cm_lesions")


def entry(uid: str, status: str = "accepted", record_id: str = "R-1", **cells: str) -> Entry:
    blank = dict.fromkeys(LESION_FORM.columns, "")
    return Entry(
        record_id, "", "cm_lesions", f"raw {uid}", blank | {"cm_tracking_uid": uid, "cm_status": status} | cells
    )


def row(uid: str, instance: int, record_id: str = "R-1", **cells: str) -> dict[str, str]:
    found = entry(uid, **cells).cells
    keys = {"record_id": record_id, "redcap_repeat_instrument": "cm_lesions", "redcap_repeat_instance": str(instance)}
    return {**keys, **found}


def instances(planned: list) -> dict[str, int]:
    return {one.entry.cells["cm_tracking_uid"]: one.instance for one in planned}


def test_an_instance_is_found_by_its_uid_whatever_was_given() -> None:
    planned = plan([entry("a")], [row("a", 5)], "record_id", COLUMNS, {PLACE: {"raw a": 1}})
    assert instances(planned) == {"a": 5}
    assert planned[0].differing == ()


def test_new_ones_get_what_was_given_or_the_next_free_number() -> None:
    entries = [entry("a"), entry("b"), entry("c")]
    planned = plan(entries, [row("x", 1), row("y", 4)], "record_id", COLUMNS, {PLACE: {"raw a": 1, "raw b": 3}})
    assert instances(planned) == {"a": 5, "b": 3, "c": 6}


def test_what_is_no_longer_accepted_and_was_never_there_does_not_come_in() -> None:
    entries = [entry("a", "rejected"), entry("b", "withdrawn")]
    (planned,) = plan(entries, [row("b", 1)], "record_id", COLUMNS, {})
    assert planned.differing == ("cm_status",)
    assert counted([planned])[:2] == ["cm_lesions: 0 new, 1 changed, 0 unchanged.", "  Cells that differ: cm_status 1"]


def test_records_that_differ_in_case_alone_are_one() -> None:
    (planned,) = plan([entry("a", record_id="r-1")], [row("a", 2)], "record_id", COLUMNS, {})
    assert (planned.instance, planned.differing) == (2, ())
    sent = row_of(planned, "record_id", COLUMNS, longitudinal=False)
    assert differences([sent], [row("a", 2)], "record_id") == []


def test_fields_that_a_project_lacks_are_neither_compared_nor_sent() -> None:
    columns = COLUMNS - {"cm_site"}
    (planned,) = plan([entry("a", cm_site="hip")], [row("a", 1)], "record_id", columns, {})
    assert planned.differing == ()
    assert "cm_site" not in row_of(planned, "record_id", columns, longitudinal=False)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([], ["record R-1, cm_lesions, instance 1: sent, and not there."]),
        ([row("a", 1, cm_site="hip")], ["record R-1, cm_lesions, instance 1: cm_site differs from what was sent."]),
        ([row("a", 1)], []),
    ],
)
def test_every_cell_is_compared_and_no_value_is_said(found: list[dict[str, str]], said: list[str]) -> None:
    assert differences([row("a", 1)], found, "record_id") == said

"""Motions between two dates and links of lesions: kept, never changed, and a reader's before the program's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from calcimeasure import find_series
from calcimeasure.analysis.pipeline import analyze
from calcimeasure.model.follow import Change, ChangeSource, LinkSource, LinkState, Motion
from calcimeasure.settings import Settings
from calcimeasure.store import LesionLink, Store, StoredMotion, current_links, open_store
from tests.postgresql import STORES, empty_store, plain_sql
from tests.tables import write_ct

if TYPE_CHECKING:
    from collections.abc import Iterator

    from calcimeasure.model import Report

SETTINGS = Settings()
STILL = ((1.0, 0.0, 0.0, 0.1), (0.0, 1.0, 0.0, -2.5), (0.0, 0.0, 1.0, 0.0), (0.0, 0.0, 0.0, 1.0))
MOTION = StoredMotion((1, 2), Motion(STILL, 0.93, 0.97, False, True), "seen")
CHANGE = Change(0.5, 0.2, ChangeSource.PAIRED, 0.5, -3.0, 1.5, ("kernel_differs",))
LINK = LesionLink(
    (1, 2), ("1.1", 3), ("1.2", 1), LinkState.MATCHED, LinkSource.PROGRAM, 0.9, made_from="seen", change=CHANGE
)


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> list[Report]:
    folders = [tmp_path_factory.mktemp(name) for name in ("one", "other")]
    for folder in folders:
        write_ct(folder, seed=folder.name)
    return [analyze(find_series(folder).series[0], SETTINGS) for folder in folders]


@pytest.fixture(params=STORES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return empty_store(request.param, tmp_path)


@pytest.fixture
def store(url: str, reports: list[Report]) -> Iterator[Store]:
    """A store with two stacks, which have the numbers 1 and 2."""
    with open_store(url) as store:
        run_id = store.begin_run([Path("/images")], SETTINGS, "1")
        for report in reports:
            assert store.record(run_id, report, store.plan(report.stack, SETTINGS), SETTINGS)
        yield store


def test_motions_are_kept_as_they_were_found(store: Store) -> None:
    local = replace(MOTION, motion=replace(MOTION.motion, is_local=True), prior_tracking_uid="1.1")
    store.note_motions([MOTION, local])
    assert store.motions_between((1, 2)) == [MOTION, local]
    assert store.motions_between((2, 1)) == []
    assert store.verify().findings == ()


def test_links_are_kept_with_the_revisions_of_both_lesions(store: Store) -> None:
    gone = replace(LINK, current=None, state=LinkState.GONE, change=None, prior=("1.5", 1))
    store.note_links([LINK, gone])
    assert store.links_between((1, 2)) == [LINK, gone]
    assert current_links(store.links_between((1, 2))) == [LINK, gone]
    assert store.verify().findings == ()


def test_a_reader_outlives_that_the_program_links_again(store: Store) -> None:
    by_reader = replace(
        LINK, current=("1.3", 1), source=LinkSource.READER, reader="Dr A; «Ä»", change=None, made_from=""
    )
    store.note_links([LINK])
    store.note_links([by_reader])
    store.note_links([replace(LINK, made_from="seen again")])
    assert current_links(store.links_between((1, 2))) == [by_reader]
    store.note_links([replace(by_reader, is_withdrawn=True)])
    assert current_links(store.links_between((1, 2))) == [replace(LINK, made_from="seen again")]
    assert len(store.links_between((1, 2))) == 4


def test_links_that_the_program_no_longer_finds_do_not_hold() -> None:
    other = replace(LINK, prior=("1.7", 1), made_from="later")
    assert current_links([LINK, other]) == [other]


@pytest.mark.parametrize(("table", "key"), [("registrations", "registration_id"), ("lesion_links", "link_id")])
def test_the_database_refuses_to_change_or_remove_them(url: str, store: Store, table: str, key: str) -> None:
    store.note_motions([MOTION])
    store.note_links([LINK])
    ask = plain_sql(url)
    for statement in (f"UPDATE {table} SET {key} = 7", f"DELETE FROM {table}"):
        with pytest.raises(Exception, match="append-only"):
            ask(statement)

"""Damaged stores: other tables or other rows never without a word (2,000 of them: tests/bench/store)."""

from __future__ import annotations

import pytest

from tests.store.damaged import Folder, Found, damage_number


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return Folder(tmp_path_factory.mktemp("damaged"))


def test_no_damage_is_silent(folder: Folder) -> None:
    found = {number: folder.with_damage(damage_number(number)) for number in range(60)}
    assert [number for number, one in found.items() if one.is_silent] == []
    assert sum(one.rows_are_others or one.tables_are_others for one in found.values()) > 10, "damage that tells nothing"


def test_a_whole_store_is_not_refused(folder: Folder) -> None:
    found = folder.with_damage(lambda _: None)
    assert found == Found(tables_are_others=False, rows_are_others=False, export_refused=False, verify_refused=False)
    assert folder.run("verify") == 0

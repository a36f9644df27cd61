"""The notices of a stack: kept with what became of it, with or without lesions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from calcimeasure import Settings, analyze, find_series, open_store
from calcimeasure.model import Failure, Outcome, Report, State
from calcimeasure.settings import algorithm
from calcimeasure.store import file_url
from tests.tables import write_ct

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = Settings()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    (stack,) = find_series(write_ct(tmp_path_factory.mktemp("notices"), seed="notices")[0].parent).series
    return analyze(stack, SETTINGS)


def kept(url: str, result: Report | Failure) -> Outcome:
    """Keep a result in a store, and read what became of its stack."""
    assert result.stack is not None
    with open_store(url) as store:
        run = store.begin_run([], SETTINGS, "now")
        assert store.record(run, result, store.plan(result.stack, SETTINGS), SETTINGS)
        (outcome,) = store.outcomes()
    return outcome


@pytest.mark.parametrize("lesions", [0, 2])
def test_notices_of_a_stack_come_back(tmp_path: Path, report: Report, lesions: int) -> None:
    told = replace(report, notices=("no_air", "single_slice"), lesions=report.lesions[:lesions], thumbnails=())
    outcome = kept(file_url(tmp_path / "store.db"), told)
    assert (len(outcome.lesions), outcome.notices) == (lesions, ("no_air", "single_slice"))


def test_notices_of_headers_come_back_for_a_stack_that_was_not_measured(tmp_path: Path, report: Report) -> None:
    stack = replace(report.stack, notices=("duplicate_dropped",))
    outcome = kept(file_url(tmp_path / "store.db"), Failure(State.FAILED, "missing_slice", "It is missing.", stack))
    assert outcome.notices == ("duplicate_dropped",)


def test_spacing_that_a_reader_has_calibrated_since_is_told_no_more(tmp_path: Path, report: Report) -> None:
    """No lesion has the notice any more: the numbers are those of the calibration."""
    notices = ("no_spacing", "logarithm_taken")
    url = file_url(tmp_path / "store.db")
    unsure = replace(report, notices=notices, lesions=(replace(report.lesions[0], notices=notices),), thumbnails=())
    assert kept(url, unsure).notices == notices
    sure = replace(unsure, lesions=(replace(report.lesions[0], notices=("logarithm_taken",)),))
    assert kept(file_url(tmp_path / "other.db"), sure).notices == ("logarithm_taken",)


def test_stack_of_an_older_algorithm_says_so_without_a_lesion(
    tmp_path: Path, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = file_url(tmp_path / "store.db")
    kept(url, replace(report, notices=(), lesions=(), thumbnails=()))
    monkeypatch.setattr(algorithm, "ALGORITHM", algorithm.ALGORITHM + 1)
    with open_store(url) as store:
        (outcome,) = store.outcomes()
    assert outcome.notices == ("older_algorithm",)

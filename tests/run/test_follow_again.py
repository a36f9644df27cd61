"""What is stored between two dates is used again: after a kill, and after a decision of a reader."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from typer.testing import CliRunner

from calcimeasure import review
from calcimeasure.analysis.lesion import assess
from calcimeasure.cli import app
from calcimeasure.load import content_of, find_series, load_image
from calcimeasure.model import Report, Status, Tissue, Volume
from calcimeasure.model.follow import LinkState, Motion
from calcimeasure.results import prepare, store_of, store_that_is_there
from calcimeasure.settings import Settings, change_settings, format_settings, settings_hash
from calcimeasure.study.follow.dates import Compared, Day, Followed, Kept, compare
from tests.dicom_phantom import Header, write_series
from tests.model.test_model import volume_of
from tests.phantoms import Ellipsoid, render, straight_grid
from tests.study.test_follow import outline_of
from tests.tables import read

if TYPE_CHECKING:
    from pathlib import Path

PATIENTS, DATES = 4, ("20240115", "20250115")
GRID = straight_grid((6, 20, 20), (3.0, 2.0, 2.0))
BALL = Ellipsoid((0.0, 0.0, 0.0), (7.0, 7.0, 6.0), 700.0)
STILL = tuple(tuple(float(one) for one in row) for row in np.eye(4))


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A folder with a mass of several patients at two dates."""
    out = tmp_path / "results"
    prepare(out, print)
    settings = change_settings(Settings(), {"key": str(tmp_path / "pseudonyms.key")})
    (out / "private" / "settings.toml").write_text(format_settings(settings), encoding="utf-8")
    with store_of(out, settings, print) as store:
        run_id = store.begin_run([tmp_path], settings, "1")
        for patient in range(PATIENTS):
            for date in DATES:
                folder = tmp_path / f"{patient}-{date}"
                hu = render([BALL], GRID, blur_sigma_mm=1.0, background_hu=40.0, noise_sd_hu=5.0, seed=patient)
                header = Header(seed=f"{patient} {date}", patient_id=f"P{patient}", study_date=date)
                write_series(folder, hu, GRID, replace(header, patient_name=f"Phantom^{patient}"))
                (stack,) = find_series(folder).series
                volume = load_image(stack, settings)
                assert isinstance(volume, Volume)
                mass = replace(assess(volume, outline_of(BALL, GRID), 1, settings), tissue=Tissue.CALCIFIED_MASS)
                report = Report(
                    stack, volume.geometry, (mass,), settings_hash(settings), "1", contents=content_of(stack, settings)
                )
                assert store.record(run_id, report, store.plan(stack, settings), settings)
    return out


class Counted:
    """Compares two dates without looking at images; a kill stops it at a pair."""

    def __init__(self, killed_at: int | None = None) -> None:
        self.pairs, self.killed_at = 0, killed_at
        self.kept: list[Kept] = []

    def __call__(self, prior: Day, current: Day, _: Settings, kept: Kept) -> Compared:
        if self.pairs == self.killed_at:
            raise KeyboardInterrupt
        self.pairs += 1
        self.kept.append(kept)
        ends = prior.masses, current.masses
        motion = Motion(STILL, 0.95, 0.97, False, True)
        return Compared(motion, {}, (Followed(*ends, LinkState.MATCHED, 1.0),))


def follow(results: Path, monkeypatch: pytest.MonkeyPatch, counted: Counted) -> int:
    monkeypatch.setattr("calcimeasure.study.follow.dates.compare", counted)
    return CliRunner().invoke(app, ["follow", str(results)]).exit_code


def test_a_batch_that_was_killed_goes_on_behind_the_last_pair(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert follow(results, monkeypatch, Counted(killed_at=2)) != 0
    assert not (results / "changes.csv").exists()
    rest = Counted()
    assert follow(results, monkeypatch, rest) == 0
    assert rest.pairs == PATIENTS - 2
    rows = read(results / "changes.csv")
    assert [row["state"] for row in rows] == ["matched"] * PATIENTS
    again = Counted()
    assert follow(results, monkeypatch, again) == 0
    assert again.pairs == 0
    assert read(results / "changes.csv") == rows


def test_after_a_decision_a_pair_is_compared_with_the_motion_that_it_has(
    results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert follow(results, monkeypatch, Counted()) == 0
    with store_that_is_there(results, print) as (store, settings):
        stack_id = next(iter(store.measured_stacks()))
        (history,) = store.histories(stack_id).values()
        store.append(stack_id, [review.decide(history[-1], Status.ACCEPTED, review.Signature("A"))], settings)
    again = Counted()
    assert follow(results, monkeypatch, again) == 0
    (kept,) = again.kept
    assert kept.whole == Motion(STILL, 0.95, 0.97, False, True)
    with store_that_is_there(results, print) as (store, _):
        assert len(store.motions_between((1, 2))) == 1
        # Other images or another algorithm: the motion is not theirs.
        monkeypatch.setattr("calcimeasure.run.follow.ALGORITHM", -1)
    later = Counted()
    assert follow(results, monkeypatch, later) == 0
    assert [one.whole for one in later.kept] == [None] * PATIENTS


def test_a_kept_motion_is_used_and_nothing_is_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    grid = straight_grid((20, 40, 40), (2.0, 1.5, 1.5))
    volumes = [
        volume_of(np.rint(render([BALL], grid, blur_sigma_mm=1.0, background_hu=40.0, noise_sd_hu=5.0, seed=n)), grid)
        for n in (1, 2)
    ]
    days = []
    for n, volume in enumerate(volumes):
        mass = replace(assess(volume, outline_of(BALL, grid), 1, Settings()), tissue=Tissue.CALCIFIED_MASS)
        days.append(Day(volume, (replace(mass, tracking_uid=f"2.25.{n}"),)))
    monkeypatch.setattr("calcimeasure.study.follow.dates._registered", lambda *_, **__: pytest.fail("registered again"))
    motion = Motion(STILL, 0.95, 0.97, False, True)
    found = compare(days[0], days[1], Settings(), Kept(motion))
    assert [one.state for one in found.masses] == [LinkState.MATCHED]
    assert (found.whole, found.local) == (motion, {})
    local = replace(motion, is_local=True)
    found = compare(days[0], days[1], Settings(), Kept(replace(motion, carries=False), {"2.25.0": local}))
    assert (found.whole, found.local) == (replace(motion, carries=False), {"2.25.0": local})
    with pytest.raises(pytest.fail.Exception, match="registered again"):
        compare(days[0], days[1], Settings(), Kept(replace(motion, carries=False)))

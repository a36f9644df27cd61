"""A run that finds everything as it was left says the same, and one that finds anything changed does everything."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from calcimeasure.cli import commands
from calcimeasure.model import Status
from calcimeasure.run import run
from calcimeasure.run.finished import Repeatable, Said, store_seen
from tests.batch_runs import measure
from tests.bench.store.test_store import write_ball_series
from tests.run.test_exchange import decide

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COMMAND = "measure images"
SAID = Said([["a/1.dcm: unchanged", "unchanged"]], "Stacks measured: 1.\n", 0)  # type: ignore[list-item] # JSON has lists


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    (folder / "a").mkdir(parents=True)
    (folder / "a" / "1.dcm").write_text("one")
    (folder / "a" / "log.txt").write_text("one")
    return folder


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "results"
    (folder / "private").mkdir(parents=True)
    (folder / "private").chmod(0o700)
    (folder / "lesions.csv").write_text("rows")
    (folder / "private" / "calcimeasure.db").write_text("store")
    (folder / "private" / "log.txt").touch()
    (tmp_path / "pseudonyms.key").write_text("key")
    return folder


@pytest.fixture
def kept(images: Path, out: Path) -> Repeatable:
    command = Repeatable(COMMAND, [images], out)
    command.keep(SAID, [out.parent / "pseudonyms.key"], store_seen(out))
    return command


@pytest.mark.usefixtures("kept")
def test_what_was_said_is_said_again(images: Path, out: Path) -> None:
    assert Repeatable(COMMAND, [images], out).said() == SAID


def test_log_changes_nothing(images: Path, out: Path, kept: Repeatable) -> None:
    kept.log(SAID)

    assert "nothing has changed" in (out / "private" / "log.txt").read_text()
    assert Repeatable(COMMAND, [images], out).said() == SAID


def rewrite_at_the_same_time(file: Path) -> None:
    """Write other bytes of the same number, and set the time of modification back."""
    seen = file.stat()
    file.write_text("two")
    os.utime(file, ns=(seen.st_atime_ns, seen.st_mtime_ns))


def replace_by_a_link(folder: Path) -> None:
    folder.rename(folder.parent.parent / "elsewhere")
    folder.symlink_to(folder.parent.parent / "elsewhere")


CHANGES: dict[str, Callable[[Path], object]] = {
    "an image is there that was not": lambda at: (at / "images" / "a" / "2.dcm").write_text("two"),
    "an image is gone": lambda at: (at / "images" / "a" / "1.dcm").unlink(),
    "an image has other bytes": lambda at: rewrite_at_the_same_time(at / "images" / "a" / "1.dcm"),
    "an image has another name": lambda at: (at / "images" / "a" / "1.dcm").rename(at / "images" / "a" / "0.dcm"),
    "an image has the name of a log": lambda at: (at / "images" / "a" / "log.txt").write_text("two"),
    "others may read the private folder": lambda at: (at / "results" / "private").chmod(0o755),
    "a folder of images is a link": lambda at: replace_by_a_link(at / "images" / "a"),
    "a table is gone": lambda at: (at / "results" / "lesions.csv").unlink(),
    "a table was edited": lambda at: (at / "results" / "lesions.csv").write_text("rowz"),
    "a reader has decided": lambda at: (at / "results" / "private" / "calcimeasure.db").write_text("Store"),
    "the store is open": lambda at: (at / "results" / "private" / "calcimeasure.db-wal").write_text("pages"),
    "the log is gone": lambda at: (at / "results" / "private" / "log.txt").unlink(),
    "the key is another": lambda at: (at / "pseudonyms.key").write_text("yek"),
    "the key is gone": lambda at: (at / "pseudonyms.key").unlink(),
    "the mark is broken": lambda at: (at / "results" / "private" / "finished.json").write_text('{"command": '),
    "the mark is another program's": lambda at: (at / "results" / "private" / "finished.json").write_text("[1]"),
}


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_changes_is_seen(tmp_path: Path, images: Path, out: Path, change: Callable[[Path], object]) -> None:
    change(tmp_path)

    assert Repeatable(COMMAND, [images], out).said() is None


@pytest.mark.usefixtures("kept")
def test_other_options_are_another_command(images: Path, out: Path) -> None:
    assert Repeatable(f"{COMMAND} --all-tissues", [images], out).said() is None


def test_image_that_changes_during_the_run_is_no_image_as_it_was_read(images: Path, out: Path) -> None:
    command = Repeatable(COMMAND, [images], out)
    (images / "a" / "1.dcm").write_text("two")

    command.keep(SAID, [], store_seen(out))

    assert Repeatable(COMMAND, [images], out).said() is None


def test_path_that_no_system_has_is_left_to_the_whole_run(out: Path) -> None:
    assert Repeatable(COMMAND, [out / ("x" * 5000)], out).said() is None


def test_results_among_the_images_are_never_marked(images: Path) -> None:
    out = images / "results"
    (out / "private").mkdir(parents=True)

    Repeatable(COMMAND, [images], out).keep(SAID, [], ((0,), None))

    assert not (out / "private" / "finished.json").exists()


def test_second_run_says_what_a_whole_run_says(tmp_path: Path) -> None:
    images = write_ball_series(tmp_path / "images", 2, (12, 48, 48), radius_mm=8)
    out = tmp_path / "out"
    measure(images, out, "--workers", 1)
    mark = out / "private" / "finished.json"
    tables = {name: (out / name).read_bytes() for name in ("lesions.csv", "studies.csv", "private/series.csv")}

    again = measure(images, out, "--workers", 1)
    assert "nothing has changed" in (out / "private" / "log.txt").read_text()
    mark.unlink()
    whole = measure(images, out, "--workers", 1)

    assert (again.stdout, again.stderr) == (whole.stdout, whole.stderr)
    assert {name: (out / name).read_bytes() for name in tables} == tables
    assert mark.exists()


@pytest.mark.parametrize(
    "elsewhere",
    [
        lambda file: file.write_text("Store"),
        lambda file: file.with_name(f"{file.name}-wal").write_text("pages"),
        lambda file: file.symlink_to(file.rename(file.parents[2] / "elsewhere.db")),
    ],
    ids=["in its file", "in its log", "by a link to another place"],
)
def test_store_that_changed_after_the_tables_gets_no_mark(
    images: Path, out: Path, elsewhere: Callable[[Path], object]
) -> None:
    command = Repeatable(COMMAND, [images], out)
    seen = store_seen(out)
    elsewhere(out / "private" / "calcimeasure.db")

    command.keep(SAID, [], seen)

    assert not (out / "private" / "finished.json").exists()


def test_log_that_goes_with_the_last_process_is_no_change(images: Path, out: Path) -> None:
    log = out / "private" / "calcimeasure.db-wal"
    log.write_text("pages")
    command, seen = Repeatable(COMMAND, [images], out), store_seen(out)
    log.unlink()

    command.keep(SAID, [], seen)

    assert Repeatable(COMMAND, [images], out).said() == SAID


def test_store_in_a_database_elsewhere_gets_no_mark(tmp_path: Path) -> None:
    images, out = write_ball_series(tmp_path / "images", 1, (12, 48, 48), radius_mm=8), tmp_path / "out"
    measure(images, out, "--workers", 1, "--store", f"sqlite:///{tmp_path / 'elsewhere.db'}")

    measure(images, out, "--workers", 1)

    assert not (out / "private" / "finished.json").exists()


@pytest.mark.parametrize("when", ["while tables are written", "after the tables"])
def test_decision_at_the_end_of_a_run_is_in_the_tables_of_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    images, out = write_ball_series(tmp_path / "images", 1, (12, 48, 48), radius_mm=8), tmp_path / "out"
    module, name = (run, "write_tables_of") if when == "while tables are written" else (commands, "show_done")
    does = getattr(module, name)

    def does_and_a_reader_decides(*args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - of any function
        does(*args, **kwargs)
        decide(out, Status.ACCEPTED)

    monkeypatch.setattr(module, name, does_and_a_reader_decides)
    commands.app(["measure", str(images), "--out", str(out), "--workers", "1"], standalone_mode=False)
    monkeypatch.undo()
    assert "accepted" not in (out / "lesions.csv").read_text()

    commands.app(["measure", str(images), "--out", str(out), "--workers", "1"], standalone_mode=False)

    assert "accepted" in (out / "lesions.csv").read_text()

"""Files are written atomically."""

import errno
import os
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from calcimeasure.errors import OutputError
from calcimeasure.export import write_atomic


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "out" / "lesions.csv"
    path.parent.mkdir()
    path.write_text("as it was", encoding="utf-8")
    return path


def is_as_it_was(path: Path) -> bool:
    return path.read_text(encoding="utf-8") == "as it was" and list(path.parent.iterdir()) == [path]


def test_text_is_written_as_it_is_in_place_of_the_former(table: Path) -> None:
    write_atomic(table, "größer\r\n2 mm²\n")
    assert table.read_bytes() == "größer\r\n2 mm²\n".encode()
    assert list(table.parent.iterdir()) == [table]


def test_file_name_that_is_no_valid_text_is_written_as_its_code(table: Path) -> None:
    write_atomic(table, os.fsdecode(b"M\xfcller"))
    assert table.read_bytes() == rb"M\udcfcller"


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600)])
def test_mode_is_that_of_any_new_file(table: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        write_atomic(table, "new")
        assert stat.S_IMODE(table.stat().st_mode) == mode
        assert os.umask(umask) == umask
    finally:
        os.umask(before)


def test_text_is_on_the_disk_before_it_gets_its_name(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda file: (calls.append(os.fstat(file).st_size), fsync(file)))
    monkeypatch.setattr(os, "replace", lambda old, new: (calls.append("named"), replace(old, new)))
    write_atomic(table, "whole")
    assert calls == [len("whole"), "named"]


def failing(error: BaseException) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_disk_that_fails_leaves_the_former_file_and_nothing_else(
    table: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setattr(os, step, failing(OSError(errno.EIO, "Input/output error")))
    with pytest.raises(OutputError, match=r"lesions\.csv cannot be written: Input/output error\."):
        write_atomic(table, "new")
    assert is_as_it_was(table)


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_interrupt_leaves_the_former_file_and_nothing_else(
    table: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setattr(os, step, failing(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        write_atomic(table, "new")
    assert is_as_it_was(table)


def test_folder_in_the_place_of_the_file_stays(table: Path) -> None:
    folder = table.parent / "studies.csv"
    folder.mkdir()
    with pytest.raises(OutputError, match=r"studies\.csv cannot be written"):
        write_atomic(folder, "new")
    assert sorted(table.parent.iterdir()) == [table, folder]


def test_folder_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="No such file or directory"):
        write_atomic(tmp_path / "nowhere" / "lesions.csv", "new")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16k", "calcimeasure", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("no disk of 16 kB can be mounted here: that needs root on Linux")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_full_disk_leaves_the_former_file_and_nothing_else(small_disk: Path) -> None:
    table = small_disk / "lesions.csv"
    write_atomic(table, "as it was")
    with pytest.raises(OutputError, match="No space left on device"):
        write_atomic(table, "x" * 100_000)
    assert is_as_it_was(table)


def test_what_a_killed_run_left_is_removed_and_what_another_run_writes_is_not(tmp_path: Path) -> None:
    old, young, other = (tmp_path / name for name in (".a.csv.k3j2", ".a.csv.x9y8", ".b.csv.k3j2"))
    for path in (old, young, other):
        path.write_text("half", encoding="utf-8")
    for path in (old, other):
        os.utime(path, (0, 0))
    write_atomic(tmp_path / "a.csv", "whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".a.csv.x9y8", ".b.csv.k3j2", "a.csv"]

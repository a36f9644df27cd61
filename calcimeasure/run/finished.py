"""A run that would find everything as the run before left it: nothing to read, nothing to write.

At the end of a run its folder gets a mark. It holds the command with which the run was made, the state of all files
that the run has read or written, and what the same command would say. A state of files is a hash over path, size, inode
and times of each; whoever changes a file changes it, also where the time of modification is set back. While both are
the same, the command says the same, without loading what reads images and opens stores. Such a run has no row in the
store: nothing has been read from it or written to it. The log has a line.

A folder whose store lies elsewhere, as a database or by a link, gets no mark: what readers decide there changes none of
its files.

This module loads the standard library alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from calcimeasure.one_line import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MARK: Final = Path("private", "finished.json")
_LOG: Final = Path("private", "log.txt")
_STORE: Final = Path("private", "calcimeasure.db")

_PROGRAM: Final = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Said:
    """What a run says where nothing has changed.

    Parameters
    ----------
    lines
        A line for each stack, and its state, in the order of the run.
    shown
        What stands on stdout at the end.
    code
        The exit code.
    """

    lines: Sequence[tuple[str, str]]
    shown: str
    code: int


StoreSeen = tuple[tuple[int, ...], tuple[int, ...] | None]
"""State of the file of a store, and of its write-ahead log; None where there is no log."""


def store_seen(out: Path) -> StoreSeen | None:
    """Give the state of the store in a folder of results; None if it lies elsewhere."""
    file = out / _STORE
    try:
        if file.is_symlink():
            return None
        log = file.with_name(f"{file.name}-wal")
        return _seen(file.stat()), _seen(log.stat()) if log.exists() else None
    except OSError:
        return None


class Repeatable:
    """A command that may be repeated: its inputs as they are before it runs.

    Parameters
    ----------
    command
        All that the command line says.
    inputs
        The folders that are searched.
    out
        The folder of results.
    """

    def __init__(self, command: str, inputs: Sequence[Path], out: Path) -> None:
        self._command = [command, *_surroundings()]
        self._inputs, self._out = inputs, out
        apart = all(os.path.isdir(one) and not _is_within(out, one) for one in inputs)  # noqa: PTH112 - never raises
        self._not_hashed = frozenset(str(out / one) for one in (_MARK, _LOG))
        self._before = self._state([*inputs, _PROGRAM]) if apart else None

    def said(self) -> Said | None:
        """Give what the command says, if a run has marked that nothing has changed since; None if anything may have."""
        if self._before is None or not os.access(self._out / _LOG, os.W_OK):
            return None
        with suppress(OSError, ValueError, KeyError, TypeError):
            mark = json.loads((self._out / _MARK).read_text(encoding="utf-8"))
            if mark["command"] == self._command and mark["state"] == self._state_with(map(Path, mark["others"])):
                return Said(**mark["said"])
        return None

    def keep(self, said: Said, others: Sequence[Path], seen: StoreSeen | None) -> None:
        """Mark that the command would say this while its inputs, its folder and the other files stay as they are.

        A mark of an earlier run is replaced. Where none can be written, the next run does everything.

        Parameters
        ----------
        said
            What the command would say.
        others
            Further files that it reads.
        seen
            The state of the store from which the tables were written (`store_seen`). There is no mark where it is
            another one by now, since a reader may have decided meanwhile, or where it is not known.
        """
        mark = self._out / _MARK
        state = self._state_with(others)
        if seen is None or not _is_still(seen, store_seen(self._out)):
            state = None
        with suppress(OSError):
            mark.unlink(missing_ok=True)
            if state is None:
                return
            known = {"command": self._command, "state": state, "others": [str(one) for one in others]}
            mark.write_text(json.dumps({**known, "said": asdict(said)}), encoding="utf-8")

    def log(self, said: Said) -> None:
        """Add to the log of the folder what the command says."""
        inputs = " ".join(map(str, self._inputs))
        lines = (f"measure {inputs}: {len(said.lines)} stacks, nothing has changed", *(line for line, _ in said.lines))
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with (self._out / _LOG).open("a", encoding="utf-8", errors="backslashreplace") as log:
            log.writelines(f"{now} {one_line(line)}\n" for line in lines)

    def _state_with(self, others: Iterator[Path] | Sequence[Path]) -> str | None:
        after = self._state([self._out, *others])
        return None if self._before is None or after is None else f"{self._before} {after}"

    def _state(self, paths: Sequence[Path]) -> str | None:
        """Hash the state of all files below some paths; None if a folder among them is a link, or cannot be read."""
        found = hashlib.sha256()
        try:
            if _is_open_to_others(self._out / "private"):
                return None  # a whole run closes it, or says that it cannot
            for path in paths:
                for name, seen in _files(str(path)):
                    if name not in self._not_hashed and not _is_compiled(name):
                        found.update(f"{name}\0{_seen(seen)}\n".encode(errors="surrogateescape"))
        except (OSError, RecursionError):
            return None
        return found.hexdigest()


def _is_within(one: Path, other: Path) -> bool:
    """Tell whether a path lies in another, or is it, or holds it."""
    a, b = Path(os.path.realpath(one)), Path(os.path.realpath(other))
    return a.is_relative_to(b) or b.is_relative_to(a)


def _surroundings() -> list[str]:
    """Name what decides, beside a command line and files, what a command does."""
    own = sorted(f"{name}={value}" for name, value in os.environ.items() if name.startswith(("CALCIMEASURE", "XDG_")))
    return [str(Path.cwd()), os.environ.get("HOME", ""), sys.version, *own]


def _is_compiled(name: str) -> bool:
    """Tell whether a file is what Python has compiled of the program itself."""
    return "__pycache__" in name and Path(name).is_relative_to(_PROGRAM)


def _is_open_to_others(private: Path) -> bool:
    """Tell whether others than its owner may look into the private folder, on systems that know owners."""
    return os.name == "posix" and private.is_dir() and bool(private.stat().st_mode & 0o077)


def _seen(file: os.stat_result) -> tuple[int, ...]:
    """Give what changes with a file."""
    return file.st_size, file.st_ino, file.st_mtime_ns, file.st_ctime_ns


def _is_still(before: StoreSeen, now: StoreSeen | None) -> bool:
    """Tell whether a store is as it was: its log goes with the last process that has it open."""
    return now is not None and now[0] == before[0] and now[1] in (None, before[1])


def _files(path: str) -> Iterator[tuple[str, os.stat_result]]:
    """Give the files at or below a path in a fixed order.

    Raises
    ------
    OSError
        A folder is a link or cannot be read, or there is nothing at the path.
    """
    seen = Path(path).stat()
    if not stat.S_ISDIR(seen.st_mode):
        yield path, seen
        return
    with os.scandir(path) as entries:
        inside = sorted(entries, key=lambda one: one.name)
    for entry in inside:
        if entry.is_dir(follow_symlinks=False):
            yield from _files(entry.path)
        elif entry.is_symlink() and entry.is_dir():
            raise OSError(f"{entry.path} is a link to a folder")
        else:
            yield entry.path, entry.stat()

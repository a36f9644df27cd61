"""A run that would find everything as the run before left it: nothing to read, nothing to write.

At the end of a run its folder gets a mark. It holds the command with which the run was made, the state of all files
that the run has read or written, and what the same command would say. A state of files is a hash over path, size, inode
and times of each; whoever changes a file changes it, also where the time of modification is set back. While both are
the same, the command says the same, without loading what reads images and opens stores. Such a run has no row in the
store: nothing has been read from it or written to it. The log has a line.

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
_CHANGED_BY_THIS: Final = frozenset({"finished.json", "log.txt"})
"""Files of the private folder that are no result."""

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
        self._before = _state([*inputs, _PROGRAM]) if apart else None

    def said(self) -> Said | None:
        """Give what the command says, if a run has marked that nothing has changed since; None if anything may have."""
        if self._before is None or not os.access(self._out / "private" / "log.txt", os.W_OK):
            return None
        with suppress(OSError, ValueError, KeyError, TypeError):
            mark = json.loads((self._out / _MARK).read_text(encoding="utf-8"))
            if mark["command"] == self._command and mark["state"] == self._state_with(map(Path, mark["others"])):
                return Said(**mark["said"])
        return None

    def keep(self, said: Said, others: Sequence[Path]) -> None:
        """Mark that the command would say this while its inputs, its folder and the other files stay as they are.

        A mark of an earlier run is replaced. Where none can be written, the next run does everything.
        """
        mark = self._out / _MARK
        state = self._state_with(others)
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
        with (self._out / "private" / "log.txt").open("a", encoding="utf-8", errors="backslashreplace") as log:
            log.writelines(f"{now} {one_line(line)}\n" for line in lines)

    def _state_with(self, others: Iterator[Path] | Sequence[Path]) -> str | None:
        after = _state([self._out, *others])
        return None if self._before is None or after is None else f"{self._before} {after}"


def _is_within(one: Path, other: Path) -> bool:
    """Tell whether a path lies in another, or is it, or holds it."""
    a, b = Path(os.path.realpath(one)), Path(os.path.realpath(other))
    return a.is_relative_to(b) or b.is_relative_to(a)


def _surroundings() -> list[str]:
    """Name what decides, beside a command line and files, what a command does."""
    own = sorted(f"{name}={value}" for name, value in os.environ.items() if name.startswith(("CALCIMEASURE", "XDG_")))
    return [str(Path.cwd()), os.environ.get("HOME", ""), sys.version, *own]


def _state(paths: Sequence[Path]) -> str | None:
    """Hash the state of all files below some paths; None if a folder among them is a link, or cannot be read."""
    found = hashlib.sha256()
    try:
        for path in paths:
            for name, seen in _files(str(path)):
                found.update(
                    f"{name}\0{seen.st_size} {seen.st_ino} {seen.st_mtime_ns} {seen.st_ctime_ns}\n".encode(
                        errors="surrogateescape"
                    )
                )
    except (OSError, RecursionError):
        return None
    return found.hexdigest()


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
        if entry.name in _CHANGED_BY_THIS or entry.name == "__pycache__":
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _files(entry.path)
        elif entry.is_symlink() and entry.is_dir():
            raise OSError(f"{entry.path} is a link to a folder")
        else:
            yield entry.path, entry.stat()

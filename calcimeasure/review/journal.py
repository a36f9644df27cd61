"""Where a reader is, and what is drawn and not yet saved: written every second, read after a program was killed.

A journal belongs to one running program, which holds a lock beside it. Its file is removed at an orderly end. A journal
without a lock was left behind: the next start shows its stack and restores its drawings.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import sys
import zlib
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Final, Self

from calcimeasure.errors import OutputError
from calcimeasure.export import write_atomic
from calcimeasure.model import Outline

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    Json = dict[str, Any]

FOLDER: Final = "journal"
"""In the folder private of the results."""


@dataclass(frozen=True, slots=True)
class Unsaved:
    """A drawing that is not in the store.

    Parameters
    ----------
    label
        The lesion, or the number that a new lesion was to get.
    outline
        The outline as painted; None if everything was erased.
    base_number
        The newest revision of the lesion when it was painted; None for a new lesion.
    """

    label: int
    outline: Outline | None
    base_number: int | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reader is.

    Parameters
    ----------
    stack_id
        The stack in the viewer.
    selected
        The number of the selected lesion.
    unsaved
        What is drawn there and not saved.
    """

    stack_id: int
    selected: int | None
    unsaved: tuple[Unsaved, ...] = ()


class Journal:
    """The journal of a running program.

    Parameters
    ----------
    private
        The folder private of the results.

    Raises
    ------
    OutputError
        The folder cannot be written.
    """

    def __init__(self, private: Path) -> None:
        folder = private / FOLDER
        # A name of its own for each review of a process: a window may open the same folder again.
        name = f"{socket.gethostname()}-{os.getpid()}-{os.urandom(4).hex()}"
        self._file, self._lock_file = (folder / f"{name}.{ending}" for ending in ("json", "lock"))
        try:
            folder.mkdir(exist_ok=True)
            self._lock = self._lock_file.open("ab")
        except OSError as error:
            raise OutputError(f"{folder} cannot be written: {error}. What is drawn is not journaled.") from error
        _try_lock(self._lock)
        self._written: Place | None = None

    def write(self, place: Place) -> bool:
        """Write where the reader is, unless this is written already; False if it is.

        Raises
        ------
        OutputError
            The folder cannot be written.
        """
        if place == self._written:
            return False
        write_atomic(self._file, json.dumps(_as_json(place)))
        self._written = place
        return True

    def leave(self) -> None:
        """Leave the journal behind: something in it could not be saved, and the next start offers it."""
        self._lock.close()

    def close(self) -> None:
        """Remove the journal: everything is saved."""
        self._lock.close()
        for file in (self._file, self._lock_file):
            with suppress(OSError):
                file.unlink()


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """A journal whose program ended without saving.

    Parameters
    ----------
    file
        The journal.
    place
        What it says.
    """

    file: Path
    place: Place

    @classmethod
    def newest(cls, private: Path) -> Self | None:
        """Find the newest journal that no running program holds; None if there is none.

        A journal that cannot be read is left where it is.
        """
        found = [(_changed_at(file), file) for file in (private / FOLDER).glob("*.json")]
        for _, file in sorted(found, reverse=True):
            if _is_held(file.with_suffix(".lock")):
                continue
            with suppress(OSError, ValueError, KeyError, TypeError, zlib.error):
                return cls(file, _from_json(json.loads(file.read_text(encoding="utf-8"))))
        return None

    def remove(self) -> None:
        """Remove the journal, once its drawings are in another one or in the store."""
        for file in (self.file, self.file.with_suffix(".lock")):
            with suppress(OSError):
                file.unlink()


def _changed_at(file: Path) -> float:
    with suppress(OSError):
        return file.stat().st_mtime
    return 0.0


def _is_held(lock_file: Path) -> bool:
    """Tell whether a running program holds a lock."""
    try:
        with lock_file.open("ab") as file:
            return not _try_lock(file)
    except FileNotFoundError:
        return False
    except OSError:
        return True


def _try_lock(file: IO[bytes]) -> bool:
    """Lock a file until it is closed; False if another one has locked it."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _as_json(place: Place) -> Json:
    return {
        "stack_id": place.stack_id,
        "selected": place.selected,
        "unsaved": [
            {
                "label": one.label,
                "base_number": one.base_number,
                "outline": None if one.outline is None else _outline_as_json(one.outline),
            }
            for one in place.unsaved
        ],
    }


def _outline_as_json(outline: Outline) -> Json:
    bits = base64.b64encode(zlib.compress(outline.bits, 1)).decode("ascii")
    return {"start_kji": outline.start_kji, "stop_kji": outline.stop_kji, "bits": bits}


def _from_json(read: Json) -> Place:
    unsaved = [Unsaved(int(one["label"]), _outline_from(one["outline"]), one["base_number"]) for one in read["unsaved"]]
    return Place(int(read["stack_id"]), read["selected"], tuple(unsaved))


def _outline_from(read: Json | None) -> Outline | None:
    if read is None:
        return None
    start, stop = (_triple(read[name]) for name in ("start_kji", "stop_kji"))
    return Outline(start, stop, zlib.decompress(base64.b64decode(read["bits"])))


def _triple(numbers: Iterable[int]) -> tuple[int, int, int]:
    k, j, i = (int(one) for one in numbers)
    return k, j, i

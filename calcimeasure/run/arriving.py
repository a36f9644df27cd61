"""Studies that come from archives while those that are there are measured.

A study is handed over when all its series are there: whose images are, and of which date, is told by them together.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import TYPE_CHECKING, Final

from calcimeasure.archive import Folder, fetch_study, find_wanted, open_archive
from calcimeasure.errors import CalcimeasureError
from calcimeasure.load import find_series
from calcimeasure.model import Failure, Found, State
from calcimeasure.run.fetch import line_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from calcimeasure.archive import Access, Archive, Fetched, FetchedSeries, FoundSeries, FoundStudy, Source
    from calcimeasure.run.progress import Say
    from calcimeasure.settings import Settings

_LOOK_SECONDS: Final = 0.2
"""Interval at which whoever waits for a study looks whether the run is to stop."""

_FETCH_AGAIN: Final = "Run the same command again: it fetches what is missing."


@dataclass(frozen=True, slots=True)
class Arriving:
    """What is to come from archives.

    Parameters
    ----------
    sources
        The archives, and what of them.
    access
        With what they let this program in.
    """

    sources: Sequence[Source] = ()
    access: Access | None = None


@dataclass(frozen=True, slots=True)
class Arrived:
    """A study that has come.

    Parameters
    ----------
    path
        Its folder.
    found
        Its stacks; a series that is not complete is a failure among what cannot be read.
    """

    path: Path
    found: Found


class Coming:
    """The studies of a run that come, in the order in which they come.

    Parameters
    ----------
    wanted
        For each archive what it holds.
    folder
        Takes the files.
    settings
        For finding stacks.
    say
        Takes lines that a person has to know at once.
    """

    def __init__(
        self,
        wanted: Sequence[tuple[Archive, Sequence[tuple[FoundStudy, Sequence[FoundSeries]]]]],
        folder: Folder,
        settings: Settings,
        say: Say,
    ) -> None:
        self._wanted = wanted
        self._folder = folder
        self._settings = settings
        self._say = say
        self._come: SimpleQueue[Fetched | CalcimeasureError | None] = SimpleQueue()
        self._ended = Event()
        self._thread = Thread(target=self._fetch, name="fetch", daemon=True)

    @property
    def series_count(self) -> int:
        """Number of series that come."""
        return sum(len(series) for _, studies in self._wanted for _, series in studies)

    def studies(self, stopped: Callable[[], bool]) -> Iterator[Arrived]:
        """Give each study as soon as it is there, while further ones come."""
        if not self._wanted:
            return
        self._thread.start()
        while not stopped():
            try:
                one = self._come.get(timeout=_LOOK_SECONDS)
            except Empty:
                continue
            if one is None:
                return
            yield self._broken_off(one) if isinstance(one, CalcimeasureError) else self._arrived(one)

    def end(self) -> None:
        """Fetch nothing more."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _fetch(self) -> None:
        done, total = 0, self.series_count

        def told(one: FetchedSeries) -> None:
            nonlocal done
            done += 1
            if one.fetched or one.problems:
                self._say(line_of(one, done, total))

        try:
            for archive, studies in self._wanted:
                for study, series in studies:
                    if self._ended.is_set():
                        return
                    fetched = fetch_study(archive, study, series, self._folder, told, self._ended.is_set)
                    self._come.put(fetched)
        except CalcimeasureError as error:
            self._come.put(error)
        except Exception as error:  # noqa: BLE001 - whoever waits must not wait for ever
            self._come.put(CalcimeasureError(f"internal error ({type(error).__name__})"))
        finally:
            self._come.put(None)

    def _arrived(self, fetched: Fetched) -> Arrived:
        """Find the stacks of the series that are complete."""
        complete = [one.path for one in fetched.series if not one.problems]
        found = find_series(complete, self._settings) if complete else Found(())
        root = self._folder.root
        return Arrived(
            fetched.path,
            Found(
                tuple(
                    replace(stack, instances=tuple(replace(one, root=root) for one in stack.instances))
                    for stack in found.series
                ),
                (
                    *(replace(one, root=root) for one in found.unreadable),
                    *(self._incomplete(one) for one in fetched.series if one.problems),
                ),
                found.other_file_count,
            ),
        )

    def _incomplete(self, one: FetchedSeries) -> Failure:
        message = f"All images of the series expected, found otherwise. {' '.join(one.problems)} {_FETCH_AGAIN}"
        return Failure(State.FAILED, "not_fetched", message, path=one.path, root=self._folder.root)

    def _broken_off(self, error: CalcimeasureError) -> Arrived:
        message = f"Further studies expected, found that fetching ended: {error} {_FETCH_AGAIN}"
        path = self._folder.root
        failure = Failure(State.FAILED, "not_fetched", message, path=path / "fetching", root=path)
        return Arrived(path / "fetching", Found((), (failure,)))


@contextmanager
def coming(arriving: Arriving, root: Path, settings: Settings, say: Say) -> Iterator[Coming]:
    """Look what archives hold, and get ready to fetch it.

    Parameters
    ----------
    arriving
        What is to come.
    root
        The folder for the files.
    settings
        For finding stacks.
    say
        Takes lines that a person has to know at once.

    Raises
    ------
    ArchiveError
        An archive cannot be reached, refuses, or answers what cannot be understood.
    """
    with ExitStack() as opened:
        wanted = []
        for source in arriving.sources:
            if arriving.access is None:
                raise ValueError("Access expected where there are sources, found none.")
            archive = opened.enter_context(open_archive(source.address, arriving.access, say))
            wanted.append((archive, find_wanted(archive, source)))
        one = Coming(wanted, Folder(root), settings, say)
        try:
            yield one
        finally:
            one.end()

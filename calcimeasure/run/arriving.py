"""Series that come from archives while those that are there are measured.

A series is handed over when it is whole. What the series of a study say together (whose images are, and of which date;
slices that have a series each) is known when the study is whole: then come the rest, and what was told otherwise.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import TYPE_CHECKING, Final

from calcimeasure.archive import Fetched, Folder, fetch_study, find_wanted, open_archive
from calcimeasure.errors import CalcimeasureError
from calcimeasure.load import find_series
from calcimeasure.model import Failure, Found, State
from calcimeasure.run.fetch import line_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from calcimeasure.archive import Access, Archive, FetchedSeries, FoundSeries, FoundStudy, Source
    from calcimeasure.model import Stack
    from calcimeasure.run.progress import Say
    from calcimeasure.settings import Settings

_LOOK_SECONDS: Final = 0.2
"""Interval at which whoever waits for a series looks whether the run is to stop."""

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
    """What has come: a series, or the rest of a study.

    Parameters
    ----------
    path
        The folder of the series or study.
    found
        Its stacks that were not handed over before; a series that is not complete is a failure among what cannot be
        read.
    again
        Stacks that were handed over before, of which the whole study tells otherwise whose they are, or of which date.
    """

    path: Path
    found: Found
    again: tuple[Stack, ...] = ()


class Coming:
    """The series of a run that come, in the order in which they come.

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
        self._come: SimpleQueue[FetchedSeries | Fetched | CalcimeasureError | None] = SimpleQueue()
        self._early: list[Stack] = []  # of the study that is coming
        self._ended = Event()
        self._thread = Thread(target=self._fetch, name="fetch", daemon=True)

    @property
    def series_count(self) -> int:
        """Number of series that come."""
        return sum(len(series) for _, studies in self._wanted for _, series in studies)

    def arrivals(self, stopped: Callable[[], bool]) -> Iterator[Arrived]:
        """Give each series as soon as it is there, while further ones come, and then the rest of its study."""
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
            if isinstance(one, CalcimeasureError):
                yield self._broken_off(one)
            elif isinstance(one, Fetched):
                yield self._whole(one)
            elif (early := self._alone(one)) is not None:
                yield early

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
            self._come.put(one)
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

    def _alone(self, one: FetchedSeries) -> Arrived | None:
        """Give the stacks of a series that no other series of its study can change; None if there may be others."""
        if one.problems:
            return None
        found = self._found([one.path])
        # A slice that is alone in its series may belong to slices of other series.
        are_whole = all(len(stack.instances) > 1 or stack.projection is not None for stack in found.series)
        if not found.series or found.unreadable or found.other_file_count or not are_whole:
            return None
        self._early.extend(found.series)
        return Arrived(one.path, found)

    def _whole(self, fetched: Fetched) -> Arrived:
        """Give what is left of a study, and which of its stacks are now told otherwise."""
        early = {_key(stack): stack for stack in self._early}
        self._early = []
        incomplete = tuple(self._incomplete(one) for one in fetched.series if one.problems)
        complete = [one.path for one in fetched.series if not one.problems]
        come = {stack.instances[0].path.parent for stack in early.values()}
        if come == set(complete) and len({(stack.person, stack.study_date) for stack in early.values()}) <= 1:
            return Arrived(fetched.path, Found((), incomplete))
        found = self._found(complete) if complete else Found(())
        again = tuple(stack for stack in found.series if early.get(_key(stack), stack) != stack)
        new = tuple(stack for stack in found.series if _key(stack) not in early)
        return Arrived(fetched.path, Found(new, (*found.unreadable, *incomplete), found.other_file_count), again)

    def _found(self, paths: Sequence[Path]) -> Found:
        """Find stacks, with paths below the folder of all that was fetched."""
        found, root = find_series(paths, self._settings), self._folder.root
        return Found(
            tuple(
                replace(stack, instances=tuple(replace(one, root=root) for one in stack.instances))
                for stack in found.series
            ),
            tuple(replace(one, root=root) for one in found.unreadable),
            found.other_file_count,
        )

    def _incomplete(self, one: FetchedSeries) -> Failure:
        message = f"All images of the series expected, found otherwise. {' '.join(one.problems)} {_FETCH_AGAIN}"
        return Failure(State.FAILED, "not_fetched", message, path=one.path, root=self._folder.root)

    def _broken_off(self, error: CalcimeasureError) -> Arrived:
        message = f"Further studies expected, found that fetching ended: {error} {_FETCH_AGAIN}"
        path = self._folder.root
        failure = Failure(State.FAILED, "not_fetched", message, path=path / "fetching", root=path)
        return Arrived(path / "fetching", Found((), (failure,)))


def _key(stack: Stack) -> tuple[str, str, int, str]:
    """Identify a stack in its study, as far as the series that it was found in can tell."""
    return (stack.study_uid, stack.series_uid, stack.stack_number, str(stack.instances[0].path.parent))


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

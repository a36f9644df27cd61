"""Background work: functions run in other threads, and their results are passed to the thread of the window."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

if TYPE_CHECKING:
    from collections.abc import Callable


class Background(QObject):
    """Threads of a panel.

    Parameters
    ----------
    failed
        Signal with the exception of a function that failed.
    """

    _arrived = Signal(object, object, object)

    def __init__(self, failed: Callable[[BaseException], object]) -> None:
        super().__init__()
        self._failed = failed
        # One thread for the numbers that the reader waits for, one for stacks, and one for what takes many seconds: the
        # next stack does not wait for the survey of the one before.
        self._quick = ThreadPoolExecutor(1, thread_name_prefix="calcimeasure-numbers")
        self._slow = ThreadPoolExecutor(1, thread_name_prefix="calcimeasure-stacks")
        self._long = ThreadPoolExecutor(1, thread_name_prefix="calcimeasure-surveys")
        self._arrived.connect(self._deliver)
        self._open = True

    def run(
        self,
        work: Callable[[], Any],
        then: Callable[[Any], object],
        quick: bool = False,
        failed: Callable[[BaseException], object] | None = None,
        long: bool = False,
    ) -> None:
        """Call a function in another thread, and pass its result to `then` in the thread of the window.

        Parameters
        ----------
        work, then
            The function, and what takes its result.
        quick
            Whether the reader waits for the result.
        failed
            Takes the exception of the function; for None, `failed` of the threads.
        long
            Whether it takes many seconds, and nobody waits for it.
        """
        if not self._open:
            return
        future = (self._quick if quick else self._long if long else self._slow).submit(work)
        future.add_done_callback(lambda done: self._bring(done, then, failed or self._failed))

    def _bring(
        self, done: Future[Any], then: Callable[[Any], object], failed: Callable[[BaseException], object]
    ) -> None:
        with suppress(RuntimeError):  # the window was closed in the meantime
            self._arrived.emit(done, then, failed)

    def _deliver(
        self, done: Future[Any], then: Callable[[Any], object], failed: Callable[[BaseException], object]
    ) -> None:
        if not self._open or done.cancelled():
            return
        error = done.exception()
        if error is not None:
            failed(error)
        else:
            then(done.result())

    def close(self) -> None:
        """Wait for running functions, and start no others."""
        self._open = False
        for pool in (self._quick, self._slow, self._long):
            pool.shutdown(wait=True, cancel_futures=True)

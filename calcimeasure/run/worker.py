"""The functions that run in a worker process. Only worker processes import this module, and before NumPy."""

from __future__ import annotations

import os

# The libraries read these names when they are loaded. Each stack has one core or few: threads of several workers would
# take cores from each other, and no product of matrices here is large enough to gain from threads.
os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import pickle
import traceback
from contextlib import suppress
from multiprocessing import connection, parent_process
from threading import Thread
from typing import TYPE_CHECKING, Any

from calcimeasure.analysis.pipeline import analyze_or_fail
from calcimeasure.fault import fault_report
from calcimeasure.locate.words import side_in_text, site_in_body_part
from calcimeasure.memory import keep_freed
from calcimeasure.model import Failure, State
from calcimeasure.threads import hold_threads

if TYPE_CHECKING:
    from calcimeasure.model import Report

# The tables of words are built at first use. Built here, before this process is copied, every copy has them.
side_in_text("left hand")
site_in_body_part("HAND", "85562004")


def begin(pid: Any, threads: int) -> None:  # noqa: ANN401 - multiprocessing has no type for it
    """Prepare a new worker process: limit its threads, let it keep freed memory, and end it with its parent.

    Parameters
    ----------
    pid
        A number in memory that is shared with that process; becomes the number of this process.
    threads
        0: one for each core.
    """
    hold_threads(threads)
    keep_freed()
    Thread(target=_end_with_parent, daemon=True).start()
    pid.value = os.getpid()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        # The other end of this pipe closes when that process ends, also when it is killed.
        connection.wait([parent.sentinel])
        os._exit(1)


def measure(task: bytes, folder: str) -> Report | Failure:
    """Measure a stack.

    Parameters
    ----------
    task
        Pickled arguments of `calcimeasure.analysis.pipeline.analyze_or_fail`.
    folder
        The working directory of the client: paths may be relative to it.
    """
    try:
        # Another machine may lack this folder. Only relative paths need it, and the caller has looked for their files.
        with suppress(OSError):
            os.chdir(folder)
        return analyze_or_fail(*pickle.loads(task))  # noqa: S301 - from the process that has started this one
    except Exception as error:  # noqa: BLE001 - the failure of one stack must not stop the others
        return Failure(State.FAILED, "internal_error", fault_report(error), traceback=traceback.format_exc())

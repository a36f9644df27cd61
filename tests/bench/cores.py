"""The time that cores work for a command and all its processes: where others use a machine, it says more than a clock.

``python -m tests.bench.cores COMMAND ...`` runs a command and prints these seconds (Linux alone).
"""

import ctypes
import os
import resource
import subprocess
import sys
from collections.abc import Sequence

_SET_CHILD_SUBREAPER = 36
"""prctl(2): processes whose parent ends become children of this one, which can then count their time."""


def cpu_seconds(command: Sequence[str]) -> float:
    """Run a command; give the seconds that cores worked for it, in the system too."""
    done = subprocess.run([sys.executable, "-m", __name__, *command], check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout)


def main() -> None:
    ctypes.CDLL(None, use_errno=True).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while True:  # the processes that the command left to end by themselves
        try:
            os.wait()
        except ChildProcessError:
            break
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(used.ru_utime + used.ru_stime)  # noqa: T201 - what is asked for


if __name__ == "__main__":
    main()

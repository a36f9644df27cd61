"""When memory that was freed goes back to the system."""

import os
import platform
import subprocess
import sys

import pytest

FAULTS = """
import resource
from calcimeasure.memory import keep_freed

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(50):
        bytearray(2**22)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

before = faults()
keep_freed()
print(before, faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has the variable")
@pytest.mark.parametrize("has_dask_said_so", [True, False])
def test_pages_of_freed_arrays_are_kept_where_dask_gives_them_back(has_dask_said_so: bool) -> None:
    """An array of 4 MB has 1,024 pages."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    if has_dask_said_so:
        environment["MALLOC_TRIM_THRESHOLD_"] = "65536"
    command = [sys.executable, "-c", FAULTS]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    before, after = map(int, done.stdout.split())
    assert (before > 50 * 1000) == has_dask_said_so
    assert after < 5 * 1024

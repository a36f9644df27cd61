"""Fetching from an archive on the loopback: slices a second, and the memory of the whole program.

The yardstick is dicomweb-client on the same archive, in the same run.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.archive.conftest import require_orthanc
from tests.archive.images import write_images
from tests.archive.orthanc import orthanc_running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture

    from tests.archive.orthanc import Orthanc

SLICES = 500
COLUMNS = 512

SLICES_A_SECOND = 80
"""On a machine that does nothing else; an archive on the loopback takes half of the time for itself."""
MOST_MB = 50

_MEASURED = """
import json, sys, time
from pathlib import Path
def peak_mb():
    return int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]) / 1024
begun, cpu = time.monotonic(), time.process_time()
{work}
print(json.dumps([time.monotonic() - begun, time.process_time() - cpu, peak_mb(), count]))
"""

_OWN = """
from calcimeasure.archive import Access, parse_source
from calcimeasure.run.fetch import fetch_into
count = fetch_into(Path(sys.argv[2]), parse_source(sys.argv[1] + "?PatientID=17"), Access(), lambda line: None).fetched
"""

_OTHER = """
from dicomweb_client import DICOMwebClient
client = DICOMwebClient(sys.argv[1].removeprefix("dicomweb+"))
to, count = Path(sys.argv[2]), 0
to.mkdir()
for image in client.retrieve_series("1.2.7", "1.2.7.1", media_types=(("application/dicom", "*"),)):
    image.save_as(to / f"{count}.dcm")
    count += 1
"""


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    require_orthanc()
    with orthanc_running() as one:
        folder = tmp_path_factory.mktemp("images")
        one.store(write_images(folder, SLICES, patient_id="17", study="1.2.7", series="1.2.7.1", columns=COLUMNS))
        yield one


def fetched_by(work: str, orthanc: Orthanc, to: Path) -> tuple[float, float, float]:
    """Wall time (s), CPU time (s) and the peak of memory (MB) of a process that fetches all slices."""
    code = _MEASURED.format(work=work)
    done = subprocess.run([sys.executable, "-c", code, orthanc.web, to], capture_output=True, text=True, check=True)
    seconds, cpu, mb, count = json.loads(done.stdout.splitlines()[-1])
    assert count == SLICES
    return seconds, cpu, mb


@pytest.mark.external
def test_fetching(full: Orthanc, tmp_path: Path, benchmark: BenchmarkFixture) -> None:
    runs: list[tuple[float, float, float]] = []

    def once() -> None:
        runs.append(fetched_by(_OWN, full, tmp_path / f"own{len(runs)}"))

    benchmark.pedantic(once, rounds=2)
    seconds, cpu, mb = min(runs)
    other_seconds, other_cpu, other_mb = fetched_by(_OTHER, full, tmp_path / "other")
    benchmark.extra_info |= {
        "slices_a_second": round(SLICES / seconds),
        "cpu_s": round(cpu, 2),
        "peak_mb": round(mb),
        "dicomweb_client": {"s": round(other_seconds, 1), "cpu_s": round(other_cpu, 1), "peak_mb": round(other_mb)},
        "ratio_of_time": round(other_seconds / seconds, 1),
        "ratio_of_memory": round(other_mb / mb, 1),
    }
    assert mb <= MOST_MB
    assert seconds <= SLICES / SLICES_A_SECOND

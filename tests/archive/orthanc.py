"""An archive for tests: Debian's Orthanc with DICOMweb on the loopback, with storage of its own, stopped at the end."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PROGRAM = "Orthanc"
PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
_SECONDS_TO_START = 60


@dataclass(frozen=True, slots=True)
class Orthanc:
    """An archive that runs."""

    http_port: int
    dicom_port: int
    receiver_port: int
    user: str | None = None

    @property
    def rest(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def web(self) -> str:
        return f"dicomweb+{self.rest}/dicom-web"

    @property
    def dimse(self) -> str:
        return f"dimse://ORTHANC@127.0.0.1:{self.dicom_port}"

    def store(self, files: Sequence[Path]) -> None:
        with httpx.Client(trust_env=False, timeout=60) as client:
            for file in files:
                client.post(f"{self.rest}/instances", content=file.read_bytes()).raise_for_status()

    def ask(self, path: str) -> Any:  # noqa: ANN401 - JSON
        return httpx.get(f"{self.rest}{path}", trust_env=False, timeout=60).raise_for_status().json()

    def instance_count(self) -> int:
        return int(self.ask("/statistics")["CountInstances"])

    def clear(self) -> None:
        for one in self.ask("/patients"):
            httpx.delete(f"{self.rest}/patients/{one}", trust_env=False, timeout=60).raise_for_status()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def orthanc_running(knows_receiver: bool = True) -> Iterator[Orthanc]:
    """Start an archive; `knows_receiver`: whether it moves images to CALCIMEASURE."""
    folder = Path(tempfile.mkdtemp(prefix="calcimeasure-orthanc-"))
    ports = Orthanc(free_port(), free_port(), free_port())
    modalities = {"receiver": ["CALCIMEASURE", "127.0.0.1", ports.receiver_port]} if knows_receiver else {}
    configuration = {
        "Name": "test",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "Plugins": [str(PLUGIN)],
        "HttpPort": ports.http_port,
        "DicomPort": ports.dicom_port,
        "DicomAet": "ORTHANC",
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "SslEnabled": False,
        "DicomModalities": modalities,
        "DicomAlwaysAllowEcho": True,
        "DicomAlwaysAllowStore": True,
        "DicomAlwaysAllowFind": True,
        "DicomAlwaysAllowGet": True,
        "DicomAlwaysAllowMove": True,
        "DicomCheckCalledAet": False,
        "OverwriteInstances": False,
        "SynchronousCMove": True,
        "StorageCompression": False,
        "SyncStorageArea": False,
        "HttpThreadsCount": 8,
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/", "EnableWado": False},
    }
    file = folder / "orthanc.json"
    file.write_text(json.dumps(configuration), encoding="utf-8")
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen([PROGRAM, str(file)], stdout=log, stderr=log, cwd=folder)
        try:
            _wait_for(ports, process, folder / "log.txt")
            yield ports
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            if process.poll() is None:
                process.kill()
                process.wait(20)
            shutil.rmtree(folder, ignore_errors=True)


def _wait_for(ports: Orthanc, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < end and process.poll() is None:
        with suppress(httpx.TransportError):
            if httpx.get(f"{ports.rest}/dicom-web/studies", trust_env=False, timeout=10).is_success:
                return
        time.sleep(0.1)
    raise AssertionError(f"Orthanc does not run: {log.read_text(errors='replace')[-2000:]}")

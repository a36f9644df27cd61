"""The viewer of the tests: the built OHIF of its npm package, in one version, with its checksum."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.archive.orthanc import PLUGIN
from tests.archive.orthanc import PROGRAM as ORTHANC

PACKAGE, VERSION = "@ohif/app", "3.13.2"
INTEGRITY = "WZdxmpmG7rqFgW9ZJLcbgr3XCtLi1KDNPoMaeY5PPe6j4G4fjEjjkycZM6C6Zk2F87BKxFfpq+jd5xXZB9E8EA=="
"""SHA-512 of the package, as the registry of npm tells it."""

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
_SECONDS_TO_DOWNLOAD = 300


def required_programs() -> Path:
    """Give the browser; where a program is missing, the test is skipped, or fails if CI requires it."""
    browser = next(filter(None, map(shutil.which, CHROMIUM)), None)
    there = {"chromium": browser, "npm": shutil.which("npm"), "orthanc": shutil.which(ORTHANC)}
    missing = [
        *(name for name, path in there.items() if path is None),
        *([] if PLUGIN.exists() else ["orthanc-dicomweb"]),
    ]
    if missing or browser is None:
        cannot_run(f"these are not installed: {', '.join(missing)}")
    return Path(browser)


def viewer(folder: Path) -> Path:
    """Give the folder of the viewer's pages; the first time the package is downloaded into a folder, and unpacked.

    Parameters
    ----------
    folder
        What a run leaves for the next one.
    """
    archive, pages = folder / f"ohif-app-{VERSION}.tgz", folder / f"ohif-{VERSION}"
    if not archive.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _download(archive)
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    assert digest == INTEGRITY, f"{archive} is not the package that was tested: sha512-{digest}"
    if not (pages / "package" / "dist" / "index.html").exists():
        with tarfile.open(archive) as packed:
            packed.extractall(pages, filter="data")
    return pages / "package" / "dist"


def _download(archive: Path) -> None:
    command = ["npm", "pack", f"{PACKAGE}@{VERSION}", "--silent", "--pack-destination", str(archive.parent)]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=_SECONDS_TO_DOWNLOAD)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        cannot_run(f"{PACKAGE} {VERSION} cannot be downloaded: {error.stderr or error}")


def cannot_run(reason: str) -> None:
    """End a test that cannot run here."""
    if os.environ.get("CALCIMEASURE_REQUIRE_EXTERNAL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)

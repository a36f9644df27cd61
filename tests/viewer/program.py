"""What tests of pages need: a browser, and packages of npm, each in one version with its checksum."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.archive.orthanc import PLUGIN
from tests.archive.orthanc import PROGRAM as ORTHANC


@dataclass(frozen=True)
class Package:
    """A package of npm: its name, its version, and its SHA-512 as the registry of npm tells it."""

    name: str
    version: str
    integrity: str


OHIF = Package(
    "@ohif/app", "3.13.2", "WZdxmpmG7rqFgW9ZJLcbgr3XCtLi1KDNPoMaeY5PPe6j4G4fjEjjkycZM6C6Zk2F87BKxFfpq+jd5xXZB9E8EA=="
)
"""The built pages of the viewer."""

AXE = Package(
    "axe-core", "4.14.1", "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
)
"""The rules of accessibility."""

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
_SECONDS_TO_DOWNLOAD = 300


def required_programs() -> Path:
    """Give the browser; where a program is missing, the test is skipped, or fails if CI requires it."""
    there = {"orthanc": shutil.which(ORTHANC), "orthanc-dicomweb": PLUGIN if PLUGIN.exists() else None}
    return browser_and(**there)


def browser_and(**programs: object) -> Path:
    """Give the browser, where npm and some programs (by name, None if missing) are there too."""
    browser = find_browser()
    there = {"chromium": browser, "npm": shutil.which("npm"), **programs}
    missing = [name for name, path in there.items() if path is None]
    if missing or browser is None:
        cannot_run(f"these are not installed: {', '.join(missing)}")
    return Path(browser)


def find_browser() -> str | None:
    """Give the path of the browser; None where there is none."""
    return next(filter(None, map(shutil.which, CHROMIUM)), None)


def viewer(folder: Path) -> Path:
    """Give the folder of the viewer's pages; `unpacked` says what a folder is for."""
    return unpacked(OHIF, folder) / "dist"


def unpacked(package: Package, folder: Path) -> Path:
    """Give the folder of a package; the first time it is downloaded into a folder, and unpacked.

    Parameters
    ----------
    package
        The package.
    folder
        What a run leaves for the next one.
    """
    name = f"{package.name.removeprefix('@').replace('/', '-')}-{package.version}"
    archive, files = folder / f"{name}.tgz", folder / name
    if not archive.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _download(package, archive)
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    assert digest == package.integrity, f"{archive} is not the package that was tested: sha512-{digest}"
    if not (files / "package" / "package.json").exists():
        with tarfile.open(archive) as packed:
            packed.extractall(files, filter="data")
    return files / "package"


def _download(package: Package, archive: Path) -> None:
    command = [
        "npm",
        "pack",
        f"{package.name}@{package.version}",
        "--silent",
        "--pack-destination",
        str(archive.parent),
    ]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=_SECONDS_TO_DOWNLOAD)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        cannot_run(f"{package.name} {package.version} cannot be downloaded: {error.stderr or error}")


def cannot_run(reason: str) -> None:
    """End a test that cannot run here."""
    if os.environ.get("CALCIMEASURE_REQUIRE_EXTERNAL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)

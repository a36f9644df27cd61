import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

# Before anything imports napari: its tests rewrite the settings, and those must not be the user's own.
SETTINGS = Path(tempfile.mkdtemp(prefix="napari-")) / "settings.yaml"
os.environ["NAPARI_CONFIG"] = str(SETTINGS)
atexit.register(shutil.rmtree, SETTINGS.parent, ignore_errors=True)

# "offscreen" and "minimal" have no OpenGL: napari's canvas would crash there.
OPEN_DISPLAY = """
from qtpy.QtGui import QGuiApplication
app = QGuiApplication([])
assert app.platformName() not in ("offscreen", "minimal"), f"QT_QPA_PLATFORM={app.platformName()} has no OpenGL"
"""


@pytest.fixture(scope="session", autouse=True)
def _display() -> None:
    """Skip without a display; fail in CI, where its absence would hide every fault of the windows."""
    # In a process of its own, because Qt does not raise: it ends the process that has no display.
    tried = subprocess.run([sys.executable, "-c", OPEN_DISPLAY], capture_output=True, text=True, timeout=60)
    if tried.returncode == 0:
        return
    said = tried.stderr.strip() or f"exit status {tried.returncode}"
    reason = f"Qt opens no display (`make test` brings one):\n{said}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason.replace("\n", " "))

"""Faults for processes: environment(module, code) runs code after the module is loaded, wherever it is."""

from __future__ import annotations

import os
from pathlib import Path


def environment(module: str, code: str) -> dict[str, str]:
    """Environment in which the code runs in the names of the module, after it is loaded, in every process."""
    before = os.environ.get("PYTHONPATH")
    path = os.pathsep.join([str(Path(__file__).parent), *([before] if before else [])])
    return {"PYTHONPATH": path, "PATCHED_MODULE": module, "PATCHED_CODE": code}

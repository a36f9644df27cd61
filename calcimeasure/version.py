"""Which version of the program computes the numbers."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version


@cache
def software_version() -> str:
    """Name the version that is installed."""
    return version("calcimeasure")

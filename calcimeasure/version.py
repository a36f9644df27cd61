"""The version of the program that computes the numbers."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version


@cache
def software_version() -> str:
    """Name the installed version."""
    return version("calcimeasure")

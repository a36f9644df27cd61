"""The version of the program that computes the numbers."""

from __future__ import annotations

from functools import cache


@cache
def software_version() -> str:
    """Name the installed version."""
    from importlib.metadata import version  # takes longer to load than the whole of the help

    return version("calcimeasure")

"""The algorithm number, and the hash of the settings with which numbers are computed."""

from __future__ import annotations

import dataclasses
import hashlib
import tomllib
from typing import Final

from calcimeasure.settings.fields import as_toml, hashed_value_of
from calcimeasure.settings.records import MeasureSettings

ALGORITHM: Final[int] = 5
"""The algorithm number. It is increased by one whenever the same images and settings give another number, outline,
tissue, side or site."""

FINGERPRINT: Final = "6092df25833e"
"""Names the constants of all stages, the weights of all networks and the tables of words that belong to `ALGORITHM`; a
test compares it."""

_FIRST_ALGORITHM: Final[int] = 1
"""The algorithm number of all versions that did not write one."""


def settings_hash(settings: MeasureSettings) -> str:
    """Hash the settings that affect measured numbers, and the algorithm number.

    Parameters
    ----------
    settings
        The settings used for measuring.

    Returns
    -------
    str
        The first 12 hexadecimal digits of the SHA-256 of every setting that can change a number, and of the algorithm
        number. Of a path only counts whether it is set.
    """
    lines = [
        f"{field.name}={as_toml(hashed_value_of(settings, field))}" for field in dataclasses.fields(MeasureSettings)
    ]
    return hashlib.sha256("\n".join([f"algorithm={ALGORITHM}", *lines]).encode()).hexdigest()[:12]


def algorithm_of(settings_toml: str) -> int:
    """Read the algorithm number from the settings that a store holds.

    Parameters
    ----------
    settings_toml
        Text written by `format_settings`. If it has no algorithm number (earlier versions), the number is 1.
    """
    return int(tomllib.loads(settings_toml).get("algorithm", _FIRST_ALGORITHM))

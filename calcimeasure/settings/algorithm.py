"""The algorithm number, and the name of what numbers are computed with."""

from __future__ import annotations

import dataclasses
import hashlib
import tomllib
from typing import Final

from calcimeasure.settings.fields import as_toml, value_of
from calcimeasure.settings.records import MeasureSettings

ALGORITHM: Final[int] = 1
"""Rises by one whenever the same images and settings give another number, outline, tissue, side or site."""

FINGERPRINT: Final = "ae5048eb0294"
"""Names the constants of all stages, the weights of all networks and the tables of words that belong to `ALGORITHM`; a
test compares it."""

_FIRST_ALGORITHM: Final[int] = 1
"""The number of all versions that did not write an algorithm number yet."""


def settings_hash(settings: MeasureSettings) -> str:
    """Name what numbers are computed with: the settings that measure, and the algorithm number.

    Parameters
    ----------
    settings
        Those that were measured with.

    Returns
    -------
    str
        The first 12 hexadecimal digits of the SHA-256 of every setting that can change a number, and of the algorithm
        number. Number 1 adds nothing to what is hashed: stores that were written before there was a number keep their
        hashes, and a stack in them is not measured again.
    """
    lines = [] if ALGORITHM == _FIRST_ALGORITHM else [f"algorithm={ALGORITHM}"]
    lines += [f"{field.name}={as_toml(value_of(settings, field))}" for field in dataclasses.fields(MeasureSettings)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


def algorithm_of(settings_toml: str) -> int:
    """Tell under which algorithm number settings were written that a store keeps.

    Parameters
    ----------
    settings_toml
        As `format_settings` wrote them; versions before the algorithm number wrote none, which is number 1.
    """
    return int(tomllib.loads(settings_toml).get("algorithm", _FIRST_ALGORITHM))

"""Constants of the algorithm: numbers that a user cannot set, and on which measured numbers depend.

Each stage (edge, measure, segment, locate) has one frozen record of constants. A test compares a fingerprint of all
records: if a constant changes, the algorithm number must be increased (`calcimeasure.settings.algorithm`).
"""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Constants:
    """The constants of one stage; each stage derives its record from this class."""


def constant(default: object, unit: str, why: str) -> Any:  # noqa: ANN401 - as dataclasses.field
    """Declare a constant of the algorithm with its unit and its reason."""
    return dataclasses.field(default=default, metadata={"unit": unit, "why": why})


def fingerprint(records: Iterable[Constants], weights: Iterable[tuple[str, bytes]] = ()) -> str:
    """Hash the constants of all stages and the weights of all networks.

    Parameters
    ----------
    records
        The record of each stage; their order does not matter.
    weights
        Name and content of each file of weights; their order does not matter.

    Returns
    -------
    str
        The first 12 hexadecimal digits of a SHA-256.
    """
    lines = [
        f"{type(record).__name__}.{field.name}={getattr(record, field.name)!r}"
        for record in records
        for field in dataclasses.fields(record)
    ]
    lines += [f"{name}={hashlib.sha256(content).hexdigest()}" for name, content in weights]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:12]

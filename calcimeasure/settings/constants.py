"""Constants of the algorithm: numbers that a user cannot set, and on which measured numbers depend.

Each stage (load, segment, edge, measure, locate, analysis, study) has a frozen record of them. A test names all records
by a fingerprint: who changes a constant raises the algorithm number (`calcimeasure.settings.algorithm`).
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


def fingerprint(records: Iterable[Constants], files: Iterable[tuple[str, bytes]] = ()) -> str:
    """Name the constants of all stages, the weights of all networks and the tables of words.

    Parameters
    ----------
    records
        One of each stage; their order does not matter.
    files
        Name and content of each file of weights or words; their order does not matter.

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
    lines += [f"{name}={hashlib.sha256(content).hexdigest()}" for name, content in files]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:12]

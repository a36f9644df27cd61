"""What breaks a rule of REDCap, and where."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """A broken rule.

    Parameters
    ----------
    rule
        A word for the rule.
    where
        The field, the cell or the element.
    said
        What was expected, and what was found.
    """

    rule: str
    where: str
    said: str

    def __str__(self) -> str:
        return f"{self.where}: {self.said} ({self.rule})"

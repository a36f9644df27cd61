"""The error of a stack that is refused, with its four parts: expected, found, where, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from calcimeasure.errors import SeriesError
    from calcimeasure.model import Stack


def refusal(
    kind: type[SeriesError], stack: Stack, reason: str, expected: str, found: str, where: str, what_to_do: str
) -> SeriesError:
    """Make the error of a stack; `reason` is a key of `calcimeasure.codes.REASONS`."""
    number = f", stack {stack.stack_number}" if stack.stack_number > 1 else ""
    named = f"series {stack.series_uid or 'without UID'}{number}"
    return kind(reason, f"{expected}, found {found} ({where}, {named}). {what_to_do}", stack.series_uid)

"""What would be measured, what not and why: known from headers alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from calcimeasure.analysis.pipeline import verdict_from_headers
from calcimeasure.load import find_series

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from calcimeasure.model import Failure, Stack
    from calcimeasure.settings import Settings


@dataclass(frozen=True, slots=True)
class ScannedStack:
    """A stack, or a file that cannot be read.

    Parameters
    ----------
    path
        The first file in slice order, relative to the PATH that held it.
    modality, series_number, stack_number, images
        As the headers say; None of a file that cannot be read. `images` is their number.
    state
        "measure", "skipped" or "failed".
    reason, message
        Why it would not be measured: a code, and a sentence.
    notices
        Codes of what was corrected or is not sure.
    """

    path: str
    modality: str | None
    series_number: int | None
    stack_number: int | None
    images: int | None
    state: str
    reason: str | None
    message: str | None
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scan:
    """What lies below some paths: stacks, files that cannot be read, and the number of files that are no DICOM."""

    stacks: tuple[ScannedStack, ...]
    files_not_dicom: int

    def count(self, state: str) -> int:
        """Count the stacks in a state."""
        return sum(stack.state == state for stack in self.stacks)


def scan_headers(paths: Sequence[Path], settings: Settings) -> Scan:
    """Tell what would be measured.

    Parameters
    ----------
    paths
        Where to look, as in `calcimeasure.load.find_series`.
    settings
        What to measure with.

    Raises
    ------
    InputPathError
        A path cannot be read.
    """
    found = find_series(paths, settings)
    stacks = [_stack(stack, verdict_from_headers(stack, settings)) for stack in found.series]
    return Scan((*stacks, *map(_unreadable, found.unreadable)), found.other_file_count)


def _stack(stack: Stack, failure: Failure | None) -> ScannedStack:
    return ScannedStack(
        path=stack.relative_path.as_posix(),
        modality=stack.modality,
        series_number=stack.series_number,
        stack_number=stack.stack_number,
        images=len(stack.instances),
        state=str(failure.state) if failure else "measure",
        reason=failure.reason if failure else None,
        message=failure.message if failure else None,
        notices=tuple(stack.notices),
    )


def _unreadable(failure: Failure) -> ScannedStack:
    return ScannedStack(
        path=failure.relative_path.as_posix(),
        modality=None,
        series_number=None,
        stack_number=None,
        images=None,
        state=str(failure.state),
        reason=failure.reason,
        message=failure.message,
        notices=(),
    )

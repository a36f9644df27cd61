"""Scan of headers: which stacks would be measured, which would not, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from calcimeasure.analysis.pipeline import verdict_from_headers
from calcimeasure.known_values import known_modality
from calcimeasure.load import find_series
from calcimeasure.run.withheld import withheld

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
        Values from the headers; None for a file that cannot be read. `images` is the number of images.
    state
        "measure", "skipped" or "failed".
    reason, message
        Why the stack would not be measured: a code, and a sentence without UIDs and quoted values of its header.
    notices
        Codes for corrections and uncertainties.
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
    """The contents of some paths: stacks, files that cannot be read, and the number of files that are not DICOM."""

    stacks: tuple[ScannedStack, ...]
    files_not_dicom: int

    def count(self, state: str) -> int:
        """Count the stacks in a state."""
        return sum(stack.state == state for stack in self.stacks)


def scan_headers(paths: Sequence[Path], settings: Settings) -> Scan:
    """Tell which stacks would be measured.

    Parameters
    ----------
    paths
        The paths to search, as in `calcimeasure.load.find_series`.
    settings
        The settings for measuring.

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
        modality=known_modality(stack.modality),
        series_number=stack.series_number,
        stack_number=stack.stack_number,
        images=len(stack.instances),
        state=str(failure.state) if failure else "measure",
        reason=failure.reason if failure else None,
        message=withheld(failure.message) if failure else None,
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
        message=withheld(failure.message),
        notices=(),
    )

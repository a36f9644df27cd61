"""What a run tells of the masks of bones: which cannot be read, and which no stack took, and why."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from calcimeasure.load.masks import MaskFile, MaskFiles
    from calcimeasure.model import MaskUse

_MOST_REASONS: Final = 5
"""Reasons that the terminal shows; the log has all."""


class MaskTally:
    """Counts which masks the stacks of a run took.

    Parameters
    ----------
    masks
        The masks that the settings name; None if they name none.
    """

    def __init__(self, masks: MaskFiles | None) -> None:
        self._masks = masks
        self._stack_count = 0
        self._taken: set[Path] = set()
        self._reasons: Counter[str] = Counter()

    def broken(self) -> list[str]:
        """Say of each file that cannot be read why it is passed over."""
        return [f"Bone mask passed over. {one.message}" for one in self._masks.broken] if self._masks else []

    def note(self, use: MaskUse) -> None:
        """Count the masks of a stack that was measured."""
        self._stack_count += 1
        self._taken.update(use.taken)
        self._reasons.update(use.not_taken)

    def untaken(self) -> list[MaskFile]:
        """Give the files that hold a bone, or seem to, and that no stack of the run took."""
        if self._masks is None or not self._stack_count:
            return []
        return [one for one in self._masks.files if one.path not in self._taken and _may_hold_a_bone(one)]

    def log_lines(self) -> list[str]:
        """Name each file that no stack took."""
        return [f"Bone mask that no stack of this run took: {one.path}" for one in self.untaken()]

    def summary(self) -> Sequence[str]:
        """Say at the end of a run which masks were not taken, and the most frequent reasons."""
        lines = []
        if self._masks and self._masks.broken:
            lines.append(_counted("Bone masks that cannot be read", [one.path for one in self._masks.broken]))
        if untaken := self.untaken():
            lines.append(_counted("Bone masks that no stack of this run took", [one.path for one in untaken]))
        reasons = self._reasons.most_common(_MOST_REASONS)
        return [*lines, *(f"  {reason} (stacks: {count})" for reason, count in reasons)]


def _may_hold_a_bone(file: MaskFile) -> bool:
    from calcimeasure.load.masks import bone_name, seems_to_mean_a_bone  # few runs have masks

    return any(bone_name(one.text) or seems_to_mean_a_bone(one.text) for one in file.classes)


def _counted(what: str, paths: Sequence[Path]) -> str:
    return f"{what}: {len(paths)}, first {paths[0].name} (private/log.txt names each)."

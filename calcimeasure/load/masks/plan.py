"""The label that each outline of the masks gets on the stack."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from calcimeasure.load.masks.names import bone_name
from calcimeasure.load.masks.records import MaskClass, MaskError, MaskFile, NamedMask

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class LabelPlan:
    """The labels to be painted, and the label of each class of each file."""

    names: tuple[NamedMask, ...]
    labels: dict[tuple[MaskFile, MaskClass], int] = field(repr=False)

    def labels_of(self, file: MaskFile) -> dict[MaskClass, int]:
        """Give the label of each outline of a file, for those outlines that are used."""
        return {one: self.labels[file, one] for one in file.classes if (file, one) in self.labels}


def plan_labels(files: Sequence[MaskFile]) -> LabelPlan:
    """Give each bone one label, also if several files contain it; other classes get none."""
    names: list[NamedMask] = []
    labels: dict[tuple[MaskFile, MaskClass], int] = {}
    by_name: dict[str, int] = {}
    for file in files:
        for one in file.classes:
            named = bone_name(one.text)
            if named is None:
                continue
            name, side = named
            label = by_name.get(name, 0)
            if label:
                names[label - 1] = _also_in(names[label - 1], file.path)
            else:
                label = len(names) + 1
                names.append(NamedMask(label, name, side, (file.path,)))
                by_name[name] = label
            labels[file, one] = label
    images = {file.path for file in files if file.grid is not None}
    _refuse_two_images(names, images)
    return LabelPlan(tuple(names), labels)


def _also_in(named: NamedMask, path: Path) -> NamedMask:
    return named if path in named.paths else replace(named, paths=(*named.paths, path))


def _refuse_two_images(names: Iterable[NamedMask], images: Collection[Path]) -> None:
    """Refuse two images of one bone on one grid: if two stacks share the grid, nothing tells which mask is meant."""
    for one in names:
        twins = [path for path in one.paths if path in images]
        if len(twins) > 1:
            raise MaskError(
                f"One NIfTI with {one.name} expected for the stack, found {len(twins)} ({twins[0]} and {twins[1]}): "
                "all have its grid, and a NIfTI does not tell its series. Give the masks of one series.",
                twins[1],
            )

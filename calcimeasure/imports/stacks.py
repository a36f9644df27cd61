"""Which stack of a folder of results a file of outlines was drawn on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from calcimeasure.load.masks import MaskError, lies_on
from calcimeasure.load.volume import checked_stack
from calcimeasure.results import series_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from calcimeasure.geometry import Geometry
    from calcimeasure.imports.records import Order
    from calcimeasure.load.masks import ImageGrid, MaskFile
    from calcimeasure.model import Stack, StackFacts
    from calcimeasure.settings import Settings
    from calcimeasure.store import Store

_SAME_STEP: Final = 0.01
"""Relative difference of spacings from which on a grid is not looked at voxel by voxel: it is another one."""

_MOST_TOLD: Final = 3


class Stacks:
    """The measured stacks of a folder of results, whose headers are read when they are first needed.

    Parameters
    ----------
    store, settings
        Of the folder.
    order
        Names the stack, if the files do not tell it.
    shown_uid
        Gives the UID that tables without names have for a UID of the headers.
    """

    def __init__(self, store: Store, settings: Settings, order: Order, shown_uid: Callable[[str], str | None]) -> None:
        self._store, self._settings = store, settings
        self._opened: dict[int, tuple[Stack, Geometry | None]] = {}
        self._chosen = order.series_uid is not None or order.stack_number is not None
        every = store.measured_stacks()
        self.facts: Mapping[int, StackFacts] = {
            stack_id: facts
            for stack_id, facts in every.items()
            if order.series_uid in (None, facts.series_uid, shown_uid(facts.series_uid))
            and order.stack_number in (None, facts.stack_number)
        }
        if not self.facts:
            found = f"--series {order.series_uid or 'any'}, --stack {order.stack_number or 'any'}"
            what = found if self._chosen else "none"
            raise MaskError(
                f"A measured stack expected, found {what} among {len(every)}: see series_uid and stack_number in "
                "private/series.csv."
            )

    def headers(self, stack_id: int) -> tuple[Stack, Geometry | None]:
        """Read the headers of a stack: its images and its grid, None for a radiograph.

        Raises
        ------
        InputPathError
            Its images are missing, or are not those that were measured.
        SeriesError
            They are no grid any more.
        """
        if stack_id not in self._opened:
            stack, geometry = series_of(self._store, stack_id, self._settings), None
            if stack.projection is None:
                stack, geometry, _ = checked_stack(stack, self._settings, read_pixels=False)
            self._opened[stack_id] = stack, geometry
        return self._opened[stack_id]

    def of(self, file: MaskFile) -> tuple[int, ...]:
        """Find the stacks on which a file was drawn: one, or several stacks of the series that it references.

        Raises
        ------
        MaskError
            No stack, or nothing that tells which of several; or the file is of another patient.
        """
        found = self._with_the_grid_of(file) if file.grid is not None else self._referenced_by(file)
        for stack_id in found:
            _refuse_other_patient(file, self.facts[stack_id])
        return found

    def _referenced_by(self, file: MaskFile) -> tuple[int, ...]:
        of_series = [stack_id for stack_id, facts in self.facts.items() if facts.series_uid in file.series_uids]
        if len(of_series) > 1 and file.instance_uids:
            there = [one for one in of_series if self._has_an_image_of(file, one)]
            of_series = there or of_series
        if of_series:
            return tuple(of_series)
        uid = file.frame_of_reference_uid
        in_frame = [one for one, facts in self.facts.items() if uid and facts.frame_of_reference_uid == uid]
        if len(in_frame) == 1:
            return tuple(in_frame)
        if in_frame:
            raise _unclear(file, in_frame, self.facts)
        raise MaskError(
            f"A file that references a measured stack expected, found references to "
            f"{_some(sorted(file.series_uids)) or 'no series'}, in frame of reference {uid or 'none'} "
            f"(Referenced Series Sequence (0008,1115), {file.path}). Measure that series first, or draw the outlines "
            "on one that is measured.",
            file.path,
        )

    def _has_an_image_of(self, file: MaskFile, stack_id: int) -> bool:
        return any(one.sop_uid in file.instance_uids for one in self.headers(stack_id)[0].instances)

    def _with_the_grid_of(self, file: MaskFile) -> tuple[int, ...]:
        assert file.grid is not None  # noqa: S101 - an image file has a grid
        near = [stack_id for stack_id, facts in self.facts.items() if self._chosen or _may_hold(file.grid, facts)]
        found = []
        for stack_id in near:
            stack, geometry = self.headers(stack_id)
            if geometry is not None and lies_on(file, stack, geometry):
                found.append(stack_id)
        if len(found) == 1:
            return tuple(found)
        if found:
            raise _unclear(file, found, self.facts)
        if len(self.facts) == 1 and not near:
            near = list(self.facts)
        if len(near) == 1 and self.headers(near[0])[1] is not None:
            return tuple(near)  # reading it tells what differs
        raise MaskError(
            f"The voxels of one of {len(self.facts)} measured stacks expected, all or a part of them, found voxels of "
            f"{_steps(file.grid)} mm that are those of none ({file.path}); the stacks have "
            f"{_some(sorted({_spacing(facts) for facts in self.facts.values()}))}. Draw the outlines on a series that "
            "is measured, or name it (--series UID): then it is said what differs.",
            file.path,
        )


def _refuse_other_patient(file: MaskFile, facts: StackFacts) -> None:
    if file.patient_id and facts.patient_id and file.patient_id.strip() != facts.patient_id.strip():
        raise MaskError(
            f"Outlines of the patient of series {facts.series_uid} expected, found another Patient ID (0010,0020) in "
            f"{file.path}. Nothing was imported from it.",
            file.path,
            facts.series_uid,
        )


def _may_hold(grid: ImageGrid, facts: StackFacts) -> bool:
    """Tell from the spacings of pixels whether a grid may be that of a stack.

    Slices of a sheared stack lie farther apart along its axis than along its normal, and a crop of one slice has any
    spacing across: that is left to the positions of voxels.
    """
    steps = np.linalg.norm(grid.steps_lps_mm, axis=1)
    own = (facts.row_spacing_mm, facts.column_spacing_mm)
    return all(step is not None and np.any(np.abs(steps - step) <= _SAME_STEP * step) for step in own)


def _unclear(file: MaskFile, found: Sequence[int], facts: Mapping[int, StackFacts]) -> MaskError:
    names = [f"series {facts[one].series_uid}, stack {facts[one].stack_number}" for one in found]
    return MaskError(
        f"One measured stack expected on which {file.path.name} was drawn, found {len(names)}: {_some(names)}. Name "
        f"it: --series UID --stack N ({file.path}).",
        file.path,
    )


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_TOLD} more" if len(names) > _MOST_TOLD else ""
    return ", ".join(names[:_MOST_TOLD]) + more


def _steps(grid: ImageGrid) -> str:
    return " x ".join(f"{step:.4g}" for step in np.linalg.norm(grid.steps_lps_mm, axis=1))


def _spacing(facts: StackFacts) -> str:
    spacing = (facts.column_spacing_mm, facts.row_spacing_mm, facts.slice_spacing_mm)
    return " x ".join("?" if step is None else f"{step:.4g}" for step in spacing)

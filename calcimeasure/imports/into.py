"""Outlines of files become lesions of a folder of results."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from calcimeasure.analysis.pipeline import survey
from calcimeasure.errors import CalcimeasureError
from calcimeasure.imports.compare import Step, compare
from calcimeasure.imports.records import MADE, Imported, ImportedOutline, Order, Verdict
from calcimeasure.imports.revisions import revision_of
from calcimeasure.imports.stacks import Stacks
from calcimeasure.load import load_image
from calcimeasure.load.masks import MaskError, find_masks, read_outlines
from calcimeasure.results import pseudonyms_of, store_that_is_there, write_tables_of
from calcimeasure.review.edits import Signature
from calcimeasure.settings import change_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from calcimeasure.analysis.kinds import AnyAnatomy
    from calcimeasure.load.masks import DrawnOutlines, MaskFile
    from calcimeasure.model import Image, Revision, StackFacts
    from calcimeasure.settings import Settings
    from calcimeasure.store import Store


def import_into(
    folder: Path,
    paths: Sequence[Path],
    order: Order,
    changes: Mapping[str, object],
    say: Callable[[str], object],
) -> Imported:
    """Import outlines that were drawn in other programs, measure them, and write the tables anew.

    Each outline becomes a revision in the store, which the review can take back. All outlines of a file on one stack
    are one edit: all of them are stored, or none.

    Parameters
    ----------
    folder
        A folder written by ``calcimeasure measure``.
    paths
        DICOM SEG, RTSTRUCT, NRRD, NIfTI, MetaImage, or folders of them.
    order
        Which outlines, and how.
    changes
        Settings that differ from those of the folder's last run.
    say
        Takes lines that a person has to know at once.

    Returns
    -------
    Imported
        What became of each outline. A file that is broken, made for another patient or on another grid is refused, and
        the others are imported.

    Raises
    ------
    InputPathError
        A path does not exist, or no run of measure wrote the folder.
    StoreError, KeyFileError, OutputError
        The store, its key or its tables cannot be used.
    """
    with store_that_is_there(folder, say) as (store, settings):
        settings = change_settings(settings, changes)
        pseudonyms = pseudonyms_of(store, settings, folder, say)
        desk = _Import(store, settings, order)
        files = desk.found(paths)
        stacks = Stacks(store, settings, order, pseudonyms.uid)
        for stack_id, of_stack in desk.sorted_by_stack(files, stacks).items():
            desk.import_on(stack_id, of_stack, stacks)
        if desk.stored:
            write_tables_of(store, settings, folder, pseudonyms)
    return Imported(tuple(desk.outlines), tuple(dict.fromkeys(desk.remarks)), order.dry_run)


@dataclass(slots=True)
class _Import:
    """An import while it runs."""

    store: Store
    settings: Settings
    order: Order
    outlines: list[ImportedOutline] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    stored: bool = False

    def found(self, paths: Iterable[Path]) -> list[MaskFile]:
        """Read the headers of files; those that are broken or none of outlines are refused."""
        files: list[MaskFile] = []
        for path in paths:
            try:
                masks = find_masks(path)
            except MaskError as error:
                self._refuse(path, error)
            else:
                files += masks.files
                for one in masks.broken:
                    self.outlines.append(ImportedOutline(one.path, Verdict.REFUSED, message=one.message))
        return list(dict.fromkeys(files))

    def sorted_by_stack(self, files: Iterable[MaskFile], stacks: Stacks) -> dict[int, list[MaskFile]]:
        """Find the stacks of files; files without one are refused."""
        by_stack: dict[int, list[MaskFile]] = defaultdict(list)
        for file in files:
            try:
                of_file = stacks.of(file)
            except CalcimeasureError as error:
                self._refuse(file.path, error)
                continue
            for stack_id in of_file:
                by_stack[stack_id].append(file)
        return by_stack

    def import_on(self, stack_id: int, files: Iterable[MaskFile], stacks: Stacks) -> None:
        """Import the files of one stack; its image is loaded once, and only if something is to be measured."""
        facts = stacks.facts[stack_id]
        image: _Measured | None = None
        for file in files:
            try:
                stack, geometry = stacks.headers(stack_id)
                drawn = read_outlines(file, stack, geometry)
                _refuse_nothing(file, drawn)
                newest = {uid: history[-1] for uid, history in self.store.histories(stack_id).items()}
                steps = self._with_author(file, compare(drawn.outlines, newest, self.order))
                made: dict[int, Revision] = {}
                if not self.order.dry_run and any(step.verdict in MADE for step in steps):
                    image = image or _Measured(load_image(stack, self.settings), self.settings)
                    made = self._made(file, steps, newest, drawn, image)
                    self.store.append(stack_id, list(made.values()), self.settings)
                    self.stored = True
            except CalcimeasureError as error:
                self._refuse(file.path, error, facts)
                continue
            self.remarks += drawn.remarks
            self.outlines += [_told(file, step, facts, made.get(place)) for place, step in enumerate(steps)]

    def _made(
        self,
        file: MaskFile,
        steps: Sequence[Step],
        newest: Mapping[str, Revision],
        drawn: DrawnOutlines,
        image: _Measured,
    ) -> dict[int, Revision]:
        by = Signature(file.author or self.order.reader or "")
        known = dict(newest)
        every = {*self.store.tracking_uids(), *known}
        made: dict[int, Revision] = {}
        for place, step in enumerate(steps):
            if step.verdict in MADE:
                one = revision_of(
                    step, file, known, image.image, self.settings, by, image.anatomy, lambda uid: uid not in every
                )
                one = _with_notices(one, drawn.notices)
                known[one.lesion.tracking_uid] = made[place] = one
                every.add(one.lesion.tracking_uid)
        return made

    def _with_author(self, file: MaskFile, steps: Sequence[Step]) -> list[Step]:
        """Refuse what would be stored without the name of who drew it."""
        if file.author or (self.order.reader or "").strip():
            return list(steps)
        why = "the file does not say who drew it: --reader NAME says it"
        return [
            Step(one.one, one.outline, Verdict.REFUSED, one.known, one.overlap, why) if one.verdict in MADE else one
            for one in steps
        ]

    def _refuse(self, path: Path, error: CalcimeasureError, facts: StackFacts | None = None) -> None:
        self.outlines.append(ImportedOutline(path, Verdict.REFUSED, facts=facts, message=str(error)))


class _Measured:
    """The image of a stack, and the anatomy that it shows, which is looked for when it is first needed."""

    def __init__(self, image: Image, settings: Settings) -> None:
        self.image, self._settings = image, settings

    @cached_property
    def anatomy(self) -> AnyAnatomy:
        return survey(self.image, self._settings).anatomy


def _refuse_nothing(file: MaskFile, drawn: DrawnOutlines) -> None:
    if not drawn.outlines:
        raise MaskError(f"Outlines expected, found no segment, region or label ({file.path}).", file.path)


def _with_notices(revision: Revision, notices: Sequence[str]) -> Revision:
    lesion = revision.lesion
    return replace(revision, lesion=replace(lesion, notices=tuple(dict.fromkeys((*lesion.notices, *notices)))))


def _told(file: MaskFile, step: Step, facts: StackFacts, made: Revision | None) -> ImportedOutline:
    known = step.known
    return ImportedOutline(
        file.path,
        step.verdict,
        step.one.text,
        facts,
        step.outline.voxel_count if step.outline else 0,
        made.lesion if made else known.lesion if known else None,
        step.overlap,
        step.message,
    )

"""Lesions of a folder written as DICOM objects that refer to the images they were measured on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from calcimeasure.errors import ConflictError, OutputError, SeriesError
from calcimeasure.export.atomic import open_atomic_bytes
from calcimeasure.export.columns import Leaving
from calcimeasure.export.dicom.seg import BINARY
from calcimeasure.model import Status
from calcimeasure.results import audit_of
from calcimeasure.run.dicom_sources import NotThere, sources_of
from calcimeasure.run.image_copies import write_copies
from calcimeasure.run.object_lines import is_proposed, numbered_segmentation
from calcimeasure.run.order import folder_of, naming_of, opened
from calcimeasure.run.outdated import remove_outdated
from calcimeasure.run.tracks import tracks_of
from calcimeasure.store import ObjectKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from calcimeasure.export import Naming
    from calcimeasure.export.dicom.seg import Segmentation
    from calcimeasure.export.dicom.source import Source
    from calcimeasure.export.dicom.sr import StructuredReport
    from calcimeasure.run.order import Order
    from calcimeasure.run.progress import Say
    from calcimeasure.store import Store, WrittenObject

    WriteStack = Callable[[Store, Source, Naming, Mapping[ObjectKind, Path], "ObjectOrder", Say], Iterator[Path]]


@dataclass(frozen=True, slots=True)
class ObjectOrder:
    """What is to be written as objects.

    Parameters
    ----------
    order
        Which lesions (accepted ones if it names no status), where to (a folder), with which names, for whom.
    with_images
        Whether copies of the images without identity are written beside the objects, which then refer to the copies.
    segmentation_type
        How a segmentation holds its voxels: `calcimeasure.export.dicom.seg.BINARY` or `LABELMAP`.
    accept_burned_in
        Whether images leave that may have text in their pixels.
    """

    order: Order
    with_images: bool = False
    segmentation_type: str = BINARY
    accept_burned_in: bool = False

    @property
    def status(self) -> Status:
        """The status of the lesions that leave."""
        return Status(self.order.status) if self.order.status else Status.ACCEPTED


@dataclass(frozen=True, slots=True)
class Written:
    """What was written.

    Parameters
    ----------
    paths
        The objects.
    left
        Why stacks were left out, in sentences.
    removed
        Objects of earlier exports that said what is no longer true.
    """

    paths: Sequence[Path]
    left: Sequence[str]
    removed: Sequence[Path] = ()


def write_segmentations_of(folder: Path, wanted: ObjectOrder, changes: Mapping[str, object], say: Say) -> Written:
    """Write a segmentation of each stack that has lesions with the status of the order.

    Parameters
    ----------
    folder
        A folder written by ``calcimeasure measure``.
    wanted
        What is to be written.
    changes
        Settings that differ from those of the folder's last run.
    say
        Takes lines that a person has to know at once.

    Raises
    ------
    InputPathError
        The folder was not written by ``calcimeasure measure``.
    KeyFileError
        The key cannot be used, or is another one than that of the folder's pseudonyms.
    OutputError
        Neither real names nor copies of the images were ordered, an object cannot be written, or an identified one
        would lie in a folder that may leave.
    """
    refuse_without_images(wanted)
    return write_stacks_of(folder, wanted, changes, say, (ObjectKind.SEG,), _write_segmentation)


def _write_segmentation(
    store: Store,
    source: Source,
    naming: Naming,
    goals: Mapping[ObjectKind, Path],
    wanted: ObjectOrder,
    say: Say,
) -> Iterator[Path]:
    made, turn = numbered_segmentation(store, source, naming, wanted.segmentation_type)
    record = turn.written(made.dataset, is_proposed(source))
    yield write_object(store, made, record, goals[ObjectKind.SEG] / f"{name_of(source, naming)}.dcm", wanted, say)


def write_stacks_of(
    folder: Path,
    wanted: ObjectOrder,
    changes: Mapping[str, object],
    say: Say,
    kinds: Sequence[ObjectKind],
    write_stack: WriteStack,
) -> Written:
    """Write the objects of each stack that has lesions with the status of the order.

    Parameters
    ----------
    folder, wanted, changes, say
        As in `write_segmentations_of`.
    kinds
        The kinds of objects; each has a folder of its own.
    write_stack
        Writes the objects of one stack, and yields their paths.

    Raises
    ------
    InputPathError, KeyFileError, OutputError
        As in `write_segmentations_of`.
    """
    paths: list[Path] = []
    left: list[str] = []
    with opened(folder, changes, say) as (store, settings):
        goals = {kind: folder_of(folder, wanted.order, kind.value) for kind in kinds}
        naming = naming_of(store, settings, folder, wanted.order, say)
        tracks = tracks_of(store)
        for found in sources_of(store, wanted.status, settings.all_tissues):
            if isinstance(found, NotThere):
                left.append(f"{found.facts.path}: {found.message}")
                continue
            point = tracks.point_of(found.facts.person, found.facts.study_date)
            source = replace(found, time_point=point, tracks=tracks.uids if point else {})
            try:
                if wanted.with_images:
                    _write_copies_of(store, source, naming, folder, wanted, say)
                paths.extend(write_stack(store, source, naming, goals, wanted, say))
            except (ConflictError, OutputError, SeriesError) as error:
                left.append(str(error))
        # A report is outdated with its segmentation, also where only segmentations were ordered.
        beside = {goal.parent / kind.value for goal in goals.values() for kind in ObjectKind}
        folders = beside if wanted.order.to is None else set(goals.values())
        removed = remove_outdated(store, folders, paths, settings.all_tissues)
    return Written(paths, left, removed)


def refuse_without_images(wanted: ObjectOrder) -> None:
    """Refuse objects that nobody could use: an object names its images, so it goes where they are.

    Raises
    ------
    OutputError
        The order says neither, or both.
    """
    if wanted.order.identified and wanted.with_images:
        raise OutputError(
            "Either --identified or --with-images expected, found both: an object refers to the images of the archive "
            "or to copies of them."
        )
    if not wanted.order.identified and not wanted.with_images:
        raise OutputError(
            "--identified or --with-images expected, found neither: an object of DICOM refers to the images by their "
            "UIDs. Objects with the real UIDs go back to the archive that holds the images (--identified); objects "
            "with replaced UIDs leave together with copies of the images without identity (--with-images)."
        )


def name_of(source: Source, naming: Naming) -> str:
    """Name the files of a stack, without an ending: by its series as it leaves, and its number in it."""
    return f"{naming.uid(source.stack.series_uid)}_{source.stack.stack_number}"


def write_object(
    store: Store,
    made: Segmentation | StructuredReport,
    record: WrittenObject,
    path: Path,
    wanted: ObjectOrder,
    say: Say,
) -> Path:
    """Write an object; what leaves, and what it follows, are kept in the store before it is there.

    Raises
    ------
    ConflictError
        Another export has written an object with its instance number in the meantime.
    OutputError
        The file cannot be written.
    """

    def keep(file: Path) -> None:
        store.note_object(record)
        keep_that = audit_of(store, f"export {record.line.kind}", wanted.order.recipient)
        keep_that(Leaving.of(file, path, len(made.lesions), wanted.order.identified))

    with open_atomic_bytes(path, only_for_owner=wanted.order.identified, before_it_is_there=keep) as file:
        made.write(file)
    for remark in made.remarks:
        say(f"{path.name}: {remark}")
    return path


def _write_copies_of(store: Store, source: Source, naming: Naming, folder: Path, wanted: ObjectOrder, say: Say) -> None:
    """Write copies of the images of a stack into the folder "images"."""
    goal = (wanted.order.to or folder) / "images" / name_of(source, naming)
    count, digest, remarks = write_copies(source, naming, goal, wanted.accept_burned_in)
    audit_of(store, "export images", wanted.order.recipient)(Leaving(goal, count, digest, wanted.order.identified))
    for remark in remarks:
        say(f"{goal.name}: {remark}")

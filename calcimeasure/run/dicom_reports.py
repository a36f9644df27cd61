"""Lesions of a folder written as structured reports, with the segmentations that the reports refer to."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from calcimeasure.errors import ConflictError, OutputError
from calcimeasure.export.atomic import open_atomic_bytes
from calcimeasure.export.dicom.sr import Predecessor, numbered, reports_of
from calcimeasure.model import Status
from calcimeasure.run.dicom_objects import Written, folder_of_objects, refuse_without_images
from calcimeasure.run.dicom_sources import NotThere, sources_of
from calcimeasure.run.object_lines import line_of, numbered_segmentation, turn_in
from calcimeasure.run.order import naming_of, opened
from calcimeasure.store import Export, ObjectKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from calcimeasure.export import Naming
    from calcimeasure.export.dicom.seg import Segmentation
    from calcimeasure.export.dicom.source import Source
    from calcimeasure.export.dicom.sr import StructuredReport
    from calcimeasure.run.dicom_objects import ObjectOrder
    from calcimeasure.run.object_lines import Turn
    from calcimeasure.run.progress import Say
    from calcimeasure.store import Store, WrittenObject

WITHOUT_AXES = "without axes"
"""Part of the lesions whose axes cannot be drawn."""


def write_reports_of(folder: Path, wanted: ObjectOrder, changes: Mapping[str, object], say: Say) -> Written:
    """Write a report of each stack that has lesions with the status of the order, and its segmentation.

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
        Neither real names nor copies of the images were ordered, rejected lesions were ordered, or an identified object
        would lie in a folder that may leave.
    """
    refuse_without_images(wanted)
    if wanted.status is Status.REJECTED:
        raise OutputError(
            "--status accepted or --status proposed expected for --format sr, found --status rejected: a report of "
            "what is no finding is not written."
        )
    paths: list[Path] = []
    left: list[str] = []
    with opened(folder, changes, say) as (store, settings):
        goals = {kind: folder_of_objects(folder, wanted.order, kind.value) for kind in (ObjectKind.SEG, ObjectKind.SR)}
        naming = naming_of(store, settings, folder, wanted.order, say)
        for source in sources_of(store, wanted.status, settings.all_tissues):
            if isinstance(source, NotThere):
                left.append(f"{source.facts.path}: {source.message}")
                continue
            try:
                paths.extend(_write_stack(store, source, naming, goals, wanted, say))
            except (ConflictError, OutputError) as error:
                left.append(str(error))
    return Written(paths, left)


def _write_stack(
    store: Store,
    source: Source,
    naming: Naming,
    goals: Mapping[ObjectKind, Path],
    wanted: ObjectOrder,
    say: Say,
) -> Iterator[Path]:
    """Write the objects of a stack: the segmentation first, so that no report refers to one that is not there."""
    name = f"{naming.uid(source.stack.series_uid)}_{source.stack.stack_number}"
    segmentation, turn = numbered_segmentation(store, source, naming, wanted.segmentation_type)
    reports = reports_of(source, naming, segmentation)
    if any(one.segmentation_uid for one in reports):
        record = turn.written(segmentation.dataset, reports[0].is_preliminary)
        path = goals[ObjectKind.SEG] / f"{name}.dcm"
        _write(store, segmentation, record, path, len(source.lesions), wanted)
        _tell(path, segmentation.remarks, say)
        yield path
    for report in reports:
        part = "" if report.has_axes else WITHOUT_AXES
        turn = turn_in(store, line_of(store, source, naming, ObjectKind.SR, part), report.content_hash)
        last = _numbered(report, turn)
        ending = "_sr.dcm" if report.has_axes else "_sr_without_axes.dcm"
        path = goals[ObjectKind.SR] / f"{name}{ending}"
        record = turn.written(last.dataset, last.is_preliminary, last.segmentation_uid)
        _write(store, last, record, path, len(last.lesions), wanted)
        _tell(path, last.remarks, say)
        yield path


def _numbered(report: StructuredReport, turn: Turn) -> StructuredReport:
    before = turn.before
    replaced = Predecessor(before.series_uid, before.sop_instance_uid) if before else None
    return numbered(report, turn.instance_number, replaced)


def _write(
    store: Store,
    made: Segmentation | StructuredReport,
    record: WrittenObject,
    path: Path,
    lesion_count: int,
    wanted: ObjectOrder,
) -> None:
    """Write an object; what leaves and what it follows are kept in the store before it is there."""
    order = wanted.order

    def keep(file: Path) -> None:
        with file.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        store.note_object(record)
        store.note_export(
            Export(
                what=f"export sr: {path.name}",
                destination=str(path.absolute()),
                is_identified=order.identified,
                recipient=order.recipient,
                key_fingerprint=record.line.key_fingerprint or None,
                row_count=lesion_count,
                content_hash=digest,
            )
        )

    with open_atomic_bytes(path, only_for_owner=order.identified, before_it_is_there=keep) as file:
        made.write(file)


def _tell(path: Path, remarks: tuple[str, ...], say: Say) -> None:
    for remark in remarks:
        say(f"{path.name}: {remark}")

"""Lesions of a folder written as structured reports, with the segmentations that the reports refer to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calcimeasure.errors import OutputError
from calcimeasure.export.dicom.sr import Predecessor, numbered, reports_of
from calcimeasure.model import Status
from calcimeasure.run.dicom_objects import (
    Written,
    name_of,
    refuse_without_images,
    write_object,
    write_stacks_of,
)
from calcimeasure.run.object_lines import is_proposed, line_of, numbered_segmentation, turn_in
from calcimeasure.store import ObjectKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from calcimeasure.export import Naming
    from calcimeasure.export.dicom.source import Source
    from calcimeasure.export.dicom.sr import StructuredReport
    from calcimeasure.run.dicom_objects import ObjectOrder
    from calcimeasure.run.object_lines import Turn
    from calcimeasure.run.progress import Say
    from calcimeasure.store import Store

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
    return write_stacks_of(folder, wanted, changes, say, (ObjectKind.SEG, ObjectKind.SR), _write_stack)


def _write_stack(
    store: Store,
    source: Source,
    naming: Naming,
    goals: Mapping[ObjectKind, Path],
    wanted: ObjectOrder,
    say: Say,
) -> Iterator[Path]:
    """Write the objects of a stack: the segmentation first, so that no report refers to one that is not there."""
    name = name_of(source, naming)
    segmentation, turn = numbered_segmentation(store, source, naming, wanted.segmentation_type)
    reports = reports_of(source, naming, segmentation)
    if any(one.segmentation_uid for one in reports):
        record = turn.written(segmentation.dataset, is_proposed(source))
        yield write_object(store, segmentation, record, goals[ObjectKind.SEG] / f"{name}.dcm", wanted, say)
    for report in reports:
        part = "" if report.has_axes else WITHOUT_AXES
        turn = turn_in(store, line_of(store, source, naming, ObjectKind.SR, part), report.content_hash)
        last = _numbered(report, turn)
        record = turn.written(last.dataset, last.is_preliminary, last.segmentation_uid)
        ending = "_sr.dcm" if report.has_axes else "_sr_without_axes.dcm"
        yield write_object(store, last, record, goals[ObjectKind.SR] / f"{name}{ending}", wanted, say)


def _numbered(report: StructuredReport, turn: Turn) -> StructuredReport:
    before = turn.before
    replaced = Predecessor(before.series_uid, before.sop_instance_uid) if before else None
    return numbered(report, turn.instance_number, replaced)

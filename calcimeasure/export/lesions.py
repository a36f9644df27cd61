"""lesions.csv: a row for each lesion in a stack.

Measured columns are made from `calcimeasure.model.numbers`; all other columns are defined here.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from calcimeasure.export.columns import Column, open_table, study_columns
from calcimeasure.known_values import known_kernel, known_modality, known_view
from calcimeasure.model import (
    AlgorithmType,
    BodySite,
    Laterality,
    SideSource,
    SiteSource,
    SpacingSource,
    Status,
    Tissue,
    largest_first,
)
from calcimeasure.model.numbers import NUMBERS, NumberType, reader_of, table_numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from pathlib import Path

    from calcimeasure.export.columns import Audit
    from calcimeasure.export.pseudonym import Naming
    from calcimeasure.model import Lesion, Links, Outcome, StackFacts, Study
    from calcimeasure.model.numbers import Number

WRITTEN_STATUSES = (Status.PROPOSED, Status.ACCEPTED)
"""Lesions with these statuses are written by default."""


@dataclass(frozen=True, slots=True)
class LesionRow:
    """A lesion, with the stack in which it was found and its links in the study."""

    stack: StackFacts
    lesion: Lesion
    links: Links | None = None


def number_columns(numbers: Iterable[Number] = NUMBERS) -> tuple[Column[Any], ...]:
    """Make the measured columns of lesions.csv.

    Parameters
    ----------
    numbers
        Rows of the table of numbers.
    """
    return tuple(map(_number_column, table_numbers(numbers)))


def _number_column(number: Number) -> Column[Any]:
    read = reader_of(number)
    if number.value_type is NumberType.UID:
        return Column(
            number.name,
            "string",
            number.meaning,
            named=lambda naming, row: naming.uid(read(row.lesion.measurements)),  # type: ignore[arg-type] # a UID is text
            number=number,
        )
    return Column(
        number.name,
        "string" if number.words else str(number.value_type),
        number.meaning,
        lambda row: read(row.lesion.measurements),
        number.unit,
        number.decimals,
        number.words,
        number=number,
    )


def _spacing(name: str) -> Callable[[LesionRow], object]:
    """Read a spacing: each lesion of a radiograph has its own, on CT the stack has one."""
    read = attrgetter(name)

    def value(row: LesionRow) -> object:
        spacing_mm = read(row.lesion.measurements)
        return read(row.stack) if spacing_mm is None else spacing_mm

    return value


def _spacing_source(row: LesionRow) -> SpacingSource:
    return row.lesion.measurements.spacing_source


LESION_COLUMNS: tuple[Column[LesionRow], ...] = (
    *study_columns(),
    Column(
        "series_uid",
        "string",
        "SeriesInstanceUID, or what replaces it.",
        named=lambda naming, row: naming.uid(row.stack.series_uid),
    ),
    Column("series_number", "integer", "SeriesNumber.", lambda row: row.stack.series_number),
    Column(
        "stack_number",
        "integer",
        "Stack (grid) of the series, from 1.",
        lambda row: row.stack.stack_number,
        required=True,
    ),
    Column(
        "modality",
        "string",
        "CT, CR, DX, ...; `other` for what is no Defined Term of the standard.",
        lambda row: known_modality(row.stack.modality),
        required=True,
    ),
    Column(
        "view_position",
        "string",
        "View of a radiograph; `other` for what is on no list (Privacy).",
        lambda row: known_view(row.stack.view_position),
    ),
    Column(
        "lesion_number",
        "integer",
        "Number of the lesion in its stack, given once and never used again.",
        lambda row: row.lesion.number,
        required=True,
    ),
    Column(
        "tracking_uid",
        "string",
        "The lesion's own UID, or what replaces it: the same in every run and revision, and in every export with the "
        "same key.",
        named=lambda naming, row: naming.uid(row.lesion.tracking_uid),
        required=True,
    ),
    Column(
        "study_lesion_number",
        "integer",
        "The same number is the same mass in other series of the study.",
        lambda row: row.links and row.links.study_lesion_number,
    ),
    Column(
        "primary",
        "boolean",
        "True on exactly one row of each mass of the study: CT before radiograph, then the thinnest slices.",
        lambda row: row.links and row.links.primary,
    ),
    Column("status", "string", "What a reader decided.", lambda row: row.lesion.status, words=Status, required=True),
    Column(
        "algorithm_type",
        "string",
        "How the outline came about (DICOM Segment Algorithm Type).",
        lambda row: row.lesion.algorithm_type,
        words=AlgorithmType,
        required=True,
    ),
    Column("reader", "string", "Who reviewed it; empty until then.", lambda row: row.lesion.reader),
    Column(
        "reviewed_at",
        "datetime",
        "When it was reviewed: the day, shifted as study_date is; with --identified the time, UTC.",
        named=lambda naming, row: naming.moment(row.stack, row.lesion.reviewed_at),
    ),
    Column("tissue", "string", "What the component is.", lambda row: row.lesion.tissue, words=Tissue),
    Column(
        "tissue_confidence",
        "number",
        "Confidence of the tissue, 0..1.",
        lambda row: row.lesion.tissue_confidence,
        decimals=2,
    ),
    Column(
        "laterality",
        "string",
        "Side of the body.",
        lambda row: row.lesion.side and row.lesion.side.laterality,
        words=Laterality,
    ),
    Column(
        "laterality_source",
        "string",
        "Which evidence the side rests on.",
        lambda row: row.lesion.side and row.lesion.side.source,
        words=SideSource,
    ),
    Column(
        "laterality_confidence",
        "number",
        "Confidence of the side, 0..1.",
        lambda row: row.lesion.side and row.lesion.side.confidence,
        decimals=2,
    ),
    Column(
        "laterality_conflict",
        "boolean",
        "Whether two sources disagree.",
        lambda row: row.lesion.side and row.lesion.side.conflict,
    ),
    Column(
        "laterality_hint",
        "string",
        "What weak evidence says while the side is unknown.",
        lambda row: row.lesion.side and row.lesion.side.hint,
        words=Laterality,
    ),
    Column(
        "distance_to_midline_mm",
        "number",
        "Signed distance to the body's midline plane, positive to the patient's left.",
        lambda row: row.lesion.side and row.lesion.side.distance_to_midline_mm,
        unit="mm",
        decimals=2,
    ),
    Column(
        "site",
        "string",
        "Region of the body.",
        lambda row: row.lesion.site and row.lesion.site.body_site,
        words=BodySite,
    ),
    Column("site_detail", "string", "Spine level, finger.", lambda row: row.lesion.site and row.lesion.site.detail),
    Column(
        "site_source",
        "string",
        "Which evidence the site rests on.",
        lambda row: row.lesion.site and row.lesion.site.source,
        words=SiteSource,
    ),
    Column(
        "pair_number",
        "integer",
        "The same number on both members of a symmetric pair in the study.",
        lambda row: row.links and row.links.pair_number,
    ),
    *number_columns(),
    Column(
        "spacing_source",
        "string",
        "Where millimeters come from: in the patient on CT.",
        _spacing_source,
        words=SpacingSource,
    ),
    Column(
        "row_spacing_mm",
        "number",
        "Distance between rows.",
        _spacing("row_spacing_mm"),
        unit="mm",
        decimals=6,
    ),
    Column(
        "column_spacing_mm",
        "number",
        "Distance between columns.",
        _spacing("column_spacing_mm"),
        unit="mm",
        decimals=6,
    ),
    Column(
        "slice_spacing_mm",
        "number",
        "Median distance between slices along their normal.",
        lambda row: row.stack.slice_spacing_mm,
        unit="mm",
        decimals=4,
    ),
    Column(
        "slice_thickness_mm",
        "number",
        "SliceThickness as the header says.",
        lambda row: row.stack.slice_thickness_mm,
        unit="mm",
        decimals=4,
    ),
    Column("kvp", "number", "KVP as the header says.", lambda row: row.stack.kvp, unit="kV", decimals=1),
    Column(
        "convolution_kernel",
        "string",
        "ConvolutionKernel as the header says; `other` for what is on no list (Privacy).",
        lambda row: known_kernel(row.stack.convolution_kernel),
    ),
    Column(
        "contrast_agent",
        "boolean",
        "Whether the header names a contrast agent; empty where it says nothing.",
        lambda row: row.stack.contrast_agent,
    ),
    Column("notices", "string", "Codes, separated by ; (README).", lambda row: ";".join(row.lesion.notices)),
    Column(
        "software_version",
        "string",
        "Version of calcimeasure.",
        lambda row: row.lesion.software_version,
        required=True,
    ),
    Column(
        "settings_hash",
        "string",
        "Names the settings that were measured with.",
        lambda row: row.lesion.settings_hash,
        required=True,
    ),
)
"""Columns of lesions.csv."""


def lesion_rows(
    study: Study, outcome: Outcome, statuses: Collection[Status] = WRITTEN_STATUSES, all_tissues: bool = False
) -> Iterator[LesionRow]:
    """Make the rows of a stack of a study, largest lesion first; parameters as in `write_lesions`."""
    for lesion in sorted(outcome.lesions, key=largest_first):
        if outcome.stack and lesion.status in statuses and (all_tissues or lesion.is_mass):
            yield LesionRow(outcome.stack, lesion, study.links_of(outcome.stack, lesion))


def write_lesions(
    studies: Iterable[Study],
    path: Path,
    *,
    naming: Naming | None,
    statuses: Collection[Status] = WRITTEN_STATUSES,
    all_tissues: bool = False,
    audit: Audit | None = None,
) -> None:
    """Write lesions.csv, or a part of it.

    Parameters
    ----------
    studies
        With their links (`calcimeasure.study.linked_studies`); the order of the stacks is kept, and in each stack the
        largest lesion is written first. One study at a time is held in memory.
    path
        The file; it is written atomically.
    naming
        How patients, dates and UIDs are named; None leaves these columns empty.
    statuses
        The lesions to write.
    all_tissues
        Write every lesion, not only calcified masses.
    audit
        Called before the file gets its name.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    with open_table(LESION_COLUMNS, path, naming, audit) as write:
        for study in studies:
            for outcome in study.outcomes:
                for row in lesion_rows(study, outcome, statuses, all_tissues):
                    write(row)

"""lesions.csv, studies.csv, series.csv, revisions.csv and their schemas. The columns below are the data dictionary.

RFC 4180, UTF-8, a point as decimal mark; empty is not known or not applicable. A column without a `value` belongs to
the contract and is not computed by this version: it stays empty.
"""

from __future__ import annotations

import csv
import json
import math
import re
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from calcimeasure.export.atomic import open_atomic, write_atomic
from calcimeasure.locate.links import LinkKey, Links, link, link_key
from calcimeasure.model import (
    AlgorithmType,
    BodySite,
    FilmMeasurements,
    Laterality,
    Lesion,
    Outcome,
    ReviewState,
    Revision,
    SideSource,
    SiteSource,
    SpacingSource,
    StackFacts,
    State,
    Status,
    Tissue,
    largest_first,
    review_state,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from enum import StrEnum
    from pathlib import Path

    from calcimeasure.export.pseudonym import Naming
    from calcimeasure.model import Report

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """One column of a table.

    Parameters
    ----------
    name, kind, unit, description
        Its name, its Frictionless type, its unit (UCUM where it has one) and what it means.
    value
        A row's value; None where this version does not compute the column.
    decimals
        How many a number is written with.
    words
        The only values allowed.
    named
        A row's value by who names patients and images: as the headers do, or by pseudonyms; empty where nobody does.
    """

    name: str
    kind: str
    description: str
    value: Callable[[Row], object] | None = None
    unit: str = ""
    decimals: int = 0
    words: type[StrEnum] | tuple[str, ...] | None = None
    named: Callable[[Naming, Row], object] | None = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class LesionRow:
    """A lesion, with the stack that it was found in."""

    stack: StackFacts
    lesion: Lesion
    links: Links | None = None


@dataclass(frozen=True, slots=True)
class RevisionRow:
    """A state that a lesion had, with the stack that it was found in."""

    stack: StackFacts
    revision: Revision
    links: Links | None = None

    @property
    def lesion(self) -> Lesion:
        """The lesion as it was then."""
        return self.revision.lesion


@dataclass(frozen=True, slots=True)
class StudyRow:
    """A study: what became of its stacks, at least one, and which of their masses are the same."""

    outcomes: tuple[Outcome, ...]
    links: Mapping[LinkKey, Links]

    @property
    def stack(self) -> StackFacts:
        """One of its stacks: they share patient, date and study."""
        return next(one.stack for one in self.outcomes if one.stack is not None)

    @property
    def measured(self) -> list[Outcome]:
        """What was measured."""
        return [one for one in self.outcomes if one.state is State.MEASURED]

    @property
    def lesions(self) -> list[Lesion]:
        """Everything that was found in it."""
        return [lesion for one in self.outcomes for lesion in one.lesions]

    @property
    def masses(self) -> list[Lesion]:
        """Its masses, each once: as the best of the stacks shows it."""
        return [
            lesion
            for one in self.outcomes
            for lesion in one.masses
            if one.stack and self.links[link_key(one.stack, lesion)].primary
        ]


def _mm(name: str, description: str, value: Callable[[LesionRow], object] | None = None) -> Column[LesionRow]:
    return Column(name, "number", description, value, unit="mm", decimals=2)


def _number(
    name: str, unit: str, decimals: int, description: str, value: Callable[[LesionRow], object] | None = None
) -> Column[LesionRow]:
    return Column(name, "number", description, value, unit=unit, decimals=decimals)


def _measured(name: str) -> Callable[[LesionRow], object]:
    """Ask for a number of a lesion; empty where an image of its kind has none."""
    return lambda row: getattr(row.lesion.measurements, name, None)


def _measured_at(name: str, index: int) -> Callable[[LesionRow], object]:
    def value(row: LesionRow) -> object:
        numbers = getattr(row.lesion.measurements, name, None)
        return None if numbers is None else numbers[index]

    return value


def _spacing(name: str) -> Callable[[LesionRow], object]:
    """Ask for a spacing: on a radiograph each lesion says what a pixel is, on CT the stack."""

    def value(row: LesionRow) -> object:
        is_on_film = isinstance(row.lesion.measurements, FilmMeasurements)
        return getattr(row.lesion.measurements if is_on_film else row.stack, name)

    return value


def _of_study() -> tuple[Column[Any], ...]:
    """Name the patient, the date and the study of a row that has a stack."""
    return (
        Column(
            "patient_key",
            "string",
            "Pseudonym of the patient; the registry's id where --record-map names one; PatientID with --identified.",
            named=lambda naming, row: naming.patient_key(row.stack),
        ),
        Column(
            "study_date",
            "date",
            "Date of the study, shifted by the same days for all of a patient's unless identified.",
            named=lambda naming, row: naming.study_date(row.stack),
        ),
        Column("dates_shifted", "boolean", "Whether dates are shifted.", named=lambda naming, _: naming.dates_shifted),
        Column(
            "study_uid",
            "string",
            "StudyInstanceUID, or what replaces it.",
            named=lambda naming, row: naming.uid(row.stack.study_uid),
        ),
    )


LESION_COLUMNS: tuple[Column[LesionRow], ...] = (
    *_of_study(),
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
    Column("modality", "string", "CT, CR, DX, ...", lambda row: row.stack.modality, required=True),
    Column("view_position", "string", "View of a radiograph.", lambda row: row.stack.view_position),
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
        "The lesion's own UID, the same in every run, export and revision.",
        lambda row: row.lesion.tracking_uid,
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
    Column("reviewed_at", "datetime", "When it was reviewed, UTC.", lambda row: row.lesion.reviewed_at),
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
    _mm(
        "distance_to_midline_mm",
        "Signed distance to the body's midline plane, positive to the patient's left.",
        lambda row: row.lesion.side and row.lesion.side.distance_to_midline_mm,
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
    Column(
        "large",
        "boolean",
        "Whether max_3d_diameter_mm (of a radiograph, a single slice or of slices with gaps: long_axis_mm) is at least "
        "settings.large_diameter_mm; empty without millimeters.",
        _measured("large"),
    ),
    _mm(
        "long_axis_mm",
        "Longest caliper of the outline in the acquisition plane, over slices (RECIST 1.1; SCT 103339001).",
        _measured("long_axis_mm"),
    ),
    _mm(
        "short_axis_mm",
        "Longest chord of the outline perpendicular to the long axis, in its slice (SCT 103340004).",
        _measured("short_axis_mm"),
    ),
    Column(
        "long_axis_sop_uid",
        "string",
        "SOPInstanceUID of the slice that the long axis lies on, or what replaces it.",
        named=lambda naming, row: naming.uid(row.lesion.measurements.long_axis_sop_uid),
    ),
    Column(
        "long_axis_instance_number",
        "integer",
        "InstanceNumber of the slice that the long axis lies on.",
        _measured("long_axis_instance_number"),
    ),
    _mm(
        "max_3d_diameter_mm",
        "Largest distance between two points of the lesion's surface (IBSI L0JK).",
        _measured("max_3d_diameter_mm"),
    ),
    *(
        _mm(
            f"extent_{letters}_mm",
            f"Extent along the patient's {words} axis.",
            _measured_at("extents_lps_mm", index),
        )
        for index, (letters, words) in enumerate(
            (("rl", "right-left"), ("ap", "anterior-posterior"), ("si", "superior-inferior"))
        )
    ),
    _number(
        "volume_ml",
        "mL",
        4,
        "Best estimate of the calcified volume, partial volume taken into account.",
        _measured("volume_ml"),
    ),
    _number(
        "volume_mesh_ml",
        "mL",
        4,
        "Volume inside the mesh of the outline (IBSI RNU0).",
        _measured("volume_mesh_ml"),
    ),
    _number(
        "volume_voxels_ml",
        "mL",
        4,
        "Volume of the outline's voxels (IBSI YEKZ).",
        _measured("volume_voxels_ml"),
    ),
    _number(
        "area_mm2",
        "mm2",
        2,
        "Area of the outline in a single CT slice or on a radiograph.",
        _measured("area_mm2"),
    ),
    _number(
        "surface_area_mm2",
        "mm2",
        2,
        "Area of the mesh of the outline (IBSI C0JK).",
        _measured("surface_area_mm2"),
    ),
    _number(
        "sphericity",
        "",
        4,
        "Area of a ball of the mesh's volume divided by the mesh's area (IBSI QCFX).",
        _measured("sphericity"),
    ),
    *(
        _number(
            f"{statistic}_hu",
            "[hnsf'U]",
            1,
            f"{words} of the voxels inside the outline.",
            _measured(f"{statistic}_hu"),
        )
        for statistic, words in (
            ("mean", "Mean"),
            ("median", "Median"),
            ("sd", "Standard deviation (of the population)"),
            ("max", "Maximum"),
        )
    ),
    _number(
        "mean_contrast",
        "",
        4,
        "Radiograph: mean contrast to the local background, in pixel values (a logarithm where they are linear to the "
        "beam's intensity).",
        _measured("mean_contrast"),
    ),
    _number(
        "boundary_hu",
        "[hnsf'U]",
        1,
        "Local half-maximum used as the edge, median over the surface.",
        _measured("boundary_hu"),
    ),
    _mm(
        "long_axis_u95_mm",
        "Half-width of the 95 % interval of long_axis_mm, of this scan.",
        _measured("long_axis_u95_mm"),
    ),
    _mm(
        "max_3d_diameter_u95_mm",
        "Half-width of the 95 % interval of max_3d_diameter_mm, of this scan.",
        _measured("max_3d_diameter_u95_mm"),
    ),
    _number(
        "volume_u95_ml",
        "mL",
        4,
        "Half-width of the 95 % interval of volume_ml, of this scan.",
        _measured("volume_u95_ml"),
    ),
    *(
        _mm(
            f"centroid_{letter}_lps_mm",
            f"Centroid of the outline, not weighted by attenuation, {letter} of LPS.",
            _measured_at("centroid_lps_mm", index),
        )
        for index, letter in enumerate("xyz")
    ),
    Column("touches_bone", "boolean", "Whether it touches bone.", _measured("touches_bone")),
    _number(
        "bone_contact_mm2",
        "mm2",
        2,
        "Area of its contact with bone.",
        _measured("bone_contact_mm2"),
    ),
    Column(
        "truncated",
        "boolean",
        "Whether it reaches the edge of what was imaged: its sizes are lower bounds.",
        _measured("truncated"),
    ),
    *(
        _number(
            f"{name}_axis_px",
            "{pixels}",
            2,
            f"Radiograph: {name} axis in units of the column spacing.",
            lambda row, name=f"{name}_axis": getattr(getattr(row.lesion.measurements, name), "length_px", None),  # type: ignore[misc]
        )
        for name in ("long", "short")
    ),
    _number("area_px", "{pixels}", 1, "Radiograph: area in units of the column spacing squared.", _measured("area_px")),
    Column(
        "spacing_source",
        "string",
        "Where millimeters come from: in the patient on CT.",
        lambda row: getattr(row.lesion.measurements, "spacing_source", SpacingSource.PATIENT),
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
        "ConvolutionKernel as the header says.",
        lambda row: row.stack.convolution_kernel,
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
"""Columns of lesions.csv: a row a lesion in a stack."""


def _count(state: State) -> Callable[[StudyRow], object]:
    return lambda row: sum(one.state is state for one in row.outcomes)


def _if_measured(count: Callable[[Sequence[Lesion]], object]) -> Callable[[StudyRow], object]:
    """Leave a column empty where nothing was measured: that is not the same as no mass."""
    return lambda row: count(row.masses) if row.measured else None


def _modalities(row: StudyRow) -> str:
    return ";".join(sorted({one.stack.modality for one in row.outcomes if one.stack and one.stack.modality}))


def _total_volume_ml(masses: Sequence[Lesion]) -> float | None:
    """Sum the volumes; unknown where one of them is."""
    volumes = [getattr(mass.measurements, "volume_ml", None) for mass in masses]
    return None if None in volumes else math.fsum(volume for volume in volumes if volume is not None)


def _largest_mm(row: StudyRow) -> float | None:
    sizes_mm = (mass.measurements.largest_mm for mass in row.masses)
    return max((size_mm for size_mm in sizes_mm if size_mm is not None), default=None)


def _readers(row: StudyRow) -> str:
    return ";".join(sorted({lesion.reader for lesion in row.lesions if lesion.reader}))


def _sites(row: StudyRow) -> str:
    sites = {mass.site.body_site for mass in row.masses if mass.site} - {BodySite.UNKNOWN}
    return ";".join(sorted(sites))


def _symmetric(row: StudyRow) -> bool | None:
    """Tell whether a site has masses on both sides; not known while a side or a site that could be is not."""
    sides: dict[BodySite, set[Laterality]] = {}
    unknown = False
    for mass in row.masses:
        laterality = mass.side.laterality if mass.side else Laterality.UNKNOWN
        body_site = mass.site.body_site if mass.site else BodySite.UNKNOWN
        sides.setdefault(body_site, set()).add(laterality)
        unknown |= laterality is Laterality.UNKNOWN or body_site is BodySite.UNKNOWN
    sides.pop(BodySite.UNKNOWN, None)
    if any({Laterality.LEFT, Laterality.RIGHT} <= found for found in sides.values()):
        return True
    return None if unknown or not row.measured else False


STUDY_COLUMNS: tuple[Column[StudyRow], ...] = (
    *_of_study(),
    Column("modalities", "string", "Modalities of the study, separated by ;.", _modalities),
    Column("stacks_measured", "integer", "Stacks measured.", lambda row: len(row.measured), required=True),
    Column(
        "stacks_failed",
        "integer",
        "Stacks that should have been measured and were not.",
        _count(State.FAILED),
        required=True,
    ),
    Column(
        "stacks_skipped",
        "integer",
        "Stacks that are no images that this program measures.",
        _count(State.SKIPPED),
        required=True,
    ),
    Column("masses", "integer", "Masses, each counted once.", _if_measured(len)),
    Column(
        "large_masses",
        "integer",
        "Large masses, each counted once.",
        _if_measured(lambda masses: sum(bool(mass.measurements.large) for mass in masses)),
    ),
    Column(
        "largest_mm",
        "number",
        "Largest max_3d_diameter_mm (of a radiograph, a single slice or of slices with gaps: long_axis_mm), of those "
        "that are known.",
        _largest_mm,
        unit="mm",
        decimals=2,
    ),
    Column(
        "total_volume_ml",
        "number",
        "Sum of volume_ml, each mass counted once.",
        _if_measured(_total_volume_ml),
        unit="mL",
        decimals=4,
    ),
    Column("sites", "string", "Sites of the masses, separated by ;.", _sites),
    Column(
        "symmetric",
        "boolean",
        "Whether a site has masses on both sides; empty while a side or site is not known that could make it so.",
        _symmetric,
    ),
    Column(
        "review_state",
        "string",
        "How much of it readers have accepted or rejected.",
        lambda row: review_state(row.lesions),
        words=ReviewState,
        required=True,
    ),
    Column("readers", "string", "Who reviewed it, separated by ;.", _readers),
)
"""Columns of studies.csv: a row a study, so that "no mass" and "not measured" are different."""


def _of_stack(attribute: str) -> Callable[[Outcome], object]:
    return lambda outcome: outcome.stack and getattr(outcome.stack, attribute)


SERIES_COLUMNS: tuple[Column[Outcome], ...] = (
    Column("patient_id", "string", "PatientID.", _of_stack("patient_id")),
    Column("study_date", "date", "Date of the study.", _of_stack("study_date")),
    Column("study_uid", "string", "StudyInstanceUID.", _of_stack("study_uid")),
    Column("series_uid", "string", "SeriesInstanceUID.", _of_stack("series_uid")),
    Column("stack_number", "integer", "Stack (grid) of the series.", _of_stack("stack_number")),
    Column("modality", "string", "Modality.", _of_stack("modality")),
    Column("description", "string", "SeriesDescription.", _of_stack("description")),
    Column(
        "path",
        "string",
        "The stack's first file in slice order, relative to the PATH that held it.",
        lambda outcome: outcome.path,
    ),
    Column("instances", "integer", "Images.", _of_stack("image_count")),
    Column("state", "string", "What became of it.", lambda outcome: outcome.state, words=State, required=True),
    Column("reason", "string", "A code (README).", lambda outcome: outcome.reason),
    Column("message", "string", "For a person.", lambda outcome: outcome.message),
    Column(
        "lesions",
        "integer",
        "Calcified masses that no reader has rejected.",
        lambda outcome: len(outcome.masses) if outcome.state is State.MEASURED else None,
    ),
    Column(
        "review_state",
        "string",
        "How much of it readers have accepted or rejected.",
        lambda outcome: review_state(outcome.lesions) if outcome.state is State.MEASURED else None,
        words=ReviewState,
    ),
    Column("seconds", "number", "Time it took.", lambda outcome: outcome.seconds, unit="s", decimals=3),
)
"""Columns of private/series.csv: a row a stack, or a file that cannot be read."""


REVISION_COLUMNS: tuple[Column[RevisionRow], ...] = (
    Column("revision_number", "integer", "From 1 for each lesion.", lambda row: row.revision.number, required=True),
    Column(
        "base_revision_number",
        "integer",
        "The revision that it was made from; empty for the first.",
        lambda row: row.revision.base_number,
    ),
    Column("made_at", "datetime", "When it was made, UTC.", lambda row: row.revision.made_at, required=True),
    Column("made_by", "string", "Reader who made it; empty for the program.", lambda row: row.revision.reader),
    Column("why", "string", "What was done.", lambda row: row.revision.why, required=True),
    Column("edit", "string", "The same for all revisions of one edit.", lambda row: row.revision.edit_uid),
    Column(
        "withdrawn",
        "boolean",
        "Whether the lesion is not there from this revision on (merged, taken back, not found again).",
        lambda row: row.revision.withdrawn,
        required=True,
    ),
    *LESION_COLUMNS,  # type: ignore[arg-type] # they ask a row for its stack and its lesion
)
"""Columns of revisions.csv: a row for every state that every lesion ever had."""


def write_csv(reports: Iterable[Report], path: Path, *, naming: Naming | None = None) -> None:
    """Write lesions.csv of reports that no store holds.

    Parameters
    ----------
    reports
        Measured stacks; their order is kept.
    path
        The file; it is written whole or not at all.
    naming
        How patients, dates and UIDs are named; without one these columns stay empty.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    write_lesions(map(Outcome.of, reports), path, naming=naming)


def write_lesions(
    outcomes: Iterable[Outcome],
    path: Path,
    *,
    naming: Naming | None,
    statuses: Collection[Status] = (Status.PROPOSED, Status.ACCEPTED),
    all_tissues: bool = False,
) -> None:
    """Write lesions.csv, or a part of it.

    Parameters
    ----------
    outcomes
        Of every stack; their order is kept, lesions are written largest first in each.
    path
        The file; it is written whole or not at all.
    naming
        How patients, dates and UIDs are named; without one these columns stay empty.
    statuses
        Which lesions to write.
    all_tissues
        Write everything that was found, not calcified masses alone.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    with _open_table(LESION_COLUMNS, path, naming) as write:
        for _, study in _studies(outcomes):
            for outcome in study.outcomes:
                for row in _lesion_rows(outcome, study.links, statuses, all_tissues):
                    write(row)


def write_tables(
    outcomes: Iterable[Outcome], folder: Path, *, naming: Naming | None, all_tissues: bool = False
) -> None:
    """Write lesions.csv, studies.csv, their schemas and private/series.csv.

    Parameters
    ----------
    outcomes
        Of every stack and file, those of a study side by side; one study at a time is held in memory.
    folder
        The output folder, with its folder "private".
    naming
        How the first two name patients, dates and UIDs (without one these columns stay empty); series.csv, which never
        leaves, has what the headers say.
    all_tissues
        Write everything that was found and not rejected into lesions.csv, not calcified masses alone.

    Raises
    ------
    OutputError
        A file cannot be written; each that was is whole.
    """
    with (
        _open_table(LESION_COLUMNS, folder / "lesions.csv", naming) as write_lesion,
        _open_table(STUDY_COLUMNS, folder / "studies.csv", naming) as write_study,
        _open_table(SERIES_COLUMNS, folder / "private" / "series.csv", None) as write_stack,
    ):
        for name, study in _studies(outcomes):
            for outcome in study.outcomes:
                write_stack(outcome)
                for row in _lesion_rows(outcome, study.links, (Status.PROPOSED, Status.ACCEPTED), all_tissues):
                    write_lesion(row)
            if name is not None:
                write_study(study)
    write_atomic(folder / "lesions.schema.json", _schema(LESION_COLUMNS, primary_key=["tracking_uid"]))
    write_atomic(folder / "studies.schema.json", _schema(STUDY_COLUMNS, primary_key=[]))


def write_series(outcomes: Iterable[Outcome], folder: Path) -> None:
    """Write private/series.csv alone, as a run does while it goes on."""
    with _open_table(SERIES_COLUMNS, folder / "private" / "series.csv", None) as write:
        for outcome in outcomes:
            write(outcome)


def write_revisions(revisions: Iterable[tuple[StackFacts, Revision]], path: Path, *, naming: Naming | None) -> None:
    """Write every state that every lesion ever had, for audit and for comparing readers."""
    with _open_table(REVISION_COLUMNS, path, naming) as write:
        for stack, revision in revisions:
            write(RevisionRow(stack, revision))


def _studies(outcomes: Iterable[Outcome]) -> Iterator[tuple[tuple[object, ...] | None, StudyRow]]:
    for name, members in groupby(outcomes, key=_study_of):
        together = tuple(members)
        yield name, StudyRow(together, link(together))


def _lesion_rows(
    outcome: Outcome, links: Mapping[LinkKey, Links], statuses: Collection[Status], all_tissues: bool
) -> Iterator[LesionRow]:
    for lesion in sorted(outcome.lesions, key=largest_first):
        if outcome.stack and lesion.status in statuses and (all_tissues or lesion.is_mass):
            yield LesionRow(outcome.stack, lesion, links.get(link_key(outcome.stack, lesion)))


def _study_of(outcome: Outcome) -> tuple[object, ...] | None:
    """Name a study; without StudyInstanceUID by patient and date. A file that cannot be read belongs to none."""
    stack = outcome.stack
    if stack is None:
        return None
    return (stack.patient_id, stack.study_uid or stack.study_date)


@contextmanager
def _open_table(columns: Sequence[Column[Row]], path: Path, naming: Naming | None) -> Iterator[Callable[[Row], object]]:
    """Open a table with its header written; yields what writes a row."""
    with open_atomic(path) as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([column.name for column in columns])
        cells = [_cell_of(column, naming) for column in columns]
        yield lambda row: writer.writerow([cell(row) for cell in cells])


_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
"""Line breaks, tabs and other control characters. Spaces stay as they are: names of folders may have two in a row."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the beginning of a formula, in ASCII and in full width."""


def _cell_of(column: Column[Row], naming: Naming | None) -> Callable[[Row], str]:
    """Choose once for a table how the cells of a column are made."""
    value, named = column.value, column.named
    if value is None and named is not None and naming is not None:
        value = partial(named, naming)
    if value is None:
        return lambda _: ""
    text = _number_text(column.decimals) if column.kind == "number" else _TEXTS[column.kind]
    if column.words is not None:
        text = str

    def cell(row: Row) -> str:
        found = value(row)
        return "" if found is None else text(found)

    return cell


def _number_text(decimals: int) -> Callable[[Any], str]:
    form = f".{decimals}f"

    def text(number: float) -> str:
        written = format(number, form)
        # No negative zero.
        return written[1:] if written[0] == "-" and not written.strip("-0.") else written

    return text


def _harmless(text: str) -> str:
    """Keep text from the header in one line, and from running as a formula in a spreadsheet."""
    line = text if text.isprintable() else _CONTROLS.sub(" ", text)
    return f"'{line}" if line.lstrip().startswith(_FORMULA_STARTS) else line


_TEXTS: dict[str, Callable[[Any], str]] = {
    "boolean": lambda truth: "true" if truth else "false",
    "date": date.isoformat,
    "datetime": lambda time: time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    "integer": str,
    "string": lambda text: _harmless(str(text)),
}
"""How each Frictionless type but numbers is written."""


def _schema(columns: Sequence[Column[Any]], primary_key: list[str]) -> str:
    """Describe a table as a Frictionless Table Schema."""
    schema: dict[str, object] = {"fields": [_field(column) for column in columns], "missingValues": [""]}
    if primary_key:
        schema["primaryKey"] = primary_key
    return json.dumps(schema, indent=2) + "\n"


def _field(column: Column[Any]) -> dict[str, object]:
    field: dict[str, object] = {"name": column.name, "type": column.kind, "description": column.description}
    if column.unit:
        field["unit"] = column.unit
    if column.kind == "boolean":
        field |= {"trueValues": ["true"], "falseValues": ["false"]}
    if column.kind == "datetime":
        field["format"] = "%Y-%m-%dT%H:%M:%SZ"
    constraints: dict[str, object] = {"required": True} if column.required else {}
    if column.words:
        constraints["enum"] = [str(word) for word in column.words]
    if constraints:
        field["constraints"] = constraints
    return field

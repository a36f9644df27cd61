"""lesions.csv, studies.csv, series.csv and their schemas. The columns below are the data dictionary.

RFC 4180, UTF-8, a point as decimal mark; empty is not known or not applicable. A column without a `value` belongs to
the contract and is not computed by this version: it stays empty.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from calcimeasure.export.whole import write_whole
from calcimeasure.model import (
    AlgorithmType,
    BodySite,
    Failure,
    Laterality,
    Lesion,
    Report,
    Series,
    SideSource,
    SiteSource,
    SpacingSource,
    State,
    Status,
    Tissue,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from enum import StrEnum
    from pathlib import Path

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
    identifying
        Written with --identified only.
    """

    name: str
    kind: str
    description: str
    value: Callable[[Row], object] | None = None
    unit: str = ""
    decimals: int = 0
    words: type[StrEnum] | tuple[str, ...] | None = None
    identifying: bool = False
    required: bool = False


@dataclass(frozen=True, slots=True)
class LesionRow:
    """A lesion, with the stack that it was found in."""

    report: Report
    lesion: Lesion


@dataclass(frozen=True, slots=True)
class StudyRow:
    """A study: its measured stacks, and those that were not measured."""

    reports: list[Report] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    @property
    def any_series(self) -> Series:
        """One of its series: they share patient, date and study."""
        found = [report.series for report in self.reports]
        found += [failure.series for failure in self.failures if failure.series is not None]
        return found[0]


def _mm(name: str, description: str, value: Callable[[LesionRow], object] | None = None) -> Column[LesionRow]:
    return Column(name, "number", description, value, unit="mm", decimals=2)


def _number(
    name: str, unit: str, decimals: int, description: str, value: Callable[[LesionRow], object] | None = None
) -> Column[LesionRow]:
    return Column(name, "number", description, value, unit=unit, decimals=decimals)


def _of_instance(row: LesionRow, attribute: str) -> object:
    return getattr(row.report.series.instances[row.lesion.measurements.long_axis_slice], attribute)


LESION_COLUMNS: tuple[Column[LesionRow], ...] = (
    Column("patient_key", "string", "PatientID.", lambda row: row.report.series.patient_id, identifying=True),
    Column("study_date", "date", "Date of the study.", lambda row: row.report.series.study_date, identifying=True),
    Column("dates_shifted", "boolean", "Whether dates are shifted.", lambda _: False, identifying=True),
    Column("study_uid", "string", "StudyInstanceUID.", lambda row: row.report.series.study_uid, identifying=True),
    Column("series_uid", "string", "SeriesInstanceUID.", lambda row: row.report.series.series_uid, identifying=True),
    Column("series_number", "integer", "SeriesNumber.", lambda row: row.report.series.series_number),
    Column(
        "stack_number",
        "integer",
        "Stack (grid) of the series, from 1.",
        lambda row: row.report.series.stack_number,
        required=True,
    ),
    Column("modality", "string", "CT, CR, DX, ...", lambda row: row.report.series.modality, required=True),
    Column("view_position", "string", "View of a radiograph."),
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
    Column("study_lesion_number", "integer", "The same number is the same mass in other series of the study."),
    Column("primary", "boolean", "True on exactly one row of each mass of the study."),
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
    Column("pair_number", "integer", "The same number on both members of a symmetric pair in the study."),
    Column(
        "large",
        "boolean",
        "Whether max_3d_diameter_mm (of a single slice or of slices with gaps: long_axis_mm) is at least "
        "settings.large_diameter_mm.",
        lambda row: row.lesion.measurements.large,
    ),
    _mm(
        "long_axis_mm",
        "Longest caliper of the outline in the acquisition plane, over slices (RECIST 1.1; SCT 103339001).",
        lambda row: row.lesion.measurements.long_axis.length_mm,
    ),
    _mm(
        "short_axis_mm",
        "Longest chord of the outline perpendicular to the long axis, in its slice (SCT 103340004).",
        lambda row: row.lesion.measurements.short_axis.length_mm,
    ),
    Column(
        "long_axis_sop_uid",
        "string",
        "SOPInstanceUID of the slice that the long axis lies on.",
        lambda row: _of_instance(row, "sop_uid"),
        identifying=True,
    ),
    Column(
        "long_axis_instance_number",
        "integer",
        "InstanceNumber of the slice that the long axis lies on.",
        lambda row: _of_instance(row, "instance_number"),
    ),
    _mm(
        "max_3d_diameter_mm",
        "Largest distance between two points of the lesion's surface (IBSI L0JK).",
        lambda row: row.lesion.measurements.max_3d_diameter and row.lesion.measurements.max_3d_diameter.length_mm,
    ),
    *(
        _mm(
            f"extent_{letters}_mm",
            f"Extent along the patient's {words} axis.",
            lambda row, index=index: (
                row.lesion.measurements.extents_lps_mm  # type: ignore[misc]
                and row.lesion.measurements.extents_lps_mm[index]
            ),
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
        lambda row: row.lesion.measurements.volume_ml,
    ),
    _number(
        "volume_mesh_ml",
        "mL",
        4,
        "Volume inside the mesh of the outline (IBSI RNU0).",
        lambda row: row.lesion.measurements.volume_mesh_ml,
    ),
    _number(
        "volume_voxels_ml",
        "mL",
        4,
        "Volume of the outline's voxels (IBSI YEKZ).",
        lambda row: row.lesion.measurements.volume_voxels_ml,
    ),
    _number(
        "area_mm2",
        "mm2",
        2,
        "Area of the outline in a single CT slice or on a radiograph.",
        lambda row: row.lesion.measurements.area_mm2,
    ),
    _number(
        "surface_area_mm2",
        "mm2",
        2,
        "Area of the mesh of the outline (IBSI C0JK).",
        lambda row: row.lesion.measurements.surface_area_mm2,
    ),
    _number(
        "sphericity",
        "",
        4,
        "Area of a ball of the mesh's volume divided by the mesh's area (IBSI QCFX).",
        lambda row: row.lesion.measurements.sphericity,
    ),
    *(
        _number(
            f"{statistic}_hu",
            "[hnsf'U]",
            1,
            f"{words} of the voxels inside the outline.",
            lambda row, name=f"{statistic}_hu": getattr(row.lesion.measurements, name),  # type: ignore[misc]
        )
        for statistic, words in (
            ("mean", "Mean"),
            ("median", "Median"),
            ("sd", "Standard deviation (of the population)"),
            ("max", "Maximum"),
        )
    ),
    _number("mean_contrast", "", 4, "Radiograph: mean contrast to the local background."),
    _number(
        "boundary_hu",
        "[hnsf'U]",
        1,
        "Local half-maximum used as the edge, median over the surface.",
        lambda row: row.lesion.measurements.boundary_hu,
    ),
    _mm(
        "long_axis_u95_mm",
        "Half-width of the 95 % interval of long_axis_mm, of this scan.",
        lambda row: row.lesion.measurements.long_axis_u95_mm,
    ),
    _mm(
        "max_3d_diameter_u95_mm",
        "Half-width of the 95 % interval of max_3d_diameter_mm, of this scan.",
        lambda row: row.lesion.measurements.max_3d_diameter_u95_mm,
    ),
    _number(
        "volume_u95_ml",
        "mL",
        4,
        "Half-width of the 95 % interval of volume_ml, of this scan.",
        lambda row: row.lesion.measurements.volume_u95_ml,
    ),
    *(
        _mm(
            f"centroid_{letter}_lps_mm",
            f"Centroid of the outline, not weighted by attenuation, {letter} of LPS.",
            lambda row, index=index: row.lesion.measurements.centroid_lps_mm[index],  # type: ignore[misc]
        )
        for index, letter in enumerate("xyz")
    ),
    Column("touches_bone", "boolean", "Whether it touches bone."),
    _number("bone_contact_mm2", "mm2", 2, "Area of its contact with bone."),
    Column(
        "truncated",
        "boolean",
        "Whether it reaches the edge of what was imaged: its sizes are lower bounds.",
        lambda row: row.lesion.measurements.truncated,
    ),
    _number("long_axis_px", "{pixels}", 2, "Radiograph: long axis in units of the column spacing."),
    _number("short_axis_px", "{pixels}", 2, "Radiograph: short axis in units of the column spacing."),
    _number("area_px", "{pixels}", 1, "Radiograph: area in units of the column spacing squared."),
    Column(
        "spacing_source",
        "string",
        "Where millimeters come from: in the patient on CT.",
        lambda _: SpacingSource.PATIENT,
        words=SpacingSource,
    ),
    Column(
        "row_spacing_mm",
        "number",
        "Distance between rows.",
        lambda row: row.report.geometry.row_spacing_mm,
        unit="mm",
        decimals=6,
    ),
    Column(
        "column_spacing_mm",
        "number",
        "Distance between columns.",
        lambda row: row.report.geometry.column_spacing_mm,
        unit="mm",
        decimals=6,
    ),
    Column(
        "slice_spacing_mm",
        "number",
        "Median distance between slices along their normal.",
        lambda row: row.report.geometry.slice_spacing_mm,
        unit="mm",
        decimals=4,
    ),
    Column(
        "slice_thickness_mm",
        "number",
        "SliceThickness as the header says.",
        lambda row: row.report.series.slice_thickness_mm,
        unit="mm",
        decimals=4,
    ),
    Column("kvp", "number", "KVP as the header says.", lambda row: row.report.series.kvp, unit="kV", decimals=1),
    Column(
        "convolution_kernel",
        "string",
        "ConvolutionKernel as the header says.",
        lambda row: row.report.series.convolution_kernel,
    ),
    Column(
        "contrast_agent",
        "boolean",
        "Whether the header names a contrast agent; empty where it says nothing.",
        lambda row: row.report.series.contrast_agent,
    ),
    Column("notices", "string", "Codes, separated by ; (README).", lambda row: ";".join(row.lesion.notices)),
    Column(
        "software_version",
        "string",
        "Version of calcimeasure.",
        lambda row: row.report.software_version,
        required=True,
    ),
    Column(
        "settings_hash",
        "string",
        "Names the settings that were measured with.",
        lambda row: row.report.settings_hash,
        required=True,
    ),
)
"""Columns of lesions.csv: a row a lesion in a stack."""


def _count(state: State) -> Callable[[StudyRow], object]:
    return lambda row: sum(failure.state is state for failure in row.failures)


def _if_counted_once(count: Callable[[Report], float | None]) -> Callable[[StudyRow], object]:
    """Count only where one stack was measured: the same mass may lie in several."""
    return lambda row: count(row.reports[0]) if len(row.reports) == 1 else None


def _modalities(row: StudyRow) -> str:
    series = [report.series for report in row.reports] + [one.series for one in row.failures if one.series]
    return ";".join(sorted({one.modality for one in series if one.modality}))


def _total_volume_ml(report: Report) -> float | None:
    """Sum the volumes; unknown where one of them is."""
    volumes = [lesion.measurements.volume_ml for lesion in report.lesions]
    return None if None in volumes else math.fsum(volume for volume in volumes if volume is not None)


def _largest_mm(row: StudyRow) -> float | None:
    sizes = [
        (lesion.measurements.max_3d_diameter or lesion.measurements.long_axis).length_mm
        for report in row.reports
        for lesion in report.lesions
    ]
    return max(sizes, default=None)


_REVIEW = ("none", "partial", "done")

_ONCE = (
    " Empty where several stacks of the study were measured: this version cannot tell whether they show the same mass."
)

STUDY_COLUMNS: tuple[Column[StudyRow], ...] = (
    Column("patient_key", "string", "PatientID.", lambda row: row.any_series.patient_id, identifying=True),
    Column("study_date", "date", "Date of the study.", lambda row: row.any_series.study_date, identifying=True),
    Column("dates_shifted", "boolean", "Whether dates are shifted.", lambda _: False, identifying=True),
    Column("study_uid", "string", "StudyInstanceUID.", lambda row: row.any_series.study_uid, identifying=True),
    Column("modalities", "string", "Modalities of the study, separated by ;.", _modalities),
    Column("stacks_measured", "integer", "Stacks measured.", lambda row: len(row.reports), required=True),
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
    Column(
        "masses", "integer", "Masses, each counted once." + _ONCE, _if_counted_once(lambda report: len(report.lesions))
    ),
    Column(
        "large_masses",
        "integer",
        "Large masses, each counted once." + _ONCE,
        _if_counted_once(lambda report: sum(bool(lesion.measurements.large) for lesion in report.lesions)),
    ),
    Column(
        "largest_mm",
        "number",
        "Largest max_3d_diameter_mm (of a single slice or of slices with gaps: long_axis_mm).",
        _largest_mm,
        unit="mm",
        decimals=2,
    ),
    Column(
        "total_volume_ml",
        "number",
        "Sum of volume_ml, each mass counted once." + _ONCE,
        _if_counted_once(_total_volume_ml),
        unit="mL",
        decimals=4,
    ),
    Column("sites", "string", "Sites of the masses, separated by ;."),
    Column("symmetric", "boolean", "Whether a site has masses on both sides."),
    Column("review_state", "string", "How much of it is reviewed.", lambda _: "none", words=_REVIEW, required=True),
    Column("readers", "string", "Readers, separated by ;."),
)
"""Columns of studies.csv: a row a study, so that "no mass" and "not measured" are different."""


def _from_series(attribute: str) -> Callable[[Report | Failure], object]:
    return lambda result: result.series and getattr(result.series, attribute)


def _path(result: Report | Failure) -> str:
    first = result.series.relative_path if isinstance(result, Report) else result.relative_path
    return first.as_posix()


SERIES_COLUMNS: tuple[Column[Report | Failure], ...] = (
    Column("patient_id", "string", "PatientID.", _from_series("patient_id")),
    Column("study_date", "date", "Date of the study.", _from_series("study_date")),
    Column("study_uid", "string", "StudyInstanceUID.", _from_series("study_uid")),
    Column("series_uid", "string", "SeriesInstanceUID.", _from_series("series_uid")),
    Column("stack_number", "integer", "Stack (grid) of the series.", _from_series("stack_number")),
    Column("modality", "string", "Modality.", _from_series("modality")),
    Column("description", "string", "SeriesDescription.", _from_series("description")),
    Column("path", "string", "The stack's first file in slice order, relative to the PATH that held it.", _path),
    Column("instances", "integer", "Images.", lambda result: len(result.series.instances) if result.series else None),
    Column(
        "state",
        "string",
        "What became of it.",
        lambda result: result.state if isinstance(result, Failure) else State.MEASURED,
        words=State,
        required=True,
    ),
    Column("reason", "string", "A code (README).", lambda result: getattr(result, "reason", None)),
    Column("message", "string", "For a person.", lambda result: getattr(result, "message", None)),
    Column(
        "lesions", "integer", "Lesions.", lambda result: len(result.lesions) if isinstance(result, Report) else None
    ),
    Column(
        "review_state",
        "string",
        "How much of it is reviewed.",
        lambda result: "none" if isinstance(result, Report) else None,
        words=_REVIEW,
    ),
    Column("seconds", "number", "Time it took.", lambda result: result.seconds, unit="s", decimals=3),
)
"""Columns of private/series.csv: a row a stack, or a file that cannot be read."""


def write_csv(reports: Iterable[Report], path: Path, *, identified: bool = False) -> None:
    """Write lesions.csv.

    Parameters
    ----------
    reports
        Measured stacks; their order and that of their lesions is kept.
    path
        The file; it is written whole or not at all.
    identified
        Write PatientID, dates and UIDs; otherwise these columns stay empty.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    rows = [LesionRow(report, lesion) for report in reports for lesion in report.lesions]
    write_whole(path, _table(LESION_COLUMNS, rows, identified=identified))


def write_tables(results: Sequence[Report | Failure], folder: Path, *, identified: bool) -> None:
    """Write lesions.csv, studies.csv, their schemas and private/series.csv.

    Parameters
    ----------
    results
        Every stack, measured or not.
    folder
        The output folder, with its folder "private".
    identified
        Write PatientID, dates and UIDs into the first two; series.csv, which never leaves, always has them.

    Raises
    ------
    OutputError
        A file cannot be written; each that was is whole.
    """
    reports = [result for result in results if isinstance(result, Report)]
    write_csv(reports, folder / "lesions.csv", identified=identified)
    write_whole(folder / "studies.csv", _table(STUDY_COLUMNS, _studies(results), identified=identified))
    write_whole(folder / "lesions.schema.json", _schema(LESION_COLUMNS, primary_key=["tracking_uid"]))
    write_whole(folder / "studies.schema.json", _schema(STUDY_COLUMNS, primary_key=[]))
    write_whole(folder / "private" / "series.csv", _table(SERIES_COLUMNS, results, identified=True))


def _studies(results: Iterable[Report | Failure]) -> list[StudyRow]:
    """Group by study; without StudyInstanceUID by patient and date. A file that cannot be read belongs to none."""
    studies: dict[tuple[object, ...], StudyRow] = defaultdict(StudyRow)
    for result in results:
        series = result.series
        if series is None:
            continue
        key = (series.study_uid,) if series.study_uid else ("", series.patient_id, series.study_date)
        if isinstance(result, Report):
            studies[key].reports.append(result)
        else:
            studies[key].failures.append(result)
    return list(studies.values())


def _table(columns: Sequence[Column[Row]], rows: Iterable[Row], *, identified: bool) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([column.name for column in columns])
    for row in rows:
        writer.writerow([_cell(column, row, identified) for column in columns])
    return text.getvalue()


_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
"""Line breaks, tabs and other control characters. Spaces stay as they are: names of folders may have two in a row."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the beginning of a formula, in ASCII and in full width."""


def _cell(column: Column[Row], row: Row, identified: bool) -> str:
    value = column.value(row) if column.value and (identified or not column.identifying) else None
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        # Adding zero turns -0.0 into 0.0.
        return f"{round(value, column.decimals) + 0.0:.{column.decimals}f}"
    return _harmless(str(value))


def _harmless(text: str) -> str:
    """Keep text from the header in one line, and from running as a formula in a spreadsheet."""
    line = _CONTROLS.sub(" ", text)
    return f"'{line}" if line.lstrip().startswith(_FORMULA_STARTS) else line


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

"""lesions.csv, studies.csv, series.csv and the schemas, against the contract typed in here."""

import csv
import hashlib
import io
import json
import locale
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calcimeasure.analysis.pipeline import analyze
from calcimeasure.errors import StoreError
from calcimeasure.export import (
    Identified,
    Leaving,
    Pseudonyms,
    write_csv,
    write_lesions,
    write_revisions,
    write_tables,
    write_tracking_uids,
)
from calcimeasure.export.columns import Column
from calcimeasure.export.lesions import LESION_COLUMNS
from calcimeasure.export.stacks import SERIES_COLUMNS
from calcimeasure.export.studies import STUDY_COLUMNS
from calcimeasure.load import find_series
from calcimeasure.model import (
    AlgorithmType,
    BodySite,
    Failure,
    Laterality,
    Lesion,
    Outcome,
    Report,
    Revision,
    Side,
    SideSource,
    Site,
    SiteSource,
    State,
    Status,
    Tissue,
)
from calcimeasure.study import linked_studies
from tests.dicom_phantom import write_series
from tests.phantoms import straight_grid
from tests.tables import header_of, problems, read, write_ct


def words(text: str) -> list[str]:
    return text.split()


LESIONS = words("""
patient_key study_date dates_shifted study_uid series_uid series_number stack_number modality view_position
lesion_number tracking_uid study_lesion_number primary status algorithm_type reader reviewed_at tissue
tissue_confidence laterality laterality_source laterality_confidence laterality_conflict laterality_hint
distance_to_midline_mm site site_detail site_source pair_number large long_axis_mm short_axis_mm long_axis_sop_uid
long_axis_instance_number max_3d_diameter_mm extent_rl_mm extent_ap_mm extent_si_mm volume_ml volume_mesh_ml
volume_voxels_ml parts envelope_ml envelope_u95_ml envelope_mm2 envelope_u95_mm2 fill_fraction morphology
morphology_confidence morphology_source fluid_level skin_distance_mm canal canal_narrowed_percent area_mm2
surface_area_mm2 sphericity mean_hu median_hu sd_hu max_hu mean_contrast boundary_hu
long_axis_u95_mm max_3d_diameter_u95_mm volume_u95_ml centroid_x_lps_mm centroid_y_lps_mm centroid_z_lps_mm
touches_bone bone_contact_mm2 truncated long_axis_px short_axis_px area_px envelope_px spacing_source row_spacing_mm
column_spacing_mm slice_spacing_mm slice_thickness_mm kvp convolution_kernel contrast_agent notices software_version
settings_hash
""")

STUDIES = words("""
patient_key study_date dates_shifted study_uid modalities stacks_measured stacks_failed stacks_skipped masses
large_masses largest_mm total_volume_ml sites symmetric review_state readers stack_notices
""")

SERIES = words("""
patient_id study_date study_uid series_uid stack_number modality description path instances state reason message
lesions review_state seconds notices
""")

_SOURCES_OF_SIDE = ["reader", "dicom_tag", "bone_labels", "body_midline", "marker", "description", "none"]
_SIDES = ["right", "left", "midline", "unknown"]
WORDS = {
    "status": ["proposed", "accepted", "rejected"],
    "algorithm_type": ["automatic", "semiautomatic", "manual"],
    "tissue": words("calcified_mass other_calcification contrast bone metal outside artifact unknown"),
    "laterality": _SIDES,
    "laterality_hint": _SIDES,
    "laterality_source": _SOURCES_OF_SIDE,
    "site": words(
        "hand_wrist forearm elbow upper_arm shoulder chest spine pelvis hip thigh knee lower_leg ankle_foot head_neck "
        "abdomen unknown"
    ),
    "site_source": ["reader", "dicom_tag", "bone_labels", "description", "geometry", "none"],
    "morphology_source": words("image reader"),
    "canal": words("none foramen canal"),
    "morphology": words("solid lobulated loculated granular net shell plate"),
    "spacing_source": words("patient calibrated magnification_corrected detector_plane uncertain reader none"),
    "review_state": ["none", "partial", "done"],
}

IDENTIFYING = [
    *("patient_key", "study_date", "dates_shifted", "study_uid", "series_uid", "tracking_uid", "long_axis_sop_uid")
]

NAMES = Pseudonyms(bytes(32), {"CALCI-PHANTOM": "SSC-7"})


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = tmp_path_factory.mktemp("ct")
    write_ct(folder, seed="table")
    return analyze(find_series(folder).series[0])


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    (folder / "private").mkdir(parents=True)
    return folder


def tables(results: Sequence[Report | Failure], out: Path, *, identified: bool) -> None:
    write_tables(linked_studies(map(Outcome.of, results)), out, naming=Identified() if identified else NAMES)


def written(results: Sequence[Report | Failure], out: Path, *, identified: bool = True) -> list[dict[str, str]]:
    """Rows of studies.csv."""
    tables(results, out, identified=identified)
    return read(out / "studies.csv")


def lesion_rows(reports: Sequence[Report], out: Path, *, identified: bool = True) -> list[dict[str, str]]:
    write_csv(reports, out / "lesions.csv", naming=Identified() if identified else None)
    return read(out / "lesions.csv")


def with_series(report: Report, **facts: object) -> Report:
    return replace(report, stack=replace(report.stack, **facts))


def with_lesion(report: Report, **facts: object) -> Report:
    """The report with its first lesion alone, changed."""
    return replace(report, lesions=(replace(report.lesions[0], **facts),))


def failure(report: Report, state: State = State.FAILED, reason: str = "missing_slice", **facts: object) -> Failure:
    return Failure(state, reason, "Expected, found, where, what to do.", replace(report.stack, **facts))


# The contract


@pytest.mark.parametrize(
    ("table", "contract"), [("lesions.csv", LESIONS), ("studies.csv", STUDIES), ("private/series.csv", SERIES)]
)
def test_columns_are_those_of_the_contract_in_its_order(
    measured: Report, out: Path, table: str, contract: list[str]
) -> None:
    tables([measured], out, identified=False)
    found = header_of(out / table)
    assert [name for name in found if name in contract] == contract
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("table", ["lesions", "studies"])
def test_schema_describes_the_columns_of_the_table(measured: Report, out: Path, table: str) -> None:
    tables([measured], out, identified=False)
    schema = json.loads((out / f"{table}.schema.json").read_text(encoding="utf-8"))
    assert [field["name"] for field in schema["fields"]] == header_of(out / f"{table}.csv")
    assert all(field["description"].endswith(".") for field in schema["fields"])
    assert schema["missingValues"] == [""]


@pytest.mark.parametrize(("table", "columns"), [("lesions", LESION_COLUMNS), ("studies", STUDY_COLUMNS)])
def test_words_of_the_schema_are_those_of_the_contract(
    measured: Report, out: Path, table: str, columns: Sequence[Column[Any]]
) -> None:
    tables([measured], out, identified=False)
    schema = json.loads((out / f"{table}.schema.json").read_text(encoding="utf-8"))
    enums = {
        field["name"]: field["constraints"]["enum"]
        for field in schema["fields"]
        if "enum" in field.get("constraints", {})
    }
    assert enums == {name: words for name, words in WORDS.items() if name in {column.name for column in columns}}


def test_states_of_series_csv_are_those_of_the_contract() -> None:
    assert [str(state) for state in State] == ["measured", "skipped", "failed"]


@pytest.mark.parametrize(
    "columns", [LESION_COLUMNS, STUDY_COLUMNS, SERIES_COLUMNS], ids=["lesions", "studies", "series"]
)
def test_unit_stands_in_the_name_of_the_column(columns: Sequence[Column[Any]]) -> None:
    units = {"mm": "_mm", "mm2": "_mm2", "mL": "_ml", "[hnsf'U]": "_hu", "{pixels}": "_px"}
    for column in columns:
        for unit, ending in units.items():
            assert (column.unit == unit) == column.name.endswith(ending), column.name


# Frictionless


def known_in_full(report: Report) -> Report:
    """A report whose first lesion was judged and reviewed."""
    return with_lesion(
        report,
        tissue=Tissue.CALCIFIED_MASS,
        tissue_confidence=0.875,
        side=Side(Laterality.UNKNOWN, SideSource.NONE, 0.0, True, Laterality.LEFT, -12.345),
        site=Site(BodySite.HIP, SiteSource.GEOMETRY, "greater trochanter"),
        status=Status.ACCEPTED,
        algorithm_type=AlgorithmType.MANUAL,
        reader="Ä. Reader",
        reviewed_at=datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC),
    )


@pytest.mark.parametrize("table", ["lesions", "studies"])
@pytest.mark.parametrize("identified", [True, False])
@pytest.mark.parametrize("change", [lambda report: report, known_in_full], ids=["proposed", "reviewed"])
def test_frictionless_finds_nothing(
    measured: Report, out: Path, table: str, identified: bool, change: Callable[[Report], Report]
) -> None:
    tables([change(measured), failure(measured, study_uid="1.2.3")], out, identified=identified)
    assert problems(out, table) == []


@pytest.mark.parametrize(
    ("table", "column", "cell", "problem"),
    [
        ("lesions", "status", "maybe", "constraint-error"),
        ("lesions", "spacing_source", "guess", "constraint-error"),
        ("lesions", "software_version", "", "constraint-error"),
        ("lesions", "long_axis_mm", "9,43", "type-error"),
        ("lesions", "lesion_number", "1.5", "type-error"),
        ("lesions", "truncated", "True", "type-error"),
        ("lesions", "study_date", "15.01.2024", "type-error"),
        ("lesions", "reviewed_at", "2024-05-06", "type-error"),
        ("studies", "stacks_measured", "", "constraint-error"),
        ("studies", "largest_mm", "large", "type-error"),
        ("studies", "review_state", "half", "constraint-error"),
    ],
)
def test_frictionless_finds_a_broken_cell(
    measured: Report, out: Path, table: str, column: str, cell: str, problem: str
) -> None:
    tables([measured], out, identified=True)
    rows = read(out / f"{table}.csv")
    rows[0][column] = cell
    rewrite(out / f"{table}.csv", rows)
    assert problems(out, table) == [problem]


def test_frictionless_finds_a_lesion_that_is_there_twice(measured: Report, out: Path) -> None:
    tables([measured], out, identified=False)
    rows = read(out / "lesions.csv")
    rewrite(out / "lesions.csv", [rows[0], *rows])
    assert problems(out, "lesions") == ["primary-key"]


def rewrite(path: Path, rows: Sequence[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


# Cells


def test_lines_end_as_rfc_4180_says(measured: Report, out: Path) -> None:
    tables([measured, failure(measured)], out, identified=True)
    for table in ("lesions.csv", "studies.csv", "private/series.csv"):
        content = (out / table).read_bytes()
        assert content.endswith(b"\r\n")
        assert content.count(b"\n") == content.count(b"\r\n") == content.count(b"\r")


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("plain", "plain"),
        ("a,b", "a,b"),
        ('say "B30f"', 'say "B30f"'),
        ("größer ≥ 2 µm 石灰化", "größer ≥ 2 µm 石灰化"),
        ("two  spaces", "two  spaces"),
        ("two\r\nlines", "two lines"),
        ("a\ttab", "a tab"),
        ("nul\0bell\aescape\x1b[31mcsi\x9b", "nul bell escape [31mcsi "),
        ("line\u2028separator", "line separator"),
        ("=1+1", "'=1+1"),
        ("+49 30", "'+49 30"),
        ("-B30f", "'-B30f"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1+1", "' =1+1"),
        ("\r\n=1+1", "' =1+1"),
        ("\0=1+1", "' =1+1"),
        ("  =1+1", "'  =1+1"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("a=b", "a=b"),
        ("'quoted'", "'quoted'"),
    ],
)
@pytest.mark.parametrize("column", ["patient_id", "description"])
def test_text_of_the_header_is_harmless(measured: Report, out: Path, column: str, text: str, cell: str) -> None:
    tables([with_series(measured, **{column: text})], out, identified=True)
    (row,) = read(out / "private/series.csv")
    assert row[column] == cell


@pytest.mark.parametrize("column", ["reason", "message"])
def test_text_of_a_message_is_harmless(measured: Report, out: Path, column: str) -> None:
    tables([replace(failure(measured), **{column: "=cmd()\nsecond line"})], out, identified=True)
    assert read(out / "private/series.csv")[0][column] == "'=cmd() second line"


def test_path_keeps_its_spaces(out: Path, tmp_path: Path) -> None:
    path = tmp_path / " Müller,  Ä" / "a  b.dcm"
    tables([Failure(State.FAILED, "unreadable_file", "Why.", path=path, root=tmp_path)], out, identified=True)
    (row,) = read(out / "private/series.csv")
    assert tmp_path / row["path"] == path


@pytest.fixture(params=["", "de_DE.UTF-8"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    before = locale.setlocale(locale.LC_ALL)
    try:
        locale.setlocale(locale.LC_ALL, request.param)
    except locale.Error:
        pytest.skip(f"the locale {request.param} is not installed here")
    yield request.param
    locale.setlocale(locale.LC_ALL, before)


@pytest.mark.usefixtures("language")
def test_decimal_mark_is_a_point_in_every_language(measured: Report, out: Path) -> None:
    row = lesion_rows([measured], out)[0]
    numbers = [cell for name, cell in row.items() if name.endswith(("_mm", "_ml", "_hu", "_mm2")) and cell]
    assert len(numbers) > 15
    assert all(cell.replace(".", "", 1).lstrip("-").isdigit() for cell in numbers)


@pytest.mark.parametrize(
    ("value", "cell"),
    [(-0.0, "0.00"), (-0.004, "0.00"), (-0.006, "-0.01"), (1e-9, "0.00"), (1234567.891, "1234567.89")],
)
def test_number_has_fixed_decimals_and_no_negative_zero(measured: Report, out: Path, value: float, cell: str) -> None:
    measurements = replace(measured.lesions[0].measurements, centroid_lps_mm=(value, value, value))
    (row,) = lesion_rows([with_lesion(measured, measurements=measurements)], out)
    assert {row[f"centroid_{letter}_lps_mm"] for letter in "xyz"} == {cell}


@pytest.mark.parametrize(("value", "cell"), [(True, "true"), (False, "false"), (None, "")])
def test_truth_is_in_lower_case_and_unknown_is_empty(
    measured: Report, out: Path, value: bool | None, cell: str
) -> None:
    report = with_series(measured, contrast_agent=value)
    assert {row["contrast_agent"] for row in lesion_rows([report], out)} == {cell}


def test_times_are_utc(measured: Report, out: Path) -> None:
    berlin = datetime(2024, 1, 2, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    (row,) = lesion_rows([with_lesion(measured, reviewed_at=berlin)], out)
    assert row["reviewed_at"] == "2024-01-01T23:30:00Z"


def test_what_is_known_of_a_lesion_is_in_its_row(measured: Report, out: Path) -> None:
    (row,) = lesion_rows([known_in_full(measured)], out)
    expected = {
        "tissue": "calcified_mass",
        "tissue_confidence": "0.88",
        "laterality": "unknown",
        "laterality_source": "none",
        "laterality_confidence": "0.00",
        "laterality_conflict": "true",
        "laterality_hint": "left",
        "distance_to_midline_mm": "-12.35",
        "site": "hip",
        "site_detail": "greater trochanter",
        "site_source": "geometry",
        "status": "accepted",
        "algorithm_type": "manual",
        "reader": "Ä. Reader",
        "reviewed_at": "2024-05-06T07:08:09Z",
    }
    assert {name: row[name] for name in expected} == expected


def test_numbers_are_those_of_the_measurement(measured: Report, out: Path) -> None:
    row = lesion_rows([measured], out)[0]
    numbers = measured.lesions[0].measurements
    assert numbers.max_3d_diameter is not None
    assert numbers.extents_lps_mm is not None
    expected = {
        "long_axis_mm": numbers.long_axis.length_mm,
        "short_axis_mm": numbers.short_axis.length_mm,
        "max_3d_diameter_mm": numbers.max_3d_diameter.length_mm,
        "extent_rl_mm": numbers.extents_lps_mm[0],
        "extent_ap_mm": numbers.extents_lps_mm[1],
        "extent_si_mm": numbers.extents_lps_mm[2],
        "centroid_x_lps_mm": numbers.centroid_lps_mm[0],
        "centroid_y_lps_mm": numbers.centroid_lps_mm[1],
        "centroid_z_lps_mm": numbers.centroid_lps_mm[2],
        "mean_hu": 700,
        "volume_voxels_ml": 0.384,
        "row_spacing_mm": 1,
        "slice_spacing_mm": 2,
        "kvp": 120,
    }
    assert {name: float(row[name]) for name in expected} == pytest.approx(expected, abs=0.006)
    assert row["spacing_source"] == "patient"
    assert row["long_axis_instance_number"] == str(measured.stack.instances[numbers.long_axis_slice].instance_number)


@pytest.mark.parametrize("column", ["pair_number", "reader", "site_detail"])
def test_what_is_not_known_is_empty(measured: Report, out: Path, column: str) -> None:
    assert {row[column] for row in lesion_rows([measured], out)} == {""}


def test_columns_that_identify_are_empty_unless_asked_for(measured: Report, out: Path) -> None:
    with_them = lesion_rows([measured], out, identified=True)
    without = lesion_rows([measured], out, identified=False)
    assert all(row[name] for row in with_them for name in IDENTIFYING)
    assert [row | dict.fromkeys(IDENTIFYING, "") for row in with_them] == without


# Rows


def test_lesions_are_in_the_order_of_the_report(measured: Report, out: Path) -> None:
    other = with_series(measured, series_number=7)
    rows = lesion_rows([other, measured], out)
    assert [(row["series_number"], row["lesion_number"]) for row in rows] == [
        ("7", "1"), ("7", "2"), ("1", "1"), ("1", "2"),
    ]  # fmt: skip
    assert [float(row["volume_voxels_ml"]) for row in rows[:2]] == [0.384, 0.08]


def test_lesions_of_equal_size_are_in_the_order_of_their_place(tmp_path: Path, out: Path) -> None:
    hu = np.full((8, 20, 20), -1000, dtype=np.int16)
    for k, j, i in ((5, 2, 2), (1, 12, 2), (1, 2, 12), (1, 2, 2)):
        hu[k : k + 2, j : j + 5, i : i + 5] = 500
    write_series(tmp_path / "ct", hu, straight_grid(hu.shape, (2.0, 1.0, 1.0)), shuffle_seed=3)
    rows = lesion_rows([analyze(find_series(tmp_path / "ct").series[0])], out)
    places = [tuple(float(row[f"centroid_{letter}_lps_mm"]) for letter in "zyx") for row in rows]
    assert len(places) == 4
    assert places == sorted(places)


def test_no_lesion_is_a_table_with_its_header_alone(measured: Report, out: Path) -> None:
    assert lesion_rows([replace(measured, lesions=())], out) == []
    assert header_of(out / "lesions.csv") == [column.name for column in LESION_COLUMNS]


def test_write_csv_takes_any_iterable_of_reports(measured: Report, out: Path) -> None:
    write_csv((report for report in [measured]), out / "lesions.csv")
    assert len(read(out / "lesions.csv")) == len(measured.lesions)


def test_series_csv_has_a_row_for_everything(measured: Report, out: Path, tmp_path: Path) -> None:
    results = [
        replace(measured, seconds=1.2345),
        failure(measured, State.SKIPPED, "localizer"),
        Failure(State.FAILED, "unreadable_file", "Why.", path=tmp_path / "a" / "b.dcm", root=tmp_path),
    ]
    tables(results, out, identified=False)
    rows = read(out / "private/series.csv")
    assert [(row["state"], row["reason"], row["lesions"], row["instances"]) for row in rows] == [
        ("measured", "", "2", "6"),
        ("skipped", "localizer", "", "6"),
        ("failed", "unreadable_file", "", ""),
    ]
    assert [row["path"] for row in rows] == ["IM00000.dcm", "IM00000.dcm", "a/b.dcm"]
    assert [row["patient_id"] for row in rows] == ["CALCI-PHANTOM", "CALCI-PHANTOM", ""]
    assert rows[0]["seconds"] == "1.234"


@pytest.mark.parametrize("lesions", [0, 2])
def test_notices_of_a_stack_are_told_also_where_nothing_is_found(measured: Report, out: Path, lesions: int) -> None:
    told = replace(measured, notices=("no_air", "single_slice", "no_air"), lesions=measured.lesions[:lesions])
    not_measured = failure(measured, stack_number=2, notices=("duplicate_dropped",))
    (study,) = written([told, not_measured], out)
    assert [row["notices"] for row in read(out / "private/series.csv")] == ["no_air;single_slice", "duplicate_dropped"]
    assert study["stack_notices"] == "3"
    assert problems(out, "studies") == []


def test_stack_without_notices_has_none(measured: Report, out: Path) -> None:
    (study,) = written([replace(measured, notices=())], out)
    assert read(out / "private/series.csv")[0]["notices"] == ""
    assert study["stack_notices"] == "0"


# Names


def test_pseudonyms_stand_in_every_column_that_identifies(measured: Report, out: Path) -> None:
    write_tables(linked_studies([Outcome.of(measured)]), out, naming=NAMES)
    row = read(out / "lesions.csv")[0]
    (study,) = read(out / "studies.csv")
    stack = Outcome.of(measured).stack
    assert stack is not None
    shifted = NAMES.study_date(stack)
    assert shifted is not None
    for one in (row, study):
        assert (one["patient_key"], one["study_date"], one["dates_shifted"]) == ("SSC-7", shifted.isoformat(), "true")
        assert one["study_uid"] == NAMES.uid(measured.stack.study_uid)
    assert row["series_uid"] == NAMES.uid(measured.stack.series_uid)
    k = measured.lesions[0].measurements.long_axis_slice
    assert row["long_axis_sop_uid"] == NAMES.uid(measured.stack.instances[k].sop_uid)
    assert problems(out, "lesions") == problems(out, "studies") == []


def test_name_that_a_spreadsheet_would_run_is_harmless(measured: Report, out: Path) -> None:
    names = Pseudonyms(bytes(32), {"CALCI-PHANTOM": "=HYPERLINK(1)"})
    write_tables(linked_studies([Outcome.of(measured)]), out, naming=names)
    assert read(out / "lesions.csv")[0]["patient_key"] == "'=HYPERLINK(1)"


# Reviewed


def reviewed(report: Report, *statuses: Status, **facts: object) -> Report:
    lesions = zip(report.lesions, statuses, strict=True)
    return replace(report, lesions=tuple(replace(one, status=status, **facts) for one, status in lesions))


@pytest.mark.parametrize(
    ("statuses", "state", "masses"),
    [
        ((Status.PROPOSED, Status.PROPOSED), "none", "2"),
        ((Status.ACCEPTED, Status.PROPOSED), "partial", "2"),
        ((Status.REJECTED, Status.PROPOSED), "partial", "1"),
        ((Status.REJECTED, Status.ACCEPTED), "done", "1"),
        ((Status.REJECTED, Status.REJECTED), "done", "0"),
    ],
)
def test_review_shows_in_every_table(
    measured: Report, out: Path, statuses: tuple[Status, Status], state: str, masses: str
) -> None:
    reports = [reviewed(measured, *statuses, reader="B. Reader"), with_series(measured, study_uid="1.2.3")]
    study, other = written(reports, out)
    assert (study["review_state"], study["masses"], study["readers"]) == (state, masses, "B. Reader")
    assert (other["review_state"], other["readers"]) == ("none", "")
    stack = read(out / "private/series.csv")[0]
    assert (stack["review_state"], stack["lesions"]) == (state, masses)
    here = [row for row in read(out / "lesions.csv") if row["study_uid"] == measured.stack.study_uid]
    assert len(here) == int(masses)
    assert "rejected" not in {row["status"] for row in here}


def test_only_masses_are_listed_unless_all_tissues_are_asked_for(measured: Report, out: Path) -> None:
    bone = replace(measured.lesions[0], tissue=Tissue.BONE)
    outcome = Outcome.of(replace(measured, lesions=(bone, measured.lesions[1])))
    write_tables(linked_studies([outcome]), out, naming=None)
    assert [row["lesion_number"] for row in read(out / "lesions.csv")] == ["2"]
    assert read(out / "studies.csv")[0]["masses"] == "1"
    write_tables(linked_studies([outcome]), out, naming=None, all_tissues=True)
    assert [(row["lesion_number"], row["tissue"]) for row in read(out / "lesions.csv")] == [
        ("1", "bone"),
        ("2", "calcified_mass"),
    ]


def test_part_of_the_lesions_by_status(measured: Report, out: Path) -> None:
    outcome = Outcome.of(reviewed(measured, Status.REJECTED, Status.ACCEPTED))
    for status, numbers in ((Status.REJECTED, ["1"]), (Status.ACCEPTED, ["2"]), (Status.PROPOSED, [])):
        write_lesions(linked_studies([outcome]), out / "part.csv", naming=None, statuses=(status,))
        assert [row["lesion_number"] for row in read(out / "part.csv")] == numbers


def test_revisions_are_rows_of_lesions_with_who_when_and_why(measured: Report, out: Path) -> None:
    stack = Outcome.of(measured).stack
    assert stack is not None
    at = datetime(2024, 5, 6, 9, 8, 9, tzinfo=timezone(timedelta(hours=2)))
    first = Revision(measured.lesions[0], 1, at, "measured")
    gone = Revision(
        replace(measured.lesions[0], status=Status.REJECTED), 2, at, "rejected", "B. Reader", 1, True, "edit-1"
    )
    write_revisions([(stack, first), (stack, gone)], out / "revisions.csv", naming=Identified())
    assert [name for name in header_of(out / "revisions.csv") if name in LESIONS] == LESIONS
    rows = read(out / "revisions.csv")
    said = ("revision_number", "base_revision_number", "made_at", "made_by", "why", "withdrawn", "edit", "status")
    assert [[row[name] for name in said] for row in rows] == [
        ["1", "", "2024-05-06T07:08:09Z", "", "measured", "false", "", "proposed"],
        ["2", "1", "2024-05-06T07:08:09Z", "B. Reader", "rejected", "true", "edit-1", "rejected"],
    ]
    assert {row["patient_key"] for row in rows} == {"CALCI-PHANTOM"}


def test_pseudonymous_tables_have_no_time_and_shift_every_day_alike(measured: Report, out: Path) -> None:
    stack = Outcome.of(measured).stack
    assert stack is not None
    assert stack.study_date is not None
    shifted = NAMES.study_date(stack)
    assert shifted is not None
    lesion = replace(measured.lesions[0], reviewed_at=datetime(2024, 5, 7, 0, 30, tzinfo=UTC), reader="B. Reader")
    made = datetime(2024, 5, 7, 1, 30, tzinfo=timezone(timedelta(hours=2)))  # in UTC the day before
    write_revisions(
        [(stack, Revision(lesion, 2, made, "accepted", "B. Reader", 1, False, "edit-1"))],
        out / "revisions.csv",
        naming=NAMES,
    )
    (row,) = read(out / "revisions.csv")
    shift = stack.study_date - shifted
    assert row["reviewed_at"] == (date(2024, 5, 7) - shift).isoformat()
    assert row["made_at"] == (date(2024, 5, 6) - shift).isoformat()
    assert row["edit"] == NAMES.uid("edit-1")
    assert row["tracking_uid"] == NAMES.uid(lesion.tracking_uid)


def test_schema_of_identified_tables_has_times_and_that_of_others_days(measured: Report, out: Path) -> None:
    for identified, kind in ((True, "datetime"), (False, "date")):
        tables([measured], out, identified=identified)
        schema = json.loads((out / "lesions.schema.json").read_text(encoding="utf-8"))
        assert {field["type"] for field in schema["fields"] if field["name"] == "reviewed_at"} == {kind}


def test_one_pass_writes_a_pair_of_tables_for_each_naming(measured: Report, out: Path) -> None:
    identified = out / "private" / "identified"
    identified.mkdir()
    left: list[Leaving] = []
    studies = linked_studies([Outcome.of(measured)])
    write_tables(studies, out, naming=NAMES, identified=identified, audit=left.append)
    uids = [lesion.tracking_uid for lesion in measured.lesions]
    assert [row["tracking_uid"] for row in read(identified / "lesions.csv")] == uids
    assert [row["tracking_uid"] for row in read(out / "lesions.csv")] == [NAMES.uid(uid) for uid in uids]
    assert problems(identified, "lesions") == problems(identified, "studies") == problems(out, "lesions") == []
    assert {(one.path, one.row_count, one.is_identified) for one in left} == {
        (out / "lesions.csv", 2, False),
        (out / "studies.csv", 1, False),
        (identified / "lesions.csv", 2, True),
        (identified / "studies.csv", 1, True),
    }
    for one in left:
        assert one.content_hash == hashlib.sha256(one.path.read_bytes()).hexdigest()


@pytest.mark.skipif(os.name != "posix", reason="files have no mode here")
def test_others_cannot_read_an_identified_table(measured: Report, out: Path) -> None:
    for naming, mode in ((Identified(), 0o600), (NAMES, 0o644)):
        before = os.umask(0o022)
        try:
            write_csv([measured], out / "lesions.csv", naming=naming)
        finally:
            os.umask(before)
        assert stat.S_IMODE((out / "lesions.csv").stat().st_mode) == mode


def test_table_that_the_audit_refuses_is_not_written(measured: Report, out: Path) -> None:
    def refuse(leaving: Leaving) -> None:
        raise StoreError(f"{leaving.row_count} rows")

    studies = linked_studies([Outcome.of(measured)])
    with pytest.raises(StoreError, match="2 rows"):
        write_lesions(studies, out / "lesions.csv", naming=NAMES, audit=refuse)
    assert [one.name for one in out.iterdir()] == ["private"]


def test_rows_of_older_exports_can_be_joined(measured: Report, out: Path) -> None:
    uids = sorted(lesion.tracking_uid for lesion in measured.lesions)
    write_tracking_uids(uids, out, naming=NAMES)
    assert [(row["old"], row["new"]) for row in read(out / "private" / "tracking_uids.csv")] == [
        (uid, NAMES.uid(uid)) for uid in uids
    ]


@pytest.mark.parametrize(
    ("fact", "column", "text", "cell"),
    [
        ("convolution_kernel", "convolution_kernel", "B30f", "B30f"),
        ("convolution_kernel", "convolution_kernel", "Br40d\\3", "Br40d\\3"),
        ("convolution_kernel", "convolution_kernel", "FC08", "FC08"),
        ("convolution_kernel", "convolution_kernel", "soft tissue", "soft tissue"),
        ("convolution_kernel", "convolution_kernel", "DOE^JOHN", "other"),
        ("convolution_kernel", "convolution_kernel", "B30f DOE", "other"),
        ("convolution_kernel", "convolution_kernel", "19370405", "other"),
        ("modality", "modality", "DOE", "other"),
        ("modality", "modality", "CT", "CT"),
    ],
)
def test_free_text_of_a_header_is_in_no_table_that_leaves(
    measured: Report, out: Path, fact: str, column: str, text: str, cell: str
) -> None:
    tables([with_series(measured, **{fact: text})], out, identified=False)
    assert {row[column] for row in read(out / "lesions.csv")} == {cell}
    if column == "modality":
        assert read(out / "studies.csv")[0]["modalities"] == cell


# Studies


def test_study_counts_the_masses_of_its_only_stack(measured: Report, out: Path) -> None:
    (row,) = written([measured], out)
    largest = max(lesion.measurements.max_3d_diameter.length_mm for lesion in measured.lesions)  # type: ignore[union-attr]
    assert row == {
        "patient_key": "CALCI-PHANTOM",
        "study_date": "2024-01-15",
        "dates_shifted": "false",
        "study_uid": measured.stack.study_uid,
        "modalities": "CT",
        "stacks_measured": "1",
        "stacks_failed": "0",
        "stacks_skipped": "0",
        "masses": "2",
        "large_masses": "0",
        "largest_mm": f"{largest:.2f}",
        "total_volume_ml": f"{sum(lesion.measurements.volume_ml for lesion in measured.lesions):.4f}",
        "sites": "",
        "symmetric": "",
        "review_state": "none",
        "readers": "",
        "stack_notices": str(len(measured.notices)),
    }


def test_masses_of_several_stacks_are_counted_once(measured: Report, out: Path) -> None:
    same = with_series(measured, series_uid="1.2.3")
    (row,) = written([measured, same], out)
    assert (row["stacks_measured"], row["masses"], row["large_masses"]) == ("2", "2", "0")
    volumes = [lesion.measurements.volume_ml or 0 for lesion in measured.lesions]
    assert float(row["total_volume_ml"]) == pytest.approx(sum(volumes), abs=1e-4)
    rows = read(out / "lesions.csv")
    assert sorted((one["study_lesion_number"], one["primary"]) for one in rows) == [
        ("1", "false"),
        ("1", "true"),
        ("2", "false"),
        ("2", "true"),
    ]
    elsewhere = with_series(measured, series_uid="1.2.3", frame_of_reference_uid="1.9.9")
    (row,) = written([measured, elsewhere], out)
    assert row["masses"] == "4"


def placed(report: Report, *places: tuple[BodySite, Laterality]) -> Report:
    lesions = (
        replace(lesion, site=Site(site, SiteSource.DICOM_TAG), side=Side(side, SideSource.DICOM_TAG))
        for lesion, (site, side) in zip(report.lesions, places, strict=True)
    )
    return replace(report, lesions=tuple(lesions))


HIP, KNEE, NOWHERE = BodySite.HIP, BodySite.KNEE, BodySite.UNKNOWN
LEFT, RIGHT, UNKNOWN = Laterality.LEFT, Laterality.RIGHT, Laterality.UNKNOWN


@pytest.mark.parametrize(
    ("places", "sites", "symmetric"),
    [
        (((HIP, LEFT), (HIP, RIGHT)), "hip", "true"),
        (((HIP, LEFT), (HIP, LEFT)), "hip", "false"),
        (((HIP, LEFT), (KNEE, RIGHT)), "hip;knee", "false"),
        (((HIP, LEFT), (HIP, UNKNOWN)), "hip", ""),
        (((HIP, LEFT), (NOWHERE, RIGHT)), "hip", ""),
    ],
)
def test_study_is_symmetric_where_a_site_has_masses_on_both_sides(
    measured: Report, out: Path, places: tuple[tuple[BodySite, Laterality], ...], sites: str, symmetric: str
) -> None:
    (row,) = written([placed(measured, *places)], out)
    assert (row["sites"], row["symmetric"]) == (sites, symmetric)


def test_no_mass_is_not_the_same_as_not_measured(measured: Report, out: Path) -> None:
    rows = written([replace(measured, lesions=()), failure(measured, study_uid="1.2.3")], out)
    assert [(row["stacks_measured"], row["masses"], row["large_masses"], row["largest_mm"]) for row in rows] == [
        ("1", "0", "0", ""),
        ("0", "", "", ""),
    ]


def test_study_counts_what_was_not_measured(measured: Report, out: Path) -> None:
    results = [
        failure(measured),
        measured,
        failure(measured, State.SKIPPED, "modality", modality="MR"),
        failure(measured, State.SKIPPED, "localizer"),
    ]
    (row,) = written(results, out)
    assert (row["stacks_measured"], row["stacks_failed"], row["stacks_skipped"]) == ("1", "1", "2")
    assert row["modalities"] == "CT;MR"
    assert row["masses"] == "2"


def test_study_that_was_only_skipped_has_a_row(measured: Report, out: Path) -> None:
    (row,) = written([failure(measured, State.SKIPPED, "modality", modality="MR")], out)
    assert (row["stacks_measured"], row["stacks_skipped"], row["modalities"], row["masses"]) == ("0", "1", "MR", "")


def test_file_that_cannot_be_read_belongs_to_no_study(out: Path, tmp_path: Path) -> None:
    unreadable = Failure(State.FAILED, "unreadable_file", "Why.", path=tmp_path / "b.dcm", root=tmp_path)
    assert written([unreadable], out) == []


def test_studies_are_told_apart_by_their_uid(measured: Report, out: Path) -> None:
    rows = written([measured, measured, with_series(measured, study_uid="1.2.3")], out)
    assert [(row["study_uid"], row["stacks_measured"]) for row in rows] == [
        (measured.stack.study_uid, "2"),
        ("1.2.3", "1"),
    ]


def test_without_a_uid_patient_and_date_tell_studies_apart(measured: Report, out: Path) -> None:
    nameless = with_series(measured, study_uid="")
    results = [
        nameless,
        nameless,
        with_series(nameless, patient_id="other"),
        with_series(nameless, study_date=date(2023, 1, 1)),
    ]
    assert [row["stacks_measured"] for row in written(results, out)] == ["2", "1", "1"]


def test_large_masses_are_those_of_the_setting(measured: Report, out: Path) -> None:
    def sized(lesion: Lesion, large: bool) -> Lesion:
        return replace(lesion, measurements=replace(lesion.measurements, large=large))

    first, second = measured.lesions
    (row,) = written([replace(measured, lesions=(sized(first, True), sized(second, False)))], out)
    assert (row["masses"], row["large_masses"]) == ("2", "1")


def test_tables_can_be_read_by_a_plain_reader(measured: Report, out: Path) -> None:
    report = with_series(measured, patient_id='A,"B"', convolution_kernel="a\nb")
    tables([report], out, identified=True)
    text = (out / "lesions.csv").read_bytes().decode("utf-8")
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert {len(row) for row in rows} == {len(LESION_COLUMNS)}
    assert rows[1][0] == 'A,"B"'
    assert text.splitlines()[1].startswith('"A,""B""",')

"""What the store keeps, gives back and refuses; the same in SQLite and PostgreSQL."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from typer.testing import CliRunner

from calcimeasure import review
from calcimeasure.analysis.pipeline import analyze
from calcimeasure.cli import app
from calcimeasure.errors import ConflictError, StoreError
from calcimeasure.load import find_series, load_image
from calcimeasure.model import (
    AlgorithmType,
    Axis,
    BodySite,
    Failure,
    Laterality,
    Lesion,
    Measurements,
    Morphology,
    Outcome,
    Outline,
    Radiograph,
    Report,
    Revision,
    Side,
    SideSource,
    Site,
    SiteSource,
    Stack,
    StackFacts,
    State,
    Status,
    Tissue,
    Volume,
)
from calcimeasure.model.follow import LinkSource, LinkState, Motion
from calcimeasure.settings import Settings, algorithm, algorithm_of, format_settings, parse_settings, settings_hash
from calcimeasure.store import (
    LesionLink,
    ObjectKind,
    ObjectLine,
    Reading,
    ReadingKind,
    RegistryForm,
    Remark,
    RemarkKind,
    Store,
    StoredMotion,
    Todo,
    WrittenObject,
    connect,
    file_url,
    open_store,
    records,
    schema,
    used_settings,
)
from tests.dicom_writers import write_radiograph
from tests.postgresql import STORES, empty_database, empty_store, plain_sql
from tests.radiographs import ellipse, radiograph_lesion
from tests.tables import write_ct

if TYPE_CHECKING:
    from collections.abc import Iterator

SETTINGS = Settings()
OTHER_SETTINGS = Settings(threshold_hu=250)
HERE = Path("/somewhere")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A stack with two lesions."""
    folder = tmp_path_factory.mktemp("ct")
    write_ct(folder, seed="store")
    report = analyze(find_series(folder).series[0], SETTINGS)
    assert len(report.lesions) == 2
    return replace(report, seconds=1.5)


@pytest.fixture(scope="module")
def volume(report: Report) -> Volume:
    volume = load_image(report.stack, SETTINGS)
    assert isinstance(volume, Volume)
    return volume


@pytest.fixture(params=STORES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return empty_store(request.param, tmp_path)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url) as store:
        yield store
        assert store.verify().findings == (), "whatever is stored is in the chain"


def run_of(store: Store) -> int:
    return store.begin_run([HERE], SETTINGS, "1.0")


def keep(
    store: Store, result: Report | Failure, settings: Settings = SETTINGS, remeasure_reviewed: bool = False
) -> int:
    """Keep a result as `measure` does; gives the number of the stack."""
    assert result.stack is not None
    plan = store.plan(result.stack, settings, remeasure_reviewed)
    assert plan.todo is Todo.MEASURE
    assert store.record(run_of(store), result, plan, settings)
    return max(store.measured_stacks(), default=0)


def newest(store: Store, stack_id: int) -> dict[int, Revision]:
    """The newest revision of each lesion, by its number."""
    return {history[-1].lesion.number: history[-1] for history in store.histories(stack_id).values()}


def by(reader: str = "Dr A") -> review.Signature:
    return review.Signature(reader)


def accept(store: Store, stack_id: int, number: int = 1, reader: str = "Dr A") -> Revision:
    revision = review.decide(newest(store, stack_id)[number], Status.ACCEPTED, by(reader))
    store.append(stack_id, [revision], SETTINGS)
    return revision


def lesions_of(store: Store) -> tuple[Lesion, ...]:
    return tuple(lesion for outcome in store.outcomes() for lesion in outcome.lesions)


def algorithm_numbers(store: Store) -> list[int]:
    """The algorithm numbers that the store knows settings of."""
    return sorted(
        algorithm_of(str(toml)) for (toml,) in plain_sql(store.place)("SELECT settings_toml FROM settings_used")
    )


def count(store: Store, table: str) -> int:
    (rows,) = plain_sql(store.place)(f"SELECT count(*) FROM {table}")
    return int(str(rows[0]))


# What was measured comes back


def test_what_was_measured_comes_back(store: Store, report: Report) -> None:
    stack_id = keep(store, report)
    assert list(store.outcomes()) == [Outcome.of(report)]
    assert store.measured_stacks() == {stack_id: StackFacts.of(report.stack, report.geometry)}
    assert store.files_of(stack_id) == [image.path for image in report.stack.instances]
    assert store.is_content(stack_id, report.stack)
    for lesion, picture in zip(report.lesions, report.thumbnails, strict=True):
        assert store.thumbnail(lesion) == picture
        assert store.find_lesion(lesion.tracking_uid) == (stack_id, lesion)
    assert store.find_lesion("2.25.1") is None


def test_what_was_measured_comes_back_in_another_session(url: str, report: Report) -> None:
    with open_store(url) as store:
        keep(store, report)
    with open_store(url) as store:
        assert list(store.outcomes()) == [Outcome.of(report)]


AXIS = Axis(12.5, ((1.0, -2.0, 3.25), (0.1, 0.2, 1e-17)))
BARE = Measurements(AXIS, AXIS, 0, (0.1, -0.0, 1e300), False, 1.0, 2.0, 3.0, 4.0)
FULL = Measurements(
    long_axis=AXIS,
    short_axis=replace(AXIS, length_mm=1 / 3),
    long_axis_slice=7,
    centroid_lps_mm=(1 / 3, 2 / 3, -1 / 7),
    truncated=True,
    mean_hu=400.5,
    median_hu=-0.5,
    sd_hu=0.0,
    max_hu=3071.0,
    max_3d_diameter=replace(AXIS, length_mm=20.0),
    extents_lps_mm=(1.0, 2.0, 3.0),
    volume_ml=0.1,
    volume_mesh_ml=0.2,
    volume_voxels_ml=0.3,
    surface_area_mm2=4.0,
    sphericity=0.9,
    area_mm2=5.0,
    boundary_hu=222.2,
    long_axis_u95_mm=0.01,
    max_3d_diameter_u95_mm=0.02,
    volume_u95_ml=0.03,
    large=False,
    long_axis_sop_uid="1.2.3.7",
    long_axis_instance_number=8,
    notices=("one", "two"),
)
REVIEWED_AT = datetime(2026, 3, 29, 2, 30, 15, 123456, tzinfo=UTC)
SIDES = [
    None,
    Side(Laterality.UNKNOWN, SideSource.NONE),
    Side(Laterality.LEFT, SideSource.DICOM_TAG, 0.75, True, Laterality.RIGHT, -12.5, "Laterität: L; «sagt» der Kopf"),
]
SITES = [None, Site(BodySite.HIP, SiteSource.DICOM_TAG), Site(BodySite.SPINE, SiteSource.READER, "L4")]


@pytest.mark.parametrize("numbers", [BARE, FULL], ids=["bare", "full"])
@pytest.mark.parametrize("side", SIDES, ids=["no side", "unknown", "left"])
@pytest.mark.parametrize("site", SITES, ids=["no site", "hip", "spine"])
def test_every_field_of_a_lesion_comes_back(
    tmp_path: Path, report: Report, numbers: Measurements, side: Side | None, site: Site | None
) -> None:
    lesion = replace(
        report.lesions[0],
        measurements=numbers,
        side=side,
        site=site,
        notices=("a", "b", "c"),
        tissue=Tissue.OTHER_CALCIFICATION if side else None,
        tissue_confidence=0.125 if side else None,
        status=Status.REJECTED,
        algorithm_type=AlgorithmType.SEMIAUTOMATIC,
        reader="Dr Ä; B",
        reviewed_at=REVIEWED_AT,
    )
    with open_store(file_url(tmp_path / "store.db")) as store:
        keep(store, replace(report, lesions=(lesion,)))
        assert lesions_of(store) == (lesion,)


def test_every_field_of_a_lesion_comes_back_from_either_database(store: Store, report: Report) -> None:
    lesion = replace(report.lesions[0], measurements=FULL, side=SIDES[2], site=SITES[2], reviewed_at=REVIEWED_AT)
    keep(store, replace(report, lesions=(lesion, replace(report.lesions[1], measurements=BARE, side=SIDES[1]))))
    assert lesions_of(store)[0] == lesion
    assert lesions_of(store)[1].measurements == BARE


@st.composite
def outlines(draw: st.DrawFn) -> Outline:
    shape = draw(st.tuples(*[st.integers(1, 9)] * 3))
    mask = draw(arrays(np.bool_, shape))
    mask[tuple(draw(st.integers(0, length - 1)) for length in shape)] = True
    start = draw(st.tuples(*[st.integers(0, 2**31 - 20)] * 3))
    return Outline.from_mask(mask, start)


@given(outlines(), outlines())
def test_outlines_come_back(one: Outline, other: Outline) -> None:
    row = records.outline_row(one)
    assert records.outline_of(row) == one
    assert (records.outline_hash(other) == row["outline_hash"]) == (one == other)


def test_outlines_come_back_from_either_database(store: Store, report: Report) -> None:
    rng = np.random.default_rng(1)
    masks = [rng.random((9, 30, 40)) < share for share in (0.001, 0.1, 0.5, 0.9)]
    lesions = [
        replace(
            report.lesions[0], outline=Outline.from_mask(mask, (5, 6, 7)), number=number, tracking_uid=f"2.25.{number}"
        )
        for number, mask in enumerate(masks, 1)
    ]
    keep(store, replace(report, lesions=tuple(lesions)))
    assert [lesion.outline for lesion in lesions_of(store)] == [lesion.outline for lesion in lesions]


ODD_NAME = os.fsdecode(b"caf\xe9 \xff%41?#.dcm")
"""As Python reads the name of a file that is no UTF-8."""


def test_text_that_no_database_takes_does_not_stop_a_run(store: Store, report: Report) -> None:
    first, *others = report.stack.instances
    odd = replace(first, path=first.path.with_name(ODD_NAME))
    stack = replace(
        report.stack,
        instances=(odd, *others),
        description="nul\0, \ud800 and \U0001f9b4",
        patient_id="ID\0",
        series_uid="",
    )
    stack_id = keep(store, replace(report, stack=stack))
    assert store.files_of(stack_id)[0] == odd.path
    facts = store.measured_stacks()[stack_id]
    assert facts.path == ODD_NAME
    assert facts.description == "nul␀, \ud800 and \U0001f9b4"
    assert store.plan(stack, SETTINGS).todo is Todo.UNCHANGED
    unreadable = Failure(State.FAILED, "unreadable_file", f"{ODD_NAME}\0", path=HERE / ODD_NAME, root=HERE)
    store.note_found(run_of(store), [stack], [unreadable], [HERE])
    assert list(store.outcomes())[-1].path == ODD_NAME
    store.remember_record_ids({"ID\0\ud801": "R\0"})
    assert store.record_ids() == {"ID␀\ud801": "R␀"}


def test_runs_keep_their_settings(store: Store) -> None:
    run_id = store.begin_run([HERE / "a", HERE / "b"], OTHER_SETTINGS, "1.2.3")
    ask = plain_sql(store.place)
    ((paths, toml, version, ended),) = ask("SELECT paths, settings_toml, software_version, ended_at FROM runs")
    assert json.loads(str(paths)) == [str(HERE / "a"), str(HERE / "b")]
    assert parse_settings(str(toml), "") == OTHER_SETTINGS
    assert (version, ended) == ("1.2.3", None)
    store.end_run(run_id)
    assert ask("SELECT count(*) FROM runs WHERE ended_at >= begun_at") == [(1,)]
    assert store.settings_toml(settings_hash(OTHER_SETTINGS)) == format_settings(OTHER_SETTINGS)


def test_failures_are_kept(store: Store, report: Report) -> None:
    failure = Failure(State.FAILED, "missing_slice", "A slice is missing.", report.stack, traceback="...", seconds=2.0)
    keep(store, failure)
    assert list(store.outcomes()) == [Outcome.of(failure)]
    assert store.measured_stacks() == {}
    assert plain_sql(store.place)("SELECT reason, traceback FROM current_stacks") == [("missing_slice", "...")]


def test_stacks_come_by_patient_and_study_in_no_language(store: Store, report: Report) -> None:
    ids = ["b", "A", "a", "B", "Ä", "_", "10", "9"]
    for number, patient_id in enumerate(ids):
        stack = replace(report.stack, patient_id=patient_id, study_uid=f"1.{number}", series_uid=f"1.{number}.1")
        keep(store, replace(report, stack=stack))
    found = [outcome.stack.patient_id for outcome in store.outcomes() if outcome.stack]
    assert found == sorted(ids)


# Only ever appended


@pytest.mark.parametrize("table", ["lesion_revisions", "outcomes", "outlines"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
def test_database_refuses_to_change_what_was_stored(store: Store, report: Report, table: str, statement: str) -> None:
    keep(store, report)
    column = {"lesion_revisions": "lesion_number", "outcomes": "seconds", "outlines": "start_k"}[table]
    before = list(store.outcomes())
    with pytest.raises(Exception, match=f"{table} is append-only"):
        plain_sql(store.place)(statement.format(table, column, column))
    assert list(store.outcomes()) == before


@pytest.mark.parametrize("table", schema.APPEND_ONLY)
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT OR REPLACE INTO {table} SELECT * FROM {table} LIMIT 1",
        "REPLACE INTO {table} SELECT * FROM {table}",
        "INSERT INTO {table} SELECT * FROM {table} WHERE true ON CONFLICT ({key}) DO UPDATE SET {key} = {key}",
        "UPDATE OR REPLACE {table} SET {key} = 1",
    ],
)
def test_sqlite_refuses_to_replace_what_was_stored(tmp_path: Path, report: Report, table: str, statement: str) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    ask = plain_sql(url)
    with open_store(url) as store:
        stack_id = keep(store, report)
        store.note_seen(stack_id, "Dr A")
        store.note_remark(stack_id, Remark("1.2", RemarkKind.UNSURE, "Dr A", datetime.now(UTC)))
        line = ObjectLine(stack_id, ObjectKind.SEG, "", "")
        store.note_object(
            WrittenObject(line, "1.1", "1.2", "1.3", 1, "a", False, None, None, written_at=datetime.now(UTC))
        )
        store.note_sent("1.3", "archive")
        store.give_instances(RegistryForm("1", "cm_lesions"), ["1.4"])
        still = ((1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0), (0.0, 0.0, 0.0, 1.0))
        store.note_motions([StoredMotion((stack_id, stack_id), Motion(still, 1.0, 1.0, False, True), "a")])
        pair, uid = (stack_id, stack_id), ("1.2", 1)
        store.note_links([LesionLink(pair, uid, None, LinkState.GONE, LinkSource.PROGRAM, 1.0)])
        store.note_reading(Reading("second", ReadingKind.STUDY, "Dr B", is_blinded=True))
        store.of_reading("second").begin_stacks()
    ask("INSERT INTO exports VALUES (1, '2026-01-01', NULL, 'csv', 0, '/out', NULL, NULL, 2, 1, NULL, '1.0', NULL)")
    ask("INSERT OR IGNORE INTO chain SELECT coalesce(max(entry), 0) + 1, 'exports', '1', 'a', 'b', 0 FROM chain")
    key = next(iter(schema.metadata.tables[table].primary_key)).name
    before = ask(f"SELECT * FROM {table}")
    assert before
    with pytest.raises(sqlite3.IntegrityError, match=f"{table} is append-only"):
        ask(statement.format(table=table, key=key))
    assert ask(f"SELECT * FROM {table}") == before


@pytest.mark.parametrize("own", [True, False], ids=["own key", "another unique key"])
def test_sqlite_refuses_a_revision_in_the_place_of_another(tmp_path: Path, report: Report, own: bool) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    with open_store(url) as store:
        keep(store, report)
    names = [column.name for column in schema.lesion_revisions.columns]
    values = {"status": "'accepted'"} | ({} if own else {"revision_id": "99"})
    row = ", ".join(values.get(name, name) for name in names)
    with pytest.raises(sqlite3.IntegrityError, match="lesion_revisions is append-only"):
        plain_sql(url)(f"INSERT OR REPLACE INTO lesion_revisions SELECT {row} FROM lesion_revisions LIMIT 1")
    assert plain_sql(url)("SELECT DISTINCT status FROM lesion_revisions") == [("proposed",)]


@pytest.mark.external
def test_database_refuses_to_empty_what_was_stored(report: Report) -> None:
    with open_store(empty_database()) as store:
        keep(store, report)
        with pytest.raises(Exception, match="is append-only"):
            plain_sql(store.place)("TRUNCATE lesion_revisions")
        assert len(lesions_of(store)) == 2


# Plain SQL


def test_current_state_is_a_view(store: Store, report: Report) -> None:
    stack_id = keep(store, report)
    accept(store, stack_id, 2)
    ask = plain_sql(store.place)
    lesions = ask("SELECT lesion_number, status, reader, long_axis_mm FROM current_lesions ORDER BY lesion_number")
    first, second = (lesion.measurements.long_axis.length_mm for lesion in report.lesions)
    assert lesions == [(1, "proposed", None, first), (2, "accepted", "Dr A", second)]
    stacks = ask("SELECT patient_id, state, modality, image_count, slice_spacing_mm FROM current_stacks")
    assert stacks == [(report.stack.patient_id, "measured", "CT", 6, 2.0)]
    joined = ask("SELECT count(*) FROM current_lesions JOIN current_stacks USING (stack_id) WHERE NOT large")
    assert joined == [(2,)]


def test_sqlite_alone_reads_it(tmp_path: Path, report: Report) -> None:
    with open_store(file_url(tmp_path / "store.db")) as store:
        keep(store, report)
    with closing(sqlite3.connect(tmp_path / "store.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("SELECT count(*) FROM current_lesions").fetchone() == (2,)


# Edits, and conflicts


def test_an_edit_is_a_revision(store: Store, report: Report) -> None:
    stack_id = keep(store, report)
    accepted = accept(store, stack_id)
    assert newest(store, stack_id)[1] == accepted
    assert lesions_of(store) == (accepted.lesion, report.lesions[1])
    first, second = store.histories(stack_id)[accepted.lesion.tracking_uid]
    assert (first.lesion, first.reader, first.base_number, first.number) == (report.lesions[0], None, None, 1)
    assert second == accepted


def test_an_edit_keeps_the_settings_that_it_measured_with(store: Store, report: Report) -> None:
    stack_id = keep(store, report)
    accepted = review.decide(newest(store, stack_id)[1], Status.ACCEPTED, by())
    store.append(stack_id, [accepted], OTHER_SETTINGS)
    assert parse_settings(store.settings_toml(settings_hash(OTHER_SETTINGS)), "") == OTHER_SETTINGS


def test_two_edits_from_one_base_are_a_conflict(store: Store, report: Report) -> None:
    stack_id = keep(store, report)
    base = newest(store, stack_id)[1]
    accept(store, stack_id)
    before = store.histories(stack_id)
    late = review.decide(base, Status.REJECTED, by("Dr B"))
    with pytest.raises(ConflictError, match=r"Lesion 1 was changed by Dr A at .* UTC \(accepted\) since it was read"):
        store.append(stack_id, [late], SETTINGS)
    assert store.histories(stack_id) == before


def test_an_edit_of_several_lesions_is_kept_whole_or_not_at_all(store: Store, report: Report, volume: Volume) -> None:
    stack_id = keep(store, report)
    base = newest(store, stack_id)
    merge = review.merge([base[1], base[2]], volume, SETTINGS, by("Dr B"))
    accept(store, stack_id, 2)
    before = store.histories(stack_id), count(store, "outlines"), count(store, "settings_used")
    with pytest.raises(ConflictError, match="Lesion 2 was changed by Dr A"):
        store.append(stack_id, merge, OTHER_SETTINGS)
    assert (store.histories(stack_id), count(store, "outlines"), count(store, "settings_used")) == before


def test_two_new_lesions_with_one_number_are_a_conflict(store: Store, report: Report, volume: Volume) -> None:
    stack_id = keep(store, report)
    known = {revision.lesion.tracking_uid: revision for revision in newest(store, stack_id).values()}
    drawn = [Outline.from_mask(np.ones((1, 2, 3), dtype=bool), (k, 20, 2)) for k in (1, 2)]
    mine, yours = (
        review.add(outline, AlgorithmType.MANUAL, known, volume, SETTINGS, by(reader))
        for outline, reader in zip(drawn, ("Dr A", "Dr B"), strict=True)
    )
    assert mine.lesion.number == yours.lesion.number == 3
    store.append(stack_id, [mine], SETTINGS)
    with pytest.raises(ConflictError, match=r"Lesion 3 was changed by Dr A at .* \(added: manual\)"):
        store.append(stack_id, [yours], SETTINGS)
    assert [lesion.outline for lesion in lesions_of(store)][2:] == [drawn[0]]


def test_a_run_that_was_faster_is_a_conflict(store: Store, report: Report) -> None:
    stack_id = keep(store, report)
    base = newest(store, stack_id)[1]
    keep(store, replace(report, lesions=report.lesions), OTHER_SETTINGS)
    with pytest.raises(ConflictError, match=r"by a run of measure at .* \(measured again\)"):
        store.append(stack_id, [review.decide(base, Status.REJECTED, by())], SETTINGS)


def test_undo_split_and_merge_over_sessions_and_readers(url: str, report: Report, volume: Volume) -> None:
    with open_store(url) as store:
        stack_id = keep(store, report)
        current = newest(store, stack_id)
        one, two = current[1], current[2]
        mask = one.lesion.outline.mask()
        left = mask.copy()
        left[..., : mask.shape[2] // 3] = False
        parts = [Outline.from_mask(part, one.lesion.outline.start_kji) for part in (left, mask & ~left)]
        known = {revision.lesion.tracking_uid: revision for revision in current.values()}
        store.append(stack_id, review.split(one, parts, known, volume, SETTINGS, by("Dr A")), SETTINGS)
    with open_store(url) as store:
        current = newest(store, stack_id)
        assert [lesion.number for lesion in lesions_of(store)] == [1, 2, 3]
        merge = review.merge([current[2], current[3]], volume, SETTINGS, by("Dr B"))
        store.append(stack_id, merge, SETTINGS)
        assert [lesion.number for lesion in lesions_of(store)] == [1, 2]
        assert store.worklist() == {stack_id: (2, 0)}
    with open_store(url) as store:
        histories, signature = store.histories(stack_id), by("Dr C")
        merged = [histories[one.lesion.tracking_uid] for one in merge]
        undone = [review.undo(history, len(history) - 1, signature) for history in merged]
        store.append(stack_id, undone, SETTINGS)
        assert lesions_of(store)[1] == two.lesion
        assert [lesion.number for lesion in lesions_of(store)] == [1, 2, 3]
    with open_store(url) as store:
        for number, goal in ((3, 0), (1, 1)):
            uid = newest(store, stack_id)[number].lesion.tracking_uid
            back = review.undo(store.histories(stack_id)[uid], goal, by("Dr D"))
            store.append(stack_id, [back], SETTINGS)
        assert lesions_of(store) == report.lesions
        readers = {one.reader for history in store.histories(stack_id).values() for one in history}
        assert readers == {None, "Dr A", "Dr B", "Dr C", "Dr D"}
        assert len(list(store.revisions())) == 2 + 2 + 2 + 2 + 2


def test_worklist_counts_what_readers_are_asked_about(store: Store, report: Report) -> None:
    one = report.lesions[0]
    tissues = [None, Tissue.CALCIFIED_MASS, Tissue.UNKNOWN, Tissue.BONE, Tissue.METAL]
    lesions = tuple(
        replace(one, number=number, tracking_uid=f"2.25.{number}", tissue=tissue)
        for number, tissue in enumerate(tissues, 1)
    )
    stack_id = keep(store, replace(report, lesions=lesions))
    empty = keep(store, replace(report, lesions=(), stack=replace(report.stack, series_uid="1.2.9")))
    assert store.worklist() == {stack_id: (3, 0)}
    assert list(store.measured_stacks()) in ([stack_id, empty], [empty, stack_id])
    accept(store, stack_id, 1)
    store.append(stack_id, [review.decide(newest(store, stack_id)[2], Status.REJECTED, by())], SETTINGS)
    store.append(stack_id, [review.decide(newest(store, stack_id)[4], Status.REJECTED, by())], SETTINGS)
    assert store.worklist() == {stack_id: (3, 2)}


def test_a_new_outline_has_no_picture_yet(store: Store, report: Report, volume: Volume) -> None:
    stack_id = keep(store, report)
    smaller = report.lesions[0].outline.mask()
    smaller[0] = False
    outline = Outline.from_mask(smaller, report.lesions[0].outline.start_kji)
    redrawn = review.redraw(newest(store, stack_id)[1], outline, AlgorithmType.MANUAL, volume, SETTINGS, by())
    store.append(stack_id, [redrawn], SETTINGS)
    assert store.thumbnail(redrawn.lesion) is None
    assert store.thumbnail(report.lesions[0]) == report.thumbnails[0]


# What a run has to do


def test_a_new_stack_is_measured(store: Store, report: Report) -> None:
    plan = store.plan(report.stack, SETTINGS)
    assert (plan.todo, plan.earlier, plan.next_number, dict(plan.newest)) == (Todo.MEASURE, (), 1, {})


def test_what_was_measured_is_not_measured_again(store: Store, report: Report) -> None:
    keep(store, report)
    assert store.plan(report.stack, SETTINGS).todo is Todo.UNCHANGED
    assert store.plan(report.stack, Settings(identified=True, report=False)).todo is Todo.UNCHANGED
    elsewhere = tuple(replace(one, root=HERE, path=HERE / one.path.name) for one in report.stack.instances)
    assert store.plan(replace(report.stack, instances=elsewhere), SETTINGS).todo is Todo.UNCHANGED


def test_what_was_measured_with_other_bones_is_measured_again(store: Store, report: Report) -> None:
    with_masks = Settings(bone_mask="/masks")
    run_id = store.begin_run([HERE], with_masks, "now")
    plan = store.plan(report.stack, with_masks)
    store.record(run_id, replace(report, settings_hash=settings_hash(with_masks)), plan, with_masks)
    todo = {path: store.plan(report.stack, Settings(bone_mask=path)).todo for path in ("/masks", "/others", "")}
    assert todo == {"/masks": Todo.UNCHANGED, "/others": Todo.MEASURE, "": Todo.MEASURE}


def test_images_that_were_moved_are_found(store: Store, report: Report) -> None:
    stack_id = keep(store, report)
    elsewhere = tuple(replace(one, root=HERE, path=HERE / one.path.name) for one in report.stack.instances)
    store.note_found(run_of(store), [replace(report.stack, instances=elsewhere)], [], [HERE])
    assert store.files_of(stack_id) == [one.path for one in elsewhere]
    other = replace(report.stack, slice_thickness_mm=9.0)
    store.note_found(run_of(store), [other], [], [HERE])
    assert store.files_of(stack_id) == [one.path for one in elsewhere], "other images are for a run to measure"


def changed_images(stack: Stack) -> list[Stack]:
    first, *others = stack.instances
    return [
        replace(stack, instances=tuple(others)),
        replace(stack, instances=(replace(first, sop_uid="1.2.3"), *others)),
        replace(stack, instances=(replace(first, rescale_intercept=-1000.0), *others)),
        replace(stack, instances=(replace(first, position_lps_mm=(0.0, 0.0, 99.0)), *others)),
        replace(stack, pixel_spacing_mm=(0.5, 0.5)),
        replace(stack, slice_thickness_mm=9.0),
    ]


@pytest.mark.parametrize("which", range(6))
def test_what_has_other_images_is_measured_again(store: Store, report: Report, which: int) -> None:
    keep(store, report)
    assert store.plan(changed_images(report.stack)[which], SETTINGS).todo is Todo.MEASURE


def test_what_failed_is_measured_again(store: Store, report: Report) -> None:
    keep(store, Failure(State.FAILED, "missing_slice", "It is missing.", report.stack))
    assert store.plan(report.stack, SETTINGS).todo is Todo.MEASURE
    keep(store, report)
    assert list(store.outcomes()) == [Outcome.of(report)]


def test_a_failure_that_is_known_is_kept_once(store: Store, report: Report) -> None:
    failure = Failure(State.FAILED, "missing_slice", "It is missing.", report.stack)
    keep(store, failure)
    keep(store, failure)
    assert count(store, "outcomes") == 1
    keep(store, replace(failure, message="Two are missing."))
    assert [outcome.message for outcome in store.outcomes()] == ["Two are missing."]


def test_other_settings_measure_again(store: Store, report: Report) -> None:
    keep(store, report)
    plan = store.plan(report.stack, OTHER_SETTINGS)
    assert (plan.todo, plan.earlier, plan.next_number) == (Todo.MEASURE, report.lesions, 3)
    keep(store, report, OTHER_SETTINGS)
    assert store.plan(report.stack, OTHER_SETTINGS).todo is Todo.UNCHANGED
    assert store.plan(report.stack, SETTINGS).todo is Todo.MEASURE


def edits(revision: Revision) -> dict[str, Revision]:
    rejected = review.decide(revision, Status.REJECTED, by())
    return {
        "accepted": review.decide(revision, Status.ACCEPTED, by()),
        "rejected": rejected,
        "side": review.set_side(revision, Laterality.LEFT, by()),
        "tissue": review.set_tissue(revision, Tissue.BONE, by()),
        "taken back": review.decide(revision, Status.PROPOSED, by()),
    }


@pytest.mark.parametrize("edit", ["accepted", "rejected", "side", "tissue", "taken back"])
def test_what_a_reader_touched_is_left_alone(store: Store, report: Report, edit: str) -> None:
    stack_id = keep(store, report)
    store.append(stack_id, [edits(newest(store, stack_id)[2])[edit]], SETTINGS)
    assert store.plan(report.stack, SETTINGS).todo is Todo.UNCHANGED
    for other in changed_images(report.stack):
        assert store.plan(other, SETTINGS).todo is Todo.REVIEWED
    assert store.plan(report.stack, OTHER_SETTINGS).todo is Todo.REVIEWED
    plan = store.plan(report.stack, OTHER_SETTINGS, remeasure_reviewed=True)
    assert (plan.todo, plan.earlier) == (Todo.MEASURE, lesions_of(store))


def test_what_is_measured_again_inherits_decisions(store: Store, report: Report) -> None:
    stack_id = keep(store, report)
    accepted = accept(store, stack_id)
    plan = store.plan(report.stack, OTHER_SETTINGS, remeasure_reviewed=True)
    again = analyze(report.stack, OTHER_SETTINGS, plan.earlier, plan.next_number)
    assert store.record(run_of(store), again, plan, OTHER_SETTINGS)
    lesion = lesions_of(store)[0]
    assert (lesion.tracking_uid, lesion.status, lesion.reader) == (
        accepted.lesion.tracking_uid,
        Status.ACCEPTED,
        "Dr A",
    )
    assert lesion.settings_hash == settings_hash(OTHER_SETTINGS)
    last = newest(store, stack_id)[1]
    assert (last.number, last.base_number, last.reader, last.why) == (3, 2, None, "measured again")


def test_what_a_reader_joined_and_named_stays_when_it_is_measured_again_and_is_undone(
    store: Store, report: Report, volume: Volume
) -> None:
    stack_id = keep(store, report)
    before = lesions_of(store)
    pieces = list(newest(store, stack_id).values())
    joined = review.merge(pieces[::-1], volume, SETTINGS, by())
    store.append(stack_id, joined, SETTINGS)
    store.append(stack_id, [review.set_morphology(newest(store, stack_id)[1], Morphology.NET, by())], SETTINGS)

    plan = store.plan(report.stack, OTHER_SETTINGS, remeasure_reviewed=True)
    again = analyze(report.stack, OTHER_SETTINGS, plan.earlier, plan.next_number)
    assert store.record(run_of(store), again, plan, OTHER_SETTINGS)
    (lesion,) = lesions_of(store)
    assert (lesion.tracking_uid, lesion.number) == (before[0].tracking_uid, 1)
    assert lesion.outline == joined[0].lesion.outline
    assert (lesion.measurements.parts, lesion.measurements.morphology) == (2, Morphology.NET)
    assert lesion.settings_hash == settings_hash(OTHER_SETTINGS)

    histories = [history for history in store.histories(stack_id).values() if len(history) > 1]
    store.append(stack_id, [review.undo(history, 1, by("Dr B")) for history in histories], SETTINGS)
    assert lesions_of(store) == before


def test_what_was_reviewed_under_an_older_algorithm_number_keeps_its_rows_and_says_so(
    store: Store, report: Report, volume: Volume, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack_id = keep(store, report)
    accepted = accept(store, stack_id)
    before = lesions_of(store)
    monkeypatch.setattr(algorithm, "ALGORITHM", algorithm.ALGORITHM + 1)
    assert store.plan(report.stack, SETTINGS).todo is Todo.REVIEWED
    # Every row as it was, and with the notice; what is stored stays as it is.
    noted = tuple(replace(one, notices=(*one.notices, "older_algorithm")) for one in before)
    assert lesions_of(store) == noted
    assert newest(store, stack_id)[1].lesion == accepted.lesion
    # A lesion that is measured today has today's number, and those beside it keep theirs.
    left = accepted.lesion.outline.mask()
    left[..., left.shape[2] // 2 :] = False
    smaller = Outline.from_mask(left, accepted.lesion.outline.start_kji)
    redrawn = review.redraw(newest(store, stack_id)[1], smaller, AlgorithmType.MANUAL, volume, SETTINGS, by(), None)
    store.append(stack_id, [redrawn], SETTINGS)
    assert lesions_of(store) == (redrawn.lesion, noted[1])
    assert "older_algorithm" not in redrawn.lesion.notices


def test_what_is_decided_under_a_newer_algorithm_number_is_still_of_the_older(
    store: Store, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack_id = keep(store, report)
    monkeypatch.setattr(algorithm, "ALGORITHM", algorithm.ALGORITHM + 1)
    accepted = accept(store, stack_id)
    assert "older_algorithm" not in accepted.lesion.notices
    assert [one.notices[-1:] for one in lesions_of(store)] == [("older_algorithm",)] * 2


def test_what_no_reader_saw_is_measured_again_under_a_newer_algorithm_number(
    store: Store, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(store, report)
    monkeypatch.setattr(algorithm, "ALGORITHM", algorithm.ALGORITHM + 1)
    plan = store.plan(report.stack, SETTINGS)
    assert plan.todo is Todo.MEASURE
    again = analyze(report.stack, SETTINGS, plan.earlier, plan.next_number)
    assert store.record(run_of(store), again, plan, SETTINGS)
    assert store.plan(report.stack, SETTINGS).todo is Todo.UNCHANGED
    assert lesions_of(store) == again.lesions
    assert algorithm_numbers(store) == [algorithm.ALGORITHM - 1, algorithm.ALGORITHM]


def test_other_settings_alone_are_no_older_algorithm_number(store: Store, report: Report) -> None:
    stack_id = keep(store, report)
    accept(store, stack_id)
    assert store.plan(report.stack, OTHER_SETTINGS).todo is Todo.REVIEWED
    assert {notice for one in lesions_of(store) for notice in one.notices} == {
        notice for one in report.lesions for notice in one.notices
    }


def test_a_failure_takes_nothing_from_a_reader(store: Store, report: Report) -> None:
    stack_id = keep(store, report)
    accept(store, stack_id)
    before = list(store.outcomes())
    failure = Failure(State.FAILED, "missing_slice", "It is missing.", report.stack)
    keep(store, failure, OTHER_SETTINGS, remeasure_reviewed=True)
    assert list(store.outcomes()) == before


def test_a_failure_withdraws_what_no_reader_saw(store: Store, report: Report) -> None:
    stack_id = keep(store, report)
    keep(store, Failure(State.FAILED, "missing_slice", "It is missing.", report.stack), OTHER_SETTINGS)
    assert lesions_of(store) == ()
    assert count(store, "current_lesions") == 0
    assert [one.withdrawn for one in newest(store, stack_id or 1).values()] == [True, True]
    assert len(list(store.revisions())) == 4


# What a run found out


def test_what_a_reader_changed_meanwhile_is_not_overwritten(store: Store, report: Report) -> None:
    stack_id = keep(store, report)
    plan = store.plan(report.stack, OTHER_SETTINGS)
    accept(store, stack_id)
    before = (list(store.outcomes()), list(store.revisions()), count(store, "outcomes"), count(store, "settings_used"))
    assert not store.record(1, replace(report, lesions=()), plan, OTHER_SETTINGS)
    after = (list(store.outcomes()), list(store.revisions()), count(store, "outcomes"), count(store, "settings_used"))
    assert after == before


def test_what_a_reader_added_meanwhile_is_not_overwritten(store: Store, report: Report, volume: Volume) -> None:
    stack_id = keep(store, report)
    plan = store.plan(report.stack, OTHER_SETTINGS)
    known = {revision.lesion.tracking_uid: revision for revision in newest(store, stack_id).values()}
    drawn = Outline.from_mask(np.ones((1, 2, 3), dtype=bool), (1, 20, 2))
    added = review.add(drawn, AlgorithmType.MANUAL, known, volume, SETTINGS, by())
    store.append(stack_id, [added], SETTINGS)
    assert not store.record(1, report, plan, OTHER_SETTINGS)
    assert lesions_of(store)[2] == added.lesion


def test_two_runs_of_a_new_stack_keep_it_once(store: Store, report: Report) -> None:
    plan = store.plan(report.stack, SETTINGS)
    assert store.record(run_of(store), report, plan, SETTINGS)
    assert not store.record(run_of(store), report, plan, SETTINGS)
    assert list(store.outcomes()) == [Outcome.of(report)]


def test_a_file_that_cannot_be_read_is_no_stack(store: Store, report: Report) -> None:
    plan = store.plan(report.stack, SETTINGS)
    with pytest.raises(ValueError, match="note_found keeps those"):
        store.record(1, Failure(State.FAILED, "unreadable_file", "?", path=HERE), plan, SETTINGS)


def test_what_is_found_again_is_the_lesion_that_it_was(store: Store, report: Report) -> None:
    one, two = report.lesions
    stack_id = keep(store, report)
    keep(store, replace(report, lesions=(two,)), OTHER_SETTINGS)
    assert lesions_of(store) == (two,)
    plan = store.plan(report.stack, SETTINGS)
    assert plan.next_number == 3
    found = (replace(one, number=plan.next_number), two)
    assert store.record(run_of(store), replace(report, lesions=found), plan, SETTINGS)
    assert lesions_of(store) == report.lesions
    history = store.histories(stack_id)[one.tracking_uid]
    assert [(each.number, each.base_number, each.withdrawn, each.why) for each in history] == [
        (1, None, False, "measured"),
        (2, 1, True, "not found again"),
        (3, 2, False, "measured again"),
    ]


def unreadable(root: Path, path: str) -> Failure:
    return Failure(State.FAILED, "unreadable_file", f"{path} is cut off.", path=root / path, root=root)


def names_of_unreadable(store: Store) -> list[str]:
    return [outcome.path for outcome in store.outcomes() if outcome.stack is None]


def test_files_in_order_are_no_longer_unreadable(store: Store) -> None:
    run_id = run_of(store)
    store.note_found(run_id, [], [unreadable(HERE, "b/two"), unreadable(HERE, "b/one"), unreadable(HERE, "c")], [HERE])
    assert names_of_unreadable(store) == ["b/one", "b/two", "c"]
    store.note_found(run_id, [], [unreadable(HERE, "b/two")], [HERE])
    assert names_of_unreadable(store) == ["b/two"]
    store.note_found(run_id, [], [unreadable(Path("/other"), "x")], [Path("/other")])
    assert names_of_unreadable(store) == ["b/two", "x"]
    store.note_found(run_id, [], [], [HERE / "c"])
    assert names_of_unreadable(store) == ["b/two", "x"]
    store.note_found(run_id, [], [], [HERE / "b" / "two"])
    assert names_of_unreadable(store) == ["x"]


def test_an_unreadable_file_is_listed_once_whatever_path_it_lies_below(store: Store) -> None:
    run_id = run_of(store)
    store.note_found(run_id, [], [unreadable(HERE / "b", "two")], [HERE / "b"])
    store.note_found(run_id, [], [unreadable(HERE, "b/two")], [HERE])
    assert names_of_unreadable(store) == ["b/two"]


def two_stacks(report: Report) -> tuple[Report, Report]:
    stack = report.stack
    halves = stack.instances[:3], stack.instances[3:]
    one, two = (replace(stack, stack_number=number, instances=half) for number, half in enumerate(halves, 1))
    return replace(report, stack=one), replace(report, stack=two, lesions=report.lesions[:1])


def test_a_stack_that_its_series_no_longer_has_goes(store: Store, report: Report) -> None:
    one, two = two_stacks(report)
    keep(store, one)
    keep(store, two)
    run_id = run_of(store)
    store.note_found(run_id, [one.stack, two.stack], [], [HERE])
    assert len(list(store.outcomes())) == 2
    store.note_found(run_id, [replace(report.stack, series_uid="1.2.9")], [], [HERE])
    assert len(list(store.outcomes())) == 2, "its series was not found at all: nothing is known of it"
    store.note_found(run_id, [one.stack], [], [HERE])
    assert list(store.outcomes()) == [Outcome.of(one)]
    assert count(store, "current_stacks") == 1
    assert count(store, "current_lesions") == len(one.lesions), "plain SQL counts no lesion twice either"
    assert sum(lesions for lesions, _ in store.worklist().values()) == len(one.lesions)
    assert len(list(store.revisions())) == 2 + 1 + 1, "its history stays"
    keep(store, two)
    assert list(store.outcomes()) == [Outcome.of(one), Outcome.of(two)]


def test_a_stack_that_a_reader_touched_stays(store: Store, report: Report) -> None:
    one, two = two_stacks(report)
    keep(store, one)
    accept(store, keep(store, two))
    store.note_found(run_of(store), [one.stack], [], [HERE])
    assert [len(outcome.lesions) for outcome in store.outcomes()] == [2, 1]


def test_series_without_a_uid_are_told_apart_by_their_folder(store: Store, report: Report) -> None:
    stack = replace(report.stack, series_uid="")
    moved = tuple(replace(one, root=HERE, path=HERE / one.path.name, sop_uid="") for one in stack.instances)
    keep(store, replace(report, stack=stack))
    assert store.plan(replace(stack, instances=moved), SETTINGS).todo is Todo.MEASURE
    keep(store, replace(report, stack=replace(stack, instances=moved)))
    assert len(list(store.outcomes())) == 2


# One moment, and several sessions


def test_tables_are_of_one_moment(store: Store, report: Report) -> None:
    keep(store, report)
    outcomes = store.outcomes()
    next(outcomes)
    with open_store(store.place) as other:
        other.note_found(run_of(other), [], [unreadable(HERE, "c")], [HERE])
    assert list(outcomes) == []
    assert names_of_unreadable(store) == ["c"]


def test_two_sessions_make_a_store_at_once(url: str) -> None:
    code = (
        "import sys\nfrom calcimeasure.store import open_store\n"
        "with open_store(sys.argv[1]) as store: store.remember('a', 'b')"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, url], stderr=subprocess.PIPE) for _ in range(2)]
    said = [process.communicate()[1] for process in running]
    assert [process.returncode for process in running] == [0, 0], said
    with open_store(url) as store:
        assert store.recall("a") == "b"


def test_a_store_in_a_file_needs_nothing_of_postgresql(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom calcimeasure.store import open_store\n"
        "with open_store(sys.argv[1]) as store: store.remember('a', 'b')\n"
        "print([name for name in sys.modules if 'postgresql' in name or 'psycopg' in name])"
    )
    url = str(file_url(tmp_path / "store.db"))
    done = subprocess.run([sys.executable, "-c", code, url], capture_output=True, text=True, check=False)
    assert done.stdout == "[]\n", done.stderr


# Keys and names


def test_what_is_remembered(url: str) -> None:
    with open_store(url) as store:
        assert store.recall("key_fingerprint") is None
        store.remember("key_fingerprint", "abc")
        store.remember("key_place", "/home/ä")
        store.remember("key_fingerprint", "def")
        store.remember_record_ids({"ID-1": "R-1", "ID-2": "R-2"})
        store.remember_record_ids({"ID-2": "R-9", "ID-3": "R-3"})
    with open_store(url) as store:
        assert (store.recall("key_fingerprint"), store.recall("key_place")) == ("def", "/home/ä")
        assert store.record_ids() == {"ID-1": "R-1", "ID-2": "R-9", "ID-3": "R-3"}


# Versions


def test_a_newer_store_is_refused(url: str) -> None:
    with open_store(url):
        pass
    plain_sql(url)("UPDATE about SET value = '99' WHERE name = 'schema_version'")
    known = f"this version of calcimeasure knows up to {schema.SCHEMA_VERSION}"
    said = rf"has schema 99, {known}: a newer version made it\. Use that one"
    with pytest.raises(StoreError, match=said), open_store(url):
        pass
    assert plain_sql(url)("SELECT value FROM about WHERE name = 'schema_version'") == [("99",)]


def next_version(monkeypatch: pytest.MonkeyPatch, *statements: str) -> None:
    now = schema.SCHEMA_VERSION
    monkeypatch.setattr("calcimeasure.store.opening.SCHEMA_VERSION", now + 1)
    monkeypatch.setattr("calcimeasure.store.migrate.STEPS", {now: {"sqlite": statements, "postgresql": statements}})


def test_an_older_store_is_brought_to_this_version(url: str, report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_store(url) as store:
        keep(store, report)
    next_version(monkeypatch, "ALTER TABLE stacks ADD COLUMN color TEXT")
    for _ in range(2):
        with open_store(url) as store:
            assert list(store.outcomes()) == [Outcome.of(report)]
    ask = plain_sql(url)
    assert ask("SELECT value FROM about WHERE name = 'schema_version'") == [(str(schema.SCHEMA_VERSION + 1),)]
    assert ask("SELECT color FROM stacks") == [(None,)]


PIECES = (
    *("parts", "envelope_ml", "envelope_u95_ml", "fill_fraction", "morphology", "morphology_confidence"),
    *("fluid_level", "skin_distance_mm"),
    *("canal", "canal_narrowed_percent", "envelope_px", "envelope_u95_px", "envelope_mm2", "envelope_u95_mm2"),
    "morphology_source",
)
ADDED_SINCE_1 = {
    "outcomes": ["view_position", "patient_orientation", "pixel_hash", "mask_hash", "notices", "person"],
    "files": ["size_bytes", "modified_ns"],
    "lesion_revisions": [
        *("long_axis_px", "long_axis_ends_px", "short_axis_px", "short_axis_ends_px", "area_px", "centroid_px"),
        *("pixel_aspect", "column_spacing_mm", "spacing_source", "mean_contrast", "boundary", "long_axis_u95_px"),
        *PIECES,
    ],
}


def made_by_version_1(url: str) -> None:
    """Take away from a store what later versions brought."""
    change = plain_sql(url)
    change("DROP VIEW current_reading_lesions")
    for table in (
        *("lesion_links", "registrations", "remarks", "dicom_objects", "sent_objects", "registry_instances", "looks"),
        *("exports", "chain"),
        *("reading_revisions", "reading_stacks", "readings"),
    ):
        change(f"DROP TABLE {table}")
    if url.startswith("sqlite"):
        for table in ("lesion_revisions", "outcomes", "outlines"):
            change(f"DROP TRIGGER {table}_refuses_replacement")
    views = {name: " ".join(sql.split()) for name, sql in schema._VIEWS.items() if "reading" not in name}
    for name in reversed(views):
        change(f"DROP VIEW {name}")
    for table, names in ADDED_SINCE_1.items():
        for name in names:
            change(f"ALTER TABLE {table} DROP COLUMN {name}")
    for name, sql in views.items():
        change(f"CREATE VIEW {name} AS {sql}")
    change("UPDATE about SET value = '1' WHERE name = 'schema_version'")


NEWER_NUMBERS = dict.fromkeys(PIECES)


def in_version_1(lesion: Lesion) -> Lesion:
    """A lesion without the numbers that older stores do not have."""
    held = {field.name for field in fields(lesion.measurements)}
    newer = {name: value for name, value in NEWER_NUMBERS.items() if name in held}
    return replace(lesion, measurements=replace(lesion.measurements, **newer))  # type: ignore[arg-type]


def known_to_version_1(store: Store, stack_id: int) -> tuple[object, object]:
    """Outcomes and histories without what older stores do not have."""
    outcomes = [replace(one, notices=None, lesions=tuple(map(in_version_1, one.lesions))) for one in store.outcomes()]
    histories = store.histories(stack_id)
    return outcomes, {
        uid: [replace(one, lesion=in_version_1(one.lesion)) for one in revisions]
        for uid, revisions in histories.items()
    }


def test_a_store_of_version_1_is_opened_and_takes_radiographs(url: str, report: Report, tmp_path: Path) -> None:
    with open_store(url) as store:
        stack_id = keep(store, report)
        accept(store, stack_id)
        before = known_to_version_1(store, stack_id)
    made_by_version_1(url)
    ask = plain_sql(url)
    with pytest.raises(Exception, match="long_axis_px"):
        ask("SELECT long_axis_px FROM current_lesions")
    pixels, outline = ellipse((60, 40))
    (stack,) = find_series(write_radiograph(tmp_path / "film", pixels.astype(np.uint16))).series
    radiograph = load_image(stack, SETTINGS)
    assert isinstance(radiograph, Radiograph)
    film = Report(stack, None, (radiograph_lesion(radiograph, outline),), settings_hash(SETTINGS), "1.0")
    with open_store(url) as store:
        assert known_to_version_1(store, stack_id) == before
        accept(store, stack_id, 2)
        keep(store, film)
        assert Outcome.of(film) in list(store.outcomes())
    assert ask("SELECT count(*) FROM current_lesions WHERE long_axis_px IS NOT NULL") == [(1,)]
    assert ask("SELECT value FROM about WHERE name = 'schema_version'") == [(str(schema.SCHEMA_VERSION),)]
    with open_store(url) as store:
        store.note_seen(stack_id, "Dr A")
        assert store.seen_by() == {stack_id: ("Dr A",)}
    for verb in ("UPDATE lesion_revisions SET why = 'x'", "DELETE FROM outcomes", "DELETE FROM looks"):
        with pytest.raises(Exception, match="append-only"):
            ask(verb)


def test_who_has_seen_a_stack_counts_for_the_images_that_it_had(url: str, report: Report) -> None:
    nothing = replace(report, lesions=(), thumbnails=())
    with open_store(url) as store:
        stack_id = keep(store, nothing)
        assert store.seen_by() == {}
        store.note_seen(stack_id, "Dr B")
        store.note_seen(stack_id, "Dr A")
        assert store.seen_by() == {stack_id: ("Dr A", "Dr B")}
        store.note_seen(stack_id, "Dr B", is_withdrawn=True)
        assert store.seen_by() == {stack_id: ("Dr A",)}
        ask = plain_sql(url)
        noted = ask("SELECT stack_id, reader FROM looks WHERE NOT is_withdrawn ORDER BY look_id")
        assert noted == [(stack_id, "Dr B"), (stack_id, "Dr A")]
        assert ask("SELECT count(*) FROM looks JOIN outcomes USING (stack_id, content_hash)") == [(3,)]
        assert ask("SELECT count(*) FROM lesion_revisions") == [(0,)]
        fewer = replace(report.stack, instances=report.stack.instances[:-1])
        assert keep(store, replace(nothing, stack=fewer)) == stack_id
        assert store.seen_by() == {}
    with pytest.raises(Exception, match="append-only"):
        ask("DELETE FROM looks")


def test_a_step_that_breaks_changes_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_store(url):
        pass
    with monkeypatch.context() as patch:
        next_version(patch, "ALTER TABLE stacks ADD COLUMN color TEXT", "SELECT color FROM nowhere")
        with pytest.raises(StoreError, match="nowhere"), open_store(url):
            pass
    ask = plain_sql(url)
    assert ask("SELECT value FROM about WHERE name = 'schema_version'") == [(str(schema.SCHEMA_VERSION),)]
    with pytest.raises(Exception, match="color"):
        ask("SELECT color FROM stacks")
    with open_store(url):
        pass


# What cannot be opened


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "calcimeasure.db"
    file.write_bytes(b"patient,mass\n" * 500)
    said = f"The store {file} cannot be used: file is not a database. It is no store of calcimeasure"
    with pytest.raises(StoreError, match=re.escape(said)), open_store(file_url(file), str(file)):
        pass
    assert file.read_bytes() == b"patient,mass\n" * 500


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(StoreError, match="unable to open database file"),
        open_store(file_url(tmp_path / "no" / "store.db")),
    ):
        pass


@pytest.mark.parametrize("url_of_nothing", ["nonsense", "oracle://here/x", "nosuch+driver://here", "mysql://here/x"])
def test_another_kind_of_database_is_refused(url_of_nothing: str) -> None:
    with pytest.raises(StoreError, match=r"--store .* cannot be opened: .* Expected sqlite:///FILE or postgresql"):
        connect.connect(url_of_nothing)


def test_passwords_that_earlier_versions_stored_are_left_out(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    with open_store(url) as store:
        store.begin_run([HERE], Settings(store="postgresql+psycopg://reader@host/db"), "now")
    ask = plain_sql(url)
    ask("UPDATE runs SET settings_toml = replace(settings_toml, 'reader@', 'reader:5ecret@')")
    ask("UPDATE settings_used SET settings_toml = 'store = \"postgresql://reader:5ecret@host/db\"'")
    engine = connect.connect(url)
    with engine.begin() as connection:
        used_settings.forget_passwords(connection)
    engine.dispose()
    (run,) = ask("SELECT settings_toml FROM runs")
    assert run == (format_settings(Settings(store="postgresql+psycopg://reader@host/db")),)
    assert ask("SELECT settings_toml FROM settings_used") == [('store = "postgresql://reader@host/db"',)]


def test_a_url_that_is_none_is_told_without_its_password() -> None:
    with pytest.raises(StoreError, match=r"--store \(not shown: it may hold a password\) cannot be opened") as raised:
        connect.connect("postgresql:/me:secret@here")
    assert "secret" not in str(raised.value)


def test_a_server_that_does_not_answer_is_an_error_without_the_password() -> None:
    url = "postgresql+psycopg://me:secret@127.0.0.1:1/x"
    with pytest.raises(StoreError, match=r"me@.*cannot be used: .*127\.0\.0\.1") as raised, open_store(url):
        pass
    assert "secret" not in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("table", ["about (name TEXT, value TEXT)", "files (name TEXT)", "runs (a INTEGER)"])
def test_the_tables_of_another_program_are_refused(url: str, table: str) -> None:
    plain_sql(url)(f"CREATE TABLE {table}")
    with pytest.raises(StoreError, match="is no store of calcimeasure"), open_store(url):
        pass
    with pytest.raises(Exception, match="stacks"):
        plain_sql(url)("SELECT * FROM stacks")


@pytest.mark.parametrize("name", ["a?b%41#c", "ä ö", "sqlite:memory", ":memory:"])
def test_a_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    with open_store(file_url(folder / "store.db")) as store:
        store.remember("a", "b")
    assert [path.name for path in folder.iterdir()] == ["store.db"]


# Where one process alone can write


@pytest.fixture
def on_a_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calcimeasure.store.connect._is_on_network", lambda _: True)


def journal_of(file: Path) -> str:
    with closing(sqlite3.connect(file)) as connection:
        return str(connection.execute("PRAGMA journal_mode").fetchone()[0])


def test_several_may_write_to_a_file_on_a_disk(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    with open_store(file_url(file)) as store, open_store(file_url(file)) as other:
        assert store.shared
        other.remember("a", "b")
        assert store.recall("a") == "b"
        assert journal_of(file) == "wal"
        assert not file.with_name("store.db.writer").exists()


@pytest.mark.usefixtures("on_a_share")
def test_one_alone_may_write_to_a_file_on_a_share(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    with open_store(file_url(file)) as store:
        assert not store.shared
        assert journal_of(file) == "delete"
        lock = file.with_name("store.db.writer")
        said = rf"Process {os.getpid()} on \S+ writes to the store {file}, which one alone may do.*remove {lock}"
        with pytest.raises(StoreError, match=said), open_store(file_url(file)):
            pass
        store.remember("a", "b")
        assert lock.exists(), "who was refused takes nothing from who holds it"
    assert [path.name for path in tmp_path.iterdir()] == ["store.db"]
    with open_store(file_url(file)) as store:
        assert store.recall("a") == "b"


def test_a_file_that_moves_to_a_share_changes_its_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "store.db"
    with open_store(file_url(file)) as store:
        store.remember("a", "b")
    for on_share, journal in ((True, "delete"), (False, "wal")):
        monkeypatch.setattr("calcimeasure.store.connect._is_on_network", lambda _, on_share=on_share: on_share)
        with open_store(file_url(file)) as store:
            assert store.recall("a") == "b"
            assert journal_of(file) == journal


@pytest.mark.usefixtures("on_a_share")
def test_the_lock_of_a_process_that_ended_is_taken_over(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom calcimeasure.store import connect\n"
        "connect.lock(Path(sys.argv[1]))\nos._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code, str(file)], check=False)
    assert file.with_name("store.db.writer").exists()
    with open_store(file_url(file)) as store:
        store.remember("a", "b")
    assert not file.with_name("store.db.writer").exists()


@pytest.mark.usefixtures("on_a_share")
def test_the_lock_of_who_was_faster_is_left_alone(tmp_path: Path) -> None:
    with open_store(file_url(tmp_path / "store.db")):
        lock = tmp_path / "store.db.writer"
        before = lock.read_text()
        connect._take_away(lock, {"host": "the one that ended", "process": 1})
        assert lock.read_text() == before
        assert not lock.with_name(f"{lock.name}.{os.getpid()}").exists()


def test_where_there_is_no_shared_memory_one_alone_may_write(tmp_path: Path) -> None:
    engine = connect.connect(f"sqlite:///file:{tmp_path / 'store.db'}?vfs=unix-none&uri=true")
    assert connect.set_journal(engine, tmp_path / "store.db") is False
    engine.dispose()


@pytest.mark.usefixtures("on_a_share")
@pytest.mark.parametrize("holder", ['{"host": "another", "process": 99999999}', "", "[]"])
def test_the_lock_of_another_machine_is_respected(tmp_path: Path, holder: str) -> None:
    lock = tmp_path / "store.db.writer"
    lock.write_text(holder)
    with pytest.raises(StoreError, match="writes to the store"), open_store(file_url(tmp_path / "store.db")):
        pass
    assert lock.read_text() == holder


@pytest.mark.usefixtures("on_a_share")
def test_the_command_says_once_that_one_alone_may_write(tmp_path: Path) -> None:
    write_ct(tmp_path / "in", seed="share")
    arguments = ["measure", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--key", str(tmp_path / "key")]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert done.stderr.count("one process alone can write it (network share)") == 1
    assert journal_of(tmp_path / "out" / "private" / "calcimeasure.db") == "delete"


MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/share /mnt/share nfs4 rw 0 0
//server/x /mnt/with\\040space cifs rw 0 0
me@there: /mnt/ssh fuse.sshfs rw 0 0
/dev/sdb1 /mnt/share/disk ext4 rw 0 0
"""


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("/data/store.db", False),
        ("/mnt/share/deep/below/store.db", True),
        ("/mnt/shared/store.db", False),
        ("/mnt/with space/store.db", True),
        ("/mnt/ssh/store.db", True),
        ("/mnt/share/disk/store.db", False),
    ],
)
def test_shares_are_told_by_what_is_mounted(tmp_path: Path, file: str, expected: bool) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS)
    assert connect._is_on_network(Path(file), mounts) is expected
    assert not connect._is_on_network(Path(file), tmp_path / "missing")


def test_a_link_leads_to_a_share(tmp_path: Path) -> None:
    (tmp_path / "mounts").write_text(f"/dev/sda1 / ext4 rw\nserver:/x {tmp_path / 'share'} nfs4 rw\n")
    (tmp_path / "share").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "share")
    assert connect._is_on_network(tmp_path / "link" / "store.db", tmp_path / "mounts")

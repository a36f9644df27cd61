"""Masses as the SDTM datasets TU and TR: what they hold, and the rules that they keep to."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from calcimeasure.export import Identified, Pseudonyms
from calcimeasure.export.sdtm.datasets import datasets_of
from calcimeasure.export.sdtm.rules import problems_of
from calcimeasure.export.sdtm.terms import QUALIFIERS, SUM, TESTS, TESTS_ON_IMAGE
from calcimeasure.export.sdtm.write import write_dataset
from calcimeasure.model import (
    BodySite,
    Laterality,
    Outcome,
    Side,
    SideSource,
    Site,
    SiteSource,
    SpacingSource,
    State,
    Status,
)
from calcimeasure.study import linked_studies
from tests.export.dicom.reports import DISK, RING, accepted, ct_source, film_source

if TYPE_CHECKING:
    from pathlib import Path

    from calcimeasure.export import Leaving, Naming
    from calcimeasure.export.dicom.source import Source
    from calcimeasure.export.sdtm.variables import Dataset
    from calcimeasure.model import Lesion

NAMES = Pseudonyms(b"k" * 32)


def outcome(source: Source, *lesions: Lesion) -> Outcome:
    return Outcome(State.MEASURED, source.facts.path, source.facts, lesions=lesions or source.lesions)


def made(*outcomes: Outcome, naming: Naming = NAMES, status: Status = Status.ACCEPTED) -> dict[str, Dataset]:
    """The datasets by their names; they keep to the rules."""
    datasets = datasets_of(linked_studies(outcomes), naming, status, "TRIAL-1")
    assert problems_of(datasets) == []
    return {one.name: one for one in datasets}


@pytest.fixture(scope="module")
def ct(tmp_path_factory: pytest.TempPathFactory) -> Source:
    """A CT with two accepted masses of a patient on a day."""
    header = {"patient_id": "CNRY", "study_date": "20190302", "seed": "sdtm"}
    source = ct_source(tmp_path_factory.mktemp("sdtm"), **header)
    sides = (Laterality.LEFT, Laterality.MIDLINE)
    sites = (Site(BodySite.PELVIS, SiteSource.GEOMETRY), Site(BodySite.SPINE, SiteSource.GEOMETRY, "lumbar"))
    lesions = tuple(
        replace(one, side=Side(side, SideSource.BODY_MIDLINE, 0.9), site=site)
        for one, side, site in zip(source.lesions, sides, sites, strict=True)
    )
    return replace(source, lesions=lesions)


def told(datasets: dict[str, Dataset], domain: str, sequence: str) -> dict[str, str]:
    """The supplemental qualifiers of a record."""
    rows = datasets[f"SUPP{domain}"].rows
    return {row["QNAM"]: row["QVAL"] for row in rows if row["IDVARVAL"] == sequence}


def test_a_mass_is_identified_once_and_each_number_is_a_result(ct: Source) -> None:
    datasets = made(outcome(ct))
    first, second = datasets["TU"].rows
    lesion = ct.lesions[0]
    assert first == {
        "STUDYID": "TRIAL-1",
        "DOMAIN": "TU",
        "USUBJID": NAMES.patient_key(ct.facts),
        "TUSEQ": "1",
        "TUREFID": NAMES.uid(ct.facts.series_uid),
        "TULNKID": NAMES.uid(lesion.tracking_uid),
        "TUTESTCD": "LESIDENT",
        "TUTEST": "Lesion Identification",
        "TUORRES": "MEASURED",
        "TUSTRESC": "MEASURED",
        "TULOC": "PELVIS",
        "TULAT": "LEFT",
        "TUMETHOD": "CT SCAN",
        "TUEVAL": "READER",
        "TUDTC": str(NAMES.study_date(ct.facts)),
    }
    assert (second["TULOC"], second["TULAT"]) == ("LUMBAR SPINE", "")
    assert told(datasets, "TU", "2")["TUSIDE"] == "MIDLINE"
    results = {row["TRTESTCD"]: row for row in datasets["TR"].rows if row.get("TRLNKID") == first["TULNKID"]}
    numbers = lesion.measurements
    for code, value, half_width in (
        ("LDIAM", numbers.long_axis_mm, numbers.long_axis_u95_mm),
        ("LPERP", numbers.short_axis_mm, None),
        ("MAX3DDIA", numbers.max_3d_diameter_mm, numbers.max_3d_diameter_u95_mm),
        ("VOLUME", numbers.volume_ml, numbers.volume_u95_ml),
        ("RADIODEN", numbers.mean_hu, None),
    ):
        row = results[code]
        assert float(row["TRSTRESN"]) == pytest.approx(value, abs=0.006)
        half = told(datasets, "TR", row["TRSEQ"]).get("TRU95")
        assert (half is None) == (half_width is None)
        assert half is None or float(half) == pytest.approx(half_width, abs=0.006)
    assert (results["VOLUME"]["TRORRESU"], results["RADIODEN"]["TRSTRESU"]) == ("mL", "Hounsfield Unit")
    (total,) = (row for row in datasets["TR"].rows if row["TRTESTCD"] == "SUMDIAM")
    axes = [one.measurements.long_axis_mm for one in ct.lesions]
    assert float(total["TRSTRESN"]) == pytest.approx(sum(axes), abs=0.006)
    assert "TRLNKID" not in total


def test_the_names_and_dates_are_those_of_the_other_tables(ct: Source) -> None:
    pseudonymous, identified = made(outcome(ct)), made(outcome(ct), naming=Identified())
    told_all = json.dumps([[*map(dict, one.rows)] for one in pseudonymous.values()])
    for secret in ("CNRY", "2019", ct.facts.series_uid, ct.lesions[0].tracking_uid, "Dr A"):
        assert secret not in told_all
    row = identified["TU"].rows[0]
    assert (row["USUBJID"], row["TUDTC"], row["TULNKID"]) == ("CNRY", "2019-03-02", ct.lesions[0].tracking_uid)
    assert told(identified, "TU", "1")["TUREADER"] == "Dr A"
    assert told(pseudonymous, "TU", "1")["TUREADER"] == NAMES.reader("Dr A")
    assert (told(pseudonymous, "TU", "1")["TUDTSHFT"], "TUDTSHFT" in told(identified, "TU", "1")) == ("Y", False)


def test_a_patient_without_an_id_has_the_study_as_subject(ct: Source) -> None:
    nameless = replace(ct, facts=replace(ct.facts, patient_id=None, person=None, study_date=None))
    row = made(outcome(nameless))["TU"].rows[0]
    assert row["USUBJID"] == f"STUDY-{NAMES.uid(ct.facts.study_uid)}"
    assert row["TUDTC"] == ""


def test_only_masses_with_the_status_leave(ct: Source) -> None:
    proposed = replace(ct.lesions[0], status=Status.PROPOSED, reader=None, reviewed_at=None)
    rejected = replace(ct.lesions[1], status=Status.REJECTED)
    assert [len(one.rows) for one in made(outcome(ct, proposed, rejected)).values()] == [0] * 5
    datasets = made(outcome(ct, proposed, ct.lesions[1]), status=Status.PROPOSED)
    (row,) = datasets["TU"].rows
    assert (row["TULNKID"], row["TUEVAL"]) == (NAMES.uid(proposed.tracking_uid), "")
    assert told(datasets, "TU", "1")["TUREVIEW"] == "PROPOSED"
    assert "TUREADER" not in told(datasets, "TU", "1")


def test_a_mass_in_two_series_is_one_mass(ct: Source) -> None:
    """The primary one has the thinner slices; without it the other one stands for the mass."""
    thick = replace(ct.facts, series_uid="1.2.3", path="thick", slice_spacing_mm=(ct.facts.slice_spacing_mm or 2) * 2)
    again = tuple(replace(one, tracking_uid=f"2.25.{number}") for number, one in enumerate(ct.lesions, 7))
    other = Outcome(State.MEASURED, "thick", thick, lesions=again)
    facts = replace(ct.facts, frame_of_reference_uid="1.9")
    both = (replace(outcome(ct), stack=facts), replace(other, stack=replace(thick, frame_of_reference_uid="1.9")))
    links = next(linked_studies(both)).links
    assert sorted(one.study_lesion_number for one in links.values()) == [1, 1, 2, 2]
    primary = {key[-1] for key, one in links.items() if one.primary}
    assert {row["TULNKID"] for row in made(*both)["TU"].rows} == {NAMES.uid(one) for one in primary}
    waiting = tuple(replace(one, status=Status.PROPOSED) if one.tracking_uid in primary else one for one in ct.lesions)
    lesions = tuple(replace(one, status=Status.PROPOSED) if one.tracking_uid in primary else one for one in again)
    rows = made(replace(both[0], lesions=waiting), replace(both[1], lesions=lesions))["TU"].rows
    assert len(rows) == 2
    assert not {row["TULNKID"] for row in rows} & {NAMES.uid(one) for one in primary}


def test_a_mass_that_is_cut_off_has_lower_bounds(ct: Source) -> None:
    cut = replace(ct.lesions[0], measurements=replace(ct.lesions[0].measurements, truncated=True))
    datasets = made(outcome(ct, cut))
    bounds = {row["TRTESTCD"]: told(datasets, "TR", row["TRSEQ"]).get("TRLOWER") for row in datasets["TR"].rows}
    assert {code for code, bound in bounds.items() if bound is None} == {"RADIODEN"}
    assert bounds["SUMDIAM"] == bounds["VOLUME"] == "Y"


def test_a_radiograph_without_a_spacing_has_no_millimeter(tmp_path: Path) -> None:
    film = film_source(tmp_path, [DISK, RING])
    datasets = made(outcome(film))
    units = {row["TRTESTCD"]: row["TRSTRESU"] for row in datasets["TR"].rows}
    assert set(units.values()) == {"PIXEL"}
    assert {"LDIAMPX", "LPERPPX", "AREAPX"} <= set(units)
    assert "SUMDIAM" not in units
    assert {row["TUMETHOD"] for row in datasets["TU"].rows} == {"X-RAY"}


def test_the_source_of_millimeters_on_a_radiograph_is_said(tmp_path: Path) -> None:
    film = film_source(tmp_path, [DISK], ImagerPixelSpacing=[0.2, 0.2])
    assert film.lesions[0].measurements.spacing_source is SpacingSource.DETECTOR_PLANE
    datasets = made(outcome(film))
    (axis,) = (row for row in datasets["TR"].rows if row["TRTESTCD"] == "LDIAM")
    assert (axis["TRSTRESU"], told(datasets, "TR", axis["TRSEQ"])["TRMMSRC"]) == ("mm", "DETECTOR_PLANE")
    assert "SUMDIAM" not in {row["TRTESTCD"] for row in datasets["TR"].rows}


def test_a_mass_that_was_followed_is_identified_on_its_first_date(ct: Source) -> None:
    """The later study comes first; what is not followed has an identification of its own."""
    later_facts = replace(ct.facts, study_uid="1.2.7", series_uid="1.2.7.1", path="b", study_date=date(2020, 1, 1))
    later_lesions = tuple(replace(one, tracking_uid=f"2.25.{n}") for n, one in enumerate(ct.lesions, 7))
    later = Outcome(State.MEASURED, "b", later_facts, lesions=later_lesions)
    uid = ct.lesions[0].tracking_uid
    datasets = datasets_of(
        linked_studies((later, outcome(ct))), NAMES, Status.ACCEPTED, "TRIAL-1", {uid: uid, "2.25.7": uid}
    )
    assert problems_of(datasets) == []
    identified, results = datasets[0].rows, datasets[1].rows
    assert sorted(row["TULNKID"] for row in identified) == sorted(
        str(NAMES.uid(one)) for one in (uid, ct.lesions[1].tracking_uid, "2.25.8")
    )
    (followed,) = (row for row in identified if row["TULNKID"] == NAMES.uid(uid))
    assert followed["TUDTC"] == str(NAMES.study_date(ct.facts))
    axes = [row for row in results if row["TRTESTCD"] == "LDIAM" and row.get("TRLNKID") == followed["TULNKID"]]
    assert {row["TRDTC"] for row in axes} == {str(NAMES.study_date(one)) for one in (ct.facts, later_facts)}
    assert [row["TUSEQ"] for row in identified] == ["1", "2", "3"]


def test_subjects_are_counted_apart(ct: Source) -> None:
    other = replace(ct.facts, study_uid="1.2.7", patient_id="other", person="other", study_date=date(2020, 1, 1))
    lesions = tuple(accepted(replace(one, tracking_uid=f"2.25.{n}")) for n, one in enumerate(ct.lesions))
    datasets = made(outcome(ct), Outcome(State.MEASURED, "b", other, lesions=lesions))
    assert [row["TUSEQ"] for row in datasets["TU"].rows] == ["1", "2", "1", "2"]


def test_files_hold_the_same_as_csv_and_as_dataset_json(ct: Source, tmp_path: Path) -> None:
    left: list[Leaving] = []
    for dataset in made(outcome(ct)).values():
        table, text = write_dataset(dataset, tmp_path, NAMES, "TRIAL-1", left.append)
        with table.open(encoding="utf-8", newline="") as file:
            names, *rows = csv.reader(file)
        document = json.loads(text.read_text(encoding="utf-8"))
        assert names == [one["name"] for one in document["columns"]] == [one.name for one in dataset.variables]
        assert document["records"] == len(dataset.rows) == len(rows) > 0
        assert (document["datasetJSONVersion"], document["name"]) == ("1.1.0", dataset.name)
        for row, values in zip(rows, document["rows"], strict=True):
            assert len(row) == len(values) == len(names)
            for cell, value in zip(row, values, strict=True):
                assert value == cell or (value is None and not cell) or math.isclose(value, float(cell))
    assert [one.row_count for one in left[::2]] == [one.row_count for one in left[1::2]]
    assert len(left) == 10


def test_a_name_is_no_formula_and_a_number_stays_a_number(ct: Source, tmp_path: Path) -> None:
    odd = replace(ct.facts, patient_id="=HYPERLINK(1)")
    faint = replace(ct.lesions[0], measurements=replace(ct.lesions[0].measurements, mean_hu=-12.3))
    datasets = made(Outcome(State.MEASURED, "a", odd, lesions=(faint,)), naming=Identified())
    for dataset in datasets.values():
        write_dataset(dataset, tmp_path, Identified(), "TRIAL-1", lambda _: None)
    with (tmp_path / "tr.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["USUBJID"] for row in rows} == {"'=HYPERLINK(1)"}
    assert float(next(row["TRORRES"] for row in rows if row["TRTESTCD"] == "RADIODEN")) == pytest.approx(-12.3)
    assert (tmp_path / "tu.json").stat().st_mode & 0o077 == 0


BROKEN = {
    "no study": ("TU", 0, {"STUDYID": ""}),
    "another domain": ("TU", 0, {"DOMAIN": "TR"}),
    "no subject": ("TR", 0, {"USUBJID": ""}),
    "the same sequence number": ("TR", 1, {"TRSEQ": "1"}),
    "a sequence that is no number": ("TR", 0, {"TRSEQ": "one"}),
    "no link": ("TR", 0, {"TRLNKID": ""}),
    "a link to nothing": ("TR", 0, {"TRLNKID": "1.2.3"}),
    "a mass identified twice": ("TU", 1, {"TULNKID": None}),
    "an unknown test": ("TR", 0, {"TRTESTCD": "LENGTH"}),
    "a name of another test": ("TR", 0, {"TRTEST": "Volume"}),
    "another unit": ("TR", 0, {"TRORRESU": "cm"}),
    "two units": ("TR", 0, {"TRSTRESU": "PIXEL"}),
    "no result": ("TR", 0, {"TRORRES": ""}),
    "another standard result": ("TR", 0, {"TRSTRESN": "1"}),
    "a result that is no number": ("TR", 0, {"TRSTRESN": "large"}),
    "a date of another form": ("TU", 0, {"TUDTC": "02.03.2019"}),
    "a side that is no term": ("TU", 0, {"TULAT": "MIDLINE"}),
    "a method that is no term": ("TR", 0, {"TRMETHOD": "CT"}),
    "a variable of another domain": ("TU", 0, {"TRORRES": "1"}),
    "a line break": ("TU", 0, {"TULOC": "HAND\nWRIST"}),
    "a long value": ("TU", 0, {"TULOC": "A" * 201}),
    "a qualifier of nothing": ("SUPPTU", 0, {"IDVARVAL": "99"}),
    "a qualifier of another domain": ("SUPPTR", 0, {"RDOMAIN": "TU"}),
    "a qualifier without a value": ("SUPPTU", 0, {"QVAL": ""}),
    "an unknown qualifier": ("SUPPTU", 0, {"QNAM": "COLOR"}),
    "another label": ("SUPPTU", 0, {"QLABEL": "Side"}),
    "a qualifier twice": ("SUPPTU", 1, {"QNAM": None}),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_breaks_a_rule_is_found(ct: Source, name: str) -> None:
    datasets = made(outcome(ct))
    which, number, change = BROKEN[name]
    rows = [dict(row) for row in datasets[which].rows]
    rows[number] |= {key: rows[0][key] if value is None else value for key, value in change.items()}
    if "QNAM" in change and change["QNAM"] is None:
        rows[number] |= {"QLABEL": rows[0]["QLABEL"]}
    datasets[which] = replace(datasets[which], rows=rows)
    assert problems_of([*datasets.values()]) != []


def test_tests_and_qualifiers_have_names_that_the_standard_allows() -> None:
    tests = [*TESTS, *TESTS_ON_IMAGE, SUM]
    assert len({one.code for one in tests}) == len({one.name for one in tests}) == len(tests)
    assert max(len(one.code) for one in tests) <= 8
    assert max(len(one.name) for one in tests) <= 40
    assert max(map(len, QUALIFIERS)) <= 8
    assert max(len(label) for label, _ in QUALIFIERS.values()) <= 40

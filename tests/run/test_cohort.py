"""`calcimeasure cohort`: the clinical table is the denominator, and all that is wrong with it is refused at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from calcimeasure.cli import app
from calcimeasure.codes import COHORT_REASONS
from calcimeasure.errors import InputPathError
from calcimeasure.export import Pseudonyms
from calcimeasure.export.changes import RESPONSE_COLUMNS, ResponseRow, write_changes
from calcimeasure.model import BodySite, Laterality, StackFacts
from calcimeasure.model.cohort import Condition, Dictionary, LeftOut, Place, Question, Source, Unknown
from calcimeasure.model.follow import Response
from calcimeasure.run.cohort import _OF_RESPONSES, follow_ups
from calcimeasure.run.cohort_clinical import read_clinical, refuse
from calcimeasure.run.cohort_dictionary import read_dictionary
from calcimeasure.study.cohort.groups import GROUPS, SITES
from tests.conftest import PROJECT
from tests.tables import problems, read, write_ct

if TYPE_CHECKING:
    from pathlib import Path

TABLES = ("flow", "cohort", "associations", "outcomes", "body_map", "sizes")
QUESTION = """
[[associations]]
name = "diffuse subset"
exposure = "subset"
exposed = ["diffuse"]

[[associations]]
name = "vessels"
exposure = "severe_vascular"
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two patients: the registry knows one under its own id, the other one has a pseudonym."""
    parent = tmp_path_factory.mktemp("cohort")
    for number in (1, 2):
        write_ct(parent / "in" / str(number), seed=f"cohort {number}", patient_id=f"MRN{number}")
    (parent / "map.csv").write_text("patient_id,record_id\nMRN1,R-1\n", encoding="utf-8")
    told = ["measure", str(parent / "in"), "--out", str(parent / "results"), "--workers", "1", "--no-report"]
    options = ["--record-map", str(parent / "map.csv"), "--key", str(parent / "key"), "--set", "large_diameter_mm=9"]
    done = CliRunner().invoke(app, [*told, *options])
    assert done.exit_code == 0, done.output
    return parent / "results"


@pytest.fixture
def pseudonym(results: Path) -> str:
    (name,) = {row["patient_key"] for row in read(results / "lesions.csv")} - {"R-1"}
    return name


def cohort(results: Path, folder: Path, clinical: str, *options: object) -> tuple[int, str]:
    (folder / "clinical.csv").write_text(clinical, encoding="utf-8")
    done = CliRunner().invoke(
        app,
        [
            "cohort",
            str(results),
            "--clinical",
            str(folder / "clinical.csv"),
            "--out",
            str(folder / "out"),
            *map(str, options),
        ],
    )
    return done.exit_code, done.output


def test_tables_of_a_folder(results: Path, tmp_path: Path, pseudonym: str) -> None:
    (tmp_path / "words.toml").write_text(QUESTION, encoding="utf-8")
    clinical = f"record_id,subset,vital_status\nR-1,diffuse,alive\n{pseudonym},limited,\nR-3,limited,deceased\n"
    code, said = cohort(results, tmp_path, clinical, "--dictionary", tmp_path / "words.toml")
    assert code == 0, said
    assert "Patients: 3, of them with a large mass: 2, followed: 0." in said
    assert "Associations that could not be tested: 2" in said
    out = tmp_path / "out"
    for table in TABLES:
        assert problems(out, table) == [], table
    rows = {(row["group"], row["item"]): row for row in read(out / "cohort.csv")}
    lower = rows["cohort", "large_mass_lower_bound"]
    assert (lower["n"], lower["N"], lower["missing"], lower["percent"]) == ("2", "3", "1", "66.7")
    assert (rows["cohort", "large_mass"]["n"], rows["cohort", "large_mass"]["N"]) == ("2", "2")
    assert rows["cohort", "sex"]["note"] == "column_missing"
    counts = {row["step"]: row["n"] for row in read(out / "flow.csv")}
    assert (counts["without_image"], counts["measured_large_mass"], counts["large_masses_proposed"]) == ("1", "2", "2")
    tested, untested = read(out / "associations.csv")
    assert tested["not_tested"] == "no_variation"
    assert (untested["not_tested"], untested["p"]) == ("column_missing", "")


def test_the_change_that_follow_found_stands_beside_the_outcome(results: Path, tmp_path: Path, pseudonym: str) -> None:
    stack = StackFacts("1.2", "1.2.3", 1, "CT", "/in", "a.dcm", 10, person="MRN1")
    states = (Response.PROGRESSION, Response.STABLE, Response.STABLE)
    row = ResponseRow(stack, stack, "baseline", 400, 2, 0, 0, 0, 0, 0, 0.0, 4.0, 1.0, 0.2, 1, 9.0, 9.0, *states, "")
    write_changes([], [row], results, Pseudonyms(bytes(32), {"MRN1": "R-1"}))
    try:
        clinical = f"record_id,surgery,outcome\nR-1,yes,worsening\n{pseudonym},no,unchanged\n"
        code, said = cohort(results, tmp_path, clinical)
    finally:
        for name in ("changes", "responses"):
            (results / f"{name}.csv").unlink()
            (results / f"{name}.schema.json").unlink()
    assert (code, "followed: 1" in said) == (0, True)
    rows = {(one["group"], one["item"]): one for one in read(tmp_path / "out" / "outcomes.csv")}
    progression = rows["cases_operated", "follow_response:progression"]
    assert (progression["n"], progression["N"], progression["percent"]) == ("1", "1", "100.0")
    assert rows["cases", "follow_change_percent"]["median"] == "25.00"
    assert rows["cases_not_operated", "follow_days"]["missing"] == "1"
    assert rows["cases_operated", "outcome:worsening"]["n"] == "1"


def test_nothing_of_a_header_leaves(results: Path, tmp_path: Path, pseudonym: str) -> None:
    cohort(results, tmp_path, f"record_id\nR-1\n{pseudonym}\n")
    written = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "out").iterdir())
    for name in ("MRN1", "MRN2", "R-1", pseudonym, "1.2."):
        assert name not in written


def test_only_accepted_masses_count_if_so_ordered(results: Path, tmp_path: Path, pseudonym: str) -> None:
    code, said = cohort(results, tmp_path, f"record_id\nR-1\n{pseudonym}\n", "--accepted")
    assert code == 0
    assert "of them with a large mass: 0" in said
    flow = read(tmp_path / "out" / "flow.csv")
    undecided = [(row["step"], row["n"]) for row in flow if row["reason"] == "undecided"]
    assert undecided == [("small_masses", "0"), ("size_not_known", "2"), ("masses_size_not_known", "2")]
    (any_mass,) = (row for row in read(tmp_path / "out" / "cohort.csv") if row["item"] == "any_mass")
    assert (any_mass["n"], any_mass["N"], any_mass["missing"]) == ("0", "0", "2")


def test_patients_of_the_folder_who_are_not_in_the_table_are_refused(
    results: Path, tmp_path: Path, pseudonym: str
) -> None:
    code, said = cohort(results, tmp_path, "record_id\nR-9\n")
    assert code == 2
    assert f"patients of the folder who are not in the table: {pseudonym} (studies: 1), R-1 (studies: 1)" in said
    assert not (tmp_path / "out").exists()


def test_all_that_is_wrong_is_refused_at_once(results: Path, tmp_path: Path) -> None:
    clinical = (
        "record_id,sex,age_years,infection,treatments,reported_sites,vital_status\n"
        "R-1,woman,old,maybe,magic,nose,gone\n"
        "R-2,female,59,yes,none;colchicine,elbow:left,alive\n"
        "R-1,female,-3,no,none,spine,alive\n"
        ",male,200,,,,\n"
    )
    code, said = cohort(results, tmp_path, clinical)
    assert code == 2
    for expected in (
        "line 2, sex: 'woman' is none of female, male, other",
        "line 2, age_years: 'old' is no number from 0 to 120",
        "line 2, infection: 'maybe' is none of no, yes",
        "line 2, treatments: 'magic' is none of",
        "line 2, reported_sites: 'nose' is not a site",
        "line 2, vital_status: 'gone' is none of",
        "line 3, treatments: none stands beside a treatment",
        "line 4, age_years: '-3'",
        "line 5, record_id: it is empty",
        "line 5, age_years: '200'",
        "lines 2, 4, record_id: the same patient",
        "patients of the folder who are not in the table: P-",
    ):
        assert expected in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("record_id\n", "a row for each patient is expected, found none"),
        ("patient,sex\n1,female\n", "the column record_id is expected, found 'patient', 'sex'"),
    ],
)
def test_a_table_without_patients_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "clinical.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputPathError, match=expected):
        read_clinical(tmp_path / "clinical.csv", Dictionary())


DICTIONARY = """
missing = ["NA", "-99"]
separator = ","

[columns]
record_id = "Pat"
ulcer_fistula = "ulc"

[words.sex]
"1" = "female"
"2" = "male"

[words.ulcer_fistula]
"ja" = "yes"
"nein" = "no"

[words.source]
"Charité" = "cohort"
"Paper" = "literature"

[words.treatments]
"STS" = "sodium_thiosulfate"
"ESWL" = "lithotripsy"

[[associations]]
name = "age"
exposure = "age_years"
exposed_from = 60
outcome = "ulcer_fistula"
group = "cases"

[[associations]]
name = "lithotripsy"
exposure = "treatments"
exposed = ["lithotripsy"]
outcome = "site:elbow"
group = "cases_hip"
"""


def test_the_dictionary_translates(tmp_path: Path) -> None:
    (tmp_path / "words.toml").write_text(DICTIONARY, encoding="utf-8")
    dictionary = read_dictionary(tmp_path / "words.toml")
    assert dictionary.questions == (
        Question("age", Condition("age_years", at_least=60.0), Condition("ulcer_fistula"), "cases"),
        Question("lithotripsy", Condition("treatments", ("lithotripsy",)), Condition("site:elbow"), "cases_hip"),
    )
    (tmp_path / "clinical.csv").write_text(
        'Pat,sex,ulc,source,treatments,age_years,reported_sites\n7,1,ja,Paper,"STS, ESWL",-99,"elbow:left,spine"\n'
        "8,NA,nein,Charité,none,61,\n",
        encoding="utf-8",
    )
    clinical = read_clinical(tmp_path / "clinical.csv", dictionary)
    first, second = clinical.patients
    assert clinical.problems == ()
    assert (first.record_id, first.source, first.words) == ("7", Source.LITERATURE, {"sex": "female"})
    assert (first.answers, first.numbers) == ({"ulcer_fistula": True}, {})
    assert first.treatments == ("sodium_thiosulfate", "lithotripsy")
    assert first.reported == (Place(BodySite.ELBOW, Laterality.LEFT), Place(BodySite.SPINE))
    assert (second.source, second.words, second.treatments) == (Source.COHORT, {}, ())
    assert second.numbers == {"age_years": 61.0}
    assert "ulcer_fistula" in clinical.columns
    assert "infection" not in clinical.columns


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("colums = {}", "colums is no part of a dictionary"),
        ("[columns]\nname = 'x'", "columns: name is no column"),
        ("[columns]\nsex = 1", "columns: a table of texts"),
        ("[words.age_years]\na = 'b'", "words.age_years: no column with words"),
        ("[words.sex]\n'1' = 'woman'", "words.sex: 'woman' is none of female"),
        ("[words.treatments]\n'1' = 'Two Words'", "'Two Words' is none of"),
        ("missing = 'NA'", "missing: a list of texts"),
        ("separator = ''", "separator: a text"),
        ("associations = 3", "associations: "),
        ("[[associations]]\nname = 'a'", "association 1: name, exposure"),
        ("[[associations]]\nname = 'a'\nexposure = 'luck'", "association 1: luck is no item"),
        ("[[associations]]\nname = 'a'\nexposure = 'sex'", "sex needs a list of the words"),
        ("[[associations]]\nname = 'a'\nexposure = 'sex'\nexposed = ['x']", "x is no word of sex"),
        ("[[associations]]\nname = 'a'\nexposure = 'age_years'", "age_years is a number"),
        ("[[associations]]\nname = 'a'\nexposure = 'infection'\nexposed = ['yes']", "infection is yes or no"),
        ("[[associations]]\nname = 'a'\nexposure = 'infection'\ngroup = 'all'", "all is no group"),
        ("[[associations]]\nname = 'a'\nexposure = 'infection'\ntail = 1", "tail not known"),
        (2 * "[[associations]]\nname = 'a'\nexposure = 'infection'\n", "association a is there twice"),
        ("not toml", "cannot be read"),
    ],
)
def test_a_dictionary_that_says_what_is_not_known_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "words.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputPathError, match=expected):
        read_dictionary(tmp_path / "words.toml")


def test_a_column_that_the_dictionary_names_must_be_there(tmp_path: Path) -> None:
    (tmp_path / "clinical.csv").write_text("record_id\n1\n", encoding="utf-8")
    clinical = read_clinical(tmp_path / "clinical.csv", Dictionary({"ulcer_fistula": "ulc"}))
    assert clinical.problems == ("the dictionary names the column ulc, and the table has none",)
    with pytest.raises(InputPathError, match="the table has none"):
        refuse(tmp_path / "clinical.csv", clinical, {})


def test_of_several_dates_the_last_one_counts(tmp_path: Path) -> None:
    head = "patient_key,comparison,days,interval,prior_volume_ml,change_ml\n"
    rows = "A,baseline,400,progression,10.0,2.5\nA,baseline,200,stable,10.0,0.1\nB,baseline,90,not_evaluable,10.0,0.0\n"
    path = tmp_path / "responses.csv"
    path.write_text(head + rows, encoding="utf-8")
    told: list[str] = []
    found = follow_ups(path, told.append)
    assert (found["A"].days, found["A"].response, found["A"].change_percent) == (
        400,
        "progression",
        pytest.approx(25.0),
    )
    assert found["B"].change_percent is None
    assert told == []
    path.write_text(head + "A,previous,400,stable,10.0,2.5\n", encoding="utf-8")
    assert follow_ups(path, told.append) == {}
    assert "baseline" in told[0]
    assert follow_ups(tmp_path / "none.csv", told.append) == {}
    path.write_text("patient_key,days\nA,3\n", encoding="utf-8")
    with pytest.raises(InputPathError, match="change_ml, comparison, interval, prior_volume_ml are missing"):
        follow_ups(path, told.append)


def test_what_is_read_of_follow_is_what_follow_writes() -> None:
    assert {one.name for one in RESPONSE_COLUMNS} >= _OF_RESPONSES


def test_a_line_with_more_or_fewer_cells_than_the_header_is_refused(tmp_path: Path) -> None:
    (tmp_path / "clinical.csv").write_text("record_id,sex\n1,female\n2,male,x\n3\n4\n", encoding="utf-8")
    more, fewer = read_clinical(tmp_path / "clinical.csv", Dictionary()).problems
    assert (more, fewer) == ("line 3: more cells than the header", "lines 4, 5: fewer cells than the header")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("record_id,source\n1,cohort\n2,\n", ["line 3, source: it is empty, one of cohort, literature is expected"]),
        ("record_id,source\n1,NA\n", ["line 2, source: it is empty, one of cohort, literature is expected"]),
        ("record_id,Source\n1,literature\n", ["the column source is expected, found 'Source'"]),
        ("record_id,AGE_years\n1,50\n", ["the column age_years is expected, found 'AGE_years'"]),
        ("record_id, sex \n1,female\n", []),
        ("record_id,age_years\n1,5_9\n", ["line 2, age_years: '5_9' is no number from 0 to 120"]),
        ("record_id,sex\n\n1,female\n\n2,woman\n", ["line 5, sex: 'woman' is none of female, male, other"]),
        ("record_id\n\nJos\u00e9\nJose\u0301\n", ["lines 3, 4, record_id: the same patient"]),
        ("record_id\n1\0\n", ["line 2, record_id: '1\\\\x00' holds a character that no screen shows"]),
    ],
)
def test_what_could_change_who_is_counted_is_refused(tmp_path: Path, text: str, expected: list[str]) -> None:
    (tmp_path / "clinical.csv").write_text(text, encoding="utf-8")
    clinical = read_clinical(tmp_path / "clinical.csv", Dictionary(missing=("NA",)))
    assert list(clinical.problems) == expected


@pytest.mark.parametrize(("sign", "word"), [(";", "semicolons"), ("\t", "tabs")])
def test_a_table_without_commas_is_refused_once(tmp_path: Path, sign: str, word: str) -> None:
    (tmp_path / "clinical.csv").write_text(f"record_id{sign}sex\n1{sign}female\n", encoding="utf-8")
    with pytest.raises(InputPathError, match=f"commas between the columns are expected, found {word}"):
        read_clinical(tmp_path / "clinical.csv", Dictionary())


def test_a_cell_of_separators_alone_says_nothing_of_treatments(tmp_path: Path) -> None:
    text = "record_id,treatments,reported_sites\n1,;,;\n2, ; ;,\n3,none,\n"
    (tmp_path / "clinical.csv").write_text(text, encoding="utf-8")
    clinical = read_clinical(tmp_path / "clinical.csv", Dictionary())
    assert clinical.problems == ()
    assert [one.treatments for one in clinical.patients] == [None, None, ()]


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ("A,baseline,Mar 05,stable,10.0,0.1", "days 'Mar 05'"),
        ("A,baseline,,stable,10.0,0.1", "days ''"),
        ("A,baseline,400,,10.0,0.1", "interval ''"),
        ("A,baseline,400,better,10.0,0.1", "interval 'better'"),
        ("A,baseline,400,stable,10.Jan,0.1", "prior_volume_ml '10.Jan'"),
        ("A,baseline,400,stable,10.0,1_0", "change_ml '1_0'"),
    ],
)
def test_a_table_of_responses_that_another_program_saved_is_refused(tmp_path: Path, row: str, named: str) -> None:
    path = tmp_path / "responses.csv"
    head = "patient_key,comparison,days,interval,prior_volume_ml,change_ml\n"
    path.write_text(f"{head}\n{row}\n", encoding="utf-8")
    with pytest.raises(InputPathError, match=f"line 3: {named} is not as `calcimeasure follow` writes it"):
        follow_ups(path, print)


def test_the_examples_of_the_documentation_are_taken(tmp_path: Path) -> None:
    text = (PROJECT / "docs" / "how-to" / "cohort.md").read_text(encoding="utf-8")
    (toml,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    (table,) = re.findall(r"```\n(record_id.*?)```", text, re.DOTALL)
    (tmp_path / "words.toml").write_text(toml, encoding="utf-8")
    (tmp_path / "clinical.csv").write_text(table, encoding="utf-8")
    assert len(read_dictionary(tmp_path / "words.toml").questions) == 2
    clinical = read_clinical(tmp_path / "clinical.csv", Dictionary())
    assert [one.record_id for one in clinical.patients] == ["R-0001", "R-0002", "L-0001"]
    assert clinical.problems == ()


def test_every_group_and_item_of_the_tables_stands_in_the_reference() -> None:
    text = (PROJECT / "docs" / "reference" / "cohort.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z_]+)`", text))
    assert {one for one in GROUPS if one.removeprefix("cases_") not in SITES} <= named


def test_every_reason_has_its_sentence() -> None:
    assert sorted({*Unknown, *LeftOut}) == list(COHORT_REASONS)

"""What leaves: no text of any header, no name of a file or folder, and nothing that joins tables of two keys."""

import csv
import re
import shutil
import zipfile
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.datadict import DicomDictionary
from pydicom.dataset import Dataset
from typer.testing import CliRunner

from calcimeasure import cli, review
from calcimeasure.export import Pseudonyms, write_revisions, write_tables
from calcimeasure.export.columns import Column
from calcimeasure.export.lesions import LESION_COLUMNS
from calcimeasure.export.revisions import REVISION_COLUMNS
from calcimeasure.export.studies import STUDY_COLUMNS
from calcimeasure.model import Status
from calcimeasure.settings import Settings
from calcimeasure.store import Store, file_url, open_store
from calcimeasure.study import linked_studies
from tests.conftest import PROJECT
from tests.dicom_phantom import Fault, Instance
from tests.tables import read, write_ct

UID_ROOT = "1.2.826.0.1.3680043.9.7777"
NAME = "CNRYPATH"
"""In the name of every file and folder, and in the path of the settings."""

VALUES = {
    "AE": "CNRY{}",
    "AS": "987Y",
    "CS": "CNRY{}",
    "DA": "19370405",
    "DT": "19370405060718.1234",
    "LO": "CNRY{} Mueller",
    "LT": "CNRY{} Mueller",
    "PN": "CNRY{}^Mueller",
    "SH": "CNRY{}",
    "ST": "CNRY{} Mueller",
    "TM": "060718.1234",
    "UC": "CNRY{} Mueller",
    "UI": UID_ROOT + ".{}",
    "UR": "http://cnry{}.example",
    "UT": "CNRY{} Mueller",
}
"""What stands in each attribute, by VR; each attribute has a number of its own."""

TRACES = re.compile(
    rf"CNRY|Mueller|987Y|1937-?04-?05|060718|06:07:18|{re.escape(UID_ROOT)}|37-04-05|04/05/1937", re.IGNORECASE
)
"""What remains of these values, in whatever form it is written."""

NEEDED = {
    "SpecificCharacterSet",
    "SOPClassUID",
    "SOPInstanceUID",
    "Modality",
    "ImageType",
    "PhotometricInterpretation",
    "PresentationLUTShape",
    "RescaleType",
}
"""Attributes without which an image is not measured. Images of their own have these values in them."""


def attributes() -> dict[str, str]:
    """The text attributes of the dictionary, each with a value of its own; groups of files and directories left out."""
    found = {}
    for tag, (vr, _, _, _, keyword) in sorted(DicomDictionary.items()):
        if vr in VALUES and keyword and tag >> 16 not in (0x0000, 0x0002, 0x0004, 0xFFFE):
            found[keyword] = VALUES[vr].format(len(found))
    return found


def fill(dataset: Dataset, folder: int, without: Collection[str] = NEEDED) -> None:
    """Set every text attribute but some; UIDs of different folders are different."""
    for keyword, value in attributes().items():
        if keyword not in without:
            setattr(dataset, keyword, f"{value}.{folder}" if value.startswith(UID_ROOT) else value)


def filled(folder: int, without: Collection[str] = NEEDED) -> Fault:
    def fault(instances: list[Instance]) -> list[Instance]:
        for number, instance in enumerate(instances, 1):
            fill(instance.dataset, folder, without)
            instance.dataset.SOPInstanceUID = f"{UID_ROOT}.9999.{folder}.{number}"
        return instances

    return fault


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CT and a radiograph that can be measured, and CTs with other values than needed."""
    folder = tmp_path_factory.mktemp("leaves") / NAME
    write_ct(folder / f"{NAME}_ct", file_name=NAME + "{:03d}.dcm", faults=[filled(0)])
    radiograph = dcmread(next((PROJECT / "sample_dicom" / "hand_radiograph").glob("*.dcm")))
    fill(radiograph, 1, NEEDED | {"BodyPartExamined"})
    (folder / f"{NAME}_dx").mkdir()
    radiograph.save_as(folder / f"{NAME}_dx" / f"{NAME}.dcm")
    for number, keyword in enumerate(("Modality", "ImageType", "SOPClassUID", "RescaleType"), 2):
        name = f"{NAME}_{keyword}" + "{:03d}.dcm"
        write_ct(folder / f"{NAME}_{keyword}", file_name=name, faults=[filled(number, NEEDED - {keyword})])
    (folder / f"{NAME}_broken.dcm").write_bytes(b"\0" * 128 + b"DICM" + b"\x02\x00\x00\x00UL\x04")
    return folder


@pytest.fixture(scope="module")
def said(images: Path) -> tuple[str, ...]:
    """What the commands say about these images; the results lie in a folder beside them."""
    settings = images.parent / f"{NAME}.toml"
    settings.write_text("min_volume_mm3 = 20\n", encoding="utf-8")
    out = images.parent / "out"
    commands = (
        ["scan", images, "--settings", settings],
        ["scan", images, "--json"],
        ["measure", images, "--out", out, "--settings", settings, "--all-tissues", "--workers", 1, "--identified"],
    )
    told = [said_by(*command) for command in commands]
    with store_of(out) as store:
        for stack_id in store.measured_stacks():
            history = next(iter(store.histories(stack_id).values()))
            accepted = review.decide(history[-1], Status.ACCEPTED, review.Signature("A. Reader"))
            store.append(stack_id, [accepted], Settings())
    told.append(said_by("export", out, "--format", "csv", "--status", "accepted", "--for", "a registry"))
    told.append(said_by("export", out, "--format", "revisions"))
    told.append(said_by("export", out, "--format", "csv"))
    told.append(said_by("export", out, "--format", "redcap"))
    told.append(said_by("export", out, "--format", "html", "--status", "accepted"))
    return tuple(told)


def said_by(*arguments: object) -> str:
    return CliRunner().invoke(cli.app, [str(one) for one in arguments], prog_name="calcimeasure").output


def store_of(out: Path):  # noqa: ANN201 - as open_store
    return open_store(file_url(out / "private" / "calcimeasure.db"))


@pytest.fixture(scope="module")
def out(images: Path, said: tuple[str, ...]) -> Path:
    assert len(said) == 8
    return images.parent / "out"


def test_most_of_the_dictionary_is_text() -> None:
    assert len(attributes()) > 1500
    assert attributes().keys() >= NEEDED


def test_images_with_a_canary_in_every_attribute_are_measured(out: Path) -> None:
    states = [(row["modality"], row["state"]) for row in read(out / "private" / "series.csv")]
    assert ("CT", "measured") in states
    assert ("DX", "measured") in states
    assert [state for _, state in states].count("failed") == 2
    assert [state for _, state in states].count("skipped") >= 1
    assert {row["modality"] for row in read(out / "lesions.csv")} == {"CT", "DX"}
    assert TRACES.search((out / "private" / "series.csv").read_text(encoding="utf-8")), "it is private"


def test_no_text_of_a_header_and_no_name_is_outside_of_private(out: Path) -> None:
    files = [path for path in out.rglob("*") if path.is_file() and path.relative_to(out).parts[0] != "private"]
    names = {"lesions.csv", "studies.csv", "lesions.schema.json", "studies.schema.json", "lesions_accepted.csv"}
    of_registry = {"project.xml", "cm_lesions.zip", "cm_studies.zip", "import.csv", "HOWTO.txt"}
    reports = {"report.html", "report_accepted.html"}
    assert {path.name for path in files} == {*names, "revisions.csv", *reports, *of_registry}
    # The letters of an encoded picture are no text.
    texts = {path.name: re.sub(r'base64,[^"]*', "", text_of(path)) for path in files}
    assert {name: TRACES.findall(text) for name, text in texts.items()} == {name: [] for name in texts}
    assert len(read(out / "redcap" / "import.csv")) > 2


def text_of(path: Path) -> str:
    """The text of a file, and of the files in an archive."""
    if path.suffix != ".zip":
        return path.read_text(encoding="utf-8")
    with zipfile.ZipFile(path) as file:
        return "".join(file.read(name).decode("utf-8") for name in file.namelist())


def test_no_text_of_a_header_is_said(said: tuple[str, ...], images: Path) -> None:
    for text in said:
        # Files and folders are named: by them a person finds what failed. A table breaks long names.
        without_names = re.sub(rf"{NAME}\w*", "", text.replace(str(images.parent), ""))
        without_names = re.sub(r"(?m)^ .*$", "", without_names) if "First file" in text else without_names
        assert TRACES.findall(without_names) == []


def test_no_text_of_a_header_is_in_the_table_of_a_scan(said: tuple[str, ...]) -> None:
    cells = {cell for line in said[0].splitlines() for cell in line.split() if NAME not in cell}
    assert "other" in cells, "the modality that is none"
    assert [cell for cell in cells if TRACES.search(cell) and "CNRYP" not in cell] == []


# Two keys


class Tables:
    """The pseudonymous tables of one store under one key."""

    def __init__(self, store: Store, folder: Path, key: bytes) -> None:
        (folder / "private").mkdir(parents=True)
        naming = Pseudonyms(key)
        write_tables(linked_studies(store.outcomes()), folder, naming=naming, all_tissues=True)
        write_revisions(store.revisions(), folder / "revisions.csv", naming=naming)
        self.folder = folder

    def values(self, table: str, column: str) -> set[str]:
        with (self.folder / table).open(encoding="utf-8", newline="") as file:
            return {row[column] for row in csv.DictReader(file)} - {""}


@pytest.fixture(scope="module")
def two_keys(out: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Tables, Tables]:
    folder = tmp_path_factory.mktemp("keys")
    with store_of(out) as store:
        return Tables(store, folder / "a", bytes(32)), Tables(store, folder / "b", bytes(31) + b"1")


COLUMNS = {"lesions.csv": LESION_COLUMNS, "studies.csv": STUDY_COLUMNS, "revisions.csv": REVISION_COLUMNS}

OF_CLOSED_LISTS = {
    *("modality", "modalities", "view_position", "convolution_kernel", "sites", "site_detail", "notices"),
    *("software_version", "settings_hash"),
}
"""Text columns whose values are known before any image is."""

OF_READERS = {"reader", "readers", "made_by", "why"}
"""Text columns that say who decided what; the program writes `why`."""


def named_columns() -> Iterator[tuple[str, Column]]:  # type: ignore[type-arg]
    for table, columns in COLUMNS.items():
        yield from ((table, column) for column in columns if column.named and column.name != "dates_shifted")


@pytest.mark.parametrize(("table", "name"), [(table, column.name) for table, column in named_columns()])
def test_tables_of_two_keys_share_no_value(two_keys: tuple[Tables, Tables], table: str, name: str) -> None:
    first, second = (one.values(table, name) for one in two_keys)
    assert first, "the column has values"
    assert second
    assert first & second == set()


@pytest.mark.parametrize("table", COLUMNS)
def test_every_other_column_is_a_number_or_a_word_of_a_closed_list(table: str) -> None:
    free = {
        column.name
        for column in COLUMNS[table]
        if column.named is None and column.kind not in ("number", "integer", "boolean") and not column.words
    }
    assert free <= OF_CLOSED_LISTS | OF_READERS


def test_pseudonymous_tables_share_no_tracking_uid_with_identified_ones(out: Path) -> None:
    raw = {row["tracking_uid"] for row in read(out / "private" / "identified" / "lesions.csv")}
    new = {row["tracking_uid"] for row in read(out / "lesions.csv")}
    joined = {(row["old"], row["new"]) for row in read(out / "private" / "tracking_uids.csv")}
    assert raw & new == set()
    assert {old for old, _ in joined} >= raw
    assert {new for old, new in joined if old in raw} == new


def test_store_knows_what_left(out: Path) -> None:
    from tests.postgresql import plain_sql

    rows = plain_sql(str(file_url(out / "private" / "calcimeasure.db")))(
        "SELECT what, is_identified, destination, recipient, key_fingerprint IS NULL, row_count, file_count, "
        "content_hash IS NULL FROM exports ORDER BY export_id"
    )
    lesions, studies = len(read(out / "lesions.csv")), len(read(out / "studies.csv"))
    accepted, revisions = len(read(out / "lesions_accepted.csv")), len(read(out / "revisions.csv"))
    identified = out / "private" / "identified"
    kept = [(what, bool(named), to, whom, bool(no_key), count) for what, named, to, whom, no_key, count, _, _ in rows]
    assert sorted(kept[:2]) == [
        ("measure: lesions.csv", True, str(identified / "lesions.csv"), None, True, lesions),
        ("measure: studies.csv", True, str(identified / "studies.csv"), None, True, studies),
    ]
    assert kept[2:4] == [
        ("export csv: lesions_accepted.csv", False, str(out / "lesions_accepted.csv"), "a registry", False, accepted),
        ("export revisions: revisions.csv", False, str(out / "revisions.csv"), None, False, revisions),
    ]
    tables = {str(folder / name) for folder in (out, identified) for name in ("lesions.csv", "studies.csv")}
    others = {str(out / "redcap" / "import.csv"), str(out / "report_accepted.html")}
    assert {one[2] for one in kept[4:]} == tables | others
    assert {(row[6], bool(row[7])) for row in rows} == {(1, False)}


@pytest.mark.parametrize("kind", ["sdtm", "fhir.json"])
def test_no_text_of_a_header_is_in_the_formats_of_others(out: Path, tmp_path: Path, kind: str) -> None:
    folder = shutil.copytree(out, tmp_path / "copy")
    for options in (["--status", "accepted"], ["--status", "proposed"]):
        assert TRACES.findall(said_by("export", folder, "--format", kind[:4], *options)) == []
        written = folder / kind
        files = [path for path in (written.iterdir() if written.is_dir() else [written]) if path.stat().st_size > 200]
        assert files
        assert {path.name: TRACES.findall(path.read_text(encoding="utf-8")) for path in files} == {
            path.name: [] for path in files
        }

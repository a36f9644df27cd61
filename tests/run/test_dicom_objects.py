"""Segmentations of a folder: what they refer to, with which names, and what is refused."""

import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from typer.testing import CliRunner

from calcimeasure import cli
from calcimeasure.store import file_url, open_store
from tests.conftest import PROJECT
from tests.dicom_phantom import set_tag
from tests.run.test_what_leaves import NAME, NEEDED, TRACES, fill, filled
from tests.tables import read, write_ct


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(cli.app, [str(one) for one in arguments], prog_name="calcimeasure")
    return result.exit_code, result.output


def measured(folder: Path) -> Path:
    out = folder / "out"
    settings = folder / "settings.toml"
    settings.write_text("min_volume_mm3 = 20\nworkers = 1\n", encoding="utf-8")
    assert run("measure", folder / "images", "--out", out, "--settings", settings, "--all-tissues")[0] == 0
    return out


@pytest.fixture(scope="module")
def with_canaries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CT and a radiograph with a canary in every attribute of the standard, and in private ones; measured."""
    folder = tmp_path_factory.mktemp("canaries") / NAME

    def private(instances: list) -> list:
        for one in instances:
            one.dataset.add_new(0x00090010, "LO", "CNRY PRIVATE")
            one.dataset.add_new(0x00091001, "LO", "CNRY Mueller")
            one.dataset.add_new(0x60003000, "OW", b"CNRYCNRY")
            nested = Dataset()
            nested.PatientName = "CNRY^Mueller"
            one.dataset.RequestAttributesSequence = [nested]
        return instances

    write_ct(folder / "images" / "ct", faults=[filled(0), private])
    radiograph = dcmread(next((PROJECT / "sample_dicom" / "hand_radiograph").glob("*.dcm")))
    fill(radiograph, 1, NEEDED | {"BodyPartExamined", "ConversionType"})
    (folder / "images" / "dx").mkdir()
    radiograph.save_as(folder / "images" / "dx" / f"{NAME}.dcm")
    return measured(folder)


@pytest.fixture(scope="module")
def copied(with_canaries: Path) -> Path:
    to = with_canaries.parent / "to"
    code, said = run(
        "export", with_canaries, "--format", "seg", "--with-images", "--status", "proposed", "--to", to, "--for", "x"
    )
    assert code == 0, said
    assert TRACES.findall(re.sub(rf"{NAME}\w*", "", said)) == []
    return to


def test_nothing_of_a_header_is_in_the_bytes_of_objects_and_copies(copied: Path) -> None:
    files = [path for path in copied.rglob("*") if path.is_file()]
    assert len(files) == 2 + 6 + 1
    for path in files:
        assert not TRACES.search(path.name)
        assert TRACES.findall(path.read_bytes().decode("latin-1")) == [], path


def test_objects_refer_to_the_copies(copied: Path, with_canaries: Path) -> None:
    copies = {}
    for path in (copied / "images").rglob("*.dcm"):
        one = dcmread(path)
        copies[one.SOPInstanceUID] = one
    segmentations = [dcmread(path) for path in copied.glob("*.dcm")]
    assert len(segmentations) == 2
    for one in segmentations:
        referred = one.ReferencedSeriesSequence[0]
        for reference in referred.ReferencedInstanceSequence:
            image = copies[reference.ReferencedSOPInstanceUID]
            assert image.SOPClassUID == reference.ReferencedSOPClassUID
            assert image.SeriesInstanceUID == referred.SeriesInstanceUID
            assert image.StudyInstanceUID == one.StudyInstanceUID
            assert image.PatientID == one.PatientID
            assert image.StudyDate == one.StudyDate
            if image.Modality == "CT":
                assert image.FrameOfReferenceUID == one.FrameOfReferenceUID
    rows = read(with_canaries / "lesions.csv")
    assert {one.StudyInstanceUID for one in segmentations} == {row["study_uid"] for row in rows}
    assert {item.TrackingUID for one in segmentations for item in one.SegmentSequence} == {
        row["tracking_uid"] for row in rows
    }
    dates = {row["study_date"].replace("-", "") for row in rows}
    assert {one.StudyDate for one in segmentations} == dates


def test_copies_say_that_they_have_no_identity(copied: Path) -> None:
    for path in copied.rglob("*.dcm"):
        one = dcmread(path)
        assert one.PatientIdentityRemoved == "YES"
        assert [item.CodeValue for item in one.DeidentificationMethodCodeSequence] == ["113100", "113107"]
        assert one.LongitudinalTemporalInformationModified == "MODIFIED"
        assert not any(element.tag.is_private or element.tag.group >> 8 == 0x60 for element in one.iterall())


def test_copies_have_the_pixels_of_the_images(copied: Path, with_canaries: Path) -> None:
    def stored(folder: Path, modality: str) -> np.ndarray:
        images = [dcmread(path) for path in folder.rglob("*.dcm")]
        chosen = [one for one in images if one.Modality == modality and "PixelData" in one]
        return np.stack([one.pixel_array for one in sorted(chosen, key=lambda one: int(one.InstanceNumber))])

    images = with_canaries.parent / "images"
    for modality in ("CT", "DX"):
        assert np.array_equal(stored(copied / "images", modality), stored(images, modality))


def test_copies_are_measured_as_the_images_were(copied: Path, with_canaries: Path, tmp_path: Path) -> None:
    shutil.copytree(next((copied / "images").glob("*_1")).parent, tmp_path / "images")
    again = measured(tmp_path)
    numbers = [
        sorted((row["modality"], row["long_axis_mm"], row["volume_ml"]) for row in read(out / "lesions.csv"))
        for out in (with_canaries, again)
    ]
    assert numbers[0] == numbers[1]


@pytest.mark.usefixtures("copied")
def test_what_left_is_kept_in_the_store(with_canaries: Path) -> None:
    with open_store(file_url(with_canaries / "private" / "calcimeasure.db")) as store:
        assert store.verify().findings == ()
    with sqlite3.connect(with_canaries / "private" / "calcimeasure.db") as database:
        kept = database.execute("select what, is_identified, recipient from exports where what like 'export %'")
        rows = list(kept)
    assert sorted(what.split(":")[0] for what, _, _ in rows) == ["export images"] * 2 + ["export seg"] * 2
    assert {(identified, recipient) for _, identified, recipient in rows} == {(0, "x")}


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plain")
    write_ct(folder / "images")
    return measured(folder)


def test_identified_objects_have_the_values_of_the_images(out: Path) -> None:
    code, said = run("export", out, "--format", "seg", "--identified", "--status", "proposed")
    assert code == 0, said
    (path,) = (out / "private" / "identified" / "seg").iterdir()
    assert path.stat().st_mode & 0o077 == 0
    one, image = dcmread(path), dcmread(next((out.parent / "images").glob("*.dcm")))
    for keyword in (
        "PatientName",
        "PatientID",
        "StudyInstanceUID",
        "StudyDate",
        "StudyID",
        "AccessionNumber",
        "FrameOfReferenceUID",
    ):
        assert one[keyword].value == image[keyword].value, keyword
    assert "PatientIdentityRemoved" not in one


def test_same_state_gives_the_same_object(out: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        run("export", out, "--format", "seg", "--identified", "--status", "proposed", "--to", tmp_path / name)
    (first,), (second,) = (list((tmp_path / name).iterdir()) for name in ("a", "b"))
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("options", [[], ["--identified", "--with-images"]])
def test_neither_and_both_are_refused(out: Path, options: list[str]) -> None:
    code, said = run("export", out, "--format", "seg", *options)
    assert code == 2
    assert "--identified or --with-images expected" in said


def test_identified_objects_do_not_go_where_things_leave(out: Path) -> None:
    code, said = run("export", out, "--format", "seg", "--identified", "--status", "proposed", "--to", out / "seg")
    assert code == 2
    assert "may leave" in " ".join(said.split())
    assert not (out / "seg").exists()


def test_options_of_objects_are_refused_for_tables(out: Path) -> None:
    code, said = run("export", out, "--format", "csv", "--with-images")
    assert code == 2
    assert "options of --format seg" in " ".join(said.split())


def test_nothing_accepted_writes_nothing(out: Path, tmp_path: Path) -> None:
    code, said = run("export", out, "--format", "seg", "--identified", "--to", tmp_path / "x")
    assert code == 0
    assert "no stack" in said.lower()
    assert list((tmp_path / "x").iterdir()) == []


def test_missing_images_are_said(tmp_path: Path) -> None:
    write_ct(tmp_path / "images")
    out = measured(tmp_path)
    shutil.move(tmp_path / "images", tmp_path / "elsewhere")
    code, said = run("export", out, "--format", "seg", "--identified", "--status", "proposed")
    assert code == 1
    assert "no longer there" in " ".join(said.split())


@pytest.mark.parametrize(
    ("keyword", "value", "found"),
    [("BurnedInAnnotation", "YES", "Burned In Annotation"), ("ConversionType", "WSD", "captured")],
)
def test_images_that_may_have_text_are_refused(tmp_path: Path, keyword: str, value: str, found: str) -> None:
    write_ct(tmp_path / "images", faults=[set_tag(keyword, value, k=2)])
    out = measured(tmp_path)
    command = ("export", out, "--format", "seg", "--with-images", "--status", "proposed")
    code, said = run(*command)
    assert code == 1
    assert found in said
    assert "--accept-burned-in" in said
    assert not list(out.rglob("*.dcm"))
    assert run(*command, "--accept-burned-in")[0] == 0
    assert len(list((out / "images").rglob("*.dcm"))) == 6
    assert len(list((out / "seg").iterdir())) == 1


def test_a_head_in_the_field_is_said(tmp_path: Path) -> None:
    write_ct(tmp_path / "images", faults=[set_tag("BodyPartExamined", "HEAD")])
    out = measured(tmp_path)
    code, said = run("export", out, "--format", "seg", "--with-images", "--status", "proposed", "--all-tissues")
    assert code == 2, "an option of measure"
    code, said = run("export", out, "--format", "seg", "--with-images", "--status", "proposed")
    assert code == 0
    assert "face" in said
    assert dcmread(next((out / "images").rglob("*.dcm"))).RecognizableVisualFeatures == "YES"


@pytest.mark.external
def test_objects_and_copies_are_valid(out: Path, tmp_path: Path, external_program: Callable[[str], Path]) -> None:
    dciodvfy = external_program("dciodvfy")
    run("export", out, "--format", "seg", "--with-images", "--status", "proposed", "--to", tmp_path)
    files = list(tmp_path.rglob("*.dcm"))
    assert len(files) == 1 + 6
    for path in files:
        done = subprocess.run([dciodvfy, path], check=False, capture_output=True, text=True, timeout=60)
        assert "Error" not in done.stderr + done.stdout, done.stderr

"""Reports of a folder: which lesions, with which names, beside which segmentations, and what follows what."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydicom import dcmread
from typer.testing import CliRunner

from calcimeasure import cli, review
from calcimeasure.model import Status
from calcimeasure.results import store_that_is_there
from calcimeasure.store import file_url, open_store
from tests.conftest import PROJECT
from tests.export.dicom.sr_templates import problems
from tests.tables import read, write_ct

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydicom.dataset import Dataset


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(cli.app, [str(one) for one in arguments], prog_name="calcimeasure")
    return result.exit_code, " ".join(result.output.split())


def decide(out: Path, status: Status, numbers: tuple[int, ...] = (), reader: str = "CNRY Reader") -> None:
    """A reader decides about some masses of each stack; all if none are named."""
    with store_that_is_there(out, print) as (store, settings):
        for stack_id in store.measured_stacks():
            newest = [history[-1] for history in store.histories(stack_id).values()]
            edits = [
                review.decide(one, status, review.Signature(reader))
                for one in newest
                if one.lesion.is_mass and not one.withdrawn and (not numbers or one.lesion.number in numbers)
            ]
            store.append(stack_id, edits, settings)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A CT with two masses that no reader has decided about."""
    write_ct(tmp_path / "images", patient_id="CNRY-Mueller", seed="CNRY")
    assert run("measure", tmp_path / "images", "--out", tmp_path / "out", "--set", "min_volume_mm3=20")[0] == 0
    return tmp_path / "out"


def written(out: Path) -> tuple[Dataset, Dataset]:
    """The segmentation and the report."""
    folder = out / "private" / "identified"
    (segmentation,), (report,) = ((folder / name).glob("*.dcm") for name in ("seg", "sr"))
    return dcmread(segmentation), dcmread(report)


def test_accepted_lesions_are_written_with_their_segmentation(out: Path) -> None:
    assert run("export", out, "--format", "sr", "--identified")[1].startswith("No stack of")
    decide(out, Status.ACCEPTED)
    code, said = run("export", out, "--format", "sr", "--identified")
    assert code == 0, said
    segmentation, report = written(out)
    assert problems(report, segmentation) == []
    assert (report.PreliminaryFlag, report.InstanceNumber, segmentation.InstanceNumber) == ("FINAL", 1, 1)
    assert report.StudyInstanceUID == segmentation.StudyInstanceUID
    before = [path.read_bytes() for path in sorted((out / "private" / "identified").rglob("*.dcm"))]
    assert not any(b"track_uid" in one for one in before), "no dates were compared"
    assert run("export", out, "--format", "sr", "--identified")[0] == 0
    assert run("export", out, "--format", "seg", "--identified")[0] == 0
    assert [path.read_bytes() for path in sorted((out / "private" / "identified").rglob("*.dcm"))] == before
    with open_store(file_url(out / "private" / "calcimeasure.db")) as store:
        assert [one.sop_instance_uid for one in store.every_object()] == [
            segmentation.SOPInstanceUID,
            report.SOPInstanceUID,
        ]
        assert store.verify().findings == ()
    with sqlite3.connect(out / "private" / "calcimeasure.db") as database:
        kinds = [
            what.split(":")[0] for (what,) in database.execute("SELECT what FROM exports WHERE what LIKE 'export s%'")
        ]
    assert kinds == ["export seg", "export sr", "export seg", "export sr", "export seg"]


def test_a_later_state_replaces_the_earlier_one(out: Path) -> None:
    """Proposed first, then one lesion accepted, then both, then one again."""
    export = ("export", out, "--format", "sr", "--identified")
    assert run(*export, "--status", "proposed")[0] == 0
    proposed = written(out)
    assert proposed[1].PreliminaryFlag == "PRELIMINARY"
    assert "not reviewed" in proposed[1].SeriesDescription
    found = []
    for status in (Status.ACCEPTED, Status.ACCEPTED, Status.REJECTED):
        decide(out, status, (1,) if not found else (2,))
        assert run(*export)[0] == 0
        found.append(written(out))
    for number, (segmentation, report) in enumerate(found, 1):
        assert problems(report, segmentation) == []
        assert (report.InstanceNumber, segmentation.InstanceNumber) == (number, number)
    replaced = [
        one.PredecessorDocumentsSequence[0]
        .ReferencedSeriesSequence[0]
        .ReferencedSOPSequence[0]
        .ReferencedSOPInstanceUID
        for _, one in found
    ]
    assert replaced == [proposed[1].SOPInstanceUID, found[0][1].SOPInstanceUID, found[1][1].SOPInstanceUID]
    # The state of the first is there again, and is a report of its own.
    assert len({one.SOPInstanceUID for pair in (proposed, *found) for one in pair}) == 8
    assert len({one.SeriesInstanceUID for _, one in found}) == 1
    assert proposed[1].SeriesInstanceUID != found[0][1].SeriesInstanceUID


def test_a_report_leaves_with_its_images_or_with_its_names(out: Path, tmp_path: Path) -> None:
    decide(out, Status.ACCEPTED)
    for options, said in (
        ((), "--identified or --with-images expected, found neither"),
        (("--identified", "--with-images"), "found both"),
        (("--identified", "--status", "rejected"), "found --status rejected"),
    ):
        code, answer = run("export", out, "--format", "sr", *options)
        assert (code, said in answer) == (2, True), answer
    to = tmp_path / "to"
    code, answer = run("export", out, "--format", "sr", "--with-images", "--to", to)
    assert code == 0, answer
    files = [path for path in to.rglob("*") if path.is_file()]
    assert len(files) == 1 + 1 + 6
    known = {one.StudyInstanceUID for one in map(dcmread, (tmp_path / "images").rglob("*.dcm"))}
    for path in files:
        content = path.read_bytes().decode("latin-1")
        assert "CNRY" not in content
        assert not [uid for uid in known if uid in content]
    copies = {dcmread(path).SOPInstanceUID for path in (to / "images").rglob("*.dcm")}
    (path,) = to.glob("*_sr.dcm")
    report = dcmread(path)
    library = report.ContentSequence[-2].ContentSequence[0].ContentSequence
    assert {item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID for item in library} <= copies
    assert report.PatientIdentityRemoved == "YES"
    assert {row["tracking_uid"] for row in read(out / "lesions.csv")} == {
        item.UID
        for group in report.ContentSequence[-1].ContentSequence
        for item in group.ContentSequence
        if item.ConceptNameCodeSequence[0].CodeValue == "112040"
    }


def quantities(group: dict[str, list[dict[str, dict[str, str]]]]) -> dict[str, str]:
    return {
        one["quantity"]["CodeValue"] + one.get("derivationModifier", {}).get("CodeValue", ""): str(one["value"])
        for one in group["measurementItems"]
    }


COLUMNS = {
    "103339001": "long_axis_mm",
    "103340004": "short_axis_mm",
    "L0JK": "max_3d_diameter_mm",
    "118565006": "volume_ml",
    "RNU0": "volume_mesh_ml",
    "YEKZ": "volume_voxels_ml",
    "envelope_volume": "envelope_ml",
    "envelope_area": "envelope_mm2",
    "42798000": "area_mm2",
    "112031373098007": "mean_hu",
    "112031373099004": "median_hu",
    "112031386136009": "sd_hu",
    "11203156851009": "max_hu",
    "111012": "tissue_confidence",
    "laterality_cert": "laterality_confidence",
}


def check_values(out: Path, tmp_path: Path) -> int:
    """Compare what dcmqi and highdicom read of each report with lesions.csv; gives the number of values."""
    highdicom = pytest.importorskip("highdicom")
    pytest.importorskip("dcmqi")
    rows = {row["tracking_uid"]: row for row in read(out / "private" / "identified" / "lesions.csv")}
    compared = 0
    for path in (out / "private" / "identified" / "sr").glob("*.dcm"):
        program = Path(sys.executable).parent / "tid1500reader"
        command = [program, "--inputDICOM", path, "--outputMetadata", tmp_path / "read.json"]
        subprocess.run(command, capture_output=True, check=True)
        for group in json.loads((tmp_path / "read.json").read_text(encoding="utf-8"))["Measurements"]:
            row = rows[group["TrackingUniqueIdentifier"]]
            for code, value in quantities(group).items():
                assert value == row[COLUMNS[code]]
                compared += 1
        content = highdicom.sr.srread(path).content
        for group in (*content.get_volumetric_roi_measurement_groups(), *content.get_planar_roi_measurement_groups()):
            for item in group.get_measurements():
                derived = item.derivation.value if item.derivation else ""
                assert item.value == float(rows[group.tracking_uid][COLUMNS[item.name.value + derived]])
                compared += 1
    return compared


def check_reports(images: list[Path], tmp_path: Path, external_program: Callable[[str], Path]) -> int:
    """Write reports of all masses, and let other programs read them; gives the number of reports."""
    out = tmp_path / "out"
    assert run("measure", *images, "--out", out, "--workers", "1")[0] == 0
    decide(out, Status.ACCEPTED)
    for kind in ("csv", "sr"):
        assert run("export", out, "--format", kind, "--identified")[0] == 0
    found = sorted((out / "private" / "identified").rglob("*.dcm"))
    for path in found:
        done = subprocess.run([external_program("dciodvfy"), path], capture_output=True, text=True, check=False)
        assert [line for line in done.stderr.splitlines() if line.startswith("Error")] == []
    reports = [path for path in found if path.parent.name == "sr"]
    for path in reports:
        assert problems(dcmread(path)) == []
        printed = subprocess.run([external_program("dsrdump"), path], capture_output=True, text=True, check=False)
        assert printed.returncode == 0
        assert "Measurement Group" in printed.stdout
    assert check_values(out, tmp_path) > 10 * len(reports)
    return len(reports)


@pytest.mark.external
def test_samples_are_valid_and_have_the_values_of_the_table(
    tmp_path: Path, external_program: Callable[[str], Path]
) -> None:
    samples = [PROJECT / "sample_dicom" / name for name in ("bilateral_hips", "hand_radiograph")]
    assert check_reports(samples, tmp_path, external_program) == 2


@pytest.mark.external
@pytest.mark.shared
def test_a_tilted_phantom_is_valid_and_has_the_values_of_the_table(
    tmp_path: Path, shared_phantoms: Path, external_program: Callable[[str], Path]
) -> None:
    assert check_reports([shared_phantoms / "tilt"], tmp_path, external_program) == 1


def objects_in(out: Path) -> dict[str, list[str]]:
    folder = out / "private" / "identified"
    return {name: sorted(path.name for path in (folder / name).glob("*.dcm")) for name in ("seg", "sr")}


def test_no_object_stays_that_says_what_is_no_longer_true(out: Path, tmp_path: Path) -> None:
    """Of a stack whose lesions were all rejected nothing stays, and nothing else is touched."""
    write_ct(tmp_path / "images" / "other", patient_id="other", seed="other")
    assert run("measure", tmp_path / "images", "--out", out, "--set", "min_volume_mm3=20")[0] == 0
    decide(out, Status.ACCEPTED)
    export = ("export", out, "--format", "sr", "--identified")
    assert run(*export)[0] == 0
    before = objects_in(out)
    assert [len(names) for names in before.values()] == [2, 2]
    foreign = out / "private" / "identified" / "seg" / "foreign.dcm"
    shutil.copy(tmp_path / "images" / "other" / "IM00000.dcm", foreign)
    (foreign.parent / "broken.dcm").write_bytes(b"no DICOM")
    assert "Removed" not in run(*export)[1]
    with store_that_is_there(out, print) as (store, settings):
        stack_id = next(iter(store.measured_stacks()))
        newest = [history[-1] for history in store.histories(stack_id).values()]
        store.append(stack_id, [review.decide(one, Status.REJECTED, review.Signature("A")) for one in newest], settings)
    code, said = run("export", out, "--format", "seg", "--identified")
    assert (code, said.count("Removed, because it says what is no longer true: ")) == (0, 2)
    after = objects_in(out)
    assert [len(set(before[name]) - set(after[name])) for name in ("seg", "sr")] == [1, 1]
    assert {"foreign.dcm", "broken.dcm"} <= set(after["seg"])


def test_proposed_objects_stay_as_long_as_they_are_true(out: Path) -> None:
    export = ("export", out, "--format", "seg", "--identified")
    assert run(*export, "--status", "proposed")[0] == 0
    assert "Removed" not in run(*export)[1], "nothing is accepted, and nothing was decided"
    assert len(objects_in(out)["seg"]) == 1
    decide(out, Status.REJECTED, (1,))
    assert "Removed" in run(*export)[1]
    assert objects_in(out)["seg"] == []

"""The most used web viewer shows what `export` wrote: outlines with their voxels and HU, axes with both ends."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
import pytest

from calcimeasure import Settings, open_store, review
from calcimeasure.cli import main
from calcimeasure.model import Status, Tissue
from calcimeasure.store import file_url
from tests.archive.orthanc import orthanc_running
from tests.conftest import PROJECT
from tests.viewer.page import opened
from tests.viewer.program import required_programs, viewer
from tests.viewer.site import site

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

SAMPLES = PROJECT / "sample_dicom"
STACKS = ("hand", "bilateral_hips")

Ends = list[tuple[float, float, float]]
"""Both ends of the long axis, then of the short axis."""


@dataclass(frozen=True)
class Shown:
    """The samples in an archive behind a viewer, and the tables of the same lesions."""

    browser: Path
    address: str
    rows: Sequence[Mapping[str, str]]
    ends_lps_mm: Mapping[str, Ends]

    def rows_of(self, study_uid: str) -> list[Mapping[str, str]]:
        return [row for row in self.rows if row["study_uid"] == study_uid]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory, monkeypatch_module: pytest.MonkeyPatch) -> Iterator[Shown]:
    browser, pages = required_programs(), viewer(PROJECT / "build" / "viewer")
    out = tmp_path_factory.mktemp("shown") / "out"
    images = [file for stack in STACKS for file in sorted((SAMPLES / stack).glob("*.dcm"))]
    run(monkeypatch_module, "measure", *(str(SAMPLES / stack) for stack in STACKS), "--out", str(out), "--identified")
    accept(out)
    run(monkeypatch_module, "export", str(out), "--format", "sr", "--identified")
    with (out / "private" / "identified" / "lesions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    objects = sorted((out / "private" / "identified").rglob("*.dcm"))
    with orthanc_running() as archive:
        archive.store([*images, *objects])
        with site(pages, archive.http_port) as address:
            yield Shown(browser, address, rows, ends_of(out))


@pytest.fixture(scope="module")
def monkeypatch_module() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


def run(patch: pytest.MonkeyPatch, *words: str) -> None:
    patch.setattr("sys.argv", ["calcimeasure", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code in (0, None)


def accept(out: Path) -> None:
    """Accept every mass, as a reader would."""
    signature = review.Signature("A. Reader", datetime.now(UTC))
    with open_store(file_url(out / "private" / "calcimeasure.db")) as store:
        for stack_id in range(1, len(STACKS) + 1):
            newest = [history[-1] for history in store.histories(stack_id).values()]
            masses = [one for one in newest if one.lesion.tissue is Tissue.CALCIFIED_MASS]
            store.append(stack_id, [review.decide(one, Status.ACCEPTED, signature) for one in masses], Settings())


def ends_of(out: Path) -> dict[str, Ends]:
    with open_store(file_url(out / "private" / "calcimeasure.db")) as store:
        newest = [
            history[-1].lesion
            for stack_id in range(1, len(STACKS) + 1)
            for history in store.histories(stack_id).values()
        ]
    return {
        one.tracking_uid: [*one.measurements.long_axis.ends_lps_mm, *one.measurements.short_axis.ends_lps_mm]
        for one in newest
    }


@pytest.mark.parametrize("stack", STACKS)
def test_the_viewer_shows_every_outline_with_its_voxels_and_hu(shown: Shown, stack: str) -> None:
    study_uid = study_of(stack)
    with opened(shown.browser, shown.address, "segmentation", study_uid) as page:
        page.open("Calcified masses: outlines")
        compare_segments(page.segments(), shown.rows_of(study_uid))
        assert page.other_requests == []


@pytest.mark.parametrize("stack", STACKS)
def test_the_viewer_draws_both_axes_of_every_lesion(shown: Shown, stack: str) -> None:
    study_uid = study_of(stack)
    with opened(shown.browser, shown.address, "viewer", study_uid) as page:
        page.open("Calcified masses: measurements")
        rows = shown.rows_of(study_uid)
        compare_axes(page.axes(len(rows)), rows, shown.ends_lps_mm)
        assert page.other_requests == []


def study_of(stack: str) -> str:
    image = pydicom.dcmread(next((SAMPLES / stack).glob("*.dcm")), stop_before_pixels=True)
    return str(image.StudyInstanceUID)


def compare_segments(found: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, str]]) -> None:
    segments = {one["label"].split()[0]: one for one in found}
    assert sorted(segments) == sorted(row["lesion_number"] for row in rows)
    for row in rows:
        segment = segments[row["lesion_number"]]
        spacing = [float(row[f"{axis}_spacing_mm"]) for axis in ("row", "column", "slice")]
        voxel_ml = spacing[0] * spacing[1] * spacing[2] / 1000
        assert segment["count"] == pytest.approx(float(row["volume_voxels_ml"]) / voxel_ml, rel=1e-3), row
        assert segment["mean_hu"] == pytest.approx(float(row["mean_hu"]), abs=0.06), row


def compare_axes(
    found: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, str]], ends_lps_mm: Mapping[str, Ends]
) -> None:
    axes = {one["label"].split()[0].rstrip(":"): one for one in found}
    assert sorted(axes) == sorted(row["lesion_number"] for row in rows)
    for row in rows:
        one = axes[row["lesion_number"]]
        assert one["tool"] == "Bidirectional"
        assert one["image"] == row["long_axis_sop_uid"]
        assert one["statistics"]["length"] == pytest.approx(float(row["long_axis_mm"]), abs=0.01), row
        assert one["statistics"]["width"] == pytest.approx(float(row["short_axis_mm"]), abs=0.01), row
        assert one["label"].startswith(f"{row['lesion_number']}: {row['laterality']} {row['site'].replace('_', ' ')}")
        assert np.allclose(one["points"], ends_lps_mm[row["tracking_uid"]], atol=0.01), row

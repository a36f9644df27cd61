"""How fast a segmentation of many lesions is made, and what it takes of memory; highdicom in the same run beside it."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import highdicom as hd
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.sr.codedict import codes
from pydicom.uid import generate_uid
from pytest_benchmark.fixture import BenchmarkFixture

from calcimeasure.export import Identified
from calcimeasure.export.dicom.seg import segmentation_of
from calcimeasure.export.dicom.source import Source
from calcimeasure.model import Lesion
from tests.bench.conftest import BarTable
from tests.bench.memory import watched_memory
from tests.dicom_phantom import Header, write_series
from tests.phantoms import straight_grid
from tests.segmentations import found_in, lesion_of

SHAPE = (600, 512, 512)
SLICES_OF_A_LESION = 30


def lesions(count: int) -> list[Lesion]:
    """Boxes of 30 slices and 40 x 40 pixels with a ragged inside, all over the stack; none overlap."""
    rng = np.random.default_rng(1)
    made = []
    places = np.stack(np.meshgrid(range(20), range(12), range(12), indexing="ij"), axis=-1).reshape(-1, 3)
    for number, place in enumerate(rng.permutation(places)[:count], 1):
        one = lesion_of(rng.random((SLICES_OF_A_LESION, 40, 40)) < 0.8, number)
        box, start = one.outline, place * (SLICES_OF_A_LESION, 42, 42)
        begin, stop = ((np.array(edge) + start).tolist() for edge in (box.start_kji, box.stop_kji))
        made.append(replace(one, outline=replace(box, start_kji=tuple(begin), stop_kji=tuple(stop))))
    return made


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Source:
    folder = tmp_path_factory.mktemp("stack")
    grid = straight_grid(SHAPE, (1.0, 0.7, 0.7))
    write_series(folder, np.broadcast_to(np.int16(-1000), SHAPE), grid, Header())
    return found_in(folder, [])


def make(source: Source, path: Path) -> float:
    """Make and write an object; seconds of CPU."""
    begun = time.process_time()
    with path.open("wb") as file:
        segmentation_of(source, Identified()).write(file)
    return time.process_time() - begun


def by_highdicom(source: Source, path: Path, images: Sequence) -> float:
    """The same by highdicom; seconds of CPU beyond reading headers and making masks."""
    masks = np.zeros(SHAPE, dtype=np.uint8)
    for number, one in enumerate(source.lesions, 1):
        masks[one.outline.box][one.outline.mask()] = number
    descriptions = [
        hd.seg.SegmentDescription(
            segment_number=number,
            segment_label=str(number),
            segmented_property_category=codes.SCT.MorphologicallyAbnormalStructure,
            segmented_property_type=codes.SCT.Neoplasm,
            algorithm_type="MANUAL",
        )
        for number in range(1, len(source.lesions) + 1)
    ]
    begun = time.process_time()
    made = hd.seg.Segmentation(
        source_images=images,
        pixel_array=masks,
        segmentation_type="BINARY",
        segment_descriptions=descriptions,
        series_instance_uid=generate_uid(),
        series_number=1,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer="a",
        manufacturer_model_name="b",
        software_versions="c",
        device_serial_number="d",
        omit_empty_frames=True,
    )
    made.save_as(path)
    return time.process_time() - begun


@pytest.mark.parametrize(("count", "most_s"), [(20, 0.6), (300, 2.5)])
def test_many_lesions_are_written_fast(
    benchmark: BenchmarkFixture, stack: Source, tmp_path: Path, bars: BarTable, count: int, most_s: float
) -> None:
    source = replace(stack, lesions=tuple(lesions(count)))
    make(replace(stack, lesions=tuple(lesions(1))), tmp_path / "first.dcm")  # imports
    with watched_memory() as memory:
        seconds = benchmark.pedantic(make, args=(source, tmp_path / "seg.dcm"), rounds=1)
    bars.check_all(
        [
            (f"SEG of {count} lesions in 600 slices", seconds, most_s, "s CPU"),
            (f"memory for {count} lesions", memory.bytes / 1e6, 60, "MB"),
        ]
    )


def test_faster_than_highdicom(benchmark: BenchmarkFixture, stack: Source, tmp_path: Path, bars: BarTable) -> None:
    source = replace(stack, lesions=tuple(lesions(20)))
    images = [dcmread(one.path, stop_before_pixels=True) for one in stack.stack.instances]
    own = benchmark.pedantic(make, args=(source, tmp_path / "own.dcm"), rounds=1)
    other = by_highdicom(source, tmp_path / "other.dcm", images)
    bars.note("highdicom, 20 lesions", other, "s CPU")
    bars.check_at_least("times as fast as highdicom, 20 lesions", other / own, 4, "")
    assert dcmread(tmp_path / "own.dcm").NumberOfFrames == dcmread(tmp_path / "other.dcm").NumberOfFrames

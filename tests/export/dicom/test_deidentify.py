"""Copies of images at the level of functions: multi-frame files, and words that stay."""

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from calcimeasure.export import Pseudonyms
from calcimeasure.export.dicom.deidentify import image_without_identity
from calcimeasure.export.dicom.encode import encoded, write_start
from calcimeasure.load.pixels import stored_values
from tests.dicom_phantom import set_tag
from tests.dicom_writers import write_multiframe
from tests.phantoms import oblique_grid, straight_grid
from tests.run.test_what_leaves import TRACES, attributes
from tests.segmentations import found_in, source_of

NAMING = Pseudonyms(b"k" * 32)
SHAPE = (4, 16, 16)


def filled_inside(dataset: Dataset) -> None:
    """Put a canary beside what a frame says, into every group of every frame."""
    for group in (*dataset.PerFrameFunctionalGroupsSequence, *dataset.SharedFunctionalGroupsSequence):
        for macro in [element for element in group if element.VR == "SQ"]:
            for keyword in ("StackID", "FrameComments", "ContentDate", "AcquisitionTime"):
                setattr(macro.value[0], keyword, attributes()[keyword])


def test_copy_of_a_multi_frame_file_has_its_planes_and_nothing_else(tmp_path: Path) -> None:
    grid = oblique_grid(SHAPE, (2.0, 0.7, 0.7), (10.0, 20.0, 30.0))
    hu = np.random.default_rng(0).integers(0, 2000, SHAPE).astype(np.int16)
    write_multiframe(tmp_path / "ct.dcm", hu, grid, order=(2, 0, 3, 1), edit=filled_inside)
    source = found_in(tmp_path / "ct.dcm", [])
    pixels = [stored_values(one) for one in sorted(source.stack.instances, key=lambda one: one.frame_index)]
    copy = image_without_identity(source.header, source, NAMING, pixels)
    assert TRACES.findall(encoded(copy).decode("latin-1")) == []
    (tmp_path / "copy").mkdir()
    with (tmp_path / "copy" / "ct.dcm").open("wb") as file:
        write_start(file, copy)
        file.write(encoded(copy))
    again = found_in(tmp_path / "copy", [])
    assert again.geometry is not None
    assert source.geometry is not None
    assert np.allclose(again.geometry.origins_lps_mm, source.geometry.origins_lps_mm, atol=1e-6)
    assert np.array_equal(dcmread(tmp_path / "copy" / "ct.dcm").pixel_array, dcmread(tmp_path / "ct.dcm").pixel_array)
    assert again.stack.study_uid == NAMING.uid(source.stack.study_uid)


@pytest.mark.parametrize(
    ("keyword", "value", "kept"),
    [
        ("BodyPartExamined", "PELVIS", "PELVIS"),
        ("BodyPartExamined", "DOE JOHN", ""),
        ("ConvolutionKernel", "B30f", "B30f"),
        ("ConvolutionKernel", "of Mr Doe", ""),
        ("PatientPosition", "HFS", "HFS"),
        ("KVP", "120", "120.0"),
        ("Manufacturer", "Doe & Sons", ""),
        ("SeriesDescription", "Doe", None),
        ("AcquisitionTime", "101112", None),
    ],
)
def test_words_that_are_known_stay(tmp_path: Path, keyword: str, value: str, kept: str | None) -> None:
    source = source_of(tmp_path, straight_grid(SHAPE, (1.0, 1.0, 1.0)), [], [set_tag(keyword, value)])
    pixels = [stored_values(source.stack.instances[0])]
    copy = image_without_identity(source.header, source, NAMING, pixels)
    found = copy.get(keyword)
    assert (None if found is None else str(found)) == kept

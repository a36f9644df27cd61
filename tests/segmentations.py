"""Segmentations of known lesions, and where their voxels lie for whoever reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from calcimeasure.export import Identified
from calcimeasure.export.dicom.seg import segmentation_of
from calcimeasure.export.dicom.source import Source
from calcimeasure.load import find_series
from calcimeasure.load.volume import checked_stack
from calcimeasure.load.whole_header import read_whole_header
from calcimeasure.model import Laterality, Lesion, Outline, Side, SideSource, Site, SiteSource, StackFacts, Status
from calcimeasure.model.vocabulary import BodySite
from calcimeasure.run.dicom_sources import images_of
from calcimeasure.settings import Settings
from tests.dicom_phantom import Header, write_series

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

    from calcimeasure.geometry import Geometry
    from calcimeasure.model import Measurements
    from tests.dicom_phantom import Fault
    from tests.phantoms import Grid


def lesion_of(mask: NDArray[np.bool_], number: int, **facts: Any) -> Lesion:  # noqa: ANN401 - of whatever type it has
    """A lesion at the left hip whose numbers are not used."""
    return Lesion(
        tracking_uid=f"1.2.3.{number}",
        number=number,
        outline=Outline.from_mask(mask),
        measurements=cast("Measurements", None),
        side=Side(Laterality.LEFT, SideSource.READER),
        site=Site(BodySite.HIP, SiteSource.READER),
        software_version="0",
        **{"status": Status.ACCEPTED, **facts},
    )


def source_of(folder: Path, grid: Grid, masks: Sequence[NDArray[np.bool_]], faults: Sequence[Fault] = ()) -> Source:
    """A stack of air on a grid, written and found again, with a lesion for each mask."""
    write_series(folder, np.full(grid.shape_kji, -1000, dtype=np.int16), grid, Header(), faults=faults)
    return found_in(folder, [lesion_of(mask, number) for number, mask in enumerate(masks, 1)])


def found_in(folder: Path, lesions: Sequence[Lesion]) -> Source:
    """The stack of a folder with some lesions."""
    settings = Settings(workers=1)
    (stack,) = find_series(folder, settings).series
    geometry, notices = None, ()
    if stack.projection is None:
        stack, geometry, notices = checked_stack(stack, settings)
    facts = StackFacts.of(stack, geometry)
    header = read_whole_header(stack.instances[0])
    return Source(facts, stack, geometry, images_of(stack), header, tuple(lesions), notices)


def written(source: Source, path: Path, **options: Any) -> Path:  # noqa: ANN401 - options of segmentation_of
    """The file of the segmentation of a stack, with the names of its headers."""
    with path.open("wb") as file:
        segmentation_of(source, Identified(), **options).write(file)
    return path


def balls(shape_kji: tuple[int, int, int], count: int, seed: int = 0) -> list[NDArray[np.bool_]]:
    """Ellipsoids at random places, whole inside of the stack."""
    rng = np.random.default_rng(seed)
    k, j, i = np.ogrid[tuple(slice(0, size) for size in shape_kji)]
    masks = []
    for _ in range(count):
        radii = [rng.uniform(0.1, 0.2) * size + 1 for size in shape_kji]
        center = [rng.uniform(radius, size - 1 - radius) for radius, size in zip(radii, shape_kji, strict=True)]
        masks.append(
            sum(((at - c) / r) ** 2 for at, c, r in zip((k, j, i), center, radii, strict=True)) <= 1  # type: ignore[arg-type] # arrays
        )
    return masks


def true_centroid(mask: NDArray[np.bool_], geometry: Geometry) -> NDArray[np.float64]:
    """Mean place of the voxels, by the geometry of the loader."""
    return geometry.to_lps_mm(np.argwhere(mask)).mean(axis=0)


def frames_by_segment(dataset: Dataset) -> dict[int, list[tuple[NDArray[np.float64], NDArray[np.bool_]]]]:
    """Position and mask of each frame as pydicom reads them, frame by frame."""
    found: dict[int, list[tuple[NDArray[np.float64], NDArray[np.bool_]]]] = {}
    pixels = dataset.pixel_array.reshape(-1, dataset.Rows, dataset.Columns)
    for group, frame in zip(dataset.PerFrameFunctionalGroupsSequence, pixels, strict=True):
        segment = int(group.SegmentIdentificationSequence[0].ReferencedSegmentNumber)
        position = np.array(group.PlanePositionSequence[0].ImagePositionPatient, dtype=np.float64)
        found.setdefault(segment, []).append((position, frame.astype(bool)))
    return found


def points_of(dataset: Dataset, segment: int) -> NDArray[np.float64]:
    """Place of every voxel of a segment, LPS mm, from the functional groups alone."""
    shared = dataset.SharedFunctionalGroupsSequence[0]
    directions = np.array(shared.PlaneOrientationSequence[0].ImageOrientationPatient, dtype=np.float64)
    row_mm, column_mm = (float(one) for one in shared.PixelMeasuresSequence[0].PixelSpacing)
    points = []
    for position, mask in frames_by_segment(dataset)[segment]:
        j, i = np.nonzero(mask)
        points.append(position + np.outer(i * column_mm, directions[:3]) + np.outer(j * row_mm, directions[3:]))
    return np.concatenate(points)

"""Stacks with lesions to write reports of, small and from formulas."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from pydicom import dcmread

from calcimeasure.analysis.pipeline import analyze
from calcimeasure.export import Identified
from calcimeasure.export.dicom.seg import segmentation_of
from calcimeasure.export.dicom.source import Source
from calcimeasure.export.dicom.sr import reports_of
from calcimeasure.load import find_series, load_image
from calcimeasure.load.volume import checked_stack
from calcimeasure.load.whole_header import read_whole_header
from calcimeasure.model import BodySite, Laterality, Outline, Radiograph, StackFacts, Status
from calcimeasure.run.dicom_sources import images_of
from calcimeasure.settings import Settings
from tests.dicom_writers import write_radiograph
from tests.radiographs import BACKGROUND, CONTRAST, radiograph_lesion
from tests.tables import write_ct

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pydicom.dataset import Dataset

    from calcimeasure.export import Naming
    from calcimeasure.export.dicom.seg import Segmentation
    from calcimeasure.export.dicom.sr import StructuredReport
    from calcimeasure.model import Lesion, Stack

SETTINGS = Settings()
THEN = datetime(2026, 3, 1, 12, tzinfo=UTC)


def accepted(lesion: Lesion, reader: str = "Dr A") -> Lesion:
    return replace(lesion, status=Status.ACCEPTED, reader=reader, reviewed_at=THEN)


def source_of(stack: Stack, lesions: Sequence[Lesion]) -> Source:
    geometry, notices = None, ()
    if stack.projection is None:
        stack, geometry, notices = checked_stack(stack, SETTINGS)
    header = read_whole_header(stack.instances[0])
    return Source(StackFacts.of(stack), stack, geometry, images_of(stack), header, tuple(lesions), notices)


def ct_source(folder: Path, **header: object) -> Source:
    """A CT of six slices with two accepted masses."""
    write_ct(folder, **header)
    (stack,) = find_series(folder, SETTINGS).series
    return source_of(stack, [accepted(one) for one in analyze(stack, SETTINGS).lesions])


RING = np.ones((9, 9), dtype=bool)
RING[3:6, 3:6] = False
SQUARES = np.zeros((6, 14), dtype=bool)
SQUARES[:, :6] = SQUARES[:, 8:] = True
DISK = np.hypot(*(np.mgrid[:17, :17] - 8)) < 7.6


def film_source(folder: Path, masks: Sequence[np.ndarray] = (DISK, RING, SQUARES), **attributes: Any) -> Source:  # noqa: ANN401
    """A radiograph with an accepted lesion for each mask, one below the other."""
    pixels = np.full((24 * len(masks) + 8, 40), BACKGROUND)
    outlines = []
    for place, mask in enumerate(masks):
        top = 4 + 24 * place
        pixels[top : top + mask.shape[0], 6 : 6 + mask.shape[1]] += CONTRAST * mask
        outlines.append(Outline.from_mask(mask[None], (0, top, 6)))
    write_radiograph(folder / "film.dcm", pixels.astype(np.uint16), **attributes)
    (stack,) = find_series(folder, SETTINGS).series
    radiograph = load_image(stack, SETTINGS)
    assert isinstance(radiograph, Radiograph)
    lesions = [
        replace(
            accepted(
                radiograph_lesion(radiograph, one, laterality=Laterality.RIGHT, site=BodySite.HAND_WRIST),
            ),
            tracking_uid=f"1.2.{number}",
            number=number,
        )
        for number, one in enumerate(outlines, 1)
    ]
    return source_of(stack, lesions)


def made(source: Source, naming: Naming | None = None) -> tuple[Segmentation, tuple[StructuredReport, ...]]:
    naming = naming or Identified()
    segmentation = segmentation_of(source, naming)
    return segmentation, reports_of(source, naming, segmentation)


def written(made: Segmentation | StructuredReport) -> bytes:
    file = BytesIO()
    made.write(file)
    return file.getvalue()


def read_back(made: Segmentation | StructuredReport) -> Dataset:
    return dcmread(BytesIO(written(made)))

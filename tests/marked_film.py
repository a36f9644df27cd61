"""A folder of results with a radiograph whose side marker gives a side."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure import find_series, load_image
from calcimeasure.analysis.lesion import assess
from calcimeasure.export import write_atomic
from calcimeasure.locate.radiograph import radiograph_anatomy_of
from calcimeasure.model import Outline, Radiograph, Report, SideSource, Tissue
from calcimeasure.results import prepare, store_of
from calcimeasure.settings import change_settings, format_settings, settings_hash
from tests.dicom_writers import write_radiograph
from tests.locate.test_radiograph_markers import film, letters
from tests.review.desks import SETTINGS
from tests.review.test_desk import quiet

if TYPE_CHECKING:
    from pathlib import Path

PLACES = ((200, 220), (300, 240))


def marked_film(folder: Path) -> Path:
    """Write a radiograph with a marker, whose first lesion has its side from the marker and whose second has none."""
    stored = np.clip(film((letters("R", 36), 60, 40, 900.0)) + 200, 0, 4095).astype(np.uint16)
    write_radiograph(folder / "images", stored, bits_stored=12, BodyPartExamined="KNEE", Laterality=None)
    settings = change_settings(SETTINGS, {"key": str(folder / "pseudonyms.key")})
    (stack,) = find_series(folder / "images").series
    image = load_image(stack, settings)
    assert isinstance(image, Radiograph)
    anatomy = radiograph_anatomy_of(stack, image.pixels)
    lesions = []
    for number, (row, column) in enumerate(PLACES, 1):
        spot = Outline.from_mask(np.ones((1, 20, 20), dtype=bool), (0, row, column))
        lesion = assess(image, spot, number, settings, anatomy=anatomy if number == 1 else None)
        lesions.append(replace(lesion, tissue=Tissue.CALCIFIED_MASS))
    assert lesions[0].side is not None
    assert lesions[0].side.source is SideSource.MARKER
    out = folder / "out"
    write_atomic(prepare(out, quiet) / "settings.toml", format_settings(settings))
    with store_of(out, settings, quiet) as store:
        run_id = store.begin_run([], settings, "test")
        report = Report(stack, None, tuple(lesions), settings_hash(settings), "test")
        assert store.record(run_id, report, store.plan(stack, settings), settings)
        store.end_run(run_id)
    return out

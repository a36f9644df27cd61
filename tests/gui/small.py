"""A folder of results with small stacks of several patients, which opens in little time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure import find_series, load_image
from calcimeasure.analysis.lesion import assess
from calcimeasure.export import write_atomic
from calcimeasure.model import BodySite, Laterality, Report, Side, SideSource, Site, SiteSource, Tissue
from calcimeasure.results import prepare, store_of
from calcimeasure.settings import format_settings, settings_hash
from tests.dicom_phantom import Header, hand_radiograph_header, write_series
from tests.dicom_writers import describe_pixels, save, set_pixels
from tests.phantoms import straight_grid
from tests.review.desks import FIRST, SECOND, SETTINGS, SHAPE, box
from tests.review.test_desk import quiet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from calcimeasure.model import Lesion

MASS = Tissue.CALCIFIED_MASS
SPACING_MM = (2.0, 0.7, 0.9)
TWO_MASSES = (MASS, MASS)
CUBOIDS = (
    FIRST,
    SECOND,
    (slice(4, 8), slice(4, 10), slice(30, 36)),
    (slice(4, 8), slice(28, 34), slice(8, 14)),
)


def on_the_right(lesion: Lesion) -> Lesion:
    """Say where a lesion lies: in the hip, 146 mm right of the midline."""
    side = Side(Laterality.RIGHT, SideSource.BODY_MIDLINE, 0.99, distance_to_midline_mm=-146.0)
    return replace(lesion, side=side, site=Site(BodySite.HIP, SiteSource.GEOMETRY))


def write_film(path: Path) -> None:
    """Write a radiograph of which nobody knows the millimeters."""
    film = hand_radiograph_header()
    for keyword in ("ImagerPixelSpacing", "EstimatedRadiographicMagnificationFactor"):
        delattr(film, keyword)
    film.PatientID = "SMALL-FILM"
    stored = np.full((60, 50), 400, np.uint16)
    stored[20:40, 15:35] = 3000
    describe_pixels(film, stored)
    set_pixels(film, [stored], "explicit_le")
    path.parent.mkdir(parents=True)
    save(path, film, "explicit_le")


def small_folder(
    folder: Path,
    stacks: Sequence[Sequence[Tissue]],
    change: Callable[[Lesion], Lesion] = on_the_right,
    film: bool = False,
) -> Path:
    """Write a folder of results with stacks of two to four cuboids, each of another patient.

    Parameters
    ----------
    folder
        Gets the images and the folder of results.
    stacks
        For each stack the tissues of its lesions: the large cuboid, then the small ones. The first two cuboids are in
        the image without a lesion, too.
    change
        Changes each lesion before it is recorded.
    film
        Whether a radiograph without millimeters and without lesions follows, of another patient.
    """
    for number, tissues in enumerate(stacks, 1):
        hu = np.full(SHAPE, 40)
        for place in CUBOIDS[: max(2, len(tissues))]:
            hu[place] = 800
        day = date(2024, 1, 10) + timedelta(days=number)
        header = Header(seed=f"small {number}", patient_id=f"SMALL-{number}", study_date=f"{day:%Y%m%d}")
        write_series(folder / "images" / str(number), hu, straight_grid(SHAPE, SPACING_MM), header)
    if film:
        write_film(folder / "images" / "film" / "1.dcm")
    out = folder / "out"
    private = prepare(out, quiet)
    write_atomic(private / "settings.toml", format_settings(SETTINGS))
    with store_of(out, SETTINGS, quiet) as store:
        run_id = store.begin_run([], SETTINGS, "test")
        found = find_series(folder / "images").series
        if film:
            (shown,) = [stack for stack in found if stack.modality != "CT"]
            report = Report(shown, None, (), settings_hash(SETTINGS), "test")
            assert store.record(run_id, report, store.plan(shown, SETTINGS), SETTINGS)
        for tissues, stack in zip(stacks, [one for one in found if one.modality == "CT"], strict=True):
            image = load_image(stack, SETTINGS)
            lesions = tuple(
                change(replace(assess(image, box(where), number, SETTINGS), tissue=tissue))
                for number, (where, tissue) in enumerate(zip(CUBOIDS, tissues, strict=False), 1)
            )
            report = Report(image.stack, image.geometry, lesions, settings_hash(SETTINGS), "test")
            assert store.record(run_id, report, store.plan(image.stack, SETTINGS), SETTINGS)
        store.end_run(run_id)
    return out


def measure_fewer_images(out: Path, images: Path) -> None:
    """Measure the stack of a folder of results again, without its last image and without a lesion."""
    (stack,) = find_series(images).series
    fewer = replace(stack, instances=stack.instances[:-1])
    with store_of(out, SETTINGS, quiet) as store:
        run_id = store.begin_run([], SETTINGS, "test")
        report = Report(fewer, None, (), settings_hash(SETTINGS), "test")
        assert store.record(run_id, report, store.plan(fewer, SETTINGS), SETTINGS)
        store.end_run(run_id)

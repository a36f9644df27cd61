"""A folder of results with two dates of one patient, whose body lies elsewhere at the later one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.analysis.lesion import assess
from calcimeasure.export import write_atomic
from calcimeasure.load import find_series, load_image
from calcimeasure.model import BodySite, Laterality, Report, Side, SideSource, Site, SiteSource, Tissue, Volume
from calcimeasure.model.follow import LinkSource, LinkState, Motion
from calcimeasure.results import prepare, store_of
from calcimeasure.settings import change_settings, format_settings, settings_hash
from calcimeasure.settings.algorithm import ALGORITHM, FINGERPRINT
from calcimeasure.store import LesionLink, StoredMotion
from calcimeasure.study.follow.images import images_key
from tests.dicom_phantom import Header, write_series
from tests.phantoms import straight_grid
from tests.review.desks import SETTINGS, box
from tests.review.test_desk import quiet

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from calcimeasure.store import Store

DAYS = ("20240115", "20250115")
SHAPE = (12, 40, 44)
SPACING_MM = (2.0, 0.7, 0.9)
SHIFT_KJI = (2, 4, -3)
"""How far everything lies on at the later date."""

SHIFT_LPS_MM = (-2.7, 2.8, 4.0)
"""The same in the patient: columns point left, rows back, slices up."""

FIRST = (slice(2, 6), slice(8, 18), slice(12, 22))
SECOND = (slice(3, 7), slice(26, 32), slice(30, 36))
MASSES = (FIRST, SECOND)


def moved_on(where: Sequence[slice]) -> tuple[slice, ...]:
    """Give the place of a cuboid at the later date."""
    return tuple(slice(one.start + by, one.stop + by) for one, by in zip(where, SHIFT_KJI, strict=True))


def two_dates(
    folder: Path,
    sides: Sequence[Laterality] = (Laterality.RIGHT, Laterality.RIGHT),
    days: Sequence[str] = DAYS,
) -> Path:
    """Write the images and the folder of results; the masses of a date have the given sides.

    The first mass is at both dates at one place of the body. The second one of the later date lies elsewhere.
    """
    out = folder / "out"
    private = prepare(out, quiet)
    settings = change_settings(SETTINGS, {"key": str(folder / "pseudonyms.key")})
    write_atomic(private / "settings.toml", format_settings(settings))
    with store_of(out, settings, quiet) as store:
        run_id = store.begin_run([], settings, "test")
        for n, day in enumerate(days):
            places = MASSES if n == 0 else (moved_on(FIRST), (slice(4, 8), slice(2, 8), slice(30, 36)))
            hu = np.full(SHAPE, 40)
            for place in places:
                hu[place] = 800
            images = folder / "images" / day
            write_series(images, hu, straight_grid(SHAPE, SPACING_MM), Header(seed=day, study_date=day))
            (stack,) = find_series(images).series
            image = load_image(stack, settings)
            assert isinstance(image, Volume)
            lesions = tuple(
                replace(
                    assess(image, box(place), number, settings),
                    tissue=Tissue.CALCIFIED_MASS,
                    side=Side(side, SideSource.BODY_MIDLINE, 0.99, distance_to_midline_mm=-146.0),
                    site=Site(BodySite.HIP, SiteSource.GEOMETRY),
                )
                for number, (place, side) in enumerate(zip(places, sides, strict=True), 1)
            )
            report = Report(stack, image.geometry, lesions, settings_hash(settings), "test")
            assert store.record(run_id, report, store.plan(stack, settings), settings)
        store.end_run(run_id)
    return out


def uid_of(store: Store, stack_id: int, number: int) -> str:
    return next(one.tracking_uid for one in store.lesions_of(stack_id) if one.number == number)


def note_follow(out: Path, *, carries: bool = True, images: Path | None = None) -> None:
    """Store what `calcimeasure follow` finds: the motion, the first mass matched, the second one gone, another new."""
    pair = (1, 2)
    key = key_of(images or out.parent / "images", pair)
    with store_of(out, SETTINGS, quiet) as store:
        matrix = np.eye(4)
        matrix[:3, 3] = SHIFT_LPS_MM
        rows = tuple((float(a), float(b), float(c), float(d)) for a, b, c, d in matrix)
        store.note_motions([StoredMotion(pair, Motion(rows, 0.96, 0.97, False, carries), key)])
        if not carries:
            return
        uids = [(uid_of(store, stack_id, 1), uid_of(store, stack_id, 2)) for stack_id in pair]
        told = (
            ((uids[0][0], 1), (uids[1][0], 1), LinkState.MATCHED),
            ((uids[0][1], 1), None, LinkState.GONE),
            (None, (uids[1][1], 1), LinkState.NEW),
        )
        store.note_links(
            [LesionLink(pair, one, other, state, LinkSource.PROGRAM, 1.0, "key") for one, other, state in told]
        )


def key_of(images: Path, pair: tuple[int, int]) -> str:
    loaded = []
    for day in (DAYS[one - 1] for one in pair):
        (stack,) = find_series(images / day).series
        loaded.append(load_image(stack, SETTINGS))
    return images_key(loaded, f"{ALGORITHM} {FINGERPRINT}")

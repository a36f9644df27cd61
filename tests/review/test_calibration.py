"""Millimeters from what a reader knows: by formula, refused where they cannot be, kept, and taken back."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from calcimeasure import review
from calcimeasure.analysis.inherit import as_calibrated
from calcimeasure.errors import ReviewError
from calcimeasure.model import AlgorithmType, Laterality, Outline, Projection, Revision, SpacingSource, Status, Tissue
from calcimeasure.review import Signature
from calcimeasure.review.calibration import KnownDistances, KnownLength, column_spacing_mm
from calcimeasure.settings import Settings
from tests.radiographs import ellipse, radiograph_lesion, radiograph_of, radiograph_series
from tests.review.test_edits import first as first_revision

if TYPE_CHECKING:
    from collections.abc import Mapping

    from calcimeasure.model import Radiograph

SETTINGS = Settings()
BLANK = np.zeros((400, 500))


def by(reader: str = "Dr A") -> Signature:
    return Signature(reader)


def detector(spacing_mm: tuple[float, float] | None, pixel_mm: tuple[float, float] | None = None) -> Radiograph:
    stack = radiograph_series(Projection(imager_pixel_spacing_mm=spacing_mm), pixel_spacing_mm=pixel_mm)
    return radiograph_of(BLANK, spacing_mm, SpacingSource.DETECTOR_PLANE if spacing_mm else SpacingSource.NONE, stack)


# By formula


def test_a_known_length() -> None:
    coin = KnownLength(((100.0, 100.0), (100.0, 250.0)), 24.25)
    assert column_spacing_mm(coin, radiograph_of(BLANK)) == pytest.approx(24.25 / 150)


def test_a_known_length_across_pixels_that_are_no_squares() -> None:
    """Rows are twice as far apart: 30 rows and 80 columns are 100 columns."""
    radiograph = radiograph_of(BLANK, stack=radiograph_series(Projection(pixel_aspect_ratio=(2.0, 1.0))))
    line = KnownLength(((10.0, 10.0), (40.0, 90.0)), 25.0)
    assert column_spacing_mm(line, radiograph) == pytest.approx(0.25)
    calibrated = radiograph.calibrated(0.25)
    assert calibrated.spacing_mm == (0.5, 0.25)
    assert calibrated.spacing_source is SpacingSource.READER


def test_known_distances() -> None:
    """ERMF = SID / SOD = 1150 / 1000; what was 0.15 mm at the detector is 0.15 / 1.15 in the object's plane."""
    known = KnownDistances(1150, 1000)
    assert known.magnification == pytest.approx(1.15)
    assert column_spacing_mm(known, detector((0.2, 0.15))) == pytest.approx(0.15 / 1.15)


def test_distances_of_a_scanned_film() -> None:
    stack = radiograph_series(Projection(nominal_scanned_pixel_spacing_mm=(0.1, 0.1)))
    assert column_spacing_mm(KnownDistances(1000, 800), radiograph_of(BLANK, stack=stack)) == pytest.approx(0.08)


# Refused


@pytest.mark.parametrize(
    ("ends", "length_mm", "said"),
    [
        (((0, 0), (0, 15)), 5.0, r"line of at least 20 pixels expected, found 15\.0"),
        (((0, 0), (0, 0)), 5.0, r"at least 20 pixels expected, found 0\.0"),
        (((0, 0), (0, 500)), 50.0, r"found an end at row 0\.0, column 500\.0"),
        (((-1, 0), (0, 100)), 50.0, "on the image of 400 x 500 pixels expected"),
        (((math.nan, 0), (0, 100)), 50.0, "on the image of 400 x 500 pixels expected"),
        (((0, 0), (0, 100)), 0.0, "length on the image from 1 to 1000 mm expected, found 0 mm"),
        (((0, 0), (0, 100)), -20.0, "found -20 mm"),
        (((0, 0), (0, 100)), math.nan, "found nan mm"),
        (((0, 0), (0, 100)), math.inf, "found inf mm"),
        (((0, 0), (0, 100)), 2000.0, "found 2000 mm. Is it in millimeters"),
        (((0, 0), (0, 100)), 300.0, "between columns from 0.01 to 2 mm expected, found 3 mm"),
        (((0, 0), (300, 400)), 1.0, "found 0.002 mm"),
    ],
)
def test_a_length_that_cannot_be(
    ends: tuple[tuple[float, float], tuple[float, float]], length_mm: float, said: str
) -> None:
    with pytest.raises(ReviewError, match=said):
        column_spacing_mm(KnownLength(ends, length_mm), radiograph_of(BLANK))


def test_nothing_is_shown_smaller_than_it_is() -> None:
    line = ((0.0, 0.0), (0.0, 100.0))
    assert column_spacing_mm(KnownLength(line, 15.5), detector((0.15, 0.15))) == pytest.approx(0.155)
    with pytest.raises(ReviewError, match=r"At most 0\.15 mm between columns expected, as at the detector"):
        column_spacing_mm(KnownLength(line, 20.0), detector((0.15, 0.15)))
    # An image that was made smaller has larger pixels than its detector.
    assert column_spacing_mm(KnownLength(line, 28.0), detector((0.15, 0.15), (0.3, 0.3))) == pytest.approx(0.28)


@pytest.mark.parametrize(
    ("sid_mm", "sod_mm", "radiograph", "said"),
    [
        (115, 100, detector((0.15, 0.15)), "tube to detector from 500 to 5000 mm expected, found 115 mm"),
        (1150, 1200, detector((0.15, 0.15)), r"between tube and detector \(1150 mm\) expected, found it 1200 mm"),
        (1150, 0, detector((0.15, 0.15)), "found it 0 mm"),
        (1150, -5, detector((0.15, 0.15)), "found it -5 mm"),
        (1150, math.nan, detector((0.15, 0.15)), "found it nan mm"),
        (math.inf, 1000, detector((0.15, 0.15)), "found inf mm"),
        (1150, 10, detector((0.15, 0.15)), "between columns from 0.01"),
        (1150, 1000, detector(None), "Draw a line of known length"),
        (1150, 1000, detector((0.0, 0.0)), "Draw a line of known length"),
        (1150, 1000, detector((0.15, 0.15), (0.3, 0.3)), "Draw a line of known length"),
    ],
)
def test_distances_that_cannot_be(sid_mm: float, sod_mm: float, radiograph: Radiograph, said: str) -> None:
    with pytest.raises(ReviewError, match=said):
        column_spacing_mm(KnownDistances(sid_mm, sod_mm), radiograph)


# As revisions

PIXELS, OUTLINE = ellipse((120, 60), 20, shape=(300, 400), middle=(100, 150))
SMALL = Outline.from_mask(np.ones((1, 10, 14), dtype=bool), (0, 250, 300))
FILM = radiograph_of(PIXELS)
COIN = KnownLength(((10.0, 10.0), (10.0, 110.0)), 25.0)


def known() -> dict[str, Revision]:
    lesions = [
        radiograph_lesion(FILM, OUTLINE, number=1, laterality=Laterality.LEFT),
        radiograph_lesion(FILM, SMALL, number=2),
    ]
    return {lesion.tracking_uid: first_revision(lesion) for lesion in lesions}


def calibrated(newest: Mapping[str, Revision]) -> dict[str, Revision]:
    revisions = review.calibrate(newest, COIN, FILM, SETTINGS, by())
    return dict(newest) | {one.lesion.tracking_uid: one for one in revisions}


def test_every_lesion_of_the_image_gets_its_millimeters() -> None:
    before = known()
    after = calibrated(before)
    assert len({one.edit_uid for one in after.values()}) == 1
    for uid, revision in after.items():
        numbers, old = revision.lesion.measurements, before[uid].lesion.measurements
        assert (old.long_axis_mm, old.large, old.spacing_source) == (None, None, SpacingSource.NONE)
        assert (numbers.spacing_source, numbers.column_spacing_mm) == (SpacingSource.READER, 0.25)
        assert numbers.long_axis_mm == pytest.approx(0.25 * old.long_axis.length_px)
        assert numbers.area_mm2 == pytest.approx(0.0625 * old.area_px)
        assert (numbers.long_axis, numbers.area_px) == (old.long_axis, old.area_px)
        assert "no_spacing" not in revision.lesion.notices
        assert (revision.number, revision.base_number, revision.reader) == (2, 1, "Dr A")
        assert revision.why == "calibrated: 25 mm between row 10.0, column 10.0 and row 10.0, column 110.0"
    assert [one.lesion.measurements.large for one in after.values()] == [True, False]


def test_what_was_decided_stays() -> None:
    newest = known()
    uid = next(iter(newest))
    newest[uid] = review.set_tissue(review.decide(newest[uid], Status.ACCEPTED, by()), Tissue.CALCIFIED_MASS, by())
    lesion = calibrated(newest)[uid].lesion
    assert (lesion.status, lesion.tissue, lesion.tissue_confidence) == (Status.ACCEPTED, Tissue.CALCIFIED_MASS, None)
    assert lesion.side == newest[uid].lesion.side
    assert lesion.outline == newest[uid].lesion.outline


def test_what_is_drawn_later_has_them_too() -> None:
    newest = calibrated(known())
    first = next(iter(newest.values()))
    drawn = Outline.from_mask(np.ones((1, 30, 40), dtype=bool), (0, 10, 300))
    added = review.add(drawn, AlgorithmType.MANUAL, newest, FILM, SETTINGS, by("Dr B"))
    redrawn = review.redraw(first, drawn, AlgorithmType.MANUAL, FILM, SETTINGS, by())
    halves = [Outline.from_mask(np.ones((1, 15, 40), dtype=bool), (0, row, 300)) for row in (10, 25)]
    split = review.split(first, halves, newest, FILM, SETTINGS, by())
    merged = review.merge(list(newest.values()), FILM, SETTINGS, by())
    for revision in (added, redrawn, *split, merged[0]):
        numbers = revision.lesion.measurements
        assert (numbers.spacing_source, numbers.column_spacing_mm) == (SpacingSource.READER, 0.25)
        assert numbers.long_axis_mm == pytest.approx(0.25 * numbers.long_axis.length_px)


def test_a_lesion_drawn_on_a_film_that_nobody_calibrated() -> None:
    added = review.add(SMALL, AlgorithmType.SEMIAUTOMATIC, {}, FILM, SETTINGS, by())
    numbers = added.lesion.measurements
    assert (numbers.long_axis_mm, numbers.spacing_source) == (None, SpacingSource.NONE)
    assert (added.lesion.status, added.lesion.algorithm_type) == (Status.PROPOSED, AlgorithmType.SEMIAUTOMATIC)
    outside = Outline.from_mask(np.ones((1, 5, 5), dtype=bool), (0, 298, 0))
    with pytest.raises(ReviewError, match="inside the image"):
        review.add(outside, AlgorithmType.MANUAL, {}, FILM, SETTINGS, by())


def test_undone_as_one_edit() -> None:
    before = known()
    after = calibrated(before)
    assert len({one.edit_uid for one in after.values()}) == 1
    undone = [review.undo([before[uid], after[uid]], 1, by()) for uid in before]
    assert [one.lesion for one in undone] == [one.lesion for one in before.values()]


def test_taken_back_from_all_of_them() -> None:
    newest = calibrated(known())
    added = review.add(
        Outline.from_mask(np.ones((1, 30, 40), dtype=bool), (0, 10, 300)),
        AlgorithmType.MANUAL, newest, FILM, SETTINGS, by(),
    )  # fmt: skip
    newest[added.lesion.tracking_uid] = added
    for revision in review.calibrate(newest, None, FILM, SETTINGS, by()):
        assert revision.lesion.measurements.spacing_source is SpacingSource.NONE
        assert revision.lesion.measurements.long_axis_mm is None
        assert revision.why == "calibration taken back"


def test_another_calibration_takes_the_place_of_the_first() -> None:
    again = KnownLength(COIN.ends_px, 20.0)
    for revision in review.calibrate(calibrated(known()), again, FILM, SETTINGS, by()):
        assert revision.lesion.measurements.column_spacing_mm == pytest.approx(0.2)


def test_without_a_lesion_nothing_could_keep_it() -> None:
    with pytest.raises(ReviewError, match=r"found none on radiograph 1\.2\.3\. Draw one first"):
        review.calibrate({}, COIN, FILM, SETTINGS, by())
    merged = review.merge(list(known().values()), FILM, SETTINGS, by())
    newest = {one.lesion.tracking_uid: one for one in merged}
    (kept,) = review.calibrate(newest, COIN, FILM, SETTINGS, by())
    assert kept.lesion.number == 1


def test_measuring_again_keeps_it() -> None:
    lesions = [one.lesion for one in calibrated(known()).values()]
    assert as_calibrated(FILM, lesions).spacing_mm == (0.25, 0.25)
    assert as_calibrated(FILM, [one.lesion for one in known().values()]) is FILM

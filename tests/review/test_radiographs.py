"""Radiographs under review: drawn, grown and calibrated, in millimeters only where somebody knows them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from calcimeasure.analysis.pipeline import survey
from calcimeasure.errors import ReviewError
from calcimeasure.model import Outline, Projection, Radiograph, RadiographMeasurements, Status, Tissue
from calcimeasure.review import KnownDistances, KnownLength, Session
from calcimeasure.store import Store
from tests.radiographs import CONTRAST, ellipse, radiograph_of, radiograph_series
from tests.review.desks import SETTINGS, ask, begin, measure_drafts, store_with, two_cuboids

ASPECT = 1.25
SHAPE = (300, 400)
LARGE, LARGE_AT, SMALL, SMALL_AT = (120, 60), (110.0, 130.0), (50, 40), (250.0, 300.0)
"""Axes and middles in columns; rows are 1.25 columns apart."""
LINE = KnownLength(((20.0, 10.0), (20.0, 110.0)), 20.0)
SAID = Projection(pixel_aspect_ratio=(5.0, 4.0), patient_orientation=("R", "F"))


def film(projection: Projection = SAID) -> Radiograph:
    large, _ = ellipse(LARGE, 20, ASPECT, noise=4.0, shape=SHAPE, middle=LARGE_AT)
    small, _ = ellipse(SMALL, 0, ASPECT, shape=SHAPE, middle=SMALL_AT)
    stack = radiograph_series(projection, image_laterality="R", body_part="HAND")
    return radiograph_of(large + small, stack=stack)


def shadow(axes: tuple[float, float], middle: tuple[float, float], angle_deg: float = 0.0) -> Outline:
    return ellipse(axes, angle_deg, ASPECT, shape=SHAPE, middle=middle)[1]


@pytest.fixture(scope="module")
def image() -> Radiograph:
    return film()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "calcimeasure.db"


@pytest.fixture
def opened(file: Path, image: Radiograph) -> Iterator[tuple[Store, int]]:
    with store_with(file, image, [shadow(LARGE, LARGE_AT, 20)], Tissue.CALCIFIED_MASS) as opened:
        yield opened


@pytest.fixture
def session(opened: tuple[Store, int], image: Radiograph) -> Session:
    return begin(*opened, image)


def numbers(session: Session, number: int) -> RadiographMeasurements:
    lesion = session.lesion(number)
    assert lesion is not None
    assert isinstance(lesion.measurements, RadiographMeasurements)
    return lesion.measurements


def dice(one: Outline, other: Outline) -> float:
    return 2 * one.overlap(other) / (one.voxel_count + other.voxel_count)


def paint(session: Session, outline: Outline, label: int) -> None:
    session.press += 1
    session.labels[outline.box][outline.mask()] = label
    session.compare()


def index(middle: tuple[float, float]) -> tuple[float, float, float]:
    return (0, middle[0] / ASPECT, middle[1])


def test_what_is_drawn_is_measured_and_kept_in_pixels(session: Session, file: Path) -> None:
    paint(session, shadow(SMALL, SMALL_AT), 2)
    measure_drafts(session)
    seen = numbers(session, 2)
    assert seen.long_axis.length_px == pytest.approx(50, abs=1)
    assert seen.short_axis.length_px == pytest.approx(40, abs=1)
    assert seen.mean_contrast == pytest.approx(CONTRAST, rel=0.05)
    session.save_all()
    kept = "SELECT status, algorithm_type, long_axis_px, long_axis_mm FROM current_lesions WHERE lesion_number = 2"
    assert ask(file, kept) == [("proposed", "manual", pytest.approx(seen.long_axis.length_px), None)]


def test_side_and_site_of_what_is_drawn_come_with_the_survey(session: Session, image: Radiograph, file: Path) -> None:
    paint(session, shadow(SMALL, SMALL_AT), 2)
    session.save_all()
    assert session.needs_anatomy
    session.take_anatomy(survey(image, SETTINGS).anatomy)
    said = "SELECT laterality, laterality_source, site FROM current_lesions WHERE lesion_number = 2"
    assert ask(file, said) == [("right", "dicom_tag", "hand_wrist")]
    assert not session.needs_anatomy


def test_one_place_grows_a_new_lesion_that_can_be_undone(session: Session, file: Path) -> None:
    before = session.labels.copy()
    number = session.take_grown(session.growing(None, index(SMALL_AT))())
    assert (number, session.selected) == (2, 2)
    grown = session.outline(2)
    assert grown is not None
    assert dice(grown, shadow(SMALL, SMALL_AT)) > 0.9
    measure_drafts(session)
    session.decide(2, Status.ACCEPTED)
    rows = "SELECT lesion_number, status, algorithm_type FROM current_lesions ORDER BY lesion_number"
    assert ask(file, rows) == [(1, "proposed", "automatic"), (2, "accepted", "semiautomatic")]
    for _ in range(2):
        assert session.undo()
    session.save_all()
    assert ask(file, rows) == [(1, "proposed", "automatic")]
    assert np.array_equal(session.labels, before)
    for _ in range(2):
        assert session.redo()
    session.save_all()
    assert ask(file, rows)[1] == (2, "accepted", "semiautomatic")


def test_a_painted_region_is_grown_and_is_the_readers_own_when_painted_on(session: Session, file: Path) -> None:
    rough = shadow((36, 24), SMALL_AT)
    assert not session.is_rough(2)
    paint(session, rough, 2)
    assert session.is_rough(2)
    session.take_grown(session.growing(2)(), 2)
    assert not session.is_rough(2)
    grown = session.outline(2)
    assert grown is not None
    assert dice(grown, shadow(SMALL, SMALL_AT)) > 0.9
    assert session.undo()
    assert session.outline(2) == rough
    assert session.redo()
    paint(session, Outline.from_mask(np.ones((1, 3, 3), bool), (0, 160, 300)), 2)
    session.save_all()
    assert ask(file, "SELECT algorithm_type FROM current_lesions WHERE lesion_number = 2") == [("manual",)]


def test_a_place_in_a_lesion_grows_that_lesion_and_its_decision_stays(session: Session, file: Path) -> None:
    paint(session, shadow((44, 30), SMALL_AT), 2)
    session.save_all()
    session.decide(2, Status.REJECTED)
    session.decide(2, Status.PROPOSED)
    assert session.take_grown(session.growing(None, index(SMALL_AT))()) == 2
    session.save_all()
    rows = "SELECT lesion_number, status, algorithm_type FROM current_lesions WHERE lesion_number > 1"
    assert ask(file, rows) == [(2, "proposed", "semiautomatic")]
    outline = session.outline(2)
    assert outline is not None
    assert dice(outline, shadow(SMALL, SMALL_AT)) > 0.9


def test_what_is_grown_takes_nothing_from_another_lesion(session: Session) -> None:
    half = Outline.from_mask(np.ones((1, 16, 60), bool), (0, 185, 270))
    paint(session, half, 2)
    session.save_all()
    grown = session.growing(None, index(SMALL_AT))()
    assert session.take_grown(grown, 3) == 3
    session.save_all()
    assert session.lesions[2].lesion.outline == half
    assert session.lesions[3].lesion.outline.overlap(half) == 0
    assert not session.lesions[3].lesion.outline.overlap(session.lesions[1].lesion.outline)
    with pytest.raises(ReviewError, match="lies in lesion 1"):
        session.take_grown(shadow((20, 20), LARGE_AT), 4)


def test_a_place_beside_the_image_and_a_ct_are_refused(session: Session, tmp_path: Path) -> None:
    with pytest.raises(ReviewError, match="Point into it"):
        session.growing(None, (0, -5, 10))()
    with pytest.raises(ReviewError, match="Click on a mass"):
        session.growing(7)
    volume = two_cuboids()
    with store_with(tmp_path / "ct.db", volume, [], Tissue.CALCIFIED_MASS) as opened:
        stack = begin(*opened, volume)
        with pytest.raises(ReviewError, match="found CT"):
            stack.calibrate(LINE)


def test_a_known_length_gives_all_lesions_millimeters_in_one_edit(session: Session, file: Path) -> None:
    paint(session, shadow(SMALL, SMALL_AT), 2)
    px = numbers(session, 1).long_axis.length_px
    session.calibrate(LINE)
    rows = "SELECT long_axis_mm, spacing_source, column_spacing_mm FROM current_lesions ORDER BY lesion_number"
    assert ask(file, rows) == [
        (pytest.approx(0.2 * px), "reader", 0.2),
        (pytest.approx(10.0, abs=0.2), "reader", 0.2),
    ]
    edits = "SELECT count(DISTINCT edit_uid) FROM lesion_revisions WHERE why LIKE 'calibrated%'"
    assert ask(file, edits) == [(1,)]

    assert session.undo()
    assert [row[:2] for row in ask(file, rows)] == [(None, "none"), (None, "none")]
    assert session.redo()
    assert ask(file, rows)[0][1] == "reader"

    session.take_grown(Outline.from_mask(np.ones((1, 20, 20), bool), (0, 5, 5)), 3)
    session.save_all()
    assert ask(file, rows)[2][1:] == ("reader", 0.2)
    session.calibrate(None)
    assert {row[1] for row in ask(file, rows)} == {"none"}


def test_what_cannot_be_known_changes_nothing(session: Session, file: Path) -> None:
    revisions = ask(file, "SELECT count(*) FROM lesion_revisions")
    for wrong in (KnownLength(LINE.ends_px, 0.0), KnownDistances(1000.0, 900.0)):
        with pytest.raises(ReviewError):
            session.calibrate(wrong)
    assert ask(file, "SELECT count(*) FROM lesion_revisions") == revisions
    assert not session.undo()

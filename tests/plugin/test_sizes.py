"""What the evidence says of a mass as a whole. No Qt."""

from __future__ import annotations

from dataclasses import replace

from calcimeasure.model import Axis, Canal, Measurements, Morphology
from napari_calcimeasure._sizes import whole_in_stack

NUMBERS = Measurements(
    long_axis=Axis(31.0, ((1.0, 2.0, 3.0), (4.0, 5.0, 6.0))),
    short_axis=Axis(22.0, ((1.5, 2.5, 3.5), (4.5, 5.5, 6.5))),
    long_axis_slice=7,
    centroid_lps_mm=(8.0, 9.0, 10.0),
    truncated=False,
    mean_hu=500.0,
    median_hu=500.0,
    sd_hu=50.0,
    max_hu=900.0,
    parts=12,
    envelope_ml=75.26,
    envelope_u95_ml=2.04,
    fill_fraction=0.4,
    morphology=Morphology.LOCULATED,
    morphology_confidence=0.81,
    fluid_level=True,
    skin_distance_mm=3.24,
)


def test_whole_is_told_with_its_pieces() -> None:
    assert whole_in_stack(NUMBERS) == [
        "<b>Whole:</b> 12 pieces, envelope 75.3 ± 2.0 mL, 40% of it calcified; looks loculated (81%); fluid level; "
        "3.2 mm below the skin"
    ]


def test_what_a_reader_said_and_what_the_canal_loses_is_told() -> None:
    said = replace(NUMBERS, morphology_confidence=None, fluid_level=None, skin_distance_mm=None)
    (words,) = whole_in_stack(replace(said, canal=Canal.CANAL, canal_narrowed_percent=34.6))
    assert words.endswith("looks loculated (a reader); <b>in the vertebral canal</b>, 35 % of it taken")
    (words,) = whole_in_stack(replace(said, canal=Canal.NONE, canal_narrowed_percent=0.0))
    assert words.endswith("; outside of the vertebral canal, 0 % of it taken")


def test_what_is_not_known_of_the_whole_is_not_told() -> None:
    one = replace(NUMBERS, parts=1, envelope_u95_ml=None, fill_fraction=None, fluid_level=None, skin_distance_mm=0.0)
    assert whole_in_stack(replace(one, morphology=None)) == [
        "<b>Whole:</b> one piece, envelope 75.3 mL; reaches the skin"
    ]
    assert whole_in_stack(replace(NUMBERS, envelope_ml=None)) == []

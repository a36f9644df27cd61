"""The small version of tests/bench/accuracy: the same bars, fixed seeds, masses that are quick to make."""

from pathlib import Path

import numpy as np
import pytest

from calcimeasure.settings import Settings
from tests.accuracy_bars import BARS, COVERAGE, SMALL_VOLUME, Bar, shared_phantom_figures
from tests.masses import Case, errors_of, imaged, measured, median_and_worst


def check(figures: list[tuple[str, float, float, str]]) -> None:
    missed = [f"{what}: {figure:.3g} {unit}" for what, figure, at_most, unit in figures if figure > at_most]
    assert not missed


@pytest.mark.parametrize("bar", BARS, ids=lambda bar: f"{bar.slice_mm} mm")
def test_masses(bar: Bar) -> None:
    # The bars are for masses of 20 to 150 mm: in thick slices the middle of that range, in thin ones what is quick.
    shortest_mm, longest_mm = {0.8: (20, 40), 5.0: (40, 90)}.get(bar.slice_mm, (30, 70))
    errors = [errors_of(Case(900 + n, bar.slice_mm, shortest_mm, longest_mm)) for n in range(8)]
    check(bar.figures(errors))
    # Most intervals hold the truth; how many exactly takes a thousand cases to tell.
    for coverage in COVERAGE:
        (_, outside, _, _), *_ = coverage.figures(errors)
        assert outside <= 25


def test_small_lesions() -> None:
    errors = [errors_of(Case(300 + n, (0.8, 1.5, 3.0)[n % 3], 8, 20)) for n in range(18)]
    assert median_and_worst([100 * error.volume for error in errors])[0] <= SMALL_VOLUME


@pytest.mark.parametrize(
    "scene",
    [
        "sharp kernel",
        "correlated noise",
        "level",
        "between tissues",
        "beside bone",
        "beside air",
        "tilted",
        "uneven",
    ],
)
def test_scene(scene: str) -> None:
    errors = [errors_of(Case(500 + n, 1.5 + 1.5 * (n % 2), 20, 32, scene)) for n in range(3)]  # type: ignore[arg-type]
    assert np.median([abs(100 * error.volume) for error in errors]) <= SMALL_VOLUME


def test_interval_is_wider_where_tissues_differ_round_a_mass() -> None:
    errors = [errors_of(Case(500 + n, 3.0, 20, 32, "among muscles")) for n in range(6)]
    assert sum(abs(error.volume) <= error.volume_u95 for error in errors) >= 5
    even = [errors_of(Case(500 + n, 3.0, 20, 32)) for n in range(6)]
    assert np.median([one.volume_u95 for one in errors]) > 1.5 * np.median([one.volume_u95 for one in even])


def test_detection_threshold_hardly_matters() -> None:
    one = imaged(Case(41, 1.5, 20, 40))
    volumes = [
        measured(one.volume(), one.truth, settings=Settings(threshold_hu=threshold_hu)).volume_ml or 0.0
        for threshold_hu in (150, 200, 250)
    ]
    assert max(volumes) / min(volumes) - 1 < 0.01


@pytest.mark.shared
def test_shared_phantoms(shared_phantoms: Path) -> None:
    figures, not_separated = shared_phantom_figures(shared_phantoms)
    check(figures)
    assert not_separated == []

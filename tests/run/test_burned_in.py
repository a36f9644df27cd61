"""Lines of letters on radiographs."""

import numpy as np
import pytest

from calcimeasure.run.burned_in import shows_text

_LETTER = np.array([[1, 1, 1, 1], [1, 0, 0, 0], [1, 1, 1, 0], [1, 0, 0, 0], [1, 1, 1, 1]], dtype=bool)


def film(letters: int, value: int, scale: int = 3) -> np.ndarray:
    """A smooth film with noise, and letters E in a line."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[0:400, 0:300]
    pixels = 1500 + 800 * np.sin(rows / 90) * np.cos(columns / 70) + rng.normal(0, 20, (400, 300))
    letter = np.kron(_LETTER, np.ones((scale, scale), dtype=bool))
    for number in range(letters):
        start = 30 + number * 6 * scale
        pixels[200 : 200 + letter.shape[0], start : start + letter.shape[1]][letter] = value
    return pixels.astype(np.int32)


@pytest.mark.parametrize("value", [0, 4095])
@pytest.mark.parametrize("scale", [2, 3, 5])
def test_a_line_of_letters_is_seen(value: int, scale: int) -> None:
    assert shows_text(film(8, value, scale))


@pytest.mark.parametrize("letters", [0, 1, 2, 3])
def test_a_marker_of_the_side_is_no_text(letters: int) -> None:
    assert not shows_text(film(letters, 4095))


def test_a_blank_film_has_no_text() -> None:
    assert not shows_text(np.zeros((50, 50), dtype=np.uint16))

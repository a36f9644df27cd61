"""Colors of outlines are told apart by readers who confuse colors, computed by the formula itself."""

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab

from calcimeasure.model import Status
from napari_calcimeasure._palette import COLORS, LEAST_DIFFERENCE, OUTLINE_COLORS, LineStyle, style_of

SEEN_BY = {
    "everybody": np.eye(3),
    # Machado, Oliveira, Fernandes: A physiologically-based model for simulation of color vision deficiency (2009),
    # doi 10.1109/TVCG.2009.113, severity 1.0; the matrices apply to linear RGB.
    "protanopes": np.array(
        [(0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)]
    ),
    "deuteranopes": np.array(
        [(0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)]
    ),
    "tritanopes": np.array(
        [(1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)]
    ),
}


def rgb_of(color: str) -> NDArray[np.float64]:
    return np.array([int(color[place : place + 2], 16) for place in (1, 3, 5)]) / 255


def seen(rgb: NDArray[np.float64], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    mixed = np.clip(matrix @ linear, 0, 1)
    return np.where(mixed <= 0.0031308, 12.92 * mixed, 1.055 * mixed ** (1 / 2.4) - 0.055)


def ciede2000(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """The difference of two colors in CIELAB: Sharma, Wu, Dalal (2005), doi 10.1002/col.20070."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    chroma = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1 + 0.5 * (1 - np.sqrt(chroma**7 / (chroma**7 + 25.0**7)))
    c1, c2 = np.hypot(stretch * a1, b1), np.hypot(stretch * a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, stretch * a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = 0.0 if c1 * c2 == 0 else (h2 - h1 + 180) % 360 - 180
    lightness, c = (l1 + l2) / 2, (c1 + c2) / 2
    hue = h1 + h2 if c1 * c2 == 0 else (h1 + turn / 2) % 360
    t = (
        1
        - 0.17 * np.cos(np.radians(hue - 30))
        + 0.24 * np.cos(np.radians(2 * hue))
        + 0.32 * np.cos(np.radians(3 * hue + 6))
        - 0.20 * np.cos(np.radians(4 * hue - 63))
    )
    of_lightness = (l2 - l1) / (1 + 0.015 * (lightness - 50) ** 2 / np.sqrt(20 + (lightness - 50) ** 2))
    of_chroma = (c2 - c1) / (1 + 0.045 * c)
    of_hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2)) / (1 + 0.015 * c * t)
    rotation = -2 * np.sqrt(c**7 / (c**7 + 25.0**7)) * np.sin(np.radians(60 * np.exp(-(((hue - 275) / 25) ** 2))))
    return float(np.sqrt(of_lightness**2 + of_chroma**2 + of_hue**2 + rotation * of_chroma * of_hue))


def test_the_formula_is_that_of_the_paper_and_of_another_library() -> None:
    # The first and a discontinuous pair of the table of the paper.
    assert ciede2000(np.array([50, 2.6772, -79.7751]), np.array([50, 0.0, -82.7485])) == pytest.approx(2.0425, abs=1e-4)
    assert ciede2000(np.array([50, 2.49, -0.001]), np.array([50, -2.49, 0.0011])) == pytest.approx(7.2195, abs=1e-4)
    colors = np.random.default_rng(4).uniform((0, -90, -90), (100, 90, 90), (200, 3))
    for one, other in zip(colors[:100], colors[100:], strict=True):
        assert ciede2000(one, other) == pytest.approx(float(deltaE_ciede2000(one, other)), abs=1e-6)


@pytest.mark.parametrize("reader", SEEN_BY)
def test_colors_of_outlines_are_told_apart(reader: str) -> None:
    colors = {color: rgb2lab(seen(rgb_of(color), SEEN_BY[reader])) for color in OUTLINE_COLORS}
    differences = {pair: ciede2000(colors[pair[0]], colors[pair[1]]) for pair in combinations(colors, 2)}
    assert len(differences) == 15
    assert min(differences.values()) >= LEAST_DIFFERENCE >= 15


def test_each_decision_has_a_color_and_a_line_of_its_own() -> None:
    assert set(COLORS) == set(Status)
    assert len(set(COLORS.values())) == len(Status) == len(LineStyle)
    assert style_of(None) is LineStyle.DASHED

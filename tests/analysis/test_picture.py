"""A lesion's picture shows the right slice, the right way round, with its outline and axes where they are."""

import imagecodecs
import numpy as np
import pytest

from calcimeasure.analysis.indexed_png import facts_of, size_of
from calcimeasure.analysis.lesion import assess
from calcimeasure.analysis.picture import SIDE_PIXELS, draw, draw_surroundings
from calcimeasure.model import Lesion, Outline, SpacingSource, Volume
from calcimeasure.settings import Settings
from tests.model.test_model import volume_of
from tests.phantoms import Grid, oblique_grid, straight_grid
from tests.radiographs import radiograph_of

YELLOW, CYAN, PINK = (255, 210, 0), (0, 220, 255), (255, 90, 200)


def drawn(grid: Grid) -> tuple[np.ndarray, Volume, Lesion]:
    """Picture of a long cuboid with a dense spot 8 mm to the right and below it in the array."""
    hu = np.full(grid.shape_kji, 40)
    k, j, i = (n // 2 for n in grid.shape_kji)
    lesion = np.zeros(hu.shape, dtype=bool)
    lesion[k - 1 : k + 2, j - 3 : j + 3, i - 8 : i + 8] = True
    hu[lesion] = 900
    hu[k - 2 : k + 3, j + 9 : j + 13, i + 9 : i + 13] = 1200
    volume = volume_of(hu, grid)
    made = assess(volume, Outline.from_mask(lesion), 1, Settings())
    return imagecodecs.png_decode(draw(volume, made)), volume, made


def middle(mask: np.ndarray) -> np.ndarray:
    """(row, column) of the middle of some pixels."""
    assert mask.any()
    return np.argwhere(mask).mean(axis=0)


def of_color(picture: np.ndarray, color: tuple[int, int, int]) -> np.ndarray:
    return np.all(picture == color, axis=-1)


def test_picture_is_square_and_true_to_scale() -> None:
    picture, _, lesion = drawn(straight_grid((9, 60, 80), (3.0, 0.8, 0.6)))
    assert picture.shape == (SIDE_PIXELS, SIDE_PIXELS, 3)
    rows, columns = (np.ptp(index) + 1 for index in np.nonzero(of_color(picture, YELLOW)))
    # 16 columns of 0.6 mm are 9.6 mm, 6 rows of 0.8 mm are 4.8 mm.
    pixel_mm = (9.6 + 2 * 15) / SIDE_PIXELS
    assert (columns * pixel_mm, rows * pixel_mm) == pytest.approx((9.6, 4.8), abs=1.3)
    line = np.argwhere(of_color(picture, CYAN))
    length_mm = np.hypot(*(line[-1] - line[0])) * pixel_mm
    assert length_mm == pytest.approx(lesion.measurements.long_axis.length_mm, abs=1.0)
    assert of_color(picture, PINK).any()
    assert np.linalg.norm(middle(of_color(picture, CYAN)) - (SIDE_PIXELS - 1) / 2) < 3


@pytest.mark.parametrize(
    ("row", "column", "seen"),
    [
        # The spot lies further along the row and the column. Left and posterior are to the right and below.
        ((1, 0, 0), (0, 1, 0), (1, 1)),
        ((-1, 0, 0), (0, 1, 0), (1, -1)),
        ((1, 0, 0), (0, -1, 0), (-1, 1)),
        ((1, 0, 0), (0, 0, -1), (1, 1)),  # coronal, feet below
        ((1, 0, 0), (0, 0, 1), (-1, 1)),
        ((0, 1, 0), (0, 0, -1), (1, 1)),  # sagittal, posterior to the right
    ],
)
def test_left_is_on_the_right_and_the_head_above(
    row: tuple[int, int, int], column: tuple[int, int, int], seen: tuple[int, int]
) -> None:
    grid = straight_grid((9, 60, 60), (3.0, 0.7, 0.7))
    turned = Grid(
        grid.shape_kji,
        np.array(row, float),
        np.array(column, float),
        0.7,
        0.7,
        np.outer(np.arange(9) * 3.0, np.cross(row, column)),
    )
    picture, _, _ = drawn(turned)
    spot = middle(np.all(picture > 200, axis=-1))
    lesion = middle(of_color(picture, YELLOW))
    assert tuple(np.sign(np.round(spot - lesion)).astype(int)) == seen


def test_picture_holds_the_size_of_its_pixels_and_its_directions() -> None:
    _, volume, lesion = drawn(straight_grid((9, 60, 80), (3.0, 0.8, 0.6)))
    png = draw(volume, lesion)
    facts = facts_of(png)
    assert size_of(png) == (SIDE_PIXELS, SIDE_PIXELS)
    # 16 columns of 0.6 mm, and 15 mm on both sides.
    assert facts["mm"] == pytest.approx(39.6 / SIDE_PIXELS, abs=1e-6)
    assert facts["letters"] == "RA"
    assert facts_of(bytes(imagecodecs.png_encode(np.zeros((4, 4), np.uint8)))) == {}


def film_with_mass() -> np.ndarray:
    """Picture of a mass of 40 x 8 pixels in the middle of a radiograph."""
    film = radiograph_of(np.full((300, 300), 50.0) + np.eye(300), (0.5, 0.5), SpacingSource.CALIBRATED)
    mask = np.zeros((1, 300, 300), dtype=bool)
    mask[0, 146:154, 130:170] = True
    return imagecodecs.png_decode(draw(film, assess(film, Outline.from_mask(mask), 1, Settings())))


def test_radiograph_is_black_beyond_20_mm_around_the_lesion() -> None:
    picture = film_with_mass()
    # 40 columns of 0.5 mm and 20 mm on both sides; 8 rows and 20 mm on both sides.
    # The film is black where it is dark, but for its diagonal.
    shown = np.flatnonzero(picture.max(axis=-1).any(axis=1))
    assert np.ptp(shown) + 1 == pytest.approx((4 + 40) / (20 + 40) * SIDE_PIXELS, abs=2)


def test_oblique_stack_is_drawn_too() -> None:
    picture, volume, lesion = drawn(oblique_grid((9, 60, 60), (2.5, 0.7, 0.9), (20.0, -35.0, 50.0)))
    assert of_color(picture, YELLOW).sum() > 20
    assert draw(volume, lesion) == draw(volume, lesion)


def test_lesion_at_the_edge_of_the_image_is_drawn() -> None:
    hu = np.full((4, 20, 20), 40)
    mask = np.zeros(hu.shape, dtype=bool)
    mask[:2, :5, 15:] = True
    hu[mask] = 700
    volume = volume_of(hu, straight_grid(hu.shape, (2.0, 1.0, 1.0)))
    picture = imagecodecs.png_decode(draw(volume, assess(volume, Outline.from_mask(mask), 1, Settings())))
    assert of_color(picture, YELLOW).any()


def test_surroundings_are_six_views_through_the_proposal() -> None:
    _, volume, lesion = drawn(straight_grid((40, 90, 90), (2.0, 1.0, 1.0)))
    picture = draw_surroundings(volume, lesion.outline)
    assert picture is not None
    pixels = imagecodecs.png_decode(picture)
    # Views of 32 pixels, each drawn 6 wide, with 4 around each.
    assert pixels.shape == (2 * 200, 3 * 200, 3)
    counts = []
    for row in range(2):
        for column in range(3):
            view = pixels[row * 200 + 4 : row * 200 + 196, column * 200 + 4 : column * 200 + 196]
            border = np.argwhere(of_color(view, YELLOW))
            assert (border.min(axis=0) < 95).all()
            assert (border.max(axis=0) > 95).all()
            # The proposal of 900 HU is brighter than the soft tissue around it.
            assert view[95, 95].max() > view[60, 60].max()
            counts.append(np.count_nonzero(of_color(view, YELLOW)))
    # The lower row shows more around it.
    assert all(fine > coarse for fine, coarse in zip(counts[:3], counts[3:], strict=True))


def test_no_surroundings_are_drawn_of_a_radiograph() -> None:
    film = radiograph_of(np.zeros((40, 50)))
    mask = np.zeros((1, 40, 50), dtype=bool)
    mask[0, 10:20, 10:20] = True
    assert draw_surroundings(film, Outline.from_mask(mask)) is None

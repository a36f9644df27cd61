"""The set-up that the review needs: a real napari window, drawn by OpenGL on the X server."""

import os
from collections.abc import Callable

import numpy as np
import pytest

HEIGHT_MM, WIDTH_MM = 40, 20  # of the block below, seen from the front


def test_anisotropic_volume_is_drawn_in_its_proportions(make_napari_viewer: Callable[..., object]) -> None:
    viewer = make_napari_viewer(show=True)
    block = np.full((10, 20, 20), 1000, dtype=np.int16)
    viewer.add_image(block, scale=(4.0, 1.0, 1.0), contrast_limits=(0, 1000))
    viewer.dims.order = (1, 0, 2)
    viewer.reset_view()

    canvas = viewer.screenshot(canvas_only=True, flash=False)

    white = canvas[..., :3].min(axis=-1) > 250
    rows, columns = np.flatnonzero(white.any(axis=1)), np.flatnonzero(white.any(axis=0))
    assert rows.size > 100
    assert rows.size < canvas.shape[0]  # the background is drawn too
    assert rows.size / columns.size == pytest.approx(HEIGHT_MM / WIDTH_MM, abs=0.05)


@pytest.mark.usefixtures("make_napari_viewer")
def test_settings_are_not_the_user_s() -> None:
    from napari.settings import _napari_settings

    assert os.environ["NAPARI_CONFIG"] == _napari_settings._CFG_PATH

"""Headers that state far more pixels, or places far farther away, than any image has: refused at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import psutil
import pytest

from calcimeasure import Settings, find_series, load_image
from calcimeasure.errors import GeometryError, PixelError
from calcimeasure.load import check_headers
from tests.dicom_phantom import set_tag, write_series
from tests.dicom_writers import encode, write_image, write_radiograph
from tests.phantoms import straight_grid

if TYPE_CHECKING:
    from pathlib import Path

    from calcimeasure.model import Stack

SIDE = 6000
"""72 MB of pixels that are all zero."""


def peak_bytes() -> int:
    return int(psutil.Process().memory_info().rss)


def refused(stack: Stack, settings: Settings | None = None) -> str:
    settings = settings or Settings()
    before = peak_bytes()
    with pytest.raises(PixelError) as caught:
        load_image(stack, settings)
    assert caught.value.reason == "out_of_memory"
    with pytest.raises(PixelError):
        check_headers(stack, settings)
    assert peak_bytes() - before < 2**25
    return caught.value.message


@pytest.mark.parametrize("syntax", ["jpeg_2000", "jpeg_ls"])
def test_empty_image_of_some_kilobytes_is_no_image(tmp_path: Path, syntax: str) -> None:
    path = write_image(tmp_path / "one", np.zeros((SIDE, SIDE), dtype=np.uint16), syntax)
    assert path.stat().st_size < 2**19
    (stack,) = find_series(path).series
    assert f"1 images of up to {SIDE} x {SIDE} pixels, 0.07 GB packed in {path.stat().st_size} bytes" in refused(stack)


def test_many_small_files_count_together(tmp_path: Path) -> None:
    """Each of them may be an empty slice."""
    paths = write_series(
        tmp_path, np.zeros((3, 64, 64)), straight_grid((3, 64, 64), (1, 0.5, 0.5), (0, 0, 0)), transfer_syntax="rle"
    )
    (stack,) = find_series(paths[0].parent).series
    large = replace(stack.instances[0].pixel_format, rows=4096, columns=4096)
    one = replace(stack.instances[0], pixel_format=large)
    check_headers(replace(stack, instances=(one,)), Settings())
    message = refused(replace(stack, instances=tuple(replace(each, pixel_format=large) for each in stack.instances)))
    assert "3 images of up to 4096 x 4096 pixels, 0.10 GB packed" in message


def test_radiograph_of_some_kilobytes_is_no_image(tmp_path: Path) -> None:
    path = write_radiograph(tmp_path / "one", np.zeros((30, 40), dtype=np.uint16))
    (stack,) = find_series(path).series
    load_image(stack)
    image = stack.instances[0]
    large = replace(image.pixel_format, rows=65535, columns=65535)
    assert "65535 x 65535 pixels of 8.59 GB" in refused(replace(stack, instances=(replace(image, pixel_format=large),)))


def test_real_images_are_not_packed_so_well() -> None:
    """Noise of 10 HU alone takes 4 of 16 bits."""
    noise = np.random.default_rng(1).normal(0, 10, (512, 512)).round().astype(np.int16).view(np.uint16)
    assert noise.nbytes < 10 * len(encode(noise, "jpeg_2000", 16))


@pytest.mark.parametrize("place", ["1e6", "1e15", "1e30", "1e300", "-1e308"])
@pytest.mark.parametrize("axis", [0, 1])
def test_place_that_no_room_has_is_refused(tmp_path: Path, place: str, axis: int) -> None:
    where = ["0", "0", "0"]
    where[axis] = place
    grid = straight_grid((1, 20, 26), (1, 1, 1), (0, 0, 0))
    write_series(tmp_path, np.zeros((1, 20, 26)), grid, faults=[set_tag("ImagePositionPatient", where)])
    (stack,) = find_series(tmp_path).series
    for load in (load_image, check_headers):
        with pytest.raises(
            GeometryError, match=r"Slices at most 100 m from the origin expected, found .* m in IM"
        ) as caught:
            load(stack, Settings())
        assert caught.value.reason == "implausible_place"

"""Radiographs and lesions on them, made from formulas."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from calcimeasure.analysis.lesion import assess
from calcimeasure.model import (
    Outline,
    Projection,
    Radiograph,
    Side,
    SideSource,
    Site,
    SiteSource,
    SpacingSource,
    Tissue,
)
from calcimeasure.settings import Settings
from tests.model.test_model import ct_series, instance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from calcimeasure.model import BodySite, Laterality, Lesion, Stack

BACKGROUND, CONTRAST = 1000.0, 400.0


def radiograph_series(projection: Projection | None = None, **facts: Any) -> Stack:  # noqa: ANN401
    """Return a made-up radiograph's header."""
    defaults = {"modality": "DX", "sop_class_uid": "1.2.840.10008.5.1.4.1.1.1.1", "instances": (instance(),)}
    return ct_series(**defaults | facts, projection=projection or Projection())


def radiograph_of(
    pixels: NDArray[Any],
    spacing_mm: tuple[float, float] | None = None,
    source: SpacingSource = SpacingSource.NONE,
    stack: Stack | None = None,
) -> Radiograph:
    """Return pixels as if they had been loaded."""
    return Radiograph(stack or radiograph_series(), np.array(pixels, dtype=np.float32), spacing_mm, source)


def ellipse(
    axes: tuple[float, float],
    angle_deg: float = 0.0,
    aspect: float = 1.0,
    blur: float = 0.8,
    noise: float = 0.0,
    shape: tuple[int, int] | None = None,
    middle: tuple[float, float] | None = None,
) -> tuple[NDArray[np.float32], Outline]:
    """Paint a disk of even density and its outline: axes, blur and places in columns, rows `aspect` of them apart."""
    columns = int(1.6 * max(axes)) + 30
    rows, columns = shape or (int(columns / aspect), columns)
    center = middle or ((rows - 1) / 2 * aspect + 0.3, (columns - 1) / 2 - 0.2)
    j, i = np.mgrid[:rows, :columns]
    y, x = j * aspect - center[0], i - center[1]
    turned = np.radians(angle_deg)
    along = x * np.cos(turned) + y * np.sin(turned)
    across = y * np.cos(turned) - x * np.sin(turned)
    u, v = 2 * along / axes[0], 2 * across / axes[1]
    value = u**2 + v**2 - 1
    # The distance to the border, to first order: the value divided by the length of its gradient.
    gradient = 2 * np.hypot(u * 2 / axes[0], v * 2 / axes[1])
    depth = -value / np.maximum(gradient, 1e-9)
    pixels = BACKGROUND + CONTRAST / (1 + np.exp(np.clip(-depth / (blur * 0.55), -60, 60)))
    pixels += np.random.default_rng(3).normal(0, noise, pixels.shape) if noise else 0
    return pixels.astype(np.float32), Outline.from_mask((value < 0)[None])


def radiograph_lesion(
    radiograph: Radiograph,
    outline: Outline,
    *,
    number: int = 1,
    laterality: Laterality | None = None,
    site: BodySite | None = None,
    tissue: Tissue = Tissue.CALCIFIED_MASS,
) -> Lesion:
    """Return a lesion on a radiograph, measured, with a side and a site as its tags say."""
    lesion = assess(radiograph, outline, number, Settings())
    return replace(
        lesion,
        tissue=tissue,
        tissue_confidence=0.8,
        side=None if laterality is None else Side(laterality, SideSource.DICOM_TAG, 0.95),
        site=None if site is None else Site(site, SiteSource.DICOM_TAG),
    )

"""The part of a radiograph that shows the patient, without open beam, collimation, borders and burned-in letters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from calcimeasure.segment.radiograph.constants import RADIOGRAPH

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """The content of each pixel of an additive image.

    Parameters
    ----------
    patient
        (rows, columns) true where the patient may be; all true if the image shows no difference.
    air
        (rows, columns) true in the open beam.
    """

    patient: NDArray[np.bool_]
    air: NDArray[np.bool_]


def field_of(image: NDArray[np.float32]) -> Field:
    """Tell the patient on an additive image from the open beam, and from what is not exposed."""
    lowest, highest = np.quantile(image, RADIOGRAPH.image_quantiles)
    exposed = ~_as_bright_as_it_gets(image) if highest > lowest else np.ones(image.shape, dtype=np.bool_)
    if highest > lowest and exposed.any():
        lowest, highest = np.quantile(image[exposed], RADIOGRAPH.image_quantiles)
    dense = image > lowest + RADIOGRAPH.open_share * (highest - lowest)
    patient: NDArray[np.bool_] = exposed & dense
    if not patient.any():
        return Field(np.ones(image.shape, dtype=np.bool_), np.zeros(image.shape, dtype=np.bool_))
    return Field(patient, exposed & ~dense)


def _as_bright_as_it_gets(image: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Find areas that were not exposed, metal, lead letters and burned-in letters.

    The collimator absorbs the whole beam; the area behind it reaches the border of the image. Metal and letters end in
    a step. A calcification that saturates the detector becomes less dense toward its edge.
    """
    lowest, highest = float(image.min()), float(image.max())
    labels, count = ndimage.label(image >= highest - RADIOGRAPH.flat_share * (highest - lowest), np.ones((3, 3)))
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    at_border = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    excluded = np.zeros(count + 1, dtype=np.bool_)
    excluded[at_border] = sizes[at_border] >= RADIOGRAPH.unexposed_share * image.size
    grown = ndimage.maximum_filter(labels, 2 * RADIOGRAPH.step_pixels + 1)
    rim = (grown > 0) & (labels == 0)
    around = np.bincount(grown[rim], minlength=count + 1)
    total = np.bincount(grown[rim], weights=image[rim], minlength=count + 1)
    excluded |= (around > 0) & (highest - total / np.maximum(around, 1) > RADIOGRAPH.step_share * (highest - lowest))
    excluded[0] = False
    found: NDArray[np.bool_] = excluded[labels] | (excluded[grown] & rim)
    return found

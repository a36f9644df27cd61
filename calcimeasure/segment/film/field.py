"""What of a film shows the patient: not the open beam beside a limb, collimation, borders, letters burned in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

if TYPE_CHECKING:
    from numpy.typing import NDArray

OPEN_SHARE = 0.08
"""Of the range of attenuation: below it is the open beam. A finger of 10 mm takes 0.2 from the
logarithm of the beam, the densest that a detector still tells from lead 3."""

UNEXPOSED_SHARE = 0.005
"""Of the image: what is as bright as the brightest, as large as this and open to the border was not exposed."""

FLAT_SHARE = 0.002
"""Of the range: two pixels that differ by less are equally bright."""


def patient_on(image: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(rows, columns) true where an additive image may show the patient; all where it shows no difference."""
    lowest, highest = np.quantile(image, (0.005, 0.995))
    if highest <= lowest:
        return np.ones(image.shape, dtype=np.bool_)
    exposed = ~_unexposed(image)
    if exposed.any():
        lowest, highest = np.quantile(image[exposed], (0.005, 0.995))
    shown: NDArray[np.bool_] = exposed & (image > lowest + OPEN_SHARE * (highest - lowest))
    return shown if shown.any() else np.ones(image.shape, dtype=np.bool_)


def _unexposed(image: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Find what is as bright as it gets and open to the border: behind the collimator nothing arrives."""
    lowest, highest = float(image.min()), float(image.max())
    bright = image >= highest - FLAT_SHARE * (highest - lowest)
    labels, count = ndimage.label(bright)
    if not count:
        return np.zeros(image.shape, dtype=np.bool_)
    sizes = np.bincount(labels.ravel())
    at_border = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    wide = [n for n in at_border if n and sizes[n] >= UNEXPOSED_SHARE * image.size]
    return np.isin(labels, wide)

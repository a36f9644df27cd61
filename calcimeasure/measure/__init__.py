"""The numbers of a lesion, each from its outline and the image.

`measure` puts together what `shape` (sizes in millimeters) and `attenuation` (Hounsfield units) define;
`measure_on_radiograph` does it on a radiograph.
"""

from calcimeasure.measure.lesion import measure
from calcimeasure.measure.radiograph import measure_on_radiograph

__all__ = ["measure", "measure_on_radiograph"]

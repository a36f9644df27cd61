"""The numbers of a lesion, each from its outline and the image.

`measure` puts together what `shape` (sizes in millimeters) and `attenuation` (Hounsfield units) define.
"""

from calcimeasure.measure.lesion import measure

__all__ = ["measure"]

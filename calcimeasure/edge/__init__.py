"""The edge of a lesion below the voxel: the local half-maximum.

Every CT blurs, so that one threshold for all makes dense masses too large and faint masses too small. The edge is where
the attenuation has fallen half way from the lesion's own plateau to its own surroundings (full width at half maximum).

The terms:

- *surroundings*: mean of the tissue 3.5 to 7 mm away from the lesion, without outliers, away from other dense things
  and from air. Air is surroundings only where there is nothing else: a mass beside air has skin on it, and air beside
  it counts as no calcium, not as negative calcium;
- *plateau*: mean of the lesion's voxels that are so deep (2.5 mm in the slice, and one slice above and below) that blur
  does not reach them. Deep voxels less than half as dense as most are left out near a cavity only; elsewhere they are
  calcified (fluid that holds calcium);
- *not even*: cells of 4 mm of the plateau or of the surroundings differ. Then both are taken in each place, from the
  cells next to the rim. Only blurred voxels are compared with them; deeper voxels count as calcified as a whole. The
  difference of their nearer and farther layers goes into the half-width of the volume;
- *plateau from the sum*: of a lesion without deep voxels the plateau follows from what blur does not change, the sum of
  attenuation above the surroundings. Divided by the volume inside the half-maximum (with the known shrinkage of a
  curved edge under blur) it gives the attenuation of the lesion without blur;
- *basin*: all that lies nearer to the lesion than to any other dense thing. Beyond a cut that a reader drew, bone, or a
  neighbor, nothing counts.

`neighborhood` finds what is near a lesion, `contrast` its plateau and surroundings, `edge` the edge itself. Where many
voxels show plateau and surroundings, some of them are used; the sum and the edge follow from every voxel of the lesion
and its rim.

On a radiograph attenuation adds up along the beam: `radiograph` gives the scale on which it does.
"""

from calcimeasure.edge.constants import EDGE
from calcimeasure.edge.edge import Edge, find_edge, half_maximum_outline, keep_connected
from calcimeasure.edge.radiograph import attenuation_on_radiograph, is_linear
from calcimeasure.edge.slabs import in_slabs, side_by_side

__all__ = [
    "EDGE",
    "Edge",
    "attenuation_on_radiograph",
    "find_edge",
    "half_maximum_outline",
    "in_slabs",
    "is_linear",
    "keep_connected",
    "side_by_side",
]

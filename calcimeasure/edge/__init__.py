"""The edge of a lesion with subvoxel accuracy: the local half-maximum.

Every CT image is blurred. With one threshold for all lesions, dense masses would be measured too large and faint masses
too small. The edge is therefore the place where the attenuation is half way between the plateau of the lesion and its
surroundings (full width at half maximum).

The terms:

- *surroundings*: mean attenuation of the tissue 3.5 to 7 mm away from the lesion, without outliers, away from other
  dense structures and from air. Air counts as surroundings only if there is no tissue, because a mass next to air is
  covered by skin. Air next to a mass counts as zero calcium, not as negative calcium;
- *plateau*: mean attenuation of the lesion's deep voxels (2.5 mm from its border in the slice, and one slice above and
  below), which blur does not change. Deep voxels with less than half of the usual density are left out near a cavity;
  elsewhere they count as calcified (fluid that contains calcium);
- *not even* (not uniform): cells of 4 mm of the plateau or of the surroundings differ. Plateau and surroundings are
  then determined locally, from the cells next to the rim. Only blurred voxels are compared with them; deeper voxels
  count as fully calcified. The difference between nearer and farther layers is included in the half-width of the
  volume;
- *plateau from the sum*: for a lesion without deep voxels. Blur does not change the sum of the attenuation above the
  surroundings. This sum, divided by the volume inside the half-maximum (with the known shrinkage of a curved edge under
  blur), gives the attenuation of the lesion without blur;
- *basin*: every voxel that is nearer to the lesion than to any other dense structure. Voxels beyond a cut that a reader
  drew, in bone, or in another lesion do not count.

`neighborhood` finds the structures near a lesion, `contrast` its plateau and surroundings, `edge` the edge. If many
voxels show plateau and surroundings, a sample of them is used. The sum and the edge are computed from every voxel of
the lesion and its rim.

A mass of several pieces, or of one piece with narrow valleys through it, is compared voxel by voxel with the calcium
and the tissue next to each voxel: `pieces` finds the density and the surroundings, `peak` what blur takes off the peak
of a small piece.

On a radiograph attenuation is additive along the beam; `radiograph` gives the scale on which it is additive.
"""

from calcimeasure.edge.constants import EDGE
from calcimeasure.edge.edge import Edge, find_edge, half_maximum_outline, keep_connected
from calcimeasure.edge.joining import joining_distance
from calcimeasure.edge.radiograph import attenuation_on_radiograph, is_linear
from calcimeasure.edge.slabs import in_slabs, side_by_side, voxels_in_slices

__all__ = [
    "EDGE",
    "Edge",
    "attenuation_on_radiograph",
    "find_edge",
    "half_maximum_outline",
    "in_slabs",
    "is_linear",
    "joining_distance",
    "keep_connected",
    "side_by_side",
    "voxels_in_slices",
]

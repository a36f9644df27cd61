"""The edge of a lesion below the voxel: the local half-maximum.

Every CT blurs, so that one threshold for all makes dense masses too large and faint ones too small. The edge is where
the attenuation has fallen half way from the lesion's own plateau to its own surroundings (full width at half maximum).

How each thing is taken:

- *surroundings*: mean of the tissue 3.5 to 7 mm away from the lesion, outliers left out, away from other dense things
  and from air; air counts as no calcium and not as less than none (a mass beside air has skin on it), and only where
  there is nothing else it is the surroundings;
- *plateau*: mean of the lesion's voxels that are so deep (2.5 mm in the slice, and one slice above and below) that blur
  does not reach them; what is less than half as dense as most of it is left out near a cavity only, and is calcified in
  its own right elsewhere (fluid that holds calcium);
- *not even*: where cells of 4 mm of the plateau or of the surroundings differ, both are taken in each place, from the
  cells next to the rim; only what is blurred is then compared with them, and what is deeper is whole. How much the
  nearer layers of both differ from the farther ones goes into the half-width of the volume;
- *a lesion without such depth*: its plateau follows from what blur does not change, the sum of attenuation above the
  surroundings: divided by the volume inside the half-maximum (with the known shrinkage of a curved edge under blur) it
  is the attenuation that the lesion has where nothing is lost;
- *basin*: what lies nearer to the lesion than to any other dense thing. Beyond a cut that a reader drew, bone, or a
  neighbor, nothing counts.

`neighborhood` finds what is near a lesion, `contrast` what its plateau and surroundings are, `edge` the edge itself.
Where many voxels show plateau and surroundings some of them are looked at; what is summed and where the edge lies
follows from every voxel of the lesion and its rim.

On a radiograph attenuation adds up along the beam: `radiograph` gives the scale on which it does.
"""

from calcimeasure.edge.constants import EDGE
from calcimeasure.edge.edge import Edge, find_edge, half_maximum_outline, keep_connected
from calcimeasure.edge.radiograph import attenuation_on_film, is_linear
from calcimeasure.edge.slabs import in_slabs, side_by_side

__all__ = [
    "EDGE",
    "Edge",
    "attenuation_on_film",
    "find_edge",
    "half_maximum_outline",
    "in_slabs",
    "is_linear",
    "keep_connected",
    "side_by_side",
]

"""From an image to proposals: its dense components, and which of them may be calcified masses."""

from calcimeasure.segment.ct.components import Components, find_components, without_specks
from calcimeasure.segment.ct.tissue import propose
from calcimeasure.segment.radiograph.propose import grow_on_radiograph, propose_on_radiograph

__all__ = ["Components", "find_components", "grow_on_radiograph", "propose", "propose_on_radiograph", "without_specks"]

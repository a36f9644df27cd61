"""From an image to proposals: what is dense, and what of it might be a calcified mass."""

from calcimeasure.segment.components import Components, find_components, without_specks
from calcimeasure.segment.tissue import propose

__all__ = ["Components", "find_components", "propose", "without_specks"]

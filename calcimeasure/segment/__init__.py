"""From an image to proposals: what is dense, and what of it might be a calcified mass."""

from calcimeasure.segment.components import Components, find_components, without_specks
from calcimeasure.segment.radiograph import grow_on_film, propose_on_film
from calcimeasure.segment.tissue import propose

__all__ = ["Components", "find_components", "grow_on_film", "propose", "propose_on_film", "without_specks"]

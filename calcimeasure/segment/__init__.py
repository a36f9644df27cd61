"""From an image to proposals: its dense components, and which of them may be calcified masses."""

from calcimeasure.segment.ct.components import Components, find_components, without_specks
from calcimeasure.segment.ct.pointed import propose_at
from calcimeasure.segment.ct.snap import steepest_beside
from calcimeasure.segment.ct.split import divided as divided_at_necks
from calcimeasure.segment.ct.tissue import propose
from calcimeasure.segment.ct.views import as_channels, views_of_outline
from calcimeasure.segment.radiograph.propose import grow_on_radiograph, propose_on_radiograph

__all__ = [
    "Components",
    "as_channels",
    "divided_at_necks",
    "find_components",
    "grow_on_radiograph",
    "propose",
    "propose_at",
    "propose_on_radiograph",
    "steepest_beside",
    "views_of_outline",
    "without_specks",
]

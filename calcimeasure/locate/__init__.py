"""Where a lesion lies: its side and its body site, each with its evidence."""

from calcimeasure.locate.laterality import View, side_of
from calcimeasure.locate.view import look

__all__ = ["View", "look", "side_of"]

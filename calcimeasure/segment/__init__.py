"""From an image to proposals: what might be a calcified mass."""

from calcimeasure.segment.components import propose

__all__ = ["propose"]

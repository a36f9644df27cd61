"""Links between several stacks of a study: the same mass in other stacks, and symmetric pairs.

It takes measured lesions alone: importing this package loads no image and no SciPy, and nothing of segmenting,
measuring or locating.
"""

from calcimeasure.study.links import link, linked_studies

__all__ = ["link", "linked_studies"]

"""Links between several stacks of a study: the same mass in other stacks, and symmetric pairs.

Importing this package loads neither images nor SciPy, so that tables are written without the time to load them.
"""

from calcimeasure.study.links import link, linked_studies

__all__ = ["link", "linked_studies"]

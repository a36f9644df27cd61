"""What is known only from several stacks of a study: the same mass in other stacks, and symmetric pairs.

Importing this package loads neither images nor SciPy: tables are written from what it returns.
"""

from calcimeasure.study.links import link, linked_studies

__all__ = ["link", "linked_studies"]

"""How far two readings of the same images agree. Pure statistics: it takes lesions and outlines, and reads nothing.

The intervals are those of patients, not of lesions: masses of one patient resemble each other. Every statistic is a
function of sums over lesions, so that a resample of patients is a weighted sum of the sums of each patient.
"""

from calcimeasure.study.agreement.compare import agreement_of
from calcimeasure.study.agreement.pairs import paired

__all__ = ["agreement_of", "paired"]

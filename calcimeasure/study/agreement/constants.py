"""The constants of agreement. They move no measured number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class AgreementConstants:
    """What readings are compared with.

    Parameters
    ----------
    least_dice
        Two outlines of one mass overlap at least so much (Dice, 0 to 1): a mass and its neighbor touch at a few voxels.
    resamples
        Bootstrap samples of patients: the ends of a 95 % interval then rest on 50 samples each.
    seed
        Of the random numbers: the same folder gives the same intervals.
    least_patients
        An interval over fewer patients is not given: so few cannot be resampled in enough ways.
    most_undefined
        An interval is not given if the statistic is undefined in more than this share of the samples.
    skewed_above
        Skewness of the means of pairs above which differences are judged on the logarithm (Bland and Altman, Lancet
        1986;327:307: where differences grow with the size). Above 1 a distribution counts as highly skewed.
    """

    least_dice: float = 0.1
    resamples: int = 2000
    seed: int = 20260101
    least_patients: int = 5
    most_undefined: float = 0.05
    skewed_above: float = 1.0


AGREEMENT: Final = AgreementConstants()

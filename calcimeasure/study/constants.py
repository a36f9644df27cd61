"""The constants of studies: from which lesions of several stacks are one mass, and which are a pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from calcimeasure.settings.constants import Constants, constant


@dataclass(frozen=True, slots=True)
class StudyConstants(Constants):
    """What lesions are joined and paired with."""

    # One mass in several series
    same_place_mm: float = constant(
        6.0,
        "mm",
        "Between two series a mass moves by at most this distance and `same_place_share`: slices may be thick, "
        "kernels differ.",
    )
    same_place_share: float = constant(
        0.15,
        "of the diameter",
        "Between two series a mass moves by at most `same_place_mm` and this share of its diameter. Two masses side "
        "by side lie farther apart than their diameter.",
    )
    most_unlike_volume: float = constant(
        2.5,
        "times",
        "One mass has at most this many times the volume in another series; a small mass in thick slices varies most.",
    )

    # One mass on several projections
    most_unlike_extent: float = constant(
        1.25,
        "times",
        "Along one axis a mass is at most this many times as long on one radiograph as on another. Magnification "
        "differs with the distance from the detector: by up to a fifth where a limb is turned between two exposures.",
    )
    most_unlike_on_one_projection: float = constant(
        1.1,
        "times",
        "Two radiographs from one direction show a mass with nearly the same extent along both axes; two masses are "
        "seldom so similar.",
    )

    # Symmetric pairs
    pair_mm: float = constant(
        22.0, "mm", "Both masses of a pair lie within this distance and `pair_share` from each other's mirror image."
    )
    pair_share: float = constant(
        0.25, "of the mean diameter", "Added to `pair_mm`: large masses lie less symmetrically."
    )
    most_unlike_pair: float = constant(
        8.0, "times", "One mass of a pair has at most this many times the volume of the other: twice its diameter."
    )


STUDY: Final = StudyConstants()

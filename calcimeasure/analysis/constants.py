"""The constants of measuring again: when a lesion is the same as before, and when it is a whole of pieces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from calcimeasure.settings.constants import Constants, constant


@dataclass(frozen=True, slots=True)
class AnalysisConstants(Constants):
    """What lesions are compared with those of an earlier run by."""

    same_share: float = constant(
        0.5,
        "of the voxels",
        "A lesion is found again where at least this share of it, or of the earlier lesion, lies in both; an earlier "
        "lesion is a piece of a mass that holds more than this share of it. Less is a border that two lesions share.",
    )
    other_pieces_share: float = constant(
        0.1,
        "of the voxels",
        "A mass with more than this share in pieces that a decided lesion does not touch is more than that lesion. "
        "Less are specks, which appear and vanish with the threshold.",
    )


ANALYSIS: Final = AnalysisConstants()

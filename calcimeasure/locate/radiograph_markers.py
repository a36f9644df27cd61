"""Side markers that are burned into a radiograph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from calcimeasure.model import Laterality


@dataclass(frozen=True, slots=True)
class Marker:
    """A side marker on a radiograph.

    Parameters
    ----------
    text
        What it says: R, L, D, ...
    laterality
        The side that it names.
    is_mirrored
        Whether its letters are mirrored: the film or the marker was turned over.
    start_ji, stop_ji
        First row and column of its box, and the first ones beyond it.
    limb
        0 or 1 if it lies beside the first or the second one of two limbs; None if there are not two, or it lies
        between them.
    """

    text: str
    laterality: Laterality
    is_mirrored: bool
    start_ji: tuple[int, int]
    stop_ji: tuple[int, int]
    limb: int | None = None

    @property
    def middle_ji(self) -> tuple[float, float]:
        """Row and column of its middle."""
        return (self.start_ji[0] + self.stop_ji[0] - 1) / 2, (self.start_ji[1] + self.stop_ji[1] - 1) / 2

    @property
    def words(self) -> str:
        """What it says, and where, for a person."""
        (row, column), (row_stop, column_stop) = self.start_ji, self.stop_ji
        where = f"rows {row}-{row_stop - 1}, columns {column}-{column_stop - 1}"
        return f"{self.text}{' (mirrored)' if self.is_mirrored else ''} at {where}"

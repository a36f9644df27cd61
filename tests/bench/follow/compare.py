"""Follow a pair with truth: link its masses, and measure the change of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calcimeasure.edge import find_edge
from calcimeasure.measure import measure
from calcimeasure.settings import Settings
from calcimeasure.study.follow.paired import Dated

if TYPE_CHECKING:
    from tests.bench.follow.pairs import Seen

SETTINGS = Settings()


def dated(seen: Seen, number: int) -> Dated:
    outline = seen.outlines[number]
    numbers = measure(seen.volume, outline, SETTINGS)
    return Dated(seen.volume, outline, find_edge(seen.volume, outline, SETTINGS), numbers.volume_ml or 0.0)

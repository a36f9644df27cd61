"""Which step of measuring a stack takes how long, and how near it comes to what the memory of the machine gives.

``python -m tests.bench.cost.steps FOLDER`` measures the series of a folder on one core and prints for each step the
best of three times of a core and, for steps that read the whole stack, the bytes of the stack for each second.
"""

import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from calcimeasure import Settings, find_series, load_image
from calcimeasure.analysis.lesion import assess
from calcimeasure.analysis.overview import draw_overview
from calcimeasure.analysis.picture import draw
from calcimeasure.analysis.pipeline import NOT_MEASURED, refined_outline
from calcimeasure.load import content_of
from calcimeasure.locate.anatomy import anatomy_of
from calcimeasure.model import Tissue, Volume
from calcimeasure.segment import propose
from calcimeasure.segment.ct.body import find_body
from calcimeasure.segment.ct.coarse import coarse_copy
from calcimeasure.segment.ct.components import find_components
from calcimeasure.threads import hold_threads

_Found = TypeVar("_Found")
ROUNDS = 3
OVER_THE_STACK = ("copy of the stack in memory", "load", "hash of the files", "components", "coarse copy", "overview")


class Clock:
    """Adds up the time of a core that each step takes."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    def __call__(self, step: str, work: Callable[[], _Found]) -> _Found:
        begun = time.process_time()
        found = work()
        self.seconds[step] += time.process_time() - begun
        return found


def steps_of(folder: Path) -> tuple[dict[str, float], int]:
    """Seconds of each step, and the bytes of the stack."""
    settings, clock = Settings(), Clock()
    (stack,) = clock("headers", lambda: find_series(folder, settings).series)
    volume = clock("load", lambda: load_image(stack, settings))
    assert isinstance(volume, Volume)
    clock("copy of the stack in memory", volume.attenuation_hu.copy)
    clock("hash of the files", lambda: content_of(stack, settings))
    clock("components", lambda: find_components(volume, settings))
    coarse = clock("coarse copy", lambda: coarse_copy(volume))
    clock("body", lambda: find_body(coarse))
    found = clock("tissue", lambda: propose(volume, settings))
    for step in ("components", "coarse copy", "body"):
        clock.seconds["tissue"] -= clock.seconds[step]
    bones = [part.outline for part in found.parts if part.tissue is Tissue.BONE]
    anatomy = clock("anatomy", lambda: anatomy_of(volume, found.bodies, bones))
    clock("overview", lambda: draw_overview(volume))
    for part in found.parts:
        if part.tissue not in NOT_MEASURED:
            outline = clock("outlines", lambda part=part: refined_outline(volume, part, settings))  # type: ignore[misc]
            lesion = clock(
                "numbers and places",
                lambda part=part, outline=outline: assess(volume, outline, 1, settings, part, anatomy),  # type: ignore[misc]
            )
            clock("thumbnails", lambda lesion=lesion: draw(volume, lesion))  # type: ignore[misc]
    return clock.seconds, volume.attenuation_hu.nbytes


def main() -> None:
    hold_threads(1)
    rounds = [steps_of(Path(sys.argv[1])) for _ in range(ROUNDS)]
    size = rounds[0][1]
    for step in rounds[0][0]:
        seconds = min(one[step] for one, _ in rounds)
        rate = f"{size / seconds / 1e9:6.2f} GB/s" if step in OVER_THE_STACK else ""
        print(f"{step:<28} {seconds:6.2f} s {rate}")  # noqa: T201 - what is asked for


if __name__ == "__main__":
    main()

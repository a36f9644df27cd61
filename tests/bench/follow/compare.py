"""Follow a pair with truth, and judge what was said of each mass."""

from __future__ import annotations

import time
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.analysis.lesion import assess
from calcimeasure.model import Tissue
from calcimeasure.model.follow import LinkState
from calcimeasure.settings import Settings
from calcimeasure.study.follow.dates import Day, compare
from calcimeasure.study.follow.verdict import judge
from tests.bench.follow.pairs import make

if TYPE_CHECKING:
    from calcimeasure.model import Lesion
    from tests.bench.follow.pairs import Options, Seen

SETTINGS = Settings()


@dataclass(frozen=True, slots=True)
class Judged:
    """What was said of a mass of a pair, and what is true.

    Parameters
    ----------
    scenario, seed, look
        Which mass.
    true_percent, volume_ml
        Its true change, and its true volume at the earlier date.
    state, right
        What was said of it, and whether that is so: linked with itself alone, gone, new.
    wrong
        Whether something false was said.
    change_percent, u95_percent, held
        The change with its half-width, and whether the true one lies within.
    verdict, reason, source
        As in changes.csv.
    place_error_mm
        Error of the motion at the mass; -1 without one.
    seconds
        For the pair.
    """

    scenario: str
    seed: int
    look: str
    true_percent: float
    volume_ml: float
    state: str
    right: bool
    wrong: bool
    change_percent: float
    u95_percent: float
    held: bool
    verdict: str
    reason: str
    source: str
    rules: bool
    place_error_mm: float
    seconds: float


COLUMNS = [field.name for field in fields(Judged)]


def lesions_of(seen: Seen) -> dict[int, Lesion]:
    return {number: assess_as_mass(seen, number, outline) for number, outline in seen.outlines.items()}


def assess_as_mass(seen: Seen, number: int, outline: object) -> Lesion:
    from dataclasses import replace

    lesion = assess(seen.volume, outline, number + 1, SETTINGS)  # type: ignore[arg-type]
    return replace(lesion, tissue=Tissue.CALCIFIED_MASS)


def judged(scenario: str, options: Options) -> list[Judged]:
    """Make a pair, compare it, and judge each mass."""
    pair = make(options)
    before, after = lesions_of(pair.before), lesions_of(pair.after)
    begun = time.perf_counter()
    found = compare(
        Day(pair.before.volume, tuple(before.values())), Day(pair.after.volume, tuple(after.values())), SETTINGS
    )
    seconds = time.perf_counter() - begun
    results = []
    for number, look in enumerate(options.looks):
        if number not in before and number not in after:
            continue
        mine = next(one for one in found.masses if before.get(number) in one.prior or after.get(number) in one.current)
        numbers = {int(one.number) - 1 for one in (*mine.prior, *mine.current)}
        both = number in before and number in after
        is_linked = mine.state.is_linked
        said_absent = mine.state in (LinkState.GONE, LinkState.NEW)
        wrong = is_linked and (options.mirrored or numbers != {number} or not both)
        wrong |= said_absent and (both or options.mirrored)
        right = (is_linked and not wrong) if both else (said_absent and not wrong)
        volumes = [seen.volumes_ml.get(number, 0.0) for seen in (pair.before, pair.after)]
        prior_ml = volumes[0] or volumes[1]
        true = 100 * (volumes[1] - volumes[0]) / prior_ml
        change = mine.change
        told = judge(change, mine.before.volume_ml if mine.before else None)
        percent, u95 = (
            (100 * change.change_ml / prior_ml, 100 * change.u95_ml / prior_ml) if change else (np.nan, np.nan)
        )
        error = -1.0
        if mine.motion is not None and both:
            matrix = np.array(mine.motion.matrix)
            here, there = pair.middles_mm[number]
            error = float(np.linalg.norm(matrix[:3, :3] @ here + matrix[:3, 3] - there))
        rules = any("outline_rules" in one.notices for one in (*mine.prior, *mine.current))
        results.append(
            Judged(
                scenario, options.seed, look, round(true, 2), round(prior_ml, 3), str(mine.state), right, wrong,
                round(percent, 2), round(u95, 2), bool(abs(percent - true) <= u95), str(told.verdict),
                told.reason or "", str(change.source) if change else "", rules, round(error, 2), round(seconds, 1),
            )
        )  # fmt: skip
    return results

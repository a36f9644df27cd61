"""Follow a pair with truth, and judge what was said of each mass."""

from __future__ import annotations

import time
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.analysis.lesion import assess
from calcimeasure.model import Tissue
from calcimeasure.model.follow import ChangeSource, LinkState
from calcimeasure.settings import Settings
from calcimeasure.study.follow.constants import FOLLOW
from calcimeasure.study.follow.dates import Day, compare
from calcimeasure.study.follow.verdict import judge
from tests.bench.follow.pairs import make

if TYPE_CHECKING:
    from collections.abc import Sequence

    from calcimeasure.model import Lesion, Outline
    from calcimeasure.model.follow import Change
    from calcimeasure.study.follow.dates import Followed
    from tests.bench.follow.pairs import Options, Pair, Seen

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
    kind
        Which constants its half-width was made of, separated by +.
    place_error_mm
        Error of the motion at the mass; -1 without one.
    diameter_error_mm
        Difference of both largest diameters of an unchanged mass; -1 where it changed or was not linked.
    largest_mm
        Its largest diameter at the date that shows it.
    in_field
        Whether both dates image its place as a whole.
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
    kind: str
    place_error_mm: float
    diameter_error_mm: float
    largest_mm: float
    in_field: bool
    seconds: float


COLUMNS = [field.name for field in fields(Judged)]


def lesions_of(seen: Seen) -> dict[int, Lesion]:
    return {number: assess_as_mass(seen, number, outline) for number, outline in seen.outlines.items()}


def assess_as_mass(seen: Seen, number: int, outline: Outline) -> Lesion:
    lesion = assess(seen.volume, outline, number + 1, SETTINGS)
    return replace(lesion, tissue=Tissue.CALCIFIED_MASS)


def kind_of(change: Change | None, lesions: Sequence[Lesion]) -> str:
    """Name what a half-width was made of."""
    if change is None or change.source is not ChangeSource.PAIRED:
        return "volumes"
    named = [name for name in ("kvp_differs", "kernel_differs") if name in change.notices]
    if any("outline_rules" in one.notices for one in lesions):
        named.append("ruled")
    if change.density_u95_percent is not None and change.density_u95_percent > 150 * FOLLOW.width_95 * (
        FOLLOW.repeat_share
    ):
        named.append("thin")
    return "+".join(named) or "plain"


def judged(scenario: str, options: Options) -> list[Judged]:
    """Make a pair, compare it, and judge each mass."""
    pair = make(options)
    dates = pair.before, pair.after
    lesions = [lesions_of(seen) for seen in dates]
    begun = time.perf_counter()
    days = [Day(seen.volume, tuple(some.values())) for seen, some in zip(dates, lesions, strict=True)]
    found = compare(*days, SETTINGS)
    seconds = time.perf_counter() - begun
    results = []
    for number in range(len(options.looks)):
        ours, theirs = (some.get(number) for some in lesions)
        mine = next((one for one in found.masses if ours in one.prior or theirs in one.current), None)
        if mine is not None:
            results.append(_judged(scenario, options, pair, number, mine, seconds))
    return results


def _judged(scenario: str, options: Options, pair: Pair, number: int, mine: Followed, seconds: float) -> Judged:
    numbers = {int(one.number) - 1 for one in (*mine.prior, *mine.current)}
    volumes = [seen.volumes_ml.get(number, 0.0) for seen in (pair.before, pair.after)]
    both = all(volumes)
    is_linked, said_absent = mine.state.is_linked, mine.state in (LinkState.GONE, LinkState.NEW)
    wrong = is_linked and (options.mirrored or numbers != {number} or not both)
    wrong |= said_absent and (both or options.mirrored)
    right = (is_linked if both else said_absent) and not wrong
    prior_ml = volumes[0] or volumes[1]
    true = 100 * (volumes[1] - volumes[0]) / prior_ml
    change = mine.change
    is_cut = any(one.truncated for one in (mine.before, mine.after) if one)
    told = judge(change, mine.before.volume_ml if mine.before else None, "truncated" if is_cut else None)
    parts = (change.change_ml, change.u95_ml) if change else (np.nan, np.nan)
    percent, u95 = (100 * part / prior_ml for part in parts)
    error, sizes = -1.0, (mine.before, mine.after)
    if mine.motion is not None and both:
        matrix = np.array(mine.motion.matrix)
        here, there = pair.middles_mm[number]
        error = float(np.linalg.norm(matrix[:3, :3] @ here + matrix[:3, 3] - there))
    diameters = [one.diameter_mm for one in sizes if one and one.diameter_mm and not one.truncated]
    is_same = is_linked and right and volumes[0] == volumes[1] and len(diameters) == 2
    return Judged(
        scenario, options.seed, options.looks[number], round(true, 2), round(prior_ml, 3), str(mine.state), right,
        wrong, round(percent, 2), round(u95, 2), bool(abs(percent - true) <= u95), str(told.verdict), told.reason or "",
        str(change.source) if change else "", kind_of(change, (*mine.prior, *mine.current)), round(error, 2),
        round(abs(diameters[1] - diameters[0]), 2) if is_same else -1.0, round(max(diameters, default=0.0), 1),
        pair.is_imaged(number), round(seconds, 1),
    )  # fmt: skip

"""Judge how masses are followed: ``python -m tests.bench.follow`` prints the table and writes results/bench/follow.csv.

CALCIMEASURE_BENCH_SEED=31 draws other limbs, CALCIMEASURE_BENCH_PAIRS=8 more of each scenario. Each mass is a row of
results/bench/follow-masses-SEED.csv as soon as it is judged; a run that was interrupted goes on after the last pair.

Behind the bars stands what each constant of the half-widths should be multiplied by, so that 95 % of the masses whose
half-width it made keep within theirs: repeats of the same kinds are what `FOLLOW.repeat_*` is derived from.
"""

from __future__ import annotations

import contextlib
import csv
import math
import os
import sys
from collections import defaultdict
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from tests.bench.conftest import PROJECT, BarTable
from tests.bench.follow.compare import COLUMNS, judged
from tests.bench.follow.pairs import LOOKS, Options

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Row = dict[str, str]
SEED = int(os.environ.get("CALCIMEASURE_BENCH_SEED") or 1)
PAIRS = int(os.environ.get("CALCIMEASURE_BENCH_PAIRS") or 5)
MASSES = PROJECT / "results" / "bench" / f"follow-masses-{SEED}.csv"
STILL = ("same", "turned", "thick", "half", "bent", "shifted", "kvp", "kernel")
CHANGED = ("grown", "little", "near")
SAME = (1.0, 1.0, 1.0, 1.0)


def scenarios(seed: int, pairs: int) -> Iterator[tuple[str, Options]]:
    """Yield the pairs: a mass of each look in each, so that each look lies in each place in turn."""
    for n in range(pairs):
        rng = np.random.default_rng([seed, n])
        one = 1000 * seed + n
        looks = (*LOOKS[n % 4 :], *LOOKS[: n % 4])
        slices = (1.5, float(rng.choice([1.0, 1.5, 3.0])))
        lies = {"turn_deg": (0.0, 0.0, float(rng.uniform(-25, 25))), "slices_mm": slices}
        turned = (0.0, 0.0, float(rng.uniform(90, 180)))
        kvp, factor = ((80, 1.46), (100, 1.16), (140, 0.86))[n % 3]
        yield "same", Options(looks, one, SAME, **lies)
        yield "grown", Options(looks, one + 100, (1.12, 0.88, 1.12, 0.88), **lies)
        yield "little", Options(looks, one + 200, (1.08, 0.92, 0.92, 1.08), **lies)
        yield "near", Options(looks, one + 300, (1.2, 0.78, 1.28, 0.7), **lies)
        yield "fainter", Options(looks, one + 400, SAME, density=0.9, **lies)
        yield "gone_new", Options(looks, one + 500, (0.0, 0.0, 1.0, 1.0), new=(2, 3), **lies)
        yield "turned", Options(looks, one + 600, SAME, turn_deg=turned)
        yield "thick", Options(looks, one + 700, SAME, slices_mm=(1.5, 5.0), noise_hu=(12.0, 9.0))
        yield "half", Options(looks, one + 800, SAME, half_field=True)
        yield "bent", Options(looks, one + 900, SAME, bend_deg=float(rng.uniform(12, 28)))
        yield "shifted", Options(looks, one + 1000, SAME, shift_mm=8.0, contrast=True)
        yield "kvp", Options(looks, one + 1100, SAME, kvp=kvp, dense_factor=factor, **lies)
        yield "kernel", Options(looks, one + 1200, SAME, sharp=True, **lies)
        yield "mirrored", Options(looks, one, SAME, mirrored=True)


def run() -> list[Row]:
    """Judge the pairs that no row has yet; give all rows."""
    MASSES.parent.mkdir(parents=True, exist_ok=True)
    done = list(csv.DictReader(MASSES.open(encoding="utf-8"))) if MASSES.is_file() else []
    known = {(row["scenario"], row["seed"]) for row in done}
    with MASSES.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        if not done:
            writer.writeheader()
        for scenario, options in scenarios(SEED, PAIRS):
            if (scenario, str(options.seed)) not in known:
                writer.writerows(asdict(one) for one in judged(scenario, options))
                file.flush()
    return list(csv.DictReader(MASSES.open(encoding="utf-8")))


def share(rows: Sequence[Row], name: str, *values: str) -> float:
    return 100 * float(np.mean([row[name] in values for row in rows])) if rows else float("nan")


def p95(values: Sequence[float]) -> float:
    return float(np.percentile(values, 95)) if values else float("nan")


def known(rows: Sequence[Row], name: str) -> list[float]:
    """Numbers of a column that are known: others stand as -1."""
    return [float(row[name]) for row in rows if float(row[name]) >= 0]


class Table:
    """Every figure beside its bar."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows, self.bars = rows, BarTable("follow")

    def some(self, *names: str) -> list[Row]:
        return [row for row in self.rows if row["scenario"] in names]

    def bar(self, what: str, figure: float, limit: float, unit: str, *, least: bool = False) -> None:
        with contextlib.suppress(AssertionError):  # it stands in the table as missed
            (self.bars.check_at_least if least else self.bars.check)(what, figure, limit, unit)

    def linked(self) -> list[Row]:
        """The masses that were compared; those that a border cuts off are not assessable, and say so."""
        rows = self.some(*STILL, *CHANGED, "fainter")
        return [row for row in rows if row["source"] and row["reason"] != "truncated"]

    def links(self) -> None:
        still = [row for row in self.some(*STILL, *CHANGED, "fainter") if row["in_field"] == "True"]
        self.bar(f"masses linked right (n = {len(still)})", share(still, "right", "True"), 98, "%", least=True)
        self.bar(f"something false was said (n = {len(self.rows)})", share(self.rows, "wrong", "True"), 0, "%")
        absent = [row for row in self.some("gone_new") if float(row["largest_mm"]) >= 10]
        for name, percent in (("gone", -100.0), ("new", 100.0)):
            of_it = [row for row in absent if float(row["true_percent"]) == percent]
            self.bar(f"{name} that are said (n = {len(of_it)})", share(of_it, "right", "True"), 80, "%", least=True)
        firm = [row for row in self.some(*STILL) if row["scenario"] != "bent"]
        self.bar("error at a lesion, p95", p95(known(firm, "place_error_mm")), 2, "mm")
        bent = known(self.some("bent"), "place_error_mm")
        self.bar("error at a lesion, bent, largest", max(bent, default=float("nan")), 5, "mm")

    def verdicts(self) -> None:
        linked = [
            row for row in self.some(*STILL, *CHANGED, "fainter") if row["source"] and row["reason"] != "truncated"
        ]
        still = [row for row in linked if row["scenario"] in STILL]
        self.bar(f"unchanged called changed (n = {len(still)})", share(still, "verdict", "grown", "shrunk"), 5, "%")
        changed = [row for row in linked if row["scenario"] in CHANGED and float(row["volume_ml"]) >= 3]
        for least, percent, low, high in ((95, 12, 11.0, math.inf), (85, 8, 6.0, 10.0)):
            of_size = [row for row in changed if low <= abs(float(row["true_percent"])) < high]
            for look in (None, *LOOKS):
                of_look = [row for row in of_size if look in (None, row["look"])]
                found = [row["verdict"] == ("grown" if float(row["true_percent"]) > 0 else "shrunk") for row in of_look]
                figure = 100 * float(np.mean(found)) if found else float("nan")
                what = f"changes of {percent} % found, {look or 'all'} (n = {len(found)})"
                self.bar(what, figure, least, "%", least=True) if look is None else self.bars.note(what, figure, "%")
        stable = [row for row in linked if row["verdict"] == "stable"]
        kept = 100 * float(np.mean([abs(float(row["true_percent"])) <= 25 for row in stable])) if stable else math.nan
        self.bar(f"stable that changed by 25 % at most (n = {len(stable)})", kept, 95, "%", least=True)
        fainter = self.some("fainter")
        self.bar(f"10 % of density lost: shrunk (n = {len(fainter)})", share(fainter, "verdict", "shrunk"), 5, "%")
        self.bar("not assessable among linked", share(linked, "verdict", "not_assessable"), 15, "%")

    def widths(self) -> None:
        linked = [
            row for row in self.some(*STILL, *CHANGED, "fainter") if row["source"] and row["reason"] != "truncated"
        ]
        ruled = [row for row in linked if "ruled" in row["kind"]]
        for what, some in (("coverage of change_u95", linked), ("the same with outline_rules", ruled)):
            self.bar(f"{what} (n = {len(some)})", share(some, "held", "True"), 93, "%", least=True)
            self.bar(f"{what}, at most", share(some, "held", "True"), 99, "%")
        of_diameter = known(self.some(*STILL), "diameter_error_mm")
        self.bar(f"repeatability of the diameter, p95 (n = {len(of_diameter)})", p95(of_diameter), 1.5, "mm")
        self.bars.note(
            "half-width, median", float(np.median([float(row["u95_percent"]) for row in linked] or [0])), "%"
        )
        error = [abs(float(row["change_percent"]) - float(row["true_percent"])) for row in linked]
        self.bars.note("error of the change, p95", p95(error), "%")
        by_kind: dict[str, list[float]] = defaultdict(list)
        for row, one in zip(linked, error, strict=True):
            by_kind[row["kind"]].append(one / float(row["u95_percent"]))
        for kind in sorted(by_kind):
            what = f"95 % keep within so many half-widths: {kind} (n = {len(by_kind[kind])})"
            self.bars.note(what, p95(by_kind[kind]), "times")

    def write(self) -> None:
        self.links()
        self.verdicts()
        self.widths()
        self.bars.note(
            "seconds for a pair, median", float(np.median([float(row["seconds"]) for row in self.rows])), "s"
        )
        self.bars.write()


if __name__ == "__main__":
    Table(run()).write()
    sys.stdout.flush()

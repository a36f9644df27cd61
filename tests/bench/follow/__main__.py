"""Judge how masses are followed: ``python -m tests.bench.follow`` prints the table and writes results/bench/follow.csv.

CALCIMEASURE_BENCH_SEED=31 draws other limbs, CALCIMEASURE_BENCH_PAIRS=4 more of each scenario. Each mass is a row of
results/bench/follow-masses.csv as soon as it is judged; a run that was interrupted goes on after the last pair.
"""

from __future__ import annotations

import contextlib
import csv
import os
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from tests.bench.conftest import PROJECT, BarTable
from tests.bench.follow.compare import COLUMNS, judged
from tests.bench.follow.pairs import LOOKS, Options

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SEED = int(os.environ.get("CALCIMEASURE_BENCH_SEED") or 1)
PAIRS = int(os.environ.get("CALCIMEASURE_BENCH_PAIRS") or 2)
MASSES = PROJECT / "results" / "bench" / "follow-masses.csv"


def scenarios(seed: int, pairs: int) -> Iterator[tuple[str, Options]]:
    """Yield the pairs: two masses each, every look in turn."""
    for n in range(pairs):
        rng = np.random.default_rng([seed, n])
        one = 1000 * seed + n
        looks = (LOOKS[n % 4], LOOKS[(n + 1) % 4])
        slices = (1.5, float(rng.choice([1.0, 1.5, 3.0])))
        lies = {"turn_deg": (0.0, 0.0, float(rng.uniform(-25, 25))), "slices_mm": slices, "sharp": bool(n % 2)}
        yield "same", Options(looks, one, (1.0, 1.0), **lies)
        yield "grown", Options(looks[::-1], one + 100, (1.12, 0.88), **lies)
        yield "little", Options(looks, one + 200, (1.08, 0.92), **lies)
        yield "fainter", Options(looks[::-1], one + 300, (1.0, 1.0), density=0.9, **lies)
        yield "gone_new", Options(looks, one + 400, (0.0, 1.0), **lies)
        angle = float(rng.uniform(90, 180))
        yield "turned", Options(looks, one + 500, (1.0, 1.0), turn_deg=(0.0, 0.0, angle))
        yield "thick", Options(looks, one + 600, (1.0, 1.0), slices_mm=(1.5, 5.0), noise_hu=(12.0, 9.0))
        yield "half", Options(looks, one + 700, (1.0, 1.0), half_field=True)
        yield "bent", Options(looks, one + 800, (1.0, 1.0), bend_deg=float(rng.uniform(12, 28)))
        yield "shifted", Options(looks, one + 900, (1.0, 1.0), shift_mm=8.0, contrast=True)
        yield "mirrored", Options(looks, one, (1.0, 1.0), mirrored=True)


def run() -> list[dict[str, str]]:
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


def share(rows: Sequence[dict[str, str]], name: str, *values: str) -> float:
    return 100 * float(np.mean([row[name] in values for row in rows])) if rows else float("nan")


def write(rows: Sequence[dict[str, str]]) -> None:
    """Print every figure beside its bar."""
    table = BarTable("follow")
    of = {name: [row for row in rows if row["scenario"] == name] for name in {row["scenario"] for row in rows}}

    def some(*names: str) -> list[dict[str, str]]:
        return [row for name in names for row in of.get(name, [])]

    still = some("same", "turned", "thick", "half", "bent", "shifted")
    in_field = [row for row in still if not row["state"].startswith("not_imaged")]
    changed = [row for row in some("grown", "little") if float(row["volume_ml"]) >= 3]
    linked = [row for row in (*still, *some("grown", "little", "fainter")) if row["source"]]
    absent = [row for row in some("gone_new") if abs(float(row["true_percent"])) == 100]

    def errors(some_rows: Sequence[dict[str, str]]) -> list[float]:
        return [float(row["place_error_mm"]) for row in some_rows if float(row["place_error_mm"]) >= 0]

    def bar(what: str, figure: float, limit: float, unit: str, *, least: bool = False) -> None:
        with contextlib.suppress(AssertionError):  # it stands in the table as missed
            (table.check_at_least if least else table.check)(what, figure, limit, unit)

    def p95(values: Sequence[float]) -> float:
        return float(np.percentile(values, 95)) if values else float("nan")

    bar("masses linked right", share(in_field, "right", "True"), 98, "%", least=True)
    bar("masses of which something false was said", share(rows, "wrong", "True"), 0, "%")
    bar("gone masses that are said", share(absent, "right", "True"), 80, "%", least=True)
    bar("error at a lesion, p95", p95(errors([row for row in still if row["scenario"] != "bent"])), 2, "mm")
    bar("error at a lesion, bent, largest", max(errors(some("bent")), default=float("nan")), 5, "mm")
    bar(
        "unchanged called changed", share([row for row in still if row["source"]], "verdict", "grown", "shrunk"), 5, "%"
    )
    for least, percent, low, high in ((95, 12, 10.0, 16.0), (85, 8, 6.0, 10.0)):
        of_size = [row for row in changed if low <= abs(float(row["true_percent"])) < high]
        found = [row for row in of_size if row["verdict"] == ("grown" if float(row["true_percent"]) > 0 else "shrunk")]
        figure = 100 * len(found) / max(1, len(of_size))
        bar(f"changes of {percent} % found (n = {len(of_size)})", figure, least, "%", least=True)
    bar("10 % of density lost called shrunk", share(some("fainter"), "verdict", "shrunk"), 5, "%")
    bar("not assessable among linked", share(linked, "verdict", "not_assessable"), 15, "%")
    bar(f"coverage of change_u95 (n = {len(linked)})", share(linked, "held", "True"), 93, "%", least=True)
    with_rules = [row for row in linked if row["rules"] == "True"]
    bar(f"the same with outline_rules (n = {len(with_rules)})", share(with_rules, "held", "True"), 93, "%", least=True)
    table.note("half-width, median", float(np.median([float(row["u95_percent"]) for row in linked] or [0])), "%")
    error = [abs(float(row["change_percent"]) - float(row["true_percent"])) for row in linked]
    table.note("error of the change, p95", p95(error), "%")
    table.note("seconds for a pair, median", float(np.median([float(row["seconds"]) for row in rows])), "s")
    table.write()


if __name__ == "__main__":
    write(run())
    sys.stdout.flush()

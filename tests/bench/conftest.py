import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.dicom_phantom import write_bench_series

PROJECT = Path(__file__).resolve().parents[2]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the benchmarks that take minutes, too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--long"):
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(pytest.mark.skip(reason="takes minutes: --long, or make bench-full"))


class BarTable:
    """Figures beside the bars that they have to reach; printed and written as CSV at the end."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rows: list[dict[str, str]] = []

    def check(self, what: str, figure: float, at_most: float, unit: str) -> None:
        self.check_all([(what, figure, at_most, unit)])

    def check_all(self, figures: Sequence[tuple[str, float, float, str]]) -> None:
        """Write down what, figure, at most and unit of each before the first bar that is missed fails."""
        missed = []
        for what, figure, at_most, unit in figures:
            reached = figure <= at_most
            self.rows.append(
                {
                    "what": what,
                    "figure": f"{figure:.3g}",
                    "at_most": f"{at_most:.3g}",
                    "unit": unit,
                    "reached": str(reached).lower(),
                }
            )
            if not reached:
                missed.append(f"{what}: {figure:.3g} {unit}, at most {at_most:.3g} {unit} wanted")
        assert not missed, "; ".join(missed)

    def check_at_least(self, what: str, figure: float, at_least: float, unit: str) -> None:
        reached = figure >= at_least
        row = {"what": what, "figure": f"{figure:.3g}", "at_least": f"{at_least:.3g}", "unit": unit}
        self.rows.append({**row, "reached": str(reached).lower()})
        assert reached, f"{what}: {figure:.3g} {unit}, at least {at_least:.3g} {unit} wanted"

    def note(self, what: str, figure: float, unit: str) -> None:
        self.rows.append({"what": what, "figure": f"{figure:.3g}", "at_most": "", "unit": unit, "reached": ""})

    def write(self) -> None:
        path = PROJECT / "results" / "bench" / f"{self.name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, ["what", "figure", "at_most", "at_least", "unit", "reached"])
            writer.writeheader()
            writer.writerows(self.rows)
        width = max(len(row["what"]) for row in self.rows)
        lines = [f"{row['what']:<{width}}  {row['figure']:>7} {row['unit']:<3}{_bar(row)}" for row in self.rows]
        print("\n" + "\n".join([f"{self.name} ({path})", *lines]))  # noqa: T201 - what a benchmark is run for


def _bar(row: dict[str, str]) -> str:
    wanted = [f"{name.replace('_', ' ')} {row[name]}" for name in ("at_most", "at_least") if row.get(name)]
    return f" ({wanted[0]}){'' if row['reached'] == 'true' else '  MISSED'}" if wanted else ""


@pytest.fixture(scope="module")
def bars(request: pytest.FixtureRequest) -> Iterator[BarTable]:
    table = BarTable(Path(request.node.path).stem.removeprefix("test_"))
    yield table
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        table.write()


@pytest.fixture(scope="session")
def bench_series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """500 x 512 x 512, uncompressed: written once, kept for later runs beside the other temporary folders."""
    folder = tmp_path_factory.getbasetemp().parent / "calcimeasure-bench-series"
    write_bench_series(folder)
    return folder

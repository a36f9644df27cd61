"""The report of 200 and of 1,000 studies: time to write it, its size, and the time until a browser shows it."""

from pathlib import Path

from pytest_benchmark.fixture import BenchmarkFixture

from tests.bench.conftest import BarTable
from tests.bench.report.figures import Figures, figures_of


def test_report(tmp_path: Path, benchmark: BenchmarkFixture) -> None:
    table = BarTable("report")
    made: dict[int, Figures] = {}

    def make() -> None:
        for count in (200, 1000):
            folder = tmp_path / str(count)
            folder.mkdir()
            made[count] = figures_of(folder, count)

    benchmark.pedantic(make, rounds=1)
    try:
        few, many = made[200], made[1000]
        table.check_all(
            [
                ("200 studies with 1,000 lesions, CPU", few.write_cpu_s, 2, "s"),
                ("200 studies with 1,000 lesions, size", few.largest_page_mb, 15, "MB"),
                ("1,000 studies with 5,000 lesions, CPU", many.write_cpu_s, 8, "s"),
                *(
                    (f"{one.studies} studies, until a browser shows the first page", one.open_s, 1, "s")
                    for one in (few, many)
                    if one.open_s is not None
                ),
            ]
        )
    finally:
        table.write()

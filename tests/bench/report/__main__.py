"""How long the report of many studies takes to write and to open, as CSV: python -m tests.bench.report [STUDIES...]."""

from __future__ import annotations

import csv
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.bench.report.figures import Figures, figures_of

STUDIES = (200, 1000)


def main(counts: tuple[int, ...]) -> None:
    """Print a row for each number of studies."""
    writer = csv.DictWriter(sys.stdout, list(Figures.__dataclass_fields__))
    writer.writeheader()
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            writer.writerow(asdict(figures_of(Path(folder), count)))


if __name__ == "__main__":
    main(tuple(map(int, sys.argv[1:])) or STUDIES)

"""Run every benchmark of the review, print one table, and write it to results/bench/review.csv.

``python -m tests.bench.review`` opens its windows on an X server of its own (Xvfb).
"""

import sys
from pathlib import Path

import pytest

OPTIONS = ("-o", "addopts=--strict-markers --strict-config", "-p", "no:pytest-qt", "--benchmark-only")
"""Those of `make bench`."""

sys.exit(pytest.main([str(Path(__file__).parent), *OPTIONS, *sys.argv[1:]]))

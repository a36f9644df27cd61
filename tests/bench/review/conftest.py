"""One table for all benchmarks of the review."""

from collections.abc import Iterator

import pytest

from tests.bench.conftest import BarTable


@pytest.fixture(scope="package")
def bars(request: pytest.FixtureRequest) -> Iterator[BarTable]:
    table = BarTable("review")
    yield table
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        table.write()

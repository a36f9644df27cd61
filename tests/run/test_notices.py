"""What is seen on a stack is told, also where nothing is found on it: in tables, log, store and on the terminal."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np
import pytest

from calcimeasure.codes import NOTICES
from tests.cli.test_cli import run
from tests.dicom_phantom import Header, write_series
from tests.dicom_writers import write_radiograph
from tests.phantoms import straight_grid
from tests.tables import read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def film_that_contradicts_itself(folder: Path) -> set[str]:
    """A radiograph that shows nothing, of unknown spacing, whose Presentation LUT Shape is that of the other one."""
    pixels = np.random.default_rng(1).normal(1000, 5, (60, 50)).astype(np.uint16)
    write_radiograph(folder / "film.dcm", pixels, PresentationLUTShape="INVERSE")
    return {"presentation_lut_disagrees", "no_spacing"}


def tissue_without_air(folder: Path) -> set[str]:
    """A CT of soft tissue alone."""
    grid = straight_grid((4, 20, 24), (2.0, 1.0, 1.0))
    hu = np.random.default_rng(1).normal(40, 10, grid.shape_kji).astype(np.int16)
    write_series(folder, hu, grid, Header(seed="no air"))
    return {"no_air"}


def slice_alone(folder: Path) -> set[str]:
    """A CT of one slice, which was exported twice."""
    grid = straight_grid((1, 20, 24), (2.0, 1.0, 1.0))
    hu = np.full(grid.shape_kji, -1000, dtype=np.int16)
    hu[:, 4:16, 4:20] = 40
    for name in ("a", "b"):
        write_series(folder / name, hu, grid, Header(seed="single"))
    return {"single_slice", "duplicate_dropped"}


@pytest.mark.parametrize("write", [film_that_contradicts_itself, tissue_without_air, slice_alone])
def test_notices_of_a_stack_in_which_nothing_is_found(tmp_path: Path, write: Callable[[Path], set[str]]) -> None:
    expected = write(tmp_path / "in")
    out = tmp_path / "out"
    result = run("measure", tmp_path / "in", "--out", out)
    assert (result.exit_code, read(out / "lesions.csv")) == (0, [])
    (row,) = read(out / "private/series.csv")
    assert (row["state"], row["lesions"]) == ("measured", "0")
    assert set(row["notices"].split(";")) >= expected
    (study,) = read(out / "studies.csv")
    assert int(study["stack_notices"]) == len(row["notices"].split(";"))
    log = (out / "private/log.txt").read_text(encoding="utf-8")
    with closing(sqlite3.connect(out / "private/calcimeasure.db")) as store:
        ((stored,),) = store.execute("SELECT notices FROM current_stacks")
    assert stored == row["notices"]
    told = result.stdout[result.stdout.index("For a person to look at") :]
    for notice in expected:
        assert notice in log
        assert NOTICES[notice] in " ".join(told.split())
    # The next run measures nothing, and tells the same.
    assert told in run("measure", tmp_path / "in", "--out", out).stdout
    assert read(out / "private/series.csv") == [row]


def test_scan_tells_the_notices_of_headers(tmp_path: Path) -> None:
    slice_alone(tmp_path / "in")
    assert "duplicate_dropped" in run("scan", tmp_path / "in").stdout
    (stack,) = json.loads(run("scan", tmp_path / "in", "--json").stdout)["stacks"]
    assert "duplicate_dropped" in stack["notices"]

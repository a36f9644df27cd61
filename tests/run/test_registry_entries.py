"""What a registry gets: of each mass one lesion counts, whichever of its lesions readers have accepted."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from calcimeasure.export.lesions import LesionRow
from calcimeasure.model import ImageKind, Links, Status
from calcimeasure.run.registry_entries import _with_one_primary


def row(
    number: int,
    primary: bool,
    status: Status = Status.ACCEPTED,
    kind: ImageKind = ImageKind.CT_STACK,
    slice_spacing_mm: float | None = 1.0,
) -> LesionRow:
    place = None if kind is ImageKind.RADIOGRAPH else (0.0, 0.0, 0.0)
    measurements = SimpleNamespace(place_lps_mm=place, size=1.0)
    lesion: Any = SimpleNamespace(status=status, is_mass=True, measurements=measurements)
    stack: Any = SimpleNamespace(slice_spacing_mm=slice_spacing_mm)
    return LesionRow(stack, lesion, Links(number, primary))


THICK, THIN = row(1, False, slice_spacing_mm=5), row(1, False, slice_spacing_mm=1)
FILM = row(1, False, kind=ImageKind.RADIOGRAPH, slice_spacing_mm=None)
PROPOSED, PRIMARY = row(1, True, Status.PROPOSED), row(1, True, slice_spacing_mm=9)


@pytest.mark.parametrize(
    ("rows", "primaries"),
    [
        ([PROPOSED, THICK, THIN, FILM], [True, False, True, False]),
        ([PRIMARY, THIN], [True, False]),
        ([PROPOSED, FILM], [True, True]),
        ([THICK, row(2, False)], [True, True]),
    ],
    ids=["thin CT before thick and film", "the primary one stays", "a film alone", "two masses"],
)
def test_one_accepted_lesion_of_each_mass_counts(rows: list[LesionRow], primaries: list[bool]) -> None:
    """What is only proposed is not exported, so that its own mark does not count."""
    assert [one.links and one.links.primary for one in _with_one_primary(rows)] == primaries

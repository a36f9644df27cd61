"""studies.csv: a row for each study."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from calcimeasure.export.columns import Column, study_columns
from calcimeasure.known_values import known_modality
from calcimeasure.model import BodySite, Laterality, ReviewState, State, Study, review_state

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from calcimeasure.model import Lesion


def _count(state: State) -> Callable[[Study], object]:
    return lambda row: sum(one.state is state for one in row.outcomes)


def _if_measured(count: Callable[[Sequence[Lesion]], object]) -> Callable[[Study], object]:
    """Leave a column empty if nothing was measured: "not measured" is not the same as "no mass"."""
    return lambda row: count(row.masses) if row.measured else None


def _modalities(row: Study) -> str:
    return ";".join(sorted({known_modality(one.stack.modality) for one in row.outcomes if one.stack} - {""}))


def _total_volume_ml(masses: Sequence[Lesion]) -> float | None:
    """Add the volumes; None if the volume of any mass is not known."""
    volumes_ml = [mass.measurements.volume_ml for mass in masses]
    return None if None in volumes_ml else math.fsum(volume_ml for volume_ml in volumes_ml if volume_ml is not None)


def _largest_mm(row: Study) -> float | None:
    sizes_mm = (mass.measurements.largest_mm for mass in row.masses)
    return max((size_mm for size_mm in sizes_mm if size_mm is not None), default=None)


def _readers(row: Study) -> str:
    return ";".join(sorted({lesion.reader for lesion in row.lesions if lesion.reader}))


def _stack_notices(row: Study) -> int | None:
    """Count the notices of the stacks; None if those of any stack are not known."""
    notices = [one.notices for one in row.outcomes]
    return None if None in notices else sum(len(codes) for codes in notices if codes is not None)


def _sites(row: Study) -> str:
    sites = {mass.site.body_site for mass in row.masses if mass.site} - {BodySite.UNKNOWN}
    return ";".join(sorted(sites))


def _symmetric(row: Study) -> bool | None:
    """Tell whether a site has masses on both sides; None if this depends on a side or site that is not known."""
    sides: dict[BodySite, set[Laterality]] = {}
    unknown = False
    for mass in row.masses:
        laterality = mass.side.laterality if mass.side else Laterality.UNKNOWN
        body_site = mass.site.body_site if mass.site else BodySite.UNKNOWN
        sides.setdefault(body_site, set()).add(laterality)
        unknown |= laterality is Laterality.UNKNOWN or body_site is BodySite.UNKNOWN
    sides.pop(BodySite.UNKNOWN, None)
    if any({Laterality.LEFT, Laterality.RIGHT} <= found for found in sides.values()):
        return True
    return None if unknown or not row.measured else False


STUDY_COLUMNS: tuple[Column[Study], ...] = (
    *study_columns(),
    Column("modalities", "string", "Modalities of the study, separated by ;, as in lesions.csv.", _modalities),
    Column("stacks_measured", "integer", "Stacks measured.", lambda row: len(row.measured), required=True),
    Column(
        "stacks_failed",
        "integer",
        "Stacks that should have been measured and were not.",
        _count(State.FAILED),
        required=True,
    ),
    Column(
        "stacks_skipped",
        "integer",
        "Stacks that are no images that this program measures.",
        _count(State.SKIPPED),
        required=True,
    ),
    Column("masses", "integer", "Masses, each counted once.", _if_measured(len)),
    Column(
        "large_masses",
        "integer",
        "Large masses, each counted once.",
        _if_measured(lambda masses: sum(bool(mass.measurements.large) for mass in masses)),
    ),
    Column(
        "largest_mm",
        "number",
        "Largest max_3d_diameter_mm (of a radiograph, a single slice or of slices with gaps: long_axis_mm), of those "
        "that are known.",
        _largest_mm,
        unit="mm",
        decimals=2,
    ),
    Column(
        "total_volume_ml",
        "number",
        "Sum of volume_ml, each mass counted once.",
        _if_measured(_total_volume_ml),
        unit="mL",
        decimals=4,
    ),
    Column("sites", "string", "Sites of the masses, separated by ;.", _sites),
    Column(
        "symmetric",
        "boolean",
        "Whether a site has masses on both sides; empty while a side or site is not known that could make it so.",
        _symmetric,
    ),
    Column(
        "review_state",
        "string",
        "How much of it readers have accepted or rejected.",
        lambda row: review_state(row.lesions),
        words=ReviewState,
        required=True,
    ),
    Column("readers", "string", "Who reviewed it, separated by ;.", _readers),
    Column(
        "stack_notices",
        "integer",
        "Notices of its stacks, also of those in which nothing was found: private/series.csv names them. Empty if "
        "those of a stack are not known.",
        _stack_notices,
    ),
)
"""Columns of studies.csv. Each study has a row, so that "no mass" can be distinguished from "not measured"."""

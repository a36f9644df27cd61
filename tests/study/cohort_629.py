"""A cohort whose truth is a published abstract: 629 patients and 30 of the literature.

The abstract is that of doi 10.1016/j.semarthrit.2020.03.009.
26 of 629 have a large mass, 19 of them alive; 56 cases with the 30 of the literature. The abstract gives neither the
number of living patients nor tables by patient: what it leaves open is chosen here so that its figures come out.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from functools import cache
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure.analysis.lesion import assess
from calcimeasure.export import Pseudonyms
from calcimeasure.model import (
    BodySite,
    Laterality,
    Outcome,
    Outline,
    Side,
    SideSource,
    Site,
    SiteSource,
    StackFacts,
    State,
    Status,
    Tissue,
)
from calcimeasure.model.cohort import Condition, Dictionary, FollowUp, Question
from calcimeasure.run.cohort import gather
from calcimeasure.run.cohort_clinical import read_clinical
from calcimeasure.settings import Settings
from calcimeasure.study import linked_studies
from calcimeasure.study.cohort.tell import tell
from tests.model.test_model import volume_of
from tests.phantoms import straight_grid

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from calcimeasure.model import Lesion
    from calcimeasure.model.cohort import Cohort

PATIENTS, LITERATURE, CASES, COHORT_CASES = 629, 30, 56, 26
LIVING, LIVING_CASES, WITHOUT_IMAGE, NOT_MEASURED, SMALL = 560, 19, 40, 5, 60
SITES = (
    *(BodySite.HAND_WRIST,) * 29,
    *(BodySite.SHOULDER,) * 16,
    *(BodySite.ELBOW,) * 16,
    *(BodySite.HIP,) * 11,
    *(BodySite.SPINE,) * 14,
)
"""86 sites of 56 cases: 30 of them have two."""

SIDES = ((Laterality.LEFT, Laterality.RIGHT), (Laterality.RIGHT,), (Laterality.UNKNOWN,), (Laterality.LEFT,))


@dataclass(frozen=True)
class Case:
    """A case: its number among 56, its sites with their sides, and its largest mass."""

    number: int
    is_of_cohort: bool
    places: tuple[tuple[BodySite, Laterality], ...]
    size_mm: float

    @property
    def is_spinal(self) -> bool:
        return any(site is BodySite.SPINE for site, _ in self.places)


def cases() -> list[Case]:
    sizes = np.geomspace(20.0, 155.0, CASES)
    found = []
    for number in range(CASES):
        sites = SITES[number::CASES]
        places = [
            (site, side)
            for site in sites
            for side in ((Laterality.MIDLINE,) if site is BodySite.SPINE else SIDES[number % len(SIDES)])
        ]
        found.append(Case(number, number % 2 == 0 and number < 2 * COHORT_CASES, tuple(places), float(sizes[number])))
    return found


def clinical_rows() -> list[dict[str, str]]:
    rows = [
        _case_row(one, alive=sum(other.is_of_cohort for other in cases()[: one.number]) < LIVING_CASES)
        for one in cases()
    ]
    others = PATIENTS - COHORT_CASES
    for number in range(others):
        rows.append(
            {
                "record_id": f"R{number:04d}",
                "source": "cohort",
                "sex": "female" if number % 5 else "male",
                "subset": "diffuse" if number % 4 == 0 else "limited",
                "severe_vascular": "yes" if number % 6 == 0 else "no",
                "age_years": str(40 + number % 40),
                "vital_status": "alive" if number < LIVING - LIVING_CASES else "deceased",
            }
        )
    return rows


def _case_row(case: Case, alive: bool) -> dict[str, str]:
    number = case.number
    spinal = [one.number for one in cases() if one.is_spinal]
    row = {
        "record_id": f"C{number:02d}",
        "source": "cohort" if case.is_of_cohort else "literature",
        "sex": "female" if number % 4 else "male",
        "subset": "diffuse" if number < 25 else "limited",
        "severe_vascular": "yes" if number % 3 else "no",
        "age_years": f"{59.0 + 11.42 * NormalDist().inv_cdf((number + 0.5) / CASES):.1f}",
        "disease_duration_years": str(_duration(number)),
        "ulcer_fistula": "yes" if number % 3 == 0 and number < 54 else "no",
        "infection": "yes" if number % 4 == 0 and number < 52 else "no",
        "surgery": "yes" if number % 8 == 1 else "no",
        "outcome": "partial_improvement" if number % 8 == 1 else ("unchanged", "worsening")[number % 2],
        "treatments": ("colchicine", "colchicine;minocycline", "none", "bisphosphonate")[number % 4],
    }
    if case.is_of_cohort:
        row["vital_status"] = "alive" if alive else "deceased"
    else:
        row["reported_largest_mm"] = f"{case.size_mm:.1f}"
        row["reported_sites"] = ";".join(f"{site}:{side}" for site, side in case.places)
    if case.is_spinal:  # 40 % of 14 is no number of patients: of 4 it is not known
        place = spinal.index(number)
        row["nerve_compression"] = "" if place >= 10 else "yes" if place < 4 else "no"
    return row


def _duration(number: int) -> int:
    """Quartiles of 5, 7 and 10 years."""
    ends = ((13, 3), (20, 5), (27, 6), (34, 7), (41, 8), (48, 10))
    return next((years for end, years in ends if number < end), 14)


def as_csv(rows: Sequence[dict[str, str]]) -> str:
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def record_ids() -> dict[str, str]:
    """The registry's id by PatientID."""
    ids = [row["record_id"] for row in clinical_rows()]
    return {f"P{one}": one for one in ids}


def outcomes() -> Iterator[Outcome]:
    """What the store has of the patients of both hospitals, a study each, as its queries give it."""
    for one in cases():
        if one.is_of_cohort:
            yield outcome(f"PC{one.number:02d}", mass_lesions(one))
    for number in range(PATIENTS - COHORT_CASES - WITHOUT_IMAGE):
        if number < NOT_MEASURED:
            yield outcome(f"PR{number:04d}", (), State.FAILED, "missing_slice")
        elif number < NOT_MEASURED + SMALL:
            yield outcome(f"PR{number:04d}", (lesion(1, 12.0, BodySite.HAND_WRIST, Laterality.LEFT),))
        else:
            yield outcome(f"PR{number:04d}", ())


def mass_lesions(case: Case) -> tuple[Lesion, ...]:
    sizes = [case.size_mm, *(20.0 for _ in case.places[1:])]
    places = zip(sizes, case.places, strict=True)
    return tuple(lesion(number, size_mm, *place) for number, (size_mm, place) in enumerate(places, 1))


def outcome(
    patient_id: str, lesions: Sequence[Lesion], state: State = State.MEASURED, reason: str | None = None, study: int = 1
) -> Outcome:
    uid = f"1.2.{patient_id}.{study}"
    facts = StackFacts(
        uid, f"{uid}.1", 1, "CT", "/in", f"{patient_id}/{study}.dcm", 100, patient_id=patient_id, person=patient_id,
        row_spacing_mm=0.7, column_spacing_mm=0.7, slice_spacing_mm=1.0,
    )  # fmt: skip
    named = tuple(replace(one, tracking_uid=f"{uid}.9.{one.number}") for one in lesions)
    return Outcome(state, facts.path, facts, reason, lesions=named)


def lesion(number: int, size_mm: float, body_site: BodySite, laterality: Laterality, **changes: object) -> Lesion:
    made = _a_lesion()
    box, away = made.outline, 40 * number  # apart from the others, so that each is a mass
    numbers = replace(
        made.measurements,
        max_3d_diameter=replace(made.measurements.max_3d_diameter, length_mm=size_mm),
        long_axis=replace(made.measurements.long_axis, length_mm=0.9 * size_mm),
        centroid_lps_mm=(30.0 * number, 0.0, 0.0),
        large=size_mm >= Settings().large_diameter_mm,
        truncated=False,
    )
    start, stop = ((k, j, i + away) for k, j, i in (box.start_kji, box.stop_kji))
    return replace(
        made,
        number=number,
        outline=replace(box, start_kji=start, stop_kji=stop),
        measurements=numbers,
        tissue=Tissue.CALCIFIED_MASS,
        side=Side(laterality, SideSource.BODY_MIDLINE, 0.9),
        site=Site(body_site, SiteSource.GEOMETRY),
        **{"status": Status.ACCEPTED, **changes},
    )


@cache
def _a_lesion() -> Lesion:
    hu = np.full((6, 20, 24), 40)
    mask = np.zeros(hu.shape, dtype=bool)
    mask[2:4, 6:12, 6:14] = True
    hu[mask] = 800
    return assess(volume_of(hu, straight_grid(hu.shape, (2.0, 0.7, 0.9))), Outline.from_mask(mask), 1, Settings())


QUESTIONS = (
    Question("diffuse subset", Condition("subset", ("diffuse",)), Condition("large_mass")),
    Question("vessels", Condition("severe_vascular"), Condition("large_mass")),
    Question("antibody", Condition("antibody", ("anticentromere",)), Condition("large_mass")),
    Question("spine and surgery", Condition("site:spine"), Condition("surgery"), "cases"),
)


def cohort_with_follow_up(folder: Path) -> Cohort:
    """Tell this cohort; the clinical table lies in a folder."""
    path = folder / "clinical.csv"
    path.write_text(as_csv(clinical_rows()), encoding="utf-8")
    clinical = read_clinical(path, Dictionary())
    assert clinical.problems == ()
    gathered = gather(linked_studies(outcomes()), clinical, Pseudonyms(bytes(32), record_ids()))
    follow_ups = {"C00": FollowUp(400, "progression", 31.0), "C02": FollowUp(300, "stable", 3.0)}
    return tell(gathered.members(clinical, 20.0, follow_ups), gathered.tally, clinical.columns, QUESTIONS)

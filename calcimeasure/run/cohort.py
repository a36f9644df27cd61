"""A cohort: the clinical table beside what the store holds, told in tables and a report."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from calcimeasure.errors import InputPathError, OutputError
from calcimeasure.export.cohort import write_cohort
from calcimeasure.export.given import number_of, read_rows
from calcimeasure.model.cohort import NOT_IMAGED, Dictionary, FollowUp, Member
from calcimeasure.model.follow import Response
from calcimeasure.one_line import one_line
from calcimeasure.report.cohort_page import AboutCohort, write_cohort_page
from calcimeasure.results import audit_of, pseudonyms_of, store_that_is_there
from calcimeasure.run.cohort_clinical import read_clinical, refuse
from calcimeasure.run.cohort_dictionary import read_dictionary
from calcimeasure.settings import change_settings
from calcimeasure.study import linked_studies
from calcimeasure.study.cohort.findings import Seen, findings_of, with_reported
from calcimeasure.study.cohort.flow import Tally
from calcimeasure.study.cohort.tell import tell

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from calcimeasure.export import Naming
    from calcimeasure.export.given import Row
    from calcimeasure.model import Study
    from calcimeasure.model.cohort import Findings
    from calcimeasure.run.cohort_clinical import Clinical
    from calcimeasure.run.progress import Say


@dataclass(frozen=True, slots=True)
class CohortOrder:
    """What is to be told.

    Parameters
    ----------
    clinical
        The clinical table.
    out
        The folder for the tables and the report.
    dictionary
        How the registry names columns and words, and which associations are asked; None: as they are named here, none.
    accepted_alone
        Whether only masses count that a reader accepted.
    """

    clinical: Path
    out: Path
    dictionary: Path | None = None
    accepted_alone: bool = False


@dataclass(frozen=True, slots=True)
class CohortDone:
    """What was written: the files, the patients of the table, and those of them who are cases."""

    paths: tuple[Path, ...]
    patients: int
    cases: int
    followed: int
    untested: int


def cohort_folder(folder: Path, order: CohortOrder, say: Say) -> CohortDone:
    """Tell a cohort.

    Parameters
    ----------
    folder
        A folder written by ``calcimeasure measure``.
    order
        What is to be told.
    say
        Takes lines that a person has to know at once.

    Raises
    ------
    InputPathError
        The folder was not written by ``calcimeasure measure``, the clinical table or the dictionary cannot be taken as
        it is, or the store has patients who are not in the table.
    KeyFileError
        The key of the pseudonyms cannot be used.
    OutputError
        A file cannot be written.
    """
    dictionary = read_dictionary(order.dictionary) if order.dictionary else Dictionary()
    clinical = read_clinical(order.clinical, dictionary)
    with store_that_is_there(folder, say) as (store, settings):
        naming = pseudonyms_of(store, change_settings(settings, {"record_map": ""}), folder, say)
        gathered = gather(linked_studies(store.outcomes()), clinical, naming, accepted_alone=order.accepted_alone)
        refuse(order.clinical, clinical, gathered.strangers)
        members = gathered.members(clinical, settings.large_diameter_mm, follow_ups(folder / "responses.csv", say))
        cohort = tell(members, gathered.tally, clinical.columns, dictionary.questions)
        audit = audit_of(store, "cohort")
        paths = write_cohort(cohort, _made(order.out), audit)
        about = AboutCohort(settings.large_diameter_mm, order.accepted_alone)
        paths.append(write_cohort_page(cohort, about, order.out / "cohort.html", audit))
    return CohortDone(
        tuple(paths),
        len(members),
        sum(one.is_case for one in members),
        sum(one.follow_up is not None for one in members),
        sum(one.not_tested is not None for one in cohort.associations),
    )


def _made(out: Path) -> Path:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"--out {out} cannot be made: {error.strerror or error}.") from error
    return out


@dataclass(frozen=True, slots=True)
class Gathered:
    """What the store holds: the findings of each patient of the clinical table, and what was counted on the way.

    Parameters
    ----------
    strangers
        Patients who are not in the clinical table, with the number of their studies.
    """

    findings: Mapping[str, Findings]
    tally: Tally
    strangers: Mapping[str, int] = field(default_factory=dict)

    def members(self, clinical: Clinical, large_diameter_mm: float, follow_ups: Mapping[str, FollowUp]) -> list[Member]:
        """Put the rows of the clinical table beside it."""
        return [
            Member(
                patient,
                with_reported(patient, self.findings.get(patient.record_id, NOT_IMAGED), large_diameter_mm),
                follow_ups.get(patient.record_id),
            )
            for patient in clinical.patients
        ]


def gather(studies: Iterable[Study], clinical: Clinical, naming: Naming, *, accepted_alone: bool = False) -> Gathered:
    """Gather what studies show of each patient.

    Parameters
    ----------
    studies
        Of the store, with their links.
    clinical
        The clinical table.
    naming
        How patients are named in lesions.csv, and so in the clinical table.
    accepted_alone
        Whether only masses count that a reader accepted.
    """
    known = {one.record_id for one in clinical.patients}
    tally, seen = Tally(), defaultdict[str, list[Seen]](list)
    unknown: dict[str, int] = defaultdict(int)
    for study in studies:
        key = naming.patient_key(study.stack) if study.stack else None
        tally.take(study, has_patient=key is not None)
        if key is not None and key not in known:
            unknown[key] += 1
        elif key is not None:
            seen[key].append(Seen.of(study))
    found = {key: findings_of(some, accepted_alone=accepted_alone) for key, some in seen.items()}
    return Gathered(found, tally, unknown)


_OF_RESPONSES: Final = {"patient_key", "comparison", "days", "interval", "prior_volume_ml", "change_ml"}


def follow_ups(path: Path, say: Say) -> dict[str, FollowUp]:
    """Read what `follow` found: of each patient the comparison of the first with the last date.

    Parameters
    ----------
    path
        responses.csv of the folder.
    say
        Takes lines that a person has to know at once.

    Raises
    ------
    InputPathError
        The file is there and cannot be read, or is not as `follow` wrote it.
    """
    if not path.is_file():
        return {}
    found: dict[str, FollowUp] = {}
    rows = read_rows(path, str(path), InputPathError)
    if lacking := sorted(_OF_RESPONSES - set(rows[0].cells if rows else _OF_RESPONSES)):
        raise InputPathError(f"{path}: the columns {', '.join(lacking)} are missing. Run `calcimeasure follow` again.")
    for row in rows:
        key = row.cell("patient_key")
        if row.cell("comparison") != "baseline" or not key:
            continue
        one = _follow_up(path, row)
        if key not in found or found[key].days < one.days:
            found[key] = one
    if rows and not found:
        say("responses.csv compares each date with the one before: outcomes.csv needs `follow --comparison baseline`.")
    return found


def _follow_up(path: Path, row: Row) -> FollowUp:
    days, interval = row.cell("days"), row.cell("interval")
    volumes = [row.cell(name) for name in ("prior_volume_ml", "change_ml")]
    wrong = [
        name
        for name, is_right in (
            ("days", days.isascii() and days.isdecimal()),
            ("interval", interval in list(Response)),
            ("prior_volume_ml", not volumes[0] or number_of(volumes[0]) is not None),
            ("change_ml", not volumes[1] or number_of(volumes[1]) is not None),
        )
        if not is_right
    ]
    if wrong:
        raise InputPathError(
            f"{path}, line {row.line}: {', '.join(f'{name} {one_line(row.cell(name))!r}' for name in wrong)} is not as "
            "`calcimeasure follow` writes it (another program may have saved it). Run `calcimeasure follow` again."
        )
    return FollowUp(int(days), interval, _percent(interval, number_of(volumes[0]), number_of(volumes[1])))


def _percent(interval: str, prior_ml: float | None, change_ml: float | None) -> float | None:
    if interval == Response.NOT_EVALUABLE or change_ml is None or not prior_ml or prior_ml < 0:
        return None
    return 100.0 * change_ml / prior_ml

"""A cohort: clinical rows, what the images of each patient show, and the rows that are written about all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from calcimeasure.model.vocabulary import BodySite, Laterality

if TYPE_CHECKING:
    from collections.abc import Mapping


class Source(StrEnum):
    """Where a patient comes from. Patients of the literature are cases alone: they are no part of the denominator."""

    COHORT = "cohort"
    LITERATURE = "literature"


class Sex(StrEnum):
    """Sex of a patient."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"


class VitalStatus(StrEnum):
    """Whether a patient lives."""

    ALIVE = "alive"
    DECEASED = "deceased"


class ClinicalOutcome(StrEnum):
    """What became of the masses, as a clinician says it."""

    IMPROVEMENT = "improvement"
    PARTIAL_IMPROVEMENT = "partial_improvement"
    UNCHANGED = "unchanged"
    WORSENING = "worsening"


class Subset(StrEnum):
    """Subset of systemic sclerosis (LeRoy 1988, J Rheumatol 15:202, and sine scleroderma)."""

    DIFFUSE = "diffuse"
    LIMITED = "limited"
    SINE_SCLERODERMA = "sine_scleroderma"
    OVERLAP = "overlap"


class Antibody(StrEnum):
    """The antibody of a patient."""

    ANTICENTROMERE = "anticentromere"
    ANTITOPOISOMERASE = "antitopoisomerase"
    ANTI_RNA_POLYMERASE_III = "anti_rna_polymerase_iii"
    ANTI_U3_RNP = "anti_u3_rnp"
    ANTI_PM_SCL = "anti_pm_scl"
    OTHER = "other"
    NEGATIVE = "negative"


class Treatment(StrEnum):
    """What was given against calcinosis; `none` is written where nothing was."""

    NONE = "none"
    BISPHOSPHONATE = "bisphosphonate"
    CALCIUM_CHANNEL_BLOCKER = "calcium_channel_blocker"
    COLCHICINE = "colchicine"
    CORTICOSTEROID = "corticosteroid"
    IMMUNOGLOBULIN = "immunoglobulin"
    MINOCYCLINE = "minocycline"
    RITUXIMAB = "rituximab"
    SODIUM_THIOSULFATE = "sodium_thiosulfate"
    WARFARIN = "warfarin"
    OTHER = "other"


WORDS: Final[Mapping[str, type[StrEnum]]] = {
    "source": Source,
    "sex": Sex,
    "subset": Subset,
    "antibody": Antibody,
    "vital_status": VitalStatus,
    "outcome": ClinicalOutcome,
    "treatments": Treatment,
}
"""Columns of the clinical table that hold words, with their words."""

OPEN: Final = ("subset", "antibody", "treatments")
"""Of these, the columns to which a dictionary may add words."""

ANSWERS: Final = ("severe_vascular", "ulcer_fistula", "infection", "nerve_compression", "surgery")
"""Columns that hold yes or no."""

NUMBERS: Final[Mapping[str, tuple[str, float]]] = {
    "age_years": ("a", 120.0),
    "disease_duration_years": ("a", 120.0),
    "reported_largest_mm": ("mm", 1000.0),
}
"""Columns that hold a number, with its unit (UCUM) and the largest value that is believed."""

RECORD_ID: Final = "record_id"
REPORTED_SITES: Final = "reported_sites"
CLINICAL_COLUMNS: Final = (RECORD_ID, *WORDS, *ANSWERS, *NUMBERS, REPORTED_SITES)
"""Every column of the clinical table that is read."""

PUBLISHED_PERCENT: Final[Mapping[BodySite, int]] = {
    BodySite.HAND_WRIST: 52,
    BodySite.SHOULDER: 29,
    BodySite.ELBOW: 29,
    BodySite.SPINE: 25,
    BodySite.HIP: 20,
}
"""Of 56 patients with pseudotumoral calcinosis, those with a mass at a site (doi 10.1016/j.semarthrit.2020.03.009)."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mass lies; UNKNOWN where that is not known."""

    body_site: BodySite = BodySite.UNKNOWN
    laterality: Laterality = Laterality.UNKNOWN


@dataclass(frozen=True, slots=True)
class Patient:
    """A row of the clinical table, in the words of this program. What is missing is not in it.

    Parameters
    ----------
    record_id
        As `patient_key` in lesions.csv.
    words, answers, numbers
        By column.
    treatments
        None if it is not known; empty if nothing was given.
    reported
        Where masses lie according to the row; None if it does not say so.
    """

    record_id: str
    source: Source = Source.COHORT
    words: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, bool] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)
    treatments: tuple[str, ...] | None = None
    reported: tuple[Place, ...] | None = None


class Unknown(StrEnum):
    """Why it is not known whether a patient has a large mass (keys of `calcimeasure.codes.COHORT_REASONS`)."""

    NO_IMAGE = "no_image"
    FAILED = "failed"
    SKIPPED = "skipped"
    NO_MILLIMETERS = "no_millimeters"
    TRUNCATED = "truncated"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class CohortMass:
    """A mass of a patient, counted once in its study.

    Parameters
    ----------
    size_mm
        Its largest dimension, by which `large` is judged; None without millimeters.
    large
        None if it is not known, as `unknown` says.
    accepted
        Whether a reader accepted it.
    """

    place: Place
    size_mm: float | None
    large: bool | None
    unknown: Unknown | None = None
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class Findings:
    """What is known of the masses of a patient: from all studies, or from the clinical row where nothing was measured.

    Parameters
    ----------
    large
        Whether the patient has a large mass; None if it is not known, as `unknown` says.
    masses
        Every mass of every study.
    places
        Where large masses lie.
    maybe
        Where lesions lie of which it is not known whether they are large masses.
    any_mass
        Whether the patient has a mass of any size; None if it is not known.
    largest_mm
        The largest dimension of the largest mass.
    unmeasured
        Why no stack was measured; None if one was.
    has_failed_stack
        Whether a stack was measured and another one could not be.
    reported
        Whether all this is as the clinical row says.
    """

    large: bool | None
    unknown: Unknown | None = None
    masses: tuple[CohortMass, ...] = ()
    places: tuple[Place, ...] = ()
    maybe: tuple[Place, ...] = ()
    any_mass: bool | None = None
    largest_mm: float | None = None
    unmeasured: Unknown | None = None
    has_failed_stack: bool = False
    reported: bool = False


NOT_IMAGED: Final = Findings(None, Unknown.NO_IMAGE, unmeasured=Unknown.NO_IMAGE)
"""What is known of a patient of whom the store has nothing."""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """How the masses of a patient changed from the first to the last date, as responses.csv says.

    Parameters
    ----------
    days
        Between both dates.
    response
        The response by the interval of the summed volume.
    change_percent
        Change of the summed volume; None if it is not known.
    """

    days: int
    response: str
    change_percent: float | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A patient with what is known of the masses, and how they changed."""

    patient: Patient
    findings: Findings
    follow_up: FollowUp | None = None

    @property
    def is_case(self) -> bool:
        """Whether the patient is known to have a large mass."""
        return self.findings.large is True


class LeftOut(StrEnum):
    """Why a study or file is left out of a cohort (keys of `calcimeasure.codes.COHORT_REASONS`)."""

    NO_PATIENT = "no_patient"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class FlowRow:
    """A step of the flow: how many of a unit, of which step they are a part, and why."""

    step: str
    unit: str
    count: int
    parent: str = ""
    reason: str = ""
    strobe: str = "13a"
    note: str = ""


class Method(StrEnum):
    """How a row of cohort.csv or outcomes.csv was made."""

    SHARE = "share"
    LOWER_BOUND = "lower_bound"
    UPPER_BOUND = "upper_bound"
    QUANTITY = "quantity"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number of several patients: median and quartiles, mean and SD, range. SD is None for one value."""

    median: float
    q1: float
    q3: float
    mean: float
    sd: float | None
    minimum: float
    maximum: float


@dataclass(frozen=True, slots=True)
class CohortRow:
    """A row of cohort.csv or outcomes.csv.

    Parameters
    ----------
    count
        How many have the item; None for a quantity.
    total
        Of how many (the denominator).
    missing
        In how many of the group the item is not known. They are no part of `total`, except in bounds.
    interval
        95 % interval of the share, 0..1; None without denominator and for a quantity.
    """

    group: str
    item: str
    count: int | None
    total: int
    missing: int
    method: Method
    interval: tuple[float, float] | None = None
    quantity: Quantity | None = None
    unit: str = ""
    strobe: str = ""
    note: str = ""

    @property
    def percent(self) -> float | None:
        """The share in percent."""
        return 100.0 * self.count / self.total if self.count is not None and self.total else None


@dataclass(frozen=True, slots=True)
class Condition:
    """What a patient has or does not have: an item of the cohort, and of a column of words those that count.

    Parameters
    ----------
    item
        A column of the clinical table, or large_mass, several_sites, symmetric, or site:NAME.
    words
        Words of the column that count as yes; every other known word counts as no.
    at_least
        From which number on a column of numbers counts as yes.
    """

    item: str
    words: tuple[str, ...] = ()
    at_least: float | None = None

    @property
    def text(self) -> str:
        """The condition as it stands in associations.csv."""
        if self.at_least is not None:
            return f"{self.item}>={self.at_least:g}"
        return f"{self.item}={'|'.join(self.words)}" if self.words else self.item


@dataclass(frozen=True, slots=True)
class Question:
    """An association that was fixed before it was computed.

    Parameters
    ----------
    group
        Among whom: a group of cohort.csv.
    """

    name: str
    exposure: Condition
    outcome: Condition
    group: str = "cohort"


class NotTested(StrEnum):
    """Why an association was not tested."""

    COLUMN_MISSING = "column_missing"
    NO_VARIATION = "no_variation"


@dataclass(frozen=True, slots=True)
class Association:
    """An association: its 2 x 2 table, odds ratio, and test.

    Parameters
    ----------
    table
        Exposed with and without the outcome, then not exposed with and without it.
    missing
        Members of the group of whom exposure or outcome is not known.
    odds_ratio
        Conditional maximum likelihood estimate; None if it was not tested, or is not finite.
    low, high
        Exact 95 % interval; high is None where it is not bounded.
    p, p_holm
        Fisher's exact test, two-sided, and adjusted by Holm among all that were tested.
    """

    question: Question
    table: tuple[int, int, int, int]
    missing: int
    not_tested: NotTested | None = None
    odds_ratio: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    p_holm: float | None = None

    @property
    def total(self) -> int:
        """How many are in the table."""
        return sum(self.table)


@dataclass(frozen=True, slots=True)
class Dictionary:
    """How a registry names what this program reads, and which associations are asked.

    Parameters
    ----------
    columns
        By the name of a column here: its name in the clinical table.
    words
        By column: for each word of the registry the word of this program.
    missing
        Cells that say that a value is not known, beside the empty one.
    separator
        Between several treatments or sites of one cell.
    questions
        The associations.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    separator: str = ";"
    questions: tuple[Question, ...] = ()

    def column(self, name: str) -> str:
        """Give the name that a column has in the clinical table."""
        return self.columns.get(name, name).strip()


@dataclass(frozen=True, slots=True)
class Cohort:
    """Everything that is written of a cohort.

    Parameters
    ----------
    sizes
        The largest mass of each case in mm, and whether it is reported and not measured; smallest first.
    """

    flow: tuple[FlowRow, ...]
    rows: tuple[CohortRow, ...]
    associations: tuple[Association, ...]
    outcomes: tuple[CohortRow, ...]
    sizes: tuple[tuple[float, bool], ...]

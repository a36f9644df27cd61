"""What the report shows of a study: the cells of its tables as texts, its pictures, and what was not measured."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from calcimeasure.analysis.indexed_png import facts_of
from calcimeasure.codes import REASONS
from calcimeasure.export.columns import cell_of
from calcimeasure.export.lesions import LESION_COLUMNS, lesion_rows
from calcimeasure.export.studies import STUDY_COLUMNS
from calcimeasure.known_values import known_modality
from calcimeasure.model import State

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from calcimeasure.export.columns import Column
    from calcimeasure.export.pseudonym import Naming
    from calcimeasure.model import Lesion, PointLps, StackFacts, Status, Study

Row = TypeVar("Row")

SHOWN_COLUMNS: Final = frozenset(
    """
    series_number stack_number modality view_position lesion_number study_lesion_number primary status algorithm_type
    reader reviewed_at tissue tissue_confidence laterality laterality_source laterality_confidence laterality_conflict
    laterality_hint distance_to_midline_mm site site_detail site_source pair_number large long_axis_mm short_axis_mm
    long_axis_instance_number max_3d_diameter_mm volume_ml volume_u95_ml parts envelope_ml fill_fraction morphology
    fluid_level skin_distance_mm canal canal_narrowed_percent area_mm2 mean_hu sd_hu max_hu long_axis_u95_mm
    max_3d_diameter_u95_mm touches_bone truncated long_axis_px short_axis_px area_px spacing_source slice_spacing_mm
    notices software_version settings_hash
    """.split()  # noqa: SIM905 - a list of words
)
"""The columns of lesions.csv that the report shows or speaks of."""


class Pictures(Protocol):
    """Where the pictures of lesions and the overviews of stacks come from; None where there is none."""

    def thumbnail(self, lesion: Lesion, /) -> bytes | None:
        """Give the picture of a lesion with its current outline."""

    def overview(self, stack: StackFacts, /) -> bytes | None:
        """Give the overview of a stack."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A row of lesions.csv.

    Parameters
    ----------
    cells
        Its cells by the name of the column, as the table has them.
    is_mass
        Whether it counts as a calcified mass.
    size_mm, volume_ml
        Its largest dimension and its volume; None if they are not known.
    place_lps_mm
        Its centroid; None on a radiograph.
    picture
        A PNG; None if none was drawn of its current outline.
    """

    cells: Mapping[str, str]
    is_mass: bool
    size_mm: float | None
    volume_ml: float | None
    place_lps_mm: PointLps | None
    picture: bytes | None

    @property
    def number(self) -> str:
        """The number of the mass in its study; empty for what is no mass."""
        return self.cells["study_lesion_number"] if self.is_mass else ""

    @property
    def is_primary(self) -> bool:
        """Whether it is the row that stands for its mass."""
        return self.cells["primary"] == "true"


@dataclass(frozen=True, slots=True)
class StackView:
    """A stack that was measured: in words, its findings, largest first, and its overview."""

    title: str
    findings: tuple[Finding, ...]
    overview: bytes | None


@dataclass(frozen=True, slots=True)
class NotMeasured:
    """Stacks or files that were not measured for one reason."""

    state: str
    reason: str
    modality: str
    count: int

    @property
    def sentence(self) -> str:
        """What the reason means."""
        return REASONS.get(self.reason, "")


@dataclass(frozen=True, slots=True)
class StudyView:
    """A study: the cells of its row of studies.csv, its measured stacks, and what was not measured.

    Parameters
    ----------
    notices
        The notices of its measured stacks, each with the titles of the stacks.
    """

    cells: Mapping[str, str]
    stacks: tuple[StackView, ...]
    not_measured: tuple[NotMeasured, ...]
    notices: Mapping[str, tuple[str, ...]]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every row of its lesions."""
        return tuple(one for stack in self.stacks for one in stack.findings)

    @property
    def masses(self) -> tuple[Finding, ...]:
        """The masses, each once, largest first."""
        return tuple(sorted((one for one in self.findings if one.is_mass and one.is_primary), key=_largest_first))


def _largest_first(finding: Finding) -> tuple[float, float]:
    return (-(finding.volume_ml or 0.0), -(finding.size_mm or 0.0))


class Viewer:
    """Makes what the report shows of a study.

    Parameters
    ----------
    naming
        How patients, dates and UIDs are named.
    pictures
        Where pictures come from.
    statuses
        The lesions to show.
    all_tissues
        Whether to show what is no calcified mass.
    """

    def __init__(
        self, naming: Naming, pictures: Pictures, statuses: Collection[Status], all_tissues: bool = False
    ) -> None:
        self._pictures, self._statuses, self._all_tissues = pictures, statuses, all_tissues
        self._lesion_cells = _cells(LESION_COLUMNS, naming, SHOWN_COLUMNS)
        self._study_cells = _cells(STUDY_COLUMNS, naming)

    def view(self, study: Study) -> StudyView:
        """Show a study, of whose lesions only those with the chosen statuses count."""
        study = replace(
            study,
            outcomes=tuple(
                replace(one, lesions=tuple(lesion for lesion in one.lesions if lesion.status in self._statuses))
                for one in study.outcomes
            ),
        )
        stacks, notices = [], dict[str, tuple[str, ...]]()
        for outcome in study.outcomes:
            if outcome.stack is None or outcome.state is not State.MEASURED:
                continue
            title = title_of(outcome.stack)
            for code in outcome.notices or ():
                notices[code] = (*notices.get(code, ()), title)
            findings = []
            for row in lesion_rows(study, outcome, self._statuses, self._all_tissues):
                lesion, numbers = row.lesion, row.lesion.measurements
                findings.append(
                    Finding(
                        {name: cell(row) for name, cell in self._lesion_cells},
                        lesion.is_mass,
                        numbers.largest_mm,
                        numbers.volume_ml,
                        getattr(numbers, "centroid_lps_mm", None),
                        self._picture(lesion),
                    )
                )
            seen = self._pictures.overview(outcome.stack) if findings else None
            stacks.append(StackView(title, tuple(findings), seen))
        cells = {name: cell(study) for name, cell in self._study_cells} if study.stack else {}
        return StudyView(cells, tuple(stacks), not_measured_of(study), notices)

    def _picture(self, lesion: Lesion) -> bytes | None:
        png = self._pictures.thumbnail(lesion)
        # Earlier versions cropped radiographs less closely, so that names at the border of a film can be seen.
        is_cropped = lesion.measurements.place_lps_mm is not None or (png is not None and facts_of(png))
        return png if is_cropped else None


def _cells(
    columns: Iterable[Column[Row]], naming: Naming, names: Collection[str] | None = None
) -> list[tuple[str, Callable[[Row], str]]]:
    return [(column.name, cell_of(column, naming)) for column in columns if names is None or column.name in names]


def title_of(stack: StackFacts) -> str:
    """Name a stack without any text of its header: CT, series 3, stack 2."""
    words = [known_modality(stack.modality) or "image"]
    if stack.series_number is not None:
        words.append(f"series {stack.series_number}")
    if stack.stack_number > 1:
        words.append(f"stack {stack.stack_number}")
    return ", ".join(words)


def not_measured_of(study: Study) -> tuple[NotMeasured, ...]:
    """Count what was not measured, by reason: failed ones first."""
    counts = Counter(
        (str(one.state), one.reason or "", known_modality(one.stack.modality) if one.stack else "")
        for one in study.outcomes
        if one.state is not State.MEASURED
    )
    return tuple(NotMeasured(*key, count) for key, count in sorted(counts.items()))

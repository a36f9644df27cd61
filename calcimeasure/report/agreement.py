"""The page of the agreement of readings, in the look of the report: figures as agreement.csv has them, and plots."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Final

from calcimeasure.export.agreement import STATISTICS
from calcimeasure.model.agreement import NUMBERS, Selection
from calcimeasure.report.differences import differences
from calcimeasure.report.html import environment_of, policy_of, text_of, write_page
from calcimeasure.version import software_version

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from jinja2 import Template
    from markupsafe import Markup

    from calcimeasure.export.agreement import AgreementRow, PairRow
    from calcimeasure.export.columns import Audit
    from calcimeasure.model.agreement import Statistic
    from calcimeasure.model.numbers import Number

_UNITS: Final = {"[hnsf'U]": "HU", "mm2": "mm²"}
"""Units of UCUM as a person writes them."""

_HEADS: Final = {
    Selection.ALL: "All masses",
    Selection.REDRAWN: "Masses that at least one reading redrew",
    Selection.BLANK: "Readings that began blank",
}

_NUMBER_COLUMNS: Final = {
    "icc_2_1": "ICC(2,1)",
    "bias": "Bias",
    "limits": "Limits of agreement",
    "within_cv": "wCV %",
    "repeatability": "Repeatability",
}

_OTHERS: Final = (
    ("outline", "dice", "Outlines: mean Dice"),
    ("detection", "positive_agreement", "Detection: positive agreement"),
    ("tissue", "kappa", "Tissue: kappa"),
    ("tissue", "same", "Tissue: same word"),
    ("laterality", "kappa", "Side: kappa"),
    ("laterality", "same", "Side: same word"),
    ("site", "kappa", "Site: kappa"),
    ("site", "same", "Site: same word"),
)


Cell = tuple[str, str]
"""A figure, and what stands below it: its interval."""


@dataclass(frozen=True, slots=True)
class NumberLine:
    """A number in a table: what it is, its unit, on how many masses and patients it rests, and its cells."""

    name: str
    images: str
    unit: str
    masses: int
    patients: int
    on_logarithm: bool
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """What the page says of two readings.

    Parameters
    ----------
    first, second
        Their names.
    sentences
        What stands first: how much was accepted as the program proposed it.
    tables
        Head and lines of the table of numbers, for each selection that has some.
    empty
        The selections without a mass.
    others
        For outlines, detection and words: the row head, and a cell for each selection.
    plots
        Differences beside means.
    """

    first: str
    second: str
    sentences: tuple[str, ...]
    tables: tuple[tuple[str, tuple[NumberLine, ...]], ...]
    empty: tuple[str, ...]
    others: tuple[tuple[str, tuple[Cell, ...]], ...]
    plots: tuple[Markup, ...]


def write_agreement_page(
    path: Path,
    rows: Sequence[AgreementRow],
    pairs: Sequence[PairRow],
    stacks: int,
    patients: int,
    audit: Audit | None = None,
) -> None:
    """Write the page.

    Parameters
    ----------
    path
        The file.
    rows, pairs
        The rows of agreement.csv and agreement_pairs.csv.
    stacks, patients
        How many stacks were compared, and of how many patients.
    audit
        Called before the page gets its name.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    readings = list(dict.fromkeys((row.first, row.second) for row in rows))
    compared = [_compared(names, rows, pairs) for names in readings]
    style = text_of("report.css") + text_of("agreement.css")
    page = _template().render(
        compared=compared,
        stacks=stacks,
        patients=patients,
        selections=[_HEADS[one] for one in Selection],
        number_heads=list(_NUMBER_COLUMNS.values()),
        statistics=STATISTICS,
        style=style,
        policy=policy_of(style),
        version=software_version(),
    )
    write_page(page, path, len(pairs), audit)


def _compared(names: tuple[str, str], rows: Sequence[AgreementRow], pairs: Sequence[PairRow]) -> Compared:
    found = [row.statistic for row in rows if (row.first, row.second) == names]
    tables = [(selection, _number_lines(found, selection)) for selection in Selection]
    return Compared(
        first=names[0],
        second=names[1],
        sentences=tuple(_unchanged_sentences(names, found)),
        tables=tuple((_HEADS[selection], lines) for selection, lines in tables if lines),
        empty=tuple(_HEADS[selection] for selection, lines in tables if not lines),
        others=tuple((head, _cells(found, quantity, name)) for quantity, name, head in _OTHERS),
        plots=tuple(_plots(found, [row for row in pairs if (row.first, row.second) == names])),
    )


def _unchanged_sentences(names: tuple[str, str], found: Sequence[Statistic]) -> list[str]:
    shares = {one.name: one for one in found if one.quantity == "accepted"}
    sentences = []
    whose = {"unchanged_first": names[0], "unchanged_second": names[1]}
    for statistic, name in whose.items():
        share = shares[statistic]
        if name != "program" and share.value is not None:
            sentences.append(
                f"{name} accepted {_percent(share.value)} of {share.count} masses as the program proposed."
            )
    both = shares["unchanged_both"]
    if both.value:
        sentences.append(
            f"In {_percent(both.value)} of the {both.count} masses of both, neither reading changed the proposal: here "
            "the program agrees with itself, and the figures over all masses say little about readers."
        )
    return sentences


def _by_number(found: Sequence[Statistic], selection: Selection) -> Iterator[tuple[Number, str, dict[str, Statistic]]]:
    """Give the figures of each number that was compared, on CT and on radiographs, by their names."""
    for number, images in product(NUMBERS, ("CT", "radiograph")):
        wanted = (selection, number.name, images)
        own = {one.name: one for one in found if (one.selection, one.quantity, one.images) == wanted}
        if own:
            yield number, images, own


def _number_lines(found: Sequence[Statistic], selection: Selection) -> tuple[NumberLine, ...]:
    return tuple(_number_line(number.name, images, own) for number, images, own in _by_number(found, selection))


def _number_line(name: str, images: str, own: dict[str, Statistic]) -> NumberLine:
    first, bias = own["icc_2_1"], own["bias"]
    decimals = 3 if bias.on_logarithm else 2
    limits = f"{_value(own['limit_low'], decimals)} to {_value(own['limit_high'], decimals)}"
    repeatability = own["repeatability"]
    return NumberLine(
        name=name,
        images=images,
        unit=_UNITS.get(repeatability.unit, repeatability.unit),
        masses=first.count,
        patients=first.patients,
        on_logarithm=bias.on_logarithm,
        cells=(
            _with_interval(first, 3),
            _with_interval(bias, decimals),
            (limits, ""),
            _with_interval(own.get("within_cv"), 1),
            _with_interval(repeatability, 2),
        ),
    )


def _cells(found: Sequence[Statistic], quantity: str, name: str) -> tuple[Cell, ...]:
    cells: list[Cell] = []
    for selection in Selection:
        own = [one for one in found if (one.selection, one.quantity, one.name) == (selection, quantity, name)]
        if own and own[0].count:
            value, ends = _with_interval(own[0], 3)
            cells.append((value, ", ".join(filter(None, (ends, f"masses: {own[0].count}")))))
        else:
            cells.append(("", ""))
    return tuple(cells)


def _plots(found: Sequence[Statistic], pairs: Sequence[PairRow]) -> list[Markup]:
    """Plot each number that has a length, an area or a volume in physical units."""
    plots = []
    for number, images, own in _by_number(found, Selection.ALL):
        points = [
            (both, row.pair.is_redrawn)
            for row in pairs
            if (row.stack.modality == "CT") == (images == "CT") and (both := row.pair.values(number.name)) is not None
        ]
        if len(points) > 1:
            plots.append(differences(f"{number.name}, {images}", _UNITS.get(number.unit, number.unit), points, own))
    return plots


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _value(statistic: Statistic | None, decimals: int) -> str:
    return "" if statistic is None or statistic.value is None else f"{statistic.value:.{decimals}f}"


def _with_interval(statistic: Statistic | None, decimals: int) -> Cell:
    if statistic is None or statistic.value is None:
        return "not defined", ""
    value = f"{statistic.value:.{decimals}f}"
    if statistic.low is None or statistic.high is None:
        return value, ""
    return value, f"{statistic.low:.{decimals}f} to {statistic.high:.{decimals}f}"


@cache
def _template() -> Template:
    return environment_of({}).get_template("agreement.html")

"""agreement.csv: a row for each figure of two readings; agreement_pairs.csv: a row for each mass of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from calcimeasure.export.columns import Column, study_columns
from calcimeasure.export.described import write_described
from calcimeasure.model import BodySite, Laterality, Tissue
from calcimeasure.model.agreement import NUMBERS, Selection, word_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from calcimeasure.export.columns import Audit
    from calcimeasure.export.pseudonym import Naming
    from calcimeasure.model import StackFacts
    from calcimeasure.model.agreement import ReadLesion, ReadPair, Statistic
    from calcimeasure.model.numbers import Number

STATISTICS = {
    "unchanged_first": "share of the masses of the first reading that were accepted as proposed",
    "unchanged_second": "share of the masses of the second reading that were accepted as proposed",
    "unchanged_both": "share of the masses of both readings that both accepted as proposed",
    "icc_2_1": "intraclass correlation ICC(2,1): two-way random effects, absolute agreement, one reading",
    "bias": "mean difference, second less first; on the logarithm the ratio, second to first",
    "limit_low": "lower limit of agreement, bias less 1.96 standard deviations",
    "limit_high": "upper limit of agreement",
    "within_sd": "within-subject standard deviation",
    "repeatability": "repeatability coefficient, 2.77 within-subject standard deviations",
    "within_cv": "within-subject coefficient of variation, root mean square",
    "repeatability_percent": "repeatability coefficient in percent, 2.77 within-subject coefficients of variation",
    "dice": "mean Dice coefficient of the outlines of both readings",
    "kappa": "Cohen's kappa, unweighted; empty where both readings have one word throughout",
    "same": "share of masses with the same word",
    "positive_agreement": "2 x found by both / (2 x found by both + found by one)",
}
"""Each statistic of agreement.csv, with its meaning."""


@dataclass(frozen=True, slots=True)
class AgreementRow:
    """A figure of two readings."""

    first: str
    second: str
    statistic: Statistic


@dataclass(frozen=True, slots=True)
class PairRow:
    """A mass of two readings, in a stack."""

    first: str
    second: str
    stack: StackFacts
    is_blank: bool
    pair: ReadPair


def _readings() -> tuple[Column[Any], ...]:
    return (
        Column("first_reading", "string", "The first reading.", lambda row: row.first, required=True),
        Column(
            "second_reading",
            "string",
            "The second reading; program: what the program proposed; other: in front of one of the second folder.",
            lambda row: row.second,
            required=True,
        ),
    )


AGREEMENT_COLUMNS: tuple[Column[AgreementRow], ...] = (
    *_readings(),
    Column(
        "selection",
        "string",
        "Of which masses: all, those whose outline at least one reading redrew, or those of readings that began blank.",
        lambda row: row.statistic.selection,
        words=Selection,
        required=True,
    ),
    Column(
        "images",
        "string",
        "Of which images; empty: of all.",
        lambda row: row.statistic.images or None,
        words=("CT", "radiograph"),
    ),
    Column(
        "quantity",
        "string",
        "What is compared: a column of lesions.csv, or accepted, outline, detection, tissue, laterality, site. "
        "tissue: of all lesions that both readings judged, a rejected mass counts as rejected.",
        lambda row: row.statistic.quantity,
        required=True,
    ),
    Column(
        "statistic",
        "string",
        "; ".join(f"{name}: {meaning}" for name, meaning in STATISTICS.items()) + ".",
        lambda row: row.statistic.name,
        words=tuple(STATISTICS),
        required=True,
    ),
    Column("value", "number", "Its value; empty where it is not defined.", lambda row: row.statistic.value, decimals=4),
    Column(
        "low",
        "number",
        "Lower end of its 95 % interval, by a bootstrap over patients; empty below 5 patients.",
        lambda row: row.statistic.low,
        decimals=4,
    ),
    Column("high", "number", "Upper end of it.", lambda row: row.statistic.high, decimals=4),
    Column(
        "unit", "string", "Unit of the three, in UCUM; empty: a pure number.", lambda row: row.statistic.unit or None
    ),
    Column(
        "on_logarithm",
        "boolean",
        "Whether it was computed on the logarithm, because the sizes are skewed.",
        lambda row: row.statistic.on_logarithm,
        required=True,
    ),
    Column("masses", "integer", "Masses that it rests on.", lambda row: row.statistic.count, required=True),
    Column("patients", "integer", "Patients with such masses.", lambda row: row.statistic.patients, required=True),
)


def _of(row: PairRow, place: int) -> ReadLesion | None:
    return row.pair.first if place == 0 else row.pair.second


def _named(row: PairRow, place: int, quantity: str) -> str | None:
    read = _of(row, place)
    return None if read is None else word_of(read.lesion, quantity)


def _number(row: PairRow, place: int, number: Number) -> float | None:
    read = _of(row, place)
    return None if read is None else read.number(number.name)


def _of_each_reading(place: int, name: str) -> tuple[Column[PairRow], ...]:
    """Make the columns of what a reading has of the mass; all are empty where it does not have the mass."""

    def uid(naming: Naming, row: PairRow) -> object:
        read = _of(row, place)
        return None if read is None else naming.uid(read.lesion.tracking_uid)

    def lesion_number(row: PairRow) -> int | None:
        read = _of(row, place)
        return None if read is None else read.lesion.number

    def is_unchanged(row: PairRow) -> bool | None:
        read = _of(row, place)
        return None if read is None else read.is_unchanged

    words = {"tissue": Tissue, "laterality": Laterality, "site": BodySite}
    return (
        Column(f"{name}_lesion_number", "integer", f"The lesion of the {name} reading.", lesion_number),
        Column(f"{name}_tracking_uid", "string", f"Its Tracking UID in the {name} reading.", named=uid),
        Column(f"{name}_unchanged", "boolean", f"Whether the {name} reading accepted it as proposed.", is_unchanged),
        *(
            Column(
                f"{name}_{quantity}",
                "string",
                f"{quantity.capitalize()} in the {name} reading.",
                partial(_named, place=place, quantity=quantity),
                words=allowed,
            )
            for quantity, allowed in words.items()
        ),
        *(
            Column(
                f"{name}_{number.name}",
                "number",
                f"{number.name} in the {name} reading.",
                partial(_number, place=place, number=number),
                unit=number.unit,
                decimals=number.decimals,
            )
            for number in NUMBERS
        ),
    )


PAIR_COLUMNS: tuple[Column[PairRow], ...] = (
    *study_columns(),
    Column(
        "series_uid",
        "string",
        "SeriesInstanceUID, or what replaces it.",
        named=lambda naming, row: naming.uid(row.stack.series_uid),
    ),
    Column("stack_number", "integer", "The stack in its series.", lambda row: row.stack.stack_number, required=True),
    Column("modality", "string", "Modality of the stack.", lambda row: row.stack.modality, required=True),
    *_readings(),
    Column(
        "blank", "boolean", "Whether each reading of a person began blank.", lambda row: row.is_blank, required=True
    ),
    Column(
        "redrawn",
        "boolean",
        "Whether at least one reading has another outline than the program proposed.",
        lambda row: row.pair.is_redrawn,
        required=True,
    ),
    Column(
        "dice",
        "number",
        "Dice of both outlines; empty: one reading has no mass here.",
        lambda row: row.pair.dice,
        decimals=4,
    ),
    *_of_each_reading(0, "first"),
    *_of_each_reading(1, "second"),
)


def write_agreement(
    rows: Iterable[AgreementRow], pairs: Iterable[PairRow], folder: Path, naming: Naming, audit: Audit | None = None
) -> None:
    """Write agreement.csv and agreement_pairs.csv with their schemas.

    Parameters
    ----------
    rows, pairs
        The rows, in their order.
    folder
        Where to.
    naming
        How patients, dates and UIDs are named.
    audit
        Called before each table gets its name.

    Raises
    ------
    OutputError
        A file cannot be written; every file that was written is complete.
    """
    write_described(AGREEMENT_COLUMNS, rows, folder / "agreement.csv", naming, audit)
    write_described(PAIR_COLUMNS, pairs, folder / "agreement_pairs.csv", naming, audit)

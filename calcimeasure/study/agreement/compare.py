"""Every figure of the agreement of two readings, three times: of all masses, of redrawn ones, of blank readings."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from calcimeasure.model.agreement import NUMBERS, Selection, Statistic, words_of
from calcimeasure.study.agreement.bootstrap import interval
from calcimeasure.study.agreement.continuous import (
    REPEATABILITY,
    bias_of,
    difference_sums,
    icc_of_sums,
    icc_sums,
    is_skewed,
    limit_of,
    within_cv_of,
    within_sd_of,
)
from calcimeasure.study.agreement.nominal import kappa_of, mean_of, positive_agreement_of, same_of, word_sums

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from calcimeasure.model.agreement import PairedStack, ReadPair

    Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The pairs of a selection, each with its patient."""

    selection: Selection
    images: str
    pairs: tuple[tuple[str, ReadPair], ...]

    def statistic(
        self,
        quantity: str,
        name: str,
        patients: Sequence[str],
        sums: Array,
        compute: Callable[[Array], Array],
        unit: str = "",
        on_logarithm: bool = False,
    ) -> Statistic:
        value = float(compute(sums.sum(axis=0))) if len(sums) else math.nan
        ends = interval(sums, patients, compute) if math.isfinite(value) else None
        low, high = ends or (None, None)
        return Statistic(
            selection=self.selection,
            images=self.images,
            quantity=quantity,
            name=name,
            value=value if math.isfinite(value) else None,
            low=low,
            high=high,
            unit=unit,
            on_logarithm=on_logarithm,
            count=len(sums),
            patients=len(set(patients)),
        )


def agreement_of(stacks: Sequence[PairedStack]) -> list[Statistic]:
    """Compute every figure of the agreement of two readings.

    Parameters
    ----------
    stacks
        The stacks that both readings have read to the end.

    Returns
    -------
    list
        First the share of masses that each reading accepted unchanged, then each figure over all masses, over those
        that at least one reading redrew, and over stacks of readings that began blank.
    """
    found = list(_unchanged(stacks))
    for selection in Selection:
        of_selection = [one for one in stacks if selection is not Selection.BLANK or one.is_blank]
        for images in ("CT", "radiograph"):
            found += _of_numbers(_chosen(of_selection, selection, images))
        both = _chosen(of_selection, selection, "")
        found += _of_outlines(both)
        found += _of_words(both, ("laterality", "site"))
        # Accepted masses are all calcified masses: tissues are compared among all lesions that both judged.
        found += _of_words(_judged(of_selection, selection), ("tissue",))
        if selection is not Selection.REDRAWN:
            found += _of_detection(both)
    return found


def _chosen(stacks: Sequence[PairedStack], selection: Selection, images: str) -> _Chosen:
    return _Chosen(
        selection,
        images,
        tuple(
            (stack.patient, pair)
            for stack in stacks
            if images in ("", "CT" if stack.stack.modality == "CT" else "radiograph")
            for pair in stack.pairs
            if selection is not Selection.REDRAWN or pair.is_redrawn
        ),
    )


def _judged(stacks: Sequence[PairedStack], selection: Selection) -> _Chosen:
    return _chosen([replace(one, pairs=one.judged) for one in stacks], selection, "")


def _unchanged(stacks: Sequence[PairedStack]) -> Iterator[Statistic]:
    """Give the share of masses that each reading, and both, accepted as the program proposed them."""
    every = _chosen(stacks, Selection.ALL, "")
    sides: dict[str, Callable[[ReadPair], Sequence[bool]]] = {
        "unchanged_first": lambda pair: [] if pair.first is None else [pair.first.is_unchanged],
        "unchanged_second": lambda pair: [] if pair.second is None else [pair.second.is_unchanged],
        "unchanged_both": lambda pair: (
            [] if pair.first is None or pair.second is None else [pair.first.is_unchanged and pair.second.is_unchanged]
        ),
    }
    for name, of_pair in sides.items():
        rows = [(patient, one) for patient, pair in every.pairs for one in of_pair(pair)]
        sums = np.array([[1.0, float(one)] for _, one in rows]).reshape(-1, 2)
        yield every.statistic("accepted", name, [patient for patient, _ in rows], sums, mean_of)


def _of_numbers(chosen: _Chosen) -> Iterator[Statistic]:
    for number in NUMBERS:
        rows = [(patient, both) for patient, pair in chosen.pairs if (both := pair.values(number.name)) is not None]
        if rows:
            values = np.array([both for _, both in rows], dtype=np.float64)
            yield from _of_number(chosen, number.name, number.unit, [patient for patient, _ in rows], values)


def _of_number(chosen: _Chosen, name: str, unit: str, patients: Sequence[str], values: Array) -> Iterator[Statistic]:
    def one(statistic: str, sums: Array, compute: Callable[[Array], Array], unit: str = "") -> Statistic:
        return chosen.statistic(name, statistic, patients, sums, compute, unit)

    ones, others = values.T
    sums = difference_sums(ones, others)
    yield one("icc_2_1", icc_sums(values), lambda some: icc_of_sums(some, 2))
    yield from _bland_altman(chosen, name, unit, patients, values)
    yield one("within_sd", sums, within_sd_of, unit)
    yield one("repeatability", sums, lambda some: REPEATABILITY * within_sd_of(some), unit)
    if np.isfinite(sums).all():
        yield one("within_cv", sums, lambda some: 100 * within_cv_of(some), "%")
        yield one("repeatability_percent", sums, lambda some: 100 * REPEATABILITY * within_cv_of(some), "%")


def _bland_altman(chosen: _Chosen, name: str, unit: str, patients: Sequence[str], values: Array) -> Iterator[Statistic]:
    """Give bias and limits of agreement; as ratios, from the logarithm, where the values are skewed."""
    on_logarithm = is_skewed(*values.T)
    sums = difference_sums(*(np.log(values) if on_logarithm else values).T)
    for statistic, of_sums in _LIMITS.items():

        def compute(some: Array, of_sums: Callable[[Array], Array] = of_sums) -> Array:
            return np.exp(of_sums(some)) if on_logarithm else of_sums(some)

        unit_here = "" if on_logarithm else unit
        yield chosen.statistic(name, statistic, patients, sums, compute, unit_here, on_logarithm)


def _lower_limit(sums: Array) -> Array:
    return limit_of(sums, -1.0)


def _upper_limit(sums: Array) -> Array:
    return limit_of(sums, 1.0)


_LIMITS: Final = {"bias": bias_of, "limit_low": _lower_limit, "limit_high": _upper_limit}


def _of_outlines(chosen: _Chosen) -> Iterator[Statistic]:
    rows = [(patient, pair.dice) for patient, pair in chosen.pairs if pair.dice is not None]
    sums = np.array([[1.0, value] for _, value in rows]).reshape(-1, 2)
    yield chosen.statistic("outline", "dice", [patient for patient, _ in rows], sums, mean_of)


def _of_words(chosen: _Chosen, quantities: Sequence[str]) -> Iterator[Statistic]:
    for quantity in quantities:
        rows = [(patient, both) for patient, pair in chosen.pairs if (both := words_of(pair, quantity)) is not None]
        if not rows:
            continue
        patients = [patient for patient, _ in rows]
        sums = word_sums([one for _, (one, _) in rows], [other for _, (_, other) in rows])
        yield chosen.statistic(quantity, "kappa", patients, sums, kappa_of)
        yield chosen.statistic(quantity, "same", patients, sums, same_of)


def _of_detection(chosen: _Chosen) -> Iterator[Statistic]:
    patients = [patient for patient, _ in chosen.pairs]
    counts = [
        [float(pair.both is not None), float(pair.second is None), float(pair.first is None)]
        for _, pair in chosen.pairs
    ]
    sums = np.array(counts).reshape(-1, 3)
    yield chosen.statistic("detection", "positive_agreement", patients, sums, positive_agreement_of)

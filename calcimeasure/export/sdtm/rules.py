"""What datasets must keep to: the published rules on structure (SDTMIG 3.4, and the CDISC conformance rules).

They are checked before a file is written.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from calcimeasure.export.sdtm.terms import QUALIFIERS, SUM, TESTS, TESTS_ON_IMAGE
from calcimeasure.export.sdtm.variables import NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from calcimeasure.export.sdtm.variables import Dataset

_NAME: Final = re.compile(r"[A-Z][A-Z0-9]{0,7}")
_DATE: Final = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")
_LONGEST_LABEL: Final = 40
_LONGEST_VALUE: Final = 200
"""Most characters of a label, and of a value, in a SAS transport file."""

_TESTS: Final = {one.code: one for one in (*TESTS, *TESTS_ON_IMAGE, SUM)}

_TERMS: Final[dict[str, frozenset[str]]] = {
    "TUTESTCD": frozenset({"LESIDENT"}),
    "TUTEST": frozenset({"Lesion Identification"}),
    "TUSTRESC": frozenset({"MEASURED"}),
    "TULAT": frozenset({"", "LEFT", "RIGHT"}),
    "TUMETHOD": frozenset({"CT SCAN", "X-RAY"}),
    "TRMETHOD": frozenset({"CT SCAN", "X-RAY"}),
    "TUEVAL": frozenset({"", "READER"}),
    "TREVAL": frozenset({"", "READER"}),
    "TRTESTCD": frozenset(_TESTS),
    "QEVAL": frozenset({"", "READER"}),
    "QNAM": frozenset(QUALIFIERS),
    "RELTYPE": frozenset({"ONE", "MANY"}),
}
"""The terms that a variable may have."""


def problems_of(datasets: Sequence[Dataset]) -> list[str]:
    """Find what breaks a rule; an empty list if nothing does.

    Parameters
    ----------
    datasets
        TU, TR, SUPPTU, SUPPTR, RELREC.

    Returns
    -------
    list of str
        A sentence for each problem: dataset, record, variable.
    """
    named = {one.name: one for one in datasets}
    rules: tuple[Callable[[Dataset], Iterable[str]], ...] = (_of_names, _of_values, _of_sequence, _of_tests)
    found = [problem for one in datasets for rule in rules for problem in rule(one)]
    found.extend(_of_links(named["TU"], named["TR"]))
    for name in ("TU", "TR"):
        found.extend(_of_qualifiers(named[name], named[f"SUPP{name}"]))
    return found


def _of_names(dataset: Dataset) -> Iterator[str]:
    names = [one.name for one in dataset.variables]
    for name, count in Counter(names).items():
        if count > 1 or not _NAME.fullmatch(name):
            yield f"{dataset.name}: one variable of at most 8 capitals and digits expected, found {name} {count} times"
    for one in dataset.variables:
        if len(one.label) > _LONGEST_LABEL:
            yield f"{dataset.name}: a label of at most {_LONGEST_LABEL} characters expected for {one.name}"


def _of_values(dataset: Dataset) -> Iterator[str]:
    names = {one.name for one in dataset.variables}
    for number, row in enumerate(dataset.rows, 1):
        at = f"{dataset.name} record {number}"
        for name in sorted(row.keys() - names):
            yield f"{at}: {name} is no variable of it"
        for one in dataset.variables:
            problem = _of_value(one.name, row.get(one.name, ""), one.core == "Req", one.is_number)
            if problem:
                yield f"{at}, {one.name}: {problem}"
        if row.get("DOMAIN", dataset.name) != dataset.name:
            yield f"{at}: DOMAIN {dataset.name} expected, found {row['DOMAIN']}"


def _of_value(name: str, value: str, is_required: bool, is_number: bool) -> str | None:
    if not value:
        return "a value expected, found none" if is_required else None
    if is_number and not NUMBER.fullmatch(value):
        return f"a number expected, found {value}"
    if name.endswith("DTC") and not _DATE.fullmatch(value):
        return f"a date of ISO 8601 expected, found {value}"
    if len(value) > _LONGEST_VALUE or not value.isprintable():
        return f"at most {_LONGEST_VALUE} printable characters expected"
    if name in _TERMS and value not in _TERMS[name]:
        return f"a term of its codelist expected, found {value}"
    return None


def _of_sequence(dataset: Dataset) -> Iterator[str]:
    name = f"{dataset.name}SEQ"
    if name not in {one.name for one in dataset.variables}:
        return
    seen = Counter((row.get("USUBJID"), row.get(name)) for row in dataset.rows)
    for (subject, value), count in seen.items():
        if count > 1:
            yield f"{dataset.name}: {name} {value} of {subject} expected once, found {count} times"


def _of_tests(dataset: Dataset) -> Iterator[str]:
    if dataset.name != "TR":
        return
    for number, row in enumerate(dataset.rows, 1):
        test = _TESTS.get(row.get("TRTESTCD", ""))
        if test is None:
            continue
        at = f"TR record {number}"
        if row.get("TRTEST") != test.name or len(test.name) > _LONGEST_LABEL:
            yield f"{at}: TRTEST {test.name} expected, found {row.get('TRTEST')}"
        units = {row.get("TRORRESU"), row.get("TRSTRESU")}
        if units != {test.unit}:
            yield f"{at}: the unit {test.unit} expected of {test.code}, found {units}"
        if not row.get("TRORRES") or not row.get("TRSTRESC") or row.get("TRSTRESN") != row.get("TRSTRESC"):
            yield f"{at}: a result, and the same as a standard one, expected"


def _of_links(identified: Dataset, results: Dataset) -> Iterator[str]:
    """Each mass is identified once, and each result is of one that was identified, or of all (SUMDIAM)."""
    links = Counter((row.get("USUBJID"), row.get("TULNKID")) for row in identified.rows)
    for (subject, link), count in links.items():
        if count > 1 or not link:
            yield f"TU: TULNKID of {subject} expected once, found {link} {count} times"
    for number, row in enumerate(results.rows, 1):
        link = row.get("TRLNKID", "")
        if not link and row.get("TRTESTCD") != SUM.code:
            yield f"TR record {number}: TRLNKID expected, found none"
        if link and (row.get("USUBJID"), link) not in links:
            yield f"TR record {number}: a TRLNKID of TU expected, found {link}"
    names = ("USUBJID", "TRLNKID", "TRTESTCD", "TRDTC", "TRREFID")
    twice = Counter(tuple(row.get(name, "") for name in names) for row in results.rows)
    yield from (f"TR: {key} expected once, found {count} times" for key, count in twice.items() if count > 1 and key[1])


def _of_qualifiers(parent: Dataset, qualifiers: Dataset) -> Iterator[str]:
    """Each qualifier belongs to a record of its domain, and stands once for it."""
    there = {(row.get("USUBJID"), row.get(f"{parent.name}SEQ")) for row in parent.rows}
    seen: Counter[tuple[str | None, ...]] = Counter()
    for number, row in enumerate(qualifiers.rows, 1):
        at = f"{qualifiers.name} record {number}"
        seen[row.get("USUBJID"), row.get("IDVARVAL"), row.get("QNAM")] += 1
        if (row.get("RDOMAIN"), row.get("IDVAR")) != (parent.name, f"{parent.name}SEQ"):
            yield f"{at}: RDOMAIN {parent.name} and IDVAR {parent.name}SEQ expected"
        if (row.get("USUBJID"), row.get("IDVARVAL")) not in there:
            yield f"{at}: a record of {parent.name} expected at {row.get('IDVARVAL')} of {row.get('USUBJID')}"
        yield from _of_qualifier(at, row)
    yield from (
        f"{qualifiers.name}: {key} expected once, found {count} times" for key, count in seen.items() if count > 1
    )


def _of_qualifier(at: str, row: Mapping[str, str]) -> Iterator[str]:
    name = row.get("QNAM", "")
    if not _NAME.fullmatch(name):
        yield f"{at}: QNAM of 1 to 8 capital letters and digits expected, found {name}"
    label = row.get("QLABEL", "")
    if len(label) > _LONGEST_LABEL or (name in QUALIFIERS and label != QUALIFIERS[name][0]):
        yield f"{at}: QLABEL of {name} expected, found {label}"

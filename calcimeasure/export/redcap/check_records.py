"""REDCap's published rules for records to import, checked before a file is written or anything is sent.

Source: the help of REDCap's Data Import Tool and of its API (Import Records).
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from calcimeasure.export.redcap.events import is_unique_event_name
from calcimeasure.export.redcap.fields import COMPLETE, EVENT, INSTANCE, INSTRUMENT, PREFIX, FieldKind
from calcimeasure.export.redcap.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from calcimeasure.export.redcap.fields import Field, Form

LONGEST_RECORD_ID: Final = 100

_NUMBER: Final = re.compile(r"-?[0-9]*\.?[0-9]+")
_INTEGER: Final = re.compile(r"-?[0-9]+")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME: Final = re.compile(rf"{_DATE.pattern} [0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}")
_POSITIVE: Final = re.compile(r"[1-9][0-9]*")
_NOT_IN_IDS: Final = frozenset("'\"&+#\\")
_FORMULA_STARTS: Final = ("=", "-", "@")
_MOST_INSTANCES: Final = 32767
"""REDCap keeps the number of an instance in 16 bits."""


def is_of_kind(kind: FieldKind, text: str) -> bool:
    """Tell whether REDCap's validation of a kind of field takes a text; a blank is always taken."""
    if not text or kind in (FieldKind.TEXT, FieldKind.CHOICE):
        return True
    if kind is FieldKind.NUMBER:
        return _NUMBER.fullmatch(text) is not None
    if kind is FieldKind.INTEGER:
        return _INTEGER.fullmatch(text) is not None
    try:
        if kind is FieldKind.DATE:
            return _DATE.fullmatch(text) is not None and bool(date.fromisoformat(text))
        return _DATETIME.fullmatch(text) is not None and bool(datetime.fromisoformat(text))
    except ValueError:
        return False


def records_problems(
    header: Sequence[str], rows: Sequence[Sequence[str]], forms: Sequence[Form], *, longitudinal: bool = False
) -> list[Problem]:
    """Find what REDCap would refuse, or would take in another sense.

    Parameters
    ----------
    header, rows
        Of import.csv: the field that names records, the event in a longitudinal project, the repeating form, its
        instance, and fields of the forms.
    forms
        The forms of the project that are meant, all repeating.
    longitudinal
        Whether the project has events.
    """
    keys = ([EVENT] if longitudinal else []) + [INSTRUMENT, INSTANCE]
    problems = list(_of_header(header, keys, forms))
    if problems:
        return problems  # nothing can be said about cells whose columns are not known
    named = []
    for number, row in enumerate(rows, 2):
        where = f"line {number}"
        if len(row) != len(header):
            problems.append(Problem("cells", where, f"{len(header)} cells expected, found {len(row)}"))
            continue
        cells = dict(zip(header[1:], row[1:], strict=True))
        problems.extend(_of_keys(row[0], cells, where, forms, longitudinal))
        problems.extend(_of_cells(cells, where, forms))
        named.append((row[0], cells))
    problems.extend(_of_all(named, forms))
    return problems


def _of_header(header: Sequence[str], keys: Sequence[str], forms: Sequence[Form]) -> Iterator[Problem]:
    if not header or not header[0] or header[0] in {*keys, EVENT} or header[0].startswith(PREFIX):
        yield Problem("record_id", "header", f"the field that names records first expected, found {header[:1]}")
    if tuple(header[1 : 1 + len(keys)]) != tuple(keys):
        yield Problem("keys", "header", f"{', '.join(keys)} after it expected, found {', '.join(header[1:4])}")
    known = {name for form in forms for name in form.columns}
    for name, count in Counter(header).items():
        if count > 1:
            yield Problem("columns", name, f"each column once expected, found it {count} times")
        if name in keys or name == (header[0] if header else ""):
            continue
        if not name.startswith(PREFIX):
            yield Problem("prefix", name, f"columns that begin with {PREFIX} alone expected: others could be wiped")
        elif name not in known:
            yield Problem("columns", name, "a field of the project expected")


def _of_keys(
    record_id: str, cells: Mapping[str, str], where: str, forms: Sequence[Form], longitudinal: bool
) -> Iterator[Problem]:
    if not record_id or record_id != record_id.strip():
        yield Problem("record_id", where, "an id of a record without blanks around it expected")
    if len(record_id) > LONGEST_RECORD_ID:
        yield Problem("record_id", where, f"an id of at most {LONGEST_RECORD_ID} characters expected")
    if not record_id.isprintable() or set(record_id) & _NOT_IN_IDS:
        yield Problem("record_id", where, "an id without quotes, &, +, #, \\ and control characters expected")
    if record_id.startswith(_FORMULA_STARTS):
        yield Problem("record_id", where, "an id expected that no spreadsheet runs as a formula")
    if cells[INSTRUMENT] not in {form.name for form in forms}:
        yield Problem("instrument", where, f"a repeating form of the project expected, found {cells[INSTRUMENT]!r}")
    instance = cells[INSTANCE]
    if not _POSITIVE.fullmatch(instance) or int(instance) > _MOST_INSTANCES:
        yield Problem("instance", where, f"a number from 1 to {_MOST_INSTANCES} expected, found {instance!r}")
    if longitudinal and not is_unique_event_name(cells[EVENT]):
        yield Problem("event", where, f"the unique name of an event expected, found {cells[EVENT]!r}")


def _of_cells(cells: Mapping[str, str], where: str, forms: Sequence[Form]) -> Iterator[Problem]:
    for form in forms:
        is_its = cells[INSTRUMENT] == form.name
        for field in form.fields:
            text = cells.get(field.name, "")
            if text and not is_its:
                yield Problem("form", where, f"no value of {form.name} in a row of {cells[INSTRUMENT]} expected")
            elif problem := _of_cell(field, text, where):
                yield problem
        status = cells.get(form.complete, "")
        if (status not in COMPLETE) if is_its and form.complete in cells else bool(status):
            yield Problem(
                "complete", where, f"0, 1 or 2 for {form.complete} of its own rows expected, found {status!r}"
            )


def _of_cell(field: Field, text: str, where: str) -> Problem | None:
    place = f"{where}, {field.name}"
    if field.choices and text and text not in {one.code for one in field.choices}:
        return Problem("choice", place, f"a code of the field expected, found {text!r}")
    if not is_of_kind(field.kind, text):
        return Problem("value", place, f"{field.kind} expected, found {text!r}")
    if not text.isprintable() or text != text.strip():
        return Problem("text", place, "text of one line without blanks around it expected: REDCap would change it")
    return None


def _of_all(named: Sequence[tuple[str, Mapping[str, str]]], forms: Sequence[Form]) -> Iterator[Problem]:
    instances = Counter((one, cells.get(EVENT, ""), cells[INSTRUMENT], cells[INSTANCE]) for one, cells in named)
    for found, count in instances.items():
        if count > 1:
            yield Problem("instance", ", ".join(found), f"an instance of a record once expected, found {count} times")
    for form in forms:
        own = [(one, cells) for one, cells in named if cells[INSTRUMENT] == form.name]
        keys = Counter((one, cells.get(EVENT, ""), *(cells.get(key, "") for key in form.keys)) for one, cells in own)
        for (_, _, uid, *_), count in keys.items():
            if not uid:
                yield Problem(
                    "uid", form.name, f"a value of {form.keys[0]} in each row expected, found {count} without"
                )
            elif count > 1:
                yield Problem("uid", uid, f"one instance of each UID in a record expected, found {count}")
    for folded, count in Counter(map(str.casefold, {one for one, _ in named})).items():
        if count > 1:
            said = "ids that differ in more than upper and lower case expected: REDCap joins their records"
            yield Problem("record_id", folded, said)

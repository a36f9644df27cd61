"""REDCap's published rules for a data dictionary, and those of this program for its own fields.

Sources: REDCap's "Data Dictionary Tutorial" and its page "Data Dictionary Codebook"; names of at most 26 characters as
both advise. A dictionary of somebody else is held to the rules of REDCap alone.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Final

from calcimeasure.export.redcap.dictionary import API_COLUMNS, READ_ONLY
from calcimeasure.export.redcap.fields import EVENT, INSTANCE, INSTRUMENT, LONGEST_NAME, PREFIX
from calcimeasure.export.redcap.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    Entry = Mapping[str, str]
    Rule = Callable[[Entry], Iterator[Problem]]

FIELD_TYPES: Final = frozenset(
    {
        "text",
        "notes",
        "dropdown",
        "radio",
        "checkbox",
        "yesno",
        "truefalse",
        "calc",
        "file",
        "slider",
        "descriptive",
        "sql",
    }
)
CHOICE_TYPES: Final = frozenset({"dropdown", "radio", "checkbox"})
VALIDATIONS: Final = frozenset({"", "number", "integer", "date_ymd", "datetime_seconds_ymd"})
"""The validation types that every REDCap has and that mean the same in each."""

RESERVED: Final = frozenset(
    {
        *(EVENT, INSTRUMENT, INSTANCE, "redcap_data_access_group"),
        *("redcap_survey_identifier", "redcap_csrf_token"),
    }
)
"""Names that REDCap gives to columns of its own."""

_NAME: Final = re.compile(r"[a-z](?:[a-z0-9_]*[a-z0-9])?")
_CODE: Final = re.compile(r"[A-Za-z0-9._-]+")
_REFERENCE: Final = re.compile(r"\[([a-z0-9_]+)(?:\([^)]*\))?\]")
_MOST_OF_A_NAME: Final = 100
_CALCULATED: Final = ("@CALCTEXT", "@CALCDATE")


def dictionary_problems(entries: Sequence[Entry], own: Callable[[Entry], bool] = lambda _: True) -> list[Problem]:
    """Find what REDCap would refuse or change.

    Parameters
    ----------
    entries
        The rows, by the names of `API_COLUMNS`.
    own
        Tells the fields of this program, for which stricter rules hold.
    """
    problems = list(_of_all(entries))
    for entry in entries:
        for rule in (*_RULES, *(_OWN_RULES if own(entry) else ())):
            problems.extend(rule(entry))
    return problems


def _of_all(entries: Sequence[Entry]) -> Iterator[Problem]:
    names = [entry.get("field_name", "") for entry in entries]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem("unique", name, f"each name once expected, found {names.count(name)} fields of this name")
    forms = [form for form, _ in groupby(entry.get("form_name", "") for entry in entries)]
    for form in sorted({form for form in forms if forms.count(form) > 1}):
        yield Problem(
            "together", form, "the fields of a form one after the other expected, found other forms between them"
        )
    known = {*names, *(f"{form}_complete" for form in forms)}
    for entry in entries:
        for referred in _REFERENCE.findall(entry.get("branching_logic", "")):
            if referred not in known:
                said = f"branching by a field of the project expected, found [{referred}]"
                yield Problem("branching", entry.get("field_name", ""), said)
        if f"{entry.get('form_name')}_complete" == entry.get("field_name") or entry.get("field_name") in {
            f"{form}_complete" for form in forms
        }:
            yield Problem(
                "reserved", entry.get("field_name", ""), "a name expected that is not that of a form's status"
            )


def _columns(entry: Entry) -> Iterator[Problem]:
    if tuple(entry) != API_COLUMNS:
        lacking = [name for name in API_COLUMNS if name not in entry]
        extra = [name for name in entry if name not in API_COLUMNS]
        said = f"18 columns in their order expected; lacking: {lacking}, not known: {extra}"
        yield Problem("columns", entry.get("field_name", ""), said)


def _names(entry: Entry) -> Iterator[Problem]:
    name = entry.get("field_name", "")
    if not _NAME.fullmatch(name) or "__" in name:
        said = "lower-case letters, digits and single underscores expected, a letter first and no underscore last"
        yield Problem("name", name, said)
    if len(name) > _MOST_OF_A_NAME:
        yield Problem("length", name, f"at most {_MOST_OF_A_NAME} characters expected, found {len(name)}")
    if name in RESERVED:
        yield Problem("reserved", name, "a name expected that REDCap does not use itself")
    form = entry.get("form_name", "")
    if not _NAME.fullmatch(form):
        yield Problem("form", name, f"a form in lower-case letters, digits and underscores expected, found {form!r}")


def _type(entry: Entry) -> Iterator[Problem]:
    name, kind = entry.get("field_name", ""), entry.get("field_type", "")
    if kind not in FIELD_TYPES:
        yield Problem("type", name, f"a field type of REDCap expected, found {kind!r}")
    if not entry.get("field_label", "").strip() and kind != "descriptive":
        yield Problem("label", name, "a label expected, found none")
    if entry.get("identifier", "") not in ("", "y"):
        yield Problem("identifier", name, f"y or nothing expected, found {entry.get('identifier')!r}")
    if entry.get("required_field", "") not in ("", "y"):
        yield Problem("required", name, f"y or nothing expected, found {entry.get('required_field')!r}")
    validation = entry.get("text_validation_type_or_show_slider_number", "")
    if validation and kind not in ("text", "slider", "dropdown", "sql", "file"):
        yield Problem("validation", name, f"no validation of a field of type {kind} expected, found {validation!r}")
    if entry.get("matrix_ranking", "") and not entry.get("matrix_group_name", ""):
        yield Problem("matrix", name, "ranking in a matrix alone expected, found no name of a matrix")


def _choices(entry: Entry) -> Iterator[Problem]:
    name, kind = entry.get("field_name", ""), entry.get("field_type", "")
    text = entry.get("select_choices_or_calculations", "")
    if kind not in CHOICE_TYPES:
        if text and kind in ("text", "notes", "yesno", "truefalse", "file", "descriptive"):
            is_ontology = text.startswith("BIOPORTAL:")
            if not is_ontology:
                yield Problem("choices", name, f"no choices of a field of type {kind} expected, found some")
        return
    if not text.strip():
        yield Problem("choices", name, "choices expected, found none")
        return
    codes = []
    for one in text.split("|"):
        code, comma, label = one.partition(",")
        codes.append(code.strip())
        if not comma or not label.strip():
            yield Problem("choices", name, f"'code, label' expected, found {one.strip()!r}")
        if not _CODE.fullmatch(code.strip()):
            yield Problem(
                "code", name, f"a code of letters, digits, points, hyphens and underscores expected, found {code!r}"
            )
    if len(set(map(str.casefold, codes))) < len(codes):
        yield Problem("code", name, "each code once expected, found one twice")


def _own_name(entry: Entry) -> Iterator[Problem]:
    name = entry.get("field_name", "")
    if not name.startswith(PREFIX) or not entry.get("form_name", "").startswith(PREFIX):
        yield Problem("prefix", name, f"the prefix {PREFIX} of field and form expected")
    if len(name) > LONGEST_NAME:
        yield Problem("length", name, f"at most {LONGEST_NAME} characters expected, found {len(name)}")


def _own_type(entry: Entry) -> Iterator[Problem]:
    name, kind = entry.get("field_name", ""), entry.get("field_type", "")
    annotation = entry.get("field_annotation", "")
    if kind in ("calc", "sql") or any(tag in annotation for tag in _CALCULATED):
        yield Problem("calculated", name, "no calculated field expected: REDCap would compute it again and differ")
    if READ_ONLY not in annotation.split():
        yield Problem("read_only", name, f"the action tag {READ_ONLY} expected")
    validation = entry.get("text_validation_type_or_show_slider_number", "")
    if validation not in VALIDATIONS:
        allowed = ", ".join(sorted(VALIDATIONS - {""}))
        yield Problem("validation", name, f"one of {allowed} expected, found {validation!r}")


def _bounds(entry: Entry) -> Iterator[Problem]:
    """Check minimum and maximum of a number; those of dates can be words (today) and are not judged."""
    name = entry.get("field_name", "")
    low, high = entry.get("text_validation_min", ""), entry.get("text_validation_max", "")
    if not low and not high:
        return
    validation = entry.get("text_validation_type_or_show_slider_number", "")
    if not validation:
        yield Problem("bounds", name, "a minimum or maximum of a validated field expected, found no validation")
    if validation in ("number", "integer"):
        try:
            bounds = [float(one) for one in (low, high) if one]
        except ValueError:
            yield Problem("bounds", name, f"numbers expected as minimum and maximum, found {low!r} and {high!r}")
            return
        if bounds != sorted(bounds):
            yield Problem("bounds", name, f"a minimum below the maximum expected, found {low} and {high}")


_RULES: Final[tuple[Rule, ...]] = (_columns, _names, _type, _choices, _bounds)
_OWN_RULES: Final[tuple[Rule, ...]] = (_own_name, _own_type)

"""Another project's data dictionary with the forms of this program added, and nothing else changed."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from calcimeasure.errors import InputPathError
from calcimeasure.export.redcap.check_dictionary import CHOICE_TYPES, dictionary_problems
from calcimeasure.export.redcap.dictionary import API_COLUMNS, DICTIONARY_COLUMNS, entries_of, row_text
from calcimeasure.export.redcap.fields import PREFIX
from calcimeasure.input_files import refuse_special_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from calcimeasure.export.redcap.dictionary import Entry
    from calcimeasure.export.redcap.fields import Form

_DELIMITERS: Final = (",", ";", "\t")
"""With which REDCap writes a dictionary, as each user has chosen."""
_BOM: Final = "\ufeff"


@dataclass(frozen=True, slots=True)
class Dictionary:
    """A dictionary as a file has it.

    Parameters
    ----------
    entries
        The rows, by the names of `API_COLUMNS`.
    lines
        The text of each row, with its end of line; that of the header first.
    delimiter, line_end
        How the file divides cells and rows.
    """

    entries: tuple[Entry, ...]
    lines: tuple[str, ...]
    delimiter: str
    line_end: str

    @property
    def record_field(self) -> str:
        """The field that names records: the first one."""
        return self.entries[0]["field_name"]


@dataclass(frozen=True, slots=True)
class Merged:
    """A dictionary with the forms added.

    Parameters
    ----------
    text
        The file.
    added
        Names of the fields that were added.
    """

    text: str
    added: tuple[str, ...]


def read_dictionary(path: Path) -> Dictionary:
    """Read a data dictionary as REDCap writes it.

    Raises
    ------
    InputPathError
        It cannot be read, or is no data dictionary.
    """
    where = f"--merge-into {path}"
    try:
        refuse_special_file(path)
        with path.open(encoding="utf-8", newline="") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or error
        raise InputPathError(
            f"{where} cannot be read: {said}. REDCap's data dictionary in UTF-8 is expected."
        ) from error
    for delimiter in _DELIMITERS:
        lines, cells = _divided(text, delimiter)
        if cells and _is_header(cells[0]):
            break
    else:
        raise InputPathError(
            f"{where}: REDCap's data dictionary expected, whose {len(DICTIONARY_COLUMNS)} columns begin with "
            f"{DICTIONARY_COLUMNS[0]!r}. Download it from the page Data Dictionary of the project."
        )
    for number, row in enumerate(cells[1:], 1):
        if len(row) != len(DICTIONARY_COLUMNS):
            raise InputPathError(
                f"{where}: field {number}: {len(DICTIONARY_COLUMNS)} cells expected, found {len(row)}."
            )
    if not cells[1:]:
        raise InputPathError(f"{where}: at least the field that names records expected, found no field.")
    entries = tuple(dict(zip(API_COLUMNS, row, strict=True)) for row in cells[1:])
    return Dictionary(entries, tuple(lines), delimiter, "\r\n" if "\r\n" in text else "\n")


def _divided(text: str, delimiter: str) -> tuple[list[str], list[list[str]]]:
    """Divide a CSV into the text of each row and its cells; a cell can hold ends of lines, and a row can be blank."""
    taken: list[str] = []

    def passing() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            taken.append(line)
            yield line

    texts: list[str] = []
    rows: list[list[str]] = []
    for row in csv.reader(passing(), delimiter=delimiter):
        said = "".join(taken)
        taken.clear()
        if any(row) or not rows:
            texts.append(said)
            rows.append(row)
        else:
            texts[-1] += said  # a blank line stays where it is
    return texts, rows


def _is_header(cells: Sequence[str]) -> bool:
    """Tell whether a row is the header of a dictionary; versions of REDCap differ in some of its words."""
    names = [name.removeprefix(_BOM).strip().strip('"') for name in cells]
    return len(names) == len(DICTIONARY_COLUMNS) and names[0] in (DICTIONARY_COLUMNS[0], API_COLUMNS[0])


def merged(theirs: Dictionary, forms: Sequence[Form], where: str) -> Merged:
    """Add forms to a dictionary; its own rows stay as they are, byte for byte.

    A form that is there already gets the fields that it lacks, behind its last one: the fields of a form must follow
    each other.

    Parameters
    ----------
    theirs
        The dictionary.
    forms
        The forms.
    where
        Names the file in errors.

    Raises
    ------
    InputPathError
        It has a field of the same name that is another one, or REDCap would refuse what came out.
    """
    there = {entry["field_name"]: entry for entry in theirs.entries}
    ours = entries_of(forms)
    _refuse_others(there, ours, where)
    last = {entry["form_name"]: place for place, entry in enumerate(theirs.entries)}
    lines = [_ended(line, theirs.line_end) for line in theirs.lines]
    after: dict[int, list[Entry]] = {}
    for entry in ours:
        if entry["field_name"] not in there:
            after.setdefault(last.get(entry["form_name"], len(theirs.entries) - 1), []).append(entry)
    text, entries = [lines[0]], []
    for place, (line, entry) in enumerate(zip(lines[1:], theirs.entries, strict=True)):
        new = after.get(place, [])
        text += [line, *(row_text(one, theirs.delimiter, theirs.line_end) for one in new)]
        entries += [entry, *new]
    added = tuple(entry["field_name"] for news in after.values() for entry in news)
    problems = dictionary_problems(entries, lambda entry: entry["field_name"] in added)
    # What was wrong in their own fields before is theirs to mend.
    known = {str(one) for one in dictionary_problems(theirs.entries, lambda _: False)}
    new_problems = [str(one) for one in problems if str(one) not in known]
    if new_problems:
        raise InputPathError(f"{where}: the forms cannot be added: {'; '.join(new_problems[:5])}.")
    return Merged("".join(text), added)


def _ended(line: str, line_end: str) -> str:
    return line if line.endswith(("\n", "\r")) else line + line_end


def _refuse_others(there: dict[str, Entry], ours: Sequence[Entry], where: str) -> None:
    """Refuse a dictionary in which a field of this program is another one; labels and notes may differ."""
    own = {entry["field_name"]: entry for entry in ours}
    differing = [name for name, entry in there.items() if name in own and not takes(entry, own[name])]
    if differing:
        raise InputPathError(
            f"{where}: fields of these names and another form, type, validation or choices are there already: "
            f"{', '.join(differing[:10])}. Names that begin with {PREFIX} are those of calcimeasure: rename or remove "
            "the others, or take the row from the instrument zip."
        )


def takes(theirs: Mapping[str, str], ours: Mapping[str, str]) -> bool:
    """Tell whether a field of theirs takes every value of one of ours."""
    same = ("form_name", "text_validation_type_or_show_slider_number")
    kinds = {theirs["field_type"], ours["field_type"]}
    if any(theirs.get(name, "") != ours[name] for name in same) or not (
        len(kinds) == 1 or kinds == {"dropdown", "radio"}
    ):
        return False
    return ours["field_type"] not in CHOICE_TYPES or _codes(ours) <= _codes(theirs)


def _codes(entry: Mapping[str, str]) -> set[str]:
    return {one.partition(",")[0].strip() for one in entry["select_choices_or_calculations"].split("|")}

"""The dictionary of a registry: how it names columns and words, and which associations are asked."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any, Final

from calcimeasure.errors import InputPathError
from calcimeasure.input_files import refuse_special_file
from calcimeasure.model.cohort import (
    ANSWERS,
    CLINICAL_COLUMNS,
    NUMBERS,
    OPEN,
    WORDS,
    Condition,
    Dictionary,
    Question,
)
from calcimeasure.study.cohort.groups import GROUPS, is_item

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_TABLES: Final = ("columns", "words", "missing", "separator", "associations")
_ASSOCIATION: Final = {"name", "group", "exposure", "exposed", "exposed_from", "outcome", "with", "with_from"}
_OWN_WORD: Final = re.compile(r"[a-z][a-z0-9_]*")


class _RefusedError(ValueError):
    """What is wrong, in words."""


def read_dictionary(path: Path) -> Dictionary:
    """Read a dictionary.

    Parameters
    ----------
    path
        TOML with the tables columns, words and associations, the list missing and the text separator; each may be
        left out.

    Raises
    ------
    InputPathError
        The file cannot be read, or holds what is not known; everything that is wrong is named at once.
    """
    try:
        refuse_special_file(path)
        with path.open("rb") as file:
            told = tomllib.load(file)
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        raise InputPathError(
            f"--dictionary {path} cannot be read: {said}. A TOML file in UTF-8 is expected."
        ) from error
    problems = [f"{name} is no part of a dictionary ({', '.join(_TABLES)})" for name in told if name not in _TABLES]
    columns, words = _texts(told, "columns", problems), _words(told, problems)
    problems += [
        f"columns: {one} is no column ({', '.join(CLINICAL_COLUMNS)})" for one in columns if one not in CLINICAL_COLUMNS
    ]
    questions = _questions(told.get("associations", []), words, problems)
    separator, missing = told.get("separator", ";"), told.get("missing", [])
    if not isinstance(separator, str) or not separator:
        problems.append("separator: a text is expected")
    if not (isinstance(missing, list) and all(isinstance(one, str) for one in missing)):
        problems.append("missing: a list of texts is expected")
    if problems:
        raise InputPathError(f"--dictionary {path}: {'; '.join(problems)}. Correct it; nothing was written.")
    return Dictionary(columns, words, tuple(missing), separator, tuple(questions))


def _texts(told: Mapping[str, Any], name: str, problems: list[str]) -> dict[str, str]:
    """Take a table of texts."""
    table = told.get(name, {})
    if isinstance(table, dict) and all(isinstance(one, str) for one in table.values()):
        return table
    problems.append(f"{name}: a table of texts is expected")
    return {}


def _words(told: Mapping[str, Any], problems: list[str]) -> dict[str, dict[str, str]]:
    tables = told.get("words", {})
    if not isinstance(tables, dict):
        problems.append("words: a table for each column is expected")
        return {}
    found = {}
    for column in tables:
        if column not in (*WORDS, *ANSWERS):
            problems.append(f"words.{column}: no column with words ({', '.join((*WORDS, *ANSWERS))})")
            continue
        found[column] = _texts(tables, column, problems)
        problems += [
            f"words.{column}: {meaning!r} is none of {', '.join(allowed_words(column))}"
            for meaning in found[column].values()
            if not _may_mean(column, meaning)
        ]
    return found


def allowed_words(column: str) -> tuple[str, ...]:
    """Give the words of a column that a dictionary may translate into."""
    return ("yes", "no") if column in ANSWERS else tuple(WORDS[column])


def _may_mean(column: str, word: str) -> bool:
    return word in allowed_words(column) or (column in OPEN and bool(_OWN_WORD.fullmatch(word)))


def known_words(column: str, words: Mapping[str, Mapping[str, str]]) -> set[str]:
    """Give every word that may stand for a column in what is written, with those that the dictionary adds."""
    return {*allowed_words(column), *words.get(column, {}).values()}


def _questions(told: Any, words: Mapping[str, Mapping[str, str]], problems: list[str]) -> list[Question]:  # noqa: ANN401 - what a file holds
    if not (isinstance(told, list) and all(isinstance(one, dict) for one in told)):
        problems.append("associations: [[associations]] with name, exposure and outcome are expected")
        return []
    found: list[Question] = []
    for number, one in enumerate(told, 1):
        try:
            found.append(_question(one, words))
        except _RefusedError as error:
            problems.append(f"association {number}: {error}")
    names = [one.name for one in found]
    problems += [f"association {name} is there twice" for name in dict.fromkeys(names) if names.count(name) > 1]
    return found


def _question(told: Mapping[str, Any], words: Mapping[str, Mapping[str, str]]) -> Question:
    if unknown := sorted(set(told) - _ASSOCIATION):
        raise _RefusedError(f"{', '.join(unknown)} not known ({', '.join(sorted(_ASSOCIATION))})")
    texts = {name: told.get(name, default) for name, default in _DEFAULTS.items()}
    if not all(isinstance(one, str) and one for one in texts.values()):
        raise _RefusedError("name, exposure, outcome and group are texts; name and exposure must be there")
    if texts["group"] not in GROUPS:
        raise _RefusedError(f"{texts['group']} is no group ({', '.join(GROUPS)})")
    exposure = _condition(texts["exposure"], (told.get("exposed"), told.get("exposed_from")), words)
    outcome = _condition(texts["outcome"], (told.get("with"), told.get("with_from")), words)
    return Question(texts["name"], exposure, outcome, texts["group"])


_DEFAULTS: Final = {"name": "", "exposure": "", "outcome": "large_mass", "group": "cohort"}


def _condition(item: str, told: tuple[Any, Any], words: Mapping[str, Mapping[str, str]]) -> Condition:
    chosen, least = told
    if not is_item(item):
        raise _RefusedError(f"{item} is no item")
    if item in NUMBERS:
        if isinstance(least, bool) or not isinstance(least, int | float) or chosen is not None:
            raise _RefusedError(f"{item} is a number: exposed_from or with_from says from where on it counts")
        return Condition(item, at_least=float(least))
    if item in WORDS:
        return Condition(item, _chosen(item, chosen, known_words(item, words)))
    if chosen is not None or least is not None:
        raise _RefusedError(f"{item} is yes or no: exposed, with and the like do not belong to it")
    return Condition(item)


def _chosen(item: str, chosen: Any, known: set[str]) -> tuple[str, ...]:  # noqa: ANN401 - what a file holds
    if not isinstance(chosen, list) or not chosen:
        raise _RefusedError(f"{item} needs a list of the words that count (exposed or with)")
    if unknown := [str(one) for one in chosen if one not in known]:
        raise _RefusedError(f"{', '.join(unknown)} is no word of {item} ({', '.join(sorted(known))})")
    return tuple(chosen)

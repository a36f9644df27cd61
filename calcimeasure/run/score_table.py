"""The table of a score: a TOML file of the user with regions, weights, grades and limits."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any, Final

from calcimeasure.errors import InputPathError
from calcimeasure.input_files import refuse_special_file
from calcimeasure.model.score import ChangeLimits, Combine, CoverageGrade, Region, ScoreTable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_PARTS: Final = ("name", "combine", "both_hands", "regions", "coverage", "density", "change")
_LIMITS: Final = ("progression_percent", "improvement_percent", "per_year", "minimum_days", "from_zero")


class _Told:
    """What a file holds, and what is wrong with it."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self._told = told
        self.problems = [f"{one} is no part of a table ({', '.join(_PARTS)})" for one in told if one not in _PARTS]

    def text(self, name: str, default: str = "") -> str:
        found = self._told.get(name, default)
        if not isinstance(found, str) or not found.strip():
            self.problems.append(f"{name}: a text is expected")
            return default
        return found

    def truth(self, name: str, default: bool) -> bool:
        found = self._told.get(name, default)
        if not isinstance(found, bool):
            self.problems.append(f"{name}: true or false is expected")
        return bool(found)

    def rows(self, name: str, keys: tuple[str, ...]) -> list[dict[str, Any]]:
        """Take [[name]] with some keys, all of them."""
        found = self._told.get(name, [])
        if not (isinstance(found, list) and found and all(isinstance(one, dict) for one in found)):
            self.problems.append(f"{name}: [[{name}]] with {' and '.join(keys)} is expected, once or more often")
            return []
        wrong = [number for number, one in enumerate(found, 1) if set(one) != set(keys)]
        self.problems += [f"{name} {number}: {' and '.join(keys)} are expected" for number in wrong]
        return [one for one in found if set(one) == set(keys)]

    def number(self, where: str, value: Any, low: float = 0.0, high: float = 1e6) -> float:  # noqa: ANN401 - what a file holds
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            self.problems.append(f"{where}: a number from {low:g} to {high:g} is expected")
            return max(low, 0.0)
        return float(value)

    def table(self, name: str) -> dict[str, Any]:
        found = self._told.get(name, {})
        if not isinstance(found, dict):
            self.problems.append(f"{name}: a table is expected")
            return {}
        return found


def read_score_table(path: Path) -> ScoreTable:
    """Read the table of a score.

    Parameters
    ----------
    path
        TOML with name, regions, coverage and density, and if wanted combine, both_hands and change.

    Raises
    ------
    InputPathError
        The file cannot be read, or lacks or holds what it must not; everything that is wrong is named at once.
    """
    try:
        refuse_special_file(path)
        with path.open("rb") as file:
            told = _Told(tomllib.load(file))
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        raise InputPathError(f"--table {path} cannot be read: {said}. A TOML file in UTF-8 is expected.") from error
    table = _table(told)
    if told.problems:
        raise InputPathError(f"--table {path}: {'; '.join(told.problems)}. Correct it; nothing was written.")
    return table


def _table(told: _Told) -> ScoreTable:
    combine = told.text("combine", Combine.PRODUCT)
    if combine not in list(Combine):
        told.problems.append(f"combine: one of {', '.join(Combine)} is expected")
        combine = Combine.PRODUCT
    return ScoreTable(
        told.text("name"),
        _regions(told),
        _coverage(told),
        _density(told),
        Combine(combine),
        told.truth("both_hands", True),
        _limits(told),
    )


def _regions(told: _Told) -> tuple[Region, ...]:
    rows = told.rows("regions", ("name", "weight"))
    regions = tuple(Region(str(one["name"]), told.number(f"weight of {one['name']}", one["weight"])) for one in rows)
    names = [one.name for one in regions]
    told.problems += [f"region {name} is there twice" for name in dict.fromkeys(names) if names.count(name) > 1]
    return regions


def _coverage(told: _Told) -> tuple[CoverageGrade, ...]:
    rows = told.rows("coverage", ("from_percent", "points"))
    grades = [
        CoverageGrade(told.number("from_percent", one["from_percent"]), told.number("points", one["points"]))
        for one in rows
    ]
    starts = [one.from_percent for one in grades]
    if grades and (starts[0] != 0 or starts != sorted(set(starts)) or starts[-1] > 100):
        told.problems.append("coverage: from_percent begins at 0 and rises up to at most 100")
    return tuple(grades)


def _density(told: _Told) -> dict[str, float]:
    density = told.table("density")
    if not density:
        told.problems.append("density: a table of points is expected, such as faint = 1")
    return {word: told.number(f"density {word}", points) for word, points in density.items()}


def _limits(told: _Told) -> ChangeLimits | None:
    change = told.table("change")
    if not change:
        return None
    unknown = [one for one in change if one not in _LIMITS]
    told.problems += [f"change: {one} is none of {', '.join(_LIMITS)}" for one in unknown]
    per_year = change.get("per_year", True)
    if not isinstance(per_year, bool):
        told.problems.append("change.per_year: true or false is expected")
    return ChangeLimits(
        told.number("change.progression_percent", change.get("progression_percent")),
        told.number("change.improvement_percent", change.get("improvement_percent"), low=-1e6, high=0.0),
        bool(per_year),
        int(told.number("change.minimum_days", change.get("minimum_days", 0))),
        told.number("change.from_zero", change["from_zero"]) if "from_zero" in change else None,
    )

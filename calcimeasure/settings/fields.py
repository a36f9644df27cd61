"""How a setting is declared, checked and written: its default, unit, limits and reason."""

from __future__ import annotations

import dataclasses
import json
import tomllib
from typing import Any

from calcimeasure.errors import SettingsError
from calcimeasure.settings.store_url import without_password


def number(default: float, unit: str, low: float, high: float, why: str) -> Any:  # noqa: ANN401 - as dataclasses.field
    """Declare a number with its unit, its limits (both allowed) and its reason."""
    return dataclasses.field(default=default, metadata={"unit": unit, "low": low, "high": high, "why": why})


def count(default: int, high: int, why: str) -> Any:  # noqa: ANN401 - as dataclasses.field
    """Declare a whole number from 0 to `high`."""
    return dataclasses.field(default=default, metadata={"unit": "", "low": 0, "high": high, "why": why, "whole": True})


def switch(default: bool, why: str) -> Any:  # noqa: ANN401 - as dataclasses.field
    """Declare a setting that is true or false."""
    return dataclasses.field(default=default, metadata={"unit": "", "why": why})


def text(why: str, *, is_path: bool = False, is_store_url: bool = False) -> Any:  # noqa: ANN401 - as dataclasses.field
    """Declare a text; empty by default. A path is no part of a hash, a URL is kept without its password."""
    metadata = {"unit": "", "why": why, "is_path": is_path, "is_store_url": is_store_url}
    return dataclasses.field(default="", metadata=metadata)


def choice(allowed: tuple[str, ...], why: str) -> Any:  # noqa: ANN401 - as dataclasses.field
    """Declare a text that is one of a few; empty by default, which is allowed, too."""
    return dataclasses.field(default="", metadata={"unit": "", "why": why, "allowed": allowed})


def table(why: str) -> Any:  # noqa: ANN401 - as dataclasses.field
    """Declare a setting of several named values; it is kept as JSON, so that settings stay hashable."""
    return dataclasses.field(default="{}", metadata={"unit": "", "why": why, "table": True})


def checked(field: dataclasses.Field[Any], value: object, where: str) -> object:
    """Check a value and return it in the form in which its setting is stored.

    Raises
    ------
    SettingsError
        The value is of a wrong type or outside the limits; the message names the setting, the value and what is
        allowed.
    """
    if field.metadata.get("table"):
        return _tablechecked(field.name, value, where)
    if isinstance(field.default, str):
        if not isinstance(value, str):
            raise SettingsError(f"Setting {field.name!r} in {where} is {value!r}: text in quotes is allowed.")
        allowed = field.metadata.get("allowed")
        if allowed and value and value not in allowed:
            words = ", ".join(map(repr, allowed))
            raise SettingsError(f"Setting {field.name!r} in {where} is {value!r}: one of {words} or '' is allowed.")
        return value
    if isinstance(field.default, bool):
        if not isinstance(value, bool):
            raise SettingsError(f"Setting {field.name!r} in {where} is {value!r}: true or false is allowed.")
        return value
    return _checked_number(field, value, where)


def _checked_number(field: dataclasses.Field[Any], value: object, where: str) -> float:
    low, high, unit = field.metadata["low"], field.metadata["high"], field.metadata["unit"]
    whole = field.metadata.get("whole", False)
    allowed = f"a {'whole ' if whole else ''}number from {low:g} to {high:g} {unit}".rstrip()
    if whole and isinstance(value, float) and not value.is_integer():
        raise SettingsError(f"Setting {field.name!r} in {where} is {value!r}: {allowed} is allowed.")
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise SettingsError(f"Setting {field.name!r} in {where} is {value!r}: {allowed} is allowed.")
    return int(value) if whole else float(value)


def _tablechecked(name: str, value: object, where: str) -> str:
    allowed = 'a table with its class and arguments, such as { class = "LocalCluster", n_workers = 2 }, is allowed.'
    is_table = isinstance(value, dict) and (not value or isinstance(value.get("class"), str))
    try:
        # Only values that can be written and read again are allowed: no dates, no NaN.
        if is_table and tomllib.loads(f"{name} = {as_toml(value)}") == {name: value}:
            return json.dumps(value, sort_keys=True, ensure_ascii=False)
    except (TypeError, ValueError):
        pass
    raise SettingsError(f"Setting {name!r} in {where} is {value!r}: {allowed}")


def value_of(settings: object, field: dataclasses.Field[Any]) -> object:
    """Return the value of a setting as in a settings file: a table as a table, a number as a float."""
    value = getattr(settings, field.name)
    if field.metadata.get("table"):
        return json.loads(value)
    is_measure = isinstance(value, int) and not isinstance(value, bool) and not field.metadata.get("whole")
    return float(value) if is_measure else value


def kept_value_of(settings: object, field: dataclasses.Field[Any]) -> object:
    """Return the value of a setting as it is written into a file or a store: without a password."""
    value = value_of(settings, field)
    return without_password(str(value)) if field.metadata.get("is_store_url") else value


def hashed_value_of(settings: object, field: dataclasses.Field[Any]) -> object:
    """Return the value of a setting as it is hashed: of a path only whether there is one.

    A hash stands in tables that leave. Names of folders can be guessed, and the guess tested against the hash.
    """
    value = value_of(settings, field)
    return True if value and field.metadata.get("is_path") else value


def as_toml(value: object) -> str:
    """Write a value as TOML, on one line."""
    if isinstance(value, str):
        # A TOML string is equal to a JSON string except for one character, which JSON does not escape.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, dict):
        return "{" + ", ".join(f"{as_toml(str(name))} = {as_toml(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else repr(value)

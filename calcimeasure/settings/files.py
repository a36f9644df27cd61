"""Settings files, and the KEY=VALUE of the command line: read, checked and written.

A settings file has three tables, one for each record: [measure], [run] and [write]. Keys outside of a table are also
read, because files of earlier versions have no tables.
"""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
from typing import TYPE_CHECKING

from calcimeasure.errors import SettingsError
from calcimeasure.input_files import refuse_special_file
from calcimeasure.settings import algorithm
from calcimeasure.settings.fields import as_toml, checked, kept_value_of
from calcimeasure.settings.records import RECORDS, Settings
from calcimeasure.settings.store_url import without_password

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_HEAD = """\
# The algorithm number of the program that wrote this file. It is recorded, not set: another number changes nothing.
algorithm = {algorithm}
"""


def load_settings(path: Path) -> Settings:
    """Read settings from a TOML file; settings that are not in the file keep their defaults.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    SettingsError
        The file cannot be read, or a key or value in it is not allowed; the message names the key, the value and what
        is allowed.
    """
    try:
        refuse_special_file(path)
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"Settings file {path} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"Settings file {path} is no valid TOML: {error}.") from error
    return parse_settings(text, where=f"settings file {path}")


def parse_settings(text: str, where: str) -> Settings:
    """Read settings from TOML text; settings that are not in the text keep their defaults.

    Raises
    ------
    SettingsError
        As `load_settings`.
    """
    try:
        values = tomllib.loads(text)
    except ValueError as error:  # also of a number with thousands of digits
        raise SettingsError(f"{where[:1].upper()}{where[1:]} is no valid TOML: {error}.") from error
    return change_settings(Settings(), _flat(values, where), where=where)


def _flat(values: Mapping[str, object], where: str) -> dict[str, object]:
    """Take the settings out of their tables; a key outside of a table is also a setting."""
    flat = {name: value for name, value in values.items() if name not in (*RECORDS, "algorithm")}
    for title in RECORDS:
        table = values.get(title, {})
        if not isinstance(table, dict):
            raise SettingsError(f"Setting {title!r} in {where} is {table!r}: a table [{title}] of settings is allowed.")
        for name, value in table.items():
            home = next((other for other, its in RECORDS.items() if name in its.__dataclass_fields__), title)
            if home != title:
                raise SettingsError(f"Setting {name!r} in {where} stands in [{title}]: it belongs in [{home}].")
            if name in flat:
                raise SettingsError(f"Setting {name!r} in {where} is given twice: in [{title}] and outside of it.")
            flat[name] = value
    return flat


def change_settings(settings: Settings, values: Mapping[str, object], where: str = "settings") -> Settings:
    """Return a copy with some values changed, each checked.

    Parameters
    ----------
    settings
        The settings before the change.
    values
        Values by the name of the setting; integers are accepted for numbers.
    where
        The origin of the values, for error messages.

    Raises
    ------
    SettingsError
        An unknown name, a wrong type, or a value outside its limits.
    """
    fields = {field.name: field for field in dataclasses.fields(Settings)}
    changed = {}
    for name, value in values.items():
        if name not in fields:
            near = difflib.get_close_matches(name, fields, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"allowed are {', '.join(fields)}."
            raise SettingsError(f"Unknown setting {name!r} in {where}: {hint}")
        changed[name] = checked(fields[name], value, where)
    return dataclasses.replace(settings, **changed)  # type: ignore[arg-type] # each was checked by its own field


def parse_assignment(text: str) -> tuple[str, object]:
    """Split ``KEY=VALUE`` as the command line gives it; the value is read as TOML.

    Raises
    ------
    SettingsError
        There is no ``=``, or the value is not valid TOML.

    Examples
    --------
    >>> parse_assignment("threshold_hu=250")
    ('threshold_hu', 250)
    """
    name, equals, value = text.partition("=")
    if not equals:
        raise SettingsError(f"{text!r} is no setting: KEY=VALUE is expected, for example threshold_hu=250.")
    try:
        (parsed,) = tomllib.loads(f"value = {value}").values()
    except ValueError as error:
        raise SettingsError(
            f"{value!r} is no value for setting {name.strip()!r}: a number, true, false or text in quotes is expected."
        ) from error
    return name.strip(), parsed


def format_settings(settings: Settings) -> str:
    """Write settings as TOML, each with its unit and reason as a comment; `load_settings` reads it back.

    The password in the URL of a store is left out.
    """
    blocks = [_HEAD.format(algorithm=algorithm.ALGORITHM)]
    for title, record in RECORDS.items():
        blocks.append(f"[{title}]\n")
        for field in dataclasses.fields(record):
            unit = f" ({field.metadata['unit']})" if field.metadata["unit"] else ""
            value = as_toml(kept_value_of(settings, field))
            blocks.append(f"# {field.metadata['why']}{unit}\n{field.name} = {value}\n")
    return "\n".join(blocks)


def toml_without_password(text: str) -> str:
    """Leave the password in the URL of a store out of settings that `format_settings` of any version wrote."""
    values = tomllib.loads(text)
    table = values.get("write", {})
    store = table.get("store", "") if isinstance(table, dict) else ""
    store = store or values.get("store", "")
    return text.replace(as_toml(store), as_toml(without_password(store))) if store else text

"""Settings: each number with its unit, its limits, its reason and its source.

They are read from TOML (`load_settings`) or changed one by one (`change_settings`); both check names, types and limits.
"""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import json
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from calcimeasure.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def _number(default: float, unit: str, low: float, high: float, why: str, output_only: bool = False) -> Any:  # noqa: ANN401 - as dataclasses.field
    limits = {"unit": unit, "low": low, "high": high, "why": why, "output_only": output_only}
    return dataclasses.field(default=default, metadata=limits)


def _count(default: int, high: int, why: str) -> Any:  # noqa: ANN401 - as dataclasses.field
    limits = {"unit": "", "low": 0, "high": high, "why": why, "output_only": True, "whole": True}
    return dataclasses.field(default=default, metadata=limits)


def _switch(default: bool, why: str, output_only: bool = False) -> Any:  # noqa: ANN401 - as dataclasses.field
    return dataclasses.field(default=default, metadata={"unit": "", "why": why, "output_only": output_only})


def _text(why: str, output_only: bool = True) -> Any:  # noqa: ANN401 - as dataclasses.field
    return dataclasses.field(default="", metadata={"unit": "", "why": why, "output_only": output_only})


def _table(why: str) -> Any:  # noqa: ANN401 - as dataclasses.field
    """Make a setting of several named values; it is kept as JSON, so that settings stay hashable."""
    return dataclasses.field(default="{}", metadata={"unit": "", "why": why, "output_only": True, "table": True})


@dataclass(frozen=True, slots=True)
class Settings:
    """All that can be set. Frozen and hashable; `settings_hash` names what a number was measured with."""

    # Hounsfield units are required: a CT that says of another unit (Rescale Type) or looks like stored values without
    # their intercept is refused (not_hu); one without any air in view, where nothing can be checked, is measured with
    # the notice no_air.
    threshold_hu: float = _number(
        200,
        "HU",
        -500,
        3000,
        "A voxel at or above it is calcified. Calcinosis is seen from 200 to 1500 HU; calcium scoring uses 130 HU at "
        "120 kVp, where contrast-filled vessels and noise come along. No published cut-off for calcinosis exists.",
    )
    min_volume_mm3: float = _number(
        30,
        "mm3",
        0,
        1e6,
        "Smaller components are noise or below what 1 to 5 mm slices can measure (a ball of 30 mm3 is 3.9 mm wide).",
    )
    large_diameter_mm: float = _number(
        20,
        "mm",
        0,
        1000,
        "From this size on a mass is large: the pseudotumoral calcinosis of Semin Arthritis Rheum 2020;50:1339 "
        "measures "
        "2 to 15.5 cm.",
    )
    mass_probability: float = _number(
        0.5,
        "",
        0,
        1,
        "What is a calcified mass with this probability or more is called one: below half it is more likely something "
        "else.",
    )
    review_probability: float = _number(
        0.1,
        "",
        0,
        1,
        "What is a calcified mass with this probability or more, but not called one, is of unknown tissue: a reviewer "
        "is shown it. Below it is clearly bone. On real limbs this leaves about one unknown part in two series.",
    )
    direction_tolerance: float = _number(
        0.001,
        "",
        1e-6,
        0.01,
        "Largest difference of a direction cosine within one stack, and of a direction pair from perpendicular unit "
        "vectors: 0.001 moves the far edge of a 500 mm field by half a pixel.",
    )
    spacing_tolerance_mm: float = _number(
        0.02,
        "mm",
        1e-4,
        1.0,
        "Slice positions are often rounded to two decimals: steps that differ by less are the same step, and "
        "slices closer "
        "than this lie at one position.",
    )
    shift_tolerance_mm: float = _number(
        0.5,
        "mm",
        1e-3,
        10.0,
        "Sideways deviation of a slice from the straight line of its stack: below it is rounding, above it the "
        "stack is "
        "refused (a gantry tilt shifts slices along a straight line).",
    )
    non_contiguous_factor: float = _number(
        1.5,
        "",
        1.0,
        100.0,
        "Slice spacing above this many times SliceThickness leaves out tissue between the slices.",
    )
    max_volume_gb: float = _number(
        8,
        "GB",
        0.01,
        1000,
        "A stack that would take more memory is refused before it is taken: 16000 slices of 512 x 512 take 8 GB.",
    )
    film_review_probability: float = _number(
        0.05,
        "",
        0,
        1,
        "review_probability of a radiograph, where bones are round and lie on each other: one in 20 of the masses of "
        "2 cm or more is less likely one than this, and nearly all that is as likely is bone. A reviewer is shown it.",
    )
    film_smallest_mm: float = _number(
        3,
        "mm",
        1,
        50,
        "Smaller masses are not looked for on a radiograph: they are as wide as the cortex of a finger's bone. Where "
        "no mm are known, the longer side of the film is taken for 250 mm in looking, not in measuring.",
    )
    film_largest_mm: float = _number(
        160,
        "mm",
        10,
        500,
        "Larger masses are not looked for on a radiograph: pseudotumoral calcinosis of up to 155 mm has been described "
        "(Semin Arthritis Rheum 2020;50:1339), and a thigh is as wide.",
    )
    allow_uncertain_spacing: bool = _switch(
        default=False,
        why="true takes Pixel Spacing of a radiograph for millimeters where the standard does not say of which plane "
        "it is (PS3.3 section 10.7.1.3); false leaves such a radiograph in pixels.",
    )
    bone_mask: str = _text(
        "File or folder of bones that another program outlined (DICOM SEG, RTSTRUCT, NIfTI; TotalSegmentator's names): "
        "what they hold is bone, unless it is too dense and thick for bone.",
        output_only=False,
    )
    identified: bool = _switch(
        default=False,
        output_only=True,
        why="true writes PatientID, dates and UIDs as the headers have them into the tables; false writes pseudonyms.",
    )
    key: str = _text(
        "File of the secret key that pseudonyms, shifted dates and replaced UIDs follow from; made on first use. "
        "Empty: a file in the user's own configuration folder.",
    )
    record_map: str = _text(
        "CSV with the columns patient_id and record_id: the registry's own id of a patient, written instead of a "
        "pseudonym."
    )
    store: str = _text(
        "Database URL of the store, for example postgresql+psycopg://USER@HOST/DATABASE. Empty: a file in DIR/private."
    )
    workers: int = _count(
        0,
        1024,
        "Processes that measure, each a stack at a time on one core. 0: as many as there are cores, stacks, and 2 GB "
        "of free memory for each (a stack of 500 slices takes 1.3 GB); where that is one, it works with every core.",
    )
    time_limit_s: float = _number(
        3600,
        "s",
        1,
        1e6,
        "A stack that takes longer is given up (time_limit): a decoder that hangs must not hold up a night. The "
        "largest take minutes.",
        output_only=True,
    )
    memory_limit_gb: float = _number(
        0,
        "GB",
        0,
        1e5,
        "A stack whose process takes more memory is given up (memory_limit). 0: an equal share of the free memory for "
        "each worker.",
        output_only=True,
    )
    scheduler: str = _text(
        "Address of a Dask scheduler, for example tcp://HOST:8786: its workers measure. Empty: this machine does."
    )
    cluster: str = _table(
        "A Dask cluster that is started for the run: class names it (LocalCluster; SLURMCluster, PBSCluster and others "
        "of dask-jobqueue), everything else are its arguments. Empty: none.",
    )
    all_tissues: bool = _switch(
        default=False,
        output_only=True,
        why="true writes everything that was found and kept into lesions.csv; false calcified masses alone.",
    )
    remeasure_reviewed: bool = _switch(
        default=False,
        output_only=True,
        why="true measures stacks again that a reader has decided about; false leaves those alone and reports them.",
    )
    report: bool = _switch(
        default=True, output_only=True, why="false leaves out report.html. This version does not write one either way."
    )


def settings_hash(settings: Settings) -> str:
    """Name the settings that numbers depend on.

    Parameters
    ----------
    settings
        Those that were measured with.

    Returns
    -------
    str
        The first 12 hexadecimal digits of the SHA-256 of every setting that can change a number; what only changes what
        is written (`identified`, `report`) is left out.
    """
    lines = [
        f"{field.name}={_toml(_value_of(settings, field))}"
        for field in dataclasses.fields(settings)
        if not field.metadata.get("output_only")
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


def load_settings(path: Path) -> Settings:
    """Read settings from a TOML file; what it does not name keeps its default.

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
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"Settings file {path} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"Settings file {path} is no valid TOML: {error}.") from error
    return parse_settings(text, where=f"settings file {path}")


def parse_settings(text: str, where: str) -> Settings:
    """Read settings from TOML; what it does not name keeps its default.

    Raises
    ------
    SettingsError
        As `load_settings`.
    """
    try:
        values = tomllib.loads(text)
    except ValueError as error:  # also of a number with thousands of digits
        raise SettingsError(f"{where[:1].upper()}{where[1:]} is no valid TOML: {error}.") from error
    return change_settings(Settings(), values, where=where)


def change_settings(settings: Settings, values: Mapping[str, object], where: str = "settings") -> Settings:
    """Return a copy with some values changed, each checked.

    Parameters
    ----------
    settings
        What to start from.
    values
        Setting name to value; whole numbers are taken for numbers.
    where
        Named in error messages.

    Raises
    ------
    SettingsError
        An unknown name, a wrong type, or a value outside its limits.
    """
    fields = {field.name: field for field in dataclasses.fields(Settings)}
    checked = {}
    for name, value in values.items():
        if name not in fields:
            near = difflib.get_close_matches(name, fields, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"allowed are {', '.join(fields)}."
            raise SettingsError(f"Unknown setting {name!r} in {where}: {hint}")
        checked[name] = _checked(fields[name], value, where)
    return dataclasses.replace(settings, **checked)  # type: ignore[arg-type] # each was checked by its own field


def parse_assignment(text: str) -> tuple[str, object]:
    """Split ``KEY=VALUE`` as the command line gives it; the value is read as TOML.

    Raises
    ------
    SettingsError
        No ``=``, or a value that is no TOML value.

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
    """Write settings as TOML, each with its unit and reason as a comment; `load_settings` reads it back."""
    blocks = []
    for field in dataclasses.fields(settings):
        unit = f" ({field.metadata['unit']})" if field.metadata["unit"] else ""
        blocks.append(f"# {field.metadata['why']}{unit}\n{field.name} = {_toml(_value_of(settings, field))}\n")
    return "\n".join(blocks)


def cluster_arguments(settings: Settings) -> dict[str, Any]:
    """Give the table ``cluster``: ``class``, and the arguments of that class; empty where none is to be started."""
    arguments: dict[str, Any] = json.loads(settings.cluster)
    return arguments


def measures_on_cluster(settings: Settings) -> bool:
    """Tell whether a Dask cluster measures, one that runs or one that is started, and not this machine."""
    return bool(settings.scheduler or cluster_arguments(settings))


def _checked(field: dataclasses.Field[Any], value: object, where: str) -> object:
    if field.metadata.get("table"):
        return _checked_table(field.name, value, where)
    if isinstance(field.default, str):
        if not isinstance(value, str):
            raise SettingsError(f"Setting {field.name!r} in {where} is {value!r}: text in quotes is allowed.")
        return value
    if isinstance(field.default, bool):
        if not isinstance(value, bool):
            raise SettingsError(f"Setting {field.name!r} in {where} is {value!r}: true or false is allowed.")
        return value
    low, high, unit = field.metadata["low"], field.metadata["high"], field.metadata["unit"]
    whole = field.metadata.get("whole", False)
    allowed = f"a {'whole ' if whole else ''}number from {low:g} to {high:g} {unit}".rstrip()
    if whole and isinstance(value, float) and not value.is_integer():
        raise SettingsError(f"Setting {field.name!r} in {where} is {value!r}: {allowed} is allowed.")
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise SettingsError(f"Setting {field.name!r} in {where} is {value!r}: {allowed} is allowed.")
    return int(value) if whole else float(value)


def _checked_table(name: str, value: object, where: str) -> str:
    allowed = 'a table with its class and arguments, such as { class = "LocalCluster", n_workers = 2 }, is allowed.'
    is_table = isinstance(value, dict) and (not value or isinstance(value.get("class"), str))
    try:
        # Only what can be written and read again: no dates, and no numbers that are none.
        if is_table and tomllib.loads(f"{name} = {_toml(value)}") == {name: value}:
            return json.dumps(value, sort_keys=True, ensure_ascii=False)
    except (TypeError, ValueError):
        pass
    raise SettingsError(f"Setting {name!r} in {where} is {value!r}: {allowed}")


def _value_of(settings: Settings, field: dataclasses.Field[Any]) -> object:
    value = getattr(settings, field.name)
    if field.metadata.get("table"):
        return json.loads(value)
    is_measure = isinstance(value, int) and not isinstance(value, bool) and not field.metadata.get("whole")
    return float(value) if is_measure else value


def _toml(value: object) -> str:
    if isinstance(value, str):
        # A string of TOML is one of JSON, but for one character that JSON leaves as it is.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_toml(str(name))} = {_toml(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else repr(value)

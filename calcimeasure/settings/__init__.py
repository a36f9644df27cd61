"""Settings: each number with its unit, its limits, its reason and its source.

Settings are read from TOML (`load_settings`) or changed one by one (`change_settings`); both functions check names,
types and limits.
"""

from calcimeasure.settings.algorithm import algorithm_of, settings_hash
from calcimeasure.settings.files import (
    change_settings,
    format_settings,
    load_settings,
    parse_assignment,
    parse_settings,
    toml_without_password,
)
from calcimeasure.settings.records import (
    RECORDS,
    MeasureSettings,
    RunSettings,
    Settings,
    WriteSettings,
    cluster_arguments,
    measures_on_cluster,
)
from calcimeasure.settings.store_url import without_password

__all__ = [
    "RECORDS",
    "MeasureSettings",
    "RunSettings",
    "Settings",
    "WriteSettings",
    "algorithm_of",
    "change_settings",
    "cluster_arguments",
    "format_settings",
    "load_settings",
    "measures_on_cluster",
    "parse_assignment",
    "parse_settings",
    "settings_hash",
    "toml_without_password",
    "without_password",
]

"""Measures calcified masses: folders of CT and X-ray DICOM in, a table of every mass out.

Examples
--------
>>> from calcimeasure import analyze, find_series, sample_folder
>>> found = find_series(sample_folder() / "hand")
>>> report = analyze(found.series[0])
>>> max(lesion.measurements.max_3d_diameter.length_mm for lesion in report.lesions) > 20
True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from calcimeasure.analysis.pipeline import analyze, analyze_or_fail
    from calcimeasure.errors import CalcimeasureError, SeriesError, UsageError
    from calcimeasure.export import Identified, Pseudonyms, write_csv
    from calcimeasure.geometry import Geometry
    from calcimeasure.load import find_series, load_image
    from calcimeasure.model import Failure, Found, Lesion, Measurements, Outline, Proposals, Report, Volume
    from calcimeasure.model import Stack as Series
    from calcimeasure.sample import sample_folder
    from calcimeasure.segment import propose
    from calcimeasure.settings import Settings, load_settings
    from calcimeasure.store import open_store

_HOME = {
    "CalcimeasureError": "errors",
    "Failure": "model",
    "Found": "model",
    "Geometry": "geometry",
    "Identified": "export",
    "Lesion": "model",
    "Measurements": "model",
    "Outline": "model",
    "Proposals": "model",
    "Pseudonyms": "export",
    "Report": "model",
    "Series": "model",
    "SeriesError": "errors",
    "Settings": "settings",
    "UsageError": "errors",
    "Volume": "model",
    "analyze": "analysis.pipeline",
    "analyze_or_fail": "analysis.pipeline",
    "find_series": "load",
    "load_image": "load",
    "load_settings": "settings",
    "open_store": "store",
    "propose": "segment",
    "sample_folder": "sample",
    "write_csv": "export",
}

_NAMES_INSIDE = {"Series": "Stack"}
"""`find_series` returns stacks of series. The package calls the record Stack; its public name is Series."""

__all__ = [
    "CalcimeasureError",
    "Failure",
    "Found",
    "Geometry",
    "Identified",
    "Lesion",
    "Measurements",
    "Outline",
    "Proposals",
    "Pseudonyms",
    "Report",
    "Series",
    "SeriesError",
    "Settings",
    "UsageError",
    "Volume",
    "analyze",
    "analyze_or_fail",
    "find_series",
    "load_image",
    "load_settings",
    "open_store",
    "propose",
    "sample_folder",
    "write_csv",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    """Import a public name when it is first used: showing help must not load the whole of SciPy."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), _NAMES_INSIDE.get(name, name))


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})

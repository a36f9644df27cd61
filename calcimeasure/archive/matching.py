"""What an archive gave although it was not asked for: some ignore an attribute that they do not know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_COMPARED: Final = ("StudyInstanceUID", "SeriesInstanceUID", "Modality", "AccessionNumber", "StudyDate")
"""Attributes whose values are compared where the archive tells them."""


def is_as_asked(values: Mapping[str, str], keys: Mapping[str, str]) -> bool:
    """Tell whether what an archive found is what was asked for.

    Parameters
    ----------
    values
        What the archive says of a study or series, by keyword.
    keys
        What was asked for. Values with wildcards and lists are left to the archive.

    Returns
    -------
    bool
        True only if a Patient ID that was asked for is told and equal (PS3.4 section C.2.2.2.1: case-sensitive), and no
        other name and no date is another one.

    Examples
    --------
    >>> is_as_asked({"PatientID": "17", "StudyDate": "20260304"}, {"PatientID": "17", "StudyDate": "20260101-20261231"})
    True
    >>> is_as_asked({"StudyDate": "20260304"}, {"PatientID": "17"})
    False
    """
    return all(_is_value_as_asked(name, asked, values.get(name)) for name, asked in keys.items())


def _is_value_as_asked(name: str, asked: str, value: str | None) -> bool:
    if name == "PatientID" and not _is_pattern(asked):
        return value == asked  # never another patient, nor one without a name
    if value is None or name not in _COMPARED:
        return True
    if name == "StudyDate":
        first, dash, last = asked.partition("-")
        return (first or value) <= value <= ((last or value) if dash else first)
    return _is_pattern(asked) or value == asked


def _is_pattern(asked: str) -> bool:
    return any(sign in asked for sign in "*?\\,")

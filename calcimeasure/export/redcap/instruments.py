"""A form as a file that an existing project takes: the only way that leaves the fields of the project alone."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Final

from calcimeasure.export.redcap.dictionary import dictionary_text, entries_of

if TYPE_CHECKING:
    from calcimeasure.export.redcap.fields import Form

ORIGIN_FILE: Final = "OriginID.txt"
INSTRUMENT_FILE: Final = "instrument.csv"
_MADE_AT: Final = (1980, 1, 1, 0, 0, 0)
"""The time of every entry, so that the same form gives the same bytes."""


def instrument_zip(form: Form) -> bytes:
    """Write a form as REDCap's instrument zip: its dictionary without a record id, and where it comes from."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in ((ORIGIN_FILE, "calcimeasure"), (INSTRUMENT_FILE, dictionary_text(entries_of([form])))):
            entry = zipfile.ZipInfo(name, _MADE_AT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(entry, text)
    return packed.getvalue()

"""Folding of words: case, accents and umlauts are removed, so that every spelling of a word is found."""

from __future__ import annotations

import unicodedata
from typing import Final


def fold(text: str) -> str:
    """Fold case and strip accents: ä to a, ł to l, ß to ss."""
    stripped = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return stripped.casefold().translate(_NO_STROKE)


_NO_STROKE: Final = str.maketrans({"ł": "l", "ø": "o", "æ": "ae", "œ": "oe"})


def foldings(text: str) -> frozenset[str]:
    """Fold a word of a table in both ways of writing an umlaut without dots: a and ae."""
    composed = unicodedata.normalize("NFC", text).casefold()
    return frozenset({fold(composed), fold(composed.translate(_UMLAUTS))})


_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})

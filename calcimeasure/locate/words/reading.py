"""Analysis of a description: its words, the parts of the body that it names, and its words about the past."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from calcimeasure.locate.words.folding import fold
from calcimeasure.locate.words.tables import (
    WordList,
    glued,
    history_phrases,
    matches,
    may_stand_between,
    parts_and_no_parts,
    phrases_without_side,
    plain_side,
    site_phrases,
    word_set,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from calcimeasure.locate.words.evidence import NamedSite


@dataclass(frozen=True, slots=True)
class _Token:
    """A word, folded and as written, with the characters between it and the word before."""

    word: str
    written: str
    separator: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the body, named by the words from index start to stop (excluded)."""

    start: int
    stop: int
    named: frozenset[NamedSite]
    paired: bool
    languages: frozenset[str]


@dataclass(frozen=True, slots=True)
class Reading:
    """A text, divided into words.

    Parameters
    ----------
    tokens, words
        The words of the text, as `_Token` and folded.
    parts
        The parts of the body that the text names, in order.
    past
        Indices of the words about the past (an earlier operation or injury).
    silent
        Indices of words that cannot name a side: those of `past` and of phrases such as "left to right".
    """

    tokens: tuple[_Token, ...]
    words: tuple[str, ...]
    parts: tuple[Part, ...]
    past: frozenset[int]
    silent: frozenset[int]

    def word(self, index: int) -> str:
        """Return a folded word, empty outside of the text."""
        return self.words[index] if 0 <= index < len(self.words) else ""

    def separator(self, index: int) -> str:
        """Return the characters before a word; empty outside of the text."""
        return self.tokens[index].separator if 0 <= index < len(self.tokens) else ""

    def part_at(self, index: int) -> Part | None:
        """Return the part of the body that a word belongs to."""
        return next((part for part in self.parts if part.start <= index < part.stop), None)

    def written(self, part: Part) -> str:
        """Return the words of a part as written in the text."""
        return " ".join(one.written for one in self.tokens[part.start : part.stop])

    def is_cut(self, index: int) -> bool:
        """Tell whether a comma or bracket stands before a word."""
        return any(sign in ",;|()[]{}" for sign in self.separator(index))


def read_text(text: str) -> Reading:
    """Divide a text into words, and find the parts of the body that they name; a text that is too long has none."""
    tokens = tuple(_tokens(text)) if len(text) <= LONGEST_TEXT else ()
    words = tuple(token.word for token in tokens)
    past = frozenset(_past(tokens, words))
    phrases = {at for start, stop, _ in matches(words, phrases_without_side()) for at in range(start, stop)}
    parts = tuple(
        Part(start, stop, meaning.named, meaning.paired, meaning.languages)
        for start, stop, meaning in matches(words, parts_and_no_parts())
        if meaning is not None
    )
    return Reading(tokens, words, parts, past, past | phrases)


LONGEST_TEXT: Final = 512
"""Characters of a text that is read. Descriptions have VR LO, at most 64 characters (PS3.5 table 6.2-1). A longer text
is not cut: a side word behind the cut may contradict one before it. Time grows with the cube of the length."""


def _past(tokens: tuple[_Token, ...], words: tuple[str, ...]) -> Iterable[int]:
    """Yield the indices of words from "Z.n.", "s/p" and the like to the next comma or bracket."""
    for start, _, _ in matches(words, history_phrases()):
        for at in range(start, len(words)):
            if at > start and any(sign in ",;|()[]" for sign in tokens[at].separator):
                break
            yield at


def _tokens(text: str) -> Iterable[_Token]:
    """Yield the words of a text; camel case and words joined with a side are separated, decimals are one word."""
    spaced = _CAMEL_CASE.sub(" ", unicodedata.normalize("NFC", text))
    end = 0
    for found in _WORD.finditer(spaced):
        separator, end = spaced[end : found.start()].replace("_", " "), found.end()
        for word in _unglued(fold(found.group())):
            yield _Token(word, found.group(), separator)
            separator = ""


_WORDS_KEPT: Final = 2**14
"""Words of others whose meaning is remembered."""

_LOWER: Final = "a-zß-öø-ÿąćęłńśźż"
_UPPER: Final = "A-ZÀ-ÖØ-ÞĄĆĘŁŃŚŹŻ"
_CAMEL_CASE: Final = re.compile(f"(?<=[{_LOWER}])(?=[{_UPPER}])|(?<=[{_UPPER}])(?=[{_UPPER}][{_LOWER}])")
_WORD: Final = re.compile(r"\d+[.,]\d+|[^\W_]+")


@lru_cache(maxsize=_WORDS_KEPT)
def _unglued(word: str) -> tuple[str, ...]:
    """Separate part and side of LHAND, RTKNEE, KNIERE, HANDLINKS; any other word is kept as it is."""
    if not word.isalpha() or may_stand_between(word) or (word,) in site_phrases():
        return (word,)
    cuts = ((word[:cut], word[cut:]) for cut in range(1, len(word)))
    return next((cut for cut in cuts if _is_side_with_part(*cut) or _is_part_with_side(*cut)), (word,))


def _is_side_with_part(first: str, second: str) -> bool:
    if first in glued("before") and second in word_set(WordList.GLUED_PART):
        return True
    return plain_side(first) is not None and _names_pair(second)


def _is_part_with_side(first: str, second: str) -> bool:
    if not _names_pair(first):
        return False
    is_german = "de" in site_phrases()[first,].languages
    return plain_side(second) is not None or (is_german and second in glued("behind"))


def _names_pair(word: str) -> bool:
    meaning = site_phrases().get((word,))
    return meaning is not None and meaning.paired


def as_list(texts: str | Iterable[str | None]) -> list[str]:
    """Make a list of one or several texts, without empty ones."""
    return [text for text in ([texts] if isinstance(texts, str) else texts) if text and text.strip()]

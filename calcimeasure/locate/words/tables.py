"""The tables of words, one file for each language, and look-up of words and phrases in them.

The files hold words as in a dictionary, with accents. Case, accents and umlauts are folded (ä is found as a and as ae).
A trailing * stands for any ending.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from calcimeasure.locate.words.evidence import WHOLE_BODY, NamedSite, SaidSide
from calcimeasure.locate.words.folding import foldings
from calcimeasure.model import BodySite

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LANGUAGES: Final = ("en", "de", "fr", "it", "es", "nl", "pt", "pl")
ROMANCE: Final = frozenset({"fr", "it", "es", "pt"})

ANY: Final = "any"
"""The file of words that belong to no single language."""

PAIRED: Final = "paired"
"""The table of the sites that exist twice; those of ``single`` exist once."""


WHOLE: Final = "whole_body"
NO_SITE: Final = "nothing"
"""Keys of phrases that name every site, and of phrases that name a part of the body that is not a site (an organ)."""


class WordList(StrEnum):
    """The word lists in the table ``words`` of a file."""

    RIGHT = "right"
    """Words that name the right side in any context."""
    LEFT = "left"
    """Words that name the left side in any context."""
    BOTH = "both"
    """Words for both sides; such a word does not set a side."""
    LETTER = "letter"
    """Letters that name sides in pairs (R/L, D/G, D/I, D/E, P/L) or join them (e, i, y). A run of them means both."""
    GLUED_PART = "glued_part"
    """Parts that may be joined with L, R, LT or RT in one word: LHAND. Not leg or arm: LLEG may be the lower leg."""
    FILLER = "filler"
    """Words that may stand between an abbreviation and its part."""
    LONE = "lone"
    """Words allowed next to a side word (as are fillers and numbers) if no description names a part."""
    TITLE = "title"
    """Titles: a letter after one of these words begins a name."""
    JOINING = "joining"
    """Words for "and" and "or"."""
    VIEW = "view"
    """Words for projections; after "both" they mean two projections, not two sides."""
    NOT_A_SIDE = "not_a_side"
    """Phrases that contain a side word and name no side."""
    POSITION = "position"
    """Words for the position of a patient; a side word near one of them is not the side of the imaged part."""
    ELEVATION = "elevation"
    """Words for raised, lowered, crossed; next to an arm they describe the position of the arm."""
    ACCESS = "access"
    """Words for the injection of contrast agent. Next to a part used for infusions, the side is that of the needle."""
    CONTRAST = "contrast"
    """Words for contrast agent."""
    HISTORY = "history"
    """Words for the past: the part that follows is perhaps not the imaged part."""
    COMPLAINT = "complaint"
    """Words for pain: the part next to one is the reason for the image, and perhaps not the imaged part."""
    PROJECTION = "projection"
    """A side next to one of these words may name the projection: "left lateral"."""
    WITH = "with"
    """After one of these words an injection means contrast agent, not the place of a needle."""
    RADIOTHERAPY = "radiotherapy"
    """Next to one of these words, RT means radiotherapy."""
    REFERRAL = "referral"
    """Before one of these words, the German "lt" means "laut" (according to)."""
    REPEAT = "repeat"
    """After one of these words, "re" means "again"."""
    ARTICLE = "article"
    """Words before which L is the article l' without its apostrophe: "L humérus", "L ulna"."""
    NOT_A_SITE = "not_a_site"
    """Phrases that look like a part of the body and do not name one."""


@dataclass(frozen=True, slots=True)
class Abbreviation:
    """A short word that names a side only next to a part of the body that exists twice.

    Parameters
    ----------
    side
        ``right``, ``left`` or ``both``.
    languages
        The part must be a word of one of these languages; empty for any language.
    only_these
        The part must also not be a word of any other language ("mano sin": Spanish "without").
    precedes
        The abbreviation may stand before the part ("re. Knie"), not only after it ("ginocchio dx").
    touches
        The abbreviation must be next to the part: no number or projection may stand between.
    """

    side: str
    languages: frozenset[str] = frozenset()
    only_these: bool = False
    precedes: bool = True
    touches: bool = False


@dataclass(frozen=True, slots=True)
class Meaning:
    """The meaning of a word in the tables ``site``: its sites, whether the part exists twice, and its languages."""

    named: frozenset[NamedSite]
    paired: bool
    languages: frozenset[str]


@cache
def _table(name: str) -> Mapping[str, Any]:
    return tomllib.loads((files(__package__) / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def word_set(words: WordList) -> frozenset[str]:
    """Give the words of a list in all languages, folded."""
    return _folded(_listed(words))


def _listed(words: WordList) -> list[str]:
    return [word for language in (*LANGUAGES, ANY) for word in _table(language)["words"].get(words, ())]


def _folded(listed: Iterable[str]) -> frozenset[str]:
    return frozenset(folded for word in listed for folded in foldings(word))


def laterality_values() -> Mapping[str, str]:
    """Give the side of each value of the laterality attributes."""
    values: Mapping[str, str] = _table("dicom")["laterality_values"]
    return values


def laterality_codes() -> Mapping[str, str]:
    """Give the side of each code value of Anatomic Region Modifier."""
    codes: Mapping[str, str] = _table("dicom")["laterality_codes"]
    return codes


def glued(where: str) -> Mapping[str, str]:
    """Give the sides that are joined with a part in one word: ``before`` it, ``behind`` it, or for a ``limb``."""
    sides: Mapping[str, str] = _table("dicom")["glued"][where]
    return sides


@lru_cache(maxsize=2**14)  # words of others: there is no end of them
def plain_side(word: str) -> SaidSide | None:
    """Give the side that a word names in any context."""
    if (limb := glued("limb").get(word)) is not None:
        return SaidSide(limb)
    for side, words in (
        (SaidSide.RIGHT, word_set(WordList.RIGHT)),
        (SaidSide.LEFT, word_set(WordList.LEFT)),
        (SaidSide.BOTH, word_set(WordList.BOTH)),
    ):
        if word in words or any(word.startswith(stem[:-1]) for stem in words if stem.endswith("*")):
            return side
    return None


def names_side(word: str) -> bool:
    """Tell whether a word can name a side, by itself or next to a part of the body."""
    return word in abbreviations() or plain_side(word) is not None


@cache
def abbreviations() -> dict[str, tuple[Abbreviation, ...]]:
    """Give the meanings of each abbreviation. Languages in which it has the same meaning share a row."""
    languages: dict[tuple[str, Abbreviation], frozenset[str]] = {}
    for language in (*LANGUAGES, ANY):
        for row in _table(language).get("abbreviation", ()):
            says = Abbreviation(**{name: value for name, value in row.items() if name != "words"})
            own = frozenset[str]() if language == ANY else frozenset({language})
            for word in _folded(row["words"]):
                languages[word, says] = languages.get((word, says), frozenset()) | own
    rows: dict[str, tuple[Abbreviation, ...]] = {}
    for (word, says), spoken in languages.items():
        rows[word] = (*rows.get(word, ()), replace(says, languages=spoken))
    return rows


def may_stand_between(word: str) -> bool:
    """Tell whether a word may stand between an abbreviation and its part."""
    return word in word_set(WordList.FILLER) or names_side(word)


Phrases = dict[tuple[str, ...], Meaning | None]


@cache
def site_phrases() -> dict[tuple[str, ...], Meaning]:
    """Return the meaning of every phrase; the meanings of several rows or languages are merged."""
    meanings: dict[tuple[str, ...], Meaning] = {}
    for language in LANGUAGES:
        for count, rows in _table(language)["site"].items():
            for sites, phrases in rows.items():
                new = Meaning(named_sites(sites), count == PAIRED, frozenset({language}))
                for phrase in _phrases(phrases):
                    meanings[phrase] = _merged(meanings[phrase], new) if phrase in meanings else new
    return meanings


def _merged(one: Meaning, other: Meaning) -> Meaning:
    return Meaning(one.named | other.named, one.paired and other.paired, one.languages | other.languages)


@cache
def parts_and_no_parts() -> Phrases:
    """Give the phrases that name a part of the body, and those that only look like a part (meaning None)."""
    return site_phrases() | dict.fromkeys(_every_phrase(WordList.NOT_A_SITE))


@cache
def phrases_without_side() -> Phrases:
    """Give the phrases that contain a side word and name no side."""
    return dict.fromkeys(_every_phrase(WordList.NOT_A_SIDE))


@cache
def history_phrases() -> Phrases:
    """Give the phrases after which a text is about the past."""
    return dict.fromkeys(_every_phrase(WordList.HISTORY))


def _every_phrase(words: WordList) -> frozenset[tuple[str, ...]]:
    return _phrases(_listed(words))


def _phrases(listed: Iterable[str]) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(folded.split()) for folded in _folded(listed))


def matches(words: tuple[str, ...], phrases: Phrases) -> Iterable[tuple[int, int, Meaning | None]]:
    """Yield (start, stop, meaning) of every phrase in a text; if several begin at a word, the longest first."""
    start = 0
    while start < len(words):
        for length in range(min(_LONGEST_PHRASE, len(words) - start), 0, -1):
            key = _key(words[start : start + length], phrases)
            if key is not None:
                yield start, start + length, phrases[key]
                start += length
                break
        else:
            start += 1


_LONGEST_PHRASE: Final = 5


def _key(words: tuple[str, ...], phrases: Phrases) -> tuple[str, ...] | None:
    """Find the entry that some words match: exactly, or with the last word matched by its stem (schulter*)."""
    if words in phrases:
        return words
    last = words[-1]
    stems = ((*words[:-1], last[:length] + "*") for length in range(len(last), _SHORTEST_STEM - 1, -1))
    return next((stem for stem in stems if stem in phrases), None)


_SHORTEST_STEM: Final = 4


def named_sites(sites: str) -> frozenset[NamedSite]:
    """Read "spine:lumbar pelvis"."""
    if sites == WHOLE:
        return frozenset(NamedSite(one) for one in WHOLE_BODY)
    if sites == NO_SITE:
        return frozenset()
    split = (site.partition(":") for site in sites.split())
    return frozenset(NamedSite(BodySite(site), detail or None) for site, _, detail in split)


@cache
def sites_of_term() -> dict[str, frozenset[NamedSite]]:
    """Give the sites of each defined term of Body Part Examined (0018,0015), folded."""
    return {term.casefold(): named_sites(sites) for sites, term, _ in _body_part_rows() if term != "-"}


@cache
def sites_of_code() -> dict[str, frozenset[NamedSite]]:
    """Give the sites of each code value, SCT or SNOMED-RT."""
    by_code = {code: named_sites(sites) for sites, _, code in _body_part_rows() if code}
    return by_code | {old: by_code[code] for old, code in _table("dicom")["srt"].items()}


def _body_part_rows() -> Iterable[tuple[str, str, str]]:
    """Yield (sites, term or "-", code or nothing)."""
    for sites, rows in _table("dicom")["body_part"].items():
        for row in rows:
            term, _, code = row.replace("-", "- ", 1).partition(" ")
            yield sites, term, code.strip()


def tidy(value: str) -> str:
    """Remove the padding of a coded value, and fold its case."""
    return value.strip().strip("\0").upper()

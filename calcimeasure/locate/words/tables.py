"""The tables of words, one file for each language, and what they say of a word or phrase.

Words stand in the files as a dictionary has them, with accents; case, accents and umlauts are folded (ä is found as a
and as ae). A trailing * stands for any ending.
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
"""The file of what belongs to no one language."""

PAIRED: Final = "paired"
"""The table of the sites that exist twice; those of ``single`` exist once."""


WHOLE: Final = "whole_body"
NO_SITE: Final = "nothing"
"""Keys of phrases that name every site, and of those that name a part of the body which is no site (an organ)."""


class WordList(StrEnum):
    """The lists of a file's table ``words``."""

    RIGHT = "right"
    """Right, whatever stands around the word."""
    LEFT = "left"
    """Left, whatever stands around the word."""
    BOTH = "both"
    """Both sides; such a word sets no side."""
    LETTER = "letter"
    """Letters that name sides in pairs (R/L, D/G, D/I, D/E, P/L) or join them (e, i, y): a run of them is both."""
    GLUED_PART = "glued_part"
    """Parts that L, R, LT, RT may be written together with: LHAND. Not leg, arm: LLEG may be the lower leg."""
    FILLER = "filler"
    """What may stand between an abbreviation and its part."""
    LONE = "lone"
    """What a description may hold beside a side word where no description names a part, besides fillers and numbers."""
    TITLE = "title"
    """After these a letter begins a name."""
    JOINING = "joining"
    """And, or."""
    VIEW = "view"
    """After "both" they say what there are two of."""
    NOT_A_SIDE = "not_a_side"
    """Phrases that hold a side word and say no side."""
    POSITION = "position"
    """The side that a patient lies on: a side word two words away is no body side of the lesion."""
    ELEVATION = "elevation"
    """Raised, lowered, crossed: beside an arm they say how it is held."""
    ACCESS = "access"
    """Where contrast agent goes in. With a part that an infusion goes into, the side is that of the needle."""
    CONTRAST = "contrast"
    """Contrast agent."""
    HISTORY = "history"
    """What follows was, and need not be what is imaged."""
    COMPLAINT = "complaint"
    """Pain: the part beside it is why an image was made, and need not be what is imaged."""
    PROJECTION = "projection"
    """A side beside one of these may name the projection: "left lateral"."""
    WITH = "with"
    """After these an injection is contrast agent, not the place of a needle."""
    RADIOTHERAPY = "radiotherapy"
    """With these RT is radiotherapy."""
    REFERRAL = "referral"
    """Before these the German "lt" is "laut", according to."""
    REPEAT = "repeat"
    """After these "re" is again."""
    ARTICLE = "article"
    """Before "L humérus", "L ulna": the article l', its apostrophe lost."""
    NOT_A_SITE = "not_a_site"
    """Phrases that look like a part of the body and name none."""


@dataclass(frozen=True, slots=True)
class Abbreviation:
    """A short word that tells a side only beside a part of the body that exists twice.

    Parameters
    ----------
    side
        ``right``, ``left`` or ``both``.
    languages
        The part has to be a word of one of these; empty: of any.
    only_these
        The part must not be a word of any other language, either ("mano sin": Spanish "without").
    precedes
        May stand before the part ("re. Knie"), not only behind it ("ginocchio dx").
    touches
        Nothing may stand between: no number, no projection.
    """

    side: str
    languages: frozenset[str] = frozenset()
    only_these: bool = False
    precedes: bool = True
    touches: bool = False


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a word of the tables ``site`` says: sites, whether it exists twice, and the languages that have it."""

    named: frozenset[NamedSite]
    paired: bool
    languages: frozenset[str]


@cache
def _table(name: str) -> Mapping[str, Any]:
    return tomllib.loads((files(__package__) / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def word_set(words: WordList) -> frozenset[str]:
    """Give a list of words of all languages, folded."""
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
    """Give the sides that are written with a part in one word: ``before`` it, ``behind`` it, or for a ``limb``."""
    sides: Mapping[str, str] = _table("dicom")["glued"][where]
    return sides


@lru_cache(maxsize=2**14)  # words of others: there is no end of them
def plain_side(word: str) -> SaidSide | None:
    """Tell the side that a word says, whatever stands around it."""
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
    """Tell whether a word can say a side, by itself or beside a part of the body."""
    return word in abbreviations() or plain_side(word) is not None


@cache
def abbreviations() -> dict[str, tuple[Abbreviation, ...]]:
    """Give what each abbreviation says. Languages that say the same by it share a row."""
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
    """Return the meaning of every phrase; one that stands in several rows or languages has all of them."""
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
    """Give the phrases that name a part of the body, and those that look so and name none (None)."""
    return site_phrases() | dict.fromkeys(_every_phrase(WordList.NOT_A_SITE))


@cache
def phrases_without_side() -> Phrases:
    """Give the phrases that hold a side word and say no side."""
    return dict.fromkeys(_every_phrase(WordList.NOT_A_SIDE))


@cache
def history_phrases() -> Phrases:
    """Give the phrases after which a text tells what was before."""
    return dict.fromkeys(_every_phrase(WordList.HISTORY))


def _every_phrase(words: WordList) -> frozenset[tuple[str, ...]]:
    return _phrases(_listed(words))


def _phrases(listed: Iterable[str]) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(folded.split()) for folded in _folded(listed))


def matches(words: tuple[str, ...], phrases: Phrases) -> Iterable[tuple[int, int, Meaning | None]]:
    """Yield (start, stop, meaning) of every phrase in a text, the longest first where several begin."""
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
    """Find the entry that some words match: as they are, or the last one by its stem (schulter*)."""
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
    """Take the padding of a coded value away, and its case."""
    return value.strip().strip("\0").upper()

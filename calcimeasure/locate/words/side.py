"""The side that descriptions and tags name.

An ambiguous word names no side: a missing side costs a reader one click, but nobody notices a wrong side.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from calcimeasure.locate.words.arms import is_arm, is_needle_or_raised, is_trunk, is_whole_arm
from calcimeasure.locate.words.evidence import SaidSide, SideEvidence
from calcimeasure.locate.words.reading import LONGEST_TEXT, as_list, read_text
from calcimeasure.locate.words.tables import (
    ROMANCE,
    WordList,
    abbreviations,
    laterality_codes,
    laterality_values,
    may_stand_between,
    names_side,
    plain_side,
    tidy,
    word_set,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from calcimeasure.locate.words.reading import Part, Reading
    from calcimeasure.locate.words.tables import Abbreviation


def side_in_text(texts: str | Iterable[str | None]) -> SideEvidence:
    """Read the side of the imaged part from descriptions.

    Parameters
    ----------
    texts
        A description, or several of one series, the most specific first: Series Description (0008,103E), Protocol
        Name (0018,1030), Study Description (0008,1030). None and empty texts are ignored.

    Returns
    -------
    SideEvidence
        The first text that names a side decides, but if any text names both sides, the result is both. Right in one
        text and left in another give both, as a conflict. For a text that names no part of the body, the parts of the
        other texts are used ("L" with "CT HAND").
        A text of more than 512 characters is not read; then the side is nothing, because it may contradict the others.

    Examples
    --------
    >>> side_in_text("KNIE_RE ap").side, side_in_text("CT der Hand").side, side_in_text("L-Spine LAT").side
    (<SaidSide.RIGHT: 'right'>, <SaidSide.NOTHING: 'nothing'>, <SaidSide.NOTHING: 'nothing'>)
    """
    given = as_list(texts)
    if any(len(text) > LONGEST_TEXT for text in given):
        return SideEvidence()
    readings = [read_text(text) for text in given]
    every_part = tuple(part for reading in readings for part in reading.parts)
    said = [_side_of(reading, every_part) for reading in readings]
    return _first_said([one for one in said if one.side is not SaidSide.NOTHING])


def side_in_tags(
    laterality: str | None = None,
    image_laterality: str | None = None,
    frame_laterality: str | None = None,
    modifier_codes: Iterable[str] = (),
) -> SideEvidence:
    """Read the side from coded attributes.

    Parameters
    ----------
    laterality, image_laterality, frame_laterality
        (0020,0060), (0020,0062), (0020,9072): R, L, U (unpaired), B (both); any other value names no side.
    modifier_codes
        Code values of Anatomic Region Modifier Sequence (0008,2220), SCT or SNOMED-RT (PS3.16 CID 244).

    Returns
    -------
    SideEvidence
        Right and left together are a conflict and name no side; so are U and R, or U and L. Both together with one
        side gives both.
    """
    values = (
        ("Laterality", laterality),
        ("Image Laterality", image_laterality),
        ("Frame Laterality", frame_laterality),
    )
    said = [(f"{name} {value}", laterality_values().get(tidy(value))) for name, value in values if value]
    said += [(f"modifier {code}", laterality_codes().get(tidy(code))) for code in modifier_codes]
    telling = [(name, SaidSide(side)) for name, side in said if side]
    words = tuple(name for name, _ in telling)
    return _agreed({side for _, side in telling}, words)


def _agreed(sides: set[SaidSide], words: tuple[str, ...]) -> SideEvidence:
    """Combine the sides that several tags name."""
    if len(sides) <= 1:
        return SideEvidence(sides.pop() if sides else SaidSide.NOTHING, words)
    if sides in ({SaidSide.BOTH, SaidSide.RIGHT}, {SaidSide.BOTH, SaidSide.LEFT}):
        return SideEvidence(SaidSide.BOTH, words)
    return SideEvidence(SaidSide.NOTHING, words, conflict=True)


def _first_said(said: list[SideEvidence]) -> SideEvidence:
    if not said:
        return SideEvidence()
    words = tuple(word for one in said for word in one.words)
    if {SaidSide.RIGHT, SaidSide.LEFT} <= {one.side for one in said}:
        return SideEvidence(SaidSide.BOTH, words, conflict=True)
    return said[0]


def _side_of(reading: Reading, every_part: tuple[Part, ...]) -> SideEvidence:
    parts = reading.parts or every_part
    if not _can_say_a_side(reading, parts):
        return SideEvidence()
    marks = [mark for mark in _marks(reading, parts) if not _is_of_something_else(reading, mark, every_part)]
    if not marks:
        return SideEvidence()
    sides = {mark.side for mark in marks}
    words = tuple(reading.tokens[mark.index].written for mark in marks)
    return SideEvidence(sides.pop() if len(sides) == 1 else SaidSide.BOTH, words)


def _can_say_a_side(reading: Reading, parts: tuple[Part, ...]) -> bool:
    """Tell whether a text names a part that exists twice, or has hardly any words beside the side word."""
    if not reading.parts and not _is_nearly_alone(reading):
        return False
    return not parts or any(part.paired for part in parts)


def _is_nearly_alone(reading: Reading) -> bool:
    """Tell whether a text has, beside its side word, only words that are certainly no body part: "Right 1.0 B60s"."""
    return all(
        may_stand_between(word) or word in word_set(WordList.LONE) or not word.isalpha() for word in reading.words
    )


@dataclass(frozen=True, slots=True)
class _Mark:
    """A side word in a text."""

    index: int
    side: SaidSide


def _marks(reading: Reading, parts: tuple[Part, ...]) -> list[_Mark]:
    """Find the side words of a text: full words, and abbreviations next to a part that exists twice."""
    found = []
    for index, word in enumerate(reading.words):
        if index in reading.silent:
            continue
        side = plain_side(word)
        if side is None and _is_abbreviation(reading, index):
            side = _abbreviated_side(reading, index, parts)
        if side is not None:
            found.append(_Mark(index, side))
    return found


def _abbreviated_side(reading: Reading, index: int, parts: tuple[Part, ...]) -> SaidSide | None:
    word = reading.words[index]
    in_run = _is_beside_other_side(reading, index) or (len(word) == 1 and _is_in_run_of_letters(reading, index))
    for abbreviation in abbreviations()[word]:
        if not reading.parts and not abbreviation.languages and _is_lone(reading):
            near = [part for part in parts if part.paired]
        else:
            near = _parts_near(reading, index, abbreviation, in_run=in_run)
        if any(_speak_alike(part, abbreviation) for part in near):
            return SaidSide.BOTH if in_run else SaidSide(abbreviation.side)
    return None


def _parts_near(reading: Reading, index: int, abbreviation: Abbreviation, *, in_run: bool) -> list[Part]:
    """Find the parts that an abbreviation may refer to; a single letter must touch a word of a Romance language."""
    touching = abbreviation.touches and not in_run
    near = _parts_of_abbreviation(reading, index, precedes=abbreviation.precedes, touching=touching)
    if len(reading.words[index]) > 1 or in_run:
        return near
    return [part for part in near if _is_beside(part, index) or not part.languages <= ROMANCE]


def _is_lone(reading: Reading) -> bool:
    """Tell whether a series description has only a side, as "L" or "RT AP"; the study description names the part."""
    return all(may_stand_between(word) and word.isalpha() for word in reading.words)


def _parts_of_abbreviation(reading: Reading, index: int, *, precedes: bool, touching: bool) -> list[Part]:
    """Find the parts that exist twice next to an abbreviation; words that may stand between are skipped."""
    if (behind := reading.part_at(index + 1)) is not None and not behind.paired:
        return []
    before = _part_toward(reading, index, -1, touching=touching)
    behind = _part_toward(reading, index, +1, touching=touching) if precedes else None
    if _is_hyphened(reading, index) and before is not None:
        behind = None
    if _is_hyphened(reading, index + 1) and behind is not None:
        before = None
    return [part for part in (before, behind) if part is not None and part.paired]


def _is_hyphened(reading: Reading, index: int) -> bool:
    """Tell whether a hyphen joins a word to the word before."""
    return reading.separator(index).strip() == "-"


def _part_toward(reading: Reading, index: int, step: int, *, touching: bool) -> Part | None:
    at = index + step
    while 0 <= at < len(reading.words):
        if (part := reading.part_at(at)) is not None:
            return part
        if touching or not (may_stand_between(reading.words[at]) or _is_passed_by(reading, index, at)):
            return None
        at += step
    return None


def _is_passed_by(reading: Reading, index: int, at: int) -> bool:
    """Tell whether a word between an abbreviation and its part is skipped.

    A single letter skips other letters ("P/L"). A longer abbreviation skips numbers ("0.75 Rt").
    """
    if len(reading.words[index]) == 1:
        return reading.words[at] in word_set(WordList.LETTER)
    return not reading.words[at].isalpha()


def _speak_alike(part: Part, abbreviation: Abbreviation) -> bool:
    if not abbreviation.languages:
        return True
    return bool(part.languages & abbreviation.languages) and (
        not abbreviation.only_these or part.languages <= abbreviation.languages
    )


def _is_in_run_of_letters(reading: Reading, index: int) -> bool:
    """Tell whether a letter is part of a pair such as R/L, D ou G, D e I; not of "D s/ contraste" (s/ is "without")."""
    letters = word_set(WordList.LETTER)
    for step in (-1, 1):
        if reading.word(index + step) in letters:
            return not (reading.word(index + step) == "s" and "/" in reading.separator(index + step + 1))
        if reading.word(index + step) in word_set(WordList.JOINING) and reading.word(index + 2 * step) in letters:
            return True
    return False


def _is_beside_other_side(reading: Reading, index: int) -> bool:
    """Tell whether the other side is next to a side word, as in "Dt + Gche", "dx e sx", even if ambiguous by itself."""
    own = {row.side for row in abbreviations()[reading.words[index]]}
    for step in (-1, 1):
        beside = reading.word(index + step)
        if beside in word_set(WordList.JOINING):
            beside = reading.word(index + 2 * step)
        if any(row.side not in own for row in abbreviations().get(beside, ())):
            return True
    return False


def _is_abbreviation(reading: Reading, index: int) -> bool:
    word = reading.words[index]
    return (
        word in abbreviations()
        and not _is_joined_to_another_word(reading, index)
        and not _is_initial(reading, index)
        and not _is_article(reading, index)
        and not _is_view_letter(reading, index)
        and not _is_number_label(reading, index)
        and not _is_other_abbreviation(reading, index)
    )


def _is_other_abbreviation(reading: Reading, index: int) -> bool:
    """Tell whether a word is another abbreviation: German lt. (according to), re- (again), RT for radiotherapy."""
    word, behind = reading.words[index], reading.word(index + 1)
    if word == "lt":
        return behind in word_set(WordList.REFERRAL)
    if word == "re":
        return behind in word_set(WordList.REPEAT)
    return word == "rt" and not word_set(WordList.RADIOTHERAPY).isdisjoint(reading.words)


def _is_joined_to_another_word(reading: Reading, index: int) -> bool:
    """Tell whether a sign joins a word to another word: "R/O", "L/S", "RE-SCAN", "l'épaule", "R->L", "RE: knee"."""
    before, behind = reading.separator(index), reading.separator(index + 1)
    if _JOINS_LETTERS.search(before + behind) or behind.strip().startswith(":"):
        return True
    around = ((before, index - 1), (behind, index + 1))
    if any("/" in separator and not _is_part_or_side(reading, at) for separator, at in around):
        return True
    hyphened = [at for separator, at in around if separator == "-"]
    return bool(hyphened) and not any(_is_part_or_names_side(reading, at) for at in hyphened)


_JOINS_LETTERS: Final = re.compile("['\u2019`\u00b4<>=@]")


def _is_part_or_names_side(reading: Reading, index: int) -> bool:
    return reading.part_at(index) is not None or names_side(reading.word(index))


def _is_part_or_side(reading: Reading, index: int) -> bool:
    word = reading.word(index)
    small = len(word) > 1 and may_stand_between(word)
    return reading.part_at(index) is not None or small or word in word_set(WordList.LETTER)


def _is_initial(reading: Reading, index: int) -> bool:
    """Tell whether a letter is part of a name: "R. Meier", "Dr. R"."""
    if reading.word(index - 1) in word_set(WordList.TITLE):
        return True
    dotted = reading.separator(index + 1).startswith(".")
    return reading.words[index] in _SHORT and dotted and not _is_part_or_side(reading, index + 1)


_SHORT: Final = frozenset({"r", "l", "d", "g", "rt", "lt"})
"""Abbreviations that may also begin a name (R. Meier) or a sentence (German lt., according to)."""


def _is_view_letter(reading: Reading, index: int) -> bool:
    """Tell whether the letter L means the lateral projection: "AP y L", "AP/L"."""
    if len(reading.words[index]) > 1:
        return False
    joined = any(sign in reading.separator(index) for sign in "/+&") or reading.word(index - 1) in word_set(
        WordList.JOINING
    )
    return joined and bool({reading.word(index - 1), reading.word(index - 2)} & _FRONTAL)


_FRONTAL: Final = frozenset({"ap", "pa", "dp", "f", "face", "frontal"})


def _is_article(reading: Reading, index: int) -> bool:
    """Tell whether L is the French or Italian article l' without its apostrophe: "scanner de L EPAULE"."""
    part = reading.part_at(index + 1)
    if reading.words[index] != "l" or part is None or reading.words[index + 1][0] not in "aeiouh":
        return False
    return part.languages <= ROMANCE or reading.word(index - 1) in word_set(WordList.ARTICLE)


def _is_number_label(reading: Reading, index: int) -> bool:
    """Tell whether a letter labels a number (a kernel, a level, a run): "L 2.0", "R 1"; not if the part precedes it."""
    if len(reading.words[index]) > 1:
        return False
    part = reading.part_at(index - 1)
    return reading.word(index + 1)[:1].isdigit() and (part is None or not part.paired)


def _is_of_something_else(reading: Reading, mark: _Mark, every_part: tuple[Part, ...]) -> bool:
    """Tell whether a side word refers to a patient position, projection, organ or arm, not to the imaged part."""
    if mark.side is SaidSide.BOTH and plain_side(reading.words[mark.index]) is SaidSide.BOTH:
        return reading.word(mark.index + 1) in word_set(WordList.VIEW)
    return (
        _is_lying_side(reading, mark.index)
        or _is_projection(reading, mark.index)
        or _is_organ(reading, mark.index)
        or is_needle_or_raised(reading, mark.index, mark.index + 1)
        or _is_arm_beside_trunk(reading, mark.index, every_part)
    )


def _is_lying_side(reading: Reading, index: int) -> bool:
    """Tell whether a side is that on which the patient lies: "L decubitus", "lying on the left side"."""
    lying = word_set(WordList.POSITION)
    if {reading.word(index - 1), reading.word(index + 1)} & lying:
        return True
    nearby = {reading.word(index + step) for step in (-3, -2, 2)}
    return bool(nearby & lying) and not _touches_pair(reading, index)


def _is_projection(reading: Reading, index: int) -> bool:
    """Tell whether a side names the projection: "left lateral" without a part that exists twice next to it."""
    projections = word_set(WordList.PROJECTION)
    if not {reading.word(index - 1), reading.word(index + 1)} & projections:
        return False
    near = (_part_toward(reading, index, step, touching=False) for step in (-1, 1))
    return not any(part is not None and part.paired for part in near)


def _is_organ(reading: Reading, index: int) -> bool:
    """Tell whether a side is that of an organ ("left ventricle", "Niere rechts"): no part that exists twice is next."""
    near = [part for step in (-1, 1) if (part := reading.part_at(index + step)) is not None]
    return bool(near) and not any(part.paired for part in near)


def _is_beside(part: Part, index: int) -> bool:
    return part.stop == index or part.start == index + 1


def _touches_pair(reading: Reading, index: int) -> bool:
    return any((part := reading.part_at(index + step)) is not None and part.paired for step in (-1, 1))


def _is_arm_beside_trunk(reading: Reading, index: int, every_part: tuple[Part, ...]) -> bool:
    """Tell whether an arm is named beside the trunk ("CT thorax, bras droit"): usually the arm with the needle."""
    near = [_part_toward(reading, index, step, touching=False) for step in (-1, 1)]
    paired = [part for part in near if part is not None and part.paired]
    if not paired or not all(map(is_arm, paired)):
        return False
    return any(map(is_trunk, every_part if any(map(is_whole_arm, paired)) else reading.parts))

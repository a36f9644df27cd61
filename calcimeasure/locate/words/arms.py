"""Arms that a description names although they are not the imaged part: raised, or with the needle of an infusion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from calcimeasure.locate.words.evidence import NamedSite
from calcimeasure.locate.words.tables import WordList, may_stand_between, word_set
from calcimeasure.model import BodySite

if TYPE_CHECKING:
    from collections.abc import Iterable

    from calcimeasure.locate.words.reading import Part, Reading

ARM_SITES: Final = frozenset({BodySite.UPPER_ARM, BodySite.FOREARM, BodySite.ELBOW, BodySite.HAND_WRIST})
"""Sites of an arm that can be raised or hold a needle."""


def is_arm(part: Part) -> bool:
    """Tell whether a part of the body is an arm, or a part of one."""
    return bool(part.named) and {one.body_site for one in part.named} <= ARM_SITES


def is_whole_arm(part: Part) -> bool:
    """Tell whether a part of an arm includes the upper arm."""
    return is_arm(part) and NamedSite(BodySite.UPPER_ARM) in part.named


def is_trunk(part: Part) -> bool:
    """Tell whether a part of the body exists once."""
    return bool(part.named) and not part.paired


def is_needle_or_raised(reading: Reading, start: int, stop: int) -> bool:
    """Tell whether an arm holds the needle or is raised beside the head: "KM links kubital", "right arm up".

    The range of words is widened by the side words, words for an arm and small words around it. The words next to the
    widened range then decide.
    """
    if any(_is_other_pair(reading.part_at(at)) for at in range(start - 1, stop + 1)):
        return False
    first, last = _widened(reading, start, stop, over_arms=reading.part_at(start) is None)
    cues = [at for at, cut in ((first - 1, first), (last, last)) if not reading.is_cut(cut)]
    if _words_in(reading, cues, WordList.ELEVATION):
        return True
    needles = _words_in(reading, cues, WordList.ACCESS)
    if any(reading.part_at(at) is not None for at in range(first, last)):
        needles += _words_in(reading, range(first, start), WordList.CONTRAST)
    if all(is_arm(part) for part in reading.parts):
        needles = [at for at in needles if not _is_contrast_agent(reading, at)]
    return bool(needles)


def _words_in(reading: Reading, places: Iterable[int], listed: WordList) -> list[int]:
    """Give the places whose words are in a word list."""
    return [at for at in places if reading.word(at) in word_set(listed)]


def _widened(reading: Reading, start: int, stop: int, *, over_arms: bool) -> tuple[int, int]:
    """Widen a range of words by side words, small words and, with `over_arms`, arms around it, up to a comma."""

    def belongs(at: int) -> bool:
        part = reading.part_at(at)
        return (over_arms and is_arm(part)) if part is not None else may_stand_between(reading.word(at))

    while belongs(start - 1) and not reading.is_cut(start):
        start -= 1
    while belongs(stop) and not reading.is_cut(stop):
        stop += 1
    return start, stop


def _is_other_pair(part: Part | None) -> bool:
    return part is not None and part.paired and not is_arm(part)


def _is_contrast_agent(reading: Reading, index: int) -> bool:
    """Tell whether a word is about contrast agent, not the place of its injection: "with IV contrast", "mit KM"."""
    with_words, contrast = word_set(WordList.WITH), word_set(WordList.CONTRAST)
    if reading.word(index - 1) in with_words or reading.word(index + 1) in contrast:
        return True
    return reading.word(index - 1) in contrast and reading.word(index - 2) in with_words

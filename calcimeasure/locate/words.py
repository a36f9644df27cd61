"""What words and tags say of side and body site. They say what was ordered, not what was imaged.

Where a word is ambiguous it says nothing: a missing side costs a reader one click, a wrong one is never found. The
words themselves are tables in `calcimeasure.locate.terms`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Final

from calcimeasure.locate import terms
from calcimeasure.model import BodySite, Laterality

if TYPE_CHECKING:
    from collections.abc import Iterable

WHOLE_BODY: Final = frozenset(BodySite) - {BodySite.UNKNOWN}


class SaidSide(StrEnum):
    """What words or tags say of the side. Unpaired is not unknown: the part exists once (PS3.3 C.7.3.1)."""

    RIGHT = "right"
    LEFT = "left"
    BOTH = "both"
    UNPAIRED = "unpaired"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class SideEvidence:
    """A side as said.

    Parameters
    ----------
    side
        What is said.
    words
        What it rests on, as written, for the evidence shown to a person.
    conflict
        Two sources contradict each other; then `side` is both (words) or nothing (tags), never one of the two.
    """

    side: SaidSide = SaidSide.NOTHING
    words: tuple[str, ...] = ()
    conflict: bool = False

    @property
    def laterality(self) -> Laterality:
        """Right or left where one of them alone is said, otherwise unknown."""
        return _LATERALITY.get(self.side, Laterality.UNKNOWN)


_LATERALITY: Final = {SaidSide.RIGHT: Laterality.RIGHT, SaidSide.LEFT: Laterality.LEFT}


@dataclass(frozen=True, slots=True, order=True)
class NamedSite:
    """A site with its detail: the spine's level, or wrist, finger, thumb, ankle, heel, toe, buttock."""

    body_site: BodySite
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class SiteEvidence:
    """Sites as said; none where nothing is said.

    Parameters
    ----------
    named
        Every site with its detail. A spine level takes the place of the bare spine.
    words
        What they rest on, as written.
    conflict
        Code and Body Part Examined name parts that have nothing in common; `named` holds both.
    """

    named: frozenset[NamedSite] = frozenset()
    words: tuple[str, ...] = ()
    conflict: bool = False

    @property
    def sites(self) -> frozenset[BodySite]:
        """The sites without their details."""
        return frozenset(one.body_site for one in self.named)

    def detail(self, body_site: BodySite) -> str | None:
        """Return the detail of a site where exactly one is named."""
        details = {one.detail for one in self.named if one.body_site is body_site}
        return details.pop() if len(details) == 1 else None


# --- Side ---------------------------------------------------------------------------------------------------------


def side_in_text(texts: str | Iterable[str | None]) -> SideEvidence:
    """Read the side of the imaged part from descriptions.

    Parameters
    ----------
    texts
        A description, or several of one series, the most specific first: Series Description (0008,103E), Protocol
        Name (0018,1030), Study Description (0008,1030). None and empty ones are passed over.

    Returns
    -------
    SideEvidence
        The first text that names a side decides; one that says both is outvoted by no other. Right in one and left in
        another is both, as a conflict. A text that names no part borrows the parts of the others ("L" of "CT HAND").

    Examples
    --------
    >>> side_in_text("KNIE_RE ap").side, side_in_text("CT der Hand").side, side_in_text("L-Spine LAT").side
    (<SaidSide.RIGHT: 'right'>, <SaidSide.NOTHING: 'nothing'>, <SaidSide.NOTHING: 'nothing'>)
    """
    readings = [_read(text) for text in _as_list(texts)]
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
        (0020,0060), (0020,0062), (0020,9072): R, L, U (unpaired), B (both); whatever else says nothing.
    modifier_codes
        Code values of Anatomic Region Modifier Sequence (0008,2220), SCT or SNOMED-RT (PS3.16 CID 244).

    Returns
    -------
    SideEvidence
        Right and left together are a conflict and say nothing; so does U beside R or L. Both beside one side says
        both.
    """
    values = (
        ("Laterality", laterality),
        ("Image Laterality", image_laterality),
        ("Frame Laterality", frame_laterality),
    )
    said = [(f"{name} {value}", terms.LATERALITY_VALUES.get(_tidy(value))) for name, value in values if value]
    said += [(f"modifier {code}", terms.LATERALITY_CODES.get(_tidy(code))) for code in modifier_codes]
    telling = [(name, SaidSide(side)) for name, side in said if side]
    words = tuple(name for name, _ in telling)
    sides = {side for _, side in telling}
    if len(sides) <= 1:
        return SideEvidence(sides.pop() if sides else SaidSide.NOTHING, words)
    one_sided = sides & {SaidSide.RIGHT, SaidSide.LEFT}
    if len(one_sided) == 1 and SaidSide.BOTH in sides and SaidSide.UNPAIRED not in sides:
        return SideEvidence(SaidSide.BOTH, words)
    return SideEvidence(SaidSide.NOTHING, words, conflict=True)


def _first_said(said: list[SideEvidence]) -> SideEvidence:
    if not said:
        return SideEvidence()
    words = tuple(word for one in said for word in one.words)
    if {SaidSide.RIGHT, SaidSide.LEFT} <= {one.side for one in said}:
        return SideEvidence(SaidSide.BOTH, words, conflict=True)
    return said[0]


def _side_of(reading: _Reading, every_part: tuple[_Part, ...]) -> SideEvidence:
    parts = reading.parts or every_part
    if not reading.parts and not _is_nearly_alone(reading):
        return SideEvidence()
    if parts and not any(part.paired for part in parts):
        return SideEvidence()
    marks = [mark for mark in _marks(reading, parts) if not _is_of_something_else(reading, mark, every_part)]
    sides = {mark.side for mark in marks}
    words = tuple(reading.tokens[mark.index].written for mark in marks)
    if not sides:
        return SideEvidence()
    return SideEvidence(sides.pop() if len(sides) == 1 else SaidSide.BOTH, words)


def _is_nearly_alone(reading: _Reading) -> bool:
    """Tell "LEFT", "Right 1.0 B60s": beside its side word it has only words that are certainly no body part."""
    return all(
        _may_stand_between(word) or word in _set(terms.LONE_WORDS) or not word.isalpha() for word in reading.words
    )


@dataclass(frozen=True, slots=True)
class _Mark:
    """A side word in a text."""

    index: int
    side: SaidSide


def _marks(reading: _Reading, parts: tuple[_Part, ...]) -> list[_Mark]:
    """Find the side words of a text: the plain ones, and abbreviations by a part that exists twice."""
    found = []
    for index, word in enumerate(reading.words):
        if index in reading.silent:
            continue
        side = _plain_side(word)
        if side is None and _is_abbreviation(reading, index):
            side = _abbreviated_side(reading, index, parts)
        if side is not None:
            found.append(_Mark(index, side))
    return found


def _abbreviated_side(reading: _Reading, index: int, parts: tuple[_Part, ...]) -> SaidSide | None:
    word = reading.words[index]
    in_run = _is_beside_other_side(reading, index) or (len(word) == 1 and _is_in_run_of_letters(reading, index))
    for abbreviation in _abbreviations()[word]:
        touching = abbreviation.touches and not in_run
        near = _parts_of_abbreviation(reading, index, precedes=abbreviation.precedes, touching=touching)
        if len(word) == 1 and not in_run:
            near = [part for part in near if _is_beside(part, index) or not part.languages <= terms.ROMANCE]
        if not reading.parts and not abbreviation.languages and _is_lone(reading):
            near = [part for part in parts if part.paired]
        if any(_speak_alike(part, abbreviation) for part in near):
            return SaidSide.BOTH if in_run else SaidSide(abbreviation.side)
    return None


def _is_lone(reading: _Reading) -> bool:
    """Tell a series description "L" or "RT AP", whose study description names the part."""
    return all(_may_stand_between(word) and word.isalpha() for word in reading.words)


def _parts_of_abbreviation(reading: _Reading, index: int, *, precedes: bool, touching: bool) -> list[_Part]:
    """Find the parts that exist twice right by an abbreviation, past what may stand between."""
    if (behind := reading.part_at(index + 1)) is not None and not behind.paired:
        return []
    before = _part_toward(reading, index, -1, touching=touching)
    behind = _part_toward(reading, index, +1, touching=touching) if precedes else None
    if reading.separator(index).strip() == "-" and before is not None:
        behind = None
    if reading.separator(index + 1).strip() == "-" and behind is not None:
        before = None
    return [part for part in (before, behind) if part is not None and part.paired]


def _part_toward(reading: _Reading, index: int, step: int, *, touching: bool) -> _Part | None:
    at = index + step
    while 0 <= at < len(reading.words):
        if (part := reading.part_at(at)) is not None:
            return part
        if touching or not (_may_stand_between(reading.words[at]) or _is_passed_by(reading, index, at)):
            return None
        at += step
    return None


def _is_passed_by(reading: _Reading, index: int, at: int) -> bool:
    """Tell what else an abbreviation sees past: letters a letter ("P/L"), a thickness what is longer ("0.75 Rt")."""
    if len(reading.words[index]) == 1:
        return reading.words[at] in _set(terms.LETTERS)
    return not reading.words[at].isalpha()


def _may_stand_between(word: str) -> bool:
    return word in _set(terms.FILLERS) or _names_side(word)


def _speak_alike(part: _Part, abbreviation: terms.Abbreviation) -> bool:
    if not abbreviation.languages:
        return True
    return bool(part.languages & abbreviation.languages) and (
        not abbreviation.only_these or part.languages <= abbreviation.languages
    )


def _is_in_run_of_letters(reading: _Reading, index: int) -> bool:
    """Tell R/L, D ou G, D e I; not "D s/ contraste", where s/ is without."""
    letters = _set(terms.LETTERS)
    for step in (-1, 1):
        if reading.word(index + step) in letters:
            return not (reading.word(index + step) == "s" and "/" in reading.separator(index + step + 1))
        if reading.word(index + step) in _set(terms.JOINING) and reading.word(index + 2 * step) in letters:
            return True
    return False


def _is_beside_other_side(reading: _Reading, index: int) -> bool:
    """Tell "Dt + Gche", "dx e sx": the other side stands next to it, whether or not it counts by itself."""
    own = {row.side for row in _abbreviations()[reading.words[index]]}
    for step in (-1, 1):
        beside = reading.word(index + step)
        if beside in _set(terms.JOINING):
            beside = reading.word(index + 2 * step)
        if any(row.side not in own for row in _abbreviations().get(beside, ())):
            return True
    return False


def _is_abbreviation(reading: _Reading, index: int) -> bool:
    word = reading.words[index]
    return (
        word in _abbreviations()
        and not _is_joined_to_another_word(reading, index)
        and not _is_initial(reading, index)
        and not _is_article(reading, index)
        and not _is_view_letter(reading, index)
        and not _is_number_label(reading, index)
        and not (word == "lt" and reading.word(index + 1) in _set(terms.REFERRAL_WORDS))
        and not (word == "re" and reading.word(index + 1) in _set(terms.REPEAT_WORDS))
        and not (word == "rt" and any(other in _set(terms.RADIOTHERAPY_WORDS) for other in reading.words))
    )


def _is_joined_to_another_word(reading: _Reading, index: int) -> bool:
    """Tell "R/O", "L/S", "RE-SCAN", "l'épaule", "R->L", "RE: knee", "DX: ..."."""
    last = index + 1 == len(reading.words)
    before, behind = reading.separator(index), "" if last else reading.separator(index + 1)
    if _JOINS_LETTERS.search(before + behind) or behind.strip().startswith(":"):
        return True
    if "/" in before and not _is_part_or_side(reading, index - 1):
        return True
    if "/" in behind and not _is_part_or_side(reading, index + 1):
        return True
    hyphened = [at for separator, at in ((before, index - 1), (behind, index + 1)) if separator == "-"]
    return bool(hyphened) and not any(
        reading.part_at(at) is not None or _names_side(reading.word(at)) for at in hyphened
    )


_JOINS_LETTERS: Final = re.compile("['\u2019`\u00b4<>=@]")


def _is_part_or_side(reading: _Reading, index: int) -> bool:
    word = reading.word(index)
    small = len(word) > 1 and _may_stand_between(word)
    return reading.part_at(index) is not None or small or word in _set(terms.LETTERS)


def _is_initial(reading: _Reading, index: int) -> bool:
    """Tell a letter of a name: "R. Meier", "Dr. R"."""
    if reading.word(index - 1) in _set(terms.TITLES):
        return True
    dotted = reading.separator(index + 1).startswith(".")
    return reading.words[index] in _SHORT and dotted and not _is_part_or_side(reading, index + 1)


_SHORT: Final = frozenset({"r", "l", "d", "g", "rt", "lt"})
"""What also begins a name (R. Meier) or a sentence (German lt., according to)."""


def _is_view_letter(reading: _Reading, index: int) -> bool:
    """Tell the lateral of "AP y L", "AP/L"."""
    if len(reading.words[index]) > 1:
        return False
    joined = any(sign in reading.separator(index) for sign in "/+&") or reading.word(index - 1) in _set(terms.JOINING)
    return joined and bool({reading.word(index - 1), reading.word(index - 2)} & _FRONTAL)


_FRONTAL: Final = frozenset({"ap", "pa", "dp", "f", "face", "frontal"})


def _is_article(reading: _Reading, index: int) -> bool:
    """Tell the French and Italian l' that has lost its apostrophe: "scanner de L EPAULE"."""
    part = reading.part_at(index + 1)
    if reading.words[index] != "l" or part is None or reading.words[index + 1][0] not in "aeiouh":
        return False
    return part.languages <= terms.ROMANCE or reading.word(index - 1) in _set(terms.ARTICLES)


def _is_number_label(reading: _Reading, index: int) -> bool:
    """Tell "L 2.0", "R 1": a kernel, a level, a run, unless the part stands right before it."""
    if len(reading.words[index]) > 1:
        return False
    part = reading.part_at(index - 1)
    return reading.word(index + 1)[:1].isdigit() and (part is None or not part.paired)


def _is_of_something_else(reading: _Reading, mark: _Mark, every_part: tuple[_Part, ...]) -> bool:
    """Tell a side word of something else than the imaged part: a way of lying, a projection, an organ, an arm."""
    if mark.side is SaidSide.BOTH and _plain_side(reading.words[mark.index]) is SaidSide.BOTH:
        return reading.word(mark.index + 1) in _set(terms.VIEW_WORDS)
    return (
        _is_lying_side(reading, mark.index)
        or _is_projection(reading, mark.index)
        or _is_organ(reading, mark.index)
        or _is_needle_or_raised(reading, mark.index, mark.index + 1)
        or _is_arm_beside_trunk(reading, mark.index, every_part)
    )


def _is_lying_side(reading: _Reading, index: int) -> bool:
    """Tell "L decubitus", "lying on the left side"."""
    lying = _set(terms.POSITION_WORDS)
    if {reading.word(index - 1), reading.word(index + 1)} & lying:
        return True
    nearby = {reading.word(index + step) for step in (-3, -2, 2)}
    return bool(nearby & lying) and not _touches_pair(reading, index)


def _is_projection(reading: _Reading, index: int) -> bool:
    """Tell "left lateral" without a part that exists twice beside it."""
    projections = _set(terms.PROJECTION_WORDS)
    if not {reading.word(index - 1), reading.word(index + 1)} & projections:
        return False
    near = (_part_toward(reading, index, step, touching=False) for step in (-1, 1))
    return not any(part is not None and part.paired for part in near)


def _is_organ(reading: _Reading, index: int) -> bool:
    """Tell "left ventricle", "Niere rechts": beside it stands a part without sides, and none that exists twice."""
    near = [part for step in (-1, 1) if (part := reading.part_at(index + step)) is not None]
    return bool(near) and not any(part.paired for part in near)


def _is_beside(part: _Part, index: int) -> bool:
    return part.stop == index or part.start == index + 1


def _touches_pair(reading: _Reading, index: int) -> bool:
    return any((part := reading.part_at(index + step)) is not None and part.paired for step in (-1, 1))


def _is_needle_or_raised(reading: _Reading, start: int, stop: int) -> bool:
    """Tell an arm that holds the needle or lies beside the head: "KM links kubital", "right arm up".

    The words in question are widened to the side words, arm's words and small words around them; then what stands
    next to them decides.
    """
    if any(_is_other_pair(reading.part_at(at)) for at in range(start - 1, stop + 1)):
        return False
    first, last = _widened(reading, start, stop, over_arms=reading.part_at(start) is None)
    cues = [first - 1] if not reading.is_cut(first) else []
    cues += [last] if not reading.is_cut(last) else []
    if any(reading.word(cue) in _set(terms.ELEVATION_WORDS) for cue in cues):
        return True
    needles = [cue for cue in cues if reading.word(cue) in _set(terms.ACCESS_WORDS)]
    has_arm = any(reading.part_at(at) is not None for at in range(first, last))
    if has_arm:
        needles += [at for at in range(first, start) if reading.word(at) in _set(terms.CONTRAST_WORDS)]
    others = any(not _is_arm(part) for part in reading.parts)
    return any(others or not _is_contrast_agent(reading, at) for at in needles)


def _widened(reading: _Reading, start: int, stop: int, *, over_arms: bool) -> tuple[int, int]:
    """Widen some words by the side words, small words and, where asked for, arms around them, up to a comma."""

    def belongs(at: int) -> bool:
        part = reading.part_at(at)
        return (over_arms and _is_arm(part)) if part is not None else _may_stand_between(reading.word(at))

    while belongs(start - 1) and not reading.is_cut(start):
        start -= 1
    while belongs(stop) and not reading.is_cut(stop):
        stop += 1
    return start, stop


def _is_arm_beside_trunk(reading: _Reading, index: int, every_part: tuple[_Part, ...]) -> bool:
    """Tell "CT thorax, bras droit": where the trunk is imaged, an arm is more often that of the needle."""
    near = [part for step in (-1, 1) if (part := _part_toward(reading, index, step, touching=False)) is not None]
    paired = [part for part in near if part.paired]
    if not paired or not all(_is_arm(part) for part in paired):
        return False
    whole_arm = any(_is_whole_arm(part) for part in paired)
    return any(_is_trunk(part) for part in (every_part if whole_arm else reading.parts))


def _is_trunk(part: _Part) -> bool:
    return bool(part.named) and not part.paired


def _is_whole_arm(part: _Part) -> bool:
    return _is_arm(part) and NamedSite(BodySite.UPPER_ARM) in part.named


def _is_arm(part: _Part) -> bool:
    return bool(part.named) and {one.body_site for one in part.named} <= terms.ARM_SITES


def _is_other_pair(part: _Part | None) -> bool:
    return part is not None and part.paired and not _is_arm(part)


def _is_contrast_agent(reading: _Reading, index: int) -> bool:
    """Tell "with IV contrast", "sans injection", "mit KM": that there is contrast agent, not where it goes in."""
    with_words, contrast = _set(terms.WITH_WORDS), _set(terms.CONTRAST_WORDS)
    if reading.word(index - 1) in with_words or reading.word(index + 1) in contrast:
        return True
    return reading.word(index - 1) in contrast and reading.word(index - 2) in with_words


# --- Site ---------------------------------------------------------------------------------------------------------


def site_in_text(texts: str | Iterable[str | None]) -> SiteEvidence:
    """Read the imaged sites from descriptions.

    Parameters
    ----------
    texts
        A description, or several of one series, the most specific first.

    Returns
    -------
    SiteEvidence
        What the first text that names any site names. Arms that are raised or hold a needle are not imaged; what only
        hurts, or was operated on, counts where nothing else is named.

    Examples
    --------
    >>> sorted(site_in_text("Becken und Oberschenkel li.").sites)
    [<BodySite.PELVIS: 'pelvis'>, <BodySite.THIGH: 'thigh'>]
    >>> site_in_text("L-Spine LAT").detail(BodySite.SPINE)
    'lumbar'
    """
    for text in _as_list(texts):
        found = _site_of(_read(text))
        if found.named:
            return found
    return SiteEvidence()


def site_in_body_part(
    body_part_examined: str | None = None, codes: str | Iterable[str | None] | None = None
) -> SiteEvidence:
    """Read the sites from Body Part Examined (0018,0015) and the code of Anatomic Region (0008,2218).

    Parameters
    ----------
    body_part_examined
        A defined term of PS3.16 Annex L; whatever else is read as words.
    codes
        Code values, SCT or SNOMED-RT, of Anatomic Region or Primary Anatomic Structure.

    Returns
    -------
    SiteEvidence
        The code's sites where it is known, otherwise those of the term. Where both are known and have nothing in
        common, all of them as a conflict.
    """
    known = [(code, sites) for code in _as_list(codes or ()) if (sites := _sites_of_code().get(_tidy(code)))]
    coded = SiteEvidence(_with_levels(site for _, sites in known for site in sites), tuple(code for code, _ in known))
    termed = _site_of_term(body_part_examined or "")
    if not coded.named or not termed.named:
        return coded if coded.named else termed
    if coded.sites & termed.sites:
        return coded
    return SiteEvidence(coded.named | termed.named, coded.words + termed.words, conflict=True)


def _site_of_term(body_part_examined: str) -> SiteEvidence:
    sites = _sites_of_term().get(re.sub(r"[\W_]", "", _tidy(body_part_examined)).casefold())
    if sites is not None:
        return SiteEvidence(sites, (body_part_examined.strip(),))
    return _site_of(_read(body_part_examined))


def _site_of(reading: _Reading) -> SiteEvidence:
    imaged = [part for part in reading.parts if part.named and not _is_arm_with_needle_or_raised(reading, part)]
    reasons = [part for part in imaged if part.start in reading.past or _is_complaint(reading, part)]
    counted = [part for part in imaged if part not in reasons] or reasons
    written = tuple(" ".join(one.written for one in reading.tokens[part.start : part.stop]) for part in counted)
    return SiteEvidence(_with_levels(site for part in counted for site in part.named), written)


def _is_arm_with_needle_or_raised(reading: _Reading, part: _Part) -> bool:
    if not _is_arm(part):
        return False
    beside_trunk = _is_whole_arm(part) and any(_is_trunk(other) for other in reading.parts)
    return (beside_trunk and not _is_added(reading, part)) or _is_needle_or_raised(reading, part.start, part.stop)


def _is_added(reading: _Reading, part: _Part) -> bool:
    """Tell "Thorax und Arm", "chest + left arm"."""
    at = part.start - 1 if _names_side(reading.word(part.start - 1)) else part.start
    return reading.word(at - 1) in _set(terms.JOINING) or any(sign in reading.separator(at) for sign in "+&/")


def _is_complaint(reading: _Reading, part: _Part) -> bool:
    around = {reading.word(part.stop), reading.word(part.start - 1)}
    return bool(around & _set(terms.COMPLAINT_WORDS))


def _with_levels(named: Iterable[NamedSite]) -> frozenset[NamedSite]:
    """Drop the bare spine beside one of its levels."""
    every = frozenset(named)
    bare = NamedSite(BodySite.SPINE)
    has_level = any(one.body_site is BodySite.SPINE and one.detail for one in every)
    return every - {bare} if has_level else every


# --- Reading ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Token:
    """A word, folded and as written, and what stands between it and the word before."""

    word: str
    written: str
    separator: str


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a word of `terms.SITE_WORDS` says: sites, whether it exists twice, and the languages that have it."""

    named: frozenset[NamedSite]
    paired: bool
    languages: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the body named by the words start to stop."""

    start: int
    stop: int
    named: frozenset[NamedSite]
    paired: bool
    languages: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Reading:
    """A text in words.

    Parameters
    ----------
    tokens, words
        Its words, as `_Token` and folded.
    parts
        The parts of the body that it names, in order.
    past
        Indices of the words that tell what was before.
    silent
        Indices of words that cannot be side words: those of `past` and of phrases such as "left to right".
    """

    tokens: tuple[_Token, ...]
    words: tuple[str, ...]
    parts: tuple[_Part, ...]
    past: frozenset[int]
    silent: frozenset[int]

    def word(self, index: int) -> str:
        """Return a folded word, empty outside of the text."""
        return self.words[index] if 0 <= index < len(self.words) else ""

    def separator(self, index: int) -> str:
        """Return what stands before a word; empty outside of the text."""
        return self.tokens[index].separator if 0 <= index < len(self.tokens) else ""

    def part_at(self, index: int) -> _Part | None:
        """Return the part that a word belongs to."""
        return next((part for part in self.parts if part.start <= index < part.stop), None)

    def is_cut(self, index: int) -> bool:
        """Tell whether a comma or bracket stands before a word."""
        return any(sign in ",;|()[]{}" for sign in self.separator(index))


def _read(text: str) -> _Reading:
    tokens = tuple(_tokens(text))
    words = tuple(token.word for token in tokens)
    past = frozenset(_past(tokens, words))
    phrases = {at for start, stop, _ in _matches(words, _phrases_without_side()) for at in range(start, stop)}
    parts = tuple(
        _Part(start, stop, meaning.named, meaning.paired, meaning.languages)
        for start, stop, meaning in _matches(words, _parts_and_no_parts())
        if meaning is not None
    )
    return _Reading(tokens, words, parts, past, past | phrases)


def _past(tokens: tuple[_Token, ...], words: tuple[str, ...]) -> Iterable[int]:
    """Yield the words from "Z.n.", "s/p", ... to the next comma or bracket."""
    for start, _, _ in _matches(words, _history_phrases()):
        for at in range(start, len(words)):
            if at > start and any(sign in ",;|()[]" for sign in tokens[at].separator):
                break
            yield at


def _tokens(text: str) -> Iterable[_Token]:
    """Yield the words of a text: camel case apart, words glued to a side apart, decimals in one."""
    spaced = _CAMEL_CASE.sub(" ", unicodedata.normalize("NFC", text))
    end = 0
    for found in _WORD.finditer(spaced):
        separator, end = spaced[end : found.start()].replace("_", " "), found.end()
        for word in _unglued(_fold(found.group())):
            yield _Token(word, found.group(), separator)
            separator = ""


_LOWER: Final = "a-zß-öø-ÿąćęłńśźż"
_UPPER: Final = "A-ZÀ-ÖØ-ÞĄĆĘŁŃŚŹŻ"
_CAMEL_CASE: Final = re.compile(f"(?<=[{_LOWER}])(?=[{_UPPER}])|(?<=[{_UPPER}])(?=[{_UPPER}][{_LOWER}])")
_WORD: Final = re.compile(r"\d+[.,]\d+|[^\W_]+")


@cache
def _unglued(word: str) -> tuple[str, ...]:
    """Take LHAND, RTKNEE, KNIERE, HANDLINKS apart; whatever else stays one word."""
    if not word.isalpha() or _may_stand_between(word) or (word,) in _site_phrases():
        return (word,)
    for cut in range(1, len(word)):
        first, second = word[:cut], word[cut:]
        if (first in terms.GLUED_BEFORE and second in _set(terms.GLUED_PARTS)) or (
            _plain_side(first) and _names_pair(second)
        ):
            return first, second
        part = _site_phrases().get((first,))
        german = part is not None and part.paired and "de" in part.languages
        if _names_pair(first) and (_plain_side(second) or (german and second in terms.GLUED_BEHIND)):
            return first, second
    return (word,)


def _names_pair(word: str) -> bool:
    meaning = _site_phrases().get((word,))
    return meaning is not None and meaning.paired


def _fold(text: str) -> str:
    """Fold case and strip accents: ä to a, ł to l, ß to ss."""
    stripped = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return stripped.casefold().translate(_NO_STROKE)


_NO_STROKE: Final = str.maketrans({"ł": "l", "ø": "o", "æ": "ae", "œ": "oe"})


def _foldings(text: str) -> frozenset[str]:
    """Fold a table's word in both ways in which umlauts are written without their dots: a, ae."""
    composed = unicodedata.normalize("NFC", text).casefold()
    return frozenset({_fold(composed), _fold(composed.translate(_UMLAUTS))})


_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


# --- The tables, folded -------------------------------------------------------------------------------------------


@cache
def _set(words: str) -> frozenset[str]:
    return frozenset(folded for word in words.split() for folded in _foldings(word))


@cache
def _plain_side(word: str) -> SaidSide | None:
    if (limb := terms.LIMB_ABBREVIATIONS.get(word)) is not None:
        return SaidSide(limb)
    for side, words in (
        (SaidSide.RIGHT, terms.RIGHT_WORDS),
        (SaidSide.LEFT, terms.LEFT_WORDS),
        (SaidSide.BOTH, terms.BOTH_WORDS),
    ):
        if word in _set(words) or any(word.startswith(stem[:-1]) for stem in _set(words) if stem.endswith("*")):
            return side
    return None


def _names_side(word: str) -> bool:
    return word in _abbreviations() or _plain_side(word) is not None


@cache
def _abbreviations() -> dict[str, tuple[terms.Abbreviation, ...]]:
    rows = [(word, row) for row in terms.ABBREVIATIONS for word in _set(row.words)]
    return {word: tuple(row for other, row in rows if other == word) for word, _ in rows}


_Phrases = dict[tuple[str, ...], _Meaning | None]


@cache
def _site_phrases() -> dict[tuple[str, ...], _Meaning]:
    """Return the meaning of every phrase; one that stands in several rows or languages has all of them."""
    meanings: dict[tuple[str, ...], _Meaning] = {}
    for sites, paired, words_of in terms.SITE_WORDS:
        for language, words in words_of.items():
            for phrase in _phrases(words):
                new = _Meaning(_named(sites), paired, frozenset({language}))
                meanings[phrase] = _merged(meanings[phrase], new) if phrase in meanings else new
    return meanings


def _merged(one: _Meaning, other: _Meaning) -> _Meaning:
    return _Meaning(one.named | other.named, one.paired and other.paired, one.languages | other.languages)


@cache
def _parts_and_no_parts() -> _Phrases:
    return _site_phrases() | dict.fromkeys(_phrases(terms.NOT_A_SITE))


@cache
def _phrases_without_side() -> _Phrases:
    return dict.fromkeys(_phrases(terms.NOT_A_SIDE))


@cache
def _history_phrases() -> _Phrases:
    return dict.fromkeys(_phrases(terms.HISTORY_WORDS))


def _phrases(words: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(folded.split()) for phrase in words.split("|") for folded in _foldings(phrase))


def _matches(words: tuple[str, ...], phrases: _Phrases) -> Iterable[tuple[int, int, _Meaning | None]]:
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


def _key(words: tuple[str, ...], phrases: _Phrases) -> tuple[str, ...] | None:
    """Find the entry that some words match: as they are, or the last one by its stem (schulter*)."""
    if words in phrases:
        return words
    last = words[-1]
    stems = ((*words[:-1], last[:length] + "*") for length in range(len(last), _SHORTEST_STEM - 1, -1))
    return next((stem for stem in stems if stem in phrases), None)


_SHORTEST_STEM: Final = 4


def _named(sites: str) -> frozenset[NamedSite]:
    """Read "spine:lumbar pelvis"."""
    if sites == "whole_body":
        return frozenset(NamedSite(one) for one in WHOLE_BODY)
    split = (site.partition(":") for site in sites.split())
    return frozenset(NamedSite(BodySite(site), detail or None) for site, _, detail in split)


@cache
def _sites_of_term() -> dict[str, frozenset[NamedSite]]:
    return {term.casefold(): _named(sites) for sites, term, _ in _body_part_rows() if term != "-"}


@cache
def _sites_of_code() -> dict[str, frozenset[NamedSite]]:
    by_code = {code: _named(sites) for sites, _, code in _body_part_rows() if code}
    return by_code | {old: by_code[code] for old, code in terms.SRT_CODES.items()}


def _body_part_rows() -> Iterable[tuple[str, str, str]]:
    """Yield (sites, term or "-", code or nothing)."""
    for sites, rows in terms.BODY_PART_TERMS.items():
        for row in rows.split(", "):
            term, _, code = row.replace("-", "- ", 1).partition(" ")
            yield sites, term, code.strip()


def _tidy(value: str) -> str:
    return value.strip().strip("\0").upper()


def _as_list(texts: str | Iterable[str | None]) -> list[str]:
    return [text for text in ([texts] if isinstance(texts, str) else texts) if text and text.strip()]

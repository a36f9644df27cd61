"""The body sites that descriptions, Body Part Examined and codes name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from calcimeasure.locate.words.arms import is_arm, is_needle_or_raised, is_trunk, is_whole_arm
from calcimeasure.locate.words.evidence import NamedSite, SiteEvidence
from calcimeasure.locate.words.reading import as_list, read_text
from calcimeasure.locate.words.tables import WordList, names_side, sites_of_code, sites_of_term, tidy, word_set
from calcimeasure.model import BodySite

if TYPE_CHECKING:
    from collections.abc import Iterable

    from calcimeasure.locate.words.reading import Part, Reading


def site_in_text(texts: str | Iterable[str | None]) -> SiteEvidence:
    """Read the imaged sites from descriptions.

    Parameters
    ----------
    texts
        A description, or several of one series, the most specific first.

    Returns
    -------
    SiteEvidence
        The sites of the first text that names a site. Arms that are raised or hold a needle do not count. A part that
        only hurts, or was operated on, counts if no other part is named.

    Examples
    --------
    >>> sorted(site_in_text("Becken und Oberschenkel li.").sites)
    [<BodySite.PELVIS: 'pelvis'>, <BodySite.THIGH: 'thigh'>]
    >>> site_in_text("L-Spine LAT").detail(BodySite.SPINE)
    'lumbar'
    """
    for text in as_list(texts):
        found = _site_of(read_text(text))
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
        A defined term of PS3.16 Annex L; any other value is read as words.
    codes
        Code values, SCT or SNOMED-RT, of Anatomic Region or Primary Anatomic Structure.

    Returns
    -------
    SiteEvidence
        The sites of the code if the code is known, otherwise those of the term. If both are known and have no site in
        common, the sites of both, as a conflict.
    """
    coded = _site_of_codes(as_list(codes or ()))
    termed = _site_of_term(body_part_examined or "")
    if not coded.named or not termed.named:
        return coded if coded.named else termed
    if coded.sites & termed.sites:
        return coded
    return SiteEvidence(coded.named | termed.named, coded.words + termed.words, conflict=True)


def _site_of_codes(codes: Iterable[str]) -> SiteEvidence:
    known = {code: sites for code in codes if (sites := sites_of_code().get(tidy(code)))}
    return SiteEvidence(_with_levels(site for sites in known.values() for site in sites), tuple(known))


def _site_of_term(body_part_examined: str) -> SiteEvidence:
    sites = sites_of_term().get(re.sub(r"[\W_]", "", tidy(body_part_examined)).casefold())
    if sites is not None:
        return SiteEvidence(sites, (body_part_examined.strip(),))
    return _site_of(read_text(body_part_examined))


def _site_of(reading: Reading) -> SiteEvidence:
    imaged = [part for part in reading.parts if part.named and not _is_arm_with_needle_or_raised(reading, part)]
    counted = [part for part in imaged if not _is_reason(reading, part)] or imaged
    written = tuple(reading.written(part) for part in counted)
    return SiteEvidence(_with_levels(site for part in counted for site in part.named), written)


def _is_reason(reading: Reading, part: Part) -> bool:
    """Tell whether a part is only the reason for the image (pain, an operation), and perhaps not the imaged part."""
    return part.start in reading.past or _is_complaint(reading, part)


def _is_arm_with_needle_or_raised(reading: Reading, part: Part) -> bool:
    if not is_arm(part):
        return False
    beside_trunk = is_whole_arm(part) and any(is_trunk(other) for other in reading.parts)
    return (beside_trunk and not _is_added(reading, part)) or is_needle_or_raised(reading, part.start, part.stop)


def _is_added(reading: Reading, part: Part) -> bool:
    """Tell whether a part is added to another one: "Thorax und Arm", "chest + left arm"."""
    at = part.start - 1 if names_side(reading.word(part.start - 1)) else part.start
    return reading.word(at - 1) in word_set(WordList.JOINING) or any(sign in reading.separator(at) for sign in "+&/")


def _is_complaint(reading: Reading, part: Part) -> bool:
    around = {reading.word(part.stop), reading.word(part.start - 1)}
    return bool(around & word_set(WordList.COMPLAINT))


def _with_levels(named: Iterable[NamedSite]) -> frozenset[NamedSite]:
    """Drop the spine without a level if a level of the spine is also named."""
    every = frozenset(named)
    bare = NamedSite(BodySite.SPINE)
    has_level = any(one.body_site is BodySite.SPINE and one.detail for one in every)
    return every - {bare} if has_level else every

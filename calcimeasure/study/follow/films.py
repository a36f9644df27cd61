"""Radiographs of two dates: linked where nothing else could be meant, compared in millimeters of one origin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calcimeasure.model import BodySite, Laterality
from calcimeasure.model.follow import LinkState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from calcimeasure.model import Lesion, StackFacts

Film = tuple["StackFacts", "Lesion"]


def linked_films(prior: Sequence[Film], current: Sequence[Film]) -> list[tuple[Film | None, Film | None, LinkState]]:
    """Link the masses on radiographs of two dates.

    Parameters
    ----------
    prior, current
        The masses on the radiographs of each date.

    Returns
    -------
    list
        Matched: view, side and site are known and the same, and each date has one such mass. All others are undecided:
        a projection shows neither that a mass is gone, nor that one is new.
    """
    found: list[tuple[Film | None, Film | None, LinkState]] = []
    taken: set[int] = set()
    for one in prior:
        place = _place(one)
        ones = [film for film in prior if _place(film) == place]
        others = [n for n, film in enumerate(current) if _place(film) == place]
        if place is not None and len(ones) == 1 and len(others) == 1:
            taken.add(others[0])
            found.append((one, current[others[0]], LinkState.MATCHED))
        else:
            found.append((one, None, LinkState.UNDECIDED))
    found += [(None, film, LinkState.UNDECIDED) for n, film in enumerate(current) if n not in taken]
    return found


def are_in_one_scale(prior: Film, current: Film) -> bool:
    """Tell whether both are measured in millimeters of the same origin."""
    ones, others = prior[1].measurements, current[1].measurements
    return (
        ones.spacing_source == others.spacing_source and ones.largest_mm is not None and others.largest_mm is not None
    )


def _place(film: Film) -> tuple[str, Laterality, BodySite, str | None] | None:
    """Give view, side and site; None unless all are known."""
    facts, lesion = film
    if not facts.view_position or lesion.side is None or lesion.site is None:
        return None
    if lesion.side.laterality not in (Laterality.LEFT, Laterality.RIGHT) or lesion.site.body_site is BodySite.UNKNOWN:
        return None
    return facts.view_position, lesion.side.laterality, lesion.site.body_site, lesion.site.detail

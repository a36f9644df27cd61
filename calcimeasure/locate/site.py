"""The body site of a lesion: from the coded body part, then from descriptions.

Unknown where they name none, or several.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from calcimeasure.locate.words import SiteEvidence, site_in_body_part, site_in_text
from calcimeasure.model import BodySite, Site, SiteSource

if TYPE_CHECKING:
    from collections.abc import Iterable

    from calcimeasure.model import Series


def descriptions(series: Series) -> tuple[str | None, ...]:
    """Give what describes a series in words, the most specific first."""
    return (series.description, series.protocol_name, series.study_description)


def site_of(series: Series) -> Site:
    """Say in which part of the body the lesions of a series lie.

    Parameters
    ----------
    series
        Its Anatomic Region (0008,2218), Body Part Examined (0018,0015) and descriptions.

    Returns
    -------
    Site
        UNKNOWN where nothing is named, or several parts are and nothing tells which of them it is.
    """
    by_source = {
        SiteSource.DICOM_TAG: site_in_body_part(series.body_part, series.region_codes),
        SiteSource.DESCRIPTION: site_in_text(descriptions(series)),
    }
    for source, said in by_source.items():
        if len(said.sites) == 1 and not said.conflict:
            (body_site,) = said.sites
            return Site(body_site, source, _detail(body_site, by_source.values()))
    return Site(BodySite.UNKNOWN, SiteSource.NONE)


def _detail(body_site: BodySite, said: Iterable[SiteEvidence]) -> str | None:
    """Take the detail (a spine's level, a finger) from whichever source names it."""
    details = {detail for one in said if (detail := one.detail(body_site))}
    return details.pop() if len(details) == 1 else None

"""The side and the body site that descriptions and tags name: the ordered examination, not the imaged anatomy.

The words are stored in tables, one file for each language (en.toml, de.toml, ...). any.toml holds the words that belong
to no single language, dicom.toml the coded values of DICOM.
"""

from calcimeasure.locate.words.evidence import WHOLE_BODY, NamedSite, SaidSide, SideEvidence, SiteEvidence
from calcimeasure.locate.words.side import side_in_tags, side_in_text
from calcimeasure.locate.words.site import site_in_body_part, site_in_text

__all__ = [
    "WHOLE_BODY",
    "NamedSite",
    "SaidSide",
    "SideEvidence",
    "SiteEvidence",
    "side_in_tags",
    "side_in_text",
    "site_in_body_part",
    "site_in_text",
]

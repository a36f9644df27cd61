"""What words and tags say of side and body site. They say what was ordered, not what was imaged.

The words themselves are tables, one file for each language (en.toml, de.toml, ...). any.toml holds what
belongs to no one language, dicom.toml the coded values of DICOM.
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

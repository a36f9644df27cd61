"""Archives of images (PACS): what they hold is found and fetched, and DICOM objects are sent to them."""

from calcimeasure.archive.access import Access, access_from
from calcimeasure.archive.cache import Folder
from calcimeasure.archive.fetch import Fetched, FetchedSeries, fetch_study, find_wanted
from calcimeasure.archive.names import Archive, FoundSeries, FoundStudy, Sent
from calcimeasure.archive.opening import open_archive
from calcimeasure.archive.source import DimseAddress, Source, WebAddress, is_source, parse_address, parse_source

__all__ = [
    "Access",
    "Archive",
    "DimseAddress",
    "Fetched",
    "FetchedSeries",
    "Folder",
    "FoundSeries",
    "FoundStudy",
    "Sent",
    "Source",
    "WebAddress",
    "access_from",
    "fetch_study",
    "find_wanted",
    "is_source",
    "open_archive",
    "parse_address",
    "parse_source",
]

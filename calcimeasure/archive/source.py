"""The address of an archive and what is wanted of it, as a person writes them."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import parse_qsl, urlsplit

from calcimeasure.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Mapping

STUDY_KEYS: Final[dict[str, str]] = {
    "PatientID": "00100020",
    "PatientName": "00100010",
    "PatientBirthDate": "00100030",
    "StudyDate": "00080020",
    "StudyInstanceUID": "0020000D",
    "AccessionNumber": "00080050",
    "StudyID": "00200010",
    "StudyDescription": "00081030",
    "ModalitiesInStudy": "00080061",
}
"""What studies can be chosen by, with its tag (PS3.18 section 10.6.1.2, PS3.4 table C.6-2)."""

SERIES_KEYS: Final[dict[str, str]] = {
    "Modality": "00080060",
    "SeriesInstanceUID": "0020000E",
    "SeriesDescription": "0008103E",
    "BodyPartExamined": "00180015",
}
"""What series of these studies can be chosen by."""

_WEB: Final = "dicomweb+"
_SCHEMES: Final = ("dicomweb+https", "dicomweb+http", "dimse")
_FORMS: Final = "dicomweb+https://HOST/dicom-web or dimse://AETITLE@HOST:PORT"
_AE_TITLE: Final = re.compile(r"[!-\[\]-~](?:[ -\[\]-~]{0,14}[!-\[\]-~])?")
"""1 to 16 printable characters without a backslash (PS3.5, VR AE)."""


@dataclass(frozen=True, slots=True)
class WebAddress:
    """An archive that speaks DICOMweb.

    Parameters
    ----------
    url
        The root of its services, without a slash at the end.
    host
        The name of its host.
    is_local
        Whether it runs on this machine.
    """

    url: str
    host: str
    is_local: bool

    def __str__(self) -> str:
        return f"{_WEB}{self.url}"


@dataclass(frozen=True, slots=True)
class DimseAddress:
    """An archive that speaks DIMSE (PS3.7): its AE title, host and port."""

    ae_title: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"dimse://{self.ae_title}@{self.host}:{self.port}"


Address: TypeAlias = WebAddress | DimseAddress


@dataclass(frozen=True, slots=True)
class Source:
    """An archive, and what of it is wanted.

    Parameters
    ----------
    address
        The archive.
    study_keys, series_keys
        Attributes and their values, by keyword.
    text
        As the person wrote it.
    """

    address: Address
    study_keys: Mapping[str, str]
    series_keys: Mapping[str, str]
    text: str


def is_source(text: str) -> bool:
    """Tell whether a PATH is the address of an archive."""
    scheme, colon, _ = text.partition(":")
    return bool(colon) and scheme.lower() in _SCHEMES


def parse_source(text: str) -> Source:
    """Read the address of an archive with what is wanted of it.

    Parameters
    ----------
    text
        Such as ``dicomweb+https://pacs.example/dicom-web?PatientID=17&StudyDate=20260101-20261231&Modality=CT``.

    Raises
    ------
    ArchiveError
        It has another form, names no study, or has an attribute that studies and series are not chosen by.

    Examples
    --------
    >>> parse_source("dimse://PACS@pacs.example:104?PatientID=17").study_keys
    {'PatientID': '17'}
    """
    bare, _, query = text.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=50)
    studies: dict[str, str] = {}
    series: dict[str, str] = {}
    for name, value in pairs:
        keys = studies if name in STUDY_KEYS else series
        if name not in STUDY_KEYS and name not in SERIES_KEYS:
            known = ", ".join((*STUDY_KEYS, *SERIES_KEYS))
            raise ArchiveError(f"One of these attributes expected after the ?, found another one: {known}.")
        if name in keys or not value.strip():
            raise ArchiveError(f"Each attribute once and with a value expected after the ?, found otherwise: {name}.")
        keys[name] = value.strip()
    if not studies:
        raise ArchiveError(
            "An attribute that chooses studies expected, found none: the whole archive would be fetched. Name one, "
            "such as ?PatientID=... or ?StudyDate=20260101-20261231."
        )
    return Source(parse_address(bare), studies, series, text)


def parse_address(text: str) -> Address:
    """Read the address of an archive.

    Raises
    ------
    ArchiveError
        It has another form, or its connection would not be encrypted and leads to another machine.
    """
    parts = urlsplit(text)
    if parts.scheme not in _SCHEMES or not parts.hostname or parts.query or parts.fragment:
        raise ArchiveError(f"The address of an archive expected ({_FORMS}), found another form.")
    return _dimse(text) if parts.scheme == "dimse" else _web(text)


def _web(text: str) -> WebAddress:
    parts = urlsplit(text)
    if "@" in parts.netloc:
        raise ArchiveError(
            "An address without user and password expected: they would be kept and shown. Put what the archive asks "
            "for into a file (--token-file FILE) or into CALCIMEASURE_TOKEN."
        )
    host = parts.hostname or ""
    is_local = _is_local(host)
    scheme = parts.scheme.removeprefix(_WEB)
    if scheme == "http" and not is_local:
        raise ArchiveError(
            f"https expected for an archive on another machine ({host}), found http: names of patients and the token "
            "would cross the network unencrypted. Use dicomweb+https."
        )
    return WebAddress(f"{scheme}://{parts.netloc}{parts.path.rstrip('/')}", host, is_local)


def _dimse(text: str) -> DimseAddress:
    parts = urlsplit(text)
    title = parts.netloc.rpartition("@")[0]
    try:
        port = parts.port
    except ValueError:
        port = None
    if not _AE_TITLE.fullmatch(title) or not port or parts.path not in ("", "/"):
        raise ArchiveError("dimse://AETITLE@HOST:PORT expected (an AE title has 1 to 16 characters), found otherwise.")
    return DimseAddress(title, parts.hostname or "", port)


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

"""Addresses of archives, tokens, and what is compared with what was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from calcimeasure.archive import DimseAddress, WebAddress, access_from, is_source, parse_address, parse_source
from calcimeasure.archive.matching import is_as_asked
from calcimeasure.errors import ArchiveError

if TYPE_CHECKING:
    from pathlib import Path


def test_a_source_is_an_archive_and_what_is_wanted_of_it() -> None:
    source = parse_source(
        "dicomweb+https://pacs.example:8443/a/dicom-web/?PatientID=a%20b&StudyDate=20260101-&Modality=CT"
    )
    assert source.address == WebAddress("https://pacs.example:8443/a/dicom-web", "pacs.example", is_local=False)
    assert source.study_keys == {"PatientID": "a b", "StudyDate": "20260101-"}
    assert source.series_keys == {"Modality": "CT"}
    assert parse_address("dimse://MY PACS@10.0.0.7:104") == DimseAddress("MY PACS", "10.0.0.7", 104)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dicomweb+https://h/dicom-web", "the whole archive"),
        ("dicomweb+https://h/dicom-web?Modality=CT", "the whole archive"),
        ("dicomweb+https://h/dicom-web?PatientID=", "with a value"),
        ("dicomweb+https://h/dicom-web?PatientID=1&PatientID=2", "Each attribute once"),
        ("dicomweb+https://h/dicom-web?PatientID=1&token=abc", "another one"),
        ("dicomweb+https://user:secret@h/dicom-web?PatientID=1", "without user and password"),
        ("dicomweb+http://h/dicom-web?PatientID=1", "https expected"),
        ("dicomweb+http://127.0.0.1.example/dicom-web?PatientID=1", "https expected"),
        ("dimse://h:104?PatientID=1", "AETITLE"),
        ("dimse://A@h?PatientID=1", "AETITLE"),
        ("dimse://A@h:99999?PatientID=1", "AETITLE"),
        ("dimse://A-TITLE-OF-17-CHA@h:104?PatientID=1", "AETITLE"),
        ("https://h/dicom-web?PatientID=1", "another form"),
    ],
)
def test_what_is_no_source_is_refused_and_not_repeated(text: str, said: str) -> None:
    with pytest.raises(ArchiveError, match=said) as raised:
        parse_source(text)
    assert "secret" not in str(raised.value)
    assert "abc" not in str(raised.value)


def test_http_is_for_this_machine_alone() -> None:
    for host in ("127.0.0.1:80", "localhost:8042", "[::1]:8042"):
        address = parse_address(f"dicomweb+http://{host}/dicom-web")
        assert isinstance(address, WebAddress)
        assert address.is_local


def test_paths_are_no_sources() -> None:
    assert is_source("dicomweb+https://h/x?PatientID=1")
    assert is_source("DIMSE://A@h:1?PatientID=1")
    assert not any(map(is_source, ("/archive/2026", "dicomweb", "C:/images", "dimse")))


@pytest.mark.parametrize(
    ("content", "header"),
    [
        ("abc.def\n", "Bearer abc.def"),
        ("Basic dXNlcjpwYXNz", "Basic dXNlcjpwYXNz"),
        ("\ufeffBearer x", "Bearer x"),
    ],
)
def test_the_token_comes_from_a_file_and_is_never_shown(tmp_path: Path, content: str, header: str) -> None:
    file = tmp_path / "token"
    file.write_text(content, encoding="utf-8")
    access = access_from(file, None, "A", 1)
    assert access.authorization == header
    assert header.partition(" ")[2] not in repr(access)


def test_the_token_comes_from_the_environment_where_no_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert access_from(None, None, "A", 1).authorization is None
    monkeypatch.setenv("CALCIMEASURE_TOKEN", "abc")
    assert access_from(None, None, "A", 1).authorization == "Bearer abc"


@pytest.mark.parametrize("content", ["", "\n", "a\nb: c", "ä", "\x01"])
def test_what_is_no_token_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "token"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ArchiveError, match=r"(?i)a token .*expected"):
        access_from(file, None, "A", 1)
    with pytest.raises(ArchiveError, match="cannot be read"):
        access_from(tmp_path / "none", None, "A", 1)


@pytest.mark.parametrize(
    ("values", "asked", "as_asked"),
    [
        ({"PatientID": "17"}, {"PatientID": "17"}, True),
        ({"PatientID": "17B"}, {"PatientID": "17"}, False),
        ({"PatientID": "a"}, {"PatientID": "A"}, False),
        ({}, {"PatientID": "17"}, False),
        ({"PatientID": "17B"}, {"PatientID": "17*"}, True),
        ({"StudyDate": "20260304"}, {"StudyDate": "20260304"}, True),
        ({"StudyDate": "20260304"}, {"StudyDate": "20260305"}, False),
        ({"StudyDate": "20260304"}, {"StudyDate": "-20260304"}, True),
        ({"StudyDate": "20260304"}, {"StudyDate": "20260305-"}, False),
        ({"Modality": "MR"}, {"Modality": "CT"}, False),
        ({"Modality": "MR"}, {"Modality": "CT\\MR"}, True),
        ({}, {"Modality": "CT"}, True),
    ],
)
def test_what_was_not_asked_for_is_left_out(values: dict[str, str], asked: dict[str, str], as_asked: bool) -> None:
    assert is_as_asked(values, asked) is as_asked

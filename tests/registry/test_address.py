"""Addresses and tokens of registries: what would carry a secret, or go unencrypted, is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from calcimeasure.errors import RegistryError
from calcimeasure.registry.address import address_of, token_from

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("url", "is_local", "expected"),
    [
        ("https://redcap.example.org/api/", False, "https://redcap.example.org/api/"),
        ("https://example.org/redcap/api", False, "https://example.org/redcap/api/"),
        ("http://127.0.0.1:8080/api/", True, "http://127.0.0.1:8080/api/"),
        ("http://[::1]/api/", True, "http://[::1]/api/"),
        ("http://localhost/api/", True, "http://localhost/api/"),
    ],
)
def test_address_of_an_api(url: str, is_local: bool, expected: str) -> None:
    address = address_of(url)
    assert (address.url, address.is_local) == (expected, is_local)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://redcap.example.org/api/", "unencrypted"),
        ("https://user:hunter2@example.org/api/", "a token comes from --token-file"),
        (f"https://example.org/api/?token={TOKEN}", "a token comes from --token-file"),
        ("https://example.org/", "ends with /api/"),
        ("redcap.example.org/api/", "the address of an API expected"),
        ("https://example.org:none/api/", "the address of an API expected"),
    ],
)
def test_address_that_is_refused(url: str, said: str) -> None:
    with pytest.raises(RegistryError, match=said) as refused:
        address_of(url)
    assert TOKEN not in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_token_comes_from_a_file_and_is_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n", encoding="ascii")
    token = token_from(file)
    assert token.value == TOKEN
    assert TOKEN not in repr(token)
    assert token.hidden_in(f"token={TOKEN.upper()} refused") == "token=... refused"


@pytest.mark.parametrize("content", [b"", b"abc", TOKEN.encode() * 2, b"\xff\xfe", b"g" * 32])
def test_file_without_a_token_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)
    with pytest.raises(RegistryError, match="A token of 32 hexadecimal digits expected") as refused:
        token_from(file)
    assert "ggg" not in str(refused.value)


def test_token_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="cannot be read"):
        token_from(tmp_path / "none")

"""Where a registry is, and the token with which it lets this program in."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from calcimeasure.errors import RegistryError
from calcimeasure.input_files import refuse_special_file

if TYPE_CHECKING:
    from pathlib import Path

_TOKEN: Final = re.compile(r"[0-9A-Fa-f]{32}")
"""A token of a project; those of 64 digits make projects, and are not for this."""

_MOST_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class RegistryAddress:
    """The API of a registry.

    Parameters
    ----------
    url
        Ends with /api/; without names and passwords.
    is_local
        Whether it is on this machine, so that nothing is encrypted and no proxy asked.
    """

    url: str
    is_local: bool


@dataclass(frozen=True, slots=True)
class Token:
    """The secret of a project; it is never shown."""

    value: str = field(repr=False)

    def hidden_in(self, text: str) -> str:
        """Leave the secret out of a text."""
        return re.sub(re.escape(self.value), "...", text, flags=re.IGNORECASE)


def address_of(url: str) -> RegistryAddress:
    """Check the address of an API.

    Raises
    ------
    RegistryError
        It is no address of an API of REDCap, would carry a secret, or would send records without encryption.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise RegistryError(f"--push: the address of an API expected (https://HOST/api/): {error}.") from error
    if parts.username or parts.password or parts.query or parts.fragment:
        raise RegistryError(
            "--push: an address alone expected (https://HOST/api/), found one with a name, a password or a query: a "
            "token comes from --token-file."
        )
    if not host or parts.scheme not in ("https", "http"):
        raise RegistryError(f"--push: the address of an API expected (https://HOST/api/), found {url!r}.")
    is_local = _is_local(host)
    if parts.scheme == "http" and not is_local:
        raise RegistryError(
            f"--push: https:// expected, found {url!r}: the token and the records would go through the network "
            "unencrypted."
        )
    path = parts.path.rstrip("/")
    if path.rpartition("/")[2] != "api":
        raise RegistryError(f"--push: an address that ends with /api/ expected, found {url!r}.")
    return RegistryAddress(f"{parts.scheme}://{parts.netloc}{path}/", is_local)


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def token_from(file: Path) -> Token:
    """Read the token of a project; it comes from a file alone, so that it stands in no list of processes.

    Raises
    ------
    RegistryError
        The file cannot be read, or holds no token.
    """
    try:
        refuse_special_file(file)
        with file.open("rb") as stream:
            text = stream.read(_MOST_BYTES).decode("utf-8-sig").strip()
    except OSError as error:
        raise RegistryError(f"The token cannot be read from {file}: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise RegistryError(f"A token of 32 hexadecimal digits expected in {file}, found other bytes.") from error
    if not _TOKEN.fullmatch(text):
        raise RegistryError(
            f"A token of 32 hexadecimal digits expected in {file}, found {len(text)} characters. REDCap shows the "
            "token of a project on its page API."
        )
    return Token(text)

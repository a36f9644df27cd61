"""With what an archive lets this program in: a token, its own authority of certificates, an AE title."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from calcimeasure.errors import ArchiveError
from calcimeasure.input_files import refuse_special_file

if TYPE_CHECKING:
    from pathlib import Path

TOKEN_VARIABLE: Final = "CALCIMEASURE_TOKEN"  # noqa: S105 - the name of the variable
_MOST_BYTES: Final = 65_536
"""No token is longer: servers refuse such headers."""


@dataclass(frozen=True, slots=True)
class Access:
    """How this program is let in.

    Parameters
    ----------
    authorization
        The value of the header Authorization; None: none is sent. It is never shown, kept or logged.
    ca
        File with the certificates of authorities (PEM) that are trusted; None: those of the system.
    ae_title, receive_port
        DIMSE: the name of this program, and the port on which it receives what the archive moves to it.
    """

    authorization: str | None = field(default=None, repr=False)
    ca: Path | None = None
    ae_title: str = "CALCIMEASURE"
    receive_port: int = 11112


def access_from(token_file: Path | None, ca: Path | None, ae_title: str, receive_port: int) -> Access:
    """Take the token from a file, or else from the environment (CALCIMEASURE_TOKEN).

    Parameters
    ----------
    token_file
        File with a bearer token (RFC 6750), or with the whole value of the header: ``Basic dXNlcjpwYXNzd29yZA==``.
    ca, ae_title, receive_port
        As in `Access`.

    Raises
    ------
    ArchiveError
        The file cannot be read, or holds no token.
    """
    text = _read(token_file) if token_file is not None else os.environ.get(TOKEN_VARIABLE, "")
    token = text.strip()
    where = f"in {token_file}" if token_file is not None else f"in {TOKEN_VARIABLE}"
    if token_file is not None and not token:
        raise ArchiveError(f"A token expected {where}, found nothing.")
    if not token.isascii() or not token.isprintable():
        raise ArchiveError(f"A token of one line of ASCII characters expected {where}, found other characters.")
    return Access(_header_of(token), ca, ae_title, receive_port)


def _header_of(token: str) -> str | None:
    if not token:
        return None
    return token if token.partition(" ")[0].lower() in ("basic", "bearer") and " " in token else f"Bearer {token}"


def _read(file: Path) -> str:
    try:
        refuse_special_file(file)
        with file.open("rb") as stream:
            return stream.read(_MOST_BYTES).decode("utf-8-sig")
    except OSError as error:
        raise ArchiveError(f"The token cannot be read from {file}: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise ArchiveError(f"A token of one line of ASCII characters expected in {file}, found other bytes.") from error

"""The answer of WADO-RS: objects between boundaries (RFC 2046 section 5.1), passed on piece by piece as they come."""

from __future__ import annotations

from email.message import Message
from typing import TYPE_CHECKING, Final

from calcimeasure.errors import IncompleteError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MOST_BYTES_OF_HEADERS: Final = 65_536
_END_OF_HEADERS: Final = b"\r\n\r\n"


def boundary_of(content_type: str) -> bytes | None:
    """Read the boundary of a content type; None if it is not multipart.

    Examples
    --------
    >>> boundary_of('multipart/related; type="application/dicom"; boundary="a b"')
    b'a b'
    """
    message = Message()
    message["Content-Type"] = content_type
    if message.get_content_maintype() != "multipart":
        return None
    boundary = message.get_boundary()
    return boundary.encode("latin-1") if boundary else None


def first_part(pieces: Iterable[bytes], boundary: bytes) -> Iterator[bytes]:
    """Give the content of the first part, in pieces.

    Parameters
    ----------
    pieces
        The body of the answer, as it comes. It is read to its end, so that the connection can be used again.
    boundary
        What separates the parts.

    Raises
    ------
    IncompleteError
        The body ends before the part does, or is not built so.
    """
    rest = iter(pieces)
    held = _after_headers(rest, boundary)
    delimiter = b"\r\n--" + boundary
    keep = len(delimiter) - 1
    while (end := held.find(delimiter)) < 0:
        if len(held) > keep:
            yield held[:-keep]
            held = held[-keep:]
        held += _next(rest)
    yield held[:end]
    for _ in rest:
        pass


def _after_headers(pieces: Iterator[bytes], boundary: bytes) -> bytes:
    """Pass over what precedes the content of the first part, and give what has come of that."""
    held = b""
    while True:
        start = held.find(b"--" + boundary)
        end = held.find(_END_OF_HEADERS, start) if start >= 0 else -1
        if end >= 0:
            return held[end + len(_END_OF_HEADERS) :]
        if len(held) > _MOST_BYTES_OF_HEADERS:
            raise IncompleteError("Parts with their headers expected in the answer, found none.")
        held += _next(pieces)


def _next(pieces: Iterator[bytes]) -> bytes:
    piece = next(pieces, None)
    if piece is None:
        raise IncompleteError("The whole object expected, found that the answer ends inside it.")
    return piece

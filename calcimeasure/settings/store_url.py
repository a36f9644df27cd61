"""The password in the URL of a store: used for the connection, and never kept."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote_plus

_SECRET_PARAMETERS: Final = frozenset({"password", "sslpassword"})
"""Parameters of a PostgreSQL URL that hold a secret (libpq, section 34.1.2)."""


def without_password(url: str) -> str:
    """Leave the password out of the URL of a database; all else stays as it is.

    Parameters
    ----------
    url
        As SQLAlchemy takes it. The URL of a file stays as it is. Of what is no URL, and so opens nothing, all before an
        @ is left out.

    Examples
    --------
    >>> without_password("postgresql+psycopg://reader:secret@host:5432/calcimeasure?sslmode=require")
    'postgresql+psycopg://reader@host:5432/calcimeasure?sslmode=require'
    """
    scheme, separator, rest = url.partition("://")
    if scheme.startswith("sqlite"):
        return url
    if not separator:
        return url[max(url.rfind("@"), 0) :]
    place, question, query = _without_user_password(rest).partition("?")
    kept = [one for one in query.split("&") if unquote_plus(one.partition("=")[0]).lower() not in _SECRET_PARAMETERS]
    return f"{scheme}://{place}{question if any(kept) else ''}{'&'.join(kept)}"


def _without_user_password(rest: str) -> str:
    """Leave out what is between the user's name and the last @ of the host: a password can have an @ by mistake."""
    first = rest.find("@")
    if first < 0:
        return rest
    ends = [end for mark in "/?" if (end := rest.find(mark, first)) >= 0]
    last = rest.rfind("@", 0, min(ends, default=len(rest)))
    return rest[:last].partition(":")[0] + rest[last:]

"""Requests to an archive: kept-alive connections, encryption, the token, and attempts until it answers."""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from threading import Event
from typing import TYPE_CHECKING, Final, TypeVar

import httpx

from calcimeasure.archive.constants import CONNECTIONS, PATIENCE, Patience
from calcimeasure.errors import ArchiveError, IncompleteError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from calcimeasure.archive.access import Access
    from calcimeasure.archive.source import WebAddress

_Result = TypeVar("_Result")

_AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers of a server that is busy or has stumbled: the same request may succeed later."""

_NOT_LET_IN: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


class RefusedError(ArchiveError):
    """The archive answers one request with an error; others may succeed.

    Parameters
    ----------
    status
        The code of its answer (RFC 9110).
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class _BusyError(Exception):
    """The archive is busy, and may have said how long."""

    def __init__(self, status: int, wait_s: float | None) -> None:
        super().__init__(f"the answer {status}")
        self.wait_s = wait_s


class Web:
    """The connections to an archive.

    Parameters
    ----------
    address, access
        The archive, and with what it lets this program in.
    patience
        Limits of time and of attempts.
    """

    def __init__(self, address: WebAddress, access: Access, patience: Patience = PATIENCE) -> None:
        self._address = address
        self._has_token = access.authorization is not None
        self._patience = patience
        self._has_answered = False
        self._closed = Event()
        self._client = httpx.Client(
            headers={"Authorization": access.authorization} if access.authorization else None,
            verify=_trusted(access) if address.url.startswith("https") else False,
            timeout=httpx.Timeout(patience.read_s, connect=patience.connect_s, pool=None),
            limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
            follow_redirects=False,  # the token and names of patients are for this archive alone
            trust_env=not address.is_local,  # proxies of the environment are not for this machine
        )

    def close(self) -> None:
        """Close the connections; whoever waits for another attempt gives up."""
        self._closed.set()
        self._client.close()

    def get(
        self,
        path: str,
        take: Callable[[httpx.Response], _Result],
        headers: Mapping[str, str],
        params: Mapping[str, str] | None = None,
    ) -> _Result:
        """Get an answer, from a new request if it breaks off.

        Parameters
        ----------
        path
            Below the root of the archive's services.
        take
            Takes the answer while it comes; called anew for each attempt.
        headers, params
            Of the request.

        Raises
        ------
        RefusedError
            The archive answers this request with an error.
        ArchiveError
            It cannot be reached, does not let this program in, or broke off each time.
        """

        def ask() -> _Result:
            with self._client.stream("GET", self._address.url + path, headers=headers, params=params) as response:
                self._check(response)
                return take(response)

        return self._try(ask)

    def post(
        self,
        path: str,
        take: Callable[[httpx.Response], _Result],
        headers: Mapping[str, str],
        content: Callable[[], Iterator[bytes]],
    ) -> _Result:
        """Send a body, whose pieces are made anew for each attempt; otherwise as `get`."""

        def ask() -> _Result:
            url = self._address.url + path
            with self._client.stream("POST", url, headers=headers, content=content()) as response:
                # What was sent was looked at: 409 says of each object why it is not kept (PS3.18 table 10.5.3-1).
                self._check(response, HTTPStatus.CONFLICT)
                return take(response)

        return self._try(ask)

    def _check(self, response: httpx.Response, *understood: int) -> None:
        status = response.status_code
        if status in _AGAIN:
            raise _BusyError(status, _retry_after(response.headers.get("Retry-After")))
        self._has_answered = True
        if status in _NOT_LET_IN:
            raise ArchiveError(self._not_let_in(status))
        if response.is_redirect:
            raise ArchiveError(
                f"An answer of {self._address.host} expected, found that it sends to another address ({status}): name "
                "that address, if it is the right one."
            )
        if not response.is_success and status not in understood:
            raise RefusedError(f"The archive {self._address.host} answers {status} {response.reason_phrase}.", status)

    def _not_let_in(self, status: int) -> str:
        if self._has_token:
            return f"The archive {self._address.host} does not accept the token ({status}): get a valid one."
        return (
            f"The archive {self._address.host} asks for a token ({status}): name its file (--token-file FILE), or put "
            "it into CALCIMEASURE_TOKEN."
        )

    def _try(self, ask: Callable[[], _Result]) -> _Result:
        wait_s = self._patience.first_wait_s
        attempt = 0
        while True:
            attempt += 1
            asked_for = None
            try:
                return ask()
            except _BusyError as error:
                reason, asked_for = str(error), error.wait_s
            except IncompleteError as error:
                reason = str(error)
            except httpx.TransportError as error:
                self._refuse_untrusted(error)
                reason = _why(error)
            if attempt >= self._attempts():
                raise ArchiveError(
                    f"An answer of the archive {self._address.host} expected, found {reason.rstrip('.')}, "
                    f"{attempt} times. Try again later: what was fetched stays."
                )
            pause = wait_s if asked_for is None else max(wait_s, asked_for)
            if self._closed.wait(min(pause, self._patience.longest_wait_s)):
                raise ArchiveError("Stopped.")
            wait_s *= 2

    def _attempts(self) -> int:
        return self._patience.attempts if self._has_answered else self._patience.first_attempts

    def _refuse_untrusted(self, error: httpx.TransportError) -> None:
        cause = _certificate_error(error)
        if cause is not None:
            raise ArchiveError(
                f"The certificate of {self._address.host} is not trusted ({cause.verify_message}): name the file of "
                "the authority that signed it (--ca FILE)."
            ) from error


def _certificate_error(error: BaseException | None) -> ssl.SSLCertVerificationError | None:
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error


def _why(error: httpx.TransportError) -> str:
    """Say what happened to a connection, without the address that was asked for: it names patients."""
    if isinstance(error, httpx.TimeoutException):
        return "none in time"
    if isinstance(error, httpx.ConnectError):
        return "no connection"
    return "a connection that broke off"


def _trusted(access: Access) -> ssl.SSLContext:
    """Give the authorities whose certificates are accepted."""
    if access.ca is None:
        context = httpx.create_ssl_context()
        context.load_default_certs()  # an authority that the administrator of this machine has added
        return context
    try:
        context = ssl.create_default_context(cafile=access.ca)
    except (OSError, ssl.SSLError) as error:
        raise ArchiveError(
            f"Certificates of authorities (PEM) expected in {access.ca}, found otherwise: "
            f"{getattr(error, 'strerror', None) or error}."
        ) from error
    # Authorities of hospitals often lack extensions that RFC 5280 asks for; Python 3.13 is strict by default.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _retry_after(value: str | None) -> float | None:
    """Read how long to wait: seconds, or a date (RFC 9110 section 10.2.3)."""
    if value is None:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None


@contextmanager
def connected(address: WebAddress, access: Access, patience: Patience = PATIENCE) -> Iterator[Web]:
    """Open the connections to an archive, and close them."""
    web = Web(address, access, patience)
    try:
        yield web
    finally:
        web.close()

"""A project of REDCap over its API: what it is, what its records hold, and how records get into it.

The requests are PyCap's. The token goes in the body of each, to the address alone: redirects are not followed.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from calcimeasure.errors import NotBuiltError, RegistryError

try:
    from redcap.project import Project as Connection
    from requests import RequestException
except ImportError as error:
    raise NotBuiltError(
        "--push needs PyCap, which is not installed here. Install it: pip install 'calcimeasure[redcap]'."
    ) from error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from calcimeasure.registry.address import RegistryAddress, Token

_SECONDS: Final = (20.0, 300.0)
"""To connect, and to wait for an answer: a large project takes minutes to export records."""

_RECORDS_AT_ONCE: Final = 100
_ROWS_AT_ONCE: Final = 400
"""How many records are asked for, and how many rows are sent, in one request: servers limit its size and time."""

_MOST_SAID: Final = 600
"""Characters of an answer with an error that are shown."""

Row = dict[str, str]
"""A row of a flat record, by the names of its columns."""


@dataclass(frozen=True, slots=True)
class ProjectFacts:
    """What a project is.

    Parameters
    ----------
    project_id
        Its number in its REDCap.
    record_field
        The field that names records: the first one.
    is_longitudinal
        Whether it has events.
    fields
        The rows of its data dictionary, by the names of the fields.
    repeating
        Unique names of events and forms that repeat; the event is empty in a project without events.
    """

    project_id: str
    record_field: str
    is_longitudinal: bool
    fields: Mapping[str, Mapping[str, str]]
    repeating: frozenset[tuple[str, str]]


class Project:
    """The connection to a project.

    Parameters
    ----------
    connection
        PyCap's.
    token
        What must not be in an error.
    """

    def __init__(self, connection: Connection, token: Token) -> None:
        self._connection = connection
        self._token = token

    def facts(self) -> ProjectFacts:
        """Ask what the project is.

        Raises
        ------
        RegistryError
            It does not answer, does not let this program in, or answers what cannot be understood.
        """
        info: Any = self._ask("what the project is", self._connection.export_project_info)
        fields: Any = self._ask("its data dictionary", self._connection.export_metadata)
        if not isinstance(info, dict) or not isinstance(fields, list) or not fields:
            raise RegistryError("A project with at least one field expected, found none: is this the API of REDCap?")
        is_longitudinal = str(info.get("is_longitudinal", "0")) == "1"
        repeating: set[tuple[str, str]] = set()
        if str(info.get("has_repeating_instruments_or_events", "0")) == "1":
            export = self._connection.export_repeating_instruments_events
            for one in self._ask("which forms repeat", export):
                repeating.add(
                    (str(one.get("event_name") or "") if is_longitudinal else "", str(one.get("form_name") or ""))
                )
        return ProjectFacts(
            str(info.get("project_id", "")),
            str(fields[0]["field_name"]),
            is_longitudinal,
            {str(one["field_name"]): one for one in fields},
            frozenset(repeating),
        )

    def records(self, record_ids: Sequence[str], forms: Sequence[str]) -> list[Row]:
        """Read the instances of forms in some records.

        Raises
        ------
        RegistryError
            As in `facts`.
        """
        rows: list[Row] = []
        for start in range(0, len(record_ids), _RECORDS_AT_ONCE):
            some = list(record_ids[start : start + _RECORDS_AT_ONCE])

            def export(some: list[str] = some) -> Any:  # noqa: ANN401 - as PyCap gives it
                return self._connection.export_records(records=some, forms=list(forms))

            found: Any = self._ask("its records", export)
            rows.extend(map(_as_text, found))
        return rows

    def cells(self, fields: Sequence[str]) -> list[Row]:
        """Read some fields of all records.

        Raises
        ------
        RegistryError
            As in `facts`.
        """
        found: Any = self._ask("its records", lambda: self._connection.export_records(fields=list(fields)))
        return [_as_text(row) for row in found]

    def write(self, rows: Sequence[Row]) -> int:
        """Write rows; a blank cell replaces what is there.

        Returns
        -------
        int
            How many rows were sent; each request is taken whole or not at all.

        Raises
        ------
        RegistryError
            As in `facts`; it says how many rows were written before.
        """
        written = 0
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            some = list(rows[start : start + _ROWS_AT_ONCE])

            def send(some: list[Row] = some) -> Any:  # noqa: ANN401 - as PyCap gives it
                return self._connection.import_records(some, overwrite="overwrite", date_format="YMD")

            try:
                self._ask("to take records", send)
            except RegistryError as error:
                raise RegistryError(f"{error} Rows that were written before: {written} of {len(rows)}.") from None
            written += len(some)
        return written

    def _ask(self, what: str, ask: Callable[[], Any]) -> Any:  # noqa: ANN401 - as PyCap gives it
        try:
            return ask()
        except (RequestException, ValueError) as error:
            # The message can repeat what was sent, so the secret is left out, and the chain of errors too.
            said = self._token.hidden_in(str(error))[:_MOST_SAID].strip().rstrip(".")
        raise RegistryError(f"The registry was asked for {what} and refused, or cannot be reached: {said}.")


def _as_text(row: Mapping[str, object]) -> Row:
    return {str(name): "" if value is None else str(value) for name, value in row.items()}


@contextmanager
def open_project(address: RegistryAddress, token: Token, ca: Path | None = None) -> Iterator[Project]:
    """Open the connection to a project.

    Parameters
    ----------
    address, token
        Where it is, and its secret.
    ca
        Certificates (PEM) of authorities that are trusted; None: those of the system.
    """
    verify = True if ca is None else str(ca)
    kept_out: dict[str, Any] = {"proxies": {"http": "", "https": ""}} if address.is_local else {}
    connection = Connection(
        address.url, token.value, verify_ssl=verify, timeout=_SECONDS, allow_redirects=False, **kept_out
    )
    yield Project(connection, token)

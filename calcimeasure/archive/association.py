"""Associations with an archive (PS3.8): made anew where one breaks off; and the receiver of what an archive moves."""

from __future__ import annotations

import shutil
import socket
import time
from contextlib import contextmanager, suppress
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pynetdicom import AE, ALL_TRANSFER_SYNTAXES, AllStoragePresentationContexts, evt

from calcimeasure.errors import ArchiveError, IncompleteError, OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from pynetdicom.presentation import PresentationContext

    from calcimeasure.archive.access import Access
    from calcimeasure.archive.constants import Patience
    from calcimeasure.archive.names import Taking
    from calcimeasure.archive.source import DimseAddress

_Result = TypeVar("_Result")

_SUCCESS: Final = 0x0000
_NOT_WANTED: Final = 0x0124
"""Refused: not authorized (PS3.7 annex C). Objects that were not asked for are not kept."""
_CANNOT_KEEP: Final = 0xA700
"""Refused: out of resources (PS3.4 section B.2.3)."""


class Keeping:
    """Keeps objects of a series that come over associations.

    Parameters
    ----------
    wanted
        SOP Instance UIDs.
    taking
        Takes the objects.
    """

    def __init__(self, wanted: Sequence[str], taking: Taking) -> None:
        self._wanted = tuple(wanted)
        self._taking = taking
        self._lock = Lock()
        self.kept: set[str] = set()
        self.problems: dict[str, str] = {}

    @property
    def missing(self) -> list[str]:
        """What has not come yet."""
        return [uid for uid in self._wanted if uid not in self.kept]

    def is_whole(self, expected: int | None) -> bool:
        """Tell whether every object of the series is missing."""
        return not self.kept and expected is not None and len(self._wanted) >= expected

    def store(self, event: evt.Event) -> int:
        """Take an object (C-STORE), and answer the archive."""
        uid = str(getattr(event.request, "AffectedSOPInstanceUID", ""))
        temporary = event.dataset_path
        _close(event.request)
        try:
            if uid not in self._wanted:
                return _NOT_WANTED
            with self._lock:
                if uid in self.kept:
                    return _SUCCESS
                shutil.move(temporary, self._taking.part_of(uid))
                self._taking.keep(uid)
                self.kept.add(uid)
        except (OSError, OutputError, IncompleteError) as error:
            self.problems[uid] = str(error)
            return _CANNOT_KEEP
        finally:
            _remove(temporary)
        return _SUCCESS


def _close(request: Any) -> None:  # noqa: ANN401 - pynetdicom's own
    """Close the file that pynetdicom wrote the object into; in C-GET it does not do so itself."""
    file = getattr(request, "_dataset_file", None)
    if file is not None:
        file.close()


def _remove(file: Path) -> None:
    with suppress(OSError):
        file.unlink(missing_ok=True)


class Connection:
    """Makes associations with an archive.

    Parameters
    ----------
    address, access, patience
        The archive, the name of this program, and the limits of time and of attempts.
    """

    def __init__(self, address: DimseAddress, access: Access, patience: Patience) -> None:
        self._address = address
        self._access = access
        self._patience = patience
        self._has_answered = False

    @contextmanager
    def association(
        self,
        contexts: Sequence[PresentationContext],
        roles: Sequence[Any] = (),
        keeping: Keeping | None = None,
        *,
        again: bool = False,
    ) -> Iterator[Any]:
        """Make an association, and end it.

        Parameters
        ----------
        contexts, roles
            What is proposed to the archive.
        keeping
            Takes objects that come over this association (C-GET).
        again
            Whether to try again where it cannot be made now. Otherwise who asks tries again (`until_done`).

        Raises
        ------
        IncompleteError
            It cannot be made now.
        ArchiveError
            The archive refuses this program; or it cannot be made each time.
        """

        def make() -> Any:  # noqa: ANN401 - pynetdicom has no types
            return self._associated(contexts, roles, keeping)

        association = self.until_done(make) if again else make()
        try:
            yield association
        finally:
            if association.is_established:
                association.release()

    def _associated(
        self, contexts: Sequence[PresentationContext], roles: Sequence[Any], keeping: Keeping | None
    ) -> Any:  # noqa: ANN401 - pynetdicom has no types
        handlers: list[Any] = [(evt.EVT_C_STORE, keeping.store)] if keeping is not None else []
        association = self._entity().associate(
            self._address.host,
            self._address.port,
            contexts=list(contexts),
            ae_title=self._address.ae_title,
            ext_neg=list(roles),
            evt_handlers=handlers,
        )
        if association.is_rejected:
            raise ArchiveError(
                f"The archive {self._address} does not accept AE title {self._access.ae_title}: its administrator has "
                "to enter it, or name another one (--ae-title)."
            )
        if not association.is_established:
            raise IncompleteError("no association")
        self._has_answered = True
        return association

    def until_done(self, work: Callable[[], _Result]) -> _Result:
        """Do some work with associations, again if one breaks off.

        Raises
        ------
        ArchiveError
            It broke off each time.
        """
        wait_s = self._patience.first_wait_s
        for attempt in range(1, self._patience.attempts + 1):
            try:
                return work()
            except (IncompleteError, RuntimeError) as error:
                last = attempt >= (self._patience.attempts if self._has_answered else self._patience.first_attempts)
                if last:
                    raise ArchiveError(
                        f"An answer of the archive {self._address} expected, found none, {attempt} times. Try again "
                        "later: what was fetched or sent stays."
                    ) from error
            time.sleep(min(wait_s, self._patience.longest_wait_s))
            wait_s *= 2
        raise AssertionError("unreachable")

    def own_host(self) -> str:
        """Give the address of this machine on the way to the archive."""
        # To connect a datagram socket sends nothing.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one, suppress(OSError):
            one.connect((self._address.host, self._address.port))
            return str(one.getsockname()[0])
        return socket.gethostname()

    def _entity(self) -> AE:
        entity = AE(ae_title=self._access.ae_title)
        entity.acse_timeout = entity.connection_timeout = self._patience.connect_s
        entity.dimse_timeout = entity.network_timeout = self._patience.read_s
        entity.maximum_pdu_size = 0  # no limit: pieces of 16 kB halve the speed
        return entity

    def receiver(self) -> AE:
        """Give what takes every object that images are stored as, in every syntax."""
        entity = self._entity()
        for context in AllStoragePresentationContexts:
            entity.add_supported_context(str(context.abstract_syntax), ALL_TRANSFER_SYNTAXES)
        return entity


@contextmanager
def listening(connection: Connection, access: Access, keeping: Keeping) -> Iterator[tuple[str, int] | None]:
    """Take what the archive moves to this program, on the address that leads to the archive alone.

    Yields
    ------
    tuple or None
        Host and port; None if the port cannot be opened.
    """
    place = connection.own_host(), access.receive_port
    try:
        server = connection.receiver().start_server(place, block=False, evt_handlers=[(evt.EVT_C_STORE, keeping.store)])
    except OSError:
        yield None
        return
    try:
        yield place
    finally:
        if server is not None:  # it is not where start_server blocks
            server.shutdown()

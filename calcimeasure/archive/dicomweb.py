"""DICOMweb (PS3.18): QIDO-RS finds, WADO-RS fetches object by object, STOW-RS sends."""

from __future__ import annotations

import json
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from http import HTTPStatus
from itertools import islice
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final

from calcimeasure.archive.constants import CONNECTIONS, PAGE
from calcimeasure.archive.file_meta import sop_uid_of
from calcimeasure.archive.matching import is_as_asked
from calcimeasure.archive.multipart import boundary_of, first_part
from calcimeasure.archive.names import FoundSeries, FoundStudy, Sent
from calcimeasure.archive.source import SERIES_KEYS, STUDY_KEYS
from calcimeasure.archive.web import RefusedError
from calcimeasure.errors import ArchiveError, OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import httpx

    from calcimeasure.archive.names import Taking
    from calcimeasure.archive.web import Web

_JSON: Final = {"Accept": "application/dicom+json", "Accept-Encoding": "identity"}
_ANY_SYNTAX: Final = {
    "Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*',
    "Accept-Encoding": "identity",
}
"""As the archive has it (PS3.18 section 8.7.3.5.2): nothing is decoded and encoded again."""

_IS_IT_THE_ROOT: Final = "Is the address the root of its DICOMweb services?"

_COUNT: Final = "00201209"
_SOP_UID: Final = "00080018"
_PIECE_BYTES: Final = 1 << 18

_STORED, _NOT_STORED = "00081199", "00081198"
_REASON: Final = "00081197"
_WARNING: Final = "00081196"
_OF_THE_OBJECT: Final = "00081155"
_IS_THERE_ALREADY: Final = 0x0111
"""Failure Reason "duplicate SOP instance" (PS3.4 section B.2.3): sent before."""


class DicomWeb:
    """An archive that speaks DICOMweb, connected.

    Parameters
    ----------
    web
        Its connections.
    """

    def __init__(self, web: Web) -> None:
        self._web = web

    def studies(self, keys: Mapping[str, str]) -> list[FoundStudy]:
        """Find studies (PS3.18 section 10.6)."""
        found = self._find("/studies", STUDY_KEYS["StudyInstanceUID"], keys, STUDY_KEYS)
        return [FoundStudy(uid, values) for uid, values, _ in found]

    def series(self, study: FoundStudy, keys: Mapping[str, str]) -> list[FoundSeries]:
        """Find series of a study."""
        path = f"/studies/{study.study_uid}/series"
        found = self._find(path, SERIES_KEYS["SeriesInstanceUID"], keys, SERIES_KEYS)
        return [FoundSeries(study.study_uid, uid, values, _number(item, _COUNT)) for uid, values, item in found]

    def instances(self, series: FoundSeries) -> list[str]:
        """Find the objects of a series."""
        path = f"/studies/{series.study_uid}/series/{series.series_uid}/instances"
        return list(self._pages(path, _SOP_UID, {}, series.expected))

    def retrieve(self, series: FoundSeries, wanted: Sequence[str], taking: Taking) -> Iterator[str | None]:
        """Fetch objects of a series, several at a time."""
        pool = ThreadPoolExecutor(CONNECTIONS)
        pending: set[Future[str | None]] = set()
        jobs = iter(wanted)
        try:
            while True:
                pending |= {
                    pool.submit(self._fetch, series, uid, taking)
                    for uid in islice(jobs, 2 * CONNECTIONS - len(pending))
                }
                if not pending:
                    return
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                for one in done:
                    yield one.result()
        except BaseException:
            self._web.close()  # also after Ctrl-C no thread waits for another attempt
            raise
        finally:
            pool.shutdown(cancel_futures=True)

    def send(self, files: Sequence[Path]) -> Iterator[Sent]:
        """Send objects one by one (PS3.18 section 10.5), and look at each answer."""
        for file in files:
            yield self._send(file)

    def _fetch(self, series: FoundSeries, uid: str, taking: Taking) -> str | None:
        """Fetch an object; give why it could not be fetched although others may be."""
        part = taking.part_of(uid)

        def take(response: httpx.Response) -> None:
            pieces = response.iter_bytes()
            boundary = boundary_of(response.headers.get("Content-Type", ""))
            try:
                with part.open("wb") as file:
                    file.writelines(first_part(pieces, boundary) if boundary else pieces)
            except OSError as error:
                raise OutputError(f"{part} cannot be written: {error.strerror or error}.") from error
            taking.keep(uid)

        path = f"/studies/{series.study_uid}/series/{series.series_uid}/instances/{uid}"
        try:
            self._web.get(path, take, _ANY_SYNTAX)
        except RefusedError as error:
            return str(error)
        finally:
            part.unlink(missing_ok=True)
        return None

    def _find(
        self, path: str, uid_tag: str, keys: Mapping[str, str], tags: Mapping[str, str]
    ) -> list[tuple[str, dict[str, str], Mapping[str, Any]]]:
        found = []
        for uid, item in self._pages(path, uid_tag, keys).items():
            values = {name: text for name, tag in tags.items() if (text := _text(item, tag)) is not None}
            if is_as_asked(values, keys):
                found.append((uid, values, item))
        return found

    def _pages(
        self, path: str, uid_tag: str, keys: Mapping[str, str], expected: int | None = None
    ) -> dict[str, Mapping[str, Any]]:
        """Ask for page after page until one brings nothing new: an archive may have pages of its own, or none."""
        found: dict[str, Mapping[str, Any]] = {}
        while True:
            params = dict(keys) | {"includefield": _COUNT, "limit": str(PAGE), "offset": str(len(found))}
            try:
                page = self._web.get(path, _items, _JSON, params)
            except RefusedError as error:
                raise ArchiveError(f"{error} {_IS_IT_THE_ROOT}") from error
            new = {uid: item for item in page if (uid := _text(item, uid_tag)) is not None and uid not in found}
            found |= new
            if not new or len(found) == expected:
                return found

    def _send(self, file: Path) -> Sent:
        uid = sop_uid_of(file)
        boundary = token_hex(16)

        before = f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()
        after = f"\r\n--{boundary}--\r\n".encode()

        def body() -> Iterator[bytes]:
            yield before
            with file.open("rb") as stream:
                while piece := stream.read(_PIECE_BYTES):
                    yield piece
            yield after

        headers = {
            **_JSON,
            "Content-Type": f'multipart/related; type="application/dicom"; boundary={boundary}',
            "Content-Length": str(len(before) + file.stat().st_size + len(after)),
        }
        try:
            status, answer = self._web.post("/studies", _answer, headers, body)
        except RefusedError as error:
            return Sent(file, uid, problem=str(error))
        return _sent(file, uid, status, answer)


def _items(response: httpx.Response) -> list[Mapping[str, Any]]:
    """Read the answer of QIDO-RS. Nothing found: an empty list, or 204 without a body."""
    if response.status_code == HTTPStatus.NO_CONTENT:
        return []
    answer = _json(response)
    if not isinstance(answer, list) or not all(isinstance(item, dict) for item in answer):
        raise ArchiveError(f"A list of DICOM JSON expected from the archive, found something else. {_IS_IT_THE_ROOT}")
    return answer


def _answer(response: httpx.Response) -> tuple[int, Mapping[str, Any]]:
    answer = _json(response) if response.status_code != HTTPStatus.NO_CONTENT else {}
    return response.status_code, answer if isinstance(answer, dict) else {}


def _json(response: httpx.Response) -> Any:  # noqa: ANN401 - what the archive sends
    body = response.read()
    if not body:
        return []
    try:
        return json.loads(body)
    except ValueError as error:
        raise ArchiveError(
            f"DICOM JSON expected from the archive, found {response.headers.get('Content-Type', 'something else')}. "
            f"{_IS_IT_THE_ROOT}"
        ) from error


def _sent(file: Path, uid: str, status: int, answer: Mapping[str, Any]) -> Sent:
    """Look for the object in the answer of STOW-RS (PS3.18 section 10.5.3)."""
    for item in _sequence(answer, _NOT_STORED):
        if _text(item, _OF_THE_OBJECT) in (uid, None):
            reason = _number(item, _REASON)
            if reason == _IS_THERE_ALREADY:
                return Sent(file, uid)
            return Sent(file, uid, problem=f"The archive did not store it (failure reason {reason}).")
    for item in _sequence(answer, _STORED):
        if _text(item, _OF_THE_OBJECT) == uid:
            warning = _number(item, _WARNING)
            return Sent(file, uid, remark=None if warning is None else f"Stored with warning {warning}.")
    return Sent(file, uid, problem=f"The archive does not say that it stored it (answer {status}).")


def _sequence(item: Mapping[str, Any], tag: str) -> list[Mapping[str, Any]]:
    values = item.get(tag, {}).get("Value") or []
    return [one for one in values if isinstance(one, dict)]


def _text(item: Mapping[str, Any], tag: str) -> str | None:
    """Read a value of DICOM JSON as text (PS3.18 annex F); None if there is none."""
    attribute = item.get(tag)
    values = attribute.get("Value") if isinstance(attribute, dict) else None
    if not isinstance(values, list) or not values or values[0] is None:
        return None
    value = values[0].get("Alphabetic") if isinstance(values[0], dict) else values[0]
    return None if value is None else str(value).strip()


def _number(item: Mapping[str, Any], tag: str) -> int | None:
    text = _text(item, tag)
    return int(text) if text is not None and text.isdigit() else None

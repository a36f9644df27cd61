"""DIMSE (PS3.7): C-FIND finds, C-MOVE to a receiver of this program or else C-GET fetches, C-STORE sends."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from calcimeasure.archive.file_meta import file_meta_of
from calcimeasure.archive.matching import is_as_asked
from calcimeasure.archive.names import FoundSeries, FoundStudy, Sent
from calcimeasure.archive.source import SERIES_KEYS, STUDY_KEYS
from calcimeasure.errors import ArchiveError, IncompleteError, NotBuiltError

try:
    from pydicom import Dataset
    from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian
    from pynetdicom import _config, build_context, build_role, sop_class

    from calcimeasure.archive.association import Connection, Keeping, listening
except ImportError as error:
    if (error.name or "").partition(".")[0] != "pynetdicom":
        raise
    raise NotBuiltError(
        "dimse:// needs pynetdicom, which is not installed here. Install it: pip install 'calcimeasure[pacs]'."
    ) from error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from pynetdicom.presentation import PresentationContext

    from calcimeasure.archive.access import Access
    from calcimeasure.archive.constants import Patience
    from calcimeasure.archive.names import Taking
    from calcimeasure.archive.source import DimseAddress

_FIND: Final = UID("1.2.840.10008.5.1.4.1.2.2.1")
_MOVE: Final = UID("1.2.840.10008.5.1.4.1.2.2.2")
_GET: Final = UID("1.2.840.10008.5.1.4.1.2.2.3")
"""Study Root Query/Retrieve Information Model (PS3.4 section C.6.2.3)."""

_IS_THERE_ALREADY: Final = 0x0111
_SUCCESS: Final = 0x0000

_IMAGES: Final = (
    "CTImageStorage",
    "EnhancedCTImageStorage",
    "LegacyConvertedEnhancedCTImageStorage",
    "ComputedRadiographyImageStorage",
    "DigitalXRayImageStorageForPresentation",
    "DigitalXRayImageStorageForProcessing",
    "SecondaryCaptureImageStorage",
)
"""Objects that are asked for where the archive does not say what a series holds."""

_SYNTAXES: Final = (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    UID("1.2.840.10008.1.2.1.99"),  # deflated
    UID("1.2.840.10008.1.2.4.50"),  # JPEG baseline
    UID("1.2.840.10008.1.2.4.51"),  # JPEG extended
    UID("1.2.840.10008.1.2.4.57"),  # JPEG lossless
    UID("1.2.840.10008.1.2.4.70"),  # JPEG lossless, first-order prediction
    UID("1.2.840.10008.1.2.4.80"),  # JPEG-LS lossless
    UID("1.2.840.10008.1.2.4.81"),  # JPEG-LS near-lossless
    UID("1.2.840.10008.1.2.4.90"),  # JPEG 2000 lossless
    UID("1.2.840.10008.1.2.4.91"),  # JPEG 2000
    UID("1.2.840.10008.1.2.5"),  # RLE
)
"""What is taken as the archive has it: each in a context of its own, so that the archive need not decode it."""

_MOST_CONTEXTS: Final = 128
"""Of an association (PS3.8 section 9.3.2.2)."""

_OBJECTS_AT_ONCE: Final = 100
"""Named in one request: a list of UIDs has a limit in some archives."""


class Dimse:
    """An archive that speaks DIMSE.

    Parameters
    ----------
    connection
        What associations are made with.
    access
        The name and the port of this program.
    say
        Takes lines that a person has to know at once.
    """

    def __init__(self, connection: Connection, access: Access, say: Callable[[str], object]) -> None:
        self._connection = connection
        self._access = access
        self._say = say
        self._moves = True
        self._classes: dict[str, str] = {}

    def studies(self, keys: Mapping[str, str]) -> list[FoundStudy]:
        """Find studies (PS3.4 section C.4.1)."""
        found = self._find("STUDY", {}, keys, STUDY_KEYS)
        return [FoundStudy(values["StudyInstanceUID"], values) for values in found if "StudyInstanceUID" in values]

    def series(self, study: FoundStudy, keys: Mapping[str, str]) -> list[FoundSeries]:
        """Find series of a study."""
        above = {"StudyInstanceUID": study.study_uid}
        found = self._find("SERIES", above, keys, (*SERIES_KEYS, "NumberOfSeriesRelatedInstances"))
        return [
            FoundSeries(
                study.study_uid,
                values["SeriesInstanceUID"],
                values,
                int(count) if (count := values.get("NumberOfSeriesRelatedInstances", "")).isdigit() else None,
            )
            for values in found
            if "SeriesInstanceUID" in values
        ]

    def instances(self, series: FoundSeries) -> list[str]:
        """Find the objects of a series."""
        found = self._find("IMAGE", _above(series), {}, ("SOPInstanceUID", "SOPClassUID"))
        self._classes = {one["SOPInstanceUID"]: one.get("SOPClassUID", "") for one in found if "SOPInstanceUID" in one}
        return list(self._classes)

    def retrieve(self, series: FoundSeries, wanted: Sequence[str], taking: Taking) -> Iterator[str | None]:
        """Fetch objects of a series: by C-MOVE where the archive knows this program, else by C-GET."""
        keeping = Keeping(wanted, taking)
        if self._moves:
            self._move(series, keeping)
        if keeping.missing:
            self._connection.until_done(lambda: self._get(series, keeping))
        for uid in wanted:
            yield None if uid in keeping.kept else keeping.problems.get(uid, "The archive did not send it.")

    def send(self, files: Sequence[Path]) -> Iterator[Sent]:
        """Send objects by C-STORE (PS3.4 annex B), and look at each answer."""
        metas = {file: file_meta_of(file) for file in files}
        for file, meta in metas.items():
            if meta is None:
                raise IncompleteError(f"A DICOM file expected, found none: {file}.")
        kinds = list(dict.fromkeys((meta[0], meta[2]) for meta in metas.values() if meta is not None))
        for begin in range(0, len(kinds), _MOST_CONTEXTS):
            some = kinds[begin : begin + _MOST_CONTEXTS]
            contexts = [build_context(kind, syntax) for kind, syntax in some]
            chosen = {file: meta[1] for file, meta in metas.items() if meta is not None and (meta[0], meta[2]) in some}
            with self._connection.association(contexts, again=True) as association:
                for file, uid in chosen.items():
                    yield _store(association, file, uid)

    def _find(
        self, level: str, above: Mapping[str, str], keys: Mapping[str, str], names: Sequence[str] | Mapping[str, str]
    ) -> list[dict[str, str]]:
        query = Dataset()
        query.QueryRetrieveLevel = level
        for name in names:
            setattr(query, name, "")
        for name, value in (*above.items(), *keys.items()):
            setattr(query, name, value)
        found = self._connection.until_done(lambda: self._answers(query))
        values = [{name: text for name in names if (text := _text(one, name))} for one in found]
        return [one for one in values if is_as_asked(one, keys)]

    def _answers(self, query: Dataset) -> list[Dataset]:
        with self._connection.association([build_context(_FIND)]) as association:
            found = []
            for status, answer in association.send_c_find(query, _FIND):
                code = _code(status)
                if code in (0xFF00, 0xFF01) and answer is not None:
                    found.append(answer)
                elif code != _SUCCESS:
                    raise ArchiveError(f"Answers of the archive expected, found that it refuses C-FIND (0x{code:04X}).")
        return found

    def _move(self, series: FoundSeries, keeping: Keeping) -> None:
        """Have the archive send to this program, and say what its administrator has to enter where it does not."""
        with listening(self._connection, self._access, keeping) as place:
            if place is not None:
                self._connection.until_done(lambda: self._ask_to_move(series, keeping))
        if keeping.kept or not keeping.missing:
            return
        self._moves = False
        host, port = place or (self._connection.own_host(), self._access.receive_port)
        why = "does not move images to this program" if place else "cannot move images here: the port is taken"
        self._say(
            f"The archive {why}; C-GET is tried. For C-MOVE its administrator has to enter: AE title "
            f"{self._access.ae_title}, host {host}, port {port}."
        )

    def _ask_to_move(self, series: FoundSeries, keeping: Keeping) -> None:
        with self._connection.association([build_context(_MOVE)]) as association:
            for query in _queries(series, keeping):
                for status, _ in association.send_c_move(query, self._access.ae_title, _MOVE):
                    if _code(status) >= 0xA000 and not keeping.kept:  # refused or failed
                        return

    def _get(self, series: FoundSeries, keeping: Keeping) -> None:
        classes = self._classes_of(keeping)
        contexts = [build_context(_GET), *_storage_contexts(classes)][:_MOST_CONTEXTS]
        roles = [build_role(one, scp_role=True) for one in classes]
        with self._connection.association(contexts, roles, keeping) as association:
            for query in _queries(series, keeping):
                for status, _ in association.send_c_get(query, _GET):
                    code = _code(status)
                    if code >= 0xA000 and not keeping.kept:
                        raise ArchiveError(
                            f"Images of the archive expected, found that it refuses C-MOVE and C-GET (0x{code:04X}). "
                            "Its administrator has to enter this program (see above)."
                        )

    def _classes_of(self, keeping: Keeping) -> list[str]:
        known = dict.fromkeys(self._classes[uid] for uid in keeping.missing if self._classes.get(uid))
        return list(known) or [str(getattr(sop_class, name)) for name in _IMAGES]


def _storage_contexts(classes: Sequence[str]) -> list[PresentationContext]:
    """Propose each class in each syntax; plain ones first, so that many classes lose the rare syntaxes."""
    return [build_context(one, syntax) for syntax in _SYNTAXES for one in classes]


def _above(series: FoundSeries) -> dict[str, str]:
    return {"StudyInstanceUID": series.study_uid, "SeriesInstanceUID": series.series_uid}


def _queries(series: FoundSeries, keeping: Keeping) -> Iterator[Dataset]:
    """Ask for the whole series where all of it is missing, else for what is."""
    query = Dataset()
    query.QueryRetrieveLevel = "SERIES"
    for name, value in _above(series).items():
        setattr(query, name, value)
    if keeping.is_whole(series.expected):
        yield query
        return
    query.QueryRetrieveLevel = "IMAGE"
    missing = keeping.missing
    for begin in range(0, len(missing), _OBJECTS_AT_ONCE):
        query.SOPInstanceUID = missing[begin : begin + _OBJECTS_AT_ONCE]
        yield query


def _store(association: Any, file: Path, uid: str) -> Sent:  # noqa: ANN401 - pynetdicom's own
    try:
        code = _code(association.send_c_store(file))
    except ValueError:
        return Sent(file, uid, problem="The archive does not take objects of this kind.")
    except RuntimeError as error:
        raise ArchiveError("An answer of the archive expected, found that it ended the association.") from error
    if code in (_SUCCESS, _IS_THERE_ALREADY):
        return Sent(file, uid)
    if code >> 12 == 0xB:  # a warning: it is stored
        return Sent(file, uid, remark=f"Stored with warning 0x{code:04X}.")
    return Sent(file, uid, problem=f"The archive did not store it (status 0x{code:04X}).")


def _code(status: Dataset) -> int:
    """Read a status; none: the archive ended the association, or did not answer in time."""
    code = status.get("Status")
    if code is None:
        raise IncompleteError("An answer of the archive expected, found that it broke off.")
    return int(code)


def _text(answer: Dataset, name: str) -> str | None:
    value = answer.get(name)
    return None if value is None else str(value).strip()


@contextmanager
def associated(
    address: DimseAddress, access: Access, say: Callable[[str], object], patience: Patience
) -> Iterator[Dimse]:
    """Get ready to talk to an archive."""
    before = _config.STORE_RECV_CHUNKED_DATASET, _config.STORE_SEND_CHUNKED_DATASET
    # Objects go through files, and not through memory: one of many frames has gigabytes.
    _config.STORE_RECV_CHUNKED_DATASET = _config.STORE_SEND_CHUNKED_DATASET = True
    try:
        yield Dimse(Connection(address, access, patience), access, say)
    finally:
        _config.STORE_RECV_CHUNKED_DATASET, _config.STORE_SEND_CHUNKED_DATASET = before

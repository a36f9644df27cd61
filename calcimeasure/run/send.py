"""Sending to an archive the DICOM objects that were exported from a folder of results."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from calcimeasure.archive import open_archive
from calcimeasure.errors import InputPathError, OutputError
from calcimeasure.results import store_that_is_there
from calcimeasure.store import Export

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from calcimeasure.archive import Access, Sent
    from calcimeasure.archive.source import Address
    from calcimeasure.run.progress import Say
    from calcimeasure.store import Store

_FOLDERS: Final = ("images", "seg", "sr")
"""Folders of a folder of results that hold DICOM objects, in the order in which they are sent: what an object refers to
comes before it."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is sent where.

    Parameters
    ----------
    address, access
        The archive, and with what it lets this program in.
    identified
        Whether what names patients is sent (private/identified), and nothing else.
    recipient
        For whom it is; kept in the store.
    """

    address: Address
    access: Access
    identified: bool = False
    recipient: str | None = None


@dataclass(frozen=True, slots=True)
class SendDone:
    """What an archive said.

    Parameters
    ----------
    stored
        Number of objects that it has now.
    problems, remarks
        Lines on objects that it did not take, and on those that it took with a warning.
    outdated
        Lines on objects that were sent before and that later ones replace.
    """

    stored: int
    problems: tuple[str, ...]
    remarks: tuple[str, ...]
    outdated: tuple[str, ...] = ()


def send_from(folder: Path, parcel: Parcel, say: Say) -> SendDone:
    """Send the objects of a folder of results; an object that is sent twice is there once, by its SOP Instance UID.

    Parameters
    ----------
    folder
        A folder written by ``calcimeasure measure``, with what ``export --format seg`` and ``sr`` wrote into it.
    parcel
        What is sent where.
    say
        Takes lines that a person has to know at once.

    Raises
    ------
    ArchiveError
        The archive cannot be reached, refuses, or answers what cannot be understood.
    InputPathError
        No run of measure wrote this folder, or it holds nothing to send.
    OutputError
        The folder is that of identified objects, and --identified was not said.
    """
    _refuse_identified(folder)
    with store_that_is_there(folder, say) as (store, _):
        files = _files(folder, parcel.identified)
        taken: list[Sent] = []
        problems, remarks = [], []
        try:
            with open_archive(parcel.address, parcel.access, say) as archive:
                for number, one in enumerate(archive.send(files), 1):
                    name = one.file.relative_to(folder).as_posix()
                    if one.problem is not None:
                        problems.append(f"{name}: {one.problem}")
                    else:
                        store.note_sent(one.sop_uid, str(parcel.address))
                        taken.append(one)
                    if one.remark is not None:
                        remarks.append(f"{name}: {one.remark}")
                    say(f"Object {number} of {len(files)}: {'sent' if one.problem is None else 'not sent'}")
        finally:  # what the archive took has left, also where the sending broke off
            if taken:
                _note(store, taken, parcel)
        outdated = _outdated(store, str(parcel.address))
    return SendDone(len(taken), tuple(problems), tuple(remarks), outdated)


def _outdated(store: Store, archive: str) -> tuple[str, ...]:
    """Tell the objects that an archive has and that a later one replaces which it has, too."""
    sent = set(store.sent_to(archive))
    there = [one for one in store.every_object() if one.sop_instance_uid in sent]  # the oldest come first
    newest = {one.line: one for one in there}
    # What was proposed and what a reader accepted are different lines; a report names the one that it replaces.
    successor = {one.predecessor_uid: one for one in there}
    outdated = []
    for one in there:
        later = newest[one.line] if one != newest[one.line] else successor.get(one.sop_instance_uid)
        if later is not None:
            outdated.append(
                f"{one.line.kind.value.upper()} {one.sop_instance_uid} (instance number {one.instance_number}), "
                f"replaced by {later.sop_instance_uid}"
            )
    return tuple(outdated)


def _files(folder: Path, identified: bool) -> Sequence[Path]:
    root = folder / "private" / "identified" if identified else folder
    files = [file for name in _FOLDERS for file in sorted((root / name).rglob("*.dcm")) if file.is_file()]
    if files:
        return files
    others = folder if identified else folder / "private" / "identified"
    other_option = "without --identified" if identified else "with --identified"
    hint = f" There are some {other_option}." if any(any((others / one).rglob("*.dcm")) for one in _FOLDERS) else ""
    raise InputPathError(
        f"DICOM objects expected in {root} ({', '.join(_FOLDERS)}), found none: write them first (calcimeasure export "
        f"{folder} --format seg).{hint}"
    )


def _refuse_identified(folder: Path) -> None:
    """Refuse a folder inside of private: it names patients, and only --identified sends it, from the folder above."""
    if "private" in folder.absolute().parts and not (folder / "private" / "settings.toml").is_file():
        raise OutputError(
            f"A folder of results expected, found one of its private folders ({folder}): send names patients only with "
            "--identified and the folder of results itself."
        )


def _note(store: Store, taken: Sequence[Sent], parcel: Parcel) -> None:
    """Keep that objects left: one row for a sending, with their number, and the hash of the hashes of their files."""
    content = hashlib.sha256()
    for one in taken:
        with one.file.open("rb") as file:
            content.update(hashlib.file_digest(file, "sha256").digest())
    store.note_export(
        Export(
            what=f"send: {len(taken)} objects",
            destination=str(parcel.address),
            is_identified=parcel.identified,
            recipient=parcel.recipient,
            key_fingerprint=None if parcel.identified else store.recall("key_fingerprint"),
            row_count=len(taken),
            content_hash=content.hexdigest(),
            file_count=len(taken),
        )
    )

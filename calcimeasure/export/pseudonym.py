"""Replacements for identifying values in a table: keyed pseudonyms, shifted dates, other UIDs.

Each replacement is computed from a secret key by HMAC-SHA256 (RFC 2104). Runs and machines with the same key give a
patient the same pseudonym. Without the key nobody can find out who the patient is, or test a guess.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from calcimeasure.errors import KeyFileError
from calcimeasure.export.given import read_rows
from calcimeasure.input_files import refuse_special_file
from calcimeasure.model import name_alone
from calcimeasure.one_line import one_line
from calcimeasure.uid import made_uid

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from pathlib import Path

    from calcimeasure.model import StackFacts

_KEY_BYTES = 32
_LONGEST_SHIFT_DAYS = 3652
"""Dates are moved back by 1 to this many days. They never lie in the future, and the true date cannot be guessed."""


@dataclass(frozen=True, slots=True)
class Identified:
    """Names patients and images as their headers do (--identified)."""

    dates_shifted = False

    def patient_key(self, stack: StackFacts) -> str | None:
        """Give the PatientID."""
        return stack.patient_id

    def study_date(self, stack: StackFacts) -> date | None:
        """Give the date of the study."""
        return stack.study_date

    def day(self, stack: StackFacts, day: date | None) -> date | None:  # noqa: ARG002 - as in Pseudonyms
        """Give a date as it is."""
        return day

    def moment(self, stack: StackFacts, time: datetime | None) -> date | None:  # noqa: ARG002 - as in Pseudonyms
        """Give a time as it is."""
        return time

    def uid(self, uid: str | None) -> str | None:
        """Give a UID as it is."""
        return uid

    def reader(self, name: str) -> str:
        """Give the name of a reader."""
        return name


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Replaces the names of patients and images in a table.

    Parameters
    ----------
    key
        The secret.
    record_ids
        The registry's own id for each PatientID that the registry has.
    """

    key: bytes = field(repr=False)
    record_ids: Mapping[str, str] = field(default_factory=dict, repr=False)
    dates_shifted = True

    def patient_key(self, stack: StackFacts) -> str | None:
        """Give the registry's id or, without one, a pseudonym; None if the header has no PatientID.

        Persons who share a PatientID have a pseudonym each, and so has each study whose PatientID names nobody (0,
        ANONYMOUS): the registry's id is not given to them.
        """
        person = person_of(stack)
        if person is None:
            return None
        if person in self.record_ids:
            return self.record_ids[person]
        return "P-" + base64.b32encode(self._digest("patient", person)[:10]).decode("ascii")

    def study_date(self, stack: StackFacts) -> date | None:
        """Shift the date of a study; all dates of a patient are shifted by the same number of days."""
        return self.day(stack, stack.study_date)

    def moment(self, stack: StackFacts, time: datetime | None) -> date | None:
        """Give the day (UTC) of a time, shifted by the same number of days as the dates of the patient.

        The time of the day, or a day that is not shifted, would tell the shift to whoever knows when it was.
        """
        return None if time is None else self.day(stack, time.astimezone(UTC).date())

    def day(self, stack: StackFacts, day: date | None) -> date | None:
        """Shift any date of a patient by the same number of days as the date of the study."""
        if day is None:
            return None
        person = person_of(stack)
        # Patients without an ID cannot be distinguished, so each of their studies has its own shift.
        subject = ("study", stack.study_uid) if person is None else ("patient", self._subject(person))
        days = 1 + int.from_bytes(self._digest("days", *subject)[:8], "big") % _LONGEST_SHIFT_DAYS
        try:
            return day - timedelta(days=days)
        except OverflowError:  # a date in the year 1 cannot be moved back
            return None

    def uid(self, uid: str | None) -> str | None:
        """Replace a UID by another one (PS3.5 B.2); the same UID always gets the same replacement."""
        if not uid:
            return None
        return made_uid(self._digest("uid", uid))

    def reader(self, name: str) -> str:
        """Replace the name of a reader by a pseudonym."""
        return "R-" + base64.b32encode(self._digest("reader", name)[:5]).decode("ascii")

    def _subject(self, person: str) -> str:
        # One patient of the registry can have a PatientID in each of two hospitals: both get the same shift.
        record_id = self.record_ids.get(person)
        return f"id {person}" if record_id is None else f"record {record_id}"

    def _digest(self, *parts: str) -> bytes:
        return hmac.digest(self.key, "\0".join(parts).encode("utf-8", "backslashreplace"), "sha256")


Naming = Identified | Pseudonyms


def subject_of(naming: Naming, stack: StackFacts) -> str:
    """Name whose a stack is where a name is required: the key of the patient, or of the study if there is none."""
    key = naming.patient_key(stack)
    return one_line(key).strip() if key and key.strip() else f"STUDY-{naming.uid(stack.study_uid)}"


def person_of(stack: StackFacts) -> str | None:
    """Name who is imaged: the Patient ID, unless it stands for several persons or for nobody."""
    return stack.person or name_alone(stack.patient_id, stack.study_uid)


def read_or_make_key(path: Path, folder: Path, may_make: bool) -> tuple[bytes, bool]:
    """Read the key for pseudonyms; on first use make a key that only its owner can read.

    Parameters
    ----------
    path
        The file.
    folder
        The output folder. The key must not lie in this folder, because everything in it except "private" may be shared.
    may_make
        Whether this is the first use. A new key made later would give every patient another pseudonym.

    Returns
    -------
    bytes
        The key.
    bool
        Whether the key was made by this call.

    Raises
    ------
    KeyFileError
        The key lies in the folder, cannot be read or made, can be read by others, or is not a valid key.
    """
    path = path.expanduser().absolute()
    if path.resolve().is_relative_to(folder.resolve()):
        raise KeyFileError(
            f"The key for pseudonyms must lie outside of the folder that may be given away: {path} lies in {folder}. "
            "Name another place: --key FILE."
        )
    try:
        made = may_make and _make(path)
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise KeyFileError(f"The key {path} can be read by others than its owner: chmod 600 {path}")
        refuse_special_file(path)
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or "it is no text"
        raise KeyFileError(f"The key {path} cannot be read or made: {said}. Name another: --key FILE.") from error
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise KeyFileError(
            f"The key {path} is no key of calcimeasure: {2 * _KEY_BYTES} hexadecimal digits expected, found "
            f"{len(text.strip())} characters. Name a file that does not exist yet, and a key is made there."
        )
    return key, made


def _make(path: Path) -> bool:
    """Write a new key atomically; False if there is already a key."""
    if path.exists():
        return False
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:  # noqa: PTH123 - for the mode
            file.write(secrets.token_hex(_KEY_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        # Unlike a rename, a link fails if another run has already written a key. That key is then used.
        os.link(temporary, path)
    except FileExistsError:
        return False
    except OSError:
        if not temporary.exists():
            raise
        temporary.rename(path)  # some network shares do not support links
    finally:
        temporary.unlink(missing_ok=True)
    return True


def fingerprint(key: bytes) -> str:
    """Identify a key without revealing it."""
    return hmac.digest(key, b"fingerprint", hashlib.sha256).hex()[:16]


def chain_key(key: bytes) -> bytes:
    """Derive the key for the chain of a store from the key for pseudonyms; neither can be found from the other."""
    return hmac.digest(key, b"subkey\0chain", hashlib.sha256)


def read_record_map(path: Path) -> dict[str, str]:
    """Read the registry's id for each patient.

    Parameters
    ----------
    path
        CSV with the columns patient_id and record_id; other columns are ignored.

    Raises
    ------
    KeyFileError
        The file cannot be read, lacks a column or a value, or gives a patient two ids.
    """
    rows = read_rows(path, f"--record-map {path}", KeyFileError)
    ids: dict[str, str] = {}
    for row in rows:
        patient_id, record_id = row.cell("patient_id"), row.cell("record_id")
        if not patient_id or not record_id:
            raise KeyFileError(
                f"--record-map {path}: the columns patient_id and record_id are expected with a value in each row, "
                f"line {row.line} lacks one (its columns: {', '.join(row.cells)})."
            )
        if ids.setdefault(patient_id, record_id) != record_id:
            raise KeyFileError(
                f"--record-map {path}: line {row.line} gives a patient another record_id than a line above it. Each "
                "patient_id may have one."
            )
    return ids

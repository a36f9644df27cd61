"""Elements as bytes: explicit VR little endian (PS3.5 section 7.1.2 and 7.5), with lengths that are stated.

Functional groups of thousands of frames are joined from bytes that are encoded once for each slice and each segment.
pydicom encodes everything else.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, BinaryIO, Final

from pydicom.dataset import FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset, write_file_meta_info
from pydicom.uid import UID, ExplicitVRLittleEndian

from calcimeasure.uid import made_uid

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_LONG: Final = frozenset({"OB", "OW", "SQ", "UN"})
"""VRs whose length has four bytes, of those that are written here."""

_ITEM: Final = 0xFFFEE000

_IMPLEMENTATION: Final = UID(made_uid(b"calcimeasure SEG"))
"""Implementation Class UID (0002,0012)."""


def element(tag: int, vr: str, value: bytes) -> bytes:
    """Encode an element, padded to an even length."""
    if len(value) % 2:
        value += b"\0" if vr in ("UI", "OB") else b" "
    return element_start(tag, vr, len(value)) + value


def element_start(tag: int, vr: str, length: int) -> bytes:
    """Encode what precedes the value of an element: tag, VR and length."""
    form = "<HH2s2xI" if vr in _LONG else "<HH2sH"
    return struct.pack(form, tag >> 16, tag & 0xFFFF, vr.encode(), length)


def item(*elements: bytes) -> bytes:
    """Encode an item of a sequence."""
    content = b"".join(elements)
    return struct.pack("<HHI", _ITEM >> 16, _ITEM & 0xFFFF, len(content)) + content


def sequence(tag: int, *items: bytes) -> bytes:
    """Encode a sequence of encoded items."""
    return element(tag, "SQ", b"".join(items))


def text(tag: int, vr: str, value: str) -> bytes:
    """Encode an element of text."""
    return element(tag, vr, value.encode())


def encoded(dataset: Dataset) -> bytes:
    """Encode a data set with pydicom."""
    file = DicomBytesIO()
    file.is_implicit_VR, file.is_little_endian = False, True
    write_dataset(file, dataset, parent_encoding="utf8")
    return file.getvalue()


def write_start(file: BinaryIO, dataset: Dataset, syntax: str = ExplicitVRLittleEndian) -> None:
    """Write the preamble and the file meta information of an object (PS3.10 section 7.1).

    Parameters
    ----------
    file
        At its first byte.
    dataset
        Its SOP Class UID and SOP Instance UID are used.
    syntax
        Transfer Syntax UID (0002,0010).
    """
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = UID(syntax)
    meta.ImplementationClassUID = _IMPLEMENTATION
    meta.ImplementationVersionName = "CALCIMEASURE"
    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = False, True
    write_file_meta_info(buffer, meta, enforce_standard=True)
    file.write(b"\0" * 128 + b"DICM" + buffer.getvalue())

"""Copies of the images of a stack without what identifies a patient, beside the objects that refer to them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from calcimeasure.errors import OutputError
from calcimeasure.export.atomic import open_atomic_bytes
from calcimeasure.export.dicom.deidentify import image_without_identity, may_show_a_face
from calcimeasure.export.dicom.encode import encoded, write_start
from calcimeasure.export.dicom.header import named_uid
from calcimeasure.load.pixels import stored_values
from calcimeasure.load.whole_header import read_whole_header
from calcimeasure.run.burned_in import said_to_have_text, shows_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pydicom.dataset import Dataset

    from calcimeasure.export import Naming
    from calcimeasure.export.dicom.source import Source
    from calcimeasure.model import Instance

FACE = (
    "The head may be imaged: a face can be recognized from slices, also without a name. Whoever gets these copies "
    "must be allowed to."
)


def write_copies(source: Source, naming: Naming, folder: Path, accept_burned_in: bool) -> tuple[int, str, list[str]]:
    """Write a copy of every file of a stack.

    Parameters
    ----------
    source
        The stack.
    naming
        Pseudonyms.
    folder
        Where the copies go; made if it does not exist.
    accept_burned_in
        Whether images leave that may have text in their pixels.

    Returns
    -------
    count : int
        Number of files.
    content_hash : str
        SHA-256 of the hashes of the files, in their order.
    remarks : list of str
        What a person has to know, in sentences.

    Raises
    ------
    OutputError
        Images may have text in their pixels, have no valid UID, or a copy cannot be written.
    SeriesError
        An image cannot be read.
    """
    first_of_files = {(one.path, one.member): one for one in source.stack.instances}
    headers = [(one, read_whole_header(one)) for one in first_of_files.values()]
    if not accept_burned_in:
        _refuse_text(source, headers)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder} cannot be made: {error.strerror or error}.") from error
    digest = hashlib.sha256()
    for number, (one, header) in enumerate(headers, 1):
        named_uid(one.sop_uid, naming, "SOPInstanceUID (0008,0018)", source)
        pixels = [stored_values(replace(one, frame_index=index)) for index in range(one.frame_count)]
        copy = image_without_identity(header, source, naming, pixels)
        with open_atomic_bytes(folder / f"{number:06}.dcm") as file:
            write_start(file, copy)
            content = encoded(copy)
            file.write(content)
        digest.update(hashlib.sha256(content).digest())
    return len(headers), digest.hexdigest(), [FACE] if may_show_a_face(source) else []


def _refuse_text(source: Source, headers: Sequence[tuple[Instance, Dataset]]) -> None:
    """Refuse images that may have text in their pixels: it can be the name of the patient.

    Raises
    ------
    OutputError
        An image may.
    """
    for one, header in headers:
        found = said_to_have_text(header)
        if found is None and source.stack.projection is not None and shows_text(stored_values(one)):
            found = "a line of letters can be seen"
        if found is not None:
            raise OutputError(
                f"Images without text in their pixels expected, found one that may have some: {found} "
                f"({one.relative_path}). Look at it: where the text names nobody, add --accept-burned-in."
            )

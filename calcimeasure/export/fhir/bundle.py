"""A Bundle of the lesions of some studies: Patient, ImagingStudy, Device, BodyStructure and Observation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from calcimeasure.export.atomic import open_atomic
from calcimeasure.export.columns import Leaving
from calcimeasure.export.dicom.header import PROGRAM
from calcimeasure.export.fhir.elements import PATIENTS, SYSTEMS, Element, entry, id_of, reference, uid_identifier
from calcimeasure.export.fhir.observations import Around, resources_of
from calcimeasure.export.lesions import lesion_rows
from calcimeasure.export.pseudonym import subject_of
from calcimeasure.known_values import OTHER, known_modality

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from calcimeasure.export.columns import Audit
    from calcimeasure.export.pseudonym import Naming
    from calcimeasure.model import Lesion, StackFacts, Status, Study


def write_bundle(studies: Iterable[Study], path: Path, naming: Naming, status: Status, audit: Audit) -> int:
    """Write the masses of some studies with a status as one Bundle (type collection), JSON.

    Parameters
    ----------
    studies
        With their links (`calcimeasure.study.linked_studies`). One study at a time is held in memory.
    path
        The file; it is written atomically.
    naming
        How patients, dates, UIDs and readers are named: others than the owner cannot read an identified file.
    status
        Only masses with this status.
    audit
        Called before the file gets its name.

    Returns
    -------
    int
        Number of masses.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    is_identified = not naming.dates_shifted
    count = 0

    def keep(file: Path) -> None:
        audit(Leaving.of(file, path, count, is_identified))

    with open_atomic(path, only_for_owner=is_identified, before_it_is_there=keep) as stream:
        stream.write('{"resourceType":"Bundle","type":"collection"')
        before = ',"entry":[\n'
        for resource in resources(studies, naming, status):
            stream.write(before)
            json.dump(entry(resource), stream, ensure_ascii=False, separators=(",", ":"))
            before = ",\n"
            count += resource["resourceType"] == "BodyStructure"
        stream.write("]}\n" if count else "}\n")  # no list of FHIR is empty
    return count


def resources(studies: Iterable[Study], naming: Naming, status: Status) -> Iterator[Element]:
    """Make the resources of the masses of some studies; what several masses refer to is made once.

    Parameters
    ----------
    studies, naming, status
        As in `write_bundle`.

    Yields
    ------
    dict
        A resource after those that it refers to.
    """
    made: set[str] = set()

    def once(*of_several: Element) -> Iterator[Element]:
        for one in of_several:
            if one["id"] not in made:
                made.add(one["id"])
                yield one

    for study in studies:
        rows = [row for outcome in study.outcomes for row in lesion_rows(study, outcome, (status,))]
        if not rows:
            continue
        patient = _patient(rows[0].stack, naming)
        imaging = _imaging_study([row.stack for row in rows], patient, naming)
        yield from once(patient, imaging)
        for row in rows:
            device = _device(row.lesion)
            yield from once(device)
            yield from resources_of(row, Around(patient, imaging, device), naming)


def _patient(stack: StackFacts, naming: Naming) -> Element:
    """Make a Patient who has an identifier and nothing else."""
    subject = subject_of(naming, stack)
    identifier = {"system": PATIENTS, "value": subject} if naming.dates_shifted else {"value": subject}
    return {"resourceType": "Patient", "id": id_of("Patient", subject), "identifier": [identifier]}


def _imaging_study(stacks: Sequence[StackFacts], patient: Element, naming: Naming) -> Element:
    """Make the ImagingStudy with the series that show the masses."""
    uid, day = naming.uid(stacks[0].study_uid) or "", naming.study_date(stacks[0])
    series = {one.series_uid: one for one in stacks}
    made: Element = {
        "resourceType": "ImagingStudy",
        "id": id_of("ImagingStudy", patient["id"], uid),
        "identifier": [uid_identifier(uid)],
        "status": "available",
        "modality": [_modality(one) for one in dict.fromkeys(one.modality for one in series.values())],
        "subject": reference(patient),
        "series": [_series(one, naming) for one in series.values()],
    }
    return made | {"started": day.isoformat()} if day else made


def _series(stack: StackFacts, naming: Naming) -> Element:
    made: Element = {"uid": naming.uid(stack.series_uid), "modality": _modality(stack.modality)}
    if stack.series_number is not None and stack.series_number >= 0:
        made["number"] = stack.series_number
    return made


def _modality(modality: str) -> Element:
    known = known_modality(modality)
    if not known or known == OTHER:
        return {"text": OTHER}
    return {"coding": [{"system": SYSTEMS["DCM"], "code": known}]}


def _device(lesion: Lesion) -> Element:
    """Make the Device of what measured a lesion: program, version and settings (TID 4019)."""
    version, settings = lesion.software_version or "unknown", lesion.settings_hash or "unknown"
    return {
        "resourceType": "Device",
        "id": id_of("Device", version, settings),
        "displayName": PROGRAM,
        "version": [{"value": version}],
        "property": [{"type": {"text": "settings_hash"}, "valueString": settings}],
    }

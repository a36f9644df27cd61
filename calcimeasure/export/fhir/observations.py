"""The BodyStructure and the Observations of a lesion: a measurement group with its members.

As the mapping has them: TID 1410 and 1411 become the group, each NUM an Observation with a Quantity, each CODE one with
a concept; Finding Site with Laterality and the tracking identifiers become a BodyStructure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from calcimeasure.export.dicom.codes import (
    CALCIFICATION,
    DERIVATION,
    GROUP,
    LATERALITY,
    TRACKING_IDENTIFIER,
    TRACKING_UID,
    UNCERTAINTY,
    UNKNOWN,
    region_of,
    side_of,
)
from calcimeasure.export.dicom.header import PROGRAM
from calcimeasure.export.dicom.lesion_groups import described
from calcimeasure.export.dicom.quantities import certainties_of, quantities_of, written_value
from calcimeasure.export.fhir.elements import (
    ABSENT_URL,
    READERS,
    Element,
    concept,
    id_of,
    quantity,
    reference,
    uid_identifier,
    with_uncertainty,
)
from calcimeasure.model import Laterality, Status
from calcimeasure.one_line import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from calcimeasure.export.dicom.codes import Code
    from calcimeasure.export.dicom.quantities import Quantity
    from calcimeasure.export.lesions import LesionRow
    from calcimeasure.export.pseudonym import Naming
    from calcimeasure.model import Lesion

_STUDY_UID: Final[Code] = ("110180", "DCM", "Study Instance UID")
_EVALUATION: Final[Code] = ("C0034375", "UMLS", "Qualitative Evaluations")

_STATUS: Final = {Status.ACCEPTED: "final", Status.PROPOSED: "preliminary"}
"""Status of an Observation: what no reader has accepted is preliminary, as in a structured report."""


@dataclass(frozen=True, slots=True)
class Around:
    """The resources that those of a lesion refer to.

    Parameters
    ----------
    patient, study, device
        Patient, ImagingStudy and Device.
    """

    patient: Element
    study: Element
    device: Element


def resources_of(row: LesionRow, around: Around, naming: Naming) -> Iterator[Element]:
    """Make the resources of a lesion.

    Parameters
    ----------
    row
        The lesion with its stack.
    around
        What its resources refer to.
    naming
        How dates, UIDs and readers are named.

    Yields
    ------
    dict
        Its BodyStructure, then the Observations of its numbers and of its side, and last the group of these.
    """
    structure = _body_structure(row, around, naming)
    yield structure
    common = _common(row, around, naming) | {"bodyStructure": reference(structure)}
    members = [*_measurements(row.lesion, common), _side(row.lesion, common)]
    yield from members
    yield _group(row.lesion, common, members)


def _body_structure(row: LesionRow, around: Around, naming: Naming) -> Element:
    """Make the BodyStructure: where the lesion lies, on which side, and by which UID it is tracked."""
    lesion, uid = row.lesion, naming.uid(row.lesion.tracking_uid) or ""
    place = {"structure": concept(region_of(lesion.site) or UNKNOWN)}
    if lesion.side is not None and lesion.side.laterality is not Laterality.UNKNOWN:
        place["laterality"] = concept(side_of(lesion.side.laterality))
    return {
        "resourceType": "BodyStructure",
        "id": id_of("BodyStructure", uid),
        "identifier": [
            {"type": concept(TRACKING_IDENTIFIER), "value": f"{PROGRAM} {lesion.number}"},
            {"type": concept(TRACKING_UID), **uid_identifier(uid)},
        ],
        "morphology": concept(CALCIFICATION),
        "includedStructure": [place],
        "patient": reference(around.patient),
    }


def _common(row: LesionRow, around: Around, naming: Naming) -> Element:
    """Make what all Observations of a lesion have; their ids begin with the UID of the lesion."""
    lesion, study = row.lesion, around.study
    common: Element = {
        "resourceType": "Observation",
        "id": naming.uid(lesion.tracking_uid) or "",
        "status": _STATUS[lesion.status],
        "subject": reference(around.patient),
        "partOf": [reference(study) | {"identifier": {"type": concept(_STUDY_UID), **study["identifier"][0]}}],
        "device": reference(around.device),
    }
    day = naming.study_date(row.stack)
    if day is not None:
        common["effectiveDateTime"] = day.isoformat()
    common |= _issued(lesion, naming)
    if lesion.status is Status.ACCEPTED and lesion.reader:
        who = {"system": READERS} if naming.dates_shifted else {}
        name = one_line(naming.reader(lesion.reader))
        common["performer"] = [{"type": "Practitioner", "identifier": who | {"value": name}}]
    return common


def _issued(lesion: Lesion, naming: Naming) -> Element:
    """Say when a lesion was reviewed; without real times, or without a review, say why that is not said."""
    if not naming.dates_shifted and lesion.reviewed_at is not None:
        return {"issued": lesion.reviewed_at.isoformat(timespec="seconds")}
    why = "masked" if lesion.reviewed_at is not None else "unknown"
    return {"_issued": {"extension": [{"url": ABSENT_URL, "valueCode": why}]}}


def _measurements(lesion: Lesion, common: Element) -> Iterator[Element]:
    for one in quantities_of(lesion):
        value, unit = written_value(lesion, one.name)
        if value is not None:
            yield common | {"id": id_of("Observation", common["id"], one.name)} | _measured(lesion, one, value, unit)
    for name, (code, value) in certainties_of(lesion).items():
        yield common | {
            "id": id_of("Observation", common["id"], name),
            "code": concept(code),
            "valueQuantity": quantity(value, ""),
        }


def _measured(lesion: Lesion, one: Quantity, value: str, unit: str) -> Element:
    """Make the code and the value of a number, with its statistic and the half-width of its 95 % interval."""
    is_least = lesion.measurements.truncated and one.derivation is None  # of a size, not of an attenuation
    made = quantity(value, unit, is_least=is_least)
    components: list[Element] = []
    if one.derivation is not None:
        components.append({"code": concept(DERIVATION), "valueCodeableConcept": concept(one.derivation)})
    half_width = written_value(lesion, one.uncertainty)[0] if one.uncertainty else None
    if half_width is not None:
        made = with_uncertainty(made, half_width)
        components.append({"code": concept(UNCERTAINTY), "valueQuantity": quantity(half_width, unit)})
    told: Element = {"code": concept(one.concept), "valueQuantity": made}
    return told | {"component": components} if components else told


def _side(lesion: Lesion, common: Element) -> Element:
    """Say the side, also where it is the midline or not known."""
    laterality = lesion.side.laterality if lesion.side else Laterality.UNKNOWN
    return common | {
        "id": id_of("Observation", common["id"], "laterality"),
        "category": [concept(_EVALUATION)],
        "code": concept(LATERALITY),
        "valueCodeableConcept": concept(side_of(laterality)),
    }


def _group(lesion: Lesion, common: Element, members: list[Element]) -> Element:
    return common | {
        "id": id_of("Observation", common["id"], "group"),
        "category": [concept(GROUP)],
        "code": concept(GROUP),
        "valueCodeableConcept": concept(CALCIFICATION),
        "note": [{"text": described(lesion)}],
        "hasMember": [reference(one) for one in members],
    }

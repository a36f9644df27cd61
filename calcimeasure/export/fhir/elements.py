"""Data types of FHIR R5: coded concepts, quantities with their uncertainty, identifiers, references."""

from __future__ import annotations

import hashlib
import uuid
from typing import TYPE_CHECKING, Any, Final

from calcimeasure.export.dicom.codes import SCHEME, Code
from calcimeasure.export.dicom.quantities import UNITS
from calcimeasure.uid import made_uid

if TYPE_CHECKING:
    from collections.abc import Mapping

Element = dict[str, Any]
"""An element of a resource, as JSON has it."""

_NORMAL_95: Final = 1.959964
"""Half-width of the interval that holds 95 % of a normal distribution, in standard deviations."""

_UNCERTAINTY_URL: Final = "http://hl7.org/fhir/StructureDefinition/iso21090-uncertainty"
_DISTRIBUTION_URL: Final = "http://hl7.org/fhir/StructureDefinition/iso21090-uncertaintyType"
ABSENT_URL: Final = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"

UCUM: Final = "http://unitsofmeasure.org"
DICOM_UIDS: Final = "urn:dicom:uid"


def _own(name: str) -> str:
    """Make the URI of a system of this program: the OID of a UUID (PS3.5 B.2), always the same."""
    return f"urn:oid:{made_uid(hashlib.sha256(f'calcimeasure {name}'.encode()).digest())}"


PATIENTS: Final = _own("pseudonyms of patients")
READERS: Final = _own("pseudonyms of readers")

SYSTEMS: Final[Mapping[str, str]] = {
    "SCT": "http://snomed.info/sct",
    "DCM": "http://dicom.nema.org/resources/ontology/DCM",
    "UCUM": UCUM,
    "UMLS": "http://terminology.hl7.org/CodeSystem/umls",
    "IBSI": "urn:oid:1.2.840.10008.2.16.13",
    SCHEME: _own("codes"),
}
"""URI of each coding scheme (FHIR R5, Using Codes; PS3.6 Table A-1 for IBSI)."""


def concept(code: Code) -> Element:
    """Make a CodeableConcept of a code of DICOM."""
    value, scheme, meaning = code
    return {"coding": [{"system": SYSTEMS[scheme], "code": value, "display": meaning}]}


def quantity(value: str, unit: str, *, is_least: bool = False) -> Element:
    """Make a Quantity.

    Parameters
    ----------
    value
        As lesions.csv has it.
    unit
        UCUM; a key of `calcimeasure.export.dicom.quantities.UNITS`.
    is_least
        Whether the true value is larger.
    """
    code, _, meaning = UNITS[unit]
    made: Element = {"value": float(value), "unit": meaning, "system": UCUM, "code": code}
    return made | {"comparator": ">="} if is_least else made


def with_uncertainty(value: Element, half_width: str) -> Element:
    """Add the uncertainty of a Quantity: ISO 21090 has the standard deviation, so 95 % half-width / 1.96."""
    deviation = float(f"{float(half_width) / _NORMAL_95:.4g}")
    return value | {
        "extension": [
            {"url": _UNCERTAINTY_URL, "valueDecimal": deviation},
            {"url": _DISTRIBUTION_URL, "valueCode": "N"},
        ]
    }


def uid_identifier(uid: str) -> Element:
    """Make the Identifier of a UID of DICOM."""
    return {"system": DICOM_UIDS, "value": f"urn:oid:{uid}"}


def id_of(kind: str, *names: str) -> str:
    """Make the id of a resource, from what identifies it in the tables: the same in every export with the same key."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, "/".join((kind, *names))))


def reference(resource: Element) -> Element:
    """Refer to a resource of the same Bundle."""
    return {"reference": f"urn:uuid:{resource['id']}", "type": resource["resourceType"]}


def entry(resource: Element) -> Element:
    """Make the entry of a resource in a Bundle."""
    return {"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource}

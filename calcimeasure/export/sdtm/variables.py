"""The variables of the datasets: names, labels, types, roles, codelists of SDTMIG 3.4, and where values come from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NUMBER: Final = re.compile(r"-?\d+(\.\d+)?")
"""A value of the type Num."""


class Origin(StrEnum):
    """Where a value comes from (Define-XML 2.1, Origin Type)."""

    ASSIGNED = "Assigned"
    DERIVED = "Derived"
    COLLECTED = "Collected"


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a dataset.

    Parameters
    ----------
    name, label, role
        As SDTMIG 3.4 has them.
    core
        Req (always with a value), Exp (always there, can be empty) or Perm.
    origin
        Where its values come from.
    meaning
        What this program writes.
    codelist
        NCI code of the codelist of controlled terms; empty: none.
    is_number
        Whether its type is Num, not Char.
    """

    name: str
    label: str
    role: str
    core: str
    origin: Origin
    meaning: str
    codelist: str = ""
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset.

    Parameters
    ----------
    name, label
        Its name (TU) and what it holds.
    variables
        Its columns, in order.
    rows
        For each record the values by the names of the variables; what is missing is empty.
    """

    name: str
    label: str
    variables: Sequence[Variable]
    rows: Sequence[Mapping[str, str]]


def _identifiers(domain: str) -> tuple[Variable, ...]:
    return (
        Variable("STUDYID", "Study Identifier", "Identifier", "Req", Origin.ASSIGNED, "--study-id"),
        Variable("DOMAIN", "Domain Abbreviation", "Identifier", "Req", Origin.ASSIGNED, domain),
        Variable(
            "USUBJID",
            "Unique Subject Identifier",
            "Identifier",
            "Req",
            Origin.ASSIGNED,
            "patient_key of lesions.csv; STUDY- and the UID of the study where the header names no patient",
        ),
        Variable(
            f"{domain}SEQ",
            "Sequence Number",
            "Identifier",
            "Req",
            Origin.ASSIGNED,
            "from 1 for each subject",
            is_number=True,
        ),
        Variable(
            f"{domain}REFID",
            "Reference ID",
            "Identifier",
            "Perm",
            Origin.ASSIGNED,
            "series_uid of lesions.csv (empty for a sum)",
        ),
        Variable(
            f"{domain}LNKID",
            "Link ID",
            "Identifier",
            "Exp",
            Origin.ASSIGNED,
            "tracking_uid of lesions.csv, that of the first date for a mass that was followed (empty for a sum)",
        ),
    )


def _methods(domain: str, method: str, evaluator: str) -> tuple[Variable, ...]:
    return (
        Variable(
            f"{domain}METHOD",
            method,
            "Record Qualifier",
            "Exp",
            Origin.DERIVED,
            "CT SCAN or X-RAY, from the modality",
            "C85492",
        ),
        Variable(
            f"{domain}LOBXFL",
            "Last Observation Before Exposure Flag",
            "Record Qualifier",
            "Exp",
            Origin.DERIVED,
            "empty: exposure is not known here",
            "C66742",
        ),
        Variable(
            f"{domain}EVAL",
            "Evaluator",
            "Record Qualifier",
            "Exp",
            Origin.ASSIGNED,
            evaluator,
            "C78735",
        ),
        Variable(
            "VISITNUM",
            "Visit Number",
            "Timing",
            "Exp",
            Origin.ASSIGNED,
            "empty: visits are those of the protocol",
            is_number=True,
        ),
    )


TU: Final = (
    *_identifiers("TU"),
    Variable("TUTESTCD", "Tumor/Lesion ID Short Name", "Topic", "Req", Origin.ASSIGNED, "LESIDENT", "C96784"),
    Variable(
        "TUTEST",
        "Tumor/Lesion ID Test Name",
        "Synonym Qualifier",
        "Req",
        Origin.ASSIGNED,
        "Lesion Identification",
        "C96783",
    ),
    Variable("TUORRES", "Tumor/Lesion ID Result", "Result Qualifier", "Exp", Origin.ASSIGNED, "MEASURED"),
    Variable(
        "TUSTRESC",
        "Tumor/Lesion ID Result Std. Format",
        "Result Qualifier",
        "Exp",
        Origin.ASSIGNED,
        "MEASURED",
        "C123650",
    ),
    Variable(
        "TULOC",
        "Location of the Tumor/Lesion",
        "Record Qualifier",
        "Exp",
        Origin.DERIVED,
        "the site; empty where it is unknown",
        "C74456",
    ),
    Variable(
        "TULAT",
        "Laterality",
        "Variable Qualifier",
        "Perm",
        Origin.DERIVED,
        "RIGHT or LEFT; empty for the midline and an unknown side (TUSIDE in SUPPTU)",
        "C99073",
    ),
    *_methods("TU", "Method of Identification", "READER where a reader has accepted the lesion, else empty"),
    Variable(
        "TUDTC",
        "Date/Time of Tumor/Lesion Identification",
        "Timing",
        "Exp",
        Origin.COLLECTED,
        "study_date of lesions.csv: shifted unless --identified",
    ),
)
"""A record for each mass of a study."""

TR: Final = (
    *_identifiers("TR"),
    Variable("TRTESTCD", "Tumor/Lesion Assessment Short Name", "Topic", "Req", Origin.ASSIGNED, "see Tests", "C96779"),
    Variable(
        "TRTEST",
        "Tumor/Lesion Assessment Test Name",
        "Synonym Qualifier",
        "Req",
        Origin.ASSIGNED,
        "see Tests",
        "C96778",
    ),
    Variable(
        "TRORRES",
        "Result or Finding in Original Units",
        "Result Qualifier",
        "Exp",
        Origin.DERIVED,
        "the value of lesions.csv",
    ),
    Variable("TRORRESU", "Original Units", "Variable Qualifier", "Exp", Origin.ASSIGNED, "see Tests", "C71620"),
    Variable(
        "TRSTRESC",
        "Character Result/Finding in Std Format",
        "Result Qualifier",
        "Exp",
        Origin.DERIVED,
        "as TRORRES",
    ),
    Variable(
        "TRSTRESN",
        "Numeric Result/Finding in Standard Units",
        "Result Qualifier",
        "Exp",
        Origin.DERIVED,
        "as TRORRES",
        is_number=True,
    ),
    Variable("TRSTRESU", "Standard Units", "Variable Qualifier", "Exp", Origin.ASSIGNED, "as TRORRESU", "C71620"),
    *_methods(
        "TR",
        "Method Used to Identify the Tumor/Lesion",
        "empty: the program computes every result, no person judges it",
    ),
    Variable(
        "TRDTC",
        "Date/Time of Tumor/Lesion Measurement",
        "Timing",
        "Exp",
        Origin.COLLECTED,
        "study_date of lesions.csv: shifted unless --identified",
    ),
)
"""A record for each number of a mass, and for the sum of a study."""

SUPP: Final = (
    Variable("STUDYID", "Study Identifier", "Identifier", "Req", Origin.ASSIGNED, "as in the domain"),
    Variable("RDOMAIN", "Related Domain Abbreviation", "Identifier", "Req", Origin.ASSIGNED, "TU or TR"),
    Variable("USUBJID", "Unique Subject Identifier", "Identifier", "Req", Origin.ASSIGNED, "as in the domain"),
    Variable("IDVAR", "Identifying Variable", "Identifier", "Exp", Origin.ASSIGNED, "TUSEQ or TRSEQ"),
    Variable("IDVARVAL", "Identifying Variable Value", "Identifier", "Exp", Origin.ASSIGNED, "its value"),
    Variable("QNAM", "Qualifier Variable Name", "Topic", "Req", Origin.ASSIGNED, "see Qualifiers"),
    Variable("QLABEL", "Qualifier Variable Label", "Synonym Qualifier", "Req", Origin.ASSIGNED, "see Qualifiers"),
    Variable("QVAL", "Data Value", "Result Qualifier", "Req", Origin.DERIVED, "see Qualifiers"),
    Variable("QORIG", "Origin", "Record Qualifier", "Req", Origin.ASSIGNED, "Assigned or Derived"),
    Variable(
        "QEVAL", "Evaluator", "Record Qualifier", "Exp", Origin.ASSIGNED, "READER for what a reader decided", "C78735"
    ),
)
"""Supplemental qualifiers: what the domains have no variable for."""

RELREC: Final = (
    Variable("STUDYID", "Study Identifier", "Identifier", "Req", Origin.ASSIGNED, "as in the domains"),
    Variable("RDOMAIN", "Related Domain Abbreviation", "Identifier", "Req", Origin.ASSIGNED, "TU, TR"),
    Variable("USUBJID", "Unique Subject Identifier", "Identifier", "Exp", Origin.ASSIGNED, "empty: whole datasets"),
    Variable("IDVAR", "Identifying Variable", "Identifier", "Req", Origin.ASSIGNED, "TULNKID, TRLNKID"),
    Variable("IDVARVAL", "Identifying Variable Value", "Identifier", "Exp", Origin.ASSIGNED, "empty: whole datasets"),
    Variable("RELTYPE", "Relationship Type", "Record Qualifier", "Exp", Origin.ASSIGNED, "ONE, MANY", "C78737"),
    Variable("RELID", "Relationship Identifier", "Record Qualifier", "Req", Origin.ASSIGNED, "TUTR"),
)
"""One mass of TU has many results in TR."""

"""The datasets of some studies: a mass is one record of TU, each of its numbers one of TR."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from calcimeasure.export.dicom.quantities import written_value
from calcimeasure.export.lesions import lesion_rows
from calcimeasure.export.pseudonym import subject_of
from calcimeasure.export.sdtm.terms import (
    QUALIFIERS,
    SUM,
    location_of,
    method_of,
    side_of,
    tests_of,
)
from calcimeasure.export.sdtm.variables import RELREC, SUPP, TR, TU, Dataset, Origin
from calcimeasure.model import ImageKind, Laterality, Status
from calcimeasure.one_line import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from calcimeasure.export.lesions import LesionRow
    from calcimeasure.export.pseudonym import Naming
    from calcimeasure.export.sdtm.terms import Assessment
    from calcimeasure.model import Lesion, StackFacts, Study

Record = dict[str, str]

DEFAULT_STUDY_ID: Final = "CALCIMEASURE"
"""STUDYID where nobody has named the trial."""


def datasets_of(studies: Iterable[Study], naming: Naming, status: Status, study_id: str) -> tuple[Dataset, ...]:
    """Make TU, TR, their supplemental qualifiers, and what relates both.

    Parameters
    ----------
    studies
        With their links (`calcimeasure.study.linked_studies`).
    naming
        How patients, dates, UIDs and readers are named.
    status
        Only masses with this status. A mass that lies in several series of a study is one record, from its primary
        series (SDTMIG 3.4, TU assumption 1).
    study_id
        STUDYID.

    Returns
    -------
    tuple of Dataset
        TU, TR, SUPPTU, SUPPTR, RELREC. Without a mass none of them has a record.
    """
    records = _Records(naming, study_id)
    for study in studies:
        records.add(_each_once(study, status))
    return (
        Dataset("TU", "Tumor/Lesion Identification", TU, records.identified),
        Dataset("TR", "Tumor/Lesion Results", TR, records.results),
        Dataset("SUPPTU", "Supplemental Qualifiers for TU", SUPP, records.of_identified),
        Dataset("SUPPTR", "Supplemental Qualifiers for TR", SUPP, records.of_results),
        Dataset("RELREC", "Related Records", RELREC, _relation(study_id) if records.identified else ()),
    )


def _each_once(study: Study, status: Status) -> list[LesionRow]:
    """Give the masses of a study with a status, each once: in its primary series, else in the first that has it."""
    chosen: dict[object, LesionRow] = {}
    for outcome in study.outcomes:
        for row in lesion_rows(study, outcome, (status,)):
            key = row.links.study_lesion_number if row.links else row.lesion.tracking_uid
            if key not in chosen or (row.links and row.links.primary):
                chosen[key] = row
    return list(chosen.values())


@dataclass(slots=True)
class _Records:
    """The records as they are made, with the last sequence number of each subject."""

    naming: Naming
    study_id: str
    identified: list[Record] = field(default_factory=list)
    results: list[Record] = field(default_factory=list)
    of_identified: list[Record] = field(default_factory=list)
    of_results: list[Record] = field(default_factory=list)
    last: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, masses: list[LesionRow]) -> None:
        """Add the masses of a study."""
        for row in masses:
            record = self._record("TU", row.stack, row.lesion)
            self.identified.append(record | _identification(row.lesion))
            self._qualify(self.of_identified, record, "TU", self._told(row))
            self._add_results(row)
        self._add_sum(masses)

    def _add_results(self, row: LesionRow) -> None:
        for test in tests_of(row.lesion):
            value, _ = written_value(row.lesion, test.number)
            if value is not None:
                record = self._record("TR", row.stack, row.lesion)
                self.results.append(record | _result(test, value))
                self._qualify(self.of_results, record, "TR", _told_of_result(row.lesion, test))

    def _add_sum(self, masses: list[LesionRow]) -> None:
        """Add the sum of the long axes of a study, where CT shows all of its masses: a radiograph magnifies."""
        axes_mm = [row.lesion.measurements.long_axis_mm for row in masses]
        on_ct = all(row.lesion.measurements.kind is ImageKind.CT_STACK for row in masses)
        known = [axis_mm for axis_mm in axes_mm if axis_mm is not None]
        if not known or not on_ct or len(known) < len(masses):
            return
        record = self._record("TR", masses[0].stack, None) | {"TRMETHOD": method_of(masses[0].lesion)}
        self.results.append(record | _result(SUM, f"{sum(known):.2f}"))
        if any(row.lesion.measurements.truncated for row in masses):
            self._qualify(self.of_results, record, "TR", {"TRLOWER": "Y"})

    def _record(self, domain: str, stack: StackFacts, lesion: Lesion | None) -> Record:
        """Begin a record: its identifiers, method and date. A sum belongs to no lesion and no series."""
        subject = subject_of(self.naming, stack)
        self.last[domain, subject] += 1
        day = self.naming.study_date(stack)
        record = {
            "STUDYID": self.study_id,
            "DOMAIN": domain,
            "USUBJID": subject,
            f"{domain}SEQ": str(self.last[domain, subject]),
            f"{domain}DTC": day.isoformat() if day else "",
        }
        if lesion is not None:
            record |= {
                f"{domain}REFID": self.naming.uid(stack.series_uid) or "",
                f"{domain}LNKID": self.naming.uid(lesion.tracking_uid) or "",
                f"{domain}METHOD": method_of(lesion),
            }
        return record

    def _qualify(self, to: list[Record], record: Record, domain: str, told: Mapping[str, str]) -> None:
        """Add the supplemental qualifiers of a record that have a value."""
        for name, value in told.items():
            if value:
                is_decision = name in ("TUREVIEW", "TUREADER")
                to.append(
                    {
                        "STUDYID": self.study_id,
                        "RDOMAIN": domain,
                        "USUBJID": record["USUBJID"],
                        "IDVAR": f"{domain}SEQ",
                        "IDVARVAL": record[f"{domain}SEQ"],
                        "QNAM": name,
                        "QLABEL": QUALIFIERS[name][0],
                        "QVAL": value,
                        "QORIG": Origin.ASSIGNED if is_decision else Origin.DERIVED,
                        "QEVAL": "READER" if is_decision and value != "PROPOSED" else "",
                    }
                )

    def _told(self, row: LesionRow) -> dict[str, str]:
        """Tell of a mass what TU has no variable for."""
        lesion, numbers = row.lesion, row.lesion.measurements
        pair = row.links.pair_number if row.links else None
        return {
            **_told_of_place(lesion),
            "TUMORPH": (numbers.morphology or "").upper(),
            "TUPARTS": written_value(lesion, "parts")[0] or "",
            "TUPAIR": "" if pair is None else str(pair),
            "TUIMGSTD": self.naming.uid(row.stack.study_uid) or "",
            "TUDTSHFT": "Y" if self.naming.dates_shifted else "",
            "TUREVIEW": lesion.status.upper(),
            "TUREADER": one_line(self.naming.reader(lesion.reader)) if lesion.reader else "",
            "TUALGTYP": lesion.algorithm_type.upper(),
            "TUSWVER": lesion.software_version,
            "TUSETHSH": lesion.settings_hash,
        }


def _told_of_place(lesion: Lesion) -> dict[str, str]:
    side, site = lesion.side, lesion.site
    told = {"TUSIDE": (side.laterality if side else Laterality.UNKNOWN).upper()}
    if side is not None:
        told |= {
            "TUSIDSRC": side.source.upper(),
            "TUSIDCNF": "" if side.confidence is None else f"{side.confidence:.2f}",
            "TUSIDCFL": "Y" if side.conflict else "",
        }
    if site is not None:
        told |= {"TULOCDTL": (site.detail or "").upper(), "TULOCSRC": site.source.upper()}
    return told


def _told_of_result(lesion: Lesion, test: Assessment) -> dict[str, str]:
    numbers = lesion.measurements
    is_length_on_film = numbers.kind is ImageKind.RADIOGRAPH and test.unit in ("mm", "mm2")
    return {
        "TRU95": (written_value(lesion, test.half_width)[0] or "") if test.half_width else "",
        "TRLOWER": "Y" if numbers.truncated and test.grows_with_the_mass else "",
        "TRMMSRC": numbers.spacing_source.upper() if is_length_on_film else "",
    }


def _identification(lesion: Lesion) -> Record:
    return {
        "TUTESTCD": "LESIDENT",
        "TUTEST": "Lesion Identification",
        "TUORRES": "MEASURED",
        "TUSTRESC": "MEASURED",
        "TULOC": location_of(lesion.site),
        "TULAT": side_of(lesion),
        "TUEVAL": "READER" if lesion.status is Status.ACCEPTED else "",
    }


def _result(test: Assessment, value: str) -> Record:
    return {
        "TRTESTCD": test.code,
        "TRTEST": test.name,
        "TRORRES": value,
        "TRORRESU": test.unit,
        "TRSTRESC": value,
        "TRSTRESN": value,
        "TRSTRESU": test.unit,
    }


def _relation(study_id: str) -> tuple[Record, ...]:
    """Say that each mass of TU has many results in TR (RELREC of whole datasets, SDTMIG 3.4 section 8.3)."""
    return tuple(
        {"STUDYID": study_id, "RDOMAIN": domain, "IDVAR": f"{domain}LNKID", "RELTYPE": kind, "RELID": "TUTR"}
        for domain, kind in (("TU", "ONE"), ("TR", "MANY"))
    )

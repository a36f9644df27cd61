"""The datasets of some studies: a mass is one record of TU, each of its numbers one of TR."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from types import MappingProxyType
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
from calcimeasure.model import Laterality, Status
from calcimeasure.one_line import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from calcimeasure.export.lesions import LesionRow
    from calcimeasure.export.pseudonym import Naming
    from calcimeasure.export.sdtm.terms import Assessment
    from calcimeasure.model import Lesion, StackFacts, Study

Record = dict[str, str]

_NO_TRACKS: Final[Mapping[str, str]] = MappingProxyType({})

DEFAULT_STUDY_ID: Final = "CALCIMEASURE"
"""STUDYID where nobody has named the trial."""


def datasets_of(
    studies: Iterable[Study], naming: Naming, status: Status, study_id: str, tracks: Mapping[str, str] = _NO_TRACKS
) -> tuple[Dataset, ...]:
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
    tracks
        For the Tracking UID of each lesion that was followed from date to date, that of the same mass on its first
        date. Such a mass is identified once, on the first date that leaves, and has results on each date.

    Returns
    -------
    tuple of Dataset
        TU, TR, SUPPTU, SUPPTR, RELREC. Without a mass none of them has a record.
    """
    records = _Records(naming, study_id)
    for study in studies:
        records.add([_Mass(row, _track(study, row, tracks)) for row in _each_once(study, status)])
    identified, of_identified = _numbered("TU", records.identified.values())
    results, of_results = _numbered("TR", records.results)
    return (
        Dataset("TU", "Tumor/Lesion Identification", TU, identified),
        Dataset("TR", "Tumor/Lesion Results", TR, results),
        Dataset("SUPPTU", "Supplemental Qualifiers for TU", SUPP, of_identified),
        Dataset("SUPPTR", "Supplemental Qualifiers for TR", SUPP, of_results),
        Dataset("RELREC", "Related Records", RELREC, _relation(study_id) if identified else ()),
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


def _track(study: Study, row: LesionRow, tracks: Mapping[str, str]) -> str:
    """Give the Tracking UID by which a mass is known on all dates; another of its series may have been followed."""
    uids = [row.lesion.tracking_uid]
    if row.links is not None:
        for outcome in study.outcomes:
            for lesion in outcome.lesions:
                links = study.links_of(outcome.stack, lesion) if outcome.stack else None
                if links is not None and links.study_lesion_number == row.links.study_lesion_number:
                    uids.append(lesion.tracking_uid)
    return next((tracks[uid] for uid in uids if uid in tracks), uids[0])


@dataclass(frozen=True, slots=True)
class _Mass:
    """A mass of a study, and the Tracking UID by which it is known on all dates."""

    row: LesionRow
    track: str


@dataclass(frozen=True, slots=True)
class _Told:
    """A record without its sequence number, and its supplemental qualifiers."""

    record: Record
    qualifiers: Mapping[str, str]


@dataclass(slots=True)
class _Records:
    """The records as they are made: of each mass of a subject the identification of its first date, and each result."""

    naming: Naming
    study_id: str
    identified: dict[tuple[str, str], _Told] = field(default_factory=dict)
    results: list[_Told] = field(default_factory=list)

    def add(self, masses: list[_Mass]) -> None:
        """Add the masses of a study."""
        for mass in masses:
            record = self._record("TU", mass.row.stack, mass) | _identification(mass.row.lesion)
            key = record["USUBJID"], record["TULNKID"]
            before = self.identified.get(key)
            if before is None or record["TUDTC"] < before.record["TUDTC"]:
                self.identified[key] = _Told(record, self._told(mass.row))
            self._add_results(mass)
        self._add_sum(masses)

    def _add_results(self, mass: _Mass) -> None:
        lesion = mass.row.lesion
        for test in tests_of(lesion):
            value, _ = written_value(lesion, test.number)
            if value is not None:
                record = self._record("TR", mass.row.stack, mass) | _result(test, value)
                self.results.append(_Told(record, _told_of_result(lesion, test)))

    def _add_sum(self, masses: list[_Mass]) -> None:
        """Add the sum of the long axes of a study, where CT shows all of its masses: a radiograph magnifies."""
        numbers = [mass.row.lesion.measurements for mass in masses]
        on_ct = all(one.place_lps_mm is not None for one in numbers)
        known = [one.long_axis_mm for one in numbers if one.long_axis_mm is not None]
        if not known or not on_ct or len(known) < len(masses):
            return
        first = masses[0].row
        record = self._record("TR", first.stack, None) | {"TRMETHOD": method_of(first.lesion)}
        bound = {"TRLOWER": "Y"} if any(one.truncated for one in numbers) else {}
        self.results.append(_Told(record | _result(SUM, f"{sum(known):.2f}"), bound))

    def _record(self, domain: str, stack: StackFacts, mass: _Mass | None) -> Record:
        """Begin a record: its identifiers, method and date. A sum belongs to no mass and no series."""
        day = self.naming.study_date(stack)
        record = {
            "STUDYID": self.study_id,
            "DOMAIN": domain,
            "USUBJID": subject_of(self.naming, stack),
            f"{domain}DTC": day.isoformat() if day else "",
        }
        if mass is not None:
            record |= {
                f"{domain}REFID": self.naming.uid(stack.series_uid) or "",
                f"{domain}LNKID": self.naming.uid(mass.track) or "",
                f"{domain}METHOD": method_of(mass.row.lesion),
            }
        return record

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


def _numbered(domain: str, told: Iterable[_Told]) -> tuple[list[Record], list[Record]]:
    """Give each record its number among those of its subject, and make the records of its qualifiers."""
    last: Counter[str] = Counter()
    records: list[Record] = []
    qualifiers: list[Record] = []
    for one in told:
        subject = one.record["USUBJID"]
        last[subject] += 1
        records.append(one.record | {f"{domain}SEQ": str(last[subject])})
        qualifiers.extend(
            _qualifier(records[-1], domain, name, value) for name, value in one.qualifiers.items() if value
        )
    return records, qualifiers


def _qualifier(record: Record, domain: str, name: str, value: str) -> Record:
    is_decision = name in ("TUREVIEW", "TUREADER")
    return {
        "STUDYID": record["STUDYID"],
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
    is_length_on_film = numbers.place_lps_mm is None and test.unit in ("mm", "mm2")
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

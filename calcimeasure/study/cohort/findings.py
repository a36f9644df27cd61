"""What the studies of a patient show together: whether any mass is large, where, and on which sides."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from calcimeasure.model import BodySite, Laterality, State, Status
from calcimeasure.model.cohort import NOT_IMAGED, CohortMass, Findings, Member, Patient, Place, Unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from calcimeasure.model import Lesion, Study

_WEAKEST_FIRST = (Unknown.UNDECIDED, Unknown.TRUNCATED, Unknown.NO_MILLIMETERS)


@dataclass(frozen=True, slots=True)
class Seen:
    """What one study shows: the states of its stacks, its masses, and lesions that a reader must judge to be one."""

    states: frozenset[State]
    masses: tuple[CohortMass, ...]
    undecided: tuple[CohortMass, ...] = ()

    @classmethod
    def of(cls, study: Study) -> Self:
        """Take what counts for a cohort, without outlines."""
        undecided = [
            _undecided(_mass(lesion, accepted=False))
            for outcome in study.outcomes
            for lesion in outcome.lesions
            if lesion.may_be_mass and not lesion.is_mass
        ]
        return cls(frozenset(one.state for one in study.outcomes), tuple(_masses_of(study)), tuple(undecided))


def _masses_of(study: Study) -> list[CohortMass]:
    """Give the masses of a study, each once; a mass is accepted if a reader accepted it in any series."""
    accepted: dict[int, bool] = defaultdict(bool)
    primary: dict[int, Lesion] = {}
    for outcome in study.outcomes:
        for lesion in outcome.masses:
            links = study.links_of(outcome.stack, lesion) if outcome.stack else None
            if links is not None:
                accepted[links.study_lesion_number] |= lesion.status is Status.ACCEPTED
                if links.primary:
                    primary[links.study_lesion_number] = lesion
    return [_mass(lesion, accepted[number]) for number, lesion in primary.items()]


def _mass(lesion: Lesion, accepted: bool) -> CohortMass:
    numbers = lesion.measurements
    place = Place(
        lesion.site.body_site if lesion.site else BodySite.UNKNOWN,
        lesion.side.laterality if lesion.side else Laterality.UNKNOWN,
    )
    large, unknown = numbers.large, None
    if large is None:
        unknown = Unknown.NO_MILLIMETERS
    elif not large and numbers.truncated:
        # Its size is a lower bound: what was not imaged may make it a large one.
        large, unknown = None, Unknown.TRUNCATED
    return CohortMass(place, numbers.largest_mm, large, unknown, accepted)


def findings_of(studies: Sequence[Seen], *, accepted_alone: bool = False) -> Findings:
    """Put together what all studies of a patient show.

    Parameters
    ----------
    studies
        All studies of one patient.
    accepted_alone
        Whether only a mass counts that a reader accepted. A mass that waits for a decision then makes unknown what it
        could change.
    """
    states = {state for one in studies for state in one.states}
    masses = [mass for one in studies for mass in one.masses]
    undecided = [lesion for one in studies for lesion in one.undecided]
    if not states:
        return NOT_IMAGED
    if State.MEASURED not in states:
        why = Unknown.FAILED if State.FAILED in states else Unknown.SKIPPED
        return Findings(None, why, unmeasured=why)
    if accepted_alone:
        masses = [one if one.accepted else _undecided(one) for one in masses]
    large = [one for one in masses if one.large]
    maybe = [one for one in (*masses, *undecided) if one.large is None]
    reasons = {one.unknown for one in maybe}
    unknown = None if large else next((one for one in _WEAKEST_FIRST if one in reasons), None)
    return Findings(
        True if large else None if unknown else False,
        unknown,
        tuple(masses),
        tuple(one.place for one in large),
        tuple(one.place for one in maybe),
        _has_any(masses, undecided, accepted_alone=accepted_alone),
        max((one.size_mm for one in large if one.size_mm is not None), default=None),
        has_failed_stack=State.FAILED in states,
    )


def _has_any(masses: Sequence[CohortMass], undecided: Sequence[CohortMass], *, accepted_alone: bool) -> bool | None:
    """Tell whether there is a mass of any size; None if that depends on a reader."""
    if any(one.accepted or not accepted_alone for one in masses):
        return True
    return None if masses or undecided else False


def _undecided(lesion: CohortMass) -> CohortMass:
    """Take no lesion for a large mass that waits for a reader; one that is not large is none, whatever it is."""
    if lesion.large is False:
        return lesion
    return CohortMass(lesion.place, lesion.size_mm, None, lesion.unknown or Unknown.UNDECIDED)


def with_reported(patient: Patient, findings: Findings, large_diameter_mm: float) -> Findings:
    """Take what the clinical row says of the masses of a patient of whom nothing was measured.

    Parameters
    ----------
    patient, findings
        The row, and what the images show.
    large_diameter_mm
        From which size on a mass is large.
    """
    size_mm = patient.numbers.get("reported_largest_mm")
    if findings.unmeasured is None or size_mm is None:
        return findings
    is_large = size_mm >= large_diameter_mm
    places = patient.reported or (Place(),)
    return Findings(
        is_large,
        None,
        places=places if is_large else (),
        any_mass=size_mm > 0,
        largest_mm=size_mm if is_large else None,
        unmeasured=findings.unmeasured,
        reported=True,
    )


def has_site(member: Member, body_site: BodySite) -> bool | None:
    """Tell whether a large mass lies at a site; None if that depends on a site or size that is not known."""
    if body_site in _sites(member.findings.places):
        return True
    return None if {body_site, BodySite.UNKNOWN} & _sites(_possible(member)) else False


def has_several_sites(member: Member) -> bool | None:
    """Tell whether large masses lie at two sites or more; None if that depends on a site or size that is not known."""
    if len(_sites(member.findings.places) - {BodySite.UNKNOWN}) > 1:
        return True
    possible = _sites(_possible(member))
    return None if BodySite.UNKNOWN in possible or len(possible) > 1 else False


def is_symmetric(member: Member) -> bool | None:
    """Tell whether a site has large masses on both sides; None if that depends on what is not known of a mass."""
    if _has_both_sides(member.findings.places):
        return True
    possible = _possible(member)
    is_unknown = any(one.body_site is BodySite.UNKNOWN or one.laterality is Laterality.UNKNOWN for one in possible)
    return None if is_unknown or _has_both_sides(possible) else False


def _has_both_sides(places: Sequence[Place]) -> bool:
    sides: dict[BodySite, set[Laterality]] = defaultdict(set)
    for one in places:
        sides[one.body_site].add(one.laterality)
    sides.pop(BodySite.UNKNOWN, None)
    return any({Laterality.LEFT, Laterality.RIGHT} <= found for found in sides.values())


def _possible(member: Member) -> tuple[Place, ...]:
    """Give the places of the large masses, and of what may be one."""
    return (*member.findings.places, *member.findings.maybe)


def _sites(places: Sequence[Place]) -> set[BodySite]:
    return {one.body_site for one in places}


def sizes_of(members: Sequence[Member]) -> list[tuple[float, bool]]:
    """Give the largest mass of each case in mm, smallest first, and whether it is reported and not measured."""
    known = [(one.findings.largest_mm, one.findings.reported) for one in members if one.is_case]
    return sorted((size_mm, reported) for size_mm, reported in known if size_mm is not None)

"""The rows of changes.csv and responses.csv from the masses of a patient."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from calcimeasure.export.changes import ChangeRow, ResponseRow
from calcimeasure.model import BodySite, Laterality
from calcimeasure.model.follow import Change, ChangeSource, LinkSource, LinkState, Sizes, Verdict
from calcimeasure.study.follow.response import (
    MassChange,
    by_diameters,
    by_interval,
    by_percent,
    targets,
    total,
)
from calcimeasure.study.follow.verdict import (
    Judged,
    doubling_days,
    judge,
    per_year,
    percent,
    volumes_u95_ml,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from calcimeasure.export.pseudonym import Naming
    from calcimeasure.model import Lesion, StackFacts
    from calcimeasure.run.events import Event
    from calcimeasure.store import LesionLink

_REASONS = {
    LinkState.NOT_FOUND: "not_found",
    LinkState.NOT_FOUND_BEFORE: "not_found",
    LinkState.NOT_IMAGED: "not_imaged",
    LinkState.NOT_IMAGED_BEFORE: "not_imaged",
    LinkState.REMOVED: "removed",
    LinkState.UNDECIDED: "motion_uncertain",
}


@dataclass(frozen=True, slots=True)
class Mass:
    """A mass at two dates: its stacks, lesions, state, sizes and change; reason and notices as in changes.csv.

    `uids` are the Tracking UIDs of its lesions in all series of both dates.
    """

    facts: tuple[StackFacts, StackFacts]
    prior: tuple[Lesion, ...]
    current: tuple[Lesion, ...]
    state: LinkState
    source: LinkSource
    confidence: float
    before: Sizes | None = None
    after: Sizes | None = None
    change: Change | None = None
    reason: str | None = None
    notices: tuple[str, ...] = ()
    uids: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        facts: tuple[StackFacts, StackFacts],
        prior: Sequence[Lesion],
        current: Sequence[Lesion],
        links: Sequence[LesionLink],
        reason: str | None,
    ) -> Self:
        """Put a mass together from its links; without any it is undecided. A reader's link takes the volumes."""
        by_reader = any(one.source is LinkSource.READER for one in links)
        states = [one.state for one in links]
        state = states[0] if states else LinkState.UNDECIDED
        told = next((one for one in links if one.before or one.after), None)
        if by_reader and prior and current:
            state = LinkState.of_linked(len(prior), len(current))
        if not by_reader and told is not None:
            return cls(
                facts, tuple(prior), tuple(current), state, LinkSource.PROGRAM, told.confidence,
                told.before, told.after, told.change, None, told.change.notices if told.change else (),
            )  # fmt: skip
        before, after = _sizes(prior), _sizes(current)
        change, why = _by_volumes(prior, current, before, after) if state.is_linked else (None, reason)
        source = LinkSource.READER if by_reader else LinkSource.PROGRAM
        notices = _notices_of(prior, current, reason, by_reader=by_reader)
        return cls(
            facts, tuple(prior), tuple(current), state, source, 1.0 if by_reader else 0.0,
            before, after, change, why, notices,
        )  # fmt: skip

    @property
    def first(self) -> Lesion:
        """The lesion that the mass is named after: the largest of the prior date, else of the current one."""
        return max(self.prior or self.current, key=lambda one: one.measurements.size)


def _notices_of(
    prior: Sequence[Lesion], current: Sequence[Lesion], reason: str | None, *, by_reader: bool
) -> tuple[str, ...]:
    """Tell what a user must know about a mass that the program did not lay on itself."""
    sides = {one.side.laterality for one in (*prior, *current) if one.side}
    told = {
        "images_missing": reason == "images_missing",
        "motion_uncertain": by_reader,
        "position_conflict": {Laterality.LEFT, Laterality.RIGHT} <= sides,
    }
    return tuple(name for name, is_so in told.items() if is_so)


def _sizes(lesions: Sequence[Lesion]) -> Sizes | None:
    """Add lesions as they were measured."""
    if not lesions:
        return None
    numbers = [one.measurements for one in lesions]
    volumes = [one.known_volume_ml for one in numbers]
    widths = [getattr(one, "volume_u95_ml", None) for one in numbers]
    return Sizes(
        volume_ml=None if None in volumes else math.fsum(one or 0.0 for one in volumes),
        volume_u95_ml=None if None in widths else math.hypot(*(one or 0.0 for one in widths)),
        diameter_mm=max((one.largest_mm or 0.0 for one in numbers), default=None),
        mean_hu=getattr(numbers[0], "mean_hu", None) if len(numbers) == 1 else None,
        truncated=any(one.truncated for one in numbers),
    )


def _by_volumes(
    prior: Sequence[Lesion], current: Sequence[Lesion], before: Sizes | None, after: Sizes | None
) -> tuple[Change | None, str | None]:
    """Compare volumes as they were measured, if one algorithm measured both."""
    if len({one.settings_hash for one in (*prior, *current)}) > 1:
        return None, "algorithm_differs"
    known = [one for one in (before, after) if one and one.volume_ml is not None and one.volume_u95_ml is not None]
    if len(known) < 2:
        return None, "not_compared"
    one, other = known
    u95_ml = volumes_u95_ml(one.volume_u95_ml or 0.0, other.volume_u95_ml or 0.0)
    return Change((other.volume_ml or 0.0) - (one.volume_ml or 0.0), u95_ml, ChangeSource.VOLUMES), None


@dataclass(frozen=True, slots=True)
class Dates:
    """Two dates of a patient: a stack of each, and the masses."""

    prior: StackFacts
    current: StackFacts
    masses: tuple[Mass, ...]

    @property
    def days(self) -> int:
        """From one to the other."""
        if self.prior.study_date is None or self.current.study_date is None:
            return 0
        return (self.current.study_date - self.prior.study_date).days


def rows_of(
    dates: Sequence[Dates], comparison: str, events: Sequence[Event], naming: Naming
) -> tuple[list[ChangeRow], list[ResponseRow]]:
    """Make the rows of a patient.

    Parameters
    ----------
    dates
        The comparisons, in the order of their current dates.
    comparison
        baseline or previous.
    events
        Of the patient.
    naming
        How Tracking UIDs are named in tables, as events name them.
    """
    tracks: dict[str, str] = {}
    changes: list[ChangeRow] = []
    responses: list[ResponseRow] = []
    by_date: list[list[ChangeRow]] = []
    for two in dates:
        rows = [_change_row(two, _with_events(two, mass, events, naming), comparison, tracks) for mass in two.masses]
        rows.sort(key=lambda row: (-(row.before.volume_ml or 0.0), row.track_uid))
        changes += rows
        by_date.append(rows)
        responses.append(_response_row(two, comparison, rows, target_sums(by_date)))
    return changes, responses


def _with_events(two: Dates, mass: Mass, events: Sequence[Event], naming: Naming) -> Mass:
    """Take a mass out that was operated, drained or extruded between the dates."""
    first, last = two.prior.study_date, two.current.study_date
    for event in events:
        is_between = first is not None and last is not None and first < event.day <= last
        if event.kind.removes and is_between and mass.prior and _is_meant(mass, event, naming):
            return replace(mass, state=LinkState.REMOVED, reason="removed", change=None)
    return mass


def _is_meant(mass: Mass, event: Event, naming: Naming) -> bool:
    """Tell whether an event is about a mass: by its Tracking UID, else by its site and side."""
    if event.tracking_uid:
        uids = {*(one.tracking_uid for one in mass.prior), *mass.uids}
        return event.tracking_uid in uids or event.tracking_uid in [naming.uid(uid) for uid in uids]
    laterality, site = _place(mass.first)
    return bool(event.site) and event.site == site and (not event.laterality or event.laterality == laterality)


def _place(lesion: Lesion) -> tuple[Laterality | None, BodySite | None]:
    return lesion.side.laterality if lesion.side else None, lesion.site.body_site if lesion.site else None


def noted_track(mass: Mass, tracks: dict[str, str]) -> str:
    """Give the track of a mass, the Tracking UID of its earliest member, and note it for all of its lesions.

    Parameters
    ----------
    mass
        The mass at two dates.
    tracks
        The tracks of earlier dates, by Tracking UID; those of the lesions of the mass are added.
    """
    uids = [one.tracking_uid for one in (mass.first, *mass.prior, *mass.current)]
    uids += sorted(mass.uids.difference(uids))
    track = next((tracks[uid] for uid in uids if uid in tracks), uids[0])
    if mass.state.is_linked or not mass.current:
        tracks |= dict.fromkeys(uids, track)
    else:
        for uid in uids:
            tracks.setdefault(uid, track)
    return track


def _change_row(two: Dates, mass: Mass, comparison: str, tracks: dict[str, str]) -> ChangeRow:
    track = noted_track(mass, tracks)
    before, after = mass.before or Sizes(), mass.after or Sizes()
    change = _change_of(mass)
    judged = _judged(mass, change)
    laterality, site = _place(mass.first)
    prior_ml = before.volume_ml
    is_known = change is not None and prior_ml is not None
    return ChangeRow(
        stack=mass.facts[0],
        current_stack=mass.facts[1],
        comparison=comparison,
        track_uid=track,
        prior_uids=tuple(one.tracking_uid for one in mass.prior),
        current_uids=tuple(one.tracking_uid for one in mass.current),
        days=two.days,
        state=mass.state,
        source=mass.source,
        confidence=mass.confidence,
        laterality=laterality,
        site=site,
        before=before,
        after=after,
        paired_ml=change.paired_ml if change else None,
        change_ml=change.change_ml if change else None,
        u95_ml=change.u95_ml if change else None,
        change_source=change.source if change else None,
        percent=percent(change.change_ml, prior_ml) if change and is_known else None,
        percent_u95=percent(change.u95_ml, prior_ml) if change and is_known else None,
        ml_year=per_year(change.change_ml, two.days) if change else None,
        ml_year_u95=per_year(change.u95_ml, two.days) if change else None,
        doubling_days=doubling_days(change, prior_ml, two.days) if change else None,
        density_percent=change.density_percent if change else None,
        density_u95_percent=change.density_u95_percent if change else None,
        verdict=judged.verdict,
        reason=judged.reason,
        notices=mass.notices,
    )


def _change_of(mass: Mass) -> Change | None:
    """Give the change of a mass; of one that is gone or new its whole volume."""
    sizes = {LinkState.GONE: (mass.before, -1.0), LinkState.NEW: (mass.after, 1.0)}.get(mass.state)
    if sizes is None:
        return mass.change
    size, sign = sizes
    if size is None or size.volume_ml is None:
        return None
    width = size.volume_ml if size.volume_u95_ml is None else size.volume_u95_ml
    return Change(sign * size.volume_ml, min(width, size.volume_ml), ChangeSource.VOLUMES)


def _judged(mass: Mass, change: Change | None) -> Judged:
    if mass.state is LinkState.GONE:
        return Judged(Verdict.SHRUNK)
    if mass.state is LinkState.NEW:
        return Judged(Verdict.GROWN)
    is_cut = any(one is not None and one.truncated for one in (mass.before, mass.after))
    reason = mass.reason or _REASONS.get(mass.state) or ("truncated" if is_cut else None)
    return judge(change, mass.before.volume_ml if mass.before else None, reason)


def target_sums(by_date: Sequence[Sequence[ChangeRow]]) -> tuple[int, list[float | None], bool]:
    """Give the number of targets, the sum of their diameters at each date, and whether a mass is new since the first.

    The masses of the first date are the candidates, also where each date is compared with the one before.
    """
    first = {row.track_uid: row for row in by_date[0] if row.prior_uids and _counts(row)}
    baseline = {name: row.before.diameter_mm for name, row in first.items()}
    names = list(baseline)
    chosen = [names[n] for n in targets([baseline[name] for name in names])]
    # A target that was removed leaves the sums of all dates, so that they are of the same masses.
    removed = {row.track_uid for rows in by_date for row in rows if row.state is LinkState.REMOVED}
    kept = [name for name in chosen if name not in removed]
    sums: list[float | None] = [math.fsum(baseline[name] or 0.0 for name in kept)]
    sums += [_sum_now([first[name] for name in kept], {row.track_uid: row for row in rows}) for rows in by_date]
    return len(kept), sums, any(row.state is LinkState.NEW for rows in by_date for row in rows)


def _sum_now(chosen: Sequence[ChangeRow], now: dict[str, ChangeRow]) -> float | None:
    """Add the diameters of the targets at a date; None if one was not imaged, found or linked.

    A diameter on CT and one on a radiograph are not compared.
    """
    total_mm = 0.0
    for target in chosen:
        row = now.get(target.track_uid)
        if row is None or not (row.state.is_linked or row.state is LinkState.GONE):
            return None
        if (row.current_stack.modality == "CT") is not (target.stack.modality == "CT"):
            return None
        if row.state is not LinkState.GONE:
            if row.after.diameter_mm is None:
                return None
            total_mm += row.after.diameter_mm
    return total_mm


def _counts(row: ChangeRow) -> bool:
    return row.state is not LinkState.REMOVED


def _response_row(
    two: Dates, comparison: str, rows: Sequence[ChangeRow], diameters: tuple[int, list[float | None], bool]
) -> ResponseRow:
    masses = [
        MassChange(row.state, row.before.volume_ml, row.after.volume_ml, row.change_ml, row.u95_ml)
        if row.reason in (None, "too_uncertain")
        else MassChange(row.state, row.before.volume_ml, row.after.volume_ml)
        for row in rows
    ]
    summed = total(masses)
    count, sums_mm, has_new = diameters
    new_ml = math.fsum(row.after.volume_ml or 0.0 for row in rows if row.state is LinkState.NEW)
    return ResponseRow(
        stack=two.prior,
        current_stack=two.current,
        comparison=comparison,
        days=two.days,
        masses=sum(_counts(row) for row in rows),
        new=summed.new,
        gone=summed.gone,
        removed=sum(not _counts(row) for row in rows),
        not_evaluable=summed.not_evaluable,
        undecided=sum(row.state is LinkState.UNDECIDED for row in rows),
        new_ml=new_ml,
        prior_ml=summed.prior_ml,
        change_ml=summed.change_ml,
        u95_ml=summed.u95_ml,
        targets=count,
        diameters_mm=sums_mm[-1] if count else None,
        baseline_diameters_mm=sums_mm[0] if count else None,
        interval=by_interval(summed),
        percent=by_percent(summed, two.days),
        diameters=by_diameters(sums_mm, has_new=has_new),
        regions=_regions(rows),
    )


def _regions(rows: Sequence[ChangeRow]) -> str:
    """Tell for each region: new masses, their volume, and masses that are not evaluable."""
    by_site: dict[str, list[ChangeRow]] = defaultdict(list)
    for row in rows:
        if _counts(row):
            by_site[str(row.site or BodySite.UNKNOWN)].append(row)
    told = []
    for site in sorted(by_site):
        new = [row for row in by_site[site] if row.state is LinkState.NEW]
        new_ml = math.fsum(row.after.volume_ml or 0.0 for row in new)
        open_ones = sum(row.change_ml is None or row.verdict is Verdict.NOT_ASSESSABLE for row in by_site[site])
        told.append(f"{site}:{len(new)}:{new_ml:.4f}:{open_ones}")
    return ";".join(told)

"""Motions between two dates and links of lesions. Rows are appended; a link is taken back by a row of its own."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from calcimeasure.model.follow import Change, ChangeSource, LinkSource, LinkState, Motion, Sizes
from calcimeasure.store import records
from calcimeasure.store.insert import insert_rows
from calcimeasure.store.schema import lesion_links, registrations
from calcimeasure.version import software_version

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from sqlalchemy import Connection

StackPair = tuple[int, int]
"""Numbers of the prior and the current stack."""


@dataclass(frozen=True, slots=True)
class StoredMotion:
    """A motion between two stacks; of the neighborhood of a lesion of the prior stack, if it is named."""

    stacks: StackPair
    motion: Motion
    made_from: str
    prior_tracking_uid: str | None = None


@dataclass(frozen=True, slots=True)
class LesionLink:
    """A link of a lesion of a prior stack with one of a current stack, or what became of a lesion of one of them.

    Parameters
    ----------
    stacks
        The two stacks.
    prior, current
        Tracking UID and revision number of each lesion; None where there is none.
    state, source, confidence
        What became of the mass, who says so, and how sure that is (0 to 1).
    reader
        The reader who linked or unlinked; None for the program.
    is_withdrawn
        Whether the row takes a link back.
    change, before, after
        What changed, and the sizes of the mass at both dates; None where nothing was compared or measured.
    made_from
        What a link of the program was found from: where it is the same, nothing is computed again.
    """

    stacks: StackPair
    prior: tuple[str, int] | None
    current: tuple[str, int] | None
    state: LinkState
    source: LinkSource
    confidence: float
    made_from: str = ""
    reader: str | None = None
    is_withdrawn: bool = False
    change: Change | None = None
    before: Sizes | None = None
    after: Sizes | None = None


def note_motions(connection: Connection, motions: Sequence[StoredMotion]) -> None:
    """Append motions."""
    now = records.utc_now()
    rows = [
        {
            "prior_stack_id": one.stacks[0],
            "current_stack_id": one.stacks[1],
            "prior_tracking_uid": one.prior_tracking_uid,
            "matrix": json.dumps(one.motion.matrix),
            "bone_share": one.motion.bone_share,
            "similarity": one.motion.similarity,
            "carries": one.motion.carries,
            "made_from": one.made_from,
            "made_at": now,
            "software_version": software_version(),
        }
        for one in motions
    ]
    insert_rows(connection, registrations, rows)


def motions_between(connection: Connection, stacks: StackPair) -> list[StoredMotion]:
    """Give every motion between two stacks, oldest first."""
    of_pair = (registrations.c.prior_stack_id == stacks[0]) & (registrations.c.current_stack_id == stacks[1])
    found = connection.execute(select(registrations).where(of_pair).order_by(registrations.c.registration_id))
    return [_motion(row) for row in found.mappings()]


def _motion(row: Mapping[Any, Any]) -> StoredMotion:
    matrix = tuple((a, b, c, d) for a, b, c, d in json.loads(row["matrix"]))
    uid = row["prior_tracking_uid"]
    motion = Motion(matrix, row["bone_share"], row["similarity"], uid is not None, row["carries"])
    return StoredMotion((row["prior_stack_id"], row["current_stack_id"]), motion, row["made_from"], uid)


def note_links(connection: Connection, links: Sequence[LesionLink]) -> None:
    """Append links, or their withdrawals. Nothing that was linked before is changed."""
    now = records.utc_now()
    rows = [
        {
            "prior_stack_id": one.stacks[0],
            "current_stack_id": one.stacks[1],
            "prior_tracking_uid": one.prior and one.prior[0],
            "prior_revision_number": one.prior and one.prior[1],
            "current_tracking_uid": one.current and one.current[0],
            "current_revision_number": one.current and one.current[1],
            "state": one.state.value,
            "source": one.source.value,
            "confidence": one.confidence,
            "reader": one.reader,
            "made_at": now,
            "is_withdrawn": one.is_withdrawn,
            "detail": _detail(one),
            "made_from": one.made_from,
            "software_version": software_version(),
        }
        for one in links
    ]
    insert_rows(connection, lesion_links, rows)


def links_between(connection: Connection, stacks: StackPair) -> list[LesionLink]:
    """Give every link between two stacks, also those that were taken back, oldest first."""
    of_pair = (lesion_links.c.prior_stack_id == stacks[0]) & (lesion_links.c.current_stack_id == stacks[1])
    found = connection.execute(select(lesion_links).where(of_pair).order_by(lesion_links.c.link_id))
    return [_link(row) for row in found.mappings()]


def every_link(connection: Connection) -> dict[StackPair, list[LesionLink]]:
    """Give every link of every pair of stacks, also those that were taken back, oldest first."""
    found: dict[StackPair, list[LesionLink]] = {}
    for row in connection.execute(select(lesion_links).order_by(lesion_links.c.link_id)).mappings():
        one = _link(row)
        found.setdefault(one.stacks, []).append(one)
    return found


def current_links(links: Sequence[LesionLink]) -> list[LesionLink]:
    """Give the links that hold: of each pair of lesions the newest row; of the program, those found last alone.

    A link of the program does not hold beside a reader's about the same lesions.
    """
    newest: dict[tuple[object, ...], LesionLink] = {}
    last = next((one.made_from for one in reversed(links) if one.source is LinkSource.PROGRAM), "")
    for one in links:
        if one.source is LinkSource.PROGRAM and one.made_from != last:
            continue
        uids = one.prior and one.prior[0], one.current and one.current[0]
        newest[one.source, *uids] = one
    holding = [one for one in newest.values() if not one.is_withdrawn]
    by_reader = [one for one in holding if one.source is LinkSource.READER]
    decided = {(n, end[0]) for one in by_reader for n, end in enumerate((one.prior, one.current)) if end}
    by_program = [
        one
        for one in holding
        if one.source is LinkSource.PROGRAM
        and not any((n, end[0]) in decided for n, end in enumerate((one.prior, one.current)) if end)
    ]
    return [*by_reader, *by_program]


def links_on(links: Iterable[LesionLink], priors: Container[str], currents: Container[str]) -> list[LesionLink]:
    """Leave out what readers said of lesions of which one is no mass any more: nothing is said of the other one then.

    Parameters
    ----------
    links
        Rows between two stacks.
    priors, currents
        The Tracking UIDs of the present masses of both.
    """
    return [
        one
        for one in links
        if one.source is LinkSource.PROGRAM
        or ((one.prior is None or one.prior[0] in priors) and (one.current is None or one.current[0] in currents))
    ]


def groups_of_links(links: Iterable[LesionLink]) -> list[tuple[set[str], set[str], list[LesionLink]]]:
    """Put links together that share a lesion: the Tracking UIDs of the prior and of the current date, and the links."""
    groups: list[tuple[set[str], set[str], list[LesionLink]]] = []
    for one in links:
        ends: list[set[str]] = [{end[0]} if end else set() for end in (one.prior, one.current)]
        joined = [group for group in groups if (group[0] & ends[0]) or (group[1] & ends[1])]
        groups = [group for group in groups if group not in joined]
        priors = ends[0].union(*(group[0] for group in joined))
        currents = ends[1].union(*(group[1] for group in joined))
        groups.append((priors, currents, [*(each for group in joined for each in group[2]), one]))
    return groups


def _link(row: Mapping[Any, Any]) -> LesionLink:
    prior, current = (
        (row[f"{end}_tracking_uid"], row[f"{end}_revision_number"]) if row[f"{end}_tracking_uid"] else None
        for end in ("prior", "current")
    )
    return LesionLink(
        stacks=(row["prior_stack_id"], row["current_stack_id"]),
        prior=prior,
        current=current,
        state=LinkState(row["state"]),
        source=LinkSource(row["source"]),
        confidence=row["confidence"],
        made_from=row["made_from"],
        reader=row["reader"],
        is_withdrawn=row["is_withdrawn"],
        **_of_detail(row["detail"]),
    )


def _detail(link: LesionLink) -> str:
    told = {name: getattr(link, name) for name in ("change", "before", "after")}
    held = {name: asdict(one) for name, one in told.items() if one is not None}
    return json.dumps(held) if held else ""


def _of_detail(text: str) -> dict[str, Any]:
    told = json.loads(text) if text else {}
    found: dict[str, Any] = {name: Sizes(**told[name]) for name in ("before", "after") if name in told}
    if "change" in told:
        of_change = told["change"]
        of_change |= {"source": ChangeSource(of_change["source"]), "notices": tuple(of_change["notices"])}
        found["change"] = Change(**of_change)
    return found

"""A reading of a folder: begun, or continued by the person who began it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from calcimeasure.errors import ReviewError, StoreError
from calcimeasure.review.consensus import begin_consensus
from calcimeasure.store import CLINICAL_READING, Reading, ReadingKind, is_reading_name

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from calcimeasure.settings import Settings
    from calcimeasure.store import Store

PROGRAM: Final = "program"
"""The name under which the proposals of the program are compared with a reading: no reading has it."""


@dataclass(frozen=True, slots=True)
class ReadingWish:
    """The reading that a person asks for.

    Parameters
    ----------
    name
        Its name.
    reader
        Who reads; None if that was not said.
    is_blank
        Whether it is to begin without the proposals of the program.
    bases
        The two readings of which it is to be the consensus; empty if it is none.
    """

    name: str = CLINICAL_READING
    reader: str | None = None
    is_blank: bool = False
    bases: tuple[str, ...] = ()


def opened_reading(
    store: Store, wish: ReadingWish, settings: Settings, say: Callable[[str], object]
) -> tuple[Store, Reading]:
    """Continue a reading, or begin it in every measured stack; give the store for it.

    Parameters
    ----------
    store
        The store of a folder.
    wish
        Which reading. One that is not there is begun: blinded, for the study, of one reader; or as a consensus.
    settings, say
        As in `begin_consensus`.

    Raises
    ------
    ReviewError
        It is of another reader, began otherwise, or cannot have this name; or nobody says who begins it.
    """
    wish = replace(wish, reader=(wish.reader or "").strip() or None)
    reading = _continued(store, wish) or _begun(store, wish)
    of_reading = store.of_reading(reading.name)
    if reading.kind is ReadingKind.CONSENSUS:
        begin_consensus(store, reading, settings, say)
    else:
        of_reading.begin_stacks()
    return of_reading, reading


def _continued(store: Store, wish: ReadingWish) -> Reading | None:
    """Find the reading, if it is there and may be continued as it is asked for."""
    reading = next((one for one in store.every_reading() if one.name == wish.name), None)
    if reading is not None:
        _refuse_another(reading, wish)
    return reading


def _begun(store: Store, wish: ReadingWish) -> Reading:
    reading = _new(wish, [one.name for one in store.every_reading()])
    try:
        store.note_reading(reading)
    except StoreError:
        # Another program may have begun it in the meantime.
        other = _continued(store, wish)
        if other is None:
            raise
        return other
    return reading


def _new(wish: ReadingWish, known: Collection[str]) -> Reading:
    alike = [name for name in (*known, PROGRAM) if name.casefold() == wish.name.casefold()]
    if alike and alike != [PROGRAM]:
        raise ReviewError(
            f"A name expected that differs by more than capital letters from that of the reading {alike[0]!r}, found "
            f"{wish.name!r}: some systems would keep both in one folder. Name it otherwise."
        )
    if alike or not is_reading_name(wish.name):
        raise ReviewError(
            f"A name for a reading expected (letters, digits, spaces and .+-_ between them, up to 40; not "
            f"{PROGRAM!r}), found {wish.name!r}: name it otherwise."
        )
    if wish.bases:
        return _new_consensus(wish, known)
    if wish.reader is None:
        raise ReviewError(
            f"The reading {wish.name!r} is new, and a reading is of one reader: say who reads (--reader NAME)."
        )
    return Reading(
        name=wish.name,
        kind=ReadingKind.STUDY,
        reader=wish.reader,
        is_blinded=True,
        is_blank=wish.is_blank,
        begun_at=datetime.now(UTC),
    )


def _new_consensus(wish: ReadingWish, known: Collection[str]) -> Reading:
    if len(wish.bases) != 2 or len({*wish.bases}) != 2 or not {*wish.bases} <= {*known} or wish.is_blank:
        raise ReviewError(
            f"A consensus of two readings of this folder expected ({', '.join(known)}), without --blank; found "
            f"--consensus {' '.join(wish.bases)}{' --blank' if wish.is_blank else ''}."
        )
    return Reading(wish.name, ReadingKind.CONSENSUS, bases=wish.bases, begun_at=datetime.now(UTC))


def _refuse_another(reading: Reading, wish: ReadingWish) -> None:
    if reading.reader is not None and wish.reader not in (None, reading.reader):
        raise ReviewError(
            f"The reading {reading.name!r} is of {reading.reader!r}, found --reader {wish.reader!r}: a blinded reading "
            "has one reader. Begin another reading (--reading NAME)."
        )
    if wish.is_blank and not reading.is_blank:
        raise ReviewError(
            f"The reading {reading.name!r} began with the proposals of the program, found --blank: begin another "
            "reading (--reading NAME --blank)."
        )
    if wish.bases and wish.bases != reading.bases:
        began = f"is the consensus of {' and '.join(reading.bases)}" if reading.bases else "is no consensus"
        raise ReviewError(
            f"The reading {reading.name!r} {began}, found --consensus {' '.join(wish.bases)}: begin another reading "
            "(--reading NAME)."
        )

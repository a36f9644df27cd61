"""Remarks of readers about the lesions of a stack: notes, and the wish that a second reader looks.

Each is a row that is never changed, as a revision is. Remarks stay in the store: no table and no export has them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from calcimeasure.errors import ReviewError
from calcimeasure.store import Remark, RemarkKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from calcimeasure.store import Store


class Remarks:
    """The remarks about the lesions of one stack.

    Parameters
    ----------
    store, stack_id
        The store, and the stack.
    sign
        Gives the name of the reader; raises a ReviewError if there is none.
    """

    def __init__(self, store: Store, stack_id: int, sign: Callable[[], str]) -> None:
        self._store, self._stack_id, self._sign = store, stack_id, sign
        self._all = store.remarks_of(stack_id)

    def notes(self, tracking_uid: str) -> list[Remark]:
        """Give the notes about a lesion, oldest first."""
        return [one for one in self._all if one.tracking_uid == tracking_uid and one.kind is RemarkKind.NOTE]

    def unsure_readers(self, tracking_uid: str) -> tuple[str, ...]:
        """Name the readers who are unsure about a lesion."""
        newest = {
            one.reader: one.is_withdrawn
            for one in self._all
            if one.tracking_uid == tracking_uid and one.kind is RemarkKind.UNSURE
        }
        return tuple(sorted(reader for reader, is_withdrawn in newest.items() if not is_withdrawn))

    def note(self, tracking_uid: str, said: str) -> None:
        """Append a note about a lesion.

        Raises
        ------
        ReviewError
            Nothing is said, or no reader signs.
        """
        if not said.strip():
            raise ReviewError("A note needs words, found none: nothing was kept.")
        self._append(Remark(tracking_uid, RemarkKind.NOTE, self._sign(), datetime.now(UTC), said.strip()))

    def toggle_unsure(self, tracking_uid: str) -> bool:
        """Mark a lesion for a second reader, or take the own mark back; True if it is marked now."""
        reader = self._sign()
        was_unsure = reader in self.unsure_readers(tracking_uid)
        self._append(
            Remark(tracking_uid, RemarkKind.UNSURE, reader, datetime.now(UTC), is_withdrawn=was_unsure),
        )
        return not was_unsure

    def _append(self, remark: Remark) -> None:
        self._store.note_remark(self._stack_id, remark)
        self._all.append(remark)

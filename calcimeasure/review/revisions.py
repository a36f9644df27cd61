"""The revisions of the lesions of a stack: read from the store, with later ones appended. No input or output."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from calcimeasure.model import Revision


class Revisions:
    """Every revision of each lesion that the stack ever had.

    Parameters
    ----------
    histories
        All revisions of each lesion by Tracking UID, oldest first.
    """

    def __init__(self, histories: Mapping[str, Sequence[Revision]]) -> None:
        self._histories = {uid: list(history) for uid, history in histories.items()}

    def history(self, tracking_uid: str) -> Sequence[Revision]:
        """All revisions of a lesion, oldest first."""
        return self._histories[tracking_uid]

    @property
    def newest(self) -> dict[str, Revision]:
        """The newest revision of every lesion, including withdrawn ones, by Tracking UID."""
        return {uid: history[-1] for uid, history in self._histories.items()}

    @property
    def numbers(self) -> dict[str, int]:
        """The number of the newest revision of every lesion, by Tracking UID."""
        return {uid: history[-1].number for uid, history in self._histories.items()}

    @property
    def lesions(self) -> dict[int, Revision]:
        """The newest revision of every lesion that is not withdrawn, by the number of the lesion."""
        newest = (history[-1] for history in self._histories.values())
        return {one.lesion.number: one for one in newest if not one.withdrawn}

    @property
    def next_number(self) -> int:
        """The number of the next new lesion; a number is never used twice."""
        return max((history[-1].lesion.number for history in self._histories.values()), default=0) + 1

    def is_next(self, revision: Revision) -> bool:
        """Tell whether a revision can be appended: its lesion did not change after the revision was made."""
        known = self.newest.get(revision.lesion.tracking_uid)
        if known is None:
            return revision.base_number is None and revision.lesion.number == self.next_number
        return revision.base_number == known.number

    def append(self, revisions: Iterable[Revision]) -> None:
        """Append revisions that are in the store."""
        for one in revisions:
            self._histories.setdefault(one.lesion.tracking_uid, []).append(one)

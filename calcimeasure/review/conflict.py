"""What a reader is asked when another person changed a lesion first, and the answers. No input or output."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Answer(Enum):
    """The answer to a conflict."""

    MINE = "mine"
    """The change of this reader is put on top of that of the other person; both stay in the store."""

    THEIRS = "theirs"
    """The change of the other person is valid, and that of this reader is dropped."""

    LATER = "later"
    """Nothing is stored: a drawing stays a draft, and is asked about again when the reader leaves it."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A lesion that another person changed after it was read.

    Parameters
    ----------
    numbers
        The lesions that this reader would change.
    theirs
        Who changed the lesion, when, and how.
    """

    numbers: tuple[int, ...]
    theirs: str

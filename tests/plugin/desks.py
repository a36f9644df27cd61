"""A stack with lesions in a store, as a reader finds it on the display of the plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from calcimeasure.review import Answer, OpenedStack
from napari_calcimeasure._session import ShownSession
from tests.review.desks import FIRST, SECOND, SETTINGS, SHAPE, ask, box, measure_drafts, store_with, two_cuboids

if TYPE_CHECKING:
    from calcimeasure.model import Image
    from calcimeasure.store import Store

__all__ = ["FIRST", "SECOND", "SETTINGS", "SHAPE", "ask", "begin", "box", "measure_drafts", "store_with", "two_cuboids"]


def begin(store: Store, stack_id: int, image: Image, reader: str = "A. Reader", answer: bool = True) -> ShownSession:
    """Begin a review; every conflict gets the same answer, mine or theirs."""
    stack = OpenedStack(stack_id, image, store.histories(stack_id))
    return ShownSession(
        store, SETTINGS, stack, reader, lambda: reader, lambda _: Answer.MINE if answer else Answer.THEIRS
    )

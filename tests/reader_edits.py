"""A reader who edits every measured stack in the same way each time: for tests.frozen_outputs, as a process of its own.

``python -P tests/reader_edits.py DIR PATH...`` takes the results in DIR of the images in PATH. The same lesions get the
same edits, signed with the same time and the same names, so that two versions of the program store the same.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure import Outline, Settings, find_series, load_image, open_store, review
from calcimeasure.model import AlgorithmType, BodySite, Laterality, Radiograph, Status, Tissue
from calcimeasure.review import KnownLength
from calcimeasure.store import file_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from calcimeasure.model import Image, Revision
    from calcimeasure.store import Store

THEN = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
MANUAL, SEMIAUTOMATIC = AlgorithmType.MANUAL, AlgorithmType.SEMIAUTOMATIC
SETTINGS = Settings()


def halves(outline: Outline) -> tuple[Outline, Outline]:
    """Divide an outline across the longest side of its box."""
    mask = outline.mask()
    axis = int(np.argmax(mask.shape))
    first = np.arange(mask.shape[axis]) < mask.shape[axis] // 2
    lower = np.moveaxis(np.moveaxis(mask, axis, -1) & first, -1, axis)
    return Outline.from_mask(lower, outline.start_kji), Outline.from_mask(mask & ~lower, outline.start_kji)


def edit_stack(store: Store, stack_id: int, image: Image, sign: Callable[[], review.Signature]) -> None:
    """Do one of each edit; a stack with one lesion has no merge."""

    def newest() -> dict[str, Revision]:
        in_order = sorted(store.histories(stack_id).values(), key=lambda history: history[-1].lesion.number)
        return {history[-1].lesion.tracking_uid: history[-1] for history in in_order}

    def keep(*revisions: Revision) -> None:
        store.append(stack_id, revisions, SETTINGS)

    def there(which: int) -> Revision:
        return [one for one in newest().values() if not one.withdrawn][which]

    keep(review.decide(there(0), Status.ACCEPTED, sign()))
    keep(review.set_side(there(-1), Laterality.MIDLINE, sign()))
    keep(review.set_site(there(-1), BodySite.SPINE, sign(), "lumbar"))
    keep(review.set_tissue(there(-1), Tissue.OTHER_CALCIFICATION, sign()))
    first, second = halves(there(0).lesion.outline)
    keep(review.redraw(there(0), first, SEMIAUTOMATIC, image, SETTINGS, sign()))
    keep(review.add(second, MANUAL, newest(), image, SETTINGS, sign()))
    keep(*review.split(there(1), halves(there(1).lesion.outline), newest(), image, SETTINGS, sign()))
    keep(*review.merge([there(0), there(-1)], image, SETTINGS, sign()))
    if isinstance(image, Radiograph):
        coin = KnownLength(ends_px=((10.0, 20.0), (10.0, 120.0)), length_mm=24.25)
        keep(*review.calibrate(newest(), coin, image, SETTINGS, sign()))
    undo_last(store, stack_id, newest(), sign)
    rejected = review.decide(there(1), Status.REJECTED, sign())
    keep(rejected)
    keep(review.undo(store.histories(stack_id)[rejected.lesion.tracking_uid], rejected.number - 1, sign()))
    keep(review.decide(there(0), Status.REJECTED, sign()))
    store.note_seen(stack_id, "A. Reader")


def undo_last(
    store: Store, stack_id: int, newest: Mapping[str, Revision], sign: Callable[[], review.Signature]
) -> None:
    """Take back the merge, or the calibration of a radiograph."""
    last = max(newest.values(), key=lambda one: int(one.edit_uid or 0)).edit_uid
    assert last is not None
    histories, by = store.histories(stack_id).values(), sign()
    changed = [history for history in histories if history[-1].edit_uid == last]
    store.append(stack_id, [review.undo(history, len(history) - 1, by) for history in changed], SETTINGS)


def main(folder: Path, *paths: Path) -> None:
    """Edit the results in a folder of the images in the paths."""
    numbers = count(1)

    def sign() -> review.Signature:
        return review.Signature("A. Reader", THEN, str(next(numbers)))

    with open_store(file_url(folder / "private" / "calcimeasure.db")) as store:
        for stack in find_series(paths, SETTINGS).series:
            stack_id = store.find_stack(stack)
            if stack_id is not None and store.histories(stack_id):
                edit_stack(store, stack_id, load_image(stack, SETTINGS), sign)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

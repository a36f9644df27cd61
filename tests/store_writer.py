"""A reader at work, as a process of its own: python -m tests.store_writer URL NAME EDITS SEED.

Says that it is ready, and begins at the next line of its input.
Makes edits of lesions that others edit too, and prints as JSON the edits that were kept and those that were conflicts.
"""

from __future__ import annotations

import json
import random
import sys
from typing import TYPE_CHECKING

from calcimeasure import review
from calcimeasure.errors import ConflictError
from calcimeasure.model import BodySite, Laterality, Status, Tissue
from calcimeasure.settings import Settings
from calcimeasure.store import open_store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from calcimeasure.model import Revision


def edit(histories: Sequence[Sequence[Revision]], by: review.Signature, choose: random.Random) -> list[Revision]:
    """Some edit of some lesion; now and then of two of them, which is kept whole or not at all."""
    history = choose.choice(histories)
    current = history[-1]
    kind = choose.randrange(6)
    if kind == 0:
        return [_decided(current, choose.choice(list(Status)), by)]
    if kind == 1:
        return [review.set_side(current, choose.choice(list(Laterality)), by)]
    if kind == 2:
        return [review.set_tissue(current, choose.choice(list(Tissue)), by)]
    if kind == 3:
        return [review.set_site(current, choose.choice(list(BodySite)), by)]
    if kind == 4 and current.number > 1:
        return [review.undo(history, choose.randrange(1, current.number), by)]
    return [_decided(one[-1], Status.ACCEPTED, by) for one in choose.sample(histories, 2)]


def _decided(current: Revision, status: Status, by: review.Signature) -> Revision:
    """Decide about a lesion; what is no mass cannot be accepted, and is said to be a mass instead."""
    if status is Status.ACCEPTED and not current.lesion.is_mass:
        return review.set_tissue(current, Tissue.CALCIFIED_MASS, by)
    return review.decide(current, status, by)


def main(url: str, reader: str, edits: int, seed: int) -> None:
    choose = random.Random(seed)  # noqa: S311 - edits are no secret
    kept: dict[str, int] = {}
    conflicts: list[str] = []
    with open_store(url) as store:
        stack_ids = list(store.measured_stacks())
        print("ready", flush=True)  # noqa: T201 - what it is run for
        sys.stdin.readline()
        while len(kept) < edits:
            stack_id = choose.choice(stack_ids)
            by = review.Signature(reader)
            revisions = edit(list(store.histories(stack_id).values()), by, choose)
            try:
                store.append(stack_id, revisions, Settings())
            except ConflictError:
                conflicts.append(by.edit_uid)
            else:
                kept[by.edit_uid] = len(revisions)
    print(json.dumps({"kept": kept, "conflicts": conflicts}))  # noqa: T201 - what it is run for


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))

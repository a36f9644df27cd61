"""What two readers do in a store, by the code of whichever version runs this: python readers.py URL SETTINGS.toml PART.

Imports nothing but the package: `write.py` runs it with the code of an earlier commit.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from calcimeasure import review
from calcimeasure.errors import ConflictError
from calcimeasure.load import find_series, load_image
from calcimeasure.model import AlgorithmType, BodySite, Laterality, Outline, Status, Tissue
from calcimeasure.settings import load_settings
from calcimeasure.store import Store, open_store

if TYPE_CHECKING:
    from calcimeasure.model import Image, Revision
    from calcimeasure.settings import Settings

with suppress(ImportError):  # schema 1 knows no radiographs
    from calcimeasure.model import Radiograph
with suppress(ImportError):  # schemas 2 and 3
    from calcimeasure.calibration import KnownLength
with suppress(ImportError):  # schemas 1 to 6 know no remarks
    from calcimeasure.store import Remark, RemarkKind
with suppress(ImportError):  # schema 4
    from calcimeasure.review.calibration import KnownLength

NOTE_SEEN = "note_look" if hasattr(Store, "note_look") else "note_seen"


class Reader:
    """A reader before one stack of a store."""

    def __init__(self, store: Store, description: str, settings: Settings, name: str) -> None:
        self.store, self.settings, self.name = store, settings, name
        facts = store.measured_stacks()
        self.stack_id = next(one for one, fact in facts.items() if fact.description == description)

    @property
    def image(self) -> Image:
        """The images of the stack."""
        found = find_series(self.store.files_of(self.stack_id), self.settings)
        series = next(one for one in found.series if self.store.is_content(self.stack_id, one))
        return load_image(series, self.settings)

    @property
    def by(self) -> review.Signature:
        """A new edit of this reader."""
        return review.Signature(self.name)

    @property
    def newest(self) -> dict[str, Revision]:
        """The newest revision of each lesion by its Tracking UID."""
        return {uid: history[-1] for uid, history in self.store.histories(self.stack_id).items()}

    def lesion(self, number: int) -> Revision:
        """The newest revision of a lesion."""
        return next(one for one in self.newest.values() if one.lesion.number == number)

    def history(self, number: int) -> list[Revision]:
        """All revisions of a lesion."""
        return self.store.histories(self.stack_id)[self.lesion(number).lesion.tracking_uid]

    def keep(self, *revisions: Revision) -> Revision:
        """Store an edit; gives its first revision."""
        self.store.append(self.stack_id, revisions, self.settings)
        return revisions[0]

    def take_back(self, edit: Revision) -> None:
        """Undo all that an edit changed, in one edit."""
        histories, by = self.store.histories(self.stack_id).values(), self.by
        changed = [history for history in histories if history[-1].edit_uid == edit.edit_uid]
        self.keep(*(review.undo(history, history[-1].number - 1, by) for history in changed))


def conflict(first: Reader, second: Reader) -> None:
    """Both read lesion 1, the first one is faster; the second one reads it again, and disagrees."""
    read_by_both = second.lesion(1)
    first.keep(review.set_side(read_by_both, Laterality.RIGHT, first.by))
    try:
        second.keep(review.decide(read_by_both, Status.REJECTED, second.by))
    except ConflictError:
        second.keep(review.decide(second.lesion(1), Status.ACCEPTED, second.by))
    else:
        raise AssertionError("the edit of who was slower has to be refused")
    first.keep(review.decide(first.lesion(1), Status.REJECTED, first.by))
    second.keep(review.undo(second.history(1), 3, second.by))


def divide_and_draw(first: Reader, second: Reader) -> None:
    """A split that the other reader takes back, an outline drawn anew and undone, a lesion added and one merged."""
    image, settings = first.image, first.settings
    outline = first.lesion(1).lesion.outline
    mask = outline.mask()
    left = np.zeros_like(mask)
    left[..., : mask.shape[2] // 3] = True
    parts = [Outline.from_mask(mask & one, outline.start_kji) for one in (left, ~left)]
    split = first.keep(*review.split(first.lesion(1), parts, first.newest, image, settings, first.by))
    second.take_back(split)
    smaller = mask.copy()
    smaller[0] = False
    drawn = Outline.from_mask(smaller, outline.start_kji)
    redrawn = review.redraw(first.lesion(1), drawn, AlgorithmType.MANUAL, image, settings, first.by)
    first.keep(redrawn)
    second.keep(review.undo(second.history(1), redrawn.number - 1, second.by))
    for rows in ((17, 19), (20, 22)):
        box = Outline.from_mask(np.ones((2, rows[1] - rows[0], 3), dtype=bool), (1, rows[0], 3))
        first.keep(review.add(box, AlgorithmType.SEMIAUTOMATIC, first.newest, image, settings, first.by))
    *_, one, two = sorted(first.newest.values(), key=lambda revision: revision.lesion.number)
    first.keep(*review.merge([one, two], image, settings, first.by))
    number = one.lesion.number
    second.keep(review.set_site(second.lesion(number), BodySite.FOREARM, second.by, "distal; «ulnar»"))
    second.keep(review.set_tissue(second.lesion(number), Tissue.OTHER_CALCIFICATION, second.by))


def measure_a_radiograph(first: Reader, second: Reader) -> None:
    """A mass outlined on a radiograph, whose pixels get their millimeters, and lose and get them again."""
    image, settings = first.image, first.settings
    assert isinstance(image, Radiograph)
    rows, columns = np.ogrid[:30, :40]
    disk = ((rows - 14.5) / 10) ** 2 + ((columns - 19.5) / 15) ** 2 <= 1
    height, width = image.pixels.shape
    outline = Outline.from_mask(disk[None], (0, height // 2 - 15, width // 2 - 20))
    first.keep(review.add(outline, AlgorithmType.MANUAL, first.newest, image, settings, first.by))
    length = KnownLength(((5.0, 5.0), (5.0, 45.0)), 10.0)
    calibrated = first.keep(*review.calibrate(first.newest, length, image, settings, first.by))
    second.take_back(calibrated)
    second.keep(*review.calibrate(second.newest, length, image, settings, second.by))


def see_nothing(first: Reader, second: Reader) -> None:
    """Both readers have seen a stack in which nothing was found; one of them takes that back."""
    for reader, takes_back in ((first, False), (second, False), (second, True)):
        note = getattr(reader.store, NOTE_SEEN)
        note(reader.stack_id, reader.name, is_withdrawn=takes_back)


def remark(first: Reader, second: Reader) -> None:
    """A note, and the wish for a second reader, which is taken back."""
    uid = first.lesion(1).lesion.tracking_uid
    now = datetime.now(UTC)
    first.store.note_remark(first.stack_id, Remark(uid, RemarkKind.NOTE, first.name, now, "near the ulna; «?»"))
    for takes_back in (False, True):
        mark = Remark(uid, RemarkKind.UNSURE, second.name, now, is_withdrawn=takes_back)
        second.store.note_remark(second.stack_id, mark)


def measured_again(first: Reader, second: Reader) -> None:
    """What the second run withdrew: its history has both, and a reader decides about what is left."""
    whys = [one.why for one in first.history(2)]
    assert whys == ["measured", "not found again"], whys
    assert all(late.number == early.number + 1 for early, late in pairwise(first.history(1)))
    second.keep(review.decide(second.lesion(1), Status.ACCEPTED, second.by))


def main(url: str, settings_file: str, part: str) -> None:
    settings = load_settings(Path(settings_file))
    with open_store(url) as store:

        def both(description: str) -> tuple[Reader, Reader]:
            return Reader(store, description, settings, "Dr A"), Reader(store, description, settings, "Dr B; Ärztin")

        if part == "again":
            measured_again(*both("two masses"))
            return
        conflict(*both("two masses"))
        divide_and_draw(*both("two masses"))
        if hasattr(review, "calibrate"):
            measure_a_radiograph(*both("a radiograph"))
        if hasattr(store, "note_remark"):
            remark(*both("two masses"))
        if hasattr(store, NOTE_SEEN):
            see_nothing(*both("nothing"))


if __name__ == "__main__":
    main(*sys.argv[1:])

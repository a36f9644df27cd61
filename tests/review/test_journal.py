"""What a killed program leaves: it is found, restored once, and nothing of another reader is lost."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from calcimeasure.errors import OutputError
from calcimeasure.model import Outline, Tissue
from calcimeasure.review import Session, Status
from calcimeasure.review.edits import Signature, decide
from calcimeasure.review.journal import FOLDER, Journal, LeftBehind, Place, Unsaved
from calcimeasure.review.restoring import restore, unsaved_of
from calcimeasure.store import Store
from tests.review.desks import FIRST, SECOND, begin, box, store_with, two_cuboids

DRAWN = Outline.from_mask(np.random.default_rng(0).random((3, 7, 9)) > 0.5, (4, 5, 6))
PLACE = Place(7, 2, (Unsaved(2, DRAWN, 3), Unsaved(4, None, 1), Unsaved(5, DRAWN, None)))


def killed(journal: Journal) -> None:
    """Let go of the lock as the system does for a process that was killed; the file stays."""
    journal._lock.close()


def test_what_was_written_is_read_again_after_the_program_was_killed(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    assert journal.write(PLACE)
    assert not journal.write(PLACE)
    assert LeftBehind.newest(tmp_path) is None  # its program runs
    killed(journal)
    left = LeftBehind.newest(tmp_path)
    assert left is not None
    assert left.place == PLACE
    left.remove()
    assert LeftBehind.newest(tmp_path) is None


def test_an_orderly_end_leaves_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.write(PLACE)
    journal.close()
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_the_newest_that_can_be_read_counts(tmp_path: Path) -> None:
    for age_s, stack_id in ((30, 1), (10, 2)):
        journal = Journal(tmp_path)
        journal.write(Place(stack_id, None))
        killed(journal)
        os.utime(journal._file, (time.time() - age_s,) * 2)
    (tmp_path / FOLDER / "half.json").write_text('{"stack_id": 3,', encoding="utf-8")
    left = LeftBehind.newest(tmp_path)
    assert left is not None
    assert left.place.stack_id == 2
    assert LeftBehind.newest(tmp_path / "nowhere") is None


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("a file", encoding="utf-8")
    with pytest.raises(OutputError, match="not journaled"):
        Journal(tmp_path)


PAINTING = """
import sys, time
from pathlib import Path
import numpy as np
from calcimeasure.model import Outline
from calcimeasure.review.journal import Journal, Place, Unsaved

journal = Journal(Path(sys.argv[1]))
for n in range(1, 100_000):
    mask = np.zeros((1, 1, n), dtype=bool) | True
    journal.write(Place(1, 1, (Unsaved(1, Outline.from_mask(mask), None),)))
    print(n, flush=True)
    time.sleep(0.01)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9")
def test_a_process_that_is_killed_leaves_its_last_complete_journal(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PAINTING, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as painter:
        assert painter.stdout is not None
        while int(painter.stdout.readline()) < 20:
            pass
        os.kill(painter.pid, signal.SIGKILL)
        last = max(int(line) for line in painter.stdout.read().split() or ["20"])
    left = LeftBehind.newest(tmp_path)
    assert left is not None
    (one,) = left.place.unsaved
    assert one.outline is not None
    assert one.outline.voxel_count in (last, last + 1)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[tuple[Store, int]]:
    with store_with(tmp_path / "a.db", two_cuboids(), [box(FIRST), box(SECOND)], Tissue.CALCIFIED_MASS) as opened:
        yield opened


def again(opened: tuple[Store, int]) -> Session:
    return begin(*opened, two_cuboids())


def test_drawings_come_back_and_are_drafts_as_before(opened: tuple[Store, int]) -> None:
    before = again(opened)
    before.labels[3, 10:12, 24:27] = 1  # more of a lesion
    before.labels[SECOND] = 0  # a lesion erased
    before.labels[10, 30:33, 5:9] = 3  # a new one
    before.compare()
    unsaved = unsaved_of(before)
    assert [(one.label, one.base_number, one.outline is None) for one in unsaved] == [
        (1, 1, False),
        (2, 1, True),
        (3, None, False),
    ]
    after = again(opened)
    assert restore(after, unsaved) == [1, 2, 3]
    assert np.array_equal(after.labels, before.labels)
    assert unsaved_of(after) == unsaved
    after.save_all()
    assert after.lesions[2].lesion.status is Status.REJECTED
    assert after.outline(3) == unsaved[2].outline
    # A second time there is nothing to restore.
    assert restore(again(opened), (unsaved[0], unsaved[2])) == []


def test_a_drawing_of_a_lesion_that_somebody_changed_becomes_a_lesion_of_its_own(opened: tuple[Store, int]) -> None:
    before = again(opened)
    before.labels[3, 10:12, 24:27] = 1
    before.compare()
    unsaved = unsaved_of(before)
    store, stack_id = opened
    current = before.lesions[1]
    store.append(stack_id, [decide(current, Status.ACCEPTED, Signature("B. Reader"))], before.settings)
    after = again(opened)
    assert restore(after, unsaved) == [3]
    assert after.lesions[1].lesion.status is Status.ACCEPTED
    assert after.outline(1) == box(FIRST)
    drawn = after.outline(3)
    assert drawn is not None
    assert drawn.voxel_count == 6  # the voxels that no lesion has

"""What a row of the worklist says."""

from pathlib import Path

import numpy as np

from calcimeasure.model import Tissue
from calcimeasure.review.worklist import tasks_of
from napari_calcimeasure._rows import task_cells
from tests.model.test_model import volume_of
from tests.phantoms import straight_grid
from tests.plugin.desks import begin, store_with


def test_a_row_of_the_worklist_says_who_looked_and_who_decided(tmp_path: Path) -> None:
    empty = np.full((4, 30, 30), 40)
    volume = volume_of(empty, straight_grid(empty.shape, (2.0, 0.7, 0.9)))
    with store_with(tmp_path / "a.db", volume, [], Tissue.CALCIFIED_MASS) as (store, stack_id):
        session = begin(store, stack_id, volume)
        assert task_cells(tasks_of(store)[0])[4:] == ("", "", "nothing found")
        session.note_seen()
        assert task_cells(tasks_of(store)[0])[6] == "seen by A. Reader"
        session.labels[1, 10:20, 10:20] = 1
        session.save_all()  # and then there is something
        assert task_cells(tasks_of(store)[0])[5:] == ("1 of 1", "in review by A. Reader")

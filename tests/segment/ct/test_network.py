"""The network of parts on CT: small, repeatable, looks only at what is undecided, and says so in the evidence."""

from importlib.resources import files

import numpy as np

from calcimeasure.model import Tissue
from calcimeasure.segment import propose
from calcimeasure.segment.ct.constants import CT
from calcimeasure.segment.ct.network import log_odds
from calcimeasure.segment.ct.views import BEYOND_HU, SIDE, VIEWS, Labeled, around, views_of
from calcimeasure.settings import Settings
from tests.phantoms import Ellipsoid
from tests.tissue_scenes import scene, shaft


def views(count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    shape = (count, VIEWS, SIDE, SIDE)
    return rng.integers(-200, 1200, shape).astype(np.int16), rng.random(shape) < 0.1


def test_weights_are_small() -> None:
    assert len((files("calcimeasure.segment.ct") / "part_network.npz").read_bytes()) < 1_000_000


def test_what_it_says_is_rounded_and_does_not_depend_on_the_other_parts() -> None:
    seen, own = views(20)
    together = log_odds(seen, own, whole=False)
    alone = np.concatenate([log_odds(seen[n : n + 1], own[n : n + 1], whole=False) for n in range(20)])
    assert np.abs(together - alone).max() <= CT.network_rounding * 1.01
    assert np.abs(together / CT.network_rounding - np.rint(together / CT.network_rounding)).max() < 1e-6
    assert log_odds(seen[:0], own[:0], whole=True).shape == (0,)


def test_view_has_the_part_in_its_middle_and_tells_the_end_of_the_image() -> None:
    labels = np.zeros((40, 40, 40), dtype=np.int32)
    labels[18:22, 18:22, 18:22] = 1
    hu = np.where(labels > 0, 700, 40).astype(np.int16)
    stack = around(hu, (1.0, 1.0, 1.0))
    parts = Labeled(labels, labels.astype(np.float32), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0))
    seen, own = views_of(stack, parts, np.array([1]))
    middle = SIDE // 2
    assert own[0, :, middle - 1 : middle + 1, middle - 1 : middle + 1].any(axis=(1, 2)).all()
    assert (seen[0, :3, 0, 0] == BEYOND_HU).all()  # 31 mm from the middle; the image ends 20 mm from it
    assert (seen[0, :3][own[0, :3]] > 200).all()


def test_network_is_one_sign_among_the_evidence() -> None:
    on_shaft = Ellipsoid((2.0, 3.0, 1.0), (14.0, 11.0, 16.0), 750.0, (10.0, 20.0, 30.0))
    proposals = propose(scene([on_shaft, shaft()]), Settings())
    (mass,) = [part for part in proposals.parts if part.tissue is Tissue.CALCIFIED_MASS]
    (said,) = [one for one in mass.evidence if one.name == "surroundings"]
    assert said.log_odds > 0
    assert "network" in said.sentence

"""An outline becomes a lesion with a name for good."""

import dataclasses
import re
import uuid
from collections.abc import Callable
from importlib.metadata import version

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from pydicom.uid import UID

from calcimeasure.analysis.lesion import assess, tracking_uid
from calcimeasure.measure import measure
from calcimeasure.model import AlgorithmType, Outline, Status
from calcimeasure.settings import Settings, settings_hash
from tests.model.test_model import MASKS, ct_series, instance, volume_of
from tests.phantoms import oblique_grid

OUTLINE = Outline((2, 3, 4), (4, 5, 7), bytes([0b10110100, 0b11100000]))
KNOWN_UID = "2.25.249300555979646698535598255985811002842"


@given(MASKS)
@hypothesis_settings(deadline=None)
def test_tracking_uid_is_a_valid_uid_made_from_a_uuid(mask: np.ndarray) -> None:
    uid = tracking_uid(ct_series(), Outline.from_mask(mask))
    assert UID(uid).is_valid
    assert len(uid) <= 64
    assert re.fullmatch(r"2\.25\.[1-9][0-9]*", uid)
    made_from = uuid.UUID(int=int(uid.removeprefix("2.25.")))
    # RFC 9562, section 5.8: version 8 in a UUID of this variant.
    assert (made_from.variant, made_from.version) == (uuid.RFC_4122, 8)


def test_tracking_uid_stays_the_same_in_every_run() -> None:
    # A registry holds on to it: another value here gives every lesion that is measured again another name.
    assert tracking_uid(ct_series(), OUTLINE) == KNOWN_UID
    assert tracking_uid(ct_series(), Outline.from_mask(OUTLINE.mask(), tuple(np.array([2, 3, 4])))) == KNOWN_UID


def test_tracking_uid_depends_on_the_images_and_the_outline_alone() -> None:
    described = ct_series(description="Hips", notices=("uneven_spacing",), stack_number=2)
    assert tracking_uid(described, OUTLINE) == tracking_uid(ct_series(), OUTLINE)


FRAMES = [
    ct_series(instances=tuple(instance(sop_uid="1.2.3.1", frame_index=n, frame_count=4) for n in frames))
    for frames in ((0, 1), (2, 3))
]


@pytest.mark.parametrize(
    "name",
    [
        lambda: tracking_uid(ct_series(study_uid="1.3"), OUTLINE),
        lambda: tracking_uid(ct_series(series_uid="1.2.4"), OUTLINE),
        lambda: tracking_uid(ct_series(study_uid="1.2.1", series_uid="2.3"), OUTLINE),
        lambda: tracking_uid(ct_series(instances=ct_series().instances[:1]), OUTLINE),
        lambda: tracking_uid(ct_series(instances=ct_series().instances[::-1]), OUTLINE),
        lambda: tracking_uid(ct_series(instances=(instance(sop_uid="1.2.3.1"), instance(sop_uid="1.2.3.3"))), OUTLINE),
        lambda: tracking_uid(FRAMES[0], OUTLINE),
        lambda: tracking_uid(FRAMES[1], OUTLINE),
        lambda: tracking_uid(ct_series(), dataclasses.replace(OUTLINE, bits=bytes([0b10110101, 0b11100000]))),
        lambda: tracking_uid(ct_series(), dataclasses.replace(OUTLINE, start_kji=(3, 3, 4), stop_kji=(5, 5, 7))),
        lambda: tracking_uid(ct_series(), dataclasses.replace(OUTLINE, stop_kji=(4, 6, 6))),
    ],
)
def test_tracking_uid_is_another_for_another_stack_or_outline(name: Callable[[], str]) -> None:
    assert name() != tracking_uid(ct_series(), OUTLINE)


def test_stacks_of_one_multi_frame_file_are_told_apart() -> None:
    assert tracking_uid(FRAMES[0], OUTLINE) != tracking_uid(FRAMES[1], OUTLINE)


def test_outline_becomes_a_proposed_lesion_that_nobody_has_judged() -> None:
    mask = np.zeros((5, 6, 7), dtype=bool)
    mask[2:4, 2:5, 3:5] = True
    grid = oblique_grid(mask.shape, (2.5, 0.7, 0.9), (20.0, -35.0, 50.0))
    volume = volume_of(np.where(mask, 400, 40), grid, "sheared_stack", "specks_dropped")
    outline, settings = Outline.from_mask(mask), Settings(large_diameter_mm=5)
    lesion = assess(volume, outline, 7, settings)
    assert lesion.tracking_uid == tracking_uid(volume.stack, outline)
    assert (lesion.number, lesion.outline) == (7, outline)
    numbers = measure(volume, outline, settings)
    k = numbers.long_axis_slice
    image = {"long_axis_sop_uid": f"1.2.3.{k + 1}", "long_axis_instance_number": k + 1}
    assert lesion.measurements == dataclasses.replace(numbers, **image)
    assert (lesion.settings_hash, lesion.software_version) == (settings_hash(settings), version("calcimeasure"))
    assert lesion.measurements.large
    assert lesion.notices == ("sheared_stack", "specks_dropped", "plateau_from_sum")
    assert (lesion.status, lesion.algorithm_type) == (Status.PROPOSED, AlgorithmType.AUTOMATIC)
    unknown = ("tissue", "tissue_confidence", "side", "site", "reader", "reviewed_at")
    assert {getattr(lesion, name) for name in unknown} == {None}

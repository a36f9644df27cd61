"""Which slices are one stack: headers and positions both count, and neither decides alone."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from pydicom.uid import generate_uid

from calcimeasure import Settings
from calcimeasure.errors import GeometryError
from calcimeasure.load import check_headers, find_series
from calcimeasure.load.planes import Planes
from tests.dicom_phantom import Header, write_series
from tests.dicom_writers import write_multiframe
from tests.phantoms import uneven_grid

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pydicom import Dataset

    from calcimeasure.model import Stack
    from tests.dicom_phantom import Instance

Tags = dict[str, Any]

_numbers = itertools.count(1)


def put(
    folder: Path, places_mm: Sequence[float], tags_of: Callable[[int], Tags] | Tags | None = None, **header: object
) -> None:
    """Write slices of 4 x 4 pixels at some places; tags for all of them, or made of the index of each."""
    number = next(_numbers)

    def tagged(instances: list[Instance]) -> list[Instance]:
        for k, one in enumerate(instances):
            one.dataset.SOPInstanceUID = generate_uid(entropy_srcs=[str(number), str(k)])
            for keyword, value in (tags_of(k) if callable(tags_of) else tags_of or {}).items():
                if value is None:
                    one.dataset.pop(keyword, None)
                else:
                    setattr(one.dataset, keyword, value)
        return instances

    grid = uneven_grid(places_mm if len(places_mm) > 1 else (*places_mm, 1e3), (4, 4), (1.0, 1.0))
    hu = np.random.default_rng(number).integers(-90, 90, grid.shape_kji).astype(np.int16)
    first = 100 * number
    alone = (lambda instances: tagged(instances)[: len(places_mm)],)
    write_series(
        folder / f"{number:03d}",
        hu,
        grid,
        Header(**({"slice_thickness_mm": 2.0, "first_instance_number": first} | header)),
        faults=alone,
    )


def stacks(folder: Path) -> list[Stack]:
    return list(find_series(folder).series)


def sizes(folder: Path) -> list[int]:
    return [len(stack.instances) for stack in stacks(folder)]


def reason(stack: Stack) -> str | None:
    try:
        check_headers(stack, Settings())
    except GeometryError as error:
        return error.reason
    return None


def run(start: float, count: int, step: float = 2.0) -> list[float]:
    return [start + step * k for k in range(count)]


def a_uid(*parts: object) -> str:
    return generate_uid(entropy_srcs=list(map(str, parts)))


# Whose


@pytest.mark.parametrize(
    "other",
    [
        {"PatientID": "OTHER"},
        {"IssuerOfPatientID": "HOSP B"},
        {"PatientBirthDate": "19800202"},
        {"PatientSex": "M"},
    ],
    ids=lambda other: next(iter(other)),
)
@pytest.mark.parametrize("start", [20.0, 0.0, 1.0], ids=["behind", "same_places", "in_turn"])
def test_two_persons_under_one_series_uid_are_two_stacks(tmp_path: Path, other: Tags, start: float) -> None:
    put(tmp_path, run(0, 10), {"IssuerOfPatientID": "HOSP A"}, series_uid="1.2.3")
    put(tmp_path, run(start, 10), {"IssuerOfPatientID": "HOSP A"} | other, series_uid="1.2.3")
    found = stacks(tmp_path)
    assert [len(stack.instances) for stack in found] == [10, 10]
    assert len({stack.person_name for stack in found}) == 2
    assert all("patient_conflict" in stack.notices for stack in found)
    assert sorted(stack.stack_number for stack in found) == [1, 2]


@pytest.mark.parametrize(
    "other",
    [
        {"PatientSex": "O"},
        {"PatientSex": ""},
        {"PatientSex": None, "PatientBirthDate": None},
        {"PatientBirthDate": "19000101"},
        {"PatientID": ""},
    ],
    ids=str,
)
def test_slices_that_lack_what_others_say_are_of_the_same_person(tmp_path: Path, other: Tags) -> None:
    put(tmp_path, run(0, 10), lambda k: other if k in (0, 4) else {})
    (stack,) = stacks(tmp_path)
    assert (len(stack.instances), stack.notices, stack.person_name) == (10, (), "CALCI-PHANTOM")


def test_one_id_of_two_persons_in_two_series(tmp_path: Path) -> None:
    put(tmp_path, run(0, 4), {"IssuerOfPatientID": "A"}, seed="one")
    put(tmp_path, run(0, 4), {"IssuerOfPatientID": "B"}, seed="other")
    one, other = stacks(tmp_path)
    assert one.patient_id == other.patient_id
    assert one.person_name != other.person_name
    assert one.notices == other.notices == ("patient_conflict",)


def test_ids_that_name_nobody_link_no_studies(tmp_path: Path) -> None:
    for study in ("1.2.1", "1.2.2"):
        put(tmp_path, run(0, 4), patient_id="ANONYMOUS", study_uid=study, series_uid=f"{study}.1")
        put(tmp_path, run(0, 4), patient_id="ANONYMOUS", study_uid=study, series_uid=f"{study}.2")
    names = [stack.person_name for stack in stacks(tmp_path)]
    assert names[0] == names[1] != names[2] == names[3]


# When


def test_two_study_dates_under_one_series_uid_are_two_stacks(tmp_path: Path) -> None:
    put(tmp_path, run(0, 10), series_uid="1.2.3", study_uid="1.2", study_date="20121231")
    put(tmp_path, run(20, 10), series_uid="1.2.3", study_uid="1.2", study_date="20170619")
    found = stacks(tmp_path)
    assert [(len(stack.instances), stack.study_date and stack.study_date.year) for stack in found] == [
        (10, 2012),
        (10, 2017),
    ]
    assert all("several_study_dates" in stack.notices for stack in found)


def midnight(k: int) -> Tags:
    """Slices of one spiral, the fourth of which is taken after midnight."""
    day, taken = ("20240110", "235958") if k < 4 else ("20240111", "000001")
    return {
        "StudyDate": day,
        "AcquisitionDate": day,
        "AcquisitionTime": taken,
        "ContentDate": day,
        "ContentTime": taken,
    }


def test_a_series_past_midnight_is_one_stack_of_the_day_on_which_it_began(tmp_path: Path) -> None:
    put(tmp_path, run(0, 10), midnight)
    (stack,) = stacks(tmp_path)
    assert (len(stack.instances), str(stack.study_date)) == (10, "2024-01-10")
    assert stack.notices == ("past_midnight",)


def test_study_date_is_that_of_the_study_where_only_acquisitions_are_past_midnight(tmp_path: Path) -> None:
    put(tmp_path, run(0, 10), lambda k: midnight(k) | {"StudyDate": "20240110"})
    (stack,) = stacks(tmp_path)
    assert (len(stack.instances), str(stack.study_date), stack.notices) == (10, "2024-01-10", ())


def test_a_series_of_the_next_day_at_the_same_hour_is_another_study(tmp_path: Path) -> None:
    for day in ("20240110", "20240111"):
        put(tmp_path, run(0, 4), study_uid="1.2", series_uid=f"1.2.{day}", study_date=day)
    assert [str(stack.study_date) for stack in stacks(tmp_path)] == ["2024-01-10", "2024-01-11"]


# Scattered by a UID


@pytest.mark.parametrize("keyword", ["FrameOfReferenceUID", "SeriesInstanceUID", "all"])
def test_a_uid_of_each_slice_scatters_nothing(tmp_path: Path, keyword: str) -> None:
    uids = ("FrameOfReferenceUID", "SeriesInstanceUID", "StudyInstanceUID") if keyword == "all" else (keyword,)
    put(tmp_path, run(0, 12), lambda k: {name: a_uid(name, k) for name in uids})
    (stack,) = stacks(tmp_path)
    assert (len(stack.instances), stack.notices) == (12, ("joined_slices",))
    assert [image.instance_number for image in stack.instances] == sorted(
        image.instance_number or 0 for image in stack.instances
    )


def test_a_joined_series_has_the_uids_of_its_first_slice(tmp_path: Path) -> None:
    put(tmp_path, run(0, 5), lambda k: {"SeriesInstanceUID": f"1.2.{9 - k}"}, study_uid="1.2")
    (stack,) = stacks(tmp_path)
    assert stack.series_uid == "1.2.9"
    assert set(stack.joined_series) == {("1.2", f"1.2.{9 - k}") for k in range(5)}


def test_two_time_points_with_a_uid_of_each_slice(tmp_path: Path) -> None:
    for point in (1, 2):
        put(
            tmp_path,
            run(0, 6),
            lambda k, point=point: {"SeriesInstanceUID": a_uid(point, k), "TemporalPositionIdentifier": point},
            study_uid="1.2",
        )
    assert sizes(tmp_path) == [6, 6]


@pytest.mark.parametrize(
    "keyword", ["ConvolutionKernel", "KVP", "SeriesNumber", "PatientSex", "StudyDate", "SeriesDescription"]
)
def test_lone_slices_that_differ_in_more_than_uids_stay_alone(tmp_path: Path, keyword: str) -> None:
    """Two half stacks, each joined; where something else tells them apart, they are not one."""
    values = {
        "PatientSex": ("F", "M"),
        "StudyDate": ("20200101", "20210101"),
        "KVP": ("80", "120"),
        "SeriesNumber": (1, 2),
    }
    one, other = values.get(keyword, ("A", "B"))
    put(
        tmp_path,
        run(0, 12),
        lambda k: {"SeriesInstanceUID": a_uid("s", k), keyword: one if k < 6 else other},
        study_uid="1.2",
    )
    assert sizes(tmp_path) == [6, 6]


def test_three_levels_in_three_series_are_no_stack(tmp_path: Path) -> None:
    put(tmp_path, run(0, 3, 2.0), lambda k: {"SeriesInstanceUID": a_uid("level", k)})
    assert sizes(tmp_path) == [1, 1, 1]
    assert all(stack.notices == () for stack in stacks(tmp_path))


def test_levels_with_gaps_between_them_are_no_stack(tmp_path: Path) -> None:
    put(tmp_path, run(0, 6, 30.0), lambda k: {"SeriesInstanceUID": a_uid("level", k)})
    assert sizes(tmp_path) == [1] * 6
    assert all(stack.notices == () for stack in stacks(tmp_path))


@pytest.mark.parametrize("places", [[0, 2, 4, 8, 10, 12.5, 15], [0, 0, 2, 2, 4, 4]], ids=["uneven", "twins"])
def test_slices_of_one_place_that_stay_scattered_are_told(tmp_path: Path, places: list[float]) -> None:
    for k, place in enumerate(places):
        put(tmp_path, [place], {"SeriesInstanceUID": a_uid("scattered", k), "InstanceNumber": k})
    assert all(stack.notices == ("scattered_slices",) for stack in stacks(tmp_path))


# Cut in two


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("ConvolutionKernel", ["B30f", "1"]),
        ("ConvolutionKernel", ""),
        ("ImageType", ["ORIGINAL", "PRIMARY", "HELICAL"]),
        ("ImageType", ["DERIVED", "PRIMARY", "AXIAL"]),
        ("FrameOfReferenceUID", "1.2.3"),
        ("FrameOfReferenceUID", ""),
    ],
)
@pytest.mark.parametrize(
    "other", [lambda k: k >= 7, lambda k: k in (2, 3, 7, 9, 10), lambda k: k == 9, lambda k: k == 4]
)
def test_an_even_stack_is_not_cut(tmp_path: Path, keyword: str, value: object, other: Callable[[int], bool]) -> None:
    put(tmp_path, run(0, 14), lambda k: {keyword: value} if other(k) else {})
    (stack,) = stacks(tmp_path)
    assert (len(stack.instances), stack.notices) == (14, ("joined_slices",))


def test_an_even_stack_is_not_cut_where_everything_changes_at_once(tmp_path: Path) -> None:
    both = {
        "ConvolutionKernel": "B31f",
        "FrameOfReferenceUID": "1.2.3",
        "ImageType": ["ORIGINAL", "PRIMARY", "HELICAL"],
    }
    put(tmp_path, run(0, 14), lambda k: both if k >= 5 else {})
    assert sizes(tmp_path) == [14]


@pytest.mark.parametrize(
    "other",
    [
        {"FrameOfReferenceUID": "1.2.3", "AcquisitionNumber": 2},
        {"ConvolutionKernel": "B70f", "Rows": 4, "PixelSpacing": [1.1, 1.1]},
    ],
)
def test_two_acquisitions_one_behind_the_other_stay_two(tmp_path: Path, other: Tags) -> None:
    put(tmp_path, run(0, 14), lambda k: other if k >= 7 else {})
    assert sizes(tmp_path) == [7, 7]


def test_kernels_in_turn_are_two_reconstructions(tmp_path: Path) -> None:
    put(tmp_path, run(0, 14), lambda k: {"ConvolutionKernel": f"B{k % 2}"})
    assert sizes(tmp_path) == [7, 7]


def test_stacks_with_another_center_are_not_joined(tmp_path: Path) -> None:
    def moved(k: int) -> Tags:
        return {"ConvolutionKernel": "B70f", "ImagePositionPatient": [30.0, 0.0, 2.0 * k]} if k >= 7 else {}

    put(tmp_path, run(0, 14), moved)
    assert sizes(tmp_path) == [7, 7]


def test_a_localizer_joins_nothing(tmp_path: Path) -> None:
    put(tmp_path, run(0, 14), lambda k: {"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]} if k == 13 else {})
    assert sizes(tmp_path) == [13, 1]


# Interleaved


@pytest.mark.parametrize(
    "tags",
    [
        {"AcquisitionNumber": [1, 2]},
        {"AcquisitionNumber": [1, 2, 3]},
        {"TemporalPositionIdentifier": [1, 2]},
        {"AcquisitionTime": ["101500", "101800"]},
        {"AcquisitionDateTime": ["20240115101500", "20240115101800"]},
        {"TriggerTime": ["0", "400"]},
        {"NominalPercentageOfCardiacPhase": [40, 75]},
        {"IrradiationEventUID": ["1.2.1", "1.2.2"]},
        {"KVP": ["80", "140"]},
    ],
    ids=lambda tags: next(iter(tags)),
)
def test_acquisitions_evenly_in_turn_are_stacks_of_their_own(tmp_path: Path, tags: Tags) -> None:
    ((keyword, values),) = tags.items()
    count = len(values)
    put(tmp_path, run(0, 6 * count), lambda k: {keyword: values[k % count]}, slice_thickness_mm=2.0 * count)
    assert sizes(tmp_path) == [6] * count


@pytest.mark.parametrize("keyword", ["AcquisitionTime", "AcquisitionDateTime", "ContentTime"])
@pytest.mark.parametrize(
    ("start", "back"), [(1.0, False), (0.0, False), (0.0, True)], ids=["in_turn", "same_places", "to_and_fro"]
)
def test_passes_are_told_by_the_order_of_times_that_differ_in_every_slice(
    tmp_path: Path, keyword: str, start: float, back: bool
) -> None:
    day = "20240115" if keyword == "AcquisitionDateTime" else ""
    put(tmp_path, run(0, 7), lambda k: {keyword: f"{day}1015{k:02d}"}, series_uid="1.2.3")
    put(tmp_path, run(start, 7), lambda k: {keyword: f"{day}1018{6 - k if back else k:02d}"}, series_uid="1.2.3")
    assert sizes(tmp_path) == [7, 7]


@pytest.mark.parametrize("order", [lambda k: k, lambda k: 14 - k, lambda k: k * 8 % 15, lambda k: k // 2])
def test_times_of_one_pass_or_of_none_split_nothing(tmp_path: Path, order: Callable[[int], int]) -> None:
    put(
        tmp_path, run(0, 15), lambda k: {"AcquisitionTime": f"1015{order(k):02d}", "ContentTime": f"1016{order(k):02d}"}
    )
    assert sizes(tmp_path) == [15]


def test_slices_in_turn_that_only_together_leave_no_gap_are_refused(tmp_path: Path) -> None:
    """Acquisition numbers say two stacks; slices of 2 mm, 2 mm apart only together, say one."""
    put(tmp_path, run(0, 14), lambda k: {"AcquisitionNumber": 1 + k % 2}, slice_thickness_mm=2.0)
    (stack,) = stacks(tmp_path)
    with pytest.raises(GeometryError, match="AcquisitionNumber 1 and 2") as error:
        check_headers(stack, Settings())
    assert error.value.reason == "mixed_acquisitions"


def test_time_points_in_turn_are_told_apart_whatever_the_thickness(tmp_path: Path) -> None:
    put(tmp_path, run(0, 14), lambda k: {"TemporalPositionIdentifier": 1 + k % 2}, slice_thickness_mm=1.0)
    assert sizes(tmp_path) == [7, 7]


@pytest.mark.parametrize("number", [lambda k: 1 + k // 3, lambda k: k, lambda k: 1 + (k in (3, 4, 9))])
def test_acquisition_numbers_that_tell_nothing_split_nothing(tmp_path: Path, number: Callable[[int], int]) -> None:
    put(tmp_path, run(0, 15), lambda k: {"AcquisitionNumber": number(k), "ContentTime": f"1015{k:02d}"})
    (stack,) = stacks(tmp_path)
    assert (len(stack.instances), stack.notices, reason(stack)) == (15, (), None)


# A foreign slice


@pytest.mark.parametrize("place", [7.0, 8.0, 33.3, -5.5], ids=["between", "same_place", "behind", "before"])
@pytest.mark.parametrize("count", [1, 4], ids=["one", "several"])
def test_monitoring_is_no_slice_of_the_stack(tmp_path: Path, place: float, count: int) -> None:
    put(tmp_path, run(0, 15), {"AcquisitionNumber": 5}, series_uid="1.2.3")
    for number in range(count):
        taken = {"AcquisitionNumber": 1 + number, "SliceThickness": "10", "AcquisitionTime": f"10150{number}"}
        put(tmp_path, [place], taken, series_uid="1.2.3")
    found = stacks(tmp_path)
    assert len(found[0].instances) == 15
    assert sum(len(stack.instances) for stack in found) == 15 + count
    assert reason(found[0]) is None
    assert "duplicate_positions" not in {reason(stack) for stack in found}


def test_a_thick_slice_of_another_acquisition_is_foreign_also_where_it_fits(tmp_path: Path) -> None:
    put(tmp_path, run(0, 15), {"AcquisitionNumber": 2}, series_uid="1.2.3")
    put(tmp_path, [30.0], {"AcquisitionNumber": 1, "SliceThickness": "10"}, series_uid="1.2.3")
    assert sizes(tmp_path) == [15, 1]


def test_a_last_slice_of_another_turn_belongs_to_the_stack(tmp_path: Path) -> None:
    put(tmp_path, run(0, 15), lambda k: {"AcquisitionNumber": 1 + (k == 14)})
    assert sizes(tmp_path) == [15]


# Thin and thick, stack IDs


@pytest.mark.parametrize("start", [0.5, 0.0, 1.0], ids=["between", "shared_places", "in_turn"])
def test_thin_and_thick_are_two_stacks_with_a_thickness_each(tmp_path: Path, start: float) -> None:
    put(tmp_path, run(0, 15), {"SliceThickness": "2.0"}, series_uid="1.2.3")
    put(tmp_path, run(start, 6, 5.0), {"SliceThickness": "5"}, series_uid="1.2.3")
    found = stacks(tmp_path)
    assert [(len(stack.instances), stack.slice_thickness_mm, reason(stack)) for stack in found] == [
        (15, 2.0, None),
        (6, 5.0, None),
    ]


def test_thin_and_thick_that_cannot_be_told_apart_are_not_called_a_missing_slice(tmp_path: Path) -> None:
    put(tmp_path, [place for place in run(0, 15) if place != 12.0], {"SliceThickness": "2"}, series_uid="1.2.3")
    put(tmp_path, run(0.5, 6, 5.0), {"SliceThickness": "5"}, series_uid="1.2.3")
    (stack,) = stacks(tmp_path)
    with pytest.raises(GeometryError, match="SliceThickness 2 and 5 mm") as error:
        check_headers(stack, Settings())
    assert error.value.reason == "mixed_acquisitions"


def test_two_stacks_at_two_times(tmp_path: Path) -> None:
    """No attribute alone leaves one image at each place."""
    for thickness, point in itertools.product(("2", "4"), (1, 2)):
        tags = {"SliceThickness": thickness, "TemporalPositionIdentifier": point}
        put(tmp_path, run(0, 8, float(thickness)), tags, series_uid="1.2.3")
    assert sizes(tmp_path) == [8, 8, 8, 8]


@pytest.mark.parametrize("start", [0.0, 1.0], ids=["same_places", "in_turn"])
def test_stack_ids_are_asked(tmp_path: Path, start: float) -> None:
    grid = uneven_grid([*run(0, 6), *run(start, 6)], (4, 4), (1.0, 1.0))

    def number_stacks(dataset: Dataset) -> None:
        for number, item in enumerate(dataset.PerFrameFunctionalGroupsSequence):
            item.FrameContentSequence[0].StackID = str(1 + number // 6)

    hu = np.random.default_rng(1).integers(-90, 90, grid.shape_kji).astype(np.int16)
    assert sizes(write_multiframe(tmp_path / "one", hu, grid, edit=number_stacks)) == [6, 6]


# Time


def test_ten_thousand_planes_are_not_compared_with_each_other() -> None:
    planes = Planes(Settings())
    begun = time.perf_counter()
    numbers = [planes.number_of(((1.0, 0.0, 0.0, 0.0, 1.0, 0.0), (1.001**k, 1.0))) for k in range(10000)]
    assert len(set(numbers)) == 10000
    assert planes.number_of(((1.0, 0.0, 0.0005, 0.0, 1.0, 0.0), (1.00001, 1.0))) == numbers[0]
    assert time.perf_counter() - begun < 5

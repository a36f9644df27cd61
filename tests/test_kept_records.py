"""What the store cannot hold costs its own stack: the run goes on, and every other stack has its numbers."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from calcimeasure import find_series
from calcimeasure.analysis.pipeline import verdict_from_headers
from calcimeasure.settings import Settings
from tests.batch_runs import measure
from tests.patched import environment
from tests.postgresql import STORES, empty_store
from tests.tables import read, write_ct

if TYPE_CHECKING:
    from pathlib import Path

_NO_BOUNDS = environment("calcimeasure.load.values", "LARGEST_INTEGER = 2**80")
"""Without what the header step refuses, so that it is the store that cannot hold a value."""


def replace_value(path: Path, tag: int, value: bytes) -> None:
    """Write another value of an attribute with a short length: pydicom writes no value that is invalid."""
    content = path.read_bytes()
    place = content.index(struct.pack("<HH", tag >> 16, tag & 0xFFFF), 132) + 6
    (length,) = struct.unpack_from("<H", content, place)
    value += b" " * (len(value) % 2)
    path.write_bytes(content[:place] + struct.pack("<H", len(value)) + value + content[place + 2 + length :])


def write_two(folder: Path, tag: int, value: bytes) -> Path:
    """A series in order, and one with a value in each file that no store should get."""
    write_ct(folder / "good", seed="good", patient_id="P1")
    write_ct(folder / "odd", seed="odd", patient_id="P2")
    for path in (folder / "odd").iterdir():
        replace_value(path, tag, value)
    return folder


INSTANCE_NUMBER, SERIES_NUMBER = 0x00200013, 0x00200011


@pytest.mark.parametrize("tag", [INSTANCE_NUMBER, SERIES_NUMBER])
@pytest.mark.parametrize("value", [b"9223372036854775808", b"3000000000", b"-3000000000", b"1" + b"0" * 300])
def test_number_outside_of_its_vr_is_not_known(tmp_path: Path, tag: int, value: bytes) -> None:
    good, odd = find_series(write_two(tmp_path, tag, value)).series
    assert "number_out_of_range" in odd.notices
    assert "number_out_of_range" not in good.notices
    kept = odd.series_number if tag == SERIES_NUMBER else odd.instances[0].instance_number
    assert kept is None
    assert verdict_from_headers(odd, Settings()) is None
    assert [one.position_lps_mm for one in odd.instances] == [one.position_lps_mm for one in good.instances]


@pytest.mark.parametrize("value", [b"2147483647", b"-2147483648", b"0"])
def test_largest_numbers_are_kept(tmp_path: Path, value: bytes) -> None:
    _, odd = find_series(write_two(tmp_path, INSTANCE_NUMBER, value)).series
    assert odd.instances[0].instance_number == int(value)
    assert "number_out_of_range" not in odd.notices


@pytest.mark.parametrize(
    ("tag", "name"),
    [(0x0020000E, "SeriesInstanceUID"), (0x0020000D, "StudyInstanceUID"), (0x00080018, "SOPInstanceUID")],
)
def test_uid_that_is_too_long_is_refused(tmp_path: Path, tag: int, name: str) -> None:
    found = find_series(write_two(tmp_path, tag, b"1." * 32 + b"1"))
    assert len(found.series) == 1
    assert {failure.reason for failure in found.unreadable} == {"name_too_long"}
    assert f"A UID of at most 64 characters expected (PS3.5 section 9.1), found 65 in {name} (" in (
        found.unreadable[0].message
    )
    assert find_series(write_two(tmp_path / "longest", 0x0020000E, b"1." * 31 + b"11")).unreadable == ()


def test_patient_id_is_never_cut(tmp_path: Path) -> None:
    found = find_series(write_two(tmp_path, 0x00100020, b"7" * 1026))
    assert len(found.series) == 1
    assert {failure.reason for failure in found.unreadable} == {"name_too_long"}


def test_text_is_cut_and_a_number_is_not(tmp_path: Path) -> None:
    _, odd = find_series(write_two(tmp_path / "text", 0x0008103E, b"knee " * 1000)).series
    assert odd.description == ("knee " * 1000)[:1024]
    _, odd = find_series(write_two(tmp_path / "number", 0x00180050, b"0" * 1100 + b"5")).series
    assert odd.slice_thickness_mm is None


@pytest.mark.parametrize("kind", STORES)
def test_odd_values_end_no_run(kind: str, tmp_path: Path) -> None:
    images, out = write_two(tmp_path / "images", INSTANCE_NUMBER, b"9223372036854775808"), tmp_path / "out"
    measure(images, out, "--store", empty_store(kind, tmp_path), "--workers", 1)
    assert [row["state"] for row in read(out / "private" / "series.csv")] == ["measured", "measured"]


@pytest.mark.parametrize("kind", STORES)
def test_a_record_that_cannot_be_kept_is_a_failure_of_its_stack(kind: str, tmp_path: Path) -> None:
    images, out = write_two(tmp_path / "images", SERIES_NUMBER, b"9223372036854775808"), tmp_path / "out"
    options = ("--store", empty_store(kind, tmp_path), "--workers", 1)
    done = measure(images, out, *options, exit_code=1, **_NO_BOUNDS)
    rows = {row["path"].split("/")[0]: row for row in read(out / "private" / "series.csv")}
    assert rows["good"]["state"] == "measured"
    assert (rows["odd"]["state"], rows["odd"]["reason"]) == ("failed", "not_kept")
    assert "cannot hold a record" in rows["odd"]["message"]
    assert rows["odd"]["message"] in done.stderr
    assert len(read(out / "lesions.csv")) > 0

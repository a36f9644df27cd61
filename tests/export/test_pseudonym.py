"""Who a row is about stays a secret, the same one each time."""

import hashlib
import hmac
import os
import re
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.uid import UID

from calcimeasure.errors import KeyFileError
from calcimeasure.export import Identified, Pseudonyms, fingerprint, read_or_make_key, read_record_map
from calcimeasure.model import StackFacts, names_nobody

KEY = bytes(range(32))
NAMES = Pseudonyms(KEY)
STACK = StackFacts(
    study_uid="1.2.3",
    series_uid="1.2.3.4",
    stack_number=1,
    modality="CT",
    root="/in",
    path="a.dcm",
    image_count=1,
    patient_id="4711",
    study_date=date(2020, 2, 29),
)


def of(patient_id: str | None, **facts: object) -> StackFacts:
    return replace(STACK, patient_id=patient_id, **facts)


def test_pseudonym_is_the_hmac_of_the_patient_id() -> None:
    digest = hmac.new(KEY, b"patient\x004711", hashlib.sha256).digest()[:10]
    bits = "".join(f"{byte:08b}" for byte in digest)
    letters = "".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[int(bits[n : n + 5], 2)] for n in range(0, 80, 5))
    assert NAMES.patient_key(STACK) == f"P-{letters}"


def test_pseudonyms_are_those_that_registries_know() -> None:
    # Another value here gives every patient another name.
    assert NAMES.patient_key(STACK) == "P-PZFSKXBNWISADRPW"
    assert NAMES.uid("1.2.3") == "2.25.323208961630152450876443539203389659764"


@given(st.text(min_size=1).filter(str.strip), st.text(min_size=1).filter(str.strip))
def test_patients_have_one_pseudonym_each(first: str, second: str) -> None:
    same = first.strip() == second.strip() or (names_nobody(first) and names_nobody(second))
    assert (NAMES.patient_key(of(first)) == NAMES.patient_key(of(second))) == same
    assert re.fullmatch(r"P-[A-Z2-7]{16}", NAMES.patient_key(of(first)) or "")


def test_another_key_gives_other_names() -> None:
    other = Pseudonyms(KEY[::-1])
    assert other.patient_key(STACK) != NAMES.patient_key(STACK)
    assert other.uid("1.2.3") != NAMES.uid("1.2.3")
    assert other.study_date(STACK) != NAMES.study_date(STACK)
    assert fingerprint(KEY) != fingerprint(KEY[::-1])


def test_time_between_studies_of_a_patient_stays() -> None:
    later = replace(STACK, study_uid="1.9", study_date=date(2021, 5, 30))
    first, second = NAMES.study_date(STACK), NAMES.study_date(later)
    assert first is not None
    assert second is not None
    assert second - first == timedelta(days=456)


@given(st.text())
def test_dates_go_back_by_one_day_to_ten_years(patient_id: str) -> None:
    shifted = NAMES.study_date(of(patient_id))
    assert shifted is not None
    assert timedelta(days=1) <= date(2020, 2, 29) - shifted <= timedelta(days=3652)


def test_patients_are_shifted_by_different_days() -> None:
    assert len({NAMES.study_date(of(str(number))) for number in range(50)}) > 40


@pytest.mark.parametrize("patient_id", [None, "", "  "])
def test_patients_without_an_id_are_not_one_patient(patient_id: str | None) -> None:
    assert NAMES.patient_key(of(patient_id)) is None
    dates = {NAMES.study_date(of(patient_id, study_uid=f"1.{number}")) for number in range(20)}
    assert len(dates) > 15


def test_what_is_not_known_stays_unknown() -> None:
    assert NAMES.study_date(replace(STACK, study_date=None)) is None
    assert NAMES.uid(None) is None
    assert NAMES.uid("") is None
    assert NAMES.study_date(replace(STACK, study_date=date(1, 1, 1))) is None


@given(st.from_regex(r"[0-9.]{1,64}", fullmatch=True))
def test_uid_is_replaced_by_a_valid_one(uid: str) -> None:
    replaced = NAMES.uid(uid)
    assert replaced is not None
    assert UID(replaced).is_valid
    assert replaced != uid
    assert replaced == NAMES.uid(uid)


def test_identified_names_are_those_of_the_header() -> None:
    names = Identified()
    assert (names.patient_key(STACK), names.study_date(STACK), names.uid("1.2.3")) == (
        "4711",
        date(2020, 2, 29),
        "1.2.3",
    )
    assert (names.dates_shifted, NAMES.dates_shifted) == (False, True)


def test_registry_has_its_own_ids() -> None:
    names = Pseudonyms(KEY, {"4711": "SSC-0001", "4712": "SSC-0001"})
    assert [names.patient_key(of(one)) for one in ("4711", " 4712 ")] == ["SSC-0001", "SSC-0001"]
    assert names.study_date(of("4711")) == names.study_date(of("4712"))
    assert names.patient_key(of("4713")) == NAMES.patient_key(of("4713"))
    assert names.study_date(of("4713")) == NAMES.study_date(of("4713"))


# The key


def test_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path, out = tmp_path / "keys" / "study.key", tmp_path / "out"
    key, made = read_or_make_key(path, out, may_make=True)
    assert made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(key) == 32
    assert read_or_make_key(path, out, may_make=True) == (key, False)
    assert [one.name for one in path.parent.iterdir()] == ["study.key"]
    assert read_or_make_key(tmp_path / "another.key", out, may_make=True)[0] != key


def test_key_may_not_lie_where_the_tables_are_given_away(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (tmp_path / "link").symlink_to(out, target_is_directory=True)
    for path in (out / "a.key", out / "private" / "a.key", tmp_path / "link" / "a.key"):
        with pytest.raises(KeyFileError, match="must lie outside"):
            read_or_make_key(path, out, may_make=True)
        assert not path.exists()


def test_second_key_is_never_made(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="cannot be read or made: No such file"):
        read_or_make_key(tmp_path / "lost.key", tmp_path / "out", may_make=False)
    assert list(tmp_path.iterdir()) == []


def _open_to_all(path: Path) -> None:
    path.write_text("ab" * 32, encoding="ascii")
    path.chmod(0o644)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.write_text("ab" * 31, encoding="ascii"), "64 hexadecimal digits expected, found 62"),
        (lambda path: path.write_text("xy" * 32, encoding="ascii"), "is no key of calcimeasure"),
        (lambda path: path.write_bytes(b"\xff" * 64), "it is no text"),
        (lambda path: path.mkdir(), "Is a directory"),
        pytest.param(
            _open_to_all,
            "can be read by others than its owner: chmod 600",
            marks=pytest.mark.skipif(os.name != "posix", reason="files have no mode here"),
        ),
    ],
)
def test_what_is_no_key_is_refused(tmp_path: Path, spoil: Callable[[Path], object], said: str) -> None:
    path = tmp_path / "study.key"
    spoil(path)
    if path.is_file() and spoil is not _open_to_all:
        path.chmod(0o600)
    if path.is_dir():
        path.chmod(0o700)
    with pytest.raises(KeyFileError, match=said):
        read_or_make_key(path, tmp_path / "out", may_make=True)


def test_key_of_another_run_that_was_faster_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "study.key"

    def slower(source: object, target: Path) -> None:
        target.write_text("cd" * 32, encoding="ascii")
        target.chmod(0o600)
        raise FileExistsError(f"{source} {target}")

    monkeypatch.setattr(os, "link", slower)
    assert read_or_make_key(path, tmp_path / "out", may_make=True) == (bytes.fromhex("cd" * 32), False)
    assert [one.name for one in tmp_path.iterdir()] == ["study.key"]


# The registry's ids


def mapped(tmp_path: Path, content: str | bytes) -> dict[str, str]:
    path = tmp_path / "map.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_record_map(path)


def test_record_map_is_a_csv_of_two_columns(tmp_path: Path) -> None:
    text = '\ufeffrecord_id,name,patient_id\r\nSSC-1,x,4711\r\n"SSC,2",y, 4712 \r\nSSC-1,x,4711\r\n'
    assert mapped(tmp_path, text) == {"4711": "SSC-1", "4712": "SSC,2"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("patient_id;record_id\n1;2\n", "line 2 lacks one"),
        ("patient_id,record_id\n1,2\n3,\n", "line 3 lacks one"),
        ("patient_id,record_id\n1,2\n1,3\n", "line 3 gives a patient another record_id"),
        (b"patient_id,record_id\n\xff,2\n", "cannot be read"),
    ],
)
def test_record_map_that_cannot_be_trusted_is_refused(tmp_path: Path, content: str | bytes, said: str) -> None:
    with pytest.raises(KeyFileError, match=said):
        mapped(tmp_path, content)


def test_record_map_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="cannot be read: No such file"):
        read_record_map(tmp_path / "none.csv")

"""What is told of a fault may be sent to anybody."""

import re
from importlib import metadata
from pathlib import Path

import pytest

from calcimeasure.fault import fault_report
from calcimeasure.load import find_series
from calcimeasure.store.connect import file_url
from calcimeasure.uid import made_uid


def caught(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as raised:  # noqa: BLE001 - any error can be reported
        return raised


def of_the_program() -> BaseException:
    """An error that is raised in a module of the program."""
    try:
        made_uid("no digest of DOE^JOHN")  # type: ignore[arg-type]
    except TypeError as error:
        return error
    raise AssertionError("an error expected")


def test_report_has_versions_kind_and_lines_of_the_program() -> None:
    report = fault_report(of_the_program())
    assert f"calcimeasure {metadata.version('calcimeasure')}" in report
    assert f"numpy {metadata.version('numpy')}" in report
    assert re.search(r"TypeError at calcimeasure/uid\.py:\d+\.$", report)
    assert len(report.splitlines()) == 1


@pytest.mark.parametrize("error", [ValueError("DOE^JOHN"), OSError(2, "No such file", "/archive/DOE^JOHN/1.dcm")])
def test_report_has_no_value_and_no_path(error: Exception) -> None:
    wrapped = RuntimeError("series 1.2.840.113619.2.55 of DOE^JOHN")
    wrapped.__cause__ = caught(error)
    report = fault_report(caught(wrapped))
    for secret in ("DOE", "archive", "1.2.840", str(Path(__file__).parent), "test_fault"):
        assert secret not in report
    assert report.endswith(f"RuntimeError; caused by {type(error).__name__}.")


def test_folders_of_this_machine_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calcimeasure.load.find.check_paths", lambda _: file_url(3))  # type: ignore[arg-type]
    with pytest.raises(AttributeError) as raised:
        find_series(tmp_path)
    report = fault_report(raised.value)
    assert re.search(r"calcimeasure/load/find\.py:\d+, calcimeasure/store/connect\.py:\d+\.$", report)
    assert str(Path(__file__).parents[1]) not in report


def test_error_that_is_its_own_cause_is_told_once() -> None:
    error = ValueError("a")
    error.__cause__ = KeyError("b")
    error.__cause__.__context__ = error
    assert fault_report(error).endswith("ValueError; caused by KeyError.")

"""The constants of the algorithm: declared with unit and reason, frozen, and named by the committed fingerprint."""

import dataclasses
import json
import tomllib
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

import calcimeasure
from calcimeasure.edge.constants import EDGE
from calcimeasure.load.constants import LOAD
from calcimeasure.locate.constants import LOCATE
from calcimeasure.measure.constants import MEASURE
from calcimeasure.segment.ct.constants import CT
from calcimeasure.segment.radiograph.constants import RADIOGRAPH
from calcimeasure.settings.algorithm import ALGORITHM, FINGERPRINT
from calcimeasure.settings.constants import Constants, fingerprint
from calcimeasure.study.constants import STUDY

PACKAGE = Path(calcimeasure.__file__).parent


def stage_records() -> list[Constants]:
    """Every record of constants that a module of the package declares."""
    declaring = "from calcimeasure.settings.constants import Constants"
    files = sorted(path for path in PACKAGE.rglob("*.py") if declaring in path.read_text(encoding="utf-8"))
    names = [".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in files]
    held = [value for name in names for value in vars(import_module(name)).values() if isinstance(value, Constants)]
    return list({type(one): one for one in held}.values())


@cache
def data_files() -> list[tuple[str, bytes]]:
    """Every file of weights, and every table of words without its comments: they move nothing."""
    weights, words = (
        sorted(path for path in PACKAGE.rglob(kind) if "sample_dicom" not in path.parts) for kind in ("*.npz", "*.toml")
    )
    tables = [(path.name, tomllib.loads(path.read_text(encoding="utf-8"))) for path in words]
    return [(path.name, path.read_bytes()) for path in weights] + [
        (name, json.dumps(table).encode()) for name, table in tables
    ]


RECORDS = stage_records()
# What is compared is the constants: a file of some bytes takes the place of the files, which are megabytes.
SOME_FILE = [("weights.npz", b"weights")]
FIELDS = [(record, field) for record in RECORDS for field in dataclasses.fields(record)]


def test_records_of_all_stages_are_found() -> None:
    records = (EDGE, LOAD, LOCATE, MEASURE, CT, RADIOGRAPH, STUDY)
    assert {type(one) for one in records} <= {type(one) for one in RECORDS}
    assert {Path(name).suffix for name, _ in data_files()} == {".npz", ".toml"}


def test_whoever_changes_a_number_raises_the_algorithm_number() -> None:
    found = fingerprint(RECORDS, data_files())
    assert found == FINGERPRINT, (
        "A constant of the algorithm, a file of weights or a table of words was changed: numbers change with it. Raise "
        f"ALGORITHM (now {ALGORITHM}) in calcimeasure/settings/algorithm.py by one, set FINGERPRINT there to "
        f"{found!r}, and tell in CHANGELOG.md how numbers change. Where a constant was renamed, moved or added and no "
        "number changes, set FINGERPRINT alone."
    )


@pytest.mark.parametrize(("record", "field"), FIELDS, ids=[field.name for _, field in FIELDS])
def test_constant_has_its_unit_and_reason_and_is_in_the_fingerprint(
    record: Constants, field: dataclasses.Field[object]
) -> None:
    assert field.metadata["why"].endswith(".")
    assert "  " not in field.metadata["why"]
    assert isinstance(field.metadata["unit"], str)
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(record, field.name, 0)
    changed = dataclasses.replace(record, **{field.name: another(getattr(record, field.name))})
    others = [one for one in RECORDS if one is not record]
    assert fingerprint([changed, *others], SOME_FILE) != fingerprint(RECORDS, SOME_FILE)


def another(value: object) -> object:
    """The same value with the last thing in it a little different."""
    if isinstance(value, tuple):
        return (*value[:-1], another(value[-1]))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        first = dataclasses.fields(value)[0].name
        return dataclasses.replace(value, **{first: another(getattr(value, first))})
    if isinstance(value, str):
        return value + "x"
    assert isinstance(value, int | float)
    return value + value / 1024 if value else 1


def test_fingerprint_changes_with_the_files_and_not_with_an_order() -> None:
    (name, content), *_ = files = data_files()
    assert fingerprint(RECORDS, [(name, content[:-1] + b"?")]) != fingerprint(RECORDS, files)
    assert fingerprint(RECORDS[::-1], files[::-1]) == fingerprint(RECORDS, files)

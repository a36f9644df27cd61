"""Settings: limits, messages, their name in a hash, and the round trip through TOML."""

import dataclasses
import json
import math
import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from calcimeasure.errors import SettingsError, UsageError
from calcimeasure.settings import (
    RECORDS,
    MeasureSettings,
    Settings,
    algorithm,
    algorithm_of,
    change_settings,
    cluster_arguments,
    format_settings,
    load_settings,
    parse_assignment,
    parse_settings,
    settings_hash,
    without_password,
)

FIELDS = {field.name: field for field in dataclasses.fields(Settings)}
SWITCHES = [name for name, field in FIELDS.items() if isinstance(field.default, bool)]
CHOICES = [name for name, field in FIELDS.items() if "allowed" in field.metadata]
TEXTS = [name for name, field in FIELDS.items() if isinstance(field.default, str) and name not in (*CHOICES, "cluster")]
NUMBERS = [name for name in FIELDS if name not in (*SWITCHES, *CHOICES, *TEXTS, "workers", "cluster")]
WRITES_ONLY = {
    *("identified", "report", "key", "record_map", "store", "remeasure_reviewed", "verify", "all_tissues"),
    *("workers", "time_limit_s", "memory_limit_gb", "scheduler", "cluster", "follow_links"),
}
SLURM = {"class": "SLURMCluster", "queue": "normal", "cores": 4, "memory": "16GB", "job_script_prologue": ["module x"]}

FIRST_FILE = (Path(__file__).parent / "settings_without_tables.toml").read_text(encoding="utf-8")
"""As versions before the tables wrote settings."""


def limits(name: str) -> tuple[float, float]:
    return FIELDS[name].metadata["low"], FIELDS[name].metadata["high"]


def another_value(name: str) -> object:
    default = FIELDS[name].default
    if name in ("workers", "cluster"):
        return 3 if name == "workers" else SLURM
    if name in CHOICES:
        return FIELDS[name].metadata["allowed"][0]
    if name in TEXTS:
        return 'a "quoted" name\\with é'
    return not default if name in SWITCHES else (default + limits(name)[1]) / 2


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "settings.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


# What there is


def test_defaults_that_numbers_are_known_by() -> None:
    defaults = Settings()
    assert (defaults.threshold_hu, defaults.min_volume_mm3, defaults.large_diameter_mm) == (200, 30, 20)
    assert (defaults.identified, defaults.report) == (False, True)


@pytest.mark.parametrize("name", FIELDS)
def test_setting_has_its_reason(name: str) -> None:
    why = FIELDS[name].metadata["why"]
    assert why.endswith(".")
    assert "  " not in why


@pytest.mark.parametrize("name", NUMBERS)
def test_number_has_a_unit_and_limits_that_its_default_keeps(name: str) -> None:
    low, high = limits(name)
    assert low <= FIELDS[name].default <= high
    assert name.endswith(f"_{FIELDS[name].metadata['unit'].lower()}") or not FIELDS[name].metadata["unit"]


def test_settings_are_frozen_and_hashable() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().threshold_hu = 1  # type: ignore[misc]
    assert len({Settings(), Settings(), Settings(threshold_hu=250)}) == 2


# Their name


def test_hash_is_twelve_hexadecimal_digits_and_the_same_for_the_same() -> None:
    assert re.fullmatch(r"[0-9a-f]{12}", settings_hash(Settings()))
    assert settings_hash(Settings(threshold_hu=250)) == settings_hash(Settings(threshold_hu=250.0))


@pytest.mark.parametrize("name", FIELDS)
def test_hash_changes_with_what_can_change_a_number_and_with_nothing_else(name: str) -> None:
    changed = change_settings(Settings(), {name: another_value(name)})
    assert changed != Settings()
    assert (settings_hash(changed) == settings_hash(Settings())) == (name in WRITES_ONLY)


@given(st.lists(st.tuples(*(st.floats(*limits(name)) for name in NUMBERS)), min_size=2, max_size=2, unique=True))
@hypothesis_settings(max_examples=50, deadline=None)
def test_hash_tells_any_two_apart(values: list[tuple[float, ...]]) -> None:
    first, second = (Settings(**dict(zip(NUMBERS, one, strict=True))) for one in values)
    assert settings_hash(first) != settings_hash(second)


# Changing


@pytest.mark.parametrize("name", NUMBERS)
def test_limits_are_included_and_what_is_beyond_is_refused(name: str) -> None:
    low, high = limits(name)
    assert getattr(change_settings(Settings(), {name: low}), name) == low
    assert getattr(change_settings(Settings(), {name: high}), name) == high
    for value in (math.nextafter(low, -math.inf), math.nextafter(high, math.inf)):
        with pytest.raises(SettingsError) as caught:
            change_settings(Settings(), {name: value}, where="here")
        for part in (name, "here", repr(value), f"from {low:g} to {high:g}", FIELDS[name].metadata["unit"]):
            assert part in str(caught.value)


@pytest.mark.parametrize("value", ["DE", "german", 1, None, ["de"]])
def test_language_of_markers_is_one_of_a_few(value: object) -> None:
    assert change_settings(Settings(), {"marker_language": "fr"}).marker_language == "fr"
    assert change_settings(Settings(marker_language="fr"), {"marker_language": ""}) == Settings()
    with pytest.raises(SettingsError, match="'marker_language' in here is") as caught:
        change_settings(Settings(), {"marker_language": value}, where="here")
    assert str(caught.value).endswith("is allowed.")


@pytest.mark.parametrize("value", [True, False, "250", None, [250], math.nan, math.inf, -math.inf, 10**400, 1j])
def test_number_is_refused_what_is_none(value: object) -> None:
    with pytest.raises(SettingsError, match="'threshold_hu' in settings is") as caught:
        change_settings(Settings(), {"threshold_hu": value})
    assert str(caught.value).endswith("a number from -500 to 3000 HU is allowed.")


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("value", [1, True, ["a"]])
def test_text_that_is_none_is_refused(name: str, value: object) -> None:
    with pytest.raises(SettingsError, match=f"'{name}'.*text in quotes"):
        change_settings(Settings(), {name: value})


@pytest.mark.parametrize("value", [2.5, -1, 1025, True, "2"])
def test_count_is_refused_what_is_no_whole_number(value: object) -> None:
    with pytest.raises(SettingsError, match=r"'workers' in settings is .*: a whole number from 0 to 1024 is allowed"):
        change_settings(Settings(), {"workers": value})


def test_cluster_is_a_table_with_a_class() -> None:
    assert cluster_arguments(Settings()) == {}
    assert cluster_arguments(change_settings(Settings(), {"cluster": SLURM})) == SLURM


@pytest.mark.parametrize(
    "value", ["LocalCluster", 1, ["LocalCluster"], {"n_workers": 2}, {"class": 1}, {"class": "C", "at": None}]
)
def test_cluster_is_refused_what_is_no_such_table(value: object) -> None:
    with pytest.raises(SettingsError, match=r"'cluster' in settings is .*: a table with its class"):
        change_settings(Settings(), {"cluster": value})


@pytest.mark.parametrize("name", SWITCHES)
@pytest.mark.parametrize("value", [0, 1, 1.0, "true", None])
def test_switch_is_refused_what_is_neither_true_nor_false(name: str, value: object) -> None:
    with pytest.raises(SettingsError, match=f"'{name}' in settings is {value!r}: true or false is allowed"):
        change_settings(Settings(), {name: value})


def test_whole_number_is_taken_for_a_number() -> None:
    changed = change_settings(Settings(), {"threshold_hu": 250})
    assert (changed.threshold_hu, type(changed.threshold_hu)) == (250.0, float)


def test_change_is_a_copy_of_what_it_starts_from() -> None:
    start = Settings(threshold_hu=300.0, report=False)
    changed = change_settings(start, {"min_volume_mm3": 5, "identified": True})
    assert changed == Settings(threshold_hu=300.0, min_volume_mm3=5.0, identified=True, report=False)
    assert start == Settings(threshold_hu=300.0, report=False)
    assert change_settings(start, {}) == start


@pytest.mark.parametrize(
    ("name", "near"), [("treshold_hu", "threshold_hu"), ("min_volume", "min_volume_mm3"), ("Report", "report")]
)
def test_unknown_name_gets_a_suggestion(name: str, near: str) -> None:
    with pytest.raises(SettingsError, match=f"Unknown setting '{name}' in here: did you mean '{near}'"):
        change_settings(Settings(), {name: 1}, where="here")


@pytest.mark.parametrize("name", ["zzz", ""])
def test_unknown_name_like_no_other_gets_the_list(name: str) -> None:
    with pytest.raises(SettingsError, match=f"Unknown setting '{name}' in settings: allowed are") as caught:
        change_settings(Settings(), {name: 1})
    assert all(known in str(caught.value) for known in FIELDS)


# Files


def test_file_changes_what_it_names(tmp_path: Path) -> None:
    path = written(tmp_path, "# mine\nthreshold_hu = 250\nidentified = true\nmin_volume_mm3 = 1e2\n")
    assert load_settings(path) == Settings(threshold_hu=250.0, identified=True, min_volume_mm3=100.0)
    assert load_settings(written(tmp_path, "")) == Settings()


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("threshold_hu = 4000", ("'threshold_hu'", "4000", "from -500 to 3000 HU")),
        ("threshold_hu = nan", ("'threshold_hu'", "nan", "from -500 to 3000 HU")),
        ("[threshold_hu]\nhip = 1", ("'threshold_hu'", "{'hip': 1}", "from -500 to 3000 HU")),
        ("report = 'no'", ("'report'", "'no'", "true or false")),
        ("[hip]\nthreshold_hu = 1", ("'hip'", "allowed are threshold_hu")),
        ("threshold_hu = \n", ("no valid TOML", "line 1")),
        ("threshold_hu = 1\nthreshold_hu = 2", ("no valid TOML", "overwrite")),
        (b"# caf\xe9", ("no valid TOML", "utf-8")),
        (f"threshold_hu = {'1' * 5000}", ("no valid TOML", "5000 digits")),
    ],
)
def test_message_names_file_key_value_and_what_is_allowed(
    tmp_path: Path, text: str | bytes, parts: tuple[str, ...]
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        load_settings(path)
    for part in (str(path), *parts):
        assert part in str(caught.value)
    assert isinstance(caught.value, UsageError)


@pytest.mark.parametrize(("name", "reason"), [("none.toml", "No such file"), (".", "directory")])
def test_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, reason: str) -> None:
    with pytest.raises(SettingsError, match=f"cannot be read: .*{reason}") as caught:
        load_settings(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)


words = st.text(st.characters(exclude_categories=["Cs"]))
cluster_values = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | words,
    lambda values: st.lists(values, max_size=3) | st.dictionaries(words, values, max_size=3),
    max_leaves=6,
)
any_settings = st.builds(
    Settings,
    **{name: st.booleans() for name in SWITCHES},
    **{name: st.text(st.characters(exclude_categories=["Cs"])) for name in TEXTS if name != "store"},
    **{name: st.floats(*limits(name)) for name in NUMBERS},
    workers=st.integers(0, 1024),
    # What precedes an @ may be a password, which is not written: see test_password_of_a_store_is_not_kept.
    store=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="@")),
    cluster=st.just({}) | st.dictionaries(words, cluster_values).map(lambda values: values | {"class": "LocalCluster"}),
).map(lambda settings: replace(settings, cluster=json.dumps(settings.cluster, sort_keys=True, ensure_ascii=False)))


@given(any_settings)
@hypothesis_settings(max_examples=50, deadline=None)
def test_written_settings_are_read_back(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> None:
    again = load_settings(written(tmp_path_factory.getbasetemp(), format_settings(settings)))
    assert again == settings
    assert settings_hash(again) == settings_hash(settings)


def test_written_settings_give_reason_and_unit_of_each() -> None:
    head, *blocks = format_settings(Settings()).split("\n\n")
    assert re.fullmatch(r"# .*\.\nalgorithm = \d+", head)
    assert [block for block in blocks if block.startswith("[")] == ["[measure]", "[run]", "[write]"]
    described = [block for block in blocks if not block.startswith("[")]
    assert len(described) == len(FIELDS)
    for block, (name, field) in zip(described, FIELDS.items(), strict=True):
        comment, line = block.strip().split("\n")
        unit = field.metadata["unit"]
        assert comment == f"# {field.metadata['why']}" + (f" ({unit})" if unit else "")
        assert line.startswith(f"{name} = ")


@pytest.mark.parametrize("title", RECORDS)
def test_written_table_holds_the_settings_of_its_record(title: str) -> None:
    written_values = tomllib.loads(format_settings(Settings()))[title]
    assert list(written_values) == [field.name for field in dataclasses.fields(RECORDS[title])]


@given(any_settings)
@hypothesis_settings(max_examples=20, deadline=None)
def test_file_without_tables_is_read_as_one_with_them(settings: Settings) -> None:
    lines = format_settings(settings).split("\n")
    without = "\n".join(line for line in lines if line not in ("[measure]", "[run]", "[write]"))
    assert parse_settings(without, "") == settings
    assert parse_settings("\n".join(line for line in lines if not line.startswith("algorithm")), "") == settings


def test_file_of_the_first_versions_is_read() -> None:
    changed = {"threshold_hu": 250.0, "bone_mask": "bones", "identified": True, "workers": 3, "report": False}
    assert parse_settings(FIRST_FILE, "") == change_settings(Settings(), {**changed, "cluster": SLURM})


def test_file_may_mix_tables_and_keys_outside_of_them(tmp_path: Path) -> None:
    text = "threshold_hu = 250\n[cluster]\nclass = 'LocalCluster'\n[write]\nidentified = true\n"
    expected = change_settings(Settings(threshold_hu=250.0, identified=True), {"cluster": {"class": "LocalCluster"}})
    assert load_settings(written(tmp_path, text)) == expected
    assert load_settings(written(tmp_path, text.replace("[cluster]", "[run.cluster]"))) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[measure]\nthreshold_hu = 4000", "Setting 'threshold_hu' in here is 4000: a number from -500 to 3000 HU is"),
        ("[measure]\ntreshold_hu = 1", "Unknown setting 'treshold_hu' in here: did you mean 'threshold_hu'?"),
        ("[measure]\nworkers = 1", "Setting 'workers' in here stands in [measure]: it belongs in [run]."),
        ("[run]\nidentified = true", "Setting 'identified' in here stands in [run]: it belongs in [write]."),
        ("workers = 1\n[run]\nworkers = 1", "Setting 'workers' in here is given twice: in [run] and outside of it."),
        ("run = 3", "Setting 'run' in here is 3: a table [run] of settings is allowed."),
    ],
)
def test_message_about_a_table_names_key_value_and_what_is_allowed(text: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_settings(text, "here")
    assert str(caught.value).startswith(message)


# The three records and the algorithm number


def test_each_setting_is_in_one_record() -> None:
    names = [field.name for record in RECORDS.values() for field in dataclasses.fields(record)]
    assert names == list(FIELDS)
    assert len(set(names)) == len(names)


def test_hash_holds_what_measures_alone() -> None:
    own = {field.name: getattr(Settings(), field.name) for field in dataclasses.fields(MeasureSettings)}
    assert settings_hash(MeasureSettings(**own)) == settings_hash(Settings())
    assert {*FIELDS} - {*own} == WRITES_ONLY


def test_hash_has_no_path() -> None:
    one = settings_hash(Settings(bone_mask="/archive/DOE^JOHN/masks"))
    assert one == settings_hash(Settings(bone_mask="/elsewhere")) != settings_hash(Settings())


def test_hash_changes_with_the_algorithm_number(monkeypatch: pytest.MonkeyPatch) -> None:
    found = set()
    for one in (1, 2, 3):
        monkeypatch.setattr(algorithm, "ALGORITHM", one)
        found.add(settings_hash(Settings()))
    assert len(found) == 3


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("", ""),
        ("sqlite:////data/a:b@c/store.db", "sqlite:////data/a:b@c/store.db"),
        ("postgresql+psycopg://reader@host/db", "postgresql+psycopg://reader@host/db"),
        ("postgresql+psycopg://reader:5ecret@host/db", "postgresql+psycopg://reader@host/db"),
        ("postgresql://reader:5ecret@host:5432/db?sslmode=require", "postgresql://reader@host:5432/db?sslmode=require"),
        ("postgresql://reader:5e%40cret@host/db", "postgresql://reader@host/db"),
        ("postgresql://reader:5e@cret@host/db", "postgresql://reader@host/db"),
        ("postgresql://reader:5e/cret?5ecret@host/db", "postgresql://reader@host/db"),
        ("postgresql://:5ecret@/db", "postgresql://@/db"),
        ("postgresql:/reader:5ecret@host/db", "@host/db"),
        ("postgresql://host/db?password=5ecret", "postgresql://host/db"),
        (
            "postgresql://host/db?user=a&pass%77ord=5ecret&sslmode=require",
            "postgresql://host/db?user=a&sslmode=require",
        ),
        ("postgresql://host/db?sslpassword=5ecret&sslkey=k", "postgresql://host/db?sslkey=k"),
    ],
)
def test_password_of_a_store_is_not_kept(url: str, kept: str) -> None:
    assert without_password(url) == without_password(kept) == kept
    text = format_settings(Settings(store=url))
    assert f'\nstore = "{kept}"\n' in text
    assert parse_settings(text, "").store == kept


def test_written_settings_keep_the_algorithm_number(monkeypatch: pytest.MonkeyPatch) -> None:
    assert algorithm_of(format_settings(Settings())) == algorithm.ALGORITHM
    monkeypatch.setattr(algorithm, "ALGORITHM", 7)
    assert algorithm_of(format_settings(Settings())) == 7
    assert algorithm_of(FIRST_FILE) == algorithm_of("") == 1


def test_algorithm_number_of_a_file_changes_nothing() -> None:
    assert parse_settings("algorithm = 99\n[measure]\nthreshold_hu = 250", "") == Settings(threshold_hu=250.0)
    with pytest.raises(SettingsError, match="Unknown setting 'algorithm'"):
        change_settings(Settings(), {"algorithm": 2})


# The command line's KEY=VALUE


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("threshold_hu=250", ("threshold_hu", 250)),
        (" threshold_hu = 1.5e2 ", ("threshold_hu", 150.0)),
        ("identified=true", ("identified", True)),
        ("x='a=b'", ("x", "a=b")),
    ],
)
def test_assignment_is_name_and_value(text: str, parsed: tuple[str, Any]) -> None:
    found = parse_assignment(text)
    assert found == parsed
    assert type(found[1]) is type(parsed[1])


@pytest.mark.parametrize("value", ["", "high", "True", "250=3", "1\nx=2", "1" * 5000])
def test_assignment_of_no_value_is_refused(value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_assignment(f"threshold_hu={value}")
    assert repr(value) in str(caught.value)
    assert "'threshold_hu': a number, true, false or text in quotes is expected" in str(caught.value)


def test_assignment_without_a_sign_is_refused() -> None:
    with pytest.raises(SettingsError, match="'threshold_hu 250' is no setting: KEY=VALUE is expected"):
        parse_assignment("threshold_hu 250")

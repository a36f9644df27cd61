"""The public names: what they are, that they say what they do, and that importing them is cheap."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import calcimeasure
from tests.conftest import PROJECT


def test_there_are_about_twenty_names() -> None:
    assert 16 <= len(calcimeasure.__all__) <= 25
    assert sorted(set(calcimeasure.__all__)) == calcimeasure.__all__


@pytest.mark.parametrize("name", ["find_series", "load_image", "analyze", "write_csv"])
def test_steps_of_the_readme_are_public(name: str) -> None:
    assert callable(getattr(calcimeasure, name))


@pytest.mark.parametrize("name", calcimeasure.__all__)
def test_name_resolves_and_says_what_it_is(name: str) -> None:
    public = getattr(calcimeasure, name)
    documentation = inspect.getdoc(public) or ""
    assert public.__name__ == {"Series": "Stack"}.get(name, name)
    assert not documentation.startswith(f"{public.__name__}(")
    # A dataclass without a docstring gets its signature for one.
    assert documentation
    assert not documentation.startswith(f"{name}(")
    assert documentation.splitlines()[0].endswith((".", ":")), "the first line is a sentence"


@pytest.mark.parametrize("name", [name for name in calcimeasure.__all__ if name[0].islower()])
def test_list_of_parameters_is_complete(name: str) -> None:
    function = getattr(calcimeasure, name)
    sections = (inspect.getdoc(function) or "").split("\n\n")
    lines = next((section.splitlines() for section in sections if section.startswith("Parameters\n---")), None)
    if lines:
        listed = {one for line in lines[2:] if not line.startswith(" ") for one in line.split(", ")}
        assert listed == inspect.signature(function).parameters.keys()


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse(Path(calcimeasure.__file__).read_text(encoding="utf-8"))
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("calcimeasure")
        for alias in node.names
    }
    assert imported == set(calcimeasure.__all__)
    assert imported <= set(dir(calcimeasure))


def test_list_of_names_is_literal() -> None:
    """What reads the source alone (a type checker, a documentation) sees every name."""
    tree = ast.parse(Path(calcimeasure.__file__).read_text(encoding="utf-8"))
    lists = [
        node.value for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ]
    assert [ast.literal_eval(one) for one in lists] == [calcimeasure.__all__]


USER_SCRIPT = """\
from calcimeasure import Report, Settings, analyze, find_series

found = find_series("images")
reports: list[Report] = [analyze(series, Settings(threshold_hu=250)) for series in found.series]
volumes: list[float | None] = [getattr(one.measurements, "volume_ml") for report in reports for one in report.lesions]
"""


@pytest.mark.parametrize(("script", "code"), [(USER_SCRIPT, 0), (USER_SCRIPT.replace("list[Report]", "list[int]"), 1)])
def test_the_types_reach_a_user(tmp_path: Path, script: str, code: int) -> None:
    (tmp_path / "mine.py").write_text(script, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(PROJECT / ".mypy_cache" / "user"), "mine.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == code, done.stdout


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'calcimeasure' has no attribute 'analyse'"):
        calcimeasure.analyse  # noqa: B018 - looking it up is the test


def python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60).stdout


HEAVY = ("numpy", "scipy", "pydicom", "skimage", "imagecodecs", "cc3d", "sqlalchemy", "jinja2", "napari", "rich")


@pytest.mark.parametrize("module", ["calcimeasure", "calcimeasure.cli"])
def test_importing_loads_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print(*[name for name in {HEAVY} if name in sys.modules])"
    assert python(code).split() == []


@pytest.mark.parametrize("module", ["calcimeasure.study", "calcimeasure.export", "calcimeasure.run.tables"])
def test_importing_what_writes_tables_loads_no_scipy(module: str) -> None:
    code = f"import sys, {module}; print(*[name for name in ('scipy', 'skimage', 'edt') if name in sys.modules])"
    assert python(code).split() == []


def test_importing_everything_configures_no_logging_and_prints_nothing() -> None:
    assert python("from calcimeasure import *; import logging; assert not logging.root.handlers") == ""

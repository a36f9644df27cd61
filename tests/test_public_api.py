"""The public names: what they are, that they say what they do, and that importing them is cheap."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import calcimeasure


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
    assert public.__name__ == name
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
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("calcimeasure")
        for alias in node.names
    }
    assert imported == set(calcimeasure.__all__)
    assert imported <= set(dir(calcimeasure))


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'calcimeasure' has no attribute 'analyse'"):
        calcimeasure.analyse  # noqa: B018 - looking it up is the test


def python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60).stdout


HEAVY = ("numpy", "scipy", "pydicom", "skimage", "imagecodecs", "cc3d", "rich")


@pytest.mark.parametrize("module", ["calcimeasure", "calcimeasure.cli"])
def test_importing_loads_nothing_heavy(module: str) -> None:
    heavy = HEAVY if module == "calcimeasure" else tuple(name for name in HEAVY if name != "rich")
    code = f"import sys, {module}; print(*[name for name in {heavy} if name in sys.modules])"
    assert python(code).split() == []


def test_importing_everything_configures_no_logging_and_prints_nothing() -> None:
    assert python("from calcimeasure import *; import logging; assert not logging.root.handlers") == ""

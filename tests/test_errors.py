"""The error tree is as drawn, errors survive pickling, and every code has its sentence and its use."""

import ast
import copy
import inspect
import pickle
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from calcimeasure import codes, errors
from calcimeasure.errors import CalcimeasureError, FileError, GeometryError, PixelError, SeriesError, UnsupportedError

PACKAGE = Path(codes.__file__).parent


# The tree


def drawn_tree() -> dict[str, str]:
    """Class to base, as the docstring of errors.py draws them."""
    bases: dict[str, str] = {}
    last_at_depth = {0: "CalcimeasureError"}
    for branch, name in re.findall(r"^([│ ]*[├└]── )(\w+)", errors.__doc__ or "", re.MULTILINE):
        depth = len(branch) // 4 - 1  # the drawing is indented once
        bases[name] = last_at_depth[depth - 1]
        last_at_depth[depth] = name
    return bases


def test_tree_is_as_the_docstring_draws_it() -> None:
    classes = {
        name: base.__base__.__name__
        for name, base in inspect.getmembers(errors, inspect.isclass)
        if issubclass(base, Exception)
    }
    assert classes.pop("CalcimeasureError") == "Exception"
    assert drawn_tree() == classes


@pytest.mark.parametrize("kind", [SeriesError, UnsupportedError, FileError, GeometryError, PixelError])
@pytest.mark.parametrize("duplicate", [lambda error: pickle.loads(pickle.dumps(error)), copy.copy])  # noqa: S301
def test_series_error_keeps_what_it_carries(
    kind: type[SeriesError], duplicate: Callable[[SeriesError], SeriesError]
) -> None:
    error = kind("no_position", "Three numbers expected.", "1.2.3", Path("a/b.dcm"))
    again = duplicate(error)
    assert type(again) is kind
    assert (again.reason, again.message, again.series_uid, again.path) == (
        "no_position",
        "Three numbers expected.",
        "1.2.3",
        Path("a/b.dcm"),
    )
    assert str(again) == "Three numbers expected."


def test_series_error_may_not_know_its_series_yet() -> None:
    error = SeriesError("no_pixels", "Pixels expected.")
    assert error.series_uid is None
    assert error.path is None
    assert isinstance(error, CalcimeasureError)


# The codes


def test_codes_are_words_and_sentences() -> None:
    every = codes.REASONS | codes.NOTICES | codes.CHANGE_REASONS | codes.CHANGE_NOTICES
    for code, sentence in every.items():
        assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", code)
        assert sentence[0].isupper(), code
        assert sentence.endswith("."), code
        assert "  " not in sentence, code


def test_no_code_means_two_things() -> None:
    tables = (codes.SKIPPED_REASONS, codes.FAILED_REASONS, codes.NOTICES)
    assert len({code for table in tables for code in table}) == sum(map(len, tables))


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.name != "codes.py":
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def texts(*nodes: ast.AST) -> set[str]:
    """String constants in some nodes that could be codes."""
    values = (part.value for node in nodes for part in ast.walk(node) if isinstance(part, ast.Constant))
    return {value for value in values if isinstance(value, str) and re.fullmatch(r"[a-z][a-z0-9_]+", value)}


def test_every_code_is_used() -> None:
    used = {text for _, tree in sources() for text in texts(tree)}
    every = codes.REASONS | codes.NOTICES | codes.CHANGE_REASONS | codes.CHANGE_NOTICES
    assert every.keys() - used == set()


def name_of(node: ast.AST) -> str:
    """Last part of the name of what is called or assigned to."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


SERIES_ERRORS = {kind.__name__ for kind in (SeriesError, UnsupportedError, FileError, GeometryError, PixelError)}


def reasons_given(tree: ast.Module) -> set[str]:
    """Texts in the place of a reason: as argument of an error or failure, or as value of a name "reason"."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            named = [keyword.value for keyword in node.keywords if keyword.arg == "reason"]
            first_two = node.args[:2] if name_of(node.func) in {*SERIES_ERRORS, "Failure"} else []
            found |= texts(*(arg for arg in (*named, *first_two) if isinstance(arg, ast.Constant)))
        elif isinstance(node, ast.FunctionDef) and "reason" in node.name:
            found |= texts(*(part.value for part in ast.walk(node) if isinstance(part, ast.Return) and part.value))
    return found


def notices_given(tree: ast.Module) -> set[str]:
    """Texts in the place of a notice: as value of a name or argument "notices", or returned by a function so named."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            found |= texts(*(keyword.value for keyword in node.keywords if keyword.arg == "notices"))
        elif isinstance(node, ast.Assign) and any("notice" in name_of(target) for target in node.targets):
            found |= texts(node.value)
        elif isinstance(node, ast.FunctionDef) and "notice" in node.name:
            found |= texts(*node.body[1:])
    return found - {"notices", "measurement_notices"}  # columns of the store


@pytest.mark.parametrize(
    ("given", "table"),
    [
        (reasons_given, codes.REASONS | codes.CHANGE_REASONS),
        (notices_given, codes.NOTICES | codes.CHANGE_NOTICES),
    ],
    ids=["reasons", "notices"],
)
def test_every_code_that_is_given_has_its_sentence(
    given: Callable[[ast.Module], set[str]], table: dict[str, str]
) -> None:
    found = {str(path.relative_to(PACKAGE)): given(tree) for path, tree in sources()}
    assert any(found.values())
    assert {path: unknown for path, words in found.items() if (unknown := words - table.keys())} == {}

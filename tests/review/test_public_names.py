"""The public names of the review: they need no viewer, and they are what the plugin takes from the package."""

import ast
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import calcimeasure
from calcimeasure import review, store
from tests.conftest import PROJECT


def literal_all(package: ModuleType) -> list[str]:
    """Read `__all__` as it is written: type checkers and readers do not see a list that is computed."""
    (written,) = [
        ast.literal_eval(statement.value)
        for statement in ast.parse(Path(package.__file__ or "").read_text(encoding="utf-8")).body
        if isinstance(statement, ast.Assign) and [ast.unparse(one) for one in statement.targets] == ["__all__"]
    ]
    return list(written)


PUBLIC = {
    "calcimeasure": literal_all(calcimeasure),
    "calcimeasure.review": literal_all(review),
    "calcimeasure.store": literal_all(store),
}
NO_VIEWER = "import sys, calcimeasure.review; print(*{'napari', 'qtpy', 'psygnal'} & set(sys.modules))"


def test_importing_the_review_loads_no_viewer() -> None:
    done = subprocess.run([sys.executable, "-c", NO_VIEWER], check=True, capture_output=True, text=True, cwd=PROJECT)
    assert done.stdout.split() == []


def test_public_names_are_sorted_and_there() -> None:
    assert sorted(set(review.__all__)) == review.__all__
    assert all(hasattr(review, name) for name in review.__all__)


def taken_names(file: Path) -> set[tuple[str, str]]:
    """List what a module imports from the package: where from, and which name."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    found = [
        (node.module or "", alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    found += [(alias.name, "") for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    return {(module, name) for module, name in found if module.split(".")[0] == "calcimeasure"}


def test_the_plugin_takes_public_names_alone() -> None:
    files = sorted((PROJECT / "plugins" / "napari_calcimeasure").rglob("*.py"))
    taken = {(file.name, *one) for file in files for one in taken_names(file)}
    assert taken
    private = {one for one in taken if one[2] not in PUBLIC.get(one[1], []) and one[1:] != ("calcimeasure", "review")}
    assert private == set()

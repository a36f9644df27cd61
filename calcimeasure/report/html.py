"""Pages from templates that lie in the package. A page loads nothing (its content security policy)."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from calcimeasure.export.atomic import open_atomic_bytes
from calcimeasure.export.columns import Leaving

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from calcimeasure.export.columns import Audit


@cache
def text_of(name: str) -> Markup:
    """Read a style or a script of the package: it is no text of others."""
    return Markup((resources.files("calcimeasure.report") / "templates" / name).read_text(encoding="utf-8"))  # noqa: S704


def policy_of(style: str, script: str = "") -> str:
    """Write the content security policy: nothing is loaded, and no style and script runs but those of the page."""
    allowed = f"script-src {_hash(script)}; " if script else ""
    return f"default-src 'none'; img-src data:; style-src {_hash(style)}; {allowed}base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"


def environment_of(functions: Mapping[str, Any]) -> Environment:
    """Make what renders templates; they may call the functions."""
    environment = Environment(
        autoescape=True,
        loader=PackageLoader("calcimeasure.report"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals |= functions
    return environment


def write_page(page: str, path: Path, row_count: int, audit: Audit | None = None) -> Path:
    """Write a page without identity into a file.

    Parameters
    ----------
    page
        The page.
    path
        The file.
    row_count
        How many rows, or masses, it tells.
    audit
        Called before the file gets its name.

    Raises
    ------
    OutputError
        It cannot be written.
    """

    def keep(file: Path) -> None:
        if audit is not None:
            audit(Leaving.of(file, path, row_count, is_identified=False))

    with open_atomic_bytes(path, before_it_is_there=keep) as file:
        file.write(page.encode("utf-8", "backslashreplace"))
    return path

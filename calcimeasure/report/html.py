"""Pages from templates that lie in the package. A page loads nothing (its content security policy)."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Mapping


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

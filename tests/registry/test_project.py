"""Without the extra, a push says what to install."""

from __future__ import annotations

import importlib
import sys

import pytest

from calcimeasure.errors import NotBuiltError


def test_push_without_pycap_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redcap.project", None)
    monkeypatch.delitem(sys.modules, "calcimeasure.registry.project", raising=False)
    with pytest.raises(NotBuiltError, match=r"pip install 'calcimeasure\[redcap\]'"):
        importlib.import_module("calcimeasure.registry.project")

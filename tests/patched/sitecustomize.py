"""Runs some code after a module is loaded, in every process that a test starts and in those that they start.

The program measures in processes of its own: a fault has to happen there. `tests.patched.environment` switches it on.
"""

import importlib.abc
import importlib.util
import os
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

MODULE, CODE = os.environ.get("PATCHED_MODULE"), os.environ.get("PATCHED_CODE", "")


class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name: str, _path: object, _target: ModuleType | None = None) -> ModuleSpec | None:
        if name != MODULE:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.loader is not None
        load = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            load(module)
            exec(CODE, vars(module))  # noqa: S102 - the test's own

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


sys.meta_path.insert(0, Finder())

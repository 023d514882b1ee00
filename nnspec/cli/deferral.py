"""Modules on first use: verbs that only read specs wait for none, and they are what editors and hooks call.

Every part imports NumPy; few commands compute. Until something asks for an attribute, ``numpy`` is a stand-in. The
standard library's ``LazyLoader`` does not serve: it loads as soon as a second module imports the same name.
"""

import sys
from collections.abc import Collection
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any


class Deferred(ModuleType):
    """Stands for a module until an attribute is asked for; then it has all that the module has."""

    def __init__(self, name: str, functions: Collection[str]) -> None:
        super().__init__(name)
        self._functions = functions

    def __getattr__(self, name: str) -> Any:
        """Loads the module, once, and hands on its attribute; of some functions, only when they are called."""

        def called(*given: Any, **named: Any) -> Any:
            return getattr(_loaded(self), name)(*given, **named)

        return called if name in self._functions else getattr(_loaded(self), name)


def _loaded(stand_in: ModuleType) -> ModuleType:
    """The module itself."""
    name = stand_in.__name__
    if sys.modules.get(name) is stand_in:
        del sys.modules[name]
        # Early importers keep the stand-in; from here on its own dictionary answers them, and, since it is a plain
        # module then, at the full speed that Python has for such.
        stand_in.__dict__.update(import_module(name).__dict__)
        stand_in.__class__ = ModuleType
    return sys.modules[name]


def defer(name: str, *functions: str) -> None:
    """Puts a stand-in in a module's place, unless the module is loaded already or is not installed.

    Args:
        name: The module's full name.
        functions: Functions of it that may be imported without being called: only a call loads the module.
    """
    if name in sys.modules or (spec := find_spec(name)) is None:
        return
    stand_in = Deferred(name, functions)
    stand_in.__spec__ = spec
    if functions and spec.submodule_search_locations is not None:
        # Who imports a name from a package asks for its path first.
        stand_in.__path__ = spec.submodule_search_locations
    sys.modules[name] = stand_in
    package, _, last = name.rpartition(".")
    if package:
        setattr(sys.modules[package], last, stand_in)

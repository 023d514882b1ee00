"""NumPy on first use: verbs that only read specs never wait for it, and they are what editors and hooks call.

Every part imports NumPy; few commands compute. Until something asks for an attribute, ``numpy`` is a stand-in. The
standard library's ``LazyLoader`` does not serve: it loads as soon as a second module imports the same name.
"""

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any


class Deferred(ModuleType):
    """Stands for a module until an attribute is asked for; then it has all that the module has."""

    def __getattr__(self, name: str) -> Any:
        """Loads the module, once, and hands on its attribute."""
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
            # Early importers keep the stand-in; from here on its own dictionary answers them at full speed.
            self.__dict__.update(import_module(self.__name__).__dict__)
        return getattr(sys.modules[self.__name__], name)


def defer(name: str) -> None:
    """Puts a stand-in in a module's place, unless the module is loaded already or is not installed."""
    if name in sys.modules or (spec := find_spec(name)) is None:
        return
    stand_in = Deferred(name)
    stand_in.__spec__ = spec
    sys.modules[name] = stand_in

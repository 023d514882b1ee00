"""One registered part, and what can go wrong when it is imported."""

import sys
from contextlib import nullcontext, redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from operator import attrgetter

from nnspec.contracts.part import API, Part
from nnspec.errors import BrokenPartError, OtherContractError
from nnspec.registry.kinds import KINDS

OWN = "nnspec"
"""The distribution whose parts are built in."""


@dataclass(frozen=True)
class Entry:
    """One registered part, not yet imported.

    Attributes:
        kind: ``layers``, ``costs`` and so on.
        name: The word in a spec.
        distribution: The distribution that brings it.
        version: Its version.
        value: Where it is: ``nnspec_signal.dct:Dct``.
    """

    kind: str
    name: str
    distribution: str
    version: str
    value: str

    @property
    def own(self) -> bool:
        """Whether nnspec itself brings it."""
        return self.distribution == OWN

    @property
    def origin(self) -> str:
        """The distribution and its version: ``nnspec-signal 0.1``."""
        return f"{self.distribution} {self.version}"

    @property
    def full(self) -> str:
        """The word that is no other distribution's: ``nnspec-signal.dct``."""
        return f"{self.distribution}.{self.name}"

    @property
    def module(self) -> str:
        """The module that it stands in: ``nnspec_signal.dct``."""
        return self.value.partition(":")[0].strip()

    def load(self) -> type[Part]:
        """Imports the part; what came of it holds for this entry from then on.

        Raises:
            BrokenPartError: The import fails, what it yields is no part of this kind, or the part is written for
                another contract version.
        """
        if isinstance(self._loaded, BrokenPartError):
            raise self._loaded
        return self._loaded

    def options(self) -> tuple[str, ...]:
        """The names of the part's options; none of a part that cannot be loaded."""
        try:
            return tuple(self.load().model_fields)
        except BrokenPartError:
            return ()

    @cached_property
    def _loaded(self) -> type[Part] | BrokenPartError:
        try:
            # Standard output carries answers, JSON among them; what a plugin prints does not belong there.
            with nullcontext() if self.own else redirect_stdout(sys.stderr):
                return self._checked(self._imported())
        except (Exception, SystemExit) as error:  # noqa: BLE001 -- a plugin may fail in any way at all
            return self._failed(error)

    def _imported(self) -> object:
        # Behind the class, extras may stand in brackets: what must be installed is for the import to say.
        name = self.value.partition(":")[2].partition("[")[0].strip()
        return attrgetter(name)(import_module(self.module))

    def _checked(self, found: object) -> type[Part] | BrokenPartError:
        contract = KINDS[self.kind]
        if not (isinstance(found, type) and issubclass(found, contract)):
            message = f"`{self.value}` of {self.origin} is registered in {OWN}.{self.kind} but is no "
            return BrokenPartError(message + contract.__name__, self.kind, self.name, self._remedy)
        if (asked := _asked(found)) != API:
            return self._of_another_contract(asked)
        if not self.own:
            # Else put off until a part is made; here it tells what is wrong with the options' types.
            found.model_rebuild()
            # Imported here: built-in parts, which are most, are held to this by tests.
            from nnspec.contracts.classes import misstated

            if wrong := misstated(found):
                return BrokenPartError(f"{self._part} {wrong}", self.kind, self.name, self._remedy)
        return found

    def _of_another_contract(self, asked: object) -> OtherContractError:
        newer = isinstance(asked, int) and asked > API
        message = f"{self._part} is written for contract version {asked}; this nnspec has version {API}"
        hint = f"pip install --upgrade {OWN if newer else self.distribution}"
        return OtherContractError(message, self.kind, self.name, hint, asked)

    def _failed(self, error: BaseException) -> BrokenPartError:
        # Imported here: only what fails is told.
        from nnspec.contracts.auto_layer import INSTALL, LIBRARY
        from nnspec.contracts.guests import said

        hint = self._remedy
        if isinstance(error, ImportError) and (error.name or "").startswith(f"{OWN}."):
            hint = f"it asks for what contract version {API}, that of this nnspec, does not have; {hint}"
        elif isinstance(error, ModuleNotFoundError) and (error.name or "").partition(".")[0] == LIBRARY:
            hint = INSTALL
        message = f"{self._part} cannot be loaded: {said(error)}"
        broken = BrokenPartError(message, self.kind, self.name, hint)
        broken.__cause__ = error
        return broken

    @property
    def _part(self) -> str:
        return f"{self.kind} part `{self.name}` of {self.origin}"

    @property
    def _remedy(self) -> str:
        return f"mend or remove the distribution {self.distribution}"


def _asked(part: type[Part]) -> object:
    """The contract version that a part, or else its module, is written for."""
    stated: object = part.api
    module = getattr(sys.modules.get(part.__module__), "api", None)
    return module if stated == API and type(module) is int else stated

"""Whose code an unforeseen error came from: a plugin's failing is told in a line, with name and version."""

from nnspec.contracts.guests import culprit, said
from nnspec.errors import FaultyPartError
from nnspec.registry.kinds import KINDS
from nnspec.registry.resolution import default_resolver


def failing(error: Exception) -> FaultyPartError | None:
    """The error as the failing of a plugin; None where no code of a plugin has to do with it."""
    entries = [entry for kind in KINDS for entry in default_resolver().catalogue.entries(kind) if not entry.own]
    modules = [entry.module for entry in entries]
    guilty = culprit(error, modules)
    if guilty is None:
        return None
    entry = entries[modules.index(guilty)]
    message = f"{entry.origin} fails: {said(error)}"
    return FaultyPartError(message, entry.kind, entry.name, f"mend or remove {entry.origin}")

"""Whether parameters can share numbers as a spec says, and where it says so."""

from collections.abc import Callable, Iterator, Sequence

from nnspec.contracts.initializer import Initializer
from nnspec.contracts.layer import Layer
from nnspec.engine.plan import Node
from nnspec.engine.ties import Declared, declared, mistakes
from nnspec.spec.guests import parts
from nnspec.spec.marks import Path
from nnspec.spec.problems import Problem
from nnspec.types import ITS_NAME


def tie_problems(
    layers: Sequence[Layer], nodes: Sequence[Node], report: Callable[..., Problem]
) -> Iterator[Problem]:
    """A problem for each parameter that is tied to one that it cannot share."""
    named = {item.name: item for item in declared(nodes)}
    for mistake in mistakes(nodes):
        place = _place(layers, nodes, named[mistake.parameter])
        yield report("NS059", place, str(mistake), mistake.hint)


def _place(layers: Sequence[Layer], nodes: Sequence[Node], item: Declared) -> Path:
    """Where a spec asks for a tie: the part that does, anywhere in the layer's entry."""
    entry = nodes[item.node].entry
    asking = (
        (*path, ITS_NAME)
        for part, path in parts(layers[entry], ("layers", entry))
        if isinstance(part, Initializer) and part.tie() == item.tie
    )
    return next(asking, ("layers", entry))

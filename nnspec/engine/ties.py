"""Parameters that share the numbers of others: who shares whose, and why some cannot."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nnspec.contracts.initializer import Tie
from nnspec.contracts.layer import Parameter
from nnspec.engine.plan import Node
from nnspec.errors import TieError
from nnspec.types import Shape, shape_text


@dataclass(frozen=True)
class Declared:
    """One parameter of a plan.

    Attributes:
        name: Its full name: ``layers.0.W``.
        node: Index of its layer in the plan.
        key: Its name within the layer: ``W``.
        parameter: As the layer declared it.
    """

    name: str
    node: int
    key: str
    parameter: Parameter

    @property
    def tie(self) -> Tie | None:
        """Whose numbers it shares; None for one that has its own."""
        return self.parameter.initializer.tie()


def declared(nodes: Sequence[Node]) -> Iterator[Declared]:
    """The parameters of all layers, in the order of the stack."""
    for index, node in enumerate(nodes):
        for key, parameter in node.declaration.parameters.items():
            yield Declared(f"{node.path}.{key}", index, key, parameter)


def mistakes(nodes: Sequence[Node]) -> Iterator[TieError]:
    """What is wrong with the ties of a plan."""
    everything = list(declared(nodes))
    named = {item.name: item for item in everything}
    for item in everything:
        if item.tie is not None and (found := _mistake(item, item.tie, named)) is not None:
            yield found


def _mistake(item: Declared, tie: Tie, named: Mapping[str, Declared]) -> TieError | None:
    other = named.get(tie.name)
    if other is None:
        return TieError(f"no parameter is called `{tie.name}`", _name_hint(item, tie, named), item.name)
    if other.tie is not None:
        hint = f"tie it to one that has: {', '.join(_candidates(item, tie, named))}"
        return TieError(f"`{tie.name}` has no numbers of its own: it is tied as well", hint, item.name)
    wanted, there = item.parameter.shape, other.parameter.shape
    if tie.transposed and len(there) < 2:
        return TieError(
            f"`{tie.name}` has one axis, which cannot be transposed", "take `transposed` out", item.name
        )
    if shared(there, transposed=tie.transposed) == wanted:
        return None
    turned = " transposed" if tie.transposed else ""
    return TieError(
        f"{item.name} is {shape_text(wanted)}, but `{tie.name}`{turned} is "
        f"{shape_text(shared(there, transposed=tie.transposed))}",
        _shape_hint(wanted, there, tie),
        item.name,
    )


def _name_hint(item: Declared, tie: Tie, named: Mapping[str, Declared]) -> str:
    candidates = _candidates(item, tie, named)
    # Only mistakes need it.
    from difflib import get_close_matches

    near = get_close_matches(tie.name, candidates, n=1)
    return f"did you mean `{near[0]}`?" if near else f"there are: {', '.join(candidates)}"


def _candidates(item: Declared, tie: Tie, named: Mapping[str, Declared]) -> list[str]:
    """The names of parameters that it could share; of all that have numbers of their own where none fits."""
    own = {name: each.parameter.shape for name, each in named.items() if each.tie is None}
    wanted = item.parameter.shape
    return [name for name, shape in own.items() if shared(shape, transposed=tie.transposed) == wanted] or list(own)


def _shape_hint(wanted: Shape, there: Shape, tie: Tie) -> str:
    if shared(there, transposed=not tie.transposed) == wanted:
        return f"write `tied: {{to: {tie.name}, transposed: {str(not tie.transposed).lower()}}}`"
    return "change the sizes of one of the two layers, or tie it to a parameter of its shape"


def shared(shape: Shape, *, transposed: bool) -> Shape:
    """The shape in which a parameter's numbers are shared."""
    return (*shape[1::-1], *shape[2:]) if transposed else shape

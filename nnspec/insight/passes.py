"""The backward pass of a network, layer by layer, with everything that passes between the layers."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from nnspec.engine.network import Network
from nnspec.types import Array


@dataclass(frozen=True)
class Passage:
    """One layer of a backward pass.

    Attributes:
        index: Which layer of the plan.
        dy: The gradient by its output, (*output, N).
        dx: The gradient by its input, (*input, N); None where nothing before it is trained.
    """

    index: int
    dy: Array
    dx: Array | None


def backward(network: Network, dy: Array, skip: Collection[int] = ()) -> Iterator[Passage]:
    """Takes a gradient back through the layers of the last forward pass, the last layer first.

    Parameter gradients are filled on the way, as in training.

    Args:
        network: The network; its last forward pass is the one that is gone back over.
        dy: The gradient by the outputs, or by whatever comes before the layers at the end that are skipped.
        skip: Layers that are passed over as if they were not there.
    """
    contexts = network.lane.contexts
    network.begin_gradient()
    for index in reversed(range(len(network.nodes))):
        if index in skip:
            continue
        ctx = contexts[index]
        layer = network.nodes[index].layer
        dx = layer.backward(dy, network.parameters(index), network.gradients(index), ctx)
        if dx is None or not ctx.needs_input_gradient:
            yield Passage(index, dy, None)
            break
        yield Passage(index, dy, dx)
        dy = dx
    network.lane.gradients.add_tied()

"""A lane: all contexts of a network for batches of one size, and the passes through them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from nnspec.contracts.cost import Cost
from nnspec.engine.context import LayerContext
from nnspec.engine.meeting import Seat
from nnspec.engine.parameters import Gradients, Views
from nnspec.engine.plan import Node
from nnspec.engine.state import LayerStates
from nnspec.types import Array

Surround = Callable[[int, Literal["forward", "backward"], Callable[..., Any]], Callable[..., Any]]
"""Given a layer's index, which pass, and the pass itself: what is called in its place."""


def visits(nodes: Sequence[Node], contexts: Sequence[LayerContext]) -> Iterator[tuple[Node, LayerContext]]:
    """All layers with their contexts after a forward pass, those within a layer before it, as outputs come about.

    Left out is what was never run: a layer may hold others and do with them what it likes.

    Args:
        nodes: The layers of a network, or of a layer.
        contexts: Theirs.
    """
    for node, ctx in zip(nodes, contexts, strict=True):
        yield from visits(node.inner, [ctx.inside(inner.key) for inner in node.inner])
        if ctx.y.size:
            yield node, ctx


@dataclass(frozen=True)
class Footing:
    """What all contexts of a lane have in common.

    Attributes:
        training: Whether training steps run through it.
        gradient: The flat vector that its backward passes fill.
        states: The layers' state.
        samples: How many it takes at a time.
        shard: Which piece of a batch it takes, counted from 0.
        share: How much of the batch that is, from 0 to 1.
        seat: Where it meets the other shards, if there are any.
    """

    training: bool
    gradient: Array
    states: LayerStates
    samples: int
    shard: int = 0
    share: float = 1.0
    seat: Seat | None = None


@dataclass(frozen=True)
class Stage:
    """A layer's place in a lane: its two methods, bound, and what they are handed.

    Attributes:
        forward: The layer's forward pass.
        backward: Its backward pass.
        p: Its parameters.
        g: Their gradients, in the vector of the lane's shard.
        ctx: Its working memory.
    """

    forward: Callable[..., Array]
    backward: Callable[..., Array | None]
    p: Views
    g: Views
    ctx: LayerContext


class Lane:
    """One pass at a time, forward and then back; made once for each size of batch, use and shard, and kept.

    Attributes:
        contexts: One a layer.
        gradients: Where the layers write the parameters' gradients.
        cost_context: The cost's own.
    """

    def __init__(
        self,
        stages: Sequence[Stage],
        gradients: Gradients,
        cost: Cost,
        cost_context: LayerContext,
        *,
        first: int,
        fused: bool,
    ) -> None:
        """Puts the stages of a lane in order.

        Args:
            stages: One a layer.
            gradients: Where the layers write the parameters' gradients.
            cost: The network's cost.
            cost_context: The cost's working memory.
            first: Index of the layer at which a backward pass ends.
            fused: Whether the last activation and the cost are taken together.
        """
        self.contexts = [stage.ctx for stage in stages]
        self.gradients = gradients
        self.cost_context = cost_context
        # The last activation's own backward pass is part of a fused cost's gradient.
        stop = len(stages) - 1 if fused else len(stages)
        self._cost = cost
        self._fused = fused
        self._first = first
        self._forward = [(stage.forward, stage.p, stage.ctx) for stage in stages]
        self._backward = [(stage.backward, stage.p, stage.g, stage.ctx) for stage in stages[first:stop][::-1]]

    def surround(self, around: Surround) -> None:
        """Puts something around every layer's passes, such as a clock."""
        self._forward = [
            (around(index, "forward", forward), p, ctx) for index, (forward, p, ctx) in enumerate(self._forward)
        ]
        last = self._first + len(self._backward) - 1
        self._backward = [
            (around(last - place, "backward", backward), p, g, ctx)
            for place, (backward, p, g, ctx) in enumerate(self._backward)
        ]

    def step(self, x: Array, t: Array) -> float:
        """The cost of a batch; fills the gradients."""
        self.forward(x)
        cost, dy = self.judge(t)
        self.propagate_back(dy)
        return cost

    def forward(self, x: Array) -> Array:
        """The outputs of a batch (*input, N): (*output, N)."""
        for forward, p, ctx in self._forward:
            ctx.x = x
            ctx.y = x = forward(x, p, ctx)
        return x

    def cost_value(self, t: Array) -> float:
        """The cost of the last forward pass against these targets, a mean over the batch."""
        last = self.contexts[-1]
        if self._fused:
            return self._cost.logit_value(last.x, last.y, t, self.cost_context)
        return self._cost.value(last.y, t, self.cost_context)

    def cost_gradient(self, t: Array) -> Array:
        """Where a backward pass starts: the gradient by the outputs, or by the logits where fused."""
        last = self.contexts[-1]
        if self._fused:
            return self._cost.logit_gradient(last.x, last.y, t, self.cost_context)
        return self._cost.gradient(last.y, t, self.cost_context)

    def judge(self, t: Array) -> tuple[float, Array]:
        """Both at once, as a training step asks for them."""
        if self._fused:
            return self.cost_value(t), self.cost_gradient(t)
        return self._cost.value_and_gradient(self.contexts[-1].y, t, self.cost_context)

    def propagate_back(self, dy: Array | None) -> Array | None:
        """The backward pass from a gradient by the outputs (by the logits where fused); fills the gradients."""
        for backward, p, g, ctx in self._backward:
            dy = backward(dy, p, g, ctx)
        if self.gradients.tied:
            self.gradients.add_tied()
        return dy

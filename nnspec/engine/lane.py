"""A lane: all contexts of a network for batches of one size, and the passes through them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from nnspec.contracts.cost import Cost
from nnspec.contracts.layer import Backward, Forward
from nnspec.engine.context import LayerContext
from nnspec.engine.guests import Bindable
from nnspec.engine.meeting import Seat
from nnspec.engine.parameters import Gradients, Views
from nnspec.engine.plan import Node
from nnspec.engine.state import LayerStates
from nnspec.types import Array

Surround = Callable[[int, Literal["forward", "backward"], Callable[..., Any]], Callable[..., Any]]
"""Given a layer's index, which pass, and the pass itself: what is called in its place."""


def _nothing(_index: int, _way: Literal["forward", "backward"], call: Callable[..., Any]) -> Callable[..., Any]:
    return call


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
    """A layer's place in a lane.

    Attributes:
        layer: Whose passes run there.
        p: Its parameters.
        g: Their gradients, in the vector of the lane's shard.
        ctx: Its working memory.
    """

    layer: Bindable
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
        self._last = self.contexts[-1]
        self.gradients = gradients
        self.cost_context = cost_context
        self._stages = stages
        # The last activation's own backward pass is part of a fused cost's gradient.
        self._way_back = range(first, len(stages) - 1 if fused else len(stages))[::-1]
        self._cost = cost
        self._fused = fused
        self._judge: Callable[..., tuple[float, Array]] | None = None
        self._around: Surround = _nothing
        self._unbind()

    def surround(self, around: Surround) -> None:
        """Puts something around every layer's passes, such as a clock."""
        self._around = around
        self._unbind()

    def _unbind(self) -> None:
        """Has the passes bound when they are next gone through: what they are handed is not there before."""
        self._forward: list[tuple[Forward, LayerContext]] = [
            (partial(self._first_forward, index), stage.ctx) for index, stage in enumerate(self._stages)
        ]
        self._backward: list[Backward] = [
            partial(self._first_backward, place, index) for place, index in enumerate(self._way_back)
        ]

    def _first_forward(self, index: int, x: Array) -> Array:
        stage = self._stages[index]
        forward: Forward = self._around(index, "forward", stage.layer.bind_forward(x, stage.p, stage.ctx))
        self._forward[index] = (forward, stage.ctx)
        return forward(x)

    def _first_backward(self, place: int, index: int, dy: Array) -> Array | None:
        stage = self._stages[index]
        bound = stage.layer.bind_backward(dy, stage.p, stage.g, stage.ctx)
        backward: Backward = self._around(index, "backward", bound)
        self._backward[place] = backward
        return backward(dy)

    def step(self, x: Array, t: Array, scale: float = 1.0) -> float:
        """The cost of a batch; fills the gradients, multiplied by a scale."""
        self.forward(x)
        cost, dy = self.judge(t, scale)
        self.propagate_back(dy)
        return cost

    def forward(self, x: Array) -> Array:
        """The outputs of a batch (*input, N): (*output, N)."""
        for forward, ctx in self._forward:
            ctx.x = x
            ctx.y = x = forward(x)
        return x

    def cost_value(self, t: Array) -> float:
        """The cost of the last forward pass against these targets, a mean over the batch."""
        last = self._last
        if self._fused:
            return self._cost.logit_value(last.x, last.y, t, self.cost_context)
        return self._cost.value(last.y, t, self.cost_context)

    def cost_gradient(self, t: Array) -> Array:
        """Where a backward pass starts: the gradient by the outputs, or by the logits where fused."""
        last = self._last
        if self._fused:
            return self._cost.logit_gradient(last.x, last.y, t, self.cost_context)
        return self._cost.gradient(last.y, t, self.cost_context)

    def judge(self, t: Array, scale: float = 1.0) -> tuple[float, Array]:
        """Both at once, as a training step asks for them; the gradient multiplied by a scale."""
        last = self._last
        if self._judge is None:
            self._judge = self._bound_judge(t)
        if self._fused:
            return self._judge(last.x, last.y, t, scale)
        return self._judge(last.y, t, scale)

    def _bound_judge(self, t: Array) -> Callable[..., tuple[float, Array]]:
        last = self._last
        if self._fused:
            return self._cost.bind_logits(last.x, last.y, t, self.cost_context)
        return self._cost.bind(last.y, t, self.cost_context)

    def propagate_back(self, dy: Array | None) -> Array | None:
        """The backward pass from a gradient by the outputs (by the logits where fused); fills the gradients."""
        for backward in self._backward:
            dy = backward(dy)  # type: ignore[arg-type]  # none but the last layer returns None
        if self.gradients.tied:
            self.gradients.add_tied()
        return dy

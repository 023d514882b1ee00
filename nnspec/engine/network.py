"""A network: a plan bound to parameters, and passes of batches through it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnspec.contracts.activation import Activation
from nnspec.contracts.cost import Cost
from nnspec.engine.context import LayerContext
from nnspec.engine.parameters import Layout, Views
from nnspec.engine.plan import Node
from nnspec.engine.seeds import Seeds
from nnspec.engine.state import LayerStates
from nnspec.types import Array, size


@dataclass(frozen=True)
class Lane:
    """All contexts for one batch size, in training or outside it; made once and kept.

    Attributes:
        contexts: One a layer.
        cost: The cost's own.
        forward: What a forward pass calls, layer by layer: the bound method, parameters, context.
        backward: What a backward pass calls, last layer first: method, parameters, gradients, context.
    """

    contexts: list[LayerContext]
    cost: LayerContext
    forward: list[tuple[Callable[..., Array], Views, LayerContext]]
    backward: list[tuple[Callable[..., Array | None], Views, Views, LayerContext]]


class Network:
    """Layers bound to one flat parameter vector.

    Attributes:
        nodes: The plan.
        layout: Which parameter lies where.
        weights: The flat parameter vector.
        gradient: The flat gradient vector, filled by `backward`.
        states: What the layers keep from step to step, such as running means.
        fused: Whether the last activation and the cost are taken together.
    """

    def __init__(
        self,
        nodes: Sequence[Node],
        cost: Cost,
        seeds: Seeds,
        dtype: Any = np.float32,
        *,
        fuse: bool = True,
        input_gradient: bool = False,
    ) -> None:
        self.nodes = tuple(nodes)
        self.cost = cost
        self.dtype = np.dtype(dtype)
        self.layout = Layout(nodes)
        self.weights = np.zeros(self.layout.size, self.dtype)
        self.gradient = np.zeros(self.layout.size, self.dtype)
        self.states = LayerStates(nodes, self.dtype)
        last = self.nodes[-1].layer
        self.fused = (
            fuse and isinstance(last, Activation) and last.family is not None and last.family == cost.family
        )
        self._seeds = seeds
        self._input_gradient = input_gradient
        self._parameters = self.layout.views(self.weights)
        self._gradients = self.layout.views(self.gradient)
        self._lanes: dict[tuple[int, bool], Lane] = {}
        self._lane: Lane | None = None

    @property
    def parameter_count(self) -> int:
        """How many numbers are trained."""
        return sum(size(place.parameter.shape) for place in self.layout.places)

    def initialize(self) -> None:
        """Fills the parameters and the state as the layers declare it."""
        self.layout.initialize(self.weights, self._seeds)
        self.states.reset()

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """The outputs of a batch; valid until the next pass of this batch size.

        Args:
            x: (*input, N); read-only.
            training: Whether layers that behave otherwise in training do so.

        Returns:
            (*output, N).
        """
        key = (x.shape[-1], training)
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = self._new_lane(training=training)
        self._lane = lane
        for forward, p, ctx in lane.forward:
            ctx.x = x
            ctx.y = x = forward(x, p, ctx)
        return x

    def cost_value(self, t: Array) -> float:
        """The cost of the last forward pass against these targets, a mean over the batch."""
        lane = self.lane
        last = lane.contexts[-1]
        if self.fused:
            return self.cost.logit_value(last.x, last.y, t, lane.cost)
        return self.cost.value(last.y, t, lane.cost)

    def backward(self, t: Array) -> Array | None:
        """Fills `gradient` with the gradient of the last forward pass's cost.

        Args:
            t: Targets, (*output, N).

        Returns:
            The gradient with respect to the input where the network was made with ``input_gradient``.
        """
        return self.propagate_back(self.cost_gradient(t))

    def cost_gradient(self, t: Array) -> Array:
        """Where a backward pass starts: the gradient by the outputs, or by the logits where fused."""
        lane = self.lane
        last = lane.contexts[-1]
        if self.fused:
            return self.cost.logit_gradient(last.x, last.y, t, lane.cost)
        return self.cost.gradient(last.y, t, lane.cost)

    def propagate_back(self, dy: Array | None) -> Array | None:
        """The backward pass from a gradient by the outputs (by the logits where fused)."""
        for backward, p, g, ctx in self.lane.backward:
            dy = backward(dy, p, g, ctx)
        return dy if self._input_gradient else None

    @property
    def lane(self) -> Lane:
        """The contexts of the last forward pass.

        Raises:
            RuntimeError: There was none.
        """
        if self._lane is None:
            raise RuntimeError("a backward pass or a cost needs a forward pass before it")
        return self._lane

    def parameters(self, node: int) -> Views:
        """The parameters of a layer of the plan, by name."""
        return self._parameters[node]

    def gradients(self, node: int) -> Views:
        """Their gradients, by name."""
        return self._gradients[node]

    def _new_lane(self, *, training: bool) -> Lane:
        first = self._first_of_interest()
        contexts = [
            LayerContext(
                self._seeds.generator(f"layer/{node.path}"),
                self.dtype,
                training=training,
                needs_input_gradient=self._input_gradient or index > first,
                state=state,
            )
            for index, (node, state) in enumerate(zip(self.nodes, self.states.views, strict=True))
        ]
        steps = list(zip(self.nodes, self._parameters, self._gradients, contexts, strict=True))
        backward = [(node.layer.backward, p, g, ctx) for node, p, g, ctx in steps]
        stop = len(backward) - 1 if self.fused else len(backward)
        return Lane(
            contexts,
            LayerContext(self._seeds.generator("cost"), self.dtype, training=training),
            [(node.layer.forward, p, ctx) for node, p, _, ctx in steps],
            backward[first:stop][::-1],
        )

    def _first_of_interest(self) -> int:
        """Index of the layer at which a backward pass ends: nothing before it is trained."""
        if self._input_gradient:
            return 0
        trained = [index for index, node in enumerate(self.nodes) if node.declaration.parameters]
        return trained[0] if trained else len(self.nodes)

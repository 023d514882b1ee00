"""A network: a plan bound to parameters, and passes of batches through it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnspec.contracts.activation import Activation
from nnspec.contracts.cost import Cost
from nnspec.engine.aligned import zeros
from nnspec.engine.context import LayerContext
from nnspec.engine.crew import Crew
from nnspec.engine.guests import bindable
from nnspec.engine.lane import Footing, Lane, Stage
from nnspec.engine.parameters import Layout, Views
from nnspec.engine.plan import Node
from nnspec.engine.products import product
from nnspec.engine.seeds import Seeds
from nnspec.engine.shards import ShardedStep
from nnspec.engine.state import LayerStates
from nnspec.types import Array, Random, size


class Network:
    """Layers bound to one flat parameter vector.

    Attributes:
        nodes: The plan.
        layout: Which parameter lies where.
        weights: The flat parameter vector.
        gradient: The flat gradient vector, filled by `step` and `backward`.
        gradient_scale: What it was multiplied by: 1, or the learning rate of the step to come.
        summands: The vectors that it is the sum of: itself, or one a shard after a step with a scale.
        states: What the layers keep from step to step, such as running means.
        fused: Whether the last activation and the cost are taken together.
        shards: Pieces that the batch of a training step is cut into; decides the last bits of results.
        crew: The threads that run them, for whatever else is to be shared out.
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
        shards: int = 1,
        freeze: Sequence[str] = (),
    ) -> None:
        self.nodes = tuple(nodes)
        self.cost = cost
        self.dtype = np.dtype(dtype)
        self.layout = Layout(nodes)
        self.weights = zeros((self.layout.size,), self.dtype)
        self.gradient = zeros((self.layout.size,), self.dtype)
        self.gradient_scale: float
        self.summands: Sequence[Array]
        self.begin_gradient()
        self.states = LayerStates(nodes, self.dtype)
        last = self.nodes[-1].layer
        self.fused = (
            fuse and isinstance(last, Activation) and last.family is not None and last.family == cost.family
        )
        self.shards = shards
        self.crew = Crew(shards)
        self._seeds = seeds
        self._input_gradient = input_gradient
        self._frozen = {name for pattern in freeze for name in self.layout.matching(pattern)}
        self._parameters = self.layout.views(self.weights)
        # By samples in a batch.
        self._training_lanes: dict[int, Lane] = {}
        self._other_lanes: dict[int, Lane] = {}
        self._last: Sequence[Lane] = ()
        self._sharded: ShardedStep | None = None

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
        # An exponential may overflow on its way to a limit, as the logistic function's does.
        with np.errstate(over="ignore"):
            return self._lane(x.shape[-1], training=training).forward(x)

    @property
    def scales(self) -> bool:
        """Whether a scale in the gradient costs nothing: the cost multiplies its gradient anyway."""
        bind = "bind_logits" if self.fused else "bind"
        return getattr(type(self.cost), bind) is not getattr(Cost, bind)

    def begin_gradient(self, scale: float = 1.0) -> None:
        """Says that the gradient is about to be filled anew, multiplied by a scale."""
        self.gradient_scale, self.summands = scale, (self.gradient,)

    def step(self, x: Array, t: Array, scale: float = 1.0) -> float:
        """The cost of a training batch; fills `gradient`. In shards, where the network has several.

        Args:
            x: (*input, N); read-only.
            t: Targets, (*output, N).
            scale: What the gradient is multiplied by, on its way, where it is small. Those of shards are then left
                apart, as `summands`: who subtracts each of them spares the sum.
        """
        self.begin_gradient(scale)
        if self.shards > 1:
            return self._step_in_shards(x, t, scale)
        return self._lane(x.shape[-1], training=True).step(x, t, scale)

    def _step_in_shards(self, x: Array, t: Array, scale: float) -> float:
        if self._sharded is None:
            # Not before: a network that only predicts needs neither threads nor further gradient vectors.
            self._sharded = ShardedStep(self.crew, self.gradient, self.states, self._new_lane)
        self._last = self._sharded.lanes(x.shape[-1])
        if scale != 1:
            self.summands = self._sharded.vectors(x.shape[-1])
        return self._sharded.run(x, t, scale)

    def cost_value(self, t: Array) -> float:
        """The cost of the last forward pass against these targets, a mean over the batch."""
        return self.lane.cost_value(t)

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
        return self.lane.cost_gradient(t)

    def propagate_back(self, dy: Array | None) -> Array | None:
        """The backward pass from a gradient by the outputs (by the logits where fused)."""
        self.begin_gradient()
        dy = self.lane.propagate_back(dy)
        return dy if self._input_gradient else None

    @property
    def lane(self) -> Lane:
        """The contexts of the last forward pass, of its first shard after a step in several.

        Raises:
            RuntimeError: There was none.
        """
        return self.lanes[0]

    @property
    def lanes(self) -> Sequence[Lane]:
        """The contexts of the last forward pass, a lane for each shard.

        Raises:
            RuntimeError: There was none.
        """
        if not self._last:
            raise RuntimeError("a backward pass or a cost needs a forward pass before it")
        return self._last

    def parameters(self, node: int) -> Views:
        """The parameters of a layer of the plan, by name."""
        return self._parameters[node]

    def gradients(self, node: int) -> Views:
        """Their gradients, by name, as the last backward pass filled them."""
        return self.lane.gradients.views[node]

    def working_bytes(self) -> list[int]:
        """Bytes of the buffers of each layer, over all sizes of batches and all shards met so far."""
        lanes = [*self._training_lanes.values(), *self._other_lanes.values()]
        lanes += self._sharded.all_lanes() if self._sharded is not None else []
        each = [[ctx.nbytes for ctx in lane.contexts] for lane in lanes]
        return [sum(layer) for layer in zip(*each, strict=True)] or [0] * len(self.nodes)

    def _lane(self, samples: int, *, training: bool) -> Lane:
        """The lane of batches of this size, from now on that of the last forward pass."""
        lanes = self._training_lanes if training else self._other_lanes
        lane = lanes.get(samples)
        if lane is None:
            lane = lanes[samples] = self._new_lane(Footing(training, self.gradient, self.states, samples))
        self._last = (lane,)
        return lane

    def _new_lane(self, footing: Footing) -> Lane:
        """The one place where contexts are made."""
        first = self._first_of_interest()
        branch = f"/shard.{footing.shard}" if footing.shard else ""

        def context(name: str, index: int, state: Views | None = None, multiplications: int = 0) -> LayerContext:
            def inner(within: str) -> Random:
                return self._seeds.generator(f"{name}.{within}{branch}")

            return LayerContext(
                self._seeds.generator(name + branch),
                self.dtype,
                training=footing.training,
                needs_input_gradient=self._input_gradient or index > first,
                state=state,
                share=footing.share,
                seat=footing.seat,
                generators=inner,
                product=product(multiplications * footing.samples),
            )

        gradients = self.layout.gradients(footing.gradient)
        stages = [
            Stage(
                bindable(node),
                p,
                g,
                context(f"layer/{node.path}", index, state, node.declaration.multiplications),
            )
            for index, (node, p, g, state) in enumerate(
                zip(self.nodes, self._parameters, gradients.views, footing.states.views, strict=True)
            )
        ]
        cost_context = context("cost", len(stages))
        return Lane(stages, gradients, self.cost, cost_context, first=first, fused=self.fused)

    def _first_of_interest(self) -> int:
        """Index of the layer at which a backward pass ends: nothing before it is trained."""
        if self._input_gradient:
            return 0
        trained = (
            index
            for index, node in enumerate(self.nodes)
            if any(f"{node.path}.{key}" not in self._frozen for key in node.declaration.parameters)
        )
        return next(trained, len(self.nodes))

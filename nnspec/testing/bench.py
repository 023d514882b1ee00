"""The bench: a layer with parameters and state, ready for single steps that the checks compare."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nnspec.contracts.layer import Declaration, Layer
from nnspec.engine.context import LayerContext
from nnspec.engine.meeting import Seat
from nnspec.engine.parameters import Views
from nnspec.testing.contract import SAME, Frozen, require, require_same
from nnspec.testing.material import context, generator, numbers
from nnspec.types import Array


@dataclass(frozen=True)
class Step:
    """What one forward and backward pass yielded, copied out of the layer's buffers.

    Attributes:
        y: The output.
        dx: The input's gradient.
        gradients: The parameters' gradients by name.
        state: What the layer keeps from step to step, by name, as it stood after the forward pass.
        drew: Whether the layer drew from its generator.
    """

    y: Array
    dx: Array
    gradients: Mapping[str, Array]
    state: Mapping[str, Array]
    drew: bool


class Bench:
    """A layer with parameters and state, made up as after some steps.

    Attributes:
        layer: The layer.
        output: Shape of one output sample, as declared.
        training: Whether its steps are training steps.
        parameters: Its parameters by name, float64.
        fills: What its state is full of before training, by name.
        state: The state with which each pass starts, by name, float64.
    """

    def __init__(self, layer: Layer, declaration: Declaration, *, training: bool) -> None:
        self.layer = layer
        self.output = declaration.output
        self.training = training
        self.parameters = {
            name: numbers(parameter.shape, seed) / 2
            for seed, (name, parameter) in enumerate(declaration.parameters.items(), 100)
        }
        self.fills = {name: state.fill for name, state in declaration.state.items()}
        # Above what a layer starts with, as after some steps, and above 0 where that does: variances, counts.
        self.state = {
            name: state.fill + np.abs(numbers(state.shape, seed)) / 4
            for seed, (name, state) in enumerate(declaration.state.items(), 200)
        }

    def context(
        self,
        dtype: Any = np.float64,
        *,
        needs_input_gradient: bool = True,
        share: float = 1.0,
        seat: Seat | None = None,
    ) -> LayerContext:
        """A fresh context, with the state and the generator that every pass starts with."""
        state = Views(**{name: array.astype(dtype) for name, array in self.state.items()})
        return context(
            dtype,
            training=self.training,
            needs_input_gradient=needs_input_gradient,
            state=state,
            share=share,
            seat=seat,
        )

    def output_gradient(self, x: Array) -> Array:
        """The gradient that comes back for this batch."""
        return numbers((*self.output, x.shape[-1]), 50)

    def begin(self, x: Array, ctx: LayerContext) -> None:
        """Sets a pass up; each starts with the same generator and the same state."""
        # In place: layers within this one draw from the same generator.
        ctx.random.bit_generator.state = generator().bit_generator.state
        for name, array in self.state.items():
            getattr(ctx.state, name)[...] = array
        ctx.x = x

    def forward(self, x: Array, ctx: LayerContext, replaced: Mapping[str, Array] | None = None) -> Array:
        """The output of a pass, bound as in training."""
        self.begin(x, ctx)
        ctx.y = self.layer.bind_forward(x, Views(**{**self.parameters, **(replaced or {})}), ctx)(x)
        return ctx.y

    def step(self, x: Array, ctx: LayerContext, dy: Array | None = None) -> Step:
        """A forward and a backward pass with everything guarded."""
        layer = self.layer
        x = x if x.dtype == ctx.dtype else x.astype(ctx.dtype)
        dy = (self.output_gradient(x) if dy is None else dy).astype(ctx.dtype, copy=False)
        parameters = {name: array.astype(ctx.dtype) for name, array in self.parameters.items()}
        gradients = {name: np.full_like(array, np.nan) for name, array in parameters.items()}
        frozen = Frozen(layer, x=x, dy=dy, **{f"p.{name}": array for name, array in parameters.items()})
        with frozen.kept():
            y = self.forward(x, ctx, parameters)
            drew = ctx.random.bit_generator.state != generator().bit_generator.state
            kept, state = y.copy(), self.state_of(ctx)
            expected = (*self.output, x.shape[-1])
            rule = "forward yields the declared shape, with the batch as the last axis"
            require(y.shape == expected, layer, rule, f"{y.shape}, declared {expected}.")
            dx = layer.bind_backward(dy, Views(**parameters), Views(**gradients), ctx)(dy)
        require_same(y, kept, layer, "the backward pass leaves the output alone", "Write to a buffer of its own.")
        if ctx.needs_input_gradient:
            require(dx is not None, layer, "backward returns the input's gradient", "It returned None.")
        rule = "the backward pass leaves the state alone"
        for name, array in self.state_of(ctx).items():
            require_same(array, state[name], layer, rule, f"`{name}`: update it in the forward pass.")
        dx = np.zeros(0, ctx.dtype) if dx is None else dx.copy()
        return Step(kept, dx, gradients, state, drew)

    def state_of(self, ctx: LayerContext) -> dict[str, Array]:
        """What a context keeps as state, copied."""
        return {name: getattr(ctx.state, name).copy() for name in self.state}

    def check_range(self, y: Array, where: str = "") -> None:
        """Raises unless an output lies in the layer's `range`."""
        low, high = self.layer.range
        inside = bool((y >= low).all() and (y <= high).all())
        found = f"{where}outputs from {y.min():g} to {y.max():g}, stated {low:g} to {high:g}."
        require(inside, self.layer, "outputs lie in the stated range", found)

    def other(self, x: Array) -> Array:
        """Another batch of the same shape."""
        return np.ascontiguousarray(x[..., ::-1] * 0.7 if self.layer.codes is None else np.flip(x))

    def require_same_step(self, step: Step, expected: Step, rule: str, hint: str, tolerance: float = SAME) -> None:
        """Raises unless two steps agree in all that they yielded."""
        pairs = {"y": (step.y, expected.y), "dx": (step.dx, expected.dx)}
        pairs |= {f"g.{name}": (step.gradients[name], array) for name, array in expected.gradients.items()}
        pairs |= {f"state.{name}": (step.state[name], array) for name, array in expected.state.items()}
        for name, (got, wanted) in pairs.items():
            require_same(got, wanted, self.layer, f"{rule} ({name})", hint, tolerance)

"""check_layer: shapes, gradients, memory and repeatability of a layer."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from nnspec.contracts.layer import Declaration, Layer
from nnspec.engine.context import LayerContext
from nnspec.engine.crew import Crew
from nnspec.engine.meeting import Meeting, Seat
from nnspec.engine.parameters import Views
from nnspec.engine.shards import cut
from nnspec.errors import DataError, ShapeError
from nnspec.testing.contract import SINGLE, ContractError, Frozen, require, require_same, require_type
from nnspec.testing.declarations import declared
from nnspec.testing.gradients import check_gradient
from nnspec.testing.material import context, far, generator, inputs, layouts, numbers, stored
from nnspec.testing.parts import check_part, rebuilt
from nnspec.testing.shapes import shapes_for
from nnspec.testing.spelling import check_spelling
from nnspec.types import Array, Shape

BATCHES = (1, 2, 7)
ENOUGH = 24
"""Numbers of which some will show in the output, whatever the layer cuts off or drops."""
MANY = 2**17
"""Numbers of a large batch: more than blocks and shortcuts for small arrays are made for."""
DRAWN = (5, 1, 3, 2, 4)
"""Samples in a batch at each of the shapes that are drawn."""


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


def check_layer(layer: Layer, shape: Shape | None = None, *, x: Array | None = None, batch: int = 5) -> None:
    """Checks a layer in training and outside it: on inputs of this shape, or of five that are drawn.

    What it declares is sound, and its initializers fill its parameters with finite numbers. The gradients by the
    input and by every parameter agree with central differences; outputs have the declared shape for any batch
    size, lie in the layer's `range` and have the context's type; inputs stay as they were; a result depends on
    nothing but inputs and generator, whatever came before and however the input lies in memory; float32 comes
    close to float64, and inputs of ±10,000 yield no NaN in it; outside training a sample's output does not depend
    on the rest of its batch, and in training a batch in shards yields what it yields as a whole. State is updated
    in place, in training and in the forward pass alone; parameters and state are all that a checkpoint needs; what
    `spell` shows comes to the numbers it is shown for. A layer whose inputs are `codes` hands back 0 as their
    gradient. See also `check_part`.

    Args:
        layer: The layer, without what its ``activation:`` appends.
        shape: Shape of one input sample; by default several that the layer takes, each with another batch size.
        x: Inputs (*shape, N) in place of made ones, for layers that need others; float64.
        batch: N, where `shape` is given and `x` is not.

    Raises:
        ContractError: It breaks a contract.
    """
    check_part(layer)
    if shape is not None:
        _check_at(layer, shape, inputs(layer, shape, batch) if x is None else x)
        return
    drawn = shapes_for(layer, len(DRAWN))
    for place, batch_drawn in enumerate(DRAWN):
        _check_at(layer, drawn[place % len(drawn)], inputs(layer, drawn[place % len(drawn)], batch_drawn))


def _check_at(layer: Layer, shape: Shape, x: Array) -> None:
    declaration = declared(layer, shape)
    for training in (False, True):
        bench = _Bench(layer, declaration, training=training)
        bench.check_shapes(shape)
        bench.check_gradients(x)
        bench.check_repeatability(x)
        bench.check_memory_orders(x)
        bench.check_state(x)
        bench.check_checkpoint(x)
        bench.check_single_precision(x)
        bench.check_unneeded_input_gradient(x)
    calm = _Bench(layer, declaration, training=False)
    calm.check_refusal_of_codes(x)
    calm.check_samples_apart(x)
    calm.check_large_batch(x)
    calm.check_large_inputs(x)
    # Last: any mistake shows here, but what is said of it elsewhere says more.
    trained = _Bench(layer, declaration, training=True)
    trained.check_shards(x)
    trained.check_spelling(x)


def check_refusal(layer: Layer, shape: Shape) -> None:
    """Checks that a layer refuses a shape with a `ShapeError` that says what to do.

    Raises:
        ContractError: It takes the shape, or gives no hint.
    """
    contract = "a shape that does not fit is refused with a hint"
    try:
        declaration = layer.declare(shape)
    except ShapeError as error:
        require(
            error.hint, layer, contract, f"the ShapeError `{error}` has no hint: say what to insert or change."
        )
        return
    raise ContractError(layer, contract, f"{shape} was taken; declared output: {declaration.output}.")


class _Bench:
    """A layer with parameters, ready for single steps."""

    def __init__(self, layer: Layer, declaration: Declaration, *, training: bool) -> None:
        self.layer = layer
        self.output = declaration.output
        self.training = training
        self.parameters = {
            name: numbers(parameter.shape, seed) / 2
            for seed, (name, parameter) in enumerate(declaration.parameters.items(), 100)
        }
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
        return numbers((*self.output, x.shape[-1]), 50)

    def forward(self, x: Array, ctx: LayerContext, replaced: Mapping[str, Array] | None = None) -> Array:
        """The output; each pass starts with the same generator and the same state."""
        # In place: layers within this one draw from the same generator.
        ctx.random.bit_generator.state = generator().bit_generator.state
        for name, array in self.state.items():
            getattr(ctx.state, name)[...] = array
        ctx.x = x
        ctx.y = self.layer.forward(x, Views(**{**self.parameters, **(replaced or {})}), ctx)
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
            kept, state = y.copy(), self._state(ctx)
            expected = (*self.output, x.shape[-1])
            rule = "forward yields the declared shape, with the batch as the last axis"
            require(y.shape == expected, layer, rule, f"{y.shape}, declared {expected}.")
            dx = layer.backward(dy, Views(**parameters), Views(**gradients), ctx)
        require_same(y, kept, layer, "the backward pass leaves the output alone", "Write to a buffer of its own.")
        if ctx.needs_input_gradient:
            require(dx is not None, layer, "backward returns the input's gradient", "It returned None.")
        rule = "the backward pass leaves the state alone"
        for name, array in self._state(ctx).items():
            require_same(array, state[name], layer, rule, f"`{name}`: update it in the forward pass.")
        dx = np.zeros(0, ctx.dtype) if dx is None else dx.copy()
        return Step(kept, dx, gradients, state, drew)

    def _state(self, ctx: LayerContext) -> dict[str, Array]:
        return {name: getattr(ctx.state, name).copy() for name in self.state}

    def check_shapes(self, shape: Shape) -> None:
        for batch in BATCHES:
            x = inputs(self.layer, shape, batch, batch)
            for dtype in (np.float64, np.float32):
                step = self.step(x, self.context(dtype))
                self._check_output(step, x, dtype)

    def _check_output(self, step: Step, x: Array, dtype: Any) -> None:
        layer = self.layer
        rule = "backward yields the input's shape"
        require(step.dx.shape == x.shape, layer, rule, f"{step.dx.shape}, expected {x.shape}.")
        require_type(step.y, dtype, layer, "the output")
        require_type(step.dx, dtype, layer, "the input's gradient")
        self._check_range(step.y)
        for name, gradient in step.gradients.items():
            require(
                not np.isnan(gradient).any(),
                layer,
                "backward overwrites every parameter's gradient",
                f"g.{name} held NaN before and holds some still. Likely mistake: `+=` in place of `out=`, or a "
                "parameter that was forgotten.",
            )

    def check_gradients(self, x: Array) -> None:
        step, dy = self.step(x, self.context()), self.output_gradient(x)
        ctx, batch = self.context(), x.shape[-1]
        if self.layer.codes is None:
            check_gradient(self.layer, "x", lambda at: self.forward(at, ctx), x, step.dx, dy, batch=batch)
        else:
            require(not step.dx.any(), self.layer, "there is no gradient by codes", "Return zeros.")
        for name, array in self.parameters.items():

            def by_parameter(at: Array, name: str = name) -> Array:
                return self.forward(x, ctx, {name: at})

            gradient = step.gradients[name]
            check_gradient(self.layer, name, by_parameter, array, gradient, dy, batch=batch)

    def check_spelling(self, x: Array) -> None:
        """On one sample, since that is what is explained."""
        one = x[..., :1].copy()
        dy = self.output_gradient(one)
        step = self.step(one, self.context(), dy)
        quantities = {"y": step.y[..., 0], "x": step.dx[..., 0], **step.gradients}
        values = {"x": one[..., 0], "y": step.y[..., 0], "dy": dy[..., 0], **self.parameters}
        check_spelling(self.layer, self.layer.spell, quantities, values)

    def check_repeatability(self, x: Array) -> None:
        ctx = self.context()
        first = self.step(x, ctx)
        other = self.step(self._other(x), ctx)
        if x.size >= ENOUGH and self.layer.codes is None:
            rule = "the output depends on the input"
            hint = "Likely mistake: a buffer that is never written."
            require(not np.array_equal(first.y, other.y), self.layer, rule, f"Other inputs gave the same. {hint}")
        again = self.step(x, ctx)
        fresh = self.step(x, self.context())
        hint = "Likely mistake: a buffer whose old content is read, or state kept on the layer itself."
        self._compare(again, first, "a step does not depend on the steps before it", hint)
        self._compare(fresh, first, "a fresh context gives the same result", hint)

    def _other(self, x: Array) -> Array:
        """Another batch of the same shape."""
        return np.ascontiguousarray(x[..., ::-1] * 0.7 if self.layer.codes is None else np.flip(x))

    def check_memory_orders(self, x: Array) -> None:
        expected, dy = self.step(x, self.context()), self.output_gradient(x)
        hint = "Likely mistake: a reshape, a view or `order=` that takes C order for granted."
        for (order, x_laid), (_, dy_laid) in zip(layouts(x), layouts(dy), strict=True):
            step = self.step(x_laid, self.context(), dy_laid)
            self._compare(step, expected, f"{order} inputs give the same result", hint)

    def check_state(self, x: Array) -> None:
        ctx = self.context()
        before = {name: getattr(ctx.state, name) for name in self.state}
        step = self.step(x, ctx)
        for name, array in before.items():
            rule, detail = "state is updated in place", f"`ctx.state.{name}` is another array. Write `[...] =`."
            require(getattr(ctx.state, name) is array, self.layer, rule, detail)
            if not self.training:
                rule = "state changes in training alone"
                require_same(step.state[name], self.state[name], self.layer, rule, f"by `{name}`", 0.0)

    def check_checkpoint(self, x: Array) -> None:
        """Another instance, which started on other data, goes on from what a checkpoint holds."""
        here, there = copy.copy(self), copy.copy(self)
        here.state = dict(self.step(x, self.context()).state)
        there.layer = rebuilt(self.layer)
        there.step(self._other(x), there.context())
        there.parameters, there.state = stored(self.parameters), stored(here.state)
        resumed, expected = there.step(x, there.context()), here.step(x, here.context())
        hint = "Likely mistake: something kept on the layer or its class; declare it as state."
        self._compare(resumed, expected, "options, parameters and state are all that a checkpoint needs", hint)

    def check_single_precision(self, x: Array) -> None:
        exact, single = self.step(x, self.context()), self.step(x, self.context(np.float32))
        if exact.drew:
            # Generators yield other numbers in float32 than in float64.
            return
        hint = "Likely mistake: a difference of large numbers, or a constant meant for float64."
        self._compare(single, exact, "float32 comes close to float64", hint, SINGLE)

    def check_unneeded_input_gradient(self, x: Array) -> None:
        expected, step = self.step(x, self.context()), self.step(x, self.context(needs_input_gradient=False))
        for name, gradient in expected.gradients.items():
            rule = "parameters' gradients do not depend on whether the input's is needed"
            require_same(step.gradients[name], gradient, self.layer, rule, f"by {name}")

    def check_samples_apart(self, x: Array) -> None:
        together = self.step(x, self.context())
        if together.drew:
            return
        dy = self.output_gradient(x)
        rule = "outside training a sample's result does not depend on the rest of its batch"
        hint = "Likely mistake: an operation over the last axis, which is the batch."
        for sample in range(x.shape[-1]):
            one = slice(sample, sample + 1)
            alone = self.step(x[..., one].copy(), self.context(), dy[..., one].copy())
            require_same(alone.y, together.y[..., one], self.layer, rule, hint, 1e-9)
            require_same(alone.dx, together.dx[..., one], self.layer, rule, hint, 1e-9)

    def check_shards(self, x: Array) -> None:
        """What belongs to the batch as a whole, as a mean over it does, is the same for each of its shards."""
        whole, samples = self.step(x, self.context()), x.shape[-1]
        if samples < 2 or whole.drew:
            return
        dy, meeting = self.output_gradient(x), Meeting(2)

        def shard(part: slice, seat: Seat) -> Step:
            ctx = self.context(share=(part.stop - part.start) / samples, seat=seat)
            return self.step(x[..., part], ctx, dy[..., part])

        tasks = [partial(shard, *one) for one in zip(cut(samples, 2), meeting.seats, strict=True)]
        first, second = Crew(2).run(tasks, meeting.give_up)
        y, dx = (np.concatenate(pair, axis=-1) for pair in ((first.y, second.y), (first.dx, second.dx)))
        gradients = {name: gradient + second.gradients[name] for name, gradient in first.gradients.items()}
        together = Step(y, dx, gradients, first.state, whole.drew)
        hint = "Likely mistake: a mean over the batch is no `ctx.sum_over_shards` over `x.shape[-1] / ctx.share`."
        self._compare(together, whole, "a batch in shards yields what it yields as a whole", hint, 1e-9)

    def check_refusal_of_codes(self, x: Array) -> None:
        """What is no code is refused, and not taken for another one."""
        for wrong in () if self.layer.codes is None else (self.layer.codes, -1, 0.5):
            spoiled = x.copy()
            spoiled.flat[-1] = wrong
            try:
                self.forward(spoiled, self.context())
            except DataError:
                continue
            rule = "what is no code is refused with a DataError"
            raise ContractError(self.layer, rule, f"{wrong} was taken, of {self.layer.codes} codes.")

    def check_large_batch(self, x: Array) -> None:
        """The same samples over and over, which large batches may compute in another way."""
        few = self.step(x, self.context())
        times = MANY // max(x.size, few.y.size)
        if times < 2 or few.drew:
            return
        dy = self.output_gradient(x)
        ways = (1,) * (x.ndim - 1), (1,) * (dy.ndim - 1)
        many = self.step(np.tile(x, (*ways[0], times)), self.context(), np.tile(dy, (*ways[1], times)))
        rule = "a large batch gives what small ones give"
        hint = "Likely mistake: a block that is left out, or a second way of computing for large arrays."
        require_same(many.y, np.tile(few.y, (*ways[1], times)), self.layer, rule, hint, 1e-9)
        require_same(many.dx, np.tile(few.dx, (*ways[0], times)), self.layer, rule, hint, 1e-9)
        for name, gradient in few.gradients.items():
            require_same(many.gradients[name] / times, gradient, self.layer, rule, f"g.{name}. {hint}", 1e-9)

    def check_large_inputs(self, x: Array) -> None:
        """Overflow on the way to a limit is no mistake, and the engine keeps silent about it; NaN is one."""
        single = {name: array.astype(np.float32) for name, array in self.parameters.items()}
        for name, large in far(x.shape) if self.layer.codes is None else ():
            with np.errstate(all="ignore"):
                y = self.forward(large, self.context(np.float32), single)
                self._check_numbers(name, {"y": y})
                self._check_range(y, f"{name}: ")
                step = self.step(large, self.context(np.float32))
            found = {f"g.{key}": gradient for key, gradient in step.gradients.items()}
            self._check_numbers(name, {"dx": step.dx, **found})

    def _check_numbers(self, name: str, arrays: Mapping[str, Array]) -> None:
        for what, array in arrays.items():
            detail = f"{name}: {what} holds NaN. Likely mistake: inf - inf, or inf / inf, behind an exp."
            require(not np.isnan(array).any(), self.layer, "large inputs give numbers", detail)

    def _check_range(self, y: Array, where: str = "") -> None:
        low, high = self.layer.range
        inside = bool((y >= low).all() and (y <= high).all())
        found = f"{where}outputs from {y.min():g} to {y.max():g}, stated {low:g} to {high:g}."
        require(inside, self.layer, "outputs lie in the stated range", found)

    def _compare(self, step: Step, expected: Step, rule: str, hint: str, tolerance: float | None = None) -> None:
        pairs = {"y": (step.y, expected.y), "dx": (step.dx, expected.dx)}
        pairs |= {f"g.{name}": (step.gradients[name], array) for name, array in expected.gradients.items()}
        pairs |= {f"state.{name}": (step.state[name], array) for name, array in expected.state.items()}
        for name, (got, wanted) in pairs.items():
            options = {} if tolerance is None else {"tolerance": tolerance}
            require_same(got, wanted, self.layer, f"{rule} ({name})", hint, **options)

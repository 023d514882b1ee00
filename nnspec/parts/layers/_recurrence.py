"""What rnn, lstm and gru have in common: options, parameters, and the way through a sequence and back.

A cell has G gates over H units, stacked in one block of G H rows. Forward, a step is one product, of R, W and b
side by side with the state, the input and a one below each other, and a few calls for the gates. Back, a step
multiplies what arrives from later ones by slopes, which are made for all steps at once, as are the gradients by
parameters and inputs. Few calls count for more than little arithmetic: shards wait for each other at every call.
"""

from collections.abc import Iterator
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import (
    Array,
    Context,
    Declaration,
    Field,
    Initializer,
    Layer,
    Parameter,
    Parameters,
    PartOf,
    PositiveInt,
    Shape,
    by_name,
    require_sequence,
)
from nnspec.parts.layers._gates import EachGate
from nnspec.parts.layers._scan import Scan


class Recurrent(Layer):
    """A state that is carried from step to step; the subclasses say how a step changes it."""

    primary: ClassVar[str | None] = "units"
    word: ClassVar[str] = ""
    """The layer's name in a spec, for messages."""
    gates: ClassVar[int] = 1
    """G, the number of gates, each with rows of its own in W, R and b."""
    carried: ClassVar[int] = 1
    """How many arrays of H rows a step hands to the next one, h first."""

    units: Annotated[PositiveInt, Field(description="H, the length of the state")]
    sequences: Annotated[
        bool, Field(description="yield the state after every step, (T, H, N), not after the last alone, (H, N)")
    ] = False
    bidirectional: Annotated[
        bool, Field(description="read the sequence backwards too, by parameters of its own, and yield both states")
    ] = False
    truncate: Annotated[
        PositiveInt | None,
        Field(description="cut the gradient by the state every so many steps, counted from the last; null: never"),
    ] = None
    bias: Annotated[bool, Field(description="add a trained constant to each weighted input")] = True
    weights: Annotated[PartOf[Initializer], Field(description="fills W")] = by_name("glorot")
    recurrent_weights: Annotated[PartOf[Initializer], Field(description="fills R")] = by_name("orthogonal")
    biases: Annotated[PartOf[Initializer], Field(description="fills b")] = by_name("zeros")

    def _run(self, scan: Scan, weights: Array) -> None:
        """Fills ``scan.states`` behind the first.

        Args:
            scan: Its inputs are in their places.
            weights: R, W and b side by side, (G H, H + F + 1), to be changed at will.
        """
        raise NotImplementedError

    def _run_back(self, scan: Scan, carry: Array, steps: Iterator[int]) -> Array:
        """The cost's gradient by the weighted inputs of each step, (T, G H, N).

        All that does not depend on later steps is made for all steps at once, the rest step by step.

        Args:
            scan: As `_run` left it.
            carry: The gradient by what the step handed on, (`carried` H, N); to be replaced by the gradient by
                what the step was handed.
            steps: The steps, last first.
        """
        raise NotImplementedError

    def declare(self, shape: Shape) -> Declaration:
        steps, features = require_sequence(self.word, shape)
        own = self._parameters(features)
        parameters = {name + suffix: parameter for suffix in self._suffixes for name, parameter in own.items()}
        products = steps * self.gates * self.units * (features + self.units)
        return Declaration(self._output(steps), parameters, multiplications=len(self._suffixes) * products)

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        steps, _, batch = x.shape
        y = ctx.buffer("y", (*self._output(steps), batch))
        for scan in self._scans(x, p, ctx):
            scan.meet(x, bias=self.bias)
            self._run(scan, scan.weights(bias=self.bias))
            y[..., scan.rows, :] = scan.in_order(scan.states[1:]) if self.sequences else scan.states[-1]
        return y

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        dx: Array | None = None
        for scan in self._scans(ctx.x, p, ctx):
            arriving = dy[..., scan.rows, :]
            carry = scan.memory("carry", self.carried * self.units)
            arrivals = scan.in_order(arriving) if self.sequences else arriving[np.newaxis]
            by_step = self._run_back(scan, carry, self._steps_back(carry, arrivals, scan.steps))
            slopes = scan.features_first("slopes by feature", by_step)
            met = scan.features_first("met by feature", scan.met[:-1])
            self._recurrent_gradient(scan, slopes, met[: self.units], g)
            np.matmul(slopes, met[self.units : self.units + ctx.x.shape[1]].T, out=scan.of(g, "W"))
            if self.bias:
                ctx.batch_sum(slopes, out=scan.of(g, "b"))
            if ctx.needs_input_gradient:
                dx = self._input_gradient(scan, slopes, dx)
        return dx

    def _parameters(self, features: int) -> dict[str, Parameter]:
        """One direction's parameters."""
        rows, level = self.gates * self.units, (0.0,) * self.gates
        weights = EachGate(filled=self.weights, raised=level)
        recurrent_weights = EachGate(filled=self.recurrent_weights, raised=level)
        parameters = {
            "W": Parameter((rows, features), weights, features, self.units),
            "R": Parameter((rows, self.units), recurrent_weights, self.units, self.units),
        }
        if self.bias:
            biases = EachGate(filled=self.biases, raised=self._raised or level)
            parameters["b"] = Parameter((rows, 1), biases, features, self.units, decays=False)
        return parameters

    @property
    def _raised(self) -> tuple[float, ...]:
        """What is added to each gate's biases at the start; empty for nothing."""
        return ()

    def _recurrent_gradient(self, scan: Scan, slopes: Array, states: Array, g: Parameters) -> None:
        """Fills the gradient by R.

        Args:
            scan: As `_run_back` left it.
            slopes: What `_run_back` returned, as (G H, T · N). The gradients by W, b and x are made of what is in
                it afterwards.
            states: The state before each step, (H, T · N).
            g: The layer's gradients.
        """
        np.matmul(slopes, states.T, out=scan.of(g, "R"))

    def _input_gradient(self, scan: Scan, slopes: Array, other: Array | None) -> Array:
        """The gradient by x, added to that of the other direction where there is one."""
        x = scan.ctx.x
        own = scan.ctx.buffer("dx by feature", (x.shape[1], x.shape[0] * x.shape[2]))
        np.matmul(scan.of(scan.p, "W").T, slopes, out=own)
        in_order = scan.in_order(own.reshape(x.shape[1], x.shape[0], -1).swapaxes(0, 1))
        dx = scan.ctx.buffer("dx", x.shape)
        if other is None:
            np.copyto(dx, in_order)
            return dx
        return np.add(other, in_order, out=dx)

    def _steps_back(self, carry: Array, arrivals: Array, steps: int) -> Iterator[int]:
        """The steps from the last to the first; before each, what arrives there from above joins the carry."""
        carry.fill(0)
        for step in reversed(range(steps)):
            arrival = step - steps + len(arrivals)
            if arrival >= 0:
                carry[: self.units] += arrivals[arrival]
            yield step
            if self.truncate is not None and (steps - step) % self.truncate == 0:
                carry.fill(0)

    def _scans(self, x: Array, p: Parameters, ctx: Context) -> Iterator[Scan]:
        steps, features, batch = x.shape
        for place, suffix in enumerate(self._suffixes):
            rows = slice(place * self.units, (place + 1) * self.units)
            met = ctx.buffer(f"met{suffix}", (steps + 1, self.units + features + self.bias, batch))
            yield Scan(ctx, p, suffix, rows, self.units, met)

    def _output(self, steps: int) -> Shape:
        features = len(self._suffixes) * self.units
        return (steps, features) if self.sequences else (features,)

    @property
    def _suffixes(self) -> tuple[str, ...]:
        return ("", "_reverse") if self.bidirectional else ("",)

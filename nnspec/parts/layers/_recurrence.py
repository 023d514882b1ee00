"""What rnn, lstm and gru have in common: options, parameters, and the way through a sequence and back.

A cell has G gates over H units, stacked in one block of G H rows: the weighted inputs of all steps are one
product, those of the state one product a step.
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

    def _run(self, scan: Scan) -> None:
        """Fills ``scan.states`` from the first on, given weighted inputs in ``scan.gates``."""
        raise NotImplementedError

    def _run_back(self, scan: Scan, carry: Array, steps: Iterator[int]) -> None:
        """Fills ``scan.slopes``, step by step.

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
            np.matmul(scan.of(p, "W"), scan.in_order(x), out=scan.gates)
            if self.bias:
                np.add(scan.gates, scan.of(p, "b"), out=scan.gates)
            scan.states[0] = 0
            self._run(scan)
            y[..., scan.rows, :] = scan.in_order(scan.states[1:]) if self.sequences else scan.states[-1]
        return y

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        dx: Array | None = None
        for scan in self._scans(ctx.x, p, ctx):
            arriving = dy[..., scan.rows, :]
            carry = scan.memory("carry", self.carried * self.units)
            arrivals = scan.in_order(arriving) if self.sequences else arriving[np.newaxis]
            self._run_back(scan, carry, self._steps_back(carry, arrivals, len(scan.gates)))
            slopes = scan.features_first("slopes by feature", scan.slopes)
            inputs = scan.features_first("inputs by feature", scan.in_order(ctx.x))
            np.matmul(slopes, inputs.T, out=scan.of(g, "W"))
            if self.bias:
                ctx.batch_sum(slopes, out=scan.of(g, "b"))
            self._recurrent_gradient(scan, slopes, g)
            if ctx.needs_input_gradient:
                own = np.matmul(scan.of(p, "W").T, scan.slopes, out=scan.memory("dx", *ctx.x.shape[:-1]))
                dx = own if dx is None else np.add(dx, scan.in_order(own), out=dx)
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

    def _recurrent_gradient(self, scan: Scan, slopes: Array, g: Parameters) -> None:
        """Fills the gradient by R.

        Args:
            scan: As `_run_back` left it.
            slopes: ``scan.slopes`` as (G H, T · N).
            g: The layer's gradients.
        """
        states = scan.features_first("states by feature", scan.states[:-1])
        np.matmul(slopes, states.T, out=scan.of(g, "R"))

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
        steps, _, batch = x.shape
        for place, suffix in enumerate(self._suffixes):
            rows = slice(place * self.units, (place + 1) * self.units)
            states = ctx.buffer(f"states{suffix}", (steps + 1, self.units, batch))
            gates = ctx.buffer(f"gates{suffix}", (steps, self.gates * self.units, batch))
            yield Scan(ctx, p, suffix, rows, states, gates)

    def _output(self, steps: int) -> Shape:
        features = len(self._suffixes) * self.units
        return (steps, features) if self.sequences else (features,)

    @property
    def _suffixes(self) -> tuple[str, ...]:
        return ("", "_reverse") if self.bidirectional else ("",)

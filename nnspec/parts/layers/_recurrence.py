"""What rnn, lstm and gru have in common: options, parameters, and the way through a sequence and back.

A cell has G gates over H units, stacked in one block of G H rows. Forward, a step is one product, of R, W and b
side by side with the state, the input and a one below each other, and a few calls for the gates. Back, a step
multiplies what arrives from later ones by slopes, which are made for all steps at once, as are the gradients by
parameters and inputs. Few calls count for more than little arithmetic: shards wait for each other at every call.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from functools import partial
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import (
    Array,
    Backward,
    Context,
    Declaration,
    Field,
    Forward,
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
from nnspec.parts.layers._prepared import Call, Prepared
from nnspec.parts.layers._scan import Scan

Arriving = Callable[[int], Iterator[Call]]
"""What is to be done to the carry before a step back, by the step's number."""


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

    def _run(self, scan: Scan, weights: Array) -> Iterator[Call]:
        """What fills ``scan.states`` behind the first.

        Args:
            scan: Its inputs are in their places.
            weights: R, W and b side by side, (G H, H + F + 1), to be changed at will.
        """
        raise NotImplementedError

    def _run_back(self, scan: Scan, carry: Array, arriving: Arriving) -> Generator[Call, None, Array]:
        """What makes the cost's gradient by the weighted inputs of each step, (T, G H, N); and that.

        All that does not depend on later steps is made for all steps at once, the rest step by step.

        Args:
            scan: As `_run` left it.
            carry: The gradient by what the step handed on, (`carried` H, N); to be replaced by the gradient by
                what the step was handed.
            arriving: To be called for before each step, last first.
        """
        raise NotImplementedError

    def declare(self, shape: Shape) -> Declaration:
        steps, features = require_sequence(self.word, shape)
        own = self._parameters(features)
        parameters = {name + suffix: parameter for suffix in self._suffixes for name, parameter in own.items()}
        products = steps * self.gates * self.units * (features + self.units)
        return Declaration(self._output(steps), parameters, multiplications=len(self._suffixes) * products)

    def bind_forward(self, x: Array, p: Parameters, ctx: Context) -> Forward:
        y = ctx.buffer("y", (*self._output(len(x)), x.shape[-1]))
        scans = self._scans(x, p, ctx)
        calls = [call for scan in scans for call in self._through(scan, y)]

        def forward(x: Array) -> Array:
            for scan in scans:
                scan.meet(x, bias=self.bias)
            for call in calls:
                call()
            return y

        return forward

    def _through(self, scan: Scan, y: Array) -> Iterator[Call]:
        """What fills a direction's rows of the output."""
        weights = yield from scan.weights(bias=self.bias)
        yield from self._run(scan, weights)
        states = scan.in_order(scan.states[1:]) if self.sequences else scan.states[-1]
        yield partial(np.copyto, y[..., scan.rows, :], states)

    def bind_backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Backward:
        scans = self._scans(ctx.x, p, ctx)
        dx = ctx.buffer("dx", ctx.x.shape) if ctx.needs_input_gradient else None
        prepared = Prepared(lambda dy: self._back(scans, dy, g, dx))

        def backward(dy: Array) -> Array | None:
            prepared.run(dy)
            return dx

        return backward

    def _back(self, scans: Sequence[Scan], dy: Array, g: Parameters, dx: Array | None) -> Iterator[Call]:
        """What fills the gradients by parameters and inputs."""
        for scan in scans:
            arriving = dy[..., scan.rows, :]
            arrivals = scan.in_order(arriving) if self.sequences else arriving[np.newaxis]
            carry = scan.memory("carry", self.carried * self.units)
            by_step = yield from self._run_back(scan, carry, partial(self._arriving, scan.steps, carry, arrivals))
            slopes = yield from scan.features_first("slopes by feature", by_step)
            met = yield from scan.features_first("met by feature", scan.met[:-1])
            yield from self._recurrent_gradient(scan, slopes, met[: self.units], g)
            gW = scan.of(g, "W")
            yield partial(np.matmul, slopes, met[self.units : self.units + gW.shape[1]].T, gW)
            if self.bias:
                yield partial(scan.ctx.batch_sum, slopes, scan.of(g, "b"))
            if dx is not None:
                yield from self._input_gradient(scan, slopes, dx, first=scan is scans[0])

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

    def _recurrent_gradient(self, scan: Scan, slopes: Array, states: Array, g: Parameters) -> Iterator[Call]:
        """What fills the gradient by R.

        Args:
            scan: As `_run_back` left it.
            slopes: What `_run_back` returned, as (G H, T · N). The gradients by W, b and x are made of what is in
                it afterwards.
            states: The state before each step, (H, T · N).
            g: The layer's gradients.
        """
        yield partial(np.matmul, slopes, states.T, scan.of(g, "R"))

    def _input_gradient(self, scan: Scan, slopes: Array, dx: Array, *, first: bool) -> Iterator[Call]:
        """What makes the gradient by x, or adds it to that of the first direction."""
        steps, features, batch = dx.shape
        own = scan.ctx.buffer("dx by feature", (features, steps * batch))
        yield partial(np.matmul, scan.of(scan.p, "W").T, slopes, own)
        in_order = scan.in_order(own.reshape(features, steps, batch).swapaxes(0, 1))
        yield partial(np.copyto, dx, in_order) if first else partial(np.add, dx, in_order, dx)

    def _arriving(self, steps: int, carry: Array, arrivals: Array, step: int) -> Iterator[Call]:
        """What the carry is before a step back: cut off where it is to be, and with what arrives from above."""
        later = steps - 1 - step
        if later == 0 or (self.truncate is not None and later % self.truncate == 0):
            yield partial(carry.fill, 0)
        arrival = step - steps + len(arrivals)
        if arrival >= 0:
            dh = carry[: self.units]
            yield partial(np.add, dh, arrivals[arrival], dh)

    def _scans(self, x: Array, p: Parameters, ctx: Context) -> list[Scan]:
        steps, features, batch = x.shape
        scans = []
        for place, suffix in enumerate(self._suffixes):
            rows = slice(place * self.units, (place + 1) * self.units)
            met = ctx.buffer(f"met{suffix}", (steps + 1, self.units + features + self.bias, batch))
            scans.append(Scan(ctx, p, suffix, rows, self.units, met))
        return scans

    def _output(self, steps: int) -> Shape:
        features = len(self._suffixes) * self.units
        return (steps, features) if self.sequences else (features,)

    @property
    def _suffixes(self) -> tuple[str, ...]:
        return ("", "_reverse") if self.bidirectional else ("",)

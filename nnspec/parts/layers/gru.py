"""gru: a gated recurrent unit; one gate mixes the old state with a new one, another forgets on the way to it.

    layers:
      - gru: 128
      - gru: {units: 64, sequences: true, bidirectional: true}
      - gru: {units: 64, reset: before}

x (T, F, N) -> y (H, N), the last state, or (T, H, N) with `sequences`; 2 H rows with `bidirectional`
W (3 H, F), R (3 H, H), b (3 H, 1), rows in the order z, r, n, and s (H, 1) with `reset: after`;
with `bidirectional` also W_reverse and so on

z, r = logistic(W x_t + R h_{t-1} + b), each of its own H rows;  h_t = (1 - z) n + z h_{t-1}, h_0 = 0
n = tanh(W x_t + b + r (R h_{t-1} + s)) with `reset: after`, tanh(W x_t + b + R (r h_{t-1})) with `reset: before`

Back, from the last step to the first, each gate's gradient times the slope of the gate:
dz = dh_t (h_{t-1} - n), dn = dh_t (1 - z), dr = dn (R h_{t-1} + s), with `before` (Rᵀ dn) h_{t-1};
dh_{t-1} = z dh_t + Rᵀ (dz, dr, r dn), with `before` the part of n is r (Rᵀ dn)
(K. Cho and others, Learning Phrase Representations using RNN Encoder-Decoder, 2014, section 2.3: reset before.
Reset after needs one product a step; Keras calls it `reset_after`, ONNX `linear_before_reset`.)
"""

from collections.abc import Generator, Iterator, Mapping
from functools import partial
from typing import Annotated, ClassVar, Literal

import numpy as np

from nnspec.extend import Array, Field, Parameter, Parameters
from nnspec.parts.layers._gates import logistic_of_tanh, logistic_slope, tanh_slope
from nnspec.parts.layers._prepared import Call
from nnspec.parts.layers._recurrence import Arriving, Recurrent
from nnspec.parts.layers._scan import Scan


class Gru(Recurrent):
    """Much like `lstm` with three quarters of its parameters."""

    word: ClassVar[str] = "gru"
    gates: ClassVar[int] = 3
    formulas: ClassVar[Mapping[str, str]] = {
        "y": "(1 - z) n + z h, gates of W x + R h + b",
        "W": "Σ over steps of da xᵀ, a the weighted inputs of the gates",
        "R": "Σ over steps of da hᵀ, h from the step before, with r where it acts",
        "b": "Σ over steps of da",
        "s": "Σ over steps of r da, of the rows of n",
        "x": "Wᵀ da",
    }

    reset: Annotated[
        Literal["after", "before"],
        Field(description="whether r acts after the product of R and the state, or before it on the state"),
    ] = "after"

    def _parameters(self, features: int) -> dict[str, Parameter]:
        parameters = super()._parameters(features)
        if self.bias and self.reset == "after":
            parameters["s"] = Parameter((self.units, 1), self.biases, self.units, self.units, decays=False)
        return parameters

    def _run(self, scan: Scan, weights: Array) -> Iterator[Call]:
        H = self.units
        gates, candidates, inner = self._values(scan)
        gate_weights, spare = weights[: 2 * H], scan.memory("spare", H)
        yield partial(np.multiply, gate_weights, 0.5, gate_weights)
        # All that n is the tanh of but for the state's part, for all steps.
        yield partial(np.matmul, weights[2 * H :, H:], scan.met[:-1, H:], candidates)
        candidate = self._candidate_reset_after if self.reset == "after" else self._candidate_reset_before
        for step in range(scan.steps):
            gate, n, before, after = gates[step], candidates[step], scan.states[step], scan.states[step + 1]
            yield partial(scan.ctx.product, gate_weights, scan.met[step], gate.reshape(2 * H, -1, copy=False))
            yield partial(np.tanh, gate, gate)
            yield from logistic_of_tanh(gate)
            yield from candidate(scan, gate[1], before, inner[step], spare)
            yield partial(np.add, n, spare, n)
            yield partial(np.tanh, n, n)
            yield partial(np.subtract, before, n, after)
            yield partial(np.multiply, after, gate[0], after)
            yield partial(np.add, after, n, after)

    def _candidate_reset_after(
        self, scan: Scan, r: Array, before: Array, inner: Array, out: Array
    ) -> Iterator[Call]:
        """What makes the state's part of what n is the tanh of; ``inner`` becomes R h + s."""
        yield partial(scan.ctx.product, scan.of(scan.p, "R")[2 * self.units :], before, inner)
        if self.bias:
            yield partial(np.add, inner, scan.of(scan.p, "s"), inner)
        yield partial(np.multiply, r, inner, out)

    def _candidate_reset_before(
        self, scan: Scan, r: Array, before: Array, inner: Array, out: Array
    ) -> Iterator[Call]:
        """What makes the state's part of what n is the tanh of; ``inner`` becomes r h."""
        yield partial(np.multiply, r, before, inner)
        yield partial(scan.ctx.product, scan.of(scan.p, "R")[2 * self.units :], inner, out)

    def _run_back(self, scan: Scan, carry: Array, arriving: Arriving) -> Generator[Call, None, Array]:
        gradients = yield from self._slopes(scan)
        back = self._back_reset_after if self.reset == "after" else self._back_reset_before
        yield from back(scan, carry, arriving, gradients)
        return gradients.reshape(scan.steps, 3 * self.units, -1, copy=False)

    def _back_reset_after(self, scan: Scan, carry: Array, arriving: Arriving, gradients: Array) -> Iterator[Call]:
        """Leaves the gradients of z, r and R h + s, which lead back to the state; that of n stands by itself."""
        spare, dn, dr = scan.memory("spare", self.units), self._candidate_gradient(scan), gradients[:, 1]
        R = yield from scan.weights_back()
        gates, _, inner = self._values(scan)
        yield partial(np.multiply, dr, inner, dr)
        yield partial(np.multiply, dr, dn, dr)
        yield partial(np.multiply, dn, gates[:, 1], gradients[:, 2])
        for step in reversed(range(scan.steps)):
            gradient = gradients[step]
            yield from arriving(step)
            yield partial(np.multiply, gradient, carry, gradient)
            yield partial(np.multiply, dn[step], carry, dn[step])
            yield partial(np.multiply, carry, gates[step, 0], carry)
            yield partial(scan.ctx.product, R, gradient.reshape(R.shape[1], -1, copy=False), spare)
            yield partial(np.add, carry, spare, carry)

    def _back_reset_before(self, scan: Scan, carry: Array, arriving: Arriving, gradients: Array) -> Iterator[Call]:
        """Leaves the gradients of z, r and n."""
        H, R, product = self.units, scan.of(scan.p, "R"), scan.ctx.product
        gates, _, inner = self._values(scan)
        dr, spare = gradients[:, 1], scan.memory("spare", H)
        # The slope of r times the state, r h (1 - r).
        yield partial(np.multiply, gates[:, 1], inner, dr)
        yield partial(np.subtract, inner, dr, dr)
        yield partial(np.copyto, gradients[:, 2], self._candidate_gradient(scan))
        for step in reversed(range(scan.steps)):
            gradient, (z, r) = gradients[step], gates[step]
            dz_and_dn = gradient[::2]
            yield from arriving(step)
            yield partial(np.multiply, dz_and_dn, carry, dz_and_dn)
            yield partial(np.multiply, carry, z, carry)
            yield partial(product, R[2 * H :].T, gradient[2], spare)
            yield partial(np.multiply, gradient[1], spare, gradient[1])
            yield partial(np.multiply, spare, r, spare)
            yield partial(np.add, carry, spare, carry)
            yield partial(product, R[: 2 * H].T, gradient[:2].reshape(2 * H, -1, copy=False), spare)
            yield partial(np.add, carry, spare, carry)

    def _slopes(self, scan: Scan) -> Generator[Call, None, Array]:
        """What makes dh's factor for z and the slope of r, (T, 3, H, N), and `_candidate_gradient`; the former."""
        gates, n, _ = self._values(scan)
        slopes, factor = scan.memory("gradients", scan.steps, 3, self.units), self._candidate_gradient(scan)
        dz, spare = slopes[:, 0], slopes[:, 2]
        yield from logistic_slope(gates, out=slopes[:, :2])
        yield partial(np.subtract, scan.states[:-1], n, factor)
        yield partial(np.multiply, dz, factor, dz)
        yield from tanh_slope(n, out=factor)
        yield partial(np.multiply, factor, gates[:, 0], spare)
        yield partial(np.subtract, factor, spare, factor)
        return slopes

    def _recurrent_gradient(self, scan: Scan, slopes: Array, states: Array, g: Parameters) -> Iterator[Call]:
        H = self.units
        if self.reset == "after":
            yield from super()._recurrent_gradient(scan, slopes, states, g)
            if self.bias:
                yield partial(scan.ctx.batch_sum, slopes[2 * H :], scan.of(g, "s"))
            dn = slopes[2 * H :].reshape(H, scan.steps, -1, copy=False)
            yield partial(np.copyto, dn, self._candidate_gradient(scan).swapaxes(0, 1))
        else:
            gradient = scan.of(g, "R")
            yield partial(np.matmul, slopes[: 2 * H], states.T, gradient[: 2 * H])
            inner = yield from scan.features_first("inner by feature", self._values(scan)[2])
            yield partial(np.matmul, slopes[2 * H :], inner.T, gradient[2 * H :])

    def _candidate_gradient(self, scan: Scan) -> Array:
        """What dh is multiplied by to be dn, with `reset: after` dn itself afterwards, (T, H, N)."""
        return scan.memory("candidate gradient", scan.steps, self.units)

    def _values(self, scan: Scan) -> tuple[Array, Array, Array]:
        """Of each step z and r, (T, 2, H, N), n, (T, H, N), and R h + s or, for `before`, r h, (T, H, N)."""
        steps, H = scan.steps, self.units
        return (
            scan.memory("gates", steps, 2, H),
            scan.memory("candidates", steps, H),
            scan.memory("inner", steps, H),
        )

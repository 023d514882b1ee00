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

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal

import numpy as np

from nnspec.extend import Array, Field, Parameter, Parameters
from nnspec.parts.layers._gates import logistic_of_tanh, logistic_slope, tanh_slope
from nnspec.parts.layers._recurrence import Recurrent
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

    def _run(self, scan: Scan, weights: Array) -> None:
        H, product = self.units, scan.ctx.product
        gates, candidates, inner = self._values(scan)
        gate_weights, R = weights[: 2 * H], scan.of(scan.p, "R")[2 * H :]
        gate_weights *= 0.5
        # All that n is the tanh of but for the state's part, for all steps.
        np.matmul(weights[2 * H :, H:], scan.met[:-1, H:], out=candidates)
        spare = scan.memory("spare", H)
        candidate = self._candidate_reset_after if self.reset == "after" else self._candidate_reset_before
        for step in range(scan.steps):
            gate, n, before, after = gates[step], candidates[step], scan.states[step], scan.states[step + 1]
            product(gate_weights, scan.met[step], gate.reshape(2 * H, -1))
            np.tanh(gate, out=gate)
            logistic_of_tanh(gate)
            np.add(n, candidate(scan, R, gate[1], before, inner[step], spare), out=n)
            np.tanh(n, out=n)
            np.subtract(before, n, out=after)
            np.multiply(after, gate[0], out=after)
            np.add(after, n, out=after)

    def _candidate_reset_after(
        self, scan: Scan, R: Array, r: Array, before: Array, inner: Array, out: Array
    ) -> Array:
        """The state's part of what n is the tanh of; ``inner`` becomes R h + s."""
        scan.ctx.product(R, before, inner)
        if self.bias:
            np.add(inner, scan.of(scan.p, "s"), out=inner)
        return np.multiply(r, inner, out=out)

    def _candidate_reset_before(
        self, scan: Scan, R: Array, r: Array, before: Array, inner: Array, out: Array
    ) -> Array:
        """The state's part of what n is the tanh of; ``inner`` becomes r h."""
        np.multiply(r, before, out=inner)
        return scan.ctx.product(R, inner, out)

    def _run_back(self, scan: Scan, carry: Array, steps: Iterator[int]) -> Array:
        gradients = self._slopes(scan)
        (self._back_reset_after if self.reset == "after" else self._back_reset_before)(
            scan, carry, steps, gradients
        )
        return gradients.reshape(scan.steps, 3 * self.units, -1)

    def _back_reset_after(self, scan: Scan, carry: Array, steps: Iterator[int], gradients: Array) -> None:
        """Leaves the gradients of z, r and R h + s, which lead back to the state; that of n stands by itself."""
        R, spare, dn = scan.weights_back(), scan.memory("spare", self.units), self._candidate_gradient(scan)
        gates, _, inner = self._values(scan)
        dr = gradients[:, 1]
        np.multiply(dr, inner, out=dr)
        np.multiply(dr, dn, out=dr)
        np.multiply(dn, gates[:, 1], out=gradients[:, 2])
        for step in steps:
            gradient = gradients[step]
            np.multiply(gradient, carry, out=gradient)
            np.multiply(dn[step], carry, out=dn[step])
            np.multiply(carry, gates[step, 0], out=carry)
            np.add(carry, scan.ctx.product(R, gradient.reshape(R.shape[1], -1), spare), out=carry)

    def _back_reset_before(self, scan: Scan, carry: Array, steps: Iterator[int], gradients: Array) -> None:
        """Leaves the gradients of z, r and n."""
        H, R, product = self.units, scan.of(scan.p, "R"), scan.ctx.product
        gates, _, inner = self._values(scan)
        dr, spare = gradients[:, 1], scan.memory("spare", H)
        # The slope of r times the state, r h (1 - r).
        np.subtract(inner, np.multiply(gates[:, 1], inner, out=dr), out=dr)
        np.copyto(gradients[:, 2], self._candidate_gradient(scan))
        for step in steps:
            gradient, (z, r) = gradients[step], gates[step]
            dz_and_dn = gradient[::2]
            np.multiply(dz_and_dn, carry, out=dz_and_dn)
            np.multiply(carry, z, out=carry)
            product(R[2 * H :].T, gradient[2], spare)
            np.multiply(gradient[1], spare, out=gradient[1])
            np.add(carry, np.multiply(spare, r, out=spare), out=carry)
            np.add(carry, product(R[: 2 * H].T, gradient[:2].reshape(2 * H, -1), spare), out=carry)

    def _slopes(self, scan: Scan) -> Array:
        """Of z what dh is multiplied by, of r its slope, (T, 3, H, N); fills `_candidate_gradient`, too."""
        gates, n, _ = self._values(scan)
        slopes, factor = scan.memory("gradients", scan.steps, 3, self.units), self._candidate_gradient(scan)
        logistic_slope(gates, out=slopes[:, :2])
        np.multiply(slopes[:, 0], np.subtract(scan.states[:-1], n, out=factor), out=slopes[:, 0])
        tanh_slope(n, out=factor)
        np.subtract(factor, np.multiply(factor, gates[:, 0], out=slopes[:, 2]), out=factor)
        return slopes

    def _recurrent_gradient(self, scan: Scan, slopes: Array, states: Array, g: Parameters) -> None:
        H = self.units
        if self.reset == "after":
            super()._recurrent_gradient(scan, slopes, states, g)
            if self.bias:
                scan.ctx.batch_sum(slopes[2 * H :], out=scan.of(g, "s"))
            slopes[2 * H :].reshape(H, scan.steps, -1)[...] = self._candidate_gradient(scan).swapaxes(0, 1)
        else:
            gradient = scan.of(g, "R")
            np.matmul(slopes[: 2 * H], states.T, out=gradient[: 2 * H])
            inner = scan.features_first("inner by feature", self._values(scan)[2])
            np.matmul(slopes[2 * H :], inner.T, out=gradient[2 * H :])

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

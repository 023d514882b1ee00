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
from nnspec.parts.layers._gates import logistic_slope, open_gates, tanh_slope
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

    def _run(self, scan: Scan) -> None:
        H, inner = self.units, scan.memory("inner", len(scan.gates), self.units)
        product = scan.memory("product", 3 * H)
        for step, a in enumerate(scan.gates):
            before, after = scan.states[step], scan.states[step + 1]
            z, _, n = a.reshape(3, H, -1)
            if self.reset == "after":
                self._candidate_reset_after(scan, a, before, inner[step], product)
            else:
                self._candidate_reset_before(scan, a, before, inner[step], product)
            np.tanh(n, out=n)
            np.subtract(before, n, out=after)
            after *= z
            after += n

    def _candidate_reset_after(self, scan: Scan, a: Array, before: Array, inner: Array, product: Array) -> None:
        """Opens the gates and completes what n is the tanh of; ``inner`` becomes R h + s."""
        H = self.units
        np.matmul(scan.of(scan.p, "R"), before, out=product)
        a[: 2 * H] += product[: 2 * H]
        open_gates(a[: 2 * H])
        np.add(product[2 * H :], scan.of(scan.p, "s") if self.bias else 0, out=inner)
        a[2 * H :] += np.multiply(a[H : 2 * H], inner, out=product[:H])

    def _candidate_reset_before(self, scan: Scan, a: Array, before: Array, inner: Array, product: Array) -> None:
        """Opens the gates and completes what n is the tanh of; ``inner`` becomes r h."""
        H, R = self.units, scan.of(scan.p, "R")
        a[: 2 * H] += np.matmul(R[: 2 * H], before, out=product[: 2 * H])
        open_gates(a[: 2 * H])
        np.multiply(a[H : 2 * H], before, out=inner)
        a[2 * H :] += np.matmul(R[2 * H :], inner, out=product[:H])

    def _run_back(self, scan: Scan, carry: Array, steps: Iterator[int]) -> None:
        H, R, slopes = self.units, scan.of(scan.p, "R"), scan.slopes
        inner, inner_slopes = (scan.memory(name, len(slopes), H) for name in ("inner", "inner slopes"))
        slope, product = scan.memory("slope", 2 * H), scan.memory("product", 3 * H)[:H]
        for step in steps:
            a, da, before, du = scan.gates[step], slopes[step], scan.states[step], inner_slopes[step]
            z, r, n = a.reshape(3, H, -1)
            dz, dr, dn = da.reshape(3, H, -1)
            np.subtract(before, n, out=dz)
            dz *= carry
            np.subtract(1, z, out=dn)
            dn *= carry
            dn *= tanh_slope(n, out=slope[:H])
            carry *= z
            if self.reset == "after":
                np.multiply(dn, inner[step], out=dr)
                np.multiply(dn, r, out=du)
                carry += np.matmul(R[2 * H :].T, du, out=product)
            else:
                np.matmul(R[2 * H :].T, dn, out=du)
                np.multiply(du, before, out=dr)
                carry += np.multiply(du, r, out=product)
            da[: 2 * H] *= logistic_slope(a[: 2 * H], out=slope)
            carry += np.matmul(R[: 2 * H].T, da[: 2 * H], out=product)

    def _recurrent_gradient(self, scan: Scan, slopes: Array, g: Parameters) -> None:
        H, steps, gradient = self.units, len(scan.gates), scan.of(g, "R")
        states = scan.features_first("states by feature", scan.states[:-1])
        np.matmul(slopes[: 2 * H], states.T, out=gradient[: 2 * H])
        if self.reset == "after":
            reset = scan.features_first("inner slopes by feature", scan.memory("inner slopes", steps, H))
            np.matmul(reset, states.T, out=gradient[2 * H :])
            if self.bias:
                scan.ctx.batch_sum(reset, out=scan.of(g, "s"))
        else:
            reset = scan.features_first("inner by feature", scan.memory("inner", steps, H))
            np.matmul(slopes[2 * H :], reset.T, out=gradient[2 * H :])

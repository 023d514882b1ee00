"""lstm: long short-term memory; gates decide what the cell takes in, keeps and shows.

    layers:
      - lstm: 128
      - lstm: {units: 64, sequences: true, bidirectional: true}
      - lstm: {units: 64, forget_bias: 0.0, truncate: 50}

x (T, F, N) -> y (H, N), the last state, or (T, H, N) with `sequences`; 2 H rows with `bidirectional`
W (4 H, F), R (4 H, H), b (4 H, 1), rows in the order i, o, f, g; with `bidirectional` also W_reverse and so on

a_t = W x_t + R h_{t-1} + b;  i, o, f = logistic(a_t), g = tanh(a_t), each of its own H rows
c_t = f c_{t-1} + i g;  h_t = o tanh(c_t);  c_0 = h_0 = 0

Back, from the last step to the first: dc_t += dh_t o (1 - tanh²(c_t)); di = dc_t g, do = dh_t tanh(c_t),
df = dc_t c_{t-1}, dg = dc_t i, each times the slope of its gate, are da_t; dc_{t-1} = f dc_t,
dh_{t-1} = Rᵀ da_t + dy_{t-1}; dC/dW = Σ_t da_t x_tᵀ, dC/dR = Σ_t da_t h_{t-1}ᵀ
(S. Hochreiter and J. Schmidhuber, Long Short-Term Memory, 1997; with the forget gate of F. Gers, J. Schmidhuber
and F. Cummins, Learning to Forget, 2000; without peepholes)

b starts at 0, and at `forget_bias` = 1 in the rows of f, so that a fresh cell remembers.
(R. Jozefowicz, W. Zaremba and I. Sutskever, An Empirical Exploration of Recurrent Network Architectures, 2015)
"""

from collections.abc import Generator, Iterator, Mapping
from functools import partial
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import Array, Field
from nnspec.parts.layers._gates import logistic_of_tanh, logistic_slope, tanh_slope
from nnspec.parts.layers._prepared import Call
from nnspec.parts.layers._recurrence import Arriving, Recurrent
from nnspec.parts.layers._scan import Scan


class Lstm(Recurrent):
    """Remembers over hundreds of steps."""

    word: ClassVar[str] = "lstm"
    gates: ClassVar[int] = 4
    carried: ClassVar[int] = 2
    formulas: ClassVar[Mapping[str, str]] = {
        "y": "o tanh(c), c = f c' + i g, gates of W x + R h + b",
        "W": "Σ over steps of da xᵀ, a the weighted inputs of the gates",
        "R": "Σ over steps of da hᵀ, h from the step before",
        "b": "Σ over steps of da",
        "x": "Wᵀ da",
    }

    forget_bias: Annotated[float, Field(description="added to the forget gate's rows of b at the start")] = 1.0

    @property
    def _raised(self) -> tuple[float, ...]:
        return (0.0, 0.0, self.forget_bias, 0.0)

    def _run(self, scan: Scan, weights: Array) -> Iterator[Call]:
        H, values = self.units, self._values(scan)
        terms, logistic_weights = scan.memory("terms", 2, H), weights[: 3 * H]
        yield partial(np.multiply, logistic_weights, 0.5, logistic_weights)
        yield partial(values[0, 5].fill, 0)
        for step in range(scan.steps):
            value, cell = values[step], values[step + 1, 5]
            gates, iof, gbc, bent = value[:4].reshape(4 * H, -1, copy=False), value[:3], value[3:], value[4]
            yield partial(scan.ctx.product, weights, scan.met[step], gates)
            yield partial(np.tanh, gates, gates)
            yield from logistic_of_tanh(iof)
            yield partial(np.multiply, iof[::2], gbc[::2], terms)
            yield partial(np.add, terms[0], terms[1], cell)
            yield partial(np.tanh, cell, bent)
            yield partial(np.multiply, value[1], bent, scan.states[step + 1])

    def _run_back(self, scan: Scan, carry: Array, arriving: Arriving) -> Generator[Call, None, Array]:
        H, values = self.units, self._values(scan)
        R, gradients = (yield from scan.weights_back()), (yield from self._factors(scan))
        by_step = gradients[:, :4].reshape(scan.steps, 4 * H, -1, copy=False)
        dh, dc = carry[:H], carry[H:]
        for step in reversed(range(scan.steps)):
            gradient = gradients[step]
            shown, kept, dg = gradient[1::3], gradient[:3:2], gradient[3]
            yield from arriving(step)
            yield partial(np.multiply, shown, dh, shown)
            yield partial(np.add, dc, shown[1], dc)
            yield partial(np.multiply, kept, dc, kept)
            yield partial(np.multiply, dg, dc, dg)
            yield partial(np.multiply, values[step, 2], dc, dc)
            yield partial(scan.ctx.product, R, by_step[step], dh)
        return by_step

    def _factors(self, scan: Scan) -> Generator[Call, None, Array]:
        """What makes what dc is multiplied by for di, df, dg, and dh for do and its part of dc; (T, 5, H, N)."""
        values, factors = self._values(scan)[:-1], scan.memory("gradients", scan.steps, 5, self.units)
        # i, o, f; g, c
        logistic, bent = factors[:, :3], factors[:, 3:]
        yield from logistic_slope(values[:, :3], out=logistic)
        yield partial(np.multiply, logistic, values[:, 3:], logistic)
        yield from tanh_slope(values[:, 3:5], out=bent)
        yield partial(np.multiply, bent, values[:, :2], bent)
        return factors

    def _values(self, scan: Scan) -> Array:
        """Of each step i, o, f, g, tanh(c) and the c before it, (T + 1, 6, H, N); the last c stands behind them.

        Each of the first three belongs to the one three places on: i g + f c' = c, o tanh(c) = h.
        """
        return scan.memory("values", scan.steps + 1, 6, self.units)

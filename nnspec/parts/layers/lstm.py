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

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import Array, Field
from nnspec.parts.layers._gates import logistic_slope, open_gates, tanh_slope
from nnspec.parts.layers._recurrence import Recurrent
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

    def _run(self, scan: Scan) -> None:
        H, R = self.units, scan.of(scan.p, "R")
        cells, bent = self._cells(scan)
        product = scan.memory("product", 4 * H)
        cells[0] = 0
        for step in range(len(scan.gates)):
            a = scan.gates[step]
            a += np.matmul(R, scan.states[step], out=product)
            open_gates(a[: 3 * H])
            np.tanh(a[3 * H :], out=a[3 * H :])
            i, o, f, g = a.reshape(4, H, -1)
            cell = np.multiply(f, cells[step], out=cells[step + 1])
            cell += np.multiply(i, g, out=product[:H])
            np.tanh(cell, out=bent[step])
            np.multiply(o, bent[step], out=scan.states[step + 1])

    def _run_back(self, scan: Scan, carry: Array, steps: Iterator[int]) -> None:
        H, R, slopes = self.units, scan.of(scan.p, "R"), scan.slopes
        cells, bent = self._cells(scan)
        slope = scan.memory("slope", 3 * H)
        dh, dc = carry[:H], carry[H:]
        for step in steps:
            a, da = scan.gates[step], slopes[step]
            i, o, f, g = a.reshape(4, H, -1)
            di, do, df, dg = da.reshape(4, H, -1)
            through = tanh_slope(bent[step], out=slope[:H])
            through *= o
            through *= dh
            dc += through
            np.multiply(dh, bent[step], out=do)
            np.multiply(dc, g, out=di)
            np.multiply(dc, cells[step], out=df)
            np.multiply(dc, i, out=dg)
            da[: 3 * H] *= logistic_slope(a[: 3 * H], out=slope)
            dg *= tanh_slope(g, out=slope[:H])
            dc *= f
            np.matmul(R.T, da, out=dh)

    def _cells(self, scan: Scan) -> tuple[Array, Array]:
        """C before the first step and after each, (T + 1, H, N), and the tanh of c after each, (T, H, N)."""
        steps = len(scan.gates)
        return scan.memory("cells", steps + 1, self.units), scan.memory("bent", steps, self.units)

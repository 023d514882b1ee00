"""rnn: a state that each step mixes with its input; the plain recurrent layer.

    layers:
      - rnn: 64
      - rnn: {units: 64, sequences: true, bidirectional: true}
      - rnn: {units: 100, activation: relu, recurrent_weights: identity, truncate: 20}

x (T, F, N) -> y (H, N), the last state, or (T, H, N) with `sequences`; 2 H rows with `bidirectional`
W (H, F), R (H, H), b (H, 1); with `bidirectional` also W_reverse, R_reverse and b_reverse

a_t = W x_t + R h_{t-1} + b;  h_t = tanh(a_t), or max(a_t, 0) with `activation: relu`;  h_0 = 0

Back, from the last step to the first: da_t = dh_t (1 - h_t²), or dh_t where h_t > 0;
dh_{t-1} = Rᵀ da_t + dy_{t-1}; dC/dW = Σ_t da_t x_tᵀ, dC/dR = Σ_t da_t h_{t-1}ᵀ, dC/dx_t = Wᵀ da_t
(J. Elman, Finding Structure in Time, 1990; P. Werbos, Backpropagation Through Time, 1990;
M. Schuster and K. Paliwal, Bidirectional Recurrent Neural Networks, 1997; relu with R = I: Q. Le, N. Jaitly and
G. Hinton, A Simple Way to Initialize Recurrent Networks of Rectified Linear Units, 2015)

`truncate: k` lets no gradient by the state pass from one stretch of k steps to the one before it.
(R. Williams and J. Peng, An Efficient Gradient-Based Algorithm for On-Line Training of Recurrent Network
Trajectories, 1990)
"""

from collections.abc import Generator, Iterator, Mapping
from functools import partial
from typing import Annotated, ClassVar, Literal

import numpy as np

from nnspec.extend import Array, Field
from nnspec.parts.layers._gates import tanh_slope
from nnspec.parts.layers._prepared import Call
from nnspec.parts.layers._recurrence import Arriving, Recurrent
from nnspec.parts.layers._scan import Scan


class Rnn(Recurrent):
    """Forgets after a few steps; `lstm` and `gru` remember longer."""

    word: ClassVar[str] = "rnn"
    formulas: ClassVar[Mapping[str, str]] = {
        "y": "f(W x + R h + b), h from the step before",
        "W": "Σ over steps of da xᵀ, da = f'(a) dh",
        "R": "Σ over steps of da hᵀ",
        "b": "Σ over steps of da",
        "x": "Wᵀ da",
    }

    activation: Annotated[Literal["tanh", "relu"], Field(description="what makes a state of a_t")] = "tanh"

    def _run(self, scan: Scan, weights: Array) -> Iterator[Call]:
        for step in range(scan.steps):
            state = scan.states[step + 1]
            yield partial(scan.ctx.product, weights, scan.met[step], state)
            if self.activation == "tanh":
                yield partial(np.tanh, state, state)
            else:
                yield partial(np.maximum, state, 0, out=state)

    def _run_back(self, scan: Scan, carry: Array, arriving: Arriving) -> Generator[Call, None, Array]:
        R, states = (yield from scan.weights_back()), scan.states[1:]
        slopes = scan.memory("slopes", scan.steps, self.units)
        if self.activation == "tanh":
            yield from tanh_slope(states, out=slopes)
        else:
            yield partial(np.greater, states, 0, out=slopes)
        for step in reversed(range(scan.steps)):
            slope = slopes[step]
            yield from arriving(step)
            yield partial(np.multiply, slope, carry, slope)
            yield partial(scan.ctx.product, R, slope, carry)
        return slopes

"""One direction's way through a batch of sequences."""

from collections.abc import Generator
from dataclasses import dataclass
from functools import partial

import numpy as np

from nnspec.extend import Array, Context, Parameters
from nnspec.parts.layers._prepared import Call
from nnspec.parts.layers._sequences import features_first


@dataclass(frozen=True)
class Scan:
    """What a recurrent layer works with; its memory is the context's, so the way back finds it again.

    Attributes:
        ctx: The layer's context.
        p: The layer's parameters.
        suffix: Behind the names of the direction's parameters and buffers.
        rows: Its rows of the output.
        units: H, the length of the state.
        met: What the weights of each step meet, (T + 1, H + F + 1, N): the state before the step, its input, and
            a one for the biases; behind the last step the state alone counts.
    """

    ctx: Context
    p: Parameters
    suffix: str
    rows: slice
    units: int
    met: Array

    @property
    def steps(self) -> int:
        """T, how many steps there are."""
        return len(self.met) - 1

    @property
    def states(self) -> Array:
        """The state before the first step and after each, (T + 1, H, N)."""
        return self.met[:, : self.units]

    def memory(self, name: str, *shape: int) -> Array:
        """A buffer of this direction's own, (*shape, N)."""
        return self.ctx.buffer(name + self.suffix, (*shape, self.met.shape[-1]))

    def of(self, arrays: Parameters, name: str) -> Array:
        """This direction's parameter of this name, or its gradient."""
        found: Array = getattr(arrays, name + self.suffix)
        return found

    def in_order(self, sequence: Array) -> Array:
        """A sequence in the order in which this direction reads, or back again: a view."""
        return sequence[::-1] if self.suffix else sequence

    def meet(self, x: Array, *, bias: bool) -> None:
        """Puts the inputs in their places, and zeros where the first state stands."""
        self.states[0] = 0
        end = self.units + x.shape[1]
        self.met[:-1, self.units : end] = self.in_order(x)
        if bias:
            self.met[:-1, end] = 1

    def weights(self, *, bias: bool) -> Generator[Call, None, Array]:
        """What puts R, W and b side by side for one product, (G H, H + F + 1); and that."""
        R = self.of(self.p, "R")
        joined = self.ctx.buffer(f"weights{self.suffix}", (len(R), self.met.shape[1]))
        parts = (R, self.of(self.p, "W"), *([self.of(self.p, "b")] if bias else []))
        yield partial(np.concatenate, parts, 1, joined)
        return joined

    def weights_back(self) -> Generator[Call, None, Array]:
        """What makes Rᵀ in C order, (H, G H), which a step back multiplies by; and that."""
        R = self.of(self.p, "R")
        turned = self.ctx.buffer(f"weights back{self.suffix}", R.shape[::-1])
        yield partial(np.copyto, turned, R.T)
        return turned

    def features_first(self, name: str, sequence: Array) -> Generator[Call, None, Array]:
        """What copies (T, K, N) to (K, T · N), and that."""
        return (yield from features_first(name + self.suffix, sequence, self.ctx))

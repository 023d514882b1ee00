"""One direction's way through a batch of sequences."""

from dataclasses import dataclass

from nnspec.extend import Array, Context, Parameters
from nnspec.parts.layers._sequences import features_first


@dataclass(frozen=True)
class Scan:
    """What a recurrent layer works with; its memory is the context's, so the way back finds it again.

    Attributes:
        ctx: The layer's context.
        p: The layer's parameters.
        suffix: Behind the names of the direction's parameters and buffers.
        rows: Its rows of the output.
        states: h before the first step and after each, (T + 1, H, N).
        gates: Weighted inputs of each step, which the cell turns into the gates' values, (T, G H, N).
    """

    ctx: Context
    p: Parameters
    suffix: str
    rows: slice
    states: Array
    gates: Array

    def memory(self, name: str, *shape: int) -> Array:
        """A buffer of this direction's own, (*shape, N)."""
        return self.ctx.buffer(name + self.suffix, (*shape, self.gates.shape[-1]))

    def of(self, arrays: Parameters, name: str) -> Array:
        """This direction's parameter of this name, or its gradient."""
        found: Array = getattr(arrays, name + self.suffix)
        return found

    def in_order(self, sequence: Array) -> Array:
        """A sequence in the order in which this direction reads, or back again: a view."""
        return sequence[::-1] if self.suffix else sequence

    @property
    def slopes(self) -> Array:
        """The cost's gradient by the weighted inputs of each step, (T, G H, N)."""
        return self.memory("slopes", *self.gates.shape[:-1])

    def features_first(self, name: str, sequence: Array) -> Array:
        """(T, K, N) as (K, T · N)."""
        return features_first(name + self.suffix, sequence, self.ctx)

"""What a layer is handed beside its input: buffers by name, its generator, and what the step is for."""

from typing import Any, Protocol

from nnspec.types import Array, DType, Random, Shape


class Parameters(Protocol):
    """A layer's arrays by name: ``p.W`` in the flat parameter vector, ``g.W`` in the flat gradient vector."""

    def __getattr__(self, name: str) -> Array: ...


class Context(Protocol):
    """The working memory of one layer in one shard; it outlives the step.

    Attributes:
        x: What `forward` was given in this step; read-only.
        y: What `forward` returned in this step; read-only.
        training: True in a training step, False in evaluation and prediction.
        needs_input_gradient: False where nobody reads what `backward` returns, so None will do.
        dtype: float32, or float64 where the spec asks for it.
        state: The arrays that the layer declared as its state: ``ctx.state.mean``. One for all its contexts.
    """

    x: Array
    y: Array
    training: bool
    needs_input_gradient: bool
    dtype: DType
    state: Parameters

    @property
    def random(self) -> Random:
        """The layer's own generator, a child of the spec's seed."""

    def buffer(self, name: str, shape: Shape, dtype: Any = None) -> Array:
        """The array of this name, kept from step to step; its content is what was last written to it."""

    def buffer_like(self, name: str, x: Array) -> Array:
        """A buffer with the shape and memory order of ``x``: elementwise operations run straight through."""

    def batch_sum(self, x: Array, out: Array) -> Array:
        """The sum over the last axis, kept as an axis of length 1, by a product with a vector of ones."""

"""What a layer is handed beside its input: buffers by name, its generator, and what the step is for."""

from typing import Any, Protocol

from nnspec.types import Array, DType, Random, Shape


class Parameters(Protocol):
    """A layer's arrays by name: ``p.W`` in the flat parameter vector, ``g.W`` in the flat gradient vector."""

    def __getattr__(self, name: str) -> Array: ...

    def inner(self, name: str) -> "Parameters":
        """The arrays of a layer within this one: of ``0.W`` and ``0.b``, ``inner("0")`` has ``W`` and ``b``."""


class Context(Protocol):
    """The working memory of one layer in one shard; it outlives the step.

    Attributes:
        x: What `forward` was given in this step; read-only.
        y: What `forward` returned in this step; read-only.
        training: True in a training step, False in evaluation and prediction.
        needs_input_gradient: False where nobody reads what `backward` returns, so None will do.
        dtype: float32, or float64 where the spec asks for it.
        state: The arrays that the layer declared as its state: ``ctx.state.mean``. One set for all its contexts;
            only the shards of a training step behind the first see a copy, and what they write to it is dropped.
        share: How much of the step's batch ``x`` is, from 0 to 1: less than 1 where the batch is cut into shards.
    """

    x: Array
    y: Array
    training: bool
    needs_input_gradient: bool
    dtype: DType
    state: Parameters
    share: float

    @property
    def random(self) -> Random:
        """The layer's own generator, a child of the spec's seed."""

    def buffer(self, name: str, shape: Shape, dtype: Any = None) -> Array:
        """The array of this name, kept from step to step; what was last written to it, or zeros."""

    def buffer_like(self, name: str, x: Array) -> Array:
        """A buffer with the shape and memory order of ``x``: elementwise operations run straight through."""

    def inside(self, name: str) -> "Context":
        """The context of a layer within this one, for ``p.inner(name)``; the same one in every step.

        It has buffers, ``x``, ``y``, a generator and state of its own. Whether its input's gradient is needed is
        for the layer around it to say. `nnspec.extend.Stack` sees to all of this.
        """

    def product(self, a: Array, b: Array, out: Array) -> Array:
        """``out = a b`` for two matrices, as fast as BLAS is here; ``out`` lies in C order."""

    def batch_sum(self, x: Array, out: Array) -> Array:
        """The sum over the last axis, kept as an axis of length 1, by a product with a vector of ones."""

    def class_sum(self, x: Array, out: Array) -> Array:
        """The sum over the first axis, that of classes, kept as an axis of length 1, likewise."""

    def sum_over_shards(self, x: Array) -> Array:
        """``x`` with its sum over all shards of the step written into it, the same numbers for each.

        What belongs to the batch as a whole, such as a mean over it, is made of such sums. Each shard must ask for
        them equally often and with the same shape; in a step of one shard this does nothing.
        """

    def gather_over_shards(self, x: Array) -> Array:
        """``x`` of each shard of the step, (shards, *shape), the same numbers for each: for more than a sum."""

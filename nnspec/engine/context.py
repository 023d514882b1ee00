"""The working memory of one layer, kept from step to step."""

from collections.abc import Callable
from typing import Any

import numpy as np

from nnspec.contracts.context import Parameters
from nnspec.engine.aligned import zeros, zeros_like
from nnspec.engine.meeting import Seat
from nnspec.engine.parameters import Views
from nnspec.engine.products import Product, plain
from nnspec.types import Array, Random, Shape


class LayerContext:
    """Implements `nnspec.contracts.context.Context` for one layer, one shard and one batch size."""

    def __init__(
        self,
        random: np.random.Generator,
        dtype: np.dtype[Any],
        *,
        training: bool = False,
        needs_input_gradient: bool = True,
        state: Parameters | None = None,
        share: float = 1.0,
        seat: Seat | None = None,
        generators: Callable[[str], Random] | None = None,
        product: Product = plain,
    ) -> None:
        """A context without buffers yet.

        Args:
            random: The layer's generator.
            dtype: Of the buffers.
            training: Whether steps are training steps.
            needs_input_gradient: Whether somebody reads what `backward` returns.
            state: What the layer keeps from step to step.
            share: How much of the step's batch comes through here, from 0 to 1.
            seat: Where the step's other shards are met, if there are any.
            generators: The generators of layers within it, by their names; by default they share its own.
            product: What multiplies matrices.
        """
        self.random = random
        self.state = Views() if state is None else state
        self.dtype = dtype
        self.training = training
        self.needs_input_gradient = needs_input_gradient
        self.share = share
        self.product = product
        self.x: Array = np.empty(0, dtype)
        self.y: Array = self.x
        self._buffers: dict[str, Array] = {}
        self._seat = seat
        self._generators = generators
        self._inside: dict[str, LayerContext] = {}

    @property
    def nbytes(self) -> int:
        """Bytes of all buffers, those of layers within it included."""
        own = sum(buffer.nbytes for buffer in self._buffers.values())
        return own + sum(context.nbytes for context in self._inside.values())

    def buffer(self, name: str, shape: Shape, dtype: Any = None) -> Array:
        """The array of this name; made when it is first asked for, or asked for in another shape."""
        found = self._buffers.get(name)
        if found is None or found.shape != shape or (dtype is not None and found.dtype != dtype):
            found = self._buffers[name] = zeros(shape, dtype or self.dtype)
        return found

    def buffer_like(self, name: str, x: Array) -> Array:
        """A buffer with the shape and the memory order of ``x``, in the context's own type."""
        found = self._buffers.get(name)
        if found is None or found.shape != x.shape:
            found = self._buffers[name] = zeros_like(x, self.dtype)
        return found

    def inside(self, name: str) -> "LayerContext":
        """The context of a layer within this one; made when it is first asked for."""
        found = self._inside.get(name)
        if found is None:
            found = self._inside[name] = LayerContext(
                self.random if self._generators is None else self._generators(name),
                self.dtype,
                training=self.training,
                state=self.state.inner(name),
                share=self.share,
                seat=self._seat,
                generators=self._further(name),
                product=self.product,
            )
        return found

    def _further(self, name: str) -> Callable[[str], Random] | None:
        generators = self._generators
        return None if generators is None else lambda inner: generators(f"{name}.{inner}")

    def batch_sum(self, x: Array, out: Array) -> Array:
        """The sum over the last axis, by a product with ones: 2.7 times as fast as ``add.reduce``."""
        ones = self._buffers.get("batch_sum.ones")
        if ones is None or len(ones) != x.shape[-1]:
            ones = self._buffers["batch_sum.ones"] = np.ones((x.shape[-1], 1), self.dtype)
        # The method `dot` has a third of the overhead of `matmul`, but no batches of matrices.
        try:
            return x.dot(ones, out) if x.ndim == 2 else np.matmul(x, ones, out=out)
        except ValueError as error:
            if out.shape == (wanted := (*x.shape[:-1], 1)):
                raise
            column = f"; declare a parameter that it is the gradient of as {wanted}, too" if x.ndim == 2 else ""
            message = f"batch_sum: the sum of {x.shape} over the batch is {wanted}, `out` is {out.shape}{column}"
            raise ValueError(message) from error

    def class_sum(self, x: Array, out: Array) -> Array:
        """The sum over the first axis, by a product with ones: twice as fast as ``add.reduce``."""
        if x.ndim != 2:
            return np.add.reduce(x, axis=0, keepdims=True, out=out)
        ones = self._buffers.get("class_sum.ones")
        if ones is None or ones.shape[1] != len(x):
            ones = self._buffers["class_sum.ones"] = np.ones((1, len(x)), self.dtype)
        return ones.dot(x, out)

    def sum_over_shards(self, x: Array) -> Array:
        """``x`` with the sum over all shards of the step in it; the other shards wait for it."""
        if self._seat is not None:
            self._seat.add_up(x)
        return x

    def gather_over_shards(self, x: Array) -> Array:
        """``x`` of each shard of the step, (shards, *shape); the other shards wait for it."""
        return x[np.newaxis] if self._seat is None else self._seat.gather(x)

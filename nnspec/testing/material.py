"""Made data and contexts for the checks."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from safetensors.numpy import load, save

from nnspec.contracts.context import Parameters
from nnspec.contracts.layer import Layer
from nnspec.engine.context import LayerContext
from nnspec.engine.meeting import Seat
from nnspec.types import Array, Shape

SEED = 20_231
LARGE = 1e4
"""Far beyond what exponentials take in float32."""


def numbers(shape: Shape, seed: int = 0) -> Array:
    """Float64 numbers from 0.1 to 2 of either sign: away from 0, where most kinks are."""
    random = np.random.default_rng((SEED, seed))
    return np.asarray(random.uniform(0.1, 2.0, shape) * random.choice([-1.0, 1.0], shape))


def inputs(layer: Layer, shape: Shape, batch: int, seed: int = 0) -> Array:
    """A batch for a layer, float64: `numbers`, or codes where it takes those."""
    if layer.codes is None:
        return numbers((*shape, batch), seed)
    return np.random.default_rng((SEED, seed)).integers(layer.codes, size=(*shape, batch)).astype(np.float64)


def between(low: float, high: float, shape: Shape, seed: int = 0) -> Array:
    """Float64 numbers well inside the bounds; where a bound is infinite, within 2 of the other or of 0."""
    left = low if np.isfinite(low) else (high - 2 if np.isfinite(high) else -2.0)
    right = high if np.isfinite(high) else left + 4
    margin = 0.15 * (right - left)
    return np.random.default_rng((SEED, seed)).uniform(left + margin, right - margin, shape)


def far(shape: Shape) -> Iterator[tuple[str, Array]]:
    """Numbers that are far from 0, float32, with what they are."""
    for name, numbers_so in {
        "all of one sign": np.full(shape, LARGE),
        "of both signs": np.where(numbers(shape) > 0, LARGE, -LARGE),
        "all below 0": np.full(shape, -LARGE),
    }.items():
        yield f"inputs of ±{LARGE:g}, {name}", numbers_so.astype(np.float32)


def context(
    dtype: Any = np.float64,
    *,
    training: bool = False,
    needs_input_gradient: bool = True,
    state: Parameters | None = None,
    share: float = 1.0,
    seat: Seat | None = None,
) -> LayerContext:
    """A fresh context; every one starts with the same generator.

    Args:
        dtype: Of the buffers.
        training: Whether it is a training step.
        needs_input_gradient: Whether somebody reads the input's gradient.
        state: What the layer keeps from step to step.
        share: How much of the step's batch comes through it, from 0 to 1.
        seat: Where it meets the step's other shards, if there are any.
    """
    return LayerContext(
        generator(),
        np.dtype(dtype),
        training=training,
        needs_input_gradient=needs_input_gradient,
        state=state,
        share=share,
        seat=seat,
    )


def generator() -> np.random.Generator:
    """The generator with which every pass starts."""
    return np.random.default_rng((SEED, 1))


def stored(arrays: Mapping[str, Array]) -> dict[str, Array]:
    """The arrays as they come out of a checkpoint that they were written to."""
    return load(save({name: np.array(array, order="C") for name, array in arrays.items()}))


def layouts(x: Array) -> Iterator[tuple[str, Array]]:
    """The same numbers in other memory: transposed, and with gaps between the samples."""
    yield "Fortran-ordered", np.asfortranarray(x)
    gaps = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), x.dtype)
    gaps[..., ::2] = x
    yield "strided", gaps[..., ::2]

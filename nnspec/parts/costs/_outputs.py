"""Sums over outputs and samples, and whether a sample's terms are summed over its outputs or averaged."""

from typing import Annotated, Literal

import numpy as np

from nnspec.extend import Array, Context, Field

OverOutputs = Annotated[
    Literal["sum", "mean"], Field(description="whether a sample's terms are summed or averaged")
]


def share(y: Array, over_outputs: Literal["sum", "mean"]) -> float:
    """What one term counts: 1/N, or 1/N for each of the outputs that are averaged."""
    return 1 / float(y.size if over_outputs == "mean" else y.shape[-1])


def behind(over_outputs: Literal["sum", "mean"], y: Array) -> str:
    """What arithmetic for one sample ends in: `` / 3`` where its 3 outputs are averaged."""
    return f" / {y.size}" if over_outputs == "mean" else ""


def product_sum(a: Array, b: Array, ctx: Context) -> float:
    """Σ a b over all elements.

    As a dot product where both lie in C order; it would copy others.
    """
    if a.flags.c_contiguous and b.flags.c_contiguous:
        return float(a.ravel().dot(b.ravel()))
    products = np.multiply(a, b, out=ctx.buffer_like("products", b))
    return float(np.add.reduce(products, axis=None))

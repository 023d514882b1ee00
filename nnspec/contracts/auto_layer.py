"""AutoLayer: a layer whose backward pass nobody writes; the library autograd differentiates its forward pass.

import autograd.numpy as anp

class Swish(AutoLayer):
def declare(self, shape: Shape) -> Declaration:
return Declaration(shape, {"beta": Parameter((shape[0], 1), self.initial, 1, 1, decays=False)})

def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
return x / (1 + anp.exp(-p.beta * x))
"""

from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any, Self, cast

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from nnspec.contracts.context import Context, Parameters
from nnspec.contracts.layer import Layer
from nnspec.types import Array

LIBRARY = "autograd"
INSTALL = "pip install 'nnspec[autodiff]'"
"""What brings the library."""


class AutoLayer(Layer):
    """Authors write `declare`, and `forward` with functions of ``autograd.numpy``.

    `forward` must be a function of ``x`` and ``p`` alone, built from what autograd can differentiate: nothing is
    assigned to elements, written with ``out=``, drawn or kept. It runs once more in each backward pass: such a
    layer is slower than one whose author differentiates by hand, and as right.
    """

    @model_validator(mode="after")
    def _require_the_library(self) -> Self:
        if find_spec(LIBRARY) is None:
            raise PydanticCustomError(
                "autograd_missing", "this layer is differentiated by the library autograd", {"hint": INSTALL}
            )
        return self

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        """The vector-Jacobian product of `forward`, as autograd finds it."""
        from autograd import make_vjp

        names = tuple(self.declare(ctx.x.shape[:-1]).parameters)

        def replayed(arrays: tuple[Any, ...]) -> Any:
            x, *parameters = arrays
            traced: Any = SimpleNamespace(**dict(zip(names, parameters, strict=True)))
            return self.forward(x, traced, ctx)

        product, _ = make_vjp(replayed)((ctx.x, *(getattr(p, name) for name in names)))
        dx, *gradients = product(dy)
        for name, gradient in zip(names, gradients, strict=True):
            getattr(g, name)[...] = gradient
        return cast(Array, dx.astype(ctx.dtype, copy=False))

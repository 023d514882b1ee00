"""Activation: a layer without parameters whose output has the shape of its input."""

from typing import Any, ClassVar, Literal

from nnspec.contracts.context import Context, Parameters
from nnspec.contracts.layer import Backward, Declaration, Forward, Layer
from nnspec.contracts.part import nearest
from nnspec.types import Array, Shape

Family = Literal["bernoulli", "categorical", "gaussian", "poisson"]
"""Exponential families, by which an output activation and a cost are recognized as a canonical pair
(P. McCullagh and J. A. Nelder, Generalized Linear Models, 1989, section 2.2.4)."""


class Activation(Layer):
    """Usable as an entry of the stack and as the ``activation:`` of a layer."""

    kinds: ClassVar[tuple[str, ...]] = ("activations",)
    elementwise: ClassVar[bool] = True
    """Whether each output depends on the input at its own place alone."""
    family: ClassVar[Family | None] = None
    """The family whose mean this activation yields; a cost of the same family is fused with it."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        for hook, way in (("apply", "forward"), ("gradient", "backward")):
            bind = f"bind_{way}"
            if nearest(cls, hook) < nearest(cls, way, bind):
                # What is inherited from farther away may do without the one that is written nearer.
                setattr(cls, bind, getattr(Activation, bind))
        super().__init_subclass__(**kwargs)

    def apply(self, x: Array, out: Array, ctx: Context) -> None:
        """Writes the activation of ``x`` to ``out``; both (*shape, N), never the same array."""
        raise NotImplementedError

    def gradient(self, dy: Array, x: Array, y: Array, out: Array, ctx: Context) -> None:
        """Writes the input's gradient to ``out``, given the output's gradient, the input and the output."""
        raise NotImplementedError

    def declare(self, shape: Shape) -> Declaration:
        """The shape itself; no parameters."""
        return Declaration(output=shape)

    def bind_forward(self, x: Array, p: Parameters, ctx: Context) -> Forward:
        """`apply` into a buffer of the layer's own."""
        apply, out = self.apply, ctx.buffer_like("y", x)

        def forward(x: Array) -> Array:
            apply(x, out, ctx)
            return out

        return forward

    def bind_backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Backward:
        """`gradient` into a buffer of the layer's own."""
        if not ctx.needs_input_gradient:
            return lambda _dy: None
        gradient, out = self.gradient, ctx.buffer_like("dx", ctx.x)

        def backward(dy: Array) -> Array:
            gradient(dy, ctx.x, ctx.y, out, ctx)
            return out

        return backward

"""parallel: branches side by side that see the same input, their outputs joined into one.

    layers:
      - parallel:
          - [{conv2d: {filters: 8, kernel: 1}}]
          - [{conv2d: {filters: 8, kernel: 3, padding: same}}, relu]
      - parallel: {branches: [[flatten, {dense: 30}], [flatten, {dense: 30}, sigmoid]], join: multiply}

x (*shape, N) -> y;  the parameters of the layers within, the branch before the layer: 0.0.W, 1.0.W

concatenate: y = [B_1(x), B_2(x), ...] along the first axis, channels say;  of sequences (T, F, N) along F
add: y = Σ B_i(x);  multiply: y = Π B_i(x), element by element
dC/dx = Σ dB_i/dx dy_i;  dy_i is the branch's own part of dy (concatenate), dy (add), dy Π_(j≠i) B_j (multiply)
(C. Szegedy and others, Going Deeper with Convolutions, 2015, section 4, for concatenation; R. Srivastava and
others, Highway Networks, 2015, equation 2, for products with gates)
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Annotated, ClassVar, Literal

import numpy as np

from nnspec.extend import (
    Array,
    Context,
    Declaration,
    Field,
    Layer,
    Layers,
    Parameters,
    Shape,
    ShapeError,
    Stack,
    shape_text,
)


class Parallel(Layer):
    """Several views of one input; a branch without layers hands it on as it is."""

    primary: ClassVar[str | None] = "branches"
    formulas: ClassVar[Mapping[str, str]] = {"y": "the outputs of the branches, joined"}

    branches: Annotated[
        tuple[Layers, ...], Field(strict=False, min_length=2, description="a list of layers for each branch")
    ]
    join: Annotated[
        Literal["concatenate", "add", "multiply"], Field(description="how their outputs become one")
    ] = "concatenate"

    @cached_property
    def _stacks(self) -> tuple[Stack, ...]:
        numbered = enumerate(self.branches)
        return tuple(Stack(layers, ("branches", number), str(number)) for number, layers in numbered)

    def declare(self, shape: Shape) -> Declaration:
        declared = [stack.declare(shape) for stack in self._stacks]
        inner = [item for branch in declared for item in branch.inner]
        return Declaration.around(self._joined([branch.output for branch in declared]), inner)

    def _joined(self, outputs: Sequence[Shape]) -> Shape:
        first = outputs[0]
        if self.join == "concatenate" and first:
            axis = _axis(first)
            if len({_others(shape, axis) for shape in outputs}) == 1:
                return (*first[:axis], sum(shape[axis] for shape in outputs), *first[axis + 1 :])
        elif len(set(outputs)) == 1:
            return first
        raise ShapeError(
            f"parallel: {self.join} cannot join branches that end in {', '.join(map(shape_text, outputs))}",
            "let all of them end in the same shape" + (_but(first) if self.join == "concatenate" else ""),
        )

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        outputs = [stack.forward(x, p, ctx) for stack in self._stacks]
        if self.join == "concatenate":
            shape = self._joined([output.shape[:-1] for output in outputs])
            return np.concatenate(outputs, _axis(shape), out=ctx.buffer("y", (*shape, x.shape[-1])))
        y = ctx.buffer_like("y", outputs[0])
        np.copyto(y, outputs[0])
        for output in outputs[1:]:
            (np.add if self.join == "add" else np.multiply)(y, output, out=y)
        return y

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        parts = zip(self._stacks, self._parts(dy, ctx), strict=True)
        gradients = [stack.backward(part, p, g, ctx) for stack, part in parts]
        if not ctx.needs_input_gradient:
            return None
        dx = ctx.buffer_like("dx", ctx.x)
        dx.fill(0)
        for gradient in gradients:
            dx += gradient
        return dx

    def _parts(self, dy: Array, ctx: Context) -> Iterator[Array]:
        """For each branch the gradient by its output."""
        outputs = [stack.output(ctx) for stack in self._stacks]
        if self.join == "concatenate":
            axis = _axis(dy.shape[:-1])
            ends = np.cumsum([output.shape[axis] for output in outputs])
            yield from np.split(dy, ends[:-1], axis)
        elif self.join == "add":
            yield from (dy for _ in outputs)
        else:
            for number in range(len(outputs)):
                part = ctx.buffer_like(f"part.{number}", dy)
                np.copyto(part, dy)
                for other in outputs[:number] + outputs[number + 1 :]:
                    part *= other
                yield part


def _axis(shape: Shape) -> int:
    """Along which axis outputs are put together: features of a sequence, else the first."""
    return 1 if len(shape) == 2 else 0


def _but(shape: Shape) -> str:
    """Where shapes may differ that are put together."""
    return ", the features of a step left aside" if _axis(shape) else ", the first axis left aside"


def _others(shape: Shape, axis: int) -> Shape:
    """The lengths that must agree, the number of axes first."""
    return (len(shape), *shape[:axis], *shape[axis + 1 :])

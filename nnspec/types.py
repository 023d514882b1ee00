"""Shape, Array and the conventions that hold everywhere.

* **The last axis is the batch.** A sample of shape ``(784,)`` in a batch of N is an array ``(784, N)``,
  an image is ``(C, H, W, N)``, a sequence ``(T, F, N)``. Weights are ``(outputs, inputs)`` and biases
  ``(outputs, 1)``: ``y = W x + b``, as the textbooks write it. A `Shape` never counts the batch.
* **Stored data is the one exception**: a `Split` keeps its samples along the *first* axis, since that is how
  they lie in files and how a batch is gathered fastest. A batch is handed on as a view with that axis last.
* **The cost is the batch mean**, and gradients are gradients of that mean.
* Arrays are float32 unless a spec asks for float64. Inputs of a layer are read-only.
"""

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[Any]
    Floats = NDArray[np.floating[Any]]
    DType = np.dtype[Any]
    Random = np.random.Generator
else:
    # Names alone at run time: whoever only reads specs does not wait for NumPy.
    Array = Floats = DType = Random = Any

Shape = tuple[int, ...]
ITS_NAME = "*"
"""In a path to a place in a spec, the word of the part that stands there, whatever it is."""

__all__ = [
    "ITS_NAME",
    "Array",
    "DType",
    "Floats",
    "Random",
    "Shape",
    "factor_text",
    "number_text",
    "shape_text",
    "size",
]


def size(shape: Sequence[int]) -> int:
    """Number of elements of one sample of this shape; 1 for the empty shape."""
    return prod(shape)


def shape_text(shape: Sequence[int]) -> str:
    """A shape as a reader writes it: ``784`` or ``1 x 28 x 28``."""
    return " x ".join(str(length) for length in shape) if shape else "scalar"


def number_text(value: float) -> str:
    """A number as arithmetic is spelled out with it: six significant digits, and no ``-0``."""
    return f"{value + 0.0:.6g}"


def factor_text(value: float) -> str:
    """`number_text` for behind a sign or beside a factor: a negative number stands in parentheses."""
    text = number_text(value)
    return f"({text})" if text.startswith("-") else text

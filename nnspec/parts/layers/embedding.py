"""embedding: a trained vector for each code, looked up.

    input: 20                    # codes of a sample: words of a sentence, categories of a row
    layers:
      - embedding: {vocabulary: 1000, units: 32}
      - lstm: 64

x (T, N), whole numbers from 0 to V - 1 -> y (T, D, N);  E (V, D)

y_t = the row x_t of E;  dC/dE row v = the sum of dy_t over all steps and samples whose code is v
Stands first in the stack: there is no gradient by a code, what is handed back is 0.
(Y. Bengio and others, A Neural Probabilistic Language Model, JMLR 3, 2003, section 2, the mapping C)
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import (
    Array,
    Context,
    DataError,
    Declaration,
    Field,
    Initializer,
    Layer,
    Parameter,
    Parameters,
    PartOf,
    PositiveInt,
    Shape,
    ShapeError,
    by_name,
    number_text,
    shape_text,
)

# Above it float32, in which inputs arrive, cannot tell every whole number from the next.
LARGEST_VOCABULARY = 2**24


class Embedding(Layer):
    """Turns rows of codes into sequences of vectors."""

    formulas: ClassVar[Mapping[str, str]] = {
        "y": "the rows of E that x names",
        "E": "the sums of dy where x names the row",
        "x": "0",
    }

    vocabulary: Annotated[
        int, Field(ge=1, le=LARGEST_VOCABULARY, description="V, the number of codes; they run from 0 to V - 1")
    ]
    units: Annotated[PositiveInt, Field(description="D, the length of a vector")]
    weights: Annotated[PartOf[Initializer], Field(description="fills E")] = by_name("uniform")

    @property
    def codes(self) -> int:
        return self.vocabulary

    def declare(self, shape: Shape) -> Declaration:
        if len(shape) != 1:
            raise ShapeError(
                f"embedding takes one row of codes a sample, not {shape_text(shape)}",
                "insert `flatten` before it, or leave it out where the inputs are no codes",
            )
        table = Parameter((self.vocabulary, self.units), self.weights, self.vocabulary, self.units)
        return Declaration((*shape, self.units), {"E": table})

    def forward(self, x: Array, p: Parameters, ctx: Context) -> Array:
        codes = self._codes(x, ctx)
        rows = ctx.buffer("rows", (*x.shape, self.units))
        np.take(p.E, codes, axis=0, out=rows, mode="clip")
        y = ctx.buffer("y", (len(x), self.units, x.shape[-1]))
        y[...] = rows.swapaxes(1, 2)
        return y

    def backward(self, dy: Array, p: Parameters, g: Parameters, ctx: Context) -> Array | None:
        codes = ctx.buffer("codes", ctx.x.shape, np.intp)
        places = ctx.buffer("places", (*codes.shape, self.units), np.intp)
        np.multiply(codes[..., np.newaxis], self.units, out=places)
        places += np.arange(self.units)
        rows = ctx.buffer("dy by code", places.shape)
        rows[...] = dy.swapaxes(1, 2)
        g.E.fill(0)
        # Number by number: over a flat array add.at runs in a tight loop, over rows it takes five times as long.
        np.add.at(g.E.reshape(-1), places.reshape(-1), rows.reshape(-1))
        if not ctx.needs_input_gradient:
            return None
        return ctx.buffer("dx", ctx.x.shape)

    def _codes(self, x: Array, ctx: Context) -> Array:
        """The inputs as whole numbers.

        Raises:
            DataError: One is no code of the vocabulary.
        """
        codes = ctx.buffer("codes", x.shape, np.intp)
        valid = ctx.buffer("valid", x.shape, bool)
        np.greater_equal(x, 0, out=valid)
        np.less(x, self.vocabulary, out=valid, where=valid)
        np.copyto(codes, 0)
        np.copyto(codes, x, casting="unsafe", where=valid)
        np.equal(codes, x, out=valid, where=valid)
        if not valid.all():
            wrong = float(x[~valid][0])
            raise DataError(
                f"embedding: expected whole numbers from 0 to {self.vocabulary - 1}, found {number_text(wrong)}; "
                "raise `vocabulary` if the code is right, and let no transform scale codes"
            )
        return codes

    def spell(self, quantity: str, index: tuple[int, ...], values: Mapping[str, Array]) -> str:
        if quantity != "y":
            return ""
        return f"E[{number_text(values['x'][index[0]])}, {index[1]}]"

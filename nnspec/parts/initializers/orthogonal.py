"""orthogonal: rows (or columns, where there are fewer) of length 1 at right angles to one another.

    - dense: {units: 30, weights: orthogonal}
    - dense: {units: 30, weights: {orthogonal: 1.41}}       # times 1.41, for rectifiers

W Wᵀ = g² I, or Wᵀ W = g² I;  g = gain. All axes but the first count as one.
The Q of a Gaussian matrix's QR decomposition, with signs that make every such matrix equally likely.
(A. Saxe and others, Exact Solutions to the Nonlinear Dynamics of Learning in Deep Linear Neural Networks, 2014;
F. Mezzadri, How to Generate Random Matrices from the Classical Compact Groups, 2007)
"""

from typing import Annotated, ClassVar

import numpy as np

from nnspec.extend import (
    Array,
    Field,
    Initializer,
    PositiveFloat,
    Random,
)


class Orthogonal(Initializer):
    """Keeps the length of signals and of gradients, however deep the stack."""

    primary: ClassVar[str | None] = "gain"

    gain: Annotated[PositiveFloat, Field(description="length of the rows")] = 1.0

    def fill(self, out: Array, fan_in: int, fan_out: int, random: Random) -> None:
        rows, columns = len(out), out.size // len(out)
        q, r = np.linalg.qr(random.standard_normal((max(rows, columns), min(rows, columns))))
        # The decomposition alone favours some matrices; the signs of R's diagonal undo that.
        q *= np.where(np.diag(r) < 0, -self.gain, self.gain)
        out[...] = (q if rows >= columns else q.T).reshape(out.shape)

"""What elu and selu share: a line above 0, an exponential that levels off below."""

import numpy as np

from nnspec.extend import Activation, Array, Context


class ExponentialLinear(Activation):
    """``y = s x`` where x > 0, else ``d (exp(x) - 1)``; the subclasses say s and d."""

    def slope_above(self) -> float:
        """s, the slope above 0."""
        raise NotImplementedError

    def depth(self) -> float:
        """d, how far below 0 outputs can fall."""
        raise NotImplementedError

    def apply(self, x: Array, out: Array, ctx: Context) -> None:
        above = np.maximum(x, 0, out=ctx.buffer_like("above", x))
        above *= self.slope_above()
        np.minimum(x, 0, out=out)
        np.expm1(out, out=out)
        out *= self.depth()
        out += above

    def gradient(self, dy: Array, x: Array, y: Array, out: Array, ctx: Context) -> None:
        # Below 0 the slope is d exp(x) = y + d, without another exponential.
        above = np.greater(x, 0, out=ctx.buffer("positive", x.shape, bool))
        np.add(y, self.depth(), out=out)
        np.copyto(out, self.slope_above(), where=above)
        out *= dy

"""Matrix products, in pieces where BLAS is faster with small ones.

On processors with AVX-512, OpenBLAS has loops of its own for products of up to a million multiplications, which
leave out the copying of both matrices into blocks. A product a few times as large, cut along the rows of its left
matrix so that each piece is within that, takes 0.55 to 0.9 times as long: the first of 784-50-10 at batch 32 12 in
place of 21 microseconds. Cut or not is decided by shapes and the machine alone, and so are a result's last bits.
"""

from collections.abc import Callable
from functools import cache

import numpy as np

from nnspec.engine.threads import blas_kernels
from nnspec.types import Array

Product = Callable[[Array, Array, Array], Array]
"""``product(a, b, out)`` writes ``a b`` to ``out``."""

KERNELS = frozenset({"SkylakeX", "Cooperlake", "SapphireRapids"})
# Multiplications up to which OpenBLAS takes its loops for small matrices.
SMALL = 1_000_000
# From here on the pieces are so many or so narrow that nothing is gained.
LARGE = 8 * SMALL
# A right matrix that lies transposed in memory must have so many rows, or pieces take longer than the whole.
DEEP = 512
# Rows that the loops take at a time; pieces of fewer of them lose what was gained.
ROWS = 16


# The method `dot` takes half of the time that `np.dot` takes beside the product itself, and a third of `matmul`.
plain: Product = np.ndarray.dot


def product(multiplications: int) -> Product:
    """What multiplies matrices in a layer with so many multiplications a pass, in this process."""
    return in_pieces if multiplications > SMALL and not KERNELS.isdisjoint(blas_kernels()) else plain


def in_pieces(a: Array, b: Array, out: Array) -> Array:
    """``out = a b``, in as few pieces as are small, or whole where that is no slower.

    Args:
        a: (M, K).
        b: (K, N).
        out: (M, N), in C order.
    """
    if len(a) * b.size <= SMALL:
        return a.dot(b, out)
    rows = rows_of_a_piece(a, b)
    if rows < len(a) and len(a) % rows == 0:
        # One call for all pieces: threads that run side by side meet at every call.
        np.matmul(a.reshape(-1, rows, a.shape[1]), b, out=out.reshape(-1, rows, b.shape[1]))
        return out
    for start in range(0, len(a), rows):
        a[start : start + rows].dot(b, out[start : start + rows])
    return out


def rows_of_a_piece(a: Array, b: Array) -> int:
    """How many rows of ``a`` are multiplied at a time: all of them where pieces are not worth it."""
    whole = len(a)
    fits = b.flags.c_contiguous or (b.flags.f_contiguous and len(b) >= DEEP)
    if whole * b.size > LARGE or not fits or not a.flags.c_contiguous:
        return whole
    return _rows(whole, SMALL // b.size)


@cache
def _rows(whole: int, most: int) -> int:
    """At most so many rows, in whole groups: as many as make pieces of one size, or else as many as can be."""
    rows = most // ROWS * ROWS or most // (ROWS // 2) * (ROWS // 2) or whole
    return next((even for even in range(rows, rows // 2, -ROWS) if whole % even == 0), rows)

"""Matrix products in pieces: the same numbers, and pieces where they pay alone."""

import numpy as np
import pytest

from nnspec.engine import products
from nnspec.engine.products import SMALL, in_pieces, plain, product, rows_of_a_piece
from nnspec.types import Array


def matrix(rows: int, columns: int, order: str = "C") -> Array:
    numbers = np.random.default_rng((rows, columns)).normal(size=(rows, columns)).astype(np.float32)
    return np.asarray(numbers, order=order)  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize(
    ("m", "k", "n", "order"),
    [
        (50, 784, 32, "F"),
        (50, 784, 32, "C"),
        (50, 32, 784, "C"),
        (129, 784, 32, "F"),
        (30, 784, 128, "C"),
        (30, 10, 20, "C"),
        (400, 784, 32, "C"),
        (512, 157, 32, "C"),
    ],
)
def test_pieces_make_up_the_whole_product(m: int, k: int, n: int, order: str) -> None:
    a, b, out = matrix(m, k), matrix(k, n, order), np.full((m, n), np.nan, np.float32)
    assert in_pieces(a, b, out) is out
    np.testing.assert_allclose(out, a.astype(np.float64) @ b, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("a", "b", "rows"),
    [
        (matrix(50, 784), matrix(784, 32, "F"), 32),
        (matrix(128, 784), matrix(784, 32, "F"), 32),
        (matrix(50, 32), matrix(32, 784), 32),
        (matrix(30, 784), matrix(784, 128), 8),
        (matrix(512, 157), matrix(157, 32), 128),
        (matrix(128, 512), matrix(512, 64), 16),
        (matrix(120, 400), matrix(400, 64, "F"), 120),
        (matrix(784, 50, "F"), matrix(50, 32), 784),
        (matrix(50, 784), matrix(784, 64)[:, :32], 50),
        (matrix(400, 784), matrix(784, 32), 400),
        (matrix(4, 50_000), matrix(50_000, 10), 4),
    ],
)
def test_a_piece_has_whole_groups_of_rows_and_is_small_or_there_are_none(a: Array, b: Array, rows: int) -> None:
    assert rows_of_a_piece(a, b) == rows
    assert rows == len(a) or rows * b.size <= SMALL


def test_layers_that_multiply_little_and_other_kernels_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "blas_kernels", lambda: frozenset({"SkylakeX"}))
    assert product(SMALL + 1) is in_pieces
    assert product(SMALL) is plain
    monkeypatch.setattr(products, "blas_kernels", lambda: frozenset({"Haswell"}))
    assert product(SMALL + 1) is plain

"""Arrays that begin where a cache line does: NumPy's own in all else."""

import numpy as np
import pytest

from nnspec.engine.aligned import LINE, zeros, zeros_like
from nnspec.types import Array, Shape


@pytest.mark.parametrize("shape", [(), (1,), (3, 5), (2, 3, 4), (100_000,)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8, bool])
def test_zeros_are_numpys_from_the_start_of_a_line(shape: Shape, dtype: type) -> None:
    made = [zeros(shape, dtype) for _ in range(5)]
    for array in made:
        np.testing.assert_array_equal(array, np.zeros(shape, dtype), strict=True)
        assert array.ctypes.data % LINE == 0
        assert array.flags.c_contiguous
        assert array.flags.writeable


@pytest.mark.parametrize(
    "x",
    [
        np.ones(()),
        np.ones((3, 4)),
        np.ones((3, 4)).T,
        np.ones((2, 3, 4)).transpose(1, 2, 0),
        np.ones((5, 8))[:, ::2],
        np.ones((3, 4))[::-1],
    ],
    ids=["number", "C", "F", "turned", "every other", "backwards"],
)
def test_zeros_like_an_array_lie_as_numpys_do(x: Array) -> None:
    made, numpys = zeros_like(x, np.float32), np.zeros_like(x, np.float32)
    np.testing.assert_array_equal(made, numpys, strict=True)
    assert made.strides == numpys.strides
    assert made.ctypes.data % LINE == 0

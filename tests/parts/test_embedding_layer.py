"""embedding: looked up by hand, against autograd, and codes that are none."""

from typing import Any

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad

from nnspec.contracts.layer import Layer
from nnspec.engine.context import LayerContext
from nnspec.engine.parameters import Views
from nnspec.errors import DataError
from nnspec.registry import default_resolver
from nnspec.testing import ContractError, check_layer, check_refusal
from nnspec.types import Array

part = default_resolver().part


def context(x: Array, dtype: Any = np.float64) -> LayerContext:
    ctx = LayerContext(np.random.default_rng(0), np.dtype(dtype), training=True)
    ctx.x = x
    return ctx


def test_embedding_looks_rows_up_and_sums_their_gradients_by_hand() -> None:
    embedding = part(Layer, {"embedding": {"vocabulary": 4, "units": 2}}, {})
    p = Views(E=np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]))
    x = np.array([[0.0, 3.0], [2.0, 0.0], [0.0, 2.0]])
    ctx = context(x)
    y = embedding.forward(x, p, ctx)
    np.testing.assert_array_equal(y, [[[1, 7], [2, 8]], [[5, 1], [6, 2]], [[1, 5], [2, 6]]])
    dy = np.arange(12.0).reshape(3, 2, 2)
    g = Views(E=np.full((4, 2), np.nan))
    dx = embedding.backward(dy, p, g, ctx)
    # Code 0 stands first at steps 0 and 2 of sample 0 and step 1 of sample 1: 0 + 5 + 8 and 2 + 7 + 10.
    np.testing.assert_array_equal(g.E, [[13, 19], [0, 0], [4 + 9, 6 + 11], [1, 3]])
    np.testing.assert_array_equal(dx, np.zeros_like(x))


def test_embedding_has_autograds_gradient() -> None:
    random = np.random.default_rng(3)
    layer = part(Layer, {"embedding": {"vocabulary": 6, "units": 3}}, {})
    codes, E, dy = random.integers(6, size=(5, 7)), random.normal(size=(6, 3)), random.normal(size=(5, 3, 7))
    g, ctx = Views(E=np.full((6, 3), np.nan)), context(codes.astype(float))
    np.testing.assert_array_equal(layer.forward(ctx.x, Views(E=E), ctx), E[codes].swapaxes(1, 2))
    layer.backward(dy, Views(E=E), g, ctx)
    expected = grad(lambda at: anp.sum(dy * anp.swapaxes(at[codes], 1, 2)))(E)
    np.testing.assert_allclose(g.E, expected, rtol=1e-13)


@pytest.mark.parametrize("code", [-1.0, 4.0, 1.5, np.nan, np.inf, 1e30])
def test_what_is_no_code_of_the_vocabulary_is_an_error_of_the_data(code: float) -> None:
    layer = part(Layer, {"embedding": {"vocabulary": 4, "units": 2}}, {})
    x = np.zeros((3, 2), np.float32)
    x[1, 1] = code
    with pytest.raises(DataError, match="expected whole numbers from 0 to 3, found"):
        layer.forward(x, Views(E=np.zeros((4, 2), np.float32)), context(x, np.float32))


def test_images_are_no_rows_of_codes() -> None:
    check_refusal(part(Layer, {"embedding": {"vocabulary": 4, "units": 2}}, {}), (1, 28, 28))


def test_the_kit_catches_an_embedding_that_hands_back_a_gradient_by_codes() -> None:
    kind = type(part(Layer, {"embedding": {"vocabulary": 4, "units": 2}}, {}))

    class Wrong(kind):  # type: ignore[misc, valid-type]
        def backward(self, *given: Any) -> Any:
            dx = super().backward(*given)
            return None if dx is None else dx + 1

    x = np.array([[0.0, 3.0, 1.0], [2.0, 2.0, 1.0]])
    with pytest.raises(ContractError, match="there is no gradient by codes"):
        check_layer(Wrong(vocabulary=4, units=2), (2,), x=x)

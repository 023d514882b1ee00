"""The working memory of a layer: arrays by name, kept from step to step."""

import re

import numpy as np
import pytest

from nnspec.engine.context import LayerContext


def context() -> LayerContext:
    return LayerContext(np.random.default_rng(0), np.dtype(np.float32))


def test_a_buffer_is_the_same_array_each_time_with_what_was_last_written_to_it() -> None:
    ctx = context()
    first = ctx.buffer("y", (3, 4))
    assert first.dtype == np.float32
    assert not first.any()
    first[...] = 7
    assert ctx.buffer("y", (3, 4)) is first
    assert ctx.buffer("dx", (3, 4)) is not first


def test_a_buffer_asked_for_in_another_shape_is_another_array() -> None:
    ctx = context()
    ctx.buffer("y", (3, 4))
    assert ctx.buffer("y", (3, 5)).shape == (3, 5)
    assert ctx.buffer_like("y", np.zeros((2, 2))).shape == (2, 2)


def test_a_buffer_may_have_a_type_of_its_own() -> None:
    assert context().buffer("places", (3,), np.intp).dtype == np.intp


def test_a_buffer_like_an_array_has_its_memory_order_and_the_contexts_type() -> None:
    ctx = context()
    assert ctx.buffer_like("c", np.zeros((3, 4))).flags.c_contiguous
    turned = ctx.buffer_like("f", np.zeros((4, 3)).T)
    assert turned.flags.f_contiguous
    assert turned.dtype == np.float32


def test_the_batch_sum_is_numpys_sum_over_the_last_axis_for_any_batch_size() -> None:
    ctx = context()
    for batch in (5, 1, 8, 5):
        x = np.random.default_rng(batch).normal(size=(3, batch)).astype(np.float32)
        found = ctx.batch_sum(x, np.empty((3, 1), np.float32))
        np.testing.assert_allclose(found, x.sum(axis=-1, keepdims=True), rtol=1e-5)


@pytest.mark.parametrize("shape", [(3, 4), (5, 4), (3, 2, 4), (3,)])
def test_the_class_sum_is_numpys_sum_over_the_first_axis(shape: tuple[int, ...]) -> None:
    ctx = LayerContext(np.random.default_rng(0), np.dtype(np.float64))
    for laid in (np.random.default_rng(1).normal(size=shape), np.random.default_rng(2).normal(size=shape[::-1]).T):
        found = ctx.class_sum(laid, ctx.buffer("sum", (1, *shape[1:])))
        np.testing.assert_allclose(found, laid.sum(axis=0, keepdims=True), rtol=1e-14)


@pytest.mark.parametrize("shape", [(3, 5), (2, 3, 5)])
def test_a_sum_over_the_batch_that_does_not_fit_names_both_shapes(shape: tuple[int, ...]) -> None:
    ctx = LayerContext(np.random.default_rng(0), np.dtype(np.float64))
    wanted = re.escape(f"the sum of {shape} over the batch is {(*shape[:-1], 1)}, `out` is (3,)")
    with pytest.raises(ValueError, match=wanted):
        ctx.batch_sum(np.ones(shape), out=np.empty(3))

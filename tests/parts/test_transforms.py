"""Transforms against NumPy on the whole array."""

from typing import Any

import numpy as np
import pytest

from nnspec.contracts.transform import Transform
from nnspec.engine.pipeline import FIT_BATCH, Pipeline
from nnspec.engine.seeds import Seeds
from nnspec.errors import DataError, ShapeError
from nnspec.registry import default_resolver
from nnspec.types import Array, size

part = default_resolver().part


def piped(entry: object, rows: Array, dtype: Any = np.float32, train: Array | None = None) -> Array:
    """What reaches the first layer, as rows again: fitted in the pipeline's batches."""
    transform = part(Transform, entry, {})
    shape = transform.shape(rows.shape[1:])
    pipeline = Pipeline([transform], (size(shape),), Seeds(1), dtype)
    pipeline.fit(rows if train is None else train)
    return pipeline.apply(rows).T.copy()


@pytest.mark.parametrize("samples", [1, 7, FIT_BATCH, FIT_BATCH + 1, 2 * FIT_BATCH + 500])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_standardize_agrees_with_numpy_on_the_whole_array(samples: int, dtype: Any) -> None:
    rows = (np.random.default_rng(0).normal(20, 5, (samples, 4)) + np.array([0, 50, 100, 150])).astype(dtype)
    deviation = rows.astype(float).std(axis=0)
    expected = np.divide(
        rows - rows.astype(float).mean(axis=0), deviation, where=deviation > 0, out=np.zeros((samples, 4))
    )
    np.testing.assert_allclose(piped("standardize", rows, np.float64), expected, rtol=1e-5, atol=1e-5)
    whole = (rows - rows.astype(float).mean()) / rows.astype(float).std()
    np.testing.assert_allclose(piped({"standardize": "all"}, rows, np.float64), whole, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("precision", [np.float32, np.float64])
@pytest.mark.parametrize("constant", [0.0, 0.1, 1e6 + 0.1, -3e-9])
def test_an_input_that_never_varies_becomes_zero(constant: float, precision: Any) -> None:
    rows = np.full((2503, 2), constant)
    rows[:, 1] = np.random.default_rng(0).normal(size=2503)
    assert not piped("standardize", rows, precision)[:, 0].any()


def test_an_input_that_never_varied_in_training_stays_zero_where_it_does() -> None:
    train = np.full((50, 1), 0.1)
    assert not piped("standardize", np.array([[0.1], [0.2], [7.0]]), train=train).any()


@pytest.mark.parametrize("stored", [np.float64, np.int64])
def test_large_offsets_do_not_swallow_the_variation(stored: Any) -> None:
    """Time stamps and the like: numbers around 1.7e9 that differ by seconds."""
    rows = (1_700_000_000 + np.random.default_rng(0).integers(0, 100, (500, 1))).astype(stored)
    expected = (rows - rows.mean()) / rows.std()
    np.testing.assert_allclose(piped("standardize", rows), expected, atol=1e-4)


def test_bytes_become_numbers_from_0_to_1_and_floats_stay() -> None:
    pixels = np.array([[0, 51, 255]], np.uint8)
    np.testing.assert_allclose(piped("scale", pixels), [[0, 0.2, 1]], rtol=1e-6)
    numbers = np.array([[0.5, -3.0]], np.float32)
    np.testing.assert_array_equal(piped("scale", numbers), numbers)
    np.testing.assert_allclose(piped({"scale": 500}, np.array([[250, 500]])), [[0.5, 1.0]], rtol=1e-6)


def test_the_training_datas_units_hold_for_what_comes_later() -> None:
    """Pixels given as floats to a network trained on bytes are pixels all the same."""
    pipeline = Pipeline([part(Transform, "scale", {})], (2,), Seeds(1))
    pipeline.fit(np.array([[0, 255]], np.uint8))
    np.testing.assert_allclose(pipeline.apply(np.array([[255.0, 51.0]])), [[1.0], [0.2]], rtol=1e-6)


def test_one_hot_makes_a_column_with_a_single_one_of_each_code() -> None:
    assert piped({"one_hot": 3}, np.array([[2, 0], [1, 1]])).tolist() == [[0, 0, 1, 1, 0, 0], [0, 1, 0, 0, 1, 0]]


@pytest.mark.parametrize("wrong", [3, -1, 0.5, np.nan])
def test_one_hot_refuses_what_is_no_code(wrong: float) -> None:
    with pytest.raises(DataError, match="whole numbers from 0 to 2"):
        piped({"one_hot": 3}, np.array([[1.0, wrong]]))


def test_one_hot_refuses_images() -> None:
    with pytest.raises(ShapeError):
        part(Transform, {"one_hot": 3}, {}).shape((1, 2, 2))

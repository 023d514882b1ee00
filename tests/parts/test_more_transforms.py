"""Normalize against NumPy, sample by sample."""

from typing import Any

import numpy as np
import pytest

from nnspec.contracts.transform import Transform
from nnspec.engine.pipeline import Pipeline
from nnspec.engine.seeds import Seeds
from nnspec.registry import default_resolver
from nnspec.types import Array, Shape, size

part = default_resolver().part


def normalized(entry: object, rows: Array, dtype: Any = np.float64) -> Array:
    """What reaches the first layer, as rows again."""
    shape: Shape = rows.shape[1:]
    pipeline = Pipeline([part(Transform, entry, {})], (size(shape),), Seeds(1), dtype)
    pipeline.fit(rows)
    return pipeline.apply(rows).T.reshape(rows.shape).copy()


def test_a_sample_by_hand() -> None:
    rows = np.array([[3.0, 4.0], [0.0, 0.0], [-2.0, 0.0]])
    np.testing.assert_allclose(normalized("normalize", rows), [[0.6, 0.8], [0.0, 0.0], [-1.0, 0.0]], rtol=1e-15)
    np.testing.assert_allclose(normalized({"normalize": "standard"}, rows), [[-1, 1], [0, 0], [-1, 1]], rtol=1e-15)
    np.testing.assert_allclose(normalized({"normalize": "range"}, rows), [[0, 1], [0, 0], [0, 1]], rtol=1e-15)


@pytest.mark.parametrize("stored", [np.uint8, np.int64, np.float32, np.float64])
def test_samples_agree_with_numpy(stored: Any) -> None:
    rows = np.random.default_rng(0).integers(0, 200, (9, 2, 3, 4)).astype(stored)
    flat = rows.reshape(9, -1).astype(float)
    length = flat / np.linalg.norm(flat, axis=1, keepdims=True)
    standard = (flat - flat.mean(axis=1, keepdims=True)) / flat.std(axis=1, keepdims=True)
    low, high = flat.min(axis=1, keepdims=True), flat.max(axis=1, keepdims=True)
    expectations = {"length": length, "standard": standard, "range": (flat - low) / (high - low)}
    for to, expected in expectations.items():
        for dtype, rtol in ((np.float64, 1e-12), (np.float32, 1e-5)):
            found = normalized({"normalize": to}, rows, dtype).reshape(9, -1)
            np.testing.assert_allclose(found, expected, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("value", [0.1, -7.3, 1e6 + 0.1])
def test_a_sample_that_does_not_vary_becomes_zero(value: float, dtype: Any) -> None:
    rows = np.full((3, 784), value)
    rows[1] += np.linspace(0, 1, 784)
    for to in ("standard", "range"):
        found = normalized({"normalize": to}, rows, dtype)
        assert not found[0].any()
        assert not found[2].any()
        assert found[1].any()


def test_a_faint_sample_is_as_strong_as_any_other() -> None:
    rows = np.array([[1e-30, 2e-30], [1.0, 2.0]], np.float32)
    found = normalized({"normalize": "range"}, rows, np.float32)
    np.testing.assert_array_equal(found[0], found[1])

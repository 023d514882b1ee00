"""Convolutions of every geometry against sums written out, and the ways to compute them against one another."""

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest
from steps import context, step

from nnspec.contracts.layer import Layer
from nnspec.parts.layers import _by_place, _by_row, _by_stretch
from nnspec.parts.layers._axis import Axis, axis
from nnspec.parts.layers._convolution import Convolution
from nnspec.parts.layers._prepared import Call
from nnspec.parts.layers._windows import Windows
from nnspec.registry import default_resolver
from nnspec.types import Array

part = default_resolver().part
PAIRS: list[dict[str, Any]] = [
    {"kernel": 3, "padding": "same"},
    {"kernel": [2, 4], "padding": "same"},
    {"kernel": [1, 3]},
    {"kernel": 5, "padding": 1},
    {"kernel": 3, "padding": 2, "dilation": [1, 2]},
    {"kernel": [3, 2], "padding": 1, "stride": [2, 3]},
    {"kernel": 2, "padding": "same", "stride": [2, 3], "dilation": [4, 2]},
]


def axes() -> Iterator[Axis]:
    """Windows along short axes, in all combinations."""
    sizes = product(range(1, 8), range(1, 5), range(1, 5), range(1, 4), (0, 1, 2, "same"))
    for length, kernel, stride, dilation, padding in sizes:
        along = axis(length, kernel, stride, dilation, padding)
        if along.windows:
            yield along


def sums(along: Axis, taps: Array) -> Array:
    """The convolution as a matrix (windows, cells), tap by tap."""
    matrix = np.zeros((along.windows, along.length))
    for window, tap in product(range(along.windows), range(along.kernel)):
        cell = window * along.stride + tap * along.dilation - along.before
        if 0 <= cell < along.length:
            matrix[window, cell] += taps[tap]
    return matrix


def allow_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets images of a few cells go the ways that are worthwhile for larger ones."""
    monkeypatch.setattr(_by_place, "A_CALL", 1)
    monkeypatch.setattr(_by_stretch, "LOWEST", 1)
    monkeypatch.setattr(_by_stretch, "SHORTEST", 1)


def make(calls: Iterable[Call]) -> None:
    for call in calls:
        call()


@pytest.mark.parametrize("batch", [1, 16])
@pytest.mark.parametrize("down", [False, True], ids=["across", "down"])
def test_every_geometry_gives_the_sums_written_out(
    monkeypatch: pytest.MonkeyPatch, batch: int, *, down: bool
) -> None:
    allow_small(monkeypatch)
    random = np.random.default_rng(3)
    single = axis(1, 1, 1, 1, "valid")
    for along in axes():
        convolution = Convolution(Windows(along, single) if down else Windows(single, along), 1)
        taps, x = random.normal(size=along.kernel), random.normal(size=(along.length, batch))
        dy = random.normal(size=(along.windows, batch))
        at = (0, slice(None), 0) if down else (0, 0)
        image, features = (np.zeros((1, *shape, batch)) for shape in ((len(x), 1), (len(dy), 1)))
        if not down:
            image, features = image.swapaxes(1, 2).copy(), features.swapaxes(1, 2).copy()
        image[at], features[at] = x, dy
        W = taps.reshape(1, 1, -1, 1) if down else taps.reshape(1, 1, 1, -1)
        matrix, ctx = sums(along, taps), context()
        y, dx, dW = np.full_like(features, np.nan), np.full_like(image, np.nan), np.full_like(W, np.nan)
        make(convolution.filter(image, W, None, y, ctx))
        np.testing.assert_allclose(y[at], matrix @ x, atol=1e-12, err_msg=str(along))
        make(convolution.spread(features, W, None, dx, ctx))
        np.testing.assert_allclose(dx[at], matrix.T @ dy, atol=1e-12, err_msg=str(along))
        make(convolution.filter_gradient(image, features, dW, ctx))
        expected = [np.vdot(dy, sums(along, unit) @ x) for unit in np.eye(along.kernel)]
        np.testing.assert_allclose(dW.ravel(), expected, atol=1e-12, err_msg=str(along))


@pytest.mark.parametrize("name", ["conv2d", "conv2d_transpose"])
@pytest.mark.parametrize("options", PAIRS, ids=str)
def test_products_by_place_by_row_and_of_any_size_give_the_same(
    monkeypatch: pytest.MonkeyPatch, name: str, options: dict[str, Any]
) -> None:
    random = np.random.default_rng(2)
    entry = {name: {"filters": 6, **options}}
    x = random.normal(size=(4, 7, 6, 67))
    declared = part(Layer, entry, {}).declare(x.shape[:-1])
    parameters = {key: random.normal(size=one.shape) for key, one in declared.parameters.items()}
    dy = random.normal(size=(*declared.output, 67))

    def results() -> list[Array]:
        y, dx, g = step(entry, x, dy, **parameters)
        return [y.copy(), dx.copy(), g.W.copy(), g.b.copy()]

    size = parameters["W"].size
    allow_small(monkeypatch)
    assert _by_place.small_by_place(parameters["W"], 1, 67)
    small = results()
    monkeypatch.setattr(_by_place, "SMALL", size * 33)  # the batch in pieces of 32, 32 and 3
    monkeypatch.setattr(_by_stretch, "MOST", 4 * 10 * 67 * 5)  # a few rows
    pieces = results()
    monkeypatch.setattr(_by_place, "SMALL", size * 31)
    monkeypatch.setattr(_by_stretch, "DEEPEST", 0)
    assert not _by_place.small_by_place(parameters["W"], 1, 67)
    by_row = results()
    monkeypatch.setattr(_by_row, "MOST", 4 * 7 * 67 * 9)  # a few rows
    rows = results()
    monkeypatch.setattr(_by_row, "MOST", 2 * size // 6 * 67 + 1)  # parts of rows
    blocks = results()
    for others in (pieces, by_row, rows, blocks):
        for found, expected in zip(others, small, strict=True):
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-11)


def test_groups_are_convolutions_side_by_side() -> None:
    random = np.random.default_rng(4)
    x, W = random.normal(size=(6, 7, 6, 5)), random.normal(size=(4, 3, 3, 2))
    entry = {"kernel": [3, 2], "stride": [1, 2], "padding": "same", "bias": False}
    dy = random.normal(size=(4, 7, 3, 5))
    y, dx, g = step({"conv2d": {"filters": 4, "groups": 2, **entry}}, x, dy, W=W)
    for first in (0, 1):
        out, into = slice(2 * first, 2 * first + 2), slice(3 * first, 3 * first + 3)
        alone = step({"conv2d": {"filters": 2, **entry}}, x[into].copy(), dy[out].copy(), W=W[out].copy())
        for found, expected in zip((y[out], dx[into], g.W[out]), (*alone[:2], alone[2].W), strict=True):
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)

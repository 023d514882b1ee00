"""Layers for images and sequences against the autograd library, on formulas written here a second time."""

from collections.abc import Callable
from typing import Any

import autograd.numpy as anp
import numpy as np
import pytest
from autograd import grad
from steps import step

from nnspec.contracts.layer import Layer
from nnspec.registry import default_resolver
from nnspec.types import Shape

part = default_resolver().part


def taps(x: Any, kernel: Shape, stride: Shape, dilation: Shape) -> list[list[Any]]:
    """For each cell of a window, that cell of all windows."""
    count = [
        (length - (k - 1) * d - 1) // s + 1
        for length, k, s, d in zip(x.shape[1:3], kernel, stride, dilation, strict=True)
    ]
    return [
        [
            x[
                :,
                i * dilation[0] : i * dilation[0] + (count[0] - 1) * stride[0] + 1 : stride[0],
                j * dilation[1] : j * dilation[1] + (count[1] - 1) * stride[1] + 1 : stride[1],
            ]
            for j in range(kernel[1])
        ]
        for i in range(kernel[0])
    ]


def framed(x: Any, top: int, bottom: int, left: int, right: int) -> Any:
    return anp.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)), "constant")


def convolved(x: Any, W: Any, stride: Shape = (1, 1), dilation: Shape = (1, 1), groups: int = 1) -> Any:
    """One einsum a cell of the filter and group, straight from the definition."""
    outputs = []
    for x_group, W_group in zip(anp.split(x, groups), anp.split(W, groups), strict=True):
        cells = taps(x_group, W.shape[2:], stride, dilation)
        terms = [
            anp.einsum("oc,chwn->ohwn", W_group[:, :, i, j], cells[i][j])
            for i in range(W.shape[2])
            for j in range(W.shape[3])
        ]
        outputs.append(sum(terms))
    return anp.concatenate(outputs)


def painted(x: Any, W: Any, stride: int, groups: int = 1) -> Any:
    """A transposed convolution as a convolution of the input with zeros between its cells."""
    channels, height, width, batch = x.shape
    spread = anp.zeros((channels, height, stride, width, stride, batch))
    first = np.zeros((1, 1, stride, 1, stride, 1))
    first[:, :, 0, :, 0] = 1
    spread = anp.reshape(x, (channels, height, 1, width, 1, batch)) * first
    spread = anp.reshape(spread, (channels, height * stride, width * stride, batch))
    spread = spread[:, : (height - 1) * stride + 1, : (width - 1) * stride + 1]
    rows, columns = W.shape[2] - 1, W.shape[3] - 1
    turned = anp.concatenate(
        [anp.swapaxes(group, 0, 1)[:, :, ::-1, ::-1] for group in anp.split(W, groups)], axis=0
    )
    return convolved(framed(spread, rows, rows, columns, columns), turned, groups=groups)


def flat(cells: list[list[Any]]) -> list[Any]:
    return [cell for row in cells for cell in row]


def largest(x: Any) -> Any:
    cells = flat(taps(x, (3, 2), (2, 1), (1, 1)))
    result = cells[0]
    for cell in cells[1:]:
        result = anp.maximum(result, cell)
    return result


FORMULAS: list[tuple[Any, Shape, Callable[..., Any]]] = [
    ({"conv2d": {"filters": 3, "bias": False}}, (2, 5, 6), convolved),
    (
        {"conv2d": {"filters": 4, "kernel": [2, 3], "stride": [2, 1], "dilation": [1, 2], "padding": 2}},
        (3, 5, 6),
        lambda x, W, b: convolved(framed(x, 2, 2, 2, 2), W, (2, 1), (1, 2)) + b[:, :, None, None],
    ),
    (
        {"conv2d": {"filters": 4, "kernel": [4, 3], "padding": "same", "groups": 2, "bias": False}},
        (6, 5, 6),
        lambda x, W: convolved(framed(x, 1, 2, 1, 1), W, groups=2),
    ),
    (
        {"conv1d": {"filters": 4, "kernel": 2, "stride": 2, "padding": 1, "groups": 2, "bias": False}},
        (7, 6),
        lambda x, W: anp.swapaxes(
            convolved(framed(anp.swapaxes(x, 0, 1)[:, None], 0, 0, 1, 1), W[:, :, None], stride=(1, 2), groups=2)[
                :, 0
            ],
            0,
            1,
        ),
    ),
    (
        {"conv2d_transpose": {"filters": 4, "kernel": [3, 2], "stride": 2, "groups": 2}},
        (6, 3, 4),
        lambda x, W, b: painted(x, W, 2, 2) + b[:, :, None, None],
    ),
    (
        {"conv2d_transpose": {"filters": 2, "kernel": 5, "stride": 3, "padding": 1, "bias": False}},
        (3, 4, 3),
        lambda x, W: painted(x, W, 3)[:, 1:-1, 1:-1],
    ),
    ({"max_pool2d": {"size": [3, 2], "stride": [2, 1]}}, (2, 7, 4), largest),
    (
        {"avg_pool2d": {"size": [3, 2], "stride": [2, 1]}},
        (2, 7, 4),
        lambda x: sum(flat(taps(x, (3, 2), (2, 1), (1, 1)))) / 6,
    ),
    ("global_avg_pool", (3, 4, 2), lambda x: anp.mean(x, axis=(1, 2))),
    ("global_avg_pool", (3, 4), lambda x: anp.mean(x, axis=0)),
    ({"zero_pad2d": [1, 2, 3, 0]}, (2, 3, 2), lambda x: framed(x, 1, 2, 3, 0)),
    ({"upsample2d": [2, 3]}, (2, 3, 2), lambda x: anp.repeat(anp.repeat(x, 2, axis=1), 3, axis=2)),
    ({"permute": [2, 0, 1]}, (2, 3, 4), lambda x: anp.transpose(x, (2, 0, 1, 3))),
    ({"reshape": [4, -1]}, (2, 3, 2), lambda x: anp.reshape(x, (4, 3, x.shape[-1]))),
]


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize(("entry", "shape", "formula"), FORMULAS)
def test_a_layer_has_autograds_values_and_gradients(
    entry: object, shape: Shape, formula: Callable[..., Any], batch: int
) -> None:
    random = np.random.default_rng(8)
    declaration = part(Layer, entry, {}).declare(shape)
    x, dy = random.normal(size=(*shape, batch)), random.normal(size=(*declaration.output, batch))
    parameters = {name: random.normal(size=made.shape) for name, made in declaration.parameters.items()}
    y, dx, g = step(entry, x, dy, **parameters)
    given = (x, *parameters.values())
    np.testing.assert_allclose(y, formula(*given), rtol=1e-12, atol=1e-12)
    for place, found in enumerate([dx, *(getattr(g, name) for name in parameters)]):
        expected = grad(lambda *at: anp.sum(dy * formula(*at)), place)(*given)
        np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-12)

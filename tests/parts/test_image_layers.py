"""Layers for images and sequences, worked by hand; what they refuse, and how they cut their work up."""

from typing import Any

import numpy as np
import pytest
from steps import context, step

from nnspec.contracts.layer import Layer
from nnspec.engine.parameters import Views
from nnspec.errors import ShapeError
from nnspec.registry import default_resolver
from nnspec.testing import check_refusal
from nnspec.types import Array, Shape

part = default_resolver().part


def picture(*rows: list[float]) -> Array:
    """One image of one channel, (1, H, W, 1)."""
    return np.array(rows, float)[np.newaxis, :, :, np.newaxis]


def test_conv2d_slides_a_filter_over_an_image() -> None:
    x = picture([1, 2, 3], [4, 5, 6], [7, 8, 9])
    W, b = np.array([[[[1.0, 2.0], [0.0, -1.0]]]]), np.array([[10.0]])
    dy = picture([1, 0], [2, 0])
    y, dx, g = step({"conv2d": {"filters": 1, "kernel": 2}}, x, dy, W=W, b=b)
    # 1 + 2·2 - 5 + 10 = 10; 2 + 2·3 - 6 + 10 = 12; 4 + 2·5 - 8 + 10 = 16; 5 + 2·6 - 9 + 10 = 18.
    np.testing.assert_array_equal(y, picture([10, 12], [16, 18]))
    # 1 times the window at the top left plus 2 times the one below it.
    np.testing.assert_array_equal(g.W[0, 0], [[1 + 8, 2 + 10], [4 + 14, 5 + 16]])
    np.testing.assert_array_equal(g.b, [[3]])
    # The filter once at the top left, and twice, added, one row below.
    np.testing.assert_array_equal(dx, picture([1, 2, 0], [2, 4 - 1, 0], [0, -2, 0]))


def test_conv1d_slides_a_filter_along_a_sequence() -> None:
    x = np.array([1.0, 2.0, 4.0, 8.0]).reshape(4, 1, 1)
    y, dx, g = step({"conv1d": {"filters": 1, "kernel": 2, "bias": False}}, x, W=np.array([[[3.0, -1.0]]]))
    np.testing.assert_array_equal(y[:, 0, 0], [3 - 2, 6 - 4, 12 - 8])
    np.testing.assert_array_equal(g.W, [[[1 + 2 + 4, 2 + 4 + 8]]])
    np.testing.assert_array_equal(dx[:, 0, 0], [3, 3 - 1, 3 - 1, -1])


def test_conv2d_transpose_paints_its_filter_once_for_each_cell() -> None:
    entry = {"conv2d_transpose": {"filters": 1, "kernel": 2}}
    W, b = np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), np.array([[0.5]])
    y, dx, g = step(entry, picture([1, 10]), W=W, b=b)
    np.testing.assert_array_equal(y, picture([1, 2 + 10, 20], [3, 4 + 30, 40]) + 0.5)
    np.testing.assert_array_equal(dx, picture([10, 10]))
    np.testing.assert_array_equal(g.W, [[[[11, 11], [11, 11]]]])
    np.testing.assert_array_equal(g.b, [[6]])


def test_max_pool2d_hands_the_gradient_to_the_first_of_equals() -> None:
    y, dx, _ = step("max_pool2d", picture([1, 5, 2, 2], [3, 4, 2, 2]), picture([7, 9]))
    np.testing.assert_array_equal(y, picture([5, 2]))
    np.testing.assert_array_equal(dx, picture([0, 7, 9, 0], [0, 0, 0, 0]))


def test_max_pool2d_adds_up_where_windows_overlap() -> None:
    y, dx, _ = step({"max_pool2d": {"size": [1, 2], "stride": 1}}, picture([1, 5, 2]), picture([7, 9]))
    np.testing.assert_array_equal(y, picture([5, 5]))
    np.testing.assert_array_equal(dx, picture([0, 16, 0]))


def test_max_pool2d_never_chooses_padding() -> None:
    y, _, _ = step({"max_pool2d": {"size": 3, "padding": 1}}, picture([-4.0, -3.0], [-2.0, -5.0]))
    np.testing.assert_array_equal(y, picture([-2]))


def test_avg_pool2d_counts_cells_of_the_image_alone() -> None:
    y, dx, _ = step({"avg_pool2d": {"size": 2, "padding": "same"}}, picture([2, 4, 9]))
    np.testing.assert_array_equal(y, picture([3, 9]))
    np.testing.assert_array_equal(dx, picture([0.5, 0.5, 1]))


def test_pooling_spells_out_the_cells_of_the_image_that_a_window_sees() -> None:
    values = {"x": np.array([[[1.0, -2.0, 3.0], [4.0, 5.0, -6.0], [7.0, 8.0, 9.0]]])}
    largest = part(Layer, {"max_pool2d": {"size": 2, "padding": "same"}}, {})
    assert largest.spell("y", (0, 0, 0), values) == "max(1, -2, 4, 5)"
    assert largest.spell("y", (0, 0, 1), values) == "max(3, -6)"
    assert largest.spell("y", (0, 1, 1), values) == "9"
    mean = part(Layer, {"avg_pool2d": {"size": 2, "padding": "same"}}, {})
    assert mean.spell("y", (0, 0, 1), values) == "(3 + (-6)) / 2"
    assert mean.spell("x", (0, 0, 1), values) == ""


def test_global_avg_pool_takes_the_mean_of_an_image_and_of_a_sequence() -> None:
    y, dx, _ = step("global_avg_pool", picture([1, 2], [3, 6]), np.array([[8.0]]))
    np.testing.assert_array_equal(y, [[3]])
    np.testing.assert_array_equal(dx, picture([2, 2], [2, 2]))
    y, dx, _ = step("global_avg_pool", np.array([[[1.0], [5.0]], [[3.0], [7.0]]]), np.array([[2.0], [4.0]]))
    np.testing.assert_array_equal(y, [[2], [6]])
    np.testing.assert_array_equal(dx[:, :, 0], [[1, 2], [1, 2]])


def test_zeros_repetitions_and_other_orders_move_numbers_there_and_back() -> None:
    x = picture([1, 2])
    y, dx, _ = step({"zero_pad2d": [0, 1, 2, 0]}, x, picture([1, 2, 3, 4], [5, 6, 7, 8]))
    np.testing.assert_array_equal(y, picture([0, 0, 1, 2], [0, 0, 0, 0]))
    np.testing.assert_array_equal(dx, picture([3, 4]))
    y, dx, _ = step({"upsample2d": [1, 2]}, x, picture([1, 2, 3, 4]))
    np.testing.assert_array_equal(y, picture([1, 1, 2, 2]))
    np.testing.assert_array_equal(dx, picture([3, 7]))
    numbers = np.arange(12.0).reshape(3, 2, 2)
    y, dx, _ = step({"permute": [1, 0]}, numbers, numbers.reshape(2, 3, 2))
    np.testing.assert_array_equal(y[:, :, 0], [[0, 4, 8], [2, 6, 10]])
    np.testing.assert_array_equal(dx[:, :, 0], [[0, 6], [2, 8], [4, 10]])
    y, dx, _ = step({"reshape": [-1, 3]}, numbers, numbers.reshape(2, 3, 2))
    np.testing.assert_array_equal(y[:, :, 0], [[0, 2, 4], [6, 8, 10]])
    np.testing.assert_array_equal(dx, numbers)


def test_spatial_dropout_drops_whole_channels_and_whole_features() -> None:
    x = np.ones((400, 3, 4, 5))
    y, dx, _ = step({"dropout": {"rate": 0.3, "spatial": True}}, x)
    np.testing.assert_array_equal(y, np.broadcast_to(y[:, :1, :1], y.shape))
    np.testing.assert_array_equal(dx, y)
    assert set(np.unique(y)) == {0.0, 1 / (1 - 0.3)}
    # 2,000 channels: a standard error of sqrt(0.3 · 0.7 / 2,000) = 0.0102; five of them.
    assert (y == 0).mean() == pytest.approx(0.3, abs=0.051)
    y, _, _ = step({"dropout": {"rate": 0.5, "spatial": True}}, np.ones((7, 20, 5)))
    np.testing.assert_array_equal(y, np.broadcast_to(y[:1], y.shape))
    assert 0 < (y == 0).mean() < 1


def test_gaussian_noise_has_the_stated_spread_and_leaves_evaluation_alone() -> None:
    x = np.full((300, 400), 2.0)
    y, dx, _ = step({"gaussian_noise": 0.5}, x)
    # 120,000 draws: standard errors of 0.5 / sqrt(120,000) = 0.00144 and 0.00102; five of them.
    assert y.mean() == pytest.approx(2.0, abs=0.0072)
    assert y.std() == pytest.approx(0.5, abs=0.0051)
    np.testing.assert_array_equal(dx, np.ones_like(x))
    layer = part(Layer, {"gaussian_noise": 0.5}, {})
    np.testing.assert_array_equal(layer.forward(x, Views(), context()), x)


@pytest.mark.parametrize("name", ["conv2d", "conv1d", "conv2d_transpose"])
def test_weights_are_scaled_by_what_a_filter_joins(name: str) -> None:
    shape = (8, 6) if name == "conv1d" else (6, 8, 8)
    declaration = part(Layer, {name: {"filters": 4, "kernel": 3, "groups": 2}}, {}).declare(shape)
    W, b = declaration.parameters["W"], declaration.parameters["b"]
    cells = 3 if name == "conv1d" else 9
    assert (W.fan_in, W.fan_out, W.decays) == (3 * cells, 2 * cells, True)
    assert (b.shape, b.decays) == ((4, 1), False)


def test_conv2d_declares_shapes_and_multiplications() -> None:
    declaration = part(Layer, {"conv2d": {"filters": 16, "kernel": 5}}, {}).declare((3, 28, 20))
    assert declaration.output == (16, 24, 16)
    assert declaration.parameters["W"].shape == (16, 3, 5, 5)
    assert declaration.multiplications == 16 * 24 * 16 * 3 * 25


@pytest.mark.parametrize(
    ("options", "output"),
    [
        ({"padding": "same"}, (2, 28, 28)),
        ({"padding": "same", "stride": 3}, (2, 10, 10)),
        ({"padding": "same", "dilation": 4}, (2, 28, 28)),
        ({"padding": 2}, (2, 30, 30)),
        ({"stride": 2}, (2, 13, 13)),
        ({"stride": [1, 5], "dilation": [2, 1]}, (2, 24, 6)),
    ],
)
def test_padding_stride_and_dilation_decide_the_size(options: dict[str, Any], output: Shape) -> None:
    assert part(Layer, {"conv2d": {"filters": 2, **options}}, {}).declare((1, 28, 28)).output == output


def test_a_first_layer_leaves_the_inputs_gradient_out() -> None:
    x, W = np.ones((1, 4, 4, 2)), np.ones((1, 1, 3, 3))
    layer, ctx = part(Layer, {"conv2d": {"filters": 1, "bias": False}}, {}), context(needs_input_gradient=False)
    ctx.x = x
    ctx.y = layer.forward(x, Views(W=W), ctx)
    g = Views(W=np.empty_like(W))
    assert layer.backward(np.ones((1, 2, 2, 2)), Views(W=W), g, ctx) is None
    np.testing.assert_array_equal(g.W, np.full((1, 1, 3, 3), 8.0))


@pytest.mark.parametrize(
    ("entry", "shape", "message", "hint"),
    [
        ({"conv2d": 3}, (784,), "takes images, channels x height x width, not 784", "reshape: [channels"),
        ({"conv2d": 3}, (20, 8), "not 20 x 8", "conv1d"),
        ({"conv1d": 3}, (1, 28, 28), "takes sequences, steps x features, not 1 x 28 x 28", "reshape: [28, 28]"),
        ({"conv1d": 3}, (12,), "not 12", "reshape: [12, 1]"),
        ({"conv2d_transpose": 3}, (9,), "takes images", "reshape"),
        ("max_pool2d", (9,), "max_pool2d takes images", "reshape"),
        ("avg_pool2d", (20, 8), "avg_pool2d takes images", "reshape"),
        ("upsample2d", (20, 8), "upsample2d takes images", "reshape"),
        ("zero_pad2d", (8,), "zero_pad2d takes images", "reshape"),
        (
            {"conv2d": {"filters": 1, "kernel": [5, 2]}},
            (1, 4, 9),
            "a window of 5 x 2 is larger than the image of 4 x 9",
            "padding: same",
        ),
        ({"conv2d": {"filters": 1, "kernel": 9, "padding": 1}}, (1, 4, 4), "6 x 6 with its padding", "smaller"),
        ({"conv2d": {"filters": 1, "dilation": 3}}, (1, 6, 6), "window of 7 x 7 with its dilation", "smaller"),
        ({"max_pool2d": 3}, (8, 2, 2), "a window of 3 x 3 is larger than the image of 2 x 2", "smaller"),
        (
            {"conv2d": {"filters": 1, "stride": 9}},
            (1, 8, 12),
            "a stride of 9 leaves one window: the image is 8 high",
            "at most 8",
        ),
        (
            {"max_pool2d": {"size": 2, "stride": [1, 7]}},
            (1, 8, 6),
            "a stride of 7 leaves one window: the image is 6 wide",
            "at most 6",
        ),
        (
            {"conv1d": {"filters": 1, "kernel": 9}},
            (4, 3),
            "a window of 9 is larger than the sequence of 4",
            "smaller",
        ),
        (
            {"conv1d": {"filters": 1, "stride": 5}},
            (4, 3),
            "a stride of 5 leaves one window: the sequence is 4 long",
            "4",
        ),
        (
            {"conv2d": {"filters": 3, "groups": 3}},
            (16, 8, 8),
            "3 groups do not divide 16 channels evenly",
            "1, 2, 4, 8, 16",
        ),
        ({"conv2d_transpose": {"filters": 4, "groups": 4}}, (6, 8, 8), "4 groups do not divide 6", "1, 2, 3, 6"),
        (
            {"conv2d_transpose": {"filters": 1, "padding": 3}},
            (1, 2, 2),
            "a padding of 3 leaves nothing of an output of 4 x 4",
            "smaller `padding`",
        ),
        ("global_avg_pool", (10,), "global_avg_pool takes images", "take it out"),
        ({"reshape": [3, 5]}, (16,), "16 are 16 numbers, which do not fill 3 x 5", "product is 16"),
        ({"reshape": [3, -1]}, (4, 4), "4 x 4 are 16 numbers, which do not fill 3 x ?", "product is 16"),
        ({"permute": [1, 0]}, (1, 4, 4), "an order of 2 axes, but 1 x 4 x 4 has 3", "[0, 1, 2]"),
        ({"dropout": {"spatial": True}}, (10,), "spatial dropout takes images", "flatten"),
    ],
)
def test_a_shape_that_does_not_fit_is_refused_with_what_to_do(
    entry: object, shape: Shape, message: str, hint: str
) -> None:
    layer = part(Layer, entry, {})
    check_refusal(layer, shape)
    with pytest.raises(ShapeError) as caught:
        layer.declare(shape)
    assert message in str(caught.value)
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"conv2d": {"filters": 1, "kernel": 0}}, "a whole number from 1, or two of them: [rows, columns]"),
        ({"conv2d": {"filters": 1, "kernel": [3, 3, 3]}}, "a whole number from 1, or two of them"),
        ({"conv2d": {"filters": 1, "stride": 1.5}}, "a whole number from 1, or two of them"),
        ({"conv2d": {"filters": 1, "padding": "full"}}, "`same`, `valid` or a whole number from 0"),
        ({"conv2d": {"filters": 1, "padding": -1}}, "`same`, `valid` or a whole number from 0"),
        ({"conv2d": {"filters": 1, "padding": True}}, "`same`, `valid` or a whole number from 0"),
        ({"conv2d": {"filters": 0}}, "greater than 0"),
        ({"conv2d": {"filters": 3, "groups": 2}}, "2 groups do not divide 3 filters evenly"),
        ({"max_pool2d": {"size": 2, "padding": 2}}, "with a padding of 2, windows of 2 x 2 would lie outside"),
        ({"zero_pad2d": [1, 2, 3]}, "[top, bottom, left, right]"),
        ({"zero_pad2d": -1}, "[top, bottom, left, right]"),
        ({"upsample2d": 0}, "a whole number from 1"),
        ({"reshape": [-1, -1]}, "a list of lengths, of which one may be -1"),
        ({"reshape": [0, 3]}, "a list of lengths, of which one may be -1"),
        ({"reshape": []}, "at least 1 item"),
        ({"permute": [0, 2]}, "each axis once, counted from 0"),
        ({"gaussian_noise": -1.0}, "greater than or equal to 0"),
    ],
)
def test_an_option_out_of_range_is_refused(entry: object, message: str) -> None:
    with pytest.raises(ValueError, match="validation error") as caught:
        part(Layer, entry, {})
    assert message in str(caught.value)

"""What a step of a layer yields: shapes and types, gradients, numbers from far off, the arithmetic behind them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnspec.errors import DataError
from nnspec.testing import spelling
from nnspec.testing.bench import Bench, Step
from nnspec.testing.contract import SINGLE, ContractError, require, require_same, require_type
from nnspec.testing.gradients import check_gradient
from nnspec.testing.material import far, inputs
from nnspec.types import Array, Shape

BATCHES = (1, 2, 7)
NUDGE = 1e-6
"""By how much inputs move that are equal and stay so."""


def check_shapes(bench: Bench, shape: Shape) -> None:
    """Batches of several sizes, in both precisions, give what was declared."""
    for batch in BATCHES:
        x = inputs(bench.layer, shape, batch, batch)
        for dtype in (np.float64, np.float32):
            step = bench.step(x, bench.context(dtype))
            _check_output(bench, step, x, dtype)


def _check_output(bench: Bench, step: Step, x: Array, dtype: Any) -> None:
    layer = bench.layer
    rule = "backward yields the input's shape"
    require(step.dx.shape == x.shape, layer, rule, f"{step.dx.shape}, expected {x.shape}.")
    require_type(step.y, dtype, layer, "the output")
    require_type(step.dx, dtype, layer, "the input's gradient")
    bench.check_range(step.y)
    for name, gradient in step.gradients.items():
        require(
            not np.isnan(gradient).any(),
            layer,
            "backward overwrites every parameter's gradient",
            f"g.{name} held NaN before and holds some still. Likely mistake: `+=` in place of `out=`, or a "
            "parameter that was forgotten.",
        )


def check_gradients(bench: Bench, x: Array) -> None:
    """Against central differences, by the input and by every parameter."""
    step, dy = bench.step(x, bench.context()), bench.output_gradient(x)
    ctx, batch = bench.context(), x.shape[-1]
    if bench.layer.codes is None:
        check_gradient(bench.layer, "x", lambda at: bench.forward(at, ctx), x, step.dx, dy, batch=batch)
    else:
        require(not step.dx.any(), bench.layer, "there is no gradient by codes", "Return zeros.")
    for name, array in bench.parameters.items():

        def by_parameter(at: Array, name: str = name) -> Array:
            return bench.forward(x, ctx, {name: at})

        gradient = step.gradients[name]
        check_gradient(bench.layer, name, by_parameter, array, gradient, dy, batch=batch)


def check_ties(bench: Bench, x: Array) -> None:
    """Where inputs are equal, and all move alike, the output moves by the sum of the gradient.

    Of the largest of two equal numbers there is no derivative by either, yet there is one by both together: it is
    1, not 2. Where even that has a kink, the sum lies between the slopes to the left and to the right of it.
    """
    if bench.layer.codes is not None:
        return
    low, middle, high = np.quantile(x, (0.25, 0.5, 0.75), method="nearest")
    flat = np.where(x > middle, high, low)
    step, dy, ctx = bench.step(flat, bench.context()), bench.output_gradient(x), bench.context()
    left, right = (dy * (bench.forward(flat + by, ctx) - step.y) / by for by in (-NUDGE, NUDGE))
    slack = SINGLE * max(1.0, float(np.abs(left).sum()), float(np.abs(right).sum()))
    least, most = float(np.minimum(left, right).sum()) - slack, float(np.maximum(left, right).sum()) + slack
    total = float(step.dx.sum())
    rule = "where inputs are equal, the gradient is that of all of them together"
    detail = f"its sum is {total:.6g}, differences lie between {least:.6g} and {most:.6g}."
    hint = "Likely mistake: each of several numbers that are the largest gets the gradient of one."
    require(least <= total <= most, bench.layer, rule, f"{detail} {hint}")


def check_single_precision(bench: Bench, x: Array) -> None:
    """The same in float32, as far as it reaches."""
    exact, single = bench.step(x, bench.context()), bench.step(x, bench.context(np.float32))
    if exact.drew:
        # Generators yield other numbers in float32 than in float64.
        return
    hint = "Likely mistake: a difference of large numbers, or a constant meant for float64."
    bench.require_same_step(single, exact, "float32 comes close to float64", hint, SINGLE)


def check_unneeded_input_gradient(bench: Bench, x: Array) -> None:
    """Parameters get their gradients where nobody reads the input's."""
    expected, step = bench.step(x, bench.context()), bench.step(x, bench.context(needs_input_gradient=False))
    for name, gradient in expected.gradients.items():
        rule = "parameters' gradients do not depend on whether the input's is needed"
        require_same(step.gradients[name], gradient, bench.layer, rule, f"by {name}")


def check_refusal_of_codes(bench: Bench, x: Array) -> None:
    """What is no code is refused, and not taken for another one."""
    for wrong in () if bench.layer.codes is None else (bench.layer.codes, -1, 0.5):
        spoiled = x.copy()
        spoiled.flat[-1] = wrong
        try:
            bench.forward(spoiled, bench.context())
        except DataError:
            continue
        rule = "what is no code is refused with a DataError"
        raise ContractError(bench.layer, rule, f"{wrong} was taken, of {bench.layer.codes} codes.")


def check_large_inputs(bench: Bench, x: Array) -> None:
    """Overflow on the way to a limit is no mistake, and the engine keeps silent about it; NaN is one."""
    single = {name: array.astype(np.float32) for name, array in bench.parameters.items()}
    for name, large in far(x.shape) if bench.layer.codes is None else ():
        with np.errstate(all="ignore"):
            y = bench.forward(large, bench.context(np.float32), single)
            _check_numbers(bench, name, {"y": y})
            bench.check_range(y, f"{name}: ")
            step = bench.step(large, bench.context(np.float32))
        found = {f"g.{key}": gradient for key, gradient in step.gradients.items()}
        _check_numbers(bench, name, {"dx": step.dx, **found})


def _check_numbers(bench: Bench, name: str, arrays: Mapping[str, Array]) -> None:
    for what, array in arrays.items():
        detail = f"{name}: {what} holds NaN. Likely mistake: inf - inf, or inf / inf, behind an exp."
        require(not np.isnan(array).any(), bench.layer, "large inputs give numbers", detail)


def check_spelling(bench: Bench, x: Array) -> None:
    """On one sample, since that is what is explained; and below 0 alone, where a 0 too many is the largest."""
    one = x[..., :1].copy()
    for sample in (one, -np.abs(one)) if bench.layer.codes is None and (x < 0).any() else (one,):
        dy = bench.output_gradient(sample)
        step = bench.step(sample, bench.context(), dy)
        quantities = {"y": step.y[..., 0], "x": step.dx[..., 0], **step.gradients}
        values = {"x": sample[..., 0], "y": step.y[..., 0], "dy": dy[..., 0], **bench.parameters}
        spelling.check_spelling(bench.layer, bench.layer.spell, quantities, values)

"""Gradients against central differences, in float64.

The derivative is taken with the five-point stencil (8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12h, whose error is
of the order h⁴, once with h and once with h/4 (B. Fornberg, Generation of Finite Difference Formulas on
Arbitrarily Spaced Grids, 1988, table 1). Where the two disagree, a kink or a jump lies within reach, and the
place says nothing.
"""

from collections.abc import Callable

import numpy as np

from nnspec.contracts.part import Part
from nnspec.testing.contract import ContractError, require
from nnspec.types import Array

STEP = 1e-3
TOLERANCE = 1e-6
PLACES = 24
"""Most places of an array that are looked at; more are drawn by chance."""


def relative_errors(analytic: Array, numeric: Array, least: float = 1e-6) -> Array:
    """Differences relative to the numbers themselves, or to a hundredth of the largest where they are smaller.

    Near 0 a purely relative error measures nothing but rounding; the floor, at least `least`, keeps it honest.
    """
    floor = max(1e-2 * float(np.abs(numeric).max(initial=0)), least)
    scale = np.maximum(np.maximum(np.abs(analytic), np.abs(numeric)), floor)
    return np.asarray(np.abs(analytic - numeric) / scale)


def check_gradient(
    part: Part,
    name: str,
    function: Callable[[Array], Array],
    x: Array,
    analytic: Array,
    weights: Array | None = None,
    *,
    batch: int = 1,
) -> None:
    """Compares a gradient with central differences.

    Args:
        part: The part under test, for messages.
        name: What the gradient is taken by, for messages: ``x``, ``W``.
        function: A float64 function of ``x``; its result may lie in a buffer.
        x: Where to differentiate.
        analytic: The gradient of ``sum(weights * function(x))`` as the part computes it.
        weights: One number for each of the function's results; 1 by default.
        batch: Samples in the batch, so that a forgotten factor is recognized.

    Raises:
        ContractError: They differ by a relative error above 1e-6.
    """
    contract = f"the gradient by {name} is the derivative of the forward pass"
    if analytic.shape != x.shape:
        turned = " Likely mistake: transposed." if analytic.shape == x.shape[::-1] else ""
        raise ContractError(part, contract, f"shape {analytic.shape}, expected {x.shape}.{turned}")
    places = np.arange(x.size)
    if x.size > PLACES:
        places = np.sort(np.random.default_rng(0).choice(x.size, PLACES, replace=False))
    coarse = np.array([_slope(function, x, place, STEP, weights) for place in places.tolist()])
    numeric = np.array([_slope(function, x, place, STEP / 4, weights) for place in places.tolist()])
    least = max(1e-6, _rounding(function(x), weights) / TOLERANCE)
    smooth = relative_errors(coarse, numeric, least) <= TOLERANCE
    require(
        2 * np.count_nonzero(smooth) > len(places),
        part,
        contract,
        f"the forward pass has no derivative by {name} at most of {len(places)} places that were tried. Likely "
        "mistake: it draws numbers of its own, or remembers earlier passes; or pass inputs away from its kinks.",
    )
    found = np.asarray(analytic).ravel()[places]
    errors = np.where(smooth, relative_errors(found, numeric, least), 0.0)
    if not (errors <= TOLERANCE).all():
        worst = int(np.argmax(np.where(np.isnan(errors), np.inf, errors)))
        place = tuple(int(index) for index in np.unravel_index(places[worst], x.shape))
        raise ContractError(
            part,
            contract,
            f"{np.count_nonzero(~(errors <= TOLERANCE))} of {len(places)} places differ; at {place}: "
            f"{found[worst]:.9g}, central differences {numeric[worst]:.9g}, relative error {errors[worst]:.2g} "
            f"(at most {TOLERANCE:g}).{likely(found, numeric, analytic, places, batch)}",
        )


def _slope(function: Callable[[Array], Array], x: Array, place: int, step: float, weights: Array | None) -> float:
    def at(offset: float) -> Array:
        moved = x.copy()
        moved.flat[place] += offset
        moved.flags.writeable = False
        return np.array(function(moved))

    # The differences are taken before they are summed: the sum's size would drown them.
    slopes = (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step)
    return float(np.sum(slopes if weights is None else weights * slopes))


def _rounding(y: Array, weights: Array | None) -> float:
    """How far rounding alone may take a difference from 0 where the function does not depend on the place.

    A bias that a mean takes out again is such a place: y is rounded otherwise at each offset, and stays the same.
    """
    summed = y if weights is None else weights * y
    return float(4 * np.finfo(np.float64).eps * np.linalg.norm(summed) / (STEP / 4))


def likely(found: Array, numeric: Array, analytic: Array, places: Array, batch: int) -> str:
    """The mistake that would explain the numbers, if one does."""
    explanations = {
        "it is not a number: a gradient that is added to (`+=`), or not filled at all": np.isnan(found).all(),
        "it is 0 everywhere": not found.any(),
        "the sign": _explains(-found, numeric),
        f"the factor 1/N is missing (N = {batch})": batch > 1 and _explains(found / batch, numeric),
        f"the factor 1/N comes twice, or does not belong here (N = {batch})": (
            batch > 1 and _explains(found * batch, numeric)
        ),
        "transposed": analytic.ndim > 1 and _explains(_turned(analytic, places), numeric),
    }
    for explanation, holds in explanations.items():
        if holds:
            return f" Likely mistake: {explanation}."
    factor = float(np.vdot(found, numeric) / (np.vdot(found, found) or 1))
    if _explains(found * factor, numeric):
        return f" Likely mistake: a constant factor; times {factor:.6g} it would be right."
    return ""


def _explains(found: Array, numeric: Array) -> bool:
    return bool(np.all(relative_errors(found, numeric) <= 1e-4))


def _turned(analytic: Array, places: Array) -> Array:
    first_two = np.swapaxes(analytic, 0, 1)
    return np.asarray(np.ascontiguousarray(first_two).ravel()[places])

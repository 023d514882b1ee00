"""check_initializer: filling, generators and, on request, mean and variance."""

from math import sqrt

import numpy as np

from nnspec.contracts.initializer import Initializer
from nnspec.testing.contract import require
from nnspec.testing.parts import check_part
from nnspec.types import Array, Shape

SHAPES: tuple[Shape, ...] = ((3,), (40, 25), (4, 3, 5, 5))
SAMPLE = (200, 500)
DEVIATIONS = 5.0
"""Standard errors by which a statistic may miss; more happens by chance once in a million."""


def check_initializer(
    initializer: Initializer,
    fan_in: int = 30,
    fan_out: int = 20,
    *,
    mean: float | None = None,
    variance: float | None = None,
) -> None:
    """Checks an initializer.

    It overwrites arrays of any shape with finite numbers, draws from the generator it is handed and from no other,
    and gives the same for the same generator. One that ties parameters has none to fill.

    Args:
        initializer: The initializer.
        fan_in: Inputs that one output sums over.
        fan_out: Outputs that one input reaches.
        mean: The mean that 100,000 draws shall have, within 5 standard errors.
        variance: Their variance, likewise.

    Raises:
        ContractError: It breaks a contract.
    """
    check_part(initializer)
    if initializer.tie() is not None:
        return  # what shares the numbers of another parameter is not asked for any
    for shape in SHAPES:
        first, again = (_filled(initializer, shape, fan_in, fan_out, seed=1) for _ in range(2))
        detail = f"shape {shape}: {first.ravel()[:4]} ..."
        require(np.isfinite(first).all(), initializer, "every number is overwritten with a finite one", detail)
        rule = "the same generator gives the same numbers"
        require(np.array_equal(first, again), initializer, rule, f"{detail}, then {again.ravel()[:4]} ...")
    _check_global_generator(initializer, fan_in, fan_out)
    drawn = _filled(initializer, SAMPLE, fan_in, fan_out, seed=2)
    other = _filled(initializer, SAMPLE, fan_in, fan_out, seed=3)
    rule = "another generator gives other numbers where any are drawn"
    differ = not np.array_equal(drawn, other)
    require(differ or not _draws(initializer, fan_in, fan_out), initializer, rule, "two seeds gave the same.")
    if mean is not None:
        allowed = DEVIATIONS * sqrt(float(drawn.var()) / drawn.size)
        _require_near(initializer, "mean", float(drawn.mean()), mean, allowed)
    if variance is not None:
        centred = drawn - drawn.mean()
        # The standard error of a sample variance: sqrt((fourth moment - variance²) / n).
        error = sqrt(max(float((centred**4).mean() - centred.var() ** 2), 0.0) / drawn.size)
        _require_near(initializer, "variance", float(drawn.var()), variance, DEVIATIONS * error)


def _filled(initializer: Initializer, shape: Shape, fan_in: int, fan_out: int, seed: int) -> Array:
    out = np.full(shape, np.nan)
    initializer.fill(out, fan_in, fan_out, np.random.default_rng(seed))
    return out


def _draws(initializer: Initializer, fan_in: int, fan_out: int) -> bool:
    """Whether it uses its generator at all; a pattern, such as an identity matrix, does not."""
    random = np.random.default_rng(2)
    initializer.fill(np.empty(SAMPLE), fan_in, fan_out, random)
    return random.bit_generator.state != np.random.default_rng(2).bit_generator.state


def _check_global_generator(initializer: Initializer, fan_in: int, fan_out: int) -> None:
    before = str(np.random.get_state())  # noqa: NPY002 -- the generator that must not be used
    _filled(initializer, SHAPES[1], fan_in, fan_out, seed=1)
    after = str(np.random.get_state())  # noqa: NPY002 -- likewise
    rule = "numbers are drawn from the generator that is handed in"
    require(before == after, initializer, rule, "NumPy's global generator has moved.")


def _require_near(initializer: Initializer, what: str, got: float, expected: float, allowed: float) -> None:
    off = abs(got - expected)
    detail = f"{got:.6g}, expected {expected:.6g} ± {allowed:.2g}. Likely mistake: fan in for fan out, or a root."
    require(off <= allowed + 1e-12, initializer, f"its {what} is as stated", detail)

"""Scales with ticks at round figures."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from nnspec.report.wording import NBSP, count

TINY = 1e-290
"""Figures that differ by less are drawn as one; steps between them would underflow."""
TICKS = 5
"""About so many ticks an axis."""


@dataclass(frozen=True)
class Scale:
    """Places figures between 0 and 1.

    Attributes:
        low: The figure at 0.
        high: The figure at 1.
        ticks: Figures that get a tick.
        texts: What stands at each tick.
        logarithmic: Whether equal ratios are equally long.
    """

    low: float
    high: float
    ticks: tuple[float, ...]
    texts: tuple[str, ...]
    logarithmic: bool = False

    def share(self, value: float) -> float:
        """How far a figure is from low to high."""
        if self.logarithmic:
            start = math.log10(self.low)
            return (math.log10(value) - start) / (math.log10(self.high) - start)
        return (value - self.low) / (self.high - self.low)


def linear(low: float, high: float) -> Scale:
    """A scale that reaches from a tick at or below `low` to one at or above `high`."""
    if high - low <= max(1e-9 * abs(low), 1e-9 * abs(high), TINY):
        margin = 0.1 * abs(low) if abs(low) > TINY else 1.0
        low, high = low - margin, high + margin
    step = _round_step((high - low) / TICKS)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = tuple(number * step for number in range(first, last + 1))
    return Scale(ticks[0], ticks[-1], ticks, tuple(_text(tick, step) for tick in ticks))


def tight(low: float, high: float) -> Scale:
    """A scale from `low` to `high` exactly, with round ticks between."""
    wide = linear(low, high)
    steps = zip(wide.ticks, wide.texts, strict=True)
    kept = {tick: text for tick, text in steps if low <= tick <= high}
    return Scale(low, high, tuple(kept), tuple(kept.values()))


def shares(low: float, high: float) -> Scale:
    """A scale for shares of 1, told in percent, which never reaches beyond 0 and 1."""
    wide = linear(100 * low, 100 * high)
    steps = zip(wide.ticks, wide.texts, strict=True)
    kept = {tick / 100: f"{text}{NBSP}%" for tick, text in steps if -1e-9 <= tick <= 100 + 1e-9}
    ticks = tuple(kept)
    return Scale(ticks[0], ticks[-1], ticks, tuple(kept.values()))


def logarithmic(low: float, high: float) -> Scale:
    """A scale over the powers of ten that hold `low` and `high`, both above 0."""
    first, last = math.floor(math.log10(low) + 1e-9), math.ceil(math.log10(high) - 1e-9)
    last = max(last, first + 1)
    step = -(-(last - first) // TICKS)
    powers = range(first, last + 1, step)
    ticks = tuple(10.0**power for power in powers)
    return Scale(10.0**first, 10.0**last, ticks, tuple(f"{tick:g}" for tick in ticks), logarithmic=True)


def whole(first: int, last: int) -> Scale:
    """A scale over whole numbers, such as epochs."""
    if first == last:
        return Scale(first - 0.5, first + 0.5, (first,), (count(first),))
    step = max(1, round(_round_step((last - first) / (TICKS + 1))))
    ticks = list(range(step * -(-first // step), last + 1, step))
    if not ticks or ticks[0] - first > step / 2:
        ticks.insert(0, first)
    return Scale(first, last, tuple(ticks), tuple(count(tick) for tick in ticks))


def fitting(values: Sequence[float], *, share: bool = False) -> Scale:
    """The scale that suits these figures: in percent, logarithmic where they span far, else linear.

    Args:
        values: Finite figures, at least one.
        share: Whether they are shares of 1.
    """
    low, high = min(values), max(values)
    if share and low >= 0 and high <= 1:
        return shares(low, high)
    if low > 0 and high / low >= 100:
        return logarithmic(low, high)
    # A scale that nearly reaches 0 had better do so.
    return linear(0.0 if 0 < low < 0.5 * high else low, high)


def _round_step(length: float) -> float:
    """1, 2 or 5 times a power of ten: the first that is not below `length`."""
    power = 10.0 ** math.floor(math.log10(length))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= length * (1 - 1e-9))


def _text(tick: float, step: float) -> str:
    if abs(tick) < step / 2:
        return "0"
    if abs(tick) >= 1e6 or step < 1e-4:
        return f"{tick:.3g}"
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return f"{tick:,.{decimals}f}"

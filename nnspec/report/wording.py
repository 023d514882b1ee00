"""Figures as a reader writes them: ``9,474 of 10,000``, ``94.74 %``, ``1 min 5 s``."""

import math
import re
from collections.abc import Sequence

NBSP = "\N{NO-BREAK SPACE}"
SHARES = ("accuracy", "top_")
"""Words by which a metric is known to be a share of samples, and so shown in percent."""


def count(number: int) -> str:
    """``23,860``."""
    return f"{number:,}"


def percent(share: float | None, digits: int = 2) -> str:
    """A share of 1 in percent; never rounded up to all, or down to nothing, where it is not."""
    if share is None or not math.isfinite(share):
        return figure(share)
    step = 10.0**-digits
    text = f"{100 * share:.{digits}f}"
    if share < 1 and float(text) >= 100:
        return f"> {100 - step:.{digits}f}{NBSP}%"
    if share > 0 and float(text) <= 0:
        return f"< {step:.{digits}f}{NBSP}%"
    return f"{text}{NBSP}%"


def figure(value: float | None) -> str:
    """A number with four digits that count, or as a whole one; what is no number is said in words."""
    if value is None or math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "infinite" if value > 0 else "minus infinite"
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e9 else f"{value:.4g}"


def is_share(metric: str) -> bool:
    """Whether a metric of this name is a share of samples."""
    return any(word in metric for word in SHARES)


def measured(metric: str, value: float | None) -> str:
    """A metric's figure: shares in percent, everything else as it is."""
    return percent(value) if is_share(metric) else figure(value)


def certainty(value: float) -> str:
    """How sure an answer was: percent where the output can be a probability."""
    return percent(value) if 0 <= value <= 1 else f"output {figure(value)}"


def duration(seconds: float) -> str:
    """``0.62 s``, ``9.3 s``, ``1 min 5 s``, ``2 h 3 min``."""
    if not math.isfinite(seconds):
        return figure(seconds)
    if seconds < 60:
        return f"{seconds:.2f}{NBSP}s" if seconds < 1 else f"{seconds:.1f}{NBSP}s"
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}{NBSP}h {minutes}{NBSP}min" if hours else f"{minutes}{NBSP}min {rest}{NBSP}s"


def shape(lengths: Sequence[int]) -> str:
    """``784`` or ``1 × 28 × 28``."""
    return f"{NBSP}×{NBSP}".join(str(length) for length in lengths) if lengths else "scalar"


def listing(items: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join([", ".join(items[:-1]), items[-1]]) if len(items) > 1 else "".join(items)


def plural(number: int, noun: str) -> str:
    """``1 epoch``, ``30 epochs``, ``2 classes``."""
    ending = "" if number == 1 else "es" if noun.endswith("s") else "s"
    return f"{count(number)} {noun}{ending}"


def metric_name(name: str) -> str:
    """``validation.accuracy`` as words: ``validation accuracy``."""
    return name.replace(".", " ", 1).replace("_", " ")


def moment(text: str) -> str:
    """``2026-11-23T04:18:10+00:00`` as ``2026-11-23 04:18:10 UTC``; anything else as it is."""
    return re.sub(r"^([\d-]{10})T([\d:]{8})\+00:00$", r"\1 \2 UTC", text)

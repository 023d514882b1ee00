"""What a metric yields, held to its contract: sums that add up, and figures that can be written as JSON."""

import numpy as np


def unsound_sums(found: object) -> str:
    """What is wrong with what `measure` returned, to be read after its name; empty where nothing is."""
    if isinstance(found, np.ndarray) and found.dtype == np.float64:
        return ""
    kind = found.dtype if isinstance(found, np.ndarray | np.generic) else type(found).__name__
    what = f"an array of {kind}" if isinstance(found, np.ndarray) else f"{kind}, which is no array"
    return f"returns {what}, expected a float64 array: `np.array([...], np.float64)`"


def unsound_result(found: object, *, single: bool) -> str:
    """What is wrong with what `result` returned, to be read after its name; empty where nothing is.

    Args:
        found: What it returned.
        single: Whether the metric says that it is one figure.
    """
    if isinstance(found, float if single else float | list) and not _holds_numpy(found):
        return ""
    wanted = "a Python float" if single else "a Python float, or lists of such"
    return f"returns {found!r} ({type(found).__name__}), expected {wanted}: `float(...)` or `.tolist()`"


def _holds_numpy(value: object) -> bool:
    return any(map(_holds_numpy, value)) if isinstance(value, list) else isinstance(value, np.generic | np.ndarray)

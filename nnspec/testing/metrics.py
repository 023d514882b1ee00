"""check_metric: partial sums that add up."""

import json

import numpy as np

from nnspec.contracts.metric import Metric
from nnspec.testing.contract import Frozen, require, require_same
from nnspec.testing.parts import check_part
from nnspec.types import Array


def check_metric(metric: Metric, y: Array | None = None, t: Array | None = None) -> None:
    """Checks a metric.

    Partial sums are float64 arrays of a fixed shape that add up: any cut into batches and any order of samples
    gives the same; inputs stay as they were and may lie in memory as they will; the result can be written as
    JSON.

    Args:
        metric: The metric.
        y: Outputs (K, N) in place of made ones: probabilities of 4 classes for 24 samples.
        t: Targets (K, N), likewise.

    Raises:
        ContractError: It breaks a contract.
    """
    check_part(metric)
    random = np.random.default_rng(11)
    if y is None or t is None:
        y = random.dirichlet(np.ones(4), 24).T.astype(np.float32)
        t = np.eye(4, dtype=np.float32)[random.integers(4, size=24)].T
    with Frozen(metric, outputs=y, targets=t).kept():
        whole = metric.measure(y, t)
    rule = "partial sums are a float64 array"
    found = getattr(whole, "dtype", type(whole).__name__)
    require(isinstance(whole, np.ndarray) and whole.dtype == np.float64, metric, rule, f"they are {found}.")
    hint = "Likely mistake: a mean over the batch; `measure` sums, `result` divides."
    for cuts in ([1], [5, 6], [10, 20]):
        parts = zip(np.split(y, cuts, axis=-1), np.split(t, cuts, axis=-1), strict=True)
        total = np.sum([metric.measure(a, b) for a, b in parts], axis=0)
        require_same(total, whole, metric, "any cut into batches gives the same", hint)
    order = random.permutation(y.shape[-1])
    require_same(metric.measure(y[..., order], t[..., order]), whole, metric, "order does not matter", hint)
    turned = metric.measure(np.asfortranarray(y), np.asfortranarray(t))
    require_same(turned, whole, metric, "memory order does not matter", "")
    _check_result(metric, whole)


def _check_result(metric: Metric, total: Array) -> None:
    value, text = metric.result(total), metric.text(total)
    require(isinstance(text, str), metric, "`text` is text", repr(text))
    plain = isinstance(value, float if metric.single else float | list)
    rule = "the result is a Python float, or lists of such where it is not `single`"
    require(plain and not isinstance(value, np.generic), metric, rule, f"{type(value).__name__}: {value!r}")
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        require(condition=False, part=metric, contract="the result can be written as JSON", detail=str(error))

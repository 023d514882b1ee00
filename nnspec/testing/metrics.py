"""check_metric: partial sums that add up."""

import json

import numpy as np

from nnspec.contracts.figures import unsound_result, unsound_sums
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
    wrong = unsound_sums(whole)
    require(not wrong, metric, "partial sums are a float64 array", f"measure {wrong}.")
    for cuts in ([1], [5, 6], [10, 20]):
        _check_cut(metric, y, t, whole, cuts)
    hint = "Likely mistake: an operation along the last axis, which is the batch, other than a sum."
    order = random.permutation(y.shape[-1])
    require_same(metric.measure(y[..., order], t[..., order]), whole, metric, "order does not matter", hint)
    turned = metric.measure(np.asfortranarray(y), np.asfortranarray(t))
    require_same(turned, whole, metric, "memory order does not matter", "")
    _check_result(metric, whole)


def _check_cut(metric: Metric, y: Array, t: Array, whole: Array, cuts: list[int]) -> None:
    batches = list(zip(np.split(y, cuts, axis=-1), np.split(t, cuts, axis=-1), strict=True))
    sums = [metric.measure(*batch) for batch in batches]
    hint = f"Likely mistake: an operation along another axis than the last, which is the batch; y is {y.shape}."
    for part, (a, _) in zip(sums, batches, strict=True):
        detail = f"{part.shape} for outputs {a.shape}, {whole.shape} for {y.shape}. {hint}"
        require(part.shape == whole.shape, metric, "partial sums are of a fixed shape", detail)
    weighted = np.sum([part * a.shape[-1] for part, (a, _) in zip(sums, batches, strict=True)], axis=0)
    if np.allclose(weighted, whole * y.shape[-1]):
        hint = "Likely mistake: a mean over the batch; `measure` sums, `result` divides."
    require_same(np.sum(sums, axis=0), whole, metric, "any cut into batches gives the same", hint)


def _check_result(metric: Metric, total: Array) -> None:
    value, text = metric.result(total), metric.text(total)
    require(isinstance(text, str), metric, "`text` is text", repr(text))
    wrong = unsound_result(value, single=metric.single)
    rule = "the result is a Python float, or lists of such where it is not `single`"
    require(not wrong, metric, rule, f"result {wrong}.")
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        require(condition=False, part=metric, contract="the result can be written as JSON", detail=str(error))
